"""What is nearly the same: screens, sentences, walks, and what a benchmark holds."""
