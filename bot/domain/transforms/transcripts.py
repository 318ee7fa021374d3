"""Takes a conversation out of a text in which marks part the turns: ChatML, Llama's [INST], Human:/Assistant:, Alpaca.

The marks are taken off: they are what a tool put between the turns, and a chat has its own.
"""

import re

from bot.domain.datasets.roles import role_of

Turn = dict[str, str]

_CHATML = re.compile(r"\s{0,200}+<\|im_start\|>(\w{1,40}+)\n(.*?)(?:<\|im_end\|>|\Z)", re.DOTALL)
_LLAMA = re.compile(
    r"(?:\s{0,50}+<s>)?\s{0,50}+\[INST\]((?:(?!\[INST\]).)*?)\[/INST\](.*?)(?:</s>|(?=<s>|\[INST\])|\Z)",
    re.DOTALL,
)
_LLAMA_SYSTEM = re.compile(r"\A\s*+<<SYS>>(.*?)<</SYS>>", re.DOTALL)
_SPEAKER = re.compile(r"(?:\A|\n\n)(Human|User|Assistant): ?")
_HEADING = re.compile(
    r"^### ?(System|Instruction|Human|User|Input|Response|Assistant):[ \t]*\n?", re.MULTILINE
)
_HEADED = {"instruction": "user", "response": "assistant"}


def turns_in(text: str) -> list[Turn]:
    """The turns of a text, an answer among them; none if it is no such text."""
    stripped = text.strip()
    for read in (_chatml, _llama, _speakers, _headings):
        turns = read(stripped)
        if any(turn["role"] == "assistant" for turn in turns):
            return turns
    return []


def _turn(speaker: str, content: str) -> Turn:
    return {"role": role_of(speaker) or "", "content": content.strip()}


def _whole(turns: list[Turn]) -> list[Turn]:
    return turns if all(turn["role"] for turn in turns) else []


def _chatml(text: str) -> list[Turn]:
    if not text.startswith("<|im_start|>"):
        return []
    turns, at = [], 0
    while at < len(text) and (found := _CHATML.match(text, at)):
        turns.append(_turn(found[1], found[2]))
        at = found.end()
    # What a prompt for the next answer leaves open is no turn.
    while turns and not turns[-1]["content"]:
        turns.pop()
    return _whole(turns) if not text[at:].strip() else []


def _llama(text: str) -> list[Turn]:
    if not text.startswith(("<s>", "[INST]")):
        return []
    turns, at = [], 0
    while at < len(text) and (found := _LLAMA.match(text, at)):
        asked, answered = found[1], found[2]
        if system := _LLAMA_SYSTEM.match(asked):
            turns.append(_turn("system", system[1]))
            asked = asked[system.end() :]
        turns.append(_turn("user", asked))
        if answered.strip():
            turns.append(_turn("assistant", answered))
        at = found.end()
    return turns if not text[at:].strip() else []


def _speakers(text: str) -> list[Turn]:
    marks = list(_SPEAKER.finditer(text))
    return _between(text, [(each.start(), each.end(), each[1]) for each in marks])


def _headings(text: str) -> list[Turn]:
    turns: list[Turn] = []
    marks = list(_HEADING.finditer(text))
    if marks and (before := text[: marks[0].start()].strip()):
        turns.append(_turn("system", before))
        text, shift = text[marks[0].start() :], marks[0].start()
    else:
        shift = 0
    spans = [(each.start() - shift, each.end() - shift, each[1].lower()) for each in marks]
    for turn in _between(
        text, [(start, end, _HEADED.get(name, name)) for start, end, name in spans], raw=True
    ):
        if turn["role"] == "input":
            if turn["content"] and turns:
                turns[-1]["content"] += f"\n\n{turn['content']}"
        else:
            turns.append(_turn(turn["role"], turn["content"]))
    return _whole(turns)


def _between(text: str, marks: list[tuple[int, int, str]], *, raw: bool = False) -> list[Turn]:
    """The turns between marks (where each begins and ends, and whose turn follows); none unless one comes first."""
    if not marks or marks[0][0]:
        return []
    ends = [start for start, _, _ in marks[1:]] + [len(text)]
    pieces = [(name, text[after:end]) for (_, after, name), end in zip(marks, ends, strict=True)]
    return [{"role": name, "content": said.strip()} if raw else _turn(name, said) for name, said in pieces]
