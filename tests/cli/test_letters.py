"""`letter …`: each kind of letter as the custodian writes it and a family reads it, and what is kept of it."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from clock import TODAY
from command_line import Called, call
from court_orders import revoking
from district import (
    CALEB,
    CALEB_FATHER,
    CROWD,
    GRADUATION,
    HALLWAY,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    INES_MOTHER,
    PEP_RALLY,
    PORTRAIT,
    SCIENCE_LAB,
    SOFIA,
    SOFIA_MOTHER,
    TEAM,
    District,
)
from protected_students import protect
from sqlalchemy import update
from use_cases import kept

from dam_plugin.cli import context
from dam_plugin.custodian import choices
from dam_plugin.custodian.letter_words import day_in_words
from dam_plugin.model import Actor, AssetEvent
from dam_plugin.people.roster import RosterImport
from dam_plugin.store import SystemUser
from dam_plugin.store.tables import AssetRow, LetterRow
from dam_tagging.facts import About

CUSTODIAN = ("--as", "custodian:records-office")
ORDER = "order: {kind: subpoena, verified: true, notice_required: true}\n"
SECRET = "order: {kind: subpoena, verified: true, notice_required: false, secret_by: grand_jury}\n"


@pytest.fixture(autouse=True)
def _settings(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__NAME", "Riverbend R-II School District")
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__CONTACT", "Records Office, 400 School Street, 555-0142")


def asked(key: str, to: str = "public", purpose: str = "news", *more: str) -> str:
    """Ask for a recording; return the referral that it leaves."""
    ended = call("share", key, "--to", to, "--purpose", purpose, *CUSTODIAN, *more, "--json")
    assert ended.code == 4, ended.text
    return str(ended.object()["referrals"][0]["id"])


def finding(referral: str, *said: str) -> Called:
    return call("queue", "finding", referral, *said, *CUSTODIAN)


def written(kind: str, *options: str) -> str:
    """Write a letter; return its text with single spaces."""
    ended = call("letter", "write", kind, *options, *CUSTODIAN, "--json")
    assert ended.code == 0, ended.text
    return " ".join(ended.object()["text"].split())


def refused(kind: str, *options: str) -> str:
    ended = call("letter", "write", kind, *options, *CUSTODIAN)
    assert ended.code in (1, 2), ended.text
    assert call("letter", "list", "--json").objects() == []
    return " ".join(ended.err.split())


def names_of(district: District) -> set[str]:
    """Every name, pseudonym, number and key that no letter to the outside may hold."""
    with district.services.store.reading() as unit:
        students = unit.people.students()
        keys = {each.asset.key for each in unit.assets.all_current()}
    names = {name for each in students for name in (*each.all_names, *(one for _, one in each.guardian_names))}
    return names | {each.id for each in students} | {each.roster_id for each in students} | keys


def assert_tells_nobody(district: District, text: str, but: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    assert [each for each in names_of(district) - but if each in text] == []


def denied(district: District) -> str:
    """A referral of the public's that was denied in the end: three students may be recognized, and hiding destroys it."""
    district.upload(TEAM)
    call("tag", TEAM, "--directory", "not_eligible", *CUSTODIAN)
    referral = asked(TEAM)
    assert finding(referral, "meaning", "destroyed").code == 3
    return referral


def redacted(district: District) -> str:
    """A referral of the public's that was answered by a copy: one of the team has opted out, and is hidden."""
    district.upload(TEAM)
    call("tag", TEAM, "--directory", "undetermined", *CUSTODIAN)
    referral = asked(TEAM)
    ended = finding(referral, "directory", "eligible", "--json")
    assert ended.object()["answer"]["outcome"] == "redact", ended.text
    return referral


def subpoena(district: District, evidence: str = ORDER) -> tuple[str, list[str]]:
    """A referral with an order, and the students whom its recording is about."""
    stored = district.upload(HALLWAY)
    referral = asked(HALLWAY, "court:circuit", "court order")
    Path("order.yaml").write_text(evidence, "utf-8")
    finding(referral, "evidence", "--evidence", "order.yaml")
    return referral, sorted(each.student for each in stored.tagging.appearances)


# Whoever asked


def test_an_acknowledgement_says_by_when_it_is_answered_and_how_that_day_came_about(district: District) -> None:
    district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB)
    (due,) = [each["due"] for each in call("queue", "list", "--json").objects()]
    text = written(
        "acknowledgement", "--referral", referral, "--name", "Ms. Jordan Reyes", "--address", "12 Elm Street"
    )
    day = date.fromisoformat(due)
    assert text.startswith("Riverbend R-II School District Records Office, 400 School Street, 555-0142")
    assert "Ms. Jordan Reyes 12 Elm Street" in text
    assert "Dear Ms. Jordan Reyes:" in text
    assert f"By {day:%B} {day.day}, {day.year} we have to give you the records" in text
    assert "That is three business days after" in text
    assert "(RSMo 610.023.3)" in text
    assert_tells_nobody(district, text)
    spanish = written("acknowledgement", "--referral", referral, "--lang", "es")
    assert "Recibimos su solicitud el" in spanish
    assert "Son tres días hábiles después del" in spanish


@pytest.mark.parametrize("weekday", [4, 5], ids=["Friday", "Saturday"])
def test_a_45th_day_on_a_saturday_is_told_with_the_last_open_day(district: District, weekday: int) -> None:
    today = district.services.now().date()
    back = ((today + timedelta(days=45)).weekday() - weekday) % 7
    came = ("--received", str(today - timedelta(days=back)), "--channel", "letter", "--json")
    who = ("--from", f"parent:{district.guardian(CALEB_FATHER)}", "--purpose", "inspection")
    request = call("request", "add", "--described", "the game", *who, *came).object()["id"]
    due = today + timedelta(days=45 - back)
    before = due - timedelta(days=1)

    def day(each: date) -> str:
        return day_in_words(each, "en")

    said = f"By {day(before)} (the last day the office is open before the 45th day, {day(due)}) we have to"
    text = written("acknowledgement", "--request", request)
    assert (said in text) is (weekday == 5)
    assert (f"By {day(due)} we have to" in text) is (weekday == 4)
    spanish = written("acknowledgement", "--request", request, "--lang", "es")
    assert ("la oficina está abierta antes del día 45, " in spanish) is (weekday == 5)


def test_who_may_not_see_it_yet_is_not_told_that_we_let_them_see_it_before_a_meeting(district: District) -> None:
    district.upload(SCIENCE_LAB)
    day = str((district.services.now() + timedelta(days=20)).date())
    came = ("--purpose", "inspection", "--received", str(TODAY), "--channel", "letter", "--meeting", day)
    for kind in ("iep", "hearing"):
        words = ("request", "add", SCIENCE_LAB, "--from", f"parent:uncle-{kind}", *came, "--kind", kind, "--json")
        request = call(*words).object()["id"]
        called = "hearing" if kind == "hearing" else "meeting"
        text = written("acknowledgement", "--request", request)
        assert (f"we have to answer you, because of your {called}" in text, "let you see it" in text) == (True, False)
        spanish = written("acknowledgement", "--request", request, "--lang", "es")
        assert "dejar que usted lo vea" not in spanish


def test_a_familys_acknowledgement_has_the_45_days(district: District) -> None:
    district.upload(HALLWAY)
    father = f"parent:{district.guardian(CALEB_FATHER)}"
    ended = call("share", HALLWAY, "--to", father, "--purpose", "inspection", "--json")
    referral = ended.object()["referrals"][0]["id"]
    text = written("acknowledgement", "--referral", referral, "--student-name", "Caleb Brandt")
    assert "we have to let you see it (34 CFR 99.10(b)). That is 45 days after" in text
    assert "You asked to see the recordings." in text


def test_a_guardian_whom_a_court_order_limits_is_written_to_as_anybody(district: District) -> None:
    district.upload(HALLWAY)
    caleb, father = district.student(CALEB), district.guardian(CALEB_FATHER)
    ended = call("share", HALLWAY, "--to", f"parent:{father}", "--purpose", "inspection", "--json")
    referral = ended.object()["referrals"][0]["id"]
    named = ("acknowledgement", "--referral", referral, "--student-name", "Caleb Brandt")
    assert written(*named)
    limit = call("student", "guardian", "limit", caleb, father, "--seen", "an order", *revoking(), *CUSTODIAN)
    assert limit.code == 0, limit.text
    again = call("letter", "write", *named, *CUSTODIAN)
    assert again.code == 1, again.text


def test_a_denial_cites_the_provision_and_says_how_to_appeal_and_names_nobody(district: District) -> None:
    referral = denied(district)
    text = written("denial", "--referral", referral)
    assert "RSMo 610.021(14)" in text
    assert "34 CFR 99.3" in text
    assert "RSMo 610.027" in text
    assert "Attorney General" in text
    assert ": all of it (" in text
    assert_tells_nobody(district, text)
    spanish = written("denial", "--referral", referral, "--lang", "es")
    assert "No podemos darle lo que usted pidió." in spanish
    assert "La ley: 34 CFR 99.3; RSMo 610.021(14)." in spanish
    assert_tells_nobody(district, spanish)


def test_a_custodians_own_provision_is_cited_too(district: District) -> None:
    referral = denied(district)
    text = written("denial", "--referral", referral, "--provision", "RSMo 610.021(3)")
    assert "The law does not let us give it out: RSMo 610.021(3)." in text
    wrong = call("letter", "write", "denial", "--referral", referral, "--provision", "because", *CUSTODIAN)
    assert "'because' is no provision of law" in wrong.err


def test_a_denial_without_a_provision_is_refused(district: District) -> None:
    district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB)
    assert "none is known here: --provision" in refused("denial", "--referral", referral)
    text = written("denial", "--referral", referral, "--provision", "34 CFR 99.30")
    assert "34 CFR 99.30" in text


def test_a_denial_because_of_another_law_names_that_law(district: District) -> None:
    district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB)
    assert finding(referral, "confidential", "--law", "the juvenile court's seal", "--why", "a hearing").code == 3
    for more in ((), ("--provision", "RSMo 610.021(14)"), ("--provision", "RSMo 610.021(1)")):
        told = refused("denial", "--referral", referral, *more)
        assert ("another law protects the record" in told, "--provision 'RSMo 210.150'" in told) == (True, True)
    text = written("denial", "--referral", referral, "--provision", "RSMo 211.321")
    assert "Another law says that the recording is confidential. The law: RSMo 211.321; RSMo 610.021(14)." in text
    assert "(RSMo 211.321; RSMo 610.021(14))" in text


