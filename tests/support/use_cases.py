"""What tests of the use cases share: another clock, a library and a store that listen or fail, and looks into both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from district import CUSTODIAN, District
from sqlalchemy import update

from dam_plugin.errors import StoreError
from dam_plugin.intake.keep_look import keep_look, look_at
from dam_plugin.intake.original_access import write_object_tags
from dam_plugin.model import Appearance, LedgerEntry, Link, Look, Region, Release
from dam_plugin.services import NoThirdParties, PluginAnswer, Services
from dam_plugin.sharing.published_copy import ON_RECORD
from dam_plugin.store import StoredAsset, Unit
from dam_plugin.store.seals import RELEASES
from dam_plugin.store.tables import ReleaseRow

Call = Callable[..., None]

ALL_STATES = (*ON_RECORD, "undone")


class Listening:
    """A library that tells of each call before it is made; what hears it may raise, and the call is then not made."""

    def __init__(self, library: Any, hear: Call) -> None:
        self._library = library
        self._hear = hear

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._library, name)
        if not callable(method):
            return method

        def call(*args: Any, **kwargs: Any) -> Any:
            self._hear(name, *args, **kwargs)
            return method(*args, **kwargs)

        return call


class Interrupted:
    """A store in which something happens (or fails) just before its n-th writing transaction, counted from 1."""

    def __init__(self, store: Any, number: int, happens: Callable[[], None]) -> None:
        self._store = store
        self._number = number
        self._happens = happens
        self._count = 0

    @contextmanager
    def writing(self) -> Iterator[Unit]:
        self._count += 1
        if self._count == self._number:
            self._happens()
        with self._store.writing() as unit:
            yield unit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class Voice(NoThirdParties):
    """One third party: each answer is given as a keyword, under the name of the hook that it answers."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers
        self.told: list[tuple[str, Any]] = []

    def _answer(self, hook: str) -> list[PluginAnswer[Any]]:
        if hook not in self._answers:
            return []
        answer = self._answers[hook]
        answer = answer() if callable(answer) else answer
        return [answer if isinstance(answer, PluginAnswer) else PluginAnswer("other", answer)]

    def read_metadata(self, *_: Any) -> list[PluginAnswer[Any]]:
        return self._answer("read_metadata")

    def propose_findings(self, *_: Any) -> list[PluginAnswer[Any]]:
        return self._answer("propose_findings")

    def who_answers(self, *hooks: str) -> list[str]:
        return ["other 1.0"] if self._answers.keys() & set(hooks) else []

    def find_people(self, *_: Any) -> list[PluginAnswer[Any]]:
        return self._answer("find_people")

    def review_decision(self, *_: Any) -> list[PluginAnswer[Any]]:
        return self._answer("review_decision")

    def decision_made(self, share: Any, decision: Any) -> None:
        self.told.append(("decision_made", decision))

    def disclosure_recorded(self, entry: Any, share: Any) -> None:
        self.told.append(("disclosure_recorded", entry))

    def referral_opened(self, referral: Any, share: Any) -> None:
        self.told.append(("referral_opened", referral))

    def notify(self, person: str, message: str) -> list[PluginAnswer[Any]]:
        self.told.append(("notify", (person, message)))
        return self._answer("notify")

    def purge(self, keys: Any) -> list[PluginAnswer[Any]]:
        self.told.append(("purge", tuple(keys)))
        return self._answer("purge")


FAILED: PluginAnswer[Any] = PluginAnswer("other", error="e77")


def raising(error: Exception) -> Callable[..., None]:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


def broken_down() -> None:
    raise StoreError("the database is locked by another process")


def listening(services: Services, hear: Call) -> Services:
    return replace(services, library=Listening(services.library, hear))


def interrupted(services: Services, number: int, happens: Callable[[], None]) -> Services:
    return replace(services, store=Interrupted(services.store, number, happens))


def on(services: Services, when: datetime) -> Services:
    """The same services with another clock."""
    return replace(services, now=lambda: when)


def later(services: Services, **delta: float) -> Services:
    return on(services, services.now() + timedelta(**delta))


def with_voice(district: District, voice: Voice) -> District:
    return replace(district, services=replace(district.services, third_parties=voice))


def saw(district: District, *roster_ids: str, box: Region | None = None, **more: Any) -> Look:
    """A custodian's look: these students in focus, and what else it says."""
    regions = (box,) if box else ()
    persons = tuple(Appearance(district.student(each), "focus", regions=regions) for each in roster_ids)
    return Look(at=district.services.now(), by=CUSTODIAN, persons=persons, **more)


def looked(district: District, key: str, *roster_ids: str, **more: Any) -> StoredAsset:
    return look_at(district.services, key, saw(district, *roster_ids, **more))


def looked_unseen(district: District, key: str, *roster_ids: str, **more: Any) -> StoredAsset:
    """A look that is kept and closes nothing, as an earlier version of the program kept it."""
    services = district.services
    with services.store.writing() as unit:
        ((_, stored), *_) = keep_look(services, unit, unit.assets.need(key), saw(district, *roster_ids, **more))
    write_object_tags(services, stored)
    return stored


def kept(services: Services, key: str) -> StoredAsset:
    with services.store.reading() as unit:
        stored = unit.assets.current(key)
    assert stored is not None
    return stored


def is_known(services: Services, key: str) -> bool:
    with services.store.reading() as unit:
        return unit.assets.current(key) is not None


def entries(services: Services, kind: str | None = None) -> list[tuple[LedgerEntry, dict[str, Any]]]:
    with services.store.reading() as unit:
        return [(entry, details or {}) for entry, details in services.ledger.show(unit, last=None, kind=kind)]


def entries_about(services: Services, student: str) -> list[str]:
    with services.store.reading() as unit:
        return [entry.kind for entry, _ in services.ledger.student(unit, student)]


def ledger_holds(services: Services) -> bool:
    with services.store.reading() as unit:
        return services.ledger.verify(unit).ok


def releases(services: Services, *states: str) -> list[Release]:
    with services.store.reading() as unit:
        return unit.shares.releases(states or ALL_STATES)


def link_of(services: Services, link: Link | None) -> Link:
    assert link is not None
    with services.store.reading() as unit:
        known = unit.shares.link(link.id)
    assert known is not None
    return known


def as_if(unit: Unit, release_id: str, *, state: str, proof: Mapping[str, Any] | None = None) -> None:
    """Make a copy what no use case makes it at once: of another state, or with another proof."""
    values = {"state": state} if proof is None else {"state": state, "proof": dict(proof)}
    unit.seals.before(RELEASES, [release_id])
    unit._session.execute(update(ReleaseRow).where(ReleaseRow.id == release_id).values(**values))


def open_copies(services: Services) -> list[str]:
    """The keys under `released/` that delivery could read."""
    listed = list(services.library.list("released/"))
    return [each.key for each in listed if services.library.tags(each.key, each.version_id)["dam-release"] == "open"]
