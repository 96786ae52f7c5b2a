"""An S3 Inventory in Parquet is read as Amazon writes it, in a process of its own, and refused where it is not whole."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from inventories import parquet, put_inventory

from dam_plugin import sandbox
from dam_plugin.errors import InputError
from dam_plugin.library import inventory
from dam_plugin.library.inventory import NO_PARQUET, inventoried
from dam_plugin.library.s3 import Listed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytest.importorskip("arro3.io", reason="needs the extra `inventory`")


from arro3.core import DataType

AT = datetime(2026, 11, 29, 1, 2, 3, tzinfo=UTC)
LISTED = Listed("events/caf%C3%A9+1%2B1.jpg", "v2", "abc", 1024, AT)

Read = Callable[[bytes], list[Listed]]


@pytest.fixture
def read(raw_s3: S3Client, bucket: str) -> Read:
    def read(data: bytes) -> list[Listed]:
        place = put_inventory(raw_s3, bucket, data, fileFormat="Parquet", fileSchema="message s3.inventory { }")
        return list(inventoried(place, "photos"))

    return read


def test_current_versions_are_listed_and_their_keys_are_as_they_are(read: Read) -> None:
    data = parquet(
        {"key": "a.jpg", "version_id": "v1", "is_latest": False},
        {},
        {"key": "b.jpg", "is_delete_marker": True, "size": None, "e_tag": None},
        {"key": "é ä.jpg", "version_id": None, "size": 7, "e_tag": '"xyz"'},
        {
            "key": "d.jpg",
            "is_delete_marker": None,
            "last_modified_date": -1_000,
        },
    )
    assert read(data) == [
        LISTED,
        Listed("é ä.jpg", "null", "xyz", 7, AT),
        Listed("d.jpg", "v2", "abc", 1024, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ]


@pytest.mark.parametrize("compression", ["uncompressed", "snappy", "gzip(6)", "zstd(3)"])
def test_row_groups_are_read_one_after_the_other(read: Read, monkeypatch: pytest.MonkeyPatch, compression: str) -> None:
    monkeypatch.setattr(inventory, "PART_ROWS", 3)
    rows = [{"key": f"{number}.jpg"} for number in range(20)]
    found = read(parquet(*rows, compression=compression, max_row_group_size=7))
    assert [each.key for each in found] == [each["key"] for each in rows]


@pytest.mark.parametrize(
    ("types", "sentence"),
    [
        ({"is_latest": None, "version_id": None}, "has no version_id, is_latest: let the inventory list all versions"),
        ({"size": DataType.string()}, r"not of the types that S3 writes \(size\)"),
        ({"last_modified_date": DataType.int64()}, r"\(last_modified_date\)"),
        ({"is_latest": DataType.int64(), "key": DataType.binary()}, r"\(key, is_latest\)"),
    ],
    ids=["columns", "size", "time", "several"],
)
def test_other_columns_are_refused(read: Read, types: dict[str, Any], sentence: str) -> None:
    row = {"size": "1"} if types.get("size") else {"last_modified_date": 5} if "last_modified_date" in types else {}
    row |= {"key": b"\xff", "is_latest": 1} if types.get("is_latest") else {}
    with pytest.raises(InputError, match=sentence):
        read(parquet(row, types=types))


@pytest.mark.parametrize(
    "row",
    [
        {"key": "a" * 1025},
        {"key": ""},
        {"key": None},
        {"is_latest": None},
        {"size": None},
        {"size": -1},
        {"e_tag": None},
        {"last_modified_date": None},
    ],
    ids=["long key", "empty key", "no key", "not said", "no size", "negative", "no sum", "no time"],
)
def test_an_odd_row_is_refused(read: Read, row: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="a row of the inventory is not as its manifest says"):
        read(parquet({}, row))


def test_a_time_that_no_calendar_has_is_refused(read: Read) -> None:
    with pytest.raises(InputError, match="a row of the inventory"):
        read(parquet({"last_modified_date": 10**17}))


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:4],
        lambda data: data[:-30],
        lambda data: data[4:],
        # What the footer says it is long.
        lambda data: data[:-8] + b"\xff\xff\xff\x7f" + data[-4:],
        # The header of the first page.
        lambda data: data[:4] + b"\x15\x00\x15\xfe\xff\xff\xff\x0f\x15\xfe\xff\xff\xff\x0f" + data[18:],
        lambda data: data[:40] + bytes(len(data) - 300) + data[-260:],
    ],
    ids=["no parquet", "cut", "shifted", "endless footer", "endless page", "zeros"],
)
def test_a_damaged_file_is_refused_in_one_sentence(read: Read, damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(InputError, match="no whole Parquet, or takes more than 512 MiB"):
        read(damage(parquet(*({"key": f"{number}.jpg"} for number in range(50)))))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not bound a process's memory")
def test_a_page_that_grows_without_end_is_not_unpacked(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "MEGABYTES", 256)
    bomb = parquet({"storage_class": "a" * 200_000_000}, compression="zstd(3)", dictionary_enabled=False)
    assert len(bomb) < 100_000
    with pytest.raises(InputError, match="no whole Parquet, or takes more than"):
        read(bomb)


def test_a_row_that_is_repeated_without_end_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "MOST_ROWS", 2_000)
    assert len(read(parquet(*[{}] * 2_000))) == 2_000
    with pytest.raises(InputError, match="more than 2,000 rows, which S3 does not write"):
        read(parquet(*[{}] * 2_001))


def test_the_reader_gets_no_credentials_and_ends_with_whoever_asked(
    read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    given: list[dict[str, str]] = []

    def popen(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        given.append(options["env"])
        started.append(begin(command, **options))
        return started[-1]

    begin = subprocess.Popen
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    monkeypatch.setattr(sandbox.subprocess, "Popen", popen)
    path = tmp_path / "inventory"
    path.write_bytes(parquet(*({"key": f"{number}.jpg"} for number in range(50_000))))
    rows = inventory._of_parquet(path)
    assert next(rows).key == "0.jpg"
    assert started[0].poll() is None
    rows.close()
    assert started[0].poll() is not None
    assert not [name for name in given[0] if name.startswith("AWS")]


@pytest.mark.parametrize(
    "answers",
    [
        [{"rows": [["a.jpg", "v", "e", "7", 0]]}],
        [{"rows": [["a" * 1025, "v", "e", 7, 0]]}],
        [{"rows": [["a.jpg", "v", "e", 7, 10**18]]}],
        [{"rows": "all"}],
        [{"rows": []}, {"end": "soon"}],
        [{"failure": "columns", "columns": 7}],
        [{}],
    ],
)
def test_a_reader_that_a_file_took_over_is_not_believed(
    read: Read, monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any]]
) -> None:
    def taken_over(*_: object) -> Iterator[dict[str, Any]]:
        yield from answers

    monkeypatch.setattr(inventory, "answers", taken_over)
    with pytest.raises(InputError, match="of the inventory is"):
        read(parquet({}))


def test_without_the_extra_it_is_named(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "find_spec", lambda name: None if name == "arro3" else find_spec(name))
    with pytest.raises(InputError) as caught:
        read(b"whatever it is")
    assert str(caught.value) == NO_PARQUET
    assert "pip install 'dam-plugin[inventory]'" in NO_PARQUET


def test_a_file_with_another_sum_is_not_read(raw_s3: S3Client, bucket: str) -> None:
    file = {"key": "photos/daily/data/8a1f.csv.gz", "MD5checksum": "0" * 32}
    place = put_inventory(raw_s3, bucket, parquet({}), fileFormat="Parquet", files=[file])
    with pytest.raises(InputError, match="not the one that its manifest names"):
        list(inventoried(place, "photos"))
