"""Problems that come from outside as JSON, and what is answered to them."""
