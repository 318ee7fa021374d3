"""Pictures of loss curves as rows; knows nothing of drawing and of Slack."""

from datetime import datetime

from sqlalchemy import RowMapping, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.jobs.loss_chart import Picture
from bot.ports import Clock, PictureStore
from storage.connections import Connections
from storage.rows import Values, WorkedRows, insert_once
from storage.tables import PictureRow


class Pictures(WorkedRows[Picture], PictureStore):
    """bot.ports.PictureStore; saving a curve adds the row and makes it due, see storage.curves."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(
            connections, clock, PictureRow, noun="picture", load=_load, dump=_dump, has_cards=False
        )


async def want_picture(connection: AsyncConnection, job_id: str, now: datetime, *, ends: bool) -> None:
    """Have the picture of this job's curve looked at, in the transaction that saves the curve.

    One that waits for a later moment keeps it, unless the training `ends`. One that a worker looks at always gets a
    new due time, from which the worker sees that the curve grew.
    """
    if await insert_once(connection, PictureRow, _dump(Picture(job_id, ends=ends, due_at=now))):
        return
    wanted = update(PictureRow).where(PictureRow.id == job_id)
    if ends:
        await connection.execute(wanted.values(due_at=now, ends=True))
        return
    behind = or_(PictureRow.due_at.is_(None), PictureRow.due_at <= now, PictureRow.lease_token.is_not(None))
    await connection.execute(wanted.where(behind).values(due_at=now))


def _load(row: RowMapping) -> Picture:
    return Picture(
        id=row["id"],
        begun=row["begun"],
        step=row["step"],
        made=row["made"],
        made_at=row["made_at"],
        old=tuple(row["old"]),
        since=row["since"],
        ends=row["ends"],
        last=row["last"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        revision=row["revision"],
    )


def _dump(picture: Picture) -> Values:
    return {
        "id": picture.id,
        "begun": picture.begun,
        "step": picture.step,
        "made": picture.made,
        "made_at": picture.made_at,
        "old": list(picture.old),
        "since": picture.since,
        "ends": picture.ends,
        "last": picture.last,
        "due_at": picture.due_at,
        "attempts": picture.attempts,
        "revision": picture.revision,
    }
