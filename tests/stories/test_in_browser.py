"""The five steps and the tools by hand: `finetune-bot demo` in a real Chromium, clicked through as a person does.

With PICTURES set to a folder it also keeps a picture of each step there: that is what `make pictures` does.
"""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.stories.driver import sample

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SAMPLES = Path(__file__).parents[2] / "bot" / "sandbox" / "samples"
PICTURES = os.environ.get("PICTURES")
# Slow enough for the running job to be seen, on a busy machine too, and for its picture.
SPEED = "4" if PICTURES else "20"
PATIENCE = 60_000  # milliseconds; only a test that fails waits that long
expect.set_options(timeout=PATIENCE)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]


@asynccontextmanager
async def running_demo(speed: str = SPEED) -> AsyncIterator[str]:
    """The address of a running demo; it must end well on Ctrl-C."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--port", "0", "--no-browser", "--speed", speed),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    said = b""
    while not (found := re.search(rb"http://127\.0\.0\.1:\d+", said)):
        line = await process.stderr.readline()
        assert line, said.decode()
        said += line
    yield found[0].decode()
    process.send_signal(signal.SIGINT)
    assert await process.wait() == 0, (said + await process.stderr.read()).decode()


@pytest.fixture
async def demo() -> AsyncIterator[str]:
    """A demo as fast as the tests of the steps want it."""
    async with running_demo() as url:
        yield url


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, headless."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        await chromium.close()


class Hand:
    """One person's page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def picture(self, name: str) -> None:
        """Keep a picture of the page as it is."""
        if PICTURES:
            for toast in await self.page.get_by_test_id("toast").all():
                await toast.get_by_role("button").last.click()
            await self.page.mouse.move(5, 5)
            await self.page.wait_for_timeout(400)  # until what was opened has faded in
            await self.page.screenshot(path=Path(PICTURES) / f"{name}.png")

    async def press(self, name: str, within: str = "messages") -> None:
        """Press the newest button of this name."""
        await self.page.get_by_test_id(within).get_by_role("button", name=name, exact=True).last.click()

    async def becomes(self, user_id: str) -> None:
        """Act as somebody else."""
        await self.page.get_by_test_id("user-switcher").click()
        await self.page.get_by_test_id(f"user-{user_id}").click()
        await expect(self.page.get_by_test_id("toast").first).to_be_visible()

    async def drops(self, name: str) -> None:
        """Share one of the samples and open its thread."""
        threads = self.page.locator("[data-testid^=replies-]")
        before = await threads.count()
        await self.page.get_by_test_id("upload-input").first.set_input_files(SAMPLES / name)
        await self.page.get_by_test_id("send").click()
        await expect(threads).to_have_count(before + 1)
        await threads.last.click()

    async def replies_to(self, words: str) -> None:
        """Open the thread of the newest message with these words."""
        message = self.page.get_by_test_id("messages").locator("article").filter(has_text=words).last
        await message.hover()
        await message.locator("[data-testid^=reply-]").click()

    async def shows(
        self, words: str | re.Pattern[str], within: str = "messages", seconds: float = 60
    ) -> None:
        """Wait for words to be on the page."""
        place = self.page.get_by_test_id(within).get_by_text(words).last
        await expect(place).to_be_visible(timeout=seconds * 1000)


