"""An S3 Inventory is read as Amazon writes it, and refused where it is not whole."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from inventories import DATA, KEY, put_inventory, zipped

from dam_plugin.errors import InputError
from dam_plugin.library.inventory import inventoried, place_of
from dam_plugin.library.s3 import Listed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROW = ("photos", "events/caf%C3%A9+1%2B1.jpg", "v2", "true", "false", "1024", "2026-11-29T01:02:03.000Z", "abc")


def test_current_versions_are_listed_as_the_bucket_lists_them(raw_s3: S3Client, bucket: str) -> None:
    older = ("photos", "a.jpg", "v1", "false", "false", "1", "2026-11-28T01:02:03.000Z", "old")
    deleted = ("photos", "b.jpg", "v3", "true", "true", "", "2026-11-28T01:02:03.000Z", "")
    unversioned = ("photos", "c.jpg", "", "true", "false", "7", "2026-11-28T01:02:03.000Z", "xyz")
    place = put_inventory(raw_s3, bucket, zipped([older, ROW, deleted, unversioned]))
    assert list(inventoried(place, "photos")) == [
        Listed("events/café 1+1.jpg", "v2", "abc", 1024, datetime(2026, 11, 29, 1, 2, 3, tzinfo=UTC)),
        Listed("c.jpg", "null", "xyz", 7, datetime(2026, 11, 28, 1, 2, 3, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"fileFormat": "ORC"}, "in ORC is not read: choose Parquet or CSV as its output format"),
        ({"fileFormat": "Avro"}, r"no manifest of an inventory by S3 \(its fileFormat\)"),
        ({"sourceBucket": "other"}, "of another bucket"),
        ({"fileSchema": "Bucket, Key"}, "has no VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag"),
        ({"files": [{"key": DATA}]}, "files.0.MD5checksum"),
        ({"files": [{"key": DATA, "MD5checksum": "0" * 32}]}, "not the one that its manifest names"),
    ],
    ids=["orc", "format", "another", "columns", "no sum", "wrong sum"],
)
def test_another_inventory_is_refused(raw_s3: S3Client, bucket: str, changed: dict[str, Any], sentence: str) -> None:
    place = put_inventory(raw_s3, bucket, zipped([ROW]), **changed)
    with pytest.raises(InputError, match=sentence):
        list(inventoried(place, "photos"))


@pytest.mark.parametrize(
    "data",
    [
        b"no gzip",
        zipped([ROW])[:-12],
        gzip.compress(b"\xff\xfe"),
        zipped([ROW[:5]]),
        zipped([(*ROW[:5], "much", *ROW[6:])]),
        zipped([(ROW[0], "%FF", *ROW[2:])]),
        zipped([(ROW[0], "a" * 1025, *ROW[2:])]),
        zipped([(*ROW[:3], "", *ROW[4:])]),
        zipped([(*ROW[:4], "no", *ROW[5:])]),
    ],
    ids=["no gzip", "cut", "no text", "short row", "no size", "no key", "long key", "not said if latest", "odd marker"],
)
def test_a_damaged_file_is_refused_in_one_sentence(raw_s3: S3Client, bucket: str, data: bytes) -> None:
    place = put_inventory(raw_s3, bucket, data)
    with pytest.raises(InputError, match="of the inventory is"):
        list(inventoried(place, "photos"))


@pytest.mark.parametrize(
    "text", ["photos/manifest.json", "s3:///manifest.json", "s3://b/x.csv", "folder/manifest.json"]
)
def test_an_inventory_is_named_by_its_manifest(text: str) -> None:
    with pytest.raises(InputError, match="s3://BUCKET"):
        place_of(text)


def test_a_manifest_that_is_no_json_is_refused(raw_s3: S3Client, bucket: str) -> None:
    for body in (b"<xml>", b"[]", b"[" * 100_000):
        raw_s3.put_object(Bucket=bucket, Key=KEY, Body=body)
        with pytest.raises(InputError, match="inventory"):
            list(inventoried(f"s3://{bucket}/{KEY}", "photos"))
