"""What a firm's measured past says about its contract and its equipment."""
