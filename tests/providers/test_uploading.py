"""Large files go up in parts that are streamed from disk, and an upload that broke off is gone on with."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from bot.domain.jobs.job import Sending
from bot.errors import ProviderRefused, ProviderUnavailable, StaleState
from bot.providers import uploading
from bot.providers.openai_api import OpenAIProvider, Patience
from bot.providers.profiles import Profile
from bot.providers.uploading import Stretch
from bot.sandbox.faults import Kind
from tests.providers.fake_server import FakeServer, file
from tests.sandbox.openai_side import Side, openai_side

SIZE = 1_250
CONTENT = bytes(range(250)) * 5
UPLOAD = {"id": "upload-1", "object": "upload", "bytes": SIZE, "created_at": 1, "expires_at": 2}
NAMED = {"filename": "big.jsonl", "purpose": "fine-tune", "status": "pending"}
PARTS = "POST /uploads/upload-1/parts"
COMPLETE = "POST /uploads/upload-1/complete"


class CheckpointCheck:
    """Remembers how far the upload was."""

    def __init__(self) -> None:
        self.last: Sending | None = None
        self.all: list[Sending] = []

    async def __call__(self, sending: Sending) -> None:
        self.last = sending
        self.all.append(sending)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "big"
    path.write_bytes(CONTENT)
    return path


def takes_parts(server: FakeServer, *numbers: int) -> None:
    server.replies("POST /uploads", UPLOAD | NAMED)
    for number in numbers:
        part = {"id": f"part-{number}", "object": "upload.part", "created_at": 1, "upload_id": "upload-1"}
        server.replies(PARTS, part)
    server.replies(COMPLETE, UPLOAD | NAMED | {"status": "completed", "file": file(bytes=SIZE)})


async def test_a_large_file_goes_up_in_parts_in_order_with_its_md5(
    server: FakeServer, provider: OpenAIProvider, path: Path
) -> None:
    takes_parts(server, 1, 2, 3, 4)
    kept = CheckpointCheck()
    uploaded = await provider.upload(path, "big.jsonl", begun=None, keep=kept)
    assert (uploaded.id, uploaded.size, uploaded.ready) == ("file-1", SIZE, True)
    created, *parts, completed = server.asked
    assert created.body["bytes"] == SIZE
    assert [len(asked.form["data"][2]) for asked in parts] == [400, 400, 400, 50]
    assert b"".join(asked.form["data"][2] for asked in parts) == CONTENT
    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    assert completed.body == {"part_ids": ["part-1", "part-2", "part-3", "part-4"], "md5": md5}
    assert [(sending.sent, len(sending.parts)) for sending in kept.all] == [
        (0, 0),
        (400, 1),
        (800, 2),
        (1_200, 3),
        (SIZE, 4),
    ]


async def test_an_upload_that_broke_off_goes_on_behind_its_last_whole_part(
    server: FakeServer, provider: OpenAIProvider, path: Path
) -> None:
    takes_parts(server, 1, 2)
    server._replies[PARTS].clear()
    part = {"object": "upload.part", "created_at": 1, "upload_id": "upload-1"}
    server.replies(PARTS, part | {"id": "part-1"})
    server.drops(PARTS)
    kept = CheckpointCheck()
    with pytest.raises(ProviderUnavailable):
        await provider.upload(path, "big.jsonl", begun=None, keep=kept)
    assert kept.last == Sending(400, SIZE, "upload-1", ("part-1",))

    server.asked.clear()
    server._replies[PARTS].clear()
    for number in (2, 3, 4):
        server.replies(PARTS, part | {"id": f"part-{number}"})
    assert (await provider.upload(path, "big.jsonl", begun=kept.last, keep=kept)).id == "file-1"
    *parts, completed = server.asked
    assert b"".join(asked.form["data"][2] for asked in parts) == CONTENT[400:]
    assert completed.body["part_ids"] == ["part-1", "part-2", "part-3", "part-4"]


async def test_an_upload_that_expired_meanwhile_begins_anew(
    server: FakeServer, provider: OpenAIProvider, path: Path
) -> None:
    server.refuses("POST /uploads/old/parts", 400, "Upload old has status 'expired'.")
    takes_parts(server, 1, 2, 3, 4)
    begun = Sending(800, SIZE, "old", ("part-8", "part-9"))
    assert (await provider.upload(path, "big.jsonl", begun=begun, keep=CheckpointCheck())).id == "file-1"
    assert b"".join(a.form["data"][2] for a in server.asked if a.path.endswith("upload-1/parts")) == CONTENT


async def test_an_upload_that_nobody_wants_any_more_is_given_up_at_the_server(
    server: FakeServer, provider: OpenAIProvider, path: Path
) -> None:
    takes_parts(server, 1)
    server.replies("POST /uploads/upload-1/cancel", UPLOAD | NAMED | {"status": "cancelled"})

    async def cancelled(sending: Sending) -> None:
        if sending.parts:
            raise StaleState("This job is cancelled.")

    with pytest.raises(StaleState):
        await provider.upload(path, "big.jsonl", begun=None, keep=cancelled)
    assert server.asked[-1].path == "/uploads/upload-1/cancel"


async def test_bytes_on_their_way_are_told(
    server: FakeServer, provider: OpenAIProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "PROGRESS_SECONDS", 0.01)
    path = tmp_path / "small"
    path.write_bytes(bytes(900))
    told = asyncio.Event()

    async def reply(_: web.Request) -> web.StreamResponse:
        await told.wait()
        return web.json_response(file(bytes=900))

    async def keep(sending: Sending) -> None:
        if sending.sent == 900:
            assert sending.upload_id == ""
            told.set()

    server.does("POST /files", reply)
    assert (await provider.upload(path, "small.jsonl", begun=None, keep=keep)).size == 900


def test_a_stretch_of_a_file_reads_like_a_file_of_its_own() -> None:
    stretch = Stretch(io.BytesIO(b"0123456789"), 3, 4)
    assert (stretch.seek(0, io.SEEK_END), stretch.tell()) == (4, 4)
    assert (stretch.seek(0), stretch.read(3), stretch.read(), stretch.read(1)) == (0, b"345", b"6", b"")


# ---- at a strict server ----------------------------------------------------------------------------------------------


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    async with openai_side(max_part_bytes=400) as side:
        yield side


@pytest.fixture
async def strict(side: Side, profile: Profile) -> AsyncIterator[OpenAIProvider]:
    small = replace(profile, max_file_bytes=1_000, max_upload_bytes=10_000, part_bytes=400)
    adapter = OpenAIProvider(
        small, api_key="sk-sandbox-0001", base_url=side.url, patience=Patience(answer=5, upload=5)
    )
    yield adapter
    await adapter.close()


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "500", "429"])
@pytest.mark.parametrize("call", ["POST /uploads", "POST /uploads/[*]/parts", "POST /uploads/[*]/complete"])
async def test_whatever_breaks_off_the_next_try_ends_with_one_whole_file(
    side: Side, strict: OpenAIProvider, path: Path, call: str, fault: Kind
) -> None:
    kept = CheckpointCheck()
    side.faults.add("openai", call, fault)
    with pytest.raises(ProviderUnavailable):
        await strict.upload(path, "big.jsonl", begun=None, keep=kept)
    if await strict.find_file("big.jsonl", SIZE) is None:
        await strict.upload(path, "big.jsonl", begun=kept.last, keep=kept)
    (whole,) = side.world.files.all()
    assert whole.path.read_bytes() == CONTENT


async def test_a_file_that_changed_on_disk_meanwhile_is_not_taken(
    side: Side, strict: OpenAIProvider, path: Path
) -> None:
    async def keep(sending: Sending) -> None:
        if len(sending.parts) == 4:
            await asyncio.to_thread(path.write_bytes, CONTENT[::-1])

    with pytest.raises(ProviderRefused, match="refused"):
        await strict.upload(path, "big.jsonl", begun=None, keep=keep)
    assert side.world.files.all() == []
