"""Proves a picture that was made from a proven copy for a publisher: an upright JPEG of the ordered size, nothing else in it.

What it may show was proven of the copy, and every pixel comes from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dam_plugin.redaction.model import Order
from dam_plugin.redaction.proof import pixels
from dam_plugin.redaction.proof.jpeg import container, only_form
from dam_plugin.redaction.proof.jpeg_walk import Walked
from dam_plugin.redaction.proof.report import Report

UNCOMPARED = "its pixels were not compared: it was made from the copy that was proven, and from nothing else"


def prove_upright(
    report: Report, released: bytes, order: Order, size: tuple[int, int], turbojpeg: Path | None = None
) -> None:
    """Check the container, the names, that nothing hides in the coding, and that the picture is upright, of `size`, in sRGB."""
    copy = container(report, released, order)
    if copy is None:
        return
    report.check("it is upright, of the ordered size, and in sRGB", _strays(copy, size))
    if report.failures:
        return
    report.check("nothing is coded but the picture", only_form(copy, released, turbojpeg))
    report.attempt(lambda: pixels.decoded(copy.bare(released), "the copy"))
    report.check(UNCOMPARED, ())


def _strays(copy: Walked, size: tuple[int, int]) -> Iterator[str]:
    if copy.size != size:
        yield "the picture is not of the ordered size"
    if copy.orientation() != 1:
        yield "the picture is not stored upright"
    if copy.profile():
        yield "the picture has a colour profile, and is to be in sRGB without one"
