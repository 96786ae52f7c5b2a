"""A court order limits a parent's rights over one child, and a recording that has to be whole shows that child and another."""

from __future__ import annotations

from typing import Any

import pytest
from command_line import call
from court_orders import revoking
from district import CALEB, CALEB_FATHER, HALLWAY, HANNAH, HANNAH_MOTHER, INES_MOTHER, TEAM, THERESA, District

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

CUSTODIAN, STAFF, COUNSEL = (
    ("--as", "custodian:records-office"),
    ("--as", "media_staff:desk"),
    ("--as", "designee:counsel"),
)
SEEN = ("--seen", "the judgment")
THERESA_MOTHER = "G-2031"


def asks(key: str, guardian: str, *by: str) -> Any:
    words = ("share", key, "--to", f"parent:{guardian}", "--purpose", "inspection", *(by or CUSTODIAN), "--json")
    return call(*words).object()


def clauses(told: Any) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


def by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))


def limit(student: str, guardian: str, *only: str) -> Any:
    words = ("student", "guardian", "limit", student, guardian, *SEEN, *revoking(), *only, *CUSTODIAN, "--json")
    made = call(*words)
    assert made.code == 0, made.text
    return made.object()


def whole(key: str) -> None:
    for _ in range(2):
        said = call("custodian", "meaning", key, "destroyed", "--why", "all of them at once", *CUSTODIAN)
        assert said.code == 0, said.text


@pytest.fixture
def family(district: District) -> District:
    """The team's picture, which has to be whole: Theresa and Hannah are sisters, and Theresa's mother is Hannah's too."""
    district.upload(TEAM)
    assert call("tag", TEAM, "--directory", "not_eligible", *CUSTODIAN).code == 0
    whole(TEAM)
    words = ("student", "guardian", "add", district.student(HANNAH), district.guardian(THERESA_MOTHER))
    assert call(*words, *SEEN, *CUSTODIAN).code == 0
    return district


def test_the_whole_waits_until_the_custodian_let_it_go(family: District) -> None:
    mother, hannah = family.guardian(THERESA_MOTHER), family.student(HANNAH)
    given = asks(TEAM, mother)
    assert given["outcome"] == "allow"
    order = limit(hannah, mother)
    assert len(order["closed"]) == 1
    told, staff = asks(TEAM, mother), asks(TEAM, mother, *STAFF)
    for each in (told, staff):
        assert (each["outcome"], each["token"], clauses(each)) == ("refer", None, ["CUSTODIAN"])
    assert told["outside"] == staff["outside"]
    assert [each for each in told["notes"] if hannah in each and order["id"] in each and "in the office" in each]
    assert order["id"] not in str(staff)
    assert "order" not in str(told["outside"]).casefold()
    assert call("open", given["token"], "--json").object()["outcome"] != "allow"

    referral = told["referrals"][0]["id"]
    viewed = call("view", TEAM, "--in-office", "--for", f"parent:{mother}", "--purpose", "inspection", *CUSTODIAN)
    assert viewed.code == 4, viewed.text
    looked = call("queue", "finding", referral, "reviewed", "what it leaves", *CUSTODIAN, "--json").object()["answer"]
    assert (looked["outcome"], looked["basis"][hannah]) == ("allow", "EX2-MULTI")


def test_a_stranger_and_the_parent_hear_the_same_of_it(family: District) -> None:
    mother = family.guardian(THERESA_MOTHER)
    before = asks(TEAM, mother, *STAFF)
    assert before["outcome"] == "refer"
    limit(family.student(HANNAH), mother)
    assert asks(TEAM, mother, *STAFF)["outside"] == before["outside"]


@pytest.mark.parametrize("guardian", [HANNAH_MOTHER, INES_MOTHER], ids=["other-parent", "other-family"])
def test_nobody_else_waits(family: District, guardian: str) -> None:
    limit(family.student(HANNAH), family.guardian(THERESA_MOTHER))
    assert asks(TEAM, family.guardian(guardian))["outcome"] == "allow"


def test_a_copy_that_hides_that_child_goes_out_at_once(district: District) -> None:
    district.upload(TEAM)
    mother, hannah = district.guardian(THERESA_MOTHER), district.student(HANNAH)
    assert call("student", "guardian", "add", hannah, mother, *SEEN, *CUSTODIAN).code == 0
    limit(hannah, mother)
    told = asks(TEAM, mother)
    assert (told["outcome"], told["redact"]) == ("redact", [hannah])


@pytest.mark.parametrize("only", [(), ("--only", "whereabouts")], ids=["limited", "whereabouts"])
def test_whom_the_parent_sends_for_the_other_child_waits_as_the_parent_does(
    family: District, only: tuple[str, ...]
) -> None:
    mother = family.guardian(THERESA_MOTHER)
    sent = ("represent", family.student(THERESA), "doe-law", "--for", mother, "--name", "Jane Doe", *SEEN, *revoking())
    assert call("student", "guardian", *sent, *CUSTODIAN).code == 0
    assert asks(TEAM, "doe-law")["outcome"] == "allow"
    limit(family.student(HANNAH), mother, *only)
    told = asks(TEAM, "doe-law")
    assert (told["outcome"], clauses(told)) == ("refer", ["CUSTODIAN"])
    assert [each for each in told["notes"] if family.student(HANNAH) in each and "they represent" in each]


def test_by_hand_the_custodians_word_gives_a_recording_that_takes_one(family: District) -> None:
    mother, hannah, theresa = family.guardian(THERESA_MOTHER), family.student(HANNAH), family.student(THERESA)
    limit(hannah, mother)
    referral = asks(TEAM, mother)["referrals"][0]["id"]
    whole_of_it = ("--basis", "EX2-MULTI", "--students", f"{theresa},{hannah}", "--why", "what the order leaves")
    done = call("queue", "close", referral, "--disclosed-to", f"parent:{mother}", *whole_of_it, *CUSTODIAN)
    assert done.code == 0, done.text


