// The document at /openapi.json: it is the table of routes, its examples are what it says, and the daemon answers so.
// (Whatever else the daemon is asked: tests/openapi/run.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "integration/daemon.h"
#include "integration/json_schema.h"
#include "node/routes.h"

namespace discovery::integration {
namespace {

using nlohmann::json;
using ::testing::IsEmpty;

/// The text of a value as a parameter has it.
std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

void add(Parameters& parameters, const std::string& name, const json& value) {
  if (!value.is_array()) return parameters.emplace_back(name, text_of(value)), void();
  for (const json& one : value) parameters.emplace_back(name, text_of(one));
}

class OpenApi : public testing::Test {
 protected:
  [[nodiscard]] const json& operation(const std::string& path, const char* method) const {
    return document_.at("paths").at(path).at(method);
  }
  /// The example of the form of a POST.
  [[nodiscard]] std::string form_of(const std::string& path) const {
    Parameters parameters;
    const json& content = operation(path, "post").at("requestBody").at("content");
    for (const auto& [name, value] : content.at("application/x-www-form-urlencoded").at("example").items()) {
      add(parameters, name, value);
    }
    return form(parameters);
  }
  /// The path with the examples of the parameters without which there is no request.
  [[nodiscard]] std::string target_of(const std::string& path, const char* method) const {
    std::string target = path;
    Parameters parameters;
    for (const json& p : operation(path, method).value("parameters", json::array())) {
      const auto name = p.at("name").get<std::string>();
      if (p.at("in") == "path") {
        const size_t at = target.find("{" + name + "}");
        target.replace(at, name.size() + 2, text_of(p.at("example")));
      } else if (p.at("in") == "query" && p.at("required") == true) {
        add(parameters, name, p.at("example"));
      }
    }
    return parameters.empty() ? target : target + "?" + form(parameters);
  }
  /// Status, content type and body are among those described.
  void expect_described(const std::string& path, const char* method, const Answer& answer) const {
    SCOPED_TRACE(path);
    const json& responses = operation(path, method).at("responses");
    ASSERT_TRUE(responses.contains(std::to_string(answer.status))) << answer.status;
    const std::string type = answer.field("content-type").substr(0, answer.field("content-type").find(';'));
    const json& content = responses.at(std::to_string(answer.status)).at("content");
    ASSERT_TRUE(content.contains(type)) << answer.status << " " << type;
    if (type != "application/json") return;
    EXPECT_THAT(schemas_.faults(content.at(type).at("schema"), answer.json()), IsEmpty());
  }

