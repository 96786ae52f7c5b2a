"""Staff see a student whose family said no under another student's name, and say so."""

from __future__ import annotations

from typing import Any

import pytest
from command_line import Called, call
from district import CALEB, NOAH, SOFIA, UNTITLED, District

CUSTODIAN = ("--as", "custodian:records-office")
DESK = ("--as", "media_staff:desk")
BOX, ELSEWHERE = "@0.3,0.2,0.2,0.3", "@0.7,0.2,0.2,0.3"


@pytest.fixture
def noah(district: District) -> str:
    """Named in a picture that shows somebody else, where that one's face is."""
    student = district.student(NOAH)
    district.upload(UNTITLED)
    named = ("--person", student + BOX, "--unidentified", "0", "--directory", "eligible")
    assert call("tag", UNTITLED, *named, *CUSTODIAN).code == 0
    assert posted()["outcome"] == "allow"
    return student


@pytest.fixture
def sofia(district: District) -> str:
    student = district.student(SOFIA)
    assert call("student", "opt-out", student, *CUSTODIAN).code == 0
    return student


def posted() -> Any:
    to = ("--kind", "publication", "--to", "public", "--purpose", "social media")
    return call("share", UNTITLED, *to, *CUSTODIAN, "--json").object()


def says(*words: str) -> Called:
    return call("tag", UNTITLED, *words, *DESK)


def seen(student: str) -> Any:
    (found,) = (each for each in call("tags", UNTITLED, "--json").object()["appearances"] if each["student"] == student)
    return found


def test_the_face_is_anothers_and_whoever_sees_it_says_so(noah: str, sofia: str) -> None:
    said = says("--person", sofia + BOX)
    assert said.code == 0, said.text
    assert posted()["outcome"] != "allow"
    assert call("tags", UNTITLED, "--json").object()["state"] == "complete"


def test_so_it_is_after_the_custodian_named_another_alone(noah: str, sofia: str) -> None:
    only = call(
        "custodian", "people", UNTITLED, "--person", noah + BOX, "--only", "--why", "as the caption", *CUSTODIAN
    )
    assert only.code == 0, only.text
    assert says("--person", sofia + BOX).code == 0
    assert posted()["outcome"] != "allow"


def test_and_where_the_wrong_name_moves_elsewhere(noah: str, sofia: str) -> None:
    assert says("--person", sofia + BOX, "--person", noah + ELSEWHERE).code == 0
    assert posted()["outcome"] != "allow"


def test_in_focus_it_is_kept_as_said(noah: str, sofia: str) -> None:
    assert says("--person", sofia + BOX, "--prominence", "focus").code == 0
    assert seen(sofia)["prominence"] == "focus"
    assert posted()["outcome"] != "allow"


@pytest.mark.parametrize("place", ["", BOX, ELSEWHERE])
def test_in_the_background_it_is_kept_as_a_subject_and_says_so(noah: str, sofia: str, place: str) -> None:
    said = says("--person", sofia + place, "--prominence", "incidental")
    assert said.code == 0, said.text
    assert f"kept as a subject, and not as in the background: {sofia}" in " ".join(said.text.split())
    assert seen(sofia)["prominence"] == "unknown"
    assert posted()["outcome"] != "allow"


def test_a_protected_student_is_kept_as_a_subject_too(district: District, noah: str) -> None:
    caleb = district.student(CALEB)
    stated = call(
        "student",
        "protect",
        caleb,
        "--kind",
        "address-confidentiality",
        "--seen",
        "the card of the program",
        *CUSTODIAN,
    )
    assert stated.code == 0, stated.text
    assert says("--person", caleb + BOX, "--prominence", "incidental").code == 0
    assert seen(caleb)["prominence"] == "unknown"
    assert posted()["outcome"] != "allow"


def test_a_student_without_an_opt_out_is_in_the_background_as_said(district: District, noah: str) -> None:
    caleb = district.student(CALEB)
    said = says("--person", caleb + ELSEWHERE, "--prominence", "incidental")
    assert (said.code, "kept as a subject" in said.text) == (0, False)
    assert seen(caleb)["prominence"] == "incidental"


@pytest.mark.parametrize(
    ("place", "more"),
    [
        (ELSEWHERE, ()),
        ("@0.1,0.6,0.2,0.3", ()),
        (BOX, ("--prominence", "incidental")),
        ("", ("--prominence", "incidental")),
    ],
)
def test_whoever_is_on_file_stays_where_they_are(
    district: District, noah: str, sofia: str, place: str, more: tuple[str, ...]
) -> None:
    caleb = district.student(CALEB)
    assert says("--person", sofia + BOX, "--person", caleb + ELSEWHERE).code == 0
    refused = says("--person", sofia + place, "--times-anew", *more)
    assert (refused.code, "would show less of them" in refused.err) == (1, True)
    assert (seen(sofia)["regions"][0]["x"], seen(sofia)["prominence"]) == (0.3, "unknown")
