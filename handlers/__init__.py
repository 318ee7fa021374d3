"""The Slack edge: listeners that write down what people want, and the adapters that post, stream and download.

Knows the services by their use cases; holds no rules of its own.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from slack_bolt.async_app import AsyncApp

from bot.ports import Logger
from bot.services import Services
from handlers.about import About
from handlers.approvals.decisions import Decisions
from handlers.approvals.request_form import RequestForm
from handlers.audit import Audit
from handlers.budgets import Budgets
from handlers.chats import Chats
from handlers.commands import Commands
from handlers.comparisons import Comparisons
from handlers.datasets import Datasets
from handlers.digests import Digests
from handlers.errors import Faults
from handlers.home import Home
from handlers.jobs import Jobs
from handlers.messages import Messages
from handlers.models import Models
from handlers.policies import Policies
from handlers.slack.listeners import Dedupe, Listeners, OnWords, UnderWay, keep_acks
from handlers.slack.trusted_hosts import ResponseUrls
from handlers.transforms import Transforms


def _utc_now() -> datetime:
    return datetime.now(UTC)


def register(
    app: AsyncApp,
    services: Services,
    log: Logger,
    *,
    provider: str = "OpenAI",
    now: Callable[[], datetime] = _utc_now,
    under_way: UnderWay | None = None,
) -> Mapping[str, OnWords]:
    """Bind every listener to the app; gives the words that people can say, with what answers each.

    `provider` is how people call the server that trains; `under_way` is told of each listener that begins.
    """
    app.middleware(keep_acks)
    app.middleware(ResponseUrls(log).keep)
    app.middleware(Dedupe().drop)
    app.error(Faults(log).handle)
    listen = Listeners(app, services.access, under_way or UnderWay())
    models = Models(services, provider)
    home = Home(services)
    commands = Commands(services.policy, listen.words)
    for feature in (
        RequestForm(services, provider),
        home,
        Decisions(services, home),
        Datasets(services, provider),
        Jobs(services, provider, now),
        Chats(services, models),
        models,
        Budgets(services),
        Audit(services),
        Policies(services),
        Comparisons(services, models),
        Digests(services),
        About(services),
        Transforms(services),
        commands,
        Messages(services, commands, log),
    ):
        feature.register(listen)
    return listen.words
