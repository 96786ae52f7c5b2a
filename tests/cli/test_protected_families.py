"""A protected student, and a court order that limits a parent: the request waits for the custodian, who is told why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from court_orders import revoking
from district import (
    CALEB,
    CALEB_FATHER,
    GRADUATION,
    HALLWAY,
    HANNAH,
    HANNAH_MOTHER,
    NOAH,
    OWEN,
    PORTRAIT,
    SOFIA,
    SOFIA_MOTHER,
    TEAM,
    District,
)
from protected_students import protect, verify_not_against
from roster_files import change_students

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

CUSTODIAN, COUNSEL = ("--as", "custodian:records-office"), ("--as", "designee:counsel")
SEEN = ("--seen", "order of the circuit court")
THERESA_MOTHER = "G-2031"
NOAH_MOTHER = "G-2701"


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, "1000", "ada")


def run_as(monkeypatch: pytest.MonkeyPatch, number: str, name: str) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser(number, name))


def asks(key: str, guardian: str, *who: str) -> Any:
    to = f"parent:{guardian}"
    return call("share", key, "--to", to, "--purpose", "inspection", *(who or CUSTODIAN), "--json").object()


def clauses(told: Any) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


# Protected


def test_a_guardian_of_a_protected_student_is_referred_until_two_people_said_that_it_is_not_against_them(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    assert asks(PORTRAIT, mother)["outcome"] == "allow"
    assert len(protect(district, HANNAH)["closed"]) == 1

    told = asks(PORTRAIT, mother)
    assert (told["outcome"], told["token"], "EX2-RELATION" in clauses(told)) == ("refer", None, True)
    (referral,) = told["referrals"]
    assert referral["kind"] == "inspection"
    assert [each for each in told["notes"] if f"{hannah} is protected" in each]
    assert "protect" not in str(told["outside"]).casefold()
    for language, looks, asks_who in (
        ("en", "The records office looks at the request", "could not make sure"),
        ("es", "La oficina de registros revisa la solicitud", "no pudimos comprobar"),
    ):
        assert call("ledger", "student", hannah, "--page", "record.html", "--language", language, *CUSTODIAN).code == 0
        page = Path("record.html").read_text("utf-8")
        assert (looks in page, asks_who in page) == (True, False)

    words = ("queue", "finding", referral["id"], "parent_verified", "--student", hannah, *SEEN)
    refused = call(*words, *CUSTODIAN).err
    limit, verify = (
        f"guardian limit {hannah} {mother} --only whereabouts",
        f"guardian verify {hannah} {mother} --not-against",
    )
    assert 0 < refused.index(limit) < refused.index(verify)
    stated = call(*words, "--not-against", *CUSTODIAN, "--json").object()
    assert (stated["answer"], asks(PORTRAIT, mother)["outcome"]) == (None, "refer")
    run_as(monkeypatch, "1001", "ben")
    approved = call("queue", "approve", stated["finding"], *COUNSEL, "--json")
    assert approved.object()["answer"]["outcome"] == "allow", approved.text
    assert asks(PORTRAIT, mother)["outcome"] == "allow"


def test_that_a_protection_is_not_against_a_guardian_opens_once_two_people_said_it(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    verify = ("student", "guardian", "verify", hannah, mother, *SEEN)
    assert "leave --not-against out" in call(*verify, "--not-against", *CUSTODIAN).err
    protect(district, HANNAH)
    refused = call(*verify, *CUSTODIAN)
    assert (refused.code, "may be the one from whom the place is kept" in refused.err) == (1, True)
    assert "the record of disclosures names the student's other schools" in refused.err

    first = call(*verify, "--not-against", *CUSTODIAN)
    assert (first.code, "Nothing opens by it yet" in first.out) == (0, True)
    assert call(*verify, "--not-against", *CUSTODIAN).code == 0
    assert asks(PORTRAIT, mother)["outcome"] == "refer"
    run_as(monkeypatch, "1001", "ben")
    second = call(*verify, "--not-against", *COUNSEL)
    assert "recordings go to this person now without a look for a place" in " ".join(second.out.split())
    assert asks(PORTRAIT, mother)["outcome"] == "allow"
    limit = ("student", "guardian", "limit", hannah, mother, "--only", "whereabouts", *SEEN)
    assert call(*limit, *CUSTODIAN).code == 0
    assert asks(PORTRAIT, mother)["outcome"] == "refer"


def test_a_verification_of_before_the_protection_says_nothing_of_whom_it_is_against(district: District) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    assert call("student", "guardian", "verify", hannah, mother, *SEEN, *CUSTODIAN).code == 0
    protect(district, HANNAH)
    assert asks(PORTRAIT, mother)["outcome"] == "refer"


def test_whom_one_person_added_for_a_protected_student_is_told_that_nothing_opens(district: District) -> None:
    district.upload(PORTRAIT)
    protect(district, HANNAH)
    hannah = district.student(HANNAH)
    said = call("student", "guardian", "verify", hannah, "m-ortiz", "--another-person", *SEEN, *CUSTODIAN)
    assert "--for m-ortiz --page FILE` leaves every place out" in " ".join(said.out.split())
    assert asks(PORTRAIT, "m-ortiz")["outcome"] == "refer"


def test_other_families_and_strangers_get_the_copy_that_they_always_got(district: District) -> None:
    district.upload(TEAM)
    protect(district, HANNAH)
    for to in (f"parent:{district.guardian(THERESA_MOTHER)}", "public"):
        told = call("share", TEAM, "--to", to, "--purpose", "inspection", *CUSTODIAN, "--json").object()
        assert (told["outcome"], told["redact"]) == ("redact", [district.student(HANNAH)])
    # Who asks as this student's guardian knows whom the copy hides.
    told = asks(TEAM, district.guardian(HANNAH_MOTHER))
    assert (told["outcome"], told["token"], clauses(told)[0]) == ("refer", None, "EX2-RELATION")
    assert [each["missing"][0] for each in told["referrals"]] == ["EX2-RELATION"]


def test_media_staff_and_the_queue_of_anybody_tell_nothing_of_it(district: District) -> None:
    district.upload(PORTRAIT)
    protect(district, HANNAH)
    mother = district.guardian(HANNAH_MOTHER)
    staff = call(
        *("share", PORTRAIT, "--to", f"parent:{mother}", "--purpose", "inspection", "--as", "media_staff:desk"),
    )
    assert staff.code == 4
    assert "protected" not in staff.text.casefold()
    referral = asks(PORTRAIT, mother)["referrals"][0]["id"]
    shown = " ".join(call("queue", "show", referral).text.split())
    assert f"A parent of {district.student(HANNAH)} (or the student, once 18) has opted out" in shown
    assert not [each for each in ("PROTECTED", "protected", "address", "contact", "589") if each in shown]
    told = " ".join(call("queue", "show", referral, *CUSTODIAN).out.split())
    assert "is protected, and this person may be the one from whom it is kept" in told
    assert call("queue", "show", referral, *CUSTODIAN, "--json").object()["notes"]
    assert "notes" not in call("queue", "show", referral, "--json").object()


def test_on_a_discipline_recording_the_guardian_is_verified_by_two(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(HALLWAY)
    protect(district, CALEB)
    caleb, father = district.student(CALEB), district.guardian(CALEB_FATHER)
    verify = ("student", "guardian", "verify", caleb, father, "--not-against", *SEEN)
    assert asks(HALLWAY, father)["outcome"] == "refer"
    call(*verify, *CUSTODIAN)
    assert asks(HALLWAY, father)["outcome"] == "refer"
    run_as(monkeypatch, "1001", "ben")
    call(*verify, *COUNSEL)
    assert asks(HALLWAY, father)["outcome"] == "redact"


def test_a_known_guardian_is_not_asked_for_a_birth_certificate_while_the_custodian_looks(district: District) -> None:
    district.upload(PORTRAIT)
    protect(district, HANNAH)
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    for who, asked_for_papers in ((mother, False), ("parent:stranger-9", True)):
        told = call("share", PORTRAIT, "--to", who, "--purpose", "inspection", *CUSTODIAN, "--json").object()
        assert (told["outcome"], "EX2-RELATION" in clauses(told)) == ("refer", True)
        assert ("birth certificate" in str(told["outside"])) is asked_for_papers
        assert ("written consent" in str(told["outside"])) is asked_for_papers
    add = ("request", "add", PORTRAIT, "--from", mother, "--purpose", "inspection", "--channel", "counter")
    known = call(*add, "--received", str(TODAY), *CUSTODIAN, "--json").object()["id"]
    letter = call("letter", "write", "acknowledgement", "--request", str(known), *CUSTODIAN, "--json").object()["text"]
    assert "do not know yet who you are" not in " ".join(letter.split())


def test_no_protection_takes_a_parents_rights_and_what_takes_them_is_kept_with_its_paper(district: District) -> None:
    district.upload(PORTRAIT)
    protect(district, HANNAH)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    referral = asks(PORTRAIT, mother)["referrals"][0]["id"]
    seen = ("--seen", "card of the Safe at Home program", *CUSTODIAN)
    for words in (
        ("queue", "finding", referral, "rights_limited", "--student", hannah),
        ("student", "guardian", "limit", hannah, mother),
    ):
        refused = call(*words, *seen)
        assert (refused.code, "--file COPY" in refused.err, "--only whereabouts" in refused.err) == (1, True, True)
    assert mother in call("student", "show", hannah, *CUSTODIAN, "--json").object()["guardians_today"]
    assert asks(PORTRAIT, mother)["outcome"] == "refer"
    assert call("student", "guardian", "limit", hannah, mother, "--only", "whereabouts", *seen).code == 0
    assert mother in call("student", "show", hannah, *CUSTODIAN, "--json").object()["guardians_today"]


def test_a_guardian_whom_no_earlier_protection_was_against_is_told_of_with_the_place_alone(
    district: District,
) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    protect(district, HANNAH)
    assert verify_not_against(hannah, mother).code == 0
    words = ("student", "protect", hannah, "--kind", "address-confidentiality", "--seen", "a card", *CUSTODIAN)
    assert f"limit {hannah} {mother} --only whereabouts" in " ".join(call(*words).out.split())


# A court order


def test_no_copy_that_hides_their_own_child_settles_a_parents_inspection(district: District) -> None:
    district.upload(TEAM)
    protect(district, HANNAH)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    referral = asks(TEAM, mother)["referrals"][0]["id"]
    words = ("queue", "finding", referral, "rights_limited", "--student", hannah, *SEEN, *revoking(), *CUSTODIAN)
    found = call(*words, "--json").object()
    assert [each for each in found["answer"]["notes"] if each.startswith("A court order limits this person's rights")]
    assert (found["answer"]["redact"], found["referral"]["closed_at"]) == ([hannah], None)
    assert [each["missing"] for each in asks(TEAM, mother)["referrals"]] == [["CHILD-HIDDEN"]]
    shown = " ".join(call("queue", "show", referral, *CUSTODIAN).out.split())
    assert "answers no inspection" in shown
    assert call("queue", "close", referral, "--why", "told them of the order", *CUSTODIAN).code == 0


def limited(district: District, *only: str) -> Any:
    words = (
        "student",
        "guardian",
        "limit",
        district.student(HANNAH),
        district.guardian(HANNAH_MOTHER),
        *SEEN,
        *revoking(),
    )
    return call(*words, *only, *CUSTODIAN, "--json").object()


def test_from_whom_an_order_keeps_the_whereabouts_is_referred_each_time(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    assert asks(PORTRAIT, mother)["outcome"] == "allow"
    said = limited(district, "--only", "whereabouts")
    assert (said["what"], len(said["closed"])) == ("whereabouts", 1)
    assert mother in call("student", "show", hannah, "--json").object()["guardians_today"]

    told = asks(PORTRAIT, mother)
    assert (told["outcome"], "EX2-RELATION" in clauses(told)) == ("refer", True)
    (note,) = told["notes"]
    assert note.startswith(
        f"Where {hannah} can be found is kept from this person ({said['id']}), and no other right is taken"
    )
    referral = told["referrals"][0]["id"]
    verified = call("queue", "finding", referral, "parent_verified", "--student", hannah, *SEEN, *CUSTODIAN)
    assert (verified.code, said["id"] in verified.err) == (1, True)
    by_hand = ("--disclosed-to", f"parent:{mother}", "--basis", "EX2", "--students", hannah, "--why", "no sign in it")
    assert call("queue", "close", referral, *by_hand, *CUSTODIAN).code == 0
    assert asks(PORTRAIT, mother)["outcome"] == "refer"

    end = ("student", "guardian", "end", said["id"], "--why", "set aside")
    assert "It takes two people" in call(*end, *CUSTODIAN).out
    run_as(monkeypatch, "1001", "ben")
    assert call(*end, *COUNSEL).code == 0
    assert asks(PORTRAIT, mother)["outcome"] == "allow"


def test_what_anybody_may_have_tells_them_no_whereabouts_either(district: District) -> None:
    district.upload(GRADUATION)
    noah, mother = district.student(NOAH), district.guardian(NOAH_MOTHER)
    link = asks(GRADUATION, mother)["token"]
    said = call(
        "student", "guardian", "limit", noah, mother, "--only", "whereabouts", *SEEN, *CUSTODIAN, "--json"
    ).object()
    assert len(said["closed"]) == 1
    told = asks(GRADUATION, mother)
    assert (told["outcome"], told["token"], clauses(told)[0]) == ("refer", None, "EX2-RELATION")
    assert call("open", link, "--json").object()["outcome"] != "allow"
    assert call("share", GRADUATION, "--to", "public", "--purpose", "inspection", *CUSTODIAN, "--json").object()[
        "token"
    ]


def test_the_finding_says_the_same_of_the_whereabouts(district: District) -> None:
    district.upload(PORTRAIT)
    protect(district, HANNAH)
    referral = asks(PORTRAIT, district.guardian(HANNAH_MOTHER))["referrals"][0]["id"]
    words = ("queue", "finding", referral, "rights_limited", "--student", district.student(HANNAH), *SEEN, *CUSTODIAN)
    assert "is no part of a parent's rights" in call(*words, "--only", "grades").err
    found = call(*words, "--only", "whereabouts", "--json")
    assert found.object()["answer"]["outcome"] == "refer"
    (stated,) = call("student", "show", district.student(HANNAH), *CUSTODIAN, "--json").object()["guardianships"]
    assert stated["what"] == "whereabouts"


def test_where_an_order_takes_all_rights_the_custodian_reads_of_the_order_and_not_of_a_parents_signature(
    district: District,
) -> None:
    district.upload(PORTRAIT)
    said = limited(district)
    mother = district.guardian(HANNAH_MOTHER)
    told = asks(PORTRAIT, mother)
    assert told["outcome"] in ("refer", "deny")
    remedies = {each["clause"]: each["remedy"] for each in told["reasons"]}
    assert remedies["EX3-MISSING"].startswith("A court order limits this person's rights")
    assert [each for each in told["notes"] if said["id"] in each]
    shown = " ".join(
        call("share", PORTRAIT, "--to", f"parent:{mother}", "--purpose", "inspection", *CUSTODIAN).out.split()
    )
    assert f"({said['id']})" in shown
    staff = call("share", PORTRAIT, "--to", f"parent:{mother}", "--purpose", "inspection", "--as", "media_staff:desk")
    assert "court order" not in staff.text
    referral = told["referrals"][0]["id"]
    assert said["id"] in " ".join(call("queue", "show", referral, *CUSTODIAN).out.split())
    assert said["id"] not in call("queue", "show", referral).text


def test_another_request_that_waits_for_the_same_recording_is_told(district: District) -> None:
    district.upload(PORTRAIT)
    other = call("share", PORTRAIT, "--to", "public:reporter-7", "--purpose", "news", *CUSTODIAN, "--json").object()
    waiting = other["referrals"][0]["id"]
    told = asks(PORTRAIT, district.guardian(HANNAH_MOTHER))
    assert told["notes"] == [
        f"{waiting} waits for the same recording, due on {other['referrals'][0]['due']}: `dam-plugin queue show {waiting}`."
    ]


# Who is told that a student is protected


def test_the_page_for_the_family_tells_a_protection_as_an_opt_out(district: District) -> None:
    district.upload(TEAM)
    told = call(
        "share", TEAM, "--to", "public:reporter-7", "--purpose", "news", "--name", district.student(HANNAH), *CUSTODIAN
    )
    hannah = district.student(HANNAH)
    before = record_of(hannah)
    assert "The law asks for written consent" in before[0]
    assert told.code in (3, 4)

    protect(district, HANNAH)
    call("share", TEAM, "--to", "public:reporter-8", "--purpose", "news", "--name", hannah, *CUSTODIAN)
    for earlier, text in zip(before, record_of(hannah), strict=True):
        assert not [each for each in ("PROTECTED", "protected", "Not to be shown", "OPTOUT") if each in text]
        assert text.count("The law asks for written consent") == 2 * earlier.count("The law asks for written consent")


def record_of(student: str) -> list[str]:
    """The student's record as a page, as a table for Excel, and on the screen."""
    assert call("ledger", "student", *CUSTODIAN, student, "--page", "page.html", "--csv", "table.csv").code == 0
    files = [Path(each).read_text("utf-8") for each in ("page.html", "table.csv")]
    return [*files, " ".join(call("ledger", "student", *CUSTODIAN, student, "--json").out.split())]


