#include "node/openapi_schemas.h"

namespace discovery::node {

namespace {

constexpr std::string_view kSchemas = R"json({
"Code": {"type": "integer", "enum": [0, -304, -400, -401, -403, -404, -409, -500], "description":
  "0 done; -304 nothing changed until the deadline (polls); -400 a parameter is missing, malformed or past a limit, `message` says which; -401 who asks is not known: a token is missing or not valid; -403 who asks may not do this; -404 unknown application, zone or instance; -409 a replicated renew is older than what is stored; -500 the node refuses because it starts, drains or is full: go to another one"},
"Timestamp": {"type": "integer", "format": "int64", "description": "Unix nanoseconds, beyond 2^53"},
"Seconds": {"type": "number", "format": "double"},
"Count": {"type": "integer", "format": "int64", "minimum": 0},
"Metadata": {"type": "object", "additionalProperties": {"type": "string"}},
"Error": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}},
"Null": {"type": "object", "nullable": true, "maxProperties": 0, "description": "null"},
"Done": {"type": "object", "required": ["code", "message", "ttl"], "properties": {
  "code": {"$ref": "#/components/schemas/Code"}, "message": {"type": "string"}, "ttl": {"type": "integer", "enum": [1]},
  "data": {"type": "object", "nullable": true, "maxProperties": 0}}},
"Instance": {"type": "object",
  "required": ["region", "zone", "env", "appid", "hostname", "addrs", "version", "metadata", "status", "reg_timestamp", "up_timestamp", "renew_timestamp", "dirty_timestamp", "latest_timestamp"],
  "properties": {
    "region": {"type": "string"}, "zone": {"type": "string"}, "env": {"type": "string"}, "appid": {"type": "string"}, "hostname": {"type": "string"},
    "addrs": {"type": "array", "items": {"type": "string"}, "description": "scheme://host:port, order and repetitions kept"},
    "version": {"type": "string"},
    "metadata": {"$ref": "#/components/schemas/Metadata"},
    "status": {"type": "integer", "enum": [1, 2], "description": "1 in service, 2 deliberately out of service"},
    "reg_timestamp": {"$ref": "#/components/schemas/Timestamp"}, "up_timestamp": {"$ref": "#/components/schemas/Timestamp"},
    "renew_timestamp": {"$ref": "#/components/schemas/Timestamp"}, "dirty_timestamp": {"$ref": "#/components/schemas/Timestamp"},
    "latest_timestamp": {"$ref": "#/components/schemas/Timestamp"}}},
"Application": {"type": "object", "required": ["instances", "latest_timestamp"], "properties": {
  "instances": {"type": "object", "description": "by zone, sorted by hostname; a zone whose instances are all filtered out is []",
    "additionalProperties": {"type": "array", "items": {"$ref": "#/components/schemas/Instance"}}},
  "scheduler": {"type": "object", "description": "the content of the scheduler file, where there is one", "additionalProperties": true},
  "latest_timestamp": {"$ref": "#/components/schemas/Timestamp"}}},
"RenewAnswer": {"type": "object", "required": ["code", "message", "ttl"], "properties": {
  "code": {"$ref": "#/components/schemas/Code"}, "message": {"type": "string"}, "ttl": {"type": "integer", "enum": [1]},
  "data": {"anyOf": [{"$ref": "#/components/schemas/Instance"}, {"$ref": "#/components/schemas/Null"}]}}},
"ApplicationAnswer": {"type": "object", "required": ["code", "message"], "properties": {
  "code": {"$ref": "#/components/schemas/Code"}, "message": {"type": "string"}, "ttl": {"type": "integer", "enum": [1]},
  "data": {"anyOf": [{"$ref": "#/components/schemas/Application"}, {"$ref": "#/components/schemas/Null"}]}}},
"ApplicationsAnswer": {"type": "object", "required": ["code", "message"], "properties": {
  "code": {"$ref": "#/components/schemas/Code"}, "message": {"type": "string"}, "ttl": {"type": "integer", "enum": [1]},
  "data": {"type": "object", "description": "by appid", "additionalProperties": {"$ref": "#/components/schemas/Application"}}}},
