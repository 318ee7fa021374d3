"""What the app does when people type, press, send and drop; real Bolt, real Web API, fakes behind."""

import inspect
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from slack_bolt.async_app import AsyncBoltContext
from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.datasets.lifecycle import DatasetState
from bot.domain.policies import Policy
from bot.errors import BadInput, NotAllowed, StaleState
from handlers import register
from handlers.commands import Commands
from handlers.ids import Action, Form, Shortcut
from handlers.messages import Messages
from handlers.slack.interactions import Event
from handlers.views import about
from handlers.views.blocks import actions, button
from handlers.views.datasets import cards as dataset_views
from handlers.views.jobs import cards as job_views
from tests.handlers import cards, samples
from tests.handlers.conftest import Desk, until
from tests.handlers.fakes import Log, absent_services

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp


def job_card(desk: Desk) -> list[dict[str, Any]]:
    desk.jobs.jobs["k3x9mp"] = samples.job(requested_by=desk.users["mina"])
    return cards.job_card(desk.jobs.jobs["k3x9mp"], Policy()).blocks


async def click(desk: Desk, action_id: str, where: dict[str, str], who: str = "mina") -> None:
    said = await desk.act("click", who, **where, action={"action_id": action_id})
    assert said["ok"], said


# ---- words --------------------------------------------------------------------------------------------------


async def test_the_command_without_words_explains(desk: Desk) -> None:
    assert (await desk.command(""))["ok"]
    message = await desk.sees("I fine-tune models")
    assert message["is_ephemeral"]
    assert await desk.messages(who="jonas") == []


async def test_a_mistyped_word_gets_the_nearest(desk: Desk) -> None:
    await desk.command("statsu abc")
    await desk.sees("Did you mean `/finetune status`?")
    await desk.command("xyzzy")
    await desk.sees("`/finetune help` lists what I know")


async def test_words_that_are_too_many_are_not_read(desk: Desk) -> None:
    await desk.command(f"start a{' ' * 3_000}b")
    await desk.sees("That is too long for me")


async def test_lists_are_answered_privately(desk: Desk) -> None:
    await desk.command("jobs")
    await desk.sees("There are no jobs in this channel yet")
    await desk.command("models")
    await desk.sees("There are no tuned models yet")
    await desk.command("datasets")
    await desk.sees("There are no datasets in this channel yet")


async def test_a_job_is_found_by_its_id_and_by_its_name(desk: Desk) -> None:
    desk.jobs.jobs["k3x9mp"] = samples.running()
    await desk.command("status tone")
    await desk.sees("training · 62%")
    await desk.command("status nothing")
    await desk.sees("I know no job with this id")


async def test_cancel_asks_once_more_and_the_button_cancels(desk: Desk) -> None:
    desk.jobs.jobs["k3x9mp"] = samples.running()
    await desk.command("cancel k3x9mp")
    question = await desk.sees("shall I stop it?")
    assert desk.jobs.decisions == []
    where = {"channel": desk.channels["ft-support"], "ts": question["ts"]}
    await click(desk, Action.CANCEL, where)
    await until(lambda: _first(desk.jobs.decisions))
    assert desk.jobs.decisions == [("cancel", desk.users["mina"], "k3x9mp")]


async def _first(found: list[Any]) -> Any:
    return found[0] if found else None


async def test_a_mention_in_a_thread_is_answered_in_the_thread(desk: Desk) -> None:
    root = await desk.act("message", channel=desk.channels["ft-support"], text="How do I begin?")
    await desk.act(
        "message",
        channel=desk.channels["ft-support"],
        text=f"<@{desk.bot_user}> help",
        thread_ts=root["ts"],
    )
    message = await desk.sees("I fine-tune models", thread_ts=root["ts"])
    assert message["thread_ts"] == root["ts"]


async def test_the_twin_of_start_in_a_mention_is_a_button_that_opens_the_form(desk: Desk) -> None:
    asked = await desk.act("message", channel=desk.channels["ft-support"], text=f"<@{desk.bot_user}> start")
    message = await desk.sees("Press the button", thread_ts=asked["ts"])
    await click(desk, Action.START, {"channel": desk.channels["ft-support"], "ts": message["ts"]})
    assert (await desk.modal("Expected cost"))["callback_id"] == Form.START


