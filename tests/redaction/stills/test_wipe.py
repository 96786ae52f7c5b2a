"""The lossless copy: no coefficient is left inside of the boxes, every one outside is the source's, and nothing came along."""

from __future__ import annotations

import ctypes
import dataclasses
import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from corpus import corpus_root, requires_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_samples import (
    append_segment,
    coefficients,
    decode,
    encode,
    exif,
    insert,
    noise,
    oddly_turned,
    picture,
    sampled,
    scan_by_scan,
    segment,
    turned,
    with_profile,
)
from known_profiles import take_for_known
from PIL import Image, ImageCms

from dam_plugin.errors import CannotRedact, NotProven
from dam_plugin.redaction import door
from dam_plugin.redaction.allowed_metadata import packet
from dam_plugin.redaction.model import Frame, Notice, Order, Person, PixelBox, Plan
from dam_plugin.redaction.proof.jpeg_walk import walk
from dam_plugin.redaction.stills import jpeg, turbojpeg, wipe
from dam_plugin.redaction.stills.wipe import is_plain
from dam_tagging.facts import Region
from dam_tagging.metadata import read as metadata

EMPTY = bytes(128)
SAMPLINGS = ["4:4:4", "4:2:2", "4:2:0", "4:4:0", "4:1:1", "grey"]
WHEEL = Path(next(name for name in turbojpeg._installed() if "turbojpeg." in Path(name).parent.name))
# The wheel's library is everybody's; a developer who names another one tries that.
LIBRARY = Path(os.environ.get(turbojpeg.SETTING, WHEEL))


def coded(image: Image.Image, sampling: str, **settings: Any) -> bytes:
    if sampling == "grey":
        return encode(image.convert("L"), progressive=settings.get("progressive", False))
    return sampled(image, sampling, **settings)


def boxes(source: bytes, *pixel_boxes: PixelBox) -> Plan:
    return Plan("boxes", wipe.frame(source), hidden=("s1",), pixel_boxes=pixel_boxes)


def cropped(source: bytes, crop: PixelBox) -> Plan:
    return Plan("crop", wipe.frame(source), crop=crop)


def cleaned(source: bytes) -> bytes:
    return wiped(source, Plan("clean", wipe.frame(source)))


def wiped(source: bytes, plan: Plan, notice: Notice | None = None) -> bytes:
    return wipe.wipe(source, plan, notice, library=LIBRARY)


def units(source: bytes, left: int, top: int, right: int, bottom: int) -> PixelBox:
    """Return a box of whole coding units, cut at the picture's edge."""
    frame = wipe.frame(source)
    (width, height), (across, down) = frame.size, frame.grid
    return PixelBox(left * across, top * down, min(right * across, width), min(bottom * down, height))