def test_a_denial_to_somebody_who_asked_by_name_says_neither_that_there_is_a_recording_nor_that_there_is_none(
    district: District,
) -> None:
    district.upload(TEAM)
    call("tag", TEAM, "--directory", "not_eligible", *CUSTODIAN)
    asked_for = ("share", TEAM, "--to", "public", "--purpose", "news", "--name", district.student(HANNAH), "--json")
    referral = call(*asked_for).object()["referrals"][0]["id"]
    assert finding(referral, "reviewed").code == 3
    text = written("denial", "--referral", referral)
    assert "It does not let us say whether there are any." in text
    assert "R-" not in text.replace("Riverbend R-II", "")
    assert "directory information" not in text
    acknowledged = written("acknowledgement", "--referral", referral)
    assert "We understand that your request is about" not in acknowledged


@pytest.mark.parametrize(
    ("provision", "says"),
    [("34 CFR 99.4", True), ("RSMo 452.375", True), ("34 CFR 99.40", False), ("34 CFR 99.30", False)],
)
def test_a_denial_by_a_court_order_about_a_parent_says_so(district: District, provision: str, says: bool) -> None:
    parent = ("--from", f"parent:{district.guardian(CALEB_FATHER)}", "--purpose", "inspection")
    came = ("--received", district.services.now().date().isoformat(), "--channel", "letter")
    request = call("request", "add", "--described", "the game", *parent, *came, "--json").object()["id"]
    text = written("denial", "--request", request, "--provision", provision)
    assert ("A court order limits what we may give you. The law: " in text) is says
    assert (f"The law does not let us give it out: {provision}; RSMo 610.021(14)." in text) is not says


def test_a_sentence_behind_which_two_provisions_stand_is_printed_once(district: District) -> None:
    parent = ("--from", f"parent:{district.guardian(CALEB_FATHER)}", "--purpose", "inspection")
    came = ("--received", district.services.now().date().isoformat(), "--channel", "letter")
    request = call("request", "add", "--described", "the game", *parent, *came, "--json").object()["id"]
    text = written("denial", "--request", request, "--provision", "RSMo 452.375", "--provision", "34 CFR 99.4")
    assert text.count("A court order limits what we may give you.") == 1
    assert "The law: 34 CFR 99.4; RSMo 452.375; RSMo 610.021(14)." in text


def test_a_redacted_release_says_what_is_withheld_where_and_why(district: District) -> None:
    referral = redacted(district)
    text = written("redacted-release", "--referral", referral)
    assert "(RSMo 610.024)" in text
    assert "34 CFR 99.30" in text
    assert "What we keep back" in text
    assert_tells_nobody(district, text)
    assert "Podemos darle una parte de lo que usted pidió." in written(
        "redacted-release", "--referral", referral, "--lang", "es"
    )


def test_a_letter_that_says_something_else_than_the_answer_is_refused(district: District) -> None:
    referral = redacted(district)
    assert "it was answered 'redact'" in refused("denial", "--referral", referral)
    assert "it was answered 'redact'" in refused("no-such-record", "--referral", referral)


def test_there_is_a_record_where_the_library_has_what_a_referral_is_for(district: District) -> None:
    district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB)
    short = district.services.pseudonyms.outside(SCIENCE_LAB)
    said = refused("no-such-record", "--referral", referral)
    assert f"the library has, or had, what {referral} names: {short} is in the library" in said
    assert f"--not-about {short}" in said
    assert SCIENCE_LAB not in said
    excepted = ("--referral", referral, "--not-about", SCIENCE_LAB)
    assert "We have no such recording." in written("no-such-record", *excepted)
    assert "No tenemos esa grabación." in written("no-such-record", *excepted, "--lang", "es")


def test_what_left_the_library_without_the_schedule_was_there(district: District) -> None:
    district.upload(SCIENCE_LAB)
    referral = asked(SCIENCE_LAB)
    call("queue", "close", referral, "--why", "by telephone", *CUSTODIAN)
    district.services.library.delete(SCIENCE_LAB)
    district.pm.hook.asset_deleted(event=AssetEvent(SCIENCE_LAB))
    said = refused("no-such-record", "--referral", referral)
    assert "was in it, and was not destroyed by the schedule" in said
    assert "dam-plugin retention destroy" in said


def test_an_extension_has_cause_place_and_earliest_time(district: District) -> None:
    district.upload(SCIENCE_LAB)
    about = ("--referral", asked(SCIENCE_LAB))
    day = district.services.now().date() + timedelta(days=20)
    more = (
        "--cause",
        "four days have to be looked through",
        "--place",
        "the main office",
        "--earliest",
        f"{day} 09:30",
    )
    text = written("extension", *about, *more)
    assert "- Why it takes longer: four days have to be looked through" in text
    assert "- Where you can have them: the main office" in text
    assert f"- The earliest time: {day:%B} {day.day}, {day.year}, at 9:30 a.m." in text
    assert "RSMo 610.023.3" in text
    lacking = call("letter", "write", "extension", *about, *more[:2], *CUSTODIAN)
    assert "--place, --earliest" in lacking.err
    over = call("letter", "write", "extension", *about, *more[:4], "--earliest", "2020-01-01", *CUSTODIAN)
    assert "is over: give one that is to come" in over.err


# The register of requests


def received(district: District, *words: str, who: str = "public:reporter-7", purpose: str = "news") -> str:
    """Enter a request of today; return its number."""
    today = district.services.now().date().isoformat()
    options = ("--from", who, "--purpose", purpose, "--received", today, "--channel", "email", "--json")
    ended = call("request", "add", *words, *options)
    assert ended.code == 0, ended.text
    return str(ended.object()["id"])


def answer(request: str, key: str, to: str = "public:reporter-7", purpose: str = "news") -> Called:
    return call("share", key, "--to", to, "--purpose", purpose, "--request", request, *CUSTODIAN)


