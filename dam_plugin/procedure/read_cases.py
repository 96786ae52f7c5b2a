"""Case files from text or bytes (YAML, JSON, JSON lines) to a case or to an answer as it is printed. No I/O of its own.

What a text may hold is judged in `documents.py`, what a case may be in `case.py`; here their findings get their places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from dam_plugin.errors import CaseError, Problem
from dam_plugin.model import Decision
from dam_plugin.procedure.case import Case, check_case, id_of, is_wrapped
from dam_plugin.procedure.case_problems import UNREAD, Finding, problem
from dam_plugin.procedure.decide import decide
from dam_plugin.procedure.documents import (
    MAX_DEPTH,
    MAX_TEXT,
    TOO_LARGE,
    Document,
    json_document,
    quick_json,
    yaml_document,
)
from dam_plugin.procedure.switches import BUILT_IN, Rulings

__all__ = [
    "BOM",
    "MAX_DEPTH",
    "MAX_TEXT",
    "AsTold",
    "Lines",
    "answer",
    "answer_bytes",
    "answer_lines",
    "decision_object",
    "for_staff",
    "numbered_lines",
    "placed",
    "read_case",
    "read_yaml",
    "refused",
    "text_of",
    "unread",
]

Answer = tuple[dict[str, Any], bool]
# The plain object of a decision on a case.
AsTold = Callable[[Case, Decision], dict[str, Any]]
BOM = b"\xef\xbb\xbf"
# The first bytes of UTF-16 and UTF-32: with their mark, and without it where the zero bytes of ASCII stand.
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_WIDE_ZEROS = ((0, 1, 0, 1), (1, 0, 1, 0), (0, 1, 1, 1), (1, 1, 1, 0))
_WIDE = "is UTF-16 or UTF-32 text; save it as UTF-8"
_CHUNK = 64 * 1024


class Lines(Protocol):
    """A source of JSON lines: a binary file, or standard input."""

    def readline(self, limit: int, /) -> bytes:
        """Return the next line with its end, at most `limit` bytes of it; nothing at the end."""


def read_yaml(text: str, *, name: str | None = None) -> object:
    """Return the document of a YAML text. Raises CaseError with what a case's text must not hold, and its places."""
    document = yaml_document(text)
    if document.findings:
        raise CaseError(placed(document, document.findings, name, 1))
    return document.value


def read_case(text: str, *, as_json: bool, name: str | None = None, line: int = 1) -> Case:
    """Return the case in a text. Raises CaseError with every problem, sorted by place.

    `name` is the file's, as it is told; `line` is the line of the file on which the text begins.
    """
    quick = _quickly_checked(text) if as_json else None
    if quick and quick[0]:
        return quick[0]
    document = json_document(text) if as_json else yaml_document(text)
    # What was found fast stands, once the whole document could be read: only its places were lacking.
    case, findings = quick if quick and document.value is not UNREAD else check_case(document.value)
    if case and not document.findings:
        return case
    raise CaseError(placed(document, [*document.findings, *findings], name, line), id_of(document.value))


def for_staff(case: Case, decision: Decision) -> dict[str, Any]:
    """Return the plain object of a decision on a case as staff are told it."""
    return decision_object(case.id, decision)


def answer(
    text: str,
    *,
    as_json: bool,
    line: int | None = None,
    name: str | None = None,
    rulings: Rulings = BUILT_IN,
    as_told: AsTold = for_staff,
) -> Answer:
    """Decide the case in a text by what a district ruled; return the object to print, and whether the case was decided.

    The object has the shape of the procedure ("A case"): a decision, or `{"line", "id", "error"}` with every problem;
    `line` in JSON lines only. `as_told` makes another object of the decision.
    """
    try:
        case = read_case(text, as_json=as_json, name=name, line=line or 1)
    except CaseError as error:
        return refused(error.problems, error.case_id, line)
    return as_told(case, decide(case, rulings)), True


def answer_bytes(
    data: bytes,
    *,
    as_json: bool,
    name: str,
    line: int | None = None,
    rulings: Rulings = BUILT_IN,
    as_told: AsTold = for_staff,
) -> Answer:
    """Decide the case in the bytes of a file, or of one line of it; `answer` says what is returned."""
    try:
        text = text_of(data, name=name, line=line)
    except CaseError as error:
        return refused(error.problems, None, line)
    return answer(text, as_json=as_json, line=line, name=name, rulings=rulings, as_told=as_told)