def blocks_of(source: bytes, box: PixelBox) -> dict[int, tuple[slice, slice]]:
    """Return, for each component, which rows and columns of blocks a box of whole units covers."""
    picture_ = jpeg.read(source)
    across, down = picture_.mcu
    return {
        component: (
            slice(box.top // down * v, -(-box.bottom // down) * v),
            slice(box.left // across * h, -(-box.right // across) * h),
        )
        for component, (h, v) in enumerate(picture_.factors)
    }


def emptied(source: bytes, *pixel_boxes: PixelBox) -> dict[int, list[list[bytes]]]:
    """Return the source's coefficients with those in the boxes set to zero."""
    planes = coefficients(source)
    for box in pixel_boxes:
        for component, (rows, columns) in blocks_of(source, box).items():
            for row in planes[component][rows]:
                row[columns] = [EMPTY] * len(row[columns])
    return planes


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_sources_that_differ_inside_the_box_give_one_copy(sampling: str, progressive: bool) -> None:
    image = picture(150, 110)
    box = units(coded(image, sampling), 1, 1, 3, 3)
    sources = []
    for seed in range(20):
        image.paste(noise(box.right - box.left, box.bottom - box.top, seed), box.as_tuple())
        sources.append(coded(image, sampling, progressive=progressive))
    assert len(set(sources)) == 20
    assert len({wiped(source, boxes(source, box)) for source in sources}) == 1


def test_sources_that_differ_in_restarts_and_huffman_tables_too_give_one_copy() -> None:
    image = picture(150, 110)
    box = units(encode(image), 1, 1, 3, 3)
    copies = set()
    for seed in range(20):
        image.paste(noise(box.right - box.left, box.bottom - box.top, seed), box.as_tuple())
        source = encode(image, optimize=bool(seed % 2), restart_marker_blocks=seed, progressive=seed % 3 == 0)
        copies.add(wiped(source, boxes(source, box)))
    assert len(copies) == 1


def test_a_wipe_that_kept_the_mean_would_tell_the_sources_apart() -> None:
    image = picture(64, 64)
    copies = set()
    for seed in range(20):
        image.paste(noise(32, 32, seed), (16, 16, 48, 48))

        def keep_the_mean(row: turbojpeg.BlockRow) -> None:
            for block in range(row.blocks):
                ctypes.memset(row.address + 128 * block + 2, 0, 126)

        copies.add(turbojpeg.find(LIBRARY).transform(encode(image), each_row=keep_the_mean))
    assert len(copies) == 20


orientations = st.integers(1, 8)
sizes = st.tuples(st.integers(1, 90), st.integers(1, 90))
corners = st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(1, 6), st.integers(1, 6))


def box_in(source: bytes, corner: tuple[int, int, int, int]) -> PixelBox:
    """Return a box of whole units of the picture, whatever its size."""
    frame = wipe.frame(source)
    columns, rows = (-(-size // grid) for size, grid in zip(frame.size, frame.grid, strict=True))
    left, top = corner[0] % columns, corner[1] % rows
    return units(source, left, top, min(left + corner[2], columns), min(top + corner[3], rows))


@settings(max_examples=120, deadline=None)
@given(
    orientation=orientations,
    size=sizes,
    places=st.lists(corners, min_size=1, max_size=4),
    sampling=st.sampled_from(SAMPLINGS),
    progressive=st.booleans(),
)
def test_no_coefficient_is_left_inside_and_every_one_outside_is_the_sources(
    orientation: int,
    size: tuple[int, int],
    places: list[tuple[int, int, int, int]],
    sampling: str,
    progressive: bool,
) -> None:
    source = turned(orientation, coded(picture(*size), sampling, progressive=progressive))
    hidden = [box_in(source, place) for place in places]
    copy = wiped(source, boxes(source, *hidden))
    assert coefficients(copy) == emptied(source, *hidden)
    assert wipe.frame(copy) == wipe.frame(source)
    assert decode(copy).size == size


@settings(max_examples=80, deadline=None)
@given(
    orientation=orientations,
    size=sizes,
    place=corners,
    sampling=st.sampled_from(SAMPLINGS),
    progressive=st.booleans(),
)
def test_a_crop_holds_the_sources_coefficients_and_none_from_outside(
    orientation: int, size: tuple[int, int], place: tuple[int, int, int, int], sampling: str, progressive: bool
) -> None:
    source = turned(orientation, coded(picture(*size), sampling, progressive=progressive))
    crop = box_in(source, place)
    copy = wiped(source, cropped(source, crop))
    planes = coefficients(source)
    expected = {
        component: [row[columns] for row in planes[component][rows]]
        for component, (rows, columns) in blocks_of(source, crop).items()
    }
    assert coefficients(copy) == expected
    assert decode(copy).size == (crop.right - crop.left, crop.bottom - crop.top)
    assert wipe.frame(copy).orientation == orientation


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_sources_that_differ_outside_of_the_crop_give_one_copy(sampling: str, progressive: bool) -> None:
    image = picture(150, 110)
    crop = units(coded(image, sampling), 1, 1, 3, 3)
    kept = image.crop(crop.as_tuple())
    copies = set()
    for seed in range(20):
        image = noise(150, 110, seed)
        image.paste(kept, crop.as_tuple())
        source = coded(image, sampling, progressive=progressive)
        copies.add(wiped(source, cropped(source, crop)))
    assert len(copies) == 1


PLAIN = encode(picture(75, 53))
# A place in its table of codes for the brightness.
LONG_CODE = 236
# Where the middle of a box begins, of its width and height.
MIDDLE = 0.375
FRAME = PLAIN.find(b"\xff\xc0")
KINDS = [
    pytest.param(PLAIN[: FRAME + 1] + b"\xc1" + PLAIN[FRAME + 2 :], id="extended"),
    pytest.param(encode(picture(75, 53), restart_marker_blocks=2), id="restart markers"),
    pytest.param(encode(picture(75, 53), restart_marker_rows=1, progressive=True), id="progressive with restarts"),
    pytest.param(encode(picture(75, 53), optimize=True), id="optimised tables"),
    pytest.param(encode(noise(75, 53, 1), quality=100, subsampling="4:4:4"), id="noise of the best quality"),
    pytest.param(scan_by_scan(75, 53, [(1, 1)] * 3), id="scan by scan, 4:4:4"),
    pytest.param(scan_by_scan(75, 53, [(2, 2), (1, 1), (1, 1)]), id="scan by scan, 4:2:0"),
    pytest.param(scan_by_scan(75, 53, [(4, 1), (1, 1), (1, 1)]), id="scan by scan, 4:1:1"),
    pytest.param(scan_by_scan(75, 53, [(2, 1)] * 3), id="4:4:4 in units of two"),
    pytest.param(scan_by_scan(75, 53, [(1, 2)] * 3), id="4:4:4 in units of two, upright"),
    pytest.param(scan_by_scan(75, 53, [(2, 2), (1, 2), (1, 2)]), id="4:2:2 in units of four"),
    pytest.param(scan_by_scan(75, 53, [(2, 2), (2, 1), (2, 1)]), id="4:4:0 in units of four"),
    pytest.param(encode(picture(5, 3)), id="smaller than a unit"),
]


@pytest.mark.parametrize("source", KINDS)
def test_every_kind_is_cleaned_wiped_and_cropped_without_loss(source: bytes) -> None:
    box = box_in(source, (1, 1, 2, 2))
    assert coefficients(cleaned(source)) == coefficients(source)
    assert decode(cleaned(source)).tobytes() == decode(source).tobytes()
    assert coefficients(wiped(source, boxes(source, box))) == emptied(source, box)
    planes = coefficients(source)
    for component, (rows, columns) in blocks_of(source, box).items():
        planes[component] = [row[columns] for row in planes[component][rows]]
    assert coefficients(wiped(source, cropped(source, box))) == planes


def test_a_picture_that_is_hidden_whole_is_mid_grey() -> None:
    copy = wiped(PLAIN, boxes(PLAIN, PixelBox(0, 0, 75, 53)))
    assert decode(copy).getextrema() == ((128, 128),) * 3


def test_what_hides_below_black_does_not_survive() -> None:
    image = picture(64, 64, mode="L")

    def sink(row: turbojpeg.BlockRow) -> None:
        if 2 <= row.row < 6:
            for block in range(2, 6):
                ctypes.c_int16.from_address(row.address + 128 * block).value = -1000

    source = turbojpeg.find(LIBRARY).transform(encode(image), each_row=sink)
    box = PixelBox(16, 16, 48, 48)
    assert decode(source).crop(box.as_tuple()).getextrema() == (0, 0)
    assert any(any(block[2:]) for row in coefficients(source)[0][2:6] for block in row[2:6])
    copy = coefficients(wiped(source, boxes(source, box)))
    assert all(block == EMPTY for row in copy[0][2:6] for block in row[2:6])


def test_a_strip_that_the_frame_hides_is_refused() -> None:
    shorter = PLAIN[: FRAME + 5] + (24).to_bytes(2, "big") + PLAIN[FRAME + 7 :]
    with pytest.raises(CannotRedact, match="damaged or cut short"):
        cleaned(shorter)


@pytest.mark.parametrize("bytes_", [b"x", b"A", b"\x00"], ids=["x", "A", "zero"])
def test_a_byte_behind_the_last_unit_is_gone(bytes_: bytes) -> None:
    assert cleaned(PLAIN[:-2] + bytes_ + PLAIN[-2:]) == cleaned(PLAIN)


def test_bytes_behind_the_last_unit_are_refused() -> None:
    with pytest.raises(CannotRedact, match="damaged or cut short"):
        cleaned(PLAIN[:-2] + b"Ava Example" * 3 + PLAIN[-2:])


@pytest.mark.parametrize("operation", ["clean", "boxes", "crop"])
def test_a_truncated_scan_is_refused(operation: str) -> None:
    source = PLAIN[:-60] + PLAIN[-2:]
    box = PixelBox(0, 0, 16, 16)
    made = {"clean": Plan("clean", wipe.frame(source)), "boxes": boxes(source, box), "crop": cropped(source, box)}
    with pytest.raises(CannotRedact, match="damaged or cut short"):
        wiped(source, made[operation])


OFF_GRID = [
    pytest.param(PixelBox(8, 16, 48, 48), id="left"),
    pytest.param(PixelBox(16, 8, 48, 48), id="top"),
    pytest.param(PixelBox(16, 16, 47, 48), id="right"),
    pytest.param(PixelBox(16, 16, 48, 50), id="bottom"),
    pytest.param(PixelBox(16, 16, 80, 48), id="past the right edge"),
    pytest.param(PixelBox(16, 16, 48, 64), id="past the bottom edge"),
    pytest.param(PixelBox(-16, 16, 48, 48), id="before the left edge"),
    pytest.param(PixelBox(16, -16, 48, 48), id="above the top edge"),
    pytest.param(PixelBox(32, 16, 32, 48), id="no width"),
    pytest.param(PixelBox(16, 48, 48, 32), id="upside down"),
]


@pytest.mark.parametrize("box", OFF_GRID)
def test_a_box_or_a_crop_off_the_grid_is_refused(box: PixelBox) -> None:
    good = PixelBox(0, 0, 16, 16)
    for plan in (boxes(PLAIN, good, box), cropped(PLAIN, box)):
        with pytest.raises(CannotRedact, match=r"plan does not (fit the coding units|say where)"):
            wiped(PLAIN, plan)


def test_a_crop_that_touches_a_hidden_box_is_refused() -> None:
    plan = dataclasses.replace(cropped(PLAIN, PixelBox(0, 0, 48, 53)), pixel_boxes=(PixelBox(32, 16, 64, 32),))
    with pytest.raises(CannotRedact, match="would show a person"):
        wiped(PLAIN, plan)


def test_a_crop_beside_a_hidden_box_is_written() -> None:
    plan = dataclasses.replace(cropped(PLAIN, PixelBox(0, 0, 32, 53)), pixel_boxes=(PixelBox(32, 0, 64, 53),))
    assert decode(wiped(PLAIN, plan)).size == (32, 53)


HERE = Frame("image/jpeg", (75, 53), 1, (16, 16))
BOX = PixelBox(0, 0, 16, 16)


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(Plan("boxes", HERE, hidden=("s1",)), id="boxes without a box"),
        pytest.param(Plan("boxes", HERE, pixel_boxes=(BOX,), crop=BOX), id="boxes with a crop"),
        pytest.param(Plan("clean", HERE, hidden=("s1",)), id="clean although somebody is hidden"),
        pytest.param(Plan("clean", HERE, pixel_boxes=(BOX,)), id="clean with a box"),
        pytest.param(Plan("clean", HERE, crop=BOX), id="clean with a crop"),
        pytest.param(Plan("crop", HERE), id="a crop without a frame"),
    ],
)
def test_a_plan_that_would_leave_something_undone_is_refused(plan: Plan) -> None:
    with pytest.raises(CannotRedact, match="plan does not say where"):
        wiped(PLAIN, plan)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(encode(picture(76, 53)), id="another size"),
        pytest.param(turned(6, PLAIN), id="another orientation"),
        pytest.param(encode(picture(75, 53), subsampling="4:4:4"), id="another sampling"),
    ],
)
def test_a_plan_of_another_picture_is_refused(other: bytes) -> None:
    with pytest.raises(CannotRedact, match="belongs to another picture"):
        wiped(other, boxes(PLAIN, BOX))


