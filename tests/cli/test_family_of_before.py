"""Who is a guardian no more, or whom an order limits, asks in words: nothing untrue is answered, and it is held."""

from __future__ import annotations

from pathlib import Path

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from court_orders import revoking
from district import CALEB, CROWD, GRADUATION, HANNAH, HANNAH_MOTHER, PORTRAIT, UNTITLED, District
from made_files import bag, packet, xmp_segment
from use_cases import looked

from dam_plugin.cli.demo.samples import sample_folder

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:jo")
CAME = ("--purpose", "inspection", "--received", str(TODAY), "--channel", "email")
NO_RECORD = "We have no such recording"
ORDER, CONSENT = "34 CFR 99.4; RSMo 452.375, 452.376", "34 CFR 99.30"
WAYS = ("limited", "ended", "dropped", "adopted")


def ran(*words: str) -> Called:
    done = call(*words)
    assert done.code == 0, done.text
    return done


def words_of(called: Called) -> str:
    return " ".join(called.text.split())


def asked(who: str, *more: str, by: tuple[str, ...] = AS) -> str:
    words = ("request", "add", "--from", f"parent:{who}", "--described", "everything of my daughter", *more, *CAME)
    return str(ran(*words, *by, "--json").object()["id"])


def shown(request: str, *by: str) -> str:
    return words_of(ran("request", "show", request, *(by or AS)))


def closed(request: str, outcome: str, *more: str) -> Called:
    return call("request", "close", request, "--outcome", outcome, "--why", "looked", *more, *AS)


def letter(kind: str, request: str, *more: str) -> Called:
    return call("letter", "write", kind, "--request", request, *more, *AS, "--json")


def limit(student: str, who: str) -> None:
    ran("student", "guardian", "limit", student, who, "--seen", "the judgment", *revoking(), *AS)


def leaves_roster(mother: str = HANNAH_MOTHER) -> None:
    guardians = Path("roster/guardians.csv")
    rows = guardians.read_text("utf-8").splitlines(keepends=True)
    guardians.write_text("".join(each for each in rows if f",{mother}," not in each), "utf-8")
    ran("roster", "import", "roster", *AS)


def no_more_a_guardian(district: District, way: str) -> str:
    """Let somebody who is or was a guardian of Hannah hold no right over her record today; return the id."""
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    if way == "limited":
        limit(hannah, mother)
    elif way == "ended":
        mother = "G-AUNT"
        ran("student", "guardian", "verify", hannah, mother, "--seen", "a letter", *AS)
        ran("student", "guardian", "remove", hannah, mother, "--why", "the placement ended", *AS)
    elif way == "dropped":
        ran("student", "guardian", "verify", hannah, mother, "--seen", "a passport", *AS)
        ran("student", "guardian", "remove", hannah, mother, "--why", "the roster has her", *AS)
        leaves_roster()
    else:
        adopted = ("--name", "Ada Novak", "--relation", "mother", "--in-place-of", mother, *revoking())
        ran("student", "guardian", "add", hannah, *adopted, "--seen", "the decree of adoption", *AS)
        leaves_roster()
    return mother


@pytest.mark.parametrize("way", WAYS)
def test_no_such_record_is_neither_closed_nor_written_while_there_is_one(
    district: District, hannah: str, way: str
) -> None:
    who = no_more_a_guardian(district, way)
    request = asked(who)
    provision = CONSENT if way in ("ended", "dropped") else ORDER
    for refused in (closed(request, "no-such-record"), letter("no-such-record", request)):
        assert (refused.code, NO_RECORD in refused.text) == (1, False), refused.text
        assert f"{hannah} is tagged in a recording" in words_of(refused)
        assert f"request close {request} --outcome denied --provision '{provision}'" in words_of(refused)
    elsewhere = closed(request, "referred-elsewhere")
    assert (elsewhere.code, "--outcome denied" in words_of(elsewhere)) == (1, True), elsewhere.text
    done = closed(request, "denied", "--provision", provision)
    assert done.code == 0, done.text
    told = letter("denial", request)
    assert told.code == 0, told.text
    text = " ".join(told.object()["text"].split())
    outside = district.services.pseudonyms.outside(PORTRAIT)
    assert ("We cannot give you" in text, NO_RECORD in text, outside in text) == (True, False, False), text


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_granted_that_was_not_given(district: District, hannah: str, way: str) -> None:
    request = asked(no_more_a_guardian(district, way))
    for outcome in ("granted", "partly"):
        refused = closed(request, outcome, *(("--provision", ORDER) if outcome == "partly" else ()))
        assert (refused.code, "nothing is given in answer to" in words_of(refused)) == (1, True), refused.text
        assert "--outcome denied" in words_of(refused)


