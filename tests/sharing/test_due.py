"""When work for the custodian is due."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.model import ReferralKind
from dam_plugin.sharing.file_referral import after_business_days, due_on

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
    due = after_business_days(day, count, holidays)
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
