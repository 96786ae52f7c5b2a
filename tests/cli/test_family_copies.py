"""A family asks for its own record and gets a copy: the copy goes out at once, and there is a way on to the whole."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from district import CALEB, CALEB_FATHER, HALLWAY, HANNAH, INES, TEAM, THERESA, District

from dam_plugin.cli import context
from dam_plugin.custodian.letter_words import day_in_words
from dam_plugin.store import SystemUser

CUSTODIAN, COUNSEL = ("--as", "custodian:records-office"), ("--as", "designee:counsel")
THERESA_MOTHER = "G-2031"
CHOIR, ELIJAH = "events/fall-concert/choir-recording.wav", "104284"
WHY = ("--why", "the family cannot see the others cheer")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, "1000", "ada")


def run_as(monkeypatch: pytest.MonkeyPatch, number: str, name: str) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser(number, name))


def mother(district: District) -> str:
    return f"parent:{district.guardian(THERESA_MOTHER)}"


def father(district: District) -> str:
    return f"parent:{district.guardian(CALEB_FATHER)}"


def asks(key: str, who: str) -> Any:
    return call("share", key, "--to", who, "--purpose", "inspection", *CUSTODIAN, "--json").object()


def says_not_enough(key: str, who: str, *more: str) -> Called:
    return call("queue", "not-enough", key, "--for", who, *WHY, *(more or CUSTODIAN), "--json")


def waiting() -> list[str]:
    return [each["id"] for each in call("queue", "list", "--json").objects()]


def test_the_copy_goes_out_and_the_answer_names_the_way_on(district: District) -> None:
    district.upload(TEAM)
    who = mother(district)
    ended = call("share", TEAM, "--to", who, "--purpose", "inspection", *CUSTODIAN)
    assert ended.code == 0
    assert f"dam-plugin queue not-enough {TEAM} --for {who} --why TEXT" in " ".join(ended.out.split())
    assert waiting() == []


def test_a_family_says_that_the_copy_is_not_enough_and_sees_the_whole_once_the_meaning_was_reviewed(
    district: District,
) -> None:
    district.upload(TEAM)
    who = mother(district)
    assert asks(TEAM, who)["outcome"] == "redact"
    referral = says_not_enough(TEAM, who).object()
    assert (referral["kind"], referral["missing"]) == ("inspection", ["COPY-REVIEW"])
    (needed,) = call("queue", "show", referral["id"], "--json").object()["needed"]
    assert (needed["clause"], needed["finding"]) == ("COPY-REVIEW", "meaning")
    again = asks(TEAM, who)
    assert (again["outcome"], again["token"] is None, waiting()) == ("redact", False, [referral["id"]])
    assert says_not_enough(TEAM, who).object()["id"] == referral["id"]

    found = call("queue", "finding", referral["id"], "meaning", "destroyed", *CUSTODIAN, "--json").object()
    answer = found["answer"]
    assert answer["outcome"] == "allow"
    assert answer["basis"][district.student(HANNAH)] == "EX2-MULTI"
    kinds = {each["id"]: each["kind"] for each in call("queue", "list", "--json").objects()}
    assert referral["id"] not in kinds
    assert set(kinds.values()) == {"offer"}


def test_a_copy_that_is_enough_settles_the_question(district: District) -> None:
    district.upload(TEAM)
    who = mother(district)
    asks(TEAM, who)
    referral = says_not_enough(TEAM, who).object()["id"]
    assert (
        call("queue", "finding", referral, "reviewed", *CUSTODIAN, "--json").object()["answer"]["outcome"] == "redact"
    )
    assert waiting() == [referral]
    found = call("queue", "finding", referral, "meaning", "preserved", *CUSTODIAN, "--json").object()
    assert (found["answer"]["outcome"], waiting()) == ("redact", [])
    assert "a custodian reviewed already" in says_not_enough(TEAM, who).err
    assert "not-enough" not in call("share", TEAM, "--to", who, "--purpose", "inspection", *CUSTODIAN).out


def test_where_the_copy_hides_most_of_the_picture_the_question_is_left_at_once(district: District) -> None:
    district.upload(TEAM)
    box = f"{district.student(HANNAH)}@0.1,0.1,0.6,0.6"
    assert call("tag", TEAM, "--person", box, *CUSTODIAN).code == 0
    told = asks(TEAM, mother(district))
    assert told["outcome"] == "redact"
    (referral,) = told["referrals"]
    assert (referral["kind"], referral["missing"]) == ("inspection", ["COPY-REVIEW"])
    assert told["more"].endswith(f"{referral['id']}, due on {referral['due']}.")
    shown = " ".join(call("share", TEAM, "--to", mother(district), "--purpose", "inspection", *CUSTODIAN).out.split())
    assert f"dam-plugin queue finding {referral['id']} meaning preserved|changed|destroyed" in shown
    assert waiting() == [referral["id"]]


def test_on_a_discipline_recording_the_meaning_takes_two_people(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(HALLWAY)
    who = father(district)
    assert asks(HALLWAY, who)["outcome"] == "redact"
    referral = says_not_enough(HALLWAY, who).object()["id"]
    stated = call("queue", "finding", referral, "meaning", "destroyed", *CUSTODIAN, "--json").object()
    assert stated["state"] == "pending"
    assert asks(HALLWAY, who)["outcome"] == "redact"
    run_as(monkeypatch, "1001", "ben")
    done = call("queue", "approve", stated["finding"], *COUNSEL, "--json").object()
    assert (done["answer"]["outcome"], done["answer"]["basis"][district.student(CALEB)]) == ("allow", "EX2")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--for", "parent:somebody", *WHY, *CUSTODIAN), "got no copy of their own record"),
        (("--for", "public", *WHY, *CUSTODIAN), "got no copy of their own record"),
        (("--for", "MOTHER", *WHY), "add --as custodian:NAME"),
        (("--for", "MOTHER", "--why", " ", *CUSTODIAN), "say what the family says is missing"),
    ],
)
def test_who_got_no_copy_has_no_question_about_one(district: District, words: tuple[str, ...], told: str) -> None:
    district.upload(TEAM)
    who = mother(district)
    asks(TEAM, who)
    asks(TEAM, "public")
    ended = call("queue", "not-enough", TEAM, *(who if each == "MOTHER" else each for each in words))
    assert ended.code == 1
    assert told in ended.err
    assert waiting() == []


# The request that the copy answered


def entered(who: str, day: date) -> str:
    came = ("--received", f"{day}", "--channel", "letter")
    added = call("request", "add", TEAM, "--from", who, "--purpose", "inspection", *came, "--json")
    assert added.code == 0, added.text
    return str(added.object()["id"])


def got_a_copy(request: str, who: str) -> None:
    told = call("share", TEAM, "--to", who, "--purpose", "inspection", "--request", request, *CUSTODIAN)
    assert told.code == 0, told.text


def shown(request: str) -> Any:
    return call("request", "show", request, "--json").object()


def close(request: str, outcome: str = "partly") -> Called:
    return call("request", "close", request, "--outcome", outcome, "--why", "it went out", *CUSTODIAN)


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_who_says_that_the_copy_is_not_enough_keeps_the_day_of_the_request(district: District, closed: bool) -> None:
    """34 CFR 99.10(b): 45 days after the request, and no new ones after a copy that does not answer it."""
    district.upload(TEAM)
    who, came = mother(district), TODAY - timedelta(days=30)
    request = entered(who, came)
    got_a_copy(request, who)
    if closed:
        assert close(request).code == 0
    referral = says_not_enough(TEAM, who).object()
    due = f"{came + timedelta(days=45)}"
    assert referral["due"] == due
    status = shown(request)
    assert (status["state"], [each["referral"] for each in status["answers"]]) == ("open", [referral["id"]])
    assert {each["due"] for each in status["clocks"] if each["clock"] == "inspection" and not each["stopped"]} == {due}
    refused = close(request)
    assert (refused.code, f"{referral['id']} of {request} waits in the queue" in refused.err) == (1, True)
    assert f"Came {came}, in the queue since {TODAY}, due {due}" in call("queue", "show", referral["id"]).out
    letter = call("letter", "write", "acknowledgement", "--referral", referral["id"], *CUSTODIAN).out
    assert day_in_words(came, "en") in " ".join(letter.split())
    found = call("queue", "finding", referral["id"], "meaning", "destroyed", *CUSTODIAN, "--json").object()
    assert found["answer"]["outcome"] == "allow"
    assert close(request, "granted").code == 0
    assert call("ledger", "verify").code == 0


def test_a_copy_that_answered_no_request_counts_from_the_day_on_which_it_went_out(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    asks(TEAM, who := mother(district))
    on_day(monkeypatch, 30)
    assert says_not_enough(TEAM, who).object()["due"] == f"{TODAY + timedelta(days=45)}"


def test_a_request_that_was_withdrawn_is_not_opened_again(district: District) -> None:
    district.upload(TEAM)
    request = entered(who := mother(district), TODAY)
    got_a_copy(request, who)
    assert call("request", "withdraw", request, "--why", "she called", *CUSTODIAN).code == 0
    assert says_not_enough(TEAM, who).code == 0
    assert shown(request)["state"] == "withdrawn"


# What goes to a family whole is for inspection


def wants(key: str, who: str, purpose: str) -> dict[str, Any]:
    told: dict[str, Any] = call("share", key, "--to", who, "--purpose", purpose, *CUSTODIAN, "--json").object()
    return told


@pytest.mark.parametrize("purpose", ["news", "social media", "personal use", "insurance claim"])
def test_a_family_that_would_pass_on_the_others_is_told_that_it_may_inspect_them(
    district: District, purpose: str
) -> None:
    district.upload(TEAM)
    assert call("custodian", "meaning", TEAM, "destroyed", *WHY, *CUSTODIAN).code == 0
    told = wants(TEAM, mother(district), purpose)
    assert (told["outcome"], told["token"]) == ("refer", None)
    (why,) = told["reasons"]
    assert (why["clause"], why["students"]) == ("INSPECTED-ONLY", [district.student(HANNAH)])
    assert [each["kind"] for each in call("queue", "list", "--json").objects()] == ["inspection"]

    inspects = wants(TEAM, mother(district), "inspection")
    assert (inspects["outcome"], inspects["basis"][district.student(HANNAH)]) == ("allow", "EX2-MULTI")


@pytest.mark.parametrize("purpose", ["parent review", "discipline", "lawsuit", "court order"])
def test_for_their_child_a_family_has_the_whole(district: District, purpose: str) -> None:
    district.upload(TEAM)
    assert call("custodian", "meaning", TEAM, "destroyed", *WHY, *CUSTODIAN).code == 0
    assert wants(TEAM, mother(district), purpose)["outcome"] == "allow"


def test_the_copy_of_their_own_child_goes_out_for_any_purpose(district: District) -> None:
    district.upload(TEAM)
    told = wants(TEAM, mother(district), "news")
    assert (told["outcome"], told["redact"]) == ("redact", [district.student(HANNAH)])


def test_a_district_that_calls_inspection_otherwise_lets_its_families_inspect(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_PURPOSES", '{"seeing records": {"was": ["inspection"]}}')
    district.upload(TEAM)
    assert call("custodian", "meaning", TEAM, "destroyed", *WHY, *CUSTODIAN).code == 0
    assert wants(TEAM, mother(district), "seeing records")["outcome"] == "allow"
    assert wants(TEAM, mother(district), "news")["outcome"] == "refer"


# The meaning, before anybody asks


def test_the_custodian_states_the_meaning_before_anybody_asks(district: District) -> None:
    district.upload(TEAM)
    said = call("custodian", "meaning", TEAM, "destroyed", *WHY, *CUSTODIAN, "--json").object()
    assert (said["waits"], said["meaning"]) == (False, "destroyed")
    told = asks(TEAM, mother(district))
    assert (told["outcome"], told["basis"][district.student(INES)]) == ("allow", "EX4")
    assert told["basis"][district.student(THERESA)] == "EX2"
    assert told["basis"][district.student(HANNAH)] == "EX2-MULTI"


def test_the_meaning_of_a_discipline_recording_is_stated_by_two(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(HALLWAY)
    words = ("custodian", "meaning", HALLWAY, "destroyed", *WHY)
    assert "It takes two people" in call(*words, *CUSTODIAN).out
    assert asks(HALLWAY, father(district))["outcome"] == "redact"
    assert "takes two people, and you said yes already" in call(*words, *COUNSEL).err
    run_as(monkeypatch, "1001", "ben")
    other = call("custodian", "meaning", HALLWAY, "preserved", *WHY, *COUNSEL)
    assert "It takes two people" in other.out
    run_as(monkeypatch, "1002", "cy")
    assert "It takes two people" in call(*words, "--as", "designee:principal").out
    run_as(monkeypatch, "1001", "ben")
    assert call(*words, *COUNSEL, "--json").object()["meaning"] == "destroyed"
    assert asks(HALLWAY, father(district))["outcome"] == "allow"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("lost", *WHY, *CUSTODIAN), "the meaning is one of preserved, changed, destroyed"),
        (("destroyed", "--why", " ", *CUSTODIAN), "say what you saw"),
        (("destroyed", *WHY), "add --as custodian:NAME"),
    ],
)
def test_what_cannot_be_said_of_the_meaning_is_refused(district: District, words: tuple[str, ...], told: str) -> None:
    district.upload(TEAM)
    ended = call("custodian", "meaning", TEAM, *words)
    assert (ended.code, told in ended.err) == (1, True)


def test_where_the_copy_takes_out_most_of_the_sound_the_question_is_left_at_once(district: District) -> None:
    district.upload(CHOIR)
    elijah, hannah = district.student(ELIJAH), district.student(HANNAH)
    who = f"parent:{district.guardian('G-2841')}"
    persons = ("--person", f"{elijah}@0-1", "--person", f"{hannah}@0-1")
    assert call("tag", CHOIR, *persons, "--prominence", "focus", "--unidentified", "0", *CUSTODIAN).code == 0
    told = asks(CHOIR, who)
    assert (told["outcome"], told["redact"]) == ("redact", [hannah])
    assert [each["missing"] for each in told["referrals"]] == [["COPY-REVIEW"]]
    assert any(each.endswith("most of what was to be heard is gone") for each in told["facts"])
