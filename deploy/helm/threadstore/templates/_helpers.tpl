{{/* The name of all objects: at most 50 characters, so that suffixes fit. */}}
{{- define "threadstore.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "threadstore.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* What selects the pods of a component; never changed, since selectors can't be. Call with (list . COMPONENT). */}}
{{- define "threadstore.selectorLabels" -}}
{{- $ := index . 0 -}}
app.kubernetes.io/name: {{ include "threadstore.name" $ }}
app.kubernetes.io/instance: {{ $.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "threadstore.labels" -}}
{{- $ := index . 0 -}}
{{- include "threadstore.selectorLabels" . }}
app.kubernetes.io/version: {{ $.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $.Chart.Name $.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with $.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "threadstore.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "threadstore.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "threadstore.image" -}}
{{- $tag := default .Chart.AppVersion .Values.image.tag -}}
{{- printf "%s:%s" .Values.image.repository $tag -}}
{{- with .Values.image.digest -}}@{{ . }}{{- end -}}
{{- end -}}

{{- define "threadstore.asText" -}}
{{- if kindIs "float64" . -}}{{- if eq . (floor .) -}}{{ int64 . }}{{- else -}}{{ . }}{{- end -}}{{- else -}}{{ . }}{{- end -}}
{{- end -}}

{{/* A size such as 4G in bytes: Kubernetes' units and the service's, which are powers of 1024 too. */}}
{{- define "threadstore.bytes" -}}
{{- $size := toString . -}}
{{- $number := regexFind "^[0-9]+" $size | int64 -}}
{{- $unit := regexFind "[KMGTkmgt]" $size | upper -}}
{{- range until (index (dict "" 0 "K" 1 "M" 2 "G" 3 "T" 4) $unit) -}}{{- $number = mul $number 1024 -}}{{- end -}}
{{- $number -}}
{{- end -}}

{{/* Properties of the file: those whose names environment variables can't spell, and whatever config says. */}}
{{- define "threadstore.properties" -}}
{{- range $host, $tenant := .Values.grpc.hosts }}
threadstore.grpc.hosts."{{ $host }}"={{ $tenant | replace "\\" "\\\\" }}
{{- end }}
{{- range $name, $value := .Values.config }}
{{ $name }}={{ include "threadstore.asText" $value | replace "\\" "\\\\" }}
{{- end }}
{{- end -}}

{{- define "threadstore.hasProperties" -}}
{{- if or .Values.grpc.hosts .Values.config -}}true{{- end -}}
{{- end -}}

{{/* The account that connects. Call with (dict "secret" NAME "username" NAME "usernameKey" KEY "passwordKey" KEY). */}}
{{- define "threadstore.databaseAccount" -}}
- name: THREADSTORE_DB_USERNAME
  {{- if .username }}
  value: {{ .username | quote }}
  {{- else }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .usernameKey }}
  {{- end }}
- name: THREADSTORE_DB_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .passwordKey }}
{{- end -}}

{{/* What the service and the migration have in common. */}}
{{- define "threadstore.commonEnv" -}}
- name: THREADSTORE_DB_URL
  value: {{ .Values.database.url | quote }}
- name: QUARKUS_LOG_LEVEL
  value: {{ .Values.logging.level | quote }}
- name: QUARKUS_LOG_CONSOLE_JSON_ENABLED
  value: {{ .Values.logging.json | quote }}
{{- with .Values.jvm.options }}
- name: JAVA_TOOL_OPTIONS
  value: {{ . | quote }}
{{- end }}
{{- if include "threadstore.hasProperties" . }}
- name: SMALLRYE_CONFIG_LOCATIONS
  value: /etc/threadstore/config/threadstore.properties
{{- end }}
{{- end -}}

{{- define "threadstore.env" -}}
{{- include "threadstore.commonEnv" . }}
{{ include "threadstore.databaseAccount" (dict "secret" .Values.database.existingSecret "username" .Values.database.username "usernameKey" .Values.database.usernameKey "passwordKey" .Values.database.passwordKey) }}
- name: QUARKUS_DATASOURCE_JDBC_MAX_SIZE
  value: {{ .Values.database.maxConnections | quote }}
- name: QUARKUS_FLYWAY_MIGRATE_AT_START
  value: {{ eq .Values.migration.mode "at-start" | quote }}
- name: QUARKUS_HTTP_HOST
  value: {{ .Values.listenAddress | quote }}
- name: QUARKUS_MANAGEMENT_HOST
  value: {{ .Values.listenAddress | quote }}
- name: QUARKUS_MANAGEMENT_PORT
  value: "9000"
{{- with .Values.auth }}
{{- with .issuer }}
- name: THREADSTORE_AUTH_ISSUER
  value: {{ . | quote }}
{{- end }}
{{- with .jwksUrl }}
- name: THREADSTORE_AUTH_JWKS_URL
  value: {{ . | quote }}
{{- end }}
{{- if or .keyFile.existingConfigMap .keyFile.existingSecret }}
- name: THREADSTORE_AUTH_KEY_FILE
  value: /etc/threadstore/issuer/{{ .keyFile.key }}
{{- end }}
{{- with .tenantClaim }}
- name: THREADSTORE_AUTH_TENANT_CLAIM
  value: {{ . | quote }}
{{- end }}
{{- with .subjectClaim }}
- name: THREADSTORE_AUTH_SUBJECT_CLAIM
  value: {{ . | quote }}
{{- end }}
{{- range $name, $words := dict "AUDIENCE" .audience "ALGORITHMS" .algorithms "SCOPE_CLAIMS" .scopeClaims "SCOPES_READ" .scopes.read "SCOPES_WRITE" .scopes.write "SCOPES_DELETE" .scopes.delete }}
{{- with $words }}
- name: THREADSTORE_AUTH_{{ $name }}
  value: {{ join "," . | quote }}
{{- end }}
{{- end }}
{{- if .allowAnonymous }}
- name: THREADSTORE_AUTH_ALLOW_ANONYMOUS
  value: "true"
{{- end }}
{{- end }}
{{- with .Values.grpc.tenant }}
- name: THREADSTORE_GRPC_TENANT
  value: {{ . | quote }}
{{- end }}
{{- with .Values.trustedProxies }}
- name: THREADSTORE_TRUSTED_PROXIES
  value: {{ join "," . | quote }}
{{- end }}
{{- range $name, $value := .Values.limits }}
{{- $text := include "threadstore.asText" $value }}
{{- if $text }}
- name: THREADSTORE_LIMITS_{{ snakecase $name | upper }}
  value: {{ $text | quote }}
{{- end }}
{{- end }}
{{- if .Values.tls.enabled }}
# a map's key is set off by two underscores
- name: QUARKUS_TLS_KEY_STORE_PEM__0__CERT
  value: /etc/threadstore/tls/{{ .Values.tls.certKey }}
