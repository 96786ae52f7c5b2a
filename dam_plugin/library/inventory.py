"""Reads an S3 Inventory: what Amazon listed by itself, once a day or a week, in another bucket.

The manifest names its files with their MD5; a file that is not whole is refused. Source: Amazon S3 User Guide, "Locating your
inventory list": CSV, compressed with gzip, whose keys are encoded as in a URL.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote_plus

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dam_plugin.errors import InputError
from dam_plugin.library.object_keys import MOST_KEY_BYTES, bucket_place
from dam_plugin.library.s3 import Library, Listed
from dam_plugin.private_files import on_disk, workroom

LARGEST_MANIFEST = 16 * 1024 * 1024
LARGEST_FILE = 4 * 1024**3
NEEDED = ("Key", "VersionId", "IsLatest", "IsDeleteMarker", "Size", "LastModifiedDate", "ETag")
_ODD_ROW = "a row of the inventory is not as its manifest says"
_EVERY_VERSION = "let the inventory list all versions, with size, last modified date and ETag"


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    key: Annotated[str, Field(min_length=1, max_length=MOST_KEY_BYTES)]
    md5: Annotated[str, Field(alias="MD5checksum", pattern="^[0-9a-f]{32}$")]


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="ignore")

    source: Annotated[str, Field(alias="sourceBucket")]
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
        columns = _columns(manifest.schema_text)
        for each in manifest.files:
            yield from _of_file(library, each, columns)


def _manifest(data: bytes, source: str) -> _Manifest:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        raise InputError("the manifest of the inventory is no JSON") from None
    if isinstance(content, dict) and content.get("fileFormat") != "CSV":
        raise InputError("the inventory is not in CSV: choose CSV as its output format")
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
        raise InputError(f"the inventory has no {', '.join(missing)}: {_EVERY_VERSION}")
    return columns


def _of_file(library: Library, file: _File, columns: dict[str, int]) -> Iterator[Listed]:
    head = library.head(file.key)
    with workroom() as room:
        path = room / "inventory.csv.gz"
        library.download(file.key, version_id=head.version_id, etag=head.etag, path=path, limit=LARGEST_FILE)
        _check_whole(path, file.md5)
        try:
            with gzip.open(path, "rt", encoding="utf-8", newline="") as rows:
                for row in csv.reader(rows):
                    if (listed := _listed(row, columns)) is not None:
                        yield listed
        except (EOFError, OSError, UnicodeDecodeError, csv.Error, zlib.error):
            raise InputError("a file of the inventory is no CSV under gzip") from None


def _check_whole(path: Path, md5: str) -> None:
    with on_disk(), path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if digest != md5:
        raise InputError("a file of the inventory is not the one that its manifest names: fetch a newer inventory")


def _listed(row: Sequence[str], columns: dict[str, int]) -> Listed | None:
    """Return the object of a row; None where it is no current version."""
    try:
        key, version, latest, marker, size, modified, etag = (row[columns[name]] for name in NEEDED)
        if latest != "true" or marker == "true":
            return None
        at = datetime.fromisoformat(modified)
        key, number = unquote_plus(key, errors="strict"), int(size)
    except (IndexError, ValueError):
        raise InputError(_ODD_ROW) from None
    if not 0 < len(key.encode()) <= MOST_KEY_BYTES:
        raise InputError(_ODD_ROW)
    return Listed(key, version or "null", etag.strip('"'), number, at if at.tzinfo else at.replace(tzinfo=UTC))
