"""Reads regions of every standard, all as fractions of the upright picture, from its top left.

MWG Guidelines 2.0, section 5.9 (centre, stored frame), and ACDSee's, in the same form; Microsoft People Tagging (top
left, displayed frame); IPTC Photo Metadata 2023.1, Image Region (rectangle from its top left, circle, polygon). Picasa's
come from `picasa`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from dam_tagging.facts import AREA, NOBODY, NamedRegion, Region
from dam_tagging.metadata.facts_builder import FactsBuilder
from dam_tagging.metadata.fields.frame import ASPECT_TOLERANCE, TURNED, Frame, clip, same_aspect
from dam_tagging.metadata.fields.xmp import Struct, Value, first, structs, texts
from dam_tagging.metadata.sidecars import picasa

MP, IPTC = "MP:RegionInfo", "Iptc4xmpExt:ImageRegion"
FACE = "Face"
DETAILS, HEARD = "Iptc4xmpExt:PersonInImageWDetails", "Iptc4xmpExt:PersonHeard"
PERSON_NAMES, PERSON_IDS = ("Iptc4xmpExt:PersonName", "Iptc4xmpExt:Name"), ("Iptc4xmpExt:PersonId", "xmp:Identifier")
SAID = ("mwg-rs:Description", "dc:description", "dc:title")
"""Properties of a region that hold texts."""

MAIN_SUBJECT = "mainsubjectarea"
HUMAN = "human"


@dataclass(frozen=True, slots=True)
class Centred:
    """A standard whose regions are given by their centre: its prefix, and the property of the area."""

    prefix: str
    areas: tuple[str, ...]

    @property
    def source(self) -> str:
        """The property that holds the regions."""
        return f"{self.prefix}:Regions"


@dataclass(frozen=True, slots=True)
class Placed:
    """The part of a box that lies in the picture. `outside`: its numbers are no place in this picture."""

    region: Region
    outside: bool


CENTRED = (Centred("mwg-rs", ("Area",)), Centred("acdsee-rs", ("DLYArea", "ALGArea")))


def collect(properties: Struct, found: FactsBuilder) -> None:
    """Add the regions of every standard. A named region without a usable place still names its person."""
    for standard in CENTRED:
        _centred(properties, standard, found)
    _microsoft(properties, found)
    _iptc(properties, found)
    _picasa(properties, found)


def _centred(properties: Struct, standard: Centred, found: FactsBuilder) -> None:
    prefix, source = standard.prefix, standard.source
    for block in structs(properties.get(source)):
        applied = _size(block.get(f"{prefix}:AppliedToDimensions"))
        frame, stale = _mwg_frame(applied, found.frame)
        for item in found.bounded(structs(block.get(f"{prefix}:RegionList")), source):
            name, kind = first(item.get(f"{prefix}:Name")).strip(), first(item.get(f"{prefix}:Type")).strip()
            areas = [area for key in standard.areas for area in structs(item.get(f"{prefix}:{key}"))]
            box = _mwg_box(areas[0], applied or frame.stored) if areas else None
            _say(item, source, found)
            for text in texts(item.get(f"{prefix}:Name"))[1:]:
                found.caption(text, source)
            if box is None:
                _unplaced(found, name, kind or (FACE if areas else ""), source)
                continue
            region = frame.to_upright(box.region)
            found.region(NamedRegion(name or None, kind, region, source, stale=stale or box.outside))


def _mwg_frame(applied: tuple[float, float] | None, frame: Frame) -> tuple[Frame, bool]:
    """Return the frame of MWG areas, and whether they were drawn on another picture."""
    if applied is None or frame.stored is None or same_aspect(applied, frame.stored):
        return frame, False
    if frame.orientation in TURNED and frame.upright and same_aspect(applied, frame.upright):
        return Frame(frame.upright), False
    return frame, True


def _mwg_box(area: Struct, size: tuple[float, float] | None) -> Placed | None:
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
    return _placed(x - w / 2, y - h / 2, w, h)


def _microsoft(properties: Struct, found: FactsBuilder) -> None:
    for block in structs(properties.get(MP)):
        for item in found.bounded(structs(block.get("MPRI:Regions")), MP):
            name = first(item.get("MPReg:PersonDisplayName")).strip()
            numbers = [_number(part) for part in first(item.get("MPReg:Rectangle")).split(",")]
            box = _placed(*numbers) if len(numbers) == 4 else None
            for text in texts(item.get("MPReg:PersonDisplayName"))[1:]:
                found.caption(text, MP)
            if box is not None:
                found.region(NamedRegion(name or None, FACE, box.region, MP, stale=box.outside))
            elif name:
                found.person(name, MP)
            else:
                _unplaced(found, name, FACE, MP)


def _iptc(properties: Struct, found: FactsBuilder) -> None:
    for item in found.bounded(structs(properties.get(IPTC)), IPTC):
        kind = FACE if HUMAN in _terms(item, "rCtype") else AREA
        subject = MAIN_SUBJECT in _terms(item, "rRole")
        people = _iptc_people(item, found)
        _say(item, IPTC, found)
        title, *others = [text.strip() for text in texts(item.get("Iptc4xmpExt:Name"))] or [""]
        boundary = structs(item.get("Iptc4xmpExt:RegionBoundary"))
        box = _iptc_box(boundary[0], found.frame.upright) if boundary else None
        if box is None:
            for name in people or [title]:
                _unplaced(found, name, FACE if people else kind, IPTC)
            others.append(title)
        for text in others:
            found.caption(text, IPTC)
        if box is None:
            continue
        # The standard leaves open which frame the areas of a turned picture are in. In such a picture they place no person.
        stale = found.frame.orientation != 1 or box.outside
        for name in people:
            found.region(NamedRegion(name, FACE, box.region, IPTC, stale=stale, subject=subject))
        if not people:
            found.region(NamedRegion(title or None, kind, box.region, IPTC, stale=stale, subject=subject))


def _iptc_people(item: Struct, found: FactsBuilder) -> list[str]:
    """Return the people named by a region, in short or in detail. Only people have ids; regions have none."""
    names = [name for text in texts(item.get("Iptc4xmpExt:PersonInImage")) if (name := text.strip())]
    found.persons_of(detailed(item), IPTC)
    describe(item, found)
    for text in texts(item.get("dc:subject")):
        found.keyword(text, IPTC)
    firsts = [own[0][0] for one in structs(item.get(DETAILS)) if (own := _names_of(one))]
    return [*names, *(name for name in firsts if name and name not in names)]


def detailed(item: Struct, source: str = DETAILS) -> list[tuple[str, list[str]]]:
    """Return the people of `PersonInImageWDetails` of a picture or a region: name and ids; either may be empty.

    A person with different names in several languages comes once for each name, the default language first. `source` may
    be `HEARD`.
    """
    return [named for one in structs(item.get(source)) for named in _names_of(one)]


def _names_of(person: Struct) -> list[tuple[str, list[str]]]:
    names = dict.fromkeys(text.strip() for key in PERSON_NAMES for text in texts(person.get(key)))
    ids = [text for key in PERSON_IDS for text in texts(person.get(key))]
    return [(name, ids) for name in names] or [("", ids)]


def describe(item: Struct, found: FactsBuilder) -> None:
    """Add the descriptions of the people of a picture or a region."""
    for person in structs(item.get(DETAILS)):
        for text in texts(person.get("Iptc4xmpExt:PersonDescription")):
            found.caption(text, DETAILS)


def extensions(properties: Struct) -> list[Struct]:
    """Return the properties of a picture that its regions carry (MWG Guidelines 2.0, section 5.9.2)."""
    return [
        extension
        for standard in CENTRED
        for block in structs(properties.get(standard.source))
        for item in structs(block.get(f"{standard.prefix}:RegionList"))
        for extension in structs(item.get(f"{standard.prefix}:Extensions"))
    ]


def _picasa(properties: Struct, found: FactsBuilder) -> None:
    """Add Picasa's faces. They are in the displayed frame; if only Picasa turned the picture, the frame is unknown."""
    stale = bool(first(properties.get(picasa.TURNED)))
    for item in found.bounded(structs(properties.get(picasa.FACES)), picasa.NAME_OF_FILE):
        name, contact = first(item.get(picasa.NAME)).strip(), first(item.get(picasa.CONTACT))
        x0, y0, x1, y1 = (_number(item.get(f"picasa:{corner}")) for corner in picasa.CORNERS)
        box = _placed(x0, y0, x1 - x0, y1 - y0)
        if contact != picasa.UNNAMED and not name:
            found.note(f"a face in {picasa.NAME_OF_FILE} belongs to a contact that the folder does not name")
        if box is None:
            _unplaced(found, name, FACE, picasa.NAME_OF_FILE)
        else:
            where, lost = box.region, stale or box.outside
            found.region(NamedRegion(name or None, FACE, where, picasa.NAME_OF_FILE, stale=lost))


