"""What the desktop explorer does on real applications, and how fast."""
