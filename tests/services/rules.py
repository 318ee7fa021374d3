"""Rules for services under test: those of the settings, over the test's own database."""

from bot.domain.jobs import Job
from bot.domain.policy import Member, Policy
from bot.ports import Claim, UserGroup
from bot.services.policies import PolicyService
from storage.database import Database
from tests.handlers.fakes import Log
from tests.storage.conftest import SetClock


class Groups:
    """People as Slack would tell of them: here only of the user groups that a test makes."""

    def __init__(self, **groups: set[str]) -> None:
        self.known = {name: frozenset(members) for name, members in groups.items()}

    async def member(self, user_id: str) -> Member:
        return Member(user_id, user_id)

    async def group(self, group_id: str) -> frozenset[str]:
        return self.known.get(group_id, frozenset())

    async def groups(self) -> list[UserGroup]:
        return [UserGroup(each, each.lower()) for each in sorted(self.known)]


class Elsewhere:
    """Stands where requests are decided on and models removed, in tests of what comes between."""

    async def look(self, claim: Claim[Job]) -> None:
        raise AssertionError(f"{claim.row.id} waits for a decision")

    async def remove(self, claim: Claim[Job]) -> None:
        raise AssertionError(f"{claim.row.id} has a model to remove")


def rules(
    database: Database, clock: SetClock, settings: Policy | None = None, people: Groups | None = None
) -> PolicyService:
    """The policies' service as the app has it."""
    return PolicyService(
        storage=database,
        people=people or Groups(),
        settings=settings or Policy(),
        clock=clock,
        log=Log(),
        wake=lambda: None,
    )