def answer_lines(
    lines: Lines, *, name: str = "-", rulings: Rulings = BUILT_IN, as_told: AsTold = for_staff
) -> Iterator[Answer]:
    """Decide JSON lines one by one, in constant memory; blank lines are passed over, a bad one stops no other."""
    for number, data in numbered_lines(lines, name=name):
        if isinstance(data, Problem):
            yield refused([data], None, number)
        else:
            yield answer_bytes(data, as_json=True, name=name, line=number, rulings=rulings, as_told=as_told)


def unread(message: str, *, name: str) -> Answer:
    """Return the answer for a file that cannot be read at all."""
    return refused([Problem("", message, name)], None, None)


def text_of(data: bytes, *, name: str, line: int | None = None) -> str:
    """Return the bytes of a file, or of one line of it, as text. Raises CaseError where no case can be in them."""
    if len(data) > MAX_TEXT:
        raise CaseError([_unreadable(TOO_LARGE, name, line)])
    if line is None:
        data = data.removeprefix(BOM)
        if _is_wide(data):
            raise CaseError([_unreadable(_WIDE, name, None)])
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise CaseError([_not_utf8(data, error.start, name, line)]) from error


def numbered_lines(lines: Lines, *, name: str) -> Iterator[tuple[int, bytes | Problem]]:
    """Yield the number of each line that is not blank, with its bytes or with why it cannot be read."""
    number = 0
    while data := lines.readline(MAX_TEXT + 1):
        number += 1
        if number == 1:
            data = data.removeprefix(BOM)
            if _is_wide(data):
                yield 1, _unreadable(_WIDE, name, 1)
                return
        if len(data) > MAX_TEXT and not data.endswith(b"\n"):
            _skip_line(lines)
            yield number, _unreadable(TOO_LARGE, name, number)
        elif data.strip():
            yield number, data.removesuffix(b"\n")


def decision_object(case_id: str, decision: Decision) -> dict[str, Any]:
    """Return a decision as the plain object that is printed and kept."""
    return {
        "id": case_id,
        "outcome": decision.outcome.word,
        "redact": list(decision.redact),
        "basis": decision.basis,
        "reasons": [{"clause": r.clause, "text": r.text, "students": list(r.students)} for r in decision.reasons],
        "record_disclosure": decision.record_disclosure,
    }


def placed(document: Document, findings: Iterable[Finding], name: str | None, line: int) -> list[Problem]:
    """Return findings as problems with their places in the file, in its order; those without a place come first."""
    wrapped = is_wrapped(document.value)
    placed = [(document.places.of(each), each) for each in findings]
    placed.sort(key=lambda each: each[0] or (0, 0))
    problems = []
    for place, finding in placed:
        at = (place[0] + line - 1, place[1]) if place else None
        problems.append(problem(finding, wrapped=wrapped, file=name, place=at))
    return list(dict.fromkeys(problems))


def _quickly_checked(text: str) -> tuple[Case | None, list[Finding]] | None:
    """Return what `check_case` says of a JSON text, or None where something is wrong with the text itself."""
    try:
        return check_case(quick_json(text))
    except (ValueError, RecursionError):
        return None


def refused(problems: Iterable[Problem], case_id: str | None, line: int | None) -> Answer:
    """Return the answer for a case that cannot be decided: `{"line", "id", "error"}`, `line` in JSON lines only."""
    errors = [{"path": each.path, "message": each.placed_message} for each in problems]
    return {**({} if line is None else {"line": line}), "id": case_id, "error": errors}, False


def _is_wide(data: bytes) -> bool:
    zeros = tuple(int(byte == 0) for byte in data[:4])
    return data.startswith(_WIDE_MARKS) or zeros in _WIDE_ZEROS


def _unreadable(message: str, name: str, line: int | None) -> Problem:
    return Problem("", message, name, line, None if line is None else 1)


def _not_utf8(data: bytes, at: int, name: str, line: int | None) -> Problem:
    before = data[:at].decode()
    place = (line or 1) + before.count("\n"), len(before) - before.rfind("\n")
    message = f"is not UTF-8 text: byte {at + 1} (0x{data[at]:02x}) cannot be read; save it as UTF-8"
    return Problem("", message, name, *place)


def _skip_line(lines: Lines) -> None:
    while (rest := lines.readline(_CHUNK)) and not rest.endswith(b"\n"):
        pass
