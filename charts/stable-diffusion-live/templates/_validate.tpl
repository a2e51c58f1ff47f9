{{/*
Rules between values, which values.schema.json cannot express: one sentence for each that is broken. All
are printed together.
*/}}
{{- define "stable-diffusion-live.validate" -}}
{{- with include "stable-diffusion-live.brokenRules" . }}
{{- fail . }}
{{- end }}
{{- end }}

{{- define "stable-diffusion-live.brokenRules" -}}
{{- with .Values }}

{{- if gt (int .scaler.minReplicas) (int .scaler.maxReplicas) }}
scaler.minReplicas is above scaler.maxReplicas: raise the maximum, or lower the minimum.
{{- end }}

{{- $ownImage := or .images.worker.tag .images.worker.digest (not (hasSuffix "/stable-diffusion-live-worker" .images.worker.repository)) }}
{{- if and (eq .device "amd") (not $ownImage) }}
device=amd needs a worker with PyTorch for ROCm: set images.worker.repository, or its tag.
{{- end }}

{{- if and (ne .device "nvidia") (ne .gpu.class "any") }}
gpu.class selects nodes by labels of NVIDIA GPUs: with another device, set model.id, worker.resources and worker.nodeSelector.
{{- end }}

{{- $foreign := dict "nvidia" "amd.com/" "amd" "nvidia.com/" "cpu" "" }}
{{- if and .gpu.resource (hasPrefix (get $foreign .device) .gpu.resource) }}
gpu.resource={{ .gpu.resource }} does not belong to device={{ .device }}: change one of the two.
{{- end }}

{{- if and (eq .device "cpu") .prefetch.enabled }}
prefetch.enabled is for GPU nodes, and device=cpu uses none: remove one of the two.
{{- end }}

{{- if and .openshift .model.image.enabled }}
model.image.enabled needs an image volume, which restricted-v2 of OpenShift refuses: use model.volume.enabled.
{{- end }}

{{- if and (not .minio.enabled) (not .s3.endpoint) }}
s3.endpoint is empty, and minio.enabled is false: name the store, such as s3.eu-central-1.amazonaws.com.
{{- end }}

{{- if and .minio.enabled .s3.endpoint }}
s3.endpoint names a store, and minio.enabled installs another one: set minio.enabled=false, or remove s3.endpoint.
{{- end }}

{{- if and .rabbitmq.enabled .rabbitmq.vhost }}
rabbitmq.vhost is for a RabbitMQ elsewhere, and rabbitmq.enabled installs one: set rabbitmq.enabled=false, or remove rabbitmq.vhost.
{{- end }}

{{- if and .ingress.enabled .ingress.tlsSecret (not .publicUrl) }}
publicUrl is empty, and ingress.tlsSecret is not: name the host of the certificate, such as https://live.example.org.
{{- end }}

{{- if and .networkPolicies.enabled .keda.enabled }}
networkPolicies.enabled would close KEDA, which keda.enabled puts into the same namespace: install KEDA as a release of its own.
{{- end }}

{{- $settings := .settings }}
{{- $secrets := list "RABBITMQ_URL" "RABBITMQ_MANAGEMENT_URL" "MINIO_ACCESS_KEY" "MINIO_SECRET_KEY"
  "MINIO_SESSION_TOKEN" "HF_TOKEN" "PRESENTER_KEY" "API_KEYS" "AWS_SECRET_ACCESS_KEY" "AWS_SESSION_TOKEN" }}
{{- range $name := $secrets }}
{{- if hasKey $settings $name }}
settings.{{ $name }} is a secret, and the release and a ConfigMap would show it: create a Secret, see "Secrets" in docs/chart.md.
{{- end }}
{{- end }}

{{- $variables := dict "settings" (keys $settings) "worker.env" list }}
{{- range .worker.env }}
{{- $variables = set $variables "worker.env" (append (get $variables "worker.env") .name) }}
{{- end }}
{{- range $place, $names := $variables }}
{{- range $name := list "DEVICE" "EXIT_AFTER_ONE_TASK" "GRACE_PERIOD" "NODE_NAME" "OMP_NUM_THREADS" "POD_NAME" "WORKER_PORT" }}
{{- if has $name $names }}
{{ $place }} has {{ $name }}, which the pods set themselves: see device, scaler.kind, worker.gracePeriod and worker.resources.
{{- end }}
{{- end }}
{{- end }}

{{- if and .model.id (hasKey $settings "MODEL_ID") }}
model.id and settings.MODEL_ID name a model: remove one of the two.
{{- end }}

{{- range $name := list "PUBLIC_URL" "BASE_PATH" }}
{{- if and $.Values.publicUrl (hasKey $settings $name) }}
publicUrl sets {{ $name }}, and so does settings.{{ $name }}: remove one of the two.
{{- end }}
{{- end }}

{{- end }}
{{- end }}
