"""How right curation is where it takes two sentences for one task: by words that an embedding model finds alike."""
