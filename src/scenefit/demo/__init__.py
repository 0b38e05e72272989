"""The demo: generated looks, whose truth is known, through the whole path with the bundled model."""
