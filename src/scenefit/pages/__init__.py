"""Self-contained HTML pages: no script or picture from elsewhere."""