def metadata_rich(source: bytes) -> bytes:
    """Put a name into every place where a JPEG can carry one, and further pictures where a phone puts them."""
    rich = source
    for marker in [*range(0xE1, 0xF0), 0xFE]:
        if marker != 0xEE:
            rich = insert(rich, marker, b"whatever\0Ava Example")
    rich = insert(rich, 0xE2, b"MPF\0MM\0*\0\0\0\x08Ava Example")
    rich = insert(rich, 0xE1, exif(6)[:-4] + b"\0\0\0\x1a" + encode(picture(16, 16)))
    motion = encode(picture(seed=9)) + b"\0\0\0\x18ftypmp42Ava Example"
    return append_segment(rich, 0xFE, b"Ava Example") + motion


@pytest.mark.parametrize("operation", ["clean", "boxes", "crop"])
def test_nothing_comes_along_but_the_orientation_and_the_notice(operation: str) -> None:
    source = metadata_rich(PLAIN)
    made = {"clean": Plan("clean", wipe.frame(source)), "boxes": boxes(source, BOX), "crop": cropped(source, BOX)}
    notice = Notice("May not be shown to others.", "Springfield District")
    copy = wiped(source, made[operation], notice)
    assert b"Ava Example" not in copy
    assert copy.count(b"\xff\xd8") == copy.count(b"\xff\xd9") == 1
    assert copy.endswith(b"\xff\xd9")
    found = [part for part in jpeg.walk(copy) if part.marker >= 0xE0]
    assert [part.body for part in found] == [jpeg.JFIF_BODY, jpeg.orientation_body(6), jpeg.XMP_HEAD + packet(notice)]
    assert decode(copy).getexif()[0x0112] == 6


