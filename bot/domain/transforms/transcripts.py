"""Takes a conversation out of a text in which marks part the turns: ChatML, Llama's [INST], Human:/Assistant:, Alpaca.

The marks are taken off, and so is what tools of the time of completions put at the ends of prompts and answers: a
chat has its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.datasets.inspection import role_of

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


_QUESTION_END = re.compile(r"(?<!\s)\s*(?:#{3,64}|-{3,64}|={3,64}|->|=>|>>>|\|\|\|)\s{0,64}\Z")
_ANSWER_END = re.compile(r"(?<!\s)\s*(?:#{3,64}|<\|endoftext\|>|</s>|\b(?:END|STOP)\b)\s{0,64}\Z")


@dataclass(frozen=True, slots=True)
class Endings:
    """What every question and every answer ends with besides its text; `space`: every answer begins with a space."""

    question: str = ""
    answer: str = ""
    space: bool = False

    def without_question_end(self, text: str) -> str:
        """A question without it."""
        return text.removesuffix(self.question)

    def without_answer_end(self, text: str) -> str:
        """An answer without it."""
        return (text.removeprefix(" ") if self.space else text).removesuffix(self.answer)

    def told(self) -> list[str]:
        """What is taken off, in words."""
        found = (
            (self.question, f'"{self.question.strip()}" after questions'),
            (self.answer, f'"{self.answer.strip()}" after answers'),
            (self.space, "the space before answers"),
        )
        return [words for there, words in found if there]


NONE = Endings()


def endings_of(questions: Sequence[object], answers: Sequence[object]) -> Endings:
    """What all of these end with; nothing where they are too few to tell."""
    answered = [each for each in answers if isinstance(each, str)]
    return Endings(
        _common(_QUESTION_END, questions),
        _common(_ANSWER_END, answers),
        len(answered) > 1 and all(each.startswith(" ") for each in answered),
    )


def _common(pattern: re.Pattern[str], texts: Sequence[object]) -> str:
    """The end that all of these texts share, if the pattern knows it."""
    known = [each for each in texts if isinstance(each, str) and each.strip()]
    if len(known) < 2 or (found := pattern.search(known[0][-_LONGEST:])) is None:
        return ""
    end = found.group()
    return end if all(each.endswith(end) for each in known) else ""


_LONGEST = 64
"""Characters at a text's end that are looked at."""
