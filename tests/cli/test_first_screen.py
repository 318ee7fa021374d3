"""What somebody sees first: the answer, what to do next and what to type for it, on one screen."""

import json
import re
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.main import cli

ROOT = Path(__file__).parents[2]
SCREEN = 24
COLUMNS = 80


def example(number: int, said: str = "Fine.", **more: object) -> str:
    answer = {"role": "assistant", "content": said, **more}
    return json.dumps({"messages": [{"role": "user", "content": f"How is number {number}?"}, answer]})


def pair(number: int) -> str:
    asked = {"messages": [{"role": "user", "content": f"How is number {number}?"}]}
    better, worse = ([{"role": "assistant", "content": text}] for text in ("Fine.", "Who cares?"))
    return json.dumps({"input": asked, "preferred_output": better, "non_preferred_output": worse})


GOOD = [example(number, f"It is {number}, and fine.") for number in range(60)]
ALIKE = [example(number) for number in range(60)]
FEW_FAULTS = [*GOOD[:8], "", example(9, weight=2), "{oops"]
THOUSANDS = [*GOOD, *[""] * 3_000, *(example(number, weight=3) for number in range(3_000))]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("bot.cli.check.today", lambda: date(2026, 11, 22))  # models can be trained then
    for name, lines in {
        "good": GOOD,
        "alike": ALIKE,
        "few": FEW_FAULTS,
        "thousands": THOUSANDS,
        "pairs": [pair(number) for number in range(12)],
        "one": GOOD[:1],
    }.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(line + "\n" for line in lines), "utf-8")
    rows = "".join(f"How is {number}?,Fine.\n" for number in range(12))
    (tmp_path / "faq.csv").write_text(f"question,answer\n{rows}", "utf-8")
    return tmp_path


def run(*words: str, said: str | None = None) -> Result:
    return CliRunner().invoke(cli, words, input=said, prog_name="finetune-bot")


def lines(result: Result) -> list[str]:
    return [line.rstrip() for line in result.stdout.splitlines()]


def told(result: Result) -> str:
    """What was said, however it was wrapped."""
    return " ".join(result.output.split())


@pytest.mark.parametrize(
    ("file", "verdict", "command"),
    [
        ("good.jsonl", "✓ can be trained", "/finetune start good.jsonl"),
        (
            "few.jsonl",
            "✗ cannot be trained: 3 problems",
            "finetune-bot check few.jsonl --fix few.mended.jsonl",
        ),
        (
            "thousands.jsonl",
            "✗ cannot be trained: 6,000 problems of 2 kinds",
            "finetune-bot check thousands.jsonl --fix thousands.mended.jsonl",
        ),
        ("faq.csv", "✗ cannot be trained: 1 problem", "finetune-bot convert faq.csv faq.jsonl"),
        ("one.jsonl", "✗ cannot be trained: 1 problem", "finetune-bot check one.jsonl"),
    ],
)
def test_the_answer_comes_first_then_what_to_do_next_and_all_on_one_screen(
    file: str, verdict: str, command: str
) -> None:
    screen = lines(run("check", file))
    assert screen[0] == f"{file}  {verdict}"
    assert screen[1].startswith("Next: ")
    assert screen[2] == f"  {command}"
    assert len(screen) < SCREEN
    assert max(map(len, screen)) <= COLUMNS


def test_the_docs_show_what_the_sample_really_gives(folder: Path) -> None:
    sample = ROOT / "bot" / "sandbox" / "samples" / "support.jsonl"
    (folder / "support.jsonl").write_bytes(sample.read_bytes())
    screen = "\n".join(lines(run("check", "support.jsonl")))
    docs = (ROOT / "docs" / "check.md").read_text("utf-8")
    assert f"\n```text\n$ finetune-bot check support.jsonl\n{screen}\n```\n" in docs


def test_the_command_to_copy_is_whole_and_quoted_however_long_it_is(folder: Path) -> None:
    name = "what the support team answered in the first quarter, without the drafts.jsonl"
    (folder / name).write_bytes((folder / "few.jsonl").read_bytes())
    (command,) = (line for line in lines(run("check", name)) if "--fix" in line)
    mended = name.replace(".jsonl", ".mended.jsonl")
    assert command == f"  finetune-bot check '{name}' --fix '{mended}'"


def test_the_request_holds_what_was_asked_for(folder: Path) -> None:
    words = ("--model", "gpt-4o-mini", "--epochs", "4", "--validation", "alike.jsonl")
    screen = lines(run("check", "good.jsonl", *words))
    assert screen[2] == "  /finetune start good.jsonl model=gpt-4o-mini epochs=4 validation=alike.jsonl"
    assert "  /finetune start good.jsonl epochs=4" in lines(
        run("check", "good.jsonl", "--epochs", "4", "--validation", "gone.jsonl")
    )