"PollsAnswer": {"type": "object", "required": ["code", "message"], "properties": {
  "code": {"$ref": "#/components/schemas/Code"}, "message": {"type": "string"}, "ttl": {"type": "integer", "enum": [1]},
  "data": {"type": "object", "description": "by appid, those that are newer", "additionalProperties": {"$ref": "#/components/schemas/Application"}},
  "error": {"type": "object", "required": ["-404"], "properties": {
    "-404": {"type": "array", "nullable": true, "items": {"type": "string"}, "description": "appids that are unknown; null: none"}}}}},
"AllAnswer": {"type": "object", "required": ["code", "message", "ttl"], "properties": {
  "code": {"$ref": "#/components/schemas/Code"}, "message": {"type": "string"}, "ttl": {"type": "integer", "enum": [1]},
  "data": {"type": "object", "description": "by appid", "additionalProperties": {"type": "array", "items": {"$ref": "#/components/schemas/Instance"}}}}},
"NodesAnswer": {"type": "object", "required": ["code", "message", "ttl"], "properties": {
  "code": {"$ref": "#/components/schemas/Code"}, "message": {"type": "string"}, "ttl": {"type": "integer", "enum": [1]},
  "data": {"type": "array", "items": {"type": "object", "required": ["addr", "status", "zone"], "properties": {
    "addr": {"type": "string", "description": "host:port"},
    "status": {"type": "integer", "enum": [0, 1], "description": "0 up; 1 it did not answer the last time, or never"},
    "zone": {"type": "string"}}}}}},
"PeerHello": {"type": "object", "required": ["code", "message", "ttl", "data"], "properties": {
  "code": {"$ref": "#/components/schemas/Code"}, "message": {"type": "string"}, "ttl": {"type": "integer", "enum": [1]},
  "data": {"$ref": "#/components/schemas/PeerProtocol"}}},
"PeerProtocol": {"type": "object", "required": ["protocol", "version"], "properties": {
  "protocol": {"type": "string", "enum": ["discoveryd"]}, "version": {"type": "integer", "minimum": 1},
  "hello": {"type": "string", "description": "hexadecimal"}}},
"PeerRefusal": {"type": "object", "required": ["error"], "properties": {
  "error": {"type": "string"}, "data": {"$ref": "#/components/schemas/PeerProtocol"}}},
"Ready": {"type": "object", "required": ["ready", "checks"], "properties": {
  "ready": {"type": "boolean"}, "checks": {"$ref": "#/components/schemas/Checks"}}},
"Checks": {"type": "array", "items": {"type": "object", "required": ["name", "ok", "detail"], "properties": {
  "name": {"type": "string"}, "ok": {"type": "boolean"}, "detail": {"type": "string"}}}},
"State": {"type": "string", "enum": ["visible", "hidden", "cancelled"]},
"Version": {"type": "object", "required": ["t", "node"], "properties": {
  "t": {"$ref": "#/components/schemas/Timestamp"}, "node": {"$ref": "#/components/schemas/Count"},
  "set": {"type": "object", "required": ["t", "node"], "properties": {
    "t": {"$ref": "#/components/schemas/Timestamp"}, "node": {"$ref": "#/components/schemas/Count"}}}}},
"StoredStatus": {"type": "integer", "enum": [0, 1, 2], "description": "0: cancelled before it was known here"},
"InstanceRow": {"type": "object",
  "required": ["zone", "hostname", "state", "status", "version_number", "region", "version", "addrs", "metadata", "reg_timestamp", "up_timestamp", "renew_timestamp", "dirty_timestamp", "latest_timestamp"],
  "properties": {
    "zone": {"type": "string"}, "hostname": {"type": "string"}, "state": {"$ref": "#/components/schemas/State"},
    "status": {"$ref": "#/components/schemas/StoredStatus"}, "version_number": {"$ref": "#/components/schemas/Version"},
    "region": {"type": "string"}, "version": {"type": "string"}, "addrs": {"type": "array", "items": {"type": "string"}},
    "metadata": {"type": "object", "nullable": true, "additionalProperties": {"type": "string"}},
    "reg_timestamp": {"$ref": "#/components/schemas/Timestamp"}, "up_timestamp": {"$ref": "#/components/schemas/Timestamp"},
    "renew_timestamp": {"$ref": "#/components/schemas/Timestamp"}, "dirty_timestamp": {"$ref": "#/components/schemas/Timestamp"},
    "latest_timestamp": {"$ref": "#/components/schemas/Timestamp"},
    "lease_age_seconds": {"$ref": "#/components/schemas/Seconds"},
    "overdue": {"type": "boolean", "description": "listed although its lease is over"},
    "origin": {"$ref": "#/components/schemas/Origin"}}},
