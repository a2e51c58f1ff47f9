"""Runs as files: record what enters the pages, play it again, report on it."""
