"""Whoever asked for a student by name is the same person however the id is typed, and no id names a student."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from command_line import call
from district import CROWD, HANNAH, TEAM, District
from use_cases import later

from dam_plugin.cli import context
from dam_plugin.cli import ledger as ledger_cli
from dam_plugin.gate.open_link import open_link
from dam_plugin.model import Actor, Outcome, Recipient, Share
from dam_plugin.sharing.share import share
from dam_plugin.store import SystemUser

ADA = ("--as", "custodian:ada")
OTHERS = ("Reporter 7", "reporter7", "REPORTER_7", "reporter.7", "rep\N{CYRILLIC SMALL LETTER O}rter\N{EN DASH}7")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))


def asks(who: str, *more: str) -> Any:
    return call("share", CROWD, "--to", who, "--purpose", "news", *more, *ADA, "--json").object()


def clauses(told: Any) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


@pytest.fixture
def behind(district: District) -> str:
    """A student who is in the background of the crowd and has opted out."""
    district.upload(CROWD)
    appearances = call("tags", CROWD, "--json").object()["appearances"]
    student = next(str(each["student"]) for each in appearances if each["prominence"] != "focus")
    assert call("student", "opt-out", student, *ADA).code == 0
    return student


@pytest.mark.parametrize("typed", OTHERS)
def test_a_request_by_name_stays_one_however_the_id_is_typed(behind: str, typed: str) -> None:
    first = asks("public:reporter-7", "--name", behind)
    again = asks(f"public:{typed}")
    assert (again["outcome"], clauses(again)[0], again["named_before"]) == ("refer", "NAMED-IN-CROWD", [behind])
    assert [each["id"] for each in first["referrals"]] != []


def test_a_request_typed_otherwise_joins_the_referral_that_waits(behind: str) -> None:
    first, again = asks("public:reporter-7", "--name", behind), asks("public:Reporter 7", "--name", behind)
    assert [each["id"] for each in again["referrals"]] == [each["id"] for each in first["referrals"]]


@pytest.mark.parametrize("who", ["public", "public:herald"])
def test_somebody_else_of_the_role_waits_until_it_is_known_that_it_is_another_person(behind: str, who: str) -> None:
    assert asks(who)["outcome"] == "allow", "nobody has asked by name yet"
    asks("public:reporter-7", "--name", behind)
    waits = asks(who)
    assert (waits["outcome"], waits["token"], clauses(waits)[0]) == ("refer", None, "ASKED-BY-NAME")
    referral = waits["referrals"][0]["id"]
    needed = call("queue", "show", referral, "--json").object()["needed"]
    assert ("ASKED-BY-NAME", "reviewed") in [(each["clause"], each["finding"]) for each in needed]
    said = call("queue", "finding", referral, "reviewed", "called the editor back", *ADA, "--json").object()["answer"]
    assert (said["outcome"], bool(said["token"])) == ("allow", True)


def test_a_publication_that_is_handed_to_somebody_who_is_named_waits_as_their_request_would(behind: str) -> None:
    asks("public:reporter-7", "--name", behind)
    to_all = ("share", CROWD, "--purpose", "website", "--kind", "publication", *ADA, "--json")
    handed = call(*to_all, "--to", "public:Reporter 7").object()
    assert (handed["outcome"], handed["token"], clauses(handed)[0]) == ("refer", None, "ASKED-BY-NAME")
    assert call(*to_all, "--to", "public").object()["outcome"] == "allow"


def test_a_publication_and_an_official_of_the_district_do_not_wait(behind: str) -> None:
    asks("public:reporter-7", "--name", behind)
    assert "ASKED-BY-NAME" not in clauses(asks("school_official:coach-1"))
    published = call("share", CROWD, "--to", "public", "--purpose", "website", "--kind", "publication", *ADA, "--json")
    assert published.object()["outcome"] == "allow"


# After a denial by name


@pytest.fixture
def refused(behind: str) -> str:
    """The referral of a journalist who asked for the student by name, and was told no."""
    referral = str(asks("public:reporter-7", "--name", behind)["referrals"][0]["id"])
    assert call("queue", "finding", referral, "crowd", "refuse", "--why", "no", *ADA).code == 0
    return referral


def waits(who: str) -> Any:
    told = asks(who)
    assert (told["outcome"], told["token"], clauses(told)[0]) == ("refer", None, "ASKED-BY-NAME"), who
    return told


@pytest.mark.parametrize("who", ["public:reporter-8", "public", "parent:an-aunt", "law_enforcement:sheriff"])
def test_after_a_denial_by_name_a_colleague_or_another_role_waits_and_the_custodian_reads_why(
    refused: str, who: str
) -> None:
    told = waits(who)
    assert "waits or was not granted" in told["reasons"][0]["text"]
    shown = " ".join(call("queue", "show", told["referrals"][0]["id"], *ADA).out.split())
    assert "asks for them and leaves the name out" in shown


def test_after_a_denial_by_name_the_districts_own_are_not_held_up(refused: str) -> None:
    assert asks("school_official:coach-1")["outcome"] == "allow"
    published = call("share", CROWD, "--to", "public", "--purpose", "website", "--kind", "publication", *ADA, "--json")
    assert published.object()["outcome"] == "allow"


def test_who_was_found_to_be_another_person_stays_so_until_somebody_new_asks_by_name(refused: str, behind: str) -> None:
    referral = waits("public:herald")["referrals"][0]["id"]
    said = call("queue", "finding", referral, "reviewed", "of another paper", *ADA, "--json").object()["answer"]
    assert (said["outcome"], bool(said["token"])) == ("allow", True)
    assert call("open", said["token"]).code == 0
    assert asks("public:Herald")["outcome"] == "allow"
    waits("public:reporter-8")
    asks("public:reporter-7", "--name", behind)
    assert asks("public:herald")["outcome"] == "allow", "it is the one who was known to have asked"
    asks("public:gazette", "--name", behind)
    waits("public:herald")


def test_who_asks_without_an_id_may_be_another_one_each_time(refused: str) -> None:
    referral = waits("public")["referrals"][0]["id"]
    assert call("queue", "finding", referral, "reviewed", "a father of the band", *ADA).code == 0
    waits("public")


@pytest.mark.parametrize(("days", "outcome"), [(5, Outcome.REFER), (4, Outcome.ALLOW)])
def test_nobody_waits_after_the_days_that_the_district_sets(
    district: District, refused: str, days: int, outcome: Outcome
) -> None:
    policy = district.services.settings.district.model_copy(update={"asked_by_name_days": days})
    settings = district.services.settings.model_copy(update={"district": policy})
    services = later(replace(district.services, settings=settings), days=5)
    request = Share("", CROWD, "request", "news", Actor("custodian", "ada"), Recipient("public", "reporter-8"))
    assert share(services, request).decision.outcome is outcome


def test_with_no_days_whoever_asks_once_it_is_answered_does_not_wait(
    refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits("public:reporter-8")
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__ASKED_BY_NAME_DAYS", "0")
    assert asks("public:reporter-9")["outcome"] == "allow"


def test_a_request_by_name_counts_that_was_withdrawn_or_was_given_by_mistake(
    behind: str,
) -> None:
    referral = asks("public:reporter-7", "--name", behind)["referrals"][0]["id"]
    assert call("queue", "close", referral, "--why", "withdrawn", *ADA).code == 0
    waits("public:reporter-8")
    again = asks("public:reporter-7", "--name", behind)["referrals"][0]["id"]
    give = ("--disclosed-to", "public:reporter-7", "--basis", "MISTAKE", "--students", behind, "--how", "a disc")
    assert call("queue", "close", again, *give, "--why", "the wrong disc", *ADA).code == 0
    waits("public:reporter-8")


def test_a_request_by_name_that_was_granted_holds_up_nobody(behind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    referral = asks("public:reporter-7", "--name", behind)["referrals"][0]["id"]
    assert call("queue", "finding", referral, "crowd", "release", "--why", "she agreed", *ADA).code == 0
    finding = call("queue", "show", referral, "--json").object()["findings"][0]["id"]
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    assert call("queue", "approve", finding, "--as", "designee:ben").code == 0
    give = ("--disclosed-to", "public:reporter-7", "--basis", "EX4", "--students", behind, "--how", "a disc")
    closed = call("queue", "close", referral, *give, "--why", "so", *ADA)
    assert closed.code == 0, closed.text
    assert asks("public:reporter-8")["outcome"] == "allow"


def test_a_link_from_before_the_request_by_name_stays_open(district: District, behind: str) -> None:
    token = asks("public:herald")["token"]
    asks("public:reporter-7", "--name", behind)
    assert open_link(district.services, token).url is not None


@pytest.mark.parametrize("role", ["public", "law_enforcement", "school_official"])
@pytest.mark.parametrize("written", ["{}'s aunt", "aunt of {}", "{}-friend"])
def test_a_students_name_in_the_id_of_who_asks_is_refused(district: District, role: str, written: str) -> None:
    district.upload(TEAM)
    name = str(call("student", "show", district.student(HANNAH), "--json").object()["names"][0])
    typed = f"{role}:{written.format(name)}"
    came = ("--received", district.services.now().date().isoformat(), "--channel", "email")
    refused = (
        call("share", TEAM, "--to", typed, "--purpose", "news", *ADA),
        call("request", "add", TEAM, "--from", typed, "--purpose", "news", *came, *ADA),
    )
    for each in refused:
        assert (each.code, "--name S-…" in each.err, name in each.text) == (1, True, False), each.text


def test_a_students_pseudonym_in_the_id_of_who_asks_is_refused(district: District) -> None:
    district.upload(TEAM)
    asked = call("share", TEAM, "--to", f"public:aunt of {district.student(HANNAH)}", "--purpose", "news", *ADA)
    assert (asked.code, "--name S-…" in asked.err) == (1, True)


def test_a_family_name_alone_and_an_emergency_are_not_held_up_by_a_name(district: District) -> None:
    district.upload(TEAM)
    name = str(call("student", "show", district.student(HANNAH), "--json").object()["names"][0])
    asked = call(
        "share", TEAM, "--to", f"law_enforcement:deputy-{name.rsplit(maxsplit=1)[-1]}", "--purpose", "news", *ADA
    )
    assert "--name S-…" not in asked.err
    urgent = ("break-glass", TEAM, "--to", f"emergency:medic of {name}", "--threat", "bleeding", *ADA)
    assert call(*urgent).code == 0


# A request that was entered for the wrong student


@pytest.fixture
def by_mistake(district: District, behind: str) -> str:
    """The reporter's request, entered for a student behind whom nobody asked for, shared and withdrawn; its id."""
    came = ("--received", district.services.now().date().isoformat(), "--channel", "email")
    words = ("request", "add", CROWD, "--from", "public:reporter-7", "--purpose", "news", "--student", behind, *came)
    request = str(call(*words, *ADA, "--json").object()["id"])
    assert clauses(asks("public:reporter-7", "--request", request))[0] == "NAMED-IN-CROWD"
    withdrawn = call("request", "withdraw", request, "--why", "it was entered for the wrong student", *ADA)
    assert (withdrawn.code, f"dam-plugin ledger correct {request}" in withdrawn.out) == (0, True)
    return request


