// How requests become parameters: order of checks, first values, limits, text that is no UTF-8 (discovery-api.md 2).
#include "codec/text.h"
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

std::string missing(const std::string& arg, const std::string& field, const std::string& tag = "required") {
  return "Key: '" + arg + "." + field + "' Error:Field validation for '" + field + "' failed on the '" + tag + "' tag";
}

TEST(Binding, NamesAllMissingParametersOfEachRoute) {
  Node node;
  const std::string zone_to_host = missing("ArgRegister", "Zone") + "\n" + missing("ArgRegister", "Env") + "\n" +
                                   missing("ArgRegister", "AppID") + "\n" + missing("ArgRegister", "Hostname");
  EXPECT_EQ(node.post("/discovery/register", {}).message(),
            zone_to_host + "\n" + missing("ArgRegister", "Status") + "\n" + missing("ArgRegister", "Addrs", "gt"));
  for (const std::string arg : {"ArgRenew", "ArgCancel"}) {
    EXPECT_EQ(node.post(arg == "ArgRenew" ? "/discovery/renew" : "/discovery/cancel", {}).message(),
              missing(arg, "Zone") + "\n" + missing(arg, "Env") + "\n" + missing(arg, "AppID") + "\n" +
                  missing(arg, "Hostname"));
  }
  EXPECT_EQ(node.post("/discovery/set", {}).message(),
            missing("ArgSet", "Zone") + "\n" + missing("ArgSet", "Env") + "\n" + missing("ArgSet", "AppID"));
  EXPECT_EQ(node.get("/discovery/fetch").message(),
            missing("ArgFetch", "Env") + "\n" + missing("ArgFetch", "AppID") + "\n" + missing("ArgFetch", "Status"));
  EXPECT_EQ(
      node.get("/discovery/fetchs").message(),
      missing("ArgFetchs", "Env") + "\n" + missing("ArgFetchs", "AppID", "gt") + "\n" + missing("ArgFetchs", "Status"));
  EXPECT_EQ(
      node.get("/discovery/poll").message(),
      missing("ArgPoll", "Env") + "\n" + missing("ArgPoll", "AppID", "gt") + "\n" + missing("ArgPoll", "Hostname"));
  EXPECT_EQ(
      node.get("/discovery/polls").message(),
      missing("ArgPolls", "Env") + "\n" + missing("ArgPolls", "AppID", "gt") + "\n" + missing("ArgPolls", "Hostname"));
}

// Every required parameter of every route, left out and empty, is -400 without Kratos-Status-Code and stores nothing.
TEST(Binding, RefusesEachRequiredParameterMissingOrEmpty) {
  struct Case {
    std::string path;
    Fields valid;
    std::vector<std::string> required;
  };
  const std::vector<Case> posts{
      {"/discovery/register", Node::instance("a", "new"), {"zone", "env", "appid", "hostname", "status", "addrs"}},
      {"/discovery/renew", Node::key("a"), {"zone", "env", "appid", "hostname"}},
      {"/discovery/cancel", Node::key("a"), {"zone", "env", "appid", "hostname"}},
      {"/discovery/set", with(Node::key("a"), "status", "2"), {"zone", "env", "appid"}},
  };
  const std::vector<Case> gets{
      {"/discovery/fetch", {{"env", "dev"}, {"appid", "a"}, {"status", "1"}}, {"env", "appid", "status"}},
      {"/discovery/fetchs", {{"env", "dev"}, {"appid", "a"}, {"status", "1"}}, {"env", "appid", "status"}},
      {"/discovery/poll", {{"env", "dev"}, {"appid", "a"}, {"hostname", "w"}}, {"env", "appid", "hostname"}},
      {"/discovery/polls",
       {{"env", "dev"}, {"appid", "a"}, {"hostname", "w"}, {"latest_timestamp", "0"}},
       {"env", "appid", "hostname"}},
  };
  Node node;
  node.reg("a");
  const Json before = node.fetch("a");
  const auto expect_refused = [](const Answer& a, const std::string& what) {
    EXPECT_EQ(a.status, 200) << what;
    EXPECT_EQ(a.code(), -400) << what;
    EXPECT_EQ(a.status_code(), "") << what;
    EXPECT_EQ(member_names(a.json()), (std::vector<std::string>{"code", "message", "ttl"})) << what;
  };
  for (const Case& c : posts) {
    for (const std::string& name : c.required) {
      expect_refused(node.post(c.path, without(c.valid, name)), c.path + " without " + name);
      expect_refused(node.post(c.path, with(c.valid, name, "")), c.path + " with empty " + name);
    }
  }
  for (const Case& c : gets) {
    for (const std::string& name : c.required) {
      expect_refused(node.get(c.path + "?" + encode(without(c.valid, name))), c.path + " without " + name);
      expect_refused(node.get(c.path + "?" + encode(with(c.valid, name, ""))), c.path + " with empty " + name);
    }
  }
  EXPECT_EQ(node.fetch("a"), before);
}

