"""A decision after others were heard: third parties may make it stricter, never looser, and their failure is a denial.

So may the roster's age: what rests on nobody having opted out waits while opt-outs may be missing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

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
    ours = decision
    for heard in services.voices.review_decision(request, decision):
        decision = _stricter(decision, heard, case, ours.outcome)
    return _with_roster_age(services, decision, case, ours)


def roster_is_stale(services: Services, last: datetime | None) -> bool:
    """Whether a roster last imported then (never: None) is older than its set age; it never is where none is set."""
    days = services.settings.roster_max_age_days
    return days is not None and (last is None or services.now() - last > timedelta(days=days))


def _with_roster_age(services: Services, decision: Decision, case: Case, ours: Decision) -> Decision:
    """Refer a directory release while the roster is too old: an opt-out may have been handed in since."""
    days = services.settings.roster_max_age_days
    if days is None or decision.outcome > Outcome.REDACT or not _rests_on_opt_outs(ours):
        return decision
    with services.store.reading() as unit:
        last = unit.people.last_import()
    if not roster_is_stale(services, last[0] if last else None):
        return decision
    return refused(decision, Outcome.REFER, reason("ROSTER-STALE", otherwise=last is None, days=days), case)


def _rests_on_opt_outs(decision: Decision) -> bool:
    """Whether somebody is shown because nobody opted out, or a copy hides those who are known to have."""
    first = decision.reasons[0].clause if decision.reasons else None
    return "EX4" in decision.basis.values() or first == "EX4-OPTOUT"


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