@pytest.mark.parametrize("way", WAYS)
def test_what_it_is_not_about_is_said_as_of_any_family(district: District, hannah: str, way: str) -> None:
    request = asked(no_more_a_guardian(district, way))
    done = closed(request, "no-such-record", "--not-about", hannah)
    assert done.code == 0, done.text
    written = letter("no-such-record", request)
    assert (written.code, NO_RECORD in written.text) == (0, True), written.text


@pytest.mark.parametrize("way", WAYS)
def test_where_there_is_none_it_is_said(district: District, way: str) -> None:
    district.upload(GRADUATION)
    looked(district, GRADUATION, CALEB, official_uses=())
    request = asked(no_more_a_guardian(district, way))
    done = closed(request, "no-such-record")
    assert done.code == 0, done.text


@pytest.mark.parametrize("way", WAYS)
def test_the_custodian_alone_is_told_why_and_how_it_is_answered(district: District, hannah: str, way: str) -> None:
    who = no_more_a_guardian(district, way)
    is_order = way in ("limited", "adopted")
    words = ("request", "add", "--from", f"parent:{who}", "--described", "everything of my daughter", *CAME)
    for by in (AS, STAFF, ()):
        added = words_of(ran(*words, *by))
        request = ran(*words, *by, "--json").object()["id"]
        for text in (added, shown(request, *by) if by else words_of(ran("request", "show", request))):
            limited = f"A court order on file limits the rights of {who} over the record of {hannah}" in text
            former = f"{who} was a guardian of {hannah}" in text
            assert (limited, former) == ((by == AS) and is_order, (by == AS) and not is_order), text
            assert ("--outcome denied --provision" in text) is (by == AS), text
            assert ("Next: dam-plugin request close" in text) is True
        full = ran("request", "show", request, *by, "--json").object()
        assert full["kept_from"] == ([hannah] if by == AS else [])
        assert hannah not in str(full["events"])


def test_of_another_child_of_the_same_parent_it_is_answered_as_before(district: District, hannah: str) -> None:
    caleb, who = district.student(CALEB), district.guardian(HANNAH_MOTHER)
    district.upload(GRADUATION)
    looked(district, GRADUATION, CALEB, official_uses=())
    ran("student", "guardian", "add", caleb, who, "--seen", "the judgment of adoption", *AS)
    limit(hannah, who)
    request = asked(who)
    assert f"Next: dam-plugin student recordings {caleb}" in shown(request)
    share = ("share", GRADUATION, "--to", f"parent:{who}", "--purpose", "inspection", "--request", request, *AS)
    assert call(*share).code == 0
    done = closed(request, "granted")
    assert done.code == 0, done.text


# The roster drops whoever asked, while it waits


def test_a_request_that_counted_for_children_keeps_counting(district: District, hannah: str) -> None:
    request = asked(district.guardian(HANNAH_MOTHER))
    leaves_roster()
    assert f"held by the request {request}" in str(district.pm.hook.deletion_requested(key=PORTRAIT))
    (held,) = call("hold", "list", "--key", PORTRAIT, "--json").objects()
    assert held["kind"] == "request"
    assert any(each["kind"] == "request" for each in call("hold", "list", "--json").objects())
    refused = closed(request, "no-such-record")
    assert (refused.code, f"{hannah} is tagged in a recording" in words_of(refused)) == (1, True), refused.text
    written = letter("no-such-record", request)
    assert (written.code, NO_RECORD in written.text) == (1, False), written.text
    assert f"was a guardian of {hannah}" in shown(request)
    assert "was a guardian" not in shown(request, *STAFF)
    done = closed(request, "denied", "--provision", CONSENT)
    assert done.code == 0, done.text
    assert district.pm.hook.deletion_requested(key=PORTRAIT) is None


