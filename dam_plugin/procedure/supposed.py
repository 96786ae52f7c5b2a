"""Cases as they would be: an exception's evidence brought, a question settled, whoever has to act first acted. Pure.

What would change an answer is decided on them (`ways.py`), so that no way is offered that leads nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from dam_plugin.model import Actor, Decision, OptOut, Outcome, Student
from dam_plugin.procedure.case import (
    Case,
    CaseAppearance,
    ChildWelfare,
    Emergency,
    Evidence,
    Order,
    PreAdjudication,
)
from dam_plugin.procedure.decide import decide
from dam_plugin.procedure.terms import NO_EVIDENCE, Students, people_of

Brought = Callable[[Case, Evidence], Evidence]


def supposed(case: Case, clause: str) -> Case | None:
    """Return the case once what a clause asks for is there, None where no fact of a case could say that."""
    if clause in _EVIDENCE:
        brought = _EVIDENCE[clause](case, case.share.evidence or NO_EVIDENCE)
        return replace(case, share=replace(case.share, evidence=brought))
    return _CHANGES[clause](case) if clause in _CHANGES else None


def stages(case: Case) -> Iterator[tuple[Case, Decision]]:
    """Yield a case, then what it becomes each time that those acted who have to act first, each with its decision."""
    done: set[str] = set()
    while True:
        decision = decide(case)
        yield case, decision
        acting = {each.clause for each in decision.reasons} & _ACTS - done
        if decision.outcome is not Outcome.REFER or not acting:
            return
        done |= acting
        for clause in sorted(acting):
            case = _CHANGES[clause](case)


def with_somebody(case: Case) -> Case:
    """Return the case with one more student in it, a subject who has opted out: whoever nobody has named yet may be one."""
    known = {student.id for student in case.students}
    somebody = next(each for each in map(str, range(len(known) + 1)) if each not in known)
    appearances = (*case.asset.appearances, CaseAppearance(somebody, prominence="focus"))
    return replace(
        case,
        asset=replace(case.asset, appearances=appearances),
        students=(*case.students, Student(somebody, opted_out=OptOut(since=case.at))),
    )


def _official(_: Case, evidence: Evidence) -> Evidence:
    return replace(evidence, legitimate_interest=True, records_authorized=True)


def _certified(_: Case, evidence: Evidence) -> Evidence:
    """Certify what is on file: the students whom it names are no others than before."""
    on_file = evidence.pre_adjudication or PreAdjudication()
    return replace(evidence, pre_adjudication=replace(on_file, certified=True))


def _serving(people: Callable[[Case], Students]) -> Brought:
    """Certify for the students of the recording as well, as many as it can name."""

    def brought(case: Case, evidence: Evidence) -> Evidence:
        named = evidence.pre_adjudication.students if evidence.pre_adjudication else ()
        everybody = tuple(sorted(people(case).union(named)))
        return replace(evidence, pre_adjudication=PreAdjudication(everybody, certified=True))

    return brought


def _announced(case: Case, evidence: Evidence) -> Evidence:
    """Have the order verified, and those told whom it asks to be told."""
    told = tuple(sorted(people_of(case.asset)[2]))
    return replace(evidence, order=replace(evidence.order or Order(), verified=True, notified=told))


def _reported(_: Case, evidence: Evidence) -> Evidence:
    return replace(evidence, child_welfare=ChildWelfare("mandated_report"))


def _threatened(_: Case, evidence: Evidence) -> Evidence:
    threat = evidence.emergency.threat if evidence.emergency else None
    return replace(evidence, emergency=Emergency(threat or "a threat", recipient_needs_it=True))


_EVIDENCE: Mapping[str, Brought] = {
    "EX1-EVIDENCE": _official,
    # Exception 5 asks for a student in the recording, exception 6 for one whom it is about.
    "EX5-EVIDENCE": _serving(lambda case: people_of(case.asset)[0]),
    "EX6-EVIDENCE": _serving(lambda case: people_of(case.asset)[2]),
    "EX7-EVIDENCE": _announced,
    "EX8-EVIDENCE": _reported,
    "EX9-EVIDENCE": _threatened,
    "EX7-NOTICE": _announced,
    "PREADJ-CERTIFICATION": _certified,
}
# Who has to act first: until then nothing else is looked at.
_ACTS = {"CUSTODIAN", "HOLD-UNTAGGED", "HOLD-UNKNOWN-PERSON", "LEGALITY"}
_CHANGES: Mapping[str, Callable[[Case], Case]] = {
    "CUSTODIAN": lambda case: replace(case, share=replace(case.share, actor=Actor("custodian"))),
    "HOLD-UNTAGGED": lambda case: replace(case, asset=replace(case.asset, tagging="complete")),
    "HOLD-UNKNOWN-PERSON": lambda case: replace(case, asset=replace(case.asset, unidentified_people=0)),
    "LEGALITY": lambda case: replace(case, asset=replace(case.asset, confidential=None)),
    "CLOSED": lambda case: replace(case, asset=replace(case.asset, closed=None)),
    "CONFIDENTIAL": lambda case: replace(case, asset=replace(case.asset, confidential=None)),
    "HOLD-UNCLASSIFIED": lambda case: replace(case, asset=replace(case.asset, directory_status="eligible")),
    "REDACT-MEANING": lambda case: replace(case, asset=replace(case.asset, meaning="preserved")),
}
