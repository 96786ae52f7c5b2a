"""A researcher is answered as anybody is; the remedy names the agreement of a study for the district (34 CFR 99.31(a)(6))."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import call
from district import HANNAH, PORTRAIT, District
from use_cases import ledger_holds

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")
AGREEMENT = "34 CFR 99.31(a)(6)(iii)(C)"


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    assert call("student", "opt-out", district.student(HANNAH), *AS).code == 0
    return district.student(HANNAH)


def asks(to: str, purpose: str, by: tuple[str, str] = AS) -> Any:
    return call("share", PORTRAIT, "--to", to, "--purpose", purpose, *by, "--json").object()


def remedies(answer: Any) -> dict[str, str]:
    return {each["clause"]: each["remedy"] for each in answer["reasons"]}


@pytest.mark.parametrize(
    ("to", "clause"),
    [("public:mizzou", "EX3-MISSING"), ("agency:rand", "LAW"), ("school_official:professor", "EX1-EVIDENCE")],
)
@pytest.mark.parametrize("purpose", ["research", "study"])
def test_the_remedy_names_the_agreement_and_who_signs_it(hannah: str, to: str, clause: str, purpose: str) -> None:
    answer = asks(to, purpose)
    told = remedies(answer)[clause]
    assert answer["outcome"] == "refer"
    assert (AGREEMENT in told, "whom the board authorized in writing (RSMo 432.070)" in told) == (True, True)


def test_staff_pass_it_on_and_no_other_purpose_hears_of_it(hannah: str) -> None:
    passed_on = asks("public:mizzou", "research", STAFF)
    assert [each["clause"] for each in passed_on["reasons"]] == ["CUSTODIAN"]
    assert AGREEMENT not in str(asks("public:herald", "news"))


def test_the_decision_is_that_of_anybody(hannah: str) -> None:
    study, other = asks("public:mizzou", "research"), asks("public:mizzou", "news")
    assert [each["clause"] for each in study["reasons"]] == [each["clause"] for each in other["reasons"]]
    assert (study["outcome"], study["token"]) == (other["outcome"], other["token"]) == ("refer", None)


def test_what_goes_out_by_the_agreement_is_on_the_record(district: District, hannah: str) -> None:
    referral = asks("public:mizzou", "research")["referrals"][0]["id"]
    Path("agreement.pdf").write_bytes(b"%PDF-1.7 signed by the university and the board's president")
    law = ("--basis", "LAW", "--law", "34 CFR 99.31(a)(6)", "--students", hannah, "--why", "the attorney read it")
    given = ("queue", "close", referral, "--disclosed-to", "public:mizzou", *law, *AS)
    assert call(*given).code == 1, "without the paper"
    assert call(*given, "--file", "agreement.pdf").code == 0
    (line,) = [
        each
        for each in call("ledger", "student", hannah, "--required", *AS, "--json").objects()
        if each["what"] == "handed over"
    ]
    assert "under 34 CFR 99.31(a)(6)" in line["remark"]
    assert ledger_holds(district.services)