def test_the_copy_of_a_picture_does_not_depend_on_its_metadata() -> None:
    plain, rich = turned(6, PLAIN), metadata_rich(PLAIN)
    assert wiped(plain, boxes(plain, BOX)) == wiped(rich, boxes(rich, BOX))


def test_a_copy_of_a_copy_is_the_copy() -> None:
    copy = wiped(PLAIN, boxes(PLAIN, BOX))
    assert wiped(copy, boxes(copy, BOX)) == cleaned(copy) == copy


def test_a_quantisation_table_that_no_component_uses_is_dropped() -> None:
    table = insert(PLAIN, 0xDB, b"\x03" + b"Ava Example".ljust(64, b"."))
    assert cleaned(table) == cleaned(PLAIN)


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param(with_profile(PLAIN, profile()), "colour profile", id="a profile that is not on the list"),
        pytest.param(encode(picture(), keep_rgb=True), "colours as RGB", id="coded as RGB"),
        pytest.param(scan_by_scan(64, 64, [(1, 4), (1, 1), (1, 1)]), "rare way", id="4:4:1"),
        pytest.param(scan_by_scan(64, 64, [(1, 1), (2, 2), (2, 2)]), "rare way", id="more colour than light"),
        pytest.param(scan_by_scan(64, 64, [(2, 2)] * 3), "rare way", id="units of twelve blocks"),
    ],
)
def test_what_needs_pixels_is_told_apart(source: bytes, reason: str) -> None:
    with pytest.raises(wipe.NotWipeable, match=reason):
        cleaned(source)


