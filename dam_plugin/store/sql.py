"""Statements that SQLite and PostgreSQL share and SQLAlchemy does not: insert or overwrite, insert or skip, in chunks.

And the way past SQLAlchemy, to the driver's own cursor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Delete,
    Insert,
    Row,
    Select,
    Subquery,
    TableValuedAlias,
    Text,
    Update,
    bindparam,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from dam_plugin.store.batches import batched
from dam_plugin.store.tables import Base

T = TypeVar("T")

# Stands for the values that `rows_of` asks for.
OF: BindParameter[str] = bindparam("of", expanding=True)

# Stands for the JSON list of a `table_of_numbers`.
NUMBERS = "numbers"

# Fewer than the variables that one statement may have on either database.
_CHUNK = 500
_ROWS = 1000


@contextmanager
def driver_cursor(connection: Connection) -> Iterator[tuple[Any, bool]]:
    """Yield a cursor of the driver in this transaction, and whether it is PostgreSQL's.

    For what every share and opening waits for: the driver gets fixed texts, since SQLAlchemy takes longer to compose one than
    the database to run it. The driver's errors are raised as SQLAlchemy's.
    """
    driver = connection.dialect.loaded_dbapi
    cursor = connection.connection.cursor()
    try:
        yield cursor, connection.dialect.name == "postgresql"
    except driver.Error as error:
        raise DBAPIError.instance(None, None, error, driver.Error, hide_parameters=True) from None
    finally:
        cursor.close()


def upsert(session: Session, row: type[Base], values: Mapping[str, Any]) -> None:
    """Insert one row, or overwrite the one with the same `id`."""
    upsert_all(session, row, [values])


def upsert_all(
    session: Session, row: type[Base], values: Iterable[Mapping[str, Any]], *, by: Sequence[str] = ("id",)
) -> None:
    """Insert rows, or overwrite those with the same key, a thousand in memory at once: each has the same columns."""
    for batch in batched(values, _ROWS):
        session.connection().execute(_upserting(_is_postgresql(session), row, tuple(batch[0]), tuple(by)), batch)


def insert_missing(session: Session, row: type[Base], values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, and skip those that are kept already: each has the same columns."""
    if not values:
        return
    if not _is_postgresql(session):
        session.connection().execute(_inserting_missing(row), list(values))
        return
    columns = {name: [each[name] for each in values] for name in values[0]}
    session.connection().execute(_inserting_missing_of_lists(row, tuple(columns)), columns)


def rows_of(
    session: Session, query: Select[*tuple[Any, ...]], values: Iterable[str] | Iterable[int]
) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield the rows of a query over columns, asked for a list of values at a time: the query has `in_(OF)` in their place."""
    connection = session.connection()
    for chunk in chunks(values):
        yield from connection.execute(query, {"of": chunk})


def table_of_numbers(session: Session) -> TableValuedAlias | Subquery:
    """Return a table whose column `value` has the whole numbers of a JSON list, which is given as the parameter `NUMBERS`."""
    listed = bindparam(NUMBERS, type_=Text)
    if _is_postgresql(session):
        texts = func.json_array_elements_text(cast(listed, postgresql.JSON)).table_valued("value")
        return select(cast(texts.c.value, BigInteger).label("value")).subquery()
    return func.json_each(listed).table_valued("value")


def insert_all(session: Session, row: type[Base], columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert many rows of few columns at once, each column with a value for every row."""
    if _is_postgresql(session):
        values = {name: list(each) for name, each in columns.items()}
        session.connection().execute(_inserting_lists(row, tuple(columns)), values)
        return
    into = f"INSERT INTO {row.__tablename__} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    session.connection().exec_driver_sql(into, list(zip(*columns.values(), strict=True)))


def changed(session: Session, statement: Update | Delete) -> int:
    """Run an update or delete; return how many rows it touched."""
    return session.connection().execute(statement).rowcount


def begins(column: Any, start: str) -> ColumnElement[bool]:  # noqa: ANN401 - a mapped column
    """Return the condition that a text begins with exactly this; `LIKE` would take another case for the same on SQLite."""
    return func.substr(column, 1, len(start)) == start


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """Yield the distinct values in lists short enough for one statement."""
    rest = iter(dict.fromkeys(values))
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


# SQLAlchemy takes longer to compose a statement than the database to run it, and knows one again that it was given before.


@lru_cache(maxsize=256)
def _upserting(is_postgresql: bool, row: type[Base], names: tuple[str, ...], by: tuple[str, ...]) -> Insert:
    statement = postgresql.insert(row) if is_postgresql else sqlite.insert(row)
    others = {name: statement.excluded[name] for name in names if name not in by}
    return statement.on_conflict_do_update(index_elements=list(by), set_=others)


@lru_cache(maxsize=256)
def _inserting_missing(row: type[Base]) -> Insert:
    return sqlite.insert(row).on_conflict_do_nothing()


@lru_cache(maxsize=256)
def _inserting_missing_of_lists(row: type[Base], names: tuple[str, ...]) -> Insert:
    return postgresql.insert(row).from_select(list(names), _of_lists(row, names)).on_conflict_do_nothing()


@lru_cache(maxsize=256)
def _inserting_lists(row: type[Base], names: tuple[str, ...]) -> Insert:
    return insert(row).from_select(list(names), _of_lists(row, names))


def _of_lists(row: type[Base], names: Iterable[str]) -> Select[*tuple[Any, ...]]:
    """Return rows that are given as a list for each column: one statement takes a tenth of the time of one for each row."""
    columns: Any = row.__table__.c
    return select(
        *(func.unnest(bindparam(name, type_=postgresql.ARRAY(columns[name].type))).label(name) for name in names)
    )
