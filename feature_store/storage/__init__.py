"""Where readings and firms are kept: append-only, each row with the moment it became known."""
