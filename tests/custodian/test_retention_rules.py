"""The retention rules: what they fit, when something is due, and every mistake of a file with its line."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.custodian.retention_rules import RetentionRules, read_retention_rules, years_after
from dam_plugin.errors import SettingsError
from dam_plugin.model import Asset, OfficialUse, Tagging
from dam_plugin.procedure.read_toml import toml_places
from dam_plugin.store import StoredAsset
from dam_tagging.facts import About

KEPT = datetime(2020, 5, 17, 12, tzinfo=UTC)
PHOTOS = """\
# The district's schedule.
[[rule]]
name = "photos of events"
folder = "events/**"
use = "none"
years = 3
source = "the district's own schedule"

[[rule]]
name = "discipline"
folder = ["cameras/**", "**/discipline/**"]
use = ["discipline", "violation"]
years = 5
source = "Missouri Secretary of State, schedule of school districts"
idea_notice = true
"""


def rules(text: str = PHOTOS) -> RetentionRules:
    return read_retention_rules(text.encode(), "retention.toml")


def problems(text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        rules(text)
    return list(caught.value.problems)


def recording(key: str = "events/a.jpg", *uses: Any, **about: Any) -> StoredAsset:
    tagging = Tagging("complete", official_uses=tuple(map(OfficialUse, uses)))
    asset = Asset("a-1", key, "v1", "e1", 10)
    return StoredAsset(asset, None, "staff", tagging, tagging, KEPT, KEPT, about=About(**about))


def rule_for(stored: StoredAsset, text: str = PHOTOS) -> str | None:
    found = rules(text).of(stored)
    return found.name if found else None


@pytest.mark.parametrize(
    ("stored", "name"),
    [
        (recording(), "photos of events"),
        (recording("events/2020/deep/a.jpg"), "photos of events"),
        (recording("portraits/a.jpg"), None),
        (recording("events/a.jpg", "discipline"), None),
        (recording("cameras/a.jpg", "discipline"), "discipline"),
        (recording("x/discipline/a.jpg", "violation"), "discipline"),
        (recording("cameras/a.jpg", "victim"), None),
        (recording("cameras/a.jpg"), None),
    ],
)
def test_a_rule_fits_by_folder_and_official_use(stored: StoredAsset, name: str | None) -> None:
    assert rule_for(stored) == name


def test_of_several_rules_the_longest_time_counts() -> None:
    longer = PHOTOS + '\n[[rule]]\nname = "all"\nfolder = "**"\nuse = ["none", "any"]\nyears = 4\nsource = "s"\n'
    assert rule_for(recording(), longer) == "all"
    assert rule_for(recording("cameras/a.jpg", "discipline"), longer) == "discipline"
    for_ever = longer.replace("years = 4", 'years = "forever"')
    found = rules(for_ever).of(recording())
    assert found is not None
    assert found.due(recording()) is None


def test_a_rule_may_fit_by_the_event_that_a_file_names() -> None:
    text = '[[rule]]\nname = "concerts"\nevent = "*concert*"\nuse = "none"\nyears = 1\nsource = "s"\n'
    assert rule_for(recording("x.jpg", events=("Fall Concert 2020",)), text) == "concerts"
    assert rule_for(recording("concert.jpg"), text) is None


@pytest.mark.parametrize(
    ("taken", "due"),
    [
        ("2019:02:28 10:00:00", date(2022, 2, 28)),
        ("2019-02-28T10:00", date(2022, 2, 28)),
        # A clock that runs ahead, no day, no date: from the day on which the library got it.
        ("2031:01:01 00:00:00", date(2023, 5, 17)),
        ("2019:02:30", date(2023, 5, 17)),
        ("sometime", date(2023, 5, 17)),
        (None, date(2023, 5, 17)),
    ],
)
def test_the_years_may_be_counted_from_the_day_of_recording(taken: str | None, due: date) -> None:
    text = PHOTOS.replace('use = "none"', 'use = "none"\ncounted_from = "taken"')
    stored = recording(taken=taken)
    found = rules(text).of(stored)
    assert found is not None
    assert found.due(stored) == due


def test_they_are_counted_from_the_day_on_which_the_library_got_it() -> None:
    stored = recording(taken="2001:01:01 00:00:00")
    found = rules().of(stored)
    assert found is not None
    assert found.due(stored) == date(2023, 5, 17)


@given(st.dates(), st.integers(0, 200))
def test_years_later_is_never_earlier_and_never_fails(day: date, years: int) -> None:
    later = years_after(day, years)
    assert later >= day
    assert later == date.max or later.year == day.year + years


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("years = 3", "years = -1", "retention.toml:6:9: rule[0].years: must be 0 to 200 years, or 'forever'"),
        ("years = 5", "years = -5", "retention.toml:13:9: rule[1].years: must be 0 to 200 years, or 'forever'"),
        (
            "years = 3",
            "years = 2.5",
            "retention.toml:6:9: rule[0].years: must be a whole number of years, or 'forever'",
        ),
        (
            "years = 3",
            'years = "ever"',
            "retention.toml:6:9: rule[0].years: must be a whole number of years, or 'forever'",
        ),
        ('use = "none"', 'use = "disciplin"', "did you mean 'discipline'?"),
        ('"violation"]', '"violatoin"]', "retention.toml:12:7: rule[1].use: must be one of"),
        (
            "idea_notice",
            "idea_notcie",
            "retention.toml:15:1: rule[1].idea_notcie: is not known here; did you mean 'idea_",
        ),
        ('source = "the', 'do = "destroy"\nsource = "the', "retention.toml:7:6: rule[0].do: must be one of list"),
        ('name = "photos of events"\n', "", "retention.toml:2:1: rule[0].name: is required"),
        ('folder = "events/**"\n', "", "has neither 'folder' nor 'event'"),
        ('name = "discipline"', 'name = "Photos of events"', "is also the name of rule 1"),
        (
            '[[rule]]\nname = "photos',
            '[[rules]]\nname = "photos',
            "retention.toml:2:1: rules: is not known here; did",
        ),
        ("years = 3", "years = ", "retention.toml:6:9: is not TOML"),
    ],
)
def test_each_mistake_is_told_with_its_line(old: str, new: str, told: str) -> None:
    assert old in PHOTOS
    found = problems(PHOTOS.replace(old, new, 1))
    assert any(told in each for each in found), found


def test_all_mistakes_are_told_at_once() -> None:
    found = problems(PHOTOS.replace("years = 3", "years = -1").replace('use = "none"', 'use = "sport"'))
    assert len(found) == 2


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"x = 1\n" * 200_000, b"a = " + b"[" * 5000])
def test_what_is_no_file_of_rules_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(SettingsError) as caught:
        read_retention_rules(data, "retention.toml")
    assert str(caught.value).startswith("retention.toml")


WORDS = st.text(st.sampled_from("ab \"'[]{}#\\=\n."), max_size=12)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


@given(st.lists(st.tuples(WORDS, st.sampled_from(["plain", "lines", "list", "table"])), min_size=1, max_size=6))
def test_a_key_is_found_where_it_stands_whatever_its_value_holds(values: list[tuple[str, str]]) -> None:
    forms = {
        "plain": quoted,
        "lines": lambda text: '"""\n' + quoted(text)[1:-1].replace("\\n", "\n") + '\n"""',
        "list": lambda text: f"[\n  {quoted(text)}, # ]\n  1]",
        "table": lambda text: f"{{ a = {quoted(text)}, b = [1, 2] }}",
    }
    text, lines = "", {}
    for number, (value, form) in enumerate(values):
        text += "# a comment = 1\n\n[[row]]\n"
        lines[number] = text.count("\n") + 1
        text += f"key = {forms[form](value)}\n"
    assert len(tomllib.loads(text)["row"]) == len(values)
    places = toml_places(text)
    assert {number: places.keys[("row", number, "key")][0] for number in lines} == lines
