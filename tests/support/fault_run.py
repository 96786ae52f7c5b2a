"""Uploads, events and kills by a seed, and an independent look at what became of them.

The bucket's own notifications are off: `Run` sends them, as Amazon would write them, twice, late, in another order, or never.
The look reads tables by SQL and the server's own objects, and uses the plugin for nothing but pseudonyms.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlsplit

import pytest
from made_files import bag, packet, xmp_segment
from moto.s3.models import S3Backend
from moto.sqs.models import sqs_backends
from own_database import OwnDatabase
from PIL import Image

from dam_plugin.library.setup import VISIBLE_AFTER_SECONDS
from dam_plugin.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Students of the sample roster, by roster id. The one who opted out is never alone in a shared picture.
NAMES = {
    "104203": "Theresa Okafor",
    "104217": "Hannah Lindqvist",
    "104222": "Jonah Whitfield",
    "104230": "Caleb Brandt",
    "104238": "Owen Gallagher",
    "104245": "Priya Raman",
    "104256": "Mei Chen",
    "104270": "Noah Begaye",
    "104278": "Amina Yusuf",
    "104284": "Elijah Thompson",
}
OPTED_OUT = "104217"
FOLDER = "events/athletics/"
LOST, TWICE, LATE, BARE = 0.05, 0.15, 0.3, 0.3
"""The shares of events that never come, come twice, come a round later, and do not say which version they are about."""


@dataclass(frozen=True)
class Version:
    """A file that is uploaded: who is named in it, and whether it is kept for discipline. `body` None: a deletion."""

    key: str
    students: frozenset[str]
    restricted: bool
    body: bytes | None


def planned(made: random.Random, recordings: int, rounds: int) -> list[list[Version]]:
    """What is uploaded and deleted in each round; the versions of a recording come in order."""
    plan: list[list[Version]] = [[] for _ in range(rounds)]
    for number in range(recordings):
        named = made.choice([None, *NAMES])
        end = f"-{NAMES[named].replace(' ', '-').lower()}" if named else ""
        key = f"{FOLDER}{number:05}{end}.jpg"
        count = made.choices((1, 2, 3), (60, 25, 15))[0]
        is_deleted = made.random() < 0.06
        versions = [_version(made, key, named) for _ in range(count)]
        if is_deleted:
            versions.append(Version(key, frozenset(), restricted=False, body=None))
        for at, version in zip(sorted(made.choices(range(rounds), k=len(versions))), versions, strict=True):
            plan[at].append(version)
    return plan


def _version(made: random.Random, key: str, named: str | None) -> Version:
    students = frozenset(made.sample(list(NAMES), made.choice((0, 1, 1, 2, 3))))
    restricted = made.random() < 0.15
    words = ["Discipline"] if restricted else ["Athletics"]
    body = BytesIO()
    # No two look alike: a picture that looks like another inherits its restrictions.
    Image.frombytes("L", (32, 32), made.randbytes(1024)).save(body, "JPEG")
    plain = body.getvalue()
    told = packet(bag("Iptc4xmpExt:PersonInImage", [NAMES[each] for each in students]) + bag("dc:subject", words))
    there = students | ({named} if named else set())
    return Version(key, there, restricted, plain[:2] + xmp_segment(told) + plain[2:])


@dataclass
class Watch:
    """Every `dam-release` that was ever written to an object, with the moment; and who has opted out since when."""

    writes: list[tuple[float, str, str | None, str | None]] = field(default_factory=list)
    opted_out: dict[str, float] = field(default_factory=dict)


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch each write of tags within the server itself: there is no moment between two looks."""
    watch = Watch()
    write = S3Backend.put_object_tagging

    def noting(self: S3Backend, key: Any, tags: dict[str, str] | None) -> Any:
        watch.writes.append((time.monotonic(), key.name, key.version_id, (tags or {}).get("dam-release")))
        return write(self, key, tags)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(S3Backend, "put_object_tagging", noting)
        yield watch


