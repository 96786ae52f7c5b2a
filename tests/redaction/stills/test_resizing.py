"""A picture as publishers take it: from a proven copy an upright JPEG in sRGB, cut around the face, and proven again."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jpeg_samples import append_segment, encode, insert, picture, turned
from PIL import Image, ImageCms

from dam_plugin.errors import CannotRedact, NotProven, StorageError
from dam_plugin.redaction import door
from dam_plugin.redaction.boxes import Rectangle, grown, own
from dam_plugin.redaction.model import Made, Notice, Order
from dam_plugin.redaction.proof import prove
from dam_plugin.redaction.stills import decoding, resizing
from dam_plugin.redaction.stills.resizing import window
from dam_tagging.facts import Region

SAMPLE = Path(__file__).parents[3] / "sample_assets" / "portraits" / "portrait-0417.jpg"
FACE = Region(0.199, 0.19, 0.567, 0.47)


def written(image: Image.Image, kind: str, **settings: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def quarters(width: int = 320, height: int = 240) -> Image.Image:
    """Draw a picture whose corners are red, green, blue and white."""
    image = Image.new("RGB", (2, 2))
    image.putdata([(200, 40, 40), (40, 200, 40), (40, 40, 200), (230, 230, 230)])
    return image.resize((width, height), Image.Resampling.NEAREST)


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    right, bottom = image.width - 9, image.height - 9
    found = [image.getpixel(place) for place in ((8, 8), (right, 8), (8, bottom), (right, bottom))]
    return [tuple(round(level / 50) for level in each) for each in found if isinstance(each, tuple)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "room"
    path.mkdir(mode=0o700)
    return path


def resized(folder: Path, data: bytes, size: tuple[int, int] | None, face: Region | None = None, **order: Any) -> Made:
    copy = folder.parent / "copy"
    copy.write_bytes(data)
    return door.resized(copy, Order(**order), size, face, folder)


def shown(made: Made) -> Image.Image:
    image = Image.open(made.path)
    image.load()
    return image


KINDS = {
    "JPEG": encode(quarters()),
    "grey JPEG": encode(picture(320, 240, mode="L")),
    "PNG": written(quarters(), "PNG"),
    "PNG with a palette": written(quarters().quantize(8), "PNG"),
    "WebP": written(quarters(), "WEBP"),
    "TIFF": written(quarters(), "TIFF"),
    "AVIF": written(quarters(), "AVIF"),
}


@pytest.mark.parametrize("data", KINDS.values(), ids=KINDS)
def test_whatever_a_copy_is_a_jpeg_of_the_ordered_size_comes_out(folder: Path, data: bytes) -> None:
    made = resized(folder, data, (64, 80), FACE)
    image = shown(made)
    assert (image.format, image.mode, image.size, made.media_type, made.suffix) == (
        "JPEG", "RGB", (64, 80), "image/jpeg", ".jpg",
    )  # fmt: skip
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert list(folder.iterdir()) == [made.path]


@pytest.mark.parametrize("size", [None, (160, 120), (32, 24)], ids=["its own", "half", "a tenth"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_upright_however_the_copy_is_stored(folder: Path, orientation: int, size: tuple[int, int] | None) -> None:
    upright = quarters()
    stored = upright.transpose(UNTURNED[orientation]) if orientation != 1 else upright
    made = resized(folder, turned(orientation, encode(stored, subsampling=0)), size)
    image = shown(made)
    assert image.size == (size or (320, 240))
    assert corners(image) == corners(upright)


UNTURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_face_is_found_in_the_upright_picture(folder: Path, orientation: int) -> None:
    upright = Image.new("RGB", (400, 200), (40, 40, 200))
    upright.paste((200, 40, 40), (320, 60, 360, 120))
    stored = upright.transpose(UNTURNED[orientation]) if orientation != 1 else upright
    made = resized(folder, turned(orientation, encode(stored, subsampling=0)), (80, 100), Region(0.8, 0.3, 0.1, 0.3))
    red, _, blue = shown(made).getpixel((40, 45))  # type: ignore[misc]
    assert red > 150 > blue


def swapped() -> bytes:
    """Return a profile of sRGB whose red and blue have changed places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for tag, other in (b"rXYZ", b"bXYZ"), (b"rTRC", b"bTRC"):
        at, to = profile.index(tag), profile.index(other)
        profile[at : at + 4], profile[to : to + 4] = other, tag
    return bytes(profile)


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "not known"])
@pytest.mark.parametrize("size", [None, (32, 32)], ids=["its own size", "smaller"])
def test_a_colour_profile_is_applied_once_and_dropped(
    folder: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int] | None, *, is_known: bool
) -> None:
    profile = swapped()
    known = {hashlib.sha256(profile).hexdigest(): "sRGB with red and blue swapped"} if is_known else {}
    monkeypatch.setattr(decoding, "KNOWN_PROFILES", known)
    image = Image.new("RGB", (64, 64), (200, 100, 50))
    made = resized(folder, encode(image, icc_profile=profile, subsampling=0, quality=95), size)
    found = shown(made)
    assert "icc_profile" not in found.info
    red, green, blue = found.getpixel((16, 16))  # type: ignore[misc]
    assert abs(red - 50) < 5
    assert abs(green - 100) < 5
    assert abs(blue - 200) < 5


