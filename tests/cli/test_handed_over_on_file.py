"""What is handed over by hand rests on what is on file, as a share does: papers, and families told of an order in time."""

from __future__ import annotations

from pathlib import Path

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import told_of_order
from district import CALEB, HALLWAY, HANNAH, INES, SCIENCE_LAB, UNTITLED, District
from use_cases import Voice, kept, ledger_holds, looked, with_voice

from dam_plugin.custodian import work
from dam_plugin.model import Actor, Recipient
from dam_plugin.sharing.in_person import HandedOver

AS = ("--as", "custodian:records-office")
DEPUTY = "law_enforcement:deputy-hale"
ORDER = "order: {kind: subpoena, verified: true, notice_required: true}\n"


def asked(key: str, to: str, evidence: str = "") -> str:
    """Ask for a recording; return the referral that it leaves."""
    Path("evidence.yaml").write_text(evidence or "{}\n", "utf-8")
    made = call("share", key, "--to", to, "--purpose", "legal", "--evidence", "evidence.yaml", *AS, "--json")
    assert made.code == 4, made.text
    return str(made.object()["referrals"][0]["id"])


def closed(referral: str, to: str, basis: str, students: str, *more: str) -> Called:
    given = ("--disclosed-to", to, "--basis", basis, "--students", students, "--how", "a disc", "--why", "by hand")
    return call("queue", "close", referral, *given, *more, *AS)


def students_in(district: District, key: str) -> list[str]:
    return sorted(kept(district.services, key).tagging.students)


# An order, and the families


def test_on_an_order_nothing_goes_by_hand_before_the_families_were_told(district: District) -> None:
    district.upload(SCIENCE_LAB)
    student = students_in(district, SCIENCE_LAB)[0]
    referral = asked(SCIENCE_LAB, DEPUTY, ORDER)
    refused = closed(referral, DEPUTY, "EX7", student)
    assert (refused.code, "has been told in advance" in refused.err) == (1, True)
    assert "--before-notice" in refused.err
    assert "another --basis" not in refused.err
    assert [each["what"] for each in call("ledger", "student", student, *AS, "--json").objects()] == ["asked"]


def test_on_an_order_it_goes_by_hand_once_the_family_was_told_and_the_day_has_come(district: District) -> None:
    district.upload(SCIENCE_LAB)
    student, *_ = students_in(district, SCIENCE_LAB)
    referral = asked(SCIENCE_LAB, DEPUTY, ORDER)
    Path("named.yaml").write_text(
        f"order: {{kind: subpoena, verified: true, notified: [{student}], answer_on: {TODAY}}}\n", "utf-8"
    )
    call("queue", "finding", referral, "evidence", "--evidence", "named.yaml", *AS)
    by_word_alone = closed(referral, DEPUTY, "EX7", student)
    assert (by_word_alone.code, "--before-notice" in by_word_alone.err) == (1, True)
    told_of_order(referral, [student], "named.yaml")
    assert "leave --before-notice out" in closed(referral, DEPUTY, "EX7", student, "--before-notice").err
    done = closed(referral, DEPUTY, "EX7", student)
    assert done.code == 0, done.text
    assert "before the families were told" not in call("ledger", "student", student, *AS).text


def test_what_went_out_too_early_is_on_record_as_that_and_the_custodian_is_told(district: District) -> None:
    district.upload(SCIENCE_LAB)
    student = students_in(district, SCIENCE_LAB)[0]
    referral = asked(SCIENCE_LAB, DEPUTY, ORDER)
    voice = Voice(notify=True)
    given = HandedOver(Recipient("law_enforcement", "deputy-hale"), "EX7", (student,), before_notice=True)
    by = Actor("custodian", "records-office")
    work.record_disclosure(with_voice(district, voice).services, referral, by, given)
    assert any("before the families were told" in str(said) for _, said in voice.told), voice.told
    done = closed(referral, DEPUTY, "EX7", student, "--before-notice")
    assert (done.code, "before the families were told" in " ".join(done.out.split())) == (0, True)
    lines = call("ledger", "student", student, *AS, "--json").objects()
    assert lines[-1]["remark"] == f"by hand on {TODAY}, before the families were told: a disc"
    call("ledger", "student", student, *AS, "--page", "record.html")
    assert "This was before the families were told of the order." in Path("record.html").read_text("utf-8")
    assert ledger_holds(district.services)


