"""What a folder of cases exercises: clauses, rulings and branches of the decision; each gap is a line. Pure.

A branch is a way that a case can take, as a line for a person: `EX3 for police`, `consent: it has expired`, `plan A: stopped
by a name`. A clause has cases for it (it is a reason) and against it (it was near and did not apply). The sides of rulings
are in `ruling_sides.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dam_plugin.model import Outcome
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import CLAUSES, CONSENT_FAULTS
from dam_plugin.procedure.decide import PlanSeen, Trace
from dam_plugin.procedure.exception_row import Near
from dam_plugin.procedure.exceptions import (
    BY_CLAUSE,
    EXCEPTIONS,
    FAMILY,
    LACKING,
    QUESTION_OF,
    QUESTIONS,
    RECORDED,
    RECORDED_WHOLE,
    ROLES,
    concerned,
    had_consents,
    was_asked,
    was_true,
)
from dam_plugin.procedure.in_words import AGES, AUDIENCES, OPT_OUTS, UNANSWERED
from dam_plugin.procedure.questions import CHECKS
from dam_plugin.procedure.ruling_sides import sides_of
from dam_plugin.procedure.rulings import RULINGS
from dam_plugin.procedure.switches import BUILT_IN, Rulings
from dam_plugin.procedure.terms import age_of, consent_faults, is_unanswered, opt_out_of


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases speak for a clause or a ruling, how many against it, and how many a clause decided."""

    cases_for: int
    cases_against: int
    decided: int = 0

    @property
    def whole(self) -> bool:
        """Whether there is a case on either side."""
        return bool(self.cases_for and self.cases_against)

    @property
    def gap(self) -> str:
        """Return what is lacking, in words; "" where nothing is."""
        if self.whole:
            return ""
        if not self.cases_for and not self.cases_against:
            return "never exercised"
        return "no case against" if self.cases_for else "no case for"


class Coverage:
    """Counts what cases exercise, one by one; keeps numbers, not the cases."""

    def __init__(self, rulings: Rulings = BUILT_IN) -> None:
        """Begin with no case; what `rulings` alone ask is counted where their switches are in force."""
        self._rulings_in_force = rulings
        self._clauses: Counter[tuple[str, bool]] = Counter()
        self._rulings: Counter[tuple[str, bool]] = Counter()
        self._decided: Counter[str] = Counter()
        self._branches: set[str] = set()

    def count(self, way: Trace) -> None:
        """Count one case."""
        self._clauses.update(clause_sides(way).items())
        self._rulings.update(sides_of(way).items())
        self._decided[way.decision.reasons[0].clause] += 1
        self._branches |= branches_of(way)

    @property
    def clauses(self) -> dict[str, Tally]:
        """Return the tally of every clause, in the order of `CLAUSES`."""
        sides = self._clauses
        spoken = clauses_under(self._rulings_in_force)
        return {each: Tally(sides[each, True], sides[each, False], self._decided[each]) for each in spoken}

    @property
    def rulings(self) -> dict[str, Tally]:
        """Return the tally of every ruling, in the order of `RULINGS`."""
        return {each: Tally(self._rulings[each, True], self._rulings[each, False]) for each in RULINGS}

    @property
    def never(self) -> tuple[str, ...]:
        """Return the branches that no case took."""
        return tuple(branch for branch in self._all if branch not in self._branches)

    @property
    def _all(self) -> tuple[str, ...]:
        return all_branches(self._rulings_in_force)

    @property
    def is_full(self) -> bool:
        """Whether every clause and every ruling has a case for and one against, and every branch was taken."""
        return not (self.never or any(self.gaps_by_clause()) or any(self.gaps_by_ruling()))

    def gaps_by_clause(self) -> Iterator[str]:
        """Yield what is lacking, a line a clause: `EX7: no case against`."""
        return _gaps(self.clauses)

    def gaps_by_ruling(self) -> Iterator[str]:
        """Yield what is lacking, a line a ruling: `late-opt-out: never exercised`."""
        return _gaps(self.rulings)

    def gaps_by_branch(self) -> Iterator[str]:
        """Yield the branches that no case took, a line each: `EX3 for police: never exercised`."""
        return (f"{branch}: never exercised" for branch in self.never)

    def summed(self) -> str:
        """Return the whole as one line: clauses and rulings with cases on either side, branches taken."""
        branches = len(self._all)
        return (
            f"clauses {_whole(self.clauses.values())} of {len(self.clauses)}, "
            f"rulings {_whole(self.rulings.values())} of {len(RULINGS)}, "
            f"branches {branches - len(self.never)} of {branches}"
        )

    def plain(self) -> dict[str, Any]:
        """Return the whole as plain data, for programs."""
        branches = len(self._all)
        return {
            "clauses": {
                clause: {"for": each.cases_for, "against": each.cases_against, "decided": each.decided}
                for clause, each in self.clauses.items()
            },
            "rulings": {
                ruling: {"for": each.cases_for, "against": each.cases_against} for ruling, each in self.rulings.items()
            },
            "branches": {"exercised": branches - len(self.never), "of": branches, "never": list(self.never)},
        }


