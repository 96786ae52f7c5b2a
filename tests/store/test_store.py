from __future__ import annotations

import re
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from databases import DATABASES, empty_database, open_store, run_sql
from sqlalchemy import create_engine, event

from dam_plugin.errors import SettingsError, StoreError
from dam_plugin.model import Actor, Look, OptOut, StudentRecord
from dam_plugin.store import Store, Unit
from dam_plugin.store.database import parse_url
from dam_plugin.store.store import HEAD, newest_migration
from dam_plugin.store.tables import Base

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
ADA = StudentRecord("S-ADA", "1001", ("Ada Quill",), enrolled=((None, None),))


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path) as empty:
        yield empty


@contextmanager
def open_twin(kind: str, folder: Path) -> Iterator[str]:
    """Give another empty database of the same kind."""
    (folder / "twin").mkdir()
    with empty_database(kind, folder / "twin") as url:
        yield url


_SQLITE_DEFINITIONS = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name <> 'alembic_version' ORDER BY 1, 2"
_POSTGRES_DEFINITIONS = """
    SELECT 'column', table_name || '.' || column_name,
        concat_ws(' ', ordinal_position, data_type, is_nullable, column_default, collation_name)
    FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <> 'alembic_version'
    UNION SELECT 'constraint', conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND conrelid::regclass::text <> 'alembic_version'
    UNION SELECT 'index', indexname, indexdef FROM pg_indexes
    WHERE schemaname = current_schema() AND tablename <> 'alembic_version'
    ORDER BY 1, 2"""


def definitions(url: str) -> list[tuple[str, ...]]:
    """Return kind, name and definition of whatever is declared in a database, without the name of its schema."""
    engine = create_engine(parse_url(url))
    with engine.connect() as connection:
        sql = _SQLITE_DEFINITIONS if engine.dialect.name == "sqlite" else _POSTGRES_DEFINITIONS
        rows = connection.exec_driver_sql(sql).all()
    engine.dispose()
    return [tuple(re.sub(r"dam_plugin_test_\w+\.|\s+", " ", str(cell)) for cell in row) for row in rows]


def add_ada(unit: Unit) -> None:
    unit.people.upsert_roster([ADA], NOW)


def test_an_upgrade_leads_to_the_head_and_may_be_run_again(url: str) -> None:
    store = Store(url)
    assert store.revision() is None
    assert store.upgrade() == store.head()
    assert store.upgrade() == store.revision() == store.head()
    store.close()


@pytest.mark.parametrize("kind", DATABASES)
def test_the_migrations_make_the_declared_tables_to_the_letter(kind: str, tmp_path: Path) -> None:
    """Names of constraints, order of columns, collations and defaults too, which Alembic's own comparison leaves out."""
    with empty_database(kind, tmp_path) as migrated, open_twin(kind, tmp_path) as declared:
        store = Store(migrated)
        store.upgrade()
        store.close()
        engine = create_engine(parse_url(declared))
        Base.metadata.create_all(engine)
        engine.dispose()
        assert definitions(migrated) == definitions(declared)


def test_a_store_without_tables_names_the_remedy(url: str) -> None:
    store = Store(url)
    with pytest.raises(StoreError, match="run `dam-plugin db upgrade`"), store.reading():
        pass
    store.close()


