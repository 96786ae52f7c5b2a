"""Makes stills of which each leaks one thing, as naive tools leave it behind, and the honest copies beside them.

Nothing of the writer is used: pictures are filled by numbers counted by hand, and written by Pillow or byte by byte.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st
from jpeg_samples import encode, exif, noise, picture
from PIL import Image, ImageFilter, PngImagePlugin, features

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import Order, Person
from dam_plugin.redaction.proof.av1_tiles import tiles
from dam_tagging.facts import Region

NAME = "Ava Example"
FACE = Region(0.3125, 0.3125, 0.125, 0.125)
ORDER = Order(hide=(Person("s1", regions=(FACE,)),), secrets=(NAME, "S-2041"))
SIZE = (192, 160)
Box = tuple[int, int, int, int]
EXACT: Box = (46, 38, 98, 92)
"""The face's grown box (48 to 96 by 40 to 90) of a picture of SIZE, in whole pixels and two further."""
IN_UNITS: Box = (46, 30, 98, 98)
"""The same out to units of 16 by 16, and two further."""
BOXES = {"PNG": EXACT, "TIFF": EXACT, "WEBP": IN_UNITS, "AVIF": IN_UNITS}
FORMATS = [name for name in BOXES if name in {"PNG", "TIFF"} or features.check(name.lower())]
SETTINGS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "TIFF": {"compression": "tiff_adobe_deflate"},
    "WEBP": {"quality": 95, "method": 2},
    "AVIF": {"quality": 90},
}
FINE = {"WEBP": {"quality": 100}, "AVIF": {"quality": 100, "subsampling": "4:4:4"}}
GREY = (128, 128, 128, 255)


@dataclass(frozen=True, slots=True)
class Leak:
    """A copy that leaks: of which source, and a word of what must be said against it."""

    name: str
    released: bytes
    source: bytes
    says: str
    order: Order = ORDER


def write(image: Image.Image, form: str, **settings: Any) -> bytes:
    """Write a picture as a copy is written, unless the settings say otherwise."""
    file = io.BytesIO()
    image.save(file, form, **{**SETTINGS[form], **settings})
    return file.getvalue()


