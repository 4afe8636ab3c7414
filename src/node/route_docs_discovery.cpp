// The Discovery API, which unmodified clients speak.
#include "node/route_docs.h"

namespace discovery::node {

namespace {

using protocol::Route;
using enum ParamDoc::Type;

constexpr std::string_view kJson = "application/json";

#define INSTANCE                                                                                           \
  R"({"region":"sh","zone":"sh001","env":"prod","appid":"shop.cart","hostname":"cart-0",)"                 \
  R"("addrs":["http://10.1.0.7:8000","grpc://10.1.0.7:9000"],"version":"412","metadata":{"weight":"10"},)" \
  R"("status":1,"reg_timestamp":1795949295605911270,"up_timestamp":1795949295605911270,)"                  \
  R"("renew_timestamp":1795949325639781920,"dirty_timestamp":1795949295605911270,)"                        \
  R"("latest_timestamp":1795949295605911270})"
#define APPLICATION R"({"instances":{"sh001":[)" INSTANCE R"(]},"latest_timestamp":1795949295605911270})"

// -------------------------------------------------------------------------------------------------------- parameters

constexpr ParamDoc kZone{"zone", "Zone of the instance", "sh001", kText, true, false, 1, 1024};
constexpr ParamDoc kEnv{"env", "Environment", "prod", kText, true, false, 1, 1024};
constexpr ParamDoc kAppid{"appid", "Application", "shop.cart", kText, true, false, 1, 1024};
constexpr ParamDoc kHostname{"hostname", "Host of the instance", "cart-0", kText, true, false, 1, 1024};
constexpr ParamDoc kOnlyZone{"zone", "Only this zone", "sh001", kText, false, false, 1, 1024};
constexpr ParamDoc kMask{
    "status", "Which to list: 1 in service, 2 out of service, 3 both", "3", kInteger, true, false, 0, 4294967295};
constexpr ParamDoc kReplication{"replication", "From a node of the original in the own zone; ignored from anybody else",
                                "", kFlag};
constexpr ParamDoc kFromZone{"from_zone", "From a node of the original in another zone; ignored from anybody else", "",
                             kFlag};
constexpr ParamDoc kDirty{"dirty_timestamp", "Version of the content, Unix nanoseconds; left out: now", "", kInteger};
constexpr ParamDoc kLatest{"latest_timestamp", "Sent by nodes of the original", "", kInteger};
constexpr ParamDoc kAppids = repeated(kAppid);
constexpr ParamDoc kCaller{"hostname", "Who asks: a label", "cart-0", kText, true, false, 1, 1024};
constexpr ParamDoc kWait{"x1-bmspy-timeout",
                         "The client's own deadline in milliseconds: it is answered 20 ms before that",
                         "150",
                         kInteger,
                         false,
                         false,
                         0,
                         3600000,
                         {},
                         ParamDoc::Place::kHeader};
constexpr ParamDoc kCursors{"latest_timestamp",
                            "What the client has: latest_timestamp of its last list, 0 for none; one for each appid",
                            "0",
                            kInteger,
                            false,
                            true};

constexpr ParamDoc kRegisterParams[] = {
    kZone,
    kEnv,
    kAppid,
    kHostname,
    {"status", "1 in service, 2 deliberately out of service", "1", kInteger, true, false, 1, 2},
    {"addrs", "scheme://host:port; repeat it, or separate by commas; at most 64", "http://10.1.0.7:8000", kText, true,
     true, 1},
    {"region", "Region", "sh"},
    {"version", "Version of the program", "412"},
    {"metadata", "A JSON object of strings as text; at most 256 members and 64 KiB", R"({"weight":"10"})"},
    kDirty,
    kReplication,
    kFromZone,
    kLatest,
    {"reg_timestamp", "Sent by nodes of the original", "", kInteger},
};
constexpr ParamDoc kRenewParams[] = {kZone, kEnv, kAppid, kHostname, kDirty, kReplication, kFromZone};
constexpr ParamDoc kCancelParams[] = {kZone, kEnv, kAppid, kHostname, kDirty, kLatest, kReplication, kFromZone};
constexpr ParamDoc kSetParams[] = {
    kZone,
    kEnv,
    kAppid,
    repeated(kHostname),
    {"status", "1 or 2, for each hostname or not at all", "1", kInteger, false, true, 1, 2},
    {"metadata", "A JSON object as text, merged into what is stored, or null, which clears it; as often as hostname",
     R"({"weight":"20"})", kText, false, true},
    {"set_timestamp", "Unix nanoseconds; left out or 0: now", "", kInteger},
    {"region", "Only passed on", ""},
    kReplication,
    kFromZone,
};
constexpr ParamDoc kFetchParams[] = {kEnv, kAppid, kMask, kOnlyZone};
constexpr ParamDoc kFetchsParams[] = {kEnv, kAppids, kMask, kOnlyZone};
constexpr ParamDoc kPollParams[] = {kEnv, kAppid, kCaller, kCursors, kOnlyZone, kWait};
constexpr ParamDoc kPollsParams[] = {kEnv, kAppids, kCaller, required(kCursors), kOnlyZone, kWait};

// ----------------------------------------------------------------------------------------------------------- answers

constexpr ExampleDoc kDone{"done", R"({"code":0,"message":"0","ttl":1})"};
constexpr ExampleDoc kBad{"bad-parameter",
                          R"({"code":-400,"message":"Key: 'ArgFetch.Env' Error:Field validation for 'Env' failed )"
                          R"(on the 'required' tag","ttl":1})"};
