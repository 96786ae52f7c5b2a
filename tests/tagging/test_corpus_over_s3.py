"""Both corpora, the shared and the made one, out of S3 as the worker reads them: the same facts as in memory, and the cost.

Costs are requests and bytes, never times. What is asked of the files beside (sidecars) is counted apart.
"""

from __future__ import annotations

import io
import statistics
import sys
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote, urlsplit

import made_corpus
import pytest
from corpus import corpus_root
from long_photos import lengthened

from dam_plugin.intake import reader
from dam_plugin.intake.examine import SIDECAR_LIMIT
from dam_plugin.library.s3 import Head, Library
from dam_tagging.facts import Facts
from dam_tagging.metadata.read import read
from dam_tagging.metadata.sidecars import picasa, sidecar

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TABLE = "corpus.tsv"
MOST_SHARE = 0.125
MOST_JPEGS = 0.9
NO_PHOTOS = frozenset({".mov", ".wav", ".m4a", ".pdf"})
PHOTO = 200_000


def corpus_files() -> dict[str, bytes]:
    root = corpus_root()
    if root is None:
        return {}
    found = (path for path in sorted(root.rglob("*")) if path.is_file() and path.name != TABLE)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


OF_CORPUS = corpus_files()
FILES = {**{f"made/{name}": data for name, data in made_corpus.files().items()}, **OF_CORPUS}
JPEGS = [name for name in FILES if name.endswith(".jpg") and "hostile/" not in name]
LARGE = [name for name, data in FILES.items() if len(data) > PHOTO and PurePosixPath(name).suffix not in NO_PHOTOS]
# Marked one by one, so that `-m corpus` has them.
MARKED = [pytest.param(name, marks=[pytest.mark.corpus] if name in OF_CORPUS else []) for name in FILES]
MARKED_JPEGS = [pytest.param(name, marks=[pytest.mark.corpus] if name in OF_CORPUS else []) for name in JPEGS]


@dataclass(slots=True)
class Asked:
    """What one request asked for: its method, the key, and its headers."""

    method: str
    key: str
    headers: Mapping[str, Any]

    @property
    def is_of_one_state(self) -> bool:
        """Whether it gets a range, and only as long as the object is the one that the event spoke of."""
        named = {name.lower() for name in self.headers}
        return self.method == "GET" and {"range", "if-match"} <= named


@dataclass(slots=True)
class OverS3:
    """A file's facts out of the bucket, the bytes of it that were fetched, and every request."""

    facts: Facts
    size: int
    fetched: int
    of_itself: list[Asked]
    of_others: list[Asked]

    @property
    def share(self) -> float:
        return self.fetched / self.size


@dataclass(slots=True)
class Shelf:
    """A bucket with the corpus in it, read file by file."""

    library: Library
    client: S3Client
    stored: dict[str, Head] = field(default_factory=dict)
    seen: dict[str, OverS3] = field(default_factory=dict)

    def put(self, key: str, content: bytes) -> None:
        self.stored[key] = self.library.put(key, content, media_type="application/octet-stream")

    def read(self, key: str) -> OverS3:
        """Read a file as the worker does, once."""
        if key not in self.seen:
            self.seen[key] = self._read(key)
        return self.seen[key]

    def _read(self, key: str) -> OverS3:
        head = self.stored[key]
        siblings = self.library.siblings(key, SIDECAR_LIMIT)
        with (
            self._listening() as asked,
            self.library.open(key, version_id=head.version_id, etag=head.etag, size=head.size) as file,
        ):
            facts = reader.read(file, head.size, key, siblings, limits=reader.Limits())
            fetched, requests = file.fetched, file.requests
        own = [each for each in asked if each.key == key]
        assert len(own) == requests
        return OverS3(facts, head.size, fetched, own, [each for each in asked if each.key != key])

    @contextmanager
    def _listening(self) -> Iterator[list[Asked]]:
        heard: list[Asked] = []

        def hear(request: Any, **_: object) -> None:
            path = unquote(urlsplit(request.url).path)
            heard.append(Asked(request.method, path.removeprefix(f"/{self.library.bucket}/"), request.headers))

        self.client.meta.events.register("before-send.s3", hear)
        try:
            yield heard
        finally:
            self.client.meta.events.unregister("before-send.s3", hear)


@pytest.fixture(scope="module")
def shelf(raw_s3: S3Client) -> Shelf:
    name = f"corpus-{uuid.uuid4().hex[:12]}"
    raw_s3.create_bucket(Bucket=name)
    raw_s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    found = Shelf(Library(name, raw_s3), raw_s3)
    for key, data in FILES.items():
        found.put(key, data)
    for key in JPEGS:
        found.put(f"large/{key}", lengthened(FILES[key]))
    return found


def in_memory(name: str) -> Facts:
    def sibling(beside: str) -> BinaryIO | None:
        return io.BytesIO(FILES[beside]) if beside in FILES else None

    return read(io.BytesIO(FILES[name]), name, sibling)


@pytest.mark.parametrize("name", MARKED)
def test_a_file_says_the_same_out_of_the_bucket_as_in_memory(shelf: Shelf, name: str) -> None:
    assert shelf.read(name).facts == in_memory(name)


@pytest.mark.parametrize("name", MARKED_JPEGS)
def test_a_long_photo_says_the_same_out_of_the_bucket_as_in_memory(shelf: Shelf, name: str) -> None:
    whole = io.BytesIO(lengthened(FILES[name]))
    assert shelf.read(f"large/{name}").facts == read(whole, name)


def test_every_request_for_a_file_is_a_range_of_the_one_state_that_the_event_spoke_of(shelf: Shelf) -> None:
    asked = [each for name in shelf.stored for each in shelf.read(name).of_itself]
    # Of an empty file there is nothing to ask for.
    assert all(shelf.read(name).of_itself for name, head in shelf.stored.items() if head.size)
    assert [each for each in asked if not each.is_of_one_state] == []


def test_most_jpegs_take_one_request_and_long_ones_another_for_their_end(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = [*JPEGS, *(f"large/{name}" for name in JPEGS)]
    requests = Counter(len(shelf.read(name).of_itself) for name in photos)
    told(capsys, f"JPEGs by requests: {dict(sorted(requests.items()))}")
    assert requests[1] >= MOST_JPEGS * len(JPEGS)
    assert requests[1] + requests[2] >= MOST_JPEGS * len(photos)


def test_of_a_photo_an_eighth_is_read_at_most_in_the_median(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    photos = [*LARGE, *(f"large/{name}" for name in JPEGS)]
    shares = [shelf.read(name).share for name in photos]
    median = statistics.median(shares)
    told(capsys, f"share of the bytes of {len(photos)} photos: median {median:.1%}, most {max(shares):.1%}")
    assert median <= MOST_SHARE


def test_each_file_beside_is_asked_for_once_and_as_a_whole(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    asked = {name: shelf.read(name).of_others for name in FILES}
    told(capsys, f"files by requests for sidecars: {dict(sorted(Counter(map(len, asked.values())).items()))}")
    for name, found in asked.items():
        own = sidecar.names(name) if shelf.read(name).facts.state != "unreadable" else ()
        beside = [*own, *(str(PurePosixPath(name).with_name(each)) for each in picasa.NAMES_OF_FILE)] if own else []
        assert [(each.method, each.key) for each in found] == [("GET", key) for key in beside]


def told(capsys: pytest.CaptureFixture[str], line: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{line}\n")
