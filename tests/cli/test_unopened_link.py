"""A link that closes by itself before anybody opened it answered nothing: an order, a public request, a sealed one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import call
from court_orders import AS, by_order
from district import INES, SCIENCE_LAB, UNTITLED, District
from use_cases import kept, ledger_holds

RETURN = TODAY + timedelta(days=9)
OTHER = "104230"
LAWYER = ("--to", "public:baker-law", "--purpose", "lawsuit")
SUBPOENA = f"order: {{kind: subpoena, verified: true, notice_required: true, return_on: {RETURN}}}\n"


def ran(*words: str, code: int = 0) -> Any:
    made = call(*words)
    assert made.code == code, made.text
    return made


def tagged(*students: str, directory: str = "not_eligible") -> None:
    persons = (word for each in students for word in ("--person", each))
    ran("tag", UNTITLED, *persons, "--only", "--unidentified", "0", "--directory", directory, *AS)


def registered(*paper: str, who: str = "public:baker-law", purpose: str = "lawsuit") -> str:
    came = ("--from", who, "--purpose", purpose, "--received", str(TODAY), "--channel", "letter")
    return str(ran("request", "add", UNTITLED, *came, *paper, *AS, "--json").object()["id"])


def waiting() -> list[dict[str, Any]]:
    return list(ran("queue", "list", *AS, "--json").objects())


@pytest.fixture
def ines(district: District) -> str:
    district.upload(UNTITLED)
    tagged(district.student(INES))
    return district.student(INES)


def answered(ines: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, str]:
    """A subpoena that is answered by a link on its day, and closed: the request, its work, and the word of the link."""
    request = registered("--paper", "subpoena", "--return", str(RETURN))
    Path("order.yaml").write_text(SUBPOENA, "utf-8")
    asked = call("share", UNTITLED, *LAWYER, "--evidence", "order.yaml", "--request", request, *AS, "--json")
    referral = str(asked.object()["referrals"][0]["id"])
    about = ("--referral", referral, "--student", ines, "--what", "certified mail", "--answer-on", str(RETURN))
    ran("letter", "effort", *about, "--evidence", "told.yaml", *AS)
    call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS)
    on_day(monkeypatch, 9)
    token = ran("share", UNTITLED, *LAWYER, "--request", request, *AS, "--json").object()["token"]
    ran("request", "close", request, "--outcome", "granted", "--why", "answered by link", *AS)
    assert waiting() == []
    return request, referral, str(token)


def test_an_order_whose_link_a_look_closed_waits_again_by_its_own_day(
    district: District, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, referral, token = answered(ines, monkeypatch)
    other = district.student(OTHER)
    on_day(monkeypatch, 10)
    tagged(ines, other)
    assert call("open", token).code != 0
    (work,) = waiting()
    assert (work["id"], work["due"]) == (referral, str(RETURN))
    shown = " ".join(ran("queue", "show", referral, *AS).text.split())
    assert "closed before anybody opened it" in shown
    assert f"has been told in advance ({other})" in shown
    assert "Every family was told" not in shown
    (answer,) = ran("request", "show", request, "--json").object()["answers"]
    assert (answer["referral"], answer["unopened"]) == (referral, True)
    assert f"it waits again as {referral}" in " ".join(ran("request", "show", request).out.split())
    assert referral in ran("hold", "list", "--key", UNTITLED, "--json").out
    assert "1 waiting, 1 overdue" in " ".join(call("doctor").text.split())
    later = str(RETURN + timedelta(days=15))
    about = ("--referral", referral, "--student", other)
    words = ("--answer-on", later, "--court", "Circuit Court", "--case-number", "26CC-1", "--name", "A B")
    ran("letter", "write", "subpoena-notice", *about, *words, *AS)
    ran("letter", "effort", *about, "--what", "mailed", "--answer-on", later, "--evidence", "told.yaml", *AS)
    stated = call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS, "--json").object()
    assert stated["answer"]["outcome"] == "refer"
    on_day(monkeypatch, 24)
    again = ran("queue", "finding", referral, "reviewed", *AS, "--json").object()["answer"]
    assert again["basis"] == {ines: "EX7", other: "EX7"}
    assert waiting() == []
    assert call("open", again["token"]).code == 0
    assert ledger_holds(district.services)


def test_an_order_whose_link_was_opened_or_taken_back_is_no_work_of_it(
    district: District, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, token = answered(ines, monkeypatch)
    assert call("open", token).code == 0
    tagged(ines, district.student(OTHER))
    assert [each["kind"] for each in waiting()] == ["found_later"]


def test_an_order_that_was_answered_at_once_waits_with_its_paper_and_its_day(
    district: District, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody could have had it as directory information; then the family says no."""
    tagged(ines, directory="eligible")
    Path("order.yaml").write_text(SUBPOENA, "utf-8")
    ran("share", UNTITLED, *LAWYER, "--evidence", "order.yaml", *AS)
    assert waiting() == []
    on_day(monkeypatch, 1)
    ran("student", "opt-out", ines, *AS)
    (work,) = waiting()
    assert work["due"] == str(RETURN)
    assert f"has been told in advance ({ines})" in " ".join(ran("queue", "show", work["id"], *AS).text.split())
    about = ("--referral", work["id"], "--student", ines, "--answer-on", str(RETURN))
    ran("letter", "write", "subpoena-notice", *about, "--court", "Circuit Court", "--name", "A B", *AS)
    assert ledger_holds(district.services)


