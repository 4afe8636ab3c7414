// discoveryctl at several nodes, at none, and without any: fail-over, differences, completion, validation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/cluster_nodes.h"
#include "integration/ctl_tool.h"

namespace discovery::integration {
namespace {

using ::testing::HasSubstr;

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all.append(all.empty() ? "" : ",").append(text);
  return all;
}

Finished add(const std::string& node, const std::string& app, const std::string& host,
             const std::string& version = "v1") {
  return run_ctl(node, {"register", app, host, "--zone", "z1", "--url", "http://10.0.0.1:80", "--version", version});
}

TEST(CtlNodes, AnswersWithTwoOfThreeDown) {
  TestCluster cluster(3);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  const std::string nodes = joined(cluster.addresses());
  ASSERT_EQ(add(nodes, "shop", "h1").code, 0);
  ASSERT_TRUE(eventually([&] { return ctl_json(cluster[2].text(), {"services", "shop"}).at("services").size() == 1; }));
  const Finished whole = run_ctl(nodes, {"members"});
  EXPECT_EQ(whole.code, 0);
  EXPECT_THAT(whole.output, HasSubstr(cluster[0].text() + " *"));
  EXPECT_EQ(lines_of(whole.output).size(), 4U);
  cluster[0].kill();
  cluster[1].kill();
  for (const std::vector<std::string>& words : {std::vector<std::string>{"members"},
                                                {"services"},
                                                {"instances", "shop"},
                                                {"explain", "shop", "h1"},
                                                {"history", "shop"},
                                                {"protect"},
                                                {"top"},
                                                {"renew", "shop", "h1"},
                                                {"set", "shop", "h1", "--status", "waiting"}}) {
    const Finished finished = run_ctl(nodes, words);
    EXPECT_EQ(finished.code, 0) << words[0] << ": " << finished.errors;
    EXPECT_THAT(finished.errors, HasSubstr(cluster[2].text() + " answered instead")) << words[0];
  }
  ASSERT_TRUE(eventually([&] { return run_ctl(nodes, {"members"}).output.find("down") != std::string::npos; }));
  const Finished first_only = run_ctl(nodes, {"log-level", "debug"});
  EXPECT_EQ(first_only.code, 3) << "an admin verb goes to no other node";
  EXPECT_THAT(first_only.errors, HasSubstr(cluster[0].text()));
  EXPECT_EQ(run_ctl(nodes, {"log-level", "debug", "--each"}).code, 3);
  EXPECT_EQ(cluster[2]->state().at("log_level"), "debug") << "--each goes on";
  EXPECT_EQ(run_ctl(cluster[2].text(), {"remove-node", cluster[0].text()}).code, 0);
}

TEST(CtlNodes, NobodyThereEndsWithThree) {
  const std::string nobody = node_address().text();
  for (const std::vector<std::string>& words : {std::vector<std::string>{"members"},
                                                {"watch", "shop", "--timeout", "500ms"},
                                                {"diff", nobody, nobody},
                                                {"reload"}}) {
    const Finished finished = run_ctl(nobody, words);
    EXPECT_EQ(finished.code, 3) << words[0] << finished.errors;
    EXPECT_THAT(finished.errors, HasSubstr(nobody)) << words[0];
    EXPECT_EQ(finished.output, "");
  }
}

TEST(CtlNodes, ANodeThatDoesNotAnswerIsGivenUp) {
  const SilentListener silent;
  const Daemon daemon;
  const Stopwatch watch;
  const Finished finished = run_ctl(silent.text() + "," + daemon.api().text(), {"services", "--timeout", "300ms"});
  EXPECT_THAT(finished.errors, HasSubstr(silent.text() + ": "));
  EXPECT_THAT(finished.output + finished.errors, HasSubstr(daemon.api().text()));
  EXPECT_LT(watch.elapsed(), seconds(10));
}

TEST(CtlDiff, FindsExactlyWhatDiffers) {
  const Daemon a, b;  // two lone nodes that do not know each other
  const std::string here = a.api().text(), there = b.api().text();
  ASSERT_EQ(add(here, "only-here", "h1").code, 0);
  ASSERT_EQ(add(there, "only-there", "h2").code, 0);
  ASSERT_EQ(add(here, "both", "h3", "v1").code, 0);
  ASSERT_EQ(add(there, "both", "h3", "v2").code, 0);
  const auto differences = ctl_json(here, {"diff", here, there});
  EXPECT_EQ(differences.at("equal"), false);
  std::map<std::string, std::string> kinds;
  for (const auto& d : differences.at("differences")) {
    if (d.at("appid") != "infra.discovery") kinds[d.at("appid")] = d.at("kind");  // each lists itself
  }
  const std::map<std::string, std::string> planted{
      {"only-here", "missing_there"}, {"only-there", "missing_here"}, {"both", "different"}};
  EXPECT_EQ(kinds, planted);
  const Finished shown = run_ctl(here, {"diff", here, there});
  EXPECT_EQ(shown.code, 1);
  EXPECT_THAT(shown.output, HasSubstr("only " + there));
  const Finished same = run_ctl(here, {"diff", here, here});
  EXPECT_EQ(same.code, 0);
  EXPECT_THAT(same.output, HasSubstr("equal: "));
}

TEST(CtlDiff, NamesTheNodeThatDoesNotAnswer) {
  const Daemon daemon;
  const std::string nobody = node_address().text();
  for (const auto& [here, there] : {std::pair(daemon.api().text(), nobody), std::pair(nobody, daemon.api().text())}) {
    const Finished finished = run_ctl("", {"diff", here, there});
    EXPECT_EQ(finished.code, 3);
    EXPECT_THAT(finished.errors, HasSubstr(nobody + " does not answer"));
  }
}

TEST(CtlCompletion, IsTakenByItsShell) {
  const TempDir folder;
  const Finished script = run_ctl("", {"completion", "bash"});
  ASSERT_EQ(script.code, 0);
  ChildOptions options;
  options.arguments = {"-n", folder.put("completion.bash", script.output)};
  Child check("/bin/bash", options);
  const auto ending = check.wait();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->code, 0) << check.standard_error();
  EXPECT_EQ(check.standard_error(), "");
}

