"""The manifest of a set: JSON in ASCII, one file a line, so that it is written and read without being held as objects.

It goes to the publisher. It names no student, no clause and no source key, and does not count omissions. `manifest.sig`
is the Ed25519 signature of its exact bytes. The digests of the roster and the rules are keyed: without the key, guessed
values cannot be tested against them.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from typing import Annotated, BinaryIO, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from dam_plugin.errors import InputError
from dam_plugin.fields import CLOSED, Count, Flag, Id, IsoDate
from dam_plugin.model import StudentRecord
from dam_plugin.procedure.purposes import STARTER_PACK
from dam_plugin.procedure.redisclosure import SET_NOTICE
from dam_plugin.services import Services
from dam_plugin.sharing.gather_case import district_policy
from dam_plugin.store import Unit
from dam_plugin.store.batches import batched
from dam_plugin.store.codec import canonical, to_plain
from dam_plugin.store.people import KeptConsent
from dam_plugin.store.sets import MANIFEST, SIGNATURE
from dam_plugin.yearbook.zip_file import checked

FORMAT = "dam-plugin-yearbook/1"
LARGEST = 64 * 1024 * 1024
"""Bytes: a manifest of 300,000 files."""
_LONGEST_LINE = 8192
_LAST = "\n]}\n"
Kind = Literal["portrait", "candid", "index", "text", "captions", "page"]
_BATCH = 500


def _path(value: str) -> str:
    try:
        return checked(value)
    except InputError as error:
        raise PydanticCustomError("path", "is no path that a set may hold") from error


_Digest = Annotated[str, Field(max_length=200)]


@dataclass(frozen=True, slots=True, config=CLOSED)
class ManifestFile:
    """One file of the set as it was signed: `size` in bytes; `decision` identifies the decision on a picture.

    `redacted`: a place in it is covered. A cropped picture has no mark: a mark would reveal that a person is cut off.
    """

    path: Annotated[str, AfterValidator(_path)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    size: Count
    kind: Kind
    redacted: Flag = False
    decision: _Digest | None = None


@dataclass(frozen=True, slots=True, config=CLOSED)
class Head:
    """The manifest's facts about the whole set. `roster`, `rules` are digests, `key` the id of the key that signs.

    `publisher` is the profile's name, `recipient` the recipient's id, `program` the version that made it.
    """

    set: Id
    day: IsoDate
    district: Id
    publisher: Id
    recipient: Id
    roster: _Digest
    rules: _Digest
    key: _Digest
    program: _Digest


_FILE = TypeAdapter(ManifestFile)


_HEAD = TypeAdapter(Head)


class NoManifest(InputError):
    """These bytes are no manifest that this version reads; the text says why."""


def write(out: BinaryIO, head: Head, files: Iterable[ManifestFile], others: Iterable[ManifestFile]) -> str:
    """Write the manifest, the pictures and then the other files in their order, and return its sha256.

    It lists every file of the set but itself and its signature; at least one.
    """
    sha256 = hashlib.sha256()

    def put(text: str) -> None:
        data = text.encode("ascii")
        sha256.update(data)
        out.write(data)

    put(
        json.dumps({"format": FORMAT, **asdict(head), "day": head.day.isoformat(), "files": []}).removesuffix("]}")
        + "\n"
    )
    for number, file in enumerate(chain(files, others)):
        put((",\n" if number else "") + json.dumps(asdict(file)))
    put(_LAST)
    return sha256.hexdigest()


def write_page(
    out: BinaryIO,
    head: Head,
    contact: str,
    files: Iterable[ManifestFile],
    others: Iterable[ManifestFile],
    *,
    encoding: str | None = None,
) -> None:
    """Write `manifest.html`, which describes the set and how to verify it; `contact` is the address for questions.

    `encoding` is the name of the index's encoding, for people; null if the page leaves it out. The page is itself in
    the manifest, so it holds neither the manifest's hash nor its own.
    """
    templates = Environment(
        loader=PackageLoader("dam_plugin.yearbook"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
    )
    page = templates.get_template("manifest.html.j2").stream(
        head=head,
        contact=contact,
        notice=SET_NOTICE,
        encoding=encoding,
        files=chain(files, others),
        manifest=MANIFEST,
        signature=SIGNATURE,
    )
    page.enable_buffering(64)
    page.dump(out, encoding="utf-8")


def read(data: bytes) -> tuple[Head, Iterator[ManifestFile]]:
    """Return the contents of a manifest: the facts about the set, then the files one by one on demand.

    Both raise NoManifest for anything that `write` does not write: no JSON, another format, an unknown field, an unsafe
    path.
    """
    lines = io.BytesIO(data)
    first = lines.readline(_LONGEST_LINE)
    try:
        told = json.loads(first + b"]}")
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.pop("files", None) != [] or not first.endswith(b"[\n"):
        raise NoManifest(f"{MANIFEST} is no manifest of a set")
    if (format_ := told.pop("format", None)) != FORMAT:
        newer = "dam-plugin-yearbook/" in str(format_)
        raise NoManifest(
            f"{MANIFEST} is of another format than {FORMAT}" + (": verify it by a newer version" if newer else "")
        )
    return _head(told), _files(lines)


def roster_digest(services: Services, unit: Unit) -> str:
    """Return a keyed digest of all students, their opt-outs and consents, as they are on file; they are read in batches."""
    digest = hashlib.sha256()
    for batch in batched(unit.people.stream(), _BATCH):
        for line in _lines(unit, batch):
            digest.update(line.encode() + b"\n")
    return services.pseudonyms.state(f"roster {digest.hexdigest()}")


def rules_digest(services: Services) -> str:
    """Return a keyed digest of the rules that tag recordings, of the district's directory policy and rulings."""
    purposes = services.settings.purposes
    policy = to_plain(district_policy(services.settings.district, purposes))
    # The list decides which opt-out reaches a yearbook, where the district has a list of its own.
    own = [] if purposes == STARTER_PACK else [to_plain(purposes.purposes)]
    ruled = [services.rulings.plain] if services.rulings.plain else []
    return services.pseudonyms.state(f"rules {canonical([services.rules.digest, policy, *own, *ruled])}")


def _head(told: dict[str, object]) -> Head:
    try:
        return _HEAD.validate_python(told)
    except ValidationError:
        raise NoManifest(f"{MANIFEST} does not say of which set it is") from None


def _files(lines: io.BytesIO) -> Iterator[ManifestFile]:
    number, goes_on = 2, True
    while goes_on:
        line = lines.readline(_LONGEST_LINE)
        goes_on = line.endswith(b",\n")
        try:
            yield _FILE.validate_json(line.removesuffix(b"\n").removesuffix(b","))
        except ValidationError:
            raise NoManifest(f"line {number} of {MANIFEST} is no file of a set") from None
        number += 1
    if lines.read() != _LAST.encode().removeprefix(b"\n"):
        raise NoManifest(f"{MANIFEST} does not end behind its last file")


def _lines(unit: Unit, students: Sequence[StudentRecord]) -> Iterator[str]:
    """Yield each student, and each consent of theirs, as one line."""
    for each in students:
        yield canonical(to_plain(each))
    for kept in sorted(unit.people.kept_consents([each.id for each in students]), key=KeptConsent.order):
        yield canonical(
            [
                kept.id,
                to_plain(kept.consent),
                to_plain(kept.confirmed_on),
                to_plain(kept.confirmed_at),
                kept.after_opt_out,
            ]
        )
