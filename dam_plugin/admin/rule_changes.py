"""Applies changed rules to recordings that are tagged already: compares, applies, and approves loosening changes.

Stricter changes take effect at once; loosening changes wait until another person approves them. A recording keeps the
digest of the rules that made its tags for as long as changes by later rules wait. Applying is a job (`RULES_APPLY`), and so
is comparing (`RULES_DIFF`), which changes nothing: a process that breaks off leaves the rest to another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import close_refused_links, recheck_links
from dam_plugin.gate.link_status import would_stay_open
from dam_plugin.intake import two_people
from dam_plugin.intake.examine import examine, lacks_third_party_answer
from dam_plugin.intake.jobs import (
    ALIVE,
    LEASE,
    Added,
    Kind,
    Step,
    add_job,
    count_in,
    kinds_of,
    nobody_told,
    run_job,
)
from dam_plugin.intake.jobs import Tell as TellJob
from dam_plugin.intake.original_access import access_to_original, write_object_tags
from dam_plugin.intake.strictest_tags import tags_that_hold, what_would_loosen, with_inherited_uses
from dam_plugin.intake.tag_changes import (
    Direction,
    TagChange,
    changes_between,
    decided_fields,
    is_looser,
    without_looser,
)
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.model import CUSTODIANS, Actor, Link, Look, Tagging
from dam_plugin.services import Services
from dam_plugin.sharing.published_copy import close_copies, close_unneeded_copies
from dam_plugin.store import PendingTags, RuleChange, StoredAsset, SystemUser, Unit
from dam_plugin.store.batches import batched
from dam_plugin.store.jobs import OPEN, Job, JobExample
from dam_tagging.facts import about
from dam_tagging.rules.load import load_rules, pack
from dam_tagging.rules.model import RuleFileError, RuleSet
from dam_tagging.rules.rule_files import rule_files

# The number of recordings that are examined before the results are kept, together with their entry in the ledger.
BATCH = 100


@dataclass(frozen=True, slots=True)
class ExaminedAnew:
    """A recording with its kept tags, and the tags that other rules give it."""

    stored: StoredAsset
    anew: StoredAsset
    looks: tuple[Look, ...] = ()

    def with_machine(self, machine: Tagging) -> StoredAsset:
        """Return the recording with this tagging by file and rules, and people's looks over it."""
        former = self.stored.former
        return replace(
            self.anew,
            machine=machine,
            tagging=tags_that_hold(machine, self.looks, former),
            loosens=bool(what_would_loosen(machine, self.looks, former)),
        )


@dataclass(frozen=True, slots=True)
class Retagged:
    """The effect on one recording: changes that are in force (or would be), those that wait, and the links that close."""

    asset_id: str
    key: str
    changes: tuple[TagChange, ...] = ()
    waiting: tuple[TagChange, ...] = ()
    closed: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """The recordings looked at in numbers. `failed` could not be examined; `tags` counts changes by field and direction."""

    seen: int = 0
    changed: int = 0
    failed: int = 0
    closed: int = 0
    tags: Counter[tuple[str, Direction]] = field(default_factory=Counter)

    def add(self, each: Retagged) -> None:
        """Count one recording."""
        self.changed += bool(each.changes or each.waiting)
        self.closed += len(each.closed)
        self.tags.update((one.field, one.direction) for one in (*each.changes, *each.waiting))


@dataclass(frozen=True, slots=True)
class Applied:
    """The counts of applying rules, and the id of the request that waits (null if nothing new loosens).

    `renewed` were tagged as before, by these rules; `asked_before` wait already for the same changes. `superseded` are the
    requests that this process ended.
    """

    digest: str
    tally: Tally = field(default_factory=Tally)
    renewed: int = 0
    asked_before: int = 0
    request: str | None = None
    superseded: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Approved:
    """The counts of an approval, and the keys that were skipped because they have changed since the request."""

    change: RuleChange
    tally: Tally = field(default_factory=Tally)
    stale: list[str] = field(default_factory=list)


Tell = Callable[[Retagged], None]


Texts = Mapping[str, str]
"""Rule files by name."""


