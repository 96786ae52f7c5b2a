"""Draws pictures for staff: the marks that metadata make on a picture, and a redacted copy beside its source.

The left side of `before_and_after` shows the hidden people. Only the person who makes the copy may see it.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from dam_plugin.cli.files import whole
from dam_plugin.cli.output import printable
from dam_plugin.errors import CannotRedact, InputError
from dam_plugin.private_files import workroom
from dam_plugin.redaction import door
from dam_plugin.redaction.av import copy_recording
from dam_plugin.redaction.av.plan_recording import seen_at
from dam_plugin.redaction.boxes import grow
from dam_plugin.redaction.formats import HEAD, media_type_of
from dam_plugin.redaction.model import Made, Order
from dam_plugin.redaction.plan_picture import clock
from dam_plugin.redaction.stills.pixels import TURNS
from dam_tagging.facts import Facts, Interval, Region
from dam_tagging.metadata.fields.frame import same_aspect

NOT_OPENED = (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError)
"""Pillow's errors for unknown or damaged pictures."""

MOST_PIXELS = 64_000_000
"""A larger picture that cannot be opened at a smaller scale is not opened at all."""


# What metadata mark

LONGEST_SIDE = 1600
"""Pixels of the longer side of a drawing."""

PERSON, STALE, OTHER, CANVAS = "#00c853", "#ff6d00", "#2979ff", "#808080"
LINE, LABEL_HEIGHT, LONGEST_LABEL = 4, 22, 80


def marked(file: Path, facts: Facts) -> Image.Image:
    """Return the upright picture with the file's marks; if the picture cannot be opened, a grey one of its shape."""
    upright = _upright(file, facts) or _canvas(file, facts)
    pen, font = ImageDraw.Draw(upright), ImageFont.load_default(LABEL_HEIGHT)
    for region in facts.regions:
        colour = STALE if region.stale else PERSON if region.shows_person else OTHER
        box = region.region
        left, top = box.x * upright.width, box.y * upright.height
        right, bottom = left + box.w * upright.width, top + box.h * upright.height
        pen.rectangle((left, top, right, bottom), outline=colour, width=LINE)
        text = f"{region.name or region.kind or '?'}{' (stale)' if region.stale else ''}"
        label = printable(text).replace("\n", " ")[:LONGEST_LABEL]
        where = (left + LINE, max(top - LABEL_HEIGHT - LINE, 0))
        pen.rectangle(pen.textbbox(where, label, font=font), fill="black")
        pen.text(where, label, fill=colour, font=font)
    return upright


def save_marked(picture: Image.Image, path: Path, original: Path) -> None:
    """Write the picture for its owner's eyes alone; the recording itself is never overwritten."""
    if path.exists() and path.samefile(original):
        raise InputError(f"{str(path)!a} is the recording itself: give --picture another name")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        picture.save(out, "PNG")


def _upright(file: Path, facts: Facts) -> Image.Image | None:
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file) as opened:
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            if opened.width * opened.height > MOST_PIXELS:
                return None
            stored = opened.convert("RGB")
    except NOT_OPENED:
        return None
    turn = TURNS.get(facts.orientation or 1)
    upright = stored if turn is None else stored.transpose(turn)
    # Of a raw file Pillow opens a preview, which may be cut.
    if facts.image_size is not None and not same_aspect(upright.size, facts.image_size):
        return None
    return upright.resize(_scaled(upright.size))


def _canvas(file: Path, facts: Facts) -> Image.Image:
    if facts.image_size is None:
        raise InputError(f"{str(file)!a} does not say how large its picture is: there is nothing to draw on")
    return Image.new("RGB", _scaled(facts.image_size), CANVAS)


def _scaled(size: tuple[int, int]) -> tuple[int, int]:
    width, height = (max(round(side * LONGEST_SIDE / max(size)), 1) for side in size)
    return width, height


# Before and after

CELL, MARGIN, LETTER = 640, 16, 20
"""Pixels: the longer side of a picture, the gap between two pictures, the height of letters."""

MOST_ROWS = 6

EDGE = 0.1
"""Seconds before and after a box begins or ends. A frame taken there may show either side of that moment."""

LEGEND = "left: the source, each box as drawn (blue) and as grown and hidden (red); right: the copy"
PAPER, INK, DRAWN, GROWN = "#ffffff", "#000000", "#2979ff", "#d50000"
NO_PICTURE = "a sheet shows pictures, and this recording holds sound alone: leave --sheet out"


@dataclass(frozen=True, slots=True)
class Row:
    """Two pictures of the same moment."""

    title: str
    before: Image.Image
    after: Image.Image


def before_and_after(source: Path, made: Made, order: Order, limits: copy_recording.Limits) -> Image.Image:
    """Return the sheet: to the left the source with each box as drawn (blue) and grown (red), to the right the copy.

    A video has a row for each of a few moments. Raises CannotRedact if there is nothing to show.
    """
    with workroom() as folder:
        if order.still is None and made.media_type.startswith(("audio/", "video/")):
            return _composed(list(_moments(source, made, order, folder, limits)))
        before, scale = _fitted(_before(source, order, folder, limits))
    # In one scale, so that a crop is seen to be a part.
    after, _ = _fitted(made.path, scale)
    shown = order if order.still is None else seen_at(order, order.still)
    return _composed([Row("before and after", _marked(before, shown, None), after)])


