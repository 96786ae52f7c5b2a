"""When work for the custodian is due."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.model import ReferralKind
from dam_plugin.sharing.due_dates import (
    BEFORE_MEETING,
    DAY_GIVEN,
    INSPECTION,
    SUNSHINE,
    Term,
    due_day,
    first_start,
)
from dam_plugin.sharing.file_referral import due_on

days = st.dates(date(2020, 1, 1), date(2040, 12, 31))
calendars = st.frozensets(st.dates(date(2020, 1, 1), date(2041, 3, 1)), max_size=40)
KINDS = get_args(ReferralKind)
WEDNESDAY = date(2026, 11, 25)
THANKSGIVING = frozenset({date(2026, 11, 26), date(2026, 11, 27)})


def is_business_day(day: date, holidays: frozenset[date]) -> bool:
    return day.weekday() < 5 and day not in holidays


@given(days, st.integers(1, 20), calendars)
def test_as_many_business_days_pass_as_are_counted_and_it_ends_on_one(
    day: date, count: int, holidays: frozenset[date]
) -> None:
    due = due_day(Term(count, "business days", ""), day, holidays).day
    passed = [day + timedelta(days=number) for number in range(1, (due - day).days + 1)]
    assert sum(is_business_day(each, holidays) for each in passed) == count
    assert is_business_day(due, holidays)


@given(days, st.sampled_from(KINDS), calendars, st.dates(date(2020, 1, 1), date(2041, 3, 1)))
def test_one_more_holiday_never_makes_anything_due_sooner(
    day: date, kind: ReferralKind, holidays: frozenset[date], another: date
) -> None:
    assert due_on(kind, day, holidays) <= due_on(kind, day, holidays | {another})


@given(days, st.sampled_from(KINDS), calendars)
def test_what_comes_later_is_never_due_sooner(day: date, kind: ReferralKind, holidays: frozenset[date]) -> None:
    assert day < due_on(kind, day, holidays) <= due_on(kind, day + timedelta(days=1), holidays)


@given(days, calendars)
def test_a_family_inspects_within_45_days_whatever_the_calendar(day: date, holidays: frozenset[date]) -> None:
    assert {due_on(kind, day, holidays) - day for kind in ("inspection", "offer")} == {timedelta(days=45)}


@pytest.mark.parametrize(
    ("kind", "holidays", "due"),
    [
        ("sunshine", frozenset(), date(2026, 11, 30)),
        ("sunshine", THANKSGIVING, date(2026, 12, 2)),
        ("official", THANKSGIVING, date(2026, 12, 2)),
        ("publication", THANKSGIVING, date(2026, 12, 2)),
        ("review", frozenset(), date(2026, 11, 26)),
        ("review", THANKSGIVING, date(2026, 11, 30)),
        ("inspection", THANKSGIVING, date(2027, 1, 9)),
    ],
)
def test_days_are_counted_by_the_districts_calendar(kind: ReferralKind, holidays: frozenset[date], due: date) -> None:
    assert due_on(kind, WEDNESDAY, holidays) == due


TERMS = (SUNSHINE, INSPECTION, BEFORE_MEETING, DAY_GIVEN)


@given(days, st.sampled_from(TERMS), calendars)
def test_a_term_that_starts_later_never_ends_sooner(day: date, term: Term, holidays: frozenset[date]) -> None:
    assert due_day(term, day, holidays).day <= due_day(term, day + timedelta(days=1), holidays).day


@given(days, st.sampled_from(TERMS), calendars)
def test_what_started_before_the_first_start_ended_before_the_day(
    day: date, term: Term, holidays: frozenset[date]
) -> None:
    start = first_start(term, day, holidays)
    assert due_day(term, start - timedelta(days=1), holidays).day < day <= due_day(term, start, holidays).day


@given(days, st.sampled_from(TERMS), calendars)
def test_every_day_on_the_way_is_counted_or_skipped_with_its_cause(
    day: date, term: Term, holidays: frozenset[date]
) -> None:
    due = due_day(term, day, holidays)
    if "business" in term.counted:
        between = abs((due.day - day).days)
        assert len(due.counted) + len(due.skipped) == between
        assert all(is_business_day(each, holidays) for each in due.counted)
        assert not any(is_business_day(each.day, holidays) for each in due.skipped)
    else:
        assert (due.counted, due.skipped) == ((), ())


@pytest.mark.parametrize(
    ("term", "start", "sentence"),
    [
        (
            SUNSHINE,
            WEDNESDAY,
            (
                "3 business days after Wednesday 2026-11-25, which does not count: Monday 2026-11-30, Tuesday 2026-12-01, "
                "Wednesday 2026-12-02 (RSMo 610.023.3). Not counted: Thursday 2026-11-26 (holiday), Friday 2026-11-27 "
                "(holiday), Saturday 2026-11-28, Sunday 2026-11-29."
            ),
        ),
        (
            INSPECTION,
            WEDNESDAY,
            (
                "45 days after Wednesday 2026-11-25, weekends and holidays included: Saturday 2027-01-09 (34 CFR 99.10(b)). "
                "The office is closed on that day: the last day on which it is open is Friday 2027-01-08."
            ),
        ),
        (
            BEFORE_MEETING,
            date(2026, 11, 30),
            (
                "1 business day before Monday 2026-11-30: Wednesday 2026-11-25 (34 CFR 300.613(a)). Not counted: Sunday "
                "2026-11-29, Saturday 2026-11-28, Friday 2026-11-27 (holiday), Thursday 2026-11-26 (holiday)."
            ),
        ),
        (DAY_GIVEN, WEDNESDAY, "Wednesday 2026-11-25, as it was given (RSMo 610.023.3)."),
    ],
    ids=["business days", "calendar days", "before", "given"],
)
def test_a_sentence_says_how_a_day_came_about(term: Term, start: date, sentence: str) -> None:
    assert due_day(term, start, THANKSGIVING).sentence == sentence
