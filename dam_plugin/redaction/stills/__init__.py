"""Writes copies of pictures: a JPEG keeps its coefficients, any other picture is written anew from its pixels."""
