"""The drawing kit of the sample assets: canvas, people, scenes, and the metadata written around them."""
