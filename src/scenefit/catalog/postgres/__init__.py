"""The catalog on PostgreSQL with pgvector."""
