"""This machine: its GPUs, locks, processes and the working folder."""
