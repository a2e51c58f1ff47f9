"""The guided talk: its scenes, and the one that all Present pages of this process show."""
