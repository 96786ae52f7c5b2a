"""The queue as work: what waits, what is overdue, whose it is, and that it is done."""

from __future__ import annotations

import pytest
from district import CUSTODIAN, HALLWAY, MEDIA_STAFF, SCIENCE_LAB, District
from queue_cases import ADA, BEN, COURT, SECOND, at_once, emergency, father, found, hallway, lab, now, referred
from use_cases import Voice, entries, later, ledger_holds, with_voice

from dam_plugin.custodian import work
from dam_plugin.custodian.findings import note_releaser, state_finding
from dam_plugin.errors import InputError, UnknownThing
from dam_plugin.model import Actor, Recipient, Referral
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import MeaningFound, Reviewed
from dam_plugin.sharing.in_person import HandedOver
from dam_plugin.store import SystemUser


def test_what_waits_is_listed_soonest_due_first(district: District) -> None:
    inspection = referred(district, SCIENCE_LAB, father(district))
    request = hallway(district)
    review = emergency(district)
    listed = work.list_work(district.services)
    assert [each.referral.id for each in listed] == [review, request.id, inspection.id]
    assert [each.is_overdue for each in listed] == [False] * 3


def test_what_should_have_been_answered_is_overdue_the_day_after_it_was_due(district: District) -> None:
    referral = lab(district)
    days = (referral.due - district.services.now().date()).days
    assert work.list_work(later(district.services, days=days), overdue=True) == []
    (late,) = work.list_work(later(district.services, days=days + 1), overdue=True)
    assert late.is_overdue
    work.close_referral(district.services, referral.id, CUSTODIAN, "withdrawn")
    assert work.list_work(later(district.services, days=days + 1), overdue=True, closed_too=True) == []


def test_what_is_closed_is_listed_when_all_is(district: District) -> None:
    referral = lab(district)
    work.close_referral(district.services, referral.id, CUSTODIAN, "withdrawn")
    assert work.list_work(district.services) == []
    assert [each.referral.closing for each in work.list_work(district.services, closed_too=True)] == ["withdrawn"]


def test_who_is_given_work_is_told_of_it_without_the_recordings_name(district: District) -> None:
    voice = Voice(notify=True)
    referral = hallway(district)
    given = work.assign_referral(with_voice(district, voice).services, referral.id, " ms-lopez ", CUSTODIAN)
    assert given.owner == "ms-lopez"
    ((person, message),) = [told for hook, told in voice.told if hook == "notify"]
    assert person == "ms-lopez"
    assert f"queue show {referral.id}" in message
    assert HALLWAY not in message
    assert [each.referral.id for each in work.list_work(district.services, owner="ms-lopez")] == [referral.id]
    assert work.list_work(district.services, owner="mr-smith") == []


@pytest.mark.parametrize("owner", ["", " ", "two\nlines", "x" * 201], ids=["empty", "blank", "two lines", "too long"])
def test_an_owner_is_one_line(district: District, owner: str) -> None:
    referral = lab(district)
    with pytest.raises(InputError, match="an owner is"):
        work.assign_referral(district.services, referral.id, owner, CUSTODIAN)


def test_only_the_custodian_or_a_designee_gives_and_closes(district: District) -> None:
    referral = lab(district)
    with pytest.raises(InputError, match="only the custodian"):
        work.assign_referral(district.services, referral.id, "ms-lopez", MEDIA_STAFF)
    with pytest.raises(InputError, match="only the custodian"):
        work.close_referral(district.services, referral.id, MEDIA_STAFF, "done")
    assert work.close_referral(district.services, referral.id, SECOND, "done").referral.closed_by == SECOND.id


def test_closing_says_how_and_happens_once(district: District) -> None:
    referral = lab(district)
    with pytest.raises(InputError, match="say how"):
        work.close_referral(district.services, referral.id, CUSTODIAN, " ")
    assert now(district.services, referral).is_open
    work.close_referral(district.services, referral.id, CUSTODIAN, "the journalist withdrew")
    for again in (
        lambda: work.close_referral(district.services, referral.id, CUSTODIAN, "twice"),
        lambda: work.assign_referral(district.services, referral.id, "ms-lopez", CUSTODIAN),
    ):
        with pytest.raises(InputError, match="this referral is closed"):
            again()
    with pytest.raises(UnknownThing):
        work.close_referral(district.services, "rf-none", CUSTODIAN, "done")


