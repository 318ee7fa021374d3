"""Keys and personal data in a dataset: what is told, what only looks alike, and where it may stand."""

import pytest

from bot.domain.datasets.pii import KINDS, Kind, hint_of, holds
from tests.domain.datasets.test_advice import advised, answer, chat, line, message, ordinary, report_on

# Put together here, so that no scanner of repositories takes them for real ones.
A, B = "q7Rt", "Zp4Lm9Xc2Vb8Nd3K"
SECRETS = (
    f"sk-{A}{B}{A}",
    f"sk-proj-{A}_{B}-{A}",
    f"sk-ant-api03-{A}{B}",
    "xoxb-" + "2857391046-5739182746-" + B,
    "xapp-" + f"1-A0{A}-{B}",
    "https://hooks.slack.com/services/" + f"T0{A}/B0{A}/{B}",
    "AKIA" + "2OGYBAH6STMM" + "7Q4R",
    "AIza" + f"Sy{B}{A}{B[:13]}",
    "ghp_" + f"{B}{A}{B}",
    "github_pat_" + f"11{B}_{B}",
    "eyJ" + f"hbGciOiJI{A}.eyJ" + f"zdWIiOiIx{A}.{B}",
    "-----BEGIN " + "RSA PRIVATE KEY-----",
)
NO_SECRETS = (
    "sk-",
    "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
    "sk-estimator-doc-link-with-a-long-name",
    "a risk-based-approach-to-many-things-2024",
    "the mask-2024-11-22-of-the-image-data-set",
    "AKIAIOSFODNN7EXAMPLE",
    "xoxb-your-token-goes-here",
    "-----BEGIN PUBLIC KEY-----",
    "commit 3b18e512dba79e4c8300dd08aeb37f8e728b8dad",
)
PAYMENT = (
    "4539 1488 0343 6467",
    "4539148803436467",
    "5425-2334-3010-9903",
    "DE89 3704 0044 0532 0130 00",
    "GB82WEST12345698765432",
)
NO_PAYMENT = (
    *("4242 4242 4242 4242", "4111111111111111"),  # what card companies give for tests
    *("4539 1488 0343 6468", "DE89 3704 0044 0532 0130 01"),  # a wrong check sum
    *(
        "1234567890123452",
        "3.14159265358979323",
        "0x4539148803436467ab",
        "2026-11-22 10:15:00 20261122",
        "US ISO 13616",
    ),
)
PHONES = (
    "+82 10-3842-9175",
    "+1 (415) 892-3067",
    "(415) 892-3067",
    "415-892-3067",
    "010-3842-9175",
    "+49 30 901820",
)
NO_PHONES = (
    "555-0123",
    "415-555-0123",
    "2026-11-22",
    "10.0.0.138",
    "48/2 = 24",
    "010-1234-5678",
    "1,000,000",
    "123-45-678",
)
EMAILS = ("ann@firm.kr", "ann.lee+news@mail.firm.co.uk", "<ann@firm.kr>")
NO_EMAILS = (
    "ann@example.com",
    "@property",
    "logo@2x.png",
    "a @ b.c",
    "user@host",
    "ann@mail.example.org",
    "x@y.test",
)


@pytest.mark.parametrize(
    ("kind", "texts"), [("secret", SECRETS), ("payment", PAYMENT), ("phone", PHONES), ("email", EMAILS)]
)
def test_what_is_private_is_found_wherever_it_stands_in_a_text(kind: Kind, texts: tuple[str, ...]) -> None:
    for text in texts:
        for whole in (
            text,
            f"It is {text}, as said.",
            f"First.\n{text}\nThen.",
            f"그건 {text} 입니다",
            f'("{text}")',
        ):
            assert holds(kind, whole), whole


@pytest.mark.parametrize(
    ("kind", "texts"),
    [("secret", NO_SECRETS), ("payment", NO_PAYMENT), ("phone", NO_PHONES), ("email", NO_EMAILS)],
)
def test_what_only_looks_private_is_left_in_peace(kind: Kind, texts: tuple[str, ...]) -> None:
    for text in texts:
        assert not holds(kind, f"It is {text} here."), text


