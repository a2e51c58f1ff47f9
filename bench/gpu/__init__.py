"""Figures of a GPU: the worker beside plain loops of diffusers, and the device's own limit."""
