"""What deciding again costs: opening a link beside a link that is only presigned, through the service, in the same run.

SQLite in a file; the service and moto's server in processes of their own. Rounds of both take turns; the middle one
counts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.frame import FOLDER, Row
from bench.gate_service import PRESIGN
from bench.http_load import Load, closed_loop, open_loop
from bench.storage import BUCKET, storage

from dam_hooks import manager, services_of
from dam_plugin.library.s3 import Library
from dam_plugin.model import (
    Actor,
    Appearance,
    Asset,
    Link,
    OptOut,
    Recipient,
    Release,
    Share,
    StudentRecord,
    Tagging,
)
from dam_plugin.services import Services, local_now
from dam_plugin.sharing.tokens import token_hash
from dam_plugin.store import ChoiceSource, StoredAsset, StoredShare

LINKS, RECORDINGS, STUDENTS, IN_PICTURE = 400, 40, 60, 4
CONNECTIONS, REQUESTS, ROUNDS = 200, 2_000, 5
PER_SECOND, SECONDS = 100, 8
KEYS = ("DELIVERYDELIVERY0001", "delivery-secret")


def rows() -> Iterable[Row]:
    """Yield how much longer an opening takes than presigning alone, and how long the slowest take at an even pace."""
    with _storage() as environment, _service(environment) as port:
        gate = [f"/s/{_token(number % LINKS)}" for number in range(REQUESTS)]
        bare = [f"{PRESIGN}{number % RECORDINGS}" for number in range(REQUESTS)]
        for paths in (gate, bare):
            closed_loop(port, paths, connections=CONNECTIONS)
        rounds = [[closed_loop(port, paths, connections=CONNECTIONS) for paths in (gate, bare)] for _ in range(ROUNDS)]
        opened, presigned = ([pair[which] for pair in rounds] for which in (0, 1))
        yield _compared("throughput", opened, presigned)
        yield _compared("median", opened, presigned)
        steady = open_loop(port, gate[: PER_SECOND * SECONDS], connections=CONNECTIONS, per_second=PER_SECOND)
        p99 = steady.timing.percentile(99, "ms")
        yield Row(f"{PER_SECOND} openings a second, p99 of {PER_SECOND * SECONDS}", p99, "ms", at_most=25)


def _compared(what: str, opened: Sequence[Load], presigned: Sequence[Load]) -> Row:
    if what == "throughput":
        ours, bare = (median(each.per_second for each in loads) for loads in (opened, presigned))
        value, unit = bare / ours, "links/s"
    else:
        ours, bare = (median(each.timing.median("ms") for each in loads) for loads in (opened, presigned))
        value, unit = ours / bare, "ms"
    note = f"{ours:.0f} {unit}, presigned alone {bare:.0f}"
    return Row(
        f"a link opened to one presigned, {CONNECTIONS} connections, {what}", value, "times", at_most=2, note=note
    )


@contextmanager
def _storage() -> Iterator[dict[str, str]]:
    """Give the environment of a service whose bucket and database are there, with links handed out."""
    with TemporaryDirectory() as folder, storage(_settings(Path(folder))):
        _hand_out()
        yield dict(os.environ)


def _settings(folder: Path) -> dict[str, str]:
    today = local_now().date()
    return {
        "DAM_PLUGIN_BUCKET": BUCKET,
        "DAM_PLUGIN_DATABASE_URL": f"sqlite:///{(folder / 'bench.sqlite3').as_posix()}",
        "DAM_PLUGIN_PSEUDONYM_KEY": "p" * 40,
        "DAM_PLUGIN_SIGNING_KEY": "s" * 40,
        "DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID": KEYS[0],
        "DAM_PLUGIN_DELIVERY_SECRET_ACCESS_KEY": KEYS[1],
        "DAM_PLUGIN_DISTRICT__DIRECTORY_NOTICE": str(today - timedelta(days=90)),
        "DAM_PLUGIN_DISTRICT__OPT_OUT_WINDOW_ENDS": str(today - timedelta(days=75)),
        "DAM_PLUGIN_DISTRICT__DIRECTORY_INCLUDES_IMAGES": "True",
    }


@contextmanager
def _service(environment: dict[str, str]) -> Iterator[int]:
    paths = os.pathsep.join((str(FOLDER.parent), *filter(None, [environment.get("PYTHONPATH")])))
    command = [sys.executable, str(FOLDER / "gate_service.py")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**environment, "PYTHONPATH": paths}
    ) as service:
        assert service.stdout
        assert service.stdin
        try:
            yield int(service.stdout.readline())
        finally:
            service.stdin.close()


def _hand_out() -> None:
    services = services_of(manager())
    services.store.upgrade()
    now = services.now()
    with services.store.writing() as unit:
        unit.people.upsert_roster([_student(number) for number in range(STUDENTS)], now)
        unit.people.add_import("plain", "bench", now, whole=True, students=STUDENTS)
        unit.people.add_choice_source(ChoiceSource("roster", now, Actor("custodian", "bench"), "opt_outs.csv"))
        # Of some students there is more to weigh than that they are in the picture.
        for number in range(0, STUDENTS, 7):
            once = OptOut(now.date() - timedelta(days=60), now.date() - timedelta(days=1))
            unit.people.add_opt_out(f"S-{number}", once, "a letter", now)
    for number in range(RECORDINGS):
        _release(services, number)
    with services.store.writing() as unit:
        for number in range(LINKS):
            key, release_id = _key(number % RECORDINGS), f"r-{number % RECORDINGS}"
            share = Share(
                f"sh-{number}",
                key,
                "publication",
                "website",
                Actor("media_staff", "desk"),
                Recipient("public", "public"),
            )
            unit.shares.add_share(StoredShare(share, None, "allow", {"outcome": "allow"}, release_id, now))
            link = Link(f"l-{number}", share.id, release_id, now, now + timedelta(days=30))
            unit.shares.add_link(link, token_hash(_token(number)))
            services.ledger.append(unit, at=now, kind="share", subject=share.id, details={"number": number})
    services.store.close()
    services.library.close()


def _release(services: Services, number: int) -> None:
    now = services.now()
    library: Library = services.library
    source = library.put(_key(number), b"a picture", media_type="image/jpeg")
    copy = library.publish(f"released/{number}.jpg", b"a copy", media_type="image/jpeg", tags={"dam-release": "open"})
    asset = Asset(f"a-{number}", source.key, source.version_id, source.etag, source.size, "image/jpeg")
    shown = tuple(Appearance(f"S-{(number * 3 + each) % STUDENTS}", "focus") for each in range(IN_PICTURE))
    tagging = Tagging("complete", shown, "eligible", ground="looked")
    release = Release(
        f"r-{number}", copy.key, "ab" * 32, asset.key, asset.version_id, asset.etag, (), "open", copy.version_id
    )
    with services.store.writing() as unit:
        unit.assets.save(StoredAsset(asset, None, "staff", tagging, tagging, now, now))
        unit.shares.add_release(release, now)


def _student(number: int) -> StudentRecord:
    born = local_now().date() - timedelta(days=15 * 365)
    return StudentRecord(f"S-{number}", f"r{number}", (f"Student {number}",), born=born, guardians=(f"G-{number}",))


def _key(number: int) -> str:
    return f"events/{number}.jpg"


def _token(number: int) -> str:
    return f"{number:064x}"
