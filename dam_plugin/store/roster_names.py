"""What names a student in a text, and the index that finds who of a roster a text may name without reading the roster.

The index (`RosterNameRow`) has one row for each thing by which a student or the student's family is named or known. What
counts is the student's row, which is sealed; the index finds it. How a text is searched is in `dam_plugin/people/`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from typing import Literal, TypeAlias

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, delete, func, select
from sqlalchemy.orm import Session

from dam_plugin.model import Guardianship, StudentRecord
from dam_plugin.store.sql import NUMBERS, OF, chunks, insert_all, rows_of, table_of_numbers
from dam_plugin.store.tables import GuardianshipRow, RosterNameRow, StudentRow
from dam_tagging.names.written_names import SHORTEST_NUMBER, parts, unspaced

Kind: TypeAlias = Literal["word", "whole", "number", "run", "family"]
# How much of a run without spaces it is found by.
RUN = 2
# Whose name a word is in: the student's, a guardian's, or those of both.
_OWN, _GUARDIAN, _BOTH = range(3)


@dataclass(frozen=True, slots=True)
class Borne:
    """By what a student is named in a text, folded; a guardian's name counts as the student's.

    `names` are whole names as words, in the order of the roster. `joined` are the parts of what a hyphen or an apostrophe
    joins. `own` and `of_guardians` are the words that count alone. `runs` are names in a script without spaces. `number` is
    the number on the roster in its parts, empty where it is too short to mean anybody.
    """

    names: frozenset[tuple[str, ...]]
    joined: frozenset[tuple[str, ...]]
    own: frozenset[str]
    of_guardians: frozenset[str]
    number: tuple[str, ...]
    runs: frozenset[str]


def borne_by(student: StudentRecord) -> Borne:
    """Return by what a student is named in a text."""
    guardians = {name for _, name in student.named_guardians}
    words = {name: [parts(chunk) for chunk in name.split()] for name in (*student.all_names, *guardians)}
    return Borne(
        names=frozenset(tuple(chain.from_iterable(each)) for each in words.values()),
        joined=frozenset(chunk for each in words.values() for chunk in each if len(chunk) > 1),
        own=frozenset(word for name, each in words.items() if name not in guardians for word in _alone(each)),
        of_guardians=frozenset(word for name in guardians for word in _alone(words[name])),
        number=parts(student.roster_id) if len(student.roster_id) >= SHORTEST_NUMBER else (),
        runs=frozenset(run for name in words if not name.isascii() for run in unspaced(name)),
    )


def family_ids(student: StudentRecord) -> frozenset[str]:
    """Return the ids of a student's guardians, also of those whom a court order limits, in small letters."""
    named = (each for each, _ in student.named_guardians)
    stated = (each.guardian for each in student.guardianships)
    return frozenset(each.casefold() for each in (*student.guardians, *named, *stated))


def letters_of(words: Iterable[str]) -> str:
    """Return by what a whole name is found: its letters, which are the same in every order of its words and written as one."""
    return "".join(sorted("".join(words)))


def index_names(session: Session, students: Iterable[StudentRecord]) -> None:
    """Write down again what names these students; each has the guardianships that were stated by hand."""
    records = list(students)
    session.connection().execute(_GONE, {"of": [each.id for each in records]})
    rows = [(each.id, *key) for each in records for key in _keys(each)]
    if rows:
        insert_all(session, RosterNameRow, dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True)))


def named_by(session: Session, words: Iterable[str], wholes: Iterable[str], but: str) -> set[str]:
    """Return students who decide whether a text names anybody `but` one: for each thing that names somebody, one who bears it.

    `words` are words of a text, folded; `wholes` what `letters_of` says of words that may be a whole name. Of many with the
    same name one is enough, since all of them are told alike.
    """
    listed = table_of_numbers(session)
    asked = [_digest(kind, word) for word in dict.fromkeys(words) for kind in ("word", "number")]
    firsts = (_one_bearer(listed.c.value, written) for written in (_OWN, _BOTH, _GUARDIAN))
    found = session.connection().execute(select(*firsts).select_from(listed), {NUMBERS: json.dumps(asked), "but": but})
    return {one for row in found for one in row if one is not None} | _one_for_each(session, "whole", wholes, but)


