"""Two models side by side in a thread: pairs of answers, votes, trouble with one of them, a kill in between."""

from pathlib import Path

import pytest

from tests.stories.conftest import environment, workspace
from tests.stories.driver import Message, People, shown
from tests.stories.process import AppProcess
from tests.stories.talking import CHAT, Talk, taught, visible


class Comparing(Talk):
    """A channel in which people compare models."""

    async def cards(self) -> list[Message]:
        """The cards of the channel's comparisons."""
        return [m for m in await self.people.mina.reads(self.channel) if "Comparing" in shown(m)]

    async def opens(self, end: Message) -> str:
        """Mina presses *Compare with base*; gives the ts of the new thread."""
        before = {card["ts"] for card in await self.cards()}
        await self.people.mina.clicks(await self.people.mina.follows(end), "job_compare")
        return await self.new_thread(before)

    async def ballots(self, thread: str, count: int = 1) -> list[Message]:
        """The questions which answer is better, once there are so many."""

        async def look() -> list[Message] | None:
            found = [m for m in await self.replies(thread) if "is better?" in shown(m)]
            return [{"channel": self.channel, **m} for m in found] if len(found) == count else None

        return await self.people.until(look, f"{count} ballots")

    async def answers(self, thread: str) -> list[str]:
        """All answers in the thread with their headings, without what they took."""
        said = [m for m in await self.replies(thread) if "is better?" not in shown(m)]
        return [" ".join(visible(m).split("\n\n_")[0].split()) for m in said]

    async def card_says(self, words: str) -> Message:
        """The one card, once it shows these words."""
        return await self.people.mina.sees(self.channel, words)


@pytest.fixture
def talk(team: People) -> Comparing:
    return Comparing(team)


async def test_a_model_is_compared_with_its_base_and_people_vote(talk: Comparing) -> None:
    """Both answer each message, each with its own past; votes are counted on the card and can be changed."""
    end = await talk.trains(
        taught(("colour of apples", "Apples are red."), ("and limes", "Limes are green."))
    )
    mina, jonas, channel = talk.people.mina, talk.people.jonas, talk.channel
    thread = await talk.opens(end)
    await talk.card_says("*tone* with its base")
    await mina.writes(channel, "colour of apples", thread)
    (ballot,) = await talk.ballots(thread)
    tuned, base = await talk.answers(thread)
    assert tuned == "**A · tone** Apples are red."
    assert base.startswith("**B · gpt-4")
    assert "Apples are red" not in base
    assert all("tokens in" in visible(m) for m in (await talk.replies(thread))[:2])

    await mina.clicks(ballot, "compare_a")
    await jonas.clicks(ballot, "compare_b")
    await talk.card_says("tone 1 · gpt-4o-mini 1 · same 0")
    await jonas.clicks(ballot, "compare_same")
    await talk.card_says("tone 1 · gpt-4o-mini 0 · same 1")
    await mina.sees(channel, f"About the same: <@{jonas.id}>", thread_ts=thread)

    await jonas.writes(channel, "and limes", thread)
    await talk.ballots(thread, 2)
    *_, of_tuned, of_base = await talk.asked()
    assert [m["content"] for m in of_tuned["messages"]] == [
        "colour of apples",
        "Apples are red.",
        "and limes",
    ]
    assert [m["content"] for m in of_base["messages"]][::2] == ["colour of apples", "and limes"]
    assert of_base["messages"][1]["content"] in base

    await mina.writes(channel, "stop", thread)
    await talk.card_says("has ended")
    assert len(await talk.cards()) == 1


async def test_a_blind_test_tells_each_voter_alone_and_everybody_at_the_end(talk: Comparing) -> None:
    """Made blind by the card's button: nothing that Jonas, who has not voted, can see says which is which."""
    await talk.trains(taught(("what now", "Now we dance."), ("and then", "Then we sing.")))
    mina, jonas, channel = talk.people.mina, talk.people.jonas, talk.channel
    await mina.commands(channel, "compare tone with gpt-4.1-mini")
    thread = await talk.new_thread(set())
    (card,) = await talk.cards()
    await mina.clicks({"channel": channel, **card}, "compare_hide")
    card = await talk.card_says("Blind test of two models")
    await mina.writes(channel, "what now", thread)
    (ballot,) = await talk.ballots(thread)
    answers = await talk.answers(thread)
    assert [answer[:6] for answer in answers] == ["**A** ", "**B** "]
    tuned, base = ("A", "B") if "Now we dance." in answers[0] else ("B", "A")

    await mina.clicks(ballot, f"compare_{tuned.lower()}")
    told = await mina.sees(channel, f"You voted for {tuned}.", thread_ts=thread)
    assert told["is_ephemeral"]
    assert f"{tuned} is *tone*" in shown(told)
    await mina.clicks(ballot, f"compare_{base.lower()}")  # too late: she knows
    await talk.card_says("1 vote so far")
    ours = [m for m in await jonas.reads(channel, thread) if "markdown" not in str(m.get("blocks"))]
    assert len(ours) == 3
    for message in ours:
        assert "tone" not in str(message), message
        assert "gpt-4.1" not in str(message), message
    await jonas.clicks(ballot, "compare_voted")
    await jonas.sees(channel, "You haven't voted on these two answers yet", thread_ts=thread)

    await jonas.clicks(card, "compare_end")
    await talk.card_says("tone 1 · gpt-4.1-mini 0 · same 0")
    await jonas.sees(channel, f"{tuned} is *tone*", thread_ts=thread)
    end = await jonas.sees(channel, "ended the blind test", thread_ts=thread)
    assert "compare_a" not in str((await talk.replies(thread))[2]["blocks"])

    await jonas.clicks(end, "compare_again")
    await jonas.sees(channel, "opened a blind test of two models", thread_ts=thread)