def test_a_request_is_acknowledged_with_its_recordings_its_days_and_its_fee(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_FEES__COPYING_CENTS_AN_HOUR", "1800")
    for key in (TEAM, CROWD):
        district.upload(key)
    request = received(district, TEAM, CROWD, "--format", "MP4 on a disk")
    call("request", "fee", request, "--copying", "30", "--pages", "12", *CUSTODIAN)
    call("request", "deposit", request, "5", *CUSTODIAN)
    text = written("acknowledgement", "--request", request)
    assert f"Your request {request}" in text
    assert "You asked for a copy (MP4 on a disk)." in text
    assert text.count("(recording R-") == 2
    assert "- By " in text
    assert "(RSMo 610.023.3). That is three business days after" in text
    assert "Making the copies: 30 minutes, $9.00 - Pages: 12, $1.20 - In all: $10.20" in text
    assert "Please pay $5.00 before we make the copies." in text
    assert_tells_nobody(district, text)
    spanish = written("acknowledgement", "--request", request, "--lang", "es")
    assert "Hacer las copias: 30 minutos, $9.00" in spanish
    assert "Por favor, pague $5.00 antes de que hagamos las copias." in spanish


def test_a_familys_request_has_both_days_and_a_waived_fee(district: District) -> None:
    district.upload(CROWD)
    father = f"parent:{district.guardian(CALEB_FATHER)}"
    request = received(district, CROWD, "--want", "view", who=father, purpose="inspection")
    call("request", "fee", request, "--waive", "34 CFR 99.11(a)", *CUSTODIAN)
    text = written("acknowledgement", "--request", request, "--student-name", "Caleb Brandt")
    assert "(RSMo 610.023.3)" in text
    assert "we have to let you see it (34 CFR 99.10(b)). That is 45 days after" in text
    assert "You do not have to pay anything." in text


def test_a_request_is_denied_by_the_provisions_of_its_shares_and_of_its_closing(district: District) -> None:
    for key in (TEAM, SCIENCE_LAB):
        district.upload(key)
    call("tag", TEAM, "--directory", "not_eligible", "--unidentified", "0", *CUSTODIAN)
    request = received(district, TEAM, SCIENCE_LAB, "--described", "all of the team")
    assert answer(request, TEAM).code == 4
    (waiting,) = [each["id"] for each in call("queue", "list", "--json").objects()]
    assert finding(waiting, "meaning", "destroyed").code == 3
    made = call("letter", "write", "denial", "--request", request, *CUSTODIAN, "--json").object()
    assert f"request close {request} --outcome denied --why 'letter {made['id']}'" in made["next"]
    closing = ("--outcome", "denied", "--why", "a matter of staff", "--provision", "RSMo 610.021(3)")
    assert call("request", "close", request, *closing, *CUSTODIAN).code == 0
    text = written("denial", "--request", request)
    assert "The law: 34 CFR 99.3; RSMo 610.021(14)." in text
    assert "The law does not let us give it out: RSMo 610.021(3)." in text
    assert "matter of staff" not in text
    assert text.count(": all of it (") == 1
    assert_tells_nobody(district, text)
    assert "Ley de Transparencia" in written("denial", "--request", request, "--lang", "es")
    call("request", "reasons", request, *CUSTODIAN)
    again = call("letter", "write", "denial", "--request", request, *CUSTODIAN, "--json").object()
    assert again["next"] == f"dam-plugin request reasons {request} --given --as custodian:records-office"
    printed = call("request", "show", request).out
    assert made["id"] in printed
    assert len(call("letter", "list", "--request", request, "--json").objects()) == 4


def test_a_request_that_is_granted_in_part_gets_the_rest_and_the_places_that_are_hidden(district: District) -> None:
    for key in (TEAM, CROWD):
        district.upload(key)
    request = received(district, TEAM, CROWD)
    assert [answer(request, key).code for key in (TEAM, CROWD)] == [0, 0]
    text = written("redacted-release", "--request", request)
    assert "% from the left and" in text
    assert "(34 CFR 99.30; RSMo 610.021(14))" in text
    assert text.count("(recording R-") == 1
    assert_tells_nobody(district, text)
    spanish = written("redacted-release", "--request", request, "--lang", "es")
    assert "% de la izquierda y" in spanish
    assert "it was answered 'allow, redact'" in call("letter", "write", "denial", "--request", request, *CUSTODIAN).err


def test_the_delay_of_a_request_is_explained_as_the_register_has_it(district: District) -> None:
    district.upload(CROWD)
    request = received(district, CROWD)
    day = district.services.now().date() + timedelta(days=20)
    lacking = call("letter", "write", "extension", "--request", request, *CUSTODIAN)
    assert "--cause, --place, --earliest" in lacking.err
    delay = ("--cause", "it takes long", "--place", "the main office", "--earliest", f"{day} 09:30")
    first = call("letter", "write", "extension", "--request", request, *delay, *CUSTODIAN, "--json").object()
    assert first["next"].startswith(f"dam-plugin request extend {request} --cause")
    assert call("request", "extend", request, *delay, *CUSTODIAN).code == 0
    text = written("extension", "--request", request)
    assert f"The earliest time: {day:%B} {day.day}, {day.year}, at 9:30 a.m." in text
    assert "This does not change" not in text
    spanish = call("letter", "write", "extension", "--request", request, "--lang", "es", *CUSTODIAN)
    assert "give --cause and --place in the letter's language" in spanish.err
    words = ("--cause", "tarda mucho", "--place", "la oficina principal")
    assert "tarda mucho" in written("extension", "--request", request, "--lang", "es", *words)


def test_what_the_district_does_not_have_was_asked_for_in_words(district: District) -> None:
    request = received(district, "--described", "the game of 1987")
    made = call("letter", "write", "no-such-record", "--request", request, *CUSTODIAN, "--json").object()
    assert "We have no such recording." in " ".join(made["text"].split())
    assert "1987" not in made["text"]
    assert "--outcome no-such-record" in made["next"]
    closed = call("request", "close", request, "--outcome", "no-such-record", "--why", "looked for", *CUSTODIAN)
    assert closed.code == 0
    denial = call("letter", "write", "denial", "--request", request, "--provision", "RSMo 610.021(14)", *CUSTODIAN)
    assert f"{request} is no such record: a letter 'denial' would say something else" in denial.err
    assert "no request has the id given" in call("letter", "write", "denial", "--request", "RQ-9", *CUSTODIAN).err


@pytest.mark.parametrize("how", ["a key", "a folder", "a glob"])
def test_there_is_a_record_where_the_library_has_what_a_request_names(district: District, how: str) -> None:
    district.upload(TEAM)
    named = {"a key": TEAM, "a folder": f"{TEAM.rpartition('/')[0]}/", "a glob": f"{TEAM[:-4]}*"}[how]
    request, short = received(district, named), district.services.pseudonyms.outside(TEAM)
    close = ("request", "close", request, "--outcome", "no-such-record", "--why", "looked for", *CUSTODIAN)
    for said in (refused("no-such-record", "--request", request), " ".join(call(*close).err.split())):
        assert f"the library has, or had, what {request} names: {short} is in the library" in said
    assert "We have no such recording." in written("no-such-record", "--request", request, "--not-about", short.lower())
    assert call(*close, "--not-about", TEAM).code == 0
    assert f"Not about: {short}" in call("request", "show", request, *CUSTODIAN).out
    # What the closing says holds for the letters that follow.
    assert "We have no such recording." in written("no-such-record", "--request", request)


def test_what_left_a_folder_without_the_schedule_was_there(district: District) -> None:
    for key in (TEAM, PEP_RALLY):
        district.upload(key)
    district.services.library.delete(PEP_RALLY)
    district.pm.hook.asset_deleted(event=AssetEvent(PEP_RALLY))
    short = district.services.pseudonyms.outside(PEP_RALLY)
    excepted = ("--request", received(district, "events/athletics/"), "--not-about", TEAM)
    assert f"{short} was in it, and was not destroyed" in refused("no-such-record", *excepted)
    assert "We have no such recording." in written("no-such-record", *excepted, "--not-about", short)


def test_there_is_a_record_where_the_student_who_is_named_is_in_the_library(district: District) -> None:
    district.upload(TEAM)
    hannah, mother = district.student(HANNAH), f"parent:{district.guardian(HANNAH_MOTHER)}"
    words = ("--described", f"{hannah} at the game of 1987")
    request = received(district, *words, who=mother, purpose="inspection")
    said = refused("no-such-record", "--request", request)
    assert f"{hannah} is tagged in a recording of the library" in said
    words = ("--request", request, "--not-about", hannah, *CUSTODIAN)
    made = call("letter", "write", "no-such-record", *words, "--json").object()
    assert f"--not-about {hannah} --as custodian" in made["next"]
    close = ("request", "close", request, "--outcome", "no-such-record", "--why", "looked for", *CUSTODIAN)
    assert (call(*close).code, call(*close, "--not-about", hannah).code) == (1, 0)


@pytest.mark.parametrize("who", ["public:reporter-7", "another parent", "law_enforcement:deputy-4"])
def test_a_stranger_who_names_a_student_is_not_told_that_there_is_no_such_record(district: District, who: str) -> None:
    """Neither where there is none, nor where the custodian looked and it is about another recording."""
    district.upload(TEAM)
    asks = f"parent:{district.guardian(CALEB_FATHER)}" if who == "another parent" else who
    purpose = "inspection" if who == "another parent" else "news" if who.startswith("public") else "legal request"
    with_one = received(
        district, "--described", "the fight", "--student", district.student(HANNAH), who=asks, purpose=purpose
    )
    with_none = received(
        district, "--described", "the fight", "--student", district.student(INES), who=asks, purpose=purpose
    )
    close = ("--outcome", "no-such-record", "--why", "looked for", *CUSTODIAN)
    for request, options in ((with_one, ("--not-about", district.student(HANNAH))), (with_none, ())):
        closed = call("request", "close", request, *close, *options)
        said = " ".join(closed.err.split())
        assert (closed.code, f"`dam-plugin request close {request} --outcome denied --why TEXT`" in said) == (1, True)
        letter = refused("no-such-record", "--request", request, *options)
        assert f"`dam-plugin letter write denial --request {request}`" in letter
        assert "would tell whether there is a record of that student (34 CFR 99.3" in letter
    denied_in_register(with_one)
    denied_in_register(with_none)
    texts = [written("denial", "--request", each).replace(each, "RQ") for each in (with_one, with_none)]
    assert texts[0] == texts[1]
    assert "It does not let us say whether there are any." in texts[0]
    kept = [call("request", "show", each, "--json").object()["closing"]["provisions"] for each in (with_one, with_none)]
    assert kept == [["34 CFR 99.3; RSMo 610.021(14)"]] * 2


def test_who_may_learn_it_is_told_that_there_is_no_such_record(district: District) -> None:
    """The family, also where it names another student beside its own, whom the law gives records, and who names nobody."""
    ines, mother = district.student(INES), f"parent:{district.guardian(INES_MOTHER)}"
    words = ("--described", "the fight", "--student", ines)
    for who, purpose, more in (
        (mother, "inspection", words),
        (mother, "inspection", (*words, "--student", district.student(HANNAH))),
        ("other_school:lincoln-high", "transfer", words),
        ("court:circuit", "legal request", (*words, "--paper", "subpoena", "--return", str(TODAY + timedelta(days=9)))),
        ("public:reporter-7", "news", ("--described", "the game of 1987")),
    ):
        request = received(district, *more, who=who, purpose=purpose)
        if "--paper" in more:
            assert call("request", "order", request, "--verified", "counsel called the clerk", *CUSTODIAN).code == 0
        assert "We have no such recording." in written("no-such-record", "--request", request), who
        close = ("request", "close", request, "--outcome", "no-such-record", "--why", "looked for", *CUSTODIAN)
        assert call(*close).code == 0, who


def test_a_referral_of_a_stranger_who_names_a_student_is_answered_by_the_denial(district: District) -> None:
    district.upload(TEAM)
    call("tag", TEAM, "--directory", "not_eligible", *CUSTODIAN)
    asked_for = ("share", TEAM, "--to", "public", "--purpose", "news", "--name", district.student(HANNAH), "--json")
    referral = call(*asked_for).object()["referrals"][0]["id"]
    said = refused("no-such-record", "--referral", referral, "--not-about", TEAM)
    assert f"`dam-plugin letter write denial --referral {referral}`" in said


def test_a_stranger_who_names_a_student_is_not_told_that_a_recording_was_lost(district: District) -> None:
    district.upload(TEAM)
    request = received(district, TEAM, "--student", district.student(HANNAH))
    for each in list(district.services.library.versions(TEAM)):
        district.services.library.delete(TEAM, each.version_id)
    assert district.pm.hook.asset_deleted(event=AssetEvent(TEAM))
    close = ("request", "close", request, "--why", "a disk failed", *CUSTODIAN)
    closed = call(*close, "--outcome", "lost", "--tried", "both backups")
    assert (closed.code, "--outcome denied" in " ".join(closed.err.split())) == (1, True)
    assert "letter write denial" in refused("lost", "--request", request, *LOST)
    assert call(*close, "--outcome", "denied").code == 0
    assert "It does not let us say whether there are any." in written("denial", "--request", request)


def test_what_a_request_does_not_name_is_no_exception_of_it(district: District) -> None:
    district.upload(TEAM)
    request = received(district, "--described", "the game of 1987")
    assert f"is not among what {request} names" in refused("no-such-record", "--request", request, "--not-about", TEAM)
    other = refused("denial", "--request", request, "--not-about", TEAM)
    assert "--not-about belongs to other letters (no-such-record)" in other
    close = (
        "request",
        "close",
        request,
        "--why",
        "x",
        "--provision",
        "RSMo 610.021(1)",
        "--not-about",
        TEAM,
        *CUSTODIAN,
    )
    assert "--not-about belongs to --outcome no-such-record" in call(*close, "--outcome", "denied").err


def test_of_somebody_whom_a_stranger_asks_for_no_recording_is_listed(district: District) -> None:
    district.upload(TEAM)
    hannah = district.student(HANNAH)
    request = received(district, TEAM, "--student", hannah)
    acknowledged = written("acknowledgement", "--request", request)
    assert "(recording R-" not in acknowledged
    named = ("share", TEAM, "--to", "public:reporter-7", "--purpose", "news", "--request", request, "--name", hannah)
    assert call(*named, *CUSTODIAN).code in (3, 4)
    for each in call("queue", "list", "--json").objects():
        finding(each["id"], "meaning", "destroyed")
    text = written("denial", "--request", request)
    assert "It does not let us say whether there are any." in text
    assert "(recording R-" not in text
    assert_tells_nobody(district, text)


def denied_in_register(request: str, *provisions: str) -> None:
    cited = [part for each in provisions for part in ("--provision", each)]
    closed = call("request", "close", request, "--outcome", "denied", "--why", "no", *cited, *CUSTODIAN)
    assert closed.code == 0, closed.text


@pytest.mark.parametrize("provision", ["34 CFR 99.3", "34 CFR 99.30", "RSMo 610.021(6)"])
def test_a_denial_in_words_to_a_stranger_who_names_a_student_says_the_one_sentence(
    district: District, provision: str
) -> None:
    """The same whatever the office closed it by: with a recording, and with none."""
    district.upload(TEAM)
    call("tag", TEAM, "--directory", "not_eligible", *CUSTODIAN)
    hannah = district.student(HANNAH)
    found = received(district, TEAM, "--student", hannah)
    assert answer(found, TEAM).code in (3, 4)
    for each in call("queue", "list", "--json").objects():
        finding(each["id"], "meaning", "destroyed")
    denied_in_register(found)
    none = received(district, "--described", "the fight in the hallway", "--student", hannah)
    denied_in_register(none, provision)
    for language in ("en", "es"):
        texts = [written("denial", "--request", each, "--lang", language) for each in (found, none)]
        assert texts[0].replace(found, none) == texts[1]
    english = written("denial", "--request", none)
    assert "It does not let us say whether there are any. The law: 34 CFR 99.3; RSMo 610.021(14)." in english
    assert "The law does not let us give it out" not in english
    assert "ni decir si los hay. La ley: 34 CFR 99.3; RSMo 610.021(14)." in texts[1]


def test_a_provision_that_tells_of_a_record_is_typed_into_no_letter_to_a_stranger_who_names_a_student(
    district: District,
) -> None:
    request = received(district, "--described", "the fight", "--student", district.student(HANNAH))
    said = refused("denial", "--request", request, "--provision", "RSMo 610.021(6)")
    assert "'RSMo 610.021(6)' would tell that there is a record (34 CFR 99.3). Leave it out" in said
    assert "It does not let us say" in written("denial", "--request", request, "--provision", "34 CFR 99.30")


def test_a_parent_whose_rights_an_order_limits_is_told_of_the_order_and_of_no_recording(district: District) -> None:
    caleb, father = district.student(CALEB), district.guardian(CALEB_FATHER)
    who = {"who": f"parent:{father}", "purpose": "inspection"}
    request = received(district, "--described", "the hallway", "--student", caleb, **who)
    call("student", "guardian", "limit", caleb, father, "--seen", "an order", *revoking(), *CUSTODIAN)
    denied_in_register(request, "34 CFR 99.4")
    text = written("denial", "--request", request)
    assert "It does not let us say whether there are any." in text
    assert "A court order limits what we may give you. The law: 34 CFR 99.4; RSMo 610.021(14)." in text


SAYS_NOTHING = (
    "We give you what the law lets us give you. Without written consent, it does not let us give out anything else"
)


def test_a_release_to_a_parent_whose_rights_are_limited_meanwhile_contradicts_nothing(district: District) -> None:
    """What was given while they held the rights was given; of the rest the letter does not say whether there is any."""
    for key in (TEAM, PORTRAIT):
        district.upload(key)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    to = {"who": f"parent:{mother}", "purpose": "inspection"}
    request = received(district, TEAM, PORTRAIT, "--student", hannah, **to)
    assert answer(request, PORTRAIT, f"parent:{mother}", "inspection").code == 0
    limit = call("student", "guardian", "limit", hannah, mother, "--seen", "an order", *revoking(), *CUSTODIAN)
    assert limit.code == 0, limit.text
    assert answer(request, TEAM, f"parent:{mother}", "inspection").code in (3, 4)
    for each in call("queue", "list", "--json").objects():
        call("queue", "close", each["id"], "--why", "the order", *CUSTODIAN)
    text = written("redacted-release", "--request", request, "--provision", "34 CFR 99.4")
    assert "This is our answer to your request." in text
    assert SAYS_NOTHING in text
    assert "whether there is anything else. The law: 34 CFR 99.3; RSMo 610.021(14)." in text
    assert "A court order limits what we may give you. The law: 34 CFR 99.4" in text
    for said in ("whether there are any", "a part of what you asked for", "keep it back", "(recording R-"):
        assert said not in text
    spanish = written("redacted-release", "--request", request, "--lang", "es")
    assert "Esta es nuestra respuesta a su solicitud." in spanish
    assert "ni decir si hay algo más." in spanish
    for said in ("si los hay", "una parte de lo que usted pidió", "no lo entregamos"):
        assert said not in spanish


def test_a_release_to_a_stranger_who_names_a_student_reads_the_same_where_nothing_is_withheld(
    district: District,
) -> None:
    for key in (TEAM, GRADUATION):
        district.upload(key)
    call("tag", TEAM, "--directory", "not_eligible", *CUSTODIAN)
    hannah = district.student(HANNAH)
    both = received(district, TEAM, GRADUATION, "--student", hannah)
    assert answer(both, TEAM).code in (3, 4)
    for each in call("queue", "list", "--json").objects():
        finding(each["id"], "meaning", "destroyed")
    whole = received(district, GRADUATION, "--student", hannah)
    for request in (both, whole):
        assert answer(request, GRADUATION).code == 0
    made = [
        call("letter", "write", "redacted-release", "--request", each, *CUSTODIAN, "--json").object()
        for each in (both, whole)
    ]
    texts = [" ".join(each["text"].split()) for each in made]
    assert texts[0].replace(both, whole) == texts[1]
    assert SAYS_NOTHING in texts[0]
    for each, outcome in zip(made, ("partly", "granted"), strict=True):
        assert f"--outcome {outcome} " in each["next"]
    assert call("request", "close", whole, "--outcome", "granted", "--why", "sent", *CUSTODIAN).code == 0
    assert SAYS_NOTHING in written("redacted-release", "--request", whole)


def test_what_ferpa_alone_protects_is_cited_with_what_closes_it(district: District) -> None:
    request = received(district, "--described", "the game")
    denied_in_register(request, "34 CFR 99.30")
    said = "The law does not let us give it out: 34 CFR 99.30; RSMo 610.021(14)."
    assert said in written("denial", "--request", request)
    assert "34 CFR 99.30; RSMo 610.021(14)" in call("request", "log", request, "--exemptions").out


def test_a_recording_is_called_by_an_event_that_names_nobody_and_by_its_day(district: District) -> None:
    district.upload(CROWD)
    events = ("Caleb Brandt's birthday", "Caleb's day", "Harvest \x1b[31m", "Fall Concert")
    with district.services.store.writing() as unit:
        unit._session.execute(update(AssetRow).values(about=About(events, taken="2026:10:05 19:30:00")))
    request = received(district, CROWD)
    text = written("acknowledgement", "--request", request)
    assert '- "Fall Concert", October 5, 2026 (recording R-' in text
    assert "Caleb" not in text
    with district.services.store.writing() as unit:
        unit._session.execute(update(AssetRow).values(about=About(events[:3])))
    assert "- a recording (recording R-" in written("acknowledgement", "--request", request)


def test_a_letter_about_a_referral_is_kept_with_the_request_that_it_answers(district: District) -> None:
    district.upload(SCIENCE_LAB)
    request = received(district, SCIENCE_LAB)
    assert answer(request, SCIENCE_LAB).code == 4
    (waiting,) = [each["id"] for each in call("queue", "list", "--json").objects()]
    text = written("acknowledgement", "--referral", waiting)
    assert f"Your request {request}" in text
    (kept,) = call("letter", "list", "--request", request, "--json").objects()
    assert (kept["referral"], kept["request"]) == (waiting, request)


def test_no_letter_of_a_request_speaks_of_a_protected_student(district: District) -> None:
    with district.services.store.writing() as unit:
        unit.people.mark_protected(district.student(INES), "other", district.services.now())
    district.upload(TEAM)
    request = received(district, TEAM)
    asks = ("share", TEAM, "--to", "public:reporter-7", "--purpose", "news", "--request", request, "--json")
    answered = call(*asks, *CUSTODIAN).object()
    assert "PROTECTED" in {each["clause"] for each in answered["reasons"]}
    kind = {"redact": "redacted-release", "deny": "denial"}[answered["outcome"]]
    for language in ("en", "es"):
        text = written(kind, "--request", request, "--lang", language)
        assert not any(
            each in text.casefold() for each in ("589", "address", "contact order", "confidencial", "proteg")
        )
        assert "34 CFR 99.30" in text
        assert_tells_nobody(district, text)


def test_no_request_of_the_register_is_answered_by_an_order_that_nobody_is_told_of(district: District) -> None:
    district.upload(HALLWAY)
    Path("order.yaml").write_text(SECRET.replace("verified: true", "verified: false"), "utf-8")
    request = received(district, HALLWAY, who="court:circuit", purpose="court order")
    asks = ("share", HALLWAY, "--to", "court:circuit", "--purpose", "court order", "--evidence", "order.yaml")
    refused_share = call(*asks, "--request", request, *CUSTODIAN)
    assert (refused_share.code, "share without --request" in refused_share.err) == (1, True)


# Families


def test_a_notice_of_a_subpoena_goes_to_each_family_and_names_no_other_student(district: District) -> None:
    referral, students = subpoena(district)
    caleb = district.student(CALEB)
    assert caleb in students
    more = ("--court", "Circuit Court of Greene County", "--case-number", "26GR-CV00417", "--answer-on", "2099-01-05")
    about = ("--referral", referral, "--student", caleb, "--student-name", "Caleb Brandt")
    text = written("subpoena-notice", *about, *more, "--name", "Ms. Dana Brandt")
    assert "A subpoena asks for school records about your child Student: Caleb Brandt" in text
    assert "(34 CFR 99.31(a)(9)(ii))" in text
    assert "Circuit Court of Greene County - Case number: 26GR-CV00417" in text
    assert "We will answer it" not in text or "January 5, 2099" in text
    assert "You may ask the court to stop it or to limit it." in text
    assert_tells_nobody(district, text, but={"Caleb Brandt", "Dana Brandt"})
    spanish = written("subpoena-notice", *about, *more, "--lang", "es", "--greeting", "Estimada Sra. Brandt")
    assert "Estimada Sra. Brandt:" in spanish
    assert "La ley nos pide avisarle antes de hacerlo" in spanish
    assert_tells_nobody(district, spanish, but={"Caleb Brandt"})


def test_a_notice_is_written_only_to_a_family_whom_the_recording_is_about(district: District) -> None:
    referral, _ = subpoena(district)
    assert "--student S-…" in refused("subpoena-notice", "--referral", referral)
    other = ("--referral", referral, "--student", district.student(SOFIA))
    assert "is not about the student given" in refused("subpoena-notice", *other)


def test_a_family_is_told_before_the_order_is_answered(district: District) -> None:
    referral, students = subpoena(district)
    today = district.services.now().date().isoformat()
    about = ("--referral", referral, "--student", students[0], "--answer-on", today)
    said = refused("subpoena-notice", *about)
    assert "is not after today: give a later day" in said
    assert "letter effort … --at-once WORDS" in said


def test_an_order_that_nobody_is_told_of_has_no_notice_and_no_effort(district: District) -> None:
    district.upload(HALLWAY)
    referral = asked(HALLWAY, "court:circuit", "court order")
    Path("order.yaml").write_text(SECRET.replace("verified: true", "verified: false"), "utf-8")
    Path("paper.pdf").write_bytes(b"%PDF-1.4\n% a subpoena\n")
    stated = finding(referral, "evidence", "--evidence", "order.yaml", "--file", "paper.pdf", "--json").object()
    goes_on = stated["referral"]["id"]
    caleb = ("--referral", goes_on, "--student", district.student(CALEB))
    assert "is sealed, so no letter is kept here" in refused("subpoena-notice", *caleb)
    assert "and no effort to tell a family" in call("letter", "effort", *caleb, "--what", "two calls", *CUSTODIAN).err


def test_no_letter_about_the_same_recording_speaks_of_an_order_that_nobody_is_told_of(district: District) -> None:
    """The answer to a mother of a student in it, while a sealed order for it waits."""
    district.upload(HALLWAY)
    sealed = asked(HALLWAY, "court:circuit", "court order")
    Path("order.yaml").write_text(SECRET.replace("verified: true", "verified: false"), "utf-8")
    Path("paper.pdf").write_bytes(b"%PDF-1.4\n% a subpoena\n")
    assert finding(sealed, "evidence", "--evidence", "order.yaml", "--file", "paper.pdf").code == 0
    father = f"parent:{district.guardian(CALEB_FATHER)}"
    referral = call("share", HALLWAY, "--to", father, "--purpose", "inspection", "--json").object()
    about = ("--referral", referral["referrals"][0]["id"], "--provision", "34 CFR 99.8")
    for kind in ("acknowledgement", "denial"):
        text = written(kind, *(about if kind == "denial" else about[:2]))
        assert not any(each in text for each in ("subpoena", "order", "99.31", sealed))
    # A letter to those who brought it would be seen among the others.
    ended = call("letter", "write", "denial", "--referral", sealed, "--provision", "RSMo 610.021(14)", *CUSTODIAN)
    assert (ended.code, "no letter is kept here" in ended.err) == (1, True)


def test_the_effort_to_reach_families_leads_to_the_answer_of_a_subpoena(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral, students = subpoena(district)
    first, *others = students
    letter = call(
        "letter", "write", "subpoena-notice", "--referral", referral, "--student", first, *CUSTODIAN, "--json"
    )
    after = letter.object()["next"]
    assert after.startswith(f"dam-plugin letter effort --referral {referral} --student {first} --letter lt-")
    about = ("--referral", referral, *CUSTODIAN, "--evidence", "told.yaml", "--json")
    made = call(
        "letter", "effort", "--student", first, "--letter", letter.object()["id"], "--what", "sent by mail", *about
    )
    told = made.object()
    assert (told["told"], told["left"]) == ([first], others)
    assert f"letter write subpoena-notice --referral {referral} --student {others[0]}" in told["next"]
    # Its words are an untold family's: stating it now would not release anything.
    assert finding(referral, "evidence", "--evidence", "told.yaml").code == 4
    for each in others:
        told = call(
            "letter", "effort", "--student", each, "--what", "two calls, 3 and 5 October; no answer", *about
        ).object()
    assert told["left"] == []
    assert f"queue finding {referral} evidence --evidence told.yaml" in told["next"]
    assert yaml.safe_load(Path("told.yaml").read_text("utf-8")) == {
        "order": {"kind": "subpoena", "verified": True, "notice_required": True, "notified": students}
    }
    assert stat.S_IMODE(Path("told.yaml").stat().st_mode) == 0o600
    stated = finding(referral, "evidence", "--evidence", "told.yaml", "--json").object()
    # It is a recording of discipline: a second person approves what loosens.
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    ended = call("queue", "approve", stated["finding"], *CUSTODIAN, "--json")
    assert (ended.code, set(ended.object()["answer"]["basis"].values())) == (0, {"EX7"})


def test_a_recording_goes_out_on_the_day_that_the_families_were_told_and_not_before(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral, students = subpoena(district)
    about = ("--referral", referral, *CUSTODIAN, "--json")
    day = (district.services.now() + timedelta(days=6)).date().isoformat()
    call("letter", "write", "subpoena-notice", "--student", students[0], "--answer-on", day, *about)
    for each in students:
        call("letter", "effort", "--student", each, "--what", "sent by mail", "--evidence", "told.yaml", *about)
    assert yaml.safe_load(Path("told.yaml").read_text("utf-8"))["order"]["answer_on"] == day
    stated = finding(referral, "evidence", "--evidence", "told.yaml", "--json").object()
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    if stated["state"] == "pending":
        stated = call("queue", "approve", stated["finding"], *CUSTODIAN, "--json").object()
    assert (stated["answer"]["outcome"], stated["answer"]["token"]) == ("refer", None)
    assert any(day in each for each in stated["answer"]["why_not"])
    (why,) = [each["text"] for each in stated["answer"]["reasons"] if each["clause"] == "EX7-NOTICE"]
    assert why.startswith(f"Every family was told that the order is answered on {day}: until that day they can object")
    (can,) = [each["remedy"] for each in stated["answer"]["reasons"] if each["clause"] == "EX7-NOTICE"]
    assert can.startswith(f"Every family was told: wait until {day}")
    needed = call("queue", "show", referral, "--json").object()["needed"]
    assert [each["remedy"] for each in needed if each["clause"] == "EX7-NOTICE"] == [can]
    outside = [each["text"] for each in stated["answer"]["outside"]]
    in_words = day_in_words(date.fromisoformat(day), "en")
    assert [each for each in outside if each.endswith(f"on which the order is answered ({in_words}).")]
    assert not [each for each in outside if "We answer once all" in each]
    asks = ("share", HALLWAY, "--to", "court:circuit", "--purpose", "court order", "--evidence", "told.yaml")
    assert call(*asks, *CUSTODIAN).code == 4


def test_where_a_family_was_not_told_the_reason_says_so(district: District) -> None:
    referral, students = subpoena(district)
    day = (district.services.now() + timedelta(days=6)).date().isoformat()
    about = ("--referral", referral, *CUSTODIAN, "--json")
    call("letter", "write", "subpoena-notice", "--student", students[0], "--answer-on", day, *about)
    call("letter", "effort", "--student", students[0], "--what", "by mail", "--evidence", "told.yaml", *about)
    finding(referral, "evidence", "--evidence", "told.yaml")
    told = call("queue", "show", referral, "--json").object()
    (why,) = [each["text"] for each in told["needed"] if each["clause"] == "EX7-NOTICE"]
    assert "not every parent (or student, once 18) has been told in advance" in why
    (can,) = [each["remedy"] for each in told["needed"] if each["clause"] == "EX7-NOTICE"]
    assert can == "Say who is in it and tell their parents (or the students, once 18)."


def test_one_custodians_word_that_families_were_told_waits_for_another(district: District) -> None:
    _, students = subpoena(district)
    Path("typed.yaml").write_text(ORDER.replace("}", f", notified: [{', '.join(students)}]}}"), "utf-8")
    asks = ("share", HALLWAY, "--to", "public:attorney", "--purpose", "lawsuit", "--evidence", "typed.yaml")
    answer = call(*asks, *CUSTODIAN, "--json")
    assert (answer.code, answer.object()["outcome"]) == (4, "refer")
    (why,) = answer.object()["why_not"]
    assert "`order.notified` counts once a second person has confirmed it" in why
    (referral,) = answer.object()["referrals"]
    assert finding(referral["id"], "reviewed", "--json").object()["state"] == "pending"


def test_an_effort_is_the_custodians_and_says_what_was_done(district: District) -> None:
    referral, students = subpoena(district)
    about = ("letter", "effort", "--referral", referral, "--student", students[0])
    assert "add --as custodian:NAME" in call(*about, "--what", "two calls").err
    assert "say in at most 2,000 characters" in call(*about, "--what", "  ", *CUSTODIAN).err
    assert "say in at most 2,000 characters" in call(*about, "--what", "x" * 2_001, *CUSTODIAN).err
    assert "is still to come" in call(*about, "--what", "a call", "--on", "2099-01-01", *CUSTODIAN).err
    assert "no letter has the id given" in call(*about, "--what", "a call", "--letter", "lt-none", *CUSTODIAN).err
    other = call(
        "letter", "write", "subpoena-notice", "--referral", referral, "--student", students[1], *CUSTODIAN, "--json"
    )
    wrong = call(*about, "--what", "sent", "--letter", other.object()["id"], *CUSTODIAN)
    assert "is no notice of this order to this family" in wrong.err
    sofia = call(*about[:-1], district.student(SOFIA), "--what", "a call", *CUSTODIAN)
    assert "is not about the student given" in sofia.err
    entries = [
        each
        for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
        if each["kind"] == "notice-effort"
    ]
    assert entries == []


def test_an_effort_is_in_the_ledger_without_its_words(district: District) -> None:
    referral, students = subpoena(district)
    call(
        "letter", "effort", "--referral", referral, "--student", students[0], "--what", "two calls to Dana", *CUSTODIAN
    )
    printed = call("ledger", "show", "--as", "custodian:records-office", "--json").out
    assert '"notice-effort"' in printed
    assert "Dana" not in printed
    assert call("ledger", "verify").code == 0
    shown = call("queue", "show", referral, *CUSTODIAN)
    assert ("two calls to Dana" in shown.text, "two calls to Dana" in call("queue", "show", referral).text) == (
        True,
        False,
    )
    (told,) = call("queue", "show", referral, *CUSTODIAN, "--json").object()["efforts"]
    assert (told["student"], told["what"]) == (students[0], "two calls to Dana")
    # It proves the notice of 34 CFR 99.31(a)(9)(ii), also once the referral is closed.
    forget = ("ledger", "forget", "--student", students[0], "--why", "left the district", *CUSTODIAN)
    assert call(*forget).code == 0
    call("queue", "close", referral, "--why", "withdrawn", *CUSTODIAN)
    assert call(*forget).code == 0
    (kept,) = call("ledger", "show", "--as", "custodian:records-office", "--kind", "notice-effort", "--json").objects()
    assert kept["details"]["referral"] == referral


def test_an_offer_goes_to_one_family_and_names_no_other(district: District) -> None:
    district.upload(TEAM)
    call("tag", TEAM, "--directory", "not_eligible", *CUSTODIAN)
    finding(asked(TEAM), "meaning", "destroyed")
    mother = district.guardian(INES_MOTHER)
    assert call("share", TEAM, "--to", f"parent:{mother}", "--purpose", "inspection", *CUSTODIAN).code == 0
    offer = next(each for each in call("queue", "list", "--json").objects() if each["kind"] == "offer")
    ended = call("letter", "write", "offer", "--referral", offer["id"], *CUSTODIAN, "--json").object()
    text = " ".join(ended["text"].split())
    assert "We keep a recording that is about your child:" in text
    assert "(34 CFR 99.10 and 99.12(a))" in text
    assert_tells_nobody(district, text)
    assert ended["next"] == (
        f"dam-plugin queue finding {offer['id']} offered --how 'letter {ended['id']}' --as custodian:records-office"
    )
    other = call("letter", "write", "offer", "--referral", offer["id"], "--student", district.student(INES), *CUSTODIAN)
    assert "is the offer to another family" in other.err
    assert "Por eso se la ofrecemos." in written("offer", "--referral", offer["id"], "--lang", "es")
    assert "nobody asked for" in call("letter", "write", "denial", "--referral", offer["id"], *CUSTODIAN).err


def test_an_opt_out_is_confirmed_with_what_it_means(district: District) -> None:
    hannah = district.student(HANNAH)
    call("student", "opt-out", hannah, "--purpose", "school website", *CUSTODIAN)
    about = ("--opt-out", hannah, "--student-name", "Hannah Lindqvist")
    text = written("opt-out-confirmed", *about)
    assert "(34 CFR 99.37)" in text
    assert "for every purpose" in text
    assert "on, for: website" in text
    ends = (
        "until a parent, or the student once the rights are the student's, ends it in writing or signs a later consent."
    )
    assert f"Your no stays in force {ends}" in " ".join(text.split())
    assert_tells_nobody(district, text, but={"Hannah Lindqvist"})
    spanish = written("opt-out-confirmed", *about, "--lang", "es")
    assert "para cualquier fin" in spanish
    assert "para: el sitio web" in spanish


def died(district: District, name: str) -> str:
    """Have the roster say that a student has died; return the student's pseudonym."""
    on = district.services.now().date() - timedelta(days=60)
    with district.services.store.reading() as unit:
        students = unit.people.students()
    told = tuple(replace(each, died=on) if each.roster_id == name else each for each in students)
    choices.import_roster(
        district.services, RosterImport(told, tells_deaths=True), Actor("custodian", "records-office")
    )
    return district.student(name)


def test_a_letter_about_a_student_who_died_tells_the_family_so_with_sympathy(district: District) -> None:
    hannah = died(district, HANNAH)
    call("student", "opt-out", hannah, *CUSTODIAN)
    about = ("--opt-out", hannah, "--student-name", "Hannah Lindqvist")
    text = written("opt-out-confirmed", *about)
    assert "We are deeply sorry for your loss." in text
    assert "sound recordings of Hannah Lindqvist as directory information" in text
    assert "your child" not in text
    spanish = written("opt-out-confirmed", *about, "--lang", "es")
    assert "Lamentamos profundamente su pérdida." in spanish
    assert "hijo" not in spanish


def test_what_is_withheld_from_a_family_that_lost_a_student_is_told_without_your_child(district: District) -> None:
    district.upload(TEAM)
    call("tag", TEAM, "--directory", "not_eligible", *CUSTODIAN)
    died(district, INES)
    mother = district.guardian(INES_MOTHER)
    today = str(district.services.now().date())
    words = ("--from", f"parent:{mother}", "--channel", "letter", "--purpose", "inspection", "--received", today)
    assert call("request", "add", TEAM, *words, *CUSTODIAN).code == 0
    share = ("--to", f"parent:{mother}", "--purpose", "inspection", "--request", "RQ-000001")
    assert call("share", TEAM, *share, *CUSTODIAN, "--json").object()["outcome"] == "redact"
    assert "what is about your family." in written("redacted-release", "--request", "RQ-000001")
    assert "lo que trata de su familia." in written("redacted-release", "--request", "RQ-000001", "--lang", "es")
    about = ("acknowledgement", "--request", "RQ-000001", "--student-name", "Inés Muñoz")
    assert "We are deeply sorry for your loss. This letter is about Inés Muñoz." in written(*about)
    assert "Lamentamos profundamente su pérdida. Esta carta trata de Inés Muñoz." in written(*about, "--lang", "es")


def test_where_no_opt_out_is_in_force_nothing_is_confirmed(district: District) -> None:
    assert "no opt-out of this student is in force" in refused(
        "opt-out-confirmed", "--opt-out", district.student(CALEB)
    )
    assert "no student has the id given" in refused("opt-out-confirmed", "--opt-out", "S-000000000000")


def test_a_consent_is_confirmed_with_how_to_take_it_back(district: District) -> None:
    options = ("--purpose", "yearbook", "--signed-by", district.guardian(CALEB_FATHER), "--signed-on", "2026-09-01")
    more = (
        "--party",
        "jostens",
        "--party",
        district.guardian(INES_MOTHER),
        "--expires",
        "2099-06-30",
        "--proof",
        "drawer 3",
    )
    consent = call("consent", "add", district.student(CALEB), *options, *more, *CUSTODIAN, "--json").object()["consent"]
    text = written("consent-confirmed", "--consent", consent)
    assert "What for: yearbook" in text
    assert "Who may get the recordings: jostens, a person whom the consent names" in text
    assert "Signed on: September 1, 2026" in text
    assert "It holds through June 30, 2099." in text
    assert "You may take it back at any time." in text
    assert_tells_nobody(district, text)
    assert "Para qué: el anuario escolar" in written("consent-confirmed", "--consent", consent, "--lang", "es")
    call("consent", "revoke", consent, *CUSTODIAN)
    revoked = call("letter", "write", "consent-confirmed", "--consent", consent, *CUSTODIAN)
    assert "this consent was revoked on" in revoked.err


def test_a_letter_to_a_student_of_age_goes_to_the_student(district: District) -> None:
    consents = call("student", "show", district.student(SOFIA), "--json").object()["consents"]
    text = written("opt-out-confirmed", "--opt-out", opted_out(district, SOFIA))
    assert "recordings of you as directory information" in text
    assert consents
    assert "recordings of your child as" in written("opt-out-confirmed", "--opt-out", district.student(HANNAH))


def opted_out(district: District, roster_id: str) -> str:
    student = district.student(roster_id)
    assert call("student", "opt-out", student, *CUSTODIAN).code == 0
    return student


# The annual notice


def of_this_year(monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    given = {"DIRECTORY_NOTICE": "2026-08-20", "OPT_OUT_WINDOW_ENDS": "2026-09-04", **more}
    for name, value in given.items():
        monkeypatch.setenv(f"DAM_PLUGIN_DISTRICT__{name}", value)


def test_the_annual_notice_says_the_rights_what_directory_information_is_and_until_when_to_say_no(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_this_year(monkeypatch, DIRECTORY_LIMITED_TO="yearbook, website")
    text = written(
        "annual-notice", "--year", "2026", "--directory-information", "name", "--directory-information", "grade"
    )
    for cited in (
        "99.7",
        "99.10",
        "99.11",
        "99.20, 99.21 and 99.22",
        "99.30",
        "99.31(a)(1)",
        "99.37",
        "99.63",
        "99.64",
    ):
        assert cited in text
    assert "for the school year 2026-2027" in text
    assert "- photos, video and sound recordings of students - name - grade" in text
    assert "for these purposes only: yearbook, website." in text
    assert "in writing, and give it to us by September 4, 2026" in text
    assert "Form: I say no to directory information" in text
    assert "[ ] Photos, video and sound recordings of the student, only for: yearbook" in text
    spanish = written("annual-notice", "--year", "2026", "--lang", "es")
    assert "a más tardar el 4 de septiembre de 2026" in spanish
    assert "solo para: el anuario escolar" in spanish
    assert "Firma:" in written("opt-out-form", "--year", "2026", "--lang", "es")


def test_a_notice_that_the_settings_do_not_fit_is_refused(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    of_this_year(monkeypatch)
    assert "of the school year 2026-2027: set" in refused("annual-notice", "--year", "2027")
    of_this_year(monkeypatch, OPT_OUT_WINDOW_ENDS="2026-08-01")
    assert "it is last year's" in refused("annual-notice", "--year", "2026")
    of_this_year(monkeypatch, DIRECTORY_INCLUDES_IMAGES="false")
    assert "names what directory information is" in refused("annual-notice", "--year", "2026")
    monkeypatch.delenv("DAM_PLUGIN_DISTRICT__OPT_OUT_WINDOW_ENDS")
    assert "until when a family may say no" in refused("annual-notice", "--year", "2026")


# What a letter may be about, and who writes it


def test_only_the_custodian_or_a_designee_writes(district: District) -> None:
    about = ("letter", "write", "opt-out-confirmed", "--opt-out", district.student(HANNAH))
    assert "add --as custodian:NAME" in call(*about).err
    assert "add --as custodian:NAME" in call(*about, "--as", "media_staff:desk").err
    assert call("letter", "list", "--json").objects() == []
    assert call(*about, "--as", "designee:principal").code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("denail", "--year", "2026"), "'denail' is no kind of letter; did you mean 'denial'?"),
        (("denial",), "a letter 'denial' is about one thing: --request RQ-… or --referral rf-…"),
        (("denial", "--year", "2026"), "a letter 'denial' is about one thing: --request RQ-… or --referral rf-…"),
        (("denial", "--year", "2026", "--referral", "rf-1"), "is about one thing"),
        (("denial", "--referral", "rf-none"), "no referral has the id given"),
        (("consent-confirmed", "--consent", "c-none"), "no consent has the id given"),
        (("annual-notice", "--year", "2026", "--court", "x"), "--court belongs to other letters (subpoena-notice)"),
        (("annual-notice", "--year", "2026", "--lang", "fr"), "'fr' is no language of letters"),
        (("annual-notice", "--year", "2026", "--student", "S-1"), "--student goes with --referral"),
        (("offer", "--referral", "rf-1", "--earliest", "soon"), "'soon' is no moment; write it YYYY-MM-DD"),
        (("offer", "--referral", "rf-1", "--earliest", "2026-10-05 soon"), "is no moment; write it YYYY-MM-DD"),
    ],
)
def test_what_no_letter_can_be_is_told(district: District, arguments: tuple[str, ...], told: str) -> None:
    assert told in refused(*arguments)


# What is typed


def test_hostile_texts_are_text_or_refused(district: District) -> None:
    hannah = ("--opt-out", district.student(HANNAH))
    name = '<script>alert("x")</script> {{ 7 * 7 }} {% for each in opt_outs %}'
    text = written("opt-out-confirmed", *hannah, "--name", name)
    assert name in text
    ended = call(
        "letter", "write", "opt-out-confirmed", *hannah, "--name", name, "--to-file", "letter.html", *CUSTODIAN
    )
    assert ended.code == 0, ended.text
    page = Path("letter.html").read_text("utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "{{ 7 * 7 }}" in page


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("--name", "Ana\x1b[31m", "control characters"),
        ("--name", "Ana\u202eanA", "control characters"),
        ("--greeting", "a\x00b", "control characters"),
        ("--address", "x" * 201, "at most 200 characters"),
        ("--name", "x" * 100_000, "at most 200 characters"),
        ("--student-name", "Caleb Brandt", "--student-name is not the name of the student"),
        ("--student-name", "Somebody", None),
    ],
)
def test_a_typed_text_has_limits(district: District, option: str, text: str, told: str | None) -> None:
    about = ("opt-out-confirmed", "--opt-out", district.student(HANNAH), option, text)
    if told is None:
        written(*about)
    else:
        assert told in refused(*about)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--greeting", "Dear parents of Caleb Brandt"),
        ("--greeting", "Dear Brandt, Caleb's mother"),
        ("--address", "c/o Caleb Brandt, 4 Elm Street"),
        ("--name", "The family of Caleb Brandt"),
    ],
)
def test_what_stands_above_a_letter_names_no_other_student(district: District, option: str, text: str) -> None:
    about = ("opt-out-confirmed", "--opt-out", district.student(HANNAH))
    assert "the name of a student whom this letter is not about" in refused(*about, option, text)
    assert text in written(*about, option, text, "--no-student-named")


