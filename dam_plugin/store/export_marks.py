"""What the decisions of one yearbook set rest on, as the rows stand: one digest for people, recordings and files each.

The rows themselves, not when or by whom they were written: neither a clock that runs behind nor a use case that records
nothing can change them unseen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain
from typing import Any

from sqlalchemy import Select, Text, func, select, type_coerce
from sqlalchemy.orm import Session

from dam_plugin.store.export_tables import ExportDecisionRow, ExportFileRow
from dam_plugin.store.tables import (
    AssetRow,
    Base,
    ConsentRow,
    OptOutRow,
    PortraitRow,
    RosterImportRow,
    StudentRow,
)

_BATCH = 100
# All of them: who may be named, and that nobody else of the roster is, rests on everybody.
_PEOPLE: tuple[type[Base], ...] = (StudentRow, OptOutRow, ConsentRow, PortraitRow, RosterImportRow)
# Not what handing a set over changes itself: its pages.
_OF_FILES = (
    "number",
    "kind",
    "place",
    "source_key",
    "asset_id",
    "digest",
    "outcome",
    "state",
    "student",
    "path",
    "sha256",
    "redacted",
    "covered",
    "caption",
    "shows",
    "named",
)


def people(session: Session) -> str:
    """Return what stands for all students, opt-outs, consents, portraits and imports, as hexadecimal digits."""
    return _digest(session, *(_rows(each) for each in _PEOPLE))


def recordings(session: Session, set_id: str) -> str:
    """Return what stands for every version of the recordings whose keys a set's written files come from."""
    keys = _written(set_id).with_only_columns(ExportFileRow.source_key)
    return _digest(session, _rows(AssetRow).where(AssetRow.key.in_(keys)))


def files(session: Session, set_id: str) -> str:
    """Return what stands for the written files of a set, and for how many of their digests stand for anything still."""
    columns = [_raw(ExportFileRow.__table__.columns[name]) for name in _OF_FILES]
    ordered = _written(set_id).with_only_columns(*columns).order_by(ExportFileRow.number)
    digests = _written(set_id).with_only_columns(ExportFileRow.digest)
    known = select(func.count()).select_from(ExportDecisionRow).where(ExportDecisionRow.digest.in_(digests))
    return _digest(session, ordered, known)


def _written(set_id: str) -> Select[*tuple[Any, ...]]:
    return select(ExportFileRow).where(ExportFileRow.set_id == set_id, ExportFileRow.state == "written")


def _rows(table: type[Base]) -> Select[*tuple[Any, ...]]:
    """Return every column of a table as the database has it, in the order of its primary key.

    But for what was found of recordings' codings: it makes copies faster, and decides nothing.
    """
    columns = (each for each in table.__table__.columns if each is not AssetRow.__table__.columns["coding"])
    return select(*map(_raw, columns)).order_by(*table.__table__.primary_key)


def _raw(column: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's columns
    # As text is: nothing is decoded, which would take most of the time.
    return type_coerce(column, Text).label(column.key)


def _digest(session: Session, *queries: Select[*tuple[Any, ...]]) -> str:
    digest = hashlib.sha256()
    for row in chain.from_iterable(_stream(session, each) for each in queries):
        # Each value by its kind, and what ends each row is in no value as it is written here.
        digest.update(repr(tuple(row)).encode("utf-8", "backslashreplace") + b"\n")
    return digest.hexdigest()


def _stream(session: Session, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    yield from session.connection().execute(query, execution_options={"yield_per": _BATCH})
    # Where one table ends, and the next begins.
    yield ()
