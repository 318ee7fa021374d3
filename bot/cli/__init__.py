"""The command line, `finetune-bot`: the bot itself, and its tools for files in the terminal."""
