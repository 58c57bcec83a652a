"""The bill of a billing month as KEPCO prints it, to the won."""
