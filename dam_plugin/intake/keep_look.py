"""Keeping a person's look at a recording: check it, record it, write the object's tags, and close links that it refuses.

How a look changes tags is in `looks.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, replace
from datetime import datetime

from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import ClosedLinks, after_closing_for_third_parties, close_refused_links
from dam_plugin.intake.original_access import access_to_original, write_object_tags
from dam_plugin.intake.strictest_tags import (
    former_after_look,
    is_same_picture,
    students_shown_less,
    students_with_opt_outs,
    tags_that_hold,
    what_would_loosen,
)
from dam_plugin.intake.two_people import look_loosens
from dam_plugin.model import CUSTODIANS, Link, Look, Tagging
from dam_plugin.services import Services
from dam_plugin.sharing.gather_case import needs_two
from dam_plugin.sharing.whereabouts import has_time
from dam_plugin.store import StoredAsset, Unit
from dam_tagging.depicted import shows_one_face


def look_at(services: Services, key: str, look: Look) -> StoredAsset:
    """Keep a person's look at the current version of a key, tag it again, and close the links that today's decision refuses.

    Raises UnknownThing; InputError for a finding that belongs into the custodian's queue.
    """
    return look_and_close(services, key, look)[0]


def look_and_close(services: Services, key: str, look: Look) -> tuple[StoredAsset, ClosedLinks]:
    """Do the same as `look_at`; return the closed links, too."""
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        stored = unit.assets.need(key)
        _check(services, unit, stored, look)
        stored = keep_look(services, unit, stored, look)
        looked = (stored, *keep_in_copies(services, unit, stored, look))
        fell = close_refused_of(services, unit, looked)
    for each in looked:
        write_object_tags(services, each)
    return stored, after_closing_for_third_parties(services, fell, asset_key=key)


def check_before(services: Services, key: str, look: Look) -> None:
    """Raise the errors of `look_at` and keep nothing. Raises UnknownThing, InputError."""
    with services.store.reading() as unit:
        _check(services, unit, unit.assets.need(key), look)


def _check(services: Services, unit: Unit, stored: StoredAsset, look: Look) -> None:
    check_look(stored, look)
    _leave_to_custodian(services, unit, stored, look)
    _leave_directory_to_custodian(unit, stored, look)
    _leave_to_the_queue(services, unit, stored, look)


def keep_look(services: Services, unit: Unit, stored: StoredAsset, look: Look) -> StoredAsset:
    """Keep a look in the caller's transaction, and return the recording as it is tagged from then on.

    Raises UnknownThing for a student who is not on the roster. The caller says it of the copies (`keep_in_copies`) and closes
    what it refuses (`close_refused_of`) in the same transaction, and writes the objects' tags after it.
    """
    concerned = _students_of(unit, look)
    stored = tagged_after(services, unit, stored, look)
    unit.assets.add_look(stored.asset.id, look)
    unit.assets.save(stored)
    _on_the_ledger(services, unit, stored, look, concerned)
    return stored


def keep_in_copies(services: Services, unit: Unit, stored: StoredAsset, look: Look) -> list[StoredAsset]:
    """Add the people whom a look found to each copy of the same picture, too; return the copies that this changed.

    INVARIANT: the same picture is not denied under one key and published under another. Nobody is taken out of a copy, nor
    shown less than before, and how many are left to name is said only of a copy of which it was not known who is in it.
    """
    changed = []
    for each in unit.assets.copies_of(stored.asset) if look.persons else ():
        known = {seen.student for seen in each.tagging.appearances}
        persons = tuple(seen for seen in look.persons if seen.student not in known)
        # What one person may not say alone of a copy kept for discipline is not said of it by a look at another.
        if not persons or not is_same_picture(each.asset, stored.asset) or needs_two(each.tagging):
            continue
        left = None if each.tagging.state == "complete" else look.unidentified
        said = Look(at=look.at, by=look.by, persons=persons, unidentified=left)
        tagged = tagged_by_looks(each, [*unit.assets.looks(each.asset.id), said], services.now())
        unit.assets.add_look(each.asset.id, said)
        unit.assets.save(tagged)
        _on_the_ledger(services, unit, each, said, [seen.student for seen in persons])
        changed.append(tagged)
    return changed


def close_refused_of(services: Services, unit: Unit, looked: Iterable[StoredAsset]) -> tuple[Link, ...]:
    """Close every open link to these recordings that today's decision refuses, in the caller's transaction."""
    keys = (each.asset.key for each in looked)
    return tuple(link for key in keys for link in close_refused_links(services, unit, asset_key=key))


def _on_the_ledger(services: Services, unit: Unit, stored: StoredAsset, look: Look, concerned: Collection[str]) -> None:
    details = {"look": asdict(look)}
    services.ledger.append(
        unit, at=services.now(), kind="look", subject=stored.asset.id, details=details, students=concerned
    )


def tagged_after(services: Services, unit: Unit, stored: StoredAsset, look: Look) -> StoredAsset:
    """Return a recording as one more look would leave it; nothing is kept."""
    if stored.former is not None and stored.former.tagging is not None:
        named = {each.student for each in stored.former.tagging.appearances}
        # A look never beats an opt-out: only the custodian may say that such a student is not in it after all.
        theirs = () if look.by.role in CUSTODIANS else students_with_opt_outs(unit, named, services.now().date())
        stored = replace(stored, former=former_after_look(stored.former, look, theirs))
    return tagged_by_looks(stored, [*unit.assets.looks(stored.asset.id), look], services.now())


def check_look(stored: StoredAsset, look: Look) -> None:
    """Raise InputError for a statement that is not this person's, a time in a picture, or none in a video or sound."""
    media_type = stored.asset.media_type
    timed = any(each.intervals or each.keyframes or each.heard for each in look.persons)
    if timed and media_type.startswith("image/"):
        raise InputError("a picture has no time: say where in it somebody is (`ID@x,y,w,h`), not when")
    if has_time(media_type) and any(each.regions for each in look.persons):
        raise InputError("a box without a time places nobody in a recording: write `ID@x,y,w,h@START-END`")
    # RULING look-and-opt-out: a look never beats an opt-out: that a named student is not in it after all, the custodian says.
    if look.nobody and stored.tagging.appearances and look.by.role not in CUSTODIANS:
        who = "nobody else" if look.persons else "nobody"
        raise InputError(f"somebody is named in this recording: only the custodian can say that {who} is in it")


