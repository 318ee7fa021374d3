"""One example and many: formats, problems, advice, statistics. Pure: no I/O, no clock, no Slack, no SQL."""
