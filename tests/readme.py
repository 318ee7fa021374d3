"""The part of the README that is made of the vocabulary; run as a program it writes it anew."""

from pathlib import Path

from handlers.ids import COMMAND
from handlers.vocabulary import AREAS

README = Path(__file__).parents[1] / "README.md"
_BEGIN = "<!-- commands: written by `make readme` from handlers/vocabulary.py -->\n"
_END = "<!-- end of commands -->"


def table() -> str:
    """Every word with what it does, by area."""
    rows = [
        f"| {area if first is entry else ''} | `{COMMAND} {entry.typed}` | {entry.what} |"
        for area, (first, *more) in AREAS.items()
        for entry in (first, *more)
    ]
    return "\n".join(["| | command | what it does |", "|---|---|---|", *rows, ""])


def renewed(text: str) -> str:
    """The README with this table in its place."""
    head, _, rest = text.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    return f"{head}{_BEGIN}{table()}{end}{tail}"


if __name__ == "__main__":
    README.write_text(renewed(README.read_text("utf-8")), "utf-8")
