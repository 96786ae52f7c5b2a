"""What one row of the table of exceptions holds. The rows are in `exceptions.py`. Pure.

A row without one of its cells is refused when it is made, so that a missing cell never shows as a missing answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from dam_plugin.fields import Id, ListOf
from dam_plugin.procedure.outside_words import Outside

if TYPE_CHECKING:
    from dam_plugin.model import Student
    from dam_plugin.procedure.case import Case
    from dam_plugin.procedure.decide import Trace
    from dam_plugin.procedure.exceptions import Evidence
    from dam_plugin.procedure.switches import Rulings
    from dam_plugin.procedure.terms import Students, Terms

# Hears the id of a check and its answer, and returns the answer.
Asked: TypeAlias = Callable[[str, bool], bool]
Eligible: TypeAlias = "Callable[[Student, date], bool]"
# Whether a clause was near a case in which it is no reason: its question was put, or what it is about was there.
Near: TypeAlias = "Callable[[Trace], bool | None]"
# Returns the evidence once somebody brought what is asked for: what is on file (`terms.evidence`) with that added.
Bring: TypeAlias = "Callable[[Case, Terms], Evidence]"
# Whom a clause can concern: the recipients of the row's own roles, anybody who asks, or a publication too.
# Which sentence a clause says: its first (false), its `otherwise` (true), or the one for a switch.
Telling: TypeAlias = "bool | Literal['as ruled']"
Concerns: TypeAlias = "tuple[str, ...] | Literal['own roles', 'requests', 'anybody']"

MISSING: Any = object()


class NamesStudents:
    """Marks a field of evidence that holds ids of students; each of them has to be listed in the case."""


@dataclass(frozen=True, slots=True)
class Says:
    """What a field of evidence means, for the JSON Schema, where its name and its type leave a question open."""

    text: str


StudentIds = Annotated[ListOf[Id], NamesStudents()]


class MissingCell(TypeError):
    """A row of the table without a cell that it needs: names the clause and the cell."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: `source` is where it stands, `remedy` what a person can do ("" when nothing is to be done).

    `sentence` is what it says; `otherwise` replaces it where the same clause speaks in the other sense (a redacted
    release instead of a refusal, a refusal instead of a release); `as_ruled` where a switch asks for more. `ruled`: the
    ruling whose switch alone makes it speak ("" = none). These are for staff; `outside` is what anybody else is told.
    """

    id: str
    title: str
    sentence: str
    source: str
    remedy: str = ""
    otherwise: str = ""
    as_ruled: str = ""
    ruled: str = ""
    outside: Outside = MISSING

    def __post_init__(self) -> None:
        """Refuse a clause without its words for the outside. Raises MissingCell."""
        if not isinstance(self.outside, Outside):
            raise MissingCell(f"{self.id}: the cell 'outside' is missing: what people outside of the district are told")


@dataclass(frozen=True, slots=True)
class Check:
    """One question of a step, answered yes or no; `question` is in words that a person reads.

    Where the answer `passed_on` leaves the decision to the next step, `passed` says so in a sentence. A check of a row of
    the table says None where another check follows either answer. `ruled`: the ruling whose switch alone asks it ("" =
    it is always asked).
    """

    id: str
    step: int
    question: str
    passed: str | None = ""
    passed_on: bool = False
    ruled: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role of recipients, as a case writes it and as people say it.

    `audience` is whom a release reaches. `asking` is who asks, `released_to` whom the redisclosure notice names; "" = the
    same. `said_for` are words that people write for it. `refusal_recorded`: 34 CFR 99.32 asks for an entry of who was denied.
    """

    id: str = MISSING
    audience: str = MISSING
    asking: str = ""
    released_to: str = ""
    said_for: tuple[str, ...] = ()
    refusal_recorded: bool = MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """How an exception releases a whole recording, with every student in it.

    `step` asks its `checks`, after the exceptions of the step with a smaller `turn`; `says` is its part of what the step
    says, `in_short` what it releases for in a word or two (None: another row says it). `applies` puts the checks to `asked`.
    `about` are the students whom the reason names (None: the directly related). `whoever_acts` are roles of recipients for
    whom any member of staff may act: the custodian is told afterwards.
    """

    step: int = MISSING
    turn: int = 0
    says: str = MISSING
    in_short: str | None = MISSING
    checks: tuple[Check, ...] = MISSING
    applies: Callable[[Case, Terms, Asked], bool] = MISSING
    about: Callable[[Terms], Students] | None = None
    whoever_acts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """What an exception lacked to apply, told at the end of an answer that is no allow.

    `says`: for whom it stands, as the document says it. `stands`: None where nothing is lacking, else whether the clause says
    its `otherwise`, or the word for its `as_ruled`. `answered_by` is the kind of
    finding by which a custodian settles it ("" = by none). `leaves`: the question that is left once it was brought, with the
    students whom that is about; None where it leaves none.
    """

    clause: Clause = MISSING
    says: str = MISSING
    concerns: Concerns = MISSING
    near: Near = MISSING
    stands: Callable[[Case, Terms], Telling | None] = MISSING
    bring: Bring = MISSING
    answered_by: str = MISSING
    leaves: Callable[[Terms], Students | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An open question about evidence that is on file. A denial waits for its answer, as a referral.

    `stands`: None where it is not open, else the students whom it is about and whether the clause says its `otherwise`.
    """

    clause: Clause = MISSING
    concerns: Concerns = MISSING
    near: Near = MISSING
    stands: Callable[[Case, Terms], tuple[Students, bool] | None] = MISSING
    bring: Bring = MISSING
    answered_by: str = MISSING

    def __post_init__(self) -> None:
        """Refuse a question without a cell. Raises MissingCell."""
        check_cells(self, _id_of(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRow:
    """One exception of the procedure; None in a cell says that the exception has no such thing.

    `evidence` names the fields of the evidence that it reads; `can_wait` says of one of them, as plain data, whether it may
    wait for a second person. `own`: the students whose record is the recipient's to see, None where evidence is lacking;
    it holds for the row's own roles and for `own_for`, roles of another row, and not where `own_unless` says that the
    exception opens the whole recording instead.
    `recorded`: 34 CFR 99.32 asks for an entry of what is released. `may_pass_on`: the recipient may redisclose it (99.33).
    `followed_by` is the kind of finding that closes the work which such a release leaves to the custodian ("" = none).
    """

    clause: Clause = MISSING
    concerns: Concerns = MISSING
    near: Near = MISSING
    roles: tuple[Role, ...] = MISSING
    evidence: tuple[str, ...] = MISSING
    whole: Whole | None = MISSING
    own: Callable[[Case, Evidence, Eligible], Iterable[str] | None] | None = MISSING
    own_for: tuple[str, ...] = ()
    own_unless: Callable[[Rulings], bool] | None = None
    lacking: Lacking | None = MISSING
    question: Question | None = MISSING
    recorded: bool = MISSING
    may_pass_on: bool = MISSING
    followed_by: str = ""
    can_wait: Callable[[Mapping[str, Any]], bool] = lambda _: True

    def __post_init__(self) -> None:
        """Refuse a row without a cell, or with cells that do not fit together. Raises MissingCell."""
        clause = _id_of(self)
        check_cells(self, clause)
        for part in (self.whole, self.lacking, *self.roles):
            if part is not None:
                check_cells(part, clause)
        for check in self.whole.checks if self.whole else ():
            check_cells(check, clause)
            if self.whole and check.step != self.whole.step:
                raise MissingCell(
                    f"{clause}: the cell 'step' of its Check '{check.id}' is another than that of its Whole"
                )
        # Without its evidence such an exception would be refused, and nobody would be told why.
        # A row for the roles of another one may leave that to its question, which asks whoever brings nothing.
        asked = self.own_for and self.question
        if self.evidence and self.lacking is None and not asked:
            raise MissingCell(f"{clause}: the cell 'lacking' is missing: the exception asks for evidence")
        if not self.roles and "own roles" in (self.concerns, self.lacking and self.lacking.concerns):
            raise MissingCell(f"{clause}: the cell 'roles' is missing: a cell 'concerns' says 'own roles'")


# The cells that may be an empty text or an empty list. Only a cell whose type says so may be None.
_MAY_BE_EMPTY = {
    ExceptionRow: ("roles", "evidence", "own_for", "followed_by"),
    Whole: ("whoever_acts",),
    Lacking: ("answered_by",),
    Question: (),
    Role: ("asking", "released_to", "said_for"),
    Check: ("ruled",),
}


def check_cells(row: ExceptionRow | Whole | Lacking | Question | Role | Check, clause: str) -> None:
    """Refuse a part of the table without one of its cells. Raises MissingCell, which names the clause and the cell."""
    for cell in fields(row):
        value = getattr(row, cell.name)
        empty = value in ("", ()) and cell.name not in _MAY_BE_EMPTY[type(row)]
        if value is MISSING or empty or (value is None and not str(cell.type).endswith("| None")):
            raise MissingCell(f"{clause}: the cell '{cell.name}' of its {type(row).__name__} is missing")
        if isinstance(value, Clause) and not (value.id and value.title and value.sentence and value.source):
            raise MissingCell(f"{clause}: its clause {value.id} lacks an id, a title, a sentence or a source")
        if isinstance(value, Clause) and isinstance(row, Lacking | Question) and not value.remedy:
            raise MissingCell(f"{clause}: the cell 'remedy' of its clause {value.id} is missing")


def _id_of(row: ExceptionRow | Question) -> str:
    return row.clause.id if isinstance(row.clause, Clause) else type(row).__name__
