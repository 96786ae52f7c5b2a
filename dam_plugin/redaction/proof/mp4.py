"""Walks the MP4 or M4A of a copy (ISO/IEC 14496-12 and -14): every byte is accounted for, or the walk fails.

A file has at most one track of H.264 and at most one of AAC. Each box is on a list and has its exact length. There is no
text of any kind, and no edit list, which could hide samples. One sample of `mdat` is in memory at a time. Sample tables:
clauses 8.6 and 8.7.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import BinaryIO

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof import aac, bmff, h264
from dam_plugin.redaction.proof.bmff import Box
from dam_plugin.redaction.proof.exact import Exact

MOST_SAMPLE = 32 * 1024 * 1024
"""Most bytes of one sample."""
_HOLD_BOXES = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_NUMBERS = frozenset({b"mdat", b"stsz", b"stco", b"co64", b"stts", b"stsc", b"stss"})
_BRANDS = frozenset({b"isom", b"iso2", b"avc1", b"mp41", b"mp42", b"M4A ", b"M4V "})
_MATRIX = "00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000"
_UNDETERMINED = "55c40000"
_HANDLERS = {
    "video": bytes.fromhex("00000000 00000000") + b"vide" + bytes(12) + b"VideoHandler\0",
    "audio": bytes.fromhex("00000000 00000000") + b"soun" + bytes(12) + b"SoundHandler\0",
}
_DATA_HERE = bytes.fromhex("0000001c 64726566 00000000 00000001 0000000c 75726c20 00000001")
_NO_TAGS = bytes.fromhex(
    "00000035 6d657461 00000000 00000021 68646c72 00000000 00000000 6d646972 6170706c 00000000 00000000 00 00000008 696c7374"
)
"""The empty list that libavformat writes if there is no tag."""
MOST_SAMPLES = 4_000_000
"""Most samples of one track, about a day of sound."""
_MOST_TABLE = 8 * MOST_SAMPLES + 64
_ROLL = bytes.fromhex("01000000 726f6c6c 00000002 00000001 ffff")
"""The group of samples that need the sample before them (`roll`, -1), as AAC does."""


@dataclass(frozen=True, slots=True)
class Track:
    """One track: `size` is (width, height) in pixels for video, `rate` and `channels` those of sound."""

    kind: str
    samples: Samples
    size: tuple[int, int] | None = None
    rate: int = 0
    channels: int = 0


@dataclass(frozen=True, slots=True)
class Movie:
    """The tracks of a walked file, in which every byte is accounted for."""

    video: Track | None
    audio: Track | None


def walk(file: BinaryIO, size: int) -> Movie:
    """Return the tracks of a file of `size` bytes; raises NotProven at the first part that is out of place."""
    top = _named(list(bmff.boxes(file, 0, size, most=8)), b"ftyp moov mdat", b"free", "the file")
    if top[b"ftyp"].start != 0:
        raise NotProven(["the file does not begin with its type"])
    _type(bmff.body(file, top[b"ftyp"], 64))
    if b"free" in top and top[b"free"].end != top[b"free"].body:
        raise NotProven(["box free holds something"])
    tracks = _tracks(file, top[b"moov"])
    found = {track.kind: track for track in tracks}
    if len(found) != len(tracks):
        raise NotProven(["the file holds two tracks of one kind"])
    _fills([track.samples for track in tracks], top[b"mdat"])
    movie = Movie(found.get("video"), found.get("audio"))
    _judge(file, movie)
    return movie


def texts(file: BinaryIO, size: int) -> bytes:
    """Return the bytes of a walked file outside of its samples, without the tables of their places.

    Such a table has only numbers, and a long one spells any word of three letters by chance.
    """
    found: list[bytes] = []
    left = [(0, size)]
    while left:
        for box in bmff.boxes(file, *left.pop(), most=16):
            if box.kind in _HOLD_BOXES:
                left.append((box.body, box.end))
            elif box.kind not in _NUMBERS:
                found.append(bmff.body(file, box, 1024))
    return b"\0".join(found)


def _type(body: bytes) -> None:
    brands = [body[at : at + 4] for at in range(0, len(body), 4) if at != 4]
    if len(body) < 12 or len(body) % 4 or body[4:8] not in {bytes(4), b"\0\0\2\0"} or not _BRANDS.issuperset(brands):
        raise NotProven(["the file's type is none that a copy may state"])


def _tracks(file: BinaryIO, moov: Box) -> list[Track]:
    found = list(bmff.boxes(file, moov.body, moov.end, most=8))
    traks = [box for box in found if box.kind == b"trak"]
    rest = _named([box for box in found if box.kind != b"trak"], b"mvhd", b"udta", "box moov")
    if not 1 <= len(traks) <= 2:
        raise NotProven(["the file does not hold one track, or one of picture and one of sound"])
    if b"udta" in rest and bmff.body(file, rest[b"udta"], len(_NO_TAGS)) != _NO_TAGS:
        raise NotProven(["box udta holds something"])
    head = Exact(bmff.body(file, rest[b"mvhd"], 100), "box mvhd")
    head.must(bytes(12))
    scale, duration = head.number(4), head.number(4)
    head.hex("00010000 0100 0000 00000000 00000000" + _MATRIX)
    head.must(bytes(24))
    head.must((len(traks) + 1).to_bytes(4))
    head.end()
    if not scale:
        head.refuse("has no clock")
    read = [_track(file, trak, number, scale) for number, trak in enumerate(traks, 1)]
    if duration != max(length for _, length in read):
        head.refuse("states another duration than the tracks")
    return [track for track, _ in read]


def _track(file: BinaryIO, trak: Box, number: int, scale: int) -> tuple[Track, int]:
    """Return a track, and its duration on the movie's clock (`scale` ticks a second)."""
    boxes = _inside(file, trak, b"tkhd mdia")
    media = _inside(file, boxes[b"mdia"], b"mdhd hdlr minf")
    kind = next((kind for kind, text in _HANDLERS.items() if _is(file, media[b"hdlr"], text)), None)
    if kind is None:
        raise NotProven(["a track is neither picture nor sound, or carries a name"])
    head = Exact(bmff.body(file, media[b"mdhd"], 24), "box mdhd")
    head.must(bytes(12))
    clock, duration = head.number(4), head.number(4)
    head.hex(_UNDETERMINED)
    head.end()
    if not clock:
        head.refuse("has no clock")
    track = _media(file, media[b"minf"], kind)
    length = _header(bmff.body(file, boxes[b"tkhd"], 84), number, track)
    if duration != track.samples.duration:
        head.refuse("states another duration than the samples have")
    # The movie's clock is coarser, and rounds up or down.
    if abs(length * clock - duration * scale) >= clock:
        head.refuse("does not agree with the track's header")
    return track, length