def rule_texts(path: Path | None) -> dict[str, bytes]:
    """Return the rule files of a path by their names, without one the starter pack. Raises InputError."""
    if path is None:
        return pack()
    try:
        return rule_files(path)
    except ValueError as error:
        raise InputError(str(error)) from error
    except OSError as error:
        raise InputError(f"the rules at '{path}' cannot be read: {(error.strerror or 'refused').lower()}") from error


def ask_to_compare(services: Services, by: Actor, old: Texts, new: Texts, *, detach: bool = False) -> Added | None:
    """Keep the job of comparing two sets of rules; None where the library has no recording.

    It is for `go_on_comparing` in this process; `detach` leaves it to the worker.
    """
    with services.store.writing() as unit:
        unit.jobs.forget_over(RULES_DIFF.name, MOST_KEPT)
        arguments = {"old": dict(old), "new": dict(new)}
        return add_job(services, unit, RULES_DIFF, by, arguments, ours=not detach)


def compare_rules(
    services: Services, by: Actor, old: Texts, new: Texts, tell: Tell, tell_job: TellJob = nobody_told
) -> Tally:
    """Report each recording that the new rules tag differently than the old ones, and the open links that would close.

    A recording that was tagged by the old rules counts as it is kept. Other plugins are asked as at an upload. Raises
    StorageUnreachable, StoreError: the worker, or `jobs resume`, does the rest. Raises InputError where it is cancelled.
    """
    added = ask_to_compare(services, by, old, new)
    return Tally() if added is None else go_on_comparing(services, added, tell, tell_job)


def go_on_comparing(services: Services, added: Added, tell: Tell, tell_job: TellJob = nobody_told) -> Tally:
    """Do the job that `ask_to_compare` gave; see `compare_rules`. The counts are of the whole job."""
    ran = run_job(services, kinds_of(_comparing(tell)), added.job.id, tell_job, lease=added.job.lease)
    if ran is None or ran.job.state not in ("done", "failed"):
        raise InputError(_not_ours(services, added.job.id))
    return tally_of(ran.job)


def tally_of(job: Job) -> Tally:
    """Return what came of comparing or applying, so far."""
    count = Counter(job.result)
    tags = Counter({(tag, way): count[_tag_name(tag, way)] for tag, way in _tags_in(count)})
    return Tally(count["recordings"], count["changed"], job.failed, count["closed"], tags)


def _batches(services: Services, job: Job) -> Iterator[tuple[str, list[StoredAsset]]]:
    """Yield the recordings behind a job's place in batches, in the order of the keys, each with the last key of it."""
    behind = job.cursor or ""
    while True:
        with services.store.reading() as unit:
            keys = unit.assets.current_keys(behind, BATCH)
            kept = list(unit.assets.current_of(keys).values())
        if not keys:
            return
        behind = keys[-1]
        yield behind, kept


def _compare(services: Services, job: Job, *, tell: Tell) -> Iterator[Step]:
    """Compare one batch after the other, in the order of the keys. A batch that is done again is counted once."""
    try:
        old, new = load_rules(job.arguments["old"]), load_rules(job.arguments["new"])
    except RuleFileError:
        raise InputError(
            "this version of the program does not take these rules: `dam-plugin rules check` says why"
        ) from None
    for behind, kept in _batches(services, job):
        tally, found = Tally(seen=len(kept)), list[Retagged]()
        for stored in kept:
            before, after = _by(services, stored, old), _by(services, stored, new)
            if before is None or after is None:
                tally.failed += 1
            elif changes := changes_between(before.tagging, after.tagging):
                found.append(
                    Retagged(stored.asset.id, stored.asset.key, changes, closed=_closing(services, stored, after))
                )
                tally.add(found[-1])
                tell(found[-1])
            yield ALIVE
        counts = {"recordings": tally.seen, "changed": tally.changed, "closed": tally.closed}
        yield Step(
            behind,
            done=tally.seen - tally.failed,
            failed=tally.failed,
            counts=counts | {_tag_name(*each): count for each, count in tally.tags.items()},
            examples=[_example(each) for each in found],
        )


def _example(each: Retagged) -> JobExample:
    changes = [asdict(one) for one in each.changes]
    return JobExample(each.asset_id, {"changes": changes, "closed": len(each.closed)})


