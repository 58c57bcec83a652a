"""Who is answered: the service, its REST interface and the operators' pages."""
