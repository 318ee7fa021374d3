"""What is advised on a dataset that would train, but badly; and that a good one is left in peace."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import catalog
from bot.domain.catalog import Format
from bot.domain.datasets import sampling
from bot.domain.datasets.report import Advice, Recognised, Report, from_json, to_json
from bot.domain.datasets.report_builder import Facts, conclude, limits_for
from bot.domain.datasets.statistics import Counts, Examiner, Sum
from bot.domain.datasets.tokens import Meter

TODAY = date(2026, 11, 22)
MODELS = catalog.load()
TOPICS = (
    *(
        "invoices",
        "parcels",
        "passwords",
        "refunds",
        "holidays",
        "batteries",
        "printers",
        "contracts",
        "taxes",
    ),
    *(
        "cameras",
        "gardens",
        "bicycles",
        "tickets",
        "deliveries",
        "accounts",
        "discounts",
        "keyboards",
        "windows",
    ),
)


def message(role: str, content: Any) -> dict[str, Any]:
    return {"role": role, "content": content}


def chat(question: str, answer: str, system: str | None = None) -> bytes:
    messages = [message("user", question), message("assistant", answer)]
    return line(messages if system is None else [message("system", system), *messages])


def line(messages: list[dict[str, Any]], **more: Any) -> bytes:
    return json.dumps({"messages": messages, **more}, ensure_ascii=False).encode()


def answer(number: int) -> str:
    """An ordinary answer, unlike the others."""
    one, two = TOPICS[number % len(TOPICS)], TOPICS[(number * 7 + 3) % len(TOPICS)]
    return (
        f"You can find the {one} in the menu of this page, and with number {number} we help you to move the "
        f"{two} there. If that is not what you need, tell us which {one} you have and when it was sold."
    )


def ordinary(count: int, system: str | None = "You help customers.") -> list[bytes]:
    return [
        chat(f"Where are my {TOPICS[number % len(TOPICS)]} of case {number}?", answer(number), system)
        for number in range(count)
    ]


def report_on(
    lines: Sequence[bytes],
    kind: Format = "chat",
    *,
    cuts: Iterable[int] = (),
    size: int = 0,
    by_pipe: bool = False,
) -> Report:
    """The report on these lines, examined in ranges, as if the file had so many bytes."""
    limits = limits_for(MODELS, kind, TODAY, size=size)
    whole = Sum(limits)
    for start, end in pairwise([0, *sorted(cuts), len(lines)]):
        examiner = Examiner(kind, limits, Meter(lambda text: len(text.split())))
        for each in lines[start:end]:
            examiner.take(each)
        whole.add(sent(examiner.done()) if by_pipe else examiner.done())
    return conclude(Facts("data.jsonl", size, "0" * 64), Recognised(kind), whole, MODELS, TODAY)


def sent(counts: Counts) -> Counts:
    """The tally as it comes out of the pipe from a worker."""
    return msgspec.json.decode(msgspec.json.encode(counts), type=Counts)


def advised(report: Report) -> dict[str, Advice]:
    assert report.ok
    return {advice.code: advice for advice in report.advice}


def test_an_ordinary_file_gets_no_advice() -> None:
    assert report_on(ordinary(120)).advice == ()
    assert report_on(ordinary(120, system=None)).advice == ()


REPORT = (
    "The harbour was quiet when the last ferry came in, and only two of the cranes were still working under the "
    "{} lamps. A guard walked along the fence, counted the containers that had arrived since noon, and wrote the "
    "number of each into a book which nobody had opened for years."
)


def test_examples_that_are_nearly_the_same_are_told() -> None:
    lines = ordinary(60)
    lines[3] = chat(
        "What did the evening look like at the port?", REPORT.format("yellow"), "You help customers."
    )
    lines[40] = chat("What did the evening look like at the port?", REPORT.format("white"), "Help customers.")
    lines[50] = chat("What does the guard do?", f"He walks. {REPORT[-90:]}", "You help customers.")
    assert advised(report_on(lines))["near_duplicates"].lines == (41,)


def test_the_same_content_spelled_in_other_json_is_a_near_duplicate() -> None:
    lines = ordinary(60)
    lines[40] = json.dumps(json.loads(lines[3]), indent=None, separators=(",", ":")).encode()
    assert advised(report_on(lines))["near_duplicates"].lines == (41,)


def test_word_for_word_repetitions_are_duplicates_and_not_told_twice() -> None:
    lines = ordinary(60)
    lines[40] = lines[3]
    assert set(advised(report_on(lines))) == {"duplicates"}


def test_instructions_that_all_examples_share_make_them_no_duplicates() -> None:
    task = (
        "Combine all of these numbers exactly once with plus, minus, times or divided to reach the target. "
        * 5
    )
    lines = [
        chat(
            f"{task} Target {number * 37 % 101}, numbers {number}, {number * 3}, {number * 5}",
            f"{number} + {number}.",
        )
        for number in range(60)
    ]
    assert report_on(lines).advice == ()


def test_short_labels_are_neither_duplicates_nor_unlike_the_rest() -> None:
    labels = ("refund", "delivery", "account", "other")
    lines = [
        chat(f"Which kind is ticket {number} about {answer(number)}?", labels[number % 4])
        for number in range(80)
    ]
    assert report_on(lines).advice == ()


def test_the_same_prompt_with_different_answers_is_told_at_all_of_its_lines() -> None:
    lines = ordinary(60)
    lines[10] = chat("Where is it?", answer(100), "You help customers.")
    lines[50] = chat("Where is it?", answer(101), "You help customers.")
    lines[51] = chat("Where is it?", answer(102), "You help nobody, and say so to everybody.")
    found = advised(report_on(lines))
    assert found["conflicting_answers"].lines == (11, 51)


def test_several_preferred_answers_to_one_prompt_are_no_contradiction() -> None:
    pairs = [
        json.dumps(
            {
                "input": {"messages": [message("user", "Which?")]},
                "preferred_output": [message("assistant", answer(number))],
                "non_preferred_output": [message("assistant", f"No {number}.")],
            }
        ).encode()
        for number in range(60)
    ]
    assert report_on(pairs, "preference").advice == ()


REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I cannot answer this question.",
    "As an AI language model, I don't have opinions.",
    "죄송하지만 그 질문에는 답변해 드릴 수 없습니다.",
    "Leider kann ich Ihnen dabei nicht helfen.",
    "申し訳ございませんが、お答えできません。",
)


def test_many_refusals_are_told_and_a_few_are_not() -> None:
    lines = ordinary(60)
    for number in range(18):
        lines[number] = chat(f"Question {number} on {answer(number)}?", f"{REFUSALS[number % 6]} {number}")
    few = advised(report_on([*lines[14:], *ordinary(90)[60:]]))
    assert "many_refusals" not in few
    found = advised(report_on(lines))["many_refusals"]
    assert found.count == 18
    assert "30 % of the answers" in found.message


def test_a_refusal_in_its_own_key_counts_and_one_that_is_quoted_does_not() -> None:
    refused = [
        line([message("user", f"Tell {number}!"), {"role": "assistant", "refusal": f"No, not {number}."}])
        for number in range(20)
    ]
    assert advised(report_on([*ordinary(40), *refused]))["many_refusals"].lines == tuple(range(41, 61))
    quoted = [
        chat(f"What means it {number}?", f'Number {number}: "I cannot help" is a refusal.')
        for number in range(30)
    ]
    assert "many_refusals" not in advised(report_on([*ordinary(40), *quoted]))


@pytest.mark.parametrize(("same", "told"), [(35, False), (37, True)])
def test_one_label_for_most_examples_is_told(same: int, told: bool) -> None:
    lines = [
        chat(f"Sort ticket {number} on {answer(number)}!", "spam" if number < same else f"label {number % 5}")
        for number in range(60)
    ]
    assert ("one_answer" in advised(report_on(lines))) is told


def test_a_sentence_that_answers_a_sixth_of_all_is_told() -> None:
    lines = ordinary(60)
    for number in range(10):
        lines[number] = chat(
            f"Now {number}?", "Please contact our support team, which will be glad to help you with that."
        )
    found = advised(report_on(lines))["one_answer"]
    assert (found.count, found.lines[:2]) == (10, (1, 2))
    assert "17 %" in found.message


KOREAN = "메뉴에서 청구서를 찾으실 수 있습니다. 다른 것이 필요하시면 저희에게 말씀해 주시기 바랍니다"


def test_a_language_that_few_answers_have_is_told() -> None:
    lines = ordinary(60)
    for number in (5, 6, 30):
        lines[number] = chat(f"어디에 있나요 {number}?", f"{KOREAN} {number}.", "You help customers.")
    found = advised(report_on(lines))["rare_language"]
    assert found.lines == (6, 7, 31)
    assert "English" in found.message
    assert "Korean" in found.message


def test_code_among_answers_in_a_language_is_no_other_language() -> None:
    lines = [chat(f"어디에 있나요 {number}?", f"{KOREAN} {number}.") for number in range(60)]
    for number in (5, 6, 30):
        said = f"SELECT name, town FROM customer WHERE number = {number} AND town = 'the town'"
        lines[number] = chat(f"질의 {number}?", said)
    assert "rare_language" not in advised(report_on(lines))


def test_two_languages_in_balance_are_fine() -> None:
    lines = ordinary(60)
    for number in range(30):
        lines[number] = chat(
            f"{TOPICS[number % 18]} 어디 {number}?", f"{KOREAN} {number}.", "You help customers."
        )
    assert "rare_language" not in advised(report_on(lines))


def test_another_system_prompt_than_most_have_is_told() -> None:
    lines = ordinary(60)
    lines[20] = chat("Where?", answer(100), "You help customer.")
    lines[30] = chat("Where to?", answer(101), "You are a pirate.")
    found = advised(report_on(lines))["other_system"]
    assert (found.count, found.lines) == (2, (21, 31))
    assert "with 2 different" in found.message


def test_a_system_prompt_for_each_example_is_fine() -> None:
    lines = [chat(f"Where {number}?", answer(number), f"Customer {number} asks.") for number in range(60)]
    assert report_on(lines).advice == ()


@pytest.mark.parametrize("said", ["", "  \n", "-", "...", "TODO", "nan", "“”"])
def test_an_answer_without_a_word_is_told(said: str) -> None:
    lines = ordinary(60)
    lines[7] = chat("And now?", said, "You help customers.")
    assert advised(report_on(lines))["empty_answers"].lines == (8,)


def test_an_empty_answer_that_is_not_learned_is_fine() -> None:
    lines = ordinary(60)
    messages = json.loads(lines[7])["messages"]
    asked = [message("user", "Hm?"), {**message("assistant", ""), "weight": 0}]
    lines[7] = line([messages[0], *asked, *messages[1:]])
    assert report_on(lines).advice == ()


def test_a_tool_call_without_content_is_no_empty_answer() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"city": "Busan"}'}}
    lines = ordinary(60)
    lines[7] = line(
        [
            message("system", "You help customers."),
            message("user", "What is the weather in Busan?"),
            {"role": "assistant", "tool_calls": [call]},
        ]
    )
    assert [advice.code for advice in report_on(lines).advice] == ["undefined_call"]


@pytest.mark.parametrize(
    "said",
    [
        "First you open the menu, then you choose the",
        "There are several of these on our pages, for example invoices,",
        "You could also try to turn it off and on again...",
        "Here you are:\n```python\nprint('hello')",
        "It opens at nine and closes (with a break",
    ],
)
def test_an_answer_that_breaks_off_is_told(said: str) -> None:
    lines = ordinary(60)
    lines[7] = chat("And then?", said, "You help customers.")
    cut = "(with" not in said
    assert ("cut_answers" in advised(report_on(lines))) is cut


@pytest.mark.parametrize(
    "said",
    [
        "The answer is: (b) no",
        "Answer: Yes;",
        "It is in Vitamin A",
        "```\nx = 1\n```",
        "Sort it into: refund",
        "Sure 👍",
    ],
)
def test_an_answer_that_just_has_no_full_stop_is_fine(said: str) -> None:
    lines = ordinary(60)
    lines[7] = chat("And then?", said, "You help customers.")
    assert "cut_answers" not in advised(report_on(lines))


VERSE = "Along the harbour wall we went,\nthe lamps were burning low,\nand every song the night had sent"


@pytest.mark.parametrize(
    "said",
    [
        VERSE + "…",
        VERSE + ",",
        "And still I hear the harbour bells…",
        "And still I hear the bells...",
        "Well… I looked at all of it twice, and there is really nothing that I could add to it by now…",
    ],
)
def test_dots_and_commas_at_the_end_of_a_verse_are_no_cut(said: str) -> None:
    lines = ordinary(60)
    lines[7] = chat("And then?", said, "You help customers.")
    assert "cut_answers" not in advised(report_on(lines))


def test_a_long_text_that_trails_away_is_cut() -> None:
    lines = ordinary(60)
    lines[7] = chat("And then?", answer(7).rstrip(".") + " and where you bought them…", "You help customers.")
    assert advised(report_on(lines))["cut_answers"].lines == (8,)


@pytest.mark.parametrize(
    "said",
    [
        "I am {{name}}, and I was built by {{ author }}.",
        "Dear [NAME], thank you for your letter.",
        "Best regards,\n[Your Name]",
        "Please write to [Company Email].",
        "Go to <your address> and log in.",
        "[INSERT GREETING HERE] How can I help?",
    ],
)
def test_a_placeholder_that_nobody_filled_in_is_told(said: str) -> None:
    lines = ordinary(60)
    lines[7] = chat("And then?", said, "You help customers.")
    assert advised(report_on(lines))["placeholders"].lines == (8,)


@pytest.mark.parametrize(
    "said",
    [
        "Write `{{ name }}` into the template.",
        "```vue\n<p>{{ greeting }}</p>\n```",
        "See [Name](https://harbour.kr/name) and [the link].",
        "[INFO] It started; see [1] and [NIST].",
        "Press <Enter>, then <b>your name</b>.",
        r"So \frac{{a}}{{b}} is it.",
    ],
)
def test_code_links_and_notes_are_no_placeholders(said: str) -> None:
    lines = ordinary(60)
    lines[7] = chat("And then?", said, "You help customers.")
    assert "placeholders" not in advised(report_on(lines))


def test_a_name_that_a_question_hides_is_no_placeholder_but_an_empty_template_is() -> None:
    lines = ordinary(60)
    lines[7] = chat("I am [NAME], who are you?", answer(7), "You help customers.")
    lines[9] = chat("Summarise this: {{document}}", answer(9), "You help customers.")
    assert advised(report_on(lines))["placeholders"].lines == (10,)


TOOL = {"type": "function", "function": {"name": "look", "description": "Weather", "parameters": {}}}


@pytest.mark.parametrize(("given", "named"), [({3, 7}, (4, 8)), (set(range(60)) - {5}, (6,))])
def test_tools_in_some_examples_only_are_told_by_the_fewer(given: set[int], named: tuple[int, ...]) -> None:
    lines = ordinary(60)
    for number in given:
        lines[number] = line(json.loads(lines[number])["messages"], tools=[TOOL])
    assert advised(report_on(lines))["mixed_tools"].lines == named


def test_an_empty_list_of_tools_is_none() -> None:
    lines = [line(json.loads(each)["messages"], tools=[]) for each in ordinary(60)]
    assert "mixed_tools" not in advised(report_on([*lines, *ordinary(62)[60:]]))


def test_hate_and_harassment_are_delicate_matters() -> None:
    lines = ordinary(60)
    lines[3] = chat("All of them are vermin.", "People are not vermin.", "You help customers.")
    lines[4] = chat("He is harassing me at work.", "I am sorry to hear that.", "You help customers.")
    lines[5] = chat("혐오 표현이 무엇인가요?", "사람을 깎아내리는 말입니다.", "You help customers.")
    found = advised(report_on(lines))["sensitive"]
    assert found.lines == (4, 5, 6)
    assert "hate or harassment" in found.message


def test_an_example_far_longer_or_shorter_than_the_rest_is_told() -> None:
    lines = ordinary(60)
    lines[7] = chat("All of it?", " ".join(map(answer, range(200))), "You help customers.")
    assert advised(report_on(lines))["unlike_rest"].lines == (8,)


def test_delicate_matters_are_a_hint_from_three_examples_on() -> None:
    lines = ordinary(60)
    for number in (3, 4):
        lines[number] = chat(
            f"Tell me of {number}.", f"The film {number} is on the suicide of a poet.", "You help customers."
        )
    assert "sensitive" not in advised(report_on(lines))
    lines[5] = chat("그 영화는?", "그 시인의 자살을 다룬 영화입니다.", "You help customers.")
    found = advised(report_on(lines))["sensitive"]
    assert found.lines == (4, 5, 6)
    assert "Only a hint" in found.message


ODD = [
    chat("Where is it?", "Here."),
    chat("Where is it?", "There, ask ann@firm.kr for the"),
    chat("Which key?", "sk-proj-Ab3dE6gH9jK2mN5pQ8sT1vW4"),
    chat("Who?", "I cannot help you with that.", "You help nobody."),
    chat("어디?", KOREAN),
    chat("Card?", "4539 1488 0343 6467"),
    b'{"messages": []}',
    b"oops",
]


@given(
    st.lists(st.sampled_from([*ordinary(30), *ODD]), max_size=60),
    st.lists(st.integers(0, 60), max_size=4),
    st.sampled_from([0, 5 << 20, 50 << 20]),
)
def test_advice_and_spread_are_the_same_however_a_file_is_cut(
    lines: list[bytes], cuts: list[int], size: int
) -> None:
    report = report_on(lines, size=size)
    cuts = [cut for cut in cuts if cut <= len(lines)]
    assert report_on(lines, cuts=cuts, size=size) == report
    assert report_on(lines, cuts=cuts, size=size, by_pipe=True) == report


@settings(max_examples=30)  # each examines forty examples twice
@given(st.lists(st.integers(0, 40), max_size=5))
def test_what_is_kept_has_its_bounds_however_a_file_is_cut(cuts: list[int]) -> None:
    lines = [chat(f"Where {number}?", answer(number), f"Customer {number} asks.") for number in range(40)]
    with pytest.MonkeyPatch.context() as patch:
        for bound in ("KEPT_SAMPLES", "KEPT_ANSWERS", "KEPT_SYSTEMS"):
            patch.setattr(sampling, bound, 12)
        whole, parts = observed(lines, []), observed(lines, cuts)
    assert parts == whole
    assert [len(whole.looks), len(whole.asked), len(whole.systems)] == [12, 12, 12]
    assert whole.looked == 40


def observed(lines: list[bytes], cuts: list[int]) -> sampling.Observed:
    limits = limits_for(MODELS, "chat", TODAY)
    whole = Sum(limits)
    for start, end in pairwise([0, *sorted(cuts), len(lines)]):
        examiner = Examiner("chat", limits, Meter(len))
        for each in lines[start:end]:
            examiner.take(each)
        whole.add(examiner.done())
    return whole.counts.observed


def test_a_big_file_is_looked_at_in_a_sample_which_is_said() -> None:
    lines = [chat(f"Where is {number}?", f"Call +82 2 312 {4000 + number}, please.") for number in range(600)]
    found = advised(report_on(lines, size=20 << 20))["contact_data"]
    assert 20 < found.count < 150
    assert f"(in a sample of {found.count:,})" in found.message


def test_every_sentence_is_short_enough_for_slack() -> None:
    lines = [
        *ordinary(100),
        *ODD[:6],
        *[chat(f"Where {n}?", f"I cannot help you with {n}.", "No.") for n in range(80)],
    ]
    lines += [chat(f"Now {n}?", "No, never.") for n in range(200)] + [
        chat(f"A {n}", "rape and cocaine") for n in range(5)
    ]
    lines += (
        [chat(f"그 {n}?", f"{KOREAN} {n}") for n in range(5)] + [lines[0]] + [chat("Long", answer(1) * 300)]
    )
    for size in (0, 3 << 20):
        report = report_on(lines, size=size)
        assert len(report.advice) > 5
        assert all(len(advice.message) <= 300 for advice in report.advice)
        assert all(advice.message.endswith(".") for advice in report.advice)


def test_no_advice_quotes_the_dataset() -> None:
    lines = [
        *ordinary(60),
        *ODD[:6],
        chat("Zebra?", "zebra zebra zebra zebra ann@zebra.kr +82 2 312 4567", "Zebra."),
    ]
    told = " ".join(advice.message for advice in report_on(lines).advice)
    for quoted in ("zebra", "Zebra", "ann@", "firm.kr", "sk-", "4539", "312"):
        assert quoted not in told


def test_a_report_with_advice_survives_being_json() -> None:
    report = report_on([*ordinary(60), *ODD[:6]])
    values = json.loads(json.dumps(to_json(report)))
    assert from_json(values) == report


def test_a_report_saved_before_there_was_a_spread_can_be_read() -> None:
    values = to_json(report_on(ordinary(60)))
    for key in ("p50", "p90", "p99", "histogram"):
        del values["tokens"][key]
    del values["suggestions"]
    tokens = from_json(values).tokens
    assert (tokens.p50, tokens.histogram) == (0, ())


def test_words_of_the_trade_are_not_delicate() -> None:
    lines = ordinary(60)
    for number in range(10):
        said = f"Call :meth:`kill` to kill process {number}, or a fork bomb. 투자해야 할 때와 아닌 때가 있습니다."
        lines[number] = chat(f"How do I end job {number}?", said, "You help customers.")
    assert "sensitive" not in advised(report_on(lines))
