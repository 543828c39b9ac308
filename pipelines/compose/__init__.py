"""Compose: tasks that were seen to be done, joined into longer ones."""
