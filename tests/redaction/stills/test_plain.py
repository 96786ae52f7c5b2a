"""Which codings the writer leaves as they are: those of ordinary baseline pictures, and no others."""

from __future__ import annotations

import pytest
from jpeg_samples import encode, insert, noise, picture, sampled, scan_by_scan, turned

from dam_plugin.redaction.stills import jpeg
from dam_plugin.redaction.stills.plain import is_plain

PLAIN = encode(picture(192, 160), subsampling="4:2:0")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(PLAIN, id="4:2:0"),
        pytest.param(turned(6, insert(PLAIN, 0xFE, b"a comment")), id="whatever stands around it"),
        pytest.param(encode(noise(64, 64, 1), quality=100, subsampling="4:4:4"), id="noise"),
        pytest.param(encode(picture(192, 160), optimize=True), id="tables of its own"),
        pytest.param(encode(picture(188, 157), subsampling="4:4:4"), id="units cut by the edge"),
        pytest.param(encode(picture(188, 158), subsampling="4:2:0"), id="larger units cut by the edge"),
        pytest.param(encode(picture(41, 23, mode="L")), id="grey"),
        pytest.param(sampled(picture(64, 64), "4:1:1"), id="4:1:1"),
    ],
)
def test_the_coding_of_an_ordinary_picture_is_left_as_it_is(source: bytes) -> None:
    assert is_plain(jpeg.read(source))


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(encode(picture(192, 160), progressive=True), id="progressive"),
        pytest.param(encode(picture(192, 160), restart_marker_rows=1), id="restart markers"),
        pytest.param(encode(picture(184, 160), subsampling="4:2:0"), id="a block beside the picture"),
        pytest.param(encode(picture(192, 152), subsampling="4:2:0"), id="a block below the picture"),
        pytest.param(scan_by_scan(64, 64, [(1, 1), (1, 1), (1, 1)]), id="a scan for each component"),
        pytest.param(insert(PLAIN, 0xDD, b"\0\0"), id="a restart interval of nothing"),
        pytest.param(insert(PLAIN, 0xDB, b"\3" + b"face" * 16), id="a quantisation table without use"),
        pytest.param(insert(PLAIN, 0xC4, b"\2\1" + bytes(15) + b"\3"), id="a Huffman table without use"),
    ],
)
def test_another_coding_is_written_anew(source: bytes) -> None:
    assert not is_plain(jpeg.read(source))
