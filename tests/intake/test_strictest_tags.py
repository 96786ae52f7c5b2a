"""What sticks to a recording: under another key, in another version, whatever the new file says of itself."""

from __future__ import annotations

from district import HALLWAY, TEAM, THERESA, District
from use_cases import looked

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.model import OfficialUse, Outcome

PLAIN = (sample_folder() / TEAM).read_bytes()


def uses(district: District, key: str) -> list[str]:
    with district.services.store.reading() as unit:
        stored = unit.assets.current(key)
    assert stored is not None
    return [use.purpose for use in stored.tagging.official_uses]


def test_a_copy_under_another_key_is_kept_for_the_same_purpose(district: District) -> None:
    district.upload(TEAM)
    looked(district, TEAM, THERESA, official_uses=(OfficialUse("discipline"),), closed="an investigation")
    copied = district.upload("events/athletics/renamed.jpg", PLAIN)
    assert uses(district, "events/athletics/renamed.jpg") == ["discipline"]
    assert (copied.release_tag, copied.tagging.closed) == ("hold", "an investigation")
    assert district.share("events/athletics/renamed.jpg").decision.outcome is not Outcome.ALLOW


def test_a_version_without_the_keyword_is_kept_for_it_still(district: District) -> None:
    district.upload(HALLWAY)
    district.upload(HALLWAY, PLAIN)
    assert uses(district, HALLWAY) == ["discipline"]
    district.upload(HALLWAY, (sample_folder() / "portraits/portrait-0417.jpg").read_bytes())
    assert uses(district, HALLWAY) == ["discipline"]


def test_what_a_person_marked_as_no_directory_information_stays_so_when_it_is_replaced(district: District) -> None:
    district.upload(TEAM)
    looked(district, TEAM, directory_status="not_eligible")
    stored = district.upload(TEAM, PLAIN + b"\0")
    assert stored.tagging.directory_status == "not_eligible"


def test_another_recording_inherits_nothing(district: District) -> None:
    district.upload(HALLWAY)
    other = district.upload("events/athletics/other.jpg", PLAIN)
    assert (other.tagging.official_uses, other.release_tag) == ((), "staff")