def test_what_stands_above_a_letter_may_name_its_own_student_and_whoever_has_a_name_of_a_student(
    district: District,
) -> None:
    about = ("opt-out-confirmed", "--opt-out", district.student(HANNAH))
    written(
        *about, "--greeting", "Dear parents of Hannah Lindqvist", "--name", "Mr. Brandt", "--address", "Caleb Street 4"
    )


def test_an_address_has_at_most_eight_lines_and_line_breaks_are_spaces(district: District) -> None:
    hannah = ("opt-out-confirmed", "--opt-out", district.student(HANNAH))
    assert "at most 8 lines" in refused(*hannah, *("--address", "x") * 9)
    assert "Ana López Elm Street" in written(*hannah, "--name", "Ana\n  López", "--address", "Elm\tStreet")


def test_a_free_text_that_names_a_student_is_refused_unless_a_person_says_it_does_not(district: District) -> None:
    district.upload(SCIENCE_LAB)
    day = (district.services.now().date() + timedelta(days=9)).isoformat()
    about = ("extension", "--referral", asked(SCIENCE_LAB), "--place", "Brandt Hall", "--earliest", day, "--cause")
    assert "may name a student" in refused(*about, "the blur of Caleb Brandt takes long")
    assert "may name a student" in refused(*about, f"see {district.student(CALEB)}")
    text = written(*about, "it takes long", "--no-student-named")
    assert "Brandt Hall" in text
    entry = next(
        each
        for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
        if each["kind"] == "letter"
    )
    assert entry["details"]["no_student_named"] is True
    # A pseudonym is never somebody's ordinary word.
    pseudonym = call("letter", "write", *about, f"see {district.student(CALEB)}", "--no-student-named", *CUSTODIAN)
    assert "would have a pseudonym" in pseudonym.err
    key = call("letter", "write", *about, f"see {SCIENCE_LAB}", "--no-student-named", *CUSTODIAN)
    assert "would name the file of a recording" in key.err


