"""Reads an S3 Inventory: what Amazon listed by itself, once a day or a week, in another bucket.

The manifest names its files with their MD5; a file that is not whole is refused. Source: Amazon S3 User Guide, "Locating your
inventory list": CSV, compressed with gzip, whose keys are encoded as in a URL; or Parquet, whose keys are as they are. Parquet
is read in a process of its own (`inventory_process`), and needs the extra `inventory`.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote_plus

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, TypeAdapter, ValidationError

from dam_plugin.errors import InputError
from dam_plugin.library.object_keys import MOST_KEY_BYTES, bucket_place
from dam_plugin.library.s3 import Library, Listed
from dam_plugin.private_files import on_disk, workroom
from dam_plugin.sandbox import Stopped, answers

LARGEST_MANIFEST = 16 * 1024 * 1024
LARGEST_FILE = 4 * 1024**3
CHILD = "dam_plugin.library.inventory_process"
MEGABYTES = 512
"""The memory of the process that reads Parquet."""
SECONDS, PART_ROWS = 60, 1_000
"""For how long that process may be at so many rows. They are read and told at a time: a row group is never whole in memory."""
MOST_ROWS = 100_000_000
"""More rows of one Parquet file are refused: a few bytes may say that a row is repeated without end."""
NO_PARQUET = (
    "an inventory in Parquet needs the extra `inventory`: pip install 'dam-plugin[inventory]', or choose CSV as its "
    "output format"
)
NEEDED = ("Key", "VersionId", "IsLatest", "IsDeleteMarker", "Size", "LastModifiedDate", "ETag")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The columns of Parquet, in the order of `NEEDED`, and what they have to be for `inventory_process`.
_IN_PARQUET: Mapping[str, Literal["text", "flag", "number", "time"]] = {
    "key": "text",
    "version_id": "text",
    "is_latest": "flag",
    "is_delete_marker": "flag",
    "size": "number",
    "last_modified_date": "time",
    "e_tag": "text",
}
# Key, version, ETag, size, and milliseconds since 1970.
_ROWS = TypeAdapter(list[tuple[StrictStr, StrictStr | None, StrictStr, StrictInt, StrictInt]])
_NOT_WHOLE = (
    f"a file of the inventory is no whole Parquet, or takes more than {MEGABYTES} MiB or {SECONDS} s for {PART_ROWS:,} rows: "
    "fetch a newer inventory, or choose CSV as its output format"
)
_ODD_ROW = "a row of the inventory is not as its manifest says"
_EVERY_VERSION = "let the inventory list all versions, with size, last modified date and ETag"


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    key: Annotated[str, Field(min_length=1, max_length=MOST_KEY_BYTES)]
    md5: Annotated[str, Field(alias="MD5checksum", pattern="^[0-9a-f]{32}$")]


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="ignore")

    source: Annotated[str, Field(alias="sourceBucket")]
    format: Annotated[Literal["CSV", "Parquet"], Field(alias="fileFormat")]
    schema_text: Annotated[str, Field(alias="fileSchema", max_length=4096)]
    files: Annotated[list[_File], Field(max_length=100_000)]


def place_of(text: str) -> tuple[str, str]:
    """Return bucket and key of `s3://BUCKET/…/manifest.json`. Raises InputError."""
    place = bucket_place(text)
    if place is None or not place[1].endswith("manifest.json"):
        raise InputError("an inventory is named by its manifest: s3://BUCKET/…/manifest.json")
    return place


def inventoried(place: str, source: str) -> Iterator[Listed]:
    """Yield the current versions that an inventory of the bucket `source` lists, in its own order.

    Raises InputError for an inventory of another bucket, in another format, or with a damaged file; StorageError.
    """
    bucket, key = place_of(place)
    with Library.connect(bucket) as library:
        manifest = _manifest(library.read(key, limit=LARGEST_MANIFEST), source)
        rows = _rows_of(manifest)
        for each in manifest.files:
            with _fetched(library, each) as path:
                yield from rows(path)


def _rows_of(manifest: _Manifest) -> Callable[[Path], Iterator[Listed]]:
    """Return what reads one file of this inventory."""
    if manifest.format == "CSV":
        return partial(_of_csv, columns=_columns(manifest.schema_text))
    if find_spec("arro3") is None:
        raise InputError(NO_PARQUET)
    return _of_parquet


def _manifest(data: bytes, source: str) -> _Manifest:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        raise InputError("the manifest of the inventory is no JSON") from None
    if isinstance(content, dict) and content.get("fileFormat") == "ORC":
        raise InputError(
            "an inventory in ORC is not read: choose Parquet or CSV as its output format, and give the manifest of the next one"
        )
    try:
        manifest = _Manifest.model_validate(content)
    except ValidationError as error:
        places = ", ".join(sorted({".".join(map(str, each["loc"])) for each in error.errors()}))
        raise InputError(f"this is no manifest of an inventory by S3 (its {places or 'content'})") from None
    if manifest.source != source:
        raise InputError("this is the inventory of another bucket")
    return manifest


def _columns(schema: str) -> dict[str, int]:
    columns = {name.strip(): number for number, name in enumerate(schema.split(","))}
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise InputError(_lacks(missing))
    return columns


def _lacks(missing: Iterable[str]) -> str:
    return f"the inventory has no {', '.join(missing)}: {_EVERY_VERSION}"


@contextmanager
def _fetched(library: Library, file: _File) -> Iterator[Path]:
    """Give the path of a file of the inventory, on this disk until the block ends."""
    head = library.head(file.key)
    with workroom() as room:
        path = room / "inventory"
        library.download(file.key, version_id=head.version_id, etag=head.etag, path=path, limit=LARGEST_FILE)
        _check_whole(path, file.md5)
        yield path


def _of_csv(path: Path, columns: dict[str, int]) -> Iterator[Listed]:
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as rows:
            for row in csv.reader(rows):
                if (listed := _listed(row, columns)) is not None:
                    yield listed
    except (EOFError, OSError, UnicodeDecodeError, csv.Error, zlib.error):
        raise InputError("a file of the inventory is no CSV under gzip") from None


def _of_parquet(path: Path) -> Iterator[Listed]:
    """Yield what a process of its own reads; it may have been taken over by the file, so nothing of it is believed."""
    job = {"path": str(path), "columns": dict(_IN_PARQUET), "most_rows": MOST_ROWS, "most_key_bytes": MOST_KEY_BYTES}
    job |= {"megabytes": MEGABYTES, "seconds": SECONDS, "part_rows": PART_ROWS}
    try:
        with closing(answers(CHILD, job, SECONDS)) as given:
            for answer in given:
                if "rows" not in answer:
                    _check_end(answer)
                    return
                for key, version, etag, size, at in _ROWS.validate_python(answer["rows"]):
                    yield _checked(key, version, etag, size, _EPOCH + timedelta(milliseconds=at))
    except (ValidationError, OverflowError):
        # Its text quotes what the file says.
        raise InputError(_ODD_ROW) from None
    except Stopped:
        raise InputError(_NOT_WHOLE) from None


def _check_end(answer: Mapping[str, Any]) -> None:
    """Return where all rows were read. Raises InputError otherwise."""
    match answer:
        case {"end": True}:
            return
        case {"failure": "columns", "columns": list(named)}:
            raise InputError(_lacks(each for each in _IN_PARQUET if each in named))
        case {"failure": "types", "columns": list(named)}:
            odd = ", ".join(each for each in _IN_PARQUET if each in named)
            raise InputError(
                f"the inventory's columns are not of the types that S3 writes ({odd}): fetch a newer inventory"
            )
        case {"failure": "rows"}:
            raise InputError(f"a file of the inventory has more than {MOST_ROWS:,} rows, which S3 does not write")
        case {"failure": "row"}:
            raise InputError(_ODD_ROW)
        case _:
            raise InputError(_NOT_WHOLE)


def _check_whole(path: Path, md5: str) -> None:
    with on_disk(), path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if digest != md5:
        raise InputError("a file of the inventory is not the one that its manifest names: fetch a newer inventory")


def _listed(row: Sequence[str], columns: dict[str, int]) -> Listed | None:
    """Return the object of a row; None where it is no current version."""
    try:
        key, version, latest, marker, size, modified, etag = (row[columns[name]] for name in NEEDED)
        if not {latest, marker} <= {"true", "false"}:
            raise InputError(_ODD_ROW)
        if latest == "false" or marker == "true":
            return None
        at = datetime.fromisoformat(modified)
        key, number = unquote_plus(key, errors="strict"), int(size)
    except (IndexError, ValueError):
        raise InputError(_ODD_ROW) from None
    return _checked(key, version, etag, number, at if at.tzinfo else at.replace(tzinfo=UTC))


def _checked(key: str, version: str | None, etag: str, size: int, at: datetime) -> Listed:
    if not 0 < len(key.encode()) <= MOST_KEY_BYTES or size < 0:
        raise InputError(_ODD_ROW)
    return Listed(key, version or "null", etag.strip('"'), size, at)
