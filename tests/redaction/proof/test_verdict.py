"""The report of a proof: no failure hides the next, and nothing checked is nothing proven."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof.verdict import Report, counted


def broken() -> Iterator[str]:
    yield "first"
    raise NotProven(["second", "third"])


def test_a_check_without_failures_is_kept_as_its_sentence() -> None:
    report = Report()
    assert report.check("all is well", [])
    assert report.proof("ab" * 32).as_dict() == {"sha256": "ab" * 32, "checks": ["all is well"]}


def test_every_failure_is_kept_also_those_raised_on_the_way() -> None:
    report = Report()
    assert not report.check("one", broken())
    assert not report.check("two", ["fourth"])
    assert report.check("three", [])
    with pytest.raises(NotProven) as caught:
        report.proof("")
    assert list(caught.value.failures) == ["first", "second", "third", "fourth"]


def test_of_very_many_failures_a_few_are_told_and_how_many_more() -> None:
    report = Report()
    report.check("all", (f"failure {number}" for number in range(50)))
    with pytest.raises(NotProven) as caught:
        report.proof("")
    assert list(caught.value.failures) == [*(f"failure {number}" for number in range(20)), "and 30 more"]


def test_a_step_that_fails_gives_nothing_and_says_whose_it_was() -> None:
    report = Report()

    def walk() -> int:
        raise NotProven(["is no picture"])

    assert report.attempt(lambda: 7) == 7
    assert report.attempt(walk, "the copy") is None
    assert report.failures == ["the copy: is no picture"]


def test_what_was_not_there_to_be_checked_is_not_told() -> None:
    report = Report()
    assert report.check("", [])
    assert not report.check("", ["one"])
    assert (report.checks, report.failures) == ([], ["one"])


def test_one_of_a_thing_is_told_as_one() -> None:
    assert [counted(number, "box", "boxes") for number in (0, 1, 2)] == ["0 boxes", "1 box", "2 boxes"]


def test_nothing_checked_is_nothing_proven() -> None:
    with pytest.raises(NotProven, match="nothing was checked"):
        Report().proof("")
