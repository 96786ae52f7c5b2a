"""HEIF: Exif and XMP items in either place, the primary picture's size, turn and mirror, and hostile tables."""

from __future__ import annotations

import gzip
import io
import struct
import zlib

import pytest
from made_files import bag, box, exif_block, heif, item_info, item_place, movie, mwg, packet, track

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers import heif as reader
from dam_tagging.metadata.containers.blocks import MAX_BLOCK, MAX_PACKETS, MAX_PARTS
from dam_tagging.metadata.containers.bmff import XMP_UUID
from dam_tagging.metadata.read import read

XMP = packet(bag("Iptc4xmpExt:PersonInImage", ["Ava Example"]))
EXIF = b"\0\0\0\0" + exif_block({270: "Concert", 274: 8})


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x.heic")


def names(result: Facts) -> list[str]:
    return [person.name for person in result.persons]


def captions(result: Facts) -> list[str]:
    return [caption.text for caption in result.captions]


def listing(infos: list[bytes], places: list[bytes], extra: bytes = b"", sizes: bytes = b"\x44\0") -> bytes:
    """Return a HEIF file whose tables are given as they are, with 100 bytes of samples at its end."""
    meta = box(
        b"meta",
        b"\0\0\0\0",
        box(b"iinf", b"\0\0\0\0", struct.pack(">H", len(infos) & 0xFFFF), *infos),
        box(b"iloc", b"\1\0\0\0", sizes, struct.pack(">H", len(places) & 0xFFFF), *places),
        extra,
    )
    return box(b"ftyp", b"heic\0\0\0\0mif1") + meta + box(b"mdat", b"x" * 100)


@pytest.mark.parametrize("in_idat", [False, True], ids=["in-the-file", "in-idat"])
def test_exif_and_xmp_items_are_read(in_idat: bool) -> None:
    result = facts(heif((b"Exif", EXIF), (b"mime", XMP), in_idat=in_idat))
    assert (result.media_type, result.state, result.image_size) == ("image/heic", "read", (800, 600))
    assert (names(result), captions(result)) == (["Ava Example"], ["Concert"])


def test_avif_is_told_from_heic_by_either_brand() -> None:
    assert facts(heif(brand=b"avif")).media_type == "image/avif"
    generic = heif(brand=b"mif1").replace(b"mif1\0\0\0\0mif1", b"mif1\0\0\0\0avif")
    assert facts(generic).media_type == "image/avif"


def test_a_brand_that_is_not_known_is_heif_when_it_says_so_itself() -> None:
    assert facts(heif(brand=b"abcd")).image_size == (800, 600)


def test_exif_says_nothing_about_the_orientation() -> None:
    result = facts(heif((b"Exif", EXIF)))
    assert (result.orientation, result.image_size) == (1, (800, 600))


@pytest.mark.parametrize(
    ("turns", "orientation"),
    [
        ([(b"irot", 0)], 1),
        ([(b"imir", 1)], 2),
        ([(b"irot", 2)], 3),
        ([(b"imir", 0)], 4),
        ([(b"irot", 1), (b"imir", 0)], 5),
        ([(b"irot", 3)], 6),
        ([(b"irot", 3), (b"imir", 0)], 7),
        ([(b"irot", 1)], 8),
        ([(b"imir", 0), (b"irot", 1)], 7),
    ],
)
def test_turn_and_mirror_add_up_to_an_orientation(turns: list[tuple[bytes, int]], orientation: int) -> None:
    result = facts(heif(turns=turns))
    assert result.orientation == orientation
    assert result.image_size == ((600, 800) if orientation > 4 else (800, 600))


def test_a_turned_picture_turns_its_regions() -> None:
    xmp = packet(mwg([{"name": "A", "box": (0.4, 0.7, 0.3, 0.2)}]))
    assert facts(heif((b"mime", xmp), turns=[(b"irot", 3)])).regions[0].region.x == pytest.approx(0.2)


@pytest.mark.parametrize("before", [b"\0\0\0\6Exif\0\0", b"\0\0\0\0Exif\0\0", b"", b"Exif\0\0"])
def test_an_exif_block_is_found_wherever_writers_put_it(before: bytes) -> None:
    assert captions(facts(heif((b"Exif", before + exif_block({270: "Concert"}))))) == ["Concert"]


def test_empty_items_are_no_damage() -> None:
    assert facts(heif((b"Exif", b"\0\0\0\0"), (b"mime", b"\0"))).state == "read"


def test_an_item_in_pieces_is_put_together() -> None:
    infos = [item_info(2, b"mime", b"application/rdf+xml")]
    places = [item_place(2, [(0, 10), (13, len(XMP) - 10)], method=1)]
    data = listing(infos, places, box(b"idat", XMP[:10], b"gap", XMP[10:]))
    assert names(facts(data)) == ["Ava Example"]


@pytest.mark.parametrize(("encoding", "packed"), [(b"gzip", gzip.compress(XMP)), (b"deflate", zlib.compress(XMP))])
def test_a_compressed_item_is_unpacked(encoding: bytes, packed: bytes) -> None:
    assert names(facts(compressed(encoding, packed))) == ["Ava Example"]


