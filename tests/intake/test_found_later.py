"""A recording was given out before a look found somebody in it: the custodian has that in the queue, by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from command_line import call
from district import CUSTODIAN, HANNAH, INES, INES_MOTHER, MEDIA_STAFF, NOAH, UNTITLED, District
from made_files import bag, packet, xmp_segment
from queue_cases import ADA
from use_cases import Voice, entries_about, kept, ledger_holds, looked, saw, with_voice

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian.findings import state_finding
from dam_plugin.custodian.work import list_work
from dam_plugin.errors import InputError
from dam_plugin.gate.open_link import open_link
from dam_plugin.intake.keep_look import look_at
from dam_plugin.model import Recipient
from dam_plugin.sharing.finding_kinds import AttorneyAsked, PersonIdentified, Reviewed
from dam_plugin.sharing.share import Answer

AS = ("--as", "custodian:records-office")
COPY = "inbox/a copy of it.jpg"


def body() -> bytes:
    return (sample_folder() / UNTITLED).read_bytes()


def named(*names: str) -> bytes:
    """The same picture, with people's names written into it."""
    persons = packet(bag("Iptc4xmpExt:PersonInImage", names))
    return body()[:2] + xmp_segment(persons) + body()[2:]


@pytest.fixture
def ines(district: District) -> District:
    """A picture that is tagged as Ines alone; Hannah, whose family said no, is in it too."""
    district.upload(UNTITLED, body())
    looked(district, UNTITLED, INES, unidentified=0, directory_status="eligible")
    return district


def given(district: District, key: str = UNTITLED, *, is_opened: bool = True) -> Answer:
    answer = district.share(key)
    assert answer.token
    if is_opened:
        assert open_link(district.services, answer.token).url
    return answer


def found_later(district: District) -> list[tuple[str, str, tuple[str, ...]]]:
    """The work that waits: the share, its recording, whom it showed."""
    work = list_work(district.services)
    return [
        (each.share.id, each.referral.asset_key, each.referral.students)
        for each in work
        if each.referral.kind == "found_later"
    ]


def test_whoever_is_found_in_what_somebody_saw_is_the_custodian_s_work(ines: District) -> None:
    answer, hannah = given(ines), ines.student(HANNAH)
    looked(ines, UNTITLED, INES, HANNAH, unidentified=0)
    assert found_later(ines) == [(answer.share.id, UNTITLED, (hannah,))]
    (work,) = list_work(ines.services)
    assert (work.referral.due - ines.services.now().date()).days in range(1, 5)
    assert "queue" in entries_about(ines.services, hannah)
    assert ledger_holds(ines.services)


def test_it_is_filed_once(ines: District) -> None:
    given(ines)
    looked(ines, UNTITLED, INES, HANNAH, unidentified=0)
    looked(ines, UNTITLED, INES, HANNAH, unidentified=0)
    looked(ines, UNTITLED, INES, HANNAH, unidentified=1)
    assert len(found_later(ines)) == 1


def test_the_custodian_is_told_after_it_is_kept(ines: District) -> None:
    given(ines)
    voice = Voice(notify=True, referral_opened=None)
    listening = with_voice(ines, voice)
    looked(listening, UNTITLED, INES, HANNAH, unidentified=0)
    told = [each for what, each in voice.told if what == "notify"]
    assert [(person, "were found in it later" in text) for person, text in told] == [("custodian", True)]
    assert ines.student(HANNAH) not in str(told)


def test_a_link_that_nobody_opened_is_closed_and_no_work(ines: District) -> None:
    given(ines, is_opened=False)
    looked(ines, UNTITLED, INES, HANNAH, unidentified=0)
    assert found_later(ines) == []


def test_a_link_that_ended_before_the_look_counts_all_the_same(ines: District) -> None:
    answer = given(ines)
    assert answer.link is not None
    assert call("revoke", answer.link.id).code == 0
    looked(ines, UNTITLED, INES, HANNAH, unidentified=0)
    assert len(found_later(ines)) == 1


def test_whom_anybody_may_see_leaves_no_work(ines: District) -> None:
    given(ines)
    looked(ines, UNTITLED, INES, NOAH, unidentified=0)
    assert found_later(ines) == []


def test_what_was_handed_over_by_hand_counts(ines: District) -> None:
    mother, child = ines.guardian(INES_MOTHER), ines.student(INES)
    asked = ines.ask(UNTITLED, Recipient("other_school", "west"), "transfer")
    (referral,) = asked.referrals
    done = call(
        "queue", "disclosed", referral.id, "--to", f"parent:{mother}", "--basis", "EX2", "--students", child, *AS
    )
    assert done.code == 0, done.text
    looked(ines, UNTITLED, INES, HANNAH, unidentified=0)
    assert [students for _, _, students in found_later(ines)] == [(ines.student(HANNAH),)]


