"""A family asks to amend a record: a clock of its own, the hearing, the decision, and the statement (34 CFR 99.20 to 99.22)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, District
from use_cases import ledger_holds

from dam_plugin.custodian.letters import note_printed
from dam_plugin.custodian.requests import Calendar
from dam_plugin.model import Actor
from dam_plugin.sharing.due_dates import BEFORE_AMENDMENT_HEARING, due_day
from dam_plugin.store import SystemUser

ADA = ("--as", "custodian:ada")
OFFICER = ("--officer", "Grace Tomlin")
WRONG = "the caption names another day"


@pytest.fixture
def asked(district: District) -> str:
    """The mother's request to amend the record of a portrait."""
    district.upload(PORTRAIT)
    return asks(district)


def asks(district: District) -> str:
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
    assert "34 CFR 99.20(c)" in call("request", "show", asked).out
    assert "34 CFR 99.20(c)" in letter("amendment-refused", asked)
    assert "The family may ask for a hearing" in call("request", "show", asked).out
    assert hearing(asked, "--asked").code == 0
    assert set(running(asked)) == {"amendment-hearing"}
    assert "is not after" in hearing(asked, "--set", f"{TODAY} 23:30", "--place", "the board room", *OFFICER).err
    late = TODAY + timedelta(days=46)
    assert "34 CFR 99.22(a)" in hearing(asked, "--set", f"{late} 16:30", "--place", "the board room", *OFFICER).err
    held = TODAY + timedelta(days=10)
    assert hearing(asked, "--set", f"{held} 16:30", "--place", "the board room", *OFFICER).code == 0
    decided_by = {"amendment-decision": str(held + timedelta(days=45))}
    assert running(asked) == {"amendment-hearing": day_before(10), **decided_by}
    assert hearing(asked, "--told", "certified mail").code == 0
    assert running(asked) == decided_by
    notice = letter("hearing-notice", asked)
    assert ("the board room" in notice, "34 CFR 99.22" in notice, "4:30" in notice) == (True, True, True)
    decides = ("--decision", "not-amended", "--why", "two people were heard; the caption is right", *OFFICER)
    assert "none was held by" in hearing(asked, *decides).err
    on_day(monkeypatch, 11)
    assert hearing(asked, *decides).code == 0
    assert (shown(asked)["state"], running(asked)) == ("not-amended", {})
    assert f"letter write hearing-decision --request {asked}" in call("request", "show", asked).out.replace("\n", " ")
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
    assert hearing(asked, "--told", "certified mail").code == 0
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


def day_before(days: int) -> str:
    """Return the last business day before a hearing so many days from today."""
    return str(due_day(BEFORE_AMENDMENT_HEARING, TODAY + timedelta(days=days), ()).day)


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
    assert hearing(asked, "--told", "certified mail").code == 0
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


# That the family is told of the hearing that is set


TELLS = "tell the family when and where the hearing is"


def is_told(request: str) -> bool:
    """Whether the register says that the family was told, in time."""
    text = " ".join(call("request", "show", request).out.split())
    return f"Done on {TODAY}: {TELLS}; in time" in text


@pytest.fixture
def hearing_set(asked: str) -> str:
    assert closes(asked, "not-amended").code == 0
    assert hearing(asked, "--asked").code == 0
    assert hearing(asked, *setting("Grace Tomlin")).code == 0
    return asked


def notice(request: str) -> str:
    written = call("letter", "write", "hearing-notice", "--request", request, *ADA, "--json")
    assert written.code == 0, written.text
    return str(written.object()["id"])


def goes_out(district: District, letter_id: str) -> None:
    note_printed(district.services, letter_id, Actor("custodian", "ada"), SystemUser("1000", "ada"))


