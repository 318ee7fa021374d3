"""A job as its card in the channel, as announcements and in lists; takes values, asks nobody."""

from datetime import datetime

from bot.domain import stale_buttons
from bot.domain.audit import POLICY
from bot.domain.budgets import Funds
from bot.domain.jobs.job import ENDED, Job, JobState, Wish
from bot.domain.jobs.training import loss
from bot.domain.money import Money, about, dollars
from bot.ports import Page
from handlers import escaping
from handlers.ids import COMMAND, Action
from handlers.views import funds
from handlers.views.blocks import (
    Block,
    Message,
    actions,
    button,
    confirm,
    context,
    header,
    option,
    overflow,
    picture,
    section,
)
from handlers.views.figures import bar, count, deadline, duration, number, size, when

_SIGNS = {
    JobState.REQUESTED: "🙋",
    JobState.APPROVED: "👍",
    JobState.UPLOADING: "📤",
    JobState.CREATING: "📤",
    JobState.VALIDATING_FILES: "🔎",
    JobState.QUEUED: "⏳",
    JobState.RUNNING: "🏃",
    JobState.PAUSED: "⏸️",
    JobState.SUCCEEDED: "✅",
    JobState.FAILED: "❌",
    JobState.CANCELLED: "🛑",
    JobState.REJECTED: "🚫",
    JobState.EXPIRED: "⌛",
    JobState.WITHDRAWN: "↩️",
    JobState.LOST: "❓",
    JobState.CLOSED: "🔒",
}
_WORDS = {
    JobState.REQUESTED: "waits for approval",
    JobState.APPROVED: "approved, starting",
    JobState.UPLOADING: "uploading the dataset",
    JobState.CREATING: "starting at the provider",
    JobState.VALIDATING_FILES: "the provider checks the file",
    JobState.QUEUED: "waiting in the provider's queue",
    JobState.RUNNING: "training",
    JobState.PAUSED: "paused",
    JobState.SUCCEEDED: "trained",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
    JobState.REJECTED: "rejected",
    JobState.EXPIRED: "nobody decided in time",
    JobState.WITHDRAWN: "withdrawn",
    JobState.LOST: "lost: the provider no longer knows it",
    JobState.CLOSED: "not trained: the provider takes no new jobs",
}


def sign(job: Job) -> str:
    """The state's emoji; a word always stands beside it."""
    return _SIGNS[job.state]


def name(job: Job) -> str:
    """What people call it, bold."""
    return f"*{escaping.name(job.title)}*"


def _cost(cost: Money | None) -> str:
    return "unknown" if cost is None else dollars(cost)


def price(job: Job) -> str:
    """What it is expected to cost."""
    return about(job.estimate.price)


def words(job: Job) -> str:
    """The state in words, with how far the training is."""
    share = _share(job)
    done = f" · {share:.0%}" if share is not None and job.state in (JobState.RUNNING, JobState.PAUSED) else ""
    if job.cancel_asked_by and job.state not in ENDED:
        return "being cancelled" + done
    if job.wish is not Wish.NONE:
        return ("being paused" if job.wish is Wish.PAUSE else "being resumed") + done
    if job.waits_until is not None:
        return "waiting for a free place at the provider"
    return _WORDS[job.state] + done


def card(job: Job, now: datetime) -> Message:
    """The one message that shows a job's state, once somebody decided on it."""
    first = f"{sign(job)} {name(job)}: {words(job)}"
    blocks = [
        section("\n".join([first, *_progress(job, now)])),
        *curve(job),
        context(*_grey(job)),
        actions(*_buttons(job)),
    ]
    return Message(first, blocks)


def curve(job: Job) -> list[Block]:
    """The picture of its losses, once there is one; at the end the last one, for an earlier one tells other numbers."""
    if job.picture is None or (job.state in ENDED and not job.picture.last):
        return []
    return [picture(job.picture.file_id, job.picture.says)]


