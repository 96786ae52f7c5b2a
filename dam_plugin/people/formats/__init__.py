"""Readers of the exports of student systems: OneRoster, CSV, portrait indexes, opt-outs. `sources` chooses one."""
