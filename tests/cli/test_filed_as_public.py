"""A guardian who is filed as one of the public: the custodian alone is told who it may be, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from clock import TODAY
from command_line import Called, call, said
from district import CROWD, HALLWAY, OWEN, PORTRAIT, SOFIA, SOFIA_MOTHER, District

MOTHER = "G-2381"
AS = ("--as", "custodian:records-office")
STAFF = ("--as", "media_staff:desk")
MAY_BE = "Who asks as one of the public may be"


def asked(*words: str, by: tuple[str, ...] = AS, who: str = "public:eye-1") -> Called:
    came = ("--received", str(TODAY), "--channel", "email", "--purpose", "personal use", "--json")
    return call("request", "add", *words, "--from", who, *came, *by)


def shared(who: str, *more: str, by: tuple[str, ...] = AS, key: str = HALLWAY) -> Called:
    return call("share", key, "--to", who, "--purpose", "personal use", *more, *by)


def test_the_id_of_a_guardian_is_no_id_of_the_public(district: District) -> None:
    district.upload(HALLWAY)
    mother = district.guardian(MOTHER)
    for typed in (mother, mother.lower(), f"{mother} (the mother)"):
        for ended in (shared(f"public:{typed}"), asked(HALLWAY, who=f"public:{typed}", by=STAFF)):
            assert (ended.code, f"did you mean parent:{mother}?" in said(ended)) == (1, True), ended.text
    # It says what is typed, and not whether anybody has this id.
    nobody = shared("public:G-0FE0HXDMETAM", by=STAFF)
    assert (nobody.code, "did you mean parent:G-0FE0HXDMETAM?" in said(nobody)) == (1, True)


def test_nothing_delays_an_emergency(district: District) -> None:
    district.upload(HALLWAY)
    threat = ("--evidence", "threat.yaml")
    Path("threat.yaml").write_text("emergency: {threat: a gun in the hall, recipient_needs_it: true}\n", "utf-8")
    assert shared(f"public:{district.guardian(MOTHER)}", *threat).code == 0


@pytest.mark.parametrize("typed", ["maureen gallagher", "Gallagher, M.", "MAUREEN-GALLAGHER"])
def test_a_share_tells_the_custodian_alone_whose_name_it_is(district: District, typed: str) -> None:
    district.upload(HALLWAY)
    owen, mother = district.student(OWEN), district.guardian(MOTHER)
    told = said(shared(f"public:{typed}"))
    assert f"{MAY_BE} parent:{mother}" in told
    assert f"the record of {owen}" in told
    by_staff = shared(f"public:{typed}", by=STAFF)
    assert (MAY_BE in by_staff.text, mother in by_staff.text) == (False, False)
    (waiting,) = [each["id"] for each in call("queue", "list", "--json").objects()]
    assert MAY_BE in said(call("queue", "show", waiting, *AS))
    assert MAY_BE not in said(call("queue", "show", waiting))
    assert MAY_BE in str(shared(f"public:{typed}", "--json").object()["notes"])


@pytest.mark.parametrize("who", ["public:gallagher", "public:eye-1", "public:owen hart", "public"])
def test_a_part_of_a_name_and_another_name_are_not_remarked(district: District, who: str) -> None:
    district.upload(HALLWAY)
    assert MAY_BE not in shared(who).text


def test_a_guardian_of_nobody_in_the_recording_asks_as_anybody(district: District) -> None:
    district.upload(PORTRAIT)
    assert MAY_BE not in shared("public:maureen gallagher", key=PORTRAIT).text


def test_the_contact_of_a_request_is_compared_for_the_custodian_alone(district: District) -> None:
    district.upload(HALLWAY)
    contact = ("--contact", "Maureen Gallagher, mother, 12 Oak Lane")
    made = asked(HALLWAY, *contact)
    request = made.object()["id"]
    assert MAY_BE in made.err
    assert MAY_BE not in asked(HALLWAY, *contact, by=STAFF).text
    assert MAY_BE in call("request", "show", request, *AS).err
    assert MAY_BE not in call("request", "show", request).text
    assert MAY_BE in shared("public:eye-1", "--request", request).text
    assert call("request", "withdraw", request, "--why", "entered anew", *AS).code == 0
    assert MAY_BE not in call("request", "show", request, *AS).err


def names_in(called: Called) -> bool:
    return MAY_BE in called.err


def test_a_request_in_words_is_compared_with_the_whole_roster(district: District) -> None:
    words = ("--described", "the video of the game")
    assert names_in(asked(*words, "--contact", "Mrs. M. Gallagher"))
    assert not names_in(asked(*words, "--contact", "Jo Doe, 1 Elm Street"))
    assert names_in(asked(*words, "--contact", "Maureen Gallagher", "--student", district.student(OWEN)))
    assert not names_in(asked(*words, "--contact", "Maureen Gallagher", "--student", district.student(SOFIA)))


def test_of_a_grown_student_it_is_the_student_and_not_the_parent(district: District) -> None:
    sofia, mother = district.student(SOFIA), district.guardian(SOFIA_MOTHER)
    words = ("--described", "my pictures", "--student", sofia)
    assert f"eligible_student:{sofia}" in asked(*words, "--contact", "Sofia Petrova").err
    assert mother not in asked(*words, "--contact", "Irina Petrova").err


def test_another_role_is_not_remarked(district: District) -> None:
    district.upload(CROWD)
    ended = asked(CROWD, "--contact", "Maureen Gallagher", who=f"parent:{district.guardian(MOTHER)}")
    assert MAY_BE not in ended.err
