"""The operators' pages: rendered on the server, in Korean and English, working without script."""