@pytest.mark.parametrize("words", [("find", "Lindqvist"), ("show", "HANNAH")])
def test_only_the_custodian_sees_who_is_protected(district: District, words: tuple[str, ...]) -> None:
    protect(district, HANNAH)
    asked = ("student", *(district.student(HANNAH) if each == "HANNAH" else each for each in words))
    for who in ((), ("--as", "media_staff:desk")):
        assert "protected" not in call(*asked, *who).text
        assert "protected" not in call(*asked, *who, "--json").text
    for who in (CUSTODIAN, COUNSEL):
        assert "protected" in call(*asked, *who).text
        assert '"protected": true' in call(*asked, *who, "--json").text


def test_a_publication_tells_staff_a_protection_as_an_opt_out(district: District) -> None:
    district.upload(TEAM)
    protect(district, HANNAH)
    told = call(
        "share", TEAM, "--to", "public", "--purpose", "website", "--kind", "publication", "--as", "media_staff:desk"
    )
    assert told.code == 0
    text = " ".join(told.out.split())
    assert f"A parent of {district.student(HANNAH)} (or the student, once 18) has opted out" in text
    assert not [each for each in ("PROTECTED", "be found", "confidentiality", "contact", "589") if each in text]


# Whose request is recorded (34 CFR 99.32(a)(1))