def _gaps(tallies: dict[str, Tally]) -> Iterator[str]:
    return (f"{name}: {each.gap}" for name, each in tallies.items() if each.gap)


def _whole(tallies: Iterable[Tally]) -> int:
    return sum(each.whole for each in tallies)


# Branches

REQUESTS = tuple(ROLES)


def _concerned() -> Iterator[tuple[str, tuple[str, ...] | None]]:
    for row in EXCEPTIONS:
        yield row.clause.id, concerned(row.concerns, row)
        if row.lacking:
            yield row.lacking.clause.id, concerned(row.lacking.concerns, row)
    for question in QUESTIONS:
        yield question.clause.id, concerned(question.concerns)


# Whom a clause can concern; every other clause can concern everybody.
CONCERNS: Mapping[str, tuple[str, ...]] = {
    **{clause: roles for clause, roles in _concerned() if roles is not None},
    "CUSTODIAN": REQUESTS,
    # Some roles may be served whoever acts, and the custodian is told afterwards.
    "NOTIFY-CUSTODIAN": tuple(
        role for row in EXCEPTIONS if row.whole and row.whole.step == 2 for role in row.whole.whoever_acts
    ),
    "NAMED-IN-CROWD": REQUESTS,
    # What releases whole in steps 3 and 5 is asked for.
    "COPY-FIRST": REQUESTS,
    "EX2-RELATION": FAMILY,
}

ROUTE = ("EX4-NOTICE", "EX4-WINDOW", "EX4-DEFINITION", "EX4-LIMITED", "EX4-DISCIPLINE", "EX4-NOT-DIRECTORY")
STOPS = ("the format", "a place not known", "a name", "the meaning")
# B hides the same as A where both exist, and A goes first; N never hides nobody; A never hides more than another plan.
PLAN_WAYS = {
    "A": ("nobody to hide", "taken"),
    "B": ("nobody to hide", "taken", "another goes first"),
    "C": ("nobody to hide", "taken", "another goes first"),
    "N": ("taken", "another goes first"),
}
CHOICES = ("only one plan is feasible", "the fewest subjects decide", "the fewest students decide", "the order decides")
GROUNDS = ("SCOPE", *BY_CLAUSE)
RECORDS = (
    "recorded: a student is shown on an exception",
    "recorded: somebody may be in it",
    "recorded: a request was denied",
    "not recorded: a request of staff or family was denied",
    "not recorded: a publication was denied",
    "not recorded: a recording about no student was denied",
    "not recorded: referred",
    "not recorded: released",
)


def audience_of(case: Case) -> str:
    """Return the recipient's role, or `publication`."""
    return "publication" if case.share.kind == "publication" else case.share.recipient.role


def clauses_under(rulings: Rulings = BUILT_IN) -> tuple[str, ...]:
    """Return the clauses that can speak, in the order of `CLAUSES`: some do only where a switch is in force."""
    return tuple(each.id for each in CLAUSES.values() if not each.ruled or each.ruled in rulings.plain)


