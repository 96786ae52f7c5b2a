"""The copy from pixels: nothing of a hidden person, everything of the rest, upright, and none of the metadata."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from corpus import corpus_root, requires_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_samples import encode, insert, noise, picture, turned, with_profile
from known_profiles import take_for_known
from made_corpus import XMP
from made_files import exif_block
from made_heic import heic
from PIL import Image, ImageChops, ImageCms, ImageOps, ImageStat
from still_samples import IDS, SOURCES, TURNED, drawn, noisy, opened, rich_png, saved, tiff_block, xmp

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.allowed_metadata import packet
from dam_plugin.redaction.model import CLEAR_ALPHA, FILL, Frame, Notice, Order, Person, PixelBox, Plan
from dam_plugin.redaction.plan_picture import plan_picture
from dam_plugin.redaction.stills import jpeg, pixels
from dam_plugin.redaction.stills.pixels import Kind
from dam_tagging.facts import Region

FACE = Region(0.4, 0.4, 0.1, 0.1)
ORDER = Order(hide=(Person("s1", (FACE,)),))
NOTICE = Notice("Do not pass on <34 CFR 99.33>", "Lincoln School")
NEAR = {"PNG": 0.01, "lossless WebP": 0.01, "TIFF": 0.01, "AVIF": 5, "WebP": 5}
"""Levels by which a copy may differ on average from what was drawn; another picture differs by 15 and more."""
COPIES = {"PNG": "PNG", "lossless WebP": "PNG", "TIFF": "PNG", "AVIF": "JPEG", "WebP": "JPEG"}
each_source = pytest.mark.parametrize(
    ("name", "media_type", "write"), [(name, *source) for name, source in zip(IDS, SOURCES, strict=True)], ids=IDS
)
UNTURNED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def planned(source: bytes, media_type: str, order: Order = ORDER) -> Plan:
    return plan_picture(pixels.frame(source, media_type), order, bleed=True)


def redacted(source: bytes, media_type: str, order: Order = ORDER) -> bytes:
    return pixels.rewrite(source, planned(source, media_type, order), order.notice)


def grown_pixels(plan: Plan) -> tuple[int, int, int, int]:
    """Return the grown box itself in pixels, inward, of a picture that is stored upright."""
    (box,), (width, height) = plan.boxes, plan.frame.size
    return (
        math.ceil(box.x * width),
        math.ceil(box.y * height),
        int((box.x + box.w) * width),
        int((box.y + box.h) * height),
    )


def other_profile() -> bytes:
    """Return a profile of our own that turns red and blue around, so that a missed conversion shows."""
    raw = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = raw.find(b"rXYZ"), raw.find(b"bXYZ")
    raw[red : red + 4], raw[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(raw)


# What is hidden is gone

Writer = Callable[[Image.Image], bytes]


def as_(format_: str, **settings: Any) -> Writer:
    return lambda image: saved(image, format_, **settings)


LOSSLESS = [
    pytest.param("image/png", "L", as_("PNG"), id="PNG grey"),
    pytest.param("image/png", "LA", as_("PNG"), id="PNG grey with alpha"),
    pytest.param("image/png", "RGB", as_("PNG"), id="PNG RGB"),
    pytest.param("image/png", "RGBA", as_("PNG"), id="PNG RGBA"),
    pytest.param("image/png", "L", as_("PNG", transparency=90), id="PNG grey with a transparent level"),
    pytest.param("image/png", "RGB", as_("PNG", transparency=(9, 9, 9)), id="PNG RGB with a transparent colour"),
    pytest.param("image/png", "RGB", as_("PNG", icc_profile=other_profile()), id="PNG with a profile to apply"),
    pytest.param("image/png", "1", as_("PNG"), id="PNG black and white"),
    pytest.param("image/webp", "RGB", as_("WEBP", lossless=True), id="WebP RGB"),
    pytest.param("image/webp", "RGBA", as_("WEBP", lossless=True, exact=True), id="WebP RGBA"),
    pytest.param("image/tiff", "L", as_("TIFF"), id="TIFF grey"),
    pytest.param("image/tiff", "RGB", as_("TIFF", compression="tiff_lzw"), id="TIFF RGB, LZW"),
    pytest.param("image/tiff", "RGB", as_("TIFF", compression="packbits"), id="TIFF RGB, PackBits"),
    pytest.param("image/tiff", "RGBA", as_("TIFF", compression="tiff_adobe_deflate"), id="TIFF RGBA, Deflate"),
]


@pytest.mark.parametrize(("media_type", "mode", "write"), LOSSLESS)
def test_sources_that_differ_inside_the_box_give_one_copy(media_type: str, mode: str, write: Writer) -> None:
    image = drawn(mode="L" if mode == "1" else mode)
    plain = Image.Dither.NONE
    plan = planned(write(image.convert(mode, dither=plain)), media_type)
    box = grown_pixels(plan)
    sources = [write(noisy(image, box, seed).convert(mode, dither=plain)) for seed in range(20)]
    assert len(set(sources)) == 20
    assert len({pixels.rewrite(source, plan, None) for source in sources}) == 1


@pytest.mark.parametrize("transparent", [False, True], ids=["opaque", "with alpha"])
def test_the_colours_of_a_palette_that_only_the_box_uses_are_gone(transparent: bool) -> None:
    image = picture(mode="L").point(lambda level: level // 3)
    plan = planned(saved(image.convert("P"), "PNG"), "image/png")
    left, top, right, bottom = grown_pixels(plan)
    sources = []
    for seed in range(20):
        chosen = random.Random(seed)  # noqa: S311
        indices = image.copy()
        indices.paste(noise(right - left, bottom - top, seed, "L").point(lambda n: 100 + n % 156), (left, top))
        file = indices.convert("P")
        file.putdata(list(indices.tobytes()))
        file.putpalette(bytes(range(100)) * 3 + chosen.randbytes(156 * 3))
        alphas = b"\xff" * 100 + chosen.randbytes(156) if transparent else None
        sources.append(saved(file, "PNG", **({"transparency": alphas} if alphas else {})))
    assert len(set(sources)) == 20
    copies = {pixels.rewrite(source, plan, None) for source in sources}
    assert len(copies) == 1
    assert opened(copies.pop()).mode == ("RGBA" if transparent else "RGB")


JPEGS = [
    pytest.param("RGB", {"keep_rgb": True}, False, id="coded as RGB"),
    pytest.param("RGB", {"subsampling": "4:2:0"}, True, id="4:2:0 with a profile to apply"),
    pytest.param("RGB", {"subsampling": "4:2:2", "progressive": True}, True, id="4:2:2 progressive with a profile"),
    pytest.param("L", {}, True, id="grey with a profile to apply"),
]


@pytest.mark.parametrize(("mode", "coding", "profiled"), JPEGS)
def test_jpegs_that_differ_inside_the_box_give_one_copy(mode: str, coding: dict[str, Any], profiled: bool) -> None:
    def write(image: Image.Image) -> bytes:
        return with_profile(encode(image, **coding), other_profile()) if profiled else encode(image, **coding)

    image = picture(mode=mode)
    plan = planned(write(image), "image/jpeg")
    sources = [write(noisy(image, grown_pixels(plan), seed)) for seed in range(20)]
    assert len(set(sources)) == 20
    assert len({pixels.rewrite(source, plan, None) for source in sources}) == 1


def test_a_fill_that_stops_at_the_box_itself_tells_jpegs_apart() -> None:
    image = picture()
    plan = planned(encode(image), "image/jpeg")
    box = grown_pixels(plan)
    short = dataclasses.replace(plan, pixel_boxes=(PixelBox(*box),))
    sources = [encode(noisy(image, box, seed), subsampling="4:2:0") for seed in range(20)]
    assert len({pixels.rewrite(source, short, None) for source in sources}) > 1


def test_a_plan_without_bleed_is_refused_for_a_jpeg_with_coarse_colours() -> None:
    source = encode(picture(), subsampling="4:2:0")
    unbled = plan_picture(pixels.frame(source, "image/jpeg"), ORDER, bleed=False)
    with pytest.raises(CannotRedact, match="plan again for the pixel path"):
        pixels.rewrite(source, unbled, None)


def test_what_lies_under_a_pixel_that_is_clear_or_nearly_so_is_emptied() -> None:
    image = drawn(mode="RGBA")
    image.putalpha(Image.new("L", image.size, 255))
    image.paste((200, 10, 10, 0), (0, 0, 40, 40))
    image.paste((200, 10, 10, CLEAR_ALPHA), (40, 0, 80, 40))
    image.paste((200, 10, 10, CLEAR_ALPHA + 1), (80, 0, 120, 40))
    for media_type, write in (("image/png", as_("PNG")), ("image/webp", as_("WEBP", lossless=True, exact=True))):
        source = write(image)
        copy = opened(pixels.rewrite(source, Plan("clean", pixels.frame(source, media_type)), None))
        assert copy.getpixel((20, 20)) == (0, 0, 0, 0)
        assert copy.getpixel((60, 20)) == (0, 0, 0, 0)
        assert copy.getpixel((100, 20)) == (200, 10, 10, CLEAR_ALPHA + 1)


def test_a_box_over_clear_pixels_is_opaque() -> None:
    for mode in ("LA", "RGBA"):
        source = saved(Image.new(mode, (100, 100)), "PNG")
        copy = opened(redacted(source, "image/png"))
        left, top, right, bottom = grown_pixels(planned(source, "image/png"))
        assert copy.crop((left, top, right, bottom)).getextrema() == ((FILL, FILL),) * (len(mode) - 1) + ((255, 255),)
        assert copy.getpixel((0, 0)) == (0,) * len(mode)


# All else is there, and upright


@pytest.mark.parametrize("orientation", range(1, 9))
@each_source
def test_the_copy_is_upright_with_the_box_on_the_face(
    name: str, media_type: str, write: Callable[[Image.Image, int], bytes], orientation: int
) -> None:
    upright = drawn(150, 110)
    turn = UNTURNED[orientation]
    source = write(upright if turn is None else upright.transpose(turn), orientation)
    frame = pixels.frame(source, media_type)
    assert (frame.orientation, frame.size) == (orientation, (150, 110) if orientation < 5 else (110, 150))
    copy = opened(redacted(source, media_type))
    assert (copy.format, copy.size) == (COPIES[name], upright.size)
    assert 274 not in copy.getexif()
    face = (60, 44, 75, 55)
    assert copy.crop(face).getextrema() == ((FILL, FILL),) * 3
    plain = opened(pixels.rewrite(source, Plan("clean", frame), None))
    assert max(ImageStat.Stat(ImageChops.difference(plain, upright)).mean) < NEAR[name]


@settings(max_examples=80, deadline=None)
@given(
    media_type=st.sampled_from(["image/png", "image/webp", "image/tiff"]),
    mode=st.sampled_from(["RGB", "RGBA"]),
    orientation=st.integers(1, 8),
    size=st.tuples(st.integers(1, 130), st.integers(1, 130)),
    faces=st.lists(
        st.tuples(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.03, 0.2), st.floats(0.03, 0.2)),
        min_size=1,
        max_size=3,
    ),
)
def test_every_pixel_outside_the_boxes_is_the_sources_and_every_one_inside_is_filled(
    media_type: str,
    mode: str,
    orientation: int,
    size: tuple[int, int],
    faces: list[tuple[float, float, float, float]],
) -> None:
    order = Order(hide=(Person("s1", tuple(Region(*face) for face in faces)),))
    stored = drawn(*size, mode=mode)
    source = TURNED[media_type](stored, orientation)
    plan = planned(source, media_type, order)
    expected = stored.copy()
    for box in plan.pixel_boxes:
        expected.paste((FILL, FILL, FILL, 255)[: len(mode)], box.as_tuple())
    expected.getexif()[274] = orientation
    shown = opened(redacted(source, media_type, order))
    assert (
        ImageChops.difference(ImageOps.exif_transpose(expected), shown.convert(mode)).getbbox(alpha_only=False) is None
    )


@each_source
def test_a_crop_is_cut_from_the_stored_frame_and_then_turned(
    name: str, media_type: str, write: Callable[[Image.Image, int], bytes]
) -> None:
    stored = drawn(160, 120)
    source = write(stored, 6)
    frame = pixels.frame(source, media_type)
    plan = Plan("crop", frame, crop=PixelBox(32, 16, 160, 96))
    copy = opened(pixels.rewrite(source, plan, None))
    expected = stored.crop((32, 16, 160, 96)).transpose(Image.Transpose.ROTATE_270)
    assert copy.size == (80, 128)
    assert max(ImageStat.Stat(ImageChops.difference(copy, expected)).mean) < NEAR[name]


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:4"])
def test_a_harsh_picture_does_not_reach_into_a_box(subsampling: str, orientation: int) -> None:
    stripes = Image.new("RGB", (2, 1))
    stripes.putdata([(255, 0, 255), (0, 255, 0)])
    harsh = Image.new("RGB", (160, 128))
    for left in range(0, 160, 2):
        for top in range(128):
            harsh.paste(stripes, (left, top))
    said = Image.Exif()
    said[274] = orientation
    source = saved(harsh, "AVIF", quality=90, speed=10, subsampling=subsampling, exif=said)
    copy = opened(redacted(source, "image/avif"))
    if orientation == 6:
        copy = copy.transpose(Image.Transpose.ROTATE_90)
    box = planned(source, "image/avif").pixel_boxes[0]
    assert copy.crop(box.as_tuple()).getextrema() == ((FILL, FILL),) * 3


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@each_source
def test_a_picture_that_lets_something_shine_through_becomes_a_png(
    name: str, media_type: str, write: Callable[[Image.Image, int], bytes], mode: str
) -> None:
    source = write(drawn(mode=mode), 1)
    copy = opened(pixels.rewrite(source, Plan("clean", pixels.frame(source, media_type)), None))
    assert copy.format == "PNG"
    shown = opened(source).convert("RGBA")
    assert ImageChops.difference(copy.convert("RGBA"), shown).getbbox(alpha_only=False) is None, name


@pytest.mark.parametrize("media_type", TURNED)
def test_a_picture_of_one_pixel_is_written(media_type: str) -> None:
    source = TURNED[media_type](Image.new("RGB", (1, 1), (200, 100, 50)), 1)
    assert opened(redacted(source, media_type)).size == (1, 1)
    clean = opened(pixels.rewrite(source, Plan("clean", pixels.frame(source, media_type)), None))
    assert clean.getpixel((0, 0)) == pytest.approx((200, 100, 50), abs=6)


# JPEGs that the wipe does not take


def test_a_jpeg_keeps_its_stored_frame_and_states_its_orientation() -> None:
    source = turned(6, encode(picture(), keep_rgb=True))
    copy = redacted(source, "image/jpeg")
    assert (opened(copy).size, opened(copy).getexif()) == ((160, 120), {274: 6})
    (box,) = planned(source, "image/jpeg").pixel_boxes
    assert opened(copy).crop(box.as_tuple()).getextrema() == ((FILL, FILL),) * 3


def test_a_jpeg_coded_as_rgb_is_written_in_its_colours() -> None:
    source = encode(picture(), keep_rgb=True)
    copy = pixels.rewrite(source, Plan("clean", pixels.frame(source, "image/jpeg")), None)
    assert max(ImageStat.Stat(ImageChops.difference(opened(copy), opened(source))).mean) < 2
    assert 0xEE not in [part.marker for part in jpeg.walk(copy)]


def test_a_jpeg_is_cropped_in_its_stored_frame() -> None:
    source = turned(6, encode(picture(), keep_rgb=True))
    plan = Plan("crop", pixels.frame(source, "image/jpeg"), crop=PixelBox(16, 8, 80, 120))
    copy = opened(pixels.rewrite(source, plan, None))
    assert (copy.size, copy.getexif()) == ((64, 112), {274: 6})


def rich_jpeg() -> bytes:
    """Put a name into every segment where a JPEG can carry one, and behind its end."""
    source = encode(picture(), keep_rgb=True, comment=b"Ava Example")
    for marker in (*range(0xE1, 0xEE), 0xEF, 0xFE):
        source = insert(source, marker, b"whatever\0Ava Example")
    return turned(6, source) + b"Ava Example"


def test_nothing_of_a_rich_jpeg_survives_but_its_orientation() -> None:
    plain, rich = turned(6, encode(picture(), keep_rgb=True)), rich_jpeg()
    copy = redacted(rich, "image/jpeg")
    assert copy == redacted(plain, "image/jpeg")
    assert [part.marker for part in jpeg.walk(copy) if part.marker >= 0xE0] == [0xE0, 0xE1]
    noted = redacted(rich, "image/jpeg", dataclasses.replace(ORDER, notice=NOTICE))
    assert opened(noted).info["xmp"] == packet(NOTICE)


def test_a_jpeg_that_does_not_decode_is_refused() -> None:
    source = bytearray(encode(picture(), keep_rgb=True))
    source[source.find(b"\xff\xc0") + 12] = 7
    with pytest.raises(CannotRedact, match=r"damaged"):
        redacted(bytes(source), "image/jpeg")


# No metadata but what belongs there


@pytest.mark.parametrize("notice", [None, NOTICE], ids=["bare", "with the notice"])
def test_nothing_of_a_rich_png_survives(notice: Notice | None) -> None:
    copy = redacted(rich_png(drawn(), "Ava Example", 6), "image/png", dataclasses.replace(ORDER, notice=notice))
    assert b"Ava" not in copy
    assert copy.endswith(b"IEND\xae\x42\x60\x82")
    assert opened(copy).info == (
        {} if notice is None else {"XML:com.adobe.xmp": packet(NOTICE).decode(), "xmp": packet(NOTICE)}
    )


@pytest.mark.parametrize("lossless", [False, True], ids=["lossy", "lossless"])
def test_nothing_of_a_rich_webp_survives(lossless: bool) -> None:
    exif = Image.Exif()
    exif[274], exif[315] = 6, "Ava Example"
    source = saved(drawn(320, 240), "WEBP", lossless=lossless, exif=exif, xmp=xmp(6), icc_profile=other_profile())
    copy = redacted(source + b"Ava Example", "image/webp")
    assert b"Ava" not in copy
    assert opened(copy).info == (
        {} if lossless else {"jfif": 257, "jfif_version": (1, 1), "jfif_unit": 0, "jfif_density": (1, 1)}
    )
    noted = redacted(source, "image/webp", dataclasses.replace(ORDER, notice=NOTICE))
    assert opened(noted).info["xmp"] == packet(NOTICE)
    assert {"exif", "icc_profile"}.isdisjoint(opened(noted).info)


def test_nothing_of_a_rich_tiff_survives() -> None:
    told = dict.fromkeys((269, 270, 271, 272, 305, 315, 316, 33432), "Ava Example")
    named = {33723: b"Ava Example", 34377: b"8BIM Ava Example", 37724: b"Ava Example"}
    source = saved(drawn(), "TIFF", compression="tiff_lzw", tiffinfo={**told, **named, 274: 6, 700: xmp()})
    assert source.count(b"Ava Example") >= 11
    copy = redacted(source + b"Ava Example", "image/tiff")
    assert b"Ava" not in copy
    assert (opened(copy).format, opened(copy).info) == ("PNG", {})
    noted = redacted(source, "image/tiff", dataclasses.replace(ORDER, notice=NOTICE))
    assert opened(noted).info["xmp"] == packet(NOTICE)


def test_nothing_of_a_rich_avif_survives() -> None:
    exif = Image.Exif()
    exif[274], exif[315] = 6, "Ava Example"
    source = saved(drawn(), "AVIF", exif=exif, xmp=xmp(), icc_profile=other_profile(), speed=10)
    assert source.count(b"Ava Example") == 2
    copy = redacted(source, "image/avif")
    assert b"Ava" not in copy
    assert {"exif", "xmp", "icc_profile"}.isdisjoint(opened(copy).info)
    noted = redacted(source, "image/avif", dataclasses.replace(ORDER, notice=NOTICE))
    assert opened(noted).info["xmp"] == packet(NOTICE)


def test_two_copies_of_one_picture_are_the_same_bytes_whatever_its_metadata() -> None:
    plain = TURNED["image/png"](drawn(), 6)
    assert redacted(plain, "image/png") == redacted(rich_png(drawn(), "Ava Example", 6), "image/png")


def real_profile() -> bytes:
    root = corpus_root()
    assert root is not None
    known: bytes = opened((root / "real" / "exiv2_Reagan.jpg").read_bytes()).info["icc_profile"]
    assert hashlib.sha256(known).hexdigest().startswith("07c1e0738ba6")
    return known


@pytest.mark.parametrize("whose", ["made", pytest.param("a camera's", marks=[pytest.mark.corpus, requires_corpus])])
def test_a_known_profile_is_kept_byte_for_byte(whose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = take_for_known(monkeypatch) if whose == "made" else real_profile()
    for media_type, write in {**TURNED, "image/jpeg": None}.items():
        format_ = media_type[6:].upper()
        source = saved(drawn(), format_, icc_profile=known, **({"keep_rgb": True} if write is None else {}))
        copy = redacted(source, media_type)
        assert opened(copy).info["icc_profile"] == known


# HEIC


@pytest.mark.parametrize(("quarters", "orientation"), [(0, 1), (1, 8), (2, 3), (3, 6)])
def test_a_made_heic_becomes_an_upright_jpeg_without_its_metadata(quarters: int, orientation: int) -> None:
    pi_heif = pytest.importorskip("pi_heif", reason="the extra `heif` is not installed")
    items = (
        (b"Exif", b"\0\0\0\0" + exif_block({270: "Ava Example"})),
        (b"mime", XMP),
    )
    source = heic(drawn(192, 160), quarters=quarters, items=items)
    plan = planned(source, "image/heic")
    assert plan.frame == Frame("image/heic", (192, 160), orientation, (16, 16))
    copy = pixels.rewrite(source, plan, NOTICE)
    shown = opened(copy)
    assert (shown.format, shown.size) == ("JPEG", (192, 160) if orientation in {1, 3} else (160, 192))
    assert b"Ava" not in copy
    assert shown.getexif() == {}
    assert shown.info["xmp"] == packet(NOTICE)
    left, top, right, bottom = (
        int(plan.boxes[0].x * shown.width),
        int(plan.boxes[0].y * shown.height),
        math.ceil((plan.boxes[0].x + plan.boxes[0].w) * shown.width),
        math.ceil((plan.boxes[0].y + plan.boxes[0].h) * shown.height),
    )
    assert shown.crop((left, top, right, bottom)).getextrema() == ((FILL, FILL),) * 3
    clean = opened(pixels.rewrite(source, Plan("clean", plan.frame), None))
    expected = pi_heif.open_heif(io.BytesIO(source)).to_pillow()
    assert max(ImageStat.Stat(ImageChops.difference(clean, expected).reduce(8)).mean) < 4


def corpus_heic() -> bytes:
    root = corpus_root()
    assert root is not None
    return (root / "real" / "immich_IMG_2682.heic").read_bytes()


def turned_heic(quarters: int) -> bytes:
    """Return the photo with another turn (against the clock) in its one `irot`."""
    data = bytearray(corpus_heic())
    data[data.index(b"irot") + 4] = quarters
    return bytes(data)


@requires_corpus
@pytest.mark.corpus
@pytest.mark.parametrize(("quarters", "orientation"), [(0, 1), (1, 8), (2, 3), (3, 6)])
def test_a_heic_becomes_an_upright_jpeg_without_its_metadata(quarters: int, orientation: int) -> None:
    pytest.importorskip("pi_heif", reason="the extra `heif` is not installed")
    source = turned_heic(quarters)
    plan = planned(source, "image/heic")
    assert plan.frame == Frame("image/heic", (4032, 3024), orientation, (16, 16))
    copy = pixels.rewrite(source, plan, NOTICE)
    shown = opened(copy)
    # The profile is told of the tiles alone.
    assert len(shown.info["icc_profile"]) == 548
    assert b"Apple" not in copy.replace(shown.info["icc_profile"], b"")
    assert (shown.format, shown.size) == ("JPEG", (4032, 3024) if orientation in {1, 3} else (3024, 4032))
    assert shown.getexif() == {}
    assert shown.info["xmp"] == packet(NOTICE)
    box = plan.boxes[0]
    inside = (
        int(box.x * shown.width),
        int(box.y * shown.height),
        math.ceil((box.x + box.w) * shown.width),
        math.ceil((box.y + box.h) * shown.height),
    )
    assert shown.crop(inside).getextrema() == ((FILL, FILL),) * 3


@requires_corpus
@pytest.mark.corpus
def test_a_heic_shows_the_picture_of_its_source() -> None:
    pi_heif = pytest.importorskip("pi_heif", reason="the extra `heif` is not installed")
    source = turned_heic(3)
    copy = opened(pixels.rewrite(source, Plan("clean", pixels.frame(source, "image/heic")), None))
    expected = pi_heif.open_heif(io.BytesIO(source)).to_pillow()
    assert max(ImageStat.Stat(ImageChops.difference(copy, expected).reduce(8)).mean) < 4


# Plans that are not this picture's


def other_plans(plan: Plan) -> dict[str, Plan]:
    box, frame = plan.pixel_boxes[0], plan.frame
    return {
        "another size": dataclasses.replace(plan, frame=dataclasses.replace(frame, size=(161, 120))),
        "another orientation": dataclasses.replace(plan, frame=dataclasses.replace(frame, orientation=6)),
        "boxes without a box": dataclasses.replace(plan, pixel_boxes=()),
        "boxes with a crop": dataclasses.replace(plan, crop=PixelBox(0, 0, 10, 10)),
        "clean with somebody to hide": dataclasses.replace(plan, operation="clean", pixel_boxes=()),
        "clean with a box": dataclasses.replace(plan, operation="clean", hidden=()),
        "a crop without one": dataclasses.replace(plan, operation="crop"),
        "a crop that shows the hidden": dataclasses.replace(plan, operation="crop", crop=PixelBox(0, 0, 160, 120)),
        "a box without area": dataclasses.replace(plan, pixel_boxes=(dataclasses.replace(box, right=box.left),)),
        "a box outside": dataclasses.replace(plan, pixel_boxes=(dataclasses.replace(box, bottom=121),)),
        "a box that begins before 0": dataclasses.replace(plan, pixel_boxes=(dataclasses.replace(box, left=-1),)),
        "a box that is no number": dataclasses.replace(
            plan,
            pixel_boxes=(dataclasses.replace(box, left=float("nan")),),  # type: ignore[arg-type]
        ),
    }


PLANS = other_plans(planned(saved(drawn(), "PNG"), "image/png"))


@pytest.mark.parametrize("wrong", PLANS)
def test_a_plan_that_does_not_fit_is_refused(wrong: str) -> None:
    with pytest.raises(CannotRedact, match=r"plan again|does not say where"):
        pixels.rewrite(saved(drawn(), "PNG"), PLANS[wrong], None)


def test_a_type_without_a_way_is_refused() -> None:
    with pytest.raises(CannotRedact, match="export it as a JPEG or PNG"):
        pixels.frame(saved(drawn(), "GIF"), "image/gif")


def test_a_file_that_is_not_of_the_type_stated_is_refused() -> None:
    samples = {media_type: write(drawn(), 1) for media_type, write in TURNED.items()}
    for media_type in samples:
        for other, source in samples.items():
            if other != media_type:
                with pytest.raises(CannotRedact):
                    pixels.frame(source, media_type)


def test_an_orientation_in_exif_counts_alone_and_repeated_in_xmp() -> None:
    for packet_ in (None, xmp(), xmp(6)):
        told = {"xmp": packet_} if packet_ else {}
        source = saved(drawn(), "WEBP", exif=tiff_block(6), **told)
        assert pixels.frame(source, "image/webp").orientation == 6


# The written file: fixed settings, and nothing that the picture object carried

TYPES: list[Kind] = ["image/png", "image/jpeg"]
PACKET = b"<x:xmpmeta>\xc3\xa9</x:xmpmeta>"


def tainted() -> Image.Image:
    """Return a picture whose object carries what savers like to copy."""
    image = picture(40, 30)
    image.info = {"exif": b"Exif\0\0MM\0*Ava", "xmp": b"Ava", "comment": b"Ava", "dpi": (72, 72)}
    return image


@pytest.mark.parametrize("media_type", TYPES)
def test_what_the_picture_object_carries_is_not_written(media_type: Kind) -> None:
    assert b"Ava" not in pixels.encode(tainted(), media_type, profile=None, notice=None)


@pytest.mark.parametrize("media_type", TYPES)
def test_the_same_pixels_give_the_same_bytes(media_type: Kind) -> None:
    assert len({pixels.encode(drawn(40, 30), media_type, profile=None, notice=PACKET) for _ in range(3)}) == 1


@pytest.mark.parametrize("media_type", TYPES)
def test_the_notice_is_written_byte_for_byte(media_type: Kind) -> None:
    copy = pixels.encode(drawn(40, 30), media_type, profile=None, notice=PACKET)
    assert copy.count(PACKET) == 1
    assert opened(copy).info["xmp"] == PACKET


def test_the_notice_of_a_png_is_a_plain_text_before_the_picture() -> None:
    copy = pixels.encode(drawn(40, 30), "image/png", profile=None, notice=PACKET)
    text = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + PACKET
    assert copy.index(b"IHDR") < copy.index(text) < copy.index(b"IDAT")


def test_only_a_jpeg_states_an_orientation() -> None:
    assert opened(pixels.encode(drawn(40, 30), "image/jpeg", profile=None, notice=None, orientation=6)).getexif() == {
        274: 6
    }
    assert opened(pixels.encode(drawn(40, 30), "image/png", profile=None, notice=None, orientation=6)).getexif() == {}


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_png_keeps_every_pixel_and_the_mode(mode: str) -> None:
    image = drawn(41, 31, mode=mode)
    copy = opened(pixels.encode(image, "image/png", profile=None, notice=None))
    assert (copy.mode, copy.tobytes()) == (mode, image.tobytes())


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(CannotRedact, match="could not be written"):
        pixels.encode(Image.new("RGB", (65_501, 1)), "image/jpeg", profile=None, notice=None)
    with pytest.raises(CannotRedact, match="notice is longer"):
        pixels.encode(drawn(8, 8), "image/jpeg", profile=None, notice=xmp() * 400)


def test_a_profile_of_the_picture_object_is_not_written() -> None:
    image = picture(40, 30)
    image.info = {"icc_profile": b"Ava"}
    for media_type in TYPES:
        assert "icc_profile" not in opened(pixels.encode(image, media_type, profile=None, notice=None)).info
    assert saved(picture(8, 8), "PNG")
