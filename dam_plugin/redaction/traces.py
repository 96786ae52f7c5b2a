"""Looks for the names and ids of hidden students in the bytes of a copy, whatever their case and encoding.

Two lengths decide where. A secret under 3 characters is not looked for: it would be found in any file. A needle of 6
bytes or more is looked for in every byte; a shorter one only where text can stand (APPn and COM payloads), since
entropy-coded data and coding tables hold any 3 letters by chance (the standard Huffman tables spell "stu").
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

SHORTEST = 3
ANYWHERE = 6
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "latin-1")


def searchable(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the secrets that are long enough to be looked for."""
    return tuple(secret.strip() for secret in secrets if len(secret.strip()) >= SHORTEST)


def found(secrets: Sequence[str], everything: bytes, texts: bytes) -> int:
    """Return how many of `secrets` stand in `everything`, or, short ones, in `texts`; never which."""
    whole, payloads = everything.lower(), texts.lower()
    return sum(
        any(needle in (whole if len(needle) >= ANYWHERE else payloads) for needle in _needles(secret))
        for secret in searchable(secrets)
    )


def _needles(secret: str) -> set[bytes]:
    """Return the secret as bytes, ASCII letters lowered, in each normal form, case and encoding."""
    forms = {unicodedata.normalize(form, secret) for form in ("NFC", "NFD")} | {secret}
    cased = {variant for form in forms for variant in (form, form.lower(), form.upper(), form.casefold())}
    return {
        text.encode(encoding, "ignore").lower()
        for text in cased
        for encoding in ENCODINGS
        if text.encode(encoding, "ignore").decode(encoding) == text
    }
