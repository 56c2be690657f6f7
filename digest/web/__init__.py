"""What a browser is shown: the local preview of an edition.  A shell over the rest; it decides nothing about mail."""
