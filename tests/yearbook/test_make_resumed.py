"""How a set begins and is taken up again: the place it takes, what broke off there, and what is written anew."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from clock import TODAY
from district import District
from use_cases import interrupted, later, raising
from yearbook_exports import (
    Stopped,
    exported,
    files_on_record,
    fill,
    order_for,
    read_back,
    set_ids,
    stopping,
)

from dam_plugin import private_files
from dam_plugin.errors import InputError, StorageError, StoreError
from dam_plugin.yearbook import make
from dam_plugin.yearbook.make import Progress

REDACTING = order_for(redact=True)


@pytest.fixture
def filled(district: District) -> District:
    """A district with portraits and candids, with Hannah in some."""
    return fill(district)


# A place where something is


def test_a_set_is_never_written_over(filled: District) -> None:
    exported(filled)
    before = read_back(filled).data
    with pytest.raises(InputError, match="is there already"):
        exported(filled)
    with pytest.raises(InputError, match="is there already"):
        exported(filled, way="anew")
    assert read_back(filled).data == before


def test_another_file_of_the_name_that_is_written_to_is_left_as_it_is(filled: District) -> None:
    other = filled.folder / "SET.zip.part"
    other.write_bytes(b"a download of somebody's")
    with pytest.raises(InputError, match="broke off"):
        exported(filled)
    assert other.read_bytes() == b"a download of somebody's"


def test_a_second_export_to_one_file_is_refused_while_the_first_is_at_work(filled: District) -> None:
    refused: list[str] = []

    def second(progress: Progress) -> None:
        for way in ("new", "resume", "anew"):
            with pytest.raises(InputError) as error:
                exported(filled, way=way)
            refused.append(f"{progress.step}: {error.value}")

    made = exported(filled, tell=second)
    assert {each.partition(":")[0] for each in refused} == {"deciding", "copying", "deciding again"}
    assert made.portraits == 3
    read_back(filled).verified(filled)


# Broken off, and gone on with


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put every file on record at once."""
    monkeypatch.setattr(make, "KEEP_SECONDS", 0.0)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    ("where", "done"), [("SET.zip", 1), ("SET.zip", 3), ("SET.zip", 4), ("SET.zip", 6), ("bucket", 2), ("bucket", 5)]
)
def test_a_set_that_broke_off_ends_as_one_that_did_not(filled: District, where: str, done: int) -> None:
    exported(filled, "whole.zip", REDACTING)
    if where == "bucket":
        where = in_bucket(filled)
    with pytest.raises(Stopped):
        exported(filled, where, REDACTING, tell=stopping("copying", done))
    made = exported(filled, where, REDACTING, way="resume")
    read = read_back(filled, where)
    read.verified(filled)
    assert read.content == read_back(filled, "whole.zip").content
    assert (made.portraits, made.candids, made.redacted, made.left_out) == (3, 3, 1, 1)
    whole, resumed = (
        [(each.path, each.caption, each.named, each.shows, each.redacted) for each in files_on_record(filled, each_set)]
        for each_set in set_ids(filled)
    )
    assert whole == resumed


def test_what_was_written_is_written_again_the_same(filled: District) -> None:
    with pytest.raises(Stopped):
        exported(filled, order=REDACTING, tell=stopping("deciding again", 0))
    (begun,) = set_ids(filled)
    told = [(each.path, each.caption, each.named, each.redacted) for each in files_on_record(filled, begun)]
    exported(filled, order=REDACTING, way="resume")
    exported(filled, "whole.zip", REDACTING)
    assert read_back(filled).content == read_back(filled, "whole.zip").content
    assert [(each.path, each.caption, each.named, each.redacted) for each in files_on_record(filled, begun)] == told


@pytest.fixture
def unnamed(filled: District, monkeypatch: pytest.MonkeyPatch) -> District:
    """A district with a set that was recorded as made, and whose process was killed before its file had its name."""
    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", raising(StorageError("the machine went off")))
        with pytest.raises(StorageError):
            exported(filled)
    return filled


