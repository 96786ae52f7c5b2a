"""A guardian who asks under a role of no family, as an official or in an emergency: by the id, or by the name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import revoking
from district import HANNAH, HANNAH_MOTHER, OWEN, PORTRAIT, TEAM, District
from protected_students import protect, verify_not_against
from use_cases import kept, ledger_holds

from dam_plugin.model import StaffRecord

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk-2")
# Hannah's mother is Karin Lindqvist.
NAME = "karin-lindqvist"
MAY_BE = "whose matter is it?"


@pytest.fixture
def hannah(district: District) -> str:
    """Hannah, in a portrait; what certifies an official is in a file."""
    district.upload(PORTRAIT)
    Path("ev.yaml").write_text("legitimate_interest: true\nrecords_authorized: true\n", "utf-8")
    return district.student(HANNAH)


def limit(district: District, student: str) -> None:
    seen = ("--seen", "order of the circuit court", *revoking())
    told = call("student", "guardian", "limit", student, district.guardian(HANNAH_MOTHER), *seen, *AS)
    assert told.code == 0, told.text


def asks(who: str, *by: str, purpose: str = "inspection", role: str = "school_official") -> Called:
    words = ("share", PORTRAIT, "--to", f"{role}:{who}", "--purpose", purpose, "--evidence", "ev.yaml")
    return call(*words, *(by or AS), "--json")


def clauses(told: Any) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


# By the id

NO_FAMILY = ["school_official", "emergency", "law_enforcement", "court", "juvenile_office", "agency", "other_school"]


@pytest.mark.parametrize("role", NO_FAMILY)
@pytest.mark.parametrize("by", [AS, STAFF], ids=["custodian", "staff"])
@pytest.mark.usefixtures("hannah")
def test_the_id_of_a_guardian_is_no_id_of_another_role(district: District, role: str, by: tuple[str, str]) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    for typed in (mother, mother.lower(), f"coach-{mother}"):
        came = ("--received", str(TODAY), "--channel", "email", "--purpose", "inspection")
        refused = (
            asks(typed, *by, role=role),
            call("request", "add", PORTRAIT, "--from", f"{role}:{typed}", *came, *by),
            call("view", PORTRAIT, "--in-office", "--for", f"{role}:{typed}", "--evidence", "ev.yaml", *by),
        )
        for each in refused:
            said = " ".join(each.text.split())
            assert (each.code, f"did you mean parent:{mother}?" in said) == (1, True), said


def test_nothing_goes_out_by_hand_to_the_id_of_a_guardian_as_an_official(district: District, hannah: str) -> None:
    referral = asks("ms-hale", *STAFF, purpose="lawsuit").object()["referrals"][0]["id"]
    to = ("--disclosed-to", f"school_official:{district.guardian(HANNAH_MOTHER)}", "--basis", "EX1")
    told = call("queue", "close", referral, *to, "--students", hannah, "--why", "by hand", *AS)
    assert (told.code, "did you mean parent:" in told.err) == (1, True)


def test_in_an_emergency_the_id_of_a_guardian_waits_for_the_custodian_who_is_never_held_up(
    district: District, hannah: str
) -> None:
    limit(district, hannah)
    told = emergency(district.guardian(HANNAH_MOTHER), *STAFF)
    assert (told["outcome"], told["token"], clauses(told), told["notes"]) == ("refer", None, ["CUSTODIAN"], [])
    assert [each["due"] for each in told["referrals"]] == [str(TODAY)]
    told = emergency(district.guardian(HANNAH_MOTHER), *AS)
    assert (told["outcome"], bool(told["token"])) == ("allow", True)
    assert "A court order limits this person's rights" in str(told["notes"])
    assert "Emergency personnel (Karin Lindqvist)" in record(hannah)


def test_the_record_of_somebody_beside_says_that_it_was_another_parent(district: District, hannah: str) -> None:
    """34 CFR 99.32(a)(3): the party is told, and of another family no name."""
    district.upload(TEAM)
    beside = next(each for each in sorted(kept(district.services, TEAM).tagging.students) if each != hannah)
    for typed in (district.guardian(HANNAH_MOTHER), NAME):
        assert emergency(typed, *AS, key=TEAM)["outcome"] == "allow"
        told = record(beside)
        # Who got it is named on each record (34 CFR 99.32(a)(3)(i)): a name alone is no proof of whose parent it is.
        assert ("indqvist" in told) == (typed == NAME)


def test_a_party_with_the_name_of_another_parent_is_named_without_the_child(district: District, hannah: str) -> None:
    district.upload(TEAM)
    beside = next(each for each in sorted(kept(district.services, TEAM).tagging.students) if each != hannah)
    assert emergency("Karin Lindqvist, the mother of Hannah Lindqvist", *AS, key=TEAM)["outcome"] == "allow"
    told = record(beside)
    assert "Karin Lindqvist, the mother of another student" in told
    assert "Hannah" not in told


def record(student: str) -> str:
    told = call("ledger", "student", student, "--required", "--page", "page.html", "--without-pictures", *AS)
    assert told.code == 0, told.text
    return Path("page.html").read_text("utf-8")


# By the name


@pytest.mark.parametrize("by", [AS, STAFF], ids=["custodian", "staff"])
@pytest.mark.parametrize("typed", [NAME, "Lindqvist, K.", "coach Karin Lindqvist", "karin.lindqvist@district.example"])
def test_an_official_with_the_name_of_a_guardian_waits_until_the_custodian_has_looked(
    hannah: str, typed: str, by: tuple[str, str]
) -> None:
    told = asks(typed, *by).object()
    assert (told["outcome"], told["token"], clauses(told)) == ("refer", None, ["OWN-MATTER"])
    assert hannah not in str(told["reasons"])
    assert ("of the family of somebody in it" in told["reasons"][0]["text"]) is (by == AS)
    referral = told["referrals"][0]["id"]
    assert MAY_BE in call("queue", "show", referral, *AS, "--json").text
    assert MAY_BE not in call("queue", "show", referral, *STAFF, "--json").text
    assert (MAY_BE in str(told["notes"])) is (by == AS)
    done = call("queue", "finding", referral, "reviewed", "she teaches this class", *AS, "--json").object()["answer"]
    assert (done["outcome"], done["basis"], done["notes"]) == ("allow", {hannah: "EX1"}, [])


@pytest.mark.parametrize("typed", ["ms-lindqvist", "coach-lindqvist", "klindqvist", "sub-lindqvist-2", "mother-karin"])
def test_of_whom_an_order_limits_the_family_name_or_a_login_is_enough(
    district: District, hannah: str, typed: str
) -> None:
    assert asks(typed).object()["outcome"] == "allow"
    limit(district, hannah)
    for by in (AS, STAFF):
        told = asks(typed, *by, purpose="instruction").object()
        assert (told["outcome"], clauses(told)) == ("refer", ["OWN-MATTER"])
        assert "order" not in str(told["reasons"])
    assert "A court order limits this person's rights" in str(told := asks(typed).object()["notes"]), told


def test_a_guardian_of_a_protected_student_waits_until_it_is_said_whom_it_is_against(
    district: District, hannah: str
) -> None:
    protect(district, HANNAH)
    told = asks("ms-lindqvist", *AS).object()
    assert (told["outcome"], clauses(told)) == ("refer", ["OWN-MATTER"])
    assert "may be the person from whom" in str(told["notes"])
    assert verify_not_against(hannah, district.guardian(HANNAH_MOTHER)).code == 0
    assert asks("ms-lindqvist", *STAFF, purpose="instruction").object()["outcome"] == "allow"


def test_the_staff_roster_and_the_contact_say_who_it_is(district: District, hannah: str) -> None:
    number = district.services.pseudonyms.staff("4711")
    with district.services.store.writing() as unit:
        staff = [StaffRecord(number, ("Karin Lindqvist",), "teacher")]
        unit.people.set_staff(staff, "oneroster", district.services.now(), whole=True)
    for typed in (number, "4711"):
        assert clauses(asks(typed, *STAFF).object()) == ["OWN-MATTER"]
    came = ("--received", str(TODAY), "--channel", "email", "--purpose", "inspection")
    contact = ("--contact", "Karin Lindqvist, 1 Elm Street")
    made = call("request", "add", PORTRAIT, "--from", "school_official:room-9", *came, *contact, *AS, "--json")
    assert MAY_BE in made.err
    request = made.object()["id"]
    assert MAY_BE in call("request", "show", request, *AS).err
    assert MAY_BE not in call("request", "show", request, *STAFF).text
    words = ("share", PORTRAIT, "--to", "school_official:room-9", "--purpose", "inspection", "--evidence", "ev.yaml")
    assert clauses(call(*words, "--request", request, *STAFF, "--json").object()) == ["OWN-MATTER"]


def test_nothing_is_shown_in_the_office_either(hannah: str) -> None:
    words = ("--for", f"school_official:{NAME}", "--minutes", "5", "--evidence", "ev.yaml", *STAFF)
    assert call("view", PORTRAIT, "--in-office", *words).code == 4


@pytest.mark.parametrize("typed", ["ms-smith", "karin-olsen", "lindqvist", "anna-lindqvist", "coach"])
def test_another_name_and_a_part_of_one_are_school_business_as_ever(hannah: str, typed: str) -> None:
    told = asks(typed).object()
    assert (told["outcome"], told["basis"], MAY_BE in str(told["notes"])) == ("allow", {hannah: "EX1"}, False)


def test_a_guardian_of_nobody_in_it_gets_it_and_of_a_student_who_is_named_waits(
    district: District, hannah: str
) -> None:
    words = ("share", PORTRAIT, "--to", "school_official:maureen-gallagher", "--purpose", "inspection")
    assert call(*words, "--evidence", "ev.yaml", *AS, "--json").object()["basis"] == {hannah: "EX1"}
    named = ("--name", district.student(OWEN), "--evidence", "ev.yaml")
    assert clauses(call(*words, *named, *AS, "--json").object()) == ["OWN-MATTER"]


# In an emergency


def emergency(who: str, *by: str, role: str = "emergency", key: str = PORTRAIT) -> Any:
    words = ("break-glass", key, "--to", f"{role}:{who}", "--threat", "the child is missing", *by, "--json")
    return call(*words).object()


@pytest.mark.parametrize("role", ["emergency", "law_enforcement"])
@pytest.mark.parametrize("typed", [NAME, "Mrs. Lindqvist", "K. Lindqvist", "klindqvist", "the mother, Karin Lindqvist"])
def test_an_emergency_that_staff_state_for_whom_an_order_limits_waits(
    district: District, hannah: str, role: str, typed: str
) -> None:
    limit(district, hannah)
    told = emergency(typed, *STAFF, role=role)
    assert (told["outcome"], told["token"], clauses(told)) == ("refer", None, ["CUSTODIAN"])
    (referral,) = told["referrals"]
    assert referral["due"] == str(TODAY)
    shown = call("queue", "show", referral["id"], *AS, "--json").text
    assert (MAY_BE in shown, "A court order limits this person's rights" in shown) == (True, True)
    told = emergency(typed, *AS, role=role)
    assert (told["outcome"], bool(told["token"])) == ("allow", True)
    assert MAY_BE in str(told["notes"])
    assert ledger_holds(district.services)


def test_so_does_that_of_a_guardian_of_a_protected_student(district: District, hannah: str) -> None:
    protect(district, HANNAH)
    assert clauses(emergency(NAME, *STAFF)) == ["CUSTODIAN"]
    assert verify_not_against(hannah, district.guardian(HANNAH_MOTHER)).code == 0
    assert emergency(NAME, *STAFF)["outcome"] == "allow"


@pytest.mark.parametrize("typed", ["medic-7", "officer-lindqvist", "county-hospital"])
def test_nobody_else_is_held_up_in_an_emergency(district: District, hannah: str, typed: str) -> None:
    limit(district, hannah)
    assert emergency(typed, *STAFF)["outcome"] == "allow"


def test_of_a_guardian_without_an_order_the_custodian_reads_it_in_the_review(hannah: str) -> None:
    told = emergency(NAME, *STAFF)
    assert told["outcome"] == "allow"
    (review,) = told["referrals"]
    assert MAY_BE in call("queue", "show", review["id"], *AS, "--json").text
