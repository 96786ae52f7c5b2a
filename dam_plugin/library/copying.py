"""Copying a version inside its bucket: its bytes pass through the storage alone, whatever their number.

Sources: Amazon S3 API reference, CopyObject (5 GiB at most) and UploadPartCopy.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dam_plugin.library.upload import MOST_PARTS, Sent, Upload

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, CopySourceTypeDef

# Far below what S3 takes in one request: a server that answers only once it has copied must do so in time.
PART = 1024 * 1024 * 1024


def copy(client: S3Client, upload: Upload, source: CopySourceTypeDef, etag: str, size: int) -> Sent:
    """Copy the version `source` of that ETag and size (bytes) to where `upload` says; none of its metadata goes along.

    What the client raises, rises: nothing is then stored.
    """
    if size > PART:
        return _in_parts(client, upload, source, etag, size)
    answer = client.copy_object(
        Bucket=upload.bucket,
        Key=upload.key,
        CopySource=source,
        CopySourceIfMatch=f'"{etag}"',
        # A name may stand in what somebody stored beside the original.
        MetadataDirective="REPLACE",
        ContentType=upload.media_type,
        TaggingDirective="REPLACE",
        Tagging=upload.tagging,
    )
    return Sent(answer.get("VersionId"), answer["CopyObjectResult"]["ETag"].strip('"'), size)


def _in_parts(client: S3Client, upload: Upload, source: CopySourceTypeDef, etag: str, size: int) -> Sent:
    upload_id = client.create_multipart_upload(
        Bucket=upload.bucket, Key=upload.key, ContentType=upload.media_type, Tagging=upload.tagging
    )["UploadId"]
    # S3's largest object would have more parts than there may be.
    part = max(PART, -(-size // MOST_PARTS))
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
        # As of any upload: parts that nobody completes stay, unseen and paid for.
        with contextlib.suppress(ClientError, BotoCoreError):
            client.abort_multipart_upload(Bucket=upload.bucket, Key=upload.key, UploadId=upload_id)
        raise
    return Sent(done.get("VersionId"), done["ETag"].strip('"'), size)
