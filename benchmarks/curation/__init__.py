"""What curation costs, beside tools that do the same: each of both does the whole in a process of its own."""
