"""Counts days until something is due, and says in a sentence how the day came about. Pure: the one place that counts.

`Term` is a rule of so many days; the terms of the law stand here once. Which work or clock has which term is said in
`file_referral.REFERRAL_KINDS` and `custodian/requests.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Counted = Literal["business days", "calendar days", "business days before", "the day itself", "at once"]

_SATURDAY, _SUNDAY = 5, 6
_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Term:
    """So many days from a start: what is counted, and the source. The start itself does not count.

    Business days are Monday to Friday without the district's holidays. `business days before` counts back from the
    start; `the day itself` counts nothing, and neither does `at once`: what starts on that day begins too soon for any.
    """

    days: int
    counted: Counted
    source: str

    @property
    def words(self) -> str:
        """The due date in words."""
        match self.counted:
            case "calendar days":
                return f"{self.days} days after it came"
            case "business days" if self.days == 1:
                return "the end of the next business day"
            case "business days":
                return f"the end of business day {self.days} after it came"
            case "business days before":
                return "the last business day before it" if self.days == 1 else f"{self.days} business days before it"
            case "at once":
                return "at once, before it begins"
        return "that day"


# Acted on as soon as possible, and no later than this; the same for the written reasons of a denial.
SUNSHINE = Term(3, "business days", "RSMo 610.023.3")
WRITTEN_REASONS = Term(3, "business days", "RSMo 610.023.4")
# "in no case more than 45 days after it has received the request"
INSPECTION = Term(45, "calendar days", "34 CFR 99.10(b)")
# "shall respond to such request within five business days of receiving the request"
TRANSFER = Term(5, "business days", "RSMo 167.020.7")
# "before any meeting regarding an IEP", a due process hearing, or a resolution session.
BEFORE_MEETING = Term(1, "business days before", "34 CFR 300.613(a)")
# Evidence that was not disclosed "at least five business days before the hearing" may be kept out of it.
BEFORE_HEARING = Term(5, "business days before", "34 CFR 300.512(a)(3)")
# "without unnecessary delay and before any meeting regarding an IEP, or any hearing": where no day is left before it.
AT_ONCE = Term(0, "at once", BEFORE_MEETING.source)
# A subpoena or a court's order is answered on the day that the paper gives; the Sunshine Law's days are for public records.
RETURN_DAY = Term(0, "the day itself", "the paper, for 34 CFR 99.31(a)(9)(i)")
# "a reasonable effort to notify the parent or eligible student of the order or subpoena in advance of compliance"
BEFORE_RETURN = Term(1, "business days before", "34 CFR 99.31(a)(9)(ii)")
AT_ONCE_BEFORE_RETURN = Term(0, "at once", BEFORE_RETURN.source)
# "notice of the date, time, and place, reasonably in advance of the hearing" on a record that is not amended
BEFORE_AMENDMENT_HEARING = Term(1, "business days before", "34 CFR 99.22(b)")
AT_ONCE_BEFORE_AMENDMENT_HEARING = Term(0, "at once", BEFORE_AMENDMENT_HEARING.source)
# "within a reasonable time": the rule gives no number, and the district may give another one. Unless it does, it is the time
# within which the same rules want a record to be shown.
REASONABLE = Term(45, "calendar days", "34 CFR 99.20(b)")
# The day that the explanation of a delay gives.
DAY_GIVEN = Term(0, "the day itself", "RSMo 610.023.3")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A day that does not count, and why: `Saturday`, `Sunday` or `holiday`."""

    day: date
    why: str


@dataclass(frozen=True, slots=True)
class DueDay:
    """The last day that is in time, with how it came about: the start, the days that count, and those that do not.

    Of calendar days neither list is kept: all of them count. `open_on` is then the last day before `day` on which the office
    is open, where it is closed on `day`.
    """

    day: date
    start: date
    term: Term
    counted: tuple[date, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    open_on: date | None = None

    @property
    def sentence(self) -> str:
        """How the day came about, in one or two sentences with the source."""
        term, start, due = self.term, in_words(self.start), in_words(self.day)
        left_out = f" Not counted: {', '.join(map(_skip, self.skipped))}." if self.skipped else ""
        match term.counted:
            case "the day itself":
                return f"{due}, as it was given ({term.source})."
            case "at once":
                return f"at once, for no such day is left before {start} ({term.source})."
            case "calendar days":
                counted = f"{term.days} days after {start}, weekends and holidays included: {due} ({term.source})."
                return f"{counted}{be_open(self.open_on)}"
            case "business days before":
                return f"{_many(term.days)} before {start}: {due} ({term.source}).{left_out}"
        days = ", ".join(map(in_words, self.counted))
        return f"{_many(term.days)} after {start}, which does not count: {days} ({term.source}).{left_out}"


def due_day(term: Term, start: date, holidays: Collection[date]) -> DueDay:
    """Return the day on which a term that starts on `start` ends; `holidays` are the district's calendar.

    INVARIANT: a later start never gives an earlier day, and one more holiday never shortens what is counted onward.
    """
    if term.counted in ("the day itself", "at once"):
        return DueDay(start, start, term)
    if term.counted == "calendar days":
        end = start + timedelta(days=term.days)
        return DueDay(end, start, term, open_on=open_day_before(end, holidays))
    step = -_ONE if term.counted == "business days before" else _ONE
    day = start
    counted: list[date] = []
    skipped: list[Skipped] = []
    while len(counted) < term.days:
        day += step
        why = _why_skipped(day, holidays)
        if why is None:
            counted.append(day)
        else:
            skipped.append(Skipped(day, why))
    return DueDay(day, start, term, tuple(counted), tuple(skipped))


def due_before(term: Term, start: date, known: date, holidays: Collection[date], at_once: Term = AT_ONCE) -> DueDay:
    """Return the last day that is in time before something on `start` that was `known` of on a day: no day before that.

    Where that day was over by then, it is due `at_once`.
    """
    due = due_day(term, start, holidays)
    return due if due.day >= known else due_day(at_once, start, holidays)


def open_day_before(day: date, holidays: Collection[date]) -> date | None:
    """Return the last business day before a day on which the office is closed; None where it is open on it."""
    if _why_skipped(day, holidays) is None:
        return None
    while _why_skipped(day, holidays) is not None:
        day -= _ONE
    return day


def be_open(day: date | None) -> str:
    """Return the sentence of a day that falls on one on which the office is closed; "" where it is open."""
    return f" The office is closed on that day: the last day on which it is open is {in_words(day)}." if day else ""


def first_start(term: Term, due: date, holidays: Collection[date]) -> date:
    """Return the first start of which a term ends on `due` or later: what started before it ends before that day."""
    start = due
    while due_day(term, start, holidays).day < due:
        start += _ONE
    while due_day(term, start - _ONE, holidays).day >= due:
        start -= _ONE
    return start


def in_words(day: date) -> str:
    """Return a day as `Monday 2026-10-05`."""
    return f"{_WEEKDAYS[day.weekday()]} {day.isoformat()}"


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def is_weekend(day: date) -> bool:
    """Whether a day is a Saturday or a Sunday."""
    return day.weekday() in (_SATURDAY, _SUNDAY)


def _why_skipped(day: date, holidays: Collection[date]) -> str | None:
    if day in holidays:
        return "holiday"
    return _WEEKDAYS[day.weekday()] if is_weekend(day) else None


def _skip(skipped: Skipped) -> str:
    return f"{in_words(skipped.day)}{' (holiday)' if skipped.why == 'holiday' else ''}"


def _many(days: int) -> str:
    return "1 business day" if days == 1 else f"{days} business days"
