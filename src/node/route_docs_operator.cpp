// What the daemon answers about itself: health, metrics, the questions of an operator and the admin calls.
#include "node/route_docs.h"

namespace discovery::node {

namespace {

using enum ParamDoc::Type;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kPlain = "text/plain";
constexpr std::string_view kHtml = "text/html";

// -------------------------------------------------------------------------------------------------------- parameters

constexpr ParamDoc kEnv{"env", "Environment", "prod"};
constexpr ParamDoc kAppid{"appid", "Application", "shop.cart"};
constexpr ParamDoc kZone{"zone", "Zone of the instance", "sh001"};
constexpr ParamDoc kHostname{"hostname", "Host of the instance", "cart-0"};
constexpr ParamDoc kOffset{"offset", "How many to leave out", "0", kInteger, false, false, 0, 4294967295};

constexpr std::string_view kKinds[] = {"registered",    "changed",        "registered_again", "set",
                                       "cancelled",     "renewed_late",   "expired",          "expired_past_ceiling",
                                       "hidden_too",    "shown_again",    "merged",           "forgotten",
                                       "protection_on", "protection_off", "node_started"};
constexpr std::string_view kServiceOrders[] = {"name", "changed", "instances", "watchers"};
constexpr std::string_view kClientOrders[] = {"requests", "polls", "connections"};
constexpr std::string_view kLevels[] = {"debug", "info", "warn", "error"};

constexpr ParamDoc kFileParam[] = {
    {"file", "Name of the file", "index.html", kText, true, false, {}, {}, {}, ParamDoc::Place::kPath}};
constexpr ParamDoc kReadyParams[] = {{"verbose", "Tell every condition, as JSON; with any value or none", "", kText}};
constexpr ParamDoc kHistoryParams[] = {
    kEnv,
    kAppid,
    kZone,
    kHostname,
    {"kind", "Only events of this kind", "registered", kText, false, false, {}, {}, kKinds},
    {"since", "A time: 2026-11-28T09:30:00Z, Unix seconds or nanoseconds, or so long ago: 10m", "10m"},
    {"until", "The same", "0s"},
    {"limit", "How many events; 100 when left out", "100", kInteger, false, false, 1, 1000},
    {"below", "The number of the last event of the page before", "", kInteger, false, false, 1},
    {"at", "What the application was at this time, instead of events; needs env and appid", ""}};
constexpr ParamDoc kExplainParams[] = {
    required(kEnv),
    required(kAppid),
    required(kHostname),
    {"zone", "Zone of the instance; left out: the one the client would see", "sh001"},
    {"client_zone", "The zone that the client asks for; left out: all", "sh001"},
    {"status", "The mask that the client asks for", "1", kInteger, false, false, 0, 4294967295},
    {"nodes", "0: do not ask the other nodes", "1", kInteger, false, false, 0, 1}};
constexpr ParamDoc kServicesParams[] = {
    kEnv,
    {"zone", "Only applications with an instance there", "sh001"},
    {"q", "Part of the appid, letter case aside", "cart"},
    {"sort", "name when left out", "name", kText, false, false, {}, {}, kServiceOrders},
    {"limit", "How many; 1,000 when left out", "1000", kInteger, false, false, 1, 10000},
    kOffset};
constexpr ParamDoc kServiceParams[] = {
    required(kEnv),
    required(kAppid),
    {"limit", "How many instances; 5,000 when left out", "5000", kInteger, false, false, 1, 10000},
    kOffset};
constexpr ParamDoc kClientsParams[] = {
    {"sort", "requests when left out", "requests", kText, false, false, {}, {}, kClientOrders},
    {"limit", "How many; 100 when left out", "100", kInteger, false, false, 1, 1000}};
constexpr ParamDoc kRecordsParams[] = {
    {"branch", "Which of the 256 branches; without env, appid and hostname", "", kInteger, false, false, 0, 255},
    kEnv,
    kAppid,
    kHostname};
constexpr ParamDoc kCompareParams[] = {{"with", "host:port of the other node", "10.1.0.2:7171", kText, true}};
constexpr ParamDoc kEventsParams[] = {{"since",
                                       "The number of the last event the caller has, as Last-Event-ID tells it too",
                                       "0", kInteger, false, false, 0}};
constexpr ParamDoc kLevelParams[] = {{"level", "The new level", "info", kText, true, false, {}, {}, kLevels}};
constexpr ParamDoc kRemoveParams[] = {{"node", "host:port of the silent node", "10.1.0.3:7171", kText, true}};
constexpr ParamDoc kCancelParams[] = {required(kEnv), required(kAppid), required(kZone), required(kHostname)};
constexpr ParamDoc kSetParams[] = {required(kEnv),
                                   required(kAppid),
                                   required(kZone),
                                   required(kHostname),
                                   {"status", "1 in service, 2 out of service", "2", kInteger, true, false, 1, 2}};
constexpr ParamDoc kReleaseParams[] = {required(kEnv), required(kAppid)};

// ---------------------------------------------------------------------------------------------------------- refusals

constexpr ExampleDoc kBadExample[] = {{"bad", R"({"error":"limit must be a number from 1 to 1000"})"}};
constexpr ExampleDoc kUnknownExample[] = {{"unknown", R"({"error":"nothing is or was registered as x in prod"})"}};
constexpr ExampleDoc kBusyExample[] = {{"busy", R"({"error":"too many such calls wait already"})"}};
constexpr ExampleDoc kInvalidExample[] = {
    {"invalid", R"({"error":"discovery.toml:3: lease.brake: must be true or false"})"}};
constexpr AnswerDoc kBad{400, "A parameter is missing, unknown or wrong", kJson, "Error", kBadExample};
constexpr AnswerDoc kNotFound{404, "Nothing of that name is known", kJson, "Error", kUnknownExample};
constexpr AnswerDoc kBusy{503, "Too many such calls wait, or the node starts or ends", kJson, "Error", kBusyExample};

// ----------------------------------------------------------------------------------------------------------- answers

constexpr ExampleDoc kIndexExample[] = {{"text", "discoveryd: a service registry\n"}};
constexpr AnswerDoc kIndex[] = {{200, "What there is, as text", kPlain, "", kIndexExample},
                                {200, "The page, for who accepts text/html", kHtml, "", {}},
                                {304, "The page has not changed", "", "", {}}};
constexpr AnswerDoc kPage[] = {
    {200, "The file", "text/html", "", {}},       {200, "The file", "text/css", "", {}},
    {200, "The file", "text/javascript", "", {}}, {200, "The file", "image/svg+xml", "", {}},
    {304, "It has not changed", "", "", {}},      {404, "There is no such file", kPlain, "", {}}};
constexpr ExampleDoc kOkExample[] = {{"ok", "ok\n"}};
constexpr AnswerDoc kHealth[] = {{200, "The process answers", kPlain, "", kOkExample}};
constexpr ExampleDoc kReadyText[] = {{"ready", "ready\n"}};
constexpr ExampleDoc kNotReadyText[] = {{"not-ready", "not ready\n"}};
constexpr ExampleDoc kReadyJson[] = {
    {"ready", R"({"ready":true,"checks":[{"name":"serving","ok":true,"detail":"serving"}]})"}};
constexpr ExampleDoc kNotReadyJson[] = {
    {"draining", R"({"ready":false,"checks":[{"name":"serving","ok":false,"detail":"draining"}]})"}};
constexpr AnswerDoc kReady[] = {{200, "Clients may be sent here", kPlain, "", kReadyText},
                                {200, "Clients may be sent here", kJson, "Ready", kReadyJson},
                                {503, "Clients go elsewhere", kPlain, "", kNotReadyText},
                                {503, "Clients go elsewhere", kJson, "Ready", kNotReadyJson}};
constexpr AnswerDoc kDocument[] = {{200, "This document", kJson, "OpenApi", {}}, kBusy};
constexpr ExampleDoc kMetricsExample[] = {{"text", "discovery_ready 1\n"}};
constexpr AnswerDoc kMetrics[] = {{200, "Prometheus text format 0.0.4", kPlain, "", kMetricsExample}, kBusy};

#define NUMBERS                                                                             \
  R"("state":"visible","status":1,"version_number":{"t":1795949295605911270,"node":57751,)" \
  R"("set":{"t":1795949295716816461,"node":57751}})"
#define NAMES R"("env":"prod","appid":"shop.cart","zone":"sh001","hostname":"cart-0")"
#define CONTENT                                                                                   \
  R"("region":"sh","version":"412","addrs":["http://10.1.0.7:8000"],"metadata":{"weight":"10"},)" \
  R"("reg_timestamp":1795949295605911270,"up_timestamp":1795949295605911270,)"                    \
  R"("renew_timestamp":1795949295639781920,"dirty_timestamp":1795949295605911270,)"               \
  R"("latest_timestamp":1795949295605911270)"
#define SERVICE                                                                                        \
  R"("env":"prod","appid":"shop.cart","visible":2,"up":1,"waiting":1,"hidden":0,"zones":{"sh001":2},)" \
  R"("watchers":0,"last_change":1795949295716816461)"
#define LINK R"("queued":0,"lag_seconds":0,"divergent":0,"silent_seconds":null,"trouble":"","clock_ahead_seconds":null)"

constexpr ExampleDoc kHistoryExamples[] = {
    {"events", R"({"node":"10.1.0.1:7171","reaches_back_to":1795949294590230494,"more":false,"events":[)"
               R"({"number":3,"at":1795949295605911270,"kind":"registered","by":"10.1.0.7",)" NAMES
               R"(,"before":null,"after":{)" NUMBERS "}}]}"},
    {"at", R"({"node":"10.1.0.1:7171","at":1795949303051593267,"complete":true,"restarts_since":0,"env":"prod",)"
           R"("appid":"shop.cart","instances":[{"zone":"sh001","hostname":"cart-0",)" NUMBERS "," CONTENT "}]}"}};
constexpr AnswerDoc kHistory[] = {
    {200, "Events, or with `at` a state", kJson, "History", kHistoryExamples}, kBad, kBusy};
constexpr ExampleDoc kExplainExamples[] = {
    {"listed", R"({"node":"10.1.0.1:7171","visible":true,"cause":"visible","summary":"visible","verdicts":[)"
               R"({"about":"node","passes":true,"detail":"answers reads"},)"
               R"({"about":"nodes","passes":true,"detail":"1 of 1 other nodes has the same"}],)"
               R"("nodes":[{"address":"10.1.0.2:7171","agrees":true,"says":"the same"}]})"}};
constexpr AnswerDoc kExplain[] = {{200, "The verdicts", kJson, "Explanation", kExplainExamples}, kBad, kBusy};
constexpr ExampleDoc kOverviewExamples[] = {
    {"overview",
     R"({"node":"10.1.0.1:7171","region":"sh","zone":"sh001","env":"prod","version":"0.1.0","commit":"38e2f2153aa2",)"
     R"("now":1795949303976531577,"started_at":1795949294589902364,"brake":{"enabled":false,"applications":[]},)"
     R"("ready":true,"draining":false,"checks":[{"name":"serving","ok":true,"detail":"serving"}],"instances":3,)"
     R"("hidden":0,"applications":2,"records":3,"tombstones":0,"held":0,"protection":{"active":false,"since":null,)"
     R"("renewals_last_minute":0,"renewals_needed":5,"renewals_expected":6,"first_release_at":null},"connections":1,)"
     R"("parked_polls":0,"watched_applications":0,"memory_bytes":2178,"requests":25,"slowed_clients":0,"disk":null,)"
     R"("nodes":[{"address":"10.1.0.1:7171","zone":"sh001","self":true,"state":"self","member":true,)" LINK
     R"(}],"most_changed":[{"env":"prod","appid":"shop.cart","changes":4,"last":1795949295716816461}],)"
     R"("access":{"required":true,"open_to_all":[]},"actions":true})"}};
constexpr AnswerDoc kOverview[] = {{200, "The node", kJson, "Overview", kOverviewExamples}, kBad, kBusy};
constexpr ExampleDoc kRatesExamples[] = {
    {"one-step", R"({"node":"10.1.0.1:7171","interval_seconds":10.0,"at":[1795949303976531577],"registers":[0.2],)"
                 R"("renews":[33.1],"cancels":[0.0],"expired":[0.0],"requests":[60.4],"wakeups":[2.0],)"
                 R"("notify_p50_seconds":[0.001],"notify_p99_seconds":[null],"instances":[1000],)"
                 R"("parked_polls":[400],"cpu":[0.01],"memory_bytes":[300000],)"
                 R"("lag_seconds":{"10.1.0.2:7171":[0.03]}})"}};
constexpr AnswerDoc kRates[] = {{200, "The rates", kJson, "Rates", kRatesExamples}, kBad, kBusy};
constexpr ExampleDoc kServicesExamples[] = {
    {"one", R"({"node":"10.1.0.1:7171","total":2,"matched":1,"services":[{)" SERVICE "}]}"}};
constexpr AnswerDoc kServices[] = {{200, "The applications", kJson, "Services", kServicesExamples}, kBad, kBusy};
constexpr ExampleDoc kServiceExamples[] = {
    {"service", R"({"node":"10.1.0.1:7171",)" SERVICE
                R"(,"cancelled":0,"latest_timestamp":1795949295716816461,"lease_seconds":90.0,"braked":null,)"
                R"("scheduler":null,"total":2,"instances":[{"zone":"sh001","hostname":"cart-0",)" NUMBERS "," CONTENT
                R"(,"lease_age_seconds":8.3,"overdue":false}]})"}};
constexpr AnswerDoc kService[] = {
    {200, "The application with its instances", kJson, "Service", kServiceExamples}, kBad, kNotFound, kBusy};
constexpr ExampleDoc kClientsExamples[] = {
    {"one", R"({"node":"10.1.0.1:7171","total":1,"clients":[{"address":"10.1.0.7","connections":1,"parked_polls":0,)"
            R"("slow":0,"requests":17,"requests_per_second":2.03,"registers":2,"registers_unchanged":0,"renews":3,)"
            R"("renews_not_found":1,"cancels":0,"polls":4,"polls_at_once":3,"slowed_answers":0,"slowed":[]}]})"}};
constexpr AnswerDoc kClients[] = {{200, "The clients", kJson, "Clients", kClientsExamples}, kBad, kBusy};
constexpr ExampleDoc kDigestExamples[] = {
    {"two-sums-of-256", R"({"node":"10.1.0.1:7171","records":3,"sums":["0000000000000000","8a9590af906e54c5"]})"}};
constexpr AnswerDoc kDigest[] = {{200, "The sums", kJson, "Digest", kDigestExamples}, kBad, kBusy};
constexpr ExampleDoc kRecordsExamples[] = {
    {"host", R"({"node":"10.1.0.1:7171","records":[{)" NAMES "," NUMBERS R"(,"renewed_here_seconds_ago":8.3}]})"},
    {"branch", R"({"node":"10.1.0.1:7171","branch":7,"records":[{)" NAMES "," NUMBERS "}]}"}};
constexpr AnswerDoc kRecords[] = {{200, "The records", kJson, "Records", kRecordsExamples}, kBad, kBusy};
constexpr ExampleDoc kCompareExamples[] = {
    {"one-difference", R"({"node":"10.1.0.1:7171","with":"10.1.0.2:7171","equal":false,"records_here":3,)"
                       R"("records_there":2,"differences":[{)" NAMES R"(,"kind":"missing_there","here":{)" NUMBERS
                       R"(},"there":null}],"more":false,"at":1795949303976531577})"}};
constexpr AnswerDoc kCompare[] = {{200, "What differs", kJson, "Comparison", kCompareExamples}, kBad, kNotFound, kBusy};
constexpr ExampleDoc kEventsExamples[] = {{"tick", "retry: 500\nevent: tick\ndata: {\"now\":1795949396060026625}\n\n"}};
constexpr AnswerDoc kEvents[] = {{200, "Server-sent events", "text/event-stream", "", kEventsExamples}, kBusy};

constexpr ExampleDoc kReloadExamples[] = {
    {"reloaded", R"({"changed":["log.level"],"needs_restart":[],"schedulers":2})"}};
constexpr AnswerDoc kReload[] = {
    {200, "What changed", kJson, "Reloaded", kReloadExamples},
    {422, "The new configuration is wrong: nothing changed", kJson, "Error", kInvalidExample},
    kBusy};
constexpr ExampleDoc kUpgradeExamples[] = {{"upgraded",
                                            R"({"old":{"pid":4711,"version":"0.1.0","commit":"38e2f2153aa2"},)"
                                            R"("new":{"pid":4712,"version":"0.2.0","commit":"94bf1cd0f3a1"},)"
                                            R"("records":3,"took_ms":41.5,"stood_still_ms":3.1})"}};
constexpr AnswerDoc kUpgrade[] = {
    {200, "The new process serves", kJson, "Upgraded", kUpgradeExamples},
    {409, "One is under way, or the node ends", kJson, "Error", kInvalidExample},
    {422, "The new program does not start: the old process serves on", kJson, "Error", kInvalidExample},
    kBusy};
constexpr ExampleDoc kDrainExamples[] = {{"draining", R"({"draining":true})"}};
constexpr AnswerDoc kDrain[] = {{202, "It begins", kJson, "Draining", kDrainExamples}};
constexpr ExampleDoc kLevelExamples[] = {{"level", R"({"level":"info"})"}};
constexpr AnswerDoc kLevel[] = {{200, "The new level", kJson, "LogLevel", kLevelExamples}, kBad};
constexpr ExampleDoc kStateExamples[] = {
    {"state",
     R"({"version":"0.1.0","commit":"38e2f2153aa2","uptime_seconds":9.5,"pid":4711,"leaving":false,"draining":false,)"
     R"("start_protection":false,"instances":3,"self_protection":{"active":false,"since_seconds":0.0,)"
     R"("renewals_expected":6,"renewals_needed":5,"renewals_last_minute":0,"held":0},)"
     R"("registry_bytes":2178,"connections":1,"parked_polls":0,"watched_applications":0,"requests":36,)"
     R"("records":3,"tombstones":0,"sandbox":{"seccomp":{"holds":true,"detail":"170 calls allowed"}},)"
     R"("log_level":"info"})"}};
constexpr AnswerDoc kState[] = {{200, "The state", kJson, "NodeState", kStateExamples}, kBusy};
constexpr ExampleDoc kClusterExamples[] = {
    {"two-nodes",
     R"({"ready":true,"records":3,"covered_until":1795949303976531577,"bytes_sent":100,)"
     R"("bytes_received":100,"nodes":[{"address":"10.1.0.2:7171","zone":"sh001","state":"ours",)"
     R"("member":true,)" LINK R"(,"records_sent":1,"records_received":1,"records_passed_on":0,"leases_sent":1,)"
     R"("leases_received":1,"rounds_equal":1,"rounds_different":0,"rounds_failed":0,)"
     R"("digest_bytes":100,"posts":0}]})"}};
constexpr AnswerDoc kCluster[] = {{200, "The cluster", kJson, "ClusterState", kClusterExamples}, kBusy};
constexpr ExampleDoc kRemoveExamples[] = {{"removed", R"({"removed":"10.1.0.3:7171"})"}};
constexpr ExampleDoc kLives[] = {{"not-silent", R"({"error":"that node is not silent"})"}};
constexpr AnswerDoc kRemove[] = {{200, "It is out", kJson, "Removed", kRemoveExamples},
                                 kBad,
                                 kNotFound,
                                 {409, "That node is not silent, or no address", kJson, "Error", kLives},
                                 kBusy};
constexpr ExampleDoc kSetExamples[] = {{"changed", R"({"changed":true})"}};
constexpr AnswerDoc kSet[] = {{200, "Done", kJson, "Changed", kSetExamples}, kBad, kNotFound, kBusy};
constexpr ExampleDoc kCancelExamples[] = {{"cancelled", R"({"cancelled":true})"}};
constexpr AnswerDoc kCancel[] = {{200, "Done", kJson, "Cancelled", kCancelExamples}, kBad, kNotFound, kBusy};
constexpr ExampleDoc kReleaseExamples[] = {{"released", R"({"released":true})"}};
constexpr AnswerDoc kRelease[] = {{200, "Done", kJson, "Released", kReleaseExamples}, kBad, kNotFound, kBusy};

#undef LINK
#undef SERVICE
#undef CONTENT
#undef NAMES
#undef NUMBERS

// ------------------------------------------------------------------------------------------------------------ routes

constexpr RouteDoc kDocs[] = {
    {OperatorRoute::kIndex, "index", "What there is", "Text for programs; the page for browsers.", {}, kIndex},
    {OperatorRoute::kPage, "page", "A file of the page", "", kFileParam, kPage},
    {OperatorRoute::kHealth, "health", "The process answers", "", {}, kHealth},
    {OperatorRoute::kReady, "ready", "Clients may be sent here", "", kReadyParams, kReady},
    {OperatorRoute::kOpenApi, "openapi", "This document", "", {}, kDocument},
    {OperatorRoute::kMetrics, "metrics", "Metrics", "", {}, kMetrics},
    {OperatorRoute::kHistory, "history", "What happened, who did it, and when",
     "Events, the newest first; or with `at` what an application was at that moment, hidden and cancelled instances "
     "included. Without an application the right to read everything is needed.",
     kHistoryParams, kHistory},
    {OperatorRoute::kExplain, "explain", "Why an instance is in a client's list, or not",
     "The other nodes are asked too, for two seconds at most.", kExplainParams, kExplain},
    {OperatorRoute::kOverview, "overview", "How this node and the others are", "", {}, kOverview},
    {OperatorRoute::kRates, "rates", "The last hour in steps of ten seconds", "", {}, kRates},
    {OperatorRoute::kServices, "services", "What is registered", "", kServicesParams, kServices},
    {OperatorRoute::kService, "service", "One application with its instances", "Hidden and cancelled ones included.",
     kServiceParams, kService},
    {OperatorRoute::kClients, "clients", "Who asks how much, and who was slowed", "", kClientsParams, kClients},
    {OperatorRoute::kDigest, "digest", "256 sums over all records", "What a comparison reads.", {}, kDigest},
    {OperatorRoute::kRecords, "records", "The records of a host, or behind one of the sums",
     "Either env, appid and hostname, or branch, which needs the right to read everything.", kRecordsParams, kRecords},
    {OperatorRoute::kCompare, "compare", "What differs from another node",
     "By key, at most 1,000. A difference is looked at again after a second.", kCompareParams, kCompare},
    {OperatorRoute::kEvents, "events", "What happens, as it happens",
     "Answered when something happens, with all that did, or after 15 seconds, and ends; an EventSource comes again by "
     "itself.",
     kEventsParams, kEvents},
    {OperatorRoute::kAdminReload, "reload", "Read the configuration again", "As SIGHUP does.", {}, kReload},
    {OperatorRoute::kAdminDrain, "drain", "Send the clients away and end", "As SIGTERM does.", {}, kDrain},
    {OperatorRoute::kAdminLogLevel, "logLevel", "Log more or less", "Until the next start or reload.", kLevelParams,
     kLevel},
    {OperatorRoute::kAdminState, "state", "The state of the node", "", {}, kState},
    {OperatorRoute::kAdminCluster, "cluster", "What this node knows of the others", "", {}, kCluster},
    {OperatorRoute::kAdminClusterRemove, "clusterRemove", "Take a silent node out of the cluster", "", kRemoveParams,
     kRemove},
    {OperatorRoute::kInstanceSet, "instanceSet", "Put an instance in or out of service", "", kSetParams, kSet},
    {OperatorRoute::kInstanceCancel, "instanceCancel", "Remove an instance", "", kCancelParams, kCancel},
    {OperatorRoute::kBrakeRelease, "brakeRelease", "Let the brake on an application go", "", kReleaseParams, kRelease},
    {OperatorRoute::kAdminUpgrade,
     "upgrade",
     "Go on in a new process of the program",
     "As SIGUSR2 does, and waits.",
     {},
     kUpgrade},
};
static_assert(describes_all(kDocs, RouteTarget::Kind::kOperator), "each route has one record");

}  // namespace

std::span<const RouteDoc> operator_docs() { return kDocs; }

}  // namespace discovery::node
