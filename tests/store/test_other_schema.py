"""A newer version upgrades the tables while processes of an older one are at work: none of these reads or writes any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from databases import DATABASES, empty_database, run_sql
from sqlalchemy import create_engine
from waiting import wait_until

from dam_plugin.errors import OtherSchema
from dam_plugin.model import StudentRecord
from dam_plugin.store import Store
from dam_plugin.store.ledger_entries import hold_head
from dam_plugin.store.store import _alembic

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
ADA = StudentRecord("S-ADA", "1001", ("Ada Quill",), enrolled=((None, None),))
NEWER = "UPDATE alembic_version SET version_num = '9999_newer'"
BEFORE = "20261130_news"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'"


class OldStore(Store):
    """The store of an earlier version, whose tables lack those that later migrations make."""

    def head(self) -> str:
        return BEFORE


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def url(empty: str) -> str:
    store = Store(empty)
    store.upgrade()
    store.close()
    return empty


@pytest.fixture
def running(url: str) -> Iterator[Store]:
    """The store of a process that has been at work for a while."""
    store = Store(url)
    with store.reading():
        pass
    yield store
    store.close()


@pytest.fixture
def old(empty: str) -> Iterator[Store]:
    """A store that an earlier version has set up, and a process of that version at work on it."""
    store = OldStore(empty)
    store._create_file()
    with store._writer.begin() as connection:
        config = _alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
    with store.reading():
        pass
    yield store
    store.close()


def students(url: str) -> list[str]:
    store = Store(url)
    with store.reading() as unit:
        found = [each.id for each in unit.people.students()]
    store.close()
    return found


def add_ada(store: Store) -> None:
    with store.writing() as unit:
        unit.people.upsert_roster([ADA], NOW)


def test_a_process_that_runs_reads_and_writes_nothing_more(running: Store, url: str) -> None:
    run_sql(running, NEWER)
    with pytest.raises(OtherSchema, match="upgraded the database, so this process changes nothing more"):
        add_ada(running)
    with pytest.raises(OtherSchema), running.reading():
        pass
    run_sql(running, f"UPDATE alembic_version SET version_num = '{running.head()}'")  # noqa: S608
    assert students(url) == []


def test_it_does_not_begin_again_where_the_version_is_put_back(running: Store) -> None:
    run_sql(running, NEWER)
    with pytest.raises(OtherSchema), running.reading():
        pass
    run_sql(running, f"UPDATE alembic_version SET version_num = '{running.head()}'")  # noqa: S608
    with pytest.raises(OtherSchema):
        add_ada(running)


def test_a_process_is_told_once_that_it_is_outdated(running: Store) -> None:
    told: list[str] = []
    running.when_outdated(lambda: told.append("outdated"))
    with running.reading():
        pass
    assert (told, running.outdated) == ([], None)
    run_sql(running, NEWER)
    for _ in range(2):
        with pytest.raises(OtherSchema), running.reading():
            pass
    assert told == ["outdated"]
    assert isinstance(running.outdated, OtherSchema)


def test_a_database_put_back_from_before_an_upgrade_names_the_remedy(running: Store) -> None:
    run_sql(running, f"UPDATE alembic_version SET version_num = '{BEFORE}'")  # noqa: S608
    with pytest.raises(OtherSchema, match="run `dam-plugin db upgrade`"), running.reading():
        pass


def test_a_supervisor_is_asked_to_start_it_again(url: str) -> None:
    store = Store(url)
    run_sql(store, NEWER)
    with pytest.raises(OtherSchema, match="newer version") as refused, store.reading():
        pass
    assert refused.value.exit_code == 75
    store.close()


def test_an_upgrade_waits_for_who_is_writing_and_what_was_written_stays(old: Store, empty: str) -> None:
    upgraded = threading.Event()

    def upgrade() -> None:
        store = Store(named(empty))
        store.upgrade()
        store.close()
        upgraded.set()

    thread = threading.Thread(target=upgrade)
    with old.writing() as unit:
        unit.people.upsert_roster([ADA], NOW)
        thread.start()
        if empty.startswith("postgresql"):
            wait_until(lambda: waits(empty))
        assert not upgraded.is_set()
    thread.join()
    assert students(empty) == ["S-ADA"]
    with pytest.raises(OtherSchema):
        add_ada(old)


@pytest.mark.parametrize("empty", DATABASES[1:], indirect=True)
def test_who_waited_for_an_upgrade_to_end_writes_nothing(old: Store, empty: str) -> None:
    waiting = OldStore(named(empty))
    refused: list[OtherSchema] = []

    def write() -> None:
        with pytest.raises(OtherSchema) as error:
            add_ada(waiting)
        refused.append(error.value)

    thread = threading.Thread(target=write)
    engine = create_engine(old._url)
    with engine.begin() as upgrade:
        hold_head(upgrade)
        thread.start()
        wait_until(lambda: waits(empty))
        upgrade.exec_driver_sql(NEWER)
    thread.join()
    engine.dispose()
    waiting.close()
    assert len(refused) == 1
    run_sql(old, f"UPDATE alembic_version SET version_num = '{BEFORE}'")  # noqa: S608
    after = OldStore(empty)
    with after.reading() as unit:
        assert unit.people.students() == []
    after.close()


def named(url: str) -> str:
    """Return the URL with a name for its connections, by which the server knows them."""
    return f"{url}&application_name={name_of(url)}" if url.startswith("postgresql") else url


def name_of(url: str) -> str:
    return url.rpartition("%3D")[2]


def waits(url: str) -> bool:
    """Whether who is `named` waits for a lock of the server."""
    store = Store(url)
    engine = create_engine(store._url)
    with engine.connect() as connection:
        count = connection.exec_driver_sql(WAITING, (name_of(url),)).scalar_one()
    engine.dispose()
    store.close()
    return bool(count)
