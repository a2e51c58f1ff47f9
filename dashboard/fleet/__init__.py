"""Fleets of workers: local processes, scaled as KEDA does it, and pods on Kubernetes."""
