"""What lists and checks cost as the library grows: a store of 1 % and of 4 % of a state's size, on each database.

A whole one has 100,000 students, 1,000,000 recordings, 500,000 shares and 2,000,000 entries of the ledger
(`DAM_BENCH_SCALE=1,100` measures it too, and takes hours to fill). A row is the ratio of the larger store to the smaller
one; the note says what the larger one took. The command line's start is in no figure.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from string import ascii_lowercase
from tempfile import TemporaryDirectory
from time import perf_counter

import pytest
from bench.bench_ledger import DETAILS, NO_SERVER
from bench.frame import Row
from databases import empty_database

from dam_plugin.custodian.report import report_of
from dam_plugin.ledger.chain import Draft, Ledger, Verification
from dam_plugin.ledger.student import record_of
from dam_plugin.model import (
    Actor,
    Appearance,
    Asset,
    LettingGo,
    Link,
    Recipient,
    Referral,
    Release,
    Share,
    StudentRecord,
    Tagging,
)
from dam_plugin.store import Extent, Hold, Store, StoredAsset, StoredShare, SystemUser, Unit
from dam_plugin.store.codec import to_plain
from dam_plugin.store.seals import Sealer

STUDENTS, RECORDINGS, SHARES, ENTRIES = 100_000, 1_000_000, 500_000, 2_000_000
SCALES = tuple(int(each) for each in os.environ.get("DAM_BENCH_SCALE", "1,4").split(","))
KEY = "a key for the measurements alone, of no district"
DESK = Actor("media_staff", "desk")
BATCH = 5_000
# Of a hundred recordings or shares; the same share of a larger library.
WAITING, RELEASED, OPEN, REFERRED = 2, 40, 4, 5
HOLD_EVERY, PAGE = 100, 100
WHOLE, REPORT = "verify the whole ledger", "the report of all time"
UNKNOWN_NAME = "look for a name that nobody has"


class District:
    """A filled store, and what the measured commands need beside it."""

    def __init__(self, url: str, percent: float) -> None:
        self.store = Store(url, sealer=Sealer(KEY))
        self.ledger = Ledger(KEY)
        self.students, self.recordings = int(STUDENTS * percent / 100), int(RECORDINGS * percent / 100)
        self.shares, self.entries = int(SHARES * percent / 100), int(ENTRIES * percent / 100)
        self.now = datetime.now().astimezone()

    def fill(self) -> None:
        """Keep as many of each as the scale says, in batches."""
        self.store.upgrade()
        for first in range(0, self.students, BATCH):
            with self.store.writing() as unit:
                told = [_student(number) for number in range(first, min(first + BATCH, self.students))]
                unit.people.upsert_roster(told, self.now, Extent(whole=not first))
                if not first:
                    self.ledger.append(unit, at=self.now, kind="roster", subject="roster", details={})
        for first in range(0, self.recordings, BATCH):
            with self.store.writing() as unit:
                for number in range(first, min(first + BATCH, self.recordings)):
                    unit.assets.save(self._recording(number))
        for first in range(0, self.shares, BATCH):
            with self.store.writing() as unit:
                self._share_all(unit, range(first, min(first + BATCH, self.shares)))
        for first in range(0, self.recordings // HOLD_EVERY, BATCH):
            with self.store.writing() as unit:
                for number in range(first, min(first + BATCH, self.recordings // HOLD_EVERY)):
                    unit.holds.add(self._hold(number))
                self.ledger.append(unit, at=self.now, kind="hold", subject="holds", details={})
        with self.store.reading() as unit:
            at = unit.entries.last_seq()
        while at < self.entries:
            count = min(BATCH, self.entries - at)
            with self.store.writing() as unit:
                self.ledger.append_many(unit, [self._opening(number) for number in range(at, at + count)])
            at += count

        with self.store.reading() as unit:
            whole = self.verified(unit)
        with self.store.writing() as unit:
            self.ledger.keep_checkpoint(unit, whole, self.now)

    def verified(self, unit: Unit) -> Verification:
        """Verify the whole ledger; raise RuntimeError where what was filled does not hold."""
        found = self.ledger.verify(unit)
        if (found.ok, found.entries) != (True, self.entries):
            raise RuntimeError(f"what was measured is no whole ledger: {found.why}")
        return found

    def verified_since(self, unit: Unit) -> Verification:
        """Verify what followed the checkpoint; raise RuntimeError where it does not hold."""
        found = self.ledger.verify_since(unit)
        if found is None or not found.ok:
            raise RuntimeError(f"what was measured does not hold: {found.why if found else 'no checkpoint'}")
        return found

    def _recording(self, number: int) -> StoredAsset:
        asset = Asset(f"a-{number}", f"events/{number % 997}/{number}.jpg", None, f"e{number}", 10, "image/jpeg")
        shown = tuple(Appearance(f"S-{(number * 7 + each) % self.students}", "focus") for each in range(3))
        waits = number % 100 < WAITING
        tagging = Tagging("pending" if waits else "complete", shown, "eligible", ground="looked")
        return StoredAsset(
            asset=asset,
            sequencer=None,
            release_tag="hold" if waits else "staff",
            tagging=tagging,
            machine=tagging,
            first_seen=self.now - timedelta(minutes=number % 500_000),
            updated_at=self.now,
            deleted=False,
            current=True,
        )

    def _hold(self, number: int) -> Hold:
        # Every second one was released.
        wish = LettingGo(DESK, "1000", "desk", self.now, "over") if number % 2 else None
        key = self._recording(number * HOLD_EVERY).asset.key
        texts, is_folder = ("No. 7", "a suit", "counsel's letter"), False
        at = self.now - timedelta(hours=number)
        user = SystemUser("1000", "desk")
        return Hold(f"hd-{number}", "litigation", key, is_folder, *texts, at, DESK, user, released=wish)

    def _share_all(self, unit: Unit, numbers: Iterable[int]) -> None:
        drafts = []
        for number in numbers:
            at = self.now - timedelta(minutes=number % 500_000)
            stored = self._recording(number % self.recordings)
            asset, students = stored.asset, sorted(stored.tagging.students)
            kind = number % 100
            # Some are other students' parents, whose ids no record tells.
            asks = (
                Recipient("parent", f"G-{number % 997}") if kind % 9 == 0 else Recipient("public", f"person-{number}")
            )
            share = Share(f"sh-{number}", asset.key, "request", "news", DESK, asks, at=at)
            outcome = "allow" if kind < RELEASED else "refer" if kind < RELEASED + REFERRED else "deny"
            decision = {**DETAILS["decision"], "id": share.id, "outcome": outcome}
            release = None
            if outcome == "allow":
                key = f"released/{number}.jpg"
                release = Release(f"r-{number}", key, "0" * 64, asset.key, None, asset.etag, (), "open")
                unit.shares.add_release(release, at)
            unit.shares.add_share(StoredShare(share, asset.id, outcome, decision, release.id if release else None, at))
            if release is not None:
                link = Link(f"l-{number}", share.id, release.id, at, at + timedelta(days=30))
                closed = None if kind < OPEN else at
                unit.shares.add_link(
                    replace(link, closed_at=closed, closed_why=None if closed is None else "over"), f"h{number}"
                )
            if outcome == "refer":
                unit.referrals.add(self._referral(number, share, students))
            told = {**DETAILS["case"], "id": share.id, "asset": {**DETAILS["case"]["asset"], "id": asset.id}}
            details = {"case": told, "share": to_plain(share), "decision": decision, "release": None}
            drafts.append(Draft(at, "share", share.id, details, students))
        self.ledger.append_many(unit, drafts)

    def _referral(self, number: int, share: Share, students: Iterable[str]) -> Referral:
        # One in twenty still waits.
        closed = None if number % 2_000 < 100 else share.at
        return Referral(
            id=f"rf-{number}",
            share_id=share.id,
            asset_key=share.asset_key,
            request_key=f"key {number}",
            kind="request",
            missing=("GENERAL",),
            students=tuple(students),
            opened_at=share.at,
            due=share.at.date() + timedelta(days=3),
            closed_at=closed,
            closing="closed by hand" if closed else None,
        )

    def _opening(self, number: int) -> Draft:
        link = number % self.shares // 100 * 100
        return Draft(self.now, "open", f"l-{link}", {"outcome": "deny", "reasons": ["GENERAL"]}, ())


def _student(number: int) -> StudentRecord:
    guardian, family = f"G-{number // 2}", _word("Fa", number % 5_000)
    return StudentRecord(
        f"S-{number}",
        f"r{number}",
        (f"{_word('Gi', number % 3_000)} {family}",),
        born=date(2011, 5, 17),
        guardians=(guardian,),
        guardian_names=((guardian, f"{_word('Mo', number % 2_000)} {family}"),),
    )


def _word(begins: str, number: int) -> str:
    """Return a name that no other number has."""
    while True:
        begins += ascii_lowercase[number % 26]
        number //= 26
        if not number:
            return begins


def rows() -> Iterator[Row]:
    """Yield the ratios of each measured list and check between the stores, on each database."""
    for kind, name in (("sqlite", "SQLite"), ("postgres", "PostgreSQL")):
        try:
            yield from _measured(kind, name)
        except pytest.skip.Exception:
            yield Row(f"lists, {name}", 0, "", note=NO_SERVER)


def _measured(kind: str, name: str) -> Iterator[Row]:
    found: dict[int, dict[str, float]] = {}
    for percent in SCALES:
        with TemporaryDirectory() as folder, empty_database(kind, Path(folder)) as url:
            district = District(url, percent)
            district.fill()
            found[percent] = {
                what: min(_seconds(district, act) for _ in range(3)) for what, act in measured_things(district).items()
            }
            district.store.close()
    small, large = SCALES[0], SCALES[-1]
    for what, seconds in found[large].items():
        ratio, growth = seconds / max(found[small][what], 1e-9), large / small
        # The whole chain is read: it may take as many times as long as there are entries.
        most = growth * 1.2 if what == WHOLE else 1.5
        name_of = f"{what}, {large} % against {small} %, {name}"
        yield Row(name_of, ratio, "times", at_most=most, note=f"{seconds * 1000:.1f} ms at {large} %")


def _seconds(district: District, act: Callable[[Unit], object]) -> float:
    with district.store.reading() as unit:
        begun = perf_counter()
        act(unit)
        return perf_counter() - begun


def measured_things(district: District, page: int = PAGE) -> Mapping[str, Callable[[Unit], object]]:
    """Return what is measured, each within a transaction of its own; a page has so many rows."""
    at, ledger = district.now, district.ledger
    return {
        "a page of links": lambda unit: unit.shares.links_page(limit=page),
        "a page of links that open": lambda unit: unit.shares.links_page(limit=page, open_on=at),
        "a page of recordings that wait": lambda unit: unit.assets.waiting_page(limit=page),
        "a page of closed referrals": lambda unit: unit.referrals.closed_page(limit=page),
        "one student's record of disclosures": lambda unit: record_of(unit, ledger, "S-7"),
        "a page of holds": lambda unit: unit.holds.page(limit=page),
        "a page of what is held for somebody who waits": lambda unit: unit.referrals.waiting_page(limit=page),
        "a page of students found by a part of a common name": lambda unit: unit.people.find_page("fa", limit=page),
        UNKNOWN_NAME: lambda unit: unit.people.find_page("zzz", limit=page),
        "a page of the referrals that wait": lambda unit: unit.referrals.open_page(limit=page),
        "one student's entries": lambda unit: ledger.student(unit, "S-7"),
        REPORT: lambda unit: report_of(unit, at),
        "verify what followed a checkpoint": district.verified_since,
        WHOLE: district.verified,
    }
