"""The adapter over a real connection to a server that gives what the test laid out."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path

import pytest
from aiohttp import web

from bot.domain.chats import Said
from bot.domain.jobs.job import Hyperparameters, Sending, Training
from bot.errors import (
    LimitReached,
    ProviderRefused,
    ProviderUnavailable,
    TrainingClosed,
    UnknownModel,
    UnknownOutcome,
    Unsupported,
)
from bot.ports import JobOrder
from bot.providers.openai_api import METADATA_KEY, OpenAIProvider
from tests.providers.fake_server import FakeServer, file, job, metrics, page

CREATE = "POST /fine_tuning/jobs"
JOBS = "GET /fine_tuning/jobs"
JOB = "GET /fine_tuning/jobs/ftjob-1"
EVENTS = "GET /fine_tuning/jobs/ftjob-1/events"
CHAT = "POST /chat/completions"
HELLO = (Said("user", "hello"),)
ORDER = JobOrder(
    our_id="k3x9",
    model="gpt-4o-mini-2024-07-18",
    training_file_id="file-1",
    method="supervised",
    suffix="support",
    hyperparameters=Hyperparameters(n_epochs=3, learning_rate_multiplier=0.5),
    seed=7,
)


async def forget(_: Sending) -> None:
    """Nobody wants to know how far the upload is."""


# ---- files ------------------------------------------------------------------------------------------------------


async def test_a_small_file_goes_up_in_one_request(
    server: FakeServer, provider: OpenAIProvider, tmp_path: Path
) -> None:
    path = tmp_path / "local-name"
    path.write_bytes(b"abc")
    server.replies("POST /files", file(status="uploaded"))
    uploaded = await provider.upload(path, "support.jsonl", begun=None, keep=forget)
    assert (uploaded.id, uploaded.ready, uploaded.error) == ("file-1", False, "")
    assert server.asked[0].form["purpose"] == b"fine-tune"
    assert server.asked[0].form["file"] == ("support.jsonl", "text/jsonl", b"abc")


async def test_an_earlier_upload_is_found_by_name_and_size_on_any_page(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    server.replies(
        "GET /files",
        page(
            file(id="file-a", bytes=4),
            file(id="file-b", status="error"),
            file(id="file-c", filename="b.jsonl"),
        )
        | {"has_more": True},
    )
    server.replies("GET /files", page(file(id="file-d")))
    found = await provider.find_file("a.jsonl", 3)
    assert found is not None
    assert found.id == "file-d"
    assert [asked.query.get("after") for asked in server.asked] == [None, "file-c"]
    assert server.asked[0].query["purpose"] == "fine-tune"


async def test_no_earlier_upload_is_no_error(server: FakeServer, provider: OpenAIProvider) -> None:
    server.replies("GET /files", page())
    assert await provider.find_file("a.jsonl", 3) is None


@pytest.mark.parametrize(
    ("shown", "ready", "error"),
    [
        ({"status": "processed"}, True, ""),
        ({"status": "uploaded"}, False, ""),
        ({"status": "error", "status_details": "line 3 is broken"}, False, "line 3 is broken"),
        ({"status": "error"}, False, "The file is error."),
        ({"status": "something new"}, True, ""),
    ],
)
async def test_a_file_tells_whether_jobs_may_use_it(
    server: FakeServer, provider: OpenAIProvider, shown: dict[str, str], ready: bool, error: str
) -> None:
    server.replies("GET /files/file-1", file(**shown))
    found = await provider.file("file-1")
    assert found is not None
    assert (found.ready, found.error) == (ready, error)


async def test_a_file_without_any_state_may_be_used(server: FakeServer, provider: OpenAIProvider) -> None:
    stateless = file()
    del stateless["status"], stateless["status_details"]
    server.replies("GET /files/file-1", stateless)
    found = await provider.file("file-1")
    assert found is not None
    assert found.ready


async def test_a_file_that_is_gone_is_none(server: FakeServer, provider: OpenAIProvider) -> None:
    server.refuses("GET /files/file-1", 404, "No such File object: file-1")
    assert await provider.file("file-1") is None


# ---- creating jobs ----------------------------------------------------------------------------------------------


async def test_a_job_carries_our_id_and_only_what_was_chosen(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    server.replies(CREATE, job())
    created = await provider.create_job(ORDER)
    assert (created.id, created.status) == ("ftjob-1", "validating_files")
    assert server.asked[0].body == {
        "model": "gpt-4o-mini-2024-07-18",
        "training_file": "file-1",
        "method": {
            "type": "supervised",
            "supervised": {"hyperparameters": {"n_epochs": 3, "learning_rate_multiplier": 0.5}},
        },
        "metadata": {METADATA_KEY: "k3x9"},
        "suffix": "support",
        "seed": 7,
    }


async def test_what_is_left_open_is_left_out(server: FakeServer, provider: OpenAIProvider) -> None:
    server.replies(CREATE, job())
    await provider.create_job(replace(ORDER, suffix="", seed=None, hyperparameters=Hyperparameters()))
    assert server.asked[0].body == {
        "model": "gpt-4o-mini-2024-07-18",
        "training_file": "file-1",
        "method": {"type": "supervised"},
        "metadata": {METADATA_KEY: "k3x9"},
    }


async def test_preferences_train_by_dpo(server: FakeServer, provider: OpenAIProvider) -> None:
    server.replies(CREATE, job())
    await provider.create_job(replace(ORDER, method="preference", hyperparameters=Hyperparameters(beta=0.2)))
    assert server.asked[0].body["method"] == {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.2}}}


async def test_a_method_that_needs_a_grader_is_refused_here(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    with pytest.raises(ProviderRefused, match="reinforcement"):
        await provider.create_job(replace(ORDER, method="reinforcement"))
    assert server.asked == []


async def test_a_validation_file_and_a_project_go_along(server: FakeServer, provider: OpenAIProvider) -> None:
    server.replies(CREATE, job())
    await provider.create_job(replace(ORDER, validation_file_id="file-2", wandb_project="curves"))
    assert server.asked[0].body["validation_file"] == "file-2"
    assert server.asked[0].body["integrations"] == [{"type": "wandb", "wandb": {"project": "curves"}}]


async def test_a_profile_may_want_hyperparameters_at_the_top(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    top = OpenAIProvider(
        replace(provider.profile, hyperparameters="top"), api_key="sk-test", base_url=server.base_url
    )
    server.replies(CREATE, job())
    await top.create_job(ORDER)
    await top.close()
    assert server.asked[0].body["hyperparameters"] == {"n_epochs": 3, "learning_rate_multiplier": 0.5}
    assert server.asked[0].body["method"] == {"type": "supervised"}


@pytest.mark.parametrize("fault", ["never_answers", "drops"])
async def test_a_create_without_an_answer_is_unknown_and_sent_once(
    server: FakeServer, provider: OpenAIProvider, fault: str
) -> None:
    getattr(server, fault)(CREATE)
    with pytest.raises(UnknownOutcome):
        await provider.create_job(ORDER)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [408, 500, 502, 504, 529])
async def test_a_server_error_on_create_is_unknown_and_sent_once(
    server: FakeServer, provider: OpenAIProvider, status: int
) -> None:
    server.replies(CREATE, "<html>Bad gateway</html>", status=status)
    with pytest.raises(UnknownOutcome):
        await provider.create_job(ORDER)
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", ["<html>Please log in</html>", '{"id": "ftjob-'])
async def test_a_create_answered_with_something_else_is_unknown(
    server: FakeServer, provider: OpenAIProvider, body: str
) -> None:
    async def reply(_request: web.Request) -> web.Response:
        return web.Response(text=body, content_type="text/html" if "<" in body else "application/json")

    server.does(CREATE, reply)
    with pytest.raises(UnknownOutcome):
        await provider.create_job(ORDER)


async def test_a_job_that_was_created_unheard_is_found_by_our_id(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    server.replies(
        JOBS, page(job(id="ftjob-x", metadata=None), job(id="ftjob-1", metadata={METADATA_KEY: "k3x9"}))
    )
    found = await provider.find_job("k3x9")
    assert found is not None
    assert found.id == "ftjob-1"
    assert server.asked[0].query[f"metadata[{METADATA_KEY}]"] == "k3x9"


async def test_a_server_that_ignores_the_filter_does_not_pass_off_another_job(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    server.replies(JOBS, page(job(metadata={METADATA_KEY: "other"}), job(metadata=None)))
    assert await provider.find_job("k3x9") is None


async def test_a_closed_organisation_is_told_apart_from_a_bad_request(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    said = "Creating fine-tuning jobs is no longer available to your organization."
    server.refuses(CREATE, 403, said)
    with pytest.raises(TrainingClosed) as caught:
        await provider.create_job(ORDER)
    assert caught.value.said == said


async def test_a_file_still_being_read_is_waited_for(server: FakeServer, provider: OpenAIProvider) -> None:
    server.refuses(
        CREATE, 400, "File 'file-1' is still being processed and is not ready to be used for fine-tuning."
    )
    with pytest.raises(ProviderUnavailable) as caught:
        await provider.create_job(ORDER)
    assert caught.value.retry_after


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        (
            "Your organization has reached the maximum of 8 fine-tuning requests per day for the model 'm'.",
            "daily_rate_limit_exceeded",
            "today (at most 8)",
        ),
        ("This fine-tune request has been rate-limited.", "daily_rate_limit_exceeded", "today."),
        (
            "Your organization has reached the maximum of 3 active requests for the model 'm'.",
            "rate_limit_exceeded",
            "at once (at most 3)",
        ),
    ],
)
async def test_a_limit_of_jobs_is_waited_for(
    server: FakeServer, provider: OpenAIProvider, said: str, code: str, words: str
) -> None:
    server.refuses(CREATE, 429, said, code)
    with pytest.raises(LimitReached) as caught:
        await provider.create_job(ORDER)
    assert (caught.value.daily, caught.value.retry_after) == ("today" in words, None)
    assert words in str(caught.value)


async def test_a_limit_of_requests_is_none_of_jobs(server: FakeServer, provider: OpenAIProvider) -> None:
    server.refuses(CREATE, 429, "Rate limit reached for requests.", "rate_limit_exceeded")
    with pytest.raises(ProviderUnavailable) as caught:
        await provider.create_job(ORDER)
    assert not isinstance(caught.value, LimitReached)


async def test_the_first_job_of_the_day_on_a_model_is_found(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    now, model = 1_795_000_000, "gpt-4o-mini-2024-07-18"
    server.replies(
        JOBS,
        page(
            job(id="ftjob-4", created_at=now),
            job(id="ftjob-3", created_at=now - 60),
            job(id="ftjob-2", created_at=now - 90, model="another"),
            job(id="ftjob-1", created_at=now - 200),
            has_more=True,
        ),
    )
    since = datetime.fromtimestamp(now - 100, UTC)
    assert await provider.first_job(model, since) == datetime.fromtimestamp(now - 60, UTC)
    assert await provider.first_job("a third", since) is None
    assert len(server.asked) == 2


# ---- following jobs ---------------------------------------------------------------------------------------------


async def test_a_running_job_shows_the_newest_figure_of_each_kind(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    server.replies(JOB, job(status="running", estimated_finish=1795000600))
    server.replies(
        EVENTS,
        page(
            metrics(step=12, total_steps=30, train_loss=0.5),
            metrics(step=10, total_steps=30, train_loss=0.9, valid_loss=1.25),
            metrics(step=5, total_steps=30, train_loss=1.5, valid_loss=2.0),
            metrics(step=12) | {"type": "message", "data": None},
        ),
    )
    seen = await provider.job("ftjob-1")
    assert seen is not None
    assert seen.training == Training(
        step=12,
        total_steps=30,
        train_loss=0.5,
        valid_loss=1.25,
        estimated_finish=datetime(2026, 11, 18, 11, 16, 40, tzinfo=UTC),
    )
    assert server.asked[1].query == {"limit": "100"}


async def test_a_waiting_job_is_not_asked_for_figures(server: FakeServer, provider: OpenAIProvider) -> None:
    server.replies(JOB, job(status="queued"))
    seen = await provider.job("ftjob-1")
    assert seen is not None
    assert (seen.status, seen.training) == ("queued", Training())
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [404, 500])
async def test_a_job_is_followed_where_events_do_not_work(
    server: FakeServer, provider: OpenAIProvider, status: int
) -> None:
    server.replies(JOB, job(status="running"))
    server.refuses(EVENTS, status, "Unknown route")
    seen = await provider.job("ftjob-1")
    assert seen is not None
    assert (seen.status, seen.training) == ("running", Training())


async def test_an_empty_error_on_a_good_job_is_no_error(server: FakeServer, provider: OpenAIProvider) -> None:
    done = job(
        status="succeeded",
        fine_tuned_model="ft:m:o:s:1",
        trained_tokens=900,
        finished_at=1795000600,
        error={},
    )
    server.replies(JOB, done)
    server.replies(EVENTS, page())
    seen = await provider.job("ftjob-1")
    assert seen is not None
    assert (seen.fine_tuned_model, seen.trained_tokens) == ("ft:m:o:s:1", 900)
    assert (seen.error_code, seen.error_message, seen.advice) == ("", "", "")
    assert seen.finished_at == datetime(2026, 11, 18, 11, 16, 40, tzinfo=UTC)


async def test_a_failed_job_keeps_the_servers_words(server: FakeServer, provider: OpenAIProvider) -> None:
    error = {
        "code": "invalid_n_examples",
        "message": "Training file has 7 example(s)",
        "param": "training_file",
    }
    server.replies(JOB, job(status="failed", error=error))
    server.replies(EVENTS, page())
    seen = await provider.job("ftjob-1")
    assert seen is not None
    assert (seen.error_code, seen.error_message, seen.error_param) == tuple(error.values())
    assert "at least 10" in seen.advice


async def test_a_gateway_may_leave_out_what_it_does_not_know(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    server.replies(JOB, {"id": "ftjob-1", "object": "fine_tuning.job", "status": "pausing"})
    server.replies(EVENTS, {"object": "list"})
    seen = await provider.job("ftjob-1")
    assert seen is not None
    assert (seen.id, seen.status, seen.model, seen.trained_tokens) == ("ftjob-1", "pausing", "", None)


async def test_a_job_that_the_provider_forgot_is_none(server: FakeServer, provider: OpenAIProvider) -> None:
    server.refuses(JOB, 404, "Could not find fine tune: ftjob-1", "fine_tune_not_found")
    assert await provider.job("ftjob-1") is None


async def test_cancelling_shows_the_job_as_it_then_is(server: FakeServer, provider: OpenAIProvider) -> None:
    server.replies("POST /fine_tuning/jobs/ftjob-1/cancel", job(status="cancelled"))
    seen = await provider.cancel_job("ftjob-1")
    assert seen is not None
    assert seen.status == "cancelled"


async def test_cancelling_a_job_that_ended_shows_its_end(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    server.refuses("POST /fine_tuning/jobs/ftjob-1/cancel", 400, "Job has already completed.")
    server.replies(JOB, job(status="succeeded", fine_tuned_model="ft:m"))
    seen = await provider.cancel_job("ftjob-1")
    assert seen is not None
    assert seen.fine_tuned_model == "ft:m"


@pytest.mark.parametrize("status", [404, 405, 501])
@pytest.mark.parametrize("what", ["pause", "resume", "cancel"])
async def test_a_server_that_knows_the_job_but_not_the_call_cannot_do_it(
    server: FakeServer, provider: OpenAIProvider, what: str, status: int
) -> None:
    server.refuses(f"POST /fine_tuning/jobs/ftjob-1/{what}", status, "Not Found")
    server.replies(JOB, job(status="running"))
    with pytest.raises(Unsupported, match=f"OpenAI cannot {what} jobs"):
        await getattr(provider, f"{what}_job")("ftjob-1")


@pytest.mark.parametrize("what", ["pause", "resume", "cancel"])
async def test_of_a_job_that_the_server_forgot_nothing_can_be_wanted(
    server: FakeServer, provider: OpenAIProvider, what: str
) -> None:
    server.refuses(f"POST /fine_tuning/jobs/ftjob-1/{what}", 404, "No such job")
    server.refuses(JOB, 404, "No such job")
    assert await getattr(provider, f"{what}_job")("ftjob-1") is None


async def test_a_cancel_refused_for_another_reason_is_told(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    server.refuses("POST /fine_tuning/jobs/ftjob-1/cancel", 400, "Not now.")
    server.replies(JOB, job(status="running"))
    with pytest.raises(ProviderRefused) as caught:
        await provider.cancel_job("ftjob-1")
    assert caught.value.said == "Not now."


async def test_a_read_without_an_answer_can_be_tried_again(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    server.never_answers(JOB)
    with pytest.raises(ProviderUnavailable, match="in time"):
        await provider.job("ftjob-1")


async def test_a_provider_that_is_not_there_can_be_tried_again(
    server: FakeServer, provider: OpenAIProvider, unused_tcp_port: int
) -> None:
    nowhere = OpenAIProvider(
        provider.profile, api_key="sk-test", base_url=f"http://127.0.0.1:{unused_tcp_port}/v1"
    )
    with pytest.raises(ProviderUnavailable, match="reached"):
        await nowhere.models()
    await nowhere.close()


async def test_asking_to_wait_is_passed_on_and_not_slept_away(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    server.refuses(JOB, 429, "Rate limit reached", "rate_limit_exceeded", headers={"Retry-After": "37"})
    with pytest.raises(ProviderUnavailable) as caught:
        await provider.job("ftjob-1")
    assert caught.value.retry_after == 37
    assert len(server.asked) == 1


# ---- models and chat --------------------------------------------------------------------------------------------


async def test_models_come_with_the_day_on_which_they_end(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    model = {"id": "gpt-4o", "object": "model", "created": 1, "owned_by": "system"}
    server.replies("GET /models", page(model | {"shutdown_date": "2027-01-14"}, model | {"id": "other"}))
    assert [(found.id, found.shutdown_date) for found in await provider.models()] == [
        ("gpt-4o", "2027-01-14"),
        ("other", ""),
    ]


def _chunk(text: str | None, reason: str | None = None) -> bytes:
    content = "null" if text is None else f'"{text}"'
    finish = "null" if reason is None else f'"{reason}"'
    return (
        'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":'
        f'{{"content":{content}}},"finish_reason":{finish}}}]}}\n\n'
    ).encode()


class _Stream:
    """A streamed answer that waits for `go_on` after its first piece and tells when its reader went away."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.go_on = asyncio.Event()
        self.reader_left = asyncio.Event()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            for piece in self.pieces:
                await response.write(piece)
                await self.go_on.wait()
        except (asyncio.CancelledError, ConnectionError):
            self.reader_left.set()
            raise
        return response


