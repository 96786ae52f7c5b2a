"""A text as its reader sees it, and the words in it: entities, percent signs and unseen marks undone. No I/O."""

from __future__ import annotations

import html
import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from dam_tagging.written_names import UNSPACED, folded, within

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_LAST_WITH_MARKS = 0x1C00
_APOSTROPHES = "'\u2019\u2018\u02bc\u0060\u00b4\u02bb\uff07"
_OWNED = re.compile(f"[{_APOSTROPHES}]s$", re.IGNORECASE)


def legible(text: str) -> str:
    """Return a text without HTML entities, percent-encoding and signs that nobody sees; letters are composed."""
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "%" in text:
        text = _PERCENT.sub(_decoded, text)
    if "\\u" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text)
    return "".join(each for each in composed if unicodedata.category(each) != "Cf" and not _is_drawn(each))


def parted_by_unseen(text: str) -> str:
    """Return a text with a space for each sign that nobody sees: it may be all that parts the words of a name."""
    if text.isascii():
        return text
    return "".join(" " if unicodedata.category(sign) == "Cf" else sign for sign in text)


def _decoded(found: re.Match[str]) -> str:
    # Bytes that are no UTF-8 stay as they are: "100%25" is none, and Latin-1 is what old programs wrote.
    data = bytes.fromhex(found[0].replace("%", ""))
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _is_drawn(sign: str) -> bool:
    """Whether a sign is a picture, or chooses how one is drawn: it parts no letters."""
    return unicodedata.category(sign) == "So" and sign > "\u2000" or "\ufe00" <= sign <= "\ufe0f"


def _marks() -> str:
    """Return the combining marks as the inside of a character class."""
    marks = [code for code in range(0x300, _LAST_WITH_MARKS) if unicodedata.category(chr(code)) in ("Mn", "Mc")]
    return "".join(map(chr, marks)) + "\u3099\u309a"


_LETTER = f"[^\\W\\d_][{_marks()}]*"
TOKEN = re.compile(f"{_LETTER}(?:[{_APOSTROPHES}]?{_LETTER})*|\\d+")


@dataclass(slots=True)
class Word:
    """A word or a number of a text, folded, with where it stands. `owned`: it ends with an apostrophe and an s.

    `inner`: it is a piece of what is written together. `capital`: it begins as names do, as far as its text tells.
    """

    folded: str
    start: int
    end: int
    capital: bool
    owned: bool = False
    inner: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it is digits alone."""
        return self.folded.isdecimal()


def fold(word: str) -> str:
    """Return a word without case, accents and apostrophes; letters that look alike are one."""
    for sign in _APOSTROPHES:
        word = word.replace(sign, "")
    if word.isascii():
        return sys.intern(word.lower())
    return folded(word)


def words_in(text: str) -> Iterator[Word]:
    """Yield the words and numbers of a legible text, as they stand there."""
    cased = any(map(str.isupper, text))
    for found in TOKEN.finditer(text):
        raw, start = found[0], found.start()
        end = found.end()
        owned = len(raw) > 3 and _OWNED.search(raw) is not None
        if owned:
            raw = raw[:-2]
        yield Word(fold(raw), start, end, capital=not cased or not raw[0].islower(), owned=owned)


def humps(word: Word, text: str) -> list[Word]:
    """Return the words within one that is written as `JordanLee`; none where it is one."""
    raw = text[word.start : word.end]
    return [
        Word(fold(raw[start:end]), word.start + start, word.start + end, capital=True, inner=True)
        for start, end in within(raw)
    ]


def unspaced_runs(text: str) -> Iterator[tuple[int, str]]:
    """Yield what is written in a script without spaces, with where it begins."""
    if not text.isascii():
        for found in UNSPACED.finditer(text):
            yield found.start(), found[0]