TEST(Binding, ParsesInFieldOrderBeforeItLooksForWhatIsMissing) {
  Node node;
  // hostname is missing, status and dirty_timestamp do not parse: the first that does not parse is told.
  const Fields bad = with(with(without(Node::instance("a"), "hostname"), "status", "x"), "dirty_timestamp", "y");
  EXPECT_EQ(node.post("/discovery/register", bad).message(), R"(strconv.ParseUint: parsing "x": invalid syntax)");
  EXPECT_EQ(node.post("/discovery/register", with(bad, "status", "1")).message(),
            R"(strconv.ParseInt: parsing "y": invalid syntax)");
  EXPECT_EQ(node.post("/discovery/register", without(with(bad, "status", "1"), "dirty_timestamp")).message(),
            missing("ArgRegister", "Hostname"));
  // And what is missing comes before the endpoint's own checks.
  EXPECT_EQ(node.post("/discovery/register", without(with(Node::instance("a"), "status", "7"), "zone")).message(),
            missing("ArgRegister", "Zone"));
}

TEST(Binding, RefusesNumbersThatDoNotParseOnEveryRoute) {
  Node node;
  node.reg("a");
  for (const std::string value : {"x", "1.5", "--1", "9223372036854775808", "0x10", "1e3", "\xff"}) {
    for (const char* name : {"dirty_timestamp", "latest_timestamp", "reg_timestamp"}) {
      EXPECT_EQ(node.write("register", with(Node::instance("a"), name, value)).code(), -400) << name << "=" << value;
    }
    EXPECT_EQ(node.write("renew", with(Node::key("a"), "dirty_timestamp", value)).code(), -400) << value;
    EXPECT_EQ(node.write("cancel", with(Node::key("a"), "latest_timestamp", value)).code(), -400) << value;
    EXPECT_EQ(node.write("cancel", with(Node::key("a"), "dirty_timestamp", value)).code(), -400) << value;
    EXPECT_EQ(node.write("set", with(Node::key("a"), "set_timestamp", value)).code(), -400) << value;
    EXPECT_EQ(node.write("set", with(Node::key("a"), "status", value)).code(), -400) << value;
    const std::string query = encode({{"env", "dev"}, {"appid", "a"}, {"hostname", "w"}, {"latest_timestamp", value}});
    EXPECT_EQ(node.get("/discovery/poll?" + query).code(), -400) << value;
    EXPECT_EQ(node.get("/discovery/polls?" + query).code(), -400) << value;
  }
  EXPECT_EQ(node.one("a")["hostname"], "h1");
}

TEST(Binding, TakesTheFirstOfRepeatedValues) {
  Node node;
  const std::string body =
      "zone=z1&zone=z2&env=dev&env=prod&appid=a&appid=b&hostname=h1&hostname=h2&status=2&status=1"
      "&addrs=http://a:1&version=v1&version=v2&replication=false&replication=x&dirty_timestamp=7"
      "&dirty_timestamp=junk&metadata=%7B%7D&metadata=junk";
  EXPECT_EQ(node.post_text("/discovery/register", body).code(), 0);
  const Json i = node.one("a");
  EXPECT_EQ(i["status"], 2);
  EXPECT_EQ(i["version"], "v1");
  EXPECT_EQ(i["dirty_timestamp"], 7) << "the second, which does not parse, is not looked at";
  EXPECT_EQ(node.fetch("b"), nullptr);
}