async def test_an_answer_comes_piece_by_piece(server: FakeServer, provider: OpenAIProvider) -> None:
    stream = _Stream(_chunk("Hel"), _chunk("lo"), _chunk(None, "stop"), b"data: [DONE]\n\n")
    server.does(CHAT, stream)
    async with provider.chat("ft:m", (Said("system", "Be kind."), *HELLO), max_tokens=99) as pieces:
        assert await anext(pieces) == "Hel"  # before the server went on
        stream.go_on.set()
        assert [piece async for piece in pieces] == ["lo"]
    body = server.asked[0].body
    assert body["stream_options"] == {"include_usage": True}
    assert body["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "hello"},
    ]
    assert (body["model"], body["stream"], body["max_completion_tokens"]) == ("ft:m", True, 99)


async def test_leaving_an_answer_ends_the_request(server: FakeServer, provider: OpenAIProvider) -> None:
    endless = _Stream(*repeat(_chunk("la"), 100_000))
    endless.go_on.set()
    server.does(CHAT, endless)
    async with provider.chat("ft:m", HELLO, max_tokens=99) as pieces:
        assert await anext(pieces) == "la"
    async with asyncio.timeout(30):
        await endless.reader_left.wait()


async def test_an_answer_that_breaks_off_can_be_tried_again(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    stream = _Stream(_chunk("Hel"))
    stream.go_on.set()
    server.does(CHAT, stream)
    with pytest.raises(ProviderUnavailable, match="broke off"):
        async with provider.chat("ft:m", HELLO, max_tokens=99) as pieces:
            assert [piece async for piece in pieces] == ["Hel"]


async def test_an_error_inside_an_answer_can_be_tried_again(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    stream = _Stream(_chunk("Hel"), b'data: {"error":{"message":"overloaded","type":"server_error"}}\n\n')
    stream.go_on.set()
    server.does(CHAT, stream)
    with pytest.raises(ProviderUnavailable):
        async with provider.chat("ft:m", HELLO, max_tokens=99) as pieces:
            assert [piece async for piece in pieces] == ["Hel"]


async def test_a_filtered_answer_says_so(server: FakeServer, provider: OpenAIProvider) -> None:
    stream = _Stream(_chunk(None, "content_filter"), b"data: [DONE]\n\n")
    stream.go_on.set()
    server.does(CHAT, stream)
    with pytest.raises(ProviderRefused, match="filter"):
        async with provider.chat("ft:m", HELLO, max_tokens=99) as pieces:
            assert [piece async for piece in pieces] == []


async def test_a_model_that_is_gone_says_what_to_do(server: FakeServer, provider: OpenAIProvider) -> None:
    server.refuses(CHAT, 404, "The model `ft:m` does not exist", "model_not_found")
    with pytest.raises(UnknownModel, match="/finetune models"):
        async with provider.chat("ft:m", HELLO, max_tokens=99):
            pass


async def test_the_environment_of_the_sdk_is_not_sent(
    server: FakeServer, provider: OpenAIProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-somebody-else")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    other = OpenAIProvider(provider.profile, api_key="sk-ours", base_url=server.base_url)
    server.replies("GET /models", page())
    await other.models()
    await other.close()
    assert server.asked[0].headers["Authorization"] == "Bearer sk-ours"
    assert "of-somebody-else" not in str(server.asked[0].headers)


# ---- the list of jobs -------------------------------------------------------------------------------------------


async def test_a_hundred_jobs_come_in_one_call(server: FakeServer, provider: OpenAIProvider) -> None:
    live = [f"ftjob-{n}" for n in range(100)]
    server.replies(JOBS, page(*(job(id=each, status="running") for each in live)))
    listing = await provider.jobs(live)
    assert (set(listing.jobs), listing.complete) == (set(live), True)
    assert [asked.query for asked in server.asked] == [{"limit": "100"}]


async def test_the_list_is_read_until_all_that_are_wanted_were_seen(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    server.replies(JOBS, page(job(id="ftjob-9"), has_more=True))
    server.replies(JOBS, page(job(id="ftjob-1"), has_more=True))
    wanted = ["ftjob-1", *(f"other-{n}" for n in range(200))]
    listing = await provider.jobs(wanted)
    assert (len(server.asked), listing.complete) == (3, False)
    assert server.asked[1].query["after"] == "ftjob-9"
    server.asked.clear()
    assert (await provider.jobs(["ftjob-1"])).jobs["ftjob-1"].status == "validating_files"
    assert len(server.asked) == 1


async def test_a_job_that_the_list_showed_gets_its_figures_in_one_call(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    server.replies(JOBS, page(job(status="running", estimated_finish=1795000600)))
    server.replies(EVENTS, page(metrics(step=2, total_steps=9, train_loss=0.5)))
    shown = (await provider.jobs(["ftjob-1"])).jobs["ftjob-1"]
    seen = await provider.figures(shown)
    assert (seen.status, seen.training.step, seen.training.train_loss) == ("running", 2, 0.5)
    assert seen.training.estimated_finish == shown.training.estimated_finish
    assert len(server.asked) == 2
