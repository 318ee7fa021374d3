"""Talking with tuned models in threads: opening, order, company, ends, and answers that are interrupted."""

from pathlib import Path

import pytest

from tests.stories.conftest import environment, workspace
from tests.stories.driver import People, shown
from tests.stories.process import AppProcess
from tests.stories.talking import CHAT, Talk, taught


@pytest.fixture
def mode() -> str:
    """One way is enough here: the main story goes all of them."""
    return "socket"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/bot.db"


@pytest.fixture
def talk(people: People) -> Talk:
    return Talk(people)


async def test_a_chat_opens_by_button_id_suffix_and_model_name(talk: Talk) -> None:
    """Each name of a model opens a thread of its own; a mistyped one is told the nearest."""
    end = await talk.trains(suffix="tone")
    jonas, channel = talk.people.jonas, talk.channel
    card = await jonas.follows(end)
    job_id = next(
        element["value"]
        for block in card["blocks"]
        for element in block.get("elements", [])
        if element.get("action_id") == "job_chat"
    )
    await jonas.clicks(card, "model_more", selected_option={"value": f"code:{job_id}"})
    used = await jonas.modal_with("*Python*")
    model = next(word for word in str(used["blocks"]).split("```") if word.startswith("ft:"))
    opened = {await talk.opens(end)}
    for name in (job_id, "tone", "TONE", model):
        await jonas.commands(channel, f"chat {name}")
        opened.add(await talk.new_thread(opened))
    assert len(opened) == 5

    await jonas.commands(channel, "chat tune")
    told = await jonas.sees(channel, "Did you mean `tone`?")
    assert told["is_ephemeral"]
    assert len(await talk.cards()) == 5


async def test_threads_keep_apart_and_questions_keep_their_order(talk: Talk) -> None:
    """Three threads at once, two questions in a row in each: each answer under its question, with its own past."""
    end = await talk.trains(
        taught(("colour of apples", "Apples are red."), ("colour of limes", "Limes are green."))
    )
    mina, jonas = talk.people.mina, talk.people.jonas
    threads = [await talk.opens(end) for _ in range(3)]
    for number, thread in enumerate(threads):
        await mina.writes(talk.channel, f"colour of apples {number}", thread)
        await jonas.writes(talk.channel, f"colour of limes {number}", thread)
    for thread in threads:
        assert await talk.hears(thread, 2) == ["Apples are red.", "Limes are green."]
    last = {request["messages"][-1]["content"]: request["messages"] for request in await talk.asked()}
    assert len(last) == 6
    for number in range(3):
        assert [m["content"] for m in last[f"colour of limes {number}"]] == [
            f"colour of apples {number}",
            "Apples are red.",
            f"colour of limes {number}",
        ]


async def test_stop_ends_the_chat_for_all(talk: Talk) -> None:
    """Anybody ends it, once; who writes there afterwards is told once how to go on, and no model is asked."""
    end = await talk.trains()
    thread = await talk.opens(end)
    await talk.people.jonas.writes(talk.channel, "Stop.", thread)
    await talk.people.mina.sees(talk.channel, "The chat was ended", thread_ts=thread)
    await talk.people.mina.writes(talk.channel, "stop", thread)
    for _ in range(2):
        await talk.people.mina.writes(talk.channel, "My lamp flickers.", thread)

    async def has_ended() -> bool | None:
        return "has ended" in shown((await talk.cards())[0]) or None

    await talk.people.until(has_ended, "the card's end")
    again = await talk.opens(end)
    await talk.people.mina.writes(talk.channel, "My lamp flickers.", again)
    await talk.hears(again)
    told = [shown(m) for m in await talk.replies(thread)]
    assert len(told) == 2
    assert "has ended, so the model doesn't answer here any more." in told[1]
    assert all("Chat again" in each for each in told)
    assert len(await talk.asked()) == 1


