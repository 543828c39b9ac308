"""What rules see of an episode: its pages, what each step changed on them, and the graph of all known transitions."""
