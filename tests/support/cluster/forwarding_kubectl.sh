#!/usr/bin/env bash
# kubectl for a cluster without containers: socat does on this machine what port-forward would
# request from a kubelet. SERVICES has lines "name:port host:port"; KUBECTL names the real program.
case " $* " in
*" port-forward "*) ;;
*) exec "$KUBECTL" "$@" ;;
esac
for argument; do
  case $argument in
  service/*) service=${argument#service/} ;;
  [0-9]*:[0-9]*)
    address=$(awk -v name="$service:${argument#*:}" '$1 == name { print $2 }' <<<"$SERVICES")
    socat "TCP-LISTEN:${argument%:*},bind=127.0.0.1,fork,reuseaddr" "TCP:$address" &
    ;;
  esac
done
wait
