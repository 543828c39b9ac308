"""What is not understood."""


class Unread(Exception):
    """Why a sentence was not understood."""