@pytest.mark.parametrize("chunk", [60_000, 300])
def test_a_made_profile_that_is_known_is_kept_byte_for_byte(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    known = take_for_known(monkeypatch)
    assert decode(cleaned(with_profile(PLAIN, known, chunk=chunk))).info["icc_profile"] == known


@requires_corpus
@pytest.mark.corpus
def test_a_known_profile_is_kept_byte_for_byte() -> None:
    root = corpus_root()
    assert root is not None
    source = (root / "real" / "exiv2_Reagan.jpg").read_bytes()
    kept = decode(cleaned(source)).info["icc_profile"]
    assert hashlib.sha256(kept).hexdigest().startswith("07c1e0738ba6")


def arithmetic() -> bytes:
    import turbojpeg as wheel

    pixels = memoryview(picture(32, 32).tobytes()).cast("B", (32, 32, 3))
    return wheel.compress(pixels, 90, wheel.SAMP.Y420, arithmetic=True)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param(encode(picture().convert("CMYK")), "CMYK", id="CMYK"),
        pytest.param(PLAIN[: FRAME + 4] + b"\x0c" + PLAIN[FRAME + 5 :], "12-bit", id="12-bit"),
        pytest.param(PLAIN[: FRAME + 1] + b"\xc3" + PLAIN[FRAME + 2 :], "lossless", id="lossless"),
        pytest.param(arithmetic(), "arithmetic", id="arithmetic"),
        pytest.param(PLAIN[:-2] + PLAIN[FRAME:], "damaged", id="two frames"),
        pytest.param(
            insert(PLAIN, 0xDB, b"\0" + b"\0" * 64), "damaged|coded anew", id="a table of zeros, then another"
        ),
    ][:-1],
)
def test_what_is_not_taken_is_refused_and_not_sent_to_the_pixels(source: bytes, reason: str) -> None:
    with pytest.raises(CannotRedact, match=reason) as caught:
        wipe.frame(source)
    assert not isinstance(caught.value, wipe.NotWipeable)


