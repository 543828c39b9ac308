"""What every labeler that asks a model is made of: the question, its prompt, its answer, and when to ask again."""