"Origin": {"type": "object", "description": "of an instance that was registered by another protocol; it is not there for others",
  "required": ["protocol", "layout", "key", "lease_id", "lease_seconds"], "properties": {
    "protocol": {"type": "string", "enum": ["etcd"]},
    "layout": {"type": "string", "enum": ["go-micro", "kratos", "rpcx", "nmid", "naming", "go-zero", "bare"]},
    "key": {"type": "string", "description": "what is no UTF-8 in it is replaced"},
    "lease_id": {"type": "string", "pattern": "^([0-9a-f]{16})?$", "description": "as etcdctl writes it; empty without a lease"},
    "lease_seconds": {"type": "number", "nullable": true, "description": "the length of its lease; null: it has none, and stays until the key is deleted"}}},
"Overview": {"type": "object",
  "required": ["node", "region", "zone", "env", "version", "commit", "now", "started_at", "brake", "ready", "draining", "checks", "instances", "hidden", "applications", "records", "tombstones", "held", "protection", "connections", "parked_polls", "watched_applications", "memory_bytes", "requests", "slowed_clients", "disk", "nodes", "most_changed", "access", "actions"],
  "properties": {
    "node": {"type": "string"}, "region": {"type": "string"}, "zone": {"type": "string"}, "env": {"type": "string"},
    "version": {"type": "string"}, "commit": {"type": "string"},
    "now": {"$ref": "#/components/schemas/Timestamp"}, "started_at": {"$ref": "#/components/schemas/Timestamp"},
    "brake": {"type": "object", "required": ["enabled", "applications"], "properties": {
      "enabled": {"type": "boolean"},
      "applications": {"type": "array", "items": {"type": "object", "required": ["env", "appid", "since", "until", "visible", "overdue"], "properties": {
        "env": {"type": "string"}, "appid": {"type": "string"}, "since": {"$ref": "#/components/schemas/Timestamp"}, "until": {"$ref": "#/components/schemas/Timestamp"},
        "visible": {"$ref": "#/components/schemas/Count"}, "overdue": {"$ref": "#/components/schemas/Count"}}}}}},
    "ready": {"type": "boolean"}, "draining": {"type": "boolean"}, "checks": {"$ref": "#/components/schemas/Checks"},
    "instances": {"$ref": "#/components/schemas/Count"}, "hidden": {"$ref": "#/components/schemas/Count"},
    "applications": {"$ref": "#/components/schemas/Count"}, "records": {"$ref": "#/components/schemas/Count"},
    "tombstones": {"$ref": "#/components/schemas/Count"}, "held": {"$ref": "#/components/schemas/Count"},
    "protection": {"type": "object", "required": ["active", "since", "renewals_last_minute", "renewals_needed", "renewals_expected", "first_release_at"], "properties": {
      "active": {"type": "boolean"}, "since": {"type": "integer", "format": "int64", "nullable": true},
      "renewals_last_minute": {"$ref": "#/components/schemas/Count"}, "renewals_needed": {"$ref": "#/components/schemas/Count"},
      "renewals_expected": {"$ref": "#/components/schemas/Count"}, "first_release_at": {"type": "integer", "format": "int64", "nullable": true}}},
    "connections": {"$ref": "#/components/schemas/Count"}, "parked_polls": {"$ref": "#/components/schemas/Count"},
    "watched_applications": {"$ref": "#/components/schemas/Count"}, "memory_bytes": {"$ref": "#/components/schemas/Count"},
    "requests": {"$ref": "#/components/schemas/Count"}, "slowed_clients": {"$ref": "#/components/schemas/Count"},
    "disk": {"type": "object", "nullable": true, "description": "null without a data folder", "required": ["failing", "error"], "properties": {
      "failing": {"type": "boolean"}, "error": {"type": "string"}}},
    "nodes": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
    "most_changed": {"type": "array", "items": {"type": "object", "required": ["env", "appid", "changes", "last"], "properties": {
      "env": {"type": "string"}, "appid": {"type": "string"}, "changes": {"$ref": "#/components/schemas/Count"}, "last": {"$ref": "#/components/schemas/Timestamp"}}}},
    "access": {"type": "object", "required": ["required", "open_to_all"], "properties": {
      "required": {"type": "boolean", "description": "who asks must be known"},
      "open_to_all": {"type": "array", "items": {"type": "string"}, "description": "addresses beyond loopback at which anybody is answered"}}},
    "actions": {"type": "boolean", "description": "the page may act on this node"}}},
