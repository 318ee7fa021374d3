"""Whatever Slack refuses of a stream, and at whichever piece: the answer stands in the thread, whole and once.

The codes are those that docs.slack.dev lists for the three methods (2026-11), besides those that every method has.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.chats import Turn, messages_of, placed
from bot.errors import SlackUnavailable
from handlers.slack.reply_writer import EDIT_PAUSE
from tests.handlers.conftest import Desk
from tests.handlers.replies import Seconds, Stream, answers, asked, begun, stream_of, visible

OF_ALL = """
    channel_not_found channel_type_not_supported duplicate_channel_not_found duplicate_message_not_found
    invalid_blocks invalid_chunks invalid_metadata_format invalid_metadata_schema is_archived
    message_limit_exceeded messages_tab_disabled metadata_must_be_sent_from_app metadata_too_large
    msg_blocks_too_long msg_blocks_too_many no_text not_in_channel rate_limited restricted_action
    restricted_action_non_threadable_channel restricted_action_read_only_channel restricted_action_thread_locked
    restricted_action_thread_only_channel slack_connect_canvas_sharing_blocked
    slack_connect_file_link_sharing_blocked slack_connect_lists_sharing_blocked team_not_found access_denied
    accesslimited account_inactive deprecated_endpoint ekm_access_denied enterprise_is_restricted fatal_error
    internal_error invalid_arg_name invalid_arguments invalid_array_arg invalid_auth invalid_charset
    invalid_form_data invalid_post_type method_deprecated missing_post_type missing_scope no_permission
    not_allowed not_allowed_token_type not_authed org_login_required ratelimited request_timeout
    service_unavailable team_access_not_granted team_added_to_org token_expired token_revoked
    two_factor_setup_required unknown_method
"""
OF_PIECES = """
    as_user_not_supported cannot_provide_both_markdown_text_and_chunks message_not_found
    message_not_in_streaming_state message_not_owned_by_app msg_too_long streaming_mode_mismatch
    streaming_state_conflict too_many_attachments too_many_contact_cards
"""
OF_START = """
    invalid_blocks_format messaging_processing_failed missing_recipient_team_id missing_recipient_user_id
    msg_too_long thread_not_found user_not_found
