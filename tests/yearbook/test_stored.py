"""A set that is there is read from a file or from the bucket."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dam_plugin.errors import AssetMissing, InputError
from dam_plugin.library.faults import BucketMissing
from dam_plugin.library.s3 import Library
from dam_plugin.yearbook.stored import opened


@pytest.fixture
def library(bucket: str) -> Iterator[Library]:
    with Library.connect(bucket) as connected:
        yield connected


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(b"whole")
    with opened(None, str(tmp_path / "set.zip")) as file:
        assert file.read() == b"whole"


def test_an_object_is_read_from_anywhere_and_twice(library: Library) -> None:
    data = os.urandom(1_000_000)
    library.put("exports/set.zip", data, media_type="application/zip")
    with opened(library, "exports/set.zip") as file:
        for _ in range(2):
            file.seek(-10, os.SEEK_END)
            assert file.read() == data[-10:]
            file.seek(0)
            assert file.read() == data


def test_a_set_that_is_replaced_while_it_is_read_is_read_to_its_end(library: Library) -> None:
    library.put("exports/set.zip", b"before", media_type="application/zip")
    with opened(library, "exports/set.zip") as file:
        library.put("exports/set.zip", b"afters", media_type="application/zip")
        assert file.read() == b"before"


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_file_is_refused_without_its_name(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "ines.zip"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(InputError) as refused:
        opened(None, str(path))
    assert "ines" not in str(refused.value)


@pytest.mark.parametrize("key", ["exports/ines.zip", "events/ines.jpg"])
def test_what_is_no_set_in_the_bucket_is_refused_without_its_name(library: Library, key: str) -> None:
    library.put("events/ines.jpg", b"picture", media_type="image/jpeg")
    with pytest.raises(InputError) as refused:
        opened(library, key)
    assert "ines" not in str(refused.value)


def test_a_bucket_that_is_gone_is_no_missing_set(aws_env: str) -> None:
    with Library.connect("no-such-bucket") as elsewhere, pytest.raises(BucketMissing) as missing:
        opened(elsewhere, "exports/set.zip")
    assert isinstance(missing.value, AssetMissing)
