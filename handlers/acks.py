"""Keeps an acknowledgement once it was given; knows nothing of what was acknowledged.

Bolt polls for it every 10 ms, and takes it back when the listener fails in between: Slack would then show a
timeout, or deliver the event again, on top of the fault that we tell the person.
"""

from collections.abc import Awaitable, Callable

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck, AsyncBoltContext


class _KeptAck(AsyncAck):
    """An acknowledgement that cannot be taken back."""

    _kept: BoltResponse | None = None

    @property
    def response(self) -> BoltResponse | None:
        return self._kept

    @response.setter
    def response(self, given: BoltResponse | None) -> None:
        self._kept = given or self._kept


async def keep(context: AsyncBoltContext, next_: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:
    """A Bolt middleware: gives every request such an acknowledgement."""
    context["ack"] = _KeptAck()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
    return await next_()
