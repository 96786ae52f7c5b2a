"""Requests, letters and holds at the desk, as the custodian and a designee work with them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from command_line import holder
from desk_pages import text_of
from district import CROWD, CUSTODIAN, HANNAH, HANNAH_MOTHER, INES, TEAM, UNTITLED
from smtp_sink import Sink, running
from use_cases import entries

from dam_plugin.custodian import holds, letters, request_register
from dam_plugin.custodian.requests import HAPPENINGS, Assigned, OrderVerified, ReasonsAsked
from dam_plugin.custodian.statements import place_statement
from dam_plugin.errors import InputError
from dam_plugin.ledger.access_chain import Access, AccessLog
from dam_plugin.model import Consent, Recipient
from dam_plugin.store import StoredRequest, SystemUser

if TYPE_CHECKING:
    from conftest import Pages

pytest.importorskip("django")

IDS = re.compile(
    r"\b(?:S-[0-9A-HJKMNP-TV-Z]{12}|G-[0-9A-HJKMNP-TV-Z]{12}|a-[0-9A-HJKMNP-TV-Z]{16}|rf-|sh-[0-9a-f]|lt-[0-9a-f])"
)
COMMANDS = re.compile(r"dam-plugin|--[a-z]|`")


def is_plain(answer: Any) -> bool:
    """Whether a page shows no id and names no command."""
    told = text_of(answer)
    assert IDS.findall(told) == []
    assert COMMANDS.findall(told) == []
    return True


def looks(pages: Pages) -> list[Access]:
    """Who looked at whom so far, the newest look first."""
    at = pages.district.services
    with at.store.reading() as unit:
        return AccessLog(at.ledger).last(unit, limit=100)


def entered(pages: Pages, **changes: Any) -> str:
    services = pages.district.services
    asked = StoredRequest(
        id="",
        received_at=services.now() - timedelta(days=1),
        recipient=Recipient("public", "w-1"),
        channel="letter",
        wanted="copy",
        purpose="news",
        described="the concert of October",
        contact="Jo Doe, jo@example.org",
    )
    user = SystemUser("1001", "records-office")
    return request_register.add_request(services, replace(asked, **changes), CUSTODIAN, user).request.id


def of_family(pages: Pages, **changes: Any) -> str:
    mother = pages.district.guardian(HANNAH_MOTHER)
    student = pages.district.student(HANNAH)
    return entered(
        pages, recipient=Recipient("parent", mother), purpose="inspection", students=(student,), contact=None, **changes
    )


def view_of(pages: Pages, number: str) -> Any:
    return request_register.get_request(pages.district.services, number)


def writing(pages: Pages, **changes: str) -> dict[str, Any]:
    today = pages.district.services.now().date()
    return {
        "role": "public",
        "name": "Jo Doe",
        "contact": "jo@example.org",
        "received": str(today),
        "received_at": "00:00",
        "channel": "telephone",
        "wanted": "copy",
        "purpose": "news",
        "described": "the concert of October",
        "do": "enter",
        **changes,
    }


# The register


def test_the_register_lists_what_is_due_next_first_with_who_asks(pages: Pages) -> None:
    came = pages.district.services.now() - timedelta(days=5)
    later, now = of_family(pages, described="all of it"), entered(pages, received_at=came)
    person = pages.user("custodian", name="clara")
    answer = person.get("/requests/")
    told = text_of(answer)
    assert told.index(now) < told.index(later)
    assert "Jo Doe" in told
    assert "Lindqvist" in told
    assert "jo@example.org" not in told
    assert is_plain(answer)


def test_the_register_shows_mine_overdue_and_closed_ones(pages: Pages) -> None:
    services = pages.district.services
    mine, late = entered(pages), entered(pages, received_at=services.now() - timedelta(days=30))
    person = pages.user("custodian", name="clara")
    person.post(f"/requests/{mine}/take")
    assert mine in text_of(person.get("/requests/?show=mine"))
    assert late not in text_of(person.get("/requests/?show=mine"))
    assert mine not in text_of(person.get("/requests/?show=overdue"))
    assert late in text_of(person.get("/requests/?show=overdue"))
    person.post(f"/requests/{mine}/withdraw", {"why": "a call"})
    assert mine in text_of(person.get("/requests/?show=closed"))
    assert mine not in text_of(person.get("/requests/"))
    assert "of these is overdue" in text_of(person.get("/"))


def test_the_register_goes_on_page_by_page(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from dam_hooks.desk.pages import requests_page

    numbers = [entered(pages) for _ in range(3)]
    monkeypatch.setattr(requests_page, "PAGE", 2)
    person = pages.user("designee")
    first = person.get("/requests/").content.decode()
    (after,) = re.findall(r"after=(RQ-\d+)", first)
    second = person.get(f"/requests/?after={after}").content.decode()
    shown = [set(re.findall(r"/requests/(RQ-\d+)/", each)) for each in (first, second)]
    assert shown == [set(numbers[:2]), set(numbers[2:])]


# Entering one


def test_what_came_by_telephone_is_entered_with_its_days(pages: Pages) -> None:
    person = pages.user("custodian", name="clara")
    answer = person.post("/requests/new", writing(pages), follow=True)
    told = text_of(answer)
    assert "The request is entered" in told
    assert "Jo Doe" in told
    assert "by telephone" in told
    assert "act on it" in told
    assert "3 business days after" in told
    assert is_plain(answer)
    view = view_of(pages, "RQ-000001")
    assert view.events[0].by.id == "clara"
    assert view.events[0].user.name == "clara"


def test_the_name_of_a_stranger_is_in_the_contact_alone_and_one_name_is_one_person(pages: Pages) -> None:
    person = pages.user("custodian")
    for name in ("Jo Doe", "jo  DOE"):
        person.post("/requests/new", writing(pages, name=name))
    first, second = view_of(pages, "RQ-000001").request, view_of(pages, "RQ-000002").request
    assert first.contact == "Jo Doe, jo@example.org"
    assert first.recipient == second.recipient
    assert "Doe" not in str(entries(pages.district.services, "request"))


def test_a_family_is_found_by_name_and_asks_as_itself(pages: Pages) -> None:
    person = pages.user("custodian")
    typed = writing(pages, role="family", name="", family="lindqvist")
    found = person.post("/requests/new", {**typed, "find_person": "1"})
    assert "of Hannah Lindqvist, grade 11" in text_of(found)
    assert is_plain(found)
    assert entries(pages.district.services, "request") == []
    (choice,) = set(re.findall(r'value="(parent:[^"]+)"', found.content.decode()))
    assert choice == f"parent:{pages.district.guardian(HANNAH_MOTHER)}"
    answer = person.post("/requests/new", {**typed, "person": choice}, follow=True)
    assert "let the family see it" in text_of(answer)
    assert is_plain(answer)


def test_recordings_and_students_are_found_and_ticked(pages: Pages) -> None:
    pages.district.upload(CROWD)
    pages.district.upload(TEAM)
    person = pages.user("custodian")
    looking = writing(pages, recording="CONCERT", student="hannah")
    found = person.post("/requests/new", {**looking, "find_recording": "1"}).content.decode()
    assert CROWD in found
    assert TEAM not in found
    ticked = {"recordings": [pages.asset(CROWD)], "students": [pages.district.student(HANNAH)]}
    again = person.post(
        "/requests/new", {**writing(pages, recording="team"), **ticked, "find_recording": "1"}
    ).content.decode()
    assert CROWD in again
    assert TEAM in again
    answer = person.post("/requests/new", {**writing(pages, described=""), **ticked}, follow=True)
    assert "concert-crowd.jpg" in text_of(answer)
    assert view_of(pages, "RQ-000001").request.recordings == (CROWD,)
    assert view_of(pages, "RQ-000001").request.students == (pages.district.student(HANNAH),)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "Write down who asks."),
        ({"role": "family"}, "Find the family, and choose who of them asks."),
        ({"role": "nobody"}, "Select a valid choice"),
        ({"described": ""}, "Say what is asked for"),
        ({"described": "the pictures of Hannah Lindqvist"}, "A text may name a student"),
        ({"received": "2999-01-01"}, "which is not yet"),
        ({"received": "yesterday"}, "Enter a valid date"),
        ({"paper": "subpoena"}, "A subpoena or an order has both"),
        ({"folder": "nowhere"}, "is not in the library"),
        ({"purpose": "website"}, "Select a valid choice"),
        ({"recordings": "a-0000000000000000"}, "Select a valid choice"),
        ({"name": "x" * 151}, "at most 150 characters"),
        ({"name": "Jo\x00Doe"}, "Null characters are not allowed"),
        ({"amend": "all"}, "a parent or a student with the rights alone"),
        ({"amend": "all", "only": "on"}, "a parent or a student with the rights alone"),
        ({"amend": "all", "paper": "subpoena", "return_day": "2999-01-01"}, "A family asks for this, and no court"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_entered(
    pages: Pages, changed: dict[str, str], sentence: str
) -> None:
    answer = pages.user("custodian").post("/requests/new", writing(pages, **changed))
    assert answer.status_code == 200
    assert sentence.casefold() in text_of(answer).casefold()
    assert is_plain(answer)
    assert entries(pages.district.services, "request") == []


def clocks_of(pages: Pages, number: str) -> set[str]:
    return {each.name for each in view_of(pages, number).status.running}


@pytest.mark.parametrize(
    ("ticked", "clocks"),
    [({}, [{"answer", "inspection"}, {"amendment"}]), ({"only": "on"}, [{"amendment"}])],
    ids=["both", "only"],
)
def test_a_letter_that_asks_to_see_and_to_amend_is_entered_as_two(
    pages: Pages, ticked: dict[str, str], clocks: list[set[str]]
) -> None:
    family = f"parent:{pages.district.guardian(HANNAH_MOTHER)}"
    typed = writing(pages, role="family", name="", family="lindqvist", person=family, amend="it is not she", **ticked)
    answer = pages.user("custodian").post("/requests/new", typed, follow=True)
    assert ("RQ-000002" in text_of(answer)) is (len(clocks) == 2)
    assert is_plain(answer)
    assert [clocks_of(pages, f"RQ-00000{number}") for number in range(1, len(clocks) + 1)] == clocks


def test_what_a_family_asks_to_see_goes_on_beside_what_it_asks_to_amend(pages: Pages) -> None:
    number = of_family(pages, described="all of it")
    person = pages.user("custodian")
    for _ in range(2):
        answer = person.post(f"/requests/{number}/amend", {"text": "it is not she"}, follow=True)
        assert "Its letter also asks to amend a record: that is RQ-000002" in text_of(answer)
        assert is_plain(answer)
    assert (clocks_of(pages, number), clocks_of(pages, "RQ-000002")) == ({"answer", "inspection"}, {"amendment"})
    person.post(f"/requests/{number}/amend", {"text": "it is not she", "only": "on"})
    assert clocks_of(pages, number) == {"amendment"}
    again = person.post(f"/requests/{number}/amend", {"text": "another one"})
    assert "already" in text_of(again)
    assert is_plain(again)


def test_what_was_answered_is_not_turned_into_one_to_amend(pages: Pages) -> None:
    pages.district.upload(TEAM)
    number = of_family(pages, recordings=(TEAM,), wanted="view")
    person = pages.user("custodian")
    person.post(f"/requests/{number}/answer/{pages.asset(TEAM)}", {"do": "show"})
    refused = person.post(f"/requests/{number}/amend", {"text": "it is not she", "only": "on"})
    assert "leave “It asks to see nothing” out" in text_of(refused)
    assert is_plain(refused)
    assert clocks_of(pages, number) == {"answer", "inspection"}


def test_what_the_childrens_division_asks_is_sealed_at_once(pages: Pages) -> None:
    person = pages.user("custodian")
    answer = person.post(
        "/requests/new", writing(pages, role="childrens_division", name="St. Louis County"), follow=True
    )
    assert "It is entered and sealed" in text_of(answer)
    assert "RQ-000001" not in text_of(answer)
    assert person.get("/requests/RQ-000001/").status_code == 404
    assert person.get("/requests/RQ-000001/close").status_code == 404
    assert person.get("/letters/new?request=RQ-000001").status_code == 404


# One request


def test_a_request_tells_how_each_day_came_about_and_what_was_found(pages: Pages) -> None:
    pages.district.upload(TEAM)
    number = of_family(pages, described="all pictures")
    person = pages.user("custodian")
    answer = person.get(f"/requests/{number}/")
    told = text_of(answer)
    assert "Hannah Lindqvist" in told
    assert "How this day came about" in told
    assert "45 days after" in told
    assert "team-photo.jpg" in told
    assert "not answered yet" in told
    assert is_plain(answer)


def test_a_stranger_who_may_be_family_is_told_to_the_custodian_by_name(pages: Pages) -> None:
    services = pages.district.services
    with services.store.reading() as unit:
        mother = dict(unit.people.need(pages.district.student(HANNAH)).named_guardians)[
            pages.district.guardian(HANNAH_MOTHER)
        ]
    number = entered(pages, contact=mother, students=(pages.district.student(HANNAH),))
    answer = pages.user("custodian").get(f"/requests/{number}/")
    assert f"may be {mother}" in text_of(answer)
    assert is_plain(answer)


def test_a_delay_is_explained_and_the_register_has_it(pages: Pages) -> None:
    number = entered(pages)
    person = pages.user("custodian", name="clara")
    earliest = pages.district.services.now().date() + timedelta(days=10)
    said = {"cause": "six hours of video", "place": "the office", "earliest": str(earliest), "earliest_at": "09:00"}
    answer = person.post(f"/requests/{number}/delay", said, follow=True)
    assert "Noted." in text_of(answer)
    assert "six hours of video" in text_of(answer)
    assert view_of(pages, number).status.state == "delayed"
    assert view_of(pages, number).status.owner == "clara"
    assert is_plain(answer)


def test_a_refusal_of_the_core_is_a_sentence_at_its_field(pages: Pages) -> None:
    number = entered(pages)
    person = pages.user("custodian")
    answer = person.post(f"/requests/{number}/close", {"outcome": "denied", "why": "no"})
    told = text_of(answer)
    assert "by a provision of law: “By which provision of law”" in told
    assert "id_provision" in answer.content.decode()
    assert is_plain(answer)
    assert view_of(pages, number).status.is_open


def test_somebody_elses_request_is_taken_over_first(pages: Pages) -> None:
    number = entered(pages)
    services = pages.district.services
    request_register.note_happening(services, number, Assigned("otto"), CUSTODIAN, SystemUser("1", "otto"))
    person = pages.user("designee", name="dora")
    refused = person.post(f"/requests/{number}/waive", {"why": "the public interest"})
    assert "is otto's: ask them, or take it over with “Take it over”" in text_of(refused)
    person.post(f"/requests/{number}/take")
    assert "Noted." in text_of(person.post(f"/requests/{number}/waive", {"why": "the public interest"}, follow=True))


def test_a_request_goes_from_its_answer_to_its_closing(pages: Pages) -> None:
    pages.district.upload(CROWD)
    number = entered(pages, recordings=(CROWD,))
    person = pages.user("custodian", name="clara")
    where = f"/requests/{number}/answer/{pages.asset(CROWD)}"
    before = entries(pages.district.services)
    seen = person.get(where)
    assert entries(pages.district.services) == before
    assert is_plain(seen)
    assert "Give it by a link" in text_of(seen)
    given = person.post(where, {"do": "give"})
    assert "shown this once" in text_of(given)
    page = person.get(f"/requests/{number}/")
    assert "given" in text_of(page)
    answer = person.post(f"/requests/{number}/close", {"outcome": "granted", "why": "sent by link"}, follow=True)
    assert "granted" in text_of(answer)
    assert view_of(pages, number).status.state == "granted"
    assert is_plain(answer)


def test_with_the_link_stands_what_the_recipient_is_told_and_until_when_it_works(pages: Pages) -> None:
    pages.district.upload(TEAM)
    hannah = pages.district.student(HANNAH)
    place_statement(
        pages.district.services,
        TEAM,
        hannah,
        "We do not agree with this.",
        CUSTODIAN,
        SystemUser("1", "records-office"),
        author=holder(hannah),
    )
    number = of_family(pages, recordings=(TEAM,))
    given = pages.user("custodian").post(f"/requests/{number}/answer/{pages.asset(TEAM)}", {"do": "give"})
    told = text_of(given)
    assert "It works until" in told
    assert "Tell the recipient: A statement of the family goes with this record" in told
    assert "We do not agree with this." in told


def test_a_paper_that_does_not_count_yet_is_said_with_the_answer_and_whom_it_names_is_noted(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages.district.upload(CROWD)
    number, hannah = entered(pages, recordings=(CROWD,)), pages.district.student(HANNAH)
    waits = f"the paper on {hannah} waits for somebody else: `dam-plugin queue approve fi-0123456789ab`"
    for each in ("preview", "share"):
        monkeypatch.setattr(
            f"dam_plugin.sharing.{each}.with_what_staff_hear", lambda _at, answer: replace(answer, why_not=(waits,))
        )
    person, asset = pages.user("custodian"), pages.asset(CROWD)
    before = len(looks(pages))
    sharing = {"to": "published", "purpose": "website", "days": "14"}
    told = [
        person.get(f"/requests/{number}/answer/{asset}"),
        person.post(f"/requests/{number}/answer/{asset}", {"do": "give"}),
        person.post(f"/recordings/{asset}/share", {**sharing, "do": "see"}),
        person.post(f"/recordings/{asset}/share", {**sharing, "do": "share"}),
    ]
    for page in told:
        assert "The paper on Hannah Lindqvist waits for somebody else" in text_of(page)
        assert is_plain(page)
    noted = looks(pages)[: len(told)]
    assert len(looks(pages)) == before + len(told)
    assert all(hannah in each.students for each in noted)


def test_whoever_asks_and_whom_a_refusal_names_is_noted(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from dam_hooks.desk.pages import request_answer

    pages.district.upload(CROWD)
    hannah, ines = pages.district.student(HANNAH), pages.district.student(INES)
    asks = Recipient("eligible_student", hannah)
    number = entered(pages, recipient=asks, purpose="inspection", recordings=(CROWD,), contact=None)

    def refused(*_: object) -> None:
        raise InputError(f"{ines} has no say in this: see `dam-plugin student show {ines}`")

    monkeypatch.setattr(request_answer, "_previewed", refused)
    page = pages.user("custodian").get(f"/requests/{number}/answer/{pages.asset(CROWD)}")
    assert "Hannah Lindqvist" in text_of(page)
    assert is_plain(page)
    assert looks(pages)[0].students == tuple(sorted((hannah, ines)))


def test_what_is_shown_in_the_office_is_on_record(pages: Pages) -> None:
    pages.district.upload(TEAM)
    number = of_family(pages, recordings=(TEAM,))
    person = pages.user("custodian", name="clara")
    answer = person.post(f"/requests/{number}/answer/{pages.asset(TEAM)}", {"do": "show"}, follow=True)
    told = text_of(answer)
    assert "on record" in told
    assert is_plain(answer)
    (share,) = [details for _, details in entries(pages.district.services, "share")]
    assert share["in_person"]["what"] == "viewed"
    assert share["user"] == "clara"


def test_fees_are_estimated_and_paid(pages: Pages) -> None:
    number = entered(pages)
    person = pages.user("custodian")
    form = {"copying": "0", "research": "0", "pages": "12", "media": "5.50"}
    assert "The fee is estimated: $6.70." in text_of(person.post(f"/requests/{number}/estimate", form, follow=True))
    assert "A deposit was asked for: $2.00" in text_of(
        person.post(f"/requests/{number}/deposit", {"cents": "2"}, follow=True)
    )
    assert "Owed: $4.70" in text_of(person.post(f"/requests/{number}/paid", {"cents": "2.00"}, follow=True))
    assert "no more than 2 decimal places" in text_of(person.post(f"/requests/{number}/paid", {"cents": "0.001"}))


def test_an_appeal_is_over_once_two_accounts_say_so(pages: Pages) -> None:
    number = entered(pages)
    one, two = pages.user("custodian", name="clara"), pages.user("designee", name="dora")
    one.post(f"/requests/{number}/appeal", {"to": "board", "text": "it took too long"})
    first = one.post(f"/requests/{number}/appeal-over", {"why": "withdrawn"}, follow=True)
    assert "A second person has to say so too" in text_of(first)
    again = one.post(f"/requests/{number}/appeal-over", {"why": "withdrawn"})
    assert "This takes another person" in text_of(again)
    assert is_plain(again)
    two.post(f"/requests/{number}/appeal-over", {"why": "withdrawn"})
    assert not view_of(pages, number).status.is_appealed


def test_the_day_on_which_it_came_is_corrected_later_by_two_accounts(pages: Pages) -> None:
    number = entered(pages)
    one, two = pages.user("custodian", name="clara"), pages.user("designee", name="dora")
    came = view_of(pages, number).request.received_at
    said = {"came": str(came.date() - timedelta(days=4)), "came_at": "09:00", "why": "the stamp on the letter"}
    assert "Noted." in text_of(one.post(f"/requests/{number}/received", said, follow=True))
    earlier = view_of(pages, number).request.received_at
    assert earlier.date() == came.date() - timedelta(days=4)
    later = said | {"came": str(came.date() - timedelta(days=1))}
    assert "A second person has to say so too" in text_of(one.post(f"/requests/{number}/received", later, follow=True))
    assert view_of(pages, number).request.received_at == earlier
    two.post(f"/requests/{number}/received", later)
    assert view_of(pages, number).request.received_at > earlier


def test_everything_that_may_happen_with_a_request_has_words() -> None:
    from dam_hooks.desk.pages.register_words import HAPPENED

    assert HAPPENED.keys() == HAPPENINGS.keys()


def test_that_words_alone_hold_nothing_is_said_at_the_desk(pages: Pages) -> None:
    person = pages.user("custodian")
    form = {"name": "The circuit court", "role": "court", "described": "every photo of the fall games"}
    answer = person.post("/requests/new", writing(pages, **form), follow=True)
    assert "Nothing is held for RQ-000001" in text_of(answer)
    assert "“Hold recordings”" in text_of(answer)
    assert is_plain(answer)


def test_that_an_order_was_verified_is_noted_at_the_desk(pages: Pages) -> None:
    number = entered(pages)
    person = pages.user("custodian")
    assert "The order was verified" not in text_of(person.get(f"/requests/{number}/"))
    early = person.post(f"/requests/{number}/order-verified", {"how": "counsel called the clerk"})
    assert "note first what it is" in text_of(early)
    assert is_plain(early)
    day = pages.district.services.now().date() + timedelta(days=20)
    person.post(f"/requests/{number}/order", {"paper": "subpoena", "return": str(day)})
    assert "The order was verified" in text_of(person.get(f"/requests/{number}/"))
    answer = person.post(f"/requests/{number}/order-verified", {"how": "counsel called the clerk"}, follow=True)
    assert "The order was verified as lawfully issued" in text_of(answer)
    assert "counsel called the clerk" in text_of(answer)
    assert is_plain(answer)
    assert view_of(pages, number).status.order_verified.what == OrderVerified("counsel called the clerk")


def test_every_button_opens_its_form_in_plain_words(pages: Pages) -> None:
    from dam_hooks.desk.pages.request_act_table import ACTS

    number = of_family(pages)
    person = pages.user("custodian")
    for slug in ACTS:
        answer = person.get(f"/requests/{number}/{slug}")
        assert answer.status_code == 200, slug
        assert is_plain(answer)
    assert person.get(f"/requests/{number}/nothing").status_code == 404
    assert person.get("/requests/RQ-999999/").status_code == 404


@pytest.mark.parametrize(
    "outcome", ["granted", "partly", "denied", "no-such-record", "lost", "rights-passed", "referred-elsewhere"]
)
@pytest.mark.parametrize("who", ["family", "stranger"])
def test_no_refusal_of_a_closing_names_a_command_or_an_id(pages: Pages, who: str, outcome: str) -> None:
    pages.district.upload(TEAM)
    pages.district.upload(UNTITLED)
    student = pages.district.student(HANNAH)
    number = of_family(pages) if who == "family" else entered(pages, students=(student,), described="what there is")
    answer = pages.user("custodian").post(
        f"/requests/{number}/close", {"outcome": outcome, "why": "as it is"}, follow=True
    )
    assert is_plain(answer)


def test_hostile_texts_are_text(pages: Pages) -> None:
    number = entered(pages, described="<script>alert(1)</script> \"'&", contact="<b>Jo</b>, x")
    person = pages.user("custodian")
    for where in ("/requests/", f"/requests/{number}/", f"/letters/new?request={number}&kind=acknowledgement"):
        page = person.get(where).content.decode()
        assert "<script>alert" not in page
        assert "<b>Jo" not in page


# Letters


def letter_of(pages: Pages, number: str, **changes: str) -> Any:
    person = pages.user("custodian", name="clara")
    where = f"/letters/new?request={number}&kind=acknowledgement"
    form = {"language": "en", "name": "Jo Doe", "greeting": "", "address": "12 Elm Street\nRiverbend", "do": "see"}
    seen = person.post(where, {**form, **changes})
    text = html.unescape(
        re.findall(r"<textarea[^>]+name=\"text\"[^>]*>\n?(.*?)</textarea>", seen.content.decode(), re.DOTALL)[0]
    )
    return person, where, form, text


def test_the_page_offers_the_letters_that_fit(pages: Pages) -> None:
    number = entered(pages)
    page = text_of(pages.user("custodian").get(f"/requests/{number}/"))
    assert "That a request came, and by when it is answered" in page
    assert "That a request is denied" in page
    assert "a hearing on a record" not in page
    assert "confirms" not in page


def test_a_letter_is_seen_changed_kept_and_printed(pages: Pages) -> None:
    number = entered(pages)
    person, where, form, text = letter_of(pages, number)
    assert "Dear Jo Doe" in text
    assert "12 Elm Street" in text
    assert entries(pages.district.services, "letter") == []
    changed = f"{text}\nPlease ring twice.\n"
    kept = person.post(where, {**form, "text": changed.replace("\n", "\r\n"), "do": "keep"}, follow=True)
    assert "The letter is kept" in text_of(kept)
    assert "Its text was changed by hand." in text_of(kept)
    assert is_plain(kept)
    (letter,) = letters.list_letters(pages.district.services, letters.LetterAbout(request_id=number), 10)
    assert letter.text.endswith("Please ring twice.\n")
    assert (letter.by.id, letter.user.name) == ("clara", "clara")
    printed = person.get(f"/letters/{letter.id}/print")
    assert "Please ring twice." in text_of(printed)
    assert "Sign out" not in text_of(printed)
    told = person.post(f"/letters/{letter.id}/printed", follow=True)
    assert "Went out on paper" in text_of(told)
    assert "Please ring" in text_of(person.get(f"/letters/{letter.id}/"))
    assert number in text_of(person.get("/letters/"))


def test_a_changed_text_that_may_not_go_out_is_given_back_with_the_reason(pages: Pages) -> None:
    number = entered(pages)
    person, where, form, text = letter_of(pages, number)
    answer = person.post(where, {**form, "text": f"{text}\nIt shows Hannah Lindqvist.\n", "do": "keep"})
    told = text_of(answer)
    assert "may name a student" in told
    assert "“No word here is a student's name”" in told
    assert "It shows Hannah Lindqvist." in told
    assert entries(pages.district.services, "letter") == []


def test_whom_a_letter_on_a_request_is_about_is_noted_with_each_look_at_it(pages: Pages) -> None:
    number, hannah = of_family(pages), pages.district.student(HANNAH)
    person, where, form, _text = letter_of(pages, number)
    before = len(looks(pages))
    kept = person.post(where, {**form, "do": "keep"})["Location"]
    person.get(kept)
    person.get(f"{kept}print")
    noted = [(each.page, each.students) for each in looks(pages)[:-before]]
    assert noted == [(each, (hannah,)) for each in ("letter_print", "letter", "letter_write")]


def test_whom_a_letter_on_a_consent_is_about_is_noted_and_its_guardians_can_be_chosen(pages: Pages) -> None:
    hannah = pages.district.student(HANNAH)
    consent = Consent(student=hannah, purpose="website", signed_on=pages.district.services.now().date())
    with pages.district.services.store.writing() as unit:
        kept = unit.people.add_consent(consent, None, pages.district.services.now())
    page = pages.user("custodian").get(f"/letters/new?consent={kept}&kind=consent-confirmed")
    assert "Lindqvist" in text_of(page)
    assert looks(pages)[0].students == (hannah,)


def test_a_letter_that_does_not_fit_says_why(pages: Pages) -> None:
    number = entered(pages)
    person = pages.user("custodian")
    answer = person.post(f"/letters/new?request={number}&kind=denial", {"language": "en", "do": "see"})
    assert "provision" in text_of(answer)
    assert is_plain(answer)
    assert person.get("/letters/new").status_code == 404
    assert "What should it tell?" in text_of(person.get(f"/letters/new?request={number}&kind=nothing"))


@pytest.mark.parametrize("kind", ["extension", "denial", "no-such-record", "lost", "rights-passed", "redacted-release"])
def test_each_letter_of_a_family_asks_and_refuses_in_plain_words(pages: Pages, kind: str) -> None:
    pages.district.upload(TEAM)
    number = of_family(pages)
    person = pages.user("custodian")
    where = f"/letters/new?request={number}&kind={kind}"
    assert is_plain(person.get(where))
    assert is_plain(person.post(where, {"language": "es", "do": "see"}))


def test_the_letter_on_an_opt_out_goes_to_a_guardian_by_name(pages: Pages) -> None:
    student = pages.district.student(HANNAH)
    person = pages.user("custodian")
    where = f"/letters/new?student={student}&kind=opt-out-confirmed"
    page = person.get(where)
    assert "Lindqvist" in text_of(page)
    assert is_plain(page)
    seen = person.post(where, {"language": "en", "do": "see", "student_name": "Hannah Lindqvist"})
    assert "Hannah Lindqvist" in text_of(seen)


@pytest.fixture
def mailing(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """A desk whose settings name a mail server."""
    with running(Sink()) as sink:
        settings = pages.district.services.settings.model_copy(
            update={"smtp_host": "127.0.0.1", "smtp_port": sink.port, "smtp_sender": "records@example.org"}
        )
        sending = replace(pages.district.services, settings=settings)
        monkeypatch.setattr("dam_hooks.desk.apps.services_of", lambda _: sending)
        yield sink


def kept_letter(pages: Pages) -> tuple[Any, str]:
    number = entered(pages)
    person, where, form, text = letter_of(pages, number)
    person.post(where, {**form, "text": text, "do": "keep"})
    (letter,) = letters.list_letters(pages.district.services, letters.LetterAbout(request_id=number), 10)
    assert not letter.is_changed
    return person, letter.id


def test_a_letter_is_sent_by_mail_and_that_is_on_record(pages: Pages, mailing: Sink) -> None:
    person, letter = kept_letter(pages)
    answer = person.post(f"/letters/{letter}/send", {"to": "jo@example.org", "sent_before": "0"}, follow=True)
    assert "The letter is sent" in text_of(answer)
    assert "Sent by e-mail on" in text_of(answer)
    assert mailing.to == [["jo@example.org"]]
    again = person.post(f"/letters/{letter}/send", {"to": "jo@example.org", "sent_before": "0"})
    assert "went out since you opened this page" in text_of(again)
    assert len(mailing.mails) == 1


@pytest.mark.parametrize(
    "address", ["", "jo", "jo@example.org, eve@example.org", "jo@example.org\nBcc: eve@example.org"]
)
def test_a_wrong_address_is_said_at_its_field(pages: Pages, mailing: Sink, address: str) -> None:
    person, letter = kept_letter(pages)
    answer = person.post(f"/letters/{letter}/send", {"to": address, "sent_before": "0"})
    assert answer.status_code == 200
    assert "usa-error-message" in answer.content.decode()
    assert (mailing.mails, letters.sendings(pages.district.services, letter)) == ([], ())


def test_a_mail_server_that_is_away_is_said_and_nothing_is_recorded(pages: Pages, mailing: Sink) -> None:
    person, letter = kept_letter(pages)
    mailing.answers = False
    answer = person.post(f"/letters/{letter}/send", {"to": "jo@example.org", "sent_before": "0"})
    assert "does not answer, and nothing was sent" in text_of(answer)
    assert letters.sendings(pages.district.services, letter) == ()


def test_without_a_mail_server_the_page_says_so(pages: Pages) -> None:
    person, letter = kept_letter(pages)
    assert "no mail server is set" in text_of(person.get(f"/letters/{letter}/"))
    assert person.post(f"/letters/{letter}/send", {"to": "jo@example.org"}).status_code == 404
    assert person.get("/letters/lt-000000000000/").status_code == 404


# Holds


def holding(**changes: str) -> dict[str, Any]:
    return {
        "kind": "litigation",
        "matter": "docket 26-117",
        "why": "a letter",
        "source": "counsel",
        "do": "hold",
        **changes,
    }


def test_a_folder_is_held_and_released_by_two_accounts(pages: Pages) -> None:
    pages.district.upload(CROWD)
    one, two = pages.user("custodian", name="clara"), pages.user("designee", name="dora")
    answer = one.post("/holds/new", holding(folder="events/"), follow=True)
    assert "It is held" in text_of(answer)
    assert "docket 26-117" in text_of(answer)
    assert is_plain(answer)
    (hold,) = holds.list_holds(pages.district.services).holds
    assert (hold.hold.key, hold.hold.user.name) == ("events/", "clara")
    where = f"/holds/{hold.hold.id}/release"
    assert is_plain(one.get(where))
    assert "It holds still" in text_of(one.post(where, {"why": "settled"}, follow=True))
    again = one.post(where, {"why": "settled"})
    assert "This takes another person" in text_of(again)
    assert is_plain(again)
    assert "One person wants it released" in text_of(two.get("/holds/"))
    assert "It is released" in text_of(two.post(where, {"why": "settled"}, follow=True))
    assert "it is over" in text_of(two.get("/holds/?show=all"))
    assert "docket" not in text_of(two.get("/holds/"))


def test_recordings_are_found_and_held_until_a_day(pages: Pages) -> None:
    pages.district.upload(CROWD)
    person = pages.user("custodian")
    assert CROWD in person.post("/holds/new", {**holding(recording="crowd"), "find_recording": "1"}).content.decode()
    until = pages.district.services.now().date() + timedelta(days=9)
    form = holding(recording="", kind="subpoena", until=str(until)) | {"recordings": [pages.asset(CROWD)]}
    assert "concert-crowd.jpg" in text_of(person.post("/holds/new", form, follow=True))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, "Find the recordings that are held, or name a folder."),
        ({"folder": "nowhere"}, "no recording in this folder"),
        ({"folder": "events", "until": "2020-01-01"}, "is in the past"),
        ({"folder": "events", "matter": ""}, "This field is required."),
        ({"folder": "events", "kind": "other"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_with_a_hold_is_said(pages: Pages, changed: dict[str, str], sentence: str) -> None:
    pages.district.upload(CROWD)
    answer = pages.user("custodian").post("/holds/new", holding(**changed))
    assert sentence in text_of(answer)
    assert is_plain(answer)
    assert holds.list_holds(pages.district.services).holds == ()


def test_a_sealed_hold_is_not_there(pages: Pages) -> None:
    pages.district.upload(CROWD)
    wanted = holds.Wanted("litigation", "m", "w", "s", None, "counsel", "0" * 64)
    added = holds.add(pages.district.services, [CROWD], wanted, CUSTODIAN, SystemUser("1", "clara"))
    person = pages.user("custodian", name="other")
    assert person.get(f"/holds/{added.places[0].hold.id}/release").status_code == 404
    assert person.post(f"/holds/{added.places[0].hold.id}/release", {"why": "x"}).status_code == 404
    assert "concert-crowd" not in text_of(person.get("/holds/?show=all"))


def test_a_request_that_is_answered_shows_in_the_list_of_holds_while_it_runs(pages: Pages) -> None:
    pages.district.upload(CROWD)
    number = entered(pages, recordings=(CROWD,))
    request_register.note_happening(
        pages.district.services, number, ReasonsAsked(), CUSTODIAN, SystemUser("1", "records-office")
    )
    answer = pages.user("custodian").get("/holds/")
    assert "a request that waits for its answer" in text_of(answer)
    assert number in text_of(answer)
    assert is_plain(answer)


def test_what_was_given_before_is_joined_by_ticking_it(pages: Pages) -> None:
    pages.district.upload(TEAM)
    mother = Recipient("parent", pages.district.guardian(HANNAH_MOTHER))
    share = pages.district.ask(TEAM, mother).share.id
    number = of_family(pages, recordings=(TEAM,))
    person = pages.user("custodian")
    page = person.get(f"/requests/{number}/join")
    assert "team-photo.jpg, " in text_of(page)
    assert is_plain(page)
    person.post(f"/requests/{number}/join", {"parts": [share]})
    assert share in view_of(pages, number).status.parts
    assert share not in person.get(f"/requests/{number}/join").content.decode()


def test_answers_that_are_too_many_for_one_list_are_said_to_be_more(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dam_hooks.desk.pages import request_acts

    mother = Recipient("parent", pages.district.guardian(HANNAH_MOTHER))
    for key in (TEAM, CROWD):
        pages.district.upload(key)
        pages.district.ask(key, mother)
    number = of_family(pages, recordings=(TEAM, CROWD))
    person = pages.user("custodian")
    page = person.get(f"/requests/{number}/join")
    assert ("team-photo" in text_of(page), "concert-crowd" in text_of(page)) == (True, True)
    assert "Not all are listed here" not in text_of(page)
    monkeypatch.setattr(request_acts, "MOST_PARTS", 1)
    page = person.get(f"/requests/{number}/join")
    # The newest one stands first.
    assert ("team-photo" in text_of(page), "concert-crowd" in text_of(page)) == (False, True)
    assert "Not all are listed here. Note these, then look again." in text_of(page)


def test_a_page_names_what_a_family_may_still_need_to_be_answered_by_file_name(pages: Pages) -> None:
    pages.district.upload(TEAM)
    number = of_family(pages)
    told = text_of(pages.user("custodian").post(f"/requests/{number}/close", {"outcome": "granted", "why": "seen"}))
    assert "nothing on record answers" in told.casefold()
    assert "mention Hannah Lindqvist: team-photo.jpg" in told
    assert "R-" not in told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("give it with `dam-plugin request close RQ-000001 --outcome denied --why TEXT`", "Give it with “Close it”"),
        ("see `dam-plugin queue show rf-1f9c0000`", "See the request's page in the queue"),
        ("see `dam-plugin queue list`", "See the custodian's queue"),
        ("add --as custodian:NAME", ""),
        ("due 2026-12-03: `ledger correct RQ-1`", "Due Dec. 3, 2026: ask your administrator"),
        ("undo it with `ledger correct RQ-1`", "Undo it with an administrator's help"),
        ("the order says `not before noon`", "The order says not before noon"),
        (
            "it was verified: `dam-plugin request order RQ-… --verified HOW`",
            "It was verified: see “The order was verified”",
        ),
        ("give it (`dam-plugin share … --request RQ-000001`)", "Give it (see “Answer it”, beside the recording)"),
        ("say so: --not-about R-4QW7ZK2N --not-about R-9B3X5MTE", "Say so: “It is not about these”"),
        ("rf-1f9c0000 waits", "The work in the queue waits"),
    ],
)
def test_what_the_core_says_names_what_to_press(pages: Pages, said: str, told: str) -> None:
    from dam_hooks.desk.person_names import plainly

    with pages.district.services.store.reading() as unit:
        assert plainly(unit, said) == told


def test_the_recordings_of_a_request_go_on_page_by_page_what_nobody_answered_first(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dam_hooks.desk.pages import requests_page

    for key in (CROWD, TEAM):
        pages.district.upload(key)
    number = entered(pages, recordings=(CROWD, TEAM))
    person = pages.user("custodian")
    person.post(f"/requests/{number}/answer/{pages.asset(CROWD)}", {"do": "give"})
    monkeypatch.setattr(requests_page, "PAGE", 1)
    first, second = person.get(f"/requests/{number}/"), person.get(f"/requests/{number}/?from=1")
    assert "team-photo.jpg" in text_of(first)
    assert "concert-crowd.jpg" not in text_of(first)
    assert "concert-crowd.jpg" in text_of(second)
    assert person.get(f"/requests/{number}/?from=-1").status_code == 200


def test_a_letter_leads_to_what_the_register_hears_of_it(pages: Pages) -> None:
    number = entered(pages)
    person = pages.user("custodian")
    form = {"language": "en", "name": "Jo Doe", "provisions": "34 CFR 99.30", "do": "keep"}
    kept = person.post(f"/letters/new?request={number}&kind=denial", form, follow=True)
    assert "Then close the request" in text_of(kept)
    page = person.get(f"/requests/{number}/close?outcome=denied").content.decode()
    assert '<option value="denied" selected>' in page
