"""Reads QuickTime and MP4 (ISO 14496-12): XMP in `moov/udta/XMP_` or a uuid box, texts of udta and ilst, size, turn, length.

Only samples of text tracks are read (`timed_text`). Unknown user data and unknown keys are searched for texts.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from dam_tagging.metadata.containers import timed_text
from dam_tagging.metadata.containers.blocks import Blocks, Text, TextKind, Unreadable
from dam_tagging.metadata.containers.bmff import UUID_SIZE, XMP_UUID, Box, Boxes
from dam_tagging.metadata.fields.texts import may_be_words, runs

TEXT_KINDS: dict[str, TextKind] = {
    "\xa9nam": "caption",
    "\xa9cmt": "caption",
    "\xa9des": "caption",
    "\xa9inf": "caption",
    "desc": "caption",
    "ldes": "caption",
    "\xa9alb": "caption",
    "\xa9lyr": "caption",
    "\xa9ART": "owner",
    "\xa9aut": "owner",
    "\xa9wrt": "owner",
    "aART": "person",
    "\xa9prf": "person",
    "\xa9nrt": "person",
    "\xa9con": "person",
    "\xa9sol": "person",
    "perf": "person",
    "albr": "person",
    "soar": "person",
    "soaa": "person",
    "\xa9dir": "owner",
    "\xa9prd": "owner",
    "auth": "owner",
    "titl": "caption",
    "dscp": "caption",
    "albm": "caption",
    "sdes": "caption",
    "sonm": "caption",
    "\xa9st3": "caption",
    "\xa9src": "caption",
    "\xa9pub": "caption",
    "\xa9wrk": "caption",
    "\xa9grp": "caption",
    "com.apple.quicktime.performer": "person",
    "com.apple.quicktime.director": "owner",
    "com.apple.quicktime.producer": "owner",
    "\xa9key": "keyword",
    "keyw": "keyword",
    "\xa9day": "taken",
    "com.apple.quicktime.title": "caption",
    "com.apple.quicktime.displayname": "caption",
    "com.apple.quicktime.description": "caption",
    "com.apple.quicktime.comment": "caption",
    "com.apple.quicktime.information": "caption",
    "com.apple.quicktime.artist": "owner",
    "com.apple.quicktime.author": "owner",
    "com.apple.quicktime.keywords": "keyword",
    "com.apple.quicktime.creationdate": "taken",
}
PERFORMERS = frozenset({"\xa9ART", "\xa9aut", "auth", "com.apple.quicktime.artist", "com.apple.quicktime.author"})
"""Owners who are also people in the recording: a soloist or a speaker."""

PLAIN_TEXTS = {**dict.fromkeys(("titl", "dscp", "perf", "auth", "albm"), 6), "albr": 0}
"""User data with one text, and the bytes before the text (version, flags, language): 3GPP TS 26.244, section 8."""

PEOPLE = "QuickTime"
"""The source of all performers. It is the same for all, so that a band and a soloist with different names are no
contradiction."""

SAY_NOTHING = frozenset(
    {
        *(
            "cpil",
            "covr",
            "cprt",
            "disk",
            "free",
            "gnre",
            "hdlr",
            "hnti",
            "pgap",
            "rtng",
            "skip",
            "stik",
            "tmpo",
            "trkn",
        ),
        *("\xa9enc", "\xa9gen", "\xa9mak", "\xa9mod", "\xa9swr", "\xa9too", "\xa9xyz"),
        *("FIEL", "Cr8r", "\xa9TIM", "\xa9TSC", "\xa9TSZ", "XMP_", "meta"),
        "com.apple.quicktime.content.identifier",
        "com.apple.quicktime.location.ISO6709",
        "com.apple.quicktime.location.accuracy.horizontal",
        "com.apple.quicktime.make",
        "com.apple.quicktime.model",
        "com.apple.quicktime.software",
    }
)
"""Boxes and keys without names and descriptions: covers, numbers, the program, the device, time codes."""

RIGHTS = "cprt"
CAMERAS = frozenset(
    {"thmb", "CNTH", "CNCV", "CNFV", "NCDT", "smrd", "smta", "GPMF", "LENS", "CAME", "SETT", "MUID", "HMMT"}
)
"""User data by cameras: small pictures, settings, measures, identifiers."""

MOST_UNKNOWN = 1024 * 1024
FREE, TOOLS = "----", b"iTun"
"""A box of a name and a text. iTunes keeps measures of the sound there, under names with this beginning."""

TURNS = {(0, 1, -1, 0): 6, (-1, 0, 0, -1): 3, (0, -1, 1, 0): 8}
"""The EXIF orientation for a track's matrix (a, b, c, d)."""

