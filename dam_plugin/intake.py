"""An upload: read its metadata, tag it, keep the tags, and hold the object or open it to staff.

Events come at least once and in any order: the newest version in the bucket is what counts, and doing it again changes
nothing. Sharing is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from dam_plugin.copies import asset_id
from dam_plugin.errors import AssetMissing, InputError, StorageError
from dam_plugin.gathering import case_asset
from dam_plugin.inheritance import inherited_looks, with_what_sticks
from dam_plugin.library.faults import BucketMissing
from dam_plugin.library.keys import is_released
from dam_plugin.library.s3 import Head
from dam_plugin.library.tags import object_tags
from dam_plugin.looks import LACKING, with_looks
from dam_plugin.model import CUSTODIANS, Asset, Facts, Finding, Look, Region, ReleaseTag, Tagging, Truth
from dam_plugin.opening import close_in, settle
from dam_plugin.procedure.terms import people_of
from dam_plugin.services import Heard, Services
from dam_plugin.store import StoredAsset, Unit
from dam_tagging.metadata.read import read
from dam_tagging.people import Person, RosterIndex
from dam_tagging.tag import tag

# Sidecars describe the files beside them and are no assets themselves.
SIDECARS = (".xmp", ".picasa.ini")
# A detector reads whole pictures; larger ones are left to a person's look.
DETECTOR_LIMIT = 64 * 1024 * 1024
MOST_REPLACEMENTS = 5
SIDECAR_LIMIT = 4 * 1024 * 1024
# The findings of other taggers whose value is a student's pseudonym.
NAMING = ("student", "focus", "record_pii")


@dataclass(frozen=True, slots=True)
class Event:
    """An object was stored: its key, and what the event told of it (null = not told)."""

    key: str
    version_id: str | None = None
    etag: str | None = None
    sequencer: str | None = None


def is_asset(key: str) -> bool:
    """Whether a key names a recording: not the plugin's own copies, not a sidecar, not a folder marker."""
    return not (is_released(key) or key.endswith("/") or key.lower().endswith(SIDECARS))


def take_in(services: Services, event: Event) -> StoredAsset | None:
    """Tag the newest version of an uploaded object and return what is kept; None when there is nothing to tag.

    The event only says where to look: the bucket says which version is newest, so that an event that comes twice or
    late changes nothing. Raises StorageError and StoreError: the event is then to be handled again.
    """
    if event.key.lower().endswith(SIDECARS) and not is_released(event.key):
        for key in _described_by(services, event.key):
            tag_newest(services, key, again=True)
        return None
    return tag_newest(services, event.key, sequencer=event.sequencer) if is_asset(event.key) else None


def _described_by(services: Services, sidecar: str) -> list[str]:
    """Return the recordings beside a sidecar that it describes: `x.jpg` of `x.jpg.xmp`, `x.*` of `x.xmp`."""
    stem = sidecar[: sidecar.rfind(".")]
    listed = services.library.list(stem)
    return [
        each.key for each in listed if is_asset(each.key) and (each.key == stem or each.key.rpartition(".")[0] == stem)
    ]


def look_up(services: Services, key: str) -> None:
    """Bring what is kept of a key up to what the bucket holds, where no event has told of it yet."""
    if is_asset(key) and tag_newest(services, key) is None:
        forget_if_gone(services, key)


def tag_newest(
    services: Services, key: str, *, sequencer: str | None = None, again: bool = False
) -> StoredAsset | None:
    """Tag the newest version in the bucket unless it is kept already (or even then: `again`); None when it is gone."""
    for _ in range(MOST_REPLACEMENTS):
        # Read before the bucket is asked: whatever is kept after this may be newer than what the bucket says now.
        with services.store.reading() as unit:
            before = unit.assets.newest(key)
        try:
            head = services.library.head(key)
        except BucketMissing:
            raise
        except AssetMissing:
            # Uploaded and deleted again before we came: the deletion is an event of its own, or found by reconciling.
            return None
        is_kept = before is not None and not before.deleted and is_version(before, head.version_id, head.etag)
        stored = before if is_kept and not again else _tag_version(services, head, before, sequencer)
        if stored is not None:
            write_tags(services, stored)
            return stored
    raise StorageError("an object is replaced faster than it can be tagged; the event is handled again later")


