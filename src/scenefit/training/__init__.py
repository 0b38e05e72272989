"""Training the heads on stored features: triplets, hinge loss, early stopping, checkpoints (torch)."""
