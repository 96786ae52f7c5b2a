"""Rosters as systems export them: OneRoster, CSV files, portrait indexes, opt-outs. sources tells which a file is."""
