{{/* The release, or the release and the chart where they differ; 40 characters leave room for pod numbers and suffixes. */}}
{{- define "discoveryd.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "discoveryd.nodes" -}}
{{ include "discoveryd.name" . }}-nodes
{{- end -}}

{{- define "discoveryd.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "discoveryd.labels" -}}
{{ include "discoveryd.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}

{{/* What follows the name of a pod in the address by which all know it. */}}
{{- define "discoveryd.domain" -}}
{{ include "discoveryd.nodes" . }}.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}:7171
{{- end -}}

{{- define "discoveryd.config" -}}
# Nodes by the names that the headless service gives to pods.
nodes = [
{{- range $i := until (int .Values.replicas) }}
  "{{ include "discoveryd.name" $ }}-{{ $i }}.{{ include "discoveryd.domain" $ }}",
{{- end }}
]
{{- with .Values.zones }}

[zones]
{{- range $zone, $nodes := . }}
{{ $zone | quote }} = [{{ range $i, $node := $nodes }}{{ if $i }}, {{ end }}{{ $node | quote }}{{ end }}]
{{- end }}
{{- end }}
{{- with .Values.config }}

{{ . | trim }}
{{- end }}
{{- end -}}
