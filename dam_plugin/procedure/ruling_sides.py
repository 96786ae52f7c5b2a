"""Whether a ruling bears on a case, or was near it and did not: one function a ruling. Pure.

The rulings in words are in `rulings.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from dam_plugin.model import CUSTODIANS, Outcome, Student
from dam_plugin.procedure.case import District
from dam_plugin.procedure.decide import PlanSeen, Trace
from dam_plugin.procedure.exceptions import EXCEPTIONS, FAMILY, LACKING, RECORDED_WHOLE, WHOLE
from dam_plugin.procedure.steps import cost
from dam_plugin.procedure.terms import age_of, consent_faults, is_eligible, is_last_years_window, opt_out_of

# True: the ruling bears on the case; False: it was near and did not; None: the case has nothing to do with it.
Side = bool | None
_ASKING_FOR_EVIDENCE = frozenset(row.clause.id for row in EXCEPTIONS if row.lacking)


def sides_of(way: Trace) -> dict[str, bool]:
    """Return the rulings that a case exercises: for (true) or against (false)."""
    found = {ruling: side(way) for ruling, side in SIDES.items()}
    return {ruling: side for ruling, side in found.items() if side is not None}


def _first(way: Trace) -> str:
    return way.decision.reasons[0].clause


def _clauses(way: Trace) -> list[str]:
    return [each.clause for each in way.decision.reasons]


def _shown(way: Trace) -> list[Student]:
    """Return the students who can be identified, where the answer rests on who is in it."""
    return [s for s in way.case.students if s.id in way.terms.identifiable] if way.looked_at_people else []


def _some(sides: Iterable[Side]) -> Side:
    """For where one is for, else against where one is against."""
    said = [side for side in sides if side is not None]
    return any(said) if said else None


def _plan(way: Trace, name: str) -> PlanSeen | None:
    return next((plan for plan in way.plans if plan.name == name), None)


# Steps 1 to 5


def _staff_on_the_spot(way: Trace) -> Side:
    if "NOTIFY-CUSTODIAN" in _clauses(way):
        return True
    return False if way.answer("emergency-responder") is False else None


def _official_sees_all(way: Trace) -> Side:
    if not way.answer("official"):
        return None
    return _first(way) == "EX1" and bool(way.terms.related)


def _officials_at_once(way: Trace) -> Side:
    if not way.answer("official") or way.case.share.kind != "request" or way.case.share.actor.role in CUSTODIANS:
        return None
    return _first(way) == "EX1"


def _other_law_later(way: Trace) -> Side:
    return _first(way) in WHOLE if way.case.asset.confidential and not way.answer("other") else None


def _whole_and_unseen(way: Trace) -> Side:
    return _first(way) in WHOLE if not way.terms.known and not way.answer("other") else None


def _one_parent(way: Trace) -> Side:
    students = {s.id: s for s in _shown(way) if way.looked_at_consents and not is_eligible(s, way.case.at)}
    consents = [(each, students[each.student]) for each in way.case.consents if each.student in students]
    valid = [len(student.guardians) > 1 for each, student in consents if not consent_faults(each, student, way.case)]
    if any(valid):
        return True
    wrong = any("not-a-parent" in consent_faults(each, student, way.case) for each, student in consents)
    return False if wrong or valid else None


def _parties_by_role(way: Trace) -> Side:
    students = {student.id: student for student in _shown(way) if way.looked_at_consents}
    faults = [
        (each, consent_faults(each, students[each.student], way.case))
        for each in way.case.consents
        if each.student in students
    ]
    if any(not found and way.case.share.recipient.id not in each.parties for each, found in faults):
        return True
    return False if any(not found or "party" in found for _, found in faults) else None


def _closed_and_own(way: Trace) -> Side:
    if not way.case.asset.closed or not way.terms.related or way.answer("other"):
        return None
    return way.decision.outcome <= Outcome.REDACT


def _exceptions_before_redaction(way: Trace) -> Side:
    """Return for where an exception releases the whole although those it does not name could be hidden."""
    if _first(way) not in WHOLE or way.decision.outcome is not Outcome.ALLOW or not way.terms.related:
        return None
    located = {each.student for each in way.case.asset.appearances if each.located}
    return way.case.asset.redactable and way.terms.related <= located


def _record_of_a_secret_order(way: Trace) -> Side:
    return way.answer("order-unannounced") if _first(way) == "EX7" else None


def _juvenile_whole(way: Trace) -> Side:
    if not way.answer("juvenile"):
        return None
    return _first(way) == "EX5" and bool(way.terms.identifiable - way.terms.preadjudication)


def _order_from_anyone(way: Trace) -> Side:
    if not way.answer("order"):
        return None
    return _first(way) == "EX7" and way.case.share.recipient.role != "court"


def _notice_to_all(way: Trace) -> Side:
    if way.answer("order-known") is False:
        return True
    told = way.answer("order-told")
    return None if told is None else not told


# Terms


def _prominence_not_known(way: Trace) -> Side:
    seen = [a.prominence for a in way.case.asset.appearances if a.identifiable]
    return "unknown" in seen if seen and way.looked_at_people else None


def _use_of_nobody(way: Trace) -> Side:
    asset, terms = way.case.asset, way.terms
    if not asset.official_uses or not terms.identifiable or not way.looked_at_people:
        return None
    # For where somebody is directly related by such a use alone.
    by_itself = terms.identifiable - terms.focus - frozenset(asset.record_pii)
    return any(not use.students for use in asset.official_uses) and bool(by_itself)


def _age_is(age: str) -> Callable[[Trace], Side]:
    return lambda way: _some(age_of(student, way.case.at) == age for student in _shown(way))


def _ward(way: Trace) -> Side:
    """Return for where a court appointed a guardian of an adult, against where an adult has none."""
    ages = {age_of(student, way.case.at) for student in _shown(way)}
    return True if "ward" in ages else False if "adult" in ages else None


def _representative(way: Trace) -> Side:
    """Return for where somebody represents a parent, against where somebody asks beside the parents."""
    if way.case.share.recipient.role != "parent" or not way.looked_at_people:
        return None
    return True if "EX2-REPRESENTATIVE" in way.terms.own_by else None if way.terms.own else False


def _born_29_february(way: Trace) -> Side:
    at = way.case.at
    born = [
        s.born
        for s in _shown(way)
        if s.born and (s.born.month, s.born.day) == (2, 29) and age_of(s, at) != "postsecondary"
    ]
    days = [(at.month, at.day) for day in born if at.year == day.year + 18]
    return _some({(3, 1): True, (2, 28): False}.get(day) for day in days)


def _opt_outs(way: Trace) -> Iterator[Student]:
    shown = _shown(way) if way.looked_at_opt_outs else []
    return (student for student in shown if opt_out_of(student, way.case) == "stands")


def _late_opt_out(way: Trace) -> Side:
    ends = _policy(way).opt_out_window_ends
    if ends is None:
        return None
    return _some(out.opted_out.since > ends for out in _opt_outs(way) if out.opted_out)


def _opt_out_outlives_18(way: Trace) -> Side:
    return _some(is_eligible(student, way.case.at) for student in _opt_outs(way))


def _consent_then_opt_out(way: Trace) -> Side:
    """Return for where a later opt-out makes a consent doubtful, against where one on file holds or fails without that."""
    if not way.looked_at_consents:
        return None
    signed = {consent.student for consent in way.case.consents}
    return _some(student.id in way.terms.doubtful for student in _opt_outs(way) if student.id in signed)


def _protected(way: Trace) -> Side:
    """Return for where a student is protected, against where one opted out alone."""
    if way.looked_at_people and way.terms.protected:
        return True
    return False if any(True for _ in _opt_outs(way)) else None


def _age_at_death(way: Trace) -> Side:
    at = way.case.at
    died = [s for s in _shown(way) if s.died is not None and s.died <= at and age_of(s, at) != "postsecondary"]
    return _some(is_eligible(replace(s, died=None), at) and not is_eligible(s, at) for s in died)


def _consent_at_18(way: Trace) -> Side:
    students = {s.id: s for s in _shown(way) if way.looked_at_consents and is_eligible(s, way.case.at)}
    passed = {"not-the-student", "signed-as-minor"}
    return _some(
        not passed.isdisjoint(consent_faults(consent, students[consent.student], way.case))
        for consent in way.case.consents
        if consent.student in students
    )


def _discipline_whomever(way: Trace) -> Side:
    discipline = [use for use in way.case.asset.official_uses if use.purpose == "discipline"]
    if not way.case.asset.official_uses or not way.looked_at_plans:
        return None
    # For where somebody else than whom it names is in the recording.
    named = {student for use in discipline for student in use.students or way.terms.identifiable}
    return bool(discipline) and bool(way.terms.related - named)


def _notice_of_a_year(way: Trace) -> Side:
    at, notice = way.case.at, _policy(way).directory_notice
    if notice is None or notice >= at or not way.looked_at_plans:
        return None
    before = at - timedelta(days=1)
    if (at.year, at.month, at.day) < (notice.year + 1, notice.month, notice.day):
        tomorrow = (at.month, at.day) == (2, 28) and (notice.month, notice.day) == (2, 29)
        after = at + timedelta(days=1) if at.toordinal() < at.max.toordinal() else at
        tomorrow = tomorrow or (after.year, after.month, after.day) == (notice.year + 1, notice.month, notice.day)
        return False if tomorrow else None
    return True if (before.year, before.month, before.day) < (notice.year + 1, notice.month, notice.day) else None


def _through_the_window(way: Trace) -> Side:
    ends = _policy(way).opt_out_window_ends
    days = None if ends is None or not way.looked_at_plans else (way.case.at - ends).days
    return {0: True, 1: False}.get(days) if days is not None else None


def _new_student(way: Trace) -> Side:
    """Return for where a new student's family may still answer, against where its time is over."""
    new = [each for each in _shown(way) if each.may_answer_until is not None] if way.looked_at_opt_outs else []
    return _some(each.id in way.terms.unanswered for each in new)


