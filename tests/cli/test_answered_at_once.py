"""An order that is answered on the day on which the families are told, and one in a proceeding to which a parent is a party."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from district import HANNAH, INES, SCIENCE_LAB, SOFIA, UNTITLED, District
from use_cases import kept, ledger_holds

AS = ("--as", "custodian:records-office")
POLICE = "law_enforcement:deputy-hale"
WARRANT = "order: {kind: judicial_order, verified: true, issued_by: the circuit court}\n"
SUBPOENA = "order: {kind: subpoena, verified: true}\n"
FORTHWITH = ("--at-once", "the warrant says forthwith")
CASE = "26JU-JV00417"
PARTY = ("--party", CASE)


@pytest.fixture
def student(district: District) -> str:
    """A picture of the lab; the student in it."""
    district.upload(SCIENCE_LAB)
    return min(kept(district.services, SCIENCE_LAB).tagging.students)


def pair(district: District, other: str = HANNAH) -> list[str]:
    """A picture of two students; their ids."""
    district.upload(UNTITLED)
    two = [district.student(INES), district.student(other)]
    made = call("tag", UNTITLED, "--person", two[0], "--person", two[1], "--unidentified", "0", *AS)
    assert made.code == 0, made.text
    return two


def asked(paper: str = WARRANT, key: str = SCIENCE_LAB) -> str:
    """The police ask for a recording with a paper; return the referral that it leaves."""
    return str(shared(paper, key).object()["referrals"][0]["id"])


def shared(paper: str, key: str = SCIENCE_LAB) -> Called:
    Path("order.yaml").write_text(paper, "utf-8")
    words = ("--to", POLICE, "--purpose", "legal request", "--evidence", "order.yaml")
    return call("share", key, *words, *AS, "--json")


def effort(referral: str, student: str, *more: str) -> Called:
    words = (
        "--referral",
        referral,
        "--student",
        student,
        "--what",
        "called the mother at 9",
        "--evidence",
        "told.yaml",
    )
    return call("letter", "effort", *words, *more, *AS, "--json")


def stated(referral: str, evidence: str = "told.yaml") -> dict[str, Any]:
    made = call("queue", "finding", referral, "evidence", "--evidence", evidence, *AS, "--json").object()
    answer: dict[str, Any] = made["answer"]
    return answer


def disclosed(referral: str, students: str, *more: str) -> Called:
    words = ("--to", POLICE, "--basis", "EX7", "--students", students)
    return call("queue", "disclosed", referral, *words, *more, *AS)


def page(student: str) -> str:
    assert call("ledger", "student", student, *AS, "--page", "record.html").code == 0
    return Path("record.html").read_text("utf-8")


def last_remark(student: str) -> str:
    lines = call("ledger", "student", student, *AS, "--json").objects()
    return str([each for each in lines if each["what"] in ("asked", "handed over")][-1]["remark"])


# At once


@pytest.mark.parametrize("day", [(), ("--answer-on", str(TODAY))], ids=["today by itself", "today, typed"])
def test_a_warrant_that_says_at_once_is_answered_on_the_day_of_the_call(student: str, day: tuple[str, ...]) -> None:
    referral = asked()
    made = effort(referral, student, *day, *FORTHWITH)
    assert made.code == 0, made.text
    order = made.object()["evidence"]["order"]
    assert (order["answer_on"], order["at_once"]) == (str(TODAY), "the warrant says forthwith")
    answer = stated(referral)
    assert (answer["outcome"], {*answer["basis"].values()}) == ("allow", {"EX7"})
    assert call("open", answer["token"]).code == 0
    assert "the family was told of the order on the same day" in last_remark(student)
    assert "The family was told of the order on the same day, before it was answered" in page(student)


def test_a_paper_that_gives_a_later_day_is_not_answered_at_once(student: str) -> None:
    referral = asked(WARRANT.replace("}", f", return_on: {LATER}}}"))
    refused = effort(referral, student, *FORTHWITH)
    assert (refused.code, f"--answer-on {LATER}" in " ".join(refused.err.split())) == (1, True)
    assert effort(referral, student, "--answer-on", str(LATER)).code == 0


def test_by_hand_it_goes_on_the_day_of_the_call_and_the_record_says_so(district: District, student: str) -> None:
    told = f"notified: [{student}], answer_on: {TODAY}, at_once: the warrant says forthwith"
    referral = asked(WARRANT.replace("}", f", {told}}}"))
    refused = disclosed(referral, student)
    assert (refused.code, "--at-once WORDS" in refused.err) == (1, True)
    assert effort(referral, student, *FORTHWITH).code == 0
    assert "leave --before-notice out" in disclosed(referral, student, "--before-notice").err
    done = disclosed(referral, student, "--how", "a disc")
    assert done.code == 0, done.text
    remark = last_remark(student)
    assert remark.startswith(f"by hand on {TODAY}: a disc; the family was told of the order on the same day")
    said = page(student)
    assert ("The family was told of the order on the same day" in said, "before the families were told" in said) == (
        True,
        False,
    )
    assert ledger_holds(district.services)


def test_what_went_out_before_the_call_stays_on_record_as_that(student: str) -> None:
    assert disclosed(asked(), student, "--before-notice").code == 0
    assert "before the families were told" in last_remark(student)
    assert "on the same day" not in page(student)


def written(referral: str, student: str) -> str:
    """A notice that is drafted, and in the drawer."""
    about = ("--referral", referral, "--student", student, "--court", "Circuit Court of Cole County")
    made = call("letter", "write", "subpoena-notice", *about, "--answer-on", str(LATER), *AS, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


def test_a_notice_that_was_only_written_tells_no_family(district: District, student: str) -> None:
    referral = asked(SUBPOENA)
    letter = written(referral, student)
    assert disclosed(referral, student, "--how", "a disc", "--before-notice").code == 0
    assert "This was before the families were told of the order." in page(student)
    assert "only on the same day" not in page(student)
    close = ("queue", "close", referral, "--why", "done", *AS)
    refused = call(*close)
    assert (refused.code, "letter effort --referral" in " ".join(refused.err.split())) == (1, True)
    assert effort(referral, student, "--letter", letter).code == 0
    assert call(*close).code == 0
    assert "This was before the families were told of the order." in page(student)
    assert ledger_holds(district.services)


def test_a_notice_counts_from_the_day_on_which_it_was_sent(student: str) -> None:
    referral = asked(SUBPOENA)
    letter = written(referral, student)
    early = effort(referral, student, "--letter", letter, "--on", str(YESTERDAY))
    assert (early.code, "it was not sent before" in " ".join(early.err.split())) == (1, True)
    assert effort(referral, student, "--letter", letter).code == 0
    assert disclosed(referral, student, "--before-notice").code == 0
    assert "The family was told of the order only on the same day" in page(student)


@pytest.mark.parametrize("is_sent", [True, False])
def test_nothing_is_answered_on_a_notice_that_was_only_written(
    student: str, monkeypatch: pytest.MonkeyPatch, is_sent: bool
) -> None:
    referral = asked(SUBPOENA)
    letter = written(referral, student)
    if is_sent:
        assert effort(referral, student, "--letter", letter).code == 0
    told = f"order: {{kind: subpoena, verified: true, notified: [{student}], answer_on: {LATER}}}\n"
    on_day(monkeypatch, 6)
    answer = shared(told).object()
    assert answer["outcome"] == ("allow" if is_sent else "refer")


def test_the_page_of_a_party_s_child_says_that_no_further_notice_was_needed(district: District) -> None:
    one, other = pair(district)
    referral = asked(WARRANT, UNTITLED)
    assert effort(referral, one, *PARTY).code == 0
    assert disclosed(referral, f"{one},{other}", "--before-notice").code == 0
    assert "so the law asks for no further notice" in page(one)
    assert "before the families were told" not in page(one)
    assert "This was before the families were told of the order." in page(other)


LATER = TODAY + timedelta(days=6)
YESTERDAY = TODAY - timedelta(days=1)


@pytest.mark.parametrize(
    ("called", "answer", "says"),
    [
        (TODAY, LATER, "The family was told of the order only on the same day"),
        (
            YESTERDAY,
            LATER,
            "The family had been told of the order, or we had tried to reach them, but this was before the day",
        ),
        (YESTERDAY, TODAY, "The family had been told of the order in advance"),
    ],
    ids=["the same day", "before the day of the answer", "in time"],
)
def test_of_what_went_out_too_early_the_record_says_when_that_family_was_told(
    district: District, called: date, answer: date, says: str
) -> None:
    one, other = pair(district)
    referral = asked(SUBPOENA, UNTITLED)
    assert effort(referral, one, "--on", str(called), "--answer-on", str(answer)).code == 0
    assert disclosed(referral, f"{one},{other}", "--before-notice").code == 0
    assert ("before the families were told" in last_remark(one), says in page(one)) == (False, True)
    assert "before the families were told" in last_remark(other)
    assert "This was before the families were told of the order." in page(other)


@pytest.mark.parametrize(
    ("paper", "said", "code"),
    [
        (SUBPOENA, (), 4),
        (SUBPOENA, FORTHWITH, 0),
        (WARRANT, (), 4),
    ],
    ids=["a subpoena", "a subpoena that says at once", "an order without such words"],
)
def test_a_call_of_the_same_day_is_in_time_only_where_the_paper_says_at_once(
    student: str, paper: str, said: tuple[str, ...], code: int
) -> None:
    referral = asked(paper)
    assert effort(referral, student, *said).code == 0
    told = Path("told.yaml").read_text("utf-8")
    if not said:
        Path("told.yaml").write_text(f"{told}  answer_on: {TODAY}\n", "utf-8")
    assert (stated(referral)["outcome"] == "allow") is (code == 0)


def test_the_words_of_the_paper_alone_are_no_call(student: str) -> None:
    told = f"notified: [{student}], answer_on: {TODAY}, at_once: forthwith"
    referral = asked(WARRANT.replace("}", f", {told}}}"))
    assert effort(referral, student).code == 0
    assert shared(WARRANT.replace("}", f", {told}}}")).code == 4
    assert disclosed(referral, student).code == 1


def test_another_paper_of_the_same_referral_waits_again(student: str) -> None:
    referral = asked()
    effort(referral, student, *FORTHWITH)
    order = f"order: {{kind: subpoena, verified: true, notified: [{student}], answer_on: {TODAY}}}\n"
    Path("other.yaml").write_text(order, "utf-8")
    assert stated(referral, "other.yaml")["outcome"] == "refer"
    assert "at_once" not in effort(referral, student).object()["evidence"]["order"]


def test_a_family_of_whom_nothing_is_on_file_is_told_first(district: District) -> None:
    one, other = pair(district)
    referral = asked(key=UNTITLED)
    made = effort(referral, one, *FORTHWITH).object()
    assert (made["told"], made["left"]) == ([one], [other])
    order = f"order: {{kind: judicial_order, verified: true, notified: [{one}, {other}], answer_on: {TODAY}, at_once: now}}\n"
    Path("both.yaml").write_text(order, "utf-8")
    answer = stated(referral, "both.yaml")
    assert (answer["outcome"], [each["students"] for each in answer["reasons"] if each["clause"] == "EX7-NOTICE"]) == (
        "refer",
        [[other]],
    )
    assert disclosed(referral, f"{one},{other}").code == 1
    assert disclosed(referral, one).code == 0
    assert "told of the order on the same day" in last_remark(one)


def test_a_family_that_was_told_a_later_day_has_it(district: District) -> None:
    one, other = pair(district)
    referral = asked(key=UNTITLED)
    later = str(TODAY + timedelta(days=6))
    effort(referral, one, "--on", str(TODAY - timedelta(days=1)), "--answer-on", later)
    told = effort(referral, other, *FORTHWITH).object()
    assert told["evidence"]["order"]["answer_on"] == later
    answer = stated(referral)
    assert (answer["outcome"], any(later in each for each in answer["why_not"])) == ("refer", True)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--at-once", " "), "the words by which the paper is answered at once"),
        (("--answer-on", str(TODAY - timedelta(days=1)), *FORTHWITH), "is not after"),
        ((*PARTY, *FORTHWITH), "needs no further notice"),
        ((*PARTY, "--answer-on", str(TODAY + timedelta(days=3))), "needs no further notice"),
        (("--party", ""), "the number of the proceeding"),
    ],
)
def test_what_makes_no_sense_is_refused(student: str, more: tuple[str, ...], says: str) -> None:
    refused = effort(asked(), student, *more)
    assert (refused.code, says in " ".join(refused.err.split())) == (1, True), refused.text


# A parent who is a party


def test_an_order_in_a_proceeding_to_which_a_parent_is_a_party_waits_for_no_day(
    district: District, student: str
) -> None:
    referral = asked()
    made = effort(referral, student, *PARTY).object()
    assert (made["left"], made["evidence"]["order"]["proceeding"]) == ([], CASE)
    answer = stated(referral)
    assert (answer["outcome"], {*answer["basis"].values()}) == ("allow", {"EX7"})
    assert "a parent is a party" in last_remark(student)
    said = page(student)
    assert "so the law asks for no further notice" in said
    assert ("told of the order on the same day" in said, CASE in said) == (False, False)
    assert ledger_holds(district.services)


def test_the_other_families_are_told_of_it_all_the_same(district: District) -> None:
    one, other = pair(district)
    referral = asked(key=UNTITLED)
    assert effort(referral, one, *PARTY).object()["left"] == [other]
    order = f"order: {{kind: judicial_order, verified: true, notified: [{one}, {other}], proceeding: {CASE}}}\n"
    Path("both.yaml").write_text(order, "utf-8")
    assert stated(referral, "both.yaml")["outcome"] == "refer"
    told = effort(referral, other, "--on", str(TODAY - timedelta(days=2)), "--answer-on", str(TODAY)).object()
    assert (told["left"], told["evidence"]["order"]["proceeding"]) == ([], CASE)
    assert stated(referral)["outcome"] == "allow"
    assert ("a party" in last_remark(one), "a party" in last_remark(other)) == (True, False)


@pytest.mark.parametrize(
    "paper",
    [
        "{kind: judicial_order, verified: true, notified: [STUDENT], answer_on: DAY}",
        "{kind: judicial_order, verified: true, notified: [STUDENT], answer_on: DAY, proceeding: 26DR-CV00001}",
        f"{{kind: subpoena, verified: true, notified: [STUDENT], answer_on: DAY, proceeding: {CASE}}}",
    ],
    ids=["no proceeding", "another proceeding", "a subpoena"],
)
def test_on_another_paper_that_family_is_told(student: str, paper: str) -> None:
    referral = asked()
    assert effort(referral, student, *PARTY, "--on", str(YESTERDAY)).code == 0
    text = "order: " + paper.replace("STUDENT", student).replace("DAY", str(TODAY)) + "\n"
    Path("other.yaml").write_text(text, "utf-8")
    assert stated(referral, "other.yaml")["outcome"] == "refer"
    assert effort(referral, student, "--on", str(TODAY)).object()["left"] == []


def test_after_another_paper_a_party_is_left_to_be_told(district: District) -> None:
    one, other = pair(district)
    referral = asked(key=UNTITLED)
    effort(referral, one, *PARTY)
    Path("other.yaml").write_text(f"order: {{kind: judicial_order, verified: true, notified: [{one}]}}\n", "utf-8")
    stated(referral, "other.yaml")
    assert effort(referral, other).object()["left"] == [one]


@pytest.mark.parametrize(
    ("paper", "who", "says"),
    [
        (SUBPOENA, HANNAH, "only for a court's order"),
        (WARRANT, SOFIA, "holds the rights now"),
        (WARRANT.replace("}", ", proceeding: 26JU-JV00001}"), HANNAH, "give --party 26JU-JV00001"),
    ],
    ids=["a subpoena", "a grown student", "another proceeding"],
)
def test_a_party_is_a_parent_in_the_proceeding_of_the_order(
    district: District, paper: str, who: str, says: str
) -> None:
    _, other = pair(district, who)
    refused = effort(asked(paper, UNTITLED), other, *PARTY)
    assert (refused.code, says in " ".join(refused.err.split())) == (1, True), refused.text


def test_what_says_that_nobody_is_told_names_the_way_of_a_party(student: str) -> None:
    refused = shared("order: {kind: judicial_order, verified: true, notice_required: false}\n")
    said = " ".join(refused.err.split())
    assert (refused.code, "letter effort" in said, "--party NUMBER" in said) == (1, True, True)
    assert "20 U.S.C. 1232g(b)(2)(B)" in said
