"""A publisher's profile: how its portrait index is written, and what the files of a set are called; and who can print a set.

One TOML file each in `profiles/`; a district's own needs no code. What a text becomes in such an index is in `names.py`.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from dam_plugin.errors import InputError, SetRefused, SettingsError
from dam_plugin.fields import CLOSED, Flag, Text
from dam_plugin.model import StudentRecord
from dam_plugin.people.formats.csv_table import LONGEST_NAME, close_to
from dam_plugin.procedure.read_toml import NotToml, read_toml
from dam_plugin.procedure.redisclosure import names_a_student
from dam_plugin.store.sets import CANDIDS, PortraitRow
from dam_tagging.names.written_names import MOST_PARTS, orders, parts

SHIPPED = ("pspa", "plain", "picaboo", "treering")
"""The profiles that come with the plugin."""
UNSOURCED = "plain"
"""The one profile that follows no publisher."""
LARGEST_FILE = 64 * 1024
COPYRIGHT, README = "COPYRIGHT.TXT", "README.TXT"
_ENCODINGS = {"utf-8": "UTF-8", "cp1252": "Windows-1252"}
_PORTRAIT_ENDINGS = (".jpg", ".jpeg")
_INDEX_ENDINGS = (".txt", ".csv", ".tsv")
_NEEDED = ("file", "last", "first")
_SAFE = string.ascii_letters + string.digits
_BEYOND = "_-"
_LONGEST_STEM = 32
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_TITLE = re.compile(r"[A-Za-z][A-Za-z0-9 #/()._-]{0,63}")
_SOURCE = re.compile(r"https?://[!-~]{4,500}")
_WIDTH = re.compile(r"0[1-9]d?")
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""Names of devices of Windows, with any ending (Naming Files, Paths, and Namespaces)."""
_SENTENCES = {
    "missing": "is missing",
    "missing_argument": "is missing",
    "string_type": "must be a text",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
}
FORMS = ("pspa", "plain")
"""The shipped profiles whose names are those of a form: the others are called as their publisher is."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an index: its title, and which field of `PortraitRow` it holds."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    title: Text
    field: Literal[
        "volume", "folder", "file", "grade", "last", "first", "home_room", "period", "teacher", "track", "department",
        "title", "size",
    ]  # fmt: skip


def _as_columns(value: object) -> object:
    return [{"title": key, "field": each} for key, each in value.items()] if isinstance(value, dict) else value


@dataclass(frozen=True, slots=True)
class Profile:
    """How a publisher takes a set.

    `sources` are the pages that it follows. `index` is the index's file name in the volume, `folder` that of the
    portraits. `portrait` and `candid` are patterns with one `{number:07d}`; a candid's has no ending. `name_characters`
    are those that file names may have besides letters and digits, `longest_name` how many before the ending.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    name: Text
    title: Text
    index: Text
    delimiter: Literal["\t", ",", ";", "|"]
    header: Flag
    encoding: Literal["utf-8", "cp1252"]
    line_end: Literal["\r\n", "\n"]
    quoting: Literal["none", "minimal"]
    folder: Text
    portrait: Text
    candid: Text
    columns: Annotated[tuple[Column, ...], BeforeValidator(_as_columns)]
    copyright: Flag
    readme: Flag
    sources: tuple[Text, ...] = ()
    name_characters: Annotated[str, Field(max_length=len(_BEYOND))] = ""
    longest_name: Annotated[int, Field(ge=1, le=_LONGEST_STEM)] = _LONGEST_STEM

    @property
    def encoding_name(self) -> str:
        """The index's encoding as people call it."""
        return _ENCODINGS[self.encoding]

    def portrait_name(self, number: int) -> str:
        """Return the file name of the portrait of this number, counted from 1."""
        return self.portrait.format(number=number)

    def portrait_path(self, volume: str, number: int) -> str:
        """Return the path of the portrait with this number in a set."""
        return f"{volume}/{self.folder}/{self.portrait_name(number)}"

    def candid_path(self, number: int, suffix: str) -> str:
        """Return the path of the candid with this number in a set; `suffix` is what its kind of file ends with, `.jpg`."""
        return f"{CANDIDS}/{self.candid.format(number=number)}{suffix}"

    def index_path(self, volume: str) -> str:
        """Return the path of the index in a set."""
        return f"{volume}/{self.index}"

    def row_of(self, cells: dict[str, str]) -> PortraitRow:
        """Return the row of an index whose cells these are, by field; fields without a column are empty."""
        return PortraitRow(**{each.name: cells.get(each.name, "") for each in fields(PortraitRow)})


