"""Who has not answered is not shown: whatever order of imports, until the family was told and its time is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from databases import open_store
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_plugin.model import StudentRecord
from dam_plugin.people.roster import RosterImport, apply_roster
from dam_plugin.settings import District
from dam_plugin.sharing.unanswered import may_answer_until
from dam_plugin.store import Store

NOTICE = date(2026, 8, 20)
BEGIN = NOTICE - timedelta(days=20)
POLICY = District(directory_notice=NOTICE)
BEN = StudentRecord("S-BEN", "9", ("Ben Oak",), born=date(2011, 5, 1))
ANSWER = timedelta(days=POLICY.unanswered_days)


def ada(number: int = 1, name: str = "Ada Quill", answered_on: date | None = None) -> StudentRecord:
    return StudentRecord(f"S-ADA{number}", f"100{number}", (name,), born=date(2010, 3, 1), answered_on=answered_on)


def bring(store: Store, day: date, *students: StudentRecord, whole: bool = True, gone: tuple[str, ...] = ()) -> None:
    with store.writing() as unit:
        roster = RosterImport((BEN, *students), whole=whole, gone=gone)
        apply_roster(unit, roster, datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


def last_day(store: Store, student: str) -> date | None:
    with store.reading() as unit:
        return may_answer_until(unit.people.need(student), POLICY)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    with open_store("sqlite", tmp_path) as opened:
        yield opened


# What an import of a day has of Ada: nothing, her row, her row under another name; her number is another from a day on.
SIGHTS = st.sampled_from(("missing", "there", "there", "renamed"))
IMPORTS = st.lists(st.tuples(st.integers(1, 60), SIGHTS), min_size=1, max_size=7, unique_by=lambda each: each[0])


@settings(max_examples=60, deadline=None)
@given(imports=IMPORTS, renumbered_from=st.integers(0, 90), day_asked=st.integers(0, 100))
def test_nobody_who_was_not_there_on_the_day_of_the_notice_is_taken_as_heard_before_their_time_is_over(
    imports: list[tuple[int, str]], renumbered_from: int, day_asked: int
) -> None:
    imports = sorted(imports)
    with TemporaryDirectory() as folder, open_store("sqlite", Path(folder)) as store:
        bring(store, BEGIN)
        for offset, sight in imports:
            name = "Ada Lark" if sight == "renamed" else "Ada Quill"
            number = 2 if offset >= renumbered_from else 1
            bring(store, BEGIN + timedelta(days=offset), *([] if sight == "missing" else [ada(number, name)]))
        with store.reading() as unit:
            numbers = [each.id for each in unit.people.students() if each.id != "S-BEN" and each.active]
        # Read a second time from the imports alone: the last roster before the notice had her, and none on its day.
        days = [(BEGIN + timedelta(days=offset), sight != "missing") for offset, sight in imports]
        had_notice = [there for day, there in days if day < NOTICE][-1:] == [True] and (NOTICE, False) not in days
        since = min((day for day, there in days if there and day >= NOTICE), default=None)
        asked = BEGIN + timedelta(days=day_asked)
        for student in numbers:
            until = last_day(store, student)
            if not had_notice and since is not None and asked <= since + ANSWER:
                assert until is not None
                assert asked <= until


def test_a_new_number_with_the_same_name_and_another_birth_date_is_a_new_student(store: Store) -> None:
    bring(store, BEGIN, ada())
    other = StudentRecord("S-OTHER", "2001", ("Ada Quill",), born=date(2012, 3, 1))
    bring(store, NOTICE + timedelta(days=5), other)
    assert last_day(store, "S-OTHER") == NOTICE + timedelta(days=5) + ANSWER


def test_of_two_who_may_be_meant_neither_takes_the_others_time(store: Store) -> None:
    bring(store, BEGIN, ada(1), ada(2))
    bring(store, NOTICE + timedelta(days=5), ada(3))
    assert last_day(store, "S-ADA3") == NOTICE + timedelta(days=5) + ANSWER


def test_a_delta_brings_a_new_student_too(store: Store) -> None:
    bring(store, BEGIN)
    bring(store, NOTICE + timedelta(days=9), ada(), whole=False)
    assert last_day(store, "S-ADA1") == NOTICE + timedelta(days=9) + ANSWER


def test_the_next_annual_notice_reaches_a_student_who_is_there(store: Store) -> None:
    bring(store, BEGIN)
    bring(store, NOTICE + timedelta(days=9), ada(answered_on=None))
    with store.reading() as unit:
        record = unit.people.need("S-ADA1")
    assert may_answer_until(record, POLICY) is not None
    assert may_answer_until(record, District(directory_notice=NOTICE + timedelta(days=365))) is None


def test_an_answer_of_last_year_is_none_to_this_years_notice(store: Store) -> None:
    bring(store, BEGIN)
    bring(store, NOTICE + timedelta(days=9), ada(answered_on=NOTICE + timedelta(days=9)))
    assert last_day(store, "S-ADA1") is None
    bring(store, NOTICE + timedelta(days=30))
    back, later = NOTICE + timedelta(days=400), District(directory_notice=NOTICE + timedelta(days=365))
    bring(store, back, ada())
    with store.reading() as unit:
        assert may_answer_until(unit.people.need("S-ADA1"), later) == back + ANSWER