def test_a_missing_library_is_refused_with_the_remedy_and_not_sent_to_the_pixels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turbojpeg, "_installed", lambda: iter(()))
    turbojpeg._found.cache_clear()
    with pytest.raises(CannotRedact, match=r"install .*turbojpeg") as caught:
        wipe.wipe(PLAIN, boxes(PLAIN, BOX))
    assert not isinstance(caught.value, wipe.NotWipeable)
    turbojpeg._found.cache_clear()


FAULTS = ["no row", "rows left out", "narrower rows", "another size", "another sampling", "restart markers"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_library_that_does_otherwise_than_asked_is_refused(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    good = turbojpeg.find(LIBRARY)

    class Faulty:
        def transform(self, source: bytes, *, each_row: turbojpeg.EachRow) -> bytes:
            def pass_on(row: turbojpeg.BlockRow) -> None:
                if fault == "narrower rows":
                    row = dataclasses.replace(row, blocks=row.blocks - 1)
                if fault != "no row" and (fault, row.row) != ("rows left out", 0):
                    each_row(row)

            coded_ = good.transform(source, each_row=pass_on)
            if fault == "another size":
                return encode(picture(75, 54))
            if fault == "another sampling":
                return encode(picture(75, 53), subsampling="4:4:4")
            return insert(coded_, 0xDD, b"\0\4") if fault == "restart markers" else coded_

    monkeypatch.setattr(turbojpeg, "find", lambda _: Faulty())
    with pytest.raises(CannotRedact, match="did not go through the whole picture"):
        wiped(PLAIN, boxes(PLAIN, BOX))


XMP = b'http://ns.adobe.com/xap/1.0/\0<rdf:Description tiff:Orientation="%d"/>'


def test_a_picture_that_states_two_orientations_is_hidden_in_neither() -> None:
    source = insert(turned(6, PLAIN), 0xE1, XMP % 3)
    for plan in (boxes(source, BOX), cropped(source, BOX)):
        with pytest.raises(CannotRedact, match="orientation oddly or twice"):
            wiped(source, plan)
    assert decode(cleaned(source)).getexif()[0x0112] == 6


RDF = (
    b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"%s</rdf:Description>'
    b"</rdf:RDF></x:xmpmeta>"
)
INGREDIENT = b"<xmpMM:Pantry><rdf:Bag><rdf:li><rdf:Description><tiff:Orientation>3</tiff:Orientation></rdf:Description>"
PANTRY = INGREDIENT + b"</rdf:li></rdf:Bag></xmpMM:Pantry>"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(RDF % (b' tiff:Orientation="6">' + PANTRY), id="in the pantry"),
        pytest.param(RDF % (b">" + PANTRY), id="in the pantry alone"),
        pytest.param(b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + PANTRY, id="in extended XMP"),
    ],
)
def test_the_orientation_of_a_picture_that_this_was_made_from_does_not_count(body: bytes) -> None:
    source = insert(turned(6, PLAIN), 0xE1, body)
    assert wiped(source, boxes(source, BOX)) == wiped(turned(6, PLAIN), boxes(turned(6, PLAIN), BOX))


@pytest.mark.parametrize(
    "told", [b' tiff:Orientation="3">', b"><tiff:Orientation>3</tiff:Orientation>"], ids=["attribute", "element"]
)
def test_the_orientation_of_the_picture_itself_in_xmp_counts(told: bytes) -> None:
    source = insert(turned(6, PLAIN), 0xE1, RDF % told)
    with pytest.raises(CannotRedact, match="orientation oddly or twice"):
        wiped(source, boxes(source, BOX))


