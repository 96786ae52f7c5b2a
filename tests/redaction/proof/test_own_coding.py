"""A JPEG's own coding stands in its copy only where it has no room for anything but the picture; else it is coded anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_samples import append_segment, decode, encode, insert, noise, picture, segment, turned
from leaky_jpegs import NAME, NOTICE, ORDER, SECRETS, dressed

from dam_plugin.errors import CannotRedact, NotProven
from dam_plugin.redaction import door
from dam_plugin.redaction.model import Order, Proof
from dam_plugin.redaction.plan_picture import plan_picture
from dam_plugin.redaction.proof import coefficients as reading
from dam_plugin.redaction.proof.jpeg import prove_as_it_was, prove_jpeg
from dam_plugin.redaction.proof.jpeg_walk import walk
from dam_plugin.redaction.proof.verdict import Report
from dam_plugin.redaction.stills import jpeg, wipe

CLEAN = Order(secrets=SECRETS)
SOURCE = encode(picture(192, 160), subsampling="4:2:0")
OWN_TABLES = encode(picture(192, 160), subsampling="4:2:0", optimize=True)
AS_IT_WAS = "byte for byte"
TABLE = 0x10
"""The AC table of luma, whose symbols of 16 bits a smooth picture does not use."""


def prove(released: bytes, source: bytes, order: Order = CLEAN) -> Proof:
    report = Report()
    prove_jpeg(report, released, source, order, None)
    return report.proof("")


def as_it_was(source: bytes) -> bytes:
    """Dress a source's own coding as the writer does, whatever it holds."""
    walked = walk(source)
    return dressed(insert(b"\xff\xd8" + walked.coding(source) + b"\xff\xd9", 0xE0, jpeg.JFIF_BODY), 1)


def says_as_it_was(proof: Proof) -> bool:
    return any(AS_IT_WAS in check for check in proof.checks)


def made(tmp_path: Path, source: bytes, order: Order = CLEAN) -> tuple[bytes, Proof]:
    """Make a copy as a share does, and return its bytes and its proof."""
    path, folder = tmp_path / "source", tmp_path / "room"
    path.write_bytes(source)
    folder.mkdir(mode=0o700)
    copy = door.make(path, order, folder)
    return copy.path.read_bytes(), copy.proof


def behind(data: bytes, more: bytes) -> bytes:
    """Put bytes behind the last coding unit."""
    return data[:-2] + more.replace(b"\xff", b"\xff\0") + data[-2:]


def before_tables(data: bytes, marker: int, body: bytes) -> bytes:
    at = data.find(b"\xff\xdb")
    return data[:at] + segment(marker, body) + data[at:]


def stated(data: bytes, width: int, height: int) -> bytes:
    """State another size than the coded one."""
    at = data.find(b"\xff\xc0") + 5
    return data[:at] + height.to_bytes(2) + width.to_bytes(2) + data[at + 4 :]


def renamed(data: bytes, names: bytes) -> bytes:
    """Give the components other names, in the frame and in the scan."""
    frame, scan = data.find(b"\xff\xc0") + 10, data.find(b"\xff\xda") + 5
    told = bytearray(data)
    told[frame : frame + 9 : 3] = told[scan : scan + 6 : 2] = names
    return bytes(told)


def spelled(data: bytes, text: bytes) -> bytes:
    """Put the symbols of the AC table that are in no use into another order, so that they spell a word of distinct letters."""
    at = data.find(segment(0xC4, b"")[:2] + b"\0\xb5" + bytes([TABLE]))
    start = at + 5 + 16
    symbols = data[start : start + 162]
    rest = bytes(each for each in symbols[-125:] if each not in text)
    moved = [each for each in symbols[:-125] if each in text]
    assert not moved, "a letter stands among the short codes"
    return data[:start] + symbols[:-125] + rest + text + data[start + 162 :]