PLAIN_BOXES = {
    b"moov": (b"",),
    b"trak": (b"moov",),
    b"udta": (b"moov", b"trak"),
    b"ilst": (b"meta",),
}
"""Boxes that only hold other boxes, and their possible parents. So nesting is limited."""

DATA, UTF8 = b"data", (0, 1)


def read(file: BinaryIO) -> Blocks:
    """Return the blocks of a movie; raise `Unreadable` if its boxes do not reach the end or it has no `moov`."""
    return _Movie(file).read()


class _Movie:
    """Visits the boxes of one file and keeps their texts and numbers."""

    def __init__(self, file: BinaryIO) -> None:
        self._boxes = Boxes(file, "movie")
        self._blocks = Blocks()
        self._keys: list[str] = []
        self._all_known = True

    def read(self) -> Blocks:
        kinds = set()
        for box in self._boxes.inside(self._boxes.whole):
            kinds.add(box.kind)
            self._visit(box, b"")
        if b"moov" not in kinds:
            raise Unreadable("the movie has no table of contents (moov): it is cut off or damaged")
        self._blocks.all_known = self._all_known and self._blocks.duration is not None
        return self._blocks

    def _visit(self, box: Box, parent: bytes) -> None:
        if parent in PLAIN_BOXES.get(box.kind, ()):
            for child in self._boxes.inside(box):
                self._visit(child, box.kind)
            return
        match parent, box.kind:
            case ((b"" | b"moov" | b"trak" | b"udta"), b"meta"):
                self._meta(box)
            case b"moov", b"mvhd":
                self._blocks.duration = _duration(self._content(box))
            case b"trak", b"mdia":
                timed_text.read(self._boxes, box, self._blocks)
            case b"trak", b"tkhd":
                self._track(self._content(box))
            case b"udta", b"XMP_":
                self._blocks.xmp.append(self._content(box))
            case _, b"uuid":
                self._uuid(box)
            case ((b"meta" | b"ilst" | b"udta"), _):
                self._texts(box, parent)

    def _texts(self, box: Box, parent: bytes) -> None:
        match parent, box.kind:
            case b"meta", b"keys":
                self._keys = _key_names(self._content(box))
            case b"ilst", _:
                self._item(box)
            case b"udta", _:
                self._user_text(box)
            case _:
                self._pass_over(box.kind.decode("latin-1"))

    def _uuid(self, box: Box) -> None:
        if self._boxes.uuid(box) == XMP_UUID:
            self._blocks.xmp.append(self._content(box, UUID_SIZE))
        else:
            self._all_known = False

    def _search(self, name: str, box: Box) -> None:
        """Keep the texts of an unknown box, but not a picture in it."""
        if name == RIGHTS and box.size <= MOST_UNKNOWN:
            self._blocks.texts += [Text("rights", text, f"QuickTime {name}") for text in runs(self._content(box))]
        if name in SAY_NOTHING or name in CAMERAS:
            return
        if box.size > MOST_UNKNOWN:
            self._blocks.damages.append(
                f"the recording's user data holds more than {MOST_UNKNOWN} bytes of unknown kind"
            )
            return
        for text in runs(self._content(box).partition(b"\xff\xd8\xff")[0]):
            self._blocks.texts.append(Text("text", text, f"QuickTime {name}"))

    def _pass_over(self, name: str) -> None:
        self._all_known = self._all_known and name in SAY_NOTHING

    def _content(self, box: Box, skip: int = 0) -> bytes:
        return self._blocks.hold(self._boxes.content(box, skip))

    def _meta(self, box: Box) -> None:
        """Visit a meta box: a full box in MP4 (four bytes first), a plain one in QuickTime."""
        head = self._boxes.content(box, most=8)
        for child in self._boxes.inside(box, 0 if head[4:8] == b"hdlr" else 4):
            self._visit(child, b"meta")

    def _track(self, content: bytes) -> None:
        """Take size and turn from the first track with a picture."""
        at = 40 if content[:1] == b"\0" else 52
        if self._blocks.size is not None or len(content) < at + 44:
            return
        a, b, _, c, d = struct.unpack_from(">5i", content, at)
        width, height = struct.unpack_from(">II", content, at + 36)
        if width >> 16 and height >> 16:
            self._blocks.size = (width >> 16, height >> 16)
            turn = (_sign(a), _sign(b), _sign(c), _sign(d))
            self._blocks.orientation = TURNS.get(turn, 1)

    def _item(self, box: Box) -> None:
        """Read an ilst item. Its type is a name, or the number of a name in `keys`."""
        number = int.from_bytes(box.kind, "big")
        by_key = 0 < number <= len(self._keys)
        name = self._keys[number - 1] if by_key else box.kind.decode("latin-1")
        if name not in TEXT_KINDS:
            if name != FREE or not self._of_a_tool(box):
                self._pass_over(name)
                self._unknown_item(name, box)
            return
        for child in self._boxes.inside(box):
            if child.kind == DATA and child.end - child.start > 8:
                content = self._content(child)
                self._all_known = self._all_known and int.from_bytes(content[:4], "big") in UTF8
                self._keep(name, content[8:])

    def _unknown_item(self, name: str, box: Box) -> None:
        """Keep the texts of an item with an unknown name, under the name by its writer."""
        if name in SAY_NOTHING and name != RIGHTS:
            return
        for child in self._boxes.inside(box):
            if child.kind == DATA and 8 < child.size <= MOST_UNKNOWN:
                content = self._content(child)
                text = content[8:].decode("utf-8", "replace")
                if int.from_bytes(content[:4], "big") in UTF8 and text.isprintable():
                    named = name != RIGHTS and may_be_words(text)
                    self._blocks.texts.append(Text("text" if named else "rights", text, f"QuickTime {name}"))

    def _of_a_tool(self, box: Box) -> bool:
        names = [self._content(child)[4:] for child in self._boxes.inside(box) if child.kind == b"name"]
        return bool(names) and all(name.startswith(TOOLS) for name in names)

    def _user_text(self, box: Box) -> None:
        """Read a user-data text: length and language come before each string. 3GPP's texts are one string each."""
        name = box.kind.decode("latin-1")
        if (head := PLAIN_TEXTS.get(name)) is not None:
            content = self._content(box)
            self._all_known = self._all_known and len(content) >= head
            self._keep(name, content[head:].rstrip(b"\0"))
            return
        if name not in TEXT_KINDS or not name.startswith("\xa9"):
            self._pass_over(name)
            self._search(name, box)
            return
        content, at = self._content(box), 0
        while at + 4 <= len(content):
            (size,) = struct.unpack_from(">H", content, at)
            self._keep(name, content[at + 4 : at + 4 + size])
            at += 4 + size
        self._all_known = self._all_known and at <= len(content) and not content[at:].strip(b"\0")

    def _keep(self, name: str, value: bytes) -> None:
        kind, text = TEXT_KINDS[name], value.decode("utf-8", "replace")
        # Old movies have texts in the encodings of the Macintosh.
        self._all_known = self._all_known and "\ufffd" not in text
        if kind == "person" or name in PERFORMERS:
            people = text.replace("/", ";").split(";")
            self._blocks.texts += [Text("person", one.strip(), PEOPLE) for one in people]
        if kind != "person":
            self._blocks.texts.append(Text(kind, text, f"QuickTime {name}", separator=","))


def _duration(header: bytes) -> float | None:
    """Return the seconds in a movie header. A movie in fragments states none."""
    at, form, unknown = (12, ">II", 2**32 - 1) if header[:1] == b"\0" else (20, ">IQ", 2**64 - 1)
    if len(header) < at + struct.calcsize(form):
        return None
    scale, length = struct.unpack_from(form, header, at)
    return round(length / scale, 3) if scale and length not in (0, unknown) else None


def _key_names(content: bytes) -> list[str]:
    names, at = [], 8
    while at + 8 <= len(content):
        (size,) = struct.unpack_from(">I", content, at)
        if size < 8 or at + size > len(content):
            break
        names.append(content[at + 8 : at + size].decode("utf-8", "replace"))
        at += size
    return names


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)
