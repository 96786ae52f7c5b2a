"""What somebody with the database's password and no key can do to what is in force: each of it is found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from command_line import call
from databases import DATABASES, open_store, run_sql
from district import CUSTODIAN, HALLWAY, HANNAH, INES, OWEN, PORTRAIT, SIGNING_KEY, SOFIA, TEAM, District
from queue_cases import approved, found, referred
from sqlalchemy import create_engine, insert, select, text
from use_cases import TODAY, ledger_holds, looked

from dam_plugin import choices
from dam_plugin.closing import revoke
from dam_plugin.errors import DamPluginError, LedgerBroken
from dam_plugin.ledger import Ledger, Verification
from dam_plugin.model import Consent, LinkTerms, OptOut, Outcome
from dam_plugin.opening import open_link
from dam_plugin.queue.found import MeaningFound
from dam_plugin.sharing import Answer
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


def live(district: District) -> dict[str, str]:
    """Let a district do everything once; return the ids of what the attacks are about."""
    services = district.services
    hannah, ines, owen = map(district.student, (HANNAH, INES, OWEN))
    for key in (TEAM, PORTRAIT, HALLWAY):
        district.upload(key)
    choices.opt_out(services, ines, OptOut(TODAY - timedelta(days=3)), CUSTODIAN)
    choices.opt_out(services, owen, OptOut(TODAY - timedelta(days=3), purposes=("news",)), CUSTODIAN)
    given = Consent(owen, district.guardian("G-1"), TODAY, "ink", purpose="news", parties=("public",))
    consent = choices.add_consent(services, given, "paper 7", CUSTODIAN)
    revoked = choices.add_consent(services, replace(given, purpose="website"), "paper 8", CUSTODIAN)
    choices.revoke_consent(services, revoked, TODAY, CUSTODIAN)
    looked(district, PORTRAIT, HANNAH)
    link = district.share(TEAM, terms=LinkTerms(openings=5, word=True))
    other = district.share(TEAM)
    assert link.link and other.link and link.release and other.token
    open_link(services, link.token or "", link.word)
    open_link(services, other.token)
    shut = district.share(TEAM)
    assert shut.link
    revoke(services, link=shut.link.id)
    waits = found(district, referred(district, HALLWAY), MeaningFound("preserved"))
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
    "a student taken out": (
        ["DELETE FROM opt_outs WHERE student_id = '{ines}'", "DELETE FROM students WHERE id = '{ines}'"],
        r"the student {ines} with the opt-outs is missing, see entry \d+",
    ),
    "a consent written by hand": (
        [
            "INSERT INTO consents SELECT 'c-forged', student_id, consent, proof, at FROM consents WHERE id = '{consent}'",
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
            "INSERT INTO links SELECT 'l-forged', share_id, release_id, 'f00', created_at, expires_at, NULL, NULL, 0, "
            "NULL, NULL, 0, NULL FROM links WHERE id = '{link}'"
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
