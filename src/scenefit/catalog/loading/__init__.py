"""Filling a catalog: from tables and datasets, and again for a new model."""
