"""The command line: one file per group of commands. With `dam_plugin.demo` the composition root; nothing imports it."""
