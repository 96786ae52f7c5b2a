"""What stands below a candid: those whom their status allows to be named, the event, the day, and the photographer's text.

Free text goes in whole where it names nobody of the roster but them, and is left out whole where it does: what is left of
it could still be read as about another one. Below a picture that hides somebody no free text stands at all. A day is written
in one form, whoever is called August: a form that changes would tell of somebody who is on the roster.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from dam_plugin.model import Appearance, StudentRecord
from dam_plugin.people.names_in_text import RosterNames
from dam_plugin.procedure.clauses import listed
from dam_plugin.procedure.in_words import MONTHS
from dam_plugin.procedure.in_words import day as in_words
from dam_plugin.procedure.purposes import folded_event
from dam_plugin.store import StoredAsset
from dam_plugin.yearbook.judge import Judged
from dam_plugin.yearbook.spreadsheet import without_formula
from dam_tagging.facts import About
from dam_tagging.rules.texts import day_of

LONGEST = 500
_LONGEST_EVENT = 120
_LONGEST_NAME = 120
_RIGHT_OF_ALL = 2.0
# A whole day as captions write it. No word of it is anybody's name; what stands before it and behind it is read apart.
_DAY = re.compile(rf"\b(?:{'|'.join(MONTHS)}) [0-9]{{1,2}}, [0-9]{{4}}\b")
_APART = " ; "


@dataclass(frozen=True, slots=True)
class Caption:
    """One line of plain text (null: nothing may be told), and the students whom it names, from left to right."""

    text: str | None = None
    named: tuple[str, ...] = ()


class Captions:
    """Writes the captions of one set."""

    def __init__(self, students: Iterable[StudentRecord], ordered: str | None = None) -> None:
        """Take everybody of the roster, those who left too; `ordered` is the event that the set was ordered of."""
        self._roster = RosterNames(students)
        self._ordered = folded_event(ordered) if ordered is not None else None

    def caption(self, judged: Judged, stored: StoredAsset, student: Callable[[str], StudentRecord | None]) -> Caption:
        """Return the caption of a recording as it was judged: at most 500 characters without controls.

        `student` gives the records of those who are in it, as `Judge.student` does. No part of the name of anybody else
        on the roster stands in it, but words of sentences that are written as such, months of days, and parts of the names of
        those who may be named.
        """
        nameable = {each: record for each in _from_left(judged, stored) if (record := student(each)) is not None}
        names = {each: named for each, record in nameable.items() if (named := _display(record))}
        own = [name for record in nameable.values() for name in record.names]
        told = dict(_fitting(names))
        about = stored.about or About()
        if judged.decision.redact:
            # INVARIANT: nothing that somebody typed stands below a picture that hides somebody: no list of names knows all
            # the ways in which it could tell of them (`three of us`, a nickname, a handle).
            about = replace(about, events=tuple(filter(self._is_ordered, about.events)), caption=None)
        what = ", ".join(filter(None, (self._event(about, own), _day(about))))
        head = ": ".join(filter(None, (listed(tuple(told.values())) if told else "", what)))
        text = self._free_text(about, own, LONGEST - len(head) - 2)
        if text is None or text.casefold() in head.casefold():
            return Caption(head or None, tuple(told))
        if told and all(_stands_in(name, text) for name in told.values()):
            # They are introduced already.
            return Caption(_joined(text, what), tuple(nameable))
        # It may name whoever may be named.
        return Caption(". ".join(filter(None, (head, text))), tuple(nameable))

    def names_another(self, caption: str, named: Iterable[StudentRecord]) -> bool:
        """Return whether a caption that was written earlier names anybody of the roster but these and their guardians."""
        own = [(*each.all_names, *(name for _, name in each.guardian_names)) for each in named]
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


def _day(about: About) -> str:
    taken = day_of(about.taken)
    return in_words(taken) if taken else ""


def _stands_in(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _joined(text: str, what: str) -> str:
    """Return a sentence and what comes behind it."""
    return " ".join(filter(None, (text if text.endswith((".", "!", "?")) or not what else f"{text}.", what)))


def one_line(text: str) -> str:
    """Return a text as one line: without controls, direction marks and what else prints nothing, in NFC.

    It does not begin as a spreadsheet's formula does.
    """
    kinds = ((each, unicodedata.category(each)) for each in unicodedata.normalize("NFC", text))
    seen = "".join(" " if each.isspace() else each for each, kind in kinds if each.isspace() or kind[0] != "C")
    return without_formula(unicodedata.normalize("NFC", " ".join(seen.split())))


def cut(text: str, longest: int) -> str:
    """Return a text of at most so many characters, up to the end of a word: "" where not one word fits."""
    if len(text) <= longest:
        return text
    return text[: max(0, longest) + 1].rpartition(" ")[0]


def _from_left(judged: Judged, stored: StoredAsset) -> list[str]:
    """Return the students who may be named and can be seen, from left to right; whose place is not known comes last."""
    seen = (each for each in stored.tagging.appearances if each.identifiable and each.student in judged.may_be_named)
    places = {each.student: _place(each) for each in seen}
    return sorted(places, key=lambda student: (places[student], student))


def _place(seen: Appearance) -> float:
    return min((region.x + region.w / 2 for region in seen.regions), default=_RIGHT_OF_ALL)


def _display(record: StudentRecord) -> str:
    return one_line(record.names[0])[:_LONGEST_NAME].strip() if record.names else ""


def _fitting(names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield as many names as fit beside an event and a day."""
    room = LONGEST - _LONGEST_EVENT - _LONGEST_NAME
    for student, name in names.items():
        room -= len(name) + len(" and ")
        if room < 0:
            return
        yield student, name
