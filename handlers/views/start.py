"""The start form: which dataset, which model, what for how much; takes an Offer, computes nothing."""

import math

from bot.domain.pricing import dollars
from bot.services.offers import ModelChoice, Offer
from handlers.forms import StartForm
from handlers.ids import Action, Field, Form
from handlers.ids import Block as Id
from handlers.views import escape
from handlers.views.blocks import Block, View, context, modal, option, question, section, select
from handlers.views.datasets import estimate, where_it_goes
from handlers.views.figures import count

MAX_SUFFIX = 64
TITLE = "Start fine-tuning"


def form(offer: Offer | None, filled: StartForm, provider: str) -> View:
    """The form as it stands: `filled` is what was chosen so far, `offer` is None before a channel is known."""
    blocks = [_channel(filled.channel_id)] if filled.asks_channel else []
    if offer is not None:
        blocks += _rest(offer, filled, provider)
    asks = any(block["type"] == "input" for block in blocks)
    return modal(
        TITLE,
        blocks,
        callback_id=Form.START,
        submit="Ask for approval" if asks else "",
        close="Cancel",
        private_metadata=filled.metadata(),
    )


def _channel(channel_id: str) -> Block:
    element: Block = {
        "type": "conversations_select",
        "action_id": Action.PICK_CHANNEL,
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    if channel_id:
        element["initial_conversation"] = channel_id
    return question(
        Id.CHANNEL, "Channel", element, hint="Where the dataset is and the request will stand.", live=True
    )


def _rest(offer: Offer, filled: StartForm, provider: str) -> list[Block]:
    if offer.dataset is None:
        return [
            section("There is no dataset in this channel that can be trained on."),
            context(
                "Drop a JSONL file into the channel; when it is checked, its card has a button *Start fine-tuning*."
            ),
        ]
    datasets = [
        option(each.name, each.id, _version(each.version, each.report.valid if each.report else 0))
        for each in offer.datasets
    ]
    blocks = [
        question(
            Id.DATASET,
            "Dataset",
            select(Action.PICK_DATASET, "Pick a dataset", datasets, offer.dataset.id),
            live=True,
        )
    ]
    if not offer.models:
        return [
            *blocks,
            section(f"⛔ {escape.told(offer.closed) or 'No model can be trained on this now.'}"),
        ]
    chosen = chosen_model(offer, filled.model)
    models = [option(each.model.name, each.model.id, _price(each)) for each in offer.models]
    return [
        *blocks,
        question(
            Id.MODEL, "Model", select(Action.PICK_MODEL, "Pick a model", models, chosen.model.id), live=True
        ),
        question(
            Id.SUFFIX,
            "Name",
            {
                "type": "plain_text_input",
                "action_id": Field.SUFFIX,
                "max_length": MAX_SUFFIX,
                "placeholder": {"type": "plain_text", "text": "support-tone"},
            },
            hint="Becomes a part of the model's name: letters, digits and dashes.",
            optional=True,
        ),
        question(
            Id.EPOCHS,
            "Epochs",
            {
                "type": "plain_text_input",
                "action_id": Action.PICK_EPOCHS,
                "max_length": 8,
                "initial_value": filled.epochs or "auto",
                "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
            },
            hint="How often every example is seen: auto, or 1 to 50. Enter shows the new price.",
            optional=True,
            live=True,
        ),
        section(f"*Expected cost*\n{estimate(chosen.estimate)}"),
        context(
            *([escape.name(chosen.model.notes, 300)] if chosen.model.notes else []), where_it_goes(provider)
        ),
    ]


def chosen_model(offer: Offer, wanted: str) -> ModelChoice:
    """The model that was picked, if it is still offered, else the cheapest: money is not spent by oversight."""
    cheapest = min(
        offer.models, key=lambda each: math.inf if each.estimate.usd is None else each.estimate.usd
    )
    return next((each for each in offer.models if each.model.id == wanted), cheapest)


def _price(choice: ModelChoice) -> str:
    usd = choice.estimate.usd
    price = "price unknown" if usd is None else dollars(usd)
    until = choice.estimate.trainable_until
    return f"{price}, {count(choice.estimate.epochs, 'epoch')}" + (
        f", not from {until.isoformat()} on" if until else ""
    )


def _version(version: int, examples: int) -> str:
    return (f"version {version}, " if version > 1 else "") + count(examples, "example")
