"""A court stays an order: nothing goes out on it until the court lifts the stay, whatever day the families were told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from court_orders import told_of_order
from district import SCIENCE_LAB, District
from use_cases import kept, ledger_holds

AS = ("--as", "custodian:records-office")
LATER = TODAY + timedelta(days=9)
STAYED = "A court has stayed this order: nothing goes out on it while the stay stands"
WHY = ("--why", "stay of the circuit court, case 26-117")


@pytest.fixture
def student(district: District) -> str:
    district.upload(SCIENCE_LAB)
    assert call("tag", SCIENCE_LAB, "--directory", "not_eligible", *AS).code == 0
    return min(kept(district.services, SCIENCE_LAB).tagging.students)


def shared(who: str = "court:circuit") -> Any:
    words = ("--to", who, "--purpose", "lawsuit", "--evidence", "order.yaml", *AS)
    return call("share", SCIENCE_LAB, *words, "--json").object()


def asked(student: str) -> str:
    """A subpoena of which the family was told for a later day: the referral."""
    Path("order.yaml").write_text(f"order: {{kind: subpoena, verified: true, notified: [{student}]}}\n", "utf-8")
    referral = str(shared()["referrals"][0]["id"])
    about = ("--referral", referral, "--student", student, "--what", "a letter")
    assert call("letter", "effort", *about, "--answer-on", str(LATER), "--evidence", "order.yaml", *AS).code == 0
    return referral


def stay(referral: str, state: str, *more: str) -> Called:
    return call("queue", "finding", referral, "stay", state, *(more or WHY), *AS, "--json")


def told(answer: Any) -> str:
    parts = (*(each["text"] for each in answer["reasons"]), *(each["remedy"] or "" for each in answer["reasons"]))
    return " ".join((*parts, *answer["why_not"]))


def test_while_a_stay_stands_no_day_is_told_and_once_it_is_lifted_the_day_counts_again(student: str) -> None:
    referral = asked(student)
    assert f"on {LATER}, share it again" in told(shared())
    stood = stay(referral, "stands").object()["answer"]
    for answer in (stood, shared()):
        assert answer["outcome"] == "refer"
        assert STAYED in told(answer)
        assert f"`dam-plugin queue finding {'ID'} stay lifted" in told(answer)
        assert str(LATER) not in told(answer)
    lifted = stay(referral, "lifted", "--why", "the court lifted it").object()["answer"]
    assert STAYED not in told(lifted)
    assert f"on {LATER}, share it again" in told(shared())


def test_what_was_told_for_today_waits_for_the_court_and_goes_out_once_it_lifts_the_stay(
    district: District, student: str
) -> None:
    Path("order.yaml").write_text("order: {kind: subpoena, verified: true}\n", "utf-8")
    referral = str(shared()["referrals"][0]["id"])
    told_of_order(referral, [student])
    assert stay(referral, "stands").object()["answer"]["outcome"] == "refer"
    assert shared()["outcome"] == "refer"
    refused = call(
        "queue", "disclosed", referral, "--to", "court:circuit", "--basis", "EX7", "--students", student, *AS
    )
    assert (refused.code, STAYED in " ".join(refused.err.split())) == (1, True)
    assert stay(referral, "lifted", "--why", "lifted on appeal").object()["answer"]["outcome"] == "allow"
    assert ledger_holds(district.services)


def test_a_stay_keeps_back_what_would_go_to_anybody_and_holds_for_this_recipient_alone(
    district: District, student: str
) -> None:
    referral = asked(student)
    stay(referral, "stands")
    assert call("tag", SCIENCE_LAB, "--directory", "eligible", *AS).code == 0
    assert shared()["outcome"] == "refer"
    assert shared("court:appeals")["outcome"] == "allow"


def test_what_the_court_was_given_on_the_order_closes_with_the_stay(district: District, student: str) -> None:
    """The link of an order that was answered, while the same court's next order waits."""
    Path("order.yaml").write_text("order: {kind: subpoena, verified: true}\n", "utf-8")
    told_of_order(str(shared()["referrals"][0]["id"]), [student])
    token = shared()["token"]
    assert call("open", token).code == 0
    referral = asked(student)
    done = stay(referral, "stands")
    assert (done.code, call("open", token).code == 0, call("links", "--open", "--json").objects()) == (4, False, [])