async def test_chat_again_in_the_thread_that_ended_leaves_a_link_to_the_new_one(talk: Talk) -> None:
    """Who reads the thread gets there by one press."""
    end = await talk.trains(taught(("hello", "Good morning.")))
    thread = await talk.opens(end)
    mina, channel = talk.people.mina, talk.channel
    await mina.writes(channel, "stop", thread)
    note = await mina.sees(channel, "The chat was ended", thread_ts=thread)
    await mina.clicks(note, "chat_again")
    again = await talk.new_thread({thread})
    link = await mina.sees(channel, "opened a chat with *tone*", thread_ts=thread)
    assert f"p{again.replace('.', '')}|go to its thread>" in shown(link)
    await mina.writes(channel, "hello", again)
    assert await talk.hears(again) == ["Good morning."]


async def test_a_chat_asked_for_by_a_word_in_a_thread_leaves_a_link_there(talk: Talk) -> None:
    await talk.trains(taught(("hello", "Good morning.")))
    mina, channel = talk.people.mina, talk.channel
    root = await mina.writes(channel, "Who wants to try it?")
    await mina.writes(channel, "<@U0FINETUNE> chat tone", root)
    await mina.sees(channel, "go to its thread", thread_ts=root)
    assert not [m for m in await mina.reads(channel, root) if "opening" in shown(m)]


async def test_words_for_the_bot_are_answered_by_the_bot_in_a_live_chat_and_after_its_end(talk: Talk) -> None:
    """In the thread of a chat, where commands don't work; other words to it are the model's while it listens."""
    end = await talk.trains(taught(("hello", "Good morning.")))
    thread = await talk.opens(end)
    mina, channel = talk.people.mina, talk.channel
    bot = (await talk.people.get("world"))["app"]["bot_user_id"]
    await mina.writes(channel, f"<@{bot}> jobs", thread)
    await mina.sees(channel, "tone", thread_ts=thread)
    await mina.writes(channel, f"<@{bot}> hello", thread)
    await mina.sees(channel, "Good morning.", thread_ts=thread)
    assert len(await talk.asked()) == 1
    await mina.writes(channel, "stop", thread)
    await mina.sees(channel, "The chat was ended", thread_ts=thread)
    await mina.writes(channel, f"<@{bot}> help", thread)
    await mina.sees(channel, "All commands", thread_ts=thread)
    await mina.writes(channel, f"<@{bot}> hello", thread)
    await mina.sees(channel, "I don't know `hello`", thread_ts=thread)
    assert len(await talk.asked()) == 1


async def test_a_thread_that_is_no_chat_is_left_alone(talk: Talk) -> None:
    """People talk under their own messages and under datasets without being answered."""
    end = await talk.trains()
    mina, channel = talk.people.mina, talk.channel
    root = await mina.writes(channel, "Anybody for lunch?")
    await mina.writes(channel, "My lamp flickers.", root)
    await mina.writes(channel, "stop", end["ts"])
    thread = await talk.opens(end)
    await mina.writes(channel, "My lamp flickers.", thread)
    await talk.hears(thread)
    assert len(await mina.reads(channel, root)) == 2
    assert await talk.replies(end["ts"]) == []
    assert len(await talk.asked()) == 1


async def test_an_answer_can_neither_ping_nor_link(talk: Talk) -> None:
    """A model may have learned anything; what it says stays text, in the stream and in the finished message."""
    poison = (
        "Look <!channel> <!here> <@U0MINA> <#C0SUPPORT|x> <https://evil.example|bank> "
        "[bank](https://evil.example) ![x](https://evil.example/x.png) https://evil.example www.evil.example "
        "mailto:a@evil.example **bold** `code` & &lt;!channel&gt; @channel\n# Heading\n- one"
    )
    end = await talk.trains(taught(("what now", poison)))
    thread = await talk.opens(end)
    await talk.people.mina.writes(talk.channel, "what now <!everyone> & <https://evil.example|x>?", thread)
    assert await talk.hears(thread) == [poison]
    (message,) = await talk.replies(thread)
    for text in (shown(message), *[str(c["request"]) for c in await talk.people.calls("chat.appendStream")]):
        for active in ("<!", "<@", "<#", "://", "](", "www."):
            assert active not in text, active
    assert (await talk.asked())[0]["messages"][-1]["content"] == (
        "what now <!everyone> & <https://evil.example|x>?"
    )


