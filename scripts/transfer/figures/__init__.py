"""How figures look, and the panels that several of them share."""