async def test_a_model_and_another_that_is_none_are_not_compared(talk: Comparing) -> None:
    await talk.trains(taught(("what now", "Now we dance.")))
    mina, channel = talk.people.mina, talk.channel
    await mina.commands(channel, "compare tone nonsense")
    told = await mina.sees(channel, "A base model can be named too")
    assert told["is_ephemeral"]
    await mina.commands(channel, "compare tone TONE")
    await mina.sees(channel, "beside itself")


async def test_trouble_in_a_blind_test_does_not_tell_which_model_has_it(talk: Comparing) -> None:
    end = await talk.trains(taught(("count", "one two three")))
    mina, channel = talk.people.mina, talk.channel
    thread = await talk.opens(end)
    await mina.clicks({"channel": channel, **(await talk.cards())[0]}, "compare_hide")
    await talk.card_says("Blind test of two models")
    await talk.people.fault("openai", CHAT, "error", code="context_length_exceeded")
    await mina.writes(channel, "count", thread)
    told = await mina.sees(channel, "There is no answer from this model now", thread_ts=thread)
    assert "server says" not in shown(told)


async def test_one_may_fail_without_losing_the_other(talk: Comparing) -> None:
    """A model that is away is asked again while the other answers; where one is refused, nobody is asked to vote."""
    end = await talk.trains(taught(("count", "one two three")))
    mina, channel = talk.people.mina, talk.channel
    thread = await talk.opens(end)
    await talk.people.fault("openai", CHAT, "429", retry_after=2)
    await mina.writes(channel, "count", thread)
    await mina.sees(channel, "try again in a moment", thread_ts=thread)
    await talk.ballots(thread)
    tuned, base = await talk.answers(thread)
    assert (tuned, base[:5]) == ("**A · tone** one two three", "**B ·")
    of_base, of_tuned = (request["model"] for request in (await talk.asked())[-2:])
    assert of_tuned.startswith("ft:")
    assert not of_base.startswith("ft:")

    await talk.people.fault("openai", CHAT, "error", code="context_length_exceeded")
    await mina.writes(channel, "count", thread)
    await mina.sees(channel, "The server says", thread_ts=thread)

    async def four() -> list[str] | None:
        said = await talk.answers(thread)
        return said if len(said) == 4 and "**B" in said[3] else None

    *_, refused, answered = await talk.people.until(four, "the other's answer")
    assert "**" not in refused
    assert answered.startswith("**B · gpt-4")
    await mina.writes(channel, "count", thread)
    assert ["count" in shown(ballot) for ballot in await talk.ballots(thread, 2)] == [True, True]


@pytest.mark.kill
async def test_a_kill_between_two_answers_leaves_one_of_each(tmp_path: Path) -> None:
    """Whatever was begun is found again: no answer stands twice, none is missing, and people are asked once."""
    async with workspace() as (sandbox, people):
        settings = environment(sandbox, tmp_path, f"sqlite:///{tmp_path}/bot.db", LEASE_SECONDS="2")
        app = AppProcess(people, settings, tmp_path / "app.log")
        await app.start()
        try:
            talk = Comparing(people)
            end = await talk.trains(taught(("count", " ".join(f"number{n}" for n in range(60)))))
            thread = await talk.opens(end)
            await people.mina.writes(talk.channel, "count", thread)
            await people.mina.sees(talk.channel, "number5", thread_ts=thread)
            await app.restart()
            await people.mina.sees(talk.channel, "**B ·", thread_ts=thread)
            await app.restart()
            await talk.ballots(thread)
            tuned, base = await talk.answers(thread)
            assert tuned.split()[3:] == [f"number{n}" for n in range(60)]
            assert base.startswith("**B · gpt-4")
        finally:
            await app.kill()
