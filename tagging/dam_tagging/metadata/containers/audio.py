"""Reads the metadata of sound and video with MediaInfo (pymediainfo). ID3 and end tags have our own readers.

`read` is for formats without another reader. `beside` adds MediaInfo to another reader, for content that this reader does
not know. MediaInfo reads from the open file, never from a path, and within a budget of bytes. Its library has no wheel
for musl. Without the library a recording counts as read in part.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

from dam_tagging.metadata.containers import end_tags, riff, timed_text
from dam_tagging.metadata.containers.blocks import Blocks, Text, TextKind, Unreadable
from dam_tagging.metadata.fields import id3
from dam_tagging.metadata.fields.texts import may_be_words

MEDIAINFO = "MediaInfo"
"""The source of all performers. It is the same for all, so that a band and a soloist with different names are no
contradiction."""

MAX_READ = 16 * 1024 * 1024
MAX_READS = 1_000
"""Most reads and bytes for MediaInfo: it asks for blocks of 64 KiB at any place."""

MISSING = "MediaInfo's library is missing here, so that the recording was read in part: install libmediainfo"
KINDS: dict[str, TextKind] = {
    "performer": "person",
    "album_performer": "person",
    "artist": "person",
    "album_artist": "person",
    "lead_performer": "person",
    "accompaniment": "person",
    "conductor": "person",
    "actor": "person",
    "personinimage": "person",
    "person": "person",
    "people": "person",
    "title": "caption",
    "track": "caption",
    "movie": "caption",
    "album": "caption",
    "comment": "caption",
    "description": "caption",
    "synopsis": "caption",
    "summary": "caption",
    "subject": "caption",
    "lyrics": "caption",
    "keywords": "keyword",
    "keyword": "keyword",
    "event": "event",
    "author": "owner",
    "composer": "owner",
    "director": "owner",
    "producer": "owner",
    "copyright": "rights",
    "publisher": "rights",
    "encodedby": "rights",
    "encoded_by": "rights",
    "owner": "rights",
    "termsofuse": "rights",
    "recorded_date": "taken",
    "date": "taken",
}
AMBIGUOUS = {"Wave": "director", "AVI": "director", "FLAC": "composer", "Ogg": "composer"}
"""MediaInfo's name for the artist in these formats: IART of RIFF, ARTIST beside PERFORMER of Vorbis."""

FREE_TAGS = frozenset({"FLAC", "Ogg", "Matroska", "WebM"})
"""Formats in which a tag may have any name. A tag with an unknown name is a caption."""

OWN_TRACKS = frozenset({"MPEG-4", "QuickTime", "AVI"})
"""Formats whose text tracks our own readers read or report as unread."""

TECHNICAL = frozenset({"errordetectiontype", "encoder", "ismetadata", "conformanceerrors", "istruncated"})
TURNS = {90: 6, 180: 3, 270: 8}
"""The EXIF orientation for a video's rotation in degrees, clockwise."""


def read(file: BinaryIO) -> Blocks:
    """Return the contents of a recording without another reader, from MediaInfo and the tags at its start and end.

    Raises `Unreadable` for a recording whose format MediaInfo does not know.
    """
    blocks = Blocks()
    file.seek(0)
    id3.read(file, blocks)
    end_tags.read(file, blocks)
    return _known(file, blocks)


def read_avi(file: BinaryIO) -> Blocks:
    """Return the contents of an AVI, also its XMP and the names of its streams; raises `Unreadable` as `read` does."""
    blocks = Blocks()
    try:
        riff.add_avi(file, blocks)
    except Unreadable as error:
        blocks.damages.append(str(error))
    return _known(file, blocks)


def _known(file: BinaryIO, blocks: Blocks) -> Blocks:
    file.seek(0)
    if (tracks := _listen(file, blocks)) is not None and tracks < 2:
        raise Unreadable("the recording holds neither sound nor picture that is known: it is cut off or damaged")
    return blocks


def beside(reader: Callable[[BinaryIO], Blocks]) -> Callable[[BinaryIO], Blocks]:
    """Return a reader that also asks MediaInfo if `reader` met an unknown part. The same text is kept once."""

    def both(file: BinaryIO) -> Blocks:
        blocks = reader(file)
        if not blocks.all_known and _listen(file, blocks) == 0:
            blocks.damages.append("MediaInfo does not know the format of the recording: it is cut off or damaged")
        return blocks

    return both


def is_installed() -> bool:
    """Whether MediaInfo's library can be loaded."""
    try:
        from pymediainfo import MediaInfo  # noqa: PLC0415 - as below

        return MediaInfo.can_parse()
    except (ImportError, OSError):
        return False


