"""Reads what people filled into forms; knows Slack's state values, nothing of what they lead to."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from bot.domain.approvals.requests import NO_VALIDATION, Wanted
from handlers.escaping import unescape
from handlers.ids import NOTHING, VARIANT, Action, Block, Field

View = dict[str, Any]

_KEPT = 200  # characters of each value: longer than any that is good, and ten of them fit into Slack's 3,000
_INPUTS: dict[str, tuple[Block, Action | Field]] = {
    "dataset_id": (Block.DATASET, Action.PICK_DATASET),
    "model": (Block.MODEL, Action.PICK_MODEL),
    "suffix": (Block.SUFFIX, Action.PICK_SUFFIX),
    "epochs": (Block.EPOCHS, Action.PICK_EPOCHS),
    "validation_id": (Block.VALIDATION, Action.PICK_VALIDATION),
    "batch": (Block.BATCH, Field.BATCH),
    "lr": (Block.LR, Field.LR),
    "beta": (Block.BETA, Field.BETA),
    "seed": (Block.SEED, Field.SEED),
    "wandb": (Block.WANDB, Field.WANDB),
}
"""Where each value of Wanted stands in the start form."""

FOLDED = frozenset({Block.BATCH, Block.LR, Block.BETA, Block.SEED, Block.WANDB})
"""The settings that the form shows only with `more`."""


@dataclass(frozen=True, slots=True)
class StartForm:
    """The start form as filled in so far; `asks_channel` when it was opened where no channel was known.

    `editing` is the id of the request that it changes, if any. `more`: the settings that most people leave alone are
    shown, too.
    """

    channel_id: str = ""
    asks_channel: bool = False
    more: bool = False
    editing: str = ""
    wanted: Wanted = Wanted()  # noqa: RUF009  frozen, so that all may share it

    @property
    def tells_more(self) -> bool:
        """Whether a setting that is shown only with `more` has a value."""
        wanted = self.wanted
        return any((wanted.batch, wanted.lr, wanted.beta, wanted.seed, wanted.wandb))

    def metadata(self) -> str:
        """What the view carries besides its inputs: also the values of those that it does not show now."""
        values = {name: value[:_KEPT] for name, value in asdict(self.wanted).items() if value}
        kept = {"channel": "" if self.asks_channel else self.channel_id, "asks": self.asks_channel}
        return json.dumps(
            {**kept, "more": self.more, "editing": self.editing, "values": values}, ensure_ascii=False
        )


def start_form(view: View) -> StartForm:
    """The start form from a submission or a change in it."""
    kept = json.loads(view["private_metadata"])
    shown = {name: _shown(view, *where) for name, where in _INPUTS.items()}
    if _picked_nothing(view, *_INPUTS["validation_id"]):  # that nobody has chosen is something else
        shown["validation_id"] = NO_VALIDATION
    values = {name: value for name, value in shown.items() if value is not None}
    return StartForm(
        channel_id=_value(view, Block.CHANNEL, Action.PICK_CHANNEL) if kept["asks"] else kept["channel"],
        asks_channel=kept["asks"],
        more=kept["more"],
        editing=kept["editing"],
        wanted=Wanted(**{**kept["values"], **values}),
    )


def reason(view: View) -> str:
    """Why a request was rejected, as typed."""
    return unescape(_value(view, Block.REASON, Field.REASON)).strip()


def _value(view: View, block: Block, action: Action | Field) -> str:
    """The value of one input, whatever its kind; empty when nothing was chosen or it is not shown."""
    return _shown(view, block, action) or ""


def _picked_nothing(view: View, block: Block, action: Action | Field) -> bool:
    """Whether the choice of an input is the one that says none."""
    state = _state(view, block, action) or {}
    return (state.get("selected_option") or {}).get("value") == NOTHING


def _shown(view: View, block: Block, action: Action | Field) -> str | None:
    """The value of one input; None when the view does not have it."""
    state = _state(view, block, action)
    if state is None:
        return None
    picked = (state.get("selected_option") or {}).get("value")
    value = state.get("value") or picked or state.get("selected_conversation")
    return "" if picked == NOTHING else str(value or "")


def _state(view: View, block: Block, action: Action | Field) -> dict[str, Any] | None:
    for block_id, actions in view.get("state", {}).get("values", {}).items():
        if block_id.partition(VARIANT)[0] == block and action in actions:
            return dict(actions[action])
    return None
