"""The access log: who looked at whom, in a chain of its own that is found to be broken wherever it is changed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from databases import DATABASES, open_store, run_sql

from dam_plugin.errors import LedgerBroken
from dam_plugin.ledger.access_chain import ACCEPTED, FORGOTTEN, Access, AccessLog
from dam_plugin.ledger.chain import Ledger
from dam_plugin.store import Store

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
LOG = AccessLog(Ledger("a key for tests"))


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with open_store(request.param, tmp_path) as opened:
        yield opened


def look(number: int, *students: str, account: str = "carol") -> Access:
    return Access(NOON + timedelta(minutes=number), account, ("custodian",), "student", students)


def kept(store: Store, *looks: Access) -> None:
    for each in looks:
        LOG.keep(store, each)


def whole(store: Store) -> tuple[bool, int | None, str | None]:
    with store.reading() as unit:
        found = LOG.verify(unit)
    return found.ok, found.broken_at, found.why


def test_who_looked_at_a_student_and_what_an_account_looked_at(store: Store) -> None:
    kept(store, look(1, "S-A", "S-B"), look(2, "S-B", account="maria"), look(3, "S-C"))
    with store.reading() as unit:
        of_b = LOG.of_student(unit, "S-B", limit=10)
        of_carol = LOG.of_account(unit, "carol", limit=10)
        behind = LOG.last(unit, limit=1, before=3)
    assert [(each.account, each.students, each.roles, each.page) for each in of_b] == [
        ("maria", ("S-B",), ("custodian",), "student"),
        ("carol", ("S-A", "S-B"), ("custodian",), "student"),
    ]
    assert [each.seq for each in of_carol] == [3, 1]
    assert [each.at for each in behind] == [NOON + timedelta(minutes=2)]
    assert whole(store) == (True, None, None)


def test_an_empty_log_holds(store: Store) -> None:
    assert whole(store) == (True, None, None)


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE access_entries SET subject = 'nobody' WHERE seq = 2", 2),
        ("UPDATE access_entries SET at = '2020-01-01T00:00:00+00:00' WHERE seq = 2", 2),
        ("UPDATE access_entries SET details = replace(details, 'S-B', 'S-X') WHERE seq = 2", 2),
        ("UPDATE access_students SET student_id = 'S-X' WHERE seq = 2", 2),
        ("INSERT INTO access_students (seq, student_id) VALUES (1, 'S-X')", 1),
        ("DELETE FROM access_students WHERE seq = 3", 3),
        ("DELETE FROM access_students WHERE seq = 1; ", 1),
    ],
)
def test_what_is_changed_is_found(store: Store, statement: str, where: int) -> None:
    kept(store, look(1, "S-A"), look(2, "S-B"), look(3, "S-C"))
    run_sql(store, statement.rstrip("; "))
    assert whole(store)[:2] == (False, where)


@pytest.mark.parametrize(("seq", "where"), [(1, 1), (2, 2), (3, 3)])
def test_what_is_taken_out_is_found(store: Store, seq: int, where: int) -> None:
    kept(store, look(1, "S-A"), look(2, "S-B"), look(3, "S-C"))
    run_sql(store, f"DELETE FROM access_students WHERE seq = {seq}")  # noqa: S608 - of the test
    run_sql(store, f"DELETE FROM access_entries WHERE seq = {seq}")  # noqa: S608
    assert whole(store)[:2] == (False, where)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access_head SET seq = 0, hash = '', before = 0, before_hash = '', mac = ''",
        "UPDATE access_head SET mac = 'x'",
        "DELETE FROM access_head",
        "DELETE FROM access_students",
    ],
)
def test_nothing_is_kept_behind_an_end_that_was_changed(store: Store, statement: str) -> None:
    kept(store, look(1, "S-A"))
    run_sql(store, statement)
    if "students" in statement:
        run_sql(store, "DELETE FROM access_entries")
    with pytest.raises(LedgerBroken, match="no page with names is shown"):
        LOG.keep(store, look(2, "S-B"))
    assert not whole(store)[0]


def test_looks_are_deleted_once_their_time_is_over_and_the_log_says_so_and_holds(store: Store) -> None:
    kept(store, *(look(each, "S-A") for each in range(1, 6)))
    assert LOG.forget(store, NOON + timedelta(minutes=4), NOON + timedelta(days=1)) == 3
    assert LOG.forget(store, NOON, NOON + timedelta(days=1)) == 0
    kept(store, look(9, "S-B"))
    with store.reading() as unit:
        found = LOG.verify(unit)
        (told,) = (each for each in LOG.last(unit, limit=10) if each.page == FORGOTTEN)
    assert (found.ok, found.entries, found.behind) == (True, 4, 3)
    assert told.why == "3 entries, up to entry 3"
    run_sql(store, "UPDATE access_head SET before = 2")
    assert not whole(store)[0]


def test_what_was_changed_is_not_deleted_before_somebody_accepted_it(store: Store) -> None:
    kept(store, *(look(each, "S-A") for each in range(1, 6)))
    run_sql(store, "UPDATE access_entries SET subject = 'nobody' WHERE seq = 3")
    over, now = NOON + timedelta(minutes=5), NOON + timedelta(days=1)
    assert LOG.forget(store, over, now) == 2
    assert LOG.forget(store, over, now) == 0
    assert whole(store)[:2] == (False, 3)
    LOG.accept(store, "somebody changed it by hand", "custodian:Carol", now)
    assert LOG.forget(store, over, now) == 2
    assert whole(store) == (True, None, None)


def test_an_acceptance_that_nobody_signed_lets_nothing_be_deleted(store: Store) -> None:
    kept(store, *(look(each, "S-A") for each in range(1, 6)))
    run_sql(store, "UPDATE access_entries SET subject = 'nobody' WHERE seq = 2")
    run_sql(store, f"UPDATE access_entries SET kind = '{ACCEPTED}' WHERE seq = 4")  # noqa: S608 - of the test
    assert LOG.forget(store, NOON + timedelta(minutes=5), NOON + timedelta(days=1)) == 1
    assert whole(store)[:2] == (False, 2)


def test_one_wrong_clock_lets_no_fresh_look_be_deleted(store: Store) -> None:
    kept(store, look(1, "S-A"), look(60, "S-A"), look(2, "S-A"), look(61, "S-A"))
    assert LOG.forget(store, NOON + timedelta(minutes=30), NOON + timedelta(days=1)) == 1
    with store.reading() as unit:
        assert [each.seq for each in LOG.of_student(unit, "S-A", limit=9)] == [4, 3, 2]


def test_all_of_it_may_be_deleted(store: Store) -> None:
    kept(store, look(1, "S-A"))
    assert LOG.forget(store, NOON + timedelta(days=1), NOON + timedelta(days=1)) == 1
    assert whole(store) == (True, None, None)


def test_an_end_is_accepted_and_what_was_changed_before_stays_broken(store: Store) -> None:
    kept(store, look(1, "S-A"), look(2, "S-B"), look(3, "S-C"))
    run_sql(store, "UPDATE access_entries SET subject = 'nobody' WHERE seq = 1")
    run_sql(store, "DELETE FROM access_students WHERE seq = 3")
    run_sql(store, "DELETE FROM access_entries WHERE seq = 3")
    assert LOG.accept(store, "a backup was restored", "custodian:Carol", NOON) == 3
    LOG.keep(store, look(4, "S-D"))
    assert whole(store)[:2] == (False, 1)
    with store.reading() as unit:
        assert [each.page for each in LOG.last(unit, limit=9)] == ["student", ACCEPTED, "student", "student"]


def test_a_head_that_is_missing_is_laid_down_again_by_who_accepts_it(store: Store) -> None:
    kept(store, look(1, "S-A"))
    run_sql(store, "DELETE FROM access_head")
    LOG.accept(store, "a backup was restored", "custodian:Carol", NOON)
    LOG.keep(store, look(2, "S-B"))
    assert whole(store) == (True, None, None)


def test_looks_wait_for_each_other_alone(store: Store) -> None:
    """On PostgreSQL nobody who writes something else waits for a look; on SQLite all writers wait for each other."""
    if store._engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    with store.writing() as unit, ThreadPoolExecutor(1) as beside:
        assert unit.access.last() is None
        assert beside.submit(LOG.keep, store, look(1, "S-A")).result(timeout=20) == 1


def test_looks_at_once_are_one_chain(store: Store) -> None:
    with ThreadPoolExecutor(4) as many:
        kept_as = list(many.map(lambda each: LOG.keep(store, look(each, "S-A")), range(12)))
    assert sorted(kept_as) == list(range(1, 13))
    assert whole(store) == (True, None, None)