"Node": {"type": "object", "required": ["address", "zone", "state", "member", "queued", "lag_seconds", "divergent", "silent_seconds", "trouble", "clock_ahead_seconds"], "properties": {
  "address": {"type": "string"}, "zone": {"type": "string"}, "self": {"type": "boolean"}, "state": {"type": "string"}, "member": {"type": "boolean"},
  "queued": {"$ref": "#/components/schemas/Count"}, "lag_seconds": {"$ref": "#/components/schemas/Seconds"}, "divergent": {"$ref": "#/components/schemas/Count"},
  "silent_seconds": {"type": "number", "nullable": true}, "trouble": {"type": "string"}, "clock_ahead_seconds": {"type": "number", "nullable": true},
  "records_sent": {"$ref": "#/components/schemas/Count"}, "records_received": {"$ref": "#/components/schemas/Count"}, "records_passed_on": {"$ref": "#/components/schemas/Count"},
  "leases_sent": {"$ref": "#/components/schemas/Count"}, "leases_received": {"$ref": "#/components/schemas/Count"}, "rounds_equal": {"$ref": "#/components/schemas/Count"},
  "rounds_different": {"$ref": "#/components/schemas/Count"}, "rounds_failed": {"$ref": "#/components/schemas/Count"}, "digest_bytes": {"$ref": "#/components/schemas/Count"},
  "posts": {"$ref": "#/components/schemas/Count"}}},
"Rates": {"type": "object", "description": "one value for each step of the last hour, the oldest first",
  "required": ["node", "interval_seconds", "at", "registers", "renews", "cancels", "expired", "requests", "wakeups", "notify_p50_seconds", "notify_p99_seconds", "instances", "parked_polls", "cpu", "memory_bytes", "lag_seconds"],
  "properties": {
    "node": {"type": "string"}, "interval_seconds": {"$ref": "#/components/schemas/Seconds"},
    "at": {"type": "array", "items": {"$ref": "#/components/schemas/Timestamp"}},
    "registers": {"$ref": "#/components/schemas/Values"}, "renews": {"$ref": "#/components/schemas/Values"}, "cancels": {"$ref": "#/components/schemas/Values"},
    "expired": {"$ref": "#/components/schemas/Values"}, "requests": {"$ref": "#/components/schemas/Values"}, "wakeups": {"$ref": "#/components/schemas/Values"},
    "notify_p50_seconds": {"$ref": "#/components/schemas/Values"}, "notify_p99_seconds": {"$ref": "#/components/schemas/Values"},
    "instances": {"$ref": "#/components/schemas/Values"}, "parked_polls": {"$ref": "#/components/schemas/Values"}, "cpu": {"$ref": "#/components/schemas/Values"},
    "memory_bytes": {"$ref": "#/components/schemas/Values"},
    "lag_seconds": {"type": "object", "description": "by node", "additionalProperties": {"$ref": "#/components/schemas/Values"}}}},
"Values": {"type": "array", "items": {"type": "number", "nullable": true}},
"ServiceRow": {"type": "object", "required": ["env", "appid", "visible", "up", "waiting", "hidden", "zones", "watchers", "last_change"], "properties": {
  "env": {"type": "string"}, "appid": {"type": "string"}, "visible": {"$ref": "#/components/schemas/Count"}, "up": {"$ref": "#/components/schemas/Count"},
  "waiting": {"$ref": "#/components/schemas/Count"}, "hidden": {"$ref": "#/components/schemas/Count"},
  "zones": {"type": "object", "description": "listed instances by zone", "additionalProperties": {"$ref": "#/components/schemas/Count"}},
  "watchers": {"$ref": "#/components/schemas/Count"}, "last_change": {"$ref": "#/components/schemas/Timestamp"}}},
"Services": {"type": "object", "required": ["node", "total", "matched", "services"], "properties": {
  "node": {"type": "string"}, "total": {"$ref": "#/components/schemas/Count"}, "matched": {"$ref": "#/components/schemas/Count"},
  "services": {"type": "array", "items": {"$ref": "#/components/schemas/ServiceRow"}}}},