def retagged_of(services: Services, job: Job) -> list[Retagged]:
    """Return the first recordings that a job of comparing found, without those that are gone, and without their links."""
    with services.store.reading() as unit:
        found = [(each, unit.assets.by_id(each.asset_id)) for each in unit.jobs.examples(job.id)]
    return [
        Retagged(each.asset_id, stored.asset.key, tuple(_change(one) for one in each.found["changes"]))
        for each, stored in found
        if stored is not None
    ]


def _change(plain: Mapping[str, Any]) -> TagChange:
    return TagChange(**{**plain, "rules": tuple(plain["rules"])})


def _comparing(tell: Tell) -> Kind:
    """Return the kind of job, with who hears of each recording."""
    return Kind(
        "rules diff", lambda unit, _: unit.assets.counts().of_all, partial(_compare, tell=tell), takes=("old", "new")
    )


RULES_DIFF = _comparing(lambda _: None)
"""Every recording tagged by two sets of rules, and nothing kept of it; the job's arguments are the texts of the rule files."""
MOST_KEPT = 20
"""How many comparisons that are over are kept in the list of jobs."""


def ask_to_apply(services: Services, by: Actor, user: SystemUser, *, detach: bool = False) -> Added | None:
    """Keep the job of applying the rules in force, or return the open one; None where the library has no recording.

    A new one is for `go_on_applying` in this process; `detach` leaves it to the worker.
    A job for other rules that is open is cancelled: what it did stays, and these rules come after it.
    """
    digest = services.rules.digest
    with services.store.writing() as unit:
        for each in unit.jobs.open_of(RULES_APPLY.name):
            if each.arguments["digest"] != digest:
                unit.jobs.cancel(each.id)
        return add_job(services, unit, RULES_APPLY, by, {"digest": digest, "user": asdict(user)}, ours=not detach)


def apply_rules(
    services: Services, by: Actor, user: SystemUser, tell: Tell, tell_job: TellJob = nobody_told
) -> Applied:
    """Tag every recording again by the rules in force, and report each one that changes or would change.

    Loosening changes are kept as a request for `approve`. Doing it again changes nothing and asks for nothing twice. Raises
    StorageUnreachable, StoreError: the recordings told of are then done. The worker, or doing it again, does the rest, and
    corrects object tags that differ. Raises InputError where another process is at it, or cancels it.
    """
    added = ask_to_apply(services, by, user)
    return Applied(services.rules.digest) if added is None else go_on_applying(services, added, tell, tell_job)


def go_on_applying(services: Services, added: Added, tell: Tell, tell_job: TellJob = nobody_told) -> Applied:
    """Do the rest of a job that `ask_to_apply` gave; see `apply_rules`. The counts are of the whole job."""
    superseded: list[str] = []
    job = added.job
    lease = None if added.was_open else job.lease
    ran = run_job(services, kinds_of(_applying(tell, superseded.extend)), job.id, tell_job, lease=lease)
    if ran is None or ran.job.state not in ("done", "failed"):
        raise InputError(_not_ours(services, job.id))
    count = Counter(ran.job.result)
    with services.store.reading() as unit:
        request = unit.rule_changes.change(_request_of(unit, _change_of(job)).id)
    return Applied(
        services.rules.digest,
        tally_of(ran.job),
        count["renewed"],
        count["asked_before"],
        request.id if request else None,
        superseded,
    )


def _not_ours(services: Services, job_id: str) -> str:
    """Return why this process does not do a job to its end: who asked for it, how far it is, and what to do."""
    with services.store.reading() as unit:
        job = unit.jobs.need(job_id)
    if job.state == "cancelled":
        return f"{job_id} was cancelled meanwhile, and what it had not done is as it was: `dam-plugin jobs resume {job_id}`"
    if job.state not in OPEN:
        return f"another process has ended {job_id} meanwhile: `dam-plugin jobs show {job_id}` says what came of it"
    by, at, moved_at = f"{job.asked_by.role}:{job.asked_by.id}", job.at.astimezone(), job.moved_at.astimezone()
    minutes = LEASE.seconds // 60
    return (
        f"another process is at {job_id}, which does the same: {by} asked for it at {at:%Y-%m-%d %H:%M}, and "
        f"{job.done + job.failed:,} of about {job.total:,} recordings are done, the last at {moved_at:%H:%M:%S}. "
        f"Let it end (`dam-plugin jobs show {job_id}`), or `dam-plugin jobs cancel {job_id}`; should it have been killed, try "
        f"again in {minutes} minutes, or leave it to the worker"
    )