def required(student: str) -> list[str]:
    return [each["who"] for each in call("ledger", "student", *CUSTODIAN, student, "--required", "--json").objects()]


def test_who_only_says_to_be_a_parent_is_on_the_record_and_a_parent_is_not(district: District) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    asks(PORTRAIT, mother)
    assert required(hannah) == []
    told = asks(PORTRAIT, "stranger-9")
    assert "EX2-RELATION" in clauses(told)
    assert required(hannah) == ["parent:stranger-9"]
    referral = told["referrals"][0]["id"]
    call("queue", "finding", referral, "not_verified", "--why", "nobody knows them", *CUSTODIAN)
    assert required(hannah) == ["parent:stranger-9"] * 2

    asks(PORTRAIT, "m-ortiz")
    assert "parent:m-ortiz" in required(hannah)
    call("student", "guardian", "verify", hannah, "m-ortiz", *SEEN, *CUSTODIAN)
    assert "parent:m-ortiz" not in required(hannah)
    limited(district, "--other-person", "m-ortiz")
    asks(PORTRAIT, mother)
    assert required(hannah)[-1] == f"parent:{mother}"


def test_so_it_is_with_the_requests_of_the_register(district: District) -> None:
    district.upload(PORTRAIT)
    hannah = district.student(HANNAH)
    add = (
        "request",
        "add",
        PORTRAIT,
        "--student",
        hannah,
        "--purpose",
        "inspection",
        "--channel",
        "counter",
        "--received",
        str(TODAY),
        *CUSTODIAN,
    )
    for who in (district.guardian(HANNAH_MOTHER), "stranger-9"):
        ended = call(*add, "--from", f"parent:{who}")
        assert ended.code == 0, ended.text
    assert required(hannah) == ["parent:stranger-9"]