def test_what_comes_through_a_pipe_has_no_name_to_type(folder: Path) -> None:
    done = run("check", "-", said=(folder / "good.jsonl").read_text("utf-8"))
    assert "✓ can be trained" in done.stdout
    assert "Next:" not in done.stdout
    done = run("check", "-", said=(folder / "few.jsonl").read_text("utf-8"))
    assert "finetune-bot check FILE --fix FILE.mended.jsonl" in done.stdout


def test_a_mended_file_is_not_to_be_mended_again() -> None:
    done = run("check", "few.jsonl", "--fix", "mended.jsonl")
    assert done.exit_code == 1
    assert "8 examples kept in mended.jsonl." in done.stderr
    assert "--fix" not in done.stdout
    assert "Next: add at least 2 examples, and check it again:" in done.stdout


def test_a_good_file_says_what_it_holds_and_what_the_cheapest_models_cost() -> None:
    said = told(run("check", "good.jsonl"))
    assert re.search(r"Holds 60 chat examples, [\d,]+ tokens \(\d+ trained on\), 7\.\d KB", said)
    assert re.search(r"Cost \S.* gpt-4o-mini-2024-07-18 until January 5, 2027", said)
    assert "gpt-4.1-mini-2025-04-14" in said
    assert "gpt-4o-2024-08-06" not in said
    assert "for 3 epochs, the server's usual choice; 2 more models: --advice" in said


def test_advice_is_counted_and_shown_only_when_asked_for() -> None:
    shown = told(run("check", "alike.jsonl"))
    assert "1 piece of advice: --advice shows it." in shown
    assert "of the answers are one and the same" not in shown
    assert "advice" not in told(run("check", "good.jsonl")).replace("models: --advice", "")
    asked = told(run("check", "alike.jsonl", "--advice"))
    for said in (
        "of the answers are one and the same",
        "gpt-4o-2024-08-06",
        "Hyperparameters to begin with",
        "If the first result disappoints",
    ):
        assert said in asked
    assert "pieces of advice" not in asked


@pytest.mark.parametrize("file", ["few.jsonl", "thousands.jsonl", "one.jsonl", "faq.csv"])
@pytest.mark.parametrize("words", [(), ("--advice",)])
def test_nothing_of_training_is_said_where_nothing_can_be_trained(file: str, words: Sequence[str]) -> None:
    said = told(run("check", file, *words))
    for never in ("$", "Cost", "gpt-", "Hyperparameters", "epoch", "disappoints", "/finetune"):
        assert never not in said


def test_the_epochs_that_were_given_are_what_the_hyperparameters_say() -> None:
    said = told(run("check", "good.jsonl", "--epochs", "4", "--advice"))
    assert "n_epochs 4 As you said." in said
    assert "auto (3)" not in said
    assert "for 1 epoch, as you said" in told(run("check", "good.jsonl", "--epochs", "1"))


def test_problems_are_grouped_with_their_lines_and_cure() -> None:
    said = told(run("check", "thousands.jsonl"))
    assert "3,000 lines This line is empty. Remove it. Lines 61–80 and 2,980 more" in said
    assert said.count("must be the number 0 or 1") == 1


def test_a_file_that_no_model_trains_on_is_not_said_to_be_trainable(folder: Path) -> None:
    rows = [{"messages": [{"role": "user", "content": f"Add {each}."}], "answer": each} for each in range(12)]
    (folder / "rl.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    done = run("check", "rl.jsonl", "--format", "reinforcement")
    assert done.exit_code == 1
    assert lines(done)[0] == "rl.jsonl  good, but no model here trains on it today"
    assert (
        json.loads(run("check", "rl.jsonl", "--format", "reinforcement", "--json").stdout)["trainable"]
        is False
    )
    assert "/finetune" not in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("check", "godo.jsonl"),
        ("check", "good.jsonl", "godo.jsonl"),
        ("check", "good.jsonl", "--validation", "godo.jsonl"),
        ("check", "godo.jsonl", "--fix", "out.jsonl"),
        ("convert", "godo.jsonl", "out.jsonl"),
        ("split", "godo.jsonl"),
        ("compare", "good.jsonl", "godo.jsonl"),
    ],
)
def test_a_missing_file_is_named_with_the_nearest_beside_it(words: Sequence[str]) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert done.stderr == "There is no file godo.jsonl. Did you mean good.jsonl?\n"
    assert "nothing with" not in done.stdout


def test_a_folder_and_a_missing_folder_are_called_that(folder: Path) -> None:
    (folder / "data").mkdir()
    assert run("check", "data").stderr == "data is a folder; name the files in it.\n"
    assert run("check", "gone/data.jsonl").stderr == "There is no folder gone.\n"
    done = run("check", "few.jsonl", "--fix", "gone/mended.jsonl")
    assert (done.exit_code, done.stderr) == (2, "There is no folder gone; make it first.\n")


