"""The roster's and the rules' digests are the same exactly as long as what is on file is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from district import CUSTODIAN, HANNAH, NOAH, District
from yearbook_plans import rename

from dam_plugin.custodian import choices
from dam_plugin.model import Consent, OptOut
from dam_plugin.services import Services
from dam_plugin.yearbook.manifest import roster_digest, rules_digest


def roster(services: Services) -> str:
    with services.store.reading() as unit:
        return roster_digest(services, unit)


def test_the_roster_has_the_same_digest_as_long_as_nothing_changes(district: District) -> None:
    assert roster(district.services) == roster(district.services)


@pytest.mark.parametrize(
    "change",
    [{"grade": "6"}, {"names": ("Somebody Else",)}, {"active": False}, {"born": date(2001, 1, 1)}, {"given": "N."}],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_student_changes_it(district: District, change: dict[str, Any]) -> None:
    before = roster(district.services)
    rename(district, district.student(NOAH), **change)
    assert roster(district.services) != before


def test_an_opt_out_and_a_consent_change_it_and_so_does_a_revocation(district: District) -> None:
    services, noah = district.services, district.student(NOAH)
    told = [roster(services)]
    choices.opt_out(services, noah, OptOut(services.now().date()), CUSTODIAN)
    told.append(roster(services))
    with services.store.writing() as unit:
        kept = unit.people.add_consent(Consent(district.student(HANNAH), purpose="yearbook"), None, services.now())
    told.append(roster(services))
    with services.store.writing() as unit:
        unit.people.revoke_consent(kept, services.now().date())
    told.append(roster(services))
    assert len(set(told)) == 4


def test_the_rules_have_another_digest_with_another_policy(district: District) -> None:
    services = district.services
    policy = services.settings.district.model_copy(update={"directory_limited_to": ("website",)})
    other = replace(services, settings=services.settings.model_copy(update={"district": policy}))
    assert rules_digest(services) == rules_digest(services)
    assert rules_digest(other) != rules_digest(services)


def test_digests_are_long_and_tell_nothing_of_what_they_stand_for(district: District) -> None:
    for told in (roster(district.services), rules_digest(district.services)):
        assert told.startswith("f-")
        assert len(told) == len("f-") + 26
        assert district.services.rules.digest.upper() not in told