def with_symbol(data: bytes, symbol: int) -> bytes:
    """Put another symbol in the place of one that is in no use."""
    at = data.find(b"\xff\xc4\0\xb5" + bytes([TABLE])) + 5 + 16 + 161
    return data[:at] + bytes([symbol]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("mode", "settings_"),
    [
        pytest.param("RGB", {"subsampling": "4:2:0"}, id="4:2:0"),
        pytest.param("RGB", {"subsampling": "4:2:2"}, id="4:2:2"),
        pytest.param("RGB", {"subsampling": "4:4:4"}, id="4:4:4"),
        pytest.param("RGB", {"subsampling": "4:2:0", "optimize": True}, id="tables of its own"),
        pytest.param("L", {}, id="grey"),
    ],
)
@pytest.mark.parametrize("draw", [picture, noise], ids=["smooth", "noise"])
def test_an_ordinary_picture_is_copied_as_it_was_coded(
    tmp_path: Path, mode: str, settings_: dict[str, Any], draw: Callable[..., Any]
) -> None:
    source = turned(6, encode(draw(192, 160, 4, mode=mode), **settings_)) + b"more"
    copy, proof = made(tmp_path, source)
    assert says_as_it_was(proof)
    assert walk(copy).coding(copy) == walk(source).coding(source)
    assert walk(copy).orientation() == 6


def test_what_stands_around_the_coding_goes(tmp_path: Path) -> None:
    source = turned(3, append_segment(insert(SOURCE, 0xFE, NAME.encode()), 0xFE, b"caption"))
    source = insert(source, 0xED, b"Photoshop 3.0\0" + encode(picture(32, 32))) + encode(picture(64, 64))
    copy, proof = made(tmp_path, source, Order(secrets=SECRETS, notice=NOTICE))
    assert says_as_it_was(proof)
    assert [part.name for part in walk(copy).parts[:3]] == ["APP0", "APP1", "APP1"]
    assert len(copy) < len(SOURCE) + 4000
    assert b"caption" not in copy


ROOM = [
    *[pytest.param(behind(SOURCE, b"Ava Exampl"[:n]), id=f"{n} bytes behind the last unit") for n in range(1, 11)],
    pytest.param(behind(SOURCE, b"\xff"), id="a byte of ones behind the last unit"),
    pytest.param(behind(SOURCE, encode(picture(48, 48))), id="a picture behind the last unit"),
    pytest.param(before_tables(SOURCE, 0xC4, b"\x02" + bytes(15) + b"\x03abc"), id="a Huffman table without use"),
    pytest.param(before_tables(SOURCE, 0xDB, b"\x03" + b"face" * 16), id="a quantisation table without use"),
    pytest.param(before_tables(SOURCE, 0xDB, b"\0" + b"face" * 16), id="a quantisation table twice"),
    pytest.param(with_symbol(SOURCE, 0x4F), id="a symbol that no picture uses"),
    pytest.param(with_symbol(SOURCE, 0x30), id="a run without a coefficient"),
    pytest.param(with_symbol(SOURCE, 0x21), id="a symbol twice"),
    pytest.param(spelled(SOURCE, b"Geist"), id="a name in the order of symbols"),
    pytest.param(stated(encode(picture(192, 176), subsampling="4:2:0"), 192, 160), id="rows below the frame"),
    pytest.param(stated(SOURCE, 184, 160), id="blocks beside the frame"),
    pytest.param(stated(SOURCE, 192, 152), id="blocks below the frame"),
    pytest.param(SOURCE[:-2] + b"\xff\xd0Ava Example" + SOURCE[-2:], id="a restart marker and data"),
    pytest.param(SOURCE[:-4] + b"\xff\xd0Ava Example" + SOURCE[-2:], id="a restart marker and data in the last unit"),
    pytest.param(encode(picture(192, 160), restart_marker_rows=1), id="restart markers"),
    pytest.param(encode(picture(192, 160), progressive=True), id="several scans"),
    pytest.param(renamed(OWN_TABLES, b"abc"), id="names of components"),
    pytest.param(SOURCE.replace(b"\xff\xc0", b"\xff\xc1", 1), id="an extended frame"),
]


