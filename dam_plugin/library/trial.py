"""What can be tried of a guarded bucket: with the credentials at hand, with delivery's, and with none.

A trial leaves nothing behind: its object lies under `released/`, is on hold, and is deleted for good.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from dam_plugin.library.clients import anonymous_s3_client, s3_client
from dam_plugin.library.faults import code_of
from dam_plugin.library.keys import RELEASED
from dam_plugin.library.measure import Measure
from dam_plugin.library.tags import RELEASE

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_REFUSALS = frozenset({"403", "AccessDenied", "AllAccessDisabled"})


def works(request: Callable[[], object]) -> bool:
    """Whether a request is granted; False when it is refused, or its object is gone."""
    try:
        request()
    except ClientError as error:
        if code_of(error) in _REFUSALS | {"404", "NoSuchKey"}:
            return False
        raise
    return True


def can_upload(client: S3Client, bucket: str) -> bool:
    """Whether these credentials can upload under `released/`, as the plugin does."""
    with _probe(client, bucket) as key:
        return key is not None


def locks_out(client: S3Client, bucket: str) -> bool:
    """Whether these credentials can upload as the plugin does and then not read it."""
    with _probe(client, bucket) as key:
        return key is not None and not works(lambda: client.head_object(Bucket=bucket, Key=key))


def tried(client: S3Client, bucket: str, delivery: tuple[str, str] | None) -> Iterator[Measure]:
    """Try the policy on an object on hold, and with delivery's keys on the same one while it is open."""
    with _probe(client, bucket) as key:
        if key is None:
            detail = (
                "these credentials may not write a copy: in order if they are an administrator's; if they are the plugin's, "
                "--plugin names somebody else, so that nothing is released or held any more: run this again with its ARN"
            )
            yield Measure("trial", "failed", detail)
            return
        yield _refused("anybody", anonymous_s3_client(), bucket, key)
        if delivery is None:
            yield Measure(
                "trial as delivery", "not tried", "set DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID and its secret to try it"
            )
            return
        yield _refused("delivery", s3_client(keys=delivery), bucket, key)
        client.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": [{"Key": RELEASE, "Value": "open"}]})
        yield _granted(s3_client(keys=delivery), bucket, key)


def _refused(who: str, reader: S3Client, bucket: str, key: str) -> Measure:
    with closing(reader):
        if works(lambda: reader.head_object(Bucket=bucket, Key=key)):
            return Measure(
                f"trial as {who}", "failed", f"{who} can read what is on hold: this server does not heed the policy"
            )
    return Measure(f"trial as {who}", "done", f"{who} cannot read what is on hold")


def _granted(reader: S3Client, bucket: str, key: str) -> Measure:
    with closing(reader):
        if works(lambda: reader.head_object(Bucket=bucket, Key=key)):
            return Measure("trial of a link", "done", "delivery can read a copy that is open")
    return Measure("trial of a link", "failed", "delivery cannot read a copy that is open: check --delivery")


@contextmanager
def _probe(client: S3Client, bucket: str) -> Iterator[str | None]:
    """Upload an object on hold for as long as the block lasts; None where these credentials may not."""
    key = f"{RELEASED}dam-plugin-trial-{secrets.token_hex(8)}"
    try:
        version = client.put_object(Bucket=bucket, Key=key, Body=b"", Tagging=f"{RELEASE}=hold").get("VersionId")
    except ClientError as error:
        if code_of(error) not in _REFUSALS:
            raise
        yield None
        return
    try:
        yield key
    finally:
        if version:
            client.delete_object(Bucket=bucket, Key=key, VersionId=version)
        else:
            client.delete_object(Bucket=bucket, Key=key)
