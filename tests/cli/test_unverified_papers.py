"""A subpoena that nobody has verified opens nothing and puts nothing off (34 CFR 99.3, 99.31(a)(9)(i), RSMo 610.023.3)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import order
from district import HANNAH, INES, PORTRAIT, District
from use_cases import ledger_holds

from dam_plugin.custodian.letter_words import day_in_words
from dam_plugin.sharing.due_dates import SUNSHINE, due_day

AS = ("--as", "custodian:records-office")
LAWYER = "public:attorney-lund"
RETURN = TODAY + timedelta(days=14)
BY_LAW = due_day(SUNSHINE, TODAY, ()).day
NAMED = "It does not let us say whether there are any."


def paper(*, verified: bool, day: date | None = RETURN) -> str:
    returned = f", return_on: {day}" if day is not None else ""
    return f"{{kind: subpoena, verified: {str(verified).lower()}, notice_required: true, notified: []{returned}}}"


def asked(student: str, *more: str, who: str = LAWYER) -> str:
    words = ("--described", f"all recordings of {student}", "--from", who, "--purpose", "lawsuit")
    made = call("request", "add", *words, "--received", str(TODAY), "--channel", "letter", *more, *AS, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


def shared(*more: str, verified: bool = False, day: date | None = RETURN) -> Any:
    words = ("--to", LAWYER, "--purpose", "lawsuit", "--evidence", str(order(paper(verified=verified, day=day))))
    return call("share", PORTRAIT, *words, *more, *AS, "--json").object()


def letter(kind: str, *about: str) -> Called:
    return call("letter", "preview", kind, *about, "--json")


def text(kind: str, *about: str) -> str:
    made = letter(kind, *about)
    assert made.code == 0, made.text
    return " ".join(made.object()["text"].split())


def err(called: Called) -> str:
    assert called.code == 1, called.text
    return " ".join(called.err.split())


def closed(request: str, outcome: str, why: str = "counsel does not verify it") -> Called:
    return call("request", "close", request, "--outcome", outcome, "--why", why, *AS)


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    assert call("student", "opt-out", district.student(HANNAH), *AS).code == 0
    return district.student(HANNAH)


# The denial is the same whether there is a record or none


@pytest.mark.parametrize("noted", [(), ("--paper", "subpoena", "--return", str(RETURN))], ids=["plain", "noted"])
def test_the_denial_to_a_stranger_with_an_unverified_subpoena_is_the_same_with_a_record_and_without(
    district: District, hannah: str, noted: tuple[str, ...]
) -> None:
    of_record, of_none = asked(hannah, *noted), asked(district.student(INES), *noted)
    told = shared("--request", of_record, "--outside")
    assert "recording" not in str(told["outside"])
    assert [each["provision"] for each in told["outside"]] == ["34 CFR 99.3; RSMo 610.021(14)"]
    (referral,) = told["referrals"]
    by_referral = text("denial", "--referral", referral["id"])
    assert call("queue", "close", referral["id"], "--why", "counsel does not verify it", *AS).code == 0
    texts = []
    for request in (of_record, of_none):
        assert closed(request, "denied").code == 0
        texts.append(text("denial", "--request", request).replace(request, "RQ"))
    assert texts[0] == texts[1]
    for each in (*texts, by_referral):
        assert NAMED in each
        assert not [word for word in ("this recording", "99.31(a)(9)", "subpoena") if word in each]
    assert "this recording" not in text("denial", "--request", of_record, "--lang", "es")
    assert ledger_holds(district.services)


def test_a_paper_that_is_noted_and_not_verified_says_of_no_student_that_there_is_none(district: District) -> None:
    request = asked(district.student(INES), "--paper", "subpoena", "--return", str(RETURN))
    for outcome in ("no-such-record", "lost", "referred-elsewhere"):
        told = err(closed(request, outcome))
        assert "the answer is the same denial" in told
        assert f"request order {request} --verified HOW" in told
    assert "the answer is the same denial" in err(letter("no-such-record", "--request", request))
    assert "would tell that there is a record" in err(call("request", "fee", request, "--pages", "2", *AS))


@pytest.mark.parametrize("how", ["the register", "the share", "the queue"])
def test_a_verified_paper_is_answered_that_there_is_no_more(district: District, hannah: str, how: str) -> None:
    student = hannah if how != "the register" else district.student(INES)
    request = asked(student, "--paper", "subpoena", "--return", str(RETURN))
    assert call("request", "show", request, "--json").code == 0
    if how == "the register":
        said = call("request", "order", request, "--verified", "counsel called the clerk", *AS)
        assert said.code == 0, said.text
        shown = " ".join(call("request", "show", request).out.split())
        assert f"It was verified, as was noted on {TODAY}: counsel called the clerk" in shown
        done = closed(request, "no-such-record", "looked for; nothing is there")
        assert done.code == 0, done.text
        assert "We have no such recording" in text("no-such-record", "--request", request)
        return
    referral = shared("--request", request, verified=how == "the share")["referrals"][0]["id"]
    if how == "the queue":
        assert "the answer is the same denial" in err(letter("no-such-record", "--request", request))
        finding = ("--evidence", str(order(paper(verified=True))))
        assert call("queue", "finding", referral, "evidence", *finding, *AS).code in (0, 3, 4)
    assert "the answer is the same denial" not in letter("no-such-record", "--request", request).text


def test_another_paper_is_to_be_verified_anew(district: District) -> None:
    request = asked(district.student(INES), "--paper", "subpoena", "--return", str(RETURN))
    assert call("request", "order", request, "--verified", "counsel called the clerk", *AS).code == 0
    moved = ("request", "order", request, "--paper", "subpoena", "--return", str(RETURN + timedelta(days=1)), *AS)
    assert call(*moved).code == 0
    assert "was verified" in " ".join(call("request", "show", request).out.split())
    other = ("request", "order", request, "--paper", "judicial_order", "--return", str(RETURN), *AS)
    assert call(*other).code == 0
    assert "was verified" not in " ".join(call("request", "show", request).out.split())
    assert "the answer is the same denial" in err(closed(request, "no-such-record"))


def test_nothing_is_verified_that_is_no_paper(district: District) -> None:
    request = asked(district.student(INES))
    assert "note first what it is" in err(call("request", "order", request, "--verified", "counsel", *AS))
    both = ("--paper", "subpoena", "--return", str(RETURN), "--verified", "counsel")
    assert call("request", "order", request, *both, *AS).code == 2


# Its return day


@pytest.mark.parametrize("who", ["custodian:records-office", "media_staff:desk"])
@pytest.mark.parametrize("after", [-1, 10], ids=["sooner", "later"])
def test_an_unverified_return_day_puts_nothing_off(district: District, hannah: str, who: str, after: int) -> None:
    day = BY_LAW + timedelta(days=after)
    words = ("--to", LAWYER, "--purpose", "lawsuit", "--evidence", str(order(paper(verified=False, day=day))))
    (referral,) = call("share", PORTRAIT, *words, "--as", who, "--json").object()["referrals"]
    assert referral["due"] == str(min(BY_LAW, day))
    told = text("acknowledgement", "--referral", referral["id"])
    assert f"By {day_in_words(BY_LAW, 'en')} we have to" in told
    assert "(RSMo 610.023.3)" in told


def test_a_verified_return_day_is_told_by_the_paper_and_not_by_the_sunshine_law(
    district: District, hannah: str
) -> None:
    (first,) = shared()["referrals"]
    assert first["due"] == str(BY_LAW)
    (referral,) = shared(verified=True)["referrals"]
    assert (referral["id"], referral["due"]) == (first["id"], str(RETURN))
    told = text("acknowledgement", "--referral", referral["id"])
    day = day_in_words(RETURN, "en")
    assert (
        f"By {day} we have to answer the order (the paper, for 34 CFR 99.31(a)(9)(i)). It is the day that the paper"
        in told
    )
    assert "610.023.3" not in told
    by_request = asked(hannah, "--paper", "subpoena", "--return", str(RETURN), "--referral", referral["id"])
    assert f"By {day} we have to answer the order (the paper" in text("acknowledgement", "--request", by_request)


def test_work_with_an_unverified_paper_is_due_as_its_request_is(district: District, hannah: str) -> None:
    request = asked(hannah)
    (referral,) = shared("--request", request)["referrals"]
    shown = call("request", "show", request, "--json").object()
    assert (referral["due"], shown["due"]) == (str(BY_LAW), str(BY_LAW))
    noted = call("request", "order", request, "--paper", "subpoena", "--return", str(RETURN), *AS)
    assert noted.code == 0, noted.text
    shown = call("queue", "show", referral["id"], "--json", *AS).object()
    assert shown["due"] == str(RETURN)


def test_what_the_office_itself_gives_as_its_text_has_no_name(district: District) -> None:
    request = asked(district.student(INES), "--paper", "subpoena", "--return", str(RETURN))
    said = err(call("request", "order", request, "--verified", "counsel asked Hannah Lindqvist", *AS))
    assert "name" in said
