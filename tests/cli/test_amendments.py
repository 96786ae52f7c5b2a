"""A family asks to amend a record: a clock of its own, the hearing, the decision, and the statement (34 CFR 99.20 to 99.22)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, District
from use_cases import ledger_holds

from dam_plugin.custodian.requests import Calendar

ADA = ("--as", "custodian:ada")
OFFICER = ("--officer", "Grace Tomlin")
WRONG = "the caption names another day"


@pytest.fixture
def asked(district: District) -> str:
    """The mother's request to amend the record of a portrait."""
    district.upload(PORTRAIT)
    who = ("--from", f"parent:{district.guardian(HANNAH_MOTHER)}", "--purpose", "inspection", "--channel", "letter")
    about = (PORTRAIT, "--student", district.student(HANNAH), "--amend", WRONG, "--received", str(TODAY))
    added = call("request", "add", *about, *who, *ADA, "--json")
    assert added.code == 0, added.text
    return str(added.object()["id"])


def shown(request: str) -> Any:
    return call("request", "show", request, "--json").object()


def running(request: str) -> dict[str, str]:
    return {each["clock"]: each["due"] for each in shown(request)["clocks"] if each["stopped"] is None}


def closes(request: str, outcome: str) -> Called:
    return call("request", "close", request, "--outcome", outcome, "--why", "the caption is right", *ADA)


def hearing(request: str, *words: str) -> Called:
    return call("request", "hearing", request, *words, *ADA)


def letter(kind: str, request: str, *words: str) -> str:
    written = call("letter", "write", kind, "--request", request, *words, *ADA, "--json")
    assert written.code == 0, written.text
    return " ".join(written.object()["text"].split())


def test_a_request_to_amend_has_a_clock_of_its_own_and_no_other(asked: str) -> None:
    assert running(asked) == {"amendment": str(TODAY + timedelta(days=45))}
    told = call("request", "show", asked).out
    assert (f"It asks to amend a record: {WRONG}" in told, "dam-plugin share" in told) == (True, False)
    assert "You asked us to amend a record." in letter("acknowledgement", asked)
    assert closes(asked, "granted").code == 1
    assert call("request", "extend", asked, "--cause", "x", "--place", "y", "--earliest", str(TODAY), *ADA).code == 1
    assert closes(asked, "amended").code == 0
    assert (shown(asked)["state"], running(asked)) == ("amended", {})


