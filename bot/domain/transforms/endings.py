"""What a tool of the time of completions put at the ends of prompts and answers to part them; a chat has no use for it.

Told by its being at the end of every text of a column: what one text alone ends with is that text's own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

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
