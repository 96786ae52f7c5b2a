"""Object tags: the plugin's names for them, their values from a Tagging, S3's limits, and a count of objects without.

Limits: Amazon S3 User Guide, "Categorizing your storage using tags" (10 tags, 128 and 256 characters). Tags hold keyed
pseudonyms, never a student's name or number.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from dam_plugin.errors import StorageError
from dam_plugin.library.storage_errors import code_of
from dam_plugin.model import ReleaseTag
from dam_tagging.facts import Tagging

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectTaggingOutputTypeDef, ObjectVersionTypeDef, TagTypeDef


RELEASE = "dam-release"
TAGGING = "dam-tagging"
DIRECTORY = "dam-directory"
RELATED = "dam-related"
STUDENTS = "dam-students"
RULES = "dam-rules"
REDACTED_FROM = "dam-redacted-from"
# In the order in which tags are kept where others leave too little room: who may read comes before information.
BY_PRIORITY = (RELEASE, TAGGING, DIRECTORY, RELATED, RULES, STUDENTS, REDACTED_FROM)
OURS = frozenset(BY_PRIORITY)
MOST_TAGS = 10
LONGEST_KEY = 128
LONGEST_VALUE = 256
AT_ONCE = 8
_ALLOWED = re.compile(r"[A-Za-z0-9 +\-=._:/@]*")
_GONE = frozenset({"404", "MethodNotAllowed", "NoSuchKey", "NoSuchVersion", "NotFound"})


@dataclass(frozen=True, slots=True)
class Untagged:
    """Counts of versions: all that were seen, and those without the tag, with newest and older ones apart.

    `unfinished` of the newest ones are not objects yet: RGW without a cluster lists unfinished multipart uploads among
    them.
    """

    seen: int = 0
    newest: int = 0
    older: int = 0
    unfinished: int = 0


def object_tags(tagging: Tagging, release: ReleaseTag, related: int | None) -> dict[str, str]:
    """Return the tags with the plugin's facts about an object.

    `related` is the count of directly related students, None when it is not known; a tag without a value is left out.
    """
    values = {
        RELEASE: release,
        TAGGING: tagging.state,
        DIRECTORY: tagging.directory_status,
        RELATED: "unknown" if related is None else str(related),
        STUDENTS: _as_many_as_fit(sorted({appearance.student for appearance in tagging.appearances})),
        RULES: tagging.rules_digest[:LONGEST_VALUE],
    }
    return {key: value for key, value in values.items() if value}


def merged(current: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """Return others' tags of `current` with our own replaced by `ours`; the least important of `ours` give way.

    INVARIANT: a `dam-release` of `ours` is in the result, so that an older and looser one never stays. Raises
    StorageError where others leave no room for it, or S3 would refuse a tag. Without room no older `dam-release` is
    there, and untagged objects are closed to readers.
    """
    check(ours)
    if unknown := sorted(set(ours) - OURS):
        raise StorageError(f"the tag {unknown[0]!r} is not one of the plugin's")
    others = {key: value for key, value in current.items() if key not in OURS}
    room = max(MOST_TAGS - len(others), 0)
    if RELEASE in ours and not room:
        raise StorageError(
            f"the object carries {len(others)} tags of others, and {RELEASE} does not fit beside them: "
            f"S3 allows {MOST_TAGS}, remove one"
        )
    kept = [key for key in BY_PRIORITY if key in ours][:room]
    return {**others, **{key: ours[key] for key in kept}}


def check(tags: Mapping[str, str]) -> None:
    """Raise StorageError if S3 would refuse the tags. Values are not shown: they may be pseudonyms."""
    if len(tags) > MOST_TAGS:
        raise StorageError(f"an object has at most {MOST_TAGS} tags, not {len(tags)}")
    for key, value in tags.items():
        if not 0 < len(key) <= LONGEST_KEY or not _ALLOWED.fullmatch(key):
            raise StorageError(f"a tag's key has 1 to {LONGEST_KEY} letters, digits, spaces or + - = . _ : / @")
        if len(value) > LONGEST_VALUE or not _ALLOWED.fullmatch(value):
            raise StorageError(
                f"the value of the tag {key} has at most {LONGEST_VALUE} letters, digits, spaces or + - = . _ : / @"
            )


def _as_many_as_fit(pseudonyms: Sequence[str]) -> str:
    """Join by spaces. Values that do not fit in one tag are counted at the end: `s-1 s-2 +3`."""
    whole = " ".join(pseudonyms)
    if len(whole) <= LONGEST_VALUE:
        return whole
    lengths = list(accumulate(len(pseudonym) + 1 for pseudonym in pseudonyms))
    shown = bisect_right(lengths, LONGEST_VALUE - len(f"+{len(pseudonyms)}"))
    return " ".join([*pseudonyms[:shown], f"+{len(pseudonyms) - shown}"])


def tag_set(answer: GetObjectTaggingOutputTypeDef) -> list[TagTypeDef]:
    """Return the tags of an answer. RGW without a cluster loses those of a multipart upload, and answers with nothing."""
    return answer.get("TagSet", [])


def count_untagged(client: S3Client, bucket: str) -> Untagged:
    """Look at every version that can be read by its id. A version that is deleted meanwhile does not count."""
    seen = newest = older = unfinished = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            versions = page.get("Versions", [])
            seen += len(versions)
            for version in _untagged(client, bucket, versions, pool):
                newest, older = (newest + 1, older) if version["IsLatest"] else (newest, older + 1)
                # An object that was stored completely has an ETag.
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
