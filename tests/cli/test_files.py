"""A file appears whole or not at all."""

from pathlib import Path

import pytest

from bot.cli.files import replacing
from bot.errors import BadInput
from bot.workers.reader import lines_of


def test_the_file_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    with replacing(target) as file:
        file.write(b"half")
        assert not target.exists()
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("out.jsonl", b"half")]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError, BadInput("no")])
def test_whatever_interrupts_nothing_is_left_and_nothing_is_lost(
    tmp_path: Path, fault: BaseException | type[BaseException]
) -> None:
    target = tmp_path / "out.jsonl"
    target.write_bytes(b"before")
    with pytest.raises(BaseException), replacing(target, force=True) as file:  # noqa: B017, PT011, PT012 - any
        file.write(b"half")
        raise fault
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("out.jsonl", b"before")]


def test_a_file_may_be_read_while_it_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"a\nb\n")
    with replacing(path, force=True) as file:
        for line in lines_of(path):
            file.write((line or b"").upper())
    assert path.read_bytes() == b"A\nB\n"


def test_a_file_that_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_bytes(b"before")
    with pytest.raises(BadInput, match="--force"), replacing(target):
        pass
    assert target.read_bytes() == b"before"


def test_a_folder_is_not_replaced_even_when_asked(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a file"), replacing(tmp_path, force=True):
        pass
