"""What a question to a model holds and costs."""
