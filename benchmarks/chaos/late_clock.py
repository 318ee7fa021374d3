"""The app with a clock that somebody sets: `python -m benchmarks.chaos.late_clock FILE run`; FILE holds the seconds."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from bot import app
from bot.cli.main import main as command_line
from bot.clock import SystemClock


def main() -> None:
    """Run the bot's command line with a clock that is wrong by as many seconds as the file says, if there is one."""
    file = Path(sys.argv.pop(1))

    class SetClock(SystemClock):
        def wall(self) -> datetime:
            wrong = float(file.read_text()) if file.exists() else 0.0
            return super().wall() + timedelta(seconds=wrong)

    setattr(app, "SystemClock", SetClock)  # noqa: B010  what an operator does to the machine, done to one process
    command_line()


if __name__ == "__main__":
    main()
