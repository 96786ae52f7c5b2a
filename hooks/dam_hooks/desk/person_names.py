"""Whom pages name: students and guardians by their pseudonyms, and the sentences of the use cases with their names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dam_hooks.desk.plain_words import LABELS, Sentence, capital, law_apart, plain, sentence
from dam_plugin.model import StudentRecord
from dam_plugin.pseudonyms import persons_within
from dam_plugin.store import Unit


@dataclass(frozen=True, slots=True)
class Names:
    """The names of students and guardians by their pseudonyms, as far as they are known; `shown` are the students."""

    records: Mapping[str, StudentRecord]
    guardians: Mapping[str, str]

    def of(self, person: str) -> str:
        """Return what a student or guardian is called."""
        record = self.records.get(person)
        if record is not None and record.names:
            return record.names[0]
        if person in self.guardians:
            return self.guardians[person]
        return {
            "S-": _("a student who is on no roster any more"),
            "G-": _("a guardian whose name is not on file"),
        }.get(person[:2], person)

    def within(self, text: str) -> str:
        """Return a sentence with names in the place of pseudonyms."""
        for each in persons_within(text):
            text = text.replace(each, self.of(each))
        return text

    def told(self, text: str) -> str:
        """Return a sentence of ours as a page says it: with names, and without commands."""
        return sentence(text, named=self.within)

    def named(self, students: Iterable[str]) -> str:
        """Return students by name, as words."""
        found = sorted(map(self.of, students))
        if len(found) < 2:
            return "".join(found)
        return _("%(first)s and %(last)s") % {"first": ", ".join(found[:-1]), "last": found[-1]}

    @property
    def shown(self) -> Collection[str]:
        """The students who are known here."""
        return self.records.keys()


def names_in(unit: Unit, texts: Iterable[str], students: Iterable[str] = ()) -> Names:
    """Return the names of whom these texts speak of, and of these students and their guardians."""
    persons = persons_within(" ".join(texts))
    guardians = {each for each in persons if each.startswith("G-")}
    wanted = {*(persons - guardians), *students}
    about = {*wanted, *unit.people.with_guardians(guardians)} if guardians else wanted
    records = unit.people.students_of(about)
    called = {
        person: name
        for each in records.values()
        for person, name in (*each.named_representatives, *each.named_guardians)
    }
    if guardians - called.keys():
        # Whom the custodian stated by hand.
        stated = [each for person in guardians - called.keys() for each in unit.people.related_to(person)]
        called |= {person: name for each in stated for person, name in each.named_guardians}
    return Names({each: record for each, record in records.items() if each in wanted}, called)


def plainly(unit: Unit, text: str, recordings: Mapping[str, str] | None = None) -> str:
    """Return a sentence of the core as a page of the register, of letters or holds says it: its options are their fields.

    `recordings`: what a page calls each short id (`R-…`) in it.
    """
    told = plain(text, named=names_in(unit, [text]).within, labels=LABELS)
    for short, called in (recordings or {}).items():
        told = told.replace(short, called)
    return capital(told)


def with_law(unit: Unit, text: str, recordings: Mapping[str, str] | None = None) -> Sentence:
    """Return the same as `plainly`, its citations apart."""
    return law_apart(plainly(unit, text, recordings))
