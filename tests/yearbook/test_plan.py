"""A set is planned: what the query means, as portraits and candids in their order, each decided and kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from district import CALEB, HANNAH, INES, MEDIA_STAFF, NOAH, SOFIA, THERESA, District
from yearbook_plans import FIRST_SEEN, ORDER, REDACTING, begun, files, keys, planned, recording, rename, seen

from dam_plugin.procedure.clauses import reason
from dam_plugin.store import Portrait
from dam_plugin.store.sets import ExportFile, ExportSet, Query, SetOrder
from dam_plugin.yearbook import plan
from dam_tagging.facts import About


def asking(order: SetOrder = ORDER, **query: Any) -> SetOrder:
    return replace(order, query=Query(**query))


def portrait(district: District, number: int, roster_id: str, **more: Any) -> None:
    recording(district, f"portraits/{number:04}.jpg", seen(district.student(roster_id)), **more)


def test_pictures_alone_are_candidates(district: District) -> None:
    noah = seen(district.student(NOAH))
    recording(district, "events/fair.jpg", noah)
    recording(district, "events/clip.mov", noah, media_type="video/quicktime")
    recording(district, "events/song.wav", noah, media_type="audio/wav")
    assert keys(district, planned(district), "planned", "left_out") == ["events/fair.jpg"]


def test_what_may_go_in_is_planned_and_the_rest_left_out_with_its_reasons(district: District) -> None:
    recording(district, "events/a.jpg", seen(district.student(NOAH)))
    recording(district, "events/b.jpg", seen(district.student(HANNAH)))
    recording(district, "events/c.jpg", state="pending")
    set_ = planned(district)
    assert keys(district, set_) == ["events/a.jpg"]
    left = {each.source_key: [reason.clause for reason in each.why] for each in files(district, set_, "left_out")}
    assert left["events/c.jpg"] == ["HOLD-UNTAGGED"]
    assert "EX4-OPTOUT" in left["events/b.jpg"]


def test_a_redacted_copy_is_planned_where_the_set_takes_it(district: District) -> None:
    noah, hannah = district.student(NOAH), district.student(HANNAH)
    recording(district, "events/a.jpg", seen(noah), seen(hannah, 0.5))
    (file,) = files(district, planned(district, REDACTING), "planned")
    assert (file.redacted, file.outcome, file.shows) == (True, "redact", (noah,))


def test_what_a_digest_stands_for_is_kept(district: District) -> None:
    recording(district, "events/a.jpg", seen(district.student(NOAH)))
    (file,) = files(district, planned(district))
    with district.services.store.reading() as unit:
        details = unit.exports.decision(file.digest)
    assert details is not None
    assert details["source"] == "events/a.jpg"


def test_what_cannot_be_judged_is_left_out_and_stops_nothing(district: District) -> None:
    recording(district, "events/a.jpg", seen("S-000000000000"))
    recording(district, "events/b.jpg", seen(district.student(NOAH)))
    set_ = planned(district)
    assert keys(district, set_) == ["events/b.jpg"]
    (left,) = files(district, set_, "left_out")
    assert ([each.clause for each in left.why], left.outcome) == (["EXPORT-UNABLE"], "refer")


@pytest.mark.parametrize("batch", [1, 3, 200])
def test_a_library_of_many_batches_is_planned_whole(
    district: District, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(plan, "BATCH", batch)
    for number in range(7):
        recording(district, f"events/{number}.jpg", seen(district.student(NOAH)))
    set_ = begun(district.services)
    heard = list(plan.plan(district.services, set_))
    assert sorted(keys(district, set_)) == [f"events/{number}.jpg" for number in range(7)]
    assert sorted(each.number for each in files(district, set_)) == list(range(1, 8))
    assert heard[-1] == 7


@pytest.mark.parametrize("event", ["Fall Concert", "fall-concert", "FALL_CONCERT", " fall  concert "])
def test_an_event_is_found_by_metadata_or_folder_however_it_is_spelt(district: District, event: str) -> None:
    noah = seen(district.student(NOAH))
    recording(district, "events/fall-concert/1.jpg", noah)
    recording(district, "inbox/2.jpg", noah, about=About(("Homecoming", "Fall Concert")))
    recording(district, "inbox/fall-concert.jpg", noah)
    recording(district, "inbox/3.jpg", noah, about=About(("Fall Concert Rehearsal",)))
    found = keys(district, planned(district, asking(event=event)))
    assert sorted(found) == ["events/fall-concert/1.jpg", "inbox/2.jpg"]


def test_since_counts_the_day_taken_and_without_one_the_upload(district: District) -> None:
    noah = seen(district.student(NOAH))
    recording(district, "a.jpg", noah, about=About(taken="2026:09:02 08:00:00"))
    recording(district, "b.jpg", noah, about=About(taken="2026:08:31 23:59:59"))
    recording(district, "c.jpg", noah, about=About(taken="last summer"), first_seen=datetime(2026, 9, 3, tzinfo=UTC))
    recording(district, "d.jpg", noah, first_seen=datetime(2026, 8, 1, tzinfo=UTC))
    assert sorted(keys(district, planned(district, asking(since=date(2026, 9, 2))))) == ["a.jpg", "c.jpg"]


@pytest.mark.parametrize("wanted", ["7", "07", "7th"])
def test_a_grade_is_the_same_however_it_is_written(district: District, wanted: str) -> None:
    rename(district, district.student(NOAH), grade="07")
    rename(district, district.student(SOFIA), grade="08")
    recording(district, "a.jpg", seen(district.student(NOAH)))
    recording(district, "b.jpg", seen(district.student(SOFIA)))
    recording(district, "c.jpg", seen(district.student(SOFIA)), seen(district.student(NOAH), 0.5))
    portrait(district, 1, NOAH)
    portrait(district, 2, SOFIA)
    found = keys(district, planned(district, asking(grades=(wanted,))))
    assert sorted(found) == ["a.jpg", "c.jpg", "portraits/0001.jpg"]


def test_a_hidden_student_brings_no_picture_into_the_set_of_their_grade(district: District) -> None:
    rename(district, district.student(HANNAH), grade="07")
    rename(district, district.student(NOAH), grade="08")
    recording(district, "a.jpg", seen(district.student(NOAH)), seen(district.student(HANNAH), 0.5))
    assert files(district, planned(district, asking(REDACTING, grades=("7",)))) == []


def test_an_opted_out_student_in_the_background_brings_no_picture_into_the_set_of_their_grade(
    district: District,
) -> None:
    rename(district, district.student(HANNAH), grade="07")
    rename(district, district.student(NOAH), grade="08")
    behind = seen(district.student(HANNAH), 0.5, prominence="incidental")
    recording(district, "a.jpg", seen(district.student(NOAH)), behind)
    assert files(district, planned(district, asking(grades=("7",)))) == []
    (file,) = files(district, planned(district, asking(grades=("8",)), set_id="x-2"))
    assert file.state == "planned"


def test_a_picture_that_stays_out_counts_for_the_grade_of_everybody_in_it(district: District) -> None:
    rename(district, district.student(HANNAH), grade="07")
    rename(district, district.student(NOAH), grade="08")
    recording(district, "a.jpg", seen(district.student(NOAH)), seen(district.student(HANNAH), 0.5))
    (file,) = files(district, planned(district, asking(grades=("7",))))
    assert [each.clause for each in file.why] == ["EXPORT-REDACT"]


def test_a_portrait_lies_in_a_folder_of_portraits_and_shows_one_student_alone(district: District) -> None:
    noah, sofia = district.student(NOAH), district.student(SOFIA)
    recording(district, "Portraits/grade-09/1.jpg", seen(noah))
    recording(district, "portraits/2.jpg", seen(noah), seen(sofia, 0.5))
    recording(district, "portraits/3.jpg", seen(noah, prominence="incidental"))
    recording(district, "events/portraits.jpg", seen(noah))
    found = {each.source_key: (each.kind, each.student) for each in files(district, planned(district))}
    assert found == {
        "Portraits/grade-09/1.jpg": ("portrait", noah),
        "portraits/2.jpg": ("candid", None),
        "portraits/3.jpg": ("candid", None),
        "events/portraits.jpg": ("candid", None),
    }


def test_an_index_says_whose_portrait_it_is_wherever_it_lies(district: District) -> None:
    noah = district.student(NOAH)
    with district.services.store.writing() as unit:
        unit.people.set_portraits([Portrait("studio", "images/7.jpg", noah), Portrait("studio", "images/8.jpg", noah)])
    recording(district, "2026/studio/images/7.jpg", seen(noah))
    recording(district, "2026/studio/images/8.jpg", seen(district.student(SOFIA)))
    found = {each.source_key: each.kind for each in files(district, planned(district))}
    assert found == {"2026/studio/images/7.jpg": "portrait", "2026/studio/images/8.jpg": "candid"}


def test_a_portrait_that_shows_nobody_whom_the_index_names_stays_out(district: District) -> None:
    with district.services.store.writing() as unit:
        unit.people.set_portraits([Portrait("studio", "7.jpg", district.student(NOAH))])
    recording(district, "studio/7.jpg")
    (left,) = files(district, planned(district))
    assert (left.state, [each.clause for each in left.why]) == ("left_out", ["EXPORT-PORTRAIT"])


def test_of_a_student_the_newest_portrait_goes_in(district: District) -> None:
    portrait(district, 1, NOAH, about=About(taken="2026:09:02 08:00:00"))
    portrait(district, 2, NOAH, about=About(taken="2026:09:02 09:30:00"))
    portrait(district, 3, NOAH, first_seen=FIRST_SEEN)
    portrait(district, 4, SOFIA)
    set_ = planned(district)
    assert sorted(keys(district, set_)) == ["portraits/0002.jpg", "portraits/0004.jpg"]
    assert {each.why[0].clause for each in files(district, set_, "left_out")} == {"EXPORT-RETAKE"}


@pytest.mark.parametrize("batch", [1, 2, 3, 200])
def test_one_portrait_of_each_goes_in_however_they_fall_into_batches(
    district: District, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(plan, "BATCH", batch)
    for number, roster_id in enumerate((NOAH, NOAH, NOAH, SOFIA, THERESA, THERESA)):
        portrait(district, number, roster_id, about=About(taken=f"2026-09-0{number + 1}"))
    found = keys(district, planned(district))
    assert sorted(found) == ["portraits/0002.jpg", "portraits/0003.jpg", "portraits/0005.jpg"]


def retake(district: District, set_: ExportSet, file: ExportFile) -> ExportFile | None:
    with district.services.store.reading() as unit:
        return plan.retake_of(unit, set_.id, file)


def no_copy(district: District, file: ExportFile) -> None:
    """Keep that no copy of a planned portrait can be made."""
    with district.services.store.writing() as unit:
        unit.exports.change_files([replace(file, state="left_out", why=(reason("EXPORT-UNABLE", why="it is torn"),))])


def test_where_no_copy_of_a_portrait_can_be_made_the_next_older_one_stands_in_and_then_the_next(
    district: District,
) -> None:
    for number in range(1, 4):
        portrait(district, number, NOAH, about=About(taken=f"2026-09-0{number}"))
        portrait(district, number + 3, SOFIA, about=About(taken=f"2026-09-0{number}"))
    set_ = planned(district)
    file = next(each for each in files(district, set_, "planned") if each.student == district.student(NOAH))
    found = [file.source_key]
    while (instead := retake(district, set_, file)) is not None:
        no_copy(district, file)
        found.append(instead.source_key)
        file = instead
    assert found == ["portraits/0003.jpg", "portraits/0002.jpg", "portraits/0001.jpg"]


def test_a_portrait_that_stands_in_is_as_if_it_had_been_planned(district: District) -> None:
    portrait(district, 1, NOAH, about=About(taken="2026-09-01"))
    (alone,) = files(district, planned(district))
    portrait(district, 2, NOAH, about=About(taken="2026-09-02"))
    set_ = planned(district, set_id="x-2")
    (newest,) = files(district, set_, "planned")
    instead = retake(district, set_, newest)
    assert instead == replace(alone, set_id="x-2")
    assert len(files(district, set_, "left_out")) == 1


def test_nothing_stands_in_but_an_older_portrait_of_the_same_student_that_may_go_in(district: District) -> None:
    portrait(district, 1, NOAH, about=About(taken="2026-09-01"), directory_status="not_eligible")
    portrait(district, 2, NOAH, about=About(taken="2026-09-02"))
    portrait(district, 3, SOFIA, about=About(taken="2026-09-01"))
    portrait(district, 4, SOFIA, about=About(taken="2026-09-02"))
    set_ = planned(district)
    noahs = next(each for each in files(district, set_, "planned") if each.student == district.student(NOAH))
    assert retake(district, set_, noahs) is None


def test_a_redacted_portrait_stands_in_as_a_redacted_one(district: District) -> None:
    portrait(district, 1, NOAH, about=About(taken="2026-09-01"))
    portrait(district, 2, NOAH, about=About(taken="2026-09-02"))
    set_ = planned(district)
    (newest,), (older,) = files(district, set_, "planned"), files(district, set_, "left_out")
    with district.services.store.writing() as unit:
        unit.exports.change_files([replace(older, outcome="redact")])
    instead = retake(district, set_, newest)
    assert instead is not None
    assert instead.redacted


def test_an_older_portrait_goes_in_where_the_newest_may_not_by_itself(district: District) -> None:
    portrait(district, 1, NOAH, about=About(taken="2026:09:02 08:00:00"))
    portrait(district, 2, NOAH, about=About(taken="2026:10:02 08:00:00"), directory_status="not_eligible")
    assert keys(district, planned(district)) == ["portraits/0001.jpg"]


def test_no_portrait_of_whom_opted_out_goes_in_however_old(district: District) -> None:
    portrait(district, 1, HANNAH, about=About(taken="2020:09:02 08:00:00"))
    portrait(district, 2, HANNAH)
    assert keys(district, planned(district, REDACTING)) == []


def test_portraits_stand_in_the_order_of_the_school_and_of_names(district: District) -> None:
    told = {
        NOAH: ("KG", "Noah", "Begaye"),
        SOFIA: ("10", "Sofia", "Álvarez"),
        THERESA: ("9", "Tess", "Okafor"),
        INES: ("10", "Zoe", "Alvarez"),
        CALEB: ("PK", "Caleb", "Zed"),
    }
    for number, (roster_id, (grade, given, family)) in enumerate(told.items()):
        rename(district, district.student(roster_id), grade=grade, given=given, family=family)
        portrait(district, number, roster_id)
    in_order = [each.student for each in files(district, planned(district), "planned")]
    assert in_order == [district.student(each) for each in (CALEB, NOAH, THERESA, SOFIA, INES)]


def test_candids_stand_behind_portraits_by_time_and_never_by_key_or_event(district: District) -> None:
    noah = seen(district.student(NOAH))
    recording(district, "z.jpg", noah, about=About(("Art fair",), taken="2026:09:02 08:00:00"))
    recording(district, "a.jpg", noah, about=About(("Art fair",), taken="2026:09:02 08:00:01"))
    recording(district, "b.jpg", noah, about=About(("Band",), taken="2026:01:01 08:00:00"))
    portrait(district, 1, NOAH)
    set_ = planned(district)
    assert keys(district, set_) == ["portraits/0001.jpg", "b.jpg", "z.jpg", "a.jpg"]
    assert not any(each.source_key in each.place for each in files(district, set_))


def test_nothing_that_somebody_typed_has_a_part_in_the_order_of_candids(district: District) -> None:
    noah = seen(district.student(NOAH))
    about = About(("Fair",), "Noah wins", "2026:09:02 08:00:00 by Noah")
    stored = recording(district, "noah/a.jpg", noah, about=about)
    (file,) = files(district, planned(district))
    assert file.place == f"2026-09-02T08:00:00\x1f{stored.asset.id}"


def test_a_hostile_name_reaches_into_no_other_column_of_the_order(district: District) -> None:
    rename(district, district.student(NOAH), given="Noah\x1f0000\x00\u202e", family="\x1f")
    portrait(district, 1, NOAH)
    (file,) = files(district, planned(district))
    assert file.place.count("\x1f") == 4


def test_a_replaced_or_deleted_recording_is_no_candidate(district: District) -> None:
    noah = seen(district.student(NOAH))
    gone = recording(district, "a.jpg", noah)
    with district.services.store.writing() as unit:
        unit.assets.save(replace(gone, deleted=True))
    assert files(district, planned(district)) == []


def test_a_candid_has_its_caption_and_a_portrait_only_its_student(district: District) -> None:
    noah = district.student(NOAH)
    recording(district, "events/a.jpg", seen(noah), about=About(("Art Fair",)))
    portrait(district, 1, NOAH, about=About(("Picture Day",), "Noah smiles"))
    name = rename(district, noah, names=("Noah B.",)).names[0]
    in_portrait, candid = files(district, planned(district))
    assert (in_portrait.caption, in_portrait.named) == (None, (noah,))
    assert (candid.caption, candid.named) == (f"{name}: Art Fair", (noah,))


def test_what_is_left_out_has_no_caption_and_names_nobody(district: District) -> None:
    recording(district, "events/a.jpg", seen(district.student(HANNAH)), about=About(("Art Fair",)))
    portrait(district, 1, NOAH, first_seen=FIRST_SEEN)
    portrait(district, 2, NOAH, about=About(taken="2027:01:01"))
    left = files(district, planned(district), "left_out")
    assert [(each.caption, each.named) for each in left] == [(None, ())] * 2


def test_recordings_that_were_chosen_are_the_only_candidates_and_none_that_was_replaced(district: District) -> None:
    noah = seen(district.student(NOAH))
    for each in ("a", "b", "c"):
        recording(district, f"events/{each}.jpg", noah)
    with district.services.store.reading() as unit:
        a, b = (unit.assets.need(f"events/{each}.jpg").asset.id for each in ("a", "b"))
    set_ = planned(district, asking(recordings=(b, a, "a-0000000000000000")))
    assert keys(district, set_) == ["events/a.jpg", "events/b.jpg"]


def test_recordings_that_were_chosen_are_looked_up_together(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dam_plugin.store.assets import Assets

    ids = [recording(district, f"events/{each}.jpg", seen(district.student(NOAH))).asset.id for each in "abc"]
    asked, by_ids = [], Assets.by_ids
    monkeypatch.setattr(Assets, "by_ids", lambda self, wanted: asked.append(tuple(wanted)) or by_ids(self, asked[-1]))
    monkeypatch.setattr(Assets, "by_id", lambda *_: pytest.fail("one by one"))
    plan.forecast(district.services, asking(recordings=tuple(ids)), MEDIA_STAFF, seconds=60)
    assert asked == [tuple(ids)]


def test_a_forecast_says_what_a_plan_would_and_keeps_nothing(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    noah, hannah = district.student(NOAH), district.student(HANNAH)
    recording(district, "events/a.jpg", seen(noah))
    recording(district, "events/b.jpg", seen(noah), seen(hannah, 0.5))
    recording(district, "events/c.jpg", state="pending")
    portrait(district, 1, THERESA)
    portrait(district, 2, THERESA)
    found = plan.forecast(district.services, REDACTING, MEDIA_STAFF, seconds=60)
    assert (found.fits, found.copies, found.left_out) == (3, 1, {"HOLD-UNTAGGED": 1, "EXPORT-RETAKE": 1})
    assert (found.looked_at, found.is_whole) == (5, True)
    with district.services.store.reading() as unit:
        assert unit.exports.sets() == []
    monkeypatch.setattr(plan, "BATCH", 2)
    part = plan.forecast(district.services, REDACTING, MEDIA_STAFF, seconds=0)
    assert (part.looked_at, part.of, part.is_whole) == (2, 5, False)
