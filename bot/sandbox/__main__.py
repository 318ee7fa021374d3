"""`python -m bot.sandbox`: a sandbox alone, for working on its page or pointing an app at it by hand."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from bot.sandbox.server import Sandbox
from bot.sandbox.slack.http import APP_TOKEN, BOT_TOKEN


async def _run(arguments: argparse.Namespace) -> None:
    sandbox = Sandbox(arguments.manifest, speed=arguments.speed, rate_limits=not arguments.no_rate_limits)
    try:
        await sandbox.start(port=arguments.port)
    except OSError as taken:
        await sandbox.close()
        sys.exit(
            f"Port {arguments.port} cannot be used ({taken.strerror}). Choose another with --port, or 0 for a free one."
        )
    sys.stdout.write(
        f"The sandbox is at {sandbox.url}\n\n"
        f"SLACK_BOT_TOKEN={BOT_TOKEN}\nSLACK_APP_TOKEN={APP_TOKEN}\nSLACK_API_URL={sandbox.slack_api_url}\n"
        f"OPENAI_API_KEY=sk-sandbox-0001\nOPENAI_BASE_URL={sandbox.openai_base_url}\n"
    )
    sys.stdout.flush()
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
    await sandbox.close()


def main() -> None:
    """Read the command line and run until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--speed", type=float, default=1.0, help="simulated training seconds per second")
    parser.add_argument(
        "--manifest", type=Path, default=None, help="the app's manifest (default: this project's)"
    )
    parser.add_argument("--no-rate-limits", action="store_true", help="never answer 429 by itself")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
