"""What the buttons and forms of a dataset's card do; real Bolt, real Web API, fakes behind."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.datasets.lifecycle import Dataset, DatasetState
from bot.domain.datasets.report import Advice
from bot.domain.transforms.convert import Mapping
from bot.domain.transforms.lifecycle import TransformKind, TransformState
from bot.domain.transforms.mend import Deed
from bot.domain.worker_tasks import Mended, Preview
from bot.sandbox.slack.blocks import check_message, faults_of
from handlers.ids import Action, Form
from handlers.views import mending, transforms
from handlers.views.datasets import cards
from handlers.views.transform_forms import ConvertForm
from tests.handlers import samples
from tests.handlers.conftest import Desk, until
from tests.handlers.samples import HOSTILE

TABLE = samples.report(
    ok=False, format=None, valid=0, problem_count=1, problem_codes={"table_file": 1}, estimates=(), advice=()
)
MENDABLE = replace(samples.broken(3), problem_codes={"unknown_key": 3})


def rejected(report: Any = MENDABLE, **changes: Any) -> Dataset:
    return samples.dataset(DatasetState.REJECTED, report=report, **changes)


def labels(dataset: Dataset) -> list[str]:
    """The row of buttons as a person reads it: the primary one with a star, the menu's entries in brackets."""
    [row] = [block for block in cards.card(dataset).blocks if block["type"] == "actions"]
    seen = []
    for element in row["elements"]:
        if element["type"] == "overflow":
            seen += [f"[{each['text']['text']}]" for each in element["options"]]
        else:
            seen.append(element["text"]["text"] + ("*" if element.get("style") == "primary" else ""))
    return seen


async def put(desk: Desk, dataset: Dataset) -> dict[str, str]:
    """The card of a dataset in the channel, as the worker posts it; gives what a click needs."""
    place = replace(dataset.place, channel_id=desk.channels["ft-support"])
    desk.datasets.by_id[dataset.id] = replace(dataset, place=place)
    return await desk.say(cards.card(dataset).blocks)


async def click(desk: Desk, where: dict[str, str], action_id: str, who: str = "mina") -> None:
    assert (await desk.act("click", who, **where, action={"action_id": action_id}))["ok"]


async def choose(desk: Desk, where: dict[str, str], wish: str, who: str = "mina") -> None:
    """Pick from the menu behind the three dots."""
    picked = {"action_id": Action.MORE, "selected_option": {"value": wish}}
    assert (await desk.act("click", who, **where, action=picked))["ok"]


async def asked(desk: Desk) -> tuple[str, TransformKind, Any]:
    """The one transform that was asked for."""

    async def look() -> Any:
        return list(desk.transforms.asked) or None

    [(dataset_id, kind, options)] = await until(look)
    return dataset_id, kind, json.loads(options)


def as_it_stands(view: dict[str, Any], **typed: str) -> dict[str, Any]:
    """A form's values, some typed over."""
    values = view["state"]["values"]
    for block, text in typed.items():
        for state in values[block].values():
            state["value"] = text
    return dict(values)


# ---- which buttons ------------------------------------------------------------------------------------------


def test_a_broken_file_is_mended_first() -> None:
    assert labels(rejected()) == ["Mend…*", "Full report", "[Post report as file]", "[Delete…]"]


def test_a_table_is_converted_first() -> None:
    assert labels(rejected(TABLE)) == ["Convert…*", "Full report", "[Post report as file]", "[Delete…]"]


def test_a_file_that_no_tool_helps_has_its_report() -> None:
    empty = replace(TABLE, problem_codes={"empty_file": 1})
    assert labels(rejected(empty)) == ["Full report", "[Post report as file]", "[Delete…]"]


def test_a_ready_file_is_started_and_the_rest_is_behind_the_menu() -> None:
    assert labels(samples.dataset()) == [
        "Start fine-tuning*",
        "Full report",
        "[Split for validation…]",
        "[Post report as file]",
        "[Delete…]",
    ]
    second = samples.dataset(version=2, report=samples.report(advice=(Advice("duplicates", "Twice.", 1),)))
    assert labels(second)[2:] == [
        "[Remove repetitions…]",
        "[Split for validation…]",
        "[Compare with version 1]",
        "[Post report as file]",
        "[Delete…]",
    ]
    assert "[Compare with another version…]" in labels(samples.dataset(version=3))


def test_in_a_direct_message_the_tools_are_there_without_the_start() -> None:
    place = replace(samples.CHANNEL, channel_id="D1")
    assert labels(samples.dataset(place=place))[:2] == ["Full report", "[Split for validation…]"]


# ---- one click ----------------------------------------------------------------------------------------------


