"""What the properties of an XMP packet say about people: persons, keywords, hierarchies, captions, event, places."""

from __future__ import annotations

from dam_tagging.metadata import regions
from dam_tagging.metadata.found import Found
from dam_tagging.metadata.xmp import Struct, first, structs, texts

KEYWORDS = ("dc:subject",)
PATHS = {
    "lr:hierarchicalSubject": "|",
    "mediapro:CatalogSets": "|",
    "digiKam:TagsList": "/",
    "MicrosoftPhoto:LastKeywordXMP": "/",
}
PERSONS = ("Iptc4xmpExt:PersonInImage", "mediapro:People")
DETAILS = "Iptc4xmpExt:PersonInImageWDetails"
CAPTIONS = (
    "dc:description",
    "dc:title",
    "photoshop:Headline",
    "photoshop:Instructions",
    "exif:UserComment",
)
OWNERS = ("dc:creator",)
EVENTS = ("Iptc4xmpExt:Event", "mediapro:Event")
PLACES = ("photoshop:City", "Iptc4xmpCore:Location")
PLACE_STRUCTS = ("Iptc4xmpExt:LocationShown", "Iptc4xmpExt:LocationCreated")
PLACE_PARTS = ("LocationName", "Sublocation", "City")
TAKEN = ("exif:DateTimeOriginal", "photoshop:DateCreated")


def collect(properties: Struct, found: Found) -> None:
    """Add everything that the packet says about people; regions are turned upright by `found.frame`."""
    _persons(properties, found)
    for name in KEYWORDS:
        for text in texts(properties.get(name)):
            found.keyword(text, name)
    for name, separator in PATHS.items():
        for text in texts(properties.get(name)):
            found.path(text, separator, name)
    for name in CAPTIONS:
        for text in texts(properties.get(name)):
            found.caption(text, name)
    for name in OWNERS:
        for text in texts(properties.get(name)):
            found.owner(text, name)
    for name in EVENTS:
        found.event(first(properties.get(name)), name)
    _places(properties, found)
    found.taken = found.taken or next((first(properties[name]) for name in TAKEN if name in properties), None) or None
    regions.collect(properties, found)


def _persons(properties: Struct, found: Found) -> None:
    for name in PERSONS:
        found.persons_of(((text, ()) for text in texts(properties.get(name))), name)
    found.persons_of(
        (
            (first(person.get("Iptc4xmpExt:PersonName")), texts(person.get("Iptc4xmpExt:PersonId")))
            for person in structs(properties.get(DETAILS))
        ),
        DETAILS,
    )


def _places(properties: Struct, found: Found) -> None:
    for name in PLACES:
        found.location(first(properties.get(name)), name)
    for name in PLACE_STRUCTS:
        for place in structs(properties.get(name)):
            for part in PLACE_PARTS:
                found.location(first(place.get(f"Iptc4xmpExt:{part}")), name)
