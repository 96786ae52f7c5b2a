"""A court made somebody the guardian of a student who is 18 or older: that one holds the rights, once two people said so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import GRADUATION, HANNAH, HANNAH_MOTHER, SOFIA, SOFIA_MOTHER, District
from use_cases import ledger_holds

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS = ("--as", "custodian:records-office")
SEEN = ("--seen", "letters of guardianship, probate division")


def letters() -> tuple[str, str]:
    Path("letters.pdf").write_bytes(b"%PDF-1.7 letters of guardianship")
    return "--file", "letters.pdf"


def appointed(student: str, person: str, *more: str) -> Called:
    return call("student", "guardian", "appointed", student, person, *SEEN, *(more or letters()), *AS)


@pytest.fixture
def another(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Go on as another user of the system."""
    return lambda: monkeypatch.setattr(context, "system_user", lambda: SystemUser("4711", "another"))


def asked(who: str) -> Any:
    return call("share", GRADUATION, "--to", who, "--purpose", "records request", *AS, "--json").object()


def clauses(told: Any) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


@pytest.fixture
def sofia(district: District) -> str:
    """A student of 18 whose picture at graduation is no directory information."""
    district.upload(GRADUATION)
    assert call("tag", GRADUATION, "--directory", "not_eligible", *AS).code == 0
    return district.student(SOFIA)


def test_once_two_people_said_so_the_guardian_sees_what_a_parent_sees(
    district: District, sofia: str, another: Any
) -> None:
    mother = district.guardian(SOFIA_MOTHER)
    assert "RIGHTS-TRANSFERRED" in clauses(asked(f"parent:{mother}"))
    first = appointed(sofia, mother)
    assert (first.code, "It counts once another user" in first.text) == (0, True)
    assert "RIGHTS-TRANSFERRED" in clauses(asked(f"parent:{mother}"))
    another()
    assert "It counts once" not in appointed(sofia, mother).text
    told = asked(f"parent:{mother}")
    assert (told["outcome"] in ("allow", "redact"), told["basis"].get(sofia)) == (True, "EX2")
    shown = call("student", "show", sofia, *AS).text
    assert f"Who holds the rights today: {mother}, appointed by a court" in shown
    assert ledger_holds(district.services)


def test_the_student_s_own_request_waits_and_is_not_denied(district: District, sofia: str, another: Any) -> None:
    assert asked(f"eligible_student:{sofia}")["basis"].get(sofia) == "EX2"
    for _ in range(2):
        appointed(sofia, district.guardian(SOFIA_MOTHER))
        another()
    told = asked(f"eligible_student:{sofia}")
    assert (told["outcome"], clauses(told)[-1]) == ("refer", "RIGHTS-WARD")
    assert "a court gave the rights over it to a guardian" in told["reasons"][-1]["text"]
    assert call("custodian", "meaning", GRADUATION, "changed", "--why", "a look", *AS).code == 0
    assert asked(f"eligible_student:{sofia}")["outcome"] == "refer"
    assert any("to a guardian" in each["text"] for each in told["outside"])


def test_it_ends_by_its_id_and_the_rights_are_the_student_s_again(district: District, sofia: str, another: Any) -> None:
    mother = district.guardian(SOFIA_MOTHER)
    for _ in range(2):
        appointed(sofia, mother)
        another()
    link = asked(f"parent:{mother}")["link"]
    (stated,) = call("student", "show", sofia, *AS, "--json").object()["guardianships"]
    done = call("student", "guardian", "end", stated["id"], "--why", "the court restored her", *AS, "--json").object()
    assert link in done["closed"]
    assert "RIGHTS-TRANSFERRED" in clauses(asked(f"parent:{mother}"))


def test_another_guardian_of_the_roster_holds_the_rights_no_more(district: District, sofia: str, another: Any) -> None:
    added = call(
        "student", "guardian", "add", sofia, *SEEN, "--name", "Otto Ward", "--relation", "guardian", *AS, "--json"
    )
    uncle = added.object()["guardian"]
    for _ in range(2):
        assert appointed(sofia, uncle).code == 0
        another()
    assert call("student", "show", sofia, *AS, "--json").object()["guardians_today"] == [uncle]
    told = asked(f"parent:{district.guardian(SOFIA_MOTHER)}")
    assert [each for each in told["notes"] if f"A court appointed {uncle} as the guardian of {sofia}" in each]
    assert "EX2" not in [*clauses(told), *told["basis"].values()]


def test_what_the_guardian_signs_counts_and_what_the_student_signs_does_not(
    district: District, sofia: str, another: Any
) -> None:
    mother = district.guardian(SOFIA_MOTHER)
    for _ in range(2):
        appointed(sofia, mother)
        another()
    words = ("--purpose", "website", "--signed-on", str(TODAY), "--party", "public", "--proof", "binder 3", *AS)
    refused = call("consent", "add", sofia, "--signed-by", sofia, *words)
    assert (refused.code, "no guardian with rights" in refused.err) == (1, True)
    assert call("consent", "add", sofia, "--signed-by", mother, *words).code == 0