# What is kept


def test_a_letter_is_kept_as_it_was_written_and_found_by_what_it_is_about(district: District) -> None:
    referral = denied(district)
    made = call(
        "letter", "write", "denial", "--referral", referral, "--name", "Ms. Reyes", *CUSTODIAN, "--json"
    ).object()
    written("opt-out-confirmed", "--opt-out", district.student(HANNAH))
    (listed,) = call("letter", "list", "--referral", referral, "--json").objects()
    assert (listed["id"], listed["kind"], listed["language"]) == (made["id"], "denial", "en")
    assert "text" not in listed
    assert [each["kind"] for each in call("letter", "list", "--json").objects()] == ["opt-out-confirmed", "denial"]
    (of_hannah,) = call("letter", "list", "--student", district.student(HANNAH), "--json").objects()
    assert of_hannah["kind"] == "opt-out-confirmed"
    shown = call("letter", "show", made["id"], "--json").object()
    assert shown["text"] == made["text"]
    (short,) = shown["recordings"]
    assert short in shown["text"]
    assert shown["recordings"][short] == TEAM
    by_eye = call("letter", "show", made["id"]).out
    assert "Ms. Reyes" in by_eye
    assert TEAM in by_eye
    assert "no letter has the id given" in call("letter", "show", "lt-none").err


