#!/bin/sh
# create-users.sh: the bucket, and the users of dashboard and workers, in the server of this
# container, whose postStart hook this is. Run again, it sets the present keys and policies.
set -eu
export MC_HOST_local="http://$MINIO_ROOT_USER:$MINIO_ROOT_PASSWORD@127.0.0.1:9000"
folder=$(dirname "$0")

# create_user NAME SECRET_KEY: the secret key is no argument of a program, which others could list
create_user() {
  mc admin policy create local "$1" "$folder/$1-policy.json"
  printf '%s\n' "$2" | mc admin user add local "$1"
  mc admin policy attach local "$1" --user "$1"
}

mc ready local
mc mb --ignore-existing local/images
create_user dashboard "$DASHBOARD_SECRET_KEY"
create_user worker "$WORKER_SECRET_KEY"
