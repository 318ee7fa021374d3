"""What Slack answers to what: the table that drives the tests of the sandbox's Web API. A new fact is one more row.

Sources, as of 2026-11: "M" is the method's page and "B" the block's page of docs.slack.dev; "B-live" was seen on a live
workspace; "R" was measured by others (metabase pull request 79908, bolt-js issue 2509); "-" is our own reading.
Where a source begins with "unsettled", the sources disagree or are silent and the stricter answer stands.
"""

from typing import Any

from tests.sandbox.block_facts import BLOCK_FACTS
from tests.sandbox.fact import ABSENT, Fact
from tests.sandbox.slack_side import KENJI, MINA, RANDOM, SUPPORT, section


def markdown(text: str) -> list[dict[str, Any]]:
    return [{"type": "markdown", "text": text}]


POST, UPDATE, UPLOAD = "chat.postMessage", "chat.update", "files.getUploadURLExternal"
HERE = {"channel": SUPPORT}
SAID = {**HERE, "text": "a"}
OF_NOTHING = "1500000000.000100"  # the ts of no message
TOO_MANY = "no more than 50 items allowed [json-pointer:/blocks]"

APPEND = "chat.appendStream"


def task(**more: Any) -> dict[str, Any]:
    return {**HERE, "ts": "{stream}", "chunks": [{"type": "task_update", **more}]}


MESSAGES = [
    Fact("no channel", POST, {"text": "a"}, "invalid_arguments", "-"),
    Fact("unknown channel", POST, {"channel": "C0NOWHERE0", "text": "a"}, "channel_not_found", "M"),
    Fact("a channel without the app", POST, {"channel": RANDOM, "text": "a"}, "not_in_channel", "M"),
    Fact("a private one without it", POST, {"channel": "{private}", "text": "a"}, "channel_not_found", "M"),
    Fact("an archived channel", POST, {"channel": "{archived}", "text": "a"}, "is_archived", "M"),
    Fact("nothing to say", POST, HERE, "no_text", "M"),
    Fact("metadata without a type", POST, {**SAID, "metadata": {"a": 1}}, "invalid_metadata_format", "M"),
    Fact("text twice", POST, {**SAID, "markdown_text": "b"}, "markdown_text_conflict", "M"),
    Fact("blocks that are an object", POST, {**HERE, "blocks": {}}, "invalid_blocks_format", "M"),
    Fact("blocks that are no JSON", POST, {**HERE, "blocks": "[{"}, "invalid_blocks_format", "M"),
    Fact("a reply", POST, {**SAID, "thread_ts": "{hers}"}, "ok", "M", shows={"message.thread_ts": "{hers}"}),
    Fact(
        "a reply to a reply goes into its thread",
        POST,
        {**SAID, "thread_ts": "{reply}"},
        "ok",
        "unsettled: M asks to avoid it and does not say what happens",
        shows={"message.thread_ts": "{hers}"},
    ),
    Fact(
        "a thread_ts of no message lands at the top level",
        POST,
        {**SAID, "thread_ts": OF_NOTHING},
        "ok",
        "M, R",
        shows={"message.thread_ts": ABSENT},
    ),
    Fact(
        "so does that of a deleted one",
        POST,
        {**SAID, "thread_ts": "{gone}"},
        "ok",
        "M, R",
        shows={"message.thread_ts": ABSENT},
    ),
    Fact("a thread_ts that is none", POST, {**SAID, "thread_ts": "1.1"}, "invalid_thread_ts", "R"),
    Fact(
        "30 headings, each with a paragraph: 60 blocks",
        POST,
        {**HERE, "blocks": markdown("# a\n\ntext\n\n" * 30)},
        "invalid_blocks",
        "R",
        says=TOO_MANY,
    ),
    Fact("25 of them", POST, {**HERE, "blocks": markdown("# a\n\ntext\n\n" * 25)}, "ok", "R"),
    Fact(
        "51 headings",
        POST,
        {**HERE, "blocks": markdown("# a\n\n" * 51)},
        "invalid_blocks",
        "R",
        says=TOO_MANY,
    ),
    Fact("50 headings", POST, {**HERE, "blocks": markdown("# a\n\n" * 50)}, "ok", "R"),
    Fact(
        "a heading counts beside other blocks, too",
        POST,
        {**HERE, "blocks": [*markdown("# a\n\n" * 50), section("b")]},
        "invalid_blocks",
        "R",
        says=TOO_MANY,
    ),
    Fact(
        "code, lists, quotes and paragraphs are one block together",
        POST,
        {**HERE, "blocks": markdown("```\nx\n```\n\ntext\n\n- a\n- b\n\n> c\n\n" * 60)},
        "ok",
        "R",
    ),
    Fact("a # in code is no heading", POST, {**HERE, "blocks": markdown("```\n# a\n```\n" * 60)}, "ok", "R"),
    Fact(
        "51 rules",
        POST,
        {**HERE, "blocks": markdown("---\n\n" * 51)},
        "invalid_blocks",
        "unsettled: whether a rule is a block of its own",
    ),
    Fact("a table is one block", POST, {**HERE, "blocks": markdown("|a|\n|-|\n" + "|b|\n" * 90)}, "ok", "-"),
]

