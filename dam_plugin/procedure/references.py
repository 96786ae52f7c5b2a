"""The checks of a case that look at more than one field, on plain data that may be wrong elsewhere.

They run beside the field checks, so that one reading names every problem of a case ("A case" in the procedure).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from dam_plugin.fields import ISO_DATE
from dam_plugin.model import RECIPIENT_ROLES, Student
from dam_plugin.procedure.problems import STUDENT, Finding, Hints, Path, short

if TYPE_CHECKING:
    from dam_plugin.procedure.case import Case


def fits_together(case: Case) -> bool:
    """Whether `cross_check` finds nothing in a case whose fields are right: the same, asked fast, and no more told."""
    asset, share = case.asset, case.share
    recipient = share.recipient
    listed = [student.id for student in case.students]
    known, shown = set(listed), [each.student for each in asset.appearances]
    named = [*shown, *asset.record_pii, *share.names, *[consent.student for consent in case.consents]]
    for use in asset.official_uses:
        named += use.students
    if share.evidence is not None:
        before, order, welfare = share.evidence.pre_adjudication, share.evidence.order, share.evidence.child_welfare
        named += [
            *(before.students if before else ()),
            *(order.notified if order else ()),
            *(welfare.students if welfare else ()),
        ]
    return (
        len(known) == len(listed)
        and len(set(shown)) == len(shown)
        and known.issuperset(named)
        and (recipient.id is None or recipient.id == recipient.role or recipient.id not in RECIPIENT_ROLES)
        and (share.kind != "publication" or recipient.role == "public")
        and not any(map(_is_at_odds, case.students))
    )


def _is_at_odds(student: Student) -> bool:
    out = student.opted_out
    ends_early = out is not None and out.ended is not None and out.ended < out.since
    return ends_early or student.id in student.guardians


def cross_check(case: object, within: Path, hints: Hints) -> list[Finding]:
    """Return what is wrong between fields: ids twice, students not listed, roles as ids, opt-outs, guardians.

    Paths begin with `within`, the place of the case in its document.
    """
    raw = _mapping(case)
    students = list(_rows(raw, "students"))
    listed = {row["id"]: None for _, row in students if isinstance(row.get("id"), str)}
    share = _mapping(raw.get("share"))
    findings = [*_duplicates(students, ("students",), "id")]
    findings += _duplicates(list(_rows(_mapping(raw.get("asset")), "appearances")), ("asset", "appearances"), "student")
    findings += _not_listed(raw, share, listed, hints)
    findings += _share_roles(share)
    for index, row in students:
        findings += _student_findings(("students", index), row)
    return [replace(each, path=(*within, *each.path)) for each in findings] if within else findings


def _not_listed(raw: dict[Any, Any], share: dict[Any, Any], listed: dict[str, None], hints: Hints) -> Iterator[Finding]:
    known: tuple[str, ...] | None = None
    for path, student in _references(raw, share):
        if isinstance(student, str) and student.strip() and student not in listed:
            known = tuple(listed) if known is None else known
            meant = hints.hint(student, known, STUDENT)
            yield Finding(path, f"'{short(student)}' is not in the list of students{meant}")


def _mapping(value: object) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _rows(holder: dict[Any, Any], key: str) -> Iterator[tuple[int, dict[Any, Any]]]:
    for index, row in enumerate(_list(holder.get(key))):
        if isinstance(row, dict):
            yield index, row


def _duplicates(rows: list[tuple[int, dict[Any, Any]]], where: Path, key: str) -> Iterator[Finding]:
    seen: set[Hashable] = set()
    for index, row in rows:
        value = row.get(key)
        if not isinstance(value, str):
            continue
        if value in seen:
            yield Finding((*where, index, key), f"'{short(value)}' stands here twice; one entry for each student")
        seen.add(value)


def _references(raw: dict[Any, Any], share: dict[Any, Any]) -> Iterator[tuple[Path, object]]:
    """Every field that holds a student's id, with its path."""
    asset, evidence = _mapping(raw.get("asset")), _mapping(share.get("evidence"))
    for index, row in _rows(asset, "appearances"):
        yield ("asset", "appearances", index, "student"), row.get("student")
    for index, row in _rows(asset, "official_uses"):
        yield from _each(("asset", "official_uses", index, "students"), row.get("students"))
    yield from _each(("asset", "record_pii"), asset.get("record_pii"))
    for index, row in _rows(raw, "consents"):
        yield ("consents", index, "student"), row.get("student")
    yield from _each(("share", "names"), share.get("names"))
    for block, key in (("pre_adjudication", "students"), ("order", "notified"), ("child_welfare", "students")):
        yield from _each(("share", "evidence", block, key), _mapping(evidence.get(block)).get(key))


def _each(path: Path, values: object) -> Iterator[tuple[Path, object]]:
    for index, value in enumerate(_list(values)):
        yield (*path, index), value


def _share_roles(share: dict[Any, Any]) -> Iterator[Finding]:
    recipient = _mapping(share.get("recipient"))
    role, recipient_id = recipient.get("role"), recipient.get("id")
    if isinstance(recipient_id, str) and recipient_id in RECIPIENT_ROLES and recipient_id != role:
        yield Finding(
            ("share", "recipient", "id"), f"'{recipient_id}' is the name of another role; use an id of its own"
        )
    if share.get("kind") == "publication" and isinstance(role, str) and role in RECIPIENT_ROLES and role != "public":
        yield Finding(("share", "recipient", "role"), "a publication goes to 'public'; ask for others as a request")


def _student_findings(path: Path, row: dict[Any, Any]) -> Iterator[Finding]:
    own = row.get("id")
    for index, guardian in enumerate(_list(row.get("guardians"))):
        if isinstance(guardian, str) and guardian == own:
            yield Finding((*path, "guardians", index), "a student cannot be among their own guardians")
    opted_out = _mapping(row.get("opted_out"))
    ended = _day(opted_out.get("ended"))
    since = _day(opted_out.get("since")) if ended else None
    if since and ended and ended < since:
        yield Finding((*path, "opted_out", "ended"), "the opt-out ends before it begins")


def _day(value: object) -> date | None:
    if not isinstance(value, str) or not ISO_DATE.fullmatch(value):
        return value if isinstance(value, date) and not isinstance(value, datetime) else None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