def test_what_is_given_goes_by_the_rights_of_today(district: District, hannah: str) -> None:
    who = district.guardian(HANNAH_MOTHER)
    request = asked(who)
    leaves_roster()
    share = ("share", PORTRAIT, "--to", f"parent:{who}", "--purpose", "inspection", "--request", request, *AS)
    assert call(*share, "--json").object()["outcome"] in ("refer", "deny")
    assert "Next: dam-plugin student recordings" not in shown(request)


def test_an_entry_of_before_holds_what_is_on_file_of_the_family(district: District, hannah: str) -> None:
    """Of a limited parent the statement is on file, whenever the request came."""
    who = no_more_a_guardian(district, "adopted")
    request = asked(who)
    assert f"held by the request {request}" in str(district.pm.hook.deletion_requested(key=PORTRAIT))


def test_another_familys_recording_is_not_held(district: District, hannah: str) -> None:
    district.upload(GRADUATION)
    looked(district, GRADUATION, CALEB, official_uses=())
    asked(no_more_a_guardian(district, "limited"))
    assert district.pm.hook.deletion_requested(key=GRADUATION) is None


# A parent whom nobody has on file


NEW = ("--name", "Lucia Ruiz", "--relation", "mother", "--seen", "a birth certificate")


def test_the_office_is_told_how_a_request_that_waits_becomes_a_new_guardians(district: District, hannah: str) -> None:
    request = asked("somebody", "--contact", "Lucia Ruiz, 1 Elm Street")
    command = f"dam-plugin student guardian verify {hannah} somebody --seen TEXT"
    assert "Nobody has parent:somebody on file" in shown(request)
    assert "dam-plugin student guardian verify S-… somebody --seen TEXT" in shown(request)
    for by in (STAFF, ("--as", "media_staff:x")):
        assert "on file" not in shown(request, *by)
    added = ran("student", "guardian", "add", hannah, *NEW, *AS)
    assert (f"{request} may be this person's, by the name" in words_of(added), command in words_of(added)) == (
        True,
        True,
    )
    assert closed(request, "no-such-record", "--on", str(TODAY)).code == 0
    ran("request", "reopen", request, "--why", "tried", *AS)
    ran("student", "guardian", "verify", hannah, "somebody", "--seen", "a birth certificate", *AS)
    refused = closed(request, "no-such-record")
    assert (refused.code, f"{hannah} is tagged in a recording" in words_of(refused)) == (1, True)
    assert "on file" not in shown(request)
    assert f"Next: dam-plugin student recordings {hannah} --request {request}" in shown(request)


def test_where_it_cannot_be_known_it_is_said_of_each_that_waits(district: District, hannah: str) -> None:
    asked(district.guardian(HANNAH_MOTHER))
    one, other = asked("somebody"), asked("mrs-r 2")
    over = asked("gone")
    ran("request", "withdraw", over, "--why", "by telephone", *AS)
    added = words_of(ran("student", "guardian", "add", hannah, *NEW, *AS))
    assert f"{one} (parent:somebody), {other} ('parent:mrs-r 2')" in added
    assert ("may be this person's" in added, over in added) == (False, False)
    assert f"student guardian verify {hannah} ID --seen TEXT" in added


def test_where_none_waits_nothing_is_said(district: District, hannah: str) -> None:
    asked(district.guardian(HANNAH_MOTHER))
    ran("request", "add", "--from", "public:reporter", "--described", "the game", *CAME[:1], "news", *CAME[2:], *AS)
    assert "RQ-" not in ran("student", "guardian", "add", hannah, *NEW, *AS).text


def test_a_waiting_request_is_told_beside_json_too(district: District, hannah: str) -> None:
    request = asked("somebody")
    added = ran("student", "guardian", "add", hannah, *NEW, *AS, "--json")
    assert (request in added.err, request in added.out) == (True, False)
    assert CROWD not in added.text


