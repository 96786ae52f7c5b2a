"""Names as an index takes them: the parts of a student's name, and a text as a publisher's format can hold it. Pure."""

# ruff: noqa: RUF001 - characters that look like others are what this is about

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from dam_plugin.model import StudentRecord
from dam_plugin.yearbook.profiles import Profile
from dam_plugin.yearbook.spreadsheet import COMPUTES

Way = Literal["left out", "spelled", "marked", "replaced", "begun", "cut"]
TOLD: dict[Way, str] = {
    "left out": "characters that print nothing, or emoji, were left out",
    "spelled": "letters that its encoding does not have were spelled with others",
    "marked": "letters of a script that its encoding does not have stand as question marks",
    "replaced": "quotation marks or delimiters were replaced",
    "begun": "characters that make a spreadsheet compute were taken from the beginning",
    "cut": "a long text was cut",
}
"""What is told of each way in which a text was written otherwise than it is on file."""
LONGEST = 120
"""Characters of a cell: no name that is printed is longer."""
UNKNOWN = "?"

_SPELLED = {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d",
    "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "n", "Ŋ": "N", "ŧ": "t",
    "Ŧ": "T", "ĸ": "k", "ə": "e", "Ə": "E", "ƒ": "f", "ɓ": "b", "Ɓ": "B", "ɗ": "d", "Ɗ": "D", "ƙ": "k", "Ƙ": "K",
    "ƴ": "y", "Ƴ": "Y", "ɨ": "i", "ʻ": "'", "ʼ": "'", "ʽ": "'", "ˈ": "'", "′": "'", "ʿ": "'", "ʾ": "'", "‘": "'",
    "’": "'", "‚": ",", "‛": "'", "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "⁄": "/", "·": ".", "…": "...", "´": "'",
}  # fmt: skip
"""What stands for a character where an encoding does not have it, and taking its accents off does not help."""
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "So", "Me", "Zl", "Zp"})
_BREAKS = frozenset("\t\n\v\f\r\x85\u2028\u2029")
_SELECTORS = (("\ufe00", "\ufe0f"), ("\U000e0100", "\U000e01ef"), ("\U0001f3fb", "\U0001f3ff"))
"""Which look a character takes, and skin tones of emoji: nothing of their own is left without these."""
_DELIMITERS = {"\t": " ", ",": " ", ";": ",", "|": "/"}


@dataclass(frozen=True, slots=True)
class Held:
    """A text as a format holds it, and in which ways it is not what is on file."""

    text: str
    ways: frozenset[Way] = frozenset()


def parts(record: StudentRecord) -> tuple[str, str, bool]:
    """Return a student's given name, family name, and whether the roster tells the two apart.

    Where it does not, the display name is split at its last blank; a name of one part is a family name.
    """
    if record.given or record.family:
        return record.given or "", record.family or "", True
    name = " ".join(record.names[0].split()) if record.names else ""
    given, _, family = name.rpartition(" ")
    return given, family, False


def held(text: str, profile: Profile) -> tuple[str, bool]:
    """Return a text as the format can hold it, and whether that is another one than is on file (blanks do not count).

    It is in NFC, on one line and in the profile's encoding; without characters that print nothing (controls, direction
    marks, private use), emoji, and beginnings of spreadsheet formulas; without straight double quotes and delimiters
    where the profile does not quote. A letter that the encoding does not have loses its accents or is spelled with
    others; one of another script is a question mark, so that a name is never empty. Holding it again changes nothing.
    """
    whole = as_held(text, profile)
    return whole.text, bool(whole.ways)


def as_held(text: str, profile: Profile) -> Held:
    """Return what `held` returns, with the ways in which it is another text."""
    ways: set[Way] = set()
    # What one step leaves may be another's to change, at the edges above all: what is returned is what no step changes.
    while (again := _once(text, profile, ways)) != text:
        text = again
    return Held(text, frozenset(ways))


def _once(text: str, profile: Profile, ways: set[Way]) -> str:
    text = unicodedata.normalize("NFC", "".join(_visible(each, ways) for each in text))
    if profile.encoding != "utf-8":
        text = _spelled(text, lambda each: _fits(each, profile.encoding), ways)
    if profile.quoting == "none":
        text = _unquoted(text, profile.delimiter, ways)
    text = _begun(" ".join(text.split()), ways)
    if len(text) > LONGEST:
        ways.add("cut")
        text = text[:LONGEST].rstrip()
    if profile.encoding != "utf-8" and _is_ambiguous(text, profile.encoding):
        text = _spelled(text, str.isascii, ways)
    return text


def _visible(each: str, ways: set[Way]) -> str:
    """Return a character that prints, a blank for whatever parts words, nothing for the rest."""
    category = unicodedata.category(each)
    if category == "Zs":
        return " "
    if category in _DROPPED or any(low <= each <= high for low, high in _SELECTORS):
        ways.add("left out")
        return " " if each in _BREAKS else ""
    return each


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _spelled(text: str, fits: Callable[[str], bool], ways: set[Way]) -> str:
    return "".join(each if fits(each) else _spelling(each, fits, ways) for each in text)


def _spelling(each: str, fits: Callable[[str], bool], ways: set[Way]) -> str:
    """Return what stands for a character that does not fit: its base, another spelling, or a question mark."""
    without = "".join(
        part if fits(part) else _SPELLED.get(part, "")
        for part in unicodedata.normalize("NFKD", _SPELLED.get(each, each))
    )
    if without.strip():
        ways.add("spelled")
        return without
    if unicodedata.category(each)[0] in "LN":
        ways.add("marked")
        return UNKNOWN
    ways.add("left out")
    return ""


def _unquoted(text: str, delimiter: str, ways: set[Way]) -> str:
    instead = text.replace('"', "'").replace(delimiter, _DELIMITERS[delimiter])
    if instead != text:
        ways.add("replaced")
    return instead


def _begun(text: str, ways: set[Way]) -> str:
    """Return a text without what would make a spreadsheet compute it, and without marks that stand on nothing."""
    start = 0
    while start < len(text) and (text[start] in COMPUTES + " " or unicodedata.category(text[start])[0] == "M"):
        start += 1
    if start:
        ways.add("begun")
    return text[start:]


def _is_ambiguous(text: str, encoding: str) -> bool:
    """Whether the bytes of a text would be read as UTF-8, which is what readers try first."""
    if text.isascii():
        return False
    try:
        text.encode(encoding).decode()
    except UnicodeDecodeError:
        return False
    return True
