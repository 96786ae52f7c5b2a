"""Writes students' names for a set: the parts of a name in the index, and the caption below a candid.

A caption has the students who may be named, the event, the day and the photographer's text. Free text goes in as a whole
if it names no one else of the roster. Otherwise all of it is left out: a shortened text could still be read as about
another student. A picture that hides a person has no free text below it. A day is always written in one form, even if
somebody on the roster is called August: a form that varies would reveal that.
"""

# ruff: noqa: RUF001 - characters that look like others are what this is about

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from dam_plugin.model import Appearance, StudentRecord
from dam_plugin.people.names_in_text import RosterNames
from dam_plugin.procedure.clauses import listed
from dam_plugin.procedure.in_words import MONTHS
from dam_plugin.procedure.in_words import day as in_words
from dam_plugin.procedure.purposes import folded_event
from dam_plugin.store import StoredAsset
from dam_plugin.yearbook.judge import Judged
from dam_plugin.yearbook.profiles import Profile
from dam_plugin.yearbook.spreadsheet import COMPUTES, without_formula
from dam_tagging.facts import About
from dam_tagging.rules.compare_texts import day_of

Way = Literal["left out", "spelled", "marked", "replaced", "begun", "cut"]
TOLD: dict[Way, str] = {
    "left out": "characters that print nothing, or emoji, were left out",
    "spelled": "letters that its encoding does not have were spelled with others",
    "marked": "letters of a script that its encoding does not have stand as question marks",
    "replaced": "quotation marks or delimiters were replaced",
    "begun": "characters that make a spreadsheet compute were taken from the beginning",
    "cut": "a long text was cut",
}
"""The message for each kind of change to a text."""
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
"""Spellings of characters that an encoding does not have, not even without their accents."""
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "So", "Me", "Zl", "Zp"})
_BREAKS = frozenset("\t\n\v\f\r\x85\u2028\u2029")
_SELECTORS = (("\ufe00", "\ufe0f"), ("\U000e0100", "\U000e01ef"), ("\U0001f3fb", "\U0001f3ff"))
"""Characters that change the look of the one before them (variation selectors, skin tones) and show nothing by themselves."""
_DELIMITERS = {"\t": " ", ",": " ", ";": ",", "|": "/"}
LONGEST_CAPTION = 500
_LONGEST_EVENT = 120
_LONGEST_NAME = 120
_RIGHT_OF_ALL = 2.0
# A whole day as captions write it. No word of it is anybody's name; what stands before it and behind it is read apart.
_DAY = re.compile(rf"\b(?:{'|'.join(MONTHS)}) [0-9]{{1,2}}, [0-9]{{4}}\b")
_APART = " ; "


@dataclass(frozen=True, slots=True)
class Held:
    """A text in the form that a format can hold, and its changes from the text on file."""

    text: str
    ways: frozenset[Way] = frozenset()


@dataclass(frozen=True, slots=True)
class Caption:
    """Caption: one line of plain text (null: no caption), and the students that it names, from left to right."""

    text: str | None = None
    named: tuple[str, ...] = ()


