"""What of an application's functions an explorer exercises: hand-written lists, and what they are seen by."""
