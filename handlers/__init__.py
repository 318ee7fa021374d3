"""The Slack edge: listeners that write down what people want, and the adapters that post, stream and download.

Knows the services by their use cases; holds no rules of its own.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from slack_bolt.async_app import AsyncApp

from bot.ports import Logger
from bot.services import Services
from handlers.about import Help, Home
from handlers.approvals.request_form import Start
from handlers.budgets import Money
from handlers.chats import Chat
from handlers.commands import Commands, wishes
from handlers.comparisons import Comparing
from handlers.datasets import Administration, Datasets
from handlers.digests import Digests
from handlers.errors import Faults
from handlers.jobs import Jobs
from handlers.membership import Membership
from handlers.messages import Messages
from handlers.models import Models
from handlers.policies import Policies
from handlers.slack import acks
from handlers.slack.dedupe import Dedupe
from handlers.slack.trusted_hosts import Replies
from handlers.transforms import Tools


def _utc_now() -> datetime:
    return datetime.now(UTC)


def register(
    app: AsyncApp,
    services: Services,
    log: Logger,
    *,
    provider: str = "OpenAI",
    now: Callable[[], datetime] = _utc_now,
) -> None:
    """Bind every listener to the app; `provider` is how people call the server that trains."""
    app.middleware(acks.keep)
    app.middleware(Replies(log).keep)
    app.middleware(Dedupe().drop)
    start = Start(services, provider)
    datasets = Datasets(services, provider)
    looking_after = Administration(services, provider)
    jobs = Jobs(services, provider, now)
    models = Models(services, provider)
    chat = Chat(services, models)
    comparing = Comparing(services)
    money = Money(services)
    policies = Policies(services)
    about = Help()
    words = wishes(
        start,
        datasets,
        looking_after,
        jobs,
        chat,
        comparing=comparing,
        money=money,
        policies=policies,
        models=models,
        digests=Digests(services),
        help_=about,
    )
    commands = Commands(services.policy, words)
    messages = Messages(services, datasets, commands, log)
    for feature in (
        start,
        datasets,
        looking_after,
        jobs,
        chat,
        models,
        money,
        policies,
        comparing,
        Membership(services),
        Home(services),
        Tools(services),
        commands,
        messages,
        Faults(log),
    ):
        feature.register(app)