def test_xmp_that_agrees_with_exif_is_taken() -> None:
    source = insert(turned(6, PLAIN), 0xE1, XMP % 6)
    assert wiped(source, boxes(source, BOX)) == wiped(turned(6, PLAIN), boxes(turned(6, PLAIN), BOX))


@pytest.mark.parametrize(
    ("body", "orientation"),
    [
        pytest.param(exif(6), 6, id="big-endian"),
        pytest.param(exif(6, "little"), 6, id="little-endian"),
        pytest.param(exif(1, "little", kind=4), 1, id="upright, written as LONG"),
        pytest.param(exif(6, below=6), 6, id="repeated in the Exif directory"),
        pytest.param(exif(1, head=b"Exif\0\1"), 1, id="upright, another sixth byte"),
        pytest.param(exif(0), 1, id="zero"),
        pytest.param(exif(9), 1, id="out of range"),
        pytest.param(b"Exif\0\0junk", 1, id="no TIFF header"),
        pytest.param(exif(6)[:20], 1, id="cut short"),
        pytest.param(b"Exif\0\0MM\0*\xff\xff\xff\xff", 1, id="directory outside"),
    ],
)
def test_orientation_is_read_as_viewers_read_it(body: bytes, orientation: int) -> None:
    assert wipe.frame(insert(PLAIN, 0xE1, body)) == dataclasses.replace(HERE, orientation=orientation)


def test_an_orientation_that_is_repeated_is_taken() -> None:
    assert wipe.frame(append_segment(insert(turned(6, PLAIN), 0xE1, exif(6)), 0xE1, exif(6))).orientation == 6


@pytest.mark.parametrize("name", sorted(oddly_turned()))
def test_an_orientation_that_not_every_program_reads_is_refused(name: str) -> None:
    with pytest.raises(CannotRedact, match="orientation oddly or twice"):
        wipe.frame(oddly_turned()[name])


@settings(max_examples=300, deadline=None)
@given(
    orientation=st.integers(0, 9),
    order=st.sampled_from(["big", "little"]),
    kind=st.sampled_from([3, 3, 3, 1, 2, 4, 7, 8, 9]),
    count=st.sampled_from([1, 1, 1, 0, 2]),
    head=st.sampled_from([b"Exif\0\0", b"Exif\0\0", b"Exif\0\1", b"Exif\0\0\0", b"exif\0\0"]),
    number=st.sampled_from([42, 42, 42, 43, 42 << 8]),
    below=st.one_of(st.none(), st.integers(0, 9)),
    put=st.sampled_from([insert, append_segment]),
    first=st.sampled_from([PLAIN, turned(1, PLAIN), turned(6, PLAIN)]),
)
def test_writer_prover_tagging_and_pillow_turn_alike_or_the_jpeg_is_refused(
    first: bytes, put: Callable[[bytes, int, bytes], bytes], **settings_: Any
) -> None:
    source = put(first, 0xE1, exif(**settings_))
    try:
        orientation = wipe.frame(source).orientation
    except CannotRedact:
        with pytest.raises(NotProven, match="orientation is stated oddly"):
            walk(source).orientation()
        return
    assert walk(source).orientation() == orientation
    assert metadata.read(io.BytesIO(source), "picture.jpg").orientation in {orientation, *([None] * (orientation == 1))}
    with Image.open(io.BytesIO(source)) as shown:
        seen = shown.getexif().get(0x0112)
    assert (seen if seen in range(1, 9) else 1) == orientation


@pytest.mark.parametrize("kind", [1, 2, 6, 7, 8], ids=["BYTE", "ASCII", "SBYTE", "UNDEFINED", "SSHORT"])
def test_an_orientation_that_programs_read_differently_is_refused(kind: int) -> None:
    with pytest.raises(CannotRedact, match="oddly"):
        wipe.frame(insert(PLAIN, 0xE1, exif(6, "big", kind=kind)))


