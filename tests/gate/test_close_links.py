"""What is told of closed links: one entry for a whole revocation, who had opened them, and what became of their copies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from clock import TODAY
from district import CUSTODIAN, GRADUATION, INES, NOAH, TEAM, District
from use_cases import FAILED, Voice, entries, entries_about, ledger_holds, link_of, listening, on, with_voice

from dam_plugin.custodian import choices
from dam_plugin.errors import StorageError
from dam_plugin.gate.close_links import OUT_OF_REACH, ClosedLinks, OpenedBefore, close_links, recheck_links, revoke
from dam_plugin.gate.open_link import open_link
from dam_plugin.intake.events import take_in
from dam_plugin.model import AssetEvent, OptOut, Recipient
from dam_plugin.sharing.published_copy import CopyCounts
from dam_plugin.sharing.share import Answer

SIDECAR = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><Iptc4xmpExt:PersonInImage><rdf:Bag>
<rdf:li>Hannah Lindqvist</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage></rdf:Description></rdf:RDF></x:xmpmeta>"""
NEWSPAPER = Recipient("public", "newspaper")


def given(district: District, key: str = GRADUATION, **changes: Any) -> Answer:
    with district.services.store.reading() as unit:
        is_there = unit.assets.current(key) is not None
    if not is_there:
        district.upload(key)
    answer = district.share(key, **changes)
    assert answer.link is not None
    return answer


def id_of(answer: Answer) -> str:
    assert answer.link is not None
    return answer.link.id


# The ledger


def test_one_entry_tells_of_all_links_that_a_change_closed(district: District) -> None:
    answers = [given(district, key) for key in (GRADUATION, GRADUATION, TEAM)]
    closed = close_links(district.services, [link_of(district.services, each.link) for each in answers], "a reason")
    assert len(closed) == 3
    ((entry, details),) = entries(district.services, "close")
    assert entry.subject.startswith("rv-")
    assert details == {"why": "a reason", "count": 3, "links": [id_of(each) for each in answers]}
    assert ledger_holds(district.services)


def test_the_entry_of_one_link_is_about_that_link(district: District) -> None:
    answer = given(district)
    revoke(district.services, key=GRADUATION)
    ((entry, details),) = entries(district.services, "close")
    assert (entry.subject, details["links"]) == (id_of(answer), [id_of(answer)])


def test_a_revocation_stands_in_the_record_of_each_student_whom_it_concerns(district: District) -> None:
    given(district)
    given(district, TEAM)
    before = {each: entries_about(district.services, district.student(each)) for each in (NOAH, INES)}
    revoke(district.services, key=GRADUATION)
    assert entries_about(district.services, district.student(NOAH)) == [*before[NOAH], "close"]
    assert entries_about(district.services, district.student(INES)) == before[INES]


def test_what_nobody_had_open_leaves_no_entry(district: District) -> None:
    answer = given(district)
    revoke(district.services, key=GRADUATION)
    again = close_links(district.services, [link_of(district.services, answer.link)], "again")
    assert (again, len(entries(district.services, "close"))) == (ClosedLinks(), 1)


# Who had opened them


def test_it_is_told_who_had_opened_each_link_and_when(district: District) -> None:
    one, other, never = given(district), given(district, recipient=NEWSPAPER), given(district)
    at = district.services.now()
    for answer, minutes in ((one, 5), (other, 1), (one, 2)):
        opened = open_link(on(district.services, at + timedelta(minutes=minutes)), answer.token or "")
        assert opened.url is not None
    closed = revoke(district.services, key=GRADUATION)
    assert [link.id for link in closed] == [id_of(one), id_of(other), id_of(never)]
    assert closed.opened == (
        OpenedBefore(id_of(one), "public:public", 2, at + timedelta(minutes=2), at + timedelta(minutes=5)),
        OpenedBefore(id_of(other), "public:newspaper", 1, at + timedelta(minutes=1), at + timedelta(minutes=1)),
    )


