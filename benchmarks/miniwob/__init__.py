"""Ground truth for labelers: the tasks of MiniWoB++, whose rewards their own pages compute."""
