"""Keeping a person's look at a recording: check it, record it, write the object's tags, and close links that it refuses.

How a look changes tags is in `looks.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from dam_plugin.errors import LookOvertaken, LookRefused
from dam_plugin.gate.close_links import ClosedLinks, after_closing_for_third_parties, close_refused_links
from dam_plugin.intake.found_later import Changed, refer_found_later, tell_found_later
from dam_plugin.intake.original_access import access_to_original, write_object_tags
from dam_plugin.intake.roster_cache import roster_of
from dam_plugin.intake.strictest_tags import (
    former_after_look,
    of_same_picture,
    students_shown_less,
    students_with_opt_outs,
    tags_that_hold,
    uses_of,
    what_would_loosen,
    with_inherited_uses,
)
from dam_plugin.intake.take_down import after_filing, file_of_changed
from dam_plugin.intake.two_people import look_loosens
from dam_plugin.model import CUSTODIANS, Actor, Appearance, Link, Look, Tagging, besides_who, still_said
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import is_used
from dam_plugin.sharing.gather_case import needs_two
from dam_plugin.sharing.whereabouts import has_time
from dam_plugin.store import StoredAsset, Unit
from dam_plugin.store.codec import canonical, to_plain
from dam_tagging.depicted import shows_one_face

OVERTAKEN = "this recording was replaced, tagged again or looked at by somebody else meanwhile: look at it once more"


def look_at(services: Services, key: str, look: Look) -> StoredAsset:
    """Keep a person's look at the current version of a key, tag it again, and close the links that today's decision refuses.

    Raises UnknownThing; LookRefused for a finding that belongs into the custodian's queue.
    """
    return look_and_close(services, key, look)[0]


def look_and_close(
    services: Services, key: str, look: Look, *, seen: str | None = None
) -> tuple[StoredAsset, ClosedLinks]:
    """Do the same as `look_at`; return the closed links, too, with what is still published and may not be any more.

    `seen` is `as_seen` of what the person looked at: what is another recording by now is not said of it (LookOvertaken), and
    what this person has just said is not said twice.
    """
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        stored = unit.assets.need(key)
        if seen is not None and seen != as_seen(stored):
            if _is_said_already(unit, stored, look):
                return stored, ClosedLinks()
            raise LookOvertaken(OVERTAKEN)
        look = _as_subjects(services, unit, stored, look)
        _check(services, unit, stored, look)
        changed = keep_look(services, unit, stored, look)
        stored = changed[0][1]
        filed = refer_found_later(services, unit, changed, look.by)
        stands = file_of_changed(services, unit, changed)
        fell = close_refused_of(services, unit, changed)
    for _, each in changed:
        write_object_tags(services, each)
    tell_found_later(services, filed)
    closed = after_closing_for_third_parties(services, fell, asset_key=key)
    return stored, after_filing(services, closed, stands)


def as_seen(stored: StoredAsset) -> str:
    """Return a digest of a recording as a person sees it: this version, who is in it by its tags, and when that was kept."""
    text = canonical(to_plain([stored.asset.id, stored.tagging, stored.updated_at]))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _is_said_already(unit: Unit, stored: StoredAsset, look: Look) -> bool:
    """Whether the last look at a recording is by the same person and says all that this one says: it was sent twice."""
    looks = unit.assets.looks(stored.asset.id)
    if not looks or replace(looks[-1], at=look.at, persons=()) != replace(look, persons=()):
        return False
    said = {each.student: each for each in looks[-1].persons}
    return all(each.student in said and _is_same_sighting(said[each.student], each) for each in look.persons)


def _is_same_sighting(said: Appearance, again: Appearance) -> bool:
    places = (said.regions, said.intervals, said.heard) == (again.regions, again.intervals, again.heard)
    # A look may have been kept more strictly than it was said (`_as_subjects`).
    return places and again.prominence in (said.prominence, "incidental")


def last_own_look(unit: Unit, stored: StoredAsset, by: Actor) -> Look | None:
    """Return the last look at a recording where this person may take it back: theirs, and about who is in it alone."""
    looks = still_said(unit.assets.looks(stored.asset.id))
    if not looks:
        return None
    return looks[-1] if _why_it_stands(stored, looks, Look(looks[-1].at, by, takes_back=looks[-1].at)) is None else None


def check_before(services: Services, key: str, look: Look, *, seen: str | None = None) -> None:
    """Raise the errors of `look_and_close` and keep nothing. Raises UnknownThing, InputError."""
    with services.store.reading() as unit:
        stored = unit.assets.need(key)
        if seen is not None and seen != as_seen(stored):
            raise LookOvertaken(OVERTAKEN)
        _check(services, unit, stored, _as_subjects(services, unit, stored, look))


def _check(services: Services, unit: Unit, stored: StoredAsset, look: Look) -> None:
    check_look(stored, look)
    if look.takes_back is not None:
        _check_taking_back(services, unit, stored, look)
    _leave_to_custodian(services, unit, stored, look)
    _leave_directory_to_custodian(unit, stored, look)
    _leave_to_the_queue(services, unit, stored, look)


def keep_look(services: Services, unit: Unit, stored: StoredAsset, look: Look) -> list[Changed]:
    """Keep a look in the caller's transaction; return the recording, and each copy that it changes too, before and after.

    Raises UnknownThing for a student who is not on the roster. The caller files who was given it before
    (`refer_found_later`) and what is to be taken down (`file_of_changed`), closes what it refuses (`close_refused_of`) in the
    same transaction, and writes the objects' tags after it.
    """
    concerned = _students_of(unit, look)
    after = tagged_after(services, unit, stored, look)
    unit.assets.add_look(stored.asset.id, look)
    unit.assets.save(after)
    _on_the_ledger(services, unit, after, look, concerned)
    return [(stored, after), *_keep_in_copies(services, unit, after, look), *spread_uses(services, unit, after)]


def _keep_in_copies(services: Services, unit: Unit, stored: StoredAsset, look: Look) -> Iterator[Changed]:
    """Say of each copy of the same picture what a look says of all of them; yield the copies that this changes.

    INVARIANT: the same picture is not denied under one key and published under another. Whom a look found is added to each
    copy. Nobody is taken out of one, nor shown less than before, and how many are left to name is said only of a copy of which
    it was not known who is in it. A use that was entered by mistake ends in each: a copy would bring it back. What closes a
    copy is ended there.
    """
    for each in of_same_picture(stored.asset, unit.assets.copies_of(stored.asset)):
        said = _said_of_copy(each, look)
        if said is None:
            continue
        tagged = tagged_by_looks(each, [*unit.assets.looks(each.asset.id), said], services.now())
        unit.assets.add_look(each.asset.id, said)
        unit.assets.save(tagged)
        _on_the_ledger(services, unit, each, said, _named_in(said))
        yield each, tagged


def _said_of_copy(copy: StoredAsset, look: Look) -> Look | None:
    """Return what a look at the same picture says of a copy; None where it says nothing new."""
    if look.mistaken_uses:
        return look if look.approved and any(is_used(copy.tagging, use) for use in look.mistaken_uses) else None
    known = {seen.student for seen in copy.tagging.appearances}
    # What one person may not say alone of a copy kept for discipline is not said of it by a look at another.
    alone = needs_two(copy.tagging) or look.waits
    persons = () if alone else tuple(seen for seen in look.persons if seen.student not in known)
    is_none = look.directory_status == "not_eligible" != copy.tagging.directory_status
    is_ours = look.maintained_by == "district" != copy.tagging.maintained_by
    if not (persons or is_none or is_ours):
        return None
    return Look(
        at=look.at,
        by=look.by,
        persons=persons,
        unidentified=look.unidentified if persons and copy.tagging.state != "complete" else None,
        directory_status="not_eligible" if is_none else None,
        maintained_by="district" if is_ours else None,
        why=look.why if is_ours else None,
    )


def spread_uses(services: Services, unit: Unit, stored: StoredAsset) -> Iterator[Changed]:
    """Bring the official uses and the closures of a recording into each copy of the same picture, in the caller's transaction.

    Yields the copies that this changes. A copy that is uploaded later inherits them (`with_inherited_uses`).
    """
    for each in of_same_picture(stored.asset, unit.assets.copies_of(stored.asset)):
        machine = with_inherited_uses(unit, each.asset, each.machine)
        if uses_of(machine) == uses_of(each.machine):
            continue
        tagged = tagged_by_looks(replace(each, machine=machine), unit.assets.looks(each.asset.id), services.now())
        unit.assets.save(tagged)
        yield each, tagged


def close_refused_of(services: Services, unit: Unit, changed: Iterable[Changed]) -> tuple[Link, ...]:
    """Close every open link to these recordings that today's decision refuses, in the caller's transaction."""
    keys = (after.asset.key for _, after in changed)
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
    """Raise LookRefused for a statement that is not this person's, a time in a picture, or none in a video or sound."""
    media_type = stored.asset.media_type
    timed = any(each.intervals or each.keyframes or each.heard for each in look.persons)
    if timed and media_type.startswith("image/"):
        raise LookRefused(
            "a picture has no time: say where in it somebody is (`ID@x,y,w,h`), not when", "time-in-picture"
        )
    if has_time(media_type) and any(each.regions for each in look.persons):
        raise LookRefused(
            "a box without a time places nobody in a recording: write `ID@x,y,w,h@START-END`", "box-without-time"
        )
    # RULING look-and-opt-out: a look never beats an opt-out: that a named student is not in it after all, the custodian says.
    if look.nobody and stored.tagging.appearances and look.by.role not in CUSTODIANS:
        who = "nobody else" if look.persons else "nobody"
        raise LookRefused(
            f"somebody is named in this recording: only the custodian can say that {who} is in it", "named-already"
        )


