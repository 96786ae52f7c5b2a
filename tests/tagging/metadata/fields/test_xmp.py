"""XMP packets: every way RDF writes a value, every encoding, and what no packet may hold."""

from __future__ import annotations

from html import escape

import pytest
from made_files import RESOURCE, bag, packet

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers.blocks import MAX_BLOCK, Damaged
from dam_tagging.metadata.facts_builder import MAX_CAPTION, MAX_ITEMS, MAX_TEXT, FactsBuilder
from dam_tagging.metadata.fields import xmp, xmp_people
from dam_tagging.metadata.fields.frame import Frame


def facts(body: str, attributes: str = "") -> Facts:
    found = FactsBuilder()
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


@pytest.mark.parametrize("wrapper", ["x:xmpmeta", "x:xapmeta"])
def test_a_packet_that_begins_with_instructions_is_read_whole(wrapper: str) -> None:
    data = packet(bag("dc:subject", ["a"])).replace(b"<x:xmpmeta", b"<?adobe-xap-filters esc='CR'?><x:xmpmeta")
    assert xmp.parse(data.replace(b"x:xmpmeta", wrapper.encode()))["dc:subject"] == ["a"]


@pytest.mark.parametrize(
    "data",
    [b"", b"  \0\0", b"<?xpacket begin='' id='x'?>  <?xpacket end='w'?>", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"],
    ids=["nothing", "padding", "wrapper", "no-rdf"],
)
def test_an_empty_packet_says_nothing(data: bytes) -> None:
    assert xmp.parse(data) == {}


DEEP = "<dc:a>" * 100 + "</dc:a>" * 100
ENTITIES = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 10))
LAUGHS = packet("&e9;").replace(b"<x:xmpmeta", f"<!DOCTYPE d [<!ENTITY e0 'ha'>{ENTITIES}]><x:xmpmeta".encode())


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(packet("<dc:a>"), id="not-well-formed"),
        pytest.param(packet("x").replace(b"<x:xmpmeta", b"<!DOCTYPE d []><x:xmpmeta"), id="dtd"),
        pytest.param(
            packet("&e;").replace(b"<x:xmpmeta", b"<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/hosts'>]><x:xmpmeta"),
            id="entity",
        ),
        pytest.param(LAUGHS, id="laughs"),
        pytest.param(LAUGHS.decode().encode("utf-16"), id="laughs-utf-16"),
        pytest.param(packet(DEEP), id="deep"),
        pytest.param(packet("<dc:a>" * 9_000 + "</dc:a>" * 9_000), id="very-deep"),
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


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(packet(bag("dc:subject", ["Zo\u00eb & <co>"]), "photoshop:City='Springfield'"), id="plain"),
        pytest.param(packet("<dc:subject><![CDATA[<!DOCTYPE x>]]> y</dc:subject><!-- <!DOCTYPE x> -->"), id="no-dtd"),
        pytest.param(packet(bag("dc:subject", ["a"] * 6_000)), id="long"),
    ],
)
def test_both_parsers_see_the_same(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    seen = xmp.parse(data)
    for most in (-1, 10**9):
        monkeypatch.setattr(xmp, "FEW_TAGS", most)
        assert xmp.parse(data) == seen


@pytest.mark.parametrize("most", [-1, 10**9])
def test_both_parsers_stop_at_the_same_depth(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(xmp, "FEW_TAGS", most)
    assert xmp.element_of("<a>" * xmp.MAX_DEPTH + "</a>" * xmp.MAX_DEPTH).tag == "a"
    with pytest.raises(Damaged):
        xmp.element_of("<a>" * (xmp.MAX_DEPTH + 1) + "</a>" * (xmp.MAX_DEPTH + 1))


def test_the_careful_parser_stops_at_a_dtd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xmp, "FEW_TAGS", -1)
    with pytest.raises(Damaged):
        xmp.element_of("<!DOCTYPE d []><a/>")


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


PRISM = "http://prismstandard.org/namespaces/basic/2.0/"
TWO_EVENTS = f"<p:event xmlns:p='{PRISM}'>{{}}</p:event><Iptc4xmpExt:Event>Gala 1</Iptc4xmpExt:Event>"


def test_of_two_events_the_first_standards_counts_and_the_other_is_told_without_it() -> None:
    result = facts(TWO_EVENTS.format("Other Gala"))
    told = "Iptc4xmpExt:Event and prism:event do not give the same event; the first was taken"
    assert (result.event, result.problems, result.state) == ("Gala 1", (told,), "read")


def test_the_same_event_by_two_standards_is_no_conflict() -> None:
    result = facts(TWO_EVENTS.format("GALA  1"))
    assert (result.event, result.problems) == ("Gala 1", ())


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
    found = FactsBuilder()
    for number in range(1000):
        found.note(f"problem {number}")
    assert len(found.problems) == 100


CATEGORIES = (
    "<Categories><Category Assigned='0'>People<Category Assigned='1'>Choir<Category Assigned='1'>Ava Example"
    "</Category></Category><Category Assigned='0'>Ben &amp; Co</Category></Category></Categories>"
)


def acdsee(text: str) -> Facts:
    space = "xmlns:acdsee='http://ns.acdsee.com/iptc/1.0/'"
    return facts(f"<acdsee:categories {space}>{escape(text)}</acdsee:categories>")


def test_acdsees_categories_are_the_paths_to_leaves_and_to_what_is_assigned() -> None:
    result = acdsee(CATEGORIES)
    assert result.hierarchies == (("People", "Choir"), ("People", "Choir", "Ava Example"), ("People", "Ben & Co"))
    assert names(result) == ["Ava Example", "Ben & Co"]


@pytest.mark.parametrize(
    "text", ["<Categories>", "<!DOCTYPE x [<!ENTITY e 'y'>]><a>&e;</a>", "<a>" * 100 + "</a>" * 100]
)
def test_categories_that_are_no_sound_xml_leave_the_file_partial(text: str) -> None:
    assert acdsee(text).state == "partial"


def test_no_categories_at_all_are_no_damage() -> None:
    assert acdsee(" ").state == "read"


def tree(keyword: str, *children: str, applied: str = "") -> str:
    below = f"<mwg-kw:Children><rdf:Bag>{''.join(children)}</rdf:Bag></mwg-kw:Children>" if children else ""
    mark = f"<mwg-kw:Applied>{applied}</mwg-kw:Applied>" if applied else ""
    return f"<rdf:li {RESOURCE}><mwg-kw:Keyword>{keyword}</mwg-kw:Keyword>{mark}{below}</rdf:li>"


def test_mwgs_trees_are_the_paths_to_leaves_and_to_what_is_applied() -> None:
    trees = tree("Sports", tree("Soccer", tree("Boys")), applied="True") + tree("Fall")
    space = "xmlns:mwg-kw='http://www.metadataworkinggroup.com/schemas/keywords/'"
    body = (
        f"<mwg-kw:Keywords {space} {RESOURCE}><mwg-kw:Hierarchy><rdf:Bag>{trees}</rdf:Bag></mwg-kw:Hierarchy>"
        "</mwg-kw:Keywords>"
    )
    assert facts(body).hierarchies == (("Sports",), ("Sports", "Soccer", "Boys"), ("Fall",))


def test_idimagers_labels_are_paths() -> None:
    inner = f"<rdf:li {RESOURCE}><ics:LabelName>Ava Example</ics:LabelName></rdf:li>"
    body = (
        f"<ics:TagStructure xmlns:ics='http://ns.idimager.com/ics/1.0/'><rdf:Bag><rdf:li {RESOURCE}>"
        f"<ics:LabelName>People</ics:LabelName><ics:SubLabels><rdf:Bag>{inner}</rdf:Bag></ics:SubLabels></rdf:li></rdf:Bag>"
        "</ics:TagStructure>"
    )
    assert names(facts(body)) == ["Ava Example"]


@pytest.mark.parametrize("space", ["http://ns.microsoft.com/photo/1.0", "http://ns.microsoft.com/photo/1.0/"])
def test_microsofts_namespace_is_known_with_and_without_its_last_sign(space: str) -> None:
    body = bag("MicrosoftPhoto:LastKeywordXMP", ["People/Ava Example"])
    body = body.replace("LastKeywordXMP>", f"LastKeywordXMP xmlns:MicrosoftPhoto='{space}'>", 1)
    assert facts(body).hierarchies == (("People", "Ava Example"),)


def test_what_restricts_a_recording_is_kept_and_plus_terms_are_told_by_their_short_names() -> None:
    spaces = "xmlns:plus='http://ns.useplus.org/ldf/xmp/1.0/' xmlns:xmpRights='http://ns.adobe.com/xap/1.0/rights/'"
    attributes = (
        f"{spaces} plus:ModelReleaseStatus='http://ns.useplus.org/ldf/vocab/MR-NON' xmpRights:UsageTerms='Yearbook only' "
        "photoshop:Instructions='Do not publish' xmp:Label='Official'"
    )
    result = facts("", attributes)
    assert {(marker.text, marker.source) for marker in result.official_markers} == {
        ("MR-NON", "plus:ModelReleaseStatus"),
        ("Yearbook only", "xmpRights:UsageTerms"),
        ("Do not publish", "photoshop:Instructions"),
        ("Official", "xmp:Label"),
    }
    assert [caption.text for caption in result.captions] == ["Do not publish"]


def test_every_part_of_a_place_is_kept() -> None:
    parts = "".join(
        f"<Iptc4xmpExt:{part}>{part}</Iptc4xmpExt:{part}>"
        for part in ("City", "ProvinceState", "CountryName", "CountryCode", "WorldRegion")
    )
    place = f"<Iptc4xmpExt:LocationCreated><rdf:Seq><rdf:li {RESOURCE}>{parts}</rdf:li></rdf:Seq></Iptc4xmpExt:LocationCreated>"
    assert facts(place).locations == ("City", "ProvinceState", "CountryName", "CountryCode", "WorldRegion")


TIFF = "xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:ImageWidth='600' tiff:ImageLength='800' tiff:Orientation='6'"


def test_a_packet_on_its_own_says_how_large_and_how_turned_its_picture_is() -> None:
    result = facts("", TIFF)
    assert (result.image_size, result.orientation) == ((800, 600), 6)


def test_a_packet_does_not_turn_a_picture_that_is_there() -> None:
    found = FactsBuilder(frame=Frame((600, 800)))
    xmp_people.collect(xmp.parse(packet("", TIFF)), found)
    result = found.facts("image/jpeg", None)
    assert (result.image_size, result.orientation, result.state) == ((600, 800), None, "read")
    assert len(result.problems) == 1


def test_a_camera_is_its_maker_model_and_serial_number() -> None:
    spaces = "xmlns:tiff='http://ns.adobe.com/tiff/1.0/' xmlns:aux='http://ns.adobe.com/exif/1.0/aux/'"
    assert facts("", f"{spaces} tiff:Make='Canon' tiff:Model='Canon EOS R5' aux:SerialNumber='0123'").camera == (
        "Canon EOS R5 0123"
    )
    assert facts("", f"{spaces} tiff:Make='Apple' tiff:Model='iPhone 7'").camera == "Apple iPhone 7"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "start",
    ["<?xpacket begin=", "<x:xmpmeta ", "<x:xapmeta>", "<rdf:RDF ", "<?xml version='1.0'?>\r\n<x:xmpmeta "],
)
def test_a_packet_is_known_by_its_beginning_in_every_encoding(start: str, encoding: str) -> None:
    assert xmp.begins(start.encode(encoding))


