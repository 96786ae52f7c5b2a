"""What stands for the roster and for the rules as a set was decided on them: the same as long as neither changes.

Keyed, since they go to the publisher: whoever has no key can try nothing out on them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from dam_plugin.model import StudentRecord
from dam_plugin.procedure.purposes import STARTER_PACK
from dam_plugin.services import Services
from dam_plugin.sharing.gather_case import policy_of
from dam_plugin.store import Unit
from dam_plugin.store.batches import batched
from dam_plugin.store.codec import canonical, to_plain
from dam_plugin.store.people import KeptConsent

_BATCH = 500


def roster_digest(services: Services, unit: Unit) -> str:
    """Return what stands for all students, their opt-outs and consents as they are on file; it is read in batches."""
    digest = hashlib.sha256()
    for batch in batched(unit.people.stream(), _BATCH):
        for line in _lines(unit, batch):
            digest.update(line.encode() + b"\n")
    return services.pseudonyms.state(f"roster {digest.hexdigest()}")


def rules_digest(services: Services) -> str:
    """Return what stands for the rules that tag recordings, and for the district's directory policy."""
    purposes = services.settings.purposes
    policy = to_plain(policy_of(services.settings.district, purposes))
    # Which opt-out reaches a yearbook is the list's word, where the district has one of its own.
    own = [] if purposes == STARTER_PACK else [to_plain(purposes.purposes)]
    return services.pseudonyms.state(f"rules {canonical([services.rules.digest, policy, *own])}")


def _lines(unit: Unit, students: Sequence[StudentRecord]) -> Iterator[str]:
    """Yield each student, and each consent of theirs, as one line."""
    for each in students:
        yield canonical(to_plain(each))
    for kept in sorted(unit.people.kept_consents([each.id for each in students]), key=KeptConsent.order):
        yield canonical([kept.id, to_plain(kept.consent)])
