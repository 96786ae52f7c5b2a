from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

import pytest
from made_files import bag, jpeg, packet, xmp_segment
from misbehaving_child import SECRET

from dam_plugin import sandbox
from dam_plugin.errors import DamPluginError, StorageError
from dam_plugin.intake import reader
from dam_plugin.intake.reader import Limits, read
from dam_plugin.sandbox import Clock
from dam_tagging.facts import Facts
from dam_tagging.metadata import read as direct
from dam_tagging.metadata.containers.blocks import MAX_BLOCK

PICTURE = jpeg(xmp_segment(packet(bag("Iptc4xmpExt:PersonInImage", ["Ava Example"]))))
ROOMY = Limits(seconds=120, megabytes=512, budget=1024 * 1024)
TIGHT = Limits(seconds=1, megabytes=512, budget=1024 * 1024)
needs_resource = pytest.mark.skipif(sys.platform == "win32", reason="there is no limit of memory on this system")


def told(name: str, body: bytes = PICTURE, limits: Limits = ROOMY) -> Facts:
    return read(io.BytesIO(body), len(body), name, limits=limits)


def test_a_file_is_read_as_it_is_read_here() -> None:
    assert told("a.jpg") == direct.read(io.BytesIO(PICTURE), "a.jpg")


def test_sidecars_come_from_the_caller() -> None:
    xmp = packet(bag("Iptc4xmpExt:PersonInImage", ["Ben Sample"]))

    def siblings(name: str) -> BinaryIO | None:
        return io.BytesIO(xmp) if name == "a.jpg.xmp" else None

    facts = read(io.BytesIO(PICTURE), len(PICTURE), "a.jpg", siblings, limits=ROOMY)
    assert [person.name for person in facts.persons] == ["Ava Example", "Ben Sample"]


def test_one_process_reads_many_files(misbehaving: None) -> None:
    assert told("process").problems == told("process").problems


def test_a_process_is_replaced_after_many_files(misbehaving: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_FILES", 2)
    pids = [told("process").problems for _ in range(4)]
    assert (pids[0] == pids[1], pids[1] == pids[2]) == (True, False)


def test_several_threads_read_at_once(misbehaving: None) -> None:
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(told, ["a.jpg", "crash", "b.jpg", "c.jpg"] * 3))
    assert [facts.state for facts in results] == ["read", "unreadable", "read", "read"] * 3


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("hang", "it took longer than 1 s"),
        ("sleep", "it took longer than 1 s"),
        ("crash", "the reader stopped"),
        ("leave", "the reader stopped"),
        pytest.param("eat", "it took more than 512 MiB", marks=needs_resource),
        ("all", "it took more than 1 MiB of the file"),
        ("raise", "the reader failed (ValueError)"),
        ("lie", "the reader answered what no facts are"),
    ],
)
def test_what_a_file_does_to_the_reader_makes_it_unreadable_and_the_next_is_read(
    misbehaving: None, name: str, reason: str
) -> None:
    body = PICTURE.ljust(2 * 1024 * 1024, b"\0")
    limits = TIGHT if name in {"hang", "sleep"} else ROOMY
    facts = told(name, body, limits)
    assert (facts.state, facts.media_type, facts.problems) == (
        "unreadable",
        "image/jpeg",
        (f"metadata unreadable: {reason}",),
    )
    assert told("a.jpg", limits=limits).state == "read"


def test_half_a_character_is_no_reason_to_fail(misbehaving: None) -> None:
    assert [person.name for person in told("answer").persons] == ["half ?"]


def test_what_a_library_prints_disturbs_nobody(misbehaving: None, capfd: pytest.CaptureFixture[str]) -> None:
    assert told("print").state == "read"
    assert SECRET not in "".join(capfd.readouterr())


def test_the_process_has_no_credentials(misbehaving: None, monkeypatch: pytest.MonkeyPatch) -> None:
    others = ("LANGUAGE_SECRET", "COVERAGE_TOKEN", "LC_TOKEN", "PATH_SECRET")
    for name in others:
        monkeypatch.setenv(name, "secret")
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "DAM_PLUGIN_PSEUDONYM_KEY", "PGPASSWORD", "HOME"):
        monkeypatch.setenv(name, "secret")
    variables = told("variables").problems
    assert "PYTHONPATH" in variables
    assert not [name for name in variables if name.startswith(("AWS", "DAM_PLUGIN", "PG", "HOME", *others))]