def test_asking_for_the_revision_makes_no_file(tmp_path: Path) -> None:
    assert Store(f"sqlite:///{tmp_path / 'none.sqlite3'}").revision() is None
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_a_newer_version_is_refused(url: str) -> None:
    store = Store(url)
    store.upgrade()
    run_sql(store, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer version"), store.reading():
        pass
    with pytest.raises(StoreError, match="newer version"):
        store.upgrade()
    store.close()


@pytest.mark.parametrize("revision", ["0001", "0009"])
def test_a_database_from_before_the_first_release_is_refused(url: str, revision: str) -> None:
    store = Store(url)
    store.upgrade()
    run_sql(store, f"UPDATE alembic_version SET version_num = '{revision}'")  # noqa: S608
    remedy = "before the first release and cannot be upgraded: make a new one"
    with pytest.raises(StoreError, match=remedy), store.reading():
        pass
    with pytest.raises(StoreError, match=remedy):
        store.upgrade()
    assert store.revision() == revision
    store.close()


def test_the_store_needs_the_newest_of_the_migrations() -> None:
    assert newest_migration() == HEAD


def test_a_process_that_reads_the_store_does_without_alembic() -> None:
    told = "import sys, dam_plugin.store; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], check=False).returncode == 0


def test_a_migration_that_fails_leaves_nothing_behind(url: str) -> None:
    store = Store(url)
    run_sql(store, "CREATE TABLE opt_outs (id INTEGER)")
    with pytest.raises(StoreError):
        store.upgrade()
    assert store.revision() is None
    run_sql(store, "DROP TABLE opt_outs")
    assert store.upgrade() == store.head()
    store.close()


def test_the_database_and_its_log_are_for_their_owner_only(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    store.upgrade()
    with store.writing() as unit:
        add_ada(unit)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    store.close()
    assert modes == {"new.sqlite3": 0o600, "new.sqlite3-wal": 0o600, "new.sqlite3-shm": 0o600}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be made: No such file"):
        Store(f"sqlite:///{tmp_path / 'nowhere' / 'x.sqlite3'}").upgrade()


def test_what_is_written_is_read_again(store: Store) -> None:
    with store.writing() as unit:
        add_ada(unit)
    with store.reading() as unit:
        assert unit.people.students() == [ADA]


def test_an_exception_undoes_the_whole_transaction(store: Store) -> None:
    def write_and_fail() -> None:
        with store.writing() as unit:
            add_ada(unit)
            raise ValueError("in between")

    with pytest.raises(ValueError, match="in between"):
        write_and_fail()
    with store.reading() as unit:
        assert unit.people.students() == []


def test_a_rehearsal_undoes_only_itself(store: Store) -> None:
    with store.writing() as unit:
        add_ada(unit)
        with unit.rehearsal():
            unit.people.add_opt_out("S-ADA", OptOut(date(2026, 9, 1)), "paper", NOW)
            assert unit.people.opt_outs("S-ADA")
        assert unit.people.opt_outs("S-ADA") == []
    with store.reading() as unit:
        assert unit.people.students() == [ADA]


def test_what_is_tried_is_undone_as_a_whole_and_nothing_is_done_after_it(store: Store) -> None:
    done: list[str] = []

    def fail() -> None:
        with store.trying() as unit:
            add_ada(unit)
            raise ValueError("in between")

    with store.trying() as unit:
        add_ada(unit)
        unit.after_commit(lambda: done.append("told"))
        assert unit.people.students() == [ADA]
    with pytest.raises(ValueError, match="in between"):
        fail()
    with store.reading() as unit:
        assert (unit.people.students(), done) == ([], [])


def test_a_reading_transaction_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError, match="cannot be written to"), store.reading() as unit:
        add_ada(unit)


def test_a_reading_transaction_sees_one_state(store: Store) -> None:
    with store.reading() as before:
        assert before.people.students() == []
        with store.writing() as unit:
            add_ada(unit)
        assert before.people.students() == []
    with store.reading() as after:
        assert after.people.students() == [ADA]


def test_a_locked_database_says_so(tmp_path: Path) -> None:
    with open_store("sqlite", tmp_path) as patient:
        impatient = Store(f"{patient._url}?timeout=0.01")
        with (
            patient.writing(),
            pytest.raises(StoreError, match="locked by another process"),
            impatient.writing(),
        ):
            pass
        impatient.close()


def test_a_writer_waits_for_the_writer_before_it(tmp_path: Path) -> None:
    """Each reads before it writes: without the lock at the beginning one of them would fail or be lost."""
    with open_store("sqlite", tmp_path) as store:

        def add_one() -> None:
            with store.writing() as unit:
                known = unit.people.students()
                added = StudentRecord(f"S-{len(known)}", str(len(known)), ("A",))
                unit.people.upsert_roster([*known, added], NOW)

        in_threads(add_one, 6)
        with store.reading() as unit:
            assert len(unit.people.students()) == 6


def test_a_full_database_is_named_and_nothing_is_half_done(tmp_path: Path) -> None:
    with open_store("sqlite", tmp_path) as store:
        with store.writing() as unit:
            add_ada(unit)
        limit_pages(store)
        crowd = [StudentRecord(f"S-{n}", str(n), (f"Student {n} " * 40,)) for n in range(500)]
        with pytest.raises(StoreError, match="the database or its disk is full"), store.writing() as unit:
            unit.people.upsert_roster(crowd, NOW)
        with store.reading() as unit:
            assert unit.people.students() == [ADA]


def test_foreign_keys_are_enforced(store: Store) -> None:
    with pytest.raises(StoreError, match="contradicts what it holds"), store.writing() as unit:
        unit.assets.add_look("no-such-asset", Look(at=NOW, by=Actor("custodian"), nobody=True))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("sqlite", "a \ud800 half"),
        pytest.param("postgres", "a \ud800 half", marks=pytest.mark.postgres),
        pytest.param("postgres", "a half \0", marks=pytest.mark.postgres),
    ],
    ids=["surrogate on SQLite", "surrogate on PostgreSQL", "NUL on PostgreSQL"],
)
def test_a_text_that_cannot_be_kept_is_an_error_without_the_text(tmp_path: Path, kind: str, text: str) -> None:
    with open_store(kind, tmp_path) as store:
        with pytest.raises(StoreError) as caught, store.writing() as unit:
            unit.people.upsert_roster([StudentRecord("S-1", text, ("A",))], NOW)
        assert "half" not in str(caught.value)


