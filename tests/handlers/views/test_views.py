"""What people see: right in words, within Slack's limits, and harmless whatever text is in it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.approvals.requests import Wanted
from bot.domain.budgets import Funded
from bot.domain.datasets.examples import ExamplesPage, Said, Shown
from bot.domain.datasets.lifecycle import Checking, Dataset, DatasetState
from bot.domain.datasets.report import Problem
from bot.domain.datasets.suggestions import suggest
from bot.domain.datasets.whereabouts import Whereabouts
from bot.domain.home import Home, Listed
from bot.domain.jobs.job import ENDED, JobState, Training
from bot.domain.models import Model, ModelState
from bot.domain.outbox import MessageKind
from bot.domain.policies import Policy
from bot.domain.transforms.lifecycle import TransformState
from bot.sandbox.slack.blocks import check_message, faults_of
from handlers.ids import Action
from handlers.views import about, chats, commands, figures, home, models
from handlers.views.approvals import request_form
from handlers.views.blocks import Message, View, fit
from handlers.views.datasets import cards as dataset_cards
from handlers.views.datasets import examples
from handlers.views.datasets.whereabouts import what_goes, where_it_is
from handlers.views.forms import StartForm
from handlers.views.jobs import cards as job_cards
from handlers.views.jobs import details
from handlers.views.outbox import render
from tests.handlers import samples
from tests.handlers.cards import job_card, status
from tests.handlers.samples import BRIEFING, HOSTILE, NOW
from tests.viewers import page

if TYPE_CHECKING:
    from bot.ports import Subject

WILD: dict[str, Any] = {
    "suffix": HOSTILE,
    "dataset_name": HOSTILE,
    "model": HOSTILE,
    "reason": HOSTILE,
    "fault": HOSTILE,
    "said": HOSTILE,
    "advice": HOSTILE,
    "error_code": HOSTILE,
    "fine_tuned_model": HOSTILE,
    "provider_job_id": HOSTILE,
    "decided_by": "U2",
    "decided_at": NOW,
}


def words(message: Message | View) -> str:
    """Everything a person reads in it."""
    blocks = message.blocks if isinstance(message, Message) else message["blocks"]
    return json.dumps(blocks, ensure_ascii=False)


def buttons(message: Message) -> list[str]:
    return [
        element["action_id"]
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def assert_harmless(shown: str) -> None:
    """No foreign text became a ping or a link; our own mentions are of U1, U2 and U3 only."""
    assert "<!" not in shown.replace("<!date^", "")
    assert "<http" not in shown
    assert "<@U0JONAS" not in shown


def wild_messages() -> Iterator[tuple[str, Message]]:
    for state in JobState:
        job = samples.job(state, training=Training(10**9, 10**9, 1e9, 1e9), **WILD)
        yield f"job {state}", job_card(job)
        yield f"status {state}", status(job)
        if state in ENDED:
            yield f"ended {state}", job_cards.ended(job)
        yield f"rejected {state}", job_cards.rejected(job)
        yield f"cancel {state}", job_cards.cancel_question(job)
    for dataset_state in DatasetState:
        yield (
            f"dataset {dataset_state}",
            dataset_cards.card(
                samples.dataset(dataset_state, name=HOSTILE, failure=HOSTILE, report=samples.worst_report())
            ),
        )
    wild_job = samples.succeeded(**WILD)
    wild_dataset = samples.dataset(name=HOSTILE, report=samples.worst_report())
    wild_chat = samples.conversation(title=HOSTILE, model=HOSTILE, base_model=HOSTILE)
    yield "jobs", job_cards.listing(page([wild_job] * 15, 85))
    wild_model = Model(wild_job, ModelState.ANSWERS, version=1)
    yield "models", models.listing([wild_model] * models.PAGE, 10, 100)
    yield "datasets", dataset_cards.listing(page([wild_dataset] * 15, 85))
    yield "chat", chats.card(wild_chat)
    yield "chat over", chats.card(replace(wild_chat, ended_by="U1"))
    yield "chat ended", chats.ended(replace(wild_chat, ended_by="U1"))
    yield "opening", chats.opening(wild_chat, "C2")
    yield "help", commands.help_text()
    yield "greeting", commands.greeting()
    yield "welcome", about.welcome()
    yield "start", about.to_start()


def wild_views() -> Iterator[tuple[str, View]]:
    wild_job = samples.succeeded(**WILD)
    wild_dataset = samples.dataset(name=HOSTILE, report=samples.worst_report())
    yield "report", dataset_cards.report_view(wild_dataset, samples.whereabouts(HOSTILE), HOSTILE)
    yield (
        "no report",
        dataset_cards.report_view(samples.dataset(DatasetState.FAILED), Whereabouts(), "OpenAI"),
    )
    yield "details", details.details(wild_job, HOSTILE)
    yield "reject", details.reject_form(wild_job)
    wild = Listed((wild_job,) * 10, 90)
    asked = Funded(samples.job(**WILD), (), Policy(), briefing=BRIEFING)
    yield "home", home.view(Home("2026-11", (asked,) * 30, wild, wild, wild))
    yield "empty home", home.view(Home("2026-11"))
    yield "fault", about.fault_view("Nothing works.")
    yield "checking", about.now_checking([wild_dataset] * 20)
    many = samples.offer(100)
    wild_sets = tuple(replace(each, name=HOSTILE) for each in many.datasets)
    wild_model = replace(many.models[0], key="k3x9mp", name=HOSTILE, trained=HOSTILE)
    wild_offer = replace(
        many,
        datasets=wild_sets,
        validations=wild_sets,
        models=(*many.models, *(replace(wild_model, key=f"j{n}") for n in range(60)), wild_model),
        chosen=wild_model,
        wanted=Wanted(*[HOSTILE] * 10),
        notes=(HOSTILE,) * 3,
        method="preference",
        suggestions=suggest("chat", 48),
        becomes=HOSTILE[:300],
        cut=10**12,
        wandb=True,
        problems=tuple((name, HOSTILE) for name in Wanted.__slots__),
    )
    yield "start", request_form.form(wild_offer, StartForm("C1", more=True), HOSTILE)
    yield "start folded", request_form.form(replace(wild_offer, validations=()), StartForm("C1"), HOSTILE)
    yield "start anywhere", request_form.form(None, StartForm(asks_channel=True), "OpenAI")
    yield "start in channel", request_form.form(wild_offer, StartForm("C1", asks_channel=True), "OpenAI")
    yield (
        "start empty",
        request_form.form(samples.offer(0, models=(), chosen=None), StartForm("C1"), "OpenAI"),
    )
    yield (
        "start closed",
        request_form.form(samples.offer(models=(), chosen=None, closed=HOSTILE), StartForm("C1"), "OpenAI"),
    )


@pytest.mark.parametrize(("name", "message"), list(wild_messages()))
def test_a_message_stays_within_slacks_limits_and_harmless(name: str, message: Message) -> None:
    blocks = fit(message.blocks)
    check_message(blocks)
    assert message.text
    assert_harmless(message.text)
    assert_harmless(json.dumps(blocks))
    kept = [block["elements"] for block in blocks if block["type"] == "actions"]
    assert kept == [block["elements"] for block in message.blocks if block["type"] == "actions"]


@pytest.mark.parametrize(("name", "view"), list(wild_views()))
def test_a_view_stays_within_slacks_limits_and_harmless(name: str, view: View) -> None:
    assert faults_of(view["blocks"], view["type"]) == []
    assert len(json.dumps(view)) < 250_000
    assert len(view.get("private_metadata", "")) <= 3_000
    mrkdwn = [part for part in _texts(view) if part["type"] == "mrkdwn"]
    assert_harmless(json.dumps(mrkdwn))
    if view["type"] == "modal":
        assert all(len(view[label]["text"]) <= 24 for label in ("title", "close", "submit") if label in view)
        asks = any(block["type"] == "input" for block in view["blocks"])
        assert asks == ("submit" in view)


def _texts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


# ---- datasets -----------------------------------------------------------------------------------------------


def test_a_ready_dataset_says_examples_tokens_and_prices_and_offers_to_start() -> None:
    card = dataset_cards.card(samples.dataset())
    shown = words(card)
    assert "48 examples in chat format" in card.text
    assert "458,301 tokens, 120,000 of them trained" in shown
    assert "Training for 3 epochs: gpt-4.1-mini *≈ $6.87* · gpt-4o-mini *≈ $4.12*" in shown
    assert "Fewer than 100 examples" in shown
    assert buttons(card) == [Action.START, Action.REPORT, Action.MORE]


def test_a_dataset_in_a_direct_message_is_not_started_there() -> None:
    place = replace(samples.CHANNEL, channel_id="D1")
    card = dataset_cards.card(samples.dataset(place=place))
    assert buttons(card) == [Action.REPORT, Action.MORE]
    assert "share it in a channel" in words(card)


def test_a_dataset_that_no_model_trains_on_offers_no_start() -> None:
    ready = samples.dataset()
    assert ready.report is not None
    untrainable = replace(ready, report=replace(ready.report, estimates=()))
    card = dataset_cards.card(untrainable)
    assert buttons(card) == [Action.REPORT, Action.MORE]
    assert "is good, but no model here trains on it" in card.text
    assert "✅" not in card.text
    assert Action.START not in buttons(dataset_cards.listing(page([untrainable])))


def test_a_broken_dataset_names_five_lines_and_says_how_many_more() -> None:
    card = dataset_cards.card(samples.dataset(DatasetState.REJECTED, report=samples.broken(17)))
    shown = words(card)
    assert "17 problems" in card.text
    assert "*Line 5*, `messages`: No assistant answer.\\n→ Add one." in shown
    assert "Line 6" not in shown
    assert "And 12 more" in shown
    assert buttons(card) == [Action.REPORT, Action.MORE]


def test_one_fault_on_thousands_of_lines_is_one_entry_on_card_and_report() -> None:
    fault = Problem(3, "", "blank_line", "This line is empty.", "Remove it.", 6_150, tuple(range(3, 23)))
    found = replace(samples.broken(6_150), problems=(fault,))
    dataset = samples.dataset(DatasetState.REJECTED, report=found)
    for shown in (
        words(dataset_cards.card(dataset)),
        words(dataset_cards.report_view(dataset, Whereabouts(), "OpenAI")),
    ):
        assert "*Lines 3–22 and 6,130 more*: This line is empty." in shown
        assert "more kinds" not in shown


def test_a_check_under_way_says_how_far_it_is() -> None:
    card = dataset_cards.card(samples.dataset(DatasetState.VALIDATING))
    assert card.text == "⏳ Checking *support.jsonl*…"
    assert "50% of 100 bytes · 12 examples · 3 problems" in words(card)
    assert dataset_cards.progress(Checking("downloading", 0, 0)) == "Downloading…"


def test_a_file_that_could_not_be_read_says_why() -> None:
    card = dataset_cards.card(samples.dataset(DatasetState.FAILED, failure="This file is empty."))
    assert "could not check" in card.text
    assert "This file is empty." in card.text


def test_a_new_upload_of_a_name_shows_its_version() -> None:
    assert "*support.jsonl* (version 3)" in dataset_cards.card(samples.dataset(version=3)).text


def test_the_report_says_where_the_data_goes_and_what_each_price_rests_on() -> None:
    shown = words(dataset_cards.report_view(samples.dataset(), Whereabouts(), "OpenAI"))
    assert "goes to OpenAI" in shown
    assert "× $5.00 per million" in shown
    assert "Training on this model closes 6 Jan 2027" in shown


def test_the_report_shows_thirty_problems_and_counts_the_rest() -> None:
    shown = words(
        dataset_cards.report_view(samples.dataset(report=samples.broken(100)), Whereabouts(), "OpenAI")
    )
    assert "Line 30*" in shown
    assert "Line 31*" not in shown
    assert "`missing_assistant` × 100" in shown
    assert "And 70 more" in shown


def test_a_list_that_is_cut_says_how_many_it_leaves_out_and_how_to_reach_them() -> None:
    job = samples.succeeded()
    assert "And 85 older: `/finetune status JOB`" in words(job_cards.listing(page([job] * 15, 85)))
    assert "And 7 older: `/finetune dataset NAME`" in words(
        dataset_cards.listing(page([samples.dataset()] * 15, 7))
    )
    jobs = Listed((job,) * 10, 32)
    shown = str(home.view(Home("2026-11", recent=jobs, models=Listed((job,) * 5, 4))))
    assert "And 32 older; `/finetune status JOB`" in shown
    assert "And 4 more; `/finetune models`" in shown


def test_empty_lists_say_how_to_fill_them() -> None:
    assert "Drop a JSONL file" in dataset_cards.listing(page([])).text
    assert "/finetune start" in job_cards.listing(page([])).text
    assert "Drop a dataset" in models.listing([], 0, 0).text


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        (samples.dataset(), "ready, 48 examples in chat format, 458,301 tokens"),
        (samples.dataset(DatasetState.REJECTED, report=samples.broken(1)), "needs mending, 1 problem"),
        (samples.dataset(DatasetState.VALIDATING), "being checked"),
        (samples.dataset(DatasetState.DELETED), "deleted"),
        (samples.dataset(DatasetState.FAILED, failure="It is empty."), "could not be checked. It is empty."),
    ],
)
def test_the_list_of_datasets_says_how_each_stands(dataset: Dataset, said: str) -> None:
    assert f"*support.jsonl*: {said}" in words(dataset_cards.listing(page([dataset])))


# ---- jobs ---------------------------------------------------------------------------------------------------


def test_a_request_says_who_what_and_how_much_and_who_can_approve() -> None:
    card = job_card(samples.job())
    shown = words(card)
    assert "<@U1>" in card.text
    assert "≈ $6.87" in card.text
    assert "support.jsonl → gpt-4.1-mini-2025-04-14, 3 epochs" in shown
    assert "Who can approve: <@U2>, <@U3>." in shown
    assert buttons(card) == [Action.APPROVE, Action.REJECT, Action.DETAILS, Action.EDIT, Action.CANCEL]


def test_approving_asks_once_more_with_the_amount() -> None:
    row = next(block for block in job_card(samples.job()).blocks if block["type"] == "actions")
    assert "about $6.87" in row["elements"][0]["confirm"]["title"]["text"]
    assert row["elements"][0]["style"] == "primary"


def test_nobody_else_to_approve_means_any_full_member() -> None:
    assert "any full member but the requester" in words(job_card(samples.job(), Policy()))


def test_a_running_job_shows_bar_step_losses_and_time_left() -> None:
    card = job_card(samples.running())
    shown = words(card)
    assert card.text == "🏃 *tone*: training · 62%"
    assert "step 62 of 100" in shown
    assert "training loss 0.43 · validation loss 0.51 · about 12 minutes left" in shown
    assert "approved by <@U2>" in shown
    assert buttons(card) == [Action.DETAILS, Action.CANCEL]


def test_the_time_left_follows_the_pace_when_the_provider_gives_none() -> None:
    job = samples.running()
    job = replace(job, training=replace(job.training, step=50, estimated_finish=None))
    assert "about 10 minutes left" in words(job_card(job))


def test_a_job_whose_steps_are_all_done_says_what_it_still_waits_for() -> None:
    job = samples.running()
    shown = words(job_card(replace(job, training=replace(job.training, step=100))))
    assert "the provider runs its last checks" in shown
    assert "left" not in shown


def test_a_running_job_without_steps_says_so_instead_of_a_bar() -> None:
    shown = words(job_card(samples.job(JobState.RUNNING)))
    assert "not told of any step yet" in shown
    assert "▰" not in shown


def test_a_fault_on_the_way_is_shown_as_waiting() -> None:
    job = samples.job(JobState.UPLOADING, fault="OpenAI asks to wait.")
    assert "Waiting: OpenAI asks to wait." in words(job_card(job))


def test_a_job_being_cancelled_cannot_be_cancelled_again() -> None:
    card = job_card(samples.running(cancel_asked_by="U1"))
    assert "being cancelled" in card.text
    assert buttons(card) == [Action.DETAILS]


LINK = "https://lumen.slack.com/archives/C1/p1"


def test_an_end_is_one_line_that_names_the_requester_and_links_to_the_card() -> None:
    job = samples.succeeded(training=Training(100, 100, first_loss=1.92, train_loss=0.82))
    message = job_cards.ended(job, link=LINK)
    assert message.text == (
        "✅ *tone* is ready, <@U1>. Training loss 1.92 → 0.82. It took about 30 minutes and cost $6.87. "
        f"<{LINK}|Open its card>"
    )
    assert buttons(message) == []
    card = job_card(job)
    assert "training loss 1.92 → 0.82 · about 30 minutes · cost $6.87 (estimated ≈ $6.87)" in words(card)
    assert buttons(card) == [Action.CHAT, Action.COMPARE, Action.DETAILS, Action.AGAIN, Action.MODEL_MORE]


@pytest.mark.parametrize(
    ("state", "more", "said"),
    [
        (JobState.FAILED, {}, "❌ Training *tone* failed, <@U1>. Its card says why."),
        (JobState.CANCELLED, {}, "🛑 *tone* was cancelled at the provider, <@U1>. There is no model."),
        (JobState.CANCELLED, {"cancel_asked_by": "U1"}, "🛑 <@U1> cancelled *tone*. There is no model."),
        (
            JobState.CANCELLED,
            {"cancel_asked_by": "U3"},
            "🛑 <@U3> cancelled *tone*. There is no model. cc <@U1>",
        ),
        (
            JobState.EXPIRED,
            {},
            "⌛ Nobody decided on *tone* in time, <@U1>. *Run again…* on its card asks once more.",
        ),
    ],
)
def test_every_other_end_is_one_line_too(state: JobState, more: dict[str, Any], said: str) -> None:
    message = job_cards.ended(samples.job(state, **more), link=LINK)
    assert message.text == f"{said} <{LINK}|Open its card>"
    assert len(message.blocks) == 1


def test_a_failed_jobs_card_has_the_servers_words_apart_from_ours() -> None:
    failed = samples.job(JobState.FAILED, said="Invalid file.", advice="Mend line 3.", ended_at=NOW)
    assert "The server says:\\n> Invalid file.\\nMend line 3." in words(job_card(failed))


def test_a_rejection_tells_the_requester_who_and_why_in_one_line() -> None:
    job = samples.job(JobState.REJECTED, decided_by="U2", reason="Too dear.\nTry fewer epochs.")
    message = job_cards.rejected(job, LINK)
    assert message.text == (
        f"🚫 <@U2> rejected *tone*: “Too dear. Try fewer epochs.” cc <@U1> <{LINK}|Open its card>"
    )
    assert buttons(message) == []


def test_details_hold_ids_to_copy_and_the_story() -> None:
    job = samples.succeeded(provider_job_id="ftjob-123")
    shown = words(details.details(job, "OpenAI"))
    for part in (
        "`k3x9mp`",
        "`ftjob-123`",
        "auto (3)",
        "Approved by <@U2>",
        "about 30 minutes after the decision",
        "goes to OpenAI",
    ):
        assert part in shown


def test_a_status_answer_decides_nothing() -> None:
    assert buttons(status(samples.job())) == [Action.DETAILS]


# ---- chats and posts ----------------------------------------------------------------------------------------


def test_a_chat_card_says_how_to_talk_and_to_stop() -> None:
    shown = words(chats.card(samples.conversation()))
    assert "Write in this thread" in shown
    assert "`stop`" in shown


def test_an_ended_chat_says_by_whom_and_how_to_go_on() -> None:
    shown = words(chats.card(samples.conversation(ended_by="U2")))
    assert "Ended by <@U2>" in shown
    assert "Chat again" in shown


@pytest.mark.parametrize(
    "kind", [kind for kind in MessageKind if kind not in (MessageKind.BALLOT, MessageKind.DIGEST)]
)  # test_comparing.py, test_model_views.py
def test_every_kind_of_post_has_a_renderer(kind: MessageKind) -> None:
    subjects: dict[MessageKind, Subject] = {
        MessageKind.DATASET_CARD: samples.dataset(),
        MessageKind.CHAT_CARD: samples.conversation(),
        MessageKind.CHAT_LINK: samples.conversation(),
        MessageKind.CHAT_ENDED: samples.conversation(ended_by="U1"),
        MessageKind.CHAT_OVER: samples.conversation(ended_by="U1"),
        MessageKind.ERRAND: samples.transform(state=TransformState.FAILED),
        MessageKind.WELCOME: None,
    }
    data = {"by": "U1", "with": "C2", "on": True} if kind is MessageKind.MODEL_SHARED else {}
    subject = subjects.get(kind, samples.succeeded())
    assert render(samples.post(kind, data=data), subject, NOW + timedelta(seconds=1)).text


def test_a_post_without_its_subject_is_a_fault_and_no_empty_message() -> None:
    with pytest.raises(TypeError, match="job_card"):
        render(samples.post(), None, NOW)


# ---- the start form -----------------------------------------------------------------------------------------


def test_the_form_shows_the_price_of_the_model_that_is_picked() -> None:
    shown = words(request_form.form(samples.offer(), StartForm("C1"), "OpenAI"))
    assert "≈ $4.12: 458,301 tokens" in shown


def test_the_form_says_when_training_ends_for_everybody() -> None:
    assert "Training on this model closes 6 Jan 2027" in words(
        request_form.form(samples.offer(), StartForm("C1"), "OpenAI")
    )


def test_the_form_says_why_nothing_can_be_trained() -> None:
    closed = samples.offer(
        models=(), chosen=None, closed="openai takes no new training jobs since 2027-01-06."
    )
    assert "no new training jobs" in words(request_form.form(closed, StartForm("C1"), "OpenAI"))


def test_a_form_without_datasets_says_how_to_get_one_and_cannot_be_sent() -> None:
    view = request_form.form(samples.offer(0, models=(), chosen=None), StartForm("C1"), "OpenAI")
    assert "Drop a JSONL file" in words(view)
    assert "submit" not in view


# ---- figures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "less than a minute"),
        (44, "less than a minute"),
        (50, "about 1 minute"),
        (720, "about 12 minutes"),
        (7_200, "about 2 hours"),
        (200_000, "about 2 days"),
    ],
)
def test_durations_are_told_roughly_and_in_words(seconds: int, words: str) -> None:
    assert figures.duration(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("octets", "words"), [(0, "0 bytes"), (6_900, "6.7 KB"), (5 * 2**20, "5.0 MB"), (2**31, "2.0 GB")]
)
def test_sizes_are_told_as_slack_tells_them(octets: int, words: str) -> None:
    assert figures.size(octets) == words


def test_a_bar_never_leaves_its_frame() -> None:
    assert figures.bar(-1) == "▱" * 16 + " 0%"
    assert figures.bar(7) == "▰" * 16 + " 100%"


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (samples.whereabouts(), "No job of this channel has used this file yet."),
        (
            samples.whereabouts("lumi-tone", "foo"),
            "for *lumi-tone* and *foo*. I delete that copy 30 days after",
        ),
        (replace(samples.whereabouts("a"), days=0), "That copy stays there until the dataset is deleted."),
        (samples.whereabouts("a", gone_at=samples.NOW), "Deleted there on"),
        (samples.whereabouts("a", provider="together"), "I no longer work with together"),
        (samples.whereabouts(*"abcdefg"), "*e* and 2 more jobs"),
    ],
)
def test_where_a_file_is_stands_as_it_is(where: Whereabouts, said: str) -> None:
    assert said in where_it_is(where, "OpenAI")


def test_a_deletion_names_the_copy_at_the_provider_only_where_there_is_one() -> None:
    assert "OpenAI" not in what_goes(samples.whereabouts(), "OpenAI")
    assert "and the one at OpenAI" in what_goes(samples.whereabouts("a"), "OpenAI")
    assert "the one at OpenAI went on" in what_goes(samples.whereabouts("a", gone_at=samples.NOW), "OpenAI")


def test_a_page_of_the_worst_examples_fits_a_modal_and_no_text_of_theirs_is_active() -> None:
    said = tuple(Said(HOSTILE, HOSTILE[:500], 10**6, HOSTILE) for _ in range(8))
    told = tuple(Shown(10**6 + n, said, 10**6) for n in range(5))
    broken = tuple(Shown(n, raw=HOSTILE[:1_000], more=10**6, fault=HOSTILE[:500]) for n in range(5))
    view = examples.view(ExamplesPage(samples.dataset(name=HOSTILE), "all", told + broken, 1, 2))
    assert len(view["blocks"]) <= 100
    assert all(len(block["text"]["text"]) <= 3_000 for block in view["blocks"] if block["type"] == "section")
    assert "<!channel>" not in words(view)
    assert "1,000,000 more messages" in words(view)
