"""Reading an upload in a process of its own, with limits of time and memory: `reader.read` is the way in.

The process gets bytes by asking for them and is handed no credentials; whatever a file does to it, the caller lives. It
is no sandbox: as the same user, code that took it over could read what the system shows it of its parent.
"""