def _leave_to_custodian(services: Services, unit: Unit, stored: StoredAsset, look: Look) -> None:
    """Raise LookRefused if media staff would show less of a student whose family opted out than is on file.

    Less is: gone, incidental, not identifiable, elsewhere than marked or where another student is marked; or an open word
    that may be the student, settled without them. Of a student who is neither named nor may be meant by a word, nothing is
    on file that a look could take away: whoever sees one under another's name says so, where the other one is marked.
    """
    if look.by.role in CUSTODIANS:
        return
    before, after = stored.tagging, tagged_after(services, unit, stored, look).tagging
    held = {each.student: each for each in before.appearances}
    on_file = _on_file(before)
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
    if theirs := students_with_opt_outs(unit, less & on_file, services.now().date()):
        raise LookRefused(
            f"the family of {', '.join(sorted(theirs))} said no, and this look would show less of them than is on file: "
            "only the records custodian or a designee can say that (--as custodian:NAME, with their own account)",
            "family-said-no",
            theirs,
        )


def _on_file(tagging: Tagging) -> set[str]:
    """Return the students who are named in a recording, or may be meant by a word in it."""
    return {
        *(each.student for each in tagging.appearances),
        *(student for word in tagging.open_words for student in word.students),
    }


def _as_subjects(services: Services, unit: Unit, stored: StoredAsset, look: Look) -> Look:
    """Return a look with whom media staff newly name, and whose family said no, as subjects whom anybody can know.

    That such a student is in the background, or cannot be known, only the custodian says: else naming them would hide nothing.
    """
    newly = {each.student for each in look.persons} - _on_file(stored.tagging)
    if look.by.role in CUSTODIANS or not newly:
        return look
    today = services.now().date()
    theirs = {
        *students_with_opt_outs(unit, newly, today),
        *(each.id for each in unit.people.students_of(newly).values() if each.will_be_protected(today)),
    }
    persons = tuple(_as_subject(each) if each.student in theirs else each for each in look.persons)
    return replace(look, persons=persons)


