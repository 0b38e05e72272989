"""One module a source of records; each reads records and pictures and writes a dataset folder."""
