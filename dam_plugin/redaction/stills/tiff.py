"""Reads a TIFF of one page and 8 bits strictly for the writer (TIFF 6.0, BigTIFF), and makes the bare file for the decoder.

The bare file is written anew from the few fields that describe the layout of the pixels. Each of these fields is checked.
A file that would only make the decoder warn is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.stills.still import DEEP, MAX_PROFILE, Still, checked, damaged, upright
from dam_tagging.metadata.containers import tiff, tiff_file
from dam_tagging.metadata.containers.blocks import Damaged, Unreadable

NAME = "TIFF"
MAX_PIXELS = 89_000_000
"""Most pixels that are accepted: Pillow would warn of more."""
MAX_TILE = 16_384

SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER = 254, 256, 257, 258, 259, 262, 266
STRIPS, SAMPLES, ROWS, STRIP_SIZES, PLANAR, PREDICTOR = 273, 277, 278, 279, 284, 317
TILE_WIDTH, TILE_HEIGHT, TILES, TILE_SIZES, EXTRA, FORMAT = 322, 323, 324, 325, 338, 339
PROFILE, DNG_VERSION, CFA_PATTERN = 34675, 50706, 33421
RAW = frozenset({32803, 34892})
COMPRESSIONS = frozenset({1, 5, 8, 32773, 32946})
"""The accepted compressions: none, LZW, Deflate, PackBits, and Deflate under its older number."""
_DEFAULTS = {
    SUBFILE: (0,), BITS: (1,), COMPRESSION: (1,), FILL_ORDER: (1,), SAMPLES: (1,), PLANAR: (1,), PREDICTOR: (1,),
    EXTRA: (),
}  # fmt: skip
_LETTERS = {3: "H", 4: "I", 13: "I", 16: "Q"}
_SHORT, _LONG = 3, 4

PAGES = "the TIFF holds several pictures (pages, previews): export the one that is meant as a PNG or a TIFF of one page"
CAMERA_RAW = "the file is a camera's raw file: develop it and export a JPEG or TIFF"
COLOURS = "the TIFF is not in grey or RGB colours of 8 bits (a palette, CMYK, Lab, black and white): export it in RGB"
PACKED = "the TIFF is packed in a way that is not taken (JPEG, fax or a rare one): export it with LZW or as a PNG"
CHANNELS = (
    "the TIFF has a channel of which it does not say what it is: export it as a PNG, or in RGB without extra channels"
)

Numbers = Mapping[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _Layout:
    """The pieces (strips or tiles): the tags of their places and lengths, their size in pixels, and their number."""

    offsets: int
    sizes: int
    shape: tuple[int, int]
    count: int


def read(source: bytes) -> Still:
    """Return the facts of a TIFF that redaction needs; raises CannotRedact with the remedy."""
    file = BytesIO(source)
    try:
        directories = tiff.walk_file(file)
        orientation = upright(tiff_file.read(file))
    except (Damaged, Unreadable) as error:
        raise damaged(NAME) from error
    page = directories.all[0]
    _check_single(directories, page)
    numbers = _numbers(source, directories.order, page)
    _check_kind(numbers)
    size = checked(_one(numbers, WIDTH), _one(numbers, HEIGHT), NAME, MAX_PIXELS)
    layout = _layout(numbers, size)
    return Still(
        media_type="image/tiff",
        size=size,
        orientation=orientation,
        grid=(1, 1),
        bare=_bare(directories.order, numbers, layout, _pieces(source, numbers, layout)),
        profile=_profile(source, page),
    )


def _check_single(directories: tiff.Directories, page: tiff.Directory) -> None:
    """Refuse a file that holds several pictures, or is a camera's raw file."""
    tags = [entry.tag for entry in page.entries]
    if {DNG_VERSION, CFA_PATTERN} & {*tags, *page.lost}:
        raise CannotRedact(CAMERA_RAW)
    if page.following or tiff.SUB_IFDS in {*tags, *page.lost} or any(one.role == "sub" for one in directories.all):
        raise CannotRedact(PAGES)
    if directories.broken or page.lost or len(set(tags)) != len(tags):
        raise damaged(NAME)


def _numbers(source: bytes, order: str, page: tiff.Directory) -> dict[int, tuple[int, ...]]:
    """Return the fields of whole numbers that describe the layout of the pixels."""
    wanted = {WIDTH, HEIGHT, PHOTOMETRIC, STRIPS, ROWS, STRIP_SIZES, TILE_WIDTH, TILE_HEIGHT, TILES, TILE_SIZES, FORMAT}
    numbers = dict(_DEFAULTS)
    for entry in page.entries:
        if entry.tag not in wanted | _DEFAULTS.keys():
            continue
        letter = _LETTERS.get(entry.kind)
        if letter is None or entry.offset + entry.size > len(source):
            raise damaged(NAME)
        numbers[entry.tag] = struct.unpack_from(f"{order}{entry.count}{letter}", source, entry.offset)
    return numbers


def _one(numbers: Numbers, tag: int) -> int:
    values = numbers.get(tag, ())
    if len(values) != 1:
        raise damaged(NAME)
    return values[0]