UPDATES = [
    Fact("a message of nobody", UPDATE, {**SAID, "ts": "1.1"}, "message_not_found", "M"),
    Fact("somebody else's", UPDATE, {**SAID, "ts": "{hers}"}, "cant_update_message", "M"),
    Fact(
        "in an archived channel",
        UPDATE,
        {"channel": "{archived}", "ts": "{old}", "text": "a"},
        "is_inactive",
        "M",
    ),
    Fact("while it streams", UPDATE, {**SAID, "ts": "{stream}"}, "streaming_state_conflict", "M"),
    Fact("text of 4,000", UPDATE, {**HERE, "ts": "{mine}", "text": "x" * 4_000}, "ok", "M"),
    Fact("text of 4,001", UPDATE, {**HERE, "ts": "{mine}", "text": "x" * 4_001}, "msg_too_long", "M"),
    Fact("nothing", UPDATE, {**HERE, "ts": "{mine}"}, "no_text", "M"),
    Fact(
        "text alone takes the blocks away",
        UPDATE,
        {**SAID, "ts": "{mine}"},
        "ok",
        "M",
        shows={"message.text": "a", "message.blocks": ABSENT, "message.edited.user": "U0FINETUNE"},
    ),
    Fact(
        "text and blocks carry no edited flag",
        UPDATE,
        {**SAID, "ts": "{mine}", "blocks": [section("b")]},
        "ok",
        "M",
        shows={"message.text": "a", "message.blocks.0.text.text": "b", "message.edited": ABSENT},
    ),
    Fact(
        "blocks alone",
        UPDATE,
        {**HERE, "ts": "{mine}", "blocks": [section("b")]},
        "ok",
        "M",
        shows={"message.text": "mine", "message.blocks.0.text.text": "b", "message.edited": ABSENT},
    ),
    Fact(
        "metadata stays where it is not named",
        UPDATE,
        {**SAID, "ts": "{mine}"},
        "ok",
        "M",
        shows={"message.metadata.event_type": "job"},
    ),
    Fact(
        "empty metadata takes it away",
        UPDATE,
        {**SAID, "ts": "{mine}", "metadata": {}},
        "ok",
        "M",
        shows={"message.metadata": ABSENT},
    ),
]

DELETIONS = [
    Fact("one's own", "chat.delete", {**HERE, "ts": "{mine}"}, "ok", "M"),
    Fact("somebody else's", "chat.delete", {**HERE, "ts": "{hers}"}, "cant_delete_message", "M"),
    Fact("one that is gone", "chat.delete", {**HERE, "ts": "{gone}"}, "message_not_found", "M"),
    Fact(
        "a link to nothing", "chat.getPermalink", {**HERE, "message_ts": "{gone}"}, "message_not_found", "M"
    ),
]