def all_branches(rulings: Rulings = BUILT_IN) -> tuple[str, ...]:
    """Return every branch, in the order in which a report lists them; `rulings`: what may be asked besides."""
    asked = [each.id for each in CHECKS.values() if not each.ruled or each.ruled in rulings.plain]
    return (
        *(_branch_of_check(check, holds) for check in asked for holds in _answers(check)),
        *(f"student: {age}" for age in AGES.values()),
        *(f"opt-out: {state}" for state in (*OPT_OUTS.values(), UNANSWERED)),
        "consent: it holds",
        *(f"consent: {fault}" for fault in CONSENT_FAULTS.values()),
        "directory route: open",
        *(f"directory route: closed by {clause}" for clause in (*ROUTE, "CLOSED")),
        *(f"plan {name}: {way}" for name, ways in PLAN_WAYS.items() for way in ways),
        *(f"plan {name}: stopped by {stop}" for name in PLAN_WAYS for stop in STOPS),
        *(f"plans: {choice}" for choice in CHOICES),
        *(f"basis: {ground}" for ground in GROUNDS),
        *RECORDS,
        *(_concern(clause, role) for clause in clauses_under(rulings) for role in CONCERNS.get(clause, AUDIENCES)),
    )


def _answers(check: str) -> tuple[bool, ...]:
    # Where the district ruled so, it never does; else nobody asks.
    return (False,) if check == "juvenile-others" else (True, False)


def branches_of(way: Trace) -> frozenset[str]:
    """Return the branches that one case took."""
    return frozenset((*_checks(way), *_terms(way), *_plans(way), *_ends(way)))


def _branch_of_check(check: str, holds: bool) -> str:
    return f"step {CHECKS[check].step}: {CHECKS[check].question} {'Yes' if holds else 'No'}"


def _concern(clause: str, role: str) -> str:
    return f"{clause} for {AUDIENCES[role]}"


def _checks(way: Trace) -> Iterator[str]:
    for check, holds in way.asked:
        yield _branch_of_check(check, holds)


def _terms(way: Trace) -> Iterator[str]:
    """Yield what the terms of a case exercise, as far as the answer rests on them."""
    case = way.case
    shown = {student.id: student for student in case.students if student.id in way.terms.identifiable}
    if way.looked_at_people:
        yield from (f"student: {AGES[age_of(student, case.at)]}" for student in shown.values())
    if way.looked_at_opt_outs:
        yield from (f"opt-out: {OPT_OUTS[opt_out_of(student, case)]}" for student in shown.values())
        yield from (f"opt-out: {UNANSWERED}" for student in shown.values() if is_unanswered(student, case))
    if way.looked_at_consents:
        for consent in case.consents:
            if consent.student in shown:
                faults = consent_faults(consent, shown[consent.student], case)
                yield from (f"consent: {CONSENT_FAULTS[fault]}" for fault in faults)
                if not faults:
                    yield "consent: it holds"
    if way.looked_at_plans:
        yield from (f"directory route: closed by {clause}" for clause in way.terms.route_closed_by)
        if way.terms.route_open:
            yield "directory route: open"


def _plans(way: Trace) -> Iterator[str]:
    released = any(not plan.hides for plan in way.plans)
    for plan in way.plans:
        if not plan.hides:
            yield f"plan {plan.name}: nobody to hide"
        elif not released:
            yield from (f"plan {plan.name}: {what}" for what in _way_of(way, plan))
    feasible = [plan for plan in way.plans if plan.feasible]
    if feasible and not released:
        yield f"plans: {_choice(way, feasible)}"


def _way_of(way: Trace, plan: PlanSeen) -> Iterator[str]:
    if plan.chosen:
        yield "taken"
    elif plan.feasible:
        yield "another goes first"
    located = {each.student for each in way.case.asset.appearances if each.located}
    if "REDACT-UNABLE" in plan.stopped_by:
        if not way.case.asset.redactable:
            yield "stopped by the format"
        if plan.hides - located:
            yield "stopped by a place not known"
    if "REDACT-NAMED" in plan.stopped_by:
        yield "stopped by a name"
    if "REDACT-MEANING" in plan.stopped_by:
        yield "stopped by the meaning"


def _choice(way: Trace, feasible: list[PlanSeen]) -> str:
    only, subjects, students, order = CHOICES
    if len(feasible) == 1:
        return only
    if len({len(plan.hides & way.terms.focus) for plan in feasible}) > 1:
        return subjects
    return students if len({len(plan.hides) for plan in feasible}) > 1 else order


