"""The form that shows, before a file is mended, what would be done to which of its lines; computes nothing."""

from collections.abc import Sequence

from bot.domain import stale_buttons
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.transforms.mend import Deed
from bot.domain.worker_tasks import Mended
from handlers import escaping
from handlers.ids import Form
from handlers.views.blocks import Block, View, context, header, modal, section
from handlers.views.datasets.cards import called
from handlers.views.figures import count, number

TITLE = "Mend the file"
_KINDS = 20  # of what would be done to lines, and as many of why lines would be left out


def form(dataset: Dataset, plan: Mended) -> View:
    """What would be repaired, and what left out, line by line; the button does exactly that."""
    if not plan.deeds:
        return modal(TITLE, [section(f"There is nothing to mend in {called(dataset)} without guessing.")])
    repaired = [deed for deed in plan.deeds if not deed.leaves_out]
    left_out = [deed for deed in plan.deeds if deed.leaves_out]
    lines = plan.kept + plan.left_out
    blocks = [section(f"{called(dataset)}\n{_numbers(plan)}")]
    if repaired:
        blocks += [header("Would be repaired"), *_listed(repaired)]
    if left_out:
        blocks.append(header(f"Would be left out: {number(plan.left_out)} of {count(lines, 'line')}"))
        blocks += _listed(left_out)
    blocks.append(
        context(
            "In the lines that stay, nothing that is learned changes. The result comes into the thread as the next "
            "version, and I check it; your file stays as it is."
        )
    )
    return modal(
        TITLE,
        blocks,
        callback_id=Form.MEND,
        submit=TITLE,
        close="Cancel",
        private_metadata=stale_buttons.value(dataset.id, stale_buttons.dataset(dataset)),
    )


def _numbers(plan: Mended) -> str:
    same = plan.kept - plan.repaired
    stay = "1 line stays as it is" if same == 1 else f"{number(same)} lines stay as they are"
    gone = f"{number(plan.left_out)} of {count(plan.kept + plan.left_out, 'line')} would be left out"
    return f"{stay} · {number(plan.repaired)} would be repaired · {gone}"


def _listed(deeds: Sequence[Deed]) -> list[Block]:
    """The first kinds, each with its lines, and how many more there are."""
    told = [f"• {escaping.escape(escaping.shorten(deed.told, 400))}" for deed in deeds[:_KINDS]]
    blocks = [section("\n".join(told[at : at + 5])) for at in range(0, len(told), 5)]
    if (more := len(deeds) - _KINDS) > 0:
        blocks.append(
            context(f"And {count(more, 'more kind')}; the result in the thread lists more of them.")
        )
    return blocks