async def mend(desk: Desk, where: dict[str, str], who: str = "mina") -> None:
    """Press *Mend…*, and then the button of what it shows."""
    await click(desk, where, Action.MEND, who)
    view = await desk.modal("would be repaired", who)
    assert (await desk.act("submit", who, view_id=view["id"], values={}))["ok"]


async def test_mend_shows_by_line_what_it_would_do_and_asks(desk: Desk) -> None:
    await click(desk, await put(desk, rejected()), Action.MEND)
    shown = str((await desk.modal("Would be left out: 6 of 16 lines"))["blocks"])
    assert "6 lines stay as they are · 4 would be repaired · 6 of 16 lines would be left out" in shown
    assert "• Line 3: Trailing comma removed." in shown
    assert "• Lines 5, 7–9 and 2 more: The last message is not the assistant's." in shown
    assert "last_not_assistant" not in shown
    assert "nothing that is learned changes" in shown
    assert desk.transforms.asked == {}


async def test_what_was_shown_is_mended_and_only_the_one_who_pressed_is_told(desk: Desk) -> None:
    await mend(desk, await put(desk, rejected()))
    assert await asked(desk) == ("d1", TransformKind.MEND, {})
    assert not any("mending" in message["text"] for message in await desk.messages(who="jonas"))


async def test_another_content_than_the_one_that_was_looked_at_is_not_mended(desk: Desk) -> None:
    await click(desk, await put(desk, rejected()), Action.MEND)
    view = await desk.modal("would be repaired")
    desk.datasets.by_id["d1"] = replace(desk.datasets.by_id["d1"], sha256="cd" * 32)
    await desk.act("submit", view_id=view["id"], values={})
    await desk.modal("This changed since you read it")
    assert desk.transforms.asked == {}


async def test_nothing_to_mend_has_no_button(desk: Desk) -> None:
    desk.transforms.plan = samples.plan(deeds=())
    await click(desk, await put(desk, rejected()), Action.MEND)
    assert (await desk.modal("There is nothing to mend in *support.jsonl*")).get("submit") is None


async def test_who_presses_after_somebody_else_asks_for_the_same(desk: Desk) -> None:
    where = await put(desk, rejected())
    await mend(desk, where)
    await mend(desk, where, "jonas")
    assert len(desk.transforms.asked) == 1


async def test_a_guest_is_told_who_can_ask(desk: Desk) -> None:
    where = await put(desk, rejected())
    await click(desk, where, Action.MEND, "priya")
    assert await desk.modal("only full members", "priya")
    assert desk.transforms.asked == {}


async def test_a_button_of_a_deleted_file_says_that_it_is_gone(desk: Desk) -> None:
    where = await put(desk, rejected())
    desk.datasets.by_id["d1"] = samples.dataset(DatasetState.DELETED)
    await click(desk, where, Action.MEND)
    await desk.modal("This file was deleted")
    assert desk.transforms.asked == {}


async def test_a_button_that_no_longer_fits_is_told_so(desk: Desk) -> None:
    where = await put(desk, rejected())
    desk.datasets.by_id["d1"] = samples.dataset()
    await click(desk, where, Action.MEND)
    await desk.modal("its card shows what can")


async def test_the_report_is_posted_from_the_menu_and_from_within_itself(desk: Desk) -> None:
    where = await put(desk, samples.dataset())
    await choose(desk, where, "report:d1")
    await desk.sees("I am writing the whole report")
    await click(desk, where, Action.REPORT)
    view = await desk.modal("What training would cost")
    said = await desk.act("click", view_id=view["id"], action={"action_id": Action.REPORT_AS_FILE})
    assert said["ok"]
    await desk.modal("You have asked for this already")
    assert await asked(desk) == ("d1", TransformKind.REPORT, {})


# ---- convert ------------------------------------------------------------------------------------------------


async def test_convert_shows_the_guess_and_the_first_examples_and_then_asks_for_it(desk: Desk) -> None:
    where = await put(desk, rejected(TABLE, name="faq.csv"))
    await click(desk, where, Action.CONVERT)
    view = await desk.modal("*User:* Why?")
    shown = str(view["blocks"])
    assert "*Assistant:* So." in shown
    assert "Not used: id" in shown
    assert (await desk.act("submit", view_id=view["id"], values=as_it_stands(view)))["ok"]
    dataset_id, kind, options = await asked(desk)
    assert (await desk.get("views", **{"as": desk.users["mina"]}))["modals"] == []
    assert (dataset_id, kind) == ("d1", TransformKind.CONVERT)
    assert options["mapping"]["columns"] == {"question": "question", "answer": "answer"}


