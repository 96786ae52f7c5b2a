"""The table of formats: what a file is by its first bytes, whether it is redacted here, and what a refusal says."""

from __future__ import annotations

import struct
from importlib.machinery import ModuleSpec

import pytest
from PIL import features

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction import formats
from dam_plugin.redaction.formats import FORMATS, can_redact, format_of, media_type_of, refusal


def tiff(*tags: tuple[int, bytes], order: str = "<") -> bytes:
    """The beginning of a TIFF with these tags, their values behind the directory."""
    at = 8 + 2 + 12 * len(tags) + 4
    entries, values = b"", b""
    for tag, value in tags:
        entries += struct.pack(f"{order}HHII", tag, 2, len(value), at + len(values))
        values += value
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + struct.pack(f"{order}IH", 8, len(tags)) + entries + bytes(4) + values


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        pytest.param(b"\xff\xd8\xff\xe0", "image/jpeg", id="JPEG"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "image/png", id="PNG"),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8 ", "image/webp", id="WebP"),
        pytest.param(b"RIFF\0\0\0\0WAVEfmt ", "audio/wav", id="WAV"),
        pytest.param(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic", id="HEIC"),
        pytest.param(b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "image/avif", id="AVIF"),
        pytest.param(b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "video/mp4", id="MP4"),
        pytest.param(b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime", id="QuickTime"),
        pytest.param(b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42", "audio/mp4", id="M4A"),
        pytest.param(b"ID3\4", "audio/mpeg", id="MP3"),
        pytest.param(b"fLaC", "audio/flac", id="FLAC"),
        pytest.param(b"GIF89a", "image/gif", id="GIF"),
        pytest.param(b"8BPS", "image/vnd.adobe.photoshop", id="PSD"),
        pytest.param(b"%PDF-1.7", "application/pdf", id="PDF"),
        pytest.param(b"\x1a\x45\xdf\xa3", "video/x-matroska", id="Matroska"),
        pytest.param(b"BM\0\0", "image/bmp", id="BMP"),
        pytest.param(b"FORM\0\0\0\0AIFF", "audio/aiff", id="AIFF"),
        pytest.param(b"PK\x03\x04", "application/zip", id="ZIP"),
        pytest.param((b"\x47" + bytes(187)) * 4, "video/mp2t", id="transport stream"),
        pytest.param(tiff((271, b"NIKON CORPORATION\0")), "image/tiff", id="TIFF"),
        pytest.param(tiff((330, b"\0\0"), (271, b"NIKON CORPORATION\0")), "image/x-nikon-nef", id="NEF"),
        pytest.param(tiff((271, b"SONY\0\0"), (330, b"\0\0"), order=">"), "image/x-sony-arw", id="ARW"),
        pytest.param(tiff((330, b"\0\0"), (271, b"Scanner\0")), "image/tiff", id="TIFF with a second picture"),
        pytest.param(tiff((271, b"Leica\0"), (50706, b"\1\4\0\0")), "image/x-adobe-dng", id="DNG"),
        pytest.param(b"II*\0\xff\xff\xff\xff", "image/tiff", id="TIFF whose directory lies elsewhere"),
        pytest.param(b"II*\0\x08", "image/tiff", id="TIFF cut short"),
        pytest.param(b"", "application/octet-stream", id="nothing"),
        pytest.param(b"\x47" + bytes(1000), "application/octet-stream", id="no transport stream"),
    ],
)
def test_a_format_is_known_by_its_first_bytes(head: bytes, media_type: str) -> None:
    assert media_type_of(head) == media_type


@pytest.mark.parametrize("media_type", list(FORMATS))
def test_every_format_either_has_its_way_or_a_remedy(media_type: str) -> None:
    kind = FORMATS[media_type]
    if kind.way is None:
        assert refusal(media_type) == f"{kind.name} files are not redacted: {kind.remedy}"
        assert not can_redact(media_type)
    else:
        assert kind.suffix.startswith(".")
        assert FORMATS[kind.copy_type].copy_type == kind.copy_type


def test_a_lossy_picture_becomes_a_jpeg_and_a_lossless_one_a_png() -> None:
    copies = {
        kind.name: (kind.copy_type, kind.suffix, kind.png_if) for kind in FORMATS.values() if kind.way == "pixels"
    }
    assert copies == {
        "PNG": ("image/png", ".png", ""),
        "TIFF": ("image/png", ".png", ""),
        "WebP": ("image/jpeg", ".jpg", "lossless or see-through"),
        "AVIF": ("image/jpeg", ".jpg", "see-through"),
        "HEIC": ("image/jpeg", ".jpg", ""),
    }


def test_a_heic_becomes_a_jpeg_and_a_quicktime_an_mp4() -> None:
    assert (FORMATS["image/heic"].copy_type, FORMATS["image/heic"].suffix) == ("image/jpeg", ".jpg")
    assert (FORMATS["video/quicktime"].copy_type, FORMATS["video/quicktime"].suffix) == ("video/mp4", ".mp4")


def test_an_unknown_format_is_refused_with_a_remedy() -> None:
    with pytest.raises(CannotRedact, match="in no format that is known here: export"):
        format_of("application/octet-stream")


@pytest.mark.parametrize(
    ("media_type", "extra"),
    [("video/mp4", "av"), ("audio/wav", "av"), ("image/heic", "heif")],
)
def test_a_missing_extra_is_named(media_type: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> ModuleSpec | None:
        return None

    monkeypatch.setattr(formats, "find_spec", nothing)
    assert f"pip install 'dam-plugin[{extra}]'" in str(refusal(media_type))
    assert not can_redact(media_type)
    assert can_redact("image/jpeg")


def test_a_codec_that_pillow_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "check", lambda codec: codec != "avif")
    assert "cannot read AVIF" in str(refusal("image/avif"))
    assert can_redact("image/webp")
