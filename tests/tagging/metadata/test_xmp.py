"""XMP packets: every way RDF writes a value, every encoding, and what no packet may hold."""

from __future__ import annotations

import pytest
from made_files import RESOURCE, bag, packet

from dam_tagging.facts import Facts
from dam_tagging.metadata import xmp, xmp_people
from dam_tagging.metadata.blocks import MAX_BLOCK, Damaged
from dam_tagging.metadata.found import MAX_CAPTION, MAX_ITEMS, MAX_TEXT, Found


def facts(body: str, attributes: str = "") -> Facts:
    found = Found()
    xmp_people.collect(xmp.parse(packet(body, attributes)), found)
    return found.facts("image/jpeg", None)


def names(result: Facts) -> list[str]:
    return [person.name for person in result.persons]


@pytest.mark.parametrize(
    "body",
    [
        "<photoshop:City>Springfield</photoshop:City>",
        "<photoshop:City rdf:resource='Springfield'/>",
        f"<photoshop:City {RESOURCE}><rdf:value>Springfield</rdf:value></photoshop:City>",
        "<photoshop:City><rdf:Description><rdf:value>Springfield</rdf:value></rdf:Description></photoshop:City>",
        bag("photoshop:City", ["Springfield"], "Alt"),
    ],
    ids=["element", "resource", "qualified", "described", "alternatives"],
)
def test_a_text_is_read_however_rdf_writes_it(body: str) -> None:
    assert facts(body).locations == ("Springfield",)


def test_a_text_written_as_an_attribute_is_read() -> None:
    assert facts("", "photoshop:City='Springfield'").locations == ("Springfield",)


def test_a_node_that_is_referred_to_is_read() -> None:
    data = packet("<dc:subject rdf:nodeID='n'/>").replace(
        b"</rdf:RDF>", b"<rdf:Bag rdf:nodeID='n'><rdf:li>soccer</rdf:li></rdf:Bag></rdf:RDF>"
    )
    assert xmp.texts(xmp.parse(data)["dc:subject"]) == ["soccer"]


def test_the_default_language_comes_first_and_no_other_is_lost() -> None:
    body = (
        "<dc:description><rdf:Alt><rdf:li xml:lang='fr'>deux</rdf:li><rdf:li xml:lang='x-default'>one</rdf:li></rdf:Alt>"
        "</dc:description>"
    )
    assert [caption.text for caption in facts(body).captions] == ["one", "deux"]


def test_a_property_given_twice_keeps_both() -> None:
    body = bag("dc:subject", ["a"]) + bag("dc:subject", ["b"]) + "<dc:title>c</dc:title><dc:title>d</dc:title>"
    result = facts(body)
    assert [keyword.text for keyword in result.keywords] == ["a", "b"]
    assert [caption.text for caption in result.captions] == ["c", "d"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_packet_is_read_in_every_encoding(encoding: str) -> None:
    text = packet(bag("dc:subject", ["Zoë"])).decode()
    assert xmp.texts(xmp.parse(text.encode(encoding))["dc:subject"]) == ["Zoë"]


def test_what_follows_the_end_of_a_packet_is_cut() -> None:
    data = packet(bag("dc:subject", ["a"])) + b"\0\0junk & <more>"
    assert xmp.parse(data)["dc:subject"] == ["a"]


@pytest.mark.parametrize(
    "data",
    [b"", b"  \0\0", b"<?xpacket begin='' id='x'?>  <?xpacket end='w'?>", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"],
    ids=["nothing", "padding", "wrapper", "no-rdf"],
)
def test_an_empty_packet_says_nothing(data: bytes) -> None:
    assert xmp.parse(data) == {}


DEEP = "<dc:a>" * 100 + "</dc:a>" * 100


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(packet("<dc:a>"), id="not-well-formed"),
        pytest.param(packet("x").replace(b"<x:xmpmeta", b"<!DOCTYPE d []><x:xmpmeta"), id="dtd"),
        pytest.param(
            packet("&e;").replace(b"<x:xmpmeta", b"<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/hosts'>]><x:xmpmeta"),
            id="entity",
        ),
        pytest.param(packet(DEEP), id="deep"),
        pytest.param(packet("<dc:a/>" * 200_001), id="many"),
        pytest.param(packet("<dc:subject rdf:nodeID='none'/>"), id="dangling"),
        pytest.param(
            packet("<dc:subject rdf:nodeID='n'/>").replace(
                b"</rdf:RDF>", b"<rdf:Bag rdf:nodeID='n'><rdf:li rdf:nodeID='n'/></rdf:Bag></rdf:RDF>"
            ),
            id="circle",
        ),
        pytest.param(b"<html><body/></html>", id="no-rdf"),
        pytest.param(packet(bag("dc:subject", ["Zo\u00eb"])).decode().encode("latin-1", "replace"), id="encoding"),
        pytest.param(b"<" + b" " * MAX_BLOCK, id="large"),
    ],
)
def test_what_no_packet_may_hold_is_damage(data: bytes) -> None:
    with pytest.raises(Damaged):
        xmp.parse(data)


def test_nodes_that_multiply_are_stopped() -> None:
    nodes = "".join(
        f"<rdf:Bag rdf:nodeID='n{n}'>" + f"<rdf:li rdf:nodeID='n{n + 1}'/>" * 10 + "</rdf:Bag>" for n in range(9)
    )
    nodes += "<rdf:Bag rdf:nodeID='n9'><rdf:li>x</rdf:li></rdf:Bag>"
    data = packet("<dc:subject rdf:nodeID='n0'/>").replace(b"</rdf:RDF>", nodes.encode() + b"</rdf:RDF>")
    with pytest.raises(Damaged):
        xmp.parse(data)


