"""Fetching the pictures that a dataset lacks: politely, from checked addresses only, and whole or not at all."""
