"""A decision after others were heard: third parties may make it stricter, never looser, and their failure is a denial."""

from __future__ import annotations

from dataclasses import replace

from dam_plugin.model import Decision, Outcome, Reason, Review, Share
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.decide import is_break_glass, is_recorded_refusal
from dam_plugin.procedure.plans import Plan, blockers
from dam_plugin.procedure.terms import terms_of
from dam_plugin.services import Heard, Services


def reviewed(services: Services, request: Share, case: Case, decision: Decision) -> Decision:
    """Return the decision after third parties were heard: the strictest voice wins, a failed one counts as a denial.

    Nothing may stand in the way of a break-glass release (step 2 of the procedure): it is not put to them.
    """
    if is_break_glass(case):
        return decision
    ours = decision.outcome
    for heard in services.voices.review_decision(request, decision):
        decision = _stricter(decision, heard, case, ours)
    return decision


def _stricter(decision: Decision, heard: Heard[Review], case: Case, ours: Outcome) -> Decision:
    if heard.error:
        failed = reason("THIRD-PARTY-DOWN", plugin=heard.plugin, error=heard.error)
        return refused(decision, Outcome.DENY, failed, case)
    review = heard.value
    if review is None:
        return decision
    says = reason("THIRD-PARTY", plugin=heard.plugin, why=review.reason)
    if review.outcome > max(decision.outcome, Outcome.REDACT):
        return refused(decision, review.outcome, says, case)
    if decision.outcome > Outcome.REDACT:
        return decision
    if review.redact:
        return _hidden_too(decision, review.redact, says, case)
    return _hidden_somehow(decision, heard.plugin, review, case, ours)


def _hidden_somehow(decision: Decision, plugin: str, review: Review, case: Case, ours: Outcome) -> Decision:
    # Compared with ours, not with what others made of it: the order of the voices must not matter.
    if review.outcome <= ours:
        return decision
    says = reason("THIRD-PARTY", plugin=plugin, why=f"hide somebody (it does not say whom): {review.reason}")
    return refused(decision, Outcome.REFER, says, case)


def _hidden_too(decision: Decision, more: tuple[str, ...], says: Reason, case: Case) -> Decision:
    hidden = tuple(sorted({*decision.redact, *more}))
    # What the procedure asks of a plan that hides for no exception's sake (step 10) is asked of this one too.
    in_the_way = blockers(case, terms_of(case), Plan("N", frozenset(hidden)))
    if in_the_way:
        return refused(decision, Outcome.REFER, says, case)
    basis = {student: clause for student, clause in decision.basis.items() if student not in hidden}
    return replace(decision, outcome=Outcome.REDACT, redact=hidden, basis=basis, reasons=(says, *decision.reasons))


def refused(decision: Decision, outcome: Outcome, why: Reason, case: Case) -> Decision:
    """Return a stricter decision in the place of one; its reason comes first, nothing is released or on a basis."""
    # A refusal that a third party brought about is recorded as one of our own is (34 CFR 99.32).
    record = outcome is Outcome.DENY and is_recorded_refusal(case)
    return Decision(outcome, reasons=(why, *decision.reasons), record_disclosure=record)