def test_code_and_sums_hold_nothing_private() -> None:
    text = """
    @dataclass
    class Point:
        x: float = 3.141592653589793
        mask = 0xFFFF_FFFF_FFFF_FFFF
        when = "2026-11-22T10:15:30.123456+09:00"
        uuid = "123e4567-e89b-12d3-a456-426614174000"
        # 100 - 200 - 3000 = -3100; 12 345 678 901 234
        url = "https://a.example/9876543210987654?x=1234567890"
    """
    assert [kind for kind in KINDS if holds(kind, text)] == []


@pytest.mark.parametrize("secret", SECRETS[:4])
def test_the_commonest_keys_show_in_a_line_as_it_is(secret: str) -> None:
    assert "secret" in hint_of(chat("Key?", f"First\n{secret}"))


def test_a_key_is_told_first_and_at_its_line() -> None:
    lines = ordinary(60)
    lines[7] = chat("Which key?", f"It is {SECRETS[0]}.", "You help customers.")
    lines[9] = line(
        [
            message("system", "You help customers."),
            message("user", [{"type": "text", "text": SECRETS[5]}]),
            message("assistant", "Thank you, that is what I asked for."),
        ]
    )
    report = report_on(lines)
    assert report.advice[0].code == "secrets"
    assert report.advice[0].lines == (8, 10)


def test_numbers_of_cards_and_accounts_are_told() -> None:
    lines = ordinary(60)
    lines[7] = chat("Pay!", "Use 4539 1488 0343 6467 for that, please.", "You help customers.")
    assert advised(report_on(lines))["payment_numbers"].lines == (8,)


def test_addresses_and_phone_numbers_are_told_together() -> None:
    lines = ordinary(60)
    lines[7] = chat("Whom to ask?", "Write to ann@firm.kr, please.", "You help customers.")
    lines[9] = chat("Whom to call?", "Call +82 10-3842-9175, please.", "You help customers.")
    found = advised(report_on(lines))["contact_data"]
    assert found.lines == (8, 10)
    assert found.message.startswith("E-mail addresses in 1 example and phone numbers in 1 example.")


def test_what_is_private_in_the_answer_to_avoid_is_told_too() -> None:
    pairs = [
        (
            b'{"input": {"messages": [{"role": "user", "content": "Who %d?"}]}, "preferred_output": '
            b'[{"role": "assistant", "content": "Nobody, %d."}], "non_preferred_output": '
            b'[{"role": "assistant", "content": "Ask ann@firm.kr %d."}]}' % (number, number, number)
        )
        for number in range(60)
    ]
    assert advised(report_on(pairs, "preference"))["contact_data"].count == 60


def test_the_address_of_an_image_is_no_number() -> None:
    image = {
        "type": "image_url",
        "image_url": {"url": "https://firm.kr/4539-1488-0343-6467/010-3842-9175.png"},
    }
    lines = ordinary(60)
    lines[7] = line([message("user", [image]), message("assistant", answer(7))])
    assert not {"payment_numbers", "contact_data"} & set(advised(report_on(lines)))


def test_how_to_reach_the_company_may_stand_in_the_system_prompt_but_no_key() -> None:
    assert (
        report_on(ordinary(60, "Tell them to call +82 10-3842-9175 or to write to ann@firm.kr.")).advice == ()
    )
    assert advised(report_on(ordinary(60, f"Your key is {SECRETS[0]}.")))["secrets"].count == 60


@pytest.mark.parametrize(
    "hostile",
    [
        "eyJ-",
        "sk-",
        "-----BEGIN A ",
        "@a.",
        "@a",
        "1 ",
        "1(",
        "12345678(((",
        "DE89 ",
        "xoxb-",
        "+1 ",
        "hooks.slack.com/services/T",
    ],
)
def test_hostile_texts_are_looked_at_in_bounded_time(hostile: str) -> None:
    """The suite's time limit would end this one, were it quadratic: the text has four million characters."""
    text = hostile * (4_000_000 // len(hostile))
    assert [kind for kind in KINDS if holds(kind, text)] in ([], ["secret"])
