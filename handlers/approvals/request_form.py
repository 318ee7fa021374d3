"""Asking for a job: the start form, however it was opened."""

from dataclasses import dataclass, replace

from bot.domain.access import Viewer
from bot.domain.approvals.requests import HOLD_OUT, Wanted, again
from bot.domain.datasets.lifecycle import AGAIN, Dataset, DatasetState
from bot.domain.jobs.job import Job
from bot.domain.transforms.lifecycle import HELD_OUT, SEED, TransformKind
from bot.errors import BadInput
from bot.services import Services
from handlers.approvals import request_words
from handlers.approvals.request_words import NOTHING_SAID, RequestWords
from handlers.ids import COMMAND, NOTHING, Action, Block, Form, Shortcut
from handlers.slack.files import told_of
from handlers.slack.interactions import Click, Interaction, Submission, Words, is_direct, thread_root
from handlers.slack.listeners import Listeners
from handlers.views import about, forms
from handlers.views.approvals import request_form
from handlers.views.blocks import View
from handlers.views.datasets import cards
from handlers.views.forms import StartForm

_REDRAWN = (
    Action.PICK_CHANNEL,
    Action.PICK_DATASET,
    Action.PICK_MODEL,
    Action.PICK_SUFFIX,
    Action.PICK_EPOCHS,
    Action.PICK_VALIDATION,
    Action.MORE_SETTINGS,
)
"""After these the form is drawn anew."""


