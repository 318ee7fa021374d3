"""Feeds broken files to everything that reads strangers' data, for some minutes; knows no more than what must hold.

Each input is a file made from real-looking lines, changed at random in its JSON and in its bytes. It is checked,
mended, converted, split and compared; whatever is raised but a sentence for people, and whatever does not hold, is a
crash. An input is made from its number alone: --seed and --only bring one back.
"""

import argparse
import json
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import date
from io import BytesIO
from itertools import pairwise
from random import Random
from traceback import extract_tb
from typing import Any, get_args

from openpyxl import Workbook
from PIL import Image

from bot import tokenizer
from bot.domain import catalog
from bot.domain.catalog import Format
from bot.domain.datasets.fingerprints import identity_of_line
from bot.domain.datasets.leakage import leakage
from bot.domain.datasets.report import Report, from_json, to_json
from bot.domain.datasets.report_builder import Facts, conclude, limits_for
from bot.domain.datasets.statistics import Examiner, Sum
from bot.domain.datasets.tokens import Meter
from bot.domain.transforms.compare import compare
from bot.domain.transforms.convert import Unconvertible, convert, guess, line_of
from bot.domain.transforms.format_detection import recognise
from bot.domain.transforms.mend import Mender, recognise_mendable
from bot.domain.transforms.row_reader import read_rows
from bot.domain.transforms.split import Planner
from bot.errors import BadInput

FORMATS: tuple[Format, ...] = get_args(Format)
TODAY = date(2026, 11, 22)
MODELS = catalog.load()
OF_THE_FILE = {"too_few_examples", "too_many_image_examples", "empty_file"}
"""Problems that a mended file may have: nothing in its lines causes them."""

_count = tokenizer.counter("o200k_base").count


def _image(kind: str, mode: str) -> str:
    with BytesIO() as file:
        Image.linear_gradient("L").resize((40, 30)).convert(mode).save(file, kind)
        return f"data:image/{kind.lower()};base64,{b64encode(file.getvalue()).decode()}"


USER = {"role": "user", "content": "How do I get my money back? 환불 🙏"}
ANSWER = {"role": "assistant", "content": "Within 14 days.\n\nPlease write to us.", "weight": 1}
CALL = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": '{"order": 7}'}}
TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}, "strict": True}}
IMAGES = [
    {"type": "image_url", "image_url": {"url": url, "detail": "high"}}
    for url in (
        *(
            _image(kind, mode)
            for kind, mode in (("PNG", "RGBA"), ("JPEG", "RGB"), ("WEBP", "RGB"), ("PNG", "P"))
        ),
        "https://example.com/a.png",
    )
]
SEEDS: list[Any] = [
    {"messages": [{"role": "system", "content": "Be brief."}, USER, ANSWER]},
    {"messages": [USER, {"role": "assistant", "tool_calls": [CALL]},
                  {"role": "tool", "tool_call_id": "c1", "content": "sent"}, ANSWER], "tools": [TOOL],
     "parallel_tool_calls": False},
    *({"messages": [{"role": "user", "content": [{"type": "text", "text": "What?"}, image]}, ANSWER]}
      for image in IMAGES),
    {"messages": [USER, {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}]},
    {"input": {"messages": [USER], "tools": [TOOL]}, "preferred_output": [{**ANSWER, "weight": 0}],
     "non_preferred_output": [{"role": "assistant", "content": "No."}]},
    {"messages": [{"role": "developer", "content": "Count."}, USER], "target": 7, "options": [1.5, None]},
    {"question": "Who?", "answer": "Me.", "system": ""},
    {"instruction": "Add.", "input": "1 2", "output": 3},
    {"conversations": [{"from": "human", "value": "Who?"}, {"from": "gpt", "value": "Me."}]},
    {"prompt": "Who?", "chosen": "Me.", "rejected": "You."},
]  # fmt: skip
TABLE = b'question,answer\n"Who, me?",You.\nWhy?,"So\nit is."\n'
KEYS = sorted(
    {key for seed in SEEDS for key in seed} | {"role", "content", "weight", "name", "url", "id", "…", ""}
)
VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        0.5,
        1e308,
        10**30,
        "",
        " ",
        "1",
        "user",
        "assistant",
        "tool",
        "{}",
        "c1",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        {"": None},
        "<|endoftext|>",
        "\u0000",
        "\u2028",
        "a" * 3_000,
        " " * 3_000,
        "=-" * 500,
    ),
    *("data:image/png;base64,", "https://", "sk-proj-" + "a" * 40, "me@example.com", "4111 1111 1111 1111"),
]
BYTES = [
    *(
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\r",
        b"\r\n",
        b"\n",
        b"\n\n",
        b",",
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
    ),
    *(
        b"\\ud800",
        b"\\udc00",
        b"\xed\xa0\x80",
        b"NaN",
        b"\xc2\xa0",
        b"\x1f\x8b",
        b"PK\x03\x04",
        b"\xff\xfe",
        b":",
    ),
    *("“".encode(), b"[" * 2_000, b'{"a":' * 600, b'"url":"data:image/png;base64,', b"\t", b";"),
]


