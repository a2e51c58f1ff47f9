"""The Fleet page's cards: each draws one idea of a fleet's reading."""