def as_answer(message: Message, job: Job) -> Message:
    """A card as an answer to one person: it is not redrawn, so it decides nothing."""
    blocks = [block for block in message.blocks if block["type"] != "actions"]
    return Message(message.text, [*blocks, actions(button("Details", Action.DETAILS, job.id))])


def subject(job: Job) -> str:
    """What is trained on what."""
    return f"{escaping.name(job.dataset_name)} → {base(job)}, {count(job.estimate.epochs, 'epoch')}"


def base(job: Job) -> str:
    """What it begins from, as people call it."""
    return (
        f"{escaping.name(job.went_on_from)} trained further" if job.went_on_from else escaping.name(job.model)
    )


def _share(job: Job) -> float | None:
    done, total = job.training.step, job.training.total_steps
    return done / total if done is not None and total else None


def _progress(job: Job, now: datetime) -> list[str]:
    """What there is to tell beyond the state."""
    lines: list[str] = []
    if job.state is JobState.UPLOADING and job.sending is not None and job.sending.size:
        sending = job.sending
        lines.append(f"{bar(sending.sent / sending.size)} · {size(sending.sent)} of {size(sending.size)}")
    if job.state in (JobState.RUNNING, JobState.PAUSED):
        share = _share(job)
        if share is None:
            lines.append("The provider has not told of any step yet.")
        else:
            lines.append(
                f"{bar(share)} · step {number(job.training.step or 0)} of {number(job.training.total_steps or 0)}"
            )
        lines += [" · ".join(facts)] if (facts := [*losses(job), *_left(job, now)]) else []
    if job.state is JobState.SUCCEEDED:
        lines += [reading] if (reading := escaping.told(job.reading)) else []
        took = [duration(job.ended_at - job.decided_at)] if job.ended_at and job.decided_at else []
        lines.append(" · ".join([*losses(job), *took, f"cost {_cost(job.cost)} (estimated {price(job)})"]))
        lines += gone(job)
    if job.state in (JobState.FAILED, JobState.CLOSED):
        lines += why(job)
    if job.state is JobState.CANCELLED:
        lines.append(funds.stopped(job))
    if job.state is JobState.REJECTED and job.reason:
        lines.append(f"Why: {escaping.escape(escaping.shorten(job.reason, 500))}")
    if job.fault and job.state not in ENDED:
        next_try = f" Next try {deadline(job.waits_until)}." if job.waits_until is not None else ""
        lines.append(f"Waiting: {escaping.told(job.fault)}{next_try}")
    return lines


def gone(job: Job) -> list[str]:
    """What has become of a model that somebody had deleted."""
    deletion = job.model_deletion
    if deletion is None:
        return []
    if deletion.done_at is not None:
        return [f"The model was deleted by <@{deletion.by}> {when(deletion.done_at)}."]
    waits = f" Waiting: {escaping.told(job.fault)}" if job.fault else ""
    return [f"The model is being deleted for <@{deletion.by}>.{waits}"]


def losses(job: Job) -> list[str]:
    """The losses that the provider has told."""
    training = job.training
    first = f"{loss(training.first_loss)} → " if training.first_loss is not None else ""
    train = [f"training loss {first}{loss(training.train_loss)}"] if training.train_loss is not None else []
    valid = [f"validation loss {loss(training.valid_loss)}"] if training.valid_loss is not None else []
    return train + valid


def _left(job: Job, now: datetime) -> list[str]:
    """The time left: as the provider says, else by the pace so far."""
    if job.state is not JobState.RUNNING:
        return []
    if (_share(job) or 0) >= 1:
        return ["the provider runs its last checks"]
    if job.training.estimated_finish is not None:
        return [f"{duration(job.training.estimated_finish - now)} left"]
    share = _share(job)
    if share and job.state_since is not None:
        return [f"{duration((now - job.state_since) * ((1 - share) / share))} left"]
    return []


def why(job: Job) -> list[str]:
    """Why a job failed: the server's words, then our advice."""
    said = [f"The server says:\n{escaping.quote(job.said, 600)}"] if job.said else []
    advice = [escaping.told(job.advice)] if job.advice else []
    return said + advice


