"""On what ground it is known who is in a recording: a person looked, faces were counted, or the file's word is enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_tagging.facts import Facts, Keyword, NamedPerson, NamedRegion, Region, Tagging
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.rules.load import load_rules
from dam_tagging.rules.model import RuleSet
from dam_tagging.tag import Completeness, tag

ROSTER = RosterIndex([Person("S-1", ("Ava Example",)), Person("S-2", ("Ben Sample",))])
LEFT, RIGHT, FAR = Region(0.1, 0.2, 0.15, 0.2), Region(0.6, 0.2, 0.15, 0.2), Region(0.05, 0.8, 0.05, 0.08)
CROWD = load_rules({"r.yaml": "rules:\n- {name: r, when: {key: '**'}, then: {background: true}, why: because}"})


def stands(number: int, side: float = 0.04) -> list[Region]:
    """Return small faces in rows, beside nobody else."""
    return [Region(0.02 + 0.05 * (n % 19), 0.02 + 0.05 * (n // 19), side, side) for n in range(number)]


def tagged(
    *names: str,
    regions: tuple[NamedRegion, ...] = (),
    faces: list[Region] | None = None,
    rules: RuleSet | None = None,
    **more: object,
) -> Tagging:
    persons = tuple(NamedPerson(name, "Iptc4xmpExt:PersonInImage") for name in names)
    facts = Facts(media_type="image/jpeg", state="read", persons=persons, regions=regions)
    return tag(facts, "events/x.jpg", rules or RuleSet(), ROSTER, faces=faces, completeness=Completeness(**more))  # type: ignore[arg-type]


def ground(result: Tagging) -> tuple[str, str | None, int]:
    return result.state, result.ground, result.unidentified_people


def region(name: str | None, where: Region) -> NamedRegion:
    return NamedRegion(name, "Face", where, "mwg-rs:Regions")


def test_one_face_and_one_name_settle() -> None:
    assert ground(tagged("Ava Example", faces=[LEFT])) == ("complete", "counted", 0)


def test_a_face_more_than_names_leaves_somebody_to_name() -> None:
    assert ground(tagged("Ava Example", faces=[LEFT, RIGHT])) == ("pending", None, 1)
    assert ground(tagged("Ava Example", "Ben Sample", faces=[LEFT, RIGHT])) == ("complete", "counted", 0)


def test_a_face_in_a_named_region_is_settled_and_takes_no_other_name() -> None:
    named = (region("Ava Example", LEFT),)
    assert ground(tagged("Ava Example", regions=named, faces=[LEFT])) == ("complete", "counted", 0)
    assert ground(tagged("Ava Example", regions=named, faces=[LEFT, RIGHT])) == ("pending", None, 1)
    assert ground(tagged("Ava Example", "Ben Sample", regions=named, faces=[LEFT, RIGHT]))[2] == 0


def test_a_marked_face_without_a_name_is_settled_by_a_name_once_faces_are_counted() -> None:
    marked = (region(None, LEFT),)
    assert ground(tagged("Ava Example", regions=marked, faces=[LEFT])) == ("complete", "counted", 0)
    assert ground(tagged("Ava Example", regions=marked, faces=None)) == ("pending", None, 1)
    assert ground(tagged("Ava Example", regions=marked, faces=[LEFT, RIGHT])) == ("pending", None, 1)


def test_a_name_alone_is_not_enough_where_nobody_counts() -> None:
    assert ground(tagged("Ava Example", faces=None)) == ("pending", None, 0)
    assert ground(tagged("Ava Example", faces=None, by="looked")) == ("pending", None, 0)


def test_by_the_settings_a_name_alone_is_enough_and_says_so() -> None:
    assert ground(tagged("Ava Example", faces=None, by="metadata")) == ("complete", "metadata", 0)
    assert ground(tagged("Ava Example", faces=[LEFT], by="metadata")) == ("complete", "counted", 0)


def test_by_the_settings_only_a_person_says_who_is_in_it() -> None:
    assert ground(tagged("Ava Example", faces=[LEFT], by="looked")) == ("pending", None, 0)


def test_a_name_without_any_face_is_not_counted() -> None:
    assert ground(tagged("Ava Example", faces=[])) == ("pending", None, 0)
    # Somebody drew where she is: then the detector's missing her is no sign of others.
    assert ground(tagged(regions=(region("Ava Example", LEFT),), faces=[])) == ("complete", "counted", 0)


@pytest.mark.parametrize("where", ["event", "location"])
def test_the_name_of_an_event_or_place_settles_no_face(where: str) -> None:
    told = {"event": "Ava Example Invitational"} if where == "event" else {"locations": ("Ava Example Field",)}
    facts = Facts(media_type="image/jpeg", state="read", **told)  # type: ignore[arg-type]
    assert tag(facts, "events/x.jpg", RuleSet(), ROSTER, faces=[LEFT]).unidentified_people == 1


def test_a_caption_names_who_is_in_the_picture() -> None:
    facts = Facts(media_type="image/jpeg", state="read", captions=(Keyword("Ava Example scores", "dc:description"),))
    assert tag(facts, "events/x.jpg", RuleSet(), ROSTER, faces=[LEFT]).ground == "counted"


def test_the_stands_behind_a_subject_are_counted_and_hold_nothing() -> None:
    result = tagged("Ava Example", faces=[Region(0.3, 0.4, 0.2, 0.3), *stands(38)])
    assert ground(result) == ("complete", "counted", 0)
    assert result.crowd == 38
    assert [(each.value, each.source) for each in result.findings if each.tag == "crowd"] == [("38", "faces")]


@pytest.mark.parametrize("number", [1, 5, 14])
def test_few_small_faces_are_bystanders_whom_somebody_has_to_name(number: int) -> None:
    result = tagged("Ava Example", faces=[Region(0.3, 0.4, 0.2, 0.3), *stands(number)])
    assert ground(result) == ("pending", None, number)
    assert result.crowd == 0


def test_many_faces_without_a_larger_one_are_a_class_whom_somebody_has_to_name() -> None:
    assert ground(tagged("Ava Example", faces=stands(30)))[0::2] == ("pending", 29)


def test_faces_that_are_not_much_smaller_than_the_subject_are_no_crowd() -> None:
    assert ground(tagged("Ava Example", faces=[Region(0.3, 0.5, 0.06, 0.08), *stands(12)]))[2] == 12


def test_in_what_a_rule_declares_a_crowd_small_faces_are_a_crowd() -> None:
    result = tagged("Ava Example", faces=[FAR, *stands(4)], rules=CROWD)
    assert (result.crowd, result.unidentified_people) == (5, 0)


def test_a_crowd_waits_for_a_look_where_the_settings_say_so() -> None:
    faces = [Region(0.3, 0.4, 0.2, 0.3), *stands(38)]
    assert ground(tagged("Ava Example", faces=faces, crowd_needs_look=True)) == ("pending", None, 0)


BOXES = st.builds(
    lambda x, y, side: Region(x / 20, y / 20, side / 100, side / 100),
    st.integers(0, 18),
    st.integers(0, 18),
    st.integers(1, 30),
)


@given(faces=st.lists(BOXES, max_size=12), named=st.integers(0, 2), drawn=st.integers(0, 2), declared=st.booleans())
def test_what_is_counted_has_no_more_faces_than_named_people_and_a_crowd(
    faces: list[Region], named: int, drawn: int, declared: bool
) -> None:
    names = ["Ava Example", "Ben Sample"][:named]
    regions = tuple(region(name, box) for name, box in zip(names[:drawn], [LEFT, RIGHT], strict=False))
    result = tagged(*names, regions=regions, faces=faces, rules=CROWD if declared else None)
    if result.ground == "counted":
        assert result.unidentified_people == 0
        assert named
    # However boxes lie, each face that no other touches is somebody named, somebody unidentified or one of a crowd.
    apart: list[Region] = []
    for one in faces:
        if all(_apart(one, other) for other in apart):
            apart.append(one)
    assert result.unidentified_people + result.crowd + named >= len(apart)


def _apart(one: Region, other: Region) -> bool:
    return (
        one.x + one.w <= other.x or other.x + other.w <= one.x or one.y + one.h <= other.y or other.y + other.h <= one.y
    )


# Whose name settles whose face


def captioned(text: str, *names: str, faces: list[Region]) -> Tagging:
    persons = tuple(NamedPerson(name, "Iptc4xmpExt:PersonInImage") for name in names)
    caption = (Keyword(text, "dc:description"),)
    facts = Facts(media_type="image/jpeg", state="read", persons=persons, captions=caption)
    return tag(facts, "events/x.jpg", RuleSet(), ROSTER, faces=faces)


@pytest.mark.parametrize(
    "text",
    ["Ava Example at bat. Photo by Ben Sample", "Ava Example wears the jersey of Ben Sample", "Ben Sample was ill"],
)
def test_whom_only_a_caption_names_settles_no_face_beside_a_list(text: str) -> None:
    result = captioned(text, "Ava Example", faces=[LEFT, RIGHT])
    assert result.state == "pending"
    assert result.unidentified_people >= 1


def test_a_caption_alone_names_who_is_in_the_picture() -> None:
    assert ground(captioned("Ava Example and Ben Sample sing", faces=[LEFT, RIGHT])) == ("complete", "counted", 0)


@pytest.mark.parametrize(
    ("names", "faces", "state"), [(2, 1, "complete"), (5, 1, "pending"), (15, 3, "pending"), (13, 10, "complete")]
)
def test_a_list_of_all_who_were_there_settles_no_faces(names: int, faces: int, state: str) -> None:
    team = [Person(f"S-{n}", (f"{chr(65 + n)}nna Sample{chr(97 + n)}",)) for n in range(names)]
    persons = tuple(NamedPerson(each.names[0], "Iptc4xmpExt:PersonInImage") for each in team)
    facts = Facts(media_type="image/jpeg", state="read", persons=persons)
    boxes = [Region(0.02 + 0.09 * n, 0.2, 0.08, 0.2) for n in range(faces)]
    assert tag(facts, "events/x.jpg", RuleSet(), RosterIndex(team), faces=boxes).state == state


@pytest.mark.parametrize("kind", ["Pet", "BarCode", "Focus"])
def test_the_name_of_what_is_no_person_settles_no_face_beside_a_list(kind: str) -> None:
    regions = (NamedRegion("Ben Sample", kind, RIGHT, "mwg-rs:Regions"),)
    assert tagged("Ava Example", regions=regions, faces=[LEFT, RIGHT]).state == "pending"