def _apply(services: Services, job: Job, *, tell: Tell, tell_superseded: Callable[[list[str]], None]) -> Iterator[Step]:
    """Apply the rules to one batch after the other, in the order of the keys.

    A batch may be done again: what it kept is found as it is to be, and counts no second time.
    """
    for behind, kept in _batches(services, job):
        found = []
        for stored in kept:
            found.append(examine_anew(services, stored))
            yield ALIVE
        plans = [_plan(fresh) for fresh in found if fresh]
        unread = [_Plan(stored, unread=True) for stored, fresh in zip(kept, found, strict=True) if fresh is None]
        made, asked_before = _kept(services, job, plans, tell_superseded)
        tally = Tally(failed=len(plans) - len(made))
        for _ in _finishing(services, [*made, *unread], tally, tell):
            yield ALIVE
        closed = tally.closed - sum(len(plan.closed) for plan in made)
        counts = {"recordings": len(kept), "asked_before": asked_before, "closed": closed}
        yield Step(behind, done=len(kept) - tally.failed, failed=tally.failed, counts=counts)
    close_unneeded_copies(services)


def _applying(tell: Tell, tell_superseded: Callable[[list[str]], None]) -> Kind:
    """Return the kind of job, with who hears of each recording and of requests that are superseded."""
    steps = partial(_apply, tell=tell, tell_superseded=tell_superseded)
    takes = ("digest", "user")
    return Kind("rules apply", lambda unit, _: unit.assets.counts().of_all, steps, _are_others, takes, ("digest",))


def _are_others(services: Services, job: Job) -> str | None:
    if job.arguments["digest"] == services.rules.digest:
        return None
    return (
        f"the rules in force are others than {job.id} was asked for: run `dam-plugin rules apply` again; where they are not, "
        "restart this process"
    )


RULES_APPLY = _applying(lambda _: None, lambda _: None)
"""Every recording tagged again by the rules in force; the job's arguments are their digest, and the user who asked."""


def _change_of(job: Job) -> RuleChange:
    """Return what a job asks for where tags would be looser; each time that it is resumed, the same."""
    user = SystemUser(**job.arguments["user"])
    return RuleChange(f"rc-{job.id.removeprefix('job-')}", job.at, job.asked_by, user, job.arguments["digest"])


def _request_of(unit: Unit, change: RuleChange, assets: Collection[str] = ()) -> RuleChange:
    """Return the request of a job that waits for an approval, or the one to be made.

    One that was approved takes nothing more, nor one that asks for these recordings already, as they were before.
    """
    number, each = 1, change
    while (known := unit.rule_changes.change(each.id)) is not None:
        if known.state == "pending" and not unit.rule_changes.asks_for(each.id, assets):
            break
        number += 1
        each = replace(change, id=f"{change.id}-{number}")
    return each


def _tag_name(tag: str, way: str) -> str:
    return f"tag {tag} {way}"


def _tags_in(counts: Mapping[str, int]) -> list[tuple[str, Direction]]:
    ways: tuple[Direction, ...] = get_args(Direction)
    words = [name.split() for name in counts if name.startswith("tag ")]
    return [(tag, way) for _, tag, last in words for way in ways if last == way]


def pending(services: Services) -> list[tuple[RuleChange, list[PendingTags]]]:
    """Return the requests that wait, oldest first, each with its recordings."""
    with services.store.reading() as unit:
        return [(each, unit.rule_changes.tags(each.id)) for each in unit.rule_changes.pending()]


