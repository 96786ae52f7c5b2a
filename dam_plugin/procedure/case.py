"""The case: everything `decide` may know, frozen, and every problem of a case that cannot be decided.

Reads plain data (from YAML or JSON, see `reading.py`); follows "A case" in the procedure. No I/O.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, ClassVar, Literal, get_args, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from dam_plugin.errors import CaseError, Problem
from dam_plugin.fields import CLOSED, Count, Flag, FlagOff, FlagOn, Id, IsoDate, ListOf, Purposes, Text
from dam_plugin.model import Actor, Consent, Recipient, ShareKind, Student
from dam_plugin.procedure.references import cross_check
from dam_tagging.facts import DirectoryStatus, Meaning, OfficialPurpose, Prominence, TaggingState

__all__ = ["Case", "case_of", "parse_case", "parse_evidence", "plain_case"]

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
    meaning: Meaning = "unreviewed"
    appearances: ListOf[CaseAppearance] = ()


@dataclass(frozen=True, slots=True)
class PreAdjudication:
    """The juvenile authorities need the recording to serve these students before adjudication (34 CFR 99.38)."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    students: ListOf[Id] = ()
    certified: FlagOff = False


@dataclass(frozen=True, slots=True)
class Order:
    """A judicial order or subpoena (34 CFR 99.31(a)(9)), and the students whose families were told."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    kind: Literal["judicial_order", "subpoena"] | None = None
    verified: FlagOff = False
    notice_required: FlagOn = True
    notified: ListOf[Id] = ()


@dataclass(frozen=True, slots=True)
class ChildWelfare:
    """What the Children's Division brings: a mandated report, or legal responsibility for students."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    ground: Literal["mandated_report", "legal_responsibility"] | None = None
    students: ListOf[Id] = ()


@dataclass(frozen=True, slots=True)
class Emergency:
    """An articulable and significant threat, and that the recipient needs the recording (34 CFR 99.36)."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    threat: Text | None = None
    recipient_needs_it: FlagOff = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is on file for this share."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    legitimate_interest: FlagOff = False
    records_authorized: FlagOff = False
    pre_adjudication: PreAdjudication | None = None
    order: Order | None = None
    child_welfare: ChildWelfare | None = None
    emergency: Emergency | None = None


@dataclass(frozen=True, slots=True)
class CaseShare:
    """The share as it is decided: who shares what kind of thing with whom, for what, on which evidence."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    kind: ShareKind
    purpose: Text
    actor: Actor
    recipient: Recipient
    names: ListOf[Id] = ()
    evidence: Evidence | None = None


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


def parse_case(raw: object) -> Case:
    """Return the case in `raw`, a bare case or a document with the key `case`.

    Raises CaseError with every problem at once, each with the path of its field within the case
    (`asset.appearances[0].student`).
    """
    case = case_of(raw)
    parsed: Case | None = None
    problems = list(_beside(raw)) if case is not raw else []
    try:
        parsed = _CASE.validate_python(case)
    except ValidationError as error:
        problems += [_problem(detail) for detail in error.errors(include_url=False, include_context=True)]
    problems += cross_check(case)
    if parsed is None or problems:
        case_id = case.get("id") if isinstance(case, dict) else None
        raise CaseError(problems, case_id if isinstance(case_id, str) else None)
    return parsed


def plain_case(case: Case) -> dict[str, Any]:
    """Return a case as plain data, which `parse_case` reads back as the same case, or refuses with its problems."""
    plain: dict[str, Any] = _CASE.dump_python(case, mode="json", warnings=False)
    return plain


def parse_evidence(raw: object) -> Evidence:
    """Return the evidence block of a share. Raises CaseError with every problem; paths begin at `share.evidence`."""
    try:
        return _EVIDENCE.validate_python(raw)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
        raise CaseError(
            [_problem({**detail, "loc": ("share", "evidence", *detail["loc"])}) for detail in details]
        ) from error


def suggestion(word: str, known: tuple[str, ...]) -> str:
    """Return `; did you mean 'x'?`, or nothing when no known word is close."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


def _beside(raw: object) -> Iterator[Problem]:
    for key in raw if isinstance(raw, dict) else ():
        if key not in BESIDE_CASE:
            yield Problem(str(key), f"is not known here{suggestion(str(key), BESIDE_CASE)}")


def dotted(loc: tuple[int | str, ...]) -> str:
    """Return a location as a path: `asset.appearances[0].student`."""
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _problem(detail: ErrorDetails) -> Problem:
    loc, context = detail["loc"], detail.get("ctx", {})
    return Problem(dotted(loc), _sentence(detail["type"], loc, detail["input"], context) or detail["msg"])


def _sentence(kind: str, loc: tuple[int | str, ...], given: object, context: dict[str, Any]) -> str | None:
    if kind == "missing":
        return "is required"
    if kind in ("unexpected_keyword_argument", "invalid_key"):
        return f"is not known here{suggestion(str(loc[-1]), _known_beside(loc))}"
    if kind == "literal_error":
        words = tuple(str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", "))
        return f"must be one of {', '.join(words)}{suggestion(given, words) if isinstance(given, str) else ''}"
    return _PLAIN.get(kind)


_PLAIN = {
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "date_type": "must be a date written YYYY-MM-DD",
    "dataclass_type": "must be a mapping of fields",
    "dataclass_exact_type": "must be a mapping of fields",
    "tuple_type": "must be a list",
    "greater_than_equal": "must not be negative",
}


def _known_beside(loc: tuple[int | str, ...]) -> tuple[str, ...]:
    return _FIELDS.get(tuple(part for part in loc[:-1] if isinstance(part, str)), ())


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
