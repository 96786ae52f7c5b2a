"""What somebody with the database's password and no key can do to what is in force: each of it is found."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from databases import DATABASES, open_store, run_sql
from district import CUSTODIAN, HALLWAY, HANNAH, HANNAH_MOTHER, INES, OWEN, PORTRAIT, SIGNING_KEY, SOFIA, TEAM, District
from queue_cases import ADA, approved, found, referred
from sqlalchemy import create_engine, insert, select, text
from use_cases import looked

from dam_plugin.custodian import choices
from dam_plugin.custodian.forget import forget
from dam_plugin.custodian.guardianships import state_guardianship
from dam_plugin.custodian.protections import protect
from dam_plugin.errors import DamPluginError, LedgerBroken
from dam_plugin.gate.close_links import revoke
from dam_plugin.gate.open_link import NOT_VALID, open_link
from dam_plugin.ledger.chain import Ledger, Verification
from dam_plugin.model import Consent, LinkTerms, OptOut, Outcome, Recipient
from dam_plugin.people.roster import RosterImport
from dam_plugin.sharing.finding_kinds import MeaningFound
from dam_plugin.sharing.share import Answer
from dam_plugin.sharing.tokens import token_hash
from dam_plugin.store import Sealer, Store
from dam_plugin.store.tables import Base

SEALER = Sealer(SIGNING_KEY)
LEDGER = Ledger(SIGNING_KEY)


def verify(store: Store) -> Verification:
    with store.reading() as unit:
        return LEDGER.verify(unit)


def told(verification: Verification) -> list[str]:
    """Every sentence of a verification."""
    assert not verification.ok
    return [verification.why or "", *verification.others]


def signer_of(district: District, student: str) -> str:
    """Who may sign for a student today."""
    if student == district.student(SOFIA):
        return student
    with district.services.store.reading() as unit:
        return unit.people.need(student).guardians[0]


def live(district: District) -> dict[str, str]:
    """Let a district do everything once; return the ids of what the attacks are about."""
    services = district.services
    hannah, ines, owen = map(district.student, (HANNAH, INES, OWEN))
    for key in (TEAM, PORTRAIT, HALLWAY):
        district.upload(key)
    choices.opt_out(services, ines, OptOut(TODAY - timedelta(days=3)), CUSTODIAN)
    choices.opt_out(services, owen, OptOut(TODAY - timedelta(days=3), purposes=("news",)), CUSTODIAN)
    # It is for a party who does not ask, so that the request below waits for the custodian.
    given = Consent(owen, signer_of(district, owen), TODAY, "ink", purpose="news", parties=("gazette",))
    consent = choices.add_consent(services, given, "paper 7", CUSTODIAN)
    revoked = choices.add_consent(services, replace(given, purpose="website"), "paper 8", CUSTODIAN)
    choices.revoke_consent(services, revoked, TODAY, CUSTODIAN)
    looked(district, PORTRAIT, HANNAH)
    link = district.share(TEAM, terms=LinkTerms(openings=5, word=True))
    other = district.share(TEAM)
    assert link.link
    assert other.link
    assert link.release
    assert other.token
    open_link(services, link.token or "", link.word)
    open_link(services, other.token)
    shut = district.share(TEAM)
    assert shut.link
    revoke(services, link=shut.link.id)
    waits = found(district, referred(district, HALLWAY), MeaningFound("preserved"))
    mother = district.guardian(HANNAH_MOTHER)
    state_guardianship(services, hannah, mother, "limited", "order of the court", CUSTODIAN, ADA, paper="ab" * 32)
    protect(services, owen, "no-contact-order", "order of the circuit court", CUSTODIAN, ADA)
    return {
        "hannah": hannah,
        "ines": ines,
        "owen": owen,
        "consent": consent,
        "revoked": revoked,
        "link": link.link.id,
        "closed": shut.link.id,
        "release": link.release.id,
        "share": other.share.id,
        "finding": waits.finding.id,
    }


# Each attack: its statements, and the sentence that verify finds for it.
ATTACKS: dict[str, tuple[list[str], str]] = {
    "an opt-out taken out": (
        ["DELETE FROM opt_outs WHERE student_id = '{ines}'"],
        r"the student {ines} with the opt-outs is kept otherwise than it was sealed, see entry \d+: restore a backup",
    ),
    "an opt-out ended": (
        ["UPDATE opt_outs SET ended = since WHERE student_id = '{ines}'"],
        r"the student {ines} with the opt-outs is kept otherwise",
    ),
    "an opt-out of other purposes": (
        ["UPDATE opt_outs SET purposes = '[\"sport\"]' WHERE student_id = '{owen}'"],
        r"the student {owen} with the opt-outs is kept otherwise",
    ),
    "an opt-out given to another": (
        ["UPDATE opt_outs SET student_id = '{hannah}' WHERE student_id = '{ines}'"],
        r"the student {hannah} with the opt-outs is kept otherwise",
    ),
    "a court order taken out": (
        ["DELETE FROM guardianships"],
        r"the student {hannah} with the opt-outs is kept otherwise",
    ),
    "a court order ended": (
        ["UPDATE guardianships SET ended = since"],
        r"the student {hannah} with the opt-outs is kept otherwise",
    ),
    "a court order made a guardian's proof": (
        ["UPDATE guardianships SET what = 'guardian', guardian = 'stranger', approver_id = '7'"],
        r"the student {hannah} with the opt-outs is kept otherwise",
    ),
    "a protection by hand taken out": (
        ["DELETE FROM protections"],
        r"the student {owen} with the opt-outs is kept otherwise",
    ),
    "a protection by hand ended": (
        ["UPDATE protections SET until = since"],
        r"the student {owen} with the opt-outs is kept otherwise",
    ),
    "a consent confirmed by hand": (
        ["UPDATE consents SET confirmed_on = '2026-01-01' WHERE id = '{consent}'"],
        r"the consent {consent} of {owen} is kept otherwise than it was sealed",
    ),
    "a birth date": (
        ["UPDATE students SET born = '1990-01-01' WHERE id = '{ines}'"],
        r"the student {ines} with the opt-outs is kept otherwise",
    ),
    "a guardian added": (
        ["UPDATE students SET guardians = '[\"G-stranger\"]' WHERE id = '{ines}'"],
        r"the student {ines} with the opt-outs is kept otherwise",
    ),
    "a student at college": (
        ["UPDATE students SET postsecondary = NOT postsecondary WHERE id = '{ines}'"],
        r"the student {ines} with the opt-outs is kept otherwise",
    ),
    "a protection": (
        ["UPDATE students SET marked = 'other' WHERE id = '{ines}'"],
        r"the student {ines} with the opt-outs is kept otherwise",
    ),
    "a day of death": (
        ["UPDATE students SET died = '2020-01-01' WHERE id = '{ines}'"],
        r"the student {ines} with the opt-outs is kept otherwise",
    ),
    "a student taken out": (
        ["DELETE FROM opt_outs WHERE student_id = '{ines}'", "DELETE FROM students WHERE id = '{ines}'"],
        r"the student {ines} with the opt-outs is missing, see entry \d+",
    ),
    "a consent written by hand": (
        [
            (
                "INSERT INTO consents SELECT 'c-forged', student_id, consent, proof, confirmed_on, confirmed_at, "
                "after_opt_out, at FROM consents WHERE id = '{consent}'"
            ),
        ],
        r"the consent c-forged of {owen} was put there beside the program, see entry \d+",
    ),
    "a revocation taken back": (
        ['UPDATE consents SET consent = replace(consent, \'"revoked_on":"\', \'"revoked_on":null,"x":"\')'],
        r"the consent {revoked} of {owen} is kept otherwise than it was sealed, see entry \d+",
    ),
    "a consent taken out": (["DELETE FROM consents WHERE id = '{consent}'"], r"the consent {consent} is missing"),
    "a consent taken out with its seal": (
        ["DELETE FROM consents WHERE id = '{consent}'", "DELETE FROM seals WHERE row_id = '{consent}'"],
        r"rows of the table consents were taken out beside the program \(7 were signed for, 6 have a seal\)",
    ),
    "a consent put back as it was once": (
        ["INSERT INTO seals SELECT 'consents', 'c-old', seal FROM seals WHERE row_id = '{consent}'"],
        r"the consent c-old is missing",
    ),
    "a share taken out": (
        ["DELETE FROM links WHERE share_id = '{share}'", "DELETE FROM shares WHERE id = '{share}'"],
        r"the share {share} is missing, see entry \d+",
    ),
    "a share to somebody else": (
        ["UPDATE shares SET share = replace(share, 'website', 'news') WHERE id = '{share}'"],
        r"the share {share} is kept otherwise than it was sealed, see entry \d+",
    ),
    "openings set to zero": (
        ["UPDATE links SET openings = 0 WHERE id = '{link}'"],
        r"the link {link} counts 0 opening\(s\), and the ledger has 1, see entry \d+",
    ),
    "a link written by hand": (
        [
            (
                "INSERT INTO links SELECT 'l-forged', share_id, release_id, 'f00', created_at, expires_at, NULL, NULL, 0, "
                "NULL, NULL, 0, NULL, FALSE FROM links WHERE id = '{link}'"
            )
        ],
        r"the link l-forged was put there beside the program, see entry \d+",
    ),
    "a link that never ends": (
        ["UPDATE links SET expires_at = '2099-01-01 00:00:00' WHERE id = '{link}'"],
        r"the link {link} is kept otherwise than it was sealed, see entry \d+",
    ),
    "a link for any number": (
        ["UPDATE links SET most_openings = NULL WHERE id = '{link}'"],
        r"the link {link} is kept",
    ),
    "a closed link opened": (["UPDATE links SET closed_at = NULL WHERE id = '{closed}'"], r"the link {closed} is kept"),
    "a link without its word": (["UPDATE links SET word_hash = NULL WHERE id = '{link}'"], r"the link {link} is kept"),
    "a link's token": (["UPDATE links SET token_hash = 'f00' WHERE id = '{link}'"], r"the link {link} is kept"),
    "a look taken out": (["DELETE FROM asset_looks"], r"the look \d+ is missing"),
    "a look added": (
        ["INSERT INTO asset_looks SELECT 999, asset_id, at, look FROM asset_looks"],
        r"the look 999 was put there beside the program, see entry \d+",
    ),
    "a look that says something else": (
        ["UPDATE asset_looks SET look = replace(look, 'focus', 'incidental')"],
        r"the look \d+ is kept otherwise than it was sealed, see entry \d+",
    ),
    "tags": (
        ["UPDATE assets SET tagging = replace(tagging, 'focus', 'incidental')"],
        r"the recording a-\w+ is kept otherwise than it was sealed",
    ),
    "a release of another object": (
        ["UPDATE releases SET key = 'released/other.jpg' WHERE id = '{release}'"],
        r"the release {release} is kept otherwise than it was sealed, see entry \d+",
    ),
    "a release with another hash": (
        ["UPDATE releases SET sha256 = 'f00' WHERE id = '{release}'"],
        r"the release {release} is kept otherwise",
    ),
    "a finding applied": (
        ["UPDATE findings SET state = 'applied' WHERE id = '{finding}'"],
        r"the finding {finding} is kept otherwise than it was sealed, see entry \d+",
    ),
    "all seals taken out": (["DELETE FROM seals"], r"the student {ines} with the opt-outs was put there beside"),
    "the state taken out": (
        ["DELETE FROM sealed_state"],
        r"what is in force was never sealed, or its seals were taken out",
    ),
    "seals and state taken out": (
        ["DELETE FROM sealed_state", "DELETE FROM seals"],
        r"what is in force was never sealed, or its seals were taken out",
    ),
    "a state written by hand": (
        ["UPDATE sealed_state SET turn = turn + 1"],
        r"what is in force is not what the ledger's end was signed for",
    ),
}


@dataclass(frozen=True)
class Lived:
    """A store in which everything was done once, and the ids of it."""

    store: Store
    ids: dict[str, str]


_LIVED: dict[str, Any] = {}


@pytest.fixture(params=DATABASES)
def lived(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lived]:
    """The database of a district, on either kind; it is lived in once a run, since that takes longer than most tests."""
    if not _LIVED:
        district: District = request.getfixturevalue("district")
        _LIVED["ids"] = live(district)
        district.services.store.close()
        _LIVED["file"] = (district.folder / "dam-plugin.sqlite3").read_bytes()
    file = tmp_path / "lived.sqlite3"
    file.write_bytes(_LIVED["file"])
    if request.param == "sqlite":
        store = Store(f"sqlite:///{file}", sealer=SEALER)
        yield Lived(store, _LIVED["ids"])
        store.close()
        return
    with open_store(request.param, tmp_path, SEALER) as store:
        _copy(f"sqlite:///{file}", store)
        with store.writing() as unit:
            unit.seals.adopt()
        yield Lived(store, _LIVED["ids"])


def _copy(url: str, store: Store) -> None:
    source, target = create_engine(url), create_engine(store._url)
    with source.begin() as before, target.begin() as after:
        after.execute(text("SET LOCAL session_replication_role = replica"))
        after.execute(text("DELETE FROM ledger_head"))
        after.execute(text("DELETE FROM access_head"))
        for table in Base.metadata.sorted_tables:
            rows = [dict(row) for row in before.execute(select(table)).mappings()]
            if rows and table.name not in ("seals", "sealed_state"):
                after.execute(insert(table), rows)
    source.dispose()
    target.dispose()


def test_a_store_in_which_everything_was_done_is_whole(lived: Lived) -> None:
    assert verify(lived.store).ok, verify(lived.store).why


@pytest.mark.parametrize("what", ATTACKS)
def test_every_tampering_is_found_with_its_sentence(lived: Lived, what: str) -> None:
    statements, sentence = ATTACKS[what]
    run_sql(lived.store, *(each.format(**lived.ids) for each in statements))
    names = {name: re.escape(value) for name, value in lived.ids.items()}
    wanted = re.compile(re.sub(r"\{(\w+)\}", lambda name: names[name[1]], sentence))
    found_there = told(verify(lived.store))
    assert any(wanted.search(each) for each in found_there), found_there


# What is bent counts for nothing


@pytest.fixture
def shared(district: District) -> tuple[District, Answer]:
    """A district that has shared a picture."""
    district.upload(TEAM)
    answer = district.share(TEAM)
    assert answer.link is not None
    return district, answer


def opens(district: District, token: str) -> bool:
    try:
        return open_link(district.services, token).url is not None
    except DamPluginError:
        return False


BENT_LINKS = {
    "never ends": "UPDATE links SET expires_at = '2099-01-01 00:00:00'",
    "without a word": "UPDATE links SET word_hash = NULL, most_openings = 100",
    "of another share": "UPDATE shares SET share = replace(share, 'website', 'news')",
    "of another copy": "UPDATE releases SET sha256 = 'f00'",
    "of another object": "UPDATE releases SET key = 'released/x/0001.jpg'",
    "of other tags": "UPDATE assets SET tagging = replace(tagging, 'focus', 'incidental')",
    "of a student grown up": "UPDATE students SET born = '1990-01-01'",
    "of an opt-out taken out": "DELETE FROM opt_outs",
}


@pytest.mark.parametrize("statement", BENT_LINKS.values(), ids=BENT_LINKS)
def test_a_link_opens_nothing_once_what_it_rests_on_is_bent(shared: tuple[District, Answer], statement: str) -> None:
    district, answer = shared
    assert opens(district, answer.token or "")
    run_sql(district.services.store, statement)
    assert not opens(district, answer.token or "")


def test_a_link_written_by_hand_opens_nothing_and_is_told_without_a_name(
    shared: tuple[District, Answer], caplog: pytest.LogCaptureFixture
) -> None:
    district, answer = shared
    assert answer.link is not None
    forged = token_hash("forged")
    run_sql(
        district.services.store,
        f"INSERT INTO links SELECT 'l-forged', share_id, release_id, '{forged}', created_at, expires_at, NULL, NULL, 0, "  # noqa: S608
        "NULL, NULL, 0, NULL, FALSE FROM links",
    )
    opened = open_link(district.services, "forged")
    assert (opened.url, opened.decision) == (None, NOT_VALID)
    assert "a row of links was changed beside the program" in caplog.text
    assert answer.link.share_id not in caplog.text
    assert opens(district, answer.token or "")


def test_a_link_that_was_used_up_opens_nothing_once_its_count_is_set_back(district: District) -> None:
    district.upload(TEAM)
    answer = district.share(TEAM, terms=LinkTerms(openings=2))
    assert [opens(district, answer.token or "") for _ in range(3)] == [True, True, False]
    run_sql(district.services.store, "UPDATE links SET openings = 0")
    assert not opens(district, answer.token or "")


def test_a_share_is_referred_where_an_opt_out_was_taken_out(district: District) -> None:
    stored = district.upload(TEAM)
    for student in stored.tagging.students:
        choices.opt_out(district.services, student, OptOut(TODAY - timedelta(days=1)), CUSTODIAN)
    before = district.share(TEAM).decision.outcome
    run_sql(district.services.store, "DELETE FROM opt_outs")
    answer = district.share(TEAM)
    assert before > Outcome.ALLOW
    assert answer.decision.outcome is Outcome.REFER
    assert answer.link is None
    assert [each.clause for each in answer.decision.reasons] == ["ERROR"]


def test_a_share_is_referred_where_a_court_order_was_taken_out(district: District) -> None:
    district.upload(TEAM)
    mother = district.guardian(HANNAH_MOTHER)
    state_guardianship(
        district.services,
        district.student(HANNAH),
        mother,
        "limited",
        "order of the circuit court",
        CUSTODIAN,
        ADA,
        paper="ab" * 32,
    )
    run_sql(district.services.store, "DELETE FROM guardianships")
    answer = district.ask(TEAM, Recipient("parent", mother))
    assert [each.clause for each in answer.decision.reasons] == ["ERROR"]


def test_a_bent_row_stays_bent_whatever_the_program_writes_to_it(district: District) -> None:
    services, ines = district.services, district.student(INES)
    run_sql(services.store, f"UPDATE students SET guardians = '[\"G-stranger\"]' WHERE id = '{ines}'")  # noqa: S608
    choices.opt_out(services, ines, OptOut(TODAY), CUSTODIAN)
    with services.store.reading() as unit:
        assert unit.people.need(ines).opt_outs[-1] == OptOut(TODAY)
    assert any(ines in each for each in told(verify(services.store)))


def test_a_bent_link_is_closed_all_the_same_and_keeps_no_other_from_being_closed(
    shared: tuple[District, Answer],
) -> None:
    district, answer = shared
    other = district.share(TEAM)
    assert answer.link
    assert other.link
    run_sql(district.services.store, f"UPDATE links SET most_openings = 7 WHERE id = '{answer.link.id}'")  # noqa: S608
    assert {link.id for link in revoke(district.services, key=TEAM)} == {answer.link.id, other.link.id}


def test_a_look_put_there_by_hand_is_never_laid_over_a_recording(district: District) -> None:
    district.upload(PORTRAIT)
    looked(district, PORTRAIT, HANNAH)
    run_sql(district.services.store, "INSERT INTO asset_looks SELECT 999, asset_id, at, look FROM asset_looks")
    with pytest.raises(LedgerBroken, match="ledger verify"):
        looked(district, PORTRAIT, SOFIA)


def test_a_finding_applied_by_hand_decides_nothing(district: District) -> None:
    referral = referred(district, HALLWAY)
    stated = found(district, referral, MeaningFound("preserved"))
    assert stated.finding.state == "pending"
    run_sql(district.services.store, "UPDATE findings SET state = 'applied'")
    with pytest.raises(LedgerBroken, match="ledger verify"):
        approved(district, stated)


# Through the command line


@pytest.mark.parametrize(
    "what",
    ["an opt-out taken out", "a birth date", "a link written by hand", "openings set to zero", "a share taken out"],
)
def test_the_command_line_finds_it_and_exits_1(district: District, what: str) -> None:
    ids = live(district)
    assert call("ledger", "verify").code == 0
    statements, _ = ATTACKS[what]
    run_sql(district.services.store, *(each.format(**ids) for each in statements))
    ended = call("ledger", "verify")
    assert (ended.code, "the ledger is broken" in ended.text) == (1, True)
    assert "ledger accept" in ended.text.replace("\n", " ")
    assert not any(name in ended.text for name in ("Ines", "Hannah", "Owen"))
    (ledger,) = [each for each in call("doctor", "--json").objects() if each["check"] == "ledger"]
    assert ledger["state"] == "failed"


# A whole life


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_program_does_is_whole_at_every_moment(district: District, seed: int) -> None:
    life = Life(district, random.Random(seed))  # noqa: S311 - no secret
    for _ in range(25):
        done = life.step()
        found_there = verify(district.services.store)
        assert found_there.ok, (done, found_there)


class Life:
    """Does one thing after the other, as people at a district might."""

    def __init__(self, district: District, luck: random.Random) -> None:
        self._district, self._luck = district, luck
        self._services = district.services
        for key in (TEAM, PORTRAIT, HALLWAY):
            district.upload(key)
        self._tokens: list[str] = []
        self._consents: list[str] = []

    def step(self) -> str:
        does: Callable[[], object] = self._luck.choice(
            [
                self._opt_out,
                self._opt_in,
                self._consent,
                self._revoke_consent,
                self._import,
                self._look,
                self._share,
                self._share,
                self._open,
                self._open,
                self._revoke,
                self._find,
                self._forget,
                self._upload,
            ]
        )
        # A request that waits already is none again.
        with suppress(DamPluginError, ValueError):
            does()
        return does.__name__

    def _student(self) -> str:
        return self._district.student(self._luck.choice((HANNAH, INES, OWEN, SOFIA)))

    def _opt_out(self) -> None:
        purposes = self._luck.choice((None, ("news",), ("website", "news")))
        choices.opt_out(self._services, self._student(), OptOut(TODAY, purposes=purposes), CUSTODIAN)

    def _opt_in(self) -> None:
        choices.opt_in(
            self._services, self._student(), TODAY, self._luck.choice((None, ("news",))), CUSTODIAN, "in writing"
        )

    def _consent(self) -> None:
        student = self._student()
        consent = Consent(
            student, signer_of(self._district, student), TODAY, "ink", purpose="news", parties=("public",)
        )
        self._consents.append(choices.add_consent(self._services, consent, "signed paper", CUSTODIAN))

    def _revoke_consent(self) -> None:
        choices.revoke_consent(self._services, self._luck.choice(self._consents or ["none"]), TODAY, CUSTODIAN)

    def _import(self) -> None:
        with self._services.store.reading() as unit:
            students = unit.people.students()
        some = [replace(each, grade=None, opt_outs=()) for each in students if self._luck.random() < 0.8]
        choices.import_roster(self._services, RosterImport(tuple(some)), CUSTODIAN, confirmed=True)

    def _look(self) -> None:
        looked(self._district, self._luck.choice((TEAM, PORTRAIT)), self._luck.choice((HANNAH, INES, OWEN)))

    def _share(self) -> None:
        answer = self._district.share(self._luck.choice((TEAM, TEAM, PORTRAIT)), terms=LinkTerms(openings=3))
        self._tokens += [answer.token] if answer.token else []

    def _open(self) -> None:
        open_link(self._services, self._luck.choice(self._tokens or ["none"]))

    def _revoke(self) -> None:
        revoke(self._services, key=self._luck.choice((TEAM, PORTRAIT)))

    def _find(self) -> None:
        stated = found(self._district, referred(self._district, HALLWAY), MeaningFound("preserved"))
        if self._luck.random() < 0.5:
            approved(self._district, stated)

    def _forget(self) -> None:
        forget(self._services, CUSTODIAN, "a request", student=self._student(), also_required=True)

    def _upload(self) -> None:
        self._district.upload(self._luck.choice((TEAM, PORTRAIT)))
