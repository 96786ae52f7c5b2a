"""Decodes a text (entities, percent signs, invisible marks) as a reader sees it, and splits it into words. No I/O."""

from __future__ import annotations

import html
import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from dam_tagging.names.written_names import UNSPACED, folded, within

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_LAST_WITH_MARKS = 0x1C00
_APOSTROPHES = "'\u2019\u2018\u02bc\u0060\u00b4\u02bb\uff07"
_WITHOUT_APOSTROPHES = dict.fromkeys(map(ord, _APOSTROPHES))
_OWNED = re.compile(f"[{_APOSTROPHES}]s$", re.IGNORECASE)


def legible(text: str) -> str:
    """Return a text without HTML entities, percent-encoding and invisible characters; letters are composed."""
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "%" in text:
        text = _PERCENT.sub(_decoded, text)
    if "\\u" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text.translate(_LETTERS_AS_SIGNS))
    return "".join(each for each in composed if unicodedata.category(each) != "Cf" and not _is_drawn(each))


def parted_by_unseen(text: str) -> str:
    """Return a text with a space for each invisible character: it may be all that separates the words of a name."""
    if text.isascii():
        return text
    return "".join(" " if unicodedata.category(sign) == "Cf" else sign for sign in text)


_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Letters in circles, squares and brackets, and the halves of flags.
_LETTERS_AS_SIGNS = {
    first + at: letter
    for first, letters in (
        (0x24B6, _CAPITALS), (0x24D0, _CAPITALS.lower()), (0x249C, _CAPITALS.lower()), (0x1F110, _CAPITALS),
        (0x1F130, _CAPITALS), (0x1F150, _CAPITALS), (0x1F170, _CAPITALS), (0x1F1E6, _CAPITALS),
    )
    for at, letter in enumerate(letters)
}  # fmt: skip


def _decoded(found: re.Match[str]) -> str:
    # Bytes that are no UTF-8 stay unchanged: old programs wrote Latin-1.
    data = bytes.fromhex(found[0].replace("%", ""))
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _is_drawn(sign: str) -> bool:
    """Whether a sign is a picture, or changes how one is drawn. Such a sign does not separate letters."""
    return (unicodedata.category(sign) == "So" and sign > "\u2000") or "\ufe00" <= sign <= "\ufe0f"


def _marks() -> str:
    """Return the combining marks, written for a character class."""
    marks = [code for code in range(0x300, _LAST_WITH_MARKS) if unicodedata.category(chr(code)) in ("Mn", "Mc")]
    return "".join(map(chr, marks)) + "\u3099\u309a"


_LETTER = f"[^\\W\\d_][{_marks()}]*"
TOKEN = re.compile(f"{_LETTER}(?:[{_APOSTROPHES}]?{_LETTER})*|\\d+")


@dataclass(slots=True)
class Word:
    """A word or a number of a text, folded, with its place. `owned`: it ends with an apostrophe and an s.

    `inner`: it is a piece of a longer word. `capital`: it begins like a name, as far as its text shows.
    """

    folded: str
    start: int
    end: int
    capital: bool
    owned: bool = False
    inner: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it has only digits."""
        return self.folded.isdecimal()


@lru_cache(maxsize=16_384)
def fold(word: str) -> str:
    """Return a word without case, accents and apostrophes, and with one letter for letters that look alike."""
    plain = word.translate(_WITHOUT_APOSTROPHES)
    return sys.intern(plain.lower() if plain.isascii() else folded(plain))


def words_in(text: str) -> Iterator[Word]:
    """Yield the words and numbers of a text from `legible`, in order."""
    cased = any(map(str.isupper, text))
    for found in TOKEN.finditer(text):
        raw, start = found[0], found.start()
        end = found.end()
        # "Rosalind A's solo": a capital letter may be an initial that owns something.
        owned = (len(raw) > 3 or raw[0].isupper()) and _OWNED.search(raw) is not None
        if owned:
            raw = raw[:-2]
        yield Word(fold(raw), start, end, capital=not cased or not raw[0].islower(), owned=owned)


def humps(word: Word, text: str) -> list[Word]:
    """Return the words within a word such as `JordanLee`; none if it is a single word."""
    raw = text[word.start : word.end]
    return [
        Word(fold(raw[start:end]), word.start + start, word.start + end, capital=True, inner=True)
        for start, end in within(raw)
    ]


def unspaced_runs(text: str) -> Iterator[tuple[int, str]]:
    """Yield the runs in a script without spaces, each with its start."""
    if not text.isascii():
        for found in UNSPACED.finditer(text):
            yield found.start(), found[0]
