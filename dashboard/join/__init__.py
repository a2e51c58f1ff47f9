"""What visitors with phones use: the page /join, its address, its limits, its approval."""
