from __future__ import annotations

import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from clock import TODAY
from district import (
    CALEB,
    CALEB_FATHER,
    CLIP,
    CUSTODIAN,
    GRADUATION,
    HALLWAY,
    HANNAH,
    INES,
    NOAH,
    TEAM,
    THERESA,
    District,
)
from moto_server import DELIVERY_KEYS
from use_cases import (
    FAILED,
    Voice,
    as_if,
    broken_down,
    entries,
    entries_about,
    interrupted,
    is_known,
    kept,
    later,
    ledger_holds,
    link_of,
    listening,
    looked,
    looked_unseen,
    open_copies,
    releases,
    with_voice,
)

from dam_plugin.custodian import choices
from dam_plugin.errors import InputError, StorageError, StoreError, UnknownThing
from dam_plugin.gate.close_links import ClosedLinks, close_links, recheck_links, revoke
from dam_plugin.gate.open_link import NOT_VALID, Opening, open_link
from dam_plugin.intake.keep_look import look_at
from dam_plugin.model import (
    Appearance,
    Consent,
    Interval,
    Keyframe,
    LinkTerms,
    Look,
    OptOut,
    Outcome,
    Recipient,
    Region,
    Review,
)
from dam_plugin.procedure.redisclosure import NOTICE
from dam_plugin.redaction import formats
from dam_plugin.services import Services
from dam_plugin.sharing import share
from dam_plugin.sharing.published_copy import CopyCounts, close_unneeded_copies
from dam_plugin.sharing.share import Answer, taken_by_today
from dam_plugin.sharing.whereabouts import places_digest

BOX = Region(0.4, 0.4, 0.2, 0.2)
ELIJAH = "104284"


def given(district: District, key: str = GRADUATION, **changes: Any) -> Answer:
    """A link to a recording, which is uploaded unless it was before."""
    if not is_known(district.services, key):
        district.upload(key)
    answer = district.share(key, **changes)
    assert answer.token is not None
    return answer


def opened(district: District, answer: Answer, services: Services | None = None) -> Opening:
    return open_link(services or district.services, answer.token or "")


def clause(opening: Opening) -> str:
    return opening.decision.reasons[0].clause


def is_shut(district: District, answer: Answer) -> bool:
    """Whether a link is closed, its copy on hold, and the next opening refused without a reason."""
    return (
        link_of(district.services, answer.link).closed_at is not None
        and open_copies(district.services) == []
        and opened(district, answer) == Opening(NOT_VALID)
    )


# Opening


def test_a_url_opens_the_copy_signed_by_delivery_for_a_minute(district: District) -> None:
    answer = given(district, TEAM)
    url = opened(district, answer).url
    assert url is not None
    asked = parse_qs(urlsplit(url).query)
    assert asked["X-Amz-Credential"][0].startswith(DELIVERY_KEYS[0])
    assert (asked["X-Amz-Expires"], asked["response-cache-control"]) == (["60"], ["no-store"])
    assert answer.release is not None
    with urllib.request.urlopen(url) as response:  # noqa: S310 - the test's own server
        assert response.read() == district.services.library.read(answer.release.key, limit=10_000_000)


def test_every_opening_is_recorded_and_counted(district: District) -> None:
    answer = given(district)
    for _ in range(2):
        assert opened(district, answer).url is not None
    recorded = entries(district.services, "open")
    assert [entry.subject for entry, _ in recorded] == [link_of(district.services, answer.link).id] * 2
    assert recorded[0][1] == {
        "share": answer.share.id,
        "recipient": {"role": "public", "id": "public"},
        "purpose": "website",
        "outcome": "allow",
        "reasons": ["EX4"],
        "basis": answer.decision.basis,
        "taken_by": taken_by_today(district.services),
    }
    assert entries_about(district.services, district.student(NOAH)) == ["share", "open", "open"]


def test_an_opening_that_cannot_be_recorded_gives_no_url(district: District) -> None:
    answer = given(district)
    with pytest.raises(StoreError):
        opened(district, answer, interrupted(district.services, 1, broken_down))
    assert entries(district.services, "open") == []


def test_it_is_recorded_before_the_url_is_given(district: District) -> None:
    answer = given(district)
    order: list[str] = []
    services = listening(district.services, lambda name, *_, **__: order.append(name))
    opening = opened(district, answer, interrupted(services, 1, lambda: order.append("record")))
    # What lies beside the original is looked for, too.
    assert [each for each in order if each not in ("list", "etag")] == ["head", "head", "presign", "record"]
    assert opening.url is not None