@pytest.mark.parametrize(
    "start", [b"", b"<?xml version='1.0'?><svg>", b"<html>", b"\xff\xd8\xff\xe1<x:xmpmeta", b"\xff\xfe"]
)
def test_what_begins_like_no_packet_is_none(start: bytes) -> None:
    assert not xmp.begins(start)


def test_space_before_a_packet_is_passed_over() -> None:
    assert xmp.begins(b"\r\n <x:xmpmeta ")


AVA = "Ava Example"
SPACES = "xmlns:pdf='http://ns.adobe.com/pdf/1.3/' xmlns:xmpDM='http://ns.adobe.com/xmp/1.0/DynamicMedia/'"


@pytest.mark.parametrize(
    "body",
    [
        f"<rdf:Bag><rdf:_2>{AVA}</rdf:_2></rdf:Bag>",
        f"<rdf:Bag rdf:_1='{AVA}'/>",
        f"<rdf:Bag><rdf:li rdf:value='{AVA}'/></rdf:Bag>",
        f"<rdf:Bag><rdf:li><rdf:value>{AVA}</rdf:value></rdf:li></rdf:Bag>",
        f"<rdf:Bag><rdf:li><rdf:Description rdf:value='{AVA}'/></rdf:li></rdf:Bag>",
        f"<rdf:Bag><rdf:li><dc:Person><dc:name>{AVA}</dc:name></dc:Person></rdf:li></rdf:Bag>",
        f"<rdf:Bag><rdf:li dc:name='{AVA}'/></rdf:Bag>",
        f"<rdf:Bag><rdf:li {RESOURCE}><dc:name>{AVA}</dc:name></rdf:li></rdf:Bag>",
    ],
    ids=[
        "numbered",
        "numbered-attribute",
        "value-attribute",
        "value",
        "described",
        "typed",
        "field-attribute",
        "field",
    ],
)
def test_a_member_of_a_list_is_read_however_rdf_writes_it(body: str) -> None:
    name = "Iptc4xmpExt:PersonInImage"
    assert names(facts(f"<{name}>{body}</{name}>")) == [AVA]


