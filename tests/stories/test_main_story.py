"""The whole job, as people do it: drop a dataset, ask, approve, watch, hear the end, talk to the model."""

from tests.stories.driver import People, shown


async def test_the_whole_job(people: People) -> None:
    """From the file in the channel to an answer of the tuned model in a thread."""
    channel = people.channels["ft-support"]
    mina, jonas = people.mina, people.jonas

    shared = await mina.uploads(channel, "support.jsonl", sample="support.jsonl")
    report = await mina.sees(channel, "48 examples", thread_ts=shared)
    assert "4,415" in shown(report)
    assert "$" in shown(report)

    await mina.clicks(report, "start_open")
    form = await mina.form("start_form")
    wrong = await mina.submits(form, mina.filled(form, suffix="tone of voice", epochs="many"))
    assert set(wrong["errors"]) == {"suffix", "epochs"}
    sent = await mina.submits(form, mina.filled(form, suffix="tone", epochs="2"))
    assert sent["ok"], sent

    request = await mina.sees(channel, "waits for approval")
    assert f"<@{mina.id}>" in shown(request)
    await mina.clicks(request, "job_approve")
    await mina.sees(channel, "Only approvers can decide")
    assert not any("Only approvers can decide" in shown(m) for m in await jonas.reads(channel))

    await jonas.clicks(request, "job_approve")
    end = await jonas.sees(channel, "*tone* is ready, <@")
    assert "Training loss" in shown(end)
    card = next(m for m in await mina.reads(channel) if m["ts"] == request["ts"])
    assert f"<@{jonas.id}>" in shown(card)

    await mina.clicks(await mina.follows(end), "job_chat")
    thread = await mina.sees(channel, "write `stop` to end")
    await mina.writes(channel, "My lamp flickers since yesterday.", thread["ts"])
    answer = await mina.sees(channel, "— Lumi", thread_ts=thread["ts"])
    assert "flicker" in shown(answer)
    await mina.writes(channel, "stop", thread["ts"])
    await mina.sees(channel, "ended", thread_ts=thread["ts"])

    jobs = await people.calls("POST /fine_tuning/jobs")
    assert len([call for call in jobs if call["ok"]]) == 1
