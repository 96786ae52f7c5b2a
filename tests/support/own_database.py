"""A PostgreSQL database for one test alone, past the plugin's own access: its rows, its connections, and cutting these."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from databases import POSTGRES_URL
from own_postgres import OwnPostgres
from sqlalchemy import make_url

OWN_SERVER = "own server"


@dataclass(frozen=True)
class OwnDatabase:
    """The URL of the database, and of the one beside it from which it was made; `server`: it has one of its own."""

    url: str
    beside: str
    server: OwnPostgres | None = None

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query gives, in a connection of its own."""
        return _asked(self.url, query, values)

    def connections(self) -> list[str | None]:
        """What each process that has a connection is at: `idle`, `active`, `idle in transaction`."""
        query = "SELECT state FROM pg_stat_activity WHERE datname = %s"
        return [state for (state,) in _asked(self.beside, query, (_name(self.url),))]

    def go_away(self) -> None:
        """Cut every connection and take no new ones; a server of its own is stopped."""
        if self.server is not None:
            self.server.stop()
            return
        _told(self.beside, f"ALTER DATABASE {_name(self.url)} WITH ALLOW_CONNECTIONS false")
        _asked(
            self.beside,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (_name(self.url),),
        )

    def come_back(self) -> None:
        """Take connections again."""
        if self.server is not None:
            self.server.start()
            return
        _told(self.beside, f"ALTER DATABASE {_name(self.url)} WITH ALLOW_CONNECTIONS true")


@contextmanager
def own_database(server: OwnPostgres | None = None) -> Iterator[OwnDatabase]:
    """Give an empty database (of this server), which is dropped at the end; skip the test where no server answers."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
    beside = POSTGRES_URL if server is None else server.url
    name = f"dam_plugin_faults_{uuid4().hex[:12]}"
    try:
        _told(beside, f"CREATE DATABASE {name}")
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL server answers: set DAM_TEST_POSTGRES_URL")
    url = make_url(beside).set(database=name).render_as_string(hide_password=False)
    try:
        yield OwnDatabase(url, beside, server)
    finally:
        _told(beside, f"DROP DATABASE {name} WITH (FORCE)")


def _name(url: str) -> str:
    return make_url(url).database or ""


def _asked(url: str, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
    import psycopg

    with psycopg.connect(url, connect_timeout=10) as connection:
        return connection.execute(query, values).fetchall()  # type: ignore[arg-type]


def _told(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]
