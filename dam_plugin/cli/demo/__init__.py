"""The demo: the main job on the samples, on a machine with nothing set up. With the CLI the composition root."""
