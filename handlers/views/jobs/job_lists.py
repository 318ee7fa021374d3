"""What the provider told of a job and the models it kept, as private answers; takes values, asks nobody."""

from collections.abc import Sequence
from itertools import groupby

from bot.domain.jobs.job import Job, JobState
from bot.domain.jobs.training import Checkpoint, Event
from handlers import escape
from handlers.ids import COMMAND, Action
from handlers.views.blocks import Block, Message, actions, button, context, header, section
from handlers.views.figures import count, number, when
from handlers.views.jobs.cards import name

_SHOWN = 25
_KEPT = 20  # checkpoints of two blocks each: a message holds fifty
_LEVELS = {"warn": "⚠️ Warning: ", "error": "❌ Error: "}


def events(job: Job, told: Sequence[Event]) -> Message:
    """The newest events of a job, the newest first, in the server's own words; steps in a row are one line."""
    if not told:
        text = f"The provider has told nothing of {name(job)} yet."
        return Message(text, [section(text)])
    runs = [list(run) for _, run in groupby(enumerate(told), key=_apart)]
    lines = [_event(run[0][1], len(run)) for run in runs[:_SHOWN]]
    blocks: list[Block] = [header(f"What the provider told of {job.title}"), section("\n".join(lines))]
    if len(runs) > _SHOWN:
        blocks.append(context("There are older ones; the provider's own page of the job shows all of them."))
    return Message(f"{count(len(lines), 'event')} of {name(job)}", blocks)


def _apart(placed: tuple[int, Event]) -> int:
    """The same for all measurements in a row, another for each other event."""
    place, event = placed
    return -1 if event.measures else place


def _event(event: Event, steps: int) -> str:
    at = f"{when(event.at)} · " if event.at else ""
    words = escape.escape(escape.shorten(" ".join(event.message.split()), 90))
    more = f", and {count(steps - 1, 'step')} before it" if steps > 1 else ""
    return f"{at}{_LEVELS.get(event.level, '')}{words}{more}"


def checkpoints(job: Job, kept: Sequence[Checkpoint]) -> Message:
    """The models kept from the middle of a training, each with its losses and its name to copy."""
    if not kept:
        ended = job.state is JobState.SUCCEEDED
        why = "The provider kept none." if ended else "The provider gives them out when a job has succeeded."
        text = f"{name(job)} has no checkpoints. {why}"
        return Message(text, [section(text)])
    blocks: list[Block] = [header(f"Checkpoints of {job.title}")]
    for each in kept[-_KEPT:]:
        blocks.append(section(_kept(each)))
        if each.model and job.model_deletion is None:
            blocks.append(actions(*_uses(job, each)))
    if earlier := kept[:-_KEPT]:
        steps = ", ".join(str(each.step) for each in earlier)
        blocks.append(
            context(
                f"And {len(earlier)} earlier, at {steps}: `{COMMAND} chat {escape.name(job.title)}@STEP` talks to one."
            )
        )
    blocks.append(context("Each is a model of its own; the last one is the tuned model."))
    return Message(f"{count(len(kept), 'checkpoint')} of {name(job)}", blocks)


def _uses(job: Job, checkpoint: Checkpoint) -> list[Block]:
    """What can be done with a checkpoint; the last one is the tuned model, under its own name."""
    value = job.id if checkpoint.model == job.fine_tuned_model else checkpoint.name_in(job.id)
    return [button("Chat", Action.CHAT, value), button("Go on from it", Action.GO_ON, value)]


def _kept(checkpoint: Checkpoint) -> str:
    train = [] if checkpoint.train_loss is None else [f"training loss {checkpoint.train_loss:.3f}"]
    valid = [] if checkpoint.valid_loss is None else [f"validation loss {checkpoint.valid_loss:.3f}"]
    return (
        f"{' · '.join([f'Step {number(checkpoint.step)}', *train, *valid])}\n{escape.code(checkpoint.model)}"
    )
