"""A family's statement goes with what it contests, whenever that is disclosed (34 CFR 99.21(b)(2), (c))."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call, holder
from databases import run_sql
from district import (
    CALEB,
    GRADUATION,
    HALLWAY,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    NOAH,
    OWEN,
    PORTRAIT,
    TEAM,
    THERESA,
    District,
    sample_folder,
)
from PIL import Image
from use_cases import ledger_holds
from yearbook_exports import DANCE, put_candid, put_portrait

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")
WORDS = "He was defending his sister."
ENROLLED = ("--enrolled", "the registrar, called back")


def place(district: District, key: str = PORTRAIT, *more: str, student: str = HANNAH) -> Called:
    whose = district.student(student)
    words = ("--student", whose, "--by", holder(whose), "--text", WORDS)
    return call("custodian", "statement", key, *words, *more, *AS, "--json")


def shared(key: str, to: str, *by: str) -> Called:
    return call("share", key, "--to", to, "--purpose", "records request", *(by or AS), "--json")


@pytest.fixture
def statement(district: District) -> str:
    district.upload(PORTRAIT)
    return str(place(district).object()["id"])


def test_whoever_gets_it_by_a_link_reads_it(district: District, statement: str) -> None:
    told = shared(PORTRAIT, f"parent:{district.guardian(HANNAH_MOTHER)}").object()
    assert (told["outcome"], WORDS in told["notice"], "99.21(c)(2)" in told["notice"]) == ("allow", True, True)
    opened = call("open", told["token"], "--json").object()
    assert WORDS in opened["notice"]
    assert call("custodian", "statement-end", statement, "--why", "the caption was corrected", *AS).code == 0
    assert WORDS not in str(call("open", told["token"], "--json").object()["notice"])
    assert ledger_holds(district.services)


def test_a_release_that_has_a_notice_of_its_own_has_both(district: District, statement: str) -> None:
    Path("need.yaml").write_text("legitimate_interest: true\nrecords_authorized: true\n", "utf-8")
    to = ("--to", "school_official:nurse", "--purpose", "instruction", "--evidence", "need.yaml")
    told = call("share", PORTRAIT, *to, *AS, "--json").object()
    assert (told["outcome"], told["notice"].count(WORDS), len(told["notice"]) > len(WORDS) + 100) == ("allow", 1, True)


def test_a_copy_that_hides_the_student_and_a_refusal_have_no_statement(district: District) -> None:
    district.upload(TEAM)
    assert place(district, TEAM).code == 0
    hidden = shared(TEAM, "public:herald").object()
    assert WORDS not in str(hidden)


def test_it_goes_only_while_the_recording_shows_its_student(district: District) -> None:
    district.upload(TEAM)
    theresa, owen = district.student(THERESA), district.student(OWEN)
    look = ("tag", TEAM, "--unidentified", "0", "--directory", "eligible", "--prominence", "focus", *AS)
    assert (
        call(*look, "--person", f"{theresa}@0.1,0.2,0.1,0.2", "--person", f"{owen}@0.6,0.2,0.1,0.2", "--only").code == 0
    )
    statement = place(district, TEAM, student=THERESA).object()["id"]
    told = shared(TEAM, "public:herald").object()
    assert (told["outcome"], WORDS in told["notice"]) == ("allow", True)

    corrected = call(*look, "--person", f"{owen}@0.6,0.2,0.1,0.2", "--only")
    assert (corrected.code, f"{statement} does not go with it any more" in " ".join(corrected.text.split())) == (
        0,
        True,
    )
    assert WORDS not in str(call("open", told["token"], "--json").object())
    again = shared(TEAM, "public:channel-5").object()
    assert (again["outcome"], WORDS in str(again)) == ("allow", False)
    assert [each for each in again["notes"] if "does not go with this recording any more" in each]
    assert [each["goes"] for each in call("custodian", "statements", TEAM, *AS, "--json").objects()] == [False]
    assert "does not go with it any more" in " ".join(call("custodian", "statements", TEAM, *AS).text.split())

    found = call(*look, "--person", f"{theresa}@0.1,0.2,0.1,0.2")
    assert (found.code, "does not go" in found.text) == (0, False)
    assert WORDS in str(shared(TEAM, "public:channel-9").object()["notice"])


def test_by_hand_it_is_on_record_only_once_the_statement_went_along(district: District, statement: str) -> None:
    hannah = district.student(HANNAH)
    asked = shared(PORTRAIT, "other_school:lincoln-high").object()
    assert [each for each in asked["notes"] if "A statement of the family" in each and str(TODAY) in each]
    assert shared(PORTRAIT, "other_school:lincoln-high", *STAFF).object()["notes"] == []
    referral = asked["referrals"][0]["id"]
    given = ("--basis", "TRANSFER", "--students", hannah, *ENROLLED, "--why", "a disc", *AS)
    refused = call("queue", "close", referral, "--disclosed-to", "other_school:lincoln-high", *given)
    assert (refused.code, "--with-statement" in " ".join(refused.err.split())) == (1, True)
    done = call("queue", "close", referral, "--disclosed-to", "other_school:lincoln-high", *given, "--with-statement")
    assert done.code == 0, done.text
    for language, words in (("en", "Your statement went along with it."), ("es", "Su declaración se entregó")):
        call("ledger", "student", *AS, hannah, "--page", "record.html", "--language", language)
        assert words in " ".join(Path("record.html").read_text("utf-8").split())


def test_where_there_is_none_it_is_not_said_to_have_gone_along(district: District) -> None:
    district.upload(PORTRAIT)
    referral = shared(PORTRAIT, "other_school:lincoln-high").object()["referrals"][0]["id"]
    given = ("--basis", "TRANSFER", "--students", district.student(HANNAH), *ENROLLED, "--why", "a disc", *AS)
    refused = call("queue", "close", referral, "--disclosed-to", "other_school:x", *given, "--with-statement")
    assert (refused.code, "leave --with-statement out" in refused.err) == (1, True)


def test_it_goes_with_the_same_picture_under_another_key(district: District, statement: str) -> None:
    district.upload("moved/portrait.jpg", (sample_folder() / PORTRAIT).read_bytes())
    listed = call("custodian", "statements", "moved/portrait.jpg", *AS, "--json").objects()
    assert [(each["id"], each["words"]) for each in listed] == [(statement, WORDS)]


# A copy that was saved anew looks like what a family contests

COPY = "archive/saved-anew.jpg"


def saved_anew(key: str) -> bytes:
    """Return a sample picture written anew at a lower quality, without its metadata."""
    file = io.BytesIO()
    with Image.open(sample_folder() / key) as picture:
        picture.convert("RGB").save(file, "JPEG", quality=70)
    return file.getvalue()


def listed(key: str) -> list[tuple[str, bool, str | None]]:
    rows = call("custodian", "statements", key, *AS, "--json").objects()
    return [(each["id"], each["goes"], each["looks_like"]) for each in rows]


@pytest.mark.parametrize("is_first", [True, False], ids=["copied before the statement came", "copied after"])
def test_it_goes_with_a_copy_that_was_saved_anew(district: District, *, is_first: bool) -> None:
    district.upload(HALLWAY)
    if is_first:
        district.upload(COPY, saved_anew(HALLWAY))
    statement = place(district, HALLWAY, student=CALEB).object()["id"]
    if not is_first:
        district.upload(COPY, saved_anew(HALLWAY))
    assert (listed(HALLWAY), listed(COPY)) == ([(statement, True, None)], [(statement, True, HALLWAY)])
    told = " ".join(call("custodian", "statements", COPY, *AS).text.split())
    assert f"{statement} is kept with {HALLWAY}, which this looks like." in told
    caleb = district.student(CALEB)
    asked = shared(COPY, "other_school:lincoln-high").object()
    assert [each for each in asked["notes"] if f"A statement of the family of {caleb}" in each]
    given = ("--basis", "TRANSFER", "--students", caleb, *ENROLLED, "--why", "a disc", *AS)
    refused = call("queue", "close", asked["referrals"][0]["id"], "--disclosed-to", "other_school:lincoln-high", *given)
    assert (refused.code, "--with-statement" in " ".join(refused.err.split())) == (1, True)


def test_whoever_gets_a_copy_that_was_saved_anew_reads_it_until_it_ends(district: District, statement: str) -> None:
    district.upload(COPY, saved_anew(PORTRAIT))
    assert listed(COPY) == [(statement, True, PORTRAIT)]
    look = ("tag", COPY, "--person", f"{district.student(HANNAH)}@0.1,0.1,0.5,0.5", "--unidentified", "0")
    assert call(*look, "--directory", "eligible", "--prominence", "focus", *AS).code == 0
    told = shared(COPY, f"parent:{district.guardian(HANNAH_MOTHER)}").object()
    assert (told["outcome"], WORDS in told["notice"]) == ("allow", True)
    assert WORDS in call("open", told["token"], "--json").object()["notice"]
    end = ("custodian", "statement-end", statement, "--why", "the caption was corrected", *AS)
    assert call(*end).code == 0
    assert (listed(COPY), WORDS in str(call("open", told["token"], "--json").object())) == ([], False)


def test_it_goes_with_a_copy_only_once_a_tag_names_its_student(district: District) -> None:
    district.upload(GRADUATION)
    shown = next(iter(published(GRADUATION)["basis"]))
    statement = place(district, GRADUATION, "--student", shown, "--by", holder(shown)).object()["id"]
    district.upload(COPY, saved_anew(GRADUATION))
    assert listed(COPY) == [(statement, False, GRADUATION)]
    told = " ".join(call("custodian", "statements", COPY, *AS).text.split())
    assert (f"does not go with it: no tag names {shown}" in told, "any more" in told) == (True, False)
    look = ("tag", COPY, "--person", f"{shown}@0.1,0.1,0.5,0.5", "--unidentified", "0", "--prominence", "focus")
    assert call(*look, "--directory", "eligible", *AS).code == 0
    assert listed(COPY) == [(statement, True, GRADUATION)]


def test_a_copy_of_the_version_that_came_after_has_it_too(district: District, statement: str) -> None:
    district.upload(PORTRAIT, (sample_folder() / TEAM).read_bytes())
    district.upload(COPY, saved_anew(TEAM))
    assert [each[0::2] for each in listed(COPY)] == [(statement, PORTRAIT)]


def test_another_picture_has_none_of_it(district: District, statement: str) -> None:
    district.upload(COPY, saved_anew(TEAM))
    assert listed(COPY) == []


def test_a_statement_that_was_changed_beside_the_program_is_no_statement(district: District, statement: str) -> None:
    run_sql(district.services.store, "UPDATE statements SET words = 'nothing'")
    assert call("custodian", "statements", PORTRAIT, *AS).code == 1
    assert call("ledger", "verify").code == 1


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--on", "2999-01-01"), "is not here yet"),
        (("--text", " "), "at most 4,000 characters"),
        (("--text", "x" * 4001), "at most 4,000 characters"),
        (("--as", "media_staff:desk"), "only the records custodian"),
    ],
)
def test_what_cannot_be_a_statement_is_refused(district: District, more: tuple[str, ...], says: str) -> None:
    district.upload(PORTRAIT)
    by = district.guardian(HANNAH_MOTHER)
    options = {"--student": district.student(HANNAH), "--by": by, "--text": WORDS, "--as": AS[1]} | {more[0]: more[1]}
    refused = call("custodian", "statement", PORTRAIT, *(each for pair in options.items() for each in pair))
    assert (refused.code, says in " ".join(refused.err.split())) == (1, True)


@pytest.mark.parametrize(
    "name", ["Noah Begaye hit him first.", "Tess Okafor hit him.", "Ask Lorraine Begaye.", "S-PSEUDONYM"]
)
def test_it_names_no_other_student_of_the_roster_nor_their_family(district: District, name: str) -> None:
    district.upload(PORTRAIT)
    words = name.replace("S-PSEUDONYM", district.student(NOAH))
    whose = ("--student", district.student(HANNAH), "--by", district.guardian(HANNAH_MOTHER))
    told = ("custodian", "statement", PORTRAIT, *whose, "--text", words, *AS)
    refused = call(*told)
    said = " ".join(refused.err.split())
    assert (refused.code, "write 'another student'" in said, "with --file" in said, name in said) == (
        1,
        True,
        True,
        False,
    )
    assert call("custodian", "statements", PORTRAIT, *AS, "--json").objects() == []
    assert call(*told, "--no-student-named").code == 0
    assert ledger_holds(district.services)


def test_it_names_its_own_student_and_their_guardian(district: District) -> None:
    district.upload(PORTRAIT)
    own = "Hannah Lindqvist did not begin it. Karin Lindqvist"
    whose = ("--student", district.student(HANNAH), "--by", district.guardian(HANNAH_MOTHER))
    placed = call("custodian", "statement", PORTRAIT, *whose, "--text", own, *AS)
    assert placed.code == 0, placed.text


def test_other_staff_do_not_read_it(district: District, statement: str) -> None:
    refused = call("custodian", "statements", PORTRAIT, *STAFF)
    assert (refused.code, WORDS in refused.text, "only the records custodian" in refused.err) == (1, False, True)


def test_it_is_of_a_student_in_the_recording_and_ends_once(district: District, statement: str) -> None:
    refused = place(district, student=NOAH)
    assert (refused.code, "is not tagged in this recording" in refused.err) == (1, True)
    end = ("custodian", "statement-end", statement, "--why", "amended", *AS)
    assert [call(*end).code for _ in range(2)] == [0, 1]
    assert call("custodian", "statement-end", "st-000000000000", "--why", "x", *AS).code == 1


def test_of_a_student_who_has_left_the_custodian_is_told_that_it_may_be_no_record_of_theirs(district: District) -> None:
    district.upload(PORTRAIT)
    hannah = district.student(HANNAH)
    run_sql(district.services.store, "UPDATE students SET active = false")
    call("ledger", "accept", "--why", "a test", *AS)
    told = shared(PORTRAIT, "public:herald").object()
    assert [each for each in told["notes"] if "is no student here any more" in each and hannah in each]


# What the district publishes or prints carries no statement


WEBSITE = ("--to", "public", "--purpose", "website", "--kind", "publication")
ON_THE_WEB = "printed below the picture"


def published(key: str) -> dict[str, Any]:
    told: dict[str, Any] = call("share", key, *WEBSITE, *AS, "--json").object()
    return told


def clauses(told: dict[str, Any]) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


def test_a_publication_waits_until_the_custodian_says_that_the_statement_is_published_too(district: District) -> None:
    district.upload(GRADUATION)
    before = published(GRADUATION)
    assert (before["outcome"], call("open", before["token"]).code) == ("allow", 0)
    shown = next(iter(before["basis"]))
    whose = ("--student", shown, "--by", holder(shown))
    assert call("custodian", "statement", GRADUATION, *whose, "--text", WORDS, *AS).code == 0

    assert call("open", before["token"]).code == 4
    told = published(GRADUATION)
    assert (told["outcome"], told["token"], clauses(told)[0]) == ("refer", None, "STATEMENT")
    assert told["reasons"][0]["students"] == [shown]
    referral = told["referrals"][0]["id"]
    answer = call("queue", "finding", referral, "reviewed", ON_THE_WEB, *AS, "--json").object()["answer"]
    assert (answer["outcome"], WORDS in answer["notice"]) == ("allow", True)
    assert ledger_holds(district.services)


def test_a_publication_that_hides_whoever_contests_it_waits_for_nothing(district: District) -> None:
    district.upload(TEAM)
    assert place(district, TEAM).code == 0
    told = published(TEAM)
    assert (told["outcome"], told["redact"]) == ("redact", [district.student(HANNAH)])


def test_a_copy_that_was_saved_anew_is_not_published_without_it(district: District) -> None:
    district.upload(GRADUATION)
    district.upload(COPY, saved_anew(GRADUATION))
    shown = next(iter(published(GRADUATION)["basis"]))
    look = ("tag", COPY, "--person", f"{shown}@0.1,0.1,0.5,0.5", "--unidentified", "0", "--prominence", "focus")
    assert call(*look, "--directory", "eligible", *AS).code == 0
    before = published(COPY)
    assert before["outcome"] == "allow"
    whose = ("--student", shown, "--by", holder(shown))
    assert call("custodian", "statement", GRADUATION, *whose, "--text", WORDS, *AS).code == 0
    assert call("open", before["token"]).code == 4
    told = published(COPY)
    assert (told["outcome"], clauses(told)[0]) == ("refer", "STATEMENT")
    answer = call("queue", "finding", told["referrals"][0]["id"], "reviewed", ON_THE_WEB, *AS, "--json").object()[
        "answer"
    ]
    assert (answer["outcome"], WORDS in answer["notice"]) == ("allow", True)


def test_once_the_record_was_amended_it_is_published_again(district: District) -> None:
    district.upload(GRADUATION)
    shown = next(iter(published(GRADUATION)["basis"]))
    whose = ("--student", shown, "--by", holder(shown))
    placed = call("custodian", "statement", GRADUATION, *whose, "--text", WORDS, *AS, "--json").object()
    assert published(GRADUATION)["outcome"] == "refer"
    assert call("custodian", "statement-end", placed["id"], "--why", "the caption was corrected", *AS).code == 0
    assert published(GRADUATION)["outcome"] == "allow"


SET = ("export", "yearbook", "--size", "80x100", "--to", "heron-press", "--redact", "allow")


@pytest.fixture
def pictures(district: District) -> tuple[str, str]:
    """A portrait and a candid of Theresa, and a later one of somebody else; the keys of the first two."""
    portrait = put_portrait(district, THERESA).asset.key
    candid = put_candid(district, "events/dance/one.jpg", THERESA, about=DANCE).asset.key
    # Later on the same evening: candids of one time have no order that a test may count on.
    put_candid(district, "events/dance/two.jpg", INES, about=replace(DANCE, taken="2026:03:04 20:00:00"))
    return portrait, candid


def test_a_set_for_the_yearbook_leaves_out_what_a_family_contests(
    district: District, pictures: tuple[str, str]
) -> None:
    for key in pictures:
        assert place(district, key, student=THERESA).code == 0
    made = call(*SET, "--out", "SET.zip")
    assert (made.code, "STATEMENT" in made.out) == (0, True), made.text
    report = Path("SET.exclusions.json").read_text("utf-8")
    left = json.loads(report)["left_out"]
    assert [(each["kind"], clauses(each), each["ask"]) for each in left] == [
        ("portrait", ["STATEMENT"], []),
        ("candid", ["STATEMENT"], []),
    ]
    # Staff read neither what the family said, nor whose record it contests by the name of the file.
    assert (WORDS in report, [each["source"] for each in left]) == (False, [None, None])
    assert call("export", "recheck", "SET.zip", "--lock").code == 0


def test_a_set_from_before_the_statement_is_not_locked(district: District, pictures: tuple[str, str]) -> None:
    assert call(*SET, "--out", "SET.zip").code == 0
    assert place(district, pictures[1], student=THERESA).code == 0
    stopped = call("export", "recheck", "SET.zip", "--lock", "--json")
    assert stopped.code == 3
    (stop,) = stopped.object()["stops"]
    assert (stop["path"], [each["clause"] for each in stop["why"]]) == ("candids/c0000001.jpg", ["STATEMENT"])


def test_a_locked_set_is_handed_to_nobody_else_once_a_statement_came(
    district: District, pictures: tuple[str, str]
) -> None:
    assert call(*SET, "--out", "SET.zip", "--lock").code == 0
    assert place(district, pictures[0], student=THERESA).code == 0
    refused = call("export", "handover", "SET.zip", "--to", "the-printer", "--json")
    assert (refused.code, "STATEMENT" in refused.text) == (3, True)