def _ends(way: Trace) -> Iterator[str]:
    audience = audience_of(way.case)
    for each in way.decision.reasons:
        yield _concern(each.clause, audience)
    for ground in way.decision.basis.values():
        yield f"basis: {ground}"
    yield _recorded(way)


def _recorded(way: Trace) -> str:
    shown, unknown, refused, family, publication, nobody, referred, released = RECORDS
    decision = way.decision
    if decision.outcome is Outcome.REFER:
        return referred
    if decision.outcome is Outcome.DENY:
        if decision.record_disclosure:
            return refused
        if way.case.share.kind == "publication":
            return publication
        return family if way.terms.related else nobody
    if not decision.record_disclosure:
        return released
    whole_and_unknown = decision.reasons[0].clause in RECORDED_WHOLE and not way.terms.known
    return unknown if whole_and_unknown and RECORDED.isdisjoint(decision.basis.values()) else shown


# Clauses


def clause_sides(way: Trace) -> dict[str, bool]:
    """Return the clauses that a case weighs: for (true) or against (false)."""
    found = {each.clause: True for each in way.decision.reasons}
    against = {clause: False for clause, near in NEAR.items() if clause not in found and near(way)}
    return found | against


def _denied_by_step_12(way: Trace) -> bool:
    return way.answer("own") is False


def _asked_first(way: Trace) -> bool:
    return any(
        way.answer(check) is not None for check, each in CHECKS.items() if each.ruled == "exceptions-before-redaction"
    )


def _to_hide(way: Trace) -> bool:
    return any(plan.hides for plan in way.plans)


# Where a clause was near: its question was put, or what it is about was there.
NEAR: Mapping[str, Near] = {
    **{row.clause.id: row.near for row in EXCEPTIONS},
    **{clause: lacking.near for clause, lacking in LACKING.items()},
    **{clause: question.near for clause, question in QUESTION_OF.items()},
    "SCOPE": was_asked("other"),
    "OPEN": was_asked("shown"),
    "OPEN-UNRELATED": was_asked("related"),
    "EX4-CROWD": was_asked("crowd-opted-out"),
    "NOTIFY-CUSTODIAN": was_true("told-already"),
    "CUSTODIAN": was_true("by-custodian"),
    "HOLD-UNTAGGED": was_asked("tagged"),
    "HOLD-UNKNOWN-PERSON": was_asked("unnamed"),
    "COPY-FIRST": _asked_first,
    "LEGALITY": lambda way: way.answer("shut") or way.answer("confidential"),
    "CLOSED": lambda way: _denied_by_step_12(way) or way.answer("shut"),
    "CONFIDENTIAL": lambda way: way.answer("confidential") is not None or way.answer("shut"),
    "REDACT": was_true("plan-n"),
    "EX4-NOTICE": _denied_by_step_12,
    "EX4-WINDOW": _denied_by_step_12,
    "EX4-DEFINITION": _denied_by_step_12,
    "EX4-LIMITED": _denied_by_step_12,
    "EX4-DISCIPLINE": _denied_by_step_12,
    "EX4-NOT-DIRECTORY": _denied_by_step_12,
    "EX4-OPTOUT": lambda way: way.looked_at_plans and bool(way.terms.related & way.terms.opted_out),
    "EX3-MISSING": _denied_by_step_12,
    "EX3-FORM": had_consents,
    "REDACT-UNABLE": _to_hide,
    "REDACT-NAMED": lambda way: bool(way.case.share.names) and _to_hide(way),
    "REDACT-MEANING": _to_hide,
    "PROTECTED": lambda way: way.looked_at_plans and bool(way.terms.protected),
    "NAMED-IN-CROWD": was_asked("crowd-asked-for"),
    "CONSENT-DOUBTFUL": lambda way: way.looked_at_consents and bool(way.terms.doubtful),
    "CLOSED-CONSENT": lambda way: bool(way.case.asset.closed) and way.looked_at_consents and way.is_refused,
    "EX2-RELATION": lambda way: way.looked_at_people and way.case.share.recipient.role in FAMILY,
    "HOLD-UNCLASSIFIED": lambda way: way.case.asset.directory_status == "undetermined" and way.is_refused,
}
