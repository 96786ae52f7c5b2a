"""What can be tried of a guarded bucket: with the credentials at hand, with delivery's, and with none.

A trial leaves nothing behind, unless the bucket locks what is stored: its object lies under `released/`, is empty and on
hold, and is deleted for good.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.exceptions import ClientError

from dam_plugin.library.bucket import REFUSED
from dam_plugin.library.clients import anonymous_s3_client, s3_client
from dam_plugin.library.faults import code_of
from dam_plugin.library.keys import RELEASED
from dam_plugin.library.measure import Measure
from dam_plugin.library.roles import Roles, user_of
from dam_plugin.library.tags import RELEASE

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Standing = Literal["works", "locked out", "somebody else", "unknown"]

_WRONG_DIGEST = b64encode(bytes(16)).decode()


@dataclass(slots=True)
class Probe:
    """An object of a trial; `is_left` when it could not be deleted."""

    key: str
    version: str | None
    is_left: bool = False


def works(request: Callable[[], object]) -> bool:
    """Whether a request is granted; False when it is refused, or its object is gone."""
    try:
        request()
    except ClientError as error:
        if code_of(error) in REFUSED | {"404", "NoSuchKey"}:
            return False
        raise
    return True


def can_upload(client: S3Client, bucket: str) -> bool:
    """Whether these credentials can upload under `released/`, as the plugin does."""
    with probed(client, bucket) as probe:
        return probe is not None


def standing(client: S3Client, bucket: str) -> Standing:
    """Whether these credentials can do as the plugin does: upload under `released/`, read, tag and read tags.

    Who can upload and then not the rest is `locked out`; who cannot upload is not the one whom the policy calls the plugin.
    """
    with probed(client, bucket) as probe:
        if probe is None:
            return "somebody else"
        done = (
            partial(client.head_object, Bucket=bucket, Key=probe.key),
            partial(_tag, client, bucket, probe.key, "staff"),
            partial(client.get_object_tagging, Bucket=bucket, Key=probe.key),
        )
        return "works" if all(works(request) for request in done) else "locked out"


def known(client: S3Client, bucket: str, roles: Roles) -> frozenset[str] | None:
    """Return the roles whose user RGW knows; None where the server does not say.

    RGW looks a grantee up before anything else, and stores nothing whose digest is wrong.
    """
    nobody = secrets.token_hex(16)
    if _is_known(client, bucket, nobody):
        return None
    return frozenset(name for name, arn in roles.named().items() if _is_known(client, bucket, user_of(arn)))


def _is_known(client: S3Client, bucket: str, user: str) -> bool:
    key = f"{RELEASED}dam-plugin-trial-{secrets.token_hex(8)}"
    try:
        stored = client.put_object(Bucket=bucket, Key=key, Body=b"", ContentMD5=_WRONG_DIGEST, GrantRead=f"id={user}")
    except ClientError as error:
        return code_of(error) != "NoSuchKey"
    # The server heeds no digest.
    _delete(client, bucket, Probe(key, stored.get("VersionId")))
    return True


def tried(
    client: S3Client, bucket: str, delivery: tuple[str, str] | None, *, administers: bool = False
) -> Iterator[Measure]:
    """Try the policy on an object on hold, and with delivery's keys on the same one while it is for staff, and open."""
    with probed(client, bucket) as probe:
        if probe is None:
            yield _untried(administers=administers)
            return
        yield _refused("anybody", anonymous_s3_client(), bucket, probe.key)
        yield from _as_delivery(client, bucket, probe.key, delivery)
    if probe.is_left:
        yield Measure("trial object", "kept", f"{probe.key} is locked (Object Lock) and stays: it is empty and on hold")


def _untried(*, administers: bool) -> Measure:
    if administers:
        detail = "these credentials are not the plugin's: run `policy check` with the plugin's to be sure of --plugin"
        return Measure("trial", "not tried", detail)
    return Measure("trial", "failed", "these credentials may not write a copy: check --plugin, or use the plugin's")


def _as_delivery(client: S3Client, bucket: str, key: str, keys: tuple[str, str] | None) -> Iterator[Measure]:
    step = "trial as delivery"
    if keys is None:
        yield Measure(step, "not tried", "set DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID and its secret to try it")
        return
    ours = boto3.session.Session().get_credentials()
    if ours is not None and ours.access_key == keys[0]:
        yield Measure(step, "failed", "delivery's access key is the plugin's own: give delivery a user of its own")
        return
    with closing(s3_client(keys=keys)) as reader:
        yield _refused("delivery", reader, bucket, key)
        _tag(client, bucket, key, "staff")
        if works(lambda: reader.head_object(Bucket=bucket, Key=key)):
            detail = "delivery can read what is for staff: are these the host's keys?"
            yield Measure("trial of delivery's keys", "failed", detail)
        elif works(lambda: reader.list_objects_v2(Bucket=bucket, MaxKeys=1)):
            yield Measure("trial of delivery's keys", "failed", "delivery can list: are these the host's keys?")
        _tag(client, bucket, key, "open")
        yield _granted(reader, bucket, key)
        _tag(client, bucket, key, "hold")


def _refused(who: str, reader: S3Client, bucket: str, key: str) -> Measure:
    if works(lambda: reader.head_object(Bucket=bucket, Key=key)):
        detail = f"{who} can read what is on hold: this server does not heed the policy"
        return Measure(f"trial as {who}", "failed", detail)
    return Measure(f"trial as {who}", "done", f"{who} cannot read what is on hold")


def _granted(reader: S3Client, bucket: str, key: str) -> Measure:
    if works(lambda: reader.head_object(Bucket=bucket, Key=key)):
        return Measure("trial of a link", "done", "delivery can read a copy that is open")
    return Measure("trial of a link", "failed", "delivery cannot read a copy that is open: check --delivery")


def _tag(client: S3Client, bucket: str, key: str, value: str) -> None:
    client.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": [{"Key": RELEASE, "Value": value}]})


@contextmanager
def probed(
    client: S3Client,
    bucket: str,
    tag: str | None = "hold",
    *,
    start: str = f"{RELEASED}dam-plugin-trial-",
    end: str = "",
) -> Iterator[Probe | None]:
    """Upload an empty object with a tag for as long as the block lasts; None where these credentials may not.

    Its key is `start`, what nobody guesses, and `end`.
    """
    key = f"{start}{secrets.token_hex(8)}{end}"
    try:
        # Without a tag the parameter is left out, as a host's upload is.
        tagged: dict[str, Any] = {"Tagging": f"{RELEASE}={tag}"} if tag else {}
        version = client.put_object(Bucket=bucket, Key=key, Body=b"", **tagged).get("VersionId")
    except ClientError as error:
        if code_of(error) not in REFUSED:
            raise
        yield None
        return
    probe = Probe(key, version)
    try:
        yield probe
    finally:
        _delete(client, bucket, probe)


def _delete(client: S3Client, bucket: str, probe: Probe) -> None:
    try:
        if probe.version:
            # A request that was sent twice has left two.
            stored = client.list_object_versions(Bucket=bucket, Prefix=probe.key)
            entries = [*stored.get("Versions", []), *stored.get("DeleteMarkers", [])]
            for version in {probe.version, *(each["VersionId"] for each in entries)}:
                client.delete_object(Bucket=bucket, Key=probe.key, VersionId=version)
        else:
            client.delete_object(Bucket=bucket, Key=probe.key)
    except ClientError as error:
        if code_of(error) not in REFUSED:
            raise
        probe.is_left = True
