"""How many blocks Slack draws for the text of a markdown block; knows nothing of what surrounds it.

Measured by others, documented nowhere: each heading is drawn as a block of its own, while paragraphs, lists, quotes
and code that follow one another are drawn as one. Unsettled: whether a rule and a table are blocks of their own, as
here, which is the stricter reading.
"""

from markdown_it import MarkdownIt

_APART = frozenset({"heading_open", "hr", "table_open"})
_PARSER = MarkdownIt("commonmark").enable("table")


def rendered(text: str) -> int:
    """The number of blocks, at least one."""
    blocks, in_run = 0, False
    for token in _PARSER.parse(text):
        if token.level or token.nesting < 0:
            continue
        apart = token.type in _APART
        blocks += apart or not in_run
        in_run = not apart
    return max(blocks, 1)
