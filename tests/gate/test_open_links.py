"""Many openings at once: in one batch, from many threads, while a family opts out, with a count and with a word."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from databases import DATABASES, open_store
from district import CUSTODIAN, GRADUATION, NOAH, TEAM, District
from use_cases import (
    FAILED,
    Voice,
    as_if,
    entries,
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
    with_voice,
)

from dam_plugin.cli.demo.samples import sample_folder, write_roster
from dam_plugin.custodian import choices
from dam_plugin.errors import DamPluginError, StorageUnreachable, StoreError
from dam_plugin.gate.close_links import revoke
from dam_plugin.gate.link_url import Url, UrlRequest, urls_for
from dam_plugin.gate.open_link import NOT_VALID, LinkRequest, Opening, open_link, open_links
from dam_plugin.intake.events import take_in
from dam_plugin.ledger.chain import Ledger
from dam_plugin.model import MOST_WRONG_WORDS, AssetEvent, LinkTerms, OptOut, Outcome, Review, Share
from dam_plugin.people.formats.plain_csv import read_roster
from dam_plugin.services import Services
from dam_plugin.sharing import share as sharing
from dam_plugin.sharing.share import Answer

SIDECAR = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><Iptc4xmpExt:PersonInImage><rdf:Bag>
<rdf:li>Hannah Lindqvist</rdf:li><rdf:li>Somebody Else</rdf:li></rdf:Bag>
</Iptc4xmpExt:PersonInImage></rdf:Description></rdf:RDF></x:xmpmeta>"""
ONCE = LinkTerms(openings=1)
WORD = LinkTerms(word=True)
WRONG = "0000-0000-0000"


