"""The checks of a case that look at more than one field, on plain data that may be wrong elsewhere.

They run beside the field checks, so that one reading names every problem of a case ("A case" in the procedure).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from datetime import date, datetime
from typing import Any, get_args

from dam_plugin.errors import Problem
from dam_plugin.fields import ISO_DATE
from dam_plugin.model import RecipientRole

ROLES: tuple[str, ...] = get_args(RecipientRole)


def cross_check(case: object) -> list[Problem]:
    """Return the problems between fields: ids twice, students not listed, roles as ids, opt-outs, guardians."""
    raw = _mapping(case)
    students = list(_rows(raw, "students"))
    listed = {row["id"] for _, row in students if isinstance(row.get("id"), str)}
    share = _mapping(raw.get("share"))
    problems = [*_duplicates(students, "students", "id")]
    problems += _duplicates(list(_rows(_mapping(raw.get("asset")), "appearances")), "asset.appearances", "student")
    problems += [
        Problem(path, f"'{student}' is not in the list of students")
        for path, student in _references(raw, share)
        if isinstance(student, str) and student not in listed
    ]
    problems += _share_roles(share)
    for index, row in students:
        problems += _student_problems(f"students[{index}]", row)
    return problems


def _mapping(value: object) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _rows(holder: dict[Any, Any], key: str) -> Iterator[tuple[int, dict[Any, Any]]]:
    for index, row in enumerate(_list(holder.get(key))):
        if isinstance(row, dict):
            yield index, row


def _duplicates(rows: list[tuple[int, dict[Any, Any]]], where: str, key: str) -> Iterator[Problem]:
    seen: set[Hashable] = set()
    for index, row in rows:
        value = row.get(key)
        if not isinstance(value, str):
            continue
        if value in seen:
            yield Problem(f"{where}[{index}].{key}", f"'{value}' stands here twice; one entry for each student")
        seen.add(value)


def _references(raw: dict[Any, Any], share: dict[Any, Any]) -> Iterator[tuple[str, object]]:
    """Every field that holds a student's id, with its path."""
    asset, evidence = _mapping(raw.get("asset")), _mapping(share.get("evidence"))
    for index, row in _rows(asset, "appearances"):
        yield f"asset.appearances[{index}].student", row.get("student")
    for index, row in _rows(asset, "official_uses"):
        yield from _each(f"asset.official_uses[{index}].students", row.get("students"))
    yield from _each("asset.record_pii", asset.get("record_pii"))
    for index, row in _rows(raw, "consents"):
        yield f"consents[{index}].student", row.get("student")
    yield from _each("share.names", share.get("names"))
    for block, key in (("pre_adjudication", "students"), ("order", "notified"), ("child_welfare", "students")):
        yield from _each(f"share.evidence.{block}.{key}", _mapping(evidence.get(block)).get(key))


def _each(path: str, values: object) -> Iterator[tuple[str, object]]:
    for index, value in enumerate(_list(values)):
        yield f"{path}[{index}]", value


def _share_roles(share: dict[Any, Any]) -> Iterator[Problem]:
    recipient = _mapping(share.get("recipient"))
    role, recipient_id = recipient.get("role"), recipient.get("id")
    if isinstance(recipient_id, str) and recipient_id in ROLES and recipient_id != role:
        yield Problem("share.recipient.id", f"'{recipient_id}' is the name of another role; use an id of its own")
    if share.get("kind") == "publication" and isinstance(role, str) and role in ROLES and role != "public":
        yield Problem("share.recipient.role", "a publication goes to 'public'; ask for others as a request")


def _student_problems(path: str, row: dict[Any, Any]) -> Iterator[Problem]:
    own = row.get("id")
    for index, guardian in enumerate(_list(row.get("guardians"))):
        if isinstance(guardian, str) and guardian == own:
            yield Problem(f"{path}.guardians[{index}]", "a student cannot be among their own guardians")
    opted_out = _mapping(row.get("opted_out"))
    since, ended = _day(opted_out.get("since")), _day(opted_out.get("ended"))
    if since and ended and ended < since:
        yield Problem(f"{path}.opted_out.ended", "the opt-out ends before it begins")


def _day(value: object) -> date | None:
    if not isinstance(value, str) or not ISO_DATE.fullmatch(value):
        return value if isinstance(value, date) and not isinstance(value, datetime) else None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
