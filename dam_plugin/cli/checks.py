"""The checks of `doctor`: each says what is wrong and what to do about it, in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from dam_hooks import manager, services_of
from dam_hooks.plugin import OURS
from dam_plugin.admin.accept import verified, verified_since
from dam_plugin.admin.audit import released_by_earlier_version
from dam_plugin.admin.reconcile import RECONCILE, repair
from dam_plugin.cli.links import copies_in_caches, copies_waiting
from dam_plugin.cli.output import local
from dam_plugin.custodian import holds
from dam_plugin.custodian.amendments_astray import amendments_astray
from dam_plugin.custodian.choices import asked_by_students, without_right
from dam_plugin.custodian.guardianships import acting_without_absence, guardians_to_tell_apart
from dam_plugin.custodian.letters import templates_of
from dam_plugin.custodian.never_guardians import waiting_for_second
from dam_plugin.custodian.opt_outs_again import ended_wrongly, held_again
from dam_plugin.custodian.request_register import register_state
from dam_plugin.custodian.sealed_book import sealed_matters
from dam_plugin.custodian.turned_away import turned_away
from dam_plugin.custodian.work import queue_state
from dam_plugin.errors import DamPluginError, SettingsError, StorageError
from dam_plugin.intake import exiftool, faces, reader
from dam_plugin.intake.examine import reading_limits
from dam_plugin.ledger.end_kept_outside import EndKeptOutside, Told
from dam_plugin.library.event_queue import NO_DEAD_LETTERS, Queue
from dam_plugin.library.guard import guard_of
from dam_plugin.library.s3 import check_bucket_name
from dam_plugin.library.setup import prepare
from dam_plugin.model import Consent, Guardianship
from dam_plugin.services import Services, clock_of, rules_of
from dam_plugin.settings import Settings, rulings_in
from dam_plugin.sharing.due_dates import is_weekend
from dam_plugin.sharing.published_copy import abandoned_copies
from dam_plugin.sharing.same_person import TELL_WHO
from dam_plugin.sharing.third_parties import roster_is_stale
from dam_plugin.telemetry.other_clock import MOST_SECONDS, WARN_SECONDS
from dam_tagging.metadata.containers import audio

MOST_TOLD = 5
# Entries of a ledger that is verified whole each time: reading so many takes a second or two.
MOST_READ = 20_000
WHOLE_EVERY = timedelta(days=7)
# A job that has got no further for so long: its process is gone, or none runs.
JOB_STANDS_STILL = timedelta(minutes=10)
# Weekdays of a year; more look like school breaks.
MOST_HOLIDAYS = 25
# How old the last listing may be: of a library that is followed by it alone, and beside notifications.
LISTED_EVERY: Mapping[str, timedelta] = {"listing": timedelta(hours=1), "webhook": timedelta(days=2)}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `warning` limits what the plugin can do, `failed` stops it. `counts`: the detail for programs."""

    name: str
    state: Literal["ok", "warning", "failed"]
    detail: str
    counts: Mapping[str, int] = field(default_factory=dict)


def examine(*, repairing: bool = False, given: Settings | None = None) -> Iterator[Check]:
    """Look at settings, rules, rulings, plugins, bucket, queue, store, ledger, delivery, and work that broke off.

    `repairing`: put right first what broke off, and tell of it as a check of its own. `given`: these settings, in place of
    those of the environment and the current folder.
    """
    try:
        settings = given or Settings.load()
        settings.need("bucket", "pseudonym_key", "signing_key")
    except DamPluginError as error:
        yield Check("settings", "failed", str(error))
        return
    yield Check("settings", "ok", "every setting is known and well-formed")
    named = [*_rules(settings), *_rulings(settings), *_bucket_name(settings), *_face_model(settings)]
    yield from named
    if any(check.name == "bucket" for check in named):
        return
    failed = {check.name for check in named if check.state == "failed"}
    # The remaining checks run without the broken part.
    without: dict[str, object] = {"rules": None} if "rules" in failed else {}
    if "rulings" in failed:
        without["district"] = settings.district.model_copy(update={"rulings": None})
    if "detector" in failed:
        without["count_faces"] = False
    try:
        pm = manager(settings.model_copy(update=without))
    except DamPluginError as error:
        yield Check("plugins", "failed", str(error))
        return
    others = [name for name, _ in pm.list_name_plugin() if name != OURS]
    yield Check("plugins", "ok", f"attached: {', '.join(others) or 'none besides dam-plugin'}")
    services = services_of(pm)
    try:
        if repairing and "rulings" in failed:
            yield Check(
                "repair", "failed", "nothing is put right while the rulings cannot be read: it would be decided anew"
            )
        elif repairing:
            yield _checked("repair", _repaired, services)
        for name, look in _CHECKS:
            if name not in failed:
                yield _checked(name, look, services)
    finally:
        services.store.close()
        services.library.close()


