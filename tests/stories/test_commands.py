"""The words people say: by command, by mention, by shortcut; answered privately, kindly, and where they are."""

from pathlib import Path

from tests.stories.conftest import at_work, workspace
from tests.stories.driver import Message, People, Person, dataset, shown
from tests.stories.talking import Talk

BOT = "<@U0FINETUNE>"


async def answer(people: People, person: Person, channel: str, typed: str) -> Message:
    """Type `/finetune typed`; gives what the bot answers this person alone."""

    async def private() -> list[Message]:
        return [m for m in await person.reads(channel) if m.get("is_ephemeral")]

    before = len(await private())
    await person.commands(channel, typed)

    async def look() -> Message | None:
        return said[before] if len(said := await private()) > before else None

    return {"channel": channel, **await people.until(look, f"an answer to “{typed}”")}


async def test_the_command_alone_explains_itself_to_whoever_typed_it(team: People) -> None:
    """With no words or with `help`: the first words are there, and nobody else sees it."""
    channel, mina = team.channels["ft-support"], team.mina
    for words in ("", "help", "  HELP  "):
        told = await answer(team, mina, channel, words)
        for word in ("start", "jobs", "models", "chat MODEL"):
            assert f"`/finetune {word}`" in shown(told)
    assert not [m for m in await team.jonas.reads(channel) if m.get("bot_id")]


async def test_an_empty_place_and_a_mistyped_word_say_how_to_go_on(team: People) -> None:
    """Each answer names the next step, and none of them can ping anybody."""
    for typed, told in (
        ("statsu tone", "Did you mean `/finetune status`?"),
        ("job", "Did you mean `/finetune jobs`?"),
        ("strat", "Did you mean `/finetune start`?"),
        ("xyzzy", "`/finetune help` lists what I know."),
        ("<!channel>", "I don't know `&lt;!channel&gt;`."),
        ("datasets", "Drop a JSONL file here and I'll check it."),
        ("jobs", "Drop a dataset here, or type `/finetune start`."),
        ("status", "Drop a dataset here, or type `/finetune start`."),
        ("models", "when its job ends, the model stands here."),
        ("chat", "when its job ends, the model stands here."),
        ("status tone", "I know no job of this name or id here. `/finetune jobs` lists them."),
        ("cancel tone", "I know no job of this name or id here. `/finetune jobs` lists them."),
        ("cancel", "Which job? `/finetune cancel JOB`"),
    ):
        said = shown(await answer(team, team.ines, team.channels["ft-support"], typed))
        assert told in said, typed
        assert "<!channel>" not in said


async def test_a_start_without_any_dataset_says_how_to_come_by_one(team: People) -> None:
    """The form cannot be sent then."""
    channel, mina = team.channels["ft-support"], team.mina
    await mina.commands(channel, "start")
    form = await mina.modal_with("no dataset in this channel that can be trained on")
    assert "Drop a JSONL file into the channel" in str(form["blocks"])
    assert form["submit"] is None


async def test_the_lists_show_what_is_there(team: People) -> None:
    """A dataset, a job and a model, each with the button for the next step."""
    talk = Talk(team)
    channel, mina = talk.channel, team.mina
    await talk.trains(dataset(), "tone")
    for word, told, action in (
        ("datasets", "Datasets in this channel", "start_open"),
        ("jobs", "Jobs in this channel", "job_details"),
        ("models", "Tuned models", "job_chat"),
    ):
        listed = await answer(team, mina, channel, word)
        assert told in shown(listed)
        assert "tone" in shown(listed)
        assert f"'action_id': '{action}'" in str(listed["blocks"])


async def test_a_job_is_found_by_its_name_and_by_its_id(team: People) -> None:
    """In any case and with the quotes of a copied name; the answer decides nothing, it only tells."""
    talk = Talk(team)
    request = await talk.asks_for(dataset(), "tone")
    job_id = request["blocks"][-1]["elements"][0]["value"].partition(":")[0]
    for name in ("tone", "Tone", "`tone`", job_id, job_id.upper()):
        told = await answer(team, team.ines, talk.channel, f"status {name}")
        assert "waits for approval" in shown(told), name
        assert [element["action_id"] for element in told["blocks"][-1]["elements"]] == ["job_details"]
    await team.ines.clicks(told, "job_details")
    details = await team.ines.modal_with(job_id)
    assert "not created yet" in str(details["blocks"])


