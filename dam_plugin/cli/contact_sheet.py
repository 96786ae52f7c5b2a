"""Before and after, side by side, for the eyes of whoever made the copy: the left side shows whom the right side hides."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from dam_plugin.cli.marked_picture import MOST_PIXELS, NOT_OPENED, TURNS
from dam_plugin.errors import InputError
from dam_plugin.redaction import av, door
from dam_plugin.redaction.boxes import grow
from dam_plugin.redaction.facts import clock
from dam_plugin.redaction.formats import HEAD, media_type_of
from dam_plugin.redaction.model import Made, Order
from dam_plugin.workroom import workroom
from dam_tagging.facts import Interval, Region

CELL, MARGIN, LETTER = 640, 16, 20
"""Pixels: the longer side of a picture, what is between two, and the height of letters."""
MOST_ROWS = 6
PAPER, INK, DRAWN, GROWN = "#ffffff", "#000000", "#2979ff", "#d50000"
NO_PICTURE = "a sheet shows pictures, and this recording holds sound alone: leave --sheet out"


@dataclass(frozen=True, slots=True)
class Row:
    """Two pictures of the same moment."""

    title: str
    before: Image.Image
    after: Image.Image


def drawn(source: Path, made: Made, order: Order, limits: av.Limits) -> Image.Image:
    """Return the sheet: to the left the source with each box as drawn (blue) and grown (red), to the right the copy.

    A video has a row for each of a few moments. Raises InputError where there is nothing to show.
    """
    if order.still is None and made.media_type.startswith(("audio/", "video/")):
        with workroom() as folder:
            return _sheet(list(_moments(source, made, order, folder, limits)))
    with workroom() as folder:
        before = _before(source, order, folder, limits)
    return _sheet([Row("before and after", before, _opened(made.path))])


def save(sheet: Image.Image, path: Path) -> None:
    """Write the sheet for its owner's eyes alone, as a JPEG where it is named so, else as a PNG."""
    path.unlink(missing_ok=True)
    kind = "PNG" if path.suffix.lower() == ".png" else "JPEG"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        sheet.save(out, kind)


def _before(source: Path, order: Order, folder: Path, limits: av.Limits) -> Image.Image:
    if order.still is None:
        return _marked(_opened(source), order, None)
    av.still(source, order.still, folder / "before.png", limits)
    return _marked(_opened(folder / "before.png"), order, order.still)


def _moments(source: Path, made: Made, order: Order, folder: Path, limits: av.Limits) -> Iterator[Row]:
    recording = av.probe(source, limits)
    if recording.size is None:
        raise InputError(NO_PICTURE)
    shown = order.clip or Interval(0, recording.duration)
    for at in _chosen(order, shown):
        av.still(source, at, folder / "before.png", limits)
        av.still(made.path, at - shown.start, folder / "after.png", limits)
        before = _marked(_opened(folder / "before.png"), order, at)
        yield Row(clock(at), before, _opened(folder / "after.png"))


def _chosen(order: Order, shown: Interval) -> list[float]:
    """Return a few moments: the middle of what is hidden for a while first, then others evenly."""
    held = [(each.start + min(each.end, shown.end)) / 2 for person in order.hide for each in person.timed]
    length = shown.end - shown.start
    evenly = [shown.start + length * at / 6 for at in (1, 3, 5)]
    inside = [at for at in dict.fromkeys(held) if shown.start <= at < shown.end]
    return sorted({*inside[:: max(len(inside) // (MOST_ROWS - 3), 1)][: MOST_ROWS - 3], *evenly})


def _marked(picture: Image.Image, order: Order, at: float | None) -> Image.Image:
    pen = ImageDraw.Draw(picture)
    for person in order.hide:
        timed = [each.region for each in person.timed if at is not None and each.start <= at <= each.end]
        for region in (*person.regions, *timed):
            _outline(pen, picture.size, grow(region), GROWN)
            _outline(pen, picture.size, region, DRAWN)
    return picture


def _outline(pen: ImageDraw.ImageDraw, size: tuple[int, int], box: Region, colour: str) -> None:
    left, top = box.x * size[0], box.y * size[1]
    right, bottom = max((box.x + box.w) * size[0] - 1, left), max((box.y + box.h) * size[1] - 1, top)
    pen.rectangle((left, top, right, bottom), outline=colour, width=3)


def _opened(path: Path) -> Image.Image:
    """Return the upright picture of a file, no larger than a cell."""
    with path.open("rb") as file:
        media_type = media_type_of(file.read(HEAD))
    frame = door.frame_of(path)
    try:
        with warnings.catch_warnings(action="ignore"):
            stored = _decoded(path, media_type)
    except NOT_OPENED:
        raise InputError("a picture of the sheet cannot be opened here: leave --sheet out") from None
    # Pillow turns a TIFF by itself.
    turn = TURNS.get(frame.orientation) if frame and media_type != "image/tiff" else None
    upright = stored if turn is None else stored.transpose(turn)
    scale = CELL / max(upright.size)
    width, height = (max(round(side * scale), 1) for side in upright.size)
    return upright.resize((width, height))


def _decoded(path: Path, media_type: str) -> Image.Image:
    if media_type in {"image/heic", "image/heif"}:
        # An extra without types.
        opened_heif: Image.Image = import_module("pi_heif").open_heif(path).to_pillow()
        return opened_heif.convert("RGB")
    with Image.open(path) as opened:
        opened.draft("RGB", (2 * CELL, 2 * CELL))
        if opened.width * opened.height > MOST_PIXELS:
            raise InputError("the picture is too large for a sheet: leave --sheet out")
        return opened.convert("RGB")


def _sheet(rows: Sequence[Row]) -> Image.Image:
    font = ImageFont.load_default(LETTER)
    middle = 2 * MARGIN + max(row.before.width for row in rows)
    width = middle + max(row.after.width for row in rows) + MARGIN
    heights = [max(row.before.height, row.after.height) + LETTER + 2 * MARGIN for row in rows]
    sheet = Image.new("RGB", (width, sum(heights) + MARGIN), PAPER)
    pen, top = ImageDraw.Draw(sheet), MARGIN
    for row, height in zip(rows, heights, strict=True):
        pen.text((MARGIN, top), row.title, fill=INK, font=font)
        sheet.paste(row.before, (MARGIN, top + LETTER + MARGIN))
        sheet.paste(row.after, (middle, top + LETTER + MARGIN))
        top += height
    return sheet