def test_of_an_order_that_was_withdrawn_nothing_waits_again(
    district: District, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _, _ = answered(ines, monkeypatch)
    ran("request", "reopen", request, "--why", "the court quashed it", *AS)
    ran("request", "withdraw", request, "--why", "quashed", *AS)
    tagged(ines, district.student(OTHER))
    assert waiting() == []


@pytest.mark.parametrize("noted", [True, False], ids=["in the register", "in no register"])
def test_a_public_request_whose_link_a_no_closed_waits_again_by_its_own_day(
    district: District, ines: str, monkeypatch: pytest.MonkeyPatch, noted: bool
) -> None:
    tagged(ines, directory="eligible")
    request = registered(who="public:reporter-7", purpose="news") if noted else None
    asked = ("--to", "public:reporter-7", "--purpose", "news", *(("--request", request) if request else ()))
    ran("share", UNTITLED, *asked, *AS)
    if request:
        ran("request", "close", request, "--outcome", "granted", "--why", "sent by link", *AS)
    on_day(monkeypatch, 1)
    ran("student", "opt-out", ines, *AS)
    (work,) = waiting()
    assert work["kind"] == "sunshine"
    assert "closed before anybody opened it" in " ".join(ran("queue", "show", work["id"], *AS).text.split())
    assert work["id"] in ran("hold", "list", "--key", UNTITLED, "--json").out
    if request:
        shown = ran("request", "show", request, "--json").object()
        (clock,) = [each for each in shown["clocks"] if each["clock"] == "answer"]
        assert work["due"] == clock["due"]
        assert [each["referral"] for each in shown["answers"]] == [work["id"]]
    assert ledger_holds(district.services)


def test_the_work_of_an_order_that_forbids_telling_stays_sealed(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(SCIENCE_LAB)
    made = by_order()
    told: list[str] = []
    monkeypatch.setattr(
        type(district.services.third_parties), "notify", lambda _self, _who, text: told.append(text) or []
    )
    assert kept(district.services, SCIENCE_LAB).tagging.students
    assert call("queue", "list", "--sealed", *AS, "--json").objects() == []
    district.upload(SCIENCE_LAB, b"another picture")
    assert call("open", made["token"]).code != 0
    assert waiting() == []
    (work,) = ran("queue", "list", "--sealed", *AS, "--json").objects()
    assert work["id"] == made["referral"]["id"]
    assert not any(work["id"] in each for each in told)
    assert ledger_holds(district.services)
