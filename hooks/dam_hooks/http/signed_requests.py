"""A request of a host, checked as it comes in: its headers, its body, and which host's key signed it.

Hosts sign by Standard Webhooks 1.0. Its own library makes the signature that is compared. This module adds the limits
that the library lacks (headers once each, their lengths, the given clock), and the keys of `DAM_PLUGIN_HTTP_KEYS`:
`whsec_` and 24 to 64 random bytes in base64. A host may have several keys, so that a new key replaces an old one
without a gap. No key is in a message or a repr. INVARIANT: neither the id nor the time holds a full stop, so the signed
text can be taken apart in one way only.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

import anyio
from standardwebhooks import Webhook
from starlette.requests import ClientDisconnect, Request

from dam_hooks.http.bodies import MOST_BYTES
from dam_hooks.http.problems import Refused
from dam_plugin.errors import SettingsError
from dam_plugin.settings import Settings

BODY_SECONDS = 10.0
# For a body with a copy of a paper.
LARGE_BODY_SECONDS = 60.0
# The rest of a body that was not read would be taken for the next request.
_CLOSE = {"Connection": "close"}

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
# How far a request's time may be from ours, before or after.
TOLERANCE_SECONDS = 300
VERSION = "v1"
# A host that changes keys sends two.
MOST_SIGNATURES = 8

_ID = re.compile(r"[!-\-/-~]{1,255}")
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}")

SECRET_PREFIX = "whsec_"  # noqa: S105 - what a key begins with
FEWEST_KEY_BYTES, MOST_KEY_BYTES = 24, 64
# Each request is checked with every key.
MOST_KEYS = 64

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_HOW = "write NAME:whsec_… for each, parted by commas"


@dataclass(frozen=True, slots=True)
class HostKey:
    """One key of a host: whose it is, and its bytes."""

    client: str
    secret: bytes = field(repr=False)


class NotSigned(Exception):
    """A request without a signature of a known key that holds now; the text is one sentence for the host's developers."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A request whose signature holds: whose key it was, its id, and its time in seconds since 1970."""

    client: str
    message_id: str
    sent_at: int


def headers_of(request: Request) -> Mapping[str, Sequence[str]]:
    """Return the values of each header, in order, by its name in small letters."""
    found: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        found.setdefault(name.lower(), []).append(value)
    return found


def is_large(headers: Mapping[str, Sequence[str]]) -> bool:
    """Whether a body says that it is larger than one without a copy of a paper."""
    return any(each.isdecimal() and int(each[:20]) > MOST_BYTES for each in headers.get("content-length", ()))


def check_form(headers: Mapping[str, Sequence[str]], most: int = MOST_BYTES) -> None:
    """Raise Refused for a body that is not plain JSON (415), or that says it is too large (413)."""
    kind, _, parameters = ",".join(headers.get("content-type", ())).partition(";")
    charset = parameters.replace('"', "").strip().lower()
    if kind.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json in UTF-8", headers=_CLOSE)
    if any(each.strip().lower() != "identity" for each in headers.get("content-encoding", ())):
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must not be compressed", headers=_CLOSE)
    if any(each.isdecimal() and int(each[:20]) > most for each in headers.get("content-length", ())):
        raise _too_large(most)


