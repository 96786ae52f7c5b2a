"""Whom the picture of one moment must hide is counted by the prover itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dam_plugin.redaction.model import Order, Person, TimedRegion
from dam_plugin.redaction.proof.presence import left_out
from dam_tagging.facts import Interval, Region

FACE, OTHER = Region(0.4, 0.3, 0.15, 0.2), Region(0.1, 0.1, 0.1, 0.1)
MOVING = Person("Student 1", timed=(TimedRegion(1, 2, FACE), TimedRegion(2, 3, OTHER)))
HEARD = Person("Student 2", intervals=(Interval(1, 2),), heard_only=True)


@pytest.mark.parametrize(
    ("shown", "regions"),
    [
        ((0.5, 1.0), ()),
        ((0.5, 1.1), (FACE,)),
        ((1.2, 1.3), (FACE,)),
        ((1.9, 2.1), (FACE, OTHER)),
        ((2.0, 2.1), (FACE, OTHER)),
        ((3.0, 3.1), (OTHER,)),
        ((0.0, 9.0), (FACE, OTHER)),
        ((3.1, 9.0), ()),
    ],
)
def test_a_still_hides_who_is_there_while_its_frame_is_on_screen(
    shown: tuple[float, float], regions: tuple[Region, ...]
) -> None:
    order = Order(hide=(MOVING, HEARD))
    there = Order(hide=(Person("Student 1", regions=regions),) if regions else ())
    assert list(left_out(order, there, *shown)) == []
    for region in regions:
        fewer = replace(there, hide=(Person("Student 1", regions=tuple(each for each in regions if each != region)),))
        assert list(left_out(order, fewer, *shown)) == ["Student 1 is in the picture and is not hidden there"]


def test_a_still_of_somebody_without_a_box_is_not_proven() -> None:
    person = replace(MOVING, intervals=(Interval(4, 5),))
    assert list(left_out(Order(hide=(person,)), Order(), 4.5, 4.6)) == ["no box covers Student 1 in the picture"]
    assert list(left_out(Order(hide=(person,)), Order(), 5.1, 5.2)) == []


def test_a_box_that_always_holds_is_in_every_still() -> None:
    person = Person("Student 1", regions=(FACE,))
    assert list(left_out(Order(hide=(person,)), Order(), 7.0, 7.1)) == [
        "Student 1 is in the picture and is not hidden there"
    ]
    assert list(left_out(Order(hide=(person,)), Order(hide=(person,)), 7.0, 7.1)) == []
