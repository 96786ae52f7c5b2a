"""What the areas measure is what their rows say: as many lines, the same case from every roster."""

from __future__ import annotations

from bench.bench_roster import gathered, store_of
from bench.stories import STORIES, repeated

from dam_plugin.procedure.case import Case, parse_case


def test_stories_are_repeated_in_turn_under_ids_of_their_own() -> None:
    cases = [parse_case(each) for each in repeated(len(STORIES) + 1)]
    assert len({case.id for case in cases}) == len(STORIES) + 1
    assert cases[-1].asset == cases[0].asset


def test_the_same_case_comes_from_a_roster_of_any_size() -> None:
    small, large = gathered_from(10), gathered_from(400)
    assert small == large
    assert len(small.students) < 10


def gathered_from(size: int) -> Case:
    with store_of(size) as store, store.reading() as unit:
        assert len(unit.people.students()) == size
        return gathered(unit)
