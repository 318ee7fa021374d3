"""Use cases over ports; they know neither Slack's blocks, nor SQL, nor the provider's wire format."""

from dataclasses import dataclass

from bot.domain.policy import Policy
from bot.ports import People
from bot.services.access import AccessService
from bot.services.asking import AskingService
from bot.services.audit import AuditService
from bot.services.budgets import BudgetService
from bot.services.chat import ChatService
from bot.services.comparing import ComparingService
from bot.services.datasets import DatasetService
from bot.services.deciding import DecidingService
from bot.services.digests import DigestService
from bot.services.errands import ErrandService
from bot.services.jobs import JobService
from bot.services.leaving import Leaving
from bot.services.library import LibraryService
from bot.services.models import ModelService
from bot.services.policies import PolicyService
from bot.services.posts import PostService


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
