"""`python -m bot` is `finetune-bot`."""

from bot.cli import main

main()
