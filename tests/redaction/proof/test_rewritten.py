"""The proof of stills written afresh: what the writer makes is proven, and what only looks like it is not."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import zlib
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import pytest
from corpus import corpus_root, requires_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_samples import encode, exif, noise, picture, turned
from known_profiles import take_for_known
from leaky_stills import (
    FACE,
    FORMS,
    NAME,
    ORDER,
    SIZE,
    bmff_box,
    filled,
    honest,
    png_chunks,
    png_of,
    read,
    source,
    write,
    write_copy,
)
from made_heic import heic
from PIL import Image, ImageCms, ImageFile
from PIL.PngImagePlugin import PngImageFile
from still_samples import IDS, SOURCES, drawn, saved

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import Notice, Order, Person, PixelBox, Plan, Proof
from dam_plugin.redaction.plan_picture import plan_picture
from dam_plugin.redaction.proof import png
from dam_plugin.redaction.proof.allowed import is_known, sized
from dam_plugin.redaction.proof.png import inflated
from dam_plugin.redaction.proof.prove import prove_picture
from dam_plugin.redaction.proof.rewritten import media_type_of, prove_still
from dam_plugin.redaction.proof.source_picture import orientation_of
from dam_plugin.redaction.proof.verdict import Report
from dam_plugin.redaction.stills import pixels
from dam_tagging.facts import Region

NOTICE = Notice("No further disclosure without <consent>", "A district")
Writer = Callable[[Image.Image, int], bytes]
each_source = pytest.mark.parametrize(("media_type", "write_turned"), SOURCES, ids=IDS)
each_form = pytest.mark.parametrize("form", FORMS)
HEIC = find_spec("pi_heif") is not None
requires_heif = pytest.mark.skipif(not HEIC, reason="needs the extra `heif`")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

ORDERS = {
    "clean": Order(secrets=(NAME,)),
    "one": dataclasses.replace(ORDER, notice=NOTICE),
    "three at the edges": Order(
        hide=(Person("s1", (FACE, Region(0, 0, 0.05, 0.04))), Person("s2", (Region(0.81, 0.7, 0.19, 0.3),)))
    ),
    "a crop": Order(
        hide=(Person("s1", (Region(0.1, 0.3, 0.1, 0.1),)),),
        keep=(Person("s2", (Region(0.7, 0.4, 0.1, 0.1),)),),
        isolate="always",
        notice=NOTICE,
    ),
}


def made(data: bytes, media_type: str, order: Order) -> tuple[bytes, Plan]:
    plan = plan_picture(pixels.frame(data, media_type), order)
    return pixels.rewrite(data, plan, order.notice), plan


def proven(data: bytes, media_type: str, order: Order) -> Proof:
    copy, plan = made(data, media_type, order)
    return prove_picture(copy, data, order, plan.crop)


@functools.cache
def lying(write_turned: Writer, orientation: int) -> bytes:
    """Return a picture that is coded once for all orders."""
    return write_turned(drawn(201, 157), orientation)


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("orientation", range(1, 9))
@each_source
def test_what_the_writer_makes_is_proven(media_type: str, write_turned: Writer, orientation: int, order: Order) -> None:
    data = lying(write_turned, orientation)
    assert orientation_of(data, media_type) == orientation
    assert "outside the boxes the picture is the source's, upright" in proven(data, media_type, order).checks


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA"])
@each_source
def test_grey_and_transparent_pictures_are_proven(media_type: str, write_turned: Writer, mode: str) -> None:
    image = drawn(203, 151, 3, mode)
    if mode != "L":
        image.paste((90, 0) if mode == "LA" else (9, 200, 9, 0), (100, 20, 190, 140))
    assert proven(write_turned(image, 6), media_type, ORDERS["one"]).checks


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(noise(120, 90, 1), id="noise"),
        pytest.param(noise(120, 90, 1).point(lambda level: 255 * (level > 127)), id="saturated noise"),
        pytest.param(
            noise(40, 30, 1).point(lambda level: 255 * (level > 127)).resize((160, 120), Image.Resampling.NEAREST),
            id="a saturated chequerboard",
        ),
        pytest.param(Image.new("RGB", (300, 200), (255, 255, 255)), id="white"),
    ],
)
@each_source
def test_pictures_that_are_hard_to_code_are_proven(media_type: str, write_turned: Writer, image: Image.Image) -> None:
    assert proven(write_turned(image, 1), media_type, ORDERS["three at the edges"]).checks


SPECIAL: dict[str, Callable[[], bytes]] = {
    "a palette": lambda: saved(drawn(200, 150).quantize(99), "PNG"),
    "a palette with a transparent colour": lambda: saved(drawn(200, 150).quantize(99), "PNG", transparency=3),
    "one colour transparent": lambda: saved(drawn(200, 150), "PNG", transparency=(100, 100, 100)),
    "one bit": lambda: saved(drawn(200, 150).convert("1"), "PNG"),
    "a profile that is applied": lambda: saved(drawn(200, 150), "PNG", icc_profile=SRGB),
    "the same with alpha": lambda: saved(drawn(200, 150, 1, "RGBA"), "PNG", icc_profile=SRGB),
    "a profile that is no profile": lambda: saved(drawn(200, 150), "PNG", icc_profile=b"profile"),
}


@pytest.mark.parametrize("special", SPECIAL.values(), ids=SPECIAL)
def test_special_png_is_proven(special: Callable[[], bytes]) -> None:
    assert proven(special(), "image/png", ORDERS["one"]).checks


@pytest.mark.corpus
@requires_corpus
@requires_heif
@pytest.mark.parametrize(("quarter", "orientation"), [(0, 1), (3, 6)])
def test_heic_of_a_phone_is_proven_as_an_upright_jpeg_with_its_profile(quarter: int, orientation: int) -> None:
    root = corpus_root()
    assert root is not None
    data = bytearray((root / "real" / "immich_IMG_2682.heic").read_bytes())
    data[data.index(b"irot") + 4] = quarter
    assert orientation_of(bytes(data), "image/heic") == orientation
    copy, plan = made(bytes(data), "image/heic", ORDERS["one"])
    assert copy.startswith(b"\xff\xd8")
    proof = prove_picture(copy, bytes(data), ORDERS["one"], plan.crop)
    assert "1 box is filled from edge to edge" in proof.checks


@requires_heif
@pytest.mark.parametrize(("quarters", "orientation"), [(0, 1), (1, 8), (2, 3), (3, 6)])
def test_heic_is_proven_as_an_upright_jpeg_with_its_profile(
    quarters: int, orientation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = take_for_known(monkeypatch)
    data = heic(drawn(192, 160), quarters=quarters, profile=profile)
    assert orientation_of(data, "image/heic") == orientation
    copy, plan = made(data, "image/heic", ORDERS["one"])
    assert read(copy).info["icc_profile"] == profile
    proof = prove_picture(copy, data, ORDERS["one"], plan.crop)
    assert "1 box is filled from edge to edge" in proof.checks
    with pytest.raises(NotProven):
        prove_picture(copy, heic(drawn(192, 160, 5), quarters=quarters, profile=profile), ORDERS["one"], plan.crop)


def display_p3() -> bytes:
    """Return the known profile that a phone's pictures carry."""
    root = corpus_root()
    assert root is not None
    data = (root / "real" / "immich_IMG_2682.heic").read_bytes()
    at = data.index(b"colrprof")
    return data[at + 8 : at - 4 + int.from_bytes(data[at - 4 : at])]


