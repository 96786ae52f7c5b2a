"""Which part of a picture a portrait shows: the proportions, the face, head room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.redaction.boxes import Rectangle, grown, own
from dam_plugin.redaction.stills.framing import window
from dam_tagging.facts import Region

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
