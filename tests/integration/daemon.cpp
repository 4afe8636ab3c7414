#include "integration/daemon.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <sstream>
#include <stdexcept>

namespace discovery::integration {

std::vector<std::string> with_settings(std::vector<std::string> settings) {
  std::vector<std::string> flags;
  for (std::string& setting : settings) {
    flags.emplace_back("--set");
    flags.push_back(std::move(setting));
  }
  return flags;
}

uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  const bool ok = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), bytes) == 0 &&
                  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes) == 0;
  ::close(fd);
  if (!ok) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

std::string form(const Parameters& parameters) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (!text.empty()) text += '&';
    text.append(name) += '=';
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) || c == '-' || c == '.' || c == '_') {
        text += c;
      } else {
        (text += '%') += kDigits[byte >> 4];
        text += kDigits[byte & 15];
      }
    }
  }
  return text;
}

std::string TestInstance::key_form() const {
  return form({{"zone", "z1"}, {"env", env}, {"appid", appid}, {"hostname", hostname}});
}

std::string TestInstance::register_form() const {
  return key_form() + "&" +
         form({{"region", "r1"}, {"status", status}, {"version", version}, {"addrs", "http://10.0.0.1:80"}});
}

Daemon::Daemon(DaemonOptions options) : token_(options.token) {
  if (options.file) {
    write_file(*options.file);
    options.flags.insert(options.flags.begin(), {"-conf", folder_.path().string()});
  }
  if (options.listen) options.flags.insert(options.flags.end(), {"--listen", "127.0.0.1:0"});
  start(options);
}

Daemon::~Daemon() {
  if (!child_ || !child_->running() || ::testing::Test::HasFailure()) return;
  child_->signal(SIGTERM);
  const auto ending = child_->wait();
  EXPECT_TRUE(ending && ending->code == 0) << "the end was not clean";
}

void Daemon::start(const DaemonOptions& options) {
  child_ = std::make_unique<Child>(tested_program("discoveryd"),
                                   ChildOptions{options.flags, options.environment, options.descriptors});
  if (eventually([this] { return started() || !child_->running(); }) && started()) return;
  throw std::runtime_error("discoveryd did not start: " + child_->standard_output() + child_->standard_error());
}

bool Daemon::started() {
  const std::string table = child_->standard_output();
  const size_t last = table.find("\nAPI ");
  if (last == std::string::npos || table.find('\n', last + 1) == std::string::npos) return false;
  if (api_.empty()) read_addresses(table);
  return true;
}

// "discovery  127.0.0.1:41234   no    none"
void Daemon::read_addresses(const std::string& table) {
  for (const std::string& line : lines_of(table)) {
    std::istringstream words(line);
    std::string protocol;
    std::string address;
    std::string tls;
    words >> protocol >> address >> tls;
    if (tls == "yes") tls_.push_back(Address::parse(address));
    if (tls != "no") continue;
    if (protocol == "discovery") api_.push_back(Address::parse(address));
    if (protocol == "admin") admin_.push_back(Address::parse(address));
  }
  if (api_.empty()) throw std::runtime_error("no address in the start table: " + table);
}

std::string Daemon::fields(std::string_view more_fields) const {
  if (token_.empty() || more_fields.find("Authorization") != std::string_view::npos) return std::string(more_fields);
  return "Authorization: Bearer " + token_ + "\r\n" + std::string(more_fields);
}

Answer Daemon::get(std::string_view target, std::string_view more_fields) const {
  return integration::get(api(), target, fields(more_fields));
}

Answer Daemon::post(std::string_view target, std::string_view form, std::string_view more_fields) const {
  return integration::post(api(), target, form, fields(more_fields));
}

void Daemon::add(const TestInstance& instance) const {
  const Answer answer = post("/discovery/register", instance.register_form());
  if (answer.code() != 0) throw std::runtime_error("register: " + answer.body);
}

int64_t Daemon::timestamp(const std::string& appid, const std::string& env) const {
  const Answer answer = get("/discovery/fetch?status=3&" + form({{"env", env}, {"appid", appid}}));
  return answer.json().at("data").at("latest_timestamp").get<int64_t>();
}

std::vector<std::string> Daemon::hosts(const std::string& appid) const {
  const auto answer = get("/discovery/fetch?status=3&env=ct&" + form({{"appid", appid}})).json();
  std::vector<std::string> found;
  if (answer.at("code") != 0) return found;
  for (const auto& zone : answer.at("data").at("instances")) {
    for (const auto& instance : zone) found.push_back(instance.at("hostname").get<std::string>());
  }
  return found;
}

nlohmann::json Daemon::state() const { return integration::get(admin(), "/admin/state", fields({})).json(); }

bool Daemon::eventually_parked(uint64_t polls) const {
  return eventually([&] { return state().at("parked_polls") == polls; });
}

std::optional<double> Daemon::metric(const std::string& series) const {
  for (const std::string& line : lines_of(get("/metrics").body)) {
    if (line.starts_with(series + " ")) return std::stod(line.substr(series.size() + 1));
  }
  return std::nullopt;
}

bool Daemon::eventually_counts(const std::string& series, double value) const {
  return eventually([&] { return count(series) == value; });
}

bool Daemon::eventually_logs(std::string_view event, std::string_view detail) const {
  return eventually([&] {
    const auto lines = lines_of(log());
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
      return (line + " ").find("event=" + std::string(event) + " ") != std::string::npos &&
             line.find(detail) != std::string::npos;
    });
  });
}

std::string polls_target(const std::string& appid, int64_t cursor, const std::string& env) {
  return "/discovery/polls?" +
         form({{"env", env}, {"hostname", "w"}, {"appid", appid}, {"latest_timestamp", std::to_string(cursor)}});
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> lines_with(const std::string& text, const std::string& word) {
  std::vector<std::string> found = lines_of(text);
  std::erase_if(found, [&](const std::string& line) { return line.find(word) == std::string::npos; });
  return found;
}

}  // namespace discovery::integration