async def test_another_column_changes_the_examples(desk: Desk) -> None:
    await click(desk, await put(desk, rejected(TABLE)), Action.CONVERT)
    view = await desk.modal("*Assistant:* So.")
    values = as_it_stands(view)
    column = {"text": {"type": "plain_text", "text": "id"}, "value": "=id"}
    values["column_answer"][Action.PICK_COLUMN]["selected_option"] = column
    picked = {"action_id": Action.PICK_COLUMN, "block_id": "column_answer", "selected_option": column}
    await desk.act("click", view_id=view["id"], action=picked, values=values)
    changed = await desk.modal("*Assistant:* 7")
    assert "Not used: answer" in str(changed["blocks"])


async def test_another_shape_asks_for_its_columns_first(desk: Desk) -> None:
    await click(desk, await put(desk, rejected(TABLE)), Action.CONVERT)
    view = await desk.modal("*Assistant:* So.")
    values = as_it_stands(view)
    shape = next(
        each for each in view["blocks"][1]["element"]["options"] if each["value"] == "chosen/rejected pairs"
    )
    values["shape"][Action.PICK_SHAPE]["selected_option"] = shape
    picked = {"action_id": Action.PICK_SHAPE, "block_id": "shape", "selected_option": shape}
    await desk.act("click", view_id=view["id"], action=picked, values=values)
    changed = await desk.modal("Better answer")
    assert "the first examples appear here" in str(changed["blocks"])
    said = await desk.act("submit", view_id=view["id"], values=as_it_stands(changed))
    assert not desk.transforms.asked, said


async def test_a_column_is_not_two_things(desk: Desk) -> None:
    await click(desk, await put(desk, rejected(TABLE)), Action.CONVERT)
    view = await desk.modal("*Assistant:* So.")
    values = as_it_stands(view)
    column = {"text": {"type": "plain_text", "text": "question"}, "value": "=question"}
    values["column_answer"][Action.PICK_COLUMN]["selected_option"] = column
    picked = {"action_id": Action.PICK_COLUMN, "block_id": "column_answer", "selected_option": column}
    await desk.act("click", view_id=view["id"], action=picked, values=values)
    changed = await desk.modal('The column "question" is the question already.')
    said = await desk.act("submit", view_id=changed["id"], values=as_it_stands(changed))
    assert "is the question already. Pick another one." in said["errors"]["column_answer"]
    assert not desk.transforms.asked


async def test_a_system_prompt_is_typed_and_is_not_a_column_as_well(desk: Desk) -> None:
    await click(desk, await put(desk, rejected(TABLE)), Action.CONVERT)
    view = await desk.modal("*Assistant:* So.")
    values = as_it_stands(view, system="Be kind.")
    column = {"text": {"type": "plain_text", "text": "id"}, "value": "=id"}
    values["column_system"][Action.PICK_COLUMN]["selected_option"] = column
    said = await desk.act("submit", view_id=view["id"], values=values)
    assert 'The column "id" is the system prompt already.' in said["errors"]["system"]
    values = as_it_stands(view, system="Be kind.")
    none = {"text": {"type": "plain_text", "text": "none"}, "value": "-"}
    values["column_system"][Action.PICK_COLUMN]["selected_option"] = none
    assert (await desk.act("submit", view_id=view["id"], values=values))["ok"]
    _, _, options = await asked(desk)
    assert options["system"] == "Be kind."


# ---- split and compare --------------------------------------------------------------------------------------


async def test_split_says_how_many_go_where_before_it_is_done(desk: Desk) -> None:
    await choose(desk, await put(desk, samples.dataset()), "split:d1")
    view = await desk.modal("20%: 38 to train, 10 to validate")
    assert (await desk.act("submit", view_id=view["id"], values=as_it_stands(view)))["ok"]
    assert (await desk.get("views", **{"as": desk.users["mina"]}))["modals"] == []
    assert await asked(desk) == ("d1", TransformKind.SPLIT, {"share": 0.2, "seed": 42})


async def test_a_number_of_examples_goes_before_the_share(desk: Desk) -> None:
    await choose(desk, await put(desk, samples.dataset()), "split:d1")
    view = await desk.modal("to validate")
    values = as_it_stands(view, examples="12", seed="7")
    assert (await desk.act("submit", view_id=view["id"], values=values))["ok"]
    assert await asked(desk) == ("d1", TransformKind.SPLIT, {"share": 12 / 48, "seed": 7})


async def test_the_other_version_is_compared_at_once_the_newer_with_the_older(desk: Desk) -> None:
    second = samples.dataset(version=2)
    where = await put(desk, second)
    first = replace(desk.datasets.by_id["d1"], id="d0", version=1)
    desk.datasets.ready += [desk.datasets.by_id["d1"], first]
    await choose(desk, where, "compare:d1")
    await desk.sees("I am comparing")
    assert await asked(desk) == ("d1", TransformKind.COMPARE, {"with": "d0"})


