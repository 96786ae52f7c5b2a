"""Does the work of an HTTP request once: the very same request is refused, the same question gets the kept answer.

The host's key identifies a question (`Idempotency-Key`, else the request's id). Its answer is kept for a day. Errors
are not kept: they changed nothing, so asking again is safe. While a question is worked on, asking again is refused. If
the process dies, the question may be asked again after a while. No one received the token of the first attempt, so
nothing opens twice. `Mask` covers the secrets in kept answers. Reading them takes the signing key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from dam_hooks.http.problems import Refused
from dam_hooks.http.signed_requests import TOLERANCE_SECONDS, Signed
from dam_plugin.errors import DamPluginError
from dam_plugin.services import Services
from dam_plugin.store import KeptAnswer, Unit
from dam_plugin.store.codec import canonical
from dam_plugin.store.messages import Taken, dead_before

HEADER = "idempotency-key"
KEPT = timedelta(hours=24)
AT_WORK_SECONDS = 10
CLOCK_RAN_BACK = (
    "a request of this host was taken that was signed in what is now the future, so a clock was wrong, and until then "
    "none can be told from one that came before: wait for that time, or give the host another NAME in "
    "DAM_PLUGIN_HTTP_KEYS (docs/hosts.md)"
)

_KEY = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")
# The members of an answer that give access, and are masked.
MASKED = ("token", "url", "word")
_PURPOSE = b"dam-plugin answer over HTTP"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """An answer: the status, and the body as plain data. `again`: the request was carried out before."""

    status: int
    body: Mapping[str, Any]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """The key of a kept answer: the host, the key it sent, and the digest of its request."""

    client: str
    key: str
    digest: str


def key_of(signed: Signed, headers: Mapping[str, Sequence[str]], path: str, body: object) -> Key:
    """Return the key of a request. Raises Refused (400) for a header that is no key."""
    given = headers.get(HEADER, ())
    if len(given) > 1 or (given and not _KEY.fullmatch(given[0])):
        raise Refused(
            HTTPStatus.BAD_REQUEST, "Idempotency-Key must be there once, with 1 to 255 printable ASCII characters"
        )
    # With a prefix, since a host may choose the id of another request as its key.
    key = f"key:{given[0]}" if given else f"id:{signed.message_id}"
    return Key(signed.client, key, hashlib.sha256(canonical([path, body]).encode()).hexdigest())


def take(services: Services, signed: Signed) -> None:
    """Note that a signed request came. Raises Refused (409) where the very same came before."""
    with services.store.writing() as unit:
        _take(unit, signed, services.now())


def once(services: Services, signed: Signed, key: Key, work: Callable[[], Done]) -> Done:
    """Note that a request came, and do its work unless it was done before; return the new answer or the kept one.

    Raises Refused: 409 for the very same request, or while the work goes on; 422 for another one under the same key.
    """
    begun = services.now()
    dead = dead_before(begun, services.settings.redaction_seconds)
    with services.store.writing() as unit:
        _take(unit, signed, begun)
        known = unit.messages.begin(key.client, key.key, key.digest, begun, dead_before=dead, old_before=begun - KEPT)
    if known is not None:
        return _kept(services, key, known)
    try:
        done = work()
    except BaseException:
        _settle(services, lambda unit: unit.messages.drop(key.client, key.key, begun))
        raise
    text = canonical(_mask(services, key).cover(done.body))
    _settle(services, lambda unit: unit.messages.finish(key.client, key.key, begun, done.status, text))
    return done


def forget_old(services: Services) -> None:
    """Forget requests that are too old to be accepted again, and answers older than a day."""
    now = services.now()
    with services.store.writing() as unit:
        unit.messages.forget(messages_before=now - 2 * timedelta(seconds=TOLERANCE_SECONDS), answers_before=now - KEPT)


@dataclass(frozen=True, slots=True)
class Mask:
    """Covers the secrets of one answer: `signing_key` is the district's, `context` says whose answer it is.

    Each is joined by XOR with a stream of HMAC-SHA256 from a random nonce, the context, and the secret's place.
    """

    signing_key: str = field(repr=False)
    context: tuple[str, ...]

    def cover(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer with each secret in it covered, however deep, and the nonce that it takes to read them."""
        nonce = secrets.token_hex(16)
        return {"nonce": nonce, "answer": self._walked(answer, nonce, self._covered)}

    def uncover(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer that `cover` covered."""
        return self._walked(kept["answer"], kept["nonce"], self._uncovered)

    def _walked(
        self, answer: Mapping[str, Any], nonce: str, change: Callable[[str, str], str], within: str = ""
    ) -> dict[str, Any]:
        walked: dict[str, Any] = {}
        for name, value in answer.items():
            if name in MASKED and isinstance(value, str):
                walked[name] = change(f"{nonce} {within}{name}", value)
            elif isinstance(value, Mapping):
                walked[name] = self._walked(value, nonce, change, f"{within}{name}.")
            else:
                walked[name] = value
        return walked

    def _covered(self, place: str, secret: str) -> str:
        return self._joined(place, secret.encode()).hex()

    def _uncovered(self, place: str, covered: str) -> str:
        return self._joined(place, bytes.fromhex(covered)).decode()

    def _joined(self, place: str, data: bytes) -> bytes:
        stream = b""
        while len(stream) < len(data):
            parts = (place, str(len(stream)), *self.context)
            # Each part with its length, so that no two lists of parts are the same bytes.
            seed = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
            stream += hmac.digest(self.signing_key.encode(), _PURPOSE + seed, "sha256")
        return bytes(one ^ other for one, other in zip(data, stream, strict=False))


def _take(unit: Unit, signed: Signed, at: datetime) -> None:
    taken = unit.messages.take(signed.client, signed.message_id, signed.sent_at, at)
    if taken is Taken.BEFORE:
        raise Refused(HTTPStatus.CONFLICT, "this request came before: sign it anew, with the time of now, to ask again")
    if taken is Taken.TOO_OLD:
        raise Refused(HTTPStatus.CONFLICT, CLOCK_RAN_BACK)


def _kept(services: Services, key: Key, known: KeptAnswer) -> Done:
    if known.digest != key.digest:
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY, "this key was used for another request: each request has a key of its own"
        )
    if known.status is None or known.body is None:
        raise Refused(
            HTTPStatus.CONFLICT, "this request is at work on: ask again in a moment", retry_after=AT_WORK_SECONDS
        )
    return Done(known.status, _mask(services, key).uncover(json.loads(known.body)), again=True)


def _mask(services: Services, key: Key) -> Mask:
    signing_key = services.settings.signing_key
    return Mask(signing_key.get_secret_value() if signing_key else "", (key.client, key.key))


def _settle(services: Services, change: Callable[[Unit], object]) -> None:
    """Note the end of a request. If that fails, the answer stands, and its key counts as worked on for a while."""
    try:
        with services.store.writing() as unit:
            change(unit)
    except DamPluginError as error:
        log.warning("the answer to a request could not be kept: %s", error)
