"""Files and charts made by real worker processes: what they hold, what is refused, and what is left behind."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.domain import worker_tasks
from bot.domain.datasets.report import Problem, Report
from bot.domain.jobs.training import Checkpoint, Curve, Point
from bot.errors import BadInput, BotError, DiskFull, UnusableFile
from bot.workers.pool import Pool
from bot.workers.validator import Validator
from tests.stories.driver import dataset, sample


async def report_on(pool: Pool, path: Path) -> Report:
    return await Validator(pool).validate(path, name=path.name)


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


async def test_a_mended_file_holds_what_was_kept_and_says_what_was_done(pool: Pool, tmp_path: Path) -> None:
    source = written(
        tmp_path, "b.jsonl", b"\xef\xbb\xbf" + dataset().replace(b"\n", b"\r\n\r\n") + b"{broken\n"
    )
    made = await pool.run(worker_tasks.Mend(source, tmp_path / "mended", "chat"))
    assert (tmp_path / "mended").read_bytes() == dataset()
    assert made.kept == 12
    assert {deed.code: deed.count for deed in made.deeds} == {
        "bom": 1, "crlf": 24, "blank_line": 12, "left_out": 1,
    }  # fmt: skip


async def test_the_table_tells_each_fault_once_with_all_of_its_lines(pool: Pool, tmp_path: Path) -> None:
    faulty = b'{"messages": [{"role": "usr", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]}\n'
    source = written(tmp_path, "b.jsonl", dataset() + faulty * 1_005 + b"\n" + faulty)
    report = await report_on(pool, source)
    count = await pool.run(worker_tasks.WriteReportTable(source, tmp_path / "report.csv", report))
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    problems = [row for row in rows if row["kind"] == "problem"]
    assert count == len(problems) == 2
    assert [(row["code"], row["lines"], row["count"]) for row in problems] == [
        ("unknown_role", "13–1,017, 1,019", "1006"),
        ("blank_line", "1,018", "1"),
    ]
    assert [row["code"] for row in rows if row["kind"] == "advice"] == [each.code for each in report.advice]


async def test_lines_that_no_cell_can_hold_go_on_in_the_next_row(pool: Pool, tmp_path: Path) -> None:
    good, blank = dataset().splitlines(keepends=True)[0], b"\n"
    source = written(tmp_path, "b.jsonl", (good + blank) * 6_000)
    report = await report_on(pool, source)
    assert await pool.run(worker_tasks.WriteReportTable(source, tmp_path / "report.csv", report)) == 1
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "problem"]
    assert len(rows) == 2
    assert all(len(row["lines"]) < 32_767 for row in rows)
    assert ", ".join(row["lines"] for row in rows) == ", ".join(f"{2 * n:,}" for n in range(1, 6_001))


async def test_no_cell_of_the_table_is_a_formula(pool: Pool, tmp_path: Path) -> None:
    source = written(tmp_path, "b.jsonl", dataset() + b"{broken\n")
    report = await report_on(pool, source)
    hostile = Problem(13, "=cmd|'/c calc'!A1", "unknown_key", "+1", "@x")
    await pool.run(
        worker_tasks.WriteReportTable(source, tmp_path / "report.csv", replace(report, problems=(hostile,)))
    )
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1] == ["problem", "13", "1", "'=cmd|'/c calc'!A1", "unknown_key", "'+1", "'@x"]


async def test_the_token_chart_is_a_picture(pool: Pool, tmp_path: Path) -> None:
    source = written(tmp_path, "support.jsonl", sample("support.jsonl"))
    await pool.run(
        worker_tasks.DrawTokenChart(tmp_path / "tokens.png", await report_on(pool, source), 65_536)
    )
    with Image.open(tmp_path / "tokens.png") as picture:
        assert (picture.format, picture.size) == ("PNG", (1280, 640))
        assert len(picture.convert("RGB").getcolors(1 << 20) or ()) > 10


async def test_a_preview_shows_what_columns_are_taken_for_and_what_rows_become(
    pool: Pool, tmp_path: Path
) -> None:
    source = written(tmp_path, "faq.csv", sample("faq.csv"))
    preview = await pool.run(worker_tasks.ShowPreview(source, {}))
    assert preview.columns == ("question", "answer", "topic")
    assert preview.mapping is not None
    assert preview.mapping.columns == {"question": "question", "answer": "answer"}
    assert [len(each["messages"]) for each in preview.examples] == [2, 2, 2]
    other = await pool.run(worker_tasks.ShowPreview(source, {"question": "topic", "answer": "answer"}))
    assert other.examples[0]["messages"][0]["content"] != preview.examples[0]["messages"][0]["content"]


async def test_columns_that_say_nothing_are_shown_without_a_guess(pool: Pool, tmp_path: Path) -> None:
    preview = await pool.run(worker_tasks.ShowPreview(written(tmp_path, "x.csv", b"x,y,z\n1,2,3\n"), {}))
    assert (preview.columns, preview.mapping, preview.examples) == (("x", "y", "z"), None, ())
    preview = await pool.run(
        worker_tasks.ShowPreview(written(tmp_path, "x.csv", b"x,y\n1,2\n"), {})
    )  # their order tells nothing
    assert (preview.columns, preview.mapping, preview.examples) == (("x", "y"), None, ())


async def test_what_cannot_be_done_is_refused_with_a_sentence(pool: Pool, tmp_path: Path) -> None:
    source = written(tmp_path, "x.csv", b"x,y,z\n1,2,3\n")
    with pytest.raises(BadInput, match="There is no column"):
        await pool.run(worker_tasks.ShowPreview(source, {"question": "nowhere"}))
    with pytest.raises(BadInput, match="not mended line by line"):
        await pool.run(worker_tasks.Mend(source, tmp_path / "y", None))
    with pytest.raises(UnusableFile, match="No such file"):
        await pool.run(worker_tasks.Compare(source, tmp_path / "gone"))


async def test_losses_are_drawn_as_a_picture_with_a_ground_of_its_own(pool: Pool, tmp_path: Path) -> None:
    """On Slack's dark mode a picture without one has dark letters on dark."""
    points = tuple(Point(step, 2.0 / step, 1.0 if step % 5 == 0 else None) for step in range(1, 101))
    await pool.run(worker_tasks.DrawLossChart(tmp_path / "loss.png", Curve(points, (Checkpoint(50, ""),))))
    with Image.open(tmp_path / "loss.png") as picture:
        assert (picture.format, picture.size) == ("PNG", (1280, 640))
        assert picture.convert("RGBA").getpixel((2, 2)) == (255, 255, 255, 255)
        assert len(picture.convert("RGB").getcolors(1 << 20) or ()) > 50


async def test_a_curve_without_losses_is_not_drawn(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(BotError, match="ValueError"):
        await pool.run(worker_tasks.DrawLossChart(tmp_path / "loss.png", Curve((Point(1),))))


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="only some systems have a file that is always full"
)
async def test_what_there_is_no_room_for_is_said_to_lack_room(pool: Pool, tmp_path: Path) -> None:
    source = written(tmp_path, "b.jsonl", dataset(2_000) + b"{broken\n")
    target = tmp_path / "mended"
    target.symlink_to("/dev/full")
    with pytest.raises(DiskFull, match="disk of the machine I run on is full"):
        await pool.run(worker_tasks.Mend(source, target, "chat"))
