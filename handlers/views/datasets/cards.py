"""A dataset as its card in the thread, as the full report, and as a list; takes values, asks nobody."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.datasets.cures import CONVERTIBLE
from bot.domain.datasets.lifecycle import Checking, Dataset, DatasetState, Deletion, Half
from bot.domain.datasets.report import Advice, Problem, Report
from bot.domain.datasets.whereabouts import Whereabouts
from bot.domain.escaping import in_brackets, places
from bot.domain.money import about
from bot.domain.pricing import Estimate
from bot.domain.transforms import lifecycle
from bot.domain.transforms.lifecycle import TransformKind
from bot.ports import Page
from handlers import escaping
from handlers.ids import COMMAND, NOTHING, Action
from handlers.views.blocks import (
    Block,
    Message,
    View,
    actions,
    button,
    context,
    divider,
    fields,
    header,
    modal,
    section,
)
from handlers.views.datasets import advice, toolbar, whereabouts
from handlers.views.figures import bar, count, number, size, when
from handlers.views.retirement import retirement

CARD_PROBLEMS = 5
REPORT_PROBLEMS = 30
REPORT_CODES = 40
_CONVERT = "*Convert* shows first what each row would become, and asks. Your file stays as it is."
_NAMES = {"chat": "chat", "preference": "preference pairs", "reinforcement": "reinforcement"}


def card(dataset: Dataset) -> Message:
    """The one message that shows a dataset's state."""
    match dataset.state:
        case DatasetState.READY if dataset.report:
            return _with_twin(dataset, _ready(dataset, dataset.report))
        case DatasetState.REJECTED if dataset.report:
            return _with_twin(dataset, _rejected(dataset, dataset.report))
        case DatasetState.DELETING | DatasetState.DELETED:
            return _gone(dataset)
        case DatasetState.RECEIVED | DatasetState.VALIDATING:
            return _checking(dataset)
        case _:
            why = escaping.told(dataset.failure) or "I could not read it. Please upload it once more."
            first = f"⚠️ I could not check {called(dataset)}.\n{why}"
    return Message(first, [section(first)])


STAYS = 10  # names of what is not deleted with a dataset


def called(dataset: Dataset) -> str:
    """A dataset as sentences name it: what people call it, and which version when there are several."""
    version = f" (version {dataset.version})" if dataset.version > 1 else ""
    return f"*{escaping.name(dataset.label)}*{version}"


def _gone(dataset: Dataset) -> Message:
    """While its copies are being removed, and after."""
    deletion = dataset.deletion or Deletion(by="")
    by = f"by <@{deletion.by}>" if deletion.by else "in Slack"
    if dataset.state is DatasetState.DELETING:
        first = f"🗑️ {called(dataset)} was deleted {by}; I am removing my copies."
        waiting = [context(f"Waiting: {escaping.told(dataset.failure)}")] if dataset.failure else []
        return Message(first, [section(first), *waiting])
    left = (
        "I have removed my copy of it, too."
        if dataset.deletion is None  # deleted before the provider's copy went with it
        else "Another dataset has the same content, so my copy stays for that one."
        if deletion.shared
        else "Nothing of it is left with me or at the training provider."
    )
    first = f"🗑️ {called(dataset)} was deleted {by}. {left}"
    if not deletion.stays:
        return Message(first, [section(first)])
    names = ", ".join(f"*{escaping.name(name)}*" for name in deletion.stays[:STAYS])
    more = f" and {len(deletion.stays) - STAYS} more" if len(deletion.stays) > STAYS else ""
    stays = context(
        f"Made of it, and not deleted with it: {names}{more}. What was said in threads stays in Slack, too."
    )
    return Message(first, [section(first), stays])


def _with_twin(dataset: Dataset, message: Message) -> Message:
    """The card, saying above its buttons that the content was here already."""
    if not dataset.twin:
        return message
    said = context(f"Same content as *{escaping.name(dataset.twin, 120)}*: I keep it once.")
    return Message(message.text, [*message.blocks[:-1], said, message.blocks[-1]])


