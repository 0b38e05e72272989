"""The catalog: products with the vectors that a model made of them, and exact search."""
