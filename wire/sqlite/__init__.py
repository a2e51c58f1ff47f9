"""The SQLite file of the local mode, shared by the queue and the events."""
