"""Statements that SQLite and PostgreSQL share and SQLAlchemy does not: insert or overwrite, insert or skip, in chunks.

And the way past SQLAlchemy, to the driver's own cursor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Delete,
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
    statement = _insert(session, row).values(**values)
    others = {name: value for name, value in values.items() if name != "id"}
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=others))


def upsert_all(
    session: Session, row: type[Base], values: Iterable[Mapping[str, Any]], *, by: Sequence[str] = ("id",)
) -> None:
    """Insert rows, or overwrite those with the same key, a thousand in memory at once: each has the same columns."""
    statement = _insert(session, row)
    for batch in batched(values, _ROWS):
        others = {name: statement.excluded[name] for name in batch[0] if name not in by}
        session.connection().execute(statement.on_conflict_do_update(index_elements=list(by), set_=others), batch)


def insert_missing(session: Session, row: type[Base], values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, and skip those that are kept already: each has the same columns."""
    if values:
        session.connection().execute(_insert(session, row).on_conflict_do_nothing(), list(values))


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
    if session.get_bind().dialect.name == "postgresql":
        texts = func.json_array_elements_text(cast(listed, postgresql.JSON)).table_valued("value")
        return select(cast(texts.c.value, BigInteger).label("value")).subquery()
    return func.json_each(listed).table_valued("value")


def insert_all(session: Session, row: type[Base], columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert many rows of few columns at once, each column with a value for every row."""
    table = row.__table__
    if session.get_bind().dialect.name == "postgresql":
        # One statement for all of them takes a tenth of the time of one for each.
        lists = (
            func.unnest(bindparam(name, type_=postgresql.ARRAY(table.c[name].type))).label(name) for name in columns
        )
        statement = insert(table).from_select(list(columns), select(*lists))  # type: ignore[arg-type]  # a Table it is
        session.connection().execute(statement, {name: list(values) for name, values in columns.items()})
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


def _insert(session: Session, row: type[Base]) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(row) if session.get_bind().dialect.name == "postgresql" else sqlite.insert(row)
