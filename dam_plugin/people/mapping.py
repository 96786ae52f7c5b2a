"""The mapping file: the meaning of a district's own columns. YAML, read closed: every mistake with its line and column."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal, get_args, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from dam_plugin.errors import CaseError, Problem, RosterError
from dam_plugin.fields import CLOSED, IsoDate, Text
from dam_plugin.model import PROTECTION_KINDS, ProtectionKind
from dam_plugin.people.role_table import EXTENSION, KNOWN, Reading, folded, staff_word_in
from dam_plugin.procedure.case_problems import UNREAD, Finding, Hints, Path, field_findings
from dam_plugin.procedure.documents import Places, yaml_document
from dam_plugin.procedure.purposes import STARTER_PACK, PurposeList
from dam_plugin.procedure.read_cases import placed, text_of

DateFormat = Literal["YYYY-MM-DD", "MM/DD/YYYY", "DD/MM/YYYY", "DD.MM.YYYY", "MM-DD-YYYY", "YYYYMMDD"]
_PATTERNS: Mapping[str, str] = {
    "YYYY-MM-DD": "%Y-%m-%d",
    "MM/DD/YYYY": "%m/%d/%Y",
    "DD/MM/YYYY": "%d/%m/%Y",
    "DD.MM.YYYY": "%d.%m.%Y",
    "MM-DD-YYYY": "%m-%d-%Y",
    "YYYYMMDD": "%Y%m%d",
}
_LONGEST_DATE = 10
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# So like a role of a format is only a misspelt one.
_LIKE = 0.8
Some = Annotated[tuple[Text, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class DateColumn:
    """A column of dates, and how they are written."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    column: Text
    format: DateFormat = "YYYY-MM-DD"

    def day(self, text: str) -> date | None:
        """Return a cell as a date, None if it is none written so; YYYY-MM-DD always is one, as Excel's dates come."""
        if _ISO.fullmatch(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                return None
        if not text.isascii() or len(text) > _LONGEST_DATE or len(text) < _LONGEST_DATE - 2:
            return None
        try:
            return datetime.strptime(text, _PATTERNS[self.format]).date()  # noqa: DTZ007 - a day, not a moment
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class GuardianColumns:
    """The columns of one guardian of the student in the row."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    id: Text
    name: Text | None = None


@dataclass(frozen=True, slots=True)
class ProtectedColumn:
    """The column that marks a protected student, and the district's own words in it beside those that everybody uses."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    column: Text
    address_confidentiality: tuple[Text, ...] = ()
    no_contact_order: tuple[Text, ...] = ()
    foster_care: tuple[Text, ...] = ()
    other: tuple[Text, ...] = ()
    none: tuple[Text, ...] = ()

    def kind(self, text: str) -> ProtectionKind | None:
        """Return what a cell says; None for no protection. Raises KeyError for a word that is not known."""
        own: dict[str, ProtectionKind | None] = {
            _plain_word(word): None if name == "none" else _KINDS_OF[name]
            for name in (*_KINDS_OF, "none")
            for word in getattr(self, name)
        }
        return {**_PROTECTION_WORDS, **own}[_plain_word(text)]


@dataclass(frozen=True, slots=True)
class PostsecondaryColumn:
    """The column that says who attends an institution of postsecondary education, and the district's own words in it."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    column: Text
    attends: tuple[Text, ...] = ()
    none: tuple[Text, ...] = ()

    def attends_by(self, text: str) -> bool:
        """Return whether a cell says so. Raises KeyError for a word that is not known."""
        own = {_plain_word(word): says for words, says in ((self.attends, True), (self.none, False)) for word in words}
        return {**_POSTSECONDARY_WORDS, **own}[_plain_word(text)]


def _plain_word(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())


_KINDS_OF: Mapping[str, ProtectionKind] = {each.replace("-", "_"): each for each in PROTECTION_KINDS}
_PROTECTION_WORDS: Mapping[str, ProtectionKind | None] = {
    **dict.fromkeys(("", "no", "n", "none", "false", "0"), None),
    **dict.fromkeys(("yes", "y", "true", "1", "other", "protected"), "other"),
    # Missouri's address confidentiality program is called Safe at Home.
    **dict.fromkeys(("address confidentiality", "safe at home", "acp"), "address-confidentiality"),
    **dict.fromkeys(("no contact order", "no contact", "order of protection", "protective order"), "no-contact-order"),
    **dict.fromkeys(("foster care", "foster"), "foster-care"),
}
_POSTSECONDARY_WORDS: Mapping[str, bool] = {
    **dict.fromkeys(("", "no", "n", "none", "false", "0"), False),
    **dict.fromkeys(("yes", "y", "true", "1", "postsecondary"), True),
}


@dataclass(frozen=True, slots=True)
class StudentColumns:
    """The columns of a plain CSV with one student a row; `name` stands for `given_name` and `family_name` together."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    student_id: Text
    given_name: Text | None = None
    family_name: Text | None = None
    name: Text | None = None
    aliases: tuple[Text, ...] = ()
    born: DateColumn | None = None
    grade: Text | None = None
    guardians: tuple[GuardianColumns, ...] = ()
    protected: ProtectedColumn | None = None
    postsecondary: PostsecondaryColumn | None = None
    died: DateColumn | None = None


@dataclass(frozen=True, slots=True)
class OneRosterChoices:
    """The choice of a district for OneRoster: the id of a student."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    student_id: Literal["sourcedId", "identifier", "userMasterIdentifier", "username"] = "sourcedId"


@dataclass(frozen=True, slots=True)
class OptOutColumn:
    """One question to families: the answers that opt out, the answers that permit, and the meaning of no answer."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    column: Text
    opted_out: Some
    permitted: tuple[Text, ...] = ()
    blank: Literal["opt_out", "permitted"] = "opt_out"
    purposes: Some | None = None


@dataclass(frozen=True, slots=True)
class OptOutColumns:
    """The file of opt-outs: whose, since when, and what its columns mean; `matches` is the roster's id for students."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    file: Text
    student_id: Text
    columns: Annotated[tuple[OptOutColumn, ...], Field(min_length=1)]
    matches: Literal["student_id", "sourcedId", "identifier", "userMasterIdentifier", "username", "student_number"] = (
        "student_id"
    )
    since: DateColumn | IsoDate | None = None
    ignore: tuple[Text, ...] = ()
    not_listed: Literal["opt_out", "permitted"] = "opt_out"


@dataclass(frozen=True, slots=True)
class RosterMapping:
    """A whole mapping file; every part may be left out. `roles` are the district's own readings of roles, by word.

    `ignore` are columns that have the sound of a family's answer and hold none.
    `protected`, `postsecondary` and `died` are columns of the students' or users' file of OneRoster (`metadata.…`), School
    Data Sync or Clever.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    students: StudentColumns | None = None
    oneroster: OneRosterChoices = OneRosterChoices()
    protected: ProtectedColumn | None = None
    postsecondary: PostsecondaryColumn | None = None
    died: DateColumn | None = None
    roles: Mapping[Text, Reading] = field(default_factory=dict)
    opt_outs: OptOutColumns | None = None
    ignore: tuple[Text, ...] = ()


_ADAPTER = TypeAdapter(RosterMapping)


def read_mapping(data: bytes, name: str, purposes: PurposeList = STARTER_PACK) -> RosterMapping:
    """Return the mapping in the bytes of a YAML file, by the district's purposes.

    Raises RosterError with every problem and its place.
    """
    try:
        text = text_of(data, name=name)
    except CaseError as error:
        raise RosterError([_told(problem) for problem in error.problems]) from None
    document = yaml_document(text)
    mapping, findings = _checked(_Written(document.places, _LINE_END.split(text)).of(document.value), purposes)
    if mapping is not None and not document.findings and not findings:
        return _by_word(mapping, purposes)
    problems = placed(document, [*document.findings, *findings], name, 1)
    raise RosterError([_told(problem) for problem in problems])


def _checked(value: object, purposes: PurposeList) -> tuple[RosterMapping | None, list[Finding]]:
    if value is UNREAD:
        return None, []
    try:
        mapping = _ADAPTER.validate_python(value)
    except ValidationError as error:
        return None, list(map(_with_example, field_findings(_plain_places(error), _FIELDS, (), Hints())))
    return mapping, [*_contradictions(mapping), *_misspelt_roles(mapping), *_unknown_purposes(mapping, purposes)]


# What is written as fields and often as the column alone.
_EXAMPLES: Mapping[str, str] = {
    "born": "{column: DOB, format: MM/DD/YYYY}",
    "since": "{column: Answered, format: MM/DD/YYYY}",
    "protected": "{column: Safe at Home}",
    "postsecondary": "{column: Attends College}",
    "died": "{column: Date of Death, format: MM/DD/YYYY}",
}


def _with_example(found: Finding) -> Finding:
    """Return a finding about a column that is written alone with how it is written."""
    example = _EXAMPLES.get(str(found.path[-1])) if found.path else None
    if example is None or not found.message.startswith("must be a mapping of fields"):
        return found
    return replace(found, message=f"{found.message}: write {example}")


def _contradictions(mapping: RosterMapping) -> list[Finding]:
    found = []
    students = mapping.students
    if students and not (students.name or students.given_name or students.family_name):
        found.append(Finding(("students",), "names no column of names: add given_name and family_name, or name"))
    own = [name for name in ("protected", "postsecondary", "died") if students and getattr(mapping, name)]
    found += [Finding((name,), "is for a format with columns of its own: put it under students") for name in own]
    found += _two_meanings(mapping.postsecondary, ("postsecondary",))
    found += _two_meanings(students.postsecondary if students else None, ("students", "postsecondary"))
    for index, column in enumerate(mapping.opt_outs.columns if mapping.opt_outs else ()):
        both = {answer.casefold() for answer in column.opted_out} & {answer.casefold() for answer in column.permitted}
        if both:
            place = ("opt_outs", "columns", index, "permitted")
            found.append(Finding(place, "has an answer that stands under opted_out too: it must mean one of both"))
    return found


def _two_meanings(column: PostsecondaryColumn | None, place: tuple[str, ...]) -> Iterator[Finding]:
    if column and {*map(_plain_word, column.attends)} & {*map(_plain_word, column.none)}:
        yield Finding((*place, "none"), "has a word that stands under attends too: it must mean one of both")


def _misspelt_roles(mapping: RosterMapping) -> Iterator[Finding]:
    """Yield the words that are nearly a role of a format: as they stand they would change nothing."""
    words = {folded(each): each for each in KNOWN}
    for word in mapping.roles:
        told = folded(word)
        close = difflib.get_close_matches(told, list(words), n=1, cutoff=_LIKE)
        is_own = told in words or told.startswith(EXTENSION) or staff_word_in(word) is not None
        if close and not is_own:
            yield Finding(("roles", word), f"is no role of a format; did you mean '{words[close[0]]}'?")


def _unknown_purposes(mapping: RosterMapping, purposes: PurposeList) -> Iterator[Finding]:
    for index, column in enumerate(mapping.opt_outs.columns if mapping.opt_outs else ()):
        for place, each in enumerate(column.purposes or ()):
            if purposes.word(each) is None:
                yield Finding(("opt_outs", "columns", index, "purposes", place), purposes.why_not(each))


def _by_word(mapping: RosterMapping, purposes: PurposeList) -> RosterMapping:
    """Return a mapping whose purposes are the district's; a part of one opts out of all of it."""
    if mapping.opt_outs is None:
        return mapping
    columns = (
        each
        if each.purposes is None
        else replace(each, purposes=tuple(dict.fromkeys(map(purposes.need, each.purposes))))
        for each in mapping.opt_outs.columns
    )
    return replace(mapping, opt_outs=replace(mapping.opt_outs, columns=tuple(columns)))


@dataclass(frozen=True, slots=True)
class _Written:
    """Restores the words that YAML took for flags and numbers: a column is called `No`, families answer `yes` or `1`.

    INVARIANT: the result is the exact spelling in the file. Another spelling might be an answer that is not mapped.
    """

    places: Places
    lines: list[str]

    def of(self, value: object, path: Path = ()) -> object:
        if isinstance(value, dict):
            return {key: self.of(each, (*path, key)) for key, each in value.items()}
        if isinstance(value, list):
            return [self.of(each, (*path, index)) for index, each in enumerate(value)]
        place = self.places.values.get(path)
        if not isinstance(value, bool | int | float) or place is None:
            return value
        line, column = place
        word = _WORD.match(self.lines[line - 1], column - 1) if line <= len(self.lines) else None
        return word.group() if word else value


_WORD = re.compile(r"[\w.+-]+")
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def _plain_places(error: ValidationError) -> list[Any]:
    """Return pydantic's details with places that are fields alone. `since` has two possible types, and pydantic names which."""
    details, seen = [], set()
    errors = error.errors(include_url=False)
    for detail in errors:
        loc = tuple(part for part in detail["loc"] if part not in _VARIANTS)
        # A mistake inside a part counts once: pydantic also calls the list of one such part too short.
        if detail["type"] == "too_short" and any(_is_within(each["loc"], detail["loc"]) for each in errors):
            continue
        if loc[:2] == ("opt_outs", "since") and len(loc) == 2:
            detail = {**detail, "type": "since", "msg": "must be a date written YYYY-MM-DD, or a column and its format"}  # noqa: PLW2901
        if detail["type"] == "too_short":
            detail = {**detail, "msg": "must name at least one"}  # noqa: PLW2901
        if (loc, detail["msg"]) not in seen:
            seen.add((loc, detail["msg"]))
            details.append({**detail, "loc": loc})
    return details


def _is_within(inner: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


_VARIANTS = ("DateColumn", "function-before[_iso_date(), date]")


def _fields(kind: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], tuple[str, ...]]:  # noqa: ANN401
    """Return the names of the fields at each path, without the indices of lists."""
    found = {path: tuple(each.name for each in fields(kind))}
    for name, hint in get_type_hints(kind).items():
        for inner in _dataclasses(hint):
            found |= _fields(inner, (*path, name))
    return found


def _dataclasses(hint: Any) -> list[Any]:  # noqa: ANN401 - a type hint has no type
    if is_dataclass(hint):
        return [hint]
    return [each for part in get_args(hint) for each in _dataclasses(part)]


_FIELDS = _fields(RosterMapping)


def _told(problem: Problem) -> Problem:
    # The reader of the procedure's cases speaks of cases; this is none.
    message = problem.message.replace("a case", "a mapping file")
    return Problem(problem.path, message, problem.file, problem.line, problem.column)