  Daemon daemon_;
  const Answer answer_ = daemon_.get("/openapi.json");
  const json document_ = answer_.json();
  const JsonSchemas schemas_{document_};
};

TEST_F(OpenApi, ListsTheRoutesOfTheTableAndNoOther) {
  EXPECT_EQ(answer_.status, 200);
  EXPECT_EQ(answer_.field("content-type"), "application/json; charset=utf-8");
  EXPECT_EQ(document_.at("openapi"), "3.0.3");
  std::set<std::string> listed;
  for (const auto& [path, methods] : document_.at("paths").items()) {
    for (const auto& [method, unused] : methods.items()) listed.insert(method + " " + path.substr(0, path.find('{')));
  }
  std::set<std::string> table;
  for (const node::RouteRow& row : node::kRoutes) {
    table.insert((row.method == codec::Method::kPost ? "post " : "get ") + std::string(row.path));
  }
  EXPECT_EQ(listed, table);
}

TEST_F(OpenApi, NamesEachOperationOnceAndSaysWhatItNeeds) {
  std::set<std::string> names;
  for (const auto& [path, methods] : document_.at("paths").items()) {
    for (const auto& [method, operation] : methods.items()) {
      EXPECT_TRUE(names.insert(operation.at("operationId").get<std::string>()).second) << path;
      EXPECT_FALSE(operation.at("summary").get<std::string>().empty()) << path;
      const node::RouteRow* const row = node::find_route(path.substr(0, path.find('{')));
      ASSERT_NE(row, nullptr) << path;
      EXPECT_EQ(operation.at("security").empty(), row->need == node::Need::kNothing) << path;
      EXPECT_EQ(operation.at("x-need") == "nothing", row->need == node::Need::kNothing) << path;
    }
  }
}

TEST_F(OpenApi, ItsExamplesAreWhatItsSchemasSay) {
  size_t examples = 0;
  for (const auto& [path, methods] : document_.at("paths").items()) {
    for (const auto& [method, operation] : methods.items()) {
      for (const json& p : operation.value("parameters", json::array())) {
        if (!p.contains("example")) continue;
        EXPECT_THAT(schemas_.faults(p.at("schema"), p.at("example")), IsEmpty()) << path << " " << p.at("name");
      }
      for (const auto& [status, response] : operation.at("responses").items()) {
        const json content = response.value("content", json::object());
        for (const auto& [type, media] : content.items()) {
          const json all = media.value("examples", json::object());
          for (const auto& [name, example] : all.items()) {
            ++examples;
            EXPECT_THAT(schemas_.faults(media.at("schema"), example.at("value")), IsEmpty()) << path << " " << name;
          }
        }
      }
    }
  }
  EXPECT_GT(examples, 100u);
}

TEST_F(OpenApi, ExamplesOfItsFormsAreWhatTheirSchemasSay) {
  for (const char* path : {"/discovery/register", "/discovery/renew", "/discovery/cancel", "/discovery/set"}) {
    const json& media = operation(path, "post").at("requestBody").at("content").at("application/x-www-form-urlencoded");
    EXPECT_THAT(schemas_.faults(media.at("schema"), media.at("example")), IsEmpty()) << path;
  }
}

TEST_F(OpenApi, TheWritesOfItsExamplesAreDone) {
  for (const char* path :
       {"/discovery/register", "/discovery/renew", "/discovery/set", "/discovery/renew", "/discovery/cancel"}) {
    const Answer answer = daemon_.post(path, form_of(path));
    EXPECT_EQ(answer.code(), 0) << path << answer.body;
    expect_described(path, "post", answer);
  }
}

TEST_F(OpenApi, TheReadsOfItsExamplesAreAnsweredAsItSays) {
  ASSERT_EQ(daemon_.post("/discovery/register", form_of("/discovery/register")).code(), 0);
  // Of a node alone: it is no peer, and knows no other.
  const std::map<std::string, int> otherwise{{"/discovery/peer/hello", 403}, {"/api/compare", 404}};
  for (const auto& [path, methods] : document_.at("paths").items()) {
    if (!methods.contains("get") || path == "/api/events") continue;
    std::string target = target_of(path, "get");
    if (path == "/api/records") target += "?env=prod&appid=shop.cart&hostname=cart-0";
    const Answer answer = daemon_.get(target);
    const auto it = otherwise.find(path);
    EXPECT_EQ(answer.status, it == otherwise.end() ? 200 : it->second) << target << " " << answer.body;
    expect_described(path, "get", answer);
    if (path.starts_with("/discovery/") && answer.status == 200) {
      EXPECT_EQ(answer.code(), 0) << target;
    }
  }
}

TEST_F(OpenApi, VariantsAreAnsweredAsItSaysToo) {
  ASSERT_EQ(daemon_.post("/discovery/register", form_of("/discovery/register")).code(), 0);
  const std::string key = "env=prod&appid=shop.cart&zone=sh001&hostname=cart-0";
  EXPECT_EQ(daemon_.post("/admin/instance/set?status=2&" + key).status, 200);
  for (const std::string& target :
       {std::string("/readyz?verbose"), std::string("/api/records?branch=7"),
        std::string("/api/history?env=prod&appid=shop.cart&at=0s"), std::string("/api/history?limit=1"),
        std::string("/api/history?limit=0"), std::string("/api/service?env=prod&appid=x"),
        std::string("/api/explain?env=prod&appid=x&hostname=y&nodes=0"),
        std::string("/discovery/fetch?env=prod&appid=x&status=1"), std::string("/discovery/poll?env=prod")}) {
    expect_described(target.substr(0, target.find('?')), "get", daemon_.get(target));
  }
}

TEST_F(OpenApi, TheActionsOfItsExamplesAreDone) {
  ASSERT_EQ(daemon_.post("/discovery/register", form_of("/discovery/register")).code(), 0);
  const std::map<std::string, int> otherwise{{"/admin/cluster/remove", 404}, {"/admin/brake/release", 404}};
  for (const char* path : {"/admin/reload", "/admin/log-level", "/admin/instance/set", "/admin/instance/cancel",
                           "/admin/cluster/remove", "/admin/brake/release"}) {
    const Answer answer = daemon_.post(target_of(path, "post"));
    const auto it = otherwise.find(path);
    EXPECT_EQ(answer.status, it == otherwise.end() ? 200 : it->second) << path << " " << answer.body;
    expect_described(path, "post", answer);
  }
}

TEST_F(OpenApi, EventsAndDrainingAreAsItSays) {
  const Answer events = daemon_.get("/api/events?since=0");
  EXPECT_EQ(events.status, 200);
  expect_described("/api/events", "get", events);
  const Answer drains = daemon_.post("/admin/drain");
  EXPECT_EQ(drains.status, 202);
  expect_described("/admin/drain", "post", drains);
  const auto ending = daemon_.process().wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0);
}

}  // namespace
}  // namespace discovery::integration
