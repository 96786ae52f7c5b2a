"""From the network's maps to boxes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dam_plugin.intake import centerface
from dam_plugin.intake.centerface import boxes, padded

ROWS, COLUMNS = 16, 24
SIZE = (COLUMNS * 4, ROWS * 4)


def maps(*faces: tuple[int, int, float, float, float]) -> list:
    """Return maps in which cells (row, column) hold a face: score, height and width in pixels."""
    heat, size, offset = (np.zeros((1, depth, ROWS, COLUMNS), np.float32) for depth in (1, 2, 2))
    for row, column, score, height, width in faces:
        heat[0, 0, row, column] = score
        size[0, :, row, column] = np.log([height / 4, width / 4])
    return [heat, size, offset]


def told(found: list, least_score: float = 0.3, size: tuple[int, int] = SIZE) -> list[tuple[float, ...]]:
    return [(each.x, each.y, each.w, each.h) for each in boxes(found, size, least_score)]


def test_a_face_is_where_its_cell_is_as_a_fraction_of_the_picture() -> None:
    (box,) = told(maps((8, 12, 0.9, 16, 8)))
    assert box == pytest.approx((46 / 96, 26 / 64, 8 / 96, 16 / 64))


def test_an_offset_moves_a_face_down_and_to_the_right() -> None:
    found = maps((8, 12, 0.9, 16, 8))
    found[2][0, :, 8, 12] = (0.25, 0.5)
    (box,) = told(found)
    assert box[:2] == pytest.approx((48 / 96, 27 / 64))


@pytest.mark.parametrize(("score", "count"), [(0.5, 1), (0.49, 0), (0.51, 1)])
def test_what_reaches_the_least_score_is_a_face(score: float, count: int) -> None:
    assert len(told(maps((8, 12, score, 16, 8)), least_score=0.5)) == count


def test_of_boxes_that_overlap_the_surest_is_the_face_and_the_surest_come_first() -> None:
    found = told(maps((8, 12, 0.6, 16, 16), (8, 13, 0.9, 16, 16), (3, 3, 0.7, 8, 8)))
    assert [box[0] for box in found] == pytest.approx([46 / 96, 10 / 96])


def test_a_face_at_the_border_is_cut_off_there() -> None:
    (box,) = told(maps((0, 0, 0.9, 16, 16)))
    assert box == pytest.approx((0, 0, 10 / 96, 10 / 64))


def test_a_face_in_the_frame_beside_the_picture_is_none() -> None:
    assert told(maps((15, 23, 0.9, 4, 4)), size=(80, 64)) == []


def test_maps_without_a_face_give_none() -> None:
    assert told(maps()) == []


def test_no_more_faces_than_the_limit_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centerface, "MOST_FACES", 3)
    crowd = [(row, column, 0.9, 4, 4) for row in range(0, ROWS, 4) for column in range(0, COLUMNS, 4)]
    assert len(told(maps(*crowd))) == 3


numbers = st.floats(width=32)


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1), *[numbers] * 5), max_size=5))
def test_whatever_the_maps_hold_a_box_lies_inside_the_picture(cells: list[tuple[float, ...]]) -> None:
    found = maps()
    for row, column, score, *rest in cells:
        found[0][0, 0, row, column] = score
        found[1][0, :, row, column] = rest[:2]
        found[2][0, :, row, column] = rest[2:]
    for x, y, w, h in told(found):
        assert 0 <= x <= x + w <= 1 + 1e-9
        assert 0 <= y <= y + h <= 1 + 1e-9
        assert w > 0
        assert h > 0


def test_a_picture_is_padded_with_black_to_the_networks_step() -> None:
    frame = padded(Image.new("RGB", (33, 20), "white"))
    assert frame.shape == (32, 64, 3)
    assert frame[:20, :33].min() == 255
    assert frame[20:].max() == frame[:, 33:].max() == 0