def test_the_district_sets_its_days(district: District, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__REASONABLE_DAYS", "20")
    assert running(asked) == {"amendment": str(TODAY + timedelta(days=20))}
    assert call("request", "list", "--json").object()["due"] == str(TODAY + timedelta(days=20))
    assert Calendar(None, ()).term("inspection").days == 45


def test_a_refusal_says_that_there_is_a_hearing_and_the_hearing_is_told_in_advance(
    district: District, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = letter("amendment-refused", asked, "--reason", "the caption is right")
    assert ("34 CFR 99.20(c)" in told, "a right to a hearing" in told) == (True, True)
    assert hearing(asked, "--asked").code == 1
    assert closes(asked, "not-amended").code == 0
    assert "34 CFR 99.20(c)" in letter("amendment-refused", asked)
    assert "The family may ask for a hearing" in call("request", "show", asked).out
    assert hearing(asked, "--asked").code == 0
    assert set(running(asked)) == {"amendment-hearing"}
    assert "is not after" in hearing(asked, "--set", f"{TODAY} 23:30", "--place", "the board room", *OFFICER).err
    late = TODAY + timedelta(days=46)
    assert "34 CFR 99.22(a)" in hearing(asked, "--set", f"{late} 16:30", "--place", "the board room", *OFFICER).err
    held = TODAY + timedelta(days=10)
    assert hearing(asked, "--set", f"{held} 16:30", "--place", "the board room", *OFFICER).code == 0
    assert running(asked) == {"amendment-decision": str(held + timedelta(days=45))}
    notice = letter("hearing-notice", asked)
    assert ("the board room" in notice, "34 CFR 99.22" in notice, "4:30" in notice) == (True, True, True)
    decides = ("--decision", "not-amended", "--why", "two people were heard; the caption is right", *OFFICER)
    assert "none was held by" in hearing(asked, *decides).err
    on_day(monkeypatch, 11)
    assert hearing(asked, *decides).code == 0
    assert (shown(asked)["state"], running(asked)) == ("not-amended", {})
    decision = letter("hearing-decision", asked)
    assert ("two people were heard" in decision, "place a statement in the record" in decision) == (True, True)
    spanish = letter("hearing-decision", asked, "--lang", "es", "--reason", "se oyó a dos personas")
    assert "poner una declaración en el registro" in spanish
    assert "The family may place a statement in the record" in call("request", "show", asked).out
    assert hearing(asked, "--asked").code == 1
    assert ledger_holds(district.services)


def test_a_hearing_may_end_with_the_record_amended_or_no_longer_be_wanted(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert closes(asked, "not-amended").code == 0
    assert hearing(asked, "--asked").code == 0
    assert hearing(asked, "--not-wanted", "she called").code == 0
    assert (shown(asked)["state"], running(asked)) == ("not-amended", {})
    assert hearing(asked, "--asked").code == 0
    held = TODAY + timedelta(days=2)
    assert hearing(asked, "--set", f"{held} 09:00", "--place", "the board room", *OFFICER).code == 0
    on_day(monkeypatch, 3)
    assert hearing(asked, "--decision", "amended", "--why", "the day was wrong", *OFFICER).code == 0
    assert shown(asked)["state"] == "amended"
    assert "We amend the record" in letter("hearing-decision", asked)


def test_nobody_but_the_family_asks_to_amend_and_nothing_else_is_closed_so(district: District) -> None:
    came = ("--received", str(TODAY), "--channel", "letter", "--described", "the game")
    reporter = call("request", "add", *came, "--from", "public:reporter-7", "--purpose", "news", "--amend", "x", *ADA)
    assert (reporter.code, "34 CFR 99.20(a)" in reporter.err) == (1, True)
    added = call("request", "add", *came, "--from", "public:reporter-7", "--purpose", "news", *ADA, "--json")
    request = added.object()["id"]
    assert "does not ask to amend" in closes(request, "amended").err
    assert call("request", "amend", request, "--what", "x", *ADA).code == 1
    assert call("letter", "write", "amendment-refused", "--request", request, *ADA).code == 1


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--asked", "--not-wanted", "x"),
        ("--set", "2027-01-04"),
        ("--decision", "amended"),
        ("--asked", "--why", "x"),
        ("--set", "2027-01-04 16:30", "--place", "the board room"),
        ("--decision", "amended", "--why", "x"),
        ("--asked", *OFFICER),
        ("--asked", "--another-person"),
    ],
    ids=[
        "nothing",
        "two",
        "no place",
        "no reason",
        "a reason alone",
        "no officer",
        "none who held it",
        "an officer alone",
        "another alone",
    ],
)
def test_half_of_a_hearing_is_not_noted(asked: str, words: tuple[str, ...]) -> None:
    assert hearing(asked, *words).code == 2


def setting(officer: str, *more: str) -> tuple[str, ...]:
    return ("--set", f"{TODAY + timedelta(days=10)} 16:30", "--place", "the board room", "--officer", officer, *more)


def test_who_refused_the_amendment_holds_no_hearing_and_decides_nothing_after_it(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert closes(asked, "not-amended").code == 0
    assert hearing(asked, "--asked").code == 0
    for more in ((), ("--another-person",)):
        refused = hearing(asked, *setting("Ada", *more))
        assert (refused.code, "'ada' refused to amend the record" in refused.err) == (1, True)
    assert "--another-person" in hearing(asked, *setting("Ada Lovelace")).err
    assert set(running(asked)) == {"amendment-hearing"}
    assert hearing(asked, *setting("Ada Lovelace", "--another-person")).code == 0
    assert hearing(asked, *setting("Grace Tomlin")).code == 0
    on_day(monkeypatch, 11)
    decided = ("--decision", "not-amended", "--why", "two people were heard")
    assert "34 CFR 99.22(c)" in hearing(asked, *decided, "--officer", "ADA").err
    assert hearing(asked, *decided, *OFFICER).code == 0
    assert "after the hearing, which Grace Tomlin held" in call("request", "show", asked).out


def test_that_a_hearing_is_set_says_nothing_of_what_the_family_was_told(asked: str) -> None:
    assert closes(asked, "not-amended").code == 0
    assert hearing(asked, "--asked").code == 0
    assert hearing(asked, *setting("Grace Tomlin")).code == 0
    told = " ".join(call("request", "show", asked).out.split())
    assert f"held by Grace Tomlin; it was set on {TODAY}" in told
    assert ("the family was told" in told, "`dam-plugin letter write hearing-notice`" in told) == (False, True)
    assert "Who holds it: Grace Tomlin" in letter("hearing-notice", asked)
