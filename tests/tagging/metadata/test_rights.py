"""What files say of rights, credit and status may say no. It names nobody, but for a maker whose family said no.

Where a file came from may name somebody.
"""

from __future__ import annotations

import io
import struct

import pytest
from made_files import box, chunk, exif_segment, iptc_segment, jpeg, movie, packet, pdf, png, riff, track, xmp_segment

from dam_tagging.facts import Facts
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.metadata.containers.blocks import Blocks
from dam_tagging.metadata.facts_builder import FactsBuilder
from dam_tagging.metadata.fields import id3
from dam_tagging.metadata.read import read
from dam_tagging.names.signs import signs_in
from dam_tagging.rules.conditions import Standing
from dam_tagging.rules.model import RuleSet
from dam_tagging.tag import Families, tag

NO = "DO NOT POST - parents said no"
NAME = "Dmitri Volkov"
SPACES = (
    "xmlns:plus='http://ns.useplus.org/ldf/xmp/1.0/' xmlns:xmpRights='http://ns.adobe.com/xap/1.0/rights/' "
    "xmlns:pm='http://ns.camerabits.com/photomechanic/1.0/' xmlns:acme='http://acme.example/1/' "
    "xmlns:exifEX='http://cipa.jp/exif/1.0/' xmlns:exif='http://ns.adobe.com/exif/1.0/' "
    "xmlns:xmpMM='http://ns.adobe.com/xap/1.0/mm/' xmlns:stRef='http://ns.adobe.com/xap/1.0/sType/ResourceRef#'"
)
ROSTER = RosterIndex([Person("S-1", (NAME,))])


def of(data: bytes, name: str = "x") -> Facts:
    return read(io.BytesIO(data), name)


def of_xmp(body: str) -> Facts:
    return of(jpeg(xmp_segment(packet(body, SPACES))))


def alt(name: str, text: str) -> str:
    return f"<{name}><rdf:Alt><rdf:li xml:lang='x-default'>{text}</rdf:li></rdf:Alt></{name}>"


def names_nobody(facts: Facts, *, opted_out: bool = True) -> bool:
    result = tag(facts, "a.jpg", RuleSet(), ROSTER, families=Families.of({"S-1": Standing(opted_out=opted_out)}))
    return not (result.students or result.open_words)


def may_show(facts: Facts) -> set[str]:
    """Return whom of those who said no an open word may mean, where nobody is named as being in the picture."""
    result = tag(facts, "a.jpg", RuleSet(), ROSTER, families=Families.of({"S-1": Standing(opted_out=True)}))
    assert not result.students
    return {who for each in result.open_words for who in each.students}


def files_of_rights(text: str) -> dict[str, bytes]:
    """Return files that say a text where it is told who made, owns or may use them."""
    body = {
        name: f"<{name}>{text}</{name}>"
        for name in (
            *("photoshop:Credit", "photoshop:CaptionWriter", "photoshop:AuthorsPosition", "xmpRights:WebStatement"),
            *("pm:EditStatus", "plus:LicenseeImageNotes", "plus:OtherImageInfo", "plus:Custom1"),
        )
    }
    body |= {name: alt(name, text) for name in ("dc:rights", "dc:creator", "xmpRights:Owner", "xmpRights:UsageTerms")}
    body["plus:Licensor"] = f"<plus:Licensor><rdf:Seq><rdf:li plus:LicensorName='{text}'/></rdf:Seq></plus:Licensor>"
    files = {name: jpeg(xmp_segment(packet(inside, SPACES))) for name, inside in body.items()}
    files |= {
        f"IPTC 2:{number}": jpeg(iptc_segment([(2, number, text.encode())])) for number in (80, 85, 110, 116, 122)
    }
    files |= {f"EXIF {number}": jpeg(exif_segment({number: text})) for number in (315, 33432)}
    files |= {
        f"PNG {name}": png(chunk(b"tEXt", f"{name}\0{text}".encode()))
        for name in ("Warning", "Disclaimer", "Source", "Copyright", "Author", "Artist")
    }
    files["PDF Company"] = pdf(
        b"<</Type/Catalog>>", f"<</Company({text})>>".encode(), trailer=b"/Root 1 0 R/Info 2 0 R"
    )
    rights = box(b"cprt", b"\0\0\0\0\x15\xc7" + text.encode() + b"\0")
    files["QuickTime cprt"] = movie(track(), box(b"udta", rights))
    shape = (b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8))
    padded = text.encode() + b"\0" * (2 - len(text) % 2)
    inside = b"INFOICOP" + struct.pack("<I", len(padded)) + padded
    files["RIFF ICOP"] = riff(b"WAVE", shape, (b"LIST", inside), (b"data", b"\x80" * 8000))
    return files


@pytest.mark.parametrize("place", files_of_rights(NO))
def test_a_sign_of_no_in_rights_credit_or_status_is_found(place: str) -> None:
    assert signs_in(of(files_of_rights(NO)[place]), "a.jpg")


@pytest.mark.parametrize("place", sorted(set(files_of_rights(NAME)) - {"xmpRights:UsageTerms"}))
def test_who_made_owns_or_wrote_is_open_if_the_family_said_no_and_names_nobody_else_in_the_picture(place: str) -> None:
    facts = of(files_of_rights(NAME)[place])
    assert any(NAME in each.text for each in facts.rights) or facts.official_markers
    if not facts.official_markers:
        assert may_show(facts) == {"S-1"}
        assert names_nobody(facts, opted_out=False)
        assert names_nobody(of(files_of_rights("Sam Volkov")[place]))


