#include "node/config.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/check.h"
#include "codec/text.h"
#include "node/config_assign.h"
#include "node/config_file.h"
#include "node/config_keys.h"
#include "node/config_resolve.h"

namespace discovery::node {
namespace {

constexpr std::string_view kPrefix = "DISCOVERYD_";
constexpr size_t kProblemsMax = 100;  // of one message

/// Collects problems, so that one run tells them all.
class Problems {
 public:
  void add(const std::string& place, const std::string& message) { add(place + ": " + message); }
  void add(const std::string& line) {
    if (++count_ <= kProblemsMax) (text_ += text_.empty() ? "" : "\n") += line;
  }
  [[nodiscard]] bool any() const { return count_ > 0; }
  [[nodiscard]] Error error() const {
    const size_t more = count_ > kProblemsMax ? count_ - kProblemsMax : 0;
    return invalid(more == 0 ? text_ : text_ + "\n... and " + std::to_string(more) + " more");
  }

 private:
  std::string text_;
  size_t count_ = 0;
};

std::string hint(std::string_view nearest) {
  return nearest.empty() ? std::string() : "; did you mean " + std::string(nearest) + "?";
}

bool empty_means_unset(const KeySpec& key) { return key.section() == "env" && key.type == KeyType::kText; }

bool is_empty_text(const RawValue& raw) {
  const std::string* text = std::get_if<std::string>(&raw);
  return text != nullptr && text->empty();
}

/// Variables that Kubernetes sets for a Service named discoveryd or discoveryd-something: they are not meant for us.
bool is_service_link(std::string_view name) {
  if (name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != std::string_view::npos) return true;
  const size_t port = name.find("_PORT");
  if (port == std::string_view::npos) return false;
  const std::string_view rest = name.substr(port + 5);
  return rest.empty() || (rest.size() > 1 && rest[0] == '_' && rest[1] >= '0' && rest[1] <= '9');
}

class Reader {
 public:
  explicit Reader(const ConfigInput& input) : input_(input) { config_.sources.resize(config_keys().size()); }

  Result<Config> read() {
    set_defaults();
    read_fallbacks();
    read_file();
    read_environment_keys();
    read_flags();
    if (problems_.any()) return problems_.error();
    Result<void> resolved = resolve_config(config_, input_.host);
    if (!resolved) return resolved.error();
    return std::move(config_);
  }

 private:
  void set_defaults() {
    for (const KeySpec& key : config_keys()) {
      if (key.field == nullptr) continue;
      const Result<RawValue> raw = raw_from_text(key, key.default_text);
      DISCOVERY_CHECK(raw.has_value() && assign(key, *raw, config_).has_value(), "the default of a key is valid");
    }
  }

  void read_fallbacks() {
    set_fallback("env.region", "REGION", "region01");
    set_fallback("env.zone", "ZONE", "zone01");
    set_fallback("env.DeployEnv", "DEPLOY_ENV", "dev");
    set_fallback("env.host", "HOSTNAME", input_.host.hostname);
  }

  /// Of the original; a value that is no good (HOSTNAME is the shell's, not ours) is as none.
  void set_fallback(std::string_view name, std::string_view variable, const std::string& otherwise) {
    const KeySpec& key = config_keys()[*find_key(name)];
    ValueSource& source = config_.sources[*find_key(name)];
    const auto found = input_.environment.find(variable);
    if (found != input_.environment.end() && !found->second.empty()) {
      if (assign(key, RawValue(found->second), config_)) {
        source = {ValueSource::Kind::kFallback, std::string(variable)};
        return;
      }
      config_.warnings.push_back("environment " + std::string(variable) + ": not a valid name, ignored");
    }
    const bool from_host = name == "env.host" && !otherwise.empty();
    const bool good =
        assign(key, RawValue(otherwise.empty() ? std::string("localhost") : otherwise), config_).has_value();
    if (!good) DISCOVERY_CHECK(assign(key, RawValue(std::string("localhost")), config_), "a plain name is valid");
    if (from_host && good) source = {ValueSource::Kind::kHost, {}};
  }

  void read_file() {
    if (input_.file_text.size() > kConfigBytesMax) {
      problems_.add(file_name(), "larger than " + format_size(kConfigBytesMax));
      return;
    }
    const Result<std::vector<FileSetting>> settings = parse_toml(file_name(), input_.file_text);
    if (!settings) {
      problems_.add(settings.error().message);
      return;
    }
    std::vector<uint32_t> line_of(config_keys().size());
    for (const FileSetting& setting : *settings) {
      const std::string place = file_name() + ":" + std::to_string(setting.line);
      const std::optional<size_t> index = find_key(setting.name);
      if (!index) {
        problems_.add(place, unknown(setting));
      } else if (line_of[*index] != 0) {
        problems_.add(place, std::string(config_keys()[*index].name) + " is set in line " +
                                 std::to_string(line_of[*index]) + " already");
      } else {
        line_of[*index] = setting.line;
        set(*index, setting.value, {ValueSource::Kind::kFile, place}, place);
      }
    }
  }

