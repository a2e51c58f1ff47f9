"""Volumes for claims; nothing is ever written to them."""

_DISKS = 40
_SHARES = 4


def volumes() -> dict:
    """Return the PersistentVolumes that controllers bind claims to.

    Claims without a storage class get a disk; those of the class `shared` a volume for many nodes.
    """
    disks = [_volume(f"disk-{number}", "ReadWriteOnce") for number in range(_DISKS)]
    shares = [_volume(f"share-{number}", "ReadWriteMany", "shared") for number in range(_SHARES)]
    return {"apiVersion": "v1", "kind": "List", "items": disks + shares}


def _volume(name: str, mode: str, storage_class: str = "") -> dict:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "100Gi"},
            "accessModes": [mode],
            "storageClassName": storage_class,
            "hostPath": {"path": f"/nowhere/{name}"},
        },
    }
