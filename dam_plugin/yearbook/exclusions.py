"""Lists the recordings left out of a set, with reasons and the consents that would bring them in, and each student's pictures.

Both lists lie beside the set, and only the district may have them: they are about families who opted out. The second list
counts each student's pictures in the set. Neither list says why a student is in no picture. Mostly there was no
photograph.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

from dam_plugin.model import Consent, Outcome, Reason, Student, StudentRecord
from dam_plugin.private_files import on_disk, private_file
from dam_plugin.procedure.case import Case, parse_case
from dam_plugin.procedure.clauses import CLAUSES, STATEMENT, VOICES, remedy
from dam_plugin.procedure.decide import decide
from dam_plugin.procedure.in_words import index_of, party, remedied
from dam_plugin.procedure.protection import case_for_staff, clause_for_staff, reasons_for_staff
from dam_plugin.procedure.steps import ground_of
from dam_plugin.procedure.switches import BUILT_IN, Rulings
from dam_plugin.procedure.terms import as_ruled, is_eligible, terms_of
from dam_plugin.store import Unit
from dam_plugin.store.batches import batched
from dam_plugin.store.sets import PURPOSE, Altered, ExportFile, ExportSet, SetOrder
from dam_plugin.yearbook.judge import NAMING
from dam_plugin.yearbook.plan import grade, grades_of
from dam_plugin.yearbook.spreadsheet import MARK, without_formula

MANY = 5
"""From how many pictures on a student is in the set a lot."""
_BATCH = 200
# A set's own reasons that a consent answers. It does not answer reasons of other voices, or that no copy can be made.
_ANSWERED = frozenset({*CLAUSES, "EXPORT-EMPTY", "EXPORT-PORTRAIT", "EXPORT-REDACT"})
# Reasons that reveal no family's choice: a person has to look at the recording, which its key identifies.
_UNCHOSEN = frozenset({
    "HOLD-UNTAGGED", "HOLD-UNKNOWN-PERSON", "HOLD-UNCLASSIFIED", "LEGALITY", "CLOSED", "CONFIDENTIAL", "EX3-MISSING",
    "EX4-NOTICE", "EX4-WINDOW", "EX4-DEFINITION", "EX4-LIMITED", "EX4-NOT-DIRECTORY", "REDACT-MEANING", "REDACT-UNABLE",
})  # fmt: skip
# Reasons that reveal a choice, or that a family contests the record.
_OF_A_FAMILY = (_ANSWERED - _UNCHOSEN) | {STATEMENT}
# Reasons whose remedies mention copies that hide somebody: such a copy of a portrait would show nothing.
_HIDING = frozenset({"EXPORT-REDACT", "REDACT-MEANING", "REDACT-NAMED", "REDACT-UNABLE"})
FIRST_ASSETS = 5
"""How many recordings a line names."""
_SOMEBODY = "a-parent"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many recordings stayed out for one reason first, in words, and the remedy."""

    clause: str
    title: str
    count: int
    remedy: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """The students of the roster who are in no picture of a set, in one, and in `at_least` or more, by pseudonym.

    `students` counts all active students, or those of the query's grades where it names some.
    """

    students: int
    none: tuple[str, ...]
    one: tuple[str, ...]
    many: tuple[tuple[str, int], ...]
    at_least: int = MANY


@dataclass(frozen=True, slots=True)
class Ask:
    """A consent that would bring a recording in: whose, and who can sign it (empty: no guardian is on file)."""

    student: str
    signed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A recording that stayed out, as one reader may have it: its reasons, its students, the remedies, and whom to ask.

    `to_mend` are the clauses that the remedies answer: not always all of the reasons' clauses. `tells_of_a_choice`: a
    family's choice is among the reasons, so that the recording itself would reveal the family. `party` is the one that a
    consent has to name (null: it could not be decided).
    """

    file: ExportFile
    students: tuple[str, ...]
    to_mend: tuple[str, ...]
    remedies: tuple[str, ...]
    asks: tuple[Ask, ...]
    party: str | None
    tells_of_a_choice: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One consent: the student, who can sign it (empty: no signer is on file), the purpose and the parties."""

    student: str
    signed_by: tuple[str, ...]
    purpose: str
    party: str


