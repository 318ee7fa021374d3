"""Which scope each Web API method and each event needs: data for this Slack, and for tests of the app's manifest.

Source: the method and event pages of Slack's reference as of 2026-11.
"""

from collections.abc import Collection

_KINDS = ("channels", "groups", "im", "mpim")
_READ = tuple(f"{k}:read" for k in _KINDS)
_HISTORY = tuple(f"{k}:history" for k in _KINDS)

# Any one of the scopes is enough; where they are one per kind of channel, the kind's own scope is the one needed.
METHOD_SCOPES: dict[str, tuple[str, ...]] = {
    "api.test": (),
    "auth.test": (),
    "apps.connections.open": (),  # needs an app-level token with connections:write
    "assistant.threads.setStatus": ("chat:write", "assistant:write"),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.delete": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.getPermalink": (),
    "chat.startStream": ("chat:write",),
    "chat.appendStream": ("chat:write",),
    "chat.stopStream": ("chat:write",),
    "conversations.info": _READ,
    "conversations.list": _READ,
    "conversations.members": _READ,
    "conversations.history": _HISTORY,
    "conversations.replies": _HISTORY,
    "conversations.open": ("im:write", "mpim:write", "channels:manage", "groups:write"),
    "conversations.join": ("channels:join",),
    "users.info": ("users:read",),
    "users.list": ("users:read",),
    "usergroups.list": ("usergroups:read",),
    "usergroups.users.list": ("usergroups:read",),
    "files.info": ("files:read",),
    "files.getUploadURLExternal": ("files:write",),
    "files.completeUploadExternal": ("files:write",),
    "files.delete": ("files:write",),
    "views.open": (),
    "views.push": (),
    "views.update": (),
    "views.publish": (),
    "reactions.add": ("reactions:write",),
}

# Methods that Slack has and this one does not: without their scope the answer is Slack's, with it unknown_method.
ELSEWHERE: dict[str, tuple[str, ...]] = {
    "auth.revoke": (),
    "bookmarks.add": ("bookmarks:write",),
    "bookmarks.list": ("bookmarks:read",),
    "canvases.create": ("canvases:write",),
    "chat.deleteScheduledMessage": ("chat:write",),
    "chat.scheduleMessage": ("chat:write",),
    "chat.unfurl": ("links:write",),
    "conversations.archive": ("channels:manage", "groups:write"),
    "conversations.create": ("channels:manage", "groups:write"),
    "conversations.invite": ("channels:manage", "groups:write"),
    "conversations.kick": ("channels:manage", "groups:write"),
    "conversations.leave": ("channels:manage", "groups:write"),
    "conversations.setTopic": ("channels:manage", "groups:write"),
    "dnd.info": ("dnd:read",),
    "emoji.list": ("emoji:read",),
    "files.list": ("files:read",),
    "pins.add": ("pins:write",),
    "pins.list": ("pins:read",),
    "pins.remove": ("pins:write",),
    "reactions.get": ("reactions:read",),
    "reactions.list": ("reactions:read",),
    "reactions.remove": ("reactions:write",),
    "team.info": ("team:read",),
    "users.conversations": _READ,
    "users.getPresence": ("users:read",),
    "users.lookupByEmail": ("users:read.email",),
    "users.profile.get": ("users.profile:read",),
}
RETIRED = frozenset(("files.upload",))
"""Methods that Slack answers with method_deprecated."""

EVENT_SCOPES: dict[str, tuple[str, ...]] = {
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "app_mention": ("app_mentions:read",),
    "app_home_opened": (),
    "app_uninstalled": (),
    "tokens_revoked": (),
    "file_shared": ("files:read",),
    "file_deleted": ("files:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "channel_created": ("channels:read",),
    "channel_archive": ("channels:read",),
    "channel_unarchive": ("channels:read",),
    "channel_left": ("channels:read",),
    "group_archive": ("groups:read",),
    "group_unarchive": ("groups:read",),
    "group_left": ("groups:read",),
    "reaction_added": ("reactions:read",),
}

DOWNLOAD_SCOPE = "files:read"
_KIND_PREFIX = {"channel": "channels:", "group": "groups:", "im": "im:"}


def missing(method: str, kind: str | None, granted: Collection[str]) -> str | None:
    """The scope (or comma-separated choice) this call lacks, None when it may go on.

    `kind` is the `channel_type` of the channel the call is about, None when there is none.
    """
    needed = METHOD_SCOPES.get(method) or ELSEWHERE.get(method, ())
    if needed in (_READ, _HISTORY) and kind is not None:
        needed = tuple(s for s in needed if s.startswith(_KIND_PREFIX[kind]))
    if not needed or any(s in granted for s in needed):
        return None
    return ",".join(needed)


def event_allowed(event: str, granted: Collection[str], kind: str | None = None) -> bool:
    """Whether a subscription to this event has its scope; `kind` is the `channel_type` it happened in, if in one."""
    needed = EVENT_SCOPES.get(event, ())
    if len(needed) > 1 and kind is not None:
        needed = tuple(s for s in needed if s.startswith(_KIND_PREFIX[kind]))
    return not needed or any(s in granted for s in needed)
