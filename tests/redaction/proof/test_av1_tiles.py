"""The tiles of an AV1 frame: found where they lie, whatever the encoder's settings, and each of them ends for itself."""

from __future__ import annotations

import contextlib
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_samples import noise, picture
from leaky_stills import FORMATS, av1_unit, avif_of, read, tiled
from PIL import Image

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof.av1_tiles import MOST_TILES, Sequence, tiles

if "AVIF" not in FORMATS:
    pytest.skip("this Pillow has no AVIF", allow_module_level=True)

SIZE, LARGE = (264, 200), (330, 270)
CODINGS = {
    "coarse colours": ("RGB", {"subsampling": "4:2:0"}),
    "colours halved across": ("RGB", {"subsampling": "4:2:2"}),
    "fine colours": ("RGB", {"subsampling": "4:4:4"}),
    "grey": ("L", {"subsampling": "4:0:0"}),
    "few bits": ("RGB", {"quality": 5}),
    "without loss": ("RGB", {"quality": 100, "subsampling": "4:4:4"}),
    "screens": ("RGB", {"advanced": {"tune-content": "screen"}}),
    "segments": ("RGB", {"advanced": {"aq-mode": "1"}}),
    "quantizers of its own": ("RGB", {"advanced": {"enable-chroma-deltaq": "1", "deltaq-mode": "2"}}),
    "large units": ("RGB", {"advanced": {"sb-size": "128"}}),
    "matrices": ("RGB", {"advanced": {"enable-qm": "1"}}),
    "no filters": ("RGB", {"advanced": {"enable-cdef": "0", "enable-restoration": "0"}}),
}


def image_of(mode: str, size: tuple[int, int] = SIZE) -> Image.Image:
    """Return half a smooth picture and half a noisy one."""
    width, height = size
    image = picture(width, height, mode=mode)
    image.paste(noise(160, height, 3, mode), (width * 5 // 11, 0))
    return image


@pytest.mark.parametrize("split", [(1, 0), (0, 1), (1, 1)], ids=["columns", "rows", "both"])
@pytest.mark.parametrize("speed", [6, 9])
@pytest.mark.parametrize("coding", CODINGS)
def test_each_tile_is_found_to_its_last_byte(coding: str, speed: int, split: tuple[int, int]) -> None:
    mode, told = CODINGS[coding]
    columns, rows = split
    # Of few bits, a smaller picture would leave next to none for a tile.
    image = image_of(mode, LARGE if coding == "few bits" else SIZE)
    _, frame, found = tiled(image, speed=speed, tile_cols=columns, tile_rows=rows, **told)
    assert len(found) == 2 ** (columns + rows)
    assert found[-1][1] == len(frame)
    gaps = [start - end for (_, end), (start, _) in pairwise(found)]
    # Each tile but the last stands behind its length.
    assert gaps[-1] == 0
    assert len({*gaps[:-1]}) <= 1
    assert all(end - start > 100 for start, end in found)


def test_a_small_picture_is_one_tile_whatever_its_header() -> None:
    head, frame, found = tiled(picture(60, 50), tile_cols=0)
    assert found == [(0, len(frame))]
    assert Sequence.of(head[4:]).size == (60, 50)
    assert read(avif_of(head + av1_unit(6, frame), (60, 50)).made()).size == (60, 50)


def test_a_frame_that_is_cut_off_is_refused() -> None:
    head, frame, found = tiled(image_of("RGB"))
    for length in (0, 1, 5, found[0][0], found[1][0]):
        with pytest.raises(NotProven):
            tiles(head[4:], frame, 0, length)
    for length in range(2, 8):
        with pytest.raises(NotProven):
            tiles(head[4:][:length], frame, 0, len(frame))


def test_more_tiles_than_a_picture_needs_are_refused() -> None:
    image = Image.new("RGB", (64 * 16, 64 * 8), (9, 9, 9))
    with pytest.raises(NotProven, match="more tiles"):
        tiled(image, tile_cols=4, tile_rows=3)
    assert MOST_TILES == 64


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 1 << 30))
def test_any_header_is_read_or_refused(seed: int) -> None:
    chosen = random.Random(seed)  # noqa: S311
    head, frame = bytearray(HEAD[4:]), bytearray(FRAME)
    for data in (head, frame):
        for _ in range(chosen.randint(0, 3)):
            data[chosen.randrange(min(len(data), 24))] = chosen.randrange(256)
    with contextlib.suppress(NotProven):
        found = tiles(bytes(head), bytes(frame), 0, len(frame))
        assert all(0 <= start <= end <= len(frame) for start, end in found)


HEAD, FRAME, _ = tiled(picture(200, 150))
