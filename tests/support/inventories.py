"""Inventories as Amazon S3 writes them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Sequence
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


def put_inventory(raw_s3: S3Client, bucket: str, data: bytes, **changed: Any) -> str:
    """Put an inventory of the bucket `photos` with one file into a bucket; return its place. `changed` is of its manifest."""
    file = {"key": DATA, "size": len(data), "MD5checksum": hashlib.md5(data, usedforsecurity=False).hexdigest()}
    manifest = {"sourceBucket": "photos", "fileFormat": "CSV", "fileSchema": SCHEMA, "files": [file], **changed}
    raw_s3.create_bucket(Bucket=bucket)
    raw_s3.put_object(Bucket=bucket, Key=DATA, Body=data)
    raw_s3.put_object(Bucket=bucket, Key=KEY, Body=json.dumps(manifest).encode())
    return f"s3://{bucket}/{KEY}"