def with_runs(session: Session, begun: Iterable[str], but: str) -> set[str]:
    """Return students, `but` one, of each name in a script without spaces that begins so: with its first `RUN` signs."""
    return _one_for_each(session, "run", begun, but)


def with_family(session: Session, ids: Iterable[str]) -> set[str]:
    """Return the students of whom one of `family_ids` is among these."""
    return {row[0] for row in rows_of(session, _FOUND_BY, (_digest("family", each) for each in ids))}


def names_of(session: Session, students: Iterable[str]) -> Iterator[list[StudentRecord]]:
    """Yield these students in batches, as far as `index_names` asks: with their numbers, names and families."""
    for chunk in chunks(students):
        stated: dict[str, list[Guardianship]] = {}
        for row in rows_of(session, _STATED_OF, chunk):
            told = {name: getattr(row, name) for name in _STATED}
            stated.setdefault(row.student_id, []).append(Guardianship(student=row.student_id, **told))
        yield [
            StudentRecord(**{name: getattr(row, name) for name in _NAMED}, guardianships=tuple(stated.get(row.id, ())))
            for row in rows_of(session, _NAMED_OF, chunk)
        ]


def _keys(student: StudentRecord) -> Iterator[tuple[int, int]]:
    """Yield by what a student is found, and what tells those apart who are found by the same."""
    borne = borne_by(student)
    for word in borne.own | borne.of_guardians:
        written = _BOTH if word in borne.own & borne.of_guardians else _OWN if word in borne.own else _GUARDIAN
        yield _digest("word", word), written
    for words in {*borne.names, borne.number}:
        # One word that is shorter than a number names nobody; a number of one part has a row of its own.
        if len(words) > 1 or (words in borne.names and len(words[0] if words else "") >= SHORTEST_NUMBER):
            yield _digest("whole", letters_of(words)), _digest("whole", " ".join(words))
    for words in borne.joined:
        # It names in this order alone, a whole name of the same words in any.
        yield _digest("whole", letters_of(words)), _digest("whole", "-".join(words))
    if number := "".join(borne.number):
        yield _digest("number", number), _OWN
    for run in borne.runs:
        yield _digest("run", run[:RUN]), _digest("run", run)
    for each in family_ids(student):
        yield _digest("family", each), _OWN


def _alone(chunks_of_name: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield what `alone` does: each word, and words joined by a hyphen or an apostrophe as one."""
    for words in chunks_of_name:
        yield from (word for word in {*words, "".join(words)} if len(word) > 1)


def _digest(kind: Kind, text: str) -> int:
    """Return a number for a text of a kind: two of them have the same once in 10 to the 19th."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8, person=kind.encode()).digest(), signed=True)


def _one_bearer(found_by: ColumnElement[int], written: int) -> ScalarSelect[str]:
    """Return the query of one student, not `but`, whom a number of another query finds."""
    row = RosterNameRow
    alike = row.found_by == found_by, row.written == written, row.student_id != bindparam("but")
    return select(row.student_id).where(*alike).limit(1).scalar_subquery()


def _one_for_each(session: Session, kind: Kind, texts: Iterable[str], but: str) -> set[str]:
    """Return one student, not `but`, for each way in which what these texts find is written."""
    row, found = RosterNameRow, set[str]()
    query = select(func.min(row.student_id)).where(row.found_by.in_(OF), row.student_id != bindparam("but"))
    for chunk in chunks(_digest(kind, each) for each in texts):
        asked = {"of": chunk, "but": but}
        found.update(session.connection().execute(query.group_by(row.found_by, row.written), asked).scalars())
    return found


_COLUMNS = ("student_id", "found_by", "written")
_GONE = delete(RosterNameRow).where(RosterNameRow.student_id.in_(OF))
_FOUND_BY = select(RosterNameRow.student_id).where(RosterNameRow.found_by.in_(OF))
_NAMED = ("id", "roster_id", "names", "former_names", "guardians", "guardian_names")
_NAMED_OF = select(*(getattr(StudentRow, name) for name in _NAMED)).where(StudentRow.id.in_(OF))
_STATED = ("guardian", "what", "since", "seen", "by", "name", "represents")
_STATED_OF = (
    select(GuardianshipRow.student_id, *(getattr(GuardianshipRow, name) for name in _STATED))
    .where(GuardianshipRow.student_id.in_(OF))
    .order_by(GuardianshipRow.at, GuardianshipRow.id)
)
