"""The ``sandan`` command: one module a command group, each thin."""
