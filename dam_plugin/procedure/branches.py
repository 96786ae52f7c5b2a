"""The branches of the decision: every way that a case can take, and which of them one case took. Pure.

A branch is a line that a person can read (`EX3 for police`, `consent: it has expired`, `plan A: stopped by a name`). What a
folder of cases never exercised is what nobody has checked. Rulings have a side for them and one against: `ruled.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dam_plugin.model import Outcome
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.checks import CHECKS
from dam_plugin.procedure.clauses import CLAUSES, CONSENT_FAULTS
from dam_plugin.procedure.exceptions import (
    BY_CLAUSE,
    EXCEPTIONS,
    QUESTIONS,
    RECORDED,
    RECORDED_WHOLE,
    ROLES,
    concerned,
)
from dam_plugin.procedure.terms import age_of, consent_faults, opt_out_of
from dam_plugin.procedure.walk import PlanSeen, Walk

# Who would receive it, as people say it; a publication goes to everybody.
AUDIENCES = {**{role.id: role.audience for role in ROLES.values()}, "publication": "a publication"}
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
    "RIGHTS-TRANSFERRED": ("parent",),
}

AGES = {
    "minor": "a minor",
    "adult": "18 or older",
    "postsecondary": "in college",
    "unknown": "of an age that is not known",
}
OPT_OUTS = {
    "none": "never made",
    "later": "made after this day",
    "ended": "ended",
    "elsewhere": "for another purpose",
    "stands": "in force",
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
    """Return whom a share would reach: the recipient's role, or `publication`."""
    return "publication" if case.share.kind == "publication" else case.share.recipient.role


def all_branches() -> tuple[str, ...]:
    """Return every branch, in the order in which a report lists them."""
    return (
        *(_asked(check, holds) for check in CHECKS for holds in (True, False)),
        *(f"student: {age}" for age in AGES.values()),
        *(f"opt-out: {state}" for state in OPT_OUTS.values()),
        "consent: it holds",
        *(f"consent: {fault}" for fault in CONSENT_FAULTS.values()),
        "directory route: open",
        *(f"directory route: closed by {clause}" for clause in (*ROUTE, "CLOSED")),
        *(f"plan {name}: {way}" for name, ways in PLAN_WAYS.items() for way in ways),
        *(f"plan {name}: stopped by {stop}" for name in PLAN_WAYS for stop in STOPS),
        *(f"plans: {choice}" for choice in CHOICES),
        *(f"basis: {ground}" for ground in GROUNDS),
        *RECORDS,
        *(_concern(clause, role) for clause in CLAUSES for role in CONCERNS.get(clause, AUDIENCES)),
    )


def branches_of(way: Walk) -> frozenset[str]:
    """Return the branches that one case took."""
    return frozenset((*_checks(way), *_terms(way), *_plans(way), *_ends(way)))


def _asked(check: str, holds: bool) -> str:
    return f"step {CHECKS[check].step}: {CHECKS[check].question} {'Yes' if holds else 'No'}"


def _concern(clause: str, role: str) -> str:
    return f"{clause} for {AUDIENCES[role]}"


def _checks(way: Walk) -> Iterator[str]:
    for check, holds in way.asked:
        yield _asked(check, holds)


def _terms(way: Walk) -> Iterator[str]:
    """Yield what the terms of a case exercise, as far as the answer rests on them."""
    case = way.case
    shown = {student.id: student for student in case.students if student.id in way.terms.identifiable}
    if way.looked_at_people:
        yield from (f"student: {AGES[age_of(student, case.at)]}" for student in shown.values())
    if way.looked_at_opt_outs:
        yield from (f"opt-out: {OPT_OUTS[opt_out_of(student, case)]}" for student in shown.values())
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


def _plans(way: Walk) -> Iterator[str]:
    released = any(not plan.hides for plan in way.plans)
    for plan in way.plans:
        if not plan.hides:
            yield f"plan {plan.name}: nobody to hide"
        elif not released:
            yield from (f"plan {plan.name}: {what}" for what in _way_of(way, plan))
    feasible = [plan for plan in way.plans if plan.feasible]
    if feasible and not released:
        yield f"plans: {_choice(way, feasible)}"


def _way_of(way: Walk, plan: PlanSeen) -> Iterator[str]:
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


def _choice(way: Walk, feasible: list[PlanSeen]) -> str:
    only, subjects, students, order = CHOICES
    if len(feasible) == 1:
        return only
    if len({len(plan.hides & way.terms.focus) for plan in feasible}) > 1:
        return subjects
    return students if len({len(plan.hides) for plan in feasible}) > 1 else order


def _ends(way: Walk) -> Iterator[str]:
    audience = audience_of(way.case)
    for each in way.decision.reasons:
        yield _concern(each.clause, audience)
    for ground in way.decision.basis.values():
        yield f"basis: {ground}"
    yield _recorded(way)


def _recorded(way: Walk) -> str:
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
