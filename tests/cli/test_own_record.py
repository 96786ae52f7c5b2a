"""A family asks for its own record: no provision that closes it to strangers denies it, in the register and in no letter."""

from __future__ import annotations

from pathlib import Path

import pytest
from clock import TODAY
from command_line import Called, call, said
from district import (
    CROWD,
    HANNAH,
    HANNAH_MOTHER,
    PORTRAIT,
    SCIENCE_LAB,
    SOFIA,
    SOFIA_MOTHER,
    TEAM,
    District,
)
from use_cases import entries

from dam_plugin.procedure.terms import has_rights

AS = ("--as", "custodian:records-office")
CAME = ("--received", str(TODAY), "--channel", "letter", "--purpose", "inspection", *AS)
RIGHT = "34 CFR 99.10, 99.12(a)"
OF_STRANGERS = ("RSMo 610.021(18)", "34 CFR 99.30", "34 CFR 99.37", "34 CFR 99.12(a)", "34 CFR 99.30; RSMo 610.021(14)")


def asked(who: str, *words: str) -> str:
    made = call("request", "add", *words, "--from", who, *CAME, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


def mother(district: District) -> str:
    return f"parent:{district.guardian(HANNAH_MOTHER)}"


def closed(request: str, *provisions: str, outcome: str = "denied", more: tuple[str, ...] = ()) -> Called:
    cited = [part for each in provisions for part in ("--provision", each)]
    return call("request", "close", request, "--outcome", outcome, "--why", "looked for", *cited, *more, *AS)


def denial(request: str, *more: str) -> Called:
    return call("letter", "write", "denial", "--request", request, *more, *AS)


def share(key: str, who: str, request: str) -> Called:
    return call("share", key, "--to", who, "--purpose", "inspection", "--request", request, *AS)


@pytest.mark.parametrize("provision", OF_STRANGERS)
def test_a_parent_is_not_denied_her_childs_record_by_what_closes_it_to_strangers(
    district: District, provision: str
) -> None:
    district.upload(PORTRAIT)
    request = asked(mother(district), PORTRAIT)
    refused = closed(request, provision)
    assert (refused.code, RIGHT in said(refused), f"'{provision}' withholds nothing" in said(refused)) == (
        1,
        True,
        True,
    )
    assert f"share KEY … --request {request}" in said(refused)
    written = denial(request, "--provision", provision)
    assert (written.code, RIGHT in said(written)) == (1, True)
    assert call("request", "show", request, "--json").object()["state"] == "open"


def test_what_a_share_decided_is_closed_as_it_decided(district: District) -> None:
    district.upload(PORTRAIT)
    request = asked(mother(district), PORTRAIT)
    assert share(PORTRAIT, mother(district), request).code == 0
    assert "close it as 'granted'" in said(closed(request, "34 CFR 99.37"))
    assert closed(request, outcome="granted").code == 0


def test_a_recording_without_the_child_is_denied_as_to_anybody(district: District) -> None:
    """It is no record of hers: the Sunshine Law alone says what she gets."""
    district.upload(SCIENCE_LAB)
    call("tag", SCIENCE_LAB, "--unidentified", "0", *AS)
    request = asked(mother(district), SCIENCE_LAB)
    assert closed(request, "RSMo 610.021(18)").code == 0


def test_a_recording_of_which_nobody_knows_who_is_in_it_is_looked_at_first(district: District) -> None:
    district.upload(SCIENCE_LAB)
    call("tag", SCIENCE_LAB, "--unidentified", "2", *AS)
    request = asked(mother(district), SCIENCE_LAB)
    refused = closed(request, "RSMo 610.021(18)")
    assert (refused.code, "is not known yet: it may be the record" in said(refused)) == (1, True)


@pytest.mark.parametrize("outcome", ["denied", "partly"])
def test_work_that_was_closed_without_giving_anything_denies_nothing(district: District, outcome: str) -> None:
    for key in (PORTRAIT, TEAM):
        district.upload(key)
    who = mother(district)
    request = asked(who, TEAM, *((PORTRAIT,) if outcome == "partly" else ()))
    if outcome == "partly":
        assert share(PORTRAIT, who, request).code == 0
    call("custodian", "close", TEAM, "--subdivision", "RSMo 610.021(1)", "--why", "counsel's file", *AS)
    waits = share(TEAM, who, request)
    assert waits.code == 4, waits.text
    (waiting,) = [each["id"] for each in call("queue", "list", "--json").objects() if each["asset_key"] == TEAM]
    assert call("queue", "close", waiting, "--why", "not given", *AS).code == 0
    for provision in ("RSMo 610.021(18)", "34 CFR 99.30"):
        refused = closed(request, provision, outcome=outcome)
        assert (refused.code, RIGHT in said(refused)) == (1, True), refused.text
    refused = closed(request, "RSMo 610.021(1)", outcome=outcome)
    assert (refused.code, "attorney's to say" in said(refused), "--advised" in said(refused)) == (1, True, True)
    advised = ("--advised", "the opinion of 2 October")
    assert closed(request, "RSMo 610.021(1)", outcome=outcome, more=advised).code == 0
    shown = said(call("request", "show", request, *AS))
    assert "As the district's attorney advised: the opinion of 2 October" in shown
    if outcome == "denied":
        written = denial(request)
        assert (written.code, "610.021(1)" in written.out, "opinion" in written.out) == (0, True, False), written.text


def test_what_the_attorney_advised_is_in_no_entry_of_the_ledger_and_belongs_to_a_denial(district: District) -> None:
    district.upload(PORTRAIT)
    request = asked(mother(district), PORTRAIT)
    advised = ("--advised", "a sealed report")
    assert closed(request, "34 CFR 99.30", more=advised).code == 1
    assert closed(request, "RSMo 210.150", more=advised).code == 0
    assert "sealed report" not in str(entries(district.services, "request"))
    other = asked("public:a-reader", "--described", "the bus")
    refused = closed(other, outcome="referred-elsewhere", more=advised)
    assert (refused.code, "--advised belongs to" in said(refused)) == (1, True)
    assert call("request", "log", request, "--exemptions").out.count("sealed report") == 0


def test_a_court_order_that_limits_a_parent_is_a_ground_and_stands_alone(district: District) -> None:
    district.upload(PORTRAIT)
    request = asked(mother(district), PORTRAIT)
    refused = closed(request, "34 CFR 99.4", "34 CFR 99.37")
    assert (refused.code, "'34 CFR 99.37' withholds nothing" in said(refused)) == (1, True)
    assert "leave it out" in said(refused)
    assert closed(request, "34 CFR 99.4; RSMo 452.375").code == 0
    assert "A court order limits what we may give you" in said(denial(request))


def test_a_request_in_words_about_the_child_is_denied_by_no_strangers_provision(district: District) -> None:
    for key in (PORTRAIT, CROWD):
        district.upload(key)
    words = ("--described", "every picture since August")
    for student in ((), ("--student", district.student(HANNAH))):
        request = asked(mother(district), *words, *student)
        for outcome in ("denied", "partly"):
            assert closed(request, "34 CFR 99.30", outcome=outcome).code == 1
        assert RIGHT in said(closed(request, "34 CFR 99.30"))
        assert "--not-about R-" in said(closed(request, "34 CFR 99.30"))
        written = denial(request, "--provision", "34 CFR 99.30")
        assert (written.code, RIGHT in said(written)) == (1, True)


def test_a_parent_who_asks_in_words_for_something_else_is_answered_as_anybody(district: District) -> None:
    district.upload(PORTRAIT)
    request = asked(mother(district), "--described", "the contract with the bus company")
    assert closed(request, "RSMo 610.021(12)").code == 1
    hannah = district.student(HANNAH)
    ended = closed(request, "RSMo 610.021(12)", more=("--not-about", hannah))
    assert ended.code == 0, ended.text
    assert denial(request).code == 0


def test_where_nothing_shows_the_child_there_is_no_such_record_and_no_denial(district: District) -> None:
    request = asked(mother(district), "--described", "the bus video", "--student", district.student(HANNAH))
    refused = closed(request, "RSMo 610.021(18)")
    assert (refused.code, "close it as 'no-such-record'" in said(refused)) == (1, True)
    assert closed(request, outcome="no-such-record").code == 0


def test_a_grown_student_asks_for_their_own_and_the_parent_of_one_holds_no_right(district: District) -> None:
    sofia, who = district.student(SOFIA), f"parent:{district.guardian(SOFIA_MOTHER)}"
    with district.services.store.reading() as unit:
        assert has_rights(unit.people.need(sofia), TODAY)
    own = asked(f"eligible_student:{sofia}", "--described", "all of it", "--student", sofia)
    refused = closed(own, "34 CFR 99.30")
    assert (refused.code, "the record of who asks" in said(refused)) == (1, True), refused.text
    # Who is no parent any more by law is a stranger to the record, and a court order limits no student.
    assert closed(own, "34 CFR 99.4").code == 1
    assert closed(own, "34 CFR 99.12(b)").code == 0
    of_mother = asked(who, "--described", "all of it", "--student", sofia)
    assert closed(of_mother, "34 CFR 99.30").code == 0


@pytest.mark.parametrize("acts", ["a surrogate", "a representative"])
def test_who_acts_for_a_parent_is_not_denied_either(district: District, acts: str) -> None:
    district.upload(PORTRAIT)
    hannah, paper = district.student(HANNAH), Path("paper.pdf")
    paper.write_bytes(b"%PDF-1.4 paper")
    how = ("--name", "Ruth Quimby", "--seen", "the paper", "--file", str(paper), *AS, "--json")
    if acts == "a surrogate":
        stated = call("student", "guardian", "add", hannah, "--relation", "surrogate parent", *how)
    else:
        whose = ("--for", district.guardian(HANNAH_MOTHER))
        stated = call("student", "guardian", "represent", hannah, "quimby-law", *whose, *how)
    assert stated.code == 0, stated.text
    person = stated.object()["guardian"]
    request = asked(f"parent:{person}", PORTRAIT)
    assert RIGHT in said(closed(request, "34 CFR 99.30"))


def test_whose_rights_a_court_order_limits_is_denied_by_it(district: District) -> None:
    district.upload(PORTRAIT)
    paper = Path("order.pdf")
    paper.write_bytes(b"%PDF-1.4 order")
    who = mother(district)
    limit = ("student", "guardian", "limit", district.student(HANNAH), who.partition(":")[2], "--seen", "the order")
    assert call(*limit, "--file", str(paper), *AS).code == 0
    request = asked(who, PORTRAIT)
    assert closed(request, "34 CFR 99.4; RSMo 452.375").code == 0


def test_written_reasons_cite_a_family_no_provision_of_strangers(district: District) -> None:
    district.upload(PORTRAIT)
    request = asked(mother(district), PORTRAIT)
    assert closed(request, "34 CFR 99.4").code == 0
    assert call("request", "reasons", request, *AS).code == 0
    given = ("request", "reasons", request, "--given")
    refused = call(*given, "--provision", "34 CFR 99.30", *AS)
    assert (refused.code, RIGHT in said(refused)) == (1, True)
    assert call(*given, "--provision", "34 CFR 99.4", *AS).code == 0
