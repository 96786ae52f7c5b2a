"""A copy that has the source's own coding is read once, and of bytes that were proven before alone less is looked for."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jpeg_samples import append_segment, encode, insert, picture
from leaky_jpegs import NAME, ORDER, SECRETS, dressed

from dam_plugin.redaction.model import Order
from dam_plugin.redaction.proof.jpeg import BEFORE, NEEDED, NOT_IN_SCAN, Seen, prove_as_it_was
from dam_plugin.redaction.proof.jpeg_walk import walk
from dam_plugin.redaction.proof.verdict import Report
from dam_plugin.redaction.stills import jpeg

CLEAN = Order(secrets=SECRETS)
SOURCE = encode(picture(192, 160), subsampling="4:2:0")
OTHER = encode(picture(192, 160, seed=7), subsampling="4:2:0")
SAME_SIZE = (
    SOURCE[:-40] + bytes(each ^ 1 if each not in (0xFF, 0xFE, 0, 1) else each for each in SOURCE[-40:-2]) + SOURCE[-2:]
)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def copy_of(source: bytes) -> bytes:
    """Dress a source's own coding as the writer does, whatever it holds."""
    walked = walk(source)
    return dressed(insert(b"\xff\xd8" + walked.coding(source) + b"\xff\xd9", 0xE0, jpeg.JFIF_BODY), 1)


Prove = Callable[..., tuple[Report, Seen]]


@pytest.fixture
def prove(tmp_path: Path) -> Prove:
    def proved(
        copy: bytes, source: bytes = SOURCE, proven: str | None = None, order: Order = CLEAN
    ) -> tuple[Report, Seen]:
        report, released = Report(), tmp_path / "released"
        released.write_bytes(copy)
        return report, prove_as_it_was(report, released, lambda: source, order, proven=proven)

    return proved


def test_what_was_looked_at_is_told(prove: Prove) -> None:
    copy = copy_of(SOURCE)
    report, seen = prove(copy, append_segment(SOURCE, 0xFE, NAME.encode()) + b"more")
    assert report.failures == []
    assert (seen.sha256, seen.size, seen.crc) == (sha256(copy), len(copy), zlib.crc32(copy))
    assert seen.source == sha256(append_segment(SOURCE, 0xFE, NAME.encode()) + b"more")


def test_a_coding_is_decoded_once(prove: Prove, decoded: list[int]) -> None:
    report, seen = prove(copy_of(SOURCE))
    assert len(decoded) == 1
    assert NEEDED in report.checks
    again, _ = prove(copy_of(SOURCE), proven=seen.source)
    assert len(decoded) == 1
    assert again.failures == []


def test_the_proof_says_what_was_proven_before(prove: Prove) -> None:
    report, _ = prove(copy_of(SOURCE), proven=sha256(SOURCE))
    assert BEFORE in report.checks
    assert NEEDED not in report.checks


def test_the_proof_says_where_no_name_was_looked_for(prove: Prove) -> None:
    report, _ = prove(copy_of(SOURCE))
    assert any(NOT_IN_SCAN in each for each in report.checks)


@pytest.mark.parametrize(
    "proven",
    [
        sha256(OTHER),
        sha256(append_segment(SOURCE, 0xFE, b"")),
        sha256(SOURCE).upper(),
        sha256(SOURCE)[:-1],
        "",
        "0" * 64,
    ],
    ids=["of another source", "of the same coding", "capitals", "a part", "nothing", "noughts"],
)
def test_what_was_proven_of_other_bytes_is_proven_anew(prove: Prove, decoded: list[int], proven: str) -> None:
    report, _ = prove(copy_of(SOURCE), proven=proven)
    assert len(decoded) == 1
    assert NEEDED in report.checks


@pytest.mark.parametrize("source", [SOURCE, OTHER], ids=["the source's", "the copy's"])
def test_a_copy_of_another_source_is_not_proven_whatever_was_proven_before(prove: Prove, source: bytes) -> None:
    report, _ = prove(copy_of(OTHER), proven=sha256(source))
    assert report.failures


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(copy_of(SOURCE) + b"\0", id="a byte behind its end"),
        pytest.param(copy_of(SOURCE) + b"Ava Example", id="a name behind its end"),
        pytest.param(insert(copy_of(SOURCE), 0xFE, b"a comment"), id="a comment"),
        pytest.param(append_segment(copy_of(SOURCE), 0xFE, b"a comment"), id="a comment behind its scan"),
        pytest.param(append_segment(copy_of(SOURCE), 0xC4, b""), id="a table behind its scan"),
        pytest.param(copy_of(SOURCE)[:-1], id="cut short"),
        pytest.param(copy_of(SOURCE)[:-3] + copy_of(SOURCE)[-2:], id="a byte of its scan is missing"),
        pytest.param(copy_of(SOURCE)[:-2] + b"\x2a\xff\xd9", id="a byte more in its scan"),
        pytest.param(copy_of(SAME_SIZE), id="another end of its scan"),
        pytest.param(b"\xff\xd8\xff\xd9", id="no picture"),
        pytest.param(b"", id="nothing"),
        pytest.param(copy_of(SOURCE) + copy_of(SOURCE), id="twice"),
    ],
)
def test_what_was_proven_of_a_source_lets_nothing_else_into_its_copy(prove: Prove, copy: bytes) -> None:
    report, _ = prove(copy, proven=sha256(SOURCE))
    assert report.failures


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(copy_of(SOURCE)) - 1), bits=st.integers(1, 255))
def test_no_byte_of_a_copy_may_be_another(prove: Prove, place: int, bits: int) -> None:
    copy = bytearray(copy_of(SOURCE))
    copy[place] ^= bits
    report, _ = prove(bytes(copy), proven=sha256(SOURCE))
    assert report.failures


def test_nobody_is_hidden_by_a_coding_that_was_proven_before(prove: Prove) -> None:
    report, _ = prove(copy_of(SOURCE), order=ORDER, proven=sha256(SOURCE))
    assert report.failures


def test_a_name_is_found_in_whatever_is_no_coded_picture(prove: Prove) -> None:
    report, _ = prove(insert(copy_of(SOURCE), 0xFE, NAME.encode()), proven=sha256(SOURCE))
    assert any("names or ids" in each for each in report.failures)


def test_tables_are_looked_at_again_since_other_names_may_stand_in_them(prove: Prove) -> None:
    # The standard tables spell these letters.
    assert b"cdefg" in SOURCE
    report, _ = prove(copy_of(SOURCE), proven=sha256(SOURCE), order=Order(secrets=("cdefg",)))
    assert any("tables" in each for each in report.failures)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(encode(picture(192, 160), progressive=True), id="several scans"),
        pytest.param(b"\xff\xd8\xff\xd9", id="no picture"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_source_of_another_kind_is_no_source_of_such_a_copy(prove: Prove, source: bytes) -> None:
    report, _ = prove(copy_of(SOURCE), source, proven=sha256(source))
    assert report.failures
