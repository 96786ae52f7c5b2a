"""The writer's walk: hostile and unusual containers are refused with a remedy, never a crash."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_samples import encode, insert, picture, segment, skipped_refinement

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.model import Plan
from dam_plugin.redaction.stills import jpeg, wipe

PLAIN = encode(picture(48, 32))
PROGRESSIVE = encode(picture(48, 32), progressive=True)
RESTARTS = encode(picture(48, 32), restart_marker_blocks=1, subsampling="4:4:4")
FRAME = PLAIN.find(b"\xff\xc0")
SCAN = PLAIN.find(b"\xff\xda")
ENTROPY = SCAN + 14


def clean(data: bytes) -> bytes:
    return wipe.wipe(data, Plan("clean", wipe.frame(data)))


def patched(at: int, replacement: bytes, data: bytes = PLAIN) -> bytes:
    return data[:at] + replacement + data[at + len(replacement) :]


def last_scan(data: bytes) -> int:
    return data.rfind(b"\xff\xda")


REFUSED = [
    pytest.param(b"", "not a JPEG", id="empty"),
    pytest.param(b"\x89PNG\r\n\x1a\n", "not a JPEG", id="PNG"),
    pytest.param(PLAIN[:-2], "damaged", id="no EOI"),
    pytest.param(PLAIN[:ENTROPY], "damaged", id="no data behind SOS"),
    pytest.param(PLAIN[:ENTROPY] + b"\xff\xd9", "damaged", id="an empty scan"),
    pytest.param(PLAIN[:SCAN] + b"\xff\xd9", "damaged", id="no scan"),
    pytest.param(PLAIN[:FRAME] + PLAIN[SCAN:], "damaged", id="no frame"),
    pytest.param(PLAIN[: FRAME + 3], "damaged", id="cut in a length"),
    pytest.param(PLAIN[: FRAME + 9], "damaged", id="cut in a segment"),
    pytest.param(b"\xff\xd8\xff\xfe\0\0" + PLAIN[2:], "damaged", id="a length of 0"),
    pytest.param(b"\xff\xd8\xff\xfe\0\1" + PLAIN[2:], "damaged", id="a length of 1"),
    pytest.param(b"\xff\xd8" + PLAIN, "damaged", id="SOI twice"),
    pytest.param(b"\xff\xd8junk" + PLAIN[2:], "damaged", id="bytes between segments"),
    pytest.param(b"\xff\xd8\xff\x00" + PLAIN[2:], "damaged", id="a stuffed byte for a marker"),
    pytest.param(b"\xff\xd8\xff\xd0" + PLAIN[2:], "damaged", id="a restart outside a scan"),
    pytest.param(b"\xff\xd8" + b"\xff" * 100_000, "damaged", id="fill bytes without end"),
    pytest.param(PLAIN[:-2] + PLAIN[FRAME:], "damaged", id="a second frame behind the scan"),
    pytest.param(PLAIN[:FRAME] + PLAIN[SCAN:-2] + PLAIN[FRAME:SCAN] + b"\xff\xd9", "damaged", id="SOF after SOS"),
    pytest.param(PLAIN[:-2] + PLAIN, "damaged", id="a second SOI in the scan"),
    pytest.param(PLAIN[:-2] + b"\xff\xd0" + PLAIN[-2:], "damaged", id="a restart without an interval"),
    pytest.param(RESTARTS.replace(b"\xff\xd1", b"\xff\xd2", 1), "damaged", id="restarts out of order"),
    pytest.param(PLAIN[:-2] + PLAIN[SCAN:], "damaged", id="the scan twice"),
    pytest.param(PROGRESSIVE[: last_scan(PROGRESSIVE)] + b"\xff\xd9", "some of its scans", id="a scan is missing"),
    pytest.param(PROGRESSIVE[:-2] + PROGRESSIVE[last_scan(PROGRESSIVE) :], "damaged", id="a progressive scan twice"),
    pytest.param(skipped_refinement(), "damaged", id="a refinement that skips a bit"),
    pytest.param(PLAIN[:-2] + PLAIN[SCAN : SCAN + 14] * 101 + PLAIN[-2:], "damaged", id="scans without data"),
    pytest.param(PLAIN[:-2] + PLAIN[SCAN:-2] * 101 + b"\xff\xd9", "more than 100 scans", id="a bomb of scans"),
    pytest.param(patched(FRAME + 1, b"\xc9"), "arithmetic", id="arithmetic"),
    pytest.param(patched(FRAME + 1, b"\xc3"), "lossless", id="lossless"),
    pytest.param(patched(FRAME + 4, b"\x0c"), "12-bit", id="12-bit"),
    pytest.param(patched(FRAME + 5, b"\0\0"), "damaged", id="no height (DNL)"),
    pytest.param(patched(FRAME + 5, b"\xff\xff\xff\xff"), "megapixels", id="a decompression bomb"),
    pytest.param(patched(FRAME + 9, b"\x04"), "damaged", id="a frame of the wrong length"),
    pytest.param(patched(FRAME + 10, b"\x02"), "damaged", id="a component twice"),
    pytest.param(patched(FRAME + 11, b"\x00"), "damaged", id="a sampling of 0"),
    pytest.param(patched(SCAN + 4, b"\x02"), "damaged", id="a scan header of the wrong length"),
    pytest.param(patched(SCAN + 5, b"\x09"), "damaged", id="a scan of an unknown component"),
    pytest.param(patched(SCAN + 11, b"\x01"), "damaged", id="a baseline scan without DC"),
    pytest.param(encode(picture(48, 32).convert("CMYK")), "CMYK", id="CMYK"),
    pytest.param(insert(PLAIN, 0xDB, b"\0" + b"\1" * 60), "damaged", id="a quantisation table cut short"),
    pytest.param(insert(PLAIN, 0xDB, b"\x0f" + b"\1" * 64), "damaged", id="a quantisation table of no number"),
    pytest.param(insert(PLAIN, 0xC4, b"\0" * 16), "damaged", id="a Huffman table cut short"),
    pytest.param(insert(PLAIN, 0xC4, b"\x2f" + b"\0" * 16), "damaged", id="a Huffman table of no class"),
    pytest.param(insert(PLAIN, 0xC4, b""), "damaged", id="an empty table"),
    pytest.param(insert(PLAIN, 0xDD, b"\0\0\0"), "damaged", id="a restart interval of 3 bytes"),
]


@pytest.mark.parametrize(("data", "reason"), REFUSED)
def test_a_container_that_is_not_plain_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(CannotRedact, match=reason):
        jpeg.read(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(PLAIN[:FRAME] + b"\xff\xff\xff" + PLAIN[FRAME:], id="fill bytes before a segment"),
        pytest.param(PLAIN[:-2] + b"\xff\xff\xff\xd9", id="fill bytes before EOI"),
        pytest.param(insert(PLAIN, 0xFE, b"\xff\xd9\xff\xd8\xff\xda"), id="markers inside a comment"),
        pytest.param(PLAIN + b"\xff\xd8 a second picture", id="bytes behind EOI"),
        pytest.param(PLAIN[:-2] + segment(0xFE, b"late") + PLAIN[-2:], id="a comment behind the scan"),
    ],
)
def test_harmless_oddities_leave_the_copy_unchanged(data: bytes) -> None:
    assert clean(data) == clean(PLAIN)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_refused_and_nothing_else(data: bytes) -> None:
    for start in (b"", b"\xff\xd8", PLAIN[:FRAME], PLAIN[:ENTROPY]):
        with contextlib.suppress(CannotRedact):
            clean(start + data)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([PLAIN, PROGRESSIVE, RESTARTS]),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_a_mutated_jpeg_is_copied_or_refused(data: bytes, changes: list[tuple[int, int]]) -> None:
    mutated = bytearray(data)
    for at, value in changes:
        mutated[at % len(mutated)] = value
    with contextlib.suppress(CannotRedact):
        clean(bytes(mutated))


def test_a_file_of_empty_segments_without_end_is_refused() -> None:
    with pytest.raises(CannotRedact, match="damaged"):
        jpeg.read(b"\xff\xd8" + b"\xff\xfe\0\2" * (jpeg.MAX_SEGMENTS + 1) + PLAIN[2:])


def test_a_scan_of_more_restarts_than_units_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpeg, "MAX_RESTARTS", 5)
    assert jpeg.read(RESTARTS[: RESTARTS.find(b"\xff\xd5")] + b"\xff\xd9")
    with pytest.raises(CannotRedact, match="damaged"):
        jpeg.read(RESTARTS)


def test_our_segments_stand_in_a_fixed_order() -> None:
    coding = jpeg.read(PLAIN).segments
    dressed = jpeg.dress(coding, 6, bytes(70_000), b"<packet/>")
    parts = [part for part in jpeg.walk(dressed) if part.marker >= 0xE0]
    heads = [part.body.partition(b"\0")[0] for part in parts]
    assert heads == [b"JFIF", b"Exif", b"http://ns.adobe.com/xap/1.0/", b"ICC_PROFILE", b"ICC_PROFILE"]
    assert parts[2].body == b"http://ns.adobe.com/xap/1.0/\0<packet/>"
    assert jpeg.read(dressed).segments == coding


def test_the_coding_segments_are_dressed_as_they_stand_in_the_file() -> None:
    coding = jpeg.read(PROGRESSIVE).segments
    assert jpeg.dress(coding, 1, None) == b"".join(
        [b"\xff\xd8", *jpeg.wire([jpeg.Segment(jpeg.APP0, jpeg.JFIF_BODY), *coding]), b"\xff\xd9"]
    )


def test_a_notice_that_fills_a_segment_is_written_and_a_longer_one_is_refused() -> None:
    coding = jpeg.read(PLAIN).segments
    most = jpeg.MAX_BODY - len(jpeg.XMP_HEAD)
    assert jpeg.read(jpeg.dress(coding, 1, None, b"x" * most)).segments == coding
    with pytest.raises(CannotRedact, match="shorten it"):
        jpeg.dress(coding, 1, None, b"x" * (most + 1))


def test_grey_is_coded_block_by_block_whatever_its_factors_say() -> None:
    grey = encode(picture(48, 32, mode="L"))
    odd = grey[: (at := grey.find(b"\xff\xc0") + 11)] + b"\x22" + grey[at + 1 :]
    assert jpeg.read(odd).mcu == jpeg.read(grey).mcu == (8, 8)
    assert clean(odd) == clean(grey)
