"""`make doctor`: check the settings and all that they name, and state what to do."""