def _last_years_window(way: Trace) -> Side:
    policy = _policy(way)
    if not way.looked_at_plans or policy.directory_notice is None or policy.opt_out_window_ends is None:
        return None
    return is_last_years_window(policy)


def _policy(way: Trace) -> District:
    return way.case.district or District()


def _others_beside(role: str) -> Callable[[Trace], Side]:
    def side(way: Trace) -> Side:
        if way.case.share.recipient.role != role or not way.terms.own or not way.looked_at_plans:
            return None
        return bool(way.terms.related - way.terms.own)

    return side


def _as_anybody(way: Trace) -> Side:
    if any(clause in LACKING for clause in _clauses(way)):
        return True
    return False if _first(way) in _ASKING_FOR_EVIDENCE else None


# Steps 7 to 12


def _named_in_a_crowd(way: Trace) -> Side:
    asked_for = way.answer("crowd-asked-for")
    # Against, too, where one of the crowd opted out and the request names nobody.
    return False if asked_for is None and way.answer("crowd-opted-out") else asked_for


def _relation_not_known(way: Trace) -> Side:
    if way.case.share.recipient.role not in FAMILY or not way.looked_at_people:
        return None
    return "EX2-RELATION" in _clauses(way)


def _attorney_first(way: Trace) -> Side:
    if "LEGALITY" in _clauses(way):
        # Of a closed record another ruling speaks.
        return True if way.case.asset.confidential else None
    return False if "CONFIDENTIAL" in _clauses(way) else None


