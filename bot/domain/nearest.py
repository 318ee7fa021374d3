"""The name that somebody most likely meant, among those that exist for them; knows nothing of what is named."""

import difflib
from collections.abc import Iterable

from bot.domain.escaping import plain

CUTOFF = 0.5  # of difflib's likeness: "tona" is near "tone", "lamp" is not


def nearest(typed: str, names: Iterable[str]) -> str:
    """The name most like what was typed, whatever the case; empty when none is near."""
    known = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(typed.strip().casefold(), known, n=1, cutoff=CUTOFF)
    return known[near[0]] if near else ""


def did_you_mean(typed: str, names: Iterable[str]) -> str:
    """A sentence to follow "I know no …", with a space before it; empty when no name is near."""
    near = nearest(typed, names)
    return f" Did you mean `{plain(near)}`?" if near else ""
