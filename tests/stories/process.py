"""The app as people run it: a process of its own, which a test may kill."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.stories.driver import People


class AppProcess:
    """`finetune-bot run` with these settings; its log goes to `log`. `program` is what Python runs for it."""

    def __init__(
        self,
        people: People,
        environment: dict[str, str],
        log: Path,
        program: Sequence[str] = ("-m", "bot"),
    ) -> None:
        self._people = people
        self._environment = environment
        self._log = log
        self._program = program
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until Slack's side sees it."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *self._program, "run", env=self._environment, stdout=log, stderr=log
            )

        async def connected() -> bool | None:
            assert self._process is not None
            assert self._process.returncode is None, self._log.read_text()[-2000:]
            return (await self._people.get("world"))["app"]["connected"] or None

        await self._people.until(connected, "the app's connection")

    @property
    def pid(self) -> int:
        """The process's id, while it runs."""
        assert self._process is not None
        return self._process.pid

    def send(self, what: signal.Signals) -> None:
        """Send it a signal, such as SIGSTOP."""
        assert self._process is not None
        self._process.send_signal(what)

    async def kill(self) -> None:
        """SIGKILL: it gets no chance to tidy up."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM: it finishes what it is doing; gives the exit status."""
        return await self._end(signal.SIGTERM)

    async def restart(self) -> None:
        """Kill it, and start it again once Slack's side has noticed."""
        await self.kill()

        async def gone() -> bool | None:
            return None if (await self._people.get("world"))["app"]["connected"] else True

        await self._people.until(gone, "the end of the app's connection")
        await self.start()

    async def _end(self, how: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        self._process = None
        if process.returncode is None:
            process.send_signal(how)
        return await process.wait()