def test_every_rdf_of_a_packet_is_read() -> None:
    one, other = (packet(bag("Iptc4xmpExt:PersonInImage", [name])) for name in (AVA, "Ben Sample"))
    part = other[other.index(b"<rdf:RDF>") : other.index(b"</x:xmpmeta>")]
    properties = xmp.parse(one.replace(b"</x:xmpmeta>", part + b"</x:xmpmeta>"))
    assert xmp.texts(properties["Iptc4xmpExt:PersonInImage"]) == [AVA, "Ben Sample"]


def in_languages(name: str, *texts: str) -> str:
    items = "".join(f"<rdf:li xml:lang='x-{number}'>{text}</rdf:li>" for number, text in enumerate(texts))
    return f"<{name}><rdf:Alt>{items}</rdf:Alt></{name}>"


@pytest.mark.parametrize(
    ("holder", "name"),
    [
        ("Iptc4xmpExt:PersonInImageWDetails", "Iptc4xmpExt:PersonName"),
        ("Iptc4xmpExt:PersonHeard", "Iptc4xmpExt:Name"),
    ],
)
def test_a_person_is_named_in_every_language(holder: str, name: str) -> None:
    person = in_languages(name, AVA, "Ева", AVA)
    result = facts(f"<{holder}><rdf:Bag><rdf:li {RESOURCE}>{person}</rdf:li></rdf:Bag></{holder}>")
    assert [(one.name, one.source) for one in result.persons] == [(AVA, holder), ("Ева", holder)]


