"""`make doctor`: check the settings and all that they name, and say what to do."""
