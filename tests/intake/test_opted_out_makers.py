"""A picture that a student took whose family said no may be of that student: it is published once a person has looked."""

from __future__ import annotations

import pytest
from command_line import call
from district import INES, UNTITLED, District
from made_files import bag, packet, xmp_segment
from use_cases import kept

from dam_plugin.cli.demo.samples import sample_folder

KEY = "events/athletics/tuesday.jpg"
SHARE = ("share", KEY, "--to", "public", "--purpose", "website", "--kind", "publication")


def picture(made: str) -> bytes:
    """Return a picture that names Ines, and its maker."""
    body = (sample_folder() / UNTITLED).read_bytes()
    said = packet(bag("Iptc4xmpExt:PersonInImage", ("Inés Muñoz",)) + made)
    return body[:2] + xmp_segment(said) + body[2:]


def creator(name: str) -> str:
    return bag("dc:creator", (name,), "Seq")


@pytest.mark.parametrize(
    "made",
    [creator("Hannah Lindqvist"), "<photoshop:Credit>Lindqvist, Hannah</photoshop:Credit>"],
    ids=["creator", "credit"],
)
def test_it_is_not_published_until_somebody_says_who_is_in_it(district: District, made: str) -> None:
    district.upload(KEY, picture(made))
    assert kept(district.services, KEY).tagging.unidentified_people == 1
    asked = call(*SHARE)
    assert ("refer" in asked.text, "HOLD-UNKNOWN-PERSON" in asked.text) == (True, True), asked.text
    looked = call(
        "tag", KEY, "--person", district.student(INES), "--unidentified", "0", "--as", "custodian:records-office"
    )
    assert looked.code == 0, looked.text
    assert call(*SHARE).text.startswith("allow")


def test_the_picture_of_another_maker_is_published(district: District) -> None:
    district.upload(KEY, picture(creator("Sam Reyes")))
    assert call(*SHARE).text.startswith("allow")
