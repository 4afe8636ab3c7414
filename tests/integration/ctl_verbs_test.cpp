// discoveryctl at a real node: every verb, for people and for programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "integration/ctl_tool.h"
#include "integration/daemon.h"

namespace discovery::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Words = std::vector<std::string>;

class Ctl : public ::testing::Test {
 protected:
  Finished run(Words words) { return run_ctl(daemon_.api().text(), std::move(words)); }
  nlohmann::json json(Words words) { return ctl_json(daemon_.api().text(), std::move(words)); }
  /// It must be done.
  std::string done(const Words& words) {
    const Finished finished = run(words);
    EXPECT_EQ(finished.code, 0) << ::testing::PrintToString(words) << finished.errors;
    return finished.output;
  }
  void add(const std::string& app, const std::string& host, const std::string& zone = "z1",
           const std::string& status = "up") {
    done({"register", app, host, "--zone", zone, "--url", "http://10.0.0.1:80", "--status", status, "--version", "v7",
          "--metadata", "weight=10"});
  }

  Daemon daemon_;
};

TEST_F(Ctl, QuestionsAreAnsweredForPeople) {
  add("shop.cart", "cart-0");
  add("shop.cart", "cart-1", "z2", "waiting");
  EXPECT_THAT(done({"members"}), HasSubstr(daemon_.api().text() + " *"));
  EXPECT_THAT(done({"members", "--one"}), HasSubstr("alive"));
  EXPECT_THAT(done({"services"}), HasSubstr("shop.cart"));
  EXPECT_THAT(done({"services", "CART", "--zone", "z2", "--sort", "changed"}), HasSubstr("z1:1 z2:1"));
  EXPECT_EQ(done({"services", "--names", "--env", "dev"}).find("shop.cart\n") == std::string::npos, false);
  const std::string instances = done({"instances", "shop.cart"});
  EXPECT_THAT(instances, HasSubstr("cart-0"));
  EXPECT_THAT(instances, HasSubstr("waiting"));
  EXPECT_THAT(done({"instances", "shop.cart", "--filter", "CART-1"}), Not(HasSubstr("cart-0")));
  EXPECT_THAT(done({"instances", "shop.cart", "--zone", "z1"}), Not(HasSubstr("cart-1")));
  EXPECT_THAT(done({"explain", "shop.cart", "cart-0"}), StartsWith("VISIBLE"));
  EXPECT_THAT(done({"explain", "shop.cart", "cart-0", "--from", "z9"}), HasSubstr("<- the cause"));
  EXPECT_THAT(done({"explain", "shop.cart", "cart-1"}), StartsWith("NOT VISIBLE: other_status"));
  EXPECT_THAT(done({"explain", "shop.cart", "cart-1", "--status", "3"}), StartsWith("VISIBLE"));
  EXPECT_THAT(done({"history", "shop.cart", "cart-1", "--since", "10m", "--kind", "registered"}),
              HasSubstr("nothing -> waiting"));
  EXPECT_THAT(done({"history"}), HasSubstr("node_started"));
  EXPECT_THAT(done({"state", "shop.cart", "--at", "0s"}), HasSubstr("cart-1"));
  EXPECT_THAT(done({"clients"}), HasSubstr("127.0.0.1"));
  EXPECT_THAT(done({"protect"}), HasSubstr("self-protection  off"));
  EXPECT_THAT(done({"top"}), HasSubstr("shop.cart"));
}

TEST_F(Ctl, ASnapshotBringsBackWhatWasCancelledByMistake) {
  add("shop.cart", "cart-0");
  add("shop.cart", "cart-1", "z2", "waiting");
  const TempDir folder;
  const std::string file = (folder.path() / "before.jsonl").string();
  EXPECT_THAT(done({"snapshot", "save", file}), HasSubstr("3 records of 2 applications"));
  const auto shown_now = [&] {
    nlohmann::json rows = json({"instances", "shop.cart"}).at("instances");
    for (auto& row : rows) {
      for (const char* name : {"version_number", "reg_timestamp", "up_timestamp", "renew_timestamp", "dirty_timestamp",
                               "latest_timestamp", "lease_age_seconds"}) {
        row.erase(name);
      }
    }
    return rows;
  };
  const nlohmann::json before = shown_now();
  done({"cancel", "shop.cart", "cart-0", "--yes"});
  done({"cancel", "shop.cart", "cart-1", "--yes"});
  EXPECT_NE(shown_now(), before);
  EXPECT_THAT(done({"snapshot", "inspect", file}), HasSubstr("shop.cart"));
  EXPECT_EQ(run({"snapshot", "restore", file}).code, 2) << "nobody can be asked";
  EXPECT_THAT(done({"snapshot", "restore", file, "--yes"}), HasSubstr("2 instances registered again"));
  EXPECT_EQ(shown_now(), before);
  EXPECT_EQ(json({"snapshot", "restore", file, "--yes"}).at("left"), 2) << "what is listed stays as it is";
}

