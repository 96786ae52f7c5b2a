"""A box is grey if it is flat inside, and like nothing that was there."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("av", reason="the extra `av` is not installed")

import numpy as np

from dam_plugin.redaction.proof.compare_frames import is_flat, is_like

INSIDE = (True, True, True, True)


def box(height: int = 60, width: int = 80) -> Any:
    return np.zeros((height, width), np.int16)


def shapes(height: int = 60, width: int = 80) -> Any:
    """Draw rings and bars, as luma."""
    down, across = np.mgrid[:height, :width]
    rings = np.hypot(down - height / 2, across - width / 2) // 5 % 2
    return (60 + 100 * rings + 40 * (across // 7 % 2)).astype(np.uint8)


def test_plain_grey_is_flat_whatever_its_size() -> None:
    for size in ((6, 6), (20, 35), (60, 80)):
        assert is_flat(box(*size), INSIDE, 1)
        assert is_flat(box(*size) - 2, INSIDE, 2)
        assert not is_flat(box(*size) + 5, INSIDE, 1)


def test_what_an_edge_smears_is_let_pass_near_it_alone() -> None:
    levels = box()
    levels[:, :2], levels[:, 2:6], levels[:, 6:10] = 30, 5, 3
    levels[:, 6:10:2] = -3
    assert is_flat(levels, INSIDE, 1)
    assert not is_flat(levels, (True, True, False, True), 1)
    assert not is_flat(np.roll(levels, 30, axis=1), INSIDE, 1)


@pytest.mark.parametrize("strength", [1, 3, 7])
def test_a_faint_pattern_inside_is_not_flat(strength: int) -> None:
    levels = box()
    levels[12:-12:2, 12:-12] = strength
    levels[13:-12:2, 12:-12] = -strength
    assert not is_flat(levels, INSIDE, 1)


def test_a_box_that_goes_as_the_picture_does_is_like_it() -> None:
    source = shapes()
    outlines = ((source.astype(int) - 120) // 30).astype(np.int16)
    assert is_like(outlines, source)
    assert is_like(-outlines, source)
    assert is_like(outlines + np.random.default_rng(1).integers(-3, 4, outlines.shape).astype(np.int16), source)


def test_chance_is_like_nothing() -> None:
    random = np.random.default_rng(2)
    for size in ((8, 8), (20, 20), (60, 80)):
        noise = random.integers(-3, 4, size).astype(np.int16)
        assert not is_like(noise, shapes(*size))
    assert not is_like(box(), shapes())
