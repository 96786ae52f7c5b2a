"""An object that is sent part by part over more than one process's life: S3's multipart upload, taken up again by its id.

What is in a part and when one ends is the caller's. Source: Amazon S3 User Guide, "Multipart upload limits" (1 to 10,000
parts, each but the last of 5 MiB or more; the parts may differ in size on AWS, RGW and MinIO).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from botocore.exceptions import ClientError

from dam_plugin.errors import StorageError
from dam_plugin.library.faults import code_of, host_of, told
from dam_plugin.library.upload import MOST_PARTS, Sent, Upload

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SMALLEST_PART = 5 * 1024 * 1024


class UploadGone(StorageError):
    """The storage knows no such upload (any more): it was completed, aborted or swept away."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part that the storage holds: its ETag as it was told, its size in bytes."""

    etag: str
    size: int


class Stream:
    """One upload in parts; `id` is what to take it up by, `size` the bytes that the storage holds of it.

    Everything raises what `faults.told` makes of the storage's errors, and UploadGone where the upload is no more.
    """

    def __init__(self, client: S3Client, upload: Upload, upload_id: str, parts: list[Part]) -> None:
        """Take what `begun` and `resumed` bring together."""
        self.id = upload_id
        self.size = sum(part.size for part in parts)
        self._client = client
        self._upload = upload
        self._parts = parts

    @classmethod
    def begun(cls, client: S3Client, upload: Upload) -> Self:
        """Begin an upload; the object has the tags and the media type of `upload` once it is complete."""
        with _told(client, upload):
            answer = client.create_multipart_upload(
                Bucket=upload.bucket, Key=upload.key, ContentType=upload.media_type, Tagging=upload.tagging
            )
            return cls(client, upload, answer["UploadId"], [])

    @classmethod
    def resumed(cls, client: S3Client, upload: Upload, upload_id: str, at: int) -> Self:
        """Take an upload up behind its first `at` bytes; parts behind them are sent anew.

        Raises StorageError where no part ends there: then the storage does not hold what the caller believes it holds.
        """
        parts: list[Part] = []
        size = 0
        for number, part in _stored(client, upload, upload_id):
            # A number that is left out is a part that never came: what follows it is behind a gap.
            if size >= at or number != len(parts) + 1:
                break
            parts.append(part)
            size += part.size
        if size != at:
            raise StorageError("the bucket does not hold the parts that are on record: export the set anew")
        return cls(client, upload, upload_id, parts)

    @property
    def parts(self) -> int:
        """How many parts the storage holds."""
        return len(self._parts)

    def send(self, data: bytes | bytearray) -> None:
        """Send the next part: of SMALLEST_PART bytes or more, unless it is the last."""
        number = len(self._parts) + 1
        if number > MOST_PARTS:
            raise StorageError(f"an upload has at most {MOST_PARTS:,} parts: export fewer recordings at once")
        with _told(self._client, self._upload):
            answer = self._client.upload_part(
                Bucket=self._upload.bucket,
                Key=self._upload.key,
                UploadId=self.id,
                PartNumber=number,
                Body=data,  # type: ignore[arg-type] # botocore takes a bytearray as well, and does not copy it
            )
            self._parts.append(Part(answer["ETag"], len(data)))
        self.size += len(data)

    def complete(self) -> Sent:
        """Make the object of the parts; it is there from then on, whole and with its tags."""
        with _told(self._client, self._upload):
            answer = self._client.complete_multipart_upload(
                Bucket=self._upload.bucket,
                Key=self._upload.key,
                UploadId=self.id,
                MultipartUpload={
                    "Parts": [{"ETag": part.etag, "PartNumber": n} for n, part in enumerate(self._parts, start=1)]
                },
            )
            return Sent(answer.get("VersionId"), answer["ETag"].strip('"'), self.size)

    def abort(self) -> None:
        """Have the storage forget the upload and its parts; nothing happens when it is gone."""
        try:
            with _told(self._client, self._upload):
                self._client.abort_multipart_upload(Bucket=self._upload.bucket, Key=self._upload.key, UploadId=self.id)
        except UploadGone:
            return


def _stored(client: S3Client, upload: Upload, upload_id: str) -> Iterator[tuple[int, Part]]:
    """Yield the number of each part that the storage holds, and the part, in order."""
    asked = client.get_paginator("list_parts").paginate(Bucket=upload.bucket, Key=upload.key, UploadId=upload_id)
    pages = iter(asked)
    while True:
        with _told(client, upload):
            page = next(pages, None)
            if page is None:
                return
            parts = [(part["PartNumber"], Part(part["ETag"], part["Size"])) for part in page.get("Parts", [])]
        yield from parts


@contextmanager
def _told(client: S3Client, upload: Upload) -> Iterator[None]:
    with told(f"bucket {upload.bucket}", host_of(client.meta.endpoint_url)):
        try:
            yield
        except ClientError as error:
            if code_of(error) == "NoSuchUpload":
                raise UploadGone("the upload that the set was sent by is no more: export the set anew") from None
            raise
