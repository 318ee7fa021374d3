"""`finetune-bot check FILE`, as somebody sees it in a terminal."""

import json
from datetime import date
from pathlib import Path
from typing import NoReturn

import pytest
from rich.console import Console

from bot.cli.check import Wishes, run_check
from bot.cli.report_text import drawn
from bot.domain.datasets.report import Problem, Report, from_json
from bot.errors import Temporary, UnusableFile
from bot.workers.pool import InProcess


def example(number: int, **more: object) -> str:
    messages = [
        {"role": "user", "content": f"How is number {number}?"},
        {"role": "assistant", "content": "Fine.", **more},
    ]
    return json.dumps({"messages": messages})


@pytest.fixture(autouse=True)
def a_day_on_which_models_can_be_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli.check.today", lambda: date(2026, 11, 22))


@pytest.fixture
def good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "good.jsonl"
    path.write_text("".join(example(number) + "\n" for number in range(60)), "utf-8")
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.jsonl"
    lines = [*(example(number) for number in range(8)), "", example(9, weight=2), "{oops"]
    path.write_text("\n".join(lines), "utf-8")
    return path


class Failing(InProcess):
    """Workers that fail at every task."""

    def __init__(self, fault: BaseException) -> None:
        self.fault = fault
        self.closed = False

    async def run(self, task: object) -> NoReturn:
        raise self.fault

    async def close(self) -> None:
        self.closed = True


def plain(report: Report, *, whole: bool = False) -> str:
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        console.print(drawn(report, whole=whole))
    return capture.get()


def test_a_good_file_shows_what_it_holds_and_costs(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_check([good], Wishes(advice=True)) == 0
    out, err = capsys.readouterr()
    assert "good.jsonl  ✓ can be trained" in out
    assert "60 chat examples" in out
    assert "gpt-4o-mini-2024-07-18" in out
    assert "half of the examples have up to" in out
    assert "auto (3)" in out
    assert "If the first result disappoints" in out
    assert "Problems" not in out
    assert err == ""


def test_a_broken_file_shows_where_and_how_to_mend(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_check([broken]) == 1
    out, _ = capsys.readouterr()
    assert "broken.jsonl  ✗ cannot be trained: 3 problems" in out
    for said in ("line 9", "Remove it.", "line 10", "`messages[1].weight`", "line 11", "not JSON"):
        assert said in out
    assert "8 of them without a problem" in out


def test_json_goes_to_stdout_whole(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_check([broken], Wishes(as_json=True)) == 1
    values = json.loads(capsys.readouterr().out)
    assert list(values)[:14] == [
        *("file", "bytes", "sha256", "format", "examples", "valid", "ok", "problem_count", "problem_codes"),
        *("problems", "advice", "tokens", "estimates", "billable"),
    ]
    assert set(values["problems"][0]) == {*("line", "path", "code", "message", "fix", "count", "lines")}
    assert set(values["tokens"]) == {
        *(
            "total",
            "trained",
            "max",
            "over_limit",
            "lost",
            "encoding",
            "exact",
            "p50",
            "p90",
            "p99",
            "histogram",
        )
    }
    assert set(values["suggestions"]) == {"hyperparameters", "afterwards"}
    assert set(values["estimates"][0]) == {
        *("model", "method", "epochs", "epochs_source", "billed_tokens", "usd", "price_per_million_usd"),
        *("price_as_of", "trainable_until"),
    }
    assert from_json(values).problem_codes == {"blank_line": 1, "bad_weight": 1, "not_json": 1}


def test_a_file_that_is_not_there_is_told_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_check([tmp_path / "gone.jsonl"], Wishes(as_json=True)) == 2
    out, err = capsys.readouterr()
    assert (out, err.replace("\n", "")) == ("", f"There is no file {tmp_path / 'gone.jsonl'}.")


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (UnusableFile("It is gone."), 2, "good.jsonl: It is gone."),
        (Temporary("The check was interrupted."), 2, "good.jsonl: The check was interrupted."),
        (KeyboardInterrupt(), 130, "Stopped."),
    ],
)
def test_whatever_ends_a_check_the_processes_end_too(
    fault: BaseException,
    code: int,
    said: str,
    good: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pool = Failing(fault)
    assert run_check([Path(good.name)], pool=pool) == code
    assert pool.closed
    assert capsys.readouterr().err == f"{said}\n"


def test_no_color_is_respected(
    good: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    run_check([good])
    assert "\x1b[1;32m" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    run_check([good])
    assert "\x1b[1;32m" not in capsys.readouterr().out


def test_one_fault_on_many_lines_is_told_once_with_its_lines(
    good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good.write_bytes(good.read_bytes() + b"\n" * 6_150)
    assert run_check([good]) == 1
    out, _ = capsys.readouterr()
    assert out.count("This line is empty.") == out.count("Remove it.") == 1
    assert "cannot be trained: 6,150 problems of 1 kind" in out
    assert "6,150 lines" in out
    assert "Lines 61–80 and 6,130 more" in out


def test_many_kinds_of_problem_are_summed_up(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_check([good], Wishes(as_json=True))
    values = json.loads(capsys.readouterr().out)
    problems = [
        {"line": line, "path": "", "code": "odd", "message": f"Fault {line}.", "fix": ""}
        for line in range(1, 101)
    ]
    values |= {"ok": False, "problem_count": 150, "problem_codes": {"odd": 150}, "problems": problems}
    text = plain(from_json(values))
    assert text.count("Fault ") == 5
    assert "and 95 more kinds of problem; --advice shows more." in text
    text = plain(from_json(values), whole=True)
    assert text.count("Fault ") == 20
    assert "and 80 more kinds of problem; --json lists up to 1,000." in text
    assert "150 × odd" in text


def test_nothing_in_a_report_can_steer_the_terminal(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_check([good], Wishes(as_json=True))
    values = json.loads(capsys.readouterr().out)
    values["file"] = "a\x1b]0;evil\x07[bold red]b.jsonl"
    values["problems"] = [
        {"line": 1, "path": "", "code": "x", "message": "[link=http://evil]x[/link]", "fix": "[/]"}
    ]
    text = plain(from_json(values))
    assert "\x1b" not in text
    assert "[bold red]b.jsonl" in text
    assert "[link=http://evil]x[/link]" in text


def test_a_problem_of_the_whole_file_stands_at_the_file(
    good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_check([good], Wishes(as_json=True))
    values = json.loads(capsys.readouterr().out)
    report = from_json(
        values | {"problems": [Problem(0, "", "empty_file", "This file is empty.", "Fill it.")]}
    )
    assert "file    " in plain(report)
