"""What can be made of a dataset: buttons and forms that ask for a transform, and tell at once that it is under way."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from bot.domain import stale_buttons
from bot.domain.access import Viewer
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.transforms.lifecycle import Transform, TransformKind
from bot.errors import BadInput, StaleState
from bot.services import Services
from handlers.ids import Action, Form
from handlers.slack.interactions import Click, Submission
from handlers.slack.listeners import Listeners
from handlers.views import mending, transform_forms, transforms
from handlers.views.blocks import Message, View
from handlers.views.transform_forms import ConvertForm

_ON_IT = "On it"


@dataclass(frozen=True)
class Transforms:
    """Listeners on the buttons of a dataset's card and report, and on the forms behind them."""

    services: Services

    def register(self, listen: Listeners) -> None:
        """Bind buttons, the menu, and the forms."""
        listen.click(Action.MEND, self.mend)
        listen.click(Action.REPORT_AS_FILE, self.report_as_file)
        listen.click(Action.CONVERT, self.convert)
        listen.click(Action.MORE, self.more)
        for changed in (Action.PICK_SHAPE, Action.PICK_COLUMN):
            listen.click(changed, self.changed)
        listen.form(Form.MEND, self.mended)
        listen.form(Form.CONVERT, self.converted)
        listen.form(Form.SPLIT, self.split)
        listen.form(Form.COMPARE, self.compared)

    async def mend(self, click: Click) -> None:
        """Shows what mending would do to which lines, and asks."""
        await self._show_mending(click, click.value)

    async def mended(self, sent: Submission) -> None:
        """What was shown is to be done."""
        dataset_id, read = stale_buttons.read(sent.subject)
        viewer = await sent.viewer()
        transform, is_new = await self.services.transforms.mend(viewer, dataset_id, read)
        await self._tell(sent, viewer, transform, is_new=is_new)

    async def report_as_file(self, click: Click) -> None:
        """The complete report into the thread, from within the report."""
        await self._make(click, click.value, TransformKind.REPORT)

    async def convert(self, click: Click) -> None:
        """Shows what the columns are taken for, and asks."""

        async def content() -> View:
            viewer = await click.viewer()
            dataset = await self.services.transforms.check(viewer, click.value, TransformKind.CONVERT)
            return await self._convert_form(viewer, dataset, None)

        await click.show(transforms.CONVERT, content)

    async def more(self, click: Click) -> None:
        """What stands behind the three dots of a card."""
        wanted, dataset_id = click.chosen
        kind = TransformKind(wanted)
        if kind is TransformKind.SPLIT:
            await self._ask_how_to_split(click, dataset_id)
        elif kind is TransformKind.COMPARE:
            await self._compare(click, dataset_id)
        elif kind is TransformKind.MEND:
            await self._show_mending(click, dataset_id)
        else:
            await self._make(click, dataset_id, kind)

    async def changed(self, click: Click) -> None:
        """A column is something else than guessed: the examples follow."""
        form = transform_forms.convert_form(click.body["view"])
        viewer = await click.viewer()
        dataset = await self.services.transforms.check(viewer, form.dataset_id, TransformKind.CONVERT)
        await click.redraw(await self._convert_form(viewer, dataset, form))

    async def converted(self, sent: Submission) -> None:
        """The form that converts was sent."""
        form = transform_forms.convert_form(sent.view)
        options = {"mapping": msgspec.to_builtins(form.mapping())}
        if form.system:
            options["system"] = form.system
        await self._answer(sent, form.dataset_id, TransformKind.CONVERT, options)

    async def split(self, sent: Submission) -> None:
        """The form that splits was sent."""
        form = transform_forms.split_form(sent.view)
        viewer = await sent.viewer()
        dataset = await self.services.transforms.check(viewer, form.dataset_id, TransformKind.SPLIT)
        options = {"share": form.share_of(_examples(dataset)), "seed": form.seed_number()}
        await self._answer(sent, form.dataset_id, TransformKind.SPLIT, options)

    async def compared(self, sent: Submission) -> None:
        """The version to compare with was picked."""
        viewer = await sent.viewer()
        dataset = await self.services.transforms.check(viewer, sent.subject, TransformKind.COMPARE)
        other = await self.services.datasets.get(viewer, transform_forms.version(sent.view))
        newer, options = _in_order(dataset, other)
        await self._answer(sent, newer.id, TransformKind.COMPARE, options)

    async def _show_mending(self, click: Click, dataset_id: str) -> None:
        async def content() -> View:
            viewer = await click.viewer()
            dataset, plan = await self.services.transforms.show_mending(viewer, dataset_id)
            return mending.form(dataset, plan)

        await click.show(mending.TITLE, content, "Looking at the file, line by line…")

    async def _ask_how_to_split(self, click: Click, dataset_id: str) -> None:
        async def content() -> View:
            viewer = await click.viewer()
            dataset = await self.services.transforms.check(viewer, dataset_id, TransformKind.SPLIT)
            return transforms.split_form(dataset, _examples(dataset))

        await click.show(transforms.SPLIT, content)

    async def _compare(self, click: Click, dataset_id: str) -> None:
        """At once when there is one other version; else asks which."""
        viewer = await click.viewer()
        dataset = await self.services.transforms.check(viewer, dataset_id, TransformKind.COMPARE)
        others = await self.services.datasets.beside(viewer, dataset)
        if not others:
            raise StaleState("There is no other version left to compare with.")
        if len(others) > 1:
            await click.open(transforms.compare_form(dataset, others))
        else:
            newer, options = _in_order(dataset, others[0])
            await self._make(click, newer.id, TransformKind.COMPARE, options)

    async def _convert_form(self, viewer: Viewer, dataset: Dataset, form: ConvertForm | None) -> View:
        """As guessed, or as picked so far."""
        if form is None:
            preview = await self.services.transforms.preview(viewer, dataset.id)
            return transforms.convert_form(dataset, transform_forms.guessed(dataset.id, preview), preview)
        form, wrong = form.of_its_shape(), ""
        try:
            form.check()
        except BadInput as off:
            wrong = str(off)
        if form.is_complete and not wrong:
            preview = await self.services.transforms.preview(viewer, dataset.id, form.picked, form.system)
        else:
            preview = await self.services.transforms.preview(viewer, dataset.id)
            preview = replace(preview, mapping=None, examples=())
        return transforms.convert_form(dataset, form, preview, wrong)

    async def _make(
        self, click: Click, dataset_id: str, kind: TransformKind, options: Mapping[str, Any] | None = None
    ) -> None:
        """Ask for it, and say so beside the button."""
        said = await self._asked(await click.viewer(), dataset_id, kind, options or {})
        await click.tell(Message(said), _ON_IT)

    async def _answer(
        self, sent: Submission, dataset_id: str, kind: TransformKind, options: Mapping[str, Any]
    ) -> None:
        """Ask for it; the form closes, and the thread says to this person alone what is under way."""
        viewer = await sent.viewer()
        transform, is_new = await self.services.transforms.ask(viewer, dataset_id, kind, options)
        await self._tell(sent, viewer, transform, is_new=is_new)

    async def _tell(self, sent: Submission, viewer: Viewer, transform: Transform, *, is_new: bool) -> None:
        dataset = await self.services.datasets.get(viewer, transform.dataset_id)
        said = transforms.asked(dataset, transform, is_new=is_new, user_id=viewer.user_id)
        await sent.whisper(dataset.place, Message(said))

    async def _asked(
        self, viewer: Viewer, dataset_id: str, kind: TransformKind, options: Mapping[str, Any]
    ) -> str:
        transform, is_new = await self.services.transforms.ask(viewer, dataset_id, kind, options)
        dataset = await self.services.datasets.get(viewer, dataset_id)
        return transforms.asked(dataset, transform, is_new=is_new, user_id=viewer.user_id)


def _examples(dataset: Dataset) -> int:
    return dataset.report.valid if dataset.report else 0


def _in_order(dataset: Dataset, other: Dataset) -> tuple[Dataset, dict[str, Any]]:
    """The newer of two versions and with what it is compared, so that either asks for the same."""
    older, newer = sorted((dataset, other), key=lambda each: each.version)
    return newer, {"with": older.id}
