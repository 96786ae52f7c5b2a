"""What reading metadata takes beside exiftool that stays open, the memory it takes, and the bytes of long photos it fetches.

The files are those of the shared corpus but the hostile ones; where there is no corpus, the samples and small files of each
container that the tests make themselves, which the first row says.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bench.frame import Peer, Row, run_command, timed
from corpus import corpus_root
from long_photos import LENGTH, lengthened
from made_corpus import SOUND

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.intake import reader
from dam_plugin.library.ranged_file import RangedFile
from dam_tagging.facts import Facts
from dam_tagging.metadata.read import read

DAM_PLUGIN = Path(sys.executable).with_name("dam-plugin")
EXIFTOOL = "exiftool"
MISSING = "exiftool is not installed"
NO_CORPUS = "no corpus (DAM_CORPUS): samples, and files that the tests make"
ROUNDS, WARM_UP = 7, 2
MEBIBYTE = 1024 * 1024
END_OF_PICTURE = b"\xff\xd9"
NO_RECORDINGS = frozenset({".tsv", ".ini", ".py", ".md", ".csv", ".yaml", ".zip", ".txt"})

# What the worker's reading process does, without its pipe: it imports the same, and reads by ranges.
READ_ALL = """
import os, sys
from dam_plugin.intake import reader_child as child
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        fetch = lambda start, stop: os.pread(file.fileno(), stop - start, start)
        child.read(child.RangedFile(fetch, size=os.path.getsize(path)), os.path.basename(path))
"""


def rows() -> Iterable[Row]:
    """Yield the times in this process and in the reading process, the peaks of memory, and the share of long photos."""
    with tempfile.TemporaryDirectory() as folder:
        paths = _recordings(Path(folder))
        if corpus_root() is None:
            yield Row("files to read", len(paths), "files", note=NO_CORPUS)
        yield from _rows(paths)


def _rows(paths: Sequence[Path]) -> Iterator[Row]:
    ours = _mean(_read, paths)
    theirs = _exiftool(paths)
    peer = Peer(f"{EXIFTOOL} -stay_open", theirs) if theirs else None
    note = "" if theirs else MISSING
    yield Row(f"read a file, mean of {len(paths)}", ours, "ms", peer=peer, note=note)
    if theirs:
        yield Row("files read while exiftool reads one", theirs / ours, "files", at_least=10)
    yield Row("read a file in the reading process, mean", _mean(_read_apart, paths), "ms", peer=peer, note=note)
    reader.forget()
    named = [str(path) for path in paths]
    for what, command in (
        ("the reading process", [sys.executable, "-c", READ_ALL, *named]),
        ("dam-plugin metadata", [str(DAM_PLUGIN), "metadata", "--json", *named]),
    ):
        yield Row(f"{what}, {len(paths)} files, peak memory", run_command(command).peak / MEBIBYTE, "MiB", at_most=60)
    yield from _over_the_wire([path for path in paths if path.suffix == ".jpg"])


def _recordings(folder: Path) -> list[Path]:
    """Return the files to be read; where there is no corpus, those that are made in a folder are among them."""
    corpus = corpus_root()
    made = [] if corpus else _made(folder)
    return [*_found(corpus or sample_folder()), *made]


def _made(folder: Path) -> list[Path]:
    paths = []
    for name, body in SOUND.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        paths.append(path)
    return [path for path in paths if path.suffix not in NO_RECORDINGS]


def _found(root: Path) -> list[Path]:
    found = (path for path in sorted(root.rglob("*")) if path.is_file() and "hostile" not in path.parts)
    return [path for path in found if path.suffix and path.suffix not in NO_RECORDINGS]


def _mean(call: Callable[[Path], object], paths: Sequence[Path]) -> float:
    """Return the milliseconds that one file takes when all are read one after the other, in the quietest round."""

    def read_all(_: None) -> None:
        for path in paths:
            call(path)

    return timed(read_all, [None], rounds=ROUNDS, warm_up=WARM_UP).percentile(0, "ms") / len(paths)


# Ours


def _read(path: Path) -> Facts:
    with path.open("rb") as file:
        return read(file, path.name, _beside(path))


def _read_apart(path: Path) -> Facts:
    with path.open("rb") as file:
        return reader.read(file, path.stat().st_size, path.name, _beside(path), limits=reader.Limits())


def _beside(path: Path) -> Callable[[str], BinaryIO | None]:
    def sibling(name: str) -> BinaryIO | None:
        beside = path.with_name(name)
        return beside.open("rb") if beside.is_file() else None

    return sibling


def _over_the_wire(jpegs: Sequence[Path]) -> Iterator[Row]:
    # Of one that is damaged nobody knows where its picture ends.
    whole = (data for path in jpegs if END_OF_PICTURE in (data := path.read_bytes()))
    read_of = [_ranged(lengthened(data)) for data in whole]
    share = statistics.median(file.fetched for file in read_of) / LENGTH
    name = f"photos of {LENGTH // MEBIBYTE} MiB"
    yield Row(f"{name}, share of the bytes fetched, median", 100 * share, "%", at_most=13)
    yield Row(f"{name}, requests, median", statistics.median(file.requests for file in read_of), "", at_most=2)


def _ranged(data: bytes) -> RangedFile:
    file = RangedFile(lambda start, stop: data[start:stop], size=len(data))
    read(file, "photo.jpg")
    return file


# exiftool's


def _exiftool(paths: Sequence[Path]) -> float | None:
    """Return the milliseconds that exiftool takes for a file, printing all that it finds as JSON; None without it."""
    program = shutil.which(EXIFTOOL)
    if program is None:
        return None
    with _staying_open(program) as ask:
        return _mean(ask, paths)


@contextmanager
def _staying_open(program: str) -> Iterator[Callable[[Path], None]]:
    command = [program, "-config", os.devnull, "-stay_open", "True", "-@", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        said, heard = process.stdin, process.stdout
        assert said is not None
        assert heard is not None

        def ask(path: Path) -> None:
            said.write(f"-json\n-struct\n{path}\n-execute\n".encode())
            said.flush()
            while not (line := heard.readline()).startswith(b"{ready}"):
                if not line:
                    raise ChildProcessError(f"{program} ended")

        yield ask
        said.write(b"-stay_open\nFalse\n")
        said.flush()
