"""Starts and stops a whole sandbox on one loopback address: Slack, OpenAI, control API, page."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.sandbox import openai
from bot.sandbox.calls import Calls
from bot.sandbox.clock import Clock
from bot.sandbox.control import Control
from bot.sandbox.control_openai import OpenAIControl
from bot.sandbox.control_people import PeopleControl
from bot.sandbox.faults import Faults
from bot.sandbox.live import Live
from bot.sandbox.openai.catalog import calendar, models_file
from bot.sandbox.slack import manifest as manifests
from bot.sandbox.slack.http import APP_TOKEN, BOT_TOKEN, SlackHttp
from bot.sandbox.slack.team import APPROVERS_GROUP
from bot.sandbox.slack.workspace import Workspace

PAGE = Path(__file__).parent / "page"


class Sandbox:
    """One simulated world, from `start` to `close`.

    `manifest` is the app's (a path or its parsed content; the project's own by default), `speed` the simulated
    training seconds per second, `ack_seconds` how long Slack waits for an acknowledgement.
    """

    def __init__(
        self,
        manifest: Path | dict[str, Any] | None = None,
        *,
        speed: float = 1.0,
        rate_limits: bool = True,
        ack_seconds: float = 3.0,
        count_tokens: openai.CountTokens = openai.estimate_tokens,
        openai_settings: openai.Settings | None = None,
    ) -> None:
        self._live = Live()
        self.clock = Clock(speed)
        self.faults = Faults()
        self.calls = Calls(seen=self._live.call)
        self.slack = Workspace(
            manifests.load(manifest or manifests.find()),
            clock=self.clock,
            faults=self.faults,
            calls=self.calls,
            watch=self._live,
            rate_limits=rate_limits,
            ack_seconds=ack_seconds,
        )
        self._live.team, self._live.show = self.slack.team, self.slack.views
        self._app = web.Application()
        SlackHttp(self.slack).mount(self._app)
        Control(self.slack, self._live, clock=self.clock, faults=self.faults, calls=self.calls).mount(
            self._app
        )
        PeopleControl(self.slack).mount(self._app)
        self.openai = openai.mount(
            self._app,
            clock=self.clock,
            faults=self.faults,
            calls=self.calls,
            count_tokens=count_tokens,
            settings=openai_settings or openai.Settings(calendar=calendar(_today())),
        )
        OpenAIControl(self.openai.settings).mount(self._app)
        _mount_page(self._app)
        self._app.on_shutdown.append(self._let_go)
        self._app.on_response_prepare.append(_keep_fresh)
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=1)
        self.url = ""

    @property
    def slack_api_url(self) -> str:
        """What SLACK_API_URL must be."""
        return f"{self.url}/slack/api/"

    @property
    def openai_base_url(self) -> str:
        """What OPENAI_BASE_URL must be."""
        return f"{self.url}/openai/v1"

    def environment(self, folder: Path) -> dict[str, str]:
        """The settings with which an app works for this sandbox over Socket Mode; its models go into `folder`."""
        models = folder / "models.toml"
        models.write_text(models_file(_today()), "utf-8")
        return {
            "MODELS_FILE": str(models),
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_URL": self.slack_api_url,
            "OPENAI_API_KEY": "sk-sandbox-0001",
            "OPENAI_BASE_URL": self.openai_base_url,
            "FINETUNE_APPROVERS": ",".join(self.slack.team.usergroups[APPROVERS_GROUP].members),
        }

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one. Raises OSError when the port is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"
        self.slack.at(self.url)

    async def close(self) -> None:
        """Close every connection and remove every temporary file; a sandbox does not start twice."""
        await self._runner.cleanup()
        self.slack.files.close()

    async def _let_go(self, _app: web.Application) -> None:
        await self._live.close()
        await self.slack.close()


def _today() -> date:
    return datetime.now(UTC).date()


async def _keep_fresh(request: web.Request, response: web.StreamResponse) -> None:
    """Let a browser ask again for the page's modules: after an upgrade old and new must not mix."""
    if request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-cache"


def _mount_page(app: web.Application) -> None:
    async def index(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})

    async def permalink(request: web.Request) -> web.Response:
        """Open a message's permalink in the page."""
        digits = request.match_info["p"]
        ts = request.query.get("thread_ts") or f"{digits[:-6]}.{digits[-6:]}"
        raise web.HTTPFound(f"/#/{request.match_info['channel']}/thread/{ts}")

    app.router.add_get("/", index)
    app.router.add_get(r"/archives/{channel}/p{p:\d+}", permalink)
    if PAGE.is_dir():
        app.router.add_static("/static/", PAGE)