def test_a_hearing_that_is_set_is_not_told_before_its_notice_goes_out(district: District, hearing_set: str) -> None:
    assert (is_told(hearing_set), "amendment-hearing" in running(hearing_set)) == (False, True)
    written = notice(hearing_set)
    assert is_told(hearing_set) is False
    goes_out(district, written)
    assert (is_told(hearing_set), set(running(hearing_set))) == (True, {"amendment-decision"})
    told = " ".join(call("request", "show", hearing_set).out.split())
    assert f"The family was told of the hearing on {TODAY}: the notice was printed and sent ({written})" in told
    assert ledger_holds(district.services)


def test_of_a_hearing_that_moves_the_family_is_told_anew(district: District, hearing_set: str) -> None:
    first = notice(hearing_set)
    goes_out(district, first)
    moved = ("--set", f"{TODAY + timedelta(days=12)} 16:30", "--place", "the library", *OFFICER)
    assert hearing(hearing_set, *moved).code == 0
    assert (is_told(hearing_set), running(hearing_set)["amendment-hearing"]) == (False, day_before(12))
    # The first notice has another day and place.
    goes_out(district, first)
    assert is_told(hearing_set) is False
    goes_out(district, notice(hearing_set))
    assert is_told(hearing_set)


def test_that_the_family_was_told_of_the_hearing_is_noted_in_advance_alone(
    hearing_set: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_day(monkeypatch, 11)
    late = hearing(hearing_set, "--told", "certified mail")
    assert (late.code, "in advance (34 CFR 99.22(b))" in " ".join(late.err.split())) == (1, True)
    assert hearing(hearing_set, "--told", "certified mail", "--on", str(TODAY)).code == 0
    assert is_told(hearing_set)
    again = hearing(hearing_set, "--told", "certified mail", "--on", str(TODAY))
    assert (again.code, "no hearing of" in again.err) == (1, True)


def test_a_hearing_of_which_nobody_told_the_family_is_never_said_to_be_told(
    district: District, hearing_set: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = notice(hearing_set)
    on_day(monkeypatch, 11)
    goes_out(district, written)
    decides = ("--decision", "not-amended", "--why", "two people were heard", *OFFICER)
    refused = hearing(hearing_set, *decides)
    assert (refused.code, "nothing on record told whoever holds the right" in " ".join(refused.err.split())) == (
        1,
        True,
    )
    assert is_told(hearing_set) is False
    assert {"amendment-hearing", "amendment-decision"} == set(running(hearing_set))


def decides_now(request: str) -> Called:
    return hearing(request, "--decision", "not-amended", "--why", "two people were heard", *OFFICER)


def listed_as_late() -> list[str]:
    return [each["id"] for each in call("request", "list", "--overdue", "--json").objects()]


def doctor() -> Any:
    (found,) = [each for each in call("doctor", "--json").objects() if each["check"] == "requests"]
    return found


def test_the_notice_of_a_hearing_is_due_on_the_last_business_day_before_it_and_is_late_after_that(
    hearing_set: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = " ".join(call("request", "show", hearing_set).out.split())
    assert "1 business day before" in text
    assert "(34 CFR 99.22(b))" in text
    last = (date.fromisoformat(day_before(10)) - TODAY).days
    on_day(monkeypatch, last)
    assert (listed_as_late(), doctor()["overdue"]) == ([], 0)
    on_day(monkeypatch, last + 1)
    assert (listed_as_late(), doctor()["overdue"]) == ([hearing_set], 1)
    assert f"Due {day_before(10)} OVERDUE: {TELLS}" in " ".join(call("request", "show", hearing_set).out.split())
    assert call("request", "list", "--json").object()["due"] == day_before(10)
    assert hearing(hearing_set, "--told", "by telephone", "--on", str(TODAY)).code == 0
    assert (listed_as_late(), doctor()["overdue"]) == ([], 0)


def test_the_notice_of_a_hearing_that_is_set_too_late_is_due_when_any_was_to_be_held(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert closes(asked, "not-amended").code == 0
    assert hearing(asked, "--asked").code == 0
    on_day(monkeypatch, 46)
    late = ("--set", f"{TODAY + timedelta(days=60)} 16:30", "--place", "the board room", *OFFICER)
    assert hearing(asked, *late).code == 0
    assert (running(asked)["amendment-hearing"], listed_as_late()) == (str(TODAY + timedelta(days=45)), [asked])


def test_a_request_is_on_one_page_of_the_list_though_its_hearing_is_told_sooner(district: District, asked: str) -> None:
    other = asks(district)
    for each in (asked, other):
        assert closes(each, "not-amended").code == 0
        assert hearing(each, "--asked").code == 0
    assert hearing(asked, *setting("Grace Tomlin")).code == 0
    first = call("request", "list", "--limit", "1", "--json").objects()
    assert [each["id"] for each in first if "id" in each] == [asked]
    assert [each["id"] for each in call("request", "list", "--after", asked, "--json").objects()] == [other]


def test_a_hearing_of_which_nobody_was_told_is_decided_once_they_were_there_or_it_is_held_anew(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert closes(asked, "not-amended").code == 0
    assert hearing(asked, "--asked").code == 0
    held = TODAY + timedelta(days=44)
    assert hearing(asked, "--set", f"{held} 00:00", "--place", "the board room", *OFFICER).code == 0
    on_day(monkeypatch, 45)
    refused = " ".join(decides_now(asked).err.split())
    for way in ("--told HOW --on DAY", f"--on {held}", "no objection", "--set MOMENT"):
        assert way in refused
    # The limit of the first day is no reason to hold none.
    anew = ("--set", f"{TODAY + timedelta(days=50)} 16:30", "--place", "the board room", *OFFICER)
    assert hearing(asked, *anew).code == 0
    assert "none was held by" in decides_now(asked).err
    assert hearing(asked, "--told", "certified mail").code == 0
    on_day(monkeypatch, 51)
    assert decides_now(asked).code == 0


def test_who_came_to_a_hearing_without_a_notice_is_noted_on_its_day_once_it_began(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert closes(asked, "not-amended").code == 0
    assert hearing(asked, "--asked").code == 0
    held = TODAY + timedelta(days=10)
    came = ("--told", "they were present and had no objection", "--on", str(held))
    assert hearing(asked, "--set", f"{held} 23:59", "--place", "the board room", *OFFICER).code == 0
    on_day(monkeypatch, 10)
    assert "once it is held" in " ".join(hearing(asked, *came).err.split())
    on_day(monkeypatch, 11)
    assert hearing(asked, *came).code == 0
    text = " ".join(call("request", "show", asked).out.split())
    assert f"Done on {held}: {TELLS}; late, it was due on {day_before(10)}" in text
    assert decides_now(asked).code == 0


def test_after_the_notice_is_written_the_office_is_told_how_the_register_hears_of_it(hearing_set: str) -> None:
    text = " ".join(call("letter", "write", "hearing-notice", "--request", hearing_set, *ADA).text.split())
    assert f"dam-plugin request hearing {hearing_set} --told" in text


def test_what_was_decided_after_the_hearing_stands_and_the_letter_says_it(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert closes(asked, "not-amended").code == 0
    assert hearing(asked, "--asked").code == 0
    held = TODAY + timedelta(days=2)
    assert hearing(asked, "--set", f"{held} 09:00", "--place", "the board room", *OFFICER).code == 0
    assert hearing(asked, "--told", "certified mail").code == 0
    on_day(monkeypatch, 3)
    assert hearing(asked, "--decision", "amended", "--why", "the day was wrong", *OFFICER).code == 0
    assert call("request", "reopen", asked, "--why", "the caption was not changed yet", *ADA).code == 0
    text = letter("hearing-decision", asked)
    assert ("We amend the record" in text, "We do not amend" in text) == (True, False)
    against = closes(asked, "not-amended")
    assert (against.code, "that decision stands" in " ".join(against.err.split())) == (1, True), against.text
    assert closes(asked, "amended").code == 0
