"""The one history of the database's shape; ``feature_store.storage.migrate`` applies it.

A new revision is a new file in ``versions``, named after its number and what it brings, whose
``down_revision`` names the one before it. It spells its tables out instead of importing them:
tables change, a revision never does.
"""
