"""Whole looks: one product of each category."""
