"""The REST interface under ``/v1`` for machines."""
