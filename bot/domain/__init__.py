"""Pure rules: no I/O, no clock, no environment, no Slack, no SQL; knows only bot.errors."""
