"""Makes an acknowledgement the listener's word, given once and kept; knows nothing of what was acknowledged.

Bolt polls for it every 10 ms, and takes it back when the listener fails in between: Slack would then show a
timeout, or deliver the event again, on top of the fault that we tell the person. And it acknowledges events by
itself before their listeners run: what is then lost in a crash, Slack never tells again.
"""

from collections.abc import Awaitable, Callable
from typing import Any

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


class _EventAck(_KeptAck):
    """One of an event: the first call is Bolt's own, and does not count."""

    _called = False

    async def __call__(self, *given: Any, **more: Any) -> BoltResponse:
        if self._called:
            return await super().__call__(*given, **more)
        self._called = True
        return BoltResponse(status=200)


async def keep(
    context: AsyncBoltContext, body: dict[str, Any], next_: Callable[[], Awaitable[BoltResponse]]
) -> BoltResponse:
    """A Bolt middleware: gives every request such an acknowledgement."""
    kind = _EventAck if body.get("type") == "event_callback" else _KeptAck
    context["ack"] = kind()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
    return await next_()