@pytest.mark.parametrize("number", [7, 22, 103, 115])
def test_a_status_a_job_and_a_source_may_say_no_in_one_small_word_and_may_name_somebody(number: int) -> None:
    assert signs_in(of(jpeg(iptc_segment([(2, number, b"dnp")]))), "a.jpg")
    assert not names_nobody(of(jpeg(iptc_segment([(2, number, b"Sent by the Volkov family")]))))


@pytest.mark.parametrize(
    "body",
    [
        "<photoshop:Source>Sent by the Volkov family</photoshop:Source>",
        "<dc:source>Sent by the Volkov family</dc:source>",
        "<dc:identifier>Volkov Dmitri 3</dc:identifier>",
        "<exifEX:ImageTitle>Volkov at bat</exifEX:ImageTitle>",
        "<exif:GPSAreaInformation>Home of the Volkov family</exif:GPSAreaInformation>",
        "<photoshop:TransmissionReference>volkov-dmitri</photoshop:TransmissionReference>",
        "<xmpMM:DerivedFrom stRef:filePath='file:///C:/fair/volkov-dmitri.psd' stRef:documentID='xmp.did:1'/>",
        "<xmpMM:DerivedFrom stRef:filePath='/Users/someone/Volkov%20family/1.psd'/>",
        "<xmpMM:Ingredients><rdf:Bag><rdf:li stRef:filePath='volkov-dmitri.psd'/></rdf:Bag></xmpMM:Ingredients>",
    ],
)
def test_where_a_file_came_from_may_name_somebody(body: str) -> None:
    assert not names_nobody(of_xmp(body))


def test_a_student_who_took_the_picture_may_be_in_it() -> None:
    by_line = f"<dc:creator><rdf:Seq><rdf:li>{NAME}</rdf:li></rdf:Seq></dc:creator>"
    assert may_show(of_xmp(by_line)) == {"S-1"}
    assert names_nobody(of_xmp(by_line), opted_out=False)
    assert not names_nobody(of_xmp(f"{by_line}<acme:Pupil>{NAME}</acme:Pupil>"))


def test_the_folders_of_somebodys_computer_are_not_searched() -> None:
    facts = of_xmp("<xmpMM:DerivedFrom stRef:filePath='C:\\Users\\Volkov\\Pictures\\fair\\IMG_1.psd'/>")
    assert [each.text for each in facts.texts] == ["fair", "IMG_1.psd"]


@pytest.mark.parametrize(
    "term", ["http://ns.useplus.org/ldf/vocab/MR-NON", "MR-LMR", "http://ns.useplus.org/ldf/vocab/MR-LMR"]
)
def test_a_release_that_is_not_there_or_not_whole_is_a_sign(term: str) -> None:
    assert signs_in(of_xmp(f"<plus:ModelReleaseStatus>{term}</plus:ModelReleaseStatus>"), "a.jpg")


@pytest.mark.parametrize("term", ["MR-UMR", "MR-NAP"])
def test_a_release_that_is_whole_or_not_asked_for_is_no_sign(term: str) -> None:
    facts = of_xmp(f"<plus:ModelReleaseStatus>http://ns.useplus.org/ldf/vocab/{term}</plus:ModelReleaseStatus>")
    assert signs_in(facts, "a.jpg") == ()


def test_a_property_of_an_unknown_program_that_is_set_to_no_is_a_sign() -> None:
    assert signs_in(of_xmp("<acme:Publish>no</acme:Publish>"), "a.jpg")
    assert signs_in(of_xmp("<acme:Publish>yes</acme:Publish><acme:Cropped>no</acme:Cropped>"), "a.jpg") == ()
    assert signs_in(of(png(chunk(b"tEXt", b"Publish\0no"))), "a.jpg")


def test_a_programme_or_a_camera_says_nothing() -> None:
    programme = xmp_segment(
        packet("<xmp:CreatorTool>DNP Print</xmp:CreatorTool><acme:Software>DNP</acme:Software>", SPACES)
    )
    assert signs_in(of(jpeg(exif_segment({305: "DNP Print", 271: "DNP", 272: "DNP"}), programme)), "a.jpg") == ()


def test_a_small_picture_among_the_records_is_no_text() -> None:
    facts = of(jpeg(iptc_segment([(2, 202, bytes(range(256)) * 100), (2, 116, bytes(range(256)) * 100)])))
    assert (facts.rights, facts.state) == ((), "read")
    assert signs_in(of(jpeg(iptc_segment([(2, 116, b"DO NOT\r\nPOST\x01")]))), "a.jpg")


def test_the_terms_of_use_of_a_sound_are_searched() -> None:
    frame = b"\0engDo not post"
    tag_of_it = b"USER" + struct.pack(">IH", len(frame), 0) + frame
    blocks = Blocks()
    id3.read(io.BytesIO(b"ID3\3\0\0\0\0\0" + bytes([len(tag_of_it)]) + tag_of_it), blocks)
    assert [(each.kind, each.text) for each in blocks.texts] == [("rights", "Do not post")]


def test_rights_of_a_file_within_a_file_are_kept_and_all_of_them_are_bounded() -> None:
    inner, outer = FactsBuilder(), FactsBuilder()
    inner.right(NO, "dc:rights")
    outer.absorb(inner)
    assert [each.text for each in outer.facts("image/jpeg", None).rights] == [NO]
    outer.right(" ".join(map(str, range(300_000))), "dc:rights")
    assert outer.damaged