def compressed(encoding: bytes, packed: bytes) -> bytes:
    infos = [item_info(2, b"mime", b"application/rdf+xml", encoding)]
    return listing(infos, [item_place(2, [(0, len(packed))], method=1)], box(b"idat", packed))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(compressed(b"br", b"x"), id="unknown-compression"),
        pytest.param(compressed(b"gzip", b"x" * 20), id="damaged-compression"),
        pytest.param(compressed(b"gzip", gzip.compress(b" " * (MAX_BLOCK + 1))), id="bomb"),
        pytest.param(compressed(b"", b"no packet"), id="no-xmp"),
        pytest.param(listing([item_info(2, b"Exif")], []), id="nowhere"),
        pytest.param(listing([item_info(2, b"Exif")], [item_place(2, [(0, 9)], method=1)]), id="no-idat"),
        pytest.param(listing([item_info(2, b"Exif")], [item_place(2, [(0, 9)], method=2)]), id="made-of-items"),
        pytest.param(listing([item_info(2, b"Exif")], [item_place(2, [(0, 9)], elsewhere=1)]), id="another-file"),
        pytest.param(listing([item_info(2, b"Exif", protection=1)], [item_place(2, [(0, 9)])]), id="encrypted"),
        pytest.param(listing([item_info(2, b"Exif")], [item_place(2, [(1 << 31, 9)])]), id="outside"),
        pytest.param(listing([item_info(2, b"Exif")], [item_place(2, [(0, 1)] * 1001)]), id="many-pieces"),
        pytest.param(heif((b"mime", XMP))[:-10], id="cut-in-its-samples"),
        pytest.param(heif(*[(b"mime", XMP)] * (3 * MAX_PACKETS)), id="many-packets"),
    ],
)
def test_an_item_that_cannot_be_read_leaves_the_file_partial(data: bytes) -> None:
    result = facts(data)
    assert result.state == "partial"
    assert result.problems


def test_pieces_that_lie_over_each_other_come_to_an_end() -> None:
    infos = [item_info(number, b"mime", b"application/rdf+xml") for number in range(1, 60)]
    places = [item_place(number, [(0, MAX_BLOCK // 1000)] * 1000) for number in range(1, 60)]
    result = facts(listing(infos, places, box(b"free", b"\0" * MAX_BLOCK)))
    assert result.state == "unreadable"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(box(b"ftyp", b"heic\0\0\0\0mif1"), id="no-items"),
        pytest.param(heif((b"mime", XMP))[:200], id="cut-in-its-tables"),
        pytest.param(listing([item_info(1, b"hvc1")] * (MAX_PARTS + 1), []), id="many-items"),
        pytest.param(listing([item_info(2, b"Exif")], [item_place(2, [])], sizes=b"\xff\xff"), id="wide-numbers"),
        pytest.param(
            heif().replace(b"ipma\0\0\0\0\0\0\0\1", b"ipma\0\0\0\0\xff\xff\xff\xff"), id="gigabytes-of-associations"
        ),
    ],
)
def test_a_broken_heif_file_is_unreadable(data: bytes) -> None:
    result = facts(data)
    assert result.state == "unreadable"
    assert result.problems


def test_tables_that_are_repeated_come_to_an_end() -> None:
    data = heif()
    other = box(b"ipma", b"\0\0\0\0\0\0\0\1\0\7\0")
    meta = box(b"meta", b"\0\0\0\0", box(b"pitm", b"\0\0\0\0\0\1"), box(b"iprp", *[other] * (reader.MAX_TABLES + 1)))
    assert facts(data[:20] + meta).state == "unreadable"


def test_wide_item_numbers_and_properties_are_read() -> None:
    shape = box(b"ispe", b"\0\0\0\0", struct.pack(">II", 800, 600))
    meta = box(
        b"meta",
        b"\0\0\0\0",
        box(b"pitm", b"\1\0\0\0", struct.pack(">I", 70_000)),
        box(
            b"iinf",
            b"\1\0\0\0",
            struct.pack(">I", 1),
            box(b"infe", b"\3\0\0\0", struct.pack(">IH", 70_001, 0), b"mime", b"\0application/rdf+xml; x\0"),
        ),
        box(b"iloc", b"\2\0\0\0\x88\x80", struct.pack(">IIHHQHQQ", 1, 70_001, 1, 0, 0, 1, 0, len(XMP))),
        box(
            b"iprp",
            box(b"ipco", shape),
            box(b"ipma", b"\1\0\0\1", struct.pack(">IIBHIBH", 2, 5, 1, 1, 70_000, 1, 0x8001)),
        ),
        box(b"idat", XMP),
    )
    result = facts(box(b"ftyp", b"heic\0\0\0\0mif1") + meta)
    assert (result.state, result.image_size, names(result)) == ("read", (800, 600), ["Ava Example"])


def test_xmp_in_a_box_at_the_top_and_in_the_movie_of_a_sequence_are_read() -> None:
    assert names(facts(heif() + box(b"uuid", XMP_UUID, XMP))) == ["Ava Example"]
    sequence = movie(track(), box(b"udta", box(b"XMP_", XMP)), brand=b"msf1")
    result = facts(sequence)
    assert (result.media_type, result.image_size, names(result)) == ("image/heic", (640, 360), ["Ava Example"])


def test_the_first_form_of_item_descriptions_is_read() -> None:
    info = box(b"infe", b"\0\0\0\0", struct.pack(">HH", 2, 0), b"name\0application/rdf+xml\0\0")
    data = listing([info], [item_place(2, [(0, 0)], method=1)], box(b"idat", XMP))
    assert names(facts(data)) == ["Ava Example"]


def test_a_file_that_is_cut_anywhere_is_never_taken_for_whole() -> None:
    data = heif((b"Exif", EXIF), (b"mime", XMP), turns=[(b"irot", 3)])
    states = {facts(data[:end]).state for end in range(1, len(data))}
    assert "read" not in states
