"""What was given under an order is held by itself, and a hold may be sealed: from the command line."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import by_order, claimed, confirmed, paper, to_court, told_of_order
from district import HALLWAY, HANNAH, SCIENCE_LAB, TEAM, District
from use_cases import kept, ledger_holds

from dam_plugin.cli import context
from dam_plugin.errors import Held
from dam_plugin.intake.events import forget_if_gone, why_kept
from dam_plugin.model import ACTOR_ROLES, CUSTODIANS
from dam_plugin.sharing.held import check_not_held
from dam_plugin.store import SystemUser

AS = ("--as", "custodian:records-office")
LAWYER = ("--to", "court:circuit", "--purpose", "lawsuit")
TEXTS = ("--matter", "the jury's matter", "--why", "a call of counsel", "--source", "a letter", *AS)


@pytest.fixture
def student(district: District) -> str:
    """A picture of the lab; the student in it."""
    district.upload(SCIENCE_LAB)
    return min(kept(district.services, SCIENCE_LAB).tagging.students)


def letter() -> tuple[str, str]:
    """The option with a copy of what says that nobody is told."""
    return "--file", str(paper())


def shared(*more: str) -> Called:
    return call("share", SCIENCE_LAB, *LAWYER, "--evidence", "order.yaml", *AS, "--json", *more)


def answered(student: str, *more: str) -> None:
    """Answer a lawyer's subpoena, once the family was told."""
    Path("order.yaml").write_text(
        f"order: {{kind: subpoena, verified: true, issued_by: the circuit court, notified: [{student}]}}\n", "utf-8"
    )
    told_of_order(shared(*more).object()["referrals"][0]["id"], [student])
    assert shared(*more).code == 0


def held() -> list[dict[str, object]]:
    rows = call("hold", "list", "--json").objects()
    return [each for each in rows if each["held_by"] == "hold"]


def refusal(district: District, key: str) -> str | None:
    return why_kept(district.services, key)


# A hold comes about by itself


def test_what_a_subpoena_gave_is_held_until_two_people_release_it(
    district: District, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(student)
    (hold,) = held()
    assert (hold["kind"], hold["key"], hold["sealed"]) == ("litigation", SCIENCE_LAB, False)
    assert hold["matter"] == "a subpoena of the circuit court, for court:circuit"
    assert refusal(district, SCIENCE_LAB) == (
        f"the recording is held by the hold {hold['id']} (litigation); see `dam-plugin hold show {hold['id']}`"
    )
    first = call("hold", "release", str(hold["id"]), "--why", "settled", *AS)
    assert (first.code, "It still holds until another person" in first.text) == (0, True)
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("4711", "another"))
    assert call("hold", "release", str(hold["id"]), "--why", "settled", "--as", "designee:principal").code == 0
    assert (held(), refusal(district, SCIENCE_LAB)) == ([], None)
    assert ledger_holds(district.services)


@pytest.mark.parametrize(
    ("clause", "to", "count"),
    [(("EX7", "--before-notice"), "court:circuit", 1), (("EX9", "--threat", "an allergy"), "emergency:hospital", 0)],
)
def test_what_is_handed_over_on_an_order_is_held_and_nothing_else(
    district: District, student: str, clause: tuple[str, ...], to: str, count: int
) -> None:
    Path("order.yaml").write_text("order: {kind: subpoena, verified: true}\n", "utf-8")
    (referral,) = shared().object()["referrals"]
    given = ("--disclosed-to", to, "--basis", *clause, "--students", student, "--why", "by hand")
    assert call("queue", "close", referral["id"], *given, *AS).code == 0
    assert len(held()) == count
    # The review of an emergency keeps the recording, too: that is no hold.
    assert ("by the hold" in str(refusal(district, SCIENCE_LAB))) is (count == 1)


def test_a_release_without_an_order_is_not_held(district: District) -> None:
    district.upload(TEAM)
    assert call("share", TEAM, "--to", "public:herald", "--purpose", "news", *AS).code == 0
    assert held() == []


# Sealed


def test_what_a_secret_order_gave_is_held_and_only_the_custodian_is_told(district: District, student: str) -> None:
    by_order()
    assert (held(), call("hold", "list", "--all", "--json").objects()) == ([], [])
    (hold,) = call("hold", "list", "--sealed", *AS, "--json").objects()
    assert (hold["key"], hold["sealed"], hold["ground"]) == (SCIENCE_LAB, True, "grand_jury")
    assert call("hold", "list", "--sealed", "--as", "media_staff:desk").code == 1
    assert call("hold", "show", hold["id"]).err == call("hold", "show", "hd-00000000").err
    assert call("hold", "show", SCIENCE_LAB).err.replace(SCIENCE_LAB, TEAM) == call("hold", "show", TEAM).err
    assert "grand_jury" in call("hold", "show", hold["id"], "--sealed", *AS).text
    with district.services.store.reading() as unit, pytest.raises(Held, match="held; ask the records custodian"):
        check_not_held(unit, [SCIENCE_LAB], district.services.now().date())
    assert hold["id"] not in call("ledger", "show", "--as", "custodian:records-office", "--json").out
    assert "no recording is held" in " ".join(call("doctor").text.split())


