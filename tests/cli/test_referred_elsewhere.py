"""A request is referred elsewhere only where the library has nothing of it: what the district has it answers itself."""

from __future__ import annotations

from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import CALEB, HANNAH, HANNAH_MOTHER, PORTRAIT, TEAM, District
from use_cases import kept

from dam_plugin.cli import context
from dam_plugin.model import AssetEvent
from dam_plugin.store import SystemUser

ADA = ("--as", "custodian:ada")
BEN = ("--as", "designee:ben")
NEWS = ("--from", "public:gazette", "--purpose", "news")
OF_UNIT = (
    *("--created-by", "the body camera of officer 12", "--for-law-enforcement", "an inquiry", "--kept-by", "its clerk"),
    *("--why", "uploaded by mistake; nobody of the school has it"),
)


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))


def mother(district: District) -> tuple[str, ...]:
    return ("--from", f"parent:{district.guardian(HANNAH_MOTHER)}", "--purpose", "inspection")


def entered(*words: str) -> str:
    made = call("request", "add", *words, "--received", str(TODAY), "--channel", "letter", *ADA, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


def elsewhere(request: str, *more: str) -> Called:
    why = ("--why", "the photographer has it")
    return call("request", "close", request, "--outcome", "referred-elsewhere", *why, *more, *ADA)


def shown(request: str) -> Any:
    return call("request", "show", request, "--json").object()


def holds(key: str) -> str:
    return call("hold", "list", "--key", key).out


def test_a_family_is_not_sent_away_from_its_own_recording(district: District) -> None:
    district.upload(PORTRAIT)
    request = entered(PORTRAIT, *mother(district))
    refused = elsewhere(request)
    short = district.services.pseudonyms.outside(PORTRAIT)
    assert (refused.code, f"{short} is in the library" in refused.err) == (1, True)
    assert f"`share KEY … --request {request}`" in refused.err
    assert (shown(request)["state"], "Holds: none" in holds(PORTRAIT)) == ("open", False)


@pytest.mark.parametrize("named", [True, False])
def test_a_family_that_asks_in_words_is_not_sent_away_from_its_childs_recordings(
    district: District, named: bool
) -> None:
    district.upload(PORTRAIT)
    hannah = district.student(HANNAH)
    student = ("--student", hannah) if named else ()
    request = entered("--described", "what you have of my daughter", *student, *mother(district))
    refused = elsewhere(request)
    assert (refused.code, f"{hannah} is tagged in a recording of the library" in refused.err) == (1, True)
    assert elsewhere(request, "--not-about", hannah).code == 0
    assert f"Not about: {hannah}" in call("request", "show", request).out


def test_a_newspaper_is_not_sent_away_from_a_recording_that_it_names(district: District) -> None:
    district.upload(TEAM)
    for words in ((TEAM,), (TEAM.rsplit("/", 1)[0] + "/",), ("--described", f"the picture {TEAM}")):
        assert elsewhere(entered(*words, *NEWS)).code == 1
    other = elsewhere(entered(TEAM, *NEWS), "--not-about", PORTRAIT)
    assert (other.code, "is not among what" in other.err) == (1, True)
    assert elsewhere(entered(TEAM, *NEWS), "--not-about", TEAM).code == 0
    assert elsewhere(entered("--described", "the game of Saturday", *NEWS)).code == 0


def test_what_was_denied_is_closed_as_denied(district: District) -> None:
    district.upload(PORTRAIT)
    assert call("student", "opt-out", district.student(HANNAH), *ADA).code == 0
    request = entered(PORTRAIT, *NEWS)
    share = call("share", PORTRAIT, "--to", "public:gazette", "--purpose", "news", "--request", request, *ADA, "--json")
    (referral,) = share.object()["referrals"]
    assert call("queue", "finding", referral["id"], "meaning", "destroyed", *ADA).code == 3
    refused = elsewhere(request)
    assert (refused.code, "close it as 'denied'" in refused.err) == (1, True)
    assert call("request", "close", request, "--outcome", "denied", "--why", "x", *ADA).code == 0
    assert call("request", "reasons", request, *ADA).code == 0


def test_what_was_given_to_the_family_stands_in_no_way(district: District) -> None:
    district.upload(PORTRAIT)
    request, to = entered(PORTRAIT, *mother(district)), mother(district)[1]
    given = call("share", PORTRAIT, "--to", to, "--purpose", "inspection", "--request", request, *ADA, "--json")
    assert given.object()["outcome"] == "allow", given.text
    assert elsewhere(request).code == 0


def test_what_is_somebody_elses_is_referred_to_them(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(TEAM)
    request = entered(TEAM, *NEWS)
    made = ("--created-by", "a parent", "--kept-by", "the club", "--why", "in passing", "--not-for-us")
    assert call("custodian", "not-ours", TEAM, *made, *ADA).code == 0
    assert elsewhere(request).code == 1
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    assert call("custodian", "not-ours", TEAM, *made, *BEN).code == 0
    assert elsewhere(request).code == 0


def test_a_record_of_the_law_enforcement_unit_is_referred_to_it(district: District) -> None:
    district.upload(PORTRAIT)
    request = entered("--described", "what you have of my daughter", *mother(district))
    assert elsewhere(request).code == 1
    assert call("custodian", "unit-record", PORTRAIT, *OF_UNIT, *ADA).code == 0
    assert kept(district.services, PORTRAIT).tagging.students
    assert elsewhere(request).code == 0


@pytest.mark.parametrize("uploaded", [True, False])
def test_a_stranger_who_names_a_student_is_told_nothing_by_it(district: District, uploaded: bool) -> None:
    if uploaded:
        district.upload(PORTRAIT)
    request = entered("--described", "any video", "--student", district.student(CALEB), *NEWS)
    refused = elsewhere(request)
    assert (refused.code, "'referred-elsewhere' would tell whether there is a record" in refused.err) == (1, True)
    assert call("request", "close", request, "--outcome", "denied", "--why", "x", *ADA).code == 0


def test_a_family_that_asks_to_amend_is_not_sent_away_from_its_record(district: District) -> None:
    district.upload(PORTRAIT)
    student = ("--student", district.student(HANNAH), "--amend", "the caption names another day")
    request = entered(PORTRAIT, *student, *mother(district))
    refused = elsewhere(request)
    assert (refused.code, "close it as amended or not-amended" in refused.err) == (1, True)


def test_what_left_the_library_is_not_somebody_elses(district: District) -> None:
    district.upload(PORTRAIT)
    request = entered(PORTRAIT, *mother(district))
    for each in list(district.services.library.versions(PORTRAIT)):
        district.services.library.delete(PORTRAIT, each.version_id)
    district.pm.hook.asset_deleted(event=AssetEvent(PORTRAIT))
    refused = elsewhere(request)
    assert (refused.code, "that somebody else has it would not be true" in refused.err) == (1, True)