def test_the_parent_of_another_student_in_it_is_a_parent(district: District) -> None:
    district.upload(HALLWAY)
    asks(HALLWAY, district.guardian(CALEB_FATHER))
    call("share", HALLWAY, "--to", f"parent:{district.guardian(CALEB_FATHER)}", "--purpose", "news", *CUSTODIAN)
    assert [required(district.student(each)) for each in (CALEB, OWEN)] == [[], []]


# What was handed over by hand


@pytest.mark.parametrize("command", ["close", "disclosed"])
def test_by_hand_a_person_who_is_no_guardian_gets_nothing_as_one(district: District, command: str) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    said = limited(district)
    referral = asks(PORTRAIT, mother)["referrals"][0]["id"]

    def hands_over(to: str, basis: str, who: str = hannah) -> Any:
        words = {"close": ("--disclosed-to", to, "--why", "taken away"), "disclosed": ("--to", to)}[command]
        return call("queue", command, referral, *words, "--basis", basis, "--students", who, *CUSTODIAN)

    refused = hands_over(f"parent:{mother}", "EX2")
    assert (refused.code, said["id"] in refused.err, "--basis EX3" in refused.err) == (1, True, True)
    refused = hands_over("parent:stranger-9", "EX2")
    assert (refused.code, "is no guardian of" in refused.err) == (1, True)
    refused = hands_over("eligible_student:S-1", "EX2")
    assert (refused.code, "is not the student" in refused.err) == (1, True)
    assert required(hannah) == [f"parent:{mother}"]
    assert "what is on file does not carry EX3" in hands_over(f"parent:{mother}", "EX3").err
    assert call("student", "guardian", "verify", hannah, "m-ortiz", "--another-person", *SEEN, *CUSTODIAN).code == 0
    signed = ("--signed-by", "m-ortiz", "--signed-on", str(TODAY), "--party", mother, "--proof", "drawer 3")
    assert call("consent", "add", hannah, "--purpose", "inspection", *signed, *CUSTODIAN).code == 0
    assert hands_over(f"parent:{mother}", "EX3").code == 0
    assert required(hannah) == [f"parent:{mother}"] * 2


