"""What a tuned model should not learn to say: secrets, personal data, what is unsafe; looks at no text itself."""

from bot.domain.datasets.advice.words import counted, looked, mark_of, said, scanned
from bot.domain.datasets.report import KEPT_LINES, Advice
from bot.domain.datasets.statistics import Sum

MANY_SENSITIVE = 0.01
"""Share of the examples from which on something is said."""

_LEAST_SENSITIVE = 3


def secrets(whole: Sum) -> Advice:
    """Keys and passwords."""
    found = mark_of(whole, "secret")
    return said(
        "secrets",
        f"What looks like a key or password to a service stands in {counted(found.count)}{scanned(whole)}. "
        "A tuned model can say it to anybody. Replace it by a made-up one, and have the real one changed.",
        found,
    )


def payment(whole: Sum) -> Advice:
    """Numbers of cards and bank accounts."""
    found = mark_of(whole, "payment")
    return said(
        "payment_numbers",
        f"What looks like a card or bank account number stands in {counted(found.count)}{looked(whole)}. "
        "A tuned model can say it to anybody. Replace it by a made-up one.",
        found,
    )


def contacts(whole: Sum) -> Advice:
    """E-mail addresses and phone numbers."""
    email, phone = mark_of(whole, "email"), mark_of(whole, "phone")
    lines = tuple(sorted({*email.lines, *phone.lines})[:KEPT_LINES])
    parts = [
        *([f"e-mail addresses in {counted(email.count)}{scanned(whole)}"] if email.count else []),
        *([f"phone numbers in {counted(phone.count)}{looked(whole)}"] if phone.count else []),
    ]
    text = " and ".join(parts)
    return Advice(
        "contact_data",
        f"{text[:1].upper()}{text[1:]}. The model can repeat them to anybody, and much personal data may fail the "
        "safety tests after training. Keep only what is meant to be said.",
        max(email.count, phone.count),
        lines,
    )


def sensitive(whole: Sum) -> Advice | None:
    """Words on which the safety tests after training may stop, where there are more than a few."""
    found = mark_of(whole, "sensitive")
    if found.count < max(_LEAST_SENSITIVE, MANY_SENSITIVE * whole.tally.observed.looked):
        return None
    return said(
        "sensitive",
        f"Words of violence, self-harm, sex, drugs, hate or harassment stand in {counted(found.count)}"
        f"{looked(whole)}. Only a hint: they may be in place, but OpenAI tests a tuned model for safety and can block "
        "it. Look at them first.",
        found,
    )
