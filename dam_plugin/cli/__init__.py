"""The command line, one file a group of commands. It puts everything together, so nothing imports it. demo/ plays the story."""
