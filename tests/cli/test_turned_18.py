"""An order's notice to a parent, and the student turns 18 before the answer: the student is told, too."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import call
from court_orders import AS, BEN, paper
from district import INES, UNTITLED, District
from roster_files import change_students
from use_cases import ledger_holds

BIRTHDAY, ANSWER, LATER = (TODAY + timedelta(days=each) for each in (5, 9, 12))
COURT = ("--to", "court:circuit", "--purpose", "lawsuit")
SAYS = "The student is told, too"
ORDER = "order: {kind: subpoena, verified: true}\n"


@pytest.fixture
def student(district: District) -> str:
    """A picture of one student, who turns 18 in five days."""
    born = BIRTHDAY.replace(year=BIRTHDAY.year - 18).isoformat()
    change_students(district.folder / "roster", {"born": born}, INES)
    assert call("roster", "import", "roster", *AS).code == 0
    district.upload(UNTITLED)
    ines = district.student(INES)
    made = call("tag", UNTITLED, "--person", ines, "--unidentified", "0", "--directory", "not_eligible", *AS)
    assert made.code == 0, made.text
    return ines


def shared(evidence: str = "order.yaml") -> Any:
    return call("share", UNTITLED, *COURT, "--evidence", evidence, *AS, "--json").object()


def asked() -> str:
    """The court asks with a subpoena; return the referral that it leaves."""
    Path("order.yaml").write_text(ORDER, "utf-8")
    return str(shared()["referrals"][0]["id"])


def effort(referral: str, student: str, *more: str) -> Any:
    about = ("--referral", referral, "--student", student, "--what", "two calls; no answer", "--evidence", "told.yaml")
    made = call("letter", "effort", *about, *more, *AS, "--json")
    assert made.code == 0, made.text
    return made.object()


def letter(referral: str, student: str) -> None:
    words = ("--referral", referral, "--student", student, "--court", "the circuit court", "--answer-on", str(ANSWER))
    made = call("letter", "write", "subpoena-notice", *words, "--name", "Ana Muñoz", *AS, "--json")
    assert made.code == 0, made.text
    effort(referral, student, "--letter", str(made.object()["id"]))


def stated(referral: str, evidence: str = "told.yaml") -> Any:
    return call("queue", "finding", referral, "evidence", "--evidence", evidence, *AS, "--json").object()["answer"]


def untold(answer: Any) -> list[str]:
    return [student for each in answer["reasons"] if each["clause"] == "EX7-NOTICE" for student in each["students"]]


@pytest.mark.parametrize("how", ["an effort", "a letter"])
def test_a_notice_to_the_parent_of_a_minor_does_not_count_after_the_birthday(
    district: District, student: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = asked()
    if how == "an effort":
        made = effort(referral, student, "--answer-on", str(ANSWER))
        # Who is told now holds the rights no more on the day of the answer.
        assert (made["left"], made["evidence"]["order"]["notified"]) == ([student], [])
        assert "tell the student in person from that day on" in made["next"]
        Path("told.yaml").write_text(ORDER.replace("}", f", notified: [{student}], answer_on: {ANSWER}}}"), "utf-8")
    else:
        letter(referral, student)
        Path("told.yaml").write_text(ORDER.replace("}", f", notified: [{student}]}}"), "utf-8")
    early = stated(referral)
    assert early["outcome"] == "refer"
    assert SAYS in " ".join(early["why_not"])
    assert "Every family was told" not in " ".join(each["text"] for each in early["reasons"])

    on_day(monkeypatch, 9)
    answer = stated(referral)
    assert (answer["outcome"], untold(answer)) == ("refer", [student])
    (why,) = answer["why_not"]
    assert SAYS in why
    refused = call("queue", "disclosed", referral, "--to", COURT[1], "--basis", "EX7", "--students", student, *AS)
    assert (refused.code, "does not carry EX7" in " ".join(refused.err.split())) == (1, True)

    assert effort(referral, student, "--answer-on", str(LATER))["left"] == []
    on_day(monkeypatch, 12)
    done = stated(referral)
    assert (done["outcome"], done["basis"]) == ("allow", {student: "EX7"})
    assert ledger_holds(district.services)


def test_a_parent_is_told_where_the_order_is_answered_before_the_birthday_after_all(
    district: District, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = ("--from", COURT[1], *COURT[2:], "--received", str(TODAY), "--channel", "letter", "--paper", "subpoena")
    made = call("request", "add", UNTITLED, *came, "--return", str(ANSWER), *AS, "--json")
    request, sooner = str(made.object()["id"]), BIRTHDAY - timedelta(days=1)
    Path("order.yaml").write_text(ORDER.replace("}", f", return_on: {ANSWER}}}"), "utf-8")
    asks = ("--request", request, "--evidence", "order.yaml", *AS, "--json")
    referral = str(call("share", UNTITLED, *COURT, *asks).object()["referrals"][0]["id"])
    assert effort(referral, student, "--answer-on", str(ANSWER))["left"] == [student]
    assert call("request", "order", request, "--paper", "subpoena", "--return", str(sooner), *AS).code == 0
    assert effort(referral, student, "--answer-on", str(sooner))["left"] == []
    stated(referral)
    on_day(monkeypatch, 4)
    assert stated(referral)["basis"] == {student: "EX7"}
    assert ledger_holds(district.services)


def test_who_was_told_from_the_birthday_on_was_told(student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    referral = asked()
    effort(referral, student, "--answer-on", str(ANSWER))
    on_day(monkeypatch, 5)
    stated(referral)
    effort(referral, student, "--answer-on", str(ANSWER))
    on_day(monkeypatch, 9)
    assert stated(referral)["outcome"] == "allow"


def test_from_the_birthday_on_the_student_is_still_to_be_told(
    district: District, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = asked()
    assert effort(referral, student, "--answer-on", str(ANSWER))["left"] == [student]
    other = district.student("104230")
    made = call("tag", UNTITLED, "--person", other, *AS)
    assert made.code == 0, made.text
    on_day(monkeypatch, 5)
    assert effort(referral, other, "--answer-on", str(ANSWER))["left"] == [student]


def test_a_notice_that_two_people_confirmed_does_not_count_after_the_birthday(
    student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("tag", UNTITLED, "--official", f"discipline:{student}", *AS).code == 0
    referral = asked()
    Path("told.yaml").write_text(ORDER.replace("}", f", notified: [{student}], answer_on: {ANSWER}}}"), "utf-8")
    words = ("--evidence", "told.yaml", "--file", str(paper()))
    assert approved(referral, "evidence", *words)["outcome"] == "refer"
    on_day(monkeypatch, 9)
    answer = approved(referral, "reviewed")
    assert (answer["outcome"], untold(answer)) == ("refer", [student])
    assert SAYS in " ".join(answer["why_not"])
    Path("told.yaml").write_text(ORDER.replace("}", f", notified: [{student}], answer_on: {LATER}}}"), "utf-8")
    assert approved(referral, "evidence", *words)["outcome"] == "refer"
    on_day(monkeypatch, 12)
    assert approved(referral, "reviewed")["outcome"] == "allow"


def approved(referral: str, *found: str) -> Any:
    """State a finding, and have another person approve it where it waits for one; return the answer."""
    made = call("queue", "finding", referral, *found, *AS, "--json").object()
    if made["state"] == "pending":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("dam_plugin.cli.context.system_user", lambda: BEN)
            made = call("queue", "approve", made["finding"], "--as", "designee:principal", "--json").object()
    return made["answer"]
