"""Steps 1 to 12 of the order of decision, one short function a step, in the order of the procedure. Pure.

The first step that decides, decides. Terms are in `terms.py`, plans in `plans.py`, step 12's reasons in `refusal.py`, the
basis in `basis.py`, what each question asks in `checks.py`: a step puts it to `asked`, which hears the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dam_plugin.model import Decision, Outcome, Reason
from dam_plugin.procedure.basis import allowed, basis_of, released, whole
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.checks import unheard
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.exception_row import Asked
from dam_plugin.procedure.exceptions import FAMILY, is_complete, of_step
from dam_plugin.procedure.plans import Obstacles, Plan, obstacles_of, plans_of, preferred
from dam_plugin.procedure.refusal import closures, refusal, stopped
from dam_plugin.procedure.terms import NOBODY, Students, Terms

# The exceptions that steps 2, 3 and 5 ask for, taken from the table once: a decision is to be fast.
Asking = tuple[str, Callable[[Case, Terms, Asked], bool], Callable[[Terms], Students] | None]
_BREAK_GLASS, _OFFICIALS, _WHOLE_RECORDING = (
    tuple((row.clause.id, whole.applies, whole.about) for row, whole in of_step(step)) for step in (2, 3, 5)
)


def steps(case: Case, terms: Terms, asked: Asked = unheard) -> Decision:
    """Return what steps 1 to 12 end in, before the open questions and what evidence was lacking."""
    # RULING other-law-later: an exception that covers the whole recording comes before other law is asked about (step 8).
    return (
        scope(case, terms, asked)
        or break_glass(case, terms, asked)
        or school_official(case, terms, asked)
        or custodian(case, terms, asked)
        or whole_recording(case, terms, asked)
        or hold(case, asked)
        or nobody_protected(case, terms, asked)
        or legality(case, terms, asked)
        or nine_to_twelve(case, terms, asked)
    )


def scope(case: Case, terms: Terms, asked: Asked) -> Decision | None:
    """Step 1: what the district does not maintain."""
    # RULING not-ours: outside of the procedure nothing here forbids it; what the library keeps for another is ours.
    if asked("other", case.asset.maintained_by == "other"):
        return whole(terms, "SCOPE", terms.related)
    return None


def break_glass(case: Case, terms: Terms, asked: Asked = unheard) -> Decision | None:
    """Step 2: an emergency, or a mandated report; nothing may stand in its way."""
    for clause, applies, _ in _BREAK_GLASS:
        if applies(case, terms, asked):
            notify = () if asked("told-already", case.share.by_custodian) else (reason("NOTIFY-CUSTODIAN"),)
            return whole(terms, clause, terms.related, *notify)
    return None


def school_official(case: Case, terms: Terms, asked: Asked) -> Decision | None:
    """Step 3: exception 1."""
    return _by_exception(_OFFICIALS, case, terms, asked)


def custodian(case: Case, terms: Terms, asked: Asked) -> Decision | None:
    """Step 4: who answers requests."""
    if asked("request", case.share.kind == "request") and not asked("by-custodian", case.share.by_custodian):
        return _refer(reason("CUSTODIAN", otherwise=is_complete(terms.evidence.emergency)))
    return None


def whole_recording(case: Case, terms: Terms, asked: Asked) -> Decision | None:
    """Step 5: the exceptions that cover the whole recording."""
    return _by_exception(_WHOLE_RECORDING, case, terms, asked)


def _by_exception(exceptions: Iterable[Asking], case: Case, terms: Terms, asked: Asked) -> Decision | None:
    for clause, applies, about in exceptions:
        if applies(case, terms, asked):
            return whole(terms, clause, about(terms) if about else terms.related)
    return None


def hold(case: Case, asked: Asked) -> Decision | None:
    """Step 6: nobody knows yet who is in it."""
    # RULING anybody-unnamed: whoever is not named may be a student, a grown-up spectator too.
    # RULING whole-and-unseen: what steps 1 to 5 release is released before anybody has said who is in it.
    reasons = []
    if not asked("tagged", case.asset.tagging == "complete"):
        reasons.append(reason("HOLD-UNTAGGED"))
    if asked("unnamed", case.asset.unidentified_people > 0):
        reasons.append(reason("HOLD-UNKNOWN-PERSON", count=case.asset.unidentified_people))
    return _refer(*reasons) if reasons else None


def nobody_protected(case: Case, terms: Terms, asked: Asked) -> Decision | None:
    """Step 7: `D` is empty."""
    asset, shown = case.asset, terms.identifiable
    if asked("related", bool(terms.related)):
        return None
    if asked("shut", bool(asset.closed or asset.confidential)):
        return _shut(case, terms, asked)
    if not asked("shown", bool(shown)):
        return allowed(reason("OPEN"))
    # RULING named-in-a-crowd: a name in the request does not turn a background figure into a subject.
    crowd = shown & terms.opted_out
    more = [reason("EX4-CROWD", crowd)] if asked("crowd-opted-out", bool(crowd)) else []
    return allowed(reason("OPEN-UNRELATED", shown), *more)


def _shut(case: Case, terms: Terms, asked: Asked) -> Decision:
    # RULING shut-with-consent: what is closed for a reason of its own opens by the consent of all who are shown.
    asset, shown = case.asset, terms.identifiable
    if not (asked("shut-shown", bool(shown)) and asked("shut-consents", shown <= terms.consented)):
        return _deny(*closures(case, NOBODY))
    if asked("shut-confidential", asset.confidential is not None):
        return _refer(reason("LEGALITY", shown, why=asset.confidential))
    return allowed(reason("EX3", shown, purpose=case.share.purpose))


def legality(case: Case, terms: Terms, asked: Asked) -> Decision | None:
    """Step 8: confidential under another law."""
    # RULING attorney-first: whether that law yields to a right or a consent is no question for a program.
    why = case.asset.confidential
    if not asked("confidential", why is not None):
        return None
    with_a_right = terms.own | (terms.related & terms.consented)
    if asked("right-or-consent", bool(with_a_right)):
        return _refer(reason("LEGALITY", with_a_right, why=why))
    return _deny(reason("CONFIDENTIAL", terms.related, why=why))


def nine_to_twelve(case: Case, terms: Terms, asked: Asked) -> Decision:
    """Take steps 9 to 12, which look at the plans of redaction: nobody to hide, a plan, a right of one's own, a denial."""
    plans = plans_of(case, terms, asked)
    if asked("nobody-to-hide", not all(plan.hides for plan in plans)):
        return nobody_to_hide(case, terms)
    obstacles = obstacles_of(case, terms, plans)
    return (
        released_by_plan(case, terms, plans, obstacles, asked)
        or several_students(case, terms, obstacles, asked)
        or denied(case, terms, obstacles)
    )


