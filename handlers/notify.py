"""Makes our posts exist in Slack (ports.Notifier): posted, edited, found again after a crash."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.policy import Policy
from bot.domain.work import Post
from bot.errors import SlackRefused
from bot.ports import Clock, Reporter, Subject
from handlers.sending import Sender, ask
from handlers.views.posts import render

EVENT = "finetune_bot_post"
_SKEW = 60.0  # seconds by which our clock and Slack's may differ
_PAGES = 5


class SlackNotifier:
    """Posts through a client that does not retry by itself: a retried post could stand there twice."""

    def __init__(self, client: AsyncWebClient, *, policy: Policy, clock: Clock, log: Reporter) -> None:
        self._client = client
        self._sender = Sender(client, log)
        self._policy = policy
        self._clock = clock

    async def post(self, post: Post, subject: Subject) -> str:
        """Post it, marked with its id; gives the message's ts."""
        return await self._sender.post(
            post.place.channel_id,
            render(post, subject, self._policy, self._clock.now()),
            thread_ts=post.place.thread_ts,
            metadata={"event_type": EVENT, "event_payload": {"post_id": post.id}},
        )

    async def redraw(self, post: Post, subject: Subject) -> None:
        """Edit the posted message so that it shows the subject as it is now."""
        message = render(post, subject, self._policy, self._clock.now())
        await self._sender.update(post.place.channel_id, post.ts or "", message)

    async def find(self, post: Post) -> str | None:
        """The ts of the message that carries this post's id, looked for since the post was begun."""
        if post.begun_at is None:
            return None
        oldest = f"{post.begun_at.timestamp() - _SKEW:.6f}"
        cursor = ""
        for _ in range(_PAGES):
            try:
                page = await self._page(post, oldest, cursor)
            except SlackRefused as refused:
                if refused.code == "thread_not_found":
                    return None
                raise
            for message in page.get("messages", ()):
                if _post_id(message) == post.id:
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return None
        return None

    async def _page(self, post: Post, oldest: str, cursor: str) -> dict[str, Any]:
        place = post.place
        if place.thread_ts is None:
            return await ask(
                self._client.conversations_history(
                    channel=place.channel_id,
                    oldest=oldest,
                    cursor=cursor or None,
                    limit=200,
                    include_all_metadata=True,
                )
            )
        return await ask(
            self._client.conversations_replies(
                channel=place.channel_id,
                ts=place.thread_ts,
                oldest=oldest,
                cursor=cursor or None,
                limit=200,
                include_all_metadata=True,
            )
        )


def _post_id(message: dict[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT:
        return None
    return str((metadata.get("event_payload") or {}).get("post_id"))
