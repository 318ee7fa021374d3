"""`finetune-bot check --fix`, `convert`, `split` and `compare`, as somebody types them."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from openpyxl import Workbook
from typer.testing import CliRunner, Result

from bot.cli.main import cli

DOCS = Path(__file__).parents[2] / "docs" / "check.md"
COMMANDS = ("check", "convert", "split", "compare")


def example(number: int, said: str = "Fine.", **more: Any) -> str:
    messages = [
        {"role": "user", "content": f"How is number {number}?"},
        {"role": "assistant", "content": said},
    ]
    return json.dumps({"messages": messages, **more})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("bot.cli.check.today", lambda: date(2026, 11, 22))  # models can be trained then
    yield tmp_path
    assert not list(tmp_path.rglob(".*")), "a half-written file was left behind"


def write(path: Path, lines: Sequence[str], *, end: str = "\n") -> None:
    path.write_bytes("".join(line + end for line in lines).encode())


def run(*words: str, said: str = "") -> Result:
    return CliRunner().invoke(cli, words, input=said)


def test_fix_writes_a_mended_file_tells_what_was_done_and_checks_it(folder: Path) -> None:
    good = [example(number) for number in range(12)]
    write(
        folder / "broken.jsonl",
        ["\ufeff" + good[0], good[1] + ",", example(2, id=2), *good[3:], "", "{", good[5]],
    )
    done = run("check", "broken.jsonl", "--fix", "mended.jsonl")
    assert done.exit_code == 0
    assert "mended.jsonl  ✓ can be trained" in done.stdout
    assert "12 examples kept in mended.jsonl." in done.stderr
    for said in (
        "mark removed. (line 1)",
        "(id × 1). (line 3)",
        "This line is not JSON",
        "(line 14)",
        "(line 15)",
    ):
        assert said in done.stderr
    assert (folder / "mended.jsonl").read_text("utf-8").splitlines() == good


def test_the_json_of_mending_says_which_problem_left_a_line_out(folder: Path) -> None:
    write(folder / "broken.jsonl", [*(example(number) for number in range(12)), "{"])
    deeds = json.loads(run("check", "broken.jsonl", "--fix", "mended.jsonl", "--json").stdout)["mended"][
        "deeds"
    ]
    assert [(deed["code"], deed["problem"], deed["lines"]) for deed in deeds] == [
        ("left_out", "not_json", [13])
    ]


def test_fix_replaces_a_file_only_when_forced_even_the_one_it_reads(folder: Path) -> None:
    write(folder / "data.jsonl", [example(number) for number in range(12)], end="\r\n")
    before = (folder / "data.jsonl").read_bytes()
    refused = run("check", "data.jsonl", "--fix", "data.jsonl")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "--force" in refused.stderr
    assert (folder / "data.jsonl").read_bytes() == before
    done = run("check", "data.jsonl", "--fix", "data.jsonl", "--force", "--json")
    assert done.exit_code == 0
    mended = json.loads(done.stdout)["mended"]
    assert mended["examples"] == 12
    assert [(deed["code"], deed["count"]) for deed in mended["deeds"]] == [("crlf", 12)]
    assert (folder / "data.jsonl").read_bytes() == before.replace(b"\r\n", b"\n")


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        ("q,a\nWho?,Me.\n", (), "finetune-bot convert data.jsonl out.jsonl"),
        ('{"id": 1}\n', ("--format", "chat"), "No line of this file could be kept"),
        ("{oops}\n", (), "--format"),
        ("{}\n", ("other.jsonl",), "one file"),
        ("{}\n", ("--model", "gpt-4o-minni"), 'Did you mean "gpt-4o-mini'),
    ],
)
def test_what_cannot_be_mended_leaves_no_file(
    folder: Path, content: str, words: tuple[str, ...], said: str
) -> None:
    (folder / "data.jsonl").write_text(content, "utf-8")
    done = run("check", "data.jsonl", *words, "--fix", "out.jsonl")
    assert done.exit_code == 2
    assert said in done.stderr.replace("\n", " ")
    assert not (folder / "out.jsonl").exists()


def test_several_files_give_their_reports_in_order_and_the_worst_exit_code(folder: Path) -> None:
    write(folder / "good.jsonl", [example(number) for number in range(12)])
    write(folder / "bad.jsonl", ["{", *(example(number) for number in range(12))])
    done = run("check", "good.jsonl", "bad.jsonl", "--json")
    assert done.exit_code == 1
    assert [(each["file"], each["ok"]) for each in json.loads(done.stdout)] == [
        ("good.jsonl", True),
        ("bad.jsonl", False),
    ]
    done = run("check", "bad.jsonl", "gone.jsonl", "good.jsonl")
    assert done.exit_code == 2
    assert done.stdout.index("bad.jsonl  ✗") < done.stdout.index("good.jsonl  ✓")
    assert "There is no file gone.jsonl." in done.stderr


def test_a_model_and_epochs_narrow_the_estimates(folder: Path) -> None:
    write(folder / "data.jsonl", [example(number) for number in range(12)])
    done = run("check", "data.jsonl", "--model", "gpt-4.1-mini", "--epochs", "2", "--json")
    (estimate,) = json.loads(done.stdout)["estimates"]
    assert estimate["model"].startswith("gpt-4.1-mini")
    assert (estimate["epochs"], estimate["epochs_source"]) == (2, "given")
    assert run("check", "data.jsonl", "--epochs", "51").exit_code == 2


def test_a_model_that_does_not_train_on_the_format_is_a_problem(folder: Path) -> None:
    lines = [
        json.dumps(
            {
                "input": {"messages": [{"role": "user", "content": str(number)}]},
                "preferred_output": [{"role": "assistant", "content": "a"}],
                "non_preferred_output": [{"role": "assistant", "content": "b"}],
            }
        )
        for number in range(12)
    ]
    write(folder / "pairs.jsonl", lines)
    done = run("check", "pairs.jsonl", "--model", "gpt-4o-mini", "--json")
    report = json.loads(done.stdout)
    assert done.exit_code == 1
    assert report["problem_codes"] == {"model_unfit": 1}
    assert "gpt-4o-mini" in report["problems"][0]["message"]


def test_a_forced_format_is_what_the_lines_are_checked_against(folder: Path) -> None:
    write(folder / "data.jsonl", [json.dumps({"prompt": number}) for number in range(12)])
    report = json.loads(run("check", "data.jsonl", "--format", "chat", "--json").stdout)
    assert report["format"] == "chat"
    assert report["problem_codes"] == {"missing_key": 12, "meaningful_key": 12}


def test_what_training_and_validation_share_is_advice(folder: Path) -> None:
    write(folder / "train.jsonl", [example(number) for number in range(12)])
    write(folder / "validation.jsonl", [example(number, "Bad.") for number in range(11, 22)] + [example(3)])
    done = run("check", "train.jsonl", "--validation", "validation.jsonl", "--json")
    training, validation = json.loads(done.stdout)
    found = {each["code"]: each["lines"] for each in training["advice"]}
    assert found["leaked_example"] == [4]
    assert found["leaked_prompt"] == [12]
    assert validation["file"] == "validation.jsonl"
    assert not [each for each in validation["advice"] if each["code"].startswith("leaked")]


def test_convert_shows_its_guess_asks_and_then_writes_and_checks(folder: Path) -> None:
    write(
        folder / "faq.csv",
        ["Question,Answer,id", *(f"How is {each}?,Fine.,{each}" for each in range(12)), "x,,"],
    )
    words = ("convert", "faq.csv", "faq.jsonl", "--system", "Be kind.")
    refused = run(*words, said="n\n")
    assert refused.exit_code == 1
    assert "← Question" in refused.stdout
    assert '"How is 0?"' in refused.stdout
    assert "Nothing was written." in refused.stderr
    assert not (folder / "faq.jsonl").exists()
    done = run(*words, said="y\n")
    assert done.exit_code == 0
    assert "12 examples written to faq.jsonl." in done.stderr
    assert "1 row left out: the answer is empty." in done.stderr
    assert "faq.jsonl  ✓ can be trained" in done.stdout
    first = json.loads((folder / "faq.jsonl").read_text("utf-8").splitlines()[0])
    assert [each["content"] for each in first["messages"]] == ["Be kind.", "How is 0?", "Fine."]


def test_convert_takes_a_spreadsheet_and_says_which_sheet(folder: Path) -> None:
    book = Workbook()
    book.create_sheet("Support").append(["question", "answer", "id"])
    for number in range(12):
        book["Support"].append([f"How is {number}?", "Fine.", number])
    book.save(folder / "faq.xlsx")
    told = run("check", "faq.xlsx")
    assert told.exit_code == 1
    assert "This is a spreadsheet (XLSX), not JSON Lines." in told.stdout
    assert "finetune-bot convert" in " ".join(told.stdout.split())
    mended = run("check", "faq.xlsx", "--fix", "faq.jsonl")
    assert "finetune-bot convert faq.xlsx faq.jsonl" in mended.stderr.replace("\n", " ")
    done = run("convert", "faq.xlsx", "faq.jsonl", "--yes")
    assert done.exit_code == 0
    assert "The rows of the sheet Support." in done.stdout
    assert "12 examples written to faq.jsonl." in done.stderr


def test_convert_takes_the_columns_it_is_told(folder: Path) -> None:
    rows = [{"vraag": f"{each}?", "antwoord": "Ja.", "bron": "x"} for each in range(12)]
    (folder / "data.json").write_text(json.dumps(rows, indent=1), "utf-8")
    unsure = run("convert", "data.json", "out.jsonl", "--yes")
    assert unsure.exit_code == 2
    assert "--map question=COLUMN" in unsure.stderr
    told = run(
        "convert", "data.json", "out.jsonl", "--yes", "--map", "question=vraag", "--map", "answer=antwoord"
    )
    assert told.exit_code == 0
    assert run("convert", "data.json", "new.jsonl", "--map", "frage=question").exit_code == 2


def test_a_guess_by_order_alone_is_never_taken_without_a_word(folder: Path) -> None:
    write(folder / "faq.csv", ["vraag,antwoord", *(f"Hoe is {each}?,Goed." for each in range(12))])
    done = run("convert", "faq.csv", "faq.jsonl", "--yes")
    assert done.exit_code == 2
    assert "by the order of the columns only" in done.stderr
    assert "--map question=vraag --map answer=antwoord" in done.stderr.replace("\n", " ")
    assert not (folder / "faq.jsonl").exists()
    assert run("convert", "faq.csv", "faq.jsonl", said="y\n").exit_code == 0
    done = run(
        *["convert", "faq.csv", "new.jsonl", "--yes", "--map", "question=vraag", "--map", "answer=antwoord"]
    )
    assert done.exit_code == 0


def test_lines_that_mending_leaves_out_for_their_keys_are_converted_as_they_say(folder: Path) -> None:
    lines = [example(each, weight=int(each != 3), system="Be kind.") for each in range(14)]
    write(folder / "data.jsonl", lines)
    told = run("check", "data.jsonl")
    assert "finetune-bot convert" in " ".join(told.stdout.split())
    refused = run("check", "data.jsonl", "--fix", "mended.jsonl")
    assert refused.exit_code == 2
    assert "(system × 14, weight × 14)" in " ".join(refused.stderr.split())
    assert "finetune-bot convert data.jsonl mended.jsonl" in " ".join(refused.stderr.split())
    done = run("convert", "data.jsonl", "out.jsonl", "--yes")
    assert done.exit_code == 0
    assert "1 row left out: its weight says that it is not to be learned." in done.stderr
    examples = [json.loads(line) for line in (folder / "out.jsonl").read_text("utf-8").splitlines()]
    assert len(examples) == 13
    assert all(each.keys() == {"messages"} and each["messages"][0]["role"] == "system" for each in examples)


def test_lines_that_python_wrote_are_read_and_that_is_said(folder: Path) -> None:
    lines = [
        str({"messages": [{"role": "human", "content": f"It's {each}?"}, {"role": "gpt", "content": "Yes."}]})
        for each in range(12)
    ]
    write(folder / "data.jsonl", lines)
    refused = run("check", "data.jsonl", "--fix", "mended.jsonl")
    assert "finetune-bot convert data.jsonl mended.jsonl" in " ".join(refused.stderr.split())
    done = run("convert", "data.jsonl", "out.jsonl", "--yes")
    assert done.exit_code == 0
    assert "Read as Python writes objects, with single quotes (12 rows)." in done.stderr


def test_roles_of_other_tools_are_no_mending_but_a_conversion(folder: Path) -> None:
    write(folder / "data.jsonl", [example(each).replace('"user"', '"human"') for each in range(12)])
    refused = run("check", "data.jsonl", "--fix", "mended.jsonl")
    assert "finetune-bot convert data.jsonl mended.jsonl" in " ".join(refused.stderr.split())
    assert run("convert", "data.jsonl", "out.jsonl", "--yes").exit_code == 0


def test_keys_that_may_say_which_answers_are_bad_are_dropped_only_when_somebody_says_so(folder: Path) -> None:
    write(folder / "data.jsonl", [example(each, quality="good") for each in range(12)])
    done = run("convert", "data.jsonl", "out.jsonl", "--yes")
    assert done.exit_code == 2
    assert '"quality" may say which answers are bad' in done.stderr
    done = run("convert", "data.jsonl", "out.jsonl", said="y\n")
    assert done.exit_code == 0
    assert "not used  quality" in done.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (example(1) + "\n", "a dataset already"),
        ("[3]", "No row could be read: it is no object"),
        ('{"question": "", "answer": ""}\n', "No row could be converted (the question is empty)"),
        ("", "empty"),
    ],
)
def test_convert_says_why_there_is_nothing_to_write(folder: Path, content: str, said: str) -> None:
    (folder / "data.json").write_text(content, "utf-8")
    done = run("convert", "data.json", "out.jsonl", "--yes")
    assert done.exit_code == 2
    assert said in done.stderr.replace("\n", " ")
    assert not (folder / "out.jsonl").exists()


def test_split_writes_two_files_that_are_the_whole_and_share_no_prompt(folder: Path) -> None:
    lines = [example(number // 2, said) for number in range(40) for said in ("Fine.", "Good.")]
    write(folder / "data.jsonl", lines, end="\r\n")
    done = run("split", "data.jsonl", "--validation-share", "0.25", "--out-dir", "parts")
    assert done.exit_code == 0
    training, validation = (
        (folder / "parts" / f"data.{side}.jsonl").read_text("utf-8").splitlines()
        for side in ("train", "validation")
    )
    assert sorted(training + validation) == sorted(lines)
    assert len(validation) == 20
    prompts = [
        {json.loads(line)["messages"][0]["content"] for line in side} for side in (training, validation)
    ]
    assert not prompts[0] & prompts[1]
    again = run("split", "data.jsonl", "--out-dir", "parts")
    assert again.exit_code == 2
    assert "--force" in again.stderr


def test_split_spreads_no_problems(folder: Path) -> None:
    write(folder / "data.jsonl", [*(example(number) for number in range(12)), ""])
    done = run("split", "data.jsonl")
    assert done.exit_code == 1
    assert "--fix data.mended.jsonl" in done.stderr
    assert [each.name for each in folder.iterdir()] == ["data.jsonl"]


def test_compare_tells_what_changed_and_what_it_costs(folder: Path) -> None:
    write(folder / "old.jsonl", [example(number) for number in range(12)])
    write(
        folder / "new.jsonl",
        [*(example(number) for number in range(1, 11)), example(11, "Bad."), example(99)],
    )
    done = run("compare", "old.jsonl", "new.jsonl")
    assert done.exit_code == 0
    told = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for said in ("same 10", "added 1 (line 12)", "removed 1 (line 1 of the old file)", "changed 1 (line 11)"):
        assert said in told
    assert any(line.startswith("tokens ") and "→" in line for line in told)
    assert "cost under $0.01 → under $0.01 gpt-4o-mini-2024-07-18, 8 epochs" in told
    gone = run("compare", "old.jsonl", "gone.jsonl")
    assert gone.exit_code == 2
    assert gone.stderr.startswith("There is no file gone.jsonl.")


@pytest.mark.parametrize(
    ("words", "code"),
    [(("data.jsonl",), 0), (("gone.jsonl",), 2), (("data.jsonl", "--model", "gpt-9"), 2)],
)
def test_however_a_check_ends_no_process_is_left(folder: Path, words: Sequence[str], code: int) -> None:
    write(folder / "data.jsonl", [example(number) for number in range(12)])
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    assert run("check", *words).exit_code == code
    assert {child.pid for child in psutil.Process().children(recursive=True)} == before


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_in_the_docs_is_what_the_program_says(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", command, "--help"],
        env={"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "PYTHONIOENCODING": "utf-8"},
        cwd=DOCS.parent.parent,
        capture_output=True,
        check=True,
        timeout=60,
    )
    said = "\n".join(line.rstrip() for line in done.stdout.decode().strip().splitlines())
    docs = DOCS.read_text("utf-8")
    assert f"\n```text\n{said}\n```\n" in docs, f"docs/check.md should hold:\n{said}"


def test_every_field_and_code_of_the_json_is_in_the_docs(folder: Path) -> None:
    write(folder / "data.jsonl", ["{", *(example(number) for number in range(12))], end="\r\n")
    report = json.loads(run("check", "data.jsonl", "--json").stdout)
    parts = [report, report["problems"][0], report["tokens"], report["estimates"][0], report["billable"][0]]
    docs = DOCS.read_text("utf-8")
    fields = {name for part in parts for name in part} | {"count", "lines", "mended", "deeds"}
    assert [name for name in sorted(fields) if f"`{name}`" not in docs] == []