def test_what_went_out_too_early_is_not_closed_while_nobody_knows_whom_it_is_about(district: District) -> None:
    district.upload(SCIENCE_LAB)
    student = students_in(district, SCIENCE_LAB)[0]
    referral = asked(SCIENCE_LAB, DEPUTY, ORDER)
    given = HandedOver(Recipient("law_enforcement", "deputy-hale"), "EX7", (student,), before_notice=True)
    work.record_disclosure(district.services, referral, Actor("custodian", "records-office"), given)
    looked(district, SCIENCE_LAB, unidentified=1)
    refused = call("queue", "close", referral, "--why", "by hand", *AS)
    assert (refused.code, "whether the families were told of it" in " ".join(refused.err.split())) == (1, True)
    assert "it is not known yet who is in the recording" in " ".join(refused.err.split())


def test_before_notice_belongs_to_an_order_that_is_verified(district: District) -> None:
    district.upload(SCIENCE_LAB)
    student = students_in(district, SCIENCE_LAB)[0]
    referral = asked(SCIENCE_LAB, DEPUTY, ORDER.replace("verified: true", "verified: false"))
    unverified = closed(referral, DEPUTY, "EX7", student, "--before-notice")
    assert (unverified.code, "has been verified" in unverified.err) == (1, True)
    other = closed(referral, DEPUTY, "EX6", student, "--before-notice")
    assert (other.code, "--before-notice belongs to EX7" in other.err) == (1, True)


# What is on file of who asked


@pytest.mark.parametrize(
    ("to", "basis"),
    [
        (DEPUTY, "EX6"),
        ("juvenile_office:jo-1", "EX5"),
        ("school_official:coach", "EX1"),
    ],
)
def test_without_what_it_rests_on_it_is_refused(district: District, to: str, basis: str) -> None:
    district.upload(HALLWAY)
    student = district.student(CALEB)
    refused = closed(asked(HALLWAY, to), to, basis, student)
    assert (refused.code, f"does not carry {basis}" in refused.err) == (1, True)
    assert "evidence --evidence FILE" in refused.err
    assert [each["what"] for each in call("ledger", "student", student, *AS, "--json").objects()] == ["asked"]


def test_the_division_is_given_nothing_by_hand_without_its_paper(district: District) -> None:
    district.upload(HALLWAY)
    student, to = district.student(CALEB), "childrens_division:caseworker-brown"
    refused = closed(asked(HALLWAY, to), to, "EX8", student)
    assert (refused.code, "does not carry EX8" in refused.err) == (1, True)


def test_a_certification_carries_those_whom_it_names_for_whoever_brought_it(district: District) -> None:
    district.upload(UNTITLED)
    served, other = district.student(INES), district.student(HANNAH)
    call("tag", UNTITLED, "--person", served, "--person", other, "--unidentified", "1")
    referral = asked(UNTITLED, DEPUTY)
    Path("certified.yaml").write_text(f"pre_adjudication: {{students: [{served}], certified: true}}\n", "utf-8")
    Path("paper.pdf").write_bytes(b"%PDF-1.4\n% certified\n")
    call("queue", "finding", referral, "evidence", "--evidence", "certified.yaml", "--file", "paper.pdf", *AS)
    both = closed(referral, DEPUTY, "EX6", f"{served},{other}")
    assert (both.code, f"What is on file for EX6 is not about {other}." in both.err) == (1, True)
    another = closed(referral, "law_enforcement:sheriff", "EX6", served)
    assert (another.code, "--to law_enforcement:sheriff --purpose" in another.err) == (1, True)
    assert closed(referral, DEPUTY, "EX6", served).code == 0
