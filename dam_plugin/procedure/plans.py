"""Plans of redaction: whom to hide, which plans are feasible, and which one wins (steps 9 and 10). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dam_plugin.procedure.case import Case
from dam_plugin.procedure.checks import unheard
from dam_plugin.procedure.exception_row import Asked
from dam_plugin.procedure.terms import Students, Terms

# RULING changed-meaning: exceptions 2 and 4 ask whether the student can be protected and whether the meaning is destroyed;
# the general rule alone asks that it is not changed.
FEASIBLE_WHEN_CHANGED = ("A", "B")


# What stands in the way of each plan: its letter, then the clause, then the students.
Obstacles = Mapping[str, Mapping[str, Students]]


@dataclass(frozen=True, slots=True)
class Plan:
    """A set of students to hide, under the letter that the procedure gives it."""

    name: str
    hides: Students


def plans_of(case: Case, terms: Terms, asked: Asked = unheard) -> tuple[Plan, ...]:
    """Return the plans that exist for a case, in the order A, B, C, N (step 9)."""
    # RULING each-a-ground: each directly related student needs a ground to stay visible, and these may differ.
    unprotected = terms.related - terms.own - terms.consented
    plans = []
    if asked("plan-a", terms.route_open):
        plans.append(Plan("A", unprotected & terms.opted_out))
    if asked("plan-b", bool(terms.own)):
        plans.append(Plan("B", unprotected & terms.opted_out if terms.route_open else unprotected))
    elif asked("plan-c", not terms.route_open and not terms.related.isdisjoint(terms.consented)):
        # RULING background-consent: exception 3 says "all ... students depicted": the background counts.
        plans.append(Plan("C", terms.identifiable - terms.consented))
    # RULING closed-and-own: closing a record ends the directory route and plan N, no right, consent or exception.
    # RULING hidden-for-anyone: where nobody protected can be seen, anybody may have the copy; not of a closed record.
    if asked("plan-n", not terms.own and not case.asset.closed):
        plans.append(Plan("N", terms.related))
    return tuple(plans)


def preferred(terms: Terms, plans: Iterable[Plan], obstacles: Obstacles) -> Plan | None:
    """Return the feasible plan that hides the fewest of F, then the fewest students, then the first; or None."""
    # RULING fewest-hidden: of several lawful copies the one that shows most of its subjects.
    feasible = [plan for plan in plans if not obstacles[plan.name]]
    return min(feasible, key=lambda plan: cost(terms, plan.hides), default=None)


def cost(terms: Terms, hides: Students) -> tuple[int, int]:
    """Return what a copy that hides these students costs: how many of F, then how many students."""
    return len(hides & terms.focus), len(hides)


def obstacles_of(case: Case, terms: Terms, plans: Iterable[Plan]) -> Obstacles:
    """Return what stands in the way of each plan; nothing = it is feasible (step 10)."""
    return {plan.name: blockers(case, terms, plan) for plan in plans}


def blockers(case: Case, terms: Terms, plan: Plan) -> dict[str, Students]:
    """Return what stands in the way of a plan: REDACT-UNABLE, REDACT-NAMED, REDACT-MEANING, each with its students."""
    located = frozenset([a.student for a in case.asset.appearances if a.located])
    found = {
        "REDACT-UNABLE": plan.hides - located if case.asset.redactable else plan.hides,
        # RULING asked-by-name: who asked for a student by name would know whom the blur hides.
        "REDACT-NAMED": plan.hides.intersection(case.share.names),
    }
    if not _meaning_survives(case, terms, plan):
        found["REDACT-MEANING"] = plan.hides
    return {clause: students for clause, students in found.items() if students}


def _meaning_survives(case: Case, terms: Terms, plan: Plan) -> bool:
    meaning = case.asset.meaning
    if meaning == "changed":
        return plan.name in FEASIBLE_WHEN_CHANGED
    if meaning == "unreviewed":
        # RULING unreviewed-meaning: hiding every subject is presumed to destroy the meaning until a custodian says otherwise.
        return not terms.focus or not terms.focus <= plan.hides
    return meaning == "preserved"
