"""A preview says what the share itself then says, and leaves nothing behind."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from district import (
    BROKEN,
    CALEB_FATHER,
    CROWD,
    CUSTODIAN,
    DATABASE,
    HALLWAY,
    HANNAH,
    INES_MOTHER,
    MEDIA_STAFF,
    PORTRAIT,
    PUBLIC,
    TEAM,
    District,
)
from use_cases import FAILED, Voice, raising, with_voice

from dam_plugin.custodian import choices
from dam_plugin.errors import CannotRedact, DamPluginError, InputError, UnknownThing
from dam_plugin.model import OptOut, Outcome, Recipient, Review, Share
from dam_plugin.sharing import share as sharing
from dam_plugin.sharing.preview import Preview, preview_share
from dam_plugin.sharing.share import Answer, share

Ask = Callable[[District], Share]
EMERGENCY = {"emergency": {"threat": "a fight with a knife", "recipient_needs_it": True}}
PUBLISHED = Share("", CROWD, "publication", "website", MEDIA_STAFF, PUBLIC)


def asked(key: str, role: str, who: str = "", purpose: str = "inspection", **more: Any) -> Ask:
    def ask(district: District) -> Share:
        person = district.guardian(who) if role == "parent" else who or role
        return Share("", key, "request", purpose, CUSTODIAN, Recipient(role, person), **more)

    return ask


SHARES: dict[str, tuple[Ask, Outcome]] = {
    "published": (lambda _: PUBLISHED, Outcome.ALLOW),
    "published without somebody": (lambda _: replace(PUBLISHED, asset_key=TEAM), Outcome.REDACT),
    "nobody knows who is in it": (lambda _: replace(PUBLISHED, asset_key=BROKEN), Outcome.REFER),
    "by name": (
        lambda at: replace(
            PUBLISHED,
            asset_key=PORTRAIT,
            kind="request",
            actor=CUSTODIAN,
            purpose="news",
            recipient=Recipient("public", "the Herald"),
            names=(at.student(HANNAH),),
        ),
        Outcome.DENY,
    ),
    "a mother's own child": (asked(HALLWAY, "parent", INES_MOTHER), Outcome.REFER),
    "a father": (asked(TEAM, "parent", CALEB_FATHER), Outcome.REDACT),
    "an emergency": (asked(HALLWAY, "emergency", "hospital", "emergency", evidence=EMERGENCY), Outcome.ALLOW),
}


def kept(district: District) -> list[str]:
    """Return all that is on file: each row of the database, each object with its tags."""
    with closing(sqlite3.connect(district.folder / DATABASE)) as connection:
        rows = [each for each in connection.iterdump() if not each.startswith(("BEGIN", "COMMIT"))]
    return sorted(rows) + sorted(objects(district))


def objects(district: District) -> Iterator[str]:
    library = district.services.library
    for page in library._client.get_paginator("list_object_versions").paginate(Bucket=library.bucket):
        for each in page.get("Versions", []):
            tags = library._client.get_object_tagging(
                Bucket=library.bucket, Key=each["Key"], VersionId=each["VersionId"]
            )
            yield f"{each['Key']} {each['VersionId']} {each['ETag']} {tags['TagSet']}"


def told(answer: Answer) -> dict[str, Any]:
    """Return what an answer says, without the ids that a share gives."""
    work = [(each.kind, each.missing, each.students, each.due, each.secret) for each in answer.referrals]
    return {
        "decision": answer.decision,
        "work": work,
        "notice": answer.notice,
        "why_not": answer.why_not,
        "named_before": answer.named_before,
        "other_parent": answer.other_parent,
        "is_unreviewed": answer.is_unreviewed,
        "names": answer.share.names,
        "purpose": answer.share.purpose,
    }


def previewed(district: District, request: Share, folder: Path) -> Preview:
    place = folder / "preview"
    place.mkdir()
    return preview_share(district.services, request, place)


@pytest.mark.parametrize("name", SHARES)
def test_the_share_then_says_the_same_and_until_then_nothing_is_kept(
    district: District, tmp_path: Path, name: str
) -> None:
    ask, outcome = SHARES[name]
    request = ask(district)
    district.upload(request.asset_key)
    before = kept(district)
    preview = previewed(district, request, tmp_path)
    assert preview.answer.decision.outcome is outcome
    assert kept(district) == before
    answer = share(district.services, request)
    assert told(answer) == told(preview.answer)
    assert (preview.answer.release, preview.answer.link, preview.answer.token) == (None, None, None)
    assert (preview.copy is not None) is (answer.release is not None)
    if preview.copy is not None and answer.release is not None:
        # The very bytes that the recipient gets, with the same proof.
        assert preview.copy.sha256 == sha256(preview.copy.path.read_bytes()).hexdigest() == answer.release.sha256
        assert preview.copy.proof == answer.release.proof


def test_nobody_hears_of_it(district: District, tmp_path: Path) -> None:
    district.upload(HALLWAY)
    voice = Voice(notify=True, purge=True)
    previewed(with_voice(district, voice), SHARES["an emergency"][0](district), tmp_path)
    assert voice.told == []


@pytest.mark.parametrize("answer", [Review(Outcome.DENY, "not this one"), FAILED])
def test_what_a_third_party_says_against_it_counts(district: District, tmp_path: Path, answer: Any) -> None:
    district.upload(CROWD)
    preview = previewed(with_voice(district, Voice(review_decision=answer)), PUBLISHED, tmp_path)
    assert (preview.answer.decision.outcome, preview.copy) == (Outcome.DENY, None)


def test_where_no_copy_can_be_made_it_says_so(
    district: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    monkeypatch.setattr(sharing, "make_proven_copy", raising(CannotRedact("too many")))
    request = replace(PUBLISHED, asset_key=TEAM)
    preview = previewed(district, request, tmp_path)
    assert (preview.answer.decision.outcome, preview.copy) == (Outcome.DENY, None)
    assert told(share(district.services, request))["decision"].outcome is Outcome.DENY


def test_it_is_as_of_now(district: District, tmp_path: Path) -> None:
    district.upload(TEAM)
    request = replace(PUBLISHED, asset_key=TEAM)
    first = previewed(district, request, tmp_path).answer.decision
    student = min(first.basis)
    choices.opt_out(district.services, student, OptOut(district.services.now().date()), CUSTODIAN)
    second = preview_share(district.services, request, tmp_path).answer.decision
    assert second.redact == tuple(sorted((*first.redact, student)))


def test_what_a_share_refuses_to_be_asked_is_refused_here(district: District, tmp_path: Path) -> None:
    district.upload(CROWD)
    before = kept(district)
    wrong: list[tuple[Share, type[DamPluginError]]] = [
        (replace(PUBLISHED, purpose="whatever"), InputError),
        (replace(PUBLISHED, asset_key="events/none.jpg"), UnknownThing),
        (replace(PUBLISHED, names=("S-0000000000000000",)), UnknownThing),
        (replace(PUBLISHED, terms=replace(PUBLISHED.terms, days=0)), InputError),
        (replace(PUBLISHED, answers="rq-none"), UnknownThing),
    ]
    for number, (request, error) in enumerate(wrong):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(error):
            preview_share(district.services, request, folder)
        with pytest.raises(error):
            share(district.services, request)
    assert kept(district) == before
