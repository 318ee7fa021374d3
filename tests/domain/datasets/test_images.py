"""What is wrong with an image, and what it costs: tables that read like OpenAI's guide to vision fine-tuning."""

import base64
import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.domain.datasets.formats import check_example
from bot.domain.datasets.image_content import MAX_BYTES
from bot.domain.datasets.images import fault_of, size_of
from bot.domain.datasets.tokens import Meter, image_tokens


def picture(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (40, 30), **how: Any) -> bytes:
    """A picture that is not all of one colour, as a file."""
    image = Image.linear_gradient("L").resize(size)
    with BytesIO() as file:
        image.convert(mode).save(file, kind, **how)
        return file.getvalue()


def url(content: bytes, said: str = "image/png") -> str:
    return f"data:{said};base64,{base64.b64encode(content).decode()}"


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims to be of this size, and ends before the first pixel."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"
        + header
        + struct.pack(">I", zlib.crc32(header))
        + b"\x00\x00\x00\x00IDAT"
    )


WEBP_OF_A_COUNTRY = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0" + b"\0" * 4 + b"\xff\xff\x00" * 2
PNG, JPEG, WEBP = picture(), picture("JPEG"), picture("WEBP")

GOOD = {
    "an address": "https://example.com/a.png",
    "an address with all there is": "HTTP://me@sub.example.co.kr:8080/a%20b/c.png?x=1&y=2#z",
    "an address in numbers": "http://8.8.8.8/a.png",
    "a PNG": url(PNG),
    "a PNG with transparency": url(picture(mode="RGBA")),
    "a JPEG": url(JPEG, "image/jpeg"),
    "a JPEG under its short name": url(JPEG, "image/jpg"),
    "a progressive JPEG": url(picture("JPEG", progressive=True), "image/jpeg"),
    "a WEBP": url(WEBP, "image/webp"),
    "a WEBP with transparency": url(picture("WEBP", "RGBA", lossless=True), "image/webp"),
    "a WEBP that moves": url(
        picture("WEBP", save_all=True, append_images=[Image.new("RGB", (40, 30))]), "image/webp"
    ),
    "a type in capitals": url(PNG, "IMAGE/PNG"),
    "a large picture of few bytes": url(picture("PNG", size=(4_000, 4_000))),
    "a large JPEG": url(picture("JPEG", size=(4_000, 4_000)), "image/jpeg"),
}

BAD = {
    "nothing": ("", "bad_image"),
    "a word": ("picture.png", "bad_image"),
    "a file on a disk": ("file:///a.png", "bad_image"),
    "another protocol": ("ftp://example.com/a.png", "bad_image"),
    "an address of nobody": ("https:///a.png", "bad_image"),
    "an address with a space": ("https://example.com/a b.png", "bad_image"),
    "an address with a line end": ("https://example.com/a.png\n", "bad_image"),
    "an address with a strange port": ("https://example.com:port/a.png", "bad_image"),
    "an address with an open bracket": ("https://[::1/a.png", "bad_image"),
    "this machine": ("http://localhost:8000/a.png", "unreachable_image"),
    "this machine in numbers": ("http://127.0.0.1/a.png", "unreachable_image"),
    "a private network": ("https://192.168.0.7/a.png", "unreachable_image"),
    "a private network of six": ("https://[fd00::1]/a.png", "unreachable_image"),
    "a name next door": ("https://images.local/a.png", "unreachable_image"),
    "a GIF that says so": (url(picture("GIF", "P"), "image/gif"), "bad_image"),
    "an SVG": ("data:image/svg+xml;utf8,<svg/>", "bad_image"),
    "a data URL that is not base64": ("data:image/png,abc", "bad_image"),
    "no content": ("data:image/png;base64,", "wrong_image_type"),
    "base64 cut off": (url(PNG)[:-3], "bad_base64"),
    "base64 with line ends": (url(PNG)[:60] + "\n" + url(PNG)[60:], "bad_base64"),
    "base64 for addresses": ("data:image/png;base64,_-__", "bad_base64"),
    "base64 with more behind it": (url(PNG) + "====", "bad_base64"),
    "a text": (url(b"hello"), "wrong_image_type"),
    "a GIF that says PNG": (url(picture("GIF", "P")), "wrong_image_type"),
    "a JPEG that says PNG": (url(JPEG), "wrong_image_type"),
    "a PNG that says WEBP": (url(PNG, "image/webp"), "wrong_image_type"),
    "a grey PNG": (url(picture(mode="L")), "wrong_image_mode"),
    "a grey PNG with transparency": (url(picture(mode="LA")), "wrong_image_mode"),
    "a black and white PNG": (url(picture(mode="1")), "wrong_image_mode"),
    "a PNG with a palette": (url(picture(mode="P")), "wrong_image_mode"),
    "a grey JPEG": (url(picture("JPEG", "L"), "image/jpeg"), "wrong_image_mode"),
    "a JPEG for print": (url(picture("JPEG", "CMYK"), "image/jpeg"), "wrong_image_mode"),
    "a PNG cut off": (url(PNG[:-30]), "broken_image"),
    "a PNG of a header": (url(PNG[:20]), "broken_image"),
    "a PNG with a broken checksum": (url(PNG[:60] + bytes([PNG[60] ^ 1]) + PNG[61:]), "broken_image"),
    "a JPEG cut off": (url(JPEG[: len(JPEG) // 2], "image/jpeg"), "broken_image"),
    "a JPEG of a header": (url(JPEG[:30], "image/jpeg"), "broken_image"),
    "a WEBP cut off": (url(WEBP[:-30], "image/webp"), "broken_image"),
    "a large PNG cut off": (url(picture(size=(4_000, 4_000))[:-30]), "broken_image"),
    "a large WEBP cut off": (url(picture("WEBP", size=(3_000, 3_000))[:-9], "image/webp"), "broken_image"),
    "a file too big": (url(PNG + b"\x00" * MAX_BYTES), "image_too_big"),
    "a WEBP of a whole country": (url(WEBP_OF_A_COUNTRY, "image/webp"), "too_many_pixels"),
    "a picture of a whole country": (url(png_header(60_000, 60_000)), "too_many_pixels"),
}  # fmt: skip


@pytest.mark.parametrize("image", GOOD.values(), ids=GOOD)
def test_a_good_image_has_no_fault(image: str) -> None:
    assert fault_of(image) is None


@pytest.mark.parametrize(("image", "code"), BAD.values(), ids=BAD)
def test_a_bad_image_is_told_with_its_fault(image: str, code: str) -> None:
    fault = fault_of(image)
    assert fault is not None
    assert fault.code == code
    assert fault.why.endswith(".")
    assert fault.fix


def test_a_few_bytes_that_claim_much_are_not_unpacked() -> None:
    image = picture("WEBP", size=(9_000, 9_000), lossless=True)
    assert len(image) < 300_000
    assert fault_of(url(image, "image/webp")) is None
    # A hundred passes over the same picture take time, not space.
    scan = JPEG[JPEG.index(b"\xff\xda") : -2]
    assert fault_of(url(JPEG[:-2] + scan * 100 + JPEG[-2:], "image/jpeg")) is None


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("PNG", {}),
        ("JPEG", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"save_all": True, "append_images": [Image.new("RGB", (301, 77))]}),
    ],
)
def test_the_size_of_an_image_is_read_from_its_header(kind: str, how: dict[str, Any]) -> None:
    content = picture(kind, size=(301, 77), **how)
    assert size_of(url(content, f"image/{kind.lower()}")) == (301, 77)


