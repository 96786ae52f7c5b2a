"""`decide(case) -> Decision`: what the steps end in, then the open questions, then recordation. Pure.

Follows the procedure: the steps are in `steps.py`, the questions in `questions.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

from dam_plugin.model import Decision, Outcome, Reason
from dam_plugin.procedure.basis import records_refusal
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.checks import unheard
from dam_plugin.procedure.exception_row import Asked
from dam_plugin.procedure.questions import evidence_lacking, open_questions
from dam_plugin.procedure.steps import break_glass, steps
from dam_plugin.procedure.terms import Terms, terms_of


def decide(case: Case) -> Decision:
    """Return the decision of the procedure on a case. Deterministic: no clock, no database, no network."""
    return decide_on(case, terms_of(case))


def decide_on(case: Case, terms: Terms, asked: Asked = unheard) -> Decision:
    """Return the decision on a case whose terms are known; `asked` hears each question of the steps and its answer."""
    ended = steps(case, terms, asked)
    if ended.outcome is Outcome.ALLOW:
        return ended
    return _conclude(case, terms, ended)


def is_break_glass(case: Case) -> bool:
    """Whether step 2 releases the case: nothing may stand in its way."""
    return break_glass(case, terms_of(case)) is not None and case.asset.maintained_by != "other"


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
        reasons=_once((*reasons, *evidence_lacking(case, terms))),
        record_disclosure=record,
    )


def _once(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Keep the first reason of each clause, where it stands."""
    first: dict[str, Reason] = {}
    for each in reasons:
        first.setdefault(each.clause, each)
    return tuple(first.values())
