"""The words people say: one registry, from which help, README and the spelling of suggestions come."""

from typing import TYPE_CHECKING, cast

import pytest

from handlers import register
from handlers.views import commands
from handlers.views.blocks import Message, actions, button, section
from handlers.views.spelling import Spelling, spelled, where
from handlers.vocabulary import WORDS
from tests import readme
from tests.handlers.conftest import Desk
from tests.handlers.fakes import Log, absent_services
from tests.test_manifest import RecordingApp

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp


def test_what_people_are_told_of_is_what_is_answered() -> None:
    assert set(register(cast("AsyncApp", RecordingApp()), absent_services(), Log())) == WORDS


def test_the_table_of_the_readme_is_that_of_the_vocabulary() -> None:
    """Stale? `make readme` writes it anew."""
    text = readme.README.read_text("utf-8")
    assert text == readme.renewed(text)


def test_help_is_five_lines_and_a_button() -> None:
    lines, row = commands.help_text().blocks
    assert len(lines["text"]["text"].splitlines()) == 5
    assert [element["text"]["text"] for element in row["elements"]] == ["All commands"]


@pytest.mark.parametrize(
    ("channel", "thread", "typed"),
    [
        ("C1", None, "/finetune jobs"),
        ("C1", "1.0", "@Finetune bot jobs"),
        ("D1", None, "jobs"),
        ("D1", "1.0", "jobs"),
    ],
)
def test_a_suggestion_is_typed_as_it_works_where_it_is_read(
    channel: str, thread: str | None, typed: str
) -> None:
    """What a button carries stays what it is."""
    row = actions(button("Go", "go", "`/finetune jobs`"))
    message = Message("Try `/finetune jobs`.", [section("Try `/finetune jobs`."), row])
    told = spelled(message, where(channel, thread))
    assert told.text == told.blocks[0]["text"]["text"] == f"Try `{typed}`."
    assert told.blocks[1] == row


def test_all_commands_are_spelled_for_the_thread_in_which_the_button_was_pressed() -> None:
    shown = str(commands.all_commands(Spelling.MENTION))
    assert all(f"`@Finetune bot {word}" in shown for word in WORDS)
    assert "/finetune" not in shown


async def test_all_commands_opens_over_help(desk: Desk) -> None:
    await desk.command("help")
    told = await desk.sees("I fine-tune models")
    await desk.act(
        "click", channel=desk.channels["ft-support"], ts=told["ts"], action={"action_id": "help_all"}
    )
    assert "/finetune unshare MODEL" in str(await desk.modal("/finetune digest on"))


@pytest.mark.parametrize("hello", ["hi", "Hello!", "what can you do?", "lamps are nice"])
async def test_a_hello_in_a_direct_message_gets_a_welcome_with_three_buttons(desk: Desk, hello: str) -> None:
    await desk.act("message", channel=desk.channels["dm"], text=hello)
    told = await desk.sees("Hello! I fine-tune models", channel="dm")
    assert len(told["blocks"][0]["text"]["text"].splitlines()) == 3
    labels = [element["text"]["text"] for element in told["blocks"][1]["elements"]]
    assert labels == ["Start fine-tuning", "Chat with a model", "All commands"]


async def test_a_mistyped_word_in_a_direct_message_gets_the_nearest_without_a_slash(desk: Desk) -> None:
    await desk.act("message", channel=desk.channels["dm"], text="statsu")
    assert "Did you mean `status`?" in (await desk.sees("Did you mean", channel="dm"))["text"]


async def test_a_fault_in_a_direct_message_stands_below_the_words_without_a_slash(desk: Desk) -> None:
    await desk.act("message", channel=desk.channels["dm"], text="cancel")
    told = await desk.sees("Which job? `cancel JOB`; `jobs` lists them.", channel="dm")
    assert "thread_ts" not in told
