"""How texts, days and grades are written so that they can be compared."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_tagging.rules.compare_texts import day_of, folded, grade_of, grades_of, level, plain, words


@pytest.mark.parametrize(
    "text",
    ["2026:08:14 10:00:00", "2026-08-14", "2026-08-14T23:59:59-05:00", "20260814", " 2026/08/14 ", "2026-08-14Z"],
)
def test_the_day_is_the_one_written_whatever_the_time_zone(text: str) -> None:
    assert day_of(text) == date(2026, 8, 14)


@pytest.mark.parametrize(
    "text", [None, "", "2026", "2026-08", "202608141", "2026-0814", "0000:00:00", "2026-02-30", "٢٠٢٦-08-14"]
)
def test_what_is_no_whole_day_is_none(text: str | None) -> None:
    assert day_of(text) is None


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("09", "9"), ("9", "9"), (" 10 ", "10"), ("12", "12"), ("7th", "7"), ("Grade 7", "7"), ("KG", "kg"), ("k", "kg"),
        ("0", "kg"), ("00", "kg"), ("Kindergarten", "kg"), ("PK", "pk"), ("Pre-K", "pk"),
    ],
)  # fmt: skip
def test_a_grade_is_the_same_in_each_form_that_rosters_write(text: str, grade: str) -> None:
    assert grade_of(text) == grade


@pytest.mark.parametrize("text", ["", "13", "99", "-1", "nine", "UG", "9.5", "007", "٩"])
def test_what_is_no_grade_is_none(text: str) -> None:
    assert grade_of(text) is None


def test_a_rosters_cell_may_hold_several_grades() -> None:
    assert grades_of("07, 08, other") == {"7", "8"}


def test_a_level_is_compared_without_case_and_spaces_at_the_bars() -> None:
    assert level(" Events | Fall  Concert ") == "events|fall concert"


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=30))
def test_a_prepared_text_stays_as_it_is_when_prepared_again(text: str) -> None:
    for prepare in (plain, folded, words):
        assert prepare(prepare(text)) == prepare(text)
