"""What those who speak in a conversation are called elsewhere, and what the server calls them."""

from typing import Literal

ROLES: dict[str, Literal["user", "assistant", "system"]] = {
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "bot": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "system": "system",
    "developer": "system",
}


def role_of(speaker: object) -> Literal["user", "assistant", "system"] | None:
    """The server's word for a speaker; None where there is no telling."""
    return ROLES.get(speaker.lower()) if isinstance(speaker, str) else None
