"""Opening a link as a browser does: the page is read, the button is pressed, and the redirect is not followed by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from district import HALLWAY, TEAM, District

from dam_plugin.cli.demo.environment import local_service
from dam_plugin.cli.demo.visits import Visit, fetched, visit
from dam_plugin.model import Actor, Recipient
from dam_plugin.procedure.redisclosure import EMERGENCY_NOTICE

EMERGENCY = {"emergency": {"threat": "a fire", "recipient_needs_it": True}}


@pytest.fixture
def address(district: District) -> Iterator[str]:
    with local_service(district.pm) as address:
        yield address


def test_a_link_leads_to_the_storage_at_once(district: District, address: str) -> None:
    district.upload(TEAM)
    answer = district.share(TEAM)
    assert answer.release is not None
    opened = visit(address, answer.token or "")
    assert (opened.status, opened.texts) == (303, ())
    copy = district.services.library.read(answer.release.key, limit=10_000_000)
    assert fetched(opened.leads_to or "") == copy


def test_a_page_is_read_before_what_may_not_be_passed_on(district: District, address: str) -> None:
    district.upload(HALLWAY)
    to = Recipient("emergency", "hospital")
    answer = district.share(
        HALLWAY, kind="request", purpose="emergency", actor=Actor("designee"), recipient=to, evidence=EMERGENCY
    )
    page = visit(address, answer.token or "")
    assert (page.status, page.leads_to) == (200, None)
    assert f"{EMERGENCY_NOTICE} Released to emergency personnel (hospital) for: emergency" in page.texts
    assert visit(address, answer.token or "", has_read=True).status == 303


def test_a_link_that_nobody_gave_out_leads_nowhere(address: str) -> None:
    page = visit(address, "0" * 64)
    assert (page.status, page.leads_to) == (404, None)
    assert "This link does not open anything" in page.texts


def test_where_a_link_leads_is_not_shown() -> None:
    assert "signature" not in repr(Visit(303, (), "signature"))