def test_a_copy_that_is_missing_opens_nothing_and_is_not_recorded(district: District) -> None:
    answer = given(district)
    assert answer.release is not None
    district.services.library.delete(answer.release.key, answer.release.version_id)
    with pytest.raises(StorageError):
        opened(district, answer)
    assert entries(district.services, "open") == []


def test_what_broke_off_before_the_copy_was_opened_is_finished_by_an_opening(district: District) -> None:
    answer = given(district)
    assert answer.release is not None
    district.services.library.write_tags(answer.release.key, answer.release.version_id, {"dam-release": "hold"})
    with district.services.store.writing() as unit:
        as_if(unit, answer.release.id, state="recorded")
    assert opened(district, answer).url is not None
    assert open_copies(district.services) == [answer.release.key]


# What a stranger is told


def test_unknown_expired_and_closed_links_all_get_the_same_answer(district: District) -> None:
    expired, closed = given(district), given(district)
    revoke(district.services, link=link_of(district.services, closed.link).id)
    answers = [
        open_link(district.services, "no such token"),
        open_link(district.services, ""),
        opened(district, closed),
        opened(district, expired, later(district.services, days=LinkTerms().days)),
    ]
    assert answers == [Opening(NOT_VALID)] * 4
    assert entries(district.services, "open") == []


def test_a_link_opens_until_the_moment_it_runs_out(district: District) -> None:
    # The roster is as old as the suite is long: here its age counts for nothing.
    ageless = district.services.settings.model_copy(update={"roster_max_age_days": None})
    district = replace(district, services=replace(district.services, settings=ageless))
    answer = given(district)
    assert opened(district, answer, later(district.services, days=LinkTerms().days, minutes=-5)).url is not None


def test_a_link_that_ran_out_leaves_its_copy_on_hold(district: District) -> None:
    given(district)
    assert close_unneeded_copies(later(district.services, days=LinkTerms().days)) == CopyCounts(held=1)
    assert open_copies(district.services) == []


# Decided again


def test_an_opt_out_after_the_link_closes_it_and_ends_the_copy(district: District) -> None:
    answer = given(district)
    with district.services.store.writing() as unit:
        unit.people.add_opt_out(district.student(NOAH), OptOut(TODAY), "paper", district.services.now())
    refused = opened(district, answer)
    assert (refused.url, clause(refused)) == (None, "LINK-CHANGED")
    assert entries(district.services, "open")[-1][1]["outcome"] == "deny"
    assert is_shut(district, answer)


def test_an_opt_out_that_begins_tomorrow_counts_tomorrow(district: District) -> None:
    answer = given(district)
    begins = TODAY + timedelta(days=1)
    assert list(choices.opt_out(district.services, district.student(NOAH), OptOut(begins), CUSTODIAN)) == []
    assert opened(district, answer).url is not None
    assert opened(district, answer, later(district.services, days=1)).url is None
    assert is_shut(district, answer)


def test_a_revoked_consent_closes_what_it_carried(district: District) -> None:
    answer = given(district, HALLWAY)
    assert answer.decision.basis == {district.student(CALEB): "EX3"}
    with district.services.store.reading() as unit:
        ((consent_id, _),) = unit.people.consents([district.student(CALEB)])
    with district.services.store.writing() as unit:
        unit.people.revoke_consent(consent_id, TODAY)
    assert opened(district, answer).url is None
    assert is_shut(district, answer)


def test_a_consent_that_expires_between_closes_the_link(district: District) -> None:
    district.upload(GRADUATION)
    noah = district.student(NOAH)
    choices.opt_out(district.services, noah, OptOut(TODAY - timedelta(days=1)), CUSTODIAN)
    with district.services.store.reading() as unit:
        record = unit.people.student(noah)
    assert record is not None
    expires = TODAY + timedelta(days=2)
    consent = Consent(noah, record.guardians[0], TODAY, "ink", purpose="website", parties=("public",), expires=expires)
    choices.add_consent(district.services, consent, "on paper", CUSTODIAN)
    answer = district.share(GRADUATION)
    assert answer.decision.basis[noah] == "EX3"
    assert opened(district, answer, later(district.services, days=2)).url is not None
    assert opened(district, answer, later(district.services, days=3)).url is None


