"""A request was entered with the wrong day: its days are counted anew from the right one (34 CFR 99.10, RSMo 610.023.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call, said
from court_orders import BEN
from district import HANNAH_MOTHER, PORTRAIT, District
from use_cases import ledger_holds

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS, SECOND = ("--as", "custodian:lopez"), ("--as", "designee:principal")
EARLIER = TODAY - timedelta(days=10)


@pytest.fixture
def mother(district: District) -> str:
    district.upload(PORTRAIT)
    return f"parent:{district.guardian(HANNAH_MOTHER)}"


def asked(who: str, *what: str, came: Any = TODAY) -> str:
    purpose = "inspection" if who.startswith("parent") else "news"
    came = ("--received", str(came), "--channel", "letter")
    made = call("request", "add", *(what or (PORTRAIT,)), "--from", who, "--purpose", purpose, *came, *AS, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


def corrected(request: str, at: Any, *by: str, user: SystemUser | None = None) -> Called:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "system_user", lambda: user or SystemUser("1000", "ada"))
        return call("request", "received", request, "--at", str(at), "--why", "the stamp on the letter", *(by or AS))


def shown(request: str) -> Any:
    return call("request", "show", request, *AS, "--json").object()


def days(request: str) -> dict[str, tuple[str, str]]:
    return {each["clock"]: (each["start"], each["due"]) for each in shown(request)["clocks"]}


def test_its_days_are_counted_from_the_day_on_which_it_came(district: District, mother: str) -> None:
    late, right = asked(mother), asked(mother, came=EARLIER)
    assert days(late) != days(right)
    done = corrected(late, EARLIER)
    assert done.code == 0, done.text
    assert days(late) == days(right)
    event = shown(late)["events"][-1]
    assert (event["kind"], event["content"]["was"][:10]) == ("received-corrected", str(TODAY))
    assert shown(late)["received_at"] == shown(right)["received_at"]
    assert ledger_holds(district.services)


def test_its_work_in_the_queue_is_due_as_if_it_had_come_then(district: District) -> None:
    district.upload(PORTRAIT)
    request = asked("public:reporter-7")
    asks = ("--to", "public:reporter-7", "--purpose", "news", "--request", request)
    assert call("tag", PORTRAIT, "--directory", "not_eligible", *AS).code == 0
    (work,) = call("share", PORTRAIT, *asks, *AS, "--json").object()["referrals"]
    assert work["due"] > str(TODAY)
    assert corrected(request, EARLIER).code == 0
    assert call("queue", "show", work["id"], *AS, "--json").object()["due"] < str(TODAY)


def test_a_later_day_takes_two_people(district: District, mother: str) -> None:
    request, right = asked(mother, came=EARLIER), asked(mother)
    before = days(request)
    first = corrected(request, TODAY)
    assert (first.code, "it takes two people" in said(first), days(request)) == (0, True, before)
    twice = corrected(request, TODAY)
    assert (twice.code, "two people" in said(twice), days(request)) == (1, True, before)
    another = corrected(request, TODAY - timedelta(days=1), *SECOND, user=BEN)
    assert ("it takes two people" in said(another), days(request)) == (True, before)
    assert corrected(request, TODAY).code == 0
    done = corrected(request, TODAY, *SECOND, user=BEN)
    assert (done.code, days(request)) == (0, days(right)), done.text


def test_a_subpoena_that_came_later_than_was_entered_has_its_days(district: District) -> None:
    district.upload(PORTRAIT)
    paper = ("--paper", "subpoena", "--return", str(TODAY + timedelta(days=20)))
    came = ("--from", "court:circuit", "--purpose", "lawsuit", "--received", str(EARLIER), "--channel", "letter")
    request = str(call("request", "add", PORTRAIT, *came, *paper, *AS, "--json").object()["id"])
    assert corrected(request, TODAY).code == 0
    done = corrected(request, TODAY, *SECOND, user=BEN)
    assert (done.code, shown(request)["received_at"][:10]) == (0, str(TODAY)), done.text
    assert {"return", "notice"} <= days(request).keys()
    earlier = TODAY - timedelta(days=30)
    assert corrected(request, earlier).code == 0
    assert shown(request)["received_at"][:10] == str(earlier)


def test_what_was_reopened_and_asks_to_amend_has_its_days_too(
    district: District, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(mother, came=EARLIER)
    assert call("request", "amend", request, "--what", "the caption is wrong", "--only", *AS).code == 0
    before = days(request)["amendment"]
    earlier = EARLIER - timedelta(days=5)
    assert corrected(request, earlier).code == 0
    after = days(request)["amendment"]
    assert (after[0], after[1] < before[1]) == (str(earlier), True)
    on_day(monkeypatch, 1)
    done = ("request", "close", request, "--outcome", "amended", "--why", "mended")
    assert call(*done, *AS).code == 0
    assert call("request", "reopen", request, "--why", "not all", *AS).code == 0
    assert days(request)["amendment"] == after


def test_a_day_that_cannot_be_is_refused(district: District, mother: str) -> None:
    request = asked(mother, came=EARLIER)
    for at, by, says in (
        (TODAY + timedelta(days=1), AS, "not yet"),
        (EARLIER, AS, "already"),
        ("soon", AS, "no moment"),
        (EARLIER - timedelta(days=1), ("--as", "media_staff:jo"), "only the custodian"),
    ):
        refused = corrected(request, at, *by)
        assert (refused.code != 0, says in said(refused)) == (True, True), refused.text
    assert call("request", "reasons", request, "--on", str(EARLIER + timedelta(days=1)), *AS).code == 0
    noted = corrected(request, TODAY)
    assert (noted.code, "it came by then" in said(noted)) == (1, True), noted.text
