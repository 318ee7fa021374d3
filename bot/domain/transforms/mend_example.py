"""Cures one example of what its rules complain of, where that needs no guess; knows no lines and no files."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.domain.catalog import Format
from bot.domain.datasets.formats import check_example
from bot.domain.datasets.inspection import join
from bot.domain.datasets.line import shown

_TEXTS = {"input_text", "output_text"}
_FLAT = ("name", "description", "parameters", "strict")


def translated(example: Any, did: Callable[[str], None]) -> Any:
    """The example in this API's words; `did` hears each name that was changed."""
    if not isinstance(example, dict):
        return example
    return {key: _translated(key, value, did) for key, value in example.items()}


def _translated(key: str, value: Any, did: Callable[[str], None]) -> Any:
    if key == "input" and isinstance(value, dict):
        return translated(value, did)
    if not isinstance(value, list):
        return value
    if key == "tools":
        return [_tool(each, did) for each in value]
    if key in ("messages", "preferred_output", "non_preferred_output"):
        return [_message(each, did) for each in value]
    return value


def _message(message: Any, did: Callable[[str], None]) -> Any:
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    return {**message, "content": [_part(each, did) for each in message["content"]]}


def _part(part: Any, did: Callable[[str], None]) -> Any:
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(kind, str):
        return part
    if kind in _TEXTS and "text" in part:
        did(kind)
        annotations = part.get("annotations") in ([], None) and part.get("logprobs") in ([], None)
        dropped = ("annotations", "logprobs") if annotations else ()
        return {key: "text" if key == "type" else value for key, value in part.items() if key not in dropped}
    if kind == "input_image" and isinstance(part.get("image_url"), str):
        did(kind)
        image = {"url": part["image_url"]} | ({"detail": part["detail"]} if part.get("detail") else {})
        more = {key: value for key, value in part.items() if key not in ("type", "image_url", "detail")}
        return {"type": "image_url", "image_url": image} | more
    return part


def _tool(tool: Any, did: Callable[[str], None]) -> Any:
    """A definition whose function stands in the tool itself."""
    if not isinstance(tool, dict) or "function" in tool or not isinstance(tool.get("name"), str):
        return tool
    if tool.get("type") != "function":
        return tool
    did("function")
    function = {key: tool[key] for key in _FLAT if key in tool}
    return {key: value for key, value in tool.items() if key not in _FLAT} | {"function": function}


_WEIGHTS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "False": 0, "True": 1, "false": 0, "true": 1}

_WEIGHT = "A weight is neither 0 nor 1."

# Code of the problem -> what is done about it.
CURES = {
    "unknown_key": "stray_key",
    "misplaced_weight": "stray_key",
    "bad_weight": "weight",
    "arguments_not_text": "arguments",
    "arguments_twice": "arguments",
    "wrong_type": "null_key",
}


class Finding(NamedTuple):
    """What the rules say of a place in an example; a doubt has no message."""

    path: str
    code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class BeyondMending(Exception):  # noqa: N818 - travels as an exception, but is a finding
    """Problems that would need a guess, and perhaps others beside them."""

    problems: list[Finding]

    @property
    def first(self) -> Finding:
        """The first that mending does not cure, of a line that may have more."""
        return next((each for each in self.problems if each.code not in CURES), self.problems[0])

    @property
    def codes(self) -> list[str]:
        """Of the problems that are left, each once."""
        return sorted({each.code for each in self.problems})

    @property
    def keys(self) -> list[str]:
        """The names of the keys that may bear on what is learned."""
        found = [each.path for each in self.problems if each.code == "meaningful_key"]
        return sorted({path.rpartition(".")[2] for path in found})


class Cure:
    """What is done to one example of a format: `deeds` tells it, code -> names.

    With `all_keys` even keys go that may bear on what is learned: for whoever has heeded them before.
    """

    def __init__(self, expected: Format, *, all_keys: bool = False) -> None:
        self.deeds: dict[str, list[str]] = {}
        self._expected = expected
        self._cures = CURES | ({"meaningful_key": "stray_key"} if all_keys else {})

    def apply(self, value: Any) -> Any:
        """The example without its problems, itself if it has none. Raises BeyondMending."""
        problems, doubts = self._findings(value)
        if not problems and not doubts:
            return value
        renamed: list[str] = []
        value = translated(value, renamed.append)
        if renamed:
            self.deeds["renamed"] = renamed
            problems, doubts = self._findings(value)
        value = self._cured(value, [*problems, *doubts])
        if left := self._findings(value)[0]:
            raise BeyondMending(left)
        return value

    def _cured(self, value: Any, problems: list[Finding]) -> Any:
        cures = {each.path: self._cures[each.code] for each in problems if each.code in self._cures}
        done: list[str] = []
        cured = self._walk(value, "", cures, done)
        # More or less than was complained of: a key's odd name looks like another place.
        if len(done) != len(problems):
            raise BeyondMending(problems)
        return cured

    def _walk(self, value: Any, path: str, cures: dict[str, str], done: list[str]) -> Any:
        if isinstance(value, list):
            return [self._walk(each, f"{path}[{at}]", cures, done) for at, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        kept = {}
        for key, each in value.items():
            here = join(path, key)
            cure = cures.get(here)
            if cure is None:
                kept[key] = self._walk(each, here, cures, done)
                continue
            done.append(here)
            if cure == "weight" and each is not None:
                if str(each) not in _WEIGHTS:
                    raise BeyondMending([Finding(here, "bad_weight", _WEIGHT)])
                kept[key] = _WEIGHTS[str(each)]
                self.deeds["weight"] = []
            elif cure == "arguments":
                kept[key] = (
                    json.loads(each) if isinstance(each, str) else json.dumps(each, ensure_ascii=False)
                )
                self.deeds["arguments"] = []
            elif cure == "null_key" and each is not None:
                raise BeyondMending(
                    [Finding(here, "wrong_type", f"`{here}` is not of the type it should be.")]
                )
            else:
                code = "null_key" if cure == "weight" else cure
                self.deeds.setdefault(code, []).append(shown(key).strip('"'))
        return kept

    def _findings(self, value: Any) -> tuple[list[Finding], list[Finding]]:
        """Each problem, and what is none but can be mended all the same."""
        problems: list[Finding] = []
        doubts: list[Finding] = []
        check_example(
            value,
            self._expected,
            lambda path, code, message, _fix: problems.append(Finding(path, code, message)),
            lambda path, code: doubts.append(Finding(path, code)),
        )
        return problems, [each for each in doubts if each.code in self._cures]
