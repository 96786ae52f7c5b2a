"""The parent of the working process: whole copies or none, whatever happens in there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from waiting import wait_until

pytest.importorskip("av", reason="needs the extra `av`")
pytest.importorskip("numpy", reason="needs the extra `av`")

from av_samples import LEAKY, NAME, SIZE, seen, tones, video, wav
from PIL import Image

from dam_plugin.errors import CannotRedact, StorageError
from dam_plugin.redaction import door
from dam_plugin.redaction.av import copy_recording
from dam_plugin.redaction.model import Order, Person, Plan, Recording, RecordingPlan, TimedRegion
from dam_tagging.facts import Interval, Region

PLAN = RecordingPlan(Recording("video/mp4", 2.0, SIZE, sound=True))
LIMITS = copy_recording.Limits(seconds=60, megabytes=1024)
REPOSITORY_PATH = os.pathsep.join(sys.path)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return video(tmp_path_factory.mktemp("source") / "in.mp4", LEAKY)


@pytest.fixture
def places(tmp_path: Path) -> Path:
    folder = tmp_path / "copies"
    folder.mkdir()
    return folder


@pytest.fixture
def acts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what lets a few lines of Python stand in for the working process; `job` is what it was asked."""

    def act(lines: str) -> None:
        (tmp_path / "standing_in.py").write_text(HEAD + lines)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr(copy_recording, "CHILD", "standing_in")

    return act


HEAD = """
import os, sys, time
from pathlib import Path
from dam_plugin.sandbox import receive_object, send_object
job = receive_object(sys.stdin.buffer)
say = lambda **answer: send_object(sys.stdout.buffer, answer)
"""


def refusal(source: Path, out: Path, limits: copy_recording.Limits = LIMITS) -> str:
    """Return why no copy was made; nothing is left, and what stood there stands."""
    before = {each: each.read_bytes() for each in out.parent.iterdir()}
    with pytest.raises(CannotRedact) as caught:
        copy_recording.redact(source, PLAN, out, limits)
    assert {each: each.read_bytes() for each in out.parent.iterdir()} == before
    assert NAME not in caught.value.reason
    assert str(source.parent) not in caught.value.reason
    return caught.value.reason


def test_a_recording_is_probed_and_redacted(source: Path, places: Path) -> None:
    recording = copy_recording.probe(source, LIMITS)
    assert recording == PLAN.recording
    plan = replace(PLAN, boxes=(TimedRegion(0, 2, Region(0, 0, 1, 1)),), silenced=(Interval(0, 2),), sound="silence")
    copy_recording.redact(source, plan, places / "out.mp4", LIMITS)
    copy = seen(places / "out.mp4")
    assert len(copy.frames) == 20
    assert all(abs(int(plane.min()) - 128) < 3 for frame in copy.frames for plane in frame)
    assert abs(copy.samples).max() < 4
    assert [each.name for each in places.iterdir()] == ["out.mp4"]


def test_a_still_is_a_picture(source: Path, places: Path) -> None:
    copy_recording.still(source, 1.0, places / "out.png", LIMITS)
    with Image.open(places / "out.png") as image:
        assert (image.format, image.size) == ("PNG", SIZE)


def test_a_still_hides_whoever_is_in_a_frame_that_stays_on_screen(tmp_path: Path, places: Path) -> None:
    source = video(tmp_path / "slides.mp4", replace(LEAKY, times=(0, 1.8, 1.9)))
    face = Region(0.3, 0.4, 0.15, 0.2)
    people = (Person("box 1", timed=(TimedRegion(0, 0.2, face),)), Person("box 2", timed=(TimedRegion(1.8, 2, face),)))
    order = Order(hide=people, still=1.2)
    made = door.make(source, order, places, limits=LIMITS)
    assert "box 2 is not in this moment, so that nothing is hidden for it" in made.facts
    assert isinstance(made.plan, Plan)
    assert made.plan.hidden == ("box 1",)
    with Image.open(made.path) as image:
        assert image.getpixel((round(0.37 * SIZE[0]), round(0.5 * SIZE[1]))) == (128, 128, 128)
    assert door.prove(made.path, source, order, limits=LIMITS).sha256 == made.proof.sha256


def test_a_copy_takes_the_place_of_what_stood_there(tmp_path: Path, places: Path) -> None:
    source = wav(tmp_path / "in.wav", tones(0.5))
    (places / "out.wav").write_bytes(b"old")
    copy_recording.redact(source, RecordingPlan(copy_recording.probe(source, LIMITS)), places / "out.wav", LIMITS)
    assert len(seen(places / "out.wav").samples) == len(tones(0.5))


def test_a_refusal_has_a_reason_and_a_remedy(tmp_path: Path, places: Path) -> None:
    (tmp_path / f"{NAME}.mp4").write_bytes(b"\x1a\x45\xdf\xa3 a Matroska")
    assert refusal(tmp_path / f"{NAME}.mp4", places / "out.mp4") == copy_recording.REASONS["format"]


def test_a_missing_source_is_refused(tmp_path: Path, places: Path) -> None:
    assert refusal(tmp_path / f"{NAME}.mp4", places / "out.mp4") == copy_recording.REASONS["gone"]


def test_what_stood_there_stays_where_no_copy_is_made(tmp_path: Path, places: Path) -> None:
    (places / "out.mp4").write_bytes(b"old")
    assert refusal(tmp_path / "none.mp4", places / "out.mp4")


def test_a_process_that_dies_leaves_nothing(source: Path, places: Path, acts: Callable[[str], None]) -> None:
    acts("Path(job['out']).write_bytes(b'half')\nos.kill(os.getpid(), 11)")
    assert "stopped" in refusal(source, places / "out.mp4")


