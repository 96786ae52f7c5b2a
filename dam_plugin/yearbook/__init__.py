"""A yearbook set: what is safe to publish on the day it is locked, in the form a publisher takes; nothing is decided here."""
