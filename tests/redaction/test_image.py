"""The written copy: nothing of a hidden person, everything of the rest, none of the metadata."""

from __future__ import annotations

import dataclasses
import hashlib
import io

import pytest
from corpus import corpus_root, requires_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_samples import (
    append_segment,
    decode,
    encode,
    exif,
    icc,
    insert,
    noise,
    picture,
    turned,
    with_profile,
)
from PIL import Image, ImageChops, ImageCms, ImageFile, ImageOps, ImageStat

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction import jpeg
from dam_plugin.redaction.image import clean, redact
from dam_plugin.redaction.plan import PixelBox, Plan, plan
from dam_tagging.facts import Region

FACE = Region(0.4, 0.4, 0.1, 0.1)
CODINGS = [
    pytest.param("RGB", {"subsampling": "4:4:4"}, id="4:4:4"),
    pytest.param("RGB", {"subsampling": "4:2:2"}, id="4:2:2"),
    pytest.param("RGB", {"subsampling": "4:2:0"}, id="4:2:0"),
    pytest.param("RGB", {"subsampling": "4:2:0", "restart_marker_blocks": 3}, id="restart markers"),
    pytest.param("RGB", {"keep_rgb": True}, id="coded as RGB"),
    pytest.param("L", {}, id="grey"),
]


def grown_pixels(made: Plan) -> tuple[int, int, int, int]:
    """Return the grown box itself in pixels, inward, of a picture that is stored upright."""
    (box,), (width, height) = made.boxes, made.size
    return (
        int(box.x * width) + 1,
        int(box.y * height) + 1,
        int((box.x + box.w) * width),
        int((box.y + box.h) * height),
    )


def sources(mode: str, settings: dict[str, object]) -> tuple[list[bytes], Plan]:
    """Return 20 sources that differ only inside the grown box, and the plan for all."""
    image = picture(mode=mode)
    made = plan(encode(image, **settings), {"s1": [FACE]})
    box = grown_pixels(made)
    drawn = []
    for seed in range(20):
        image.paste(noise(box[2] - box[0], box[3] - box[1], seed, mode), box)
        drawn.append(encode(image, **settings))
    return drawn, made


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize(("mode", "settings"), CODINGS)
def test_sources_that_differ_inside_the_box_give_one_copy(
    mode: str, settings: dict[str, object], progressive: bool
) -> None:
    drawn, made = sources(mode, {**settings, "progressive": progressive})
    assert len(set(drawn)) == 20
    assert len({redact(source, made) for source in drawn}) == 1


@pytest.mark.parametrize("snapped", [False, True], ids=["the box itself", "whole coding units"])
def test_a_fill_that_stops_short_of_the_bleed_tells_the_sources_apart(snapped: bool) -> None:
    drawn, made = sources("RGB", {"subsampling": "4:2:0"})
    naive = PixelBox(*grown_pixels(made))
    if snapped:
        naive = PixelBox(
            naive.left // 16 * 16, naive.top // 16 * 16, -(-naive.right // 16) * 16, -(-naive.bottom // 16) * 16
        )
    short = dataclasses.replace(made, pixel_boxes=(naive,))
    assert len({redact(source, short) for source in drawn}) > 1


@settings(max_examples=60, deadline=None)
@given(
    orientation=st.integers(1, 8),
    size=st.tuples(st.integers(40, 170), st.integers(40, 170)),
    face=st.tuples(st.floats(0, 0.85), st.floats(0, 0.85), st.floats(0.03, 0.15), st.floats(0.03, 0.15)),
    subsampling=st.sampled_from(["4:4:4", "4:2:0"]),
)
def test_the_marked_face_is_black_in_the_upright_view_and_what_is_far_is_intact(
    orientation: int, size: tuple[int, int], face: tuple[float, float, float, float], subsampling: str
) -> None:
    source = turned(orientation, encode(picture(*size), subsampling=subsampling))
    made = plan(source, {"s1": [Region(*face)]})
    before, after = (ImageOps.exif_transpose(decode(data)) for data in (source, redact(source, made)))
    width, height = before.size
    left, top = int(face[0] * width), int(face[1] * height)
    right, bottom = (
        min(int((face[0] + face[2]) * width) + 1, width),
        min(int((face[1] + face[3]) * height) + 1, height),
    )
    assert ImageStat.Stat(after.crop((left, top, right, bottom))).extrema == [(0, 0)] * 3
    reach = 26
    grown = made.boxes[0]
    after.paste(
        0,
        (
            int(grown.x * width) - reach,
            int(grown.y * height) - reach,
            int((grown.x + grown.w) * width) + reach,
            int((grown.y + grown.h) * height) + reach,
        ),
    )
    shown = after.convert("L").point(lambda level: 255 if level else 0)
    difference = ImageChops.multiply(ImageChops.difference(before, after).convert("L"), shown)
    assert max(high for _, high in ImageStat.Stat(difference).extrema) < 30


def metadata_rich(source: bytes) -> bytes:
    """Put a name into every place where a JPEG can carry one."""
    rich = source
    for marker in [*range(0xE1, 0xF0), 0xFE]:
        if marker != 0xEE:
            rich = insert(rich, marker, b"whatever\0Ava Example")
    rich = insert(rich, 0xE1, exif(6)[:-4] + b"\0\0\0\x1a" + encode(picture(16, 16)))
    return append_segment(rich, 0xFE, b"Ava Example") + encode(picture(seed=9)) + b"Ava Example"


