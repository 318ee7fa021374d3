"""What somebody watching the workspace is told; the control API listens, and by default nobody does."""

from typing import Any


class Watcher:
    """Hears of every change a client would show; this one ignores them."""

    def message(self, channel: str, message: dict[str, Any], only_for: str | None) -> None:
        """A message is new or changed; `only_for` is the one person who sees an ephemeral one."""

    def message_deleted(self, channel: str, ts: str) -> None:
        """A message is gone."""

    def views(self, user: str) -> None:
        """This person's modals or Home changed."""

    def world(self) -> None:
        """People, channels or the app's connection changed."""

    def notice(self, user: str, text: str, place: dict[str, str], level: str = "warning") -> None:
        """Slack itself tells this person something, at a `channel`, `ts` and perhaps `thread_ts`."""

    def status(self, channel: str, thread_ts: str, status: str) -> None:
        """The app says what it is doing in a thread; an empty status clears it."""
