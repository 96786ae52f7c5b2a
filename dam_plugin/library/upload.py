"""Sends an object: in one request, or in parts when it is large. The version is the one that the server answered with.

boto3's own transfer manager does not say which version it wrote. A later request may return another writer's version.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlencode

from botocore.exceptions import BotoCoreError, ClientError

from dam_plugin.errors import StorageError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART = 32 * 1024 * 1024
MOST_PARTS = 10_000

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Sent:
    """The stored object: version (None without versioning), ETag without its quotes, size in bytes."""

    version_id: str | None
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class Upload:
    """The destination of an object and its settings."""

    bucket: str
    key: str
    media_type: str
    tags: Mapping[str, str]

    @property
    def tagging(self) -> str:
        """The tags as the header `x-amz-tagging` wants them."""
        return urlencode(self.tags)


def send(client: S3Client, upload: Upload, body: BinaryIO | bytes, progress: Progress) -> Sent:
    """Send the body; `progress` hears the bytes of each part sent. Errors of the reader and of the client pass through."""
    source = io.BytesIO(body) if isinstance(body, bytes) else body
    first = _read_part(source)
    if len(first) < PART:
        return _send_whole(client, upload, first, progress)
    return _send_parts(client, upload, first, source, progress)


def _send_whole(client: S3Client, upload: Upload, data: bytes, progress: Progress) -> Sent:
    answer = client.put_object(
        Bucket=upload.bucket, Key=upload.key, Body=data, ContentType=upload.media_type, Tagging=upload.tagging
    )
    progress(len(data))
    return Sent(answer.get("VersionId"), answer["ETag"].strip('"'), len(data))


def _send_parts(client: S3Client, upload: Upload, first: bytes, source: BinaryIO, progress: Progress) -> Sent:
    upload_id = client.create_multipart_upload(
        Bucket=upload.bucket, Key=upload.key, ContentType=upload.media_type, Tagging=upload.tagging
    )["UploadId"]
    try:
        parts = _sent_parts(client, upload, upload_id, _parts_of(first, source), progress)
        answer = client.complete_multipart_upload(
            Bucket=upload.bucket,
            Key=upload.key,
            UploadId=upload_id,
            MultipartUpload={"Parts": [part for part, _ in parts]},
        )
    except BaseException:
        # Parts of an upload that is never completed stay, unseen and paid for.
        with contextlib.suppress(ClientError, BotoCoreError):
            client.abort_multipart_upload(Bucket=upload.bucket, Key=upload.key, UploadId=upload_id)
        raise
    return Sent(answer.get("VersionId"), answer["ETag"].strip('"'), sum(size for _, size in parts))


def _sent_parts(
    client: S3Client, upload: Upload, upload_id: str, parts: Iterator[bytes], progress: Progress
) -> list[tuple[CompletedPartTypeDef, int]]:
    sent: list[tuple[CompletedPartTypeDef, int]] = []
    for number, data in enumerate(parts, start=1):
        if number > MOST_PARTS:
            raise StorageError(f"an upload has at most {MOST_PARTS * PART} bytes: this one is larger")
        part = client.upload_part(
            Bucket=upload.bucket, Key=upload.key, UploadId=upload_id, PartNumber=number, Body=data
        )
        sent.append(({"ETag": part["ETag"], "PartNumber": number}, len(data)))
        progress(len(data))
    return sent


def _parts_of(first: bytes, source: BinaryIO) -> Iterator[bytes]:
    yield first
    while part := _read_part(source):
        yield part


def _read_part(source: BinaryIO) -> bytes:
    chunks = []
    missing = PART
    while missing and (chunk := source.read(missing)):
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)