  static std::string unknown(const FileSetting& setting) {
    const std::string name = codec::printable(setting.name);
    if (!setting.unknown_section) return "unknown key " + name + hint(nearest_key(setting.name));
    const std::string_view near = nearest_section(setting.name);
    return "unknown section [" + name + "]" + (near.empty() ? "" : hint("[" + std::string(near) + "]"));
  }

  void read_environment_keys() {
    for (auto it = input_.environment.lower_bound(kPrefix);
         it != input_.environment.end() && it->first.starts_with(kPrefix); ++it) {
      const auto& [name, value] = *it;
      const std::string place = "environment " + codec::printable(name);
      const auto keys = config_keys();
      const auto key = std::find_if(keys.begin(), keys.end(),
                                    [&n = name](const KeySpec& spec) { return environment_name(spec) == n; });
      if (key != keys.end()) {
        // Composed environments pass on what is not set as empty text.
        if (!value.empty())
          set_text(static_cast<size_t>(key - keys.begin()), value, {ValueSource::Kind::kEnvironment, name}, place);
      } else if (!is_service_link(name)) {
        problems_.add(place, "unknown variable" + hint(nearest_environment_name(name)));
      }
    }
  }

  void read_flags() {
    std::vector<const FlagSetting*> given(config_keys().size());
    for (const FlagSetting& flag : input_.flags) {
      const std::string place = "flag " + codec::printable(flag.shown);
      const std::optional<size_t> index = find_key(flag.key);
      if (!index) {
        problems_.add(place, "unknown key " + codec::printable(flag.key) + hint(nearest_key(flag.key)));
      } else if (config_keys()[*index].secret) {
        problems_.add(place, "a secret is not given on the command line, where every user of the machine can read it");
      } else if (given[*index] != nullptr) {
        problems_.add(place, std::string(config_keys()[*index].name) + " is given by " +
                                 codec::printable(given[*index]->shown) + " already");
      } else {
        given[*index] = &flag;
        set_text(*index, flag.value, {ValueSource::Kind::kFlag, flag.shown}, place);
      }
    }
  }

  void set_text(size_t index, std::string_view text, ValueSource source, const std::string& place) {
    const KeySpec& key = config_keys()[index];
    const Result<RawValue> raw = raw_from_text(key, text);
    if (!raw) {
      problems_.add(place, std::string(key.name) + ": " + raw.error().message);
      return;
    }
    set(index, *raw, std::move(source), place);
  }

  void set(size_t index, const RawValue& raw, ValueSource source, const std::string& place) {
    const KeySpec& key = config_keys()[index];
    if (empty_means_unset(key) && is_empty_text(raw)) return;
    if (Result<void> good = assign(key, raw, config_); !good) {
      problems_.add(place, std::string(key.name) + ": " + good.error().message);
      return;
    }
    config_.sources[index] = std::move(source);
  }

  [[nodiscard]] std::string file_name() const { return codec::printable(input_.file_name); }

  const ConfigInput& input_;
  Config config_;
  Problems problems_;
};

}  // namespace

std::string ValueSource::text() const {
  switch (kind) {
    case Kind::kDefault:
      return "default";
    case Kind::kHost:
      return "host";
    case Kind::kFallback:
    case Kind::kEnvironment:
      return "env " + place;
    case Kind::kFile:
      return "file " + place;
    case Kind::kFlag:
      return "flag " + place;
  }
  return {};
}

Result<Config> read_config(const ConfigInput& input) { return Reader(input).read(); }

const ValueSource& source_of(const Config& config, std::string_view key) {
  const std::optional<size_t> index = find_key(key);
  DISCOVERY_CHECK(index && *index < config.sources.size(), "a known key of a configuration that was read");
  return config.sources[*index];
}

std::vector<std::string_view> changed_keys(const Config& a, const Config& b) {
  std::vector<std::string_view> changed;
  for (const KeySpec& key : config_keys()) {
    if (!same_value(key, a, b)) changed.push_back(key.name);
  }
  return changed;
}

Reload plan_reload(const Config& running, Config fresh) {
  Reload reload;
  const auto keys = config_keys();
  // Port 0: the running node learned its name when it bound, which no file can say.
  if (fresh.http_server.advertise.empty()) fresh.http_server.advertise = running.http_server.advertise;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (same_value(keys[i], running, fresh)) continue;
    if (keys[i].reloadable) {
      reload.changed.push_back(keys[i].name);
      continue;
    }
    reload.needs_restart.push_back(keys[i].name);
    copy_value(keys[i], running, fresh);
    fresh.sources[i] = running.sources[i];
  }
  reload.config = std::move(fresh);
  return reload;
}

}  // namespace discovery::node