@dataclass(frozen=True)
class RequestForm:
    """Opens, follows and submits the form; `provider` is its name as people read it."""

    services: Services
    provider: str

    def register(self, listen: Listeners) -> None:
        """Bind every way to the form."""
        listen.click(Action.START, self.pressed)
        listen.click(Action.AGAIN, self.again)
        listen.click(Action.GO_ON, self.go_on)
        listen.click(Action.EDIT, self.edit)
        listen.shortcut(Shortcut.START, self.from_anywhere)
        listen.shortcut(Shortcut.START_FROM_MESSAGE, self.from_message)
        for changed in _REDRAWN:
            listen.click(changed, self.changed)
        listen.form(Form.START, self.submitted)
        listen.word("start", self.asked)

    async def asked(self, words: Words) -> None:
        """In words: one line that says enough is a request; else a command opens the form, elsewhere a button does."""
        said = request_words.read(words.text)
        if said.is_whole:
            await self._request(words, said)
        elif words.trigger_id:
            await self._show(words, _empty(words.place.channel_id), said)
        elif words.text:
            raise BadInput(
                f"Say the dataset and the model: `{COMMAND} start FILE model=MODEL`, or `start` alone for the form."
            )
        else:
            await words.reply(about.to_start())

    async def pressed(self, click: Click) -> None:
        """The button on a card, in a list, in the App Home."""
        dataset_id = "" if click.value == NOTHING else click.value
        await self._show(click, _for(_empty(click.place.channel_id), dataset_id))

    async def again(self, click: Click) -> None:
        """The button on a job that ended: the form, filled with what that job was asked with."""

        async def content() -> View:
            job = await self.services.jobs.get(await click.viewer(), click.value)
            return await self._form(click, _as(job))

        await click.show(request_form.TITLE, content)

    async def go_on(self, click: Click) -> None:
        """The button on a checkpoint: the form with it as the model, if the provider still keeps it."""

        async def content() -> View:
            viewer = await click.viewer()
            job_id, _, step = click.value.partition("@")
            job = await self.services.jobs.get(viewer, job_id)
            await self.services.jobs.check_checkpoint(viewer, job, step)
            return await self._form(click, StartForm(job.place.channel_id, wanted=Wanted(model=click.value)))

        await click.show(request_form.TITLE, content)

    async def edit(self, click: Click) -> None:
        """The button on a request: the form with what is asked for, for whoever asked."""

        async def content() -> View:
            job = await self.services.requests.check_edit(await click.viewer(), click.value)
            return await self._form(click, replace(_as(job), editing=job.id))

        await click.show(request_form.TITLE, content)

    async def from_anywhere(self, click: Click) -> None:
        """The global shortcut: nobody knows which channel is meant."""
        await self._show(click, _empty(""))

    async def from_message(self, click: Click) -> None:
        """The shortcut on a message: its file, checked now if it was not before."""
        form = _empty(click.place.channel_id)

        async def content() -> View:
            if click.message.get("files"):
                return await self._for_file(click, form)
            return await self._form(click, form)

        await click.show(request_form.TITLE, content)

    async def changed(self, click: Click) -> None:
        """Something was picked in the form: what else there is to choose follows, and the price."""
        form = forms.start_form(click.body["view"])
        shows_more = click.action_id == Action.MORE_SETTINGS  # no later change would do this one
        if shows_more:
            form = replace(form, more=not form.more)
        elif click.action_id == Action.PICK_CHANNEL:
            form = replace(form, wanted=replace(form.wanted, dataset_id="", validation_id=""))
            await click.check_member(form.channel_id)
        elif click.action_id == Action.PICK_DATASET:  # another one has another half, or none
            form = replace(form, wanted=replace(form.wanted, validation_id=""))
        await click.redraw(await self._form(click, form), anyhow=shows_more)

    async def submitted(self, sent: Submission) -> View | None:
        """The request: its card goes to the channel; what is off is told in the form, unfolded where it is hidden."""
        form = forms.start_form(sent.view)
        _check_whole(form)
        viewer = await sent.viewer(form.channel_id)
        if form.tells_more and not form.more and await self._hides_a_fault(viewer, form):
            return await self._form(sent, replace(form, more=True))
        if form.wanted.validation_id == HOLD_OUT:
            return await self._hold_out(viewer, form.wanted.dataset_id)
        if form.editing:
            await self.services.requests.edit(viewer, form.editing, form.wanted)
        else:
            await sent.check_member(form.channel_id)
            await self.services.requests.request(viewer, form.wanted, sent.key)
        return None

    async def _hides_a_fault(self, viewer: Viewer, form: StartForm) -> bool:
        problems = (await self.services.requests.offer(viewer, form.wanted)).problems
        return any(field in forms.FOLDED for field, _ in problems)

    async def _hold_out(self, viewer: Viewer, dataset_id: str) -> View:
        """The split comes first; the card of its training half opens the form with the other half chosen."""
        options = {"share": HELD_OUT, "seed": SEED}
        await self.services.transforms.ask(viewer, dataset_id, TransformKind.SPLIT, options)
        return request_form.holding_out(await self.services.datasets.get(viewer, dataset_id))

    async def _request(self, words: Words, said: RequestWords) -> None:
        """The request that the words are; what is off in them is told with the word that is wrong."""
        await words.check_member()
        viewer = await words.viewer()
        try:
            wanted = said.wanted(await self.services.requests.ready(viewer, *said.datasets))
            await self.services.requests.request(viewer, wanted, words.key)
        except BadInput as wrong:
            raise said.blame(wrong) from None
        await words.reply(about.said("Asked: the request stands in this channel and waits for approval."))

    async def _show(self, asked: Interaction, form: StartForm, said: RequestWords = NOTHING_SAID) -> None:
        async def content() -> View:
            if not form.channel_id or said == NOTHING_SAID:
                return await self._form(asked, form)
            viewer = await asked.viewer(form.channel_id)
            ready = await self.services.requests.ready(viewer, *said.datasets)
            filled = replace(form, wanted=said.wanted(ready))
            return await self._form(asked, replace(filled, more=filled.tells_more))

        await asked.show(request_form.TITLE, content)

    async def _form(self, asked: Interaction, form: StartForm) -> View:
        """The form with what can be chosen now."""
        viewer = await asked.viewer(form.channel_id)
        await self.services.requests.check_ask(viewer)
        if not form.channel_id:
            return request_form.form(None, form, self.provider)
        self.services.policy.check_channel(form.channel_id)
        offer = await self.services.requests.offer(viewer, form.wanted, form.editing)
        where = request_form.NOT_SENT
        if offer.dataset is not None:
            where = await self.services.administration.whereabouts(viewer, offer.dataset.id)
        return request_form.form(offer, form, self.provider, where)

    async def _for_file(self, click: Click, form: StartForm) -> View:
        """What there is to say of the file of a message: the form for it, if it can be trained on."""
        viewer = await click.viewer()
        known = await self.services.datasets.in_file(viewer, [file["id"] for file in click.message["files"]])
        if known is None:
            await click.check_member(form.channel_id)
            return about.now_checking(await self._receive(click))
        if known.state in AGAIN:
            return about.now_checking([await self.services.datasets.retry(viewer, known.id)])
        if known.state is DatasetState.READY:
            return await self._form(click, _for(form, known.id))
        where = await self.services.administration.whereabouts(viewer, known.id)
        return cards.report_view(known, where, self.provider)

    async def _receive(self, click: Click) -> list[Dataset]:
        """The files of a message that were not known so far."""
        thread = replace(click.place, thread_ts=thread_root(click.message))
        files = map(told_of, click.message["files"])
        told = [(file, click.message.get("user") or file.user_id) for file in files]
        received = [
            await self.services.datasets.receive(thread, file, sender, asked=True) for file, sender in told
        ]
        return [dataset for dataset in received if dataset is not None]


def _check_whole(form: StartForm) -> None:
    """Raise BadInput where what nobody can guess is not picked."""
    if not form.channel_id:
        raise BadInput("Pick the channel in which the request shall stand.", Block.CHANNEL)
    if not form.wanted.dataset_id:
        raise BadInput("There is no dataset to train on here yet. Drop a JSONL file into the channel first.")


def _as(job: Job) -> StartForm:
    """The form filled with what a job was asked with."""
    form = StartForm(job.place.channel_id, wanted=again(job))
    return replace(form, more=form.tells_more)


def _for(form: StartForm, dataset_id: str) -> StartForm:
    return replace(form, wanted=replace(form.wanted, dataset_id=dataset_id))


def _empty(channel_id: str) -> StartForm:
    """A new form: in a channel it is for this channel, elsewhere it asks for one."""
    if not channel_id or is_direct(channel_id):
        return StartForm(asks_channel=True)
    return StartForm(channel_id=channel_id)
