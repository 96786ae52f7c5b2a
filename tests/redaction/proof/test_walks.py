"""The walks of PNG, WebP, TIFF and AVIF copies: every seeded leak is caught, what is clean passes, nothing makes one crash."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_samples import picture
from leaky_stills import FORMATS, ORDER, SIZE, honest, leaks, mutations, read, source, with_notice, write

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import Notice, Order
from dam_plugin.redaction.notice import packet
from dam_plugin.redaction.proof import avif, png, tiff, webp
from dam_plugin.redaction.proof.held import Held
from dam_plugin.redaction.proof.prove import prove_picture

NOTICE = Notice("No further disclosure without <consent>", "A district")
WALKS: dict[str, Callable[[bytes, bytes], Held]] = {
    "PNG": png.walk, "WEBP": webp.walk, "TIFF": tiff.walk, "AVIF": avif.walk,
}  # fmt: skip
SMALL = {
    form: write(picture(48, 40), form, **{"WEBP": {"lossless": True}, "AVIF": {"quality": 95}}.get(form, {}))
    for form in FORMATS
}
COPIES = {form: write(read(data), form) for form, data in SMALL.items()}
MUTATED = st.sampled_from(FORMATS).flatmap(lambda form: st.tuples(st.just(form), mutations(COPIES[form])))


@pytest.mark.parametrize("form", FORMATS)
def test_a_copy_that_leaks_is_caught(form: str) -> None:
    missed = []
    for leak in leaks(form):
        try:
            prove_picture(leak.released, leak.source, leak.order)
        except NotProven as error:
            if leak.says in str(error):
                continue
            missed.append(f"{leak.name}: {error}")
        else:
            missed.append(leak.name)
    assert missed == []


@pytest.mark.parametrize("form", FORMATS)
def test_an_honest_copy_is_proven(form: str) -> None:
    proof = prove_picture(honest(form), source(form), ORDER)
    assert "1 box is filled from edge to edge" in proof.checks


@pytest.mark.parametrize("form", FORMATS)
def test_a_copy_holds_the_notice_that_was_ordered_and_no_other(form: str) -> None:
    told, walk = packet(NOTICE), WALKS[form]
    assert walk(with_notice(form, told), told).size == SIZE
    for held, ordered in ((told, b""), (told, told + b" "), (told.replace(b"A district", b"Ava Smith."), told)):
        with pytest.raises(NotProven, match="notice"):
            walk(with_notice(form, held), ordered)
    with pytest.raises(NotProven, match="notice"):
        walk(honest(form), told)


@settings(deadline=None, max_examples=1000)
@given(MUTATED)
def test_any_copy_is_walked_or_refused(mutated: tuple[str, bytes]) -> None:
    form, data = mutated
    with contextlib.suppress(NotProven):
        WALKS[form](data, b"")


@settings(deadline=None, max_examples=200)
@given(MUTATED)
def test_any_copy_is_proven_or_refused(mutated: tuple[str, bytes]) -> None:
    form, data = mutated
    with contextlib.suppress(NotProven):
        prove_picture(data, SMALL[form], Order())