def _header(body: bytes, number: int, track: Track) -> int:
    """Return the duration in a track header. The header may neither turn nor scale the picture."""
    fields = Exact(body, "a track's header")
    fields.hex("00000003 00000000 00000000")
    fields.must(number.to_bytes(4))
    fields.must(bytes(4))
    duration = fields.number(4)
    fields.must(bytes(10))
    fields.must(b"\0\0", b"\0\1")
    fields.must(b"\0\0" if track.size else b"\1\0")
    fields.must(bytes(2))
    fields.hex(_MATRIX)
    width, height = track.size or (0, 0)
    # Pixels that are not square change only the width on screen.
    shown = fields.number(4)
    fields.must((height << 16).to_bytes(4))
    fields.end()
    if not width << 14 <= shown <= width << 18:
        fields.refuse("states another size than the picture's")
    return duration


def _media(file: BinaryIO, minf: Box, kind: str) -> Track:
    header = {"video": b"vmhd", "audio": b"smhd"}[kind]
    boxes = _inside(file, minf, header + b" dinf stbl")
    expected = bytes.fromhex("00000001 00000000 00000000" if kind == "video" else "00000000 00000000")
    if not _is(file, boxes[header], expected) or not _is(file, boxes[b"dinf"], _DATA_HERE):
        raise NotProven(["a track's header holds what a copy may not hold, or its data lie elsewhere"])
    more = b"stss stco co64" if kind == "video" else b"sgpd sbgp stco co64"
    tables = _inside(file, boxes[b"stbl"], b"stsd stts stsc stsz", more)
    described = Exact(bmff.body(file, tables[b"stsd"], 1024), "a track's description")
    described.hex("00000000 00000001")
    entry = described.take(described.number(4) - 4 if described.left >= 4 else 0)
    described.end()
    samples = read_samples(file, tables)
    if kind == "video":
        return Track(kind, samples, size=_video(entry))
    rate, channels = _audio(entry)
    return Track(kind, samples, rate=rate, channels=channels)


