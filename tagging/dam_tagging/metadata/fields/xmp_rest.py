"""Reads the texts of an XMP packet that no other reader takes, so that texts of an unknown namespace are searched too.

A text about the maker, owner, writer or program of the file is searched only for signs that say no. Identifiers, and
values that cameras and programs measure, are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote

from dam_tagging.metadata.facts_builder import FactsBuilder
from dam_tagging.metadata.fields.texts import may_be_words
from dam_tagging.metadata.fields.xmp import Struct, Value

TECHNICAL_SPACES = (
    "http://ns.adobe.com/camera-raw",
    "http://ns.adobe.com/xap/1.0/mm",
    "http://ns.adobe.com/xap/1.0/g",
    "http://ns.adobe.com/xap/1.0/t/pg",
    "http://ns.adobe.com/xmp/note",
    "http://ns.adobe.com/hdr",
    "http://ns.adobe.com/lensprofile",
    "http://ns.adobe.com/creatoratom",
    "http://ns.adobe.com/asf/",
    "http://ns.adobe.com/pdfx/",
    "http://www.aiim.org/pdfa/",
    "http://ns.google.com/photos/1.0/",
    "http://ns.apple.com/hdr",
    "http://ns.apple.com/pixeldatainfo",
    "http://ns.apple.com/adjustment-settings",
    "http://darktable.sf.net/",
    "http://www.dji.com/",
    "http://pix4d.com/",
    "http://creativecommons.org/ns",
    "http://www.w3.org/ns/dcat",
)
"""Beginnings of namespaces with settings of programs, measures, identifiers and histories."""

TECHNICAL_PREFIXES = frozenset({"stDim", "stArea"})
RIGHTS_PREFIXES = frozenset({"exif", "exifEX", "aux", "xmpRights", "plus"})
NAMES_OF_FILES = frozenset({"rawfilename", "preservedfilename", "filename", "originalfilename", "filepath"})
"""Properties with an earlier name of the file, in any namespace. It is read like a file's name."""

RIGHTS_NAMES = frozenset(
    {
        *("creator", "author", "authors", "authorsposition", "artist", "byline", "bylinetitle", "photographer"),
        *("credit", "creditline", "rights", "copyright", "copyrightnotice", "copyrightowner", "owner", "ownername"),
        *("cameraownername", "license", "licensor", "licensorname", "marked", "webstatement", "certificate"),
        *("captionwriter", "descriptionwriter", "writer", "captionsauthornames", "publisher"),
        *("creatorcontactinfo", "contactinfo", "contact", "email", "phone"),
        *("creatoridentity", "provider", "suppliername", "imagesupplier", "imagecreator", "instructionid"),
        *("editstatus", "rating", "urgency", "captureconditions", "applicationcode", "imagehistory", "registryid"),
    }
)
"""Local names (lower case, any namespace or structure) of properties that name no person in the picture, but may forbid
use."""

TECHNICAL_NAMES = frozenset(
    {
        *("format", "instanceid", "documentid", "originaldocumentid", "guid", "uuid", "digest", "version", "trapped"),
        *("versionid", "toolkit", "make", "model", "lens", "lensmodel", "serialnumber", "firmware", "iccprofile"),
        *("colormode", "legacyiptcdigest", "digimageguid", "language", "history", "ancestors", "unit", "type", "area"),
        *("documentancestors", "derivedfrom", "ingredients", "manifest", "pantry", "thumbnails", "image", "palette"),
        *("startimecode", "videoframesize", "videocompressor", "audiocompressor", "audiochanneltype", "fonts"),
        *("audiosampletype", "videoalphamode", "videocolorspace", "videofieldorder", "videopixelaspectratio"),
        *("starttimecode", "alttimecode", "timeformat", "duration", "projectref", "swatchgroups", "platenames"),
        *("digitalsourcetype", "digitalsourcefiletype", "regorgid", "regitemid", "modeldate", "trackid", "about"),
        *("boundary", "regionboundary", "rbunit", "rbshape", "rectangle", "appliedtodimensions", "cataloguid"),
        *("hasextendedxmp", "metadatadate", "modifydate", "createdate", "datecreated", "imageuniqueid"),
        *("captionsdatetimestamps", "software", "tool", "creatortool", "producer", "vendorname"),
    }
)
"""Local names (lower case, any namespace or structure) of measures, identifiers and histories."""

RIGHTS_PARTS = ("copyright", "licens", "creator", "owner", "rights")
TECHNICAL_PARTS = ("software", "version", "checksum", "serialnumber")
"""Words in local names (lower case) of makers, owners and programs."""

TREES = frozenset({"acdsee:categories"})
"""Properties with a tree in one text. `xmp_people` reads the tree."""

NAME_AND_FOLDER = 2
"""Number of last parts of a path that are about the file. The parts before are a place on a person's computer."""

Use = Literal["names", "file", "rights", "technical"]
_PATH = re.compile(r"[/\\]")


def collect(properties: Struct, found: FactsBuilder) -> None:
    """Add every text that no field holds yet, with its property: possible words for names, the rest for signs that say no.

    A structure has the name of its top property.
    """
    known = found.held()
    for source, written, use in _leaves(properties, "", "names"):
        text = _PATH.split(unquote(written))[-NAME_AND_FOLDER:] if use == "file" else [written.strip()]
        for part in text:
            is_words = may_be_words(part) if use == "names" else use == "file"
            if is_words and part not in known:
                known.add(part)
                found.free_text(part, source)
            elif not is_words and part not in known:
                found.right(part, source)


def _leaves(value: Value, source: str, use: Use) -> Iterator[tuple[str, str, Use]]:
    """Yield each text with its top property and its use. The depth is limited by that of the packet."""
    if isinstance(value, str):
        if use != "technical":
            yield source, value, use
    elif isinstance(value, dict):
        for name, inner in value.items():
            local = name.rpartition("}")[2].rpartition(":")[2]
            below = "file" if local.casefold() in NAMES_OF_FILES else _use(name, local) if use == "names" else use
            yield from _leaves(inner, source or (f"XMP {local}" if name.startswith("{") else name), below)
    else:
        for item in value:
            yield from _leaves(item, source, use)


@lru_cache(maxsize=4096)
def _use(name: str, local: str) -> Use:
    lower = local.casefold()
    if lower in TECHNICAL_NAMES or name in TREES or any(part in lower for part in TECHNICAL_PARTS):
        return "technical"
    if lower in RIGHTS_NAMES or any(part in lower for part in RIGHTS_PARTS):
        return "rights"
    if name.startswith("{"):
        return "technical" if name[1:].casefold().startswith(TECHNICAL_SPACES) else "names"
    prefix = name.partition(":")[0]
    return "technical" if prefix in TECHNICAL_PREFIXES else "rights" if prefix in RIGHTS_PREFIXES else "names"
