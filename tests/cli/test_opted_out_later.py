"""A family says no after the pictures of their child were tagged: words that may mean the child count from then on."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import call
from district import District, sample_folder
from use_cases import kept

from dam_plugin.intake.looks import LACKING
from dam_plugin.model import Finding, Tagging, Truth
from dam_plugin.store import StoredAsset

AS = ("--as", "custodian:records-office")
ON_WEBSITE = ("--kind", "publication", "--purpose", "website", "--to", "public", *AS)
OWEN = "S-067YHCRQJZQR"
"""Owen Gallagher, who is in no sample by himself."""

NAMED_BY = [
    "inbox/owen.jpg",
    "inbox/owen-and-friend.jpg",
    "inbox/IMG_gallagher.jpg",
    "inbox/Owens.jpg",
    "Gallagher/1.jpg",
]


def upload(district: District, key: str) -> StoredAsset:
    """Store the portrait of another student, whose family permits all, under a name that may mean Owen."""
    return district.upload(key, (sample_folder() / "portraits/portrait-0420.jpg").read_bytes())


def outcome(key: str) -> str:
    return str(call("share", key, *ON_WEBSITE, "--json").object()["outcome"])


def opts_out_by_hand() -> None:
    assert call("student", "opt-out", OWEN, *AS).code == 0


def is_protected() -> None:
    assert call("student", "protect", OWEN, "--kind", "other", "--seen", "card of the program", *AS).code == 0


def opts_out_by_roster() -> None:
    with Path("roster/opt_outs.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["104238", "2026-01-01", "", ""])
    done = call("roster", "import", "roster", *AS)
    assert done.code == 0, done.text


SaysNo = Callable[[], None]
WAYS: list[SaysNo] = [opts_out_by_hand, is_protected, opts_out_by_roster]


@pytest.mark.parametrize("says_no", WAYS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("key", NAMED_BY)
def test_a_word_that_may_mean_the_child_holds_what_was_tagged_before(
    district: District, key: str, says_no: SaysNo
) -> None:
    upload(district, key)
    assert outcome(key) == "allow"
    says_no()
    assert outcome(key) == "refer"


@pytest.mark.parametrize("says_no", WAYS, ids=lambda each: each.__name__)
def test_links_to_it_close_at_once_and_to_nothing_else(district: District, says_no: SaysNo) -> None:
    keys = ["inbox/owen.jpg", "inbox/a.jpg"]
    for key in keys:
        upload(district, key)
        assert outcome(key) == "allow"
    says_no()
    assert [each["key"] for each in call("links", "--open", "--json").objects()] == ["inbox/a.jpg"]


def test_what_somebody_has_looked_at_stays_as_that_person_said(district: District) -> None:
    stored = upload(district, "inbox/owen.jpg")
    (shown,) = stored.tagging.students
    assert call("tag", "inbox/owen.jpg", "--person", shown, "--unidentified", "0").code == 0
    opts_out_by_hand()
    assert outcome("inbox/owen.jpg") == "allow"


def test_a_full_name_that_was_not_read_again_after_an_import_counts_too(district: District) -> None:
    """The storage was down when the roster brought the child: the recording kept the tags that it had."""
    stored = upload(district, "inbox/Owen Gallagher.jpg")
    (_, shown) = sorted(stored.tagging.students, key=OWEN.__eq__, reverse=True)
    before = tuple(each for each in stored.machine.appearances if each.student == shown)
    machine = replace(stored.machine, appearances=before)
    with district.services.store.writing() as unit:
        unit.assets.save(replace(stored, machine=machine, tagging=machine))
    opts_out_by_hand()
    assert kept(district.services, "inbox/Owen Gallagher.jpg").tagging.students == {OWEN, shown}


def test_what_a_third_party_said_of_it_stays(district: District) -> None:
    """It is not asked again: its findings, and that it failed, are kept beside the new ones."""
    stored = upload(district, "inbox/owen.jpg")
    failed = Finding(LACKING, "camera-club", "the plugin failed", "plugin camera-club", Truth.UNKNOWN)
    machine = replace(stored.machine, state="failed", findings=(*stored.machine.findings, failed))
    with district.services.store.writing() as unit:
        unit.assets.save(replace(stored, machine=machine))
    opts_out_by_hand()
    again = kept(district.services, "inbox/owen.jpg").machine
    assert (again.state, failed in again.findings, [each.word for each in again.open_words]) == (
        "failed",
        True,
        ["owen"],
    )


def test_the_texts_of_a_destroyed_recording_are_kept_no_longer(district: District) -> None:
    stored = upload(district, "inbox/owen.jpg")
    texts = "SELECT count(*) FROM asset_facts"
    with sqlite3.connect(district.folder / "dam-plugin.sqlite3") as database:
        assert database.execute(texts).fetchone() == (1,)
        with district.services.store.writing() as unit:
            unit.assets.strip(stored, Tagging(), district.services.now())
        assert database.execute(texts).fetchone() == (0,)