def _sheet() -> bytes:
    book = Workbook()
    for row in (["question", "answer"], ["Who?", 3], ["Why?", TODAY]):
        book.worksheets[0].append(row)
    with BytesIO() as file:
        book.save(file)
        return file.getvalue()


SHEET = _sheet()


class Broken(Exception):  # noqa: N818 - a finding of this program, never an error that it lets out
    """Something that must hold does not."""


def changed(value: Any, random: Random) -> Any:
    """The value with something in it replaced, left out, doubled, or put where it does not belong."""
    if isinstance(value, dict) and value and random.random() < 0.85:
        key = random.choice(list(value))
        kept = dict(value)
        match random.randrange(8):
            case 0:
                del kept[key]
            case 1:
                kept[random.choice(KEYS)] = random.choice(VALUES)
            case 2:
                kept[random.choice(KEYS)] = kept.pop(key)
            case _:
                kept[key] = changed(value[key], random)
        return kept
    if isinstance(value, list) and value and random.random() < 0.85:
        at = random.randrange(len(value))
        match random.randrange(6):
            case 0:
                return value[:at] + value[at + 1 :]
            case 1:
                return [*value, *value[at:] * random.choice((1, 1, 1, 12))]
            case _:
                return [*value[:at], changed(value[at], random), *value[at + 1 :]]
    if isinstance(value, str) and random.random() < 0.5:
        at = random.randrange(len(value) + 1)
        return (
            value[:at]
            + random.choice(("", "<|im_end|>", "\u0000", '"', "A", "="))
            + value[at + random.randrange(9) :]
        )
    return random.choice((*VALUES, *SEEDS))


def bent(content: bytes, random: Random) -> bytes:
    """The bytes with some put in, left out, turned over, or repeated."""
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(content) + 1)
        end = at + random.randrange(1, 40)
        put = random.choice(
            (b"", random.choice(BYTES), random.randbytes(random.randrange(6)), content[at:end] * 2)
        )
        content = content[:at] + put + content[random.choice((at, at + 1, end)) :]
    return content


def made(random: Random) -> bytes:
    """A file: mostly lines, sometimes one list, a table or a spreadsheet."""
    if (kind := random.random()) < 0.04:
        return bent(SHEET, random) if random.random() < 0.9 else SHEET
    if kind < 0.1:
        return bent(TABLE, random)
    seeds = SEEDS if kind < 0.4 else random.sample(SEEDS, 2)
    values = [random.choice(seeds) for _ in range(random.choice((1, 3, 12, 30)))]
    values = [changed(value, random) if random.random() < 0.4 else value for value in values]
    ascii_only = random.random() < 0.3
    if kind < 0.15:
        content = json.dumps(values, ensure_ascii=ascii_only, indent=random.choice((None, 1)))
    else:
        end = random.choice(("\n", "\n", "\r\n", "\n\n", ",\n"))
        content = "".join(json.dumps(value, ensure_ascii=ascii_only) + end for value in values)
    encoded = content.encode("utf-8", "surrogatepass")
    return bent(encoded, random) if random.random() < 0.7 else encoded


def checked(lines: list[bytes], cuts: list[int]) -> Report:
    """The report on these lines, examined in ranges that begin at `cuts`."""
    found = recognise(lines)
    limits = limits_for(MODELS, found.format, TODAY)
    whole = Sum(limits)
    if found.fault is None:
        for start, end in pairwise([0, *sorted(cuts), len(lines)]):
            examiner = Examiner(found.format, limits, Meter(_count))
            for number in range(start, end):
                examiner.take(lines[number], first_of_file=number == 0)
            whole.add(examiner.done())
    return conclude(Facts("data.jsonl", 1, "0" * 64), found, whole, MODELS, TODAY)


def check(lines: list[bytes], random: Random) -> None:
    """A report, the same however the file is cut, with every problem on a line that is there."""
    report = checked(lines, [])
    _holds(report.ok == (report.problem_count == 0), "ok and problems")
    _holds(report.problem_count == sum(report.problem_codes.values()), "problems and their codes")
    _holds(all(0 <= problem.line <= len(lines) for problem in report.problems), "lines of problems")
    _holds(from_json(json.loads(json.dumps(to_json(report)))) == report, "a report from its JSON")
    again = checked(lines, random.choices(range(len(lines) + 1), k=2))
    _holds(again == report, "a report in ranges")


