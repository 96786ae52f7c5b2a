"""Reads Picasa's `.picasa.ini`: one file in a folder with the faces, contacts, keywords and captions of its pictures.

The facts about one picture are returned as an XMP packet, so the file is read like any other sidecar.
`faces=rect64(x0y0x1y1),contact` holds four numbers of 16 bits in hexadecimal, without leading zeros. A contact of sixteen
letters f is a face that Picasa does not know.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from html import escape

from dam_tagging.metadata.facts_builder import MAX_ITEMS
from dam_tagging.metadata.fields.texts import decoded

NAME_OF_FILE = ".picasa.ini"
# Older versions wrote the other names. A folder may still hold all of them.
NAMES_OF_FILE = (NAME_OF_FILE, "Picasa.ini", ".Picasa.ini")
FACES, NAME, CONTACT, TURNED = "picasa:faces", "picasa:name", "picasa:contact", "picasa:rotate"
KEYWORDS, CAPTION = "picasa:keywords", "picasa:caption"
CORNERS = ("x0", "y0", "x1", "y1")
CONTACTS = ("contacts2", "contacts")
UNNAMED = "f" * 16
FULL = 0xFFFF
UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TURN = re.compile(r"rotate\(([123])\)")

Sections = dict[str, dict[str, str]]


def packet(ini: bytes, name: str) -> bytes | None:
    """Return the file's facts about the picture `name` in its folder as an XMP packet; None if there are none."""
    sections = _sections(decoded(ini, "utf-16" if ini.startswith(UTF16_BOMS) else "utf-8-sig"))
    own = sections.get(_same(name), {})
    properties = [
        _bag(FACES, _faces(own.get("faces", ""), sections)),
        _bag(
            KEYWORDS, [_clean(word.strip()) for word in own.get("keywords", "").split(",", MAX_ITEMS) if word.strip()]
        ),
        _element(CAPTION, own.get("caption", "")),
        _element(TURNED, "".join(_TURN.findall(own.get("rotate", "")))),
    ]
    body = "".join(properties)
    if not body:
        return None
    return (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/' xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
        f"xmlns:picasa='urn:dam-tagging:picasa'><rdf:RDF><rdf:Description rdf:about=''>{body}</rdf:Description></rdf:RDF>"
        "</x:xmpmeta>"
    ).encode()


def _sections(text: str) -> Sections:
    """Return the keys of every section. Writers leave sections twice, and lines without a key."""
    found: Sections = defaultdict(dict)
    section = ""
    for line in re.split(r"\r\n|\r|\n", text):
        if line.startswith("[") and line.rstrip().endswith("]"):
            section = _same(line.strip()[1:-1])
        elif "=" in line:
            key, _, value = line.partition("=")
            found[section].setdefault(key.strip().casefold(), value.strip())
    return dict(found)


def _same(name: str) -> str:
    """Return a name for comparing: file systems ignore capitals, or decompose accents."""
    return unicodedata.normalize("NFC", name.strip()).casefold()


def _faces(text: str, sections: Sections) -> Iterator[str]:
    names: dict[str, str] = {}
    for section in reversed(CONTACTS):
        names |= {key.lstrip("0"): value.partition(";")[0].strip() for key, value in sections.get(section, {}).items()}
    # Beyond the limit the rest is one face. Its place makes no sense and is reported.
    for face in filter(str.strip, text.split(";", MAX_ITEMS)):
        rectangle, _, contact = face.partition(",")
        key = contact.strip().casefold()
        known = "" if key == UNNAMED else names.get(key.lstrip("0"), "")
        corners = zip(CORNERS, _corners(rectangle), strict=False)
        yield "".join(
            [
                *(f"<picasa:{corner}>{value}</picasa:{corner}>" for corner, value in corners),
                _element(NAME, known),
                _element(CONTACT, key or UNNAMED),
            ]
        )


def _corners(rectangle: str) -> list[float]:
    """Return x0, y0, x1, y1 as fractions; nothing if it is no rectangle."""
    digits = rectangle.strip().removeprefix("rect64(").removesuffix(")")
    if not re.fullmatch(r"[0-9A-Fa-f]{1,16}", digits):
        return []
    digits = digits.zfill(16)
    return [int(digits[at : at + 4], 16) / FULL for at in (0, 4, 8, 12)]


def _bag(name: str, items: Iterator[str] | list[str]) -> str:
    listed = "".join(f"<rdf:li>{item}</rdf:li>" for item in items)
    return f"<{name}><rdf:Bag>{listed}</rdf:Bag></{name}>" if listed else ""


def _element(name: str, text: str) -> str:
    return f"<{name}>{_clean(text)}</{name}>" if text else ""


def _clean(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", text))
