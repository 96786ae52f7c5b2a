"""A report to the Children's Division: who answers it, with what, for how long, and who reads of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import claimed
from district import HALLWAY, SCIENCE_LAB, TEAM, District
from use_cases import Voice, kept, ledger_holds, with_voice

from dam_plugin.cli import context
from dam_plugin.sharing.file_referral import due_on
from dam_plugin.store import SystemUser

AS = ("--as", "custodian:records-office")
TRUE = {"report": "2026-117", "confirmed_by": "the hotline, called back at its number on file"}
DIVISION = "childrens_division:worker-3"
# As soon as the review of an emergency, before a public request.
URGENT = due_on("review", TODAY, ()).isoformat()


@pytest.fixture
def student(district: District) -> str:
    """A discipline recording; a student in it."""
    district.upload(HALLWAY)
    return min(kept(district.services, HALLWAY).tagging.students)


def asked(stated: dict[str, Any], *more: str, role: tuple[str, ...] = AS, key: str = HALLWAY) -> Called:
    Path("report.json").write_text(json.dumps({"child_welfare": {"ground": "mandated_report", **stated}}), "utf-8")
    words = ("--to", DIVISION, "--purpose", "safety", "--evidence", "report.json")
    return call("share", key, *words, *role, "--json", *more)


@pytest.mark.parametrize(
    "stated",
    [TRUE, {"reported_on": str(TODAY), "confirmed_by": "the principal, who knows the worker"}],
    ids=["its number", "its day"],
)
@pytest.mark.parametrize("role", ["custodian:records-office", "designee:principal"])
def test_a_verified_report_gets_it_for_72_hours(
    district: District, student: str, stated: dict[str, Any], role: str
) -> None:
    made = asked(stated, role=("--as", role))
    assert (made.code, made.object()["reasons"][0]["clause"]) == (0, "EX8")
    (link,) = call("links", "--sealed", *AS, "--json").objects()
    with district.services.store.reading() as unit:
        (kept_link,) = unit.shares.links(open_only=False)
    assert kept_link.id == link["link"]
    assert kept_link.expires_at - kept_link.created_at == timedelta(hours=72)
    assert call("open", made.object()["token"]).code == 0


@pytest.mark.parametrize(
    ("stated", "role"),
    [
        (TRUE, "media_staff:desk"),
        ({}, "custodian:records-office"),
        ({"report": "2026-117"}, "custodian:records-office"),
        ({"confirmed_by": "the hotline"}, "custodian:records-office"),
        ({"reported_on": str(TODAY + timedelta(days=1)), "confirmed_by": "the hotline"}, "custodian:records-office"),
    ],
    ids=["media staff", "bare", "nobody called back", "no report", "a day to come"],
)
def test_what_a_caller_says_waits_for_the_custodian_as_urgent(
    district: District, student: str, stated: dict[str, Any], role: str
) -> None:
    made = asked(stated, role=("--as", role))
    assert made.code in (3, 4)
    answer = made.object()
    assert answer["token"] is None
    assert any("`confirmed_by`" in each for each in answer["why_not"])
    (waits,) = call("queue", "list", "--sealed", *AS, "--json").objects()
    assert (waits["to"], waits["due"]) == (DIVISION, URGENT)
    assert waits["due"] < due_on("sunshine", TODAY, ()).isoformat()
    assert call("queue", "list", "--json").objects() == []
    # The custodian who has verified it answers what waits.
    assert asked(TRUE).code == 0
    left = call("queue", "list", "--sealed", *AS, "--json").objects()
    assert [each["kind"] for each in left] == ["review"]


def test_a_claim_waits_for_the_custodian_even_where_others_would_get_a_copy(district: District) -> None:
    district.upload(TEAM)
    made = asked({}, key=TEAM)
    assert made.object()["outcome"] == "redact"
    (waits,) = call("queue", "list", "--sealed", *AS, "--json").objects()
    assert waits["to"] == DIVISION


@pytest.mark.parametrize("kind", ["acknowledgement", "subpoena-notice"])
def test_a_refused_letter_does_not_tell_a_report_from_an_order(district: District, kind: str) -> None:
    district.upload(HALLWAY)
    district.upload(SCIENCE_LAB)
    report = asked({}).object()["referrals"][0]["id"]
    order = claimed(role=("--as", "media_staff:desk")).object()["referrals"][0]["id"]

    def said(referral: str) -> str:
        ended = call("letter", "write", kind, "--referral", referral, "--student", "S-X", *AS)
        assert ended.code == 1, ended.text
        return ended.err.replace(referral, "rf-…")

    assert said(report) == said(order)
    assert "rf-… is sealed, so no letter is kept here" in said(report)
    assert not any(each in said(report) for each in (" order", "report", "Division"))


def test_no_page_of_the_family_tells_of_it_and_the_custodian_lifts_that(district: District, student: str) -> None:
    before = (
        call("ledger", "student", student, "--json").out
        + call("ledger", "show", "--as", "custodian:records-office", "--json").out
    )
    review = asked(TRUE).object()["referrals"][0]["id"]
    assert (
        call("ledger", "student", student, "--json").out
        + call("ledger", "show", "--as", "custodian:records-office", "--json").out
        == before
    )
    *_, line = call("ledger", "student", student, "--sealed", *AS, "--json").objects()
    assert (line["who"], line["required"], "RSMo 210.150" in line["remark"]) == (DIVISION, True, True)
    assert call("queue", "lift", review, "--why", "counsel says so", "--as", "media_staff:desk").code == 1
    assert call("queue", "lift", review, "--why", "counsel says so", *AS).code == 0
    lines = call("ledger", "student", student, "--json").objects()
    assert [(each["who"], each["outcome"]) for each in lines if each["what"] == "asked"] == [(DIVISION, "allow")]
    assert "RSMo 210.115" in page_of(student), "the ground of a report is told once counsel has the seal lifted"
    assert call("queue", "lift", review, "--why", "again", *AS).code == 1
    assert ledger_holds(district.services)


IN_CARE = {"placement": "25JU-JV00117", "confirmed_by": "the county office, called back at its number on file"}


def in_care(student: str, stated: dict[str, Any], role: str = "custodian:records-office") -> dict[str, Any]:
    """The answer to the Division, which says that it is responsible for a student."""
    welfare = {"child_welfare": {"ground": "legal_responsibility", "students": [student], **stated}}
    Path("care.json").write_text(json.dumps(welfare), "utf-8")
    words = ("--to", DIVISION, "--purpose", "safety", "--evidence", "care.json", "--as", role, "--json")
    answer: dict[str, Any] = call("share", HALLWAY, *words).object()
    return answer


def page_of(student: str, language: str = "en") -> str:
    """What the family reads on the page of the student's record."""
    assert call("ledger", "student", student, "--page", "record.html", "--language", language, *AS).code == 0
    return Path("record.html").read_text("utf-8")


