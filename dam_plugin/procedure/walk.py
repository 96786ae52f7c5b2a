"""A decision with the way that led to it: each question asked and its answer, the plans and what stopped them. Pure.

The same code decides (`decide.py`); this only listens. What is made of it: `explain.py` tells it, `branches.py` counts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dam_plugin.model import Decision, Outcome
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.decide import decide_on
from dam_plugin.procedure.plans import Plan, obstacles_of, plans_of, preferred
from dam_plugin.procedure.terms import Students, Terms, terms_of


@dataclass(frozen=True, slots=True)
class PlanSeen:
    """A plan that was considered: whom it hides, what stands in its way (clause to students), whether it was taken."""

    name: str
    hides: Students
    stopped_by: Mapping[str, Students]
    chosen: bool

    @property
    def feasible(self) -> bool:
        """Whether nothing stands in its way."""
        return not self.stopped_by


@dataclass(frozen=True, slots=True)
class Walk:
    """A case, its terms, its decision, the questions in the order in which they were asked, the plans considered.

    `plans` is empty where an earlier step decided.
    """

    case: Case
    terms: Terms
    decision: Decision
    asked: tuple[tuple[str, bool], ...]
    plans: tuple[PlanSeen, ...]
    answers: Mapping[str, bool]

    def answer(self, check: str) -> bool | None:
        """Return the answer to a check, None where it was not asked."""
        return self.answers.get(check)

    @property
    def is_refused(self) -> bool:
        """Whether the answer is anything but an allow."""
        return self.decision.outcome is not Outcome.ALLOW

    @property
    def looked_at_people(self) -> bool:
        """Whether the answer rests on who is in it: step 7 was reached."""
        return self.answer("related") is not None

    @property
    def looked_at_plans(self) -> bool:
        """Whether the answer rests on the directory route and the plans: step 9 was reached."""
        return self.answer("plan-a") is not None

    @property
    def looked_at_opt_outs(self) -> bool:
        """Whether the answer rests on opt-outs."""
        return self.looked_at_plans or self.answer("crowd-opted-out") is not None

    @property
    def looked_at_consents(self) -> bool:
        """Whether the answer rests on consents."""
        return self.looked_at_plans or not (self.answer("shut-consents") is self.answer("right-or-consent") is None)


def walk(case: Case) -> Walk:
    """Decide a case and keep the way."""
    terms = terms_of(case)
    asked: list[tuple[str, bool]] = []

    def hear(check: str, holds: bool) -> bool:
        asked.append((check, holds))
        return holds

    decision = decide_on(case, terms, hear)
    answers = dict(asked)
    return Walk(case, terms, decision, tuple(asked), _plans_seen(case, terms, answers), answers)


def _plans_seen(case: Case, terms: Terms, asked: dict[str, bool]) -> tuple[PlanSeen, ...]:
    if "nobody-to-hide" not in asked:
        return ()
    plans = plans_of(case, terms)
    obstacles = obstacles_of(case, terms, plans)
    chosen: Plan | None = next((plan for plan in plans if not plan.hides), None)
    if chosen is None:
        chosen = preferred(terms, plans, obstacles)
    return tuple(PlanSeen(plan.name, plan.hides, obstacles[plan.name], plan is chosen) for plan in plans)
