"""An agency has a right by a federal law: the custodian hands over, with the law and its paper on record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import call
from district import PORTRAIT, TEAM, District
from use_cases import kept, ledger_holds

from dam_plugin.errors import InputError
from dam_plugin.sharing.federal_law import check_federal_law

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")
AGENCY = "agency:moadvocacy"
CITED = "42 U.S.C. 15043(a)(2)(I)"


def handed_over(student: str) -> list[dict[str, Any]]:
    """The lines of the required record that tell of something handed over; the request itself is another line."""
    lines = call("ledger", "student", *AS, student, "--required", "--json").objects()
    return [each for each in lines if each["what"] == "handed over"]


def asks(key: str, *by: str, evidence: tuple[str, ...] = ()) -> Any:
    return call("share", key, "--to", AGENCY, "--purpose", "records request", *evidence, *(by or AS), "--json").object()


def letter() -> tuple[str, str]:
    Path("letter.pdf").write_bytes(b"%PDF-1.7 we investigate a complaint")
    return "--file", "letter.pdf"


@pytest.mark.parametrize("key", [PORTRAIT, TEAM])
@pytest.mark.parametrize("by", [AS, STAFF])
def test_what_an_agency_asks_for_waits_for_the_custodian(district: District, key: str, by: tuple[str, ...]) -> None:
    district.upload(key)
    told = asks(key, *by)
    clauses = [each["clause"] for each in told["reasons"]]
    assert (told["outcome"], told["token"], clauses[0]) == ("refer", None, "LAW")
    (referral,) = told["referrals"]
    assert referral["kind"] == "official"
    reviewed = call("queue", "finding", referral["id"], "reviewed", *AS, "--json").object()["answer"]
    assert (reviewed["outcome"], reviewed["token"]) == ("refer", None)


def test_an_official_s_need_opens_nothing_to_an_agency(district: District) -> None:
    district.upload(PORTRAIT)
    Path("need.yaml").write_text("legitimate_interest: true\nrecords_authorized: true\n", "utf-8")
    told = asks(PORTRAIT, evidence=("--evidence", "need.yaml"))
    assert (told["outcome"], told["token"]) == ("refer", None)


def test_the_agency_is_told_to_send_its_law_and_no_student(district: District) -> None:
    district.upload(PORTRAIT)
    told = call("share", PORTRAIT, "--to", AGENCY, "--purpose", "records request", *AS, "--outside").out
    (student,) = kept(district.services, PORTRAIT).tagging.students
    assert ("send us the law" in " ".join(told.split()), student in told) == (True, False)


def test_what_it_was_given_is_on_the_record_with_its_law(district: District) -> None:
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    referral = asks(PORTRAIT, *STAFF)["referrals"][0]["id"]
    given = (
        "--basis",
        "LAW",
        "--students",
        student,
        "--how",
        "seen in the office",
        "--why",
        "the attorney read it",
        *AS,
    )
    done = call("queue", "close", referral, "--disclosed-to", AGENCY, *given, "--law", CITED, *letter())
    assert done.code == 0, done.text
    (line,) = handed_over(student)
    assert (line["who"], f"under {CITED}" in line["remark"]) == (AGENCY, True)
    (entry,) = [
        each
        for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
        if each["details"].get("in_person")
    ]
    assert (entry["details"]["in_person"]["law"], len(entry["details"]["in_person"]["paper"])) == (CITED, 64)
    assert ledger_holds(district.services)
    for language, law in (("en", f"The law: {CITED}."), ("es", f"La ley: {CITED}.")):
        call("ledger", "student", *AS, student, "--page", "record.html", "--language", language)
        page = " ".join(Path("record.html").read_text("utf-8").split())
        assert (law in page, "seen in the office" in page, "Moadvocacy" in page) == (True, True, True)


@pytest.mark.parametrize(
    ("to", "law"), [("court:circuit", "34 CFR 99.31(a)(9)(iii)(B)"), ("public:adviser-b", "34 CFR 106.45(b)(5)(vi)")]
)
def test_a_court_of_the_family_s_own_suit_and_an_adviser_are_handed_it_too(
    district: District, to: str, law: str
) -> None:
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    referral = asks(PORTRAIT)["referrals"][0]["id"]
    given = ("--basis", "LAW", "--law", law, *letter(), "--students", student, "--why", "the attorney read it", *AS)
    assert call("queue", "close", referral, "--disclosed-to", to, *given).code == 0
    (line,) = handed_over(student)
    assert (line["what"], line["who"], f"under {law}" in line["remark"]) == ("handed over", to, True)


@pytest.mark.parametrize("how", ["close", "disclosed"])
def test_it_takes_the_law_and_its_paper_and_belongs_to_an_agency(district: District, how: str) -> None:
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    referral = asks(PORTRAIT)["referrals"][0]["id"]
    to, end = "--disclosed-to" if how == "close" else "--to", ("--why", "a disc") if how == "close" else ()
    call_it = ("queue", how, referral, "--students", student, *end, *AS)
    for given in ((), ("--law", CITED), letter()):
        refused = call(*call_it, to, AGENCY, "--basis", "LAW", *given)
        assert (refused.code, "--law '42 U.S.C. …', and" in " ".join(refused.err.split())) == (1, True), given
    for other in ("other_school:west", "law_enforcement:desk-7", "parent:G-1", "school_official:nurse"):
        refused = call(*call_it, to, other, "--basis", "LAW", "--law", CITED, *letter())
        assert (refused.code, "LAW is for agency or court or public" in refused.err) == (1, True), other
    refused = call(*call_it, to, AGENCY, "--basis", "EX3", "--law", CITED)
    assert (refused.code, "belong to LAW" in refused.err) == (1, True)
    assert handed_over(student) == []


@pytest.mark.parametrize("who", ["ice", "county-sheriff", "FBI St Louis", "county-prosecutor", "circuit-court"])
def test_the_police_and_courts_are_no_agency(district: District, who: str) -> None:
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    asked = call("share", PORTRAIT, "--to", f"agency:{who}", "--purpose", "records request", *STAFF)
    assert (asked.code, "did you mean law_enforcement:" in " ".join(asked.err.split())) == (1, True)
    referral = asks(PORTRAIT)["referrals"][0]["id"]
    given = ("--basis", "LAW", "--law", "8 U.S.C. 1357", *letter(), "--students", student, "--why", "asked", *AS)
    refused = call("queue", "close", referral, "--disclosed-to", f"agency:{who}", *given)
    assert (refused.code, "did you mean law_enforcement:" in " ".join(refused.err.split())) == (1, True)
    assert handed_over(student) == []


@pytest.mark.parametrize(
    "law",
    [
        CITED,
        "42 USC 15043(a)(2)(I)",
        "34 CFR 99.31(a)(3), 34 CFR 99.35",
        "20 U.S.C. § 1232g(b)(3); 34 C.F.R. 99.35",
        "34 CFR 99.31(a)(4) and 20 U.S.C. 1092",
        "29 U.S.C. 794e",
        "34 CFR 99.31(a)(9)(iii)(B)",
        "20 U.S.C. 1221(d), 34 CFR 106.45(b)(5)(vi)",
        "34 CFR 99.31(a)(3), 99.35",
        "34 CFR §§ 99.31(a)(6), § 99.35 and 42 U.S.C. 15043",
    ],
)
def test_a_federal_law_is_taken(law: str) -> None:
    check_federal_law(law)


@pytest.mark.parametrize(
    "law",
    [
        "",
        "RSMo 167.020",
        "99.35",
        "34 CFR 99.35, the monitor",
        "42 U.S.C. 15043, RSMo 210.150",
        "because they asked",
        "42 U.S.C.",
        "U.S.C. 15043",
        "see 42 U.S.C. 15043",
    ],
)
def test_no_law_of_the_state_and_no_words_are_taken(law: str) -> None:
    with pytest.raises(InputError, match="cites federal laws"):
        check_federal_law(law)


@pytest.mark.parametrize(
    ("law", "own"),
    [
        ("34 CFR 99.31(a)(1)(i)", "EX1"),
        ("34 CFR 99.31(a)(2)", "TRANSFER"),
        ("34 CFR 99.34", "TRANSFER"),
        ("34 CFR 99.30", "EX3"),
        ("34 CFR 99.31(a)(9)(ii)", "EX7"),
        ("42 U.S.C. 15043, 34 C.F.R. § 99.36(a)", "EX9"),
        ("34 CFR 99.35, 99.36", "EX9"),
        ("34 CFR 99.38", "EX5"),
    ],
)
def test_what_the_procedure_has_an_exception_for_goes_by_that(law: str, own: str) -> None:
    with pytest.raises(InputError, match=f"give --basis {own}$"):
        check_federal_law(law)


@pytest.mark.parametrize(
    "law", ["20 U.S.C. 7908", "20 USC 7908(a)(1)", "10 U.S.C. 503(c)", "34 CFR 99.35, 10 U.S.C. § 503(c)"]
)
def test_the_law_of_recruiters_reaches_lists_and_no_recording(law: str) -> None:
    with pytest.raises(InputError, match="names, addresses and telephone listings of students, and no recording"):
        check_federal_law(law)


@pytest.mark.parametrize(
    "law",
    [
        "34 CFR 99.31(a)(13)",
        "34 CFR 99.31(a)(14)(i)",
        "34 C.F.R. § 99.31(a)(15)",
        "34 CFR 99.35, 99.39",
        "20 U.S.C. 1232g(b)(6)(B)",
        "20 USC 1232G(i)",
    ],
)
def test_what_colleges_alone_may_tell_is_no_ground_of_a_district(law: str) -> None:
    with pytest.raises(InputError, match=r"no school district.* --basis MISTAKE$"):
        check_federal_law(law)


@pytest.mark.parametrize("law", ["34 CFR 99.31(a)(3), 99.35", "20 U.S.C. 1232g(b)(1)(F)", "20 USC 1232g(b)(3)"])
def test_what_a_district_may_do_is_not_taken_for_what_a_college_may(law: str) -> None:
    check_federal_law(law)


@pytest.mark.parametrize(
    "who", ["DESE", "dese monitor", "Department of Education", "state-auditor", "OCR", "the Office for Civil Rights"]
)
def test_an_authority_is_no_school_official_of_ours(district: District, who: str) -> None:
    """An audit is recorded (34 CFR 99.31(a)(3), 99.32), and nothing given to our own officials is."""
    district.upload(PORTRAIT)
    words = ("share", PORTRAIT, "--to", f"school_official:{who}", "--purpose", "safety", *AS)
    refused = call(*words)
    assert (refused.code, f"did you mean agency:{who}?" in refused.err) == (1, True)
    unlike = call(*(each.replace(who, "nurse") for each in words))
    assert "agency:" not in unlike.err
