"""A listing kept on disk answers as the bucket does."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import StorageError
from dam_plugin.library.listing import Listing, empty_listing
from dam_plugin.library.s3 import Library, Listed
from dam_plugin.library.sidecars import sidecars_beside
from dam_tagging.metadata.sidecars.sidecar import may_be_sidecar

AT = datetime(2026, 9, 1, 12, 30, 15, 250_000, UTC)

folders = st.sampled_from(["", "a/", "a/b/", "a.b/", "ä/", "a/IMG_1/"])
names = st.sampled_from(["IMG_1", "IMG_1_01", "IMG_2", "img_1", "a", "a_01", "é", "x(1)", "a-edited", "a" * 45])
endings = st.sampled_from(
    [
        *(".jpg", ".JPG", ".nef", ".mp4", "", ".xmp", ".jpg.xmp"),
        *(".jpg.json", ".json", ".txt", ".en.srt", ".supplemental-metadata.json"),
    ]
)
whole = st.sampled_from([".picasa.ini", "metadata.json", "Picasa.ini"])
keys = st.builds("{}{}".format, folders, st.one_of(st.builds("{}{}".format, names, endings), whole))


def listed(key: str, number: int = 0) -> Listed:
    return Listed(key, f"v{number}", f"e{number}", number, AT)


@contextmanager
def kept_on_disk(objects: Sequence[Listed]) -> Iterator[Listing]:
    with empty_listing() as listing:
        listing.add(objects)
        yield listing


def bucket_of(objects: Sequence[Listed]) -> Library:
    """A bucket that can be listed, and nothing else."""

    def under(prefix: str = "") -> Iterator[Listed]:
        return (each for each in objects if each.key.startswith(prefix))

    etags = {each.key: each.etag for each in objects}
    return cast("Library", SimpleNamespace(list=under, etag=etags.get))


def pages(listing: Listing, size: int) -> Iterator[list[Listed]]:
    behind = ""
    while page := listing.page(behind, size):
        yield page
        behind = page[-1].key


@given(st.sets(keys, max_size=40), st.integers(1, 7))
def test_the_sidecars_of_a_page_are_those_that_the_bucket_shows(there: set[str], size: int) -> None:
    objects = [listed(key, number) for number, key in enumerate(sorted(there))]
    with kept_on_disk(objects) as listing:
        found = {}
        for page in pages(listing, size):
            recordings = [each.key for each in page if not may_be_sidecar(each.key)]
            found.update(listing.sidecars_of(recordings))
    bucket = bucket_of(objects)
    shown = {key: sidecars_beside(bucket, key) for key in there if not may_be_sidecar(key)}
    assert {key: each for key, each in found.items() if each} == {key: each for key, each in shown.items() if each}


@given(
    st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6), max_size=30),
    st.text("aé/\U0010ffff", max_size=2),
)
def test_pages_and_prefixes_are_in_the_order_of_the_bytes(there: set[str], prefix: str) -> None:
    ordered = sorted(there, key=str.encode)
    with kept_on_disk([listed(key) for key in there]) as listing:
        assert [each.key for page in pages(listing, 3) for each in page] == ordered
        assert [each.key for each in listing.under(prefix)] == [key for key in ordered if key.startswith(prefix)]
        assert listing.count() == len(there)
        assert listing.missing([*ordered, "no such key, ever"]) == ["no such key, ever"]


def test_an_object_comes_back_as_it_was_listed_and_the_last_of_two_counts() -> None:
    first, second = listed("a", 1), listed("a", 2)
    with kept_on_disk([first, second]) as listing:
        assert listing.page("", 5) == [second]


def test_a_full_disk_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def execute(self, *_: Any) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        def close(self) -> None: ...

    monkeypatch.setattr(sqlite3, "connect", lambda *_, **__: Full())
    says = re.escape("(database or disk is full): free some space, or set TMPDIR")
    with pytest.raises(StorageError, match=says), kept_on_disk([]):
        pass
