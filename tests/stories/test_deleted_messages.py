"""Messages are deleted while the bot is about to answer below them: its answers do not stand about unexplained."""

from typing import Any

from tests.stories.driver import People, Person, dataset, shown
from tests.stories.test_transforms import wants

WHY = "The message with this file was deleted, so its card stands here."


async def card(team: People, mina: Person, channel: str) -> dict[str, Any]:
    """The card, once it is ready and says why it stands there."""

    async def look() -> dict[str, Any] | None:
        for message in await mina.reads(channel):
            if message.get("bot_id") and "is ready" in shown(message) and WHY in shown(message):
                return {"channel": channel, **message}
        return None

    return await team.until(look, "a card that says why it stands here")


async def test_the_card_of_a_file_whose_message_is_gone_stands_in_the_channel_and_says_why(
    team: People,
) -> None:
    """The message goes before the card is posted; what else there is to say goes below the card."""
    channel, mina = team.channels["ft-support"], team.mina
    await team.fault("slack", "conversations.replies", "500")
    shared = await mina.uploads(channel, "tone.jsonl", dataset(60))
    await team.faults_hit()
    await mina.deletes_message(channel, shared)
    first = await card(team, mina, channel)
    assert (
        shown(first).count("was deleted") == 2
    )  # once in the text that is read aloud, once in what is drawn
    assert len([m for m in await mina.reads(channel) if m.get("bot_id")]) == 1

    await wants(mina, first, "Split for validation…")
    form = await mina.modal_with("48 to train, 12 to validate")
    await mina.submits(form, form["state"]["values"])
    await mina.sees(channel, "is ready: 12 examples", thread_ts=first["ts"])


async def test_an_answer_to_a_message_that_is_deleted_meanwhile_says_so(team: People) -> None:
    """Somebody asks in words and takes their message back at once."""
    channel, mina = team.channels["ft-support"], team.mina
    await team.fault("slack", "chat.postMessage", "slow", delay=1.0)
    asked = await mina.writes(channel, "<@U0FINETUNE> help")
    await team.faults_hit()
    await mina.deletes_message(channel, asked)
    answer = await mina.sees(channel, "The message that this answers was deleted, so it stands here.")
    assert "@Finetune bot start" in shown(answer)


async def test_a_card_whose_thread_vanishes_while_it_is_posted_is_mended_to_say_so(team: People) -> None:
    """Slack takes the message all the same and puts it into the channel."""
    channel, mina = team.channels["ft-support"], team.mina
    await team.fault("slack", "chat.postMessage", "slow", delay=1.0)
    shared = await mina.uploads(channel, "tone.jsonl", dataset())
    await team.faults_hit()
    await mina.deletes_message(channel, shared)
    await card(team, mina, channel)
    assert len([m for m in await mina.reads(channel) if m.get("bot_id")]) == 1
