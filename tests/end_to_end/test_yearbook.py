"""A yearbook set by the program as a process of its own: killed and gone on with, on a full disk, twice at once, printed."""

from __future__ import annotations

import itertools
import re
import signal
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from browser import CHROMIUM, Browser
from command_line import call
from commands import Commands, Ended
from district import CALEB, HANNAH, INES, NOAH, THERESA, District
from jpeg_samples import encode, noise
from storage_proxy import Request, StorageProxy
from waiting import wait_until
from yearbook_exports import ReadSet, exported, names_of, order_for, put_candid, put_portrait, read_back

from dam_plugin.admin.reconcile import repair
from dam_plugin.cli.demo.samples import sample_folder, sample_media
from dam_plugin.errors import InputError
from dam_plugin.store.sets import Made
from dam_plugin.yearbook.targets import target_of
from dam_tagging.facts import About

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KILLED = -signal.SIGKILL
FAMILIES = (THERESA, INES, HANNAH, CALEB, NOAH)
REDACTING = order_for(redact=True)
MIB = 1024 * 1024


@pytest.fixture
def small(district: District) -> District:
    """Portraits of four students who may be in it, and two candids, one of which hides Hannah."""
    for each in FAMILIES:
        put_portrait(district, each)
    put_candid(district, "events/alone.jpg", CALEB)
    put_candid(district, "events/both.jpg", INES, HANNAH)
    return district


@pytest.fixture
def tiny(district: District) -> District:
    """A portrait, and a candid that hides Hannah."""
    put_portrait(district, THERESA)
    put_candid(district, "events/both.jpg", INES, HANNAH)
    return district


@pytest.fixture
def large(district: District) -> District:
    """Six candids of 3 MiB each, in the order of their numbers."""
    for number in range(6):
        body = encode(noise(1200, 1100, number), quality=95, subsampling="4:4:4")
        put_candid(district, f"events/{number}.jpg", CALEB, body=body, about=on_day(number))
    return district


def on_day(number: int) -> About:
    return About(taken=f"2026:03:{number + 1:02}")


def arguments(where: str, *more: str) -> list[str]:
    return ["export", "yearbook", "--out", where, "--redact", "allow", "--size", "80x100", "--json", *more]


def downloads(request: Request) -> bool:
    return request.method == "GET" and bool(re.search(r"/(events|portraits)/", unquote(request.path)))


def sends(request: Request) -> bool:
    """Whether a request begins, sends, completes or tags a set in the bucket."""
    return request.method in {"PUT", "POST"} and "/exports/" in unquote(request.path)


def fetched(requests: Iterable[Request]) -> set[str]:
    """The keys of the recordings that were fetched."""
    return {unquote(each.path).split("?")[0].split("/", 2)[2] for each in requests if downloads(each)}


def gone_on_with(commands: Commands, where: str, **environment: str) -> Ended:
    """Go on with what broke off; where it says that there is nothing to go on with, do as it says."""
    ended = commands.run(*arguments(where, "--resume"), environment=environment)
    if ended.code == 1:
        assert "leave --resume out" in ended.sentence
        ended = commands.run(*arguments(where), environment=environment)
    assert ended.code == 0, ended
    return ended


def finished(district: District, where: str) -> Made:
    """The same by this process, as far as another that was killed left it: starting one more takes longer than a set."""
    try:
        return exported(district, where, REDACTING, way="resume")
    except InputError as error:
        assert "leave --resume out" in str(error)  # noqa: PT017 - as a person does who is told that
        return exported(district, where, REDACTING)


def written(district: District) -> int:
    """How many pictures of the set that is being made are on record as written."""
    with district.services.store.reading() as unit:
        return max((unit.exports.count(each.id, "written") for each in unit.exports.sets("making")), default=0)


# Killed


def test_a_set_killed_at_any_transaction_is_finished_by_what_it_says_itself(tiny: District, commands: Commands) -> None:
    whole = exported(tiny, "whole.zip", REDACTING)
    content = read_back(tiny, "whole.zip").content
    deaths = 0
    # Each transaction has two borders: of every other pair the first, then the second.
    for border in range(1, 100, 5):
        where = f"{border}.zip"
        ended = commands.run(*arguments(where), killed_at_border=border)
        if ended.code == 0:
            break
        assert ended.code == KILLED, ended
        deaths += 1
        assert not (tiny.folder / where).exists()
        made = finished(tiny, where)
        assert (made.portraits, made.candids) == (whole.portraits, whole.candids)
        assert read_back(tiny, where).content == content
        read_back(tiny, where).verified(tiny)
        assert not (tiny.folder / f"{where}.part").exists()
    assert deaths >= 4


