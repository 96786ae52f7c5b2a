"""Which clauses a case speaks for (they are among its reasons) and against (they were near, and did not apply). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dam_plugin.model import Outcome
from dam_plugin.procedure.walk import Walk

Near = Callable[[Walk], bool | None]


def clause_sides(way: Walk) -> dict[str, bool]:
    """Return the clauses that a case weighs: for (true) or against (false)."""
    found = {each.clause: True for each in way.decision.reasons}
    against = {clause: False for clause, near in NEAR.items() if clause not in found and near(way)}
    return found | against


def _asked(check: str) -> Near:
    return lambda way: way.answer(check) is not None


def _yes(check: str) -> Near:
    return lambda way: way.answer(check)


def _role(*roles: str) -> Near:
    """Whose exception was asked for: the recording is the district's, and the recipient one of these."""
    return lambda way: way.answer("other") is False and way.case.share.recipient.role in roles


def _family(way: Walk) -> bool:
    return way.looked_at_people and way.case.share.recipient.role in ("parent", "eligible_student")


def _denied_by_step_12(way: Walk) -> bool:
    return way.answer("own") is False


def _with_consents(way: Walk) -> bool:
    return way.looked_at_consents and any(consent.student in way.terms.identifiable for consent in way.case.consents)


def _to_hide(way: Walk) -> bool:
    return any(plan.hides for plan in way.plans)


def _refused(way: Walk) -> bool:
    return way.decision.outcome is not Outcome.ALLOW


def _order_on_file(way: Walk) -> bool:
    return bool(way.answer("order")) or (_refused(way) and way.terms.evidence.order is not None)


def _listed(way: Walk) -> bool:
    return (way.answer("juvenile") is not None or _refused(way)) and bool(way.terms.preadjudication)


# Where a clause was near: its question was put, or what it is about was there.
NEAR: Mapping[str, Near] = {
    "SCOPE": _asked("other"),
    "OPEN": _asked("shown"),
    "OPEN-UNRELATED": _asked("related"),
    "EX4-CROWD": _asked("crowd-opted-out"),
    "EX1": _yes("official"),
    "EX2": _family,
    "EX2-MULTI": _yes("family"),
    "EX3": _with_consents,
    "EX4": _asked("plan-a"),
    "EX5": _yes("juvenile"),
    "EX6": lambda way: way.looked_at_people and way.case.share.recipient.role == "law_enforcement",
    "EX7": _yes("order"),
    "EX8": _yes("division"),
    "EX9": lambda way: way.answer("other") is False and way.terms.evidence.emergency is not None,
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
    "EX7-NOTICE": _order_on_file,
    "PREADJ-CERTIFICATION": _listed,
    "RIGHTS-TRANSFERRED": lambda way: way.looked_at_people and way.case.share.recipient.role == "parent",
    "HOLD-UNCLASSIFIED": lambda way: way.case.asset.directory_status == "undetermined" and _refused(way),
    "EX1-EVIDENCE": _role("school_official"),
    "EX5-EVIDENCE": _role("juvenile_office"),
    "EX6-EVIDENCE": _role("law_enforcement"),
    "EX7-EVIDENCE": _order_on_file,
    "EX8-EVIDENCE": _role("childrens_division"),
    "EX9-EVIDENCE": lambda way: way.answer("other") is False and way.terms.evidence.emergency is not None,
}
