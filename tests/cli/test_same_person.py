"""A court order and a protection bind the person they are about, however that person's id or name is typed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from court_orders import revoking
from district import GRADUATION, HANNAH, HANNAH_MOTHER, NOAH, PORTRAIT, TEAM, THERESA, District
from protected_students import protect, verify_not_against

CUSTODIAN, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")
SEEN = ("--seen", "a passport")
NOAH_MOTHER, THERESA_MOTHER = "G-2701", "G-2031"


def asks(key: str, who: str, *by: str) -> Any:
    words = ("share", key, "--to", f"parent:{who}", "--purpose", "inspection", *(by or CUSTODIAN), "--json")
    return call(*words).object()


def clauses(told: Any) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


def limit(district: District, *only: str, student: str = HANNAH, guardian: str = HANNAH_MOTHER) -> str:
    who = district.guardian(guardian)
    words = (
        "student",
        "guardian",
        "limit",
        district.student(student),
        who,
        *SEEN,
        *revoking(),
        *only,
        *CUSTODIAN,
        "--json",
    )
    return str(call(*words).object()["id"])


def named(district: District, student: str, guardian: str) -> str:
    record = call("student", "show", district.student(student), "--json").object()
    return str(dict(record["guardian_names"])[district.guardian(guardian)])


def verify(district: District, who: str, *more: str) -> Any:
    return call("student", "guardian", "verify", district.student(HANNAH), who, *SEEN, *more, *CUSTODIAN)


def written(who: str) -> list[str]:
    """The same id as somebody may type it."""
    return [
        who.lower(),
        f" {who[:2]} {who[2:6]} {who[6:]}",
        who.replace("-", "\N{EN DASH}").lower(),
        who.replace("0", "O"),
    ]


# The id


def test_the_same_id_typed_otherwise_is_the_same_person(district: District) -> None:
    district.upload(PORTRAIT)
    order, mother = limit(district), district.guardian(HANNAH_MOTHER)
    referral = asks(PORTRAIT, mother)["referrals"][0]["id"]
    for typed in written(mother):
        told = asks(PORTRAIT, typed)
        assert (told["outcome"], told["token"]) == ("refer", None)
        assert [each["id"] for each in told["referrals"]] == [referral]
        assert [each for each in told["notes"] if order in each]
        shown = call("queue", "show", referral, *CUSTODIAN, "--json").object()
        assert (shown["to"], [each for each in shown["notes"] if order in each] != []) == (f"parent:{mother}", True)
        refused = verify(district, typed)
        assert (refused.code, order in refused.err) == (1, True)
    found = call(
        *("queue", "finding", referral, "parent_verified", "--student", district.student(HANNAH)), *SEEN, *CUSTODIAN
    )
    assert (found.code, order in found.err) == (1, True)


def test_a_guardian_in_lower_case_is_known(district: District) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    told = asks(PORTRAIT, mother.lower())
    assert (told["outcome"], told["basis"]) == ("allow", {hannah: "EX2"})
    by = call("student", "opt-out", hannah, "--by", mother.lower(), *CUSTODIAN)
    assert by.code == 0, by.text
    assert call("student", "guardian", "remove", hannah, mother.lower(), "--why", "no", *CUSTODIAN).code == 1


def test_a_signer_in_lower_case_is_the_guardian(district: District) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    words = ("--purpose", "news", "--signed-on", str(TODAY), "--party", "public", "--proof", "paper", *CUSTODIAN)
    made = call("consent", "add", hannah, "--signed-by", mother.lower(), *words)
    assert (made.code, "is no guardian" in made.text) == (0, False)
    assert "is no guardian" in call("consent", "add", hannah, "--signed-by", "stranger-9", *words).text


def test_what_anybody_may_have_tells_no_whereabouts_to_the_id_or_name_typed_otherwise(district: District) -> None:
    district.upload(GRADUATION)
    limit(district, "--only", "whereabouts", student=NOAH, guardian=NOAH_MOTHER)
    name = named(district, NOAH, NOAH_MOTHER)
    for typed in (district.guardian(NOAH_MOTHER).lower(), name, f"Mrs. {name.upper()}"):
        told = asks(GRADUATION, typed)
        assert (told["outcome"], told["token"], clauses(told)[0]) == ("refer", None, "EX2-RELATION")
    assert asks(GRADUATION, "Nobody Whom Anybody Knows")["token"]


# The name


def test_by_the_name_on_file_nobody_is_verified(district: District) -> None:
    district.upload(PORTRAIT)
    order, name = limit(district), named(district, HANNAH, HANNAH_MOTHER)
    turned = ", ".join(reversed(name.rsplit(" ", 1)))
    for typed in (name, name.upper(), turned, f"Ms. {name}"):
        for more in ((), ("--another-person",)):
            refused = verify(district, typed, *more)
            assert (refused.code, district.guardian(HANNAH_MOTHER) in refused.err) == (1, True)
    added = ("student", "guardian", "add", district.student(HANNAH), "--name", turned, "--relation", "mother")
    assert call(*added, "--another-person", *SEEN, *CUSTODIAN).code == 1
    told = asks(PORTRAIT, name)
    assert (told["outcome"], [each for each in told["notes"] if order in each] != []) == ("refer", True)
    found = ("queue", "finding", told["referrals"][0]["id"], "parent_verified", "--student", district.student(HANNAH))
    assert call(*found, *SEEN, "--another-person", *CUSTODIAN).code == 1
    assert call("student", "show", district.student(HANNAH), "--json").object()["guardianships"] == []


def test_another_person_is_verified_once_the_custodian_says_so_and_it_is_on_record(district: District) -> None:
    district.upload(PORTRAIT)
    limit(district)
    refused = verify(district, "m-ortiz")
    assert (refused.code, "--another-person" in refused.err) == (1, True)
    assert verify(district, "m-ortiz", "--another-person").code == 0
    assert asks(PORTRAIT, "m-ortiz")["outcome"] == "allow"
    entries = call("ledger", "show", "--as", "custodian:records-office", "--kind", "guardianship", "--json").objects()
    assert [each["details"].get("another_person") for each in entries] == [None, True]
    assert verify(district, "m-ortiz").code == 0


def test_the_finding_asks_the_same_of_a_stranger_and_the_custodian_alone_reads_why(district: District) -> None:
    district.upload(PORTRAIT)
    limit(district)
    told = asks(PORTRAIT, "m-ortiz")
    referral = told["referrals"][0]["id"]
    mother = district.guardian(HANNAH_MOTHER)
    shown = " ".join(call("queue", "show", referral, *CUSTODIAN).out.split())
    assert "A court order is on file for" in shown
    assert f"it is about {mother}, and nobody knows yet who this person is" in shown
    assert "court order" not in call("queue", "show", referral, *STAFF).text
    assert "court order" not in call("queue", "show", referral).text
    words = ("queue", "finding", referral, "parent_verified", "--student", district.student(HANNAH), *SEEN, *CUSTODIAN)
    refused = call(*words)
    assert (refused.code, "--another-person" in refused.err) == (1, True)
    assert call(*words, "--another-person", "--json").object()["answer"]["outcome"] == "allow"


def test_where_nothing_is_on_file_nobody_has_to_say_it(district: District) -> None:
    district.upload(PORTRAIT)
    told = asks(PORTRAIT, "m-ortiz")
    assert not [each for each in told["notes"] if "on file for" in each]
    assert verify(district, "m-ortiz").code == 0


def test_so_it_is_with_a_protected_student_whose_guardian_is_not_verified(district: District) -> None:
    district.upload(PORTRAIT)
    protect(district, HANNAH)
    name, mother = named(district, HANNAH, HANNAH_MOTHER), district.guardian(HANNAH_MOTHER)
    assert asks(PORTRAIT, mother.lower())["outcome"] == "refer"
    assert verify(district, name, "--another-person").code == 1
    assert verify(district, "m-ortiz").code == 1
    notes = asks(PORTRAIT, "m-ortiz")["notes"]
    assert [each for each in notes if "A protection is on file" in each and mother in each]
    assert verify_not_against(district.student(HANNAH), mother.lower()).code == 0
    assert asks(PORTRAIT, mother)["outcome"] == "allow"


# An offer, and a recording of several students that cannot be redacted


@pytest.fixture
def several(district: District) -> District:
    """The team's picture, of which no copy is enough: Hannah's family has not asked."""
    district.upload(TEAM)
    call("tag", TEAM, "--directory", "not_eligible", *CUSTODIAN)
    said = call("custodian", "meaning", TEAM, "destroyed", "--why", "all of them at once", *CUSTODIAN)
    assert said.code == 0, said.text
    return district


def offer_to(district: District, student: str) -> str:
    (found,) = [
        each["id"]
        for each in call("queue", "list", "--json").objects()
        if each["kind"] == "offer" and district.student(student) in each["students"]
    ]
    return str(found)


def offered(referral: str) -> list[str]:
    return [each["person"] for each in call("queue", "show", referral, "--json").object()["offer"]]


def test_what_shows_a_protected_student_waits_until_the_custodian_looked(several: District) -> None:
    protect(several, HANNAH)
    mother = several.guardian(THERESA_MOTHER)
    before = asks(TEAM, mother, *STAFF)
    told = asks(TEAM, mother)
    assert (told["outcome"], told["token"], clauses(told)) == ("refer", None, ["CUSTODIAN"])
    assert (told["reasons"][0]["text"], clauses(before)) == (before["reasons"][0]["text"], ["CUSTODIAN"])
    assert [each for each in told["notes"] if several.student(HANNAH) in each and "in the office" in each.casefold()]
    referral = told["referrals"][0]["id"]
    for who in ((), STAFF):
        text = call("queue", "show", referral, *who).text
        assert not [each for each in ("protected", "PROTECTED", "a sign, a street") if each in text]
    assert asks(TEAM, mother)["outcome"] == "refer"
    looked = call("queue", "finding", referral, "reviewed", "no sign in it", *CUSTODIAN, "--json").object()["answer"]
    assert (looked["outcome"], looked["basis"][several.student(HANNAH)]) == ("allow", "EX2-MULTI")
    assert call("open", looked["token"]).code == 0
    Path("policy.toml").write_text("[district]\n", "utf-8")
    replayed = call("procedure", "replay", "--against", "policy.toml", "--json").object()["summary"]
    assert replayed["recorded_answer"] == {"same": 2, "made_stricter": 2, "differs": 0}


def test_what_shows_nobody_who_is_protected_waits_for_nobody(several: District) -> None:
    told = asks(TEAM, several.guardian(THERESA_MOTHER))
    assert (told["outcome"], told["basis"][several.student(HANNAH)]) == ("allow", "EX2-MULTI")
    assert call("open", told["token"]).code == 0
    protect(several, HANNAH)
    assert call("open", told["token"]).code != 0


def test_an_offer_leaves_out_whom_the_custodian_has_to_look_at(several: District) -> None:
    asks(TEAM, several.guardian(THERESA_MOTHER))
    referral, mother = offer_to(several, HANNAH), several.guardian(HANNAH_MOTHER)
    assert mother in offered(referral)
    protect(several, HANNAH)
    assert mother not in offered(referral)
    shown = " ".join(call("queue", "show", referral, *CUSTODIAN).out.split())
    assert f"{mother} is left out of those to offer it to, because:" in shown
    assert f"{several.student(HANNAH)} is protected, and this person may be the one" in shown
    for who in ((), STAFF):
        text = call("queue", "show", referral, *who).text
        assert not [each for each in (mother, "left out", "protected") if each in text]
    assert verify_not_against(several.student(HANNAH), mother).code == 0
    assert offered(referral) == [mother]


def test_an_offer_leaves_out_from_whom_an_order_keeps_the_whereabouts(several: District) -> None:
    asks(TEAM, several.guardian(THERESA_MOTHER))
    referral, mother = offer_to(several, HANNAH), several.guardian(HANNAH_MOTHER)
    order = limit(several, "--only", "whereabouts")
    assert mother not in offered(referral)
    assert order in " ".join(call("queue", "show", referral, *CUSTODIAN).out.split())


def test_the_letter_of_an_offer_goes_to_the_verified_guardian_alone(several: District) -> None:
    asks(TEAM, several.guardian(THERESA_MOTHER))
    referral, mother = offer_to(several, HANNAH), several.guardian(HANNAH_MOTHER)
    write = ("letter", "write", "offer", "--referral", referral, "--student", several.student(HANNAH), *CUSTODIAN)
    assert call(*write, "--name", "Mr. Novak").code == 0
    protect(several, HANNAH)
    asked = call(*write, "--name", "Mr. Novak")
    assert (asked.code, "--guardian G-…" in asked.err) == (1, True)
    for who in (mother, mother.lower(), "G-2031", several.guardian(THERESA_MOTHER)):
        assert "no offer goes to" in call(*write, "--guardian", who).err
    assert verify_not_against(several.student(HANNAH), mother).code == 0
    assert call(*write).code == 1
    assert "the name is not that of" in call(*write, "--guardian", mother, "--name", "Mr. Novak").err
    made = call(*write, "--guardian", mother.lower(), "--json").object()
    assert named(several, HANNAH, HANNAH_MOTHER) in made["text"]
    wrong = call("letter", "write", "denial", "--referral", referral, "--guardian", mother, *CUSTODIAN)
    assert (
        "--guardian belongs to other letters (offer, subpoena-notice, opt-out-confirmed, consent-confirmed, opt-out-ended, "
        "consent-ended)" in wrong.err
    )
    assert several.student(THERESA) not in made["text"]


def offers(referral: str, how: str, *more: str) -> Any:
    return call("queue", "finding", referral, "offered", "--how", how, *more, *CUSTODIAN)


def test_what_was_offered_went_to_a_guardian_who_may_have_it(several: District) -> None:
    asks(TEAM, several.guardian(THERESA_MOTHER))
    referral, mother = offer_to(several, HANNAH), several.guardian(HANNAH_MOTHER)
    write = ("letter", "write", "offer", "--referral", referral, *CUSTODIAN, "--json")
    before = call(*write).object()["id"]
    protect(several, HANNAH)
    for how in ("on the telephone", f"letter {before}"):
        asked = offers(referral, how)
        assert (asked.code, "say whom the offer goes to, --guardian G-…" in asked.err) == (1, True)
    for who in (mother, several.guardian(THERESA_MOTHER), "stranger-9"):
        assert f"no offer goes to '{who}'" in offers(referral, "on the telephone", "--guardian", who).err
    assert verify_not_against(several.student(HANNAH), mother).code == 0
    after = call(*write, "--guardian", mother).object()["id"]
    limit(several)
    assert offers(referral, f"letter {after}").code == 1
    assert referral in [each["id"] for each in call("queue", "list", "--json").objects()]


@pytest.mark.parametrize("by_letter", [True, False])
def test_the_verified_guardian_was_offered_it(several: District, by_letter: bool) -> None:
    asks(TEAM, several.guardian(THERESA_MOTHER))
    referral, mother = offer_to(several, HANNAH), several.guardian(HANNAH_MOTHER)
    protect(several, HANNAH)
    assert verify_not_against(several.student(HANNAH), mother).code == 0
    write = ("letter", "write", "offer", "--referral", referral, "--guardian", mother, *CUSTODIAN, "--json")
    how = (
        (f"letter {call(*write).object()['id']}",) if by_letter else ("on the telephone", "--guardian", mother.lower())
    )
    assert offers(referral, *how).code == 0


def test_a_letter_about_something_else_is_no_offer(several: District) -> None:
    asks(TEAM, several.guardian(THERESA_MOTHER))
    referral = offer_to(several, HANNAH)
    write = ("letter", "write", "opt-out-confirmed", "--opt-out", several.student(HANNAH), *CUSTODIAN, "--json")
    assert "is no letter with this offer" in offers(referral, f"letter {call(*write).object()['id']}").err
    assert offers(referral, "letter of Monday").code == 0


# The confirmation of a choice


@pytest.mark.parametrize("kind", ["opt-out-confirmed", "consent-confirmed"])
def test_a_choice_is_confirmed_to_nobody_whom_an_order_limits(district: District, kind: str) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    signed = ("--signed-by", mother, "--signed-on", str(TODAY), "--party", "public", "--proof", "drawer 3")
    added = call("consent", "add", hannah, "--purpose", "yearbook", *signed, *CUSTODIAN, "--json")
    about = ("--consent", added.object()["consent"]) if kind == "consent-confirmed" else ("--opt-out", hannah)
    write = ("letter", "write", kind, *about, *CUSTODIAN)
    name = named(district, HANNAH, HANNAH_MOTHER)
    assert call(*write, "--name", name).code == 0
    limit(district)
    for typed in ((), ("--name", name), ("--name", "Mr. Novak")):
        asked = call(*write, *typed)
        assert (asked.code, f"say whom the {kind} goes to, --guardian G-…" in asked.err) == (1, True)
    assert f"no {kind} goes to '{mother}'" in call(*write, "--guardian", mother).err
    assert verify(district, "m-ortiz", "--another-person").code == 0
    to_ortiz = (*write, "--guardian", "m-ortiz", "--name")
    assert "it is the name of somebody from whom" in call(*to_ortiz, name).err
    assert call(*to_ortiz, "Marta Ortiz").code == 0


# The notice of an order


def ordered(district: District) -> str:
    """A subpoena for Hannah's portrait."""
    district.upload(PORTRAIT)
    told = call("share", PORTRAIT, "--to", "court:circuit", "--purpose", "court order", *CUSTODIAN, "--json").object()
    referral = str(told["referrals"][0]["id"])
    Path("order.yaml").write_text("order: {kind: subpoena, verified: true, notice_required: true}\n", "utf-8")
    call("queue", "finding", referral, "evidence", "--evidence", "order.yaml", *CUSTODIAN)
    return referral