"""
OF_APPEND = (
    "markdown_text_or_chunks_required markdown_text_required messaging_processing_failed stopped_by_user"
)
OF_STOP = "attachment_payload_limit_exceeded cannot_reply_to_message missing_file_data"
REFUSALS = {
    "chat.startStream": f"{OF_ALL} {OF_START}".split(),
    "chat.appendStream": f"{OF_ALL} {OF_PIECES} {OF_APPEND}".split(),
    "chat.stopStream": f"{OF_ALL} {OF_PIECES} {OF_STOP}".split(),
}
PIECES = ("One <", "!here> ", "two [three](", "https:/", "/four.example) ", "five")
WHOLE = "".join(PIECES)
PLACES = {"first": 0, "middle": 2, "last": len(PIECES) - 1}


@dataclass
class Thread:
    """A thread with a question, and a model that answers it in pieces, as often as Slack wants it."""

    desk: Desk
    reply_stream: Stream
    seconds: Seconds
    turn: Turn

    @classmethod
    async def opened(cls, desk: Desk, client: AsyncWebClient) -> "Thread":
        seconds = Seconds()
        turn = replace(await asked(desk), id=secrets.token_hex(4))
        return cls(desk, stream_of(client, seconds), seconds, begun(turn))

    async def refuses(self, method: str, code: str, times: int = 1) -> None:
        """Slack will answer calls of this method so."""
        await self.desk.control("faults", side="slack", match=method, kind="error", code=code, times=times)

    async def answered(self, before: Mapping[int, Collection[tuple[str, str, int]]]) -> list[dict[str, Any]]:
        """Answer, with some refusals switched on before some pieces; gives the messages of ours in the thread.

        When Slack asks for patience the turn is tried once more, as the service does.
        """
        try:
            await self._said(before)
        except SlackUnavailable:
            known = messages_of(self.turn)
            for ts in await self.reply_stream.find(self.turn, known):
                self.turn = placed(self.turn, ts).row
            await self._said({})
        return await answers(self.desk, self.turn)

    async def _said(self, before: Mapping[int, Collection[tuple[str, str, int]]]) -> None:
        for refusal in before.get(-1, ()):
            await self.refuses(*refusal)
        answer = await self.reply_stream.begin(self.turn)
        try:
            for number, text in enumerate(PIECES):
                for refusal in before.get(number, ()):
                    await self.refuses(*refusal)
                self.seconds.now += EDIT_PAUSE
                await answer.append(text)
            for refusal in before.get(len(PIECES), ()):
                await self.refuses(*refusal)
            await answer.finish()
        finally:
            first, *more = answer.kept
            self.turn = replace(self.turn, answer_ts=first, more_ts=tuple(more))


def wrong(messages: list[dict[str, Any]]) -> str:
    """What is not as it should be; empty when all is well."""
    shown = [visible(message) for message in messages]
    if "".join(shown).replace("\u200b", "") != WHOLE:
        return f"shows {shown}"
    if any(message["streaming"] for message in messages):
        return "streams still"
    return "" if all(shown) else "leaves an empty message"


async def faults_of(
    desk: Desk,
    client: AsyncWebClient,
    codes: Collection[str],
    before: Callable[[str], Mapping[int, Collection[tuple[str, str, int]]]],
) -> dict[str, str]:
    """What goes wrong after each of these refusals, by code."""
    found: dict[str, str] = {}
    for code in codes:
        thread = await Thread.opened(desk, client)
        found[code] = wrong(await thread.answered(before(code)))
        rules = (await desk.get("faults"))["faults"]
        assert all(rule["hits"] for rule in rules), rules
        async with desk.http.delete(f"{desk.url}/control/faults"):
            pass
    return {code: fault for code, fault in found.items() if fault}


async def test_a_stream_that_slack_refuses_to_start_is_a_message(desk: Desk, client: AsyncWebClient) -> None:
    codes = REFUSALS["chat.startStream"]
    assert await faults_of(desk, client, codes, lambda code: {-1: [("chat.startStream", code, 1)]}) == {}


@pytest.mark.parametrize("place", PLACES)
async def test_a_refused_piece_costs_no_word(desk: Desk, client: AsyncWebClient, place: str) -> None:
    refused = ("chat.appendStream",)
    codes = REFUSALS["chat.appendStream"]
    found = await faults_of(desk, client, codes, lambda code: {PLACES[place]: [(*refused, code, 1)]})
    assert found == {}


@pytest.mark.parametrize("place", PLACES)
async def test_a_refused_end_after_a_refused_piece_costs_no_word(
    desk: Desk, client: AsyncWebClient, place: str
) -> None:
    """The stream cannot even be ended at once: what it shows stays, and the rest stands below."""

    def before(code: str) -> Mapping[int, Collection[tuple[str, str, int]]]:
        return {PLACES[place]: [("chat.appendStream", "msg_too_long", 1), ("chat.stopStream", code, 1)]}

    assert await faults_of(desk, client, REFUSALS["chat.stopStream"], before) == {}


async def test_a_refused_end_costs_no_word(desk: Desk, client: AsyncWebClient) -> None:
    codes = REFUSALS["chat.stopStream"]
    found = await faults_of(desk, client, codes, lambda code: {len(PIECES): [("chat.stopStream", code, 1)]})
    assert found == {}


@pytest.mark.parametrize("place", PLACES)
async def test_a_stream_that_cannot_be_ended_at_all_costs_no_word(
    desk: Desk, client: AsyncWebClient, place: str
) -> None:
    def before(code: str) -> Mapping[int, Collection[tuple[str, str, int]]]:
        at = PLACES[place]
        return {at: [("chat.appendStream", "msg_blocks_too_many", -1), ("chat.stopStream", code, -1)]}

    refusals = ["msg_blocks_too_many", "no_text", "streaming_mode_mismatch", "restricted_action"]
    found = await faults_of(desk, client, refusals, before)
    assert {code: fault for code, fault in found.items() if fault != "streams still"} == {}
