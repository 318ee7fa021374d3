"""Which service is given which store and adapter; the one place that knows them all, and it starts none of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings
from bot.domain.catalog import Catalog
from bot.domain.datasets.tokens import TokenCounter
from bot.domain.periodic import PeriodicTaskKind
from bot.domain.policies import Policy
from bot.logs import get as get_log
from bot.ports import Clock
from bot.providers.openai_api import OpenAIProvider
from bot.scheduler import DAILY, MONDAYS_AT_NINE
from bot.services import Services
from bot.services.access import AccessService
from bot.services.approvals.decisions import DecisionService
from bot.services.approvals.model_choice import ModelChoices
from bot.services.approvals.requests import RequestService
from bot.services.audit import AuditService
from bot.services.budgets import BudgetService
from bot.services.chats import ChatService
from bot.services.comparisons import ComparisonService
from bot.services.datasets.administration import DatasetAdministration
from bot.services.datasets.contents import Contents, Fetching
from bot.services.datasets.examples import ExampleService
from bot.services.datasets.service import DatasetService
from bot.services.digests import DigestService
from bot.services.home import HomeService
from bot.services.jobs.loss_chart import LossChartService
from bot.services.jobs.polling import JobPolling
from bot.services.jobs.service import JobService
from bot.services.jobs.steps import JobSteps
from bot.services.models.resolver import CheckpointCheck, ModelResolver
from bot.services.models.service import ModelService
from bot.services.outbox import OutboxService
from bot.services.periodic import PeriodicService, Scheduled
from bot.services.policies import PolicyService
from bot.services.retention import AppRemoval, ProviderFiles, Retention
from bot.services.transforms import TransformService
from bot.services.turns import TurnService
from bot.services.work_queue import WorkQueue
from bot.workers.pool import Pool
from bot.workers.validator import Validator
from handlers.slack.channels import SlackChannels
from handlers.slack.client import Identity, SlackTokenCheck
from handlers.slack.files import SlackFiles
from handlers.slack.notifier import SlackNotifier
from handlers.slack.people import SlackPeople
from handlers.slack.reply_stream import SlackReplyStream
from handlers.slack.uploads import SlackUploads
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Outside:
    """What stands between the services and the world, opened by whoever closes it; `counter` is for chats."""

    settings: Settings
    database: Database
    client: AsyncWebClient
    identity: Identity
    provider: OpenAIProvider
    validator: Validator
    workers: Pool
    models: Catalog
    counter: TokenCounter


@dataclass(frozen=True, slots=True)
class Built:
    """The services, the queues of work for the one loop, and what has to be done once before it runs."""

    services: Services
    queues: tuple[WorkQueue[Any], ...]
    begin: tuple[Callable[[], Awaitable[None]], ...]


def build(outside: Outside, clock: Clock, wake: Callable[[], None]) -> Built:
    """Every service once."""
    settings, database, provider = outside.settings, outside.database, outside.provider
    client, identity, catalog = outside.client, outside.identity, outside.models
    folder = settings.data_dir / "datasets"
    policy = Policy(
        approvers=settings.finetune_approvers,
        self_approval=settings.finetune_self_approval,
        channels=settings.finetune_channels,
    )
    people = SlackPeople(client, identity.team_id)
    access = AccessService(places=database.places, channels=SlackChannels(client), people=people)
    policies = PolicyService(
        storage=database,
        people=people,
        settings=policy,
        clock=clock,
        log=get_log("bot.services.policies"),
        wake=wake,
    )
    contents = Contents(folder)
    uploads = SlackUploads(
        client,
        bot_user_id=identity.user_id,
        hosts=sorted(settings.file_hosts),
        log=get_log("handlers.slack.uploads"),
    )
    files = SlackFiles(client, hosts=sorted(settings.file_hosts))
    fetching = Fetching(
        files, contents, get_log("bot.services.datasets.contents"), cap=settings.max_upload_bytes
    )
    administration = DatasetAdministration(
        storage=database,
        provider=provider,
        uploads=uploads,
        contents=contents,
        policies=policies,
        clock=clock,
        log=get_log("bot.services.datasets.administration"),
        wake=wake,
        days=settings.provider_file_days,
    )
    datasets = DatasetService(
        storage=database,
        files=files,
        validation=outside.validator,
        policy=policy,
        clock=clock,
        log=get_log("bot.services.datasets.service"),
        wake=wake,
        contents=contents,
        library=administration,
        cap=settings.max_upload_bytes,
    )
    transforms = TransformService(
        storage=database,
        datasets=datasets,
        policy=policy,
        uploads=uploads,
        workers=outside.workers,
        fetching=fetching,
        clock=clock,
        log=get_log("bot.services.transforms"),
        wake=wake,
        folder=folder / "made",
    )
    polling = JobPolling(
        storage=database,
        provider=provider,
        clock=clock,
        log=get_log("bot.services.jobs.polling"),
        poll_seconds=settings.poll_seconds,
    )
    resolver = ModelResolver(database, catalog, clock, fetching)
    choices = ModelChoices(
        storage=database,
        provider=provider.name,
        methods=provider.profile.methods,
        catalog=catalog,
        resolver=resolver,
        kept=CheckpointCheck(provider),
        access=access,
        clock=clock,
    )
    requests = RequestService(
        storage=database,
        choices=choices,
        wandb=provider.profile.has_wandb,
        policies=policies,
        access=access,
        clock=clock,
        log=get_log("bot.services.approvals.requests"),
        wake=wake,
    )
    decisions = DecisionService(
        storage=database,
        policies=policies,
        choices=choices,
        clock=clock,
        log=get_log("bot.services.approvals.decisions"),
        wake=wake,
    )
    models = ModelService(
        storage=database,
        provider=provider,
        resolver=resolver,
        policies=policies,
        access=access,
        clock=clock,
        log=get_log("bot.services.models.service"),
        wake=wake,
    )
    jobs = JobService(database, provider, policies, clock, get_log("bot.services.jobs.service"), wake)
    steps = JobSteps(
        storage=database,
        provider=provider,
        decisions=decisions,
        polling=polling,
        models=models,
        token=SlackTokenCheck(client),
        fetching=fetching,
        clock=clock,
        log=get_log("bot.services.jobs.steps"),
    )
    digests = DigestService(
        storage=database,
        resolver=resolver,
        policies=policies,
        clock=clock,
        log=get_log("bot.services.digests"),
        mondays=MONDAYS_AT_NINE,
    )
    retention_log = get_log("bot.services.retention")
    retention = Retention(database, clock, retention_log, settings.conversation_days, settings.report_days)
    provider_files = ProviderFiles(database, provider, clock, retention_log, settings.provider_file_days)
    app_removal = AppRemoval(database, clock, retention_log, wake)
    schedule = (
        Scheduled(PeriodicTaskKind.DIGEST, MONDAYS_AT_NINE, digests.make),
        Scheduled(PeriodicTaskKind.OLD_FILES, DAILY, provider_files.remove, always=f"files:{provider.name}"),
        Scheduled(PeriodicTaskKind.RETENTION, DAILY, retention.forget, always="retention"),
        Scheduled(PeriodicTaskKind.FAREWELL, None, app_removal.purge),
    )
    periodic = PeriodicService(database, schedule, clock, get_log("bot.services.periodic"))
    chats = ChatService(database, provider, resolver, policy, clock, get_log("bot.services.chats"), wake)
    turns = TurnService(
        storage=database,
        provider=provider,
        reply_stream=SlackReplyStream(
            client,
            bot_user_id=identity.user_id,
            uploads=uploads,
            log=get_log("handlers.slack.reply_stream"),
        ),
        catalog=catalog,
        counter=outside.counter,
        policy=policy,
        people=people,
        resolver=resolver,
        access=access,
        clock=clock,
        log=get_log("bot.services.turns"),
        wake=wake,
    )
    comparisons = ComparisonService(
        storage=database,
        provider=provider.name,
        catalog=catalog,
        resolver=resolver,
        policies=policies,
        clock=clock,
        log=get_log("bot.services.comparisons"),
        wake=wake,
    )
    outbox = OutboxService(
        storage=database,
        notifier=SlackNotifier(client, clock=clock, log=get_log("handlers.slack.notifier")),
        decisions=decisions,
        clock=clock,
        log=get_log("bot.services.outbox"),
        wake=wake,
        card_seconds=settings.card_seconds,
        access=access,
    )
    loss_charts = LossChartService(
        storage=database,
        workers=outside.workers,
        images=uploads,
        clock=clock,
        log=get_log("bot.services.jobs.loss_chart"),
        wake=wake,
        folder=settings.data_dir / "pictures",
    )
    budgets = BudgetService(
        storage=database, policies=policies, clock=clock, log=get_log("bot.services.budgets"), wake=wake
    )
    audit = AuditService(
        storage=database,
        direct_messages=uploads,
        policies=policies,
        access=access,
        clock=clock,
        log=get_log("bot.services.audit"),
    )
    services = Services(
        datasets=datasets,
        requests=requests,
        jobs=jobs,
        chats=chats,
        turns=turns,
        outbox=outbox,
        policy=policy,
        people=people,
        administration=administration,
        transforms=transforms,
        comparisons=comparisons,
        budgets=budgets,
        policies=policies,
        decisions=decisions,
        audit=audit,
        models=models,
        digests=digests,
        access=access,
        app_removal=app_removal,
        examples=ExampleService(datasets, outside.workers, fetching),
        home=HomeService(database, decisions, resolver, clock),
    )
    queues = (
        WorkQueue("outbox", database.outbox, outbox.step, outbox.trouble, at_once=4),
        WorkQueue("datasets", database.datasets, datasets.step, datasets.trouble, at_once=2),
        WorkQueue("polls", database.polls, polling.poll, polling.poll_trouble, at_once=1),
        WorkQueue("periodic", database.periodic, periodic.step, periodic.trouble, at_once=1),
        WorkQueue("loss charts", database.loss_charts, loss_charts.step, loss_charts.trouble, at_once=1),
        WorkQueue("transforms", database.transforms, transforms.step, transforms.trouble, at_once=2),
        WorkQueue("jobs", database.jobs, steps.step, steps.trouble, at_once=8),
        WorkQueue("early", database.early, turns.settle, turns.unsettled, at_once=4),
        WorkQueue("turns", database.turns, turns.step, turns.trouble, at_once=50),
        WorkQueue("ballots", database.ballots, comparisons.step, comparisons.trouble, at_once=4),
    )
    return Built(services, queues, (outbox.begin, transforms.begin, polling.begin, periodic.begin))
