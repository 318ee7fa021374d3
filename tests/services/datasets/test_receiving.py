"""Which of the files that people share are taken for datasets, and that each is taken once."""

import pytest

from bot.domain.datasets.lifecycle import is_quiet
from bot.domain.places import Place
from bot.domain.policies import Policy
from bot.ports import SlackFile
from bot.services.datasets.administration import DatasetAdministration
from bot.services.datasets.contents import Contents
from bot.services.datasets.service import DatasetService
from bot.workers.validator import Validator
from handlers.slack.files import SlackFiles
from storage.database import Database
from tests.handlers.fakes import Log
from tests.storage.conftest import SetClock
from tests.storage.samples import CHANNEL
from tests.viewers import absent

DIRECT = Place("-/T1", "D1", "1700000000.000100")


class Shelf:
    """The service over a database; `woken` counts how often it had something to do."""

    def __init__(self, database: Database, clock: SetClock, policy: Policy) -> None:
        self.woken = 0
        self.service = DatasetService(
            storage=database,
            files=absent(SlackFiles),
            validation=absent(Validator),
            policy=policy,
            clock=clock,
            log=Log(),
            wake=self._wake,
            contents=absent(Contents),
            library=absent(DatasetAdministration),
            cap=1_000,
        )

    def _wake(self) -> None:
        self.woken += 1

    async def takes(self, name: str = "support.jsonl", place: Place = CHANNEL, mode: str = "hosted") -> bool:
        """Whether this file becomes a dataset."""
        file = SlackFile(id="F1", name=name, size=2, mode=mode, filetype="binary")
        kept = await self.service.receive(place, file, "U1")
        return kept is not None


@pytest.mark.parametrize(
    ("allowed", "place", "taken"),
    [("C1", CHANNEL, True), ("C2", CHANNEL, False), ("C2", DIRECT, True), ("", CHANNEL, True)],
)
async def test_outside_the_allow_list_no_file_is_read(
    database: Database, clock: SetClock, allowed: str, place: Place, taken: bool
) -> None:
    """In direct messages each is."""
    shelf = Shelf(database, clock, Policy(channels=frozenset({allowed} - {""})))
    assert await shelf.takes(place=place) is taken
    assert shelf.woken == taken


async def test_one_file_told_of_twice_is_one_dataset(database: Database, clock: SetClock) -> None:
    shelf = Shelf(database, clock, Policy())
    assert [await shelf.takes(), await shelf.takes()] == [True, False]


async def test_what_is_no_dataset_by_its_name_is_not_read(database: Database, clock: SetClock) -> None:
    shelf = Shelf(database, clock, Policy())
    assert not await shelf.takes("cat.png")
    assert shelf.woken == 0


@pytest.mark.parametrize(
    ("name", "filetype", "mode", "quiet"),
    [
        ("notes.txt", "text", "hosted", True),
        ("tone.jsonl.txt", "text", "hosted", False),
        ("tone.jsonl", "binary", "hosted", False),
        ("table.csv", "csv", "hosted", False),
        ("Untitled", "text", "snippet", True),
        ("Untitled", "json", "snippet", False),
    ],
)
def test_a_text_that_may_be_anything_has_no_card_before_it_was_read(
    name: str, filetype: str, mode: str, quiet: bool
) -> None:
    assert is_quiet(name, filetype, mode) is quiet