/// What bash offers for these words, the last of which is being typed.
std::string offered(const std::string& node, const std::string& words, int index) {
  const TempDir folder;
  const std::string script = folder.put("completion.bash", run_ctl("", {"completion", "bash"}).output);
  ChildOptions options;
  options.environment = {"DISCOVERY_ADDR=" + node};
  options.arguments = {"-c", "source " + script + "; COMP_WORDS=(" + tested_program("discoveryctl") + " " + words +
                                 "); COMP_CWORD=" + std::to_string(index) +
                                 "; _discoveryctl; printf '%s\\n' \"${COMPREPLY[@]}\""};
  Child bash("/bin/bash", options);
  if (!bash.wait()) throw std::runtime_error("bash did not end");
  return bash.standard_output() + bash.standard_error();
}

TEST(CtlCompletion, OffersVerbsOptionsAndApplications) {
  const Daemon daemon;
  const std::string node = daemon.api().text();
  ASSERT_EQ(add(node, "shop.cart", "h1").code, 0);
  ASSERT_EQ(add(node, "shop.$(touch attacked)", "h1").code, 0);
  EXPECT_EQ(offered(node, "mem", 1), "members\n");
  EXPECT_EQ(offered(node, "drain --pl", 2), "--plan\n");
  EXPECT_EQ(offered(node, "--addr " + node + " mem", 3), "members\n");
  EXPECT_EQ(offered(node, "instances sho", 2), "shop.cart\n") << "and nothing that a shell would run";
  EXPECT_EQ(offered(node, "protect rel", 2), "release\n");
}

TEST(CtlValidate, RunsTheCheckOfTheDaemon) {
  const TempDir folder;
  const std::string good = folder.put("discovery.toml", "[env]\nzone = \"z1\"\n");
  const Finished fine = run_ctl("", {"validate", good});
  EXPECT_EQ(fine.code, 0) << fine.errors;
  EXPECT_EQ(fine.output, "the configuration is good\n");
  const std::string bad = folder.put("bad.toml", "[env]\nzoen = \"z1\"\n");
  const Finished wrong = run_ctl("", {"validate", bad});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.errors, HasSubstr("zoen"));
  EXPECT_EQ(ctl_json("", {"validate", bad}).at("valid"), false);
  EXPECT_EQ(run_ctl("", {"validate", folder / "nobody.toml"}).code, 1);
}

}  // namespace
}  // namespace discovery::integration
