"""Somebody saves another picture under the name of one that is asked for: what was asked for is the one before."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from clock import TODAY, now
from command_line import Called, call, said
from destroyed_while_asked import AS, closed
from district import CALEB, GRADUATION, HANNAH, HANNAH_MOTHER, PORTRAIT, UNTITLED, District, paged
from made_files import bag, packet, xmp_segment
from PIL import Image, ImageOps
from use_cases import looked

from dam_plugin.cli.demo.samples import sample_folder

CAME = ("--channel", "email")
PUT_BACK = "office/put-back.jpg"
SAVED_OVER = "was saved over with another picture"


def of(name: str, file: str) -> bytes:
    """A picture of the samples that names somebody in its metadata."""
    named = xmp_segment(packet(bag("Iptc4xmpExt:PersonInImage", [name])))
    body = (sample_folder() / file).read_bytes()
    return body[:2] + named + body[2:]


def mirrored(file: str) -> bytes:
    with Image.open(sample_folder() / file) as opened:
        ImageOps.mirror(opened.convert("RGB")).save(made := io.BytesIO(), "JPEG")
    return made.getvalue()


BEFORE, AFTER = of("Hannah Lindqvist", PORTRAIT), of("Caleb Okafor", UNTITLED)


def ran(*words: str) -> Called:
    done = call(*words)
    assert done.code == 0, done.text
    return done


def saved_over(district: District) -> None:
    """Upload the picture of another student under the same name; he is looked at, and alone in it."""
    district.upload(GRADUATION, AFTER)
    only = ("--person", district.student(CALEB), "--only", "--why", "he alone")
    ran("custodian", "people", GRADUATION, *only, *AS)


def mother_of(district: District) -> str:
    return f"parent:{district.guardian(HANNAH_MOTHER)}"


def asked(who: str, *what: str, came: str = str(TODAY)) -> str:
    purpose = "inspection" if who.startswith("parent") else "news"
    words = ("request", "add", *what, "--from", who, "--purpose", purpose, *CAME, "--received", came, *AS, "--json")
    return str(ran(*words).object()["id"])


def shared(key: str, who: str, request: str) -> str:
    words = ("share", key, "--to", who, "--purpose", "inspection", "--request", request, *AS, "--json")
    return str(call(*words).object()["outcome"])


@pytest.mark.parametrize("when", ["before", "since"])
def test_a_key_that_a_mother_names_is_the_picture_of_her_child(district: District, when: str) -> None:
    assert district.student(HANNAH) in district.upload(GRADUATION, BEFORE).tagging.students
    if when == "before":
        saved_over(district)
    mother = mother_of(district)
    request = asked(mother, GRADUATION, came=now().isoformat())
    if when == "since":
        saved_over(district)
    number = district.services.pseudonyms.outside(GRADUATION)
    assert f"{SAVED_OVER}: {number}" in said(ran("request", "show", request, *AS))
    # What is there now may be shown to anybody.
    assert shared(GRADUATION, mother, request) == "allow"
    for outcome in ("granted", "partly", "no-such-record"):
        assert closed(request, outcome).code == 1
    refused = closed(request, "granted")
    assert (SAVED_OVER in said(refused), "aws s3api copy-object" in said(refused)) == (True, True)
    # Put back under a key of its own, it is answered as any.
    district.upload(PUT_BACK, BEFORE)
    assert PUT_BACK in said(closed(request, "granted"))
    assert shared(PUT_BACK, mother, request) == "allow"
    assert SAVED_OVER not in said(ran("request", "show", request, *AS))
    assert closed(request, "granted").code == 0


def test_what_was_saved_over_is_not_denied_by_the_picture_of_today(district: District) -> None:
    district.upload(GRADUATION, BEFORE)
    mother = mother_of(district)
    request = asked(mother, GRADUATION)
    saved_over(district)
    ran("tag", GRADUATION, "--closed", "610.021(14)", *AS)
    assert shared(GRADUATION, mother, request) == "deny"
    assert SAVED_OVER in said(closed(request, "denied"))
    assert call("letter", "write", "denial", "--request", request, *AS).code == 1


def test_what_was_answered_before_it_was_saved_over_is_answered(district: District) -> None:
    district.upload(GRADUATION, BEFORE)
    mother = mother_of(district)
    request = asked(mother, GRADUATION)
    ran("view", GRADUATION, "--in-office", "--for", mother, "--request", request, *AS)
    saved_over(district)
    assert closed(request, "granted").code == 0


def test_the_same_picture_saved_anew_is_what_was_asked_for(district: District) -> None:
    district.upload(GRADUATION, BEFORE)
    mother = mother_of(district)
    request = asked(mother, GRADUATION)
    rated = xmp_segment(packet("<xmp:Rating>4</xmp:Rating>" + bag("Iptc4xmpExt:PersonInImage", ["Hannah Lindqvist"])))
    district.upload(GRADUATION, BEFORE[:2] + rated + BEFORE[2:])
    assert shared(GRADUATION, mother, request) == "allow"
    assert closed(request, "granted").code == 0


def test_whoever_asks_for_the_public_is_answered_by_what_was_there(district: District) -> None:
    district.upload(GRADUATION, BEFORE)
    request = asked("public", GRADUATION)
    saved_over(district)
    assert shared(GRADUATION, "public", request) != "refer"
    assert SAVED_OVER in said(closed(request, "granted"))
    other = district.services.pseudonyms.outside(PORTRAIT)
    assert closed(request, "granted", "--not-about", other).code == 1
    # The custodian asked them, and they mean the picture of today.
    number = district.services.pseudonyms.outside(GRADUATION)
    assert closed(request, "granted", "--not-about", number).code == 0


def test_a_folder_is_what_was_in_it(district: District) -> None:
    district.upload(GRADUATION, BEFORE)
    mother = mother_of(district)
    request = asked(mother, "events/graduation/")
    saved_over(district)
    assert SAVED_OVER in said(closed(request, "denied"))


def test_words_are_granted_once_each_version_is(district: District) -> None:
    district.upload(GRADUATION, BEFORE)
    district.upload(PORTRAIT, mirrored(PORTRAIT))
    looked(district, PORTRAIT, HANNAH)
    mother = mother_of(district)
    request = asked(mother, "--described", "everything of my daughter")
    saved_over(district)
    assert shared(PORTRAIT, mother, request) == "allow"
    assert SAVED_OVER in said(closed(request, "granted"))
    number = district.services.pseudonyms.outside(GRADUATION)
    assert closed(request, "granted", "--not-about", number).code == 0


def test_the_custodian_hears_that_what_is_asked_for_was_saved_over(district: District) -> None:
    district.upload(GRADUATION, BEFORE)
    request = asked(mother_of(district), GRADUATION)
    told = paged(district)
    district.upload(GRADUATION, BEFORE + b" ")
    assert not any("saved over" in each for _, each in told)
    district.upload(GRADUATION, AFTER)
    (message,) = [each for _, each in told if "saved over" in each]
    assert f"dam-plugin request show {request}" in message


def test_what_showed_her_child_before_and_was_put_back_is_still_to_be_given(district: District) -> None:
    district.upload(GRADUATION, BEFORE)
    saved_over(district)
    district.upload(PUT_BACK, BEFORE)
    mother = mother_of(district)
    request = asked(mother, GRADUATION, came=now().isoformat())
    assert PUT_BACK in said(ran("request", "show", request, *AS))
    assert shared(GRADUATION, mother, request) == "allow"
    assert PUT_BACK in said(closed(request, "granted"))
    assert shared(PUT_BACK, mother, request) == "allow"
    assert closed(request, "granted").code == 0


def test_what_a_court_struck_from_its_order_is_asked_for_in_no_version(district: District) -> None:
    district.upload(GRADUATION, BEFORE)
    district.upload(PORTRAIT)
    paper = ("--paper", "subpoena", "--return", str(TODAY + timedelta(days=20)))
    words = ("request", "add", GRADUATION, PORTRAIT, "--from", "court:circuit", "--purpose", "lawsuit", *paper)
    request = str(ran(*words, *CAME, "--received", str(TODAY), *AS, "--json").object()["id"])
    saved_over(district)
    assert SAVED_OVER in said(ran("request", "show", request, *AS))
    ran("request", "order", request, "--not-reached", GRADUATION, "--why", "narrowed", *AS)
    assert SAVED_OVER not in said(ran("request", "show", request, *AS))
