"""A job in all its details, the models it kept, and the form that asks why it is rejected; asks nobody."""

from collections.abc import Sequence
from itertools import groupby

from bot.domain.jobs.job import ENDED, Job, JobState
from bot.domain.jobs.training import Checkpoint, Event, loss
from bot.domain.models import Share
from bot.domain.money import dollars
from handlers import escaping
from handlers.ids import COMMAND, Action, Field, Form
from handlers.ids import Block as Id
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
    question,
    section,
)
from handlers.views.datasets.cards import estimate
from handlers.views.figures import count, duration, number, when
from handlers.views.jobs import cards
from handlers.views.jobs.cards import name


def chosen(job: Job) -> list[str]:
    """One phrase for each setting that is not "auto", in the form's order; empty when all of it is."""
    given = job.hyperparameters
    phrases = {
        f"validated on {escaping.name(job.validation.name if job.validation else '')}": job.validation,
        f"batch size {given.batch_size}": given.batch_size,
        f"learning rate × {given.learning_rate_multiplier}": given.learning_rate_multiplier,
        f"beta {given.beta}": given.beta,
        f"seed {job.seed}": job.seed,
        f"curves to W&amp;B project {escaping.name(job.wandb_project)}": job.wandb_project or None,
    }
    return [phrase for phrase, value in phrases.items() if value is not None]


def details(job: Job, provider: str, *, can_pause: bool = False, shares: Sequence[Share] = ()) -> View:
    """Everything that is known of a job; ids can be copied.

    `provider` is its name as people read it, `can_pause` whether it lets jobs stand still. `shares` are the channels
    with which its model is shared.
    """
    epochs = job.hyperparameters.n_epochs
    blocks: list[Block] = [
        section(f"{cards.sign(job)} {cards.name(job)}: {cards.words(job)}"),
        fields(
            ("Job", escaping.code(job.id)),
            (
                "At the provider",
                escaping.code(job.provider_job_id) if job.provider_job_id else "not created yet",
            ),
            ("Dataset", f"{escaping.name(job.dataset_name)}\n{escaping.code(job.dataset_sha256[:16])}"),
            ("Base model", _base(job)),
            ("Epochs", str(epochs) if epochs else f"auto ({job.estimate.epochs})"),
            ("Settings", "\n".join(chosen(job)) or "all auto"),
            ("Tuned model", escaping.code(job.fine_tuned_model) if job.fine_tuned_model else "none yet"),
            ("Suffix", escaping.code(job.suffix) if job.suffix else "none"),
        ),
        section(
            f"*Estimate*\n{estimate(job.estimate)}\n"
            f"*Cost*: {dollars(job.cost) if job.cost is not None else 'known at the end'}"
        ),
        divider(),
        section("\n".join(_story(job))),
    ]
    if facts := [
        *cards.losses(job),
        *([f"{number(job.trained_tokens)} tokens trained"] if job.trained_tokens else []),
    ]:
        blocks.append(section(" · ".join(facts)))
    if job.reading:
        blocks.append(section(f"*What the losses say*\n{escaping.told(job.reading)}"))
    if job.fault and job.state not in ENDED:
        blocks.append(section(f"Waiting: {escaping.told(job.fault)}"))
    if why := cards.why(job):
        blocks.append(section("\n".join(why)))
    if job.error_code:
        blocks.append(context(f"Code {escaping.code(job.error_code)}"))
    blocks.append(
        context(
            f"The dataset goes to {escaping.name(provider)} when the job is approved and stays there "
            "as its training file until some time after the last job on it has ended."
        )
    )
    blocks += [_share(job, each) for each in shares]
    if (
        buttons := [cards.again_button(job), *_share_button(job)]
        if job.state in ENDED
        else cards.pause_buttons(job) * can_pause
    ):
        blocks.append(actions(*buttons))
    return modal("Job details", blocks)


def _share(job: Job, share: Share) -> Block:
    """A channel that uses the model, with a button that takes it back."""
    return section(
        f"Shared with <#{share.channel_id}> by <@{share.by}> {when(share.at)}",
        accessory=button("Take back", Action.UNSHARE, f"{job.id}:{share.channel_id}"),
    )


def _share_button(job: Job) -> list[Block]:
    """For a model that is there."""
    there = job.state is JobState.SUCCEEDED and job.fine_tuned_model and job.model_deletion is None
    return [button("Share…", Action.SHARE, job.id)] if there else []


def _base(job: Job) -> str:
    """What it begins from; of a tuned model its title too, since its name tells nobody anything."""
    goes_on = f"goes on from *{escaping.name(job.went_on_from)}*\n" if job.went_on_from else ""
    return f"{goes_on}{escaping.name(job.model)}\n{escaping.name(job.method)}"


def _story(job: Job) -> list[str]:
    lines = [f"Asked for by <@{job.requested_by}> {when(job.requested_at)}"]
    if job.decided_by and job.decided_at:
        decided = "Rejected" if job.state is JobState.REJECTED else "Approved"
        lines.append(f"{decided} by <@{job.decided_by}> {when(job.decided_at)}")
    if job.reason:
        lines.append(escaping.quote(job.reason, 500))
    if job.cancel_asked_by:
        lines.append(f"Cancelling asked for by <@{job.cancel_asked_by}>")
    if job.ended_at:
        took = f", {duration(job.ended_at - job.decided_at)} after the decision" if job.decided_at else ""
        lines.append(f"Ended {when(job.ended_at)}{took}")
        lines += cards.gone(job)
    elif job.state_since:
        state, apart, share = cards.words(job).partition(" · ")
        lines.append(f"{state.capitalize()} since {when(job.state_since)}{apart}{share}")
    return lines


def reject_form(job: Job, where: str = "") -> View:
    """Asks why; carries the job's id and, after a colon, where it was opened, if that matters."""
    element = {
        "type": "plain_text_input",
        "action_id": Field.REASON,
        "multiline": True,
        "max_length": 1_000,
        "min_length": 1,
    }
    return modal(
        "Reject the request",
        [
            section(f"<@{job.requested_by}> asked to train {cards.name(job)} for {cards.price(job)}."),
            question(Id.REASON, "Why not?", element, hint="The requester reads this in the channel."),
        ],
        callback_id=Form.REJECT,
        submit="Reject",
        close="Back",
        private_metadata=f"{job.id}:{where}" if where else job.id,
    )


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
    words = escaping.escape(escaping.shorten(" ".join(event.message.split()), 90))
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
                f"And {len(earlier)} earlier, at {steps}: "
                f"`{COMMAND} chat {escaping.name(job.title)}@STEP` talks to one."
            )
        )
    blocks.append(context("Each is a model of its own; the last one is the tuned model."))
    return Message(f"{count(len(kept), 'checkpoint')} of {name(job)}", blocks)


def _uses(job: Job, checkpoint: Checkpoint) -> list[Block]:
    """What can be done with a checkpoint; the last one is the tuned model, under its own name."""
    value = job.id if checkpoint.model == job.fine_tuned_model else checkpoint.name_in(job.id)
    return [button("Chat", Action.CHAT, value), button("Go on from it", Action.GO_ON, value)]


def _kept(checkpoint: Checkpoint) -> str:
    train = [] if checkpoint.train_loss is None else [f"training loss {loss(checkpoint.train_loss)}"]
    valid = [] if checkpoint.valid_loss is None else [f"validation loss {loss(checkpoint.valid_loss)}"]
    return f"{' · '.join([f'Step {number(checkpoint.step)}', *train, *valid])}\n{escaping.code(checkpoint.model)}"