def _listen(file: BinaryIO, blocks: Blocks) -> int | None:
    """Add MediaInfo's findings; return the number of tracks it knows, including the container; None without the library."""
    bounded = _Bounded(file)
    try:
        # The import is late because the library is optional at run time, and large.
        from pymediainfo import MediaInfo  # noqa: PLC0415

        text = MediaInfo.parse(bounded, output="JSON", parse_speed=0, full=False)
    except (ImportError, OSError):
        blocks.damages.append(MISSING)
        return None
    except (RuntimeError, ValueError):
        bounded.check(blocks)
        return 0
    bounded.check(blocks)
    try:
        tracks = json.loads(str(text), strict=False)["media"]["track"]
        general = _decoded(tracks[0])
        videos = [_decoded(track) for track in tracks if track["@type"] == "Video"]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return 0
    if general.get("istruncated"):
        blocks.damages.append("the recording is cut off")
    _measure(general, videos, blocks)
    _name(general, blocks)
    _tracks(tracks[1:], general, blocks)
    return len(tracks) if "format" in general else 0


def _measure(general: dict[str, str], videos: list[dict[str, str]], blocks: Blocks) -> None:
    with suppress(ValueError, KeyError):
        blocks.duration = float(general["duration"])
    for video in videos:
        with suppress(ValueError, KeyError):
            if blocks.size is None:
                blocks.size = (int(video["width"]), int(video["height"]))
                blocks.orientation = TURNS.get(round(float(video.get("rotation", "0"))))


def _tracks(tracks: list[Any], general: dict[str, str], blocks: Blocks) -> None:
    """Keep titles of tracks and chapters. Report a text track as unread, since MediaInfo does not read it."""
    for track in tracks:
        kind, said = track["@type"], _decoded(track)
        titles = said.values() if kind == "Menu" else filter(None, [said.get("title")])
        known = {text.text.strip() for text in blocks.texts}
        for title in titles:
            if may_be_words(title) and title.strip() not in known | {kind}:
                blocks.texts.append(
                    Text("text", title, f"{MEDIAINFO} {'chapter' if kind == 'Menu' else 'track title'}")
                )
        if kind == "Text" and general.get("format") not in OWN_TRACKS and timed_text.UNREAD not in blocks.damages:
            blocks.damages.append(timed_text.UNREAD)


def _name(general: dict[str, str], blocks: Blocks) -> None:
    """Keep the texts about the recording and its people that our own reader has not kept already."""
    kinds = KINDS | dict.fromkeys(filter(None, [AMBIGUOUS.get(general.get("format", ""))]), "person")
    is_free = general.get("format") in FREE_TAGS
    known = {(text.kind, text.text.strip()) for text in blocks.texts}
    for name, value in general.items():
        bare = name.removeprefix("extra ")
        kind = kinds.get(bare)
        if kind is None and is_free and name != bare and bare not in TECHNICAL:
            kind = "caption"
        if kind is None:
            continue
        for text in value.replace("/", ";").split(";") if kind == "person" else (value,):
            if text.strip() and (kind, text.strip()) not in known:
                known.add((kind, text.strip()))
                source = MEDIAINFO if kind == "person" else f"{MEDIAINFO} {bare}"
                blocks.texts.append(Text(kind, text.strip(), source, ";" if ";" in text else ","))


def _decoded(track: dict[str, Any]) -> dict[str, str]:
    """Return the texts of a track by their names in lower case. Texts of `extra` have the name `extra NAME`."""
    found = {}
    for name, value in track.items():
        if name == "extra" and isinstance(value, dict):
            found.update({f"extra {key}": text for key, text in _decoded(value).items()})
        elif text := _text(value):
            found[name.casefold()] = text
    return found


def _text(value: object) -> str:
    match value:
        case str():
            return value
        case {"@dt": "binary.base64", "#value": str(encoded)}:
            # MediaInfo encodes a text with control characters.
            return base64.b64decode(encoded).decode("utf-8", "replace")
        case list():
            return " / ".join(filter(None, map(_text, value)))
        case _:
            return ""


class _Bounded(io.RawIOBase):
    """The file for MediaInfo: it ends when the budget is used up. `check` raises an error of the file.

    If `read` raised that error, the library would not free its memory.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = MAX_READ
        self._reads = 0
        self._error: Exception | None = None
        self._spent = False

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, count: int = -1) -> bytes:
        self._reads += 1
        if self._error or self._reads > MAX_READS or self._left <= 0:
            self._spent = True
            return b""
        try:
            data = self._file.read(min(count, self._left) if count >= 0 else self._left)
        except Exception as error:  # noqa: BLE001 - raised again, once the library has let go
            self._error = error
            return b""
        self._left -= len(data)
        return data

    def check(self, blocks: Blocks) -> None:
        """Raise the error that the file raised; report damage if the budget was too small."""
        if self._error:
            raise self._error
        if self._spent:
            blocks.damages.append(f"MediaInfo wanted more than {MAX_READ // 1024 // 1024} MB of the recording")