@pytest.fixture(params=["made", pytest.param("a phone's", marks=[pytest.mark.corpus, requires_corpus])])
def profile(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A profile that is known."""
    return take_for_known(monkeypatch) if request.param == "made" else display_p3()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@each_form
def test_a_known_profile_stays_and_must(form: str, mode: str, profile: bytes) -> None:
    media_type = FORMS[form].media_type
    data = source(form, mode, icc_profile=profile)
    copy, _ = made(data, media_type, ORDERS["one"])
    assert read(copy).info["icc_profile"] == profile
    assert "the colour profile is the source's" in prove_picture(copy, data, ORDERS["one"]).checks
    without, _ = made(source(form, mode), media_type, ORDERS["one"])
    with pytest.raises(NotProven, match="profile"):
        prove_picture(without, data, ORDERS["one"])
    with pytest.raises(NotProven, match="profile"):
        prove_picture(copy, source(form, mode), ORDERS["one"])


def test_nothing_stands_behind_a_known_profile(profile: bytes) -> None:
    (head, *rest), packed = png_chunks(write(picture(48, 40), "PNG")), zlib.compress(profile)
    for spare, says in ((b"", ""), (b"the face", "behind the end"), (b"", "behind the end")):
        body = b"ICC Profile\0\0" + (packed[:-4] if says and not spare else packed) + spare
        data = png_of([head, (b"iCCP", body), *rest])
        if not says:
            assert png.walk(data, b"").profile == profile
        else:
            with pytest.raises(NotProven, match=says):
                png.walk(data, b"")


@settings(deadline=None, max_examples=25)
@given(
    st.sampled_from(SOURCES),
    st.integers(64, 220),
    st.integers(64, 220),
    st.integers(1, 8),
    st.lists(
        st.tuples(*[st.floats(0, 0.9)] * 2, *[st.floats(0.01, 0.2)] * 2).map(lambda box: Region(*box)),
        min_size=1,
        max_size=3,
    ),
)
def test_any_boxes_of_any_picture_are_proven_as_planned(
    kind: tuple[str, Writer], width: int, height: int, orientation: int, regions: list[Region]
) -> None:
    order = Order(hide=(Person("s1", tuple(regions)),))
    media_type, write_turned = kind
    assert proven(write_turned(drawn(width, height), orientation), media_type, order).checks


def back(copy: bytes) -> bytes:
    """Return a copy that was turned back."""
    image, settings = read(copy), {"quality": 92, "subsampling": "4:4:4"}
    form = image.format or ""
    return saved(image.transpose(Image.Transpose.ROTATE_90), form, **(settings if form == "JPEG" else {}))


@each_source
def test_a_copy_that_is_not_turned_upright_is_refused(media_type: str, write_turned: Writer) -> None:
    data = write_turned(drawn(160, 160), 6)
    order = Order()
    upright, _ = made(data, media_type, order)
    turned_back = back(upright)
    with pytest.raises(NotProven, match="not the source's"):
        prove_picture(turned_back, data, order)


@each_source
def test_a_plan_that_grew_no_box_is_caught(media_type: str, write_turned: Writer) -> None:
    data = write_turned(drawn(*SIZE), 1)
    plan = plan_picture(pixels.frame(data, media_type), ORDER)
    small = dataclasses.replace(plan, pixel_boxes=(PixelBox(60, 50, 84, 70),))
    with pytest.raises(NotProven, match="not filled"):
        prove_picture(pixels.rewrite(data, small, None), data, ORDER)


@each_form
def test_a_crop_that_shows_somebody_to_hide_is_refused(form: str) -> None:
    data, crop = source(form), PixelBox(80, 16, 176, 144)
    copy = write_copy(read(data).crop(crop.as_tuple()), form)
    with pytest.raises(NotProven, match="shows a part of somebody"):
        prove_picture(copy, data, ORDER, crop)


@each_form
def test_a_crop_of_another_place_is_refused(form: str) -> None:
    data, crop = source(form), PixelBox(112, 16, 176, 144)
    assert prove_picture(write_copy(read(data).crop(crop.as_tuple()), form), data, ORDER, crop).checks
    for other in ((112, 0, 176, 128), (112, 16, 192, 144)):
        with pytest.raises(NotProven, match=r"size|not the source's"):
            prove_picture(write_copy(read(data).crop(other), form), data, ORDER, crop)


@pytest.mark.parametrize("form", [form for form in FORMS if form not in {"PNG", "TIFF"}])
def test_a_crop_that_cuts_through_coding_units_is_refused(form: str) -> None:
    data, crop = source(form), PixelBox(113, 16, 176, 144)
    with pytest.raises(NotProven, match="whole coding units"):
        prove_picture(write_copy(read(data).crop(crop.as_tuple()), form), data, ORDER, crop)


@each_form
def test_nobody_can_be_hidden_without_a_box(form: str) -> None:
    with pytest.raises(NotProven, match="has no box"):
        prove_picture(honest(form), source(form), Order(hide=(Person("s1"),)))


@each_form
def test_a_copy_of_the_other_kind_is_refused(form: str) -> None:
    """A lossless picture is not to lose anything, and a lossy one not to take many times the bytes."""
    image, is_jpeg = filled(source(form), FORMS[form].box), FORMS[form].copy == "JPEG"
    other = saved(image, "PNG") if is_jpeg else saved(image, "JPEG", quality=92, subsampling="4:4:4")
    with pytest.raises(NotProven, match="is a JPEG" if is_jpeg else "is a PNG"):
        prove_picture(other, source(form), ORDER)


@each_form
@pytest.mark.parametrize("other", ["TIFF", "WebP", "AVIF"])
def test_a_copy_in_another_format_is_refused(form: str, other: str) -> None:
    with pytest.raises(NotProven, match="does not begin as a JPEG"):
        prove_picture(write(filled(source(form), FORMS[form].box), other), source(form), ORDER)


def test_a_lossy_picture_that_is_opaque_for_all_its_alpha_becomes_a_jpeg() -> None:
    """Libwebp leaves such a channel out by itself, so that it is put in by hand."""
    opaque = drawn(200, 150)
    plain = write(opaque, "WebP")[12:]
    header = b"VP8X\x0a\0\0\0\x10\0\0\0" + (199).to_bytes(3, "little") + (149).to_bytes(3, "little")
    alpha = b"ALPH" + (1 + 200 * 150).to_bytes(4, "little") + b"\0" + b"\xff" * 200 * 150 + b"\0"
    body = b"WEBP" + header + alpha + plain
    data = b"RIFF" + len(body).to_bytes(4, "little") + body
    assert read(data).mode == "RGBA"
    assert made(data, "image/webp", ORDERS["one"])[0].startswith(b"\xff\xd8")
    assert proven(data, "image/webp", ORDERS["one"]).checks


def test_what_is_transparent_inside_of_a_box_alone_does_not_make_a_copy_a_png() -> None:
    image = drawn(200, 150)
    image.putalpha(255)
    image.paste((10, 20, 30, 90), (70, 55, 80, 65))
    data = write(image, "WebP")
    copy, _ = made(data, "image/webp", ORDERS["one"])
    assert copy.startswith(b"\xff\xd8")
    assert prove_picture(copy, data, ORDERS["one"]).checks


@each_form
def test_the_words_of_the_ordered_notice_are_no_names(form: str) -> None:
    order = dataclasses.replace(ORDER, notice=Notice(f"Shows {NAME}", "A district"))
    assert proven(source(form), FORMS[form].media_type, order)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GIF89a", id="GIF"),
        pytest.param(bmff_box(b"ftyp", b"mp42\0\0\0\0mp42isom"), id="MP4"),
    ],
)
def test_a_source_of_another_format_is_refused(data: bytes) -> None:
    assert media_type_of(data) is None
    report = Report()
    prove_still(honest("PNG"), data, ORDER, None, report)
    assert report.failures == ["the source is in no format that is proven here"]


def test_types_are_told_by_what_a_file_holds() -> None:
    assert [media_type_of(source(form)) for form in FORMS] == [form.media_type for form in FORMS.values()]
    assert media_type_of(bmff_box(b"ftyp", b"heic\0\0\0\0mif1heic")) == "image/heic"
    assert media_type_of(b"MM\0\x2a" + bytes(8)) == "image/tiff"


@each_form
def test_a_damaged_source_is_refused(form: str) -> None:
    data = source(form)
    with pytest.raises(NotProven, match="source"):
        prove_picture(honest(form), data[: len(data) * 2 // 3], ORDER)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(list(FORMS)), st.data())
def test_any_source_is_read_or_refused(form: str, drawn_from: st.DataObject) -> None:
    data = SMALL[form]
    at = drawn_from.draw(st.integers(0, len(data) - 1))
    changed = data[:at] + drawn_from.draw(st.binary(max_size=8)) + data[at + drawn_from.draw(st.integers(0, 8)) :]
    with contextlib.suppress(NotProven):
        prove_picture(write_copy(picture(48, 40), form), changed, Order())


SMALL = {form: write(picture(48, 40), form) for form in FORMS}


def test_truncated_pictures_are_never_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(NotProven, match="accept truncated"):
        prove_picture(honest("PNG"), source("PNG"), ORDER)


def test_a_source_larger_than_any_picture_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    huge = bytearray(source("PNG"))
    huge[16:24] = (8901).to_bytes(4) + (10_000).to_bytes(4)
    huge[29:33] = zlib.crc32(huge[12:29]).to_bytes(4)
    copy = honest("PNG")
    load = PngImageFile.load

    def guarded(image: PngImageFile) -> Any:
        return pytest.fail("the picture was loaded") if image.width > 8_000 else load(image)

    monkeypatch.setattr(PngImageFile, "load", guarded)
    with pytest.raises(NotProven, match="more than 89 megapixels"):
        prove_picture(copy, bytes(huge), ORDER)


@pytest.mark.parametrize(
    ("released", "says"),
    [
        pytest.param(turned(6, encode(picture(*SIZE))), "an orientation", id="turned"),
        pytest.param(encode(picture(*SIZE)) + encode(picture(16, 16)), "behind the end", id="a second JPEG"),
        pytest.param(encode(picture(*SIZE), comment=b"x"), "COM", id="a comment"),
        pytest.param(write(picture(*SIZE), "TIFF"), "does not begin as a JPEG", id="a TIFF"),
    ],
)
def test_the_jpeg_of_a_heic_is_judged_as_strictly_as_any(released: bytes, says: str) -> None:
    report = Report()
    prove_still(released, bmff_box(b"ftyp", b"heic\0\0\0\0mif1heic"), Order(), None, report)
    assert says in "; ".join(report.failures)


@each_source
def test_noise_in_alpha_is_proven(media_type: str, write_turned: Writer) -> None:
    image = drawn(203, 151)
    image.putalpha(noise(203, 151, 5, "L").point(lambda level: max(level * 2 - 255, 0)))
    assert proven(write_turned(image, 1), media_type, ORDERS["one"]).checks


@each_source
def test_dark_colours_under_alpha_0_are_found(media_type: str, write_turned: Writer) -> None:
    image = drawn(203, 151)
    image.putalpha(255)
    image.paste((0, 0, 0, 0), (100, 20, 190, 140))
    data = write_turned(image, 1)
    left = read(data).convert("RGBA")
    left.paste((24, 24, 24, 0), (120, 40, 170, 120))
    assert media_type_of(data) == media_type
    with pytest.raises(NotProven, match="not the source's"):
        prove_picture(saved(left, "PNG"), data, Order())


def test_a_png_with_more_text_than_a_decoder_takes_is_proven() -> None:
    (head, *rest), long = png_chunks(source("PNG")), zlib.compress(bytes(3_000_000))
    data = png_of([head, (b"zTXt", b"Comment\0\0" + long), *rest])
    assert proven(data, "image/png", ORDER).checks


def test_what_stands_behind_the_end_of_a_png_does_not_turn_it() -> None:
    data = source("PNG")
    behind = data + png_of([(b"eXIf", exif(6)[6:])])[8:]
    assert orientation_of(behind, "image/png") == 1
    assert proven(behind, "image/png", ORDER).checks


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4))
def test_a_stream_is_inflated_however_it_is_cut(data: bytes, cuts: list[int]) -> None:
    packed = zlib.compress(data)
    edges = sorted({0, len(packed), *(min(cut, len(packed)) for cut in cuts)})
    pieces = [packed[start:end] for start, end in pairwise(edges)]
    assert b"".join(inflated(pieces, len(data))) == data
    for length in {len(data) + 1, max(len(data) - 1, 0)} - {len(data)}:
        with pytest.raises(NotProven):
            list(inflated(pieces, length))
    with pytest.raises(NotProven, match="behind the end"):
        list(inflated([*pieces, b"\0"], len(data)))


def test_only_known_profiles_may_stay() -> None:
    assert not is_known(b"")
    assert not is_known(SRGB)


def test_pictures_without_size_are_none() -> None:
    assert sized(3, 4) == (3, 4)
    for width, height in ((0, 4), (4, 0), (20_000, 20_000)):
        with pytest.raises(NotProven):
            sized(width, height)