def test_an_order_that_was_answered_is_stayed_too_and_what_was_told_is_on_file_once_that_is_lifted(
    district: District, student: str
) -> None:
    Path("order.yaml").write_text("order: {kind: subpoena, verified: true}\n", "utf-8")
    referral = str(shared()["referrals"][0]["id"])
    told_of_order(referral, [student])
    token = shared()["token"]
    assert call("open", token).code == 0

    done = stay(referral, "stands")
    assert (done.code, done.object()["answer"]["outcome"]) == (4, "refer"), done.text
    assert (call("open", token).code == 0, call("links", "--open", "--json").objects()) == (False, [])
    assert call("queue", "show", referral, *AS, "--json").object()["closed_at"] is None
    assert shared()["outcome"] == "refer"

    lifted = stay(referral, "lifted", "--why", "lifted on appeal").object()["answer"]
    assert (lifted["outcome"], lifted["basis"]) == ("allow", {student: "EX7"})
    assert call("open", lifted["token"]).code == 0
    assert ledger_holds(district.services)


def test_work_that_was_closed_otherwise_is_not_stayed(student: str) -> None:
    referral = asked(student)
    assert call("queue", "close", referral, "--why", "the court quashed it", *AS).code == 0
    refused = stay(referral, "stands")
    assert (refused.code, "this referral is closed already" in " ".join(refused.err.split())) == (1, True)


def test_a_stay_of_an_answered_order_is_refused_where_it_says_nothing(student: str) -> None:
    Path("order.yaml").write_text("order: {kind: subpoena, verified: true}\n", "utf-8")
    referral = str(shared()["referrals"][0]["id"])
    told_of_order(referral, [student])
    shared()
    assert stay(referral, "stands", "--why", " ").code == 1
    assert stay(referral, "lifted").code == 1
    assert call("queue", "show", referral, *AS, "--json").object()["closed_at"] is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("stands",), "--why is left out"),
        (("stands", "--why", " "), "say which court stayed the order"),
        (("perhaps", *WHY), "'perhaps' is not one of stands, lifted"),
    ],
)
def test_what_is_lacking_is_told(student: str, words: tuple[str, ...], said: str) -> None:
    refused = call("queue", "finding", asked(student), "stay", *words, *AS)
    assert (refused.code > 0, said in " ".join(refused.err.split())) == (True, True), refused.err


def test_without_an_order_nothing_is_stayed(student: str) -> None:
    words = ("--to", "court:circuit", "--purpose", "lawsuit", *AS, "--json")
    referral = call("share", SCIENCE_LAB, *words).object()["referrals"][0]["id"]
    refused = stay(referral, "stands")
    assert (refused.code, "no order or subpoena is on file" in " ".join(refused.err.split())) == (1, True)


def letter(kind: str, referral: str, *more: str) -> Called:
    return call("letter", "preview", kind, "--referral", referral, *more)


def test_no_letter_tells_a_day_while_a_stay_stands(student: str) -> None:
    referral = asked(student)
    family = ("--student", student, "--answer-on", str(LATER))
    assert letter("subpoena-notice", referral, *family).code == 0
    stay(referral, "stands")

    refused = letter("subpoena-notice", referral, *family)
    assert refused.code == 1
    assert f"a court stayed the order of {referral}: nothing is handed over while the stay stands" in refused.err
    english, spanish = (letter("acknowledgement", referral, "--lang", each) for each in ("en", "es"))
    assert "A court has suspended the order that asks for this recording." in english.text
    assert "Un tribunal suspendió la orden que pide esta grabación." in spanish.text
    for each in (english, spanish):
        assert each.code == 0
        assert "answer the order" not in each.text
        assert "lo antes posible" not in each.text

    stay(referral, "lifted")
    assert letter("subpoena-notice", referral, *family).code == 0
    assert "A court has suspended" not in letter("acknowledgement", referral).text


def test_the_acknowledgement_of_a_registered_subpoena_tells_no_day_while_a_stay_stands(
    student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = ("--from", "court:circuit", "--purpose", "lawsuit", "--received", str(TODAY), "--channel", "letter")
    paper = ("--paper", "subpoena", "--return", str(LATER))
    request = call("request", "add", SCIENCE_LAB, *came, *paper, *AS, "--json").object()["id"]
    referral = asked(student)
    assert call("request", "join", request, referral, *AS).code == 0
    acknowledged = ("letter", "preview", "acknowledgement", "--request", request)
    assert "answer the order" in call(*acknowledged).text
    stay(referral, "stands")
    shown = " ".join(call("request", "show", request, *AS).text.split())
    assert "It is not owed now: a court stayed the order, and nothing goes out on it while the stay stands" in shown
    on_day(monkeypatch, 12)
    shown = call("request", "show", request, *AS).text
    assert ("OVERDUE: answer the order" in shown, "a court stayed the order" in " ".join(shown.split())) == (
        False,
        True,
    )
    on_day(monkeypatch, 0)
    told_now = call(*acknowledged).text
    assert "answer the order" not in told_now
    assert "A court has suspended the order that asks for this recording." in told_now