@pytest.mark.parametrize("way", ["verify", "dropped and verified"])
def test_what_was_denied_to_a_parent_whom_nobody_had_on_file_is_named_once_they_are(
    district: District, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hannah = district.student(HANNAH)
    district.upload(PORTRAIT)
    who = "mr-l" if way == "verify" else district.guardian(HANNAH_MOTHER)
    if way != "verify":
        leaves_roster()
    request = asked(who, "--student", hannah)
    assert closed(request, "denied", "--provision", CONSENT).code == 0
    assert request not in words_of(call("doctor"))
    on_day(monkeypatch, 7)
    done = words_of(ran("student", "guardian", "verify", hannah, who, "--seen", "birth certificate", *AS))
    assert f"{request} (" in done, done
    assert f"dam-plugin request reopen {request} --why TEXT" in done
    assert request in words_of(call("doctor"))
    ran("request", "reopen", request, "--why", "he is her father", *AS)
    assert "request reopen" not in words_of(call("doctor"))
    assert "let the family see it" in shown(request)


def test_whoever_asks_for_a_parent_since_was_turned_away_as_no_parent(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    request = asked("advocate-1", "--student", hannah)
    assert closed(request, "denied", "--provision", CONSENT).code == 0
    on_day(monkeypatch, 7)
    Path("signed.pdf").write_bytes(b"signed")
    signed = ("--for", mother, "--name", "Ada Vocat", "--seen", "a signed letter", "--file", "signed.pdf")
    ran("student", "guardian", "represent", hannah, "advocate-1", *signed, *AS)
    assert request not in words_of(call("doctor"))


@pytest.mark.parametrize("way", ["in words", "by pseudonym", "by key"])
def test_who_asks_after_a_roster_dropped_them_is_no_stranger(district: District, way: str) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    district.upload(PORTRAIT)
    leaves_roster()
    if way == "by key":
        words = ("request", "add", PORTRAIT, "--from", f"parent:{mother}", *CAME)
        request = str(ran(*words, *AS, "--json").object()["id"])
    else:
        request = asked(mother, *(("--student", hannah) if way == "by pseudonym" else ()))
    keeps = f"dam-plugin student guardian verify {hannah} {mother} --seen TEXT"
    assert keeps in shown(request)
    assert keeps not in shown(request, *STAFF)
    assert closed(request, "no-such-record").code == 1
    waits = ("share", PORTRAIT, "--to", f"parent:{mother}", "--purpose", "inspection", *AS, "--json")
    (referral,) = call(*waits).object()["referrals"]
    assert keeps in words_of(ran("queue", "show", referral["id"], *AS))
    ran("student", "guardian", "verify", hannah, mother, "--seen", "birth certificate", *AS)
    share = ("share", PORTRAIT, "--to", f"parent:{mother}", "--purpose", "inspection", "--request", request, *AS)
    assert call(*share, "--json").object()["outcome"] == "allow"


def test_a_version_that_was_saved_over_is_no_missing_record(district: District) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    first = (sample_folder() / PORTRAIT).read_bytes()
    named = xmp_segment(packet(bag("Iptc4xmpExt:PersonInImage", ["Hannah Lindqvist"])))
    first = first[:2] + named + first[2:]
    assert hannah in district.upload(GRADUATION, first).tagging.students
    request = asked(mother)
    # The office saves the next picture under the same name, of somebody else.
    district.upload(GRADUATION, (sample_folder() / UNTITLED).read_bytes())
    only = ("custodian", "people", GRADUATION, "--person", district.student(CALEB), "--only", "--why", "he alone")
    ran(*only, *AS)
    listed = ran("student", "recordings", hannah, "--request", request, *AS, "--json").objects()
    assert [(each["key"], each["tagging"]) for each in listed] == [(GRADUATION, "an earlier version, saved over")]
    refused = closed(request, "no-such-record")
    assert (refused.code, f"shows {hannah}: it was saved over" in words_of(refused)) == (1, True)
    assert letter("no-such-record", request).code == 1
    # Put back under a key of its own, it is there as any.
    district.upload("office/put-back.jpg", first)
    (again,) = ran("student", "recordings", hannah, "--request", request, *AS, "--json").objects()
    assert (again["key"], again["tagging"]) == ("office/put-back.jpg", "complete")
