"""Secrets in a kept answer, covered so that the database alone opens nothing: only with the signing key are they read.

Each is joined by XOR with a stream of HMAC-SHA256 from a random nonce, whose request it was, and where it stands.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

# The members of an answer that open something.
MASKED = ("token", "url", "word")
_PURPOSE = b"dam-plugin answer over HTTP"


@dataclass(frozen=True, slots=True)
class Mask:
    """Covers the secrets of one answer: `signing_key` is the district's, `context` says whose answer it is."""

    signing_key: str = field(repr=False)
    context: tuple[str, ...]

    def cover(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer with each secret in it covered, however deep, and the nonce that it takes to read them."""
        nonce = secrets.token_hex(16)
        return {"nonce": nonce, "answer": self._walked(answer, nonce, self._covered)}

    def uncover(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        """Return what `cover` was given."""
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
