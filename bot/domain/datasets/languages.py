"""Which language a text is in, where that is plain to see; looks at one text only.

Most files are in English, Korean, Japanese or Chinese, which a few words or letters tell. For what is left a library is
asked, which is loaded with the first such text: that takes 30 milliseconds and 6 MB.
"""

import re
from functools import cache
from importlib import resources
from typing import Any

_SAMPLE = 240
_FOREIGN_SHARE = 0.15
"""A text with so many characters of another script is in that language, however many English terms it holds."""

_KANA_SHARE = 0.1
"""Japanese writes most nouns in Chinese characters, but never only them."""

_LEAST_LETTERS = 10
_LEAST_LATIN = 40
_SURE = 0.6
"""Letters below which too little is said to tell, and the library's own certainty (0 to 1) below which it guesses."""

_HANGUL, _HANZI, _KANA = (re.compile(f"[{first}-{last}]") for first, last in ("가힣", "一鿿", "ぁヿ"))

_ENGLISH_WORDS = "the and that with this you your are from will which would there their when what"
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
"""Words that other languages do not have, unlike "is", "in" and "for"."""

_LEAST_ENGLISH = 2

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+", re.DOTALL)
_BEGINS_CODE = re.compile(
    r"(?:[{\[<#@]|(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|WITH)\b"
    r"|(?:import|from|def|class|function|const|let|var|public|private|return|package|using|select|async)\s)"
)
_MARKS = re.compile(r"[{}()\[\];=<>_/\\|&$#@*+^~]")
_CODE_SHARE = 0.06
"""Marks among the characters: prose has one or two in a hundred, code ten."""

_NAMES = {
    "af": "Afrikaans", "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali",
    "bs": "Bosnian", "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "ga": "Irish", "gl": "Galician", "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi",
    "hr": "Croatian", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "is": "Icelandic", "it": "Italian",
    "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh", "km": "Khmer", "kn": "Kannada", "ko": "Korean",
    "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "ml": "Malayalam", "mn": "Mongolian",
    "mr": "Marathi", "ms": "Malay", "my": "Burmese", "ne": "Nepali", "nl": "Dutch", "no": "Norwegian",
    "pa": "Punjabi", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak",
    "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil",
    "te": "Telugu", "th": "Thai", "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "uz": "Uzbek", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""How English calls the languages of ISO 639-1 that many write; of others nothing is said."""


def language_of(text: str) -> str:
    """The language of a text's beginning; empty for code, and when there is too little to tell."""
    text = text[: 2 * _SAMPLE]
    if "`" in text or "://" in text:
        text = _CODE.sub(" ", text)
    text = " ".join(text.split())[:_SAMPLE]
    if _BEGINS_CODE.match(text) or len(_MARKS.findall(text)) > _CODE_SHARE * len(text):
        return ""
    if not text.isascii() and (found := _by_letters(text)):
        return found
    is_english = len(_ENGLISH.intersection(text.lower().split())) >= _LEAST_ENGLISH
    return "English" if is_english else _asked(text)


def _by_letters(text: str) -> str:
    """The language that its letters alone tell."""
    least = max(_LEAST_LETTERS, _FOREIGN_SHARE * len(text))
    if len(_HANGUL.findall(text)) >= least:
        return "Korean"
    kana, hanzi = len(_KANA.findall(text)), len(_HANZI.findall(text))
    if kana + hanzi < least:
        return ""
    return "Japanese" if kana > _KANA_SHARE * hanzi else "Chinese"


def _asked(text: str) -> str:
    """What the library says of a text, where it is sure and there is enough to tell."""
    letters = sum(map(str.isalpha, text))
    if letters < (_LEAST_LATIN if letters and text.isascii() else _LEAST_LETTERS):
        return ""
    ((label,), (certainty,)) = _model().predict(text, k=1)
    return _NAMES.get(label.removeprefix("__label__"), "") if certainty >= _SURE else ""


@cache
def _model() -> Any:
    import fasttext  # noqa: PLC0415 - see above

    with resources.as_file(resources.files("bot") / "vocabularies" / "lid.176.ftz") as path:
        return fasttext.load_model(str(path))