@pytest.mark.parametrize("source", ROOM)
def test_a_coding_with_room_for_more_is_not_proven_as_it_was(tmp_path: Path, source: bytes) -> None:
    order = Order(secrets=("Geist", *SECRETS))
    copy = as_it_was(source)
    with pytest.raises(NotProven):
        prove(copy, source, order)
    report = Report()
    released = tmp_path / "released"
    released.write_bytes(copy)
    prove_as_it_was(report, released, lambda: source, order)
    assert report.failures


@pytest.mark.parametrize("source", ROOM)
def test_a_coding_with_room_for_more_is_coded_anew_or_refused(tmp_path: Path, source: bytes) -> None:
    try:
        copy, proof = made(tmp_path, source, Order(secrets=("Geist", *SECRETS)))
    except (CannotRedact, NotProven):
        return
    assert not says_as_it_was(proof)
    assert walk(copy).coding(copy) != walk(source).coding(source)


@pytest.mark.parametrize("share", [2, 10, 100])
def test_a_scan_that_was_cut_short_is_refused(tmp_path: Path, share: int) -> None:
    scan = walk(SOURCE).parts[-1]
    end = scan.end - (scan.end - scan.start) // share
    with pytest.raises((CannotRedact, NotProven)):
        made(tmp_path, SOURCE[:end].rstrip(b"\xff") + SOURCE[-2:])


def test_the_sources_coding_is_no_copy_where_somebody_is_to_be_hidden(tmp_path: Path) -> None:
    assert wipe.keep(SOURCE, ORDER) is None
    with pytest.raises(NotProven, match="box 1 of 1"):
        prove(as_it_was(SOURCE), SOURCE, ORDER)


def test_another_coding_than_the_sources_is_not_taken_for_it() -> None:
    other = encode(picture(192, 160, seed=9), subsampling="4:2:0")
    with pytest.raises(NotProven):
        prove(as_it_was(other), SOURCE)


def test_a_copy_that_was_coded_anew_is_proven_as_well() -> None:
    anew = wipe.wipe(OWN_TABLES, plan_picture(wipe.frame(OWN_TABLES), CLEAN))
    assert not says_as_it_was(prove(anew, OWN_TABLES))


def test_a_library_that_warns_otherwise_proves_no_coding_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_MISSED", b"something else")
    reading._tells_what_is_missing.cache_clear()
    try:
        with pytest.raises(NotProven, match="not exactly what the source's coefficients come to"):
            prove(as_it_was(OWN_TABLES), OWN_TABLES)
    finally:
        reading._tells_what_is_missing.cache_clear()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 999),
    quality=st.integers(20, 98),
    sampling=st.sampled_from(["4:2:0", "4:2:2", "4:4:4"]),
    rough=st.booleans(),
    more=st.binary(min_size=1, max_size=12),
)
def test_no_byte_behind_the_last_unit_goes_unnoticed(
    seed: int, quality: int, sampling: str, rough: bool, more: bytes
) -> None:
    image = (noise if rough else picture)(48, 32, seed)
    source = encode(image, quality=quality, subsampling=sampling)
    assert prove(as_it_was(source), source).checks
    leaky = behind(source, more)
    report = Report()
    prove_jpeg(report, as_it_was(leaky), leaky, CLEAN, None)
    assert report.failures


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 999), cut=st.integers(1, 30))
def test_what_a_coding_lacks_is_at_most_of_its_last_unit(seed: int, cut: int) -> None:
    source = encode(noise(48, 32, seed), subsampling="4:4:4")
    short = source[: -2 - cut].rstrip(b"\xff") + source[-2:]
    report = Report()
    prove_jpeg(report, as_it_was(short), short, CLEAN, None)
    assert report.failures or without_last_unit(short) == without_last_unit(source)


def without_last_unit(data: bytes) -> bytes:
    image = decode(data)
    image.paste(0, (40, 24, 48, 32))
    return image.tobytes()
