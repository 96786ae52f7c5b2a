"""The command line, one file for each group of commands. It uses every room, so nothing imports it."""
