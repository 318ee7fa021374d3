"""What people drop: the bot says of each file what it is, what is wrong with it and how to mend it, or keeps still."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.stories.conftest import at_work, workspace
from tests.stories.driver import People, dataset, shown

NO_DATASETS = [
    ("empty.jsonl", b"", "This file is empty", "one example on each line"),
    ("blank.jsonl", b"\n \n\n", "This file is empty", "one example on each line"),
    ("few.jsonl", dataset(3), "3 examples", "Add at least 7 examples"),
    (
        "table.csv",
        b"question,answer\nWhy?,Because.\nHow?,So.\n",
        "columns separated by commas",
        "*Convert* shows first",
    ),
    ("list.json", b'[\n{"messages": []},\n{"messages": []}\n]', "one JSON list", "*Convert* shows first"),
    ("book.xlsx", b"PK\x03\x04\x14\x00\x06\x00xl/workbook.xml", "a spreadsheet", "*Convert* shows first"),
    ("files.zip", b"PK\x03\x04\x14\x00\x06\x00data.jsonl", "a ZIP archive", "Unpack it"),
    ("packed.jsonl.gz", b"\x1f\x8b\x08\x00\x00", "a compressed file", "Unpack it"),
    ("wide.jsonl", dataset().decode().encode("utf-16"), "UTF-16", "Save it as UTF-8"),
    ("old.jsonl", b'{"prompt": "a", "completion": "b"}\n' * 12, "prompt/completion", "*Convert* shows first"),
    ("notes.jsonl", b"Dear diary,\nnothing today.\n", "not a dataset", "A dataset has"),
]


async def test_what_is_no_dataset_is_told_what_it_is_and_how_to_mend_it(team: People) -> None:
    """One card each, with the fault and the way out; none of them can be trained on."""
    channel, mina = team.channels["ft-support"], team.mina
    shared = [(await mina.uploads(channel, name, content), *told) for name, content, *told in NO_DATASETS]
    for ts, what, mend in shared:
        verdict = await mina.verdict(channel, ts)
        assert what in verdict
        assert f"→ {mend}" in verdict or mend in verdict.split("→", 1)[1]
        assert "Start fine-tuning" not in verdict
    await mina.commands(channel, "start")
    form = await mina.form("start_form")
    assert "no dataset in this channel that can be trained on" in str(form["blocks"])


async def test_a_text_that_is_no_dataset_is_answered_by_silence_until_somebody_asks(team: People) -> None:
    """One that holds a dataset is checked like any other."""
    channel, mina = team.channels["ft-support"], team.mina
    notes = await mina.uploads(channel, "notes.txt", b"Dear diary,\nnothing today.\n")
    log = await mina.uploads(channel, "log.txt", b"[INFO] started\n[INFO] done\n")
    tone = await mina.uploads(channel, "tone.txt", dataset(12))
    assert "*tone.txt* is ready" in await mina.verdict(channel, tone)
    for ts in (notes, log):
        assert len(await mina.reads(channel, ts)) == 1

    await mina.commands(channel, "datasets")
    listed = shown(await mina.sees(channel, "Datasets in this channel"))
    assert "tone.txt" in listed
    assert "notes.txt" not in listed

    await mina.shortcut("finetune_start_from_message", await mina.finds(channel, notes))
    assert "not a dataset" in await mina.verdict(channel, notes)


async def test_every_problem_of_a_broken_dataset_is_told_with_its_line_and_its_cure(team: People) -> None:
    """The card shows the first problems, the full report all of them."""
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "", sample="support-broken.jsonl")
    card = await mina.sees(channel, "7 problems to mend in 16 lines", thread_ts=shared)
    for line in (3, 5, 7, 9, 11):
        assert f"*Line {line}*" in shown(card)
    assert shown(card).count("→ ") == 5
    assert "And 2 more" in shown(card)
    assert "Start fine-tuning" not in shown(card)

    await mina.clicks(card, "dataset_report")
    report = str((await mina.modal_with("7 problems"))["blocks"])
    for line in (3, 5, 7, 9, 11, 13, 14):
        assert f"*Line {line}*" in report
    assert report.count("→ ") == 7
    assert "9 good of 16" in report


async def test_a_mended_file_of_the_same_name_is_the_next_version(team: People) -> None:
    """Broken, then mended: two cards, and the form begins with the newer one."""
    channel, mina = team.channels["ft-support"], team.mina
    first = await mina.uploads(channel, "tone.jsonl", dataset(12) + b"{oops\n")
    assert "1 problem" in await mina.verdict(channel, first)
    second = await mina.uploads(channel, "tone.jsonl", dataset(12))
    assert "*tone.jsonl* (version 2) is ready" in await mina.verdict(channel, second)
    third = await mina.uploads(channel, "tone.jsonl", dataset(14))
    assert "*tone.jsonl* (version 3) is ready" in await mina.verdict(channel, third)

    await mina.commands(channel, "start")
    form = await mina.modal_with("Dataset")
    chosen = form["state"]["values"]["dataset"]["start_dataset"]["selected_option"]
    assert chosen["description"]["text"] == "version 3, 14 examples"


async def test_pasted_lines_are_a_dataset_too(team: People) -> None:
    """Slack makes a snippet of long pasted text and gives it a name of its own."""
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "Untitled", dataset(), mode="snippet")
    assert "12 examples" in await mina.verdict(channel, shared)


async def test_a_file_that_lives_elsewhere_is_asked_for_itself(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "drive.jsonl", dataset(), mode="external")
    verdict = await mina.verdict(channel, shared)
    assert "lives outside of Slack" in verdict
    assert "drop the file itself here" in verdict


async def test_what_is_plainly_not_meant_for_the_bot_gets_nothing(team: People) -> None:
    """Pictures, papers and code stay without a word, and so do files where the bot is not."""
    channel, elsewhere, mina = team.channels["ft-support"], team.channels["random"], team.mina
    files = [("lamp.png", b"\x89PNG\r\n"), ("invoice.pdf", b"%PDF-1.7"), ("train.py", b"print()\n")]
    shared = [(channel, await mina.uploads(channel, name, content)) for name, content in files]
    shared.append((elsewhere, await mina.uploads(elsewhere, "support.jsonl", dataset())))
    await team.all_done()
    for place, ts in shared:
        assert len(await mina.reads(place, ts)) == 1
    assert not [m for m in await mina.reads(channel) if m.get("bot_id")]
    heard = (await team.get("calls", direction="slack_to_app"))["calls"]
    assert elsewhere not in str([call["request"] for call in heard])


async def test_a_file_too_large_is_told_the_limit(tmp_path: Path) -> None:
    """By what Slack says of its size: not a byte of it is fetched."""
    async with workspace() as (sandbox, people), at_work(sandbox, tmp_path, MAX_UPLOAD_MB="1"):
        channel, mina = people.channels["ft-support"], people.mina
        shared = await mina.uploads(channel, "huge.jsonl", dataset(8_000))
        verdict = await mina.verdict(channel, shared)
        assert "has 1.6 MB; I take up to 1 MB" in verdict
        assert "MAX_UPLOAD_MB" in verdict
        assert not await people.calls("download")


async def test_a_file_deleted_before_it_is_read_says_so(team: People) -> None:
    """Whether Slack tells of the deletion or the bot finds out when it looks."""
    channel, mina = team.channels["ft-support"], team.mina
    for lost in (False, True):
        await team.fault("slack", "files.info", "429", times=2, retry_after=1)
        if lost:
            await team.fault("events", "file_deleted", "error")
        shared = await mina.uploads(channel, "short-lived.jsonl", dataset())
        await mina.sees(channel, "Checking", thread_ts=shared)
        await mina.deletes(channel, shared)
        verdict = await mina.verdict(channel, shared)
        assert ("was deleted in Slack before I could read it" if lost else "was deleted") in verdict
        await team.faults_off()


async def test_a_dataset_deleted_after_its_check_goes_from_here_too(team: People, tmp_path: Path) -> None:
    """The card says so, our copy is gone, and nothing can be started on it."""
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "tone.jsonl", dataset())
    card = await mina.sees(channel, "is ready", thread_ts=shared)
    assert copies(tmp_path)
    await mina.clicks(card, "start_open")
    form = await mina.modal_with("Dataset")
    await mina.deletes(channel, shared)
    gone = await mina.sees(channel, "Nothing of it is left", thread_ts=shared)
    assert "Start fine-tuning" not in shown(gone)
    assert not copies(tmp_path)

    late = await mina.submits(form, mina.filled(form, suffix="tone"))
    assert "it is deleted" in late["errors"]["dataset"]


@pytest.mark.parametrize(
    ("side", "fault", "told"),
    [
        ("files", {}, "I lack the permission `files:read`"),
        ("slack", {"code": "access_denied"}, "Slack does not show me this file"),
        ("slack", {"code": "a_new_error"}, "a_new_error"),
    ],
    ids=["login page", "known refusal", "unknown refusal"],
)
async def test_a_file_that_slack_does_not_give_says_why(
    team: People, side: str, fault: dict[str, Any], told: str
) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    match = "files.info" if side == "slack" else "*"
    await team.fault(side, match, "error", times=-1, **fault)
    shared = await mina.uploads(channel, "tone.jsonl", dataset())
    verdict = await mina.verdict(channel, shared)
    assert "could not check *tone.jsonl*" in verdict
    assert told in verdict
    await team.faults_off()
    await mina.shortcut("finetune_start_from_message", await mina.finds(channel, shared))
    await mina.modal_with("I am checking")
    await mina.sees(channel, "is ready", thread_ts=shared)


async def test_an_app_installed_without_its_file_scope_says_so(tmp_path: Path) -> None:
    """An admin took `files:read` away: the message still comes, the file does not."""
    manifest = yaml.safe_load((Path(__file__).parents[2] / "manifest.yaml").read_text("utf-8"))
    manifest["oauth_config"]["scopes"]["bot"].remove("files:read")
    async with workspace(manifest=manifest) as (sandbox, people), at_work(sandbox, tmp_path):
        channel, mina = people.channels["ft-support"], people.mina
        shared = await mina.uploads(channel, "tone.jsonl", dataset())
        verdict = await mina.verdict(channel, shared)
        assert "I lack the permission `files:read`" in verdict
        assert "reinstall me" in verdict


async def test_a_file_in_a_direct_message_is_checked_but_not_trained_on(team: People) -> None:
    mina = team.mina
    direct = "D" + mina.id[1:]
    shared = await mina.uploads(direct, "tone.jsonl", dataset())
    verdict = await mina.verdict(direct, shared)
    assert "12 examples" in verdict
    assert "share it in a channel" in verdict
    assert "Start fine-tuning" not in verdict


@pytest.mark.parametrize("lost", ["message/file_share", "file_shared"])
async def test_one_of_the_two_events_of_an_upload_is_enough(team: People, lost: str) -> None:
    """Slack tells of a file twice, and may lose one of them for good; with both there is one card as well."""
    channel, mina = team.channels["ft-support"], team.mina
    await team.fault("events", lost, "error")
    shared = await mina.uploads(channel, "tone.jsonl", dataset())
    assert "12 examples" in await mina.verdict(channel, shared)
    await team.faults_hit()


async def test_a_guest_of_another_organisation_may_show_a_file_but_not_spend(team: People) -> None:
    """Slack gives the app a stub of the file only; the guest reads in place of the form that it is not for them."""
    channel, kenji = team.channels["ft-support"], team.kenji
    shared = await kenji.uploads(channel, "northwind.jsonl", dataset())
    card = await kenji.sees(channel, "is ready", thread_ts=shared)
    assert "*northwind.jsonl*" in shown(card)
    await kenji.clicks(card, "start_open")
    told = await kenji.modal_with("full members of this workspace")
    assert "input" not in {block["type"] for block in told["blocks"]}
    assert not [m for m in await kenji.reads(channel) if "waits for approval" in shown(m)]


def copies(data_dir: Path) -> list[Path]:
    """What the bot keeps of datasets."""
    return list(data_dir.glob("datasets/*/*.jsonl"))