async def test_a_direct_message_understands_the_same_words(desk: Desk) -> None:
    await desk.act("message", channel=desk.channels["dm"], text="help")
    await desk.sees("I fine-tune models", channel="dm")


# ---- the start form -----------------------------------------------------------------------------------------


async def test_the_form_is_filled_sent_once_and_closed(desk: Desk) -> None:
    await desk.command("start")
    view = await desk.modal("Expected cost")
    values = {
        "dataset": {"start_dataset": {"type": "static_select", "selected_option": {"value": "d1"}}},
        "model~d1": {
            "start_model": {"type": "static_select", "selected_option": {"value": "gpt-4o-mini-2024-07-18"}}
        },
        "suffix": {"suffix": {"type": "plain_text_input", "value": "tone"}},
        "epochs": {"start_epochs": {"type": "plain_text_input", "value": "2"}},
    }
    assert (await desk.act("submit", view_id=view["id"], values=values))["ok"]
    [(key, (place, request))] = desk.requests.requests.items()
    assert key == f"view:{view['id']}"
    assert place.channel_id == desk.channels["ft-support"]
    assert (request.dataset_id, request.model, request.suffix, request.epochs) == (
        "d1",
        "gpt-4o-mini-2024-07-18",
        "tone",
        "2",
    )


async def test_a_fault_in_a_folded_setting_unfolds_it_and_names_it(desk: Desk) -> None:
    await desk.command("start")
    view = await desk.modal("Expected cost")
    pressed = {"action_id": Action.MORE_SETTINGS}
    await desk.act("click", view_id=view["id"], action=pressed)
    view = await desk.modal("Fewer settings")
    typed = _as_it_stands(view)
    typed["batch"]["batch"]["value"] = "many"
    await desk.act("click", view_id=view["id"], action=pressed, values=typed)
    view = await desk.modal("More settings")
    desk.requests.offered = replace(desk.requests.offered, problems=(("batch", "A whole number."),))
    await desk.act("submit", view_id=view["id"], values=_as_it_stands(view))
    view = await desk.modal("*Batch size*: A whole number.")
    assert "batch" in [block.get("block_id") for block in view["blocks"]]
    assert desk.requests.requests == {}


@pytest.mark.parametrize(
    "word", ["start", "jobs", "datasets", "status tone", "policy", "budget", "digest on"]
)
async def test_where_nobody_invited_the_bot_each_word_says_so_first(desk: Desk, word: str) -> None:
    await desk.command(word, channel="random")
    said = await desk.sees("not in this channel yet", channel="random")
    assert "/invite @Finetune bot" in str(said)
    assert "Drop" not in str(said)


async def test_a_guest_is_told_before_the_form_is_filled_in(desk: Desk) -> None:
    where = await desk.say([actions(button("Start", Action.START, "d1"))])
    await click(desk, Action.START, where, "priya")
    view = await desk.modal("Only full members of this workspace can start fine-tuning", who="priya")
    assert not [block for block in view["blocks"] if block["type"] == "input"]


async def test_a_value_that_is_off_is_told_at_its_field(desk: Desk) -> None:
    await desk.command("start")
    view = await desk.modal("Expected cost")
    desk.requests.fault = BadInput("Use letters only.", "suffix")
    said = await desk.act("submit", view_id=view["id"], values=_as_it_stands(view))
    assert said["errors"] == {"suffix": "Use letters only."}


async def test_a_refusal_without_a_field_is_told_over_the_form(desk: Desk) -> None:
    await desk.command("start")
    view = await desk.modal("Expected cost")
    desk.requests.fault = NotAllowed("Only full members can start.")
    await desk.act("submit", view_id=view["id"], values=_as_it_stands(view))
    await desk.modal("Only full members can start.")
    assert len((await desk.get("views", **{"as": desk.users["mina"]}))["modals"]) == 2


