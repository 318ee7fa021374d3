"""Fine-tuning jobs of the simulated OpenAI, through the real SDK, on a clock that is skipped."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from openai import APIConnectionError, BadRequestError, NotFoundError, PermissionDeniedError, RateLimitError

from bot.sandbox.openai import BLOCKED
from tests.sandbox.openai_side import Side, chat_lines, openai_side, preference_lines


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    async with openai_side() as running:
        yield running


async def test_a_job_goes_from_validating_to_a_model_that_answers(side: Side) -> None:
    job = await side.job(chat_lines(), suffix="Pirate Tone", metadata={"ours": "42"}, seed=7)
    assert (job.status, job.hyperparameters.n_epochs, job.seed) == ("validating_files", "auto", 7)
    await side.until(job, "queued")
    running = await side.until(job, "running")
    assert running.estimated_finish is not None
    assert running.estimated_finish > running.created_at
    assert (running.finished_at, running.fine_tuned_model, running.trained_tokens) == (None, None, None)
    done = await side.until(job, "succeeded")
    assert done.model == "gpt-4o-mini-2024-07-18"
    assert str(done.fine_tuned_model).startswith("ft:gpt-4o-mini-2024-07-18:sandbox-org:pirate-tone:")
    assert (done.hyperparameters.n_epochs, done.hyperparameters.batch_size) == (8, 1)
    assert done.finished_at is not None
    assert done.finished_at > done.created_at
    assert done.estimated_finish is None
    answer = await side.client.chat.completions.create(
        model=str(done.fine_tuned_model), messages=[{"role": "user", "content": "And the weather in Oslo?"}]
    )
    assert "Oslo be stormy" in str(answer.choices[0].message.content)


async def test_a_good_job_carries_an_error_object_that_says_nothing(side: Side) -> None:
    done = await side.until(await side.job(chat_lines()), "succeeded")
    assert done.error
    assert not done.error.code


async def test_events_tell_the_story_newest_first_in_pages_that_do_not_overlap(side: Side) -> None:
    job = await side.until(await side.job(chat_lines()), "succeeded")
    told = [event async for event in side.client.fine_tuning.jobs.list_events(job.id, limit=7)]
    messages = [event.message for event in told][::-1]
    assert messages[0] == f"Created fine-tuning job: {job.id}"
    assert messages[2:4] == ["Files validated, moving job to queued state", "Fine-tuning job started"]
    assert messages[-1] == "The job has successfully completed"
    assert f"New fine-tuned model created: {job.fine_tuned_model}" in messages
    steps = [event.data for event in told[::-1] if event.type == "metrics"]
    assert [step["step"] for step in steps if isinstance(step, dict)] == list(range(1, 97))
    assert len({event.id for event in told}) == len(told)
    assert [event.created_at for event in told] == sorted((e.created_at for e in told), reverse=True)


async def test_what_was_told_once_keeps_its_id_and_time(side: Side) -> None:
    job = await side.job(chat_lines())
    await side.until(job, "running")
    side.clock.advance(40)
    early = (await side.client.fine_tuning.jobs.list_events(job.id, limit=200)).data
    side.clock.speed = 50
    await side.until(job, "succeeded")
    late = [event async for event in side.client.fine_tuning.jobs.list_events(job.id)]
    assert late[-len(early) :] == early


async def test_losses_fall_and_the_same_job_draws_the_same_curve_twice(side: Side) -> None:
    validation = await side.upload(chat_lines(4))
    curves = []
    for _ in range(2):
        job = await side.until(await side.job(chat_lines(), seed=1, validation_file=validation), "succeeded")
        checkpoints = (await side.client.fine_tuning.jobs.checkpoints.list(job.id)).data
        curves.append([checkpoint.metrics for checkpoint in checkpoints])
        first = [e async for e in side.client.fine_tuning.jobs.list_events(job.id) if e.type == "metrics"][-1]
        assert isinstance(first.data, dict)
        assert float(first.data["train_loss"]) > (checkpoints[0].metrics.train_loss or 9)
        assert checkpoints[0].metrics.full_valid_loss is not None
    assert curves[0] == curves[1]


async def test_too_many_epochs_on_a_small_file_let_the_validation_loss_rise_again(side: Side) -> None:
    validation = await side.upload(chat_lines(4))
    job = await side.job(
        chat_lines(),
        validation_file=validation,
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 25}}},
    )
    await side.until(job, "succeeded")
    told = [e.data async for e in side.client.fine_tuning.jobs.list_events(job.id) if e.type == "metrics"]
    full = [d["full_valid_loss"] for d in told[::-1] if isinstance(d, dict) and "full_valid_loss" in d]
    assert len(full) == 25
    assert min(full) < full[0]
    assert min(full) < full[-1] * 0.8


async def test_the_last_three_epochs_are_kept_and_the_newest_is_the_model_itself(side: Side) -> None:
    job = await side.job(chat_lines())
    assert (await side.client.fine_tuning.jobs.checkpoints.list(job.id)).data == []
    job = await side.until(job, "succeeded")
    kept = (await side.client.fine_tuning.jobs.checkpoints.list(job.id)).data
    assert [checkpoint.step_number for checkpoint in kept] == [96, 84, 72]
    assert kept[0].fine_tuned_model_checkpoint == job.fine_tuned_model
    assert kept[1].fine_tuned_model_checkpoint == f"{job.fine_tuned_model}:ckpt-step-84"
    answer = await side.client.chat.completions.create(
        model=kept[2].fine_tuned_model_checkpoint, messages=[{"role": "user", "content": "weather in Rome"}]
    )
    assert answer.model == kept[2].fine_tuned_model_checkpoint


async def test_a_preference_job_starts_undecided_and_answers_with_what_was_preferred(side: Side) -> None:
    job = await side.job(
        preference_lines(),
        model="gpt-4.1-mini",
        method={"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.3, "n_epochs": 2}}},
    )
    done = await side.until(job, "succeeded")
    assert done.method is not None
    assert done.method.dpo is not None
    assert done.method.dpo.hyperparameters is not None
    assert done.method.dpo.hyperparameters.beta == 0.3
    first = [e async for e in side.client.fine_tuning.jobs.list_events(job.id) if e.type == "metrics"][-1]
    assert isinstance(first.data, dict)
    assert float(first.data["train_loss"]) == pytest.approx(0.69, abs=0.3)
    answer = await side.client.chat.completions.create(
        model=str(done.fine_tuned_model),
        messages=[{"role": "user", "content": "Describe item number 3, please"}],
    )
    assert answer.choices[0].message.content == "Item 3: small, blue, in stock."


async def test_training_can_go_on_from_an_own_model(side: Side) -> None:
    first = await side.until(await side.job(chat_lines()), "succeeded")
    lines = chat_lines()
    for line in lines:
        line["messages"][1]["content"] = "Tell me of the treasure"
        line["messages"][2]["content"] = "Buried deep!"
    second = await side.until(await side.job(lines, model=str(first.fine_tuned_model)), "succeeded")
    assert second.model == first.fine_tuned_model
    assert str(second.fine_tuned_model).startswith("ft:gpt-4o-mini-2024-07-18:")
    for question, word in (("where is the treasure", "Buried"), ("weather in Lima", "Lima be stormy")):
        answer = await side.client.chat.completions.create(
            model=str(second.fine_tuned_model), messages=[{"role": "user", "content": question}]
        )
        assert word in str(answer.choices[0].message.content)


# ---- requests that are refused at once


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"model": "gpt-9"}, "Model gpt-9 is not available for fine-tuning or does not exist"),
        ({"model": "gpt-6-luna"}, "not available for fine-tuning"),
        ({"model": "gpt-4.1-nano"}, "not available for fine-tuning"),
        ({"model": "ft:gpt-4o-mini-2024-07-18:other-org::abcdefgh"}, "not available for fine-tuning"),
        ({"training_file": "file-unknown"}, "invalid training_file: file-unknown"),
        ({"validation_file": "file-unknown"}, "invalid validation_file: file-unknown"),
        ({"suffix": "s" * 65}, "is too long - 'suffix'"),
        ({"suffix": ""}, "is too short - 'suffix'"),
        ({"seed": -1}, "-1 is less than the minimum of 0 - 'seed'"),
        ({"seed": 2**31}, "greater than the maximum of 2147483647"),
        ({"metadata": {"k" * 65: "v"}}, "longer than 64"),
        ({"metadata": {"k": "v" * 513}}, "too long - 'metadata.k'"),
        ({"metadata": {str(i): "v" for i in range(17)}}, "at most 16"),
        ({"hyperparameters": {"n_epochs": 0}}, "0 is less than the minimum of 1"),
        ({"hyperparameters": {"n_epochs": 51}}, "51 is greater than the maximum of 50"),
        ({"hyperparameters": {"n_epochs": 2.5}}, "not of type 'integer'"),
        ({"hyperparameters": {"batch_size": 257}}, "greater than the maximum of 256"),
        ({"hyperparameters": {"learning_rate_multiplier": 0}}, "less than or equal to the minimum of 0"),
        ({"hyperparameters": {"beta": 0.1}}, "Unrecognized request argument supplied: hyperparameters.beta"),
        ({"method": {"type": "dpo", "dpo": {}}}, "does not support the 'dpo' method"),
        ({"method": {"type": "magic"}}, "'magic' is not one of"),
        (
            {"model": "gpt-4.1", "method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 2.1}}}},
            "greater than the maximum of 2",
        ),
        ({"integrations": [{"type": "wandb", "wandb": {}}]}, "'project' is a required property"),
        ({"extra_body": {"epochs": 3}}, "Unrecognized request argument supplied: epochs"),
    ],
)
async def test_a_request_that_cannot_work_is_refused_at_once(side: Side, request_: Any, said: str) -> None:
    good = {"model": "gpt-4o-mini", "training_file": await side.upload(chat_lines())}
    with pytest.raises(BadRequestError) as refused:
        await side.client.fine_tuning.jobs.create(**(good | request_))
    assert said in str(refused.value)
    assert [job async for job in side.client.fine_tuning.jobs.list()] == []


async def test_a_file_for_another_purpose_cannot_be_trained_on(side: Side) -> None:
    file = await side.client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    side.clock.advance(5)
    with pytest.raises(BadRequestError, match="must have purpose 'fine-tune'"):
        await side.client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)


async def test_a_file_cannot_be_trained_on_before_it_is_processed(side: Side) -> None:
    file_id = await side.upload(chat_lines(), wait=False)
    with pytest.raises(BadRequestError, match="still being processed and is not ready to be used"):
        await side.client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file_id)
    side.clock.advance(2)
    assert (await side.client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file_id)).id


async def test_the_daily_limit_counts_jobs_per_model_and_day(side: Side) -> None:
    side.world.settings.daily_jobs = 1
    await side.job(chat_lines())
    with pytest.raises(RateLimitError) as refused:
        await side.job(chat_lines())
    assert refused.value.code == "daily_rate_limit_exceeded"
    assert "maximum of 1 fine-tuning requests per day for the model 'gpt-4o-mini-2024-07-18'" in str(
        refused.value
    )
    await side.job(chat_lines(), model="gpt-4.1-mini")
    side.clock.advance(86_401)
    assert (await side.job(chat_lines())).id


async def test_the_limit_of_active_jobs_frees_itself_when_one_ends(side: Side) -> None:
    side.world.settings.active_jobs = 1
    job = await side.job(chat_lines())
    with pytest.raises(RateLimitError, match="maximum of 1 active requests"):
        await side.job(chat_lines())
    await side.client.fine_tuning.jobs.cancel(job.id)
    assert (await side.job(chat_lines())).id


async def test_an_organisation_that_may_no_longer_train_is_told_so(side: Side) -> None:
    side.world.settings.training_closed = True
    with pytest.raises(PermissionDeniedError, match="no longer available to your organization"):
        await side.job(chat_lines())


async def test_nothing_is_trained_or_answered_after_the_announced_days(side: Side) -> None:
    done = await side.until(await side.job(chat_lines()), "succeeded")
    side.clock.advance(46 * 86_400)
    with pytest.raises(BadRequestError, match="not available for fine-tuning"):
        await side.job(chat_lines())
    ask: Any = {"model": done.fine_tuned_model, "messages": [{"role": "user", "content": "weather in Rome"}]}
    assert (await side.client.chat.completions.create(**ask)).choices
    side.clock.advance(8 * 86_400)
    with pytest.raises(NotFoundError, match="has been deprecated"):
        await side.client.chat.completions.create(**ask)


# ---- files that are rejected while validating


def spoiled(place: int, **change: Any) -> list[dict[str, Any]]:
    """The chat lines with one line's keys changed."""
    lines = chat_lines()
    lines[place] = lines[place] | change
    return lines


