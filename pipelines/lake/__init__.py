"""The lake: tables under Delta, their files, SQL and views."""