def is_version(stored: StoredAsset, version_id: str | None, etag: str) -> bool:
    """Whether this is the version that is kept; S3 calls a version `null` that was stored without versioning."""
    return (stored.asset.version_id or "null", stored.asset.etag) == (version_id or "null", etag)


def _tag_version(
    services: Services, head: Head, before: StoredAsset | None, sequencer: str | None
) -> StoredAsset | None:
    """Read and tag one version of an object, and keep it as the current one; None where `before` no longer is that."""
    asset = asset_of(services, head)
    facts, failures = _facts(services, asset)
    asset = replace(asset, media_type=facts.media_type)
    machine = _machine_tagging(services, asset, facts, failures)
    now = services.now()
    with services.store.writing() as unit:
        if not _is_same(unit.assets.newest(asset.key), before):
            # INVARIANT: another worker kept a version meanwhile, perhaps a newer one: it is never overwritten.
            return None
        known = unit.assets.by_id(asset.id)
        machine = with_what_sticks(unit, asset, machine)
        inherited = inherited_looks(unit, asset, before)
        looks = sorted([*unit.assets.looks(asset.id), *inherited], key=lambda look: look.at)
        tagging = with_looks(machine, looks)
        stored = StoredAsset(
            asset=asset,
            sequencer=sequencer,
            release_tag=release_tag(tagging),
            tagging=tagging,
            machine=machine,
            first_seen=known.first_seen if known else now,
            updated_at=now,
            deleted=False,
            current=True,
        )
        unit.assets.save(stored)
        unit.assets.supersede(asset.key, asset.id)
        for look in inherited:
            unit.assets.add_look(asset.id, look)
        closed = 0
        if before is not None and before.asset.id != asset.id:
            closed = close_in(services, unit, unit.shares.links_of(asset_key=asset.key), "the original was replaced")
    if closed:
        settle(services)
    return stored


def _is_same(kept: StoredAsset | None, before: StoredAsset | None) -> bool:
    return (kept and (kept.asset.id, kept.deleted)) == (before and (before.asset.id, before.deleted))


def asset_of(services: Services, head: Head) -> Asset:
    """Return the asset of an object's version; its id is the pseudonym of key and version."""
    return Asset(
        id=asset_id(services.pseudonyms, head.key, head.version_id, head.etag),
        key=head.key,
        version_id=head.version_id,
        etag=head.etag,
        size=head.size,
        media_type=head.media_type,
    )


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
    """Raise InputError for a look that this person cannot have the last word on."""
    # RULING look-and-opt-out: a look never beats an opt-out: that a named student is not in it after all, the custodian says.
    if look.nobody and stored.tagging.appearances and look.by.role not in CUSTODIANS:
        raise InputError("somebody is named in this recording: only the custodian can say that nobody is in it")


def forget_if_gone(services: Services, key: str) -> bool:
    """Forget an asset whose object is no longer in the bucket: mark it deleted, close its links. Whether it was there.

    The ledger keeps what happened.
    """
    # Read before the bucket is asked, so that what is uploaded and kept meanwhile is not forgotten.
    with services.store.reading() as unit:
        before = unit.assets.current(key)
    try:
        services.library.head(key)
    except BucketMissing:
        # Of a bucket that is not there, nothing is known to be gone.
        raise
    except AssetMissing:
        return before is not None and _forget(services, before)
    return False


def _forget(services: Services, gone: StoredAsset) -> bool:
    with services.store.writing() as unit:
        stored = unit.assets.current(gone.asset.key)
        if stored is None or stored.asset.id != gone.asset.id:
            return False
        unit.assets.save(replace(stored, deleted=True, updated_at=services.now()))
        links = unit.shares.links_of(asset_key=gone.asset.key)
        closed = close_in(services, unit, links, "the original was deleted")
    if closed:
        settle(services)
    return True


def write_tags(services: Services, stored: StoredAsset) -> None:
    """Write the object tags that say what is kept; others' tags stay. Raises StorageError where that keeps changing."""
    for _ in range(MOST_REPLACEMENTS):
        tags = _tags(stored)
        services.library.write_tags(stored.asset.key, stored.asset.version_id, tags)
        # A look that was kept meanwhile may have written its tags before these: whoever comes last looks again.
        with services.store.reading() as unit:
            stored = unit.assets.by_id(stored.asset.id) or stored
        if _tags(stored) == tags:
            return
    raise StorageError("what is known of an object changes faster than its tags can be written; try again")