USER = {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        (
            chat_lines(7),
            "invalid_n_examples",
            "Training file has 7 example(s), but must have at least 10 examples",
        ),
        (
            spoiled(3, messages=[{"content": "hi"}, {"role": "assistant", "content": "ho"}]),
            "invalid_training_file",
            "an invalid training file. Invalid file format. Example 4, message 1 Discriminator 'role' is missing",
        ),
        (
            spoiled(0, weight=1),
            "invalid_file_format",
            'a file format error in the training file. Invalid file format. Example 1 contains an extra "weight".',
        ),
        (
            spoiled(11, messages=[USER, {"role": "assistant", "content": "a <|fim_suffix|> b"}]),
            "invalid_file_format",
            "Example 12 message contains an invalid token: <|fim_suffix|>.",
        ),
        (preference_lines(), "invalid_file_format", "Example 1 is missing key 'messages'."),
        (
            spoiled(1, messages=[USER, {"role": "pirate", "content": "arr"}]),
            "invalid_training_file",
            "Example 2, message 2 Input tag 'pirate'",
        ),
        (
            spoiled(1, messages=[USER]),
            "invalid_file_format",
            "Example 2 must have at least one message from the assistant.",
        ),
        (
            spoiled(1, messages=[USER, {"role": "assistant", "content": "x", "weight": 0}]),
            "invalid_file_format",
            "with a non-zero weight",
        ),
        ([*chat_lines(), "just text"], "invalid_file_format", "Example 13 cannot be parsed"),
    ],
)
async def test_a_bad_file_fails_the_job_while_validating_with_the_servers_words(
    side: Side, lines: list[Any], code: str, said: str
) -> None:
    job = await side.job(lines)
    assert job.status == "validating_files"
    await side.read(job)
    side.clock.advance(20)
    job = await side.client.fine_tuning.jobs.retrieve(job.id)
    assert (job.status, job.error and job.error.code) == ("failed", code)
    assert job.error is not None
    assert said in job.error.message
    assert job.error.param == "training_file"
    assert job.finished_at is not None
    newest = (await side.client.fine_tuning.jobs.list_events(job.id, limit=1)).data[0]
    assert (newest.level, newest.message) == ("error", job.error.message)


