"""PDF: XMP, Info fields and Photoshop's resources, later versions of objects, passwords, and what never ends."""

from __future__ import annotations

import io
import subprocess
import sys
import zlib

import pypdf
import pytest
from made_files import bag, exif_block, iim, packet, pdf, pdf_stream, resource

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers import pdf as reader
from dam_tagging.metadata.containers.pdf import METADATA
from dam_tagging.metadata.read import read

XMP = packet(bag("Iptc4xmpExt:PersonInImage", ["Ava Example"]))
CATALOG = b"<</Type/Catalog/Metadata 2 0 R>>"
INFO = b"/Root 1 0 R/Info 2 0 R"
PACKED = b"/Filter/FlateDecode"


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x.pdf")


def names(result: Facts) -> list[str]:
    return [person.name for person in result.persons]


def words(result: Facts) -> list[str]:
    return [word.text for word in result.keywords]


def written(data: bytes, **options: object) -> bytes:
    """Return the PDF as pypdf writes it anew, with its objects in streams unless a password is set."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    if options:
        writer.encrypt(**options)  # type: ignore[arg-type]
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("stream", [pdf_stream(XMP), pdf_stream(zlib.compress(XMP), PACKED)], ids=["plain", "packed"])
def test_the_xmp_of_the_document_is_read(stream: bytes) -> None:
    result = facts(pdf(CATALOG, stream))
    assert (result.media_type, result.state, names(result)) == ("application/pdf", "read", ["Ava Example"])


def test_the_info_fields_are_read() -> None:
    info = b"<</Title(Concert)/Subject<FEFF00E9>/Author(Choir)/AAPL:Keywords[(Ava, Example)]/Creator(no)>>"
    result = facts(pdf(b"<</Type/Catalog>>", info, trailer=INFO))
    assert ([caption.text for caption in result.captions], result.owner) == (["Concert", "é"], "Choir")
    assert words(result) == ["Ava, Example"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"violin, choir", {"violin", "choir"}),
        (b"Ava Example; Ben Sample", {"Ava Example", "Ben Sample"}),
        (b"Ava Example", {"Ava Example", "Ava", "Example"}),
        (b"a, b; c", {"a", "b; c", "a, b", "c"}),
    ],
)
def test_keywords_are_parted_in_every_way_they_may_be_meant(text: bytes, expected: set[str]) -> None:
    assert set(words(facts(pdf(b"<</Type/Catalog>>", b"<</Keywords(%s)>>" % text, trailer=INFO)))) == expected


def test_the_metadata_of_a_page_and_photoshops_resources_are_read() -> None:
    resources = resource(iim([(2, 25, b"Violin")])) + resource(exif_block({270: "Concert", 274: 3}), 1058)
    result = facts(
        pdf(
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Metadata 4 0 R/PieceInfo<</AdobePhotoshop<</Private<</ImageResources 5 0 R>>>>>>>>",
            pdf_stream(XMP),
            pdf_stream(resources),
        )
    )
    assert (result.state, names(result), words(result)) == ("read", ["Ava Example"], ["Violin"])
    assert result.orientation == 3


def test_a_later_version_of_an_object_counts() -> None:
    first = pdf(b"<</Type/Catalog>>", b"<</Title(Old)>>", trailer=INFO)
    start = first.index(b"xref")
    late = len(first)
    update = (
        first
        + b"2 0 obj\n<</Title(New)>>\nendobj\n"
        + b"xref\n2 1\n%010d 00000 n \ntrailer\n<</Size 3%s/Prev %d>>\n" % (late, INFO, start)
        + b"startxref\n%d\n%%%%EOF\n" % (late + len(b"2 0 obj\n<</Title(New)>>\nendobj\n"))
    )
    assert [caption.text for caption in facts(update).captions] == ["New"]


PAGES = pdf(
    b"<</Type/Catalog/Metadata 2 0 R/Pages 3 0 R>>",
    pdf_stream(XMP, b"/Type/Metadata/Subtype/XML "),
    b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
    b"<</Type/Page/Parent 3 0 R/MediaBox[0 0 9 9]>>",
)


def test_a_pdf_that_opens_without_a_password_is_read() -> None:
    assert names(facts(written(PAGES, user_password="", owner_password="x", algorithm="RC4-128"))) == ["Ava Example"]


def test_a_pdf_that_wants_a_password_is_unreadable() -> None:
    result = facts(written(PAGES, user_password="x", algorithm="RC4-128"))
    assert result.state == "unreadable"
    assert result.problems


READ_WITHOUT_CRYPTOGRAPHY = """
import io, sys
sys.modules["cryptography"] = sys.modules["Crypto"] = None
from dam_tagging.metadata.read import read
facts = read(io.BytesIO(sys.stdin.buffer.read()), "x.pdf")
print(facts.state, *(person.name for person in facts.persons), *facts.problems)
"""


@pytest.mark.parametrize("password", ["", "x"])
@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_an_encrypted_pdf_is_read_or_unreadable_without_cryptography(algorithm: str, password: str) -> None:
    data = written(PAGES, user_password=password, owner_password="y", algorithm=algorithm)
    command = [sys.executable, "-c", READ_WITHOUT_CRYPTOGRAPHY]
    told = subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode().strip()
    if (algorithm, password) == ("RC4-128", ""):
        assert told == "read Ava Example"
    else:
        assert told.startswith("unreadable the PDF is ")


def nested(depth: int) -> bytes:
    return b"<</Title " + b"[" * depth + b"]" * depth + b">>"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(pdf(CATALOG, pdf_stream(b"<x>")), id="no-xmp"),
        pytest.param(pdf(CATALOG, pdf_stream(zlib.compress(b" " * (METADATA + 1)), PACKED)), id="bomb"),
        pytest.param(pdf(CATALOG, pdf_stream(b"no zlib", PACKED)), id="damaged-stream"),
        pytest.param(pdf(CATALOG, pdf_stream(zlib.compress(XMP)[:-40], PACKED)), id="cut-stream"),
        pytest.param(
            pdf(CATALOG, pdf_stream(zlib.compress(b"\2a" * 9), PACKED + b"/DecodeParms<</Predictor 15>>")),
            id="predictor",
        ),
        pytest.param(pdf(CATALOG, b"<</Length 2 0 R>>\nstream\nx\nendstream"), id="length-of-itself"),
        pytest.param(pdf(CATALOG, b"2 0 R"), id="itself"),
        pytest.param(pdf(b"<</Type/Catalog>>", nested(5000), trailer=INFO), id="nested"),
        pytest.param(
            pdf(
                b"<</Type/Catalog/PieceInfo<</AdobePhotoshop<</Private<</ImageResources 2 0 R>>>>>>>>",
                pdf_stream(b"no resources"),
            ),
            id="no-resources",
        ),
    ],
)
def test_a_damaged_part_leaves_the_file_partial(data: bytes) -> None:
    result = facts(data)
    assert result.state == "partial"
    assert result.problems


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(PAGES[:-40], id="cut"),
        pytest.param(pdf(b"null"), id="no-catalogue"),
        pytest.param(PAGES.replace(b"xref\n0 5", b"xref\n0 999999999"), id="gigabytes-of-objects"),
        pytest.param(b"%PDF-1.7\n" + b"\n" * 100_000, id="empty"),
        pytest.param(b"%PDF-1.7\n" + b"startxref" + b"x" * 900 + b"%%EOF", id="no-table"),
        pytest.param(PAGES.replace(b"trailer\n<<", b"trailer\n<</Encrypt<</Filter/Standard/V 9>>"), id="encrypted"),
    ],
)
def test_a_broken_pdf_is_unreadable(data: bytes) -> None:
    result = facts(data)
    assert result.state == "unreadable"
    assert result.problems


@pytest.mark.parametrize(("limit", "value"), [("MAX_READS", 10), ("MAX_READ", 10), ("MAX_SECONDS", -1.0)])
def test_steps_bytes_and_time_are_limited(monkeypatch: pytest.MonkeyPatch, limit: str, value: float) -> None:
    assert facts(PAGES).state == "read"
    monkeypatch.setattr(reader, limit, value)
    assert facts(PAGES).state == "unreadable"


def test_a_page_tree_that_runs_in_a_circle_comes_to_an_end() -> None:
    circle = b"<</Type/Pages/Kids[%s]>>" % (b"2 0 R " * 2000)
    assert facts(pdf(b"<</Type/Catalog/Pages 2 0 R>>", circle)).state == "read"


def test_a_pdf_that_is_cut_anywhere_is_never_taken_for_whole() -> None:
    assert {facts(PAGES[:end]).state for end in range(5, len(PAGES) - 1, 3)} == {"unreadable"}