class Asking:
    """Counts how many recordings each consent would help to bring in, while a report goes through those left out."""

    def __init__(self) -> None:
        """Begin with no consents."""
        self._helped: dict[Asked, _Helped] = {}

    def add(self, asset: str, asked: Iterable[Asked]) -> None:
        """Count a recording for each of the consents that it needs, all of them together."""
        for each in asked:
            helped = self._helped.setdefault(each, _Helped())
            helped.count += 1
            if len(helped.assets) < FIRST_ASSETS:
                helped.assets.append(asset)

    def lines(self) -> Iterator[tuple[Asked, int]]:
        """Yield each consent, and how many recordings it would help to bring in: those that help most first."""
        for each, helped in sorted(self._helped.items(), key=lambda line: (-line[1].count, line[0].student)):
            yield each, helped.count

    def write(self, out: TextIO, name_of: Callable[[str], str] | None = None) -> None:
        """Write the table as CSV (RFC 4180), most helpful consents first; with a column of names where `name_of` is given."""
        out.write(MARK)
        table = csv.writer(out, lineterminator="\r\n")
        named = ["name"] if name_of is not None else []
        table.writerow(["student", *named, "signed by", "purpose", "party", "pictures", "first of them"])
        for each, count in self.lines():
            name = [without_formula(name_of(each.student))] if name_of is not None else []
            row = [each.student, *name, " or ".join(each.signed_by), each.purpose, without_formula(each.party)]
            table.writerow([*row, count, " ".join(self._helped[each].assets)])


def summary(unit: Unit, set_: ExportSet) -> list[LeftOut]:
    """Return the reasons for which recordings stayed out of a set, the most frequent first; each counts once."""
    counts: Counter[str] = Counter()
    for file in unit.exports.files(set_.id, states=("left_out",)):
        counts[clause_for_staff(file.why[0].clause) if file.why else ""] += 1
    return reasons_of(counts, set_.order)


def reasons_of(counts: Mapping[str, int], order: SetOrder) -> list[LeftOut]:
    """Return counts of recordings by the first reason for which they stay out, in words, the most frequent first."""
    told, party = {**CLAUSES, **VOICES}, order.recipient.id or order.recipient.role
    return [
        LeftOut(
            clause,
            told[clause].title if clause in told else clause,
            count,
            remedy(clause, purpose=PURPOSE, party=party),
        )
        for clause, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    ]


def coverage(unit: Unit, set_: ExportSet, *, at_least: int = MANY) -> Coverage:
    """Return how many pictures of a set each student is in, by the students who can be recognised in the written copies."""
    counts: Counter[str] = Counter()
    for file in unit.exports.files(set_.id):
        counts.update(set(file.shows))
    wanted = frozenset(map(grade, set_.order.query.grades))
    looked_for = [each.id for each in unit.people.stream() if _is_looked_for(each, wanted)]
    return Coverage(
        students=len(looked_for),
        none=tuple(each for each in looked_for if not counts[each]),
        one=tuple(each for each in looked_for if counts[each] == 1),
        many=tuple((each, counts[each]) for each in looked_for if counts[each] >= at_least),
        at_least=at_least,
    )


def asks(case: Case, rulings: Rulings = BUILT_IN, *, redact: bool, portrait_of: str | None = None) -> tuple[Ask, ...]:
    """Return the consents that, all together, would bring a recording into a set; none where they would not.

    The recording is decided again with these consents: first with those of students who are directly related and have
    no ground to be seen, then with those of everybody who can be recognised (exception 3).
    """
    case = as_ruled(case, rulings)
    terms = terms_of(case, rulings)
    without = {each for each in terms.related if ground_of(terms, each) not in NAMING}
    for wanted in (without, set(terms.identifiable - terms.consented)):
        if wanted and _goes_in(_with_consents(case, wanted, rulings), rulings, redact=redact, portrait_of=portrait_of):
            known = {each.id: each for each in case.students}
            return tuple(Ask(each, _signers(known[each], case, rulings)) for each in sorted(wanted))
    return ()


def asks_beside(path: Path) -> Path:
    """Return where the table of consents to ask for goes, beside the exclusion report."""
    return path.with_suffix(".csv")


def write_exclusions(
    path: Path,
    unit: Unit,
    set_: ExportSet,
    *,
    names: bool = False,
    at_least: int = MANY,
    altered: Sequence[Altered] = (),
    rulings: Rulings = BUILT_IN,
) -> None:
    """Write the exclusion report of a set as JSON, and beside it the consents to ask for as CSV.

    Only their owner may read the two files. Earlier files in their place are replaced. `names` adds the names of the
    students in them; the caller lets only the custodian or a designee ask for it. `altered` lists texts that were
    written otherwise than they are on file. `rulings` are the district's. Raises StorageError if the disk fails.
    """
    with (
        on_disk("the exclusion report cannot be written"),
        private_file(path) as out,
        private_file(asks_beside(path)) as table,
    ):
        report = _Report(unit, set_, out, altered, rulings)
        report.write(coverage(unit, set_, at_least=at_least), names=names)
        report.asking.write(table, report.name_of if names else None)


