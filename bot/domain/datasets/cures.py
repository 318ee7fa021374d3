"""What does a cure for somebody: the button and the command, as a sentence that ends the advice on a problem."""

MENDS = "Mend does it in Slack, check --fix in a terminal."
CONVERTS = "Convert does it in Slack, finetune-bot convert in a terminal."

CONVERTIBLE = frozenset(
    {
        *("json_list", "pretty_json", "table_file", "unknown_format"),
        *("single_quotes", "broken_text"),
        *("meaningful_key", "other_role", "unlisted_messages", "unlisted_output", "several_outputs"),
    }
)
"""Codes of problems that converting cures: a file, or lines of it, that hold examples in another shape."""