def approve(services: Services, change_id: str, by: Actor, user: SystemUser, tell: Tell) -> Approved:
    """Let a request take effect for every recording that has not changed since, and report each.

    Raises InputError unless a custodian approves it, as another user of the system than asked for it, while it waits and
    the rules are still the same; UnknownThing for an unknown id. Raises StorageUnreachable, StoreError: the request then
    waits on, and approving it again does the rest.
    """
    with services.store.reading() as unit:
        change = unit.rule_changes.need(change_id)
        asked = unit.rule_changes.tags(change_id)
    _check(services, change, by, user)
    done = Approved(change)
    _finish(services, _applied_before(services, asked), done.tally, tell)
    for batch in batched((each for each in asked if each.outcome is None), BATCH):
        done.tally.seen += len(batch)
        found = [_again(services, each) for each in batch]
        done.tally.failed += sum(not (each.fresh or each.stale) for each in found)
        _finish(services, _approved(services, done, (by, user), found), done.tally, tell)
    close_unneeded_copies(services)
    with services.store.writing() as unit:
        if not done.tally.failed and all(each.outcome for each in unit.rule_changes.tags(change_id)):
            unit.rule_changes.approve(change_id)
    return done


def current(services: Services, key: str) -> StoredAsset | None:
    """Return a recording as it is kept now."""
    with services.store.reading() as unit:
        return unit.assets.current(key)


def examine_anew(services: Services, stored: StoredAsset) -> ExaminedAnew | None:
    """Read and tag a recording again by the services' rules, and keep nothing; None if that cannot be done now.

    It cannot be done where another plugin failed: the missing answer would look like a change. Raises StorageUnreachable.
    """
    found = one_of_many(partial(examine, services, stored.asset))
    if found is None:
        return None
    asset, machine, facts = found
    with services.store.reading() as unit:
        machine = with_inherited_uses(unit, asset, machine)
        looks = tuple(unit.assets.looks(asset.id))
    fresh = ExaminedAnew(stored, replace(stored, asset=asset, about=about(facts)), looks)
    anew = fresh.with_machine(machine)
    return None if lacks_third_party_answer(anew) else replace(fresh, anew=anew)


def _by(services: Services, stored: StoredAsset, rules: RuleSet) -> StoredAsset | None:
    if stored.machine.rules_digest == rules.digest and not lacks_third_party_answer(stored):
        return stored
    fresh = examine_anew(replace(services, rules=rules), stored)
    return fresh.anew if fresh else None


def _closing(services: Services, stored: StoredAsset, after: StoredAsset) -> tuple[str, ...]:
    """Return the open links of a recording that would close if it were tagged otherwise, but for secret ones."""
    with services.store.reading() as unit:
        known = [each for each in unit.shares.links_of(asset_key=stored.asset.key) if not each.secret]
    links = [each for each in known if each.expires_at > services.now()]
    return _ids(
        link for link in links if would_stay_open(services, link, stored) and not would_stay_open(services, link, after)
    )


