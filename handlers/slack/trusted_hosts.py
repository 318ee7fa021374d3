"""Which addresses may be trusted with the token or with a team's data; sends nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from urllib.parse import urlsplit


@dataclass(frozen=True)
class TrustedHosts:
    """Hosts by name or pattern such as *.slack.com; `plain_http` only for a Slack of one's own on this machine."""

    patterns: tuple[str, ...]
    plain_http: bool

    @classmethod
    def beside(cls, slack_url: str, patterns: Sequence[str]) -> "TrustedHosts":
        """The hosts of a Slack whose Web API is at `slack_url`."""
        lowered = tuple(pattern.lower() for pattern in patterns)
        return cls(lowered, plain_http=slack_url.startswith("http://"))

    def include(self, url: str) -> bool:
        """Whether this address is at one of them, over a connection that nobody listens in on."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        host = (parts.hostname or "").lower()
        secure = parts.scheme == "https" or (parts.scheme == "http" and self.plain_http)
        return secure and any(fnmatch(host, pattern) for pattern in self.patterns)
