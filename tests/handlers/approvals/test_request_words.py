"""A job in one line of words: what they mean, and what is said of those that mean nothing."""

from dataclasses import replace

import pytest

from bot.domain.approvals.requests import Wanted
from bot.domain.datasets.lifecycle import Dataset
from bot.errors import BadInput
from handlers.approvals.request_words import RequestWords, read
from tests.handlers import samples

SUPPORT = samples.dataset(id="d1", name="support.jsonl")
OLDER = replace(SUPPORT, id="d0")
OTHER = replace(SUPPORT, id="d2", name="My other file.jsonl")
READY: list[Dataset] = [SUPPORT, OLDER, OTHER]


@pytest.mark.parametrize(
    ("typed", "dataset", "values"),
    [
        ("", "", {}),
        ("support.jsonl", "support.jsonl", {}),
        (
            "support.jsonl model=gpt-4o-mini epochs=2",
            "support.jsonl",
            {"model": "gpt-4o-mini", "epochs": "2"},
        ),
        ("model=gpt-4o-mini support.jsonl", "support.jsonl", {"model": "gpt-4o-mini"}),
        ("support.jsonl model=friendly@40", "support.jsonl", {"model": "friendly@40"}),
        ("support.jsonl EPOCHS = 2", "support.jsonl", {"epochs": "2"}),
        ("My other file.jsonl lr=1.5", "My other file.jsonl", {"lr": "1.5"}),
        ("“My other file.jsonl” seed=7", "My other file.jsonl", {"seed": "7"}),
        (
            "support.jsonl validation='My other file.jsonl'",
            "support.jsonl",
            {"validation": "My other file.jsonl"},
        ),
        ("anna's.jsonl seed=7", "anna's.jsonl", {"seed": "7"}),
        ("`support.jsonl` n_epochs=2 name=tone", "support.jsonl", {"epochs": "2", "suffix": "tone"}),
        ("support.jsonl suffix=", "support.jsonl", {"suffix": ""}),
    ],
)
def test_words_are_read_as_people_type_them(typed: str, dataset: str, values: dict[str, str]) -> None:
    assert read(typed) == RequestWords(dataset, values)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("support.jsonl epoch=2", "`epoch=`. Did you mean `epochs=`?"),
        ("support.jsonl modle=x", "Did you mean `model=`?"),
        ("support.jsonl batchsize=x", "Did you mean `batch=`?"),
        ("support.jsonl qqq=2", "I know `model=`, `epochs=`"),
        ("support.jsonl epochs=2 n_epochs=3", "`epochs=` is given twice"),
    ],
)
def test_a_word_that_means_nothing_is_named_with_the_nearest_that_does(typed: str, words: str) -> None:
    with pytest.raises(BadInput) as told:
        read(typed)
    assert words in str(told.value)


def test_a_name_means_the_newest_dataset_and_needs_no_ending() -> None:
    line = RequestWords("SUPPORT", {"validation": "my other file.jsonl", "epochs": "2"})
    assert line.wanted(READY) == Wanted(dataset_id="d1", validation_id="d2", epochs="2")
    assert RequestWords("our tone").wanted([OTHER, replace(SUPPORT, title="Our tone")]).dataset_id == "d1"


@pytest.mark.parametrize(
    ("name", "ready", "words"),
    [
        ("suport.jsonl", READY, "called `suport.jsonl`. The nearest is `support.jsonl`."),
        ("zzz", READY, "called `zzz`. The newest is `support.jsonl`."),
        ("support.jsonl", [], "There is no dataset to train on in this channel yet."),
    ],
)
def test_a_name_nobody_has_is_told_with_the_nearest(name: str, ready: list[Dataset], words: str) -> None:
    for line in (RequestWords(name), RequestWords("", {"validation": name})):
        with pytest.raises(BadInput) as told:
            line.wanted(ready)
        assert words in str(told.value)


def test_a_complaint_about_a_value_names_the_word() -> None:
    line = RequestWords("support.jsonl", {"epochs": "99", "seed": "x"})
    assert str(line.blame(BadInput("From 1 to 50.", "epochs"))) == "`epochs=99`: From 1 to 50."
    both = BadInput("From 1 to 50.", "epochs", [BadInput("A whole number.", "seed")])
    assert str(line.blame(both)) == "`epochs=99`: From 1 to 50.\n`seed=x`: A whole number."
    assert str(line.blame(BadInput("Not in this channel.", "dataset"))) == "Not in this channel."
