"""The proof of a JPEG: every seeded leak is caught, no clean copy is refused, and nothing makes the prover crash."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_samples import (
    decode,
    encode,
    insert,
    noise,
    oddly_turned,
    picture,
    segment,
    skipped_refinement,
    turned,
    with_profile,
)
from leaky_jpegs import (
    BOX,
    COPY,
    EXIF_AT,
    EXIF_END,
    FACE,
    NOTICE,
    ORDER,
    OTHER,
    SECRETS,
    SOURCE,
    SRGB,
    Leak,
    behind_jfif,
    coded,
    copied,
    dressed,
    emptied,
    filled,
    in_box,
    leaks,
    written,
)
from PIL import Image

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import Order, Person, PixelBox, Proof
from dam_plugin.redaction.plan_picture import plan_picture
from dam_plugin.redaction.proof import allowed, jpeg, jpeg_walk
from dam_plugin.redaction.proof.verdict import Report
from dam_plugin.redaction.stills import decoding, pixels, turbojpeg, wipe
from dam_tagging.facts import Region

BOTH = Order(hide=(Person("s1", (FACE,)), Person("s2", (OTHER,))), secrets=SECRETS)
CLEAN = Order(secrets=SECRETS)
CROP = PixelBox(96, 0, 192, 160)


def prove(released: bytes, source: bytes = SOURCE, order: Order = ORDER, crop: PixelBox | None = None) -> Proof:
    report = Report()
    jpeg.prove_jpeg(report, released, source, order, crop)
    return report.proof("")


def cropped(crop: PixelBox, source: bytes = SOURCE) -> bytes:
    return dressed(turbojpeg.find().transform(source, region=crop), 6)


def by_pixels(source: bytes, order: Order) -> tuple[bytes, PixelBox | None]:
    """Make the copy as the writer does where it cannot keep the coefficients."""
    with pytest.raises(wipe.NotWipeable):
        copied(source, order)
    made = plan_picture(pixels.frame(source, "image/jpeg"), order, bleed=True)
    return pixels.rewrite(source, made, order.notice), made.crop


@pytest.mark.parametrize("leak", [pytest.param(leak, id=leak.name) for leak in leaks()])
def test_a_seeded_leak_is_caught(leak: Leak) -> None:
    with pytest.raises(NotProven, match=leak.failure):
        prove(leak.released, leak.source, leak.order)


@pytest.mark.parametrize(
    "released",
    [
        pytest.param(COPY + b"\0", id="a byte behind the end"),
        pytest.param(COPY[:-2] + b"\x5a" + COPY[-2:], id="a byte behind the last unit"),
        pytest.param(insert(COPY, 0xFE, b"harmless"), id="a comment"),
        pytest.param(COPY[:EXIF_AT] + COPY[EXIF_END:], id="the orientation dropped"),
    ],
)
def test_a_single_leak_in_a_file_that_is_right_otherwise_fails_by_itself(released: bytes) -> None:
    assert len(prove(COPY).checks) == 8
    with pytest.raises(NotProven) as caught:
        prove(released)
    assert 1 <= len(caught.value.failures) <= 2


def test_every_failure_is_named_at_once_and_no_name_with_it() -> None:
    with pytest.raises(NotProven) as caught:
        prove(insert(SOURCE, 0xFE, SECRETS[0].encode()) + b"more")
    assert len(caught.value.failures) >= 5
    assert "Ava" not in str(caught.value)


def test_a_proof_says_what_was_checked() -> None:
    checks = prove(COPY).checks
    assert any("2 of 2 names and ids" in check for check in checks)
    assert any("all in 1 box are zero" in check for check in checks)
    assert "Ava" not in str(checks)


@pytest.mark.parametrize(
    "source", [b"", b"\xff\xd8", b"not a picture", SOURCE[:900]], ids=["empty", "SOI", "text", "cut"]
)
def test_a_source_that_cannot_be_read_proves_nothing(source: bytes) -> None:
    with pytest.raises(NotProven, match="the source"):
        prove(COPY, source)


def test_a_source_that_states_two_orientations_proves_nothing() -> None:
    with pytest.raises(NotProven, match="twice and differently"):
        prove(COPY, turned(8, SOURCE))


@pytest.mark.parametrize("name", sorted(oddly_turned()))
def test_a_source_whose_orientation_not_every_program_reads_proves_nothing(name: str) -> None:
    with pytest.raises(NotProven, match="the orientation is stated oddly"):
        prove(COPY, oddly_turned()[name])


def test_a_student_whose_alias_stands_in_the_notice_can_be_released() -> None:
    order = Order(hide=ORDER.hide, secrets=("May", "1999", "Example School"), notice=NOTICE)
    assert prove(copied(SOURCE, order), SOURCE, order).checks
    told = copied(SOURCE, order)
    with pytest.raises(NotProven, match="1 names or ids"):
        prove(told[:-2] + segment(0xFE, b"May") + told[-2:], SOURCE, order)


def test_a_file_of_very_many_segments_is_told_of_in_few_words() -> None:
    with pytest.raises(NotProven) as caught:
        prove(COPY[:2] + segment(0xE0, b"") * 1000 + COPY[2:])
    assert len(caught.value.failures) == 21
    assert caught.value.failures[-1].endswith(" more")
    with pytest.raises(NotProven, match="more than 20000 segments"):
        jpeg_walk.walk(COPY[:2] + segment(0xE0, b"") * 20_001 + COPY[2:])


def test_without_a_library_nothing_is_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpeg.coefficients, "_library", lambda _: None)
    with pytest.raises(NotProven, match="install the Python package turbojpeg"):
        prove(COPY)


SHAPES = [
    pytest.param("RGB", {"subsampling": "4:4:4"}, id="4:4:4"),
    pytest.param("RGB", {"subsampling": "4:2:2"}, id="4:2:2"),
    pytest.param("RGB", {"subsampling": "4:2:0", "quality": 30}, id="4:2:0, coarse"),
    pytest.param("RGB", {"subsampling": "4:2:0", "quality": 100}, id="4:2:0, fine"),
    pytest.param("RGB", {"progressive": True}, id="progressive"),
    pytest.param("RGB", {"optimize": True, "restart_marker_rows": 1}, id="own tables, restarts"),
    pytest.param("L", {}, id="grey"),
    pytest.param("L", {"progressive": True}, id="grey, progressive"),
]


@pytest.mark.parametrize("draw", [picture, noise], ids=["smooth", "noise"])
@pytest.mark.parametrize(("mode", "settings_"), SHAPES)
def test_a_clean_copy_is_not_refused(mode: str, settings_: dict[str, object], draw: Callable[..., Image.Image]) -> None:
    source = turned(7, encode(draw(203, 131, 1, mode=mode), **settings_)) + b"Ava \xc3\x89xample"
    for order in (BOTH, CLEAN, Order(hide=BOTH.hide, secrets=SECRETS, notice=NOTICE)):
        assert prove(copied(source, order), source, order).checks


RARER = [
    pytest.param("4:2:2", 0x12, (104, 256), id="4:4:0"),
    pytest.param("4:2:0", 0x41, (416, 64), id="4:1:1"),
]


@pytest.mark.parametrize(("subsampling", "luma", "size"), RARER)
def test_a_clean_copy_of_a_rarer_sampling_is_not_refused(subsampling: str, luma: int, size: tuple[int, int]) -> None:
    """Pillow writes neither: a scan of as many units, with as many blocks in each, is given other factors."""
    fresh = encode(picture(208, 128), subsampling=subsampling)
    at = fresh.find(b"\xff\xc0") + 5
    stated = size[1].to_bytes(2, "big") + size[0].to_bytes(2, "big")
    source = fresh[:at] + stated + fresh[at + 4 : at + 6] + bytes([luma]) + fresh[at + 7 :]
    assert prove(copied(source, BOTH), source, BOTH).checks
    with pytest.raises(NotProven, match="box 1 of 2"):
        prove(copied(source, CLEAN), source, BOTH)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(192, 160), (203, 131), (17, 9), (1, 1)], ids=["whole", "odd", "small", "one pixel"])
def test_a_clean_copy_of_each_orientation_and_size_is_not_refused(orientation: int, size: tuple[int, int]) -> None:
    source = turned(orientation, encode(picture(*size)))
    assert prove(copied(source, BOTH), source, BOTH).checks


def test_a_known_profile_is_kept_and_does_not_count_as_its_makers_name(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {hashlib.sha256(SRGB).hexdigest(): "made for this test"}
    monkeypatch.setattr(decoding, "KNOWN_PROFILES", known)
    monkeypatch.setattr(allowed, "KNOWN_PROFILES", known)
    source = with_profile(SOURCE, SRGB, chunk=300)
    order = Order(hide=ORDER.hide, secrets=("Copyright", SRGB[-30:].decode("latin-1")))
    copy = copied(source, order)
    assert prove(copy, source, order).checks
    with pytest.raises(NotProven, match="profile is not the source's"):
        prove(COPY, source)
    with pytest.raises(NotProven, match="profile is not the source's"):
        prove(copy, SOURCE)


def test_a_crop_shows_the_sources_coefficients_and_nobody_to_hide() -> None:
    assert prove(cropped(CROP), crop=CROP).checks


@pytest.mark.parametrize(
    ("released", "crop", "failure"),
    [
        pytest.param(
            cropped(PixelBox(48, 0, 192, 160)), PixelBox(48, 0, 192, 160), "somebody to hide", id="somebody in it"
        ),
        pytest.param(cropped(PixelBox(0, 0, 96, 80)), PixelBox(8, 0, 104, 80), "whole coding units", id="off the grid"),
        pytest.param(cropped(PixelBox(48, 0, 192, 160)), CROP, "size", id="more than was planned"),
        pytest.param(cropped(PixelBox(0, 0, 96, 160)), CROP, "outside the boxes", id="from another place"),
        pytest.param(written(decode(SOURCE, "RGB").crop((96, 0, 192, 160))), CROP, "quantisation", id="written afresh"),
        pytest.param(cropped(CROP) + b"\0", CROP, "behind the end", id="a byte behind the end"),
        pytest.param(SOURCE, CROP, "size", id="the source itself"),
    ],
)
def test_a_crop_that_shows_anything_else_is_caught(released: bytes, crop: PixelBox, failure: str) -> None:
    with pytest.raises(NotProven, match=failure):
        prove(released, crop=crop)


AFRESH = [
    pytest.param(encode(picture(192, 160), keep_rgb=True), id="coded as RGB"),
    pytest.param(encode(noise(203, 131, 1), keep_rgb=True), id="noise, coded as RGB"),
    pytest.param(with_profile(encode(picture(192, 160), subsampling="4:2:0"), SRGB), id="a foreign profile"),
    pytest.param(with_profile(encode(picture(192, 160, mode="L")), SRGB), id="grey, a profile of colours"),
]


@pytest.mark.parametrize("fresh", AFRESH)
def test_a_copy_that_had_to_be_written_afresh_is_not_refused(fresh: bytes) -> None:
    source = turned(7, fresh) + b"Ava \xc3\x89xample"
    for order in (BOTH, CLEAN, Order(hide=ORDER.hide, secrets=SECRETS, notice=NOTICE, isolate="always")):
        released, crop = by_pixels(source, order)
        assert prove(released, source, order, crop).checks


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        pytest.param(lambda data: data + b"\0", "behind the end", id="a byte behind the end"),
        pytest.param(
            lambda data: data[:-2] + b"\x5a" + data[-2:], "cannot be read|may be hidden", id="behind the last unit"
        ),
        pytest.param(
            lambda data: dressed(encode(decode(data, "RGB"), subsampling="4:2:0"), 6),
            "a part of|not filled",
            id="subsampled",
        ),
    ],
)
def test_a_leak_in_a_copy_that_was_written_afresh_is_caught(change: Callable[[bytes], bytes], failure: str) -> None:
    source = turned(6, encode(noise(192, 160, 1), keep_rgb=True))
    released, _ = by_pixels(source, ORDER)
    with pytest.raises(NotProven, match=failure):
        prove(change(released), source)


def test_a_box_that_was_not_filled_past_the_bleed_is_caught() -> None:
    source = turned(6, with_profile(encode(picture(192, 160), subsampling="4:2:0"), SRGB))
    with pytest.raises(NotProven, match="not filled"):
        prove(written(filled(BOX)), source)
    with pytest.raises(NotProven, match="not the source's"):
        prove(written(filled((0, 0, 192, 160))), source)


def before_frame(data: bytes) -> bytes:
    at = data.find(b"\xff\xc0")
    return data[:at] + b"\xff\xda\0\3\0x" + data[at:]


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        pytest.param(lambda data: data.replace(b"\xff\xda", b"\xff\xda\0\2\xff\xda", 1), "no data", id="an odd scan"),
        pytest.param(lambda data: data[:2] + b"\xff\xfe\0\1" + data[2:], "impossible length", id="a length of 1"),
        pytest.param(lambda data: data[:2] + b"\xff\xfe\xff", "length", id="cut in a length"),
        pytest.param(lambda data: data[:2] + b"junk" + data[2:], "no marker", id="bytes between segments"),
        pytest.param(lambda data: sized(data, b"\0\0\0\0"), "no size", id="no size"),
        pytest.param(lambda data: sized(data, b"\xff\xff\xff\xff"), "megapixels", id="too many pixels"),
        pytest.param(lambda data: data.replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"), "8 bits", id="12 bits"),
        pytest.param(lambda data: scans(data, 101), "100 scans", id="scans without end"),
        pytest.param(before_frame, "before the frame", id="a scan before the frame"),
        pytest.param(lambda _: skipped_refinement(), "a scan is malformed", id="a bit that was never sent"),
    ],
)
def test_a_file_that_is_not_made_as_a_jpeg_is_caught(change: Callable[[bytes], bytes], failure: str) -> None:
    with pytest.raises(NotProven, match=failure):
        prove(change(COPY))


def sized(data: bytes, size: bytes) -> bytes:
    at = data.find(b"\xff\xc0") + 5
    return data[:at] + size + data[at + 4 :]


def scans(data: bytes, count: int) -> bytes:
    at = data.rfind(b"\xff\xda")
    return data[:at] + data[at:-2] * count + data[-2:]


@settings(max_examples=60, deadline=None)
@given(
    orientation=st.integers(1, 8),
    size=st.tuples(st.integers(1, 150), st.integers(1, 150)),
    subsampling=st.sampled_from(["4:4:4", "4:2:2", "4:2:0"]),
    faces=st.lists(
        st.tuples(st.floats(0, 0.99), st.floats(0, 0.99), st.floats(0.004, 1), st.floats(0.004, 1)),
        min_size=1,
        max_size=3,
    ),
)
def test_writer_and_prover_come_to_the_same_blocks(
    orientation: int, size: tuple[int, int], subsampling: str, faces: list[tuple[float, float, float, float]]
) -> None:
    source = turned(orientation, encode(picture(*size), subsampling=subsampling))
    order = Order(hide=(Person("s1", tuple(Region(*face) for face in faces)),))
    assert prove(copied(source, order), source, order).checks


def test_a_coefficient_wipe_of_anybodys_making_is_proven() -> None:
    assert prove(coded(in_box(emptied))).checks


def test_the_container_alone_is_checked_for_other_proofs() -> None:
    report = Report()
    walked = jpeg.container(report, COPY, ORDER)
    assert walked is not None
    assert report.check("only form", jpeg.only_form(walked, COPY))
    assert (walked.size, walked.orientation(), walked.profile()) == ((192, 160), 6, b"")
    assert jpeg.container(Report(), behind_jfif(0xE1, b"Exif\0\0"), ORDER) is not None
    assert jpeg.container(Report(), b"\x89PNG", ORDER) is None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_not_proven(data: bytes) -> None:
    for start in (b"", b"\xff\xd8", COPY[:200], COPY[:-2]):
        if start + data != COPY:
            with pytest.raises(NotProven):
                prove(start + data)
            with pytest.raises(NotProven):
                prove(COPY, source=start + data)


CHANGES = st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), min_size=1, max_size=5)


@settings(max_examples=600, deadline=None)
@given(CHANGES)
def test_a_mutated_copy_is_never_proven(changes: list[tuple[int, int]]) -> None:
    mutated = bytearray(COPY)
    for at, value in changes:
        mutated[at % len(mutated)] = value
    if mutated != COPY:
        with pytest.raises(NotProven):
            prove(bytes(mutated))


@settings(max_examples=100, deadline=None)
@given(CHANGES)
def test_a_mutated_source_proves_something_or_nothing_and_nothing_else(changes: list[tuple[int, int]]) -> None:
    mutated = bytearray(SOURCE)
    for at, value in changes:
        mutated[at % len(mutated)] = value
    with contextlib.suppress(NotProven):
        prove(COPY, source=bytes(mutated))
