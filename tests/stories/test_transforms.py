"""The tools of a dataset, as a team uses them: press, and what comes into the thread is checked like any other file."""

import csv
import io
import json
from typing import Any

from tests.stories.driver import Message, People, Person, dataset, shown


async def card(person: Person, channel: str, thread: str, words: str) -> Message:
    """The card with these words in a file's thread."""
    return await person.sees(channel, words, thread_ts=thread)


async def wants(person: Person, message: Message, label: str) -> None:
    """Pick this entry of the menu behind the three dots."""
    [menu] = [
        element
        for block in message["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "overflow"
    ]
    option = next(each for each in menu["options"] if each["text"]["text"] == label)
    assert (await person.clicks(message, "dataset_more", selected_option=option))["ok"]


async def file_in(people: People, person: Person, channel: str, thread: str, name: str) -> bytes:
    """What a file that came into a thread holds, once it is there."""

    async def look() -> dict[str, Any] | None:
        for message in (await person.reads(channel, thread))[1:]:
            for file in message.get("files") or ():
                if file["name"] == name:
                    return dict(file)
        return None

    file = await people.until(look, f"the file {name}")
    return await people.content(file["id"])


async def test_a_broken_file_is_mended_into_a_version_that_can_be_started(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "", sample="support-broken.jsonl")
    broken = await card(mina, channel, shared, "7 problems to mend")
    await mina.clicks(broken, "dataset_mend")
    plan = await mina.modal_with("6 of 16 lines would be left out")
    assert "The last message is not the assistant" in str(plan["blocks"]) or "Line" in str(plan["blocks"])
    assert (await mina.submits(plan, {}))["ok"]
    await mina.sees(channel, "I'm mending", thread_ts=shared)
    mended = await card(mina, channel, shared, "(version 2) is ready: 10 examples")
    assert "Start fine-tuning" in shown(mended)
    lines = (await file_in(team, mina, channel, shared, "support-broken.jsonl")).splitlines()
    assert len(lines) == 10
    assert all("id" not in json.loads(line) for line in lines)
    told = await mina.sees(channel, "Left out, 6 of 16 lines:", thread_ts=shared)
    assert "Keys removed that the server doesn't take there" in told["text"]
    assert "not_json" not in told["text"]

    await mina.clicks(broken, "dataset_mend")
    await mina.submits(await mina.modal_with("6 of 16 lines would be left out"), {})
    await mina.sees(channel, "You have asked for this", thread_ts=shared)

    await wants(mina, mended, "Delete…")
    await mina.submits(await mina.form("delete_form"), {})
    await card(mina, channel, shared, "was deleted")

    async def gone() -> bool | None:
        files = [file for each in await mina.reads(channel, shared) for file in each.get("files") or ()]
        return [file["mode"] for file in files] == ["hosted", "tombstone"] or None

    await team.until(gone, "the end of the file that the bot made")


async def test_a_table_becomes_a_dataset_after_its_columns_were_shown(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "", sample="faq.csv")
    table = await card(mina, channel, shared, "columns separated by commas")
    await mina.clicks(table, "dataset_convert")
    form = await mina.modal_with("Where do I find the serial number?")
    assert "Not used: topic" in str(form["blocks"])
    assert (await mina.submits(form, form["state"]["values"]))["ok"]
    ready = await card(mina, channel, shared, "is ready: 23 examples")
    assert "Start fine-tuning" in shown(ready)


async def test_what_lines_say_of_themselves_is_heeded_by_converting_which_is_offered_first(
    team: People,
) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    lines = [
        json.loads(line) | {"weight": int(place != 3)} for place, line in enumerate(dataset(14).splitlines())
    ]
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    shared = await mina.uploads(channel, "judged.jsonl", content)
    broken = await card(mina, channel, shared, "how much the example counts")
    [row] = [block for block in broken["blocks"] if block["type"] == "actions"]
    assert (row["elements"][0]["action_id"], row["elements"][0]["style"]) == ("dataset_convert", "primary")
    await mina.clicks(broken, "dataset_convert")
    form = await mina.modal_with("This is what they would become")
    assert (await mina.submits(form, form["state"]["values"]))["ok"]
    await card(mina, channel, shared, "is ready: 13 examples")
    await mina.sees(channel, "its weight says that it is not to be learned", thread_ts=shared)


async def test_columns_that_only_their_order_speaks_for_are_picked_by_a_person(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    rows = ["vraag,antwoord", *(f"Hoe is nummer {number}?,Goed." for number in range(12))]
    shared = await mina.uploads(channel, "vragen.csv", "\n".join(rows).encode())
    table = await card(mina, channel, shared, "columns separated by commas")
    await mina.clicks(table, "dataset_convert")
    form = await mina.modal_with("I cannot tell which column is what")
    elements = [block.get("element") or {} for block in form["blocks"]]
    picked = [each["initial_option"]["value"] for each in elements if "initial_option" in each]
    assert not [value for value in picked if value in ("=vraag", "=antwoord")]


async def test_a_split_gives_two_datasets_with_the_numbers_that_were_promised(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "tone.jsonl", dataset(60))
    ready = await card(mina, channel, shared, "is ready: 60 examples")
    await wants(mina, ready, "Split for validation…")
    form = await mina.modal_with("20%: 48 to train, 12 to validate")
    assert (await mina.submits(form, form["state"]["values"]))["ok"]
    training = await card(mina, channel, shared, "is ready: 48 examples")
    held = await card(mina, channel, shared, "is ready: 12 examples")
    assert await mina.modal() is None
    assert (await mina.sees(channel, "I am splitting", thread_ts=shared))["is_ephemeral"]
    thread = [shown(each) for each in await mina.reads(channel, shared)]
    for part, its in (("train", training), ("validation", held)):
        [note] = [each for each in thread if f"Here is *tone-{part}.jsonl*" in each]
        assert thread.index(note) < thread.index(shown(its))
    assert "Start fine-tuning" not in shown(held)
    assert "the form chooses it when you train on *tone-train.jsonl*" in shown(held)
    await mina.clicks(training, "start_open")
    start = await mina.form("start_form")
    menus = {block["block_id"]: block["element"] for block in start["blocks"] if block["type"] == "input"}
    [chosen] = [menu["initial_option"] for its, menu in menus.items() if its.startswith("validation")]
    assert chosen["text"]["text"] == "tone-validation.jsonl"
    assert "tone-validation.jsonl" not in str(menus["dataset"])


async def test_the_form_holds_out_a_part_of_a_whole_dataset_and_leads_to_its_halves(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "whole.jsonl", dataset(60))
    ready = await card(mina, channel, shared, "is ready: 60 examples")
    await mina.clicks(ready, "start_open")
    form = await mina.form("start_form")
    [(block_id, menu)] = [
        (block["block_id"], block["element"])
        for block in form["blocks"]
        if block["type"] == "input" and block["block_id"].startswith("validation")
    ]
    hold_out = next(each for each in menu["options"] if each["text"]["text"] == "Hold out 20%")
    values = form["state"]["values"]
    values[block_id]["start_validation"]["selected_option"] = hold_out
    assert (await mina.submits(form, values))["ok"]
    await mina.modal_with("20% of its examples are held out for validation")
    await card(mina, channel, shared, "is ready: 12 examples")
    await card(mina, channel, shared, "The form has its validation half chosen: *whole-validation.jsonl*")


async def test_two_versions_are_compared_in_numbers(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    first = await mina.uploads(channel, "tone.jsonl", dataset(12))
    await card(mina, channel, first, "is ready")
    second = await mina.uploads(channel, "tone.jsonl", dataset(14))
    ready = await card(mina, channel, second, "(version 2) is ready")
    await wants(mina, ready, "Compare with version 1")
    told = shown(await card(mina, channel, second, "beside version 1"))
    assert "2 added" in told
    assert "0 removed" in told
    assert "12 the same" in told


async def test_the_report_as_a_file_holds_every_problem(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "", sample="support-broken.jsonl")
    broken = await card(mina, channel, shared, "7 problems to mend")
    await mina.clicks(broken, "dataset_report")
    report = await mina.modal_with("7 problems")
    await mina.picks(report, "dataset_report_as_file")
    await mina.modal_with("I am writing the whole report")
    content = await file_in(team, mina, channel, shared, "support-broken-report.csv")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [int(row["lines"]) for row in rows if row["kind"] == "problem"] == [3, 5, 7, 9, 11, 13, 14]
