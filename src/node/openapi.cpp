#include "node/openapi.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <string>

#include "node/openapi_schemas.h"
#include "node/route_docs.h"
#include "node/version.h"

namespace discovery::node {

namespace {

using nlohmann::ordered_json;

constexpr std::string_view kSchemas = "#/components/schemas/";
constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kPlain = "text/plain";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kOctets = "application/octet-stream";

constexpr std::string_view kAbout =
    "A service registry that speaks the HTTP API of bilibili Discovery.\n\n"
    "Routes under /discovery/ answer HTTP 200 with a JSON envelope, and `code` tells success and failure (schema "
    "Code); "
    "an HTTP status of 400 and more there means that the request was none of the protocol. Their parameters are those "
    "of the query; a POST reads its body (a form, multipart/form-data, or a JSON object with the same names) and then "
    "the query. `callback=f` wraps an answer as `f(...)`. All other routes answer with HTTP statuses, and on errors "
    "with {\"error\": text}; their parameters stand in the query.\n\n"
    "`x-need` of a route says what a caller must be allowed. Timestamps are Unix nanoseconds, beyond 2^53.";

constexpr std::string_view kAboutBearer =
    "A token of this cluster. A node that is configured without access control asks for none, and admin calls from "
    "loopback need none where the node is configured so.";
constexpr std::string_view kAboutPeer = "The signature of a node of the cluster over its request.";

std::string_view need_name(Need need) {
  switch (need) {
    case Need::kNothing:
      return "nothing";
    case Need::kReadAny:
      return "read-any";
    case Need::kReadApp:
      return "read-application";
    case Need::kReadAll:
      return "read-all";
    case Need::kWriteApp:
      return "write-application";
    case Need::kAdminApp:
      return "admin-application";
    case Need::kAdmin:
      return "admin";
    case Need::kPeer:
      break;
  }
  return "peer";
}

std::string_view tag_of(const RouteRow& row) {
  if (row.need == Need::kPeer) return "peers";
  if (acts(row.need)) return "admin";
  if (row.target.kind() == RouteTarget::Kind::kDiscovery) return "discovery";
  return row.path.starts_with("/api/") ? "questions" : "node";
}

ordered_json security_of(Need need) {
  ordered_json security = ordered_json::array();
  if (need == Need::kNothing) return security;
  security.push_back({{need == Need::kPeer ? "peer" : "bearer", ordered_json::array()}});
  return security;
}

ordered_json reference(std::string_view schema) { return {{"$ref", std::string(kSchemas).append(schema)}}; }

// -------------------------------------------------------------------------------------------------------- parameters

ordered_json example_of(const ParamDoc& param) {
  ordered_json value = param.example;
  if (param.type == ParamDoc::Type::kInteger) {
    int64_t number = 0;
    std::from_chars(param.example.data(), param.example.data() + param.example.size(), number);
    value = number;
  }
  return param.repeats ? ordered_json::array({value}) : value;
}

ordered_json value_schema(const ParamDoc& param) {
  ordered_json schema;
  const bool text = param.type == ParamDoc::Type::kText;
  schema["type"] = text ? "string" : param.type == ParamDoc::Type::kInteger ? "integer" : "boolean";
  if (param.type == ParamDoc::Type::kInteger) schema["format"] = "int64";
  if (param.least) schema[text ? "minLength" : "minimum"] = *param.least;
  if (param.most) schema[text ? "maxLength" : "maximum"] = *param.most;
  if (!param.one_of.empty()) schema["enum"] = param.one_of;
  return schema;
}

ordered_json schema_of(const ParamDoc& param) {
  if (!param.repeats) return value_schema(param);
  ordered_json schema{{"type", "array"}, {"items", value_schema(param)}};
  if (param.required) schema["minItems"] = 1;
  return schema;
}

ordered_json parameter(const ParamDoc& param) {
  ordered_json json;
  json["name"] = param.name;
  json["in"] = param.place == ParamDoc::Place::kPath     ? "path"
               : param.place == ParamDoc::Place::kHeader ? "header"
                                                         : "query";
  json["required"] = param.required;
  json["description"] = param.description;
  json["schema"] = schema_of(param);
  if (!param.example.empty()) json["example"] = example_of(param);
  return json;
}

ordered_json parameters(std::span<const ParamDoc> params) {
  ordered_json json = ordered_json::array();
  for (const ParamDoc& param : params) json.push_back(parameter(param));
  return json;
}

ordered_json form_body(std::span<const ParamDoc> params) {
  ordered_json schema{{"type", "object"}, {"required", ordered_json::array()}, {"properties", ordered_json::object()}};
  ordered_json example = ordered_json::object();
  for (const ParamDoc& param : params) {
    ordered_json field = schema_of(param);
    field["description"] = param.description;
    schema["properties"][std::string(param.name)] = std::move(field);
    if (param.required) schema["required"].push_back(param.name);
    if (!param.example.empty()) example[std::string(param.name)] = example_of(param);
  }
  ordered_json content;
  content[std::string(kForm)] = {{"schema", std::move(schema)}, {"example", std::move(example)}};
  return {{"description", "Also as multipart/form-data, as a JSON object with the same names, or in the query"},
          {"required", true},
          {"content", std::move(content)}};
}

ordered_json octets_body() {
  ordered_json content;
  content[std::string(kOctets)] = {{"schema", {{"type", "string"}, {"format", "binary"}}}};
  return {{"required", true}, {"content", std::move(content)}};
}

// ----------------------------------------------------------------------------------------------------------- answers

void add_answer(ordered_json& responses, const AnswerDoc& answer) {
  ordered_json& response = responses[std::to_string(answer.status)];
  if (!response.contains("description")) response["description"] = answer.description;
  if (answer.content_type.empty()) return;
  ordered_json& media = response["content"][std::string(answer.content_type)];
  if (media.contains("schema")) return;
  media["schema"] = !answer.schema.empty() ? reference(answer.schema) : ordered_json{{"type", "string"}};
  if (answer.content_type == kOctets) media["schema"]["format"] = "binary";
  for (const ExampleDoc& example : answer.examples) {
    media["examples"][std::string(example.name)] = {
        {"value", answer.schema.empty() ? ordered_json(example.value) : ordered_json::parse(example.value)}};
  }
}

/// What each route may answer before it is asked.
void add_refusals(ordered_json& responses, const RouteRow& row) {
  static constexpr ExampleDoc kDenied[] = {{"denied", R"({"error":"this needs a token"})"}};
  static constexpr AnswerDoc kUnread[] = {
      {400, "Malformed or ambiguous request", kPlain, "", {}},
      {405, "Another method", kPlain, "", {}},
      {408, "The request did not arrive in time", kPlain, "", {}},
      {413, "The body is past its limit", kPlain, "", {}},
      {431, "The head is past its limit", kPlain, "", {}},
      {503, "Too many connections, or too much memory in partly read requests", kPlain, "", {}},
  };
  if (row.need != Need::kNothing && row.target.kind() != RouteTarget::Kind::kDiscovery) {
    add_answer(responses, {401, "Who asks is not known", kJson, "Error", kDenied});
    add_answer(responses, {403, "Who asks may not do this", kJson, "Error", kDenied});
  }
  for (const AnswerDoc& answer : kUnread) add_answer(responses, answer);
}

// ------------------------------------------------------------------------------------------------------------ routes

ordered_json operation(const RouteRow& row, const RouteDoc& doc) {
  ordered_json json;
  json["operationId"] = doc.id;
  json["tags"] = {tag_of(row)};
  json["summary"] = doc.summary;
  if (!doc.description.empty()) json["description"] = doc.description;
  json["x-need"] = need_name(row.need);
  json["security"] = security_of(row.need);
  const bool posts = row.method == codec::Method::kPost;
  if (posts && row.target.kind() == RouteTarget::Kind::kDiscovery) {
    json["requestBody"] = form_body(doc.params);
  } else {
    if (!doc.params.empty()) json["parameters"] = parameters(doc.params);
    if (posts && row.target.kind() == RouteTarget::Kind::kPeer) json["requestBody"] = octets_body();
  }
  json["responses"] = ordered_json::object();
  for (const AnswerDoc& answer : doc.answers) add_answer(json["responses"], answer);
  add_refusals(json["responses"], row);
  return json;
}

const RouteDoc& doc_of(const RouteRow& row) {
  for (const auto docs : {discovery_docs(), operator_docs(), peer_docs()}) {
    for (const RouteDoc& doc : docs) {
      if (doc.target == row.target) return doc;
    }
  }
  check_failed(__FILE__, __LINE__, "every row has a record: describes_all()");
}

ordered_json paths() {
  ordered_json json;
  for (const RouteRow& row : kRoutes) {
    const RouteDoc& doc = doc_of(row);
    std::string path(row.path);
    if (row.below) path.append("{").append(doc.params.front().name).append("}");
    json[path][row.method == codec::Method::kPost ? "post" : "get"] = operation(row, doc);
  }
  return json;
}

ordered_json document() {
  ordered_json json;
  json["openapi"] = "3.0.3";
  json["info"] = {{"title", "discoveryd"},
                  {"description", kAbout},
                  {"license", {{"name", "Apache-2.0"}, {"url", "https://www.apache.org/licenses/LICENSE-2.0"}}},
                  {"version", kVersion}};
  json["servers"] = {{{"url", "/"}}};
  json["tags"] = ordered_json::array();
  for (const auto& [name, about] :
       {std::pair{"discovery", "What services and their clients call"}, std::pair{"node", "The node itself"},
        std::pair{"questions", "What an operator asks"}, std::pair{"admin", "What an operator does"},
        std::pair{"peers", "What nodes say to each other"}}) {
    json["tags"].push_back({{"name", name}, {"description", about}});
  }
  json["paths"] = paths();
  json["components"]["securitySchemes"] = {
      {"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"description", kAboutBearer}}},
      {"peer", {{"type", "apiKey"}, {"in", "header"}, {"name", "Authorization"}, {"description", kAboutPeer}}}};
  json["components"]["schemas"] = ordered_json::parse(openapi_schemas());
  return json;
}

}  // namespace

const SharedBytes& openapi_document() {
  static const auto made = std::make_shared<const SharedText>(document().dump() + "\n");
  return made;
}

}  // namespace discovery::node