def test_what_is_transparent_becomes_white_and_is_told(folder: Path) -> None:
    image = quarters().convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    made = resized(folder, written(image, "PNG"), (64, 80))
    assert resizing.CLEAR in made.facts
    assert shown(made).getextrema() == ((255, 255),) * 3


def test_an_opaque_picture_with_an_alpha_channel_is_told_nothing_of(folder: Path) -> None:
    assert resized(folder, written(quarters().convert("RGBA"), "PNG"), None).facts == ()


def test_enlarging_is_told(folder: Path) -> None:
    made = resized(folder, encode(quarters(80, 100)), (640, 800), FACE)
    assert made.facts == ("the picture was enlarged: what it shows has 80 by 100 pixels, and 640 by 800 were ordered",)


def test_a_missing_face_is_told(folder: Path) -> None:
    assert resized(folder, KINDS["JPEG"], (64, 80)).facts == (resizing.UNMARKED,)


def test_the_sample_portrait_keeps_head_and_shoulders(folder: Path) -> None:
    made = resized(folder, door_copy(folder), (640, 800), FACE)
    with Image.open(SAMPLE) as source:
        whole = source.convert("RGB").resize((640, 800), Image.Resampling.LANCZOS)
    assert made.facts == ()
    strays = [
        abs(a - b) for one, other in zip(pixels_of(shown(made)), pixels_of(whole), strict=True)
        for a, b in zip(one, other, strict=True)
    ]  # fmt: skip
    assert sum(strays) / len(strays) < 2


def door_copy(folder: Path) -> bytes:
    room = folder.parent / "made"
    room.mkdir(mode=0o700)
    return door.make(SAMPLE, Order(), room).path.read_bytes()


def pixels_of(image: Image.Image) -> list[tuple[int, ...]]:
    small = image.resize((64, 80), Image.Resampling.BOX)
    return [small.getpixel((x, y)) for x in range(64) for y in range(80)]  # type: ignore[misc]


def test_the_notice_goes_along(folder: Path) -> None:
    made = resized(folder, KINDS["JPEG"], (64, 80), notice=Notice("Not to be passed on.", "The district"))
    assert b"Not to be passed on." in made.path.read_bytes()


def test_nothing_of_a_copys_metadata_goes_along(folder: Path) -> None:
    data = append_segment(insert(KINDS["JPEG"], 0xE1, b"Hannah Quill"), 0xFE, b"Hannah Quill")
    made = resized(folder, data, (64, 80), secrets=("Hannah Quill",))
    assert b"Hannah" not in made.path.read_bytes()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        pytest.param(b"RIFF\x24\0\0\0WAVEfmt ", "only a picture can be resized", id="sound"),
        pytest.param(b"no picture at all", "only a picture can be resized", id="nothing known"),
        pytest.param(KINDS["JPEG"][:1000], "damaged", id="cut short"),
        pytest.param(KINDS["PNG"][:300], "damaged", id="PNG cut short"),
    ],
)
def test_what_is_no_picture_is_refused_and_leaves_nothing(folder: Path, data: bytes, told: str) -> None:
    with pytest.raises(CannotRedact, match=told):
        resized(folder, data, (64, 80))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("size", [(0, 100), (-1, -1), (15, 800), (100_000, 100_000)])
def test_a_size_that_no_picture_has_is_refused(folder: Path, size: tuple[int, int]) -> None:
    with pytest.raises(CannotRedact, match="no picture has this size"):
        resized(folder, KINDS["JPEG"], size)


