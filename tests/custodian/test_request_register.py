"""The register: requests are entered, found, worked on and answered by shares, on each database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from command_line import call
from district import CALEB, CROWD, CUSTODIAN, HALLWAY, MEDIA_STAFF, SCIENCE_LAB, TEAM, District
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from queue_cases import ADA, BEN, SECOND, father, referred
from sqlalchemy import text
from use_cases import Voice, entries, later, ledger_holds, with_voice

from dam_plugin.custodian.forget import forget
from dam_plugin.custodian.request_register import (
    Asked,
    RequestView,
    add_request,
    get_request,
    is_family,
    join_parts,
    list_requests,
    note_happening,
    register_state,
    requests_answered_by,
)
from dam_plugin.custodian.requests import (
    Appealed,
    AppealOver,
    Assigned,
    Calendar,
    Closed,
    Delayed,
    Happening,
    Outcome,
    ReasonsAsked,
    Reopened,
)
from dam_plugin.errors import Held, InputError, LedgerBroken, UnknownThing
from dam_plugin.ledger.student import record_of
from dam_plugin.model import Actor, Recipient, Share
from dam_plugin.services import Services
from dam_plugin.sharing.due_dates import SUNSHINE, due_day
from dam_plugin.sharing.finding_kinds import need_share
from dam_plugin.sharing.held import check_not_held, holdings_on
from dam_plugin.sharing.in_person import HandedOver, Viewing, record_handed_over, show_in_office
from dam_plugin.store import StoredRequest
from dam_plugin.store.requests import Derived, Wanted, folder_of

REPORTER = Recipient("public", "reporter-7")
NAME = "Jo Doe, 1 Elm Street"


def asking(district: District, *recordings: str, **changes: Any) -> StoredRequest:
    received = district.services.now()
    request = StoredRequest("", received, REPORTER, "email", "copy", "news", recordings=recordings, contact=NAME)
    return replace(request, **changes)


def entered(district: District, *recordings: str, **changes: Any) -> str:
    for key in recordings:
        if not key.endswith("/") and "*" not in key:
            district.upload(key)
    return add_request(district.services, asking(district, *recordings, **changes), MEDIA_STAFF, ADA).request.id


def note(district: District, request: str, what: Happening, by: Actor = CUSTODIAN, **more: Any) -> RequestView:
    return note_happening(district.services, request, what, by, ADA, **more)


def close(district: District, request: str, outcome: Outcome, *provisions: str) -> RequestView:
    return note(district, request, Closed(outcome, "as it was", provisions))


def answered(district: District, request: str, key: str, **changes: Any) -> Any:
    return district.ask(key, REPORTER, "news", answers=request, **changes)


def listed(services: Services, **asked: Any) -> list[str]:
    return [each.request.id for each in list_requests(services, Asked(**asked)).requests]


# Entering


def test_a_request_is_numbered_and_its_clock_begins_on_the_day_it_came(on_each_database: District) -> None:
    district = on_each_database
    came = district.services.now() - timedelta(days=1)
    first = entered(district, TEAM, received_at=came)
    second = entered(district, described="the game")
    assert (first, second) == ("RQ-000001", "RQ-000002")
    clock = get_request(district.services, first).status.next
    assert clock is not None
    assert clock.due == due_day(SUNSHINE, came.date(), ())
    assert ledger_holds(district.services)


def test_keys_folders_and_globs_are_told_apart_and_looked_up(district: District) -> None:
    district.upload(TEAM)
    district.upload(CROWD)
    view = add_request(district.services, asking(district, CROWD, "events/athletics/", "events/*/c*"), MEDIA_STAFF, ADA)
    assert view.request.recordings == (CROWD,)
    assert view.request.patterns == ("events/athletics/", "events/*/c*")
    assert [each.key for each in view.recordings] == [CROWD, TEAM]


@pytest.mark.parametrize("unknown", ["no/such.jpg", "no/", "no*"])
def test_a_recording_that_is_not_there_is_told_by_its_number_and_nothing_is_kept(
    district: District, unknown: str
) -> None:
    district.upload(TEAM)
    with pytest.raises(UnknownThing, match="number 2 of the recordings given") as error:
        add_request(district.services, asking(district, TEAM, unknown), MEDIA_STAFF, ADA)
    assert unknown not in str(error.value)
    assert listed(district.services, all=True) == []


def test_an_unknown_student_purpose_or_referral_is_refused(district: District) -> None:
    for changes in ({"students": ("S-000000000000",)}, {"purpose": "no such purpose"}):
        with pytest.raises(InputError):
            add_request(district.services, asking(district, described="it", **changes), MEDIA_STAFF, ADA)
    for part in ("rf-0", "sh-0", "li-0"):
        with pytest.raises(UnknownThing):
            add_request(district.services, asking(district, described="it"), MEDIA_STAFF, ADA, referrals=[part])
    assert listed(district.services, all=True) == []


def test_the_custodian_is_told_and_no_name_is_in_the_ledger_or_the_message(district: District) -> None:
    voice = Voice()
    district.upload(TEAM)
    request = asking(district, TEAM, students=(district.student(CALEB),), described="him in the team")
    add_request(with_voice(district, voice).services, request, MEDIA_STAFF, ADA)
    ((person, message),) = [told for hook, told in voice.told if hook == "notify"]
    assert person == "custodian"
    assert "request show RQ-000001" in message
    ((entry, details),) = entries(district.services, "request")
    assert entry.subject == "RQ-000001"
    assert (details["recipient"], details["due"].keys()) == ({"role": "public", "id": "reporter-7"}, {"answer"})
    for told in (message, str(details)):
        assert not any(each in told for each in ("Doe", "Elm", "Caleb", TEAM))
    assert NAME not in repr(request)


# Working on one


def test_whoever_works_on_it_first_owns_it_and_another_takes_it_over(on_each_database: District) -> None:
    district = on_each_database
    request = entered(district, described="the game")
    assert note(district, request, Appealed("board", "why?")).status.owner == CUSTODIAN.id
    with pytest.raises(InputError, match=f"is {CUSTODIAN.id}'s: ask them, or take it over"):
        note(district, request, Closed("granted", "sent"), SECOND)
    assert note(district, request, Assigned(str(SECOND.id)), SECOND).status.owner == SECOND.id
    shouted = Actor(SECOND.role, str(SECOND.id).upper())
    assert note(district, request, Closed("granted", "sent"), shouted).status.state == "granted"


@pytest.mark.parametrize("by", [MEDIA_STAFF, Actor("custodian"), Actor("custodian", " ")], ids=str)
def test_only_a_custodian_with_a_name_works_on_it(district: District, by: Actor) -> None:
    request = entered(district, described="the game")
    with pytest.raises(InputError, match="add --as custodian:NAME"):
        note(district, request, Closed("granted", "sent"), by)
    with pytest.raises(InputError, match="add --as custodian:NAME"):
        join_parts(district.services, request, ["sh-0"], by, ADA)


def test_of_two_who_close_it_at_once_one_hears_that_it_is_closed(on_each_database: District) -> None:
    district = on_each_database
    request = entered(district, described="the game")

    def closing(_: int) -> str:
        try:
            return close(district, request, "granted").status.state
        except InputError as error:
            return str(error)

    with ThreadPoolExecutor(4) as threads:
        told = sorted(threads.map(closing, range(4)))
    assert told.count("granted") == 1
    assert sum("was closed as 'granted'" in each for each in told) == 3
    assert ledger_holds(district.services)


def test_requests_that_are_entered_at_once_get_numbers_of_their_own(on_each_database: District) -> None:
    with ThreadPoolExecutor(4) as threads:
        ids = list(threads.map(lambda _: entered(on_each_database, described="the game"), range(8)))
    assert len(set(ids)) == 8


def test_each_event_is_in_the_ledger_without_its_texts(district: District) -> None:
    request = entered(district, described="the game")
    now = district.services.now()
    note(district, request, Delayed("Jo is ill", "Jo's office", now + timedelta(days=3)))
    note(district, request, Closed("denied", "Jo says no", ("RSMo 610.021(1)",)))
    note(district, request, ReasonsAsked())
    note(district, request, Appealed("board", "Jo complains"))
    note(district, request, Reopened("Jo won"))
    told = [details for _, details in entries(district.services, "request")]
    assert [each["done"] for each in told] == [
        "received", "assigned", "delayed", "closed", "reasons-asked", "appealed", "reopened",
    ]  # fmt: skip
    assert [each["event"] for each in told] == list(range(1, 8))
    assert "Jo" not in str(told)
    assert told[3]["provisions"] == ["RSMo 610.021(1)"]
    assert [event.kind for event in get_request(district.services, request).events] == [each["done"] for each in told]


def test_the_owner_hears_of_what_begins_a_clock(district: District) -> None:
    voice = Voice()
    request = entered(district, described="the game")
    speaking = with_voice(district, voice)
    note(speaking, request, Assigned("ben"))
    by = Actor("custodian", "ben")
    note(speaking, request, Closed("denied", "no", ("RSMo 610.021(1)",)), by)
    note(speaking, request, ReasonsAsked(), by)
    note(speaking, request, Reopened("again"), by)
    told = [told for hook, told in voice.told if hook == "notify"]
    assert [person for person, _ in told] == ["ben"] * 3
    assert ["is yours" in told[0][1], "written reasons" in told[1][1], "reopened" in told[2][1]] == [True] * 3


def test_a_row_that_was_changed_beside_the_program_is_not_worked_on(district: District) -> None:
    request = entered(district, described="the game")
    with district.services.store.writing() as unit:
        unit._session.execute(text("UPDATE requests SET described = 'another'"))
    with pytest.raises(LedgerBroken):
        get_request(district.services, request)
    assert not ledger_holds(district.services)


def test_an_event_that_was_changed_beside_the_program_is_not_believed(district: District) -> None:
    request = entered(district, described="the game")
    close(district, request, "granted")
    with district.services.store.writing() as unit:
        unit._session.execute(text("DELETE FROM request_events WHERE kind = 'closed'"))
    assert not ledger_holds(district.services)


# What answers it


def test_a_share_joins_its_request_with_the_work_that_it_leaves(on_each_database: District) -> None:
    district = on_each_database
    came = district.services.now() - timedelta(days=2)
    request = entered(district, SCIENCE_LAB, CROWD, received_at=came)
    lab, crowd = (answered(district, request, each) for each in (SCIENCE_LAB, CROWD))
    (work,) = lab.referrals
    view = get_request(district.services, request)
    assert view.status.parts == (lab.share.id, work.id, crowd.share.id)
    assert [(each.answer, each.referral) for each in view.recordings] == [("refer", work.id), ("allow", None)]
    assert requests_answered_by(district.services, work.id) == [request]
    # Its term counts from the day on which the request came.
    assert work.due == due_day(SUNSHINE, came.date(), ()).day


def test_a_share_of_somebody_else_or_of_a_closed_request_is_refused(district: District) -> None:
    request = entered(district, CROWD)
    with pytest.raises(InputError, match="came from somebody else"):
        district.ask(CROWD, Recipient("public", "another"), "news", answers=request)
    with pytest.raises(UnknownThing):
        district.ask(CROWD, REPORTER, "news", answers="RQ-999999")
    close(district, request, "withdrawn")
    with pytest.raises(InputError, match="is closed: reopen it"):
        answered(district, request, CROWD)
    assert get_request(district.services, request).status.parts == ()


def test_a_referral_that_waits_is_joined_and_so_is_the_share_that_decides_it(district: District) -> None:
    referral = referred(district, SCIENCE_LAB, REPORTER)
    request = entered(district, SCIENCE_LAB)
    join_parts(district.services, request, [referral.id], CUSTODIAN, ADA)
    from dam_plugin.custodian.findings import state_finding
    from dam_plugin.sharing.finding_kinds import Classified

    stated = state_finding(district.services, referral.id, Classified("eligible"), CUSTODIAN, ADA)
    assert stated.answer is not None
    view = get_request(district.services, request)
    assert view.status.parts == (referral.share_id, referral.id, stated.answer.share.id)
    assert [each.answer for each in view.recordings] == ["allow"]


def test_an_offer_to_another_family_is_not_the_requests(district: District) -> None:
    district.upload(TEAM)
    asked = asking(
        district, TEAM, recipient=father(district), purpose="inspection", students=(district.student(CALEB),)
    )
    request = add_request(district.services, asked, MEDIA_STAFF, ADA).request
    assert is_family(request)
    answer = district.ask(TEAM, father(district), answers=request.id)
    parts = get_request(district.services, request.id).status.parts
    offers = {each.id for each in answer.referrals if each.kind == "offer"}
    assert not offers & set(parts)


def test_a_request_is_not_closed_while_work_waits_and_a_withdrawal_closes_it(district: District) -> None:
    request = entered(district, SCIENCE_LAB)
    (work,) = answered(district, request, SCIENCE_LAB).referrals
    with pytest.raises(InputError, match=f"{work.id} of {request} waits in the queue"):
        close(district, request, "denied", "RSMo 610.021(14)")
    close(district, request, "withdrawn")
    with district.services.store.reading() as unit:
        closed = unit.referrals.need(work.id)
    assert closed.closing == f"withdrawn with {request}"
    assert ledger_holds(district.services)


def test_work_that_another_request_waits_for_is_not_withdrawn(district: District) -> None:
    first, second = entered(district, SCIENCE_LAB), entered(district, described="the lab")
    (work,) = answered(district, first, SCIENCE_LAB).referrals
    join_parts(district.services, second, [work.id], CUSTODIAN, ADA)
    close(district, first, "withdrawn")
    with district.services.store.reading() as unit:
        assert unit.referrals.need(work.id).is_open


def test_what_the_shares_cite_is_cited_and_what_none_decided_is_the_custodians(district: District) -> None:
    request = entered(district, TEAM, SCIENCE_LAB)
    answered(district, request, TEAM)
    (work,) = answered(district, request, SCIENCE_LAB).referrals
    from dam_plugin.custodian.work import close_referral

    close_referral(district.services, work.id, CUSTODIAN, "cannot be said")
    with pytest.raises(InputError, match="by a provision of law"):
        close(district, request, "partly")
    view = close(district, request, "partly", "RSMo 610.021(1)")
    assert view.status.outcome is not None
    assert view.status.outcome.provisions == ("RSMo 610.021(1)",)
    assert view.exemptions.undecided == 0
    assert [each.withheld for each in view.exemptions.exemptions].count("whole") >= 1


def test_granted_is_not_what_withholds_something_and_no_such_record_has_none(district: District) -> None:
    request = entered(district, TEAM)
    answer = answered(district, request, TEAM)
    assert answer.decision.outcome.word in ("redact", "deny")
    with pytest.raises(InputError, match="close it as 'partly'"):
        close(district, request, "granted")
    with pytest.raises(InputError, match="something was released"):
        close(district, request, "no-such-record")
    view = close(district, request, "partly")
    assert view.status.outcome is not None
    assert view.status.outcome.provisions == view.exemptions.cited
    assert any("RSMo 610.021(14)" in each for each in view.exemptions.cited)


# The exemption log


def test_the_log_says_what_where_and_by_which_provision_and_names_nobody(district: District) -> None:
    request = entered(district, TEAM)
    answer = answered(district, request, TEAM)
    assert answer.release is not None
    (exemption,) = get_request(district.services, request).exemptions.exemptions
    assert (exemption.withheld, exemption.students) == ("parts", len(answer.decision.redact))
    assert exemption.recording == district.services.pseudonyms.outside(TEAM)
    assert exemption.where
    assert all(each.startswith(("a box at", "the picture was cut")) for each in exemption.where)
    assert exemption.citations
    assert all("CFR" in each.provision and "610.021" in each.provision for each in exemption.citations)
    told = str(exemption)
    assert "S-" not in told
    assert TEAM not in told


def test_a_denial_withholds_the_whole_recording(district: District) -> None:
    request = entered(district, HALLWAY)
    answer = answered(district, request, HALLWAY, names=(district.student(CALEB),))
    assert answer.decision.outcome.word == "deny"
    (exemption,) = get_request(district.services, request).exemptions.exemptions
    assert (exemption.withheld, exemption.where) == ("whole", ("the whole recording",))


# The record of each student


@pytest.mark.parametrize(("role", "required"), [("public", True), ("school_official", False)])
def test_a_request_that_names_a_student_is_in_the_students_record(
    district: District, role: str, required: bool
) -> None:
    services, student = district.services, district.student(CALEB)
    request = entered(district, described="it", recipient=Recipient(role, "x"), students=(student,))
    note(district, request, Appealed("board", "why?"))

    def lines() -> list[tuple[Any, ...]]:
        with services.store.reading() as unit:
            record = record_of(unit, services.ledger, student)
        return [(each.what, each.share, each.who, each.interest, each.required) for each in record]

    assert lines() == [("asked", request, f"{role}:x", "news", required)]
    open_one = forget(services, CUSTODIAN, "a court order", student=student)
    assert (open_one.deleted, open_one.in_use) == (0, 3)
    close(district, request, "withdrawn")
    done = forget(services, CUSTODIAN, "a court order", student=student)
    assert (done.deleted, done.required) == ((2, 2) if required else (4, 0))
    assert bool(lines()) == required
    assert ledger_holds(services)


@pytest.mark.parametrize("role", ["court", "law_enforcement"])
def test_a_request_that_may_be_secret_is_in_the_custodians_own_record_alone(district: District, role: str) -> None:
    services, student = district.services, district.student(CALEB)
    request = entered(district, described="it", recipient=Recipient(role, "x"), students=(student,))
    with services.store.reading() as unit:
        assert record_of(unit, services.ledger, student) == []
        assert [each.share for each in record_of(unit, services.ledger, student, secret=True)] == [request]


def test_what_is_seen_in_the_office_answers_a_request(district: District) -> None:
    district.upload(CROWD)
    request = entered(district, CROWD)
    shown = show_in_office(
        district.services, Share("", CROWD, "request", "news", CUSTODIAN, REPORTER, answers=request), Viewing()
    )
    view = get_request(district.services, request)
    assert [each.share for each in view.recordings] == [shown.answer.share.id]
    assert close(district, request, "granted").status.state == "granted"


def test_what_is_handed_to_whoever_asked_answers_the_request_and_to_another_does_not(district: District) -> None:
    request = entered(district, SCIENCE_LAB)
    (work,) = answered(district, request, SCIENCE_LAB).referrals
    call("tag", SCIENCE_LAB, "--directory", "eligible", "--as", "custodian:records-office")
    before = get_request(district.services, request).status.parts
    student = min(district_students(district, SCIENCE_LAB))
    given = []
    for what in (
        HandedOver(Recipient("emergency", "hospital"), "EX9", (student,), threat="an allergy"),
        HandedOver(REPORTER, "EX4", (student,)),
    ):
        with district.services.store.writing() as unit:
            request_again = need_share(unit, work.share_id)
            given.append(record_handed_over(district.services, unit, work, request_again, what).share.id)
    assert get_request(district.services, request).status.parts == (*before, given[1])


def district_students(district: District, key: str) -> frozenset[str]:
    with district.services.store.reading() as unit:
        return unit.assets.need(key).tagging.students


# What it names is not destroyed


@pytest.mark.parametrize("named", [CROWD, "events/", "events/*/c*", "*"])
def test_what_an_open_request_names_is_held_until_it_is_closed(on_each_database: District, named: str) -> None:
    district = on_each_database
    for key in (CROWD, SCIENCE_LAB):
        district.upload(key)
    services = district.services
    request = add_request(services, asking(district, named), MEDIA_STAFF, ADA).request.id

    def holding(key: str) -> list[str]:
        with services.store.reading() as unit:
            return [each.id for each in holdings_on(unit, key, services.now().date())]

    assert holding(CROWD) == [request]
    assert holding(SCIENCE_LAB) == ([request] if named == "*" else [])
    with (
        services.store.reading() as unit,
        pytest.raises(Held, match=f"the request {request} .*`dam-plugin request show"),
    ):
        check_not_held(unit, [CROWD], services.now().date())
    close(district, request, "withdrawn")
    assert holding(CROWD) == []
    note(district, request, Reopened("again"))
    assert holding(CROWD) == [request]


@pytest.mark.parametrize(
    ("pattern", "folder"),
    [("games/", "games/"), ("games/a*.jpg", "games/"), ("*/a.jpg", ""), ("a?", ""), ("a/b[cd]/e", "a/")],
)
def test_the_storage_locks_below_the_folder_that_holds_all_that_a_glob_names(pattern: str, folder: str) -> None:
    assert folder_of(pattern) == folder


def test_the_locks_of_what_a_request_names_are_seen_to_when_it_comes_and_when_it_ends(district: District) -> None:
    def work() -> set[tuple[str, bool]]:
        with district.services.store.writing() as unit:
            places = set(unit.holds.work_places())
            while unit.holds.work() is not None:
                unit.holds.drop_work()
        return places

    district.upload(CROWD)
    work()
    request = add_request(district.services, asking(district, CROWD, "events/*/c*"), MEDIA_STAFF, ADA).request.id
    assert work() == {(CROWD, False), ("events/", True)}
    note(district, request, Appealed("board", "why?"))
    assert work() == set()
    close(district, request, "withdrawn")
    assert work() == set()
    note(district, request, AppealOver("withdrawn, too"))
    assert work() == set()
    note_happening(district.services, request, AppealOver("withdrawn, too"), SECOND, BEN)
    assert work() == {(CROWD, False), ("events/", True)}


# The list


@pytest.fixture
def register(on_each_database: District) -> District:
    """Requests of families and others over two months, some delayed, some closed."""
    district = on_each_database
    now = district.services.now()
    for number in range(12):
        recipient = father(district) if number % 3 == 0 else REPORTER
        came = now - timedelta(days=number * 5)
        request = entered(
            district,
            described="it",
            recipient=recipient,
            received_at=came,
            meeting=now.date() + timedelta(days=number) if number == 9 else None,
        )
        if number in (1, 5):
            by = Actor("custodian", "owner-1")
            earliest = now + timedelta(days=number)
            note(district, request, Delayed("why", "where", earliest, late=True), by)
        if number % 4 == 3:
            note(district, request, Closed("denied", "no", ("RSMo 610.021(1)",)), Actor("custodian", "owner-0"))
        if number == 7:
            note(district, request, ReasonsAsked(), Actor("custodian", "owner-0"))
    return district


def test_the_list_has_what_ends_next_first_and_then_what_rests(register: District) -> None:
    page = list_requests(register.services, Asked(all=True))
    assert page.after is None
    running = [each for each in page.requests if each.status.next]
    dues = [each.status.next.due.day for each in running if each.status.next]
    assert dues == sorted(dues)
    resting = page.requests[len(running) :]
    assert all(each.status.next is None for each in resting)
    received = [each.request.received_at for each in resting]
    assert received == sorted(received, reverse=True)
    assert len(page.requests) == 12
    assert listed(register.services) == [each.request.id for each in running]


WAYS: list[dict[str, Any]] = [
    {},
    {"all": True},
    {"overdue": True},
    {"wanted": Wanted(owner="owner-0"), "all": True},
    {"wanted": Wanted(states=frozenset({"open"}))},
    {"wanted": Wanted(role="parent")},
]


def pages(services: Services, limit: int, **asked: Any) -> list[str]:
    found: list[str] = []
    after: str | None = None
    while True:
        page = list_requests(services, Asked(**asked, limit=limit, after=after))
        assert len(page.requests) <= limit
        found += [each.request.id for each in page.requests]
        after = page.after
        if after is None:
            return found


def test_pages_follow_each_other_without_gap_or_repetition(register: District) -> None:
    for asked in WAYS:
        whole = listed(register.services, **asked)
        assert len(set(whole)) == len(whole) >= 2
        for limit in (1, 2, 3, 5):
            assert pages(register.services, limit, **asked) == whole


def test_the_filters_leave_what_fits(register: District) -> None:
    services = register.services
    page = list_requests(services, Asked(all=True)).requests
    assert set(listed(services, overdue=True)) == {each.request.id for each in page if each.is_overdue}
    assert register_state(services).overdue == sum(each.is_overdue for each in page)
    assert register_state(services).running == len(listed(services))
    assert set(listed(services, all=True, wanted=Wanted(role="parent"))) == {
        each.request.id for each in page if each.request.recipient.role == "parent"
    }
    assert set(listed(services, all=True, wanted=Wanted(states=frozenset({"denied"})))) == {
        each.request.id for each in page if each.status.state == "denied"
    }
    student = register.student(CALEB)
    about = entered(register, described="it", students=(student,))
    assert listed(services, wanted=Wanted(student=student)) == [about]
    assert listed(services, wanted=Wanted(student="S-%")) == []


def test_a_page_that_cannot_be_is_refused(district: District) -> None:
    for limit in (0, -1, 1001):
        with pytest.raises(InputError, match="a page has 1 to"):
            list_requests(district.services, Asked(limit=limit))
    with pytest.raises(UnknownThing):
        list_requests(district.services, Asked(after="RQ-000009"))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_whatever_the_holidays_the_list_is_in_the_order_of_the_days(district: District, data: st.DataObject) -> None:
    start = date(2026, 1, 1)
    days = st.integers(0, 60).map(lambda number: start + timedelta(days=number))
    holidays = data.draw(st.frozensets(days, max_size=25))
    starts = data.draw(
        st.lists(st.dictionaries(st.sampled_from(["answer", "inspection", "meeting"]), days, min_size=1), max_size=8)
    )
    services = district.services
    policy = services.settings.district.model_copy(update={"holidays": tuple(holidays)})
    services = replace(services, settings=services.settings.model_copy(update={"district": policy}))
    with services.store.writing() as unit, unit.rehearsal():
        from dam_plugin.custodian.request_register import _Finding

        rows = []
        for number, clocks in enumerate(starts):
            request = replace(asking(district, described="it"), id=f"RQ-1{number:05}")
            rows.append((request, Derived("open", None, clocks)))
        unit.requests.add_all(rows)
        calendar = Calendar(None, holidays)
        finding = _Finding(unit, calendar, start, Asked(limit=3), None)
        found = [finding._place_of(each) for each in finding.ids()]
        unit.seals._touched.clear()
    assert len(found) == len(starts)
    assert all(found)
    assert found == sorted(found)  # type: ignore[type-var]


def test_a_request_is_overdue_when_its_day_has_passed(district: District) -> None:
    request = entered(district, described="it")
    clock = get_request(district.services, request).status.next
    assert clock is not None
    days = (clock.due.day - district.services.now().date()).days
    assert listed(later(district.services, days=days), overdue=True) == []
    assert listed(later(district.services, days=days + 1), overdue=True) == [request]
    assert register_state(later(district.services, days=days + 1)).overdue == 1
