"""What `doctor` looks at: one check a line, each with what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from dam_hooks import manager, services_of
from dam_hooks.plugin import OURS
from dam_plugin.errors import DamPluginError, StorageError
from dam_plugin.library.queue import Queue
from dam_plugin.library.setup import prepare
from dam_plugin.services import Services
from dam_plugin.settings import Settings


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `warning` limits what the plugin can do, `failed` stops it."""

    name: str
    state: Literal["ok", "warning", "failed"]
    detail: str


def examine() -> Iterator[Check]:
    """Look at settings, plugins, bucket, queue, store, ledger, delivery, and work that broke off."""
    try:
        settings = Settings.load()
        settings.need("bucket", "pseudonym_key", "signing_key")
    except DamPluginError as error:
        yield Check("settings", "failed", str(error))
        return
    yield Check("settings", "ok", "every setting is known and well-formed")
    try:
        pm = manager(settings)
    except DamPluginError as error:
        yield Check("plugins", "failed", str(error))
        return
    others = [name for name, _ in pm.list_name_plugin() if name != OURS]
    yield Check("plugins", "ok", f"attached: {', '.join(others) or 'none besides dam-plugin'}")
    services = services_of(pm)
    try:
        for name, look in _CHECKS:
            yield _checked(name, look, services)
    finally:
        services.store.close()
        services.library.close()


def _checked(name: str, look: Callable[[Services], Check | str], services: Services) -> Check:
    try:
        seen = look(services)
    except DamPluginError as error:
        return Check(name, "failed", str(error))
    return seen if isinstance(seen, Check) else Check(name, "ok", seen)


def _bucket(services: Services) -> str:
    services.library.check_bucket()
    return f"'{services.library.bucket}' answers"


def _queue(services: Services) -> Check | str:
    url = services.settings.queue_url
    if url is None:
        return Check(
            "queue", "warning", "no queue is set: uploads are tagged by `reconcile` alone; run `dam-plugin init`"
        )
    with Queue.connect(url) as queue:
        counts = queue.counts()
    if counts.dead is None:
        return Check("queue", "failed", "the queue has no dead-letter queue: run `dam-plugin init`")
    if counts.dead:
        detail = f"{counts.dead} message(s) in the dead-letter queue: `dam-plugin reconcile` tags what they announced"
        return Check("queue", "warning", detail)
    return f"{counts.visible} waiting, {counts.in_flight} in work, none dead"


def _bucket_settings(services: Services) -> Check | str:
    """Look whether `init` would find anything to do: versioning, notification, queues."""
    url = services.settings.queue_url
    if url is None:
        return Check("bucket settings", "warning", "not looked at without a queue; run `dam-plugin init`")
    steps, _ = prepare(services.library.bucket, url.rsplit("/", 1)[-1], dry_run=True, create_bucket=False)
    open_steps = [step.name for step in steps if step.state == "to do"]
    if open_steps:
        return Check("bucket settings", "warning", f"to be set: {', '.join(open_steps)}; run `dam-plugin init`")
    return "versioning and notifications are on"


def _store(services: Services) -> Check | str:
    revision, head = services.store.revision(), services.store.head()
    if revision != head:
        return Check("store", "failed", "the database does not have this version's tables: run `dam-plugin db upgrade`")
    return f"at revision {revision}"


def _ledger(services: Services) -> Check | str:
    with services.store.reading() as unit:
        verification = services.ledger.verify(unit)
    if not verification.ok:
        return Check("ledger", "failed", f"the chain is broken: {verification.why}")
    return f"{verification.entries} entries, unbroken"


def _delivery(services: Services) -> Check | str:
    try:
        services.library.presign("released/doctor", None, seconds=1)
    except StorageError as error:
        return Check("delivery", "failed", str(error))
    except DamPluginError as error:
        return Check("delivery", "warning", f"links are refused: {error}")
    return "links can be signed by the delivery role"


def _unfinished(services: Services) -> Check | str:
    with services.store.reading() as unit:
        waiting = unit.shares.releases(["preparing", "recorded", "closing"])
    if waiting:
        return Check("releases", "warning", f"{len(waiting)} broke off in the middle: run `dam-plugin reconcile`")
    return "none broke off in the middle"


def _roster(services: Services) -> Check | str:
    with services.store.reading() as unit:
        count = len(unit.people.students(active_only=True))
    if not count:
        return Check(
            "roster", "warning", "no students: nobody can be recognized by name; run `dam-plugin roster import`"
        )
    return f"{count} students"


def _detector(services: Services) -> Check:
    del services
    return Check(
        "detector", "warning", "no face detector is built in: pictures that name nobody wait for a person's look"
    )


def _district(services: Services) -> Check | str:
    if services.settings.district.directory_notice is None:
        return Check("district", "warning", "no annual notice is set: nothing is released as directory information")
    return f"annual notice of {services.settings.district.directory_notice}"


_CHECKS: tuple[tuple[str, Callable[[Services], Check | str]], ...] = (
    ("bucket", _bucket),
    ("bucket settings", _bucket_settings),
    ("queue", _queue),
    ("store", _store),
    ("ledger", _ledger),
    ("roster", _roster),
    ("district", _district),
    ("delivery", _delivery),
    ("releases", _unfinished),
    ("detector", _detector),
)
