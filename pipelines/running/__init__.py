"""What every job shares: buckets, reports, one commit, Beam's options and workers."""