def test_a_parents_link_ends_on_the_eighteenth_birthday(district: District) -> None:
    father = Recipient("parent", district.guardian(CALEB_FATHER))
    caleb = district.student(CALEB)
    soon = TODAY + timedelta(days=5)
    born = date(soon.year - 18, soon.month, min(soon.day, 28))
    district.upload(HALLWAY)
    with district.services.store.writing() as unit:
        students = unit.people.students()
        turned = [replace(each, born=born) if each.id == caleb else each for each in students]
        unit.people.upsert_roster(turned, district.services.now())
    answer = district.ask(HALLWAY, father)
    assert opened(district, answer).url is not None
    refused = opened(district, answer, later(district.services, days=10))
    assert (refused.url, clause(refused)) == (None, "RIGHTS-TRANSFERRED")
    assert is_shut(district, answer)


@pytest.mark.parametrize("fate", ["replaced", "deleted"])
def test_an_original_that_is_gone_closes_its_links(district: District, fate: str) -> None:
    answer = given(district)
    with district.services.store.writing() as unit:
        stored = unit.assets.current(GRADUATION)
        assert stored is not None
        # As if the process had died before the links were closed.
        if fate == "deleted":
            unit.assets.save(replace(stored, deleted=True))
        else:
            unit.assets.save(replace(stored, asset=replace(stored.asset, etag="0" * 32)))
    refused = opened(district, answer)
    assert (refused.url, clause(refused)) == (None, "LINK-CHANGED")
    assert is_shut(district, answer)


def test_a_copy_that_now_shows_too_much_is_refused(district: District) -> None:
    answer = given(district, TEAM)
    choices.opt_out(district.services, district.student(INES), OptOut(TODAY, purposes=("yearbook",)), CUSTODIAN)
    assert opened(district, answer).url is not None
    with district.services.store.writing() as unit:
        unit.people.add_opt_out(district.student(INES), OptOut(TODAY), "paper", district.services.now())
    refused = opened(district, answer)
    assert (refused.url, refused.decision.redact, refused.decision.basis) == (None, (), {})
    assert "more has to be hidden" in refused.decision.reasons[0].text
    assert is_shut(district, answer)


def test_a_copy_that_hides_more_than_it_must_still_opens(district: District) -> None:
    answer = given(district, TEAM)
    choices.opt_in(district.services, district.student(HANNAH), TODAY, None, CUSTODIAN, "the family asked for it")
    opening = opened(district, answer)
    assert (opening.decision.outcome, opening.url is not None) == (Outcome.ALLOW, True)


def test_a_copy_whose_box_was_drawn_in_the_wrong_place_is_refused(district: District) -> None:
    answer = given(district, TEAM)
    looked_unseen(district, TEAM, HANNAH, box=BOX)
    refused = opened(district, answer)
    assert (refused.url, clause(refused)) == (None, "LINK-CHANGED")
    assert is_shut(district, answer)


def with_proof(district: District, answer: Answer, **changes: Any) -> None:
    assert answer.release is not None
    with district.services.store.writing() as unit:
        as_if(unit, answer.release.id, state="open", proof={**answer.release.proof, **changes})


def test_the_places_of_the_hidden_are_kept_under_a_key_and_links_of_before_open_as_they_did(district: District) -> None:
    answer = given(district, TEAM)
    assert answer.release is not None
    bare = places_digest(kept(district.services, TEAM).tagging, answer.release.redacted)
    assert answer.release.proof["digest"] != bare
    with_proof(district, answer, digest=bare)
    assert opened(district, answer).url is not None
    with_proof(district, answer, digest="0" * 64)
    assert opened(district, answer).url is None


def told_of(district: District, key: str, roster_id: str) -> None:
    """Have the tags say that a recording tells of a student's record."""
    stored = kept(district.services, key)
    with district.services.store.writing() as unit:
        tagging = replace(stored.tagging, record_pii=(district.student(roster_id),))
        unit.assets.save(replace(stored, tagging=tagging))


def hidden_in_a_clip(district: District) -> Answer:
    """A link to a clip in which one student is hidden."""
    district.upload(CLIP)
    elijah, box = district.student(ELIJAH), Region(0.2, 0.2, 0.1, 0.15)
    seen = Appearance(elijah, "focus", intervals=(Interval(0, 2),), keyframes=(Keyframe(0, box, 2),))
    persons = (seen, Appearance(district.student(NOAH), "focus"))
    look = Look(district.services.now(), CUSTODIAN, persons, directory_status="eligible", unidentified=0)
    look_at(district.services, CLIP, look)
    choices.opt_out(district.services, elijah, OptOut(TODAY), CUSTODIAN)
    return given(district, CLIP)