def _each_a_ground(way: Trace) -> Side:
    grounds = set(way.decision.basis.values())
    return len(grounds) > 1 if way.plans and grounds else None


def _background_consent(way: Trace) -> Side:
    plan = _plan(way, "C")
    return None if plan is None else bool(plan.hides - way.terms.related)


def _hidden_for_anyone(way: Trace) -> Side:
    plan = _plan(way, "N")
    if plan is not None:
        return True if plan.chosen else None
    return False if way.answer("plan-n") is False and not way.terms.own else None


def _fewest_hidden(way: Trace) -> Side:
    feasible = [plan for plan in way.plans if plan.feasible]
    return len(feasible) > 1 if any(plan.chosen and plan.hides for plan in feasible) else None


def _asked_by_name(way: Trace) -> Side:
    if not way.case.share.names or not _all_hide(way):
        return None
    # For where another answer would come out if names stopped nothing.
    otherwise = [plan for plan in way.plans if plan.stopped_by.keys() <= {"REDACT-NAMED"}]
    best = min(otherwise, key=lambda plan: cost(way.terms, plan.hides), default=None)
    return None if best is None else not best.feasible


def _all_hide(way: Trace) -> bool:
    return bool(way.plans) and all(plan.hides for plan in way.plans)


def _changed_meaning(way: Trace) -> Side:
    if way.case.asset.meaning != "changed" or not _all_hide(way):
        return None
    return any("REDACT-MEANING" not in plan.stopped_by for plan in way.plans)


