"""Standards that contradict each other: told without a name, and united all the same."""

from __future__ import annotations

import pytest

from dam_tagging.facts import Facts, NamedRegion, Region
from dam_tagging.metadata.facts_builder import FactsBuilder

WHOLE = Region(0.0, 0.0, 1.0, 1.0)


def persons(**lists: list[str]) -> Facts:
    found = FactsBuilder()
    for source, names in lists.items():
        for name in names:
            found.person(name, source)
    return found.facts("image/jpeg", None)


def test_lists_that_name_different_people_are_a_conflict_and_both_are_kept() -> None:
    result = persons(one=["Ava Example", "Ben Sample"], other=["Ava Example", "Chris Twin"])
    assert result.problems == ("one and other do not name the same people; both were taken",)
    assert len(result.persons) == 4
    assert result.state == "read"


@pytest.mark.parametrize("other", [["ava  example"], ["Ava Example", "Ben Sample"], []])
def test_a_list_that_only_names_more_or_is_written_differently_is_none(other: list[str]) -> None:
    assert persons(one=["Ava Example"], other=other).problems == ()


def region(name: str | None, kind: str, source: str) -> NamedRegion:
    return NamedRegion(name, kind, WHOLE, source)


def test_regions_that_name_others_than_a_list_are_a_conflict_and_pets_are_not() -> None:
    found = FactsBuilder()
    found.person("Ava Example", "list")
    found.region(region("Rex", "Pet", "mwg-rs:Regions"))
    found.region(region(None, "Face", "mwg-rs:Regions"))
    assert found.facts("image/jpeg", None).problems == ()
    found.region(region("Ben Sample", "Face", "mwg-rs:Regions"))
    assert len(found.facts("image/jpeg", None).problems) == 1


def test_keywords_of_two_standards_that_differ_are_a_conflict() -> None:
    found = FactsBuilder()
    found.keyword("soccer", "dc:subject")
    assert found.facts("image/jpeg", None).problems == ()
    found.keyword("violin", "IPTC Keywords")
    assert len(found.facts("image/jpeg", None).problems) == 1


def test_what_iim_had_to_cut_is_no_conflict() -> None:
    found = FactsBuilder()
    found.keyword("é" * 60, "dc:subject")
    found.keyword("é" * 32, "IPTC Keywords")
    assert found.facts("image/jpeg", None).problems == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dc:title", "IPTC ObjectName"),
        ("photoshop:Headline", "IPTC Headline"),
        ("dc:description", "IPTC Caption-Abstract"),
        ("dc:description", "Image ImageDescription"),
    ],
)
def test_captions_that_should_be_the_same_and_are_not_are_a_conflict(one: str, other: str) -> None:
    found = FactsBuilder()
    found.caption("Ava scores", one)
    found.caption("un deux", one)
    found.caption("ava  scores", other)
    assert found.facts("image/jpeg", None).problems == ()
    wrong = FactsBuilder()
    wrong.caption("Ava scores", one)
    wrong.caption("Ben scores", other)
    (problem,) = wrong.facts("image/jpeg", None).problems
    assert "Ava" not in problem
    assert one in problem
