"""How many objects carry no `dam-release`: what a policy that heeds it would hide."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from dam_plugin.library.faults import code_of
from dam_plugin.library.tags import RELEASE

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectTaggingOutputTypeDef, ObjectVersionTypeDef, TagTypeDef

AT_ONCE = 8
_GONE = frozenset({"404", "MethodNotAllowed", "NoSuchKey", "NoSuchVersion", "NotFound"})


@dataclass(frozen=True, slots=True)
class Untagged:
    """Counts of versions: all that were seen, and those without the tag, newest ones and older ones apart.

    `unfinished` of the newest ones are no objects yet: uploads in parts that RGW without a cluster lists among them.
    """

    seen: int = 0
    newest: int = 0
    older: int = 0
    unfinished: int = 0


def tag_set(answer: GetObjectTaggingOutputTypeDef) -> list[TagTypeDef]:
    """Return the tags of an answer: RGW without a cluster loses those of an upload in parts, and answers with nothing."""
    return answer.get("TagSet", [])


def count(client: S3Client, bucket: str) -> Untagged:
    """Look at every version that can be read by its id; one that is deleted meanwhile does not count."""
    seen = newest = older = unfinished = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            versions = page.get("Versions", [])
            seen += len(versions)
            for version in _untagged(client, bucket, versions, pool):
                newest, older = (newest + 1, older) if version["IsLatest"] else (newest, older + 1)
                # Whatever was stored whole has an ETag.
                unfinished += not version["ETag"].strip('"')
    return Untagged(seen, newest, older, unfinished)


def _untagged(
    client: S3Client, bucket: str, versions: list[ObjectVersionTypeDef], pool: ThreadPoolExecutor
) -> Iterable[ObjectVersionTypeDef]:
    def lacks(version: ObjectVersionTypeDef) -> bool:
        try:
            answer = client.get_object_tagging(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
        except ClientError as error:
            if code_of(error) in _GONE:
                return False
            raise
        return all(tag["Key"] != RELEASE for tag in tag_set(answer))

    return (version for version, is_lacking in zip(versions, pool.map(lacks, versions), strict=True) if is_lacking)
