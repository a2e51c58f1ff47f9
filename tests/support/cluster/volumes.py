"""Volumes for claims without a storage class; nothing is ever written to them."""

_DISKS = 12


def volumes() -> dict:
    """Return the PersistentVolumes that controllers bind claims to."""
    items = [_volume(f"disk-{number}") for number in range(_DISKS)]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _volume(name: str) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "100Gi"},
            "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": f"/nowhere/{name}"},
        },
    }