def test_a_full_disk_is_no_fault_of_the_picture(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(door, "_file", full)
    with pytest.raises(StorageError, match="the disk is full"):
        resized(folder, KINDS["JPEG"], (64, 80))


BODY = resizing.as_jpeg(KINDS["JPEG"], "image/jpeg", (64, 80)).body


@pytest.mark.parametrize(
    ("body", "size", "told"),
    [
        pytest.param(BODY, (80, 64), "not of the ordered size", id="size"),
        pytest.param(turned(6, BODY), (64, 80), "not stored upright|may not hold", id="turned"),
        pytest.param(BODY + b"Hannah Quill", (64, 80), "behind the end", id="behind"),
        pytest.param(append_segment(BODY, 0xFE, b"x"), (64, 80), "may not hold", id="comment"),
        pytest.param(b"\x89PNG\r\n\x1a\n", (64, 80), "the copy", id="no JPEG"),
    ],
)
def test_a_picture_that_is_not_as_ordered_is_not_proven(body: bytes, size: tuple[int, int], told: str) -> None:
    with pytest.raises(NotProven, match=told):
        prove.prove_resized(body, Order(secrets=("Hannah Quill",)), size)


sides = st.integers(16, 5000)
sizes = st.tuples(sides, sides)
fractions = st.floats(0.0, 1.0)
faces = st.one_of(st.none(), st.builds(Region, fractions, fractions, fractions, fractions))


def whole(box: Rectangle) -> tuple[int, ...]:
    return tuple(round(edge) for edge in (box.left, box.top, box.right, box.bottom))


@given(size=sizes, wanted=sizes, face=faces)
def test_it_is_the_largest_part_of_the_proportions_inside_of_the_picture(
    size: tuple[int, int], wanted: tuple[int, int], face: Region | None
) -> None:
    part = window(size, wanted, face)
    across, down = part.right - part.left, part.bottom - part.top
    assert across * wanted[1] == down * wanted[0]
    assert part.left >= 0
    assert part.right <= size[0]
    assert part.top >= 0
    assert part.bottom <= size[1]
    assert across == size[0] or down == size[1]


@given(size=sizes, wanted=sizes, face=st.builds(Region, *(st.floats(0.05, 0.45) for _ in range(4))))
def test_head_and_shoulders_are_inside_where_they_fit(
    size: tuple[int, int], wanted: tuple[int, int], face: Region
) -> None:
    part, head = window(size, wanted, face), grown(face).scaled(size)
    if head.right - head.left <= part.right - part.left:
        assert part.left <= head.left
        assert head.right <= part.right
    if head.bottom - head.top <= part.bottom - part.top:
        assert part.top <= head.top
        assert head.bottom <= part.bottom


@given(size=sizes, wanted=sizes, face=st.builds(Region, *(st.floats(0.05, 0.45) for _ in range(4))))
def test_the_face_is_inside_where_it_fits(size: tuple[int, int], wanted: tuple[int, int], face: Region) -> None:
    part, drawn = window(size, wanted, face), own(face).scaled(size)
    if drawn.bottom - drawn.top <= part.bottom - part.top:
        assert part.top <= drawn.top
        assert drawn.bottom <= part.bottom


def test_without_a_face_it_is_from_the_middle_across() -> None:
    assert whole(window((3000, 2000), (640, 800), None)) == (700, 0, 2300, 2000)


def test_without_a_face_it_is_from_the_top_down() -> None:
    assert whole(window((1000, 3000), (640, 800), None)) == (0, 0, 1000, 1250)


def test_it_follows_a_face_at_the_side() -> None:
    assert whole(window((3000, 2000), (640, 800), Region(0.8, 0.3, 0.1, 0.2))) == (1400, 0, 3000, 2000)


def test_shoulders_are_lost_before_head_room() -> None:
    face = Region(0.3, 0.3, 0.4, 0.2)
    assert whole(window((1000, 2000), (1000, 800), face)) == (0, 400, 1000, 1200)
    assert grown(face).scaled((1000, 2000)).top == pytest.approx(400)


def test_head_room_is_lost_before_the_face() -> None:
    assert whole(window((1000, 2000), (1000, 800), Region(0.3, 0.4, 0.4, 0.3))) == (0, 600, 1000, 1400)


def test_of_a_face_that_does_not_fit_the_middle_is_shown() -> None:
    assert whole(window((1000, 2000), (1000, 400), Region(0.1, 0.2, 0.8, 0.4))) == (0, 600, 1000, 1000)


@pytest.mark.parametrize(
    "face", [Region(0.5, 0.5, 0.0, 0.1), Region(2.0, 2.0, 0.1, 0.1), Region(0.5, 0.5, 0.001, 0.001)]
)
def test_a_box_in_which_no_face_fits_counts_as_none(face: Region) -> None:
    assert window((3000, 2000), (640, 800), face) == window((3000, 2000), (640, 800), None)
