"""`purposes`, and a purpose that is called otherwise from now on: what families chose under its old name stays in force."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from district import GRADUATION, HANNAH, HANNAH_MOTHER, INES, NOAH, TEAM, District

from dam_plugin.errors import InputError
from dam_plugin.model import Actor, Recipient, Share
from dam_plugin.procedure.purposes import read_purposes
from dam_plugin.sharing.check_request import with_listed_purpose

CUSTODIAN = ("--as", "custodian:records-office")
RENAMED = {"social networks": {"was": ["social media"]}}


def renamed(monkeypatch: pytest.MonkeyPatch, purposes: Any = RENAMED) -> None:
    monkeypatch.setenv("DAM_PLUGIN_PURPOSES", json.dumps(purposes))


def publish(key: str, purpose: str) -> Any:
    ended = call("share", key, "--to", "public", "--purpose", purpose, "--kind", "publication", "--json")
    assert ended.out, ended.text
    return ended.object()


def listed() -> dict[str, Any]:
    return {each["name"]: each for each in call("purposes", "--json").object()["purposes"]}


def on_file() -> Any:
    return call("purposes", "--on-file", "--json").object()


def test_the_new_name_stands_in_the_place_of_the_old_one(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    before = listed()
    renamed(monkeypatch)
    now = listed()
    assert now.keys() == (before.keys() - {"social media"}) | {"social networks"}
    theirs = now["social networks"]
    assert theirs["parts"] == before["social media"]["parts"]
    assert {"social media", *before["social media"]["synonyms"]} - {"social networks"} <= {*theirs["synonyms"]}


def test_an_opt_out_under_the_old_name_counts_under_the_new_one_and_its_parts(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    noah = district.student(NOAH)
    district.upload(GRADUATION)
    call("student", "opt-out", noah, "--purpose", "social media")
    renamed(monkeypatch)
    for purpose in ("social networks", "social media", "instagram"):
        assert publish(GRADUATION, purpose)["redact"] == [noah]
    assert publish(GRADUATION, "website")["redact"] == []
    ended = call("student", "opt-in", noah, "--purpose", "social networks", "--why", "a letter", *CUSTODIAN)
    assert ended.code == 0, ended.text
    assert publish(GRADUATION, "social networks")["redact"] == []


def test_an_open_link_for_the_old_name_closes_by_an_opt_out_from_the_new_one(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    noah = district.student(NOAH)
    district.upload(GRADUATION)
    link = publish(GRADUATION, "social media")["token"]
    renamed(monkeypatch)
    assert call("open", link, "--json").object()["outcome"] == "allow"
    assert len(call("student", "opt-out", noah, "--purpose", "social networks", "--json").object()["closed"]) == 1
    assert call("open", link, "--json").object()["outcome"] != "allow"


def test_a_consent_to_the_old_name_counts_for_the_new_one_and_for_no_other(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    hannah = district.student(HANNAH)
    district.upload(TEAM)
    signed = ("--signed-by", district.guardian(HANNAH_MOTHER), "--signed-on", str(TODAY), "--party", "public")
    call("consent", "add", hannah, "--purpose", "social media", *signed, "--proof", "folder 3", *CUSTODIAN)
    assert hannah not in publish(TEAM, "social media")["redact"]
    renamed(monkeypatch)
    assert hannah not in publish(TEAM, "social networks")["redact"]
    assert hannah in publish(TEAM, "website")["redact"]


def test_a_directory_policy_limited_to_the_old_name_is_limited_to_the_new_one(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(GRADUATION)
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__DIRECTORY_LIMITED_TO", '["social media"]')
    renamed(monkeypatch)
    assert publish(GRADUATION, "social networks")["outcome"] == "allow"
    assert publish(GRADUATION, "website")["outcome"] != "allow"


def test_nothing_on_file_becomes_unknown_by_it(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    call("student", "opt-out", district.student(NOAH), "--purpose", "social media")
    before = on_file()
    renamed(monkeypatch)
    now = on_file()
    counts = {each["purpose"]: (each["opt_outs"], each["consents"]) for each in now["purposes"]}
    assert counts["social networks"] == (1, 0)
    assert (now["of_all"], now["unknown"], now["void"]) == (before["of_all"], 0, 0)


@pytest.mark.parametrize(
    ("purposes", "told"),
    [
        ({"online": {"was": ["website", "social media"]}}, "a consent to one of them would be one to all"),
        ({"annual": {"was": ["yearbook"]}}, "keep that name"),
        ({"website": {"was": ["social media"]}}, "the two stay apart"),
        ({"facebook": {"was": ["social media"]}}, "both as a synonym and as a part"),
        ({"clips": {"was": ["tiktok"]}}, "stands for 'social media' and for 'clips'"),
        ({"a page": {"was": ["website"]}, "a site": {"was": ["website"]}}, "two purposes were 'website'"),
        ({"starter_pack": False, "annual": {"was": ["Year Book", "yearbook"]}}, "keep that name"),
    ],
    ids=["two in one", "the plugin's own", "one that is there", "a part", "a part of another", "twice", "own list"],
)
def test_what_would_let_a_choice_reach_further_is_refused(
    district: District, monkeypatch: pytest.MonkeyPatch, purposes: Any, told: str
) -> None:
    renamed(monkeypatch, purposes)
    refused = call("purposes")
    assert (refused.code, refused.out) == (1, "")
    assert told in " ".join(refused.err.split())


def test_the_list_counts_the_choices_that_are_for_each_purpose(district: District) -> None:
    ines, noah = district.student(INES), district.student(NOAH)
    before = on_file()
    call("student", "opt-out", noah, "--purpose", "yearbook")
    call("student", "opt-out", noah, "--purpose", "facebook")
    call("student", "opt-out", ines)
    now = on_file()
    count = {each["purpose"]: each for each in now["purposes"]}
    was = {each["purpose"]: each for each in before["purposes"]}
    more = {each: count[each]["opt_outs"] - was[each]["opt_outs"] for each in ("yearbook", "social media", "website")}
    assert more == {"yearbook": 1, "social media": 1, "website": 0}
    assert now["of_all"] == before["of_all"] + 1
    assert count["yearbook"]["consents"] == was["yearbook"]["consents"] == 1
    shown = call("purposes", "--on-file").out
    assert f"{now['of_all']} opt-out(s) from everything count for each purpose besides." in shown


# Who shares for a purpose

FOR_THE_OFFICE = {"board packet": {"synonyms": ["papers of the board"], "who": ["designee"]}}
REFUSED = "in this district only the records custodian or a designee may share for 'board packet': ask them"


def shared(*words: str, purpose: str = "board packet", kind: str = "publication", to: str = "public") -> Any:
    return call("share", GRADUATION, "--to", to, "--purpose", purpose, "--kind", kind, *words)


@pytest.mark.parametrize("purpose", ["board packet", "Papers of the Board"])
def test_a_publication_for_a_purpose_of_others_is_refused_and_says_whom_to_ask(
    district: District, monkeypatch: pytest.MonkeyPatch, purpose: str
) -> None:
    district.upload(GRADUATION)
    renamed(monkeypatch, FOR_THE_OFFICE)
    ended = shared(purpose=purpose)
    assert ended.code == 1
    assert REFUSED in " ".join(ended.text.split())
    for role in ("designee:dana", "custodian:records-office"):
        assert shared("--as", role, purpose=purpose).code == 0


def test_a_request_that_staff_pass_on_waits_for_the_custodian_whoever_shares_for_its_purpose(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(GRADUATION)
    renamed(monkeypatch, {"board packet": {"who": ["custodian"]}})
    told = shared("--json", kind="request", to="public:reporter").object()
    assert (told["outcome"], told["reasons"][0]["clause"]) == ("refer", "CUSTODIAN")
    assert shared("--as", "designee:dana", kind="request", to="public:reporter").code == 1


@pytest.mark.parametrize(
    "evidence", [{"emergency": {"threat": "a fire"}}, {"child_welfare": {"ground": "mandated_report"}}]
)
def test_neither_an_emergency_nor_a_mandated_report_asks_who_shares(evidence: dict[str, Any]) -> None:
    known = read_purposes({"board packet": {"who": ["custodian"]}})
    request = Share("", GRADUATION, "request", "board packet", Actor("designee", "dana"), Recipient("emergency"))
    with pytest.raises(InputError, match="only the records custodian may share"):
        with_listed_purpose(request, known)
    urgent = replace(request, evidence=evidence)
    assert with_listed_purpose(urgent, known) == urgent


def test_purposes_shows_who_shares_for_each(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    renamed(monkeypatch, FOR_THE_OFFICE)
    assert listed()["board packet"]["who"] == ["custodian", "designee"]
    assert listed()["website"]["who"] == []
    known = {each["purpose"]: each["shared_by"] for each in on_file()["purposes"]}
    assert known["board packet"] == "the records custodian or a designee"
    assert known["website"] == "everyone who may share"
    assert 'who = ["custodian", "designee"]' in call("purposes", "--toml").out


def test_who_shares_goes_with_a_purpose_that_has_another_name(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed(monkeypatch, {"social networks": {"was": ["social media"], "who": ["custodian"]}})
    district.upload(GRADUATION)
    for purpose in ("social media", "instagram", "social networks"):
        assert shared(purpose=purpose).code == 1


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"board packet": {"who": ["principal"]}}, "'principal', which is no role: media_staff, custodian, designee"),
        ({"board packet": {"who": []}}, "is empty: name a role, or leave it out for everyone"),
        ({"board packet": {"who": "custodian"}}, "the who of 'board packet' must be a list of words"),
        ({"yearbook": {"who": ["custodian"]}}, "leave its who out"),
    ],
)
def test_a_list_that_says_it_wrongly_is_refused(
    district: District, monkeypatch: pytest.MonkeyPatch, table: Any, told: str
) -> None:
    renamed(monkeypatch, table)
    ended = call("purposes")
    assert ended.code != 0
    assert told in " ".join(ended.text.split())


# What is the district's own


@pytest.mark.parametrize(
    ("purpose", "named"), [("website", "website"), ("yearbook", "yearbook"), ("tiktok", "social media")]
)
def test_somebody_from_outside_asks_for_nothing_that_is_the_districts_own(
    district: District, purpose: str, named: str
) -> None:
    district.upload(GRADUATION)
    came = ("--received", str(TODAY), "--channel", "email", *CUSTODIAN)
    asked = (
        shared(purpose=purpose, kind="request", to="public:reporter-3"),
        shared(*CUSTODIAN, purpose=purpose, kind="request", to="public:realtor-jones"),
        call("request", "add", GRADUATION, "--from", "public:reporter-3", "--purpose", purpose, *came),
    )
    for each in asked:
        assert each.code == 1
        assert f"'{named}' is the district's own {named}: ask what the recipient wants it for" in each.err
        assert "news, broadcast" in each.err
    assert shared(purpose=purpose).code == 0
    official = shared(*CUSTODIAN, "--json", purpose=purpose, kind="request", to="school_official:teacher-12")
    assert official.code in (0, 3, 4), official.text


def test_a_district_says_what_is_its_own_too(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(GRADUATION)
    renamed(monkeypatch, {"board packet": {"ours": True}, "internet pages": {"was": ["website"]}})
    assert listed()["board packet"]["ours"] is True
    for purpose in ("board packet", "internet pages"):
        refused = shared(purpose=purpose, kind="request", to="public:reporter-3")
        assert (refused.code, "is the district's own" in refused.err) == (1, True)
    with pytest.raises(ValueError, match="must be true or false"):
        read_purposes({"board packet": {"ours": "yes"}})