def test_a_look_at_one_copy_asks_who_was_given_the_other(ines: District) -> None:
    ines.upload(COPY, body())
    answer = given(ines, COPY)
    looked(ines, UNTITLED, INES, HANNAH, unidentified=0)
    assert found_later(ines) == [(answer.share.id, COPY, (ines.student(HANNAH),))]


def test_what_was_given_before_it_was_moved_is_found_under_its_new_key(ines: District) -> None:
    answer = given(ines)
    ines.services.library.put(COPY, body(), media_type="image/jpeg")
    ines.services.library.delete(UNTITLED)
    assert call("reconcile").code == 0
    looked(ines, COPY, INES, HANNAH, unidentified=0)
    assert found_later(ines) == [(answer.share.id, UNTITLED, (ines.student(HANNAH),))]
    (each,) = [one for one in list_work(ines.services) if one.referral.kind == "found_later"]
    shown = call("queue", "show", each.referral.id, *AS)
    assert shown.code == 0, shown.text
    done = call("queue", "close", each.referral.id, "--why", "the page is down; the family was told", *AS)
    assert done.code == 0, done.text


def test_a_name_written_into_the_picture_afterwards_counts_too(ines: District) -> None:
    answer = given(ines)
    ines.upload(UNTITLED, named("Ines Carvalho", "Hannah Lindqvist"))
    assert ines.student(HANNAH) in kept(ines.services, UNTITLED).tagging.students
    assert found_later(ines) == [(answer.share.id, UNTITLED, (ines.student(HANNAH),))]


def test_another_picture_under_the_same_key_was_given_to_nobody(ines: District) -> None:
    given(ines)
    ines.upload(UNTITLED, (sample_folder() / "portraits/portrait-0417.jpg").read_bytes())
    looked(ines, UNTITLED, HANNAH, unidentified=0)
    assert found_later(ines) == []


def test_a_finding_of_the_custodian_files_it_too(ines: District) -> None:
    given(ines)
    asked = ines.ask(UNTITLED, Recipient("other_school", "west"), "transfer")
    (referral,) = asked.referrals
    found: Any = PersonIdentified(persons=saw(ines, INES, HANNAH).persons, unidentified=0)
    state_finding(ines.services, referral.id, found, CUSTODIAN, ADA)
    assert [students for _, _, students in found_later(ines)] == [(ines.student(HANNAH),)]


def test_no_finding_decides_that_share_again_and_a_word_closes_it(ines: District) -> None:
    given(ines)
    looked(ines, UNTITLED, INES, HANNAH, unidentified=0)
    (work,) = list_work(ines.services)
    for found in (Reviewed(), Reviewed("looked", was_threat=False)):
        with pytest.raises(InputError):
            state_finding(ines.services, work.referral.id, found, CUSTODIAN, ADA)
    asked = state_finding(ines.services, work.referral.id, AttorneyAsked("asked on Monday"), CUSTODIAN, ADA)
    assert asked.answer is None
    refused = call("queue", "finding", work.referral.id, "reviewed", *AS)
    assert (refused.code, "queue close" in refused.err) == (1, True)
    shown = call("queue", "show", work.referral.id, *AS, "--names")
    assert ("Hannah" in shown.text, "given out before" in shown.text) == (True, True), shown.text
    closed = call("queue", "close", work.referral.id, "--why", "called the family, who agreed", *AS)
    assert closed.code == 0, closed.text
    assert found_later(ines) == []


def test_staff_who_look_read_that_it_waits_and_no_name(ines: District) -> None:
    given(ines)
    looked_again = call("tag", UNTITLED, "--person", ines.student(HANNAH), "--unidentified", "0", *AS)
    assert (looked_again.code, "it waits in the queue" in looked_again.text) == (0, True)


def test_media_staff_s_look_files_it(ines: District) -> None:
    given(ines)
    look_at(ines.services, UNTITLED, replace(saw(ines, INES, HANNAH, unidentified=0), by=MEDIA_STAFF))
    assert len(found_later(ines)) == 1


def test_the_report_counts_nobody_who_waits_for_it(ines: District) -> None:
    given(ines)
    looked(ines, UNTITLED, INES, HANNAH, unidentified=0)
    told = call("report", "--json").object()
    assert [(each["kind"], each["open"]) for each in told["waited"]] == [("found_later", 1)]
    assert told["causes"] == []