def test_an_event_in_another_language_is_a_caption() -> None:
    result = facts(in_languages("Iptc4xmpExt:Event", "Fair", "Feria"))
    assert (result.event, [caption.text for caption in result.captions]) == ("Fair", ["Feria"])


@pytest.mark.parametrize(
    "name", ["photoshop:SupplementalCategories", "lr:weightedFlatSubject", "pdf:Keywords", "xmp:Keywords"]
)
def test_other_lists_of_words_are_keywords(name: str) -> None:
    result = facts(bag(name, [AVA]), SPACES)
    assert [(word.text, word.source) for word in result.keywords] == [(AVA, name)]


@pytest.mark.parametrize("name", ["xmp:Title", "xmp:Description", "dc:contributor", "Iptc4xmpExt:AddlModelInfo"])
def test_other_descriptions_are_captions(name: str) -> None:
    assert [(caption.text, caption.source) for caption in facts(bag(name, [AVA])).captions] == [(AVA, name)]


def test_the_description_of_a_person_is_a_caption() -> None:
    person = in_languages("Iptc4xmpExt:PersonDescription", AVA)
    holder = "Iptc4xmpExt:PersonInImageWDetails"
    result = facts(f"<{holder}><rdf:Bag><rdf:li {RESOURCE}>{person}</rdf:li></rdf:Bag></{holder}>")
    assert [caption.text for caption in result.captions] == [AVA]


@pytest.mark.parametrize("in_track", [False, True], ids=["of-the-recording", "of-a-track"])
def test_markers_of_a_recording_are_captions(in_track: bool) -> None:
    marker = f"<rdf:li {RESOURCE}><xmpDM:name>{AVA}</xmpDM:name><xmpDM:comment>goal</xmpDM:comment></rdf:li>"
    body = f"<xmpDM:markers><rdf:Seq>{marker}</rdf:Seq></xmpDM:markers>"
    if in_track:
        body = f"<xmpDM:Tracks><rdf:Bag><rdf:li {RESOURCE}>{body}</rdf:li></rdf:Bag></xmpDM:Tracks>"
    assert [caption.text for caption in facts(body, SPACES).captions] == [AVA, "goal"]


def test_the_name_of_a_region_in_another_language_is_a_caption() -> None:
    named = bag("mwg-rs:Name", [AVA, "Ева"], "Alt")
    area = "<mwg-rs:Area stArea:x='0.5' stArea:y='0.5' stArea:w='0.1' stArea:h='0.1'/>"
    region = f"<rdf:li {RESOURCE}>{named}{area}<mwg-rs:Type>Face</mwg-rs:Type></rdf:li>"
    block = f"<mwg-rs:RegionList><rdf:Bag>{region}</rdf:Bag></mwg-rs:RegionList>"
    result = facts(f"<mwg-rs:Regions {RESOURCE}>{block}</mwg-rs:Regions>")
    assert ([one.name for one in result.regions], [caption.text for caption in result.captions]) == ([AVA], ["Ева"])
