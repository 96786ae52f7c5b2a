"""Reads the facts about people from an XMP packet: persons, keywords, captions, events, places, restrictions.

Keywords may form trees: ACDSee's XML in a string, MWG's and IDimager's nested structures. By MWG Guidelines 2.0
(section 5.10) a leaf applies to the picture, and a branch only if it says so. `regions` reads the regions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from dam_tagging.metadata.containers.blocks import Damaged
from dam_tagging.metadata.facts_builder import FactsBuilder
from dam_tagging.metadata.fields import regions, xmp_rest
from dam_tagging.metadata.fields.frame import Frame, focus
from dam_tagging.metadata.fields.xmp import Struct, element_of, first, structs, texts
from dam_tagging.metadata.sidecars import picasa

KEYWORDS = (
    "dc:subject",
    "photoshop:SupplementalCategories",
    "lr:weightedFlatSubject",
    "pdf:Keywords",
    "xmp:Keywords",
    "acdsee:keywords",
    "photoshop:Category",
    picasa.KEYWORDS,
)
PATHS = {
    "lr:hierarchicalSubject": "|",
    "mediapro:CatalogSets": "|",
    "expressionmedia:CatalogSets": "|",
    "digiKam:TagsList": "/",
    "MicrosoftPhoto:LastKeywordXMP": "/",
    "MicrosoftPhoto:LastKeywordIPTC": "/",
}
PERSONS = (
    "Iptc4xmpExt:PersonInImage",
    "mediapro:People",
    "expressionmedia:People",
    "getty:Personality",
    "prism:person",
    "xmpDM:artist",
)
CAPTIONS = (
    "dc:description",
    "dc:title",
    "dc:contributor",
    "xmp:Title",
    "xmp:Description",
    "Iptc4xmpExt:AddlModelInfo",
    "Iptc4xmpExt:Headline",
    "Iptc4xmpExt:AltTextAccessibility",
    "Iptc4xmpExt:ExtDescrAccessibility",
    "xmp:Nickname",
    "xmpDM:album",
    "xmpDM:scene",
    "xmpDM:comment",
    "acdsee:objectname",
    "xmpDM:logComment",
    "xmpDM:shotName",
    "photoshop:Headline",
    "photoshop:Instructions",
    "exif:UserComment",
    "exif:GPSAreaInformation",
    "exifEX:ImageTitle",
    "tiff:ImageDescription",
    "Iptc4xmpCore:AltTextAccessibility",
    "Iptc4xmpCore:ExtDescrAccessibility",
    "acdsee:caption",
    "acdsee:notes",
    picasa.CAPTION,
)
MARKERS = (
    "photoshop:Instructions",
    "xmpRights:UsageTerms",
    "xmpRights:WebStatement",
    "xmp:Label",
    "plus:ModelReleaseStatus",
    "plus:ModelReleaseID",
    "plus:MinorModelAgeDisclosure",
    "plus:PropertyReleaseStatus",
    "plus:PropertyReleaseID",
    "plus:OtherConstraints",
    "plus:OtherConditions",
    "plus:TermsAndConditionsText",
    "plus:TermsAndConditionsURL",
    "plus:MediaConstraints",
    "plus:RegionConstraints",
    "plus:ProductOrServiceConstraints",
    "plus:ImageFileConstraints",
    "plus:ImageAlterationConstraints",
    "plus:ImageDuplicationConstraints",
    "plus:Reuse",
    "plus:DataMining",
    "plus:CopyrightStatus",
)
PLUS_TERMS = "http://ns.useplus.org/ldf/vocab/"
"""Beginning of the terms of PLUS's vocabulary. They are shown by their short names, as by exiftool."""
RELEASE_STATUS = "plus:ModelReleaseStatus"
RELEASES = {"MR-NON": "Model release: none", "MR-LMR": "Limited or incomplete model releases"}
"""PLUS's terms for the releases of people in a picture, and their meaning in words, for files without these words."""
OWNERS = ("dc:creator", "tiff:Artist", "aux:OwnerName", "exifEX:CameraOwnerName", "acdsee:author", "xmp:Author")
EVENTS = ("Iptc4xmpExt:Event", "mediapro:Event", "expressionmedia:Event", "prism:event")
PLACES = (
    "photoshop:City",
    "Iptc4xmpCore:Location",
    "photoshop:State",
    "photoshop:Country",
    "Iptc4xmpCore:CountryCode",
    "mediapro:Location",
    "expressionmedia:Location",
)
PLACE_STRUCTS = ("Iptc4xmpExt:LocationShown", "Iptc4xmpExt:LocationCreated")
PLACE_PARTS = (
    "LocationName",
    "Sublocation",
    "City",
    "ProvinceState",
    "CountryName",
    "CountryCode",
    "WorldRegion",
    "LocationId",
)
TIMED, TIMED_TEXTS = "xmpDM:markers", ("xmpDM:name", "xmpDM:comment", "xmpDM:speaker")
"""The markers of a recording, and those of their fields that are texts."""
SERIALS = ("aux:SerialNumber", "exifEX:BodySerialNumber")
TAKEN = ("exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate")
SIZES = (("tiff:ImageWidth", "tiff:ImageLength"), ("exif:PixelXDimension", "exif:PixelYDimension"))
_WHOLE = re.compile(r"\d{1,9}")
ACDSEE, MWG, IDIMAGER = "acdsee:categories", "mwg-kw:Keywords", "ics:TagStructure"
ASSIGNED, APPLIED = "1", "true"