constexpr ExampleDoc kUnknown{"unknown", R"({"code":-404,"message":"-404","ttl":1})"};
constexpr ExampleDoc kUnknownNull{"unknown", R"({"code":-404,"message":"-404","ttl":1,"data":null})"};
constexpr ExampleDoc kRefused{"goes-elsewhere", R"({"code":-500,"message":"-500","ttl":1})"};
constexpr ExampleDoc kNotKnown{"who-asks-is-not-known", R"({"code":-401,"message":"this takes a token","ttl":1})"};
constexpr ExampleDoc kForbidden{"may-not",
                                R"({"code":-403,"message":"dashboard has not the right to write that","ttl":1})"};
constexpr ExampleDoc kNotModified{"nothing-new", R"({"code":-304,"message":"-304","ttl":1})"};

constexpr ExampleDoc kRegisterExamples[] = {kDone, kBad, kNotKnown, kForbidden, kRefused};
constexpr ExampleDoc kWriteExamples[] = {kDone, kUnknown, kBad, kNotKnown, kForbidden, kRefused};
constexpr ExampleDoc kRenewExamples[] = {{"renewed", R"({"code":0,"message":"0","ttl":1,"data":)" INSTANCE "}"},
                                         kUnknownNull,
                                         kBad,
                                         kNotKnown,
                                         kForbidden,
                                         kRefused};
constexpr ExampleDoc kFetchExamples[] = {{"list", R"({"code":0,"message":"0","ttl":1,"data":)" APPLICATION "}"},
                                         kUnknownNull,
                                         kBad,
                                         kNotKnown,
                                         kForbidden,
                                         kRefused};
constexpr ExampleDoc kFetchsExamples[] = {
    {"lists", R"({"code":0,"message":"0","ttl":1,"data":{"shop.cart":)" APPLICATION "}}"},
    kBad,
    kNotKnown,
    kForbidden,
    kRefused};
constexpr ExampleDoc kAllExamples[] = {
    {"everything", R"({"code":0,"message":"0","ttl":1,"data":{"shop.cart":[)" INSTANCE "]}}"},
    kNotKnown,
    kForbidden,
    kRefused};
constexpr ExampleDoc kPollExamples[] = {{"list", R"({"code":0,"message":"0","ttl":1,"data":)" APPLICATION "}"},
                                        kNotModified,
                                        {"unknown", R"({"code":-404,"message":"shop.cart not found"})"},
                                        kBad,
                                        kNotKnown,
                                        kForbidden,
                                        kRefused};