def _ids(links: Iterable[Link]) -> tuple[str, ...]:
    return tuple(link.id for link in links)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The plan for a recording: the tags to keep instead (null: none), and the tags to ask for (null: none).

    An `unread` one could not be examined: nothing is done with it. `closed` are the links that closed with it, but for
    secret ones; `has_closed`: some did.
    """

    stored: StoredAsset
    keep: StoredAsset | None = None
    changes: tuple[TagChange, ...] = ()
    asks: PendingTags | None = None
    unread: bool = False
    closed: tuple[str, ...] = ()
    has_closed: bool = False

    @property
    def waiting(self) -> tuple[TagChange, ...]:
        return changes_between(self.asks.before, self.asks.after) if self.asks else ()


def _plan(fresh: ExaminedAnew) -> _Plan:
    stored, anew = fresh.stored, fresh.anew
    found = changes_between(stored.tagging, anew.tagging)
    if not is_looser(found):
        return _Plan(stored, anew if anew != stored else None, found)
    held = fresh.with_machine(without_looser(stored.machine, anew.machine))
    stricter = changes_between(stored.tagging, held.tagging)
    if not stricter or is_looser(stricter):
        # With people's looks, a stricter file may come out looser: then all of it waits.
        return _Plan(stored, None, asks=_asked(stored, anew))
    return _Plan(stored, held, stricter, _asked(held, anew))


def _asked(before: StoredAsset, after: StoredAsset) -> PendingTags:
    return PendingTags(before.asset.id, before.asset.key, before.tagging, after.tagging)


def _kept(
    services: Services, job: Job, plans: Sequence[_Plan], tell_superseded: Callable[[list[str]], None]
) -> tuple[list[_Plan], int]:
    """Keep a batch with its entry in the ledger; return what was done and asked for, and how many were asked for before.

    Raises JobTaken, and nothing is kept, where the job is cancelled or another process has it.
    """
    with services.store.writing() as unit:
        change = _change_of(job)
        # INVARIANT: changes to a recording since it was examined, looks above all, are never overwritten.
        same = [plan for plan in plans if unit.assets.current(plan.stored.asset.key) == plan.stored]
        asked = [(plan, _asked_in(unit, plan, change)) for plan in same]
        made = [_saved(services, unit, replace(plan, asks=None) if ids else plan) for plan, ids in asked]
        asks = [plan.asks for plan in made if plan.asks]
        if asks:
            change = _request_of(unit, change, [each.asset_id for each in asks])
            if unit.rule_changes.change(change.id) is None:
                unit.rule_changes.add(change)
            unit.rule_changes.add_tags(change.id, asks)
        superseded = _record_applied(services, unit, job, change, made)
    tell_superseded(superseded)
    mine = _change_of(job).id
    return made, sum(bool(ids) and not any(each.startswith(mine) for each in ids) for _, ids in asked)


def _record_applied(services: Services, unit: Unit, job: Job, change: RuleChange, made: Sequence[_Plan]) -> list[str]:
    """Record a batch and count it in the job's result; return the requests that it supersedes."""
    superseded = unit.rule_changes.supersede(change.digest)
    renewed = sum(plan.keep is not None and not plan.changes for plan in made)
    changed = [_fields(plan.stored, plan.changes) for plan in made if plan.changes]
    asked = [_fields(plan.stored, plan.waiting) for plan in made if plan.asks]
    counts = Counter(_tag_name(one.field, one.direction) for plan in made for one in (*plan.changes, *plan.waiting))
    counts["changed"] = sum(bool(plan.changes or plan.asks) for plan in made)
    counts["closed"] = sum(len(plan.closed) for plan in made)
    counts.update({"renewed": renewed, "asked": len(asked), "superseded": len(superseded)})
    count_in(unit, job, counts)
    if changed or renewed or asked or superseded:
        details = {"changed": changed, "renewed": renewed, "asked": asked, "superseded": superseded}
        _record(services, unit, change, (change.by, change.user), {"done": "apply", **details})
    return superseded


def _fields(stored: StoredAsset, found: Iterable[TagChange]) -> dict[str, Any]:
    return {"asset": stored.asset.id, "fields": {each.field: each.direction for each in found}}


def _record(
    services: Services, unit: Unit, change: RuleChange, who: tuple[Actor, SystemUser], details: dict[str, Any]
) -> None:
    by, user = who
    told = {"by": asdict(by), "system_user": asdict(user), "digest": change.digest, **details}
    services.ledger.append(unit, at=services.now(), kind="rules", subject=change.id, details=told)


def _asked_in(unit: Unit, plan: _Plan, change: RuleChange) -> list[str]:
    """Return the ids of the requests that wait already for what a plan asks for."""
    asks = plan.asks
    if asks is None:
        return []
    known = unit.rule_changes.asked(asks.asset_id, change.digest)
    return [
        request
        for request, each in known.items()
        if each.before == asks.before and decided_fields(each.after) == decided_fields(asks.after)
    ]


def _saved(services: Services, unit: Unit, plan: _Plan) -> _Plan:
    """Keep a recording's new tags, and close the links they refuse, in the caller's transaction."""
    if plan.keep is None:
        return plan
    tag = access_to_original(plan.keep.tagging, services.now().date())
    unit.assets.save(replace(plan.keep, release_tag=tag, updated_at=services.now()))
    if not plan.changes:
        return plan
    fell = close_refused_links(services, unit, asset_key=plan.stored.asset.key)
    # What is under an order that forbids telling is told to nobody here.
    return replace(plan, closed=tuple(link.id for link in fell if not link.secret), has_closed=bool(fell))


