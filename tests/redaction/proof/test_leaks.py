"""Copies of PNG, WebP, TIFF and AVIF: every seeded leak is caught, what is clean passes, nothing makes a proof crash."""

from __future__ import annotations

import contextlib
import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_samples import picture
from leaky_stills import FORMS, ORDER, honest, leaks, mutations, read, source, with_notice, write, write_copy

from dam_plugin.errors import NotProven
from dam_plugin.redaction.allowed_metadata import packet
from dam_plugin.redaction.model import Notice, Order
from dam_plugin.redaction.proof import png
from dam_plugin.redaction.proof.prove import prove_picture

NOTICE = Notice("No further disclosure without <consent>", "A district")
SMALL = {form: write(picture(48, 40), form) for form in FORMS}
COPIES = {form: write_copy(read(data), form) for form, data in SMALL.items()}
MUTATED = st.sampled_from(list(FORMS)).flatmap(lambda form: st.tuples(st.just(form), mutations(COPIES[form])))


@pytest.mark.parametrize("form", FORMS)
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


@pytest.mark.parametrize("form", FORMS)
def test_an_honest_copy_is_proven(form: str) -> None:
    proof = prove_picture(honest(form), source(form), ORDER)
    assert "1 box is filled from edge to edge" in proof.checks


@pytest.mark.parametrize("form", FORMS)
def test_a_copy_holds_the_notice_that_was_ordered_and_no_other(form: str) -> None:
    told, order = packet(NOTICE), dataclasses.replace(ORDER, notice=NOTICE)
    assert prove_picture(with_notice(form, told), source(form), order).checks
    for held in (told + b" ", told.replace(b"A district", b"Ava Smith.")):
        with pytest.raises(NotProven, match=r"notice|APP1"):
            prove_picture(with_notice(form, held), source(form), order)
    with pytest.raises(NotProven, match=r"notice|APP1"):
        prove_picture(with_notice(form, told), source(form), ORDER)
    with pytest.raises(NotProven, match="notice"):
        prove_picture(honest(form), source(form), order)


@settings(deadline=None, max_examples=500)
@given(mutations(COPIES["PNG"]))
def test_any_png_is_walked_or_refused(data: bytes) -> None:
    with contextlib.suppress(NotProven):
        png.walk(data, b"")


@settings(deadline=None, max_examples=200)
@given(MUTATED)
def test_any_copy_is_proven_or_refused(mutated: tuple[str, bytes]) -> None:
    form, data = mutated
    with contextlib.suppress(NotProven):
        prove_picture(data, SMALL[form], Order())