def _say(item: Struct, source: str, found: FactsBuilder) -> None:
    for name in SAID:
        for text in texts(item.get(name)):
            found.caption(text, source)


def _terms(item: Struct, name: str) -> set[str]:
    """Return the last words of a vocabulary's identifiers, lower case: `.../imageregionrole/mainSubjectArea`."""
    found = structs(item.get(f"Iptc4xmpExt:{name}"))
    identifiers = [text for entry in found for text in texts(entry.get("xmp:Identifier"))]
    names = [text for entry in found for text in texts(entry.get("Iptc4xmpExt:Name"))]
    return {text.strip().rpartition("/")[2].casefold().replace(" ", "") for text in (*identifiers, *names)}


def _iptc_box(boundary: Struct, size: tuple[int, int] | None) -> Placed | None:
    pixel = _part(boundary, "Unit").casefold() == "pixel"
    if pixel and size is None:
        return None
    width, height = size or (1, 1)
    across, down = (width, height) if pixel else (1, 1)
    x, y = _number(_part(boundary, "X")) / across, _number(_part(boundary, "Y")) / down
    match _part(boundary, "Shape").casefold():
        case "rectangle":
            return _placed(x, y, _number(_part(boundary, "W")) / across, _number(_part(boundary, "H")) / down)
        case "circle":
            # A relative radius is a fraction of the width.
            radius = _number(_part(boundary, "Rx")) / across
            tall = radius * width / height
            return _placed(x - radius, y - tall, 2 * radius, 2 * tall)
        case "polygon":
            return _hull(boundary, across, down)
        case _:
            return None


