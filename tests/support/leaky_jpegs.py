"""Seeds one leak each into the copy of a small JPEG, as naive tools leave them: what the prover must catch, every one."""

from __future__ import annotations

import base64
import ctypes
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jpeg_samples import append_segment, decode, encode, exif, icc, insert, noise, picture, segment, turned
from PIL import Image, ImageCms, ImageFilter

from dam_plugin.redaction.allowed_metadata import packet
from dam_plugin.redaction.libturbojpeg import BLOCK_BYTES, COPY_NONE
from dam_plugin.redaction.model import Frame, Notice, Order, Person, PixelBox
from dam_plugin.redaction.plan_picture import plan_picture
from dam_plugin.redaction.stills import turbojpeg, wipe
from dam_tagging.facts import Region

NAME = "Ava Éxample"
ID = "S-204177"
SECRETS = (NAME, ID)
FACE = Region(0.2, 0.3, 0.1, 0.1)
OTHER = Region(0.8, 0.7, 0.05, 0.05)
ORDER = Order(hide=(Person("s1", (FACE,)),), secrets=SECRETS)
NOTICE = Notice("May not be passed on without consent (34 CFR 99.33).", "Example School District")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
JFIF_END = 20


def copied(source: bytes, order: Order = ORDER) -> bytes:
    """Make the copy as the writer does."""
    return wipe.wipe(source, plan_picture(wipe.frame(source), order), order.notice)


SOURCE = turned(6, encode(picture(192, 160), subsampling="4:2:0"))
COPY = copied(SOURCE)
PLAN = plan_picture(wipe.frame(SOURCE), ORDER)
BOX = PLAN.pixel_boxes[0].as_tuple()
LEFT, TOP, RIGHT, BOTTOM = BOX
FACE_PICTURE = decode(SOURCE, "RGB").crop(BOX)
EXIF_AT = COPY.find(b"\xff\xe1")
EXIF_END = EXIF_AT + 4 + 32


@dataclass(frozen=True, slots=True)
class Leak:
    """A copy with one leak, and a pattern that some failure of its proof must match."""

    name: str
    released: bytes
    failure: str
    source: bytes = SOURCE
    order: Order = ORDER


def leaks() -> list[Leak]:
    """Return every leak."""
    return [*_left_alone(), *_in_segments(), *_names(), *_behind(), *_in_coding(), *_in_coefficients(), *_in_pixels()]


def written(image: Image.Image, orientation: int = 6, **settings: object) -> bytes:
    """Write a picture with nothing but the writer's own segments."""
    return dressed(encode(image, **{"quality": 92, "subsampling": "4:4:4", **settings}), orientation)


def dressed(fresh: bytes, orientation: int) -> bytes:
    """State the orientation in a fresh JPEG as the writer does."""
    return fresh[:JFIF_END] + (segment(0xE1, exif(orientation)) if orientation != 1 else b"") + fresh[JFIF_END:]


def filled(box: tuple[int, int, int, int], colour: int = 0x808080) -> Image.Image:
    """Return the source's picture with a box of one colour."""
    image = decode(SOURCE, "RGB")
    image.paste(colour, box)
    return image


def coded(each_row: Callable[[turbojpeg.BlockRow], None], source: bytes = SOURCE, orientation: int = 6) -> bytes:
    """Return the source with its coefficients changed row by row, in the writer's own segments."""
    return dressed(turbojpeg.find().transform(source, each_row=each_row), orientation)


