"""The report of a comparison of methods, part by part."""
