"""What every test shares: how hypothesis searches, the seed of generated cases, fixtures of a storage and a district."""

from __future__ import annotations

import gc
import os
import secrets
from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import settings

pytest_plugins = [
    "clock",
    "face_network",
    "moto_server",
    "rgw_server",
    "district",
    "isolated",
    "warm_processes",
    "statements",
    "decodings",
    "guarded_place",
]

# No deadline in either: tests are never timed. On CI a failure must come again by itself, so the search is fixed.
settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

SEED = pytest.StashKey[int]()
SEED_ON_CI = 7
FIGURES = "figure"


def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed of generated cases: new for each run, and on CI always the same, as for hypothesis."""
    given = getattr(config, "workerinput", {}).get("procedure_seed", os.environ.get("PROCEDURE_SEED", ""))
    chosen = SEED_ON_CI if os.environ.get("CI") else secrets.randbelow(10**6)
    try:
        config.stash[SEED] = int(given or chosen)
    except ValueError:
        raise pytest.UsageError(f"PROCEDURE_SEED must be a whole number, not '{given}'") from None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give every worker of pytest-xdist the same seed."""
    node.workerinput["procedure_seed"] = str(node.config.stash[SEED])


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect the tests without looking for garbage among them, and never look for any there again.

    What is imported and collected stays to the end: to walk it again and again takes a sixth of a run.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()
        # A test makes and drops some ten thousand objects; the usual threshold is 700.
        gc.set_threshold(10_000, 10, 10)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run whole flows first: their files take the longest, and no worker shall be alone with one in the end."""
    items.sort(key=lambda item: item.path.parent.name != "end_to_end")


def pytest_report_header(config: pytest.Config) -> str:
    """Print the seed above every run."""
    seed = config.stash[SEED]
    return f"procedure: generated cases of seed {seed} (PROCEDURE_SEED={seed} repeats them)"


@pytest.fixture(scope="session")
def procedure_seed(request: pytest.FixtureRequest) -> int:
    """The seed of this run, the same in every worker."""
    return request.config.stash[SEED]


@pytest.fixture
def record_figure(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """Figures that a test measures: they are printed under the run, from every worker."""
    figures: Counter[str] = Counter()
    yield figures
    request.node.user_properties += [(FIGURES, each) for each in figures.items()]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests measured."""
    reports = [
        each for several in terminalreporter.stats.values() for each in several if hasattr(each, "user_properties")
    ]
    figures = [value for report in reports for name, value in report.user_properties if name == FIGURES]
    for what, figure in dict.fromkeys(map(tuple, figures)):
        terminalreporter.write_line(f"{what}: {figure}")
