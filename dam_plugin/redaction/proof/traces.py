"""Looks for the names and ids of hidden students in the bytes of a copy, whatever their case, encoding and escapes.

Two lengths decide where. A secret under 3 characters is not looked for: it would be found in any file. A needle of 6
bytes or more is looked for in every byte; a shorter one only where text can stand (whatever is no coded picture or
sound), since coded data and coding tables hold any 3 letters by chance (JPEG's standard Huffman tables spell "stu").
Escapes (XML, URL, base64) are undone or looked for where text can stand.
"""

from __future__ import annotations

import base64
import html
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal
from urllib.parse import unquote_to_bytes

from dam_plugin.redaction.model import Notice
from dam_plugin.redaction.notice import packet

SHORTEST = 3
ANYWHERE = 6
NARROW = ("utf-8", "latin-1", "cp1252", "mac-roman", "cp437", "cp1250", "cp1251")
WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")

_FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")


def searchable(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the secrets that are long enough to be looked for."""
    return tuple(secret.strip() for secret in secrets if len(secret.strip()) >= SHORTEST)


def found(secrets: Sequence[str], everything: bytes, texts: bytes) -> int:
    """Return how many of `secrets` stand in `everything`, or, short or escaped, in `texts`; never which.

    `texts` joins the payloads where text can stand: segments, chunks, boxes, tags.
    """
    wanted = searchable(secrets)
    if not wanted:
        return 0
    whole, unescaped = everything.lower(), b"\0".join(_unescaped(texts)).lower()
    compact = b"".join(texts.split())
    return sum(
        any(needle in unescaped for needle in needles)
        or any(needle in whole for needle in needles if _is_rare(needle))
        or any(needle in compact for needle in _in_base64(secret))
        for secret, needles in ((secret, set(_needles(secret))) for secret in wanted)
    )


def absent(secrets: Sequence[str], everything: bytes, texts: bytes, notice: Notice | None = None) -> Iterator[str]:
    """Yield a failure where a secret stands in the file; arguments as for `found`.

    `notice` is the ordered one: its packet holds the district's own words, in which "May" is no student, and its
    particulars, which somebody typed and which are searched.
    """
    if notice is not None:
        whole = packet(notice)
        everything = everything.replace(whole, b"\0")
        texts = texts.replace(whole, b"\0") + b"\0" + notice.particulars.encode()
    count = found(secrets, everything, texts)
    if count:
        yield f"{count} names or ids of hidden students stand in the file"


def sentence(secrets: Sequence[str]) -> str:
    """Return what `absent` shows, for the proof; empty where nobody is to be looked for."""
    if not secrets:
        return ""
    return (
        f"{len(searchable(secrets))} of {len(secrets)} names and ids looked for (3 characters or more): "
        "none is in the file"
    )


def _is_rare(needle: bytes) -> bool:
    return len(needle) >= ANYWHERE or (len(needle) == ANYWHERE - 1 and needle[1] == 0)


def _spellings(secret: str) -> set[str]:
    """Return the secret in each normal form and case; ASCII letters are compared without case later anyway."""
    forms = {unicodedata.normalize(form, secret) for form in _FORMS} | {secret}
    return {text for form in forms for text in (form, form.lower(), form.upper(), form.title(), form.casefold())}


def _needles(secret: str) -> Iterator[bytes]:
    """Yield the secret as bytes, ASCII letters lowered, in each spelling and encoding.

    The zero bytes around a wide form go, so that both byte orders of a Latin name are one needle.
    """
    for text in _spellings(secret):
        for encoding in (*NARROW, *WIDE):
            coded = text.encode(encoding, "ignore")
            if coded.decode(encoding) == text:
                yield coded.strip(b"\0").lower()


def _in_base64(secret: str) -> Iterator[bytes]:
    """Yield the base64 characters that the secret fixes, at each of the three places where it may begin."""
    for text in _spellings(secret):
        coded = text.encode(errors="ignore")
        if len(coded) < ANYWHERE:
            continue
        for shift in range(3):
            first, behind = -(-shift * 8 // 6), (shift + len(coded)) * 8 // 6
            yield base64.b64encode(bytes(shift) + coded)[first:behind]
            yield base64.urlsafe_b64encode(bytes(shift) + coded)[first:behind]


def _unescaped(texts: bytes) -> Iterator[bytes]:
    """Yield the texts as they stand, and with XML's and URL's escapes undone."""
    yield texts
    if b"&" in texts:
        yield html.unescape(texts.decode("utf-8", "surrogateescape")).encode("utf-8", "replace")
    if b"%" in texts:
        yield unquote_to_bytes(texts)
        yield unquote_to_bytes(texts.replace(b"+", b" "))
