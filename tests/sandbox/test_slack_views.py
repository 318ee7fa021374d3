"""Modals: trigger ids, the stack, updates that keep what was typed, and what a form refuses by itself."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.triggers import Triggers
from tests.sandbox.slack_side import MINA, SUPPORT, App, Hand, button, modal, section, text_input


@pytest.fixture
def triggers(hand: Hand) -> Triggers:
    return hand.sandbox.slack.triggers


async def code(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


async def test_a_trigger_works_once_and_for_three_seconds(
    hand: Hand, web: AsyncWebClient, triggers: Triggers
) -> None:
    view = modal(section("x"))
    assert await code(web.views_open(trigger_id="1.2.3", view=view)) == "invalid_trigger_id"
    trigger = triggers.new(MINA)
    assert await code(web.views_open(trigger_id=trigger, view=modal(section("")))) == "invalid_arguments"
    await web.views_open(trigger_id=trigger, view=view)
    assert await code(web.views_open(trigger_id=trigger, view=view)) == "exchanged_trigger_id"
    late = triggers.new(MINA)
    await hand.do("clock", advance=3.1)
    assert await code(web.views_open(trigger_id=late, view=view)) == "expired_trigger_id"


async def test_three_views_stack_and_no_more(hand: Hand, web: AsyncWebClient, triggers: Triggers) -> None:
    view = modal(section("x"))
    assert await code(web.views_push(trigger_id=triggers.new(MINA), view=view)) == "not_found"
    root = (await web.views_open(trigger_id=triggers.new(MINA), view=view))["view"]
    await web.views_push(trigger_id=triggers.new(MINA), view=view)
    top = (await web.views_push(trigger_id=triggers.new(MINA), view=view))["view"]
    assert top["root_view_id"] == root["id"]
    assert await code(web.views_push(trigger_id=triggers.new(MINA), view=view)) == "push_limit_reached"
    await hand.do("close", view_id=top["id"])
    assert len((await hand.see("views"))["modals"]) == 2
    await hand.do("close", view_id=root["id"], clear=True)
    assert await code(web.views_update(view_id=root["id"], view=view)) == "not_found"


async def test_an_update_keeps_typed_values_and_notices_a_stale_hash(
    hand: Hand, app: App, web: AsyncWebClient, triggers: Triggers
) -> None:
    @app.bolt.action("check")
    async def check(ack: Any, body: Any) -> None:
        await ack()
        await app.heard.put(body["view"])

    acts = {"type": "actions", "elements": [button("check")]}
    first = modal(text_input("a"), text_input("b", initial_value="start"), acts)
    opened = (await web.views_open(trigger_id=triggers.new(MINA), view=first))["view"]
    async with app.connected():
        values = {"a": {"typed": {"value": "typed"}}}
        await hand.do("click", view_id=opened["id"], action={"action_id": "check"}, values=values)
        state = (await app.hears())["state"]["values"]
        assert state["a"]["typed"] == {"type": "plain_text_input", "value": "typed"}
        assert state["b"]["typed"]["value"] == "start"
    second = modal(text_input("a", initial_value="other"), text_input("c"))
    updated = (await web.views_update(view_id=opened["id"], hash=opened["hash"], view=second))["view"]
    assert updated["state"]["values"]["a"]["typed"]["value"] == "typed"
    assert updated["state"]["values"]["c"]["typed"]["value"] is None
    assert (
        await code(web.views_update(view_id=opened["id"], hash=opened["hash"], view=second))
        == "hash_conflict"
    )


async def test_an_external_id_is_unique_and_finds_its_view(web: AsyncWebClient, triggers: Triggers) -> None:
    view = modal(section("x"), external_id="one")
    await web.views_open(trigger_id=triggers.new(MINA), view=view)
    assert await code(web.views_push(trigger_id=triggers.new(MINA), view=view)) == "duplicate_external_id"
    changed = await web.views_update(external_id="one", view=modal(section("y"), external_id="one"))
    assert changed["view"]["blocks"][0]["text"]["text"] == "y"


async def test_closing_is_told_where_it_was_asked_for(
    hand: Hand, app: App, web: AsyncWebClient, triggers: Triggers
) -> None:
    @app.bolt.view_closed("form")
    async def closed(ack: Any, body: Any) -> None:
        await ack()
        await app.heard.put(body["is_cleared"])

    async with app.connected():
        view = modal(section("x"), notify_on_close=True)
        opened = (await web.views_open(trigger_id=triggers.new(MINA), view=view))["view"]
        await hand.do("close", view_id=opened["id"])
        assert await app.hears() is False


@pytest.mark.parametrize(
    ("element", "value", "error"),
    [
        ({"min_length": 3}, "ab", "Must be at least 3 characters."),
        ({"max_length": 3}, "abcd", "Must be less than 4 characters."),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "Please enter a whole number."),
        (
            {"type": "number_input", "is_decimal_allowed": False, "max_value": "50"},
            "51",
            "Must be 50 or less.",
        ),
        (
            {"type": "number_input", "is_decimal_allowed": True, "min_value": "0.1"},
            "0",
            "Must be 0.1 or more.",
        ),
        ({"type": "email_text_input"}, "me", "Please enter a valid email address."),
        ({"type": "url_text_input"}, "me", "Please enter a valid URL."),
    ],
)
async def test_a_form_refuses_by_itself_what_its_inputs_say(
    hand: Hand, web: AsyncWebClient, *, element: dict[str, Any], value: str, error: str
) -> None:
    triggers = hand.sandbox.slack.triggers
    view = modal(text_input(**element))
    opened = (await web.views_open(trigger_id=triggers.new(MINA), view=view))["view"]
    values = {"name": {"typed": {"value": value}}}
    assert await hand.do("submit", view_id=opened["id"], values=values) == {
        "ok": False,
        "errors": {"name": error},
    }
    assert (await hand.see("calls", direction="slack_to_app"))["calls"] == []


async def test_a_select_gives_the_whole_option_and_refuses_one_it_does_not_offer(
    hand: Hand, app: App, web: AsyncWebClient, triggers: Triggers
) -> None:
    @app.bolt.view("form")
    async def form(ack: Any, view: Any) -> None:
        await ack(response_action="update", view=modal(section("done"), callback_id="end"))
        await app.heard.put(view["state"]["values"]["name"]["typed"]["selected_option"])

    options = [{"text": {"type": "plain_text", "text": t}, "value": t.lower()} for t in ("One", "Two")]
    view = modal(text_input(type="static_select", options=options))
    opened = (await web.views_open(trigger_id=triggers.new(MINA), view=view))["view"]

    async def submit(value: str, status: int = 200) -> dict[str, Any]:
        values = {"name": {"typed": {"selected_option": {"value": value}}}}
        return await hand.do("submit", status=status, view_id=opened["id"], values=values)

    async with app.connected():
        assert (await submit("three", 400))["error"] == "no_such_option"
        assert await submit("two") == {"ok": True}
        assert await app.hears() == options[1]
        assert (await hand.see("views"))["modals"][0]["blocks"][0]["text"]["text"] == "done"


async def test_an_answer_slack_cannot_use_is_told_to_the_person_and_leaves_the_form(
    hand: Hand, app: App, web: AsyncWebClient, triggers: Triggers
) -> None:
    @app.bolt.view("form")
    async def form(ack: Any) -> None:
        await ack(response_action="errors", errors={"elsewhere": "no"})

    opened = (await web.views_open(trigger_id=triggers.new(MINA), view=modal(text_input())))["view"]
    async with app.connected(), hand.live() as live:
        values = {"name": {"typed": {"value": "x"}}}
        answer = await hand.do("submit", view_id=opened["id"], values=values)
        assert answer["error"] == "invalid_response_errors"
        assert "elsewhere" in (await live.next(type="notice"))["text"]
        assert (await hand.see("views"))["modals"]


async def test_an_external_select_gets_its_options_from_the_app(hand: Hand, app: App) -> None:
    @app.bolt.options("pick")
    async def pick(ack: Any, payload: Any) -> None:
        await ack(options=[{"text": {"type": "plain_text", "text": payload["value"]}, "value": "v"}])

    select = {"type": "external_select", "action_id": "pick", "min_query_length": 1}
    async with app.connected():
        blocks = [{"type": "actions", "block_id": "b", "elements": [select]}]
        posted = await app.bolt.client.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks)
        asked = {"channel": SUPPORT, "ts": posted["ts"], "block_id": "b", "action_id": "pick", "value": "mo"}
        assert (await hand.do("options", **asked))["options"][0]["text"]["text"] == "mo"
