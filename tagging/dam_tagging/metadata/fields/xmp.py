"""Reads XMP packets (ISO 16684-1): the RDF/XML of one packet as plain values, with limits and without DTDs.

`xmp_people` and `regions` interpret the properties.
"""

from __future__ import annotations

import re
from typing import TypeAlias, cast
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from dam_tagging.metadata.containers.blocks import MAX_BLOCK, Damaged

Value: TypeAlias = "str | list[Value] | dict[str, Value]"
Struct: TypeAlias = dict[str, Value]

MAX_DEPTH = 60
MAX_ELEMENTS = 200_000
FEW_TAGS = 20_000
"""A packet with at most this many `<` cannot make too large a tree."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"
ROOT, DESCRIPTION = f"{{{RDF}}}RDF", f"{{{RDF}}}Description"
VALUE, MEMBER = f"{{{RDF}}}value", f"{{{RDF}}}_"
RESOURCE, NODE_ID, RDF_VALUE = f"{{{RDF}}}resource", f"{{{RDF}}}nodeID", "rdf:value"
CONTAINERS = frozenset({f"{{{RDF}}}{name}" for name in ("Bag", "Seq", "Alt")})
LANGUAGE = f"{{{XML}}}lang"
PREFIXES = {
    RDF.rstrip("#"): "rdf",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29": "Iptc4xmpExt",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns": "Iptc4xmpCore",
    "http://www.metadataworkinggroup.com/schemas/regions": "mwg-rs",
    "http://ns.adobe.com/xap/1.0/sType/Dimensions": "stDim",
    "http://ns.adobe.com/xmp/sType/Area": "stArea",
    "http://ns.microsoft.com/photo/1.0": "MicrosoftPhoto",
    "http://ns.microsoft.com/photo/1.2": "MP",
    "http://ns.microsoft.com/photo/1.2/t/RegionInfo": "MPRI",
    "http://ns.microsoft.com/photo/1.2/t/Region": "MPReg",
    "http://ns.adobe.com/xap/1.0": "xmp",
    "http://ns.adobe.com/photoshop/1.0": "photoshop",
    "http://ns.adobe.com/pdf/1.3": "pdf",
    "http://ns.adobe.com/xmp/1.0/DynamicMedia": "xmpDM",
    "http://ns.adobe.com/lightroom/1.0": "lr",
    "http://ns.adobe.com/exif/1.0": "exif",
    "http://purl.org/dc/elements/1.1": "dc",
    "http://www.digikam.org/ns/1.0": "digiKam",
    "http://ns.iview-multimedia.com/mediapro/1.0": "mediapro",
    "http://ns.microsoft.com/expressionmedia/1.0": "expressionmedia",
    "http://www.metadataworkinggroup.com/schemas/keywords": "mwg-kw",
    "http://ns.acdsee.com/iptc/1.0": "acdsee",
    "http://ns.acdsee.com/regions": "acdsee-rs",
    "http://ns.acdsee.com/sType/Area": "stArea",
    "http://ns.acdsee.com/sType/Dimensions": "stDim",
    "http://ns.idimager.com/ics/1.0": "ics",
    "http://xmp.gettyimages.com/gift/1.0": "getty",
    "http://prismstandard.org/namespaces/basic/2.0": "prism",
    "http://ns.useplus.org/ldf/xmp/1.0": "plus",
    "http://ns.adobe.com/xap/1.0/rights": "xmpRights",
    "http://ns.adobe.com/tiff/1.0": "tiff",
    "http://ns.adobe.com/exif/1.0/aux": "aux",
    "http://cipa.jp/exif/1.0": "exifEX",
    "urn:dam-tagging:picasa": "picasa",
}
"""Namespaces without their last character: writers disagree on it."""

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_PADDING = "\ufeff\0 \t\r\n"
# Packets from before 2004 are wrapped in `xapmeta`.
_WRAPPER = re.compile(r"\A<\?xpacket[^>]*\?>")
_BEGINS = re.compile(r"<\?xpacket\b|(?:<\?xml\b[^>]*\?>\s*+)?+<(?:[\w.-]+:)?(?:x[am]pmeta|RDF)\b")
_END = re.compile(r"</[\w.-]+:x[am]pmeta\s*>")
_NO_ELEMENT = re.compile(r"(?:\s++|<\?(?:[^?]++|\?(?!>))*+\?>)*+")


def begins(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a packet (such as a sidecar), in any encoding."""
    return _BEGINS.match(head.decode(_encoding(head), "replace").lstrip(_PADDING)) is not None


def parse(packet: bytes) -> Struct:
    """Return the properties of a packet by `prefix:name`; raise `Damaged` if it is not well formed or too large.

    A property is a text, a list (Bag, Seq, Alt: the default language first) or a structure.
    """
    text = _packet_text(packet)
    if _NO_ELEMENT.fullmatch(text):
        return {}
    root = element_of(text)
    parts = [root] if root.tag == ROOT else root.findall(ROOT)
    if not parts and len(root):
        raise Damaged("the XMP packet holds no RDF")
    return _Reader(parts).properties()