def _hull(boundary: Struct, across: int, down: int) -> Placed | None:
    corners = structs(boundary.get("Iptc4xmpExt:rbVertices"))
    xs = [_number(_part(corner, "X")) / across for corner in corners]
    ys = [_number(_part(corner, "Y")) / down for corner in corners]
    if not all(math.isfinite(value) for value in (*xs, *ys)) or len(xs) < 2:
        return None
    return _placed(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def _placed(x: float, y: float, w: float, h: float) -> Placed | None:
    """Return the place of a box that may reach over the edge; None if it is completely outside of the picture.

    A box with its centre outside, or larger than the picture, was drawn on another picture or in another unit.
    """
    region = clip(x, y, w, h)
    if region is None:
        return None
    centred = 0 <= x + w / 2 <= 1 and 0 <= y + h / 2 <= 1
    return Placed(region, outside=not centred or max(w, h) > 1 + ASPECT_TOLERANCE)


def _part(boundary: Struct, name: str) -> str:
    return first(boundary.get(f"Iptc4xmpExt:rb{name}")).strip()


def _unplaced(found: FactsBuilder, name: str, kind: str, source: str) -> None:
    """Keep the facts of a region without a usable place: the person's name, or that a person is there."""
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
    """Return a number, or NaN for a text that is none; NaN never passes `clip`."""
    try:
        return float(first(value))
    except ValueError:
        return math.nan
