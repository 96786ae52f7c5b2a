"""Trials of a guarded bucket: what the plugin, delivery, the host, its signed URLs and a stranger can really do there.

Many libraries sign URLs unasked (`file.url` of django-storages does). If a server cannot distinguish such a URL from the
host's own request (`s3:authType`), the host must read no original. A trial leaves nothing behind, unless the bucket locks
new objects. Its objects are empty. They lie on hold under `released/`, or have names like folders, which the plugin never
takes in. They are deleted for good. Source: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters";
the parts that RGW ignores were found by trying.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.exceptions import ClientError

from dam_plugin.library.bucket import REFUSED, UNKNOWN_HERE
from dam_plugin.library.clients import anonymous_s3_client, s3_client
from dam_plugin.library.object_keys import RELEASED, URL_TRIAL
from dam_plugin.library.outsiders import APPLY, Exposure
from dam_plugin.library.roles import Roles, user_of
from dam_plugin.library.storage_errors import code_of
from dam_plugin.library.tags import RELEASE

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_s3 import S3Client


State = Literal["done", "to do", "changed", "kept", "not here", "not tried", "warning", "failed"]
Standing = Literal["works", "locked out", "somebody else", "unknown"]
RETRY_SECONDS = 1.0
_ALIVE_SECONDS = 60
_FOLDER = "dam-plugin-trial-"
_WITH_CREDENTIALS = f"{APPLY} with the host's credentials: it finds out what this server refuses"
_TAGS = (("staff", "that is for staff"), (None, "that is not tagged yet"), ("hold", "that is on hold"))
_BORDER = "dam-plugin-trial"
_SENT = "before-send.s3.HeadBucket"
_WRONG_DIGEST = b64encode(bytes(16)).decode()


@dataclass(frozen=True, slots=True)
class Measure:
    """A setting and its state: `done` (already so), `to do` (a dry run), `changed` (now), `kept` (of others), or an outcome."""

    name: str
    state: State
    detail: str


@dataclass(slots=True)
class Probe:
    """An object of a trial; `is_left` when it could not be deleted."""

    key: str
    version: str | None
    is_left: bool = False


# `refused`: the server tells a URL from a request, and refuses the URL. `opened`: it does not. `not the host`: these
# credentials cannot read an open copy as the host does. `not tried`: the caller may not write copies, as an
# administrator of the account. `locked`: the bucket locks new objects, so that the trial's objects would stay.
Verdict = Literal["refused", "opened", "not the host", "not tried", "locked"]


def standing(client: S3Client, bucket: str) -> Standing:
    """Whether these credentials can do as the plugin does: upload under `released/`, read, tag and read tags.

    `locked out`: they can upload, but not the rest. Credentials that cannot upload are not those of the policy's
    plugin.
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


def can_upload(client: S3Client, bucket: str) -> bool:
    """Whether these credentials can upload under `released/`, as the plugin does."""
    with probed(client, bucket) as probe:
        return probe is not None


def known(client: S3Client, bucket: str, roles: Roles) -> frozenset[str] | None:
    """Return the roles whose user RGW knows; None if the server does not say.

    RGW looks up a grantee first of all, and stores nothing whose digest is wrong.
    """
    nobody = secrets.token_hex(16)
    if _is_known(client, bucket, nobody):
        return None
    return frozenset(name for name, arn in roles.named().items() if _is_known(client, bucket, user_of(arn)))


def tried(
    client: S3Client, bucket: str, delivery: tuple[str, str] | None, *, administers: bool = False
) -> Iterator[Measure]:
    """Try the policy on an object on hold, then delivery's keys on the same object while it is for staff and open."""
    with probed(client, bucket) as probe:
        if probe is None:
            yield _untried(administers=administers)
            return
        yield _refused("anybody", anonymous_s3_client(), bucket, probe.key)
        yield from _as_delivery(client, bucket, probe.key, delivery)
    if probe.is_left:
        yield Measure("trial object", "kept", f"{probe.key} is locked (Object Lock) and stays: it is empty and on hold")


