"""The start form: which dataset, which model, what for how much; takes an Offer, computes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.domain.approvals.requests import HOLD_OUT, NO_VALIDATION, ModelChoice, Offer
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.datasets.whereabouts import Whereabouts
from bot.domain.jobs import hyperparameters
from bot.domain.money import about
from bot.domain.pricing import MAX_EPOCHS
from bot.domain.transforms.lifecycle import HELD_OUT, may_hold_out
from handlers import escaping
from handlers.ids import COMMAND, NOTHING, VARIANT, Action, Field, Form
from handlers.ids import Block as Id
from handlers.views import funds
from handlers.views.approvals import briefing
from handlers.views.blocks import (
    Block,
    View,
    actions,
    button,
    context,
    modal,
    option,
    plain,
    question,
    section,
    select,
)
from handlers.views.datasets.cards import called
from handlers.views.datasets.whereabouts import where_it_is
from handlers.views.figures import count
from handlers.views.forms import StartForm
from handlers.views.retirement import retirement

TITLE = "Start fine-tuning"
NOT_SENT = Whereabouts()
_KEPT = "Examples kept from training, to see whether it learns or memorises the examples."
_HOLDS = (
    "Splits the dataset first: the request is then made from its training half, which costs less than this."
)
_METHODS = {
    "supervised": "Supervised fine-tuning: the model learns to answer as the examples do.",
    "preference": "Preference fine-tuning: the model learns to answer as the preferred answers do.",
    "reinforcement": "Reinforcement fine-tuning: the model learns what a grader rewards.",
}

_LABELS: dict[str, str] = {
    Id.DATASET: "Dataset",
    Id.MODEL: "Model",
    Id.SUFFIX: "Name",
    Id.EPOCHS: "Epochs",
    Id.VALIDATION: "Validation dataset",
    Id.BATCH: "Batch size",
    Id.LR: "Learning rate multiplier",
    Id.BETA: "Beta",
    Id.SEED: "Seed",
    Id.WANDB: "Weights & Biases project",
}


def form(offer: Offer | None, filled: StartForm, provider: str, where: Whereabouts = NOT_SENT) -> View:
    """The form as it stands: `filled` is what was chosen so far, `offer` is None before a channel is known."""
    blocks = [_channel(filled.channel_id)] if filled.asks_channel else []
    if offer is not None:
        blocks += _rest(offer, filled, provider, where)
        filled = replace(filled, wanted=offer.wanted)
    asks = any(block["type"] == "input" for block in blocks)
    return modal(
        TITLE,
        blocks,
        callback_id=Form.START,
        submit=_submit(filled) if asks else "",
        close="Cancel",
        private_metadata=filled.metadata(),
    )


def _submit(filled: StartForm) -> str:
    if filled.wanted.validation_id == HOLD_OUT:
        return "Split first"
    return "Save the change" if filled.editing else "Ask for approval"


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


def _rest(offer: Offer, filled: StartForm, provider: str, where: Whereabouts) -> list[Block]:
    if offer.dataset is None:
        return [
            section("There is no dataset in this channel that can be trained on."),
            context(
                "Drop a JSONL file into the channel; when it is checked, its card has a button *Start fine-tuning*."
            ),
        ]
    datasets = select(
        Action.PICK_DATASET, "Pick a dataset", _datasets(offer.datasets), chosen=offer.dataset.id
    )
    trains = _METHODS[offer.method] if offer.chosen else ""
    blocks = [question(Id.DATASET, _LABELS[Id.DATASET], datasets, hint=trains, live=True)]
    if offer.chosen is None:
        return [
            *blocks,
            section(f"⛔ {escaping.told(offer.closed) or 'No model can be trained on this now.'}"),
        ]
    return [
        *blocks,
        *_model(offer, offer.dataset, offer.chosen),
        *_cost(offer, offer.chosen),
        *_usual(offer, offer.dataset),
        _switch(more=filled.more),
        *(_settings(offer, offer.dataset) if filled.more else []),
        context(where_it_is(where, provider)),
    ]


def _model(offer: Offer, dataset: Dataset, chosen: ModelChoice) -> list[Block]:
    """Which model, and until when that makes sense. Its choices depend on the dataset, so its id does."""
    menu: Block = {
        "type": "static_select",
        "action_id": Action.PICK_MODEL,
        "placeholder": plain("Pick a model"),
        "initial_option": _option(chosen),
    }
    bases = [_option(each) for each in offer.models if not each.tuned]
    tuned = [each for each in offer.models if each.tuned and not each.checkpoint]
    kept = [each for each in offer.models if each.checkpoint]
    if tuned:
        menu["option_groups"] = [
            {"label": plain("Base models"), "options": bases[:100]},
            {"label": plain("Go on from a tuned model"), "options": _most(tuned, chosen)},
            *([{"label": plain("Go on from a checkpoint"), "options": _most(kept, chosen)}] if kept else []),
        ]
    else:
        menu["options"] = bases[:100]
    return [
        question(f"{Id.MODEL}{VARIANT}{dataset.id}", _LABELS[Id.MODEL], menu, live=True),
        *([context(*notes)] if (notes := [*_about(chosen), *_left_out(offer)]) else []),
    ]


def _left_out(offer: Offer) -> Iterable[str]:
    """What the menu of models cannot hold, and how to reach it."""
    shown = min(100, sum(each.tuned and not each.checkpoint for each in offer.models))
    kept = sum(each.checkpoint for each in offer.models)
    more = offer.more_models + sum(each.tuned and not each.checkpoint for each in offer.models) - shown
    for left, what in ((more, "tuned model"), (max(0, kept - 100), "checkpoint")):
        if left:
            yield (
                f"{count(left, f'older {what}')} can be named, but not picked: "
                f"`{COMMAND} start FILE model=MODEL`."
            )


def _about(chosen: ModelChoice) -> Iterable[str]:
    """What to know of a model before it is chosen."""
    info = chosen.info
    if info.trainable_until:
        yield retirement(info.trainable_until, info.serves_until)
    if info.notes:
        yield escaping.name(info.notes, 300)


def _usual(offer: Offer, dataset: Dataset) -> list[Block]:
    """What most people choose."""
    wanted = offer.wanted
    is_named = wanted.suffix and Id.SUFFIX not in dict(offer.problems)
    will_be = "The model will be called" if is_named else "Without one the model will be called"
    becomes = f"{will_be} {offer.becomes}" if offer.becomes else "Becomes part of the model's name"
    blocks = [
        question(
            Id.SUFFIX,
            _LABELS[Id.SUFFIX],
            _text(Action.PICK_SUFFIX, wanted.suffix, hyperparameters.MAX_SUFFIX, "support-tone", live=True),
            hint=f"{becomes}. Letters, digits, dashes, dots and underscores.",
            optional=True,
            live=True,
        ),
        question(
            Id.EPOCHS,
            _LABELS[Id.EPOCHS],
            _text(Action.PICK_EPOCHS, wanted.epochs or "auto", 8, "auto", live=True),
            hint=_hint(offer, "n_epochs", f"auto, or 1 to {MAX_EPOCHS}; Enter shows the new price."),
            optional=True,
            live=True,
        ),
    ]
    if offer.validations or may_hold_out(dataset):
        choices = [*_no_validation(dataset), *_datasets(offer.validations)][:100]
        menu = select(Action.PICK_VALIDATION, "None", choices, chosen=wanted.validation_id or NOTHING)
        blocks.append(
            question(
                f"{Id.VALIDATION}{VARIANT}{dataset.id}",
                _LABELS[Id.VALIDATION],
                menu,
                hint=_HOLDS if wanted.validation_id == HOLD_OUT else _KEPT,
                optional=True,
                live=True,
            )
        )
    return blocks


def _no_validation(dataset: Dataset) -> list[Block]:
    """What may be chosen instead of a dataset to validate with."""
    none = option("None", NO_VALIDATION, "Only the training loss is measured")
    if not may_hold_out(dataset):
        return [none]
    return [none, option(f"Hold out {HELD_OUT:.0%}", HOLD_OUT, "Splits the dataset first")]


def holding_out(dataset: Dataset) -> View:
    """After the form was sent with a part to be held out."""
    return modal(
        TITLE,
        [
            section(
                f"I'm splitting {called(dataset)}: {HELD_OUT:.0%} of its examples are held out for validation. Both "
                "files come into its thread."
            ),
            section(
                "Then press *Start fine-tuning* on the card of the training half. The form has the validation half "
                "chosen, and its price counts what is trained."
            ),
        ],
    )


def _switch(*, more: bool) -> Block:
    label = "Fewer settings" if more else "More settings"
    return actions(button(label, Action.MORE_SETTINGS, NOTHING))


def _settings(offer: Offer, dataset: Dataset) -> list[Block]:
    """What few people change; all of it is left to the server unless somebody types."""
    wanted = offer.wanted
    blocks: list[Block] = []
    if not offer.validations and not may_hold_out(dataset):
        blocks.append(
            context(
                "No validation dataset: this channel has no other one of this format. *Split for validation…* in the "
                "menu of a dataset's card keeps a part of its examples apart."
            )
        )
    blocks += [
        _setting(
            Id.BATCH,
            Field.BATCH,
            wanted.batch,
            _hint(offer, "batch_size", f"auto, or 1 to {hyperparameters.MAX_BATCH} examples a step."),
        ),
        _setting(
            Id.LR,
            Field.LR,
            wanted.lr,
            _hint(offer, "learning_rate_multiplier", "auto, or a number above 0."),
        ),
    ]
    if offer.method == "preference":
        blocks.append(
            _setting(Id.BETA, Field.BETA, wanted.beta, _hint(offer, "beta", "auto, or a number above 0."))
        )
    seed = "Auto, or a whole number. The same number and data train nearly the same model again."
    blocks.append(_setting(Id.SEED, Field.SEED, wanted.seed, seed))
    if offer.wandb:
        element = _text(Field.WANDB, wanted.wandb, hyperparameters.MAX_PROJECT, "none")
        hint = "The provider reports the curves there, if its organisation has a W&B key."
        blocks.append(question(Id.WANDB, _LABELS[Id.WANDB], element, hint=hint, optional=True))
    return blocks


def _cost(offer: Offer, chosen: ModelChoice) -> list[Block]:
    """What it will cost, and what stands in the way."""
    blocks = [section(f"*Expected cost*\n{escaping.told(chosen.estimate.sentence)}.")]
    for field, sentence in offer.problems:
        label = f"*{_LABELS[field]}*: " if field in _LABELS else ""
        blocks.append(section(f"⛔ {label}{escaping.told(sentence)}"))
    if offer.asked is not None:
        blocks += [section(warning) for warning in funds.warnings(offer.asked, offer.funds)]
    notes = [f"ℹ️ {escaping.told(note)}" for note in offer.notes]
    if offer.asked is not None:
        notes += funds.effects(offer.asked, offer.funds)
    if offer.refusal is not None:
        notes.append(briefing.refused(offer.refusal.advice, offer.refusal.on))
    if offer.cut:
        notes.append(briefing.cut(offer.cut, chosen.info.max_example_tokens))
    return [*blocks, context(*notes)] if notes else blocks


def _hint(offer: Offer, name: str, allowed: str) -> str:
    """Which values there are, and when to change it."""
    reasons = [each.reason for each in offer.suggestions.hyperparameters if each.name == name]
    return " ".join([allowed[:1].upper() + allowed[1:], *reasons])


def _setting(block: Id, field: Field, value: str, hint: str) -> Block:
    return question(
        block, _LABELS[block], _text(field, value or "auto", 20, "auto"), hint=hint, optional=True
    )


def _text(action: Action | Field, value: str, most: int, example: str, *, live: bool = False) -> Block:
    """A line to type into; a live one tells the app when Enter is pressed."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": action,
        "max_length": most,
        "placeholder": plain(example),
    }
    if value:
        element["initial_value"] = value[:most]
    if live:
        element["dispatch_action_config"] = {"trigger_actions_on": ["on_enter_pressed"]}
    return element


def _datasets(datasets: Iterable[Dataset]) -> list[Block]:
    return [
        option(each.label, each.id, _version(each.version, each.report.valid if each.report else 0))
        for each in datasets
    ]


def _option(choice: ModelChoice) -> Block:
    """A model in the menu, with what tells most."""
    facts = [about(choice.estimate.price), count(choice.estimate.epochs, "epoch")]
    if choice.tuned:
        facts.insert(0, f"from {choice.info.name}")
    if until := choice.info.trainable_until:
        facts.append(f"not from {until.isoformat()} on")
    return option(choice.name, choice.key, ", ".join(facts))


def _most(choices: Sequence[ModelChoice], chosen: ModelChoice) -> list[Block]:
    """As many as a menu takes, the newest; the chosen one is always among them."""
    shown = [*choices[:100]]
    if chosen in choices[100:]:
        shown[-1] = chosen
    return [_option(each) for each in shown]


def _version(version: int, examples: int) -> str:
    return (f"version {version}, " if version > 1 else "") + count(examples, "example")
