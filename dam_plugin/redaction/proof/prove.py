"""Opens a written picture again and proves that nothing leaks. A copy leaves with its Proof, or it does not leave.

`jpeg` and `rewritten` prove a copy beside its source. This module also proves pictures without a source: a third party's
JPEG or PNG, and a JPEG that was made from a proven copy for a publisher. The prover shares with the writer only the nouns
of `model`, the list of allowed metadata and the declarations of turbojpeg.h.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from PIL import ImageStat
from PIL.PngImagePlugin import PngImageFile

from dam_plugin.redaction.model import Order, PixelBox, Proof
from dam_plugin.redaction.proof import compare_pixels, jpeg, png, rewritten
from dam_plugin.redaction.proof.hidden_boxes import Box, hidden_boxes
from dam_plugin.redaction.proof.jpeg import Seen, container, only_form
from dam_plugin.redaction.proof.jpeg_walk import Walked
from dam_plugin.redaction.proof.verdict import Report, counted

TOLERANCE = 2
"""Levels by which a JPEG encoder may miss in coding units that are filled as a whole. A PNG never misses."""
RINGING = 64
"""Levels by which a filled pixel of a JPEG may miss in a coding unit that the box only cuts: the picture beside it
rings."""
NEAREST = Fraction(1, 2)
"""Third parties get the grown boxes in floats, and round them to the nearest pixel."""
NOT_COMPARED = "the rest of the picture was not compared: its source is of a format that nobody here can read"
Size = tuple[int, int]
FROM_THE_COPY = "its pixels were not compared: it was made from the copy that was proven, and from nothing else"

_JPEG = b"\xff\xd8"
_Seen = tuple[Size, int, compare_pixels.Picture | None]
"""The size of the stored frame, its orientation, and the decoded picture."""


def prove_picture(
    released: bytes,
    source: bytes,
    order: Order,
    crop: PixelBox | None = None,
    *,
    turbojpeg: Path | None = None,
) -> Proof:
    """Prove that `released` is the picture `source` with everybody of `order` hidden, and holds nothing more.

    If the copy is a crop, `crop` is the part that stays, in pixels of the stored frame. `turbojpeg` is the path of
    libturbojpeg, if it was set. Raises NotProven with every failure.
    """
    report = Report()
    if released.startswith(_JPEG) and source.startswith(_JPEG):
        jpeg.prove_jpeg(report, released, source, order, crop, turbojpeg=turbojpeg)
    else:
        rewritten.prove_still(released, source, order, crop, report, turbojpeg)
    return report.proof(hashlib.sha256(released).hexdigest())


def prove_as_it_was(
    released: Path,
    read: Callable[[], bytes],
    order: Order,
    *,
    turbojpeg: Path | None = None,
    proven: str | None = None,
) -> tuple[Proof, Seen]:
    """Prove that `released` is the JPEG from `read` in its own coding and holds nothing more; `order` hides no person.

    Returns the proof and the files that it read. The source's coding is then known to hold only the picture. `proven` is
    the sha256 of a source for which this is already known; it counts for exactly these bytes. Takes a fifth of the time
    of `prove_picture`, with `proven` a twentieth, and holds one picture at a time. Raises NotProven with every failure:
    the same picture may then still be proven after it is coded anew.
    """
    report = Report()
    seen = jpeg.prove_as_it_was(report, released, read, order, turbojpeg=turbojpeg, proven=proven)
    return report.proof(seen.sha256), seen


def prove_foreign(released: bytes, order: Order, *, turbojpeg: Path | None = None) -> Proof:
    """Prove a third party's JPEG or PNG, as far as that is possible without reading its source.

    Its container is as strict as ours, it holds no name, and the boxes (fractions of the upright picture) are filled. The
    proof says that the rest was not compared. Raises NotProven with every failure.
    """
    report = Report()
    if released.startswith(png.SIGNATURE):
        (size, orientation, shown), unit = _png(report, released, order), None
    else:
        (size, orientation, shown), unit = _jpeg(report, released, order, turbojpeg)
    if shown is not None:
        boxes = report.attempt(lambda: hidden_boxes(_whenever(order), size, orientation, slack=NEAREST))
        if boxes is not None:
            sentence = f"{counted(len(boxes), 'box is', 'boxes are')} filled from edge to edge" if boxes else ""
            report.check(sentence, _unfilled(shown, boxes, unit))
        report.check(NOT_COMPARED, ())
    return report.proof(hashlib.sha256(released).hexdigest())


def prove_resized(released: bytes, order: Order, size: tuple[int, int], *, turbojpeg: Path | None = None) -> Proof:
    """Prove that a picture made from a proven copy is an upright JPEG of `size` (width, height) and holds nothing more.

    Only the notice and the secrets of `order` count: the proof of the copy has shown the rest. Raises NotProven with
    every failure.
    """
    report = Report()
    copy = container(report, released, order)
    if copy is not None:
        report.check("it is upright, of the ordered size, and in sRGB", _strays(copy, size))
    if copy is not None and not report.failures:
        report.check("nothing is coded but the picture", only_form(copy, released, turbojpeg))
        report.attempt(lambda: compare_pixels.decoded(copy.bare(released), "the copy"))
        report.check(FROM_THE_COPY, ())
    return report.proof(hashlib.sha256(released).hexdigest())


def _unfilled(shown: compare_pixels.Picture, boxes: Sequence[Box], unit: Size | None) -> Iterator[str]:
    """Yield a failure for each box that is not of one colour, whichever it is; `unit` is a JPEG's coding unit.

    Whole units inside the box must be flat, except for the pixel that chroma shares with its neighbour. Other encoders
    leave a trace of the picture outside in units that the box only cuts. A box without a whole unit must be flat all
    over.
    """
    for number, box in enumerate(boxes, 1):
        core = None if unit is None else _core(box, unit, shown.size)
        flat = _spread(shown, core or box) <= (0 if unit is None else TOLERANCE)
        if not flat or (core is not None and _spread(shown, box) > 2 * RINGING):
            yield f"box {number} of {len(boxes)} is not filled from edge to edge"


def _core(box: Box, unit: Size, size: Size) -> Box | None:
    """Return the whole units in a box, less a pixel at sides inside of the picture; None if the box has no whole unit."""
    left, top = (-(-low // each) * each + bool(low) for low, each in zip(box[:2], unit, strict=True))
    right, bottom = (
        high if high >= whole else high // each * each - 1
        for high, each, whole in zip(box[2:], unit, size, strict=True)
    )
    return (left, top, right, bottom) if left < right and top < bottom else None


def _spread(shown: compare_pixels.Picture, box: Box) -> int:
    """Return the most levels between the darkest and the brightest pixel of a box, of any channel."""
    inside = 0 <= box[0] < box[2] <= shown.width and 0 <= box[1] < box[3] <= shown.height
    extrema = ImageStat.Stat(shown.crop(box)).extrema if inside else [(0, 255)]
    return int(max(high - low for low, high in extrema))


def _whenever(order: Order) -> Order:
    """Return the order with the boxes of all moments: a picture made of a recording hides them all."""
    return replace(
        order,
        hide=tuple(
            replace(person, regions=(*person.regions, *(each.region for each in person.timed))) for person in order.hide
        ),
    )


def _jpeg(report: Report, released: bytes, order: Order, turbojpeg: Path | None) -> tuple[_Seen, Size]:
    copy = container(report, released, order)
    if copy is None or report.failures:
        return ((0, 0), 1, None), (8, 8)
    report.check("nothing is coded but the picture", only_form(copy, released, turbojpeg))
    shown = report.attempt(lambda: compare_pixels.decoded(copy.bare(released), "the copy"))
    return (copy.size, copy.orientation(), shown), copy.unit


def _png(report: Report, released: bytes, order: Order) -> _Seen:
    held = png.container(report, released, order)
    if held is None:
        return (0, 0), 1, None
    return held.size, 1, report.attempt(lambda: compare_pixels.decoded(released, "the copy", PngImageFile))


def _strays(copy: Walked, size: tuple[int, int]) -> Iterator[str]:
    if copy.size != size:
        yield "the picture is not of the ordered size"
    if copy.orientation() != 1:
        yield "the picture is not stored upright"
    if copy.profile():
        yield "the picture has a colour profile, and is to be in sRGB without one"
