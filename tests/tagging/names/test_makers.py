"""A student whose family said no and who made a picture may be in it: a person has to look. Other makers hold nothing up."""

from __future__ import annotations

import pytest

from dam_tagging.facts import Facts, Keyword, NamedPerson, Region, Tagging
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.rules.conditions import Standing
from dam_tagging.rules.model import RuleSet
from dam_tagging.tag import Families, tag

PEOPLE = [
    Person("S-AVA", ("Ava Kim",)),
    Person("S-BEN", ("Ben Roe",)),
    Person("S-ROS", ("Rosalind Achebe", "Ozzie Achebe")),
    Person("S-WIL", ("Grace Will",)),
    Person("S-ANA", ("Ana de la Cruz",)),
    Person("S-ZOE", ("Zoe",)),
    Person("S-LI", ("\u674e\u5c0f\u9f99",)),
]
PERMITTED = {"S-AVA", "S-BEN"}
STANDINGS = {each.id: Standing("7", active=True, opted_out=each.id not in PERMITTED) for each in PEOPLE}
ROSTER = RosterIndex(PEOPLE, staff=("Karen Olson", "Grace Achebe"))


def picture(text: str = "", *persons: str, by: str = "dc:creator", owner: str | None = None) -> Tagging:
    """Tag a picture of Ava Kim with one face, and a text about its maker."""
    shown = tuple(NamedPerson(each, "Iptc4xmpExt:PersonInImage") for each in ("Ava Kim", *persons))
    made = (Keyword(text, by),) if text else ()
    facts = Facts(media_type="image/jpeg", state="read", persons=shown, owner=owner, rights=made)
    faces = [Region(0.1 + 0.3 * number, 0.3, 0.2, 0.2) for number in range(len(shown))]
    return tag(facts, "events/IMG_2231.jpg", RuleSet(), ROSTER, families=Families.of(STANDINGS), faces=faces)


@pytest.mark.parametrize("by", ["dc:creator", "Image Artist", "photoshop:Credit", "IPTC By-line", "dc:rights"])
@pytest.mark.parametrize(
    ("text", "student"),
    [
        ("Rosalind Achebe", "S-ROS"),
        ("Achebe, Rosalind", "S-ROS"),
        ("rosalind achebe", "S-ROS"),
        ("Rosalind M. Achebe", "S-ROS"),
        ("Ozzie Achebe", "S-ROS"),
        ("RosalindAchebe", "S-ROS"),
        ("rosalind.achebe@students.example", "S-ROS"),
        ("\u00a9 2026 Rosalind Achebe, Lakeview High School. All rights reserved.", "S-ROS"),
        ("Photo by Rosalind Achebe/Yearbook", "S-ROS"),
        ("Ana de la Cruz", "S-ANA"),
        ("Zoe", "S-ZOE"),
        ("\u674e\u5c0f\u9f99", "S-LI"),
    ],
)
def test_a_maker_whose_family_said_no_is_open(text: str, student: str, by: str) -> None:
    result = picture(text, by=by)
    assert [(each.source, each.students) for each in result.open_words] == [(by, (student,))]
    assert (result.state, result.unidentified_people) == ("pending", 1)


def test_the_owner_of_a_file_is_a_maker() -> None:
    assert [each.students for each in picture(owner="Karen Olson; Rosalind Achebe").open_words] == [("S-ROS",)]


@pytest.mark.parametrize("text", ["The fair. Photo by Rosalind Achebe", "Photo: Rosalind Achebe"])
def test_so_is_one_whom_a_caption_s_by_line_names(text: str) -> None:
    shown = (NamedPerson("Ava Kim", "Iptc4xmpExt:PersonInImage"),)
    facts = Facts(media_type="image/jpeg", state="read", persons=shown, captions=(Keyword(text, "dc:description"),))
    families, faces = Families.of(STANDINGS), [Region(0.3, 0.3, 0.2, 0.2)]
    result = tag(facts, "events/IMG_2231.jpg", RuleSet(), ROSTER, families=families, faces=faces)
    assert {who for each in result.open_words for who in each.students} == {"S-ROS"}


@pytest.mark.parametrize(
    "text",
    [
        "Karen Olson", "Grace Achebe", "Sam Reyes", "Ben Roe", "Ava Kim", "Lakeview School District", "R. Achebe",
        "Rosalind Smith",
        "Ben Roe; Rosalind Smith; Ava Kim", "\u00a9 2026 Lakeview Yearbook Staff", "Nikon Corporation",
        "By the grace of the owner, who will be asked, it may be shown", "Zoe Smith", "Coach Achebe", "",
    ],
)  # fmt: skip
def test_the_credit_of_anybody_else_holds_nothing_up(text: str) -> None:
    result = picture(text, owner=text or None)
    assert (result.open_words, result.state, result.unidentified_people) == ((), "complete", 0)


def test_a_maker_who_is_named_in_the_picture_is_settled() -> None:
    result = picture("Rosalind Achebe", "Rosalind Achebe")
    assert (result.open_words, result.state) == ((), "complete")
    assert result.students == {"S-AVA", "S-ROS"}
