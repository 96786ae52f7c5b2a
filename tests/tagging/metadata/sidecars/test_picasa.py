"""`.picasa.ini`: faces, contacts, keywords and captions of one picture of a folder."""

from __future__ import annotations

import pytest

from dam_tagging.facts import Facts
from dam_tagging.metadata.facts_builder import MAX_ITEMS, FactsBuilder
from dam_tagging.metadata.fields import xmp, xmp_people
from dam_tagging.metadata.fields.frame import Frame
from dam_tagging.metadata.sidecars import picasa

BOX = "33323fff66668ccc"
"""x0 0.2, y0 0.25, x1 0.4, y1 0.55."""

CONTACTS = "[Contacts2]\n9e5a=Ava Example;ava@example.org;\n"


def facts(ini: str | bytes, name: str = "x.jpg", orientation: int = 1) -> Facts:
    data = ini if isinstance(ini, bytes) else ini.encode()
    found = FactsBuilder(frame=Frame((800, 600), orientation))
    packet = picasa.packet(data, name)
    if packet is not None:
        xmp_people.collect(xmp.parse(packet), found)
    return found.facts("image/jpeg", orientation)


def faces(*written: str) -> str:
    return f"[x.jpg]\nfaces={';'.join(written)}\n{CONTACTS}"


def names(result: Facts) -> list[str | None]:
    return [region.name for region in result.regions]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_face_stands_on_the_displayed_picture(orientation: int) -> None:
    (region,) = facts(faces(f"rect64({BOX}),9e5a"), orientation=orientation).regions
    box = (region.region.x, region.region.y, region.region.w, region.region.h)
    assert box == pytest.approx((0.2, 0.25, 0.2, 0.3), abs=0.0001)
    assert (region.name, region.kind, region.source, region.stale) == ("Ava Example", "Face", ".picasa.ini", False)


def test_leading_zeros_are_left_out_by_the_writer() -> None:
    (region,) = facts(faces("rect64(3fff66668ccc),9e5a")).regions
    assert (region.region.x, region.region.w) == (0, pytest.approx(0.4, abs=0.0001))


def test_a_contact_of_nothing_but_f_is_nobody_known() -> None:
    result = facts(faces(f"rect64({BOX}),ffffffffffffffff"))
    assert (names(result), result.problems) == ([None], ())


def test_a_contact_that_the_folder_does_not_name_is_an_unnamed_face_and_a_problem() -> None:
    result = facts(faces(f"rect64({BOX}),1234"))
    assert (names(result), len(result.problems)) == ([None], 1)


def test_several_faces_are_several_regions() -> None:
    assert names(facts(faces(f"rect64({BOX}),9e5a", "rect64(ab844147bae05851),ffffffffffffffff"))) == [
        "Ava Example",
        None,
    ]


def test_the_older_section_of_contacts_is_read_and_the_newer_one_wins() -> None:
    ini = (
        f"[x.jpg]\nfaces=rect64({BOX}),1;rect64(ab844147bae05851),2\n[Contacts]\n1=Old;\n2=Ben\n[Contacts2]\n1=Ava;;\n"
    )
    assert names(facts(ini)) == ["Ava", "Ben"]


@pytest.mark.parametrize("rectangle", ["", "xyz", "0" * 17, "ffffffff00000000"])
def test_a_face_without_a_usable_place_still_says_that_somebody_is_there(rectangle: str) -> None:
    named = facts(faces(f"rect64({rectangle}),9e5a"))
    assert [person.name for person in named.persons] == ["Ava Example"]
    assert facts(faces(f"rect64({rectangle}),ffffffffffffffff")).state == "partial"


def test_a_picture_that_only_picasa_turned_places_nobody() -> None:
    (region,) = facts(f"[x.jpg]\nrotate=rotate(1)\nfaces=rect64({BOX}),9e5a\n{CONTACTS}").regions
    assert region.stale


def test_keywords_and_a_caption_are_read() -> None:
    result = facts("[x.jpg]\nkeywords=soccer, Fall ,\ncaption=Ava & Ben\n")
    assert [word.text for word in result.keywords] == ["soccer", "Fall"]
    assert [caption.text for caption in result.captions] == ["Ava & Ben"]


@pytest.mark.parametrize("name", ["y.jpg", "Picasa", ""])
def test_what_it_says_of_others_is_not_of_this_picture(name: str) -> None:
    assert picasa.packet(f"[Picasa]\nname=Game\n{faces(f'rect64({BOX}),9e5a')}".encode(), name) is None


@pytest.mark.parametrize("section", ["X.JPG", "Zoë.jpg", "Zoe\u0308.jpg"])
def test_names_of_files_are_compared_as_file_systems_do(section: str) -> None:
    name = "x.jpg" if section == "X.JPG" else "zoë.jpg"
    assert [word.text for word in facts(f"[{section}]\nkeywords=soccer\n", name).keywords] == ["soccer"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_encoding_is_read(encoding: str) -> None:
    ini = f"[x.jpg]\r\nfaces=rect64({BOX}),1\r\n[Contacts2]\r\n1=Zoë;;\r\n"
    assert names(facts(ini.encode(encoding))) == ["Zoë"]


def test_markup_and_signs_that_no_xml_has_are_text() -> None:
    result = facts(f"[x.jpg]\nfaces=rect64({BOX}),1\ncaption=</rdf:RDF><!DOCTYPE x>\x01\n[Contacts2]\n1=<b>&\x02;a\n")
    assert names(result) == ["<b>&\ufffd"]
    assert [caption.text for caption in result.captions] == ["</rdf:RDF><!DOCTYPE x>\ufffd"]


@pytest.mark.parametrize("ini", [b"", b"\xff\xfe\x00", b"[", b"=\n]=[\n[]\n", b"\0" * 100, b"faces=rect64(1),1"])
def test_what_is_no_such_file_says_nothing(ini: bytes) -> None:
    assert picasa.packet(ini, "x.jpg") is None


def test_more_faces_than_are_ever_real_leave_the_picture_partial() -> None:
    written = (f"rect64({number:08x}ffffffff),9e5a" for number in range(MAX_ITEMS + 100))
    result = facts(faces(*written))
    assert result.state == "partial"
    assert len(result.regions) <= MAX_ITEMS