def test_an_emergency_is_closed_by_what_was_found(district: District) -> None:
    voice = Voice()
    review = emergency(district)
    closed = work.close_referral(
        with_voice(district, voice).services, review, SECOND, "the child was found", BEN
    ).referral
    assert closed.closing == "reviewed: the child was found"
    assert [(person, review in message, "child" in message) for hook, (person, message) in voice.told] == [
        ("custodian", True, False)
    ]


@pytest.mark.parametrize(
    ("by", "user"),
    [
        (CUSTODIAN, BEN),
        (Actor("designee", "Records-Office "), BEN),
        (SECOND, SystemUser("1009", "records-office")),
        (SECOND, SystemUser("RECORDS-OFFICE", "b")),
    ],
    ids=str,
)
def test_whoever_released_a_recording_in_an_emergency_does_not_review_it(
    district: District, by: Actor, user: SystemUser
) -> None:
    review = emergency(district)
    with pytest.raises(InputError, match="somebody else has to"):
        work.close_referral(district.services, review, by, "it was one", user)
    with pytest.raises(InputError, match="somebody else has to"):
        state_finding(district.services, review, Reviewed("it was one"), by, user)
    assert (
        state_finding(district.services, review, Reviewed("it was one"), SECOND, BEN).referral.closing
        == "reviewed: it was one"
    )


def test_whoever_released_it_at_the_command_line_does_not_review_it_under_another_name(district: District) -> None:
    review = emergency(district)
    with district.services.store.reading() as unit:
        referral = unit.referrals.need(review)
    note_releaser(district.services, referral, CUSTODIAN, ADA)
    with pytest.raises(
        InputError, match=r"'ada' released .* somebody else has to: another user of the operating system"
    ):
        work.close_referral(district.services, review, Actor("designee", "nobody else"), "it was one", ADA)
    assert (
        work.close_referral(district.services, review, SECOND, "it was one", BEN).referral.closing
        == "reviewed: it was one"
    )


def test_every_change_stands_in_the_ledger(district: District) -> None:
    referral = lab(district)
    work.assign_referral(district.services, referral.id, "ms-lopez", CUSTODIAN)
    work.close_referral(district.services, referral.id, CUSTODIAN, "withdrawn")
    done = [told["done"] for entry, told in entries(district.services, "queue") if entry.subject == referral.id]
    assert done == ["opened", "assigned", "closed"]
    assert ledger_holds(district.services)


def test_one_referral_is_shown_with_its_findings(district: District) -> None:
    referral = hallway(district)
    stated = found(district, referral, MeaningFound("preserved"))
    shown = work.get_work(district.services, referral.id)
    assert (shown.on_file, list(shown.compared)) == ({}, [stated.finding.id])
    assert (shown.referral, shown.findings, shown.pending) == (referral, (stated.finding,), (stated.finding,))
    with pytest.raises(UnknownThing):
        work.get_work(district.services, "rf-none")


def test_the_state_of_the_queue_says_whether_anybody_is_told(district: District) -> None:
    assert work.queue_state(district.services) == work.QueueState(0, 0, 0, 0, somebody_is_told=False)
    found(district, hallway(district), MeaningFound("preserved"))
    referred(district, HALLWAY, COURT)
    emergency(district)
    told = with_voice(district, Voice(notify=True)).services
    assert work.queue_state(told) == work.QueueState(3, 0, 1, 1, somebody_is_told=True)
    assert work.queue_state(later(told, days=30)).overdue == 3


# What is handed over by hand, and two custodians at once


def handed(referral: Referral, services: Services) -> HandedOver:
    with services.store.reading() as unit:
        stored = unit.assets.need(referral.asset_key)
    return HandedOver(
        Recipient("emergency", "hospital"), "EX9", tuple(sorted(stored.tagging.students)), threat="an allergy"
    )


def test_of_two_custodians_at_once_one_closes_it_and_one_disclosure_is_on_record(on_each_database: District) -> None:
    services = on_each_database.services
    referral = lab(on_each_database)
    given = handed(referral, services)
    ended = at_once(
        *(
            lambda by=by: work.close_referral(services, referral.id, by, "done", given=given)
            for by in (CUSTODIAN, SECOND)
        )
    )
    (refused,) = [each for each in ended if isinstance(each, InputError)]
    assert "closed already" in str(refused)
    assert len(entries(services, "share")) == 2
    assert not now(services, referral).is_open
    assert ledger_holds(services)
