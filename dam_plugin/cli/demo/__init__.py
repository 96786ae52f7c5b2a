"""The demo: plays the whole story on the sample assets, on a machine where nothing is set up."""