def notice(district: District, referral: str, *more: str) -> Any:
    student = district.student(HANNAH)
    words = ("--referral", referral, "--student", student, *more, *CUSTODIAN, "--json")
    return call("letter", "write", "subpoena-notice", *words)


def sent(district: District, referral: str, *letter: str) -> Any:
    words = ("--referral", referral, "--student", district.student(HANNAH), "--what", "by certified mail", *letter)
    return call("letter", "effort", *words, *CUSTODIAN)


def test_a_notice_goes_to_the_guardian_whom_the_custodian_names_or_to_the_family(district: District) -> None:
    referral, mother = ordered(district), district.guardian(HANNAH_MOTHER)
    assert notice(district, referral, "--name", "Mr. Novak").code == 0
    made = notice(district, referral, "--guardian", mother).object()
    assert named(district, HANNAH, HANNAH_MOTHER) in made["text"]
    assert "no subpoena-notice goes to" in notice(district, referral, "--guardian", "G-2031").err


def test_a_notice_about_a_protected_student_goes_to_a_verified_guardian_alone(district: District) -> None:
    referral, mother = ordered(district), district.guardian(HANNAH_MOTHER)
    protect(district, HANNAH)
    name = named(district, HANNAH, HANNAH_MOTHER)
    for typed in ((), ("--name", name), ("--name", "Mr. Novak")):
        asked = notice(district, referral, *typed)
        assert (asked.code, "--guardian G-…" in asked.err) == (1, True)
    assert "no subpoena-notice goes to" in notice(district, referral, "--guardian", mother).err
    shown = call("letter", "preview", "subpoena-notice", "--referral", referral, "--student", district.student(HANNAH))
    assert (shown.code, shown.out) == (1, "")
    assert call("letter", "list", "--json").objects() == []
    assert verify_not_against(district.student(HANNAH), mother).code == 0
    assert "the name is not that of" in notice(district, referral, "--guardian", mother, "--name", "Mr. Novak").err
    assert name in notice(district, referral, "--guardian", mother.lower()).object()["text"]