class Events:
    """The bucket's events on their way into the queue."""

    def __init__(self, made: random.Random, bucket: str, queue_url: str, lost: float = LOST) -> None:
        account, name = urlsplit(queue_url).path.strip("/").split("/")
        backends: Any = sqs_backends
        self._backend = backends[account]["us-east-1"]
        self._queue = self._backend.queues[name]
        self._name, self._bucket, self._made = name, bucket, made
        self._lost = lost
        self._waiting: list[str] = []
        self._sequence = 0
        self.counts: Counter[str] = Counter()

    def happened(self, version: Version, version_id: str | None, etag: str | None) -> None:
        """Take an upload or a deletion."""
        self._sequence += 1
        if self._made.random() < self._lost:
            self.counts["lost"] += 1
            return
        told: dict[str, Any] = {"key": quote_plus(version.key)}
        if self._made.random() >= BARE:
            told |= {"versionId": version_id, "sequencer": f"{self._sequence:016X}"}
            if version.body is not None:
                told |= {"size": len(version.body), "eTag": etag}
        name = "ObjectRemoved:DeleteMarkerCreated" if version.body is None else "ObjectCreated:Put"
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "eventName": name,
            "s3": {"bucket": {"name": self._bucket}, "object": told},
        }
        times = 2 if self._made.random() < TWICE else 1
        self.counts["twice"] += times - 1
        self._waiting += [json.dumps({"Records": [record]})] * times

    def deliver(self, *, all_of_them: bool = False) -> None:
        """Send most of what waits, in any order."""
        self._made.shuffle(self._waiting)
        late = 0 if all_of_them else int(len(self._waiting) * LATE)
        self.counts["late"] += late
        for body in self._waiting[late:]:
            self._backend.send_message(self._name, body)
        self.counts["sent"] += len(self._waiting) - late
        del self._waiting[late:]

    def hide_no_longer_than(self, seconds: float) -> None:
        """Let others have what was received so long ago, as if the two minutes had passed for which it is hidden."""
        for message in list(self._queue._messages):
            if 0 < message.visible_at - time.time() * 1000 < (VISIBLE_AFTER_SECONDS - seconds) * 1000:
                message.change_visibility(0)

    def wake(self) -> None:
        """Let two workers that wait for messages have one that says nothing."""
        for _ in range(2):
            self._backend.send_message(self._name, '{"Event": "s3:TestEvent"}')

    def are_handled(self) -> bool:
        return not self._queue._messages

    def received(self) -> Counter[int]:
        return Counter(each.approximate_receive_count for each in self._queue._messages)

    def dead(self) -> int:
        return len(self._queue.dead_letter_queue._messages)


@dataclass
class Truth:
    """What was uploaded, as the uploader knows it."""

    versions: dict[tuple[str, str | None], Version] = field(default_factory=dict)
    newest: dict[str, str | None] = field(default_factory=dict)
    """By key, the version that is to be found there; None: it was deleted."""

    def there(self) -> set[str]:
        return {key for key, version in self.newest.items() if version is not None}


class Uploader:
    """Uploads and deletes as any other tool would."""

    def __init__(self, s3: S3Client, bucket: str, events: Events) -> None:
        self._s3, self._bucket, self._events = s3, bucket, events
        self.truth = Truth()

    def do(self, version: Version) -> None:
        if version.body is None:
            self._s3.delete_object(Bucket=self._bucket, Key=version.key)
            self.truth.newest[version.key] = None
            self._events.happened(version, None, None)
            return
        put = self._s3.put_object(Bucket=self._bucket, Key=version.key, Body=version.body)
        self.truth.versions[version.key, put["VersionId"]] = version
        self.truth.newest[version.key] = put["VersionId"]
        self._events.happened(version, put["VersionId"], put["ETag"].strip('"'))