def test_by_hand_a_guardian_gets_their_own_childs_record(district: District) -> None:
    district.upload(PORTRAIT)
    protect(district, HANNAH)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    referral = asks(PORTRAIT, mother)["referrals"][0]["id"]
    words = (
        "--disclosed-to",
        f"parent:{mother}",
        "--basis",
        "EX2",
        "--students",
        hannah,
        "--why",
        "shown the certificate",
    )
    assert call("queue", "close", referral, *words, *CUSTODIAN).code == 0


# Who has died, and who is in college before 18


def told_of(district: District, roster_id: str, **changes: str) -> None:
    """Import the roster with more told of one student."""
    roster = district.folder / "roster"
    change_students(roster, changes, roster_id, columns=["died"])
    ended = call("roster", "import", str(roster), "--confirm", *CUSTODIAN)
    assert ended.code == 0, ended.text


def test_a_dead_adult_is_asked_for_nothing_and_what_has_no_effect_is_refused(district: District) -> None:
    district.upload(GRADUATION)
    call("tag", GRADUATION, "--directory", "not_eligible", *CUSTODIAN)
    told_of(district, SOFIA, died=str(TODAY - timedelta(days=9)))
    sofia, mother = district.student(SOFIA), district.guardian(SOFIA_MOTHER)
    told = asks(GRADUATION, mother)
    remedies = {each["clause"]: each["remedy"] for each in told["reasons"]}
    assert remedies["RIGHTS-TRANSFERRED"].startswith(
        "The student held the rights, and has died: the records custodian decides"
    )
    words = ("share", GRADUATION, "--to", f"parent:{mother}", "--purpose", "inspection", "--outside", *CUSTODIAN)
    outside = call(*words).text
    assert ("Please talk with us" in outside, "student's consent" in outside) == (True, False)
    referral = told["referrals"][0]["id"]
    shown = call("queue", "show", referral, *CUSTODIAN, "--json").object()["needed"]
    assert [each["remedy"] for each in shown if each["clause"] == "RIGHTS-TRANSFERRED"] == [
        remedies["RIGHTS-TRANSFERRED"]
    ]
    verified = call("queue", "finding", referral, "parent_verified", "--student", sofia, *SEEN, *CUSTODIAN)
    assert (verified.code, "changes nothing: the rights had become" in verified.err) == (1, True)
    signed = (
        "--purpose",
        "news",
        "--signed-by",
        mother,
        "--signed-on",
        str(TODAY),
        "--party",
        "public",
        "--proof",
        "paper",
    )
    consent = call("consent", "add", sofia, *signed, *CUSTODIAN)
    assert (consent.code, "has died, so nobody can sign a consent" in consent.err) == (1, True)
    by_hand = ("--disclosed-to", f"parent:{mother}", "--basis", "EX2", "--students", sofia, "--why", "for the funeral")
    assert call("queue", "close", referral, *by_hand, *CUSTODIAN).code == 0