def test_several_files_are_counted_at_the_end() -> None:
    done = run("check", "good.jsonl", "few.jsonl", "gone.jsonl")
    assert done.exit_code == 2
    assert lines(done)[-2:] == ["", "1 of 3 files can be trained."]
    assert "files can be" not in run("check", "good.jsonl").stdout


def test_what_training_and_validation_share_needs_no_advice_to_be_seen(folder: Path) -> None:
    held = [GOOD[3], example(5, "Bad."), *(example(number) for number in range(90, 100))]
    (folder / "held.jsonl").write_text("".join(line + "\n" for line in held), "utf-8")
    said = told(run("check", "good.jsonl", "--validation", "held.jsonl"))
    assert (
        "Shared with held.jsonl: 1 example word for word (line 4); 1 prompt with another answer (line 6). "
        "What was learned by heart looks like skill there: keep it in one of the files."
    ) in said
    assert said.count("Cost") == 1  # the validation file is not trained on
    (folder / "held.jsonl").write_text("".join(example(each) + "\n" for each in range(90, 102)), "utf-8")
    assert "Shared nothing with held.jsonl" in told(run("check", "good.jsonl", "--validation", "held.jsonl"))


def test_json_is_the_same_with_advice_and_without() -> None:
    asked = run("check", "good.jsonl", "few.jsonl", "--json")
    assert run("check", "good.jsonl", "few.jsonl", "--json", "--advice").stdout == asked.stdout
    first, second = json.loads(asked.stdout)
    assert len(first["estimates"]) == 4
    assert second["estimates"]
    assert second["suggestions"]["afterwards"]


def test_split_says_what_is_which_and_how_to_check_both() -> None:
    done = run("split", "good.jsonl")
    assert "54 examples good.train.jsonl 6 examples good.validation.jsonl" in told(done)
    assert lines(done)[-1] == "  finetune-bot check good.train.jsonl --validation good.validation.jsonl"
    assert run("split", "few.jsonl").stderr.startswith(
        "few.jsonl has 3 problems, which a split would only spread.\nNext: "
    )


def test_compare_says_that_formats_differ() -> None:
    done = run("compare", "good.jsonl", "pairs.jsonl")
    assert done.exit_code == 0
    assert (
        "Nothing to compare: good.jsonl holds 60 chat examples, pairs.jsonl holds 12 preference examples. "
        "These are different formats."
    ) in told(done)
    assert "added" not in done.stdout
    assert "Nothing to compare: faq.csv is not a dataset." in told(run("compare", "faq.csv", "faq.csv"))


def test_compare_explains_changes_only_where_there_are_some(folder: Path) -> None:
    same = told(run("compare", "good.jsonl", "good.jsonl"))
    assert same == "good.jsonl → good.jsonl Nothing changed in 60 examples."
    changed = [*GOOD[:59], example(59, "Else.")]
    (folder / "changed.jsonl").write_text("".join(line + "\n" for line in changed), "utf-8")
    assert "the same prompt with another answer" in told(run("compare", "good.jsonl", "changed.jsonl"))
    (folder / "more.jsonl").write_text("".join(line + "\n" for line in [*GOOD, example(99)]), "utf-8")
    more = told(run("compare", "good.jsonl", "more.jsonl"))
    assert "added 1 (line 61)" in more
    assert "the same prompt" not in more
    assert "$" in more


def test_compare_prices_no_file_that_cannot_be_trained() -> None:
    said = told(run("compare", "good.jsonl", "few.jsonl"))
    assert "$" not in said
    assert "No cost, because few.jsonl cannot be trained on as it is." in said


@pytest.mark.parametrize(
    "words",
    [
        ("check", "alike.jsonl", "--advice"),
        ("check", "few.jsonl", "--advice"),
        ("compare", "good.jsonl", "alike.jsonl"),
        ("convert", "faq.csv", "faq.jsonl", "--yes"),
    ],
)
def test_days_are_written_as_people_say_them(words: Sequence[str]) -> None:
    said = re.sub(r"gpt-\S+", "", told(run(*words)))
    assert not re.search(r"\d{4}-\d\d-\d\d", said)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize(
    "words", [(), *((each,) for each in ("check", "convert", "split", "compare", "demo"))]
)
def test_help_fits_a_screen_and_speaks_of_no_types(
    words: Sequence[str], columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    done = run(*words, "--help")
    assert not re.search(r"<\w", done.stdout)
    assert "..." not in done.stdout.replace("[ARGS]...", "").replace("{FILE}...", "")
    assert "finetune-bot" in done.stdout.splitlines()[0]
    assert len(done.stdout.splitlines()) <= SCREEN
    if words != ("demo",):
        assert "Examples:" in done.stdout


def test_without_a_word_there_is_help() -> None:
    done = run()
    assert done.exit_code == 2
    assert done.output == run("--help").output


def test_the_version_is_the_packages_own() -> None:
    done = run("--version")
    assert (done.exit_code, done.stdout) == (0, f"finetune-bot {version('finetune-bot')}\n")
