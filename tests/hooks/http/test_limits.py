"""How many failures an address may have, in a window that slides and in bounded memory."""

from __future__ import annotations

import pytest

from dam_hooks.http.limits import FEW_DIFFERENT, Limits, network_of

HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def guessed(limits: Limits, address: str, times: int, first: int = 0) -> None:
    """Ask for so many different links that open nothing."""
    for number in range(first, first + times):
        limits.failed(address, f"guess {number}")


# One link


def test_one_bad_link_is_heard_until_it_failed_too_often_from_an_address(clock: Clock) -> None:
    limits = Limits(window=60, most=3, clock=clock)
    for _ in range(2):
        limits.failed(HOME, "bad")
    assert limits.wait(HOME, "bad") == 0
    limits.failed(HOME, "bad")
    assert limits.wait(HOME, "bad") == 60


def test_one_bad_link_shuts_nobody_out_of_another_one_nor_another_address_out_of_it(clock: Clock) -> None:
    limits = Limits(window=60, clock=clock)
    for _ in range(10_000):
        limits.failed(HOME, "bad")
    assert limits.wait(HOME, "bad") == 60
    assert (limits.wait(HOME, "good"), limits.wait(ELSEWHERE, "bad")) == (0, 0)


def test_wrong_words_on_any_number_of_links_are_no_guesses_of_links(clock: Clock) -> None:
    limits = Limits(window=60, most=3, clock=clock)
    for number in range(100):
        limits.failed(HOME, f"link {number}", guessed=False)
    assert limits.wait(HOME, "good") == 0


def test_the_window_slides(clock: Clock) -> None:
    limits = Limits(window=60, most=2, clock=clock)
    limits.failed(HOME, "bad")
    clock.now += 50
    limits.failed(HOME, "bad")
    assert limits.wait(HOME, "bad") == 10
    clock.now += 10
    assert limits.wait(HOME, "bad") == 0
    limits.failed(HOME, "bad")
    assert limits.wait(HOME, "bad") == 50


# Many different ones


def test_who_tries_many_different_links_is_turned_away_whatever_he_asks_for(clock: Clock) -> None:
    limits = Limits(window=60, most_different=5, clock=clock)
    guessed(limits, HOME, 4)
    assert limits.wait(HOME, "good") == 0
    guessed(limits, HOME, 1, first=4)
    assert limits.wait(HOME, "good") == 60
    assert limits.wait(ELSEWHERE, "good") == 0


def test_the_same_dead_link_counts_once_among_different_ones(clock: Clock) -> None:
    limits = Limits(window=60, most_different=5, clock=clock)
    guessed(limits, HOME, 4)
    for _ in range(20):
        limits.failed(HOME, "guess 1")
    assert limits.wait(HOME, "good") == 0


def test_guesses_leave_the_window_one_by_one(clock: Clock) -> None:
    limits = Limits(window=60, most_different=2, clock=clock)
    guessed(limits, HOME, 1)
    clock.now += 50
    guessed(limits, HOME, 1, first=1)
    assert limits.wait(HOME, "good") == 10
    clock.now += 10
    assert limits.wait(HOME, "good") == 0


def test_the_wait_that_is_told_suffices(clock: Clock) -> None:
    limits = Limits(window=60, most=1, most_different=1, clock=clock)
    limits.failed(HOME, "bad")
    clock.now += 0.5
    clock.now += max(limits.wait(HOME, "bad"), limits.wait(HOME, "good"))
    assert (limits.wait(HOME, "bad"), limits.wait(HOME, "good")) == (0, 0)


def test_above_the_limit_of_all_few_different_ones_are_enough_and_one_bad_link_is_not(clock: Clock) -> None:
    limits = Limits(window=60, most_of_all=100, clock=clock)
    for number in range(100):
        guessed(limits, f"203.0.113.{number}", FEW_DIFFERENT)
    limits.failed(HOME, "bad")
    assert limits.wait("203.0.113.5", "good") > 0
    assert (limits.wait(HOME, "good"), limits.wait(ELSEWHERE, "good")) == (0, 0)
    clock.now += 60
    assert limits.wait("203.0.113.5", "good") == 0


# Memory


def test_memory_is_bounded_whatever_arrives(clock: Clock) -> None:
    limits = Limits(most=5, most_different=5, most_of_all=50, most_addresses=10, most_links=60, clock=clock)
    for number in range(1000):
        guessed(limits, f"10.0.{number // 250}.{number % 250}", 7)
        for _ in range(7):
            limits.failed(f"10.0.{number // 250}.{number % 250}", "x" * 100_000)
    assert len(limits._failures) <= 10
    assert limits._links == sum(map(len, limits._failures.values())) <= 60
    assert max(len(each) for links in limits._failures.values() for each in links.values()) == 5
    assert len(limits._guesses) == 10
    assert max(map(len, limits._guesses.values())) == 5
    assert len(limits._of_all) == 50


def test_one_address_alone_fills_no_memory(clock: Clock) -> None:
    limits = Limits(most_links=100, clock=clock)
    guessed(limits, HOME, 1000)
    assert limits._links == len(limits._failures[HOME]) == 100
    assert limits.wait(HOME, "good") > 0


def test_who_failed_last_is_remembered_longest(clock: Clock) -> None:
    limits = Limits(most_different=2, most_addresses=3, clock=clock)
    guessed(limits, HOME, 2)
    for number in range(2):
        guessed(limits, f"10.0.0.{number}", 1)
    guessed(limits, HOME, 1)
    for number in range(2, 4):
        guessed(limits, f"10.0.0.{number}", 1)
    assert limits.wait(HOME, "good") > 0


def test_no_link_is_kept_as_it_was_asked_for(clock: Clock) -> None:
    limits = Limits(clock=clock)
    limits.failed(HOME, "a-token-of-somebody")
    assert "a-token-of-somebody" not in repr(vars(limits))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
        ("1" * 10_000, "unknown"),
    ],
)
def test_an_address_counts_as_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_one_household_with_many_ipv6_addresses_is_one_client(clock: Clock) -> None:
    limits = Limits(most_different=3, clock=clock)
    for number in range(3):
        limits.failed(f"2001:db8:0:1::{number}", f"guess {number}")
    assert limits.wait("2001:db8:0:1:ffff::1", "good") > 0
    assert limits.wait("2001:db8:0:2::1", "good") == 0