async def body_of(request: Request, most: int = MOST_BYTES) -> bytes:
    """Return the body. Raises Refused: 413 once it is too large, even if it claimed less; 408 where it is too slow."""
    body = bytearray()
    seconds = BODY_SECONDS if most == MOST_BYTES else LARGE_BODY_SECONDS
    try:
        with anyio.fail_after(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError:
        raise Refused(
            HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {seconds:.0f} seconds", headers=_CLOSE
        ) from None
    except ClientDisconnect:
        raise Refused(HTTPStatus.BAD_REQUEST, "the body did not come whole") from None
    return bytes(body)


def _too_large(most: int) -> Refused:
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {most // 1024:,} KiB", headers=_CLOSE)


def host_keys(settings: Settings) -> tuple[HostKey, ...]:
    """Return the keys of the settings, none where none is set. Raises SettingsError, which quotes no key."""
    if settings.http_keys is None:
        return ()
    entries = settings.http_keys.get_secret_value().split(",")
    if len(entries) > MOST_KEYS:
        raise SettingsError(f"DAM_PLUGIN_HTTP_KEYS has more than {MOST_KEYS} keys: take out those that no host uses")
    keys = tuple(_key(entry.strip(), place) for place, entry in enumerate(entries, start=1))
    seen: set[bytes] = set()
    for place, key in enumerate(keys, start=1):
        if key.secret in seen:
            raise SettingsError(
                f"key {place} of DAM_PLUGIN_HTTP_KEYS stands there twice: give each host keys of its own"
            )
        seen.add(key.secret)
    return keys


def check_headers(headers: Mapping[str, Sequence[str]], now: datetime) -> tuple[str, int, tuple[bytes, ...]]:
    """Return id, time and signatures of a request, before its body is read. Raises NotSigned.

    `headers`: the values of each header, by its name in small letters.
    """
    message_id, sent, signed = (_only(headers, name) for name in (ID, TIMESTAMP, SIGNATURE))
    if not _ID.fullmatch(message_id):
        raise NotSigned(f"{ID} must be 1 to 255 printable ASCII characters without spaces and full stops")
    if not _TIMESTAMP.fullmatch(sent):
        raise NotSigned(f"{TIMESTAMP} must be a whole number of seconds since 1970")
    if abs(now.timestamp() - int(sent)) > TOLERANCE_SECONDS:
        raise NotSigned(
            f"{TIMESTAMP} is more than {TOLERANCE_SECONDS // 60} minutes from now: set the clock, sign again"
        )
    signatures = tuple(_signatures(signed))
    if not signatures:
        raise NotSigned(f"{SIGNATURE} holds no signature of the version {VERSION}")
    return message_id, int(sent), signatures


def verified(keys: Sequence[HostKey], headers: Mapping[str, Sequence[str]], body: bytes, now: datetime) -> Signed:
    """Return whose request it is. Raises NotSigned if no known key has signed this id, time and body.

    Every key is tried with every signature, so that the time it takes says nothing about either.
    """
    message_id, sent_at, signatures = check_headers(headers, now)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise NotSigned("the body is not UTF-8: Standard Webhooks signs text alone") from None
    at, client = datetime.fromtimestamp(sent_at, UTC), None
    for key in keys:
        (expected,) = _signatures(Webhook(key.secret).sign(message_id, at, text))
        for given in signatures:
            if hmac.compare_digest(expected, given):
                client = key.client
    if client is None:
        raise NotSigned("no key that is known here made this signature over id, time and body")
    return Signed(client, message_id, sent_at)


def _only(headers: Mapping[str, Sequence[str]], name: str) -> str:
    values = headers.get(name, ())
    if len(values) != 1:
        raise NotSigned(f"the header {name} must be there once: see docs/hosts.md")
    return values[0]


def _signatures(header: str) -> Iterator[bytes]:
    written = header.split(" ")
    if len(written) > MOST_SIGNATURES:
        raise NotSigned(f"{SIGNATURE} holds more than {MOST_SIGNATURES} signatures")
    for each in written:
        version, _, text = each.partition(",")
        # Standard Webhooks has other versions beside ours; they are for others to read.
        if version == VERSION:
            try:
                yield base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                continue


def _key(entry: str, place: int) -> HostKey:
    which = f"key {place} of DAM_PLUGIN_HTTP_KEYS"
    name, parted, written = entry.partition(":")
    if not parted or not _NAME.fullmatch(name):
        raise SettingsError(f"{which} has no name of letters, digits, '-' and '_' before its ':': {_HOW}")
    if not written.startswith(SECRET_PREFIX):
        raise SettingsError(f"{which} does not begin with {SECRET_PREFIX}: {_HOW}")
    try:
        secret = base64.b64decode(written.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        secret = None
    if secret is None or not FEWEST_KEY_BYTES <= len(secret) <= MOST_KEY_BYTES:
        raise SettingsError(
            f"{which} is not {FEWEST_KEY_BYTES} to {MOST_KEY_BYTES} bytes in base64 after {SECRET_PREFIX}"
        )
    return HostKey(name, secret)
