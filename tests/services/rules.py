"""Services that other services under test need, over the test's own database: rules, and asking for a job."""

from bot.domain import catalog
from bot.domain.catalog import Catalog
from bot.domain.jobs.job import Job
from bot.domain.policies import Member, Policy
from bot.ports import Claim, Provider, UserGroup
from bot.providers.memory import InMemoryProvider
from bot.services.approvals.model_choice import ModelChoices
from bot.services.approvals.requests import RequestService
from bot.services.datasets.contents import Fetching
from bot.services.models.resolver import CheckpointCheck, ModelResolver
from bot.services.policies import PolicyService
from storage.database import Database
from tests.handlers.fakes import Log
from tests.storage.conftest import SetClock
from tests.viewers import absent, access_to


class Groups:
    """People as Slack would tell of them: full members, but for those whom a test makes something else."""

    def __init__(self, **groups: set[str]) -> None:
        self.known = {name: frozenset(members) for name, members in groups.items()}
        self.people: dict[str, Member] = {}

    def meet(self, *members: Member) -> None:
        """From now on Slack tells this of them."""
        self.people |= {each.user_id: each for each in members}

    async def member(self, user_id: str, *, anew: bool = False) -> Member:
        return self.people.get(user_id, Member(user_id, user_id))

    async def group(self, group_id: str, *, anew: bool = False) -> frozenset[str]:
        return self.known.get(group_id, frozenset())

    async def groups(self) -> list[UserGroup]:
        return [UserGroup(each, each.lower()) for each in sorted(self.known)]


class Elsewhere:
    """Stands where requests are decided on and models removed, in tests of what comes between; Slack is well."""

    async def check(self) -> None: ...

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


def requests_of(
    database: Database,
    clock: SetClock,
    *,
    policies: PolicyService | None = None,
    models: Catalog | None = None,
    provider: Provider | None = None,
) -> RequestService:
    """Asking for a job as the app has it; `provider` knows the checkpoints, where one is chosen."""
    models = models or catalog.load()
    return RequestService(
        storage=database,
        choices=ModelChoices(
            storage=database,
            provider="openai",
            methods=("supervised", "preference"),
            catalog=models,
            resolver=ModelResolver(database, models, clock, absent(Fetching)),
            kept=CheckpointCheck(provider or InMemoryProvider()),
            access=access_to(database),
            clock=clock,
        ),
        wandb=True,
        policies=policies or rules(database, clock),
        access=access_to(database),
        clock=clock,
        log=Log(),
        wake=lambda: None,
    )
