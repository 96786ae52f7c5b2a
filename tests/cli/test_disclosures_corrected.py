"""`queue disclosed --corrects`: what was entered wrongly is entered again, and stands once on the record (34 CFR 99.32)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import BEN, claimed
from district import CALEB, HALLWAY, OWEN, SCIENCE_LAB, District
from use_cases import ledger_holds

from dam_plugin.cli import ledger as cli
from dam_plugin.store import SystemUser

AS, COUNSEL, STAFF = ("--as", "custodian:lopez"), ("--as", "designee:principal"), ("--as", "media_staff:desk-2")
LINCOLN, WRONG_SCHOOL = "other_school:lincoln-high", "other_school:lincoln-middle"
ENROLLED = ("--enrolled", "the registrar, called back")
CORRECTED = "The records office had entered this otherwise before, and corrected it on"


@pytest.fixture
def two(district: District) -> tuple[str, str]:
    district.upload(HALLWAY)
    return district.student(CALEB), district.student(OWEN)


@pytest.fixture
def referral(two: tuple[str, str]) -> str:
    asked = call("share", HALLWAY, "--to", LINCOLN, "--purpose", "transfer", *STAFF, "--json")
    return str(asked.object()["referrals"][0]["id"])


def given(referral: str, to: str, basis: str, student: str, *more: str, by: tuple[str, ...] = AS) -> Called:
    enrolled = ENROLLED if basis == "TRANSFER" else ()
    shown = ("--to", to, "--basis", basis, "--students", student, *enrolled)
    return call("queue", "disclosed", referral, *shown, *more, *by, "--json")


def corrects(share: str, why: str = "it went to the other school") -> tuple[str, ...]:
    return ("--corrects", share, "--why", why)


def lines(student: str, *more: str) -> list[Any]:
    told = call("ledger", "student", student, *more, *AS, "--json").objects()
    return [each for each in told if each["what"] == "handed over"]


def page(student: str, language: str = "en") -> str:
    made = call("ledger", "student", student, "--page", "p.html", "--without-pictures", "--language", language, *AS)
    assert made.code == 0, made.text
    return " ".join(Path("p.html").read_text("utf-8").split())


def agree(share: str, student: str) -> None:
    """Two people say that a line was wrong."""
    for by, user in ((AS, SystemUser("1000", "ada")), (COUNSEL, BEN)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cli, "system_user", lambda user=user: user)
            assert call("ledger", "correct", share, "--student", student, "--why", "it was wrong", *by).code == 0


def test_a_wrong_recipient_is_corrected_and_the_disclosure_stands_once(
    district: District, two: tuple[str, str], referral: str
) -> None:
    wrong = given(referral, WRONG_SCHOOL, "TRANSFER", two[0]).object()["share"]
    done = given(referral, LINCOLN, "TRANSFER", two[0], *corrects(wrong)).object()
    assert done["corrects"] == [{"share": wrong, "stays": [], "work": [], "holds": [], "reopened": []}]
    (line,) = lines(two[0])
    assert (line["share"], line["who"], line["required"]) == (done["share"], LINCOLN, True)
    assert f"as was corrected on {TODAY.isoformat()}; corrected by custodian:lopez: it went" in line["remark"]
    shown = page(two[0])
    assert (CORRECTED in shown, "middle" in shown.casefold()) == (True, False)
    assert "lo corrigió el" in page(two[0], "es")
    kept = call("ledger", "show", "--kind", "share", *AS, "--json").objects()
    assert WRONG_SCHOOL.partition(":")[2] in str(kept), "the ledger keeps what was wrong"
    assert [each["share"] for each in call("queue", "show", referral, *AS, "--json").object()["handed_over"]] == [
        done["share"]
    ]
    assert ledger_holds(district.services)


def test_what_was_recorded_with_the_closing_is_corrected_once_it_is_closed(two: tuple[str, str], referral: str) -> None:
    closing = ("--disclosed-to", LINCOLN, "--basis", "TRANSFER", "--students", two[0], *ENROLLED, "--how", "a tape")
    closed = call("queue", "close", referral, *closing, "--why", "sent", *AS, "--json")
    wrong = closed.object()["disclosed"]["share"]
    assert given(referral, LINCOLN, "TRANSFER", two[0], "--how", "a disc", *corrects(wrong)).code == 0
    (line,) = lines(two[0])
    assert ("a disc" in line["remark"], "a tape" in line["remark"]) == (True, False)


def test_one_person_takes_no_required_line_away(district: District, two: tuple[str, str], referral: str) -> None:
    wrong = given(referral, LINCOLN, "TRANSFER", two[0]).object()["share"]
    signed = (
        "--party",
        "lincoln-high",
        "--purpose",
        "transfer",
        "--signature",
        "ink",
        "--signed-on",
        TODAY.isoformat(),
    )
    guardian = call("student", "show", two[0], *AS, "--json").object()["guardians"][0]
    assert call("consent", "add", two[0], "--signed-by", guardian, *signed, "--proof", "in the file", *AS).code == 0
    done = given(referral, LINCOLN, "EX3", two[0], *corrects(wrong, "there is a consent"))
    assert done.object()["corrects"][0]["stays"] == [two[0]]
    former, now = lines(two[0])
    assert (former["share"], former["required"], now["required"]) == (wrong, True, False)
    assert f"was corrected on {TODAY.isoformat()}" in former["remark"]
    assert "entered this again on" in page(two[0])
    assert "with a correction: see that line" in former["happened"]
    (alone,) = lines(two[0], "--required")
    # The line that says more is not among what the law asks for.
    assert (alone["share"], "see that line" in alone["happened"]) == (wrong, False)
    agree(wrong, two[0])
    assert [each["share"] for each in lines(two[0])] == [now["share"]]
    assert ledger_holds(district.services)


def test_the_line_of_a_student_whom_the_new_entry_leaves_out_stays(two: tuple[str, str], referral: str) -> None:
    wrong = given(referral, LINCOLN, "TRANSFER", two[0]).object()["share"]
    done = given(referral, LINCOLN, "TRANSFER", two[1], *corrects(wrong, "the other student's copy went"))
    assert done.object()["corrects"][0]["stays"] == [two[0]]
    (left,) = lines(two[0])
    (right,) = lines(two[1])
    assert (left["share"], right["share"]) == (wrong, done.object()["share"])
    assert ("corrected" in (left["remark"] or ""), "corrected on" in right["remark"]) == (False, True)
    agree(wrong, two[0])
    assert "entered for the wrong student" in lines(two[0])[0]["remark"]


def test_what_was_entered_twice_is_brought_together_and_a_correction_is_corrected(
    two: tuple[str, str], referral: str
) -> None:
    wrong = given(referral, WRONG_SCHOOL, "TRANSFER", two[0]).object()["share"]
    again = given(referral, LINCOLN, "TRANSFER", two[0]).object()["share"]
    assert len(lines(two[0])) == 2
    third = given(referral, LINCOLN, "TRANSFER", two[0], *corrects(wrong), "--corrects", again).object()["share"]
    assert [each["share"] for each in lines(two[0])] == [third]
    twice = given(referral, LINCOLN, "TRANSFER", two[0], *corrects(wrong))
    assert (twice.code, f"--corrects {third}" in twice.err) == (1, True)
    last = given(referral, WRONG_SCHOOL, "TRANSFER", two[0], *corrects(third, "it was right at first"))
    (line,) = lines(two[0])
    assert (line["share"], line["who"]) == (last.object()["share"], WRONG_SCHOOL)


def test_only_what_was_handed_over_for_this_referral_is_corrected_by_the_custodian_with_a_reason(
    district: District, two: tuple[str, str], referral: str
) -> None:
    wrong = given(referral, LINCOLN, "TRANSFER", two[0]).object()["share"]
    for more, says in (
        (corrects("sh-0000000000000000"), "no share of this id"),
        (corrects(wrong, " "), "say what shows it"),
        (("--corrects", wrong), "--corrects sh-… --why TEXT"),
    ):
        refused = given(referral, LINCOLN, "TRANSFER", two[0], *more)
        assert (refused.code != 0, says in " ".join(refused.err.split())) == (True, True), refused.err
    assert given(referral, LINCOLN, "TRANSFER", two[0], *corrects(wrong), by=STAFF).code == 1
    asked = call("share", HALLWAY, "--to", "public:channel-9", "--purpose", "news", *AS, "--json").object()
    decided = given(referral, LINCOLN, "TRANSFER", two[0], *corrects(asked["share"]))
    assert (decided.code, "decided by the plugin" in decided.err) == (1, True)
    assert len(lines(two[0])) == 1


def test_a_correction_under_an_order_that_forbids_telling_is_sealed_and_comes_back_with_it(district: District) -> None:
    district.upload(SCIENCE_LAB)
    student = str(call("tags", SCIENCE_LAB, "--json").object()["appearances"][0]["student"])
    work, fbi = claimed().object()["referrals"][0]["id"], "law_enforcement:fbi-221"
    wrong = given(work, "law_enforcement:fbi-212", "EX9", student, "--threat", "a bomb").object()["share"]
    last = given(work, fbi, "EX9", student, "--threat", "a bomb", *corrects(wrong, "another agent took it"))
    assert last.code == 0, last.text
    (line,) = lines(student, "--sealed")
    assert (line["share"], line["who"], "another agent took it" in line["remark"]) == (
        last.object()["share"],
        fbi,
        True,
    )
    for command in (("ledger", "show", *AS), ("ledger", "student", student, *AS), ("ledger", "export", "--out", "-")):
        told = call(*command).out
        assert not any(each in told for each in (wrong, "another agent", "fbi", "correction")), command
    assert ledger_holds(district.services)
    assert call("queue", "close", work, "--why", "no order forbids telling", *AS).code == 0
    (back,) = lines(student)
    assert (back["share"], "another agent took it" in back["remark"]) == (last.object()["share"], True)
    assert ledger_holds(district.services)
