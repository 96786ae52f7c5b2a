"""What the law-enforcement unit records is no education record until the school uses it (34 CFR 99.8; RSMo 610.100)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import Called, call
from district import CALEB, GRADUATION, PORTRAIT, TEAM, District
from use_cases import kept, ledger_holds
from yearbook_exports import put_candid

from dam_plugin.cli import context
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.store import SystemUser

ADA = ("--as", "custodian:ada")
MADE = ("--created-by", "the body camera of officer 12")
FOR_LAW = ("--for-law-enforcement", "inquiry into an assault")
KEPT = ("--kept-by", "the unit's evidence clerk")
WHY = ("--why", "uploaded by mistake on Monday; nobody of the school has it")
OFFICIAL = "legitimate_interest: true\nrecords_authorized: true\n"
ORDER = "order: {kind: judicial_order, verified: true, issued_by: the circuit court, notice_required: true}\n"


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))


def said(key: str, *parts: tuple[str, ...]) -> Called:
    return call("custodian", "unit-record", key, *(word for part in parts for word in part), *ADA)


@pytest.fixture
def camera(district: District) -> str:
    """A recording that is the unit's; the student in it."""
    district.upload(PORTRAIT)
    ended = said(PORTRAIT, MADE, FOR_LAW, KEPT, WHY)
    assert ended.code == 0, ended.text
    return min(kept(district.services, PORTRAIT).tagging.students)


def asks(to: str, purpose: str, evidence: str = "", by: tuple[str, ...] = ADA) -> Any:
    Path("evidence.yaml").write_text(evidence, "utf-8")
    more = ("--evidence", "evidence.yaml") if evidence else ()
    return call("share", PORTRAIT, "--to", to, "--purpose", purpose, *more, *by, "--json").object()


def guardian(student: str) -> str:
    return str(call("student", "show", student, "--json").object()["guardians"][0])


def clauses(told: Any) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


@pytest.mark.parametrize(
    ("to", "purpose", "evidence"),
    [
        ("public:reporter-7", "news", ""),
        ("parent", "inspection", ""),
        ("school_official:principal", "discipline", OFFICIAL),
        ("court:circuit", "legal request", ORDER),
        ("law_enforcement:sheriff", "legal request", ""),
        ("other_school:lincoln-high", "transfer", ""),
    ],
    ids=["the public", "the student's parent", "a school official", "a court", "police", "another school"],
)
def test_whoever_asks_is_sent_to_the_unit_and_gets_nothing_here(
    district: District, camera: str, to: str, purpose: str, evidence: str
) -> None:
    told = asks(f"parent:{guardian(camera)}" if to == "parent" else to, purpose, evidence)
    assert (told["outcome"], told["token"], clauses(told)) == ("refer", None, ["UNIT-RECORD"])
    assert "RSMo 610.100" in told["reasons"][0]["text"]
    assert told["outside"] == [
        {
            "text": "This is a record of the law-enforcement unit. Please ask the records custodian of the unit for it.",
            "provision": "34 CFR 99.8; RSMo 610.100",
        }
    ]
    (referral,) = told["referrals"]
    assert call("queue", "close", referral["id"], "--why", "sent to the unit's clerk", *ADA).code == 0
    assert ledger_holds(district.services)


def test_it_is_not_published_and_a_link_from_before_opens_nothing(district: District) -> None:
    district.upload(TEAM)
    token = call("share", TEAM, "--to", "public:reporter-7", "--purpose", "news", *ADA, "--json").object()["token"]
    assert said(TEAM, MADE, FOR_LAW, KEPT, WHY).code == 0
    assert call("open", token).code != 0
    published = call("share", TEAM, "--to", "public", "--purpose", "website", "--kind", "publication", *ADA, "--json")
    assert published.object()["outcome"] in ("deny", "refer")


@pytest.mark.parametrize("left_out", [MADE, FOR_LAW, KEPT, WHY], ids=lambda each: each[0])
@pytest.mark.parametrize("blank", [True, False])
def test_all_three_are_asked_and_why(district: District, left_out: tuple[str, ...], blank: bool) -> None:
    district.upload(PORTRAIT)
    parts = [each for each in (MADE, FOR_LAW, KEPT, WHY) if each != left_out]
    refused = said(PORTRAIT, *parts, *([(left_out[0], " ")] if blank else []))
    assert (refused.code != 0, left_out[0] in refused.err) == (True, True)
    assert asks("public:reporter-7", "news")["outcome"] != "error"
    assert "UNIT-RECORD" not in clauses(asks("public:reporter-7", "news"))