"Service": {"type": "object",
  "required": ["node", "env", "appid", "visible", "up", "waiting", "hidden", "zones", "watchers", "last_change", "cancelled", "latest_timestamp", "lease_seconds", "braked", "scheduler", "total", "instances"],
  "properties": {
    "node": {"type": "string"}, "env": {"type": "string"}, "appid": {"type": "string"}, "visible": {"$ref": "#/components/schemas/Count"},
    "up": {"$ref": "#/components/schemas/Count"}, "waiting": {"$ref": "#/components/schemas/Count"}, "hidden": {"$ref": "#/components/schemas/Count"},
    "zones": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Count"}},
    "watchers": {"$ref": "#/components/schemas/Count"}, "last_change": {"$ref": "#/components/schemas/Timestamp"},
    "cancelled": {"$ref": "#/components/schemas/Count"}, "latest_timestamp": {"$ref": "#/components/schemas/Timestamp"},
    "lease_seconds": {"$ref": "#/components/schemas/Seconds"},
    "braked": {"type": "object", "nullable": true, "required": ["since", "until"], "properties": {
      "since": {"$ref": "#/components/schemas/Timestamp"}, "until": {"$ref": "#/components/schemas/Timestamp"}}},
    "scheduler": {"type": "object", "nullable": true, "additionalProperties": true},
    "total": {"$ref": "#/components/schemas/Count"},
    "instances": {"type": "array", "items": {"$ref": "#/components/schemas/InstanceRow"}}}},
"Clients": {"type": "object", "required": ["node", "total", "clients"], "properties": {
  "node": {"type": "string"}, "total": {"$ref": "#/components/schemas/Count"},
  "clients": {"type": "array", "items": {"type": "object",
    "required": ["address", "connections", "parked_polls", "slow", "requests", "requests_per_second", "registers", "registers_unchanged", "renews", "renews_not_found", "cancels", "polls", "polls_at_once", "slowed_answers", "slowed"],
    "properties": {
      "address": {"type": "string"}, "connections": {"$ref": "#/components/schemas/Count"}, "parked_polls": {"$ref": "#/components/schemas/Count"},
      "slow": {"$ref": "#/components/schemas/Count"}, "requests": {"$ref": "#/components/schemas/Count"}, "requests_per_second": {"type": "number"},
      "registers": {"$ref": "#/components/schemas/Count"}, "registers_unchanged": {"$ref": "#/components/schemas/Count"},
      "renews": {"$ref": "#/components/schemas/Count"}, "renews_not_found": {"$ref": "#/components/schemas/Count"}, "cancels": {"$ref": "#/components/schemas/Count"},
      "polls": {"$ref": "#/components/schemas/Count"}, "polls_at_once": {"$ref": "#/components/schemas/Count"}, "slowed_answers": {"$ref": "#/components/schemas/Count"},
      "slowed": {"type": "array", "items": {"type": "object", "required": ["rule", "what", "since", "last", "answers"], "properties": {
        "rule": {"type": "string"}, "what": {"type": "string"}, "since": {"$ref": "#/components/schemas/Timestamp"},
        "last": {"$ref": "#/components/schemas/Timestamp"}, "answers": {"$ref": "#/components/schemas/Count"}}}}}}}}},
"Digest": {"type": "object", "required": ["node", "records", "sums"], "properties": {
  "node": {"type": "string"}, "records": {"$ref": "#/components/schemas/Count"},
  "sums": {"type": "array", "description": "256 of them", "items": {"type": "string", "pattern": "^[0-9a-f]{16}$"}}}},
"Records": {"type": "object", "required": ["node", "records"], "properties": {
  "node": {"type": "string"}, "branch": {"$ref": "#/components/schemas/Count"},
  "records": {"type": "array", "items": {"type": "object", "required": ["env", "appid", "zone", "hostname", "state", "status", "version_number"], "properties": {
    "env": {"type": "string"}, "appid": {"type": "string"}, "zone": {"type": "string"}, "hostname": {"type": "string"},
    "state": {"$ref": "#/components/schemas/State"}, "status": {"$ref": "#/components/schemas/StoredStatus"}, "version_number": {"$ref": "#/components/schemas/Version"},
    "renewed_here_seconds_ago": {"type": "number", "nullable": true}}}}}},
