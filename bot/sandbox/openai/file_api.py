"""The endpoints /files and /uploads: multipart in, JSON out; the rules of the store are in files.py."""

import base64
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import BodyPartReader, hdrs, web

from bot.sandbox.openai import shapes
from bot.sandbox.openai.desk import ApiCall
from bot.sandbox.openai.errors import bad_request
from bot.sandbox.openai.files import PURPOSES, too_large
from bot.sandbox.openai.jobs import fresh
from bot.sandbox.openai.shapes import Json
from bot.sandbox.openai.world import OpenAIWorld, page

if TYPE_CHECKING:
    from pathlib import Path

_UPLOAD_PURPOSES = frozenset({"assistants", "batch", "fine-tune", "vision"})
_FIELD_BYTES = 4096
_FORM_SLACK = 16 * 1024  # what a multipart body may hold beside the file


class FileApi:
    """The handlers."""

    def __init__(self, world: OpenAIWorld) -> None:
        self._world = world
        self._files = world.files

    def routes(self) -> list[tuple[str, str, Callable[[ApiCall], Awaitable[Json | web.StreamResponse]]]]:
        """(method, path, handler) of each endpoint."""
        return [
            ("POST", "/files", self.create),
            ("GET", "/files", self.list_files),
            ("GET", "/files/{id}", self.retrieve),
            ("DELETE", "/files/{id}", self.delete),
            ("GET", "/files/{id}/content", self.content),
            ("POST", "/uploads", self.start_upload),
            ("POST", "/uploads/{id}/parts", self.add_part),
            ("POST", "/uploads/{id}/complete", self.complete_upload),
            ("POST", "/uploads/{id}/cancel", self.cancel_upload),
        ]

    async def create(self, call: ApiCall) -> Json:
        """Take a file."""
        form = await self._receive(call, "file", self._world.settings.max_file_bytes)
        try:
            purpose = shapes.one_of(shapes.required(form.fields, "purpose"), PURPOSES, "purpose")
            file = self._files.add(form.filename, purpose, form.received(), _seconds_from_form(form.fields))
        except Exception:
            form.discard()
            raise
        return file.view(self._world.settle())

    async def list_files(self, call: ApiCall) -> Json:
        """List files, newest first unless asked otherwise."""
        limit = shapes.query_integer(call.query.get("limit"), 10_000, "limit", 1, 10_000)
        order = shapes.one_of(call.query.get("order", "desc"), {"asc", "desc"}, "order")
        purpose = call.query.get("purpose")
        files = [file for file in self._files.all() if purpose in (None, file.purpose)]
        if order == "desc":
            files.reverse()
        shown, more = page(files, call.query.get("after"), limit, lambda file: file.id)
        moment = self._world.settle()
        return {
            "object": "list",
            "data": [file.view(moment) for file in shown],
            "first_id": shown[0].id if shown else "",
            "last_id": shown[-1].id if shown else "",
            "has_more": more,
        }

    async def retrieve(self, call: ApiCall) -> Json:
        """One file."""
        return self._files.get(call.part("id")).view(self._world.settle())

    async def delete(self, call: ApiCall) -> Json:
        """Forget a file."""
        self._files.delete(call.part("id"))
        return {"object": "file", "id": call.part("id"), "deleted": True}

    async def content(self, call: ApiCall) -> web.StreamResponse:
        """The bytes of a file; those of a result file in base64, as OpenAI sends them in practice."""
        file = self._files.get(call.part("id"))
        call.told = f"<{file.size} bytes>"
        headers = call.headers() | {"Content-Disposition": f'attachment; filename="{fresh(8)}"'}
        if file.purpose == "fine-tune-results":
            return web.Response(
                body=base64.b64encode(file.path.read_bytes()),
                content_type="application/octet-stream",
                headers=headers,
            )
        return web.FileResponse(file.path, headers=headers | {hdrs.CONTENT_TYPE: "application/octet-stream"})

    async def start_upload(self, call: ApiCall) -> Json:
        """Begin an upload in parts."""
        body = await call.json()
        shapes.only_keys(body, {"filename", "purpose", "bytes", "mime_type", "expires_after"})
        filename = shapes.a_string(shapes.required(body, "filename"), "filename", least=1)
        purpose = shapes.one_of(shapes.required(body, "purpose"), _UPLOAD_PURPOSES, "purpose")
        size = shapes.an_integer(
            shapes.required(body, "bytes"), "bytes", 1, self._world.settings.max_upload_bytes
        )
        shapes.a_string(shapes.required(body, "mime_type"), "mime_type", least=1)
        seconds = None
        if body.get("expires_after") is not None:
            expiry = shapes.an_object(body["expires_after"], "expires_after")
            seconds = _seconds(expiry.get("anchor"), shapes.required(expiry, "seconds", "expires_after"))
        return self._upload_view(self._files.start_upload(filename, purpose, size, seconds).id)

    async def add_part(self, call: ApiCall) -> Json:
        """Take one part."""
        upload = self._files.pending(call.part("id"))
        form = await self._receive(call, "data", self._world.settings.max_part_bytes)
        part = form.received()
        part_id = f"part_{fresh(32)}"
        upload.parts[part_id] = part
        return {
            "object": "upload.part",
            "id": part_id,
            "created_at": int(self._world.timeline.now),
            "upload_id": upload.id,
        }

    async def complete_upload(self, call: ApiCall) -> Json:
        """Make the file out of the parts."""
        body = await call.json()
        shapes.only_keys(body, {"part_ids", "md5"})
        part_ids = [
            shapes.a_string(part, "part_ids")
            for part in shapes.an_array(shapes.required(body, "part_ids"), "part_ids", least=1)
        ]
        md5 = body.get("md5")
        self._files.complete(call.part("id"), part_ids, None if md5 is None else shapes.a_string(md5, "md5"))
        return self._upload_view(call.part("id"))

    async def cancel_upload(self, call: ApiCall) -> Json:
        """Give an upload up."""
        return self._upload_view(self._files.cancel(call.part("id")).id)

    def _upload_view(self, upload_id: str) -> Json:
        return self._files.upload(upload_id).view(self._world.timeline.now, self._world.settle())

    async def _receive(self, call: ApiCall, field: str, limit: int) -> "_Form":
        """Read a multipart body, the bytes of `field` going straight to disk."""
        if (call.request.content_length or 0) > limit + _FORM_SLACK:
            raise too_large(limit)
        if call.request.content_type != "multipart/form-data":
            raise bad_request("Invalid content type: the body must be multipart/form-data.")
        form = _Form(field)
        try:
            reader = await call.request.multipart()
            while (part := await reader.next()) is not None:
                if not isinstance(part, BodyPartReader):
                    await part.release()  # a nested form means nothing here
                elif part.name == field:
                    await self._keep(part, form, limit)
                else:
                    form.fields[part.name or ""] = (await part.read(decode=True))[:_FIELD_BYTES].decode()
        except ValueError as error:
            form.discard()
            raise bad_request(f"Could not parse multipart form: {error}") from None
        except Exception:
            form.discard()
            raise
        call.note = form.fields | {field: f"<{form.filename}, {form.size} bytes>"}
        return form

    async def _keep(self, part: BodyPartReader, form: "_Form", limit: int) -> None:
        form.filename = part.filename or "file"
        form.path, out = self._files.open_new()
        with out:
            while block := await part.read_chunk(2**18):
                form.size += len(block)
                if form.size > limit:
                    raise too_large(limit)
                out.write(block)


class _Form:
    """What a multipart body held."""

    def __init__(self, field: str) -> None:
        self._field = field
        self.fields: dict[str, str] = {}
        self.filename = ""
        self.path: Path | None = None
        self.size = 0

    def received(self) -> "Path":
        """Where the bytes are; refuses a form that had none."""
        if self.path is None:
            raise bad_request(f"'{self._field}' is a required property", self._field)
        return self.path

    def discard(self) -> None:
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def _seconds_from_form(fields: dict[str, str]) -> int | None:
    anchor, seconds = fields.get("expires_after[anchor]"), fields.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return None
    return _seconds(anchor, shapes.query_integer(seconds, 0, "expires_after.seconds", 0, 2**53))


def _seconds(anchor: object, seconds: object) -> int:
    shapes.one_of(anchor, {"created_at"}, "expires_after.anchor")
    return shapes.an_integer(seconds, "expires_after.seconds", 3600, 2_592_000)
