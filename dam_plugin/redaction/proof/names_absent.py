"""Looks for the names and ids of hidden students in the bytes of a copy, in any case, encoding and escape.

Two lengths decide where it looks. A secret under 3 characters is not looked for: any file would hold it. A needle (a
secret as bytes) of 6 bytes or more is looked for in the whole file. A shorter needle is looked for only in places for
text, which is everything but coded picture or sound. Coded data and coding tables hold any 3 letters by chance (JPEG's
standard Huffman tables spell "stu"). Escapes (XML, URL, base64) are undone or looked for in places for text.
"""

from __future__ import annotations

import base64
import html
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal
from urllib.parse import unquote_to_bytes

from dam_plugin.redaction.allowed_metadata import packet
from dam_plugin.redaction.model import Notice

SHORTEST = 3
ANYWHERE = 6
NARROW = ("utf-8", "latin-1", "cp1252", "mac-roman", "cp437", "cp1250", "cp1251")
WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")

_PIECE = 1024 * 1024
"""Bytes that are searched at once. The search makes a copy of them, which costs as much memory again."""
_TELLTALE, _OTHER = b"a", b"b"
_SHORT = 64
"""Up to this many bytes, it is faster to look at each place of a stretch than for each needle."""
_FEW = 96
"""Most of the 256 byte values that needles may use. With more, most of a coded picture looks like a needle, and nothing
is gained."""

Spans = Sequence[tuple[int, int]]
"""Stretches of a file, half-open, in order and with gaps between them."""

_FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")


def searchable(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the secrets that are long enough to be looked for."""
    return tuple(secret.strip() for secret in secrets if len(secret.strip()) >= SHORTEST)


def found(secrets: Sequence[str], everything: bytes, texts: bytes, passed_over: Spans = ()) -> int:
    """Return how many of `secrets` are in `everything` or, if short or escaped, in `texts`; never which.

    `texts` joins the payloads that can hold text: segments, chunks, boxes, tags. `passed_over` is not searched.
    """
    wanted = searchable(secrets)
    if not wanted:
        return 0
    needles = {secret: _needles_of(secret) for secret in wanted}
    rare = {needle for each in needles.values() for needle in each if _is_rare(needle)}
    there = _present(rare, everything, passed_over)
    unescaped, compact = b"\0".join(_unescaped(texts)).lower(), b"".join(texts.split())
    return sum(
        not each.isdisjoint(there)
        or any(needle in unescaped for needle in each)
        or any(needle in compact for needle in _in_base64(secret))
        for secret, each in needles.items()
    )


def absent(
    secrets: Sequence[str], everything: bytes, texts: bytes, notice: Notice | None = None, passed_over: Spans = ()
) -> Iterator[str]:
    """Yield a failure if a secret is in the file; the arguments are those of `found`.

    `notice` is the ordered one. Its packet holds the district's own words, in which "May" is no student, and the
    particulars. A person typed the particulars, so only these are searched.
    """
    if notice is not None:
        whole = packet(notice)
        passed_over = sorted({*passed_over, *_places(whole, everything)})
        texts = texts.replace(whole, b"\0") + b"\0" + notice.particulars.encode()
    count = found(secrets, everything, texts, passed_over)
    if count:
        yield f"{count} names or ids of hidden students stand in the file"


def sentence(secrets: Sequence[str], where_not: str = "") -> str:
    """Return the sentence for the proof if `absent` finds nothing; empty without secrets. `where_not` was not searched."""
    if not secrets:
        return ""
    return (
        f"{len(searchable(secrets))} of {len(secrets)} names and ids looked for "
        f"({'; '.join(filter(None, ('3 characters or more', where_not)))}): "
        "none is in the file"
    )


def _present(needles: Collection[bytes], everything: bytes, passed_over: Spans) -> set[bytes]:
    """Return those of `needles` (lower case) that are in `everything`, in any case of ASCII letters."""
    if not needles:
        return set()
    there: set[bytes] = set()
    heads: defaultdict[bytes, list[bytes]] = defaultdict(list)
    shortest, longest = min(map(len, needles)), max(map(len, needles))
    for needle in needles:
        heads[needle[:shortest]].append(needle)
    edges = [0, *(edge for span in passed_over for edge in span), len(everything)]
    for start, end in list(pairwise(edges))[::2]:
        for at in range(start, end, _PIECE):
            piece = everything[at : min(at + _PIECE + longest - 1, end)]
            for region in _regions(piece, needles):
                there.update(_within(region, needles, heads))
    return there


def _regions(piece: bytes, needles: Collection[bytes]) -> Iterator[bytes]:
    """Yield the stretches of `piece`, in lower case, that may hold a needle: all their bytes occur in some needle.

    Coded data has few such stretches, all short. So one search of the file serves any number of needles.
    """
    values = set(b"".join(needles))
    if len(values) > _FEW:
        yield piece.lower()
        return
    # A byte and its lower-case form count as one, as in `lower`.
    classes = b"".join(_TELLTALE if value in values else _OTHER for value in bytes(range(256)).lower())
    marked, run = piece.translate(classes), _TELLTALE * min(map(len, needles))
    at = marked.find(run)
    while at >= 0:
        end = marked.find(_OTHER, at)
        yield piece[at : end if end >= 0 else len(piece)].lower()
        at = marked.find(run, end) if end >= 0 else -1


def _within(region: bytes, needles: Collection[bytes], heads: Mapping[bytes, Sequence[bytes]]) -> Iterator[bytes]:
    """Yield the needles in a region; `heads` maps beginnings, all of one length, to the needles that begin with them."""
    if len(region) > _SHORT:
        yield from (needle for needle in needles if needle in region)
        return
    length = len(next(iter(heads)))
    for at in range(len(region) - length + 1):
        for needle in heads.get(region[at : at + length], ()):
            if region.startswith(needle, at):
                yield needle


def _places(whole: bytes, everything: bytes) -> Iterator[tuple[int, int]]:
    at = everything.find(whole)
    while at >= 0:
        yield at, at + len(whole)
        at = everything.find(whole, at + len(whole))


def _is_rare(needle: bytes) -> bool:
    return len(needle) >= ANYWHERE or (len(needle) == ANYWHERE - 1 and needle[1] == 0)


def _spellings(secret: str) -> set[str]:
    """Return the secret in each normal form and case. The search itself ignores the case of ASCII letters."""
    forms = {unicodedata.normalize(form, secret) for form in _FORMS} | {secret}
    return {text for form in forms for text in (form, form.lower(), form.upper(), form.title(), form.casefold())}


def _needles(secret: str) -> Iterator[bytes]:
    """Yield the secret as bytes, with ASCII letters in lower case, in each spelling and encoding.

    Zero bytes around a wide form are removed, so that both byte orders of a Latin name are one needle.
    """
    for text in _spellings(secret):
        for encoding in (*NARROW, *WIDE):
            coded = text.encode(encoding, "ignore")
            if coded.decode(encoding) == text:
                yield coded.strip(b"\0").lower()


@lru_cache(maxsize=256)
def _needles_of(secret: str) -> frozenset[bytes]:
    """Return the needles of a secret. They are cached, since the same people are in many pictures of an event."""
    return frozenset(_needles(secret))


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
