"""Reads the bytes behind a JPEG's picture: trailers of programs and cameras, whole files, and unknown bytes.

It finds AFCP, FotoStation, Photo Mechanic, Samsung and Canon VRD by their end. Their makers do not document them;
exiftool's modules of these names do. It finds the pictures of MPF (CIPA DC-007) and the video of a motion photo by the
JPEG's head. The remaining bytes are searched for texts. If they are more than the limit, the file counts as read in part.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import SEEK_SET, RawIOBase
from itertools import pairwise
from typing import BinaryIO

from dam_tagging.metadata.containers.blocks import Blocks, Text, length
from dam_tagging.metadata.fields.texts import runs

BLOCK = 64 * 1024
"""Bytes of a block in which a file is fetched. The first look at its end takes only the last block.

If no picture ends in that block, MOST_UNKNOWN bytes are read.
"""

LEAST = 4 * 1024
MOST_UNKNOWN = 1024 * 1024
MOST_TRAILERS, MOST_EMBEDDED, MOST_ENTRIES = 16, 16, 1_000
MOST_VALUE = 64 * 1024
"""Most bytes of a text entry in a known trailer. A larger entry is no text but a depth map, a sound or a picture."""

EOI, PICTURE = b"\xff\xd9", b"\xff\xd8\xff"
FILES = (PICTURE, b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF", b"%PDF-", b"II*\0", b"MM\0*")
ARCHIVE = b"PK\3\4"
UNREAD = "behind the picture lies more than is read, which may name somebody: save the picture anew without it"
ARCHIVED = "behind the picture lies an archive, whose files were not read: save the picture anew without it"
SOURCE = "behind the picture"
_PACKET, _PACKET_END = re.compile(rb"<x:x[am]pmeta\b"), re.compile(rb"</x:x[am]pmeta\s{0,100}>")
_WRAPPER = re.compile(rb"<\?xpacket[^>]{0,200}\?>")
_OFFSET = re.compile(rb"(?:MicroVideoOffset|Item:Length)\s*(?:=\s*[\"']|>)\s*(\d{1,10})")
# In the data of a scan, zero or a restart mark follows a byte of 255. Other scans have their headers.
_NO_SCAN = re.compile(rb"\xff(?![\x00\x01\xff\xd0-\xd9\xc4\xda\xdb\xdd\xfe]|$)", re.DOTALL)


@dataclass(slots=True)
class Hints:
    """The files behind a JPEG's picture by its head: their starts, in bytes from the file's start, and from its end."""

    starts: list[int] = field(default_factory=list)
    from_end: list[int] = field(default_factory=list)


def hints(mpf: Iterable[tuple[int, bytes]], packets: Iterable[bytes]) -> Hints:
    """Return the files listed by MPF segments (each with its block's place in the file) and by XMP packets."""
    found = Hints()
    for place, block in mpf:
        found.starts += _pictures(place, block)
    for packet in packets:
        lengths = [int(each) for each in _OFFSET.findall(packet)[:MOST_EMBEDDED]]
        found.from_end += [*lengths, *(sum(lengths[at:]) for at in range(len(lengths)))]
    return found


def _pictures(place: int, block: bytes) -> Iterator[int]:
    """Yield the starts of the further pictures of a multi-picture file: tag 0xB002, 16 bytes for each picture."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return
    (at,) = struct.unpack_from(f"{order}I", block, 4)
    if at + 2 > len(block):
        return
    (count,) = struct.unpack_from(f"{order}H", block, at)
    for number in range(min(count, MOST_EMBEDDED)):
        entry = at + 2 + 12 * number
        if entry + 12 > len(block):
            return
        tag, _, size, start = struct.unpack_from(f"{order}HHII", block, entry)
        if tag == 0xB002:
            for one in range(start, min(start + size, len(block) - 15, start + 16 * MOST_EMBEDDED), 16):
                (offset,) = struct.unpack_from(f"{order}I", block, one + 8)
                if offset:
                    yield place + offset


def read(file: BinaryIO, start: int, known: Hints, blocks: Blocks) -> None:
    """Add the facts behind a picture whose first scan starts at `start`."""
    _Behind(file, start, blocks).read(known)


def after(file: BinaryIO, end: int, blocks: Blocks) -> None:
    """Add the facts behind a picture whose container states its last byte."""
    size = length(file)
    if end < size:
        _Behind(file, end, blocks).after()


class _Behind:
    """Takes parts off the end of a file, one after the other."""

    def __init__(self, file: BinaryIO, start: int, blocks: Blocks) -> None:
        self._file = file
        self._start = start
        self._size = length(file)
        self._end = self._size
        self._blocks = blocks

    def read(self, known: Hints) -> None:
        if self._ends_with(EOI) and not known.starts and not self._holds_a_second():
            return
        for _ in range(MOST_TRAILERS):
            if not self._take_known():
                break
        self._files(known)
        self._rest()

    def after(self) -> None:
        """Search all of it, from the first byte."""
        for _ in range(MOST_TRAILERS):
            if not self._take_known():
                break
        if self._end - self._start <= MOST_UNKNOWN:
            self._unknown(self._bytes(self._start, self._end), self._start)
        elif _is_file(self._bytes(self._start, self._start + 16)):
            self._embed(self._start, self._end)
        else:
            self._blocks.damages.append(UNREAD)

    def _bytes(self, start: int, end: int) -> bytes:
        self._file.seek(max(start, self._start))
        return self._file.read(max(end - max(start, self._start), 0))

    def _ends_with(self, mark: bytes) -> bool:
        return self._bytes(self._end - len(mark), self._end) == mark

    def _holds_a_second(self) -> bool:
        """Whether another picture ends before the last one. This costs only the read of the last block."""
        return EOI in self._bytes(self._block(), self._end - len(EOI))

    def _block(self) -> int:
        return min((self._end - 1) // BLOCK * BLOCK, self._end - LEAST)

    def _take_known(self) -> bool:
        """Take off the trailer at the end if it is known; return whether it was."""
        foot = self._bytes(self._end - 64, self._end)
        for take in TRAILERS:
            before = take(self, foot)
            if before is not None and self._start <= before < self._end:
                self._end = before
                return True
        return False

    def _files(self, known: Hints) -> None:
        """Note the files whose places the head of the JPEG states, and end before the first of them."""
        places = {*known.starts, *(self._size - each for each in known.from_end)}
        inside = sorted(place for place in places if self._start < place < self._end)[: 2 * MOST_EMBEDDED]
        found = [place for place in inside if _is_file(self._bytes(place, place + 16))]
        for place, following in pairwise([*found, self._end]):
            self._embed(place, following)
        self._end = min([self._end, *found])

    def _embed(self, start: int, end: int) -> None:
        if len(self._blocks.embedded) < MOST_EMBEDDED:
            self._blocks.embedded.append((start, end))
        elif UNREAD not in self._blocks.damages:
            self._blocks.damages.append(UNREAD)

    def _rest(self) -> None:
        """Search the bytes between the end of the picture and the known parts."""
        for most in (self._end - self._block(), MOST_UNKNOWN):
            window = self._bytes(self._end - most, self._end)
            at = window.find(EOI)
            if at >= 0:
                self._unknown(window[at + len(EOI) :], self._end - len(window) + at + len(EOI))
                return
            if self._end - most <= self._start:
                break
        # No picture ends here: it is cut off inside its scan, or hidden by what follows it.
        if len(window) >= MOST_UNKNOWN and (_NO_SCAN.search(window) or b"\xff" not in window):
            self._blocks.damages.append(UNREAD)
        elif len(window) < MOST_UNKNOWN:
            self._cut(window)

    def _cut(self, window: bytes) -> None:
        """Take the bytes behind a picture without an end: from the first bytes that cannot be part of a scan."""
        other = _NO_SCAN.search(window)
        if other:
            self.texts(window[other.start() :], SOURCE)

    def _unknown(self, data: bytes, place: int) -> None:
        if not data.strip(b"\0\xff"):
            return
        skipped = len(data) - len(data.lstrip(b"\0"))
        data, place = data[skipped:], place + skipped
        if _is_file(data[:16]):
            self._embed(place, self._end)
            # A picture's own trailers are read with it. The bytes that its reader does not reach can only be text.
            if not data.startswith(PICTURE):
                self.texts(data, SOURCE)
        elif data.startswith(ARCHIVE):
            self._archive(place)
        else:
            for second in (data.find(PICTURE), data.find(FILES[1])):
                if second > 0:
                    self._embed(place + second, self._end)
            self.texts(data, SOURCE)

    def _archive(self, place: int) -> None:
        self._blocks.damages.append(ARCHIVED)
        try:
            with zipfile.ZipFile(Part(self._file, place, self._end)) as archive:
                names = [each.filename for each in archive.infolist()[:MOST_ENTRIES]]
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error):
            return
        self._blocks.texts += [Text("text", name, "name in an archive") for name in names]

    def texts(self, data: bytes, source: str) -> None:
        """Keep the XMP packets and the texts among these bytes."""
        self._blocks.hold(data)
        packets = list(_packets(data))
        self._blocks.xmp += packets
        for packet in packets:
            data = data.replace(packet, b"\0", 1)
        self._blocks.texts += [Text("text", text, source) for text in runs(_WRAPPER.sub(b"\0", data))]

    def records(self, data: bytes, source: str) -> None:
        """Keep bytes as IPTC records; if they are none, keep the texts in them."""
        if data[:1] == b"\x1c":
            self._blocks.iim.append(self._blocks.hold(data))
        elif data.startswith(b"8BIM"):
            self._blocks.photoshop.append(self._blocks.hold(data))
        else:
            self.texts(data, source)

    # One method for each trailer. It returns the trailer's start; None if the file ends with another

    def afcp(self, foot: bytes) -> int | None:
        """AFCP: a directory of tags. Their places count from the start of the file (exiftool, AFCP.pm)."""
        if foot[-12:-8] not in (b"AXS!", b"AXS*"):
            return None
        order = "<" if foot[-12:-8] == b"AXS*" else ">"
        start = int(struct.unpack(f"{order}I", foot[-8:-4])[0])
        if not self._start <= start < self._end - 12 or self._end - start > MOST_UNKNOWN:
            return None
        data = self._bytes(start, self._end - 12)
        if len(data) < 12 or data[:3] != b"AXS":
            return None
        (count,) = struct.unpack_from(f"{order}H", data, 6)
        for at in range(12, min(12 + 12 * count, len(data) - 11), 12):
            tag, size, place = struct.unpack_from(f"{order}4sII", data, at)
            value = data[place - start : place - start + size] if place >= start else b""
            if not value or len(value) != size:
                self.texts(data, "AFCP")
                return start
            if tag == b"IPTC":
                self.records(value, "AFCP")
            elif not value.startswith(PICTURE):
                self.texts(value, "AFCP")
        return start

    def foto_station(self, foot: bytes) -> int | None:
        """FotoStation: blocks with their sizes behind them. The first kind holds IPTC (exiftool, FotoStation.pm)."""
        if foot[-4:] != b"\xa1\xb2\xc3\xd4":
            return None
        kind, size = (int.from_bytes(foot[at : at + width], "big") for at, width in ((-10, 2), (-8, 4)))
        start = self._end - size
        if size < 10 or start < self._start:
            return None
        if size > MOST_UNKNOWN:
            self._blocks.damages.append(UNREAD)
            return start
        data = self._bytes(start, self._end - 10)
        if kind == 1:
            self.records(data, "FotoStation")
        elif not data.startswith(PICTURE):
            self.texts(data, "FotoStation")
        return start

    def photo_mechanic(self, foot: bytes) -> int | None:
        """Photo Mechanic: records like IPTC's on crop, rating and tags of the picture (exiftool, PhotoMechanic.pm)."""
        if foot[-8:] != b"cbipcbbl":
            return None
        size = int.from_bytes(foot[-12:-8], "big")
        start = self._end - 12 - size
        if start < self._start or size > MOST_UNKNOWN:
            return None
        self.records(self._bytes(start, self._end - 12), "PhotoMechanic")
        return start

    def canon_vrd(self, foot: bytes) -> int | None:
        """Canon's recipe: settings of its converter (exiftool, CanonVRD.pm). Only an XMP packet in it can name people."""
        if not foot.startswith(b"CANON OPTIONAL DATA\0"):
            return None
        size = int.from_bytes(foot[20:24], "big")
        start = self._end - size - 92
        if start < self._start or not self._bytes(start, start + 20).startswith(b"CANON OPTIONAL DATA\0"):
            return None
        for found in _packets(self._bytes(start, min(self._end, start + MOST_UNKNOWN))):
            self._blocks.xmp.append(self._blocks.hold(found))
        return start

    def samsung(self, foot: bytes) -> int | None:
        """Samsung: entries before a directory that counts backwards from itself (exiftool, Samsung.pm)."""
        if foot[-4:] != b"SEFT":
            return None
        size = int.from_bytes(foot[-8:-4], "little")
        place = self._end - 8 - size
        directory = self._bytes(place, self._end - 8) if size <= MOST_VALUE else b""
        if len(directory) < 12 or directory[:4] != b"SEFH":
            return None
        (count,) = struct.unpack_from("<I", directory, 8)
        first = place
        for entry in range(12, min(12 + 12 * min(count, MOST_ENTRIES), len(directory) - 11), 12):
            back, span = (int.from_bytes(directory[at : at + 4], "little") for at in (entry + 4, entry + 8))
            if not span <= back <= place - self._start:
                return None
            first = min(first, place - back)
            self._samsung_entry(place - back, span)
        return first

    def _samsung_entry(self, place: int, span: int) -> None:
        head = self._bytes(place, place + min(span, 256))
        if len(head) < 8:
            return
        (width,) = struct.unpack_from("<I", head, 4)
        start = place + 8 + min(width, span)
        end = place + span
        first = self._bytes(start, min(start + 16, end))
        if _is_file(first):
            self._embed(start, end)
        elif end - start <= MOST_VALUE:
            self.texts(self._bytes(start, end), "Samsung trailer")


TRAILERS: tuple[Callable[[_Behind, bytes], int | None], ...] = (
    _Behind.afcp,
    _Behind.foto_station,
    _Behind.photo_mechanic,
    _Behind.canon_vrd,
    _Behind.samsung,
)


def _packets(data: bytes) -> Iterator[bytes]:
    """Yield the XMP packets among these bytes, up to the limit."""
    at = 0
    for _ in range(MOST_EMBEDDED):
        start = _PACKET.search(data, at)
        end = _PACKET_END.search(data, start.end()) if start else None
        if start is None or end is None:
            return
        at = end.end()
        yield data[start.start() : at]


def _is_file(head: bytes) -> bool:
    return head.startswith(FILES) or head[4:8] == b"ftyp"


class Part(RawIOBase):
    """A file inside another file, from `start` to `end`."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        """Begin at the part's first byte."""
        self._file = file
        self._first = start
        self._size = max(end - start, 0)
        self._at = 0

    def readable(self) -> bool:
        """Return True: the part can be read."""
        return True

    def seekable(self) -> bool:
        """Return True: the part can be searched by position."""
        return True

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Go to a place within the part."""
        base = (0, self._at, self._size)[whence]
        self._at = max(base + offset, 0)
        return self._at

    def tell(self) -> int:
        """Return the place within the part."""
        return self._at

    def read(self, count: int = -1) -> bytes:
        """Return bytes of the part, never beyond its end."""
        left = max(self._size - self._at, 0)
        self._file.seek(self._first + self._at)
        data = self._file.read(left if count is None or count < 0 else min(count, left))
        self._at += len(data)
        return data