def in_box(change: Callable[[int], None], box: tuple[int, int, int, int] = BOX) -> Callable[[turbojpeg.BlockRow], None]:
    """Return a filter for 4:2:0 that hands the address of each block of the box to `change`."""

    def each(row: turbojpeg.BlockRow) -> None:
        side = 8 if row.component == 0 else 16
        if box[1] // side <= row.row < -(-box[3] // side):
            for block in range(box[0] // side, min(-(-box[2] // side), row.blocks)):
                change(row.address + block * BLOCK_BYTES)

    return each


def emptied(address: int) -> None:
    """Zero a block."""
    ctypes.memset(address, 0, BLOCK_BYTES)


def behind_jfif(marker: int, body: bytes) -> bytes:
    """Put a segment where a copy's own segments stand."""
    return COPY[:JFIF_END] + segment(marker, body) + COPY[JFIF_END:]


def _left_alone() -> Iterator[Leak]:
    clean = copied(SOURCE, Order(secrets=SECRETS))
    yield Leak("the source itself", SOURCE, "box 1 of 1")
    yield Leak("the source, cleaned but not redacted", clean, "box 1 of 1")
    both = Order(hide=(*ORDER.hide, Person("s2", (OTHER,))), secrets=SECRETS)
    yield Leak("one of two people left visible", COPY, "box 2 of 2", order=both)
    yield Leak("a person without a box", COPY, "s2 has no box", order=Order(hide=(*ORDER.hide, Person("s2"))))


def _in_segments() -> Iterator[Leak]:
    face = encode(FACE_PICTURE)
    thumbnail = exif(6)[:-4] + struct.pack(">I", 26) + face
    yield Leak("an Exif thumbnail", COPY[:EXIF_AT] + segment(0xE1, thumbnail) + COPY[EXIF_END:], "APP1")
    yield Leak("a JFIF thumbnail", COPY[:4] + b"\0\x13" + COPY[6:18] + b"\1\1abc" + COPY[20:], "APP0")
    yield Leak("a JFXX thumbnail", behind_jfif(0xE0, b"JFXX\0\x10" + face), "APP0")
    for number in (1033, 1036):
        resource = b"8BIM" + struct.pack(">HHI", number, 0, 28 + len(face)) + bytes(28) + face
        yield Leak(f"a Photoshop thumbnail ({number})", behind_jfif(0xED, b"Photoshop 3.0\0" + resource), "APP13")
    xmp = b"<xmpGImg:image>" + base64.b64encode(face) + b"</xmpGImg:image>"
    yield Leak("an XMP thumbnail", behind_jfif(0xE1, XMP_HEAD + xmp), "APP1")
    regions = b'<mwg-rs:RegionList><rdf:li stArea:x="0.35" mwg-rs:Name="s1"/></mwg-rs:RegionList>'
    yield Leak("XMP face regions", behind_jfif(0xE1, XMP_HEAD + regions), "APP1")
    yield Leak("extended XMP", behind_jfif(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + regions), "APP1")
    yield Leak("an MPF preview", behind_jfif(0xE2, b"MPF\0MM\0*\0\0\0\x08") + face, "APP2")
    yield Leak(
        "an IPTC caption", behind_jfif(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x08\x1c\2\x78\0\3abc"), "APP13"
    )
    for tag, what in ((0x927C, "a maker note"), (0x8825, "a GPS directory"), (0xA431, "a serial number")):
        entry = exif(6)[:-14].replace(b"\x01\x12", struct.pack(">H", tag)) + exif(6)[-14:]
        yield Leak(what, COPY[:EXIF_AT] + segment(0xE1, entry) + COPY[EXIF_END:], "APP1")
    yield Leak("a colour profile with text", behind_jfif(0xE2, icc(SRGB)[0]), "APP2")
    yield Leak("a part of a colour profile", behind_jfif(0xE2, b"ICC_PROFILE\0\1\2" + SRGB[:99]), "APP2")
    yield Leak("a comment", insert(COPY, 0xFE, b"harmless"), "COM")
    yield Leak("a comment behind the scan", append_segment(COPY, 0xFE, b"harmless"), "COM")
    for number in range(16):
        yield Leak(f"any APP{number}", behind_jfif(0xE0 + number, b"anything"), f"APP{number}")
    yield Leak("the orientation twice", append_segment(COPY, 0xE1, exif(6)), "out of order or twice")
    yield Leak("the orientation dropped", COPY[:EXIF_AT] + COPY[EXIF_END:], "orientation")
    yield Leak("another orientation", COPY.replace(exif(6), exif(8)), "orientation")
    yield Leak("another JFIF", COPY.replace(b"JFIF\0\1\1\0\0\1\0\1\0\0", b"JFIF\0\1\1\1\0\1\0\1\0\0"), "APP0")
    yield Leak("no JFIF", COPY[:2] + COPY[JFIF_END:], "one is missing")
    yield from _notices()


def _notices() -> Iterator[Leak]:
    asked = Order(hide=ORDER.hide, secrets=SECRETS, notice=NOTICE)
    noticed = copied(SOURCE, asked)
    yield Leak("a notice that nobody ordered", noticed, "APP1")
    yield Leak("the ordered notice left out", COPY, "ordered notice is not", order=asked)
    yield Leak("another notice", noticed.replace(b"consent", b"consenT"), "APP1", order=asked)
    told = segment(0xE1, XMP_HEAD + packet(NOTICE))
    yield Leak("the notice twice", noticed.replace(told, told * 2), "twice", order=asked)
    named = Order(hide=ORDER.hide, secrets=SECRETS, notice=Notice(NOTICE.text, f"photo of {NAME}"))
    yield Leak("a name in a notice that nobody ordered", copied(SOURCE, named), "names or ids", order=asked)


def _names() -> Iterator[Leak]:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "latin-1", "cp1252", "mac-roman"):
        for case in (str, str.upper):
            told = case(NAME).encode(encoding)
            yield Leak(f"a name in a comment, {encoding}, {case.__name__}", insert(COPY, 0xFE, told), "names or ids")
    for what, told in (
        ("an escaped name", b"Ava &#xC9;xample"),
        ("a name of a URL", b"?who=ava%20%c3%a9xample"),
        ("a name in base64", base64.b64encode(b"..." + NAME.encode())),
        ("an id", ID.lower().encode()),
    ):
        yield Leak(what, behind_jfif(0xE1, XMP_HEAD + told), "names or ids")
    yield Leak("a name behind EOI", COPY + NAME.encode(), "names or ids")


def _behind() -> Iterator[Leak]:
    yield Leak("a byte behind EOI", COPY + b"\0", "behind the end")
    yield Leak("a motion photo behind EOI", COPY + b"\0\0\0\x18ftypmp42" + bytes(99), "behind the end")
    yield Leak("a second JPEG behind EOI", COPY + SOURCE, "behind the end")
    yield Leak("a second SOI in the scan", COPY[:-2] + SOURCE, "marker 0xD8")
    yield Leak("a second SOI at the start", COPY[:2] + COPY, "marker 0xD8")
    yield Leak("a fill byte", COPY[:-2] + b"\xff" + COPY[-2:], "fill bytes")
    yield Leak("no EOI", COPY[:-2], "ends inside a scan")
    yield Leak("cut short", COPY[:2000], "the copy")
    yield Leak("nothing", b"\xff\xd8", "the copy")


def _in_coding() -> Iterator[Leak]:
    scan = COPY.rfind(b"\xff\xda")
    source_scan = SOURCE[SOURCE.rfind(b"\xff\xda") : -2]
    hidden = "something may be hidden"
    yield Leak("a byte behind the last unit", COPY[:-2] + b"\x5a" + COPY[-2:], hidden)
    yield Leak(
        "a face behind the last unit", COPY[:-2] + encode(FACE_PICTURE).replace(b"\xff", b"\xff\0") + COPY[-2:], hidden
    )
    yield Leak("a restart marker at the end", COPY[:-2] + b"\xff\xd0" + COPY[-2:], hidden)
    yield Leak("a restart marker and data", COPY[:-2] + b"\xff\xd0abc" + COPY[-2:], hidden)
    yield Leak("a restart interval", insert(COPY, 0xDD, b"\0\x50"), "DRI")
    yield Leak(
        "the source's scan below the copy's", COPY[:scan] + source_scan + COPY[scan:], "sends a coefficient again"
    )
    yield Leak("a progressive scan left over", _leftover(), "sends a coefficient again|malformed")
    yield Leak("rows below the frame", _smaller(COPY, 0, 16), "size")
    clean = Order(secrets=SECRETS)
    cleaned = copied(SOURCE, clean)
    cropped = dressed(turbojpeg.find().transform(SOURCE, region=PixelBox(0, 0, 192, 144)), 6)
    yield Leak("rows below the frame, in a right copy", _smaller(cleaned, 0, 16), hidden, cropped, clean)
    yield Leak("blocks beside the frame", _smaller(cleaned, 8, 0), hidden, _smaller(SOURCE, 8, 0), clean)
    yield Leak("a Huffman table without use", insert_coding(0xC4, b"\x02" + bytes(15) + b"\x03abc"), hidden)
    yield Leak("a quantisation table without use", insert_coding(0xDB, b"\x03" + b"face" * 16), "tables")
    yield Leak("data behind a quantisation table", insert_coding(0xDB, b"\0" + b"\1" * 70), "quantisation")
    yield Leak("data behind a Huffman table", insert_coding(0xC4, b"\0" * 20), "Huffman")
    yield Leak("data behind a restart interval", insert_coding(0xDD, b"\0\0face"), "restart interval")
    yield Leak("tables without end", insert_coding(0xDB, (b"\0" + b"\1" * 64) * 600), "larger than any")
    progressive = turbojpeg.find().transform(COPY, options=COPY_NONE | 32)
    yield Leak("another coding of the same picture", dressed(progressive, 6), hidden)
    yield Leak("arithmetic coding", COPY.replace(b"\xff\xc0", b"\xff\xc9", 1), "one Huffman-coded")
    yield Leak("the last bit of the scan flipped", COPY[:-3] + bytes([COPY[-3] ^ 1]) + COPY[-2:], hidden)


def insert_coding(marker: int, body: bytes) -> bytes:
    """Put a segment before the copy's own tables."""
    at = COPY.find(b"\xff\xdb")
    return COPY[:at] + segment(marker, body) + COPY[at:]


def _leftover() -> bytes:
    """Return a progressive copy that holds the source's picture in a scan of its own."""
    own = encode(decode(COPY, "RGB"), progressive=True, subsampling="4:2:0")
    first = own.find(b"\xff\xda")
    return dressed(own[:first] + SOURCE[SOURCE.rfind(b"\xff\xda") : -2] + own[first:], 6)


def _smaller(data: bytes, columns: int, rows: int) -> bytes:
    """State a smaller size than the coded one."""
    at = data.find(b"\xff\xc0") + 5
    height, width = struct.unpack_from(">HH", data, at)
    return data[:at] + struct.pack(">HH", height - rows, width - columns) + data[at + 4 :]


def _in_coefficients() -> Iterator[Leak]:
    left = "still holds coefficients"

    def dark(address: int) -> None:
        (ctypes.c_short * 1).from_address(address)[0] = -1024

    def flat(address: int) -> None:
        ctypes.memset(address + 2, 0, BLOCK_BYTES - 2)

    def one(address: int) -> None:
        emptied(address)
        (ctypes.c_short * 64).from_address(address)[63] = 1

    def luma_only(row: turbojpeg.BlockRow) -> None:
        if row.component == 0:
            in_box(emptied)(row)

    yield Leak("coefficients below black", coded(in_box(dark)), left)
    yield Leak("mean colours left", coded(in_box(flat)), left)
    yield Leak("a single faint coefficient", coded(in_box(one)), left)
    yield Leak("chroma left", coded(luma_only), left)
    for what, box in (
        ("a unit short at the left", (LEFT + 16, TOP, RIGHT, BOTTOM)),
        ("a unit short at the right", (LEFT, TOP, RIGHT - 16, BOTTOM)),
        ("a unit short at the top", (LEFT, TOP + 16, RIGHT, BOTTOM)),
        ("a unit short below", (LEFT, TOP, RIGHT, BOTTOM - 16)),
        ("in the wrong place", (LEFT + 64, TOP, RIGHT + 64, BOTTOM)),
    ):
        yield Leak(what, coded(in_box(emptied, box)), left)
    yield Leak(
        "one block beside the box lost", coded(in_box(emptied, (LEFT - 16, TOP, RIGHT, BOTTOM))), "outside the boxes"
    )
    for orientation in (1, 2, 3, 4, 5, 7, 8):
        frame = Frame("image/jpeg", (192, 160), orientation, (16, 16))
        box = plan_picture(frame, ORDER).pixel_boxes[0].as_tuple()
        yield Leak(f"mapped as for orientation {orientation}", coded(in_box(emptied, box)), left)


def _in_pixels() -> Iterator[Leak]:
    def changed(change: Callable[[Image.Image], Image.Image]) -> Image.Image:
        image = decode(SOURCE, "RGB")
        image.paste(change(FACE_PICTURE), BOX[:2])
        return image

    coefficients = "quantisation tables|still holds|not exactly"
    yield Leak(
        "a pixel fill that leaks into its rim", written(filled(BOX), subsampling="4:2:0", quality=90), coefficients
    )
    yield Leak("a pixel fill, coded afresh", written(filled(BOX)), coefficients)
    yield Leak("black instead of grey", written(filled(BOX, 0)), "not filled")
    yield Leak("one row short", written(filled((LEFT, TOP, RIGHT, BOTTOM - 4))), "not filled")
    yield Leak(
        "mosaic",
        written(changed(lambda face: face.reduce(16).resize(face.size, Image.Resampling.NEAREST))),
        "not filled",
    )
    yield Leak("blur", written(changed(lambda face: face.filter(ImageFilter.GaussianBlur(12)))), "not filled")
    yield Leak("darkened", written(changed(lambda face: face.point(lambda level: level // 16))), "not filled")
    yield Leak("all grey", written(filled((0, 0, 192, 160))), coefficients)
    shown = decode(COPY, "RGB")
    yield Leak("half the size", written(shown.resize((96, 80))), "size")
    yield Leak("turned", written(shown.transpose(Image.Transpose.ROTATE_90)), "size")
    yield Leak(
        "grey instead of colours",
        written(
            shown.convert("L"),
        ),
        coefficients,
    )
    crowd = shown.copy()
    crowd.paste(noise(16, 16, 3), (150, 10))
    yield Leak("another person outside of the box", written(crowd), coefficients)
