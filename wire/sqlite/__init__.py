"""The SQLite file that queue and events share, and the leases in it."""