LEFT = ("--seen", "letters, section 3: her school record")


@pytest.fixture
def ward(district: District, sofia: str, another: Any) -> str:
    """A student of 18 over whom a court appointed her mother, as two people stated."""
    for _ in range(2):
        assert appointed(sofia, district.guardian(SOFIA_MOTHER)).code == 0
        another()
    return sofia


def test_what_the_letters_leave_the_student_she_has_and_the_guardian_as_before(district: District, ward: str) -> None:
    waits = asked(f"eligible_student:{ward}")["referrals"][0]["id"]
    bare = call("queue", "finding", waits, "retained", *LEFT, *AS)
    assert (bare.code, "--file COPY" in bare.err) == (1, True)
    found = call("queue", "finding", waits, "retained", *LEFT, *letters(), *AS, "--json").object()
    assert (found["answer"]["basis"][ward], found["referral"]["closed_at"] is None) == ("EX2", False)
    assert call("open", found["answer"]["token"]).code == 0
    assert asked(f"eligible_student:{ward}")["basis"][ward] == "EX2"
    mother = district.guardian(SOFIA_MOTHER)
    assert asked(f"parent:{mother}")["basis"][ward] == "EX2"
    shown = " ".join(call("student", "show", ward, *AS).out.split())
    assert f"{mother}, appointed by a court; the student keeps the right to their own record" in shown
    (stated,) = [each for each in call("student", "show", ward, *AS, "--json").object()["guardianships"]
                 if each["what"] == "retained"]  # fmt: skip
    assert (stated["guardian"], len(stated["paper"])) == (ward, 64)
    assert ledger_holds(district.services)


def test_it_is_stated_without_a_request_and_ends_when_a_person_ends_it(ward: str) -> None:
    said = call("student", "guardian", "retained", ward, *LEFT, *letters(), *AS, "--json").object()
    link = asked(f"eligible_student:{ward}")["link"]
    assert link is not None
    done = call("student", "guardian", "end", said["id"], "--why", "read again", *AS, "--json").object()
    assert done["closed"] == [link]
    assert clauses(asked(f"eligible_student:{ward}"))[-1] == "RIGHTS-WARD"


def test_by_hand_and_in_the_office_the_student_has_what_the_letters_leave(ward: str) -> None:
    who = f"eligible_student:{ward}"
    waits = asked(who)["referrals"][0]["id"]
    given = ("--disclosed-to", who, "--basis", "EX2", "--students", ward, "--how", "shown", "--why", "her right", *AS)
    refused = call("queue", "close", waits, *given)
    assert (refused.code, "not 18" in refused.err) == (1, False)
    assert f"student guardian retained {ward}" in refused.err
    assert call("student", "guardian", "retained", ward, *LEFT, *letters(), *AS).code == 0
    assert call("queue", "close", waits, *given).code == 0
    view = ("view", GRADUATION, "--in-office", "--for", who, "--purpose", "records request", "--out", "copy.jpg", *AS)
    assert call(*view, "--json").object()["basis"][ward] == "EX2"


def test_later_letters_say_anew_what_they_leave(district: District, ward: str) -> None:
    mother = district.guardian(SOFIA_MOTHER)
    assert call("student", "guardian", "retained", ward, *LEFT, *letters(), *AS).code == 0
    with district.services.store.reading() as unit:
        record = unit.people.need(ward)
    assert record.retains_on(TODAY)
    newer = replace(record.guardianships[0], since=TODAY + timedelta(days=3), by_two=True)
    assert newer.what == "appointed"
    later = replace(record, guardianships=(*record.guardianships, newer))
    assert (later.retains_on(TODAY), later.retains_on(TODAY + timedelta(days=3))) == (True, False)
    assert mother in later.guardians_on(TODAY + timedelta(days=3))


def test_letters_leave_nothing_where_no_guardian_by_a_court_is_on_file(sofia: str) -> None:
    refused = call("student", "guardian", "retained", sofia, *LEFT, *letters(), *AS)
    assert (refused.code, "no guardian by a court is on file" in " ".join(refused.err.split())) == (1, True)


@pytest.mark.parametrize(
    ("who", "person", "paper", "says"),
    [
        (HANNAH, HANNAH_MOTHER, True, "not 18 yet"),
        (SOFIA, HANNAH_MOTHER, True, "is no guardian of"),
        (SOFIA, SOFIA_MOTHER, False, "--file COPY"),
    ],
)
def test_it_is_of_an_adult_s_guardian_on_file_with_the_paper(
    district: District, sofia: str, who: str, person: str, paper: bool, says: str
) -> None:
    given = letters() if paper else ("--until", "2099-01-01")
    refused = appointed(district.student(who), district.guardian(person), *given)
    assert (refused.code, says in " ".join(refused.err.split())) == (1, True)
