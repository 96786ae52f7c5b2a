"""Steps 1 to 12 of the order of decision, one short function a step, in the order of the procedure. Pure.

The first step that decides, decides. Terms are in `terms.py`, plans of redaction in `plans.py`, sentences in `clauses.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dam_plugin.model import CUSTODIANS, Decision, Outcome, Reason
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.plans import Plan, blockers, plans_of, preferred
from dam_plugin.procedure.terms import NOBODY, Students, Terms, consent_failures

# Step 2: who may be told in an emergency whoever the actor is.
RESPONDERS = ("emergency", "law_enforcement")
# The exceptions whose disclosures 34 CFR 99.32 has recorded, and those of them that release a whole recording.
RECORDED = frozenset({"EX5", "EX6", "EX7", "EX8", "EX9", "EX2-MULTI"})
RECORDED_WHOLE = frozenset({"EX5", "EX7", "EX8", "EX9"})


def steps(case: Case, terms: Terms) -> Decision:
    """Return what steps 1 to 12 end in, before the open questions and what evidence was lacking."""
    return (
        _scope(case, terms)
        or break_glass(case, terms)
        or _school_official(case, terms)
        or _custodian(case)
        or _whole_recording(case, terms)
        or _hold(case, terms)
        or _nobody_protected(case, terms)
        or _legality(case, terms)
        or _plans(case, terms)
    )


# Step 1


def _scope(case: Case, terms: Terms) -> Decision | None:
    if case.asset.maintained_by == "other":
        return _whole(terms, "SCOPE")
    return None


# Step 2


def break_glass(case: Case, terms: Terms) -> Decision | None:
    """Return the release of step 2 (`EX9`, `EX8` on a mandated report), or None where it does not apply."""
    # RULING: a life may depend on it: staff on the spot may act for responders; the custodian is told and reviews it.
    share, emergency, welfare = case.share, terms.evidence.emergency, terms.evidence.child_welfare
    role, by_custodian = share.recipient.role, share.actor.role in CUSTODIANS
    clause = ""
    if (
        share.kind == "request"
        and emergency is not None
        and emergency.threat
        and emergency.recipient_needs_it
        and (by_custodian or role in RESPONDERS)
    ):
        clause = "EX9"
    elif role == "childrens_division" and welfare is not None and welfare.ground == "mandated_report":
        clause = "EX8"
    if not clause:
        return None
    notify = () if by_custodian else (reason("NOTIFY-CUSTODIAN"),)
    return _whole(terms, clause, *notify)


# Step 3


def _school_official(case: Case, terms: Terms) -> Decision | None:
    # RULING: exception 1 gives access to what an official needs; nobody redacts for staff with a need to know.
    evidence = terms.evidence
    if case.share.recipient.role == "school_official" and evidence.legitimate_interest and evidence.records_authorized:
        return _whole(terms, "EX1")
    return None


# Step 4


def _custodian(case: Case) -> Decision | None:
    if case.share.kind == "request" and case.share.actor.role not in CUSTODIANS:
        return _refer(reason("CUSTODIAN"))
    return None


# Step 5


def _whole_recording(case: Case, terms: Terms) -> Decision | None:
    # RULING: exception 5 says "a student in the image": the recording goes to the juvenile office whole.
    preadjudication = terms.evidence.pre_adjudication
    if (
        case.share.recipient.role == "juvenile_office"
        and terms.preadjudication
        and preadjudication is not None
        and preadjudication.certified
    ):
        return _whole(terms, "EX5")
    if order_allows(case, terms):
        return _whole(terms, "EX7")
    return None


def order_allows(case: Case, terms: Terms) -> bool:
    """Whether a verified order releases the recording (`EX7`): families told, or no notice required."""
    order = terms.evidence.order
    if case.share.kind != "request" or order is None or not order.verified:
        return False
    return not order.notice_required or (terms.known and terms.related.issubset(order.notified))


# Step 6


def _hold(case: Case, terms: Terms) -> Decision | None:
    if terms.known:
        return None
    reasons = []
    if case.asset.tagging != "complete":
        reasons.append(reason("HOLD-UNTAGGED"))
    if case.asset.unidentified_people:
        reasons.append(reason("HOLD-UNKNOWN-PERSON", count=case.asset.unidentified_people))
    return _refer(*reasons)


# Step 7


def _nobody_protected(case: Case, terms: Terms) -> Decision | None:
    if terms.related:
        return None
    asset, shown = case.asset, terms.identifiable
    if asset.closed or asset.confidential:
        if shown and shown <= terms.consented:
            if asset.confidential:
                return _refer(reason("LEGALITY", shown, why=asset.confidential))
            return _allow(reason("EX3", shown, purpose=case.share.purpose))
        return _deny(*_closures(case, NOBODY))
    if not shown:
        return _allow(reason("OPEN"))
    # RULING: a name in the request does not turn a background figure into a subject.
    crowd = shown & terms.opted_out
    return _allow(reason("OPEN-UNRELATED", shown), *([reason("EX4-CROWD", crowd)] if crowd else []))


def _closures(case: Case, students: Students) -> Iterator[Reason]:
    if case.asset.closed:
        yield reason("CLOSED", students, why=case.asset.closed)
    if case.asset.confidential:
        yield reason("CONFIDENTIAL", students, why=case.asset.confidential)


# Step 8


def _legality(case: Case, terms: Terms) -> Decision | None:
    why = case.asset.confidential
    if not why:
        return None
    with_a_right = terms.own | (terms.related & terms.consented)
    if with_a_right:
        return _refer(reason("LEGALITY", with_a_right, why=why))
    return _deny(reason("CONFIDENTIAL", terms.related, why=why))


# Steps 9 to 12


def _plans(case: Case, terms: Terms) -> Decision:
    plans = plans_of(case, terms)
    if any(not plan.hides for plan in plans):
        return _allow_all(case, terms)
    plan = preferred(case, terms, plans)
    if plan is not None:
        return _redact(case, terms, plan)
    if terms.own:
        return _several_students(case, terms, plans)
    return _denied(case, terms, plans)


def _allow_all(case: Case, terms: Terms) -> Decision:
    basis = _basis(terms, terms.related)
    clause = next((ex for ex in ("EX4", "EX3") if ex in basis.values()), terms.own_clause)
    named = [student for student, ground in basis.items() if ground == clause]
    return _released(Outcome.ALLOW, basis, [reason(clause, named, purpose=case.share.purpose)])


def _redact(case: Case, terms: Terms, plan: Plan) -> Decision:
    clause = {"A": "EX4-OPTOUT", "B": terms.own_clause, "C": "EX3", "N": "REDACT"}[plan.name]
    why = reason(clause, plan.hides, otherwise=True, purpose=case.share.purpose)
    basis = _basis(terms, terms.related - plan.hides)
    return _released(Outcome.REDACT, basis, [why], redact=tuple(sorted(plan.hides)))


def _several_students(case: Case, terms: Terms, plans: tuple[Plan, ...]) -> Decision:
    # RULING: joint release follows from destroyed meaning only; where the means are missing, a person looks first.
    if case.share.recipient.role in ("parent", "eligible_student") and case.asset.meaning == "destroyed":
        basis = _basis(terms, terms.related, rest="EX2-MULTI")
        return _released(Outcome.ALLOW, basis, [reason("EX2-MULTI", terms.related)])
    return _refer(*_stopped(case, terms, [plan for plan in plans if plan.name == "B"]))


def _denied(case: Case, terms: Terms, plans: tuple[Plan, ...]) -> Decision:
    share = case.share
    lacking = terms.related - terms.consented
    on_route = (lacking - terms.opted_out) or lacking or terms.related
    reasons = [
        reason(clause, on_route, purpose=share.purpose) for clause in terms.route_closed_by if clause.startswith("EX4-")
    ]
    reasons += _closures(case, terms.related)
    opted_out = lacking & terms.opted_out
    if opted_out:
        reasons.append(reason("EX4-OPTOUT", opted_out, purpose=share.purpose))
    reasons += _consents_lacking(case, opted_out if terms.route_open else terms.identifiable - terms.consented)
    reasons += _stopped(case, terms, plans)
    return _deny(*reasons)


def _consents_lacking(case: Case, students: Students) -> Iterator[Reason]:
    """EX3-MISSING and EX3-FORM, with why each consent fails; of several, the one that fails least is told."""
    by_id = {student.id: student for student in case.students}
    failures: dict[str, tuple[str, ...]] = {}
    for consent in case.consents:
        if consent.student in students:
            failed = consent_failures(consent, by_id[consent.student], case)
            known = failures.get(consent.student)
            failures[consent.student] = failed if known is None else min(known, failed, key=lambda f: (len(f), f))
    missing = students - failures.keys()
    if missing:
        yield reason("EX3-MISSING", missing)
    if failures:
        why = "; ".join(f"{student}: {', '.join(failures[student])}" for student in sorted(failures))
        yield reason("EX3-FORM", failures, why=why)


def _stopped(case: Case, terms: Terms, plans: Iterable[Plan]) -> Iterator[Reason]:
    """Return REDACT-UNABLE, REDACT-NAMED and REDACT-MEANING where each stops one of the plans, in this order."""
    stopped: dict[str, Students] = {}
    for plan in plans:
        for clause, students in blockers(case, terms, plan).items():
            stopped[clause] = stopped.get(clause, NOBODY) | students
    for clause in ("REDACT-UNABLE", "REDACT-NAMED", "REDACT-MEANING"):
        if clause in stopped:
            yield stopping(case, clause, stopped[clause])


def stopping(case: Case, clause: str, students: Students) -> Reason:
    """Return a `REDACT-…` reason, in the words that fit what is known of the meaning."""
    meaning = case.asset.meaning
    unreviewed = clause == "REDACT-MEANING" and meaning == "unreviewed"
    return reason(clause, students, otherwise=unreviewed, meaning=meaning)


# Decisions


def _basis(terms: Terms, shown: Students, *, rest: str = "") -> dict[str, str]:
    """Return the clause on which each student of D stays visible; `rest` is for those without one (step 11 alone)."""
    return {student: _ground(terms, student) or rest for student in sorted(shown)}


def _ground(terms: Terms, student: str) -> str:
    if student in terms.own:
        return terms.own_clause
    if terms.route_open and student not in terms.opted_out:
        return "EX4"
    return "EX3" if student in terms.consented else ""


def _whole(terms: Terms, clause: str, *more: Reason) -> Decision:
    """Allow the whole recording on an exception that covers it, whoever is in it."""
    basis = dict.fromkeys(sorted(terms.related), clause)
    named = terms.preadjudication if clause == "EX5" else terms.related
    record = clause in RECORDED_WHOLE and (bool(basis) or not terms.known)
    return Decision(Outcome.ALLOW, basis=basis, reasons=(reason(clause, named), *more), record_disclosure=record)


def _released(outcome: Outcome, basis: dict[str, str], reasons: list[Reason], redact: tuple[str, ...] = ()) -> Decision:
    record = not RECORDED.isdisjoint(basis.values())
    return Decision(outcome, redact=redact, basis=basis, reasons=tuple(reasons), record_disclosure=record)


def _allow(*reasons: Reason) -> Decision:
    return Decision(Outcome.ALLOW, reasons=reasons)


def _refer(*reasons: Reason) -> Decision:
    return Decision(Outcome.REFER, reasons=reasons)


def _deny(*reasons: Reason) -> Decision:
    return Decision(Outcome.DENY, reasons=reasons)
