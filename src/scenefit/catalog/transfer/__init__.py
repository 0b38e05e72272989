"""Moving catalogs: from store to store, to Parquet and back."""
