// The words of the tool, its exit codes and its fail-over, with nodes that a function answers for.
#include "ctl/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "integration/temp_dir.h"
#include "unit/ctl/tool.h"

namespace discovery::ctl::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Words = std::vector<std::string>;

const std::string kOverview =
    R"({"node":"10.0.0.1:7171","version":"0.1.0","started_at":1764318600000000000,"ready":true,"draining":false,)"
    R"("instances":48211,"held":2,"protection":{"active":false,"renewals_last_minute":7,"renewals_needed":5,)"
    R"("renewals_expected":6},"brake":{"enabled":true,"applications":[]},"nodes":[)"
    R"({"address":"10.0.0.1:7171","zone":"sh001","self":true,"state":"self","lag_seconds":0,"divergent":0},)"
    R"({"address":"10.0.0.2:7171","zone":"sh002","self":false,"state":"down","lag_seconds":3,"divergent":1,)"
    R"("trouble":"nobody listens there"}],)"
    R"("most_changed":[]})";
const std::string kServices =
    R"({"node":"n","total":1,"matched":3,"services":[{"env":"dev","appid":"shop.cart","up":2,"waiting":1,"hidden":0,)"
    R"("zones":{"z1":3},"watchers":4,"last_change":1764322197000000000}]})";
const std::string kService =
    R"({"node":"n","env":"dev","appid":"shop","total":2,"instances":[)"
    R"({"zone":"z1","hostname":"h1","status":1,"state":"visible","addrs":["http://10.0.0.1:80"]},)"
    R"({"zone":"z1","hostname":"h2","status":1,"state":"visible"}]})";

TEST(Words, WrongOnesEndWithTwo) {
  Tool tool;
  const std::vector<Words> wrong{{},
                                 {"member"},
                                 {"--nobody", "members"},
                                 {"members", "words"},
                                 {"instances"},
                                 {"explain", "shop"},
                                 {"cancel", "shop"},
                                 {"set", "shop", "h1"},
                                 {"set", "shop", "h1", "--status", "down"},
                                 {"state", "shop"},
                                 {"state", "shop", "--at", "yesterday"},
                                 {"history", "--since", "2026-13-01T00:00:00Z"},
                                 {"history", "--limit", "1001"},
                                 {"history", "--limit", "0"},
                                 {"services", "--sort", "size"},
                                 {"services", "--limit", "10001"},
                                 {"diff", "a:1"},
                                 {"log-level", "loud"},
                                 {"completion", "csh"},
                                 {"clients", "--slow", "--throttled"},
                                 {"drain", "h", "--app", "--host"},
                                 {"register", "shop", "h1", "--url", "http://a:1"},
                                 {"register", "shop", "h1", "--zone", "z", "--url", "http://a:1", "--metadata", "x"},
                                 {"explain", "a", "b", "--status", "4"},
                                 {"members", "-o", "xml"},
                                 {"members", "--timeout", "soon"},
                                 {"members", "--timeout", "0s"},
                                 {"members", "--timeout", "61m"},
                                 {"members", "--addr", "nobody"},
                                 {"members", "--addr", "a:1,,b:2"},
                                 {"members", "--addr", "https://a:1"},
                                 {"members", "--token-file", "/nonexistent/token"},
                                 {"members", "--watch=0.01"},
                                 {"cancel", "a", "b", "--watch", "1"}};
  for (const Words& words : wrong) {
    EXPECT_EQ(tool.run(words), Exit::kUsage) << ::testing::PrintToString(words);
    EXPECT_THAT(tool.screen.errors, HasSubstr("discoveryctl: ")) << ::testing::PrintToString(words);
    EXPECT_EQ(tool.screen.output, "") << ::testing::PrintToString(words);
    EXPECT_TRUE(tool.asked.empty()) << "nobody is asked: " << ::testing::PrintToString(words);
  }
}

