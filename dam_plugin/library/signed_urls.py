"""What a URL that the host signs opens to anybody who holds it, tried with the host's own credentials.

Many libraries sign such URLs unasked (`file.url` of django-storages does). Where a server cannot tell them from the host's
own requests (`s3:authType`), the host must read no original there. A trial leaves nothing behind: its objects are empty,
lie under `released/` or are named like folders, which nobody takes in, and are deleted for good.
Source: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters"; what RGW ignores was found by trying.
"""

from __future__ import annotations

import hashlib
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from dam_plugin.library.bucket import UNKNOWN_HERE
from dam_plugin.library.clients import anonymous_s3_client
from dam_plugin.library.exposure import APPLY, Exposure
from dam_plugin.library.faults import code_of
from dam_plugin.library.keys import URL_TRIAL
from dam_plugin.library.tags import RELEASE
from dam_plugin.library.trial import Probe, probed, works

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_s3 import S3Client

# `refused`: the server tells a URL from a request, and refuses it; `opened`: it does not; `not the host`: these credentials
# read no open copy as the host does; `not tried`: who tries may not write copies, as an administrator of the account;
# `locked`: the bucket locks what is stored, so that what is tried on would stay.
Verdict = Literal["refused", "opened", "not the host", "not tried", "locked"]

RETRY_SECONDS = 1.0
_ALIVE_SECONDS = 60
_FOLDER = "dam-plugin-trial-"
_WITH_CREDENTIALS = f"{APPLY} with the host's credentials: it finds out what this server refuses"
_TAGS = (("staff", "that is for staff"), (None, "that is not tagged yet"), ("hold", "that is on hold"))
_BORDER = "dam-plugin-trial"
_SENT = "before-send.s3.HeadBucket"


def verdict(client: S3Client, bucket: str, host: S3Client, *, attempts: int = 1) -> Verdict:
    """Return whether the server refuses a URL that the host signs where the policy says so, on copies that are open.

    Says `refused` only where the very same URL opens a copy that the policy does not except: so nothing else refuses it.
    A server that spreads a new policy slowly is asked `attempts` times until it does.
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


def _tried_once(signed: _Signed, excepted: str, copy: str) -> Verdict:
    # Delivery reads open copies too, and lists nothing.
    if not (signed.lists() and signed.reads(copy) and signed.opens("get_object", copy)):
        return "not the host"
    return "refused" if signed.reads(excepted) and not signed.opens("get_object", excepted) else "opened"


def exposures(client: S3Client, bucket: str, host: S3Client, *, by_header: bool) -> Iterator[Exposure]:
    """Yield what the host's URLs and forms open, replace or tag, and what it reads itself past what the policy means.

    `by_header`: the policy lets the host read what is for staff by requests signed in the header.
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


@dataclass(frozen=True, slots=True)
class _Signed:
    """Requests of the host: its own, and by URLs and forms that it signs and anybody sends."""

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
        """Yield what a URL or a form of the host's writes: each is tried, and what it wrote is deleted with the trial."""
        tries: tuple[tuple[str, Callable[[], bool]], ...] = (
            ("replace a released copy by a URL that the host signs", lambda: self._puts(copy.key)),
            ("replace a released copy by a form that the host signs", lambda: self._posts(copy.key, "open")),
            ("tag an original `open` by a URL that the host signs", lambda: self._tags(original.key)),
            (
                "upload an original that is `open` as it arrives, by a URL that the host signs",
                lambda: self._puts(original.key, tag="open"),
            ),
            ("delete a version for good by a URL that the host signs", lambda: self._deletes(original)),
            # Some servers ask no condition on tags of a form: what counts is whether anybody but the host reads it then.
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
        # The same address as for reading tags, signed for a PUT: so no header of boto3's is part of what is signed.
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
        """Send a request as somebody without credentials, over our client's proxies and certificates."""

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
            # Forms, for one, are not known everywhere.
            if code_of(error) not in UNKNOWN_HERE:
                raise
            return False
        finally:
            events.unregister(_SENT, instead)


def _md5(body: bytes) -> str:
    return b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