def test_persons_are_read_with_and_without_details() -> None:
    details = (
        f"<Iptc4xmpExt:PersonInImageWDetails><rdf:Bag><rdf:li {RESOURCE}>"
        + bag("Iptc4xmpExt:PersonName", ["Ava Example"], "Alt")
        + bag("Iptc4xmpExt:PersonId", ["urn:1", "7"])
        + f"</rdf:li><rdf:li {RESOURCE}>{bag('Iptc4xmpExt:PersonId', ['8'])}</rdf:li></rdf:Bag>"
        "</Iptc4xmpExt:PersonInImageWDetails>"
    )
    persons = facts(bag("Iptc4xmpExt:PersonInImage", ["Ben Sample", " "]) + details).persons
    assert [(one.name, one.id, one.more_ids) for one in persons] == [
        ("Ben Sample", None, ()),
        ("Ava Example", "urn:1", ("7",)),
        ("", "8", ()),
    ]


def test_a_name_that_a_list_of_people_gives_twice_is_kept_twice_unless_an_id_says_who_it_is() -> None:
    entry = bag("Iptc4xmpExt:PersonName", ["Ava Example"], "Alt") + bag("Iptc4xmpExt:PersonId", ["7"])
    details = f"<rdf:Bag>{f'<rdf:li {RESOURCE}>{entry}</rdf:li>' * 2}</rdf:Bag>"
    body = bag("Iptc4xmpExt:PersonInImage", ["Ben Sample", "Ben Sample "])
    body += f"<Iptc4xmpExt:PersonInImageWDetails>{details}</Iptc4xmpExt:PersonInImageWDetails>"
    assert names(facts(body)) == ["Ben Sample", "Ben Sample", "Ava Example"]


@pytest.mark.parametrize("name", ["dc:subject", "lr:hierarchicalSubject"])
def test_keywords_that_stand_for_too_many_leave_the_file_partial(name: str) -> None:
    many = "," * (MAX_TEXT - 6)
    result = facts(bag(name, [f"{number}{many}x" for number in range(MAX_ITEMS // len(many) + 1)]))
    assert result.state == "partial"
    assert f"{name} was not read whole" in result.problems[0]


def test_a_person_in_two_hierarchies_is_one() -> None:
    body = bag("lr:hierarchicalSubject", ["People|Ava Example", "People|Choir|Ava Example"])
    assert names(facts(body)) == ["Ava Example"]


def test_hierarchies_of_every_writer_are_read_and_people_in_them_are_persons() -> None:
    body = (
        bag("lr:hierarchicalSubject", ["People", "People|Family", "People|Family|Ava Example", "Places|Gym"])
        + bag("digiKam:TagsList", ["PEOPLE/Ben Sample"], "Seq")
        + bag("MicrosoftPhoto:LastKeywordXMP", ["Persons/Chris Twin"])
    )
    result = facts(body)
    assert names(result) == ["Ava Example", "Ben Sample", "Chris Twin"]
    assert ("Places", "Gym") in result.hierarchies
    assert result.persons[0].source == "lr:hierarchicalSubject"


def test_event_places_owner_and_date_are_read() -> None:
    shown = (
        f"<Iptc4xmpExt:LocationShown><rdf:Bag><rdf:li {RESOURCE}><Iptc4xmpExt:City>Springfield</Iptc4xmpExt:City>"
        "<Iptc4xmpExt:Sublocation>Gym</Iptc4xmpExt:Sublocation></rdf:li></rdf:Bag></Iptc4xmpExt:LocationShown>"
    )
    result = facts(
        bag("Iptc4xmpExt:Event", ["Fall Concert"], "Alt")
        + shown
        + bag("dc:creator", ["A. B.", "C. D."], "Seq")
        + "<exif:DateTimeOriginal>2026-10-02</exif:DateTimeOriginal>"
    )
    assert (result.event, result.owner, result.taken) == ("Fall Concert", "A. B.; C. D.", "2026-10-02")
    assert result.locations == ("Gym", "Springfield")


def test_an_event_may_be_a_plain_text() -> None:
    assert facts("<Iptc4xmpExt:Event>Game</Iptc4xmpExt:Event>").event == "Game"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(bag("dc:subject", ["x" * (MAX_TEXT + 1)]), id="keyword"),
        pytest.param(bag("dc:description", ["x" * (MAX_CAPTION + 1)], "Alt"), id="caption"),
        pytest.param(bag("dc:subject", [f"k{n}" for n in range(MAX_ITEMS + 1)]), id="keywords"),
        pytest.param(bag("lr:hierarchicalSubject", ["a|" * 30 + "b"]), id="depth"),
        pytest.param(bag("lr:hierarchicalSubject", [f"k{n}" for n in range(MAX_ITEMS + 1)]), id="hierarchies"),
    ],
)
def test_more_than_the_limits_is_cut_and_leaves_the_file_partial(body: str) -> None:
    result = facts(body)
    assert result.state == "partial"
    assert result.problems
    assert len(result.keywords) <= MAX_ITEMS


def test_problems_are_bounded() -> None:
    found = Found()
    for number in range(1000):
        found.note(f"problem {number}")
    assert len(found.problems) == 100
