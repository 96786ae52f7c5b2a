"""Deciding many links again: as each alone, in few statements, and none keeps the others from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from case_strategies import random_cases
from clock import TODAY
from databases import run_sql
from district import CALEB_FATHER, CROWD, CUSTODIAN, GRADUATION, HALLWAY, INES_MOTHER, NOAH, TEAM, District
from sqlalchemy import event
from use_cases import FAILED, Voice, as_if, later, listening, looked, with_voice

from dam_plugin.custodian import choices
from dam_plugin.errors import DamPluginError, StoreError, UnknownThing
from dam_plugin.gate.link_status import LinkStatus, status_of_link, statuses_of_links
from dam_plugin.model import Link, OptOut, Outcome, Recipient, Release, Review
from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.decide import decide
from dam_plugin.sharing.published_copy import PAUSES_SECONDS, URL_SECONDS, url_seconds


def handed_out(district: District) -> list[Link]:
    """Links of several kinds, to several recordings and recipients."""
    for key in (GRADUATION, TEAM, CROWD, HALLWAY):
        district.upload(key)
    mother, father = Recipient("parent", district.guardian(INES_MOTHER)), district.guardian(CALEB_FATHER)
    answers = [
        *[district.share(key) for key in (GRADUATION, TEAM, GRADUATION, CROWD)],
        district.share(GRADUATION, purpose="yearbook"),
        district.ask(TEAM, mother),
        district.ask(HALLWAY, Recipient("parent", father)),
        district.share(GRADUATION, names=(district.student(NOAH),)),
    ]
    links = [answer.link for answer in answers if answer.link]
    assert len(links) >= 6
    return links


def found(services: Any, links: list[Link]) -> list[LinkStatus | DamPluginError]:
    with services.store.reading() as unit:
        return [stands for _, stands in statuses_of_links(services, unit, links)]


def test_many_links_stand_as_each_of_them_does_alone(district: District) -> None:
    links = handed_out(district)
    assert all(isinstance(each, LinkStatus) and each.may_open for each in found(district.services, links))
    choices.opt_out(district.services, district.student(NOAH), OptOut(TODAY), CUSTODIAN)
    looked(district, TEAM, unidentified=1)
    for services in (district.services, later(district.services, days=400)):
        alone = [status_of_link(services, link) for link in links]
        assert found(services, links) == alone
        assert len({each.may_open for each in alone}) == 2 or services is not district.services


def test_they_come_in_the_order_in_which_they_were_asked_for(district: District) -> None:
    links = [*reversed(handed_out(district))] * 2
    with district.services.store.reading() as unit:
        assert [link for link, _ in statuses_of_links(district.services, unit, links)] == links


def test_more_links_are_not_more_statements(district: District) -> None:
    links = handed_out(district)
    statements: list[str] = []
    engine = district.services.store._engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    counts = []
    for some in (links, links, links * 50):
        statements.clear()
        found(district.services, some)
        counts.append(len(statements))
    # The first may set up a connection; what is read, and whether it fits its seals, is asked of all links at once.
    # Guardianships stated by hand, who asks as a parent without being one here, and families' statements are one statement
    # each; protections are two, with their seals.
    assert counts[1] == counts[2] < len(links) + 12


def test_one_whose_records_are_damaged_keeps_no_other_from_being_decided(district: District) -> None:
    links = handed_out(district)
    run_sql(district.services.store, f"UPDATE shares SET share = '{{}}' WHERE id = '{links[2].share_id}'")  # noqa: S608
    stands = found(district.services, links)
    assert [isinstance(each, StoreError) for each in stands] == [place == 2 for place in range(len(links))]
    assert all(each.may_open for each in stands if isinstance(each, LinkStatus))


def test_one_that_is_not_on_record_is_told_and_the_others_are_decided(district: District) -> None:
    link, *others = handed_out(district)
    stands = found(district.services, [replace(link, share_id="sh-0"), replace(link, release_id="r-0"), *others])
    assert [isinstance(each, UnknownThing) for each in stands] == [True, True, *[False] * len(others)]


def test_third_parties_are_asked_about_each(district: District) -> None:
    links = handed_out(district)
    reviews = iter([Review(Outcome.DENY, "no"), Review(Outcome.ALLOW, "yes")] * len(links))
    strict = with_voice(district, Voice(review_decision=lambda: next(reviews)))
    assert [stands.may_open for stands in found(strict.services, links) if isinstance(stands, LinkStatus)] == [
        place % 2 == 1 for place in range(len(links))
    ]


def test_nothing_is_asked_of_the_storage(district: District) -> None:
    calls: list[str] = []
    links = handed_out(district)
    found(listening(district.services, lambda name, *_, **__: calls.append(name)), links)
    assert calls == []


def test_the_day_is_that_of_the_clock(district: District) -> None:
    links = handed_out(district)
    begins = TODAY + timedelta(days=3)
    choices.opt_out(district.services, district.student(NOAH), OptOut(begins), CUSTODIAN)
    today = [each.may_open for each in found(district.services, links) if isinstance(each, LinkStatus)]
    then = [each.may_open for each in found(later(district.services, days=3), links) if isinstance(each, LinkStatus)]
    assert all(today)
    assert not all(then)


def test_no_decision_looks_at_the_id_of_its_case() -> None:
    for raw in random_cases(300, seed=11):
        case = parse_case(raw)
        assert decide(replace(case, id="another")) == decide(case)


@pytest.mark.parametrize(
    ("proof", "seconds"),
    [
        ({}, URL_SECONDS),
        ({"duration": 30}, 30 + PAUSES_SECONDS),
        ({"duration": 0.2}, 1 + PAUSES_SECONDS),
        ({"duration": 90 * 60.5}, 5445 + PAUSES_SECONDS),
        ({"duration": 3 * 3600}, 7200),
        ({"duration": 1e300}, 7200),
        ({"duration": 0}, URL_SECONDS),
        ({"duration": -5}, URL_SECONDS),
        ({"duration": True}, URL_SECONDS),
        ({"duration": "long"}, URL_SECONDS),
        ({"duration": float("inf")}, URL_SECONDS),
        ({"duration": float("nan")}, URL_SECONDS),
        ({"duration": None}, URL_SECONDS),
    ],
)
def test_a_url_works_for_a_minute_and_for_sound_and_video_until_they_were_played(
    proof: dict[str, Any], seconds: int
) -> None:
    assert (
        url_seconds(Release("r1", "released/1.mp4", "ab" * 32, "1.mp4", None, "e1", (), "open", proof=proof)) == seconds
    )


def test_a_failure_at_the_same_time_does_not_keep_an_opt_out_from_closing(district: District) -> None:
    stale = district.services.settings.model_copy(update={"roster_max_age_days": 10})
    for services in (
        with_voice(district, Voice(review_decision=FAILED)).services,
        later(replace(district.services, settings=stale), days=20),
    ):
        (link,) = handed_out(district)[:1]
        (before,) = found(services, [link])
        assert isinstance(before, LinkStatus)
        assert (before.may_open, before.may_recover) == (False, True)
        choices.opt_out(services, district.student(NOAH), OptOut(TODAY), CUSTODIAN)
        (after,) = found(services, [link])
        assert isinstance(after, LinkStatus)
        assert (after.may_open, after.may_recover) == (False, False)
        with district.services.store.reading() as unit:
            closed = unit.shares.link(link.id)
        assert closed is not None
        assert closed.closed_at is not None
        choices.opt_in(district.services, district.student(NOAH), TODAY, None, CUSTODIAN, "the family asked for it")


def test_a_link_to_a_copy_that_was_withdrawn_stands_no_more(district: District) -> None:
    link = handed_out(district)[0]
    with district.services.store.writing() as unit:
        as_if(unit, link.release_id, state="undone")
    (stands,) = found(district.services, [link])
    assert isinstance(stands, LinkStatus)
    assert (stands.may_open, stands.may_recover) == (False, False)