TEST(Words, HelpAndVersionEndWithZero) {
  Tool tool;
  EXPECT_EQ(tool.run({"--help"}), Exit::kDone);
  EXPECT_THAT(tool.screen.output, HasSubstr("drain-node"));
  EXPECT_EQ(tool.run({"explain", "--help"}), Exit::kDone);
  EXPECT_THAT(tool.screen.output, HasSubstr("discoveryctl explain shop.cart cart-0"));
  EXPECT_EQ(tool.run({"--version"}), Exit::kDone);
  EXPECT_EQ(tool.screen.output, "discoveryctl 1.2.3\n");
}

TEST(Words, WatchTakesANumberOrNone) {
  EXPECT_THAT(with_watch_joined(Words{"members", "--watch", "5"}), ElementsAre("members", "--watch=5"));
  EXPECT_THAT(with_watch_joined(Words{"--watch", "members"}), ElementsAre("--watch=2s", "members"));
  EXPECT_THAT(with_watch_joined(Words{"services", "--watch", "1.5s"}), ElementsAre("services", "--watch=1.5s"));
  EXPECT_THAT(with_watch_joined(Words{"services", "--", "--watch"}), ElementsAre("services", "--", "--watch"));
}

TEST(Words, AnApplicationMayHaveTheNameOfAVerb) {
  Tool tool;
  tool.say("/api/service", kService);
  EXPECT_EQ(tool.run({"instances", "top"}), Exit::kDone) << tool.screen.errors;
  EXPECT_THAT(tool.asked.at(0).request.target, HasSubstr("appid=top"));
}

TEST(Addresses, TheOptionThenTheEnvironmentThenTheDefault) {
  Tool tool;
  tool.say("/api/overview", kOverview);
  EXPECT_EQ(tool.run({"protect"}), Exit::kDone);
  EXPECT_THAT(tool.options.nodes, ElementsAre("127.0.0.1:7171"));
  tool.addresses = "a:1,b:2";
  EXPECT_EQ(tool.run({"protect"}), Exit::kDone);
  EXPECT_THAT(tool.options.nodes, ElementsAre("a:1", "b:2"));
  EXPECT_EQ(tool.run({"protect", "--addr", "c:3", "--timeout", "2s"}), Exit::kDone);
  EXPECT_THAT(tool.options.nodes, ElementsAre("c:3"));
  EXPECT_EQ(tool.options.node_timeout, std::chrono::seconds(2));
  tool.addresses = "nonsense";
  EXPECT_EQ(tool.run({"protect"}), Exit::kUsage);
  EXPECT_THAT(tool.screen.errors, HasSubstr("DISCOVERY_ADDR"));
}

TEST(FailOver, TheNextNodeAnswersAndItIsSaid) {
  Tool tool;
  tool.answer_for = [](const Asked& asked) {
    if (asked.node != "c:3") return Tool::nobody();
    client::CallAnswer answer;
    answer.status = 200;
    answer.body = kServices;
    return answer;
  };
  EXPECT_EQ(tool.run({"services", "--addr", "a:1,b:2,c:3"}), Exit::kDone);
  EXPECT_THAT(tool.screen.errors, HasSubstr("a:1: connection refused; b:2: connection refused; c:3 answered instead"));
  EXPECT_THAT(tool.screen.output, HasSubstr("shop.cart"));
}

TEST(FailOver, NobodyEndsWithThree) {
  Tool tool;
  for (const Words& words : std::vector<Words>{{"members"},
                                               {"services"},
                                               {"instances", "a"},
                                               {"renew", "a", "b"},
                                               {"cancel", "a", "b", "--yes"},
                                               {"set", "a", "b", "--status", "up"},
                                               {"drain", "a", "--yes"},
                                               {"explain", "a", "b"},
                                               {"history"},
                                               {"state", "a", "--at", "1m"},
                                               {"diff", "a:1", "b:2"},
                                               {"clients"},
                                               {"protect"},
                                               {"protect", "release", "a"},
                                               {"top"},
                                               {"reload"},
                                               {"drain-node", "--yes"},
                                               {"log-level", "debug"},
                                               {"remove-node", "a:1"},
                                               {"register", "a", "b", "--zone", "z", "--url", "http://a:1"}}) {
    EXPECT_EQ(tool.run(words), Exit::kNoAnswer) << ::testing::PrintToString(words);
    EXPECT_THAT(tool.screen.errors, HasSubstr("connection refused"));
    EXPECT_EQ(tool.screen.output, "");
  }
}