def _video(entry: bytes) -> tuple[int, int]:
    """Return (width, height) of an avc1 entry (ISO/IEC 14496-15, 5.4.2.1)."""
    fields = Exact(entry, "the video's description")
    fields.must(b"avc1")
    fields.hex("000000000000 0001 00000000 00000000 00000000 00000000")
    size = fields.number(2), fields.number(2)
    fields.hex("00480000 00480000 00000000 0001")
    fields.must(bytes(32))
    fields.hex("0018 ffff")
    extensions = _extensions(fields, {b"avcC": 512, b"pasp": 8, b"btrt": 12, b"colr": 11})
    if h264.parameters(extensions.get(b"avcC", b"")).size != size:
        fields.refuse("states another size than the picture's")
    if b"colr" in extensions:
        colours = Exact(extensions[b"colr"], "the video's colours")
        colours.must(b"nclx")
        if any(colours.number(2) > 22 for _ in range(3)):
            colours.refuse("are none that exist")
        colours.must(b"\x00", b"\x80")
    return size


def _audio(entry: bytes) -> tuple[int, int]:
    """Return (rate, channels) of an mp4a entry (ISO/IEC 14496-14, 6.7.2)."""
    fields = Exact(entry, "the sound's description")
    fields.must(b"mp4a")
    fields.hex("000000000000 0001 00000000 00000000")
    fields.take(2)
    fields.hex("0010 00000000")
    fields.take(4)
    extensions = _extensions(fields, {b"esds": 128, b"btrt": 12})
    return aac.configuration(extensions.get(b"esds", b""))


def _extensions(fields: Exact, allowed: dict[bytes, int]) -> dict[bytes, bytes]:
    """Return the bodies of the boxes that fill the rest of an entry: each at most once and at most as long as listed."""
    found: dict[bytes, bytes] = {}
    while fields.left:
        length, kind = fields.number(4) - 8, fields.take(4)
        if kind not in allowed or kind in found or not 0 < length <= allowed[kind]:
            fields.refuse("holds a box that a copy may not hold")
        found[kind] = fields.take(length)
    return found


def _fills(tracks: list[Samples], mdat: Box) -> None:
    """Raise NotProven unless the chunks of the tracks fill `mdat` completely, each byte once."""
    extents = sorted(extent for samples in tracks for extent in samples.extents())
    edges = [(mdat.body, mdat.body), *extents, (mdat.end, mdat.end)]
    if any(end != start for (_, end), (start, _) in pairwise(edges)):
        raise NotProven(["box mdat holds bytes that belong to no sample, or to two"])


def _judge(file: BinaryIO, movie: Movie) -> None:
    """Raise NotProven at the first sample with content that a copy may not hold."""
    if movie.video is not None:
        for sample in _each(file, movie.video.samples, MOST_SAMPLE):
            for failure in h264.judge(sample):
                raise NotProven([failure])
    if movie.audio is not None:
        for sample in _each(file, movie.audio.samples, aac.MOST_FRAME):
            for failure in aac.judge(sample, movie.audio.channels):
                raise NotProven([failure])


def _each(file: BinaryIO, samples: Samples, most: int) -> Iterator[bytes]:
    for start, length in samples.places():
        if not 0 < length <= most:
            raise NotProven(["a sample has a length that none needs"])
        yield bmff.read(file, start, start + length)


def _inside(file: BinaryIO, box: Box, needed: bytes, more: bytes = b"") -> dict[bytes, Box]:
    return _named(list(bmff.boxes(file, box.body, box.end, most=16)), needed, more, f"box {box.name}")


def _named(found: list[Box], needed: bytes, more: bytes, where: str) -> dict[bytes, Box]:
    """Return the boxes by kind: each of `needed` once, each of `more` at most once, no others."""
    boxes = {box.kind: box for box in found}
    strange = next((box for box in found if box.kind not in {*needed.split(), *more.split()}), None)
    if strange is not None:
        raise NotProven([f"{where} holds a box {strange.name}, which a copy may not hold"])
    if len(boxes) != len(found) or not boxes.keys() >= set(needed.split()):
        raise NotProven([f"{where} lacks a box, or holds one twice"])
    return boxes