def mend(lines: list[bytes], random: Random) -> None:
    """Nothing to mend in what was mended, and nothing wrong with its lines."""
    found = recognise_mendable(lines)
    any_of_them: Format = random.choice(FORMATS)
    expected = found.format or any_of_them
    once, again = Mender(expected), Mender(expected)
    kept = [line for each in lines if (line := once.take(each))]
    _holds(len(kept) == once.kept, "lines kept")
    _holds([again.take(line) for line in kept] == kept, "mending twice")
    _holds(not again.deeds, "mending what was mended")
    if kept:
        limits = limits_for(MODELS, expected, TODAY)
        examiner = Examiner(expected, limits, Meter(_count))
        for number, line in enumerate(kept):
            examiner.take(line, first_of_file=number == 0)
        _holds(not set(examiner.done().problem_codes) - OF_THE_FILE, "a mended file without problems")


def to_examples(lines: list[bytes], _random: Random) -> None:
    """Rows become lines that are JSON, or there is a reason."""
    rows = list(read_rows(lines))
    values = [row.values for row in rows if not row.fault]
    if not values:
        return
    mapping = guess(values[:100])
    for value in values:
        try:
            json.loads(line_of(convert(value, mapping)))
        except Unconvertible:
            continue


def split(lines: list[bytes], random: Random) -> None:
    """Every line has a side, and the same question one side only."""
    planner = Planner(random.randrange(9))
    identities = [identity_of_line(line) for line in lines]
    for identity in identities:
        planner.see(identity)
    plan = planner.plan(random.choice((0.1, 0.5, 0.9)))
    sides = {(identity.prompt, plan.is_validation(identity)) for identity in identities}
    _holds(len(sides) == len({prompt for prompt, _ in sides}), "a prompt on one side")


def difference(lines: list[bytes], random: Random) -> None:
    """Every line is the same, changed, added or removed."""
    numbered = [(number, identity_of_line(line)) for number, line in enumerate(lines, start=1)]
    old = random.sample(numbered, random.randrange(len(numbered) + 1))
    found = compare(old, numbered)
    _holds(found.same + found.added.count + found.changed.count == len(numbered), "lines of the new file")
    _holds(found.same + found.removed.count + found.changed.count == len(old), "lines of the old file")


def leaks(lines: list[bytes], random: Random) -> None:
    """What the validation file holds is found, and nothing else is said to stand there."""
    numbered = list(enumerate(lines, start=1))
    half = random.sample(numbered, random.randrange(len(numbered) + 1))
    found = {advice.code: advice.count for advice in leakage(numbered, half)}
    held = {identity_of_line(line).example for _, line in half}
    same = sum(identity_of_line(line).example in held for line in lines)
    _holds(found.get("leaked_example", 0) == same, "examples that stand in both files")


TOOLS: tuple[Callable[[list[bytes], Random], None], ...] = (
    check,
    mend,
    to_examples,
    split,
    difference,
    leaks,
)


def crashes(seed: int, number: int) -> Iterator[str]:
    """What crashes on this input: the tool, the exception, and the line of ours it came from."""
    random = Random(f"{seed}:{number}")
    lines = [line + b"\n" for line in made(random).removesuffix(b"\n").split(b"\n")]
    for tool in TOOLS:
        try:
            tool(lines, random)
        except BadInput:
            continue
        except Exception as error:  # noqa: BLE001 - any at all is what is looked for
            last = extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__} {error!s:.80}"
            yield f"input {number}: {tool.__name__}: {what} at {last.filename}:{last.lineno}"


def main() -> None:
    """Run for --seconds, or one input with --only; the exit status is 1 if anything crashed."""
    asked = argparse.ArgumentParser(
        description="Feed broken files to check, mend, convert, split and compare."
    )
    asked.add_argument("--seconds", type=float, default=600)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--only", type=int, help="the number of one input, to see it crash again")
    options = asked.parse_args()
    begun, slowest, inputs, found = time.monotonic(), 0.0, 0, 0
    while time.monotonic() - begun < options.seconds:
        started = time.monotonic()
        for crash in crashes(options.seed, options.only if options.only is not None else inputs):
            found += 1
            print(crash, file=sys.stderr)
        slowest = max(slowest, time.monotonic() - started)
        inputs += 1
        if options.only is not None:
            break
    print(f"fuzz inputs={inputs} crashes={found} slowest_s={slowest:.2f}")
    sys.exit(1 if found else 0)


def _holds(condition: bool, what: str) -> None:
    if not condition:
        raise Broken(what)


if __name__ == "__main__":
    main()