def grounds(answer: dict[str, Any]) -> set[str]:
    return {*answer["basis"].values()}


@pytest.mark.parametrize("role", ["custodian:records-office", "designee:principal"])
def test_legal_responsibility_that_was_verified_is_answered_and_on_the_record(
    district: District, student: str, role: str
) -> None:
    answer = in_care(student, IN_CARE, role)
    assert "EX8" in grounds(answer), answer
    assert not any("placement" in each for each in answer["why_not"])
    assert DIVISION in call("ledger", "student", student, "--json").out
    for language in ("en", "es"):
        page = page_of(student, language)
        assert ("20 U.S.C. 1232g(b)(1)(L)" in page, "210.115" in page) == (True, False)
    assert call("queue", "list", "--sealed", *AS, "--json").objects() == []


@pytest.mark.parametrize(
    ("stated", "role"),
    [
        ({}, "custodian:records-office"),
        ({"confirmed_by": IN_CARE["confirmed_by"]}, "custodian:records-office"),
        ({"placement": IN_CARE["placement"]}, "custodian:records-office"),
        ({"report": "2026-117", "confirmed_by": IN_CARE["confirmed_by"]}, "custodian:records-office"),
        (IN_CARE, "media_staff:desk"),
    ],
    ids=["a caller's word", "no paper", "nobody called back", "a report's number", "media staff"],
)
def test_legal_responsibility_that_nobody_verified_releases_nothing_and_waits(
    district: District, student: str, stated: dict[str, str], role: str
) -> None:
    answer = in_care(student, stated, role)
    assert (answer["token"], "EX8" in grounds(answer)) == (None, False)
    assert any("`placement`" in each and "34 CFR 99.31(c)" in each for each in answer["why_not"])
    assert call("queue", "list", "--json").objects() == []
    (waits,) = call("queue", "list", "--sealed", *AS, "--json").objects()
    assert (waits["to"], waits["due"]) == (DIVISION, URGENT)
    assert "EX8" in grounds(in_care(student, IN_CARE))
    assert call("queue", "list", "--sealed", *AS, "--json").objects() == []


