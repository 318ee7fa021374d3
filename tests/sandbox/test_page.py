"""The sandbox's page in a real Chromium: what a person clicks and sees, over a real sandbox and a small Bolt app."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MINA, JONAS, KENJI = "U0MINAPARK", "U0JONASWBR", "U0KENJIARA"
CHANNEL, GENERAL = "C0FTSUPPRT", "C0GENERAL0"
PATIENCE = 60_000  # milliseconds; only a test that fails waits that long
expect.set_options(timeout=PATIENCE)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]


def text(words: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": words}


def field(block_id: str, label: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block_id,
        "label": text(label),
        "element": {"action_id": block_id, **element},
        **more,
    }


def form(*, extra: bool = False) -> dict[str, Any]:
    """A form whose model choice asks the app to change it, as the real one does."""
    options = [{"text": text(m), "value": m} for m in ("mini", "nano")]
    blocks = [
        field("model", "Model", {"type": "static_select", "options": options}, dispatch_action=True),
        field("suffix", "Suffix", {"type": "plain_text_input", "max_length": 40}),
        field(
            "epochs",
            "Epochs",
            {"type": "number_input", "is_decimal_allowed": False, "max_value": "10"},
            optional=True,
        ),
    ]
    if extra:
        blocks.insert(
            1, {"type": "section", "block_id": "price", "text": text("About $0.13 for three epochs")}
        )
    return {
        "type": "modal",
        "callback_id": "form",
        "title": text("Start fine-tuning"),
        "submit": text("Ask"),
        "blocks": blocks,
    }


class World:
    """A sandbox, the app connected to it, and pages opened on it."""

    def __init__(self, sandbox: Sandbox, app: AsyncApp, browser: Browser) -> None:
        self.sandbox = sandbox
        self.app = app
        self.client: AsyncWebClient = app.client
        self.submitted: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self._browser = browser
        self._pages: list[Page] = []

    async def open(self, as_user: str = MINA, where: str = CHANNEL, **options: Any) -> Page:
        """A page that shows a place as somebody; what goes wrong in it fails the test at its end."""
        size = {"viewport": {"width": 1280, "height": 800}}
        context = await self._browser.new_context(**(size | options))
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        await page.goto(f"{self.sandbox.url}/#/{where}?as={as_user}")
        await expect(page.get_by_test_id("user-switcher")).to_contain_text("You are")
        self._pages.append(page)
        return page

    async def close(self) -> None:
        for page in self._pages:
            await page.context.close()


def listen(app: AsyncApp, world: World) -> None:
    """What the small app does with what people do."""

    async def command(ack: Any, client: AsyncWebClient, body: dict[str, Any]) -> None:
        await ack()
        if body["text"] == "secret":
            await client.chat_postEphemeral(
                channel=body["channel_id"], user=body["user_id"], text="Just between us"
            )
            return
        await client.views_open(trigger_id=body["trigger_id"], view=form())

    async def model(ack: Any, client: AsyncWebClient, body: dict[str, Any]) -> None:
        await ack()
        await client.views_update(
            view_id=body["view"]["id"], hash=body["view"]["hash"], view=form(extra=True)
        )

    async def submission(ack: Any, view: dict[str, Any]) -> None:
        values = view["state"]["values"]
        if values["suffix"]["suffix"]["value"] == "taken":
            await ack(response_action="errors", errors={"suffix": "This suffix is taken."})
            return
        world.submitted.append(values)
        await ack()

    async def pressed(ack: Any, client: AsyncWebClient, body: dict[str, Any]) -> None:
        await ack()
        await client.chat_update(
            channel=body["channel"]["id"],
            ts=body["message"]["ts"],
            text="done",
            blocks=[{"type": "section", "text": text(f"Approved by {body['user']['username']}")}],
        )

    async def said(event: dict[str, Any], client: AsyncWebClient) -> None:
        if event.get("bot_id"):
            return
        await client.chat_postMessage(
            channel=event["channel"], thread_ts=event["ts"], text=f"*Heard* {event.get('text', '')}"
        )

    async def shortcut(ack: Any, client: AsyncWebClient, body: dict[str, Any]) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=form())

    app.command("/finetune")(command)
    app.action("model")(model)
    app.view("form")(submission)
    app.action("approve")(pressed)
    app.event("message")(said)
    app.shortcut("finetune_start")(shortcut)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def world(browser: Browser) -> AsyncIterator[World]:
    sandbox = Sandbox(rate_limits=False)
    await sandbox.start()
    web = AsyncWebClient(token="xoxb-sandbox-0001", base_url=sandbox.slack_api_url)
    app = AsyncApp(client=web, raise_error_for_unhandled_request=False)
    made = World(sandbox, app, browser)
    listen(app, made)
    socket = AsyncSocketModeHandler(
        app, "xapp-sandbox-0001", web_client=AsyncWebClient(base_url=sandbox.slack_api_url)
    )
    await socket.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
    yield made
    await made.close()
    await socket.close_async()  # type: ignore[no-untyped-call]
    await sandbox.close()
    assert made.faults == []


async def write(page: Page, words: str, composer: str = "composer") -> None:
    await page.get_by_test_id(composer).fill(words)
    await page.get_by_test_id(composer).press("Enter")


async def test_what_one_writes_appears_and_the_app_answers_in_its_thread(world: World) -> None:
    page = await world.open()
    await write(page, "is *anybody* here, @Jonas Weber?")
    sent = page.get_by_test_id("messages").locator("article").last
    await expect(sent.locator(".message-text strong")).to_have_text("anybody")
    await expect(sent.locator("[data-user=U0JONASWBR]")).to_have_text("@Jonas Weber")
    await sent.locator(".replies").click()
    thread = page.get_by_test_id("thread")
    await expect(thread.locator("article").last).to_contain_text("Heard is")
    await expect(page.get_by_test_id("thread-composer")).to_be_focused()
    await write(page, "and again", "thread-composer")
    await expect(thread.locator("article").nth(2)).to_contain_text("and again")
    await expect(page.get_by_test_id("messages").locator("article")).to_have_count(1)


async def test_text_of_messages_never_becomes_markup_or_a_script_link(world: World) -> None:
    hostile = (
        '<img src=x onerror="document.title=1"> [x](javascript:alert(1)) <script>document.title=2</script>'
    )
    await world.client.chat_postMessage(
        channel=CHANNEL,
        text="hostile",
        blocks=[
            {"type": "markdown", "text": hostile},
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": f"{hostile} <javascript:alert(1)|press>"},
            },
            {"type": "header", "text": text("<b>head</b> &lt;i&gt;")},
        ],
    )
    page = await world.open()
    message = page.get_by_test_id("messages").locator("article").last
    await expect(message.locator("h3")).to_have_text("<b>head</b> <i>")
    await expect(message).to_contain_text("onerror")
    await expect(message.locator(".block-section")).to_contain_text("<javascript:alert(1)|press>")
    assert await message.locator("img, script, b, [href^='javascript']").count() == 0
    assert "ft-support" in await page.title()


async def test_a_command_opens_a_form_that_keeps_what_was_typed_when_the_app_changes_it(world: World) -> None:
    page = await world.open()
    await page.get_by_test_id("composer").press_sequentially("/fin")
    await expect(page.get_by_test_id("complete-/finetune")).to_contain_text("datasets")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    modal = page.get_by_test_id("modal")
    suffix = modal.locator("[data-action-id=suffix]")
    await suffix.fill("support-tone")
    await modal.locator("[data-action-id=model]").click()
    await page.get_by_role("option", name="nano").click()
    await expect(modal).to_contain_text("About $0.13")
    await expect(suffix).to_have_value("support-tone")
    await expect(modal.locator("[data-action-id=model]")).to_have_text("nano")
    await modal.get_by_test_id("modal-submit").click()
    await expect(modal).to_have_count(0)
    values = world.submitted[0]
    assert values["suffix"]["suffix"]["value"] == "support-tone"
    assert values["model"]["model"]["selected_option"]["value"] == "nano"


async def test_errors_stand_at_the_field_they_are_about(world: World) -> None:
    page = await world.open()
    await page.get_by_test_id("shortcuts").click()
    await page.get_by_test_id("shortcut-finetune_start").click()
    modal = page.get_by_test_id("modal")
    await modal.locator("[data-action-id=epochs]").fill("eleven")
    await modal.get_by_test_id("modal-submit").click()
    await expect(modal.get_by_test_id("error-suffix")).to_have_text("Please complete this required field.")
    await expect(modal.get_by_test_id("error-epochs")).to_have_text("Must be a number.")
    await modal.locator("[data-action-id=epochs]").fill("3")
    await expect(modal.get_by_test_id("error-epochs")).to_be_empty()
    await modal.locator("[data-action-id=model]").click()
    await page.get_by_role("option", name="mini").click()
    await modal.locator("[data-action-id=suffix]").fill("taken")
    await modal.get_by_test_id("modal-submit").click()
    await expect(modal.get_by_test_id("error-suffix")).to_have_text("This suffix is taken.")
    await page.keyboard.press("Escape")
    await expect(modal).to_have_count(0)


async def test_a_button_with_a_confirm_dialog_acts_only_when_confirmed(world: World) -> None:
    confirm = {"title": text("Approve?"), "text": text("It costs $0.44."), "confirm": text("Approve")}
    button = {
        "type": "button",
        "action_id": "approve",
        "text": text("Approve"),
        "style": "primary",
        "confirm": confirm | {"deny": text("No")},
    }
    posted = await world.client.chat_postMessage(
        channel=CHANNEL, text="asks", blocks=[{"type": "actions", "elements": [button]}]
    )
    page = await world.open(JONAS)
    message = page.get_by_test_id(f"message-{posted['ts']}")
    await message.locator("[data-action-id=approve]").click()
    await expect(page.get_by_test_id("confirm")).to_contain_text("It costs $0.44.")
    await page.get_by_test_id("confirm-no").click()
    await expect(page.get_by_test_id("confirm")).to_have_count(0)
    await message.locator("[data-action-id=approve]").click()
    await page.get_by_test_id("confirm-yes").click()
    await expect(message).to_contain_text("Approved by jonas")


async def test_an_ephemeral_message_is_marked_and_seen_by_one_person_only(world: World) -> None:
    mina, jonas = await world.open(MINA), await world.open(JONAS)
    await write(mina, "/finetune secret")
    await expect(mina.get_by_test_id("messages")).to_contain_text("Only visible to you")
    await write(jonas, "hello")
    await expect(jonas.get_by_test_id("messages")).to_contain_text("hello")
    await expect(jonas.get_by_test_id("messages")).not_to_contain_text("Just between us")


async def test_switching_the_person_changes_what_is_seen(world: World) -> None:
    page = await world.open()
    await expect(page.get_by_test_id(f"channel-{GENERAL}")).to_be_visible()
    await page.get_by_test_id("user-switcher").click()
    await page.get_by_test_id(f"user-{KENJI}").click()
    await expect(page.get_by_test_id("user-switcher")).to_contain_text("Guest from another organisation")
    await expect(page.get_by_test_id(f"channel-{GENERAL}")).to_have_count(0)
    await expect(page).to_have_url(re.compile(f"as={KENJI}$"))


@pytest.mark.parametrize("how", ["chosen", "dropped"])
async def test_a_file_is_shared_with_name_size_and_first_lines(world: World, how: str) -> None:
    page = await world.open()
    content = '{"messages": []}\n' * 3
    if how == "chosen":
        await page.get_by_test_id("upload-input").set_input_files(
            {"name": "mine.jsonl", "mimeType": "application/jsonl", "buffer": content.encode()}
        )
    else:
        await page.evaluate(
            """content => {
              const data = new DataTransfer();
              data.items.add(new File([content], "mine.jsonl"));
              for (const name of ["dragenter", "dragover"])
                document.querySelector(".list").dispatchEvent(new DragEvent(name, {dataTransfer: data, bubbles: true}));
              window.carried = data;
            }""",
            content,
        )
        await expect(page.get_by_test_id("drop")).to_contain_text("Upload to #ft-support")
        await page.evaluate("() => dispatchEvent(new DragEvent('drop', {dataTransfer: window.carried}))")
        await expect(page.get_by_test_id("drop")).to_be_hidden()
    await expect(page.get_by_test_id("composer-file")).to_contain_text("mine.jsonl")
    await page.get_by_test_id("composer").fill("for the new tone")
    await page.get_by_test_id("send").click()
    message = page.get_by_test_id("messages").locator("article").filter(has_text="mine.jsonl")
    await expect(message).to_contain_text("for the new tone")
    await expect(message).to_contain_text("51 B")
    await expect(message.locator(".file-preview")).to_contain_text('{"messages": []}')
    await expect(page.get_by_test_id("composer-file")).to_have_count(0)


async def test_a_stream_grows_under_a_caret_and_ends_without_it(world: World) -> None:
    page = await world.open()
    await write(page, "stream please")
    parent = page.get_by_test_id("messages").locator("article").last
    await parent.locator(".replies").click()
    ts = await parent.get_attribute("data-ts") or ""
    stream = await world.client.chat_startStream(
        channel=CHANNEL,
        thread_ts=ts,
        recipient_team_id="T0LUMENLAB",
        recipient_user_id=MINA,
        markdown_text="I am **so",
    )
    message = page.get_by_test_id("thread").get_by_test_id(f"message-{stream['ts']}")
    await expect(message).to_have_class(re.compile("streaming"))
    await world.client.chat_appendStream(channel=CHANNEL, ts=stream["ts"], markdown_text=" sorry** about it.")
    await expect(message.locator("strong")).to_have_text("so sorry")
    await world.client.chat_stopStream(channel=CHANNEL, ts=stream["ts"])
    await expect(message).not_to_have_class(re.compile("streaming"))


async def test_a_draft_waits_in_its_channel_and_unread_channels_are_marked(world: World) -> None:
    page = await world.open()
    await page.get_by_test_id("composer").fill("half a sentence")
    await page.get_by_test_id(f"channel-{GENERAL}").click()
    await expect(page.get_by_test_id("composer")).to_have_value("")
    await world.client.chat_postMessage(channel=CHANNEL, text="news")
    await expect(page.get_by_test_id(f"channel-{CHANNEL}")).to_have_class(re.compile("unread"))
    await page.get_by_test_id(f"channel-{CHANNEL}").click()
    await expect(page.get_by_test_id("composer")).to_have_value("half a sentence")
    await expect(page.get_by_test_id(f"channel-{CHANNEL}")).not_to_have_class(re.compile("unread"))


async def test_an_edit_redraws_its_message_only(world: World) -> None:
    first = await world.client.chat_postMessage(channel=CHANNEL, text="one")
    second = await world.client.chat_postMessage(channel=CHANNEL, text="two")
    page = await world.open()
    other = page.get_by_test_id(f"message-{first['ts']}").locator(".message-main")
    await other.evaluate("node => { node.dataset.touched = 'yes'; }")
    await world.client.chat_update(channel=CHANNEL, ts=str(second["ts"]), text="two, corrected")
    await expect(page.get_by_test_id(f"message-{second['ts']}")).to_contain_text("two, corrected (edited)")
    await expect(other).to_have_attribute("data-touched", "yes")


async def test_a_link_opens_the_thread_it_names(world: World) -> None:
    parent = await world.client.chat_postMessage(channel=CHANNEL, text="parent")
    await world.client.chat_postMessage(channel=CHANNEL, thread_ts=str(parent["ts"]), text="the reply")
    page = await world.open(JONAS, f"{CHANNEL}/thread/{parent['ts']}")
    await expect(page.get_by_test_id("thread")).to_contain_text("the reply")
    await page.get_by_test_id("thread-close").click()
    await expect(page.get_by_test_id("thread")).to_be_hidden()


async def test_the_app_home_is_drawn_and_its_absence_said(world: World) -> None:
    page = await world.open(MINA, "home")
    await expect(page.get_by_test_id("home")).to_contain_text("has not published its Home")
    await world.client.views_publish(
        user_id=MINA, view={"type": "home", "blocks": [{"type": "header", "text": text("Your jobs")}]}
    )
    await expect(page.get_by_test_id("home").locator("h3")).to_have_text("Your jobs")


async def test_an_open_form_and_its_words_survive_a_reload(world: World) -> None:
    page = await world.open()
    await write(page, "/finetune start")
    modal = page.get_by_test_id("modal")
    await modal.locator("[data-action-id=suffix]").fill("kept")
    await modal.locator("[data-action-id=model]").click()
    await page.get_by_role("option", name="mini").click()
    await expect(modal).to_contain_text("About $0.13")
    await page.reload()
    await expect(modal.locator("[data-action-id=suffix]")).to_have_value("kept")
    await expect(modal.locator("[data-action-id=model]")).to_have_text("mini")
    await page.keyboard.press("Escape")
    await expect(modal).to_have_count(0)


async def test_what_fails_is_told_where_the_person_is(world: World) -> None:
    button = {"type": "button", "action_id": "deaf", "text": text("Deaf")}
    posted = await world.client.chat_postMessage(
        channel=CHANNEL, text="deaf", blocks=[{"type": "actions", "elements": [button]}]
    )
    page = await world.open()
    deaf = page.get_by_test_id(f"message-{posted['ts']}").locator("[data-action-id=deaf]")
    await deaf.click()
    await expect(deaf).to_have_class(re.compile("failed"))
    await expect(page.get_by_test_id("messages")).to_contain_text("did not respond")
    await write(page, "/nonsense")
    await expect(page.locator(".composer-hint").first).to_contain_text("/nonsense is not a command here")
    await expect(page.get_by_test_id("composer")).to_have_value("/nonsense")


async def test_the_inspector_lists_calls_and_opens_what_was_sent(world: World) -> None:
    page = await world.open()
    await page.get_by_test_id("inspector-toggle").click()
    await world.client.chat_postMessage(channel=CHANNEL, text="look at me")
    await page.get_by_test_id("inspector-filter").fill("look at me")
    call = page.get_by_test_id("inspector").get_by_role("option").filter(has_text="chat.postMessage")
    await call.click()
    await expect(page.get_by_test_id("inspector-detail")).to_contain_text('"look at me"')
    await page.get_by_test_id("inspector-filter").fill("no such words")
    await expect(page.get_by_test_id("inspector").get_by_role("option")).to_have_count(0)


async def test_blocks_are_drawn_as_what_they_are(world: World) -> None:
    cell = {"type": "raw_text", "text": "Model"}
    item = {"type": "rich_text_section", "elements": [{"type": "text", "text": "item"}]}
    feedback = {
        "type": "feedback_buttons",
        "action_id": "fb",
        "positive_button": {"text": text("Good"), "value": "up"},
        "negative_button": {"text": text("Bad"), "value": "down"},
    }
    date = "<!date^1767225600^{date_num}|then>"
    drawn: list[tuple[dict[str, Any], str]] = [
        ({"type": "header", "text": text("Head")}, "h3:text('Head')"),
        ({"type": "section", "fields": [{"type": "mrkdwn", "text": "*a*\n`b`"}, text("c")]}, ".fields code"),
        ({"type": "context", "elements": [{"type": "mrkdwn", "text": "_small_ :tada:"}]}, "em:text('small')"),
        ({"type": "divider"}, ".block-divider hr"),
        ({"type": "markdown", "text": "| a | b |\n|---|--:|\n| 1 | 2 |"}, ".markdown td:text('2')"),
        ({"type": "table", "rows": [[cell], [{**cell, "text": "mini"}]]}, ".block-table td:text('mini')"),
        (
            {
                "type": "rich_text",
                "elements": [{"type": "rich_text_list", "style": "bullet", "elements": [item]}],
            },
            "li:text('item')",
        ),
        ({"type": "context_actions", "elements": [feedback]}, "[data-testid=feedback-positive]"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": date}}, ".prose time"),
    ]
    posted = await world.client.chat_postMessage(channel=CHANNEL, text="all", blocks=[b for b, _ in drawn])
    page = await world.open()
    message = page.get_by_test_id(f"message-{posted['ts']}")
    for _, selector in drawn:
        await expect(message.locator(selector)).to_be_visible()
    await expect(message.locator(".prose time")).to_have_text(re.compile(r"^20(25-12-31|26-01-01)$"))
    assert await message.get_by_test_id("unknown-block").count() == 0


async def test_every_input_is_filled_by_hand_and_reaches_the_app(world: World) -> None:
    options = [{"text": text(o), "value": o, "description": text(f"about {o}")} for o in ("one", "two")]
    groups = [{"label": text("Group"), "options": options}]
    kinds: dict[str, dict[str, Any]] = {
        "grouped": {"type": "static_select", "option_groups": groups},
        "several": {"type": "multi_static_select", "options": options},
        "person": {"type": "users_select"},
        "channel": {"type": "conversations_select"},
        "here": {"type": "conversations_select", "default_to_current_conversation": True},
        "radio": {"type": "radio_buttons", "options": options},
        "boxes": {"type": "checkboxes", "options": options},
        "day": {"type": "datepicker"},
        "time": {"type": "timepicker"},
        "moment": {"type": "datetimepicker"},
        "mail": {"type": "email_text_input"},
        "number": {"type": "number_input", "is_decimal_allowed": True},
        "long": {"type": "plain_text_input", "multiline": True},
        "file": {"type": "file_input"},
    }
    view = form() | {"blocks": [field(name, name.title(), kind) for name, kind in kinds.items()]}

    async def opened(ack: Any, client: AsyncWebClient, body: dict[str, Any]) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view | {"callback_id": "every"})

    async def sent(ack: Any, view: dict[str, Any]) -> None:
        world.submitted.append(view["state"]["values"])
        await ack()

    world.app.shortcut("finetune_start_from_message")(opened)
    world.app.view("every")(sent)
    posted = await world.client.chat_postMessage(channel=CHANNEL, text="open me")
    page = await world.open()
    await page.get_by_test_id(f"message-{posted['ts']}").hover()
    await page.get_by_test_id(f"more-{posted['ts']}").click()
    await page.get_by_test_id("shortcut-finetune_start_from_message").click()
    modal = page.get_by_test_id("modal")

    async def choose(name: str, *wanted: str) -> None:
        await modal.locator(f"[data-action-id={name}]").click()
        for option in wanted:
            await page.get_by_role("option", name=option).click()

    await choose("grouped", "one")
    await choose("several", "one", "two")
    await page.keyboard.press("Escape")
    await choose("person", "Jonas Weber")
    await choose("channel", "#general")
    await modal.get_by_role("radio", name="two").check()
    await modal.get_by_role("checkbox", name="one").check()
    await modal.locator("[data-action-id=day]").fill("2026-12-24")
    await modal.locator("[data-action-id=time]").fill("18:30")
    await modal.locator("[data-action-id=moment]").fill("2026-12-24T18:30")
    await modal.locator("[data-action-id=mail]").fill("mina@example.com")
    await modal.locator("[data-action-id=number]").fill("2.5")
    await modal.locator("[data-action-id=long]").fill("first\nsecond")
    await modal.locator("[data-action-id=file]").set_input_files(
        {"name": "a.jsonl", "mimeType": "text/plain", "buffer": b"{}"}
    )
    await expect(modal.locator(".file-list")).to_contain_text("a.jsonl")
    await modal.get_by_test_id("modal-submit").click()
    await expect(modal).to_have_count(0)
    values = {name: value[name] for name, value in world.submitted[0].items()}
    assert values["grouped"]["selected_option"]["value"] == "one"
    assert [o["value"] for o in values["several"]["selected_options"]] == ["one", "two"]
    assert (values["person"]["selected_user"], values["channel"]["selected_conversation"]) == (JONAS, GENERAL)
    assert values["here"]["selected_conversation"] == CHANNEL
    assert values["radio"]["selected_option"]["value"] == "two"
    assert [o["value"] for o in values["boxes"]["selected_options"]] == ["one"]
    assert (values["day"]["selected_date"], values["time"]["selected_time"]) == ("2026-12-24", "18:30")
    assert isinstance(values["moment"]["selected_date_time"], int)
    assert (values["mail"]["value"], values["number"]["value"]) == ("mina@example.com", "2.5")
    assert values["long"]["value"] == "first\nsecond"
    assert values["file"]["files"][0]["name"] == "a.jsonl"


async def test_a_block_nobody_knows_is_shown_as_json(world: World) -> None:
    page = await world.open()
    await page.route("**/control/messages?**", _with_unknown_block)
    await page.reload()
    box = page.get_by_test_id("unknown-block")
    await box.locator("summary").click()
    await expect(box).to_contain_text('"hologram"')


async def _with_unknown_block(route: Any) -> None:
    blocks = [{"type": "hologram", "block_id": "h"}]
    message = {"type": "message", "bot_id": "B1", "ts": "1790000000.000100", "text": "x", "blocks": blocks}
    await route.fulfill(json={"messages": [message]})


async def test_a_page_reconnects_and_catches_up_when_its_socket_breaks(world: World) -> None:
    page = await world.open()
    await expect(page.get_by_test_id("app-state")).to_contain_text("is connected")
    await page.context.set_offline(True)
    await world.sandbox._live.close()
    await expect(page.get_by_test_id("app-state")).to_contain_text("out of reach")
    await world.client.chat_postMessage(channel=CHANNEL, text="meanwhile")
    await page.context.set_offline(False)
    await expect(page.get_by_test_id("messages")).to_contain_text("meanwhile")


async def test_a_skipped_day_is_seen_on_every_page_in_its_head_its_day_lines_and_its_words(
    world: World,
) -> None:
    page, other = await world.open(), await world.open(JONAS, viewport={"width": 390, "height": 844})
    now = int(world.sandbox.clock.now())
    said = f"due <!date^{now}^{{date_short_pretty}} {{time}}|once>"
    await world.client.chat_postMessage(channel=CHANNEL, text=said)
    for shown in (page, other):
        await expect(shown.get_by_test_id("messages")).to_contain_text("due Today")
    before = await other.get_by_test_id("clock").inner_text()
    await page.get_by_test_id("clock").click()
    await page.get_by_test_id("skip-86400").click()
    for shown in (page, other):
        await expect(shown.get_by_test_id("messages")).to_contain_text("due Yesterday")
        await expect(shown.locator(".day").first).to_have_text("Yesterday")
        day = datetime.fromtimestamp(now + 86_400).strftime("%b %-d")  # noqa: DTZ006  the page's own zone
        await expect(shown.get_by_test_id("clock")).to_contain_text(day, use_inner_text=True)
    assert day not in before


async def test_what_slackbot_says_stands_where_and_when_it_was_said(world: World) -> None:
    """A later message comes below it; what was typed in a thread is answered in that thread and nowhere else."""
    page = await world.open(where="C0RANDOM00")
    channel, thread = page.get_by_test_id("messages"), page.get_by_test_id("thread-messages")
    await write(page, "<@U0FINETUNE> help")
    await expect(channel.locator("article").last).to_contain_text("did not hear you")
    await write(page, "hello")
    await expect(channel.locator("article").last).to_contain_text("hello")
    await expect(channel.locator("article").nth(1)).to_contain_text("did not hear you")

    page = await world.open()
    channel, thread = page.get_by_test_id("messages"), page.get_by_test_id("thread-messages")
    await write(page, "hello")
    await channel.locator("article").last.locator(".replies").click()
    await expect(thread).to_contain_text("Heard hello")
    await write(page, "/finetune help", "thread-composer")
    await expect(thread.locator("article").last).to_contain_text("/finetune is not supported in threads")
    await write(page, "and then?", "thread-composer")
    await expect(thread.locator("article").nth(4)).to_contain_text("Heard and then?")
    await expect(thread.locator("article").nth(2)).to_contain_text("not supported in threads")
    await expect(channel.locator("article")).to_have_count(1)
    await expect(thread.locator(".thread-line")).to_have_text("3 replies")
    await expect(page.get_by_test_id("toast")).to_have_count(0)
    await thread.locator("article").nth(2).hover()
    await thread.locator("article").nth(2).get_by_role("button", name="Dismiss").click()
    await expect(thread).not_to_contain_text("not supported in threads")


async def test_a_yes_to_a_question_whose_button_has_gone_is_told_to_be_too_late(world: World) -> None:
    sure = {"title": text("Cancel?"), "text": text("It ends."), "confirm": text("Yes"), "deny": text("No")}
    button = {"type": "button", "action_id": "stop", "text": text("Cancel job"), "confirm": sure}
    row = {"type": "actions", "block_id": "buttons", "elements": [button]}
    posted = await world.client.chat_postMessage(channel=CHANNEL, text="runs", blocks=[row])
    page = await world.open()
    await page.get_by_test_id("messages").get_by_role("button", name="Cancel job").click()
    await expect(page.get_by_test_id("confirm")).to_be_visible()
    over = [{"type": "section", "text": text("It has ended")}]
    await world.client.chat_update(channel=CHANNEL, ts=posted["ts"], text="ended", blocks=over)
    await expect(page.get_by_test_id("messages")).to_contain_text("It has ended")
    await page.get_by_test_id("confirm-yes").click()
    await expect(page.get_by_test_id("toast")).to_contain_text("the button is gone. Nothing was done.")
