{{/* The pod template of all workers, which the Deployment and the ScaledJob share. */}}
{{- define "stable-diffusion-live.workerPod" -}}
{{- $device := include "stable-diffusion-live.device" . | fromYaml }}
{{- $resources := .Values.worker.resources | default $device.resources }}
metadata:
  labels:
    app.kubernetes.io/name: worker
    app.kubernetes.io/part-of: stable-diffusion
spec:
  {{- if eq .Values.scaler.kind "scaledjob" }}
  restartPolicy: Never
  {{- end }}
  serviceAccountName: worker
  automountServiceAccountToken: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.worker.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.worker.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  # Longer than GRACE_PERIOD below: requeueing an unfinished job takes a moment, and the job of
  # a killed worker is redelivered only after the broker has noticed.
  terminationGracePeriodSeconds: {{ kindIs "invalid" .Values.worker.gracePeriod | ternary ($device.terminationGracePeriodSeconds | default 120) (.Values.worker.gracePeriod | int | add 30) }}
  securityContext:
    {{- include "stable-diffusion-live.podSecurityContext" (list . 10001 true) | nindent 4 }}
  {{- with .Values.worker.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with include "stable-diffusion-live.gpuAffinity" . }}
  affinity:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with include "stable-diffusion-live.workerTolerations" . }}
  tolerations:
    {{- . | nindent 4 }}
  {{- end }}
  # Over the existing nodes; not a reason to wait for another one.
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          app.kubernetes.io/name: worker
  containers:
    - name: worker
      image: {{ include "stable-diffusion-live.workerImage" . }}
      imagePullPolicy: IfNotPresent
      command: [python, -m, worker]
      # The last line of a worker's log has the reason of its exit; the dashboard shows it.
      terminationMessagePolicy: FallbackToLogsOnError
      ports:
        - name: http
          containerPort: 8080
      envFrom:
        - configMapRef:
            name: {{ include "stable-diffusion-live.settingsName" . }}
      env:
        {{- if eq .Values.scaler.kind "scaledjob" }}
        - name: EXIT_AFTER_ONE_TASK
          value: "1"
        {{- end }}
        {{- with .Values.worker.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- if eq .Values.device "cpu" }}
        - name: DEVICE
          value: cpu
        # As many threads as it has whole cores: torch would start one for each core of the node,
        # and they would compete.
        - name: OMP_NUM_THREADS
          value: {{ regexFind "^[0-9]+$" (dig "limits" "cpu" "" $resources | toString) | default "1" | quote }}
        {{- else }}
        - name: DEVICE
          value: cuda
        {{- end }}
        - name: RABBITMQ_URL
          valueFrom:
            secretKeyRef: { name: rabbitmq, key: worker-amqp-url }
        - name: MINIO_ACCESS_KEY
          valueFrom:
            secretKeyRef: { name: minio, key: worker-access-key }
        - name: MINIO_SECRET_KEY
          valueFrom:
            secretKeyRef: { name: minio, key: worker-secret-key }
        - name: HF_TOKEN
          valueFrom:
            secretKeyRef: { name: {{ .Values.model.tokenSecret }}, key: token, optional: true }
        - name: POD_NAME
          valueFrom:
            fieldRef: { fieldPath: metadata.name }
        - name: NODE_NAME
          valueFrom:
            fieldRef: { fieldPath: spec.nodeName }
        - name: WORKER_PORT
          value: "8080"
        - name: GRACE_PERIOD
          value: {{ kindIs "invalid" .Values.worker.gracePeriod | ternary ($device.gracePeriod | default 100) (int .Values.worker.gracePeriod) | quote }}
      resources:
        {{- include "stable-diffusion-live.workerResources" (list . $resources) | nindent 8 }}
      # /healthz returns 200 once the model is loaded. Twenty minutes or more, for a large model
      # from the hub.
      startupProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 2
        timeoutSeconds: 5
        failureThreshold: {{ $device.startupFailureThreshold | default 600 }}
      livenessProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 20
        timeoutSeconds: 10
      readinessProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 5
        timeoutSeconds: 5
      securityContext:
        {{- include "stable-diffusion-live.containerSecurityContext" . | nindent 8 }}
      volumeMounts:
        {{- if .Values.model.image.enabled }}
        - { name: model, mountPath: /model, readOnly: true }
        {{- end }}
        {{- if .Values.model.volume.enabled }}
        - { name: models, mountPath: /home/app/.cache }
        {{- end }}
        # The home folder has the cache of models from the hub.
        - { name: home, mountPath: /home/app }
        - { name: tmp, mountPath: /tmp }
  volumes:
    {{- if .Values.model.image.enabled }}
    - name: model
      image:
        reference: {{ include "stable-diffusion-live.image" (list . "model" .Chart.AppVersion) }}
        pullPolicy: IfNotPresent
    {{- end }}
    {{- if .Values.model.volume.enabled }}
    - name: models
      persistentVolumeClaim:
        claimName: models
    {{- end }}
    - name: home
      emptyDir: { sizeLimit: {{ $device.modelSize | default "20Gi" }} }
    - name: tmp
      emptyDir: { sizeLimit: 2Gi }
{{- end }}

{{/* The extended resource of which a worker takes one; none on the CPU. */}}
{{- define "stable-diffusion-live.gpuResource" -}}
{{- if ne .Values.device "cpu" }}
{{- .Values.gpu.resource | default (printf "%s.com/gpu" .Values.device) }}
{{- end }}
{{- end }}

{{/* Requests and limits, of a list: the root, those without the GPU. */}}
{{- define "stable-diffusion-live.workerResources" -}}
{{- $resources := deepCopy (index . 1) }}
{{- with include "stable-diffusion-live.gpuResource" (index . 0) }}
{{- $gpu := dict . 1 }}
{{- $resources = mergeOverwrite $resources (dict "requests" $gpu "limits" (deepCopy $gpu)) }}
{{- end }}
{{- toYaml $resources }}
{{- end }}

{{/*
Nodes whose GPUs have the memory of `gpu.class`: by the label of NVIDIA's operator, in MiB, or that of
GKE. A MIG device has a label of its own.
*/}}
{{- define "stable-diffusion-live.gpuAffinity" -}}
{{- $device := include "stable-diffusion-live.device" . | fromYaml }}
{{- if and $device.memoryAbove (eq .Values.device "nvidia") -}}
{{- $label := ternary .Values.gpu.resource "nvidia.com/gpu" (hasPrefix "nvidia.com/mig-" .Values.gpu.resource) -}}
nodeAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
    nodeSelectorTerms:
      - matchExpressions:
          - { key: {{ $label }}.memory, operator: Gt, values: [{{ $device.memoryAbove | quote }}] }
      {{- if not .Values.gpu.resource }}
      - matchExpressions:
          - key: cloud.google.com/gke-accelerator
            operator: In
            values:
              {{- toYaml $device.gkeTypes | nindent 14 }}
      {{- end }}
{{- end }}
{{- end }}

{{- define "stable-diffusion-live.workerTolerations" -}}
{{- $tolerations := .Values.worker.tolerations }}
{{- if ne .Values.device "cpu" }}
{{- $gpu := dict "key" (printf "%s.com/gpu" .Values.device) "operator" "Exists" "effect" "NoSchedule" }}
{{- $tolerations = prepend $tolerations $gpu }}
{{- end }}
{{- with $tolerations }}
{{- toYaml . }}
{{- end }}
{{- end }}
