"""The retention rules: how many years recordings are kept, and by whose schedule. Read from a TOML file. Pure.

A rule only says that a recording is due; a custodian destroys it (`destroy.py`). If several rules fit a recording, the
longest time counts. A recording without a fitting rule is never due.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from dam_plugin.errors import Problem, SettingsError
from dam_plugin.fields import CLOSED, Flag, Id, Text
from dam_plugin.procedure.case_problems import Finding, Hints, Path, field_findings
from dam_plugin.procedure.read_toml import NotToml, read_toml
from dam_plugin.store import StoredAsset
from dam_tagging.rules.patterns import MAX_PARTS, Key, Pattern

MOST_YEARS = 200
MOST_RULES = 500
MOST_BYTES = 1024 * 1024
FOREVER: Literal["forever"] = "forever"
Use = Literal["none", "any", "discipline", "victim", "violation", "health_emergency", "other"]


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _years(value: object) -> object:
    if value == FOREVER:
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("years", "must be a whole number of years, or 'forever'")
    if not 0 <= value <= MOST_YEARS:
        raise PydanticCustomError("years", f"must be 0 to {MOST_YEARS} years, or 'forever'")
    return value


_Some = Annotated[tuple[Text, ...], BeforeValidator(_listed), Field(min_length=1)]
_Uses = Annotated[tuple[Use, ...], BeforeValidator(_listed), Field(min_length=1)]
_Years = Annotated[int | Literal["forever"], BeforeValidator(_years)]


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """One rule. `folder` holds patterns of keys, `event` patterns of the event in a file; `use` is the official use.

    `years` count from the day on which the library got the recording (`kept`), or from the day of recording in the file
    (`taken`; without one, from `kept`). `source` is the schedule, or the person who decided. `do` is always `list`.
    `idea_notice`: the rule covers recordings of students in special education (34 CFR 300.624), so each family is informed
    before one is destroyed.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    name: Id
    use: _Uses
    years: _Years
    source: Text
    folder: _Some | None = None
    event: _Some | None = None
    counted_from: Literal["kept", "taken"] = "kept"
    do: Literal["list"] = "list"
    idea_notice: Flag = False

    def fits(self, stored: StoredAsset) -> bool:
        """Whether the rule fits a recording."""
        return self._fits_use(stored) and self._fits_folder(stored) and self._fits_event(stored)

    def created(self, stored: StoredAsset) -> date:
        """Return the day from which the years of a recording are counted."""
        kept = stored.first_seen.date()
        taken = taken_on(stored) if self.counted_from == "taken" else None
        # A wrong clock in a camera must not matter.
        return taken if taken is not None and taken <= kept else kept

    def due(self, stored: StoredAsset) -> date | None:
        """Return the first day on which a recording may be destroyed, None for never."""
        return None if self.years == FOREVER else years_after(self.created(stored), int(self.years))

    def _fits_use(self, stored: StoredAsset) -> bool:
        uses = {each.purpose for each in (*stored.tagging.official_uses, *stored.machine.official_uses)}
        return any(not uses if use == "none" else bool(uses) if use == "any" else use in uses for use in self.use)

    def _fits_folder(self, stored: StoredAsset) -> bool:
        if self.folder is None:
            return True
        key = Key.of(stored.asset.key)
        return any(Pattern(each).fits(key) for each in self.folder)

    def _fits_event(self, stored: StoredAsset) -> bool:
        if self.event is None:
            return True
        events = [each.casefold() for each in (stored.about.events if stored.about else ())]
        return any(fnmatch.fnmatchcase(event, pattern.casefold()) for event in events for pattern in self.event)


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """The rules of a file, in its order."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    rule: tuple[RetentionRule, ...]

    def of(self, stored: StoredAsset) -> RetentionRule | None:
        """Return the fitting rule by which a recording is kept longest; None if no rule fits."""
        fitting = [each for each in self.rule if each.fits(stored)]
        return max(fitting, key=lambda each: each.due(stored) or date.max, default=None)


def taken_on(stored: StoredAsset) -> date | None:
    """Return the day of recording in the file, None without a readable one."""
    said = stored.about.taken if stored.about else None
    found = _DAY.match(said or "")
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


_DAY = re.compile(r"\s*(\d{4})[:\-./](\d{2})[:\-./](\d{2})(?!\d)")


def years_after(day: date, years: int) -> date:
    """Return the same day so many years later; 1 March for 29 February, and at most the last day of year 9999."""
    year = day.year + years
    if year > date.max.year:
        return date.max
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def read_retention_rules(data: bytes, name: str) -> RetentionRules:
    """Return the rules in the bytes of a TOML file. Raises SettingsError with every problem and its line."""
    try:
        file = read_toml(data, name, largest=MOST_BYTES, otherwise="no file of retention rules")
    except NotToml as error:
        raise _wrong(name, [error.problem]) from None
    findings = list(_findings(file.values))
    if findings:
        raise _wrong(name, file.placed(findings))
    return _ADAPTER.validate_python(file.values)


def _findings(values: object) -> Iterator[Finding]:
    try:
        rules = _ADAPTER.validate_python(values)
    except ValidationError as error:
        yield from _of_fields(error)
        return
    if not rules.rule:
        yield Finding((), "has no [[rule]]: write one for each kind of recording")
    if len(rules.rule) > MOST_RULES:
        yield Finding((), f"has more than {MOST_RULES} rules")
    seen: dict[str, int] = {}
    for index, each in enumerate(rules.rule):
        if each.folder is None and each.event is None:
            yield Finding(
                ("rule", index), "has neither 'folder' nor 'event': write folder = \"**\" for every recording"
            )
        for place, pattern in enumerate(each.folder or ()):
            if pattern.count("/") >= MAX_PARTS:
                yield Finding(
                    ("rule", index, "folder"), f"has a pattern (number {place + 1}) of more than {MAX_PARTS} parts"
                )
        first = seen.setdefault(each.name.casefold(), index)
        if first != index:
            yield Finding(
                ("rule", index, "name"), f"is also the name of rule {first + 1}: the log needs different names"
            )


def _of_fields(error: ValidationError) -> Iterator[Finding]:
    """Yield pydantic's findings, one for all members of a union."""
    told: set[tuple[Path, str]] = set()
    details = []
    for detail in error.errors(include_url=False):
        loc = tuple(part for part in detail["loc"] if part not in _MEMBERS)
        details.append({**detail, "loc": loc})
    for found in field_findings(details, _FIELDS, (), Hints()):  # type: ignore[arg-type]
        path = found.path[:3] if found.path[:1] == ("rule",) else found.path
        if (path, found.message) not in told:
            told.add((path, found.message))
            yield Finding(path, found.message, at_key=found.at_key)


_MEMBERS = frozenset({"int", "literal['forever']"})
_FIELDS: dict[tuple[str, ...], tuple[str, ...]] = {
    (): ("rule",),
    ("rule",): tuple(each.name for each in fields(RetentionRule)),
}


def _wrong(name: str, problems: Iterable[Problem]) -> SettingsError:
    told = [str(each) for each in problems]
    return SettingsError("; ".join(told), told, name)


_ADAPTER = TypeAdapter(RetentionRules)