def _unreviewed_meaning(way: Trace) -> Side:
    return way.case.asset.meaning == "unreviewed" if _all_hide(way) and way.terms.focus else None


def _destroyed_only(way: Trace) -> Side:
    if not way.answer("family"):
        return None
    return not (way.answer("destroyed") or way.answer("found-unable"))


def _joint_despite(way: Trace) -> Side:
    if _first(way) != "EX2-MULTI":
        return None
    others = way.terms.related - way.terms.own
    return bool(others.intersection(way.case.share.names) or others & way.terms.opted_out)


def _open_question(way: Trace) -> Side:
    if way.decision.outcome is Outcome.DENY:
        return False
    ended_in_denial = way.answer("own") is False
    return True if ended_in_denial and way.decision.outcome is Outcome.REFER else None


def _dependent_student(way: Trace) -> Side:
    if way.case.share.recipient.role != "parent" or not way.looked_at_people:
        return None
    return bool({"RIGHTS-TRANSFERRED", "EX2-DEPENDENT"} & {*_clauses(way), *way.decision.basis.values()})


def _record_unknown(way: Trace) -> Side:
    if _first(way) not in RECORDED_WHOLE or way.decision.outcome is not Outcome.ALLOW:
        return None
    return not way.terms.known


SIDES: Mapping[str, Callable[[Trace], Side]] = {
    "officials-at-once": _officials_at_once,
    "other-law-later": _other_law_later,
    "whole-and-unseen": _whole_and_unseen,
    "anybody-unnamed": lambda way: way.answer("unnamed"),
    "one-parent": _one_parent,
    "parties-by-role": _parties_by_role,
    "closed-and-own": _closed_and_own,
    "record-of-a-secret-order": _record_of_a_secret_order,
    "not-ours": lambda way: way.answer("other"),
    "staff-on-the-spot": _staff_on_the_spot,
    "official-sees-all": _official_sees_all,
    "juvenile-whole": _juvenile_whole,
    "order-from-anyone": _order_from_anyone,
    "notice-to-all": _notice_to_all,
    "prominence-not-known": _prominence_not_known,
    "use-of-nobody": _use_of_nobody,
    "postsecondary": _age_is("postsecondary"),
    "ward": _ward,
    "representative": _representative,
    "age-not-known": _age_is("unknown"),
    "born-29-february": _born_29_february,
    "late-opt-out": _late_opt_out,
    "opt-out-outlives-18": _opt_out_outlives_18,
    "consent-then-opt-out": _consent_then_opt_out,
    "protected": _protected,
    "age-at-death": _age_at_death,
    "relation-not-known": _relation_not_known,
    "exceptions-before-redaction": _exceptions_before_redaction,
    "consent-at-18": _consent_at_18,
    "discipline-whomever": _discipline_whomever,
    "notice-of-a-year": _notice_of_a_year,
    "through-the-window": _through_the_window,
    "new-student": _new_student,
    "last-years-window": _last_years_window,
    "police-own-only": _others_beside("law_enforcement"),
    "custody-own-only": _others_beside("childrens_division"),
    "as-anybody": _as_anybody,
    "named-in-a-crowd": _named_in_a_crowd,
    "shut-with-consent": lambda way: way.answer("shut-consents"),
    "attorney-first": _attorney_first,
    "each-a-ground": _each_a_ground,
    "background-consent": _background_consent,
    "hidden-for-anyone": _hidden_for_anyone,
    "fewest-hidden": _fewest_hidden,
    "asked-by-name": _asked_by_name,
    "changed-meaning": _changed_meaning,
    "unreviewed-meaning": _unreviewed_meaning,
    "destroyed-only": _destroyed_only,
    "joint-despite": _joint_despite,
    "open-question": _open_question,
    "dependent-student": _dependent_student,
    "record-unknown": _record_unknown,
}
