"""The plugin itself: decides who may get a recording, shares and redacts it, records it. `model` has the nouns."""
