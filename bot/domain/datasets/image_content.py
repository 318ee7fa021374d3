"""What is wrong with an image in a data URL, and how many pixels it has; reads nothing else, opens few to the end.

The rules are told in images.py.
"""

import binascii
import re
import struct
from io import BytesIO

from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from bot.domain.datasets.inspection import ImageFault

MAX_BYTES = 10_000_000
"""Of one image, by OpenAI's guide to vision fine-tuning."""

MAX_PIXELS = 100_000_000
"""More are never opened; the models are shown no more than 2,048 x 2,048 of them anyway."""

_DECODED_PIXELS = 2_500_000
_DECODED_PER_BYTE = 256
_DECODED_SCANS = 64
"""An image is decoded to its end only within these bounds: pixels in all (but for a JPEG that is read row by row),
pixels for each byte, passes of a JPEG.

So a few bytes that claim to be a huge picture cost neither time nor much memory (about 40 MB). Others are held
against what their container says of itself: the checksums of a PNG, the length of a WEBP.
"""

_MODES = {
    "1": "black and white",
    "L": "grey",
    "LA": "grey",
    "I": "grey",
    "I;16": "grey",
    "P": "a palette of colours",
    "PA": "a palette of colours",
    "CMYK": "CMYK, the colours of print",
}
_OPENERS: dict[str, tuple[re.Pattern[bytes], type[ImageFile]]] = {
    "JPEG": (re.compile(rb"\xff\xd8\xff"), JpegImageFile),
    "PNG": (re.compile(rb"\x89PNG\r\n\x1a\n"), PngImageFile),
    "WEBP": (re.compile(rb"RIFF....WEBP", re.DOTALL), WebPImageFile),
}
_SCAN = b"\xff\xda"  # begins each pass over a JPEG, and can stand nowhere else in its data
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, MemoryError, struct.error)
"""What Pillow raises for an image that it cannot read."""

_ANEW = "Save it anew as PNG, JPEG or WEBP, for example with Pillow"


def size_of(url: str) -> tuple[int, int]:
    """Width and height in pixels of an image without a fault."""
    content = _content(url)
    if _kind_of(content) == "WEBP":
        return _size_of_webp(content)
    with _open(content) as image:
        return image.size


def fault_of(url: str) -> ImageFault | None:
    """What is wrong with the image, looked at as closely as its size allows."""
    try:
        content = _content(url)
    except ValueError:
        return ImageFault(
            "bad_base64",
            "is not base64 as it should be: letters, digits, + and /, with = at the end where needed.",
            "Write it with base64.b64encode(…), whole and without line ends.",
        )
    if len(content) > MAX_BYTES:
        return ImageFault(
            "image_too_big",
            f"is an image of {len(content) / 1e6:.2f} MB; the server takes {MAX_BYTES // 1_000_000} MB.",
            "Make it smaller; models see no more than 2,048 x 2,048 pixels.",
        )
    return _fault_of_file(content, _kind_said(url))


def _fault_of_file(content: bytes, said: str) -> ImageFault | None:
    kind = _kind_of(content)
    if kind is None:
        return ImageFault("wrong_image_type", "holds neither a JPEG nor a PNG nor a WEBP.", f"{_ANEW}.")
    if kind != said:
        return ImageFault(
            "wrong_image_type",
            f"says that it is a {said}, but holds a {kind}.",
            f"Begin it with data:image/{kind.lower()};base64,",
        )
    try:
        if kind == "WEBP" and _is_beyond(_size_of_webp(content), content, _DECODED_PIXELS):
            return _fault_of_large_webp(content)
        with _open(content) as image:
            return _fault_of_image(image, kind, content)
    except Image.DecompressionBombError:
        return _too_many_pixels()
    except _BROKEN:
        return ImageFault(
            "broken_image",
            f"is a {kind} that is broken or cut off.",
            "Write it anew from the original image, whole.",
        )


def _fault_of_image(image: ImageFile, kind: str, content: bytes) -> ImageFault | None:
    """The same for an image that could be opened; raises one of `_BROKEN` if it cannot be read on."""
    if image.mode not in ("RGB", "RGBA"):
        return ImageFault(
            "wrong_image_mode",
            f"is an image in {_MODES.get(image.mode, 'other colours')}; the server takes RGB and RGBA.",
            f'{_ANEW}, after image.convert("RGB").',
        )
    width, height = image.size
    if width * height > MAX_PIXELS:
        return _too_many_pixels()
    in_rows = kind == "JPEG" and "progressive" not in image.info
    scans = content.count(_SCAN) if kind == "JPEG" else 1
    most = MAX_PIXELS if in_rows else _DECODED_PIXELS
    if scans <= _DECODED_SCANS and not _is_beyond(image.size, content, most):
        # A JPEG is read to its end all the same, but gives an eighth of its width and height.
        image.draft(image.mode, (width // 8, height // 8))
        image.load()
    elif kind == "PNG":
        image.verify()
    return None


def _is_beyond(size: tuple[int, int], content: bytes, most: int) -> bool:
    return size[0] * size[1] > min(most, _DECODED_PER_BYTE * len(content))


def _fault_of_large_webp(content: bytes) -> ImageFault | None:
    """The same for a WEBP that is not given to Pillow, which would clear the whole picture's memory to open it."""
    width, height = _size_of_webp(content)
    if width * height > MAX_PIXELS:
        return _too_many_pixels()
    if int.from_bytes(content[4:8], "little") + 8 > len(content):
        raise OSError("cut off")
    return None


def _size_of_webp(content: bytes) -> tuple[int, int]:
    """Width and height as the first chunk of a WEBP gives them (RFC 9649, sections 2.5 to 2.7)."""
    chunk = content[12:16]
    if chunk == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if chunk == b"VP8L":
        both = int.from_bytes(content[21:25], "little")
        return 1 + (both & 0x3FFF), 1 + (both >> 14 & 0x3FFF)
    width, height = (int.from_bytes(content[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    return width, height


def _kind_said(url: str) -> str:
    said = url[: url.index(";")].rpartition("/")[2].upper()
    return "JPEG" if said == "JPG" else said


def _kind_of(content: bytes) -> str | None:
    return next((kind for kind, (sign, _) in _OPENERS.items() if sign.match(content)), None)


def _content(url: str) -> bytes:
    """The bytes in a data URL; ValueError if they are not base64 to the letter."""
    return binascii.a2b_base64(url[url.index(",") + 1 :], strict_mode=True)


def _open(content: bytes) -> ImageFile:
    """The image, its header read and nothing else; raises `_BROKEN` or DecompressionBombError."""
    kind = _kind_of(content)
    if kind is None:
        raise OSError("no image")
    # Not Image.open, which tries every decoder that Pillow has on bytes from strangers.
    return _OPENERS[kind][1](BytesIO(content))


def _too_many_pixels() -> ImageFault:
    return ImageFault(
        "too_many_pixels",
        f"is an image of more than {MAX_PIXELS // 1_000_000} million pixels, which is not safe to open.",
        "Scale it down; models see no more than 2,048 x 2,048 pixels.",
    )
