"""The sandbox's page for whoever uses a keyboard or a screen reader: reachable, named, seen; axe finds nothing."""

from importlib.resources import files
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.sandbox.test_page import (
    CHANNEL,
    MINA,
    World,
    browser,  # noqa: F401  a fixture
    pytestmark,  # noqa: F401  how these tests are marked
    text,
    world,  # noqa: F401  a fixture
    write,
)

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

BUTTONS: dict[str, Any] = {
    "type": "actions",
    "elements": [
        {
            "type": "button",
            "action_id": "approve",
            "style": "primary",
            "text": text("Approve"),
            "value": "1",
            "confirm": {
                "title": text("Sure?"),
                "text": text("It costs."),
                "confirm": text("Yes"),
                "deny": text("No"),
            },
        },
        {"type": "button", "action_id": "stop", "style": "danger", "text": text("Cancel job")},
        {"type": "overflow", "action_id": "more", "options": [{"text": text("Rename…"), "value": "a"}]},
    ],
}
CARD: list[dict[str, Any]] = [
    {
        "type": "section",
        "text": {
            "type": "mrkdwn",
            "text": "*tone* <!date^1795000000^{date_short}|then> `x` <https://x.test|there>",
        },
        "accessory": {"type": "button", "action_id": "details", "text": text("Details"), "value": "1"},
    },
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "grey"}]},
    BUTTONS,
]
ANSWER: dict[str, Any] = {
    "type": "markdown",
    "text": "# Answer\n\n|a|b|\n|-|-|\n|1|2|\n\n```\ncode\n```\n- one",
}


async def flaws(page: Page) -> list[str]:
    """What axe finds wrong on the page as it is."""
    await page.evaluate("() => Promise.all(document.getAnimations().map((a) => a.finished.catch(() => 0)))")
    found: dict[str, Any] = await page.evaluate(
        "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", STANDARDS
    )
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "light"), (1440, "dark")])
async def test_axe_finds_nothing_wrong_on_any_screen(
    world: World,  # noqa: F811
    width: int,
    scheme: str,
) -> None:
    await world.client.chat_postMessage(channel=CHANNEL, text="card", blocks=[*CARD, ANSWER])
    await world.client.views_publish(user_id=MINA, view={"type": "home", "blocks": CARD})
    page = await world.open(viewport={"width": width, "height": 844}, color_scheme=scheme)
    await page.evaluate(AXE)
    seen: dict[str, list[str]] = {}

    async def look(name: str) -> None:
        seen[name] = await flaws(page)

    async def look_at(name: str) -> None:
        """Something that a button opens and Escape closes."""
        await page.get_by_test_id(name).first.click()
        await look(name)
        await page.keyboard.press("Escape")

    await write(page, "is *anybody* `here`, @Jonas Weber?")
    await page.get_by_test_id("attach").first.click()
    await page.get_by_test_id("sample-support.jsonl").click()
    await page.get_by_test_id("send").click()
    await expect(page.locator(".replies")).to_have_count(2)
    await write(page, "/finetune secret")
    await expect(page.get_by_test_id("messages")).to_contain_text("Only visible to you")
    await look("channel")
    await page.get_by_test_id("messages").get_by_role("button", name="Approve").click()
    await look("question")
    await page.get_by_test_id("confirm-no").click()
    for name in ("clock", "faults", "members", "attach", "shortcuts"):
        await look_at(name)
    await page.get_by_test_id("messages").get_by_role("button", name="More actions").first.click()
    await look("menu")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("composer").press_sequentially("/fin")
    await expect(page.get_by_test_id("completion").first).to_be_visible()
    await look("completion")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("composer").fill("")

    if width < 720:
        await page.get_by_role("button", name="Show channels").first.click()
        await expect(page.get_by_test_id(f"channel-{CHANNEL}")).to_be_focused()
    await look("channels")
    await page.get_by_test_id("user-switcher").click()
    await look("people")
    await page.keyboard.press("Escape")
    if width < 720:
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Show channels").first).to_be_focused()

    await page.locator(".replies").first.click()
    await expect(page.get_by_test_id("thread")).to_contain_text("Heard")
    await look("thread")
    await page.get_by_test_id("thread-close").click()

    await write(page, "/finetune")
    modal = page.get_by_test_id("modal")
    await expect(modal).to_be_visible()
    await look("modal")
    await modal.locator("[data-action-id=model]").click()
    await look("select")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("modal-submit").click()
    await expect(page.get_by_test_id("error-suffix")).not_to_be_empty()
    await look("errors in the modal")
    await page.keyboard.press("Escape")

    await page.get_by_test_id("inspector-toggle").click()
    await page.get_by_test_id("inspector").get_by_role("option").last.click()
    await look("inspector")
    await page.keyboard.press("Escape")
    await page.evaluate("user => (location.hash = `#/home?as=${user}`)", MINA)
    await expect(page.get_by_test_id("home")).to_contain_text("tone")
    await look("home")
    assert [(name, flaw) for name, found in seen.items() for flaw in found] == []
    assert len(seen) == 17


async def test_faults_are_switched_on_and_off_by_keyboard_alone(world: World) -> None:  # noqa: F811
    page = await world.open()
    await page.get_by_test_id("faults").focus()
    await page.keyboard.press("Enter")
    menu = page.get_by_test_id("faults-menu")
    await expect(menu.get_by_role("button", name="Slack is rate limited, 3×")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(menu).to_contain_text("slack chat.*")
    await expect(menu.get_by_role("button", name="Slack is rate limited, 3×")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_test_id("faults-clear")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_test_id("fault-add")).to_be_focused()  # Tab goes round in it
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(menu).to_contain_text("Everything works as it should.")
    await page.keyboard.press("Escape")
    await expect(menu).to_have_count(0)
    await expect(page.get_by_test_id("faults")).to_be_focused()


async def test_the_clock_is_set_by_keyboard_alone(world: World) -> None:  # noqa: F811
    page = await world.open()
    await page.get_by_test_id("clock").focus()
    await page.keyboard.press("Enter")
    for _ in range(2):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("clock")).to_contain_text("×60")
    await expect(page.get_by_test_id("speed-60")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("clock")).to_be_focused()


async def test_the_inspector_is_read_and_closed_by_keyboard_alone(world: World) -> None:  # noqa: F811
    page = await world.open()
    await write(page, "hello")
    await expect(page.locator(".replies")).to_be_visible()
    await page.get_by_test_id("inspector-toggle").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("inspector-filter")).to_be_focused()
    await page.keyboard.type("chat.post")
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("() => document.activeElement.getAttribute('role') === 'listbox'"):
            break
    await page.keyboard.press("ArrowUp")
    detail = page.get_by_test_id("inspector-detail")
    await expect(detail).to_contain_text("chat.postMessage")
    await expect(page.get_by_role("option", selected=True)).to_contain_text("chat.postMessage")
    await page.keyboard.press("Tab")
    await expect(detail).to_be_focused()
    await page.get_by_test_id("inspector-filter").focus()
    await page.keyboard.press("Escape")  # empties the search
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("inspector")).to_be_hidden()
    await expect(page.get_by_test_id("inspector-toggle")).to_be_focused()
