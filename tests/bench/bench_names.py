"""What it costs to look for words that may be a student, with a roster of 100,000: for each recording, and in memory."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Iterable
from time import perf_counter

import school_files
from bench.frame import Row, timed

from dam_tagging.facts import Facts
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.names.open_words import open_words
from dam_tagging.names.signs import signs_in

STUDENTS = 100_000
SHARE_DENIED = 0.08
RECORDINGS = 200
MIB = 1024 * 1024
# Of so many names a hundred thousand students of a district are likely to have.
SYLLABLES = "ka ri mo ta le na so vi da po lu ne ro mi sha ber to el an gor stad win ham bri qu zo fe".split()


def rows() -> Iterable[Row]:
    """Yield the time of the open words of a recording, the memory of the index, and how long it takes to build."""
    made = random.Random(100_000)  # noqa: S311 - the same roster every time
    persons = roster(made)
    denied = frozenset(each.id for each in made.sample(persons, round(STUDENTS * SHARE_DENIED)))
    yield from _memory(persons)
    start = perf_counter()
    index = RosterIndex(persons)
    built = perf_counter() - start
    shown = list(school_files.pictures(persons[:2_000], denied, RECORDINGS, made))
    named = [(key, facts, frozenset(_named(facts, index))) for key, facts in shown]

    def search(one: tuple[str, Facts, frozenset[str]]) -> None:
        open_words(one[1], one[0], index, denied, named=one[2])

    timing = timed(search, named, rounds=3, warm_up=1)
    yield Row(f"open words of a recording, {STUDENTS:,} students, median", timing.median("ms"), "ms", at_most=3)
    yield Row(f"open words of a recording, {STUDENTS:,} students, 99th percentile", timing.percentile(99, "ms"), "ms")
    signs = timed(lambda one: signs_in(one[1], one[0]), named, rounds=3, warm_up=1)
    yield Row("signs of no in a recording, median", signs.median("ms"), "ms")
    yield Row(f"build the index of a roster, {STUDENTS:,} students", built, "s")


def roster(made: random.Random) -> list[Person]:
    """Return students with the names of a district: most bear common ones, a fifth have a name that few share."""
    persons = []
    for number in range(STUDENTS):
        given, family = (made.choice(names) for names in (school_files.GIVEN, school_files.FAMILY))
        if made.random() < 0.2:
            family = "".join(made.choices(SYLLABLES, k=3)).title()
        if made.random() < 0.2:
            given = "".join(made.choices(SYLLABLES, k=2)).title()
        persons.append(Person(f"S-{number:06}", (f"{given} {family}",), (f"{4_000_000 + number}",)))
    return persons


def _named(facts: Facts, index: RosterIndex) -> Iterable[str]:
    matches = (index.match(each.name) for each in (*facts.persons, *facts.regions) if each.name)
    return (match.student for match in matches if match.student is not None)


def _memory(persons: list[Person]) -> Iterable[Row]:
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        index = RosterIndex(persons)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(index.parts.near("jordan")) >= 0
    yield Row(f"memory of the index of a roster, {STUDENTS:,} students", (held - before) / MIB, "MiB", at_most=80)
