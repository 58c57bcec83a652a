"""The things the service knows about: firms, their contracts and equipment, their readings."""
