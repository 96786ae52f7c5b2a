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
from dam_tagging.facts import Region

NAME = "Ava Example"
FACE = Region(0.3125, 0.3125, 0.125, 0.125)
ORDER = Order(hide=(Person("s1", regions=(FACE,)),), secrets=(NAME, "S-2041"))
SIZE = (192, 160)
Box = tuple[int, int, int, int]
EXACT: Box = (46, 38, 98, 92)
"""The face's grown box (48 to 96 by 40 to 90) of a picture of SIZE, in whole pixels and two further."""
IN_BLOCKS: Box = (40, 24, 104, 104)
"""The same out to units of 16 by 16, two further, and out to blocks of 8 by 8."""


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of source: its type, how Pillow writes it, where the face's box is in its copy, and what the copy is."""

    media_type: str
    format: str
    box: Box
    copy: str
    settings: dict[str, Any]


_FORMS = {
    "PNG": Form("image/png", "PNG", EXACT, "PNG", {}),
    "TIFF": Form("image/tiff", "TIFF", EXACT, "PNG", {"compression": "tiff_adobe_deflate"}),
    "lossless WebP": Form("image/webp", "WEBP", IN_BLOCKS, "PNG", {"lossless": True, "exact": True}),
    "WebP": Form("image/webp", "WEBP", IN_BLOCKS, "JPEG", {"quality": 95, "method": 2, "exact": True}),
    "AVIF": Form("image/avif", "AVIF", IN_BLOCKS, "JPEG", {"quality": 95}),
}
FORMS = {
    name: form for name, form in _FORMS.items() if form.format in {"PNG", "TIFF"} or features.check(form.format.lower())
}
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
    """Write a picture as a source of this form."""
    return _saved(image, FORMS[form].format, **{**FORMS[form].settings, **settings})


def write_copy(image: Image.Image, form: str, **settings: Any) -> bytes:
    """Write a picture as a copy of such a source is written: what lets something shine through as a PNG."""
    if FORMS[form].copy == "PNG" or image.mode in {"LA", "RGBA"}:
        return _saved(image, "PNG", **settings)
    return _saved(image, "JPEG", **{"quality": 92, "subsampling": "4:4:4", **settings})


def _saved(image: Image.Image, format_: str, **settings: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **settings)
    return file.getvalue()


def read(data: bytes, mode: str | None = None) -> Image.Image:
    """Open a picture and load its pixels."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image if mode is None else image.convert(mode)


def source(form: str, mode: str = "RGB", **settings: Any) -> bytes:
    """Return the source of most leaks."""
    return write(picture(*SIZE, mode=mode), form, **settings)


def filled(data: bytes, box: Box) -> Image.Image:
    """Return a picture with one box filled as it must be."""
    image = read(data)
    image.paste(GREY[: len(image.getbands())] if len(image.getbands()) > 1 else GREY[0], box)
    return image


def honest(form: str, data: bytes | None = None, **settings: Any) -> bytes:
    """Return the copy that is proven."""
    return write_copy(filled(data or source(form), FORMS[form].box), form, **settings)


def leaks(form: str) -> Iterator[Leak]:
    """Yield the leaks of one format: those of its pixels, then those of a PNG's container."""
    yield from _of_pixels(form)
    yield from _under_alpha(form)
    if form == "PNG":
        yield from _of_png()