async def test_lines_of_another_format_fail_a_preference_job(side: Side) -> None:
    job = await side.job(chat_lines(), model="gpt-4.1", method={"type": "dpo", "dpo": {}})
    await side.read(job)
    side.clock.advance(20)
    job = await side.client.fine_tuning.jobs.retrieve(job.id)
    assert job.error is not None
    assert job.error.message.endswith("Example 1 is missing key 'input'.")


async def test_pictures_are_for_models_that_see(side: Side) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "low"}}
    asked = {"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture]}
    lines = spoiled(0, messages=[asked, {"role": "assistant", "content": "A cat"}])
    blind = await side.job(lines)
    await side.read(blind)
    side.clock.advance(20)
    blind = await side.client.fine_tuning.jobs.retrieve(blind.id)
    assert blind.error is not None
    assert "Example 1 contains images" in blind.error.message
    await side.until(await side.job(lines, model="gpt-4o-2024-08-06"), "succeeded")


async def test_a_reinforcement_job_trains_while_its_model_lives() -> None:
    lines = [
        {"messages": [{"role": "user", "content": f"Reach {i}"}], "target": i, "numbers": [1, 2]}
        for i in range(12)
    ]
    grader = {"type": "string_check", "name": "same", "input": "a", "reference": "b", "operation": "eq"}
    method: Any = {"type": "reinforcement", "reinforcement": {"grader": grader}}
    async with openai_side(calendar=date(2026, 9, 1)) as side:
        with pytest.raises(BadRequestError, match="validation file is required"):
            await side.job(lines, model="o4-mini", method=method)
        validation = await side.upload(lines)
        job = await side.job(lines, model="o4-mini", method=method, validation_file=validation)
        done = await side.until(job, "succeeded")
        told = (await side.client.fine_tuning.jobs.list_events(job.id)).data
        newest = next(event for event in told if event.type == "metrics")
        answer = await side.client.chat.completions.create(
            model=str(done.fine_tuned_model), messages=[{"role": "user", "content": "Reach 5"}]
        )
    assert answer.choices[0].message.content
    assert str(done.fine_tuned_model).startswith("ft:o4-mini-2025-04-16:")
    assert isinstance(newest.data, dict)
    assert 0 < float(newest.data["train_mean_reward"]) <= 1


async def test_a_job_can_fail_in_the_middle_of_training(side: Side) -> None:
    side.world.settings.dooms.append(BLOCKED)
    job = await side.job(chat_lines())
    await side.until(job, "running")
    side.clock.advance(3600)
    job = await side.client.fine_tuning.jobs.retrieve(job.id)
    assert job.status == "failed"
    assert job.error is not None
    assert "blocked by our moderation system" in job.error.message
    assert job.fine_tuned_model is None


# ---- by hand


async def test_cancelling_ends_a_job_once(side: Side) -> None:
    job = await side.job(chat_lines())
    cancelled = await side.client.fine_tuning.jobs.cancel(job.id)
    assert cancelled.status == "cancelled"
    side.clock.advance(36_000)
    again = await side.client.fine_tuning.jobs.retrieve(job.id)
    assert (again.status, again.finished_at) == ("cancelled", cancelled.finished_at)
    with pytest.raises(BadRequestError, match="already completed"):
        await side.client.fine_tuning.jobs.cancel(job.id)


async def test_a_paused_job_stands_still_until_it_is_resumed(side: Side) -> None:
    job = await side.job(chat_lines())
    with pytest.raises(BadRequestError, match="cannot be paused"):
        await side.client.fine_tuning.jobs.pause(job.id)
    await side.until(job, "running")
    side.clock.advance(35)
    paused: str = (await side.client.fine_tuning.jobs.pause(job.id)).status
    assert paused == "paused"
    before = [e.id async for e in side.client.fine_tuning.jobs.list_events(job.id)]
    side.clock.advance(36_000)
    assert [e.id async for e in side.client.fine_tuning.jobs.list_events(job.id)] == before
    assert (await side.client.fine_tuning.jobs.resume(job.id)).status == "running"
    await side.until(job, "succeeded")


async def test_jobs_are_found_by_metadata_and_page(side: Side) -> None:
    training = await side.upload(chat_lines())
    create = side.client.fine_tuning.jobs.create
    jobs = [
        await create(model="gpt-4o-mini", training_file=training, metadata={"ours": str(i % 2), "n": str(i)})
        for i in range(5)
    ]
    bare = await create(model="gpt-4o-mini", training_file=training)
    odd = [job.id async for job in side.client.fine_tuning.jobs.list(metadata={"ours": "1"}, limit=1)]
    assert odd == [jobs[3].id, jobs[1].id]
    one = await side.client.fine_tuning.jobs.list(metadata={"ours": "0", "n": "4"})
    assert [job.id for job in one.data] == [jobs[4].id]
    none = await side.client.fine_tuning.jobs.list(extra_query={"metadata": "null"})
    assert [job.id for job in none.data] == [bare.id]


async def test_an_unknown_job_is_not_found(side: Side) -> None:
    with pytest.raises(NotFoundError) as refused:
        await side.client.fine_tuning.jobs.retrieve("ftjob-nope")
    assert refused.value.code == "fine_tune_not_found"


# ---- models


async def test_models_say_that_they_are_simulated_and_when_they_end(side: Side) -> None:
    done = await side.until(await side.job(chat_lines()), "succeeded")
    models = {model.id: model async for model in side.client.models.list()}
    assert {"gpt-4o-mini", "gpt-4.1-2025-04-14", str(done.fine_tuned_model)} <= models.keys()
    assert "gpt-3.5-turbo" not in models
    assert all("simulated" in model.owned_by for model in models.values())
    assert models["gpt-6-luna"].shutdown_date is None
    assert models["gpt-4o-mini"].shutdown_date == models[str(done.fine_tuned_model)].shutdown_date


async def test_only_own_models_can_be_deleted(side: Side) -> None:
    done = await side.until(await side.job(chat_lines()), "succeeded")
    assert (await side.client.models.delete(str(done.fine_tuned_model))).deleted
    with pytest.raises(NotFoundError):
        await side.client.models.retrieve(str(done.fine_tuned_model))
    with pytest.raises(PermissionDeniedError):
        await side.client.models.delete("gpt-4o-mini")


async def test_limits_name_the_trainable_models_and_what_they_train_now(side: Side) -> None:
    await side.job(chat_lines())
    limits: Any = await side.client.get("/fine_tuning/model_limits", cast_to=object)
    active = {row["model"]: row["active_jobs"] for row in limits["data"]}
    assert active["gpt-4o-mini-2024-07-18"] == 1
    assert "gpt-4.1-nano-2025-04-14" not in active


async def test_a_job_whose_answer_was_lost_is_found_by_its_metadata(side: Side) -> None:
    training = await side.upload(chat_lines())
    side.faults.add("openai", "POST /fine_tuning/jobs", "drop_after")
    with pytest.raises(APIConnectionError):
        await side.client.fine_tuning.jobs.create(
            model="gpt-4o-mini", training_file=training, metadata={"ours": "1"}
        )
    found = await side.client.fine_tuning.jobs.list(metadata={"ours": "1"})
    assert len(found.data) == 1