def _tags(stored: StoredAsset) -> dict[str, str]:
    _, _, related = people_of(case_asset(stored.asset, stored.tagging))
    return object_tags(stored.tagging, stored.release_tag, len(related))


def release_tag(tagging: Tagging) -> ReleaseTag:
    """Return who may read the original: `hold` (the plugin alone) or `staff`. INVARIANT: an original is never `open`."""
    if tagging.state == "failed" or tagging.official_uses or tagging.record_pii:
        return "hold"
    return "hold" if tagging.closed or tagging.confidential else "staff"


def _facts(services: Services, asset: Asset) -> tuple[Facts, list[Finding]]:
    """Return our reading, or the first third party's of a file that we cannot read; and the failures as findings."""
    file = services.library.open(asset.key, version_id=asset.version_id, etag=asset.etag, size=asset.size)
    with file:
        facts = read(file, asset.key, services.library.siblings(asset.key, SIDECAR_LIMIT))
        others = list(services.voices.read_metadata(file, asset.key, facts.media_type))
    if facts.state == "unreadable":
        heard = next((h.value for h in others if h.value is not None and h.value.state == "read"), None)
        facts = heard or facts
    return facts, [_failure(heard) for heard in others if heard.error]


def _machine_tagging(services: Services, asset: Asset, facts: Facts, failures: list[Finding]) -> Tagging:
    proposed = list(services.voices.propose_findings(asset.key, facts))
    faces, detector_failures = _faces(services, asset, facts.media_type)
    failures = [*failures, *detector_failures, *(_failure(heard) for heard in proposed if heard.error)]
    with services.store.reading() as unit:
        people = [Person(s.id, s.names, (s.roster_id,)) for s in unit.people.students()]
    known = {person.id for person in people}
    # A student whom nobody has could not be decided on later: what was meant is not known.
    failures += [
        _failure(Heard(heard.plugin, error="a student whom nobody has"))
        for heard in proposed
        if any(each.tag in NAMING and each.value not in known for each in heard.value or ())
    ]
    extra = [each for heard in proposed for each in heard.value or () if each.tag not in NAMING or each.value in known]
    tagging = tag(facts, asset.key, services.rules, RosterIndex.of(people), extra, faces)
    if failures:
        # A missing voice is not a yes: what a third party failed to say holds the asset.
        tagging = replace(tagging, state="failed", findings=(*tagging.findings, *failures))
    return tagging


def _faces(services: Services, asset: Asset, media_type: str) -> tuple[list[Region] | None, list[Finding]]:
    if not media_type.startswith("image/") or asset.size > DETECTOR_LIMIT:
        return None, []
    with services.library.open(
        asset.key, version_id=asset.version_id, etag=asset.etag, size=asset.size, budget=DETECTOR_LIMIT
    ) as file:
        heard = list(services.voices.find_people(file, media_type))
    found = [region for each in heard for region in each.value or ()]
    answered = any(each.value is not None for each in heard)
    return found if answered else None, [_failure(each) for each in heard if each.error]


def _failure(heard: Heard[Any]) -> Finding:
    why = f"the plugin '{heard.plugin}' failed (error {heard.error}); the next `dam-plugin reconcile` asks it again"
    return Finding(LACKING, heard.plugin, why, f"plugin {heard.plugin}", Truth.UNKNOWN)


def lacks_a_voice(stored: StoredAsset) -> bool:
    """Whether a third party failed while the recording was tagged, so that it is to be asked again."""
    return any(finding.tag == LACKING for finding in stored.machine.findings)


def _again(stored: StoredAsset, looks: Iterable[Look], now: datetime) -> StoredAsset:
    tagging = with_looks(stored.machine, tuple(looks))
    return replace(stored, tagging=tagging, release_tag=release_tag(tagging), updated_at=now)


def _students_of(unit: Unit, look: Look) -> set[str]:
    """Return the students whom a look names. Raises UnknownThing for one whom nobody has, without repeating the id."""
    named = {each.student for each in look.persons}.union(*(use.students for use in look.official_uses))
    for each in named:
        unit.people.need(each)
    return named