def explained(
    unit: Unit, set_: ExportSet, files: Iterable[ExportFile], *, in_full: bool, rulings: Rulings = BUILT_IN
) -> Iterator[Explained]:
    """Yield what can be said of recordings that stayed out of a set, in their order.

    INVARIANT: who is protected is known to the custodian alone: without `in_full`, which the caller gives to a custodian or
    a designee only, a protection reads as an opt-out, and of both no guardian is named.
    """
    for batch in batched(files, _BATCH):
        decisions = unit.exports.decisions({each.digest for each in batch})
        cases = {digest: parse_case(kept["case"]) for digest, kept in decisions.items() if "case" in kept}
        records = unit.people.students_of({student.id for case in cases.values() for student in case.students})
        for each in batch:
            file = each if in_full else replace(each, why=reasons_for_staff(each.why, PURPOSE))
            case = cases.get(each.digest)
            case = case_for_staff(case) if case is not None and not in_full else case
            case = _without_kept(set_, case, records, in_full=in_full) if case is not None else None
            yield Explained(
                file=file,
                students=tuple(sorted({*file.shows, *(student for why in file.why for student in why.students)})),
                to_mend=tuple(dict.fromkeys(clause for clause, _ in _to_mend(file))),
                remedies=tuple(dict.fromkeys(filter(None, _remedies(file, case, rulings)))),
                asks=_asks(set_, file, case, rulings),
                party=party(case) if case is not None else None,
                tells_of_a_choice=_tells_of_a_choice(file, decisions.get(each.digest) or {}),
            )


def tells_of_a_choice(reasons: Iterable[Reason]) -> bool:
    """Whether one of these reasons is a family's choice, or that a family contests the record."""
    return any(each.clause in _OF_A_FAMILY for each in reasons)


def _asks(set_: ExportSet, file: ExportFile, case: Case | None, rulings: Rulings) -> tuple[Ask, ...]:
    if case is None or not all(each.clause in _ANSWERED for each in file.why):
        return ()
    return asks(case, rulings, redact=set_.order.redact, portrait_of=file.student)


def _without_kept(set_: ExportSet, case: Case, records: Mapping[str, StudentRecord], *, in_full: bool) -> Case:
    """Return a case without the guardians whom nobody asks: the student may be kept from them (RSMo 452.375, 589.664).

    INVARIANT: for staff a protection looks like an opt-out from everything, so of both no guardian is named.
    """
    day = set_.day

    def asked(student: Student) -> Student:
        record = records.get(student.id)
        if record is None or (not in_full and record.says_no(day)):
            return replace(student, guardians=())
        kept = set(record.kept_from(day))
        return replace(student, guardians=tuple(each for each in student.guardians if each not in kept))

    return replace(case, students=tuple(map(asked, case.students)))


class _Report:
    """Writes one report, an entry a line, a batch of the set's files in memory at a time."""

    def __init__(self, unit: Unit, set_: ExportSet, out: TextIO, altered: Sequence[Altered], rulings: Rulings) -> None:
        self._unit = unit
        self._set = set_
        self._out = out
        self._altered = altered
        self._rulings = rulings
        self.asking = Asking()
        self._named: set[str] = set()

    def write(self, covered: Coverage, *, names: bool) -> None:
        self._out.write("{\n")
        for name, value in self._head().items():
            self._out.write(f"{_json(name)}: {_json(value)},\n")
        self._list("left_out", self._left_out(names=names))
        self._out.write(",\n")
        self._out.write(f'"coverage": {_json(self._covered(covered))}')
        if names:
            self._out.write(",\n")
            self._list("names", self._names())
        self._out.write("\n}\n")

    def name_of(self, student: str) -> str:
        """Return a student's name; empty if none is on file."""
        record = self._unit.people.students_of([student]).get(student)
        return record.names[0] if record is not None and record.names else ""

    def _head(self) -> dict[str, Any]:
        order = self._set.order
        return {
            "set": self._set.id,
            "day": self._set.day.isoformat(),
            "by": asdict(self._set.by),
            "publisher": order.publisher,
            "recipient": asdict(order.recipient),
            "redact": order.redact,
            "query": {
                "event": order.query.event,
                "since": order.query.since.isoformat() if order.query.since else None,
                "grades": list(order.query.grades),
                "recordings": list(order.query.recordings),
            },
            "reasons": [asdict(each) for each in summary(self._unit, self._set)],
            "written_otherwise": [asdict(each) for each in self._altered],
        }

    def _list(self, name: str, entries: Iterator[dict[str, Any]]) -> None:
        self._out.write(f"{_json(name)}: [")
        for number, each in enumerate(entries):
            self._out.write(f"{',' if number else ''}\n{_json(each)}")
        self._out.write("\n]")

    def _left_out(self, *, names: bool) -> Iterator[dict[str, Any]]:
        files = self._unit.exports.files(self._set.id, states=("left_out",))
        for each in explained(self._unit, self._set, files, in_full=names, rulings=self._rulings):
            yield self._entry(each, with_key=names or not each.tells_of_a_choice)

    def _entry(self, each: Explained, *, with_key: bool) -> dict[str, Any]:
        file = each.file
        self._named.update(each.students)
        if each.party is not None:
            self.asking.add(
                file.asset_id, (Asked(one.student, one.signed_by, PURPOSE, each.party) for one in each.asks)
            )
        return {
            "asset": file.asset_id,
            "source": file.source_key if with_key else None,
            "kind": file.kind,
            "outcome": file.outcome,
            "decision": file.digest,
            "students": list(each.students),
            "reasons": [asdict(why) for why in file.why],
            "remedy": list(each.remedies),
            "ask": [
                {
                    "student": one.student,
                    "purpose": PURPOSE,
                    "parties": [each.party] if each.party is not None else [],
                    "signed_by": list(one.signed_by),
                }
                for one in each.asks
            ],
        }

    def _covered(self, covered: Coverage) -> dict[str, Any]:
        self._named.update(covered.none, covered.one, (student for student, _ in covered.many))
        return {
            "students": covered.students,
            "at_least": covered.at_least,
            "none": {"count": len(covered.none), "students": list(covered.none)},
            "one": {"count": len(covered.one), "students": list(covered.one)},
            "many": {
                "count": len(covered.many),
                "students": [{"student": each, "pictures": count} for each, count in covered.many],
            },
        }

    def _names(self) -> Iterator[dict[str, Any]]:
        records = (each for each in self._unit.people.stream() if each.id in self._named)
        return ({"student": each.id, "name": each.names[0] if each.names else ""} for each in records)