def test_the_process_keeps_the_language(misbehaving: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert "LC_ALL" in told("variables").problems


def test_what_reading_the_object_raises_is_raised_here_and_the_next_file_is_read() -> None:
    class Broken(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise StorageError("no answer")

    with pytest.raises(StorageError, match="no answer"):
        read(Broken(), 100, "a.jpg", limits=ROOMY)
    assert told("a.jpg").state == "read"


def test_what_asking_for_a_sidecar_raises_is_raised_here() -> None:
    def siblings(_name: str) -> BinaryIO | None:
        raise StorageError("no answer")

    with pytest.raises(StorageError, match="no answer"):
        read(io.BytesIO(PICTURE), len(PICTURE), "a.jpg", siblings, limits=ROOMY)


def test_a_slow_storage_is_no_reason_to_give_up(misbehaving: None) -> None:
    class Slow(io.BytesIO):
        def read(self, count: int | None = -1, /) -> bytes:
            reader.time.sleep(1.2)
            return super().read(count)

    assert read(Slow(PICTURE), len(PICTURE), "a.jpg", limits=TIGHT).state == "read"


def test_a_process_that_died_while_it_waited_is_replaced(misbehaving: None) -> None:
    (pid,) = told("process").problems
    os.kill(int(pid), 9)
    os.waitid(os.P_PID, int(pid), os.WEXITED | os.WNOWAIT)
    assert told("a.jpg").state == "read"


def test_a_process_that_dies_between_the_check_and_its_use_is_replaced(
    misbehaving: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pid,) = told("process").problems
    os.kill(int(pid), 9)
    os.waitid(os.P_PID, int(pid), os.WEXITED | os.WNOWAIT)
    # As it looked a moment ago.
    monkeypatch.setattr(subprocess.Popen, "poll", lambda _process: None)
    assert told("a.jpg").state == "read"


def test_a_file_that_ends_every_process_is_tried_twice_and_no_more(
    misbehaving: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    begin = subprocess.Popen.__init__

    def counted(process: Any, *arguments: Any, **options: Any) -> None:
        started.append(process)
        begin(process, *arguments, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", counted)
    assert told("leave").state == "unreadable"
    assert len(started) == 2


def test_a_sidecar_of_any_size_is_handed_on_only_as_far_as_it_may_be_read() -> None:
    beside = io.BytesIO(b" " * (MAX_BLOCK + 1_000))
    positions: list[int] = []

    class Sidecar(io.BytesIO):
        def close(self) -> None:
            positions.append(self.tell())
            super().close()

    def siblings(name: str) -> BinaryIO | None:
        return Sidecar(beside.getvalue()) if name == "a.xmp" else None

    assert read(io.BytesIO(PICTURE), len(PICTURE), "a.jpg", siblings, limits=ROOMY).state == "partial"
    assert positions == [MAX_BLOCK + 1]


def test_a_process_that_cannot_start_is_an_error_and_not_a_held_file(monkeypatch: pytest.MonkeyPatch) -> None:
    reader.forget()
    monkeypatch.setattr(reader, "CHILD", "no_such_module")
    with pytest.raises(DamPluginError, match="does not start"):
        told("a.jpg")


def test_no_process_outlives_its_use(misbehaving: None) -> None:
    (pid,) = told("process").problems
    reader.forget()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_the_check_starts_a_process(misbehaving: None) -> None:
    reader.check(ROOMY)
    assert told("a.jpg").state == "read"


# The clock


def test_a_clock_that_runs_out_gives_up() -> None:
    given_up = threading.Event()
    clock = Clock(given_up.set)
    with clock.running(0):
        assert given_up.wait(60)
    assert clock.ran_out


def test_an_earlier_end_counts_after_a_later_one() -> None:
    given_up = threading.Event()
    clock = Clock(given_up.set)
    with clock.running(3_600):
        pass
    with clock.running(0):
        assert given_up.wait(60)


def test_a_clock_that_was_stopped_in_time_gives_nothing_up() -> None:
    given_up = threading.Event()
    clock = Clock(given_up.set)
    with clock.running(3_600):
        pass
    clock.stop()
    with clock.running(0):
        assert not given_up.wait(0.1)
    assert not clock.ran_out


# The messages


def test_an_object_comes_out_as_it_went_in() -> None:
    stream = io.BytesIO()
    sandbox.send_object(stream, {"need": [0, 5], "name": "Zoë"})
    stream.seek(0)
    assert sandbox.receive_object(stream) == {"need": [0, 5], "name": "Zoë"}


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\0\0",
        b"\0\0\0\5abc",
        b"\xff\xff\xff\xff",
        b"\0\0\0\2[]",
        b"\0\0\0\1x",
        b"\0\0\0\2\xff\xfe",
        b"\0\1\x86\xa0" + b"[" * 100_000,
    ],
    ids=["nothing", "half a length", "too short", "too long", "a list", "no JSON", "no text", "deep"],
)
def test_what_is_no_message_ends_the_conversation(said: bytes) -> None:
    with pytest.raises(sandbox.Ended):
        sandbox.receive_object(io.BytesIO(said))
