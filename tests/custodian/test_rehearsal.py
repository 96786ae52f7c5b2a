"""What would close is what then closes, and looking at it changes nothing."""

from __future__ import annotations

import pytest
from clock import TODAY
from district import CROWD, CUSTODIAN, HANNAH, INES, TEAM, District
from use_cases import entries

from dam_plugin.custodian.choices import opt_out
from dam_plugin.custodian.guardianships import remove_guardian
from dam_plugin.custodian.protections import protect
from dam_plugin.custodian.rehearsal import rehearse
from dam_plugin.errors import InputError
from dam_plugin.model import OptOut
from dam_plugin.store import SystemUser

USER = SystemUser("carol", "carol")


def test_what_would_close_is_what_then_closes(district: District) -> None:
    district.upload(TEAM)
    link = district.share(TEAM).link
    assert link is not None
    ines, before = district.student(INES), entries(district.services)
    would = rehearse(district.services, ines, lambda at: opt_out(at, ines, OptOut(TODAY), CUSTODIAN))
    assert [each.id for each in would.links] == [link.id]
    assert [each.key for each in would.publications] == [TEAM]
    assert entries(district.services) == before
    with district.services.store.reading() as unit:
        assert unit.people.opt_outs(ines) == []
        kept = unit.shares.link(link.id)
        assert kept is not None
        assert kept.closed_at is None
        assert unit.referrals.listed() == []
    assert district.release_tag(TEAM) is not None
    done = opt_out(district.services, ines, OptOut(TODAY), CUSTODIAN)
    assert [each.id for each in done] == [link.id]
    assert [each.key for each in done.still_published or ()] == [TEAM]


def test_what_waits_to_be_taken_down_already_is_not_told_as_new(district: District) -> None:
    district.upload(TEAM)
    district.share(TEAM)
    ines = district.student(INES)
    opt_out(district.services, ines, OptOut(TODAY), CUSTODIAN)
    act = lambda at: protect(at, ines, "other", "seen", CUSTODIAN, USER)  # noqa: E731
    assert rehearse(district.services, ines, act).publications == ()


def test_what_the_use_case_refuses_is_refused_here(district: District) -> None:
    district.upload(CROWD)
    hannah = district.student(HANNAH)
    with pytest.raises(InputError, match="nobody stated by hand"):
        rehearse(
            district.services,
            hannah,
            lambda at: remove_guardian(at, hannah, "G-0000000000ZZ", "moved", CUSTODIAN, USER),
        )
