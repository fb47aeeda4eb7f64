"""Predictors of transfer without fine-tuning, from frozen features `(n, d)` and labels `(n,)`.

The higher, the better the network should transfer, of networks on the same images.
"""