MANDATED = {"child_welfare": {"ground": "mandated_report", **TRUE}}
MEDIA_STAFF = ("--as", "media_staff:desk")
# Everywhere where others than the custodian read.
OPEN_PAGES = (
    ("ledger", "show", "--as", "custodian:records-office", "--json"),
    ("ledger", "export"),
    ("queue", "list", "--all", "--json"),
    ("request", "list", "--json"),
    ("letter", "list", "--json"),
    ("links", "--json"),
)


def care_of(student: str) -> dict[str, Any]:
    return {"child_welfare": {"ground": "legal_responsibility", "students": [student], **IN_CARE}}


def asks(key: str, evidence: dict[str, Any] | None, *role: str, more: tuple[str, ...] = ()) -> Called:
    if evidence is not None:
        Path("stated.json").write_text(json.dumps(evidence), "utf-8")
        more = (*more, "--evidence", "stated.json")
    return call("share", key, "--to", DIVISION, "--purpose", "safety", *more, *role, "--json")


def waiting() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call("queue", "list", "--sealed", *AS, "--json").objects()
    return found


def finds(referral: str, evidence: dict[str, Any], *more: str) -> Called:
    Path("found.json").write_text(json.dumps(evidence), "utf-8")
    return call("queue", "finding", referral, "evidence", "--evidence", "found.json", *more, *AS, "--json")


def recorded(student: str) -> list[tuple[str | None, bool]]:
    """What the family reads of the Division's requests: the outcome, and whether the law asks for the line."""
    lines = call("ledger", "student", student, "--json").objects()
    return [
        (each["outcome"], each["required"]) for each in lines if each["who"] == DIVISION and each["what"] == "asked"
    ]


@pytest.fixture
def member(district: District) -> str:
    """A team's picture, which one person may release; a student in it."""
    district.upload(TEAM)
    return max(kept(district.services, TEAM).tagging.students)


@pytest.mark.parametrize("said", ["nothing", "a report", "responsibility"])
def test_what_the_division_asks_is_sealed_and_urgent_until_the_custodian_knows_better(
    district: District, member: str, said: str
) -> None:
    pages = (*OPEN_PAGES, ("ledger", "student", member, "--json"))
    before = [call(*each).out for each in pages]
    answer = asks(TEAM, {"nothing": None, "a report": MANDATED, "responsibility": care_of(member)}[said], *MEDIA_STAFF)
    assert (answer.code, answer.object()["token"]) == (4, None)
    (waits,) = waiting()
    assert (waits["to"], waits["due"]) == (DIVISION, URGENT)
    assert [call(*each).out for each in pages] == before
    (why_not,) = answer.object()["why_not"]
    asked_for = {
        "nothing": "has not said on which ground",
        "a report": "`reported_on`",
        "responsibility": "`placement`",
    }
    assert asked_for[said] in why_not
    # Seen again by the custodian, and nothing better is known.
    assert call("queue", "finding", waits["id"], "attorney", *AS).code == 0
    assert [call(*each).out for each in pages] == before


