"""Evaluation: exact metrics over all eligible products, with intervals over scenes."""
