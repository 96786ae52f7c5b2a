"""Every text of an XMP packet that no other reader has taken, so that a namespace of tomorrow is no hole.

Left out: what tells who made, owns, wrote or processed the file, identifiers, and what cameras and programs measure.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from dam_tagging.metadata.found import Found
from dam_tagging.metadata.words import may_be_words
from dam_tagging.metadata.xmp import Struct, Value

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
"""How namespaces begin that hold settings of programs, measures, identifiers and histories."""

TECHNICAL_PREFIXES = frozenset({"exif", "exifEX", "aux", "stDim", "stArea", "xmpRights", "plus"})
NAMES_OF_FILES = frozenset({"rawfilename", "preservedfilename", "filename", "originalfilename", "filepath"})
"""Properties that give the name that the file had: it is read as a file's name is, in whichever namespace."""

SILENT_NAMES = frozenset(
    {
        *("creator", "author", "authors", "authorsposition", "artist", "byline", "bylinetitle", "photographer"),
        *("credit", "creditline", "source", "rights", "copyright", "copyrightnotice", "copyrightowner", "owner"),
        *(
            "ownername",
            "cameraownername",
            "license",
            "licensor",
            "licensorname",
            "marked",
            "webstatement",
            "certificate",
        ),
        *("captionwriter", "descriptionwriter", "writer", "captionsauthornames", "captionsdatetimestamps", "publisher"),
        *("creatorcontactinfo", "contactinfo", "contact", "email", "phone", "creatortool", "software", "tool"),
        *("creatoridentity", "provider", "suppliername", "imagesupplier", "imagecreator", "producer", "trapped"),
        *(
            "format",
            "instanceid",
            "documentid",
            "originaldocumentid",
            "identifier",
            "guid",
            "uuid",
            "digest",
            "version",
        ),
        *("versionid", "toolkit", "make", "model", "lens", "lensmodel", "serialnumber", "firmware", "iccprofile"),
        *("colormode", "legacyiptcdigest", "digimageguid", "rating", "urgency", "language", "history", "ancestors"),
        *("documentancestors", "derivedfrom", "ingredients", "manifest", "pantry", "thumbnails", "image", "palette"),
        *("imagehistory", "startimecode", "videoframesize", "videocompressor", "audiocompressor", "audiochanneltype"),
        *("audiosampletype", "videoalphamode", "videocolorspace", "videofieldorder", "videopixelaspectratio", "fonts"),
        *("starttimecode", "alttimecode", "timeformat", "duration", "projectref", "swatchgroups", "platenames"),
        *("digitalsourcetype", "digitalsourcefiletype", "registryid", "regorgid", "regitemid", "modeldate", "trackid"),
        *(
            "boundary",
            "regionboundary",
            "rbunit",
            "rbshape",
            "area",
            "unit",
            "type",
            "rectangle",
            "appliedtodimensions",
        ),
        *("hasextendedxmp", "metadatadate", "modifydate", "createdate", "datecreated", "imageuniqueid", "about"),
        *("vendorname", "captureconditions", "applicationcode", "cataloguid", "instructionid", "editstatus"),
    }
)
"""Local names, in lower case, of what names nobody in the picture, in whichever namespace and structure."""


SILENT_PARTS = ("copyright", "licens", "creator", "owner", "rights", "software", "version", "checksum", "serialnumber")
"""What a local name holds, in lower case, of whoever made, owns or processed."""

TREES = frozenset({"acdsee:categories"})
"""Properties that hold a tree in one text, which `trees` has read whole."""


def collect(properties: Struct, found: Found) -> None:
    """Add every text that may be words and that no field holds yet, with its property; structures are named by dots."""
    known = found.held()
    for source, written in _leaves(properties, ""):
        text = written.strip()
        if text and text not in known and may_be_words(text):
            known.add(text)
            found.free_text(text, source)


def _leaves(value: Value, source: str) -> Iterator[tuple[str, str]]:
    """Yield each text with the top property it stands in. The depth is bounded by that of the packet."""
    if isinstance(value, str):
        yield source, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            local = name.rpartition("}")[2].rpartition(":")[2]
            if local.casefold() in NAMES_OF_FILES or not _is_silent(name, local):
                yield from _leaves(inner, source or (f"XMP {local}" if name.startswith("{") else name))
    else:
        for item in value:
            yield from _leaves(item, source)


@lru_cache(maxsize=4096)
def _is_silent(name: str, local: str) -> bool:
    lower = local.casefold()
    if lower in SILENT_NAMES or name in TREES or any(part in lower for part in SILENT_PARTS):
        return True
    if name.startswith("{"):
        return name[1:].casefold().startswith(TECHNICAL_SPACES)
    return name.partition(":")[0] in TECHNICAL_PREFIXES
