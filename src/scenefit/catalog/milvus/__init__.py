"""The catalog on Milvus."""