def _grey(job: Job) -> list[str]:
    asked = f"{subject(job)} · asked by <@{job.requested_by}>"
    if job.decided_by is None:
        return [asked]
    if job.decided_by == POLICY:
        return [f"{asked} · approved by itself: {price(job)} is below what the policy asks people for"]
    decided = "rejected" if job.state is JobState.REJECTED else "approved"
    at = f" {when(job.decided_at)}" if job.decided_at else ""
    cost = "" if job.state is JobState.SUCCEEDED else f" · {price(job)}"
    who = (
        ", ".join(f"<@{approval.by}>" for approval in job.approvals)
        if job.approvals
        else f"<@{job.decided_by}>"
    )
    return [f"{asked} · {decided} by {who}{at}{cost}"]


def _buttons(job: Job) -> list[Block]:
    details = button("Details", Action.DETAILS, job.id)
    if job.state is JobState.SUCCEEDED and job.model_deletion is None:
        return [
            button("Chat", Action.CHAT, job.id, style="primary"),
            compare_button(job),
            details,
            again_button(job),
            overflow(Action.MODEL_MORE, [option("Use it from code", f"code:{job.id}")]),
        ]
    if job.state in ENDED:
        return [again_button(job), details]
    if job.cancel_asked_by:
        return [details]
    resume = [button("Resume", Action.RESUME, job.id, style="primary")] if _rests(job) else []
    return [*resume, details, cancel_button(job)]


def compare_button(job: Job) -> Block:
    """Opens a thread in which the tuned model and its base answer side by side."""
    return button("Compare with base", Action.COMPARE, job.id)


def again_button(job: Job) -> Block:
    """Opens the form with what this job was asked with."""
    return button("Run again…", Action.AGAIN, job.id)


def cancel_button(job: Job) -> Block:
    """Stop a job or take a request back, after a question."""
    value = stale_buttons.value(job.id, stale_buttons.stopping(job))
    if job.state is JobState.REQUESTED:
        sure = confirm(
            f"Withdraw {escaping.title(job.title)}?",
            "Nothing has been paid.",
            "Withdraw",
            "Keep it",
            danger=True,
        )
        return button("Withdraw it", Action.CANCEL, value, style="danger", confirm=sure)
    paid = (
        f"Steps already trained are billed, of {price(job)} in all, and there will be no model."
        if stale_buttons.stage(job) == "training"
        else "It is not at the provider yet: nothing has been paid, and there will be no model."
    )
    sure = confirm(f"Cancel {escaping.title(job.title)}?", paid, "Cancel the job", "Let it run", danger=True)
    return button("Cancel job", Action.CANCEL, value, style="danger", confirm=sure)


def cancel_question(job: Job) -> Message:
    """The answer to `cancel JOB`: what it is, and the button."""
    first = f"{name(job)} ({words(job)}): shall I stop it?"
    return Message(first, [section(first), actions(cancel_button(job))])


def pause_buttons(job: Job) -> list[Block]:
    """Lets a job stand still, or go on, where that fits."""
    if job.cancel_asked_by is not None or job.wish is not Wish.NONE:
        return []
    if job.state in (JobState.QUEUED, JobState.RUNNING):
        return [button("Pause", Action.PAUSE, job.id)]
    return [button("Resume", Action.RESUME, job.id)] if _rests(job) else []


def _rests(job: Job) -> bool:
    """Whether it stands still until somebody says otherwise."""
    return job.state is JobState.PAUSED and job.wish is Wish.NONE


def wished(job: Job) -> Message:
    """The answer to `pause JOB` and `resume JOB`."""
    text = f"{name(job)} is {words(job)}; its card shows when it is so."
    return Message(text, [section(text)])


def ended(job: Job, under: Funds = (), link: str = "") -> Message:
    """Tells the channel, once and in one line, how a job ended; its card, to which it links, has the rest."""
    line = _linked(_end(job), link)
    left = [context(*told)] if (told := funds.after(job, under)) else []
    return Message(line, [section(line), *left])