def test_nobody_is_asked_for_the_consent_of_a_dead_adult_whoever_wants_the_picture(district: District) -> None:
    district.upload(GRADUATION)
    call("tag", GRADUATION, "--directory", "not_eligible", *CUSTODIAN)
    told_of(district, SOFIA, died=str(TODAY - timedelta(days=9)))
    told = call("share", GRADUATION, "--to", "public:kspr", "--purpose", "news", *CUSTODIAN, "--json").object()
    remedies = {each["clause"]: each["remedy"] for each in told["reasons"]}
    assert remedies["EX3-FORM"].startswith("The student held the rights, and has died: the records custodian decides")
    assert [each for each in told["notes"] if "nobody can give a consent to show them. You decide" in each]


def test_a_minor_in_college_is_not_asked_for_consent(district: District) -> None:
    district.upload(PORTRAIT)
    told_of(district, HANNAH, postsecondary="yes")
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    told = asks(PORTRAIT, mother)
    remedies = {each["clause"]: each["remedy"] for each in told["reasons"]}
    assert "younger than 18 and in college by the roster" in remedies["RIGHTS-TRANSFERRED"]
    assert "`postsecondary = by-age`" in remedies["RIGHTS-TRANSFERRED"]
    (note,) = [each for each in told["notes"] if "classes at a college beside this school" in each]
    assert f"The roster marks {hannah}, who is not 18" in note
    assert "student left-college S-… --why TEXT" in remedies["RIGHTS-TRANSFERRED"]
    referral = told["referrals"][0]["id"]
    verified = call("queue", "finding", referral, "parent_verified", "--student", hannah, *SEEN, *CUSTODIAN)
    assert (verified.code, "what can be found is `dependent`" in verified.err) == (1, True)