@given(st.binary(max_size=200), st.sampled_from([PNG, JPEG, WEBP]), st.integers(0, 200), st.integers(0, 200))
def test_whatever_an_image_holds_the_answer_is_a_fault_or_a_size(
    junk: bytes, good: bytes, start: int, length: int
) -> None:
    said = {PNG: "image/png", JPEG: "image/jpeg", WEBP: "image/webp"}[good]
    image = url(good[:start] + junk + good[start + length :], said)
    if fault_of(image) is None:
        width, height = size_of(image) or (0, 0)
        assert width > 0
        assert height > 0


@given(st.text(max_size=40) | st.text(max_size=20).map("https://{}".format))
def test_whatever_an_address_holds_the_answer_is_a_fault_or_nothing(address: str) -> None:
    if fault_of(address) is None:
        assert size_of(address) is None


def asking(*images: str) -> dict[str, Any]:
    parts = [{"type": "image_url", "image_url": {"url": image}} for image in images]
    return {"messages": [{"role": "user", "content": parts}, {"role": "assistant", "content": "A cat."}]}


def problems(example: Any) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    check_example(example, "chat", lambda path, code, message, _fix: found.append((path, code, message)))
    return found


def test_a_bad_image_is_a_problem_where_it_stands() -> None:
    assert problems(asking(url(PNG), url(JPEG))) == [
        (
            "messages[0].content[1].image_url.url",
            "wrong_image_type",
            "`messages[0].content[1].image_url.url` says that it is a PNG, but holds a JPEG.",
        )
    ]


def test_of_too_many_images_none_is_opened() -> None:
    assert [(at, code) for at, code, _ in problems(asking(*[url(b"broken")] * 11))] == [
        ("messages", "too_many_images")
    ]
    assert len(problems(asking(*[url(b"broken")] * 10))) == 10


# width, height, detail -> tokens; the first four are the examples of OpenAI's guide to vision
COSTS = [
    ((1_024, 1_024), "high", 765),
    ((2_048, 4_096), "high", 1_105),
    ((4_096, 8_192), "low", 85),
    (None, "low", 85),
    (None, "auto", 765),
    ((1, 1), "high", 255),
    ((512, 512), "auto", 255),
    ((513, 512), "auto", 425),
    ((768, 768), "high", 765),
    ((768, 2_048), "high", 1_445),
    ((1_920, 1_080), "high", 1_105),
    ((10_000, 100), "high", 765),
    ((3, 9_000), "high", 765),
]


@pytest.mark.parametrize(("size", "detail", "tokens"), COSTS)
def test_an_image_costs_by_its_tiles(size: tuple[int, int] | None, detail: str, tokens: int) -> None:
    assert image_tokens(size, detail) == tokens
    if size is not None:
        assert image_tokens(size[::-1], detail) == tokens


@pytest.mark.parametrize(
    ("kind", "said"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_an_image_inside_the_file_is_measured(kind: str, said: str) -> None:
    def total(image: str) -> int:
        return Meter(len).measure(asking(image), "chat").total

    inside = url(picture(kind, size=(600, 300)), said)
    assert total("https://example.com/a.png") - total(inside) == 765 - 425
    assert not Meter(len).measure(asking(inside), "chat").exact


def test_no_sentence_quotes_an_image_or_its_address() -> None:
    said: list[str] = []
    for image, _ in BAD.values():
        check_example(asking(image), "chat", lambda *sentences: said.extend(sentences))
    assert not [sentence for sentence in said if "example.com" in sentence or len(sentence) > 200]
