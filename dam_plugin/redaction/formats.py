"""The one table of formats: the type of the copy and the extra that it needs, or the remedy if there can be no copy."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

from PIL import features

from dam_plugin.errors import CannotRedact
from dam_tagging.metadata.read import UNKNOWN, sniff

HEAD = 4096
"""Bytes from a file's beginning that show what it is."""

Way = Literal["wipe", "pixels", "recording"]


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name, and how a copy is made (`way`, the copy's type and suffix), or what to do instead (`remedy`).

    `png_if` says which pictures become a PNG instead. `needs` are the modules of the extra of that name. `codec` is the
    codec that Pillow must have been built with.
    """

    name: str
    way: Way | None = None
    copy_type: str = ""
    suffix: str = ""
    png_if: str = ""
    extra: str = ""
    needs: tuple[str, ...] = ()
    codec: str = ""
    remedy: str = ""


def _refused(name: str, remedy: str) -> Format:
    return Format(name, remedy=remedy)


def _lossless(name: str) -> Format:
    return Format(name, "pixels", "image/png", ".png")


def _lossy(name: str, codec: str, png_if: str) -> Format:
    return Format(name, "pixels", "image/jpeg", ".jpg", png_if, codec=codec)


def _recording(name: str, media_type: str, suffix: str) -> Format:
    return Format(name, "recording", media_type, suffix, extra="av", needs=("av", "numpy"))


_HEIF = Format("HEIC", "pixels", "image/jpeg", ".jpg", extra="heif", needs=("pi_heif",))
_DEVELOP = "develop it and export a JPEG or TIFF"
_PICTURE = "export it as a JPEG or PNG"
_AS_VIDEO = "export it as an MP4 with H.264"
_AS_SOUND = "export it as WAV, MP3, FLAC or M4A"

FORMATS = {
    "image/jpeg": Format("JPEG", "wipe", "image/jpeg", ".jpg"),
    "image/png": _lossless("PNG"),
    "image/webp": _lossy("WebP", "webp", "lossless or see-through"),
    "image/tiff": _lossless("TIFF"),
    "image/avif": _lossy("AVIF", "avif", "see-through"),
    "image/heic": _HEIF,
    "image/heif": _HEIF,
    "video/mp4": _recording("MP4", "video/mp4", ".mp4"),
    "video/quicktime": _recording("QuickTime", "video/mp4", ".mp4"),
    "audio/mp4": _recording("M4A", "audio/mp4", ".m4a"),
    "audio/mpeg": _recording("MP3", "audio/mp4", ".m4a"),
    "audio/wav": _recording("WAV", "audio/wav", ".wav"),
    "audio/flac": _recording("FLAC", "audio/wav", ".wav"),
    "image/gif": _refused("GIF", "export the picture that is meant as a PNG, an animation as an MP4"),
    "image/bmp": _refused("BMP", _PICTURE),
    "image/vnd.adobe.photoshop": _refused("PSD", "flatten it and export a JPEG or PNG"),
    "image/jxl": _refused("JPEG XL", _PICTURE),
    "image/jp2": _refused("JPEG 2000", _PICTURE),
    "image/x-j2c": _refused("JPEG 2000", _PICTURE),
    "image/x-canon-cr2": _refused("CR2 (camera raw)", _DEVELOP),
    "image/x-canon-cr3": _refused("CR3 (camera raw)", _DEVELOP),
    "image/x-olympus-orf": _refused("ORF (camera raw)", _DEVELOP),
    "image/x-panasonic-rw2": _refused("RW2 (camera raw)", _DEVELOP),
    "image/x-fujifilm-raf": _refused("RAF (camera raw)", _DEVELOP),
    "image/x-adobe-dng": _refused("DNG (camera raw)", _DEVELOP),
    "image/x-nikon-nef": _refused("NEF (camera raw)", _DEVELOP),
    "image/x-sony-arw": _refused("ARW (camera raw)", _DEVELOP),
    "application/pdf": _refused("PDF", "export the page that is meant as a PNG"),
    "application/rdf+xml": _refused("XMP (a sidecar)", "name the picture or recording that it belongs to"),
    "application/zip": _refused("ZIP or Office", "take the picture or recording out of it"),
    "application/ogg": _refused("Ogg", _AS_SOUND),
    "audio/aiff": _refused("AIFF", _AS_SOUND),
    "audio/aac": _refused("AAC without a container", _AS_SOUND),
    "video/x-msvideo": _refused("AVI", _AS_VIDEO),
    "video/x-matroska": _refused("Matroska or WebM", _AS_VIDEO),
    "video/mp2t": _refused("MPEG transport stream", _AS_VIDEO),
    "video/mpeg": _refused("MPEG", _AS_VIDEO),
}
"""Each known format, by its media type."""

_DNG_VERSION, _SUB_IFDS, _MAKE = 50706, 330, 271
_RAW_MAKERS = {b"NIKON": "image/x-nikon-nef", b"SONY": "image/x-sony-arw"}
_STARTS = (
    (b"BM", "image/bmp"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
)
_PACKET = 188
"""Bytes of a packet of an MPEG transport stream, each of which begins with 0x47."""


def media_type_of(head: bytes) -> str:
    """Return the media type by a file's first HEAD bytes; `application/octet-stream` if they fit no known type."""
    found = sniff(head)
    if found == "image/tiff":
        return _of_tiff(head)
    return found if found != UNKNOWN else _of_others(head)


def can_redact(media_type: str) -> bool:
    """Whether a copy of such a file can be made here, with the extras and codecs that are installed."""
    return refusal(media_type) is None


def refusal(media_type: str) -> str | None:
    """Return a sentence that says why there can be no copy of such a file, with the remedy; None if there can be one."""
    format_ = FORMATS.get(media_type)
    if format_ is None:
        return "the file is in no format that is known here: export a picture as a JPEG or PNG, sound as WAV, a video as an MP4"
    if format_.way is None:
        return f"{format_.name} files are not redacted: {format_.remedy}"
    if any(find_spec(module) is None for module in format_.needs):
        return f"{format_.name} files need the extra `{format_.extra}`: pip install 'dam-plugin[{format_.extra}]'"
    if format_.codec and not features.check(format_.codec):
        return f"the installed Pillow cannot read {format_.name} files: install one of PyPI's wheels, or {_PICTURE}"
    return None


def format_of(media_type: str) -> Format:
    """Return the format of files that can be redacted here; raises CannotRedact with the remedy for any other."""
    reason = refusal(media_type)
    if reason is not None:
        raise CannotRedact(reason)
    return FORMATS[media_type]


def _of_others(head: bytes) -> str:
    """Return the type of a file that the tagging does not read. It is recognised only so that its refusal can name it."""
    for start, media_type in _STARTS:
        if head.startswith(start):
            return media_type
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return "audio/aiff"
    if len(head) > 3 * _PACKET and {head[at] for at in range(0, 4 * _PACKET, _PACKET) if at < len(head)} == {0x47}:
        return "video/mp2t"
    return UNKNOWN


def _of_tiff(head: bytes) -> str:
    """Return the type of a file that begins as a TIFF: several makers' raw files do."""
    tags = _first_tags(head)
    if _DNG_VERSION in tags:
        return "image/x-adobe-dng"
    if _SUB_IFDS in tags:
        make = tags.get(_MAKE, b"").upper()
        return next((kind for maker, kind in _RAW_MAKERS.items() if make.startswith(maker)), "image/tiff")
    return "image/tiff"


def _first_tags(head: bytes) -> dict[int, bytes]:
    """Return the tags of a TIFF's first directory with their values, as far as `head` goes."""
    order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
    start = int.from_bytes(head[4:8], order)
    count = int.from_bytes(head[start : start + 2], order)
    entries = (head[at : at + 12] for at in range(start + 2, min(start + 2 + 12 * count, len(head) - 11), 12))
    return {
        int.from_bytes(entry[:2], order): head[int.from_bytes(entry[8:], order) :][: len(b"NIKON")] for entry in entries
    }
