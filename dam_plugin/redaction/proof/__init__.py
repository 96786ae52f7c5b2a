"""Proves that a written copy hides what it must, with its own parsers, decoders and geometry.

It shares nothing with the writers but words and tables of fixed data.
"""
