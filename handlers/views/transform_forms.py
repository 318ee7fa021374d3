"""Reads the forms of the dataset tools; knows Slack's state values, nothing of what they lead to."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.catalog import Format
from bot.domain.datasets.report_builder import MIN_EXAMPLES
from bot.domain.transforms.convert import EXAMPLES, PARTS, SHAPES, Mapping, Part, Shape, twice
from bot.domain.worker_tasks import Preview
from bot.errors import BadInput
from handlers.ids import Action, Block, Field

View = dict[str, Any]
LONGEST_COLUMN = 149  # characters of a column's name: with its mark it fits into an option
_COLUMN = "="


@dataclass(frozen=True, slots=True)
class ConvertForm:
    """What the rows are: a shape's name and the column picked for each part, or examples `as_is` of a format.

    `system` is the system prompt that was typed, empty if none.
    """

    dataset_id: str
    shape: str = ""
    picked: dict[Part, str] = field(default_factory=dict)
    as_is: Format | None = None
    system: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether every part that the shape needs is picked."""
        return set(self._shape.required) <= self.picked.keys()

    def of_its_shape(self) -> "ConvertForm":
        """Without what was picked for another shape."""
        parts = (*self._shape.required, *self._shape.optional)
        return replace(self, picked={part: name for part, name in self.picked.items() if part in parts})

    def mapping(self) -> Mapping:
        """What was picked, without a look into the file: a form must be answered at once. Raises BadInput."""
        if self.as_is is not None:
            return Mapping(EXAMPLES, self.as_is, {}, "given")
        form = self.of_its_shape()
        if not form.is_complete:
            raise BadInput("Pick a column for each part.", Block.SHAPE)
        form.check()
        return Mapping(self.shape, self._shape.format, form.picked, "given")

    def check(self) -> None:
        """Raise BadInput where a column was picked for two parts, or the system prompt is given in two ways."""
        if found := twice(self.picked):
            part, column, other = found
            raise BadInput(
                f'The column "{column}" is {WORDS[other]} already. Pick another one.', column_block(part)
            )
        if self.system and "system" in self.picked:
            raise BadInput(
                f'The column "{self.picked["system"]}" is the system prompt already. Clear this text or that column.',
                Block.SYSTEM,
            )

    def metadata(self) -> str:
        """What the view carries besides its inputs."""
        return json.dumps({"dataset": self.dataset_id, "as_is": self.as_is})

    @property
    def _shape(self) -> Shape:
        return next(shape for shape in SHAPES if shape.name == self.shape)


@dataclass(frozen=True, slots=True)
class SplitForm:
    """How much goes to validation: `examples` as typed, or else `share`; and the seed as typed."""

    dataset_id: str
    share: str
    examples: str
    seed: str

    def share_of(self, examples: int) -> float:
        """Which share of so many examples is for validation. Raises BadInput."""
        if not self.examples:
            return float(self.share)
        most = examples - MIN_EXAMPLES
        wanted = _whole(self.examples)
        if wanted is None or not MIN_EXAMPLES <= wanted <= most:
            raise BadInput(f"Write a whole number from {MIN_EXAMPLES} to {most:,}.", Block.EXAMPLES)
        return wanted / examples

    def seed_number(self) -> int:
        """The seed. Raises BadInput."""
        seed = _whole(self.seed)
        if seed is None:
            raise BadInput("Write a whole number, for example 42.", Block.SEED)
        return seed


WORDS: dict[Part, str] = {
    "question": "the question",
    "answer": "the answer",
    "context": "the context",
    "system": "the system prompt",
    "chosen": "the better answer",
    "rejected": "the worse answer",
    "conversation": "the conversation",
    "verdict": "what says good or bad",
}


def column_value(name: str) -> str:
    """A column as a menu's option sends it; not to be taken for NOTHING, whatever its name."""
    return f"{_COLUMN}{name}"


def column_block(part: Part) -> str:
    """The input that asks which column is this part."""
    return f"{Block.COLUMN}{part}"


def guessed(dataset_id: str, preview: Preview) -> ConvertForm:
    """The form as it opens: with what was guessed, else to be filled in for questions and answers."""
    if preview.mapping is None:
        return ConvertForm(dataset_id, SHAPES[-1].name)
    mapping = preview.mapping
    as_is = None if mapping.columns else mapping.format
    return ConvertForm(dataset_id, mapping.shape, dict(mapping.columns), as_is)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def convert_form(view: View) -> ConvertForm:
    """The form that converts, from a submission or a change in it."""
    kept = json.loads(view["private_metadata"])
    picked: dict[Part, str] = {}
    for part in PARTS:
        value = _value(view, column_block(part), Action.PICK_COLUMN)
        if value.startswith(_COLUMN):
            picked[part] = value.removeprefix(_COLUMN)
    shape = _value(view, Block.SHAPE, Action.PICK_SHAPE)
    system = _value(view, Block.SYSTEM, Field.SYSTEM).strip()
    return ConvertForm(kept["dataset"], shape, picked, kept["as_is"], system)


def split_form(view: View) -> SplitForm:
    """The form that splits."""
    return SplitForm(
        view["private_metadata"],
        _value(view, Block.SHARE, Field.SHARE),
        _value(view, Block.EXAMPLES, Field.EXAMPLES).strip(),
        _value(view, Block.SEED, Field.SEED).strip(),
    )


def version(view: View) -> str:
    """The dataset picked to compare with."""
    return _value(view, Block.VERSION, Field.VERSION)


def _value(view: View, block: str, action: Action | Field) -> str:
    """What was typed or picked; empty when nothing was."""
    state = view.get("state", {}).get("values", {}).get(block, {}).get(action) or {}
    return str(state.get("value") or (state.get("selected_option") or {}).get("value") or "")
