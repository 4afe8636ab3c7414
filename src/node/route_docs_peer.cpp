// What nodes say to each other (replication.md 2.5): for nodes alone, and of no interest to anybody else.
#include "node/route_docs.h"

namespace discovery::node {

namespace {

using cluster::CallKind;

constexpr ParamDoc kHelloParams[] = {{"m", "The message, hexadecimal; without it only who answers here is told"}};
constexpr ExampleDoc kHelloExamples[] = {
    {"who-answers", R"({"code":0,"message":"0","ttl":1,"data":{"protocol":"discoveryd","version":3}})"}};
constexpr ExampleDoc kStranger[] = {
    {"stranger",
     R"({"error":"only configured nodes are answered here","data":{"protocol":"discoveryd","version":3}})"}};
constexpr ExampleDoc kNoMessage[] = {{"no-message", R"({"error":"no hexadecimal digit"})"}};
constexpr ExampleDoc kBusy[] = {{"busy", R"({"error":"too many messages of peers wait already"})"}};
constexpr std::string_view kJson = "application/json";

constexpr AnswerDoc kRefused{403, "Who asks is no node of this cluster", kJson, "PeerRefusal", kStranger};
constexpr AnswerDoc kGarbage{400, "Not a message of the protocol", kJson, "Error", kNoMessage};
constexpr AnswerDoc kFull{503, "Too many messages wait, or the node ends", kJson, "Error", kBusy};
constexpr AnswerDoc kHello[] = {
    {200, "Who answers, and the hello of this node", kJson, "PeerHello", kHelloExamples}, kGarbage, kRefused, kFull};
constexpr AnswerDoc kOctets[] = {
    {200, "The answering message", "application/octet-stream", "", {}}, kGarbage, kRefused, kFull};

constexpr std::string_view kBetweenNodes = "Between nodes: octets in, octets out.";
constexpr RouteDoc kDocs[] = {
    {CallKind::kHello, "peerHello", "Who answers here, and the first message of a connection",
     "Between nodes: a message as hexadecimal text in an envelope that nodes of the original take for an error.",
     kHelloParams, kHello},
    {CallKind::kPush, "peerPush", "Changes and renewals of a node", kBetweenNodes, {}, kOctets},
    {CallKind::kDigest, "peerDigest", "Sums over what a node has", kBetweenNodes, {}, kOctets},
    {CallKind::kLeaves, "peerLeaves", "Sums over one part of it", kBetweenNodes, {}, kOctets},
    {CallKind::kSync, "peerSync", "Records that differ", kBetweenNodes, {}, kOctets},
};
static_assert(describes_all(kDocs, RouteTarget::Kind::kPeer), "each route has one record");

}  // namespace

std::span<const RouteDoc> peer_docs() { return kDocs; }

}  // namespace discovery::node