def _checking(dataset: Dataset) -> Message:
    first = f"⏳ Checking {called(dataset)}…"
    lines = [progress(dataset.checking)] if dataset.checking else []
    if dataset.failure:
        lines.append(f"Waiting: {escaping.told(dataset.failure)} I'll try again by myself.")
    blocks = [section(first)]
    if lines:
        blocks.append(context(*lines))
    return Message(first, blocks)


def progress(checking: Checking) -> str:
    """How far it is: a bar where the whole is known, else what it is doing."""
    doing = "Downloading" if checking.phase == "downloading" else "Reading"
    if not checking.total_bytes:
        return f"{doing}…"
    parts = [f"{doing}: {bar(checking.done_bytes / checking.total_bytes)} of {size(checking.total_bytes)}"]
    if checking.examples:
        parts.append(count(checking.examples, "example"))
    if checking.problems:
        parts.append(count(checking.problems, "problem"))
    return " · ".join(parts)


def _ready(dataset: Dataset, report: Report) -> Message:
    if not report.estimates:
        return _without_model(dataset, report)
    first = f"✅ {called(dataset)} is ready: {_contents(report)}."
    after = _held_out(dataset.half) if dataset.half and dataset.half.validates else costs(report)
    blocks = [section(f"{first}\n{_tokens(report)}\n{after}")]
    if dataset.half and not dataset.half.validates:
        blocks.append(
            context(f"The form has its validation half chosen: *{escaping.name(dataset.half.other)}*.")
        )
    if report.advice:
        worst = " ".join(escaping.escape(advice.message) for advice in report.advice[:2])
        more = len(report.advice) - 2
        blocks.append(
            context(f"Good to know: {worst}" + (f" And {more} more in the report." if more > 0 else ""))
        )
    if dataset.place.channel_id.startswith("D"):
        blocks.append(context("To train on it, share it in a channel: somebody else has to approve there."))
    return Message(first, [*blocks, toolbar.row(dataset)])


def _held_out(half: Half) -> str:
    other = escaping.name(half.other)
    return f"Held out to validate: the form chooses it when you train on *{other}*. Nothing trains on these examples."


def _without_model(dataset: Dataset, report: Report) -> Message:
    """A good file on which no model of the catalog trains."""
    first = f"ℹ️ {called(dataset)} is good, but no model here trains on it: {_contents(report)}."
    todo = (
        "Whoever runs me can add a model that trains on such data (`MODELS_FILE`); then drop the file here again. "
        "The file itself needs no mending."
    )
    return Message(first, [section(f"{first}\n{_tokens(report)}"), context(todo), toolbar.row(dataset)])


def _contents(report: Report) -> str:
    kind = f" in {_NAMES[report.format]} format" if report.format else ""
    return f"{count(report.valid, 'example')}{kind}"


def _tokens(report: Report) -> str:
    about = "" if report.tokens.exact else "about "
    # What is learned by reinforcement is not in the file.
    trained = "" if report.format == "reinforcement" else f", {number(report.tokens.trained)} of them trained"
    return f"{about}{number(report.tokens.total)} tokens{trained}"


def costs(report: Report) -> str:
    """On one line what training would cost with each model, in the catalog's order, and the epochs assumed."""
    if not report.estimates:
        return "No model can be trained on this now."
    epochs = report.estimates[0].epochs  # the default depends on the number of examples only
    prices = " · ".join(f"{short(each.model)} *{_price(each)}*" for each in report.estimates[:8])
    return f"Training for {count(epochs, 'epoch')}: {prices}"


def short(model: str) -> str:
    """A model's name without the date of its snapshot, for lines that are read at a glance."""
    return escaping.name(re.sub(r"-\d{4}-\d{2}-\d{2}$", "", model))


def _price(estimate: Estimate) -> str:
    return about(estimate.price)


