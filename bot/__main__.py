"""`python -m bot` is `finetune-bot`."""

from bot.cli.main import main

main()
