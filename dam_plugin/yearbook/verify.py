"""Verifies that a set is, byte for byte, the one that the district signed: by its public key, without unpacking the archive.

First comes the signature over the manifest, then the archive's layout, then each file against the manifest: all of
them, in order, and nothing else. The archive's own statements are not believed before they are verified. The manifest,
or the archive's own length, bounds how much is read.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from dam_plugin.errors import SetAltered
from dam_plugin.store.sets import MANIFEST, SIGNATURE
from dam_plugin.yearbook import manifest
from dam_plugin.yearbook.manifest import Head, ManifestFile, NoManifest
from dam_plugin.yearbook.signing_key import SIGNATURE_BYTES, PublicKey
from dam_plugin.yearbook.zip_file import Entry, Layout, folded, layout

MOST_TOLD = 50
CHUNK = 1024 * 1024
Progress = Callable[[int, int, int], None]
"""Hears how many files were read, of how many, and how many bytes."""
_SIGNED = (MANIFEST, SIGNATURE)


@dataclass(frozen=True, slots=True)
class Verified:
    """A set as it was signed. `files` counts all but the manifest and its signature, `redacted` those marked redacted."""

    set_id: str
    day: date
    district: str
    publisher: str
    recipient: str
    files: int
    redacted: int
    roster: str
    rules: str
    program: str
    key_id: str
    manifest_sha256: str


def verify(file: BinaryIO, key: PublicKey, *, progress: Progress | None = None) -> Verified:
    """Return the verified set, read whole from an open, seekable file.

    Raises SetAltered with every problem where it is not, byte for byte, what this key signed.
    """
    problems = _Problems()
    archive = layout(file)
    signed = _signed(archive, key, problems)
    expected = _expected(signed, problems)
    read = bytes_read = 0
    in_order = True
    order = [*(each.file.path for each in expected.values()), *_SIGNED]
    for entry, body in archive.check(problems.add, signed.head.day if signed else None):
        in_order = in_order and order[entry.number - 1 : entry.number] == [entry.path]
        if entry.path in _SIGNED:
            problems.add_if(_crc(file, body, entry.size) != entry.crc, f"{entry.path} differs from its checksum")
        elif signed:
            _compare(file, entry, body, expected, problems)
            read, bytes_read = read + 1, bytes_read + entry.size
            if progress is not None:
                progress(read, len(expected), bytes_read)
    for wanted in expected.values():
        problems.add_if(not wanted.seen, f"{wanted.file.path} is missing")
    # Reported alone: a missing or additional file puts the rest out of place.
    problems.add_if(not in_order and not problems.found, f"its files are not in the order of {MANIFEST}")
    if problems.found or signed is None:
        raise SetAltered(problems.told)
    return _verified(signed, key, expected)


def claimed(file: BinaryIO) -> str:
    """Return the id of the set that a file claims to be, unverified. Raises SetAltered if it claims none."""
    problems = _Problems()
    data, _ = _texts(layout(file), problems)
    if data is not None:
        try:
            return manifest.read(data)[0].set
        except NoManifest as error:
            problems.add(str(error))
    raise SetAltered(problems.told)


def contents(
    file: BinaryIO, key: PublicKey, wanted: Callable[[ManifestFile], bool], largest: int
) -> Iterator[tuple[ManifestFile, bytes | None]]:
    """Yield the wanted files of a verified set in the archive's order with their bytes; null for those above `largest`.

    Raises SetAltered if the file changed since it was verified.
    """
    archive, problems = layout(file), _Problems()
    signed = _signed(archive, key, problems)
    expected = _expected(signed, problems)
    if problems.found:
        raise SetAltered(problems.told)
    for entry in archive.entries():
        known = expected.get(folded(entry.path))
        if known is None or not wanted(known.file):
            continue
        if entry.size > largest:
            yield known.file, None
            continue
        body = archive.body(entry)
        file.seek(body or 0)
        data = file.read(entry.size) if body is not None else b""
        if hashlib.sha256(data).hexdigest() != known.file.sha256:
            raise SetAltered([f"{known.file.path} changed while it was read"])
        yield known.file, data


@dataclass(slots=True)
class _Problems:
    """The problems found, each once, up to the number that is reported."""

    found: list[str] = field(default_factory=list)
    more: int = 0

    def add(self, problem: str) -> None:
        if problem in self.found:
            return
        if len(self.found) < MOST_TOLD:
            self.found.append(problem)
        else:
            self.more += 1

    def add_if(self, is_one: bool, problem: str) -> None:
        if is_one:
            self.add(problem)

    @property
    def told(self) -> list[str]:
        return [*self.found, f"and {self.more} more"] if self.more else self.found


@dataclass(frozen=True, slots=True)
class _Signed:
    """A manifest with a valid signature."""

    head: Head
    files: Iterator[ManifestFile]
    sha256: str


@dataclass(slots=True)
class _Wanted:
    """A file that has to be in the set, and whether it was found."""

    file: ManifestFile
    seen: bool = False


def _signed(archive: Layout, key: PublicKey, problems: _Problems) -> _Signed | None:
    """Return the manifest where this key signed it and it can be read; else report the problem."""
    data, signature = _texts(archive, problems)
    if data is None or signature is None:
        return None
    if not key.signed(signature, data):
        problems.add(_unsigned(data, key))
        return None
    try:
        head, files = manifest.read(data)
    except NoManifest as error:
        problems.add(str(error))
        return None
    if head.key != key.id:
        problems.add(f"{MANIFEST} names another key than the one that signed it")
        return None
    return _Signed(head, files, hashlib.sha256(data).hexdigest())


def _texts(archive: Layout, problems: _Problems) -> tuple[bytes | None, bytes | None]:
    """Return the bytes of the manifest and of its signature; null if there is none, or several."""
    bounds = {MANIFEST: manifest.LARGEST, SIGNATURE: SIGNATURE_BYTES}
    found: dict[str, list[Entry]] = {name: [] for name in bounds}
    for entry in archive.entries():
        if entry.path in found:
            # Two are as bad as a thousand, and a thousand are not held.
            found[entry.path] = [*found[entry.path], entry][:2]
    texts: dict[str, bytes | None] = dict.fromkeys(bounds)
    for name, entries in found.items():
        if len(entries) != 1:
            problems.add(f"{name} is there twice" if entries else f"{name} is missing")
        elif entries[0].size > bounds[name]:
            problems.add(f"{name} is too large")
        elif (body := archive.body(entries[0])) is None:
            problems.add(f"the header of {name} differs from the directory at the end")
        else:
            archive.file.seek(body)
            texts[name] = archive.file.read(entries[0].size)
    return texts[MANIFEST], texts[SIGNATURE]


def _unsigned(data: bytes, key: PublicKey) -> str:
    """Return why a signature does not hold. The manifest is not believed: only its key's id is compared."""
    with suppress(NoManifest):
        named = manifest.read(data)[0].key
        if key.is_private_half_of(named):
            return "the key given is the private half: who has it can sign in the district's name, so make a new one"
        if named != key.id:
            return f"it is signed with another key than the one given, whose id is {key.id}"
    return f"the signature of {MANIFEST} does not hold: it was altered"


