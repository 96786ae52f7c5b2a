"""Signed requests, as Standard Webhooks 1.0 has them: its own library signs, and what came is compared with that.

Here are the limits of the three headers, which the library has not, and the clock, which is given. Pure.
INVARIANT: neither the id nor the time holds a full stop, so what was signed can be taken apart in one way only.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from standardwebhooks import Webhook

from dam_hooks.http.keys import HostKey

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
# How far a request's time may be from ours, before or after.
TOLERANCE_SECONDS = 300
VERSION = "v1"
# A host that changes keys sends two.
MOST_SIGNATURES = 8

_ID = re.compile(r"[!-\-/-~]{1,255}")
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}")


class NotSigned(Exception):
    """A request that nobody we know has signed, or not now; the text is one sentence for whoever builds the host."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A request whose signature holds: whose key it was, its id, and its time in seconds since 1970."""

    client: str
    message_id: str
    sent_at: int


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
    """Return whose request it is. Raises NotSigned for all that no key of ours has signed, as it came and now.

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