async def test_another_model_changes_the_price_in_the_form(desk: Desk) -> None:
    await desk.command("start")
    view = await desk.modal("Expected cost")
    select = next(b["element"] for b in view["blocks"] if b.get("block_id") == "model~d1")
    other = select["options"][0]
    await desk.act(
        "click",
        view_id=view["id"],
        action={"action_id": Action.PICK_MODEL, "block_id": "model~d1", "selected_option": other},
        values={"model~d1": {Action.PICK_MODEL: {"type": "static_select", "selected_option": other}}},
    )
    changed = await desk.modal("*Expected cost*\\n≈ $6.87")
    assert changed["id"] == view["id"]


async def test_from_anywhere_the_form_asks_for_the_channel_first(desk: Desk) -> None:
    assert (await desk.act("shortcut", callback_id=Shortcut.START))["ok"]
    view = await desk.modal("Where the dataset is")
    pick = {"type": "conversations_select", "selected_conversation": desk.channels["ft-support"]}
    await desk.act(
        "click",
        view_id=view["id"],
        action={"action_id": Action.PICK_CHANNEL, "block_id": "channel", **pick},
        values={"channel": {Action.PICK_CHANNEL: pick}},
    )
    await desk.modal("Expected cost")
    assert desk.requests.offers[-1][0].channel_id == desk.channels["ft-support"]


async def test_a_channel_without_the_bot_is_told_with_what_to_do(desk: Desk) -> None:
    await desk.act("shortcut", callback_id=Shortcut.START)
    view = await desk.modal("Where the dataset is")
    pick = {"type": "conversations_select", "selected_conversation": desk.channels["random"]}
    await desk.act(
        "click",
        view_id=view["id"],
        action={"action_id": Action.PICK_CHANNEL, "block_id": "channel", **pick},
        values={"channel": {Action.PICK_CHANNEL: pick}},
    )
    await desk.modal("not in this channel yet")


async def test_the_shortcut_on_a_checked_file_opens_the_form_for_it(desk: Desk) -> None:
    shared = await desk.upload("ft-support", "support.jsonl", b"{}")
    desk.datasets.known[shared["file_id"]] = samples.dataset(id="d1")
    await desk.act(
        "shortcut",
        callback_id=Shortcut.START_FROM_MESSAGE,
        channel=desk.channels["ft-support"],
        ts=shared["ts"],
    )
    await desk.modal("Expected cost")
    assert desk.requests.offers[-1][1].dataset_id == "d1"


async def test_the_shortcut_on_a_broken_file_shows_its_report(desk: Desk) -> None:
    shared = await desk.upload("ft-support", "support.jsonl", b"{}")
    broken = samples.dataset(DatasetState.REJECTED, report=samples.broken(3))
    desk.datasets.known[shared["file_id"]] = broken
    await desk.act(
        "shortcut",
        callback_id=Shortcut.START_FROM_MESSAGE,
        channel=desk.channels["ft-support"],
        ts=shared["ts"],
    )
    await desk.modal("3 problems")


async def test_the_shortcut_on_a_file_from_before_has_it_checked_now(desk: Desk) -> None:
    await desk.control("faults", side="events", match="*", kind="error", times=2)  # nobody told the bot of it
    shared = await desk.upload("ft-support", "support.jsonl", b"{}")
    where = {"channel": desk.channels["ft-support"], "ts": shared["ts"]}
    await desk.act("shortcut", callback_id=Shortcut.START_FROM_MESSAGE, **where)
    await desk.modal("I am checking *support.jsonl* now")
    assert [place.thread_ts for place, _, _ in desk.datasets.received.values()] == [shared["ts"]]


async def test_the_shortcut_on_a_message_without_files_opens_the_channels_form(desk: Desk) -> None:
    said = await desk.act("message", channel=desk.channels["ft-support"], text="Let us train")
    where = {"channel": desk.channels["ft-support"], "ts": said["ts"]}
    await desk.act("shortcut", callback_id=Shortcut.START_FROM_MESSAGE, **where)
    await desk.modal("Expected cost")


