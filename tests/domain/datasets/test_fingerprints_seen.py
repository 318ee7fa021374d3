"""What comes again is found, within a bound of memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.datasets import fingerprints
from bot.domain.datasets.fingerprints import Seen

SLOTS = 2 * fingerprints.REMEMBERED_EXAMPLES


@given(st.lists(st.integers(0, 5) | st.sampled_from([SLOTS - 1, SLOTS, SLOTS + 2, 2**64 - 1])))
def test_a_hash_was_seen_when_it_came_before(shown: list[int]) -> None:
    # 0 and 1 are one to it: it takes 64 bits, and a chance in 2^64 is no harm.
    shown = [digest or 1 for digest in shown]
    remembered = Seen()
    assert [remembered.again(digest) for digest in shown] == [
        digest in shown[:number] for number, digest in enumerate(shown)
    ]


def test_beyond_its_bound_it_knows_what_it_remembered_and_takes_nothing_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fingerprints, "REMEMBERED_EXAMPLES", 3)
    remembered = Seen()
    assert [remembered.again(digest) for digest in (10, 20, 30, 40)] == [False] * 4
    assert [remembered.again(digest) for digest in (10, 20, 30, 40)] == [True, True, True, False]
