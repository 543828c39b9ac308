"""What each platform needs of the machine, whether it is here, and getting it."""