async def test_a_form_without_a_dataset_says_how_to_get_one(desk: Desk) -> None:
    await desk.act("shortcut", callback_id=Shortcut.START)
    view = await desk.modal("Where the dataset is")
    pick = {"type": "conversations_select", "selected_conversation": desk.channels["ft-support"]}
    desk.requests.offered = samples.offer(0, models=(), chosen=None)
    values = {"channel": {Action.PICK_CHANNEL: pick}}
    await desk.act("submit", view_id=view["id"], values=values)
    await desk.modal("There is no dataset to train on here yet")
    assert desk.requests.requests == {}


def _as_it_stands(view: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            said = {"selected_option": element.get("initial_option"), "value": element.get("initial_value")}
            values[block["block_id"]] = {element["action_id"]: {"type": element["type"], **said}}
    return values


# ---- decisions ----------------------------------------------------------------------------------------------


async def test_approving_reaches_the_service_as_the_person_who_pressed(desk: Desk) -> None:
    await click(desk, Action.APPROVE, await desk.say(job_card(desk)), "jonas")
    await until(lambda: _first(desk.jobs.decisions))
    assert desk.jobs.decisions == [("approve", desk.users["jonas"], "k3x9mp")]


async def test_who_may_not_approve_is_told_so_privately(desk: Desk) -> None:
    desk.jobs.faults["approve"] = NotAllowed("Somebody else has to decide: <@U0JONAS>.")
    await click(desk, Action.APPROVE, await desk.say(job_card(desk)))
    message = await desk.sees("Somebody else has to decide: <@U0JONAS>.")
    assert message["is_ephemeral"]
    assert all("Somebody else" not in m["text"] for m in await desk.messages(who="jonas"))


async def test_the_second_of_two_is_told_who_was_faster(desk: Desk) -> None:
    desk.jobs.faults["approve"] = StaleState("<@U0JONAS> was faster: *tone* is approved already.")
    await click(desk, Action.APPROVE, await desk.say(job_card(desk)))
    await desk.sees("<@U0JONAS> was faster")


async def test_rejecting_asks_why_and_passes_the_reason_on(desk: Desk) -> None:
    await click(desk, Action.REJECT, await desk.say(job_card(desk)), "jonas")
    view = await desk.modal("Why not?", who="jonas")
    values = {"reason": {"reason": {"type": "plain_text_input", "value": "Too dear."}}}
    assert (await desk.act("submit", "jonas", view_id=view["id"], values=values))["ok"]
    assert desk.jobs.decisions == [("reject", desk.users["jonas"], "Too dear.")]


async def test_who_may_not_reject_is_told_before_the_form_opens(desk: Desk) -> None:
    desk.jobs.faults["check_decision"] = NotAllowed("Guests cannot decide.")
    await click(desk, Action.REJECT, await desk.say(job_card(desk)))
    await desk.sees("Guests cannot decide.")
    assert (await desk.get("views", **{"as": desk.users["mina"]}))["modals"] == []


async def test_a_rejection_without_words_is_asked_for_words(desk: Desk) -> None:
    await click(desk, Action.REJECT, await desk.say(job_card(desk)), "jonas")
    view = await desk.modal("Why not?", who="jonas")
    values = {"reason": {"reason": {"type": "plain_text_input", "value": "  "}}}
    said = await desk.act("submit", "jonas", view_id=view["id"], values=values)
    assert "Say why" in said["errors"]["reason"]


async def test_details_open_in_a_modal(desk: Desk) -> None:
    await click(desk, Action.DETAILS, await desk.say(job_card(desk)))
    await desk.modal("`k3x9mp`")


async def test_a_report_opens_in_a_modal_and_says_where_data_goes(desk: Desk) -> None:
    blocks = dataset_views.card(samples.dataset()).blocks
    await click(desk, Action.REPORT, await desk.say(blocks))
    await desk.modal("goes to OpenAI (simulated)")


async def test_a_fault_nobody_foresaw_is_shown_with_the_code_that_is_logged(desk: Desk) -> None:
    desk.datasets.fault = ZeroDivisionError("oh")
    blocks = dataset_views.card(samples.dataset()).blocks
    await click(desk, Action.REPORT, await desk.say(blocks))
    shown = str(await desk.modal("Something in me broke"))
    [fields] = [fields for event, fields in desk.log.lines if event == "listener failed"]
    assert fields["reference"] in shown
    assert "ZeroDivisionError" not in shown


# ---- files and turns ----------------------------------------------------------------------------------------


async def test_one_upload_is_one_dataset_in_its_messages_thread(desk: Desk) -> None:
    shared = await desk.upload("ft-support", "support.jsonl", b"{}\n")
    await until(lambda: _first(list(desk.datasets.received)))
    [(file_id, (place, told, sender))] = desk.datasets.received.items()
    assert (file_id, place.thread_ts) == (shared["file_id"], shared["ts"])
    assert place.channel_id == desk.channels["ft-support"]
    assert (told.name, told.size, sender) == ("support.jsonl", 3, desk.users["mina"])


async def test_a_file_dropped_into_a_thread_is_answered_in_that_thread(desk: Desk) -> None:
    root = await desk.act("message", channel=desk.channels["ft-support"], text="Here it comes")
    await desk.upload("ft-support", "support.jsonl", b"{}\n", thread_ts=root["ts"])
    await until(lambda: _first(list(desk.datasets.received)))
    [(place, _, _)] = desk.datasets.received.values()
    assert place.thread_ts == root["ts"]


async def test_a_file_told_of_without_its_message_is_found_by_where_it_was_shared(desk: Desk) -> None:
    await desk.control("faults", side="events", match="message", kind="error", times=1)
    shared = await desk.upload("ft-support", "support.jsonl", b"{}\n")
    await until(lambda: _first(list(desk.datasets.received)))
    [(place, _, _)] = desk.datasets.received.values()
    assert place.thread_ts == shared["ts"]


async def test_a_deleted_file_is_forgotten(desk: Desk) -> None:
    shared = await desk.upload("ft-support", "support.jsonl", b"{}\n")
    await desk.act("delete_file", file_id=shared["file_id"])
    await until(lambda: _first(desk.administration.deleted))
    assert desk.administration.deleted == [shared["file_id"]]


async def test_a_message_in_a_conversations_thread_is_heard_as_it_was_typed(desk: Desk) -> None:
    root = await desk.act("message", channel=desk.channels["ft-support"], text="root")
    desk.turns.threads.add(root["ts"])
    turn = await desk.act(
        "message",
        channel=desk.channels["ft-support"],
        text=f"<@{desk.bot_user}> is a < b & c, <@{desk.users['jonas']}>?",
        thread_ts=root["ts"],
    )
    await until(lambda: _first(list(desk.turns.heard)))
    await desk.command("help")  # answered after the mention was heard
    await desk.sees("I fine-tune models")
    assert desk.turns.heard == {turn["ts"]: f"is a < b & c, <@{desk.users['jonas']}>?"}
    assert desk.turns.to_bot == {turn["ts"]}
    assert [m["ts"] for m in await desk.messages(thread_ts=root["ts"])] == [root["ts"], turn["ts"]]


async def test_in_a_direct_message_a_word_is_said_to_the_bot_without_a_mention(desk: Desk) -> None:
    """Where a chat has ended, it is answered and not taken for a turn."""
    where = {"channel": desk.channels["dm"]}
    where["thread_ts"] = (await desk.act("message", text="root", **where))["ts"]
    desk.turns.threads.add(where["thread_ts"])
    word = await desk.act("message", text="jobs", **where)
    await desk.act("message", text="Which jobs are there?", **where)
    await until(lambda: _first(list(desk.turns.heard)[1:]))
    assert desk.turns.to_bot == {word["ts"]}


async def test_talk_that_is_not_for_the_bot_is_left_alone(desk: Desk) -> None:
    root = await desk.act("message", channel=desk.channels["ft-support"], text="Lunch?")
    where = {"channel": desk.channels["ft-support"], "thread_ts": root["ts"]}
    reply = await desk.act("message", text="Yes", **where)
    await desk.command("help")  # answered after the messages were heard
    await desk.sees("I fine-tune models")
    assert desk.turns.said == {reply["ts"]: "Yes"}  # it may be meant for a chat; this thread is none
    assert desk.turns.heard == {}
    assert len(await desk.messages(thread_ts=root["ts"])) == 2


@pytest.mark.parametrize("policy", [Policy(channels=frozenset({"C0ELSEWHERE"}))])
async def test_outside_the_allow_list_talk_is_left_alone_and_a_word_is_told_where_to_go(desk: Desk) -> None:
    shared = await desk.upload("ft-support", "support.jsonl", b"{}\n")
    where = {"channel": desk.channels["ft-support"], "thread_ts": shared["ts"]}
    reply = await desk.act("message", text="Here it is", **where)
    await desk.act("invite", channel=desk.channels["random"], user=desk.bot_user)
    await desk.command("jobs")
    await desk.sees("I don't work in this channel; try <#C0ELSEWHERE>.")
    assert (desk.turns.said, desk.outbox.welcomed) == ({}, [])
    assert [m["ts"] for m in await desk.messages(thread_ts=shared["ts"])] == [shared["ts"], reply["ts"]]


@pytest.mark.parametrize(
    ("who", "heard"),
    [({"user": "U1"}, True), ({"user": "U0ROBOT", "bot_id": "B1"}, False), ({}, False)],
)
async def test_what_other_bots_write_is_no_turn(desk: Desk, who: dict[str, str], heard: bool) -> None:
    """Else two bots would talk for ever, and somebody pays."""
    desk.turns.threads.add("1.0")
    services = replace(absent_services(), turns=desk.turns)
    commands = Commands(services.policy, {})
    messages = Messages(services, commands, desk.log)
    event = {"type": "message", "channel": "C1", "ts": "2.0", "thread_ts": "1.0", "text": "hi", **who}
    await messages.message(Event(services.access, AsyncBoltContext(team_id="T1"), event))
    assert (desk.turns.heard == {"2.0": "hi"}) is heard


async def test_a_fault_in_a_conversation_is_told_in_its_thread(desk: Desk) -> None:
    root = await desk.act("message", channel=desk.channels["ft-support"], text="root")
    desk.turns.fault = NotAllowed("Not here.")
    await desk.act("message", channel=desk.channels["ft-support"], text="hi", thread_ts=root["ts"])
    await desk.sees("Not here.", thread_ts=root["ts"])


# ---- chats, welcome, home -----------------------------------------------------------------------------------


async def test_the_chat_button_opens_a_conversation_in_its_channel(desk: Desk) -> None:
    blocks = job_views.card(samples.succeeded(), samples.NOW).blocks
    await click(desk, Action.CHAT, await desk.say(blocks), "jonas")
    await desk.sees("opening a chat with *tone*", who="jonas")
    [(place, model)] = desk.chats.opened.values()
    assert (place.channel_id, model) == (desk.channels["ft-support"], "k3x9mp")


async def test_the_chat_button_in_the_home_opens_a_conversation_where_the_job_was(desk: Desk) -> None:
    place = replace(samples.CHANNEL, channel_id=desk.channels["ft-support"])
    desk.jobs.jobs["k3x9mp"] = samples.succeeded(place=place)
    desk.chats.tuned.append(desk.jobs.jobs["k3x9mp"])
    desk.models.homes["k3x9mp"] = place
    await desk.act("home", tab="home")

    async def home() -> dict[str, Any] | None:
        return cast("dict[str, Any] | None", (await desk.get("views", **{"as": desk.users["mina"]}))["home"])

    view = await until(home)
    row = next(
        block for block in view["blocks"] if block.get("accessory", {}).get("action_id") == Action.CHAT
    )
    await desk.act(
        "click", view_id=view["id"], action={"action_id": Action.CHAT, "block_id": row["block_id"]}
    )
    await desk.modal("opening a chat with *tone* in <#")
    assert [each.channel_id for each, _ in desk.chats.opened.values()] == [desk.channels["ft-support"]]


async def test_chat_and_cancel_without_a_name_say_what_there_is(desk: Desk) -> None:
    await desk.command("chat")
    await desk.sees("There are no tuned models yet")
    await desk.command("cancel")
    await desk.sees("Which job?")
    await desk.command("status")
    await desk.sees("There are no jobs in this channel yet")


async def test_the_chat_command_takes_a_models_name(desk: Desk) -> None:
    await desk.command("chat tone")
    await desk.sees("opening a chat with *tone*")
    assert [model for _, model in desk.chats.opened.values()] == ["tone"]


async def test_a_chat_where_the_bot_is_not_says_how_to_invite_it(desk: Desk) -> None:
    await desk.command("chat tone", channel="random")
    await desk.sees("not in this channel yet", channel="random")
    assert desk.chats.opened == {}


async def test_on_joining_a_channel_the_bot_asks_for_its_introduction(desk: Desk) -> None:
    await desk.act("invite", channel=desk.channels["random"], user=desk.bot_user)

    async def look() -> list[str] | None:
        return [place.channel_id for place in desk.outbox.welcomed] or None

    assert await until(look) == [desk.channels["random"]]


def test_the_introduction_has_three_lines() -> None:
    assert len(about.welcome().text.splitlines()) == 3


async def test_the_home_shows_ones_own_jobs_and_the_models(desk: Desk) -> None:
    desk.jobs.jobs["k3x9mp"] = samples.running(requested_by=desk.users["mina"])
    desk.chats.tuned.append(samples.succeeded())
    await desk.act("home", tab="home")

    async def look() -> dict[str, Any] | None:
        home = (await desk.get("views", **{"as": desk.users["mina"]}))["home"]
        return cast("dict[str, Any] | None", home)

    shown = str(await until(look))
    assert "training · 62%" in shown
    assert "ft:gpt-4.1-mini:acme:tone:abc" in shown


# ---- twice --------------------------------------------------------------------------------------------------


async def test_a_click_delivered_twice_is_done_once(desk: Desk) -> None:
    await click(desk, Action.APPROVE, await desk.say(job_card(desk)), "jonas")
    await until(lambda: _first(desk.jobs.decisions))
    calls = (await desk.get("calls", direction="slack_to_app"))["calls"]
    n = next(call["n"] for call in reversed(calls) if "block_actions" in str(call["request"]))
    await desk.control("redeliver", n=n)
    await desk.command("help")
    await desk.sees("I fine-tune models")
    assert len(desk.jobs.decisions) == 1


# ---- the wiring ---------------------------------------------------------------------------------------------


class RecordingApp:
    """Takes registrations as Bolt's app does and keeps what was bound to what."""

    def __init__(self) -> None:
        self.listeners: list[Callable[..., Any]] = []
        self.ids: Counter[str] = Counter()

    def middleware(self, listener: Callable[..., Any]) -> None:
        self.listeners.append(listener)

    def error(self, listener: Callable[..., Any]) -> None:
        self.listeners.append(listener)

    def _bind(self, name: str, matchers: object = None) -> Callable[[Callable[..., Any]], None]:
        """One with matchers takes its share of an id that another listener is bound to."""
        self.ids[name] += matchers is None
        return self.listeners.append

    action = view = shortcut = command = event = _bind


@pytest.fixture
def recorded() -> RecordingApp:
    app = RecordingApp()
    register(cast("AsyncApp", app), absent_services(), Log())
    return app


def test_every_listener_asks_for_what_bolt_can_give(recorded: RecordingApp) -> None:
    known = {*AsyncArgs.__annotations__, "error"}
    for listener in recorded.listeners:
        assert set(inspect.signature(listener).parameters) <= known, listener


def test_every_id_is_bound_once_and_none_is_forgotten(recorded: RecordingApp) -> None:
    assert set(recorded.ids.values()) == {1}
    assert {*Action, *Form, *Shortcut} <= set(recorded.ids)
