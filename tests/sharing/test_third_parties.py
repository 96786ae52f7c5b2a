"""The roster's age as a voice: what rests on nobody having opted out waits while opt-outs may be missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from case_builder import a_case
from databases import run_sql
from district import (
    CUSTODIAN,
    GRADUATION,
    INES_MOTHER,
    MEDIA_STAFF,
    NOAH,
    PORTRAIT,
    PUBLIC,
    TEAM,
    District,
)

from dam_plugin.custodian import choices
from dam_plugin.errors import SettingsError
from dam_plugin.gate import open_link
from dam_plugin.gate.link_status import would_stay_open
from dam_plugin.model import OptOut, Outcome, Recipient, Share
from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.switches import BUILT_IN
from dam_plugin.settings import Settings
from dam_plugin.sharing.share import Answer, decide_safely
from dam_plugin.sharing.third_parties import reviewed_by_third_parties

EMERGENCY = {"emergency": {"threat": "a child is missing", "recipient_needs_it": True}}


def later(district: District, days: int, limit: int | None = 30) -> District:
    """Return the district some days on, with the roster as it is."""
    now = district.services.now() + timedelta(days=days)
    settings = district.services.settings.model_copy(update={"roster_max_age_days": limit})
    return replace(district, services=replace(district.services, now=lambda: now, settings=settings))


def answered(district: District, key: str = GRADUATION, **changes: object) -> tuple[Outcome, str]:
    answer: Answer = district.share(key, **changes)
    return answer.decision.outcome, answer.decision.reasons[0].clause


@pytest.mark.parametrize(
    ("days", "limit", "answer"),
    [
        (29, 30, (Outcome.ALLOW, "EX4")),
        (31, 30, (Outcome.REFER, "ROSTER-STALE")),
        (31, None, (Outcome.ALLOW, "EX4")),
        (8, 7, (Outcome.REFER, "ROSTER-STALE")),
    ],
)
def test_a_directory_release_waits_while_the_roster_is_too_old(
    district: District, days: int, limit: int | None, answer: tuple[Outcome, str]
) -> None:
    district.upload(GRADUATION)
    assert answered(later(district, days, limit)) == answer


def test_a_roster_of_which_no_import_is_known_is_too_old(district: District) -> None:
    district.upload(GRADUATION)
    run_sql(district.services.store, "DELETE FROM roster_imports")
    decision = district.share(GRADUATION).decision
    assert decision.outcome is Outcome.REFER
    assert decision.reasons[0].text == "No roster is known to have been imported, so opt-outs may be missing."


def test_an_import_makes_it_young_again(district: District) -> None:
    district.upload(GRADUATION)
    old = later(district, 31)
    with old.services.store.writing() as unit:
        unit.people.add_import("index", "VOL1", old.services.now(), whole=False, students=0)
        unit.people.add_import("oneroster", "delta.zip", old.services.now(), whole=False, students=0)
    assert answered(old)[0] is Outcome.REFER
    with old.services.store.writing() as unit:
        unit.people.add_import("oneroster", "export.zip", old.services.now(), whole=True, students=13)
    assert answered(old)[0] is Outcome.ALLOW


def test_a_copy_that_hides_who_opted_out_waits_too(district: District) -> None:
    district.upload(GRADUATION)
    choices.opt_out(district.services, district.student(NOAH), OptOut(district.services.now().date()), CUSTODIAN)
    assert district.share(GRADUATION).decision.outcome is Outcome.REDACT
    assert answered(later(district, 31)) == (Outcome.REFER, "ROSTER-STALE")


def test_a_denial_stays_a_denial(district: District) -> None:
    district.upload(PORTRAIT)
    before = answered(district, PORTRAIT)
    assert before[0] is Outcome.DENY
    assert answered(later(district, 31), PORTRAIT) == before


def test_what_rests_on_no_opt_outs_is_not_touched(district: District) -> None:
    for key in (TEAM, GRADUATION):
        district.upload(key)
    old = later(district, 400)
    mother = Recipient("parent", district.guardian(INES_MOTHER))
    asked = {"kind": "request", "actor": CUSTODIAN, "purpose": "inspection"}
    assert answered(old, TEAM, recipient=mother, **asked) == (Outcome.REDACT, "EX2")
    emergency = {**asked, "recipient": Recipient("emergency", "911"), "evidence": EMERGENCY}
    assert answered(old, **emergency)[0] is Outcome.ALLOW


def test_the_procedures_own_decision_is_not_changed_by_it(district: District) -> None:
    case = parse_case(a_case().published().shows("s1").raw())
    decision = decide_safely(case, BUILT_IN)
    assert decision.basis == {"s1": "EX4"}
    old = later(district, 31).services
    request = Share("sh-1", "a.jpg", "publication", "website", MEDIA_STAFF, PUBLIC)
    referred = reviewed_by_third_parties(old, request, case, decision)
    assert (referred.outcome, referred.basis, referred.redact) == (Outcome.REFER, {}, ())
    assert referred.reasons[1:] == decision.reasons


@pytest.mark.parametrize(("text", "days"), [("never", None), (" Never ", None), ("7", 7)])
def test_the_limit_is_a_number_of_days_or_never(text: str, days: int | None) -> None:
    assert Settings.load(Path("nowhere"), {"DAM_PLUGIN_ROSTER_MAX_AGE_DAYS": text}).roster_max_age_days == days


@pytest.mark.parametrize("text", ["0", "-1", "soon"])
def test_another_limit_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="DAM_PLUGIN_ROSTER_MAX_AGE_DAYS"):
        Settings.load(Path("nowhere"), {"DAM_PLUGIN_ROSTER_MAX_AGE_DAYS": text})


def test_a_link_opens_nothing_while_the_roster_is_too_old_and_opens_again_after_an_import(district: District) -> None:
    district.upload(GRADUATION)
    token = district.share(GRADUATION).token
    assert token is not None
    stale = later(district, 20, limit=7)
    refused = open_link.open_link(stale.services, token)
    assert (refused.url, refused.decision.outcome) == (None, Outcome.REFER)
    assert refused.decision.reasons[0].clause == "ROSTER-STALE"
    young = later(district, 20, limit=None)
    assert open_link.open_link(young.services, token).url is not None


def test_a_link_that_a_too_old_roster_refuses_for_now_would_not_close_by_a_change_of_rules(district: District) -> None:
    stored = district.upload(GRADUATION)
    link = district.share(GRADUATION).link
    assert link is not None
    assert would_stay_open(later(district, 20, limit=7).services, link, stored)
    held = replace(stored, tagging=replace(stored.tagging, state="failed"))
    assert not would_stay_open(later(district, 20, limit=7).services, link, held)
