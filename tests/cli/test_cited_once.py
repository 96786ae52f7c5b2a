"""Letters, exemption logs and the register cite each provision once in a list (RSMo 610.023.4)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from clock import TODAY
from command_line import call
from district import HANNAH, PORTRAIT, District

from dam_plugin.procedure.outside import OutsideReason, cited_in_words, each_once

AS = ("--as", "custodian:records-office")
CLOSING = "RSMo 610.021(14)"


@pytest.fixture
def request_id(district: District) -> str:
    """A request that is denied on two grounds, each of which chapter 610 closes."""
    district.upload(PORTRAIT)
    assert call("student", "opt-out", district.student(HANNAH), *AS).code == 0
    assert call("custodian", "meaning", PORTRAIT, "destroyed", "--why", "one student", *AS).code == 0
    came = ("--received", str(TODAY - timedelta(days=1)), "--channel", "letter", "--contact", "Ann Lee, 1 Elm St")
    asked = ("--from", "public:herald", "--purpose", "news", *came, *AS, "--json")
    found = str(call("request", "add", PORTRAIT, *asked).object()["id"])
    denied = call("share", PORTRAIT, "--to", "public:herald", "--purpose", "news", "--request", found, *AS)
    assert denied.code == 3, denied.text
    assert call("request", "close", found, "--outcome", "denied", "--why", "both", *AS).code == 0
    return found


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_letter_cites_it_once_for_a_recording(request_id: str, language: str) -> None:
    made = call("letter", "write", "denial", "--request", request_id, "--lang", language, *AS)
    assert made.code == 0, made.text
    text = " ".join(made.out.split())
    (bracket,) = re.findall(r"\((34 CFR [^:]*?RSMo[^:]*?\(14\)[^:]*?)\) ", text)
    assert (bracket.count(CLOSING), bracket.count("34 CFR 99.30")) == (1, 1)


def test_the_log_and_the_register_cite_it_once(request_id: str) -> None:
    made = call("request", "log", request_id, "--exemptions", "--csv")
    (row,) = made.out.splitlines()[1:]
    assert (row.count(CLOSING), "All of it: " in row) == (1, True), row
    (withheld,) = (each for each in call("request", "show", request_id, *AS).out.splitlines() if "Withheld by" in each)
    assert withheld.count(CLOSING) == 1
    (told,) = call("request", "log", request_id, "--exemptions", "--json").objects()
    assert all(CLOSING in each["provision"] for each in told["exemptions"][0]["citations"]), "each for a program"


def test_what_only_some_reasons_share_stays_with_each() -> None:
    one, two = OutsideReason("One.", f"34 CFR 99.30; {CLOSING}"), OutsideReason("Two.", f"34 CFR 99.12; {CLOSING}")
    assert cited_in_words([one, two]) == f"One. (34 CFR 99.30) Two. (34 CFR 99.12) All of it: {CLOSING}."
    assert cited_in_words([one]) == f"One. (34 CFR 99.30; {CLOSING})"
    assert cited_in_words([one, OutsideReason("Open.", "RSMo 610.024")]) == (
        f"One. (34 CFR 99.30; {CLOSING}) Open. (RSMo 610.024)"
    )
    assert cited_in_words([]) == ""
    assert each_once([one.provision, two.provision]) == ("34 CFR 99.30", "34 CFR 99.12", CLOSING)