def element_of(text: str) -> Element:
    """Return the root of an XML text; raise `Damaged` if it is not well formed, is too large, or has a DTD."""
    try:
        parser = _parser(text)
        parser.feed(text)
        root: Element = parser.close()
        _check_depth(root)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Damaged("the XMP packet is damaged, or holds what no XMP packet may hold") from error
    return root


def _parser(text: str) -> XMLParser:
    """Return the fast parser for a text that cannot hold a DTD or a large tree, otherwise the parser that checks for them.

    Only a DTD declares entities, a DTD begins with exactly these letters, and each element needs a `<`. The text is
    already decoded, so this search and both parsers see the same text.
    """
    if "<!DOCTYPE" in text or text.count("<") > FEW_TAGS:
        return cast("XMLParser", DefusedXMLParser(target=_Bounded(), forbid_dtd=True))
    return XMLParser()  # noqa: S314 - no entity can be declared in it


def _check_depth(root: Element) -> None:
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return
    raise ValueError("too deep")


def texts(value: Value | None) -> list[str]:
    """Return every text of a property, also those in lists, and in a structure that replaces a text."""
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value or ()
    return [text for item in items for text in texts(item)]


def first(value: Value | None) -> str:
    """Return the first text of a property (the default of several languages), or an empty text."""
    return next(iter(texts(value)), "")


def structs(value: Value | None) -> list[Struct]:
    """Return the structures of a property, whether it is one or a list of them."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _packet_text(packet: bytes) -> str:
    """Decode a packet and cut the bytes behind its end: writers leave all sorts of bytes in the padding."""
    if len(packet) > MAX_BLOCK:
        raise Damaged(f"the XMP packet is larger than {MAX_BLOCK // 1024 // 1024} MB")
    try:
        text = packet.decode(_encoding(packet))
    except UnicodeDecodeError as error:
        raise Damaged("the XMP packet is not in the encoding it should be in") from error
    text = _WRAPPER.sub("", text.strip(_PADDING)).strip(_PADDING)
    ends = list(_END.finditer(text))
    return text[: ends[-1].end()] if ends else text


def _encoding(packet: bytes) -> str:
    for bom, encoding in _BOMS:
        if packet.startswith(bom):
            return encoding
    head = packet.lstrip()[:2]
    return {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(head, "utf-8")


class _Bounded(TreeBuilder):
    """Builds the tree. Stops at a depth or a number of elements that no real packet has."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._count += 1
        if self._depth > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise ValueError("too deep or too large")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


class _Reader:
    """Turns RDF/XML into values. The number of visits is limited: with `rdf:nodeID` a small packet can multiply itself."""

    def __init__(self, parts: list[Element]) -> None:
        self._tops = [node for rdf in parts for node in rdf]
        self._nodes = {node.get(NODE_ID): node for node in self._tops if node.get(NODE_ID)}
        self._left = 2 * sum(1 for rdf in parts for _ in rdf.iter()) + 100

    def properties(self) -> Struct:
        """Return the properties of every description, with any subject."""
        found: Struct = {}
        for node in self._tops:
            if node.tag not in CONTAINERS:
                self._fill(found, node, 0)
        return found

    def _fill(self, found: Struct, node: Element, depth: int) -> None:
        for name, text in node.attrib.items():
            if _is_property(name):
                _put(found, _qualified(name), text)
        for child in node:
            _put(found, _qualified(child.tag), self._value(child, depth + 1))

    def _value(self, element: Element, depth: int) -> Value:
        """Return the value of a property element or of a list item."""
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise Damaged("the XMP packet is nested too deep")
        if (resource := element.get(RESOURCE)) is not None:
            return resource
        if (node_id := element.get(NODE_ID)) is not None:
            if node_id not in self._nodes:
                raise Damaged("the XMP packet refers to a part that it does not hold")
            return self._node(self._nodes[node_id], depth + 1)
        if len(element) == 1 and (element[0].tag == DESCRIPTION or element[0].tag in CONTAINERS):
            return self._node(element[0], depth + 1)
        if len(element) or any(_is_property(name) for name in element.attrib):
            return self._struct(element, depth)
        return element.text or ""

    def _node(self, node: Element, depth: int) -> Value:
        if node.tag not in CONTAINERS:
            return self._struct(node, depth)
        default_first = sorted(node, key=lambda item: item.get(LANGUAGE) != "x-default")
        members: list[Value] = [text for name, text in node.attrib.items() if name.startswith(MEMBER)]
        return members + [self._value(item, depth + 1) for item in default_first]

    def _struct(self, node: Element, depth: int) -> Value:
        found: Struct = {}
        self._fill(found, node, depth)
        return found.get(RDF_VALUE, found)


def _is_property(name: str) -> bool:
    return name == VALUE or (name.startswith("{") and not name.startswith((f"{{{RDF}}}", f"{{{XML}}}")))


def _qualified(tag: str) -> str:
    """Return `prefix:name` for known namespaces, and the unchanged tag for others."""
    space, _, name = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
    prefix = PREFIXES.get(space.rstrip("/#"))
    return f"{prefix}:{name}" if prefix else tag


def _put(found: Struct, name: str, value: Value) -> None:
    """Keep a property. A property that comes twice keeps both values."""
    if name not in found:
        found[name] = value
        return
    known = found[name]
    if not isinstance(known, list):
        found[name] = known = [known]
    known += value if isinstance(value, list) else [value]
