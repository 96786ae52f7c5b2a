"""How the databases are opened: SQLite in WAL with real transactions, PostgreSQL by psycopg. No tables, no queries."""

from __future__ import annotations

import importlib.util
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from dam_plugin.errors import SettingsError

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


def open_engine(url: URL) -> Engine:
    """Return the engine; parameters are hidden from the errors and logs of SQLAlchemy. Nothing is connected yet."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, hide_parameters=True, pool_pre_ping=True)
    wait = {} if "timeout" in url.query else {"timeout": SQLITE_BUSY_SECONDS}
    engine = create_engine(url, hide_parameters=True, connect_args=wait)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def reader(engine: Engine) -> Engine:
    """Return the engine for transactions that see one state of the database and change nothing."""
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
