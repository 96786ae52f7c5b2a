"""Facts, rules and a roster to a tagging: who, how prominent, and what stays open."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_tagging.depicted import MANY, depicted, overlap, unsettled_names
from dam_tagging.facts import Facts, Finding, Keyword, NamedPerson, NamedRegion, OfficialUse, Region, Tagging, Truth
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.rules.load import load_rules
from dam_tagging.rules.model import RuleSet
from dam_tagging.tag import Completeness, tag

ROSTER = RosterIndex(
    [
        Person("S-1", ("Ava Example",), ("0012345",)),
        Person("S-2", ("Ben Sample",)),
        Person("S-3", ("Chris Twin",), ("0012347",)),
        Person("S-4", ("Chris Twin",), ("0012348",)),
    ]
)
NAMES = ("ava", "example", "ben", "sample", "chris", "twin", "stranger")
LARGE = Region(0.2, 0.25, 0.2, 0.3)
SMALL = Region(0.67, 0.255, 0.06, 0.09)
FAR = Region(0.05, 0.8, 0.05, 0.08)
PERSONS, MWG, MP = "Iptc4xmpExt:PersonInImage", "mwg-rs:Regions", "MP:RegionInfo"


def person(name: str, source: str = PERSONS, identifier: str | None = None) -> NamedPerson:
    return NamedPerson(name, source, identifier)


def face(name: str | None, region: Region, source: str = MWG, kind: str = "Face", **extra: bool) -> NamedRegion:
    return NamedRegion(name, kind, region, source, **extra)


def tagged(facts: Facts, rules: RuleSet | None = None, **more: object) -> Tagging:
    # On what ground a tagging is complete, `test_completeness` asks.
    more.setdefault("completeness", Completeness(by="metadata"))
    return tag(facts, "events/x.jpg", rules or RuleSet(), ROSTER, **more)  # type: ignore[arg-type]


def facts(**values: object) -> Facts:
    return Facts(**{"media_type": "image/jpeg", "state": "read", **values})  # type: ignore[arg-type]


def students(result: Tagging) -> list[str]:
    return [appearance.student for appearance in result.appearances]


def rule(then: str) -> RuleSet:
    return load_rules({"r.yaml": f"rules:\n- {{name: r, when: {{key: '**'}}, then: {{{then}}}, why: because}}"})


def test_a_named_person_becomes_an_appearance() -> None:
    result = tagged(facts(persons=(person("Ava Example"), person("Ben Sample"))))
    assert students(result) == ["S-1", "S-2"]
    assert result.state == "complete"
    assert result.unidentified_people == 0


def test_a_student_named_by_several_standards_appears_once_with_one_box_for_the_same_place() -> None:
    near = Region(LARGE.x + 0.001, LARGE.y, LARGE.w, LARGE.h)
    regions = (face("Ava Example", LARGE), face("Ava Example", near, MP))
    result = tagged(facts(persons=(person("Ava Example"),), regions=regions))
    (appearance,) = result.appearances
    assert appearance.regions == (LARGE,)
    assert appearance.source == f"{PERSONS}, {MWG}, {MP}"


def test_different_boxes_of_one_student_are_united() -> None:
    result = tagged(facts(regions=(face("Ava Example", LARGE), face("Ava Example", FAR, MP))))
    assert result.appearances[0].regions == (LARGE, FAR)


def test_a_stale_region_names_its_student_and_locates_nobody() -> None:
    result = tagged(facts(regions=(face("Ava Example", LARGE, stale=True),)))
    assert students(result) == ["S-1"]
    assert not result.appearances[0].located
    assert any(finding.value == "stale" for finding in result.findings)


@pytest.mark.parametrize("name", ["Stranger", "Chris Twin"], ids=["unknown", "ambiguous"])
def test_a_name_without_one_student_is_an_unidentified_person(name: str) -> None:
    result = tagged(facts(persons=(person(name),)))
    assert (result.unidentified_people, result.appearances, result.state) == (1, (), "complete")


def test_the_same_unknown_name_of_several_standards_counts_once() -> None:
    result = tagged(facts(persons=(person("Stranger"),), regions=(face("stranger", LARGE),)))
    assert result.unidentified_people == 1


def test_persons_with_only_different_ids_count_separately() -> None:
    result = tagged(facts(persons=(person("", identifier="x1"), person("", identifier="x2"))))
    assert result.unidentified_people == 2


def test_an_id_settles_the_same_name_elsewhere_in_the_file() -> None:
    named = (person("Chris Twin"), person("Chris Twin", "Iptc4xmpExt:PersonInImageWDetails", "0012348"))
    result = tagged(facts(persons=named, regions=(face("Chris Twin", LARGE),)))
    assert students(result) == ["S-4"]
    assert result.appearances[0].regions == (LARGE,)
    assert result.unidentified_people == 0


def test_an_id_does_not_settle_a_name_that_one_source_gives_twice() -> None:
    named = (person("Chris Twin", "Iptc4xmpExt:PersonInImageWDetails", "0012348"),)
    regions = (face("Chris Twin", LARGE), face("Chris Twin", FAR))
    result = tagged(facts(persons=named, regions=regions))
    assert result.unidentified_people == 1


def test_a_keyword_that_equals_a_roster_name_names_the_student() -> None:
    words = (Keyword("Ben Sample", "dc:subject"), Keyword("Soccer", "dc:subject"))
    result = tagged(facts(keywords=words))
    assert students(result) == ["S-2"]
    assert result.unidentified_people == 0


@pytest.mark.parametrize(
    "text",
    ["Ava Example, Ben Sample", "Ava Example; Ben Sample", "Example, Ava; Sample, Ben", "Gym; Ben Sample,Ava Example"],
)
def test_every_name_in_one_keyword_names_a_student(text: str) -> None:
    assert set(students(tagged(facts(keywords=(Keyword(text, "dc:subject"),))))) == {"S-1", "S-2"}


def test_a_keyword_that_is_one_name_is_not_taken_apart() -> None:
    roster = RosterIndex([Person("S-1", ("Ava Example",)), Person("S-2", ("Ava",))])
    result = tag(facts(keywords=(Keyword("Example, Ava", "dc:subject"),)), "x.jpg", RuleSet(), roster)
    assert students(result) == ["S-1"]


def test_a_name_in_a_caption_is_an_appearance_without_a_place() -> None:
    result = tagged(facts(captions=(Keyword("A solo of Ava Example's", "dc:description"),)))
    (appearance,) = result.appearances
    assert (appearance.student, appearance.prominence, appearance.located) == ("S-1", "focus", False)
    assert (appearance.source, result.state) == ("dc:description", "complete")


def test_a_name_in_a_caption_that_two_students_bear_is_one_unidentified_person_however_often_it_stands_there() -> None:
    captions = (
        Keyword("Chris Twin; CHRIS TWIN", "dc:title"),
        Keyword("Chris Twin", "dc:title"),
        Keyword("Chris Twin", "x"),
    )
    result = tagged(facts(captions=captions))
    assert (result.appearances, result.unidentified_people) == ((), 1)


def test_an_id_settles_a_name_in_a_caption() -> None:
    named = (person("Chris Twin", "Iptc4xmpExt:PersonInImageWDetails", "0012348"),)
    result = tagged(facts(persons=named, captions=(Keyword("Chris Twin, and again Chris Twin", "dc:title"),)))
    assert (students(result), result.unidentified_people) == (["S-4"], 0)


def test_a_caption_leaves_the_prominence_of_whom_more_than_captions_name() -> None:
    captions = (Keyword("Ava Example and Ben Sample", "dc:title"),)
    result = tagged(facts(regions=(face("Ava Example", SMALL),), captions=captions), rule("background: true"))
    assert [(one.student, one.prominence) for one in result.appearances] == [("S-1", "focus"), ("S-2", "unknown")]


@pytest.mark.parametrize(
    ("captions", "prominence"),
    [
        (("Ava Example scores",), ["focus", "incidental"]),
        (("Ava Example, Ava Example's big day",), ["focus", "incidental"]),
        (("Ava Example and Ben Sample",), ["incidental", "incidental"]),
        (("Ava Example and Chris Twin",), ["incidental", "incidental"]),
        (("Ava Example and Ben Sample", "Ben Sample"), ["incidental", "focus"]),
        (("The crowd",), ["incidental", "incidental"]),
    ],
    ids=["alone", "alone-twice", "two", "one-and-somebody", "alone-in-one-of-two", "nobody"],
)
def test_whom_a_caption_alone_names_is_the_focus(captions: tuple[str, ...], prominence: list[str]) -> None:
    regions = (face("Ava Example", SMALL), face("Ben Sample", FAR), face(None, LARGE))
    texts = tuple(Keyword(text, "dc:title") for text in captions)
    result = tagged(facts(regions=regions, captions=texts), rule("background: true"))
    assert [one.prominence for one in result.appearances] == prominence


def test_a_focus_area_in_a_region_makes_its_student_the_focus_where_nothing_else_says() -> None:
    regions = (face("Ava Example", SMALL), face("Ben Sample", FAR), face(None, LARGE))
    result = tagged(facts(regions=regions, focus_area=Region(0.7, 0.3, 0.0, 0.0)))
    assert [one.prominence for one in result.appearances] == ["focus", "unknown"]


def test_a_suffix_in_a_caption_that_the_roster_does_not_have_is_somebody_else() -> None:
    result = tagged(facts(captions=(Keyword("Ben Sample, Jr. scores", "dc:title"),)))
    assert (students(result), result.unidentified_people) == ([], 1)


def test_a_caption_that_names_nobody_of_the_roster_names_nobody() -> None:
    assert tagged(facts(captions=(Keyword("Stranger Danger at the fair", "dc:title"),))).state == "pending"


DETAILS = "Iptc4xmpExt:PersonInImageWDetails"


@pytest.mark.parametrize(
    ("persons", "found", "unidentified"),
    [
        ((person("Ava Example"),) * 2, ["S-1"], 1),
        ((person("Ava Example"), person("EXAMPLE, AVA"), person("Ava Example", "mediapro:People")), ["S-1"], 1),
        ((person("Ava Example", DETAILS, "0012345"), person("Ava Example", DETAILS)), ["S-1"], 1),
        ((person("Chris Twin", DETAILS, "0012348"), person("Chris Twin"), person("Chris Twin")), ["S-4"], 1),
        ((person("Chris Twin", DETAILS, "0012348"), person("Chris Twin", DETAILS, "0012347")), ["S-4", "S-3"], 0),
        ((person("Chris Twin"),) * 2, [], 2),
        ((person("Stranger"),) * 3, [], 3),
        ((person("Ava Example", DETAILS, "0012345"), person("Ava Example")), ["S-1"], 0),
        ((person("Ava Example", DETAILS, "0012345"), person("Ava Example", DETAILS, " 0012345")), ["S-1"], 0),
    ],
    ids=[
        "twice",
        "twice-in-two-spellings",
        "with-and-without-an-id",
        "a-namesake-twice",
        "two-namesakes-by-id",
        "ambiguous-twice",
        "unknown-thrice",
        "once-in-two-lists",
        "one-id-twice",
    ],
)
def test_a_name_that_one_list_gives_more_often_than_it_is_known_leaves_people_unidentified(
    persons: tuple[NamedPerson, ...], found: list[str], unidentified: int
) -> None:
    result = tagged(facts(persons=persons))
    assert (students(result), result.unidentified_people) == (found, unidentified)
    counted = sum(int(one.value) for one in result.findings if one.tag == "unidentified_people")
    assert counted == unidentified


def test_a_keyword_that_no_student_bears_is_only_a_keyword() -> None:
    result = tagged(facts(keywords=(Keyword("Stranger Danger", "dc:subject"),)))
    assert (result.unidentified_people, result.state) == (0, "pending")


def test_a_keyword_that_two_students_bear_is_an_unidentified_person() -> None:
    assert tagged(facts(keywords=(Keyword("Chris Twin", "dc:subject"),))).unidentified_people == 1


def test_a_part_of_a_hierarchy_that_equals_a_roster_name_names_the_student() -> None:
    assert students(tagged(facts(hierarchies=(("Events", "Game", "Ava Example"),)))) == ["S-1"]


@pytest.mark.parametrize("kind", ["Pet", "Focus", "BarCode"])
def test_a_pet_a_focus_and_a_barcode_are_nobody(kind: str) -> None:
    regions = (face("Rex", LARGE, kind=kind), face(None, FAR, kind=kind))
    result = tagged(facts(regions=regions))
    assert (result.appearances, result.unidentified_people, result.state) == ((), 0, "pending")


def test_a_named_area_counts_only_when_the_roster_knows_the_name() -> None:
    regions = (
        face("Scoreboard", LARGE, kind="area"),
        face("Ben Sample", FAR, kind="area"),
        face(None, SMALL, kind="area"),
    )
    result = tagged(facts(regions=regions))
    assert (students(result), result.unidentified_people) == (["S-2"], 0)


def test_a_named_region_without_a_kind_is_a_person() -> None:
    assert tagged(facts(regions=(face("Stranger", LARGE, kind=""),))).unidentified_people == 1


def test_unnamed_faces_are_unidentified_people() -> None:
    result = tagged(facts(regions=(face(None, LARGE), face(None, FAR), face("Ava Example", SMALL))))
    assert (result.unidentified_people, result.state) == (2, "complete")


@pytest.mark.parametrize("kind", ["", "Person", "PERSON", "Head", "something new"])
def test_an_unnamed_region_of_any_kind_that_may_be_a_person_is_an_unidentified_person(kind: str) -> None:
    result = tagged(facts(regions=(face(None, LARGE, kind=kind), face("Ava Example", SMALL))))
    assert (result.unidentified_people, result.state) == (1, "complete")
    assert result.appearances[0].prominence == "unknown"


def test_an_unnamed_face_that_two_standards_mark_counts_once() -> None:
    assert tagged(facts(regions=(face(None, LARGE), face(None, LARGE, MP)))).unidentified_people == 1


def test_an_unnamed_face_on_a_named_one_is_that_person() -> None:
    inner = Region(LARGE.x + 0.05, LARGE.y + 0.08, 0.1, 0.13)
    assert overlap(LARGE, inner) < 0.3
    assert tagged(facts(regions=(face("Ava Example", LARGE), face(None, inner, MP)))).unidentified_people == 0


def test_a_far_smaller_face_inside_a_named_region_is_somebody_else() -> None:
    tiny = Region(LARGE.x + 0.09, LARGE.y + 0.14, 0.02, 0.02)
    assert tagged(facts(regions=(face("Ava Example", LARGE), face(None, tiny)))).unidentified_people == 1


def test_a_named_region_explains_one_face_only() -> None:
    one, other = Region(0.2, 0.25, 0.1, 0.3), Region(0.3, 0.25, 0.1, 0.3)
    result = tagged(facts(regions=(face("Ava Example", LARGE),)), faces=[one, other])
    assert result.unidentified_people == 1


def test_a_stale_unnamed_face_still_counts() -> None:
    assert tagged(facts(regions=(face(None, LARGE, stale=True),))).unidentified_people == 1


def test_faces_that_a_detector_finds_count_unless_a_named_region_explains_them() -> None:
    result = tagged(facts(regions=(face("Ava Example", LARGE),)), faces=[LARGE, FAR, SMALL])
    assert result.unidentified_people == 2


@pytest.mark.parametrize(
    "face_region",
    [
        Region(0.2, 0.25, 0.2, 0.3),
        Region(0.23, 0.3, 0.1, 0.15),
        Region(0.1, 0.15, 0.4, 0.5),
        Region(0.28, 0.25, 0.2, 0.3),
    ],
)
def test_a_face_that_shares_most_of_the_smaller_box_is_the_named_person(face_region: Region) -> None:
    assert tagged(facts(regions=(face("Ava Example", LARGE),)), faces=[face_region]).unidentified_people == 0


@pytest.mark.parametrize(
    "face_region", [Region(0.31, 0.25, 0.2, 0.3), Region(0.2, 0.41, 0.2, 0.3), Region(0.7, 0.1, 0.2, 0.3)]
)
def test_a_face_that_no_region_covers_is_an_unidentified_person(face_region: Region) -> None:
    assert tagged(facts(regions=(face("Ava Example", LARGE),)), faces=[face_region]).unidentified_people == 1


def test_a_name_without_a_region_settles_one_face() -> None:
    assert tagged(facts(persons=(person("Ava Example"),)), faces=[LARGE]).unidentified_people == 0
    assert tagged(facts(persons=(person("Ava Example"),)), faces=[LARGE, FAR]).unidentified_people == 1


@settings(derandomize=True, deadline=None)
@given(st.lists(st.builds(face, st.sampled_from(["Ava Example", "Ben Sample"]), st.just(LARGE)), max_size=2))
def test_more_faces_than_names_leave_the_rest_unidentified(marked: list[NamedRegion]) -> None:
    found = [Region(0.05 + 0.3 * n, 0.1, 0.2, 0.2) for n in range(3)]
    result = tagged(facts(regions=tuple(marked)), faces=found)
    assert result.unidentified_people >= len(found) - len(result.appearances)


def test_a_face_in_somebodys_region_is_no_further_region_of_the_picture() -> None:
    assert len(depicted(facts(regions=(face("Ava Example", LARGE),)), ROSTER, [LARGE, FAR]).shares) == 2


@pytest.mark.parametrize(
    ("faces", "trusted", "state"),
    [
        (None, False, "pending"),
        (None, True, "pending"),
        ([], False, "pending"),
        ([], True, "complete"),
        ([FAR], True, "pending"),
    ],
    ids=["no-detector", "no-detector-trusted", "no-face", "no-face-trusted", "a-face"],
)
def test_only_by_the_settings_is_a_picture_without_names_and_faces_complete(
    faces: list[Region] | None, trusted: bool, state: str
) -> None:
    result = tagged(facts(), faces=faces, completeness=Completeness(trust_no_faces=trusted))
    assert result.state == state
    assert result.unidentified_people == len(faces or ())


@pytest.mark.parametrize(
    ("boxes", "why"), [([LARGE, FAR], "2 people are in it"), ([FAR], "1 person is in it")], ids=["two", "one"]
)
def test_faces_and_no_name_wait_for_a_person(boxes: list[Region], why: str) -> None:
    found = tagged(facts(), faces=boxes)
    marked = tagged(facts(regions=tuple(face(None, box) for box in boxes)))
    for result in (found, marked):
        assert (result.state, result.unidentified_people) == ("pending", len(boxes))
        assert result.findings[-1].why == f"{why}, and nobody is named"


def test_an_id_that_contradicts_its_name_leaves_somebody_unidentified() -> None:
    result = tagged(facts(persons=(person("Zed Stranger", identifier="0012345"),)))
    assert (students(result), result.unidentified_people, result.state) == ([], 1, "complete")
    assert result.findings[0].why == f"a name in {PERSONS} stands with ids that do not fit it, or not one another"


def test_an_id_that_contradicts_its_name_is_not_settled_by_another_id_of_that_name() -> None:
    named = (person("Chris Twin", identifier="0012347"), person("Chris Twin", "dc:other", "0012345"))
    result = tagged(facts(persons=named))
    assert (students(result), result.unidentified_people) == (["S-3"], 1)


@pytest.mark.parametrize("state", ["partial", "unreadable"])
def test_trust_in_no_faces_makes_up_for_no_metadata_that_were_not_read(state: str) -> None:
    assert tagged(facts(state=state), faces=[], completeness=Completeness(trust_no_faces=True)).state == "failed"


def test_names_that_leave_somebody_unidentified_are_told_once_as_they_are_written() -> None:
    persons = (person("Ava Example"), person("Stranger Lee"), person("stranger lee"), person("Chris Twin"))
    read = facts(persons=persons, regions=(face(None, FAR), face("STRANGER LEE", LARGE)))
    assert unsettled_names(read, ROSTER) == (("Stranger Lee", PERSONS), ("Chris Twin", PERSONS))


def test_very_many_faces_all_count() -> None:
    crowd = [Region(0.5, 0.5, 0.01, 0.01)] * (MANY + 1)
    assert tagged(facts(), faces=crowd).unidentified_people == MANY + 1


def test_very_many_boxes_of_one_student_are_all_kept() -> None:
    regions = tuple(face("Ava Example", Region(0.9 * n / MANY, 0.1, 0.01, 0.01)) for n in range(MANY + 10))
    assert len(depicted(facts(regions=regions), ROSTER, ()).students["S-1"].regions) > MANY / 2


@pytest.mark.parametrize("state", ["partial", "unreadable"])
def test_metadata_that_was_not_read_whole_fails(state: str) -> None:
    result = tagged(facts(state=state, persons=(person("Ava Example"),), problems=("the XMP packet is damaged",)))
    assert result.state == "failed"
    assert "damaged" in result.findings[-1].why


def test_a_rule_that_holds_fails() -> None:
    result = tagged(facts(persons=(person("Ava Example"),)), rule("hold: not cleared"))
    assert result.state == "failed"
    assert "not cleared" in result.findings[-1].why


def test_a_file_that_names_nobody_is_pending() -> None:
    assert tagged(facts()).state == "pending"


def test_the_only_person_is_the_focus_and_a_small_one_in_a_declared_crowd_is_incidental() -> None:
    alone = tagged(facts(regions=(face("Ava Example", SMALL),)), rule("background: true"))
    assert alone.appearances[0].prominence == "focus"
    two = tagged(facts(regions=(face("Ava Example", SMALL), face("Ben Sample", FAR))), rule("background: true"))
    assert [appearance.prominence for appearance in two.appearances] == ["incidental", "incidental"]


def test_an_unnamed_larger_face_keeps_a_middling_one_from_being_the_focus() -> None:
    middling = Region(0.05, 0.7, 0.15, 0.15)
    result = tagged(facts(regions=(face("Ava Example", middling), face(None, LARGE))))
    assert result.appearances[0].prominence == "unknown"


def test_the_rules_consequences_are_in_the_tagging() -> None:
    rules = rule("directory_status: eligible, official_use: [discipline, victim], closed: c, confidential: k")
    result = tagged(facts(), rules)
    assert result.directory_status == "eligible"
    assert result.official_uses == (OfficialUse("discipline"), OfficialUse("victim"))
    assert (result.closed, result.confidential) == ("c", "k")
    assert result.rules_digest == rules.digest


def finding(name: str, value: str, truth: Truth = Truth.YES) -> Finding:
    return Finding(name, value, "said so", "plugin: other", truth)


def test_another_tagger_can_make_everything_stricter() -> None:
    extra = [
        finding("directory_status", "not_eligible"),
        finding("official_use", "victim"),
        finding("official_use", "something new"),
        finding("closed", "theirs"),
        finding("confidential", "theirs"),
        finding("record_pii", "S-1"),
        finding("unidentified_people", "3"),
        finding("student", "S-9"),
        finding("focus", "S-2"),
    ]
    rules = rule("directory_status: eligible, closed: ours")
    result = tagged(facts(persons=(person("Ava Example"), person("Ben Sample"))), rules, extra_findings=extra)
    assert result.directory_status == "not_eligible"
    assert result.official_uses == (OfficialUse("victim"), OfficialUse("other"))
    assert (result.closed, result.confidential) == ("ours; theirs", "theirs")
    assert (result.record_pii, result.unidentified_people) == (("S-1",), 3)
    prominence = {appearance.student: appearance.prominence for appearance in result.appearances}
    assert prominence == {"S-1": "unknown", "S-2": "focus", "S-9": "unknown"}
    assert all(one in result.findings for one in extra)


def test_another_taggers_hold_fails() -> None:
    assert tagged(facts(), extra_findings=[finding("hold", "wait")]).state == "failed"


def test_another_tagger_cannot_loosen() -> None:
    extra = [
        finding("directory_status", "eligible"),
        finding("background", "true"),
        finding("unidentified_people", "0"),
    ]
    seen = facts(regions=(face("Ava Example", SMALL), face("Ben Sample", FAR), face(None, LARGE)))
    assert tagged(seen, extra_findings=extra).directory_status == "undetermined"
    result = tagged(seen, rule("directory_status: not_eligible"), extra_findings=extra)
    assert result.directory_status == "not_eligible"
    assert result.unidentified_people == 1
    assert all(appearance.prominence == "unknown" for appearance in result.appearances)


def test_an_unknown_value_of_another_tagger_is_taken_strictly() -> None:
    extra = [finding("directory_status", "fine"), finding("unidentified_people", "some")]
    result = tagged(facts(), rule("directory_status: eligible"), extra_findings=extra)
    assert (result.directory_status, result.unidentified_people) == ("undetermined", 1)


def test_what_another_tagger_is_unsure_of_is_only_a_finding() -> None:
    unsure = finding("closed", "perhaps", Truth.UNKNOWN)
    result = tagged(facts(), extra_findings=[unsure])
    assert result.closed is None
    assert unsure in result.findings


def test_no_finding_holds_a_persons_name() -> None:
    seen = facts(
        persons=(person("Ava Example"), person("Ava Example"), person("Chris Twin"), person("Stranger")),
        regions=(face("Ben Sample", LARGE), face(None, FAR), face("Ava Example", SMALL, stale=True)),
        keywords=(Keyword("Ben Sample", "dc:subject"),),
        captions=(Keyword("Ava Example and Chris Twin", "dc:title"),),
    )
    for one in tagged(seen).findings:
        text = f"{one.tag} {one.value} {one.why} {one.source}".casefold()
        assert not any(name in text for name in NAMES), text


boxes = st.builds(Region, st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.01, 0.1), st.floats(0.01, 0.1))
names = st.sampled_from(["Ava Example", "Ben Sample", "Chris Twin", "Stranger", None])
regions = st.lists(st.builds(face, names, boxes, st.sampled_from([MWG, MP])), max_size=6)


@settings(derandomize=True, deadline=None)
@given(regions, st.lists(boxes, max_size=4))
def test_more_faces_never_mean_fewer_unidentified_people(marked: list[NamedRegion], found: list[Region]) -> None:
    without = tagged(facts(regions=tuple(marked)))
    with_faces = tagged(facts(regions=tuple(marked)), faces=found)
    assert with_faces.unidentified_people >= without.unidentified_people
    assert students(with_faces) == students(without)


@settings(derandomize=True, deadline=None)
@given(
    st.sampled_from(["eligible", "undetermined", "not_eligible", "odd"]),
    st.sampled_from(["eligible", "undetermined", "not_eligible"]),
)
def test_another_voice_never_loosens_the_directory_status(theirs: str, ours: str) -> None:
    order = ["eligible", "undetermined", "not_eligible"]
    result = tagged(facts(), rule(f"directory_status: {ours}"), extra_findings=[finding("directory_status", theirs)])
    assert order.index(result.directory_status) >= order.index(ours)


@pytest.mark.parametrize("name", ["Ava Example", "ava_example (11)", "0012345"])
@pytest.mark.parametrize("kind", ["Pet", "Focus", "BarCode"])
def test_a_students_name_on_a_region_that_shows_no_person_names_and_locates_nowhere(kind: str, name: str) -> None:
    (appearance,) = tagged(facts(regions=(face(name, LARGE, kind=kind),))).appearances
    assert (appearance.student, appearance.prominence, appearance.located) == ("S-1", "unknown", False)


def test_a_students_name_within_the_name_of_an_area_names_and_locates_nowhere() -> None:
    (appearance,) = tagged(facts(regions=(face("Locker of Ava Example", LARGE, kind="area"),))).appearances
    assert (appearance.student, appearance.located) == ("S-1", False)


@pytest.mark.parametrize(("told", "source"), [({"event": "{}"}, "event"), ({"locations": ("{}",)}, "location")])
def test_a_full_name_in_an_event_or_a_place_counts_as_in_a_caption(told: dict[str, object], source: str) -> None:
    def said(name: str) -> Facts:
        text = f"{name} recital"
        return facts(**{key: text if value == "{}" else (text,) for key, value in told.items()})

    (appearance,) = tagged(said("Ava Example")).appearances
    by_caption = tagged(facts(captions=(Keyword("Ava Example recital", source),))).appearances
    assert (appearance,) == by_caption
    assert tagged(said("Chris Twin")).unidentified_people == 1
    assert tagged(said("Autumn")).state == "pending"


@pytest.mark.parametrize(
    "text",
    [
        "Ava_Example",
        "Student: Ava Example",
        "Ava Example (11)",
        "Example, Ava (11)",
        "0012345",
        " 0012345 ",
        "Gym; 0012345",
    ],
)
def test_a_keyword_that_holds_a_full_name_or_is_an_id_names_the_student(text: str) -> None:
    result = tagged(facts(keywords=(Keyword(text, "dc:subject"),)))
    assert (students(result), result.unidentified_people) == (["S-1"], 0)


def test_a_short_keyword_is_no_id() -> None:
    roster = RosterIndex([Person("S-1", ("Ava Example",), ("2026",))])
    assert tag(facts(keywords=(Keyword("2026", "dc:subject"),)), "x.jpg", RuleSet(), roster).appearances == ()


def in_every_place(text: str) -> list[Facts]:
    keyword = (Keyword(text, "dc:subject"),)
    return [facts(keywords=keyword), facts(captions=keyword), facts(event=text), facts(locations=(text,))]


marks = st.text(st.sampled_from(" _-.,;:/|'\"()[]#&+*~!?\u2013\u2019\u201c\n"), min_size=1, max_size=4)


@settings(derandomize=True, deadline=None)
@given(marks, marks, marks)
def test_whatever_signs_stand_in_and_around_a_full_name_no_file_names_nobody(one: str, two: str, three: str) -> None:
    for said in in_every_place(f"{one}Ava{two}Example{three}"):
        result = tagged(said)
        assert students(result) == ["S-1"] or result.unidentified_people


@settings(derandomize=True, deadline=None)
@given(st.lists(st.sampled_from(["Ava", "Ben", "sings", "Gym", "and", ",", ";", "2026"]), max_size=6).map(" ".join))
def test_a_text_without_a_full_name_names_nobody_and_at_most_leaves_a_word_open(text: str) -> None:
    for said in in_every_place(text):
        result = tagged(said)
        assert result.appearances == ()
        assert result.unidentified_people == bool(result.open_words)
        assert all(word.word.casefold() in ("ava", "ben") for word in result.open_words)


# Two of one name, and the index of a portrait volume


@pytest.mark.parametrize(
    "said",
    [
        {"persons": (person("Chris Twin"),)},
        {"regions": (face("Twin, Chris", LARGE),)},
        {"keywords": (Keyword("Chris Twin", "dc:subject"),)},
        {"captions": (Keyword("Chris Twin smiles", "dc:description"),)},
        {"persons": (person("Chris Twin"),), "regions": (face("Chris Twin", LARGE),)},
    ],
    ids=["list", "region", "keyword", "caption", "two standards"],
)
def test_a_name_of_two_students_and_an_index_that_means_one_of_them_settle_who_it_is(said: dict[str, object]) -> None:
    assert tagged(facts(**said)).unidentified_people == 1
    result = tagged(facts(**said), indexed="S-3")
    assert (students(result), result.unidentified_people) == (["S-3"], 0)
    assert any("the portrait index says which student" in each.why for each in result.findings)


def test_an_index_and_an_id_that_mean_the_same_one_agree() -> None:
    said = facts(persons=(person("Chris Twin", DETAILS, "0012348"), person("Chris Twin")))
    result = tagged(said, indexed="S-4")
    assert (students(result), result.unidentified_people) == (["S-4"], 0)


def test_an_index_and_an_id_that_mean_two_students_of_one_name_leave_a_doubt() -> None:
    result = tagged(facts(persons=(person("Chris Twin", DETAILS, "0012348"), person("Chris Twin"))), indexed="S-3")
    assert result.unidentified_people == 1
    assert "S-4" in students(result)
    assert any("two students of one name" in each.why for each in result.findings)


def test_an_index_that_means_somebody_of_another_name_settles_no_namesakes() -> None:
    result = tagged(facts(persons=(person("Chris Twin"),)), indexed="S-1")
    assert (students(result), result.unidentified_people) == ([], 1)


def test_an_index_means_one_of_two_of_one_name_whom_a_list_gives_twice() -> None:
    result = tagged(facts(persons=(person("Chris Twin"),) * 2), indexed="S-3")
    assert result.unidentified_people == 2


def test_an_index_leaves_faces_that_nobody_is_named_for() -> None:
    result = tagged(facts(persons=(person("Chris Twin"),), regions=(face(None, FAR),)), indexed="S-3")
    assert (students(result), result.unidentified_people) == (["S-3"], 1)