def test_a_fight_is_given_by_link_and_by_hand_on_the_word_of_two(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(HALLWAY)
    father, caleb = district.guardian(CALEB_FATHER), district.student(CALEB)
    with district.services.store.reading() as unit:
        (other,) = unit.assets.need(HALLWAY).tagging.students - {caleb}
    assert call("student", "guardian", "add", other, father, *SEEN, *CUSTODIAN).code == 0
    assert call("custodian", "meaning", HALLWAY, "destroyed", "--why", "who hit whom", *CUSTODIAN).code == 0
    with monkeypatch.context() as second:
        by_another(second)
        assert call("custodian", "meaning", HALLWAY, "destroyed", "--why", "who hit whom", *COUNSEL).code == 0
    order = limit(other, father)["id"]
    told = asks(HALLWAY, father)
    assert (told["outcome"], clauses(told)) == ("refer", ["CUSTODIAN"])
    assert [each for each in told["notes"] if order in each and "two people let it go" in each]
    referral = told["referrals"][0]["id"]
    whole_of_it = ("--basis", "EX2-MULTI", "--students", f"{caleb},{other}", "--why", "seen in the office")
    by_hand = ("queue", "close", referral, "--disclosed-to", f"parent:{father}", *whole_of_it, *CUSTODIAN)
    refused = call(*by_hand)
    assert (refused.code, f"queue finding {referral} reviewed" in " ".join(refused.err.split())) == (1, True)
    stated = call("queue", "finding", referral, "reviewed", "what it leaves", *CUSTODIAN, "--json").object()
    assert (stated["state"], stated["answer"], call(*by_hand).code) == ("pending", None, 1)
    by_another(monkeypatch)
    answer = call("queue", "approve", stated["finding"], *COUNSEL, "--json").object()["answer"]
    assert (answer["outcome"], answer["basis"][other]) == ("allow", "EX2-MULTI")


def test_in_the_work_of_somebody_else_the_whole_is_not_handed_to_that_parent(family: District) -> None:
    mother, hannah, theresa = family.guardian(THERESA_MOTHER), family.student(HANNAH), family.student(THERESA)
    referral = asks(TEAM, family.guardian(INES_MOTHER), *STAFF)["referrals"][0]["id"]
    limit(hannah, mother)
    whole_of_it = ("--basis", "EX2-MULTI", "--students", f"{theresa},{hannah}", "--why", "both were there")
    refused = call("queue", "close", referral, "--disclosed-to", f"parent:{mother}", *whole_of_it, *CUSTODIAN)
    assert (refused.code, "share it with them first" in " ".join(refused.err.split())) == (1, True)


def test_the_offer_of_the_whole_goes_to_no_parent_from_whom_an_order_keeps_a_sibling(family: District) -> None:
    mother, hannah, theresa = (
        family.guardian(THERESA_MOTHER),
        family.student(HANNAH),
        family.student(THERESA),
    )
    limit(hannah, mother)
    assert asks(TEAM, family.guardian(INES_MOTHER))["outcome"] == "allow"
    offers = [each for each in call("queue", "list", "--json").objects() if each["kind"] == "offer"]
    sisters = [each["id"] for each in offers if theresa in each["students"]]
    assert sisters
    for offer in sisters:
        to_her = ("--referral", offer, "--student", theresa, "--guardian", mother, *CUSTODIAN)
        refused = call("letter", "write", "offer", *to_her)
        assert refused.code == 1, refused.text
        assert mother in refused.text
        shown = call("queue", "show", offer, *CUSTODIAN).text
        assert f"parent:{mother}" not in shown
        assert f"{mother} is left out of those to offer it to: the whole recording shows {hannah}" in " ".join(
            shown.split()
        )


def test_no_whole_recording_is_offered_once_the_others_can_be_hidden(
    family: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asks(TEAM, family.guardian(INES_MOTHER))["outcome"] == "allow"
    offers = [each["id"] for each in call("queue", "list", "--json").objects() if each["kind"] == "offer"]
    assert call("letter", "preview", "offer", "--referral", offers[0]).code == 0
    preserved = ("custodian", "meaning", TEAM, "preserved", "--why", "a copy is enough")
    assert call(*preserved, *CUSTODIAN).code == 0
    by_another(monkeypatch)
    call(*preserved, *COUNSEL)
    refused = call("letter", "preview", "offer", "--referral", offers[0])
    assert refused.code == 1
    assert "nobody says any more that the others cannot be hidden" in refused.err
    assert call("queue", "finding", offers[0], "offered", "--how", "by telephone", *CUSTODIAN).code == 1


def test_nothing_is_offered_to_the_family_of_a_student_who_is_not_in_it_after_all(
    family: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asks(TEAM, family.guardian(INES_MOTHER))["outcome"] == "allow"
    theresa = family.student(THERESA)
    (offer,) = [each["id"] for each in call("queue", "list", "--json").objects() if theresa in each["students"]][:1]
    said = ("custodian", "people", TEAM, "--nobody", "--why", "it is another team")
    assert call(*said, *CUSTODIAN).code == 0
    by_another(monkeypatch)
    call(*said, *COUNSEL)
    refused = call("letter", "preview", "offer", "--referral", offer)
    assert (refused.code, "is not in the recording of" in refused.err) == (1, True), refused.text
    assert "parent:G-" not in call("queue", "show", offer, *CUSTODIAN).text.partition("Whom to offer it to")[2]
