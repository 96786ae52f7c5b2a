"""Reads PDF (ISO 32000) with pypdf: the XMP of the document and its first pages, Photoshop's resources, the Info fields.

The file is read strictly, by its own tables: searching a damaged file for objects would read all of it. Pictures and
texts of pages are not read.
"""

from __future__ import annotations

import logging
import time
import zlib
from collections import deque
from io import BytesIO
from typing import BinaryIO, cast

import pypdf
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, NullObject, PdfObject, StreamObject

from dam_tagging.metadata.containers import psd
from dam_tagging.metadata.containers.blocks import LIBRARY_ERRORS, Blocks, Damaged, Text, TextKind, Unreadable, length
from dam_tagging.metadata.fields.texts import may_be_words

# pypdf logs content of the file, which may be a name.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

TEXTS: dict[str, TextKind] = {"/Title": "caption", "/Subject": "caption", "/Author": "owner"}
KEYWORDS, APPLE_KEYWORDS = "/Keywords", "/AAPL:Keywords"
SILENT = frozenset({"/Creator", "/Producer", "/CreationDate", "/ModDate", "/Trapped", "/Company"})
"""Fields of Info without names of people: the date of the PDF, and its program or firm."""

MAX_FIELDS = 100
MAX_NODES = 20
"""Most nodes of the page tree that are read. Only files of one or a few pictures have facts about people there."""

MAX_READS, MAX_READ, MAX_SECONDS = 200_000, 32 * 1024 * 1024, 0.5
"""Most steps, bytes and processor time for one file."""

TAIL = 1024
"""The mark of the file's end has to be in this many last bytes (ISO 32000-1, 7.5.5 and Acrobat's note on it)."""

TABLE, OBJECTS, METADATA = 1024 * 1024, 512 * 1024, 4 * 1024 * 1024
"""Most unpacked bytes of one cross-reference stream, one stream of objects, one metadata stream. Real ones are far
smaller."""

PARSE_ERRORS = (*LIBRARY_ERRORS, PyPdfError, RuntimeError, zlib.error)
"""Errors that pypdf raises on damaged files. Its documentation warns of kinds besides its own."""


def read(file: BinaryIO) -> Blocks:
    """Return the blocks of a PDF; raise `Unreadable` if its tables are damaged or it needs a password.

    An encrypted PDF that opens without a password is read if pypdf can: RC4 always, AES with `cryptography` installed.
    """
    bounded = _Bounded(file)
    file.seek(max(0, length(file) - TAIL))
    tail = file.read(TAIL)
    if not all(word in tail for word in (b"startxref", b"%%EOF")):
        raise Unreadable("the PDF has no end: it is cut off or damaged")
    try:
        with pypdf.apply_configuration(_limits(TABLE)):
            reader = pypdf.PdfReader(
                cast("BinaryIO", bounded),
                strict=True,
                root_object_recovery_limit=0,
                xref_stream_maximum_entries=MAX_READS,
            )
        with pypdf.apply_configuration(_limits(OBJECTS)):
            return _Document(reader, bounded).read()
    except DependencyError as error:
        raise Unreadable("the PDF is encrypted in a way that this installation cannot read") from error
    except PARSE_ERRORS as error:
        raise Unreadable("the PDF is damaged, or holds more than is read, or it wants a password") from error


def _limits(most: int) -> pypdf.Configuration:
    """Return the limits for unpacking by pypdf: a few bytes may unpack to gigabytes."""
    return pypdf.Configuration(
        maximum_declared_stream_length=METADATA,
        array_based_stream_maximum_output_length=most,
        lzw_maximum_output_length=most,
        run_length_maximum_output_length=most,
        zlib_maximum_output_length=most,
        zlib_maximum_recovery_input_length=0,
        brotli_maximum_output_length=most,
        stream_filters_maximum_length=4,
        stream_decoding_work_maximum_length=4 * most,
        jbig2dec_binary=None,
        disable_legacy_handling=True,
    )


