"""The prover's eyes: a box is flat or not, the rest is the source's or not, and what does not decode proves nothing."""

from __future__ import annotations

import io
import warnings

import pytest
from jpeg_samples import decode, encode, noise, picture
from PIL import Image, ImageCms, ImageFile, ImageFilter
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof import compare_pixels

BOX = (16, 24, 64, 72)
BELOW_A_BAND = (8, 120, 40, 144)


def with_box(
    mode: str = "RGB", box: tuple[int, int, int, int] = BOX, size: tuple[int, int] = (160, 160)
) -> Image.Image:
    image = picture(*size, mode="RGB").convert(mode)
    image.paste({"L": 128, "RGB": (128,) * 3, "LA": (128, 255), "RGBA": (128, 128, 128, 255)}[mode], box)
    return image


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_filled_box_is_flat_in_each_mode(mode: str) -> None:
    assert list(compare_pixels.flat(with_box(mode), [BOX])) == []


@pytest.mark.parametrize("at", [(16, 24), (63, 71), (40, 50)], ids=["first", "last", "middle"])
def test_one_level_of_one_pixel_of_one_channel_is_seen(at: tuple[int, int]) -> None:
    image = with_box()
    image.putpixel(at, (128, 129, 128))
    assert list(compare_pixels.flat(image, [BOX])) == ["box 1 of 1 is not filled from edge to edge"]


def test_a_box_that_lets_something_shine_through_is_not_flat() -> None:
    image = with_box("RGBA")
    image.putpixel((40, 50), (128, 128, 128, 254))
    assert list(compare_pixels.flat(image, [BOX])) != []


@pytest.mark.parametrize("box", [(16, 24, 161, 72), (16, 24, 64, 161), (-1, 24, 64, 72), (16, 24, 16, 72)])
def test_a_box_that_is_not_in_the_picture_is_not_flat(box: tuple[int, int, int, int]) -> None:
    assert list(compare_pixels.flat(with_box(), [box])) != []


def test_each_box_that_is_not_flat_is_counted() -> None:
    assert list(compare_pixels.flat(with_box(), [(0, 0, 8, 8), BOX, (80, 80, 88, 88)])) == [
        "box 1 of 3 is not filled from edge to edge",
        "box 3 of 3 is not filled from edge to edge",
    ]


@pytest.mark.parametrize("quality", [75, 92])
@pytest.mark.parametrize("draw", [picture, noise], ids=["smooth", "noise"])
def test_a_fresh_jpeg_of_the_same_picture_does_not_stray(quality: int, draw: object) -> None:
    image = (picture if draw is picture else noise)(160, 160, 1)
    fresh = decode(encode(image, quality=max(quality, 92) if draw is noise else quality, subsampling="4:4:4"))
    assert list(compare_pixels.strays(fresh, image, [])) == []


@pytest.mark.parametrize("box", [BOX, BELOW_A_BAND], ids=["in one band", "over two bands"])
def test_what_a_box_hides_does_not_count(box: tuple[int, int, int, int]) -> None:
    assert list(compare_pixels.strays(with_box(box=box), picture(160, 160), [box])) == []
    assert list(compare_pixels.strays(with_box(box=box), picture(160, 160), [])) != []


@pytest.mark.parametrize("by", [9, -9])
def test_a_faint_patch_strays(by: int) -> None:
    image = picture(160, 160)
    patch = (104, 16, 128, 40)
    image.paste(image.crop(patch).point(lambda level: level + by), patch)
    assert "outside the boxes a part of the copy is not the source's" in compare_pixels.strays(
        image, picture(160, 160), [BOX]
    )


def test_stripes_that_keep_the_mean_stray() -> None:
    image = picture(160, 160)
    for column in range(104, 128):
        strip = (column, 16, column + 1, 40)
        sign = 18 if column // 2 % 2 else -18
        image.paste(image.crop(strip).point(lambda level, by=sign: level + by), strip)
    assert list(compare_pixels.strays(image, picture(160, 160), [BOX])) != []


def test_a_blurred_picture_and_another_shape_stray() -> None:
    image = noise(160, 160, 1)
    assert list(compare_pixels.strays(image.filter(ImageFilter.GaussianBlur(6)), image, [])) != []
    assert "size or colour mode" in " ".join(compare_pixels.strays(image.convert("L"), image, []))
    assert "size or colour mode" in " ".join(compare_pixels.strays(image.crop((0, 0, 80, 80)), image, []))


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", encode(picture(32, 32))[:500]], ids=["empty", "SOI", "cut short"])
def test_what_does_not_decode_proves_nothing(data: bytes) -> None:
    with pytest.raises(NotProven, match="the copy does not decode"):
        compare_pixels.decoded(data, "the copy")


def test_only_the_format_that_is_asked_for_answers() -> None:
    with pytest.raises(NotProven, match="the copy does not decode"):
        compare_pixels.decoded(encode(picture(32, 32)), "the copy", PngImageFile)
    file = io.BytesIO()
    picture(32, 32).save(file, "PNG")
    assert compare_pixels.decoded(file.getvalue(), "the copy", PngImageFile).size == (32, 32)


def test_a_process_that_accepts_truncated_pictures_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(NotProven, match="truncated"):
        compare_pixels.decoded(encode(picture(32, 32)), "the copy")


@pytest.mark.parametrize("error", [Image.DecompressionBombError("large"), RuntimeError("decoder"), MemoryError()])
def test_whatever_a_decoder_raises_proves_nothing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fails(_: object) -> None:
        raise error

    monkeypatch.setattr(JpegImageFile, "load", fails)
    with pytest.raises(NotProven, match="the copy does not decode"):
        compare_pixels.decoded(encode(picture(32, 32)), "the copy")


def test_looking_at_pictures_leaves_the_filters_of_warnings_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before, seen = list(warnings.filters), []
    load = JpegImageFile.load

    def loading(image: JpegImageFile) -> object:
        seen.append(list(warnings.filters))
        return load(image)

    monkeypatch.setattr(JpegImageFile, "load", loading)
    compare_pixels.decoded(encode(picture(32, 32)), "the copy")
    assert seen == [before]


def test_a_profile_that_fits_is_applied_and_another_is_not() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = picture(32, 32)
    converted = compare_pixels.in_srgb(image, srgb)
    assert converted is not None
    assert list(compare_pixels.strays(converted, image, [])) == []
    assert compare_pixels.in_srgb(image, b"no profile") is None
