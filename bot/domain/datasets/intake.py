"""Which shared files the bot speaks to: by name and type only, before a byte is read."""

from pathlib import PurePath

LINES = frozenset({".jsonl", ".ndjson"})
_NEARLY = frozenset({".json", ".csv", ".tsv", ".xlsx", ".xls", ".parquet", ".txt", ".gz", ".zip"})
_NEARLY_SNIPPETS = frozenset({"text", "json", "javascript", "plain_text", "csv", "tsv", "jsonl"})


def is_meant_for_us(name: str, filetype: str, mode: str) -> bool:
    """Whether a file may be a dataset, or was probably meant to be one; an image or a PDF is not.

    Slack shows pasted text as a snippet with a made-up name, so its `filetype` decides there.
    """
    suffix = PurePath(name.lower()).suffix
    if suffix in LINES or suffix in _NEARLY:
        return True
    return mode == "snippet" and filetype in _NEARLY_SNIPPETS
