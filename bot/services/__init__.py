"""Use cases over ports; they know neither Slack's blocks, nor SQL, nor the provider's wire format."""

from dataclasses import dataclass

from bot.domain.policies import Policy
from bot.ports import People
from bot.services.access import AccessService
from bot.services.approvals.decisions import DecisionService
from bot.services.approvals.requests import RequestService
from bot.services.audit import AuditService
from bot.services.budgets import BudgetService
from bot.services.chats import ChatService
from bot.services.comparisons import ComparisonService
from bot.services.datasets.administration import DatasetAdministration
from bot.services.datasets.examples import ExampleService
from bot.services.datasets.service import DatasetService
from bot.services.digests import DigestService
from bot.services.home import HomeService
from bot.services.jobs.service import JobService
from bot.services.models.service import ModelService
from bot.services.outbox import OutboxService
from bot.services.policies import PolicyService
from bot.services.retention import AppRemoval
from bot.services.transforms import TransformService
from bot.services.turns import TurnService


@dataclass(frozen=True, slots=True)
class Services:
    """What the Slack edge is given."""

    datasets: DatasetService
    requests: RequestService
    jobs: JobService
    chats: ChatService
    turns: TurnService
    outbox: OutboxService
    policy: Policy
    people: People
    administration: DatasetAdministration
    transforms: TransformService
    comparisons: ComparisonService
    budgets: BudgetService
    policies: PolicyService
    decisions: DecisionService
    audit: AuditService
    models: ModelService
    digests: DigestService
    access: AccessService
    app_removal: AppRemoval
    examples: ExampleService
    home: HomeService
