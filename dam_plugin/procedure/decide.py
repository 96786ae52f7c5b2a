"""`decide(case) -> Decision`: what the steps end in, then the open questions, then what evidence was lacking. Pure.

`trace` decides in the same way and keeps how: each question that was asked with its answer, each plan with what stopped it.
Follows "Open questions" and the opening of "The order of decision"; the steps are in `steps.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from dam_plugin.model import Decision, Outcome, Reason
from dam_plugin.procedure import exceptions
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.exception_row import Asked
from dam_plugin.procedure.exceptions import FAMILY, LACKING_BY_ROLE, QUESTION_OF
from dam_plugin.procedure.questions import unheard
from dam_plugin.procedure.steps import (
    Plan,
    blockers,
    break_glass,
    obstacles_of,
    plans_of,
    preferred,
    records_refusal,
    steps,
    stopping,
)
from dam_plugin.procedure.switches import BUILT_IN, Rulings
from dam_plugin.procedure.terms import NOBODY, Students, Terms, as_ruled, terms_of

# In the procedure's order.
QUESTIONS = (
    *QUESTION_OF,
    "HOLD-UNCLASSIFIED",
    "REDACT-MEANING",
    "CONSENT-DOUBTFUL",
    "CLOSED-CONSENT",
    "EX2-RELATION",
)


def decide(case: Case, rulings: Rulings = BUILT_IN) -> Decision:
    """Return the decision of the procedure on a case. Deterministic: no clock, no database, no network.

    `rulings`: what the district has ruled more strictly than is built in.
    """
    case = as_ruled(case, rulings)
    return decide_on(case, terms_of(case, rulings))


def decide_on(case: Case, terms: Terms, asked: Asked = unheard) -> Decision:
    """Return the decision on a case whose terms are known; `asked` hears each question of the steps and its answer."""
    ended = steps(case, terms, asked)
    if ended.outcome is Outcome.ALLOW:
        return ended
    return _conclude(case, terms, ended)


def is_break_glass(case: Case, rulings: Rulings = BUILT_IN) -> bool:
    """Whether step 2 releases the recording: then nothing else may stop it."""
    return break_glass(case, terms_of(case, rulings)) is not None and case.asset.maintained_by != "other"


def is_recorded_refusal(case: Case) -> bool:
    """Whether a denial of the case marks an entry that 34 CFR 99.32 asks for ("Recordation")."""
    return records_refusal(case, terms_of(case))


def _conclude(case: Case, terms: Terms, ended: Decision) -> Decision:
    """Add the open questions, then what evidence was lacking; a denial with an open question is a referral."""
    questions = tuple(open_questions(case, terms, ended))
    denied = ended.outcome is Outcome.DENY
    reasons = (*questions, *ended.reasons) if denied else (*ended.reasons, *questions)
    outcome = Outcome.REFER if denied and questions else ended.outcome
    record = ended.record_disclosure
    if outcome is Outcome.DENY:
        record = records_refusal(case, terms)
    return Decision(
        outcome=outcome,
        redact=ended.redact,
        basis=ended.basis,
        # Only a question may say what stands in the way already.
        reasons=(*(_once(reasons) if questions else reasons), *evidence_lacking(case, terms)),
        record_disclosure=record,
    )


def _once(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Keep the first reason of each clause, where it stands."""
    first: dict[str, Reason] = {}
    for each in reasons:
        first.setdefault(each.clause, each)
    return tuple(first.values())


def open_questions(case: Case, terms: Terms, ended: Decision) -> Iterator[Reason]:
    """Yield the open questions in the procedure's order; the steps ended in something else than an allow."""
    # RULING open-question: what a person can answer is not denied before it is answered (each question below).
    for question in exceptions.QUESTIONS:
        stands = question.stands(case, terms)
        if stands is not None:
            yield reason(question.clause.id, stands[0], otherwise=stands[1])
    if case.asset.directory_status == "undetermined" and _looser_if_directory(case, terms, ended):
        yield reason("HOLD-UNCLASSIFIED", terms.related)
    if case.share.kind == "request":
        preserved = _looser_if_preserved(case, terms, ended)
        if preserved is not None:
            yield stopping(case, "REDACT-MEANING", frozenset(preserved.redact))
    if terms.doubtful and _if_consents_stand(case, terms).outcome is not Outcome.DENY:
        yield reason("CONSENT-DOUBTFUL", terms.doubtful)
    if case.asset.closed and _all_consented(case, terms):
        yield reason("CLOSED-CONSENT", terms.identifiable)
    if not case.share.recipient.known and _is_unknown_relation(case, terms):
        yield reason("EX2-RELATION")


