"""Use cases over ports; they know neither Slack's blocks, nor SQL, nor the provider's wire format."""

from dataclasses import dataclass

from bot.domain.policies import Policy
from bot.ports import People
from bot.services.access import AccessService
from bot.services.approvals.decisions import DecidingService
from bot.services.approvals.requests import AskingService
from bot.services.audit import AuditService
from bot.services.budgets import BudgetService
from bot.services.chats import ChatService
from bot.services.comparisons import ComparingService
from bot.services.datasets.administration import LibraryService
from bot.services.datasets.service import DatasetService
from bot.services.digests import DigestService
from bot.services.jobs.service import JobService
from bot.services.models.service import ModelService
from bot.services.outbox import PostService
from bot.services.policies import PolicyService
from bot.services.retention import Leaving
from bot.services.transforms import ErrandService


@dataclass(frozen=True, slots=True)
class Services:
    """What the Slack edge is given."""

    datasets: DatasetService
    asking: AskingService
    jobs: JobService
    chat: ChatService
    posts: PostService
    policy: Policy
    people: People
    library: LibraryService
    errands: ErrandService
    comparing: ComparingService
    budgets: BudgetService
    policies: PolicyService
    deciding: DecidingService
    audit: AuditService
    models: ModelService
    digests: DigestService
    access: AccessService
    leaving: Leaving
