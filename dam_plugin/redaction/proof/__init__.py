"""Proves that a written copy hides what it must, with its own parsers, decoders and geometry.

It shares only words and tables of fixed data with the writers.
"""
