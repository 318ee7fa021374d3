"""Where something happens in Slack: the workspace, the channel, the thread."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happens in Slack.

    `workspace` is the key of (enterprise_id, team_id), see `workspace_key`; `thread_ts` is the root of a
    thread, or None for the channel itself.
    """

    workspace: str
    channel_id: str
    thread_ts: str | None = None


def workspace_key(enterprise_id: str | None, team_id: str | None) -> str:
    """One text for (enterprise_id, team_id); either may be missing on Enterprise Grid, never both."""
    if not enterprise_id and not team_id:
        raise ValueError("a workspace needs an enterprise or a team id")
    return f"{enterprise_id or '-'}/{team_id or '-'}"
