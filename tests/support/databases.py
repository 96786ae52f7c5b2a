"""The databases that store tests run on: SQLite in a temporary folder, and PostgreSQL in a schema of its own."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from dam_plugin.store import Sealer, Store
from dam_plugin.store.tables import Base

POSTGRES_URL = os.environ.get("DAM_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of a database without tables: a file of `folder`, or a PostgreSQL schema dropped at the end."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'dam-plugin.sqlite3'}"
        return
    with _postgres_schema() as url:
        yield url


@contextmanager
def open_store(kind: str, folder: Path, sealer: Sealer | None = None) -> Iterator[Store]:
    """Give an empty store with its tables; they are migrated once a run, since that takes longer than most tests."""
    store = Store(_copied_file(folder) if kind == "sqlite" else _emptied_schema(), sealer=sealer)
    try:
        yield store
    finally:
        store.close()


def run_sql(store: Store, *statements: str) -> None:
    """Run raw SQL beside the store, as somebody with the database's password could; no foreign key holds it back."""
    engine = create_engine(store._url)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


@contextmanager
def _postgres_schema() -> Iterator[str]:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    schema = f"dam_plugin_test_{uuid4().hex}"
    separator = "&" if "?" in POSTGRES_URL else "?"
    admin = create_engine(
        POSTGRES_URL.replace("postgresql://", "postgresql+psycopg://"), connect_args={"connect_timeout": 3}
    )
    try:
        with admin.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    except OperationalError:
        pytest.skip("no PostgreSQL server answers: set DAM_TEST_POSTGRES_URL")
    try:
        yield f"{POSTGRES_URL}{separator}options=-csearch_path%3D{schema}"
    finally:
        with admin.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        admin.dispose()


def _copied_file(folder: Path) -> str:
    file = folder / "dam-plugin.sqlite3"
    file.touch(mode=0o600)
    file.write_bytes(_migrated_file())
    return f"sqlite:///{file}"


@lru_cache(maxsize=1)
def _migrated_file() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "migrated.sqlite3"
        store = Store(f"sqlite:///{file}")
        store.upgrade()
        store.close()
        return file.read_bytes()


_NO_LOOKS = "INSERT INTO access_head VALUES (1, 0, '', 0, '', '')"


def _emptied_schema() -> str:
    url = _migrated_schema()
    store = Store(url)
    # To truncate a table gives it new files, which takes longer than to delete the few rows that a test wrote.
    emptied = [f"DELETE FROM {table}" for table in Base.metadata.tables]  # noqa: S608
    run_sql(store, "; ".join([*emptied, "INSERT INTO ledger_head VALUES (1, 0, '', '')", _NO_LOOKS]))
    store.close()
    return url


@lru_cache(maxsize=1)
def _migrated_schema() -> str:
    """Return the URL of a schema that stays until the run ends."""
    until_the_end = ExitStack()
    url = until_the_end.enter_context(_postgres_schema())
    atexit.register(until_the_end.close)
    store = Store(url)
    store.upgrade()
    store.close()
    return url
