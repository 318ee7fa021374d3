"""Brings payloads to the app by Socket Mode or HTTP, logs each, retries events; knows no payload's meaning."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from bot.sandbox.calls import Calls
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Faults
from bot.sandbox.slack.background import Background
from bot.sandbox.slack.signed_http import SignedHttp
from bot.sandbox.slack.socket_mode import Answer, Kind, SocketMode

RETRY_AFTER = (0.0, 60.0, 300.0)  # seconds between the attempts for an event
_KEPT = 500  # deliveries that can be sent again


@dataclass(frozen=True, slots=True)
class Delivery:
    """One payload on its way; `name` is what the log calls it."""

    kind: Kind
    name: str
    payload: dict[str, Any]


class Courier:
    """The one way from Slack to the app."""

    def __init__(
        self,
        *,
        clock: Clock,
        faults: Faults,
        calls: Calls,
        background: Background,
        socket: SocketMode,
        ack_seconds: float,
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._calls = calls
        self._background = background
        self._socket = socket
        self._http = SignedHttp()
        self._ack_seconds = ack_seconds
        self._sent: OrderedDict[int, Delivery] = OrderedDict()
        self._by_http = False

    @property
    def connected(self) -> bool:
        """Whether the app could be reached right now."""
        return self._by_http or self._socket.connected > 0

    async def use_http(self, url: str) -> str | None:
        """Deliver to this address from now on. None when it passed Slack's challenge, else what went wrong."""
        problem = await self._http.verify(url)
        self._by_http = self._by_http or problem is None
        return problem

    def use_socket(self) -> None:
        """Deliver by Socket Mode from now on."""
        self._by_http = False

    async def ask(self, delivery: Delivery) -> Answer:
        """Deliver a command or an interaction: once, and the person waits for the answer."""
        return await self._attempt(delivery, 0, "")

    def tell(self, delivery: Delivery) -> None:
        """Deliver an event in the background, with Slack's retries."""
        self._background.start(self._persist(delivery))

    async def again(self, n: int) -> Answer | None:
        """Send the delivery with call number `n` once more; None when it is not known (any more)."""
        delivery = self._sent.get(n)
        return await self._attempt(delivery, 1, "timeout") if delivery else None

    async def close(self) -> None:
        """Close what leads to the app."""
        await self._socket.close()
        await self._http.close()

    async def _persist(self, delivery: Delivery) -> None:
        answer = await self._attempt(delivery, 0, "")
        for attempt, wait in enumerate(RETRY_AFTER, 1):
            if answer.ok or answer.final:
                return
            await self._background.wait(wait)
            answer = await self._attempt(delivery, attempt, answer.reason)

    async def _attempt(self, delivery: Delivery, attempt: int, reason: str) -> Answer:
        started = time.monotonic()
        at = self._clock.now()
        fault = self._faults.take("events", delivery.name)
        kind = fault.kind if fault else ""
        if fault and kind == "slow":
            await self._background.wait(fault.delay)
        if kind in ("error", "429", "500", "timeout_before", "drop_before"):
            answer = Answer(ok=False, reason="connection_failed", status=0, final=kind == "error")
        else:
            way = self._http if self._by_http else self._socket
            answer = await way.send(
                delivery.kind, delivery.payload, attempt=attempt, reason=reason, seconds=self._ack_seconds
            )
        if kind in ("timeout_after", "drop_after"):  # the app has it, and Slack does not know
            answer = Answer(ok=False, reason="timeout", status=0)
        notes = (
            [f"attempt {attempt + 1}"] * bool(attempt)
            + [answer.reason] * (not answer.ok)
            + [f"fault {kind}"] * bool(kind)
        )
        n = self._calls.add(
            "slack_to_app",
            delivery.name,
            at=at,
            ok=answer.ok,
            status=answer.status,
            ms=(time.monotonic() - started) * 1000,
            request=delivery.payload,
            response=answer.payload,
            note=", ".join(notes),
        )
        self._sent[n] = delivery
        if len(self._sent) > _KEPT:
            self._sent.popitem(last=False)
        return answer
