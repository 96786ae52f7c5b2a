"""Copies of sound and video: what is covered and silenced when, and the process that writes them."""
