"""The base models the OpenAI side offers and until when; plain data as of `AS_OF`, no clock."""

from dataclasses import dataclass
from datetime import date

AS_OF = date(2026, 11, 22)
TRAINING_ENDS = date(2027, 1, 6)
_OCTOBER = date(2026, 10, 23)
_JANUARY = date(2027, 1, 14)


@dataclass(frozen=True, slots=True)
class Base:
    """One base model: `window` and `example_tokens` in tokens, `shutdown` is the first day it is gone."""

    id: str
    alias: str | None
    created: int
    methods: frozenset[str]
    shutdown: date | None
    window: int = 128_000
    example_tokens: int = 65_536
    images: bool = False
    learning_rate: float = 2.0


_SFT = frozenset({"supervised"})
_SFT_DPO = frozenset({"supervised", "dpo"})

BASES = (
    Base("gpt-4.1-2025-04-14", "gpt-4.1", 1_744_315_746, _SFT_DPO, _JANUARY, window=1_047_576),
    Base("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini", 1_744_317_547, _SFT_DPO, _JANUARY, window=1_047_576),
    Base("gpt-4.1-nano-2025-04-14", "gpt-4.1-nano", 1_744_321_025, _SFT_DPO, _OCTOBER, window=1_047_576),
    Base("gpt-4o-2024-08-06", "gpt-4o", 1_722_814_719, _SFT_DPO, _JANUARY, images=True),
    Base("gpt-4o-mini-2024-07-18", "gpt-4o-mini", 1_721_172_717, _SFT, _JANUARY, learning_rate=1.8),
    Base("gpt-6-luna", None, 1_788_220_800, frozenset(), None, window=400_000),
    Base(
        "o4-mini-2025-04-16", "o4-mini", 1_744_133_506, frozenset({"reinforcement"}), _OCTOBER, window=200_000
    ),
    Base("gpt-3.5-turbo-0125", "gpt-3.5-turbo", 1_706_048_358, _SFT, _OCTOBER, 16_385, 16_385),
    Base("davinci-002", None, 1_692_634_301, frozenset(), _OCTOBER, 16_384),
    Base("babbage-002", None, 1_692_634_615, frozenset(), _OCTOBER, 16_384),
)
TUNED_WINDOW = 128_000  # inference of fine-tuned models, whatever the base allows

_USD = {  # per million tokens trained, read and written, as OpenAI's price page had it of tuned models on AS_OF
    "gpt-4.1-2025-04-14": (25.0, 3.0, 12.0),
    "gpt-4.1-mini-2025-04-14": (5.0, 0.8, 3.2),
    "gpt-4o-mini-2024-07-18": (3.0, 0.3, 1.2),
    "gpt-4o-2024-08-06": (25.0, 3.75, 15.0),
}


def calendar(today: date) -> date:
    """The day it is for the simulated OpenAI when it starts: today, unless the real one trains nothing any more."""
    return today if today < TRAINING_ENDS else AS_OF


def models_file(today: date) -> str:
    """The trainable bases as TOML for an app's MODELS_FILE, with a note that says that they are simulated.

    Prices and dates are OpenAI's while it still trains. After that they retire as far from `today` as they did from
    AS_OF, so that the sandbox still trains, and the note tells OpenAI's own date beside theirs.
    """
    shift = today - calendar(today)
    notes = f"Simulated: nothing is trained and nothing is paid. Prices are OpenAI's of {_day(AS_OF)}."
    if shift:
        notes += (
            f" The dates are simulated, too: OpenAI itself takes no new jobs since {_day(TRAINING_ENDS)}."
        )
    methods = {"supervised": "supervised", "dpo": "preference"}
    lines = [
        'provider = "openai"',
        f"as_of = {AS_OF}",
        "tuned_names = ['^ft:(?P<base>[^:]+):']",
        'tuned_example = "ft:{base}:sandbox-org:{suffix}:xxxxxxxx"',
    ]
    for name, (train, read, write) in _USD.items():
        base = _BY_NAME[name]
        if base.shutdown is None:
            continue
        lines += [
            "[[models]]",
            f'id = "{base.id}"',
            f'aliases = ["{base.alias}"]',
            f"methods = {sorted((methods[method] for method in base.methods), reverse=True)}",
            f"vision = {str(base.images).lower()}",
            f"train_usd = {train}",
            f"input_usd = {read}",
            f"output_usd = {write}",
            'encoding = "o200k_base"',
            f"max_example_tokens = {base.example_tokens}",
            f"context_window = {TUNED_WINDOW}",
            f"trainable_until = {TRAINING_ENDS + shift}",
            f"serves_until = {base.shutdown + shift}",
            f'notes = "{notes}"',
        ]
    return "\n".join(lines) + "\n"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


_BY_NAME = {name: base for base in BASES for name in (base.id, base.alias) if name}


def find(name: str) -> Base | None:
    """The base model of that id or alias."""
    return _BY_NAME.get(name)
