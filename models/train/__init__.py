"""Everything that makes the bundled model: renderer, training, evaluation."""
