"""Small things that are told as they were: a fee, a copy that hides others, a link without evidence, what went out before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from clock import TODAY
from command_line import call
from district import GRADUATION, INES_MOTHER, SOFIA, TEAM, District

from dam_plugin.custodian.letter_words import how_much
from dam_plugin.model import Actor, Decision, Outcome, Reason, Recipient, Share
from dam_plugin.procedure.redisclosure import CARE_NOTICE, NOTICE, notice_of

AS = ("--as", "custodian:records-office")
WEBSITE = ("--kind", "publication", "--purpose", "website", "--to", "public")


@pytest.mark.parametrize(
    ("what", "count", "english", "spanish"),
    [
        ("research, minutes", 60, "60 minutes", "60 minutos"),
        ("copying, minutes", 1, "1 minute", "1 minuto"),
        ("pages up to 9 by 14 inches", 1200, "1,200", "1,200"),
        ("other media, at cost", 50_000, "", ""),
    ],
)
def test_what_is_charged_for_is_told_as_people_write_it(what: str, count: int, english: str, spanish: str) -> None:
    assert (how_much(what, count, "en"), how_much(what, count, "es")) == (english, spanish)


@pytest.mark.parametrize(
    ("ground", "notice"), [("legal_responsibility", CARE_NOTICE), ("mandated_report", NOTICE)], ids=["care", "report"]
)
def test_the_agency_that_is_responsible_for_a_student_may_pass_it_on_to_who_serves_the_student(
    ground: str, notice: str
) -> None:
    decision = Decision(Outcome.ALLOW, basis={"s1": "EX8"}, reasons=(Reason("EX8", "so"),))
    evidence = {"child_welfare": {"ground": ground, "students": ["s1"]}}
    who, by = Recipient("childrens_division", "worker-7"), Actor("custodian", "office")
    told = notice_of(decision, Share("", "a.jpg", "request", "placement", by, who, evidence=evidence))
    assert (told or "").startswith(notice)


def test_a_link_that_anybody_may_have_is_not_said_to_rest_on_evidence(district: District) -> None:
    district.upload(GRADUATION)
    Path("order.yaml").write_text("order: {kind: subpoena, verified: false}\n", "utf-8")
    asked = ("share", GRADUATION, "--to", "public:smith-law", "--purpose", "lawsuit", "--evidence", "order.yaml")
    first = call(*asked, *AS, "--json").object()
    assert (first["outcome"], set(first["basis"].values())) == ("allow", {"EX4"})
    Path("order.yaml").write_text("order: {kind: subpoena, verified: true}\n", "utf-8")
    assert "on evidence that was verified before" not in " ".join(call(*asked, *AS).text.split())


def test_a_family_that_saw_all_of_its_own_child_is_granted_what_it_asked_for(district: District) -> None:
    district.upload(TEAM)
    mother = f"parent:{district.guardian(INES_MOTHER)}"
    came = ("--received", str(TODAY), "--channel", "letter")
    entered = call("request", "add", TEAM, "--from", mother, "--purpose", "inspection", *came, "--json")
    assert entered.code == 0, entered.text
    request = str(entered.object()["id"])
    answer = call(
        "share", TEAM, "--to", mother, "--purpose", "inspection", "--request", request, *AS, "--json"
    ).object()
    assert answer["outcome"] == "redact"
    assert call("open", answer["token"]).code == 0
    closed = call("request", "close", request, "--outcome", "granted", "--why", "by link", *AS)
    assert closed.code == 0, closed.text


def test_an_opt_out_that_is_entered_late_names_what_went_out_meanwhile(district: District) -> None:
    district.upload(GRADUATION)
    sofia = district.student(SOFIA)
    assert call("share", GRADUATION, *WEBSITE, *AS).code == 0
    slip = ("student", "opt-out", sofia, "--purpose", "website", "--since", str(TODAY - timedelta(days=3)), *AS)
    late = " ".join(call(*slip).text.split())
    assert f"1 recording(s) that show {sofia}" in late
    assert f"dam-plugin ledger student {sofia}" in late
    assert call(*slip, "--json").object()["shown_since"] == 1


def test_an_opt_out_of_today_or_for_another_purpose_names_nothing(district: District) -> None:
    district.upload(GRADUATION)
    sofia = district.student(SOFIA)
    assert call("share", GRADUATION, *WEBSITE, *AS).code == 0
    other = ("--purpose", "yearbook", "--since", str(TODAY - timedelta(days=3)))
    for more in (other, ()):
        assert call("student", "opt-out", sofia, *more, *AS, "--json").object()["shown_since"] == 0
