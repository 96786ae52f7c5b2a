"""Reads ID3v2 tags (id3.org, versions 2.2 to 2.4): people, descriptions, comments, lyrics, rights, chapters, and XMP.

MediaInfo reads such tags too, but keeps only one of several values of a frame, and leaves out musicians. Pictures and
other frames without text are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from dam_tagging.metadata.containers.blocks import MAX_PARTS, Blocks, Text, TextKind, take
from dam_tagging.metadata.fields.texts import may_be_words, runs

ID3 = "ID3"
"""The source of all performers. It is the same for all, so that a band and a soloist with different names are no
contradiction."""

HEAD = 10
TEXT_KINDS: dict[bytes, TextKind] = {
    b"TPE1": "person",
    b"TPE2": "person",
    b"TPE3": "person",
    b"TPE4": "person",
    b"TOPE": "person",
    b"TP1": "person",
    b"TP2": "person",
    b"TP3": "person",
    b"TP4": "person",
    b"TOA": "person",
    b"TIT1": "caption",
    b"TIT2": "caption",
    b"TIT3": "caption",
    b"TT1": "caption",
    b"TT2": "caption",
    b"TT3": "caption",
    b"TALB": "caption",
    b"TAL": "caption",
    b"TOAL": "caption",
    b"TRSN": "caption",
    b"TRSO": "caption",
    b"TCOM": "owner",
    b"TEXT": "owner",
    b"TDRC": "taken",
    b"TYER": "taken",
}
USER_KINDS: dict[str, TextKind] = {
    "personinimage": "person",
    "person": "person",
    "people": "person",
    "performer": "person",
    "artists": "person",
    "keywords": "keyword",
    "keyword": "keyword",
    "event": "event",
}
"""Meanings of TXXX frames, by their descriptions in lower case. Any other TXXX frame is a caption."""

ROLES = frozenset({b"TMCL", b"TIPL", b"IPLS", b"IPL"})
"""Frames with pairs of a role and a person."""

COMMENTS = frozenset({b"COMM", b"COM", b"USLT", b"ULT"})
TOOLS = ("iTun", "ID3v1")
"""Beginnings of the descriptions of comments that programs write for themselves."""

TERMS = b"USER"
"""The frame of the terms of use."""

LYRICS = frozenset({b"SYLT", b"SLT"})
CHAPTERS = {b"CHAP": 16, b"CTOC": 2}
"""Frames that hold other frames, and the bytes between their name and the inner frames (ID3v2 Chapter Frame Addendum)."""

SILENT = frozenset(
    {
        *(b"TENC", b"TSSE", b"TCOP", b"TPUB", b"TOWN", b"TLEN", b"TBPM", b"TCON", b"TFLT", b"TKEY", b"TLAN", b"TMED"),
        *(b"TRCK", b"TPOS", b"TDAT", b"TIME", b"TSRC", b"TOLY", b"TDTG", b"TDEN", b"TDOR", b"TDRL", b"TORY", b"TSIZ"),
        *(b"TEN", b"TSS", b"TCR", b"TPB", b"TLE", b"TBP", b"TCO", b"TFT", b"TKE", b"TLA", b"TMT", b"TRK", b"TPA"),
        *(b"TDA", b"TIM", b"TRC", b"TOL", b"TCM", b"TXT", b"TYE", b"TSI", b"TCP", b"TCMP", b"TSOC", b"TRD", b"TRDA"),
    }
)
"""Text frames of programs, rights, writers, numbers and days. They are kept as `rights`, not as `text`."""

ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_NOT_PLAIN = {3: 0x00C0, 4: 0x000C}
"""Flags of a frame that is compressed or encrypted."""


def read(file: BinaryIO, blocks: Blocks) -> None:
    """Add the texts of the tag that starts at the file's position, if there is one."""
    head = file.read(HEAD)
    if head[:3] != b"ID3":
        return
    if len(head) < HEAD:
        blocks.damages.append("the ID3 tag is cut off")
        return
    version, flags, size = head[3], head[5], _synchsafe(head[6:10])
    if version not in {2, 3, 4}:
        blocks.damages.append(f"the ID3 tag is of version 2.{version}, which is not read")
        return
    body = blocks.hold(take(file, size, "ID3 tag"))
    if flags & 0x80 and version < 4:
        body = body.replace(b"\xff\0", b"\xff")
    if flags & 0x40 and version > 2 and len(body) >= 4:
        # In 2.4 the size of an extended header includes the size field, in 2.3 it does not.
        body = body[_synchsafe(body[:4]) if version == 4 else 4 + int.from_bytes(body[:4], "big") :]
    for name, content in _frames(body, version, blocks):
        _frame(name, content, blocks)
        if name in CHAPTERS:
            for inner, said in _frames(_inside(name, content), version, blocks):
                _frame(inner, said, blocks)