def _rejected(dataset: Dataset, report: Report) -> Message:
    can = lifecycle.offered(dataset)
    first = f"❌ {called(dataset)} can't be trained on{_verdict(report, can)}."
    shown = [
        replace(each, fix=_CONVERT) if not each.line and each.code in CONVERTIBLE else each
        for each in report.problems[:CARD_PROBLEMS]
    ]
    blocks = [section(first), *(section(problem(each)) for each in shown)]
    if (rest := len(report.problems) - len(shown)) > 0:
        blocks.append(context(f"And {number(rest)} more kinds: see *Full report*."))
    if way_out := _way_out(report, can):
        blocks.append(context(way_out))
    return Message(first, [*blocks, toolbar.row(dataset)])


def _verdict(report: Report, can: frozenset[TransformKind]) -> str:
    if TransformKind.CONVERT in can and report.format is None:
        return " yet, but it can be converted"
    if not report.examples:
        return ""
    return f" yet: {count(report.problem_count, 'problem')} to mend in {count(report.examples, 'line')}"


def _way_out(report: Report, can: frozenset[TransformKind]) -> str:
    """What to do about a file that cannot be trained on; nothing where the problem says it."""
    ways = []
    if TransformKind.CONVERT in can:
        if report.format is None:
            return ""
        ways.append(
            "*Convert* shows first what each line would become, and asks: it heeds what lines say of themselves."
        )
    if TransformKind.MEND in can:
        ways.append("*Mend…* shows first which lines it would repair and which it would leave out, and asks.")
    if ways:
        return " ".join([*ways, "Or mend the file yourself and drop it here again."])
    return "Mend the file and drop it here again; I'll check it as the next version."


def problem(found: Problem) -> str:
    """Where, what, and what to do."""
    where = places(found.places, found.count)
    told = found.path and found.path not in found.message  # most messages name the place themselves
    path = f", {escaping.code(found.path, 120)}" if told else ""
    mend = f"\n→ {escaping.escape(escaping.shorten(found.fix, 600))}" if found.fix else ""
    return f"*{where}*{path}: {escaping.escape(escaping.shorten(found.message, 600))}{mend}"


def _advice(advice: Advice) -> str:
    where = in_brackets(advice.lines, advice.count)
    return f"• {escaping.escape(escaping.shorten(advice.message, 600))}{where}"


def report_view(dataset: Dataset, where: Whereabouts, provider: str) -> View:
    """Everything that is known of a dataset, and where its content is."""
    report = dataset.report
    as_file = TransformKind.REPORT in lifecycle.offered(dataset)
    head = section(
        f"{called(dataset)} · {size(dataset.size)} · shared by <@{dataset.uploaded_by}> {when(dataset.uploaded_at)}",
        accessory=button("Post as file", Action.REPORT_AS_FILE, dataset.id) if as_file else None,
    )
    if report is None:
        return modal("Full report", [head, section("There is no report for this file.")])
    blocks: list[Block] = [
        head,
        fields(
            ("Format", _NAMES[report.format] if report.format else "not recognised"),
            ("Examples", f"{number(report.valid)} good of {number(report.examples)}"),
            ("Tokens", _tokens(report)),
            ("Longest example", f"{count(report.tokens.max, 'token')}"),
            *_cut_off(report),
        ),
        *([_all_examples(dataset)] if toolbar.may_look(dataset) else []),
        *advice.spread(report.tokens),
    ]
    if report.problem_count:
        blocks += [header(count(report.problem_count, "problem")), *_problems(dataset, report)]
    if report.advice:
        blocks.append(header("Advice"))
        blocks += [
            section(_advice(each), accessory=_lines(dataset, f"advice-{place}", each.lines))
            for place, each in enumerate(report.advice[:15])
        ]
    if report.estimates:
        blocks.append(header("What training would cost"))
        blocks += [
            section(f"*{escaping.name(each.model)}*\n{estimate(each)}") for each in report.estimates[:12]
        ]
    blocks += advice.suggestions(report)
    blocks += [
        divider(),
        context(
            f"Counted with {escaping.name(report.tokens.encoding)}"
            + ("." if report.tokens.exact else "; for this kind of data an approximation."),
            whereabouts.where_it_is(where, provider),
            f"SHA-256 {escaping.code(report.sha256)}",
        ),
    ]
    return modal("Full report", blocks)


