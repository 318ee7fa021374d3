"""The database edge: `storage.database.Database` keeps and gives frozen domain objects; knows no use case."""