def test_an_opening_that_was_refused_is_none(district: District) -> None:
    answer = given(district)
    with district.services.store.writing() as unit:
        unit.people.add_opt_out(district.student(NOAH), OptOut(TODAY), "paper", district.services.now())
    assert open_link(district.services, answer.token or "").url is None
    with district.services.store.reading() as unit:
        assert [row.kind for row in unit.entries.of_subjects("open", [id_of(answer)])] == ["open"]
    with district.services.store.writing() as unit:
        # As if it had not been closed by the opening.
        unit.shares.close_links([id_of(answer)], "", district.services.now())
    assert recheck_links(district.services).opened == ()


def test_of_an_opening_whose_details_were_deleted_it_is_still_told_when(district: District) -> None:
    answer = given(district)
    open_link(district.services, answer.token or "")
    ((entry, _),) = entries(district.services, "open")
    with district.services.store.writing() as unit:
        district.services.ledger.forget(unit, [entry.seq])
    (opened,) = revoke(district.services, key=GRADUATION).opened
    assert opened == OpenedBefore(id_of(answer), None, 1, entry.at, entry.at)


def test_the_report_as_plain_data_says_what_is_out_of_reach(district: District) -> None:
    answer = given(district)
    told = revoke(district.services, key=GRADUATION).as_dict()
    assert told == {
        "closed": [id_of(answer)],
        "copies": {"held": 1, "waiting": 0, "purging": 0},
        "opened": [],
        "in_sets": [],
        "consents_in_force": [],
        "out_of_reach": OUT_OF_REACH,
    }


# What closes links


def test_an_opt_out_and_a_revoked_consent_tell_what_they_closed(district: District) -> None:
    answer = given(district)
    open_link(district.services, answer.token or "")
    closed = choices.opt_out(district.services, district.student(NOAH), OptOut(TODAY), CUSTODIAN)
    assert ([link.id for link in closed], closed.copies, len(closed.opened)) == ([id_of(answer)], CopyCounts(held=1), 1)


def test_tags_that_a_sidecar_changes_close_links(district: District) -> None:
    answer = given(district)
    name = GRADUATION.removesuffix(".jpg") + ".xmp"
    # Hannah's family has opted out.
    district.services.library.put(name, SIDECAR, media_type="application/xml")
    take_in(district.services, AssetEvent(name))
    assert link_of(district.services, answer.link).closed_why == "decided again after a change"


def test_a_link_that_ran_out_is_not_decided_again(district: District) -> None:
    answer = given(district)
    with district.services.store.writing() as unit:
        unit.people.add_opt_out(district.student(NOAH), OptOut(TODAY), "paper", district.services.now())
    after = on(district.services, district.services.now() + timedelta(days=400))
    assert recheck_links(after) == ClosedLinks()
    assert link_of(district.services, answer.link).closed_at is None


def test_a_storage_that_fails_is_told_and_no_error(district: District) -> None:
    answer = given(district)

    def hear(name: str, *_: object, **__: object) -> None:
        if name == "put_tags":
            raise StorageError("no answer")

    closed = choices.opt_out(listening(district.services, hear), district.student(NOAH), OptOut(TODAY), CUSTODIAN)
    assert closed.copies == CopyCounts(waiting=1)
    assert open_link(district.services, answer.token or "").url is None


def test_a_refused_opening_whose_details_were_deleted_is_none_where_the_links_count_says_so(district: District) -> None:
    never, once = given(district), given(district)
    at = district.services.now()
    assert open_link(district.services, once.token or "").url is not None
    refusing = with_voice(district, Voice(review_decision=FAILED)).services
    for answer in (never, once):
        assert open_link(on(refusing, at + timedelta(minutes=1)), answer.token or "").url is None
    with district.services.store.writing() as unit:
        district.services.ledger.forget(unit, [entry.seq for entry, _ in entries(district.services, "open")])
    (opened,) = revoke(district.services, key=GRADUATION).opened
    assert (opened.link, opened.openings, opened.unknown) == (id_of(once), 2, 1)
