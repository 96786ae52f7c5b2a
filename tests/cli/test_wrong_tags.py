"""The tags were wrong: who is in a recording for discipline is corrected by two people, and no copy is left behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from command_line import call
from district import (
    CALEB,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    INES_MOTHER,
    NOAH,
    SOFIA,
    UNTITLED,
    District,
)
from use_cases import kept, ledger_holds

from dam_plugin.cli import context
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.store import SystemUser

AS = ("--as", "custodian:records-office")
SECOND = ("--as", "designee:principal")
FIGHT, COPY = "office/w4.jpg", "events/w4.jpg"
BOX, OTHER_BOX = "@0.1,0.2,0.1,0.2", "@0.6,0.2,0.1,0.2"
Become = Callable[[str], None]


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Become:
    """Be another user of the system."""

    def another(name: str) -> None:
        monkeypatch.setattr(context, "system_user", lambda: SystemUser(str(sum(map(ord, name))), name))

    another("ada")
    return another


def body() -> bytes:
    return (sample_folder() / UNTITLED).read_bytes()


@pytest.fixture
def fight(district: District, become: Become) -> District:
    """Tagged as Hannah and Noah; two people said what hiding does to it, and Hannah's mother has seen it."""
    district.upload(FIGHT, body())
    hannah, noah = district.student(HANNAH), district.student(NOAH)
    tagged = call(
        "tag", FIGHT, "--person", hannah + BOX, "--person", noah + OTHER_BOX, "--unidentified", "0",
        "--official", f"discipline:{hannah}", "--directory", "not_eligible", *AS,
    )  # fmt: skip
    assert tagged.code == 0, tagged.text
    return district


def given(district: District, guardian: str, key: str = FIGHT) -> Any:
    to = f"parent:{district.guardian(guardian)}"
    return call("share", key, "--to", to, "--purpose", "inspection", *AS, "--json").object()


def students(district: District, key: str = FIGHT) -> set[str]:
    return set(kept(district.services, key).tagging.students)


def people(district: District, *more: str) -> tuple[str, ...]:
    """Ines it was, and not Hannah."""
    ines, noah = district.student(INES), district.student(NOAH)
    who = ("--person", ines + BOX, "--person", noah + OTHER_BOX, "--only", "--why", "the report names another", *more)
    return ("custodian", "people", FIGHT, *who)


def correct(district: District, become: Become) -> None:
    first = call(*people(district), *AS)
    assert (first.code, "it is held. It takes two people" in first.text) == (0, True), first.text
    become("ben")
    second = call(*people(district), *SECOND)
    assert second.code == 0, second.text
    become("ada")


def test_two_people_say_who_is_in_it_and_the_wrong_family_s_link_closes(fight: District, become: Become) -> None:
    to = f"parent:{fight.guardian(HANNAH_MOTHER)}"
    asked = ("share", FIGHT, "--to", to, "--purpose", "inspection", "--as", "media_staff:desk", "--json")
    referral = call(*asked).object()["referrals"][0]["id"]
    stated = call("queue", "finding", referral, "meaning", "destroyed", *AS, "--json").object()
    become("ben")
    assert call("queue", "approve", stated["finding"], *SECOND).code in (0, 3, 4)
    become("ada")
    token = given(fight, HANNAH_MOTHER)["token"]
    assert call("open", token).code == 0
    ines, noah = fight.student(INES), fight.student(NOAH)
    alone = call("tag", FIGHT, "--person", ines + BOX, "--person", noah, "--only", *AS)
    assert (alone.code, "dam-plugin custodian people" in alone.err) == (1, True)
    first = call(*people(fight), *AS)
    assert first.code == 0, first.text
    assert students(fight) == {fight.student(HANNAH), noah}
    assert call("open", token).code != 0
    become("ben")
    assert call(*people(fight), *SECOND).code == 0
    become("ada")
    assert students(fight) - {fight.student(HANNAH)} == {ines, noah}
    assert fight.student(HANNAH) not in {each.student for each in kept(fight.services, FIGHT).tagging.appearances}
    assert call("open", token).code != 0
    assert given(fight, HANNAH_MOTHER)["outcome"] != "allow"
    assert ledger_holds(fight.services)


def test_one_person_twice_and_media_staff_say_nothing(fight: District, become: Become) -> None:
    assert call(*people(fight), *AS).code == 0
    twice = call(*people(fight), *SECOND)
    assert (twice.code, "two people" in twice.err) == (1, True)
    become("ben")
    staff = call(*people(fight), "--as", "media_staff:desk")
    assert (staff.code, "only the records custodian" in staff.err) == (1, True)
    assert fight.student(HANNAH) in students(fight)


def test_where_it_takes_no_two_people_one_says_it(district: District, become: Become) -> None:
    district.upload(FIGHT, body())
    assert call("tag", FIGHT, "--person", district.student(HANNAH), "--unidentified", "0", *AS).code == 0
    said = call("custodian", "people", FIGHT, "--person", district.student(INES), "--only", "--why", "looked", *AS)
    assert said.code == 0, said.text
    assert students(district) == {district.student(INES)}


@pytest.mark.parametrize(
    "arguments", [("--why", "x"), ("--only", "--why", "x"), ("--nobody", "--person", "S-1", "--why", "x")]
)
def test_what_says_nobody_is_wrong_usage(fight: District, arguments: tuple[str, ...]) -> None:
    assert call("custodian", "people", FIGHT, *arguments, *AS).code in (1, 2)


