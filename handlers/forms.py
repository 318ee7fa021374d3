"""Reads what people filled into forms; knows Slack's state values, nothing of what they lead to."""

import json
from dataclasses import dataclass
from typing import Any

from handlers.ids import Action, Block, Field
from handlers.views.escape import unescape

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StartForm:
    """The start form as filled in so far; `asks_channel` when it was opened where no channel was known."""

    channel_id: str = ""
    asks_channel: bool = False
    dataset_id: str = ""
    model: str = ""
    suffix: str = ""
    epochs: str = ""

    def metadata(self) -> str:
        """What the view carries besides its inputs."""
        return json.dumps(
            {"channel": "" if self.asks_channel else self.channel_id, "asks": self.asks_channel}
        )


def start_form(view: View) -> StartForm:
    """The start form from a submission or a change in it."""
    kept = json.loads(view["private_metadata"])
    return StartForm(
        channel_id=value_of(view, Block.CHANNEL, Action.PICK_CHANNEL) if kept["asks"] else kept["channel"],
        asks_channel=kept["asks"],
        dataset_id=value_of(view, Block.DATASET, Action.PICK_DATASET),
        model=value_of(view, Block.MODEL, Action.PICK_MODEL),
        suffix=value_of(view, Block.SUFFIX, Field.SUFFIX),
        epochs=value_of(view, Block.EPOCHS, Action.PICK_EPOCHS),
    )


def reason(view: View) -> str:
    """Why a request was rejected, as typed."""
    return unescape(value_of(view, Block.REASON, Field.REASON)).strip()


def value_of(view: View, block: Block, action: Action | Field) -> str:
    """The value of one input, whatever its kind; empty when nothing was chosen."""
    state = view.get("state", {}).get("values", {}).get(block, {}).get(action) or {}
    option = state.get("selected_option") or {}
    return str(state.get("value") or option.get("value") or state.get("selected_conversation") or "")
