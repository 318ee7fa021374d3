"""Who sees what, by the rule alone."""

from dataclasses import replace

import pytest

from bot.domain.access import Channel, Sight, common, sees
from bot.domain.places import Place
from bot.domain.policies import Member

MINA = Member("U1", "mina")
GUEST = replace(MINA, is_guest=True)
OTHER = replace(MINA, is_outsider=True)
GONE = replace(MINA, is_gone=True)
PUBLIC, PRIVATE, CONNECTED = Channel(is_public=True), Channel(), Channel(is_public=True, is_connected=True)


@pytest.mark.parametrize("who", [MINA, GUEST, OTHER, replace(MINA, is_admin=True)])
def test_what_came_from_a_private_channel_exists_for_the_people_in_it_and_nobody_else(who: Member) -> None:
    assert sees(who, PRIVATE, {"U1", "U2"})
    assert not sees(who, PRIVATE, {"U2"})


def test_what_came_from_a_public_channel_exists_for_every_full_member() -> None:
    assert sees(MINA, PUBLIC, ())
    assert sees(MINA, CONNECTED, ())


@pytest.mark.parametrize("who", [GUEST, OTHER])
def test_a_guest_or_a_person_of_another_organisation_has_to_be_in_the_channel(who: Member) -> None:
    assert sees(who, PUBLIC, {"U1"})
    assert not sees(who, PUBLIC, {"U2"})


@pytest.mark.parametrize("channel", [PUBLIC, PRIVATE])
def test_for_a_deactivated_account_nothing_exists(channel: Channel) -> None:
    assert not sees(GONE, channel, {"U1"})
    assert not sees(replace(MINA, is_bot=True), channel, {"U1"})


SEEN = {"C1": PUBLIC, "C2": CONNECTED, "G1": PRIVATE, "D1": Channel()}


def test_in_a_channel_only_its_own_things_and_those_of_public_channels_are_used() -> None:
    assert common(Place("w", "C1"), SEEN) == {"C1", "C2"}
    assert common(Place("w", "G1"), SEEN) == {"G1", "C1", "C2"}


def test_where_other_organisations_are_only_the_channels_own_things_are_used() -> None:
    assert common(Place("w", "C2"), SEEN) == {"C2"}
    assert common(Place("w", "G1"), SEEN | {"G1": Channel(is_connected=True)}) == {"G1"}


def test_in_a_direct_message_everything_its_person_sees_is_used() -> None:
    assert common(Place("w", "D1"), SEEN) == set(SEEN)


def test_nothing_is_used_in_a_channel_that_does_not_exist_for_somebody() -> None:
    assert common(Place("w", "G9"), SEEN) == frozenset()


def test_another_workspace_with_the_same_channel_id_is_another_place() -> None:
    assert Sight("w", frozenset({"C1"})).holds(Place("w", "C1"))
    assert not Sight("other", frozenset({"C1"})).holds(Place("w", "C1"))
