"""What each step could be for, and by which rule."""
