"""Object tags: what they say, and what S3 would refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import StorageError
from dam_plugin.library import tags
from dam_tagging.facts import Appearance, Tagging

TAG_TEXT = st.text(alphabet="abcXYZ019 +-=._:/@", min_size=1, max_size=20)


def tagging_of(*students: str) -> Tagging:
    return Tagging(
        state="complete",
        directory_status="eligible",
        appearances=tuple(Appearance(student) for student in students),
        rules_digest="sha256:0a1b",
    )


def test_the_tags_say_what_the_plugin_holds() -> None:
    assert tags.object_tags(tagging_of("s-2", "s-1", "s-2"), "staff", 1) == {
        "dam-release": "staff",
        "dam-tagging": "complete",
        "dam-directory": "eligible",
        "dam-related": "1",
        "dam-students": "s-1 s-2",
        "dam-rules": "sha256:0a1b",
    }


def test_a_tag_without_a_value_is_left_out_and_an_unknown_count_is_not_zero() -> None:
    assert tags.object_tags(Tagging(), "hold", None) == {
        "dam-release": "hold",
        "dam-tagging": "pending",
        "dam-directory": "undetermined",
        "dam-related": "unknown",
    }


@given(st.lists(st.text(alphabet="abcdef0123456789", min_size=1, max_size=40), unique=True, max_size=60))
def test_students_that_do_not_fit_are_counted(students: list[str]) -> None:
    value = tags.object_tags(tagging_of(*students), "hold", 0).get("dam-students", "")
    shown = value.split()
    left = int(shown.pop()[1:]) if shown and shown[-1].startswith("+") else 0
    assert len(value) <= 256
    assert shown == sorted(students)[: len(shown)]
    assert len(shown) + left == len(students)


def test_a_class_that_does_not_fit_is_shown_in_part() -> None:
    students = [f"s-{number:018}" for number in range(30)]
    value = tags.object_tags(tagging_of(*students), "hold", 0)["dam-students"]
    assert value.split() == [*students[:12], "+18"]


def test_a_single_pseudonym_too_long_for_a_tag_is_counted() -> None:
    assert tags.object_tags(tagging_of("a" * 300), "hold", 0)["dam-students"] == "+1"


@given(
    st.dictionaries(TAG_TEXT.filter(lambda key: key not in tags.OURS), TAG_TEXT, max_size=3),
    st.dictionaries(st.sampled_from(sorted(tags.OURS)), TAG_TEXT),
    st.dictionaries(st.sampled_from(sorted(tags.OURS)), TAG_TEXT),
)
def test_tags_of_others_stay_and_ours_are_replaced(
    others: dict[str, str], old: dict[str, str], new: dict[str, str]
) -> None:
    assert tags.merged({**others, **old}, new) == {**others, **new}


def test_a_tag_of_a_host_that_begins_like_ours_stays() -> None:
    assert tags.merged({"dam-collection": "sports"}, {"dam-release": "hold"})["dam-collection"] == "sports"


def test_a_key_that_is_not_ours_is_refused() -> None:
    with pytest.raises(StorageError, match="'colour' is not one of the plugin's"):
        tags.merged({}, {"colour": "red"})


def hosts(count: int) -> dict[str, str]:
    return {f"host-{number}": "x" for number in range(count)}


@given(
    st.dictionaries(TAG_TEXT.filter(lambda key: key not in tags.OURS), TAG_TEXT, max_size=9),
    st.dictionaries(st.sampled_from(sorted(tags.OURS)), TAG_TEXT),
    st.dictionaries(st.sampled_from(sorted(tags.OURS)), TAG_TEXT),
    st.sampled_from(["hold", "staff", "open"]),
)
def test_the_release_is_always_the_new_one_within_ten_tags_and_beside_all_of_others(
    others: dict[str, str], old: dict[str, str], new: dict[str, str], release: str
) -> None:
    made = tags.merged({**others, **old}, {**new, "dam-release": release})
    assert len(made) <= 10
    assert made["dam-release"] == release
    assert {key: value for key, value in made.items() if key not in tags.OURS} == others
    assert made.items() <= {**others, **new, "dam-release": release}.items()


@pytest.mark.parametrize(
    ("count", "kept"),
    [
        (4, ["dam-release", "dam-tagging", "dam-directory", "dam-related", "dam-rules", "dam-students"]),
        (5, ["dam-release", "dam-tagging", "dam-directory", "dam-related", "dam-rules"]),
        (6, ["dam-release", "dam-tagging", "dam-directory", "dam-related"]),
        (7, ["dam-release", "dam-tagging", "dam-directory"]),
        (8, ["dam-release", "dam-tagging"]),
        (9, ["dam-release"]),
    ],
)
def test_beside_many_tags_of_others_the_least_important_of_ours_give_way(count: int, kept: list[str]) -> None:
    made = tags.merged({**hosts(count), "dam-release": "staff"}, tags.object_tags(tagging_of("s-1"), "hold", 1))
    assert [key for key in made if key in tags.OURS] == kept
    assert made["dam-release"] == "hold"


def test_ten_tags_of_others_leave_no_room_for_the_release_and_are_refused() -> None:
    with pytest.raises(StorageError, match="carries 10 tags of others, and dam-release does not fit beside them"):
        tags.merged(hosts(10), {"dam-release": "hold", "dam-tagging": "failed"})


@pytest.mark.parametrize(
    "bad",
    [
        {"": "x"},
        {"k" * 129: "x"},
        {"k;": "x"},
        {"dam-rules": "v" * 257},
        {"dam-rules": "a,b"},
        {"dam-rules": "line\nbreak"},
        {f"k{number}": "x" for number in range(11)},
    ],
    ids=["empty key", "long key", "letter of key", "long value", "letter of value", "line break", "eleven"],
)
def test_tags_beyond_the_limits_are_refused(bad: dict[str, str]) -> None:
    with pytest.raises(StorageError):
        tags.check(bad)


def test_a_refusal_does_not_show_the_value() -> None:
    with pytest.raises(StorageError) as refusal:
        tags.check({"dam-students": "Müller"})
    assert "Müller" not in str(refusal.value)
