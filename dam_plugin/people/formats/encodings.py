"""How the bytes of a table are text: UTF-8, the UTF-16 of a byte order mark, or a code page where that is sure.

Excel writes CSV in the code page of its machine: Windows-1252 on Windows, Mac Roman on older Macs. A file says nothing of
that, but its words do: `José` in the one reads as `JosÈ` in the other. A reading is sure if the words that only one of both
can mean are that one's. Everything else is refused: a name read wrongly finds nobody, and hides nobody.
"""

from __future__ import annotations

import codecs
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, Final

_CHUNK = 2**20
# As many words with a letter beyond ASCII as settle the question.
_MOST_WORDS = 20_000
# One in so many words may be none in the code page that is taken.
_FEW = 20
_WORD = re.compile(rb"[A-Za-z'\x80-\xff]{1,60}")
_SAVE: Final = "save the file as CSV UTF-8 (in Excel: Save As, CSV UTF-8)"
_WINDOWS, _MAC = "cp1252", "mac_roman"
_CALLED = {_WINDOWS: "Windows-1252, as Excel on Windows writes it", _MAC: "Mac Roman, as Excel on older Macs writes it"}
_UPPER = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØŒÙÚÛÜÝŸŠŽ"
_LOWER = "àáâãäåæçèéêëìíîïñòóôõöøœùúûüýÿšžß"
# The apostrophes of word processors.
_WITHIN = "\u2019\u2018\u02bc`\u00b4"


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoding by Python's name, what to note of it, and what to say of a line that is not in it."""

    name: str
    note: str | None = None
    refusal: str = f"is not UTF-8 text: {_SAVE}"

    @property
    def is_wide(self) -> bool:
        """Whether a character has two bytes."""
        return self.name == "utf-16"


def encoding_of(file: IO[bytes]) -> Encoding:
    """Return the encoding of an open file, which is left at its beginning; the file is read once unless a mark tells."""
    start = file.read(4)
    file.seek(0)
    if start.startswith(codecs.BOM_UTF8):
        return Encoding("utf-8")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        told = "is UTF-16, as Excel writes Unicode text: it was read so"
        return Encoding("utf-16", told, f"is damaged UTF-16 text: {_SAVE}")
    try:
        words = None if _is_utf8(file) else _words(file)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
        # Where it is damaged is found when its lines are read.
        words = None
    file.seek(0)
    return Encoding("utf-8") if words is None else _of_code_page(words)


def _is_utf8(file: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True


def _words(file: IO[bytes]) -> set[bytes]:
    """Return the words that have a byte beyond ASCII; a few that a chunk cuts are left out."""
    found: set[bytes] = set()
    while len(found) < _MOST_WORDS and (chunk := file.read(_CHUNK)):
        found.update(word for word in _WORD.findall(chunk) if not word.isascii())
    return found


def _of_code_page(words: set[bytes]) -> Encoding:
    readings = [(_is_plausible(word, _WINDOWS), _is_plausible(word, _MAC)) for word in words]
    windows = sum(one and not other for one, other in readings)
    mac = sum(other and not one for one, other in readings)
    neither = sum(not one and not other for one, other in readings)
    most, least, name = (windows, mac, _WINDOWS) if windows >= mac else (mac, windows, _MAC)
    if not most or (least + neither) * _FEW > len(words):
        return Encoding("utf-8", refusal=f"is not UTF-8 text, and no code page is sure: {_SAVE}")
    told = f"is no UTF-8: it was read as {_CALLED[name]}; look at a name with an accent, and if it is wrong, {_SAVE}"
    return Encoding(name, told, f"has a character that is not in {name}: {_SAVE}")


def _is_plausible(word: bytes, encoding: str) -> bool:
    """Whether a word may be a name as read in a code page: letters of western names, and capitals where names have them."""
    try:
        text = word.decode(encoding)
    except UnicodeDecodeError:
        return False
    strange = [at for at, each in enumerate(text) if not each.isascii()]
    if len(strange) * 2 > len(text) or any(text[at] not in f"{_UPPER}{_LOWER}{_WITHIN}" for at in strange):
        return False
    return all(_fits(text, at) for at in strange)


def _fits(text: str, at: int) -> bool:
    before, letter, after = text[at - 1 : at], text[at], text[at + 1 : at + 2]
    if letter in _WITHIN:
        return before.isalpha() and (not after or after.isalpha())
    if letter in _LOWER:
        return (
            not after.isupper()
            and (not before or before in f"'{_WITHIN}" or before.isalpha())
            and not _all_upper(text, at)
        )
    # A capital begins a word, stands after an apostrophe, or in a word of capitals.
    return not before or before in f"'{_WITHIN}" or not any(each.islower() for each in text)


def _all_upper(text: str, at: int) -> bool:
    others = [each for place, each in enumerate(text) if place != at and each.isalpha()]
    return len(others) > 1 and all(each.isupper() for each in others)
