"""The roster in memory: it is read once, follows each change, and never differs from the roster as it is on file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from clock import TODAY
from databases import run_sql
from district import NOAH, SOFIA, District
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from use_cases import on

from dam_plugin.admin.accept import accept
from dam_plugin.custodian.choices import opt_in, opt_out
from dam_plugin.intake import roster_cache
from dam_plugin.intake.roster_cache import Roster, roster_of
from dam_plugin.model import Actor, OptOut, Protection, StaffRecord, StudentRecord
from dam_plugin.services import Services, local_now
from dam_plugin.settings import Settings
from dam_plugin.store import Extent, Store

BY = Actor("custodian", "records-office")


def roster(services: Services) -> Roster:
    with services.store.reading() as unit:
        return roster_of(services, unit)


def read_anew(services: Services) -> Roster:
    """The roster as a process reads it that has none in memory."""
    with services.store.reading() as unit:
        another: Any = SimpleNamespace(store=_Another(services.store), settings=services.settings, now=services.now)
        return roster_of(another, unit)


class _Another:
    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def agrees(services: Services) -> bool:
    kept, anew = roster(services), read_anew(services)
    said = (kept.families.said_no, kept.families.may_answer)
    return said == (anew.families.said_no, anew.families.may_answer) and kept.index == anew.index


@contextmanager
def counted(services: Services) -> Iterator[list[str]]:
    """Count the statements that are run on the store."""
    run: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        run.append(statement)

    engine = services.store._engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield run
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_what_nobody_changed_is_not_read_again(district: District) -> None:
    services = district.services
    first = roster(services)
    with counted(services) as run:
        again = roster(services)
    assert again.index is first.index
    assert [each for each in run if "FROM students" in each] == []
    assert len([each for each in run if "FROM roster_changes" in each]) == 1


def test_an_opt_out_reads_one_student_and_makes_no_index(district: District) -> None:
    services, noah = district.services, district.student(NOAH)
    first = roster(services)
    assert noah not in first.families.said_no
    opt_out(services, noah, OptOut(TODAY), BY)
    with counted(services) as run:
        again = roster(services)
    assert (noah in again.families.said_no, again.index is first.index) == (True, True)
    assert [each for each in run if "FROM students" in each and "IN" not in each] == []
    opt_in(services, noah, TODAY, None, BY, "the family wrote")
    assert agrees(services)


def test_a_protection_and_its_end_are_followed(district: District) -> None:
    services, noah = district.services, district.student(NOAH)
    assert noah not in roster(services).families.said_no
    stated = Protection(noah, "no-contact-order", TODAY, "an order", BY)
    with services.store.writing() as unit:
        kept = unit.people.add_protection(stated, services.now())
    assert noah in roster(services).families.said_no
    with services.store.writing() as unit:
        unit.people.end_protection(replace(stated, id=kept), TODAY)
    assert noah not in roster(services).families.said_no


def test_another_process_s_change_is_seen(district: District) -> None:
    services, noah = district.services, district.student(NOAH)
    roster(services)
    other = replace(services, store=Store(services.store._url, sealer=services.store._sealer))
    opt_out(other, noah, OptOut(TODAY), BY)
    assert noah in roster(services).families.said_no


def test_a_transaction_that_is_undone_leaves_nothing_behind(district: District) -> None:
    services, noah = district.services, district.student(NOAH)
    roster(services)
    with services.store.writing() as unit, unit.rehearsal():
        unit.people.add_opt_out(noah, OptOut(TODAY), "person", services.now())
        assert noah in roster_of(services, unit, is_writing=True).families.said_no
    assert noah not in roster(services).families.said_no
    assert agrees(services)


def test_a_new_name_and_a_name_that_is_let_go_change_the_index(district: District) -> None:
    services, noah = district.services, district.student(NOAH)
    assert roster(services).index.match("Zora Newname").student is None
    with services.store.writing() as unit:
        record = unit.people.need(noah)
        named = replace(record, names=("Zora Newname", *record.names[1:]))
        unit.people.upsert_roster([named], services.now(), Extent(whole=False))
    assert roster(services).index.match("Zora Newname").student == noah
    assert roster(services).index.match(record.names[0]).student == noah
    with services.store.writing() as unit:
        unit.people.forget_name(noah, record.names[0], services.now())
    assert roster(services).index.match(record.names[0]).student is None
    assert agrees(services)


def test_new_staff_are_known(district: District) -> None:
    services = district.services
    words = ("quentin", "quagmire")
    assert not roster(services).index.is_staff(words)
    with services.store.writing() as unit:
        unit.people.set_staff(
            [StaffRecord("T-1", ("Quentin Quagmire",), "teacher")], "plain", services.now(), whole=False
        )
    assert roster(services).index.is_staff(words)


def test_a_day_later_an_opt_out_that_ended_counts_no_more(district: District) -> None:
    services, noah = district.services, district.student(NOAH)
    with services.store.writing() as unit:
        unit.people.add_opt_out(noah, OptOut(TODAY, TODAY + timedelta(days=3)), "person", services.now())
    assert noah in roster(services).families.said_no
    later = on(services, services.now() + timedelta(days=3))
    assert noah not in roster(later).families.said_no
    assert noah in roster(services).families.said_no


def test_a_backup_that_was_restored_is_read_whole(district: District) -> None:
    services, noah = district.services, district.student(NOAH)
    roster(services)
    opt_out(services, noah, OptOut(TODAY), BY)
    assert noah in roster(services).families.said_no
    run_sql(services.store, "DELETE FROM opt_outs", "DELETE FROM roster_changes")
    assert noah not in roster(services).families.said_no


def test_accepted_rows_are_read_again(district: District) -> None:
    services, noah = district.services, district.student(NOAH)
    opt_out(services, noah, OptOut(TODAY), BY)
    assert noah in roster(services).families.said_no
    run_sql(services.store, "DELETE FROM opt_outs")
    accept(services, BY, "a backup")
    assert noah not in roster(services).families.said_no


def test_more_changes_than_are_followed_one_by_one(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster_cache, "_MOST_CHANGES", 1)
    services = district.services
    roster(services)
    for student in (SOFIA, NOAH):
        opt_out(services, district.student(student), OptOut(TODAY), BY)
    assert {district.student(SOFIA), district.student(NOAH)} <= roster(services).families.said_no
    assert agrees(services)


ACTS = st.lists(st.sampled_from(["out", "in", "import", "rename", "leave", "protect", "look"]), min_size=1, max_size=8)


@settings(max_examples=25, deadline=None)
@given(acts=ACTS)
def test_after_any_changes_it_is_as_on_file(tmp_path_factory: pytest.TempPathFactory, acts: list[str]) -> None:
    """Any order of changes, with a look at the roster between some of them."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('any') / 'a.sqlite3'}")
    store.upgrade()
    services = _services(store)
    students = {
        each: StudentRecord(each, each[-1], (f"Name{each[-1]} Of{each[-1]}",)) for each in ("S-A", "S-B", "S-C")
    }
    with store.writing() as unit:
        unit.people.upsert_roster(list(students.values()), services.now())
    for place, act in enumerate(acts):
        who = ("S-A", "S-B", "S-C")[place % 3]
        _do(services, students, act, who, place)
    assert agrees(services)
    store.close()


def _do(services: Services, students: dict[str, StudentRecord], act: str, who: str, place: int) -> None:
    now = services.now()
    if act == "look":
        roster(services)
        return
    with services.store.writing() as unit:
        people = unit.people
        if act == "out":
            people.add_opt_out(who, OptOut(TODAY), "person", now)
        elif act == "in" and any(each.ended is None for each in people.opt_outs(who)):
            people.end_opt_out(who, TODAY)
        elif act == "import":
            students[who] = replace(students[who], opt_outs=(OptOut(date(2026, 9, 1)),))
            people.upsert_roster(list(students.values()), now)
        elif act == "rename":
            students[who] = replace(students[who], names=(f"Name{place} Other",))
            people.upsert_roster([students[who]], now, Extent(whole=False))
        elif act == "leave":
            people.upsert_roster([each for each in students.values() if each.id != who], now)
        elif act == "protect":
            people.add_protection(Protection(who, "other", TODAY, "seen", BY), now)


def _services(store: Store) -> Services:
    stand_in: Any = SimpleNamespace(store=store, settings=Settings(), now=local_now)
    return stand_in
