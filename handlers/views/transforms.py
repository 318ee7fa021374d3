"""The forms of the dataset tools, and what is said when one was asked for and when it has ended; computes nothing."""

from collections.abc import Mapping as Values
from collections.abc import Sequence
from typing import Any

from bot.domain.datasets.lifecycle import Dataset
from bot.domain.datasets.report_builder import MIN_EXAMPLES
from bot.domain.money import about, of_dollars
from bot.domain.transforms import lifecycle
from bot.domain.transforms.convert import SHAPES, Mapping, Part
from bot.domain.transforms.lifecycle import Transform, TransformKind, TransformState
from bot.domain.worker_tasks import Preview
from handlers import escaping
from handlers.ids import NOTHING, Action, Field, Form
from handlers.ids import Block as Id
from handlers.views.blocks import (
    Block,
    Message,
    View,
    context,
    header,
    modal,
    option,
    plain,
    question,
    section,
    select,
)
from handlers.views.datasets.cards import called, short
from handlers.views.figures import count, number, when
from handlers.views.transform_forms import LONGEST_COLUMN, ConvertForm, column_block, column_value

CONVERT, SPLIT, COMPARE = "Convert", "Split for validation", "Compare versions"
SEED = "42"
_CHARACTERS, _MESSAGES, _NAMED, _PRICES = 300, 4, 8, 8
"""What is shown: so much of a message, so many messages of an example, names of columns, and models' prices."""

_FORMATS = {"chat": "chats", "preference": "preference pairs", "reinforcement": "prompts to be graded"}
_PARTS: dict[Part, tuple[str, str]] = {
    "question": ("Question", ""),
    "answer": ("Answer", ""),
    "context": ("Context", "Stands below the question, e.g. a passage it is about."),
    "system": ("System prompt", ""),
    "chosen": ("Better answer", "What the model shall prefer."),
    "rejected": ("Worse answer", "What it shall avoid."),
    "conversation": ("Conversation", "A list of turns."),
    "verdict": ("Good or bad", "Rows where it says no (0, false) are left out."),
}


def convert_form(dataset: Dataset, form: ConvertForm, preview: Preview, wrong: str = "") -> View:
    """What each column is taken for, to be changed, and what the first rows become.

    The preview has no mapping while the picked columns do not suffice for one, or are `wrong`: a sentence.
    """
    sheet = f" I read the sheet *{escaping.name(preview.sheet, 40)}*." if preview.sheet else ""
    blocks = [section(f"{called(dataset)} {_what_it_holds(preview)}{sheet}")]
    if preview.mapping is None or preview.mapping.columns:
        blocks += _columns(form, preview.columns)
    blocks.append(_system(form))
    if preview.examples:
        blocks.append(header("The first examples would be"))
        blocks += [section(_example(each)) for each in preview.examples]
    else:
        blocks.append(section(f"⛔ {escaping.told(wrong)}" if wrong else _NOT_YET))
    blocks.append(context(*_afterwards(preview.mapping)))
    return modal(
        CONVERT,
        blocks,
        callback_id=Form.CONVERT,
        submit=CONVERT,
        close="Cancel",
        private_metadata=form.metadata(),
    )


_NOT_YET = "_Pick the columns, and the first examples appear here._"
_LONGEST_PROMPT = 3_000  # characters: an input takes no more