def collect(properties: Struct, found: FactsBuilder) -> None:
    """Add all facts about people in the packet. Regions are turned upright by `found.frame`."""
    _frame(properties, found)
    _persons(properties, found)
    _plain(properties, found)
    collect_trees(properties, found)
    _timed(properties, found)
    for name in EVENTS:
        found.event(first(properties.get(name)), name)
        # The event in other languages is the same event, and may name a person.
        for text in texts(properties.get(name))[1:]:
            found.caption(text, name)
    _places(properties, found)
    _recording(properties, found)
    regions.collect(properties, found)
    for extension in regions.extensions(properties):
        _persons(extension, found)
        _plain(extension, found)
    xmp_rest.collect(properties, found)


def _plain(properties: Struct, found: FactsBuilder) -> None:
    plain = ((KEYWORDS, found.keyword), (CAPTIONS, found.caption), (OWNERS, found.owner), (MARKERS, found.marker))
    for names, keep in plain:
        for name in names:
            for text in texts(properties.get(name)):
                keep(text.removeprefix(PLUS_TERMS), name)
    for text in texts(properties.get(RELEASE_STATUS)):
        found.right(RELEASES.get(text.removeprefix(PLUS_TERMS).strip(), ""), RELEASE_STATUS)
    for name, separator in PATHS.items():
        for text in texts(properties.get(name)):
            found.path(text, separator, name)


def _timed(properties: Struct, found: FactsBuilder) -> None:
    """Add the texts of a recording's markers: its own and those of its tracks."""
    for holder in (properties, *structs(properties.get("xmpDM:Tracks"))):
        for marker in structs(holder.get(TIMED)):
            for part in TIMED_TEXTS:
                for text in texts(marker.get(part)):
                    found.caption(text, TIMED)


def _frame(properties: Struct, found: FactsBuilder) -> None:
    """Take size and orientation from the packet if the file holds no picture; otherwise note a contradiction."""
    orientation = _number(properties, "tiff:Orientation")
    turned = orientation if orientation is not None and 1 <= orientation <= 8 else None
    if found.frame.stored is not None:
        if turned not in {None, found.frame.orientation}:
            found.note("tiff:Orientation contradicts the orientation by which the picture is shown, and was not used")
        elif turned is not None:
            found.orientation = found.orientation or turned
        return
    sides = [(_number(properties, width), _number(properties, height)) for width, height in SIZES]
    size = next(((width, height) for width, height in sides if width and height), None)
    known = found.frame.orientation
    found.frame = Frame(size, known if known != 1 else turned or 1)
    found.orientation = found.orientation or turned


