"""Loops of click and observe, each in a process of its own, so that they can take turns."""