def test_the_short_id_of_a_recording_is_the_same_in_each_letter_and_no_pseudonym(district: District) -> None:
    referral = denied(district)
    ids = {
        tuple(call("letter", "show", made["id"], "--json").object()["recordings"])
        for made in (
            call("letter", "write", kind, "--referral", referral, "--lang", language, *CUSTODIAN, "--json").object()
            for kind, language in (("acknowledgement", "en"), ("denial", "es"))
        )
    }
    ((short,),) = ids
    assert short.startswith("R-")
    assert short.removeprefix("R-") not in district.services.pseudonyms.asset(TEAM)


def test_the_ledger_has_a_letter_without_its_text_or_a_name(district: District) -> None:
    hannah = district.student(HANNAH)
    more = ("--name", "Karin Lindqvist", "--student-name", "Hannah Lindqvist")
    made = call("letter", "write", "opt-out-confirmed", "--opt-out", hannah, *more, *CUSTODIAN, "--json").object()
    entry = next(
        each
        for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
        if each["kind"] == "letter"
    )
    assert entry["subject"] == made["id"]
    assert entry["details"]["template"] == made["template"]
    assert "Lindqvist" not in json.dumps(entry)
    assert call("ledger", "verify").code == 0
    with district.services.store.reading() as unit:
        assert unit.entries.students_of([entry["seq"]]) == {entry["seq"]: {hannah}}


