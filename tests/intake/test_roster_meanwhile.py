"""A roster that changes while a recording is read: no job looks for it, and it must not stay kept back."""

from __future__ import annotations

from typing import Any

import pytest
from clock import TODAY
from district import CUSTODIAN, INES, TEAM, District

from dam_plugin.custodian.choices import opt_out
from dam_plugin.intake import events
from dam_plugin.model import OptOut


def test_a_recording_that_is_read_while_a_family_says_no_is_tagged_again_at_once(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, seen = events.examine, list[int]()

    def examine(*arguments: Any) -> Any:
        with district.services.store.reading() as unit:
            seen.append(unit.people.last_change())
        examined = whole(*arguments)
        if len(seen) == 1:
            opt_out(district.services, district.student(INES), OptOut(TODAY), CUSTODIAN)
        return examined

    monkeypatch.setattr(events, "examine", examine)
    district.upload(TEAM)
    first, second = seen
    assert first < second
    with district.services.store.reading() as unit:
        assert unit.words.stale_count() == 0
