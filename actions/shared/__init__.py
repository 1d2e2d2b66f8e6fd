"""What several actions share and no index is asked for: how they create, search, and read rows."""