def test_errors_hold_neither_sql_nor_parameters(store: Store) -> None:
    twins = [StudentRecord("S-1", "same", ("Ada Quill",)), StudentRecord("S-2", "same", ("Ada Quill",))]
    with pytest.raises(StoreError) as caught, store.writing() as unit:
        unit.people.upsert_roster(twins, NOW)
    for word in ("Quill", "same", "INSERT", "students"):
        assert word not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_store_that_takes_no_more_transactions_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store("sqlite", tmp_path) as store, ExitStack() as held:
        monkeypatch.setattr(store._engine.pool, "_timeout", 0.01)
        busy = pytest.raises(StoreError, match="the database is busy")
        for _ in range(15):
            held.enter_context(store.reading())
        with busy, store.reading():
            pass


def test_tables_that_were_dropped_name_the_remedy(url: str) -> None:
    store = Store(url)
    store.upgrade()
    run_sql(store, "DROP TABLE opt_outs")
    with pytest.raises(StoreError, match="run `dam-plugin db upgrade`"), store.reading() as unit:
        unit.people.opt_outs("S-1")
    store.close()


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="without a zone"), store.writing() as unit:
        unit.people.upsert_roster([ADA], datetime(2026, 10, 2))  # noqa: DTZ001


def test_a_damaged_value_is_an_error_without_the_value(store: Store) -> None:
    with store.writing() as unit:
        add_ada(unit)
    run_sql(store, "UPDATE students SET names = '[\"Ada Quill'")
    with pytest.raises(StoreError, match="damaged") as caught, store.reading() as unit:
        unit.people.students()
    assert "Quill" not in str(caught.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite3").write_text("not a database, but long enough to look at " * 20)
    with pytest.raises(StoreError, match="no SQLite database"):
        Store(f"sqlite:///{tmp_path / 'x.sqlite3'}").upgrade()


def test_a_damaged_database_file_is_named(tmp_path: Path) -> None:
    with open_store("sqlite", tmp_path) as store:
        with store.writing() as unit:
            add_ada(unit)
        file = Path(str(store._url.database))
        store.close()
        size = file.stat().st_size
        with file.open("r+b") as broken:
            broken.seek(4096)
            broken.write(b"\xff" * (size - 4096))
        with pytest.raises(StoreError, match="damaged"), store.reading() as unit:
            unit.people.students()


def test_a_folder_in_place_of_the_file_cannot_be_opened(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}")
    with pytest.raises(StoreError, match="cannot be opened"):
        store.revision()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://nobody:hunter2@127.0.0.1:1/x", "cannot be reached"),
        ("postgresql://nobody:hunter2@no-such-host.invalid/x", "cannot be reached"),
    ],
    ids=["nothing listens", "no such host"],
)
def test_a_server_that_does_not_answer_is_named_without_its_password(url: str, sentence: str) -> None:
    store = Store(url)
    with pytest.raises(StoreError, match=sentence) as caught:
        store.upgrade()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "driver"),
    [
        ("sqlite:///x.sqlite3", "sqlite"),
        ("postgres://u@h/d", "postgresql+psycopg"),
        ("postgresql://u@h/d", "postgresql+psycopg"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg"),
    ],
)
def test_every_spelling_of_a_database_leads_to_the_driver_we_use(written: str, driver: str) -> None:
    assert parse_url(written).drivername == driver


@pytest.mark.parametrize("url", ["mysql://root:hunter2@h/d", "hunter2", "", "postgresql+asyncpg://u:hunter2@h/d"])
def test_another_database_is_refused_without_the_url(url: str) -> None:
    with pytest.raises(SettingsError, match="DAM_PLUGIN_DATABASE_URL") as caught:
        Store(url)
    assert "hunter2" not in str(caught.value)


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(SettingsError, match=r"pip install 'dam-plugin\[postgres\]'"):
        Store("postgresql://u@h/d")


def in_threads(work: Callable[[], None], count: int) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - reported below, in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def limit_pages(store: Store) -> None:
    """Let the database grow no further than it is."""

    def no_more(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1").close()

    store.close()
    event.listen(store._engine, "connect", no_more)
