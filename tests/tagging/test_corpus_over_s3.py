"""The corpus read out of S3 as the worker reads it: the same facts as from disk, and what that costs.

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
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote, urlsplit

import pytest
from corpus import corpus_root, requires_corpus
from long_photos import lengthened

from dam_plugin.examination import SIDECAR_LIMIT
from dam_plugin.isolation import reader
from dam_plugin.library.s3 import Head, Library
from dam_tagging.facts import Facts
from dam_tagging.metadata import picasa, sidecar
from dam_tagging.metadata.read import read

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = [requires_corpus, pytest.mark.corpus]

TABLE = "corpus.tsv"
MOST_SHARE = 0.125
MOST_JPEGS = 0.9
NO_PHOTOS = frozenset({".mov", ".wav", ".m4a", ".pdf"})
PHOTO = 200_000


def files() -> dict[str, Path]:
    root = corpus_root()
    if root is None:
        return {}
    found = (path for path in sorted(root.rglob("*")) if path.is_file() and path.name != TABLE)
    return {path.relative_to(root).as_posix(): path for path in found}


FILES = files()
JPEGS = [name for name in FILES if name.endswith(".jpg") and not name.startswith("hostile/")]
LARGE = [name for name, path in FILES.items() if path.stat().st_size > PHOTO and path.suffix not in NO_PHOTOS]


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
    for key, path in FILES.items():
        found.put(key, path.read_bytes())
    for key in JPEGS:
        found.put(f"large/{key}", lengthened(FILES[key].read_bytes()))
    return found


def from_disk(path: Path) -> Facts:
    def sibling(name: str) -> BinaryIO | None:
        beside = path.parent / Path(name).name
        return beside.open("rb") if beside.is_file() else None

    with path.open("rb") as file:
        return read(file, path.name, sibling)


@pytest.mark.parametrize("name", FILES)
def test_a_file_says_the_same_out_of_the_bucket_as_from_disk(shelf: Shelf, name: str) -> None:
    assert shelf.read(name).facts == from_disk(FILES[name])


@pytest.mark.parametrize("name", JPEGS)
def test_a_long_photo_says_the_same_out_of_the_bucket_as_in_memory(shelf: Shelf, name: str) -> None:
    whole = io.BytesIO(lengthened(FILES[name].read_bytes()))
    assert shelf.read(f"large/{name}").facts == read(whole, name)


def test_every_request_for_a_file_is_a_range_of_the_one_state_that_the_event_spoke_of(shelf: Shelf) -> None:
    asked = [each for name in shelf.stored for each in shelf.read(name).of_itself]
    assert len(asked) >= len(shelf.stored)
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
