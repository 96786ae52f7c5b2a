"""A recording as the custodian finds it: closed and reopened, beyond redaction, somebody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from clock import TODAY
from databases import run_sql
from district import CUSTODIAN, GRADUATION, HALLWAY, MEDIA_STAFF, SOFIA, TEAM, District
from queue_cases import ADA, BEN, CARA, SECOND, approved, found, now, referred
from use_cases import kept, later, ledger_holds, looked

from dam_plugin.admin.pending_work import do_pending_work, has_pending_work
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian import choices
from dam_plugin.custodian.closures import Said, say_of_recording
from dam_plugin.errors import InputError
from dam_plugin.intake.keep_look import look_at
from dam_plugin.model import Actor, Consent, Look, OptOut, Outcome, Recipient
from dam_plugin.procedure.redisclosure import FAMILY_NOTICE
from dam_plugin.sharing.closed_records import SUBDIVISIONS, subdivision
from dam_plugin.sharing.finding_kinds import (
    Closed,
    Confidential,
    CrowdDecided,
    MeansFound,
    NotOurs,
    Ours,
    Reopened,
    Reviewed,
)
from dam_plugin.store import SystemUser

CAMERAS = Closed("610.021(19)", "it shows where the cameras are")
BOOSTERS = NotOurs("a parent", "the booster club", "it is on its way to their album", not_for_us=True)


def said(district: District, found: Any, user: SystemUser = ADA, by: Actor = CUSTODIAN, key: str = GRADUATION) -> Said:
    return say_of_recording(district.services, key, found, by, user)


def outcome(district: District, key: str = GRADUATION) -> Outcome:
    return district.ask(key, Recipient("public", "reporter-1"), "news").decision.outcome


@pytest.fixture
def graduation(district: District) -> District:
    district.upload(GRADUATION)
    assert outcome(district) is Outcome.ALLOW
    return district


# Closures that end on a day


def test_the_day_after_its_last_day_staff_read_a_recording_again_without_a_person(graduation: District) -> None:
    said(graduation, replace(CAMERAS, until=TODAY))
    assert do_pending_work(graduation.services) == 0
    assert (graduation.release_tag(GRADUATION), kept(graduation.services, GRADUATION).release_tag) == ("hold", "hold")
    tomorrow = later(graduation.services, days=1)
    assert has_pending_work(tomorrow)
    assert do_pending_work(tomorrow) == 0
    assert (graduation.release_tag(GRADUATION), kept(graduation.services, GRADUATION).release_tag) == ("staff", "staff")
    assert not has_pending_work(tomorrow)


def test_a_recording_stays_on_hold_until_its_last_closure_ends(graduation: District) -> None:
    said(graduation, replace(CAMERAS, until=TODAY))
    said(graduation, Confidential("RSMo 210.150", "a child's case", until=TODAY + timedelta(days=1)))
    for days, tag in ((1, "hold"), (2, "staff")):
        assert do_pending_work(later(graduation.services, days=days)) == 0
        assert graduation.release_tag(GRADUATION) == tag


def test_tags_that_were_changed_beside_the_program_open_nothing(graduation: District) -> None:
    said(graduation, replace(CAMERAS, until=TODAY))
    yesterday = TODAY - timedelta(days=1)
    run_sql(
        graduation.services.store,
        f"UPDATE assets SET tagging = replace(tagging, '{TODAY}', '{yesterday}')",  # noqa: S608 - days
        f"UPDATE closure_ends SET day = '{yesterday}'",  # noqa: S608 - a day
    )
    assert do_pending_work(graduation.services) == 0
    assert graduation.release_tag(GRADUATION) == "hold"
    assert not has_pending_work(graduation.services)


# The subdivisions


@pytest.mark.parametrize(
    "text", ["610.021(18)", "RSMo 610.021(18)", "RSMo 610.021 (18)", "610.021.1(18)", " 610.021(18)(b)"]
)
def test_a_subdivision_is_read_as_it_is_cited(text: str) -> None:
    assert subdivision(text) == f"RSMo 610.021(18), {SUBDIVISIONS[18]}"


@pytest.mark.parametrize("text", ["610.021(0)", "610.021(29)", "610.021(18", "610.022(18)", "18", "", "security"])
def test_no_record_is_closed_by_a_subdivision_that_is_not_there(text: str) -> None:
    with pytest.raises(InputError, match=r"they are 610\.021\(1\) to 610\.021\(28\)"):
        subdivision(text)


def test_the_table_holds_each_subdivision_once() -> None:
    assert list(SUBDIVISIONS) == list(range(1, 29))
    assert len(set(SUBDIVISIONS.values())) == 28


# Closed, and reopened


def test_a_closed_recording_is_released_to_nobody_and_its_links_close(graduation: District) -> None:
    link = graduation.ask(GRADUATION, Recipient("public", "reporter-1"), "news").link
    done = said(graduation, CAMERAS)
    assert link is not None
    assert link.id in [each.id for each in done.closed]
    answer = graduation.ask(GRADUATION, Recipient("public", "reporter-1"), "news")
    assert answer.decision.outcome is Outcome.DENY
    assert "610.021(19)" in answer.decision.reasons[0].text
    assert graduation.release_tag(GRADUATION) == "hold"


def test_a_closure_ends_on_its_day(graduation: District) -> None:
    said(graduation, replace(CAMERAS, until=TODAY))
    assert outcome(graduation) is Outcome.DENY
    tomorrow = replace(graduation, services=later(graduation.services, days=1))
    assert outcome(tomorrow) is Outcome.ALLOW


def test_what_closes_it_for_another_reason_stays_beside_a_closure_that_ends(graduation: District) -> None:
    looked(graduation, GRADUATION, closed="by the rule for graduations")
    said(graduation, replace(CAMERAS, until=TODAY))
    tomorrow = replace(graduation, services=later(graduation.services, days=1))
    answer = tomorrow.ask(GRADUATION, Recipient("public", "reporter-1"), "news")
    assert (answer.decision.outcome, "610.021" in answer.decision.reasons[0].text) == (Outcome.DENY, False)


def test_another_law_makes_it_confidential(graduation: District) -> None:
    said(graduation, Confidential("RSMo 210.150", "a report of abuse"))
    answer = graduation.ask(GRADUATION, Recipient("public", "reporter-1"), "news")
    assert answer.decision.reasons[0].clause == "CONFIDENTIAL"
    said(graduation, Reopened("the report was unfounded", "confidential"))
    said(graduation, Reopened("the report was unfounded", "confidential"), BEN, SECOND)
    assert outcome(graduation) is Outcome.ALLOW


@pytest.mark.parametrize("closing", ["the custodian", "a look", "a rule"])
def test_two_people_reopen_whatever_closed_it(graduation: District, closing: str) -> None:
    if closing == "the custodian":
        said(graduation, CAMERAS)
    elif closing == "a look":
        looked(graduation, GRADUATION, closed="athletics")
    else:
        by_rule(graduation, "athletics")
    assert outcome(graduation) is Outcome.DENY
    assert said(graduation, Reopened("the reason is gone")).waits
    assert outcome(graduation) is Outcome.DENY
    for by, user in ((CUSTODIAN, BEN), (SECOND, ADA)):
        with pytest.raises(InputError, match="takes two people"):
            said(graduation, Reopened("the reason is gone"), user, by)
    assert not said(graduation, Reopened("the reason is gone"), BEN, SECOND).waits
    assert outcome(graduation) is Outcome.ALLOW
    assert graduation.release_tag(GRADUATION) == "staff"
    assert ledger_holds(graduation.services)


def by_rule(district: District, why: str) -> None:
    """What a rule says of a recording, as the machine's own tags have it."""
    stored = kept(district.services, GRADUATION)
    machine = replace(stored.machine, closed=why)
    with district.services.store.writing() as unit:
        unit.assets.save(replace(stored, machine=machine, tagging=machine))


