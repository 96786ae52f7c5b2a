"""What tests of whole exports share: recordings that are in the bucket, tagged as a test says, and sets read back."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from clock import TODAY
from district import CALEB, DATABASE, HANNAH, INES, MEDIA_STAFF, THERESA, District, _variables, _with_roster
from jpeg_samples import encode, picture
from moto_server import AMBIENT, PLUGIN_KEY, REGION
from PIL import Image
from yearbook_plans import FIRST_SEEN, seen

from dam_hooks import manager, services_of
from dam_plugin.errors import Problem
from dam_plugin.model import Asset, Recipient
from dam_plugin.people.formats.portrait_index import IndexFile, read_index
from dam_plugin.services import Services
from dam_plugin.settings import Settings
from dam_plugin.sharing.make_copy import asset_id
from dam_plugin.store import StoredAsset
from dam_plugin.store.sets import CAPTIONS, MANIFEST, PAGE, SIGNATURE, ExportFile, Made, Query, SetOrder
from dam_plugin.yearbook import make
from dam_plugin.yearbook.make import Progress
from dam_plugin.yearbook.profiles import load
from dam_plugin.yearbook.signing_key import signer
from dam_plugin.yearbook.targets import target_of
from dam_plugin.yearbook.verify import Verified, verify
from dam_tagging.facts import About, Appearance, Region, Tagging
from dam_tagging.tag import TAGGER

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@contextmanager
def lasting_district(endpoint: str, raw_s3: S3Client, folder: Path) -> Iterator[District]:
    """A district as the fixture of that name makes it, for more than one test: nothing of it is in the environment."""
    today = TODAY
    bucket = f"photos-{uuid4().hex[:12]}"
    raw_s3.create_bucket(Bucket=bucket)
    raw_s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    file = folder / DATABASE
    file.touch(mode=0o600)
    file.write_bytes(_with_roster(today))
    variables = _variables(bucket, folder, today)
    with pytest.MonkeyPatch.context() as patch:
        for name in AMBIENT:
            patch.delenv(name, raising=False)
        patch.setenv("AWS_ENDPOINT_URL", endpoint)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_ACCESS_KEY_ID", PLUGIN_KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", "plugin-secret")
        pm = manager(Settings.load(folder, variables))
    services = services_of(pm)
    yield District(pm, services, folder, variables)
    services.store.close()
    services.library.close()


DANCE = About(events=("Spring Dance",), caption="A waltz", taken="2026:03:04 19:00:00")
FACE = Region(0.35, 0.2, 0.3, 0.3)


def put(
    district: District,
    key: str,
    *appearances: Appearance,
    body: bytes | None = None,
    media_type: str = "image/jpeg",
    about: About | None = None,
    **tags: Any,
) -> StoredAsset:
    """Store a picture and keep it as if it had been tagged: by default all of it is known, and directory information."""
    services = district.services
    head = services.library.put(key, _picture(len(key)) if body is None else body, media_type=media_type)
    tagging = Tagging(
        "complete", appearances, "eligible", **{"orientation": 1, "ground": "looked", "tagger": TAGGER, **tags}
    )
    made = asset_id(services.pseudonyms, key, head.version_id, head.etag)
    asset = Asset(made, key, head.version_id, head.etag, head.size, media_type)
    stored = StoredAsset(asset, None, "staff", tagging, tagging, FIRST_SEEN, FIRST_SEEN, about=about)
    with services.store.writing() as unit:
        unit.assets.save(stored)
        unit.assets.supersede(key, made)
    return stored


def put_portrait(district: District, roster_id: str, name: str = "", **more: Any) -> StoredAsset:
    """Store the portrait of one student: under a name that tells whose it is, which no set may."""
    student = seen(district.student(roster_id), regions=(FACE,))
    more.setdefault("body", _picture(int(roster_id), 96, 128))
    return put(district, f"portraits/{name or roster_id}.jpg", student, **more)


@cache
def _picture(seed: int, *size: int) -> bytes:
    return encode(picture(*size, seed=seed))


def put_candid(district: District, key: str, *roster_ids: str, **more: Any) -> StoredAsset:
    """Store a candid of these students, side by side in its focus."""
    people = [
        seen(district.student(each), regions=(Region(0.05 + 0.3 * n, 0.2, 0.2, 0.4),))
        for n, each in enumerate(roster_ids)
    ]
    return put(district, key, *people, **more)


def fill(district: District) -> District:
    """Store four portraits, one of them Hannah's, and three candids, with Hannah in one and in a caption."""
    for each in (THERESA, INES, HANNAH, CALEB):
        put_portrait(district, each)
    put_candid(district, "events/dance/waltz.jpg", THERESA, INES, about=DANCE)
    put_candid(district, "events/dance/tango.jpg", INES, HANNAH, about=replace(DANCE, taken="2026:03:04 20:00:00"))
    told = replace(DANCE, caption="Hannah Lindqvist watches Caleb", taken="2026:03:04 21:00:00")
    put_candid(district, "events/dance/watched.jpg", CALEB, about=told)
    return district