async def test_an_answer_is_seen_growing(talk: Talk) -> None:
    """It streams: started, added to, and stopped with the rest."""
    end = await talk.trains(taught(("count", " ".join(f"number{n}" for n in range(80)))))
    thread = await talk.opens(end)
    await talk.people.mina.writes(talk.channel, "count", thread)
    growing = await talk.people.mina.sees(talk.channel, "number5", thread_ts=thread)
    assert growing["streaming"]
    assert "number79" not in shown(growing)
    (said,) = await talk.hears(thread)
    assert said.split() == [f"number{n}" for n in range(80)]
    assert len(await talk.people.calls("chat.startStream")) == 1
    assert len(await talk.people.calls("chat.appendStream")) >= 2
    assert len(await talk.people.calls("chat.stopStream")) == 1


@pytest.mark.parametrize("code", ["unknown_method", "not_allowed"])
async def test_where_streams_are_not_to_be_had_the_answer_is_edited_in(talk: Talk, code: str) -> None:
    """One message that grows by edits; Slack is not asked for streams again."""
    await talk.people.fault("slack", "chat.startStream", "error", code=code, times=-1)
    end = await talk.trains(taught(("count", " ".join(f"number{n}" for n in range(50)))))
    thread = await talk.opens(end)
    await talk.people.mina.writes(talk.channel, "count", thread)
    await talk.people.mina.sees(talk.channel, "number49", thread_ts=thread)
    await talk.people.mina.writes(talk.channel, "count", thread)
    first, second = await talk.hears(thread, 2, ending="number49")
    assert first.split()[-1] == second.split()[-1] == "number49"
    assert len(await talk.people.calls("chat.startStream")) == 1


async def test_when_slack_ends_the_stream_the_answer_goes_on(talk: Talk) -> None:
    """After Slack's five minutes the same message is edited instead; nothing is missing."""
    end = await talk.trains(taught(("count", " ".join(f"number{n}" for n in range(80)))))
    thread = await talk.opens(end)
    await talk.people.mina.writes(talk.channel, "count", thread)
    await talk.people.mina.sees(talk.channel, "number5", thread_ts=thread)
    await talk.people.post("clock", {"advance": 301})
    (said,) = await talk.hears(thread, ending="number79")
    assert said.split() == [f"number{n}" for n in range(80)]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("429", {"retry_after": 1}),
        ("500", {}),
        ("drop_before", {}),
        ("drop_after", {}),
        ("timeout_after", {"delay": 0.5}),
        ("slow", {"delay": 0.2}),
    ],
)
async def test_a_provider_in_trouble_delays_an_answer(talk: Talk, kind: str, more: dict[str, float]) -> None:
    """The thread hears that it takes a moment, then the whole answer once, in the same message."""
    end = await talk.trains(taught(("count", " ".join(f"number{n}" for n in range(12)))))
    thread = await talk.opens(end)
    await talk.people.fault("openai", CHAT, kind, **more)
    await talk.people.mina.writes(talk.channel, "count", thread)
    if kind != "slow":
        await talk.people.mina.sees(talk.channel, "try again in a moment", thread_ts=thread)
    (said,) = await talk.hears(thread, ending="number11")
    assert said.split() == [f"number{n}" for n in range(12)]


async def test_a_model_that_refuses_says_so_once(talk: Talk) -> None:
    """What the server says stands in the thread; the next question is asked anew."""
    end = await talk.trains(taught(("count", "one two three")))
    thread = await talk.opens(end)
    await talk.people.fault("openai", CHAT, "error", code="context_length_exceeded")
    await talk.people.mina.writes(talk.channel, "count", thread)
    (refused,) = await talk.hears(thread)
    assert "The server says" in refused
    await talk.people.mina.writes(talk.channel, "count", thread)
    assert await talk.hears(thread, 2) == [refused, "one two three"]
    assert [m["content"] for m in (await talk.asked())[-1]["messages"]] == ["count"]


