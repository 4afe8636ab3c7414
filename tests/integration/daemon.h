// A discoveryd of a test: the real binary, started on ports the system chooses, and what tests ask it again and again.
//
// Thread: the test's. Errors: std::runtime_error when it does not start or does not answer.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "integration/child.h"
#include "integration/http_client.h"
#include "integration/temp_dir.h"

namespace discovery::integration {

struct DaemonOptions {
  std::vector<std::string> flags = {};
  std::vector<std::string> environment = {};
  std::optional<std::string> file = {};  ///< text of discovery.toml in a folder of its own, given by -conf
  std::optional<unsigned> descriptors = {};
  bool listen = true;      ///< adds --listen 127.0.0.1:0
  std::string token = {};  ///< sent with what the daemon is asked below, unless other credentials are given
};

/// "--set", one for each setting.
[[nodiscard]] std::vector<std::string> with_settings(std::vector<std::string> settings);

/// A port of 127.0.0.1 that nobody listened on a moment ago.
[[nodiscard]] uint16_t free_port();

/// A name and a value, percent-encoded by form().
using Parameters = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::string form(const Parameters& parameters);

/// An instance as tests register it: zone z1, env ct, one address.
struct TestInstance {
  std::string appid;
  std::string hostname = "h1";
  std::string status = "1";
  std::string version = "v1";
  std::string env = "ct";

  [[nodiscard]] std::string key_form() const;
  [[nodiscard]] std::string register_form() const;
};

class Daemon {
 public:
  explicit Daemon(DaemonOptions options = {});
  /// Ends it by SIGTERM, if the test has not: whatever happened before, that must be a clean end.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  [[nodiscard]] Child& process() { return *child_; }
  /// The folder with discovery.toml and scheduler files.
  [[nodiscard]] const TempDir& folder() const { return folder_; }
  void write_file(const std::string& toml) const { static_cast<void>(folder_.put("discovery.toml", toml)); }

  [[nodiscard]] const Address& api(size_t i = 0) const { return api_.at(i); }
  [[nodiscard]] const std::vector<Address>& apis() const { return api_; }
  /// With TLS, when the configuration asks for it.
  [[nodiscard]] const Address& tls() const { return tls_.at(0); }
  [[nodiscard]] const Address& admin() const { return admin_.empty() ? api_.front() : admin_.front(); }

  /// On connections of their own.
  [[nodiscard]] Answer get(std::string_view target, std::string_view more_fields = "") const;
  Answer post(std::string_view target, std::string_view form = "", std::string_view more_fields = "") const;

  /// Registers it, which must succeed.
  void add(const TestInstance& instance) const;
  /// latest_timestamp of an application that is there.
  [[nodiscard]] int64_t timestamp(const std::string& appid, const std::string& env = "ct") const;
  /// Hosts of all zones; empty when the application is unknown.
  [[nodiscard]] std::vector<std::string> hosts(const std::string& appid) const;

  /// Of /admin/state.
  [[nodiscard]] nlohmann::json state() const;
  [[nodiscard]] bool eventually_parked(uint64_t polls) const;
  /// The value of a series, written as /metrics shows it: `name{label="value"}`; none when it is not there.
  [[nodiscard]] std::optional<double> metric(const std::string& series) const;
  /// The same, 0 when it is not there.
  [[nodiscard]] double count(const std::string& series) const { return metric(series).value_or(0); }

  /// What is counted after the answer was sent shows a moment later.
  [[nodiscard]] bool eventually_counts(const std::string& series, double value) const;

  [[nodiscard]] std::string log() const { return child_->standard_error(); }
  /// A line of the log holds both, soon.
  [[nodiscard]] bool eventually_logs(std::string_view event, std::string_view detail = "") const;

 private:
  void start(const DaemonOptions& options);
  /// With the token, unless other credentials are among them.
  [[nodiscard]] std::string fields(std::string_view more_fields) const;
  [[nodiscard]] bool started();
  void read_addresses(const std::string& table);

  TempDir folder_;
  std::string token_;
  std::unique_ptr<Child> child_;
  std::vector<Address> api_;
  std::vector<Address> tls_;
  std::vector<Address> admin_;
};

/// A polls request of one application on a connection of its own.
[[nodiscard]] std::string polls_target(const std::string& appid, int64_t cursor, const std::string& env = "ct");

/// `text` by lines, without their ends.
[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);
/// Those that hold the word.
[[nodiscard]] std::vector<std::string> lines_with(const std::string& text, const std::string& word);

}  // namespace discovery::integration
