"""The written files of a set decided again, as they were decided for it."""

from __future__ import annotations

from dataclasses import replace

from district import HANNAH, MEDIA_STAFF, NOAH, District
from yearbook_plans import REDACTING, planned, recording, seen, written

from dam_plugin.store.sets import Query
from dam_plugin.yearbook.recheck import again
from dam_tagging.facts import About


def test_a_caption_below_a_redacted_picture_of_the_event_that_was_ordered_stands_as_it_was_written(
    district: District,
) -> None:
    services, order = district.services, replace(REDACTING, query=Query(event="science fair"))
    shown = seen(district.student(NOAH)), seen(district.student(HANNAH), 0.5)
    recording(district, "a.jpg", *shown, about=About(("Science Fair",), "Hanni wins"))
    set_ = planned(district, order)
    written(district, set_)
    with services.store.reading() as unit:
        files = list(unit.exports.files(set_.id))
        (today,) = again(services, unit, order, MEDIA_STAFF, set_.day, files)
    assert files[0].caption is not None
    assert files[0].caption.endswith(": Science Fair")
    assert (today.stops, today.notices) == ((), ())