constexpr ExampleDoc kPollsExamples[] = {
    {"lists", R"({"code":0,"message":"0","data":{"shop.cart":)" APPLICATION R"(},"error":{"-404":null}})"},
    kNotModified,
    kBad,
    kNotKnown,
    kForbidden,
    kRefused};
constexpr ExampleDoc kNodesExamples[] = {
    {"nodes", R"({"code":0,"message":"0","ttl":1,"data":[{"addr":"10.1.0.1:7171","status":0,"zone":"sh001"}]})"},
    kNotKnown};

constexpr std::string_view kEnvelope = "`code` tells success and failure";
constexpr AnswerDoc kRegistered[] = {{200, kEnvelope, kJson, "Done", kRegisterExamples}};
constexpr AnswerDoc kWritten[] = {{200, kEnvelope, kJson, "Done", kWriteExamples}};
constexpr AnswerDoc kRenewed[] = {{200, kEnvelope, kJson, "RenewAnswer", kRenewExamples}};
constexpr AnswerDoc kFetched[] = {{200, kEnvelope, kJson, "ApplicationAnswer", kFetchExamples}};
constexpr AnswerDoc kFetchedSome[] = {{200, kEnvelope, kJson, "ApplicationsAnswer", kFetchsExamples}};
constexpr AnswerDoc kFetchedAll[] = {{200, kEnvelope, kJson, "AllAnswer", kAllExamples}};
constexpr AnswerDoc kPolled[] = {{200, kEnvelope, kJson, "ApplicationAnswer", kPollExamples}};
constexpr AnswerDoc kPolledSome[] = {{200, kEnvelope, kJson, "PollsAnswer", kPollsExamples}};
constexpr AnswerDoc kNodes[] = {{200, kEnvelope, kJson, "NodesAnswer", kNodesExamples}};

#undef APPLICATION
#undef INSTANCE

// ------------------------------------------------------------------------------------------------------------ routes

constexpr RouteDoc kDocs[] = {
    {Route::kRegister, "register", "Register an instance",
     "Replaces what is there as a whole and wakes polls. With an explicit dirty_timestamp that is older than the "
     "stored "
     "one nothing changes (code 0). Renew every 30 seconds afterwards.",
     kRegisterParams, kRegistered},
    {Route::kRenew, "renew", "Renew the lease of an instance",
     "Answers the instance. -404: register it again. -409 (and -404 with data) only towards nodes of the original. An "
     "instance that did not renew for 90 seconds may be taken out.",
     kRenewParams, kRenewed},
    {Route::kCancel, "cancel", "Remove an instance", "Wakes polls. -404 where the instance is unknown.", kCancelParams,
     kWritten},
    {Route::kSet, "set", "Change status and metadata of instances",
     "All hosts or none: unknown ones are -400. `status` and `metadata` are given as often as `hostname`, or not at "
     "all.",
     kSetParams, kWritten},
    {Route::kFetch, "fetch", "The instances of an application", "", kFetchParams, kFetched},
    {Route::kFetchs, "fetchs", "The instances of several applications",
     "Unknown ones are left out. At most 2,000 appids.", kFetchsParams, kFetchedSome},
    {Route::kFetchAll,
     "fetchAll",
     "Everything",
     "All instances by appid, over environments, zones and status.",
     {},
     kFetchedAll},
    {Route::kPoll, "poll", "Wait for a change of an application",
     "Answered at once when the list is newer than latest_timestamp, else with the next change, and after 30 seconds "
     "with -304. Lists instances of status 1.",
     kPollParams, kPolled},
    {Route::kPolls, "polls", "Wait for a change of several applications",
     "As poll; latest_timestamp is given as often as appid. `data` holds those that are newer. Unknown ones stand in "
     "`error` and are waited for.",
     kPollsParams, kPolledSome},
    {Route::kNodes, "nodes", "The nodes of the own zone", "This node first.", {}, kNodes},
};
static_assert(describes_all(kDocs, RouteTarget::Kind::kDiscovery), "each route has one record");

}  // namespace

std::span<const RouteDoc> discovery_docs() { return kDocs; }

}  // namespace discovery::node
