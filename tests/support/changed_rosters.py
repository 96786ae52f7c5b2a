"""Rosters before and after a change, and files whose texts name their students somehow, often in ways that nobody planned."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from written_ways import FAMILY, GIVEN, PLACES, WAYS, roster_of

from dam_tagging.facts import Facts, Keyword, NamedPerson, Tagging
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.names.changed_names import ChangedNames
from dam_tagging.names.ordinary import DOES, KIN, ORDINARY, TITLES, WORDS_AND_NAMES
from dam_tagging.names.ordinary import PLACES as SPOTS
from dam_tagging.names.short_forms import called_otherwise
from dam_tagging.rules.conditions import Standing
from dam_tagging.rules.model import RuleSet
from dam_tagging.tag import Families, tag

HARD = (
    *(
        "Al-Amin Bo",
        "D'Angelo Fox",
        "O'B Li",
        "J R",
        "X Æ",
        "Kim",
        "Theo Vance",
        "Ann Lee",
        "Will Roe",
        "De La",
        "Li An",
    ),
    *(
        "Jo Ann Twins",
        "Van Der Berg Li",
        "McKay Ode",
        "MacKay Ode",
        "Alexandra Roe",
        "Alexander Poe",
        "Sean Ng",
        "An Na",
    ),
    *("Shauna Lee", "Catherine Roe", "Abcdefghijklmnopqrstuvwxyz Lo", "St John Ray", "Mary Primos", "Bo Li", "Le Bo"),
    *("Ty Jr", "Ana Maria de los Santos", "Owen Smith", "Owens Mith", "Ben Kelly", "Jordan Kelly Jr.", "Jordan Kelly"),
    *(
        "Max Power",
        "Rosa Parks",
        "May June",
        "Grace Hope",
        "Lee Lee",
        "Zoe",
        "Ng Ng",
        "Nia O",
        "K. C. Jones",
        "K C Jones",
    ),
    *(
        "Sam Sam",
        "Nguyễn Văn An",
        "Мария Орлова",
        "王明",
        "Tom 4ever",
        "Eva Maria",
        "Kate Ham",
        "Kathryn Ham",
        "Beth Odd",
    ),
    *("Elizabeth Odd", "Christopher Bell", "Topher Bell"),
)
STAFF = ("Karen Olson", "Mary Lee", "Coach Kim", "Bob Will", "Emma O'Hara", "Ann Theo", "Ben Roe")
_WORDS = (
    *sorted(ORDINARY),
    *sorted(WORDS_AND_NAMES) * 2,
    *sorted(KIN) * 5,
    *sorted(TITLES) * 2,
    *sorted(DOES),
    *sorted(SPOTS),
)
_BETWEEN = (" ", ", ", " and ", " & ", "_", "-", " / ", "; ", "\n", "", " vs. ", ". ")
_BEFORE = ("photo by ", "(c) ", "by ", "\U0001f4f7 ", "coach ", "the ", "los ", "copyright")
_DIGITS = str.maketrans("oeias", "03145")


@dataclass(frozen=True)
class Roster:
    """Students, whose families said no or may still answer, and staff."""

    persons: tuple[Person, ...]
    said_no: frozenset[str] = frozenset()
    may_answer: frozenset[str] = frozenset()
    staff: tuple[str, ...] = ()

    @property
    def index(self) -> RosterIndex:
        """The roster, ready to be searched."""
        return RosterIndex(self.persons, self.staff)

    def tagged(self, index: RosterIndex, facts: Facts, key: str) -> Tagging:
        """Tag a recording by it."""
        said = {
            each.id: Standing(opted_out=each.id in self.said_no, waits=each.id in self.may_answer)
            for each in self.persons
        }
        return tag(facts, key, RuleSet(), index, families=Families.of(said))


@dataclass(frozen=True)
class Change:
    """A roster before and after."""

    before: Roster
    after: Roster

    def names(self, before: RosterIndex, after: RosterIndex) -> ChangedNames:
        """What is asked of recordings."""
        families = (self.before.said_no ^ self.after.said_no) | (self.before.may_answer ^ self.after.may_answer)
        was, now = set(self.before.persons), set(self.after.persons)
        persons = [*(was ^ now), *(each for each in was | now if each.id in families)]
        denied = self.before.said_no | self.before.may_answer | self.after.said_no | self.after.may_answer
        return ChangedNames(before, after, persons, denied)


def change(made: random.Random, size: int) -> Change:
    """Return a roster of about so many students, and the same with some added, renamed, gone, or of another mind."""
    persons = [Person(f"S-{number:03}", names, (_number(made),)) for number, names in enumerate(_names(made, size))]
    before = Roster(tuple(persons), _some(made, persons, 0.3), _some(made, persons, 0.1), _staff(made))
    for _ in range(made.choice((0, 1, 1, 1, 2, 5))):
        at, kind = made.randrange(len(persons)), made.random()
        one = persons[at]
        if kind < 0.4:
            persons.append(Person(f"S-new-{len(persons)}-{made.randrange(10_000)}", *_named(made)))
        elif kind < 0.7:
            further = _names(made, 1)[0]
            persons[at] = replace(one, names=made.choice((further, one.names + further)))
        elif kind < 0.8:
            persons[at] = replace(one, external_ids=(_number(made),))
        elif len(persons) > 1:
            del persons[at]
    here = {each.id for each in persons}
    new = [each for each in persons if each not in before.persons]
    said_no, may_answer = before.said_no | _some(made, new, 0.3), before.may_answer | _some(made, new, 0.1)
    for one in made.sample(persons, min(len(persons), made.choice((0, 0, 1, 2)))):
        if made.random() < 0.7:
            said_no ^= {one.id}
        else:
            may_answer ^= {one.id}
    staff = _staff(made) if made.random() < 0.15 else before.staff
    return Change(before, Roster(tuple(persons), said_no & here, may_answer & here, staff))


def recording(made: random.Random, persons: Collection[Person]) -> tuple[Facts, str]:
    """Return the facts of a file, and its key, that may name any of these students."""
    some, key = tuple(persons), "events/IMG_1.jpg"
    told: dict[str, Any] = {}
    for _ in range(made.randrange(1, 4)):
        for name, value in made.choice(PLACES).put(_text(made, some)).items():
            told[name] = told.get(name, ()) + value if isinstance(value, tuple) else value
    if made.random() < 0.3:
        folder, file = (_text(made, some).replace("/", made.choice(("", "_")))[:80] for _ in range(2))
        key = f"2026/{folder}/{file}.jpg"
    if made.random() < 0.15:
        one = made.choice(some)
        listed = NamedPerson(_twisted(made, made.choice(one.names)), "x", made.choice((None, *one.external_ids)))
        told["persons"] = (*told.get("persons", ()), listed)
    if made.random() < 0.3:
        told[made.choice(("owner", "credit"))] = _text(made, some)
    if credit := told.pop("credit", None):
        told["rights"] = (Keyword(credit, "photoshop:Credit"),)
    return Facts(state="read", **told), key


def _names(made: random.Random, count: int) -> list[tuple[str, ...]]:
    usual = [each.names for each in roster_of(60 + count, made.randrange(1_000_000))]
    kinds: tuple[Callable[[], tuple[str, ...]], ...] = (
        lambda: (made.choice(HARD),),
        lambda: made.choice(usual),
        lambda: (made.choice(HARD), made.choice(HARD)),
        lambda: (f"{made.choice(GIVEN)} {made.choice(FAMILY)}",),
    )
    return [made.choices(kinds, (35, 35, 10, 20))[0]() for _ in range(count)]


def _named(made: random.Random) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return _names(made, 1)[0], (_number(made),)


def _number(made: random.Random) -> str:
    ways = (
        f"{made.randrange(10**6):07}",
        str(made.randrange(1, 2000)),
        f"AB{made.randrange(1000)}",
        f"stu-{made.randrange(99)}",
    )
    return made.choice((*ways, str(made.randrange(10**7))))


def _some(made: random.Random, persons: Collection[Person], share: float) -> frozenset[str]:
    return frozenset(each.id for each in persons if made.random() < share)


def _staff(made: random.Random) -> tuple[str, ...]:
    return tuple(made.sample(STAFF, made.randrange(4)))


def _text(made: random.Random, persons: tuple[Person, ...]) -> str:
    return made.choice(_BETWEEN).join(_bit(made, made.choice(persons)) for _ in range(made.randrange(1, 6)))


def _bit(made: random.Random, one: Person) -> str:
    kind = made.random()
    if kind < 0.6:
        told = made.choice(list(WAYS.values()))(one, made) or made.choice(one.names)
        told = _twisted(made, told) if made.random() < 0.4 else told
        return made.choice(told.split() or [told]) if made.random() < 0.2 else told
    if kind < 0.65:
        return made.choice(STAFF)
    if kind < 0.7:
        return _numbered(made, made.choice(one.external_ids))
    if kind < 0.75:
        return made.choice(_BEFORE) + made.choice(one.names)
    cased = made.choice((str.lower, str.title, str.upper))
    return " ".join(cased(made.choice(_WORDS)) for _ in range(made.randrange(1, 3)))


def _numbered(made: random.Random, told: str) -> str:
    """Return an id as people write it: with a word before it, with other zeros, with a sign within it."""
    zeros = made.choice((told, told.lstrip("0") or told, told.zfill(made.randrange(3, 11))))
    apart = made.choice(" -_").join(part for part in re.split(r"(?<=[A-Za-z])-?(?=\d)", told) if part)
    before = made.choice(("", "ID", "id_", "no.", "#", "SID-", "7B_", "student #", "s", "IMG_", "DSC"))
    return made.choice((told, before + zeros, apart))


def _twisted(made: random.Random, told: str) -> str:
    at = made.randrange(len(told) + 1)
    words = told.split() or [told]
    short = sorted(called_otherwise(words[0].casefold()))
    return made.choice(
        (
            told[:at] + made.choice((" ", "-", "_", ".", "'", " - ", ", ")) + told[at:],
            told.replace(" ", made.choice(("", "_", ".", " and ", ", ", " & ", " x ", "/"))),
            made.choice((told.lower(), told.upper(), "".join(word.title() for word in words), " ".join(told))),
            told.translate(_DIGITS),
            made.choice("#@") + told,
            made.choice((told + made.choice(_WORDS), made.choice(_WORDS) + told)),
            told[:at] + made.choice("abeiou") + told[at + made.randrange(2) :],
            made.choice((told[:at], told[at:])) or told,
            made.choice(("", ".")).join(word[:1] for word in words) + made.choice(("", ".")),
            " ".join((made.choice(short).title(), *words[1:])) if short else told,
        )
    )
