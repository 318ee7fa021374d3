"""Who decides where, as rows: one for a channel or the workspace that has rules of its own; decides nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, RowMapping, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.jobs import JobState
from bot.domain.policy import Policy
from bot.domain.work import Moved, Place
from bot.ports import Clock, PolicyStore
from storage.audit import insert_entries
from storage.budgets import waiting
from storage.connections import Connections, unbroken
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
        wanted = select(PolicyRow).where(
            PolicyRow.workspace == place.workspace, PolicyRow.channel_id.in_(("", place.channel_id))
        )
        async with self._connections.reading() as connection:
            rows = (await connection.execute(wanted)).mappings()
            known = {row["channel_id"]: _load(row) for row in rows}
        return known.get(place.channel_id) if place.channel_id else None, known.get("")

    @unbroken
    async def change(
        self, place: Place, step: Callable[[Policy | None], Moved[Policy | None]]
    ) -> Policy | None:
        """Apply the pure step to the rules of this channel or workspace; waiting jobs and their cards become due."""
        key = {"workspace": place.workspace, "channel_id": place.channel_id}
        async with self._connections.writing() as connection:
            own = select(PolicyRow).filter_by(**key).with_for_update()
            row = (await connection.execute(own)).mappings().one_or_none()
            moved = step(_load(row) if row is not None else None)
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


def _load(row: RowMapping) -> Policy:
    return msgspec.convert(row["rules"], Policy)


def _dump(policy: Policy) -> dict[str, Any]:
    """Everything but the allow-list, which the settings alone know."""
    rules: dict[str, Any] = msgspec.to_builtins(replace(policy, channels=frozenset()), order="sorted")
    return rules