EPHEMERAL = [
    Fact(
        "to somebody who is not there",
        "chat.postEphemeral",
        {"channel": "C0GENERAL0", "user": KENJI, "text": "a"},
        "user_not_in_channel",
        "M",
    ),
    Fact(
        "below no message",
        "chat.postEphemeral",
        {**SAID, "user": MINA, "thread_ts": OF_NOTHING},
        "ok",
        "unsettled: M names no refusal",
    ),
]

CONVERSATIONS = [
    Fact("unknown", "conversations.info", {"channel": "C0NOWHERE0"}, "channel_not_found", "M"),
    Fact("history elsewhere", "conversations.history", {"channel": RANDOM}, "not_in_channel", "M"),
    Fact("a thread of nothing", "conversations.replies", {**HERE, "ts": OF_NOTHING}, "thread_not_found", "M"),
    Fact("a deleted thread", "conversations.replies", {**HERE, "ts": "{gone}"}, "thread_not_found", "M"),
    Fact("unknown types", "conversations.list", {"types": "secret"}, "invalid_types", "M"),
    Fact("a cursor of nobody", "conversations.history", {**HERE, "cursor": "abc"}, "invalid_cursor", "M"),
    Fact("one for members", "conversations.members", {**HERE, "cursor": "7"}, "invalid_cursor", "M"),
    Fact(
        "one for replies",
        "conversations.replies",
        {**HERE, "ts": "{hers}", "cursor": "%"},
        "invalid_cursor",
        "M",
    ),
    Fact("a limit of 1,000", "conversations.members", {**HERE, "limit": 1_000}, "invalid_limit", "M"),
    Fact("members of a secret", "conversations.members", {"channel": "{private}"}, "channel_not_found", "M"),
    Fact("members elsewhere", "conversations.members", {"channel": RANDOM}, "ok", "M"),
]

JOINING = [
    Fact("a public channel", "conversations.join", {"channel": RANDOM}, "ok", "M"),
    Fact("a private one", "conversations.join", {"channel": "{private}"}, "channel_not_found", "M"),
    Fact("an archived one", "conversations.join", {"channel": "{archived}"}, "is_archived", "M"),
    Fact("a DM", "conversations.open", {"users": MINA}, "ok", "M"),
    Fact("a DM with nobody", "conversations.open", {}, "users_list_not_supplied", "M"),
    Fact("a DM with a stranger to all", "conversations.open", {"users": "U0NOBODY00"}, "user_not_found", "M"),
]

PEOPLE = [
    Fact("nobody", "users.info", {"user": "U0NOBODY00"}, "user_not_found", "M"),
    Fact("no group", "usergroups.users.list", {"usergroup": "S0NONE0000"}, "no_such_subteam", "M"),
]

FILES = [
    Fact("unknown", "files.info", {"file": "F0NONE0000"}, "file_not_found", "M"),
    Fact("no bytes", UPLOAD, {"filename": "a.txt", "length": 0}, "missing_argument", "M"),
    Fact("a snippet", UPLOAD, {"filename": "a", "length": 1_000_000, "snippet_type": "text"}, "ok", "M"),
    Fact(
        "a snippet of 2 MB",
        UPLOAD,
        {"filename": "a", "length": 2_000_000, "snippet_type": "text"},
        "snippet_too_large",
        "M",
    ),
    Fact("a long alt_txt", UPLOAD, {"filename": "a", "length": 1, "alt_txt": "x" * 1_000}, "ok", "M"),
    Fact(
        "one more", UPLOAD, {"filename": "a", "length": 1, "alt_txt": "x" * 1_001}, "alt_txt_too_large", "M"
    ),
    Fact("the old way", "files.upload", {"content": "a"}, "method_deprecated", "M"),
]

VIEWS = [
    Fact(
        "a form without a title",
        "views.open",
        {"trigger_id": "1.2.3", "view": {"type": "modal"}},
        "invalid_arguments",
        "M",
    ),
    Fact(
        "the Home of nobody", "views.publish", {"user_id": "U0NOBODY00", "view": {}}, "invalid_arguments", "M"
    ),
]

