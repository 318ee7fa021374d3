"""Who decides where, as rows: one for a channel or the workspace that has rules of its own; decides nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.approvals.decisions import Basis
from bot.domain.jobs.job import JobState
from bot.domain.places import Place
from bot.domain.policies import Policy
from bot.domain.work_queue import Transition
from bot.ports import Clock, PolicyStore
from storage.audit import insert_entries
from storage.budgets import waiting
from storage.connections import Connections, unbroken
from storage.decisions import hold, rules_of
from storage.rows import make_cards_due
from storage.tables import JobRow, PolicyRow


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
            moved = step(basis.channel if place.channel_id else basis.workspace, basis)
            if moved.row is None:
                await connection.execute(delete(PolicyRow).filter_by(**key))
            else:
                insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
                rules = _dump(moved.row)
                saved = insert(PolicyRow).values(**key, rules=rules)
                unique = [PolicyRow.workspace, PolicyRow.channel_id]
                await connection.execute(
                    saved.on_conflict_do_update(index_elements=unique, set_={"rules": rules})
                )
            await insert_entries(connection, moved.entries)
            now = self._clock.now()
            await connection.execute(update(JobRow).where(*_waits(place)).values(due_at=now))
            await make_cards_due(connection, waiting(place.workspace), now)
            return moved.row


def _waits(place: Place) -> list[ColumnElement[bool]]:
    """Jobs for which other rules hold from now on: what these decide by themselves is looked at anew."""
    here = [JobRow.channel_id == place.channel_id] if place.channel_id else []
    return [JobRow.workspace == place.workspace, JobRow.state == JobState.REQUESTED.value, *here]


def _dump(policy: Policy) -> dict[str, Any]:
    """Everything but the allow-list, which the settings alone know."""
    rules: dict[str, Any] = msgspec.to_builtins(replace(policy, channels=frozenset()), order="sorted")
    return rules
