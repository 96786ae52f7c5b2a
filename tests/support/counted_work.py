"""Counts what is asked of the databases: statements, and the steps of SQLite's machine, of which every row takes a few."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from dam_plugin.store import Store

# Counting each single step would take longer than the query.
_EVERY = 10


class Work:
    """The steps that were counted so far."""

    steps = 0


@contextmanager
def counted(store: Store) -> Iterator[Work]:
    """Count the steps of what is asked of a store inside; the same queries of the same rows take the same steps."""
    work, connections = Work(), list[Any]()

    def step() -> None:
        work.steps += _EVERY

    def count(connection: Any, *_: object) -> None:
        driver = connection.connection.driver_connection
        driver.set_progress_handler(step, _EVERY)
        connections.append(driver)

    event.listen(store._engine, "before_cursor_execute", count)
    try:
        yield work
    finally:
        event.remove(store._engine, "before_cursor_execute", count)
        for each in connections:
            each.set_progress_handler(None, 0)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Keep the statements that any store is asked inside."""
    asked: list[str] = []

    def keep(*told: Any) -> None:
        asked.append(told[2])

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", keep)