def _as_subject(seen: Appearance) -> Appearance:
    prominence = "unknown" if seen.prominence == "incidental" else seen.prominence
    return replace(seen, prominence=prominence, identifiable=True)


def _check_taking_back(services: Services, unit: Unit, stored: StoredAsset, look: Look) -> None:
    """Raise LookRefused for a look that this person may not take back."""
    looks = still_said(unit.assets.looks(stored.asset.id))
    refused = _why_it_stands(stored, looks, look)
    if refused is not None:
        raise refused
    if look.by.role in CUSTODIANS:
        return
    # A name that is taken back was perhaps true: of whose family said no, or may still answer, the custodian takes it back.
    less = {*students_shown_less(stored.tagging, tagged_after(services, unit, stored, look).tagging)}
    if theirs := less & set(roster_of(services, unit, is_writing=True).families.unsettled):
        raise LookRefused(
            f"the family of {', '.join(sorted(theirs))} said no or may still answer: only the records custodian or a "
            "designee takes their name back",
            "family-said-no",
            theirs,
        )


def _why_it_stands(stored: StoredAsset, looks: Sequence[Look], look: Look) -> LookRefused | None:
    """Return why what was said of a recording (`looks`, those that count) cannot be taken back by a look; None: it can."""
    if not looks or (looks[-1].by, looks[-1].at) != (look.by, look.takes_back):
        return LookRefused("only the last look at a recording can be taken back, by whoever made it", "not-your-look")
    last = looks[-1]
    if besides_who(last) != Look(last.at, last.by):
        return LookRefused("this look says more than who is in the recording, and stands", "more-than-names")
    if stored.former is not None and stored.former.named_before and (last.nobody or last.unidentified is not None):
        # It took students of the picture before out of the former tags, and they would not come back.
        return LookRefused(
            "this look is about a picture that took another one's place, and stands: say anew who is in it",
            "stands-for-another",
        )
    return None


