"""What the thread of a job's card is told while the job runs; takes values, asks nobody."""

from collections.abc import Mapping
from typing import Any

from bot.domain.jobs import thread_updates
from bot.domain.jobs.job import Job
from handlers import escaping
from handlers.ids import COMMAND
from handlers.views.blocks import Message, section
from handlers.views.figures import count, number

_SAID = 500  # characters of one event


def told(job: Job, data: Mapping[str, Any]) -> Message:
    """One message; `data` is what bot.domain.jobs.thread_updates put there."""
    text = _text(job, data)
    return Message(text, [section(text)])


def _text(job: Job, data: Mapping[str, Any]) -> str:  # noqa: PLR0911  one for each kind
    more = f"\nI stop here; `{COMMAND} events {job.id}` has all of it." if data.get("last") else ""
    match data.get("what"):
        case thread_updates.BEGUN:
            ids = f"{escaping.code(str(data.get('provider_job')))}, here {escaping.code(job.id)}"
            return f"🏁 The provider has the job: {ids}. It trains {escaping.code(str(data.get('model')))}."
        case thread_updates.PAUSED:
            at = f" at step {number(int(data['step']))}" if data.get("step") is not None else ""
            return f"⏸️ Paused{at}. `{COMMAND} resume {job.id}` lets it go on."
        case thread_updates.RESUMED:
            return "▶️ It goes on."
        case thread_updates.CHECKPOINTS:
            steps = [int(step) for step in data.get("steps", ())]
            if len(steps) == 1:
                return f"📍 Checkpoint at step {number(steps[0])}."
            listed = ", ".join(number(step) for step in steps[:-1])
            return f"📍 {count(len(steps), 'checkpoint')}: at steps {listed} and {number(steps[-1])}."
        case thread_updates.SAFETY:
            return f"🛡️ The provider checked the finished model:\n{_quotes(data)}"
        case _:
            return f"⚠️ The provider warns:\n{_quotes(data)}{more}"


def _quotes(data: Mapping[str, Any]) -> str:
    lines = [escaping.quote(str(said), _SAID) for said in data.get("said", ())]
    left = int(data.get("more") or 0)
    return "\n".join([*lines, *([f"and {left} more"] if left else [])])
