"""Fixture: the stores of a run share the statements that SQLAlchemy has put together, and wait for no disk.

Each test has a store of its own, and to write out its SQL takes longer than to run it. What a killed process has committed
is there without the disk too: only a machine that stops would lose it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.util import LRUCache

from dam_plugin.store import store
from dam_plugin.store.database import open_engine


class Statements(LRUCache[Any, Any]):
    """The statements of one kind of database, whichever engine of that kind they were put together for."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


def open_unsynced(url: URL, connections: int | None = None) -> Engine:
    """Open a database as the product does, but let SQLite leave it to the system when a commit reaches the disk."""
    engine = open_engine(url, connections)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF").close())
    return engine


@pytest.fixture(scope="session", autouse=True)
def shared_statements() -> Iterator[None]:
    """Give each store's engine the statements of its kind of database."""
    kinds: dict[str, Statements] = {}

    def opened(url: URL, connections: int | None) -> Engine:
        engine = open_unsynced(url, connections)
        engine._compiled_cache = kinds.setdefault(url.drivername, Statements(1000))
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "open_engine", opened)
        yield
