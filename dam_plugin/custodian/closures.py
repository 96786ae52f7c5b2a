"""What the custodian says of a recording without a referral: closed, reopened, its meaning, not ours, ours, used by mistake.

Opening a closed record, and saying that it is not ours or was never used as its tags say, take two people: the first one's
word waits as a look without effect. So does what is said of the meaning of a recording that takes two people.
The findings of a referral say the same (`findings.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import ClosedLinks, after_closing_for_third_parties
from dam_plugin.intake import two_people
from dam_plugin.intake.found_later import refer_found_later, tell_found_later
from dam_plugin.intake.keep_look import check_look, close_refused_of, keep_look
from dam_plugin.intake.original_access import write_object_tags
from dam_plugin.intake.take_down import after_filing, file_of_changed
from dam_plugin.model import CUSTODIANS, Actor, LettingGo, Look, Outcome
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import (
    Closed,
    Confidential,
    MeaningFound,
    NotOurs,
    Ours,
    PersonIdentified,
    Reopened,
    UnitRecord,
    UseMistaken,
    check_not_used,
    check_until,
    look_of,
)
from dam_plugin.sharing.gather_case import needs_two
from dam_plugin.store import StoredAsset, SystemUser, Unit

OfRecording = (
    Closed | Confidential | Reopened | MeaningFound | NotOurs | Ours | PersonIdentified | UnitRecord | UseMistaken
)


@dataclass(frozen=True, slots=True)
class Said:
    """The recording as it is now, and the links that closed. `waits`: nothing happened yet, a second person has to agree.

    `held`: until that person agrees the recording is held, since it is not known who is in it. `given_to` counts those who
    were given a recording while it counted as not ours.
    """

    stored: StoredAsset
    closed: ClosedLinks = field(default_factory=ClosedLinks)
    waits: bool = False
    held: bool = False
    given_to: int = 0


def say_of_recording(
    services: Services,
    key: str,
    found: OfRecording,
    by: Actor,
    user: SystemUser,
    why: str | None = None,
) -> Said:
    """Keep what the custodian says of a recording; what takes two people waits until a second one says the same.

    `why` is the reason of a finding that has none of its own. Raises InputError for a role that is not the custodian or a
    designee, for what cannot be so, and where the same person says it twice; UnknownThing.
    """
    if by.role not in CUSTODIANS:
        raise InputError("only the records custodian or a designee says this of a recording: add --as custodian:NAME")
    found.check("sunshine")
    if isinstance(found, Closed | Confidential):
        check_until(found.until, services.now().date())
    if isinstance(found, MeaningFound) and not (why or "").strip():
        raise InputError("say what you saw in the recording and in a copy: --why")
    if isinstance(found, PersonIdentified) and not (why or "").strip():
        raise InputError("say how you know who is in it: --why")
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        stored = unit.assets.need(key)
        if isinstance(found, UnitRecord):
            check_not_used(unit, stored)
        look = look_of(found, services.now(), by, stored.tagging, approved=False)
        assert look is not None  # noqa: S101 - each of these kinds is a look
        look = replace(look, why=look.why or why)
        waits = False
        if found.takes_two() or (isinstance(found, MeaningFound | PersonIdentified) and needs_two(stored.tagging)):
            two_people.require_person(user, "opens nothing", f"dam-plugin custodian … {key}")
            look = _with_another(unit.assets.looks(stored.asset.id), look, user)
            waits = not look.approved
            look = replace(look, waits=waits and isinstance(found, PersonIdentified))
        check_look(stored, look)
        changed = keep_look(services, unit, stored, look)
        stored = changed[0][1]
        filed = refer_found_later(services, unit, changed, by)
        stands = file_of_changed(services, unit, changed)
        fell = close_refused_of(services, unit, changed)
        given_to = _given_as_not_ours(unit, key) if isinstance(found, Ours) else 0
    for _, each in changed:
        write_object_tags(services, each)
    tell_found_later(services, filed)
    closed = after_filing(services, after_closing_for_third_parties(services, fell, asset_key=key), stands)
    return Said(stored, closed, waits, look.waits, given_to)


def _given_as_not_ours(unit: Unit, key: str) -> int:
    """Return how many recipients were given a recording because it counted as not ours."""
    given = (each for each in unit.shares.of_key(key) if each.outcome == Outcome.ALLOW.word)
    out = [each.share.recipient for each in given if each.decision["reasons"][0]["clause"] == "SCOPE"]
    return len({each.who for each in out})


def _with_another(looks: Sequence[Look], look: Look, user: SystemUser) -> Look:
    """Return a look as approved, where another person said the same last; else as a first person's word."""
    if look.meaning is not None:
        said = [each for each in looks if each.meaning is not None]
    elif look.persons or look.nobody or look.unidentified is not None:
        said = [each for each in looks if each.waits or each.persons or each.nobody or each.unidentified is not None]
    else:
        said = [each for each in looks if each.reopened or each.closures or each.maintained_by or each.mistaken_uses]
    first = said[-1] if said else None
    same = first is not None and _what(first) == _what(look)
    if first is None or not same or first.approved or first.system_user is None:
        return replace(look, system_user=(user.id, user.name))
    number, name = first.system_user
    two_people.check_another(
        LettingGo(first.by, number, name, first.at, first.why or ""),
        LettingGo(look.by, user.id, user.name, look.at, look.why or ""),
        user,
    )
    return replace(look, approved=True, system_user=(user.id, user.name))


def _what(look: Look) -> tuple[object, ...]:
    who = look.persons, look.nobody, look.unidentified
    return look.reopened, look.maintained_by, look.meaning, look.mistaken_uses, who
