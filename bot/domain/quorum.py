"""Whether there are enough people for the approvals that the rules want; knows people by their ids alone."""

from bot.domain.jobs.job import Job
from bot.domain.policies import Policy


def approving(policy: Policy, able: frozenset[str], job: Job) -> int:
    """How many of those who are `able` to approve may approve this job."""
    return len(able if policy.self_approval else able - {job.requested_by})


def shortfall(needed: int, there: int) -> str:
    """What is said where too few are there, as in "2 approvals are needed, but only 1 person may approve"."""
    if there >= needed:
        return ""
    approvals = "1 approval is" if needed == 1 else f"{needed} approvals are"
    people = {0: "nobody", 1: "only 1 person"}.get(there, f"only {there} people")
    return f"{approvals} needed, but {people} may approve"


def unreachable(policy: Policy, able: frozenset[str], askers: frozenset[str]) -> str:
    """Why no request at all can be approved, and how that is mended; empty when some can.

    `askers` are those who may ask, empty when anybody may. Who asks does not approve, so where only approvers may
    ask there is always one fewer of them.
    """
    only_approvers_ask = bool(askers) and askers <= able and not policy.self_approval
    there = len(able) - only_approvers_ask
    short = shortfall(policy.approvals, there)
    if not short:
        return ""
    whose = " a request, for nobody approves their own" if only_approvers_ask else ""
    mend = "name more people" + (" or ask for fewer approvals" if policy.approvals > 1 else "")
    return f"{short}{whose}: {mend}."
