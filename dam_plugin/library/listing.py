"""What a bucket holds, kept on disk while it is compared: a library of millions takes no more memory than one of hundreds.

Keys may name students, so the file is private and is deleted at the end. Keys are kept as bytes, in whose order S3 lists.
"""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from dam_plugin.errors import StorageError
from dam_plugin.library.s3 import Listed
from dam_plugin.library.sidecars import Sidecars, seen_beside
from dam_plugin.private_files import workroom
from dam_tagging.metadata.sidecars.sidecar import common_start, is_of_a_folder, may_be_sidecar, stem

# No byte of UTF-8 is as large: behind every key that begins with the bytes before it.
_BEHIND_ALL = b"\xff"
_TABLES = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "CREATE TABLE objects (key BLOB PRIMARY KEY, version_id TEXT, etag TEXT, size INTEGER, modified REAL) WITHOUT ROWID",
    "CREATE TABLE sidecars (start BLOB, key BLOB, PRIMARY KEY (start, key)) WITHOUT ROWID",
)


class Listing:
    """The current version of every object that was listed, in the order of their keys. Made by `empty_listing`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take an open database with the tables."""
        self._connection = connection

    def add(self, batch: Sequence[Listed]) -> None:
        """Add objects; of two with the same key the later one counts."""
        rows = [
            (each.key.encode(), each.version_id, each.etag, each.size, each.last_modified.timestamp()) for each in batch
        ]
        sidecars = [(_start(each.key).encode(), each.key.encode()) for each in batch if may_be_sidecar(each.key)]
        with _on_this_disk():
            self._connection.execute("BEGIN")
            self._connection.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)", rows)
            self._connection.executemany("INSERT OR REPLACE INTO sidecars VALUES (?, ?)", sidecars)
            self._connection.execute("COMMIT")

    def page(self, behind: str, limit: int) -> list[Listed]:
        """Return the next objects after a key, at most `limit`."""
        rows = self._rows("SELECT * FROM objects WHERE key > ? ORDER BY key LIMIT ?", behind.encode(), limit)
        return [_listed(row) for row in rows]

    def under(self, prefix: str) -> list[Listed]:
        """Return the objects whose keys begin with a prefix, as `Library.list` does."""
        start = prefix.encode()
        rows = self._rows("SELECT * FROM objects WHERE key >= ? AND key < ? ORDER BY key", start, start + _BEHIND_ALL)
        return [_listed(row) for row in rows]

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Return those of these keys that were not listed."""
        rows = self._rows(
            "SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM objects WHERE key = CAST(value AS BLOB))",
            json.dumps(list(keys)),
        )
        return [key for (key,) in rows]

    def count(self) -> int:
        """Return how many objects were listed."""
        return int(self._rows("SELECT count(*) FROM objects")[0][0])

    def sidecars_of(self, keys: Sequence[str]) -> dict[str, Sidecars]:
        """Return the sidecars of each of these recordings that has any; the keys come in the order of a `page`."""
        if not keys:
            return {}
        ordered = sorted(keys)
        found: dict[str, list[tuple[str, str]]] = {}
        for name, etag in self._sidecars_near(keys):
            of_folder = is_of_a_folder(name)
            start = _start(name)
            for key in ordered[bisect_left(ordered, start) :]:
                if not key.startswith(start):
                    break
                if not of_folder or "/" not in key.removeprefix(start):
                    found.setdefault(key, []).append((name, etag))
        return {key: seen_beside(key, self._with_namesakes(listed)) for key, listed in found.items()}

    def _sidecars_near(self, keys: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield name and ETag of each sidecar whose names' common beginning is that of one of these keys."""
        first, last = keys[0], keys[-1]
        # A beginning of the first key comes before it; one of another key that does not is between first and last.
        starts = json.dumps([first[:end] for end in range(len(first))])
        rows = self._rows(
            "SELECT o.key, o.etag FROM sidecars s JOIN objects o ON o.key = s.key WHERE s.start BETWEEN ? AND ? "
            "OR s.start IN (SELECT CAST(value AS BLOB) FROM json_each(?)) ORDER BY o.key",
            first.encode(),
            last.encode(),
            starts,
        )
        yield from ((bytes(key).decode(), etag) for key, etag in rows)

    def _with_namesakes(self, listed: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Add the recordings that sidecars are named after: `a_01.jpg.xmp` is no duplicate's of `a.jpg` where `a_01.jpg` is."""
        return [*listed, *((own, "") for name, _ in listed if self._has(own := stem(name)))]

    def _has(self, key: str) -> bool:
        return bool(self._rows("SELECT 1 FROM objects WHERE key = ?", key.encode()))

    def _rows(self, query: str, *values: object) -> list[Any]:
        with _on_this_disk():
            return self._connection.execute(query, values).fetchall()


@contextmanager
def empty_listing() -> Iterator[Listing]:
    """Give a listing that is deleted when the block ends. Raises StorageError where the disk is full."""
    with workroom() as room:
        with _on_this_disk():
            connection = sqlite3.connect(room / "listing.sqlite3", isolation_level=None)
        with closing(connection):
            with _on_this_disk():
                for statement in _TABLES:
                    connection.execute(statement)
            yield Listing(connection)


def _start(sidecar: str) -> str:
    """Return the common beginning of the names of what a sidecar may describe; of a folder's sidecar, the folder."""
    return sidecar[: sidecar.rfind("/") + 1] if is_of_a_folder(sidecar) else common_start(sidecar)


def _listed(row: Sequence[Any]) -> Listed:
    key, version_id, etag, size, modified = row
    return Listed(bytes(key).decode(), version_id, etag, size, datetime.fromtimestamp(modified, UTC))


@contextmanager
def _on_this_disk() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(
            f"the listing of the bucket cannot be kept ({error}): free some space, or set TMPDIR"
        ) from None
