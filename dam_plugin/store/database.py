"""Opens the databases, and turns their errors into sentences.

SQLite runs in WAL mode with real transactions, PostgreSQL through psycopg. An error is one sentence with the remedy; it
never holds SQL text or parameters, since those may hold names. No tables and no queries live here.
"""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dam_plugin.errors import DamPluginError, SettingsError, StoreError

SQLITE_BUSY_SECONDS = 15.0
# The execution option that tells a reading transaction from a writing one.
WRITES = "dam_writes"

_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}

_UNDONE = "nothing was changed"
NOT_MIGRATED = "the database is not set up for this version: run `dam-plugin db upgrade`"
NEWER = "the database was set up by a newer version of the program: upgrade dam-plugin"
MEANWHILE = (
    "a newer version of the program has upgraded the database, so this process changes nothing more and ends: start the new "
    "version in its place"
)
FORMER = (
    "the database was set up before the first release and cannot be upgraded: make a new one (set "
    "DAM_PLUGIN_DATABASE_URL to an empty database, then run `dam-plugin db upgrade`)"
)
_FULL = f"the database or its disk is full ({_UNDONE}): free some space and try again"
_LOCKED = f"the database is locked by another process ({_UNDONE}): try again in a moment"
_UNREACHABLE = "the database cannot be reached: check DAM_PLUGIN_DATABASE_URL, and that the server runs"

_SQLITE = (
    ("SQLITE_FULL", _FULL),
    ("SQLITE_BUSY", _LOCKED),
    ("SQLITE_LOCKED", _LOCKED),
    ("SQLITE_CANTOPEN", "the database file cannot be opened: check DAM_PLUGIN_DATABASE_URL and the folder"),
    ("SQLITE_READONLY", f"the database cannot be written to ({_UNDONE}): check its permissions"),
    ("SQLITE_CORRUPT", "the database file is damaged: restore it from a backup"),
    ("SQLITE_NOTADB", "the database file is no SQLite database: check DAM_PLUGIN_DATABASE_URL"),
    # Where there is no room for the index of the log: readers need it, too.
    ("SQLITE_IOERR_SHM", _FULL),
    ("SQLITE_IOERR", f"the disk of the database failed ({_UNDONE}): check the disk"),
    ("SQLITE_TOOBIG", f"a value is too long to keep ({_UNDONE})"),
)  # fmt: skip
# Longer codes stand before the classes (two characters) that hold them.
_POSTGRESQL = (
    ("42P01", NOT_MIGRATED),
    ("42703", NOT_MIGRATED),
    ("42501", "the database refuses this account: grant it the rights on the plugin's tables"),
    ("25006", f"the database cannot be written to ({_UNDONE}): it is open for reading only"),
    ("53100", _FULL),
    ("53300", "the database takes no more connections: try again in a moment"),
    ("55P03", _LOCKED),
    ("57014", _LOCKED),
    ("3D000", "the database does not exist: create it, or correct DAM_PLUGIN_DATABASE_URL"),
    ("28", "the database does not accept the account: check DAM_PLUGIN_DATABASE_URL"),
    ("22", f"a value cannot be kept as it is written ({_UNDONE})"),
    ("40", _LOCKED),
    ("08", _UNREACHABLE),
    ("57", _UNREACHABLE),
)


KEPT_CONNECTIONS = 5


def parse_url(text: str) -> URL:
    """Return the URL with the driver we use; raise SettingsError, without the URL (it may hold a password)."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    driver = _DRIVERS.get(url.drivername) if url else None
    if url is None or driver is None:
        raise SettingsError(
            "DAM_PLUGIN_DATABASE_URL is no database we know: write sqlite:///FILE or postgresql://USER@HOST/DATABASE"
        )
    if driver != "sqlite" and importlib.util.find_spec("psycopg") is None:
        raise SettingsError("PostgreSQL needs a driver that is not installed: pip install 'dam-plugin[postgres]'")
    return url.set(drivername=driver)


def open_engine(url: URL, connections: int | None = None) -> Engine:
    """Return the engine; parameters are hidden from the errors and logs of SQLAlchemy. Nothing is connected yet.

    `connections`: how many a process has at most with a server (null: SQLAlchemy's own limit), of which `KEPT_CONNECTIONS`
    stay open while nothing is done.
    """
    if url.get_backend_name() != "sqlite":
        limits = {}
        if connections is not None:
            kept = min(connections, KEPT_CONNECTIONS)
            limits = {"pool_size": kept, "max_overflow": connections - kept}
        return create_engine(url, hide_parameters=True, pool_pre_ping=True, **limits)
    wait = {} if "timeout" in url.query else {"timeout": SQLITE_BUSY_SECONDS}
    engine = create_engine(url, hide_parameters=True, connect_args=wait)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def reader(engine: Engine) -> Engine:
    """Return the engine for transactions that only read; each sees one state of the database."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def writer(engine: Engine) -> Engine:
    """Return the engine for transactions that write; on SQLite they take the write lock at their beginning."""
    return engine.execution_options(**{WRITES: True})


def sqlite_file(url: URL) -> Path | None:
    """Return the file of an SQLite database, None for another database or one in memory."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # pysqlite's own transactions begin too late for a consistent read and never begin for DDL: ours do (see below).
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = bool(connection.get_execution_options().get(WRITES))
    # It holds as long as the connection does, which the pool keeps.
    if connection.info.get(WRITES) != writes:
        connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
        connection.info[WRITES] = writes
    # A deferred transaction that writes later can fail midway on a lock; an immediate one waits for it first.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def translated() -> Iterator[None]:
    """Turn every error of the database into a StoreError, without the original error, which may hold personal details."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(sentence(error)) from None
    except UnicodeEncodeError:
        raise StoreError(f"a text holds characters that cannot be kept ({_UNDONE})") from None


def sentence(error: SQLAlchemyError) -> str:
    """Return one sentence for an error of SQLAlchemy or of the driver under it."""
    original = getattr(error, "orig", None)
    if isinstance(original, DamPluginError):
        return str(original)
    if isinstance(error, IntegrityError):
        return f"the database refused a value that contradicts what it holds ({_UNDONE})"
    if isinstance(error, PoolTimeout):
        return "the database is busy: try again in a moment"
    if original is None:
        return f"the database could not be used ({type(error).__name__})"
    return _of_driver(original)


def _of_driver(original: BaseException) -> str:
    name = getattr(original, "sqlite_errorname", None)
    if name == "SQLITE_ERROR" and str(original).startswith(("no such table", "no such column")):
        return NOT_MIGRATED
    code = getattr(original, "sqlstate", None)
    table = _SQLITE if name else _POSTGRESQL
    for beginning, text in table:
        if (name or code or "").startswith(beginning):
            return text
    if name is None and code is None and type(original).__name__ in {"OperationalError", "InterfaceError"}:
        return _UNREACHABLE
    return f"the database refused ({name or code or type(original).__name__}; {_UNDONE})"
