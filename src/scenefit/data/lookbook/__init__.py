"""Generated looks: drawn scenes and products whose rule of compatibility is known, so that a score has a ceiling."""