async def test_of_several_versions_one_is_picked(desk: Desk) -> None:
    where = await put(desk, samples.dataset(version=3))
    mine = desk.datasets.by_id["d1"]
    others = [replace(mine, id=f"v{version}", version=version) for version in (1, 2)]
    desk.datasets.by_id |= {each.id: each for each in others}
    desk.datasets.ready += [mine, *others]
    await choose(desk, where, "compare:d1")
    view = await desk.modal("Version 1")
    assert view["callback_id"] == Form.COMPARE
    assert (await desk.act("submit", view_id=view["id"], values=as_it_stands(view)))["ok"]
    assert await asked(desk) == ("d1", TransformKind.COMPARE, {"with": "v2"})


async def test_without_another_version_left_the_comparison_says_so(desk: Desk) -> None:
    await choose(desk, await put(desk, samples.dataset(version=2)), "compare:d1")
    await desk.sees("no other version left")


# ---- what is shown ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(TransformKind))
def test_whoever_asks_hears_how_it_stands(kind: TransformKind) -> None:
    dataset, transform = samples.dataset(), samples.transform(kind)
    assert "*support.jsonl*" in transforms.asked(dataset, transform, is_new=True, user_id="U1")
    assert "in a moment" in transforms.asked(dataset, transform, is_new=False, user_id="U2")
    done = replace(transform, state=TransformState.DONE)
    assert "<@U1> has asked for this" in transforms.asked(dataset, done, is_new=False, user_id="U2")


def test_a_comparison_tells_examples_tokens_and_prices() -> None:
    outcome = {
        "version": 3,
        "with_version": 1,
        "added": 1_200,
        "removed": 1,
        "changed": 2,
        "same": 40,
        "tokens_before": 4_000,
        "tokens_after": 52_000,
        "costs": [{"model": "gpt-4o-mini-2024-07-18", "before": 0.04, "after": None}],
    }
    message = transforms.result(
        samples.transform(TransformKind.COMPARE, state=TransformState.DONE, outcome=outcome)
    )
    [section] = message.blocks
    assert section["text"]["text"].splitlines() == [
        "*Version 3 beside version 1*: 1,200 added, 1 removed, 2 with another answer, 40 the same.",
        "Tokens: 4,000 → 52,000",
        "Training: gpt-4o-mini ≈ $0.04 → *price unknown*",
    ]


def test_what_could_not_be_done_tells_the_asker_why_and_quotes_nothing_active() -> None:
    transform = samples.transform(
        TransformKind.SPLIT, state=TransformState.FAILED, failure=f"Too few. {HOSTILE}"
    )
    message = transforms.result(transform)
    assert "<@U1>, the split did not work. Too few." in message.text
    assert "<!" not in message.text
    assert "nothing to mend" in transforms.result(samples.transform(state=TransformState.DONE)).text


def test_hostile_names_and_texts_stay_harmless_and_within_limits() -> None:
    names = (*(f"{n}{HOSTILE[:100]}" for n in range(200)), HOSTILE, "", "-")
    dataset = samples.dataset(name=HOSTILE, version=3)
    mapping = Mapping(
        "questions and answers", "chat", {"question": names[0], "answer": names[1]}, "likely", names[2:]
    )
    messages = [{"role": HOSTILE, "content": HOSTILE}] * 50
    pair = {"input": {"messages": messages}, "preferred_output": messages, "non_preferred_output": messages}
    form = ConvertForm("d1", "questions and answers", {"question": names[0], "answer": names[1]})
    preview = Preview(names, mapping, ({"messages": messages}, pair, pair), HOSTILE)
    views = [
        transforms.convert_form(dataset, form, preview),
        transforms.convert_form(dataset, form, Preview(names, None)),
        transforms.split_form(dataset, 10**9),
        mending.form(
            dataset, Mended(10, tuple(Deed("stray_key", HOSTILE, 9, (1,)) for _ in range(50)), 5, 5)
        ),
        transforms.compare_form(
            dataset, [samples.dataset(id=f"d{n}", version=n, name=HOSTILE) for n in range(150)]
        ),
    ]
    for view in views:
        assert faults_of(view["blocks"], "modal") == []
        shown = json.dumps([block for block in view["blocks"] if block["type"] != "input"])
        assert "<!" not in shown
        assert "<http" not in shown
        assert "<@" not in shown
    check_message(cards.card(rejected(name=HOSTILE)).blocks)
