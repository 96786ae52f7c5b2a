"""The case: everything `decide` may know, frozen, and the checks by which plain data becomes a case. No I/O.

One reading names every problem: a check of several fields runs on data that may be wrong elsewhere. Texts are read in
`read_cases.py`; the evidence of a share is in `exceptions.py`. Follows "A case" in the procedure.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar, Literal, cast, get_args, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from dam_plugin.errors import CaseError
from dam_plugin.fields import CLOSED, ISO_DATE, Count, Flag, Id, IsoDate, ListOf, Purposes, Text
from dam_plugin.model import CUSTODIANS, RECIPIENT_ROLES, Actor, Consent, Recipient, ShareKind, Student
from dam_plugin.procedure.case_problems import STUDENT, Finding, Hints, Path, field_findings, problem, short
from dam_plugin.procedure.exceptions import STUDENT_FIELDS, Evidence, students_named
from dam_tagging.facts import DirectoryStatus, Meaning, OfficialPurpose, Prominence, TaggingState

__all__ = [
    "BESIDE_CASE",
    "Case",
    "CaseRecipient",
    "case_of",
    "check_case",
    "id_of",
    "is_wrapped",
    "parse_case",
    "parse_evidence",
    "plain_case",
]

# A case may stand under `case`, beside what a case file tells about it.
BESIDE_CASE = ("case", "story", "clause", "expect", "why", "ruling")


@dataclass(frozen=True, slots=True)
class District:
    """The district's directory policy on the day: the notice, the opt-out window, what the definition covers."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    directory_notice: IsoDate | None = None
    opt_out_window_ends: IsoDate | None = None
    directory_includes_images: Flag = False
    directory_limited_to: Purposes = None


@dataclass(frozen=True, slots=True)
class CaseOfficialUse:
    """An official use of the recording; no students named means every student depicted."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    purpose: OfficialPurpose
    students: ListOf[Id] = ()


@dataclass(frozen=True, slots=True)
class CaseAppearance:
    """One student depicted or heard; `located` means that we know where or when."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    student: Id
    prominence: Prominence = "unknown"
    identifiable: Flag = True
    located: Flag = False


@dataclass(frozen=True, slots=True)
class CaseAsset:
    """The recording as its tags tell it."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    id: Id
    maintained_by: Literal["district", "other"] = "district"
    tagging: TaggingState = "pending"
    directory_status: DirectoryStatus = "undetermined"
    official_uses: ListOf[CaseOfficialUse] = ()
    record_pii: ListOf[Id] = ()
    closed: Text | None = None
    confidential: Text | None = None
    unidentified_people: Count = 0
    redactable: Flag = False
    cannot_be_redacted: Flag = False
    meaning: Meaning = "unreviewed"
    appearances: ListOf[CaseAppearance] = ()


@dataclass(frozen=True, slots=True)
class CaseRecipient(Recipient):
    """Who would receive the recording; `known`: the roster knows this parent or student."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    known: Flag = True


@dataclass(frozen=True, slots=True)
class CaseShare:
    """The share as it is decided: who shares what kind of thing with whom, for what, on which evidence."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    kind: ShareKind
    purpose: Text
    actor: Actor
    recipient: CaseRecipient
    names: ListOf[Id] = ()
    evidence: Evidence | None = None

    @property
    def by_custodian(self) -> bool:
        """Whether the records custodian or a designee acts."""
        return self.actor.role in CUSTODIANS


@dataclass(frozen=True, slots=True)
class Case:
    """A whole case. Dates are part of it: the decision knows no clock."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    id: Id
    at: IsoDate
    asset: CaseAsset
    share: CaseShare
    district: District | None = field(default=None)
    students: ListOf[Student] = ()
    consents: ListOf[Consent] = ()


_CASE = TypeAdapter(Case)
_EVIDENCE = TypeAdapter(Evidence)


def case_of(raw: object) -> object:
    """Return the case inside a case file's document: bare, or under the key `case`."""
    return raw["case"] if isinstance(raw, dict) and "case" in raw else raw


def is_wrapped(raw: object) -> bool:
    """Whether a document holds its case under the key `case`."""
    return isinstance(raw, dict) and "case" in raw


