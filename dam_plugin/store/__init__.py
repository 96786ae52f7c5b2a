"""The database: tables, migrations, one repository per group. Only this package imports SQLAlchemy. It decides nothing."""

from __future__ import annotations

from dam_plugin.store.access_entries import AccessEntries, AccessHead
from dam_plugin.store.assets import Assets, KeptVersion, StoredAsset
from dam_plugin.store.destructions import Destruction, Destructions
from dam_plugin.store.exports import Exports, Place, Totals, place_of
from dam_plugin.store.holds import HeldDeletion, Hold, Holds
from dam_plugin.store.ledger_entries import Entries, EntryRow, HeadRow
from dam_plugin.store.letters import LetterAbout, LetterFiles, NoticeEffort, StoredLetter
from dam_plugin.store.messages import KeptAnswer, Messages
from dam_plugin.store.people import ChoiceSource, Extent, OnFile, People, Portrait, RosterChange, RosterState
from dam_plugin.store.referrals import Referrals, StoredFinding
from dam_plugin.store.requests import RequestEvent, Requests, StoredRequest
from dam_plugin.store.rule_changes import PendingTags, RuleChange, RuleChanges, SystemUser
from dam_plugin.store.seals import Sealer
from dam_plugin.store.shares import Shares, StoredShare, WrittenShare, written
from dam_plugin.store.statements import FamilyStatement
from dam_plugin.store.store import Store, Unit, database_file

__all__ = [
    "AccessEntries",
    "AccessHead",
    "Assets",
    "ChoiceSource",
    "Destruction",
    "Destructions",
    "Entries",
    "EntryRow",
    "Exports",
    "Extent",
    "FamilyStatement",
    "HeadRow",
    "HeldDeletion",
    "Hold",
    "Holds",
    "KeptAnswer",
    "KeptVersion",
    "LetterAbout",
    "LetterFiles",
    "Messages",
    "NoticeEffort",
    "OnFile",
    "PendingTags",
    "People",
    "Place",
    "Portrait",
    "Referrals",
    "RequestEvent",
    "Requests",
    "RosterChange",
    "RosterState",
    "RuleChange",
    "RuleChanges",
    "Sealer",
    "Shares",
    "Store",
    "StoredAsset",
    "StoredFinding",
    "StoredLetter",
    "StoredRequest",
    "StoredShare",
    "SystemUser",
    "Totals",
    "Unit",
    "WrittenShare",
    "database_file",
    "place_of",
    "written",
]
