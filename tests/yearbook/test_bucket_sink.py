"""A set that goes straight into the bucket: parts that end where entries do, resumed after a kill, on hold once it is whole."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto_server import DELIVERY_KEYS

from dam_plugin.errors import InputError, StorageError
from dam_plugin.library.s3 import Library
from dam_plugin.library.stream import UploadGone
from dam_plugin.library.upload import Sent
from dam_plugin.yearbook import bucket_sink
from dam_plugin.yearbook.bucket_sink import BucketSink
from dam_plugin.yearbook.stored import opened
from dam_plugin.yearbook.zip_file import Archive, Entry

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DAY = date(2026, 5, 18)
KEY = "exports/fall.zip"
MIB = 1024 * 1024
# As large as the smallest part that S3 takes, so that each fills one.
PICTURES = [bytes([number]) * (5 * MIB) for number in range(4)]


@pytest.fixture
def library(bucket: str) -> Iterator[Library]:
    with Library.connect(bucket, delivery=DELIVERY_KEYS) as connected:
        yield connected


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_sink, "PART_BYTES", 5 * MIB)


class Parts:
    """A stream that keeps its parts in memory, whatever their size."""

    def __init__(self, parts: list[bytes] | None = None) -> None:
        self.id = "upload"
        self.sent = list(parts or ())
        self.whole: bytes | None = None

    @property
    def size(self) -> int:
        return sum(map(len, self.sent))

    @property
    def parts(self) -> int:
        return len(self.sent)

    def send(self, data: bytearray) -> None:
        self.sent.append(bytes(data))

    def complete(self) -> Sent:
        self.whole = b"".join(self.sent)
        return Sent("version", "etag", self.size)

    def up_to(self, at: int) -> Parts:
        parts = Parts()
        for part in self.sent:
            if parts.size < at:
                parts.send(bytearray(part))
        assert parts.size == at
        return parts


class Untagged:
    """A library that hears of tags."""

    def __init__(self) -> None:
        self.tagged: list[tuple[object, ...]] = []

    def write_tags(self, *tagged: object) -> None:
        self.tagged.append(tagged)


def sink_of(parts: Any, library: Any = None) -> BucketSink:
    return BucketSink(library or Untagged(), KEY, parts, replace=True)


def finished(sink: BucketSink, entries: list[Entry]) -> None:
    Archive(sink, DAY).close(entries)
    sink.commit()


# In the bucket


@pytest.mark.usefixtures("small_parts")
def test_a_set_is_there_once_it_is_whole_and_on_hold(library: Library) -> None:
    with BucketSink.begun(library, KEY) as sink:
        made = Archive(sink, DAY)
        entries = [made.add(f"{n}.jpg", content) for n, content in enumerate(PICTURES)]
        assert list(library.list()) == []
        finished(sink, entries)
    assert sink.sent is not None
    head = library.head(KEY)
    assert (head.version_id, head.etag, head.size) == (sink.sent.version_id, sink.sent.etag, sink.sent.size)
    assert head.media_type == "application/zip"
    assert library.tags(KEY) == {"dam-release": "hold"}
    with opened(library, KEY) as file, zipfile.ZipFile(file) as found:
        assert [found.read(name) for name in found.namelist()] == PICTURES


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("lost", [0, 1], ids=["all recorded", "one part unrecorded"])
def test_a_set_is_finished_by_another_process_behind_what_is_on_record(library: Library, lost: int) -> None:
    with BucketSink.begun(library, KEY) as sink:
        made = Archive(sink, DAY)
        written = [made.add(f"{n}.jpg", content) for n, content in enumerate(PICTURES[:3])]
        assert sink.kept == written[-1].end
        sink.write(b"half an entry")
    entries = written[: 3 - lost]
    with BucketSink.resumed(library, KEY, sink.upload_id, entries[-1].end) as again:
        assert again.kept == again.position == entries[-1].end
        made = Archive(again, DAY)
        entries += [made.add(f"{n}.jpg", PICTURES[n]) for n in range(len(entries), 4)]
        finished(again, entries)
    with opened(library, KEY) as file, zipfile.ZipFile(file) as found:
        assert [found.read(name) for name in found.namelist()] == PICTURES
    assert library.tags(KEY) == {"dam-release": "hold"}


@pytest.mark.usefixtures("small_parts")
def test_an_upload_is_not_resumed_where_no_part_ends(library: Library) -> None:
    with BucketSink.begun(library, KEY) as sink:
        end = Archive(sink, DAY).add("a.jpg", PICTURES[0]).end
    for at in (end - 1, end + 1):
        with pytest.raises(StorageError, match="on record"):
            BucketSink.resumed(library, KEY, sink.upload_id, at)


def test_an_aborted_upload_leaves_nothing_and_cannot_be_resumed(library: Library, raw_s3: S3Client) -> None:
    with BucketSink.begun(library, KEY) as sink:
        sink.abort()
        sink.abort()
    with pytest.raises(UploadGone, match="export the set anew"):
        BucketSink.resumed(library, KEY, sink.upload_id, 0)
    assert "Uploads" not in raw_s3.list_multipart_uploads(Bucket=library.bucket)


def test_a_set_that_is_there_is_not_replaced(library: Library) -> None:
    library.put(KEY, b"before", media_type="application/zip")
    with pytest.raises(InputError, match="of this key"):
        BucketSink.begun(library, KEY)


def test_a_set_that_came_meanwhile_is_not_replaced(library: Library) -> None:
    with BucketSink.begun(library, KEY) as sink:
        library.put(KEY, b"meanwhile", media_type="application/zip")
        with pytest.raises(InputError, match="of this key"):
            finished(sink, [Archive(sink, DAY).add("a.jpg", b"picture")])
    assert library.read(KEY, limit=9) == b"meanwhile"


def test_a_set_is_replaced_where_that_was_said(library: Library) -> None:
    before = library.put(KEY, b"before", media_type="application/zip")
    with BucketSink.begun(library, KEY, replace=True) as sink:
        finished(sink, [Archive(sink, DAY).add("a.jpg", b"picture")])
    assert library.head(KEY).version_id != before.version_id
    assert library.read(KEY, version_id=before.version_id, limit=6) == b"before"


@pytest.mark.parametrize("key", ["fall.zip", "released/fall.zip", "exports/", "exports/../fall.zip", "exports//a.zip"])
def test_a_set_goes_nowhere_else(library: Library, key: str) -> None:
    with pytest.raises(InputError, match="exports/"):
        BucketSink.begun(library, key, replace=True)
    with pytest.raises(InputError, match="exports/"):
        BucketSink.resumed(library, key, "upload", 0)


def test_a_set_is_put_on_hold_again_where_the_storage_dropped_its_tags() -> None:
    library = Untagged()
    finished(sink_of(Parts(), library), [])
    assert library.tagged == [(KEY, "version", {"dam-release": "hold"})]


# Parts


def test_parts_end_where_entries_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_sink, "PART_BYTES", 100)
    parts = Parts()
    made = Archive(sink_of(parts), DAY)
    ends = {made.add(f"{n}.jpg", bytes(25)).end for n in range(20)}
    sizes = [len(part) for part in parts.sent]
    assert len(sizes) > 5
    assert min(sizes) >= 100
    assert {sum(sizes[:n]) for n in range(1, len(sizes) + 1)} <= ends


def test_memory_holds_no_more_than_its_bound_of_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_sink, "PART_BYTES", 100)
    monkeypatch.setattr(bucket_sink, "MOST_HELD", 300)
    parts = Parts()
    sink = sink_of(parts)
    entry = Archive(sink, DAY).add("film.mp4", bytes(1000))
    assert [len(part) for part in parts.sent] == [300, 300, 300, 138]
    assert sink.kept == sink.position == entry.end == 30 + len("film.mp4") + 1000


def test_what_was_cut_is_kept_only_once_its_entry_is_sent_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_sink, "PART_BYTES", 100)
    monkeypatch.setattr(bucket_sink, "MOST_HELD", 300)
    sink = sink_of(Parts())
    sink.write(bytes(350))
    assert sink.boundary() == 0
    sink.write(bytes(50))
    assert sink.boundary() == 400


def test_parts_grow_with_their_number_so_that_they_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_sink, "PART_BYTES", 10)
    monkeypatch.setattr(bucket_sink, "PARTS_OF_A_SIZE", 3)
    parts = Parts()
    sink = sink_of(parts)
    for _ in range(100):
        sink.write(bytes(1))
        sink.boundary()
    assert [len(part) for part in parts.sent] == [10, 10, 10, 20, 20, 20]


@given(st.lists(st.tuples(st.binary(max_size=90), st.sampled_from(["on", "killed", "torn"])), max_size=10))
def test_a_set_that_broke_off_ends_as_one_that_did_not(steps: list[tuple[bytes, str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bucket_sink, "PART_BYTES", 120)
        patch.setattr(bucket_sink, "MOST_HELD", 150)
        whole = Parts()
        sink = sink_of(whole)
        finished(sink, [Archive(sink, DAY).add(f"{n}.jpg", content) for n, (content, _) in enumerate(steps)])
        broken = Parts()
        sink, entries = sink_of(broken), []
        ends = [then for _, then in steps]
        while len(entries) < len(steps):
            number = len(entries)
            entries.append(Archive(sink, DAY).add(f"{number}.jpg", steps[number][0]))
            if ends[number] == "torn":
                sink.write(bytes(400))
            if ends[number] != "on":
                ends[number] = "on"
                entries = [entry for entry in entries if entry.end <= sink.kept]
                broken = broken.up_to(entries[-1].end if entries else 0)
                sink = sink_of(broken)
        finished(sink, entries)
        assert broken.whole == whole.whole
