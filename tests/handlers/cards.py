"""A job's card, as whichever view draws it in the job's state."""

from collections.abc import Sequence

from bot.domain.budgets import Funded, Standing
from bot.domain.jobs import Job, JobState
from bot.domain.policy import Policy
from handlers.views import jobs, requests
from handlers.views.blocks import Message
from tests.handlers.samples import NOW

POLICY = Policy(approvers=frozenset({"U2", "U3"}))


def job_card(job: Job, policy: Policy = POLICY, funds: Sequence[Standing] = ()) -> Message:
    """The card of a job that waits for a decision, or of one on which somebody has decided."""
    if job.state is JobState.REQUESTED:
        return requests.card(Funded(job, tuple(funds), policy))
    return jobs.card(job, NOW)


def status(job: Job) -> Message:
    """The answer to `status JOB`."""
    return jobs.as_answer(job_card(job), job)
