"""How the application logs: one line per event on stderr, secrets and dataset text blanked; knows no settings.

Whatever logs, through structlog or the standard library, goes the same way:

1. fields that hold text of people, datasets or models are blanked by their name, whatever is in them;
2. the same is done to `text='…'` and `'text': '…'` inside any other value: reprs, messages, tracebacks;
3. the finished line loses everything that looks like a token, a key or a password, and the secrets we know.

Other people's loggers are heard from WARNING up and cut short: below that they log every request, or all of it.
"""

import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Literal, TextIO, cast

import structlog

from bot.ports import Logger

BLANK = "…"
OURS = ("bot", "handlers", "storage", "finetune")
_FOREIGN_LENGTH = 500  # characters of somebody else's message that are kept
_HIDDEN = (
    "text|content|answer|prompt|messages|message_text|line|example|completion|delta|title_text|"
    "preferred_output|non_preferred_output|token|password|secret|api_key|authorization"
)
_HIDDEN_FIELD = re.compile(rf"(?:{_HIDDEN})$", re.IGNORECASE)
# name='…' or 'name': '…', also with the quotes escaped, and to the end where the closing quote was cut off.
_HIDDEN_INSIDE = re.compile(
    rf"""((?:\b(?:{_HIDDEN})=|(?<!\\)(?P<quote>\\*+["'])(?:{_HIDDEN})(?P=quote)\s*:\s*))"""
    r"""(?P<open>\\*+["']).*?(?:(?<!\\)(?P=open)|\Z)""",
    re.IGNORECASE | re.DOTALL,
)
# How libraries quote values in their errors: pydantic's input, SQLAlchemy's statement parameters; also cut off.
_ECHOES = re.compile(
    r"(?s)\binput_value=.*?(?=, input_type=|\Z)|\[parameters: .*?(?:\](?=\s*(?:\n|$|\())|\Z)"
)
_SECRETS = (
    (re.compile(r"\b(xox[a-z]-|xapp-|xwfp-)[\w.-]+"), rf"\1{BLANK}"),
    (re.compile(r"(?<![A-Za-z0-9])(sk-)[\w*.-]{4,}"), rf"\1{BLANK}"),
    (re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]+"), rf"\1{BLANK}"),
    (re.compile(r"((?<![a-z0-9+.-])[a-z][a-z0-9+.-]*+://[^\s:/@\"']*+:)[^\s\"']{1,256}(?=@)"), rf"\1{BLANK}"),
    (re.compile(r"(https://hooks\.slack\.com/)[^\s\"'\\]+"), rf"\1{BLANK}"),
    (re.compile(r"\b(ticket=)[\w-]+"), rf"\1{BLANK}"),
)
_KEPT = frozenset({"event", "level", "logger", "timestamp"})
EventDict = MutableMapping[str, Any]


def configure(
    *,
    level: str = "INFO",
    form: Literal["console", "json"] = "console",
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
    colors: bool = False,
) -> None:
    """Send every log line of the process, redacted, to `stream` (stderr).

    Args:
        level: the least level that our own loggers write.
        form: lines for people, or one JSON object per line.
        secrets: values to blank wherever they turn up.
        stream: where lines go.
        colors: whether the lines for people are coloured.
    """
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=colors,
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(_is_worth_hearing)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _cut],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,  # plain tracebacks: a frame's variables hold datasets
                _hide,
                renderer,
                _blanker(secrets),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    logging.raiseExceptions = False  # a log call that fails would print its arguments to stderr as they are
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # modules may ask for a logger before configure() runs
    )


def get(name: str) -> Logger:
    """A logger of ours; `name` is the module's."""
    return cast("Logger", structlog.stdlib.get_logger(name))


def redact(text: str) -> str:
    """The text without dataset text in reprs and without anything that looks like a secret."""
    return _without_secrets(_without_echoes(text))


def _is_worth_hearing(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.split(".")[0] in OURS


def _cut(_logger: object, _method: str, event: EventDict) -> EventDict:
    words = str(event.get("event", ""))
    event["event"] = words if len(words) <= _FOREIGN_LENGTH else words[:_FOREIGN_LENGTH] + BLANK
    return event


def _hide(_logger: object, _method: str, event: EventDict) -> EventDict:
    return {name: _hidden(name, value) for name, value in event.items()}


def _hidden(name: object, value: Any) -> Any:
    if _HIDDEN_FIELD.match(str(name)) and name not in _KEPT:
        return BLANK
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _hidden(key, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden(None, inner) for inner in value]
    return _without_echoes(value if isinstance(value, str) else repr(value))


def _without_echoes(text: str) -> str:
    return _ECHOES.sub(BLANK, _HIDDEN_INSIDE.sub(rf"\1{BLANK}", text))


def _without_secrets(text: str) -> str:
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _blanker(secrets: Iterable[str]) -> Any:
    known = sorted((secret for secret in secrets if secret), key=len, reverse=True)

    def blank(_logger: object, _method: str, line: str) -> str:
        for secret in known:
            line = line.replace(secret, BLANK)
        return _without_secrets(line)

    return blank
