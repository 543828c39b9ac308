"""The four jobs on every engine that Beam has and this machine can run: whether they write the same bytes."""