def order_for(publisher: str = "pspa", to: str | None = None, **more: Any) -> SetOrder:
    """An order for a publisher, of portraits that are made in no time; `query` and the rest as SetOrder has them."""
    recipient = Recipient("public", to or publisher)
    return SetOrder(
        **{"query": Query(), "publisher": publisher, "recipient": recipient, "portrait_size": (80, 100), **more}
    )


def exported(
    district: District,
    name: str = "SET.zip",
    order: SetOrder | None = None,
    *,
    services: Services | None = None,
    **more: Any,
) -> Made:
    """Make a set at a file of the district's folder, or at a place in the bucket (`s3://…`)."""
    services, order = services or district.services, order or order_for()
    where = name if name.startswith("s3://") else str(district.folder / name)
    profile = more.pop("profile", None) or load(order.publisher)
    return make.export(services, order, profile, target_of(where, services.library), MEDIA_STAFF, **more)


def files_on_record(district: District, set_id: str, *states: Any) -> list[ExportFile]:
    with district.services.store.reading() as unit:
        return list(unit.exports.files(set_id, states=states or ("written",)))


@dataclass(frozen=True)
class ReadSet:
    """A set as whoever gets it reads it."""

    data: bytes

    @cached_property
    def files(self) -> dict[str, bytes]:
        """Each file's bytes by its path, in the archive's order."""
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            assert archive.testzip() is None
            return {each: archive.read(each) for each in archive.namelist()}

    @property
    def pictures(self) -> dict[str, bytes]:
        endings = (".jpg", ".jpeg", ".png")
        return {path: data for path, data in self.files.items() if path.lower().endswith(endings)}

    @property
    def portraits(self) -> list[str]:
        return [path for path in self.pictures if not path.startswith("candids/")]

    @property
    def candids(self) -> list[str]:
        return [path for path in self.pictures if path.startswith("candids/")]

    @property
    def manifest(self) -> Any:
        return json.loads(self.files[MANIFEST])

    @property
    def captions(self) -> dict[str, str]:
        rows = list(csv.reader(io.StringIO(self.files[CAPTIONS].decode("utf-8-sig"), newline="")))
        assert rows[0] == ["file", "caption"]
        return dict(rows[1:])

    @property
    def index(self) -> str:
        """The path of the portrait index."""
        known = {*self.pictures, CAPTIONS, MANIFEST, PAGE, SIGNATURE}
        (found,) = (
            each for each in self.files if each not in known and not each.endswith(("COPYRIGHT.TXT", "README.TXT"))
        )
        return found

    def whose(self, district: District) -> dict[str, str]:
        """Whose each portrait is, by its path, as the plugin's own reader of indexes has it."""
        volume, _, name = self.index.partition("/")
        with district.services.store.reading() as unit:
            known = {each.id: each for each in unit.people.students()}
        problems: list[Problem] = []
        file = IndexFile(name, volume, self.files[self.index])
        read = read_index([file], district.services.pseudonyms, known, problems)
        assert problems == []
        return {f"{each.volume}/{each.image}": each.student for each in read.portraits}

    def verified(self, district: District) -> Verified:
        return verify(io.BytesIO(self.data), signer(district.services.settings).public)

    @property
    def content(self) -> list[tuple[str, str]]:
        """Path and sha256 of every file but those in which the set's own id stands, and their hashes."""
        own = {MANIFEST, PAGE, SIGNATURE}
        return [(path, hashlib.sha256(data).hexdigest()) for path, data in self.files.items() if path not in own]

    def holds(self, *texts: str) -> list[str]:
        """Those texts that stand anywhere in the archive or in one of its files, in UTF-8 or UTF-16."""
        forms = ("utf-8", "utf-16-le", "utf-16-be")
        return [each for each in texts if any(each.encode(form) in self.data for form in forms)]


def read_back(district: District, name: str = "SET.zip") -> ReadSet:
    """Read a set from a file of the district's folder, or from its place in the bucket."""
    where = name if name.startswith("s3://") else str(district.folder / name)
    with target_of(where, district.services.library).opened() as file:
        return ReadSet(file.read())


def names_of(district: District, roster_ids: Iterable[str]) -> list[str]:
    """Every name and part of a name of these students."""
    with district.services.store.reading() as unit:
        records = [unit.people.need(district.student(each)) for each in roster_ids]
    return sorted({part for record in records for name in record.names for part in (name, *name.split())})


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def markers(data: bytes) -> Sequence[int]:
    """The markers of a JPEG's segments up to its scan."""
    found, at = [], 2
    while data[at + 1] != 0xDA:
        found.append(data[at + 1])
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return found


class Stopped(Exception):
    """Stands for a process that was killed."""


def stopping(step: str, done: int) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        if progress.step == step and progress.done == done:
            raise Stopped

    return tell


def set_ids(district: District) -> list[str]:
    with district.services.store.reading() as unit:
        return [each.id for each in unit.exports.sets()]
