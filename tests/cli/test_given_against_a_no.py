"""What went out as directory information, and showed a child whose family had said no, is on that child's required record.

34 CFR 99.32(d)(4) exempts directory information; of who had opted out it was none (34 CFR 99.37(a)(2)).
"""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from command_line import call
from district import CUSTODIAN, HANNAH, INES, PUBLIC, TEAM, THERESA, District
from PIL import Image
from use_cases import looked

from dam_plugin.custodian import choices
from dam_plugin.gate.open_link import open_link
from dam_plugin.model import OptOut, Recipient, Region
from dam_plugin.sharing.share import Answer

AS = ("--as", "custodian:records-office")
LEFT, RIGHT = Region(0.1, 0.2, 0.2, 0.4), Region(0.6, 0.2, 0.2, 0.4)
HERALD = Recipient("public", "herald")
AUTUMN = "events/autumn/pic.jpg"


def picture() -> bytes:
    made = io.BytesIO()
    Image.effect_noise((400, 300), 40).convert("RGB").save(made, "JPEG")
    return made.getvalue()


def required(district: District, roster_id: str) -> list[tuple[str, str]]:
    lines = call("ledger", "student", district.student(roster_id), "--required", *AS, "--json").objects()
    return [(each["what"], each["who"]) for each in lines]


def given(district: District, roster_id: str = THERESA, **changes: Any) -> Answer:
    """A recording that shows one student goes out as directory information, and is opened."""
    district.upload(AUTUMN, picture())
    looked(district, AUTUMN, roster_id, box=LEFT, unidentified=0, directory_status="eligible")
    asked = {"kind": "request", "purpose": "news", "actor": CUSTODIAN, "recipient": HERALD, **changes}
    answer = district.share(AUTUMN, **asked)
    assert answer.decision.basis == {district.student(roster_id): "EX4"}
    assert open_link(district.services, answer.token or "").url is not None
    return answer


def found_later(district: District, roster_id: str) -> None:
    looked(district, AUTUMN, roster_id, box=RIGHT, unidentified=0, directory_status="eligible")


def test_a_child_who_is_found_later_and_was_opted_out(district: District) -> None:
    given(district)
    found_later(district, HANNAH)
    assert required(district, HANNAH) == [("asked", "public:herald"), ("opened", "public:herald")]
    assert required(district, THERESA) == [], "for whom it was directory information"


def test_what_the_district_published_counts_too(district: District) -> None:
    given(district, kind="publication", purpose="website", recipient=PUBLIC)
    found_later(district, HANNAH)
    assert [what for what, _ in required(district, HANNAH)] == ["published", "opened"]


def test_a_child_who_is_found_later_and_said_nothing(district: District) -> None:
    given(district)
    found_later(district, INES)
    assert required(district, INES) == []


def test_a_no_that_is_entered_late_counts_from_its_day(district: District) -> None:
    given(district)
    theresa, today = district.student(THERESA), district.services.now().date()
    choices.opt_out(district.services, theresa, OptOut(today - timedelta(days=30)), CUSTODIAN)
    assert required(district, THERESA) == [("asked", "public:herald"), ("opened", "public:herald")]


@pytest.mark.parametrize(("purposes", "count"), [(("yearbook",), 0), (("news",), 2)])
def test_a_no_for_another_purpose_says_nothing_of_it(district: District, purposes: tuple[str, ...], count: int) -> None:
    given(district)
    theresa, today = district.student(THERESA), district.services.now().date()
    choices.opt_out(district.services, theresa, OptOut(today - timedelta(days=30), None, purposes), CUSTODIAN)
    assert len(required(district, THERESA)) == count


def test_a_no_of_the_next_day_changes_nothing(district: District) -> None:
    given(district)
    theresa, today = district.student(THERESA), district.services.now().date()
    choices.opt_out(district.services, theresa, OptOut(today + timedelta(days=1)), CUSTODIAN)
    assert required(district, THERESA) == []


def test_whom_the_copy_hides_was_not_shown(district: District) -> None:
    district.upload(TEAM)
    answer = district.ask(TEAM, HERALD, "news")
    assert answer.decision.redact == (district.student(HANNAH),)
    assert required(district, HANNAH) == []


def test_it_is_not_forgotten(district: District) -> None:
    given(district)
    found_later(district, HANNAH)
    entries = call("ledger", "student", district.student(HANNAH), *AS, "--json").objects()
    numbers = [word for each in entries if each["who"] == "public:herald" for word in ("--entry", str(each["entry"]))]
    assert numbers
    kept = call("ledger", "forget", *numbers, "--why", "old", *AS)
    assert len(required(district, HANNAH)) == 2, kept.text
    before = call("ledger", "student", district.student(HANNAH), "--required", *AS).text
    assert "herald" in before
