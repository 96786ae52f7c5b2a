"""Proves what can be shown of a third party's result, a JPEG or PNG whose source nobody here can read."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from PIL.PngImagePlugin import PngImageFile

from dam_plugin.redaction.model import Order
from dam_plugin.redaction.notice import packet
from dam_plugin.redaction.proof import pixels, png, traces
from dam_plugin.redaction.proof.geometry import hidden_boxes
from dam_plugin.redaction.proof.jpeg import container, only_form
from dam_plugin.redaction.proof.report import Report

TOLERANCE = 2
"""Levels that a foreign encoder may be off in a flat box."""
NEAREST = Fraction(1, 2)
"""Others get the grown boxes in floats, and round them to the nearest pixel."""
UNCOMPARED = "the rest of the picture was not compared: its source is of a format that nobody here can read"


def prove_filled(report: Report, released: bytes, order: Order) -> None:
    """Check the container, the names, and that the grown boxes, of the upright picture, are filled."""
    if released.startswith(png.SIGNATURE):
        size, orientation, shown = _png(report, released, order)
    else:
        size, orientation, shown = _jpeg(report, released, order)
    if shown is None:
        return
    boxes = report.attempt(lambda: hidden_boxes(_whenever(order), size, orientation, slack=NEAREST))
    if boxes is not None:
        report.check(
            f"{len(boxes)} box(es) are filled from edge to edge", pixels.flat(shown, boxes, tolerance=TOLERANCE)
        )
    report.check(UNCOMPARED, ())


def _whenever(order: Order) -> Order:
    """Return the order with the boxes of any moment: a picture made of a recording hides them all."""
    return replace(
        order,
        hide=tuple(
            replace(person, regions=(*person.regions, *(each.region for each in person.timed))) for person in order.hide
        ),
    )


def _jpeg(report: Report, released: bytes, order: Order) -> tuple[tuple[int, int], int, pixels.Picture | None]:
    copy = container(report, released, order)
    if copy is None or report.failures:
        return (0, 0), 1, None
    report.check("nothing is coded but the picture", only_form(copy, released))
    return copy.size, copy.orientation(), report.attempt(lambda: pixels.decoded(copy.bare(released), "the copy"))


def _png(report: Report, released: bytes, order: Order) -> tuple[tuple[int, int], int, pixels.Picture | None]:
    notice = b"" if order.notice is None else packet(order.notice)
    held = report.attempt(lambda: png.walk(released, notice), "the copy")
    report.check(traces.sentence(order.secrets), traces.absent(order.secrets, released, notice))
    if held is None:
        return (0, 0), 1, None
    report.check("the file holds nothing but the picture, a known profile and the ordered notice", ())
    return held.size, 1, report.attempt(lambda: pixels.decoded(released, "the copy", PngImageFile))
