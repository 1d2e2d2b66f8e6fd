"""The admin plane: an organization with its projects, keys, people, service accounts and their roles."""
