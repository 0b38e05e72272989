"""Filters: a small typed language, over columns in memory, in PostgreSQL and in Milvus with one meaning."""
