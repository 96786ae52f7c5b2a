"""One bucket: its objects by version, their tags, released copies, downloads, and the URLs that open copies for a minute.

Errors name the bucket and never the key, since a file name may be a student's. The caller knows its key. Copies within
the bucket are made by the storage itself. Sources: Amazon S3 API reference, CopyObject (5 GiB at most) and
UploadPartCopy.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Self, TypedDict
from urllib.parse import quote

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from dam_plugin.errors import AssetMissing, SettingsError, StorageError
from dam_plugin.library import tags as object_tags
from dam_plugin.library.clients import READ_SECONDS, s3_client
from dam_plugin.library.object_keys import beside, is_released, released
from dam_plugin.library.ranged_file import DEFAULT_BUDGET, RangedFile
from dam_plugin.library.storage_errors import BucketMissing, Refused, code_of, host_of, told
from dam_plugin.library.tags import tag_set
from dam_plugin.library.upload import MOST_PARTS, Progress, Sent, Upload, send
from dam_plugin.private_files import on_disk
from dam_plugin.telemetry.other_clock import MOST_SECONDS, OtherClock

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import (
        CompletedPartTypeDef,
        CopySourceTypeDef,
        DeleteMarkerEntryTypeDef,
        LifecycleRuleOutputTypeDef,
        ObjectVersionTypeDef,
    )


# How long a bucket with Object Lock retains each version that is stored for keeping.
RETAINED_DAYS = 90
LONGEST_LINK_SECONDS = 2 * 60 * 60
TAG_ATTEMPTS = 5
# Parts that are held in memory at once. The SDK takes larger ones where 10,000 of 8 MiB do not suffice.
_MANAGED = TransferConfig(max_concurrency=4, preferred_transfer_client="classic")
CHUNK = 256 * 1024
# Far below what S3 takes in one request: a server that answers only after it has copied must answer in time.
COPY_PART = 1024 * 1024 * 1024
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]")
# The answer where a version has no legal hold, and where the bucket has no Object Lock.
_NOT_LOCKED = frozenset({"NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "InvalidRequest"})
_MOST_MARKERS = 1_000
# On Windows a file is opened as text unless this is said.
_BINARY = getattr(os, "O_BINARY", 0)
_REFUSES = "the temporary folder does not take the file"


@dataclass(frozen=True, slots=True)
class Head:
    """One version of one object; `version_id` is None in a bucket without versioning, `etag` has no quotes."""

    key: str
    version_id: str | None
    etag: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A current version as a listing gives it; `version_id` is `null` for what was stored before versioning."""

    key: str
    version_id: str | None
    etag: str
    size: int
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object, or a delete marker (`is_marker`), as a listing of versions gives it."""

    key: str
    version_id: str
    is_marker: bool
    is_latest: bool
    etag: str = ""


# The state of an object after `undelete`; `gone`: no version is left.
Undone = Literal["there", "restored", "copied back", "gone"]


class TooLarge(StorageError):
    """An object has more bytes than the reader accepts."""


class _Version(TypedDict, total=False):
    VersionId: str


class _Lock(TypedDict, total=False):
    ObjectLockMode: Literal["GOVERNANCE"]
    ObjectLockRetainUntilDate: datetime


class _Match(TypedDict, total=False):
    IfMatch: str


class Library:
    """The objects of one bucket, with the plugin's role; only `presign` uses delivery's.

    Every method may raise StorageUnreachable (no answer, wrong credentials), StorageError (refused), and AssetMissing
    where the bucket or the object is missing. Closing it closes its connections.
    """

    def __init__(self, bucket: str, client: S3Client, delivery: S3Client | None = None) -> None:
        """Take clients as `connect` makes them."""
        self.bucket = bucket
        self._client = client
        self._delivery = delivery
        self._is_locking: bool | None = None
        self._clock = OtherClock("the storage")
        client.meta.events.register("after-call.s3", partial(_hear, self._clock))

    @classmethod
    def connect(
        cls, bucket: str, *, delivery: tuple[str, str] | None = None, read_seconds: float = READ_SECONDS
    ) -> Self:
        """Return the library of a bucket; asks the server nothing yet. `delivery` is that role's access key and secret.

        Raises SettingsError when the bucket's name or an AWS setting is malformed.
        """
        check_bucket_name(bucket)
        client = s3_client(read_seconds=read_seconds)
        return cls(bucket, client, s3_client(keys=delivery, beside=client) if delivery else None)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections; the library cannot be used afterwards."""
        self._client.close()
        if self._delivery:
            self._delivery.close()

    def check_bucket(self) -> None:
        """Raise AssetMissing when the bucket is missing, or the error that keeps the plugin from listing it."""
        with self._told():
            self._client.list_objects_v2(Bucket=self.bucket, MaxKeys=1)

    # Objects

    def put(
        self,
        key: str,
        body: BinaryIO | bytes,
        *,
        media_type: str,
        tags: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> Head:
        """Store an object with its tags, as one new version; `progress` hears the bytes of each part sent."""
        object_tags.check(tags or {})
        upload = Upload(self.bucket, key, media_type, tags or {})
        with self._told():
            sent = send(self._client, upload, body, progress or _nobody)
        return Head(key, sent.version_id, sent.etag, sent.size, media_type)

    def put_retained(self, key: str, body: bytes, *, media_type: str) -> str | None:
        """Store a small object on hold; return its version where it may be deleted again.

        Where the bucket has Object Lock, the version cannot be changed or deleted for `RETAINED_DAYS`.
        """
        with self._told():
            lock = self._lock()
            answer = self._client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=body,
                ContentType=media_type,
                Tagging=f"{object_tags.RELEASE}=hold",
                **lock,
            )
        return None if lock else answer.get("VersionId")

    def can_lock(self) -> bool:
        """Whether the bucket has Object Lock, so that it can refuse to delete versions. The server is asked once."""
        if self._is_locking is None:
            with self._told():
                try:
                    found = self._client.get_object_lock_configuration(Bucket=self.bucket)
                except ClientError:
                    # A bucket or a server without Object Lock, or a role that may not ask.
                    self._is_locking = False
                else:
                    self._is_locking = found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled"
        return self._is_locking

    def _lock(self) -> _Lock:
        if not self.can_lock():
            return {}
        until = datetime.now(UTC) + timedelta(days=RETAINED_DAYS)
        return {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}

    def publish(self, key: str, body: BinaryIO | bytes, *, media_type: str, tags: Mapping[str, str]) -> Head:
        """Store a released copy, with its tags in the same request; raises StorageError outside `released/`."""
        return self.put(released(key), body, media_type=media_type, tags=tags)

    def publish_as_it_is(
        self, key: str, source: tuple[str, str | None, str], *, media_type: str, tags: Mapping[str, str]
    ) -> Head:
        """Release a version of an object (key, version, ETag) without fetching it; tags and errors as of `publish`."""
        object_tags.check(tags)
        upload = Upload(self.bucket, released(key), media_type, tags)
        source_key, version_id, etag = source
        found = self.head(source_key, version_id)
        # Not every server heeds the condition of a copy.
        if found.etag != etag:
            raise StorageError(f"the object in bucket {self.bucket} changed meanwhile: read it again")
        with self._told():
            of: CopySourceTypeDef = {"Bucket": self.bucket, "Key": source_key, **of_version(version_id)}
            sent = copy_version(self._client, upload, of, etag, found.size)
        return Head(key, sent.version_id, sent.etag, sent.size, media_type)

    def put_file(self, key: str, file: BinaryIO, *, media_type: str, tags: Mapping[str, str]) -> None:
        """Store an open file of any size by the SDK's managed upload, which sends several parts at once.

        The object, with its tags, exists only after all of it was sent. The SDK does not say which version it is; `put`
        does.
        """
        object_tags.check(tags)
        upload = Upload(self.bucket, key, media_type, tags)
        with self._told():
            self._client.upload_fileobj(
                file,
                self.bucket,
                key,
                ExtraArgs={"ContentType": media_type, "Tagging": upload.tagging},
                Config=_MANAGED,
            )

    def head(self, key: str, version_id: str | None = None) -> Head:
        """Return the server's facts about a version (the newest unless one is given); a delete marker counts as missing."""
        try:
            with self._told():
                answer = self._client.head_object(Bucket=self.bucket, Key=key, **of_version(version_id))
                return Head(
                    key,
                    answer.get("VersionId"),
                    answer["ETag"].strip('"'),
                    answer["ContentLength"],
                    answer.get("ContentType", "application/octet-stream"),
                )
        except (AssetMissing, Refused):
            # A HEAD has no body to say whether the object is missing or the bucket, or what is wrong with the role.
            self.check_bucket()
            raise

    def etag(self, key: str) -> str | None:
        """Return the ETag of an object, None where there is none: of a bucket that is known to be there."""
        try:
            with self._told():
                return self._client.head_object(Bucket=self.bucket, Key=key)["ETag"].strip('"')
        except AssetMissing:
            return None

    def read(self, key: str, *, version_id: str | None = None, etag: str | None = None, limit: int) -> bytes:
        """Return a whole object of at most `limit` bytes; TooLarge when it is larger, StorageError without the ETag."""
        with self._whole(key, version_id, etag, limit) as (stream, _):
            return stream.read()

    def download(self, key: str, *, version_id: str | None, etag: str, path: Path, limit: int) -> str:
        """Write a whole version of at most `limit` bytes into a new file that its owner alone may read.

        Returns the sha256 of what was written. Raises TooLarge, StorageError without the ETag or where the disk is full;
        a file that was begun stays: the caller's folder is a private one.
        """
        with self._whole(key, version_id, etag, limit) as (stream, size):
            return write_to_file(stream.iter_chunks(CHUNK), path, size)

    def open(
        self, key: str, *, version_id: str | None, etag: str, size: int, budget: int = DEFAULT_BUDGET
    ) -> RangedFile:
        """Return a version as a seekable file that fetches what is read, at most `budget` bytes; asks nothing yet."""

        def fetch(start: int, stop: int) -> bytes:
            with self._told():
                answer = self._client.get_object(
                    Bucket=self.bucket,
                    Key=key,
                    Range=f"bytes={start}-{stop - 1}",
                    **of_version(version_id),
                    **_match(etag),
                )
                with closing(answer["Body"]) as stream:
                    if answer["ContentLength"] != stop - start:
                        raise StorageError("the object storage sent another number of bytes than it was asked for")
                    return stream.read()

        return RangedFile(fetch, size=size, budget=budget)

    def siblings(self, key: str, limit: int) -> Callable[[str], BinaryIO | None]:
        """Return a function that opens the object of a bare name beside `key`, None when there is none.

        Raises TooLarge for a sibling of more than `limit` bytes: a sidecar that cannot be read is not absent.
        """

        def sibling(name: str) -> BinaryIO | None:
            neighbour = beside(key, name)
            if neighbour is None:
                return None
            try:
                return io.BytesIO(self.read(neighbour, limit=limit))
            except BucketMissing:
                raise
            except AssetMissing:
                return None

        return sibling

    def delete(self, key: str, version_id: str | None = None) -> None:
        """Delete a version for good, or without one put a delete marker on top; nothing happens when it is missing."""
        with self._told():
            self._client.delete_object(Bucket=self.bucket, Key=key, **of_version(version_id))

    def list(self, prefix: str = "") -> Iterator[Listed]:
        """Yield the current version of every object under a prefix; deleted objects are left out."""
        pages = iter(self._client.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=prefix))
        while True:
            with self._told():
                page = next(pages, None)
                if page is None:
                    return
                current = [_listed(entry) for entry in page.get("Versions", []) if entry["IsLatest"]]
            yield from current

    # Versions

    def keeps_versions(self) -> bool:
        """Whether the bucket keeps versions, so that a deletion can be undone; False if the role may not ask."""
        with self._told():
            try:
                return self._client.get_bucket_versioning(Bucket=self.bucket).get("Status") == "Enabled"
            except ClientError:
                return False

    def expires_versions(self) -> bool:
        """Whether a lifecycle rule of the bucket deletes objects or versions; False if the role may not ask."""
        with self._told():
            try:
                rules = self._client.get_bucket_lifecycle_configuration(Bucket=self.bucket).get("Rules", [])
            except ClientError:
                return False
        return any(rule.get("Status") == "Enabled" and _expires(rule) for rule in rules)

    def versions(self, key: str) -> tuple[Version, ...]:
        """Return every version and delete marker of exactly this key; of each kind the newest comes first."""
        found: tuple[Version, ...] = ()
        behind: tuple[str, str] | None = None
        while True:
            # Where a key is the beginning of others, it is listed before them.
            page, behind = self.page_of_versions(key, behind)
            found += tuple(each for each in page if each.key == key)
            if behind is None or any(each.key != key for each in page):
                return found

    def versions_under(self, prefix: str) -> Iterator[Version]:
        """Yield every version and delete marker under a prefix."""
        page, behind = self.page_of_versions(prefix, None)
        yield from page
        while behind is not None:
            page, behind = self.page_of_versions(prefix, behind)
            yield from page

    def page_of_versions(
        self, prefix: str, behind: tuple[str, str] | None, most: int = 1000
    ) -> tuple[tuple[Version, ...], tuple[str, str] | None]:
        """Return the next versions under a prefix, at most `most`, and the last one (key and version) where more follow."""
        markers = {"KeyMarker": behind[0], "VersionIdMarker": behind[1]} if behind else {}
        with self._told():
            answer = self._client.list_object_versions(Bucket=self.bucket, Prefix=prefix, MaxKeys=most, **markers)  # type: ignore[arg-type]
            kept = [_version_of(each, each["ETag"]) for each in answer.get("Versions", ())]
            hidden = [_version_of(each) for each in answer.get("DeleteMarkers", ())]
            last = (
                (answer["NextKeyMarker"], answer.get("NextVersionIdMarker", "")) if answer.get("IsTruncated") else None
            )
        return (*kept, *hidden), last

    def undelete(self, key: str) -> Undone:
        """Undo the deletion of an object: remove the delete markers, or else copy the newest version back.

        Raises StorageError if the storage refuses both.
        """
        versions = self.versions(key)
        newest = next((each for each in versions if not each.is_marker), None)
        if newest is None:
            return "gone"
        if any(each.is_latest and not each.is_marker for each in versions):
            return "there"
        try:
            self._take_markers_away(key, versions)
        except Refused:
            self._copy_back(newest)
            return "copied back"
        return "restored"

    def _take_markers_away(self, key: str, versions: Sequence[Version]) -> None:
        # A listing gives markers and versions apart, and says only which one is the newest of all.
        for _ in range(_MOST_MARKERS):
            marker = next((each for each in versions if each.is_marker and each.is_latest), None)
            if marker is None:
                return
            self.delete(key, marker.version_id)
            versions = self.versions(key)
        raise StorageError(f"an object in bucket {self.bucket} is deleted again and again; try again later")

    def _copy_back(self, version: Version) -> None:
        """Copy a version on top of its key, with its metadata and tags."""
        head = self.head(version.key, version.version_id)
        source: CopySourceTypeDef = {"Bucket": self.bucket, "Key": version.key, "VersionId": version.version_id}
        with self._told():
            if head.size <= COPY_PART:
                self._client.copy_object(
                    Bucket=self.bucket, Key=version.key, CopySource=source, CopySourceIfMatch=f'"{head.etag}"'
                )
                return
        upload = Upload(self.bucket, version.key, head.media_type, self.tags(version.key, version.version_id))
        with self._told():
            _copy_in_parts(self._client, upload, source, head.etag, head.size)

    def is_locked(self, key: str, version_id: str) -> bool:
        """Whether a version has a legal hold (Object Lock). Raises AssetMissing."""
        with self._told():
            try:
                answer = self._client.get_object_legal_hold(Bucket=self.bucket, Key=key, VersionId=version_id)
            except ClientError as error:
                if code_of(error) in _NOT_LOCKED:
                    return False
                raise
        return answer.get("LegalHold", {}).get("Status") == "ON"

    def lock(self, key: str, version_id: str, *, on: bool) -> None:
        """Set or remove the legal hold of a version; while it is on, nobody can delete the version. Raises AssetMissing."""
        with self._told():
            self._client.put_object_legal_hold(
                Bucket=self.bucket, Key=key, VersionId=version_id, LegalHold={"Status": "ON" if on else "OFF"}
            )

    # Tags

    def tags(self, key: str, version_id: str | None = None) -> dict[str, str]:
        """Return the tags of a version; without one, those of the newest version."""
        with self._told():
            answer = self._client.get_object_tagging(Bucket=self.bucket, Key=key, **of_version(version_id))
            return {tag["Key"]: tag["Value"] for tag in tag_set(answer)}

    def write_tags(self, key: str, version_id: str | None, ours: Mapping[str, str]) -> None:
        """Make `ours` the plugin's tags of one version; others' tags stay, equal tags are not written again.

        S3 cannot write tags on a condition: they are read again afterwards, and written again when somebody changed
        them. Raises StorageError when that goes on, or when the tags break S3's limits.
        """
        version_id = version_id or self.head(key).version_id
        current = self.tags(key, version_id)
        for _ in range(TAG_ATTEMPTS):
            wanted = object_tags.merged(current, ours)
            if current == wanted:
                return
            self._put_tags(key, version_id, wanted)
            current = self.tags(key, version_id)
        raise StorageError(f"somebody else keeps changing the tags of an object in bucket {self.bucket}")

    def put_tags(self, key: str, version_id: str | None, tags: Mapping[str, str]) -> None:
        """Replace all tags of a released copy in one request: only the plugin may tag one.

        Raises StorageError outside `released/`, where the tags of others have to stay, and where the tags break S3's
        limits.
        """
        object_tags.check(tags)
        self._put_tags(released(key), version_id, tags)

    def _put_tags(self, key: str, version_id: str | None, tags: Mapping[str, str]) -> None:
        with self._told():
            self._client.put_object_tagging(
                Bucket=self.bucket,
                Key=key,
                Tagging={"TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]},
                **of_version(version_id),
            )

    # Links

    def presign(
        self,
        key: str,
        version_id: str | None,
        *,
        seconds: int = 60,
        method: Literal["get", "head"] = "get",
        download_name: str | None = None,
    ) -> str:
        """Return a URL that opens a released copy for `seconds`, signed by delivery: a `hold` ends it at once.

        `download_name` makes a browser save it under that name. Raises SettingsError without delivery's credentials,
        StorageError for a key outside `released/`: originals are never linked; and where the storage's clock is far from ours.
        """
        if self._delivery is None:
            raise SettingsError(
                "there are no credentials of the delivery role: set DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID and its secret"
            )
        if abs(self._clock.ahead or 0.0) > MOST_SECONDS:
            # INVARIANT: the storage counts a URL's seconds from our time: where it is behind, the URL works for longer.
            raise StorageError(
                f"{self._clock.told()}, so URLs would end at another time: set both clocks, by NTP for example"
            )
        if not is_released(key):
            raise StorageError("only copies under released/ are linked, never an original")
        if not 0 < seconds <= LONGEST_LINK_SECONDS:
            raise StorageError(f"a URL lives 1 to {LONGEST_LINK_SECONDS} seconds, not {seconds}")
        asked = {"Bucket": self.bucket, "Key": key, "ResponseCacheControl": "no-store", **of_version(version_id)}
        if download_name is not None:
            asked["ResponseContentDisposition"] = f"attachment; filename*=UTF-8''{quote(download_name, safe='')}"
        with self._told():
            return self._delivery.generate_presigned_url(f"{method}_object", Params=asked, ExpiresIn=seconds)

    @property
    def clock(self) -> OtherClock:
        """The clock of the storage, as its last answer told it."""
        return self._clock

    @contextmanager
    def _whole(
        self, key: str, version_id: str | None, etag: str | None, limit: int
    ) -> Iterator[tuple[StreamingBody, int]]:
        """Yield the body of a whole object, and how many bytes it has: at most `limit`."""
        with self._told():
            answer = self._client.get_object(Bucket=self.bucket, Key=key, **of_version(version_id), **_match(etag))
            with closing(answer["Body"]) as stream:
                size = answer["ContentLength"]
                if size > limit:
                    raise TooLarge(f"the object has {size} bytes, {limit} are read at most")
                yield stream, size

    def _told(self) -> AbstractContextManager[None]:
        return told(f"bucket {self.bucket}", host_of(self._client.meta.endpoint_url))


def check_bucket_name(bucket: str) -> None:
    """Raise SettingsError when no bucket can have this name."""
    if not _BUCKET.fullmatch(bucket):
        raise SettingsError("a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens: this one is not")


def _listed(entry: ObjectVersionTypeDef) -> Listed:
    return Listed(entry["Key"], entry.get("VersionId"), entry["ETag"].strip('"'), entry["Size"], entry["LastModified"])


def _expires(rule: LifecycleRuleOutputTypeDef) -> bool:
    """Whether a lifecycle rule deletes more than unfinished uploads and delete markers without versions."""
    expiration = rule.get("Expiration", {})
    return bool(expiration.get("Days") or expiration.get("Date") or rule.get("NoncurrentVersionExpiration"))


def _version_of(entry: ObjectVersionTypeDef | DeleteMarkerEntryTypeDef, etag: str | None = None) -> Version:
    """Return an entry of a listing; a delete marker has no ETag."""
    return Version(
        entry["Key"],
        entry["VersionId"],
        is_marker=etag is None,
        is_latest=entry["IsLatest"],
        etag=(etag or "").strip('"'),
    )


def of_version(version_id: str | None) -> _Version:
    """Return the parameter that names a version in a request; none for the newest."""
    return {"VersionId": version_id} if version_id else {}


def _match(etag: str | None) -> _Match:
    return {"IfMatch": f'"{etag}"'} if etag else {}


def _nobody(_count: int) -> None:
    """Ignore the progress."""


def write_to_file(chunks: Iterable[bytes], path: Path, size: int) -> str:
    """Write the chunks into a new file that its owner alone may read, and return its sha256.

    Raises StorageError if the disk takes no more, or if the total is not `size` bytes. Errors of the chunks pass
    through. A file that was begun stays: the folder is the caller's.
    """
    digest, count = hashlib.sha256(), 0
    with on_disk(_REFUSES):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            count += len(chunk)
            with on_disk(_REFUSES):
                file.write(chunk)
        with on_disk(_REFUSES):
            file.flush()
    if count != size:
        raise StorageError("the object storage sent another number of bytes than it announced")
    return digest.hexdigest()


def _hear(clock: OtherClock, http_response: AWSResponse, **_: object) -> None:
    """Let a clock hear when an answer of the storage was written, to the second (RFC 9110, 6.6.1)."""
    with contextlib.suppress(ValueError):
        ahead = parsedate_to_datetime(http_response.headers.get("Date", "")).timestamp() - time.time()
        clock.hear(ahead, ahead + 1)


def copy_version(client: S3Client, upload: Upload, source: CopySourceTypeDef, etag: str, size: int) -> Sent:
    """Copy the version `source` of this ETag and size (bytes) to the place in `upload`, without any of its metadata.

    Errors of the client pass through; nothing is then stored.
    """
    if size > COPY_PART:
        return _copy_in_parts(client, upload, source, etag, size)
    answer = client.copy_object(
        Bucket=upload.bucket,
        Key=upload.key,
        CopySource=source,
        CopySourceIfMatch=f'"{etag}"',
        # The metadata that an uploader stored beside the original may hold a name.
        MetadataDirective="REPLACE",
        ContentType=upload.media_type,
        TaggingDirective="REPLACE",
        Tagging=upload.tagging,
    )
    return Sent(answer.get("VersionId"), answer["CopyObjectResult"]["ETag"].strip('"'), size)


def _copy_in_parts(client: S3Client, upload: Upload, source: CopySourceTypeDef, etag: str, size: int) -> Sent:
    upload_id = client.create_multipart_upload(
        Bucket=upload.bucket, Key=upload.key, ContentType=upload.media_type, Tagging=upload.tagging
    )["UploadId"]
    # S3's largest object would have more parts than there may be.
    part = max(COPY_PART, -(-size // MOST_PARTS))
    try:
        parts: list[CompletedPartTypeDef] = []
        for number, start in enumerate(range(0, size, part), start=1):
            answer = client.upload_part_copy(
                Bucket=upload.bucket,
                Key=upload.key,
                UploadId=upload_id,
                PartNumber=number,
                CopySource=source,
                CopySourceIfMatch=f'"{etag}"',
                CopySourceRange=f"bytes={start}-{min(start + part, size) - 1}",
            )
            parts.append({"ETag": answer["CopyPartResult"]["ETag"], "PartNumber": number})
        done = client.complete_multipart_upload(
            Bucket=upload.bucket, Key=upload.key, UploadId=upload_id, MultipartUpload={"Parts": parts}
        )
    except BaseException:
        # As with any upload: parts that are never completed stay, unseen and paid for.
        with contextlib.suppress(ClientError, BotoCoreError):
            client.abort_multipart_upload(Bucket=upload.bucket, Key=upload.key, UploadId=upload_id)
        raise
    return Sent(done.get("VersionId"), done["ETag"].strip('"'), size)