# Who prints the record, and to whom it is handed (34 CFR 99.4, 99.31(c); RSMo 589.664)

PRINTED = ("--page", "page.html", "--csv", "table.csv")
ASK = "dam-plugin: ask the records custodian, who prints this record\n"


def keeps_nothing(district: District) -> str:
    return district.student(NOAH)


def protects(district: District) -> str:
    protect(district, NOAH)
    return district.student(NOAH)


def opts_out(district: District) -> str:
    assert call("student", "opt-out", district.student(NOAH), *CUSTODIAN).code == 0
    return district.student(NOAH)


def limits(district: District, *only: str) -> str:
    words = (
        "student",
        "guardian",
        "limit",
        district.student(NOAH),
        district.guardian(NOAH_MOTHER),
        *SEEN,
        *revoking(),
        *only,
    )
    assert call(*words, *CUSTODIAN).code == 0
    return district.student(NOAH)


def limits_whereabouts(district: District) -> str:
    return limits(district, "--only", "whereabouts")


@pytest.mark.parametrize("form", [(), ("--json",), PRINTED, ("--required", "--keys")], ids=" ".join)
@pytest.mark.parametrize("kept", [protects, opts_out, limits, limits_whereabouts])
def test_staff_print_no_record_that_not_every_parent_may_have(
    district: District, kept: Callable[[District], str], form: tuple[str, ...]
) -> None:
    noah = kept(district)
    for who in ((), ("--as", "media_staff:desk")):
        asked = call("ledger", "student", noah, *form, *who)
        assert (asked.code, asked.out, asked.err) == (1, "", ASK)
    assert not Path("page.html").exists()
    assert not Path("table.csv").exists()
    for who in (CUSTODIAN, COUNSEL):
        assert call("ledger", "student", noah, *form, *who).code == 0


def test_staff_print_the_record_of_a_student_of_whom_nothing_is_kept_from_anybody(district: District) -> None:
    noah = keeps_nothing(district)
    for who in ((), ("--as", "media_staff:desk"), CUSTODIAN):
        printed = call("ledger", "student", noah, *PRINTED, *who)
        assert (printed.code, printed.err) == (0, "")
        assert "give them only to the family, once you know who it is" in printed.out
    assert call("student", "opt-out", noah, "--purpose", "yearbook", *CUSTODIAN).code == 0
    assert call("ledger", "student", noah).code == 0


