"""What is disclosed without a link, from the command line: handed over by hand, and shown in the office."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import revoking, to_court, told_of_order
from district import (
    CALEB,
    CALEB_FATHER,
    HALLWAY,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    INES_MOTHER,
    NOAH,
    PORTRAIT,
    SCIENCE_LAB,
    TEAM,
    UNTITLED,
    District,
)
from use_cases import Voice, kept, later, with_voice

from dam_plugin.cli import context
from dam_plugin.custodian import choices, work
from dam_plugin.custodian.replay import recorded
from dam_plugin.model import Actor, AssetEvent, Recipient
from dam_plugin.people.roster import RosterImport
from dam_plugin.procedure.outside_words import day_in_words
from dam_plugin.sharing.file_referral import due_on
from dam_plugin.sharing.held import holdings_on
from dam_plugin.sharing.in_person import HandedOver
from dam_plugin.store import SystemUser

CUSTODIAN = ("--as", "custodian:records-office")


def asked(key: str, to: str = "court:circuit", purpose: str = "court order") -> str:
    """Ask for a recording; return the referral that it leaves."""
    order = ()
    if to.startswith("court:"):
        Path("order-on-file.yaml").write_text(
            "order: {kind: subpoena, verified: true, notice_required: true}\n", "utf-8"
        )
        order = ("--evidence", "order-on-file.yaml")
    ended = call("share", key, "--to", to, "--purpose", purpose, *order, *CUSTODIAN, "--json")
    assert ended.code == 4, ended.text
    return str(ended.object()["referrals"][0]["id"])


def closed(referral: str, *options: str, why: str = "a copy on paper went to the court") -> Called:
    return call("queue", "close", referral, "--why", why, *CUSTODIAN, *options)


def record(student: str, *options: str) -> list[Any]:
    return call("ledger", "student", *CUSTODIAN, student, *options, "--json").objects()


def seen_in(referral: str) -> list[str]:
    case = call("queue", "show", referral, "--json").object()["case"]
    return [each["student"] for each in case["asset"]["appearances"]]


@pytest.fixture
def lab(district: District) -> tuple[str, str]:
    """The court asks for a picture of the lab: the referral, and a student in it."""
    district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB)
    return referral, seen_in(referral)[0]


def consented(district: District, student: str, purpose: str, *parties: str) -> None:
    """Put the consent of a student's parent on file."""
    with district.services.store.reading() as unit:
        parent = unit.people.need(student).guardians[0]
    named = tuple(word for party in parties for word in ("--party", party))
    signed = ("--signed-by", parent, "--signed-on", str(TODAY), *named, "--proof", "drawer 3")
    added = call("consent", "add", student, "--purpose", purpose, *signed, *CUSTODIAN)
    assert added.code == 0, added.text


# Handed over by hand


def test_on_a_consent_it_goes_only_where_one_on_file_covers_it(district: District) -> None:
    district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB, "public:reporter-7", "news")
    student = seen_in(referral)[0]
    given = (referral, "--disclosed-to", "public:reporter-7", "--basis", "EX3", "--students", student)
    for purpose, party in (("website", "public"), ("news", "jostens"), ("news", "reporter-7")):
        refused = closed(*given)
        assert refused.code == 1
        for said in ("what is on file does not carry EX3", student, "dam-plugin consent add"):
            assert said in refused.err
        assert [each["what"] for each in record(student)] == ["asked"]
        consented(district, student, purpose, party)
    assert closed(*given).code == 0


def test_on_a_consent_whoever_is_shown_beside_the_tags_has_one_too(district: District) -> None:
    district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB, "public:reporter-7", "news")
    student, other = seen_in(referral)[0], district.student(INES)
    consented(district, student, "news", "reporter-7")
    given = (referral, "--disclosed-to", "public:reporter-7", "--basis", "EX3", "--students", student, "--also", other)
    refused = closed(*given)
    assert (refused.code, f"{other}: " in refused.err, f"{student}: " in refused.err) == (1, True, False)
    consented(district, other, "news", "public")
    assert closed(*given).code == 0


@pytest.mark.parametrize(("opted_out", "said"), [(False, None), (True, "has opted out")])
def test_as_directory_information_it_goes_only_where_nobody_opted_out(
    district: District,
    opted_out: bool,
    said: str | None,
) -> None:
    district.upload(TEAM)
    call("tag", TEAM, "--unidentified", "1")
    referral = asked(TEAM, "public:reporter-7", "news")
    student = district.student(INES)
    if opted_out:
        call("student", "opt-out", student, *CUSTODIAN)
    ended = closed(referral, "--disclosed-to", "public:reporter-7", "--basis", "EX4", "--students", student)
    assert ended.code == (1 if opted_out else 0), ended.text
    assert said is None or said in ended.err