def test_a_set_that_was_recorded_and_had_no_name_yet_is_gone_on_with(unnamed: District) -> None:
    assert not (unnamed.folder / "SET.zip").exists()
    made = exported(unnamed, way="resume")
    assert made.set.state == "made"
    assert read_back(unnamed).verified(unnamed).set_id == made.set.id


def test_a_set_that_was_recorded_and_did_not_reach_the_bucket_is_gone_on_with(
    filled: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("dam_plugin.library.s3.Library.put_file", raising(StorageError("the storage does not answer")))
        with pytest.raises(StorageError):
            exported(filled, in_bucket(filled))
    made = exported(filled, in_bucket(filled), way="resume")
    assert read_back(filled, in_bucket(filled)).verified(filled).set_id == made.set.id


def test_a_set_whose_place_a_newer_one_took_is_not_gone_on_with(unnamed: District) -> None:
    part = unnamed.folder / "SET.zip.part"
    data = part.read_bytes()
    with pytest.raises(InputError, match="--resume, or throw it away by --anew"):
        exported(unnamed)
    exported(unnamed, way="anew")
    (unnamed.folder / "SET.zip").rename(unnamed.folder / "first.zip")
    # What is laid there again is none of the newest set's.
    for laid in (data, data[:100], b""):
        part.write_bytes(laid)
        with pytest.raises(InputError, match="not the one that was begun"):
            exported(unnamed, way="resume")
        assert part.read_bytes() == laid


def test_a_set_that_somebody_took_away_is_not_gone_on_with_and_stays_on_record(filled: District) -> None:
    made = exported(filled)
    (filled.folder / "SET.zip").rename(filled.folder / "moved.zip")
    with pytest.raises(InputError, match="leave --resume out"):
        exported(filled, way="resume")
    second = exported(filled, way="anew")
    assert set_ids(filled) == [second.set.id, made.set.id]
    for name in ("moved.zip", "SET.zip"):
        read_back(filled, name).verified(filled)


def test_a_locked_set_is_never_gone_on_with(unnamed: District) -> None:
    (set_id,) = set_ids(unnamed)
    with unnamed.services.store.writing() as unit:
        unit.exports.change_set(set_id, state="locked")
    with pytest.raises(InputError, match="leave --resume out"):
        exported(unnamed, way="resume")


def test_what_broke_off_today_is_gone_on_with_or_thrown_away_never_silently(filled: District) -> None:
    with pytest.raises(Stopped):
        exported(filled, tell=stopping("copying", 2))
    with pytest.raises(InputError, match=r"--resume.*--anew"):
        exported(filled)
    assert exported(filled, way="anew").portraits == 3
    assert len(set_ids(filled)) == 1


@pytest.mark.parametrize("place", ["file", "bucket"])
def test_of_what_broke_off_nothing_is_left_but_the_copies_that_are_kept(filled: District, place: str) -> None:
    where = in_bucket(filled) if place == "bucket" else "SET.zip"
    with pytest.raises(Stopped):
        exported(filled, where, REDACTING, tell=stopping("copying", 6))
    assert list(filled.folder.glob("*.zip*")) == []
    assert list(filled.services.library.list("exports/")) == []
    # Three portraits, and the candid that hides Hannah.
    assert exported(filled, where, REDACTING, way="resume").reused == 4


def test_with_other_options_nothing_is_gone_on_with(filled: District) -> None:
    with pytest.raises(Stopped):
        exported(filled, tell=stopping("copying", 2))
    with pytest.raises(InputError, match="other options"):
        exported(filled, order=REDACTING, way="resume")
    assert exported(filled, way="resume").portraits == 3


def test_on_another_day_it_is_begun_anew(filled: District) -> None:
    with pytest.raises(Stopped):
        exported(filled, tell=stopping("copying", 2))
    tomorrow = later(filled.services, days=1)
    with pytest.raises(InputError, match="another day"):
        exported(filled, services=tomorrow, way="resume")
    made = exported(filled, services=tomorrow)
    assert made.set.day == TODAY + timedelta(days=1)
    assert len(set_ids(filled)) == 1


def test_where_nothing_broke_off_there_is_nothing_to_go_on_with(filled: District) -> None:
    with pytest.raises(InputError, match="leave --resume out"):
        exported(filled, way="resume")
    exported(filled)
    with pytest.raises(InputError, match="leave --resume out"):
        exported(filled, way="resume")


def test_a_plan_that_broke_off_leaves_nothing_in_its_place(filled: District) -> None:
    failing = interrupted(filled.services, 2, raising(StoreError("the database is locked by another process")))
    with pytest.raises(StoreError):
        exported(filled, services=failing)
    assert not list(filled.folder.glob("SET.zip*"))
    assert exported(filled).portraits == 3
    assert len(set_ids(filled)) == 1


# Several processes


@contextmanager
def another_process() -> Iterator[None]:
    """Be another process of this machine for a while, seen to have ended afterwards."""
    other = private_files._ProcessLock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(private_files, "_OURS", other)
        yield
    other.leave()


@contextmanager
def another_machine(folder: Path) -> Iterator[None]:
    """Be a process from which no lock of the first is seen."""
    with another_process(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        yield


@pytest.mark.parametrize("place", ["file", "bucket"])
def test_a_second_process_is_refused_while_the_first_is_seen_at_work(filled: District, place: str) -> None:
    where = in_bucket(filled) if place == "bucket" else "SET.zip"
    refused: set[str] = set()

    def second(progress: Progress) -> None:
        for way in ("new", "resume", "anew"):
            # While it is planned, there is nothing yet to go on with.
            told = "leave --resume out" if way == "resume" and progress.step == "deciding" else "wait for it"
            with another_process(), pytest.raises(InputError, match=told):
                exported(filled, where, way=way)
        refused.add(progress.step)

    made = exported(filled, where, tell=second)
    assert refused == {"deciding", "copying", "deciding again"}
    assert made.portraits == 3
    read_back(filled, where).verified(filled)


def test_what_a_process_left_is_gone_on_with_by_another_once_it_ended(filled: District) -> None:
    where = in_bucket(filled)
    with another_process(), pytest.raises(Stopped):
        exported(filled, where, tell=stopping("copying", 2))
    assert exported(filled, where, way="resume").portraits == 3


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("way", ["resume", "anew"])
def test_a_process_whose_set_another_machine_took_over_stops_and_the_others_is_whole(
    filled: District, tmp_path_factory: pytest.TempPathFactory, way: str
) -> None:
    where = in_bucket(filled)
    done: list[str] = []

    def second(progress: Progress) -> None:
        if progress.step == "copying" and progress.done == 3 and not done:
            with another_machine(tmp_path_factory.mktemp("other")):
                done.append(exported(filled, where, way=way).set.id)

    with pytest.raises(InputError, match="another export went on with this set, or began anew"):
        exported(filled, where, tell=second)
    read = read_back(filled, where)
    assert read.verified(filled).set_id == done[0]
    assert {each.path for each in files_on_record(filled, done[0])} == set(read.pictures)
    with filled.services.store.reading() as unit:
        assert unit.exports.need(done[0]).manifest == read.verified(filled).manifest_sha256


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("at", [("copying", 3), ("deciding again", 0)], ids=["midway", "at its end"])
def test_a_process_that_lost_its_set_changes_nothing_of_it_any_more(
    filled: District, tmp_path_factory: pytest.TempPathFactory, at: tuple[str, int]
) -> None:
    where = in_bucket(filled)
    kept: list[object] = []

    def second(progress: Progress) -> None:
        if (progress.step, progress.done) == at and not kept:
            with another_machine(tmp_path_factory.mktemp("other")), pytest.raises(Stopped):
                exported(filled, where, way="resume", tell=stopping("copying", 1))
            kept.append(on_record(filled))

    with pytest.raises(InputError, match="another export went on"):
        exported(filled, where, tell=second)
    assert [on_record(filled)] == kept
    assert exported(filled, where, way="resume").portraits == 3
    read_back(filled, where).verified(filled)


def in_bucket(district: District) -> str:
    return f"s3://{district.services.library.bucket}/exports/set.zip"


def on_record(district: District) -> object:
    with district.services.store.reading() as unit:
        (set_,) = unit.exports.sets()
        return set_, list(unit.exports.files(set_.id, states=("planned", "written", "left_out")))
