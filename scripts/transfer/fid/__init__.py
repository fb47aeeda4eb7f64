"""The Fréchet Inception distance between datasets (Heusel et al. 2017; fang2023, Section 6)."""
