"""Plan and tables in, results out: contracts, runs, accounting, results on disk."""
