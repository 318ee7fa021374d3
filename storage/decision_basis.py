"""What decisions rest on, read in the transactions that save them; decides nothing.

Whoever decides locks the row of the workspace first, before any other row: from then on nobody else decides there, and
what is read beside it (rules, sums, names, other rows) still holds when the decision is kept, on either engine and on
however many replicas. The order is always workspace, the row itself, budgets, messages: nobody waits in a circle.
"""

import msgspec
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision_basis import Basis, Pause
from bot.domain.places import Place
from bot.domain.policies import Policy
from storage.connections import insert_into
from storage.tables import POLICIES, WORKSPACES


async def hold(connection: AsyncConnection, place: Place) -> Basis:
    """Let nobody else decide in this workspace until the transaction ends; gives what holds in the channel."""
    known = insert_into(connection, WORKSPACES).values(workspace=place.workspace).on_conflict_do_nothing()
    await connection.execute(known)
    row = select(WORKSPACES).where(WORKSPACES.c.workspace == place.workspace).with_for_update()
    workspace = (await connection.execute(row)).mappings().one()
    channel, above = await rules_of(connection, place)
    return Basis(channel, above, load_pause(workspace))


async def rules_of(connection: AsyncConnection, place: Place) -> tuple[Policy | None, Policy | None]:
    """The rules of the channel and those of its workspace, where they have any of their own."""
    c = POLICIES.c
    wanted = select(c.channel_id, c.rules).where(c.workspace == place.workspace)
    rows = await connection.execute(wanted.where(c.channel_id.in_(("", place.channel_id))))
    known = {channel_id: msgspec.convert(rules, Policy) for channel_id, rules in rows}
    return known.get(place.channel_id) if place.channel_id else None, known.get("")


def load_pause(row: RowMapping) -> Pause | None:
    """That all spending rests, as a row of `workspaces` says."""
    return Pause(row["paused_by"], row["paused_at"]) if row["paused_by"] else None