def test_as_directory_information_nothing_goes_that_shows_discipline(district: District) -> None:
    district.upload(HALLWAY)
    referral = asked(HALLWAY, "school_official:coach", "safety")
    student = seen_in(referral)[0]
    ended = closed(referral, "--disclosed-to", "school_official:coach", "--basis", "EX4", "--students", student)
    assert (ended.code, "used for discipline" in ended.err) == (1, True)


@pytest.mark.parametrize("verb", ["close", "disclosed"])
def test_on_an_order_it_goes_only_where_one_on_file_is_verified(district: District, verb: str) -> None:
    district.upload(SCIENCE_LAB)
    asks = (
        "share",
        SCIENCE_LAB,
        "--to",
        "court:circuit",
        "--purpose",
        "court order",
        "--as",
        "media_staff:desk",
        "--json",
    )
    referral = call(*asks).object()["referrals"][0]["id"]
    student = seen_in(referral)[0]
    to = ("--disclosed-to", "court:circuit", "--why", "by hand") if verb == "close" else ("--to", "court:circuit")
    given = ("queue", verb, referral, *to, "--basis", "EX7", "--before-notice", "--students", student, *CUSTODIAN)
    refused = call(*given)
    assert (refused.code, f"queue finding {referral} evidence" in refused.err) == (1, True)
    Path("order.yaml").write_text("order: {kind: subpoena, verified: true, notice_required: true}\n", "utf-8")
    call("queue", "finding", referral, "evidence", "--evidence", "order.yaml", *CUSTODIAN)
    assert call(*given).code == 0


@pytest.mark.parametrize("basis", ["EX2", "EX2-DEPENDENT", "EX2-MULTI"])
def test_whom_an_order_limits_is_refused_with_what_is_on_file_and_what_can_be_done(
    district: District, basis: str
) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    limited = (
        "student",
        "guardian",
        "limit",
        hannah,
        mother,
        "--seen",
        "order of the circuit court",
        *revoking(),
        *CUSTODIAN,
        "--json",
    )
    order = call(*limited).object()["id"]
    referral = asked(PORTRAIT, f"parent:{mother}", "inspection")
    given = ("--students", hannah, "--basis", basis)
    for words in (
        (
            "queue",
            "close",
            referral,
            "--why",
            "at the counter",
            "--disclosed-to",
            f"parent:{mother}",
            *given,
            *CUSTODIAN,
        ),
        ("queue", "disclosed", referral, "--to", f"parent:{mother}", *given, *CUSTODIAN),
    ):
        refused = call(*words)
        assert refused.code == 1
        for said in (
            f"on file since {TODAY} as {order}",
            f"student guardian end {order}",
            "--basis EX3 with a consent",
        ):
            assert said in refused.err
        assert "guardian verify" not in refused.err


def test_no_student_who_is_a_minor_holds_the_rights(district: District) -> None:
    district.upload(PORTRAIT)
    hannah = district.student(HANNAH)
    call("tag", PORTRAIT, "--unidentified", "1")
    to = f"eligible_student:{hannah}"
    refused = closed(asked(PORTRAIT, to, "inspection"), "--disclosed-to", to, "--basis", "EX2", "--students", hannah)
    assert (refused.code, "the rights are the parents'" in refused.err) == (1, True)