@pytest.mark.parametrize("only", [(), ("--only", "whereabouts")], ids=["record", "whereabouts"])
def test_a_notice_does_not_go_to_whom_a_court_order_limits_under_whatever_name(
    district: District, only: tuple[str, ...]
) -> None:
    referral, mother = ordered(district), district.guardian(HANNAH_MOTHER)
    limit(district, *only)
    name = named(district, HANNAH, HANNAH_MOTHER)
    assert notice(district, referral, "--name", name).code == 1
    assert "no subpoena-notice goes to" in notice(district, referral, "--guardian", mother).err
    assert verify(district, "m-ortiz", "--another-person").code == 0
    for typed in (name, name.upper(), f"Ms. {name}"):
        refused = notice(district, referral, "--guardian", "m-ortiz", "--name", typed)
        assert (refused.code, "it is the name of somebody from whom" in refused.err) == (1, True)
    assert (
        "Marta Ortiz" in notice(district, referral, "--guardian", "m-ortiz", "--name", "Marta Ortiz").object()["text"]
    )


def test_an_effort_counts_no_letter_of_before_the_protection(district: District) -> None:
    referral, mother = ordered(district), district.guardian(HANNAH_MOTHER)
    before = notice(district, referral, "--name", "Mr. Novak").object()["id"]
    to_mother = notice(district, referral, "--guardian", mother).object()["id"]
    protect(district, HANNAH)
    for letter in (before, to_mother):
        refused = sent(district, referral, "--letter", letter)
        assert (refused.code, "was not checked to go to a guardian" in refused.err) == (1, True)
    assert verify_not_against(district.student(HANNAH), mother).code == 0
    assert sent(district, referral, "--letter", before).code == 1
    assert sent(district, referral, "--letter", to_mother).code == 0


