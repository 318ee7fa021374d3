"""A process of the workshop: one order on its input, one answer on its output; holds no settings and no secrets."""

import os
import sys
from itertools import islice
from pathlib import Path
from traceback import extract_tb

import msgspec

from bot.domain.datasets import report
from bot.domain.transforms import compare
from bot.errors import BadInput, disk_full
from bot.lifeline import follow
from bot.ports import Converted, Mended, Parted, Preview
from bot.workers import tasks as orders
from bot.workers import transforms as tools
from bot.workers.report_table import write_table
from bot.workers.tasks import Answer, Order

_NICENESS = 10
"""Whoever answers people goes first."""


def main() -> None:
    """Do what is asked once, and end; also when the application, whose lifeline is the one argument, is gone."""
    follow(int(sys.argv[1]))
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    out, sys.stdout = sys.stdout, sys.stderr  # nothing else may write into the pipe
    given = orders.order_in.decode(sys.stdin.buffer.read())
    out.buffer.write(msgspec.json.encode(answer(given)))
    out.flush()


def answer(order: Order) -> Answer:
    """Do it; whatever goes wrong becomes an answer too."""
    try:
        return _done(order)
    except BadInput as refused:
        return Answer(refused=str(refused), field=refused.field)
    except OSError as error:
        if disk_full(error):
            return Answer(full=True)
        return Answer(unreadable=error.strerror or type(error).__name__)
    except Exception as error:  # noqa: BLE001 - its text stays here, it may quote the dataset
        last = extract_tb(error.__traceback__)[-1]
        return Answer(fault=f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}")


def _done(order: Order) -> Answer:  # noqa: PLR0911 - one line for each
    match order:
        case orders.Mend():
            return Answer(mended=_mended(order))
        case orders.Convert():
            return Answer(converted=_converted(order))
        case orders.Split():
            return Answer(parted=_parted(order))
        case orders.Compare():
            old, new = tools.identities(Path(order.old)), tools.identities(Path(order.new))
            return Answer(difference=compare.compare(old, new))
        case orders.Table():
            count = write_table(Path(order.source), report.from_json(order.report), Path(order.target))
            return Answer(count=count)
        case orders.Chart():
            from bot.workers.token_chart import draw_tokens  # noqa: PLC0415 - takes a second to import

            draw_tokens(report.from_json(order.report), order.limit, Path(order.target))
            return Answer(count=1)
        case orders.DrawCurve():
            from bot.workers.loss_chart import draw_curve  # noqa: PLC0415 - takes a second to import

            draw_curve(order.curve, Path(order.target))
            return Answer(count=1)
        case orders.Look():
            return Answer(preview=_preview(order))


def _mended(order: orders.Mend) -> Mended:
    with Path(order.target).open("wb") as target:
        mender = tools.mend(Path(order.source), target, order.expected)
    return Mended(mender.kept, mender.deeds)


def _converted(order: orders.Convert) -> Converted:
    mapping = order.mapping
    if mapping.columns:
        # A form names columns without a look into the file: what all its texts end with is seen here.
        mapping = tools.mapping_of(tools.sampled(Path(order.source)), mapping.columns)
    with Path(order.target).open("wb") as target:
        return tools.convert_file(Path(order.source), target, mapping)


def _parted(order: orders.Split) -> Parted:
    with Path(order.training).open("wb") as training, Path(order.validation).open("wb") as validation:
        return Parted(
            *tools.split_file(Path(order.source), training, validation, share=order.share, seed=order.seed)
        )


def _preview(order: orders.Look) -> Preview:
    rows = tools.sampled(Path(order.source))
    names = tuple(dict.fromkeys(name for row in rows for name in row.values))
    try:
        mapping = tools.mapping_of(rows, order.columns)
    except BadInput:
        if order.columns:
            raise
        return Preview(names, None, sheet=rows[0].sheet)  # a person picks them
    if mapping.by_order:
        return Preview(names, None, sheet=rows[0].sheet)  # the same: order tells nothing
    examples = tuple(islice(tools.examples_of(rows, mapping), order.examples))
    return Preview(names, mapping, examples, rows[0].sheet)


if __name__ == "__main__":
    main()
