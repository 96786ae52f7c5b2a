"""The database: tables, migrations, one repository per group. Alone imports SQLAlchemy; decides nothing."""

from __future__ import annotations

from dam_plugin.store.assets import Assets, StoredAsset
from dam_plugin.store.entries import Entries, EntryRow, HeadRow
from dam_plugin.store.people import People, RosterChange
from dam_plugin.store.shares import Shares, StoredShare
from dam_plugin.store.store import Store, Unit

__all__ = [
    "Assets",
    "Entries",
    "EntryRow",
    "HeadRow",
    "People",
    "RosterChange",
    "Shares",
    "Store",
    "StoredAsset",
    "StoredShare",
    "Unit",
]
