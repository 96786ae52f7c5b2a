"""The shipped rules on recordings as a school office has them."""

from __future__ import annotations

import pytest

from dam_tagging.facts import Facts, Keyword, NamedRegion, OfficialUse, Region, Tagging
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.rules.examples import try_examples
from dam_tagging.rules.load import default_rules, load, pack
from dam_tagging.tag import tag

ROSTER = RosterIndex([Person(f"S-{n}", (f"Student {n}",)) for n in range(6)])
RULES = default_rules()


def faces(*widths: float) -> tuple[NamedRegion, ...]:
    return tuple(
        NamedRegion(f"Student {n}", "Face", Region(0.05 + 0.3 * n, 0.2, w, w), "mwg-rs:Regions")
        for n, w in enumerate(widths)
    )


def tagged(key: str, *keywords: str, caption: str = "", regions: tuple[NamedRegion, ...] = ()) -> Tagging:
    facts = Facts(
        state="read",
        keywords=tuple(Keyword(text, "dc:subject") for text in keywords),
        captions=(Keyword(caption, "dc:description"),) if caption else (),
        regions=regions,
    )
    return tag(facts, key, RULES, ROSTER)


def test_a_concert_crowd_is_eligible_and_its_small_figures_are_incidental() -> None:
    result = tagged(
        "events/fall-concert/concert-crowd.jpg", "Fall Concert", "Crowd", "Public event", regions=faces(0.08, 0.07)
    )
    assert result.directory_status == "eligible"
    assert [appearance.prominence for appearance in result.appearances] == ["incidental", "incidental"]


def test_a_crowd_at_an_event_that_is_not_public_makes_nobody_incidental() -> None:
    result = tagged("events/fall-concert/rehearsal.jpg", "Crowd", regions=faces(0.08, 0.07))
    assert {appearance.prominence for appearance in result.appearances} == {"unknown"}


def test_a_team_photo_is_eligible_and_nobody_is_incidental() -> None:
    result = tagged(
        "events/athletics/team-photo.jpg", "Athletics", "Volleyball", "Team photo", regions=faces(0.2, 0.2, 0.05)
    )
    assert result.directory_status == "eligible"
    assert [appearance.prominence for appearance in result.appearances] == ["focus", "focus", "unknown"]


def test_hallway_footage_kept_for_discipline_is_not_eligible() -> None:
    result = tagged("cameras/hallway/hallway-1042.jpg", "Hallway camera", "Discipline")
    assert result.directory_status == "not_eligible"
    assert result.official_uses == (OfficialUse("discipline"),)


@pytest.mark.parametrize(
    ("key", "keyword", "status"),
    [
        ("portraits/portrait-0417.jpg", "Portrait", "eligible"),
        ("events/graduation/graduation.jpg", "Graduation", "eligible"),
        ("events/athletics/pep-rally.jpg", "Pep rally", "eligible"),
        ("events/spring/theater/a.jpg", "School play", "eligible"),
        ("classroom/science-lab.jpg", "Science", "undetermined"),
        ("inbox/untitled-0031.jpg", "Untitled", "undetermined"),
        ("cameras/bus/12.mp4", "Bus", "not_eligible"),
        ("inbox/a.jpg", "Nurse", "not_eligible"),
        ("inbox/a.jpg", "IEP", "not_eligible"),
        ("events/athletics/injury.jpg", "Injury", "not_eligible"),
        ("portraits/special-education/a.jpg", "Portrait", "not_eligible"),
    ],
)
def test_status_of_a_recording(key: str, keyword: str, status: str) -> None:
    assert tagged(key, keyword).directory_status == status


def test_a_caption_about_a_suspension_makes_it_a_record_of_discipline() -> None:
    result = tagged("events/athletics/a.jpg", "Athletics", caption="Two players suspended after the game.")
    assert result.official_uses == (OfficialUse("discipline"),)
    assert result.directory_status == "not_eligible"


def test_a_camera_recording_without_metadata_is_not_eligible_by_its_folder() -> None:
    assert tag(Facts(), "cameras/hallway/x.mp4", RULES, ROSTER).directory_status == "not_eligible"


def test_the_examples_of_the_shipped_rules_end_as_expected_and_try_every_rule() -> None:
    loaded = load(pack())
    report = try_examples(loaded.rules, loaded.examples)
    assert [(each.example.name, each.differences) for each in report.tried if each.differences] == []
    assert report.covered


STATUSES = ("IEP", "504", "ELL", "foster", "homeless", "free-lunch", "counseling", "nurse", "special-education", "SPED")


@pytest.mark.parametrize("folder", STATUSES)
@pytest.mark.parametrize("pattern", ["{}/a.jpg", "events/athletics/{}/a.jpg", "events/athletics/{}-2026/b/a.jpg"])
def test_a_folder_that_gives_a_status_away_is_never_directory_information(folder: str, pattern: str) -> None:
    for written in (folder, folder.upper(), folder.lower()):
        assert tagged(pattern.format(written), "Athletics").directory_status == "not_eligible"


@pytest.mark.parametrize("keyword", ["IEP", "504", "ELL", "Foster care", "McKinney-Vento", "Free lunch", "Counseling"])
def test_a_keyword_that_gives_a_status_away_is_never_directory_information(keyword: str) -> None:
    assert tagged("events/athletics/a.jpg", "Athletics", keyword).directory_status == "not_eligible"


@pytest.mark.parametrize(
    "key",
    [
        "events/athletics/spelling-bell.jpg",
        "events/athletics/IMG_0504.jpg",
        "events/athletics/IMG_504.jpg",
        "events/athletics/fostering-team-spirit.jpg",
        "events/athletics/recipes.jpg",
        "events/athletics/shelled-peas.jpg",
    ],
)
def test_a_word_that_only_looks_like_a_status_gives_nothing_away(key: str) -> None:
    assert tagged(key).directory_status == "eligible"
