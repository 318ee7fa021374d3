"""How this Slack refuses: the error a Web API method answers, and the one a person's act gets; knows no HTTP."""

from typing import Any


class SlackError(Exception):
    """A Web API refusal: `{"ok": false, "error": code}`, with `response_metadata.messages` where Slack gives them."""

    def __init__(self, code: str, *, messages: list[str] | None = None, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages or []
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """The JSON Slack answers with."""
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": self.messages}
        return body


class ActRefused(Exception):  # noqa: N818 - a refusal is the word the control API uses
    """Something this person cannot do in Slack; `detail` says where it went wrong and how to mend it."""

    def __init__(self, error: str, detail: str) -> None:
        super().__init__(f"{error}: {detail}")
        self.error = error
        self.detail = detail