TEST_F(Ctl, QuestionsAreAnsweredForPrograms) {
  add("shop.cart", "cart-0");
  const std::string node = daemon_.api().text();
  EXPECT_EQ(json({"members"}).at("node"), node);
  EXPECT_EQ(json({"services", "shop"}).at("services").at(0).at("appid"), "shop.cart");
  EXPECT_EQ(json({"instances", "shop.cart"}).at("instances").at(0).at("metadata").at("weight"), "10");
  EXPECT_EQ(json({"explain", "shop.cart", "cart-0"}).at("visible"), true);
  EXPECT_EQ(json({"history", "shop.cart"}).at("events").at(0).at("kind"), "registered");
  EXPECT_EQ(json({"state", "shop.cart", "--at", "0s"}).at("instances").size(), 1U);
  EXPECT_TRUE(json({"clients"}).at("clients").is_array());
  EXPECT_EQ(json({"protect"}).at("protection").at("active"), false);
  EXPECT_EQ(json({"top"}).at("overview").at("node"), node);
  EXPECT_EQ(json({"diff", node, node}).at("equal"), true);
  EXPECT_EQ(json({"renew", "shop.cart", "cart-0"}).at("code"), 0);
  EXPECT_EQ(json({"set", "shop.cart", "cart-0", "--status", "waiting"}).at("changed"), true);
  EXPECT_EQ(json({"log-level", "warn"}).at("level"), "warn");
  EXPECT_TRUE(json({"reload"}).is_object());
}

TEST_F(Ctl, WritesReachTheNode) {
  add("shop", "h1");
  EXPECT_EQ(daemon_.get("/discovery/fetch?env=dev&appid=shop&status=1").code(), 0);
  EXPECT_THAT(done({"renew", "shop", "h1"}), HasSubstr("renewed h1 of shop (env dev, zone z1)"));
  EXPECT_EQ(run({"renew", "shop", "nobody", "--zone", "z1"}).code, 1);
  EXPECT_THAT(done({"set", "shop", "h1", "--status", "waiting"}), HasSubstr("0 up, 1 waiting"));
  EXPECT_EQ(json({"explain", "shop", "h1"}).at("cause"), "other_status");
  EXPECT_THAT(done({"set", "shop", "h1", "--status", "up"}), HasSubstr("1 up, 0 waiting"));
  EXPECT_EQ(json({"explain", "shop", "h1"}).at("cause"), "visible");
  EXPECT_EQ(run({"set", "shop", "h9", "--status", "up"}).code, 1);
}

TEST_F(Ctl, CancelWantsAYes) {
  add("shop", "h1");
  add("shop", "h1", "z2");
  const Finished refused = run({"cancel", "shop", "h1", "--zone", "z1"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.errors, HasSubstr("2 up, 0 waiting now; 1 up, 0 waiting then"));
  EXPECT_THAT(refused.errors, HasSubstr("--yes"));
  EXPECT_EQ(json({"instances", "shop"}).at("instances").size(), 2U) << "nothing was done";
  const Finished ambiguous = run({"cancel", "shop", "h1", "--yes"});
  EXPECT_EQ(ambiguous.code, 2);
  EXPECT_THAT(ambiguous.errors, HasSubstr("z1, z2"));
  EXPECT_THAT(done({"cancel", "shop", "h1", "--zone", "z1", "--yes"}), HasSubstr("cancelled h1"));
  EXPECT_EQ(json({"instances", "shop"}).at("instances").size(), 1U);
  EXPECT_EQ(json({"instances", "shop", "--all"}).at("instances").size(), 2U);
  EXPECT_EQ(run({"cancel", "shop", "h1", "--zone", "z1", "--yes"}).code, 1) << "it is gone";
}

TEST_F(Ctl, DrainPlansThenSetsToWaiting) {
  add("shop", "h1");
  add("stock", "h1");
  add("stock", "h2");
  const auto plan = json({"drain", "h1", "--plan"});
  EXPECT_EQ(plan.at("instances").size(), 2U);
  EXPECT_EQ(run({"drain", "h1"}).code, 2) << "nobody can be asked";
  EXPECT_EQ(json({"explain", "stock", "h1"}).at("visible"), true) << "nothing was done";
  EXPECT_THAT(done({"drain", "h1", "--yes"}), HasSubstr("2 instances set to waiting"));
  EXPECT_EQ(json({"explain", "shop", "h1"}).at("cause"), "other_status");
  EXPECT_EQ(json({"explain", "stock", "h2"}).at("visible"), true);
  EXPECT_EQ(run({"drain", "h1", "--yes"}).code, 1) << "nothing is in service any more";
  EXPECT_THAT(done({"drain", "stock", "--yes"}), HasSubstr("1 instance set to waiting"));
}

TEST_F(Ctl, WatchTellsEachChange) {
  add("shop", "h1");
  ChildOptions options;
  options.arguments = {"watch", "shop", "--count", "3", "--addr", daemon_.api().text()};
  Child watch(tested_program("discoveryctl"), options);
  ASSERT_TRUE(eventually([&] { return watch.standard_output().find("+ z1 h1 v7") != std::string::npos; }));
  add("shop", "h2");
  ASSERT_TRUE(eventually([&] { return watch.standard_output().find("+ z1 h2 v7") != std::string::npos; }));
  done({"cancel", "shop", "h1", "--yes"});
  const auto ending = watch.wait();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->code, 0);
  EXPECT_THAT(watch.standard_output(), HasSubstr("- z1 h1 v7 http://10.0.0.1:80\n"));
  EXPECT_EQ(json({"watch", "shop", "--count", "1"}).at("change"), "added");
}

