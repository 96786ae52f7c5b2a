"""Makes copies of sound and video: plans what is covered and silenced when, and runs the process that writes the copy."""
