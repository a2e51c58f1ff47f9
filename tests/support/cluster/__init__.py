"""A real Kubernetes without containers: API server, scheduler, controllers and KEDA.

Nodes are simulated, and a stand-in for the kubelet runs each worker's pod as a process.
"""
