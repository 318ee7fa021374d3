"""The tools in every terminal: encodings, names, pipes, widths, and what is left when something of ours breaks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.check import Wishes, run_check
from bot.cli.files import STDOUT
from bot.workers.forkserver import Forkserver
from bot.workers.pool import Pool

ENCODINGS = ["ascii", "latin-1", "cp1252", "cp949", "cp932", "gbk", "utf-8"]
ROW = json.dumps(
    {
        "messages": [
            {"role": "user", "content": "Wie geht’s – gut?"},
            {"role": "assistant", "content": "✓ 좋아요"},
        ]
    },
    ensure_ascii=False,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.jsonl").write_text(
        "".join(ROW.replace("gut", f"gut {number}") + "\n" for number in range(12)), "utf-8"
    )
    (tmp_path / "broken – ü.jsonl").write_text(ROW[:-1] + "\n", "utf-8")
    (tmp_path / "faq.csv").write_text("question,answer\n" + "Wie?,Só ✓\n" * 12, "utf-8")
    return tmp_path


def run(
    folder: Path, *words: str | bytes, given: bytes | None = None, shell: str = "", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """`finetune-bot`, in a process as people start it; with `shell`, as they type it, "BOT" standing for it."""
    program = [sys.executable, "-m", "bot"]
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2]), "NO_COLOR": "1"}
    return subprocess.run(
        ["bash", "-c", shell.replace("BOT", " ".join(program))] if shell else [*program, *words],
        cwd=folder,
        env={**known, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        input=given if given is not None else b"",
        capture_output=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_any_encoding_of_stdout_shows_the_report_with_the_right_exit_status(
    folder: Path, encoding: str
) -> None:
    done = run(folder, "check", "good.jsonl", "broken – ü.jsonl", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert done.returncode == 1, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"12 chat examples" in done.stdout
    assert b"cannot be trained" in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp949"])
def test_json_loses_nothing_whatever_the_encoding(folder: Path, encoding: str) -> None:
    done = run(folder, "check", "broken – ü.jsonl", "--json", PYTHONIOENCODING=encoding)
    assert json.loads(done.stdout.decode(encoding))["file"] == "broken – ü.jsonl"


def test_a_file_name_that_is_no_utf8_is_read_like_any_other(folder: Path) -> None:
    name = b"gr\xfc\xdfe.jsonl"
    (Path(os.fsdecode(bytes(folder) + b"/" + name))).write_bytes((folder / "good.jsonl").read_bytes())
    for more in ([], ["--json"], ["--fix", "mended.jsonl"]):
        done = run(folder, "check", name, *more)
        assert done.returncode == 0, done.stderr
    assert (folder / "mended.jsonl").exists()


def test_a_dash_is_stdin_and_so_are_pipes(folder: Path) -> None:
    good = (folder / "good.jsonl").read_bytes()
    done = run(folder, "check", "-", given=good)
    assert done.returncode == 0, done.stderr
    assert b"stdin" in done.stdout
    for typed in (
        "cat good.jsonl | BOT check /dev/stdin",
        "BOT check <(cat good.jsonl)",
        "mkfifo fifo; cat good.jsonl > fifo & BOT check fifo",
        "BOT compare <(cat good.jsonl) good.jsonl",
        "BOT check good.jsonl --validation <(head -10 good.jsonl)",
    ):
        assert run(folder, shell=typed).returncode == 0, typed
    assert run(folder, "check", "-", given=b"{").returncode == 1


def test_a_device_is_no_file(folder: Path) -> None:
    done = run(folder, "check", "/dev/zero")
    assert done.returncode == 2
    assert done.stderr == b"/dev/zero is a device and no file.\n"


def test_convert_and_fix_write_to_stdout_what_the_next_program_reads(folder: Path) -> None:
    done = run(folder, "convert", "faq.csv", "-", "--yes")
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["messages"][1]["content"] for line in done.stdout.splitlines()] == ["Só ✓"] * 12
    done = run(folder, "convert", "-", "-", "--yes", given=(folder / "faq.csv").read_bytes())
    assert len(done.stdout.splitlines()) == 12
    done = run(folder, "check", "good.jsonl", "--fix", "-")
    assert done.stdout == (folder / "good.jsonl").read_bytes()
    assert not (folder / STDOUT).exists()
    assert run(folder, shell="BOT convert faq.csv - --yes 2>/dev/null | BOT check -").returncode == 0


@pytest.mark.parametrize("columns", ["0", "1"])
def test_no_columns_are_as_many_as_usual(folder: Path, columns: str) -> None:
    assert b"12 chat examples" in run(folder, "check", "good.jsonl", COLUMNS=columns).stdout
    assert b"check" in run(folder, "--help", COLUMNS=columns).stdout


def test_who_stops_reading_is_not_told_that_the_file_is_unfit(folder: Path) -> None:
    done = run(folder, shell="set -o pipefail; BOT check good.jsonl | true; exit $?")
    assert done.returncode in {0, 141}, done.stderr
    assert done.stderr == b""


def test_a_fault_of_ours_has_a_status_and_a_reference_of_its_own(folder: Path) -> None:
    broken = (
        "import bot.cli.check\n"
        "def run_check(*a, **k): raise ValueError('secret')\n"
        "bot.cli.check.run_check = run_check\n"
    )
    (folder / "breaks.py").write_text(f"{broken}from bot.cli.main import main\nmain()\n")
    done = subprocess.run(
        [sys.executable, "breaks.py", "check", "good.jsonl"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 70
    assert b"the fault is its own, not your file's. Reference " in done.stderr
    assert b"ValueError at breaks.py:2" in done.stderr
    assert b"secret" not in done.stderr


LOADS = """
import resource, sys
from pathlib import Path
from bot.cli.check import run_check
assert run_check([Path("good.jsonl")]) == 0
print(
    resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
    {"bot.ports", "bot.workers.transforms", "slack_sdk", "openai", "sqlalchemy", "structlog", "PIL", "numpy"}
    & {*sys.modules},
    file=sys.stderr,
)
"""


def test_a_small_file_is_read_without_another_process_and_without_the_application(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADS],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        check=False,
    )
    assert done.stderr == b"0 set()\n"


def test_a_small_file_is_told_the_same_with_processes_and_without(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = Wishes(as_json=True)
    assert run_check([folder / "good.jsonl"], asked) == 0
    here = capsys.readouterr().out
    with Forkserver() as forkserver:
        assert run_check([folder / "good.jsonl"], asked, pool=Pool(forkserver)) == 0
    assert capsys.readouterr().out == here


def test_nothing_but_the_result_is_on_stdout(folder: Path) -> None:
    done = run(folder, "check", "good.jsonl", "--json", "--fix", "mended.jsonl", FORCE_COLOR="1")
    assert json.loads(done.stdout)["ok"]