TEST(Binding, SplitsCommaLists) {
  Node node;
  node.write("register", with(Node::instance("a"), "addrs", "http://a:1,,grpc://a:2,"));
  EXPECT_EQ(node.one("a")["addrs"], (Json{"http://a:1", "grpc://a:2"}));
  node.reg("b");
  const Json both = node.get("/discovery/fetchs?env=dev&status=1&appid=a,b&appid=,").data();
  EXPECT_EQ(member_names(both), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(member_names(node.get("/discovery/polls?env=dev&hostname=w&appid=a,b&latest_timestamp=0,0").data()),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(node.get("/discovery/polls?env=dev&hostname=w&appid=a,b&latest_timestamp=0").code(), -400);
  const std::string poll =
      "/discovery/poll?env=dev&hostname=w&appid=a,b&latest_timestamp=0," + std::to_string(INT64_MAX);
  EXPECT_EQ(node.get(poll).data()["instances"]["z1"][0]["appid"], "a") << "the first app, with the first timestamp";
}

TEST(Binding, RefusesARegisterOfAnAppidWithAComma) {
  Node node;
  const Answer a = node.reg("a,b");
  EXPECT_EQ(a.code(), -400);
  EXPECT_EQ(node.get("/discovery/fetch/all").data(), Json::object());
}

TEST(Binding, IgnoresUnknownParametersAndBadPairs) {
  Node node;
  const std::string valid = encode(Node::instance("a"));
  const std::string noise = "&appkey=k&ts=1&sign=s&treeid=9&color=red&shard=x&=&&hostname2=%zz&foo=%&a;b=c";
  EXPECT_EQ(node.post_text("/discovery/register", "hostname=%zz&" + valid + noise).code(), 0)
      << "a pair with a bad escape is as if it were not there";
  EXPECT_EQ(node.one("a")["hostname"], "h1");
  const std::string only_bad = encode(without(Node::instance("b"), "hostname")) + "&hostname=%zz";
  EXPECT_EQ(node.post_text("/discovery/register", only_bad).code(), -400);
}

TEST(Binding, BoundsTheNumberOfFormFields) {
  ApiSettings settings = test_settings();
  settings.form_fields_max = 12;
  Node node(settings);
  std::string body = encode(Node::instance("a"));  // 9 fields
  body += "&x=1&x=2&x=3";
  EXPECT_EQ(node.post_text("/discovery/register", body).code(), 0) << "at the limit";
  const Answer one_more = node.post_text("/discovery/register", body + "&x=4");
  EXPECT_EQ(one_more.code(), -400);
  EXPECT_EQ(one_more.status_code(), "");
  EXPECT_EQ(one_more.message(), "more than 12 parameters (limits.form_fields)");
  EXPECT_EQ(node.post_text("/discovery/register?y=1", body).code(), -400) << "body and query count together";
  EXPECT_EQ(node.get("/discovery/nodes?a&b&c&d&e&f&g&h&i&j&k&l").code(), 0);
  EXPECT_EQ(node.get("/discovery/nodes?a&b&c&d&e&f&g&h&i&j&k&l&m").code(), -400);
}

TEST(Binding, BoundsNamesOfInstances) {
  ApiSettings settings = test_settings();
  settings.name_bytes_max = 16;
  Node node(settings);
  const std::string at(16, 'n');
  const std::string past(17, 'n');
  for (const char* name : {"zone", "env", "appid", "hostname"}) {
    EXPECT_EQ(node.write("register", with(Node::instance("a"), name, at)).code(), 0) << name;
    for (const char* action : {"register", "renew", "cancel", "set"}) {
      const Answer refused = node.write(action, with(Node::instance("a"), name, past));
      EXPECT_EQ(refused.code(), -400) << action << " " << name;
      EXPECT_EQ(node.write(action, with(Node::instance("a"), name, "bad\xff")).code(), -400) << action << " " << name;
    }
  }
  const Answer refused = node.write("register", with(Node::instance("a"), "zone", past));
  EXPECT_EQ(refused.message(), "zone is longer than limits.name_bytes allows");
  EXPECT_EQ(node.write("register", with(Node::instance("a"), "region", past)).code(), 0) << "a region is no name";
}

// The same rules where names are asked for, lists included (discovery-api.md 1.7, security.md 1).
TEST(Binding, BoundsNamesOfReaders) {
  ApiSettings settings = test_settings();
  settings.name_bytes_max = 16;
  Node node(settings);
  const std::string past(17, 'n');
  const std::vector<std::pair<std::string, Fields>> readers{
      {"/discovery/fetch?", {{"env", "dev"}, {"appid", "a"}, {"status", "1"}, {"zone", "z"}}},
      {"/discovery/fetchs?", {{"env", "dev"}, {"appid", "a"}, {"status", "1"}, {"zone", "z"}}},
      {"/discovery/poll?", {{"env", "dev"}, {"appid", "a"}, {"hostname", "w"}, {"zone", "z"}}},
      {"/discovery/polls?",
       {{"env", "dev"}, {"appid", "a"}, {"hostname", "w"}, {"zone", "z"}, {"latest_timestamp", "0"}}}};
  for (const auto& [path, valid] : readers) {
    for (const char* name : {"env", "appid", "zone", "hostname"}) {
      if (without(valid, name) == valid) continue;
      for (const std::string& value : {past, std::string("bad\xff")}) {
        const FakeExchange& asked = node.send_get(path + encode(with(valid, name, value)));
        EXPECT_EQ(asked.answer().code(), -400) << path << name;
      }
    }
  }
  const FakeExchange& in_list =
      node.send_get("/discovery/polls?env=dev&hostname=w&appid=ok," + past + "&latest_timestamp=0,0");
  EXPECT_TRUE(in_list.answered());
}

TEST(Binding, TakesBlankAndWideNames) {
  Node node;
  for (const std::string name : {" ", "\xe4\xbd\xa0", "a b/c?d&e=f;g", "\"<>\\", "\x01"}) {
    Fields form = Node::instance(name, name);
    const std::string env = name == "\x01" ? "dev" : name;  // its first byte is kept for the node itself
    form = with(with(form, "zone", name), "env", env);
    EXPECT_EQ(node.write("register", form).code(), 0) << name;
    const Json data =
        node.get("/discovery/fetch?" + encode({{"env", env}, {"appid", name}, {"zone", name}, {"status", "1"}})).data();
    EXPECT_EQ(data["instances"][name][0]["hostname"], name);
  }
}

TEST(Binding, RepairsOtherTextThatIsNoUtf8) {
  Node node;
  Fields form = with(with(Node::instance("a"), "region", "r\xff"), "version", "\xc3(");
  form = with(with(form, "addrs", "http://\xfe:1"), "metadata", "{\"k\xff\":\"v\xed\xa0\x80\"}");
  ASSERT_EQ(node.write("register", form).code(), 0);
  const Json i = node.one("a");
  EXPECT_EQ(i["region"], "r\xef\xbf\xbd");
  EXPECT_EQ(i["version"], "\xef\xbf\xbd(");
  EXPECT_EQ(i["addrs"][0], "http://\xef\xbf\xbd:1");
  ASSERT_EQ(i["metadata"].size(), 1U);
  EXPECT_EQ(member_names(i["metadata"])[0], "k\xef\xbf\xbd");
  node.registry.with_application({"dev", "a"}, [](const registry::Application& app) {
    const registry::Instance& stored = app.record(app.find("z1", "h1"));
    for (const std::string_view text :
         {stored.region(), stored.version(), stored.addrs_json(), stored.metadata_json()}) {
      EXPECT_TRUE(codec::is_utf8(text)) << "repaired when stored, not only when shown";
    }
  });
}

TEST(Binding, TellsTheObserverWhatWasRefusedAndWhy) {
  ApiSettings settings = test_settings();
  settings.form_fields_max = 10;
  Node node(settings);
  node.post_text("/discovery/register", "{", "application/json");
  node.get("/discovery/nodes?a&b&c&d&e&f&g&h&i&j&k");
  node.get("/discovery/fetch");
  node.write("register", with(Node::instance("a"), "hostname", std::string(1025, 'x')));
  node.write("register", with(Node::instance("a"), "metadata", "x"));
  using Refusal = Recorder::Refusal;
  EXPECT_EQ(node.seen.refusals, (std::vector<Refusal>{{Route::kRegister, ErrorCode::kInvalidArgument, true},
                                                      {Route::kNodes, ErrorCode::kLimitExceeded, true},
                                                      {Route::kFetch, ErrorCode::kInvalidArgument, false},
                                                      {Route::kRegister, ErrorCode::kLimitExceeded, false},
                                                      {Route::kRegister, ErrorCode::kInvalidArgument, false}}));
  EXPECT_EQ(node.seen.answers.size(), 5U) << "each is answered as well, once";
  node.reg("a");
  node.renew("none");
  node.get(Node::poll_of("none", 0));
  EXPECT_EQ(node.seen.refusals.size(), 5U) << "what is not found was not refused";
}

TEST(Binding, BoundsPolledApps) {
  ApiSettings settings = test_settings();
  settings.poll_apps_max = 3;
  Node node(settings);
  for (const char* app : {"a", "b", "c", "d"}) node.reg(app);
  const auto codes = [&](const std::string& apps, const std::string& stamps) {
    return std::vector<int>{
        node.get("/discovery/fetchs?env=dev&status=1&appid=" + apps).code(),
        node.get("/discovery/poll?env=dev&hostname=w&appid=" + apps + "&latest_timestamp=" + stamps).code(),
        node.get("/discovery/polls?env=dev&hostname=w&appid=" + apps + "&latest_timestamp=" + stamps).code()};
  };
  EXPECT_EQ(codes("a,b,c", "0,0,0"), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(codes("a,b,c,d", "0,0,0,0"), (std::vector<int>{-400, -400, -400}));
  EXPECT_NE(node.get("/discovery/fetchs?env=dev&status=1&appid=a,b,c,d").message().find("limits.poll_apps"),
            std::string::npos);
}

}  // namespace
}  // namespace discovery::protocol
