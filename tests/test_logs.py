"""What reaches the log, read as somebody would who greps it for things that must not be there."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from openai import AsyncOpenAI
from pydantic import BaseModel

from bot import logs
from tests.providers.fake_server import FakeServer, running

SECRETS = [
    "xoxb-123-456-abcDEF",
    "xapp-1-A0-99-abcdef",
    "xoxe.xoxb-1-Mi0yLT",
    "sk-proj-abc_DEF-123",
    "sk-sandbox-0001",
    "postgresql://bot:hunter2@db.example.com/x",
    "postgresql+asyncpg://bot:p@ss/word@db/x",
    "Authorization: Bearer abc.def.ghi",
    "https://hooks.slack.com/commands/T1/2/abcdefgh",
    "wss://wss-primary.slack.com/link/?ticket=7a6b5c4d",
]
TELLTALES = [
    "123-456",
    "abcDEF",
    "A0-99",
    "Mi0yLT",
    "abc_DEF",
    "sandbox-0001",
    "hunter2",
    "ss/word",
    "c.def.g",
]
TELLTALES += ["abcdefgh", "7a6b5c4d"]
DATASET_TEXT = "The patient said it hurts"


@pytest.fixture
def restored() -> Iterator[None]:
    root = logging.getLogger()
    kept = (root.handlers[:], root.level, logging.raiseExceptions, structlog.get_config())
    yield
    root.handlers[:], root.level, logging.raiseExceptions = kept[0], kept[1], kept[2]
    structlog.configure(**kept[3])


@pytest.fixture(params=["json", "console"])
def log(request: pytest.FixtureRequest, restored: None) -> io.StringIO:
    stream = io.StringIO()
    logs.configure(level="DEBUG", form=request.param, stream=stream, secrets=["very-own-secret", ""])
    return stream


@pytest.fixture
def lines(restored: None) -> io.StringIO:
    stream = io.StringIO()
    logs.configure(form="json", stream=stream)
    return stream


@dataclass
class Turn:
    text: str
    answer: str
    attempts: int


def _fail(error: Exception) -> None:
    raise error


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_is_logged_wherever_it_stands(log: io.StringIO, secret: str) -> None:
    ours = logs.get("bot.jobs")
    ours.info(f"in the event {secret}", value=secret, nested={"list": [secret, {secret: secret}]})
    ours.warning("as an object", thing=Exception(secret))
    logging.getLogger("slack_sdk").warning("from %s", secret)
    try:
        _fail(ValueError(secret))
    except ValueError:
        ours.exception("with a traceback")
        logging.getLogger("aiohttp.server").exception("theirs too")
    assert "with a traceback" in log.getvalue()
    assert "theirs too" in log.getvalue()
    assert not [telltale for telltale in TELLTALES if telltale in log.getvalue()]


def test_known_secrets_are_blanked_whatever_they_look_like(log: io.StringIO) -> None:
    logs.get("bot").info("it is very-own-secret", where="very-own-secret!")
    assert "where" in log.getvalue()
    assert "very-own-secret" not in log.getvalue()


@pytest.mark.parametrize("name", ["text", "content", "answer", "prompt", "messages", "line", "Text"])
def test_fields_that_hold_dataset_text_are_blanked_by_name(log: io.StringIO, name: str) -> None:
    logs.get("bot").info("seen", **{name: DATASET_TEXT}, deep={"more": [{name: [DATASET_TEXT]}]}, rows=3)
    assert "seen" in log.getvalue()
    assert "rows" in log.getvalue()
    assert "patient" not in log.getvalue()


@pytest.mark.parametrize(
    "shown",
    [
        repr(Turn(DATASET_TEXT, f"It's {DATASET_TEXT}", 1)),
        repr({"role": "user", "content": DATASET_TEXT}),
        json.dumps({"messages": [{"role": "user", "content": f'"{DATASET_TEXT}" \n'}]}),
        json.dumps(json.dumps({"messages": [{"role": "user", "content": DATASET_TEXT}]})),
        json.dumps({"messages": [{"role": "user", "content": DATASET_TEXT * 40}]}),
        f"(builtins.Error) no\n[SQL: INSERT INTO turns VALUES (?)]\n[parameters: ('{DATASET_TEXT}',)]\n(Background)",
    ],
)
def test_dataset_text_inside_messages_objects_and_tracebacks_is_blanked(log: io.StringIO, shown: str) -> None:
    logs.get("bot").info(shown, got=shown)
    logging.getLogger("somebody.else").error(shown)
    try:
        _fail(RuntimeError(shown))
    except RuntimeError:
        logs.get("bot").exception("failed")
    assert "RuntimeError" in log.getvalue()
    assert "patient" not in log.getvalue()


def test_a_validation_error_does_not_echo_its_input(log: io.StringIO) -> None:
    class Example(BaseModel):
        weight: int

    try:
        Example.model_validate({"weight": DATASET_TEXT})
    except ValueError:
        logs.get("bot").exception("failed")
    assert "ValidationError" in log.getvalue()
    assert "patient" not in log.getvalue()


def test_a_traceback_has_no_variables(log: io.StringIO) -> None:
    def inner(told: str) -> float:
        return len(told) / 0

    try:
        inner(DATASET_TEXT)
    except ZeroDivisionError:
        logs.get("bot").exception("failed")
    assert "in inner" in log.getvalue()
    assert "patient" not in log.getvalue()


def test_ordinary_words_and_figures_stay_readable(lines: io.StringIO) -> None:
    logs.get("bot.jobs").info(
        "job.created", job="k3x9", risk="task-force sk-", examples=449, done=True, at=None
    )
    (line,) = map(json.loads, lines.getvalue().splitlines())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "job.created",
        "level": "info",
        "logger": "bot.jobs",
        "job": "k3x9",
        "risk": "task-force sk-",
        "examples": 449,
        "done": True,
        "at": None,
    }


def test_every_line_of_json_is_one_object_even_with_a_traceback(lines: io.StringIO) -> None:
    try:
        _fail(ValueError('quote " and\nnewline'))
    except ValueError:
        logs.get("bot").exception("first")
    logging.getLogger("aiohttp").warning("second %d", 2)
    first, second = map(json.loads, lines.getvalue().splitlines())
    assert "Traceback" in first["exception"]
    assert (second["event"], second["logger"], second["level"]) == ("second 2", "aiohttp", "warning")


def test_levels_are_ours_to_choose_and_foreign_chatter_is_not_heard(lines: io.StringIO) -> None:
    logs.get("bot").info("heard")
    logging.getLogger("bot.jobs").debug("not asked for")
    for name in ("openai", "slack_bolt", "httpx2"):
        logging.getLogger(name).setLevel(logging.DEBUG)  # as OPENAI_LOG=debug does
        logging.getLogger(name).debug("a whole request")
    assert [json.loads(line)["event"] for line in lines.getvalue().splitlines()] == ["heard"]


def test_a_foreign_message_is_cut_short(lines: io.StringIO) -> None:
    logging.getLogger("slack_sdk").error("x" * 5000)
    assert len(json.loads(lines.getvalue())["event"]) == 501


async def test_a_chat_with_the_sdk_at_debug_leaves_no_word_of_it(log: io.StringIO) -> None:
    logging.getLogger("openai").setLevel(logging.DEBUG)
    async with (
        running() as server,
        AsyncOpenAI(api_key="sk-hush-hush", base_url=server.base_url, max_retries=0) as client,
    ):
        await _refused_chat(server, client)
    assert "chat failed" in log.getvalue()
    assert "patient" not in log.getvalue()
    assert "hush" not in log.getvalue()


async def _refused_chat(server: FakeServer, client: AsyncOpenAI) -> None:
    echo: dict[str, Any] = {"error": {"message": "bad", "content": DATASET_TEXT, "code": None}}
    server.replies("POST /chat/completions", echo, status=400)
    try:
        await client.chat.completions.create(model="m", messages=[{"role": "user", "content": DATASET_TEXT}])
    except Exception:  # noqa: BLE001 -- whatever it is, its text goes to the log
        logs.get("bot").exception("chat failed")