def markers(data: bytes) -> list[int]:
    return [part.marker for part in jpeg.walk(data)]


@pytest.mark.parametrize("way", ["redact", "clean"])
def test_no_metadata_survives_but_the_orientation(way: str) -> None:
    source = metadata_rich(encode(picture(), comment=b"Ava Example"))
    copy = clean(source) if way == "clean" else redact(source, plan(source, {"s1": [FACE]}))
    assert b"Ava Example" not in copy
    assert copy.count(b"\xff\xd8") == 1
    assert [m for m in markers(copy) if m >= 0xE0] == [0xE0, 0xE1]
    assert decode(copy).getexif() == {0x0112: 6}


def test_two_redactions_of_one_picture_are_the_same_bytes_whatever_its_metadata() -> None:
    plain = turned(6, encode(picture()))
    rich = metadata_rich(encode(picture()))
    assert redact(plain, plan(plain, {"s1": [FACE]})) == redact(rich, plan(rich, {"s1": [FACE]}))


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize(("mode", "settings"), [coding for coding in CODINGS if coding.id != "coded as RGB"])
def test_a_clean_copy_has_every_pixel_of_the_source(mode: str, settings: dict[str, object], progressive: bool) -> None:
    source = metadata_rich(encode(picture(mode=mode), progressive=progressive, **settings))
    assert ImageChops.difference(decode(clean(source)), decode(source)).getbbox() is None


def test_a_picture_coded_as_rgb_is_written_afresh_in_its_colours() -> None:
    source = encode(picture(), keep_rgb=True)
    copy = clean(source)
    assert max(ImageStat.Stat(ImageChops.difference(decode(copy), decode(source))).mean) < 2
    assert 0xEE not in markers(copy)


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def other_profile() -> bytes:
    """Return a profile of our own that turns red and blue around, so that a missed conversion shows."""
    raw = bytearray(srgb_profile())
    red, blue = raw.find(b"rXYZ"), raw.find(b"bXYZ")
    raw[red : red + 4], raw[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(raw)


def test_a_profile_that_is_not_on_the_list_is_applied_and_dropped() -> None:
    flat = Image.new("RGB", (64, 64), (200, 60, 40))
    source = with_profile(encode(flat), other_profile(), chunk=100)
    for copy in (clean(source), redact(source, plan(source, {"s1": [FACE]}))):
        assert "icc_profile" not in decode(copy).info
        assert decode(copy).getpixel((2, 2)) == pytest.approx((40, 60, 200), abs=8)


def test_a_grey_picture_with_a_colour_profile_is_converted() -> None:
    source = with_profile(encode(picture(mode="L")), other_profile())
    assert decode(clean(source)).mode == "RGB"


@pytest.mark.parametrize(
    "bodies",
    [
        pytest.param([b"ICC_PROFILE\0\x01\x01junk"], id="not a profile"),
        pytest.param(icc(srgb_profile(), 100)[:-1], id="a chunk is missing"),
        pytest.param(icc(srgb_profile(), 100)[:1] * 2, id="a chunk twice"),
    ],
)
def test_a_profile_that_no_viewer_could_use_is_dropped(bodies: list[bytes]) -> None:
    source = encode(picture())
    profiled = source
    for body in reversed(bodies):
        profiled = insert(profiled, 0xE2, body)
    assert clean(profiled) == clean(source)


@requires_corpus
@pytest.mark.corpus
def test_a_known_profile_is_kept_byte_for_byte() -> None:
    root = corpus_root()
    assert root is not None
    source = (root / "real" / "exiv2_Reagan.jpg").read_bytes()
    kept = decode(redact(source, plan(source, {"s1": [FACE]}))).info["icc_profile"]
    assert hashlib.sha256(kept).hexdigest().startswith("07c1e0738ba6")


def test_a_plan_of_another_picture_is_refused() -> None:
    made = plan(encode(picture()), {"s1": [FACE]})
    with pytest.raises(CannotRedact, match="another picture"):
        redact(encode(picture(161, 120)), made)
    with pytest.raises(CannotRedact, match="another picture"):
        redact(turned(3, encode(picture())), made)
    with pytest.raises(CannotRedact, match="another picture"):
        redact(encode(picture()), dataclasses.replace(made, pixel_boxes=()))


def test_a_process_that_accepts_truncated_pictures_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(CannotRedact, match="LOAD_TRUNCATED_IMAGES"):
        clean(encode(picture()))


def test_a_picture_that_does_not_decode_is_refused() -> None:
    source = bytearray(encode(picture()))
    frame = source.find(b"\xff\xc0")
    source[frame + 12] = 7
    with pytest.raises(CannotRedact, match="damaged"):
        clean(bytes(source))


def test_the_copy_opens_in_a_plain_viewer() -> None:
    source = encode(picture(33, 17, mode="L"))
    with Image.open(io.BytesIO(redact(source, plan(source, {"s1": [FACE]})))) as image:
        image.verify()
        assert (image.size, image.mode) == ((33, 17), "L")