def test_two_exif_segments_that_disagree_are_refused() -> None:
    with pytest.raises(CannotRedact, match="orientation oddly or twice"):
        wipe.frame(insert(turned(6, PLAIN), 0xE1, exif(8)))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([PLAIN, encode(picture(75, 53), progressive=True), scan_by_scan(75, 53, [(1, 1)] * 3)]),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_a_mutated_source_is_refused_or_hidden_all_the_same(data: bytes, changes: list[tuple[int, int]]) -> None:
    mutated = bytearray(data)
    for at, value in changes:
        mutated[at % len(mutated)] = value
    source = bytes(mutated)
    try:
        box = box_in(source, (1, 1, 2, 2))
        copy = wiped(source, boxes(source, box))
        # A copy that cannot be read again is refused as well: the prover reads it first.
        planes = coefficients(copy)
    except CannotRedact:
        return
    blocks = {
        block
        for component, (rows, columns) in blocks_of(copy, box).items()
        for row in planes[component][rows]
        for block in row[columns]
    }
    if blocks != {EMPTY}:
        # A table of codes may have one that is longer than any number of a picture: the copy does not get past the prover.
        assert not is_proven(copy, source, box)


@pytest.mark.parametrize("code", [PLAIN[LONG_CODE], 59])
def test_a_copy_by_a_table_with_a_code_for_no_number_of_a_picture_is_not_proven(code: int) -> None:
    mutated = bytearray(PLAIN)
    mutated[LONG_CODE] = code
    source = bytes(mutated)
    box = box_in(source, (1, 1, 2, 2))
    assert is_proven(wiped(source, boxes(source, box)), source, box) is (source == PLAIN)


def is_proven(copy: bytes, source: bytes, box: PixelBox) -> bool:
    """Whether the prover takes a copy for one that hides somebody in the middle of a box, which is grown to the whole."""
    width, height = wipe.frame(source).size
    across, down = (box.right - box.left) * MIDDLE, (box.bottom - box.top) * MIDDLE
    place = Region((box.left + across) / width, (box.top + down) / height, across / 1.5 / width, down / 1.5 / height)
    with TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "copy.jpg", Path(folder) / "source"
        ours.write_bytes(copy)
        theirs.write_bytes(source)
        try:
            door.prove(ours, theirs, Order(hide=(Person("s1", (place,)),)))
        except NotProven:
            return False
    return True


def test_a_segment_in_place_of_the_coded_data_is_refused() -> None:
    with pytest.raises(CannotRedact, match="damaged"):
        wipe.frame(PLAIN[:FRAME] + segment(0xFE, b"no frame") + PLAIN[-2:])


ORDINARY = encode(picture(192, 160), subsampling="4:2:0")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(ORDINARY, id="4:2:0"),
        pytest.param(turned(6, insert(ORDINARY, 0xFE, b"a comment")), id="whatever stands around it"),
        pytest.param(encode(noise(64, 64, 1), quality=100, subsampling="4:4:4"), id="noise"),
        pytest.param(encode(picture(192, 160), optimize=True), id="tables of its own"),
        pytest.param(encode(picture(188, 157), subsampling="4:4:4"), id="units cut by the edge"),
        pytest.param(encode(picture(188, 158), subsampling="4:2:0"), id="larger units cut by the edge"),
        pytest.param(encode(picture(41, 23, mode="L")), id="grey"),
        pytest.param(sampled(picture(64, 64), "4:1:1"), id="4:1:1"),
    ],
)
def test_the_coding_of_an_ordinary_picture_is_left_as_it_is(source: bytes) -> None:
    assert is_plain(jpeg.read(source))


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(encode(picture(192, 160), progressive=True), id="progressive"),
        pytest.param(encode(picture(192, 160), restart_marker_rows=1), id="restart markers"),
        pytest.param(encode(picture(184, 160), subsampling="4:2:0"), id="a block beside the picture"),
        pytest.param(encode(picture(192, 152), subsampling="4:2:0"), id="a block below the picture"),
        pytest.param(scan_by_scan(64, 64, [(1, 1), (1, 1), (1, 1)]), id="a scan for each component"),
        pytest.param(insert(ORDINARY, 0xDD, b"\0\0"), id="a restart interval of nothing"),
        pytest.param(insert(ORDINARY, 0xDB, b"\3" + b"face" * 16), id="a quantisation table without use"),
        pytest.param(insert(ORDINARY, 0xC4, b"\2\1" + bytes(15) + b"\3"), id="a Huffman table without use"),
    ],
)
def test_another_coding_is_written_anew(source: bytes) -> None:
    assert not is_plain(jpeg.read(source))
