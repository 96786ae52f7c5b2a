"""`redact` and `prove`: what is written and said, what is refused, and that nothing else is touched."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from command_line import call
from commands import Commands
from jpeg_samples import decode, encode, insert, picture, turned
from PIL import Image

from dam_plugin.cli import drawing
from dam_plugin.cli.redaction_options import SHORTEST_NAME, box_of, moment_of, spelled_out, stretch_of
from dam_plugin.errors import CannotRedact, NotProven
from dam_plugin.redaction import door
from dam_plugin.redaction.av import copy_recording
from dam_plugin.redaction.model import Order, Person, Recording, TimedRegion
from dam_plugin.redaction.proof import prove
from dam_plugin.redaction.proof.names_absent import SHORTEST
from dam_tagging.facts import Interval, Region

BOX, STAYS = "0.125,0.5,0.0625,0.125", "0.75,0.5,0.125,0.125"
GREY = (128, 128, 128)


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing set up, and a picture that says who is in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.jpg").write_bytes(insert(encode(picture(320, 240)), 0xFE, b"Ava Example"))
    return tmp_path


def ordered(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Order:
    """The order that these arguments make for a video."""
    Path("in.mp4").write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isommp42")
    seen: list[Order] = []

    def make(source: Path, order: Order, folder: Path, **_: object) -> Any:
        seen.append(order)
        raise CannotRedact("seen")

    monkeypatch.setattr(door, "make", make)
    monkeypatch.setattr(copy_recording, "probe", lambda *_: Recording("video/mp4", 90.0, (64, 64)))
    ended = call("redact", "in.mp4", "--out", "out.mp4", *arguments)
    assert (ended.code, ended.err) == (3, "dam-plugin: seen\n")
    return seen[0]


# What it does


def test_a_box_is_filled_and_said_in_sentences(bare: Path) -> None:
    ended = call("redact", "in.jpg", "--box", BOX, "--out", "out.jpg", "--name", "Ava Example")
    assert (ended.code, ended.err) == (0, "")
    copy = (bare / "out.jpg").read_bytes()
    assert b"Ava" not in copy
    assert decode(copy, "RGB").getpixel((48, 130)) == GREY
    lines = ended.out.splitlines()
    assert lines[0] == f"out.jpg: written and proven, image/jpeg, {len(copy):,} bytes"
    assert lines[1] == "Boxes were filled."
    assert "  grown to 12.5% x 31.2% at 9.4%, 43.8% of the upright picture" in lines
    assert lines[-1] == f"sha256 {hashlib.sha256(copy).hexdigest()}"
    (note,) = (line for line in lines if line.startswith("Note: "))
    assert note.startswith("Note: you named nobody who stays (--keep), so it was not checked")
    assert any(line.startswith("  1 of 1 names") for line in lines)


def test_where_everything_was_said_there_is_no_note_and_no_empty_check(bare: Path) -> None:
    told = call("redact", "in.jpg", "--box", BOX, "--keep", STAYS, "--out", "out.jpg").out
    assert "Note: a crop would show everybody" in told
    assert "--keep" not in told
    clean = call("redact", "in.jpg", "--out", "out.jpeg").out
    assert not any(word in clean for word in ("Note: ", " 0 ", "box"))


def test_a_copy_as_json_is_one_object(bare: Path) -> None:
    said = call("redact", "in.jpg", "--box", BOX, "--box", STAYS, "--out", "out.jpg", "--json").object()
    assert list(said)[:7] == ["out", "media_type", "sha256", "operation", "facts", "checks", "hidden"]
    assert list(said)[7:] == ["boxes", "crop", "silenced"]
    assert said["boxes"][0] == {"x": 0.09375, "y": 0.4375, "w": 0.125, "h": 0.3125}
    assert (len(said["boxes"]), said["crop"], said["silenced"]) == (2, None, [])
    assert (said["out"], said["media_type"], said["operation"]) == ("out.jpg", "image/jpeg", "boxes")
    assert said["hidden"] == ["box 1", "box 2"]
    assert said["sha256"] == hashlib.sha256((bare / "out.jpg").read_bytes()).hexdigest()
    assert said["checks"]


def test_without_a_box_the_copy_is_only_cleaned(bare: Path) -> None:
    ended = call("redact", "in.jpg", "--out", "out.jpg")
    assert "Nobody was hidden: the copy was cleaned of metadata alone." in ended.out
    copy = (bare / "out.jpg").read_bytes()
    assert b"Ava" not in copy
    assert decode(copy).tobytes() == decode((bare / "in.jpg").read_bytes()).tobytes()


@pytest.mark.parametrize("isolate", [("--isolate",), ("--isolate=",)], ids=["bare", "with nothing"])
def test_a_crop_is_cut_out(bare: Path, isolate: tuple[str, ...]) -> None:
    ended = call("redact", *isolate, "--box", BOX, "--keep", STAYS, "in.jpg", "--out", "out.jpg")
    assert ended.code == 0
    assert ended.out.splitlines()[1:3] == ["A crop was cut out.", "box 1 is not in the crop."]
    assert "grown" not in ended.out
    assert decode((bare / "out.jpg").read_bytes()).size == (240, 240)
    said = call("redact", *isolate, "--box", BOX, "--keep", STAYS, "in.jpg", "--out", "out.jpg", "--json").object()
    assert said["crop"] == [80, 0, 320, 240]


def test_the_format_is_the_sources_whatever_the_suffix(bare: Path) -> None:
    ended = call("redact", "in.jpg", "--out", "out.png")
    assert ended.code == 0
    assert "Note: 'out.png' is named .png, but the copy is of the kind named .jpg" in ended.out
    assert (bare / "out.png").read_bytes().startswith(b"\xff\xd8")


@pytest.mark.parametrize("out", ["out", "out.JPG", "out.jpeg", "out.jfif"])
def test_a_name_that_fits_the_format_needs_no_note(out: str) -> None:
    assert "is named" not in call("redact", "in.jpg", "--out", out).out


def test_a_name_in_any_script_is_told_as_it_is_written(bare: Path) -> None:
    assert "out\u00fc.jpg: written" in call("redact", "in.jpg", "--out", "out\u00fc.jpg").out
    assert call("redact", "\u0416\u00fc.jpg", "--out", "out.jpg").err == (
        "dam-plugin: '\u0416\u00fc.jpg' is no file; name one that can be read\n"
    )


def test_a_notice_is_the_only_metadata(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__NAME", "Springfield ISD")
    notice = ("--notice", "Not to be passed on.")
    assert call("redact", "in.jpg", "--out", "out.jpg", *notice).code == 0
    copy = (bare / "out.jpg").read_bytes()
    assert b"Not to be passed on." in copy
    assert b"Springfield ISD" in copy
    assert call("prove", "out.jpg", "--source", "in.jpg", *notice).code == 0
    assert call("prove", "out.jpg", "--source", "in.jpg").code == 3


def test_the_copy_is_as_readable_as_the_umask_allows_and_replaces_what_was_there(bare: Path) -> None:
    (bare / "out.jpg").write_bytes(b"old")
    before = os.umask(0o027)
    try:
        assert call("redact", "in.jpg", "--out", "out.jpg").code == 0
    finally:
        os.umask(before)
    assert (bare / "out.jpg").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in bare.iterdir()) == ["in.jpg", "out.jpg"]


# Refusals


@pytest.mark.parametrize("error", [CannotRedact("no way: export it"), NotProven(["it shows", "it tells"])])
@pytest.mark.parametrize("before", [None, b"old"], ids=["new", "there"])
def test_a_refusal_exits_3_with_the_reason_and_writes_nothing(
    bare: Path, monkeypatch: pytest.MonkeyPatch, error: CannotRedact | NotProven, before: bytes | None
) -> None:
    def refused(*_: object, **__: object) -> Any:
        raise error

    monkeypatch.setattr(prove, "prove_picture", refused)
    if before is not None:
        (bare / "out.jpg").write_bytes(before)
    told = call("redact", "in.jpg", "--box", BOX, "--out", "out.jpg")
    assert (told.code, told.out, told.err) == (3, "", f"dam-plugin: {error}\n")
    as_json = call("redact", "in.jpg", "--box", BOX, "--out", "out.jpg", "--json")
    assert (as_json.code, as_json.err) == (3, "")
    failures = {"failures": ["it shows", "it tells"]} if isinstance(error, NotProven) else {}
    assert as_json.object() == {"error": str(error), "kind": type(error).__name__, **failures}
    assert sorted(path.name for path in bare.iterdir()) == ["in.jpg", *([] if before is None else ["out.jpg"])]
    assert before is None or (bare / "out.jpg").read_bytes() == before


def test_a_format_that_is_not_redacted_is_refused_with_a_remedy(bare: Path) -> None:
    (bare / "in.gif").write_bytes(b"GIF89a")
    ended = call("redact", "in.gif", "--out", "out.gif")
    assert ended.code == 3
    assert "GIF files are not redacted: export" in ended.err


@pytest.mark.parametrize(
    ("out", "told"),
    [
        pytest.param("in.jpg", "is IN itself", id="IN"),
        pytest.param("./../link", "is IN itself", id="a link to IN"),
        pytest.param("-", "nothing is written to standard output", id="standard output"),
        pytest.param("a" * 300, "cannot be written (file name too long)", id="a name too long"),
        pytest.param("folder", "is a folder", id="a folder"),
        pytest.param("nowhere/out.jpg", "is no folder: make it first", id="no folder"),
        pytest.param("/dev/null", "is no ordinary file", id="a device"),
        pytest.param("pipe", "is no ordinary file", id="a pipe"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--json",)], ids=["words", "json"])
def test_an_out_that_would_do_harm_is_refused(bare: Path, out: str, told: str, options: tuple[str, ...]) -> None:
    inner = bare / "inner"
    inner.mkdir()
    (bare / "in.jpg").rename(inner / "in.jpg")
    (bare / "link").symlink_to(inner / "in.jpg")
    (inner / "folder").mkdir()
    os.mkfifo(inner / "pipe")
    os.chdir(inner)
    source = (inner / "in.jpg").read_bytes()
    ended = call("redact", "in.jpg", "--out", out, *options)
    assert ended.code == 1
    assert told in ended.text
    assert (inner / "in.jpg").read_bytes() == source
    assert sorted(path.name for path in inner.iterdir()) == ["folder", "in.jpg", "pipe"]


REAL_OPEN = os.open


def denied(path: str, flags: int, mode: int = 0o777, **more: Any) -> int:
    """Opens no file that is made beside OUT, as where the folder may not be written; the tests may run as root."""
    if Path(path).name.startswith(".dam-plugin-"):
        raise PermissionError(13, "Permission denied", path)
    return REAL_OPEN(path, flags, mode, **more)


@pytest.mark.parametrize("options", [(), ("--sheet", "sheet.png")], ids=["the copy", "the sheet"])
def test_an_out_that_may_not_be_written_is_named_and_nothing_is_left(
    bare: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setattr(os, "open", denied)
    ended = call("redact", "in.jpg", "--out", "out.jpg", *options)
    which, option = ("sheet.png", "--sheet") if options else ("out.jpg", "--out")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        f"dam-plugin: '{which}' cannot be written (permission denied): "
        f"give {option} a place where there is room and you may write\n"
    )
    told = call("redact", "in.jpg", "--out", "out.jpg", *options, "--json")
    assert (told.code, told.err, told.object()["kind"]) == (1, "", "InputError")
    assert [path.name for path in bare.iterdir()] == ["in.jpg"]


@pytest.mark.parametrize("source", ["absent.jpg", "."], ids=["absent", "a folder"])
def test_a_source_that_is_no_file_is_refused(source: str) -> None:
    ended = call("redact", source, "--out", "out.jpg")
    assert (ended.code, ended.err) == (1, f"dam-plugin: '{source}' is no file; name one that can be read\n")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="whoever may do everything can read every file")
def test_a_source_that_may_not_be_read_is_named(bare: Path) -> None:
    (bare / "in.jpg").chmod(0)
    ended = call("redact", "in.jpg", "--out", "out.jpg")
    assert (ended.code, ended.err) == (
        1,
        "dam-plugin: 'in.jpg' cannot be read (permission denied): have it made readable for you, or name another\n",
    )


def test_what_the_system_refuses_is_one_object_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> Any:
        raise OSError(28, "No space left on device", "room")

    monkeypatch.setattr(door, "make", refused)
    ended = call("redact", "in.jpg", "--out", "out.jpg", "--json")
    assert (ended.code, ended.err) == (1, "")
    assert ended.object() == {"error": "room: no space left on device", "kind": "OSError"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(("--box", "0.1,0.2,0.3"), "--box '0.1,0.2,0.3' is no box: write X,Y,W,H", id="three numbers"),
        pytest.param(("--box", "0.1,0.2,0.3,0.1,0.1"), "is no box", id="five numbers"),
        pytest.param(("--box", "100,50,20,30"), "as fractions 0 to 1 of the upright picture", id="pixels"),
        pytest.param(("--box", "-0.1,0.2,0.1,0.1"), "is no box", id="negative"),
        pytest.param(("--box", "nan,0.2,0.1,0.1"), "is no box", id="not a number"),
        pytest.param(("--box", "0.1,0.2,0.1,1e-1"), "is no box", id="scientific"),
        pytest.param(("--box", "0.1,0.2,0.1,\u0660.\u0661"), "is no box", id="other digits"),
        pytest.param(("--box", "0.1,,0.1,0.1,0.1"), "is no box", id="an empty number"),
        pytest.param(("--box", "0.1,0.2,0,0.1"), "covers nothing of the picture", id="no width"),
        pytest.param(("--box", "1,0.2,0.1,0.1"), "covers nothing of the picture", id="outside"),
        pytest.param(("--box", f"{BOX}@3-2"), "does not end after it starts", id="a box backwards in time"),
        pytest.param(("--box", f"{BOX}@"), "is no stretch: write START-END", id="a box at no time"),
        pytest.param(("--box", f"{BOX}@3"), "is no stretch: write START-END", id="a box at a moment"),
        pytest.param(("--track", f"{BOX}@1"), "with two moments or more", id="a track of one moment"),
        pytest.param(("--track", f"{BOX}@2;{BOX}@1"), "runs backwards", id="a track backwards"),
        pytest.param(
            ("--track", f"{BOX}@1;{BOX}@2;{BOX}@3.01"), "more than 1 s apart: add places", id="a track with a gap"
        ),
        pytest.param(("--track", f"{BOX}@1;{BOX}"), "is no track", id="a track without a time"),
        pytest.param(("--interval", "3"), "is no stretch: write START-END", id="an interval without end"),
        pytest.param(("--interval", "1-2-3"), "'2-3' is no time", id="an interval of three"),
        pytest.param(("--interval", "1:75-2:00"), "'1:75' is no time: write seconds", id="75 seconds past"),
        pytest.param(("--isolate", "5"), "--isolate '5' is no stretch", id="isolating a moment"),
        pytest.param(("--isolate", "1-2", "--still", "3"), "give one of them", id="a still of a stretch"),
        pytest.param(("--still", "soon"), "--still 'soon' is no time", id="a still at no time"),
        pytest.param(("--keep", "0.1"), "--keep '0.1' is no box", id="keeping no box"),
        pytest.param(("--sound", "hum"), "'hum' is neither bleep nor silence", id="another sound"),
        pytest.param(("--notice", " "), "--notice must be a line", id="a blank notice"),
        pytest.param(("--notice", "a\x1b[31mb"), "--notice must be a line", id="a notice that does something"),
        pytest.param(("--notice", "a" * 5000), "1 to 4000", id="a long notice"),
        pytest.param(("--name", "  Al  "), "--name needs 3 characters", id="a short name"),
        pytest.param(("--bx", BOX), "No such option", id="an unknown option"),
        pytest.param(("more.jpg",), "unexpected extra argument", id="two files"),
    ],
)
def test_wrong_usage_exits_2_with_a_sentence(bare: Path, options: tuple[str, ...], told: str) -> None:
    ended = call("redact", "in.jpg", "--out", "out.jpg", *options)
    assert ended.code == 2
    assert told in " ".join(ended.text.split())
    assert "Usage: dam-plugin redact" in ended.text
    as_json = call("redact", "in.jpg", "--out", "out.jpg", "--json", *options)
    assert (as_json.code, as_json.err) == (2, "")
    assert told in as_json.object()["error"]
    assert [path.name for path in bare.iterdir()] == ["in.jpg"]


@pytest.mark.parametrize("command", ["redact", "prove"])
def test_a_missing_option_is_told_as_json_where_that_is_asked_for(command: str) -> None:
    ended = call(command, "in.jpg", "--json")
    assert (ended.code, ended.err, ended.object()["kind"]) == (2, "", "MissingParameter")


def test_a_name_that_the_command_takes_is_one_that_the_proof_looks_for() -> None:
    assert SHORTEST_NAME == SHORTEST


@pytest.mark.parametrize(
    "options",
    [
        ("--interval", "1-2"),
        ("--box", f"{BOX}@1-2"),
        ("--track", f"{BOX}@1;{BOX}@2"),
        ("--isolate", "1-2"),
        ("--still", "1"),
    ],
    ids=["interval", "box for a while", "track", "clip", "still"],
)
def test_a_picture_has_no_times(options: tuple[str, ...]) -> None:
    ended = call("redact", "in.jpg", "--out", "out.jpg", *options)
    assert ended.code == 3
    assert "'in.jpg' is a picture, which has no times" in ended.err
    assert call("redact", "in.jpg", "--out", "out.jpg", *options, "--json").object()["kind"] == "CannotRedact"


def test_sound_alone_has_no_boxes(bare: Path) -> None:
    (bare / "in.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    ended = call("redact", "in.wav", "--out", "out.wav", "--box", BOX)
    assert ended.code == 3
    assert "'in.wav' holds sound alone: hide by --interval" in ended.err


def test_a_box_too_small_for_a_face_is_told_by_its_number() -> None:
    ended = call("redact", "in.jpg", "--out", "out.jpg", "--box", BOX, "--box", "0.5,0.5,0.001,0.001")
    assert ended.code == 3
    assert ended.err.startswith("dam-plugin: box 2: the box covers nothing of the picture, or no face fits in it")


@pytest.mark.parametrize(
    ("head", "name"), [(b"RIFF\x24\0\0\0WAVEfmt ", "WAV"), (b"fLaC\0\0\0\x22" + bytes(34), "FLAC")], ids=["wav", "flac"]
)
def test_sound_that_is_no_mp4_carries_no_notice(bare: Path, head: bytes, name: str) -> None:
    (bare / "in").write_bytes(head)
    ended = call("redact", "in", "--out", "out", "--notice", "Not to be passed on.")
    assert ended.code == 3
    assert f"'in' is {name}, whose copy carries no notice: leave --notice out" in ended.err


# How it is written


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("in --isolate --out x", "in --isolate= --out x"),
        ("--isolate 1-2 in", "--isolate=1-2 in"),
        ("--isolate=1-2 in", "--isolate=1-2 in"),
        ("--isolate in.jpg", "--isolate= in.jpg"),
        ("in --isolate", "in --isolate="),
        ("--interval 1-2 3-4 1:00-1:01.5 in", "--interval 1-2 --interval 3-4 --interval 1:00-1:01.5 in"),
        ("--keep 0,0,1,1 .5,0,1,1 --out x", "--keep 0,0,1,1 --keep .5,0,1,1 --out x"),
        ("--box 0,0,1,1 2024.jpg", "--box 0,0,1,1 2024.jpg"),
        ("in --isolate --json", "in --isolate= --json"),
        ("--name --isolate -- --isolate", "--name --isolate= -- --isolate"),
        ("--box", "--box"),
    ],
)
def test_options_are_spelled_out(given: str, meant: str) -> None:
    assert " ".join(spelled_out(given.split())) == meant


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("75.5", 75.5),
        (".5", 0.5),
        (" 1:15 ", 75),
        ("0", 0),
        ("1:15.5", 75.5),
        ("75:30", 4530),
        ("1:01:15.25", 3675.25),
        ("0:00:01", 1),
    ],
)
def test_a_moment_is_read(text: str, seconds: float) -> None:
    assert moment_of(text, "--still") == seconds


@pytest.mark.parametrize(
    "text", ["", "1:", ":15", "1:5", "1:99:00", "1:60", "-1", "1e3", "inf", "nan", "1.", ".", "\u0663", "1 2", "1\n"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is no time"):
        moment_of(text, "--still")


@pytest.mark.parametrize("text", ["12.5-1:02", "12.5 - 1:02", " 12.5- 1:02 "])
def test_a_stretch_is_read(text: str) -> None:
    assert stretch_of(text, "--interval") == Interval(12.5, 62)


def test_blanks_between_the_numbers_of_a_box_are_nothing() -> None:
    assert box_of("0.1, 0.2 ,0.3, 0.4") == Region(0.1, 0.2, 0.3, 0.4)
    assert list(spelled_out(["--isolate", "1 - 2", "--box", "0, 0, 1, 1", ".5, 0, 1, 1"])) == [
        *("--isolate=1 - 2", "--box", "0, 0, 1, 1", "--box", ".5, 0, 1, 1")
    ]


def test_a_box_may_hold_for_a_while_and_a_track_covers_both_places(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Region(0.125, 0.5, 0.125, 0.25), Region(0.5, 0.25, 0.125, 0.25)
    track = "0.125,0.5,0.125,0.25@0:01;0.5,0.25,0.125,0.25@2;0.125,0.5,0.125,0.25@3"
    order = ordered(monkeypatch, "--box", BOX, "--box", f"{BOX}@1-2.5", "--track", track)
    both = Region(0.125, 0.25, 0.5, 0.5)
    whole, while_, moving = order.hide
    assert whole.regions == (Region(0.125, 0.5, 0.0625, 0.125),)
    assert while_.timed == (TimedRegion(1, 2.5, whole.regions[0]),)
    assert moving.timed == (TimedRegion(1, 2, both), TimedRegion(2, 3, both))
    assert both.x <= min(first.x, second.x)
    assert [person.label for person in order.hide] == ["box 1", "box 2", "track 1"]
    assert not any(person.heard_only or person.intervals for person in order.hide)


def test_an_interval_is_of_a_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    order = ordered(monkeypatch, "--interval", "1-2", "3-4", "--sound", "silence")
    assert [(person.label, person.intervals, person.heard_only) for person in order.hide] == [
        ("interval 1", (Interval(1, 2),), True),
        ("interval 2", (Interval(3, 4),), True),
    ]
    assert order.sound == "silence"


def test_with_intervals_a_box_says_nothing_of_the_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    (person,) = ordered(monkeypatch, "--interval", "1-2", "--box", BOX).hide
    assert (person.label, len(person.regions), person.intervals) == ("box 1", 1, (Interval(1, 2),))
    assert person.heard_only


def test_a_recording_is_isolated_by_a_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    order = ordered(monkeypatch, "--isolate", "0:01-0:02.5", "--name", "Ava", "--name", "417")
    assert (order.isolate, order.clip, order.secrets) == ("always", Interval(1, 2.5), ("Ava", "417"))


def test_a_still_is_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ordered(monkeypatch, "--still", "1:00.5", "--isolate").still == 60.5


# Recordings, for real


@pytest.fixture
def recordings(bare: Path, warm_processes: None) -> Path:
    pytest.importorskip("av", reason="audio and video need the extra `av`")
    pytest.importorskip("numpy", reason="audio and video need the extra `av`")
    from av_samples import tones, video, wav

    video(bare / "in.mp4")
    wav(bare / "in.wav", tones(2.0))
    return bare


def test_a_video_is_redacted_proven_and_shown(recordings: Path) -> None:
    options = ("--box", "0.25,0.25,0.25,0.25@0.5-1", "--interval", "1-1.5")
    ended = call("redact", "in.mp4", *options, "--out", "out.mp4", "--sheet", "sheet.png")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert "Boxes were filled, and sound was taken out." in lines
    assert "The sound from 0:01.000 to 0:01.500, and a moment before and after, is replaced by a tone." in lines
    assert "box 1 is hidden." in lines
    said = call("redact", "in.mp4", *options, "--out", "out.mp4", "--json").object()
    assert said["boxes"] == [{"x": 0.125, "y": 0.125, "w": 0.5, "h": 0.625, "start": 0.5, "end": 1.0}]
    assert said["silenced"] == [[1.0, 1.5]]
    assert call("prove", "out.mp4", "--source", "in.mp4", *options).code == 0
    ended = call("prove", "out.mp4", "--source", "in.mp4", "--interval", "0.2-1.5", "--json")
    assert ended.code == 3
    assert ended.object()["kind"] == "NotProven"
    with Image.open(recordings / "sheet.png") as sheet:
        assert sheet.height > 3 * 400


def test_sound_is_redacted_and_has_no_sheet(recordings: Path) -> None:
    arguments = ("redact", "in.wav", "--interval", "1-1.5", "--out", "out.wav")
    refused = call(*arguments, "--sheet", "sheet.png")
    assert refused.code == 3
    assert "holds sound alone: leave --sheet out" in refused.err
    assert not (recordings / "out.wav").exists()
    told = call(*arguments, "--sound", "silence").out
    assert "The sound from 0:01.000 to 0:01.500, and a moment before and after, is replaced by silence." in told
    assert "hidden" not in told
    assert "grown" not in told


def test_whom_a_clip_leaves_out_is_not_told_as_hidden(recordings: Path) -> None:
    arguments = ("redact", "in.wav", "--interval", "1-1.5", "--isolate", "0-0.9", "--out", "out.wav")
    ended = call(*arguments)
    assert ended.out.splitlines()[1:3] == ["A stretch was cut out.", "interval 1 is not present in the stretch."]
    assert "replaced" not in ended.out
    assert call(*arguments, "--json").object()["silenced"] == []


def test_a_still_is_a_picture(recordings: Path) -> None:
    arguments = ("redact", "in.mp4", "--box", "0.25,0.25,0.25,0.25", "--still", "0.5", "--out", "out.png")
    assert call(*arguments, "--sheet", "sheet.jpg").code == 0
    assert (recordings / "out.png").read_bytes().startswith(b"\x89PNG")


def test_a_still_says_whom_it_hides_at_that_moment(recordings: Path) -> None:
    there, elsewhere = "0.25,0.25,0.25,0.25@0.2-0.4", "0.5,0.5,0.25,0.25@1.2-1.5"
    said = call("redact", "in.mp4", "--box", there, elsewhere, "--still", "0.3", "--out", "out.png", "--json").object()
    assert (said["hidden"], len(said["boxes"])) == (["box 1"], 1)


@pytest.mark.parametrize("command", [("redact", "--out", "out.png"), ("prove", "in.mp4", "--source")])
def test_a_still_past_the_end_is_refused_with_the_length(recordings: Path, command: tuple[str, ...]) -> None:
    ended = call(*command, "in.mp4", "--still", "1:00")
    assert ended.code == 3
    assert "--still 1:00.000 is past the end of 'in.mp4', which is 0:02.000 long: choose an earlier" in ended.err


# The proof alone, and the sheet


def test_a_proof_is_told_in_sentences_and_as_json(bare: Path) -> None:
    call("redact", "in.jpg", "--box", BOX, "--out", "out.jpg")
    ended = call("prove", "out.jpg", "--source", "in.jpg", "--box", BOX)
    assert (ended.code, ended.out.splitlines()[:2]) == (0, ["out.jpg: proven", "Proven:"])
    said = call("prove", "out.jpg", "--source", "in.jpg", "--box", BOX, "--json").object()
    assert list(said) == ["file", "sha256", "checks"]


def test_every_failure_of_a_proof_has_its_line(bare: Path) -> None:
    ended = call("prove", "in.jpg", "--source", "in.jpg", "--box", BOX, "--name", "Ava Example")
    assert (ended.code, ended.out) == (3, "")
    heading, *failures, last = ended.err.splitlines()
    assert last == "Do not release it; make the copy again with `dam-plugin redact`."
    assert heading == f"dam-plugin: 'in.jpg' is not proven, {len(failures)} failures:"
    assert len(failures) > 1
    assert all(failure.startswith("  ") for failure in failures)
    assert "Ava" not in ended.text
    said = call("prove", "in.jpg", "--source", "in.jpg", "--box", BOX, "--name", "Ava Example", "--json").object()
    assert said["failures"] == [failure.strip() for failure in failures]


@pytest.mark.parametrize("arguments", [("absent.jpg", "--source", "in.jpg"), ("in.jpg", "--source", "absent.jpg")])
def test_a_proof_needs_both_files(arguments: tuple[str, ...]) -> None:
    ended = call("prove", *arguments)
    assert (ended.code, ended.err) == (1, "dam-plugin: 'absent.jpg' is no file; name one that can be read\n")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_sheet_shows_the_upright_source_with_its_boxes_and_the_copy(bare: Path, orientation: int) -> None:
    (bare / "in.jpg").write_bytes(turned(orientation, encode(Image.new("RGB", (320, 160), (60, 200, 90)))))
    ended = call("redact", "in.jpg", "--box", "0.25,0.25,0.25,0.25", "--out", "out.jpg", "--sheet", "sheet.png")
    assert ended.code == 0
    assert (bare / "sheet.png").stat().st_mode & 0o777 == 0o600
    with Image.open(bare / "sheet.png") as sheet:
        pixels = sheet.convert("RGB")
    wide, high = (640, 320) if orientation < 5 else (320, 640)
    legend = 20 + 2 * 16
    assert pixels.size[1] == legend + high + 20 + 2 * 16
    assert pixels.size[0] >= 3 * 16 + 2 * wide
    # The upper left of the grown box, outside of the one that was drawn.
    top = legend + 20 + 16
    x, y = 16 + round(0.2 * wide), top + round(0.2 * high)
    assert all(abs(one - other) < 12 for one, other in zip(pixel(pixels, x, y), (60, 200, 90), strict=True))
    assert all(abs(level - 128) < 4 for level in pixel(pixels, x + wide + 16, y))
    colours = {pixel(pixels, at, top + round(0.3 * high)) for at in range(16, 16 + wide)}
    assert {(0xD5, 0, 0), (0x29, 0x79, 0xFF)} <= colours


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, int, int]:
    found = image.getpixel((x, y))
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


def test_a_crop_is_drawn_in_the_scale_of_the_source(bare: Path) -> None:
    options = ("--box", BOX, "--isolate", "--out", "out.jpg", "--sheet", "sheet.png")
    assert call("redact", "in.jpg", *options).code == 0
    with Image.open(bare / "out.jpg") as copy, Image.open(bare / "sheet.png") as sheet:
        assert copy.size == (240, 240)
        paper = [pixel(sheet.convert("RGB"), at, 100) == (255, 255, 255) for at in range(sheet.width)]
    assert paper.index(True, 16) == 16 + 640
    assert not any(paper[16 + 640 + 16 : 16 + 640 + 16 + 480])
    assert all(paper[16 + 640 + 16 + 480 :])


def test_the_moments_of_a_sheet_lie_within_a_box_or_clear_of_its_edges() -> None:
    region = Region(0.25, 0.25, 0.25, 0.25)
    order = Order(hide=(Person("box 1", timed=(TimedRegion(1, 3, region), TimedRegion(5.05, 9, region))),))
    assert drawing.chosen(order, Interval(0, 6)) == [2, 5.525]
    assert drawing.chosen(order, Interval(0, 12)) == [2, 6, 7.025, 10]
    assert drawing.chosen(Order(), Interval(0, 6)) == [1, 3, 5]


@pytest.mark.parametrize("kind", ["WEBP", "TIFF", "AVIF", "PNG"])
def test_a_sheet_is_drawn_for_every_format(bare: Path, kind: str) -> None:
    file = io.BytesIO()
    picture(320, 240).save(file, kind)
    (bare / "in").write_bytes(file.getvalue())
    assert call("redact", "in", "--box", BOX, "--out", "out", "--sheet", "sheet.jpg").code == 0
    with Image.open(bare / "sheet.jpg") as sheet:
        assert sheet.format == "JPEG"


@pytest.mark.parametrize(
    ("sheet", "told"),
    [
        ("sheet.pdf", "is named neither .png nor .jpg"),
        ("in.jpg", "is IN or OUT itself"),
        ("out.jpg", "is IN or OUT itself"),
        (".", "is a folder"),
    ],
)
def test_a_sheet_that_would_do_harm_is_refused(bare: Path, sheet: str, told: str) -> None:
    ended = call("redact", "in.jpg", "--out", "out.jpg", "--sheet", sheet)
    assert ended.code == 1
    assert told in ended.err
    assert [path.name for path in bare.iterdir()] == ["in.jpg"]


@pytest.mark.parametrize("name", ["redact", "prove"])
def test_the_help_says_what_the_sheet_and_the_intervals_do(name: str) -> None:
    text = " ".join(call(name, "--help").out.split())
    assert "[START-END]" in text
    assert "Without any, the sound goes while a box holds" in text
    assert ("it SHOWS whom the copy hides" in text) == (name == "redact")


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    waiting = Commands()
    yield waiting
    waiting.close()


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["words", "json"])
@pytest.mark.parametrize("output", ["a full disk", "a pipe that nobody reads"])
def test_where_nothing_can_be_printed_it_is_told_that_the_copy_is_there(
    bare: Path, commands: Commands, options: tuple[str, ...], output: str
) -> None:
    if output == "a full disk" and not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    full = "/dev/full" if output == "a full disk" else None
    ended = commands.run("redact", "in.jpg", "--out", "out.jpg", *options, out=full, unread=full is None)
    assert ended.code == 1
    assert ended.sentence.startswith("'out.jpg' is written and proven, but what there is to say of it could")
    assert (bare / "out.jpg").exists()
