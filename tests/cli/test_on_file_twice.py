"""One child in two rows of the roster, with the very name and birth date: whoever answers for one row is told of the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from clock import TODAY
from command_line import Called, call, said
from court_orders import revoking
from district import CROWD, PORTRAIT, UNTITLED, District
from made_rosters import DEMOGRAPHICS, USERS_11, manifest, table, user, zipped
from roster_rows import AS, ASKED, BASE, HUGO, RUNA, Row, imported
from use_cases import looked

TWICE = "have the very name and birth date of another row"
ELLA = Row("106010", "Ella", "Brandt", "2011-07-09", (("G-6010", "Ida Brandt"),))
AGAIN = replace(ELLA, number="206010", guardians=(("G-6110", "Ole Brandt"),))


def tagged(district: District, key: str, row: Row) -> None:
    district.upload(key)
    looked(district, key, unidentified=0)
    done = call("tag", key, "--person", district.student(row.number), "--directory", "eligible", *AS)
    assert done.code == 0, done.text


@pytest.fixture
def twice(district: District) -> District:
    """Another picture is tagged by the second number alone."""
    assert imported(district, (*BASE, ELLA, AGAIN), "--confirm").code == 0
    tagged(district, UNTITLED, AGAIN)
    return district


def asked(district: District, *more: str) -> Called:
    mother = f"parent:{district.guardian('G-6010')}"
    came = ("--received", str(TODAY), "--channel", "letter")
    return call("request", "add", "--from", mother, "--purpose", "inspection", *came, *AS, *more)


def closed(outcome: str, *more: str) -> Called:
    return call("request", "close", "RQ-000001", "--outcome", outcome, "--why", "sent", *more, *AS)


def shared(district: District, key: str) -> Called:
    mother = f"parent:{district.guardian('G-6010')}"
    return call("share", key, "--to", mother, "--purpose", "inspection", "--request", "RQ-000001", *AS, "--json")


ROWS = {"two new ones": (BASE, (ELLA, AGAIN)), "a new one beside one on file": ((*BASE, ELLA), (AGAIN,))}


@pytest.mark.parametrize(("before", "new"), ROWS.values(), ids=ROWS)
def test_an_import_asks_about_two_rows_of_one_name_and_birth_date(
    district: District, before: tuple[Row, ...], new: tuple[Row, ...]
) -> None:
    assert imported(district, before, "--confirm").code == 0
    refused = imported(district, (*before, *new))
    one, other = sorted((district.student(ELLA.number), district.student(AGAIN.number)))
    assert (refused.code, TWICE in refused.err) == (1, True), refused.text
    assert f"{one} may be {other}" in refused.err or f"{other} may be {one}" in refused.err
    assert ELLA.family not in refused.err
    assert imported(district, (*before, *new), "--confirm").code == 0
    # Nobody is asked again.
    again = imported(district, (*before, *new))
    assert again.code == 0, again.text


def test_who_is_corrected_into_the_other_row_is_asked_about(district: District) -> None:
    assert imported(district, (*BASE, ELLA, replace(AGAIN, born="2011-07-08")), "--confirm").code == 0
    refused = imported(district, (*BASE, ELLA, AGAIN))
    assert (refused.code, TWICE in refused.err) == (1, True), refused.text


@pytest.mark.parametrize("other", [{"given": "Eva"}, {"born": "2012-07-09"}, {"born": ""}], ids=str)
def test_twins_and_namesakes_of_another_day_are_not_asked_about(district: District, other: dict[str, str]) -> None:
    assert imported(district, BASE, "--confirm").code == 0
    done = imported(district, (*BASE, ELLA, replace(AGAIN, **other)))
    assert done.code == 0, done.text


def test_of_who_said_no_an_import_asks_once_and_by_the_no(district: District) -> None:
    second = replace(RUNA, number="206006", guardians=(), opted_out=False)
    refused = imported(district, (*BASE, second))
    assert (refused.code, ASKED in refused.err, TWICE in refused.err) == (1, True, False), refused.text


def test_of_whom_an_order_limits_a_parent_an_import_asks(district: District) -> None:
    assert imported(district, BASE, "--confirm").code == 0
    hugo = district.student(HUGO.number)
    order = ("--seen", "order of the circuit court", *revoking())
    done = call("student", "guardian", "limit", hugo, district.guardian("G-6004"), *order, *AS)
    assert done.code == 0, done.text
    refused = imported(district, (*BASE, replace(HUGO, number="206004")))
    assert (refused.code, ASKED in refused.err) == (1, True), refused.text


def test_a_delta_that_adds_the_second_row_is_asked_about(district: District) -> None:
    def of(number: str) -> str:
        told = [{"sourcedId": number, "status": "active", "birthDate": "2011-07-09"}]
        files = {
            "manifest.csv": manifest(users="delta", demographics="delta"),
            "users.csv": table(USERS_11, [user(number, "student", "Ella", "Brandt", status="active")]),
            "demographics.csv": table(DEMOGRAPHICS, told),
        }
        return str(zipped(district.folder / f"{number}.zip", files))

    assert call("roster", "import", of("106010"), *AS).code == 0
    refused = call("roster", "import", of("206010"), *AS)
    assert (refused.code, TWICE in refused.err) == (1, True), refused.text
    assert call("roster", "import", of("206010"), "--confirm", *AS).code == 0
    assert call("roster", "import", of("206010"), *AS).code == 0


def test_whoever_answers_for_one_row_is_told_of_the_other(twice: District) -> None:
    ella, again = twice.student(ELLA.number), twice.student(AGAIN.number)
    told = f"{again} has the very name and birth date of {ella}"
    assert told in said(asked(twice, "--described", f"everything of {ella}"))
    assert told in said(call("request", "show", "RQ-000001", *AS))
    assert call("request", "show", "RQ-000001", *AS, "--json").object()["namesakes"] == {ella: [again]}
    # To the custodian alone.
    assert again not in call("request", "show", "RQ-000001").text
    assert call("request", "show", "RQ-000001", "--json").object()["namesakes"] == {}
    assert told in said(call("student", "recordings", ella, "--request", "RQ-000001", *AS))
    share = ("share", CROWD, "--to", "public:eye", "--purpose", "news", "--name", ella, "--json")
    twice.upload(CROWD)
    assert told in call(*share, *AS).err
    assert told not in call(*share).text


def test_the_record_of_disclosures_is_handed_out_with_a_word_on_the_other_row_beside_it(twice: District) -> None:
    ella, again = twice.student(ELLA.number), twice.student(AGAIN.number)
    for more in ((), ("--json",), ("--page", "record.html"), ("--csv", "record.csv")):
        shown = call("ledger", "student", ella, *AS, *more)
        assert f"`dam-plugin ledger student {again}`" in shown.err, shown.text
        assert again not in shown.out
    assert again not in Path("record.html").read_text("utf-8")


@pytest.mark.parametrize("words", ["named", "unnamed"])
def test_a_request_in_words_is_not_closed_past_the_recordings_of_the_other_row(twice: District, words: str) -> None:
    ella, again = twice.student(ELLA.number), twice.student(AGAIN.number)
    twice.upload(PORTRAIT)
    only = call("custodian", "people", PORTRAIT, "--person", ella, "--only", "--why", "she alone", *AS)
    assert only.code == 0, only.text
    what = f"everything of {ella}" if words == "named" else "everything of my daughter"
    assert asked(twice, "--described", what).code == 0
    assert shared(twice, PORTRAIT).object()["outcome"] == "allow"
    refused = closed("granted")
    assert (refused.code, f"{again} has the very name" in refused.err) == (1, True), refused.text
    assert f"{twice.services.pseudonyms.outside(UNTITLED)}. Where it is one child" in refused.err
    assert f"--not-about {again}" in refused.err
    done = closed("granted", "--not-about", again)
    assert done.code == 0, done.text


BY = ("--provision", "34 CFR 99.4; RSMo 452.376", "--advised", "counsel, by telephone")


@pytest.mark.parametrize(("outcome", "by"), [("no-such-record", ()), ("denied", BY), ("granted", ())])
def test_nor_where_nothing_shows_the_first(twice: District, outcome: str, by: tuple[str, ...]) -> None:
    ella, again = twice.student(ELLA.number), twice.student(AGAIN.number)
    assert asked(twice, "--described", f"everything of {ella}").code == 0
    refused = closed(outcome, *by)
    assert (refused.code, f"{again} has the very name" in refused.err) == (1, True), refused.text
    for said_so in (again, twice.services.pseudonyms.outside(UNTITLED)):
        assert closed(outcome, *by, "--not-about", said_so).code == 0
        assert call("request", "reopen", "RQ-000001", "--why", "she wrote again", *AS).code == 0


def test_a_stranger_is_told_nothing_of_the_other_row(twice: District) -> None:
    ella = twice.student(ELLA.number)
    words = ("--from", "public:eye", "--purpose", "news", "--received", str(TODAY), "--channel", "email")
    assert call("request", "add", "--described", f"everything of {ella}", *words, *AS).code == 0
    done = closed("denied", "--provision", "34 CFR 99.30")
    assert done.code == 0, done.text


def test_what_the_other_row_shows_is_answered_too(twice: District) -> None:
    ella, again = twice.student(ELLA.number), twice.student(AGAIN.number)
    assert asked(twice, "--described", f"everything of {ella}").code == 0
    stated = call("student", "guardian", "add", again, twice.guardian("G-6010"), "--seen", "birth certificate", *AS)
    assert stated.code == 0, stated.text
    assert shared(twice, UNTITLED).object()["outcome"] == "allow"
    done = closed("granted")
    assert done.code == 0, done.text


def test_what_shows_the_other_row_is_held(twice: District) -> None:
    ella, again = twice.student(ELLA.number), twice.student(AGAIN.number)
    with twice.services.store.reading() as unit:
        assert unit.requests.naming([UNTITLED], TODAY) == []
    assert asked(twice, "--described", f"everything of {ella}").code == 0
    with twice.services.store.reading() as unit:
        assert {each.key for each in unit.requests.naming([UNTITLED], TODAY)} == {UNTITLED}
        assert {each.student for each in unit.requests.holding()} == {ella, again}


def test_who_was_renamed_into_the_other_row_may_be_the_same_child(district: District) -> None:
    assert imported(district, (*BASE, ELLA, replace(AGAIN, given="Ela")), "--confirm").code == 0
    assert imported(district, (*BASE, ELLA, AGAIN), "--confirm").code == 0
    ella, again = district.student(ELLA.number), district.student(AGAIN.number)
    assert call("student", "show", ella, *AS, "--json").object()["namesakes"] == [again]
