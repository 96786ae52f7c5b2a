"""The conditions of rules, and their test against facts. No I/O.

A test answers yes, no or unknown: if the file does not say, the answer is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

from dam_tagging.facts import Facts, Truth, parts
from dam_tagging.rules.compare_texts import day_of, folded, grades_of, level, levels, words
from dam_tagging.rules.patterns import Key, Pattern

TextField = Literal[
    "event", "key", "key_has", "keyword", "hierarchy", "caption_has", "owner", "camera", "official_marker"
]
YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN


@dataclass(frozen=True, slots=True)
class Field:
    """A text of the file, or its key, fits one of these values; each field compares in its own way."""

    field: TextField
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """The recording was taken between two days, both included; each day is optional."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class People:
    """The number of people named or marked in the file is between two bounds; each bound is optional."""

    at_least: int | None = None
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """One of the students named in the file has all of these properties on the roster. An empty property matches all."""

    grades: tuple[str, ...] = ()
    active: bool | None = None
    opted_out: bool | None = None


@dataclass(frozen=True, slots=True)
class All:
    """Every condition holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one condition holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    condition: Condition


Condition: TypeAlias = Field | Taken | People | Roster | All | AnyOf | Not


@dataclass(frozen=True, slots=True)
class Standing:
    """The roster's facts about one student; None: unknown. `waits`: the family may still answer the notice; no rule asks it."""

    grade: str | None = None
    active: bool | None = None
    opted_out: bool | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of rules: the facts, the object's key, and the number of people named or marked (0: unknown).

    `students`: the roster's facts about the named students. The texts are prepared once for all rules: `names` are
    compared as a whole, `spoken` is searched for words.
    """

    facts: Facts
    key: str
    people: int
    students: tuple[Standing, ...] = ()
    place: Key = field(init=False, compare=False, repr=False)
    names: dict[TextField, frozenset[str]] = field(init=False, compare=False, repr=False)
    spoken: dict[TextField, str] = field(init=False, compare=False, repr=False)
    taken: date | None = field(init=False, compare=False, repr=False)
    absent: Truth = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the texts; `absent` is the truth of a text that the file could hold and does not."""
        facts = self.facts
        prepared = {
            "place": Key.of(self.key),
            "names": {
                "keyword": frozenset(map(folded, _keywords(facts))),
                "hierarchy": frozenset(each for path in facts.hierarchies for each in levels(path)),
                "owner": frozenset(map(folded, facts.owner.split("; "))) if facts.owner else frozenset(),
            },
            "spoken": {
                "key_has": _spoken(self.key.split("/")),
                "event": _spoken([text for text in (facts.event, *facts.more_events) if text]),
                "caption_has": _spoken(caption.text for caption in facts.captions),
                "camera": _spoken([facts.camera] if facts.camera else []),
                "official_marker": _spoken(marker.text for marker in facts.official_markers),
            },
            "taken": day_of(facts.taken),
            "absent": NO if facts.state == "read" else UNKNOWN,
        }
        for name, value in prepared.items():
            object.__setattr__(self, name, value)


Test: TypeAlias = Callable[[Subject], Truth]


def written(condition: Condition) -> str:
    """Return a condition on one line, as in a rule file."""
    match condition:
        case All(conditions) | AnyOf(conditions):
            word = "all" if isinstance(condition, All) else "any"
            return f"{word}: [{'; '.join(map(written, conditions))}]"
        case Not(inner):
            return f"not: {{{written(inner)}}}"
        case Field(name, values):
            return f"{name}: {values[0] if len(values) == 1 else _list(values)}"
        case _:
            return _asked(condition)


def _asked(condition: Taken | People | Roster) -> str:
    match condition:
        case Taken(first, last):
            return _pairs("taken", {"from": first, "to": last})
        case People(low, high):
            return _pairs("people", {"at_least": low, "at_most": high})
        case Roster(grades, active, opted_out):
            grade = _list(grades) if grades else None
            return _pairs("roster", {"grade": grade, "active": _flag(active), "opted_out": _flag(opted_out)})


def _list(values: tuple[str, ...]) -> str:
    return f"[{', '.join(values)}]"


