"""Record a run to a file, replay it, and write a report about it."""