@contextmanager
def probed(
    client: S3Client,
    bucket: str,
    tag: str | None = "hold",
    *,
    start: str = f"{RELEASED}dam-plugin-trial-",
    end: str = "",
) -> Iterator[Probe | None]:
    """Upload an empty object with a tag for the length of the block; None if these credentials may not.

    Its key is `start`, a part that cannot be guessed, and `end`.
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


def works(request: Callable[[], object]) -> bool:
    """Whether a request is granted; False when it is refused, or its object is gone."""
    try:
        request()
    except ClientError as error:
        if code_of(error) in REFUSED | {"404", "NoSuchKey"}:
            return False
        raise
    return True


def verdict_on_urls(client: S3Client, bucket: str, host: S3Client, *, attempts: int = 1) -> Verdict:
    """Return whether the server refuses a URL that the host signs where the policy denies it, tried on open copies.

    Says `refused` only if the same URL opens a copy that the policy exempts: then only the policy can be the cause.
    A server that spreads a new policy slowly is asked up to `attempts` times.
    """
    with (
        probed(client, bucket, "open", start=URL_TRIAL) as excepted,
        probed(client, bucket, "open") as copy,
        closing(anonymous_s3_client()) as stranger,
    ):
        if excepted is None or copy is None:
            return "not tried"
        signed = _Signed(host, stranger, bucket)
        found: Verdict = "opened"
        for attempt in range(attempts):
            time.sleep(RETRY_SECONDS if attempt else 0)
            found = _tried_once(signed, excepted.key, copy.key)
            if found == "refused":
                break
        return found


def exposed_by_urls(client: S3Client, bucket: str, host: S3Client, *, by_header: bool) -> Iterator[Exposure]:
    """Yield what the host's URLs and forms open, replace or tag, and what the host itself reads beyond the policy's intent.

    `by_header`: the policy lets the host read objects for staff by requests signed in the header.
    """
    with ExitStack() as stack:
        originals: dict[str | None, Probe | None] = {
            tag: stack.enter_context(probed(client, bucket, tag, start=_FOLDER, end="/")) for tag, _ in _TAGS
        }
        copy = stack.enter_context(probed(client, bucket))
        signed = _Signed(host, stack.enter_context(closing(anonymous_s3_client())), bucket)
        for tag, which in _TAGS:
            if (probe := originals[tag]) is not None:
                yield from signed.read(probe, which, may_read=by_header and tag == "staff")
        held = originals["hold"]
        if held is not None and copy is not None:
            yield from signed.written(held, copy)


def _is_known(client: S3Client, bucket: str, user: str) -> bool:
    key = f"{RELEASED}dam-plugin-trial-{secrets.token_hex(8)}"
    try:
        stored = client.put_object(Bucket=bucket, Key=key, Body=b"", ContentMD5=_WRONG_DIGEST, GrantRead=f"id={user}")
    except ClientError as error:
        return code_of(error) != "NoSuchKey"
    # The server ignores digests.
    _delete(client, bucket, Probe(key, stored.get("VersionId")))
    return True


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


def _delete(client: S3Client, bucket: str, probe: Probe) -> None:
    try:
        if probe.version:
            # A request that was sent twice has left two objects.
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


def _tried_once(signed: _Signed, excepted: str, copy: str) -> Verdict:
    # Delivery reads open copies too, and lists nothing.
    if not (signed.lists() and signed.reads(copy) and signed.opens("get_object", copy)):
        return "not the host"
    return "refused" if signed.reads(excepted) and not signed.opens("get_object", excepted) else "opened"


@dataclass(frozen=True, slots=True)
class _Signed:
    """Requests of the host: its own, and those by URLs and forms that it signs and anybody sends."""

    host: S3Client
    stranger: S3Client
    bucket: str

    def lists(self) -> bool:
        return works(lambda: self.host.list_objects_v2(Bucket=self.bucket, MaxKeys=1))

    def reads(self, key: str, **which: str) -> bool:
        return works(lambda: self.host.head_object(Bucket=self.bucket, Key=key, **which))  # type: ignore[arg-type]

    def opens(self, operation: str, key: str, **which: str) -> bool:
        """Whether a URL of the host for this operation is granted to somebody without credentials."""
        method = "HEAD" if operation == "head_object" else "GET"
        url = self.host.generate_presigned_url(operation, Params=self._of(key, which), ExpiresIn=_ALIVE_SECONDS)
        return self._sent(method, url)

    def read(self, probe: Probe, which: str, *, may_read: bool) -> Iterator[Exposure]:
        version = {"VersionId": probe.version} if probe.version else {}
        if not may_read and (self.reads(probe.key) or (version and self.reads(probe.key, **version))):
            yield Exposure("host", f"read an original {which} (tried)", APPLY)
        asked: list[tuple[str, str, Mapping[str, str]]] = [("GET", "get_object", {}), ("HEAD", "head_object", {})]
        asked += [("GET of a version", "get_object", version)] if version else []
        asked += [("its tags", "get_object_tagging", {})]
        opened = [name for name, operation, more in asked if self.opens(operation, probe.key, **more)]
        if opened:
            could = f"open an original {which} by a URL that the host signs (tried: {', '.join(opened)})"
            yield Exposure("anybody", could, _WITH_CREDENTIALS)

    def written(self, original: Probe, copy: Probe) -> Iterator[Exposure]:
        """Yield an exposure for each write that works by a URL or form of the host; written trial objects are deleted."""
        tries: tuple[tuple[str, Callable[[], bool]], ...] = (
            ("replace a released copy by a URL that the host signs", lambda: self._puts(copy.key)),
            ("replace a released copy by a form that the host signs", lambda: self._posts(copy.key, "open")),
            ("tag an original `open` by a URL that the host signs", lambda: self._tags(original.key)),
            (
                "upload an original that is `open` as it arrives, by a URL that the host signs",
                lambda: self._puts(original.key, tag="open"),
            ),
            ("delete a version for good by a URL that the host signs", lambda: self._deletes(original)),
            # Some servers apply no condition on tags to a form: what counts is whether anybody but the host reads the
            # object then.
            (
                "upload by a form that the host signs what is read before the plugin tags it",
                lambda: self._posts(original.key, "staff") and self.opens("get_object", original.key),
            ),
        )
        for could, succeeds in tries:
            if succeeds():
                yield Exposure("anybody", f"{could} (tried)", APPLY)

    def _puts(self, key: str, *, tag: str | None = None) -> bool:
        tagging = {"Tagging": f"{RELEASE}={tag}"} if tag else {}
        params = self._of(key, tagging)
        url = self.host.generate_presigned_url("put_object", Params=params, ExpiresIn=_ALIVE_SECONDS)
        return self._sent("PUT", url, headers={"x-amz-tagging": tagging["Tagging"]} if tag else {})

    def _tags(self, key: str) -> bool:
        body = f"<Tagging><TagSet><Tag><Key>{RELEASE}</Key><Value>open</Value></Tag></TagSet></Tagging>".encode()
        # The same address as for reading tags, signed for a PUT: so the signature covers no header of boto3's.
        url = self.host.generate_presigned_url(
            "get_object_tagging", Params=self._of(key, {}), ExpiresIn=_ALIVE_SECONDS, HttpMethod="PUT"
        )
        return self._sent("PUT", url, headers={"Content-MD5": _md5(body)}, body=body)

    def _deletes(self, probe: Probe) -> bool:
        if not probe.version:
            return False
        params = self._of(probe.key, {"VersionId": probe.version})
        url = self.host.generate_presigned_url("delete_object", Params=params, ExpiresIn=_ALIVE_SECONDS)
        return self._sent("DELETE", url)

    def _posts(self, key: str, tag: str) -> bool:
        tagging = f"<Tagging><TagSet><Tag><Key>{RELEASE}</Key><Value>{tag}</Value></Tag></TagSet></Tagging>"
        post = self.host.generate_presigned_post(
            self.bucket, key, Fields={"tagging": tagging}, Conditions=[{"tagging": tagging}], ExpiresIn=_ALIVE_SECONDS
        )
        fields = "".join(
            f'--{_BORDER}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in post["fields"].items()
        )
        file = f'--{_BORDER}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n\r\n--{_BORDER}--\r\n'
        headers = {"Content-Type": f"multipart/form-data; boundary={_BORDER}"}
        return self._sent("POST", post["url"], headers=headers, body=(fields + file).encode())

    def _of(self, key: str, more: Mapping[str, str]) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": key, **more}

    def _sent(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bool:
        """Send a request without credentials, over our client's proxies and certificates."""

        def instead(request: AWSPreparedRequest, **_: object) -> None:
            request.method, request.url, request.body = method, url, body or None
            for name in list(request.headers.keys()):
                del request.headers[name]
            # Over a connection of its own: some servers send the rest of a refusal late.
            own = {"Content-Length": str(len(body)), "Connection": "close"}
            for name, value in {**(headers or {}), **own}.items():
                request.headers[name] = value

        events = self.stranger.meta.events
        events.register(_SENT, instead)
        try:
            return works(lambda: self.stranger.head_bucket(Bucket=self.bucket))
        except ClientError as error:
            # For one, not every server knows forms.
            if code_of(error) not in UNKNOWN_HERE:
                raise
            return False
        finally:
            events.unregister(_SENT, instead)


def _md5(body: bytes) -> str:
    return b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
