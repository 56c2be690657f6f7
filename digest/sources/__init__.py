"""The world -> Article.

`text` reads files and folders.  Every reader yields what it could read and the errors of what it could not, so that
one bad source never stops the others.  Nothing here knows the database, the configuration or the clock.
"""