def test_a_sealed_hold_is_refused_in_the_words_of_every_sealed_one(district: District, student: str) -> None:
    """Of counsel's matter and of a grand jury's nothing differs, and beside another hold nothing is told or counted."""
    district.upload(TEAM)
    by_order()
    assert call("hold", "add", TEAM, *TEXTS, "--sealed", "--ground", "counsel", *letter()).code == 0
    assert (
        refusal(district, TEAM) == refusal(district, SCIENCE_LAB) == "the recording is held; ask the records custodian"
    )
    assert held() == []
    assert call("hold", "add", "classroom/", *TEXTS).code == 0
    (hold,) = held()
    assert str(refusal(district, SCIENCE_LAB)).startswith(
        f"the recording is held by the hold {hold['id']} (litigation); see"
    )


def test_a_grand_jurys_matter_is_held_before_anything_was_given(district: District) -> None:
    district.upload(HALLWAY)
    before = call("ledger", "show", "--as", "custodian:records-office", "--json").out
    made = call("hold", "add", HALLWAY, *TEXTS, "--sealed", "--ground", "grand_jury", *letter(), "--json").object()
    assert (made["sealed"], made["in_force"]) == (True, True)
    assert (held(), call("ledger", "show", "--as", "custodian:records-office", "--json").out) == ([], before)
    assert call("hold", "release", made["id"], "--why", "over", *AS).code == 0
    assert (held(), call("ledger", "show", "--as", "custodian:records-office", "--json").out) == ([], before)
    assert "jury" in json.dumps(call("hold", "list", "--sealed", *AS, "--json").objects())
    assert ledger_holds(district.services)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--sealed",), "--ground GROUND"),
        (("--ground", "grand_jury"), "--sealed --ground"),
        (("--sealed", "--ground", "because"), "is no ground"),
        (("--sealed", "--ground", "counsel", "--as", "media_staff:desk"), "only the custodian or a designee"),
    ],
    ids=["no ground", "not sealed", "another ground", "media staff"],
)
def test_a_hold_is_sealed_by_the_custodian_on_a_ground(district: District, options: tuple[str, ...], says: str) -> None:
    district.upload(TEAM)
    refused = call("hold", "add", TEAM, *TEXTS, *options)
    assert (refused.code != 0, says in " ".join(refused.text.split())) == (True, True)
    assert call("hold", "list", "--sealed", *AS, "--json").objects() == []


def test_what_comes_to_light_late_seals_the_hold_with_the_request(district: District, student: str) -> None:
    today = str(district.services.now().date())
    words = ("--from", "court:circuit", "--channel", "letter", "--want", "copy", "--purpose", "lawsuit")
    assert call("request", "add", SCIENCE_LAB, *words, "--received", today, *AS).code == 0
    answered(student, "--request", "RQ-000001")
    (hold,) = held()
    by_hand = call("hold", "add", SCIENCE_LAB, *TEXTS[2:], "--matter", "for RQ-000001", "--json").object()["id"]
    own = call("hold", "add", SCIENCE_LAB, *TEXTS, "--json").object()["id"]
    assert call("request", "seal", "RQ-000001", "--secret-by", "grand_jury", "--file", str(paper()), *AS).code == 0
    told = "".join(
        call(*each).out
        for each in (
            ("hold", "list", "--all", "--json"),
            ("ledger", "show", "--as", "custodian:records-office", "--json"),
        )
    )
    assert (str(hold["id"]) in told, by_hand in told, own in told) == (False, False, True)
    sealed = {each["id"] for each in call("hold", "list", "--sealed", *AS, "--json").objects()}
    assert {hold["id"], by_hand} <= sealed
    assert ledger_holds(district.services)


def test_a_hold_is_sealed_late(district: District) -> None:
    district.upload(TEAM)
    hold = call("hold", "add", TEAM, *TEXTS, "--json").object()["id"]
    assert call("hold", "seal", hold, "--ground", "grand_jury", *letter(), "--as", "media_staff:desk").code == 1
    assert call("hold", "seal", hold, "--ground", "grand_jury", *letter(), *AS).code == 0
    assert (held(), hold in call("ledger", "show", "--as", "custodian:records-office", "--json").out) == ([], False)
    assert call("hold", "seal", hold, "--ground", "grand_jury", *letter(), *AS).code == 1
    assert refusal(district, TEAM) == "the recording is held; ask the records custodian"
    assert ledger_holds(district.services)