def test_a_set_killed_midway_is_made_anew_of_the_copies_that_are_kept(
    small: District, commands: Commands, proxy: StorageProxy
) -> None:
    for number in range(3):
        put_candid(small, f"events/more-{number}.jpg", CALEB, about=on_day(number))
    go = threading.Event()

    def slow(request: Request) -> None:
        if downloads(request):
            time.sleep(0.6)
            if "events/more-2" in unquote(request.path):
                go.wait(60)

    proxy.refuses = slow
    running = commands.start(*arguments("SET.zip"), environment={"AWS_ENDPOINT_URL": proxy.url})
    wait_until(lambda: written(small) > 4, "no candid was written")
    running.signal(signal.SIGKILL)
    go.set()
    assert running.wait().code == KILLED
    proxy.refuses = lambda _: None
    proxy.seen.clear()
    assert not (small.folder / "SET.zip").exists()
    assert (small.folder / "SET.zip.part").exists()
    gone_on_with(commands, "SET.zip", AWS_ENDPOINT_URL=proxy.url)
    assert not (small.folder / "SET.zip.part").exists()
    exported(small, "whole.zip", REDACTING)
    assert read_back(small).content == read_back(small, "whole.zip").content
    # Of a portrait, the copy that was kept is fetched.
    assert f"portraits/{CALEB}.jpg" not in fetched(proxy.seen)
    public = call("export", "key", "--json").object()["public"]
    assert commands.run("export", "verify", "SET.zip", "--key", public).code == 0