async def test_a_request_is_withdrawn_by_command_after_a_question(team: People) -> None:
    """The question is private; nobody but the requester and the approvers may ask it."""
    talk = Talk(team)
    request = await talk.asks_for(dataset(), "tone")
    await team.ines.commands(talk.channel, "cancel tone")
    refused = await team.ines.sees(talk.channel, "or an approver can cancel this job")
    assert refused["is_ephemeral"]

    await team.mina.commands(talk.channel, "cancel tone")
    question = await team.mina.sees(talk.channel, "shall I stop it?")
    assert question["is_ephemeral"]
    button = question["blocks"][-1]["elements"][0]
    assert button["confirm"]["text"]["text"] == "Nothing has been paid."
    assert "withdrawn" not in shown(await team.mina.finds(talk.channel, request["ts"]))
    await team.mina.clicks(question, "job_cancel")
    await team.mina.sees(talk.channel, "tone*: withdrawn")

    await team.mina.commands(talk.channel, "cancel tone")
    await team.mina.sees(talk.channel, "has ended already: it was withdrawn")
    assert not await team.calls("POST /files")


async def test_the_same_words_work_by_mention_in_a_thread(team: People) -> None:
    """Slack has no commands in threads; the answer stands in the thread, and `start` gives a button."""
    channel, mina = team.channels["ft-support"], team.mina
    assert (await mina.commands(channel, "help"))["ok"]
    shared = await mina.uploads(channel, "tone.jsonl", dataset())
    await mina.sees(channel, "is ready", thread_ts=shared)
    for words, told in (
        ("datasets", "ready, 12 examples"),
        ("help", "I fine-tune models with your team"),
        ("jbos", "Did you mean `@Finetune bot jobs`?"),
        ("start", "Press the button"),
    ):
        await mina.writes(channel, f"{BOT} {words}", shared)
        said = await mina.sees(channel, told, thread_ts=shared)
    await mina.clicks(said, "start_open")
    form = await mina.modal_with("tone.jsonl")
    assert form["submit"] is not None


async def test_a_direct_message_is_answered_like_a_command(team: People) -> None:
    jonas = team.jonas
    direct = "D" + jonas.id[1:]
    await jonas.writes(direct, "help")
    await jonas.sees(direct, "I fine-tune models with your team")
    await jonas.writes(direct, "what can you do?")
    await jonas.sees(direct, "Hello! I fine-tune models")


async def test_the_global_shortcut_asks_for_the_channel_first(team: People) -> None:
    """Where the bot is not it says so; where it is, the form goes on with that channel's datasets."""
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "tone.jsonl", dataset())
    await mina.sees(channel, "is ready", thread_ts=shared)
    await mina.shortcut("finetune_start")
    form = await mina.modal_with("Where the dataset is")
    assert "tone.jsonl" not in str(form["blocks"])

    await mina.picks(form, "start_channel", selected_conversation=team.channels["random"])
    refused = await mina.modal_with("not in this channel yet")
    assert "/invite" in str(refused["blocks"])
    await mina.closes(refused)

    await mina.picks(form, "start_channel", selected_conversation=team.channels["general"])
    await mina.modal_with("no dataset in this channel")
    await mina.picks(form, "start_channel", selected_conversation=channel)
    form = await mina.modal_with("tone.jsonl")
    assert (await mina.submits(form, mina.filled(form, suffix="tone")))["ok"]
    request = await mina.sees(channel, "waits for approval")
    assert f"<@{mina.id}>" in shown(request)


async def test_the_shortcut_on_a_file_opens_the_form_for_it(team: People) -> None:
    """On the older of two datasets; on a broken one it shows the report, without a file the channel's form."""
    channel, mina = team.channels["ft-support"], team.mina
    older = await mina.uploads(channel, "older.jsonl", dataset(note="old"))
    newer = await mina.uploads(channel, "newer.jsonl", dataset(note="new"))
    broken = await mina.uploads(channel, "support-broken.jsonl", sample="support-broken.jsonl")
    words = await mina.writes(channel, "Which one shall we take?")
    for shared in (older, newer, broken):
        await mina.verdict(channel, shared)

    for ts, chosen in ((older, "older.jsonl"), (newer, "newer.jsonl"), (words, "newer.jsonl")):
        await mina.shortcut("finetune_start_from_message", await mina.finds(channel, ts))
        form = await mina.modal_with("Expected cost")
        option = form["state"]["values"]["dataset"]["start_dataset"]["selected_option"]
        assert option["text"]["text"] == chosen
        await mina.closes(form)
    await mina.shortcut("finetune_start_from_message", await mina.finds(channel, broken))
    report = await mina.modal_with("7 problems")
    assert report["submit"] is None


