"""An explanation as plain data: what `explain.py` returns, in words that people read and in fields that programs do. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dam_plugin.procedure.ways import WayOut


@dataclass(frozen=True, slots=True)
class ConsentTold:
    """A consent on file: what it says, whether it holds for this share, else why not."""

    says: str
    holds: bool
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonTold:
    """A student of the case: how they are in it, what ties it to them, their rights, and what is done about them."""

    id: str
    place: str
    relations: tuple[str, ...]
    directly_related: bool
    age: str
    opt_out: str
    consents: tuple[ConsentTold, ...]
    signer: str
    shown: str


@dataclass(frozen=True, slots=True)
class ClosureTold:
    """A clause that closes the directory route: its id, its title and what it says here."""

    clause: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class QuestionTold:
    """A question that a step asked, and its answer."""

    question: str
    answer: bool


@dataclass(frozen=True, slots=True)
class StepTold:
    """One of the steps: `decided`, `passed` or `not reached`; what became of it in plain sentences; all that it asked."""

    number: int
    title: str
    state: str
    says: str
    asked: tuple[QuestionTold, ...]


@dataclass(frozen=True, slots=True)
class PlanTold:
    """A plan of step 9: its name, what it hides, whether it exists here, whom it would hide, and what became of it.

    `fate` goes on after the name: what became of a plan that exists (`used.`), why another does not (`because …`).
    """

    letter: str
    title: str
    says: str
    exists: bool
    hides: tuple[str, ...]
    taken: bool
    fate: str


@dataclass(frozen=True, slots=True)
class ReasonTold:
    """A reason of the decision; `part` is why it is there: ground, obstacle, first, question or evidence."""

    part: str
    clause: str
    title: str
    text: str
    students: tuple[str, ...]
    source: str
    remedy: str


@dataclass(frozen=True, slots=True)
class RulingTold:
    """A ruling that bears on the case, and what an attorney might rule instead."""

    id: str
    question: str
    answer: str
    alternatives: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision explained; ids of students and people are the case's own, days are written out."""

    id: str
    day: str
    outcome: str
    asked: str
    answer: str
    recorded: bool
    recorded_why: str
    reasons: tuple[ReasonTold, ...]
    ways_out: tuple[WayOut, ...]
    people: tuple[PersonTold, ...]
    route_open: bool
    route_closed_by: tuple[ClosureTold, ...]
    steps: tuple[StepTold, ...]
    plans: tuple[PlanTold, ...]
    rulings: tuple[RulingTold, ...]