def test_what_was_handed_over_is_on_the_students_record(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    ended = closed(
        referral,
        *to_court(student),
        "--how",
        "a copy on paper",
    )
    assert ended.code == 0, ended.text
    assert "handed over to court:circuit" in ended.out
    asked_for, handed_over = record(student)
    assert asked_for["outcome"] == "refer"
    assert handed_over["what"] == "handed over"
    assert (handed_over["outcome"], handed_over["required"], handed_over["who"]) == ("allow", True, "court:circuit")
    assert handed_over["grounds"] == ["Judicial order or subpoena (EX7)"]
    assert handed_over["remark"] == f"by hand on {TODAY}, before the families were told: a copy on paper"
    assert handed_over["interest"] == "legal request"
    assert [each["what"] for each in record(student, "--required")] == ["asked", "handed over"]
    assert call("ledger", "verify").out.startswith("the ledger holds")


def test_the_notice_after_an_order_was_answered_says_that_it_comes_late(
    district: District, lab: tuple[str, str]
) -> None:
    referral, student = lab
    Path("order.yaml").write_text("order: {kind: subpoena, verified: true, notice_required: true}\n", "utf-8")
    stated = call("queue", "finding", referral, "evidence", "--evidence", "order.yaml", *CUSTODIAN)
    assert stated.code == 4, stated.text
    notify = ("letter", "write", "subpoena-notice", "--referral", referral, "--student", student, *CUSTODIAN, "--json")
    assert "before we do" in call(*notify).object()["text"]
    assert closed(referral, *to_court(student), "--how", "a copy on paper").code == 0
    text = " ".join(call(*notify).object()["text"].split())
    assert "This letter comes late: we have handed them over. We are sorry." in text
    assert f"The day on which we handed them over: {day_in_words(TODAY, 'en')} - Who got them: a court" in text
    assert not any(each in text for each in ("we will answer", "on that day", "see the recordings first"))


def test_a_family_that_was_told_before_the_answer_gets_no_notice_after_it(
    district: District, lab: tuple[str, str]
) -> None:
    referral, student = lab
    Path("order.yaml").write_text("order: {kind: subpoena, verified: true, notice_required: true}\n", "utf-8")
    call("queue", "finding", referral, "evidence", "--evidence", "order.yaml", *CUSTODIAN)
    about = ("--referral", referral, "--student", student)
    told = call("letter", "effort", *about, "--what", "two calls", "--on", str(TODAY - timedelta(2)), *CUSTODIAN)
    assert told.code == 0, told.text
    ended = closed(referral, *to_court(student), "--how", "a copy on paper")
    assert ended.code == 0, ended.text
    late = call("letter", "write", "subpoena-notice", *about, *CUSTODIAN)
    assert (late.code, "the family was told before" in " ".join(late.err.split())) == (1, True)


def test_it_is_in_every_form_of_the_record(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    closed(
        referral,
        *to_court(student),
        "--how",
        "a copy on paper",
    )
    call("ledger", "student", *CUSTODIAN, student, "--csv", "record.csv", "--page", "record.html")
    rows = list(csv.DictReader(Path("record.csv").read_text("utf-8-sig").splitlines()))
    assert [each["what"] for each in rows] == ["asked", "handed over"]
    page = Path("record.html").read_text("utf-8")
    assert "was handed over to a court (Circuit) by hand." in page
    early = "This was before the families were told of the order."
    assert f"On {day_in_words(TODAY, 'en')}. {early} Note of the office: a copy on paper." in page
    assert "handed over" in call("ledger", "student", *CUSTODIAN, student).out
    assert call("ledger", "export", "--out", "ledger.jsonl").code == 0
    assert "a copy on paper" in Path("ledger.jsonl").read_text("utf-8")
    assert call("ledger", "verify", "--export", "ledger.jsonl").code == 0


def test_the_queue_and_the_report_count_it_as_an_answer(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    done = closed(
        referral,
        *to_court(student),
        "--json",
    ).object()
    share = done["disclosed"]["share"]
    assert done["closing"] == f"answered: allow ({share}) by hand: a copy on paper went to the court"
    told = call("queue", "show", referral, "--json").object()
    assert told["handed_over"] == [{"share": share, "to": "court:circuit", "basis": {student: "EX7"}}]
    assert share in call("queue", "show", referral).out
    counted = call("report", "--json").object()
    assert (counted["shares"], counted["at_once"], counted["overturned_referrals"]) == (2, 0, 1)
    assert {(each["outcome"], each["clause"]) for each in counted["decided"]} >= {("allow", "EX7")}


def test_a_day_before_today_is_kept(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    grown = later(district.services, days=3)
    day = TODAY + timedelta(days=2)
    given = HandedOver(Recipient("court", "circuit"), "EX7", (student,), on=day, before_notice=True)
    work.close_referral(grown, referral, Actor("custodian", "records-office"), "done", given=given)
    assert record(student)[-1]["remark"] == f"by hand on {day}, before the families were told"


def test_the_day_on_which_the_request_came_is_kept(lab: tuple[str, str]) -> None:
    referral, student = lab
    given = to_court(student)
    assert closed(referral, *given, "--on", str(TODAY)).code == 0
    assert record(student)[-1]["remark"] == f"by hand on {TODAY}, before the families were told"


@pytest.mark.parametrize(
    ("days", "words"), [(1, "is not here yet"), (-1, "is before the request, which came on")], ids=["ahead", "before"]
)
def test_no_day_ahead_and_none_before_the_request(
    district: District, lab: tuple[str, str], days: int, words: str
) -> None:
    referral, student = lab
    day = str(TODAY + timedelta(days=days))
    options = (
        *to_court(student),
        "--on",
        day,
    )
    ended = closed(referral, *options)
    assert ended.code == 1
    assert words in ended.err
    assert [each["what"] for each in record(student)] == ["asked"]
    assert [each["id"] for each in call("queue", "list", "--json").objects()] == [referral]


@pytest.mark.parametrize(
    ("to", "basis", "words"),
    [
        ("court:circuit", "CLOSED", "'CLOSED' is no exception on which something is disclosed"),
        ("court:circuit", "SCOPE", "'SCOPE' is no exception"),
        ("court:circuit", "EX77", "did you mean 'EX7'?"),
        ("court:circuit", "EX5", "EX5 is for juvenile_office, not for 'court'"),
        ("parent:G-1", "EX6", "EX6 is for law_enforcement, not for 'parent'"),
        ("court", "EX7", "the record says who received it: write court:ID"),
        ("court:circuit", "EX9", "says what the threat was"),
    ],
)
def test_only_on_an_exception_that_is_the_recipients(
    district: District, lab: tuple[str, str], to: str, basis: str, words: str
) -> None:
    referral, student = lab
    ended = closed(referral, "--disclosed-to", to, "--basis", basis, "--students", student)
    assert ended.code == 1
    assert words in ended.err
    assert call("queue", "list", "--json").objects()


def test_an_unknown_role_is_wrong_usage(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    ended = closed(referral, "--disclosed-to", "judge:x", "--basis", "EX7", "--before-notice", "--students", student)
    assert ended.code == 2
    assert "'judge' is no role here" in ended.err


def test_a_part_of_it_is_wrong_usage(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    assert "say to whom, --disclosed-to ROLE:ID" in closed(referral, "--basis", "EX7").err
    assert "say on which exception" in closed(referral, "--disclosed-to", "court:circuit", "--students", student).err
    nobody = closed(referral, "--disclosed-to", "court:circuit", "--basis", "EX7")
    assert (nobody.code, "name those whom it shows" in nobody.err) == (1, True)


def test_who_is_not_in_the_recording_is_named_on_purpose(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    other = next(each for each in map(district.student, (CALEB, NOAH, INES)) if each != student)
    options = ("--disclosed-to", "court:circuit", "--basis", "EX7", "--before-notice")
    refused = closed(referral, *options, "--students", other)
    assert refused.code == 1
    assert f"{other} is not among those who are tagged" in refused.err
    assert record(other) == []
    assert closed(referral, *options, "--students", student, "--also", other).code == 0
    assert record(other)[-1]["what"] == "handed over"


def test_nobody_unknown_gets_a_record(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    options = (
        *to_court(student),
        "--also",
        "S-NOBODY",
    )
    assert closed(referral, *options).code == 1


def test_several_recipients_are_recorded_before_it_is_closed(district: District) -> None:
    referral = asked_of_two(district)
    students = sorted(set(seen_in(referral)))
    for to in ("court:circuit", "law_enforcement:sheriff"):
        ended = call(
            "queue",
            "disclosed",
            referral,
            "--to",
            to,
            "--basis",
            "EX7",
            "--before-notice",
            "--students",
            ",".join(students),
            *CUSTODIAN,
        )
        assert ended.code == 0, ended.text
        assert f"{referral} waits on" in ended.out
    # Whether each family was told of the order can be seen once it is known who is in the recording.
    assert "it is not known yet who is in the recording" in closed(referral).err
    persons = [word for each in students for word in ("--person", each)]
    call("queue", "finding", referral, "identified", *persons, "--unidentified", "0", *CUSTODIAN)
    assert "nothing says that the family of" in closed(referral).err
    for each in students:
        call("letter", "effort", "--referral", referral, "--student", each, "--what", "a letter, after it", *CUSTODIAN)
    done = closed(referral, "--json").object()
    handed_over = [each for each in record(students[0]) if each["what"] == "handed over"]
    assert [each["who"] for each in handed_over] == ["court:circuit", "law_enforcement:sheriff"]
    assert done["closing"].startswith(f"answered: allow ({handed_over[-1]['share']}) by hand")
    assert call("ledger", "verify").code == 0


def asked_of_two(district: District) -> str:
    stored = district.upload(UNTITLED)
    assert stored.tagging.state != "complete"
    call(
        "tag", UNTITLED, "--person", district.student(INES), "--person", district.student(HANNAH), "--unidentified", "1"
    )
    return asked(UNTITLED)


def test_who_was_left_out_is_told(district: District) -> None:
    referral = asked_of_two(district)
    ended = closed(
        referral,
        "--disclosed-to",
        "court:circuit",
        "--basis",
        "EX7",
        "--before-notice",
        "--students",
        district.student(INES),
        why="done",
    )
    assert f"This recording is about {district.student(HANNAH)} too" in ended.out
    assert record(district.student(HANNAH)) != []
    assert [each["what"] for each in record(district.student(HANNAH))] == ["asked"]


def test_a_joint_release_by_hand_leaves_an_offer_to_the_other_families(district: District) -> None:
    district.upload(UNTITLED)
    ines, hannah, mother = district.student(INES), district.student(HANNAH), district.guardian(INES_MOTHER)
    call("tag", UNTITLED, "--person", ines, "--person", hannah, "--unidentified", "1")
    referral = asked(UNTITLED, f"parent:{mother}", "inspection")
    call("custodian", "meaning", UNTITLED, "destroyed", "--why", "who hit whom", *CUSTODIAN)
    ended = closed(
        referral,
        "--disclosed-to",
        f"parent:{mother}",
        "--basis",
        "EX2-MULTI",
        "--students",
        f"{ines},{hannah}",
        "--json",
    )
    made = ended.object()["disclosed"]
    assert made["basis"] == {ines: "EX2", hannah: "EX2-MULTI"}
    (offer,) = call("queue", "list", "--json").objects()
    assert (offer["id"], offer["kind"], offer["students"]) == (made["offers"][0], "offer", [hannah])


def whole_to_one_family(district: District) -> tuple[str, ...]:
    """Ask for the discipline recording of several as one of the families; return how the whole is given out by hand."""
    district.upload(HALLWAY)
    father = f"parent:{district.guardian(CALEB_FATHER)}"
    ended = call("share", HALLWAY, "--to", father, "--purpose", "inspection", "--as", "media_staff:desk", "--json")
    with district.services.store.reading() as unit:
        students = ",".join(sorted(unit.assets.need(HALLWAY).tagging.students))
    referral = ended.object()["referrals"][0]["id"]
    whole = ("--students", students, "--how", "the whole on a disc", *CUSTODIAN)
    return ("queue", "disclosed", referral, "--to", father, *whole)


def test_the_whole_is_given_to_a_family_by_hand_on_the_finding_of_two_people_alone(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = (*whole_to_one_family(district), "--basis", "EX2-MULTI")
    assert "nobody has said yet" in " ".join(call(*given).err.split())
    stated = call("custodian", "meaning", HALLWAY, "destroyed", "--why", "who hit whom", *CUSTODIAN, "--json").object()
    waits = call(*given)
    assert (stated["waits"], waits.code) == (True, 1)
    assert "meaning destroyed" in waits.err
    assert "--basis MISTAKE" in " ".join(waits.err.split())

    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    again = ("custodian", "meaning", HALLWAY, "destroyed", "--why", "who hit whom", "--as", "designee:second-desk")
    assert call(*again).code == 0
    assert call(*given).code == 0
    assert [each["kind"] for each in call("queue", "list", "--json").objects() if each["kind"] == "offer"] == ["offer"]


def test_against_the_finding_on_file_the_whole_goes_to_no_family(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = whole_to_one_family(district)
    preserved = ("custodian", "meaning", HALLWAY, "preserved", "--why", "the blow is seen", "--as")
    call(*preserved, "custodian:records-office")
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    call(*preserved, "designee:second-desk")
    refused = call(*given, "--basis", "EX2-MULTI")
    assert (refused.code, "leaves the meaning preserved" in " ".join(refused.err.split())) == (1, True)
    assert [each["kind"] for each in call("queue", "list", "--json").objects()] == ["inspection"]
    assert call(*given, "--basis", "MISTAKE").code == 0


def test_an_emergency_by_hand_says_the_threat(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    options = ("--disclosed-to", "emergency:hospital", "--basis", "EX9", "--students", student)
    assert closed(referral, *options, "--threat", "an allergy").code == 0
    assert (record(student)[-1]["threat"], record(student)[-1]["required"]) == ("an allergy", True)


def in_emergency(referral: str, student: str, verb: str) -> dict[str, Any]:
    """Record that a picture was handed to the hospital in an emergency; return what was printed of the handover."""
    to = (
        ("--to", "emergency:hospital")
        if verb == "disclosed"
        else ("--why", "x", "--disclosed-to", "emergency:hospital")
    )
    on = ("--basis", "EX9", "--threat", "an allergy", "--students", student)
    made = call("queue", verb, referral, *to, *on, *CUSTODIAN, "--json")
    assert made.code == 0, made.text
    told: dict[str, Any] = made.object()
    return told if verb == "disclosed" else dict(told["disclosed"])


@pytest.mark.parametrize("verb", ["disclosed", "close"])
def test_an_emergency_by_hand_is_reviewed_by_somebody_else(
    district: District, monkeypatch: pytest.MonkeyPatch, lab: tuple[str, str], verb: str
) -> None:
    referral, student = lab
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))
    review = in_emergency(referral, student, verb)["review"]
    if verb == "disclosed":
        assert closed(referral).code == 0
    (waits,) = call("queue", "list", "--json").objects()
    assert (waits["id"], waits["kind"], waits["to"]) == (review, "review", "emergency:hospital")
    assert waits["due"] == str(due_on("review", TODAY, district.services.settings.district.holidays))
    found = ("queue", "finding", review, "reviewed", "the child is well", "--was-threat", "--as", "designee:principal")
    assert "released this recording in an emergency and does not review it" in call(*found).err
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    assert "does not review it" in call(*found[:-1], "custodian:records-office").err
    assert call(*found).code == 0
    assert call("queue", "list", "--json").objects() == []


def test_a_recording_is_kept_until_an_emergency_by_hand_is_reviewed(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    review = in_emergency(referral, student, "close")["review"]
    with district.services.store.reading() as unit:
        assert [each.id for each in holdings_on(unit, SCIENCE_LAB, TODAY)] == [review]


def test_no_order_moves_the_review_of_an_emergency_by_hand(district: District) -> None:
    district.upload(SCIENCE_LAB)
    day = TODAY + timedelta(days=30)
    said = f"{{kind: subpoena, verified: true, notice_required: true, return_on: {day}}}"
    Path("order.yaml").write_text(f"order: {said}\n", "utf-8")
    to = "law_enforcement:sheriff"
    words = ("--to", to, "--purpose", "legal request", "--evidence", "order.yaml", *CUSTODIAN, "--json")
    (waits,) = call("share", SCIENCE_LAB, *words).object()["referrals"]
    assert waits["due"] == str(day)
    on = ("--basis", "EX9", "--threat", "an allergy", "--students", seen_in(waits["id"])[0])
    assert closed(waits["id"], "--disclosed-to", to, *on).code == 0
    (review,) = call("queue", "list", "--json").objects()
    assert review["due"] == str(due_on("review", TODAY, district.services.settings.district.holidays))


def test_the_custodian_hears_of_an_emergency_by_hand(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    voice = Voice()
    given = HandedOver(Recipient("emergency", "hospital"), "EX9", (student,), threat="an allergy")
    by = Actor("custodian", "records-office")
    made, _ = work.record_disclosure(with_voice(district, voice).services, referral, by, given)
    assert made.review is not None
    (told,) = [said for hook, said in voice.told if hook == "notify"]
    assert f"the review {made.review.id} is due on {made.review.due}" in str(told)


def test_the_answer_says_that_an_emergency_by_hand_is_reviewed(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    on = ("--basis", "EX9", "--threat", "an allergy", "--students", student)
    said = closed(referral, "--disclosed-to", "emergency:hospital", *on).out
    (waits,) = call("queue", "list", "--json").objects()
    assert f"In the custodian's queue, due {waits['due']}: review {waits['id']}" in said
    assert "Somebody else than you reviews this emergency." in said


def test_only_the_custodian_records_it(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    options = ("--basis", "EX7", "--before-notice", "--students", student)
    for words in (
        ("queue", "disclosed", referral, "--to", "court:circuit", *options),
        ("queue", "close", referral, "--why", "x", "--disclosed-to", "court:circuit", *options),
    ):
        assert "add --as custodian:NAME" in call(*words).err


def test_what_was_forgotten_at_a_closing_is_recorded_late(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    assert closed(referral, why="done").code == 0
    to, *rest = to_court(student)[1:]
    late = call("queue", "disclosed", referral, "--to", to, *rest, *CUSTODIAN)
    assert late.code == 0, late.text
    assert f"{referral} stays closed." in late.out
    assert [each["what"] for each in record(student)] == ["asked", "handed over"]
    shown = call("queue", "show", referral, "--json").object()
    assert (shown["closing"], len(shown["handed_over"])) == ("done", 1)
    assert call("queue", "list", "--json").objects() == []
    assert call("ledger", "verify").code == 0


def test_a_request_that_was_closed_before_is_named(district: District) -> None:
    district.upload(SCIENCE_LAB)
    came = ("--received", str(TODAY), "--channel", "email", "--purpose", "news")
    number = call("request", "add", SCIENCE_LAB, "--from", "public:reporter-7", *came, "--json").object()["id"]
    words = ("--to", "public:reporter-7", "--purpose", "news", "--request", number, *CUSTODIAN, "--json")
    referral = call("share", SCIENCE_LAB, *words).object()["referrals"][0]["id"]
    student = seen_in(referral)[0]
    consented(district, student, "news", "reporter-7")
    assert closed(referral, why="done").code == 0
    withdrawn = call("request", "withdraw", number, "--why", "by telephone", *CUSTODIAN)
    assert withdrawn.code == 0, withdrawn.text
    given = ("--to", "public:reporter-7", "--basis", "EX3", "--students", student)
    late = call("queue", "disclosed", referral, *given, *CUSTODIAN)
    assert (late.code, f"dam-plugin request reopen {number}" in late.out) == (0, True), late.text


def test_what_a_share_answered_takes_no_disclosure(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    with district.services.store.writing() as unit:
        unit.referrals.close(referral, district.services.now(), "records-office", "answered: deny (sh-1)")
    late = call(
        "queue",
        "disclosed",
        referral,
        "--to",
        "court:circuit",
        "--basis",
        "EX7",
        "--before-notice",
        "--students",
        student,
        *CUSTODIAN,
    )
    assert (late.code, "is closed already" in late.err) == (1, True)
    assert [each["what"] for each in record(student)] == ["asked"]


def test_closing_without_a_disclosure_is_as_before(district: District, lab: tuple[str, str]) -> None:
    referral, _ = lab
    ended = " ".join(closed(referral, why="withdrawn").out.split())
    assert ended.startswith(f"{referral} is closed: withdrawn If anything was handed over, it is not on the record")
    assert f"dam-plugin queue disclosed {referral} --to ROLE:ID" in ended


def test_closing_after_a_disclosure_says_no_more_of_the_record(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    said = closed(referral, *to_court(student)).out
    assert f"{referral} is closed" in said
    assert "not on the record" not in said


def test_a_replay_leaves_out_what_the_procedure_did_not_decide(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    assert (
        closed(
            referral,
            *to_court(student),
        ).code
        == 0
    )
    with district.services.store.reading() as unit:
        (decided,) = recorded(district.services.ledger, unit)
    assert decided.details is not None
    assert decided.details["decision"]["outcome"] == "refer"


def test_it_is_recorded_for_a_recording_that_has_left_the_library(district: District, lab: tuple[str, str]) -> None:
    referral, student = lab
    district.services.library.delete(SCIENCE_LAB)
    district.pm.hook.asset_deleted(event=AssetEvent(SCIENCE_LAB))
    assert (
        closed(
            referral,
            *to_court(student),
        ).code
        == 0
    )
    assert record(student)[-1]["what"] == "handed over"


@pytest.mark.parametrize(("basis", "heard"), [("EX7", ["notify", "disclosure_recorded"]), ("EX3", [])])
def test_the_hook_hears_of_a_disclosure_that_is_recorded(
    district: District, lab: tuple[str, str], basis: str, heard: list[str]
) -> None:
    referral, student = lab
    if basis == "EX3":
        consented(district, student, "legal request", "circuit")
    voice = Voice()
    given = HandedOver(Recipient("court", "circuit"), basis, (student,), before_notice=basis == "EX7")
    by = Actor("custodian", "records-office")
    work.close_referral(with_voice(district, voice).services, referral, by, "done", given=given)
    assert [hook for hook, _ in voice.told] == heard


# Shown in the office


def test_a_parent_sees_her_childs_picture_in_the_office(district: District) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), f"parent:{district.guardian('G-2171')}"
    ended = call("view", PORTRAIT, "--in-office", "--for", mother, "--basis", "EX2", "--minutes", "20", *CUSTODIAN)
    assert ended.code == 0, ended.text
    assert f"Show the recording {PORTRAIT}. No link is handed out" in ended.out
    (line,) = record(hannah)
    assert (line["what"], line["outcome"], line["who"]) == ("viewed", "allow", mother)
    assert line["remark"] == f"in the office on {TODAY}, 20 minutes"
    assert call("links", "--json").objects() == []
    assert list(district.services.library.list("released/")) == []
    assert call("ledger", "verify").code == 0


def test_a_copy_is_shown_where_people_are_to_be_hidden(district: District) -> None:
    district.upload(TEAM)
    mother = f"parent:{district.guardian(INES_MOTHER)}"
    words = ("view", TEAM, "--in-office", "--for", mother, *CUSTODIAN)
    without = call(*words)
    assert (without.code, "--out FILE" in without.err) == (1, True)
    assert record(district.student(INES)) == []
    ended = call(*words, "--out", "shown.jpg", "--json")
    assert ended.code == 0, ended.text
    made = ended.object()
    assert (made["outcome"], made["copy"], made["link"], made["token"]) == ("redact", "shown.jpg", None, None)
    assert Path("shown.jpg").stat().st_mode & 0o077 == 0
    (line,) = record(district.student(INES))
    assert (line["what"], line["outcome"]) == ("viewed", "redact")
    (hidden,) = [each for each in record(made["redact"][0]) if each["what"] == "viewed"]
    assert (hidden["who"], "the copy hides the student" in hidden["remark"]) == ("parent", True)
    assert call("ledger", "student", made["redact"][0], "--page", "r.html", "--without-pictures", *CUSTODIAN).code == 0
    page = " ".join(Path("r.html").read_text("utf-8").split())
    assert "in the office, in which" in page
    assert "others are hidden" not in page
    own = district.student(INES)
    assert call("ledger", "student", own, "--page", "own.html", "--without-pictures", *CUSTODIAN).code == 0
    page = " ".join(Path("own.html").read_text("utf-8").split())
    assert "in the office, in which others are hidden." in page
    assert hidden["section"] == "Still waiting, and what else happened"
    assert call("links", "--json").objects() == []


def test_who_may_not_see_it_is_told_why(district: District) -> None:
    district.upload(HALLWAY)
    ended = call("view", HALLWAY, "--in-office", "--for", "public", "--purpose", "news", *CUSTODIAN)
    assert ended.code in (3, 4)
    assert "what can be done" in ended.out
    assert "Show " not in ended.out


def test_a_viewing_that_is_referred_waits_in_the_queue(district: District) -> None:
    district.upload(UNTITLED)
    mother = f"parent:{district.guardian(INES_MOTHER)}"
    ended = call("view", UNTITLED, "--in-office", "--for", mother, *CUSTODIAN, "--json")
    assert ended.code == 4
    assert [each["id"] for each in call("queue", "list", "--json").objects()] == [ended.object()["referrals"][0]["id"]]
    assert not ended.object()["may_see"]


def test_another_exception_than_the_procedures_is_refused(district: District) -> None:
    district.upload(PORTRAIT)
    mother = f"parent:{district.guardian('G-2171')}"
    ended = call("view", PORTRAIT, "--in-office", "--for", mother, "--basis", "EX3", *CUSTODIAN)
    assert (ended.code, "not on EX3" in ended.err) == (1, True)
    assert record(district.student(HANNAH)) == []


def test_showing_without_the_office_is_wrong_usage(district: District) -> None:
    district.upload(PORTRAIT)
    ended = call("view", PORTRAIT, "--for", "public", *CUSTODIAN)
    assert (ended.code, "--in-office" in ended.err) == (2, True)


def test_who_else_was_seen_has_to_be_in_it(district: District) -> None:
    district.upload(PORTRAIT)
    mother = f"parent:{district.guardian('G-2171')}"
    ended = call("view", PORTRAIT, "--in-office", "--for", mother, "--students", district.student(NOAH), *CUSTODIAN)
    assert (ended.code, "is not among those who are tagged" in ended.err) == (1, True)


def test_an_order_lets_the_police_hear_it_and_it_is_recorded(district: District) -> None:
    district.upload(SCIENCE_LAB)
    student = next(iter(kept(district.services, SCIENCE_LAB).tagging.students))
    Path("order.yaml").write_text(
        f"order: {{kind: subpoena, verified: true, notice_required: true, notified: [{student}]}}\n", "utf-8"
    )
    words = ("--for", "law_enforcement:sheriff", "--basis", "EX7", "--evidence", "order.yaml")
    first = call("view", SCIENCE_LAB, "--in-office", *words, "--purpose", "court order", *CUSTODIAN, "--json")
    assert (first.code, first.object()["may_see"]) == (4, False)
    told_of_order(first.object()["referrals"][0]["id"], [student])
    ended = call("view", SCIENCE_LAB, "--in-office", *words, "--purpose", "court order", *CUSTODIAN)
    assert ended.code == 0, ended.text
    *_, line = record(student)
    assert (line["what"], line["required"], line["grounds"]) == ("viewed", True, ["Judicial order or subpoena (EX7)"])


# The parent of a student who is a dependent for tax


@pytest.mark.parametrize("how", ["by a link", "in the office", "by hand"])
def test_what_a_dependents_parent_got_is_on_the_students_record(district: District, how: str) -> None:
    district.upload(SCIENCE_LAB)
    priya = seen_in_library(district)
    with district.services.store.reading() as unit:
        parent = unit.people.need(priya).guardians[0]
    grown_up(district, priya)
    Path("dependent.yaml").write_text(f"dependent: {{students: [{priya}]}}\n", "utf-8")
    to, evidence = f"parent:{parent}", ("--evidence", "dependent.yaml")
    match how:
        case "by a link":
            ended = call("share", SCIENCE_LAB, "--to", to, "--purpose", "inspection", *evidence, *CUSTODIAN)
        case "in the office":
            words = ("--in-office", "--for", to, "--basis", "EX2-DEPENDENT")
            ended = call("view", SCIENCE_LAB, *words, *evidence, *CUSTODIAN)
        case _:
            referral = asked(SCIENCE_LAB, to, "inspection")
            untold = closed(referral, "--disclosed-to", to, "--basis", "EX2-DEPENDENT", "--students", priya)
            assert (untold.code, "student guardian dependent" in untold.err) == (1, True)
            own = closed(referral, "--disclosed-to", to, "--basis", "EX2", "--students", priya)
            assert (own.code, f"are {priya}'s own now" in own.err) == (1, True)
            shown = ("--seen", "a tax return")
            assert call("student", "guardian", "dependent", priya, parent, *shown, *CUSTODIAN).code == 0
            ended = closed(referral, "--disclosed-to", to, "--basis", "EX2-DEPENDENT", "--students", priya)
    assert ended.code == 0, ended.text
    # 34 CFR 99.33(c) takes a dependent's parent out.
    assert "99.33" not in ended.text
    line = record(priya, "--required")[-1]
    assert (line["who"], line["grounds"]) == (to, ["Parent of a dependent student (EX2-DEPENDENT)"])
    assert call("ledger", "verify").code == 0


def seen_in_library(district: District) -> str:
    return min(kept(district.services, SCIENCE_LAB).tagging.students)


def grown_up(district: District, student: str) -> None:
    """Have the roster say that a student is in college, where the rights are the student's."""
    with district.services.store.reading() as unit:
        records = unit.people.students()
    rows = [replace(each, postsecondary=each.postsecondary or each.id == student) for each in records]
    choices.import_roster(
        district.services, RosterImport(tuple(rows), tells_opt_outs=True), Actor("custodian", "office")
    )