async def test_a_model_that_is_not_known_yet_right_after_its_training_is_asked_again(talk: Talk) -> None:
    """The thread says why it takes a moment, and then the answer stands there."""
    end = await talk.trains(taught(("count", "one two three")))
    thread = await talk.opens(end)
    await talk.people.fault("openai", CHAT, "error", code="model_not_found")
    await talk.people.mina.writes(talk.channel, "count", thread)
    await talk.people.mina.sees(talk.channel, "was trained only now", thread_ts=thread)
    assert await talk.hears(thread, ending="three") == ["one two three"]


@pytest.mark.kill
async def test_a_kill_in_the_middle_of_an_answer_leaves_one_whole_answer(tmp_path: Path) -> None:
    """The message that was begun is found again and holds all of the answer."""
    async with workspace() as (sandbox, people):
        settings = environment(sandbox, tmp_path, f"sqlite:///{tmp_path}/bot.db", LEASE_SECONDS="2")
        app = AppProcess(people, settings, tmp_path / "app.log")
        await app.start()
        try:
            talk = Talk(people)
            end = await talk.trains(taught(("count", " ".join(f"number{n}" for n in range(80)))))
            thread = await talk.opens(end)
            await people.mina.writes(talk.channel, "count", thread)
            await people.mina.sees(talk.channel, "number5", thread_ts=thread)
            await app.restart()
            (said,) = await talk.hears(thread, ending="number79")
            assert said.split() == [f"number{n}" for n in range(80)]
        finally:
            await app.kill()


LONG = (
    "\n\n".join(f"Paragraph {n}. " + ("word" * 18 + " ") * 3 for n in range(60)) + "The end."
)  # some 14,000 characters
HEADINGS = "\n\n".join(f"## Part {n}\nSome words on it." for n in range(70)) + "\n\nThe end."


@pytest.mark.parametrize(("said", "messages"), [(LONG, 2), (HEADINGS, 4)], ids=["length", "headings"])
async def test_an_answer_that_no_message_can_hold_goes_on_in_the_next(
    talk: Talk, said: str, messages: int
) -> None:
    """Slack takes so many characters and so many blocks; nothing is missing, nothing stands there twice."""
    await talk.people.post("openai", {"pace": 2_000})
    end = await talk.trains(taught(("tell me", said)))
    thread = await talk.opens(end)
    await talk.people.mina.writes(talk.channel, "tell me", thread)
    heard = await talk.hears(thread, messages, ending=said[-8:])
    assert "".join(heard).split() == said.split()


@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream"])
@pytest.mark.parametrize("code", ["msg_too_long", "msg_blocks_too_many", "restricted_action"])
async def test_a_piece_that_slack_refuses_costs_no_word(talk: Talk, method: str, code: str) -> None:
    """The stream is ended, and the same message edited; nobody sees an empty or an open one."""
    end = await talk.trains(taught(("count", " ".join(f"number{n}" for n in range(80)))))
    thread = await talk.opens(end)
    await talk.people.fault("slack", method, "error", code=code)
    await talk.people.mina.writes(talk.channel, "count", thread)
    await talk.people.faults_hit()
    (said,) = await talk.hears(thread, ending="number79")
    assert said.split() == [f"number{n}" for n in range(80)]


@pytest.mark.kill
@pytest.mark.parametrize("how", ["timeout_before", "timeout_after"])
async def test_a_kill_between_two_messages_of_an_answer_loses_and_doubles_nothing(
    tmp_path: Path, how: str
) -> None:
    """Killed while the second message is posted: the next start finds it, or posts it."""
    async with workspace() as (sandbox, people):
        settings = environment(sandbox, tmp_path, f"sqlite:///{tmp_path}/bot.db", LEASE_SECONDS="2")
        app = AppProcess(people, settings, tmp_path / "app.log")
        await app.start()
        try:
            talk = Talk(people)
            await people.post("openai", {"pace": 2_000})
            end = await talk.trains(taught(("tell me", LONG)))
            thread = await talk.opens(end)
            await people.fault("slack", "chat.postMessage", how, delay=300)
            await people.mina.writes(talk.channel, "tell me", thread)
            await people.faults_hit()
            await people.faults_off()
            await app.restart()
            heard = await talk.hears(thread, 2, ending="The end.")
            assert "".join(heard).split() == LONG.split()
        finally:
            await app.kill()