def _told(signed: _Signed) -> Iterator[ManifestFile]:
    try:
        yield from signed.files
    except NoManifest as error:
        raise SetAltered([str(error)]) from None


def _expected(signed: _Signed | None, problems: _Problems) -> dict[str, _Wanted]:
    """Return the files that must be there, by the name that any system may take for theirs."""
    expected: dict[str, _Wanted] = {}
    if signed is not None:
        try:
            for file in signed.files:
                alike = folded(file.path)
                problems.add_if(alike in expected, f"{MANIFEST} has {file.path} twice")
                expected[alike] = _Wanted(file)
        except NoManifest as error:
            problems.add(str(error))
    return expected


def _compare(file: BinaryIO, entry: Entry, body: int, expected: dict[str, _Wanted], problems: _Problems) -> None:
    """Report faults in an entry's name, size, bytes and checksum."""
    wanted = expected.get(folded(entry.path))
    if wanted is None or wanted.file.path != entry.path:
        problems.add(f"{entry.told} is no file that was signed")
        return
    path = entry.path
    problems.add_if(wanted.seen, f"{path} is there twice")
    wanted.seen = True
    if entry.size != wanted.file.size:
        problems.add(f"{path} has another size than was signed")
        return
    sha256, crc = _sums(file, body, entry.size)
    problems.add_if(sha256 != wanted.file.sha256, f"{path} was altered")
    problems.add_if(crc != entry.crc, f"{path} differs from its checksum")


def _sums(file: BinaryIO, start: int, size: int) -> tuple[str, int]:
    sha256, crc = hashlib.sha256(), 0
    for chunk in _chunks(file, start, size):
        sha256.update(chunk)
        crc = zlib.crc32(chunk, crc)
    return sha256.hexdigest(), crc


def _crc(file: BinaryIO, start: int, size: int) -> int:
    crc = 0
    for chunk in _chunks(file, start, size):
        crc = zlib.crc32(chunk, crc)
    return crc


def _chunks(file: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    file.seek(start)
    while size and (chunk := file.read(min(size, CHUNK))):
        size -= len(chunk)
        yield chunk


def _verified(signed: _Signed, key: PublicKey, expected: dict[str, _Wanted]) -> Verified:
    head = signed.head
    return Verified(
        set_id=head.set,
        day=head.day,
        district=head.district,
        publisher=head.publisher,
        recipient=head.recipient,
        files=len(expected),
        redacted=sum(each.file.redacted for each in expected.values()),
        roster=head.roster,
        rules=head.rules,
        program=head.program,
        key_id=key.id,
        manifest_sha256=signed.sha256,
    )