"Numbers": {"type": "object", "nullable": true, "required": ["state", "status", "version_number"], "properties": {
  "state": {"$ref": "#/components/schemas/State"}, "status": {"$ref": "#/components/schemas/StoredStatus"}, "version_number": {"$ref": "#/components/schemas/Version"},
  "renew_timestamp": {"$ref": "#/components/schemas/Timestamp"}, "region": {"type": "string"}, "version": {"type": "string"},
  "addrs": {"type": "array", "items": {"type": "string"}}, "metadata": {"type": "object", "nullable": true, "additionalProperties": {"type": "string"}},
  "origin": {"$ref": "#/components/schemas/Origin"}}},
"Comparison": {"type": "object", "required": ["node", "with", "equal", "records_here", "records_there", "differences", "more", "at"], "properties": {
  "node": {"type": "string"}, "with": {"type": "string"}, "equal": {"type": "boolean"}, "records_here": {"$ref": "#/components/schemas/Count"},
  "records_there": {"$ref": "#/components/schemas/Count"}, "more": {"type": "boolean"}, "at": {"$ref": "#/components/schemas/Timestamp"},
  "differences": {"type": "array", "items": {"type": "object", "required": ["env", "appid", "zone", "hostname", "kind", "here", "there"], "properties": {
    "env": {"type": "string"}, "appid": {"type": "string"}, "zone": {"type": "string"}, "hostname": {"type": "string"},
    "kind": {"type": "string", "enum": ["missing_here", "missing_there", "different"]},
    "here": {"$ref": "#/components/schemas/Numbers"}, "there": {"$ref": "#/components/schemas/Numbers"}}}}}},
"Event": {"type": "object", "required": ["number", "at", "kind", "by"], "properties": {
  "number": {"$ref": "#/components/schemas/Count"}, "at": {"$ref": "#/components/schemas/Timestamp"}, "kind": {"type": "string"},
  "by": {"type": "string", "description": "the address of the client or node that caused it, data_dir, or empty for the node itself"},
  "count": {"$ref": "#/components/schemas/Count"}, "last": {"$ref": "#/components/schemas/Timestamp"},
  "env": {"type": "string"}, "appid": {"type": "string"}, "zone": {"type": "string"}, "hostname": {"type": "string"},
  "origin": {"$ref": "#/components/schemas/Origin"},
  "before": {"$ref": "#/components/schemas/Numbers"}, "after": {"$ref": "#/components/schemas/Numbers"}, "gap_seconds": {"$ref": "#/components/schemas/Seconds"}}},
