"""Looks at one example and writes down what is wrong where; the small checks that all formats are made of."""

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal

from bot.domain.datasets.cures import MENDS
from bot.domain.datasets.line import kind, shown
from bot.domain.datasets.unknown_keys import is_noise, place_of

RESERVED = re.compile(r"<\|(?:endoftext|endofprompt|fim_(?:prefix|middle|suffix)|im_(?:start|end|sep))\|>")
"""Control tokens of the models; the server rejects an example with one of them in a text."""

_NAMES = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
}

Object = dict[str, Any]
Note = Callable[[str, str, str, str], None]
"""Takes path, code, message and fix of one problem."""

Doubt = Callable[[str, str], None]
"""Takes path and code of what the server may refuse, or take and learn badly: advice says it in a sentence."""


@dataclass(frozen=True, slots=True)
class ImageFault:
    """Why the server would skip an image; `why` completes "`path` …", the rest is as in a Problem."""

    code: str
    why: str
    fix: str


class Inspection:
    """Tells the problems of one example to `note`, and what is doubtful to `doubt`; `problems` counts the former.

    A problem needs a source (sources.py); what is only believed to be refused is a doubt.
    """

    def __init__(self, note: Note, doubt: Doubt) -> None:
        self._note = note
        self.doubt = doubt
        self.problems = 0

    def problem(self, path: str, code: str, message: str, fix: str) -> None:
        """One problem more."""
        self.problems += 1
        self._note(path, code, message, fix)

    def object(self, value: Any, path: str) -> Object | None:
        """The value if it is an object, else a problem and None."""
        return value if self._is(value, dict, path) else None

    def items(self, value: Any, path: str) -> list[Any] | None:
        """The value if it is a list, else a problem and None."""
        return list(value) if self._is(value, list, path) else None

    def text(self, value: Any, path: str) -> str | None:
        """The value if it is text without reserved tokens, else a problem and None."""
        if not self._is(value, str, path):
            return None
        return None if self._reserved(value, path) else str(value)

    def texts_inside(self, value: Any, path: str) -> None:
        """A problem unless the value is an object, whatever it holds, without reserved tokens in its texts."""
        if self._is(value, dict, path):
            self._reserved(json.dumps(value, ensure_ascii=False), path)

    def boolean(self, value: Any, path: str) -> None:
        """A problem unless the value is true or false."""
        self._is(value, bool, path)

    def keys(
        self, value: Object, path: str, *, required: Collection[str] = (), allowed: Collection[str] = ()
    ) -> None:
        """A problem for each required key that is missing, and for each key neither required nor allowed.

        Whether such a key may bear on what is learned (unknown_keys.py) decides which problem it is.
        """
        for key in required:
            if key not in value:
                self.problem(
                    path,
                    "missing_key",
                    f'{self._place(path)} is missing the key "{key}".',
                    f'Add "{key}".',
                )
        for key in value:
            if key not in required and key not in allowed:
                noise = is_noise(key, value[key], value)
                known = ", ".join(dict.fromkeys([*required, *allowed]))
                self.problem(
                    join(path, key),
                    "unknown_key" if noise else "meaningful_key",
                    f"{self._place(path)} holds {shown(key)}, a key the server does not take here.",
                    f"Remove it. {MENDS} Allowed here: {known}." if noise else place_of(key, path),
                )

    def _is(self, value: Any, wanted: type, path: str) -> bool:
        if isinstance(value, wanted):
            return True
        self.problem(
            path,
            "wrong_type",
            f"{self._place(path)} is {kind(value)}, but must be {_NAMES[wanted]}.",
            f"Write {_NAMES[wanted]} there."
            if value is not None
            else f"Write {_NAMES[wanted]} there, or leave the key out where it may be. {MENDS}",
        )
        return False

    def _reserved(self, text: str, path: str) -> bool:
        found = list(dict.fromkeys(RESERVED.findall(text))) if "<|" in text else []
        if found:
            what = f"token {found[0]}" if len(found) == 1 else f"tokens {_listed(found)}"
            self.problem(
                path,
                "reserved_token",
                f"`{path}` contains the reserved {what}; the server rejects the example.",
                "Remove each, or write it apart, for example with spaces.",
            )
        return bool(found)

    @staticmethod
    def _place(path: str) -> str:
        return f"`{path}`" if path else "This line"


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def join(path: str, key: str) -> str:
    """The path of a key inside the object at `path`; a key too strange to show becomes `…`."""
    name = shown(key).strip('"') if shown(key).startswith('"') else "…"
    return f"{path}.{name}" if path else name


ROLES: dict[str, Literal["user", "assistant", "system"]] = {
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "bot": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "system": "system",
    "developer": "system",
}


def role_of(speaker: object) -> Literal["user", "assistant", "system"] | None:
    """The server's word for a speaker; None where there is no telling."""
    return ROLES.get(speaker.lower()) if isinstance(speaker, str) else None