def read(data: bytes, mode: str | None = None) -> Image.Image:
    """Open a picture and load its pixels."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image if mode is None else image.convert(mode)


def source(form: str, mode: str = "RGB", **settings: Any) -> bytes:
    """Return the source of most leaks: lossless where its format allows."""
    lossless = {"WEBP": {"lossless": True}, "AVIF": {"quality": 95}}.get(form, {})
    return write(picture(*SIZE, mode=mode), form, **{**lossless, **settings})


def filled(data: bytes, box: Box) -> Image.Image:
    """Return a picture with one box filled as it must be."""
    image = read(data)
    image.paste(GREY[: len(image.getbands())] if len(image.getbands()) > 1 else GREY[0], box)
    return image


def honest(form: str, data: bytes | None = None, **settings: Any) -> bytes:
    """Return the copy that is proven."""
    return write(filled(data or source(form), BOXES[form]), form, **settings)


def leaks(form: str) -> Iterator[Leak]:
    """Yield the leaks of one format: those of its pixels, then those of its container."""
    yield from _of_pixels(form)
    yield from {"PNG": _of_png, "TIFF": _of_tiff, "WEBP": _of_webp, "AVIF": _of_avif}[form]()


def _of_pixels(form: str) -> Iterator[Leak]:
    data, box = source(form), BOXES[form]
    left, top, right, bottom = box
    changes: dict[str, Callable[[Image.Image], Image.Image]] = {
        "blur": lambda crop: crop.filter(ImageFilter.GaussianBlur(6)),
        "mosaic": lambda crop: crop.reduce(16).resize(crop.size, Image.Resampling.NEAREST),
        "mean colour": lambda crop: crop.resize((1, 1), Image.Resampling.BOX).resize(crop.size),
        "a ghost": lambda crop: Image.blend(crop, Image.new("RGB", crop.size, GREY[:3]), 0.9),
        "a ghost that nobody sees": lambda crop: Image.blend(crop, Image.new("RGB", crop.size, GREY[:3]), 0.98),
        "black": lambda crop: Image.new("RGB", crop.size),
        "a sticker": lambda crop: noise(*crop.size, 7),
    }
    yield Leak("the source itself, written afresh", write(read(data), form), data, "not filled")
    for name, change in changes.items():
        image = read(data)
        image.paste(change(image.crop(box)), box[:2])
        yield Leak(name, write(image, form, **FINE.get(form, {})), data, "not filled")
    short = {
        "left": (left + 1, top, right, bottom),
        "top": (left, top + 1, right, bottom),
        "right": (left, top, right - 1, bottom),
        "bottom": (left, top, right, bottom - 1),
    }
    for side, smaller in short.items():
        yield Leak(f"one pixel short ({side})", write(filled(data, smaller), form), data, "not filled")
    yield Leak("a box elsewhere", write(filled(data, (100, 60, 170, 140)), form), data, "not filled")
    yield Leak("the box as drawn", write(filled(data, (60, 50, 84, 70)), form), data, "not filled")
    other = filled(data, box)
    other.paste(noise(24, 24, 3), (140, 100))
    yield Leak("somebody else pasted in", write(other, form), data, "not the source's")
    yield Leak("another size", write(filled(data, box).resize((96, 80)), form), data, "size")
    yield Leak("a name in the packet", honest(form, **_xmp(form, b"<x>" + NAME.encode() + b"</x>")), data, "notice")
    wide = replace(ORDER, hide=(*ORDER.hide, Person("s2", regions=(Region(0.7, 0.6, 0.1, 0.1),))))
    yield Leak("a second person left in", honest(form), data, "box 2 of 2", wide)


def _xmp(form: str, packet: bytes) -> dict[str, Any]:
    if form == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        return {"pnginfo": info}
    return {"tiffinfo": {700: packet}} if form == "TIFF" else {"xmp": packet}


def mutations(data: bytes) -> st.SearchStrategy[bytes]:
    """Return a strategy that changes, cuts out, repeats and inserts bytes of a file, or cuts it off."""
    place = st.integers(0, len(data) - 1)
    change = st.tuples(st.sampled_from(["set", "cut", "repeat", "insert", "end"]), place, place, st.binary(max_size=9))

    def mutated(changes: list[tuple[str, int, int, bytes]]) -> bytes:
        made = data
        for kind, first, second, filling in changes:
            start, end = sorted((min(first, len(made)), min(second, len(made))))
            made = {
                "set": made[:start] + filling + made[start + len(filling) :],
                "cut": made[:start] + made[end:],
                "repeat": made[:end] + made[start:],
                "insert": made[:start] + filling + made[start:],
                "end": made[:end],
            }[kind]
        return made

    return st.lists(change, min_size=1, max_size=4).map(mutated)


def survivors(data: bytes, proves: Callable[[bytes], object], places: Iterable[int]) -> list[int]:
    """Return where a changed byte still leaves a copy that is proven: every place, some bits each."""
    left = []
    for at in places:
        for bits in (0x01, 0x80, 0xFF):
            try:
                proves(data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :])
            except NotProven:
                continue
            left.append(at)
    return left


def with_notice(form: str, packet: bytes, **settings: Any) -> bytes:
    """Return the honest copy with a notice."""
    return honest(form, **_xmp(form, packet), **settings)


# PNG


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and body of each chunk."""
    at = 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def png_of(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Put a PNG together."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, body) for kind, body in chunks)


def _of_png() -> Iterator[Leak]:
    data, copy = source("PNG"), honest("PNG")
    chunks = list(png_chunks(copy))
    packed = b"".join(body for kind, body in chunks if kind == b"IDAT")
    head, rows = chunks[0], zlib.decompress(packed)

    def leak(name: str, released: bytes, says: str) -> Leak:
        return Leak(name, released, data, says)

    def with_chunk(kind: bytes, body: bytes, at: int = 1) -> bytes:
        return png_of([*chunks[:at], (kind, body), *chunks[at:]])

    def with_data(*bodies: bytes) -> bytes:
        return png_of([head, *((b"IDAT", body) for body in bodies), (b"IEND", b"")])

    yield leak("a tEXt with a name", with_chunk(b"tEXt", b"Author\0" + NAME.encode()), "names or ids")
    yield leak("a tEXt", with_chunk(b"tEXt", b"Comment\0harmless"), "tEXt")
    yield leak("a zTXt", with_chunk(b"zTXt", b"Author\0\0" + zlib.compress(NAME.encode())), "zTXt")
    yield leak("an iTXt", with_chunk(b"iTXt", b"Title\0\0\0\0\0" + NAME.encode()), "names or ids")
    packed_text = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(NAME.encode())
    yield leak("a packed iTXt", with_chunk(b"iTXt", packed_text), "text")
    yield leak("an eXIf", with_chunk(b"eXIf", exif(1)[6:]), "eXIf")
    yield leak("an Exif thumbnail", with_chunk(b"eXIf", exif(1)[6:] + encode(picture(16, 16)), -1), "eXIf")
    yield leak("a tIME", with_chunk(b"tIME", b"\x07\xe8\1\1\1\1\1"), "tIME")
    yield leak("a private chunk", with_chunk(b"prVt", b"the face"), "prVt")
    yield leak("a private chunk behind the picture", with_chunk(b"prVt", b"the face", -1), "prVt")
    yield leak("an unnamed chunk", with_chunk(b"\0\0\0\0", b"the face"), "0x00000000")
    yield leak("a foreign profile", with_chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(b"profile")), "profile")
    yield leak("a named profile", with_chunk(b"iCCP", NAME.encode() + b"\0\0" + zlib.compress(b"profile")), "profile")
    yield leak("a byte behind IEND", copy + b"\0", "behind")
    yield leak("an earlier, longer picture behind IEND", copy + data[len(copy) // 2 :], "chunk")
    yield leak("a second PNG behind IEND", copy + data, "chunk")
    yield leak("IEND with a body", png_of([*chunks[:-1], (b"IEND", b"the face")]), "length")
    yield leak("no IEND", png_of(chunks[:-1]), "missing")
    yield leak("an empty IDAT", with_data(packed, b""), "length")
    yield leak("bytes in IDAT behind the stream", with_data(packed + rows[:500]), "behind the end")
    yield leak("an IDAT behind the stream", with_data(packed, rows[:500]), "behind the end")
    yield leak("a second stream in IDAT", with_data(packed + packed), "behind the end")
    yield leak("rows below the picture", with_data(zlib.compress(rows + rows[: 20 * (1 + 3 * 192)])), "more than")
    yield leak("a byte below the picture", with_data(zlib.compress(rows + b"\0")), "more than")
    yield leak("a row too few", with_data(zlib.compress(rows[: -(1 + 3 * 192)])), "ends before")
    yield leak("a stream without an end", with_data(packed[:-2]), "ends before")
    yield leak("a wrong sum of the stream", with_data(packed[:-4] + b"\0\0\0\0"), "damaged")
    yield leak("a filter that does not exist", with_data(zlib.compress(b"\5" + rows[1:])), "filter")
    yield leak("a wrong checksum", copy[:-1] + bytes([copy[-1] ^ 1]), "checksum")
    yield leak("IDAT twice, apart", png_of([head, (b"IDAT", packed[:99]), head, (b"IDAT", packed[99:])]), "order")
    palette = write(filled(data, EXACT).quantize(255), "PNG")
    yield leak("a palette", palette, "PLTE")
    hidden = write(filled(data, EXACT).quantize(200), "PNG", transparency=7)
    yield leak("a palette with alpha", hidden, "tRNS")
    frames = write(
        filled(data, EXACT), "PNG", save_all=True, append_images=[read(data)], default_image=True, duration=100
    )
    yield leak("frames of an animation", frames, "fdAT")
    yield leak("a gamma", with_chunk(b"gAMA", b"\0\0\xb1\x8f"), "gAMA")
    yield leak("interlaced", png_of([(b"IHDR", head[1][:-1] + b"\1"), *chunks[1:]]), "row by row")
    yield leak("not a PNG", b"\0" + copy[1:], "does not begin")
    yield from _under_alpha("PNG")


def _under_alpha(form: str, **settings: Any) -> Iterator[Leak]:
    """Yield a leak of what lies under alpha 0: shown by any viewer that leaves alpha out."""
    image = picture(*SIZE).convert("RGBA")
    alpha = Image.new("L", SIZE, 255)
    alpha.paste(0, (110, 20, 180, 140))
    image.putalpha(alpha)
    data = write(image, form, **({"lossless": True, "exact": True} if form == "WEBP" else {}))
    yield Leak("colours under alpha 0", write(filled(data, BOXES[form]), form, **settings), data, "not the source's")
    cut = picture(*SIZE).convert("RGBA")
    box = Image.new("L", SIZE, 255)
    box.paste(0, BOXES[form])
    cut.putalpha(box)
    yield Leak("hidden by alpha alone", write(cut, form, **settings), source(form), "not filled")
    soft = picture(*SIZE).convert("RGBA")
    soft.putalpha(Image.new("L", SIZE, 255))
    soft.paste((200, 10, 10, 9), (110, 20, 180, 140))
    finest = {"WEBP": {"lossless": True, "exact": True}, "AVIF": FINE["AVIF"]}
    data = write(soft, form, **finest.get(form, {}))
    yield Leak(
        "colours left by a soft eraser", write(filled(data, BOXES[form]), form, **settings), data, "not the source's"
    )
    faint = filled(data, BOXES[form])
    levels = read(data, "L").crop(BOXES[form]).point(lambda level: 251 + level * 4 // 255)
    box = Image.new("RGBA", levels.size, GREY)
    box.putalpha(levels)
    faint.paste(box, BOXES[form][:2])
    yield Leak("a face in the alpha of its box", write(faint, form, **settings), data, "not filled")


# WebP


def riff_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return kind and body of each chunk."""
    at, found = 12, []
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        found.append((data[at : at + 4], data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return found


def riff_of(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Put a WebP together."""
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for kind, body in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def extended(chunks: list[tuple[bytes, bytes]], flags: int, size: tuple[int, int] = SIZE) -> bytes:
    """Put a WebP with the extended header together."""
    sides = b"".join((side - 1).to_bytes(3, "little") for side in size)
    return riff_of([(b"VP8X", bytes([flags, 0, 0, 0]) + sides), *chunks])


def _of_webp() -> Iterator[Leak]:
    data, copy = source("WEBP"), honest("WEBP")
    lossless = honest("WEBP", lossless=True)
    (coded,), (plain,) = riff_chunks(copy), riff_chunks(lossless)
    thumbnail = encode(picture(16, 16))
    tag = int.from_bytes(coded[1][:3], "little")
    middle = 10 + (tag >> 5)
    spare = bytes(range(256))

    def leak(name: str, released: bytes, says: str) -> Leak:
        return Leak(name, released, data, says)

    yield leak("Exif", write(filled(data, IN_UNITS), "WEBP", exif=exif(1)), "EXIF")
    yield leak("an Exif thumbnail", extended([coded, (b"EXIF", exif(1)[6:] + thumbnail)], 8), "EXIF")
    yield leak("XMP without a flag", extended([coded, (b"XMP ", b"<x/>")], 0), "notice")
    yield leak("an empty XMP", extended([coded, (b"XMP ", b"")], 4), "notice")
    yield leak("a flag without XMP", extended([coded], 4), "header")
    yield leak("a flag of an animation", extended([coded], 2), "header")
    yield leak("a larger canvas", extended([coded], 0, (200, 160)), "header")
    yield leak("a foreign profile", write(filled(data, IN_UNITS), "WEBP", icc_profile=b"profile"), "profile")
    frames = write(filled(data, IN_UNITS), "WEBP", save_all=True, append_images=[read(data)], duration=100)
    yield leak("an animation", frames, "ANIM")
    yield leak("a private chunk", extended([coded, (b"PRVT", b"the face")], 0), "PRVT")
    yield leak("an unnamed chunk", extended([coded, (b"\0\0\0\0", b"the face")], 0), "0x00000000")
    yield leak("the picture twice", riff_of([coded, coded]), "order or twice")
    yield leak("the source behind the picture", extended([coded, *riff_chunks(data)], 0), "order or twice")
    yield leak("bytes behind the file", copy + thumbnail, "length")
    yield leak("another length", copy[:4] + struct.pack("<I", len(copy)) + copy[8:] + b"\0\0", "length")
    for name, chunk in (("lossy", coded), ("lossless", plain)):
        for length in (17, 256):
            behind = riff_of([(chunk[0], chunk[1] + (spare * 2)[7 : 7 + length])])
            yield leak(f"{length} bytes behind the {name} picture", behind, "behind the end of the coded picture")
    longer = struct.pack("<I", tag + (len(spare) << 5))[:3]
    inside = longer + coded[1][3:middle] + spare + coded[1][middle:]
    yield leak("bytes behind the first partition", riff_of([(b"VP8 ", inside)]), "behind the end of the coded picture")
    odd = riff_of([(b"VP8L", plain[1][: len(plain[1]) // 2 * 2 - 1])])
    yield leak("no zero behind an odd chunk", odd[:-1] + b"\7", "zero")
    yield leak("a frame that is not shown", riff_of([(b"VP8 ", bytes([coded[1][0] & 0xEF]) + coded[1][1:])]), "shown")
    yield leak("a frame of a video", riff_of([(b"VP8 ", bytes([coded[1][0] | 1]) + coded[1][1:])]), "key frame")
    scaled = coded[1][:7] + bytes([coded[1][7] | 0x40]) + coded[1][8:]
    yield leak("a scaled frame", riff_of([(b"VP8 ", scaled)]), "do not fit")
    yield leak("an alpha channel twice", extended([(b"ALPH", b"\0"), (b"ALPH", b"\0"), coded], 16), "order or twice")
    yield leak("alpha with spare bytes", extended([(b"ALPH", bytes([0, *b"\xff" * 30_730])), coded], 16), "alpha")
    yield leak("not a WebP", b"RIFX" + copy[4:], "no WebP")
    yield from _under_alpha("WEBP", exact=True)
    yield from (replace(one, name=f"{one.name}, lossless") for one in _under_alpha("WEBP", exact=True, lossless=True))


# TIFF


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag with its type and values: numbers, or bytes as they stand."""

    tag: int
    kind: int
    values: tuple[int, ...] | bytes


_LETTERS = {1: "B", 3: "H", 4: "I", 7: "B"}


def tiff_of(tags: list[Tag], strips: bytes, *, more: int = 0, gap: bytes = b"", tail: bytes = b"") -> bytes:
    """Put a TIFF together: header, strips, `gap`, one directory, its values, `tail`. Tag 273 is set to the strips."""
    start = 8
    at = start + len(strips) + len(strips) % 2 + len(gap)
    values_at = at + 2 + 12 * len(tags) + 4
    entries, values = b"", b""
    for tag in sorted(tags, key=lambda each: each.tag):
        if isinstance(tag.values, bytes):
            raw, count = tag.values, len(tag.values)
        else:
            raw, count = struct.pack(f"<{len(tag.values)}{_LETTERS[tag.kind]}", *tag.values), len(tag.values)
        if len(raw) <= 4:
            field = raw.ljust(4, b"\0")
        else:
            field = struct.pack("<I", values_at + len(values))
            values += raw + b"\0" * (len(raw) % 2)
        entries += struct.pack("<HHI", tag.tag, tag.kind, count) + field
    body = strips + b"\0" * (len(strips) % 2) + gap
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", more)
    return b"II\x2a\0" + struct.pack("<I", at) + body + directory + values + tail


def tiff_tags(size: tuple[int, int], strips: list[bytes], rows: int, *extra: Tag) -> list[Tag]:
    """Return the tags of an RGB picture in deflated strips."""
    starts = [8 + sum(len(strip) for strip in strips[:index]) for index in range(len(strips))]
    return [
        Tag(256, 3, (size[0],)), Tag(257, 3, (size[1],)), Tag(258, 3, (8, 8, 8)), Tag(259, 3, (8,)), Tag(262, 3, (2,)),
        Tag(273, 4, tuple(starts)), Tag(277, 3, (3,)), Tag(278, 3, (rows,)),
        Tag(279, 4, tuple(len(strip) for strip in strips)), Tag(284, 3, (1,)), *extra,
    ]  # fmt: skip


def tiff_strips(image: Image.Image, rows: int) -> list[bytes]:
    """Deflate a picture in strips of so many rows."""
    row = 3 * image.width
    data = image.tobytes()
    return [zlib.compress(data[at : at + rows * row]) for at in range(0, len(data), rows * row)]


def _of_tiff() -> Iterator[Leak]:
    data, copy = source("TIFF"), honest("TIFF")
    image = filled(data, EXACT)
    strips = tiff_strips(image, 40)
    face = encode(picture(16, 16))

    def leak(name: str, released: bytes, says: str) -> Leak:
        return Leak(name, released, data, says)

    def with_tags(*extra: Tag, **more: Any) -> bytes:
        tags = {tag.tag: tag for tag in (*tiff_tags(SIZE, strips, 40), *extra)}
        return tiff_of(list(tags.values()), b"".join(strips), **more)

    pages = write(image, "TIFF", save_all=True, append_images=[read(data)])
    yield leak("a second page", pages, "second page")
    yield leak("a second directory", with_tags(more=8), "second page")
    for number, name in ((270, "ImageDescription"), (305, "Software"), (306, "DateTime"), (315, "Artist")):
        yield leak(name, with_tags(Tag(number, 7, b"harmless")), f"tag {number}")
    yield leak("a name in ImageDescription", write(image, "TIFF", tiffinfo={270: NAME}), "names or ids")
    yield leak("a private tag", with_tags(Tag(65000, 7, face)), "tag 65000")
    yield leak("SubIFDs", with_tags(Tag(330, 4, (8,))), "tag 330")
    yield leak("an Exif directory", with_tags(Tag(34665, 4, (8,))), "tag 34665")
    yield leak("a GPS directory", with_tags(Tag(34853, 4, (8,))), "tag 34853")
    yield leak("IPTC", with_tags(Tag(33723, 7, b"\x1c\2\x78\0\4test")), "tag 33723")
    yield leak("Photoshop's layers", with_tags(Tag(37724, 7, face)), "tag 37724")
    yield leak("JPEG tables", with_tags(Tag(347, 7, face)), "tag 347")
    yield leak("an orientation", with_tags(Tag(274, 3, (6,))), "tag 274")
    yield leak("a foreign profile", with_tags(Tag(34675, 7, b"profile")), "profile")
    yield leak("an empty notice", with_tags(Tag(700, 1, b"<x/>")), "notice")
    yield leak("bytes before the directory", with_tags(gap=face + b"\0" * (len(face) % 2)), "belong to no part")
    yield leak("zeros before the directory", with_tags(gap=bytes(64)), "belong to no part")
    yield leak("bytes behind the file", with_tags(tail=face), "belong to no part")
    yield leak("a byte behind the file", copy + b"\7", "belong to no part")
    yield leak("the source behind the file", copy + data, "belong to no part")
    yield leak("bytes behind a value", with_tags(Tag(284, 3, (1, 1))), "not one of 8 bits")
    whole = with_tags()
    at = whole.index(struct.pack("<HHI", 284, 3, 1))
    yield leak("bytes in a value's field", whole[: at + 10] + b"\7\7" + whole[at + 12 :], "behind the value")
    tall = tiff_strips(read(data), 40)
    spare = [*strips[:-1], strips[-1] + face]
    yield leak("bytes in a strip behind its stream", _tiff(image, spare, 40), "behind the end")
    more = zlib.compress(zlib.decompress(strips[-1]) + bytes(3 * 192))
    yield leak("rows below the picture", _tiff(image, [*strips[:-1], more], 40), "more than")
    less = zlib.compress(zlib.decompress(strips[-1])[3 * 192 :])
    yield leak("a row too few", _tiff(image, [*strips[:-1], less], 40), "ends before")
    yield leak("a strip too many", _tiff(image, [*strips, tall[0]], 40), "strips")
    yield leak("strips that nothing names", with_tags(gap=_even(tall[1])), "belong to no part")
    overlapping = replace(tiff_tags(SIZE, strips, 40)[5], values=(8, 8, 8, 8))
    yield leak("strips that overlap", with_tags(overlapping), "overlap")
    yield leak("a strip outside of the file", with_tags(Tag(273, 4, (1 << 30, 8, 8, 8))), "outside")
    yield leak("LZW", write(image, "TIFF", compression="tiff_lzw"), "packed by deflate")
    yield leak("JPEG in TIFF", write(image, "TIFF", compression="jpeg"), "tag")
    yield leak("a palette", write(image.quantize(255), "TIFF"), "tag 320")
    yield leak("16 bits", write(Image.new("I;16", SIZE), "TIFF"), "8 bits")
    yield leak("big-endian", b"MM\0\x2a" + copy[4:], "does not begin")
    yield from _under_alpha("TIFF")


def _even(data: bytes) -> bytes:
    return data + b"\0" * (len(data) % 2)


def _tiff(image: Image.Image, strips: list[bytes], rows: int) -> bytes:
    return tiff_of(tiff_tags(image.size, strips, rows), b"".join(strips))


# AVIF


def bmff_box(kind: bytes, body: bytes) -> bytes:
    """Return a box with its size."""
    return struct.pack(">I", 8 + len(body)) + kind + body


def av1_unit(kind: int, body: bytes) -> bytes:
    """Return a unit of AV1 with its size."""
    length, size = len(body), b""
    while length >= 0x80:
        size, length = size + bytes([length & 0x7F | 0x80]), length >> 7
    return bytes([kind << 3 | 2]) + size + bytes([length]) + body


@dataclass(frozen=True, slots=True)
class Avif:
    """An AVIF to be put together: items as (entry of `infe` behind its id, data), and the boxes around them.

    `links` are those of `iref`, `uses` the indices of each coded item's properties; `gap` stands in `mdat` behind them.
    """

    items: tuple[tuple[bytes, bytes], ...]
    properties: tuple[bytes, ...]
    uses: tuple[tuple[int, ...], ...]
    links: bytes = b""
    brands: bytes = b"avif\0\0\0\0avifmif1miafMA1B"
    in_meta: bytes = b""
    behind: bytes = b""
    gap: bytes = b""
    handler: bytes = b"pict"
    flags: int = 0

    def made(self) -> bytes:
        """Return the file."""
        head = bmff_box(b"ftyp", self.brands)
        length = len(self._meta(0))
        return head + self._meta(len(head) + length + 8) + bmff_box(b"mdat", self._data() + self.gap) + self.behind

    def _data(self) -> bytes:
        return b"".join(data for _, data in self.items)

    def _meta(self, start: int) -> bytes:
        places, entries = b"", b""
        for number, (entry, data) in enumerate(self.items, 1):
            places += struct.pack(">HHHII", number, 0, 1, start, len(data))
            entries += bmff_box(b"infe", struct.pack(">IHH", 0x2000000 | self.flags * (number > 1), number, 0) + entry)
            start += len(data)
        uses = b"".join(struct.pack(">HB", number, len(used)) + bytes(used) for number, used in enumerate(self.uses, 1))
        count = struct.pack(">H", len(self.items))
        boxes = [
            bmff_box(b"hdlr", bytes(8) + self.handler + bytes(13)),
            bmff_box(b"pitm", bytes(4) + b"\0\1"),
            bmff_box(b"iloc", bytes(4) + b"\x44\0" + count + places),
            bmff_box(b"iinf", bytes(4) + count + entries),
            bmff_box(b"iref", bytes(4) + self.links) if self.links else b"",
            bmff_box(
                b"iprp",
                bmff_box(b"ipco", b"".join(self.properties))
                + bmff_box(b"ipma", bytes(4) + struct.pack(">I", len(self.uses)) + uses),
            ),
            self.in_meta,
        ]
        return bmff_box(b"meta", bytes(4) + b"".join(boxes))


COLOUR = b"av01Color\0"


def coded_of(data: bytes) -> bytes:
    """Return the coded picture of an AVIF of one item."""
    at = data.index(b"mdat") + 4
    return data[at : at - 4 + int.from_bytes(data[at - 8 : at - 4]) - 4]


def avif_of(coded: bytes, size: tuple[int, int] = SIZE) -> Avif:
    """Return the plain AVIF of a coded picture."""
    properties = (
        bmff_box(b"ispe", bytes(4) + struct.pack(">II", *size)),
        bmff_box(b"pixi", bytes(4) + b"\3\x08\x08\x08"),
        bmff_box(b"av1C", b"\x81\0\x0c\0"),
        bmff_box(b"colr", b"nclx\0\1\0\x0d\0\6\x80"),
    )
    return Avif(((COLOUR, coded),), properties, ((1, 2, 0x83, 4),))


def tiled(image: Image.Image, **settings: Any) -> tuple[bytes, bytes, list[tuple[int, int]]]:
    """Write a picture in two tiles or more, and return its sequence header, its frame, and where its tiles lie there."""
    coded = coded_of(write(image, "AVIF", **{"tile_cols": 1, "autotiling": False, **settings}))
    head = coded[: 4 + coded[3]]
    at = len(head) + next(index for index in range(1, 6) if coded[len(head) + index] < 0x80) + 1
    return head, coded[at:], tiles(head[4:], coded[at:], 0, len(coded) - at)


def _behind_a_tile(image: Image.Image, spare: bytes) -> Avif:
    head, frame, ((start, end), _) = tiled(image, quality=100)
    size = end - start - 1
    width = next(
        n for n in range(-(-size.bit_length() // 8), 5) if frame[start - n : start] == size.to_bytes(n, "little")
    )
    longer = frame[: start - width] + (size + len(spare)).to_bytes(width, "little")
    made = avif_of(head + av1_unit(6, longer + frame[start:end] + spare + frame[end:]))
    assert read(made.made()).tobytes() == read(avif_of(head + av1_unit(6, frame)).made()).tobytes()
    return made


def _of_avif() -> Iterator[Leak]:  # noqa: PLR0915 - a list
    data, copy = source("AVIF"), honest("AVIF")
    image = filled(data, IN_UNITS)
    coded, clear = coded_of(copy), coded_of(data)
    plain = avif_of(coded)
    face = encode(picture(16, 16))
    head, frame = coded[: 4 + coded[3]], coded[4 + coded[3] :]
    body = frame[3:]
    assert av1_unit(6, body) == frame
    second = replace(plain, items=((COLOUR, coded), (COLOUR, clear)), uses=((1, 2, 0x83, 4),) * 2)

    def leak(name: str, released: bytes | Avif, says: str) -> Leak:
        return Leak(name, released if isinstance(released, bytes) else released.made(), data, says)

    def with_property(box: bytes, use: int = 5) -> Avif:
        return replace(plain, properties=(*plain.properties, box), uses=((1, 2, 0x83, 4, use),))

    def with_data(units: bytes) -> Avif:
        return replace(plain, items=((COLOUR, units),))

    tagged = Image.Exif()
    tagged[315] = "somebody"
    yield leak("Exif", write(image, "AVIF", exif=tagged), "item")
    yield leak("a turn", write(image, "AVIF", exif=exif(6)), "irot")
    yield leak("a mirror", write(image, "AVIF", exif=exif(2)), "imir")
    yield leak("a second picture", second, "item")
    yield leak("a hidden second picture", replace(second, flags=1), "item")
    links = bmff_box(b"thmb", struct.pack(">HHH", 2, 1, 1))
    yield leak("a thumbnail", replace(second, links=links), "item")
    yield leak("an item that is no picture", replace(second, items=((COLOUR, coded), (b"mimeX\0a/b\0", face))), "item")
    yield leak("an item with a name", replace(plain, items=((b"av01" + NAME.encode() + b"\0", coded),)), "item")
    yield leak("a link to itself", replace(plain, links=bmff_box(b"dimg", struct.pack(">HHH", 1, 1, 1))), "refer")
    yield leak("bytes in mdat behind the picture", replace(plain, gap=face), "fill")
    for kind in (b"free", b"skip", b"uuid", b"udta", b"moov", b"mdat"):
        yield leak(f"a box {kind.decode()} behind", replace(plain, behind=bmff_box(kind, face)), "box")
    yield leak("a box free in the meta box", replace(plain, in_meta=bmff_box(b"free", face)), "box free")
    yield leak("a box idat in the meta box", replace(plain, in_meta=bmff_box(b"idat", face)), "box idat")
    yield leak("bytes behind the file", plain.made() + b"\0\0\0", "belong to none")
    yield leak("another handler", replace(plain, handler=b"prvt"), "refer")
    yield leak("another brand", replace(plain, brands=b"avif\0\0\0\0avif" + b"face"), "another format")
    yield leak("a version of the brand", replace(plain, brands=b"avifface"), "another format")
    yield leak("a property without a picture", replace(with_property(bmff_box(b"udes", face)), uses=plain.uses), "udes")
    yield leak("a description", with_property(bmff_box(b"udes", bytes(4) + NAME.encode())), "names or ids")
    yield leak("an unused property", replace(with_property(plain.properties[0]), uses=plain.uses), "belongs to no")
    yield leak("a property twice", with_property(plain.properties[0]), "may not have")
    yield leak("a crop", with_property(bmff_box(b"clap", bytes(32))), "clap")
    yield leak("a foreign profile", with_property(bmff_box(b"colr", b"prof" + face)), "profile")
    yield leak("a restricted profile", with_property(bmff_box(b"colr", b"rICC" + face)), "colr")
    spoofed = replace(
        plain, properties=(*plain.properties[:1], bmff_box(b"colr", b"pixi" + face), *plain.properties[2:])
    )
    yield leak("a profile that says it is something else", spoofed, "colr")
    longer = replace(
        plain, properties=(*plain.properties[:2], bmff_box(b"av1C", b"\x81\0\x0c\0" + head), *plain.properties[3:])
    )
    yield leak("units in the configuration", longer, "more than it must")
    other = replace(plain, properties=(bmff_box(b"ispe", bytes(4) + struct.pack(">II", 96, 80)), *plain.properties[1:]))
    yield leak("another size than the coded one", other, "does not fit")
    yield leak("a second frame", with_data(coded + clear[clear.index(frame[:1], 12) :]), "frame")
    yield leak("the whole source behind the frame", with_data(coded + clear), "units")
    yield leak("metadata", with_data(head + av1_unit(5, b"\4" + face) + frame), "frame")
    yield leak("padding", with_data(coded + av1_unit(15, face)), "frame")
    yield leak("a delimiter with a body", with_data(av1_unit(2, face) + coded[2:]), "frame")
    yield leak("256 bytes behind the frame", with_data(head + av1_unit(6, body + face[:256])), "coded picture")
    yield leak("17 bytes behind the frame", with_data(head + av1_unit(6, body + face[20:37])), "coded picture")
    yield leak("256 zeros behind the frame", with_data(head + av1_unit(6, body + bytes(256))), "coded picture")
    yield leak(
        "a unit with a longer size", with_data(head + b"\x32" + frame[1:2] + bytes([frame[2] | 0x80, 0]) + body), "size"
    )
    yield leak("a long header", with_data(head[:3] + bytes([head[3] + 60]) + head[4:] + bytes(60) + frame), "header")
    for name, spare in (("a JPEG", face), ("zeros", bytes(256))):
        yield leak(f"{name} behind the first of two tiles", _behind_a_tile(image, spare), "of a part of it")
    moving = write(image, "AVIF", save_all=True, append_images=[read(data)], duration=100)
    yield leak("an animation", moving, "box moov")
    yield leak("not an AVIF", replace(plain, brands=b"heic\0\0\0\0mif1heic"), "another format")
    yield from _under_alpha("AVIF")
