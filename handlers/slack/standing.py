"""Whether Slack lets us work at all (ports.Standing): asked anew each time, since it may change at any moment."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import CurableRefusal, Cure, SlackRefused, SlackUnavailable
from handlers import escape
from handlers.slack.client import ask


class SlackStanding:
    """Asks by auth.test, which every token may call."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def check(self) -> None:
        """Raise CurableRefusal while Slack refuses our token."""
        try:
            await ask(self._client.auth_test())
        except SlackUnavailable:
            return
        except SlackRefused as refused:
            raise CurableRefusal(
                f"Slack refuses my token ({escape.code(refused.code)}), so I begin nothing that costs money. "
                "Whoever runs me has to install me anew.",
                refused.code,
                Cure.OPERATOR,
            ) from refused
