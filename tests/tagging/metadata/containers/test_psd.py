"""Photoshop files: the header and the image resources."""

from __future__ import annotations

import io
import struct

import pytest
from made_files import bag, exif_block, iim, packet, psd, resource

from dam_tagging.facts import Facts
from dam_tagging.metadata.read import read

XMP = packet(bag("Iptc4xmpExt:PersonInImage", ["Ava Example"]))
ALL = (
    resource(b"thumbnail", 1036),
    resource(iim([(2, 25, b"Violin")])),
    resource(exif_block({270: "Concert"}), 1058),
    resource(XMP, 1060),
)


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x.psd")


@pytest.mark.parametrize("version", [1, 2], ids=["psd", "psb"])
def test_iptc_exif_and_xmp_are_read(version: int) -> None:
    result = facts(psd(*ALL, version=version))
    assert (result.media_type, result.state, result.image_size) == ("image/vnd.adobe.photoshop", "read", (800, 600))
    assert [word.text for word in result.keywords] == ["Violin"]
    assert [caption.text for caption in result.captions] == ["Concert"]
    assert [person.name for person in result.persons] == ["Ava Example"]


@pytest.mark.parametrize("name", [b"", b"a", b"ab"])
def test_a_resource_with_a_name_is_passed_over(name: bytes) -> None:
    padded = bytes([len(name)]) + name + b"\0" * ((len(name) + 1) % 2)
    named = b"8BIM" + struct.pack(">H", 1000) + padded + struct.pack(">I", 3) + b"abc\0"
    assert facts(psd(named, resource(XMP, 1060))).persons


def test_padding_behind_the_resources_ends_them() -> None:
    assert facts(psd(resource(XMP, 1060), b"\0" * 20)).state == "read"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(psd(*ALL)[:20], id="header-cut-off"),
        pytest.param(psd(*ALL)[:200], id="cut"),
        pytest.param(psd(size=(0, 8)), id="no-size"),
        pytest.param(psd(version=3), id="version"),
        pytest.param(psd(b"8BAD" + b"\0" * 20), id="no-resource"),
        pytest.param(psd(ALL[0][:7] + b"\0\xff\xff\xff\xff"), id="gigabytes"),
        pytest.param(psd(resource(b"") * 20_001), id="many"),
    ],
)
def test_a_broken_photoshop_file_is_unreadable(data: bytes) -> None:
    result = facts(data)
    assert result.state == "unreadable"
    assert result.problems
