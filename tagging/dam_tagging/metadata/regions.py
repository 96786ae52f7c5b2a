"""Regions of three standards in one frame: fractions of the upright picture, from its top left.

MWG Guidelines 2.0, section 5.9 (centre, stored frame); Microsoft People Tagging (top left, displayed frame); IPTC
Photo Metadata 2023.1, Image Region (rectangle from its top left, circle, polygon).
"""

from __future__ import annotations

import math

from dam_tagging.facts import NOBODY, NamedRegion, Region
from dam_tagging.metadata.found import Found
from dam_tagging.metadata.frame import TURNED, Frame, clip, same_aspect
from dam_tagging.metadata.xmp import Struct, Value, first, structs, texts

MWG, MP, IPTC = "mwg-rs:Regions", "MP:RegionInfo", "Iptc4xmpExt:ImageRegion"
FACE, AREA = "Face", "area"
"""`AREA` is an IPTC region whose content the file does not declare to be a human."""

MAIN_SUBJECT = "mainsubjectarea"
HUMAN = "human"


def collect(properties: Struct, found: Found) -> None:
    """Add the regions of every standard; a named one without a usable place still names its person."""
    _mwg(properties, found)
    _microsoft(properties, found)
    _iptc(properties, found)


def _mwg(properties: Struct, found: Found) -> None:
    for block in structs(properties.get(MWG)):
        applied = _size(block.get("mwg-rs:AppliedToDimensions"))
        frame, stale = _mwg_frame(applied, found.frame)
        for item in structs(block.get("mwg-rs:RegionList")):
            name, kind = first(item.get("mwg-rs:Name")).strip(), first(item.get("mwg-rs:Type")).strip()
            area = structs(item.get("mwg-rs:Area"))
            box = _mwg_box(area[0], applied or frame.stored) if area else None
            if box is None:
                _unplaced(found, name, kind or (FACE if area else ""), MWG)
                continue
            found.region(NamedRegion(name or None, kind, frame.to_upright(box), MWG, stale=stale))


def _mwg_frame(applied: tuple[float, float] | None, frame: Frame) -> tuple[Frame, bool]:
    """Return the frame that MWG areas were drawn in, and whether they were drawn on another picture than this one."""
    if applied is None or frame.stored is None or same_aspect(applied, frame.stored):
        return frame, False
    if frame.orientation in TURNED and frame.upright and same_aspect(applied, frame.upright):
        return Frame(frame.upright), False
    return frame, True


def _mwg_box(area: Struct, size: tuple[float, float] | None) -> Region | None:
    x, y, w, h, d = (_number(area.get(f"stArea:{name}")) for name in "xywhd")
    pixel = first(area.get("stArea:unit")).strip().casefold() == "pixel"
    if pixel and size is None:
        return None
    width, height = size or (1.0, 1.0)
    if math.isfinite(d) and not math.isfinite(w):
        # A circle's diameter is a fraction of the shorter side.
        span = d if pixel else d * min(width, height)
        w, h = (span, span) if pixel else (span / width, span / height)
    if pixel:
        x, y, w, h = x / width, y / height, w / width, h / height
    return clip(x - w / 2, y - h / 2, w, h)


def _microsoft(properties: Struct, found: Found) -> None:
    for block in structs(properties.get(MP)):
        for item in structs(block.get("MPRI:Regions")):
            name = first(item.get("MPReg:PersonDisplayName")).strip()
            numbers = [_number(part) for part in first(item.get("MPReg:Rectangle")).split(",")]
            box = clip(*numbers) if len(numbers) == 4 else None
            if box is not None:
                found.region(NamedRegion(name or None, FACE, box, MP))
            elif name:
                found.person(name, MP)


def _iptc(properties: Struct, found: Found) -> None:
    for item in structs(properties.get(IPTC)):
        kind = FACE if HUMAN in _terms(item, "rCtype") else AREA
        subject = MAIN_SUBJECT in _terms(item, "rRole")
        people = [name for text in texts(item.get("Iptc4xmpExt:PersonInImage")) if (name := text.strip())]
        title = first(item.get("Iptc4xmpExt:Name")).strip()
        boundary = structs(item.get("Iptc4xmpExt:RegionBoundary"))
        box = _iptc_box(boundary[0], found.frame.upright) if boundary else None
        if box is None:
            for name in people or [title]:
                _unplaced(found, name, FACE if people else kind, IPTC)
            continue
        # The standard does not say which frame a turned picture's areas are in: there they place nobody.
        stale = found.frame.orientation != 1
        for name in people:
            found.region(NamedRegion(name, FACE, box, IPTC, stale=stale, subject=subject))
        if not people:
            found.region(NamedRegion(title or None, kind, box, IPTC, stale=stale, subject=subject))


def _terms(item: Struct, name: str) -> set[str]:
    """Return the last words of a vocabulary's identifiers, lower case: `.../imageregionrole/mainSubjectArea`."""
    found = structs(item.get(f"Iptc4xmpExt:{name}"))
    identifiers = [text for entry in found for text in texts(entry.get("xmp:Identifier"))]
    names = [text for entry in found for text in texts(entry.get("Iptc4xmpExt:Name"))]
    return {text.strip().rpartition("/")[2].casefold().replace(" ", "") for text in (*identifiers, *names)}


def _iptc_box(boundary: Struct, size: tuple[int, int] | None) -> Region | None:
    pixel = _part(boundary, "Unit").casefold() == "pixel"
    if pixel and size is None:
        return None
    width, height = size or (1, 1)
    across, down = (width, height) if pixel else (1, 1)
    x, y = _number(_part(boundary, "X")) / across, _number(_part(boundary, "Y")) / down
    match _part(boundary, "Shape").casefold():
        case "rectangle":
            return clip(x, y, _number(_part(boundary, "W")) / across, _number(_part(boundary, "H")) / down)
        case "circle":
            # A relative radius is a fraction of the width.
            radius = _number(_part(boundary, "Rx")) / across
            tall = radius * width / height
            return clip(x - radius, y - tall, 2 * radius, 2 * tall)
        case "polygon":
            return _hull(boundary, across, down)
        case _:
            return None


def _hull(boundary: Struct, across: int, down: int) -> Region | None:
    corners = structs(boundary.get("Iptc4xmpExt:rbVertices"))
    xs = [_number(_part(corner, "X")) / across for corner in corners]
    ys = [_number(_part(corner, "Y")) / down for corner in corners]
    if not all(math.isfinite(value) for value in (*xs, *ys)) or len(xs) < 2:
        return None
    return clip(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def _part(boundary: Struct, name: str) -> str:
    return first(boundary.get(f"Iptc4xmpExt:rb{name}")).strip()


def _unplaced(found: Found, name: str, kind: str, source: str) -> None:
    """Keep what a region without a usable place still says: its person's name, or that somebody is there."""
    if kind.casefold() in NOBODY or kind == AREA:
        return
    if name:
        found.person(name, source)
        found.note(f"a region in {source} has no usable place")
    elif kind:
        found.damage(f"an unnamed person's region in {source} has no usable place")


def _size(value: Value | None) -> tuple[float, float] | None:
    for struct in structs(value):
        width, height = _number(struct.get("stDim:w")), _number(struct.get("stDim:h"))
        if width > 0 and height > 0:
            return width, height
    return None


def _number(value: Value | None) -> float:
    """Return a number, or NaN for what is none; NaN never passes `clip`."""
    try:
        return float(first(value))
    except ValueError:
        return math.nan
