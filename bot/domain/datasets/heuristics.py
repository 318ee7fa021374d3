"""What an answer is like: a refusal, empty, cut off, unfilled, on a delicate matter; looks at one text only.

These are hints from the shape of a text and a few tell-tale phrases, not judgements of what it means.
"""

import re

_REFUSAL = re.compile(
    r"(?:(?:i['’]m |i am )?(?:really |very )?(?:sorry|afraid)[,.]? ?(?:but )?(?:that )?"
    r"|unfortunately,? |as an ai[^.]{0,40}, )?"
    r"(?:i (?:can['’]?t|cannot|can not|am unable to|am not able to|won['’]t)|i['’]m (?:unable|not able) to)"
    r" (?:\w+ ){0,2}(?:help|assist|answer|provide|do that|comply|fulfil|discuss|share|create|support|generate|give)"
    r"|as an ai(?: language)? model,? i (?:can|do not|don['’]t|am)"
    r"|(?:죄송|미안)[^.\n]{0,60}(?:수 없|어렵습니다|못합니다|못해요|불가능)|답변(?:해 ?드릴|할) 수 없"
    r"|(?:tut mir leid|leider)[^.\n]{0,40}kann ich[^.\n]{0,60}nicht"
    r"|(?:lo siento|disculpa)[^.\n]{0,40}no puedo|désolée?[^.\n]{0,40}ne (?:peux|puis) pas"
    r"|申し訳[^。\n]{0,60}(?:できません|いたしかねます)|(?:抱歉|对不起)[^。\n]{0,30}(?:无法|不能)",
    re.IGNORECASE,
)
_REFUSAL_WITHIN = 160
_MARKS = " \t\r\n\u00a0\u3000.,;:!?-–—_*#`'\"“”‘’()[]{}<>/\\|~…。、"
_PLACEHOLDERS = frozenset({"todo", "tbd", "nan", "undefined"})
_OPEN_ENDS = (",", "(", "[", "{", "、")
_DOTS = ("...", "…")
_CUT_BEFORE_DOTS = 40
_VERSE = 60
"""Characters: shorter lines than that, several of them, are verse or a list, whose ends say nothing.

What is cut off with dots was long; people end a short line so on purpose.
"""
_MID_SENTENCE = (
    "a an the and or but of to in with for from by as at is are was that which because than its their your"
    " der die das und oder ein eine mit für von zu le la les et ou de du des un une el los y o un una con"
)
_UNFINISHED = frozenset(_MID_SENTENCE.split())
_SHORTEST_CUT = 20
_OF_CODE = "```"

_FILLED = (
    "name|names|date|time|company|e-?mail|phone|address|number|city|country|link|url|title|product|amount|price"
    "|customer|location|position|department|topic|author"
)
_IN_BRACES = re.compile(r"(?<![\w}\\$])\{\{ ?[A-Za-z_][\w .-]{0,40}\}\}(?!\})")
_IN_ANGLES = re.compile(r"<(?i:your|insert|enter)[ _-][^<>\n]{1,40}>")
_IN_BRACKETS = re.compile(
    rf"\[(?=[A-Z])(?:[A-Za-z']{{1,20}}[ _-]){{0,3}}(?i:{_FILLED})\](?![(\[:])"
    r"|\[(?i:your|insert|enter|fill in)[ _][^\]\n]{1,40}\](?![(\[:])"
)
"""How people mark what is to be filled in, such as {{name}}, [NAME], [Your Company] and <your text>."""

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)

_SENSITIVE_WORDS = (
    "suicide suicidal self-harm porn porno pornography pornographic rape raped rapist genocide behead beheaded"
    " beheading cocaine heroin explosives 자살 자해 성폭행 포르노 음란물 마약"
    " vermin subhuman subhumans nigger niggers faggot faggots kike kikes racist racists racism sexist misogynist"
    " antisemitic antisemitism islamophobia homophobic homophobia transphobic xenophobic nazi nazis hateful"
    " harass harassed harassing harassment bullying cyberbullying stalking doxxing"
    " 혐오 인종차별 성희롱 괴롭힘"
)
_SENSITIVE = frozenset(_SENSITIVE_WORDS.encode().split())
_SENSITIVE_STEMS = tuple(word for word in _SENSITIVE if not word.isascii())
_PUNCTUATION = b".,;:!?\"'()[]*_/"
_APART = bytes.maketrans(_PUNCTUATION, b" " * len(_PUNCTUATION))


def is_refusal(answer: str) -> bool:
    """Whether an answer begins by declining to answer, in one of a few languages."""
    return _REFUSAL.match(answer[:_REFUSAL_WITHIN].lstrip()) is not None


def is_empty(answer: str) -> bool:
    """Whether an answer is nothing but spaces, punctuation marks or a placeholder."""
    return not answer.strip(_MARKS) or (len(answer) < 12 and answer.strip().lower() in _PLACEHOLDERS)


def is_cut(answer: str) -> bool:
    """Whether an answer breaks off: it trails away, or ends where no sentence and no block of code does."""
    if len(answer) < _SHORTEST_CUT:
        return False
    end = answer[-_SHORTEST_CUT:].rstrip()
    if _OF_CODE in answer and answer.count(_OF_CODE) % 2 == 1:
        return True
    if end.endswith((*_OPEN_ENDS, *_DOTS)):
        return not _is_meant(answer.rstrip())
    return end[-1:].isalpha() and end.split()[-1] in _UNFINISHED


def _is_meant(answer: str) -> bool:
    """Whether an open end is how its author writes: in verse, or with dots after a short line or more than once."""
    lines = answer.splitlines()
    if len(lines) > 2 and all(len(each) < _VERSE for each in lines):
        return True
    if not answer.endswith(_DOTS):
        return False
    # People type one character for dots on purpose; programs that cut write three more often.
    least = _CUT_BEFORE_DOTS if answer.endswith("...") else 2 * _CUT_BEFORE_DOTS
    return len(lines[-1]) < least or sum(map(answer.count, _DOTS)) > 1


def has_placeholder(text: str, *, answer: bool) -> bool:
    """Whether something was to be filled in and was not; `[NAME]` counts in an answer only.

    In a question it may be what hides a name. Code is full of such marks and does not count.
    """
    return _is_marked(text, answer=answer) and _is_marked(_CODE.sub(" ", text), answer=answer)


def _is_marked(text: str, *, answer: bool) -> bool:
    if "{{" in text and _IN_BRACES.search(text):
        return True
    if "<" in text and _IN_ANGLES.search(text):
        return True
    return answer and "[" in text and _IN_BRACKETS.search(text) is not None


def is_sensitive(text: str) -> bool:
    """Whether a text touches what providers test a tuned model for; a hint, it may well be about helping."""
    encoded = text.encode().lower()
    words = encoded.translate(_APART).split()
    if not _SENSITIVE.isdisjoint(words):
        return True
    # Korean joins what follows to the word; inside of one, the same syllables mean something else.
    if encoded.isascii() or not any(stem in encoded for stem in _SENSITIVE_STEMS):
        return False
    return any(word.startswith(_SENSITIVE_STEMS) for word in words)
