"""Third parties review a decision: they may make it stricter, never looser, and their failure is a denial.

So may the roster: a release that depends on missing opt-outs waits while the roster is too old, or while nobody has said where
opt-outs come from.
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
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.terms import terms_of
from dam_plugin.services import PluginAnswer, Services
from dam_plugin.sharing.secret_order import is_secret
from dam_plugin.store import RosterState

ORDER = "EX7"


def reviewed_by_third_parties(services: Services, request: Share, case: Case, decision: Decision) -> Decision:
    """Return the decision after third parties' answers: the strictest answer wins, and a failure counts as a denial.

    Nothing may stop a break-glass release (step 2 of the procedure): third parties are not asked about it.
    """

    def state() -> RosterState:
        with services.store.reading() as unit:
            return unit.people.roster_state()

    return refer_if_opt_outs_may_be_missing(
        services, case, decision, ask_third_parties(services, request, case, decision), state
    )


def ask_third_parties(services: Services, request: Share, case: Case, decision: Decision) -> Decision:
    """Return the decision after third parties' answers; the roster does not count here.

    They hear nothing of an order that forbids telling: what it releases is not theirs to stop, and what is released beside
    it they hear of without it.
    """
    if is_break_glass(case, services.rulings):
        return decision
    if request.secret or is_secret(request):
        if decision.outcome > Outcome.REDACT or decision.reasons[0].clause == ORDER:
            return decision
        request = replace(request, evidence={})
    ours = decision.outcome
    # An older share may have another word for its purpose than the case.
    request = replace(request, purpose=case.share.purpose)
    for answer in services.third_parties.review_decision(request, decision):
        decision = _stricter(decision, answer, case, ours, services.rulings)
    return decision


class OpinionsOutdated(DamPluginError):
    """The case has changed since third parties were asked about it: they have to be asked again."""


class Opinions:
    """Third parties' answers on decisions: noted in one transaction, asked outside of any, returned in another."""

    def __init__(self, services: Services) -> None:
        """Start with nothing noted."""
        self._services = services
        self._noted: dict[str, tuple[Share, Case, Decision]] = {}
        self._answers: dict[str, Decision] = {}

    def note(self, request: Share, case: Case, decision: Decision) -> Decision:
        """Note a question for third parties; return the decision unchanged."""
        self._noted[request.id] = (request, case, decision)
        return decision

    def ask(self) -> None:
        """Ask third parties about everything that was noted."""
        self._answers = {each: ask_third_parties(self._services, *noted) for each, noted in self._noted.items()}

    def given(self, request: Share, case: Case, _decision: Decision) -> Decision:
        """Return their answer; raise OpinionsOutdated if they were asked about another case, or not at all."""
        noted = self._noted.get(request.id)
        # The decision follows from the case; an error's id differs each time, so decisions are not compared.
        if noted is None or noted[:2] != (request, case):
            raise OpinionsOutdated(
                "what is on file has changed since third parties were asked; nothing was done, try again"
            )
        return self._answers[request.id]


def third_parties_review(services: Services) -> bool:
    """Whether a third party answers `review_decision` at all."""
    return bool(services.third_parties.who_answers("review_decision"))


def roster_is_stale(services: Services, last: datetime | None) -> bool:
    """Whether a roster last imported then (None: never) is older than its set age; never where no age is set."""
    days = services.settings.roster_max_age_days
    return days is not None and (last is None or services.now() - last > timedelta(days=days))


def refer_if_opt_outs_may_be_missing(
    services: Services, case: Case, ours: Decision, decision: Decision, read_state: Callable[[], RosterState]
) -> Decision:
    """Refer a directory release while the roster is too old, or nobody has said where opt-outs come from.

    The law lets directory information go only of a student whose family could say no and did not (34 CFR 99.37(a)(2)): an
    opt-out that was handed in since, or that nobody brought here, is none that is missing. `ours` is the procedure's
    decision, `decision` the one after third parties' answers. A break-glass release stays.
    """
    if decision.outcome > Outcome.REDACT or not _rests_on_opt_outs(ours) or is_break_glass(case, services.rulings):
        return decision
    state, days = read_state(), services.settings.roster_max_age_days
    if not state.knows_choices:
        unknown = reason("CHOICES-UNKNOWN", otherwise=state.choices is not None)
        decision = stricter_decision(decision, Outcome.REFER, unknown, case)
    if roster_is_stale(services, state.last_import):
        stale = reason("ROSTER-STALE", otherwise=state.last_import is None, days=days)
        decision = stricter_decision(decision, Outcome.REFER, stale, case)
    return decision


def _rests_on_opt_outs(decision: Decision) -> bool:
    """Whether a student is shown because no opt-out is on file, or a copy hides the known opt-outs."""
    first = decision.reasons[0].clause if decision.reasons else None
    return "EX4" in decision.basis.values() or first in ("EX4-OPTOUT", "EX4-WINDOW", "PROTECTED")


def _stricter(
    decision: Decision, answer: PluginAnswer[Review], case: Case, ours: Outcome, rulings: Rulings
) -> Decision:
    if answer.error:
        failed = reason("THIRD-PARTY-DOWN", plugin=answer.plugin, error=answer.error)
        return stricter_decision(decision, Outcome.DENY, failed, case)
    review = answer.value
    if review is None:
        return decision
    says = reason("THIRD-PARTY", plugin=answer.plugin, why=review.reason)
    if review.outcome > max(decision.outcome, Outcome.REDACT):
        return stricter_decision(decision, review.outcome, says, case)
    if decision.outcome > Outcome.REDACT:
        return decision
    if review.redact:
        return _hidden_too(decision, review.redact, says, case, rulings)
    return _hidden_somehow(decision, answer.plugin, review, case, ours)


def _hidden_somehow(decision: Decision, plugin: str, review: Review, case: Case, ours: Outcome) -> Decision:
    # Compared with the procedure's own outcome, so that the order of third parties does not matter.
    if review.outcome <= ours:
        return decision
    says = reason("THIRD-PARTY", plugin=plugin, why=f"hide somebody (it does not say whom): {review.reason}")
    return stricter_decision(decision, Outcome.REFER, says, case)


def _hidden_too(decision: Decision, more: tuple[str, ...], says: Reason, case: Case, rulings: Rulings) -> Decision:
    hidden = tuple(sorted({*decision.redact, *more}))
    # The rules for a plan that hides without an exception (step 10) hold for this one too.
    in_the_way = blockers(case, terms_of(case, rulings), Plan("N", frozenset(hidden)))
    if in_the_way:
        return stricter_decision(decision, Outcome.REFER, says, case)
    basis = {student: clause for student, clause in decision.basis.items() if student not in hidden}
    return replace(decision, outcome=Outcome.REDACT, redact=hidden, basis=basis, reasons=(says, *decision.reasons))


def stricter_decision(decision: Decision, outcome: Outcome, why: Reason, case: Case) -> Decision:
    """Return a stricter decision that replaces this one: it releases nothing, and its reason comes first."""
    # A third party's refusal is recorded as the procedure's own (34 CFR 99.32).
    record = outcome is Outcome.DENY and is_recorded_refusal(case)
    return Decision(outcome, reasons=(why, *decision.reasons), record_disclosure=record)