@dataclass(slots=True)
class _Helped:
    count: int = 0
    assets: list[str] = field(default_factory=list)


def _is_looked_for(record: StudentRecord, grades: frozenset[str]) -> bool:
    return record.active and (not grades or not grades.isdisjoint(grades_of(record)))


def _tells_of_a_choice(file: ExportFile, details: Mapping[str, Any]) -> bool:
    """Whether a family's choice is among the reasons: the recording's key may hold a name, and would then reveal the family."""
    # A recording that only a redacted copy could release stays out for another reason where no such copy can be made.
    hides = (details.get("decision") or {}).get("redact")
    return bool(hides) or tells_of_a_choice(file.why)


def _to_mend(file: ExportFile) -> Iterator[tuple[str, Reason]]:
    """Yield the reasons that are to be answered, each with the clause whose remedy does it."""
    is_portrait = file.kind == "portrait"
    others = [each for each in file.why if not (is_portrait and each.clause in _HIDING)]
    for each in others or file.why:
        # A consent is the remaining remedy.
        yield "EXPORT-EMPTY" if is_portrait and each.clause in _HIDING else each.clause, each


def _remedies(file: ExportFile, case: Case | None, rulings: Rulings) -> Iterator[str]:
    for clause, each in _to_mend(file):
        if case is None:
            yield remedy(clause)
        else:
            rows = index_of(as_ruled(case, rulings))
            about = [student for student in each.students if student in rows.students]
            yield remedied(clause, about, rows)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)


def _goes_in(case: Case, rulings: Rulings, *, redact: bool, portrait_of: str | None) -> bool:
    decision = decide(case, rulings)
    if portrait_of is not None and decision.basis.get(portrait_of) not in NAMING:
        return False
    return decision.outcome is Outcome.ALLOW or (redact and decision.outcome is Outcome.REDACT)


def _with_consents(case: Case, students: set[str], rulings: Rulings) -> Case:
    """Return a case in which these students' families consented on its day."""
    known = {each.id: each for each in case.students}
    signed = {each: next(iter(_signers(known[each], case, rulings)), _SOMEBODY) for each in students}
    consents = tuple(
        Consent(each, signed_by, case.at, "ink", purpose=case.share.purpose, parties=(party(case),))
        for each, signed_by in signed.items()
    )
    # A parent who is not on file yet can sign too.
    parents = tuple(
        replace(each, guardians=(*each.guardians, _SOMEBODY)) if signed.get(each.id) == _SOMEBODY else each
        for each in case.students
    )
    return replace(case, students=parents, consents=(*case.consents, *consents))


def _signers(student: Student, case: Case, rulings: Rulings) -> tuple[str, ...]:
    return (student.id,) if is_eligible(student, case.at, rulings) else tuple(dict.fromkeys(student.guardians))
