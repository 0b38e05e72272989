"""Scenes, products and the pairs between them: the dataset folder and what is computed from its tables."""