def test_an_effort_counts_a_letter_to_a_family_of_which_nothing_is_on_file_and_what_was_done_without_one(
    district: District,
) -> None:
    referral = ordered(district)
    assert sent(district, referral, "--letter", notice(district, referral).object()["id"]).code == 0
    protect(district, HANNAH)
    assert sent(district, referral).code == 0


@pytest.mark.parametrize(
    ("to_guardian", "verified", "outcome"),
    [(False, False, "refer"), (False, True, "refer"), (True, False, "refer"), (True, True, "allow")],
)
def test_a_kept_notice_counts_only_where_it_was_checked_to_whom_it_went(
    district: District,
    monkeypatch: pytest.MonkeyPatch,
    to_guardian: bool,
    verified: bool,
    outcome: str,
) -> None:
    referral, mother = ordered(district), district.guardian(HANNAH_MOTHER)
    day = str(TODAY + timedelta(days=6))
    whom = ("--guardian", mother) if to_guardian else ("--name", "Mr. Novak")
    made = notice(district, referral, "--answer-on", day, *whom)
    assert made.code == 0
    assert sent(district, referral, "--letter", made.object()["id"]).code == 0
    protect(district, HANNAH)
    if verified:
        assert verify_not_against(district.student(HANNAH), mother).code == 0
    monkeypatch.setattr("clock.TODAY", TODAY + timedelta(days=7))
    told = f"notified: [{district.student(HANNAH)}], answer_on: {day}"
    Path("told.yaml").write_text(f"order: {{kind: subpoena, verified: true, notice_required: true, {told}}}\n", "utf-8")
    stated = call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *CUSTODIAN, "--json").object()
    assert stated["answer"]["outcome"] == outcome
    assert ("EX7-NOTICE" in clauses(stated["answer"])) == (outcome == "refer")