def test_a_letter_that_was_changed_beside_the_program_is_not_shown(district: District) -> None:
    made = call(
        "letter", "write", "opt-out-confirmed", "--opt-out", district.student(HANNAH), *CUSTODIAN, "--json"
    ).object()
    with district.services.store.writing() as unit:
        unit._session.execute(update(LetterRow).values(text="We said yes."))
    assert "changed beside the program" in call("letter", "show", made["id"]).err
    assert call("ledger", "verify").code == 1


def test_a_preview_is_marked_and_keeps_nothing(district: District) -> None:
    about = ("letter", "preview", "opt-out-confirmed", "--opt-out", district.student(HANNAH))
    shown = call(*about)
    assert shown.out.startswith("*** PREVIEW. This letter was not sent, and it is not kept. ***")
    assert call(*about, "--lang", "es").out.startswith("*** VISTA PREVIA.")
    assert call(*about, "--json").object()["preview"] is True
    assert call(*about, "--to-file", "preview.html").code == 0
    assert "PREVIEW. This letter was not sent" in Path("preview.html").read_text("utf-8")
    assert call("letter", "list", "--json").objects() == []
    assert not any(
        each["kind"] == "letter"
        for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
    )


def test_a_letter_goes_to_a_file_that_its_owner_alone_reads_or_is_not_kept(district: District) -> None:
    about = ("letter", "write", "opt-out-confirmed", "--opt-out", district.student(HANNAH), *CUSTODIAN)
    ended = call(*about, "--to-file", "letter.txt")
    assert "is in letter.txt" in ended.out
    assert "Your no is on file" not in ended.out
    text = Path("letter.txt").read_text("utf-8")
    assert "Your no is on file" in text
    assert all(len(line) <= 78 for line in text.splitlines())
    assert stat.S_IMODE(Path("letter.txt").stat().st_mode) == 0o600
    failed = call(*about, "--to-file", "nowhere/letter.txt")
    assert "give --to-file a place" in failed.err
    assert len(call("letter", "list", "--json").objects()) == 1


# The district's own templates


def own_templates(monkeypatch: pytest.MonkeyPatch, **files: str) -> Path:
    folder = Path("letters")
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.en.txt.j2").write_text(text, "utf-8")
    monkeypatch.setenv("DAM_PLUGIN_LETTERS__FOLDER", "letters")
    return folder