def _leave_to_custodian(services: Services, unit: Unit, stored: StoredAsset, look: Look) -> None:
    """Raise InputError if media staff would show less of a student whose family opted out than is on file.

    Less is: gone, incidental, not identifiable, elsewhere than marked or where another student is marked; or an open word
    that may be the student, settled without them.
    """
    if look.by.role in CUSTODIANS:
        return
    before, after = stored.tagging, tagged_after(services, unit, stored, look).tagging
    held = {each.student: each for each in before.appearances}
    less = {*students_shown_less(before, after)}
    for each in look.persons:
        known = held.get(each.student)
        hidden = each.prominence == "incidental" and (known is None or known.prominence != "incidental")
        if hidden or (not each.identifiable and (known is None or known.identifiable)):
            less.add(each.student)
    less.update(_elsewhere(before, after, look))
    named = {each.student for each in look.persons}
    for word in before.open_words:
        if word not in after.open_words and not named.intersection(word.students):
            less.update(word.students)
    if theirs := students_with_opt_outs(unit, less, services.now().date()):
        raise InputError(
            f"the family of {', '.join(sorted(theirs))} said no, and this look would show less of them than is on file: "
            "only the records custodian or a designee can say that (--as custodian:NAME, with their own account)"
        )


def _leave_directory_to_custodian(unit: Unit, stored: StoredAsset, look: Look) -> None:
    """Raise InputError if media staff would mark as directory information what the custodian last said is none."""
    if look.by.role in CUSTODIANS or look.directory_status in (None, "not_eligible"):
        return
    said = [each for each in unit.assets.looks(stored.asset.id) if each.directory_status is not None]
    if said and said[-1].directory_status == "not_eligible" and said[-1].by.role in CUSTODIANS:
        raise InputError(
            "the records custodian said that this recording is no directory information: only the custodian or a designee can "
            "say otherwise (--as custodian:NAME, with their own account)"
        )


def _elsewhere(before: Tagging, after: Tagging, look: Look) -> Iterator[str]:
    """Yield the students whose boxes in a picture a look takes away, or draws where another student was marked."""
    marked = {each.student: each.regions for each in before.appearances}
    becomes = {each.student: each.regions for each in after.appearances}
    for each in look.persons:
        kept = becomes.get(each.student, ())
        if any(not any(shows_one_face(box, new) for new in kept) for box in marked.get(each.student, ())):
            yield each.student
        others = [box for student, boxes in marked.items() if student != each.student for box in boxes]
        own = marked.get(each.student, ())
        if any(shows_one_face(box, other) for box in each.regions if box not in own for other in others):
            yield each.student


def _leave_to_the_queue(services: Services, unit: Unit, stored: StoredAsset, look: Look) -> None:
    """Raise InputError for a look that would get around a finding and its approval."""
    if look.meaning is not None or look.cannot_be_redacted is not None or look.approved:
        raise InputError(
            "what hiding somebody does to the meaning, and that it cannot be done, is found for a referral: `dam-plugin queue "
            "finding ID meaning …` or `means …`"
        )
    if look.reopened or look.maintained_by is not None:
        raise InputError("this is the records custodian's to find: `dam-plugin custodian` has the commands")
    after = tagged_after(services, unit, stored, look)
    concerned = look_loosens(services, unit, stored, after)
    if concerned is not None:
        where = f"`dam-plugin queue finding {concerned.id} …`" if concerned.is_open else "once it is asked for again"
        raise InputError(
            "this recording is kept for discipline or about a person's health, and waits in the custodian's queue or did: "
            f"what loosens on it is found there, and approved: {where}"
        )


def tagged_by_looks(stored: StoredAsset, looks: Iterable[Look], now: datetime) -> StoredAsset:
    """Return a recording with the tags that hold by its machine tags, these looks and its former tags."""
    said = tuple(looks)
    tagging = tags_that_hold(stored.machine, said, stored.former)
    loosens = bool(what_would_loosen(stored.machine, said, stored.former))
    return replace(
        stored, tagging=tagging, release_tag=access_to_original(tagging, now.date()), loosens=loosens, updated_at=now
    )


def _students_of(unit: Unit, look: Look) -> set[str]:
    """Return the students that a look names. Raises UnknownThing for an unknown one, without repeating the id."""
    named = {each.student for each in look.persons}.union(*(use.students for use in look.official_uses))
    for each in named:
        unit.people.need(each)
    return named
