"""Reads text tracks of QuickTime and MP4: subtitles, captions and titles of chapters, sample by sample, with limits.

Sources: ISO/IEC 14496-12 (sample tables), 14496-30 (wvtt, stpp), 3GPP TS 26.245 (tx3g), QuickTime File Format (text).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from html import unescape

from dam_tagging.metadata.containers.blocks import Blocks, Text, Unreadable
from dam_tagging.metadata.containers.bmff import Box, Boxes
from dam_tagging.metadata.fields.texts import decoded

HANDLERS = frozenset({b"text", b"sbtl", b"subt", b"clcp"})
COUNTED, CUES, MARKUP = frozenset({b"text", b"tx3g"}), frozenset({b"wvtt"}), frozenset({b"stpp", b"sbtt", b"stxt"})
NAME = "text track"
MOST_SAMPLES, MOST_BYTES, MOST_PLACES = 20_000, 1024 * 1024, 500
"""Most samples of one track, most bytes of them, and most places in the file: each place costs a read."""

UNREAD = "the recording has a text track that is not read, or not whole: it may name somebody"
_TAGS = re.compile(r"<[^<>]{0,10000}>")


def read(boxes: Boxes, media: Box, blocks: Blocks) -> None:
    """Add the texts of a text track; do nothing for any other track. `media` is the track's `mdia` box."""
    parts = {box.kind: box for box in boxes.inside(media)}
    handler = parts.get(b"hdlr")
    if handler is None or boxes.content(handler, most=12)[8:12] not in HANDLERS or b"minf" not in parts:
        return
    tables = next((box for box in boxes.inside(parts[b"minf"]) if box.kind == b"stbl"), None)
    if tables is None:
        blocks.damages.append(UNREAD)
    try:
        _keep(list(_texts(boxes, tables, blocks)) if tables else [], blocks)
    except (Unreadable, struct.error, IndexError):
        blocks.damages.append(UNREAD)


def _keep(texts: list[str], blocks: Blocks) -> None:
    whole = "\n".join(dict.fromkeys(text.strip() for text in texts if text.strip()))
    if whole:
        blocks.texts.append(Text("text", whole, NAME))


def _texts(boxes: Boxes, tables: Box, blocks: Blocks) -> Iterator[str]:
    table = {box.kind: blocks.hold(boxes.content(box)) for box in boxes.inside(tables) if box.kind in _TABLES}
    form = table[b"stsd"][12:16] if len(table.get(b"stsd", b"")) >= 16 else b""
    if form not in COUNTED | CUES | MARKUP:
        raise Unreadable(UNREAD)
    places = list(_places(table))
    if not places:
        # The samples are in fragments.
        raise Unreadable(UNREAD)
    for start, end in _joined(places):
        data = blocks.hold(boxes.content(Box(b"", start, end)))
        for first, last in places:
            if start <= first and last <= end:
                yield _text(form, data[first - start : last - start])


_TABLES = frozenset({b"stsd", b"stsz", b"stsc", b"stco", b"co64"})


def _places(table: dict[bytes, bytes]) -> Iterator[tuple[int, int]]:
    """Yield the place of each sample, from the chunks' places, their number of samples, and the samples' sizes."""
    same, count = struct.unpack_from(">II", table.get(b"stsz", b""), 4)
    wide = b"co64" in table
    offsets = table[b"co64"] if wide else table.get(b"stco", b"")
    (chunks,) = struct.unpack_from(">I", offsets, 4)
    (rows,) = struct.unpack_from(">I", table.get(b"stsc", b""), 4)
    if count > MOST_SAMPLES or chunks > MOST_SAMPLES or rows > MOST_SAMPLES:
        raise Unreadable(UNREAD)
    sizes = [same] * count if same else list(struct.unpack_from(f">{count}I", table[b"stsz"], 12))
    starts = struct.unpack_from(f">{chunks}{'Q' if wide else 'I'}", offsets, 8)
    runs = [struct.unpack_from(">II", table[b"stsc"], 8 + 12 * row) for row in range(rows)]
    sample = row = 0
    for number, start in enumerate(starts, 1):
        at = start
        while row + 1 < len(runs) and runs[row + 1][0] <= number:
            row += 1
        for _ in range(min(runs[row][1], count - sample)):
            yield at, at + sizes[sample]
            at += sizes[sample]
            sample += 1
    if sample < count:
        raise Unreadable(UNREAD)


def _joined(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the stretches of the file with the samples; raise `Unreadable` if there are too many or they are too long."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    if len(found) > MOST_PLACES or sum(end - start for start, end in found) > MOST_BYTES:
        raise Unreadable(UNREAD)
    return found


def _text(form: bytes, sample: bytes) -> str:
    if form in COUNTED:
        size = int.from_bytes(sample[:2], "big")
        return _by_mark(sample[2 : 2 + size])
    if form in CUES:
        return "\n".join(_TAGS.sub("", decoded(cue)) for cue in _payloads(sample))
    return unescape(_TAGS.sub(" ", _by_mark(sample)))


def _by_mark(data: bytes) -> str:
    if data[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return data.decode("utf-16", "replace")
    return decoded(data)


def _payloads(sample: bytes) -> Iterator[bytes]:
    """Yield the texts of one sample of WebVTT: cues (`payl` in `vttc`) and notes (`vtta`)."""
    todo = [sample]
    while todo:
        data, at = todo.pop(), 0
        while at + 8 <= len(data):
            size, kind = struct.unpack_from(">I4s", data, at)
            if size < 8:
                break
            content = data[at + 8 : at + size]
            if kind == b"vttc":
                todo.append(content)
            elif kind in (b"payl", b"vtta", b"iden", b"sttg"):
                yield content
            at += size
