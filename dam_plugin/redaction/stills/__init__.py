"""Copies of pictures: a JPEG keeps its coding where nobody is hidden, everything else is written afresh."""
