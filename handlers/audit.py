"""The audit as approvers read it: a page with filters, and a table of it for them alone."""

from dataclasses import dataclass

from bot.domain.audit import Did, Filter
from bot.services import Services
from handlers.ids import Action
from handlers.slack.interactions import Click, Words
from handlers.slack.listeners import Listeners
from handlers.views import audit
from handlers.views.blocks import View


@dataclass(frozen=True)
class Audit:
    """Listeners on the page, and the word."""

    services: Services

    def register(self, listen: Listeners) -> None:
        """Bind the menus and buttons of the page, and the word."""
        for picked in (Action.AUDIT_WHO, Action.AUDIT_WHAT, Action.AUDIT_CHANNEL, Action.AUDIT_MONTH):
            listen.click(picked, self.picked)
        listen.click(Action.AUDIT_NEWER, self.turned)
        listen.click(Action.AUDIT_OLDER, self.turned)
        listen.click(Action.AUDIT_AS_CSV, self.send)
        listen.word("audit", self.asked)

    async def asked(self, words: Words) -> None:
        """A command alone opens the page; with a month, and where no page can be opened, the table is sent."""
        viewer = await words.viewer()
        if words.text or not words.trigger_id:
            sent = await self.services.audit.export(viewer, words.text)
            await words.reply(audit.sent(sent.entries, sent.what))
            return
        await self.services.audit.check_read(viewer)

        async def content() -> View:
            return audit.page(await self.services.audit.open(viewer, audit.PAGE))

        await words.show(audit.TITLE, content)

    async def picked(self, click: Click) -> None:
        """Something else is to be seen: from its newest entry on."""
        await self._show(click, 0)

    async def turned(self, click: Click) -> None:
        """Another page of the same."""
        await self._show(click, int(click.value))

    async def send(self, click: Click) -> None:
        """The month that is shown as a table, whatever else is picked."""
        sent = await self.services.audit.export(await click.viewer(), click.value)
        await click.tell(audit.sent(sent.entries, sent.what), audit.TITLE)

    async def _show(self, click: Click, first: int) -> None:
        if click.view is None:
            return
        viewer, wanted = await click.viewer(), _wanted(click.view)
        await click.redraw(audit.page(await self.services.audit.page(viewer, wanted, first, audit.PAGE)))


def _wanted(view: View) -> Filter:
    """What is picked in the four menus."""
    picked = {
        action: state["selected_option"]["value"]
        for states in view["state"]["values"].values()
        for action, state in states.items()
        if state.get("selected_option")
    }
    who, what, channel = (
        None if (value := picked.get(action, audit.ANY)) == audit.ANY else value
        for action in (Action.AUDIT_WHO, Action.AUDIT_WHAT, Action.AUDIT_CHANNEL)
    )
    here = "" if channel == audit.WORKSPACE else channel
    return Filter(picked.get(Action.AUDIT_MONTH, audit.ALL), who, Did(what) if what else None, here)