def test_the_custodian_reads_beside_the_record_to_whom_it_may_be_handed(district: District) -> None:
    noah, mother = protects(district), district.guardian(NOAH_MOTHER)
    printed = call("ledger", "student", noah, *PRINTED, *CUSTODIAN)
    assert "a protection of the student is on file; hand this record to nobody as it is" in printed.err
    assert "give them only to whom the note names" in printed.out
    assert verify_not_against(noah, mother, "--another-person").code == 0
    printed = call("ledger", "student", noah, *PRINTED, "--json", *CUSTODIAN)
    assert f"({mother}), once you know who it is" in printed.err
    # The record itself goes to a family.
    for text in (printed.out, *(Path(each).read_text("utf-8") for each in ("page.html", "table.csv"))):
        assert not [word for word in ("protect", "on file", "custodian alone") if word in text.casefold()]


@pytest.mark.parametrize("kept", [limits, limits_whereabouts])
def test_the_note_leaves_out_whom_an_order_limits_and_tells_of_no_mere_opt_out(
    district: District, kept: Callable[[District], str]
) -> None:
    noah = opts_out(district)
    assert call("ledger", "student", noah, *CUSTODIAN).err == ""
    kept(district)
    told = call("ledger", "student", noah, *CUSTODIAN).err
    assert ("a court order that limits a guardian's rights is on file" in told) is (kept is limits)
    assert ("a note that the place is kept from a guardian is on file" in told) is (kept is limits_whereabouts)
    assert district.guardian(NOAH_MOTHER) not in told


def test_a_protection_that_begins_tomorrow_keeps_the_record_today(district: District) -> None:
    noah, tomorrow = district.student(NOAH), (TODAY + timedelta(days=1)).isoformat()
    words = ("--kind", "no-contact-order", *SEEN, "--since", tomorrow, *CUSTODIAN)
    assert call("student", "protect", noah, *words).code == 0
    assert call("ledger", "student", noah).err == ASK
    assert "hand this record to nobody as it is" in call("ledger", "student", noah, *CUSTODIAN).err


@pytest.mark.parametrize("as_json", [True, False])
def test_in_an_emergency_the_custodian_hears_whose_whereabouts_stay_secret(district: District, as_json: bool) -> None:
    district.upload(TEAM)
    glass = ("break-glass", TEAM, "--to", "emergency:fire", "--threat", "a fire", *(("--json",) if as_json else ()))
    custodian, staff = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")
    before = [" ".join(call(*glass, *by).text.split()) for by in (custodian, staff)]
    protect(district, HANNAH)
    told = call(*glass, *custodian)
    note = f"{district.student(HANNAH)} is protected. Tell the recipient now"
    assert (told.code, note in " ".join(told.text.split())) == (0, True)
    to_staff = " ".join(call(*glass, *staff).text.split())
    assert "is protected" not in to_staff + before[0] + before[1]
    if not as_json:
        assert all("where a student lives or can be found" in each for each in (*before, to_staff))
        review = call("queue", "list", "--json").objects()[0]["id"]
        assert note in " ".join(call("queue", "show", review, *custodian).text.split())
        assert "is protected" not in call("queue", "show", review, *staff).text


@pytest.mark.parametrize("as_json", [True, False])
def test_in_an_emergency_the_custodian_hears_that_an_earlier_one_is_under_review(
    district: District, as_json: bool
) -> None:
    district.upload(TEAM)
    glass = ("break-glass", TEAM, "--to", "emergency:fire", "--threat", "a fire", *(("--json",) if as_json else ()))
    note = "An earlier emergency, in which this recording went out, is under review still"
    assert note not in " ".join(call(*glass, *CUSTODIAN).text.split())
    (review,) = (each["id"] for each in call("queue", "list", "--json").objects())
    told = call(*glass, *CUSTODIAN)
    assert (told.code, f"{note} ({review})" in " ".join(told.text.split())) == (0, True)
    assert note not in " ".join(call(*glass, "--as", "media_staff:desk").text.split())