def nobody_to_hide(case: Case, terms: Terms) -> Decision:
    """Step 9: a plan has nobody to hide, so everybody has a ground to stay visible."""
    basis = basis_of(terms, terms.related)
    clause = next((ex for ex in ("EX4", "EX3") if ex in basis.values()), terms.own_clause)
    named = [student for student, ground in basis.items() if ground == clause]
    return released(Outcome.ALLOW, basis, reason(clause, named, purpose=case.share.purpose))


def released_by_plan(
    case: Case, terms: Terms, plans: tuple[Plan, ...], obstacles: Obstacles, asked: Asked
) -> Decision | None:
    """Step 10: the feasible plan that hides least."""
    plan = preferred(terms, plans, obstacles)
    return _redact(case, terms, plan) if asked("feasible", plan is not None) and plan is not None else None


def _redact(case: Case, terms: Terms, plan: Plan) -> Decision:
    clause = {"A": "EX4-OPTOUT", "B": terms.own_clause, "C": "EX3", "N": "REDACT"}[plan.name]
    why = reason(clause, plan.hides, otherwise=True, purpose=case.share.purpose)
    basis = basis_of(terms, terms.related - plan.hides)
    return released(Outcome.REDACT, basis, why, redact=tuple(sorted(plan.hides)))


def several_students(case: Case, terms: Terms, obstacles: Obstacles, asked: Asked) -> Decision | None:
    """Step 11: no plan is feasible, and the recipient has a right of their own."""
    if not asked("own", bool(terms.own)):
        return None
    # RULING destroyed-only: joint release follows from destroyed meaning; where the means are missing a person looks first.
    # RULING joint-despite: neither names nor opt-outs stop it: nobody's record may be kept from them for another's choice.
    if asked("family", case.share.recipient.role in FAMILY) and asked("destroyed", case.asset.meaning == "destroyed"):
        basis = basis_of(terms, terms.related, rest="EX2-MULTI")
        return released(Outcome.ALLOW, basis, reason("EX2-MULTI", terms.related))
    return _refer(*stopped(case, [obstacles["B"]]))


def denied(case: Case, terms: Terms, obstacles: Obstacles) -> Decision:
    """Step 12: everything that would change the answer."""
    return _deny(*refusal(case, terms, obstacles))


def _refer(*reasons: Reason) -> Decision:
    return Decision(Outcome.REFER, reasons=reasons)


def _deny(*reasons: Reason) -> Decision:
    return Decision(Outcome.DENY, reasons=reasons)
