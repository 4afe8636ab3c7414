#include "node/config_keys.h"

#include <algorithm>
#include <array>

#include "codec/text.h"
#include "node/config_nearest.h"

namespace discovery::node {
namespace {

using enum KeyType;

constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 2> kFormats{"text", "json"};
constexpr std::array<std::string_view, 2> kProtects{"always", "uncovered"};
constexpr std::array<std::string_view, 2> kViolations{"kill", "errno"};

#define FIELD(member) [](Config& c) -> KeyField { return &c.member; }

// clang-format off
constexpr KeySpec kKeys[] = {
    {.name = "nodes", .type = kList, .field = FIELD(nodes), .default_text = "",
     .description = "Nodes of the own zone, this one included, as host:port.",
     .rule = TextRule::kPeer, .reloadable = true},
    {.name = "enableprotect", .type = kBool, .field = FIELD(enable_protect), .default_text = "false",
     .description = "Refuse reads for the first 60 s after the start, so that clients keep what they know."},
    {.name = "scheduler", .type = kIgnored, .default_text = "",
     .description = "Of the original: scheduler files stand beside the configuration file.",
     .effect = Effect::kOriginal},
    {.name = "env.region", .type = kText, .field = FIELD(env.region), .default_text = "",
     .description = "Region of this node. Empty: REGION of the environment, else region01.", .rule = TextRule::kName},
    {.name = "env.zone", .type = kText, .field = FIELD(env.zone), .default_text = "",
     .description = "Zone of this node. Empty: ZONE of the environment, else zone01.", .rule = TextRule::kName},
    {.name = "env.host", .type = kText, .field = FIELD(env.host), .default_text = "",
     .description = "Name of this node. Empty: HOSTNAME of the environment, else the name of the machine.",
     .rule = TextRule::kName},
    {.name = "env.DeployEnv", .type = kText, .field = FIELD(env.deploy_env), .default_text = "",
     .description = "Environment in which the node lists itself; must be that of its clients. Empty: DEPLOY_ENV of the environment, else dev.",
     .rule = TextRule::kName},
    {.name = "env.self_env", .type = kList, .field = FIELD(env.self_env), .default_text = "",
     .description = "Further environments in which the node lists itself; Go clients of an environment where it does not wait for ever.",
     .rule = TextRule::kName},
    {.name = "zones", .type = kZones, .field = FIELD(zones), .default_text = "",
     .description = "Nodes of other zones: the name of a zone = list of host:port.",
     .rule = TextRule::kPeer, .reloadable = true},
    {.name = "httpServer.addr", .type = kList, .field = FIELD(http_server.addr), .default_text = "127.0.0.1:7171",
     .description = "Where to listen: one address or a list; IPv6 in brackets; port 0 lets the system choose.",
     .rule = TextRule::kListen},
    {.name = "httpServer.advertise", .type = kText, .field = FIELD(http_server.advertise), .default_text = "",
     .description = "host:port by which others reach this node; also its name. Empty: the first of addr, which must then be no wildcard.",
     .rule = TextRule::kPeer},
    {.name = "httpServer.timeout", .type = kDuration, .field = FIELD(http_server.timeout), .default_text = "40s", .min_text = "100ms", .max_text = "1h",
     .description = "Upper bound of the time for one request, parked polls included; keep it above polls.max_park.",
     .reloadable = true},
    {.name = "httpServer.threads", .type = kNumber, .field = FIELD(http_server.threads), .default_text = "0", .min_text = "0", .max_text = "64",
     .description = "Reactor threads. 0: one for each processor, at most 64."},
    {.name = "httpServer.gzip", .type = kBool, .field = FIELD(http_server.gzip), .default_text = "true",
     .description = "Compress lists for clients that accept gzip.", .reloadable = true},
    {.name = "httpServer.gather", .type = kDuration, .field = FIELD(http_server.gather), .default_text = "150us", .min_text = "0s", .max_text = "1ms",
     .description = "While more than 10,000 requests a second come from many connections, a reactor thread waits so long for more of them, to serve them together. 0s: never.",
     .reloadable = true},
    {.name = "httpServer.readTimeout", .type = kIgnored, .default_text = "",
     .description = "Of the original: see limits.head_timeout and limits.body_timeout.", .effect = Effect::kOriginal},
    {.name = "httpServer.writeTimeout", .type = kIgnored, .default_text = "",
     .description = "Of the original: see limits.write_timeout.", .effect = Effect::kOriginal},
    {.name = "httpServer.network", .type = kIgnored, .default_text = "",
     .description = "Of the original: always tcp.", .effect = Effect::kOriginal},
    {.name = "httpClient.dial", .type = kDuration, .field = FIELD(http_client.dial), .default_text = "1s", .min_text = "1ms", .max_text = "1h",
     .description = "Time to connect to another node."},
    {.name = "httpClient.timeout", .type = kDuration, .field = FIELD(http_client.timeout), .default_text = "40s", .min_text = "1ms", .max_text = "1h",
     .description = "Time for a request to another node."},
    {.name = "httpClient.keepAlive", .type = kDuration, .field = FIELD(http_client.keep_alive), .default_text = "120s", .min_text = "0s", .max_text = "24h",
     .description = "How long an idle connection to another node is kept."},
    {.name = "httpClient.breaker", .type = kIgnored, .default_text = "",
     .description = "Of the original.", .effect = Effect::kOriginal},
    {.name = "httpClient.url", .type = kIgnored, .default_text = "",
     .description = "Of the original.", .effect = Effect::kOriginal},
    {.name = "httpClient.host", .type = kIgnored, .default_text = "",
     .description = "Of the original.", .effect = Effect::kOriginal},
    {.name = "cluster.open_membership", .type = kBool, .field = FIELD(cluster.open_membership), .default_text = "false",
     .description = "Whoever registers as infra.discovery becomes a node, as with the original. false: configured nodes only."},
    {.name = "cluster.peer_bind_address", .type = kText, .field = FIELD(cluster.peer_bind_address), .default_text = "",
     .description = "IP address from which other nodes are called. Empty: the system chooses.",
     .rule = TextRule::kIp},
    {.name = "cluster.node_id", .type = kNumber, .field = FIELD(cluster.node_id), .default_text = "0", .min_text = "0", .max_text = "65535",
     .description = "Number of this node, no other may have it. 0: made from the advertised address."},
    {.name = "cluster.data_dir", .type = kText, .field = FIELD(cluster.data_dir), .default_text = "",
     .description = "Folder for snapshots and journal, of this process alone. Empty: nothing is kept.", .path = NamesPath::kWriteFolder},
    {.name = "cluster.snapshot_max_age", .type = kDuration, .field = FIELD(cluster.snapshot_max_age), .default_text = "310s", .min_text = "0s", .max_text = "24h",
     .description = "Older snapshots are not loaded; a cancelled instance is remembered so much longer."},
    {.name = "cluster.ack_wait", .type = kDuration, .field = FIELD(cluster.ack_wait), .default_text = "0s", .min_text = "0s", .max_text = "10s",
     .description = "So long at most the answer to a write waits until another node has it. 0s: not at all.",
     .reloadable = true},
    {.name = "cluster.max_clock_lead", .type = kDuration, .field = FIELD(cluster.max_clock_lead), .default_text = "24h", .min_text = "1s", .max_text = "8760h",
     .description = "Records whose version is further ahead of the clock are refused."},
    {.name = "lease.renew_interval", .type = kDuration, .field = FIELD(lease.renew_interval), .default_text = "30s", .min_text = "1s", .max_text = "1h",
     .description = "How often clients renew; what self-protection expects follows from it."},
    {.name = "lease.expire_after", .type = kDuration, .field = FIELD(lease.expire_after), .default_text = "90s", .min_text = "1s", .max_text = "24h",
     .description = "An instance not renewed for so long may be removed; longer than renew_interval."},
    {.name = "lease.expire_after_max", .type = kDuration, .field = FIELD(lease.expire_after_max), .default_text = "3600s", .min_text = "1s", .max_text = "168h",
     .description = "The ceiling: so long self-protection keeps a silent instance at most."},
    {.name = "lease.share", .type = kFraction, .field = FIELD(lease.share), .default_text = "0.85", .min_text = "0.01", .max_text = "1.0",
     .description = "Below this share of the expected renewals the node protects itself; and a sweep leaves at least this share."},
    {.name = "lease.sweep_interval", .type = kDuration, .field = FIELD(lease.sweep_interval), .default_text = "60s", .min_text = "1s", .max_text = "1h",
     .description = "How often silent instances are looked for; also the window in which renewals are counted."},
    {.name = "lease.recount_interval", .type = kDuration, .field = FIELD(lease.recount_interval), .default_text = "15m", .min_text = "1s", .max_text = "24h",
     .description = "How often the expected renewals are counted anew."},
    {.name = "lease.protect", .type = kChoice, .field = FIELD(lease.protect), .default_text = "always",
     .description = "When self-protection may act: always, or uncovered: while some peer cannot be heard.",
     .rule = TextRule::kProtect},
    {.name = "lease.trust_refused", .type = kBool, .field = FIELD(lease.trust_refused), .default_text = "false",
     .description = "Take a refused connection as proof that a peer accepts nothing."},
    {.name = "lease.brake", .type = kBool, .field = FIELD(lease.brake), .default_text = "false",
     .description = "Hold an application of at least 10 instances of which more than brake_share would expire within expire_after, for brake_max at most."},
    {.name = "lease.brake_share", .type = kFraction, .field = FIELD(lease.brake_share), .default_text = "0.5", .min_text = "0.01", .max_text = "1.0",
     .description = "What an application may lose within expire_after before the brake holds the rest."},
    {.name = "lease.brake_max", .type = kDuration, .field = FIELD(lease.brake_max), .default_text = "10m", .min_text = "1s", .max_text = "24h",
     .description = "How long the brake holds an application at most; an operator may release it earlier."},
    {.name = "polls.max_park", .type = kDuration, .field = FIELD(polls.max_park), .default_text = "30s", .min_text = "1s", .max_text = "10m",
     .description = "How long a poll waits for a change before it is answered with -304.", .reloadable = true},
    {.name = "polls.empty_hold", .type = kDuration, .field = FIELD(polls.empty_hold), .default_text = "1s", .min_text = "0s", .max_text = "30s",
     .description = "How long a poll is held when all that is newer are empty lists.", .reloadable = true},
    {.name = "polls.cursor_hold", .type = kDuration, .field = FIELD(polls.cursor_hold), .default_text = "5s", .min_text = "0s", .max_text = "30s",
     .description = "How long a poll is held whose timestamp is ahead of this node but names another list.", .reloadable = true},
    {.name = "polls.coalesce", .type = kDuration, .field = FIELD(polls.coalesce), .default_text = "30ms", .min_text = "0s", .max_text = "1s",
     .description = "A client that was told a list so short a time ago is told of what follows together, when that time is over.", .reloadable = true},
    {.name = "polls.max_parked", .type = kNumber, .field = FIELD(polls.max_parked), .default_text = "0", .min_text = "0", .max_text = "100000000",
     .description = "Polls that may wait at one time. 0: as many as limits.connections.", .reloadable = true},
    {.name = "polls.max_watches", .type = kNumber, .field = FIELD(polls.max_watches), .default_text = "1000000", .min_text = "1", .max_text = "1000000000",
     .description = "Applications waited for, summed over all polls.", .reloadable = true},
    {.name = "limits.head_bytes", .type = kSize, .field = FIELD(limits.head_bytes), .default_text = "256KiB", .min_text = "1KiB", .max_text = "16MiB",
     .description = "Request line and header fields; past it 431.", .reloadable = true},
    {.name = "limits.head_fields", .type = kNumber, .field = FIELD(limits.head_fields), .default_text = "100", .min_text = "8", .max_text = "10000",
     .description = "Header fields; past it 431.", .reloadable = true},
    {.name = "limits.body_bytes", .type = kSize, .field = FIELD(limits.body_bytes), .default_text = "10MiB", .min_text = "1KiB", .max_text = "1GiB",
     .description = "Body of a request; past it 413.", .reloadable = true},
    {.name = "limits.form_fields", .type = kNumber, .field = FIELD(limits.form_fields), .default_text = "10000", .min_text = "16", .max_text = "1000000",
     .description = "Parameters of a request.", .reloadable = true},
    {.name = "limits.poll_apps", .type = kNumber, .field = FIELD(limits.poll_apps), .default_text = "2000", .min_text = "1", .max_text = "100000",
     .description = "Applications of one fetchs, poll or polls.", .reloadable = true},
    {.name = "limits.name_bytes", .type = kSize, .field = FIELD(limits.name_bytes), .default_text = "1024", .min_text = "16", .max_text = "1024",
     .description = "appid, env, zone and hostname.", .reloadable = true},
    {.name = "limits.metadata_members", .type = kNumber, .field = FIELD(limits.metadata_members), .default_text = "256", .min_text = "1", .max_text = "100000",
     .description = "Members of the metadata of an instance.", .reloadable = true},
    {.name = "limits.metadata_bytes", .type = kSize, .field = FIELD(limits.metadata_bytes), .default_text = "64KiB", .min_text = "64", .max_text = "16MiB",
     .description = "Names and values of the metadata of an instance.", .reloadable = true},
    {.name = "limits.addrs", .type = kNumber, .field = FIELD(limits.addrs), .default_text = "64", .min_text = "1", .max_text = "10000",
     .description = "Addresses of an instance.", .reloadable = true},
    {.name = "limits.partial_bytes", .type = kSize, .field = FIELD(limits.partial_bytes), .default_text = "256MiB", .min_text = "1MiB", .max_text = "1TiB",
     .description = "Partly read requests of all connections together; past it 503."},
    {.name = "limits.unsent_bytes", .type = kSize, .field = FIELD(limits.unsent_bytes), .default_text = "256MiB", .min_text = "1MiB", .max_text = "1TiB",
     .description = "Answers that wait for their clients, of all connections together; past it who took nothing for longest is closed.", .reloadable = true},
    {.name = "limits.registry_memory", .type = kSize, .field = FIELD(limits.registry_memory_bytes), .default_text = "0", .min_text = "0", .max_text = "1024TiB",
     .description = "Stored records; past it -500. 0: half of the memory.", .reloadable = true},
    {.name = "limits.connections", .type = kNumber, .field = FIELD(limits.connections), .default_text = "0", .min_text = "0", .max_text = "100000000",
     .description = "Client connections. 0: 90 % of the descriptor limit.", .reloadable = true},
    {.name = "limits.connections_per_address", .type = kNumber, .field = FIELD(limits.connections_per_address), .default_text = "0", .min_text = "0", .max_text = "100000000",
     .description = "Client connections from one address. 0: no limit."},
    {.name = "limits.head_timeout", .type = kDuration, .field = FIELD(limits.head_timeout), .default_text = "5s", .min_text = "100ms", .max_text = "10m",
     .description = "From the first byte of a head to its last.", .reloadable = true},
    {.name = "limits.body_timeout", .type = kDuration, .field = FIELD(limits.body_timeout), .default_text = "15s", .min_text = "100ms", .max_text = "1h",
     .description = "From the end of the head to the end of the body.", .reloadable = true},
    {.name = "limits.idle_timeout", .type = kDuration, .field = FIELD(limits.idle_timeout), .default_text = "75s", .min_text = "1s", .max_text = "24h",
     .description = "Between two requests; a parked poll is not idle.", .reloadable = true},
    {.name = "limits.write_timeout", .type = kDuration, .field = FIELD(limits.write_timeout), .default_text = "10s", .min_text = "100ms", .max_text = "10m",
     .description = "A write to a client that does not progress.", .reloadable = true},
    {.name = "limits.min_rate", .type = kSize, .field = FIELD(limits.min_rate_bytes), .default_text = "500", .min_text = "0", .max_text = "1GiB",
     .description = "Bytes a second at which a body must come. 0: no limit.", .reloadable = true},
    {.name = "limits.reads_per_second", .type = kNumber, .field = FIELD(limits.reads_per_second), .default_text = "0", .min_text = "0", .max_text = "1000000",
     .description = "Reads and polls of one address a second; the answer to what comes faster is held back. 0: no limit.", .reloadable = true},
    {.name = "limits.writes_per_second", .type = kNumber, .field = FIELD(limits.writes_per_second), .default_text = "0", .min_text = "0", .max_text = "1000000",
     .description = "Registers, cancels and sets of one address a second, as above; renewals twice what all instances should send. 0: no limit.", .reloadable = true},
    {.name = "limits.burst", .type = kDuration, .field = FIELD(limits.burst), .default_text = "5s", .min_text = "0s", .max_text = "1m",
     .description = "So much of these two rates may come at once: 5s of 100 a second are 500.", .reloadable = true},
    {.name = "tls.listen", .type = kList, .field = FIELD(tls.listen), .default_text = "",
     .description = "Where to listen with TLS, beside httpServer.addr: one address or a list. Empty: nowhere.",
     .rule = TextRule::kListen},
    {.name = "tls.certificate", .type = kText, .field = FIELD(tls.certificate), .default_text = "",
     .description = "File with the certificate shown there and those that lead to its authority (PEM); read again on a reload.",
     .path = NamesPath::kReadFile, .reloadable = true},
    {.name = "tls.key", .type = kText, .field = FIELD(tls.key), .default_text = "",
     .description = "File with the key of that certificate (PEM, without a password); read again on a reload.", .path = NamesPath::kReadFile, .reloadable = true},
    {.name = "admin.listen", .type = kText, .field = FIELD(admin.listen), .default_text = "",
     .description = "An address for the admin calls alone, without access control. Empty: on the API listeners, from loopback, or with the token.",
     .rule = TextRule::kListen},
    {.name = "admin.token_file", .type = kText, .field = FIELD(admin.token_file), .default_text = "",
     .description = "File with a token of 16 to 512 bytes: who sends it may make admin calls from elsewhere and act on the page. Empty: nobody may.", .path = NamesPath::kReadFile, .reloadable = true},
    {.name = "access.required", .type = kBool, .field = FIELD(access.required), .default_text = "false",
     .description = "Only who shows a token, or is a node that proves it, may read, write and administer what it was granted. Takes access.token_file, and with other nodes access.peer_key_file.",
     .reloadable = true},
    {.name = "access.token_file", .type = kText, .field = FIELD(access.token_file), .default_text = "",
     .description = "File with the tokens and what they allow (JSON, see security.md); read again on a reload.", .path = NamesPath::kReadFile, .reloadable = true},
    {.name = "access.peer_key_file", .type = kText, .field = FIELD(access.peer_key_file), .default_text = "",
     .description = "File with the secret that all nodes share, 32 to 512 bytes; read again on a reload. With it nodes prove to each other who they are.", .path = NamesPath::kReadFile, .reloadable = true},
    {.name = "access.audit_file", .type = kText, .field = FIELD(access.audit_file), .default_text = "",
     .description = "File for a line about every write, admin call and refusal. Empty: with access.required they stand in the log, else there are none.", .path = NamesPath::kAppendFile},
    {.name = "access.audit_bytes", .type = kSize, .field = FIELD(access.audit_bytes), .default_text = "64MiB", .min_text = "0", .max_text = "1TiB",
     .description = "Of that file: past it, it is renamed to end in .1, in the place of the one before, and begun anew. 0: never."},
    {.name = "shield.enabled", .type = kBool, .field = FIELD(shield.enabled), .default_text = "true",
     .description = "Slow a client that sends the same useless request in a loop.", .reloadable = true},
    {.name = "shield.repeats", .type = kNumber, .field = FIELD(shield.repeats), .default_text = "50", .min_text = "2", .max_text = "1000000",
     .description = "So often within a second the same poll answered at once, the same register, or the same renew of what is not there is a loop.", .reloadable = true},
    {.name = "shield.delay", .type = kDuration, .field = FIELD(shield.delay), .default_text = "1s", .min_text = "1ms", .max_text = "30s",
     .description = "How long each further answer to it is held back.", .reloadable = true},
    {.name = "history.enabled", .type = kBool, .field = FIELD(history.enabled), .default_text = "true",
     .description = "Keep what happened to instances: who did it, when, and what was there before."},
    {.name = "history.memory", .type = kSize, .field = FIELD(history.memory_bytes), .default_text = "0", .min_text = "0", .max_text = "16GiB",
     .description = "Memory for that; the oldest gives way. 0: a fiftieth of what the registry holds, from 1 MiB to 16 MiB."},
    {.name = "etcd.listen", .type = kText, .field = FIELD(etcd.listen), .default_text = "",
     .description = "Where clients of etcd connect, such as 127.0.0.1:2379. Empty: there is none of that.", .rule = TextRule::kListen},
    {.name = "etcd.advertise", .type = kText, .field = FIELD(etcd.advertise), .default_text = "",
     .description = "host:port by which clients of etcd reach this node, told in the list of members. Empty: as listen, with the host of httpServer.advertise where that is a wildcard.",
     .rule = TextRule::kPeer},
    {.name = "etcd.tls", .type = kBool, .field = FIELD(etcd.tls), .default_text = "false",
     .description = "TLS on that address, with tls.certificate and tls.key."},
    {.name = "etcd.env", .type = kText, .field = FIELD(etcd.env), .default_text = "",
     .description = "Environment of instances that keys stand for, and of those that are shown as keys. Empty: env.DeployEnv.", .rule = TextRule::kName},
    {.name = "etcd.write_wait", .type = kDuration, .field = FIELD(etcd.write_wait), .default_text = "200ms", .min_text = "0s", .max_text = "10s",
     .description = "So long at most the answer to a write waits until every node that can be reached has it."},
    {.name = "etcd.hold", .type = kDuration, .field = FIELD(etcd.hold), .default_text = "100ms", .min_text = "0s", .max_text = "10s",
     .description = "So long after it was applied an event is told, so that the other nodes can answer the list that some clients then ask for."},
    {.name = "etcd.show", .type = kList, .field = FIELD(etcd.show), .default_text = "go-micro,kratos",
     .description = "Layouts in which instances of other protocols are shown as keys: go-micro, kratos."},
    {.name = "etcd.kratos_namespace", .type = kText, .field = FIELD(etcd.kratos_namespace), .default_text = "/microservices",
     .description = "Prefix under which clients of kratos register."},
    {.name = "etcd.naming_targets", .type = kList, .field = FIELD(etcd.naming_targets), .default_text = "",
     .description = "Targets of etcd's own naming: target/... is read so, and the application of that name is shown there."},
    {.name = "etcd.prefixes", .type = kList, .field = FIELD(etcd.prefixes), .default_text = "",
     .description = "How keys under a prefix are read, prefix=layout each: go-micro, kratos, rpcx, nmid, naming, go-zero, bare or none."},
    {.name = "log.level", .type = kChoice, .field = FIELD(log.level), .default_text = "info",
     .description = "Least level written: debug, info, warn or error.", .rule = TextRule::kLevel, .reloadable = true},
    {.name = "log.format", .type = kChoice, .field = FIELD(log.format), .default_text = "text",
     .description = "text or json.", .rule = TextRule::kFormat},
    {.name = "log.file", .type = kText, .field = FIELD(log.file), .default_text = "",
     .description = "File to append to, opened anew on SIGHUP. Empty: standard error.", .path = NamesPath::kAppendFile},
    {.name = "log.access_sample", .type = kNumber, .field = FIELD(log.access_sample), .default_text = "0", .min_text = "0", .max_text = "1000000000",
     .description = "Log one request in so many. 0: none.", .reloadable = true},
    {.name = "log.stdout", .type = kIgnored, .default_text = "",
     .description = "Of the original: see log.file.", .effect = Effect::kOriginal},
    {.name = "log.dir", .type = kIgnored, .default_text = "",
     .description = "Of the original: see log.file.", .effect = Effect::kOriginal},
    {.name = "log.family", .type = kIgnored, .default_text = "",
     .description = "Of the original.", .effect = Effect::kOriginal},
    {.name = "log.host", .type = kIgnored, .default_text = "",
     .description = "Of the original.", .effect = Effect::kOriginal},
    {.name = "log.v", .type = kIgnored, .default_text = "",
     .description = "Of the original.", .effect = Effect::kOriginal},
    {.name = "log.module", .type = kIgnored, .default_text = "",
     .description = "Of the original.", .effect = Effect::kOriginal},
    {.name = "log.filter", .type = kIgnored, .default_text = "",
     .description = "Of the original.", .effect = Effect::kOriginal},
    {.name = "log.fileBufferSize", .type = kIgnored, .default_text = "",
     .description = "Of the original.", .effect = Effect::kOriginal},
    {.name = "log.maxLogFile", .type = kIgnored, .default_text = "",
     .description = "Of the original.", .effect = Effect::kOriginal},
    {.name = "log.rotateSize", .type = kIgnored, .default_text = "",
     .description = "Of the original.", .effect = Effect::kOriginal},
    {.name = "metrics.enabled", .type = kBool, .field = FIELD(metrics.enabled), .default_text = "true",
     .description = "Answer /metrics."},
    {.name = "drain.wait", .type = kDuration, .field = FIELD(drain.wait), .default_text = "3s", .min_text = "0s", .max_text = "1m",
     .description = "Over how long the answers to parked polls are spread while the node ends.", .reloadable = true},
    {.name = "drain.deadline", .type = kDuration, .field = FIELD(drain.deadline), .default_text = "10s", .min_text = "0s", .max_text = "10m",
     .description = "After this the node ends with requests still open.", .reloadable = true},
    {.name = "sandbox.enabled", .type = kBool, .field = FIELD(sandbox.enabled), .default_text = "true",
     .description = "Close the process in once it is started: no privileges, few system calls, few files. What the kernel lacks is left out."},
    {.name = "sandbox.require", .type = kBool, .field = FIELD(sandbox.require), .default_text = "false",
     .description = "Refuse to start where the kernel lacks a part of it."},
    {.name = "sandbox.violation", .type = kChoice, .field = FIELD(sandbox.violation), .default_text = "kill",
     .description = "What a system call does that is not allowed: kill ends the process, errno lets the call fail.",
     .rule = TextRule::kViolation},
};
// clang-format on

#undef FIELD

constexpr std::string_view kPrefix = "DISCOVERYD_";

}  // namespace

std::string_view KeySpec::section() const {
  const size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

std::string_view KeySpec::leaf() const {
  const size_t dot = name.find('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::span<const KeySpec> config_keys() { return kKeys; }

std::optional<size_t> find_key(std::string_view name) {
  for (size_t i = 0; i < std::size(kKeys); ++i) {
    if (codec::equals_ignoring_case(kKeys[i].name, name)) return i;
  }
  return std::nullopt;
}

bool is_section(std::string_view name) {
  return !name.empty() && std::any_of(std::begin(kKeys), std::end(kKeys), [name](const KeySpec& key) {
    return codec::equals_ignoring_case(key.section(), name);
  });
}

std::string environment_name(const KeySpec& key) {
  std::string name(kPrefix);
  for (const char c : key.name) {
    name += c == '.' ? '_' : (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

std::span<const std::string_view> choices_of(TextRule rule) {
  switch (rule) {
    case TextRule::kLevel:
      return kLevels;
    case TextRule::kFormat:
      return kFormats;
    case TextRule::kProtect:
      return kProtects;
    case TextRule::kViolation:
      return kViolations;
    default:
      return {};
  }
}

std::string_view type_name(const KeySpec& key) {
  const bool address = key.rule == TextRule::kPeer || key.rule == TextRule::kListen;
  switch (key.type) {
    case kBool:
      return "true or false";
    case kNumber:
      return "number";
    case kFraction:
      return "fraction";
    case kDuration:
      return "duration";
    case kSize:
      return "size";
    case kText:
      return address ? "host:port" : key.rule == TextRule::kIp ? "IP address" : "text";
    case kChoice:
      return "text";
    case kList:
      return address ? "list of host:port" : "list of text";
    case kZones:
      return "section of lists of host:port";
    case kIgnored:
      break;
  }
  return "anything";
}

std::string_view nearest_key(std::string_view name) {
  Nearest nearest(name);
  const size_t dot = name.rfind('.');
  Nearest by_leaf(dot == std::string_view::npos ? name : name.substr(dot + 1));
  for (const KeySpec& key : kKeys) nearest.offer(key.name);
  if (!nearest.best().empty()) return nearest.best();
  // Right key, wrong section: "addr" at the top, or "server.addr".
  size_t found = std::size(kKeys);
  for (size_t i = 0; i < std::size(kKeys); ++i) {
    if (by_leaf.offer(kKeys[i].leaf())) found = i;
  }
  return found < std::size(kKeys) ? kKeys[found].name : std::string_view();
}

std::string_view nearest_section(std::string_view name) {
  Nearest nearest(name);
  for (const KeySpec& key : kKeys) nearest.offer(key.type == kZones ? key.name : key.section());
  return nearest.best();
}

std::string nearest_environment_name(std::string_view name) {
  // The prefix is common to all and would make everything look near.
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  Nearest nearest(name);
  std::string best;
  for (const KeySpec& key : kKeys) {
    const std::string candidate = environment_name(key);
    if (key.type != kIgnored && nearest.offer(std::string_view(candidate).substr(kPrefix.size()))) best = candidate;
  }
  return best;
}

}  // namespace discovery::node
