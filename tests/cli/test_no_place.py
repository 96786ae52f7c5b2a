"""A guardian from whom an order keeps the whereabouts has what the custodian found to tell no place, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from district import (
    CALEB,
    CALEB_FATHER,
    HALLWAY,
    HANNAH,
    HANNAH_MOTHER,
    INES_MOTHER,
    PORTRAIT,
    TEAM,
    District,
    sample_folder,
)
from protected_students import protect, verify_not_against
from use_cases import ledger_holds

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS, COUNSEL = ("--as", "custodian:records-office"), ("--as", "designee:counsel")
SEEN = ("--seen", "order of the circuit court")
LOOKED = ("reviewed", "the whole picture: no sign, street or bus number", "--no-place")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, "1000", "ada")


def run_as(monkeypatch: pytest.MonkeyPatch, number: str, name: str) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser(number, name))


def keep_from(district: District, student: str, guardian: str) -> str:
    """Keep from a guardian where the student can be found; return the guardian as who asks."""
    who = district.guardian(guardian)
    words = ("student", "guardian", "limit", district.student(student), who, "--only", "whereabouts", *SEEN, *AS)
    assert call(*words).code == 0
    return f"parent:{who}"


def asks(key: str, who: str) -> Any:
    return call("share", key, "--to", who, "--purpose", "inspection", *AS, "--json").object()


def find(told: Any, *words: str) -> Any:
    return call("queue", "finding", told["referrals"][0]["id"], *(words or LOOKED), *AS, "--json")


def test_what_was_found_to_tell_no_place_goes_to_the_guardian_and_is_on_file_with_who_and_when(
    district: District,
) -> None:
    district.upload(PORTRAIT)
    mother = keep_from(district, HANNAH, HANNAH_MOTHER)
    told = asks(PORTRAIT, mother)
    assert (told["outcome"], told["token"]) == ("refer", None)
    assert [each for each in told["notes"] if "--no-place" in each]

    found = find(told).object()["answer"]
    assert (found["outcome"], call("open", found["token"]).code) == ("allow", 0)
    assert [each for each in found["notes"] if "no place can be told from this version" in each]
    shown = call("queue", "show", told["referrals"][0]["id"], *AS, "--json").object()
    (kept,) = shown["findings"]
    assert (kept["by"]["id"], kept["user"]["name"], kept["at"][:10]) == ("records-office", "ada", str(TODAY))
    assert "no place can be told from it" in " ".join(call("queue", "show", shown["id"], *AS).out.split())
    assert asks(PORTRAIT, mother)["outcome"] == "allow"
    assert ledger_holds(district.services)


def test_another_recording_another_version_and_a_plain_review_are_referred_still(district: District) -> None:
    for key in (PORTRAIT, TEAM):
        district.upload(key)
    mother = keep_from(district, HANNAH, HANNAH_MOTHER)
    told = asks(PORTRAIT, mother)
    assert find(told, "reviewed").object()["answer"]["outcome"] == "refer"
    link = find(told).object()["answer"]["token"]
    assert asks(TEAM, mother)["outcome"] == "refer"

    district.upload(PORTRAIT, (sample_folder() / PORTRAIT).read_bytes() + b"\0")
    assert call("open", link).code != 0
    again = asks(PORTRAIT, mother)
    assert (again["outcome"], again["token"]) == ("refer", None)
    assert find(again).object()["answer"]["outcome"] == "allow"


def test_another_guardian_of_the_student_is_referred_still(district: District) -> None:
    district.upload(PORTRAIT)
    mother, hannah = keep_from(district, HANNAH, HANNAH_MOTHER), district.student(HANNAH)
    for words in (
        ("verify", hannah, "m-ortiz", "--another-person"),
        ("limit", hannah, "m-ortiz", "--only", "whereabouts"),
    ):
        assert call("student", "guardian", *words, *SEEN, *AS).code == 0
    assert asks(PORTRAIT, "parent:m-ortiz")["outcome"] == "refer"
    assert find(asks(PORTRAIT, mother)).object()["answer"]["outcome"] == "allow"
    assert asks(PORTRAIT, "parent:m-ortiz")["outcome"] == "refer"


def test_a_student_who_was_not_known_to_be_in_it_is_looked_for_again(district: District) -> None:
    district.upload(PORTRAIT)
    mother, caleb = keep_from(district, HANNAH, HANNAH_MOTHER), district.student(CALEB)
    who = mother.removeprefix("parent:")
    for words in (("verify", caleb, who), ("limit", caleb, who, "--only", "whereabouts")):
        assert call("student", "guardian", *words, *SEEN, *AS).code == 0
    assert find(asks(PORTRAIT, mother)).object()["answer"]["outcome"] == "allow"
    assert call("tag", PORTRAIT, "--person", caleb, *AS).code == 0
    assert asks(PORTRAIT, mother)["outcome"] == "refer"
    assert find(asks(PORTRAIT, mother)).object()["answer"]["outcome"] == "allow"


def test_it_is_said_with_what_was_looked_for_and_only_where_an_order_keeps_a_place_from_who_asks(
    district: District,
) -> None:
    district.upload(PORTRAIT)
    stranger = find(asks(PORTRAIT, "parent:stranger-9"))
    assert (stranger.code, "nothing on file keeps from this person" in stranger.err) == (1, True)
    told = asks(PORTRAIT, keep_from(district, HANNAH, HANNAH_MOTHER))
    blank = find(told, "reviewed", "--no-place")
    assert (blank.code, "say what you looked for" in blank.err) == (1, True)
    assert asks(PORTRAIT, f"parent:{district.guardian(HANNAH_MOTHER)}")["outcome"] == "refer"


def test_a_protected_students_guardian_whom_nobody_verified_has_what_tells_no_place(district: District) -> None:
    for key in (PORTRAIT, TEAM):
        district.upload(key)
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    protect(district, HANNAH)
    told = asks(PORTRAIT, mother)
    assert (told["outcome"], told["token"]) == ("refer", None)
    (note,) = [each for each in told["notes"] if "may be the one from whom it is kept" in each]
    assert "takes no parent's right to the record" in note
    assert ("--no-place" in note, f"--disclosed-to {mother} --basis EX2" in note) == (True, True)

    found = find(told).object()["answer"]
    assert (found["outcome"], found["basis"]) == ("allow", {district.student(HANNAH): "EX2"})
    assert [each for each in found["notes"] if "no place can be told from this version" in each]
    assert not [each for each in found["notes"] if "court order" in each]
    assert call("open", found["token"]).code == 0
    assert asks(PORTRAIT, mother)["outcome"] == "allow"
    assert asks(TEAM, mother)["outcome"] == "refer"


def test_from_whom_the_place_is_kept_of_a_protected_student_has_what_tells_no_place(district: District) -> None:
    district.upload(PORTRAIT)
    mother = keep_from(district, HANNAH, HANNAH_MOTHER)
    protect(district, HANNAH)
    told = asks(PORTRAIT, mother)
    assert (told["outcome"], told["token"]) == ("refer", None)
    assert not [each for each in told["notes"] if "court order" in each]
    assert find(told).object()["answer"]["outcome"] == "allow"


def test_on_a_discipline_recording_two_people_find_it(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(HALLWAY)
    father = keep_from(district, CALEB, CALEB_FATHER)
    told = asks(HALLWAY, father)
    stated = find(told).object()
    assert (stated["state"], stated["answer"]) == ("pending", None)
    assert asks(HALLWAY, father)["outcome"] == "refer"
    run_as(monkeypatch, "1001", "ben")
    done = call("queue", "approve", stated["finding"], *COUNSEL, "--json").object()["answer"]
    assert (done["outcome"], district.student(CALEB) in done["redact"]) == ("redact", False)
    assert asks(HALLWAY, father)["outcome"] == "redact"


def test_what_one_person_found_counts_no_more_once_the_recording_takes_two(district: District) -> None:
    district.upload(PORTRAIT)
    mother, hannah = keep_from(district, HANNAH, HANNAH_MOTHER), district.student(HANNAH)
    assert find(asks(PORTRAIT, mother)).object()["answer"]["outcome"] == "allow"
    used = call("tag", PORTRAIT, "--official", f"victim:{hannah}", *AS)
    assert used.code == 0, used.text
    assert asks(PORTRAIT, mother)["outcome"] == "refer"


# Letters

OPEN_DAY = "events/open-day.jpg"
EVENT = "Westside High Open Day"


def asked_for_open_day(district: District, who: str) -> str:
    """A request for a recording whose event tells a school, as the file has it."""
    team = (sample_folder() / TEAM).read_bytes()
    assert b"Volleyball season 2026" in team
    district.upload(OPEN_DAY, team.replace(b"Volleyball season 2026", EVENT.encode()))
    came = ("--purpose", "inspection", "--received", str(TODAY), "--channel", "letter")
    done = call("request", "add", OPEN_DAY, "--from", who, *came, *AS, "--json")
    assert done.code == 0, done.text
    return str(done.object()["id"])


def letter(kind: str, *about: str, does: str = "write") -> Any:
    done = call("letter", does, kind, *about, *(AS if does == "write" else ()), "--json")
    assert done.code == 0, done.text
    return done.object()


DELAYED = ("--cause", "it is looked at", "--place", "the office", "--earliest", f"{TODAY + timedelta(days=9)} 09:00")


def test_no_letter_tells_the_event_to_whom_the_place_is_kept_from(district: District) -> None:
    mother = keep_from(district, HANNAH, HANNAH_MOTHER)
    request = asked_for_open_day(district, mother)
    assert call("tag", OPEN_DAY, "--directory", "not_eligible", *AS).code == 0
    told = call("share", OPEN_DAY, "--to", mother, "--purpose", "inspection", "--request", request, *AS, "--json")
    referral = told.object()["referrals"][0]["id"]
    about = ("--request", request)
    made = [
        letter("acknowledgement", *about),
        letter("acknowledgement", *about, "--lang", "es", does="preview"),
        letter("acknowledgement", "--referral", referral),
        letter("extension", *about, *DELAYED),
    ]
    assert find(told.object()).object()["answer"]["outcome"] == "redact"
    made.append(letter("redacted-release", *about))
    for each in made:
        assert (EVENT in each["text"], "R-" in each["text"]) == (False, True)
        assert "leaves out what the events are called" in " ".join(each["cautions"])
    log = call("request", "log", request, "--exemptions")
    assert (log.code, EVENT in log.text) == (0, False)


def test_a_guardian_from_whom_no_place_is_kept_reads_the_event(district: District) -> None:
    keep_from(district, HANNAH, HANNAH_MOTHER)
    request = asked_for_open_day(district, f"parent:{district.guardian(INES_MOTHER)}")
    made = letter("acknowledgement", "--request", request)
    assert (EVENT in made["text"], made["cautions"]) == (True, [])


def test_a_protected_students_guardian_is_told_no_event_before_two_people_cleared_them(district: District) -> None:
    protect(district, HANNAH)
    guardian = district.guardian(HANNAH_MOTHER)
    request = asked_for_open_day(district, f"parent:{guardian}")
    assert EVENT not in letter("acknowledgement", "--request", request)["text"]
    verify_not_against(district.student(HANNAH), guardian)
    assert EVENT in letter("acknowledgement", "--request", request)["text"]


def test_an_offer_tells_no_event_to_whom_the_place_is_kept_from_soon(district: District) -> None:
    mother, hannah = district.guardian(HANNAH_MOTHER), district.student(HANNAH)
    team = (sample_folder() / TEAM).read_bytes().replace(b"Volleyball season 2026", EVENT.encode())
    district.upload(OPEN_DAY, team)
    assert call("tag", OPEN_DAY, "--directory", "not_eligible", *AS).code == 0
    assert call("custodian", "meaning", OPEN_DAY, "destroyed", "--why", "who fouled whom", *AS).code == 0
    assert asks(OPEN_DAY, f"parent:{district.guardian(INES_MOTHER)}")["outcome"] == "allow"
    waiting = [each for each in call("queue", "list", "--json").objects() if hannah in each["students"]]
    (offer,) = [each["id"] for each in waiting if each["kind"] == "offer"]
    about = ("--referral", offer, "--student", hannah, "--guardian", mother)
    assert EVENT in letter("offer", *about, does="preview")["text"]
    soon = ("--since", str(TODAY + timedelta(days=3)))
    assert call("student", "guardian", "limit", hannah, mother, "--only", "whereabouts", *soon, *SEEN, *AS).code == 0
    assert EVENT not in letter("offer", *about, does="preview")["text"]


def test_the_event_is_kept_from_a_representative_and_a_parent_whom_nobody_knows(district: District) -> None:
    mother, paper = keep_from(district, HANNAH, HANNAH_MOTHER).removeprefix("parent:"), Path("signed.pdf")
    paper.write_bytes(b"%PDF-1.7 signed")
    stated = ("--for", mother, "--name", "Quimby Law", "--until", "2027-06-30", "--file", str(paper))
    words = ("student", "guardian", "represent", district.student(HANNAH), "quimby-law", *stated, "--another-person")
    assert call(*words, *SEEN, *AS).code == 0
    for who in ("parent:quimby-law", "parent:stranger-9"):
        made = letter("acknowledgement", "--request", asked_for_open_day(district, who))
        assert EVENT not in made["text"], who
