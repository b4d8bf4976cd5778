{{- define "bucketlake.name" -}}
{{- if contains .Chart.Name .Release.Name -}}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{- else -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}{{- end -}}
{{- end }}

{{- define "bucketlake.selector" -}}
app.kubernetes.io/name: bucketlake
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "bucketlake.labels" -}}
{{ include "bucketlake.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "bucketlake.account" -}}
{{ .Values.serviceAccount.name | default (ternary (include "bucketlake.name" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{/* What a mistake in the values would only show at run time. */}}
{{- define "bucketlake.check" -}}
{{- $sqlite := hasPrefix "sqlite:" (.Values.settings.STATE_URL | default "") }}
{{- $directory := hasPrefix "file:" (.Values.settings.LAKE_URL | default "") }}
{{- if not (has .Values.mode (list "worker" "cronjob")) }}{{ fail "mode: set it to worker or cronjob" }}{{ end }}
{{- if and (gt (int .Values.replicas) 1) $sqlite }}{{ fail "replicas: more than one need a state database on PostgreSQL: set settings.STATE_URL to nothing and put postgres://... into the Secret, or replicas to 1" }}{{ end }}
{{- if and (gt (int .Values.replicas) 1) $directory }}{{ fail "replicas: more than one need a lake that all reach: set settings.LAKE_URL to s3://BUCKET/PREFIX, or replicas to 1" }}{{ end }}
{{- if and (not .Values.persistence.enabled) (or $sqlite $directory) }}{{ fail "persistence.enabled is false, and STATE_URL or LAKE_URL is in a directory that would be lost with the pod" }}{{ end }}
{{- if and .Values.page.enabled (not (and .Values.page.publicURL .Values.page.passwordSecret)) }}{{ fail "page: set publicURL to the https address that browsers see, and passwordSecret to a Secret with the key password" }}{{ end }}
{{- if and .Values.page.enabled (gt (int .Values.replicas) 1) }}{{ fail "page: sessions are in one worker's memory: install a second release with replicas for the others, or set replicas to 1" }}{{ end }}
{{- end }}

{{- define "bucketlake.pod" -}}
metadata:
  labels:
    {{- include "bucketlake.labels" . | nindent 4 }}
  annotations:
    checksum/settings: {{ .Values.settings | toJson | sha256sum }}
spec:
  serviceAccountName: {{ include "bucketlake.account" . }}
  automountServiceAccountToken: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{ toJson . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  {{- if eq .Values.mode "cronjob" }}
  restartPolicy: Never
  {{- end }}
  terminationGracePeriodSeconds: 90 # it lands what it has read before it ends
  containers:
    - name: bucketlake
      image: {{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: {{ ternary (list "sync" "--partial-ok") (list "worker") (eq .Values.mode "cronjob") | toJson }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      env:
        {{- range $name, $value := .Values.settings }}
        - {name: {{ $name }}, value: {{ $value | toString | quote }}}
        {{- end }}
        - {name: TMPDIR, value: /tmp}
        {{- if eq .Values.mode "worker" }}
        - {name: OPS_ADDR, value: ':9090'}
        {{- if .Values.page.enabled }}
        - {name: HTTP_ADDR, value: ':8080'}
        - {name: PUBLIC_URL, value: {{ .Values.page.publicURL | quote }}}
        - {name: WEB_PASSWORD_FILE, value: /run/secrets/page/password}
        {{- else }}
        - {name: HTTP_ADDR, value: '-'}
        {{- end }}
        {{- end }}
      {{- with .Values.secretSettings }}
      envFrom:
        - secretRef: {name: {{ . }}}
      {{- end }}
      {{- if eq .Values.mode "worker" }}
      ports:
        - {name: metrics, containerPort: 9090}
        {{- if .Values.page.enabled }}
        - {name: page, containerPort: 8080}
        {{- end }}
      startupProbe:
        httpGet: {path: /livez, port: metrics}
        failureThreshold: 60
        periodSeconds: 2
      livenessProbe:
        httpGet: {path: /livez, port: metrics}
        periodSeconds: 20
        timeoutSeconds: 5
      readinessProbe:
        httpGet: {path: /readyz, port: metrics}
        periodSeconds: 10
        timeoutSeconds: 6
      {{- end }}
      resources: {{ toJson .Values.resources }}
      volumeMounts:
        - {name: data, mountPath: /data}
        - {name: tmp, mountPath: /tmp}
        {{- if and (eq .Values.mode "worker") .Values.page.enabled }}
        - {name: page, mountPath: /run/secrets/page, readOnly: true}
        {{- end }}
  volumes:
    - name: data
      {{- if .Values.persistence.enabled }}
      persistentVolumeClaim: {claimName: {{ .Values.persistence.existingClaim | default (include "bucketlake.name" .) }}}
      {{- else }}
      emptyDir: {}
      {{- end }}
    - name: tmp
      emptyDir: {}
    {{- if and (eq .Values.mode "worker") .Values.page.enabled }}
    - name: page
      secret: {secretName: {{ .Values.page.passwordSecret }}, defaultMode: 0440}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{ toJson . }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{ toJson . }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity: {{ toJson . }}
  {{- end }}
{{- end }}
