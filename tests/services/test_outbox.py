"""Edits of cards keep to Slack's limit over a whole workspace, and what people wait for goes first."""

from datetime import UTC, datetime, timedelta

from bot.services.outbox import LOOK, EditPacing

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def edits(
    pacing: EditPacing, cards: list[str], seconds: int, *, first: frozenset[str] = frozenset()
) -> list[tuple[int, str]]:
    """When which card is edited, if each always has something new to show."""
    due, done = dict.fromkeys(cards, NOW), []
    for second in range(seconds):
        now = NOW + timedelta(seconds=second)
        for card in sorted(cards, key=lambda each: due[each]):
            if due[card] > now:
                continue
            wait = pacing.wait("-/T1", card, now, first=card in first)
            if wait is None:
                done.append((second, card))
            due[card] = wait or now + timedelta(seconds=3)
    return done


def most_in_a_minute(done: list[tuple[int, str]]) -> int:
    times = [second for second, _ in done]
    return max(sum(begin <= time < begin + 60 for time in times) for begin in times)


def test_sixty_busy_cards_keep_below_slacks_limit_and_all_get_their_turn() -> None:
    cards = [f"card{n}" for n in range(60)]
    done = edits(EditPacing(), cards, 600, first=frozenset(cards[:5]))
    assert most_in_a_minute(done) <= 50
    turns = [sum(card == each for _, card in done) for each in cards[5:]]
    assert min(turns) >= 3
    assert max(turns) - min(turns) <= 2


def test_a_lone_card_is_edited_at_once() -> None:
    pacing = EditPacing()
    assert [pacing.wait("-/T1", "card", NOW + timedelta(seconds=3 * n), first=False) for n in range(5)] == [
        None
    ] * 5


def test_what_ended_does_not_wait_behind_those_that_run() -> None:
    pacing = EditPacing()
    edits(pacing, [f"card{n}" for n in range(60)], 60)
    assert pacing.wait("-/T1", "card59", NOW + timedelta(seconds=60), first=True) is None


def test_a_waiting_card_is_looked_at_again_soon_as_it_may_have_ended() -> None:
    pacing = EditPacing()
    waits = [pacing.wait("-/T1", f"card{n}", NOW, first=False) for n in range(60)]
    assert max(wait for wait in waits if wait is not None) == NOW + LOOK


def test_workspaces_do_not_wait_for_one_another() -> None:
    pacing = EditPacing()
    edits(pacing, [f"card{n}" for n in range(60)], 60)
    assert pacing.wait("-/T2", "other", NOW + timedelta(seconds=60), first=False) is None


def test_when_slack_asks_to_wait_all_cards_of_the_workspace_do() -> None:
    pacing, until = EditPacing(), NOW + timedelta(seconds=30)
    pacing.hold("-/T1", until)
    assert pacing.wait("-/T1", "card", NOW, first=True) == until
    assert pacing.wait("-/T1", "card", until, first=True) is None
