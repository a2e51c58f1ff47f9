"""How a scaler comes to its number of workers, term by term, with the numbers of the moment."""
