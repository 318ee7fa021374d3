"""Result files as they were seen: with other columns, empty cells, in base64 and not."""

import base64

import pytest

from bot.domain.jobs.training import Point
from bot.providers.results import points_of

PLAIN = (
    b"step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,1.5,0.5,,\n2,1.25,0.6,1.75,0.5\n"
)
POINTS = [Point(1, 1.5), Point(2, 1.25, 1.75)]


@pytest.mark.parametrize(
    "content", [PLAIN, base64.b64encode(PLAIN), base64.encodebytes(PLAIN), b"\xef\xbb\xbf" + PLAIN]
)
def test_a_result_file_is_read_however_it_is_packed(content: bytes) -> None:
    assert points_of(content) == POINTS


def test_columns_are_found_by_name_and_the_whole_validation_goes_first() -> None:
    shuffled = b"valid_loss,step,full_valid_loss,train_loss\n9,1,0.5,2\n0.75,2,,nan\n,3,,\n"
    assert points_of(shuffled) == [Point(1, 2.0, 0.5), Point(2, None, 0.75)]


@pytest.mark.parametrize(
    "content",
    [b"", b"not base64!", b"{}", b"step,train_reward\n1,0.5\n", b"<html><p>step, by step</p></html>"],
)
def test_a_file_without_losses_gives_none(content: bytes) -> None:
    assert points_of(content) == []