_ADAPTER = TypeAdapter(Profile)


def load(name_or_path: str) -> Profile:
    """Return the profile of a shipped name, or the one in a TOML file.

    Raises InputError for a name that there is not and a file that cannot be read, SettingsError with every problem of one.
    """
    if name_or_path in SHIPPED:
        data = files("dam_plugin.yearbook").joinpath("profiles", f"{name_or_path}.toml").read_bytes()
        return _read(data, f"{name_or_path}.toml")
    if not name_or_path.casefold().endswith(".toml"):
        hint = close_to(name_or_path, SHIPPED) or ";"
        raise InputError(
            f"no publisher's profile is called so{hint} there are {', '.join(SHIPPED)}, or give a TOML file of your own"
        )
    path = Path(name_or_path)
    try:
        # A pipe would be waited for.
        if path.exists() and not path.is_file():
            raise InputError("the publisher's profile is no ordinary file: give a TOML file")
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or "its name is none"
        raise InputError(f"the publisher's profile cannot be read ({told}): give a TOML file") from None
    profile = _read(data, "the profile")
    if profile.name in SHIPPED:
        raise _wrong("the profile", [f"'name' is that of a profile that comes with the plugin ({profile.name})"])
    return profile


def check_volume(volume: str) -> None:
    """Raise InputError for a volume that is no name of a folder on every machine, or one that a set has already."""
    if (
        not 1 <= len(volume) <= _LONGEST_STEM
        or set(volume) - set(_SAFE + _BEYOND)
        or _RESERVED.fullmatch(volume)
        or volume.casefold() == CANDIDS
    ):
        raise InputError(
            f"the volume is a folder's name: 1 to {_LONGEST_STEM} letters, digits, '_' and '-', not '{CANDIDS}' nor a "
            "word that Windows reserves (CON, LPT1)"
        )


def is_form(recipient: str) -> bool:
    """Whether a recipient is only the name of a form that sets are written in."""
    return recipient.casefold() in FORMS


def check_printer(recipient: str) -> None:
    """Raise InputError if a set would be locked for the name of a form, which belongs to no printer."""
    if is_form(recipient):
        raise SetRefused(
            f"'{recipient.casefold()}' is a form and prints nothing: say with --to who prints it: the disclosure is recorded "
            "for them",
            "no-recipient",
        )


def check_no_student(recipient: str, students: Iterable[StudentRecord]) -> None:
    """Raise InputError if the recipient of a set is a student, by pseudonym, number or whole name in any order.

    A part of a name is none: publishers are called Jones, too. Errors do not repeat the given text.
    """
    if called_as_students([recipient], students):
        raise SetRefused(
            "whom the set goes to is called as a student is: give the publisher's name with --to", "student-name"
        )


def called_as_students(texts: Iterable[str], students: Iterable[StudentRecord]) -> frozenset[str]:
    """Return those texts that are a student's pseudonym, number or whole name in any order; everybody is read once."""
    runs = {each: _runs(parts(each)) for each in texts}
    found = {each for each in runs if names_a_student(each, ())}
    for student in students:
        called = _called(student)
        found.update(each for each, words in runs.items() if not words.isdisjoint(called))
    return frozenset(found)


def _read(data: bytes, where: str) -> Profile:
    try:
        file = read_toml(data, where, largest=LARGEST_FILE, otherwise="no profile")
    except NotToml as error:
        raise SettingsError(str(error), [error.problem.placed_message], where) from None
    try:
        profile = _ADAPTER.validate_python(file.values)
    except ValidationError as error:
        raise _wrong(where, [_sentence(each) for each in error.errors(include_url=False)]) from None
    problems = list(_problems(profile))
    if problems:
        raise _wrong(where, problems)
    return profile


def _wrong(where: str, problems: list[str]) -> SettingsError:
    return SettingsError(f"{where}: {'; '.join(problems)}", problems, where)


def _sentence(detail: ErrorDetails) -> str:
    *above, last = (str(part)[:LONGEST_NAME] for part in detail["loc"])
    place = ".".join([*above, last])
    kind = detail["type"]
    if kind in {"unexpected_keyword_argument", "extra_forbidden", "invalid_key"}:
        return f"{place!r} is not known here{close_to(last, [each.name for each in fields(Profile)]) or ': remove it'}"
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", str(detail["ctx"]["expected"]))
        hint = close_to(str(detail["input"]), known) or f": write one of {', '.join(map(repr, known))}"
        return f"{place!r} is none of what it may be{hint}"
    return f"{place!r} {_SENTENCES.get(kind) or detail['msg'].removeprefix('Input ')}"


