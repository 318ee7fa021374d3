"""What is wrong with one image of an example, and how many pixels it has; fetches nothing, knows no message.

By OpenAI's guide to vision fine-tuning: JPEG, PNG or WEBP, in RGB or RGBA, of no more than 10 MB, by http(s) address or
as a base64 data URL; what is anything else the server skips without a word. The content of a data URL is looked at by
image_content.py, which is loaded with the first of them: Pillow takes a while, and few files hold images.
"""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.domain.datasets.inspection import ImageFault

_DATA_URL = re.compile(r"data:image/(jpeg|jpg|png|webp);base64,", re.IGNORECASE)
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]")


def fault_of(url: str) -> ImageFault | None:
    """What is wrong with an image, looked at as closely as can be done without fetching it."""
    if not _DATA_URL.match(url):
        return _fault_of_address(url)
    from bot.domain.datasets import image_content  # noqa: PLC0415 - see above

    return image_content.fault_of(url)


def size_of(url: str) -> tuple[int, int] | None:
    """Width and height in pixels of an image without a fault; None where they are not in the file."""
    if not _DATA_URL.match(url):
        return None
    from bot.domain.datasets import image_content  # noqa: PLC0415 - see above

    return image_content.size_of(url)


def _fault_of_address(url: str) -> ImageFault | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:  # a port or an IPv6 address that is none
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not host or _BLANK.search(url):
        return ImageFault(
            "bad_image",
            "is neither an http(s) address nor a JPEG, PNG or WEBP as a data URL.",
            "Give the image's address, or data:image/png;base64,… with its content.",
        )
    if not _is_public(host):
        return ImageFault(
            "unreachable_image",
            "leads into a private network, where the server cannot fetch it.",
            "Put the image where anybody can load it, or write it into the file as a data URL.",
        )
    return None


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        # A name without a dot is known only next door.
        name = host.rstrip(".")
        return "." in name and not name.endswith((".local", ".localhost", ".internal"))
