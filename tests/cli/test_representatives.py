"""A parent's representative inspects what the parent may inspect, for as long as the parent may, on the record of access."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import revoking
from district import (
    CALEB_FATHER,
    GRADUATION,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    INES_MOTHER,
    PORTRAIT,
    SOFIA,
    SOFIA_MOTHER,
    TEAM,
    THERESA,
    District,
)
from protected_students import verify_not_against
from use_cases import ledger_holds

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS = ("--as", "custodian:records-office")
SEEN = ("--seen", "signed authority of 26 November")
LAWYER = "doe-law"
WHO = f"parent:{LAWYER}"
CLAUSE = "EX2-REPRESENTATIVE"


def authority() -> tuple[str, str]:
    Path("authority.pdf").write_bytes(b"%PDF-1.7 authority")
    return "--file", "authority.pdf"


def represent(student: str, guardian: str, *more: str, person: str = LAWYER, name: str = "Jane Doe") -> Called:
    given = more or authority()
    return call(
        "student", "guardian", "represent", student, person, "--for", guardian, "--name", name, *SEEN, *given, *AS
    )


def asked(key: str = PORTRAIT, who: str = WHO) -> Any:
    return call("share", key, "--to", who, "--purpose", "inspection", *AS, "--json").object()


def clauses(told: Any) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


@pytest.fixture
def team(district: District) -> str:
    """A recording of three students, which means nothing once one of them is hidden."""
    district.upload(TEAM)
    assert call("tag", TEAM, "--directory", "not_eligible", *AS).code == 0
    assert call("custodian", "meaning", TEAM, "destroyed", "--why", "who fouled whom", *AS).code == 0
    return TEAM


def test_before_the_authority_is_stated_it_is_asked_who_comes(hannah: str, mother: str) -> None:
    told = asked()
    assert (told["outcome"], "EX2-RELATION" in clauses(told)) == ("refer", True)
    done = represent(hannah, mother)
    assert (done.code, f"the person asks as {WHO}" in done.text) == (0, True)
    told = asked()
    assert (told["outcome"], told["basis"], told["record_disclosure"]) == ("allow", {hannah: CLAUSE}, True)
    assert asked(who=f"parent:{mother}")["record_disclosure"] is False


def test_what_hiding_would_destroy_goes_to_the_lawyer_as_to_the_mother_without_the_other_family_s_consent(
    district: District, team: str, mother: str
) -> None:
    hannah, ines = district.student(HANNAH), district.student(INES)
    represent(hannah, mother)
    own, told = asked(team, f"parent:{mother}"), asked(team)
    others = dict.fromkeys((district.student(THERESA), ines), "EX2-MULTI")
    assert (own["outcome"], own["basis"]) == ("allow", {hannah: "EX2", **others})
    assert (told["outcome"], told["basis"]) == ("allow", {hannah: CLAUSE, **others})
    assert "You inspect it for the parent or student who gave you the authority" in told["notice"]
    assert "Released to the representative of a parent or student (doe-law)" in told["notice"]
    assert ledger_holds(district.services)


@pytest.mark.parametrize(
    ("language", "own", "other"),
    [
        (
            "en",
            "A parent's representative (Jane Doe) asked for",
            "The representative of another student's family asked",
        ),
        (
            "es",
            "que representa al padre o a la madre (Jane Doe) pidió",
            "que representa a la familia de otro estudiante",
        ),
    ],
)
def test_both_families_read_who_got_it_and_only_her_own_the_name(
    district: District, team: str, mother: str, language: str, own: str, other: str
) -> None:
    represent(district.student(HANNAH), mother)
    asked(team)
    pages = {}
    for each in (HANNAH, INES):
        words = ("ledger", "student", *AS, district.student(each), "--language", language, "--page", f"{each}.html")
        assert call(*words).code == 0
        pages[each] = Path(f"{each}.html").read_text(encoding="utf-8").replace("&#39;", "'").replace("&#x27;", "'")
    assert own in pages[HANNAH]
    assert (other in pages[INES], "Jane Doe" in pages[INES], LAWYER in pages[INES]) == (True, False, False)
    for each in (HANNAH, INES):
        (line,) = [row for row in call("ledger", "student", *AS, district.student(each), "--json").objects()
                   if row["outcome"] == "allow"]  # fmt: skip
        assert (line["required"], line["interest"]) == (True, "inspection")


def limit(student: str, person: str, *more: str) -> Any:
    words = (
        "student",
        "guardian",
        "limit",
        student,
        person,
        "--seen",
        "order of the circuit court",
        *revoking(),
        *more,
        *AS,
        "--json",
    )
    return call(*words).object()


def test_when_an_order_limits_the_mother_the_representative_s_link_closes(hannah: str, mother: str) -> None:
    represent(hannah, mother)
    link = asked()["link"]
    assert link in limit(hannah, mother)["closed"]
    told = asked()
    assert (CLAUSE in told["basis"].values(), told["outcome"] in ("refer", "deny")) == (False, True)
    assert "holds no parent's rights" in " ".join(represent(hannah, mother).err.split())


def test_where_the_student_is_is_kept_from_the_representative_as_from_the_mother(hannah: str, mother: str) -> None:
    represent(hannah, mother)
    link = asked()["link"]
    assert link in limit(hannah, mother, "--only", "whereabouts")["closed"]
    told = asked()
    assert (told["outcome"], "EX2-RELATION" in clauses(told)) == ("refer", True)
    assert any("is kept from the guardian whom this person represents" in each for each in told["notes"])


def test_of_a_protected_student_two_people_first_say_that_it_is_not_kept_from_the_guardian(
    hannah: str, mother: str
) -> None:
    protect = ("student", "protect", hannah, "--kind", "no-contact-order", "--seen", "order of protection", *AS)
    assert call(*protect).code == 0
    assert "--another-person" in represent(hannah, mother).err
    assert represent(hannah, mother, *authority(), "--another-person").code == 0
    assert "EX2-RELATION" in clauses(asked())
    assert verify_not_against(hannah, mother).code == 0
    assert asked()["basis"] == {hannah: CLAUSE}


def test_it_ends_by_its_id_and_by_its_last_day(hannah: str, mother: str) -> None:
    represent(hannah, mother, *authority(), "--until", str(TODAY + timedelta(days=3)))
    link = asked()["link"]
    (stated,) = call("student", "show", hannah, *AS, "--json").object()["guardianships"]
    assert (stated["what"], stated["represents"], stated["name"]) == ("representative", mother, "Jane Doe")
    assert stated["until"] == str(TODAY + timedelta(days=3))
    done = call("student", "guardian", "end", stated["id"], "--why", "the mother took it back", *AS, "--json").object()
    assert link in done["closed"]
    assert asked()["basis"] == {}


def test_it_is_for_this_student_alone(district: District, team: str, mother: str) -> None:
    ines = district.student(INES)
    represent(ines, district.guardian(INES_MOTHER))
    told = asked(team)
    assert told["basis"][ines] == CLAUSE
    assert told["basis"][district.student(HANNAH)] == "EX2-MULTI"
    district.upload(PORTRAIT)
    call("tag", PORTRAIT, "--directory", "not_eligible", *AS)
    assert asked()["basis"] == {}


def test_on_a_discipline_recording_two_people_state_it(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("tag", PORTRAIT, "--official", "discipline", *AS).code == 0
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))
    needs_two = "it counts once another user of this system runs the same command"
    assert needs_two in " ".join(represent(hannah, mother).text.split())
    told = asked()
    assert (told["outcome"], "EX2-RELATION" in clauses(told)) == ("refer", True)
    assert any("a second person states the same" in each for each in told["notes"])
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    assert needs_two not in " ".join(represent(hannah, mother).text.split())
    assert asked()["basis"] == {hannah: CLAUSE}


def test_a_representative_signs_nothing_and_is_no_guardian(hannah: str, mother: str) -> None:
    represent(hannah, mother)
    words = ("--purpose", "website", "--signed-on", str(TODAY), "--party", "public", "--proof", "binder 3", *AS)
    assert "no guardian with rights" in call("consent", "add", hannah, "--signed-by", LAWYER, *words).err
    assert "no guardian of" in call("student", "opt-out", hannah, "--by", LAWYER, *AS).err
    assert call("student", "show", hannah, *AS, "--json").object()["guardians_today"] == [mother]
    assert "guardian's representative" in call("student", "guardian", "verify", hannah, LAWYER, *SEEN, *AS).err


def test_by_hand_it_goes_to_the_representative_on_an_exception_of_its_own(hannah: str, mother: str) -> None:
    referral = asked()["referrals"][0]["id"]
    close = ("queue", "close", referral, "--why", "at the counter", "--disclosed-to", WHO, "--students", hannah, *AS)
    refused = " ".join(call(*close, "--basis", CLAUSE).err.split())
    assert f"student guardian represent {hannah} {LAWYER} --for G-…" in refused
    represent(hannah, mother)
    assert f"give --basis {CLAUSE}" in " ".join(call(*close, "--basis", "EX2").err.split())
    assert call(*close, "--basis", CLAUSE).code == 0
    (line,) = [
        row for row in call("ledger", "student", *AS, hannah, "--json").objects() if row["what"] == "handed over"
    ]
    assert (line["who"], line["required"]) == (WHO, True)
    assert line["grounds"] == [f"Representative of a parent or eligible student ({CLAUSE})"]


@pytest.mark.parametrize(
    ("student", "guardian", "person", "paper", "says"),
    [
        (HANNAH, HANNAH_MOTHER, HANNAH_MOTHER, True, "a representative is another person"),
        (HANNAH, CALEB_FATHER, LAWYER, True, "holds no parent's rights"),
        (SOFIA, SOFIA_MOTHER, LAWYER, True, "the rights over the record are"),
        (HANNAH, HANNAH_MOTHER, LAWYER, False, "--file COPY"),
    ],
)
def test_it_is_of_a_guardian_with_the_rights_and_of_another_person_with_the_paper(
    district: District, student: str, guardian: str, person: str, paper: bool, says: str
) -> None:
    given = authority() if paper else ("--until", "2099-01-01")
    who = person if person == LAWYER else district.guardian(person)
    refused = represent(district.student(student), district.guardian(guardian), *given, person=who)
    assert (refused.code, says in " ".join(refused.err.split())) == (1, True)


def test_whom_an_order_limits_represents_nobody(district: District, hannah: str, mother: str) -> None:
    added = call(
        "student", "guardian", "add", hannah, *SEEN, "--name", "Otto Ward", "--relation", "father", *AS, "--json"
    )
    father = added.object()["guardian"]
    limit(hannah, father)
    refused = represent(hannah, mother, person=father, name="Otto Ward")
    assert (refused.code, "a court order limits this person's rights" in " ".join(refused.err.split())) == (1, True)
    named = represent(hannah, mother, name="Otto Ward")
    assert (named.code, "this is the name of" in named.err) == (1, True)


def test_the_custodian_finds_the_family_by_the_representative_s_name_and_media_staff_do_not(
    hannah: str, mother: str
) -> None:
    represent(hannah, mother)
    (found,) = call("student", "find", "Jane Doe", *AS, "--json").objects()
    assert (found["id"], found["found_by"]) == (hannah, [LAWYER])
    assert call("student", "find", "Jane Doe", "--json").objects() == []


def test_a_letter_answers_the_representative_as_the_family(hannah: str, mother: str) -> None:
    came = ("--received", str(TODAY), "--channel", "letter", "--described", "the portrait")
    request = call("request", "add", *came, "--from", WHO, "--purpose", "inspection", "--json").object()["id"]
    words = ("letter", "write", "acknowledgement", "--request", request, *AS, "--json")
    shows = "something that shows who you are"
    assert shows in call(*words).object()["text"]
    represent(hannah, mother)
    assert shows not in call(*words).object()["text"]
    limit(hannah, mother)
    assert shows not in call(*words).object()["text"]


@pytest.mark.parametrize(
    ("language", "says"), [("en", "as the representative of"), ("es", "como representante de")], ids=["en", "es"]
)
@pytest.mark.parametrize("kind", ["acknowledgement", "redacted-release"])
def test_a_letter_to_the_representative_names_for_whom_they_act(
    district: District, hannah: str, mother: str, kind: str, language: str, says: str
) -> None:
    district.upload(TEAM)
    call("tag", TEAM, "--directory", "not_eligible", *AS)
    call("custodian", "meaning", TEAM, "preserved", "--why", "a look", *AS)
    represent(hannah, mother)
    came = ("--received", str(TODAY), "--channel", "letter", "--from")
    request = call("request", "add", TEAM, *came, WHO, "--purpose", "inspection", "--json").object()["id"]
    told = call("share", TEAM, "--to", WHO, "--purpose", "inspection", "--request", request, *AS, "--json").object()
    assert told["outcome"] == "redact", told
    words = ("letter", "write", kind, "--request", request, "--name", "Jane Doe", "--lang", language, *AS, "--json")
    text = call(*words).object()["text"]
    names = call("student", "show", hannah, *AS, "--json").object()["guardian_names"]
    name = dict(names)[mother]
    assert f"Jane Doe\n{says} {name}\n" in text
    assert not re.search(r"your child|your family|hijo o hija|su familia", text), text
    own = call("request", "add", TEAM, *came, f"parent:{mother}", "--purpose", "inspection", "--json").object()["id"]
    assert says not in call("letter", "write", "acknowledgement", "--request", own, *AS, "--json").object()["text"]


def test_a_letter_to_whom_a_grown_student_named_names_the_student(district: District, sofia: str) -> None:
    represent(sofia, sofia)
    came = ("--received", str(TODAY), "--channel", "letter", "--from", WHO, "--purpose", "inspection", "--json")
    request = call("request", "add", GRADUATION, *came).object()["id"]
    name = call("student", "show", sofia, *AS, "--json").object()["names"][0]
    words = ("letter", "write", "acknowledgement", "--request", request, "--student-name", name, *AS, "--json")
    assert f"as the representative of {name}" in call(*words).object()["text"]
    assert re.search("as the representative of _+", call(*words[:5], *AS, "--json").object()["text"])


def test_in_an_emergency_other_staff_wait_where_an_order_limits_the_guardian(hannah: str, mother: str) -> None:
    represent(hannah, mother)
    limit(hannah, mother)
    Path("emergency.yaml").write_text("emergency: {threat: a fall, recipient_needs_it: true}\n", "utf-8")
    words = ("share", PORTRAIT, "--to", WHO, "--purpose", "inspection", "--evidence", "emergency.yaml", "--json")
    told = call(*words).object()
    assert (told["outcome"], "EX2-RELATION" in clauses(told)) == ("refer", True)


def test_whoever_represents_both_parents_is_stated_for_each(hannah: str, mother: str) -> None:
    words = ("student", "guardian", "add", hannah, *SEEN, "--name", "Otto Ward", "--relation", "father", *AS, "--json")
    father = call(*words).object()["guardian"]
    for each in (mother, father):
        represent(hannah, each)
    stated = call("student", "show", hannah, *AS, "--json").object()["guardianships"]
    assert [each["represents"] for each in stated] == [None, mother, father]
    assert asked()["link"] not in limit(hannah, mother, "--other-person", father)["closed"]


def test_a_representative_takes_no_picture_from_the_family_s_page(hannah: str, mother: str) -> None:
    assert call("tag", PORTRAIT, "--official", "discipline", *AS).code == 0
    assert asked(who=f"parent:{mother}")["outcome"] == "allow"
    represent(hannah, mother)
    assert call("ledger", "student", *AS, hannah, "--page", "record.html").code == 0
    assert "data:image" in Path("record.html").read_text(encoding="utf-8")


# Of a student who holds the rights


@pytest.fixture
def sofia(district: District) -> str:
    """A student of 18 whose picture at graduation is no directory information."""
    district.upload(GRADUATION)
    assert call("tag", GRADUATION, "--directory", "not_eligible", *AS).code == 0
    return district.student(SOFIA)


@pytest.mark.parametrize("who", ["an attorney", "her mother"])
def test_whom_a_grown_student_names_inspects_what_the_student_may(district: District, sofia: str, who: str) -> None:
    person = LAWYER if who == "an attorney" else district.guardian(SOFIA_MOTHER)
    name = "Jane Doe" if who == "an attorney" else "Elena Reyes"
    assert asked(GRADUATION, f"parent:{person}")["basis"] == {}
    done = represent(sofia, sofia, person=person, name=name)
    assert (done.code, f"the person asks as parent:{person}" in done.text) == (0, True), done.text
    told = asked(GRADUATION, f"parent:{person}")
    own = asked(GRADUATION, f"eligible_student:{sofia}")
    assert (told["outcome"], told["basis"], told["record_disclosure"]) == (own["outcome"], {sofia: CLAUSE}, True)
    assert own["basis"] == {sofia: "EX2"}
    assert "for the parent or student who gave you the authority" in told["notice"]
    (stated,) = call("student", "show", sofia, *AS, "--json").object()["guardianships"]
    ended = call("student", "guardian", "end", stated["id"], "--why", "she took it back in writing", *AS, "--json")
    assert ended.object()["closed"] == [told["link"]]
    assert ledger_holds(district.services)


def test_the_student_reads_who_got_it_for_them(district: District, sofia: str) -> None:
    represent(sofia, sofia)
    assert asked(GRADUATION)["basis"] == {sofia: CLAUSE}
    call("ledger", "student", *AS, sofia, "--page", "record.html")
    told = unescape(Path("record.html").read_text("utf-8"))
    assert "The student's representative (Jane Doe)" in told


def test_by_hand_it_goes_to_whom_the_student_named(district: District, sofia: str) -> None:
    referral = asked(GRADUATION)["referrals"][0]["id"]
    represent(sofia, sofia)
    close = (
        "queue",
        "close",
        referral,
        "--why",
        "on paper",
        "--disclosed-to",
        WHO,
        "--students",
        sofia,
        *AS,
        "--basis",
    )
    assert f"represents the student: give --basis {CLAUSE}" in " ".join(call(*close, "EX2").err.split())
    assert call(*close, CLAUSE).code == 0


def test_whom_a_minor_names_and_the_student_themself_represent_nobody(district: District, sofia: str) -> None:
    hannah = district.student(HANNAH)
    for student, person, says in (
        (hannah, LAWYER, f"the rights over the record are not {hannah}'s own"),
        (sofia, sofia, "a representative is another person"),
    ):
        refused = represent(student, student, person=person)
        assert (refused.code, says in " ".join(refused.err.split())) == (1, True), refused.err
    refused = represent(sofia, district.guardian(SOFIA_MOTHER))
    assert f"where the student signed it, that is --for {sofia}" in " ".join(refused.err.split())


def test_whom_an_order_limits_has_nothing_from_the_student_either(district: District, sofia: str) -> None:
    mother = district.guardian(SOFIA_MOTHER)
    represent(sofia, sofia, person=mother, name="Elena Reyes")
    link = asked(GRADUATION, f"parent:{mother}")["link"]
    assert limit(sofia, mother)["closed"] == [link]
    assert asked(GRADUATION, f"parent:{mother}")["basis"] == {}


def test_a_parent_who_represents_somebody_later_stays_a_parent_on_the_lines_of_before(district: District) -> None:
    """The record of who was given what is not written anew by what is stated afterwards (34 CFR 99.32(a)(3)(i))."""
    district.upload(TEAM)
    father = district.guardian(CALEB_FATHER)
    shown = district.student(INES)
    assert call("share", TEAM, "--to", f"parent:{father}", "--purpose", "inspection", *AS).code in (0, 3, 4)
    record = ("ledger", "student", shown, "--json", *AS)
    before = [each["happened"] for each in call(*record).objects()]
    hannah = district.student(HANNAH)
    stated = represent(hannah, district.guardian(HANNAH_MOTHER), person=father)
    assert stated.code == 0, stated.text
    assert [each["happened"] for each in call(*record).objects()][: len(before)] == before
    assert any("parent" in each for each in before)


# The notes of the custodian


def test_whose_authority_is_on_file_is_nobody_whom_nobody_knows(district: District, team: str, mother: str) -> None:
    theresa, stepfather = district.student(THERESA), district.guardian("G-2031")
    limit = ("student", "guardian", "limit", theresa, stepfather, "--only", "whereabouts", *SEEN, *AS)
    assert call(*limit).code == 0
    unknown = "nobody knows yet who this person is"
    assert unknown in " ".join(asked(team)["notes"])
    represent(district.student(HANNAH), mother)
    assert unknown not in " ".join(asked(team)["notes"])


# The acknowledgement


ASKS_WHO, BIRTH = "whose parent or guardian you are", "birth certificate"
CONSENT, AUTHORITY = "a written consent of the parent", "a paper that shows that you represent"


def acknowledged(who: str, *more: str, about: tuple[str, ...] = (PORTRAIT,)) -> str:
    came = ("--purpose", "inspection", "--received", str(TODAY), "--channel", "letter")
    request = call("request", "add", *about, "--from", who, *came, *AS, "--json").object()["id"]
    letter = call("letter", "write", "acknowledgement", "--request", request, *more, *AS, "--json")
    assert letter.code == 0, letter.text
    return " ".join(letter.object()["text"].split())


@pytest.mark.parametrize("who", [WHO, "public:doe-law"])
def test_an_attorney_whom_nobody_has_on_file_is_asked_for_a_consent_or_an_authority_and_no_birth_certificate(
    hannah: str, who: str
) -> None:
    text = acknowledged(who, "--attorney")
    assert (CONSENT in text, "signed and dated" in text, "34 CFR 99.30" in text, AUTHORITY in text) == (True,) * 4
    assert (BIRTH in text, ASKS_WHO in text, "driver's license" in text) == (False, False, False)
    spanish = acknowledged(who, "--attorney", "--lang", "es")
    assert ("un consentimiento escrito" in spanish, "acta de nacimiento" in spanish) == (True, False)


def test_an_attorney_whose_authority_is_on_file_is_asked_for_nothing_also_of_what_waited_before(
    hannah: str, mother: str
) -> None:
    came = ("--purpose", "inspection", "--received", str(TODAY), "--channel", "letter")
    request = call("request", "add", PORTRAIT, "--from", WHO, *came, *AS, "--json").object()["id"]
    call("share", PORTRAIT, "--to", WHO, "--purpose", "inspection", "--request", request, *AS)
    represent(hannah, mother)
    letter = call("letter", "write", "acknowledgement", "--request", request, *AS, "--json").object()["text"]
    for text in (" ".join(letter.split()), acknowledged(WHO, "--attorney")):
        assert (BIRTH in text, CONSENT in text, AUTHORITY in text) == (False, False, False)


def test_an_attorney_whose_authority_has_ended_or_is_for_another_child_is_asked_for_an_authority(
    district: District, hannah: str, mother: str
) -> None:
    represent(hannah, mother)
    text = acknowledged(WHO, about=("--described", "the game", "--student", district.student(INES)))
    assert (BIRTH in text, AUTHORITY in text) == (False, True)


def test_a_stranger_who_says_they_are_a_parent_is_asked_for_what_shows_that(hannah: str, mother: str) -> None:
    assert BIRTH in acknowledged("parent:g-unknown")
    assert BIRTH not in acknowledged(f"parent:{mother}")


def test_no_other_letter_asks_for_an_authority(hannah: str) -> None:
    refused = call("letter", "preview", "annual-notice", "--year", "2026", "--attorney")
    assert (refused.code, "--attorney belongs to another letter" in refused.err) == (1, True)