def _rules(settings: Settings) -> Iterator[Check]:
    """Look at the rules: how many there are, or that they cannot be used and each mistake on a line of its own."""
    try:
        rules = rules_of(settings.rules)
    except SettingsError as error:
        count = len(error.problems)
        sentence = f"the rules of DAM_PLUGIN_RULES cannot be used: {count} mistake(s)" if count else str(error)
        yield from (Check("rules", "failed", detail) for detail in (sentence, *error.problems))
        return
    shipped = "" if settings.rules else ", as shipped (DAM_PLUGIN_RULES names your own)"
    yield Check("rules", "ok", f"{len(rules.rules)} rules, digest {rules.digest}{shipped}")


def _rulings(settings: Settings) -> Iterator[Check]:
    """Look at the district's rulings: the switches in force and who decided each, or each mistake on a line of its own."""
    path = settings.district.rulings
    try:
        rulings = rulings_in(path, clock_of(settings)().date())
    except SettingsError as error:
        yield from (Check("rulings", "failed", detail) for detail in error.problems or (str(error),))
        return
    if path is None:
        yield Check("rulings", "ok", "as built in (rulings.toml beside the settings makes them stricter)")
        return
    told = [
        f"{each.ruling} = {each.value} ({decided.by}, {decided.on})"
        for each in rulings.in_force
        if (decided := rulings.decided(each.ruling)) is not None
    ]
    switches = "; ".join(told) or "no switch is in force"
    yield Check("rulings", "ok", f"{switches}; digest {rulings.digest}")


def _bucket_name(settings: Settings) -> Iterator[Check]:
    """Look whether the bucket's name can be one: whether it answers is seen later."""
    try:
        check_bucket_name(settings.bucket or "")
    except SettingsError as error:
        yield Check("bucket", "failed", f"DAM_PLUGIN_BUCKET: {error}")


def _face_model(settings: Settings) -> Iterator[Check]:
    """Look whether the model of the built-in detector can be used; `detector` says later what comes of it."""
    if not settings.count_faces or not (settings.face_model or faces.has_model()):
        return
    try:
        faces.FaceDetector(settings.face_model or faces.OWN_MODEL, least_score=settings.face_score)
    except SettingsError as error:
        yield Check("detector", "failed", str(error))


def _checked(name: str, look: Callable[[Services], Check | str], services: Services) -> Check:
    try:
        seen = look(services)
    except DamPluginError as error:
        return Check(name, "failed", str(error))
    return seen if isinstance(seen, Check) else Check(name, "ok", seen)


def _bucket(services: Services) -> str:
    services.library.check_bucket()
    return f"'{services.library.bucket}' answers"


def _queue(services: Services) -> Check | str:
    if services.settings.events != "queue":
        return _news(services)
    url = services.settings.queue_url
    if url is None:
        return Check(
            "queue",
            "warning",
            "no queue is set: uploads are tagged by `reconcile` alone; run `dam-plugin init`, with `--events listing` where "
            "the server has no queue",
        )
    with Queue.connect(url) as queue:
        counts = queue.counts()
    if counts.dead is None:
        return Check("queue", "failed", NO_DEAD_LETTERS)
    if counts.dead:
        detail = (
            f"{counts.dead} message(s) in the dead-letter queue: `dam-plugin dlq list` says why; once that is mended, "
            "`dam-plugin dlq redrive`, or `dam-plugin reconcile`, tags what they announced"
        )
        return Check("queue", "warning", detail)
    with services.store.reading() as unit:
        heard = unit.news.heard("queue")
    return f"{counts.visible} waiting, {counts.in_flight} in work, none dead; {_last(services, 'event', 'came', heard)}"


