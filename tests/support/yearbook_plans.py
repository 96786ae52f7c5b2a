"""What tests of yearbook sets share: recordings kept as if they had been tagged, orders and sets, and what became of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from district import MEDIA_STAFF, District

from dam_plugin.model import Asset, Recipient, StudentRecord
from dam_plugin.services import Services
from dam_plugin.sharing.make_copy import asset_id
from dam_plugin.store import StoredAsset
from dam_plugin.store.sets import ExportFile, ExportSet, FileState, Query, SetOrder
from dam_plugin.yearbook import plan
from dam_plugin.yearbook.judge import Judge, Judged
from dam_tagging.facts import About, Appearance, Region, Tagging

ORDER = SetOrder(Query(), "pspa", Recipient("public", "pspa"))
REDACTING = replace(ORDER, redact=True)
FIRST_SEEN = datetime(2026, 9, 1, 12, tzinfo=UTC)


def seen(student: str, x: float = 0.1, **changes: Any) -> Appearance:
    """Somebody in the focus of a picture, with a box whose left side is at `x`."""
    return replace(Appearance(student, "focus", regions=(Region(x, 0.1, 0.1, 0.2),)), **changes)


def recording(
    district: District,
    key: str,
    *appearances: Appearance,
    about: About | None = None,
    media_type: str = "image/jpeg",
    first_seen: datetime = FIRST_SEEN,
    **tags: Any,
) -> StoredAsset:
    """Keep a recording as if it had been uploaded and tagged: by default all of it is known, and directory information."""
    services = district.services
    tagging = Tagging("complete", appearances, "eligible", orientation=1, ground="looked")
    tagging = replace(tagging, **tags)
    asset = Asset(asset_id(services.pseudonyms, key, "v1", "etag"), key, "v1", "etag", 1_000, media_type)
    stored = StoredAsset(asset, None, "staff", tagging, tagging, first_seen, first_seen, about=about)
    with services.store.writing() as unit:
        unit.assets.save(stored)
    return stored


def judged(district: District, stored: StoredAsset, order: SetOrder = ORDER, **more: Any) -> Judged:
    services = district.services
    with services.store.reading() as unit:
        return Judge(services, unit, order, MEDIA_STAFF, services.now().date()).judge(stored, **more)


def record(district: District, student: str) -> StudentRecord:
    with district.services.store.reading() as unit:
        return unit.people.need(student)


def rename(district: District, student: str, **changes: Any) -> StudentRecord:
    """Have the roster tell something else of a student from now on."""
    services = district.services
    with services.store.writing() as unit:
        records = [replace(each, **changes) if each.id == student else each for each in unit.people.students()]
        unit.people.upsert_roster(records, services.now())
    return record(district, student)


def begun(services: Services, order: SetOrder = ORDER, set_id: str = "x-1", day: date | None = None) -> ExportSet:
    """Keep a set that nothing was planned for yet."""
    now = services.now()
    set_ = ExportSet(set_id, now, day or now.date(), "making", MEDIA_STAFF, order, f"{set_id}.zip", "f-1", "f-2")
    with services.store.writing() as unit:
        unit.exports.add_set(set_)
    return set_


def planned(district: District, order: SetOrder = ORDER, set_id: str = "x-1") -> ExportSet:
    """Plan a set, and return it."""
    set_ = begun(district.services, order, set_id)
    list(plan.plan(district.services, set_))
    return set_


def files(district: District, set_: ExportSet, *states: FileState) -> list[ExportFile]:
    with district.services.store.reading() as unit:
        return list(unit.exports.files(set_.id, states=states or ("planned", "left_out")))


def keys(district: District, set_: ExportSet, *states: FileState) -> list[str]:
    """The keys of the recordings of a set that are planned (or in other states), in the set's order."""
    return [each.source_key for each in files(district, set_, *(states or ("planned",)))]


def written(district: District, set_: ExportSet) -> None:
    """Have every planned file of a set written, as far as the store knows."""
    with district.services.store.writing() as unit:
        whole = [
            replace(each, state="written", path=f"c{each.number}.jpg")
            for each in unit.exports.files(set_.id, states=("planned",))
        ]
        unit.exports.change_files(whole)