def _inside(name: bytes, content: bytes) -> bytes:
    """Return the frames of a chapter: behind its name and times, or behind the names of its chapters."""
    start = content.find(b"\0") + 1 + CHAPTERS[name]
    if name == b"CTOC" and start <= len(content):
        for _ in range(content[start - 1] if start else 0):
            start = content.find(b"\0", start) + 1 or len(content)
    return content[start:]


def _frames(body: bytes, version: int, blocks: Blocks) -> Iterator[tuple[bytes, bytes]]:
    width, head = (3, 6) if version == 2 else (4, HEAD)
    at = 0
    for _ in range(MAX_PARTS):
        name = body[at : at + width]
        # Zeros are padding.
        if at + head > len(body) or not name.strip(b"\0"):
            return
        raw = body[at + width : at + 2 * width]
        size = _synchsafe(raw) if version == 4 else int.from_bytes(raw, "big")
        flags = int.from_bytes(body[at + 8 : at + 10], "big") if version > 2 else 0
        content = body[at + head : at + head + size]
        if len(content) != size:
            blocks.damages.append("the ID3 tag is damaged: a frame lies outside it")
            return
        at += head + size
        if flags & _NOT_PLAIN.get(version, 0):
            blocks.damages.append("a frame of the ID3 tag is compressed or encrypted and was not read")
            continue
        if version == 4:
            # Flag 1: a data length comes first. Flag 2: only this frame is unsynchronised.
            content = content[4:] if flags & 1 else content
            content = content.replace(b"\xff\0", b"\xff") if flags & 2 else content
        yield name, content
    blocks.damages.append(f"the ID3 tag holds more than {MAX_PARTS} frames; the rest was not read")


def _frame(name: bytes, content: bytes, blocks: Blocks) -> None:
    source = f"{ID3} {name.decode('latin-1')}"
    if name in TEXT_KINDS:
        for text in _texts(content):
            _keep(TEXT_KINDS[name], text, source, blocks)
    elif name in ROLES:
        for text in _texts(content)[1::2]:
            _keep("person", text, source, blocks)
    elif name in {b"TXXX", b"TXX"}:
        described, *texts = _texts(content) or [""]
        for text in texts:
            _keep(USER_KINDS.get(described.strip().casefold(), "caption"), text, f"{source} {described}", blocks)
    elif name in COMMENTS:
        # A language of three letters is between the encoding and the description.
        described, *texts = _texts(content[:1] + content[4:]) or [""]
        for text in texts if described.startswith(TOOLS) else (described, *texts):
            _keep("caption", text, source, blocks)
    elif name == b"PRIV" and content.startswith(b"XMP\0"):
        blocks.xmp.append(content[4:])
    else:
        _other(name, content, blocks)


def _other(name: bytes, content: bytes, blocks: Blocks) -> None:
    """Keep lyrics with times, and the texts of frames that no table lists."""
    source = f"{ID3} {name.decode('latin-1')}"
    if name in LYRICS:
        blocks.texts += [Text("text", text, source) for text in runs(content[6:])]
    elif name == TERMS:
        # A language of three letters is between the encoding and the text.
        blocks.texts += [Text("rights", text, source) for text in _texts(content[:1] + content[4:])]
    elif name.startswith(b"T"):
        for text in _texts(content):
            named = name not in SILENT and may_be_words(text)
            blocks.texts.append(Text("text" if named else "rights", text, source))


def _keep(kind: TextKind, text: str, source: str, blocks: Blocks) -> None:
    # In 2.3 a slash separates the people of one frame.
    for part in text.replace("/", ";").split(";") if kind == "person" else (text,):
        if part.strip():
            separator = ";" if ";" in part else ","
            blocks.texts.append(Text(kind, part.strip(), ID3 if kind == "person" else source, separator))


def _texts(content: bytes) -> list[str]:
    """Return the strings of a text frame: its first byte gives the encoding, zeros separate them."""
    if not content or content[0] >= len(ENCODINGS):
        return []
    encoding = ENCODINGS[content[0]]
    if content[0] == 1:
        # Each string may bring a byte order of its own.
        encoding = "utf-16-be" if content[1:3] == b"\xfe\xff" else "utf-16-le"
    return [text.lstrip("\ufeff") for text in content[1:].decode(encoding, "replace").split("\0")]


def _synchsafe(raw: bytes) -> int:
    """Return a number of seven bits a byte."""
    value = 0
    for byte in raw:
        value = value << 7 | byte & 0x7F
    return value
