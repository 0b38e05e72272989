"""Frozen backbones and the features they give, kept on disk."""