@pytest.fixture(params=DATABASES)
def anywhere(district: District, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[District]:
    """The district on either database."""
    if request.param == "sqlite":
        yield district
        return
    with open_store(request.param, tmp_path) as store:
        services = replace(district.services, store=store)
        roster = write_roster(sample_folder(), tmp_path, TODAY)
        choices.import_roster(services, read_roster(roster, services.pseudonyms), CUSTODIAN)
        yield replace(district, services=services)


def given(district: District, key: str = GRADUATION, terms: LinkTerms | None = None) -> Answer:
    """A link to a recording, which is uploaded unless it was before."""
    if not is_known(district.services, key):
        district.upload(key)
    answer = district.share(key, terms=terms or LinkTerms())
    assert answer.token is not None
    return answer


def asked(answer: Answer, **more: Any) -> LinkRequest:
    return LinkRequest(answer.token or "", **more)


def opened(services: Services, *questions: LinkRequest) -> list[Opening]:
    found = open_links(services, questions)
    assert not any(isinstance(each, DamPluginError) for each in found)
    return [each for each in found if isinstance(each, Opening)]


def opt_out(district: District, roster_id: str) -> None:
    """Keep an opt-out, and decide nothing again: the next opening has to."""
    with district.services.store.writing() as unit:
        unit.people.add_opt_out(district.student(roster_id), OptOut(TODAY), "paper", district.services.now())


# A batch is as good as one after the other


def told(openings: Sequence[Opening | DamPluginError]) -> list[object]:
    """What a recipient is told, and what is left of the link, without ids and times."""
    return [
        (
            each.decision.outcome,
            [reason.clause for reason in each.decision.reasons],
            each.url is not None,
            each.seconds,
            each.needs_word,
            each.link and (each.link.openings, each.link.wrong_words),
        )
        if isinstance(each, Opening)
        else type(each)
        for each in openings
    ]


def made_links(district: District) -> list[LinkRequest]:
    """What may be asked of one link of each kind; the links of two calls are alike."""
    plain, once, twice = given(district), given(district, terms=ONCE), given(district, terms=LinkTerms(openings=2))
    word, closed, fallen = given(district, terms=WORD), given(district), given(district, TEAM)
    revoke(district.services, link=link_of(district.services, closed.link).id)
    return [
        *[asked(plain)] * 2,
        asked(plain, head=True),
        asked(plain, word="there is none"),
        *[asked(once)] * 3,
        asked(once, head=True),
        *[asked(twice)] * 3,
        asked(word),
        asked(word, word=word.word),
        asked(word, word=word.word, head=True),
        *[asked(word, word=WRONG)] * 2,
        asked(word, word=WRONG, head=True),
        asked(closed),
        asked(fallen, head=True),
        *[asked(fallen)] * 2,
        LinkRequest("no such token"),
        LinkRequest(""),
        LinkRequest("\ud800"),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_a_batch_answers_as_one_opening_after_the_other(district: District, seed: int) -> None:
    batch, singles = made_links(district), made_links(district)
    order = random.Random(seed).sample(  # noqa: S311 - any order
        range(len(batch)), len(batch)
    )
    with district.services.store.writing() as unit:
        # Of the picture with several students the copy shows too much from now on.
        stored = unit.assets.need(TEAM)
        unit.assets.save(replace(stored, tagging=replace(stored.tagging, closed="an investigation")))
    before = len(entries(district.services, "open"))
    together = told(open_links(district.services, [batch[place] for place in order]))
    recorded = [details for _, details in entries(district.services, "open")[before:]]
    alone = told([open_links(district.services, [singles[place]])[0] for place in order])
    assert together == alone
    apart = [details for _, details in entries(district.services, "open")[before + len(recorded) :]]
    assert [each["outcome"] for each in recorded] == [each["outcome"] for each in apart]
    assert {"allow", "deny"} <= {each["outcome"] for each in recorded}
    assert ledger_holds(district.services)


def test_a_batch_of_nothing_asks_nobody(district: District) -> None:
    assert open_links(replace(district.services, store=None), []) == []  # type: ignore[arg-type]


def test_an_error_is_the_one_openings_that_it_stands_for(district: District) -> None:
    lost, sound = given(district), given(district, TEAM)
    assert lost.release is not None
    district.services.library.delete(lost.release.key, lost.release.version_id)
    first, second = open_links(district.services, [asked(lost), asked(sound)])
    assert isinstance(first, DamPluginError)
    assert isinstance(second, Opening)
    assert second.url is not None
    assert [details["share"] for _, details in entries(district.services, "open")] == [sound.share.id]


def test_what_is_asked_and_answered_shows_no_secret(district: District) -> None:
    answer = given(district, terms=WORD)
    question = asked(answer, word=answer.word)
    (opening,) = opened(district.services, question)
    shown = repr((question, opening))
    assert opening.url is not None
    assert all(secret not in shown for secret in (answer.token or "-", answer.word or "-", opening.url, "Signature"))


# While a family opts out


def test_of_200_openings_while_an_opt_out_arrives_none_is_answered_after_it(anywhere: District) -> None:
    services, noah = anywhere.services, anywhere.student(NOAH)
    links = [given(anywhere) for _ in range(10)]
    barrier, answered = threading.Barrier(201), threading.Semaphore(0)

    def at_once(number: int) -> list[Opening | DamPluginError]:
        barrier.wait()
        found = open_links(services, [asked(links[(number + more) % len(links)]) for more in range(number % 3 + 1)])
        answered.release()
        return found

    with ThreadPoolExecutor(200) as pool:
        work = [pool.submit(at_once, number) for number in range(200)]
        barrier.wait()
        for _ in range(20):
            answered.acquire()
        choices.opt_out(services, noah, OptOut(TODAY), CUSTODIAN)
        found = [each for done in work for each in done.result()]
    recorded = [(entry.kind, details) for entry, details in entries(services)]
    at = [kind for kind, _ in recorded].index("opt-out")
    before = [d for kind, d in recorded[:at] if kind == "open" and d["outcome"] == "allow"]
    after = [d for kind, d in recorded[at:] if kind == "open" and d["outcome"] in ("allow", "redact")]
    # The ledger is the judge: every URL has its entry, and all of them come before the opt-out's.
    assert after == []
    assert len(before) == len([each for each in found if isinstance(each, Opening) and each.url])
    assert len(before) >= 20
    assert any(isinstance(each, Opening) and each.url is None for each in found)
    assert {type(each) for each in found} <= {Opening, StoreError}
    assert all(link_of(services, each.link).closed_at for each in links)
    assert ledger_holds(services)


def test_an_opt_out_that_is_kept_while_a_batch_waits_refuses_all_of_it(anywhere: District) -> None:
    links = [given(anywhere) for _ in range(3)]
    slow = interrupted(anywhere.services, 1, lambda: opt_out(anywhere, NOAH))
    assert [each.url for each in opened(slow, *map(asked, links))] == [None] * 3
    assert [details["outcome"] for _, details in entries(anywhere.services, "open")] == ["deny"] * 3


def test_a_link_that_somebody_is_closing_is_not_opened_and_nobody_waits_for_the_other(anywhere: District) -> None:
    services, answer = anywhere.services, given(anywhere)
    link = link_of(services, answer.link)
    with ThreadPoolExecutor(1) as pool:
        with services.store.writing() as unit:
            unit.shares.close_links([link.id], "revoked", services.now())
            opening_of_it = pool.submit(open_links, services, [asked(answer)])
            # On SQLite it waits for the lock; on PostgreSQL it gives up after some attempts, or waits for the ledger.
            services.ledger.append(unit, at=services.now(), kind="close", subject=link.id, details={})
        (found,) = opening_of_it.result(timeout=30)
    assert found == Opening(NOT_VALID) or isinstance(found, StoreError)
    assert entries(services, "open") == []


# A count


def test_a_link_opens_as_often_as_it_was_given_out_for_whoever_comes_first(anywhere: District) -> None:
    answer = given(anywhere, terms=LinkTerms(openings=7))
    with ThreadPoolExecutor(20) as pool:
        batches = pool.map(lambda size: open_links(anywhere.services, [asked(answer)] * size), [1, 2, 3, 4] * 5)
    openings = [each for batch in batches for each in batch]
    assert len([each for each in openings if isinstance(each, Opening) and each.url]) == 7
    assert [each for each in openings if isinstance(each, Opening) and not each.url] == [Opening(NOT_VALID)] * 43
    assert link_of(anywhere.services, answer.link).openings == 7
    assert len(entries(anywhere.services, "open")) == 7


def test_a_refusal_that_may_pass_uses_nothing_up(district: District) -> None:
    answer = given(district, terms=ONCE)
    failing = with_voice(district, Voice(review_decision=FAILED))
    (refused,) = opened(failing.services, asked(answer))
    assert refused.url is None
    assert [details["outcome"] for _, details in entries(district.services, "open")] == ["deny"]
    assert opened(district.services, asked(answer))[0].url is not None


def test_to_ask_whether_it_would_open_leaves_nothing_behind(district: District) -> None:
    answer, fallen = given(district, terms=ONCE), given(district, TEAM)
    looked(district, TEAM, closed="an investigation")
    calls: list[tuple[str, Any]] = []
    services = listening(district.services, lambda name, *_, **how: calls.append((name, how.get("method"))))
    first, second, refused = opened(
        services, asked(answer, head=True), asked(answer, head=True), asked(fallen, head=True)
    )
    assert first.url == second.url is not None
    assert ("presign", "head") in calls
    assert ("presign", "get") not in calls
    assert refused.url is None
    assert (link_of(services, answer.link).openings, entries(services, "open")) == (0, [])
    assert opened(district.services, asked(answer))[0].url is not None
    assert opened(district.services, asked(answer, head=True)) == [Opening(NOT_VALID)]


# A word


def test_a_link_with_a_word_asks_for_it_and_opens_with_it_however_it_is_typed(district: District) -> None:
    answer = given(district, terms=WORD)
    assert answer.word is not None
    missing, wrong = opened(district.services, asked(answer), asked(answer, word=WRONG))
    for each in (missing, wrong):
        assert (each.url, each.needs_word, each.decision) == (None, True, NOT_VALID)
    assert opened(district.services, asked(answer, word=answer.word))[0].url is not None
    assert open_link(district.services, answer.token or "", answer.word.lower().replace("-", " ")).url is not None
    assert len(entries(district.services, "open")) == 2


def test_a_word_that_nobody_could_have_told_is_wrong_and_no_error(district: District) -> None:
    answer = given(district, terms=WORD)
    odd = opened(district.services, *[asked(answer, word=word) for word in ("", " - ", "\ud800", "é" * 10_000)])
    assert all(each.needs_word and each.url is None for each in odd)


def test_a_link_is_closed_by_too_many_wrong_words_also_where_the_right_one_comes_after_them(anywhere: District) -> None:
    services, answer = anywhere.services, given(anywhere, terms=WORD)
    half = MOST_WRONG_WORDS // 2
    opened(services, *[asked(answer, word=WRONG)] * half)
    assert opened(services, asked(answer, word=answer.word))[0].url is not None
    guesses = [asked(answer, word=f"{WRONG}{number}", head=number % 2 == 0) for number in range(half)]
    *_, last = opened(services, *guesses, asked(answer, word=answer.word))
    assert last == Opening(NOT_VALID)
    link = link_of(services, answer.link)
    assert (link.closed_why, link.wrong_words, link.openings) == ("too many wrong words", MOST_WRONG_WORDS, 1)
    assert opened(services, asked(answer), asked(answer, word=answer.word)) == [Opening(NOT_VALID)] * 2


def test_words_are_not_checked_any_more_once_a_link_will_be_closed_by_them(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = given(district, terms=WORD)
    checked: list[str] = []

    def check(word: str, _: str) -> str:
        checked.append(word)
        return "not it"

    monkeypatch.setattr("dam_plugin.gate.open_link.word_hash", check)
    opened(district.services, *[asked(answer, word=f"{number}") for number in range(50)])
    assert checked == [f"{number}" for number in range(MOST_WRONG_WORDS)]


def test_a_closed_link_with_a_word_does_not_say_that_it_had_one(district: District) -> None:
    answer = given(district, terms=WORD)
    revoke(district.services, key=GRADUATION)
    found = opened(district.services, asked(answer), asked(answer, word=WRONG), asked(answer, word=answer.word))
    assert found == [Opening(NOT_VALID)] * 3


# Third parties


def test_a_third_party_is_heard_in_a_batch_and_while_nobody_waits_for_the_store(district: District) -> None:
    links = [given(district), given(district, TEAM)]
    heard: list[bool] = []

    def review() -> Review:
        # It would wait for the lock in vain if the openings' transaction held it.
        opt_out_of_nobody(district)
        heard.append(True)
        return Review(Outcome.DENY, "not any more")

    answers = opened(with_voice(district, Voice(review_decision=review)).services, *map(asked, links))
    assert [each.decision.reasons[0].clause for each in answers] == ["THIRD-PARTY"] * 2
    assert heard == [True] * 2


def opt_out_of_nobody(district: District) -> None:
    with district.services.store.writing() as unit:
        unit.people.add_import("index", "VOL1", district.services.now(), whole=False, students=0)


def test_what_changes_after_a_third_party_was_asked_is_put_to_it_again(district: District) -> None:
    answer, other = given(district), given(district, TEAM)
    asked_about: list[str] = []

    class Third(Voice):
        def review_decision(self, share: Share, decision: Any) -> list[Any]:
            asked_about.append(share.id)
            return super().review_decision(share, decision)

    third = with_voice(district, Third(review_decision=Review(Outcome.ALLOW, "fine")))
    slow = interrupted(third.services, 1, lambda: looked_unseen(district, GRADUATION, unidentified=1) and None)
    first, second = open_links(slow, [asked(answer), asked(other)])
    assert isinstance(first, Opening)
    assert isinstance(second, Opening)
    assert asked_about == [answer.share.id, other.share.id, answer.share.id]
    assert second.url is not None
    assert len(entries(district.services, "open")) == 2


# The storage


def test_what_was_seen_a_moment_ago_is_not_asked_for_again(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    links = [given(district), given(district)]
    heads: list[str] = []
    services = listening(district.services, lambda name, *_, **__: heads.append(name) if name == "head" else None)
    for _ in range(2):
        assert all(each.url for each in opened(services, *map(asked, links)))
    assert heads == ["head"] * 2
    monkeypatch.setattr("dam_plugin.library.lookup_cache.MEMORY_SECONDS", -1)
    opened(services, *map(asked, links))
    assert len(heads) > 2


def test_that_something_is_gone_is_never_remembered(district: District) -> None:
    answer = given(district)
    assert answer.release is not None
    body = district.services.library.read(answer.release.key, limit=10_000_000)
    district.services.library.delete(answer.release.key)
    unversioned = replace(answer.release, version_id=None)
    with district.services.store.writing() as unit:
        as_if(unit, answer.release.id, state="open")
    assert isinstance(urls_for(district.services, [UrlRequest(unversioned)])[UrlRequest(unversioned).id], Exception)
    district.services.library.put(answer.release.key, body, media_type="image/jpeg")
    assert isinstance(urls_for(district.services, [UrlRequest(unversioned)])[UrlRequest(unversioned).id], Url)


def test_a_storage_that_does_not_answer_refuses_what_it_must_and_opens_nothing(district: District) -> None:
    sound, fallen = given(district), given(district, TEAM)
    looked_unseen(district, TEAM, closed="an investigation")

    def hear(name: str, *_: object, **__: object) -> None:
        if name == "head":
            raise StorageUnreachable("no answer")

    first, second = open_links(listening(district.services, hear), [asked(sound), asked(fallen)])
    assert isinstance(first, StorageUnreachable)
    assert isinstance(second, Opening)
    assert second.decision.outcome is Outcome.DENY
    assert [details["outcome"] for _, details in entries(district.services, "open")] == ["deny"]
    assert opened(district.services, asked(sound))[0].url is not None


def test_a_link_that_runs_out_before_the_record_opens_nothing(district: District) -> None:
    answer = given(district)
    late = later(district.services, days=LinkTerms().days)
    clocks = iter([district.services.now()])
    services = replace(district.services, now=lambda: next(clocks, late.now()))
    assert opened(services, asked(answer)) == [Opening(NOT_VALID)]
    assert entries(district.services, "open") == []


# One writes at a time


def in_a_thread(act: Callable[[], object]) -> threading.Thread:
    """Begin something that waits for this transaction, and give it the time to come that far."""
    thread = threading.Thread(target=act)
    thread.start()
    thread.join(1)
    return thread


def meanwhile(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, act: Callable[[], object]) -> list[Any]:
    """Have something begin just before `where.name` is called for the first time."""
    real, threads = getattr(where, name), []

    def call(*args: Any, **kwargs: Any) -> Any:
        if not threads:
            threads.append(in_a_thread(act))
        return real(*args, **kwargs)

    monkeypatch.setattr(where, name, call)
    return threads


def test_a_copy_that_is_used_again_while_its_only_link_is_closed_stays_open(
    anywhere: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = given(anywhere)
    first = link_of(anywhere.services, one.link)
    threads = meanwhile(monkeypatch, sharing, "record_share", lambda: revoke(anywhere.services, link=first.id))
    two = given(anywhere)
    threads[0].join()
    assert two.release is not None
    assert open_copies(anywhere.services) == [two.release.key]
    assert link_of(anywhere.services, first).closed_at is not None
    assert opened(anywhere.services, asked(two))[0].url is not None


def test_a_sidecar_that_is_read_during_an_opening_closes_its_link_after_it(
    anywhere: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = given(anywhere)
    sidecar = f"{GRADUATION}.xmp"
    kept_during: list[Any] = []
    was = kept(anywhere.services, GRADUATION).tagging

    def comes() -> None:
        anywhere.services.library.put(sidecar, SIDECAR, media_type="application/octet-stream")
        take_in(anywhere.services, AssetEvent(sidecar))

    threads = meanwhile(monkeypatch, Ledger, "append_many", comes)
    real = Ledger.append_many

    def append(*args: Any, **kwargs: Any) -> Any:
        made = real(*args, **kwargs)
        kept_during.append(kept(anywhere.services, GRADUATION).tagging)
        return made

    monkeypatch.setattr(Ledger, "append_many", append)
    assert opened(anywhere.services, asked(answer))[0].url is not None
    threads[0].join()
    assert kept_during[0] == was != kept(anywhere.services, GRADUATION).tagging
    assert link_of(anywhere.services, answer.link).closed_at is not None


def test_a_recording_that_is_replaced_while_it_is_shared_has_no_live_link(
    anywhere: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    anywhere.upload(GRADUATION)

    def replaced() -> None:
        content = (sample_folder() / TEAM).read_bytes()
        anywhere.services.library.put(GRADUATION, content, media_type="application/octet-stream")
        take_in(anywhere.services, AssetEvent(GRADUATION))

    threads = meanwhile(monkeypatch, sharing, "record_share", replaced)
    answer = given(anywhere)
    threads[0].join()
    assert link_of(anywhere.services, answer.link).closed_why == "the original was replaced"
    assert open_copies(anywhere.services) == []