- name: QUARKUS_TLS_KEY_STORE_PEM__0__KEY
  value: /etc/threadstore/tls/{{ .Values.tls.keyKey }}
- name: QUARKUS_TLS_RELOAD_PERIOD
  value: {{ .Values.tls.reloadPeriod | quote }}
- name: QUARKUS_HTTP_SSL_PORT
  value: "8443"
- name: QUARKUS_HTTP_INSECURE_REQUESTS
  value: disabled
{{- else }}
- name: QUARKUS_HTTP_PORT
  value: "8080"
{{- end }}
- name: QUARKUS_SHUTDOWN_TIMEOUT
  value: {{ printf "%dS" (int .Values.termination.shutdownTimeoutSeconds) }}
- name: QUARKUS_HTTP_ACCESS_LOG_ENABLED
  value: {{ .Values.logging.accessLog | quote }}
- name: THREADSTORE_AUDIT_CONSOLE
  value: {{ .Values.logging.audit | quote }}
- name: THREADSTORE_METRICS_BY_TENANT
  value: {{ .Values.metrics.byTenant | quote }}
{{- if .Values.tracing.enabled }}
- name: QUARKUS_OTEL_SDK_DISABLED
  value: "false"
- name: QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .Values.tracing.endpoint | quote }}
- name: QUARKUS_OTEL_EXPORTER_OTLP_PROTOCOL
  value: {{ .Values.tracing.protocol | quote }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A file out of a ConfigMap or a Secret. Call with (dict "name" VOLUME "from" {existingConfigMap, existingSecret, key} "path" FILE). */}}
{{- define "threadstore.fileVolume" -}}
- name: {{ .name }}
  {{- if .from.existingConfigMap }}
  configMap:
    name: {{ .from.existingConfigMap }}
  {{- else }}
  secret:
    secretName: {{ .from.existingSecret }}
  {{- end }}
    items:
      - key: {{ .from.key }}
        path: {{ .path }}
{{- end -}}

{{/* Volumes of service and migration. Call with (list . NAME-OF-THE-CONFIGMAP). */}}
{{- define "threadstore.commonVolumes" -}}
{{- $ := index . 0 -}}
{{- if include "threadstore.hasProperties" $ }}
- name: config
  configMap:
    name: {{ index . 1 }}
{{- end }}
{{- with $.Values.database.ca }}
{{- if or .existingConfigMap .existingSecret }}
{{ include "threadstore.fileVolume" (dict "name" "database-ca" "from" . "path" "ca.crt") }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "threadstore.commonVolumeMounts" -}}
- name: tmp
  mountPath: /tmp
{{- if include "threadstore.hasProperties" . }}
- name: config
  mountPath: /etc/threadstore/config
  readOnly: true
{{- end }}
{{- if or .Values.database.ca.existingConfigMap .Values.database.ca.existingSecret }}
- name: database-ca
  mountPath: /etc/threadstore/database-ca
  readOnly: true
{{- end }}
{{- end -}}

{{/* The ports of a database URL's hosts, separated by blanks. */}}
{{- define "threadstore.databasePorts" -}}
{{- $ports := list -}}
{{- range splitList "," (regexReplaceAll "^jdbc:mariadb:([a-z-]+:)?//([^/?]*).*$" .Values.database.url "${2}") -}}
{{- $ports = append $ports (default "3306" (regexFind "[0-9]+$" (regexFind ":[0-9]+$" .))) -}}
{{- end -}}
{{- $ports | uniq | join " " -}}
{{- end -}}

{{/* The port of an http or https URL. */}}
{{- define "threadstore.urlPort" -}}
{{- $host := regexReplaceAll "^https?://([^/?]*).*$" . "${1}" -}}
{{- default (ternary "80" "443" (hasPrefix "http://" .)) (regexFind "[0-9]+$" (regexFind ":[0-9]+$" $host)) -}}
{{- end -}}

{{/* A rule of a NetworkPolicy to TCP ports. Call with (dict "to" PEERS "port" PORT-OR-0 "ports" "PORT PORT ..."): `ports` counts if `port` is 0. */}}
{{- define "threadstore.egressTo" -}}
- ports:
    {{- range splitList " " (ternary (toString .port) .ports (ne (int .port) 0)) }}
    - protocol: TCP
      port: {{ . }}
    {{- end }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "threadstore.egressToNames" -}}
- ports:
    {{- range .ports }}
    - protocol: UDP
      port: {{ . }}
    - protocol: TCP
      port: {{ . }}
    {{- end }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
