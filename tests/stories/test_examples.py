"""People look at the examples of a dataset as conversations: all of them, or those that the report names."""

import json

from tests.stories.driver import People, dataset


def lines(count: int) -> bytes:
    """Examples of which the last repeats the first, with text that would ping and link."""
    made = [
        {
            "messages": [
                {"role": "user", "content": f"Question {n}? <!channel> https://evil.example"},
                {"role": "assistant", "content": f"Answer {n}.", **({"weight": 0} if n == 2 else {})},
                *(
                    [{"role": "user", "content": "And?"}, {"role": "assistant", "content": "So."}]
                    if n == 2
                    else []
                ),
            ]
        }
        for n in [*range(1, count), 1]
    ]
    return "".join(json.dumps(line) + "\n" for line in made).encode()


async def test_examples_are_read_ten_at_a_time_and_from_any_line(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "tone.jsonl", lines(30))
    card = await mina.sees(channel, "is ready: 30 examples", thread_ts=shared)
    await mina.clicks(card, "dataset_examples")
    first = await mina.modal_with("from line 1 to line 10")
    shown = str(first["blocks"])
    assert "*Line 2*" in shown
    assert "*Assistant* _not learned_" in shown
    assert "&lt;!channel&gt;" in shown
    await mina.picks(first, "examples_later")
    second = await mina.modal_with("from line 11 to line 20")
    await mina.picks(second, "examples_earlier")
    again = await mina.modal_with("from line 1 to line 10")
    assert (await mina.submits(again, {"line": {"line": {"type": "number_input", "value": "28"}}}))["ok"]
    await mina.modal_with("from line 28 to line 30")


async def test_what_an_advice_names_is_looked_at_from_the_report(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "tone.jsonl", lines(30))
    card = await mina.sees(channel, "is ready: 30 examples", thread_ts=shared)
    await mina.clicks(card, "dataset_report")
    report = await mina.modal_with("Advice")
    [look] = [
        block["accessory"]
        for block in report["blocks"]
        if "advice-" in str((block.get("accessory") or {}).get("value"))
    ][:1]
    await mina.picks(report, "dataset_examples", value=look["value"])
    await mina.modal_with("that the report names")


async def test_broken_lines_are_shown_as_they_are_with_what_is_wrong(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    content = dataset(12) + b'{"messages": [}\n'
    shared = await mina.uploads(channel, "broken.jsonl", content)
    card = await mina.sees(channel, "to mend", thread_ts=shared)
    await mina.clicks(card, "dataset_report")
    report = await mina.modal_with("Look at these")
    [look] = [
        block["accessory"]
        for block in report["blocks"]
        if "problem-" in str((block.get("accessory") or {}).get("value"))
    ]
    await mina.picks(report, "dataset_examples", value=look["value"])
    shown = str((await mina.modal_with("*Line 13*"))["blocks"])
    assert '{"messages": [}' in shown
    assert "This line is not JSON" in shown


async def test_what_was_deleted_is_no_longer_looked_at(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "tone.jsonl", lines(30))
    card = await mina.sees(channel, "is ready: 30 examples", thread_ts=shared)
    await mina.clicks(card, "dataset_examples")
    open_still = await mina.modal_with("from line 1 to line 10")
    await mina.deletes(channel, shared)
    await mina.sees(channel, "Nothing of it is left", thread_ts=shared)
    await mina.picks(open_still, "examples_later")
    await mina.modal_with("was deleted, and my copy with it")
