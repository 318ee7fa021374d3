"""Reads the forms of the dataset tools; knows Slack's state values, nothing of what they lead to."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.dataset.convert import PARTS, SHAPES, Part, Shape
from bot.domain.dataset.outcome import MIN_EXAMPLES
from bot.errors import BadInput
from bot.ports import Preview
from handlers.ids import NOTHING, Action, Block, Field

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ConvertForm:
    """What the rows shall become: the shape's name, and the columns picked by their place in the file."""

    dataset_id: str
    shape: str = ""
    picked: dict[Part, int] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether every part that the shape needs is picked."""
        return set(self._shape.required) <= self.picked.keys()

    def of_its_shape(self) -> "ConvertForm":
        """Without what was picked for another shape."""
        parts = (*self._shape.required, *self._shape.optional)
        return replace(self, picked={part: at for part, at in self.picked.items() if part in parts})

    def columns(self, names: Sequence[str]) -> dict[Part, str]:
        """The columns picked, by name."""
        return {part: names[at] for part, at in self.picked.items() if at < len(names)}

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


def column_block(part: Part) -> str:
    """The input that asks which column is this part."""
    return f"{Block.COLUMN}{part}"


def guessed(dataset_id: str, preview: Preview) -> ConvertForm:
    """The form as it opens: with what was guessed, else to be filled in for questions and answers."""
    if preview.mapping is None:
        return ConvertForm(dataset_id, SHAPES[-1].name)
    columns = preview.mapping.columns
    picked = {part: preview.columns.index(column) for part, column in columns.items()}
    return ConvertForm(dataset_id, preview.mapping.shape, picked)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def convert_form(view: View) -> ConvertForm:
    """The form that converts, from a submission or a change in it."""
    picked: dict[Part, int] = {}
    for part in PARTS:
        place = _value(view, column_block(part), Action.PICK_COLUMN)
        if place and place != NOTHING:
            picked[part] = int(place)
    return ConvertForm(view["private_metadata"], _value(view, Block.SHAPE, Action.PICK_SHAPE), picked)


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