@pytest.mark.parametrize("said", ["nothing", "a report", "responsibility"])
@pytest.mark.parametrize("how", ["as a finding", "as an order of which families are told"])
def test_what_the_custodian_verifies_is_on_the_family_s_record_with_all_that_was_asked(
    district: District, member: str, said: str, how: str
) -> None:
    asks(TEAM, {"nothing": None, "a report": MANDATED, "responsibility": care_of(member)}[said], *MEDIA_STAFF)
    (waits,) = waiting()
    order = {"order": {"kind": "judicial_order", "verified": True, "notice_required": True}}
    answer = finds(waits["id"], care_of(member) if how == "as a finding" else order).object()["answer"]
    assert ("EX8" in answer["basis"].values()) == (how == "as a finding")
    assert waiting() == []
    assert [each["id"] for each in call("queue", "list", "--all", "--json").objects()] == [waits["id"]]
    assert recorded(member)[0] == ("refer", True)
    assert recorded(member)[1][1] == (how == "as a finding")
    # The sealed book keeps what it has, and both chains hold.
    assert ledger_holds(district.services)
    assert "show this line to nobody" in call("ledger", "student", member, "--sealed", *AS, "--json").out


def test_a_share_of_the_custodian_opens_and_settles_what_was_asked_without_a_report(
    district: District, member: str
) -> None:
    asks(TEAM, None, *MEDIA_STAFF)
    assert "EX8" in asks(TEAM, care_of(member), *AS).object()["basis"].values()
    assert waiting() == []
    assert sorted(recorded(member)) == [("redact", True), ("refer", True)]


def test_what_was_said_to_be_a_report_waits_on_beside_an_answer_on_another_ground(
    district: District, member: str
) -> None:
    asks(TEAM, MANDATED, *MEDIA_STAFF)
    asks(TEAM, care_of(member), *AS)
    assert len(waiting()) == 1
    assert recorded(member) == [("redact", True)]


def test_what_was_released_for_a_report_stays_sealed_where_a_later_request_is_none(
    district: District, member: str
) -> None:
    assert asks(TEAM, MANDATED, *AS).object()["reasons"][0]["clause"] == "EX8"
    (review,) = waiting()
    asks(TEAM, None, *MEDIA_STAFF)
    (later,) = [each for each in waiting() if each["id"] != review["id"]]
    assert "EX8" in finds(later["id"], care_of(member)).object()["answer"]["basis"].values()
    assert [each["id"] for each in waiting()] == [review["id"]]
    assert recorded(member) == [("refer", True), ("redact", True)]


