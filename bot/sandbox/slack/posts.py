"""Every message of the workspace, in order, with its threads; knows who may see what, not how it is delivered."""

import bisect
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.slack.team import TEAM_ID
from bot.sandbox.slack.watch import Watcher

_REPLY_USERS = 5  # as many as Slack names in a parent


@dataclass(slots=True)
class Post:
    """One message: `body` is Slack's message object; `only_for` makes it ephemeral.

    `foreign` means that its files belong to another organisation: the app then sees only stubs of them.
    """

    channel: str
    body: dict[str, Any]
    only_for: str | None = None
    foreign: bool = False
    streaming: bool = False
    streamed_by: str = ""  # markdown_text or chunks, once a stream had some: it goes on as it began
    deleted: bool = False
    replies: list[str] = field(default_factory=list)

    @property
    def ts(self) -> str:
        """The message's id in its channel."""
        return str(self.body["ts"])

    @property
    def root(self) -> str:
        """The `ts` of the thread it belongs to or would start."""
        return str(self.body.get("thread_ts", self.ts))

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread below another message."""
        return self.root != self.ts

    def for_app(self, *, metadata: bool = False) -> dict[str, Any]:
        """The message as the Web API gives it."""
        seen = self.body if metadata else {k: v for k, v in self.body.items() if k != "metadata"}
        if not self.foreign:
            return seen
        stub = {"mode": "file_access", "file_access": "check_file_info"}
        return {**seen, "files": [{"id": f["id"], **stub} for f in seen["files"]]}

    def for_page(self) -> dict[str, Any]:
        """The message as a person's client shows it."""
        return {
            **self.body,
            "is_ephemeral": self.only_for is not None,
            "streaming": self.streaming,
            "deleted": self.deleted,
        }


class Posts:
    """Messages by channel; time stamps are unique and rise over the whole workspace."""

    def __init__(self, clock: Clock, watch: Watcher) -> None:
        self._clock = clock
        self._watch = watch
        self._last = 0
        self._channels: dict[str, dict[str, Post]] = {}

    def new_ts(self) -> str:
        """A fresh time stamp, also used for `event_ts`."""
        self._last = max(int(self._clock.now() * 1_000_000), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def get(self, channel: str, ts: str) -> Post | None:
        """The message, unless it never was or is deleted; ephemeral ones too."""
        found = self._channels.get(channel, {}).get(ts)
        return None if found is None or found.deleted else found

    def root_of(self, channel: str, ts: str) -> str | None:
        """The thread to which a message of this ts leads; a deleted one only while it has replies."""
        found = self._channels.get(channel, {}).get(ts)
        return None if found is None or found.only_for is not None else found.root

    def add(
        self,
        channel: str,
        body: dict[str, Any],
        only_for: str | None = None,
        *,
        foreign: bool = False,
        streaming: bool = False,
    ) -> Post:
        """Put a message at the end of its channel or thread; `body` may name `thread_ts`, whose message must exist."""
        whole = {"type": "message", "team": TEAM_ID, **body, "ts": self.new_ts()}
        post = Post(channel, whole, only_for, foreign, streaming)
        self._channels.setdefault(channel, {})[post.ts] = post
        if post.is_reply:
            parent = self._channels[channel][post.root]
            parent.replies.append(post.ts)
            if only_for is None:
                post.body["parent_user_id"] = parent.body.get("user")
                self._count(parent)
        self._watch.message(channel, post.for_page(), only_for)
        return post

    def change(self, post: Post, **parts: Any) -> None:
        """Replace parts of a message's body; None removes a part."""
        for key, value in parts.items():
            if value is None:
                post.body.pop(key, None)
            else:
                post.body[key] = value
        self._watch.message(post.channel, post.for_page(), post.only_for)

    def remove(self, post: Post) -> None:
        """Delete a message; the parent of a thread stays as Slack's tombstone."""
        post.deleted, post.streaming = True, False
        if any(self.get(post.channel, ts) for ts in post.replies):
            post.body |= {"subtype": "tombstone", "text": "This message was deleted.", "hidden": True}
            self.change(post, blocks=None, files=None, metadata=None)
            return
        del self._channels[post.channel][post.ts]
        self._watch.message_deleted(post.channel, post.ts)
        if post.is_reply:
            parent = self._channels[post.channel][post.root]
            parent.replies.remove(post.ts)
            self._count(parent)

    def top_level(self, channel: str, user: str | None = None) -> list[Post]:
        """The channel without its threads, oldest first; `user` adds what only that person sees."""
        return [
            p
            for p in self._channels.get(channel, {}).values()
            if _seen(p, user) and (not p.is_reply or p.body.get("subtype") == "thread_broadcast")
        ]

    def thread(self, channel: str, root: str, user: str | None = None) -> list[Post]:
        """The thread with its parent first; empty when there is no such message."""
        there = self._channels.get(channel, {})
        parent = there.get(root)
        if parent is None or not _seen(parent, user):
            return []
        return [parent, *(there[ts] for ts in parent.replies if _seen(there[ts], user))]

    def with_file(self, file_id: str) -> list[Post]:
        """Every message that shows this file."""
        return [
            p
            for posts in self._channels.values()
            for p in posts.values()
            if any(f["id"] == file_id for f in p.body.get("files", ()))
        ]

    def _count(self, parent: Post) -> None:
        replies = [self._channels[parent.channel][ts] for ts in parent.replies]
        shown = [p for p in replies if p.only_for is None]
        users = list(dict.fromkeys(p.body.get("user") for p in shown))
        gone = not shown
        self.change(
            parent,
            thread_ts=None if gone else parent.ts,
            reply_count=None if gone else len(shown),
            reply_users_count=None if gone else len(users),
            reply_users=None if gone else users[:_REPLY_USERS],
            latest_reply=None if gone else shown[-1].ts,
        )


def page_of(
    posts: list[Post],
    *,
    oldest: str,
    latest: str,
    inclusive: bool,
    after: str,
    limit: int,
    newest_first: bool,
) -> tuple[list[Post], str | None]:
    """One page of messages between two time stamps, and the cursor of the next; `posts` are oldest first."""
    stamps = [_number(p.ts) for p in posts]
    find = bisect.bisect_left if inclusive else bisect.bisect_right
    start = find(stamps, _number(oldest)) if oldest else 0
    find = bisect.bisect_right if inclusive else bisect.bisect_left
    end = find(stamps, _number(latest)) if latest else len(posts)
    chosen = posts[start:end]
    if newest_first:
        chosen = chosen[::-1]
    if after:
        chosen = [p for p in chosen if (p.ts < after if newest_first else p.ts > after)]
    page = chosen[:limit]
    return page, page[-1].ts if len(chosen) > limit else None


def _number(ts: str) -> int:
    whole, _, part = ts.partition(".")
    return int(whole or 0) * 1_000_000 + int((part or "0").ljust(6, "0")[:6])


def _seen(post: Post, user: str | None) -> bool:
    return post.only_for is None or post.only_for == user
