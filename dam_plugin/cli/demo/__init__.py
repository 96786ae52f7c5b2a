"""The demo: the whole story on the samples, on a machine where nothing is set up."""