def test_a_new_reason_closes_it_again_after_it_was_reopened(graduation: District) -> None:
    said(graduation, CAMERAS)
    for user, by in ((ADA, CUSTODIAN), (BEN, SECOND)):
        said(graduation, Reopened("the reason is gone"), user, by)
    looked(graduation, GRADUATION, closed="athletics")
    assert outcome(graduation) is Outcome.DENY


def test_what_two_people_said_before_is_no_first_word_for_a_third(graduation: District) -> None:
    looked(graduation, GRADUATION, closed="athletics")
    for user, by in ((ADA, CUSTODIAN), (BEN, SECOND)):
        said(graduation, Reopened("the reason is gone"), user, by)
    looked(graduation, GRADUATION, closed="athletics")
    assert outcome(graduation) is Outcome.DENY
    assert said(graduation, Reopened("the reason is gone"), CARA, Actor("designee", "clerk")).waits
    assert outcome(graduation) is Outcome.DENY


def test_a_first_word_counts_no_more_once_something_else_was_said(graduation: District) -> None:
    said(graduation, CAMERAS)
    said(graduation, Reopened("the reason is gone"))
    said(graduation, replace(CAMERAS, why="they hang there again"))
    assert said(graduation, Reopened("the reason is gone"), BEN, SECOND).waits
    assert outcome(graduation) is Outcome.DENY


