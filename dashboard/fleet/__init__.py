"""Who works: what a fleet looks like, the rule that scales it, and this machine's own."""