class Captions:
    """Writes the captions of one set."""

    def __init__(self, students: Iterable[StudentRecord], ordered: str | None = None) -> None:
        """Take everybody of the roster, those who left too; `ordered` is the event in the set's query."""
        self._roster = RosterNames(students)
        self._ordered = folded_event(ordered) if ordered is not None else None

    def caption(self, judged: Judged, stored: StoredAsset, student: Callable[[str], StudentRecord | None]) -> Caption:
        """Return the caption of a recording as it was judged: at most 500 characters without controls.

        `student` gives the records of those who are in it, as `Judge.student` does. The caption holds no part of the
        name of anybody else on the roster. Exceptions are ordinary words that are written as such, months of days, and
        parts of the names of those who may be named.
        """
        nameable = {each: record for each in _from_left(judged, stored) if (record := student(each)) is not None}
        names = {each: named for each, record in nameable.items() if (named := _display(record))}
        own = [name for record in nameable.values() for name in record.names]
        told = dict(_fitting(names))
        about = stored.about or About()
        if judged.decision.redact:
            # INVARIANT: no typed text stands below a picture that hides somebody: no list of names covers all the ways
            # in which it could reveal them (`three of us`, a nickname, a handle).
            about = replace(about, events=tuple(filter(self._is_ordered, about.events)), caption=None)
        what = ", ".join(filter(None, (self._event(about, own), _day(about))))
        head = ": ".join(filter(None, (listed(tuple(told.values())) if told else "", what)))
        text = self._free_text(about, own, LONGEST_CAPTION - len(head) - 2)
        if text is None or text.casefold() in head.casefold():
            return Caption(head or None, tuple(told))
        if told and all(stands_in(name, text) for name in told.values()):
            # They are introduced already.
            return Caption(_joined(text, what), tuple(nameable))
        # It may name the students who may be named.
        return Caption(". ".join(filter(None, (head, text))), tuple(nameable))

    def names_another(self, caption: str, named: Iterable[StudentRecord]) -> bool:
        """Return whether a caption that was written earlier names anybody of the roster but these and their guardians."""
        own = [(*each.all_names, *(name for _, name in each.named_guardians)) for each in named]
        return self._names_others(caption, [name for names in own for name in names])

    def _is_ordered(self, event: str) -> bool:
        return folded_event(event) == self._ordered

    def _event(self, about: About, own: Iterable[str]) -> str:
        events = (cut(one_line(each), _LONGEST_EVENT) for each in about.events)
        return next((each for each in events if each and not self._names_others(each, own)), "")

    def _free_text(self, about: About, own: Iterable[str], room: int) -> str | None:
        text = one_line(about.caption or "")
        return cut(text, room) or None if text and not self._names_others(text, own) else None

    def _names_others(self, text: str, own: Iterable[str]) -> bool:
        return self._roster.named_in(_DAY.sub(_APART, text), own)


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
    """Return a text as the format can hold it, and whether it differs from the one on file (blanks do not count).

    It is in NFC, on one line and in the profile's encoding. Removed are invisible characters (controls, direction
    marks, private use), emoji, and beginnings of spreadsheet formulas; also straight double quotes and delimiters where
    the profile does not quote. A letter outside the encoding loses its accents or is spelled with others. A letter of
    another script becomes a question mark, so that a name is never empty. Holding the result again changes nothing.
    """
    whole = as_held(text, profile)
    return whole.text, bool(whole.ways)


def as_held(text: str, profile: Profile) -> Held:
    """Return the result of `held`, with the changes to the text."""
    ways: set[Way] = set()
    # The result of one step may need another step, above all at the edges: the returned text is one that no step
    # changes.
    while (again := _once(text, profile, ways)) != text:
        text = again
    return Held(text, frozenset(ways))


def one_line(text: str) -> str:
    """Return a text as one line in NFC, without controls, direction marks and other invisible characters.

    It does not begin as a spreadsheet's formula does.
    """
    kinds = ((each, unicodedata.category(each)) for each in unicodedata.normalize("NFC", text))
    seen = "".join(" " if each.isspace() else each for each, kind in kinds if each.isspace() or kind[0] != "C")
    return without_formula(unicodedata.normalize("NFC", " ".join(seen.split())))


def cut(text: str, longest: int) -> str:
    """Return a text of at most so many characters, cut at the end of a word: "" where not even one word fits."""
    if len(text) <= longest:
        return text
    return text[: max(0, longest) + 1].rpartition(" ")[0]


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
    """Return a visible character unchanged, a blank for one that separates words, nothing for any other."""
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
    """Return the replacement of a character that does not fit: its base, another spelling, or a question mark."""
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
    """Return a text without a beginning that a spreadsheet would compute, and without marks that have no base character."""
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


def _day(about: About) -> str:
    taken = day_of(about.taken)
    return in_words(taken) if taken else ""


def stands_in(name: str, text: str) -> bool:
    """Return whether a name stands in a text, in whole words."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _joined(text: str, what: str) -> str:
    """Return a sentence joined with the next one."""
    return " ".join(filter(None, (text if text.endswith((".", "!", "?")) or not what else f"{text}.", what)))


def _from_left(judged: Judged, stored: StoredAsset) -> list[str]:
    """Return the students who may be named and can be seen, from left to right; those without a known place come last."""
    seen = (each for each in stored.tagging.appearances if each.identifiable and each.student in judged.may_be_named)
    places = {each.student: _place(each) for each in seen}
    return sorted(places, key=lambda student: (places[student], student))


def _place(seen: Appearance) -> float:
    return min((region.x + region.w / 2 for region in seen.regions), default=_RIGHT_OF_ALL)


def _display(record: StudentRecord) -> str:
    return one_line(record.names[0])[:_LONGEST_NAME].strip() if record.names else ""


def _fitting(names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield as many names as fit beside an event and a day."""
    room = LONGEST_CAPTION - _LONGEST_EVENT - _LONGEST_NAME
    for student, name in names.items():
        room -= len(name) + len(" and ")
        if room < 0:
            return
        yield student, name
