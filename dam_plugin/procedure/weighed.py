"""Which clauses a case speaks for (they are among its reasons) and against (they were near, and did not apply). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from dam_plugin.procedure.exception_row import Near
from dam_plugin.procedure.exceptions import EXCEPTIONS, LACKING, QUESTION_OF
from dam_plugin.procedure.walk import Walk


def clause_sides(way: Walk) -> dict[str, bool]:
    """Return the clauses that a case weighs: for (true) or against (false)."""
    found = {each.clause: True for each in way.decision.reasons}
    against = {clause: False for clause, near in NEAR.items() if clause not in found and near(way)}
    return found | against


def _asked(check: str) -> Near:
    return lambda way: way.answer(check) is not None


def _yes(check: str) -> Near:
    return lambda way: way.answer(check)


def _denied_by_step_12(way: Walk) -> bool:
    return way.answer("own") is False


def _with_consents(way: Walk) -> bool:
    return way.looked_at_consents and any(consent.student in way.terms.identifiable for consent in way.case.consents)


def _to_hide(way: Walk) -> bool:
    return any(plan.hides for plan in way.plans)


# Where a clause was near: its question was put, or what it is about was there.
NEAR: Mapping[str, Near] = {
    **{row.clause.id: row.near for row in EXCEPTIONS},
    **{clause: lacking.near for clause, lacking in LACKING.items()},
    **{clause: question.near for clause, question in QUESTION_OF.items()},
    "SCOPE": _asked("other"),
    "OPEN": _asked("shown"),
    "OPEN-UNRELATED": _asked("related"),
    "EX4-CROWD": _asked("crowd-opted-out"),
    "NOTIFY-CUSTODIAN": _yes("told-already"),
    "CUSTODIAN": _yes("by-custodian"),
    "HOLD-UNTAGGED": _asked("tagged"),
    "HOLD-UNKNOWN-PERSON": _asked("unnamed"),
    "LEGALITY": lambda way: way.answer("shut") or way.answer("confidential"),
    "CLOSED": lambda way: _denied_by_step_12(way) or way.answer("shut"),
    "CONFIDENTIAL": lambda way: way.answer("confidential") is not None or way.answer("shut"),
    "REDACT": _yes("plan-n"),
    "EX4-NOTICE": _denied_by_step_12,
    "EX4-WINDOW": _denied_by_step_12,
    "EX4-DEFINITION": _denied_by_step_12,
    "EX4-LIMITED": _denied_by_step_12,
    "EX4-DISCIPLINE": _denied_by_step_12,
    "EX4-NOT-DIRECTORY": _denied_by_step_12,
    "EX4-OPTOUT": lambda way: way.looked_at_plans and bool(way.terms.related & way.terms.opted_out),
    "EX3-MISSING": _denied_by_step_12,
    "EX3-FORM": _with_consents,
    "REDACT-UNABLE": _to_hide,
    "REDACT-NAMED": lambda way: bool(way.case.share.names) and _to_hide(way),
    "REDACT-MEANING": _to_hide,
    "RIGHTS-TRANSFERRED": lambda way: way.looked_at_people and way.case.share.recipient.role == "parent",
    "HOLD-UNCLASSIFIED": lambda way: way.case.asset.directory_status == "undetermined" and way.is_refused,
}