def test_a_sealed_hold_comes_back_at_the_custodian_s_word(district: District) -> None:
    district.upload(TEAM)
    hold = call("hold", "add", TEAM, *TEXTS, "--json").object()["id"]
    end = ("hold", "unseal", hold, "--why", "the wrong hold")
    refused = call(*end, *AS)
    assert (refused.code, "is not sealed" in refused.err) == (1, True)
    assert call("hold", "seal", hold, "--ground", "grand_jury", *letter(), *AS).code == 0
    assert call(*end, "--as", "media_staff:desk").code == 1
    assert (held(), hold in call("ledger", "show", "--as", "custodian:records-office", "--json").out) == ([], False)
    assert call(*end, *AS).code == 0
    assert [each["id"] for each in held()] == [hold]
    entries = call("ledger", "show", "--as", "custodian:records-office", "--kind", "hold", "--json").objects()
    assert [each["details"]["done"] for each in entries if each["subject"] == hold][-1] == "unsealed"
    assert len([each for each in entries if each["subject"] == hold]) == 2
    assert ledger_holds(district.services)


def test_a_seal_takes_the_paper_and_a_second_person(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(TEAM)
    hold = call("hold", "add", TEAM, *TEXTS, "--json").object()["id"]
    seal = ("hold", "seal", hold, "--ground", "grand_jury")
    for without in (seal, ("hold", "add", TEAM, *TEXTS, "--sealed", "--ground", "grand_jury")):
        refused = call(*without, *(AS if without is seal else ()))
        assert (refused.code, "without the paper that says so" in refused.err) == (1, True)
    claimed = call(*seal, *letter(), *AS)
    assert "a claim until a second person" in " ".join(claimed.text.split())
    assert "1 sealed matter" in " ".join(call("doctor").text.split())
    assert "takes two people" in call(*seal, "--as", "designee:principal").err
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    second = ("--as", "designee:principal")
    assert "on another ground, 'grand_jury'" in call("hold", "seal", hold, "--ground", "counsel", *second).err
    assert "the paper of the first person is kept" in call(*seal, *letter(), *second).err
    assert call(*seal, *second).code == 0
    assert "is sealed already" in call(*seal, *second).err
    shown = call("hold", "show", hold, "--sealed", *AS).text
    assert ("user ben" in shown, "claim" in shown) == (True, False)
    end = ("hold", "unseal", hold, "--why", "the jury is over")
    assert "still sealed" in call(*end, *second).text
    assert "takes two people" in call(*end, *AS).err
    assert held() == []
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1002", "carol"))
    assert "on every page again" in call(*end, *AS).text
    assert [each["id"] for each in held()] == [hold]
    assert ledger_holds(district.services)


def test_a_sealed_hold_of_one_person_waits_for_another(district: District) -> None:
    district.upload(TEAM)
    made = call("hold", "add", TEAM, *TEXTS, "--sealed", "--ground", "counsel", *letter())
    assert "a claim until a second person" in " ".join(made.text.split())
    (hold,) = call("hold", "list", "--sealed", *AS, "--json").objects()
    assert (len(hold["sealing"]["paper"]), hold["sealing"]["confirmed"]) == (64, None)
    assert call("hold", "unseal", hold["id"], "--why", "not counsel's", *AS).code == 0
    assert [each["id"] for each in held()] == [hold["id"]]


def test_a_hold_of_what_was_given_under_a_sealed_order_stays_sealed(district: District, student: str) -> None:
    by_order()
    (hold,) = call("hold", "list", "--sealed", *AS, "--json").objects()
    refused = call("hold", "unseal", hold["id"], "--why", "a mistake", *AS)
    assert (refused.code, "was sealed with what it is held for" in refused.err) == (1, True)
    assert held() == []


def test_a_claim_that_is_not_confirmed_has_no_hold(district: District, student: str) -> None:
    referral = claimed().object()["referrals"][0]["id"]
    assert [
        each for each in call("hold", "list", "--sealed", *AS, "--json").objects() if each["held_by"] == "hold"
    ] == []
    confirmed(referral)
    sealed = call("hold", "list", "--sealed", *AS, "--json").objects()
    assert [each["held_by"] for each in sealed] == ["hold"]


def test_an_alarm_does_not_name_a_hold_that_is_sealed_late(district: District, raw_s3: Any, bucket: str) -> None:
    district.upload(TEAM)
    hold = call("hold", "add", TEAM, *TEXTS, "--json").object()["id"]
    raw_s3.delete_object(Bucket=bucket, Key=TEAM)
    forget_if_gone(district.services, TEAM)
    (alarm,) = call("hold", "alarms", "--json").objects()
    assert alarm["holds"] == [hold]
    assert call("hold", "seal", hold, "--ground", "grand_jury", *letter(), *AS).code == 0
    assert (
        hold
        not in call("hold", "alarms", "--json").out
        + call("ledger", "show", "--as", "custodian:records-office", "--json").out
    )
    (alarm,) = call("hold", "alarms", "--json").objects()
    assert alarm["holds"] == ["custodian"]
    assert alarm["id"] in call("hold", "show", hold, "--sealed", *AS).text
    assert ledger_holds(district.services)


def test_the_same_order_holds_once_and_another_one_again(district: District, student: str) -> None:
    answered(student)
    assert shared().code == 4
    (referral,) = shared().object()["referrals"]
    given = (
        *to_court(student),
        "--why",
        "by hand, again",
    )
    assert call("queue", "close", referral["id"], *given, *AS).code == 0
    assert len(held()) == 1
    words = ("--to", "court:appeals", "--purpose", "lawsuit", "--evidence", "order.yaml", *AS, "--json")
    (other,) = call("share", SCIENCE_LAB, *words).object()["referrals"]
    given = (
        *to_court(student, "court:appeals"),
        "--why",
        "by hand",
    )
    assert call("queue", "close", other["id"], *given, *AS).code == 0
    assert len(held()) == 2


def test_what_a_subpoena_asks_for_is_held_also_where_it_goes_as_directory_information(district: District) -> None:
    district.upload(TEAM)
    call("student", "opt-in", district.student(HANNAH), "--why", "a letter", *AS)
    Path("order.yaml").write_text("order: {kind: subpoena, verified: true, issued_by: the circuit court}\n", "utf-8")
    told = call("share", TEAM, *LAWYER, "--evidence", "order.yaml", *AS, "--json").object()
    assert (told["outcome"], {*told["basis"].values()}) == ("allow", {"EX4"})
    assert [(each["key"], each["matter"]) for each in held()] == [
        (TEAM, "a subpoena of the circuit court, for court:circuit")
    ]


def test_what_goes_as_directory_information_without_an_order_is_not_held(district: District) -> None:
    district.upload(TEAM)
    assert call("share", TEAM, *LAWYER, *AS, "--json").object()["token"]
    assert held() == []


@pytest.mark.parametrize("role", [*(each for each in ACTOR_ROLES if each not in CUSTODIANS), None])
def test_nobody_but_the_custodian_can_tell_a_recording_under_a_sealed_hold(
    district: District, role: str | None
) -> None:
    for key in (TEAM, HALLWAY):
        district.upload(key)
    sealed = call(
        "hold", "add", TEAM, "--kind", "litigation", *TEXTS, "--sealed", "--ground", "grand_jury", *letter(), "--json"
    )
    assert sealed.code == 0, sealed.text
    who = ("--as", f"{role}:desk") if role else ()
    same = TEXTS[:-2]
    for words in (
        ("add", "{}", "--kind", "litigation", *same, *who),
        ("add", "{}", "--kind", "litigation", *same, "--sealed", "--ground", "grand_jury", *who),
        ("list", "--key", "{}"),
        ("list", "--key", "{}", "--json"),
        ("show", "{}"),
        ("release", "{}", "--why", "over", *who),
    ):
        of = [call("hold", *(each.format(key) for each in words)) for key in (TEAM, HALLWAY)]
        assert (of[0].code, of[0].text) == (of[1].code, of[1].text.replace(HALLWAY, TEAM)), words


# The paper stands in the register alone

JURY = ("court:grand-jury", "--purpose", "legal request")
PAPER = ("--paper", "subpoena", "--return", str(TODAY + timedelta(days=1)))


def registered(*more: str) -> str:
    """Enter a request of the jury for the picture of the team; return its number."""
    came = ("--received", str(TODAY), "--channel", "letter", "--want", "copy")
    made = call("request", "add", TEAM, "--from", *JURY, *came, *more, *AS, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


def given(*more: str) -> str:
    """Share the picture with the jury as directory information, without evidence; return the share's id."""
    told = call("share", TEAM, "--to", *JURY, *more, *AS, "--json")
    assert (told.code, {*told.object()["basis"].values()}) == (0, {"EX4"}), told.text
    return str(told.object()["share"])


@pytest.fixture
def team(district: District) -> District:
    """The picture of the team, which is directory information of everybody in it."""
    district.upload(TEAM)
    assert call("student", "opt-in", district.student(HANNAH), "--why", "a letter", *AS).code == 0
    return district


@pytest.mark.parametrize("noted", ["at first", "after the share", "before the join"])
def test_what_answers_a_paper_of_the_register_is_held_and_stays_so(team: District, noted: str) -> None:
    request = registered(*(PAPER if noted == "at first" else ()))
    share = given(*(() if noted == "before the join" else ("--request", request)))
    if noted != "at first":
        assert held() == []
        assert call("request", "order", request, *PAPER, *AS).code == 0
    if noted == "before the join":
        assert held() == []
        assert call("request", "join", request, share, *AS).code == 0
    closed = call("request", "close", request, "--outcome", "granted", "--why", "answered", *AS)
    assert closed.code == 0, closed.text
    (hold,) = held()
    assert (hold["key"], hold["kind"]) == (TEAM, "litigation")
    assert hold["matter"] == f"a subpoena ({request}), for court:grand-jury"
    ordered = ("--order", "24JU-CV00118", "--ordered", str(TODAY - timedelta(days=10)), "--file", str(paper()))
    refused = call("retention", "destroy", TEAM, "--why", "the court orders it", *ordered, *AS)
    assert (refused.code, f"held by the hold {hold['id']} (litigation)" in " ".join(refused.err.split())) == (1, True)
    assert ledger_holds(team.services)


def test_what_answers_a_sealed_paper_of_the_register_is_held_out_of_sight(
    team: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = registered(*PAPER)
    seal = ("request", "seal", request, "--secret-by", "grand_jury")
    assert call(*seal, *letter(), *AS).code == 0
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    assert call(*seal, "--as", "designee:principal").code == 0
    given("--request", request)
    closed = call("request", "close", request, "--outcome", "granted", "--why", "answered", *AS)
    assert closed.code == 0, closed.text
    (hold,) = call("hold", "list", "--sealed", *AS, "--json").objects()
    assert (hold["held_by"], hold["key"], hold["kind"], held()) == ("hold", TEAM, "litigation", [])
    assert refusal(team, TEAM) == "the recording is held; ask the records custodian"
    assert hold["id"] not in call("ledger", "show", "--as", "custodian:records-office", "--json").out
    assert ledger_holds(team.services)


def test_a_paper_that_is_sealed_after_it_was_answered_takes_its_hold_along(team: District) -> None:
    request = registered(*PAPER)
    given("--request", request)
    (hold,) = held()
    assert call("request", "seal", request, "--secret-by", "grand_jury", *letter(), *AS).code == 0
    sealed = call("hold", "list", "--sealed", *AS, "--json").objects()
    assert (held(), hold["id"] in {each["id"] for each in sealed}) == ([], True)
    assert hold["id"] not in call("ledger", "show", "--as", "custodian:records-office", "--json").out
    assert call("request", "unseal", request, "--why", "it forbids nothing", *AS).code == 0
    assert [each["id"] for each in held()] == [hold["id"]]
    assert ledger_holds(team.services)


def test_two_papers_of_the_register_hold_each_for_itself_and_the_same_one_once(team: District) -> None:
    first, second = registered(*PAPER), registered(*PAPER)
    for request in (first, second, first):
        given("--request", request)
    later = ("--paper", "subpoena", "--return", str(TODAY + timedelta(days=2)))
    assert call("request", "order", first, *later, *AS).code == 0
    assert [each["matter"] for each in held()] == [
        f"a subpoena ({each}), for court:grand-jury" for each in (first, second)
    ]


def test_what_answers_a_request_that_is_no_paper_after_all_is_not_held(team: District) -> None:
    request = registered(*PAPER)
    assert call("request", "order", request, "--paper", "none", "--why", "a letter, no subpoena", *AS).code == 0
    given("--request", request)
    assert held() == []


def test_what_two_people_let_go_is_not_held_again_by_another_day_of_the_same_paper(
    team: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = registered(*PAPER)
    for _ in range(2):
        given("--request", request)
    (hold,) = held()
    release = ("hold", "release", str(hold["id"]), "--why", "the case is over")
    assert call(*release, *AS).code == 0
    with monkeypatch.context() as second:
        second.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
        assert call(*release, "--as", "designee:principal").code == 0
    later = ("--paper", "subpoena", "--return", str(TODAY + timedelta(days=2)))
    assert call("request", "order", request, *later, *AS).code == 0
    assert held() == []
    given("--request", request)
    assert [each["matter"] for each in held()] == [hold["matter"]]
