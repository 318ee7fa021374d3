"""What an answer may cost, and whether it may be asked for."""

from dataclasses import replace

import pytest

from bot.domain import catalog, spending
from bot.domain.budgets import Budget, Standing
from bot.domain.chats import Usage
from bot.domain.decision_basis import ChatBasis
from bot.domain.money import NO_MONEY, Money, of_dollars
from bot.domain.policies import Policy
from bot.errors import NotAllowed
from tests.handlers import samples
from tests.storage.samples import NOW

MODEL = replace(catalog.load().models[0], input_usd=0.5, output_usd=2.0)
STANDING = Standing(Budget("-/T1", "C1", of_dollars(1)), "2026-11")
TURN = samples.turn(samples.CHANNEL, "1700000000.000200")


def test_an_answer_costs_what_its_tokens_do_and_no_fraction_is_given_away() -> None:
    assert spending.price(MODEL, Usage(3, 1)) == Money(4)  # 3.5 micro-dollars


@pytest.mark.parametrize("model", [None, replace(MODEL, input_usd=None), replace(MODEL, output_usd=None)])
def test_what_a_model_without_a_price_costs_is_unknown(model: catalog.ModelInfo | None) -> None:
    assert spending.price(model, Usage(3, 1)) is None


def test_an_unknown_price_is_asked_for_where_no_budget_is_and_nowhere_else() -> None:
    free = spending.begun(TURN, None, Policy(), ChatBasis(), NOW).row
    assert (free.reserved, free.charged_at) == (NO_MONEY, NOW)
    with pytest.raises(
        NotAllowed, match="What this model costs is unknown, and there is the budget of <#C1>"
    ):
        spending.begun(TURN, None, Policy(), ChatBasis(funds=(STANDING,)), NOW)


def test_the_last_micro_dollar_of_a_budget_is_given_and_none_beyond_it() -> None:
    basis = ChatBasis(funds=(STANDING,))
    assert spending.begun(TURN, of_dollars(1), Policy(), basis, NOW).row.reserved == of_dollars(1)
    with pytest.raises(NotAllowed, match=r"has \$1.00 left"):
        spending.begun(TURN, Money(of_dollars(1) + 1), Policy(), basis, NOW)


def test_the_last_answer_of_an_hour_is_given_and_none_beyond_it() -> None:
    rules = Policy(chats_per_hour=2)
    spending.begun(TURN, NO_MONEY, rules, ChatBasis(lately=1), NOW)
    with pytest.raises(NotAllowed, match="You have had 2 answers within an hour"):
        spending.begun(TURN, NO_MONEY, rules, ChatBasis(lately=2), NOW)
