"""The app for a provider that takes only small files whole: `python -m tests.stories.small_parts run`."""

from collections.abc import Mapping
from dataclasses import replace

from bot import app
from bot.cli import main
from bot.providers.profiles import Profile, load

LARGEST_WHOLE = 1_024  # bytes; OpenAI's own limit is half a gigabyte, for which no test has the time
PART = 4_096  # bytes


def small() -> Mapping[str, Profile]:
    """The profiles as they are, but with these sizes."""
    return {
        name: replace(profile, max_file_bytes=LARGEST_WHOLE, part_bytes=PART)
        for name, profile in load().items()
    }


if __name__ == "__main__":
    setattr(app, "load_profiles", small)  # noqa: B010  a server that differs, for this one process
    main.main()