def _looser_if_directory(case: Case, terms: Terms, ended: Decision) -> bool:
    if len(terms.route_closed_by) > 1:
        # The status opens nothing but the directory route, which something else keeps closed.
        return False
    supposed = replace(case, asset=replace(case.asset, directory_status="eligible"))
    return steps(supposed, terms_of(supposed, terms.rulings)).outcome < ended.outcome


def waits_for_meaning(case: Case, decision: Decision, rulings: Rulings = BUILT_IN) -> bool:
    """Whether the denial of a publication would be a release if a custodian found that hiding keeps the meaning.

    The procedure denies it all the same: nobody asks, so that no answer is due. The work is the custodian's. Where it shows
    one student alone, there is no work: a copy that hides that student has nothing left to publish.
    """
    if case.share.kind != "publication" or decision.outcome is not Outcome.DENY:
        return False
    ruled = as_ruled(case, rulings)
    terms = terms_of(ruled, rulings)
    return len(terms.identifiable) > 1 and _looser_if_preserved(ruled, terms, decision) is not None


def _looser_if_preserved(case: Case, terms: Terms, ended: Decision) -> Decision | None:
    """Return what the steps would end in if the meaning, which nobody has reviewed, were preserved; None if no looser."""
    preserved = _if_preserved(case, terms) if case.asset.meaning == "unreviewed" else None
    return preserved if preserved is not None and preserved.outcome < ended.outcome else None


def _if_preserved(case: Case, terms: Terms) -> Decision | None:
    """Return what the steps would end in if the meaning were preserved; None where that stops no plan."""
    if not any("REDACT-MEANING" in blockers(case, terms, plan) for plan in plans_of(case, terms)):
        return None
    # No term asks for the meaning: they are the same.
    supposed = replace(case, asset=replace(case.asset, meaning="preserved"))
    return steps(supposed, terms)


def _if_consents_stand(case: Case, terms: Terms) -> Decision:
    """Return what the steps would end in if the doubtful consents were valid."""
    return steps(case, replace(terms, consented=terms.consented | terms.doubtful, doubtful=NOBODY))


def _all_consented(case: Case, terms: Terms) -> bool:
    # Consents open no closed record (closed-and-own); the custodian, who closed it, may.
    if case.asset.confidential or not terms.known or not terms.identifiable:
        return False
    return terms.identifiable <= terms.consented


def _is_unknown_relation(case: Case, terms: Terms) -> bool:
    # RULING relation-not-known: a family whom the roster misses is asked who they are, and never just turned away.
    asks = case.share.kind == "request" and case.share.recipient.role in FAMILY
    return asks and not terms.own and bool(terms.related)


def evidence_lacking(case: Case, terms: Terms) -> Iterator[Reason]:
    """Yield what the exception of this recipient, or of what was brought, lacked to apply."""
    # RULING as-anybody: without it the steps have decided on the recipient as on any other person.
    for lacking in LACKING_BY_ROLE[case.share.recipient.role]:
        otherwise = lacking.stands(case, terms)
        if otherwise is not None:
            yield reason(lacking.clause.id, otherwise=otherwise)


@dataclass(frozen=True, slots=True)
class PlanSeen:
    """A plan of redaction: the students that it hides, what stops it (clause to students), whether it was chosen."""

    name: str
    hides: Students
    stopped_by: Mapping[str, Students]
    chosen: bool

    @property
    def feasible(self) -> bool:
        """Whether nothing stands in its way."""
        return not self.stopped_by


@dataclass(frozen=True, slots=True)
class Trace:
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


def trace(case: Case, rulings: Rulings = BUILT_IN) -> Trace:
    """Decide a case and keep every question with its answer, and every plan; its people are as ruled."""
    case = as_ruled(case, rulings)
    terms = terms_of(case, rulings)
    asked: list[tuple[str, bool]] = []

    def hear(check: str, holds: bool) -> bool:
        asked.append((check, holds))
        return holds

    decision = decide_on(case, terms, hear)
    answers = dict(asked)
    return Trace(case, terms, decision, tuple(asked), _plans_seen(case, terms, answers), answers)


def _plans_seen(case: Case, terms: Terms, asked: dict[str, bool]) -> tuple[PlanSeen, ...]:
    if "nobody-to-hide" not in asked:
        return ()
    plans = plans_of(case, terms)
    obstacles = obstacles_of(case, terms, plans)
    chosen: Plan | None = next((plan for plan in plans if not plan.hides), None)
    if chosen is None:
        chosen = preferred(terms, plans, obstacles)
    return tuple(PlanSeen(plan.name, plan.hides, obstacles[plan.name], plan is chosen) for plan in plans)
