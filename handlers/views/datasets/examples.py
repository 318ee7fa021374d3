"""Examples as conversations in a modal; takes values, asks nobody. All of their text is foreign."""

from collections.abc import Iterable, Iterator

from bot.domain.datasets.examples import ALL, ExamplesPage, Said, Shown
from handlers import escaping
from handlers.ids import Action, Field, Form
from handlers.ids import Block as Id
from handlers.views.blocks import Block, View, actions, button, modal, plain, question, section
from handlers.views.datasets.cards import called
from handlers.views.datasets.toolbar import examples_at
from handlers.views.figures import count, number

TITLE = "Examples"
_SECTION = 3_000  # characters
_ROLES = {
    "system": "System",
    "developer": "Developer",
    "user": "User",
    "assistant": "Assistant",
    "tool": "Tool",
}


def view(page: ExamplesPage) -> View:
    """A page of them, the way to its neighbours, and to any line."""
    blocks: list[Block] = [section(_head(page))]
    blocks += [section(part) for each in page.shown for part in _packed(_example(each))]
    ways = [
        button(label, action, examples_at(page.dataset, page.what, begin))
        for label, action, begin in (
            ("Previous ten", Action.EXAMPLES_EARLIER, page.earlier),
            ("Next ten", Action.EXAMPLES_LATER, page.later),
        )
        if begin is not None
    ]
    if ways:
        blocks.append(actions(*ways))
    if page.what != ALL:
        return modal(TITLE, blocks)
    line: Block = {
        "type": "number_input",
        "action_id": Field.LINE,
        "is_decimal_allowed": False,
        "min_value": "1",
        "placeholder": plain("1"),
    }
    return modal(
        TITLE,
        [*blocks, question(Id.LINE, "Go to line", line)],
        callback_id=Form.EXAMPLES,
        submit="Show",
        private_metadata=page.dataset.id,
    )


def _head(page: ExamplesPage) -> str:
    name = called(page.dataset)
    if not page.shown:
        return f"{name} has nothing on these lines."
    if page.of is not None:
        first = "the line" if page.of == 1 else f"the first {number(page.of)} lines"
        return f"{name}, {first} that the report names:"
    return f"{name}, from line {number(page.shown[0].line)} to line {number(page.shown[-1].line)}:"


def _packed(lines: Iterable[str]) -> Iterator[str]:
    """Lines put together as far as a section takes them, so that none is cut where it need not be."""
    part = ""
    for line in lines:
        if part and len(part) + len(line) >= _SECTION:
            yield part
            part = ""
        part += f"\n{line}" if part else line
    yield part


def _example(shown: Shown) -> Iterator[str]:
    yield f"*Line {number(shown.line)}*"
    if not shown.said:
        if shown.fault:
            yield f"⚠️ {escaping.escape(shown.fault)}"
        yield _quoted(shown.raw, shown.more)
        return
    yield from (_said(each) for each in shown.said)
    if shown.more:
        yield f"_… {count(shown.more, 'more message')}_"


def _said(said: Said) -> str:
    by = _ROLES.get(said.by) or escaping.name(said.by.capitalize(), 40)
    named = f" ({escaping.name(said.name, 40)})" if said.name else ""
    notes = ["not learned"] if not said.learned else []
    notes += [count(said.images, "image")] if said.images else []
    told = f" _{', '.join(notes)}_" if notes else ""
    return f"*{by}{named}*{told}\n{_quoted(said.text, said.more)}"


def _quoted(text: str, more: int) -> str:
    quoted = escaping.quote(text, 1_000) if text.strip() else "> _nothing_"
    return f"{quoted}\n> _… {count(more, 'more character')}_" if more else quoted