TEST(Refusals, AreToldInTheWordsOfTheNode) {
  Tool tool;
  tool.say("/api/services", R"({"error":"q is\u001b[2J wrong"})", 400);
  EXPECT_EQ(tool.run({"services"}), Exit::kRefused);
  EXPECT_EQ(tool.screen.errors, "discoveryctl: 127.0.0.1:7171: q is\\u001b[2J wrong (HTTP 400)\n");
  tool.say("/api/services", "404 page not found\n", 404);
  EXPECT_EQ(tool.run({"services"}), Exit::kRefused);
  EXPECT_THAT(tool.screen.errors, HasSubstr("has no /api/services"));
  tool.say("/admin/reload", R"({"error":"no"})", 403);
  EXPECT_EQ(tool.run({"reload"}), Exit::kRefused);
  EXPECT_THAT(tool.screen.errors, HasSubstr("--token-file"));
  for (const char* garbage : {"", "[]", "{", "<html>", "\xff\xfe"}) {
    tool.say("/api/services", garbage);
    EXPECT_EQ(tool.run({"services"}), Exit::kRefused) << garbage;
    EXPECT_THAT(tool.screen.errors, HasSubstr("no JSON object"));
  }
  tool.say("/discovery/renew", R"({"code":-404,"message":"x","data":null})");
  EXPECT_EQ(tool.run({"renew", "a", "b", "--zone", "z"}), Exit::kRefused);
  EXPECT_THAT(tool.screen.errors, HasSubstr("knows no such instance"));
  tool.say("/discovery/renew", R"({"message":"x"})");
  EXPECT_EQ(tool.run({"renew", "a", "b", "--zone", "z"}), Exit::kRefused);
}

TEST(Refusals, AnAnswerOfWrongMembersIsNoCrash) {
  Tool tool;
  tool.answer_for = [](const Asked&) {
    client::CallAnswer answer;
    answer.status = 200;
    answer.body =
        R"({"nodes":[1,{"address":[]},null],"services":[7,{"zones":{"a":"b"}},{"zones":[1]}],"instances":[null,"x",)"
        R"({"addrs":{"a":1}}],"total":99,"events":[[],{"before":3,"after":[],"count":"x"}],"clients":[{"slowed":[1]},2],)"
        R"("verdicts":[0,{}],"brake":{"applications":[5]},"protection":[],"most_changed":{"a":1},"requests":[null]})";
    return answer;
  };
  for (const Words& words : std::vector<Words>{{"members"},
                                               {"services"},
                                               {"instances", "a", "--all"},
                                               {"explain", "a", "b"},
                                               {"history"},
                                               {"state", "a", "--at", "1m"},
                                               {"clients"},
                                               {"clients", "--throttled"},
                                               {"protect"},
                                               {"top"},
                                               {"diff", "a:1", "b:2"},
                                               {"cancel", "a", "b", "--yes"},
                                               {"drain", "a"}}) {
    for (const bool json : {false, true}) {
      Words all = words;
      if (json) all.insert(all.end(), {"-o", "json"});
      const Exit exit = tool.run(all);
      EXPECT_TRUE(exit == Exit::kDone || exit == Exit::kRefused) << ::testing::PrintToString(all);
    }
  }
}

TEST(Output, JsonIsOneDocumentOnOneLine) {
  Tool tool;
  tool.say("/api/overview", kOverview);
  EXPECT_EQ(tool.run({"-o", "json", "members"}), Exit::kDone);
  EXPECT_EQ(tool.screen.output, kOverview + "\n") << "what the node said";
  EXPECT_EQ(tool.screen.errors, "");
}

TEST(Output, MembersShowWhoIsDown) {
  Tool tool;
  tool.say("/api/overview", kOverview);
  EXPECT_EQ(tool.run({"members"}), Exit::kDone);
  EXPECT_EQ(tool.screen.output,
            "Node             Zone   State  Version  Instances  Lag  Diff  Protect  Uptime  Trouble\n"
            "10.0.0.1:7171 *  sh001  alive  0.1.0       48,211    -     -  off          1h  -\n"
            "10.0.0.2:7171    sh002  down   -                -    -     -  -             -  nobody listens there\n");
  EXPECT_EQ(tool.asked.size(), 1U) << "who is down is not asked";
}

TEST(Output, ServicesAreCutToATerminalOnly) {
  Tool tool;
  tool.say("/api/services", kServices);
  EXPECT_EQ(tool.run({"services"}), Exit::kDone);
  EXPECT_THAT(tool.screen.output, HasSubstr("2025-11-28T09:29:57Z (3s ago)  z1:3\n"));
  EXPECT_THAT(tool.screen.errors, HasSubstr("2 more fit"));
  tool.screen.columns = 20;
  EXPECT_EQ(tool.run({"services"}), Exit::kDone);
  EXPECT_EQ(tool.screen.output, "Env  Application  U…\ndev  shop.cart     …\n");
}

TEST(Output, NamesForCompletionAreThoseThatNeedNoQuotes) {
  Tool tool;
  tool.say("/api/services", R"x({"services":[{"appid":"shop.cart"},{"appid":"$(reboot)"},{"appid":"-rf"},)x"
                            R"x({"appid":""},{"appid":"a b"},{"appid":"x_1-y"}]})x");
  EXPECT_EQ(tool.run({"services", "--names"}), Exit::kDone);
  EXPECT_EQ(tool.screen.output, "shop.cart\nx_1-y\n");
}

TEST(Output, NothingFoundEndsWithOne) {
  Tool tool;
  tool.say("/api/services", R"({"services":[]})");
  tool.say("/api/history", R"({"events":[],"instances":[],"complete":true})");
  tool.say("/api/clients", R"({"clients":[]})");
  tool.say("/api/service", R"({"total":0,"instances":[]})");
  for (const Words& words : std::vector<Words>{
           {"services"}, {"history"}, {"clients"}, {"instances", "a"}, {"state", "a", "--at", "1m"}, {"drain", "h"}}) {
    EXPECT_EQ(tool.run(words), Exit::kRefused) << words[0];
    EXPECT_NE(tool.screen.errors, "");
  }
  EXPECT_EQ(tool.run({"services", "-o", "json"}), Exit::kRefused);
  EXPECT_EQ(tool.screen.output, "{\"services\":[]}\n");
}

TEST(Output, ALostScreenIsAFailure) {
  Tool tool;
  tool.say("/api/services", kServices);
  tool.screen.gone = true;
  EXPECT_EQ(tool.run({"services"}), Exit::kRefused);
}

TEST(Watch, RunsAgainAndClearsATerminalOnly) {
  Tool tool;
  tool.say("/api/services", kServices);
  tool.pauses = 2;
  EXPECT_EQ(tool.run({"services", "--watch", "3"}), Exit::kDone);
  EXPECT_EQ(tool.asked.size(), 3U);
  EXPECT_THAT(tool.paused, ElementsAre(std::chrono::seconds(3), std::chrono::seconds(3), std::chrono::seconds(3)));
  EXPECT_THAT(tool.screen.output, Not(HasSubstr("\x1b")));
  tool.screen.columns = 80;
  tool.pauses = 0;
  EXPECT_EQ(tool.run({"services", "--watch"}), Exit::kDone);
  EXPECT_THAT(tool.screen.output, ::testing::StartsWith("\x1b[H\x1b[2J"));
}

TEST(Admin, GoesToTheFirstAddressAndNoOther) {
  Tool tool;
  EXPECT_EQ(tool.run({"reload", "--addr", "a:1,b:2"}), Exit::kNoAnswer);
  ASSERT_EQ(tool.asked.size(), 1U);
  EXPECT_EQ(tool.asked[0].node, "a:1");
  tool.say("/admin/reload", R"({"changed":["log.level"]})");
  EXPECT_EQ(tool.run({"reload", "--addr", "a:1,b:2"}), Exit::kDone);
  EXPECT_EQ(tool.screen.output, "a:1: changed: [\"log.level\"]\n");
}

TEST(Admin, EachGoesToAllAndTheWorstCounts) {
  Tool tool;
  tool.answer_for = [](const Asked& asked) {
    if (asked.node == "b:2") return Tool::nobody();
    client::CallAnswer answer;
    answer.status = 200;
    answer.body = R"({"level":"debug"})";
    return answer;
  };
  EXPECT_EQ(tool.run({"log-level", "debug", "--each", "--addr", "a:1,b:2,c:3"}), Exit::kNoAnswer);
  EXPECT_EQ(tool.screen.output, "a:1: level: debug\nc:3: level: debug\n");
  EXPECT_EQ(tool.asked[0].request.target, "/admin/log-level?level=debug");
  EXPECT_EQ(tool.asked[0].request.method, client::Method::kPost);
}

TEST(Admin, TheBrakeIsShownAndReleased) {
  Tool tool;
  tool.say("/api/overview",
           R"({"node":"n","held":3,"protection":{"active":true,"since":1764322140000000000},"brake":)"
           R"({"enabled":true,"applications":[{"env":"uat","appid":"shop","visible":40,"overdue":38}]}})");
  EXPECT_EQ(tool.run({"protect"}), Exit::kDone);
  EXPECT_THAT(tool.screen.output, HasSubstr("self-protection  ON since 2025-11-28T09:29:00Z (1m ago)"));
  EXPECT_THAT(tool.screen.output, HasSubstr("holds 1 application\n"));
  EXPECT_THAT(tool.screen.output, HasSubstr("3 instances past the lease"));
  tool.say("/admin/brake/release", R"({"released":true})");
  EXPECT_EQ(tool.run({"protect", "release", "shop", "--env", "uat", "--addr", "a:1,b:2"}), Exit::kDone);
  ASSERT_EQ(tool.asked.size(), 1U);
  EXPECT_EQ(tool.asked[0].node, "a:1");
  EXPECT_EQ(tool.asked[0].request.target, "/admin/brake/release?env=uat&appid=shop");
  EXPECT_EQ(tool.screen.output, "a:1: released: true\n");
  EXPECT_EQ(tool.run({"protect", "release"}), Exit::kUsage);
  EXPECT_EQ(tool.run({"remove-node", "c:3"}), Exit::kNoAnswer);
  EXPECT_EQ(tool.asked.at(0).request.target, "/admin/cluster/remove?node=c%3A3");
}

TEST(Token, IsReadFromAFileAndNeverShown) {
  const integration::TempDir folder;
  Tool tool;
  tool.say("/admin/reload", "{}");
  EXPECT_EQ(tool.run({"reload", "--token-file", folder.put("token", "s3cret\n")}), Exit::kDone);
  EXPECT_EQ(tool.options.token, "s3cret");
  EXPECT_EQ(tool.run({"reload", "--token-file", folder.put("token", std::string(kTokenBytesMax, 'x'))}), Exit::kDone);
  for (const std::string& bad : {std::string(), std::string("\n"), std::string(kTokenBytesMax + 1, 'x')}) {
    EXPECT_EQ(tool.run({"reload", "--token-file", folder.put("token", bad)}), Exit::kUsage);
  }
  EXPECT_EQ(tool.run({"reload", "--token-file", folder.put("token", "a\nX: s3cret\r\n")}), Exit::kUsage)
      << "no field of its own";
  EXPECT_THAT(tool.screen.errors, Not(HasSubstr("s3cret")));
}

class Cancel : public ::testing::Test {
 protected:
  Cancel() {
    tool_.say("/api/service", kService);
    tool_.say("/admin/instance/cancel", R"({"cancelled":true})");
    tool_.say("/admin/instance/set", R"({"changed":true})");
    tool_.say("/api/services", R"({"services":[{"env":"dev","appid":"shop"}]})");
  }
  [[nodiscard]] size_t writes() const {
    return static_cast<size_t>(std::count_if(tool_.asked.begin(), tool_.asked.end(),
                                             [](const Asked& a) { return a.request.method == client::Method::kPost; }));
  }
  Tool tool_;
};

TEST_F(Cancel, WithoutATerminalItWantsYes) {
  EXPECT_EQ(tool_.run({"cancel", "shop", "h1"}), Exit::kUsage);
  EXPECT_THAT(tool_.screen.errors, HasSubstr("--yes"));
  EXPECT_EQ(writes(), 0U);
  EXPECT_EQ(tool_.run({"cancel", "shop", "h1", "--yes"}), Exit::kDone);
  EXPECT_EQ(writes(), 1U);
  EXPECT_EQ(tool_.asked.back().request.target, "/admin/instance/cancel?env=dev&appid=shop&zone=z1&hostname=h1");
  EXPECT_FALSE(tool_.asked.back().request.repeatable);
  EXPECT_EQ(tool_.run({"drain-node"}), Exit::kUsage);
  EXPECT_EQ(tool_.run({"drain", "shop"}), Exit::kUsage);
  EXPECT_EQ(writes(), 0U);
}

TEST_F(Cancel, OnATerminalItShowsWhatRemainsAndAsks) {
  for (const char* no : {"", "n", "no", "yesterday", "Y es"}) {
    tool_.screen.answer = no;
    EXPECT_EQ(tool_.run({"cancel", "shop", "h1"}), Exit::kRefused) << no;
    EXPECT_EQ(writes(), 0U);
    EXPECT_THAT(tool_.screen.errors, HasSubstr("2 up, 0 waiting now; 1 up, 0 waiting then"));
    EXPECT_THAT(tool_.screen.questions, HasSubstr("[y/N]"));
  }
  for (const char* yes : {"y", "Y", "yes"}) {
    tool_.screen.answer = yes;
    EXPECT_EQ(tool_.run({"cancel", "shop", "h1"}), Exit::kDone) << yes;
    EXPECT_EQ(writes(), 1U);
  }
}

TEST_F(Cancel, DrainPlansAndThenDoes) {
  EXPECT_EQ(tool_.run({"drain", "h2", "--plan"}), Exit::kDone);
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(tool_.screen.output, HasSubstr("up -> waiting"));
  EXPECT_THAT(tool_.screen.output, HasSubstr("shop: 2 up, 0 waiting now; 1 up, 1 waiting then"));
  EXPECT_EQ(tool_.run({"drain", "h2", "--yes"}), Exit::kDone);
  EXPECT_EQ(writes(), 1U);
  EXPECT_THAT(tool_.asked.back().request.target, HasSubstr("hostname=h2&status=2"));
  EXPECT_EQ(tool_.run({"drain", "shop", "--yes", "-o", "json"}), Exit::kDone);
  EXPECT_EQ(writes(), 2U) << "of an application all";
  EXPECT_THAT(tool_.screen.output, HasSubstr(R"("failed":[],"done":2)"));
  EXPECT_EQ(tool_.run({"drain", "shop", "--host", "--yes"}), Exit::kRefused) << "no host of that name";
}

TEST_F(Cancel, DrainTellsWhatItCouldNotDo) {
  tool_.say("/admin/instance/set", R"({"error":"no such instance is listed"})", 404);
  EXPECT_EQ(tool_.run({"drain", "shop", "--yes"}), Exit::kRefused);
  EXPECT_THAT(tool_.screen.errors, HasSubstr("h1 of shop (env dev, zone z1): 127.0.0.1:7171: no such instance"));
}

TEST_F(Cancel, ANameThatIsBothMustBeToldApart) {
  tool_.say("/api/services", R"({"services":[{"appid":"h1"},{"appid":"shop"}]})");
  EXPECT_EQ(tool_.run({"drain", "h1", "--yes"}), Exit::kUsage);
  EXPECT_THAT(tool_.screen.errors, HasSubstr("--app or --host"));
  EXPECT_EQ(writes(), 0U);
}

TEST(Explain, NamesTheCause) {
  Tool tool;
  tool.say("/api/explain",
           R"({"node":"n1","visible":false,"cause":"expired","summary":"not visible: expired","verdicts":[)"
           R"({"about":"known","passes":true,"detail":"yes it is"},)"
           R"({"about":"lease","passes":false,"detail":"dead"},)"
           R"({"about":"status","passes":false,"detail":"waiting"}]})");
  EXPECT_EQ(tool.run({"explain", "shop", "h1", "--from", "sh002", "--status", "3"}), Exit::kDone);
  EXPECT_EQ(tool.screen.output,
            "NOT VISIBLE: expired\n"
            "#  About   Passes  Detail\n"
            "1  known   yes     yes it is\n"
            "2  lease   no      dead  <- the cause\n"
            "3  status  no      waiting\n"
            "n1: not visible: expired\n");
  EXPECT_EQ(tool.asked[0].request.target, "/api/explain?env=dev&appid=shop&hostname=h1&client_zone=sh002&status=3");
  tool.say("/api/explain", R"({"visible":false,"cause":"unknown_instance","verdicts":[]})");
  EXPECT_EQ(tool.run({"explain", "shop", "h1"}), Exit::kRefused);
}

TEST(Health, IsThatOfTheFirstNode) {
  Tool tool;
  tool.addresses = "127.0.0.1:7171,127.0.0.1:7172";
  tool.say("/healthz", "ok\n");
  EXPECT_EQ(tool.run({"health"}), Exit::kDone);
  EXPECT_EQ(tool.screen.output, "127.0.0.1:7171: healthy\n");
  tool.say("/readyz", R"({"error":"starting"})", 503);
  EXPECT_EQ(tool.run({"health", "--ready"}), Exit::kRefused);
  EXPECT_THAT(tool.screen.errors, HasSubstr("127.0.0.1:7171: starting (HTTP 503)"));
  EXPECT_EQ(tool.asked.size(), 1U) << "no other node is asked";
  tool.say("/readyz", "ready\n");
  EXPECT_EQ(tool.run({"health", "--ready", "-o", "json"}), Exit::kDone);
  EXPECT_EQ(tool.screen.output, "{\"node\":\"127.0.0.1:7171\",\"ready\":true}\n");
  tool.answers.clear();
  EXPECT_EQ(tool.run({"health"}), Exit::kNoAnswer);
}

TEST(Instances, AllPagesAreAskedOfOneNode) {
  Tool tool;
  tool.answer_for = [](const Asked& asked) {
    client::CallAnswer answer;
    answer.status = 200;
    const bool second = asked.request.target.find("offset=1") != std::string::npos;
    answer.body = std::string(R"({"total":2,"instances":[{"zone":"z","state":"visible","hostname":")") +
                  (second ? "h2" : "h1") + "\"}]}";
    return answer;
  };
  EXPECT_EQ(tool.run({"instances", "shop"}), Exit::kDone);
  EXPECT_EQ(tool.asked.size(), 2U);
  EXPECT_THAT(tool.screen.output, HasSubstr("h2"));
}

}  // namespace
}  // namespace discovery::ctl::test