class _Document:
    """Takes the metadata of one PDF."""

    def __init__(self, reader: pypdf.PdfReader, file: _Bounded) -> None:
        self._trailer = reader.trailer
        self._is_encrypted = reader.is_encrypted
        self._file = file
        self._blocks = Blocks()

    def read(self) -> Blocks:
        root = self._dictionary(self._trailer, "/Root")
        if not root:
            raise Unreadable("the PDF has no catalogue: it is damaged")
        for part in (self._info, self._pages):
            try:
                part(root)
            except (*PARSE_ERRORS, DependencyError) as error:
                if isinstance(error, DependencyError) and self._is_encrypted:
                    raise
                self._blocks.damages.append("a part of the PDF's metadata is damaged, or larger than is read")
            except Damaged as error:
                self._blocks.damages.append(str(error))
        return self._blocks

    def _info(self, _root: DictionaryObject) -> None:
        info = self._dictionary(self._trailer, "/Info")
        for key, kind in TEXTS.items():
            if text := self._text(info, key):
                self._blocks.texts.append(Text(kind, text, f"PDF {key[1:]}"))
        if text := self._text(info, KEYWORDS):
            # Without a separator the text may be one keyword, or single words as in exiftool. Names must be found in
            # both cases.
            separators = [sign for sign in ",;" if sign in text] or ["\n", " "]
            self._blocks.texts += [Text("keyword", text, "PDF Keywords", separator=sign) for sign in separators]
        for key in list(info)[:MAX_FIELDS]:
            if key not in TEXTS and key not in {KEYWORDS, APPLE_KEYWORDS} and (text := self._text(info, key)):
                named = key not in SILENT and may_be_words(text)
                self._blocks.texts.append(Text("text" if named else "rights", text, f"PDF {key[1:]}"))
        for item in self._array(info, APPLE_KEYWORDS):
            self._blocks.texts.append(Text("keyword", str(self._resolved(item)), "PDF AAPL:Keywords", separator="\n"))

    def _pages(self, root: DictionaryObject) -> None:
        """Add the metadata of the document, then of its first pages, level by level of the page tree."""
        self._metadata(root)
        todo, left = deque([self._dictionary(root, "/Pages")]), MAX_NODES
        while todo and left:
            node, left = todo.popleft(), left - 1
            self._metadata(node)
            kids = [self._resolved(kid) for kid in self._array(node, "/Kids")[:left]]
            todo += [kid for kid in kids if isinstance(kid, DictionaryObject)]

    def _metadata(self, holder: DictionaryObject) -> None:
        """Add the XMP of a catalogue or page, and the resources that Photoshop keeps with it."""
        packet = self._stream(holder, "/Metadata")
        if packet:
            self._blocks.xmp.append(self._blocks.hold(packet))
        for key in ("/PieceInfo", "/AdobePhotoshop", "/Private"):
            holder = self._dictionary(holder, key)
        resources = self._stream(holder, "/ImageResources")
        try:
            psd.add_resources(BytesIO(resources), 0, len(resources), self._blocks)
        except Unreadable as error:
            raise Damaged(str(error)) from error

    def _stream(self, holder: DictionaryObject, key: str) -> bytes:
        """Return an unpacked stream. A stream with a predictor is no metadata, and slow to undo."""
        stream = self._resolved(holder.get(key))
        if not isinstance(stream, StreamObject):
            return b""
        if "/DecodeParms" in stream:
            raise Damaged("a metadata stream of the PDF is packed in a way that is not read")
        with pypdf.apply_configuration(_limits(METADATA)):
            data = stream.get_data()
        if not data:
            # pypdf returns nothing if it cannot unpack.
            raise Damaged("a metadata stream of the PDF is damaged, or empty")
        return data

    def _resolved(self, value: PdfObject | None) -> PdfObject | None:
        self._file.spend()
        return value.get_object() if value is not None else None

    def _dictionary(self, holder: DictionaryObject, key: str) -> DictionaryObject:
        found = self._resolved(holder.get(key))
        return found if isinstance(found, DictionaryObject) else DictionaryObject()

    def _array(self, holder: DictionaryObject, key: str) -> list[PdfObject]:
        found = self._resolved(holder.get(key))
        return list(found) if isinstance(found, ArrayObject) else []

    def _text(self, info: DictionaryObject, key: str) -> str:
        value = self._resolved(info.get(key))
        if value is None or isinstance(value, NullObject):
            return ""
        return value.decode("latin-1") if isinstance(value, bytes) else str(value)


class _Bounded:
    """A file with limits on the bytes, steps and time of reading, so that a parser cannot loop forever."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._steps = MAX_READS
        self._bytes = MAX_READ
        self._end = time.thread_time() + MAX_SECONDS

    def spend(self) -> None:
        """Count a step; raise `OSError` at the limit, and at every step after it."""
        self._steps -= 1
        if self._steps < 0 or self._bytes < 0 or time.thread_time() > self._end:
            self._steps = 0
            raise OSError("the file holds more than is read")

    def read(self, count: int = -1) -> bytes:
        """Return the next bytes, within the limits."""
        self.spend()
        data = self._file.read(count if 0 <= count <= self._bytes else self._bytes + 1)
        self._bytes -= len(data)
        if self._bytes < 0:
            self.spend()
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move, as files do."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()
