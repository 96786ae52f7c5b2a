"""The custodian's queue as its pages show it: the list, the case, what was found, and the second person."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from clock import TODAY
from desk_pages import field, saved, seen, text_of
from district import CUSTODIAN, HALLWAY, HANNAH, HANNAH_MOTHER, INES_MOTHER, MEDIA_STAFF, SCIENCE_LAB, TEAM, UNTITLED
from queue_cases import ADA, COURT, PAPER, TOLD, findings, hallway, lab, now, referred, untitled
from use_cases import entries, kept, ledger_holds

from dam_plugin.custodian.closures import say_of_recording
from dam_plugin.custodian.findings import state_finding
from dam_plugin.custodian.work import close_referral
from dam_plugin.model import Actor, Recipient, Referral, StudentRecord
from dam_plugin.sharing.finding_kinds import MeaningFound
from dam_plugin.store import Extent

if TYPE_CHECKING:
    from conftest import Pages

pytest.importorskip("django")

HERALD = Recipient("public", "the Harmon Herald")
# A parent whom the roster does not know.
PARENT = Recipient("parent", "m-ortiz")


def waiting(pages: Pages, person: Any) -> Referral:
    """A finding on a discipline recording, stated by a custodian at the desk, that waits for another person."""
    referral = hallway(pages.district)
    saved(person, f"/queue/{referral.id}/found/meaning", {"meaning": "preserved"})
    return referral


def account(name: str) -> int:
    """The number of an account."""
    from django.contrib.auth.models import User

    return int(User.objects.get(username=name).pk)


def pending(pages: Pages, referral: Referral) -> str:
    return findings(pages.district.services, referral)[-1].id


# The list


def test_the_queue_says_who_asks_for_what_and_what_is_missing(pages: Pages) -> None:
    referral = referred(pages.district, UNTITLED, HERALD)
    page = pages.user("custodian").get("/queue/")
    text = text_of(page)
    assert "Somebody asks for a recording: untitled-0031.jpg" in text
    assert "the Harmon Herald (somebody from outside): news" in text
    assert "Due on" in text
    assert "dam-plugin" not in text
    assert referral.id not in text
    assert f"/queue/{referral.id}/" in page.content.decode()
    assert "/thumbnail" in page.content.decode()


def test_emergencies_stand_first_and_what_is_overdue_is_marked(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from use_cases import later

    from dam_hooks.plugin import services_of

    referral = lab(pages.district)
    pages.district.upload(UNTITLED)
    pages.district.share(
        UNTITLED,
        kind="request",
        purpose="emergency",
        recipient=Recipient("public", "a neighbor"),
        evidence={"emergency": {"threat": "a missing child", "recipient_needs_it": True}},
    )
    person = pages.user("custodian")
    page = person.get("/queue/").content.decode()
    assert page.index("untitled-0031.jpg") < page.index("science-lab.jpg")
    assert "Emergency" in page
    assert "Overdue" not in page
    monkeypatch.setattr("dam_hooks.desk.apps.services_of", lambda pm: later(services_of(pm), days=30))
    assert "Overdue" in person.get("/queue/?show=overdue").content.decode()
    assert "Overdue" in text_of(person.get(f"/queue/{referral.id}/"))


def test_mine_and_closed_ones_and_the_next_page(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from dam_hooks.desk.pages import queue_page

    first, second, third = untitled(pages.district), lab(pages.district), hallway(pages.district)
    person = pages.user("custodian", name="ms-lopez")
    assert person.post(f"/queue/{first.id}/assign", {"to": "ms-lopez"}).status_code == 302
    mine = text_of(person.get("/queue/?whose=mine"))
    assert "untitled-0031.jpg" in mine
    assert "science-lab.jpg" not in mine
    close_referral(pages.district.services, second.id, Actor("custodian", "x"), "withdrawn")
    assert "science-lab.jpg" not in text_of(person.get("/queue/"))
    assert "science-lab.jpg" in text_of(person.get("/queue/?show=closed"))
    monkeypatch.setattr(queue_page, "PAGE", 1)
    page = person.get("/queue/").content.decode()
    (after,) = re.findall(r"after=([^\"&]+)", page)
    beyond = person.get(f"/queue/?after={after}").content.decode()
    assert (first.id in page, third.id in page) != (first.id in beyond, third.id in beyond)
    lost = text_of(person.get("/queue/?after=rf-000000000000"))
    assert "The list changed meanwhile" in lost


def test_a_list_asks_as_often_for_many_as_for_few(pages: Pages) -> None:
    from sqlalchemy import event

    person = pages.user("custodian")
    lab(pages.district)
    engine = pages.district.services.store._engine
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def count() -> int:
        asked.clear()
        assert person.get("/queue/").status_code == 200
        return sum(each.startswith("SELECT") for each in asked)

    few = count()
    for each in range(6):
        referred(pages.district, SCIENCE_LAB, Recipient("public", f"paper {each}"))
    assert count() == few


def test_home_says_what_waits(pages: Pages) -> None:
    person = pages.user("custodian")
    waiting(pages, person)
    text = text_of(person.get("/"))
    assert "1 case waits in the queue" in text
    assert "1 finding waits for a second person" in text
    assert "waits for you" not in text_of(pages.user("media").get("/")).replace("What waits for you", "")


# The case


def test_the_case_is_told_in_sentences_with_names(pages: Pages) -> None:
    referral = referred(pages.district, TEAM, PARENT, purpose="inspection")
    page = pages.user("custodian").get(f"/queue/{referral.id}/")
    text = text_of(page)
    assert "asks for team-photo.jpg (inspection)." in text
    assert "It came on" in text
    assert "What the procedure says now" in text
    assert "Hannah Lindqvist , grade 11" in text
    assert pages.district.student(HANNAH) not in text
    assert not re.search(r"\b(?:rf|fi|sh)-[0-9a-f]{6}|G-[0-9A-Z]{12}|--[a-z]|dam-plugin", text)


def test_nothing_of_a_closed_request_is_changed_and_it_says_how_it_ended(pages: Pages) -> None:
    referral = untitled(pages.district)
    person = pages.user("custodian")
    form = seen(person, f"/queue/{referral.id}/found/meaning", {"meaning": "preserved"})
    close_referral(pages.district.services, referral.id, Actor("custodian", "x"), "the reporter withdrew it")
    before = entries(pages.district.services)
    answer = person.post(
        f"/queue/{referral.id}/found/meaning",
        {"meaning": "preserved", "seen": field(form, "seen"), "do": "save"},
        follow=True,
    )
    assert "closed meanwhile, and nothing was saved" in text_of(answer)
    assert "the reporter withdrew it" in text_of(answer)
    assert entries(pages.district.services) == before


# Every kind of finding has its form


def test_every_form_opens_and_an_empty_one_is_refused_at_its_place(pages: Pages) -> None:
    from dam_hooks.desk.finding_forms import kind_of, slugs
    from dam_plugin.sharing.finding_kinds import KINDS, fits

    referral = referred(pages.district, TEAM, PARENT, purpose="inspection")
    person = pages.user("custodian")
    assert {kind_of(each) for each in slugs()} == KINDS.keys()
    for slug in slugs():
        where = f"/queue/{referral.id}/found/{slug}"
        page = person.get(where)
        if not fits(kind_of(slug) or "", "inspection"):
            assert page.status_code == 404, slug
            continue
        assert page.status_code == 200, slug
        before = entries(pages.district.services)
        empty = person.post(where, {"do": "see"})
        assert empty.status_code == 200, slug
        if slug not in ("attorney", "reviewed"):
            told = text_of(empty)
            assert "usa-error-message" in empty.content.decode() or "usa-alert--error" in empty.content.decode(), slug
            assert "--" not in told, (slug, told)
            assert "dam-plugin" not in told, (slug, told)
        assert entries(pages.district.services) == before


def test_a_form_of_no_kind_is_nowhere(pages: Pages) -> None:
    referral = untitled(pages.district)
    person = pages.user("custodian")
    for slug in ("nothing", "evidence", "unit_record", "evidence-emergency", "offered"):
        assert person.get(f"/queue/{referral.id}/found/{slug}").status_code == 404


def test_before_saving_the_page_shows_how_the_decision_changes_and_nothing_happens(pages: Pages) -> None:
    referral = untitled(pages.district)
    person, before = pages.user("custodian"), entries(pages.district.services)
    page = seen(person, f"/queue/{referral.id}/found/identified", {"persons": "Hannah Lindqvist", "unidentified": "0"})
    text = text_of(page)
    assert "Without it" in text
    assert "With it" in text
    assert "It would take effect at once." in text
    assert entries(pages.district.services) == before
    assert findings(pages.district.services, referral) == []


def test_then_one_click_states_it_as_who_is_signed_in(pages: Pages) -> None:
    referral = untitled(pages.district)
    person = pages.user("custodian", name="ms-lopez")
    saved(person, f"/queue/{referral.id}/found/identified", {"persons": "Hannah Lindqvist", "unidentified": "0"})
    (found,) = findings(pages.district.services, referral)
    assert (found.by, found.user.name, found.user.id) == (
        Actor("custodian", "ms-lopez"),
        "ms-lopez",
        f"desk:{account('ms-lopez')}",
    )
    assert kept(pages.district.services, UNTITLED).tagging.students == {pages.district.student(HANNAH)}
    assert ledger_holds(pages.district.services)


def test_nobody_else_without_a_name_takes_nobody_out(pages: Pages) -> None:
    referral = referred(pages.district, HALLWAY)
    page = pages.user("custodian").post(f"/queue/{referral.id}/found/identified", {"nobody": "on", "do": "see"})
    assert "is named in this recording. Write down everybody who is in it" in text_of(page)
    assert findings(pages.district.services, referral) == []


@pytest.mark.parametrize(
    ("names", "told"),
    [("Nobody Whatever", "Nobody on the roster is called “Nobody Whatever”."), ("<b>x</b>", "Nobody on the roster")],
)
def test_a_name_that_is_nobodys_is_said_at_its_place(pages: Pages, names: str, told: str) -> None:
    referral = untitled(pages.district)
    page = pages.user("custodian").post(f"/queue/{referral.id}/found/identified", {"persons": names, "do": "see"})
    assert told in text_of(page)
    assert "<b>x</b>" not in page.content.decode()


@pytest.mark.parametrize(
    ("most", "told"),
    [(100, "More than one student is called “Kim Park”"), (10, "More than 10 students have “Kim Park” in their name")],
)
def test_of_many_of_one_name_none_is_taken_for_another(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, most: int, told: str
) -> None:
    monkeypatch.setattr("dam_hooks.desk.finding_forms.MOST_ALIKE", most)
    services, numbers = pages.district.services, [f"P-{each:03}" for each in range(30)]
    grades = dict.fromkeys(numbers, "9") | {numbers[0]: "11", numbers[-1]: "11"}
    alike = [
        StudentRecord(services.pseudonyms.student(each), each, ("Kim Park",), grade=grade)
        for each, grade in grades.items()
    ]
    with services.store.writing() as unit:
        unit.people.upsert_roster(alike, services.now(), Extent(whole=False))
    referral = untitled(pages.district)
    form = {"persons": "Kim Park, grade 11", "unidentified": "0", "do": "see"}
    page = pages.user("custodian").post(f"/queue/{referral.id}/found/identified", form)
    assert told in text_of(page)
    assert "What would come of it" not in text_of(page)


def test_a_form_that_was_changed_after_it_was_shown_is_shown_again(pages: Pages) -> None:
    referral = untitled(pages.district)
    person = pages.user("custodian")
    where = f"/queue/{referral.id}/found/meaning"
    page = seen(person, where, {"meaning": "preserved"})
    again = person.post(where, {"meaning": "destroyed", "seen": field(page, "seen"), "do": "save"})
    assert "Nothing was saved: look at it again." in text_of(again)
    assert findings(pages.district.services, referral) == []


def test_two_people_on_one_request_the_second_is_told_and_nothing_is_half_done(pages: Pages) -> None:
    referral = hallway(pages.district)
    first, second = pages.user("custodian", name="anna"), pages.user("designee", name="bert")
    where = f"/queue/{referral.id}/found/meaning"
    shown = seen(second, where, {"meaning": "changed"})
    saved(first, where, {"meaning": "preserved"})
    late = second.post(where, {"meaning": "changed", "seen": field(shown, "seen"), "do": "save"})
    assert "Something changed since this was shown" in text_of(late)
    assert len(findings(pages.district.services, referral)) == 1


def test_the_back_button_states_nothing_twice(pages: Pages) -> None:
    referral = hallway(pages.district)
    person = pages.user("custodian")
    where = f"/queue/{referral.id}/found/attorney"
    page = seen(person, where, {"answer": ""})
    form = {"answer": "", "seen": field(page, "seen"), "do": "save"}
    assert person.post(where, form).status_code == 302
    assert person.post(where, form).status_code == 200
    assert len(findings(pages.district.services, referral)) == 1


# A paper


def test_an_order_is_kept_with_its_return_date_and_its_paper(pages: Pages) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    referral = referred(pages.district, TEAM, COURT)
    person = pages.user("custodian")
    back = (TODAY + timedelta(days=9)).isoformat()
    form = {
        "kind": "subpoena",
        "verified": "on",
        "notice_required": "on",
        "notified": TOLD[:1],
        "return_on": back,
        "file": SimpleUploadedFile("order of Hannah.pdf", PAPER, "application/pdf"),
    }
    # The form offers whom the recording shows alone.
    form["notified"] = [each for each in TOLD if each in kept(pages.district.services, TEAM).tagging.students]
    saved(person, f"/queue/{referral.id}/found/evidence-order", form)
    (found,) = findings(pages.district.services, referral)
    assert found.content["evidence"]["order"]["return_on"] == back
    assert "notice_required" not in found.content["evidence"]["order"]
    file = found.content["file"]
    assert file["key"].startswith("evidence/")
    assert file["media_type"] == "application/pdf"
    assert pages.district.release_tag(file["key"]) == "hold"
    page = text_of(person.get(f"/queue/{referral.id}/"))
    assert "Its return date" in page
    assert "A copy of the paper on file" in page
    assert file["key"] not in page


def test_a_paper_of_other_work_or_a_forged_one_is_not_taken(pages: Pages) -> None:
    referral, other = referred(pages.district, TEAM, COURT), hallway(pages.district)
    person = pages.user("custodian")
    from django.core.files.uploadedfile import SimpleUploadedFile

    form = {"kind": "subpoena", "verified": "on", "secret_by": "grand_jury"}
    page = seen(person, f"/queue/{other.id}/found/evidence-order", {**form, "file": SimpleUploadedFile("a.pdf", PAPER)})
    for paper in (field(page, "paper_token"), field(page, "paper_token")[:-2] + "xx", "nothing"):
        answer = person.post(f"/queue/{referral.id}/found/evidence-order", {**form, "paper_token": paper, "do": "see"})
        assert "cannot be found any more: choose the file again" in text_of(answer)
        assert "What would come of it" not in text_of(answer)


def test_a_paper_that_is_empty_or_too_large_is_refused_at_its_place(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    referral = referred(pages.district, TEAM, COURT)
    person, where = pages.user("custodian"), f"/queue/{referral.id}/found/evidence-order"
    form = {"kind": "subpoena", "verified": "on", "notice_required": "on"}
    empty = person.post(where, {**form, "file": SimpleUploadedFile("a.pdf", b""), "do": "see"})
    assert "The file is empty: scan the paper again." in text_of(empty)
    monkeypatch.setattr("dam_hooks.desk.forms.MOST_BYTES", 10)
    large = person.post(where, {**form, "file": SimpleUploadedFile("a.pdf", PAPER), "do": "see"})
    assert "The file is too large" in text_of(large)


# The second person


def test_who_stated_it_cannot_approve_it_and_somebody_else_can(pages: Pages) -> None:
    anna = pages.user("custodian", name="anna")
    referral = waiting(pages, anna)
    page = anna.get(f"/queue/{referral.id}/")
    assert "You stated this: somebody else has to approve it." in text_of(page)
    assert 'value="approve"' not in page.content.decode()
    where = f"/findings/{pending(pages, referral)}/settle"
    refused = anna.post(where, {"do": "approve", "stamp": field(page, "stamp")}, follow=True)
    assert "This takes another person" in text_of(refused)
    assert findings(pages.district.services, referral)[0].state == "pending"
    bert = pages.user("designee", name="bert")
    theirs = bert.get(f"/queue/{referral.id}/")
    assert "If it is approved" in text_of(theirs)
    done = bert.post(where, {"do": "approve", "stamp": field(theirs, "stamp")})
    assert done.status_code in (200, 302)
    (found,) = findings(pages.district.services, referral)
    assert (found.state, found.approver.name if found.approver else None) == ("applied", "bert")
    assert ledger_holds(pages.district.services)


@pytest.mark.parametrize("how", ["one identity behind both accounts", "the system's user of that name"])
def test_another_account_of_the_same_person_is_no_second_person(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    first, other = pages.user("custodian", name="anna"), pages.user("designee", name="ANNA2")
    if how == "one identity behind both accounts":
        monkeypatch.setattr("dam_hooks.desk.desk_roles.person_of", lambda _: "provider:00u1")
        referral = waiting(pages, first)
    else:
        referral = hallway(pages.district)
        user = replace(ADA, name="anna2")
        state_finding(pages.district.services, referral.id, MeaningFound("preserved"), Actor("custodian", "x"), user)
    page = other.get(f"/queue/{referral.id}/")
    assert "You stated this: somebody else has to approve it." in text_of(page)
    where = f"/findings/{pending(pages, referral)}/settle"
    answer = other.post(where, {"do": "approve", "stamp": field(page, "stamp")}, follow=True)
    assert "This takes another person" in text_of(answer)
    assert findings(pages.district.services, referral)[0].state == "pending"


def test_who_asked_for_it_does_not_approve_it(pages: Pages) -> None:
    asked = pages.district.upload(HALLWAY)
    (referral,) = pages.district.share(
        asked.asset.key, kind="request", purpose="news", recipient=HERALD, actor=replace(MEDIA_STAFF, id="carla")
    ).referrals
    saved(pages.user("custodian", name="anna"), f"/queue/{referral.id}/found/meaning", {"meaning": "preserved"})
    carla = pages.user("designee", name="carla")
    page = carla.get(f"/queue/{referral.id}/")
    where = f"/findings/{pending(pages, referral)}/settle"
    answer = carla.post(where, {"do": "approve", "stamp": field(page, "stamp")}, follow=True)
    assert "This takes another person" in text_of(answer)


def test_rejecting_takes_a_reason_and_the_finding_never_counts(pages: Pages) -> None:
    referral = waiting(pages, pages.user("custodian", name="anna"))
    bert = pages.user("designee", name="bert")
    where, page = f"/findings/{pending(pages, referral)}/settle", bert.get(f"/queue/{referral.id}/")
    stamp = field(page, "stamp")
    assert "Write down why" in text_of(bert.post(where, {"do": "reject", "stamp": stamp}, follow=True))
    done = bert.post(where, {"do": "reject", "why": "the caption names him", "stamp": stamp}, follow=True)
    assert "It is rejected" in text_of(done)
    assert findings(pages.district.services, referral)[0].state == "rejected"
    late = bert.post(where, {"do": "approve", "stamp": stamp}, follow=True)
    assert "Somebody worked on this since your page was shown" in text_of(late)


# Closing, handing over, sealed work


def test_closing_takes_a_reason_and_happens_once(pages: Pages) -> None:
    referral = untitled(pages.district)
    person, where = pages.user("custodian"), f"/queue/{referral.id}/do/close"
    page = person.get(where)
    stamp = field(page, "stamp")
    assert "This field is required." in text_of(person.post(where, {"stamp": stamp}))
    done = person.post(where, {"why": "the reporter withdrew it", "stamp": stamp}, follow=True)
    assert "It is closed." in text_of(done)
    assert now(pages.district.services, referral).closing == "the reporter withdrew it"
    again = person.post(where, {"why": "the reporter withdrew it", "stamp": stamp}, follow=True)
    assert "cannot be done here any more" in text_of(again)


@pytest.mark.parametrize("word", ["withdraw", "lift"])
def test_what_the_page_does_not_offer_is_not_done_by_its_address_either(pages: Pages, word: str) -> None:
    referral = untitled(pages.district)
    person, where = pages.user("custodian"), f"/queue/{referral.id}/do/{word}"
    page = person.get(f"/queue/{referral.id}/")
    assert where not in page.content.decode()
    before = entries(pages.district.services)
    assert "cannot be done here any more" in text_of(person.post(where, {"why": "it is quashed"}, follow=True))
    assert entries(pages.district.services) == before


def test_closed_work_is_not_sealed_any_more(pages: Pages) -> None:
    referral = untitled(pages.district)
    person, where = pages.user("custodian"), f"/queue/{referral.id}/do/seal"
    assert where in person.get(f"/queue/{referral.id}/").content.decode()
    stamp = field(person.get(where), "stamp")
    person.post(f"/queue/{referral.id}/do/close", {"why": "the reporter withdrew it", "stamp": stamp})
    assert where not in person.get(f"/queue/{referral.id}/").content.decode()
    assert "cannot be done here any more" in text_of(person.get(where, follow=True))


def test_what_was_handed_over_goes_on_the_record_and_closes_the_request(pages: Pages) -> None:
    referral = referred(pages.district, TEAM, PARENT, purpose="inspection")
    person, where = pages.user("custodian"), f"/queue/{referral.id}/handed-over"
    page = person.get(where)
    hannah = pages.district.student(HANNAH)
    to = f"parent:{pages.district.guardian(HANNAH_MOTHER)}"
    form = {"to": to, "basis": "EX2", "students": [hannah], "how": "on paper", "stamp": field(page, "stamp")}
    stranger = text_of(person.post(where, {**form, "to": "asked"}))
    assert "m-ortiz" in stranger
    assert "dam-plugin" not in stranger
    tampered = text_of(person.post(where, {**form, "students": ["S-8R1DX3EJMMQ2"]}))
    assert "Choose from the list." in tampered
    assert "S-8R1DX3EJMMQ2" not in tampered
    wrong = person.post(where, {**form, "close": "on"})
    assert "Say what was done." in text_of(wrong)
    before = entries(pages.district.services, "queue")
    bad = person.post(where, {**form, "basis": "EX7", "close": "on", "why": "done"})
    assert "dam-plugin" not in text_of(bad)
    assert "--" not in text_of(bad)
    assert entries(pages.district.services, "queue") == before
    done = person.post(where, {**form, "close": "on", "why": "handed over at the office"}, follow=True)
    assert "It is on the record, and the request is closed." in text_of(done)
    assert not now(pages.district.services, referral).is_open
    assert "What was handed over by hand" in text_of(person.get(f"/queue/{referral.id}/"))


def test_a_paper_beside_a_mistake_is_kept_with_what_was_handed_over(pages: Pages) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    referral = referred(pages.district, TEAM, PARENT, purpose="inspection")
    person, where = pages.user("custodian"), f"/queue/{referral.id}/handed-over"
    hannah = pages.district.student(HANNAH)
    form = {"to": "other", "role": "public", "who": "the protection agency", "basis": "LAW", "students": [hannah]}
    form |= {"law": "42 U.S.C. 15043(a)(2)(I)", "stamp": field(person.get(where), "stamp")}
    sent = {**form, "who": "", "file": SimpleUploadedFile("letter.pdf", PAPER, "application/pdf")}
    wrong = person.post(where, sent)
    assert "Handed in already: letter.pdf" in text_of(wrong)
    done = person.post(where, {**form, "paper_token": field(wrong, "paper_token")}, follow=True)
    assert "It is on the record." in text_of(done)
    lost = person.post(where, {**form, "paper_token": "x"})
    assert "cannot be found any more: choose the file again" in text_of(lost)


def test_sealed_work_is_in_no_list_but_its_own_and_others_get_nothing(pages: Pages) -> None:
    pages.district.upload(TEAM)
    evidence = {"order": {"kind": "subpoena", "verified": True, "notice_required": False, "secret_by": "grand_jury"}}
    answer = pages.district.share(TEAM, kind="request", purpose="legal request", recipient=COURT, evidence=evidence)
    (referral,) = answer.referrals
    assert referral.secret
    person = pages.user("custodian")
    assert referral.id not in person.get("/queue/").content.decode()
    assert referral.id in person.get("/queue/?sealed=1").content.decode()
    assert "This is sealed" in text_of(person.get(f"/queue/{referral.id}/"))
    media = pages.user("media")
    for where in ("/queue/", "/queue/?sealed=1", f"/queue/{referral.id}/", f"/queue/{referral.id}/do/lift"):
        assert media.get(where).status_code == 403
    assert "0 requests wait" in text_of(person.get("/"))
    lift = person.get(f"/queue/{referral.id}/do/lift")
    refused = person.post(f"/queue/{referral.id}/do/lift", {"why": "counsel", "stamp": field(lift, "stamp")})
    assert "is not answered yet" in text_of(refused)
    assert now(pages.district.services, referral).secret


def test_an_officials_interest_releases_it_with_the_link_shown_once_and_withdrawn_it_closes(pages: Pages) -> None:
    from dam_plugin.gate.open_link import open_link

    asked = {"purpose": "instruction", "actor": MEDIA_STAFF}
    referral = referred(pages.district, TEAM, Recipient("school_official", "coach"), **asked)
    person, where = pages.user("custodian"), f"/queue/{referral.id}"
    assert "A school official needs it for their work" in text_of(person.get(f"{where}/"))
    answer = saved(
        person, f"{where}/found/evidence-interest", {"legitimate_interest": "on", "records_authorized": "on"}
    )
    assert "It goes out" in text_of(answer)
    token = re.findall(r"<code>([^<]+)</code>", answer.content.decode())[0]
    assert open_link(pages.district.services, token).url is not None
    (found,) = findings(pages.district.services, referral)
    assert found.content["evidence"] == {"legitimate_interest": True, "records_authorized": True}
    act = person.get(f"{where}/do/withdraw")
    left = {"why": "she left the team", "held": "until", "stamp": field(act, "stamp")}
    assert "Say until which day it held." in text_of(person.post(f"{where}/do/withdraw", left))
    done = person.post(f"{where}/do/withdraw", {**left, "since": str(TODAY)}, follow=True)
    assert "1 link that was given on it opens nothing any more." in text_of(done)
    assert open_link(pages.district.services, token).url is None


def test_evidence_that_never_held_makes_it_a_mistake_once_two_people_say_so(pages: Pages) -> None:
    asked = {"purpose": "instruction", "actor": MEDIA_STAFF}
    referral = referred(pages.district, TEAM, Recipient("school_official", "coach"), **asked)
    anna, bert = pages.user("custodian", name="anna"), pages.user("designee", name="bert")
    where = f"/queue/{referral.id}"
    saved(anna, f"{where}/found/evidence-interest", {"legitimate_interest": "on", "records_authorized": "on"})
    for person, held, told in (
        (anna, "never", "What was given on it closes."),
        (bert, "never", "as given by mistake"),
        (bert, "after_all", "Nothing changed yet: it takes two people."),
        (anna, "after_all", "on each student's record that it held"),
    ):
        stamp = field(person.get(f"{where}/do/withdraw"), "stamp")
        said = {"why": "he is no coach here", "held": held, "stamp": stamp}
        assert told in text_of(person.post(f"{where}/do/withdraw", said, follow=True))


def test_who_would_receive_it_does_not_certify_their_own_interest(pages: Pages) -> None:
    referral = referred(
        pages.district, TEAM, Recipient("school_official", "coach"), purpose="instruction", actor=MEDIA_STAFF
    )
    form = {"legitimate_interest": "on", "records_authorized": "on", "do": "see"}
    answer = pages.user("designee", name="coach").post(f"/queue/{referral.id}/found/evidence-interest", form)
    assert "This takes another person" in text_of(answer)


def test_the_secrecy_of_an_order_is_lifted_by_two_people(pages: Pages) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    referral = referred(pages.district, TEAM, COURT, purpose="legal request")
    anna, bert = pages.user("custodian", name="anna"), pages.user("designee", name="bert")
    form = {"kind": "subpoena", "verified": "on", "secret_by": "grand_jury", "file": SimpleUploadedFile("a.pdf", PAPER)}
    saved(anna, f"/queue/{referral.id}/found/evidence-order", form)
    assert now(pages.district.services, referral).secret
    assert referral.id not in anna.get("/queue/").content.decode()
    page = bert.get(f"/queue/{referral.id}/")
    done = bert.post(f"/findings/{pending(pages, referral)}/settle", {"do": "approve", "stamp": field(page, "stamp")})
    assert "It goes out" in text_of(done)
    where = f"/queue/{referral.id}/do/lift"

    def lift(person: Any) -> str:
        form = person.get(where)
        return text_of(person.post(where, {"why": "the grand jury ended", "stamp": field(form, "stamp")}, follow=True))

    assert "Nothing changed yet: it takes two people." in lift(anna)
    assert "This takes another person" in lift(anna)
    assert "Tell the families now: that is in the queue." in lift(bert)
    assert not now(pages.district.services, referral).secret
    assert "Families are to be told of an order" in text_of(anna.get("/queue/"))


def test_a_finding_that_counts_and_could_not_be_decided_is_not_told_as_nothing_done(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dam_plugin.errors import StorageError

    def away(*_: Any, **__: Any) -> None:
        raise StorageError("the storage does not answer")

    referral = referred(pages.district, UNTITLED, HERALD)
    person = pages.user("custodian")
    monkeypatch.setattr("dam_plugin.custodian.findings.share", away)
    form = {"persons": "Hannah Lindqvist", "unidentified": "0"}
    saved(person, f"/queue/{referral.id}/found/identified", form)
    page = text_of(person.get(f"/queue/{referral.id}/"))
    assert "It is kept and counts, but the request could not be decided with it yet" in page
    assert "Decide it now" in page
    monkeypatch.undo()


def test_an_offer_says_whose_family_and_to_whom(pages: Pages) -> None:
    pages.district.upload(TEAM)
    said = MeaningFound("destroyed")
    say_of_recording(pages.district.services, TEAM, said, CUSTODIAN, ADA, "the score is all there is")
    pages.district.ask(TEAM, Recipient("parent", pages.district.guardian(INES_MOTHER)))
    with pages.district.services.store.reading() as unit:
        offers = [each for each in unit.referrals.listed() if each.kind == "offer"]
    assert offers
    person = pages.user("custodian")
    assert "A recording is to be offered to a family: team-photo.jpg the family of" in text_of(person.get("/queue/"))
    for each in offers:
        page = text_of(person.get(f"/queue/{each.id}/"))
        assert "To whom it is offered" in page
        assert "G-" not in page
        where = f"/queue/{each.id}/found/offered"
        assert "This field is required." in text_of(person.post(where, {"do": "see"}))
    saved(person, where, {"how": "letter of 5 October"})
    assert now(pages.district.services, offers[-1]).closing == "offered: letter of 5 October"


def test_what_nobody_has_is_nowhere(pages: Pages) -> None:
    person = pages.user("custodian")
    for where in ("/queue/rf-000000000000/", "/queue/rf-000000000000/found/meaning", "/queue/rf-000000000000/do/close"):
        assert person.get(where).status_code == 404
    assert person.post("/findings/fi-000000000000/settle", {"do": "approve"}).status_code == 404


def test_hostile_words_of_a_request_are_text(pages: Pages) -> None:
    referral = referred(pages.district, UNTITLED, Recipient("public", "<script>alert(1)</script>"))
    person = pages.user("custodian")
    for page in (
        person.get("/queue/"),
        person.get(f"/queue/{referral.id}/"),
        person.get(f"/queue/{referral.id}/do/close"),
    ):
        assert page.status_code == 200
        assert b"<script>alert" not in page.content
        assert b"&lt;script&gt;alert" in page.content


def test_a_review_says_whether_there_was_a_threat(pages: Pages) -> None:
    from queue_cases import emergency

    review = emergency(pages.district)
    person = pages.user("custodian", name="anna")
    page = text_of(person.get(f"/queue/{review}/"))
    assert "was given to 911 (emergency personnel) in an emergency." in page
    assert "a missing child" in page
    where = f"/queue/{review}/found/reviewed"
    assert "This field is required." in text_of(person.post(where, {"found": "the child was found", "do": "see"}))
    saved(person, where, {"found": "the child was found", "was_threat": "no"})
    with pages.district.services.store.reading() as unit:
        assert unit.referrals.need(review).closing == "reviewed: no threat: the child was found"