async def test_the_five_steps_by_hand(demo: str, browser: Browser, tmp_path: Path) -> None:
    """Drop, read, ask, let somebody else approve, watch, hear of the end, talk, compare and vote."""
    dataset = tmp_path / "support.jsonl"
    dataset.write_bytes(sample("support.jsonl"))
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    hand = Hand(page)
    await page.goto(f"{demo}/#/C0FTSUPPRT?as=U0MINAPARK")

    await page.get_by_test_id("upload-input").first.set_input_files(dataset)
    await page.get_by_test_id("send").click()
    await page.locator("[data-testid^=replies-]").last.click()
    await hand.shows("48 examples", "thread")
    await hand.picture("1-dataset")

    await hand.press("Start fine-tuning", "thread")
    form = page.get_by_test_id("modal")
    await form.locator("[data-action-id=suffix]").fill("support tone")
    await page.get_by_test_id("modal-submit").click()
    await expect(page.get_by_test_id("error-suffix")).to_contain_text("no spaces")
    await form.locator("[data-action-id=suffix]").fill("support-tone")
    await form.locator("[data-action-id=start_epochs]").fill("4")
    await form.locator("[data-action-id=start_epochs]").press("Enter")
    await expect(form.get_by_text(re.compile("× 4 epochs"))).to_be_visible()
    await hand.picture("2-form")
    await page.get_by_test_id("modal-submit").click()
    await hand.shows("waits for approval")

    await hand.press("Approve")
    await page.get_by_test_id("confirm-yes").click()
    await hand.shows("Only approvers can decide")
    await hand.becomes("U0JONASWBR")
    await expect(page.get_by_text("Only approvers can decide")).to_have_count(0)
    await hand.picture("3-request")
    await hand.press("Approve")
    await page.get_by_test_id("confirm-yes").click()
    await hand.shows("training ·")
    curve = page.get_by_test_id("messages").get_by_alt_text("training loss")
    if PICTURES:  # its first curve comes after some steps
        await expect(curve).to_be_visible()
    await hand.picture("4-running")
    await hand.shows("is ready", seconds=120)
    await expect(curve.last).to_have_attribute("alt", re.compile("over 192 steps"))
    await hand.picture("5-end")

    await hand.press("Chat")
    await hand.shows("Chat with")
    await hand.replies_to("Write in this thread")
    composer = page.get_by_test_id("thread-composer")
    await composer.fill("My lamp flickers since yesterday.")
    await page.get_by_test_id("thread-send").click()
    await hand.shows("— Lumi", "thread")
    await composer.fill("And can I return it after 20 days?")
    await page.get_by_test_id("thread-send").click()
    await hand.shows("30 days", "thread")
    await hand.picture("6-chat")

    await hand.press("Compare with base")
    await hand.shows("No votes yet")
    await hand.replies_to("No votes yet")
    await composer.fill("My lamp flickers since yesterday.")
    await page.get_by_test_id("thread-send").click()
    await hand.press("A is better", "thread")
    await hand.shows("A is better: ", "thread")
    await hand.shows("support-tone 1")
    await hand.picture("12-compare")
    await page.get_by_test_id("app-home").click()
    await hand.shows("support-tone", "home")
    await hand.picture("7-home")
    assert faults == []


async def test_the_tools_by_hand(demo: str, browser: Browser) -> None:
    """A broken file is mended, a table converted: pressed, looked at, and checked again."""
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    hand = Hand(page)
    await page.goto(f"{demo}/#/C0FTSUPPRT?as=U0MINAPARK")

    await hand.drops("support-broken.jsonl")
    await hand.shows("7 problems to mend", "thread")
    await hand.picture("8-broken")
    await hand.press("Mend…", "thread")
    await hand.press("Mend the file", "modal")
    await hand.shows("(version 2) is ready", "thread")
    await hand.picture("9-mended")

    await hand.drops("faq.csv")
    await hand.shows("it can be converted", "thread")
    await hand.press("Convert…", "thread")
    form = page.get_by_test_id("modal")
    await expect(form.get_by_text("Where do I find the serial number?")).to_be_visible()
    await hand.picture("10-convert")
    await page.get_by_test_id("modal-submit").click()
    await expect(form).to_be_hidden()
    await hand.shows("23 examples in chat format", "thread")
    await hand.picture("11-converted")
    assert faults == []


async def test_a_running_job_is_cancelled_by_hand_while_its_card_is_redrawn_again_and_again(
    browser: Browser,
) -> None:
    """The button is the same one from edit to edit, and a yes that was given after some edits is still sent."""
    async with running_demo(speed="10") as demo:
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        hand = Hand(page)
        await page.goto(f"{demo}/#/C0FTSUPPRT?as=U0MINAPARK")
        await hand.drops("support.jsonl")
        await hand.press("Start fine-tuning", "thread")
        await page.get_by_test_id("modal").locator("[data-action-id=start_epochs]").fill("50")  # long enough
        await page.get_by_test_id("modal-submit").click()
        await hand.shows("waits for approval")
        await hand.becomes("U0JONASWBR")
        await hand.press("Approve")
        await page.get_by_test_id("confirm-yes").click()
        await hand.shows(re.compile("training ·"))
        card = (
            page.get_by_test_id("messages").locator("article").filter(has_text=re.compile("training ·")).last
        )
        button = await card.get_by_role("button", name="Cancel job").element_handle()
        await hand.press("Cancel job")
        await expect(page.get_by_test_id("confirm")).to_contain_text("Steps already trained are billed")
        for _ in range(2):  # edits of the card below the question
            said = await card.locator(".section-text").first.inner_text()
            await expect(card.locator(".section-text").first).not_to_have_text(said)
        assert button is not None
        assert await button.evaluate("node => node.isConnected")
        await page.get_by_test_id("confirm-yes").click()
        await hand.shows(re.compile("cancelled *"))
        await page.context.close()
