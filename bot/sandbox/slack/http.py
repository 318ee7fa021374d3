"""Slack's HTTP addresses: the Web API's door (tokens, scopes, limits, faults, log), files, response URLs."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from bot.sandbox.faults import Fault
from bot.sandbox.slack.answers import respond
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.files import File
from bot.sandbox.slack.scopes import DOWNLOAD_SCOPE, ELSEWHERE, METHOD_SCOPES, RETIRED, missing
from bot.sandbox.slack.web_api import METHODS
from bot.sandbox.slack.web_api.arguments import Arguments
from bot.sandbox.slack.workspace import Workspace

BOT_TOKEN = "xoxb-sandbox-0001"  # noqa: S105 - opens nothing but a sandbox
APP_TOKEN = "xapp-sandbox-0001"  # noqa: S105 - opens nothing but a sandbox
_APP_LEVEL = "apps.connections.open"
_CHUNK = 256 * 1024
_LOGIN_PAGE = """<!DOCTYPE html><html lang="en-US"><head><title>Sign in to Lumen Labs | Slack</title></head>
<body><h1>Sign in to Lumen Labs</h1><form method="post"><input type="email" name="email"></form></body></html>"""


class NoAnswer(Exception):  # noqa: N818 - it is not an error of ours: a fault asked for it
    """The connection closes without an answer."""


class SlackHttp:
    """The routes of one workspace."""

    def __init__(self, slack: Workspace) -> None:
        self._slack = slack

    def mount(self, app: web.Application) -> None:
        """Add the routes under /slack/."""
        app.router.add_route("*", "/slack/api/{method}", self.web_api)
        app.router.add_get("/slack/socket", self._slack.socket.connect)
        app.router.add_get("/slack/files/{file}/{name}", self.download)
        app.router.add_post("/slack/upload/{file}", self.upload)
        app.router.add_post("/slack/response/{key}", self.response_url)

    async def web_api(self, request: web.Request) -> web.StreamResponse:
        """Answer one Web API call and log it."""
        started, at = time.monotonic(), self._slack.clock.now()
        method = request.match_info["method"]
        given = await _given(request)
        token = _token(request, given)
        headers: dict[str, str] = {"X-OAuth-Scopes": ",".join(self._slack.manifest.scopes)}
        status, note = 200, ""
        fault = self._slack.faults.take("slack", method)
        try:
            await _before(fault)
            body = self._call(method, token, given)
            await _after(fault)
        except SlackError as refused:
            body, note = refused.body(), " ".join((refused.code, *refused.messages))
            if refused.code == "ratelimited":
                status = 429
                headers["Retry-After"] = str(body.pop("retry_after", 1))
            if refused.code == "server_error":
                status = 500
        except NoAnswer:
            body, status, note = {}, 0, "no answer"
        if fault:
            note = f"{note} (fault {fault.kind})".strip()
        self._slack.calls.add(
            "app_to_slack",
            method,
            at=at,
            ok=body.get("ok", False),
            status=status,
            ms=(time.monotonic() - started) * 1000,
            request=given,
            response=body,
            note=note,
        )
        if not status:
            return _hang_up(request)
        return web.json_response(body, status=status, headers=headers)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Give a private file's bytes, or Slack's login page to whoever may not have them."""
        started, at = time.monotonic(), self._slack.clock.now()
        file = self._slack.files.find(request.match_info["file"])
        scoped = DOWNLOAD_SCOPE in self._slack.manifest.scopes
        seen = file is not None and self._slack.files.app_sees(file)
        allowed = scoped and seen and _token(request, {}) == BOT_TOKEN and self._slack.installed
        fault = self._slack.faults.take("files", request.match_info["file"])
        note = (
            ""
            if allowed
            else f"login page: needs the bot token with {DOWNLOAD_SCOPE}, and the bot in its channel"
        )
        response: web.StreamResponse
        try:
            await _before(fault)
            if file is None or file.deleted:
                response = web.Response(status=404, text=_LOGIN_PAGE, content_type="text/html")
            elif not allowed:
                response = web.Response(text=_LOGIN_PAGE, content_type="text/html")
            else:
                response = await self._send(request, file, fault)
        except SlackError as refused:
            response, note = _refused_download(refused), refused.code
        except NoAnswer:
            response, note = _hang_up(request), "no answer"
        self._slack.calls.add(
            "app_to_slack",
            "download",
            at=at,
            ok=allowed and response.status == 200 and not note,
            status=response.status,
            ms=(time.monotonic() - started) * 1000,
            request={"file": request.match_info["file"]},
            response={"content_type": response.content_type, "bytes": file.size if file else 0},
            note=note,
        )
        return response

    async def _send(self, request: web.Request, file: File, fault: Fault | None) -> web.StreamResponse:
        mimetype = str(self._slack.files.for_message(file)["mimetype"])
        response = web.StreamResponse(headers={"Content-Length": str(file.size), "Content-Type": mimetype})
        response.headers["Content-Disposition"] = "attachment"
        await response.prepare(request)
        sent = 0
        with file.path.open("rb") as source:
            while part := source.read(_CHUNK):
                if fault and fault.kind == "slow":
                    await asyncio.sleep(fault.delay)
                if fault and fault.kind in ("drop_after", "timeout_after") and sent + len(part) >= file.size:
                    await response.write(part[: len(part) // 2])
                    await _after(fault)
                await response.write(part)
                sent += len(part)
        await response.write_eof()
        return response

    async def upload(self, request: web.Request) -> web.Response:
        """Take the bytes of a file whose address `files.getUploadURLExternal` gave; nobody asks for a token."""
        started, at = time.monotonic(), self._slack.clock.now()
        file = self._slack.files.find(request.match_info["file"])
        fault = self._slack.faults.take("files", request.match_info["file"])
        note = ""
        try:
            await _before(fault)
            if file is None or file.complete:
                response = web.Response(status=404, text="no such upload")
            else:
                await self._slack.files.fill(file, await _bytes_of(request))
                response = web.Response(text=f"OK - {file.size}")
            await _after(fault)
        except SlackError as refused:
            response, note = _refused_upload(refused), refused.code
        except NoAnswer:
            response, note = _hang_up(request), "no answer"
        self._slack.calls.add(
            "app_to_slack",
            "upload",
            at=at,
            ok=response.status == 200 and not note,
            status=response.status,
            ms=(time.monotonic() - started) * 1000,
            request={"file": request.match_info["file"], "bytes": file.size if file else 0},
            response=response.text,
            note=note,
        )
        return response

    async def response_url(self, request: web.Request) -> web.Response:
        """Take an app's answer to an interaction."""
        started, at = time.monotonic(), self._slack.clock.now()
        given = await _given(request)
        status, text = 200, "ok"
        try:
            respond(self._slack, self._slack.response_urls.use(request.match_info["key"]), given)
        except SlackError as refused:
            status = 404 if refused.code.endswith("_url") else 400
            text = json.dumps(refused.body())
        self._slack.calls.add(
            "app_to_slack",
            "response_url",
            at=at,
            ok=status == 200,
            status=status,
            ms=(time.monotonic() - started) * 1000,
            request=given,
            response=text,
        )
        return web.Response(status=status, text=text)

    def _call(self, method: str, token: str | None, given: dict[str, Any]) -> dict[str, Any]:
        """Check everything Slack checks before a method runs, and run it."""
        slack = self._slack
        if method in RETIRED:
            raise SlackError("method_deprecated")
        if method not in METHODS and method not in ELSEWHERE:
            raise SlackError("unknown_method", req_method=method)
        if method != "api.test":
            _check_token(method, token)
            if token == BOT_TOKEN and not slack.installed:
                raise SlackError(
                    "account_inactive"
                )  # of a bot token; a user's token is answered token_revoked
        retry_after = slack.limits.take(method, str(given.get("channel", "")))
        if retry_after is not None:
            raise SlackError("ratelimited", retry_after=retry_after)
        channel = slack.team.channels.get(str(given.get("channel")))
        needed = missing(method, channel.kind if channel else None, slack.manifest.scopes)
        if needed:
            raise SlackError("missing_scope", needed=needed, provided=",".join(slack.manifest.scopes))
        if method in ELSEWHERE:
            raise SlackError("unknown_method", messages=["this Slack is simulated and lacks it"])
        return {"ok": True, **METHODS[method](slack, Arguments(given))}


def _check_token(method: str, token: str | None) -> None:
    if not token:
        raise SlackError("not_authed")
    if token not in (BOT_TOKEN, APP_TOKEN):
        raise SlackError("invalid_auth")
    if (token == APP_TOKEN) != (method == _APP_LEVEL):
        raise SlackError("not_allowed_token_type")


def _token(request: web.Request, given: dict[str, Any]) -> str | None:
    header = request.headers.get("Authorization", "")
    in_body = given.pop("token", None)
    return header.removeprefix("Bearer ").strip() or in_body


async def _given(request: web.Request) -> dict[str, Any]:
    """The arguments from query and body; a body that is not what it claims to be counts as empty."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            body = {}
        given |= body if isinstance(body, dict) else {}
    elif request.content_type == "multipart/form-data":
        given |= {k: v for k, v in (await request.post()).items() if isinstance(v, str)}
    else:
        given |= dict(parse_qsl((await request.read()).decode(errors="replace"), keep_blank_values=True))
    return given


async def _bytes_of(request: web.Request) -> AsyncIterator[bytes]:
    if request.content_type == "multipart/form-data":
        part = await (await request.multipart()).next()
        if hasattr(part, "read_chunk"):
            return _parts_of(part)
    return request.content.iter_chunked(_CHUNK)


async def _parts_of(part: Any) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_CHUNK):
        yield chunk


async def _before(fault: Fault | None) -> None:
    match fault.kind if fault else "":
        case "429":
            raise SlackError("ratelimited", retry_after=max(1, round(fault.retry_after)) if fault else 1)
        case "500":
            raise SlackError("server_error")
        case "error":
            raise SlackError(fault.code if fault else "")
        case "slow":
            await asyncio.sleep(fault.delay if fault else 0)
        case "drop_before":
            raise NoAnswer
        case "timeout_before":
            await asyncio.sleep(fault.delay if fault else 0)
            raise NoAnswer


async def _after(fault: Fault | None) -> None:
    if fault and fault.kind in ("timeout_after", "drop_after"):
        await asyncio.sleep(fault.delay if fault.kind == "timeout_after" else 0)
        raise NoAnswer


def _refused_download(refused: SlackError) -> web.Response:
    return _passing(refused) or web.Response(text=_LOGIN_PAGE, content_type="text/html")


def _refused_upload(refused: SlackError) -> web.Response:
    return _passing(refused) or web.Response(status=400, text=refused.code)


def _passing(refused: SlackError) -> web.Response | None:
    """The answer to a refusal that is worth another try, None for any other."""
    if refused.code == "ratelimited":
        return web.Response(status=429, headers={"Retry-After": str(refused.extra["retry_after"])})
    return web.Response(status=500, text="server error") if refused.code == "server_error" else None


def _hang_up(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


assert set(METHODS) == set(METHOD_SCOPES), "every method has its line in the table of scopes"  # noqa: S101
