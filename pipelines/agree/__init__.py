"""Agree: what several labelers said becomes one opinion; how far they agree with each other and with people."""
