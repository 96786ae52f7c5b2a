"""Runs code that reads hostile files in a process of its own: starts it, limits it, talks with it and ends it.

The parent calls `ask` or `answers` for one job, or `start`, `send`, `receive` and `kill`. A `Clock` gives up a process
that answers too late. The child calls `own_streams` and the limits, and may end with its parent. Messages are frames of
bytes with their length, mostly JSON. With pickle, a child that a file took over could run anything in its parent.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import IO, Any, BinaryIO, Literal

MOST_BYTES = 64 * 1024 * 1024
"""A longer frame is refused: the facts of a file stay far below."""
_HEAD = struct.Struct(">I")
# What a Python process needs of its surroundings, by whole names: a prefix would let somebody's LANGUAGE_SECRET through.
# Everything else, credentials first of all, is not handed on.
_VARIABLES = (
    *("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV"),
    *("LANG", "LANGUAGE", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC", "LC_TIME"),
    *("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "COVERAGE_FILE", "COVERAGE_CORE"),
)


class Ended(Exception):
    """The other side is gone, or sent something that is not a frame."""


class Stopped(Exception):
    """A process gave no answer: it could not be started (the text says why), took too long, or ended before."""

    def __init__(self, why: Literal["start", "time", "end"], text: str = "") -> None:
        """Take one word for what happened."""
        super().__init__(text)
        self.why = why


def ask(module: str, job: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Return the answer of one of our modules to one job, in a process of its own that does not outlive it.

    Raises Stopped if there is none within so many seconds by the clock.
    """
    with closing(answers(module, job, seconds)) as given:
        return next(given)


def answers(module: str, job: dict[str, Any], seconds: float) -> Generator[dict[str, Any]]:
    """Yield what one of our modules answers to one job, one object after the other; the process ends with the generator.

    Raises Stopped if the next one does not come within so many seconds. Time passes only while it is waited for.
    """
    try:
        process = start(module)
    except OSError as error:
        raise Stopped("start", error.strerror or type(error).__name__) from error
    clock = Clock(partial(kill, process))
    try:
        with clock.running(seconds):
            send_object(_pipe(process.stdin), job)
            answer = receive_object(_pipe(process.stdout))
        while True:
            yield answer
            with clock.running(seconds):
                answer = receive_object(_pipe(process.stdout))
    except Ended:
        kill(process)
        process.wait()
        is_late = clock.ran_out or (sys.platform != "win32" and process.returncode == -signal.SIGXCPU)
        raise Stopped("time" if is_late else "end") from None
    finally:
        clock.stop()
        _end(process)


def start(module: str) -> subprocess.Popen[bytes]:
    """Start one of our modules in a process and a group of its own, without credentials, with pipes and no stderr.

    Raises OSError if that fails.
    """
    variables = {name: value for name, value in os.environ.items() if name.upper() in _VARIABLES}
    # It finds the same packages as we do, also where the plugin is not installed.
    variables["PYTHONPATH"] = os.pathsep.join(os.path.abspath(each) for each in sys.path)  # noqa: PTH100 - as is, with ""
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A library's complaint may quote a name.
        stderr=subprocess.DEVNULL,
        env=variables,
        # A group of its own: Ctrl-C is for the parent alone, and a kill takes what it has started along.
        start_new_session=True,
    )


def kill(popen: subprocess.Popen[bytes]) -> None:
    """End a process that `start` began, with all that it has started."""
    if popen.poll() is not None:
        return
    if sys.platform == "win32":
        popen.kill()
        return
    try:
        os.killpg(popen.pid, signal.SIGKILL)
    except OSError:
        popen.kill()


def own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Return the pipes to the parent, and keep everything else from them: a library may print."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return requests, answers


def end_with_parent(requests: BinaryIO) -> None:
    """End this process at once when the parent is gone; called after the last request, since it reads on.

    A parent that is killed closes the pipe, and cannot do more.
    """

    def watch() -> None:
        # Not through the stream: its lock would be held when the interpreter ends.
        with suppress(OSError):
            while os.read(requests.fileno(), 1):
                pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def limit_memory(count: int) -> None:
    """Bound the address space. Without `resource` (Windows), and where the system refuses, the clock alone limits."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not on every system

        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (count, count))
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_time(seconds: int) -> None:
    """Bound the processor's time for the next file: the parent's clock does not help once the parent is gone."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not on every system

        with suppress(ValueError, OSError):
            soft = int(time.process_time()) + seconds + 2
            resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def limit_file(count: int) -> None:
    """Bound the bytes of any file that is written from now on: more fails with EFBIG."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not on every system

        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_FSIZE, (count, count))


def send(stream: IO[bytes], payload: bytes) -> None:
    """Write one frame; raises Ended if the other side no longer reads."""
    try:
        stream.write(_HEAD.pack(len(payload)) + payload)
        stream.flush()
    except (OSError, ValueError) as error:
        raise Ended from error


def receive(stream: IO[bytes]) -> bytes:
    """Return the next frame; raises Ended if the stream ends before or the frame is too long."""
    try:
        (size,) = _HEAD.unpack(_exactly(stream, _HEAD.size))
        if size > MOST_BYTES:
            raise Ended
        return _exactly(stream, size)
    except (OSError, ValueError) as error:
        raise Ended from error


def send_object(stream: IO[bytes], fields: dict[str, Any]) -> None:
    """Write one JSON object; half a surrogate pair, which is no text, becomes a question mark."""
    send(stream, json.dumps(fields, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace"))


def receive_object(stream: IO[bytes]) -> dict[str, Any]:
    """Return the next JSON object; raises Ended for anything else."""
    try:
        fields = json.loads(receive(stream))
    except (ValueError, RecursionError) as error:
        raise Ended from error
    if not isinstance(fields, dict):
        raise Ended
    return fields


class Clock:
    """Calls `give_up` once, in its own thread, when a stretch of time runs out; `stop` ends the thread.

    One thread serves all messages: to start a thread for each would take longer than the message.
    """

    def __init__(self, give_up: Callable[[], object]) -> None:
        """Start the thread; no time runs yet."""
        self.ran_out = False
        self._give_up = give_up
        self._changed = threading.Condition()
        self._deadline: float | None = None
        self._wakes: float | None = None
        self._stopped = False
        threading.Thread(target=self._watch, daemon=True).start()

    @contextmanager
    def running(self, seconds: float) -> Iterator[None]:
        """Let at most `seconds` pass until the block ends."""
        self._set(time.monotonic() + max(seconds, 0))
        try:
            yield
        finally:
            self._set(None)

    def stop(self) -> None:
        """End the thread; nothing is given up any more."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _set(self, deadline: float | None) -> None:
        with self._changed:
            self._deadline = deadline
            # The thread looks again at the time it has slept for: only what is due earlier has to wake it.
            if deadline is not None and (self._wakes is None or deadline < self._wakes):
                self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._stopped:
                left = None if self._deadline is None else self._deadline - time.monotonic()
                if left is not None and left <= 0:
                    self.ran_out = True
                    break
                self._wakes = self._deadline
                self._changed.wait(left)
        if self.ran_out:
            self._give_up()


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if data is None or len(data) != count:
        raise Ended
    return data


def _end(process: subprocess.Popen[bytes]) -> None:
    kill(process)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise Ended
    return pipe