def _persons(properties: Struct, found: FactsBuilder) -> None:
    for name in PERSONS:
        found.persons_of(((text, ()) for text in texts(properties.get(name))), name)
    for name in (regions.DETAILS, regions.HEARD):
        found.persons_of(regions.detailed(properties, name), name)
    regions.describe(properties, found)


def _places(properties: Struct, found: FactsBuilder) -> None:
    for name in PLACES:
        for text in texts(properties.get(name)):
            found.location(text, name)
    for name in PLACE_STRUCTS:
        for place in structs(properties.get(name)):
            for part in PLACE_PARTS:
                for text in texts(place.get(f"Iptc4xmpExt:{part}")):
                    found.location(text, name)


def _recording(properties: Struct, found: FactsBuilder) -> None:
    for name in TAKEN:
        found.recorded(first(properties.get(name)), name)
    serial = next((text for name in SERIALS if (text := first(properties.get(name)))), "")
    found.camera(first(properties.get("tiff:Make")), first(properties.get("tiff:Model")), serial, "tiff:Model")
    for name in ("exif:SubjectArea", "exif:SubjectLocation"):
        numbers = [int(text) for text in texts(properties.get(name)) if _WHOLE.fullmatch(text)]
        across, down = (_number(properties, side) for side in SIZES[1])
        found.focus = found.focus or focus(numbers, (across, down) if across and down else None)


def _number(properties: Struct, name: str) -> int | None:
    text = first(properties.get(name)).strip()
    return int(text) if _WHOLE.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Nesting:
    """The properties of a node in a structure: its name, its children, and whether it is applied."""

    name: str
    children: str
    applied: str = ""


MWG_NODE = Nesting("mwg-kw:Keyword", "mwg-kw:Children", "mwg-kw:Applied")
IDIMAGER_NODE = Nesting("ics:LabelName", "ics:SubLabels")


def collect_trees(properties: Struct, found: FactsBuilder) -> None:
    """Add the path to every leaf, and to every branch that applies to the picture."""
    for text in texts(properties.get(ACDSEE)):
        _acdsee(text, found)
    for tree in structs(properties.get(MWG)):
        for top in structs(tree.get("mwg-kw:Hierarchy")):
            _keep(_paths(top, MWG_NODE, ()), found, MWG)
    for top in structs(properties.get(IDIMAGER)):
        _keep(_paths(top, IDIMAGER_NODE, ()), found, IDIMAGER)


def _keep(paths: Iterator[tuple[str, ...]], found: FactsBuilder, source: str) -> None:
    for path in paths:
        found.hierarchy(path, source)


def _paths(node: Struct, nesting: Nesting, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield paths. Their depth is limited by that of the packet."""
    path = (*above, first(node.get(nesting.name)))
    children = structs(node.get(nesting.children))
    if not children or first(node.get(nesting.applied)).casefold() == APPLIED:
        yield path
    for child in children:
        yield from _paths(child, nesting, path)


def _acdsee(text: str, found: FactsBuilder) -> None:
    if not text.strip():
        return
    try:
        root = element_of(text)
    except Damaged:
        found.damage(f"{ACDSEE} is damaged, or holds what no XML of categories may hold")
        return
    todo: list[tuple[str, Element, tuple[str, ...]]] = [((child.text or ""), child, ()) for child in reversed(root)]
    while todo:
        name, node, above = todo.pop()
        path = (*above, name)
        if not len(node) or node.get("Assigned") == ASSIGNED:
            found.hierarchy(path, ACDSEE)
        todo += [((child.text or ""), child, path) for child in reversed(node)]