def _is(file: BinaryIO, box: Box, expected: bytes) -> bool:
    return box.end - box.body == len(expected) and bmff.read(file, box.body, box.end) == expected


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of one track in the order of decoding.

    `sizes` are in bytes. `duration` is the sum of all samples, in ticks of the media's clock. `chunks` are (offset in the
    file, number of samples). Samples are shown in the order of decoding: a copy has no frames out of order.
    """

    sizes: array[int]
    duration: int
    chunks: tuple[tuple[int, int], ...]

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.sizes)

    def extents(self) -> Iterator[tuple[int, int]]:
        """Yield (start, end) in the file of each chunk."""
        at = 0
        for offset, count in self.chunks:
            yield offset, offset + sum(self.sizes[at : at + count])
            at += count

    def places(self) -> Iterator[tuple[int, int]]:
        """Yield (start, length) in the file of each sample."""
        at = 0
        for offset, count in self.chunks:
            start = offset
            for length in self.sizes[at : at + count]:
                yield start, length
                start += length
            at += count


def read_samples(file: BinaryIO, boxes: Mapping[bytes, Box]) -> Samples:
    """Return the samples of the tables in `stbl`; raises NotProven if the tables disagree."""
    sizes = _sizes(_open(file, boxes[b"stsz"]))
    duration = _duration(_open(file, boxes[b"stts"]), len(sizes))
    if b"stss" in boxes:
        _keys(_open(file, boxes[b"stss"]), len(sizes))
    if (b"sgpd" in boxes) != (b"sbgp" in boxes):
        raise NotProven(["a group of samples is not described"])
    if b"sgpd" in boxes:
        _open(file, boxes[b"sgpd"], with_head=True).must(_ROLL)
        group = _open(file, boxes[b"sbgp"], with_head=True)
        group.hex("00000000 726f6c6c 00000001" + len(sizes).to_bytes(4).hex() + "00000001")
        group.end()
    return Samples(sizes, duration, _chunks(file, boxes, len(sizes)))


def _open(file: BinaryIO, box: Box, *, with_head: bool = False) -> Exact:
    """Return the fields of a table behind its version and flags; both must be 0."""
    fields = Exact(bmff.body(file, box, _MOST_TABLE), f"table {box.name}")
    if not with_head:
        fields.must(bytes(4))
    return fields


def _sizes(fields: Exact) -> array[int]:
    constant, count = fields.number(4), fields.number(4)
    if not 0 < count <= MOST_SAMPLES:
        fields.refuse("tells of no sample, or of too many")
    sizes = array("I", repeat(constant, count)) if constant else fields.table(count, 4)
    fields.end()
    return sizes


def _duration(fields: Exact, samples: int) -> int:
    """Return the duration of all samples, from pairs of (count, duration) (8.6.1.2); no count or duration may be 0."""
    pairs = fields.table(2 * fields.number(4), 4)
    fields.end()
    if sum(pairs[::2]) != samples or 0 in pairs:
        fields.refuse("does not agree with the number of samples")
    return sum(many * long for many, long in zip(pairs[::2], pairs[1::2], strict=True))


def _keys(fields: Exact, samples: int) -> None:
    numbers = fields.table(fields.number(4), 4)
    fields.end()
    if not numbers or numbers[0] != 1 or numbers[-1] > samples or any(a >= b for a, b in pairwise(numbers)):
        fields.refuse("does not begin with the first sample, or is out of order")


def _chunks(file: BinaryIO, boxes: Mapping[bytes, Box], samples: int) -> tuple[tuple[int, int], ...]:
    """Return (offset, number of samples) of each chunk (8.7.4, 8.7.5)."""
    if (b"stco" in boxes) == (b"co64" in boxes):
        raise NotProven(["a track has no table of chunks, or two"])
    wide = b"co64" in boxes
    fields = _open(file, boxes[b"co64" if wide else b"stco"])
    offsets = fields.table(fields.number(4), 8 if wide else 4)
    fields.end()
    runs = _open(file, boxes[b"stsc"])
    table = runs.table(3 * runs.number(4), 4)
    runs.end()
    firsts = [*table[::3], len(offsets) + 1]
    if not table or firsts[0] != 1 or any(a >= b for a, b in pairwise(firsts)) or set(table[2::3]) != {1}:
        runs.refuse("does not agree with the number of chunks")
    counts = [many for (a, b), many in zip(pairwise(firsts), table[1::3], strict=True) for _ in range(b - a)]
    if sum(counts) != samples or 0 in counts:
        runs.refuse("does not agree with the number of samples")
    return tuple(zip(offsets, counts, strict=True))