def parse_case(raw: object) -> Case:
    """Return the case in `raw`, a bare case or a document with the key `case`.

    Raises CaseError with every problem at once, each with the path of its field within the case
    (`asset.appearances[0].student`).
    """
    case, findings = check_case(raw)
    if case is None or findings:
        wrapped = is_wrapped(raw)
        raise CaseError([problem(each, wrapped=wrapped) for each in findings], id_of(raw))
    return case


def check_case(raw: object) -> tuple[Case | None, list[Finding]]:
    """Return the case in a document and every problem with it; paths begin at the document.

    The case is None where there is a problem.
    """
    hints = Hints()
    case = case_of(raw)
    prefix: Path = ("case",) if is_wrapped(raw) else ()
    parsed: Case | None = None
    findings = list(_beside(raw, hints)) if prefix else []
    try:
        parsed = _CASE.validate_python(case)
    except ValidationError as error:
        details = error.errors(include_url=False)
        findings += field_findings(details, _FIELDS, prefix, hints)
    if parsed is None or not fits_together(parsed):
        findings += cross_check(case, prefix, hints)
    return (None if findings else parsed), findings


def id_of(raw: object) -> str | None:
    """Return the id of a case that may have problems; None where it cannot be read."""
    case = case_of(raw)
    case_id = case.get("id") if isinstance(case, dict) else None
    return case_id if isinstance(case_id, str) else None


def plain_case(case: Case) -> dict[str, Any]:
    """Return a case as plain data, which `parse_case` reads back as the same case, or refuses with its problems."""
    plain: dict[str, Any] = _CASE.dump_python(case, mode="json", warnings=False)
    return plain


def parse_evidence(raw: object) -> Evidence:
    """Return the evidence block of a share. Raises CaseError with every problem; paths begin at `share.evidence`."""
    try:
        return _EVIDENCE.validate_python(raw)
    except ValidationError as error:
        within = ("share", "evidence")
        details = [{**detail, "loc": (*within, *detail["loc"])} for detail in error.errors(include_url=False)]
        findings = field_findings(cast("list[ErrorDetails]", details), _FIELDS, (), Hints())
        raise CaseError([problem(each, wrapped=False) for each in findings]) from error


def _beside(raw: object, hints: Hints) -> Iterator[Finding]:
    for key in raw if isinstance(raw, dict) else ():
        if key not in BESIDE_CASE:
            yield Finding((str(key),), f"is not known here{hints.hint(str(key), BESIDE_CASE)}", at_key=True)


def _field_names(model: type, prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    assert is_dataclass(model)  # noqa: S101 - narrows the type for the checker
    yield prefix, tuple(f.name for f in fields(model))
    for name, hint in get_type_hints(model).items():
        for inner in _dataclasses_in(hint):
            yield from _field_names(inner, (*prefix, name))


def _dataclasses_in(hint: object) -> Iterator[type]:
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
    for part in get_args(hint):
        yield from _dataclasses_in(part)


_FIELDS = dict(_field_names(Case))


def fits_together(case: Case) -> bool:
    """Whether `cross_check` would find nothing in a case whose fields are right; it asks the same, faster."""
    asset, share = case.asset, case.share
    recipient = share.recipient
    listed = [student.id for student in case.students]
    known, shown = set(listed), [each.student for each in asset.appearances]
    named = [*shown, *asset.record_pii, *share.names, *[consent.student for consent in case.consents]]
    for use in asset.official_uses:
        named += use.students
    for _, students in students_named(share.evidence):
        named += students
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
    others = (*student.guardians, *student.representatives, *student.own_representatives)
    return ends_early or student.id in others


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
    for block, key in STUDENT_FIELDS:
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
    for index, person in enumerate(_list(row.get("representatives"))):
        if isinstance(person, str) and person == own:
            yield Finding(
                (*path, "representatives", index), "a student cannot be among their guardians' representatives"
            )
    for index, person in enumerate(_list(row.get("own_representatives"))):
        if isinstance(person, str) and person == own:
            yield Finding((*path, "own_representatives", index), "a student cannot be among their own representatives")
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
