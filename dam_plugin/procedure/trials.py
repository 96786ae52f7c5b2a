"""What a case file expects of its decision: the `expect` block, read strictly and compared with the decision. Pure.

A field that is left out is not compared; a misspelt one is a problem, since it would be left out silently. The texts beside
the case (`story`, `clause`, `why`, `ruling`) are for people. The case itself is read in `read_cases.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from dam_plugin.errors import CaseError, Problem
from dam_plugin.fields import CLOSED, Flag, Id
from dam_plugin.model import Decision, Reason
from dam_plugin.procedure.case import Case, is_wrapped
from dam_plugin.procedure.case_problems import UNREAD, VALUE, Finding, Hints, field_findings, short
from dam_plugin.procedure.clauses import CLAUSES
from dam_plugin.procedure.documents import Document, json_document, quick_json, yaml_document
from dam_plugin.procedure.read_cases import placed, read_case
from dam_plugin.procedure.rulings import BEFORE_A_CASE, RULINGS

_NO_CLAUSE = "no_clause"
_NOTHING_TO_CHECK = "is required beside `case`: nothing would be checked; say at least the outcome that is expected"
_NOBODY_NAMED = "is required where the outcome is 'redact': nothing would be checked of whom the copy hides"
_FOR_PEOPLE = ("story", "clause", "why", "ruling")
_RULED = re.compile(r"(?P<id>[a-z0-9]+(?:-[a-z0-9]+)*)(?P<against>, against)?:")


def _known_clause(value: str) -> str:
    if value not in CLAUSES:
        raise PydanticCustomError(_NO_CLAUSE, "is no clause of the procedure")
    return value


def _given(value: object) -> object:
    if value is None:
        raise PydanticCustomError("null", "must not be null; leave it out where it is not to be compared")
    return value


def _mapping(value: object) -> object:
    if not isinstance(value, dict):
        raise PydanticCustomError("no_mapping", "must be a mapping of students to clauses")
    return value


def _one_clause(value: object) -> object:
    if not isinstance(value, str | dict):
        raise PydanticCustomError("no_reason", "must be a clause, or a mapping of clause and students")
    return {"clause": value} if isinstance(value, str) else value


_Clause = Annotated[str, AfterValidator(_known_clause)]
_Given = BeforeValidator(_given)
_Students = Annotated[tuple[Id, ...] | None, _Given]


@dataclass(frozen=True, slots=True)
class ExpectedReason:
    """One reason that is expected: its clause, and its students (any order; None = not compared)."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    clause: _Clause
    students: _Students = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """The `expect` block of a case file. None = not compared, except `redact`, which then means no student."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    outcome: Literal["allow", "redact", "refer", "deny"]
    redact: _Students = None
    basis: Annotated[dict[Id, _Clause] | None, BeforeValidator(_mapping), _Given] = None
    reasons: Annotated[tuple[Annotated[ExpectedReason, BeforeValidator(_one_clause)], ...] | None, _Given] = None
    record_disclosure: Annotated[Flag | None, _Given] = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A case with what is expected of its decision, and the story that it tells ("" = none).

    `notes` are told beside it and fail nothing.
    """

    case: Case
    expected: Expectation
    story: str = ""
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a decision that is not as expected; both sides as plain data, lists of students sorted."""

    field: str
    expected: object
    found: object


_EXPECTATION = TypeAdapter(Expectation)
_FIELDS = {
    (): tuple(each.name for each in fields(Expectation)),
    ("reasons",): tuple(each.name for each in fields(ExpectedReason)),
}


def read_trial(text: str, *, as_json: bool, name: str, line: int = 1) -> Trial:
    """Return the case in a text with what it expects. Raises CaseError with every problem of both, sorted by place.

    `name` is the file's, as it is told; `line` is the line of the file on which the text begins.
    """
    case: Case | None = None
    problems: list[Problem] = []
    case_id = None
    try:
        case = read_case(text, as_json=as_json, name=name, line=line)
        case_id = case.id
    except CaseError as error:
        problems, case_id = list(error.problems), error.case_id
    # What is a case can be read fast; places are needed only where something is wrong.
    document = None if as_json and case else _document(text, as_json=as_json)
    value = quick_json(text) if document is None else document.value
    expected, findings = check_expectation(value)
    findings += check_told(value)
    noted = check_ruling(value)
    if findings or noted:
        document = document or _document(text, as_json=as_json)
        problems += placed(document, findings, name, line)
    if case is None or expected is None or problems:
        raise CaseError(sorted(problems, key=lambda each: (each.line or 0, each.column or 0)), case_id)
    notes = placed(document, noted, name, line) if document else ()
    return Trial(case, expected, _story(value), tuple(notes))


def check_expectation(raw: object) -> tuple[Expectation | None, list[Finding]]:
    """Return what a case file's document expects, and all that is wrong with it; paths begin at the document.

    Nothing is said of a document that could not be read: that was told already.
    """
    if raw is UNREAD:
        return None, []
    block = raw.get("expect", UNREAD) if isinstance(raw, dict) else UNREAD
    if block is UNREAD:
        missing = not (isinstance(raw, dict) and "expect" in raw)
        return None, [Finding(("expect",), _NOTHING_TO_CHECK)] if missing else []
    unnamed = isinstance(block, dict) and block.get("outcome") == "redact" and "redact" not in block
    findings = [Finding(("expect", "redact"), _NOBODY_NAMED)] if unnamed else []
    expected: Expectation | None = None
    try:
        expected = _EXPECTATION.validate_python(block)
    except ValidationError as error:
        findings += _findings(error)
    return (None if findings else expected), findings


def check_told(raw: object) -> list[Finding]:
    """Return what is wrong with the texts for people beside a case; one that is left out or null is fine."""
    beside = raw if isinstance(raw, dict) and is_wrapped(raw) else {}
    return [
        Finding((key,), "must be text")
        for key in _FOR_PEOPLE
        if (told := beside.get(key)) is not None and told is not UNREAD and not isinstance(told, str)
    ]


def check_ruling(raw: object) -> list[Finding]:
    """Return a note where `ruling` begins as `id:` or `id, against:` with what looks like an id, and is none."""
    told = raw.get("ruling") if isinstance(raw, dict) else None
    begun = _RULED.match(told.lstrip()) if isinstance(told, str) else None
    if begun is None or begun["id"] in RULINGS or begun["id"] in BEFORE_A_CASE:
        return []
    hint = Hints().hint(begun["id"], (*RULINGS, *BEFORE_A_CASE), VALUE)
    # One word and a colon begin many a sentence.
    if not (hint or begun["against"] or "-" in begun["id"]):
        return []
    return [Finding(("ruling",), f"'{short(begun['id'])}' is no ruling of the procedure{hint}")]


def differences(expected: Expectation, decision: Decision) -> tuple[Difference, ...]:
    """Return the fields of a decision that are not as expected, in the order in which a decision has them."""
    pairs: dict[str, tuple[object, object]] = {"outcome": (expected.outcome, decision.outcome.word)}
    pairs["redact"] = sorted(expected.redact or ()), list(decision.redact)
    if expected.basis is not None:
        pairs["basis"] = _by_student(expected.basis), _by_student(decision.basis)
    if expected.reasons is not None:
        pairs["reasons"] = _reasons(expected.reasons, decision.reasons)
    if expected.record_disclosure is not None:
        pairs["record_disclosure"] = expected.record_disclosure, decision.record_disclosure
    return tuple(Difference(field, *pair) for field, pair in pairs.items() if pair[0] != pair[1])


def _findings(error: ValidationError) -> Iterator[Finding]:
    hints = Hints()
    for detail in error.errors(include_url=False):
        if detail["type"] == _NO_CLAUSE:
            message = f"{detail['msg']}{hints.hint_of_value(detail['input'], tuple(CLAUSES))}"
            yield Finding(("expect", *detail["loc"]), message)
            continue
        if detail["loc"][2:] == ("[key]",):
            # A student of `basis`: the field is named by the student alone.
            detail["loc"] = detail["loc"][:2]
        yield from field_findings([detail], _FIELDS, ("expect",), hints)


def _document(text: str, *, as_json: bool) -> Document:
    return json_document(text) if as_json else yaml_document(text)


def _story(value: object) -> str:
    story = value.get("story") if isinstance(value, dict) else None
    return story if isinstance(story, str) else ""


def _by_student(basis: dict[str, str]) -> dict[str, str]:
    return dict(sorted(basis.items()))


def _reasons(expected: tuple[ExpectedReason, ...], found: tuple[Reason, ...]) -> tuple[list[object], list[object]]:
    """Return both lists as the file writes them: students are shown where the file names them for any reason."""
    named = [each.students is not None for each in expected]
    # An unexpected reason shows its students where any expected reason names some.
    named += [any(named)] * max(0, len(found) - len(expected))
    return (
        [_reason(each.clause, each.students if named[at] else None) for at, each in enumerate(expected)],
        [_reason(each.clause, each.students if named[at] else None) for at, each in enumerate(found)],
    )


def _reason(clause: str, students: tuple[str, ...] | None) -> Any:  # noqa: ANN401 - plain data
    return clause if students is None else {"clause": clause, "students": sorted(students)}
