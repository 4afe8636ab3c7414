// TLS beside the plain listeners.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "integration/daemon.h"
#include "integration/deadline.h"
#include "unit/net/tls_testing.h"

namespace discovery::integration {
namespace {

using net::Certificates;
using net::TlsClient;
using net::TlsFiles;
using ::testing::HasSubstr;

std::string settings(const TlsFiles& files) {
  return "[tls]\nlisten = \"127.0.0.1:0\"\ncertificate = \"" + files.certificate + "\"\nkey = \"" + files.key + "\"\n";
}

DaemonOptions with_tls(const TlsFiles& files) {
  DaemonOptions options;
  options.file = settings(files);
  return options;
}

net::ListenAddress tls_of(const Daemon& daemon) { return {daemon.tls().host, daemon.tls().port}; }

void post(TlsClient& client, const std::string& target, const std::string& body) {
  client.send("POST " + target +
              " HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
}

TEST(DaemonTls, ServesTheSameRegistry) {
  Certificates certificates;
  Daemon daemon(with_tls(certificates.make("node")));
  TlsClient client(tls_of(daemon));
  ASSERT_TRUE(client.connected());
  post(client, "/discovery/register", TestInstance{.appid = "secure"}.register_form());
  EXPECT_THAT(client.read_body(), HasSubstr("\"code\":0"));
  EXPECT_EQ(daemon.hosts("secure"), std::vector<std::string>{"h1"}) << "the plain listener sees it";
  client.send(get_request(polls_target("secure", daemon.timestamp("secure"))));
  ASSERT_TRUE(daemon.eventually_parked(1));
  daemon.add({.appid = "secure", .hostname = "h2"});
  EXPECT_THAT(client.read_body(), HasSubstr("\"h2\""));
}

TEST(DaemonTls, AReloadShowsTheNewCertificate) {
  Certificates certificates;
  const TlsFiles files = certificates.make("node");
  Daemon daemon(with_tls(files));
  TlsClient before(tls_of(daemon));
  EXPECT_EQ(before.certificate_name(), "node");
  const TlsFiles renewed = certificates.make("renewed");
  std::filesystem::rename(renewed.certificate, files.certificate);
  std::filesystem::rename(renewed.key, files.key);
  daemon.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return TlsClient(tls_of(daemon)).certificate_name() == "renewed"; }));
  EXPECT_NE(before.ask("/healthz"), "(none)") << "who is connected stays";
}

TEST(DaemonTls, AReloadThatDoesNotFitChangesNothing) {
  Certificates certificates;
  const TlsFiles files = certificates.make("node");
  Daemon daemon(with_tls(files));
  std::filesystem::rename(certificates.make("other").key, files.key);
  daemon.write_file(settings(files) + "[limits]\npoll_apps = 1\n");
  EXPECT_NE(daemon.post("/admin/reload").status, 200);
  EXPECT_TRUE(daemon.eventually_logs("reload_failed", files.key));
  EXPECT_EQ(TlsClient(tls_of(daemon)).certificate_name(), "node");
  EXPECT_EQ(daemon.get("/discovery/fetchs?env=ct&status=1&appid=a&appid=b").code(), 0) << "the old limits hold";
}

TEST(DaemonTls, FilesThatDoNotFitEndTheStartAndTheCheck) {
  Certificates certificates;
  const TlsFiles files = certificates.make("node");
  const TempDir folder;
  static_cast<void>(folder.put("discovery.toml", settings({files.certificate, certificates.make("other").key})));
  for (const std::vector<std::string>& flags : {std::vector<std::string>{}, std::vector<std::string>{"--check"}}) {
    std::vector<std::string> all{"-conf", folder.path().string(), "--listen", "127.0.0.1:0"};
    all.insert(all.end(), flags.begin(), flags.end());
    const Finished ended = run_discoveryd({all, {}, std::nullopt});
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.errors, HasSubstr("other.key"));
  }
}

TEST(DaemonTls, WhoDoesNotSpeakItIsCounted) {
  Certificates certificates;
  Daemon daemon(with_tls(certificates.make("node")));
  Connection plain(daemon.tls());
  plain.send(get_request("/healthz"));
  EXPECT_EQ(plain.read_answer().status, 400);
  EXPECT_TRUE(daemon.eventually_counts("discovery_client_throttled_total{rule=\"tls_handshake\"}", 1));
}

}  // namespace
}  // namespace discovery::integration