def test_a_district_changes_a_letter(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    hannah = ("--opt-out", district.student(HANNAH))
    built_in = call("letter", "write", "opt-out-confirmed", *hannah, *CUSTODIAN, "--json").object()["template"]
    own_templates(monkeypatch, opt_out_confirmed="Dear family: your no counts (34 CFR 99.37).\n")
    made = call("letter", "write", "opt-out-confirmed", *hannah, *CUSTODIAN, "--json").object()
    assert made["text"] == "Dear family: your no counts (34 CFR 99.37).\n"
    assert made["template"] != built_in
    used = {each["file"]: each["own"] for each in call("letter", "templates", "--json").objects()}
    assert used["opt-out-confirmed.en.txt.j2"] is True
    assert used["opt-out-confirmed.es.txt.j2"] is False
    checked = call("letter", "check", "--json").object()
    assert checked["own"] == ["opt-out-confirmed.en.txt.j2"]


def test_a_mistake_in_a_template_is_told_with_its_place_and_no_letter_is_written(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_templates(monkeypatch, opt_out_confirmed="Dear family:\n\nYour no of {{ opt_out.since }} counts.\n")
    sentence = refused("opt-out-confirmed", "--opt-out", district.student(HANNAH))
    assert "letters/opt-out-confirmed.en.txt.j2:3: 'opt_out.since'" in sentence or (
        "letters/opt-out-confirmed.en.txt.j2:3: 'opt_out' is not known in a letter; did you mean 'opt_outs'?"
        in sentence
    )
    # The other letters can be written all the same.
    assert written("opt-out-confirmed", "--opt-out", district.student(HANNAH), "--lang", "es")


def test_a_template_without_its_citation_is_refused(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    referral = denied(district)
    own_templates(monkeypatch, denial="We say no. Go to court (RSMo 610.027).\n")
    assert "does not cite '34 CFR 99.3'" in refused("denial", "--referral", referral)


def test_check_tells_every_mistake_of_a_folder_at_once(district: District) -> None:
    folder = Path("ours")
    folder.mkdir()
    (folder / "denial.en.txt.j2").write_text("{{ nothing }}\n{% set x = 1 %}\n", "utf-8")
    (folder / "foot.es.txt.j2").write_text("a\n{% if day %}\n", "utf-8")
    ended = call("letter", "check", str(folder))
    assert ended.code == 1
    lines = ended.err.splitlines()
    assert lines[0] == "dam-plugin: 3 problems:"
    assert lines[1].startswith("  ours/denial.en.txt.j2:1: 'nothing' is not known")
    assert lines[2].startswith("  ours/denial.en.txt.j2:2: this is not allowed; a letter may use text")
    assert lines[3].startswith("  ours/foot.es.txt.j2:2: unexpected end of template")


def test_templates_are_exported_to_be_changed_and_need_no_district(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = call("letter", "templates", "--export", "letters")
    assert ended.code == 0
    assert "Name the folder in the settings: `letters.folder`" in ended.out
    assert call("letter", "check", "letters").out.startswith("902 letters were made of made-up facts; 64 of the files")
    again = call("letter", "templates", "--export", "letters", "--json").object()
    assert again["written"] == []
    rows: list[Any] = call("letter", "templates", "--json").objects()
    assert {each["language"] for each in rows} == {"en", "es"}


def test_the_folder_of_the_settings_is_beside_their_file(district: District) -> None:
    own = Path("texts")
    own.mkdir()
    (own / "foot.en.txt.j2").write_text("Go Badgers!\n", "utf-8")
    Path("dam-plugin.toml").write_text('[letters]\nfolder = "texts"\n', "utf-8")
    assert "Go Badgers!" in written("opt-out-confirmed", "--opt-out", district.student(HANNAH))
    Path("dam-plugin.toml").write_text('[letters]\nfoldr = "texts"\n', "utf-8")
    assert "did you mean 'letters.folder'?" in call("letter", "list").err


def test_the_return_date_of_a_custodians_order_is_its_due_day_and_outlives_another_finding(district: District) -> None:
    district.upload(HALLWAY)
    Path("order.yaml").write_text(ORDER.replace("}", ", return_on: 2099-12-07}"), "utf-8")
    asks = ("share", HALLWAY, "--to", "public:attorney", "--purpose", "lawsuit", "--evidence", "order.yaml", "--json")
    (staffs,) = call(*asks, "--as", "media_staff:desk").object()["referrals"]
    assert staffs["due"] < "2099-12-07"
    (referral,) = call(*asks, *CUSTODIAN).object()["referrals"]
    assert (referral["id"], referral["due"]) == (staffs["id"], "2099-12-07")
    again = finding(referral["id"], "directory", "not_eligible", "--json").object()
    assert again["answer"]["reasons"][0]["clause"] == "EX7-NOTICE"
    assert again["referral"]["due"] == "2099-12-07"
    shown = call("queue", "show", referral["id"]).out
    assert "due 2099-12-07 by the order itself" in shown
    assert "which counts as the custodian's own" in shown


@pytest.mark.parametrize(
    ("on_file", "day", "code"),
    [
        (None, None, 4),
        (None, TODAY, 4),
        (TODAY, TODAY, 4),
        (TODAY - timedelta(days=9), None, 4),
        (TODAY - timedelta(days=9), TODAY + timedelta(days=1), 4),
        (TODAY - timedelta(days=9), TODAY, 0),
    ],
    ids=["a bare word", "a word with a day", "told the same day", "no day", "the day is to come", "told before"],
)
def test_a_subpoena_is_answered_once_what_was_done_is_on_file_and_its_day_has_come(
    district: District, on_file: date | None, day: date | None, code: int
) -> None:
    district.upload(SCIENCE_LAB)
    student = min(kept(district.services, SCIENCE_LAB).tagging.students)
    answer_on = f", answer_on: {day}" if day else ""
    Path("typed.yaml").write_text(
        f"order: {{kind: subpoena, verified: true, notified: [{student}]{answer_on}}}\n", "utf-8"
    )
    asks = ("share", SCIENCE_LAB, "--to", "public:attorney", "--purpose", "lawsuit", "--evidence", "typed.yaml")
    first = call(*asks, *CUSTODIAN, "--json").object()
    assert (first["outcome"], first["reasons"][0]["clause"], len(first["why_not"])) == ("refer", "EX7-NOTICE", 1)
    if on_file is not None:
        about = ("--referral", first["referrals"][0]["id"], "--student", student, "--what", "two calls; no answer")
        assert call("letter", "effort", *about, "--on", str(on_file), *CUSTODIAN).code == 0
    again = call(*asks, *CUSTODIAN, "--json")
    assert again.code == code, again.text
    if code == 0:
        # What was on file when it was answered counts for its link, too.
        assert call("open", again.object()["token"]).code == 0


def test_an_effort_gives_a_day_of_the_answer_after_its_own(district: District) -> None:
    referral, students = subpoena(district)
    about = ("letter", "effort", "--referral", referral, "--student", students[0], "--what", "a call", *CUSTODIAN)
    refused = call(*about, "--answer-on", str(TODAY))
    assert (refused.code, "is not after" in refused.err) == (1, True)
    day = str(TODAY + timedelta(days=6))
    assert call(*about, "--answer-on", day, "--json").object()["evidence"]["order"]["answer_on"] == day


# What the acknowledgement to a parent promises


def acknowledged(district: District, guardian: str, *more: str, came: date = TODAY) -> dict[str, str]:
    """Enter a parent's request; return the acknowledgement in each language."""
    who = ("--from", f"parent:{district.guardian(guardian)}", "--purpose", "inspection", "--channel", "letter")
    ended = call("request", "add", *more, *who, "--received", str(came), *CUSTODIAN, "--json")
    about = ("--request", str(ended.object()["id"]))
    return {each: written("acknowledgement", *about, "--lang", each) for each in ("en", "es")}


def test_a_parent_whom_an_order_limits_is_known_and_is_not_asked_for_papers(district: District) -> None:
    district.upload(TEAM)
    order = ("student", "guardian", "limit", district.student(INES), district.guardian(INES_MOTHER))
    assert call(*order, "--seen", "a judgment", *revoking(), *CUSTODIAN).code == 0
    told = acknowledged(district, INES_MOTHER, TEAM)
    assert "do not know yet who you are" not in told["en"]
    assert "no sabemos quién es usted" not in told["es"]
    assert "answer you (34 CFR 99.10(b))" in told["en"]


def test_the_parent_of_a_grown_student_is_answered_and_owed_no_look(district: District) -> None:
    district.upload(GRADUATION)
    words = ("student", "guardian", "dependent", district.student(SOFIA), district.guardian(SOFIA_MOTHER))
    assert call(*words, "--seen", "tax transcript", *CUSTODIAN).code == 0
    told = acknowledged(district, SOFIA_MOTHER, GRADUATION)
    assert ("answer you (34 CFR 99.10(b))" in told["en"], "let you see it" in told["en"]) == (True, False)
    assert ("responderle (34 CFR 99.10(b))" in told["es"], "que usted lo vea" in told["es"]) == (True, False)
    minor = acknowledged(district, CALEB_FATHER, "--described", "the game")
    assert "let you see it (34 CFR 99.10(b))" in minor["en"]


def test_the_day_of_a_hearing_is_told_as_it_is_counted(district: District) -> None:
    held = TODAY + timedelta(days=40)
    told = acknowledged(district, CALEB_FATHER, "--described", "x", "--meeting", str(held), "--kind", "hearing")
    assert f"That is five business days before {day_in_words(held, 'en')}." in told["en"]
    assert f"Son cinco días hábiles antes del {day_in_words(held, 'es')}." in told["es"]
    assert "the last business day before" not in told["en"]


@pytest.mark.parametrize("kind", ["iep", "resolution", "hearing"])
def test_a_meeting_too_soon_for_a_day_before_it_is_answered_at_once(district: District, kind: str) -> None:
    monday = TODAY - timedelta(days=TODAY.weekday())
    saturday = monday - timedelta(days=2)
    told = acknowledged(
        district, CALEB_FATHER, "--described", "x", "--meeting", str(monday), "--kind", kind, came=saturday
    )
    assert f"By {day_in_words(monday, 'en')} we have to let you see it, because of your" in told["en"]
    assert "(34 CFR 300.613(a)). We do it at once, before it begins." in told["en"]
    assert "Lo hacemos de inmediato, antes de que empiece." in told["es"]
    request = call("request", "list", "--json").objects()[0]["id"]
    assert "at once, for no such day is left before" in call("request", "show", request).out
    clocks = {each["clock"]: each["due"] for each in call("request", "show", request, "--json").object()["clocks"]}
    assert clocks["hearing" if kind == "hearing" else "meeting"] == str(monday)


def test_telling_who_may_not_be_told_is_not_telling_the_family(district: District) -> None:
    """A guardian of a protected student whom nobody verified; the parent of a student who is of age."""
    referral, students = subpoena(district)
    with district.services.store.reading() as unit:
        records = [unit.people.need(each) for each in students]
    record = next(each for each in records if each.named_guardians and each.student_on(TODAY).born)
    guardian, name = record.named_guardians[0]
    protect(district, record.roster_id)
    effort = ("letter", "effort", "--referral", referral, "--student", record.id, *CUSTODIAN)
    for words in (f"called {name}, the father", f"a call to {guardian}"):
        refused = call(*effort, "--what", words)
        assert (refused.code, "that tells nobody of the family" in refused.err) == (1, True)
    assert call(*effort, "--what", "three calls, nobody answered").code == 0


# What was lost after it was asked for

LOST = ("--how", "a disk failed", "--tried", "its versions and both backups")
PERDIDO = ("--how", "falló un disco", "--tried", "sus versiones y las dos copias", "--lang", "es")


def test_a_letter_on_a_loss_says_when_how_and_what_was_tried(district: District) -> None:
    district.upload(TEAM)
    request = received(district, TEAM)
    assert "on record as lost for good" in refused("lost", "--request", request, *LOST)
    short = district.services.pseudonyms.outside(TEAM)
    for each in list(district.services.library.versions(TEAM)):
        district.services.library.delete(TEAM, each.version_id)
    assert district.pm.hook.asset_deleted(event=AssetEvent(TEAM))
    assert "that there is no such record would not be true" in refused(
        "no-such-record", "--request", request, "--not-about", short
    )
    assert "'denied' would not be true" in refused("denial", "--request", request, "--provision", "34 CFR 99.30")
    assert "--how, --tried" in refused("lost", "--request", request)
    assert "--lost-on" in refused("lost", "--request", request, *LOST, "--lost-on", str(TODAY + timedelta(days=1)))
    text = written("lost", "--request", request, *LOST, "--lost-on", str(TODAY))
    day = day_in_words(TODAY, "en")
    for told in (
        "We had what you asked for when your request came.",
        f"When it was lost: {day}",
        f"When we found out: {day}",
        "How it was lost: a disk failed",
        "What we did to get it back: its versions and both backups",
        short,
        "RSMo 610.027",
    ):
        assert told in text
    assert_tells_nobody(district, text)
    assert "Qué hicimos para recuperarlo: sus versiones y las dos copias" in written(
        "lost", "--request", request, *PERDIDO
    )
    close = ("--outcome", "lost", "--why", "a disk broke", "--tried", "all the tapes")
    assert call("request", "close", request, *close, *CUSTODIAN).code == 0
    kept = written("lost", "--request", request)
    assert "How it was lost: a disk broke" in kept
    assert "What we did to get it back: all the tapes" in kept
    spanish = call("letter", "write", "lost", "--request", request, "--lang", "es", *CUSTODIAN)
    assert "in the letter's language" in spanish.err
