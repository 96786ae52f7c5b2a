"""The process that reads one Parquet file of an inventory: it answers with the rows in parts, and ends.

A file comes from a bucket that others may write to, so it is read without credentials, within limits of memory and time. An
answer is rows, or a word for what is wrong, never text of the library. Needs the extra `inventory`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import arro3.io
from arro3.core import DataType, RecordBatch, RecordBatchReader

from dam_plugin.sandbox import (
    Ended,
    end_with_parent,
    limit_memory,
    limit_time,
    own_streams,
    receive_object,
    send_object,
)


def _is_text(of: DataType) -> bool:
    return any(is_one(of) for is_one in (DataType.is_string, DataType.is_large_string, DataType.is_string_view))


_IS: Mapping[str, Callable[[DataType], bool]] = {
    "text": _is_text,
    "flag": DataType.is_boolean,
    "number": DataType.is_int64,
    "time": DataType.is_timestamp,
}


class Refused(Exception):
    """A file is not as S3 writes it: one word, and the columns that it is about."""

    def __init__(self, failure: str, columns: list[str] | None = None) -> None:
        """Take the word, and the names of the columns."""
        super().__init__(failure)
        self.columns = columns or []


def main() -> None:
    """Answer the one job that the parent sends."""
    requests, answers = own_streams()
    with suppress(Ended):
        job = receive_object(requests)
        end_with_parent(requests)
        limit_memory(job["megabytes"] * 1024 * 1024)
        for answer in answers_to(job):
            send_object(answers, answer)


def answers_to(job: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the current versions in parts, then that this is all; or what is wrong with the file."""
    try:
        limit_time(job["seconds"])
        for rows in _parts(job):
            yield {"rows": rows}
            limit_time(job["seconds"])
    except Refused as refused:
        yield {"failure": str(refused), "columns": refused.columns}
    except Exception:  # noqa: BLE001 - whatever the library raises, the file is not read to its end
        yield {"failure": "damaged"}
    else:
        yield {"end": True}


def _parts(job: Mapping[str, Any]) -> Iterator[list[list[object]]]:
    reader = arro3.io.read_parquet(job["path"], batch_size=job["part_rows"])
    _check_columns(reader, job["columns"])
    count = 0
    for batch in reader:
        count += batch.num_rows
        if count > job["most_rows"]:
            raise Refused("rows")
        yield _current(batch, job["columns"], job["most_key_bytes"])


def _check_columns(reader: RecordBatchReader, columns: Mapping[str, str]) -> None:
    names = reader.schema.names
    if missing := [each for each in columns if names.count(each) != 1]:
        raise Refused("columns", missing)
    if odd := [each for each, kind in columns.items() if not _IS[kind](reader.schema.field(each).type)]:
        raise Refused("types", odd)


def _current(batch: RecordBatch, columns: Mapping[str, str], most_key_bytes: int) -> list[list[object]]:
    """Return key, version, ETag, size and milliseconds since 1970 of each current version that is no delete marker."""
    rows = zip(*(_values(batch, each, kind) for each, kind in columns.items()), strict=True)
    found: list[list[object]] = []
    for key, version, latest, marker, size, at, etag in rows:
        if latest is None or key is None or not 0 < len(key.encode()) <= most_key_bytes:
            raise Refused("row")
        if not latest or marker:
            continue
        if size is None or at is None or etag is None:
            raise Refused("row")
        found.append([key, version, etag, size, at])
    return found


def _values(batch: RecordBatch, name: str, kind: str) -> list[Any]:
    column = batch.column(name)
    if kind == "time":
        column = column.cast(DataType.timestamp("ms", tz="UTC")).cast(DataType.int64())
    return list(column.to_pylist())


if __name__ == "__main__":
    main()
