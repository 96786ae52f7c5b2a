"""Students as they are offered to be named: the name, the grade, and what else keeps one from being taken for another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dam_hooks.desk.told import name_of
from dam_plugin.model import StudentRecord

MOST_FOUND = 20
"""How many students are offered by what somebody types."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A student who may be named: what the page sends, and what a person reads."""

    student: str
    name: str
    grade: str
    remark: str = ""


def candidates(records: Iterable[StudentRecord]) -> tuple[Candidate, ...]:
    """Return students as they are offered; of two who read alike it is said, so that nobody picks one of them by chance."""
    listed = [
        (each, name_of({each.id: each}, each.id), _("grade %(grade)s") % {"grade": each.grade} if each.grade else "")
        for each in dict.fromkeys(records)
    ]
    labels = [(name.casefold(), grade) for _each, name, grade in listed]
    return tuple(
        Candidate(each.id, name, grade, _remark(each, alike=labels.count((name.casefold(), grade)) > 1))
        for each, name, grade in listed
    )


def _remark(record: StudentRecord, *, alike: bool) -> str:
    if alike:
        return _("two students are called so: if you are not sure, count them as somebody you cannot name")
    return "" if record.active else _("not at school now")
