"""Copies of pictures and recordings in which the decision's people are hidden, each proven on its written bytes."""