REACT = "reactions.add"
REACTIONS = [
    Fact("to hers", REACT, {**HERE, "timestamp": "{hers}", "name": "eyes"}, "ok", "M"),
    Fact("to nothing", REACT, {**HERE, "timestamp": OF_NOTHING, "name": "eyes"}, "message_not_found", "M"),
    Fact("to no time", REACT, {**HERE, "timestamp": "soon", "name": "eyes"}, "bad_timestamp", "M"),
    Fact("to no message at all", REACT, {**HERE, "name": "eyes"}, "no_item_specified", "M"),
    Fact("with no emoji", REACT, {**HERE, "timestamp": "{hers}", "name": "a b"}, "invalid_name", "M"),
]

STREAMS = [
    Fact(
        "below no message",
        "chat.startStream",
        {**HERE, "thread_ts": OF_NOTHING},
        "thread_not_found",
        "unsettled: M says only that it should be a reply",
    ),
    Fact(
        "without a team",
        "chat.startStream",
        {**HERE, "thread_ts": "{hers}"},
        "missing_recipient_team_id",
        "M",
    ),
    Fact("nothing more", APPEND, {**HERE, "ts": "{stream}"}, "markdown_text_or_chunks_required", "M"),
    Fact(
        "text and chunks",
        APPEND,
        {**task(id="1", title="Look"), "markdown_text": "a"},
        "cannot_provide_both_markdown_text_and_chunks",
        "M",
    ),
    Fact(
        "chunks after text",
        "chat.stopStream",
        {**task(id="1", title="Look"), "ts": "{written}"},
        "streaming_mode_mismatch",
        "M",
    ),
    Fact(
        "into hers", APPEND, {**HERE, "ts": "{hers}", "markdown_text": "a"}, "message_not_owned_by_app", "M"
    ),
    Fact(
        "into one that does not stream",
        APPEND,
        {**HERE, "ts": "{mine}", "markdown_text": "a"},
        "message_not_in_streaming_state",
        "M",
    ),
    Fact("into nothing", APPEND, {**HERE, "ts": OF_NOTHING, "markdown_text": "a"}, "message_not_found", "M"),
    Fact(
        "stopped after 60 headings",
        "chat.stopStream",
        {**HERE, "ts": "{stream}", "markdown_text": "# a\n\n" * 60},
        "msg_blocks_too_many",
        "unsettled: M lists the code, R measured ok",
    ),
    Fact(
        "stopped after 40 headings, with 20 blocks below",
        "chat.stopStream",
        {
            **HERE,
            "ts": "{stream}",
            "markdown_text": "# a\n\n" * 40,
            "blocks": [section("b")] * 20,
        },
        "ok",
        "M",
    ),
    Fact("a task without an id", APPEND, task(title="Look"), "invalid_chunks", "M, R"),
    Fact("a task", APPEND, task(id="1", title="x" * 256, status="in_progress"), "ok", "M"),
    Fact(
        "a task with a title of 300",
        APPEND,
        task(id="1", title="x" * 300),
        "invalid_chunks",
        "unsettled: R was answered msg_too_long, too",
    ),
    Fact("a task that waits", APPEND, task(id="1", title="Look", status="pending"), "ok", "M"),
    Fact(
        "a status in no thread",
        "assistant.threads.setStatus",
        {"channel_id": SUPPORT, "thread_ts": OF_NOTHING, "status": "is thinking…"},
        "invalid_thread_ts",
        "M",
    ),
]

METHODS = [
    Fact("a method of nobody", "chat.shout", {}, "unknown_method", "M"),
    Fact("a pin without pins:write", "pins.add", {**HERE, "timestamp": "{mine}"}, "missing_scope", "M"),
]

FACTS = [
    *(*MESSAGES, *UPDATES, *EPHEMERAL, *CONVERSATIONS, *PEOPLE, *FILES, *VIEWS, *REACTIONS, *STREAMS),
    *(*DELETIONS, *JOINING, *METHODS, *BLOCK_FACTS),
]