def _end(job: Job) -> str:  # noqa: PLR0911  one for each end
    who = f"<@{job.requested_by}>"
    match job.state:
        case JobState.SUCCEEDED:
            return " ".join([f"✅ {name(job)} is ready, {who}.", *_result(job)])
        case JobState.FAILED:
            return f"❌ Training {name(job)} failed, {who}. Its card says why."
        case JobState.CLOSED:
            return f"🔒 {name(job)} was not trained, {who}: training is closed. Nothing was paid."
        case JobState.CANCELLED if not job.cancel_asked_by:
            return f"🛑 {name(job)} was cancelled at the provider, {who}. There is no model."
        case JobState.CANCELLED if job.cancel_asked_by == job.requested_by:
            return f"🛑 {who} cancelled {name(job)}. There is no model."
        case JobState.CANCELLED:
            return f"🛑 <@{job.cancel_asked_by}> cancelled {name(job)}. There is no model. cc {who}"
        case JobState.EXPIRED:
            return (
                f"⌛ Nobody decided on {name(job)} in time, {who}. *Run again…* on its card asks once more."
            )
        case _:
            return (
                f"❓ The provider no longer knows the job {name(job)}, {who}. It may have been deleted there. "
                "Look into the provider's console, or start it again."
            )


def _result(job: Job) -> list[str]:
    """What a training brought, how long it took and what it cost, as far as that is known: a sentence each."""
    training = job.training
    took = duration(job.ended_at - job.decided_at) if job.ended_at and job.decided_at else ""
    learned = (
        [f"Training loss {loss(training.first_loss)} → {loss(training.train_loss)}."]
        if training.first_loss is not None and training.train_loss is not None
        else []
    )
    if took and job.cost is not None:
        return [*learned, f"It took {took} and cost {dollars(job.cost)}."]
    if job.cost is not None:
        return [*learned, f"It cost {dollars(job.cost)}."]
    return [*learned, f"It took {took}."] if took else learned


def _linked(line: str, link: str) -> str:
    return f"{line} <{link}|Open its card>" if link else line


def rejected(job: Job, link: str = "") -> Message:
    """Tells the requester, in one line, who said no, and why."""
    by = f"<@{job.decided_by}>" if job.decided_by else "Somebody"
    why = f"“{escaping.name(job.reason, 300)}”" if job.reason else "No reason was given."
    line = _linked(f"🚫 {by} rejected {name(job)}: {why} cc <@{job.requested_by}>", link)
    return Message(line, [section(line)])


def listing(jobs: Page[Job]) -> Message:
    """The channel's jobs, newest first."""
    if not jobs.rows:
        text = "There are no jobs in this channel yet. Drop a dataset here, or type `/finetune start`."
        return Message(text, [section(text)])
    blocks: list[Block] = [header("Jobs in this channel"), *(row(each) for each in jobs.rows)]
    if more := jobs.beyond(len(jobs.rows)):
        blocks.append(
            context(f"And {number(more)} older: `{COMMAND} status JOB` shows one by its name or its id.")
        )
    return Message(f"{count(jobs.total, 'job')} in this channel", blocks)


def row(job: Job) -> Block:
    """One job in a list."""
    first = f"{sign(job)} {name(job)}: {words(job)} · {escaping.code(job.id)}"
    second = f"{subject(job)}, asked by <@{job.requested_by}> {when(job.requested_at)}"
    text = f"{first}\n{second}"
    return section(text, accessory=button("Details", Action.DETAILS, job.id))


def model_row(job: Job) -> Block:
    """One tuned model in a list."""
    at = f" · trained {when(job.ended_at)}" if job.ended_at else ""
    text = f"{name(job)} from {base(job)}{at}\n{escaping.code(job.fine_tuned_model or '')}"
    return section(text, accessory=button("Chat", Action.CHAT, job.id))