def _check_kind(numbers: Numbers) -> None:
    """Accept only grey and RGB of 8 bits, with or without alpha, packed without loss; raises CannotRedact for all else."""
    samples, photometric = _one(numbers, SAMPLES), _one(numbers, PHOTOMETRIC)
    bits, extra, compression = set(numbers[BITS]), numbers[EXTRA], _one(numbers, COMPRESSION)
    if photometric in RAW:
        raise CannotRedact(CAMERA_RAW)
    if _one(numbers, SUBFILE):
        raise CannotRedact(PAGES)
    if max(bits, default=0) > 8 or set(numbers.get(FORMAT, (1,))) != {1}:
        raise CannotRedact(DEEP)
    if compression not in COMPRESSIONS:
        raise CannotRedact(PACKED)
    colours = {0: 1, 1: 1, 2: 3}.get(photometric)
    if colours is None or bits != {8}:
        raise CannotRedact(COLOURS)
    if samples != colours + len(extra) or extra not in {(), (1,), (2,)} or (extra == (1,) and colours == 1):
        raise CannotRedact(CHANNELS)
    if len(numbers[BITS]) not in {1, samples} or len(numbers.get(FORMAT, (1,))) not in {1, samples}:
        raise damaged(NAME)
    predictor, unpacked = _one(numbers, PREDICTOR), compression in {1, 32773}
    if _one(numbers, FILL_ORDER) != 1 or _one(numbers, PLANAR) not in {1, 2} or predictor not in {1, 2}:
        raise CannotRedact(PACKED)
    if (extra and _one(numbers, PLANAR) == 2) or (predictor == 2 and unpacked):
        raise CannotRedact(PACKED)


def _layout(numbers: Numbers, size: tuple[int, int]) -> _Layout:
    planes = _one(numbers, SAMPLES) if _one(numbers, PLANAR) == 2 else 1
    if (STRIPS in numbers) == (TILES in numbers):
        raise damaged(NAME)
    if STRIPS in numbers:
        rows = min(_one({ROWS: (size[1],), **numbers}, ROWS), size[1])
        shape, offsets, sizes = (size[0], rows), STRIPS, STRIP_SIZES
    else:
        shape, offsets, sizes = (_one(numbers, TILE_WIDTH), _one(numbers, TILE_HEIGHT)), TILES, TILE_SIZES
        if any(side % 16 or not 0 < side <= MAX_TILE for side in shape) or shape[0] * shape[1] > MAX_PIXELS:
            raise damaged(NAME)
    if not min(shape):
        raise damaged(NAME)
    across, down = (-(-side // step) for side, step in zip(size, shape, strict=True))
    return _Layout(offsets, sizes, shape, across * down * planes)


def _pieces(source: bytes, numbers: Numbers, layout: _Layout) -> Iterator[memoryview]:
    """Yield the strips or tiles. An unpacked piece must be as long as its rows; bytes behind its rows are dropped."""
    offsets, sizes = numbers[layout.offsets], numbers.get(layout.sizes, ())
    if len(offsets) != layout.count or len(sizes) != layout.count:
        raise damaged(NAME)
    samples = 1 if _one(numbers, PLANAR) == 2 else _one(numbers, SAMPLES)
    width, rows = layout.shape
    height = _one(numbers, HEIGHT)
    raw, strips = _one(numbers, COMPRESSION) == 1, layout.offsets == STRIPS
    each = -(-height // rows)
    for index, (start, length) in enumerate(zip(offsets, sizes, strict=True)):
        if not length or start + length > len(source):
            raise damaged(NAME)
        lines = min(rows, height - index % each * rows) if strips else rows
        needed = width * lines * samples if raw else length
        if length < needed:
            raise damaged(NAME)
        yield memoryview(source)[start : start + needed]


def _bare(order: str, numbers: Numbers, layout: _Layout, pieces: Iterator[memoryview]) -> bytes:
    """Return a TIFF of one directory with these pieces and only the fields that the decoder needs."""
    kept = [*pieces]
    ends, at = [], 8
    for piece in kept:
        at += len(piece)
        ends.append(at)
    samples = _one(numbers, SAMPLES)
    fields: dict[int, Sequence[int]] = {
        **{tag: numbers[tag] for tag in (WIDTH, HEIGHT, COMPRESSION, PHOTOMETRIC, SAMPLES, PLANAR)},
        BITS: (8,) * samples,
        layout.offsets: (8, *ends[:-1]),
        layout.sizes: [len(piece) for piece in kept],
    }
    if numbers[EXTRA]:
        fields[EXTRA] = numbers[EXTRA]
    if _one(numbers, PREDICTOR) == 2:
        fields[PREDICTOR] = (2,)
    if layout.offsets == STRIPS:
        fields[ROWS] = (layout.shape[1],)
    else:
        fields |= {TILE_WIDTH: (layout.shape[0],), TILE_HEIGHT: (layout.shape[1],)}
    padding = at % 2
    directory = _directory(order, fields, at + padding)
    magic = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", at + padding)
    return b"".join([magic, *kept, b"\0" * padding, directory])


def _directory(order: str, fields: Mapping[int, Sequence[int]], start: int) -> bytes:
    place = start + 2 + 12 * len(fields) + 4
    table, values = bytearray(), bytearray()
    for tag, numbers in sorted(fields.items()):
        kind, letter = (
            (_LONG, "I") if tag in {STRIPS, STRIP_SIZES, TILES, TILE_SIZES, WIDTH, HEIGHT, ROWS} else (_SHORT, "H")
        )
        data = struct.pack(f"{order}{len(numbers)}{letter}", *numbers)
        table += struct.pack(order + "HHI", tag, kind, len(numbers))
        if len(data) <= 4:
            table += data.ljust(4, b"\0")
        else:
            table += struct.pack(order + "I", place + len(values))
            values += data + b"\0" * (len(data) % 2)
    return struct.pack(order + "H", len(fields)) + bytes(table) + b"\0\0\0\0" + bytes(values)


def _profile(source: bytes, page: tiff.Directory) -> bytes | None:
    entry = page.find(PROFILE)
    if entry is None or not 0 < entry.size <= MAX_PROFILE:
        return None
    return source[entry.offset : entry.offset + entry.size]