def test_a_finding_reopens_it_by_two_people_on_any_recording(graduation: District) -> None:
    said(graduation, CAMERAS)
    looked(graduation, GRADUATION, directory_status="undetermined")
    consents(graduation)
    referral = referred(graduation, GRADUATION, Recipient("public", "reporter-1"))
    assert "CLOSED-CONSENT" in referral.missing
    stated = found(graduation, referral, Reopened("the cameras are gone"))
    assert stated.finding.state == "pending"
    done = approved(graduation, stated)
    assert done.answer is not None
    assert done.answer.decision.outcome is Outcome.ALLOW


def consents(district: District) -> None:
    with district.services.store.reading() as unit:
        students = unit.people.students_of(kept(district.services, GRADUATION).tagging.students)
    for record in students.values():
        signer = record.id if record.id == district.student(SOFIA) else record.guardians[0]
        consent = Consent(record.id, signer, TODAY, "ink", purpose="news", parties=("public",))
        choices.add_consent(district.services, consent, "on paper", CUSTODIAN)


WRONG = [
    (replace(CAMERAS, subdivision="610.021(99)"), "is no subdivision"),
    (replace(CAMERAS, why=" "), "say why it is closed"),
    (replace(CAMERAS, until=TODAY - timedelta(days=1)), "has passed"),
    (Confidential(" ", "why"), "name the law"),
    (Reopened("why"), "is not closed"),
    (Reopened("why", "confidential"), "is not confidential"),
    (Reopened(" "), "say why it is open again"),
    (replace(BOOSTERS, not_for_us=False), "is ours, such as a bus contractor's"),
    (replace(BOOSTERS, kept_by=""), "say who keeps it"),
]