def _finish(services: Services, plans: Iterable[_Plan], tally: Tally, tell: Tell) -> None:
    """Do all that `_finishing` does."""
    for _ in _finishing(services, plans, tally, tell):
        pass


def _finishing(services: Services, plans: Iterable[_Plan], tally: Tally, tell: Tell) -> Iterator[None]:
    """Write the object tags, close the links that are refused now, and report it; yield after each recording.

    Also for unchanged recordings: another run may have broken off after keeping them.
    """
    plans = list(plans)
    if any(plan.has_closed for plan in plans):
        close_copies(services, None)
    for plan in plans:
        key = plan.stored.asset.key
        written = one_of_many(partial(_written, services, plan.stored))
        tally.failed += plan.unread or not written
        closed = plan.closed + tuple(link.id for link in recheck_links(services, asset_key=key))
        if plan.changes or plan.asks or closed:
            told = Retagged(plan.stored.asset.id, key, plan.changes, plan.waiting, closed)
            tally.add(told)
            tell(told)
        yield


def _written(services: Services, stored: StoredAsset) -> bool:
    with services.store.reading() as unit:
        kept = unit.assets.by_id(stored.asset.id)
    if kept:
        write_object_tags(services, kept)
    return True


def _check(services: Services, change: RuleChange, by: Actor, user: SystemUser) -> None:
    if by.role not in CUSTODIANS:
        raise InputError("only the custodian or a designee lets rules loosen tags: add --as custodian:NAME")
    command = f"dam-plugin rules approve {change.id} --as designee:NAME"
    two_people.require_person(user, "approves nothing", command)
    two_people.require_another(change.user, user, "asked for this change", command)
    if change.state != "pending":
        raise InputError(f"this change of rules is {change.state} already: `dam-plugin rules pending` lists what waits")
    if change.digest != services.rules.digest:
        raise InputError(
            "the rules in force are others than this change was asked for: run `dam-plugin rules apply` again"
        )


@dataclass(frozen=True, slots=True)
class _Again:
    """A recording that was asked for, examined again; without a result it is `stale`, or could not be examined."""

    asked: PendingTags
    fresh: ExaminedAnew | None = None
    stale: bool = False


def _again(services: Services, asked: PendingTags) -> _Again:
    stored = current(services, asked.key)
    if stored is None or stored.asset.id != asked.asset_id or stored.tagging != asked.before:
        return _Again(asked, stale=True)
    fresh = examine_anew(services, stored)
    if fresh and decided_fields(fresh.anew.tagging) != decided_fields(asked.after):
        return _Again(asked, stale=True)
    return _Again(asked, fresh)


def _applied_before(services: Services, asked: Iterable[PendingTags]) -> Iterator[_Plan]:
    """Return what an approval that broke off has kept already, where it still is the newest version."""
    for each in asked:
        stored = current(services, each.key) if each.outcome == "applied" else None
        if stored and stored.asset.id == each.asset_id:
            yield _Plan(stored)


def _approved(
    services: Services, done: Approved, who: tuple[Actor, SystemUser], found: Sequence[_Again]
) -> list[_Plan]:
    """Let a batch take effect with its entry in the ledger; return the plans that were kept."""
    change = done.change
    stale: list[PendingTags] = []
    made: list[_Plan] = []
    with services.store.writing() as unit:
        _check(services, unit.rule_changes.need(change.id), *who)
        for each in found:
            fresh = each.fresh
            if each.stale or (fresh and unit.assets.current(each.asked.key) != fresh.stored):
                stale.append(each.asked)
            elif fresh:
                made.append(_Plan(fresh.stored, fresh.anew, changes_between(each.asked.before, fresh.anew.tagging)))
        made = [_saved(services, unit, plan) for plan in made]
        for plan in made:
            unit.rule_changes.settle(change.id, plan.stored.asset.id, "applied")
        for asked in stale:
            unit.rule_changes.settle(change.id, asked.asset_id, "stale")
        if made or stale:
            applied = [_fields(plan.stored, plan.changes) for plan in made]
            skipped = [asked.asset_id for asked in stale]
            _record(services, unit, change, who, {"done": "approve", "changed": applied, "stale": skipped})
    done.stale += [asked.key for asked in stale]
    return made