def corrects(request: str, student: str, *more: str) -> None:
    for user, by in (("1000", ADA), ("2000", ("--as", "designee:ben"))):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ledger_cli, "system_user", lambda user=user: SystemUser(user, user))
            why = ("--why", "the other student was asked for")
            assert call("ledger", "correct", request, "--student", student, *why, *more, *by).code == 0


@pytest.mark.parametrize("who", ["public:reporter-7", "public:herald"])
def test_nobody_is_asked_for_by_name_in_a_request_that_two_people_corrected(
    behind: str, by_mistake: str, who: str
) -> None:
    corrects(by_mistake, behind)
    assert asks(who)["outcome"] == "allow"
    assert f"Entered for the wrong student, as two people said: {behind}" in call("request", "show", by_mistake).out


@pytest.mark.parametrize("who", ["public:reporter-7", "public:herald"])
def test_whoever_withdraws_a_request_knows_still_whom_they_asked_for(behind: str, by_mistake: str, who: str) -> None:
    assert asks(who)["outcome"] == "refer"


def test_a_correction_that_was_wrong_lets_the_request_count_again(behind: str, by_mistake: str) -> None:
    corrects(by_mistake, behind)
    corrects(by_mistake, behind, "--stands")
    assert clauses(asks("public:reporter-7"))[0] == "NAMED-IN-CROWD"


def test_a_corrected_request_takes_no_name_from_another_one(behind: str, by_mistake: str) -> None:
    asks("public:reporter-7", "--name", behind)
    corrects(by_mistake, behind)
    assert clauses(asks("public:reporter-7"))[0] == "NAMED-IN-CROWD"


def test_an_open_request_that_was_corrected_names_nobody_and_is_answered(behind: str, by_mistake: str) -> None:
    assert call("request", "reopen", by_mistake, "--why", "it is about nobody", *ADA).code == 0
    corrects(by_mistake, behind)
    assert "--name" not in call("request", "show", by_mistake).out
    assert asks("public:reporter-7", "--request", by_mistake)["outcome"] == "allow"
