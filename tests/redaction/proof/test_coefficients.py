"""The prover's reading of coefficients: what is coded comes back byte for byte, and every difference is told."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_samples import encode, noise, picture
from leaky_jpegs import coded, emptied, in_box

from dam_plugin.errors import NotProven
from dam_plugin.redaction.libturbojpeg import PROGRESSIVE
from dam_plugin.redaction.model import PixelBox
from dam_plugin.redaction.proof import coefficients
from dam_plugin.redaction.stills import turbojpeg

PICTURE = encode(picture(192, 160), subsampling="4:2:0")
BOX = (32, 48, 96, 96)
FACTORS = ((2, 2), (1, 1), (1, 1))


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("size", [(192, 160), (203, 131), (1, 1)], ids=["whole", "odd", "one pixel"])
def test_what_holds_nothing_but_coefficients_comes_back_as_it_is(subsampling: str, size: tuple[int, int]) -> None:
    data = encode(noise(*size, 1), subsampling=subsampling)
    assert coefficients.recoded(data) == data


def test_a_progressive_picture_comes_back_with_the_same_scans() -> None:
    data = coefficients.recoded(PICTURE, PROGRESSIVE)
    assert coefficients.recoded(data, PROGRESSIVE) == data
    assert coefficients.recoded(data) == PICTURE


def test_what_must_be_expected_is_empty_in_the_boxes_and_kept_outside() -> None:
    wanted = coefficients.expected(PICTURE, [BOX], FACTORS)
    assert wanted == coded(in_box(emptied, BOX), PICTURE, 1)
    assert list(coefficients.differences(wanted, wanted, [BOX], FACTORS)) == []
    assert list(coefficients.differences(PICTURE, wanted, [BOX], FACTORS)) == [
        "box 1 of 1 still holds coefficients of the picture"
    ]


def test_a_crop_has_the_coefficients_of_its_place() -> None:
    crop = PixelBox(96, 48, 192, 160)
    assert coefficients.expected(PICTURE, [], FACTORS, crop) == turbojpeg.find().transform(PICTURE, region=crop)


@pytest.mark.parametrize("component", [0, 1, 2], ids=["luma", "Cb", "Cr"])
@pytest.mark.parametrize("index", [0, 1, 63], ids=["DC", "first AC", "last AC"])
def test_a_single_coefficient_is_seen_inside_and_outside(component: int, index: int) -> None:
    def touched(box: tuple[int, int, int, int]) -> bytes:
        def each(row: turbojpeg.BlockRow) -> None:
            in_box(emptied, BOX)(row)
            if row.component == component:
                in_box(touch, box)(row)

        return turbojpeg.find().transform(PICTURE, each_row=each)

    def touch(address: int) -> None:
        (ctypes.c_short * 64).from_address(address)[index] ^= 1

    wanted = coefficients.expected(PICTURE, [BOX], FACTORS)
    inside = list(coefficients.differences(touched((48, 64, 64, 80)), wanted, [BOX], FACTORS))
    outside = list(coefficients.differences(touched((96, 48, 112, 64)), wanted, [BOX], FACTORS))
    assert inside == ["box 1 of 1 still holds coefficients of the picture"]
    assert outside == ["outside the boxes the coefficients are not the source's"]


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(coefficients.recoded, id="recoded"),
        pytest.param(lambda data: coefficients.expected(data, [BOX], FACTORS), id="expected"),
        pytest.param(lambda data: list(coefficients.differences(data, PICTURE, [BOX], FACTORS)), id="differences"),
    ],
)
@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", PICTURE[:900], b"\x89PNG"], ids=["empty", "SOI", "cut short", "PNG"]
)
def test_what_the_library_does_not_read_without_a_warning_proves_nothing(
    read: Callable[[bytes], object], data: bytes
) -> None:
    with pytest.raises(NotProven, match="cannot be read"):
        read(data)


def test_a_library_that_is_missing_or_broken_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    others = ["no-such-library.so", ctypes.util.find_library("c") or ""]
    monkeypatch.setattr(coefficients, "_candidates", lambda _: iter(others))
    coefficients._library.cache_clear()
    with pytest.raises(NotProven, match="install the Python package turbojpeg"):
        coefficients.recoded(PICTURE)
    coefficients._library.cache_clear()


def test_the_library_that_was_set_is_looked_for_and_the_environment_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(turbojpeg.SETTING, "of-the-environment.so")
    assert "of-the-environment.so" not in list(coefficients._candidates(None))
    assert "of-the-settings.so" in list(coefficients._candidates(Path("of-the-settings.so")))


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(lambda data: coefficients.expected(data, [BOX], FACTORS), id="expected"),
        pytest.param(lambda data: list(coefficients.differences(data, data, [BOX], FACTORS)), id="differences"),
    ],
)
@pytest.mark.parametrize(
    ("error", "comes_out", "told"),
    [
        pytest.param(MemoryError(), NotProven, "not enough memory", id="no memory"),
        pytest.param(KeyboardInterrupt("stop"), KeyboardInterrupt, "stop", id="an interruption"),
    ],
)
def test_a_look_at_the_coefficients_that_fails_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch,
    read: Callable[[bytes], object],
    error: BaseException,
    comes_out: type[BaseException],
    told: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    for name in ("memset", "string_at"):
        monkeypatch.setattr(coefficients.ctypes, name, fail)
    with pytest.raises(comes_out, match=told):
        read(PICTURE)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(20, 20_000), st.integers(0, 255)), min_size=1, max_size=5))
def test_a_mutated_scan_is_read_or_not_and_nothing_else(changes: list[tuple[int, int]]) -> None:
    scan = PICTURE.rfind(b"\xff\xda")
    mutated = bytearray(PICTURE)
    for at, value in changes:
        mutated[scan + at % (len(mutated) - scan)] = value
    try:
        found = list(coefficients.differences(bytes(mutated), PICTURE, [BOX], FACTORS))
    except NotProven as error:
        found = list(error.failures)
    assert found
