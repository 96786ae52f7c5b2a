"""A mother whom the import did not link asks for her own child's record: she is not sent off with a blur for ever."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from clock import TODAY
from command_line import call
from district import HANNAH, TEAM, District
from PIL import Image

from dam_plugin.cli import context
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.store import SystemUser

CUSTODIAN = ("--as", "custodian:records-office")
ASKED = ("--to", "parent:m-ortiz", "--purpose", "inspection", *CUSTODIAN, "--json")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))


def face(token: str, district: District) -> bytes:
    """The pixels where Hannah is, in the picture that a link opens."""
    with urlopen(call("open", token, "--json").object()["url"]) as answer:  # noqa: S310 - the bucket of the test
        picture = Image.open(io.BytesIO(answer.read())).convert("RGB")
    return _cut(picture, district)


def _cut(picture: Image.Image, district: District) -> bytes:
    with district.services.store.reading() as unit:
        (seen,) = (
            each for each in unit.assets.need(TEAM).tagging.appearances if each.student == district.student(HANNAH)
        )
    box, (width, height) = seen.regions[0], picture.size
    corners = (box.x * width, box.y * height, (box.x + box.w) * width, (box.y + box.h) * height)
    return picture.crop(tuple(map(round, corners))).resize((8, 8)).tobytes()


def distance(one: bytes, other: bytes) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


def test_the_mother_gets_the_blur_today_and_the_whole_once_she_is_verified(district: District) -> None:
    district.upload(TEAM)
    original = _cut(Image.open(sample_folder() / TEAM).convert("RGB"), district)

    first = call("share", TEAM, *ASKED)
    told: Any = first.object()
    assert (first.code, told["outcome"], told["redact"]) == (0, "redact", [district.student(HANNAH)])
    assert distance(face(told["token"], district), original) > 20

    (referral,) = told["referrals"]
    day = TODAY + timedelta(days=45)
    assert (referral["kind"], referral["due"]) == ("inspection", day.isoformat())
    assert told["more"].endswith(f"{referral['id']}, due on {day}.")
    assert told["more"] in " ".join(call("share", TEAM, *ASKED[:-1]).out.split())

    needed = {
        each["clause"]: each["finding"] for each in call("queue", "show", referral["id"], "--json").object()["needed"]
    }
    assert needed["EX2-RELATION"] == "parent_verified or not_verified"
    Path("certificate.pdf").write_bytes(b"%PDF-1.7\nborn\n")
    found = call(
        *("queue", "finding", referral["id"], "parent_verified", "--student", district.student(HANNAH)),
        *("--seen", "birth certificate", "--file", "certificate.pdf", *CUSTODIAN, "--json"),
    )
    assert found.code == 0, found.text
    whole = found.object()["answer"]
    assert (whole["outcome"], whole["basis"][district.student(HANNAH)], whole["more"]) == ("allow", "EX2", None)
    assert distance(face(whole["token"], district), original) < 5

    assert call("queue", "list", "--json").objects() == []
    (stated,) = call("student", "show", district.student(HANNAH), "--json").object()["guardianships"]
    assert (stated["guardian"], stated["what"], stated["seen"]) == ("m-ortiz", "guardian", "birth certificate")
    assert len(stated["paper"]) == 64
    assert call("ledger", "verify").code == 0