@dataclass(frozen=True)
class Look:
    """An independent look at the end of a run. Each method returns what is wrong, in words without names."""

    database: OwnDatabase
    s3: S3Client
    bucket: str
    truth: Truth
    watch: Watch
    pseudonyms: Pseudonyms

    def faults(self) -> list[str]:
        return [*self.recordings(), *self.tags_of_the_run(), *self.copies(), *self.leftovers(), *self.ledger()]

    def recordings(self) -> Iterator[str]:
        """Each recording that exists has one current row, with the tags of its newest version, and so has its object."""
        columns = "key, version_id, release_tag, machine, tagging, id"
        kept: dict[str, list[tuple[Any, ...]]] = {}
        for key, *row in self.database.rows(f"SELECT {columns} FROM assets WHERE current AND NOT deleted"):  # noqa: S608
            kept.setdefault(key, []).append(tuple(row))
        # What is kept for discipline stays so in later versions, if it was heard of in time.
        versions = self.database.rows("SELECT key, version_id FROM assets")
        restricted = {key for key, version_id in versions if self.truth.versions[key, version_id].restricted}
        if gone := set(kept) - self.truth.there():
            yield f"{len(gone)} recordings that are gone have a current row"
        for number, key in enumerate(sorted(self.truth.there())):
            rows = kept.get(key, [])
            if len(rows) != 1:
                yield f"recording {number} has {len(rows)} current rows"
                continue
            wanted = "hold" if key in restricted else "staff"
            for fault in self._faults_of(key, wanted, *rows[0]):
                yield f"recording {number} {fault}"

    def _faults_of(
        self, key: str, wanted: str, version_id: str, release_tag: str, machine: str, tagging: str, asset_id: str
    ) -> Iterator[str]:
        students = {self.pseudonyms.student(each) for each in self.truth.versions[key, version_id].students}
        held, tags = _students(tagging), self._tags(key, version_id)
        found_by = self.database.rows("SELECT student_id FROM asset_students WHERE asset_id = %s", asset_id)
        if version_id != self.truth.newest[key]:
            yield "is kept in a former version"
        if _students(machine) != students:
            yield "has not the students of its newest version"
        if not students <= held or {each for (each,) in found_by} != held:
            yield "is not found by its students"
        if release_tag != wanted:
            yield f"may be read by the wrong people: {release_tag}"
        if tags.get("dam-release") != release_tag or set(tags.get("dam-students", "").split()) != held:
            yield "has object tags that the store does not know"

    def tags_of_the_run(self) -> Iterator[str]:
        """At no moment was an object opened wider than it may be."""
        shown = {}
        for key, source, version_id, redacted in self.database.rows(
            "SELECT key, source_key, source_version, redacted FROM releases"
        ):
            version = self.truth.versions[source, version_id]
            shown[key] = {self.pseudonyms.student(each) for each in version.students} - set(json.loads(redacted))
        if not self.watch.writes:
            yield "no tag was ever written"
        for at, key, version_id, value in self.watch.writes:
            if key.startswith(FOLDER):
                # A version that is stored while its tags are asked for is known here by now.
                version = self.truth.versions[key, version_id]
                # None: as it is uploaded, when nobody but the plugin reads it.
                if value not in {"hold", "staff", None} or (version.restricted and value == "staff"):
                    yield f"an original was {value}"
            elif key.startswith("released/") and value == "open":
                out = {self.pseudonyms.student(each) for each, since in self.watch.opted_out.items() if since < at}
                if shown[key] & out:
                    yield "a copy that shows an opted-out student was opened"

    def copies(self) -> Iterator[str]:
        """The copies that are open are those that an open link needs, of a recording's newest version."""
        links = self.database.rows(
            "SELECT r.key, r.source_key, r.source_version, r.redacted FROM links l JOIN releases r ON r.id = l.release_id "
            "WHERE l.closed_at IS NULL"
        )
        out = {self.pseudonyms.student(each) for each in self.watch.opted_out}
        for _, source, version_id, redacted in links:
            if self.truth.newest[source] != version_id:
                yield "a link to a former version is open"
                continue
            shown = {self.pseudonyms.student(each) for each in self.truth.versions[source, version_id].students}
            if (shown - set(json.loads(redacted))) & out:
                yield "a link to an opted-out student is open"
        listed = self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix="released/")
        copies = [(each["Key"], each["VersionId"]) for page in listed for each in page.get("Versions", [])]
        opened = {key for key, version in copies if self._tags(key, version).get("dam-release") == "open"}
        if opened != {key for key, *_ in links}:
            yield f"{len(opened)} copies are open, and {len({key for key, *_ in links})} are linked"

    def leftovers(self) -> Iterator[str]:
        """Nothing is left in work."""
        for what, query in (
            ("originals wait for their tags", "SELECT count(*) FROM unwritten_tags"),
            (
                "recordings are stale",
                "SELECT count(*) FROM stale_tags s JOIN assets a ON a.id = s.asset_id WHERE a.current AND NOT a.deleted",
            ),
            ("jobs are open", "SELECT count(*) FROM jobs WHERE state IN ('waiting', 'running')"),
            ("jobs are leased", "SELECT count(*) FROM jobs WHERE leased_until IS NOT NULL"),
            (
                "releases broke off",
                "SELECT count(*) FROM releases WHERE state IN ('preparing', 'recorded', 'moving', 'closing', 'purging')",
            ),
            ("jobs have counted a recording twice", "SELECT count(*) FROM jobs WHERE done + failed > total"),
        ):
            ((count,),) = self.database.rows(query)
            if count:
                yield f"{count} {what}"

    def ledger(self) -> Iterator[str]:
        """Its chain has no gap, and each share stands there once."""
        entries = self.database.rows("SELECT seq, kind, subject, previous, hash FROM ledger_entries ORDER BY seq")
        if [seq for seq, *_ in entries] != list(range(1, len(entries) + 1)):
            yield "the ledger has a gap"
        if any(later[3] != former[4] for former, later in pairwise(entries)):
            yield "the ledger's chain is broken"
        shares = Counter(subject for _, kind, subject, *_ in entries if kind == "share")
        known = {each for (each,) in self.database.rows("SELECT id FROM shares")}
        if set(shares) != known or any(count > 1 for count in shares.values()):
            yield "a share stands in the ledger twice, or not at all"

    def _tags(self, key: str, version_id: str) -> dict[str, str]:
        answer = self.s3.get_object_tagging(Bucket=self.bucket, Key=key, VersionId=version_id)
        return {each["Key"]: each["Value"] for each in answer["TagSet"]}


def _students(tagging: str) -> set[str]:
    return {each["student"] for each in json.loads(tagging)["appearances"]}
