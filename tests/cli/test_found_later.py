"""A family was answered in words, and a look finds its child afterwards: the request waits again, and nothing is destroyed."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from clock import TODAY, now
from command_line import Called, call, said
from district import CALEB, CLIP, HANNAH, HANNAH_MOTHER, TEAM, UNTITLED, District
from made_files import bag, packet, xmp_segment
from PIL import Image
from use_cases import entries, kept, ledger_holds

from dam_plugin.cli.demo.samples import sample_folder

AS = ("--as", "custodian:records-office")
MOVED = "archive/2026/moved.jpg"
MEDIA = ("--as", "media_staff:desk-2")
RULES = """\
[[rule]]
name = "all"
folder = "**"
use = "none"
years = 0
source = "the district's own schedule"
"""
# What each closing says besides its outcome.
CLOSINGS = {"no-such-record": (), "denied": ("--provision", "34 CFR 99.4"), "withdrawn": ()}


@pytest.fixture
def plain(district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    """Two recordings of which it is not known who is in them, and a schedule by which they are due."""
    Path("retention.toml").write_text(RULES, "utf-8")
    monkeypatch.setenv("DAM_PLUGIN_RETENTION", "retention.toml")
    for key in (UNTITLED, CLIP):
        district.upload(key)
    return district


def on_day(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    monkeypatch.setattr("dam_plugin.services.local_now", lambda: now().astimezone() + timedelta(days=days))


def asked(district: District, *more: str, words: str = "any picture and any video of mine") -> str:
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    came = ("--received", str(TODAY), "--channel", "email", "--purpose", "inspection")
    added = call("request", "add", "--described", words, "--from", mother, *came, *more, *AS, "--json")
    return str(added.object()["id"])


def closed(request: str, outcome: str = "no-such-record", *more: str) -> Called:
    if outcome == "withdrawn":
        return call("request", "withdraw", request, "--why", "no longer", *AS)
    options = (*CLOSINGS.get(outcome, ()), *more)
    return call("request", "close", request, "--outcome", outcome, "--why", "looked for it", *options, *AS)


def tag(district: District, key: str, student: str = HANNAH) -> Called:
    done = call("tag", key, "--person", district.student(student), "--unidentified", "0", *MEDIA)
    assert done.code == 0, done.text
    return done


def destroyed(key: str = UNTITLED) -> Called:
    return call("retention", "destroy", key, "--why", "the schedule", *AS)


def moved(district: District, key: str = UNTITLED, to: str = MOVED) -> str:
    """Move a recording in the bucket, as the asset manager does: copy and delete; no event tells of it."""
    library = district.services.library
    library.put(to, library.read(key, limit=10**8), media_type="application/octet-stream")
    library.delete(key)
    assert call("reconcile").code == 0
    assert kept(district.services, to)
    return to


def letter(request: str, language: str) -> str:
    written = call("letter", "write", "no-such-record", "--request", request, "--lang", language, *AS, "--json")
    assert written.code == 0, written.text
    return " ".join(written.object()["text"].split())


@pytest.mark.parametrize("outcome", ["no-such-record", "denied"])
@pytest.mark.parametrize("is_named", [True, False], ids=["by pseudonym", "as their own"])
def test_what_a_look_finds_after_a_family_was_answered_waits_and_is_held(
    plain: District, monkeypatch: pytest.MonkeyPatch, outcome: str, *, is_named: bool
) -> None:
    request = asked(plain, *(("--student", plain.student(HANNAH)) if is_named else ()))
    assert closed(request, outcome).code == 0
    on_day(monkeypatch, 1)
    tag(plain, UNTITLED)
    shown = said(call("request", "show", request, *AS))
    recording = plain.services.pseudonyms.outside(UNTITLED)
    assert f"a look found {plain.student(HANNAH)} in {recording}, which the library had when it was closed" in shown
    assert f"its own last day is {TODAY + timedelta(days=45)}" in shown
    assert (f"dam-plugin request reopen {request}" in shown, f"dam-plugin request found {request}" in shown) == (
        True,
        True,
    )
    assert request in call("request", "list", *AS).text
    (due,) = [each for each in call("retention", "due", "--json").objects() if each["key"] == UNTITLED]
    assert due["holds"] == [request]
    refused = destroyed()
    assert (refused.code, f"the request {request}" in said(refused)) == (1, True), refused.text
    on_day(monkeypatch, 10)
    assert "OVERDUE" in call("request", "show", request, *AS).text
    assert ledger_holds(plain.services)


def test_the_custodian_says_why_it_was_not_asked_for_and_the_schedule_goes_on(
    plain: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(plain)
    closed(request)
    tag(plain, UNTITLED)
    assert call("request", "found", request, "--why", "it is a picture, and they ask for a video", *MEDIA).code == 1
    done = call("request", "found", request, "--why", "it is a picture, and they ask for a video", *AS)
    assert done.code == 0, done.text
    assert "Done on" in done.text
    assert destroyed().code == 0
    shown = said(call("request", "show", request, *AS))
    assert ("Destroyed on" in shown, "it was pending" in shown) == (True, True)
    assert call("request", "found", request, "--why", "again", *AS).code == 1


def test_what_was_destroyed_after_a_request_was_over_was_not_pending(
    plain: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(plain)
    closed(request)
    tag(plain, UNTITLED)
    assert call("request", "found", request, "--why", "they have it already", *AS).code == 0
    on_day(monkeypatch, 1)
    assert destroyed().code == 0
    shown = said(call("request", "show", request, *AS))
    assert ("Destroyed on" in shown, "it was pending" in shown) == (True, False)


def test_reopened_it_is_answered_with_its_own_days(plain: District, monkeypatch: pytest.MonkeyPatch) -> None:
    request = asked(plain)
    closed(request)
    on_day(monkeypatch, 1)
    tag(plain, UNTITLED)
    again = call("request", "reopen", request, "--why", "a picture was found", *AS)
    assert (again.code, f"Due {TODAY + timedelta(days=45)}: let the family see it" in said(again)) == (0, True), (
        again.text
    )
    assert "Nothing answers" not in again.text
    assert destroyed().code == 1
    refused = closed(request)
    assert (refused.code, "is tagged in a recording of the library" in said(refused)) == (1, True)


def test_of_a_whole_event_one_request_waits_once(plain: District) -> None:
    request = asked(plain)
    closed(request)
    for key in (UNTITLED, CLIP):
        tag(plain, key)
    told = call("request", "show", request, *AS, "--json").object()
    assert [each["kind"] for each in told["events"]].count("found-later") == 1
    assert set(told["found_later"]) == {plain.services.pseudonyms.outside(each) for each in (UNTITLED, CLIP)}
    assert call("request", "found", request, "--why", "neither is a video", *AS).code == 0
    assert [destroyed(each).code for each in (UNTITLED, CLIP)] == [0, 0]


def test_what_it_was_not_about_then_is_no_word_on_what_is_found_later(plain: District) -> None:
    tag(plain, CLIP)
    request = asked(plain)
    assert closed(request, "no-such-record", "--not-about", plain.student(HANNAH)).code == 0
    tag(plain, UNTITLED)
    shown = call("request", "show", request, *AS, "--json").object()["found_later"]
    assert plain.services.pseudonyms.outside(UNTITLED) in shown


def test_a_request_that_was_withdrawn_waits_no_more(plain: District) -> None:
    request = asked(plain)
    closed(request, "withdrawn")
    tag(plain, UNTITLED)
    assert "found-later" not in call("request", "log", request, *AS).text
    assert destroyed().code == 0


def test_what_came_after_the_answer_and_another_child_bring_nothing_back(district: District) -> None:
    request = asked(district)
    closed(request)
    district.upload(UNTITLED)
    district.upload(CLIP)
    tag(district, UNTITLED)
    tag(district, CLIP, CALEB)
    assert call("request", "show", request, *AS, "--json").object()["found_later"] == []
    assert not [each for _, each in entries(district.services, "request") if each["done"] == "found-later"]


def test_a_look_of_the_custodian_finds_it_too(plain: District) -> None:
    request = asked(plain)
    closed(request)
    hannah = plain.student(HANNAH)
    done = call("custodian", "people", UNTITLED, "--person", hannah, "--only", "--why", "I know her", *AS)
    assert done.code == 0, done.text
    assert call("request", "show", request, *AS, "--json").object()["found_later"]


def test_a_family_that_names_no_student_is_granted_nothing_while_its_child_is_unanswered(plain: District) -> None:
    tag(plain, UNTITLED)
    request = asked(plain, words="every picture and video of my kids since August")
    assert destroyed().code == 1
    assert request in call("hold", "list").text
    refused = closed(request, "granted")
    recording = plain.services.pseudonyms.outside(UNTITLED)
    assert (refused.code, f"--not-about {recording}" in said(refused)) == (1, True), refused.text


def test_whoever_closes_it_is_told_what_nobody_has_looked_at(plain: District) -> None:
    request = asked(plain)
    assert "Nobody has said yet who is in a recording that the library has." in said(
        call("request", "show", request, *AS)
    )
    assert "Nobody has said yet who is in a recording that the library had when it was closed." in said(closed(request))
    assert "There is one recording of which we do not know yet who is in it." in letter(request, "en")
    assert "Hay una grabación de la que todavía no sabemos quién aparece en ella." in letter(request, "es")
    for key in (UNTITLED, CLIP):
        tag(plain, key, CALEB)
    assert "nobody has said yet" not in call("request", "show", request, *AS).text


# Moved to another key after the closing


def test_what_was_moved_after_a_family_was_answered_was_there_before(
    plain: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(plain)
    assert closed(request).code == 0
    on_day(monkeypatch, 1)
    moved(plain)
    on_day(monkeypatch, 3)
    tag(plain, MOVED)
    recording = plain.services.pseudonyms.outside(MOVED)
    shown = call("request", "show", request, *AS)
    assert f"a look found {plain.student(HANNAH)} in {recording}" in said(shown)
    assert call("request", "show", request, *AS, "--json").object()["found_later"] == [recording]
    assert request in call("request", "list", *AS).text
    assert request in call("hold", "list").text
    refused = destroyed(MOVED)
    assert (refused.code, f"the request {request}" in said(refused)) == (1, True), refused.text


def test_what_was_moved_is_counted_with_what_nobody_has_looked_at(
    plain: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag(plain, CLIP, CALEB)
    request = asked(plain)
    closed(request)
    on_day(monkeypatch, 1)
    moved(plain)
    plain.upload("archive/2026/new.jpg", b"another file")
    assert call("request", "show", request, *AS, "--json").object()["unlooked"] == 1
    assert "There is one recording of which we do not know yet who is in it." in letter(request, "en")


def test_what_the_custodian_said_before_a_move_is_said_of_it_afterwards(
    plain: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(plain)
    closed(request)
    on_day(monkeypatch, 1)
    tag(plain, UNTITLED)
    assert call("request", "found", request, "--why", "it is a picture, and they ask for a video", *AS).code == 0
    on_day(monkeypatch, 2)
    moved(plain)
    tag(plain, CLIP)
    clip = plain.services.pseudonyms.outside(CLIP)
    assert call("request", "show", request, *AS, "--json").object()["found_later"] == [clip]


def test_what_was_given_before_a_move_is_not_found_after_it(plain: District, monkeypatch: pytest.MonkeyPatch) -> None:
    tag(plain, UNTITLED)
    request = asked(plain)
    mother = f"parent:{plain.guardian(HANNAH_MOTHER)}"
    to_her = ("--purpose", "inspection", "--to", mother, "--request", request)
    shared = call("share", UNTITLED, *to_her, *AS, "--json")
    assert shared.code == 0, shared.text
    assert call("open", shared.object()["token"]).code == 0
    assert closed(request, "granted").code == 0
    on_day(monkeypatch, 1)
    moved(plain)
    tag(plain, CLIP)
    clip = plain.services.pseudonyms.outside(CLIP)
    assert call("request", "show", request, *AS, "--json").object()["found_later"] == [clip]


def test_what_was_written_anew_under_another_key_was_there_before(
    plain: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(plain)
    closed(request)
    on_day(monkeypatch, 1)
    with Image.open(BytesIO(plain.services.library.read(UNTITLED, limit=10**8))) as picture:
        picture.resize((picture.width // 2, picture.height // 2)).save(written := BytesIO(), "JPEG", quality=85)
    plain.upload(MOVED, written.getvalue())
    plain.services.library.delete(UNTITLED)
    assert call("reconcile").code == 0
    tag(plain, MOVED)
    recording = plain.services.pseudonyms.outside(MOVED)
    assert call("request", "show", request, *AS, "--json").object()["found_later"] == [recording]


def test_another_picture_at_a_former_place_brings_nothing_back(
    plain: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(plain)
    closed(request)
    on_day(monkeypatch, 1)
    plain.upload(MOVED, (sample_folder() / TEAM).read_bytes())
    tag(plain, MOVED)
    assert call("request", "show", request, *AS, "--json").object()["found_later"] == []


def test_a_name_in_a_moved_file_finds_who_is_in_it_too(plain: District, monkeypatch: pytest.MonkeyPatch) -> None:
    request = asked(plain)
    closed(request)
    on_day(monkeypatch, 1)
    body = plain.services.library.read(UNTITLED, limit=10**8)
    persons = packet(bag("Iptc4xmpExt:PersonInImage", ["Hannah Lindqvist"]))
    plain.upload(MOVED, body[:2] + xmp_segment(persons) + body[2:])
    recording = plain.services.pseudonyms.outside(MOVED)
    assert call("request", "show", request, *AS, "--json").object()["found_later"] == [recording]


def test_a_copy_that_lies_where_another_was_finds_nobody_anew(plain: District, monkeypatch: pytest.MonkeyPatch) -> None:
    tag(plain, UNTITLED)
    request = asked(plain)
    assert closed(request, "denied").code == 0
    on_day(monkeypatch, 1)
    plain.upload(CLIP, plain.services.library.read(UNTITLED, limit=10**8))
    assert plain.student(HANNAH) in kept(plain.services, CLIP).tagging.students
    assert not [each for _, each in entries(plain.services, "request") if each["done"] == "found-later"]
