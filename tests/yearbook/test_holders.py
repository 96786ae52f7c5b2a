"""Whoever has a set: who can be its recipient, and for whom of several a file stops."""

from __future__ import annotations

from datetime import timedelta

import pytest
from district import CUSTODIAN, HANNAH, HANNAH_MOTHER, MEDIA_STAFF, TEAM, District
from sets_on_file import files_of, made_set, on_file
from use_cases import TODAY

from dam_plugin.custodian import choices
from dam_plugin.errors import InputError
from dam_plugin.model import Consent, Recipient
from dam_plugin.services import local_now
from dam_plugin.store.sets import Handover
from dam_plugin.yearbook.lock import handed_over, lock
from dam_plugin.yearbook.recall import recall, recipients, write_recall
from dam_plugin.yearbook.recheck import Holder, check_recipient, holders_of, recheck


@pytest.mark.parametrize("name", [None, "", "  ", "public", "Public", " pspa", "pspa ", "parent", "pspa\u202e"])
def test_who_can_be_nobodys_recipient_is_refused(name: str | None) -> None:
    with pytest.raises(InputError, match="id"):
        check_recipient(Recipient("public", name), MEDIA_STAFF)


@pytest.mark.parametrize("name", ["pspa", "Walsworth Yearbooks", "print & more"])
def test_a_publishers_name_is_an_id(name: str) -> None:
    check_recipient(Recipient("public", name), MEDIA_STAFF)


def test_whoever_got_a_set_twice_has_it_once(district: District) -> None:
    set_, now = made_set(district), local_now()
    handed = [Handover(set_.id, now + timedelta(hours=n), to, CUSTODIAN) for n, to in enumerate(("pspa", "b", "pspa"))]
    assert holders_of(set_, ()) == (Holder(Recipient("public", "pspa"), MEDIA_STAFF),)
    assert [each.id for each in holders_of(set_, handed)] == ["pspa", "b"]


def consent_for(district: District, party: str) -> str:
    consent = Consent(
        district.student(HANNAH), district.guardian(HANNAH_MOTHER), TODAY, "ink", purpose="yearbook", parties=(party,)
    )
    return choices.add_consent(district.services, consent, "on paper", CUSTODIAN)


def given_to_two(district: District) -> tuple[str, dict[str, str]]:
    """A locked set of the team, whole, at two publishers; each has a consent of its own."""
    on_file(district, TEAM)
    ids = {party: consent_for(district, party) for party in ("pspa", "printer")}
    set_ = made_set(district)
    lock(district.services, set_.id, by=MEDIA_STAFF)
    handed_over(district.services, set_.id, by=CUSTODIAN, to="printer")
    return set_.id, ids


@pytest.mark.parametrize(("revoked", "other"), [("pspa", "printer"), ("printer", "pspa")])
def test_a_consent_that_one_publisher_loses_recalls_from_that_one_alone(
    district: District, revoked: str, other: str
) -> None:
    set_id, ids = given_to_two(district)
    assert recall(district.services) == ()
    choices.revoke_consent(district.services, ids[revoked], TODAY, CUSTODIAN)
    (line,) = recall(district.services)
    assert (line.standing, [each.to for each in line.handed]) == ("recall", [revoked])
    (stop,) = recheck(district.services, set_id).stops
    assert stop.stopped_for == (revoked,)


def test_a_set_that_went_to_another_than_it_was_made_for_is_recalled_by_what_that_one_may_have(
    district: District,
) -> None:
    on_file(district, TEAM)
    pspa, printer = consent_for(district, "pspa"), consent_for(district, "printer")
    set_ = made_set(district)
    assert not files_of(district, set_.id)[TEAM].redacted
    lock(district.services, set_.id, by=MEDIA_STAFF, to="printer")
    choices.revoke_consent(district.services, pspa, TODAY, CUSTODIAN)
    assert recall(district.services) == ()
    assert recheck(district.services, set_.id).may_be_printed
    choices.revoke_consent(district.services, printer, TODAY, CUSTODIAN)
    assert recipients(recall(district.services)) == ("printer",)


def test_the_list_for_a_publisher_never_tells_of_another(
    district: District, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _, ids = given_to_two(district)
    for each in ids.values():
        choices.revoke_consent(district.services, each, TODAY, CUSTODIAN)
    lines = recall(district.services)
    path = tmp_path_factory.mktemp("lists") / "recall.csv"
    assert recipients(lines) == ("pspa", "printer")
    with pytest.raises(InputError, match="--to"):
        write_recall(path, lines)
    assert list(path.parent.iterdir()) == []
    assert write_recall(path, lines, to="printer") == 1