def test_only_the_custodian_says_so(district: District) -> None:
    district.upload(PORTRAIT)
    refused = call("custodian", "unit-record", PORTRAIT, *MADE, *FOR_LAW, *KEPT, *WHY)
    assert (refused.code, "only the records custodian" in refused.err) == (1, True)


def test_what_the_school_uses_is_an_education_record(district: District) -> None:
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    assert call("tag", PORTRAIT, "--official", f"discipline:{student}", *ADA).code == 0
    refused = said(PORTRAIT, MADE, FOR_LAW, KEPT, WHY)
    assert (refused.code, "is an education record, whoever made it (34 CFR 99.8(b)(2))" in refused.err) == (1, True)


USED = "an office of the school besides the unit keeps and uses"


def test_what_the_district_has_published_is_an_education_record(district: District) -> None:
    district.upload(GRADUATION)
    asked = ("--to", "public", "--purpose", "website", "--kind", "publication", "--as", "media_staff:desk", "--json")
    assert call("share", GRADUATION, *asked).object()["outcome"] in ("allow", "redact")
    refused = said(GRADUATION, MADE, FOR_LAW, KEPT, WHY)
    assert (refused.code, USED in refused.err) == (1, True)
    assert "UNIT-RECORD" not in clauses(call("share", GRADUATION, *asked).object())
    # A copy under another key is the same picture.
    district.upload("inbox/copy.jpg", (sample_folder() / GRADUATION).read_bytes())
    copied = said("inbox/copy.jpg", MADE, FOR_LAW, KEPT, WHY)
    assert (copied.code, USED in copied.err) == (1, True)


def test_what_was_put_into_a_yearbook_is_an_education_record(district: District) -> None:
    put_candid(district, "events/dance/alone.jpg", CALEB)
    made = ("--out", "SET.zip", "--redact", "allow", "--size", "80x100", "--to", "heron-press")
    assert call("export", "yearbook", *made).code == 0
    refused = said("events/dance/alone.jpg", MADE, FOR_LAW, KEPT, WHY)
    assert (refused.code, USED in refused.err) == (1, True)


def test_what_a_school_official_was_given_is_an_education_record(district: District) -> None:
    district.upload(PORTRAIT)
    assert asks("school_official:principal", "discipline", OFFICIAL)["outcome"] == "allow"
    refused = said(PORTRAIT, MADE, FOR_LAW, KEPT, WHY)
    assert (refused.code, "is an education record" in refused.err) == (1, True)


def test_a_use_for_discipline_makes_it_an_education_record_again(district: District, camera: str) -> None:
    parent = f"parent:{guardian(camera)}"
    assert clauses(asks(parent, "inspection")) == ["UNIT-RECORD"]
    assert (
        call("queue", "close", call("queue", "list", "--json").objects()[0]["id"], "--why", "sent on", *ADA).code == 0
    )
    tagged = call("tag", PORTRAIT, "--official", f"discipline:{camera}", *ADA)
    assert tagged.code == 0, tagged.text
    told = asks(parent, "inspection")
    assert (told["outcome"], clauses(told)) == ("allow", ["EX2"])


def test_an_emergency_is_not_held_up(district: District, camera: str) -> None:
    given = call(
        "break-glass", PORTRAIT, "--to", "emergency:hospital", "--threat", "the child is missing", *ADA, "--json"
    )
    assert given.object()["outcome"] == "allow"


def test_nothing_of_it_is_handed_over_by_hand_on_an_exception(district: District, camera: str) -> None:
    parent = f"parent:{guardian(camera)}"
    (referral,) = asks(parent, "inspection")["referrals"]
    words = ("--disclosed-to", parent, "--basis", "EX2", "--students", camera, "--why", "she came by")
    refused = call("queue", "close", referral["id"], *words, *ADA)
    assert (refused.code, "records custodian of the unit (RSMo 610.100)" in refused.err) == (1, True)


def test_what_is_somebody_else_s_is_not_the_units_and_the_other_way_round(district: District, camera: str) -> None:
    other = ("--created-by", "a parent", "--kept-by", "the club", "--not-for-us", "--why", "in passing")
    refused = call("custodian", "not-ours", PORTRAIT, *other, *ADA)
    assert (refused.code, "record of a law-enforcement unit" in refused.err) == (1, True)


def test_two_people_end_it(district: District, camera: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("custodian", "reopen", PORTRAIT, "--confidential", "--why", "it is the yearbook's own picture")
    assert "It takes two people" in call(*words, *ADA).out
    assert clauses(asks("public:reporter-7", "news")) == ["UNIT-RECORD"]
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    assert call(*words, "--as", "designee:ben").code == 0
    assert "UNIT-RECORD" not in clauses(asks("public:reporter-8", "news"))
