"""Referrals that wait for the custodian, as tests of the queue need them: asked for, found about, and looked at."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

from clock import TODAY
from district import (
    CALEB,
    CALEB_FATHER,
    CUSTODIAN,
    HALLWAY,
    HANNAH,
    INES,
    KEY,
    NOAH,
    OWEN,
    PRIYA,
    PUBLIC,
    SCIENCE_LAB,
    SOFIA,
    THERESA,
    UNTITLED,
    District,
)

from dam_plugin.cli.demo.samples import sample_folder, write_roster
from dam_plugin.custodian import choices
from dam_plugin.custodian.approvals import approve
from dam_plugin.custodian.findings import StatedFinding, state_finding
from dam_plugin.errors import DamPluginError
from dam_plugin.model import Actor, Recipient, Referral
from dam_plugin.people.formats.plain_csv import read_roster
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import Finding
from dam_plugin.store import StoredFinding, SystemUser

ADA, BEN, CARA = (SystemUser(f"{1000 + n}", name) for n, name in enumerate(("ada", "ben", "cara")))
SECOND = Actor("designee", "principal")
COURT = Recipient("court", "circuit-court")
# Every family was told of it. One that forbids telling is in `test_secret_order.py`.
TOLD = sorted(map(Pseudonyms(KEY).student, (THERESA, INES, HANNAH, CALEB, OWEN, PRIYA, SOFIA, NOAH)))
SUBPOENA: dict[str, Any] = {"order": {"kind": "subpoena", "verified": True, "notified": TOLD}}
PAPER = b"%PDF-1.7\nsubpoena duces tecum\n%%EOF\n"


def populated(district: District) -> District:
    """The district with the sample roster in its store."""
    today = TODAY
    roster = read_roster(write_roster(sample_folder(), district.folder, today), district.services.pseudonyms)
    choices.import_roster(district.services, roster, CUSTODIAN)
    return district


def referred(district: District, key: str, recipient: Recipient = PUBLIC, **changes: Any) -> Referral:
    """What a request leaves to the custodian; the recording is uploaded where it is not there yet."""
    with district.services.store.reading() as unit:
        known = unit.assets.current(key)
    if known is None:
        district.upload(key)
    request = {"kind": "request", "purpose": "news", "actor": CUSTODIAN, "recipient": recipient, **changes}
    (referral,) = district.share(key, **request).referrals
    return referral


def emergency(district: District) -> str:
    """The id of the review that a release in an emergency leaves."""
    district.upload(UNTITLED)
    evidence = {"emergency": {"threat": "a missing child", "recipient_needs_it": True}}
    answer = district.ask(UNTITLED, Recipient("emergency", "911"), "emergency", evidence=evidence)
    return answer.referrals[0].id


def hallway(district: District) -> Referral:
    """The public asks for a discipline recording: hiding everybody in it may leave what it means, or not."""
    return referred(district, HALLWAY)


def untitled(district: District) -> Referral:
    """The public asks for a picture of which nobody has said who is in it."""
    return referred(district, UNTITLED)


def lab(district: District) -> Referral:
    """The public asks for a picture that nobody has classified."""
    return referred(district, SCIENCE_LAB)


def father(district: District) -> Recipient:
    return Recipient("parent", district.guardian(CALEB_FATHER))


def found(
    district: District, referral: Referral, what: Finding, user: SystemUser = ADA, by: Actor = CUSTODIAN
) -> StatedFinding:
    return state_finding(district.services, referral.id, what, by, user)


def approved(district: District, stated: StatedFinding, user: SystemUser = BEN, by: Actor = SECOND) -> StatedFinding:
    return approve(district.services, stated.finding.id, by, user)


def now(services: Services, referral: Referral) -> Referral:
    with services.store.reading() as unit:
        return unit.referrals.need(referral.id)


def findings(services: Services, referral: Referral) -> list[StoredFinding]:
    with services.store.reading() as unit:
        return unit.referrals.findings(referral.id)


def open_referrals(services: Services) -> list[Referral]:
    with services.store.reading() as unit:
        return unit.referrals.listed()


def at_once(*acts: Any) -> list[Any]:
    """Do these at the same moment; return what each returned or raised."""
    start, ended = Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Any) -> None:
        start.wait()
        try:
            ended[number] = act()
        except DamPluginError as error:
            ended[number] = error  # type: ignore[call-overload]

    threads = [Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended
