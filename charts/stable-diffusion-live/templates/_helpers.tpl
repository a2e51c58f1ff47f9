{{/* Labels of every object, beside app.kubernetes.io/name. */}}
{{- define "stable-diffusion-live.labels" -}}
app.kubernetes.io/part-of: stable-diffusion
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* The image of a list: the root, the name in .Values.images, the default tag. */}}
{{- define "stable-diffusion-live.image" -}}
{{- $root := index . 0 }}
{{- $image := index $root.Values.images (index . 1) }}
{{- $image.repository }}:{{ $image.tag | default (index . 2) }}
{{- with $image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "stable-diffusion-live.dashboardImage" -}}
{{- include "stable-diffusion-live.image" (list . "dashboard" .Chart.AppVersion) }}
{{- end }}

{{- define "stable-diffusion-live.workerImage" -}}
{{- $tag := ternary (printf "%s-cpu" .Chart.AppVersion) .Chart.AppVersion (eq .Values.device "cpu") }}
{{- include "stable-diffusion-live.image" (list . "worker" $tag) }}
{{- end }}

{{/* A pod's security context, of a list: the root, the id of user and groups, whether it has volumes. */}}
{{- define "stable-diffusion-live.podSecurityContext" -}}
runAsNonRoot: true
{{- if not (index . 0).Values.openshift }}
runAsUser: {{ index . 1 }}
runAsGroup: {{ index . 1 }}
{{- if index . 2 }}
fsGroup: {{ index . 1 }}
{{- end }}
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "stable-diffusion-live.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* A claim's spec, of a dict: mode, size, storageClass. */}}
{{- define "stable-diffusion-live.claim" -}}
accessModes: [{{ .mode }}]
{{- with .storageClass }}
storageClassName: {{ . }}
{{- end }}
resources:
  requests:
    storage: {{ .size }}
{{- end }}

{{/*
The name of a ConfigMap with a hash of its content, as kustomize makes it: a change restarts the pods
that read it, and an installation by kustomize is taken over without a restart. Kustomize leaves the name
out of the hash. Of a dict: name, data.
*/}}
{{- define "stable-diffusion-live.hashedName" -}}
{{- $content := dict "kind" "ConfigMap" "name" "" "data" .data | toJson | sha256sum | trunc 10 }}
{{- $hash := $content | replace "0" "g" | replace "1" "h" | replace "3" "k" | replace "a" "m" | replace "e" "t" }}
{{- printf "%s-%s" .name $hash }}
{{- end }}

{{/* What `device` and `gpu.class` change: an entry of files/devices.yaml. */}}
{{- define "stable-diffusion-live.device" -}}
{{- $class := ternary "gpu" .Values.gpu.class (eq .Values.gpu.class "any") }}
{{- $name := ternary "cpu" $class (eq .Values.device "cpu") }}
{{- index (.Files.Get "files/devices.yaml" | fromYaml) $name | toYaml }}
{{- end }}
