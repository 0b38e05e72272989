"""The catalog in a folder: SQLite and memory."""
