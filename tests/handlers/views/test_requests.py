"""What a request says to whoever decides on it: on its card, in the Home, in the question before the yes."""

from dataclasses import replace
from typing import Any

from bot.domain.budgets import Budget, Funded, Standing
from bot.domain.home import Home, Listed
from bot.domain.jobs.job import JobState, Training
from bot.domain.money import of_dollars
from bot.domain.policies import Policy
from handlers.ids import Action
from handlers.views import home
from handlers.views.approvals import request_form, requests
from handlers.views.forms import StartForm
from handlers.views.jobs import cards
from tests.handlers import samples
from tests.handlers.samples import BRIEFING, NOW

TIGHT = (Standing(Budget("-/T1", "C1", of_dollars(2), frozenset({"U3"})), "2026-11"),)
WIDE = (Standing(Budget("-/T1", "C1", of_dollars(100)), "2026-11"),)
WARNED = (
    "38 of 48 validation prompts are also in the training data",
    "900 tokens of longer ones are cut off",
    "The provider takes no new jobs. It said so last on 20 Nov 2026",
    "Training on this model closes 6 Jan 2027; from 14 Jan 2027 on it and what comes from it no longer answer.",
)
KNOWN = (
    "support.jsonl, version 3: 48 examples, 12 more than version 2; 10 new prompts of 48.",
    "Last trained: support.jsonl, version 2, as *tone*",
    "for $3.50",
)


def asked(funds: tuple[Standing, ...] = (), **changes: Any) -> Funded:
    return Funded(samples.job(**changes), funds, Policy(), briefing=BRIEFING)


def button(blocks: list[dict[str, Any]], action: Action) -> dict[str, Any]:
    rows = (block["elements"] for block in blocks if block["type"] == "actions")
    return next(each for row in rows for each in row if each["action_id"] == action)


def test_what_the_form_warned_of_and_what_is_new_is_on_the_card_and_in_the_home() -> None:
    for shown in (str(requests.card(asked(WIDE)).blocks), str(requests.waiting(asked(WIDE)))):
        for words in (*WARNED, *KNOWN, "Leaves $93.13 of the $100.00"):
            assert words in shown


def test_the_form_says_before_asking_that_it_is_over_the_budget() -> None:
    offer = samples.offer(asked=samples.job(), funds=TIGHT)
    view = str(request_form.form(offer, StartForm("C1"), "OpenAI"))
    assert "$4.87 over the budget of <#C1> for November 2026. Only <@U3> may approve it." in view
    fits = str(request_form.form(replace(offer, funds=WIDE), StartForm("C1"), "OpenAI"))
    assert "Leaves $93.13 of the $100.00 that <#C1> may spend" in fits


def test_the_question_before_the_yes_names_job_and_amount_wherever_it_is_pressed() -> None:
    for blocks in (requests.card(asked()).blocks, requests.waiting(asked())):
        question = button(blocks, Action.APPROVE)["confirm"]
        assert question["title"]["text"] == "Approve tone for about $6.87?"
    beyond = button(requests.waiting(asked(TIGHT)), Action.APPROVE)["confirm"]
    assert beyond["title"]["text"] == "Approve tone for about $6.87, beyond the budget?"
    unknown = asked(estimate=samples.estimate(usd=None))
    assert button(requests.waiting(unknown), Action.APPROVE)["confirm"]["title"]["text"] == (
        "Approve tone for an unknown price?"
    )


def test_the_question_before_the_end_names_the_job() -> None:
    assert cards.cancel_button(samples.running())["confirm"]["title"]["text"] == "Cancel tone?"
    assert cards.cancel_button(samples.job())["confirm"]["title"]["text"] == "Withdraw tone?"


def test_the_home_begins_with_what_waits_and_teaches_only_until_the_first_job() -> None:
    full = home.view(
        Home(
            "2026-11",
            (asked(WIDE),),
            Listed((samples.running(),)),
            Listed((samples.succeeded(),)),
            Listed((samples.succeeded(),)),
            (*WIDE, Standing(Budget("-/T1", ""), "2026-11")),
        )
    )
    headers = [block["text"]["text"] for block in full["blocks"] if block["type"] == "header"]
    assert headers == ["Waiting for you", "Under way", "Recent", "Models", "Budget for November 2026"]
    assert "Drop a JSONL file" not in str(full)
    assert {"Approve", "Reject", "Open"} <= {
        each["text"]["text"]
        for block in full["blocks"]
        if block["type"] == "actions"
        for each in block["elements"]
    }
    empty = str(home.view(Home("2026-11")))
    assert "Drop a JSONL file" in empty
    assert "Finished models appear here." in empty
    assert "Waiting for you" not in empty


def test_a_cancelled_job_says_what_it_cost() -> None:
    part = Training(25, 100)
    for job, said in (
        (samples.job(JobState.CANCELLED), "Nothing was paid: it never reached the provider."),
        (
            samples.job(JobState.CANCELLED, seen_by_provider=True),
            "Nothing was paid: the training had not begun.",
        ),
        (
            samples.job(JobState.CANCELLED, seen_by_provider=True, training=part),
            "It cost $1.72 at most; the provider has not said how much was trained.",
        ),
        (samples.job(JobState.CANCELLED, seen_by_provider=True, cost_usd=1.25), "It cost $1.25."),
    ):
        assert said in str(cards.card(job, NOW).blocks)
