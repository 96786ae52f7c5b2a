"""A person's look at a recording: kept on the ledger, laid over what the file says (`looks`), written to the object's tags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime

from dam_plugin.errors import InputError
from dam_plugin.looks import with_looks
from dam_plugin.marking import release_tag, write_tags
from dam_plugin.model import CUSTODIANS, Look
from dam_plugin.presence import has_time
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset, Unit


def look_at(services: Services, key: str, look: Look) -> StoredAsset:
    """Keep a person's look at the current version of a key, and tag it again. Raises UnknownThing."""
    with services.store.writing() as unit:
        stored = unit.assets.need(key)
        check_look(stored, look)
        concerned = _students_of(unit, look)
        unit.assets.add_look(stored.asset.id, look)
        stored = _again(stored, unit.assets.looks(stored.asset.id), services.now())
        unit.assets.save(stored)
        services.ledger.append(
            unit,
            at=services.now(),
            kind="look",
            subject=stored.asset.id,
            details={"look": asdict(look)},
            students=concerned,
        )
    write_tags(services, stored)
    return stored


def check_look(stored: StoredAsset, look: Look) -> None:
    """Raise InputError for what this person cannot have the last word on, a time in a picture, or none in a recording."""
    media_type = stored.asset.media_type
    timed = any(each.intervals or each.keyframes or each.heard for each in look.persons)
    if timed and media_type.startswith("image/"):
        raise InputError("a picture has no time: say where in it somebody is (`ID@x,y,w,h`), not when")
    if has_time(media_type) and any(each.regions for each in look.persons):
        raise InputError("a box without a time places nobody in a recording: write `ID@x,y,w,h@START-END`")
    # RULING look-and-opt-out: a look never beats an opt-out: that a named student is not in it after all, the custodian says.
    if look.nobody and stored.tagging.appearances and look.by.role not in CUSTODIANS:
        raise InputError("somebody is named in this recording: only the custodian can say that nobody is in it")


def _again(stored: StoredAsset, looks: Iterable[Look], now: datetime) -> StoredAsset:
    tagging = with_looks(stored.machine, tuple(looks))
    return replace(stored, tagging=tagging, release_tag=release_tag(tagging), updated_at=now)


def _students_of(unit: Unit, look: Look) -> set[str]:
    """Return the students whom a look names. Raises UnknownThing for one whom nobody has, without repeating the id."""
    named = {each.student for each in look.persons}.union(*(use.students for use in look.official_uses))
    for each in named:
        unit.people.need(each)
    return named
