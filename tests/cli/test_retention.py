"""`dam-plugin retention …` as a custodian types it, with everything real behind it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from clock import TODAY, now
from command_line import call
from district import HALLWAY, HANNAH, HANNAH_MOTHER, PORTRAIT, TEAM, District, sample_folder

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS = ("--as", "custodian:records-office")
RULES = """\
[[rule]]
name = "events"
folder = "events/**"
use = "none"
years = 0
source = "the district's own schedule"

[[rule]]
name = "cameras"
folder = "cameras/**"
use = "any"
years = 0
source = "the state's schedule"

[[rule]]
name = "portraits"
folder = "portraits/**"
use = "none"
years = 1
source = "IDEA"
idea_notice = true
"""


@pytest.fixture
def with_rules(district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    Path("retention.toml").write_text(RULES, "utf-8")
    monkeypatch.setenv("DAM_PLUGIN_RETENTION", "retention.toml")
    return district


def test_what_is_due_is_listed_destroyed_and_in_the_log(with_rules: District) -> None:
    with_rules.upload(TEAM)
    with_rules.upload(PORTRAIT)
    (due,) = call("retention", "due", "--json").objects()
    assert (due["key"], due["rule"], due["needs_two"]) == (TEAM, "events", False)
    done = call("retention", "destroy", TEAM, "--why", "the schedule", *AS)
    assert done.code == 0
    assert "was destroyed on" in done.text
    assert call("retention", "due", "--json").objects() == []
    (logged,) = call("retention", "log", "--json").objects()
    assert (logged["state"], logged["rule"], logged["recording"]) == ("done", "events", due["recording"])
    assert TEAM not in call("retention", "log").text
    assert call("ledger", "verify").code == 0


def test_what_is_held_is_due_and_refused(with_rules: District) -> None:
    with_rules.upload(TEAM)
    texts = ("--matter", "docket 26-117", "--why", "served", "--source", "a paper")
    hold = call("hold", "add", "events/", "--kind", "subpoena", *texts, *AS, "--json").object()["id"]
    assert call("retention", "due", "--json").object()["holds"] == [hold]
    assert "1 due, 1 of them held" in call("retention", "due").text
    refused = call("retention", "destroy", TEAM, "--why", "the schedule", *AS)
    assert (refused.code, hold in refused.err) == (1, True)


@pytest.mark.parametrize("to", ["court", "attorney-general", "board", "student-privacy-policy-office"])
def test_what_a_suit_or_a_complaint_is_about_is_not_destroyed(
    with_rules: District, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules.upload(TEAM)
    asked = ("--from", "public:reporter-7", "--purpose", "news", "--received", TODAY.isoformat(), "--channel", "email")
    request = call("request", "add", TEAM, *asked, "--json").object()["id"]
    denied = ("--outcome", "denied", "--why", "no", "--provision", "34 CFR 99.30")
    assert call("request", "close", request, *denied, *AS).code == 0
    assert call("request", "appeal", request, "--to", to, "--text", "petition served", *AS).code == 0
    destroy = ("retention", "destroy", TEAM, "--why", "the schedule", *AS)
    refused = call(*destroy)
    assert (refused.code, "an appeal, a complaint or a hearing that is not over" in refused.err) == (1, True)
    over = ("request", "appeal", request, "--over", "--why", "dismissed")
    assert call(*over, *AS).code == 0
    assert call(*destroy).code == 1
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    assert call(*over, "--as", "designee:principal").code == 0
    assert "was destroyed on" in call(*destroy).text


def test_what_was_released_in_an_emergency_is_kept_until_the_custodian_has_looked_at_it(with_rules: District) -> None:
    with_rules.upload(TEAM)
    told = ("--threat", "a threat to the school", "--confirmed-by", "called back")
    released = call(
        "break-glass", TEAM, "--to", "law_enforcement:deputy-hale", *told, "--as", "designee:principal", "--json"
    )
    (review,) = released.object()["referrals"]
    refused = call("retention", "destroy", TEAM, "--why", "the schedule", *AS)
    assert (refused.code, review["id"] in refused.err) == (1, True)


def test_what_was_destroyed_by_the_schedule_is_told_to_who_asks_for_it(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules.upload(TEAM)
    assert "was destroyed on" in call("retention", "destroy", TEAM, "--why", "the schedule", *AS).text
    a_day_later(monkeypatch)
    came = ("--purpose", "news", "--received", (TODAY + timedelta(days=1)).isoformat(), "--channel", "email")
    asked = ("--from", "public:reporter-7", *came)
    refused = call("request", "add", TEAM, *asked)
    assert (refused.code, f"was destroyed on {TODAY}" in refused.err, TEAM in refused.err) == (1, True, False)
    logged = call("retention", "log", "--json").object()["id"]

    def told(request: str) -> str:
        text = call("letter", "write", "no-such-record", "--request", request, *AS, "--json").object()["text"]
        return " ".join(text.split())

    words = call("request", "add", "--described", f"the picture ({TEAM}).", *asked, "--json").object()
    assert [(each["id"], each["day"]) for each in words["destroyed"]] == [(logged, TODAY.isoformat())]
    assert "as our records schedule says: the district's own schedule." in told(words["id"])
    assert "We have no such recording" not in told(words["id"])
    other = call("request", "add", "--described", "the picture of the team", *asked, "--json").object()["id"]
    assert "We have no such recording" in told(other)
    closed = call("request", "close", other, "--outcome", "no-such-record", "--why", f"looked for; {logged}", *AS)
    assert f"Destroyed on {TODAY} by the schedule ({logged}): events; the district's own schedule" in closed.out
    assert "We do not have it any more" in told(other)
    # Who asks for a student by name is not told which recordings there were.
    named = ("--student", with_rules.student(HANNAH))
    request = call("request", "add", "--described", f"Hers, {TEAM}", *named, *asked, "--json").object()["id"]
    refused = call("letter", "write", "no-such-record", "--request", request, *AS)
    assert (refused.code, "letter write denial" in " ".join(refused.err.split())) == (1, True)
    assert call("request", "close", request, "--outcome", "denied", "--why", "by name", *AS).code == 0
    denial = call("letter", "write", "denial", "--request", request, *AS, "--json").object()["text"]
    assert "destroyed" not in denial
    assert "does not let us say whether there are any" in " ".join(denial.split())


def test_what_is_there_is_not_said_to_be_no_such_record_whatever_words_ask_for_it(with_rules: District) -> None:
    for key in (PORTRAIT, TEAM):
        with_rules.upload(key)
    came = ("--purpose", "news", "--received", TODAY.isoformat(), "--channel", "email", "--json")
    words = ("--described", f"the picture of the team ({TEAM}).")
    request = call("request", "add", *words, "--from", "public:reporter-7", *came).object()["id"]
    none = ("request", "close", request, "--outcome", "no-such-record", "--why", "we have none", *AS)
    team = with_rules.services.pseudonyms.outside(TEAM)
    for refused in (call(*none), call("letter", "write", "no-such-record", "--request", request, *AS)):
        assert (refused.code, f"{team} is in the library" in refused.err) == (1, True)
    assert call(*none, "--not-about", TEAM).code == 0
    # A mother asks for what shows her child, and has no key for it.
    mother, hannah = f"parent:{with_rules.guardian(HANNAH_MOTHER)}", with_rules.student(HANNAH)
    own = call("request", "add", "--described", "the photo of the choir", "--from", mother, *came).object()["id"]
    none = ("request", "close", own, "--outcome", "no-such-record", "--why", "we have none", *AS)
    refused = call(*none)
    assert (refused.code, f"{hannah} is tagged in" in refused.err) == (1, True)
    assert call(*none, "--not-about", hannah).code == 0


def test_an_official_recording_takes_a_second_user(with_rules: District, monkeypatch: pytest.MonkeyPatch) -> None:
    with_rules.upload(HALLWAY)
    assert "two people" in call("retention", "due").text
    first = call("retention", "destroy", HALLWAY, "--why", "the schedule", *AS)
    assert (first.code, "is not destroyed yet. Another person" in first.text) == (0, True)
    assert call("retention", "log", "--json").object()["state"] == "asked"
    again = call("retention", "destroy", HALLWAY, "--why", "the schedule", "--as", "designee:principal")
    assert "takes two people to destroy a recording with an official use" in again.err
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("4711", "another"))
    done = call(
        "retention", "destroy", HALLWAY, "--why", "the schedule", "--as", "designee:principal", "--json"
    ).object()
    assert done["state"] == "done"
    assert "another" in done["certificate"]


ORDER = ("--order", "24JU-CV00117", "--why", "the court orders it")


def test_what_a_court_orders_is_destroyed_before_it_is_due_by_two_people_with_its_paper(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No rule of retention is needed, and none stands in its way: the district has no rules file here."""
    district.upload(TEAM)
    district.upload("events/again.jpg", district.services.library.read(TEAM, limit=10**8))
    Path("order.pdf").write_bytes(b"%PDF-1.7 the court orders")
    destroy = ("retention", "destroy", TEAM, *ORDER)
    day = ("--ordered", str(TODAY - timedelta(days=2)))
    paper = (*day, "--file", "order.pdf")
    for missing in ((), day, ("--file", "order.pdf")):
        refused = call(*destroy, *missing, *AS)
        assert (refused.code, "with the order's day and a copy of it" in refused.err) == (1, True)
    assert call("retention", "destroy", TEAM, "--why", "w", *day, *AS).code == 2
    assert "is in the future" in call(*destroy, "--ordered", str(TODAY + timedelta(days=1)), *AS).err
    first = call(*destroy, *paper, *AS)
    assert (first.code, "as a court ordered and is not destroyed yet" in first.text) == (0, True)
    assert "--order 24JU-CV00117 --as designee:NAME" in first.text
    assert "what a court orders" in call(*destroy, "--as", "designee:principal").err
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    second = ("--as", "designee:principal")
    assert "carry out the court's order" in call(*destroy[:3], "--order", "25JU-1", "--why", "w", *second).err
    assert "another day" in call(*destroy, "--ordered", str(TODAY), *second).err
    done = call(*destroy, *second)
    assert (done.code, "Order of a court: 24JU-CV00117 of" in done.text) == (0, True)
    assert "Give it for each key: events/again.jpg" in done.text
    (logged,) = call("retention", "log", "--json").objects()
    assert (logged["state"], logged["rule"], logged["court"]["day"]) == ("done", "order of a court", day[1])
    assert logged["court"]["paper"] in logged["certificate"]
    assert call("ledger", "verify").code == 0