def test_a_process_that_says_nonsense_leaves_nothing(source: Path, places: Path, acts: Callable[[str], None]) -> None:
    acts("Path(job['out']).write_bytes(b'half')\nsys.stdout.buffer.write(b'nonsense'); sys.stdout.flush()")
    assert "stopped" in refusal(source, places / "out.mp4")


def test_a_process_that_takes_too_long_is_ended_and_does_not_outlive_its_job(
    source: Path, places: Path, tmp_path: Path, acts: Callable[[str], None]
) -> None:
    number = tmp_path / "pid"
    acts(f"Path({str(number)!r}).write_text(str(os.getpid()))\nPath(job['out']).write_bytes(b'half')\ntime.sleep(600)")
    assert "longer than the 2 s" in refusal(source, places / "out.mp4", replace(LIMITS, seconds=2))
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)


def test_a_copy_that_was_not_written_is_none(source: Path, places: Path, acts: Callable[[str], None]) -> None:
    acts("say(done=True)")
    assert "stopped" in refusal(source, places / "out.mp4")


def test_no_word_of_the_process_is_passed_on(source: Path, places: Path, acts: Callable[[str], None]) -> None:
    acts(f"say(refused={NAME!r})")
    assert "stopped" in refusal(source, places / "out.mp4")


@pytest.mark.parametrize(
    "said", ["dict(duration='x')", "None", "dict(media_type='video/mp4', duration=float('1e999'))"]
)
def test_what_is_no_recording_is_refused(source: Path, said: str, acts: Callable[[str], None]) -> None:
    acts(
        f"import json\nsys.stdout.buffer.write((lambda b: len(b).to_bytes(4, 'big') + b)"
        f"(json.dumps(dict(recording={said})).encode())); sys.stdout.flush()"
    )
    with pytest.raises(CannotRedact):
        copy_recording.probe(source, LIMITS)


def test_the_process_has_no_credentials(
    source: Path, places: Path, acts: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("DAM_PLUGIN_SIGNING_KEY", "secret")
    acts(
        "Path(job['out']).write_text(' '.join(k for k, v in os.environ.items() if v == 'secret') or 'none')\nsay(done=True)"
    )
    copy_recording.redact(source, PLAN, places / "out.mp4", LIMITS)
    assert (places / "out.mp4").read_text() == "none"


def test_too_little_memory_is_told(source: Path, places: Path, acts: Callable[[str], None]) -> None:
    acts("say(refused='memory')")
    assert refusal(source, places / "out.mp4") == copy_recording.REASONS["memory"]


def test_a_disk_that_is_full_is_no_fault_of_the_recording(
    source: Path, places: Path, acts: Callable[[str], None]
) -> None:
    acts("say(refused='write')")
    with pytest.raises(StorageError, match="disk is full"):
        copy_recording.redact(source, PLAN, places / "out.mp4", LIMITS)


@pytest.mark.parametrize(
    "shown", ["None", "dict(start='x', end=1)", "dict(start=1, end=0)", "dict(start=0.9, end=2)"], ids=str
)
def test_a_still_that_is_shown_at_another_time_is_none(
    source: Path, places: Path, shown: str, acts: Callable[[str], None]
) -> None:
    acts(f"Path(job['out']).write_bytes(b'picture')\nsay(shown={shown})")
    with pytest.raises(CannotRedact, match="stopped"):
        copy_recording.still(source, 0.5, places / "out.png", LIMITS)
    assert not list(places.iterdir())


def test_a_process_that_works_ends_with_its_parent(tmp_path: Path) -> None:
    (tmp_path / "works_on.py").write_text(
        "import os, time\n"
        "from pathlib import Path\n"
        "from dam_plugin.sandbox import receive_object\n"
        "from dam_plugin.sandbox import end_with_parent, own_streams\n"
        "requests, answers = own_streams()\n"
        "job = receive_object(requests)\n"
        "end_with_parent(requests)\n"
        "Path(job['place']).write_text(str(os.getpid()))\n"
        "time.sleep(600)\n"
    )
    (tmp_path / "asks.py").write_text(
        f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n"
        "from dam_plugin.sandbox import ask\n"
        f"ask('works_on', {{'place': {str(tmp_path / 'pid')!r}}}, 600)\n"
    )
    parent = subprocess.Popen([sys.executable, tmp_path / "asks.py"], env={**os.environ, "PYTHONPATH": REPOSITORY_PATH})
    number = _awaited(tmp_path / "pid")
    parent.kill()
    parent.wait()
    try:
        wait_until(lambda: not _runs(number), "it works on although nobody waits for it")
    except pytest.fail.Exception:
        os.kill(number, 9)
        raise


def _awaited(path: Path) -> int:
    wait_until(lambda: path.exists() and path.read_text(), "the process does not start")
    return int(path.read_text())


def _runs(number: int) -> bool:
    state = Path(f"/proc/{number}/stat")
    if state.parent.parent.is_dir() and not state.exists():
        return False
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    # Ended, and not yet taken note of by whoever takes in orphans.
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_without_the_extra_the_remedy_is_told(source: Path, places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert "pip install dam-plugin[av]" in refusal(source, places / "out.mp4")


def test_a_process_that_cannot_start_is_told(source: Path, places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy_recording, "CHILD", "no_such_module")
    assert "stopped" in refusal(source, places / "out.mp4")


def test_every_reason_is_one_sentence_with_a_remedy() -> None:
    assert all(
        ":" in reason and "\n" not in reason and not reason.endswith(".") for reason in copy_recording.REASONS.values()
    )