def test_an_earlier_day_told_in_a_letter_that_went_astray_replaces_no_day(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral, mother = ordered(district), district.guardian(HANNAH_MOTHER)
    later, sooner = (str(TODAY + timedelta(days=each)) for each in (9, 6))
    for whom, day in ((("--guardian", mother), later), (("--name", "Mr. Novak"), sooner)):
        made = notice(district, referral, "--answer-on", day, *whom)
        assert sent(district, referral, "--letter", made.object()["id"]).code == 0
    protect(district, HANNAH)
    assert verify_not_against(district.student(HANNAH), mother).code == 0
    told = f"notified: [{district.student(HANNAH)}], answer_on: {sooner}"
    Path("told.yaml").write_text(f"order: {{kind: subpoena, verified: true, notice_required: true, {told}}}\n", "utf-8")
    for after, outcome in ((7, "refer"), (9, "allow")):
        monkeypatch.setattr("clock.TODAY", TODAY + timedelta(days=after))
        words = ("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *CUSTODIAN, "--json")
        assert call(*words).object()["answer"]["outcome"] == outcome


# The acknowledgement


def acknowledged(referral: str, *more: str) -> str:
    words = ("letter", "write", "acknowledgement", "--referral", referral, *more, *CUSTODIAN, "--json")
    return " ".join(str(call(*words).object()["text"]).split())


def test_whom_the_custodian_has_to_look_at_is_told_an_answer_and_no_promise(district: District) -> None:
    district.upload(PORTRAIT)
    mother = district.guardian(HANNAH_MOTHER)
    protect(district, HANNAH)
    referral = asks(PORTRAIT, mother)["referrals"][0]["id"]
    text, spanish = acknowledged(referral), acknowledged(referral, "--lang", "es")
    assert ("we have to answer you" in text, "let you see it" in text) == (True, False)
    assert ("tenemos que responderle" in spanish, "dejar que usted lo vea" in spanish) == (True, False)


def test_whom_a_court_order_limits_is_told_the_same(district: District) -> None:
    district.upload(PORTRAIT)
    limit(district)
    referral = asks(PORTRAIT, district.guardian(HANNAH_MOTHER))["referrals"][0]["id"]
    text = acknowledged(referral)
    assert ("we have to answer you" in text, "let you see it" in text) == (True, False)
    stranger = acknowledged(asks(PORTRAIT, "m-ortiz")["referrals"][0]["id"])
    assert ("we have to answer you" in stranger, "let you see it" in stranger) == (True, False)


@pytest.mark.parametrize("protected", [False, True])
def test_a_request_on_the_register_says_it_before_anything_was_shared(district: District, *, protected: bool) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    if protected:
        protect(district, HANNAH)
    words = ("--from", f"parent:{mother}", "--purpose", "inspection", "--described", "the portrait")
    came = ("--received", str(TODAY), "--channel", "letter", *CUSTODIAN, "--json")
    made = call("request", "add", *words, *came).object()
    text = call("letter", "write", "acknowledgement", "--request", made["id"], *CUSTODIAN, "--json").object()["text"]
    assert ("answer you" in text, "let you see" in " ".join(text.split())) == (protected, not protected)
