"""A disk that is really full: one sentence, nothing half done, and it works again once there is room.

What happens where a file may not grow at any step of a command is in `end_to_end/test_bad_input.py`. A temporary folder that is
full when a process starts is passed over by Python, which takes the next one: here it fills up afterwards.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Commands
from district import CLIP, DATABASE, TEAM, District
from small_disk import SmallDisk, small_disk

from dam_plugin.cli.demo.samples import sample_folder

BOX = ("--box", "0.4,0.2,0.1,0.2")
SHARE = ("share", TEAM, "--to", "public", "--purpose", "website", "--kind", "publication")
# Enough for Python to take a folder for one that serves, and for nothing else.
LITTLE = 8192


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    waiting = Commands()
    yield waiting
    waiting.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 8) as made:
        yield made


def test_reconcile_says_that_its_listing_finds_no_room(district: District, commands: Commands, disk: SmallDisk) -> None:
    district.services.library.put(TEAM, (sample_folder() / TEAM).read_bytes(), media_type="image/jpeg")
    temporary = {"TMPDIR": str(disk.folder)}
    disk.fill(but_for=LITTLE)
    ended = commands.run("reconcile", environment=temporary)
    assert (ended.code, ended.out) == (1, "")
    assert "free some space, or set TMPDIR" in ended.sentence
    assert disk.files() == set()
    assert district.release_tag(TEAM) is None
    disk.make_room()
    assert commands.run("reconcile", environment=temporary).code == 0
    assert district.release_tag(TEAM) == "staff"


@pytest.mark.parametrize("key", [TEAM, CLIP])
@pytest.mark.parametrize("full", ["temporary folder", "place of the copy"])
def test_a_copy_for_which_there_is_no_room_is_not_made_at_all(
    commands: Commands, disk: SmallDisk, tmp_path: Path, full: str, key: str
) -> None:
    copy = (tmp_path if full == "temporary folder" else disk.folder) / f"copy{Path(key).suffix}"
    temporary = {"TMPDIR": str(disk.folder if full == "temporary folder" else tmp_path)}
    redact = ("redact", str(sample_folder() / key), *BOX, "--out", str(copy))
    disk.fill(but_for=LITTLE)
    ended = commands.run(*redact, environment=temporary)
    assert (ended.code, ended.out) == (1, ""), ended
    assert ended.sentence
    assert not copy.exists()
    assert disk.files() == set()
    disk.make_room()
    assert commands.run(*redact, environment=temporary).code == 0
    assert disk.files() <= {copy.name}


def test_a_database_without_room_undoes_what_was_asked_and_says_so(
    district: District, commands: Commands, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    district.services.store.close()
    shutil.copy(district.folder / DATABASE, disk.folder)
    monkeypatch.setenv("DAM_PLUGIN_DATABASE_URL", f"sqlite:///{disk.folder / DATABASE}")
    disk.fill()
    ended = commands.run(*SHARE)
    assert (ended.code, ended.out) == (1, "")
    assert "the database or its disk is full (nothing was changed): free some space" in ended.sentence
    assert list(district.services.library.list("released/")) == []
    disk.make_room()
    assert commands.run("ledger", "verify").code == 0
    assert commands.run(*SHARE).code == 0
    assert commands.run("ledger", "verify").code == 0
