"""Inventories as Amazon S3 writes them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCHEMA = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag"
KEY = "photos/daily/2026-11-29T01-00Z/manifest.json"
DATA = "photos/daily/data/8a1f.csv.gz"


def zipped(rows: Sequence[Sequence[str]]) -> bytes:
    """Return the file of an inventory with these rows."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return gzip.compress(text.getvalue().encode())


PARQUET: Mapping[str, Any] = {
    "bucket": "photos",
    "key": "events/caf%C3%A9+1%2B1.jpg",
    "version_id": "v2",
    "is_latest": True,
    "is_delete_marker": False,
    "size": 1024,
    "last_modified_date": 1_795_914_123_000,
    "e_tag": "abc",
}
"""A row of an inventory in Parquet: its key is as it is, and its time in milliseconds since 1970 (2026-11-29 01:02:03)."""


def parquet(*rows: Mapping[str, Any], types: Mapping[str, Any] | None = None, **written: Any) -> bytes:
    """Return the file of an inventory with these rows, each with what differs from `PARQUET`; needs the extra `inventory`.

    `types`: of these columns instead of those that S3 writes, and of others; without a type, the column is left out.
    """
    from arro3.core import Array, DataType, Table
    from arro3.io import write_parquet

    text, kinds = DataType.string(), dict.fromkeys(PARQUET, DataType.string())
    kinds |= {"is_latest": DataType.bool(), "is_delete_marker": DataType.bool(), "size": DataType.int64()}
    kinds |= {"last_modified_date": DataType.timestamp("ms", tz="UTC"), "storage_class": text, **(types or {})}
    columns = {}
    for name, kind in kinds.items():
        if kind is not None:
            values = [{**PARQUET, **row}.get(name) for row in rows]
            is_time = DataType.is_timestamp(kind)
            columns[name] = Array(values, DataType.int64()).cast(kind) if is_time else Array(values, kind)
    file = io.BytesIO()
    write_parquet(Table.from_pydict(columns), file, **{"compression": "snappy", "skip_arrow_metadata": True, **written})
    return file.getvalue()


def put_inventory(raw_s3: S3Client, bucket: str, data: bytes, **changed: Any) -> str:
    """Put an inventory of the bucket `photos` with one file into a bucket; return its place. `changed` is of its manifest."""
    file = {"key": DATA, "size": len(data), "MD5checksum": hashlib.md5(data, usedforsecurity=False).hexdigest()}
    manifest = {"sourceBucket": "photos", "fileFormat": "CSV", "fileSchema": SCHEMA, "files": [file], **changed}
    raw_s3.create_bucket(Bucket=bucket)
    raw_s3.put_object(Bucket=bucket, Key=DATA, Body=data)
    raw_s3.put_object(Bucket=bucket, Key=KEY, Body=json.dumps(manifest).encode())
    return f"s3://{bucket}/{KEY}"