async def test_the_shortcut_on_a_picture_says_that_there_is_no_dataset(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    picture = await mina.uploads(channel, "lamp.png", b"\x89PNG\r\n")
    await mina.shortcut("finetune_start_from_message", await mina.finds(channel, picture))
    await mina.modal_with("I see no JSONL file in this message")


async def test_the_form_tells_each_fault_at_its_field_and_keeps_what_was_typed(team: People) -> None:
    """One fault at a time or the other, then all is well; nothing was asked for in between."""
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "tone.jsonl", dataset())
    card = await mina.sees(channel, "is ready", thread_ts=shared)
    await mina.clicks(card, "start_open")
    form = await mina.modal_with("Expected cost")
    for typed, field, told in (
        ({"suffix": "tone of voice"}, "suffix", "no spaces"),
        ({"suffix": "töne"}, "suffix", "Use letters, digits"),
        ({"suffix": "tone", "epochs": "many"}, "epochs", "A whole number from 1 to"),
        ({"suffix": "tone", "epochs": "0"}, "epochs", "A whole number from 1 to"),
        ({"suffix": "tone", "epochs": "51"}, "epochs", "A whole number from 1 to"),
        ({"suffix": "tone", "epochs": "2.5"}, "epochs", "A whole number from 1 to"),
    ):
        errors = (await mina.submits(form, mina.filled(form, **typed)))["errors"]
        assert set(errors) == {field}
        assert told in errors[field]
    kept = await mina.modal()
    assert kept is not None
    assert kept["state"]["values"]["epochs"]["start_epochs"]["value"] == "2.5"
    assert not [m for m in await mina.reads(channel) if "waits for approval" in shown(m)]
    assert (await mina.submits(form, mina.filled(form, suffix="tone", epochs="2")))["ok"]
    await mina.sees(channel, "waits for approval")


async def test_the_price_follows_the_model_and_the_epochs(team: People) -> None:
    """Typing twice the epochs shows twice the price, before anything is sent."""
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "", sample="support.jsonl")
    card = await mina.sees(channel, "is ready", thread_ts=shared)
    await mina.clicks(card, "start_open")
    form = await mina.modal_with("Expected cost")
    await mina.picks(form, "start_epochs", mina.filled(form, epochs="2"), value="2")
    cheap = await mina.modal_with("× 2 epochs")
    dear = next(
        option
        for block in cheap["blocks"]
        if block["block_id"].startswith("model~")
        for option in block["element"]["options"]
        if option["value"] == "gpt-4.1-2025-04-14"
    )
    assert "2 epochs" in dear["description"]["text"]
    await mina.picks(cheap, "start_model", selected_option=dear)
    picked = await mina.modal_with("$25.00")
    assert picked["state"]["values"]["epochs"]["start_epochs"]["value"] == "2"


async def test_outside_its_channels_the_bot_says_where_it_works(tmp_path: Path) -> None:
    """Files there get nothing, words get the way; in its own channel all is as ever."""
    async with (
        workspace() as (sandbox, people),
        at_work(sandbox, tmp_path, FINETUNE_CHANNELS="C0GENERAL0"),
    ):
        outside, inside, mina = people.channels["ft-support"], people.channels["general"], people.mina
        shared = await mina.uploads(outside, "tone.jsonl", dataset())
        for words in ("start", "datasets", "jobs", "models"):
            told = await answer(people, mina, outside, words)
            assert "I don't work in this channel; try <#C0GENERAL0>" in shown(told)
        assert "I fine-tune models with your team" in shown(await answer(people, mina, outside, "help"))
        mentioned = await mina.writes(outside, f"{BOT} jobs")
        await mina.sees(outside, "I don't work in this channel", thread_ts=mentioned)
        await mina.shortcut("finetune_start")
        form = await mina.modal_with("Where the dataset is")
        await mina.picks(form, "start_channel", selected_conversation=outside)
        await mina.modal_with("I don't work in this channel")

        await people.all_done()
        assert len(await mina.reads(outside, shared)) == 1
        there = await mina.uploads(inside, "tone.jsonl", dataset())
        assert "12 examples" in await mina.verdict(inside, there)