"Events": {"type": "object", "required": ["node", "reaches_back_to", "more", "events"], "properties": {
  "node": {"type": "string"}, "reaches_back_to": {"type": "integer", "format": "int64", "nullable": true}, "more": {"type": "boolean"},
  "events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}}},
"PastState": {"type": "object", "required": ["node", "at", "complete", "restarts_since", "env", "appid", "instances"], "properties": {
  "node": {"type": "string"}, "at": {"$ref": "#/components/schemas/Timestamp"}, "complete": {"type": "boolean"}, "restarts_since": {"$ref": "#/components/schemas/Count"},
  "env": {"type": "string"}, "appid": {"type": "string"}, "instances": {"type": "array", "items": {"$ref": "#/components/schemas/InstanceRow"}}}},
"History": {"anyOf": [{"$ref": "#/components/schemas/Events"}, {"$ref": "#/components/schemas/PastState"}]},
"Explanation": {"type": "object", "required": ["node", "visible", "cause", "summary", "verdicts"], "properties": {
  "node": {"type": "string"}, "visible": {"type": "boolean"},
  "cause": {"type": "string", "enum": ["visible", "node_not_ready", "unknown_application", "unknown_instance", "forgotten", "cancelled", "expired", "other_zone", "other_status"]},
  "summary": {"type": "string"}, "origin": {"$ref": "#/components/schemas/Origin"},
  "verdicts": {"type": "array", "items": {"type": "object", "required": ["about", "passes", "detail"], "properties": {
    "about": {"type": "string"}, "passes": {"type": "boolean"}, "detail": {"type": "string"}}}},
  "nodes": {"type": "array", "items": {"type": "object", "required": ["address", "agrees", "says"], "properties": {
    "address": {"type": "string"}, "agrees": {"type": "boolean", "nullable": true, "description": "null: it could not be asked"}, "says": {"type": "string"}}}}}},
"NodeState": {"type": "object",
  "required": ["version", "commit", "uptime_seconds", "pid", "leaving", "draining", "start_protection", "instances", "self_protection", "registry_bytes", "connections", "parked_polls", "watched_applications", "requests", "records", "tombstones", "sandbox", "log_level"],
  "properties": {
    "version": {"type": "string"}, "commit": {"type": "string"}, "uptime_seconds": {"$ref": "#/components/schemas/Seconds"}, "pid": {"$ref": "#/components/schemas/Count"}, "leaving": {"type": "boolean"}, "draining": {"type": "boolean"},
    "start_protection": {"type": "boolean"}, "instances": {"$ref": "#/components/schemas/Count"},
    "self_protection": {"type": "object", "required": ["active", "since_seconds", "renewals_expected", "renewals_needed", "renewals_last_minute", "held"], "properties": {
      "active": {"type": "boolean"}, "since_seconds": {"$ref": "#/components/schemas/Seconds"}, "renewals_expected": {"$ref": "#/components/schemas/Count"},
      "renewals_needed": {"$ref": "#/components/schemas/Count"}, "renewals_last_minute": {"$ref": "#/components/schemas/Count"}, "held": {"$ref": "#/components/schemas/Count"}}},
    "registry_bytes": {"$ref": "#/components/schemas/Count"}, "connections": {"$ref": "#/components/schemas/Count"}, "parked_polls": {"$ref": "#/components/schemas/Count"},
    "watched_applications": {"$ref": "#/components/schemas/Count"}, "requests": {"$ref": "#/components/schemas/Count"}, "records": {"$ref": "#/components/schemas/Count"},
    "tombstones": {"$ref": "#/components/schemas/Count"}, "sandbox": {"type": "object", "additionalProperties": {"type": "object", "required": ["holds", "detail"], "properties": {
      "holds": {"type": "boolean"}, "detail": {"type": "string"}}}},
    "log_level": {"type": "string", "enum": ["debug", "info", "warn", "error"]}}},
"ClusterState": {"type": "object", "required": ["ready", "records", "covered_until", "bytes_sent", "bytes_received", "nodes"], "properties": {
  "ready": {"type": "boolean"}, "records": {"$ref": "#/components/schemas/Count"}, "covered_until": {"$ref": "#/components/schemas/Timestamp"},
  "bytes_sent": {"$ref": "#/components/schemas/Count"}, "bytes_received": {"$ref": "#/components/schemas/Count"},
  "nodes": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}}},
"Reloaded": {"type": "object", "required": ["changed", "needs_restart", "schedulers"], "properties": {
  "changed": {"type": "array", "items": {"type": "string"}}, "needs_restart": {"type": "array", "items": {"type": "string"}},
  "schedulers": {"$ref": "#/components/schemas/Count"}}},
"Upgraded": {"type": "object", "required": ["old", "new", "records", "took_ms", "stood_still_ms"], "properties": {
  "old": {"$ref": "#/components/schemas/Process"}, "new": {"$ref": "#/components/schemas/Process"}, "records": {"$ref": "#/components/schemas/Count"},
  "took_ms": {"type": "number"}, "stood_still_ms": {"type": "number"}}},
"Process": {"type": "object", "required": ["pid", "version", "commit"], "properties": {
  "pid": {"$ref": "#/components/schemas/Count"}, "version": {"type": "string"}, "commit": {"type": "string"}}},
"Draining": {"type": "object", "required": ["draining"], "properties": {"draining": {"type": "boolean", "enum": [true]}}},
"LogLevel": {"type": "object", "required": ["level"], "properties": {"level": {"type": "string", "enum": ["debug", "info", "warn", "error"]}}},
"Removed": {"type": "object", "required": ["removed"], "properties": {"removed": {"type": "string"}}},
"Changed": {"type": "object", "required": ["changed"], "properties": {"changed": {"type": "boolean", "enum": [true]}}},
"Cancelled": {"type": "object", "required": ["cancelled"], "properties": {"cancelled": {"type": "boolean", "enum": [true]}}},
"Released": {"type": "object", "required": ["released"], "properties": {"released": {"type": "boolean", "enum": [true]}}},
"OpenApi": {"type": "object", "required": ["openapi", "info", "paths"], "properties": {
  "openapi": {"type": "string"}, "info": {"type": "object", "additionalProperties": true}, "paths": {"type": "object", "additionalProperties": true}},
  "additionalProperties": true}
})json";

}  // namespace

std::string_view openapi_schemas() { return kSchemas; }

}  // namespace discovery::node
