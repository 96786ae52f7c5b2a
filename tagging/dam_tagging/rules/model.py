"""The nouns of rules: consequences, a rule, a set of rules with its digest, and the problems of a rule file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

from dam_tagging.facts import DirectoryStatus, Finding, Meaning, OfficialPurpose, Truth
from dam_tagging.rules.conditions import (
    All,
    AnyOf,
    Condition,
    Field,
    Not,
    People,
    Roster,
    Taken,
    Test,
    TextField,
    prepared,
)

__all__ = [
    "All",
    "AnyOf",
    "Condition",
    "Consequences",
    "Field",
    "Not",
    "People",
    "Problem",
    "Roster",
    "Rule",
    "RuleFileError",
    "RuleSet",
    "Taken",
    "TextField",
    "consequences",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a rule file: its file, line and column (from 1), and the remedy."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """Return `school.yaml:7:22: 'at_leest' is not known here; ...`."""
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class RuleFileError(ValueError):
    """Rule files cannot be used. The error lists every problem as a sentence behind its place; `found` has them as objects."""

    def __init__(self, found: Sequence[Problem]) -> None:
        """Keep the problems in the order of the files."""
        self.found = tuple(found)
        self.problems = tuple(map(str, found))
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Consequences:
    """The consequences of a rule that fires. A consequence that is left out changes nothing.

    `record_pii`: the recording holds information from the records of the students that the file names.
    """

    directory_status: DirectoryStatus | None = None
    official_use: tuple[OfficialPurpose, ...] = ()
    closed: str | None = None
    confidential: str | None = None
    record_pii: bool = False
    background: bool = False
    meaning: Meaning | None = None
    hold: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, condition, consequences, reason in plain words, and place (`school.yaml:3`).

    `holds` tests a recording. `finds` are the findings of a rule that fires. `may_find` are the findings of a rule that
    cannot know whether it fires: only those that make the result stricter.
    """

    name: str
    when: Condition
    then: Consequences
    why: str
    place: str = field(default="", compare=False)
    holds: Test = field(init=False, compare=False, repr=False)
    finds: tuple[Finding, ...] = field(init=False, compare=False, repr=False)
    may_find: tuple[Finding, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the test and the findings, which are the same for every recording."""
        source = f"rule: {self.name}"
        doubt = f"the file does not say whether this rule applies: {self.why}"
        told = [(TAGS.get(key, key), value, strict) for key, value, strict in consequences(self.then)]
        finds = tuple(Finding(tag, value, self.why, source) for tag, value, _ in told)
        may = tuple(Finding(tag, value, doubt, source, Truth.UNKNOWN) for tag, value, strict in told if strict)
        for name, value in (("holds", prepared(self.when)), ("finds", finds), ("may_find", may)):
            object.__setattr__(self, name, value)


TAGS = {"record_pii": "record_information"}
"""Consequences whose finding has another tag. A finding `record_pii` would name a student, and rules know no students."""


def consequences(then: Consequences) -> Iterable[tuple[str, str, bool]]:
    """Yield key, value and whether it makes anything stricter."""
    if then.directory_status:
        yield "directory_status", then.directory_status, then.directory_status == "not_eligible"
    for use in then.official_use:
        yield "official_use", use, True
    for tag, reason in (("closed", then.closed), ("confidential", then.confidential), ("hold", then.hold)):
        if reason:
            yield tag, reason, True
    if then.record_pii:
        yield "record_pii", "true", True
    if then.meaning:
        yield "meaning", then.meaning, then.meaning in ("changed", "destroyed")
    if then.background:
        yield "background", "true", False


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of a district, in any order.

    `digest`: the first 16 hexadecimal digits of the SHA-256 of their content. The order of the rules and their files do
    not change it.
    """

    rules: tuple[Rule, ...] = ()
    digest: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Compute the digest once: every tagging keeps it."""
        content = [
            {"name": rule.name, "when": _plain(rule.when), "then": asdict(rule.then), "why": rule.why}
            for rule in sorted(self.rules, key=lambda rule: rule.name)
        ]
        text = json.dumps(content, sort_keys=True, default=str)
        object.__setattr__(self, "digest", hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16])


def ask_of_students(rules: RuleSet) -> bool:
    """Whether any rule asks what the roster says of the students in a recording."""
    return any(_asks_of_students(each.when) for each in rules.rules)


def _asks_of_students(condition: Condition) -> bool:
    match condition:
        case All(conditions) | AnyOf(conditions):
            return any(map(_asks_of_students, conditions))
        case Not(inner):
            return _asks_of_students(inner)
        case _:
            return isinstance(condition, Roster)


def _plain(condition: Condition) -> list[object]:
    """Return a condition with its kind. `asdict` alone drops the kind, and then `all` and `any` look alike."""
    match condition:
        case All(conditions) | AnyOf(conditions):
            return [type(condition).__name__, *(_plain(part) for part in conditions)]
        case Not(inner):
            return ["Not", _plain(inner)]
        case _:
            return [type(condition).__name__, asdict(condition)]
