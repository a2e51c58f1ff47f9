"""The fleet on Kubernetes: KEDA's objects, the worker pods and the GPU nodes, read only."""
