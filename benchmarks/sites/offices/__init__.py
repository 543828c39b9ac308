"""Five small offices with a form each, two of twenty fields; what is kept lies in SQLite, checked by the server."""
