"""What docs/design.md says that a call passes is what it passes."""

from tests.stories.driver import People
from tests.walks import APPROVE, CHAT, UPLOAD, entered, follows, walks

IN_WORKERS = {
    ("bot/workers/worker.py", "answer"),
    ("bot/domain/datasets/statistics.py", "Examiner.take"),
}
"""Rooms that another process enters."""


async def test_an_upload_an_approval_and_a_message_in_a_chat_go_through_the_rooms_that_are_listed(
    team: People,
) -> None:
    channel, mina, jonas = team.channels["ft-support"], team.mina, team.jonas
    upload = [stop for stop in walks()[UPLOAD] if stop not in IN_WORKERS]
    with entered(upload) as passed:
        shared = await mina.uploads(channel, "support.jsonl", sample="support.jsonl")
        card = await mina.sees(channel, "48 examples", thread_ts=shared)
    assert follows(passed, upload), passed

    await mina.clicks(card, "start_open")
    form = await mina.form("start_form")
    await mina.submits(form, mina.filled(form, suffix="tone", epochs="2"))
    request = await jonas.sees(channel, "waits for approval")

    with entered(walks()[APPROVE]) as passed:
        await jonas.clicks(request, "job_approve")
        end = await jonas.sees(channel, "is ready, <@")
    assert follows(passed, walks()[APPROVE]), passed

    await mina.clicks(await mina.follows(end), "job_chat")
    thread = await mina.sees(channel, "write `stop` to end")
    with entered(walks()[CHAT]) as passed:
        await mina.writes(channel, "My lamp flickers since yesterday.", thread["ts"])
        await mina.sees(channel, "— Lumi", thread_ts=thread["ts"])
    assert follows(passed, walks()[CHAT]), passed
