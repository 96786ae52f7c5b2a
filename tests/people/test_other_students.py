"""Other students are left out of a text that goes to one student's family."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.model import StudentRecord
from dam_plugin.people.names_in_text import ANOTHER, OtherStudents

OWN = StudentRecord("S-000000000001", "104217", ("Hannah Lee",))
ROSTER = (
    OWN,
    StudentRecord("S-000000000002", "104230", ("Caleb Núñez", "Cal Nunez")),
    StudentRecord("S-000000000003", "104263", ("Sofia Lee",)),
    StudentRecord("S-000000000004", "SN-77-A", ("Will van der Berg",)),
    StudentRecord(
        "S-000000000006", "104-264", ("Mar\u00eda-Jos\u00e9 O'Brien",), guardian_names=(("G-1", "Dana Brandt"),)
    ),
    StudentRecord("S-000000000007", "104300", ("\u674e \u5c0f\u9f99",)),
)
OTHERS = OtherStudents(OWN, ROSTER)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Caleb Núñez threatens Hannah Lee", f"{ANOTHER} threatens Hannah Lee"),
        ("CALEB NUNEZ, and caleb", f"{ANOTHER}, and {ANOTHER}"),
        ("Nuñez, Caleb: a fight", f"{ANOTHER}: a fight"),
        ("Cal said so", f"{ANOTHER} said so"),
        ("Cale\u0301b", ANOTHER),
        ("Nu\u0301n\u0303ez's locker", f"{ANOTHER}'s locker"),
        ("for Sofia Lee", f"for {ANOTHER}"),
        ("for the Lee family", "for the Lee family"),
        ("student 104230, not 104217", f"student {ANOTHER}, not 104217"),
        ("S-000000000002 and s-000000000003", f"{ANOTHER} and {ANOTHER}"),
        ("S-000000000001 asked", "S-000000000001 asked"),
        ("number SN-77-A", f"number {ANOTHER}"),
        ("Will van-der-Berg will come", f"{ANOTHER} will come"),
        ("Will came", f"{ANOTHER} came"),
        ("Caleb, Sofia", ANOTHER),
        ("caleb_nunez.jpg", f"{ANOTHER}.jpg"),
        ("CalebNunez", ANOTHER),
        ("calebnunez", ANOTHER),
        ("the CalebFight", f"the {ANOTHER}Fight"),
        ("Calebs knife, Caleb's knife", f"{ANOTHER} knife, {ANOTHER}'s knife"),
        ("Ca\u200bleb and Ca\u00adleb", f"{ANOTHER} and {ANOTHER}"),
        ("C\u0430leb", ANOTHER),
        ("caleb2 of 104230_1", f"{ANOTHER}2 of {ANOTHER}_1"),
        ("id104230", f"id{ANOTHER}"),
        ("\uff11\uff10\uff14\uff12\uff13\uff10", ANOTHER),
        ("104-264 or 104264 or 104\u2011264", f"{ANOTHER} or {ANOTHER} or {ANOTHER}"),
        ("S\u2011000000000002, S_000000000002, xS-000000000002x", f"{ANOTHER}, {ANOTHER}, x{ANOTHER}x"),
        ("Obrien, O'Brien, mariajose", ANOTHER),
        ("Dana Brandt asks about Brandt", f"{ANOTHER} asks about {ANOTHER}"),
        ("\u674e\u5c0f\u9f99", ANOTHER),
        ("\u5c0f\u9f99\u6253\u4eba", f"{ANOTHER}\u6253\u4eba"),
        ("yearbook", "yearbook"),
        ("", ""),
    ],
)
def test_nobody_else_is_named(text: str, told: str) -> None:
    assert OTHERS.without(text) == told


def test_a_name_that_is_the_students_own_stays() -> None:
    twin = StudentRecord("S-000000000005", "105000", ("Hannah Lee",))
    assert OtherStudents(OWN, (*ROSTER, twin)).without("Hannah Lee") == "Hannah Lee"


@given(st.lists(st.sampled_from(["Caleb", "Núñez", "Sofia", "104263", "S-000000000002", "a", "fight", ",", "-", "\n"])))
def test_however_words_stand_together_no_name_is_left(words: list[str]) -> None:
    told = OTHERS.without(" ".join(words))
    assert not {"Caleb", "Núñez", "Sofia", "104263", "S-000000000002"} & set(told.replace("\n", " ").split(" "))
    assert OTHERS.without(told) == told


def test_the_names_of_the_students_own_guardians_stay() -> None:
    own = StudentRecord("S-000000000001", "104217", ("Hannah Lee",), guardian_names=(("G-2", "Ruth Lee"),))
    sibling = StudentRecord("S-000000000008", "104400", ("Ida Lee",), guardian_names=(("G-2", "Ruth Lee"),))
    assert OtherStudents(own, (own, sibling)).without("Ruth Lee, not Ida Lee") == f"Ruth Lee, not {ANOTHER}"