def test_what_a_recording_tells_of_somebody_hidden_is_a_correction_of_their_places(district: District) -> None:
    pytest.importorskip("av", reason="the extra 'av' is not installed")
    answer = hidden_in_a_clip(district)
    told_of(district, CLIP, ELIJAH)
    refused = opened(district, answer)
    assert (refused.url, clause(refused)) == (None, "LINK-CHANGED")
    assert "where a hidden student appears" in refused.decision.reasons[0].text
    picture = given(district, TEAM)
    told_of(district, TEAM, HANNAH)
    assert "where a hidden student appears" not in opened(district, picture).decision.reasons[0].text


def test_a_process_that_could_not_make_the_copy_closes_no_link_to_it(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("av", reason="the extra 'av' is not installed")
    clip, picture = hidden_in_a_clip(district), given(district, TEAM)
    with monkeypatch.context() as patch:
        patch.setattr(formats, "can_redact", lambda _: False)
        assert recheck_links(district.services) == ClosedLinks()
        assert opened(district, clip).url is not None
        choices.opt_out(district.services, district.student(INES), OptOut(TODAY), CUSTODIAN)
        assert link_of(district.services, picture.link).closed_at is not None
    assert opened(district, clip).url is not None


def test_a_corrected_place_of_somebody_who_is_shown_changes_nothing(district: District) -> None:
    answer = given(district, TEAM)
    looked(district, TEAM, THERESA, box=BOX)
    assert opened(district, answer).url is not None


def consented_to_instead(district: District) -> None:
    """Let what was directory information until now rest on a consent."""
    noah = district.student(NOAH)
    consent = Consent(noah, "p1", TODAY, "ink", purpose="website", parties=("public",))
    with district.services.store.writing() as unit:
        (record,) = [each for each in unit.people.students() if each.id == noah]
        unit.people.add_consent(replace(consent, signed_by=record.guardians[0]), None, district.services.now())
        unit.people.add_opt_out(noah, OptOut(TODAY - timedelta(days=1)), "paper", district.services.now())


def test_a_copy_that_has_to_say_by_now_that_it_may_not_be_passed_on_is_refused(district: District) -> None:
    answer = given(district)
    consented_to_instead(district)
    refused = opened(district, answer)
    assert (refused.url, clause(refused)) == (None, "LINK-CHANGED")
    assert "that it may not be passed on" in refused.decision.reasons[0].text
    assert is_shut(district, answer)
    assert opened(district, given(district)).url is not None


SOUND = "events/fall-concert/choir-recording.wav"


def test_a_recording_that_can_carry_no_notice_goes_on_without_and_the_recipient_is_told_beside_it(
    district: District,
) -> None:
    pytest.importorskip("av", reason="the extra 'av' is not installed")
    district.upload(SOUND)
    persons = (Appearance(district.student(NOAH), "focus"),)
    look = Look(district.services.now(), CUSTODIAN, persons, directory_status="eligible", unidentified=0)
    look_at(district.services, SOUND, look)
    answer = given(district, SOUND)
    assert answer.release is not None
    assert "notice" not in answer.release.proof
    assert (answer.notice, opened(district, answer).notice) == (None, None)
    consented_to_instead(district)
    opening = opened(district, answer)
    assert opening.url is not None
    assert opening.notice == district.share(SOUND).notice == f"{NOTICE} Released to the public for: website"


def test_who_is_refused_is_told_of_no_notice(district: District) -> None:
    answer = given(district)
    assert (answer.notice, opened(district, answer).notice) == (None, None)
    consented_to_instead(district)
    assert opened(district, answer).notice is None
    assert opened(district, given(district)).notice == f"{NOTICE} Released to the public for: website"


def test_a_link_of_before_there_were_notices_opens_as_it_did(district: District) -> None:
    answer = given(district)
    assert answer.release is not None
    with district.services.store.writing() as unit:
        proof = {name: value for name, value in answer.release.proof.items() if name != "notice"}
        as_if(unit, answer.release.id, state="open", proof=proof)
    consented_to_instead(district)
    assert opened(district, answer).url is not None


def test_a_third_party_is_heard_at_every_opening(district: District) -> None:
    answer = given(district)
    voice = Voice(review_decision=Review(Outcome.DENY, "not any more"))
    refused = opened(with_voice(district, voice), answer)
    assert opened(district, answer) == Opening(NOT_VALID)
    assert (refused.url, clause(refused)) == (None, "THIRD-PARTY")


def test_a_third_party_that_fails_opens_nothing_and_closes_nothing(district: District) -> None:
    answer = given(district)
    failing = with_voice(district, Voice(review_decision=FAILED))
    refused = opened(failing, answer)
    assert (refused.url, clause(refused)) == (None, "THIRD-PARTY-DOWN")
    assert recheck_links(failing.services) == ClosedLinks()
    assert opened(district, answer).url is not None


def test_an_error_inside_the_decision_opens_nothing(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = given(district)

    def fail(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(share, "decide", fail)
    refused = opened(district, answer)
    assert (refused.url, clause(refused)) == (None, "ERROR")


def test_a_link_that_no_longer_makes_a_case_is_closed_and_keeps_no_other_from_being_decided(district: District) -> None:
    odd, sound = given(district), given(district, TEAM)
    looked_unseen(district, GRADUATION, closed=" ")
    assert [link.id for link in recheck_links(district.services)] == [link_of(district.services, odd.link).id]
    assert opened(district, odd) == Opening(NOT_VALID)
    assert opened(district, sound).url is not None


# What changes while a link is opened


def test_a_link_that_is_closed_while_it_is_opened_gives_no_url(district: District) -> None:
    answer = given(district)
    slow = interrupted(district.services, 1, lambda: revoke(district.services, key=GRADUATION) and None)
    assert opened(district, answer, slow) == Opening(NOT_VALID)
    assert entries(district.services, "open") == []


def test_an_opt_out_that_comes_before_the_record_of_an_opening_counts(district: District) -> None:
    answer = given(district)

    def opt_out() -> None:
        with district.services.store.writing() as unit:
            unit.people.add_opt_out(district.student(NOAH), OptOut(TODAY), "paper", district.services.now())

    refused = opened(district, answer, interrupted(district.services, 1, opt_out))
    assert (refused.url, clause(refused)) == (None, "LINK-CHANGED")
    assert [details["outcome"] for _, details in entries(district.services, "open")] == ["deny"]


def test_an_opening_that_changes_under_every_attempt_is_given_up(district: District) -> None:
    answer = given(district)
    counts = iter(range(1, 100))

    class Restless:
        def __getattr__(self, name: str) -> object:
            return getattr(district.services.store, name)

        def writing(self) -> object:
            looked_unseen(district, GRADUATION, unidentified=next(counts) % 2)
            return district.services.store.writing()

    heard = replace(
        district.services, store=Restless(), third_parties=Voice(review_decision=Review(Outcome.ALLOW, "fine"))
    )
    with pytest.raises(StoreError, match="nothing was opened"):
        opened(district, answer, heard)


def test_after_an_opt_out_has_returned_no_opening_succeeds(district: District) -> None:
    district.upload(GRADUATION)
    noah = district.student(NOAH)
    barrier = threading.Barrier(21)
    returned = threading.Event()
    late: list[Opening] = []

    def share_and_open() -> None:
        barrier.wait()
        answer = district.share(GRADUATION)
        for _ in range(2):
            was_out = returned.is_set()
            opening = opened(district, answer)
            if was_out and noah in opening.decision.basis:
                late.append(opening)

    with ThreadPoolExecutor(20) as pool:
        work = [pool.submit(share_and_open) for _ in range(20)]
        barrier.wait()
        choices.opt_out(district.services, noah, OptOut(TODAY), CUSTODIAN)
        returned.set()
        for each in work:
            each.result()
    assert late == []
    # The ledger is the judge: nothing that shows him stands in it after the opt-out.
    kinds = [(entry.kind, details) for entry, details in entries(district.services)]
    after = kinds[[kind for kind, _ in kinds].index("opt-out") + 1 :]
    assert [details for kind, details in after if kind == "open" and details["outcome"] == "allow"] == []
    assert [d for kind, d in after if kind == "share" and noah in d["decision"]["basis"]] == []
    shown = {release.key for release in releases(district.services) if noah not in release.redacted}
    close_unneeded_copies(district.services)
    assert shown.isdisjoint(open_copies(district.services))
    assert ledger_holds(district.services)


# Closing


def test_a_closed_link_ends_urls_that_were_handed_out_by_the_tag_alone(district: District) -> None:
    answer = given(district)
    assert open_copies(district.services) != []
    revoke(district.services, key=GRADUATION)
    assert is_shut(district, answer)
    assert answer.release is not None
    tags = district.services.library.tags(answer.release.key, answer.release.version_id)
    assert tags["dam-redacted-from"].startswith("a-")


def test_links_are_revoked_by_their_id_their_recording_or_their_student(district: District) -> None:
    for key in (GRADUATION, TEAM):
        district.upload(key)

    def links() -> list[str]:
        return [link_of(district.services, district.share(key).link).id for key in (GRADUATION, GRADUATION, TEAM)]

    def closed(**what: str) -> set[str]:
        return {link.id for link in revoke(district.services, **what)}

    one, two, three = links()
    assert closed(link=one) == {one}
    assert closed(link=one) == set()
    assert closed(key=GRADUATION) == {two}
    assert closed(student=district.student(INES)) == {three}
    one, two, three = links()
    assert closed(student=district.student(NOAH)) == {one, two}
    assert [(details["why"], details["count"]) for _, details in entries(district.services, "close")] == [
        ("revoked", 1),
        ("revoked", 1),
        ("revoked", 1),
        ("revoked", 2),
    ]


@pytest.mark.parametrize(
    ("what", "error"), [({"link": "l-0"}, UnknownThing), ({}, InputError)], ids=["unknown", "none"]
)
def test_there_must_be_something_to_revoke(district: District, what: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        revoke(district.services, **what)


def test_a_link_is_closed_once_and_recorded_once(district: District) -> None:
    link = link_of(district.services, given(district).link)
    for why in ("one reason", "another"):
        close_links(district.services, [link], why)
    close_links(district.services, [], "none")
    assert link_of(district.services, link).closed_why == "one reason"
    assert len(entries(district.services, "close")) == 1


def test_a_copy_that_two_links_open_stays_until_both_are_closed(district: District) -> None:
    one, other = given(district), given(district)
    assert one.release == other.release
    revoke(district.services, link=link_of(district.services, one.link).id)
    assert open_copies(district.services) != []
    assert opened(district, other).url is not None
    revoke(district.services, link=link_of(district.services, other.link).id)
    assert open_copies(district.services) == []


def test_settling_twice_changes_nothing(district: District) -> None:
    given(district)
    assert close_unneeded_copies(district.services) == CopyCounts()
    revoke(district.services, key=GRADUATION)
    assert close_unneeded_copies(district.services) == CopyCounts()
    assert [release.state for release in releases(district.services)] == ["closed"]


def test_a_storage_that_fails_while_links_are_closed_is_made_up_for(district: District) -> None:
    answer = given(district)

    def hear(name: str, *_: object, **__: object) -> None:
        if name == "put_tags":
            raise StorageError("no answer")

    assert revoke(listening(district.services, hear), key=GRADUATION).copies == CopyCounts(waiting=1)
    assert opened(district, answer) == Opening(NOT_VALID)
    assert [release.state for release in releases(district.services)] == ["closing"]
    assert close_unneeded_copies(district.services) == CopyCounts(held=1)
    assert is_shut(district, answer)


def test_a_new_share_after_a_closed_link_gets_a_new_copy(district: District) -> None:
    first = given(district)
    revoke(district.services, key=GRADUATION)
    second = district.share(GRADUATION)
    assert first.release is not None
    assert second.release is not None
    assert first.release.key != second.release.key
    assert opened(district, second).url is not None
    assert opened(district, first) == Opening(NOT_VALID)


def test_deciding_all_links_again_closes_those_that_fell_and_no_other(district: District) -> None:
    fallen, standing = given(district), given(district, TEAM)
    with district.services.store.writing() as unit:
        unit.people.add_opt_out(district.student(NOAH), OptOut(TODAY), "paper", district.services.now())
    assert [link.id for link in recheck_links(district.services)] == [link_of(district.services, fallen.link).id]
    assert recheck_links(district.services) == ClosedLinks()
    assert opened(district, standing).url is not None


def test_a_copy_that_somebody_deleted_keeps_no_other_open(district: District) -> None:
    lost, kept_open = given(district), given(district, TEAM)
    assert lost.release is not None
    district.services.library.delete(lost.release.key, lost.release.version_id)
    revoke(district.services, key=GRADUATION)
    revoke(district.services, key=TEAM)
    assert is_shut(district, kept_open)


def test_an_original_that_was_replaced_before_its_event_came_is_not_opened(district: District) -> None:
    answer = given(district, TEAM)
    district.services.library.put(TEAM, b"another picture", media_type="image/jpeg")
    refused = opened(district, answer)
    assert (refused.url, clause(refused)) == (None, "LINK-CHANGED")
