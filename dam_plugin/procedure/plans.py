"""Plans of redaction: whom to hide, which plans are feasible, and which one wins (steps 9 and 10). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dam_plugin.procedure.case import Case
from dam_plugin.procedure.terms import Students, Terms

# RULING: what redaction does to the meaning asks less of A and B (the opt-out and the several-students rule).
FEASIBLE_WHEN_CHANGED = ("A", "B")


@dataclass(frozen=True, slots=True)
class Plan:
    """A set of students to hide, under the letter that the procedure gives it."""

    name: str
    hides: Students


def plans_of(case: Case, terms: Terms) -> tuple[Plan, ...]:
    """Return the plans that exist for a case, in the order A, B, C, N (step 9)."""
    unprotected = terms.related - terms.own - terms.consented
    plans = []
    if terms.route_open:
        plans.append(Plan("A", unprotected & terms.opted_out))
    if terms.own:
        plans.append(Plan("B", unprotected & terms.opted_out if terms.route_open else unprotected))
    elif not terms.route_open and terms.related & terms.consented:
        # RULING: exception 3 says "all personally identifiable students depicted": the background counts.
        plans.append(Plan("C", terms.identifiable - terms.consented))
    if not terms.own and not case.asset.closed:
        plans.append(Plan("N", terms.related))
    return tuple(plans)


def preferred(case: Case, terms: Terms, plans: Iterable[Plan]) -> Plan | None:
    """Return the feasible plan that hides the fewest of F, then the fewest students, then the first; or None."""
    feasible = [plan for plan in plans if not blockers(case, terms, plan)]
    return min(feasible, key=lambda plan: (len(plan.hides & terms.focus), len(plan.hides)), default=None)


def blockers(case: Case, terms: Terms, plan: Plan) -> dict[str, Students]:
    """Return what stands in the way of a plan: REDACT-UNABLE, REDACT-NAMED, REDACT-MEANING, each with its students."""
    located = frozenset([a.student for a in case.asset.appearances if a.located])
    found = {
        "REDACT-UNABLE": plan.hides - located if case.asset.redactable else plan.hides,
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
        # RULING: hiding every subject is presumed to destroy the meaning until a custodian says otherwise.
        return not terms.focus or not terms.focus <= plan.hides
    return meaning == "preserved"
