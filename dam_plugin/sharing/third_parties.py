"""A decision after others were heard: third parties may make it stricter, never looser, and their failure is a denial.

So may the roster's age: what rests on nobody having opted out waits while opt-outs may be missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from dam_plugin.errors import DamPluginError
from dam_plugin.model import Decision, Outcome, Reason, Review, Share
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.decide import is_break_glass, is_recorded_refusal
from dam_plugin.procedure.steps import Plan, blockers
from dam_plugin.procedure.terms import terms_of
from dam_plugin.services import Heard, Services
from dam_plugin.store import Unit


def reviewed(services: Services, request: Share, case: Case, decision: Decision) -> Decision:
    """Return the decision after third parties were heard: the strictest voice wins, a failed one counts as a denial.

    Nothing may stand in the way of a break-glass release (step 2 of the procedure): it is not put to them.
    """

    def last_import() -> datetime | None:
        with services.store.reading() as unit:
            return last_import_of(unit)

    return aged(services, case, decision, heard_of(services, request, case, decision), last_import)


def heard_of(services: Services, request: Share, case: Case, decision: Decision) -> Decision:
    """Return the decision as third parties leave it; the roster's age is not asked for."""
    if is_break_glass(case):
        return decision
    ours = decision.outcome
    # A share of an older version may have another word for its purpose than the case.
    request = replace(request, purpose=case.share.purpose)
    for heard in services.voices.review_decision(request, decision):
        decision = _stricter(decision, heard, case, ours)
    return decision


class Unheard(DamPluginError):
    """What third parties were asked about is not what is on file now: they have to be asked again."""


class Opinions:
    """What third parties make of decisions: noted in one transaction, asked outside of any, given back in another."""

    def __init__(self, services: Services) -> None:
        """Ask nobody yet."""
        self._services = services
        self._noted: dict[str, tuple[Share, Case, Decision]] = {}
        self._heard: dict[str, Decision] = {}

    def note(self, request: Share, case: Case, decision: Decision) -> Decision:
        """Keep what third parties have to be asked; return the decision as it is."""
        self._noted[request.id] = (request, case, decision)
        return decision

    def ask(self) -> None:
        """Ask them about everything that was noted."""
        self._heard = {each: heard_of(self._services, *noted) for each, noted in self._noted.items()}

    def given(self, request: Share, case: Case, _decision: Decision) -> Decision:
        """Return what they made of the decision; raise Unheard where they were asked about another case, or not at all."""
        noted = self._noted.get(request.id)
        # The decision follows from the case; one that failed has a number of its own each time.
        if noted is None or noted[:2] != (request, case):
            raise Unheard("what is on file has changed since third parties were asked; nothing was done, try again")
        return self._heard[request.id]


def anybody_reviews(services: Services) -> bool:
    """Whether a third party answers `review_decision` at all."""
    return bool(services.voices.who_answers("review_decision"))


def last_import_of(unit: Unit) -> datetime | None:
    """Return when a roster was last imported as far as a transaction sees, None where it never was."""
    last = unit.people.last_import()
    return last[0] if last else None


def roster_is_stale(services: Services, last: datetime | None) -> bool:
    """Whether a roster last imported then (never: None) is older than its set age; it never is where none is set."""
    days = services.settings.roster_max_age_days
    return days is not None and (last is None or services.now() - last > timedelta(days=days))


def aged(
    services: Services, case: Case, ours: Decision, decision: Decision, last_import: Callable[[], datetime | None]
) -> Decision:
    """Refer a directory release while the roster is too old: an opt-out may have been handed in since.

    `ours` is the procedure's decision, `decision` what others made of it. It is never asked of a break-glass release.
    """
    days = services.settings.roster_max_age_days
    if days is None or decision.outcome > Outcome.REDACT or not _rests_on_opt_outs(ours) or is_break_glass(case):
        return decision
    last = last_import()
    if not roster_is_stale(services, last):
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