def _system(form: ConvertForm) -> Block:
    """Where the system prompt of all examples is typed, if they are to have one."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": Field.SYSTEM,
        "multiline": True,
        "max_length": _LONGEST_PROMPT,
        "placeholder": plain("You are a friendly support agent."),
    }
    if form.system:
        element["initial_value"] = form.system[:_LONGEST_PROMPT]
    return question(
        Id.SYSTEM,
        "System prompt for every example",
        element,
        hint="Replaces the one that an example has. Leave it empty to keep them as they are.",
        optional=True,
    )


def _what_it_holds(preview: Preview) -> str:
    if preview.mapping is None:
        return "holds rows of another shape, and I cannot tell which column is what. Pick them."
    if not preview.mapping.columns:
        return "holds examples that the server would not take as they are. This is what they would become."
    return "holds rows of another shape. This is what I take them for."


def _columns(form: ConvertForm, names: Sequence[str]) -> list[Block]:
    """What the rows shall become, and a menu of columns for each part of that."""
    shapes = [
        option(each.name.capitalize(), each.name, f"become {_FORMATS[each.format]}")
        for each in SHAPES
        if len(each.required) <= len(names)
    ]
    chosen = next(each for each in SHAPES if each.name == form.shape)
    shape = select(Action.PICK_SHAPE, "Pick what they are", shapes, form.shape)
    return [
        question(Id.SHAPE, "The rows are", shape, live=True),
        *(_column(part, form, names, optional=False) for part in chosen.required),
        *(_column(part, form, names, optional=True) for part in chosen.optional),
    ]


def _column(part: Part, form: ConvertForm, names: Sequence[str], *, optional: bool) -> Block:
    label, hint = _PARTS[part]
    none = [option("none", NOTHING)] if optional else []
    columns = [option(name, column_value(name)) for name in names if len(name) <= LONGEST_COLUMN][:99]
    picked = column_value(form.picked[part]) if part in form.picked else NOTHING
    element = select(Action.PICK_COLUMN, "Pick a column", [*none, *columns], picked)
    return question(column_block(part), label, element, hint=hint, optional=optional, live=True)


def _example(example: Values[str, Any]) -> str:
    """One example as a person reads it."""
    if "messages" in example:
        return _quoted(example["messages"])
    return _quoted(
        [
            *example["input"]["messages"],
            *({**message, "role": "better answer"} for message in example["preferred_output"]),
            *({**message, "role": "worse answer"} for message in example["non_preferred_output"]),
        ]
    )


def _quoted(messages: Sequence[Values[str, Any]]) -> str:
    lines = [f"> *{_said_by(each)}:* {_words(each)}" for each in messages[:_MESSAGES]]
    if len(messages) > _MESSAGES:
        lines.append(f"> … and {count(len(messages) - _MESSAGES, 'message')} more")
    return "\n".join(lines)


def _said_by(message: Values[str, Any]) -> str:
    return escaping.name(str(message.get("role", "")).capitalize(), 20)


def _words(message: Values[str, Any]) -> str:
    content = message.get("content")
    return escaping.name(content if isinstance(content, str) else "…", _CHARACTERS)


def _afterwards(mapping: Mapping | None) -> list[str]:
    after = (
        "The result comes into the thread as a file of its own, and I check it. Rows that lack something are left "
        "out; I say how many."
    )
    if mapping is None:
        return [after]
    told = []
    if mapping.unused:
        names = ", ".join(escaping.name(name, 40) for name in mapping.unused[:_NAMED])
        more = f" and {len(mapping.unused) - _NAMED} more" if len(mapping.unused) > _NAMED else ""
        told.append(f"Not used: {names}{more}.")
    if taken := mapping.endings.told():
        told.append(f"Taken off: {escaping.escape(', '.join(taken))}.")
    if mapping.doubt:
        told.append(f"⚠️ {escaping.told(mapping.doubt)}")
    return [*told, after]


def split_form(dataset: Dataset, examples: int) -> View:
    """How much goes to validation, each choice with its numbers."""
    choices = [
        option(
            f"{share:.0%}: {number(examples - round(share * examples))} to train, "
            f"{number(round(share * examples))} to validate",
            str(share),
        )
        for share in lifecycle.shares(examples)
    ]
    return modal(
        SPLIT,
        [
            section(
                f"{called(dataset)} has {count(examples, 'example')}. Those kept out of training show whether the "
                "model learns, or only learns by heart."
            ),
            question(
                Id.SHARE,
                "For validation",
                select(Field.SHARE, "Pick a share", choices, choices[0]["value"]),
            ),
            question(
                Id.EXAMPLES,
                "Or exactly so many",
                _whole_number(Field.EXAMPLES, MIN_EXAMPLES, examples - MIN_EXAMPLES),
                hint=f"From {MIN_EXAMPLES} to {number(examples - MIN_EXAMPLES)} examples.",
                optional=True,
            ),
            question(
                Id.SEED,
                "Seed",
                _whole_number(Field.SEED, 0, 2**31 - 1) | {"initial_value": SEED},
                hint="Any number. The same one parts the same examples again.",
            ),
            context(
                "Examples that ask the same stay on one side, so the numbers may differ a little. Both parts come "
                "into the thread as files, and I check them; yours stays as it is."
            ),
        ],
        callback_id=Form.SPLIT,
        submit="Split",
        close="Cancel",
        private_metadata=dataset.id,
    )


def _whole_number(action_id: str, least: int, most: int) -> Block:
    return {
        "type": "number_input",
        "action_id": action_id,
        "is_decimal_allowed": False,
        "min_value": str(least),
        "max_value": str(most),
    }


def compare_form(dataset: Dataset, others: Sequence[Dataset]) -> View:
    """Which of several versions to compare with."""
    choices = [
        option(
            f"Version {each.version}",
            each.id,
            count(each.report.valid, "example") if each.report else "",
        )
        for each in others
    ]
    return modal(
        COMPARE,
        [
            question(
                Id.VERSION,
                f"Compare {dataset.label} (version {dataset.version}) with",
                select(Field.VERSION, "Pick a version", choices, choices[0]["value"]),
            ),
            context(
                "The answer comes into the thread: what was added, removed and changed, and what it costs."
            ),
        ],
        callback_id=Form.COMPARE,
        submit="Compare",
        close="Cancel",
        private_metadata=dataset.id,
    )


_UNDER_WAY = {
    TransformKind.MEND: "I'm mending {name}. The result comes into its thread as the next version, and I check it.",
    TransformKind.CONVERT: "I'm converting {name}. The result comes into its thread, and I check it.",
    TransformKind.SPLIT: "I am splitting {name}. Both parts come into its thread, and I check them.",
    TransformKind.COMPARE: "I am comparing the two versions of {name}. The answer comes into the thread.",
    TransformKind.REPORT: "I am writing the whole report on {name}. It comes into its thread.",
}


def asked(dataset: Dataset, transform: Transform, *, is_new: bool, user_id: str) -> str:
    """The answer to somebody who asked for a transform, perhaps not as the first."""
    if is_new:
        return _UNDER_WAY[transform.kind].format(name=called(dataset))
    who = "You have" if transform.asked_by == user_id else f"<@{transform.asked_by}> has"
    if transform.state is TransformState.DONE:
        return f"{who} asked for this {when(transform.asked_at)}: it is in the thread of {called(dataset)}."
    return f"{who} asked for this already; it comes into the thread of {called(dataset)} in a moment."


_TRIED = {
    TransformKind.MEND: "The mending",
    TransformKind.CONVERT: "The conversion",
    TransformKind.SPLIT: "The split",
    TransformKind.COMPARE: "The comparison",
    TransformKind.REPORT: "Writing the report",
}


def result(transform: Transform) -> Message:
    """What a transform came to where no file tells it: a comparison, nothing to do, or why it could not be done."""
    if transform.state is TransformState.FAILED:
        tried = _TRIED[transform.kind].lower()
        text = f"⚠️ <@{transform.asked_by}>, {tried} did not work. {escaping.told(transform.failure)}"
        return Message(text, [section(text)])
    if transform.kind is TransformKind.COMPARE:
        return _difference(transform.outcome)
    text = "There was nothing to mend without guessing; the file stays as it is."
    return Message(text, [section(text)])


def _difference(found: Values[str, Any]) -> Message:
    first = f"*Version {found['version']} beside version {found['with_version']}*: " + ", ".join(
        f"{number(found[what])} {said}"
        for what, said in (
            ("added", "added"),
            ("removed", "removed"),
            ("changed", "with another answer"),
            ("same", "the same"),
        )
    )
    tokens = f"Tokens: {number(found['tokens_before'])} → {number(found['tokens_after'])}"
    costs = " · ".join(
        f"{short(each['model'])} {_price(each['before'])} → *{_price(each['after'])}*"
        for each in found["costs"][:_PRICES]
    )
    lines = [f"{first}.", tokens, f"Training: {costs}"] if costs else [f"{first}.", tokens]
    return Message(first, [section("\n".join(lines))])


def _price(usd: float | None) -> str:
    return about(None if usd is None else of_dollars(usd))
