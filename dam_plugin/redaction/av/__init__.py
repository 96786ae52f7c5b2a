"""Makes copies of sound and video: plans what is covered or silenced at which time, runs the process that writes."""
