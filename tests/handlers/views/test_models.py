"""What people see of models and of a week: right in words, within Slack's limits, harmless whatever is in it."""

import json
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from bot.domain import catalog, digests
from bot.domain.chats import ModelGone
from bot.domain.comparisons import Comparison, Tally
from bot.domain.jobs.job import ModelDeletion
from bot.domain.models import Access, Model, ModelState
from bot.domain.outbox import MessageKind
from bot.sandbox.slack.blocks import check_message, faults_of
from handlers.ids import Action
from handlers.views import chats, comparisons, models
from handlers.views.blocks import Message
from handlers.views.jobs import cards, details
from handlers.views.outbox import render
from tests.handlers import samples
from tests.handlers.samples import HOSTILE, NOW

INFO = catalog.load().find("gpt-4.1-mini")
MODEL = Model(samples.succeeded(), ModelState.ANSWERS, INFO, retires_in=53, version=2, checkpoints=3)


def words(message: Message) -> str:
    return json.dumps(message.blocks, ensure_ascii=False)


def test_a_model_is_told_with_its_origin_its_figures_and_its_last_day() -> None:
    told = words(models.one(MODEL))
    for fact in (
        "retires in 53 days, 2027-01-14",
        "support.jsonl version 2",
        "job `k3x9mp` of <@U1>",
        "1,374,000 tokens trained · cost $6.87 · 3 checkpoints · nobody can train it from 2027-01-06 on",
        "`ft:gpt-4.1-mini:acme:tone:abc`",
    ):
        assert fact in told


def test_an_alias_says_what_it_was_trained_as_and_a_further_training_what_it_goes_on_from() -> None:
    job = samples.succeeded(alias="warm", went_on_from="older", model="ft:gpt:acme:older:x")
    told = words(models.one(replace(MODEL, job=job)))
    assert "*warm* (trained as tone)" in told
    assert "going on from older" in told
    assert "ft:gpt:acme:older:x" not in told
    assert "older trained further" in words(cards.card(job, NOW))
    assert "goes on from *older*" in json.dumps(details.details(job, "OpenAI"))


def test_what_no_longer_answers_offers_no_chat() -> None:
    gone = replace(MODEL.job, model_deletion=ModelDeletion("U2", NOW, NOW))
    retired = words(models.one(replace(MODEL, state=ModelState.RETIRED, retires_in=0)))
    deleted = words(models.one(replace(MODEL, job=gone, state=ModelState.DELETED)))
    assert "no longer answers since 2027-01-14" in retired
    assert "was deleted" in deleted
    for told in (retired, deleted, words(cards.card(gone, NOW))):
        assert Action.CHAT not in told
    assert Action.MODEL_MORE in retired
    assert Action.MODEL_MORE not in deleted


def test_many_models_come_in_pages_that_name_where_they_are() -> None:
    first = models.listing([MODEL] * models.PAGE, 0, 25)
    middle = models.listing([MODEL] * models.PAGE, 10, 25)
    last = models.listing([MODEL] * 5, 20, 25)
    assert [Action.MODELS_NEWER in words(page) for page in (first, middle, last)] == [False, True, True]
    assert [Action.MODELS_OLDER in words(page) for page in (first, middle, last)] == [True, True, False]
    assert "21 to 25 of 25" in words(last)
    assert Action.MODELS_OLDER not in words(models.listing([MODEL] * 3, 0, 3))


def test_deleting_says_what_is_lost_and_what_stays() -> None:
    told = json.dumps(models.delete_form(MODEL, "OpenAI"))
    assert "OpenAI deletes it for good" in told
    assert "It cost $6.87" in told
    assert "3 checkpoints go with it" in told


def test_hostile_names_stay_harmless_and_within_limits() -> None:
    wild = replace(MODEL, job=samples.succeeded(suffix=HOSTILE, went_on_from=HOSTILE, model=HOSTILE))
    page = models.listing([wild] * models.PAGE, 10, 100)
    for message in (page, models.one(wild), models.renamed(HOSTILE, wild.job)):
        check_message(message.blocks)
        assert "<!channel>" not in words(message) + message.text
    for view in (models.rename_form(wild), models.delete_form(wild, HOSTILE)):
        assert faults_of(view["blocks"], view["type"]) == []
        assert "<!channel>" not in json.dumps(view)


def test_a_week_is_told_as_it_was_kept_and_pings_nobody() -> None:
    ended = [samples.succeeded(suffix=HOSTILE), *[samples.succeeded()] * 30]
    told = digests.digest(
        NOW - timedelta(days=7),
        NOW,
        ended=ended,
        waiting=[samples.job(suffix="wish")],
        models=[MODEL, replace(MODEL, retires_in=9)],
    )
    data = json.loads(json.dumps(msgspec.to_builtins(told)))
    post = replace(samples.post(MessageKind.DIGEST), data=data)
    message = render(post, None, NOW)
    check_message(message.blocks)
    shown = words(message)
    assert "31 jobs ended" in message.text
    assert "and 19 more" in shown
    assert "*wish* · about $6.87" in shown
    assert "9 days left" in shown
    assert "<@" not in shown
    assert "<!channel>" not in shown


def test_a_thread_whose_model_is_gone_says_who_deleted_it() -> None:
    assert "<@U2> deleted the model" in chats.model_gone(samples.conversation(ended_by="U2")).text


@pytest.mark.parametrize("ended_by", ["U2", "U1"])
def test_the_card_of_a_chat_whose_model_was_deleted_says_so_and_invites_nobody(ended_by: str) -> None:
    chat = samples.conversation(ended_by=ended_by, gone=ModelGone("ft:x", "U2"))
    pair = replace(chat, other_model="ft:x", other_title="calm")
    first = words(chats.card(chat))
    assert "<@U2> deleted the model; what was said stays." in first
    assert "<@U2> deleted *calm*" in words(comparisons.card(Comparison(pair, Tally())))
    for card in (chats.card(chat), comparisons.card(Comparison(pair, Tally())), chats.ended(chat)):
        check_message(card.blocks)
        assert "/finetune" not in words(card)
        assert "Write in this thread" not in words(card)
    assert ("Ended by <@U1>" in first) == (ended_by == "U1")


def test_a_program_is_shown_how_to_use_a_model_with_its_name_and_without_a_key() -> None:
    view = models.from_code(Access("tone", "ft:gpt:acme:tone:x", "https://api.test/v1", "SOME_KEY"))
    shown = json.dumps(view["blocks"])
    assert "```ft:gpt:acme:tone:x```" in shown
    assert 'base_url=\\"https://api.test/v1\\", api_key=os.environ[\\"SOME_KEY\\"]' in shown
    assert "curl https://api.test/v1/chat/completions" in shown
    assert "Bearer $SOME_KEY" in shown


def test_a_hostile_name_leaves_neither_its_block_nor_its_string() -> None:
    view = models.from_code(Access(HOSTILE, "x```<!channel>\"'; rm -rf ~", "https://api.test/v1", "KEY"))
    shown = json.dumps(view["blocks"], ensure_ascii=False)
    assert shown.count("```") == 6
    assert "<!channel>" not in shown
    assert faults_of(view["blocks"], view["type"]) == []
