"""A person's yes to what would loosen: what stays of former tags is let go (`strictest` says what stays, and why).

The custodian's or a designee's, with a reason. Where a recording is kept for discipline or about a person's health, another
custodian, as another user of this system, has to say the same.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import recheck
from dam_plugin.intake.looks import needs_two
from dam_plugin.intake.strictest_tags import laid_over, waiting
from dam_plugin.intake.tag_changes import TagChange, strictest
from dam_plugin.intake.two_people import WHO_CAN, is_same, require_person
from dam_plugin.intake.write_tags import release_tag, write_tags
from dam_plugin.model import CUSTODIANS, Actor, Former, LettingGo, Tagging
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset, SystemUser, Unit

NOTHING_WAITS = "nothing of this recording waits to loosen: `dam-plugin review --looser` lists what does"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A recording of which something would loosen: what, since when, where the stricter comes from, who said yes already."""

    stored: StoredAsset
    changes: tuple[TagChange, ...]

    @property
    def former(self) -> Former:
        """What stays."""
        return self.stored.former or Former()


def all_waiting(services: Services) -> list[Waiting]:
    """Return the recordings of which something would loosen if a person said yes, oldest first."""
    with services.store.reading() as unit:
        return [
            Waiting(each, waiting(each.machine, unit.assets.looks(each.asset.id), each.former))
            for each in unit.assets.loosening()
        ]


def let_go(services: Services, key: str, why: str, by: Actor, user: SystemUser) -> StoredAsset:
    """Let go of what stays of a recording's former tags; or keep who wishes it, where it takes two.

    Raises InputError for anybody but the custodian or a designee, without a reason, where nothing waits, or where the same
    person says yes twice; UnknownThing. Nothing that a person or the district keeps a recording for goes by it.
    """
    if by.role not in CUSTODIANS:
        raise InputError("only the custodian or a designee lets tags loosen: add --as custodian:NAME")
    if not why.strip():
        raise InputError("say why the tags may loosen: --why")
    require_person(user, "lets no tags loosen", f"dam-plugin loosen {key} …")
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        stored = unit.assets.need(key)
        looks = unit.assets.looks(stored.asset.id)
        former = stored.former
        if former is None or former.tagging is None or not waiting(stored.machine, looks, former):
            raise InputError(NOTHING_WAITS)
        wish = LettingGo(by, user.id, user.name, services.now(), why)
        free = laid_over(stored.machine, looks, None)
        second = needs_two(stored.tagging) or needs_two(free)
        if second and former.asked is None:
            kept = replace(stored, former=replace(former, asked=wish), updated_at=services.now())
            return _kept(services, unit, kept, wish, "asked")
        if second and former.asked is not None:
            _check_another(former.asked, wish, user)
        gone = former.tagging if former.let_go is None else strictest(former.let_go, former.tagging)
        kept = replace(
            stored,
            former=Former(let_go=_plain(gone)),
            tagging=free,
            release_tag=release_tag(free),
            loosens=False,
            updated_at=services.now(),
        )
        _kept(services, unit, kept, wish, "let go")
    write_tags(services, kept)
    recheck(services, asset_key=key)
    return kept


def _kept(services: Services, unit: Unit, stored: StoredAsset, wish: LettingGo, done: str) -> StoredAsset:
    unit.assets.save(stored)
    told = {"done": done, "by": asdict(wish.by), "user": wish.user_name, "why": wish.why}
    services.ledger.append(
        unit,
        at=services.now(),
        kind="loosened",
        subject=stored.asset.id,
        details=told,
        students=stored.tagging.students,
    )
    return stored


def _check_another(asked: LettingGo, wish: LettingGo, user: SystemUser) -> None:
    """Raise InputError where both are one account, or call themselves by one name."""
    same_name = (wish.by.id or "").casefold() == (asked.by.id or "").casefold()
    if same_name or is_same(SystemUser(asked.user_id, asked.user_name), user):
        raise InputError(
            f"this recording takes two people, and you said yes already: {WHO_CAN}, as another custodian or designee"
        )


def _plain(tagging: Tagging) -> Tagging:
    return replace(tagging, findings=())
