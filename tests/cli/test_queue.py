"""`queue …`: the custodian's work from the command line, by one person and by two."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import told_of_order
from district import (
    CALEB,
    CROWD,
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
from queue_cases import TOLD
from use_cases import Voice, kept, later, with_voice

from dam_plugin.cli import context
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.store import SystemUser

CUSTODIAN = ("--as", "custodian:records-office")
SUBPOENA = f"order: {{kind: subpoena, verified: true, notified: [{', '.join(TOLD)}]}}\n"


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, "1000", "ada")


def run_as(monkeypatch: pytest.MonkeyPatch, number: str, name: str) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser(number, name))


def asked(key: str, to: str = "public", purpose: str = "news", *more: str) -> str:
    """Ask for a recording; return the referral that it leaves."""
    ended = call("share", key, "--to", to, "--purpose", purpose, *CUSTODIAN, *more, "--json")
    assert ended.code == 4, ended.text
    return str(ended.object()["referrals"][0]["id"])


def finding(referral: str, *words: str) -> Called:
    return call("queue", "finding", referral, *words, *CUSTODIAN)


def shown(referral: str) -> Any:
    return call("queue", "show", referral, "--json").object()


# From the request to the answer


def test_a_recording_is_referred_looked_into_and_released(district: District) -> None:
    district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB)
    assert [each["id"] for each in call("queue", "list", "--json").objects()] == [referral]
    needed = {each["clause"]: each["finding"] for each in shown(referral)["needed"]}
    assert needed["HOLD-UNCLASSIFIED"] == "directory"
    ended = finding(referral, "directory", "eligible", "--json")
    assert ended.code == 0
    made = ended.object()
    assert (made["state"], made["answer"]["outcome"], made["answer"]["share"]) == ("applied", "allow", made["share"])
    assert call("open", made["answer"]["token"], "--json").code == 0
    assert call("queue", "list").out == "The custodian's queue: none\n"
    assert [each["closing"] for each in call("queue", "list", "--all", "--json").objects()] == [
        f"answered: allow ({made['share']})"
    ]


def test_a_person_reads_what_became_of_it_with_the_link(district: District) -> None:
    district.upload(SCIENCE_LAB)
    ended = finding(asked(SCIENCE_LAB), "directory", "eligible")
    assert ended.code == 0
    assert "is kept" in ended.out
    assert "is shown this once" in ended.out


def test_the_exit_status_is_the_decisions(district: District) -> None:
    district.upload(UNTITLED)
    referral = asked(UNTITLED)
    assert finding(referral, "identified", "--person", district.student(NOAH)).code == 4
    assert finding(referral, "directory", "not_eligible").code in (3, 4)


def test_what_loosens_waits_and_another_user_approves_it(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(HALLWAY)
    referral = asked(HALLWAY)
    waits = finding(referral, "meaning", "preserved")
    assert waits.code == 0
    assert "another user of this system runs" in waits.out
    (stated,) = shown(referral)["findings"]
    assert stated["state"] == "pending"
    refused = call("queue", "approve", stated["id"], *CUSTODIAN)
    assert refused.code == 1
    assert refused.err.startswith("dam-plugin: 'ada' stated this finding and cannot approve it")
    run_as(monkeypatch, "1001", "ben")
    assert "add --as custodian:NAME" in call("queue", "approve", stated["id"]).err
    done = call("queue", "approve", stated["id"], *CUSTODIAN, "--json")
    assert (done.code, done.object()["answer"]["outcome"]) == (0, "redact")
    assert not shown(referral)["pending"]


def test_what_is_not_any_more_what_was_found_exits_1(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(HALLWAY)
    referral = asked(HALLWAY)
    finding(referral, "meaning", "preserved")
    call("tag", HALLWAY, "--person", district.student(NOAH))
    run_as(monkeypatch, "1001", "ben")
    ended = call("queue", "approve", shown(referral)["findings"][0]["id"], *CUSTODIAN)
    assert ended.code == 1
    assert ended.out.startswith("Nothing happened")


def test_a_finding_is_rejected_with_a_reason(district: District) -> None:
    district.upload(HALLWAY)
    referral = asked(HALLWAY)
    stated = finding(referral, "meaning", "preserved", "--json").object()
    ended = call("queue", "reject", stated["finding"], "--why", "a mistake", *CUSTODIAN)
    assert ended.code == 0
    assert shown(referral)["findings"][0]["state"] == "rejected"


def test_a_subpoena_is_verified_with_its_copy(district: District) -> None:
    district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB, "court:circuit", "court order")
    Path("order.yaml").write_text(SUBPOENA, "utf-8")
    Path("subpoena.pdf").write_bytes(b"%PDF-1.7\nfor the court\n")
    asked_first = finding(referral, "evidence", "--evidence", "order.yaml", "--file", "subpoena.pdf", "--json")
    # That the families were told is nobody's word alone.
    assert (asked_first.code, asked_first.object()["answer"]["basis"]) == (4, {})
    assert any("letter effort" in each for each in asked_first.object()["answer"]["why_not"])
    student = min(kept(district.services, SCIENCE_LAB).tagging.students)
    told_of_order(referral, [student])
    ended = finding(referral, "evidence", "--evidence", "order.yaml", "--json")
    assert (ended.code, ended.object()["answer"]["basis"]) == (0, {student: "EX7"})
    key = shown(referral)["findings"][0]["content"]["file"]["key"]
    assert district.release_tag(key) == "hold"
    assert "subpoena" not in key
    assert key in call("queue", "show", referral).out


def test_no_copy_is_put_into_the_bucket_for_what_is_refused_anyway(district: District) -> None:
    Path("order.yaml").write_text(SUBPOENA, "utf-8")
    Path("subpoena.pdf").write_bytes(b"%PDF-1.7\nfor the court\n")
    assert finding("rf-none", "evidence", "--evidence", "order.yaml", "--file", "subpoena.pdf").code == 1
    assert list(district.services.library.list("evidence/")) == []


def test_work_is_given_and_closed(district: District) -> None:
    district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB)
    assert call("queue", "assign", referral, "--to", "ms-lopez", *CUSTODIAN).out.startswith(f"{referral} is ms-lopez's")
    assert [each["owner"] for each in call("queue", "list", "--owner", "ms-lopez", "--json").objects()] == ["ms-lopez"]
    nobody = call("queue", "list", "--owner", "ms-lopes", "--json")
    assert (nobody.code, nobody.objects()) == (0, [])
    assert "nothing was ever given to 'ms-lopes'" in nobody.err
    assert call("queue", "list", "--owner", "ms-lopez").err == ""
    assert call("queue", "list", "--overdue", "--json").objects() == []
    ended = call("queue", "close", referral, "--why", "the journalist withdrew", *CUSTODIAN)
    assert ended.out.startswith(f"{referral} is closed: the journalist withdrew\n")
    assert "Closed" in call("queue", "show", referral).out
    again = call("queue", "close", referral, "--why", "twice", *CUSTODIAN)
    assert (again.code, "is closed already" in again.err) == (1, True)


def test_an_emergency_is_reviewed_by_another_user(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(HALLWAY)
    call("break-glass", HALLWAY, "--to", "emergency:hospital", "--threat", "a fire")
    (review,) = call("queue", "list", "--json").objects()
    assert review["kind"] == "review"
    (needed,) = shown(review["id"])["needed"]
    assert needed["finding"] == "reviewed"
    assert "whether it was one" in needed["remedy"]
    assert "say what was found" in finding(review["id"], "reviewed").err
    assert "'ada' released this recording in an emergency" in finding(review["id"], "reviewed", "it was a fire").err
    run_as(monkeypatch, "1001", "ben")
    ended = finding(review["id"], "reviewed", "it was a fire, and the copy was deleted", "--json")
    assert (ended.code, ended.object()["answer"]) == (0, None)
    assert call("queue", "list", "--json").objects() == []


def test_an_offer_tells_whom_to_offer_and_how_each_gets_it(district: District) -> None:
    district.upload(TEAM)
    call("tag", TEAM, "--directory", "not_eligible", *CUSTODIAN)
    assert finding(asked(TEAM), "meaning", "destroyed").code == 3
    mother = district.guardian(INES_MOTHER)
    assert call("share", TEAM, "--to", f"parent:{mother}", "--purpose", "inspection", *CUSTODIAN).code == 0
    offers = [each for each in call("queue", "list", "--json").objects() if each["kind"] == "offer"]
    assert len(offers) == 2
    assert [each["to"] for each in offers] == [f"family:{each['students'][0]}" for each in offers]
    for offer in offers:
        told = shown(offer["id"])["offer"]
        assert len(told) == 1
        assert told[0]["command"].startswith(f"dam-plugin share {TEAM} --to parent:G-")
        assert district.student(INES) not in json.dumps(told)
        by_name = call("queue", "show", offer["id"], "--names").out
        assert told[0]["person"] not in by_name.split("command")[0]
        assert finding(offer["id"], "offered", "--how", "letter of today").code == 0
    assert call("queue", "list", "--json").objects() == []


# What whoever approves is shown


def test_whoever_approves_is_shown_who_is_where_on_what_evidence_and_what_comes_of_it(district: District) -> None:
    district.upload(HALLWAY)
    Path("order.yaml").write_text(SUBPOENA, "utf-8")
    staff = (
        "share",
        HALLWAY,
        "--to",
        "court:circuit",
        "--purpose",
        "court order",
        "--evidence",
        "order.yaml",
        "--json",
    )
    referral = call(*staff).object()["referrals"][0]["id"]
    finding(referral, "identified", "--person", f"{district.student(NOAH)}@0.5,0.5,0.25,0.25", "--prominence", "focus")
    finding(referral, "reviewed")
    (waits,) = [each for each in shown(referral)["findings"] if each["state"] == "pending"]
    assert waits["evidence"]["order"]["kind"] == "subpoena"
    assert (waits["without"]["outcome"], waits["with"]["outcome"]) == ("refer", "allow")
    read = " ".join(call("queue", "show", referral).out.split())
    assert "Written down as evidence" in read
    assert f"{waits['id']} decides on this evidence: order (kind: subpoena" in read
    assert "The decision without it: refer [" in read
    assert "with it: allow [EX7" in read
    assert "0.5,0.5,0.25,0.25" in read
    assert "focus" in read


def test_who_holds_the_rights_of_an_offer_is_asked_of_the_roster_of_today(district: District) -> None:
    from dam_plugin.cli.queue import _offered_to
    from dam_plugin.custodian.work import get_work

    district.upload(TEAM)
    call("tag", TEAM, "--directory", "not_eligible", *CUSTODIAN)
    finding(asked(TEAM), "meaning", "destroyed")
    call("share", TEAM, "--to", f"parent:{district.guardian(INES_MOTHER)}", "--purpose", "inspection", *CUSTODIAN)
    offer = next(each for each in call("queue", "list", "--json").objects() if each["kind"] == "offer")
    # Another picture has taken its place, in which nobody of theirs is: they hold the rights in what was offered.
    district.upload(TEAM, (sample_folder() / UNTITLED).read_bytes())
    grown = later(district.services, days=365 * 19)
    assert [person for person, _ in _offered_to(grown, get_work(grown, offer["id"]))] == offer["students"]


def test_days_are_those_of_the_district_wherever_the_program_runs(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB)
    with district.services.store.reading() as unit:
        opened = unit.referrals.need(referral).opened_at
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        monkeypatch.setenv("DAM_PLUGIN_DISTRICT__TIME_ZONE", zone)
        told = call("queue", "show", referral).out
        assert f"Came {opened.astimezone(ZoneInfo(zone)):%Y-%m-%d}" in told
        assert f"Asked last {opened.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" in told


@pytest.mark.parametrize("overdue", [False, True])
def test_doctor_says_how_the_queue_stands(district: District, overdue: bool) -> None:
    from dam_plugin.cli.checks import _custodian

    district.upload(HALLWAY)
    finding(asked(HALLWAY), "meaning", "preserved")
    check = _custodian(later(district.services, days=30) if overdue else district.services)
    assert not isinstance(check, str)
    assert check.counts == {"open": 1, "overdue": int(overdue), "reviews": 0, "pending": 1}
    assert (check.name, check.state) == ("custodian", "warning")
    assert ("--overdue" if overdue else "nobody is told") in check.detail
    told = _custodian(with_voice(district, Voice(notify=True)).services)
    assert not isinstance(told, str)
    assert told.state == "ok"


# How it is shown


def test_names_are_shown_only_when_they_are_asked_for(district: District) -> None:
    district.upload(HALLWAY)
    referral = asked(HALLWAY)
    for arguments in (("queue", "list"), ("queue", "show", referral), ("queue", "show", referral, "--json")):
        assert "Brandt" not in call(*arguments).text
    named = call("queue", "show", referral, "--names").out
    assert "Caleb Brandt" in named
    assert district.student(CALEB) not in named


def test_what_is_listed_fits_a_hundred_columns(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    district.upload(HALLWAY)
    referral = asked(HALLWAY, f"parent:{district.guardian(INES_MOTHER)}")
    finding(referral, "meaning", "preserved")
    for arguments in (("queue", "list"), ("queue", "show", referral)):
        tables = [line for line in call(*arguments, terminal=True).text.splitlines() if line[:1] in "┏┃│" and line]
        assert tables
        assert max(map(len, tables)) <= 100


def test_a_recording_that_is_gone_is_shown_with_what_can_be_done(district: District) -> None:
    from dam_plugin.intake.events import forget_if_gone

    stored = district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB)
    # The referral holds it: only what is deleted for good is gone.
    district.services.library.delete(SCIENCE_LAB, stored.asset.version_id)
    forget_if_gone(district.services, SCIENCE_LAB)
    assert "not in the library any more" in call("queue", "show", referral).out
    assert shown(referral)["case"] is None


# What a custodian finds of people and closures


def test_what_closes_a_recording_is_found_by_one_and_opened_by_two(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB)
    assert finding(referral, "closed", "--subdivision", "610.021(7)", "--why", "it shows a test").code == 3
    assert call("share", SCIENCE_LAB, "--to", "public", "--purpose", "news", "--json").code == 4
    (referral,) = [each["id"] for each in call("queue", "list", "--json").objects()]
    waits = finding(referral, "reopened", "--why", "the test was given")
    assert (waits.code, "takes two people" in waits.out) == (0, True)
    run_as(monkeypatch, "1001", "ben")
    assert call("queue", "approve", shown(referral)["findings"][0]["id"], *CUSTODIAN).code == 4
    assert call("tags", SCIENCE_LAB, "--json").object()["closures"] == []


def test_whoever_lets_somebody_of_a_crowd_be_shown_is_told_what_to_do_next(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(CROWD)
    referral = asked(CROWD, "public", "news", "--name", district.student(HANNAH))
    assert {each["clause"]: each["finding"] for each in shown(referral)["needed"]} == {"NAMED-IN-CROWD": "crowd"}
    finding(referral, "crowd", "release", "--why", "she sings the solo")
    run_as(monkeypatch, "1001", "ben")
    done = call("queue", "approve", shown(referral)["findings"][0]["id"], *CUSTODIAN)
    assert f"Hand it over, and say so: dam-plugin queue close {referral} --disclosed-to ROLE:ID" in done.out
    said = ("--basis", "EX4", "--students", district.student(HANNAH), "--why", "she sings the solo")
    assert call("queue", "close", referral, "--disclosed-to", "public:reporter-1", *said, *CUSTODIAN).code == 0
    refused = asked(CROWD, "public", "news", "--name", district.student(HANNAH))
    assert finding(refused, "crowd", "refuse", "--why", "it is about one student").code == 0
    assert "refused: it is about one student" in call("queue", "show", refused).out


def test_the_family_is_asked_whether_its_consent_stands(district: District) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    given = (
        "--purpose",
        "news",
        "--signed-by",
        mother,
        "--signed-on",
        "2020-01-01",
        "--party",
        "public",
        "--proof",
        "x",
    )
    call("consent", "add", hannah, *given, *CUSTODIAN)
    referral = asked(PORTRAIT)
    assert {each["clause"]: each["finding"] for each in shown(referral)["needed"]}["CONSENT-DOUBTFUL"] == "asked_family"
    ended = finding(referral, "asked_family", "stands", "--student", hannah, "--how", "letter of 5 October", "--json")
    assert (ended.code, ended.object()["answer"]["basis"]) == (0, {hannah: "EX3"})
    assert str(TODAY) in call("student", "show", hannah).out


# A publication whose meaning nobody has reviewed

PUBLISHED = ("--to", "public", "--purpose", "news", "--kind", "publication", "--json")


def test_a_publication_whose_meaning_has_to_be_reviewed_waits_for_that(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(HALLWAY)
    made = call("share", HALLWAY, *PUBLISHED)
    assert (made.code, made.object()["outcome"]) == (3, "deny")
    (opened,) = made.object()["referrals"]
    (again,) = call("share", HALLWAY, *PUBLISHED).object()["referrals"]
    assert again["id"] == opened["id"]
    needed = shown(opened["id"])
    assert (needed["kind"], [each["finding"] for each in needed["needed"]]) == ("publication", ["meaning"])
    waits = finding(opened["id"], "meaning", "preserved", "--json").object()
    run_as(monkeypatch, "1001", "ben")
    answer = call("queue", "approve", waits["finding"], *CUSTODIAN, "--json").object()["answer"]
    assert answer["outcome"] == "redact"
    assert call("queue", "list", "--json").objects() == []


@pytest.mark.parametrize("found", ["destroyed", "changed"])
def test_a_publication_whose_meaning_was_reviewed_waits_no_more(
    district: District, monkeypatch: pytest.MonkeyPatch, found: str
) -> None:
    district.upload(HALLWAY)
    (opened,) = call("share", HALLWAY, *PUBLISHED).object()["referrals"]
    waits = finding(opened["id"], "meaning", found, "--json").object()
    run_as(monkeypatch, "1001", "ben")
    assert call("queue", "approve", waits["finding"], *CUSTODIAN, "--json").object()["answer"]["outcome"] == "deny"
    assert call("queue", "list", "--json").objects() == []
    assert call("share", HALLWAY, *PUBLISHED).object()["referrals"] == []


def test_a_publication_that_no_review_would_open_leaves_no_work(district: District) -> None:
    district.upload(HALLWAY)
    call("custodian", "close", HALLWAY, "--subdivision", "610.021(18)", "--why", "a plan of doors", *CUSTODIAN)
    made = call("share", HALLWAY, *PUBLISHED).object()
    assert (made["outcome"], made["referrals"]) == ("deny", [])


# What is written wrongly


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("meening", "preserved"), "did you mean 'meaning'"),
        (("meaning", "preserved", "--nobody"), "--nobody belongs to 'identified'"),
        (("meaning", "preserved", "--how", "so"), "--how belongs to 'asked_family' and 'offered'"),
        (("parent_verified",), "--student, --seen is left out"),
        (("closed", "--why", "x"), "--subdivision is left out"),
        (("rights_limited", "preserved", "--why", "x"), "--why belongs to"),
        (("means", "nothing", "--why", "x"), "is not one of none, available"),
        (("crowd", "--why", "x"), "is not one of release, refuse"),
        (("dependent", "--student", "S-1", "--seen", "x", "--until", "soon"), "is not a day"),
        (("identified", "everybody"), "one word too many"),
        (("meaning", "preservd"), "did you mean 'preserved'"),
        (("directory", "eligable"), "did you mean 'eligible'"),
        (("directory",), "is not one of eligible"),
        (("evidence",), "say what you have verified"),
        (("identified", "--person", "S-1", "--prominence", "most"), "not one of focus"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_a_finding_that_is_written_wrongly_says_how_it_is_written(
    district: District, words: tuple[str, ...], told: str
) -> None:
    district.upload(SCIENCE_LAB)
    ended = finding(asked(SCIENCE_LAB), *words)
    assert ended.code == 2
    assert told in " ".join(ended.err.replace("│", " ").split())


def test_media_staff_are_sent_to_the_custodian(district: District) -> None:
    district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB)
    for arguments in (
        ("finding", referral, "reviewed"),
        ("close", referral, "--why", "x"),
        ("assign", referral, "--to", "x"),
    ):
        ended = call("queue", *arguments)
        assert ended.code == 1
        assert "add --as custodian:NAME" in ended.err


@pytest.mark.parametrize(("flag", "closed"), [("--no-threat", True), ("--was-threat", False)])
def test_a_review_that_finds_no_threat_closes_the_links_of_that_release(
    district: District, monkeypatch: pytest.MonkeyPatch, flag: str, *, closed: bool
) -> None:
    district.upload(HALLWAY)
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    words = ("--to", "law_enforcement:officer-7", "--threat", "theft of the day before", "--as", "media_staff:nights")
    made = call("break-glass", HALLWAY, *words, "--json").object()
    assert "taken as stated" in made["reasons"][0]["text"]
    lives = datetime.fromisoformat(made["expires_at"]) - district.services.now()
    assert timedelta(days=2) < lives <= timedelta(days=3)
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))
    (review,) = made["referrals"]
    asked = ("queue", "finding", review["id"], "reviewed", "nobody was in danger", *CUSTODIAN)
    assert "exclude each other" in call(*asked, "--no-threat", "--was-threat").err
    assert call(*asked, flag).code == 0
    still = [each["link"] for each in call("links", "--open", "--json").objects()]
    assert (made["link"] not in still) is closed