def _leave_directory_to_custodian(unit: Unit, stored: StoredAsset, look: Look) -> None:
    """Raise LookRefused if media staff would mark as directory information what the custodian last said is none."""
    if look.by.role in CUSTODIANS or look.directory_status in (None, "not_eligible"):
        return
    said = [each for each in unit.assets.looks(stored.asset.id) if each.directory_status is not None]
    if said and said[-1].directory_status == "not_eligible" and said[-1].by.role in CUSTODIANS:
        raise LookRefused(
            "the records custodian said that this recording is no directory information: only the custodian or a designee can "
            "say otherwise (--as custodian:NAME, with their own account)",
            "not-directory",
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
    """Raise LookRefused for a look that would get around a finding and its approval."""
    if look.meaning is not None or look.cannot_be_redacted is not None or look.approved:
        raise LookRefused(
            "what hiding somebody does to the meaning, and that it cannot be done, is found for a referral: `dam-plugin queue "
            "finding ID meaning …` or `means …`",
            "own-finding",
        )
    if look.reopened or look.mistaken_uses or look.maintained_by is not None:
        raise LookRefused(
            "this is the records custodian's to find: `dam-plugin custodian` has the commands", "own-finding"
        )
    after = tagged_after(services, unit, stored, look)
    concerned = look_loosens(services, unit, stored, after)
    if concerned is not None:
        where = f"`dam-plugin queue finding {concerned.id} …`" if concerned.is_open else "once it is asked for again"
        raise LookRefused(
            "this recording is kept for discipline or about a person's health, and waits in the custodian's queue or did: "
            f"what loosens on it is found there, and approved: {where}. Where somebody else is in it than its tags say, two "
            "people say so: `dam-plugin custodian people KEY --person S-… --only --why TEXT`",
            "two-people",
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
    for each in _named_in(replace(look, mistaken_uses=())):
        unit.people.need(each)
    # Who was named by mistake may have left since.
    return _named_in(look)


def _named_in(look: Look) -> set[str]:
    used = (use.students for use in (*look.official_uses, *look.mistaken_uses))
    return {each.student for each in look.persons}.union(*used)
