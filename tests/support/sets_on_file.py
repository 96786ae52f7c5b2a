"""Yearbook sets as they stand on record once they were made, without the archive: planned, captioned, called written."""

from __future__ import annotations

import secrets
from dataclasses import replace

from district import MEDIA_STAFF, District

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.model import Recipient
from dam_plugin.sharing.make_copy import asset_id
from dam_plugin.store import StoredAsset
from dam_plugin.store.sets import ExportFile, ExportSet, Query, SetOrder
from dam_plugin.yearbook import plan
from dam_plugin.yearbook.judge import Judge
from dam_plugin.yearbook.lock import Locked, lock
from dam_plugin.yearbook.manifest import roster_digest, rules_digest
from dam_plugin.yearbook.names import Captions

PUBLISHER = Recipient("public", "pspa")


_TAGGED: dict[str, StoredAsset] = {}


def on_file(district: District, *keys: str) -> None:
    """Have samples on file as an upload leaves them. Each is read and tagged once a run: nothing else takes so long."""
    services = district.services
    for key in keys:
        if key not in _TAGGED:
            _TAGGED[key] = district.upload(key)
            continue
        known, body = _TAGGED[key], (sample_folder() / key).read_bytes()
        head = services.library.put(key, body, media_type="application/octet-stream")
        made = asset_id(services.pseudonyms, key, head.version_id, head.etag)
        asset = replace(known.asset, id=made, version_id=head.version_id, etag=head.etag)
        with services.store.writing() as unit:
            unit.assets.save(replace(known, asset=asset))
            unit.assets.supersede(key, made)


def made_set(district: District, *, redact: bool = True) -> ExportSet:
    """A set of whatever the library holds, that was made today."""
    services, now = district.services, district.services.now()
    with services.store.reading() as unit:
        roster = roster_digest(services, unit)
    order = SetOrder(Query(), "pspa", PUBLISHER, redact=redact)
    rules = rules_digest(services)
    made = ExportSet(
        f"x-{secrets.token_hex(8)}", now, now.date(), "making", MEDIA_STAFF, order, "SET.zip", roster, rules
    )
    with services.store.writing() as unit:
        unit.exports.add_set(made)
    list(plan.plan(services, made))
    with services.store.writing() as unit:
        captions = Captions(unit.people.students())
        judge = Judge(services, unit, order, made.by, made.day)
        planned = list(unit.exports.files(made.id, states=("planned",)))
        unit.exports.change_files(
            [_written(unit.assets.need(each.source_key), judge, captions, each) for each in planned]
        )
        unit.exports.change_set(made.id, state="made", manifest="ab" * 32)
    return replace(made, state="made", manifest="ab" * 32)


def locked_set(district: District, *, redact: bool = True) -> Locked:
    """The same, locked and handed to its publisher."""
    return lock(district.services, made_set(district, redact=redact).id, by=MEDIA_STAFF)


def files_of(district: District, set_id: str) -> dict[str, ExportFile]:
    """The written files of a set by the key of their source."""
    with district.services.store.reading() as unit:
        return {each.source_key: each for each in unit.exports.files(set_id)}


def _written(stored: StoredAsset, judge: Judge, captions: Captions, file: ExportFile) -> ExportFile:
    told = captions.caption(judge.judge(stored, file.student), stored, judge.student)
    if file.kind == "portrait":
        path, caption, named = f"YEARBOOK/IMAGES/P{file.number:07}.JPG", None, (file.student or "",)
    else:
        path, caption, named = f"candids/c{file.number:07}.jpg", told.text, told.named
    return replace(
        file, state="written", path=path, caption=caption, named=named, sha256=f"{file.number:064x}", size=1_000
    )