def _flag(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _pairs(name: str, given: dict[str, object]) -> str:
    return f"{name}: {{{', '.join(f'{key}: {value}' for key, value in given.items() if value is not None)}}}"


def holds(condition: Condition, subject: Subject) -> Truth:
    """Return whether the condition holds: yes, no, or unknown if the file leaves it open."""
    return prepared(condition)(subject)


def prepared(condition: Condition) -> Test:
    """Return the test of a condition. All work that does not depend on the recording is done here, once."""
    match condition:
        case All(conditions):
            return _all([prepared(part) for part in conditions])
        case AnyOf(conditions):
            return _any([prepared(part) for part in conditions])
        case Not(inner):
            return _not(prepared(inner))
        case Field():
            return _field(condition)
        case Roster():
            return _roster(condition)
        case _:
            return _number(condition)


def _field(condition: Field) -> Test:
    match condition:
        case Field("key", values):
            return _key([Pattern(value) for value in values])
        case Field("key_has", values):
            return _key_words(tuple(dict.fromkeys(map(words, values))))
        case Field("event" | "caption_has" | "camera" | "official_marker", values):
            return _words(condition.field, tuple(dict.fromkeys(map(words, values))))
        case Field(name, values):
            return _names(name, frozenset(map(level if name == "hierarchy" else folded, values)))


def _number(condition: People | Taken) -> Test:
    if isinstance(condition, People):
        return lambda subject: _people(condition, subject)
    return lambda subject: _taken(condition, subject)


def _keywords(facts: Facts) -> Iterable[str]:
    """Return every keyword and part of a hierarchy, and the parts of keywords that hold several."""
    whole = [keyword.text for keyword in facts.keywords] + [part for path in facts.hierarchies for part in path]
    split = [part for text in whole for part in parts(text)]
    return (*whole, *split, *(part for text in split for part in parts(text)))


def _spoken(texts: Iterable[str]) -> str:
    """Return the words of all texts, each text on its own line, so that a phrase is never found across two texts."""
    return "\n".join(found for text in texts if (found := words(text)) != " ")


def _all(tests: list[Test]) -> Test:
    return _unless(NO, tests, YES)


def _any(tests: list[Test]) -> Test:
    return _unless(YES, tests, NO)


def _unless(decisive: Truth, tests: list[Test], otherwise: Truth) -> Test:
    """Return a test: the decisive truth if any test gives it, else unknown if any test is unknown, else `otherwise`."""

    def test(subject: Subject) -> Truth:
        found = otherwise
        for one in tests:
            truth = one(subject)
            if truth is decisive:
                return decisive
            if truth is UNKNOWN:
                found = UNKNOWN
        return found

    return test


def _not(inner: Test) -> Test:
    opposite = {YES: NO, NO: YES, UNKNOWN: UNKNOWN}
    return lambda subject: opposite[inner(subject)]


def _key(patterns: list[Pattern]) -> Test:
    def test(subject: Subject) -> Truth:
        place = subject.place
        for pattern in patterns:
            if pattern.literals <= place.names and pattern.fits(place):
                return YES
        return NO

    return test


def _key_words(wanted: tuple[str, ...]) -> Test:
    def test(subject: Subject) -> Truth:
        given = subject.spoken["key_has"]
        for phrase in wanted:
            if phrase in given:
                return YES
        return NO

    return test


def _names(name: TextField, wanted: frozenset[str]) -> Test:
    def test(subject: Subject) -> Truth:
        given = subject.names[name]
        if not wanted.isdisjoint(given):
            return YES
        return subject.absent if given else UNKNOWN

    return test


def _words(name: TextField, wanted: tuple[str, ...]) -> Test:
    def test(subject: Subject) -> Truth:
        given = subject.spoken[name]
        if not given:
            return UNKNOWN
        for phrase in wanted:
            if phrase in given:
                return YES
        return subject.absent

    return test


def _people(condition: People, subject: Subject) -> Truth:
    if subject.people == 0 or subject.absent is UNKNOWN:
        return UNKNOWN
    low = condition.at_least is None or subject.people >= condition.at_least
    high = condition.at_most is None or subject.people <= condition.at_most
    return YES if low and high else NO


def _taken(condition: Taken, subject: Subject) -> Truth:
    day = subject.taken
    if day is None:
        return UNKNOWN
    early = condition.first is not None and day < condition.first
    late = condition.last is not None and day > condition.last
    return NO if early or late else YES


def _roster(condition: Roster) -> Test:
    grades = frozenset().union(*map(grades_of, condition.grades))

    def test(subject: Subject) -> Truth:
        # A person who is not on the roster may be any person. Then nothing can be ruled out.
        everybody = 0 < subject.people <= len(subject.students)
        most = subject.absent if everybody else UNKNOWN
        for student in subject.students:
            truth = _standing(condition, grades, student)
            if truth is YES:
                return YES
            if truth is UNKNOWN:
                most = UNKNOWN
        return most

    return test


def _standing(condition: Roster, grades: frozenset[str], student: Standing) -> Truth:
    answers = []
    if condition.grades:
        # An unknown grade on the roster (`UG`) denies nothing.
        told = grades_of(student.grade or "")
        answers.append(None if not told else not grades.isdisjoint(told))
    for asked, said in ((condition.active, student.active), (condition.opted_out, student.opted_out)):
        if asked is not None:
            answers.append(None if said is None else said is asked)
    if False in answers:
        return NO
    return UNKNOWN if None in answers else YES
