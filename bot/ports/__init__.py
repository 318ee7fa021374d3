"""What the services need from the outside, as Protocols; the adapters are in handlers, storage, bot.providers …."""

from bot.ports.basics import Clock, Logger, Trigger
from bot.ports.datasets import Validation, Workers
from bot.ports.provider import JobOrder, Listing, Provider, ProviderFile, ProviderModel
from bot.ports.slack import (
    Answer,
    Channels,
    DirectMessages,
    Files,
    Images,
    Notifier,
    People,
    Posted,
    ReplyStream,
    SlackFile,
    Subject,
    TokenCheck,
    Uploads,
    UserGroup,
)
from bot.ports.storage import OutboxStore, PeriodicTaskStore, Storage
from bot.ports.storage.chats import BallotStore, ConversationStore, EarlyStore, TurnStore, WordStore
from bot.ports.storage.datasets import DatasetStore, TransformStore
from bot.ports.storage.jobs import CurveStore, JobStore
from bot.ports.storage.rows import Added, Claim, Page, Rows, Seen
from bot.ports.storage.workspaces import AuditStore, BudgetStore, PlaceStore, PolicyStore, WorkspaceStore

__all__ = [
    "Added",
    "Answer",
    "AuditStore",
    "BallotStore",
    "BudgetStore",
    "Channels",
    "Claim",
    "Clock",
    "ConversationStore",
    "CurveStore",
    "DatasetStore",
    "DirectMessages",
    "EarlyStore",
    "Files",
    "Images",
    "JobOrder",
    "JobStore",
    "Listing",
    "Logger",
    "Notifier",
    "OutboxStore",
    "Page",
    "People",
    "PeriodicTaskStore",
    "PlaceStore",
    "PolicyStore",
    "Posted",
    "Provider",
    "ProviderFile",
    "ProviderModel",
    "ReplyStream",
    "Rows",
    "Seen",
    "SlackFile",
    "Storage",
    "Subject",
    "TokenCheck",
    "TransformStore",
    "Trigger",
    "TurnStore",
    "Uploads",
    "UserGroup",
    "Validation",
    "WordStore",
    "Workers",
    "WorkspaceStore",
]