def _news(services: Services) -> Check:
    """Say how uploads are heard of without a queue, and when anything was last."""
    mode = services.settings.events
    with services.store.reading() as unit:
        done, posted = unit.jobs.last_done(RECONCILE.name), unit.news.heard(mode)
    listed = done.moved_at if done is not None else None
    told = _last(services, "listing", "ended", listed)
    if mode == "webhook":
        told = f"{_last(services, 'notification', 'came', posted)}; {told}"
        remedy = "run `dam-plugin reconcile` once a day: what was not posted is found by it alone"
    else:
        remedy = "run `dam-plugin reconcile --every 5m` all the time"
    most = LISTED_EVERY[mode]
    is_late = listed is None or services.now() - listed > most
    return Check("queue", "warning" if is_late else "ok", f"{told}: {remedy}" if is_late else told)


def _last(services: Services, what: str, did: str, at: datetime | None) -> str:
    """Say when something last happened: "the last event came 5 min ago"."""
    if at is None:
        return f"no {what} {did} yet"
    minutes = max(0, int((services.now() - at).total_seconds() // 60))
    return (
        f"the last {what} {did} {minutes} min ago" if minutes < 120 else f"the last {what} {did} {minutes // 60} h ago"
    )


def _bucket_settings(services: Services) -> Check | str:
    """Look whether `init` would find anything to do: versioning, notification, queues."""
    url = services.settings.queue_url
    if services.settings.events != "queue":
        on = services.library.keeps_versions()
        return (
            "versioning is on"
            if on
            else Check("bucket settings", "warning", "versioning is off: run `dam-plugin init`")
        )
    if url is None:
        return Check("bucket settings", "warning", "not looked at without a queue; run `dam-plugin init`")
    steps, _ = prepare(services.library.bucket, url.rsplit("/", 1)[-1], dry_run=True, create_bucket=False)
    open_steps = [step.name for step in steps if step.state == "to do"]
    if open_steps:
        return Check("bucket settings", "warning", f"to be set: {', '.join(open_steps)}; run `dam-plugin init`")
    return "versioning and notifications are on"


def _bucket_policy(services: Services) -> Check | str:
    guard = guard_of(services.library.bucket)
    if guard == "of a version before":
        detail = (
            "our bucket policy is from an earlier version: a URL that the host signs opens an original for staff to "
            "anybody; run `dam-plugin policy apply`"
        )
        return Check("bucket policy", "failed", detail)
    if guard == "none":
        detail = (
            "no policy of ours guards the bucket: earlier URLs still work after a revocation, and anybody with "
            "keys can read what is on hold; run `dam-plugin policy apply`"
        )
        return Check("bucket policy", "warning", detail)
    return "our policy guards the bucket; `dam-plugin policy check` says what outsiders could do"


def _store(services: Services) -> Check | str:
    why = services.store.unready()
    if why is not None:
        return Check("store", "failed", why)
    told = f"at revision {services.store.revision()}"
    connections = services.store.connections()
    if connections is None:
        return told
    used, most = connections
    ours = services.settings.database_connections
    told += f"; {used} of the database's {most} connections are open, and a process of ours takes {ours} at most"
    if used + ours > most:
        remedy = (
            "lower `database_connections`, raise the server's limit, or put PgBouncer in front (docs/operations.md)"
        )
        return Check("store", "warning", f"{told}: {remedy}")
    return told


def _clocks(services: Services) -> Check | str:
    """Compare this machine's clock with the database's, which leases and links go by, and with the storage's."""
    with services.store.reading():
        pass
    services.library.check_bucket()
    known = [each for each in (services.store.clock, services.library.clock) if each.ahead is not None]
    told = "; ".join(each.told() for each in known) or "no other machine's clock is known"
    most = max((abs(each.ahead or 0.0) for each in known), default=0.0)
    if most <= WARN_SECONDS:
        return told
    remedy = "set the clocks of all machines, by NTP for example"
    if abs(services.library.clock.ahead or 0.0) > MOST_SECONDS:
        return Check("clocks", "failed", f"{told}: no link opens from here; {remedy}")
    return Check("clocks", "warning", f"{told}: {remedy}")


def _ledger(services: Services) -> Check | str:
    """Verify a small ledger whole, and of a large one what followed the last whole check."""
    with services.store.reading() as unit:
        is_large = unit.entries.last_seq() > MOST_READ
    verification = (verified_since(services) if is_large else None) or verified(services)
    if not verification.ok:
        more = len(verification.others) + verification.untold
        others = f"; {more} more: `dam-plugin ledger verify`" if more else ""
        return Check("ledger", "failed", f"it does not hold: {verification.why}{others}")
    told = f"{verification.entries} entries, unbroken"
    if verification.whole_at is None:
        return told
    whole_at = datetime.fromisoformat(verification.whole_at)
    told += f"; all of them were read on {local(whole_at)}, and since then those that followed"
    if services.now() - whole_at > WHOLE_EVERY:
        return Check("ledger", "warning", f"{told}: read all of them again, `dam-plugin ledger verify`")
    return told


def _end_kept_outside(services: Services) -> Check | str:
    """Say where the ledger's end is kept outside of the database, and how old that is."""
    watch = services.store.watch
    places = watch.told() if isinstance(watch, EndKeptOutside) else []
    lines = [_age_of_end(each, services.now()) for each in places]
    if any(each.error for each in places) or not places:
        return Check("ledger outside", "warning", "; ".join(lines) or "the ledger's end is kept nowhere else")
    return "; ".join(lines)


def _age_of_end(place: Told, now: datetime) -> str:
    if place.kept is None:
        return f"{place.name}: {place.error or 'nothing is kept there yet'}"
    age = max(now - datetime.fromisoformat(place.kept.at), timedelta())
    return f"{place.name}: entry {place.kept.seq}, {age.total_seconds():.0f} s old"


def _delivery(services: Services) -> Check | str:
    try:
        services.library.presign("released/doctor", None, seconds=1)
    except StorageError as error:
        return Check("delivery", "failed", str(error))
    except DamPluginError as error:
        return Check("delivery", "warning", f"links are refused: {error}")
    return "links can be signed by the delivery role"


def _unfinished(services: Services) -> Check | str:
    with services.store.reading() as unit:
        count = len(abandoned_copies(services, unit)) + sum(
            unit.shares.count_releases(each) for each in ("moving", "recorded")
        )
    if count:
        return Check("releases", "warning", f"{count} broke off in the middle: run `dam-plugin doctor --repair`")
    return "none broke off in the middle"


def _jobs(services: Services) -> Check | str:
    with services.store.reading() as unit:
        still = unit.jobs.standing_still(services.now() - JOB_STANDS_STILL)
        stale = unit.words.stale_count()
    counts = {"standing_still": still, "to_tag_again": stale}
    if still:
        who = "dam-plugin worker" if services.announce_job is None else "celery -A dam_hooks.celery_app worker"
        told = f"{still} job(s) got no further for {JOB_STANDS_STILL.seconds // 60} minutes: run `{who}`, or"
        return Check("jobs", "warning", f"{told} `dam-plugin jobs resume ID`", counts)
    if stale:
        told = f"{stale} recording(s) wait to be tagged again, and are not given out until then: `dam-plugin jobs list`"
        return Check("jobs", "warning", told, counts)
    return "none stands still, and no recording waits to be tagged again"


def _driver(services: Services) -> Check | str:
    """Look who does the jobs, and whether a broker that is set answers."""
    settings = services.settings
    if settings.broker_url is None:
        return "done by `dam-plugin worker` itself; no broker for Celery is set"
    if services.announce_job is None:
        return Check(
            "who does jobs",
            "warning",
            "DAM_PLUGIN_BROKER_URL is set, and the extra `scale` is missing, so `dam-plugin worker` does the jobs: "
            "pip install 'dam-plugin[scale]'",
        )
    from dam_hooks.celery_app import check_broker

    return f"done by Celery; its broker ({check_broker(settings)}) answers"


def _closed(services: Services) -> Check | str:
    with services.store.reading() as unit:
        closing, purging = (unit.shares.count_releases(state) for state in ("closing", "purging"))
        originals = len(unit.assets.unwritten())
    waiting = [copies_waiting(closing)] if closing else []
    waiting += [copies_in_caches(purging)] if purging else []
    waiting += (
        [f"{originals} original(s) wait to be put on hold: run `dam-plugin doctor --repair`"] if originals else []
    )
    if waiting:
        return Check("closed copies", "warning", "; ".join(waiting), {"waiting": closing, "purging": purging})
    return "all are on hold"


def _repaired(services: Services) -> Check:
    done = repair(services)
    counts = {
        "closed": done.closed,
        "finished": done.recovered.finished,
        "undone": done.recovered.undone,
        "held": done.settled.held,
        "strays": done.strays,
        "unanswered": done.unanswered,
        "waiting": done.settled.waiting,
        "purging": done.settled.purging,
        "failed": done.recovered.failed + done.failed,
    }
    repaired = ", ".join(_REPAIRED[name].format(count) for name, count in counts.items() if count)
    is_left = counts["waiting"] or counts["purging"] or counts["failed"]
    return Check("repair", "warning" if is_left else "ok", repaired or "nothing had broken off", counts)


_REPAIRED = {
    "closed": "{} link(s) closed that no longer stood",
    "finished": "{} recorded release(s) finished",
    "undone": "{} release(s) undone that were never recorded",
    "held": "{} copy(ies) of closed links put on hold",
    "strays": "{} copy(ies) on no record put on hold",
    "unanswered": "{} request(s) of hosts forgotten whose process ended before it answered",
    "waiting": "{} copy(ies) still wait to go on hold",
    "purging": "{} copy(ies) still wait to be purged from a cache",
    "failed": "{} object(s) the storage refused",
}


def _roster(services: Services) -> Check | str:
    with services.store.reading() as unit:
        count = len(unit.people.students(active_only=True))
        last = unit.people.last_import()
    if not count:
        return Check(
            "roster", "warning", "no students: nobody can be recognized by name; run `dam-plugin roster import`"
        )
    if roster_is_stale(services, last[0] if last else None):
        days = services.settings.roster_max_age_days
        age = f"was last imported on {last[0]:%Y-%m-%d} from '{last[1]}'" if last else "is of an unknown age"
        detail = (
            f"{count} students, but the roster {age}, and {days} days are its limit (DAM_PLUGIN_ROSTER_MAX_AGE_DAYS)"
        )
        return Check("roster", "failed", f"{detail}: directory shares are referred; run `dam-plugin roster import`")
    return f"{count} students, imported on {last[0]:%Y-%m-%d} from '{last[1]}'" if last else f"{count} students"


def _choices(services: Services) -> Check | str:
    """Look whether it was said where families' opt-outs come from: none on file means nothing until then."""
    with services.store.reading() as unit:
        state = unit.people.roster_state()
        # Not asked where it makes no difference: it reads the whole roster.
        is_empty = not state.knows_choices and not unit.people.students(active_only=True)
    if doubted := [*_asked_by_students(services), *_without_right(services), *_holding_again(services)]:
        counts = {name: count for name, count, _ in doubted}
        return Check("choices", "warning", "; ".join(detail for _, _, detail in doubted), counts)
    if state.knows_choices:
        return f"it was said where opt-outs come from ({state.choices}): `dam-plugin roster choices`"
    if is_empty:
        return Check(
            "choices", "warning", "the first roster says where opt-outs come from; run `dam-plugin roster import`"
        )
    what = "opt-outs are still to come" if state.choices else "nobody has said where opt-outs come from"
    detail = (
        f"{what}: directory shares are referred; import the roster with the file of opt-outs, or state that they are entered "
        "by hand: `dam-plugin roster choices none --why TEXT --as custodian:NAME`"
    )
    return Check("choices", "failed", detail)


def _asked_by_students(services: Services) -> Iterator[tuple[str, int, str]]:
    if asked := asked_by_students(services):
        detail = (
            f"{len(asked)} student(s) who do not hold the rights opted out themselves ({_some(asked)}): it holds; confirm it "
            "with the parent (34 CFR 99.3, 99.5), who says the same, `dam-plugin student opt-out ID --by G-…`, or ends it, "
            "`dam-plugin student opt-in ID --by G-… --why TEXT --as custodian:NAME`"
        )
        yield "asked_by_students", len(asked), detail


def _without_right(services: Services) -> Iterator[tuple[str, int, str]]:
    if of_others := without_right(services):
        who = ", ".join(f"{each} by {' and '.join(by)}" for each, by in list(of_others.items())[:MOST_TOLD])
        more = ", …" if len(of_others) > MOST_TOLD else ""
        detail = (
            f"{len(of_others)} student(s) who held the rights are opted out by somebody else ({who}{more}): it stays in force "
            "until the custodian has said whose word it is (34 CFR 99.5): ask the student, then `dam-plugin student opt-in ID "
            "--without-right --why TEXT --as custodian:NAME`, and, where the student says the same, first `dam-plugin student "
            "opt-out ID --by ID`"
        )
        yield "without_right", len(of_others), detail


def _holding_again(services: Services) -> Iterator[tuple[str, int, str]]:
    """Yield the opt-outs that hold again, and those that the wrong person ended and that nothing let hold again yet."""
    with services.store.reading() as unit:
        wrongly = ended_wrongly(services, unit)
    for name, found, then in (
        (
            "opt_outs_ended_wrongly",
            wrongly,
            ". It does so once a roster is imported, `dam-plugin roster import`: import it now",
        ),
        ("opt_outs_holding_again", held_again(services), ""),
    ):
        if found:
            more = f"; and {len(found) - MOST_TOLD} more" if len(found) > MOST_TOLD else ""
            yield name, len(found), "; ".join(each.sentence for each in found[:MOST_TOLD]) + more + then


def _guardians(services: Services) -> Check | str:
    """Look whether it has to be said who a guardian is, and whether somebody acts as a parent beside others (34 CFR 99.3)."""
    acting, untold = acting_without_absence(services), guardians_to_tell_apart(services)
    half_said = waiting_for_second(services)
    if not acting and not untold and not half_said:
        return "nobody acts as a parent of a student beside a parent or guardian who is on file"
    told = (
        [TELL_WHO.format(", ".join(untold[:MOST_TOLD]) + (", …" if len(untold) > MOST_TOLD else ""))] if untold else []
    )
    told += [_of_acting(acting)] if acting else []
    told += [_of_half_said(half_said)] if half_said else []
    students = {*untold, *acting, *(each.student for each in half_said)}
    return Check("guardians", "warning", "; ".join(told), {"students": len(students)})


def _of_half_said(stated: Sequence[Guardianship]) -> str:
    who = ", ".join(f"{each.guardian} of {each.student}" for each in stated[:MOST_TOLD])
    return (
        f"a first person said of these that they never were a guardian: {who}{', …' if len(stated) > MOST_TOLD else ''}. A "
        "second system user says the same (`dam-plugin student guardian never-was`), or two end it (`dam-plugin student "
        "guardian end`)"
    )


def _of_acting(acting: Mapping[str, tuple[str, ...]]) -> str:
    who = ", ".join(f"{' and '.join(by)} of {each}" for each, by in list(acting.items())[:MOST_TOLD])
    more = ", …" if len(acting) > MOST_TOLD else ""
    return (
        f"{len(acting)} student(s) have a guardian by hand who is no parent or guardian by their relation, such as a step- or "
        f"grandparent, while a parent or guardian is on file ({who}{more}): they hold a parent's rights in the absence of one "
        "alone (34 CFR 99.3). Where one is there, `dam-plugin student guardian remove ID G-… --why TEXT --as custodian:NAME`. "
        "Where none is, `dam-plugin student guardian add ID G-… --seen TEXT --absence TEXT --as custodian:NAME`; whom a court "
        "made the guardian, the same with --relation guardian in place of --absence"
    )


def _purposes(services: Services) -> Check | str:
    """Look whether every choice on file names a purpose of the district's list; a choice by another word fails closed."""
    purposes, today = services.settings.purposes, services.now().date()
    with services.store.reading() as unit:
        outs = unit.people.limited_opt_outs(today)
        consents = unit.people.every_consent()
    unknown = [student for student, each in outs if any(purposes.word(word) is None for word in each.purposes or ())]
    idle = [
        each.student
        for each in consents
        if each.purpose is not None and purposes.whole(each.purpose) is None and _holds(each, today)
    ]
    told = []
    if unknown:
        told.append(
            f"{len(unknown)} opt-out(s) in force have a purpose that the district's list does not know, and count for every "
            f"purpose ({_some(unknown)})"
        )
    if idle:
        told.append(
            f"{len(idle)} consent(s) have a purpose that the list does not know, or only a part of one, and permit nothing "
            f"({_some(idle)})"
        )
    if told:
        remedy = (
            "see `dam-plugin student show`; add the word to [purposes] in dam-plugin.toml, or end the opt-out, revoke the "
            "consent, and record it again by a word of `dam-plugin purposes`"
        )
        counts = {"unknown_opt_outs": len(unknown), "unknown_consents": len(idle)}
        return Check("purposes", "warning", f"{'; '.join(told)}: {remedy}", counts)
    return f"{len(purposes.purposes)} purposes; every choice on file is for one of them"


def _holds(consent: Consent, today: date) -> bool:
    return consent.revoked_on is None and (consent.expires is None or consent.expires >= today)


def _some(students: Iterable[str]) -> str:
    found = sorted(set(students))
    return ", ".join(found[:MOST_TOLD]) + (", …" if len(found) > MOST_TOLD else "")


def _custodian(services: Services) -> Check | str:
    """Look at the custodian's queue, and whether it is announced to anybody."""
    state = queue_state(services)
    counts = {"open": state.open, "overdue": state.overdue, "reviews": state.reviews, "pending": state.pending}
    detail = (
        f"{state.open} waiting, {state.overdue} overdue, {state.reviews} review(s) of an emergency, {state.pending} to be "
        "approved"
    )
    if state.overdue:
        return Check("custodian", "warning", f"{detail}: `dam-plugin queue list --overdue`", counts)
    if not state.somebody_is_told:
        hint = "no plugin answers the hook 'notify', so nobody is told of new work: look at `dam-plugin queue list` each day"
        return Check("custodian", "warning", f"{detail}; {hint}", counts)
    return Check("custodian", "ok", detail, counts)


def _sealed(services: Services) -> Check | str:
    """Look how long sealed matters wait, without telling what they are: nobody else is reminded of them."""
    state = sealed_matters(services)
    counts = {"waiting": state.waiting}
    if state.since is None:
        return Check("sealed", "ok", "no sealed matter waits for the custodian", counts)
    detail = f"{state.waiting} sealed matter(s) wait for the custodian, the oldest since {state.since}"
    look = "`dam-plugin queue list --sealed --as custodian:NAME`, and `request list` likewise"
    if state.is_late:
        return Check("sealed", "failed", f"{detail}, which is more than a business day: look now, {look}", counts)
    return Check("sealed", "warning", f"{detail}: {look}", counts)


def _held(services: Services) -> Check | str:
    """Look for deletions of held recordings, and whether the storage can refuse or undo them."""
    found = holds.alarms(services)
    lost = sum(each.outcome in ("lost", "waiting") for each in found)
    counts = {"alarms": len(found), "lost": lost}
    if found:
        how = f"{lost} of them not undone" if lost else "all undone"
        detail = f"{len(found)} deletion(s) of held recordings, {how}: `dam-plugin hold alarms`"
        return Check("holds", "failed" if lost else "warning", detail, counts)
    known = holds.list_holds(services)
    requests = len({each.request_id for each in known.requests})
    held = f"{len(known.holds)} hold(s), {len(known.referrals)} referral(s) and {requests} request(s) that hold a recording"
    if not (known.holds or known.referrals or requests):
        return "no recording is held"
    warning = holds.storage_of(services).warning
    if warning:
        return Check("holds", "warning", f"{held}; {warning}", counts)
    with services.store.reading() as unit:
        refused = len(unit.holds.unfinished_locks()) if not unit.holds.is_any_work() else 0
    if refused:
        detail = f"{held}; the storage did not lock {refused} recording(s): run `dam-plugin doctor --repair`"
        return Check("holds", "warning", detail, counts)
    return held


def _requests(services: Services) -> Check | str:
    """Look at the register of requests."""
    state = register_state(services)
    detail, counts = f"{state.running} waiting, {state.overdue} overdue", asdict(state)
    if state.overdue:
        detail += ": `dam-plugin request list --overdue`"
    wronged = turned_away(services)
    if wronged:
        more = f"; and {len(wronged) - MOST_TOLD} more" if len(wronged) > MOST_TOLD else ""
        detail = "; ".join((detail, *(each.sentence for each in wronged[:MOST_TOLD]))) + more
        counts |= {"turned_away": len(wronged)}
    astray = amendments_astray(services)
    if astray:
        more = f"; and {len(astray) - MOST_TOLD} more" if len(astray) > MOST_TOLD else ""
        detail = "; ".join((detail, *astray[:MOST_TOLD])) + more
        counts |= {"amendments_astray": len(astray)}
    return Check("requests", "warning" if state.overdue or wronged or astray else "ok", detail, counts)


def _looser(services: Services) -> Check | str:
    """Look how many recordings would be held less strictly if the custodian said yes."""
    with services.store.reading() as unit:
        count = len(unit.assets.loosening())
    detail = f"{count} recording(s) would loosen once the custodian says yes: `dam-plugin review --looser`"
    return Check("former tags", "ok", detail, {"waiting": count}) if count else "nothing waits to loosen"


def _names(services: Services) -> Check | str:
    """Look whether anything is out that an earlier version tagged, which took one right name for all."""
    due = released_by_earlier_version(services)
    if due:
        detail = (
            f"{len(due)} recording(s) that are out were tagged by an earlier version, and open nothing until looked at again: "
            "`dam-plugin audit names`"
        )
        return Check("names", "warning", detail, {"earlier": len(due)})
    return "what is out was tagged by this version; `dam-plugin audit names` lists what rests on a name alone"


def _detector(services: Services) -> Check | str:
    """Look by what means it is known who is in a recording, and whether a detector counts faces."""
    settings = services.settings
    if settings.complete_by == "metadata":
        return Check(
            "detector",
            "warning",
            "by 'complete_by' a name in a file is enough to know who is in it: whoever is beside is published unseen; set it "
            "to 'counted'",
        )
    if not services.third_parties.who_answers("find_people"):
        first = (
            "the model is not installed: install the plugin's wheel" if settings.count_faces else "set 'count_faces'"
        )
        return Check("detector", "warning", f"nobody counts faces, so every picture waits for a person's look; {first}")
    waiting = "wait for a person's look" if settings.pending_without_faces else "are taken to show nobody"
    return f"counts faces and recognizes nobody; pictures without names or faces {waiting}"


def _metadata_reader(services: Services) -> str:
    limits = reading_limits(services.settings)
    reader.check(limits)
    return f"starts; a file that takes longer than {limits.seconds} s or more than {limits.megabytes} MiB is held"


def _exiftool(services: Services) -> Check | str:
    wanted = services.settings.exiftool
    if wanted is None:
        return "not used; our own readers read every file (`exiftool = true` adds it)"
    program = exiftool.exiftool_path(wanted)
    if program is None:
        return Check("exiftool", "warning", f"'{wanted}' is not installed: our own readers read every file alone")
    return f"'{program}' is one more source"


def _sound(services: Services) -> Check | str:
    del services
    if not audio.is_installed():
        return Check("sound and video", "warning", f"{audio.MISSING}; such recordings wait for a person's look")
    return "read by MediaInfo"


def _letters(services: Services) -> Check | str:
    """Look at the templates of letters."""
    templates = templates_of(services.settings)
    if problems := templates.problems():
        detail = f"{problems[0]}; `dam-plugin letter check` tells every mistake"
        return Check("letters", "failed", detail, {"problems": len(problems)})
    return f"{len(templates.own)} templates of the district's own, the others are built in"


# EX4-DEFINITION denies until it is said.
_DEFINITION = (
    "the settings do not say whether the board's definition of directory information names images and recordings "
    "(`directory_includes_images` under `[district]`)"
)


def _district(services: Services) -> Check | str:
    district = services.settings.district
    lacking = [
        *(["no annual notice is set"] if district.directory_notice is None else []),
        # A district that says no has decided; one that says nothing has most often not seen the setting.
        *([] if "directory_includes_images" in district.model_fields_set else [_DEFINITION]),
    ]
    if lacking:
        return Check("district", "warning", f"{'; '.join(lacking)}: nothing is released as directory information")
    return f"annual notice of {district.directory_notice}"


def _holidays(services: Services) -> Check | str:
    """Look at the days that no due date counts: a school break among them would make an answer late."""
    days = [each for each in services.settings.district.holidays if not is_weekend(each)]
    if not days:
        return Check("holidays", "warning", "none are set: list the legal holidays (RSMo 9.010) in `district.holidays`")
    year, most = Counter(each.year for each in days).most_common(1)[0]
    if most > MOST_HOLIDAYS:
        return Check(
            "holidays",
            "warning",
            f"{most} weekdays of {year} are holidays: list legal holidays (RSMo 9.010) and days on which the records office is "
            "closed, not school breaks, which would make answers late",
        )
    return f"{len(days)} weekdays"


_CHECKS: tuple[tuple[str, Callable[[Services], Check | str]], ...] = (
    ("bucket", _bucket),
    ("bucket settings", _bucket_settings),
    ("bucket policy", _bucket_policy),
    ("queue", _queue),
    ("store", _store),
    ("clocks", _clocks),
    ("ledger", _ledger),
    ("ledger outside", _end_kept_outside),
    ("roster", _roster),
    ("choices", _choices),
    ("guardians", _guardians),
    ("purposes", _purposes),
    ("district", _district),
    ("holidays", _holidays),
    ("delivery", _delivery),
    ("releases", _unfinished),
    ("jobs", _jobs),
    ("who does jobs", _driver),
    ("closed copies", _closed),
    ("custodian", _custodian),
    ("sealed", _sealed),
    ("holds", _held),
    ("requests", _requests),
    ("letters", _letters),
    ("former tags", _looser),
    ("detector", _detector),
    ("names", _names),
    ("metadata reader", _metadata_reader),
    ("sound and video", _sound),
    ("exiftool", _exiftool),
)
