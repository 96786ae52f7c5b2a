"""Which consents would bring a recording into a set; and all of them as a table, with how many recordings each would help.

The table lies beside the exclusion report and is as much for the district alone.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TextIO

from dam_plugin.model import Consent, Outcome, Student
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.decide import decide
from dam_plugin.procedure.in_words import party
from dam_plugin.procedure.steps import ground_of
from dam_plugin.procedure.terms import is_eligible, terms_of
from dam_plugin.yearbook.judge import NAMING
from dam_plugin.yearbook.spreadsheet import MARK, without_formula

FIRST_ASSETS = 5
"""How many recordings a line names."""
_SOMEBODY = "a-parent"


@dataclass(frozen=True, slots=True)
class Ask:
    """A consent that would bring a recording in: whose, and who can sign it (empty: no guardian is on file)."""

    student: str
    signed_by: tuple[str, ...]


def asks(case: Case, *, redact: bool, portrait_of: str | None = None) -> tuple[Ask, ...]:
    """Return the consents that would bring a recording into a set, all of them together; none where they would not.

    Found out by deciding again with them: first for those who are directly related and have no ground to be seen, then
    for everybody who can be recognised (exception 3).
    """
    terms = terms_of(case)
    without = {each for each in terms.related if ground_of(terms, each) not in NAMING}
    for wanted in (without, set(terms.identifiable - terms.consented)):
        if wanted and _goes_in(_with_consents(case, wanted), redact=redact, portrait_of=portrait_of):
            known = {each.id: each for each in case.students}
            return tuple(Ask(each, _signers(known[each], case)) for each in sorted(wanted))
    return ()


def _goes_in(case: Case, *, redact: bool, portrait_of: str | None) -> bool:
    decision = decide(case)
    if portrait_of is not None and decision.basis.get(portrait_of) not in NAMING:
        return False
    return decision.outcome is Outcome.ALLOW or (redact and decision.outcome is Outcome.REDACT)


def _with_consents(case: Case, students: set[str]) -> Case:
    """Return a case in which these students' families consented on its day."""
    known = {each.id: each for each in case.students}
    signed = {each: next(iter(_signers(known[each], case)), _SOMEBODY) for each in students}
    consents = tuple(
        Consent(each, signed_by, case.at, "ink", purpose=case.share.purpose, parties=(party(case),))
        for each, signed_by in signed.items()
    )
    # A parent of whom nothing is on file yet signs as one.
    parents = tuple(
        replace(each, guardians=(*each.guardians, _SOMEBODY)) if signed.get(each.id) == _SOMEBODY else each
        for each in case.students
    )
    return replace(case, students=parents, consents=(*case.consents, *consents))


def _signers(student: Student, case: Case) -> tuple[str, ...]:
    return (student.id,) if is_eligible(student, case.at) else tuple(dict.fromkeys(student.guardians))


@dataclass(frozen=True, slots=True)
class Asked:
    """One consent: whose, who can sign it (empty: nobody is on file), for what and whom."""

    student: str
    signed_by: tuple[str, ...]
    purpose: str
    party: str


@dataclass(slots=True)
class _Helped:
    count: int = 0
    assets: list[str] = field(default_factory=list)


class Asking:
    """Counts what each consent would help, while a report goes through what was left out."""

    def __init__(self) -> None:
        """Begin with none."""
        self._helped: dict[Asked, _Helped] = {}

    def add(self, asset: str, asked: Iterable[Asked]) -> None:
        """Count a recording for each of the consents that it needs, all of them together."""
        for each in asked:
            helped = self._helped.setdefault(each, _Helped())
            helped.count += 1
            if len(helped.assets) < FIRST_ASSETS:
                helped.assets.append(asset)

    def write(self, out: TextIO, name_of: Callable[[str], str] | None = None) -> None:
        """Write the table as CSV (RFC 4180), those that help most first; with a column of names where `name_of` is given."""
        out.write(MARK)
        table = csv.writer(out, lineterminator="\r\n")
        named = ["name"] if name_of is not None else []
        table.writerow(["student", *named, "signed by", "purpose", "party", "pictures", "first of them"])
        for each, helped in sorted(self._helped.items(), key=lambda line: (-line[1].count, line[0].student)):
            name = [without_formula(name_of(each.student))] if name_of is not None else []
            row = [each.student, *name, " or ".join(each.signed_by), each.purpose, without_formula(each.party)]
            table.writerow([*row, helped.count, " ".join(helped.assets)])