def _all_examples(dataset: Dataset) -> Block:
    return actions(button("Look at examples", Action.EXAMPLES, toolbar.examples_at(dataset)))


def _cut_off(report: Report) -> list[tuple[str, str]]:
    tokens = report.tokens
    if not tokens.over_limit:
        return []
    lost = f"{count(tokens.over_limit, 'example')}, losing {count(tokens.lost, 'token')}"
    return [("Too long, would be cut", lost)]


def _lines(dataset: Dataset, what: str, lines: Sequence[int]) -> Block | None:
    """The button that shows the lines which an entry of the report names."""
    if not toolbar.may_look(dataset) or not any(lines):
        return None
    return button("Look at these", Action.EXAMPLES, toolbar.examples_at(dataset, what, 0))


def _problems(dataset: Dataset, report: Report) -> list[Block]:
    codes = sorted(report.problem_codes.items(), key=lambda pair: -pair[1])[:REPORT_CODES]
    summary = section("\n".join(f"• {escaping.code(code)} × {number(times)}" for code, times in codes))
    shown = report.problems[:REPORT_PROBLEMS]
    rest = len(report.problems) - len(shown)
    more = (
        [context(f"And {number(rest)} more kinds; mend these first, many mend themselves with them.")]
        if rest > 0
        else []
    )
    told = [
        section(problem(each), accessory=_lines(dataset, f"problem-{place}", each.places))
        for place, each in enumerate(shown)
    ]
    return [summary, *told, *more]


def estimate(each: Estimate) -> str:
    """The price with the assumption behind it."""
    lines = [f"{escaping.told(each.sentence)}."]
    if each.epochs_source == "default":
        lines.append(f"{count(each.epochs, 'epoch')}: the default for this many examples.")
    if each.trainable_until:
        lines.append(retirement(each.trainable_until, None))
    return "\n".join(lines)


def listing(datasets: Page[Dataset]) -> Message:
    """The channel's datasets, newest first."""
    if not datasets.rows:
        text = "There are no datasets in this channel yet. Drop a JSONL file here and I'll check it."
        return Message(text, [section(text)])
    blocks: list[Block] = [header("Datasets in this channel")]
    for each in datasets.rows:
        ready = toolbar.may_start(each)
        blocks.append(
            section(
                f"{called(each)}: {state(each)}\nShared by <@{each.uploaded_by}> {when(each.uploaded_at)}",
                accessory=button("Start fine-tuning", Action.START, each.id)
                if ready
                else button("Full report", Action.REPORT, each.id)
                if each.report
                else None,
            )
        )
    if more := datasets.beyond(len(datasets.rows)):
        blocks.append(context(f"And {number(more)} older: `{COMMAND} dataset NAME` shows one by its name."))
    return Message(f"{count(datasets.total, 'dataset')} in this channel", blocks)


def state(dataset: Dataset) -> str:
    """How it is, in the words of a list."""
    report = dataset.report
    match dataset.state:
        case DatasetState.READY if report:
            verdict = "ready" if report.estimates else "good, but no model here trains on it"
            return f"{verdict}, {_contents(report)}, {number(report.tokens.total)} tokens"
        case DatasetState.REJECTED if report:
            return f"needs mending, {count(report.problem_count, 'problem')}"
        case DatasetState.RECEIVED | DatasetState.VALIDATING:
            return "being checked"
        case DatasetState.DELETING | DatasetState.DELETED:
            return "deleted"
        case _:
            return f"could not be checked. {escaping.told(dataset.failure)}"


def start_button(dataset_id: str = NOTHING, *, label: str = "Start fine-tuning") -> Block:
    """The button that opens the start form, for one dataset or for any."""
    return button(label, Action.START, dataset_id, style="primary")
