"""A job's card, as whichever view draws it in the job's state."""

from collections.abc import Sequence

from bot.domain.budgets import Funded, Standing
from bot.domain.jobs.job import Job, JobState
from bot.domain.policies import Policy
from handlers.views.approvals import requests
from handlers.views.blocks import Message
from handlers.views.jobs import cards
from tests.handlers.samples import NOW

POLICY = Policy(approvers=frozenset({"U2", "U3"}))


def job_card(job: Job, policy: Policy = POLICY, funds: Sequence[Standing] = ()) -> Message:
    """The card of a job that waits for a decision, or of one on which somebody has decided."""
    if job.state is JobState.REQUESTED:
        return requests.card(Funded(job, tuple(funds), policy))
    return cards.card(job, NOW)


def status(job: Job) -> Message:
    """The answer to `status JOB`."""
    return cards.as_answer(job_card(job), job)