@pytest.mark.parametrize(("what", "told"), WRONG, ids=[told for _, told in WRONG])
def test_what_cannot_be_so_is_refused_with_its_remedy(graduation: District, what: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        said(graduation, what)


def test_media_staff_say_nothing_of_this(graduation: District) -> None:
    with pytest.raises(InputError, match="add --as custodian:NAME"):
        said(graduation, CAMERAS, by=MEDIA_STAFF)


# Somebody else's


def test_two_people_say_that_it_is_not_ours_and_one_takes_it_back(graduation: District) -> None:
    said(graduation, CAMERAS)
    assert said(graduation, BOOSTERS).waits
    assert outcome(graduation) is Outcome.DENY
    said(graduation, BOOSTERS, BEN, SECOND)
    answer = graduation.ask(GRADUATION, Recipient("public", "reporter-1"), "news")
    assert answer.decision.reasons[0].clause == "SCOPE"
    taken_back = said(graduation, Ours("our library keeps it"))
    assert answer.link is not None
    assert answer.link.id in [each.id for each in taken_back.closed]
    assert outcome(graduation) is Outcome.DENY


def test_a_finding_that_it_is_not_ours_takes_two_people(graduation: District) -> None:
    looked(graduation, GRADUATION, directory_status="undetermined")
    stated = found(graduation, referred(graduation, GRADUATION), BOOSTERS)
    assert stated.finding.state == "pending"
    done = approved(graduation, stated)
    assert done.answer is not None
    assert done.answer.decision.reasons[0].clause == "SCOPE"


# What cannot be redacted


def test_a_recording_that_cannot_be_redacted_goes_to_each_family_once_inspection_was_offered(
    district: District,
) -> None:
    district.upload(TEAM)
    looked(district, TEAM, directory_status="not_eligible")
    mother = Recipient("parent", guardian_in(district, TEAM))
    assert district.ask(TEAM, mother).decision.outcome is Outcome.REDACT
    referral = referred(district, TEAM)
    with pytest.raises(InputError, match="offer the family first to see it in the office"):
        found(district, referral, MeansFound("none", "no tool opens it"))
    found(district, referral, MeansFound("none", "no tool opens it", "telephone, 5 October"))
    answer = district.ask(TEAM, mother)
    assert (answer.decision.outcome, answer.decision.reasons[0].clause) == (Outcome.ALLOW, "EX2-MULTI")
    assert (answer.notice or "").startswith(FAMILY_NOTICE)
    assert [each.kind for each in answer.referrals] == ["offer", "offer"]
    found(district, referred(district, TEAM, actor=MEDIA_STAFF), MeansFound("available", "the new tool opens it"))
    assert district.ask(TEAM, mother).decision.outcome is Outcome.REDACT


def guardian_in(district: District, key: str) -> str:
    with district.services.store.reading() as unit:
        first = kept(district.services, key).tagging.appearances[0].student
        return unit.people.need(first).guardians[0]


def test_on_a_discipline_recording_it_takes_two_to_find_that_it_cannot_be_redacted(district: District) -> None:
    stated = found(district, referred(district, HALLWAY), MeansFound("none", "no tool", "by letter"))
    assert stated.finding.state == "pending"
    assert not kept(district.services, HALLWAY).tagging.cannot_be_redacted
    approved(district, stated)
    assert kept(district.services, HALLWAY).tagging.cannot_be_redacted


@pytest.mark.parametrize(
    "more",
    [{"cannot_be_redacted": True}, {"maintained_by": "other"}, {"reopened": ()}],
    ids=lambda each: next(iter(each)),
)
def test_a_look_takes_none_of_this(graduation: District, more: dict[str, Any]) -> None:
    closures = said(graduation, CAMERAS).stored.tagging.closures
    more = {"reopened": closures} if "reopened" in more else more
    look = Look(at=graduation.services.now(), by=CUSTODIAN, **more)
    with pytest.raises(InputError, match="dam-plugin"):
        look_at(graduation.services, GRADUATION, look)


# Asked for by name in a crowd


def in_a_crowd(district: District) -> Any:
    district.upload("events/fall-concert/concert-crowd.jpg")
    crowd = kept(district.services, "events/fall-concert/concert-crowd.jpg").tagging.appearances
    choices.opt_out(district.services, crowd[0].student, OptOut(TODAY), CUSTODIAN)
    reporter = Recipient("public", "reporter-1")
    referral = referred(
        district, "events/fall-concert/concert-crowd.jpg", reporter, names=tuple(each.student for each in crowd)
    )
    assert referral.missing[0] == "NAMED-IN-CROWD"
    return referral


def test_reviewing_releases_nobody_who_was_asked_for_by_name_in_a_crowd(district: District) -> None:
    stated = found(district, in_a_crowd(district), Reviewed("looked at"))
    assert stated.answer is not None
    assert stated.answer.decision.outcome is Outcome.REFER


def test_one_person_refuses_it_and_two_let_it_be_handed_over(district: District) -> None:
    referral = in_a_crowd(district)
    stated = found(district, referral, CrowdDecided("release", "the reporter covers the concert"))
    assert stated.finding.state == "pending"
    done = approved(district, stated)
    assert (done.finding.state, done.answer, done.referral.is_open) == ("applied", None, True)
    with district.services.store.reading() as unit:
        assert unit.shares.links(open_only=False) == []
    found(district, referral, CrowdDecided("refuse", "it is about one student"))
    assert now(district.services, referral).closing == "refused: it is about one student"


def test_the_same_picture_under_another_key_stays_closed_and_reopened(graduation: District) -> None:
    said(graduation, CAMERAS)
    body = (sample_folder() / GRADUATION).read_bytes()
    graduation.upload("inbox/copy.jpg", body)
    assert outcome(graduation, "inbox/copy.jpg") is Outcome.DENY
    for user, by in ((ADA, CUSTODIAN), (BEN, SECOND)):
        said(graduation, Reopened("the reason is gone"), user, by)
    assert outcome(graduation, "inbox/copy.jpg") is Outcome.DENY


def test_a_closure_sticks_to_a_replaced_original(graduation: District) -> None:
    said(graduation, CAMERAS)
    replaced = graduation.upload(GRADUATION, (sample_folder() / TEAM).read_bytes())
    assert "610.021(19)" in (replaced.tagging.why_closed("closed") or "")