def test_a_set_killed_while_its_parts_are_sent_is_sent_anew(
    large: District,
    commands: Commands,
    proxy: StorageProxy,
    raw_s3: S3Client,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    where = f"s3://{large.services.library.bucket}/exports/fall.zip"
    temporary = tmp_path_factory.mktemp("temporary")
    environment = {"AWS_ENDPOINT_URL": proxy.url, "TMPDIR": str(temporary)}
    # Begun, and one part of three sent.
    proxy.kill_at(4, sends)
    running = commands.start(*arguments(where), environment=environment)
    proxy.victim(running.pid)
    assert running.wait().code == KILLED
    assert not target_of(where, large.services.library).is_there()
    # The bucket's own rule throws the parts away.
    bucket = {"Bucket": large.services.library.bucket}
    (left,) = raw_s3.list_multipart_uploads(**bucket)["Uploads"]
    raw_s3.abort_multipart_upload(**bucket, Key=left["Key"], UploadId=left["UploadId"])
    gone_on_with(commands, where, TMPDIR=str(temporary))
    exported(large, "whole.zip", REDACTING)
    assert read_back(large, where).content == read_back(large, "whole.zip").content
    read_back(large, where).verified(large)
    assert large.release_tag("exports/fall.zip") == "hold"
    # What the killed process left in the temporary folder went with the next one.
    assert [each for each in temporary.rglob("*") if each.suffix in {".zip", ".jpg"}] == []
    # Only the lists for the district's own eyes lie on a disk.
    listed = sorted(each.name for each in large.folder.glob("*fall*"))
    assert [re.sub("x-[0-9a-f]{16}", "x", each) for each in listed] == [
        "fall-x.exclusions.csv",
        "fall-x.exclusions.json",
    ]


def test_a_set_killed_at_any_request_that_sends_it_is_whole_or_is_finished(
    tiny: District, commands: Commands, proxy: StorageProxy
) -> None:
    for border in itertools.count(1):
        where = f"s3://{tiny.services.library.bucket}/exports/{border}.zip"
        proxy.kill_at(border, sends)
        running = commands.start(*arguments(where), environment={"AWS_ENDPOINT_URL": proxy.url})
        proxy.victim(running.pid)
        ended = running.wait()
        if ended.code == 0:
            break
        assert ended.code == KILLED, ended
        if not target_of(where, tiny.services.library).is_there():
            finished(tiny, where)
        read_back(tiny, where).verified(tiny)
    # It is sent in one request, which has two borders.
    assert border == 3


def test_an_interrupted_set_can_be_gone_on_with(small: District, commands: Commands, proxy: StorageProxy) -> None:
    come = threading.Event()

    def interrupt(request: Request) -> None:
        if downloads(request):
            come.set()
            time.sleep(0.5)

    proxy.refuses = interrupt
    running = commands.start(*arguments("SET.zip"), environment={"AWS_ENDPOINT_URL": proxy.url})
    assert come.wait(30)
    running.signal(signal.SIGINT)
    ended = running.wait()
    assert ended.code == 130
    assert "Traceback" not in ended.err
    assert list(small.folder.glob("SET.zip*")) == []
    gone_on_with(commands, "SET.zip")
    read_back(small).verified(small)


def test_what_a_killed_export_left_is_put_right(small: District, commands: Commands) -> None:
    for border in (9, 12, 15):
        assert commands.run(*arguments("SET.zip", "--anew"), killed_at_border=border).code == KILLED
    repair(small.services)
    with small.services.store.reading() as unit:
        assert unit.shares.releases(["preparing"]) == []
        known = {each.key for each in unit.shares.releases(["kept"])}
    assert {each.key for each in small.services.library.list("released/")} == known
    gone_on_with(commands, "SET.zip")
    read_back(small).verified(small)


# A full disk


@pytest.mark.parametrize(
    ("place", "remedy"),
    [("file", "free some space"), ("bucket", "free some space in the temporary folder, or set TMPDIR,")],
)
def test_a_full_disk_is_told_and_nothing_is_left_on_it(
    large: District, commands: Commands, tmp_path_factory: pytest.TempPathFactory, place: str, remedy: str
) -> None:
    where = f"s3://{large.services.library.bucket}/exports/SET.zip" if place == "bucket" else "SET.zip"
    temporary = tmp_path_factory.mktemp("temporary")
    exported(large, "whole.zip", REDACTING)
    ended = commands.run(*arguments(where), largest_file=9 * MIB, environment={"TMPDIR": str(temporary)})
    assert ended.code == 1
    told = f"the disk does not take the set (file too large): {remedy}"
    assert told in ended.sentence
    assert "go on with --resume" in ended.sentence
    assert list(large.folder.glob("SET*")) == []
    assert list(temporary.glob("dam-plugin-copy-*")) == []
    gone_on_with(commands, where)
    assert read_back(large, where).content == read_back(large, "whole.zip").content


# Two at once


@pytest.mark.parametrize("place", ["file", "bucket"])
def test_a_second_export_to_the_same_place_is_refused(
    small: District, commands: Commands, proxy: StorageProxy, place: str
) -> None:
    where = f"s3://{small.services.library.bucket}/exports/fall.zip" if place == "bucket" else "SET.zip"
    come, go = threading.Event(), threading.Event()

    def wait(request: Request) -> None:
        if downloads(request):
            come.set()
            go.wait(30)

    proxy.refuses = wait
    running = commands.start(*arguments(where), environment={"AWS_ENDPOINT_URL": proxy.url})
    try:
        assert come.wait(30)
        told = [call(*arguments(where, *more)) for more in ((), ("--resume",), ("--anew",))]
    finally:
        go.set()
    ended = running.wait()
    assert [each.code for each in told] == [1, 1, 1]
    assert all("another export is at work on this set: wait for it" in each.err for each in told)
    assert ended.code == 0, ended
    read_back(small, where).verified(small)
    assert ended.objects()[0]["portraits"] == 4


# The samples, for two publishers, until they are recalled


@pytest.fixture
def samples(district: District) -> District:
    for key, path in sample_media(sample_folder()):
        if path.suffix == ".jpg":
            district.upload(key)
    return district


def test_the_samples_are_exported_verified_rechecked_locked_and_recalled(samples: District, commands: Commands) -> None:
    public = call("export", "key", "--json").object()["public"]
    for publisher in ("pspa", "picaboo"):
        ended = commands.run(*arguments(f"{publisher}.zip", "--publisher", publisher, "--to", "heron-press"))
        assert ended.code == 0, ended
        told = ended.objects()[0]
        # As the samples' README has it.
        assert (told["portraits"], told["candids"], told["redacted"]) == (10, 7, 3)
        read = read_back(samples, f"{publisher}.zip")
        assert set(read.whose(samples)) == set(read.portraits)
        assert read.holds("Lindqvist", "Malik Johnson", samples.student(HANNAH)) == []
        assert commands.run("export", "verify", f"{publisher}.zip", "--key", public).code == 0
    assert told["reused"] == 13
    assert commands.run("export", "recheck", "pspa.zip", "--lock", "--json").code == 0
    opts_out(samples, NOAH)
    stopped = commands.run("export", "recheck", "picaboo.zip", "--json")
    assert stopped.code == 3
    assert len(stopped.objects()[0]["stops"]) == 3
    recalled = commands.run("export", "recall", "--json").objects()
    assert {each["standing"] for each in recalled} == {"recall"}
    assert len(recalled) == 3
    assert not any(name in str(recalled) for name in names_of(samples, [NOAH]))


def opts_out(district: District, roster_id: str) -> None:
    ended = call("student", "opt-out", district.student(roster_id))
    assert ended.code == 0, ended


# The last look


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_a_contact_sheet_shows_every_picture_and_marks_those_that_hide_somebody(
    small: District, commands: Commands, browser: Browser
) -> None:
    assert commands.run(*arguments("SET.zip")).code == 0
    assert commands.run("export", "sheet", "SET.zip", "--out", "sheet.html").code == 0
    browser.size(1000, 1400)
    browser.open((small.folder / "sheet.html").as_uri())
    browser._call("Emulation.setEmulatedMedia", media="print")
    shown = browser._evaluate("[...document.images].map(each => each.complete && each.naturalWidth > 0)")
    read: ReadSet = read_back(small)
    assert shown == [True] * len(read.pictures)
    text = browser.text
    assert all(Path(path).name in text for path in read.pictures)
    redacted = [each["path"] for each in read.manifest["files"] if each["redacted"]]
    assert len(redacted) == 1
    assert text.casefold().count("redacted") >= 1
    assert browser.complaints == []
    assert browser.failed == []
