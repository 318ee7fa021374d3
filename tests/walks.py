"""The walks that docs/design.md lists: which functions a call passes, room by room."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[1]
APPROVE = "*Approve* → created job"
CHAT = "Message in a chat → answer"
UPLOAD = "Upload → card"
_STOP = re.compile(r"^\d+\. `([\w/]+\.py):([\w.]+)`", re.MULTILINE)

Stop = tuple[str, str]
"""A file, and a function or Class.method in it."""


def walks() -> Mapping[str, Sequence[Stop]]:
    """Each walk by its title."""
    design = (ROOT / "docs" / "design.md").read_text("utf-8")
    section = design.partition("\n## Three walks\n")[2].partition("\n## ")[0]
    told = (part.partition("\n") for part in section.split("\n### ")[1:])
    return {title.strip(): [(stop[1], stop[2]) for stop in _STOP.finditer(text)] for title, _, text in told}


@contextmanager
def entered(walk: Sequence[Stop]) -> Iterator[list[Stop]]:
    """Which stops of a walk this thread enters or goes on in meanwhile, in order."""
    by_code = {(str(ROOT / file), name): (file, name) for file, name in walk}
    found: list[Stop] = []

    def profile(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and (stop := by_code.get((code.co_filename, code.co_qualname))):
            found.append(stop)

    sys.setprofile(profile)
    try:
        yield found
    finally:
        sys.setprofile(None)


def follows(found: Sequence[Stop], walk: Sequence[Stop]) -> bool:
    """Whether the stops of the walk are among what was found, in its order."""
    left = iter(found)
    return all(stop in left for stop in walk)
