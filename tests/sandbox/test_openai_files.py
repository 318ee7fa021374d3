"""Files and uploads of the simulated OpenAI, through the real SDK."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator

import pytest
from openai import AsyncOpenAI, AuthenticationError, BadRequestError, NotFoundError
from openai._exceptions import APIStatusError

from tests.sandbox.openai_side import Side, chat_lines, openai_side


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    async with openai_side() as running:
        yield running


async def test_a_wrong_key_is_refused_without_being_repeated_in_full(side: Side) -> None:
    async with AsyncOpenAI(api_key="sk-someone-elses-key-9876", base_url=side.url, max_retries=0) as stranger:
        with pytest.raises(AuthenticationError) as refused:
            await stranger.models.list()
    assert refused.value.code == "invalid_api_key"
    assert "9876" in str(refused.value)
    assert "someone-elses-key" not in str(refused.value)
    assert str(refused.value.request_id).startswith("req_")


async def test_a_file_is_processed_after_a_while_and_comes_back_byte_for_byte(side: Side) -> None:
    body = "é first\n".encode() + bytes(range(256))
    file = await side.client.files.create(file=("odd.jsonl", body), purpose="fine-tune")
    assert (file.status, file.bytes, file.filename) == ("uploaded", len(body), "odd.jsonl")
    side.clock.advance(2)
    assert (await side.client.files.retrieve(file.id)).status == "processed"
    assert (await side.client.files.content(file.id)).content == body


async def test_only_jsonl_may_be_uploaded_for_fine_tuning(side: Side) -> None:
    with pytest.raises(BadRequestError, match="Invalid extension csv"):
        await side.client.files.create(file=("data.csv", b"a,b"), purpose="fine-tune")
    batch = await side.client.files.create(file=("data.csv", b"a,b"), purpose="user_data")
    assert batch.purpose == "user_data"


async def test_an_empty_file_and_one_beyond_the_cap_are_refused(side: Side) -> None:
    with pytest.raises(BadRequestError, match="File is empty"):
        await side.client.files.create(file=("data.jsonl", b""), purpose="fine-tune")
    side.world.settings.max_file_bytes = 1000
    with pytest.raises(APIStatusError) as refused:
        await side.client.files.create(file=("data.jsonl", b"x" * 1001), purpose="fine-tune")
    assert refused.value.status_code == 413
    assert [file async for file in side.client.files.list()] == []


async def test_files_are_listed_newest_first_by_purpose_and_page(side: Side) -> None:
    ids = [await side.upload(chat_lines(), name=f"{i}.jsonl") for i in range(5)]
    await side.client.files.create(file=("note.txt", b"x"), purpose="user_data")
    listed = [file.id async for file in side.client.files.list(purpose="fine-tune", limit=2)]
    assert listed == ids[::-1]
    oldest = await side.client.files.list(purpose="fine-tune", order="asc", limit=2)
    assert ([file.id for file in oldest.data], oldest.has_more) == (ids[:2], True)


async def test_a_deleted_file_is_gone(side: Side) -> None:
    file_id = await side.upload(chat_lines())
    assert (await side.client.files.delete(file_id)).deleted
    with pytest.raises(NotFoundError, match=f"No such File object: {file_id}"):
        await side.client.files.retrieve(file_id)


async def test_a_file_with_an_expiry_is_gone_when_its_time_is_up(side: Side) -> None:
    file = await side.client.files.create(
        file=("data.jsonl", b"{}"),
        purpose="fine-tune",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )
    assert file.expires_at == file.created_at + 3600
    side.clock.advance(3601)
    with pytest.raises(NotFoundError):
        await side.client.files.content(file.id)
    with pytest.raises(BadRequestError, match="less than the minimum of 3600"):
        await side.client.files.create(
            file=("data.jsonl", b"{}"),
            purpose="fine-tune",
            expires_after={"anchor": "created_at", "seconds": 60},
        )


async def test_an_upload_puts_its_parts_together_in_the_order_it_is_told(side: Side) -> None:
    upload = await side.client.uploads.create(
        filename="big.jsonl", purpose="fine-tune", bytes=6, mime_type="text/jsonl"
    )
    last = await side.client.uploads.parts.create(upload.id, data=b"def")
    first = await side.client.uploads.parts.create(upload.id, data=b"abc")
    done = await side.client.uploads.complete(
        upload.id, part_ids=[first.id, last.id], md5=hashlib.md5(b"abcdef").hexdigest()
    )
    assert done.status == "completed"
    assert done.file is not None
    assert (await side.client.files.content(done.file.id)).content == b"abcdef"


async def test_an_upload_is_not_completed_with_bytes_missing_or_changed(side: Side) -> None:
    upload = await side.client.uploads.create(
        filename="big.jsonl", purpose="fine-tune", bytes=6, mime_type="text/jsonl"
    )
    part = await side.client.uploads.parts.create(upload.id, data=b"abc")
    with pytest.raises(BadRequestError, match="expected 6, got 3"):
        await side.client.uploads.complete(upload.id, part_ids=[part.id])
    more = await side.client.uploads.parts.create(upload.id, data=b"dex")
    with pytest.raises(BadRequestError, match="md5"):
        await side.client.uploads.complete(
            upload.id, part_ids=[part.id, more.id], md5=hashlib.md5(b"abcdef").hexdigest()
        )


async def test_an_upload_takes_nothing_after_its_hour_or_its_cancelling(side: Side) -> None:
    late, unwanted = [
        await side.client.uploads.create(
            filename="a.jsonl", purpose="fine-tune", bytes=3, mime_type="text/jsonl"
        )
        for _ in range(2)
    ]
    assert (await side.client.uploads.cancel(unwanted.id)).status == "cancelled"
    with pytest.raises(BadRequestError, match="'cancelled'"):
        await side.client.uploads.parts.create(unwanted.id, data=b"abc")
    side.clock.advance(3600)
    with pytest.raises(BadRequestError, match="'expired'"):
        await side.client.uploads.parts.create(late.id, data=b"abc")


async def test_a_part_beyond_the_cap_is_refused(side: Side) -> None:
    side.world.settings.max_part_bytes = 10
    upload = await side.client.uploads.create(
        filename="a.jsonl", purpose="fine-tune", bytes=11, mime_type="text/jsonl"
    )
    with pytest.raises(APIStatusError) as refused:
        await side.client.uploads.parts.create(upload.id, data=b"x" * 11)
    assert refused.value.status_code == 413


async def test_the_sdk_uploads_a_file_in_chunks_that_a_job_can_train_on(side: Side) -> None:
    body = "\n".join(json.dumps(line) for line in chat_lines(20)).encode()
    upload = await side.client.uploads.upload_file_chunked(
        file=body,
        filename="big.jsonl",
        bytes=len(body),
        mime_type="text/jsonl",
        purpose="fine-tune",
        part_size=500,
    )
    assert upload.file is not None
    side.clock.advance(2)
    job = await side.client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=upload.file.id)
    assert (await side.until(job, "succeeded")).trained_tokens


async def test_a_result_file_comes_in_base64_and_as_a_table(side: Side) -> None:
    job = await side.until(
        await side.job(chat_lines(), validation_file=await side.upload(chat_lines(3))), "succeeded"
    )
    results = [file async for file in side.client.files.list(purpose="fine-tune-results")]
    assert [file.id for file in results] == job.result_files
    rows = base64.b64decode((await side.client.files.content(results[0].id)).content).decode().splitlines()
    assert rows[0] == "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"
    assert len(rows) == 1 + 12 * 8  # twelve examples train for eight epochs of twelve steps
    assert all(len(row.split(",")) == 5 for row in rows)


async def test_the_log_names_each_call_and_keeps_neither_bytes_nor_keys(side: Side) -> None:
    file_id = await side.upload([*chat_lines(), {"messages": "the secret of the pyramids"}])
    await side.client.files.retrieve(file_id)
    calls = side.calls.since(direction="app_to_openai")
    assert [call["name"] for call in calls] == ["POST /files", "GET /files/*"]
    assert "pyramids" not in str(calls)
    assert "sk-sandbox-0001" not in str(calls)
