"""Whether what was written is true: tasks are done again, each step left out, and nearly."""
