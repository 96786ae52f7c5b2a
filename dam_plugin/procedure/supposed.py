"""Cases as they would be: an exception's evidence brought, a question settled, whoever has to act first acted. Pure.

What would change an answer is decided on them (`ways.py`), so that no way is offered that leads nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from dam_plugin.model import Actor, Decision, OptOut, Outcome, Student
from dam_plugin.procedure.case import Case, CaseAppearance
from dam_plugin.procedure.decide import decide
from dam_plugin.procedure.exceptions import ASKS, NO_EVIDENCE
from dam_plugin.procedure.terms import people_of


def supposed(case: Case, clause: str) -> Case | None:
    """Return the case once what a clause asks for is there, None where no fact of a case could say that."""
    asks = ASKS.get(clause)
    if asks is not None:
        depicted, _, related = people_of(case.asset)
        brought = asks.bring(case.share.evidence or NO_EVIDENCE, depicted, related)
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
