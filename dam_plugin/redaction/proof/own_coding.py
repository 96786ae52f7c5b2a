"""Decides whether the coding of a JPEG may stay in its copy: it must hold the picture, and have no room for more.

Only usual baseline pictures are accepted: one frame, one scan, each table once, of its exact length and in use, no
restart markers, whole coding units. Every byte of the scan has to belong to the picture. libjpeg ignores a few bytes
behind the last unit without a warning. So the prover lets libjpeg decode the picture without its last byte, and libjpeg
must miss that byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dam_plugin.redaction.proof import coefficients, names_absent
from dam_plugin.redaction.proof.jpeg_walk import CODING, Part, Walked

_FRAME, _HUFFMAN, _SCAN, _QUANTISATION = 0xC0, 0xC4, 0xDA, 0xDB
_NAMES = {b"\1", b"\1\2\3"}
_DC_SYMBOLS = frozenset(range(12))
_AC_SYMBOLS = frozenset({0x00, 0xF0, *(run << 4 | size for run in range(16) for size in range(1, 11))})
"""All symbols that a baseline picture of 8 bits can use (T.81, F.1.2). A table may hold each of them once."""
_MARKER = re.compile(rb"\xff[^\x00]", re.DOTALL)
_MIDDLE = 128
"""The level of a block that was not decoded at all."""


def is_same(copy: Walked, released: bytes, original: Walked, source: bytes) -> bool:
    """Whether the coding segments of a copy are the source's, byte for byte. Fill bytes between segments do not count."""
    ours, theirs, held = _coded(copy), _coded(original), memoryview(released)
    return len(ours) == len(theirs) and all(
        one.end - one.start == other.end - other.start and source.startswith(held[one.start : one.end], other.start)
        for one, other in zip(ours, theirs, strict=True)
    )


def has_segments_of(copy: Walked, original: Walked) -> bool:
    """Whether the coding segments of a copy are the source's, without the data of their scans."""
    return [(part.marker, part.payload) for part in _coded(copy)] == [
        (part.marker, part.payload) for part in _coded(original)
    ]


def room(
    copy: Walked,
    read: Callable[[], bytearray],
    secrets: Sequence[str],
    library: Path | None = None,
    *,
    is_needed: bool = False,
) -> Iterator[str]:
    """Yield each place where a walked JPEG's coding has room for more than the picture.

    Such a place is no leak: the picture is then coded anew. `read` returns the JPEG, which is changed in place. `library`
    is the setting `turbojpeg`. `is_needed`: a decoder is already known to need every byte of this coding, so it is not
    decoded.
    """
    parts = _coded(copy)
    kinds = sorted(part.marker for part in parts if part.marker not in {_HUFFMAN, _QUANTISATION})
    if kinds != [_FRAME, _SCAN] or parts[-1].marker != _SCAN:
        yield "it is not one baseline frame with one scan at its end"
        return
    frame, scan = next(part.payload for part in parts if part.marker == _FRAME), parts[-1]
    if frame[6::3] not in _NAMES or not _is_ordered(frame[6::3], scan.payload):
        yield "its components have other names, or stand in another order"
    elif not _are_used(parts, frame, scan.payload):
        yield "a table stands in it twice, is not used, or holds what no picture needs"
    elif names_absent.found(secrets, b"", b"\0".join(part.payload for part in parts if part.marker == _HUFFMAN)):
        yield "a name or id can be read in its tables"
    elif not _is_whole(copy):
        yield "its last coding units hold blocks that no picture needs"
    elif not (is_needed or _is_needed(copy, read(), scan, library)):
        yield "a decoder does not need every byte of it, or warns of it"


def _coded(walked: Walked) -> list[Part]:
    return [part for part in walked.parts if part.marker in CODING]


def _is_ordered(names: bytes, scan: bytes) -> bool:
    return scan[1:-3:2] == names and scan[-3:] == b"\0\x3f\0"


def _are_used(parts: Sequence[Part], frame: bytes, scan: bytes) -> bool:
    """Whether the tables are exactly those that the components use, each once, and hold only symbols that a picture can use."""
    quantisation = [head for part in parts if part.marker == _QUANTISATION for head in part.payload[::65]]
    tables = [table for part in parts if part.marker == _HUFFMAN for table in _tables(part.payload)]
    selected = scan[2:-3:2]
    used = {each >> 4 for each in selected} | {0x10 | each & 15 for each in selected}
    return (
        sorted(quantisation) == sorted(set(frame[8::3]))
        and sorted(head for head, _, _ in tables) == sorted(used)
        and all(_is_code(*table) for table in tables)
    )


def _tables(payload: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield id, counts and symbols of each Huffman table of a segment."""
    at = 0
    while at < len(payload):
        end = at + 17 + sum(payload[at + 1 : at + 17])
        yield payload[at], payload[at + 1 : at + 17], payload[at + 17 : end]
        at = end


def _is_code(head: int, counts: bytes, symbols: bytes) -> bool:
    legal = _AC_SYMBOLS if head >> 4 else _DC_SYMBOLS
    # No code may have only ones (T.81, C).
    fits = sum(count << (16 - length) for length, count in enumerate(counts, 1)) < 1 << 16
    return fits and len(set(symbols)) == len(symbols) and legal.issuperset(symbols)


def _is_whole(copy: Walked) -> bool:
    """Whether each block of the last coding units has a part in the picture (T.81, A.2.4)."""
    most = [side // 8 for side in copy.unit]
    return all(
        -(-side * factor // (8 * largest)) == -(-side // (8 * largest)) * factor
        for factors in copy.factors
        for side, factor, largest in zip(copy.size, factors, most, strict=True)
    )


def _is_needed(copy: Walked, data: bytearray, scan: Part, library: Path | None) -> bool:
    """Whether libjpeg decodes the scan without a warning until it misses the last byte, in the last coding unit."""
    # libjpeg reads nothing more behind an unannounced restart marker.
    marker = _MARKER.search(data, scan.start + 4 + len(scan.payload))
    if marker is None or marker.start() != scan.end:
        return False
    end = scan.end - (2 if data.endswith(b"\xff\0", 0, scan.end) else 1)
    # The picture is changed in place, so that a large one is not in memory twice.
    data[end:] = b"\xff\xd9"
    seen = coefficients.shrunk_until_missed(data, copy.size, library=library)
    if seen is None:
        return False
    # libjpeg leaves the blocks behind a missing bit at the middle level. If the last unit has another level, libjpeg
    # has reached it.
    width = -(-copy.size[0] // 8)
    across, down = copy.factors[0]
    last = [seen[len(seen) - row * width - across :][:across] for row in range(down)]
    return any(level != _MIDDLE for row in last for level in row)