def test_two_people_open_what_shows_discipline(
    district: District, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks(HALLWAY, None, *MEDIA_STAFF)
    (waits,) = waiting()
    stated = finds(waits["id"], care_of(student)).object()
    assert (stated["state"], recorded(student)) == ("pending", [])
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    call("queue", "approve", stated["finding"], "--as", "designee:principal")
    assert recorded(student)[0] == ("refer", True)
    assert waiting() == []


def test_a_report_that_the_custodian_answers_stays_sealed(district: District, member: str) -> None:
    asks(TEAM, None, *MEDIA_STAFF)
    assert asks(TEAM, MANDATED, *AS).object()["reasons"][0]["clause"] == "EX8"
    assert [each["kind"] for each in waiting()] == ["review"]
    assert recorded(member) == []


def test_what_was_lifted_is_decided_again_in_the_open_and_asked_again_is_sealed(
    district: District, member: str
) -> None:
    asks(TEAM, None, *MEDIA_STAFF)
    (waits,) = waiting()
    assert call("queue", "lift", waits["id"], "--why", "counsel says so", *AS).code == 0
    call("queue", "finding", waits["id"], "reviewed", *AS)
    assert (waiting(), len(recorded(member))) == ([], 2)
    asks(TEAM, None, *MEDIA_STAFF)
    assert (len(waiting()), len(recorded(member))) == (1, 2)


@pytest.mark.parametrize("how", ["by a share", "by a finding"])
@pytest.mark.parametrize("listed", ["somebody else", "nobody"])
def test_a_paper_that_names_nobody_of_this_recording_opens_nothing(
    district: District, member: str, how: str, listed: str
) -> None:
    students = kept(district.services, TEAM).tagging.students
    with district.services.store.reading() as unit:
        elsewhere = min(each.id for each in unit.people.stream() if each.id not in students)
    pages = (*OPEN_PAGES, ("ledger", "student", member, "--json"), ("ledger", "student", elsewhere, "--json"))
    before = [call(*each).out for each in pages]
    asks(TEAM, None, *MEDIA_STAFF)
    (waits,) = waiting()
    paper = care_of(elsewhere)
    paper["child_welfare"]["students"] = [elsewhere] if listed == "somebody else" else []
    stated = asks(TEAM, paper, *AS) if how == "by a share" else finds(waits["id"], paper)
    answer = stated.object() if how == "by a share" else stated.object()["answer"]
    assert "EX8" not in grounds(answer)
    assert any("names nobody who is known to be in this recording" in each for each in answer["why_not"])
    assert [(each["id"], each["due"]) for each in waiting()] == [(waits["id"], URGENT)]
    assert [call(*each).out for each in pages] == before
    # The paper of a student in it opens all.
    assert "EX8" in grounds(asks(TEAM, care_of(member), *AS).object())
    assert (waiting(), sorted(recorded(member))) == ([], [("redact", True), ("refer", True)])


def test_a_placement_is_on_the_records_of_the_listed_students_alone(district: District, member: str) -> None:
    others = sorted(kept(district.services, TEAM).tagging.students - {member})
    before = [call("ledger", "student", each, "--json").out for each in others]
    asks(TEAM, None, *MEDIA_STAFF)
    (waits,) = waiting()
    answer = finds(waits["id"], care_of(member)).object()["answer"]
    assert set(answer["redact"]) & set(others)
    asks(TEAM, care_of(member), *AS)
    assert sorted(recorded(member)) == [("redact", True), ("redact", True), ("refer", True)]
    assert [call("ledger", "student", each, "--json").out for each in others] == before
    assert ledger_holds(district.services)


CAME = ("--received", str(TODAY), "--channel", "telephone", "--purpose", "safety")


def entered(member: str, *more: str) -> str:
    """The number of a request of the Division in the register."""
    added = call("request", "add", TEAM, "--from", DIVISION, *CAME, "--student", member, *more, *MEDIA_STAFF, "--json")
    number: str = added.object()["id"]
    return number


def registered(number: str) -> bool:
    """Whether everybody sees a request of the register."""
    return number in call("request", "list", "--all", "--json").out


@pytest.mark.parametrize("said", [None, MANDATED], ids=["no ground", "a report"])
def test_a_request_of_the_register_is_sealed_and_answered_as_one(
    district: District, member: str, said: dict[str, Any] | None
) -> None:
    pages = (*OPEN_PAGES, ("ledger", "student", member, "--json"), ("request", "list", "--all", "--json"))
    before = [call(*each).out for each in pages]
    number = entered(member)
    assert call("request", "show", number).code == 1
    shown = call("request", "show", number, "--sealed", *AS, "--json").object()
    assert URGENT in json.dumps(shown["clocks"])
    asks(TEAM, said, *MEDIA_STAFF, more=("--request", number))
    (waits,) = waiting()
    assert waits["due"] == URGENT
    assert waits["id"] in call("request", "show", number, "--sealed", *AS, "--json").out
    assert [call(*each).out for each in pages] == before
    # What may still be a report is not opened with its request.
    refused = call("request", "unseal", number, "--why", "no report", *AS)
    assert (refused.code, "sealed for itself" in refused.err) == (1, True)
    closed = ("--outcome", "withdrawn", "--why", "the worker withdrew it")
    assert call("request", "close", number, *closed, *AS).code == 0
    assert [call(*each).out for each in pages] == before
    assert ledger_holds(district.services)


@pytest.mark.parametrize("how", ["a share", "a share of what waits", "a finding", "the custodian's word"])
def test_a_request_of_the_register_that_is_no_report_is_opened(district: District, member: str, how: str) -> None:
    number = entered(member)
    if how in ("a finding", "a share of what waits"):
        asks(TEAM, None, *MEDIA_STAFF, more=("--request", number))
    if how == "a finding":
        (waits,) = waiting()
        assert finds(waits["id"], care_of(member)).code == 0
    elif how == "the custodian's word":
        assert call("request", "unseal", number, "--why", "it asks for a brochure", *AS).code == 0
    else:
        assert asks(TEAM, care_of(member), *AS, more=("--request", number)).code == 0
        assert ("redact", True) in recorded(member)
    assert (waiting(), registered(number)) == ([], True)
    assert ledger_holds(district.services)


def test_a_request_of_the_register_that_was_opened_is_sealed_again_without_a_paper(
    district: District, member: str
) -> None:
    number = entered(member)
    call("request", "unseal", number, "--why", "it asks for a brochure", *AS)
    refused = asks(TEAM, None, *MEDIA_STAFF, more=("--request", number))
    assert (refused.code, f"request seal {number}" in refused.err) == (1, True)
    assert call("request", "seal", number, *MEDIA_STAFF).code == 1
    Path("letter.pdf").write_bytes(b"%PDF-1.4\n% a letter of the Division\n")
    for given in (("--file", "letter.pdf"), ("--secret-by", "grand_jury")):
        taken = call("request", "seal", number, *given, *AS)
        assert (taken.code, "leave --secret-by and --file out" in taken.err) == (1, True)
    assert registered(number)
    assert list(district.services.library.list("evidence/")) == []
    assert call("request", "seal", number, *AS).code == 0
    assert not registered(number)
    assert asks(TEAM, None, *MEDIA_STAFF, more=("--request", number)).code == 4
    assert (len(waiting()), registered(number)) == (1, False)


def test_a_request_of_which_a_part_may_be_a_report_stays_sealed(district: District, member: str) -> None:
    district.upload(HALLWAY)
    number = entered(member, HALLWAY)
    asks(HALLWAY, None, *MEDIA_STAFF, more=("--request", number))
    assert asks(TEAM, care_of(member), *AS, more=("--request", number)).code == 0
    assert (len(waiting()), registered(number)) == (1, False)


@pytest.mark.parametrize(
    "stated", [{}, {"child_welfare": {"ground": "mandated_report"}}], ids=["no ground", "a report"]
)
def test_the_custodian_hears_that_something_waits_and_nothing_else(district: District, stated: dict[str, Any]) -> None:
    district.upload(HALLWAY)
    voice = Voice(review_decision=None, notify=True)
    listening = with_voice(district, voice)
    from district import MEDIA_STAFF

    from dam_plugin.model import Recipient

    listening.share(
        HALLWAY,
        kind="request",
        purpose="safety",
        actor=MEDIA_STAFF,
        recipient=Recipient("childrens_division", "worker-3"),
        evidence=stated,
    )
    (told,) = voice.told
    assert "queue list --sealed" in str(told)
    assert not any(word in str(told) for word in ("worker-3", HALLWAY, "Children"))


# The Children's Division under another role


@pytest.mark.parametrize(
    "who",
    [
        "law_enforcement:childrens division",
        "public:Children's-Division",
        "school_official:DSS worker 3",
        "public:CPS hotline worker",
        "court:Child_Protective Services",
        "public:D.S.S.",
    ],
)
def test_the_division_under_another_role_is_refused_at_every_entry(district: District, member: str, who: str) -> None:
    asks(TEAM, None, *MEDIA_STAFF)
    (waits,) = waiting()
    came = ("--received", str(TODAY), "--channel", "email", "--purpose", "safety")
    by_hand = ("--basis", "EX8", "--students", member)
    for command in (
        ("share", TEAM, "--to", who, "--purpose", "safety", *MEDIA_STAFF),
        ("view", TEAM, "--for", who, "--in-office", *AS),
        ("break-glass", TEAM, "--to", who, "--threat", "a child is missing", *AS),
        ("request", "add", TEAM, "--from", who, *came, *MEDIA_STAFF),
        ("queue", "disclosed", waits["id"], "--to", who, *by_hand, *AS),
        ("queue", "close", waits["id"], "--disclosed-to", who, *by_hand, "--why", "done", *AS),
    ):
        refused = call(*command)
        assert (refused.code, "did you mean childrens_division:" in refused.err) == (1, True), (command, refused.err)
    assert call("queue", "list", "--json").objects() == []


@pytest.mark.parametrize(
    "who", ["public:cpsmith", "law_enforcement:division-4", "court:family-court", "public:daily-news"]
)
def test_who_only_has_letters_of_it_is_somebody_else(district: District, member: str, who: str) -> None:
    assert call("share", TEAM, "--to", who, "--purpose", "safety", *MEDIA_STAFF).code in (0, 3, 4)


@pytest.fixture
def misfiled(district: District, member: str) -> str:
    """A referral of the Division's worker, filed as a deputy's."""
    call("share", TEAM, "--to", "law_enforcement:worker brown", "--purpose", "safety", *MEDIA_STAFF)
    (referral,) = call("queue", "list", "--json").objects()
    number: str = referral["id"]
    return number


@pytest.mark.parametrize("closed", [False, True], ids=["it waits", "it was closed"])
def test_what_was_misfiled_is_sealed_with_its_line_and_comes_back(
    district: District, member: str, misfiled: str, closed: bool
) -> None:
    record = ("ledger", "student", member, "--json")
    assert "worker brown" in call(*record).out
    if closed:
        call("queue", "close", misfiled, "--why", "it was the county's worker", *AS)
    assert call("queue", "seal", misfiled, "--why", "the county's worker", *MEDIA_STAFF).code == 1
    assert call("queue", "seal", misfiled, "--why", " ", *AS).code == 1
    assert call("queue", "seal", misfiled, "--why", "the county's worker", *AS).code == 0
    for page in (*OPEN_PAGES, record):
        told = call(*page).out
        assert "worker brown" not in told, page
        assert misfiled not in told, page
    assert misfiled in call("queue", "list", "--all", "--sealed", *AS, "--json").out
    assert "already" in call("queue", "seal", misfiled, "--why", "again", *AS).err
    assert ledger_holds(district.services)
    assert call("queue", "lift", misfiled, "--why", "it was a deputy", *AS).code == 0
    assert "worker brown" in call(*record).out
    assert call("queue", "lift", misfiled, "--why", "again", *AS).code == 1
    assert ledger_holds(district.services)


def test_a_family_s_request_is_sealed_by_nobody(district: District, member: str) -> None:
    call("share", TEAM, "--to", "parent:somebody new", "--purpose", "inspection", *MEDIA_STAFF)
    (referral,) = call("queue", "list", "--json").objects()
    refused = call("queue", "seal", referral["id"], "--why", "TEXT", *AS)
    assert (refused.code, "family's own request" in refused.err) == (1, True)


def test_what_another_agency_asked_is_not_handed_to_the_division_in_the_open(
    district: District, member: str, misfiled: str
) -> None:
    given = ("--to", DIVISION, "--basis", "EX8", "--students", member)
    refused = call("queue", "disclosed", misfiled, *given, *AS)
    assert (refused.code, f"queue seal {misfiled}" in refused.err) == (1, True)
    before = call("ledger", "student", member, "--json").out
    assert "childrens_division" not in before
    call("queue", "seal", misfiled, "--why", "the county's worker", *AS)
    # Sealed, it still rests on papers of the Division's own.
    without = call("queue", "disclosed", misfiled, *given, *AS)
    assert (without.code, f"--to {DIVISION} --purpose" in without.err) == (1, True)
    assert "childrens_division" not in call("ledger", "student", member, "--json").out
