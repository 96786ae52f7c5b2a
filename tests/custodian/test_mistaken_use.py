"""An official use that was entered by mistake: two people end it, and nothing brings it back; a use that was right sticks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from district import CUSTODIAN, GRADUATION, HALLWAY, MEDIA_STAFF, NOAH, PRIYA, TEAM, District
from queue_cases import ADA, BEN, SECOND
from use_cases import kept, ledger_holds, looked

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian.closures import Said, say_of_recording
from dam_plugin.errors import InputError
from dam_plugin.intake.events import tag_again
from dam_plugin.intake.keep_look import look_at
from dam_plugin.model import Actor, Look, OfficialUse, Outcome, Recipient
from dam_plugin.sharing.finding_kinds import UseMistaken
from dam_plugin.store import SystemUser

WHY = "the report names another student"


def said(district: District, use: str, user: SystemUser = ADA, by: Actor = CUSTODIAN, key: str = GRADUATION) -> Said:
    return say_of_recording(district.services, key, UseMistaken(use, WHY), by, user)


def by_two(district: District, use: str, key: str = GRADUATION) -> Said:
    said(district, use, key=key)
    return said(district, use, BEN, SECOND, key)


def uses(district: District, key: str = GRADUATION) -> set[tuple[str, ...]]:
    return {(use.purpose, *use.students) for use in kept(district.services, key).tagging.official_uses}


def used(district: District, *students: str, key: str = GRADUATION) -> None:
    looked(district, key, official_uses=(OfficialUse("discipline", students),))


def outcome(district: District, key: str = GRADUATION) -> Outcome:
    return district.ask(key, Recipient("public", "reporter-1"), "news").decision.outcome


@pytest.fixture
def noah(district: District) -> str:
    district.upload(GRADUATION)
    assert outcome(district) is Outcome.ALLOW
    return district.student(NOAH)


def test_two_people_end_it_and_the_recording_is_what_it_was_before(district: District, noah: str) -> None:
    used(district, noah)
    assert outcome(district) is not Outcome.ALLOW
    assert said(district, f"discipline:{noah}").waits
    assert uses(district) == {("discipline", noah)}
    assert outcome(district) is not Outcome.ALLOW
    assert not said(district, f"discipline:{noah}", BEN, SECOND).waits
    assert uses(district) == set()
    assert outcome(district) is Outcome.ALLOW
    assert district.release_tag(GRADUATION) == "staff"
    assert ledger_holds(district.services)


def test_one_person_is_not_two(district: District, noah: str) -> None:
    used(district, noah)
    said(district, f"discipline:{noah}")
    with pytest.raises(InputError, match="two people"):
        said(district, f"discipline:{noah}", ADA, SECOND)
    with pytest.raises(InputError, match="only the records custodian"):
        said(district, f"discipline:{noah}", BEN, MEDIA_STAFF)
    assert uses(district) == {("discipline", noah)}


def test_the_right_student_s_use_and_that_of_nobody_in_particular_stay(district: District, noah: str) -> None:
    priya = district.student(PRIYA)
    used(district, noah)
    used(district, priya)
    used(district)
    by_two(district, f"discipline:{noah}")
    assert uses(district) == {("discipline", priya), ("discipline",)}
    by_two(district, "discipline")
    assert uses(district) == {("discipline", priya)}


def test_of_two_students_one_is_taken_out(district: District, noah: str) -> None:
    priya = district.student(PRIYA)
    used(district, noah, priya)
    by_two(district, f"discipline:{noah}")
    assert uses(district) == {("discipline", priya)}


@pytest.mark.parametrize("use", ["discipline", "victim", "discipline:S-ANOTHER"])
def test_what_is_not_there_cannot_be_a_mistake(district: District, noah: str, use: str) -> None:
    used(district, noah)
    with pytest.raises(InputError, match=f"it has discipline:{noah}"):
        said(district, use)


def test_it_comes_back_by_no_tagging_no_copy_and_no_new_version(district: District, noah: str) -> None:
    copy = "events/graduation/again.jpg"
    used(district, noah)
    district.upload(copy, (sample_folder() / GRADUATION).read_bytes())
    assert uses(district, copy) == {("discipline", noah)}
    by_two(district, f"discipline:{noah}")
    assert uses(district, copy) == set()
    for key in (GRADUATION, copy):
        tag_again(district.services, key)
        assert uses(district, key) == set()
    district.upload(GRADUATION, (sample_folder() / TEAM).read_bytes())
    assert uses(district) == set()
    used(district, noah)
    assert uses(district) == {("discipline", noah)}


def test_a_use_that_a_rule_sets_is_ended_in_the_same_way(district: District) -> None:
    district.upload(HALLWAY)
    (use,) = uses(district, HALLWAY)
    by_two(district, ":".join(use), HALLWAY)
    assert uses(district, HALLWAY) == set()
    tag_again(district.services, HALLWAY)
    assert uses(district, HALLWAY) == set()


def test_no_look_of_a_person_says_it(district: District, noah: str) -> None:
    used(district, noah)
    look = Look(district.services.now(), CUSTODIAN, mistaken_uses=(OfficialUse("discipline", (noah,)),))
    for each in (look, replace(look, approved=True)):
        with pytest.raises(InputError):
            look_at(district.services, GRADUATION, each)
    assert uses(district) == {("discipline", noah)}