def test_a_family_found_later_is_offered_what_another_was_given(fight: District, become: Become) -> None:
    assert call("custodian", "meaning", FIGHT, "destroyed", "--why", "who hit whom", *AS).code == 0
    become("ben")
    assert call("custodian", "meaning", FIGHT, "destroyed", "--why", "who hit whom", *SECOND).code == 0
    become("ada")
    token = given(fight, HANNAH_MOTHER)["token"]
    assert call("open", token).code == 0
    ines = fight.student(INES)
    assert call("tag", FIGHT, "--person", ines + "@0.8,0.2,0.1,0.2", *AS).code == 0
    offered = [each["students"] for each in call("queue", "list", *AS, "--json").objects() if each["kind"] == "offer"]
    assert [ines] in offered
    assert given(fight, INES_MOTHER)["outcome"] == "allow"


# Copies


@pytest.mark.parametrize("earlier", [True, False], ids=["the copy is older", "the copy is newer"])
def test_a_use_reaches_every_copy(district: District, *, earlier: bool) -> None:
    keys = (COPY, FIGHT) if earlier else (FIGHT, COPY)
    for key in keys:
        district.upload(key, body())
        who = ("--person", district.student(INES), "--unidentified", "0", "--directory", "eligible")
        assert call("tag", key, *who, *AS).code == 0
    token = call("share", COPY, "--to", "public:channel-9", "--purpose", "news", *AS, "--json").object()["token"]
    assert call("open", token).code == 0
    assert call("tag", FIGHT, "--official", f"discipline:{district.student(INES)}", *AS).code == 0
    assert call("open", token).code != 0
    asked = call("share", COPY, "--to", "public:channel-9", "--purpose", "news", *AS, "--json").object()
    assert asked["outcome"] not in ("allow", "redact")
    assert district.release_tag(COPY) == "hold"


@pytest.mark.parametrize(
    "closing", [("--subdivision", "610.021(18)"), ("--law", "RSMo 210.150")], ids=["closed", "confidential"]
)
def test_a_closure_reaches_every_copy_and_ends_in_each(
    district: District, become: Become, closing: tuple[str, str]
) -> None:
    for key in (COPY, FIGHT):
        district.upload(key, body())
        who = ("--person", district.student(INES), "--unidentified", "0", "--directory", "eligible")
        assert call("tag", key, *who, *AS).code == 0
    assert call("custodian", "close", FIGHT, *closing, "--why", "x", *AS).code == 0
    asked = ("share", COPY, "--to", "public:channel-9", "--purpose", "news", *AS, "--json")
    assert call(*asked).object()["outcome"] == "deny"
    for key, outcome in ((FIGHT, "deny"), (COPY, "allow")):
        again = ("custodian", "reopen", key, "--why", "over", *(("--confidential",) if "--law" in closing else ()))
        become("ada")
        assert call(*again, *AS).code == 0
        become("ben")
        assert call(*again, *SECOND).code == 0
        assert call(*asked).object()["outcome"] == outcome
    assert district.release_tag(COPY) == "staff"


def test_a_rule_s_use_of_a_copy_that_comes_later_reaches_the_first(district: District) -> None:
    hallway = "cameras/hallway/hallway-1042.jpg"
    picture = (sample_folder() / hallway).read_bytes()
    district.upload(COPY, picture)
    district.upload(hallway, picture)
    assert [use.purpose for use in kept(district.services, COPY).tagging.official_uses] == ["discipline"]
    assert district.release_tag(COPY) == "hold"


def test_what_is_no_directory_information_is_none_in_each_copy(district: District) -> None:
    for key in (COPY, FIGHT):
        district.upload(key, body())
        who = ("--person", district.student(INES), "--unidentified", "0", "--directory", "eligible")
        assert call("tag", key, *who, *AS).code == 0
    assert call("tag", FIGHT, "--directory", "not_eligible", *AS).code == 0
    assert kept(district.services, COPY).tagging.directory_status == "not_eligible"


# Who ends an opt-out


@pytest.mark.parametrize(
    ("roster_id", "by", "says"),
    [(SOFIA, "mother", "holds the rights"), (CALEB, "own", "is not 18 yet")],
    ids=["the mother of a grown student", "a minor"],
)
def test_nobody_without_the_rights_ends_an_opt_out(district: District, roster_id: str, by: str, says: str) -> None:
    student = district.student(roster_id)
    with district.services.store.reading() as unit:
        guardian = unit.people.need(student).guardians[0]
    assert call("student", "opt-out", student, *AS).code == 0
    who = student if by == "own" else guardian
    refused = call("student", "opt-in", student, "--by", who, "--why", "a form", *AS)
    assert (refused.code, says in refused.err) == (1, True), refused.text
    right = guardian if by == "own" else student
    assert call("student", "opt-in", student, "--by", right, "--why", "a form", *AS).code == 0


def test_the_ledger_s_details_are_the_custodian_s(district: District) -> None:
    district.upload(FIGHT, body())
    call("share", FIGHT, "--to", "other_school:lincoln-high", "--purpose", "transfer", *AS)
    staff = call("ledger", "show", "--json", "--as", "media_staff:desk")
    assert "lincoln" not in staff.text.casefold()
    assert {*(tuple(each["details"]) for each in staff.objects())} == {("by", "outcome")}
    assert "lincoln" in call("ledger", "show", "--json", *AS).text.casefold()
