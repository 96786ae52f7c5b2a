"""The demo's custodian works through the queue: one finding that answers a share, and two that need a second person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dam_plugin.cli.demo import scenes
from dam_plugin.custodian import approvals, findings, work
from dam_plugin.custodian.findings import StatedFinding
from dam_plugin.custodian.work import Work
from dam_plugin.errors import InputError
from dam_plugin.model import Actor, Referral
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import EvidenceVerified, Finding, MeaningFound, PersonIdentified
from dam_plugin.store import SystemUser

CUSTODIAN, DEPUTY = Actor("custodian", "records-office"), Actor("designee", "deputy")
# Two people at two accounts, as they work on a district's server.
USERS = {CUSTODIAN: SystemUser("1001", "records-office"), DEPUTY: SystemUser("1002", "deputy")}


@dataclass(frozen=True, slots=True)
class Desk:
    """The queue before and after the custodian's work, the findings, and the shares that they decided."""

    before: tuple[Work, ...]
    answered: StatedFinding
    pending: StatedFinding
    approved: StatedFinding
    confirmed: StatedFinding
    after: tuple[Work, ...]

    @property
    def decided(self) -> tuple[StatedFinding, ...]:
        """Return the findings that decided a share again, in their order."""
        return (self.answered, self.approved, self.confirmed)


def work_on(services: Services) -> Desk:
    """State what the custodian found about three of the referrals; two of them take a second person."""
    before = work.list_work(services)
    answered = _state(services, _about(before, scenes.PEP_RALLY), PersonIdentified(unidentified=0))
    hallway = _about(before, scenes.HALLWAY, scenes.NEWSPAPER.id)
    pending = _state(services, hallway, MeaningFound("preserved"))
    approved = _approve(services, pending)
    order = _about(before, scenes.HALLWAY, scenes.POLICE.id)
    confirmed = _approve(services, _state(services, order, EvidenceVerified(_evidence(before, order))))
    return Desk(tuple(before), answered, pending, approved, confirmed, tuple(work.list_work(services)))


def _approve(services: Services, pending: StatedFinding) -> StatedFinding:
    return approvals.approve(services, pending.finding.id, DEPUTY, USERS[DEPUTY])


def _evidence(waiting: list[Work], referral: Referral) -> Mapping[str, Any]:
    """Return what was brought with the share that left a referral."""
    return next(each.share.evidence for each in waiting if each.referral == referral)


def _state(services: Services, referral: Referral, found: Finding) -> StatedFinding:
    return findings.state_finding(services, referral.id, found, CUSTODIAN, USERS[CUSTODIAN])


def _about(waiting: list[Work], key: str, recipient: str | None = None) -> Referral:
    for each in waiting:
        if each.referral.asset_key == key and recipient in (None, each.share.recipient.id):
            return each.referral
    raise InputError(f"nothing about '{key}' waits for the custodian: look at the table of attempts")
