"""Export: a curation becomes a dataset."""
