"""What is known: sources read in threads of their own, kept as one snapshot for all pages."""