def _of_pixels(form: str) -> Iterator[Leak]:
    data, box = source(form), FORMS[form].box
    left, top, right, bottom = box
    fine = {"quality": 100} if FORMS[form].copy == "JPEG" else {}
    changes: dict[str, Callable[[Image.Image], Image.Image]] = {
        "blur": lambda crop: crop.filter(ImageFilter.GaussianBlur(6)),
        "mosaic": lambda crop: crop.reduce(16).resize(crop.size, Image.Resampling.NEAREST),
        "mean colour": lambda crop: crop.resize((1, 1), Image.Resampling.BOX).resize(crop.size),
        "a ghost": lambda crop: Image.blend(crop, Image.new("RGB", crop.size, GREY[:3]), 0.9),
        "a ghost that nobody sees": lambda crop: Image.blend(crop, Image.new("RGB", crop.size, GREY[:3]), 0.98),
        "black": lambda crop: Image.new("RGB", crop.size),
        "a sticker": lambda crop: noise(*crop.size, 7),
    }
    yield Leak("the source itself, written afresh", write_copy(read(data), form), data, "not filled")
    for name, change in changes.items():
        image = read(data)
        image.paste(change(image.crop(box)), box[:2])
        yield Leak(name, write_copy(image, form, **fine), data, "not filled")
    short = {
        "left": (left + 1, top, right, bottom),
        "top": (left, top + 1, right, bottom),
        "right": (left, top, right - 1, bottom),
        "bottom": (left, top, right, bottom - 1),
    }
    for side, smaller in short.items():
        yield Leak(f"one pixel short ({side})", write_copy(filled(data, smaller), form), data, "not filled")
    yield Leak("a box elsewhere", write_copy(filled(data, (100, 60, 170, 140)), form), data, "not filled")
    yield Leak("the box as drawn", write_copy(filled(data, (60, 50, 84, 70)), form), data, "not filled")
    other = filled(data, box)
    other.paste(noise(24, 24, 3), (140, 100))
    yield Leak("somebody else pasted in", write_copy(other, form), data, "not the source's")
    yield Leak("another size", write_copy(filled(data, box).resize((96, 80)), form), data, "size")
    yield Leak(
        "a name in the packet", honest(form, **_xmp(form, b"<x>" + NAME.encode() + b"</x>")), data, "names or ids"
    )
    wide = replace(ORDER, hide=(*ORDER.hide, Person("s2", regions=(Region(0.7, 0.6, 0.1, 0.1),))))
    yield Leak("a second person left in", honest(form), data, "box 2 of 2", wide)


def _xmp(form: str, packet: bytes) -> dict[str, Any]:
    if FORMS[form].copy == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        return {"pnginfo": info}
    return {"xmp": packet}


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


def _under_alpha(form: str) -> Iterator[Leak]:
    """Yield a leak of what lies under alpha 0: shown by any viewer that leaves alpha out."""
    place = FORMS[form].box
    image = picture(*SIZE).convert("RGBA")
    alpha = Image.new("L", SIZE, 255)
    alpha.paste(0, (110, 20, 180, 140))
    image.putalpha(alpha)
    data = write(image, form)
    shown = filled(data, place)
    yield Leak("colours under alpha 0", write_copy(shown, form), data, "not the source's")
    on_white = Image.new("RGB", SIZE, (255, 255, 255))
    on_white.paste(shown.convert("RGB"), mask=shown.getchannel("A"))
    says = "is a PNG" if FORMS[form].copy == "JPEG" else "not the source's"
    yield Leak("what was transparent became white", write_copy(on_white, form), data, says)
    cut = picture(*SIZE).convert("RGBA")
    box = Image.new("L", SIZE, 255)
    box.paste(0, place)
    cut.putalpha(box)
    says = "is a JPEG" if FORMS[form].copy == "JPEG" else "not filled"
    yield Leak("hidden by alpha alone", write_copy(cut, form), source(form), says)
    soft = picture(*SIZE).convert("RGBA")
    soft.putalpha(Image.new("L", SIZE, 255))
    soft.paste((200, 10, 10, 9), (110, 20, 180, 140))
    data = write(soft, form, **({"quality": 100, "subsampling": "4:4:4"} if form == "AVIF" else {}))
    yield Leak("colours left by a soft eraser", write_copy(filled(data, place), form), data, "not the source's")
    faint = filled(data, place)
    levels = read(data, "L").crop(place).point(lambda level: 251 + level * 4 // 255)
    box = Image.new("RGBA", levels.size, GREY)
    box.putalpha(levels)
    faint.paste(box, place[:2])
    yield Leak("a face in the alpha of its box", write_copy(faint, form), data, "not filled")


# AVIF


def bmff_box(kind: bytes, body: bytes) -> bytes:
    """Return a box with its size."""
    return struct.pack(">I", 8 + len(body)) + kind + body


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