TEST_F(Ctl, RepeatsUntilItIsInterrupted) {
  ChildOptions options;
  options.arguments = {"members", "--watch", "0.1", "--addr", daemon_.api().text()};
  Child again(tested_program("discoveryctl"), options);
  const auto headings = [&] {
    size_t count = 0;
    const std::string text = again.standard_output();
    for (size_t at = text.find("Node "); at != std::string::npos; at = text.find("Node ", at + 1)) ++count;
    return count;
  };
  EXPECT_TRUE(eventually([&] { return headings() >= 3; }));
  again.signal(SIGINT);
  const auto ending = again.wait();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->signal, SIGINT);
  EXPECT_THAT(again.standard_output(), Not(HasSubstr("\x1b"))) << "a file is not cleared";
}

TEST_F(Ctl, AttacksInNamesComeOutEscaped) {
  const std::string app = "shop\x1b[2J\xE2\x80\xAE\xC2\x9B";
  const std::string host = "h\r\n+ z1 evil\x07";
  add(app, host, "z\x1b]0;title\x07");
  for (const Words& words : std::vector<Words>{{"services"},
                                               {"services", "-o", "json"},
                                               {"instances", app},
                                               {"instances", app, "-o", "json"},
                                               {"explain", app, host},
                                               {"history", app},
                                               {"state", app, "--at", "0s"},
                                               {"top"},
                                               {"drain", app, "--plan"},
                                               {"watch", app, "--count", "1"},
                                               {"set", app, host, "--status", "up"},
                                               {"cancel", app, host},
                                               {"instances", app + "x"}}) {
    const Finished finished = run(words);
    const std::string all = finished.output + finished.errors;
    EXPECT_NE(all, "");
    for (const char* trick : {"\x1b", "\x07", "\r", "\xE2\x80\xAE", "\xC2\x9B"}) {
      EXPECT_THAT(all, Not(HasSubstr(trick))) << words[0];
    }
    for (const std::string& line : lines_of(all)) EXPECT_THAT(line, Not(StartsWith("+ z1 evil"))) << words[0];
  }
  EXPECT_EQ(json({"instances", app}).at("instances").at(0).at("hostname"), host) << "programs get it as it is";
}

TEST_F(Ctl, WrongWordsEndWithTwo) {
  for (const Words& words : std::vector<Words>{{},
                                               {"nonsense"},
                                               {"members", "--addr", "x"},
                                               {"state", "a"},
                                               {"history", "--since", "soon"},
                                               {"members", "--watch", "1", "--bogus"}}) {
    const Finished finished = run(words);
    EXPECT_EQ(finished.code, 2) << ::testing::PrintToString(words);
    EXPECT_THAT(finished.errors, StartsWith("discoveryctl: "));
    EXPECT_EQ(finished.output, "");
  }
  EXPECT_EQ(run({"history", "--kind", "nonsense"}).code, 1) << "which the node knows";
  EXPECT_EQ(run({"--help"}).code, 0);
  EXPECT_EQ(run({"drain", "--help"}).code, 0);
}

TEST_F(Ctl, AdminVerbsAreDoneAtTheNode) {
  EXPECT_THAT(done({"log-level", "debug"}), HasSubstr("level: debug"));
  EXPECT_EQ(daemon_.state().at("log_level"), "debug");
  EXPECT_THAT(done({"reload"}), HasSubstr("changed"));
  const Finished none = run({"protect", "release", "shop"});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.errors, HasSubstr("brake"));
  EXPECT_EQ(run({"remove-node", "127.0.0.1:1"}).code, 1);
  EXPECT_EQ(run({"drain-node"}).code, 2) << "nobody can be asked";
  EXPECT_THAT(done({"drain-node", "--yes"}), HasSubstr("draining: true"));
  const auto ending = daemon_.process().wait();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->code, 0);
  EXPECT_EQ(run({"members"}).code, 3);
}

TEST(CtlAdmin, ATokenIsSentFromAFile) {
  const TempDir folder;
  const std::string file = folder.put("token", "letmein-now-9-letmein-now-9-abcd");
  DaemonOptions options;
  options.flags = with_settings({"admin.token_file=" + file});
  const Daemon daemon(options);
  EXPECT_EQ(run_ctl(daemon.api().text(), {"log-level", "info", "--token-file", file}).code, 0);
  const std::string wrong = folder.put("wrong", "another-another-another-another-");
  const Finished denied = run_ctl(daemon.api().text(), {"log-level", "info", "--token-file", wrong});
  EXPECT_EQ(denied.code, 1);
  EXPECT_THAT(denied.errors, HasSubstr("token"));
  EXPECT_THAT(denied.errors, Not(HasSubstr("another-another")));
}

}  // namespace
}  // namespace discovery::integration
