"""Who decides where, as rows: one for a channel or the workspace that has rules of its own; decides nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, update

from bot.domain.decision_basis import Basis
from bot.domain.jobs.job import JobState
from bot.domain.places import Place
from bot.domain.policies import Policy
from bot.domain.work_queue import Transition
from bot.ports import Clock, PolicyStore
from storage.audit import insert_entries
from storage.budgets import waiting
from storage.connections import Connections, insert_into, unbroken
from storage.decision_basis import hold, rules_of
from storage.rows import make_cards_due
from storage.tables import JOBS, POLICIES


class Policies(PolicyStore):
    """bot.ports.PolicyStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    @unbroken
    async def of(self, place: Place) -> tuple[Policy | None, Policy | None]:
        """The rules of the channel and those of its workspace, where they have any of their own."""
        async with self._connections.reading() as connection:
            return await rules_of(connection, place)

    @unbroken
    async def change(
        self, place: Place, step: Callable[[Policy | None, Basis], Transition[Policy | None]]
    ) -> Policy | None:
        """Apply the pure step to the rules of this channel or workspace; waiting jobs and their cards become due."""
        key = {"workspace": place.workspace, "channel_id": place.channel_id}
        async with self._connections.writing() as connection:
            basis = await hold(connection, place)
            transition = step(basis.channel if place.channel_id else basis.workspace, basis)
            if transition.row is None:
                await connection.execute(delete(POLICIES).filter_by(**key))
            else:
                rules = _dump(transition.row)
                saved = insert_into(connection, POLICIES).values(**key, rules=rules)
                unique = [POLICIES.c.workspace, POLICIES.c.channel_id]
                await connection.execute(
                    saved.on_conflict_do_update(index_elements=unique, set_={"rules": rules})
                )
            await insert_entries(connection, transition.entries)
            now = self._clock.now()
            await connection.execute(update(JOBS.table).where(*_waits(place)).values(due_at=now))
            await make_cards_due(connection, waiting(place.workspace), now)
            return transition.row


def _waits(place: Place) -> list[ColumnElement[bool]]:
    """Jobs for which other rules hold from now on: what these decide by themselves is looked at anew."""
    here = [JOBS.c.channel_id == place.channel_id] if place.channel_id else []
    return [JOBS.c.workspace == place.workspace, JOBS.c.state == JobState.REQUESTED, *here]


def _dump(policy: Policy) -> dict[str, Any]:
    """Everything but the allow-list, which the settings alone know."""
    rules: dict[str, Any] = msgspec.to_builtins(replace(policy, channels=frozenset()), order="sorted")
    return rules