def save_sheet(sheet: Image.Image, path: Path) -> None:
    """Write the sheet for its owner's eyes alone, as a JPEG where it is named so, else as a PNG."""
    with whole(path, 0o600, "--sheet") as file:
        sheet.save(file, "PNG" if path.suffix.lower() == ".png" else "JPEG")


def _before(source: Path, order: Order, folder: Path, limits: copy_recording.Limits) -> Path:
    if order.still is None:
        return source
    copy_recording.still(source, order.still, folder / "before.png", limits)
    return folder / "before.png"


def _moments(source: Path, made: Made, order: Order, folder: Path, limits: copy_recording.Limits) -> Iterator[Row]:
    recording = copy_recording.probe(source, limits)
    if recording.size is None:
        raise CannotRedact(NO_PICTURE)
    shown = order.clip or Interval(0, recording.duration)
    for at in chosen(order, shown):
        copy_recording.still(source, at, folder / "before.png", limits)
        copy_recording.still(made.path, at - shown.start, folder / "after.png", limits)
        before, scale = _fitted(folder / "before.png")
        after, _ = _fitted(folder / "after.png", scale)
        yield Row(clock(at), _marked(before, order, at), after)


def chosen(order: Order, shown: Interval) -> list[float]:
    """Return a few moments to show: the middle of each timed box, then evenly spread ones away from the boxes' ends."""
    timed = [each for person in order.hide for each in person.timed]
    held = [(max(each.start, shown.start) + min(each.end, shown.end)) / 2 for each in timed]
    edges = [edge for each in timed for edge in (each.start, each.end)]
    length = shown.end - shown.start
    evenly = [shown.start + length * at / 6 for at in (1, 3, 5)]
    clear = [at for at in evenly if all(abs(at - edge) >= EDGE for edge in edges)]
    inside = [at for at in dict.fromkeys(held) if shown.start <= at < shown.end]
    picked = inside[:: max(len(inside) // (MOST_ROWS - 3), 1)][: MOST_ROWS - 3]
    return sorted({*picked, *(clear if clear or picked else evenly)})


def _marked(picture: Image.Image, order: Order, at: float | None) -> Image.Image:
    pen = ImageDraw.Draw(picture)
    for person in order.hide:
        timed = [each.region for each in person.timed if at is not None and each.start < at < each.end]
        for region in (*person.regions, *timed):
            _outline(pen, picture.size, grow(region), GROWN)
            _outline(pen, picture.size, region, DRAWN)
    return picture


def _outline(pen: ImageDraw.ImageDraw, size: tuple[int, int], box: Region, colour: str) -> None:
    left, top = box.x * size[0], box.y * size[1]
    right, bottom = max((box.x + box.w) * size[0] - 1, left), max((box.y + box.h) * size[1] - 1, top)
    pen.rectangle((left, top, right, bottom), outline=colour, width=3)


def _fitted(path: Path, scale: float | None = None) -> tuple[Image.Image, float]:
    """Return the upright picture of a file and its scale: that which was given, or by which it just fits into a cell."""
    with path.open("rb") as file:
        media_type = media_type_of(file.read(HEAD))
    frame = door.frame_of(path)
    try:
        with warnings.catch_warnings(action="ignore"):
            stored, size = _decoded(path, media_type)
    except NOT_OPENED:
        raise CannotRedact("a picture of the sheet cannot be opened here: leave --sheet out") from None
    scale = scale or CELL / max(size)
    width, height = (max(round(side * scale), 1) for side in size)
    fitted = stored.resize((width, height))
    # Pillow turns a TIFF by itself.
    turn = TURNS.get(frame.orientation) if frame and media_type != "image/tiff" else None
    return (fitted if turn is None else fitted.transpose(turn)), scale


def _decoded(path: Path, media_type: str) -> tuple[Image.Image, tuple[int, int]]:
    """Return the stored picture, perhaps in a smaller scale, and its size in the file."""
    if media_type in {"image/heic", "image/heif"}:
        # An extra without types.
        opened_heif: Image.Image = import_module("pi_heif").open_heif(path).to_pillow()
        return opened_heif.convert("RGB"), opened_heif.size
    with Image.open(path) as opened:
        size = opened.size
        opened.draft("RGB", (2 * CELL, 2 * CELL))
        if opened.width * opened.height > MOST_PIXELS:
            raise CannotRedact("the picture is too large for a sheet: leave --sheet out")
        picture = opened.convert("RGB")
    # A JPEG alone is decoded smaller; a TIFF is turned as it is decoded.
    return picture, size if media_type == "image/jpeg" else picture.size


def _composed(rows: Sequence[Row]) -> Image.Image:
    font = ImageFont.load_default(LETTER)
    middle = 2 * MARGIN + max(row.before.width for row in rows)
    legend = 2 * MARGIN + math.ceil(font.getlength(LEGEND))
    width = max(middle + max(row.after.width for row in rows) + MARGIN, legend)
    heights = [max(row.before.height, row.after.height) + LETTER + 2 * MARGIN for row in rows]
    top = LETTER + 2 * MARGIN
    sheet = Image.new("RGB", (width, top + sum(heights)), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN, MARGIN), LEGEND, fill=INK, font=font)
    for row, height in zip(rows, heights, strict=True):
        pen.text((MARGIN, top), row.title, fill=INK, font=font)
        sheet.paste(row.before, (MARGIN, top + LETTER + MARGIN))
        sheet.paste(row.after, (middle, top + LETTER + MARGIN))
        top += height
    return sheet
