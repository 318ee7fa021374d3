"""A strict OpenAI API on loopback: files, fine-tuning jobs, models and chats, simulated; knows nothing of the app."""

from aiohttp import web

from bot.sandbox.calls import Calls
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Faults
from bot.sandbox.openai.chat_api import ChatApi
from bot.sandbox.openai.desk import KEY, Desk, name_of
from bot.sandbox.openai.file_api import FileApi
from bot.sandbox.openai.settings import BLOCKED, INTERNAL_ERROR, Settings
from bot.sandbox.openai.tokens import CountTokens, estimate_tokens
from bot.sandbox.openai.training_api import TrainingApi
from bot.sandbox.openai.webhooks import Webhooks
from bot.sandbox.openai.world import OpenAIWorld

__all__ = [
    "BLOCKED",
    "INTERNAL_ERROR",
    "KEY",
    "CountTokens",
    "OpenAIWorld",
    "Settings",
    "estimate_tokens",
    "mount",
]


def mount(
    app: web.Application,
    *,
    clock: Clock,
    faults: Faults,
    calls: Calls,
    prefix: str = "/openai/v1",
    count_tokens: CountTokens = estimate_tokens,
    settings: Settings | None = None,
) -> OpenAIWorld:
    """Put the OpenAI API under `prefix` of an application that has not been started, and give its state."""
    world = OpenAIWorld(clock, settings or Settings(), count_tokens)
    desk = Desk(world, faults, calls)
    side = web.Application()
    routes = [
        *FileApi(world).routes(),
        *TrainingApi(world).routes(),
        ("POST", "/chat/completions", ChatApi(world).create),
    ]
    for method, path, handler in routes:
        side.router.add_route(method, path, desk.serve(name_of(method, path), handler))
    side.router.add_route("*", "/{rest:.*}", desk.unknown)

    webhooks = Webhooks(world)

    async def begin(_: web.Application) -> None:
        webhooks.start()

    async def shut(_: web.Application) -> None:
        world.closing.set()

    async def clean(_: web.Application) -> None:
        await webhooks.close()
        await world.close()

    side.on_startup.append(begin)
    side.on_shutdown.append(shut)
    side.on_cleanup.append(clean)
    app.add_subapp(prefix, side)
    return world
