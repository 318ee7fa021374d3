"""What an answer is like: a refusal, empty, cut off, in which language, on a delicate matter; looks at one text only.

These are hints from the shape of a text and a few tell-tale phrases, not judgements of what it means.
"""

import re
from collections import Counter

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
_PLACES = (
    ("{{", re.compile(r"(?<![\w}\\$])\{\{ ?[A-Za-z_][\w .-]{0,40}\}\}(?!\})")),
    (
        "[",
        re.compile(
            rf"\[(?=[A-Z])(?:[A-Za-z']+[ _-]){{0,3}}(?i:{_FILLED})\](?![(\[:])"
            r"|\[(?i:your|insert|enter|fill in)[ _][^\]\n]{1,40}\](?![(\[:])"
        ),
    ),
    ("<", re.compile(r"<(?i:your|insert|enter)[ _-][^<>\n]{1,40}>")),
)
"""How people mark what is to be filled in, such as {{name}}, [NAME], [Your Company] and <your text>."""

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)

_SENSITIVE_WORDS = (
    "suicide suicidal self-harm porn porno pornography pornographic rape raped rapist genocide behead beheaded"
    " beheading cocaine heroin explosives 자살 자해 성폭행 포르노 음란물 마약"
    " vermin subhuman subhumans nigger niggers faggot faggots kike kikes racist racists racism sexist misogynist"
    " antisemitic antisemitism islamophobia homophobic homophobia transphobic xenophobic nazi nazis hateful"
    " harass harassed harassing harassment bullying cyberbullying stalking doxxing"
    " 혐오 인종차별 한남충 맘충 김치녀 짱깨 쪽바리 성희롱 괴롭힘 따돌림"
)
_SENSITIVE = frozenset(_SENSITIVE_WORDS.encode().split())
_SENSITIVE_STEMS = tuple(word for word in _SENSITIVE if not word.isascii())
_PUNCTUATION = b".,;:!?\"'()[]*_/"
_APART = bytes.maketrans(_PUNCTUATION, b" " * len(_PUNCTUATION))

_SAMPLE = 240
_LEAST_LETTERS = 10
_FOREIGN_SHARE = 0.2
"""A text with so many letters of another script is in that language, however many English terms it holds."""

_KANA_SHARE = 0.1
"""Japanese writes most nouns in Chinese characters, but never only them."""

_SCRIPTS = {
    **dict.fromkeys((0x03,), "Greek"),
    **dict.fromkeys((0x04,), "Cyrillic"),
    **dict.fromkeys((0x05,), "Hebrew"),
    **dict.fromkeys((0x06, 0x07), "Arabic"),
    **dict.fromkeys((0x09,), "Devanagari"),
    **dict.fromkeys((0x0E,), "Thai"),
    **dict.fromkeys((0x30,), "Japanese"),
    **dict.fromkeys(range(0x4E, 0xA0), "Chinese"),
    **dict.fromkeys(range(0xAC, 0xD8), "Korean"),
}
"""The scripts of Unicode's blocks, by the code point's high byte; what else such a block holds is rare."""

_LITTLE_WORDS = {
    "English": "the and is of to in that for with are this you it was on",
    "Spanish": "el los las una que para con por del es está como más pero y",
    "French": "le les des une est dans pour que qui avec sur pas vous et du",
    "German": "der die das und ist nicht mit ein eine für auf den von sie zu",
    "Portuguese": "os uma que para com não em por mais como do da é ao são",
    "Italian": "il gli una che per con non di è sono della nel anche più si",
}
_LITTLE = {language: frozenset(words.split()) for language, words in _LITTLE_WORDS.items()}


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
    shapes = [shape for mark, shape in _PLACES if mark in text and (answer or mark != "[")]
    if not any(shape.search(text) for shape in shapes):
        return False
    told = _CODE.sub(" ", text)
    return any(shape.search(told) for shape in shapes)


def is_sensitive(text: str) -> bool:
    """Whether a text touches what providers test a tuned model for; a hint, it may well be about helping."""
    encoded = text.encode().lower()
    words = encoded.translate(_APART).split()
    if not _SENSITIVE.isdisjoint(words):
        return True
    # Korean joins what follows to the word; inside of one, the same syllables mean something else.
    if not any(stem in encoded for stem in _SENSITIVE_STEMS):
        return False
    return any(word.startswith(_SENSITIVE_STEMS) for word in words)


def language_of(text: str) -> str:
    """The language, or the script where that is all that shows; empty when there is too little to tell."""
    text = text[:_SAMPLE]
    if not text.isascii():
        letters = [each for each in text if each.isalpha()]
        scripts = Counter(script for each in letters if (script := _SCRIPTS.get(ord(each) >> 8)))
        for script, count in scripts.most_common(1):
            if count >= max(_LEAST_LETTERS, _FOREIGN_SHARE * len(letters)):
                return (
                    "Japanese"
                    if script == "Chinese" and scripts["Japanese"] > _KANA_SHARE * count
                    else script
                )
    words = text.lower().split()
    hits = {name: sum(map(little.__contains__, words)) for name, little in _LITTLE.items()}
    best, second = sorted(hits.values(), reverse=True)[:2]
    return max(hits, key=lambda name: hits[name]) if best >= 4 and best >= 2 * second else ""