def test_who_asks_for_what_a_court_had_destroyed_is_told_so_and_no_number(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    Path("order.pdf").write_bytes(b"%PDF-1.7 the court orders")
    destroy = ("retention", "destroy", TEAM, *ORDER)
    assert call(*destroy, "--ordered", str(TODAY), "--file", "order.pdf", *AS).code == 0
    with monkeypatch.context() as as_another:
        as_another.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
        assert call(*destroy, "--as", "designee:principal").code == 0
    came = ("--purpose", "news", "--received", TODAY.isoformat(), "--channel", "email")
    asked = ("request", "add", "--from", "public:reporter-7", *came)
    refused = call(*asked, TEAM)
    assert (refused.code, f"was destroyed on {TODAY} as a court ordered" in refused.err) == (1, True)
    request = call(*asked, "--described", f"the picture {TEAM}", "--json").object()
    assert [each["by_court"] for each in request["destroyed"]] == [True]
    assert f"Destroyed on {TODAY} as a court ordered" in call("request", "show", request["id"]).out
    for language, said in (("en", "A court ordered that."), ("es", "Un tribunal lo ordenó.")):
        letter = ("letter", "write", "no-such-record", "--request", request["id"], "--lang", language)
        text = call(*letter, *AS, "--json").object()["text"]
        assert (said in text, "24JU" in text, "schedule" in text) == (True, False, False)


def test_a_hold_stops_what_a_court_orders_too(district: District) -> None:
    district.upload(TEAM)
    texts = ("--matter", "docket 26-117", "--why", "served", "--source", "a paper")
    hold = call("hold", "add", "events/", "--kind", "subpoena", *texts, *AS, "--json").object()["id"]
    Path("order.pdf").write_bytes(b"%PDF-1.7 the court orders")
    refused = call("retention", "destroy", TEAM, *ORDER, "--ordered", str(TODAY), "--file", "order.pdf", *AS)
    assert (refused.code, hold in refused.err) == (1, True)
    assert call("retention", "log", "--json").objects() == []


def test_a_courts_order_takes_the_place_of_one_by_the_schedule(with_rules: District) -> None:
    with_rules.upload(HALLWAY)
    first = call("retention", "destroy", HALLWAY, "--why", "the schedule", *AS, "--json").object()
    Path("order.pdf").write_bytes(b"%PDF-1.7 the court orders")
    court = call("retention", "destroy", HALLWAY, *ORDER, "--ordered", str(TODAY), "--file", "order.pdf", *AS, "--json")
    assert (court.object()["state"], court.object()["id"] != first["id"]) == ("asked", True)
    assert [each["id"] for each in call("retention", "log", "--json").objects()] == [court.object()["id"]]
    refused = call("retention", "destroy", HALLWAY, "--why", "the schedule", "--as", "designee:principal")
    assert "carry out the court's order 24JU-CV00117" in refused.err


def test_the_number_of_an_order_names_no_student(district: District) -> None:
    district.upload(TEAM)
    names = district.student(HANNAH)
    order = ("--order", f"In re {names}", "--ordered", str(TODAY), "--file", "order.pdf")
    Path("order.pdf").write_bytes(b"%PDF-1.7 the court orders")
    refused = call("retention", "destroy", TEAM, *order, "--why", "the court orders it", *AS)
    assert (refused.code, "--order seems to name a student" in refused.err) == (1, True)


def test_families_are_told_first_and_may_ask_for_it(with_rules: District, monkeypatch: pytest.MonkeyPatch) -> None:
    with_rules.upload(PORTRAIT)
    asked = ("--parents-asked", str(TODAY), "--asked-by", f"parent:{with_rules.guardian(HANNAH_MOTHER)}")
    refused = call("retention", "destroy", PORTRAIT, "--why", "the parents ask", *asked, *AS)
    assert "34 CFR 300.624" in refused.err
    wrong = call("retention", "destroy", PORTRAIT, "--why", "w", "--notified", f"Hannah={TODAY}", *AS)
    assert wrong.code == 2
    later = call("retention", "destroy", PORTRAIT, "--why", "w", "--notified", str(TODAY + timedelta(days=1)), *AS)
    assert "is in the future" in later.err
    done = call("retention", "destroy", PORTRAIT, "--why", "the parents ask", *asked, "--notified", str(TODAY), *AS)
    assert (done.code, "at a parent's request and is not destroyed yet" in done.text) == (0, True)
    assert (
        "a recording at a parent's request"
        in call("retention", "destroy", PORTRAIT, "--why", "w", "--as", "designee:principal").err
    )
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    done = call("retention", "destroy", PORTRAIT, "--why", "the parents ask", *asked, "--as", "designee:principal")
    assert (done.code, f"at a parent's request of {TODAY}" in done.text) == (0, True)
    a_day_later(monkeypatch)
    came = ("--purpose", "news", "--received", (TODAY + timedelta(days=1)).isoformat(), "--channel", "email")
    words = ("--from", "public:reporter-7", "--described", f"the picture {PORTRAIT}")
    request = call("request", "add", *words, *came, "--json").object()["id"]
    assert "at a parent's request (34 CFR 300.624(b))" in call("request", "show", request).out
    assert "The district's attorney should know" not in " ".join(call("request", "show", request, *AS).out.split())
    for language, said in (("en", "as federal law provides"), ("es", "como dispone la ley federal")):
        letter = ("letter", "write", "no-such-record", "--request", request, "--lang", language)
        text = " ".join(call(*letter, *AS, "--json").object()["text"].split())
        # That it was a record of special education tells of the student.
        assert (said in text, "300.624" in text, "IDEA" in text) == (True, False, False)


def a_day_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dam_plugin.services.local_now", lambda: now().astimezone() + timedelta(days=1))


def asked_for_destroyed(district: District, came: date) -> str:
    """Enter a mother's request, in words, for the portrait of her child that was destroyed as the parents asked."""
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    words = (
        "--from",
        mother,
        "--purpose",
        "inspection",
        "--channel",
        "telephone",
        "--described",
        f"the picture {PORTRAIT}",
    )
    return str(call("request", "add", *words, "--received", came.isoformat(), *AS, "--json").object()["id"])


def destroy_for_parents(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(PORTRAIT)
    assert call(*by_mother(district), "--notified", str(TODAY), *AS).code == 0
    with monkeypatch.context() as patch:
        patch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
        assert call(*by_mother(district), "--as", "designee:principal").code == 0


def test_of_what_was_destroyed_while_it_was_asked_for_no_law_is_said_to_provide(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    destroy_for_parents(with_rules, monkeypatch)
    request = asked_for_destroyed(with_rules, TODAY - timedelta(days=3))
    for language, said, law in (
        ("en", "It was destroyed on", "as federal law provides"),
        ("es", "Se destruyó el", "como dispone la ley federal"),
    ):
        letter = ("letter", "write", "no-such-record", "--request", request, "--lang", language, *AS)
        written = call(*letter)
        text = " ".join(written.text.split())
        assert (written.code, said in text, law in text, "34 CFR 99.10(e)" in text) == (0, True, False, True)
    (done,) = call("request", "show", request, "--json").object()["destroyed"]
    why = f"the family was told of {done['id']}"
    closed = call("request", "close", request, "--outcome", "no-such-record", "--why", why, *AS)
    said = " ".join(closed.text.split())
    assert (closed.code, "it was pending" in said, "The district's attorney should know" in said) == (
        0,
        True,
        True,
    )
    assert "attorney" not in call("request", "show", request).text


def test_what_is_still_there_under_another_key_is_not_denied(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = "elsewhere/portrait.jpg"
    with_rules.upload(copy, (sample_folder() / PORTRAIT).read_bytes())
    destroy_for_parents(with_rules, monkeypatch)
    a_day_later(monkeypatch)
    request = asked_for_destroyed(with_rules, TODAY + timedelta(days=1))
    letter = ("letter", "preview", "no-such-record", "--request", request)
    close = ("request", "close", request, "--outcome", "no-such-record", "--why", "destroyed", *AS)
    of_child = ("--not-about", with_rules.student(HANNAH))
    refused = call(*close, *of_child)
    told = " ".join(refused.err.split())
    assert (refused.code, copy in told, "may be a copy of what ds-" in told) == (1, True, True)
    unwritten = call(*letter, *of_child)
    assert (unwritten.code, "may be a copy of what ds-" in unwritten.err, copy in unwritten.err) == (1, True, False)
    not_meant = (*of_child, "--not-about", copy)
    assert call(*letter, *not_meant).code == 0
    assert call(*close, *not_meant).code == 0
    assert call(*letter).code == 0


def asked_by_mother(district: District, *more: str) -> str:
    """Enter the request of the mother of the student in the portrait, and share it with her; return the request."""
    district.upload(PORTRAIT)
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    came = ("--purpose", "inspection", "--received", TODAY.isoformat(), "--channel", "email")
    request = call("request", "add", PORTRAIT, "--from", mother, *came, *more, *AS, "--json").object()["id"]
    given = call("share", PORTRAIT, "--to", mother, "--purpose", "inspection", "--request", request, *AS, "--json")
    assert given.code == 0, given.text
    assert call("request", "close", request, "--outcome", "granted", "--why", "sent", *AS).code == 0
    return given.object()["token"]


DESTROY = ("retention", "destroy", PORTRAIT, "--why", "a parent asks", "--parents-asked", str(TODAY))


def by_mother(district: District) -> tuple[str, ...]:
    """Return the order to destroy the portrait at the word of the mother of the student in it."""
    return (*DESTROY, "--asked-by", f"parent:{district.guardian(HANNAH_MOTHER)}")


def test_what_a_family_was_given_and_has_not_opened_is_not_destroyed(with_rules: District) -> None:
    token = asked_by_mother(with_rules)
    refused = call(*by_mother(with_rules), "--notified", str(TODAY), *AS)
    assert (refused.code, "a family was given it and has not opened it" in refused.err) == (1, True)
    assert "dam-plugin links --open" in refused.err
    assert "once the link was opened" in call("hold", "show", PORTRAIT).err
    assert call("open", token).code == 0
    assert call(*by_mother(with_rules), "--notified", str(TODAY), *AS).code == 0


def test_what_a_family_sees_before_a_hearing_is_kept_until_it_is_over(with_rules: District) -> None:
    day = TODAY + timedelta(days=12)
    token = asked_by_mother(with_rules, "--meeting", str(day), "--kind", "hearing")
    assert call("open", token).code == 0
    refused = call(*by_mother(with_rules), "--notified", str(TODAY), *AS)
    said = f"a family's meeting or hearing is ahead, or it may still ask for one) until {day}"
    assert (refused.code, said in refused.err) == (1, True)
    with with_rules.services.store.writing() as unit:
        unit.requests.note_meetings_over(day)
    assert call(*by_mother(with_rules), "--notified", str(TODAY), *AS).code == 1
    with with_rules.services.store.writing() as unit:
        unit.requests.note_meetings_over(day + timedelta(days=1))
    assert call(*by_mother(with_rules), "--notified", str(TODAY), *AS).code == 0


@pytest.mark.parametrize(
    "what", [(PORTRAIT,), ("--described", "every picture of my daughter")], ids=["by key", "in words"]
)
def test_a_request_that_is_withdrawn_calls_no_meeting_off(
    with_rules: District, what: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The meeting is held all the same, and what is to be looked at there is not destroyed before it."""
    with_rules.upload(PORTRAIT)
    day, mother = TODAY + timedelta(days=12), f"parent:{with_rules.guardian(HANNAH_MOTHER)}"
    came = ("--purpose", "inspection", "--received", TODAY.isoformat(), "--channel", "email")
    meeting = ("--meeting", str(day), "--kind", "iep")
    request = call("request", "add", *what, "--from", mother, *came, *meeting, *AS, "--json").object()["id"]
    withdrawn = call("request", "withdraw", request, "--why", "by telephone", *AS)
    assert (withdrawn.code, f"held until {day}" in " ".join(withdrawn.out.split())) == (0, True), withdrawn.text
    refused = call(*by_mother(with_rules), "--notified", str(TODAY), *AS)
    said = f"a family's meeting or hearing is ahead, or it may still ask for one) until {day}"
    assert (refused.code, said in refused.err) == (1, True), refused.text
    assert with_rules.pm.hook.deletion_requested(key=PORTRAIT) is not None
    monkeypatch.setattr("dam_plugin.services.local_now", lambda: now().astimezone() + timedelta(days=13))
    assert call(*by_mother(with_rules), "--notified", str(TODAY), *AS).code == 0


@pytest.mark.parametrize("by", [("--parents-asked", str(TODAY), "--notified", str(TODAY)), ()])
def test_the_record_does_not_say_of_what_was_destroyed_that_nobody_was_in_it(
    with_rules: District, by: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("open", asked_by_mother(with_rules)).code == 0
    destroy: tuple[str, ...] = ("retention", "destroy", PORTRAIT, "--why", "it is over", *by)
    if by:
        destroy = (*destroy, "--asked-by", f"parent:{with_rules.guardian(HANNAH_MOTHER)}")
    if not by:
        Path("order.pdf").write_bytes(b"%PDF-1.7 the court orders")
        destroy = (*destroy, "--order", "24JU-1", "--ordered", str(TODAY), "--file", "order.pdf")
    assert call(*destroy, *AS).code == 0
    with monkeypatch.context() as as_another:
        as_another.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
        destroy = destroy[:-2] if not by else destroy
        done = call(*destroy, "--as", "designee:principal")
        assert "was destroyed on" in done.text, done.text
    page = ("ledger", "student", with_rules.student(HANNAH), "--page", "record.html", "--without-pictures", *AS)
    assert call(*page).code == 0
    told = Path("record.html").read_text("utf-8")
    assert ("was given" in told, "is not in it" in told) == (True, False)


def test_rules_are_shown_and_their_mistakes_placed(with_rules: District) -> None:
    assert [each["name"] for each in call("retention", "rules", "--json").objects()] == [
        "events",
        "cameras",
        "portraits",
    ]
    Path("wrong.toml").write_text(
        RULES.replace("years = 1", "years = -1").replace('use = "any"', 'use = "sport"'), "utf-8"
    )
    for command in (("rules", "wrong.toml"), ("due", "--rules", "wrong.toml")):
        wrong = call("retention", *command)
        assert wrong.code == 1
        assert "2 problems in wrong.toml" in wrong.err
        assert "wrong.toml:19:9: rule[2].years: must be 0 to 200 years, or 'forever'" in wrong.err
        assert "wrong.toml:11:7: rule[1].use: must be one of none, any, discipline" in wrong.err


def test_without_rules_nothing_is_due_and_it_says_so(district: District) -> None:
    for command in ("due", "rules"):
        said = call("retention", command)
        assert said.code == 1
        assert "there are no retention rules, so no recording is due: set DAM_PLUGIN_RETENTION" in said.err
    assert "cannot be read" in call("retention", "rules", "none.toml").err