def _problems(profile: Profile) -> Iterator[str]:
    """Yield the faults of a profile that has all fields."""
    if not _NAME.fullmatch(profile.name):
        yield "'name' must be up to 32 small letters, digits and '-', a letter first"
    if not profile.sources and profile.name != UNSOURCED:
        yield "'sources' is missing: cite the publisher's page that the profile follows"
    if not all(_SOURCE.fullmatch(each) for each in profile.sources):
        yield "'sources' must be web addresses"
    if set(profile.name_characters) - set(_BEYOND):
        yield f"'name_characters' may only be of {' '.join(_BEYOND)}: others are not safe in every file's name"
    yield from _wrong_with_columns(profile)
    yield from _wrong_with_files(profile)
    yield from _wrong_with_pattern("portrait", profile.portrait, profile)
    yield from _wrong_with_pattern("candid", profile.candid, profile)


def _wrong_with_columns(profile: Profile) -> Iterator[str]:
    named = [column.field for column in profile.columns]
    if lacking := [each for each in _NEEDED if each not in named]:
        yield f"'columns' lacks {', '.join(lacking)}: an index says whose picture each file is"
    if len(set(named)) != len(named):
        yield "'columns' has a field twice"
    titles = [column.title for column in profile.columns]
    if not all(_TITLE.fullmatch(each) and each == each.strip() for each in titles):
        yield "'columns' has a title that is no plain text: letters first, then digits, blanks and # / ( ) . _ - too"
    if len({each.casefold() for each in titles}) != len(titles):
        yield "'columns' has a title twice"


def _wrong_with_files(profile: Profile) -> Iterator[str]:
    index, ending = profile.index, Path(profile.index).suffix.casefold()
    if ending not in _INDEX_ENDINGS or not _is_safe(index[: -len(ending)], _BEYOND):
        yield f"'index' must be a file's name of letters and digits that ends with {', '.join(_INDEX_ENDINGS)}"
    if index.upper() in {COPYRIGHT, README}:
        yield "'index' is the name of another file of the volume"
    if not _is_safe(profile.folder, _BEYOND):
        yield "'folder' must be one folder's name of letters, digits, '_' and '-'"


def _wrong_with_pattern(key: str, pattern: str, profile: Profile) -> Iterator[str]:
    """Yield the faults of a pattern: each number has a name of its own, which is one on every machine."""
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError:
        parts = []
    numbers = [(name, spec, conversion) for _, name, spec, conversion in parts if name is not None]
    if len(numbers) != 1 or numbers[0][0] != "number" or not _WIDTH.fullmatch(numbers[0][1] or "") or numbers[0][2]:
        yield f"'{key}' must hold the number once, as {{number:07d}}, and no other braces"
        return
    names = [pattern.format(number=number) for number in range(10)]
    ending = Path(names[0]).suffix if key == "portrait" else ""
    if key == "portrait" and ending.casefold() not in _PORTRAIT_ENDINGS:
        yield "'portrait' must end with .jpg or .jpeg"
        return
    stems = [name.removesuffix(ending) for name in names]
    if not all(_is_safe(stem, profile.name_characters) for stem in stems):
        told = ", ".join(["letters", "digits", *map(repr, profile.name_characters)])
        yield f"'{key}' must be a name of {told} alone, none that Windows reserves"
    if len(stems[0]) > profile.longest_name:
        yield f"'{key}' is longer than the {profile.longest_name} characters of 'longest_name'"


def _is_safe(stem: str, beyond: str) -> bool:
    """Whether a name is one on every machine: at least one safe character, and no device."""
    return bool(stem) and not set(stem) - set(_SAFE + beyond) and not _RESERVED.fullmatch(stem)


def _runs(words: tuple[str, ...]) -> set[str]:
    """Return all of these words, and each run of several, written together."""
    several = {
        "".join(words[start:end])
        for start in range(len(words))
        for end in range(start + 2, min(len(words), start + MOST_PARTS) + 1)
    }
    return {*several, "".join(words)} - {""}


def _called(student: StudentRecord) -> set[str]:
    names = {"".join(words) for name in student.names for words in orders(parts(name))}
    return {*names, "".join(parts(student.roster_id))}
