"""A protection told as an opt-out, for everybody but the custodian: reasons, cases and kept entries. Pure.

Who is protected is known to the custodian and a designee alone (RSMo 589.664; a no-contact order): whoever can tell a
protection from an opt-out learns of whom to keep looking. The decision itself is not changed, and the ledger keeps it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar, cast

from dam_plugin.model import Decision, OptOut, Reason, Student
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import CLAUSES, CONSENT_FAULTS, reason, remedy, source
from dam_plugin.procedure.terms import people_of

T = TypeVar("T")

PROTECTION, OPT_OUT = "PROTECTED", "EX4-OPTOUT"
_NAMED = re.compile(rf"\b{PROTECTION}\b")
_TWICE = re.compile(rf"\b{OPT_OUT}(?:, {OPT_OUT})+\b")
# Sentences in words of which a protection is the ground, each with what an opt-out reads.
_SENTENCES = {
    CONSENT_FAULTS["protected"]: CONSENT_FAULTS["doubtful"],
    "the student is protected": "an opt-out is in force",
    CLAUSES[PROTECTION].title: CLAUSES[OPT_OUT].title,
    CLAUSES[PROTECTION].remedy: remedy(OPT_OUT),
}


def ask_nobody(student: str) -> str:
    """Return what the custodian alone is told of a protected student: that a consent is not asked for."""
    return (
        f"{student} is protected: ask nobody for a consent to show them, since none counts while that lasts. Share a copy that "
        "hides them, or a recording without them."
    )


def ask_attorney(student: str) -> str:
    """Return what the custodian alone is told of a protected student whom a recording shows that an order asks for.

    An order binds, so what the student needs is the attorney before its return day, and not a copy that hides them.
    """
    return (
        f"{student} is protected, and an order or a subpoena binds before its return day: {_ATTORNEY}. Where the paper holds, "
        "what it asks for goes out on that day, a place in it too."
    )


def ask_attorney_now(student: str) -> str:
    """Return what the custodian alone is told of a protected student once a recording with them went out on an order."""
    return (
        f"{student} is protected, and may be shown in what was released on the order. If the district's attorney was not asked "
        "before, do so today: a court may still order who may see it, and that it is returned (RSMo 589.660 to 589.681; 34 CFR "
        "99.31(a)(9))."
    )


_ATTORNEY = (
    "ask the district's attorney now about a protective order, about the court's own look at it in chambers, or about masking "
    "what tells where the student can be found (RSMo 589.660 to 589.681; 34 CFR 99.31(a)(9))"
)
ORDER_BINDS = f"No consent is asked for what an order asks for. Before its return day {_ATTORNEY}."


def may_be_against(student: str, guardian: str) -> str:
    """Return what the custodian alone is told before a guardian of a protected student is answered as any guardian.

    A protection keeps a place, and takes no parent's right to the record (34 CFR 99.4; RSMo 589.660).
    """
    return (
        f"{student} is protected, and {guardian} may be the one from whom the place is kept. Where it is, or where you do not "
        f"know, state that first: `dam-plugin student guardian limit {student} {guardian} --only whereabouts --seen TEXT`. It "
        "takes no proof of who they are, and no other right of theirs: each recording waits for your look for a place, and "
        f"`dam-plugin ledger student {student} --for {guardian} --page FILE` leaves every place out. Only where you know whom "
        f"the protection is against, and that it is somebody else, say so, {NOT_AGAINST.format(student, guardian)}"
    )


NOT_AGAINST = (
    "`dam-plugin student guardian verify {0} {1} --not-against --seen TEXT`: once two people said it, recordings go to this "
    "person without a look for a place, and the record of disclosures names the student's other schools."
)


def call_back(student: str) -> str:
    """Return what the custodian alone is told of a protected student where a school or an agency asks: it may be none."""
    return (
        f"{student} is protected, and whoever looks for them may ask as a school or an agency. Before anything goes that is "
        "about them or says where they are, call it back at a number that you found yourself; then you decide. Hide them in "
        "what is another student's record."
    )


def keep_whereabouts(student: str) -> str:
    """Return what the custodian alone is told of a protected student in an emergency, in which nothing waits."""
    return (
        f"{student} is protected. Tell the recipient now, by word of mouth, that where this student lives and can be found is "
        "kept secret: it is told only to whom the emergency needs, and the recording is shown to nobody else."
    )


def notes_on(case: Case) -> tuple[str, ...]:
    """Return what the custodian alone is told beside the answer to a case: of each protected student whom it shows."""
    protected = (each.id for each in case.students if each.protected)
    evidence = case.share.evidence
    told = ask_attorney if evidence is not None and evidence.order is not None else ask_nobody
    return tuple(told(each) for each in sorted(protected) if each in people_of(case.asset)[0])


def clause_for_staff(clause: str) -> str:
    """Return a clause as everybody but the custodian reads it."""
    return OPT_OUT if clause == PROTECTION else clause


def reasons_for_staff(reasons: Iterable[Reason], purpose: str | None) -> tuple[Reason, ...]:
    """Return reasons in which the protected stand among those who opted out, in one reason."""
    given = [replace(each, text=said_to_staff(each.text)) if each.clause != PROTECTION else each for each in reasons]
    first = next((each for each in given if each.clause == PROTECTION), None)
    if first is None:
        return tuple(given)
    alike = [each for each in given if each.clause in (PROTECTION, OPT_OUT)]
    of_copy = first.text == reason(PROTECTION, first.students, otherwise=True).text
    students = {student for each in alike for student in each.students}
    one = reason(OPT_OUT, students, otherwise=of_copy, purpose=purpose or "the purpose of the share")
    return tuple(one if each is alike[0] else each for each in given if each is alike[0] or each not in alike)


def decision_for_staff(decision: Decision, purpose: str | None) -> Decision:
    """Return a decision as everybody but the custodian reads it."""
    return replace(decision, reasons=reasons_for_staff(decision.reasons, purpose))


def case_for_staff(case: Case) -> Case:
    """Return a case in which a protected student is one who opted out of everything and consented to nothing."""
    notice = case.district.directory_notice if case.district else None
    since = min(notice or case.at, case.at)
    protected = {each.id for each in case.students if each.protected}
    if not protected:
        return case
    return replace(
        case,
        students=tuple(_opted_out(each, since) if each.id in protected else each for each in case.students),
        consents=tuple(each for each in case.consents if each.student not in protected),
    )


def plain_for_staff(value: T, purpose: str | None = None, *, since: date | None = None) -> T:
    """Return kept plain data (a case, a decision, an entry of the ledger) as everybody but the custodian reads it.

    `since` is the day from which a protected student counts as opted out; in a case it is the day of its notice.
    """
    return cast("T", _plain(value, purpose, since))


def _plain(value: Any, purpose: str | None, since: date | None) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case str():
            return said_to_staff(value)
        case Mapping():
            district = value.get("district")
            day = (district.get("directory_notice") if isinstance(district, Mapping) else None) or value.get("at")
            # An entry holds the case beside the decision on it.
            case = value.get("case")
            share = case.get("share") if isinstance(case, Mapping) else value.get("share")
            purpose = (share.get("purpose") if isinstance(share, Mapping) else None) or purpose
            since = day if "students" in value and day else since
            told = {name: _plain(each, purpose, since) for name, each in value.items()}
            if value.get("protected") is True:
                told |= {"protected": False} | _opt_out_of(value, since)
            return told
        case list() | tuple():
            if any(_is_reason(each) and each["clause"] == PROTECTION for each in value):
                return type(value)(_reasons(value, purpose))
            told_each = [_plain(each, purpose, since) for each in value]
            is_names = PROTECTION in [each for each in value if isinstance(each, str)]
            return type(value)(dict.fromkeys(told_each) if is_names else told_each)
    return value


def _opt_out_of(student: Mapping[str, Any], since: Any) -> dict[str, Any]:  # noqa: ANN401 - a day, or its text
    everything = {"since": since, "ended": None, "purposes": None}
    if list(student) == sorted(student):
        everything = dict(sorted(everything.items()))
    if "opt_outs" in student:
        is_open = [each for each in student["opt_outs"] if each["ended"] is None and each["purposes"] is None]
        return {} if is_open else {"opt_outs": [*student["opt_outs"], everything]}
    return {"opted_out": everything} if not student.get("opted_out") else {}


def _is_reason(value: object) -> bool:
    return isinstance(value, Mapping) and {"clause", "text", "students"} <= set(value)


def _reasons(kept: Iterable[Mapping[str, Any]], purpose: str | None) -> list[dict[str, Any]]:
    """Return kept reasons; what else is kept with one (its source, its remedy) is that of an opt-out."""
    others = {each["clause"]: each for each in kept}
    given = (Reason(each["clause"], each["text"], tuple(each["students"])) for each in kept)
    told = []
    for each in reasons_for_staff(given, purpose):
        before = dict(others.get(each.clause) or others.get(PROTECTION) or {})
        if each.clause == OPT_OUT:
            before |= {"source": source(OPT_OUT)} if "source" in before else {}
            before |= {"remedy": remedy(OPT_OUT, purpose=purpose)} if "remedy" in before else {}
            before |= {"title": CLAUSES[OPT_OUT].title} if "title" in before else {}
        told.append({**before, "clause": each.clause, "text": each.text, "students": list(each.students)})
    return told


def _opted_out(student: Student, since: date) -> Student:
    out = student.opted_out
    everything = out if out and out.ended is None and out.purposes is None else OptOut(since)
    return replace(student, protected=False, opted_out=everything)


def said_to_staff(text: str) -> str:
    """Return a sentence, or a list of clauses, as everybody but the custodian reads it."""
    for ours, theirs in _SENTENCES.items():
        text = text.replace(ours, theirs)
    return _TWICE.sub(OPT_OUT, _NAMED.sub(OPT_OUT, text))
