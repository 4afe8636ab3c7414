#include "node/access_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "access/secrets.h"
#include "codec/text.h"
#include "node/config_load.h"

namespace discovery::node {

namespace {

using nlohmann::json;

/// What is wrong with a member, if it is not a text; "" is kept where there is none.
Result<void> take_text(const json& object, const char* member, std::string& into) {
  const auto it = object.find(member);
  if (it == object.end()) return {};
  if (!it->is_string() || it->get_ref<const std::string&>().empty()) {
    return invalid(std::string(member) + " must be a text that is not empty");
  }
  into = it->get<std::string>();
  return {};
}

Result<void> check_members(const json& object, std::initializer_list<std::string_view> known) {
  if (!object.is_object()) return invalid("must be a JSON object");
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return invalid("has a member " + codec::printable(name, 64) + ", which is not known");
    }
  }
  return {};
}

Result<uint8_t> rights_of(const json& grant) {
  const auto it = grant.find("rights");
  if (it == grant.end() || !it->is_array()) return invalid("rights must be a list of read, write and admin");
  uint8_t rights = 0;
  for (const json& name : *it) {
    const auto right = name.is_string() ? access::right_of_name(name.get_ref<const std::string&>()) : std::nullopt;
    if (!right) return invalid("rights must be a list of read, write and admin");
    rights = static_cast<uint8_t>(rights | static_cast<uint8_t>(*right));
  }
  return rights;
}

Result<access::Grant> grant_of(const json& object) {
  access::Grant grant;
  if (const auto known = check_members(object, {"rights", "env", "apps"}); !known) return known.error();
  const auto rights = rights_of(object);
  if (!rights) return rights.error();
  grant.rights = *rights;
  if (const auto env = take_text(object, "env", grant.env); !env) return env.error();
  if (const auto apps = object.find("apps"); apps != object.end()) {
    if (!apps->is_array() || apps->empty()) return invalid("apps must be a list of prefixes, or left out");
    for (const json& prefix : *apps) {
      if (!prefix.is_string()) return invalid("apps must be a list of prefixes, or left out");
      grant.apps.push_back(prefix.get<std::string>());
    }
  }
  return grant;
}

Result<access::TokenSpec> token_of(const json& object) {
  access::TokenSpec spec;
  if (const auto known = check_members(object, {"name", "secret", "secret_sha256", "grants"}); !known) {
    return known.error();
  }
  for (const auto& [member, into] : {std::pair{"name", &spec.who.name}, std::pair{"secret", &spec.secret},
                                     std::pair{"secret_sha256", &spec.secret_sha256}}) {
    if (const auto taken = take_text(object, member, *into); !taken) return taken.error();
  }
  const auto grants = object.find("grants");
  if (grants == object.end() || !grants->is_array()) return invalid("grants must be a list");
  for (const json& each : *grants) {
    auto grant = grant_of(each);
    if (!grant) return invalid("has a grant that " + grant.error().message);
    spec.who.grants.push_back(std::move(*grant));
  }
  return spec;
}

/// The token that administers the node is one like others: it may do everything.
access::TokenSpec spec_of(const AdminToken& admin) {
  access::Grant all;
  for (const auto right : {access::Right::kRead, access::Right::kWrite, access::Right::kAdmin}) {
    all.rights = static_cast<uint8_t>(all.rights | static_cast<uint8_t>(right));
  }
  return {.who = {"admin.token_file", {all}}, .secret = admin.secret(), .secret_sha256 = {}};
}

/// A whole file; `key` names it in the configuration.
Result<std::string> read_secret_file(std::string_view key, const std::string& path, size_t bytes_max) {
  auto text = read_small_file(path, bytes_max);
  if (!text) return invalid(std::string(key) + ": " + path + ' ' + text.error().message);
  return text;
}

Result<std::shared_ptr<const access::TokenTable>> load_tokens(const Config& config, const AdminToken& admin) {
  const std::string& path = config.access.token_file;
  const auto text = read_secret_file("access.token_file", path, kAccessFileBytesMax);
  if (!text) return text.error();
  auto specs = parse_tokens(*text);
  if (!specs) return invalid("access.token_file: " + path + ": " + specs.error().message);
  if (admin.set()) specs->push_back(spec_of(admin));
  auto table = access::TokenTable::make(std::move(*specs));
  if (!table) return invalid("access.token_file: " + path + ": " + table.error().message);
  return std::make_shared<const access::TokenTable>(std::move(*table));
}

Result<std::shared_ptr<const access::PeerKey>> load_peer_key(const Config& config) {
  const std::string& path = config.access.peer_key_file;
  if (path.empty()) return std::shared_ptr<const access::PeerKey>();
  const auto text = read_secret_file("access.peer_key_file", path, access::kSecretBytesMax + 2);
  if (!text) return text.error();
  auto key = access::PeerKey::make(std::string(codec::trim_line_ends(*text)));
  if (!key) return invalid("access.peer_key_file: what stands in " + path + ' ' + key.error().message);
  return key;
}

}  // namespace

Result<std::vector<access::TokenSpec>> parse_tokens(std::string_view text) {
  const json whole = json::parse(text, nullptr, false, true);
  if (whole.is_discarded()) return invalid("is no JSON");
  if (const auto known = check_members(whole, {"tokens"}); !known) return known.error();
  const auto tokens = whole.find("tokens");
  if (tokens == whole.end() || !tokens->is_array()) return invalid("must have a list \"tokens\"");
  if (tokens->size() > access::TokenTable::kTokensMax) {
    return invalid("has more than " + std::to_string(access::TokenTable::kTokensMax) + " tokens");
  }
  std::vector<access::TokenSpec> specs;
  std::string problems;
  for (size_t i = 0; i < tokens->size(); ++i) {
    auto spec = token_of((*tokens)[i]);
    if (spec) {
      specs.push_back(std::move(*spec));
    } else {
      if (!problems.empty()) problems += '\n';
      problems += "token number " + std::to_string(i + 1) + ' ' + spec.error().message;
    }
  }
  if (!problems.empty()) return invalid(std::move(problems));
  return specs;
}

Result<access::AccessSettings> load_access(const Config& config, const AdminToken& admin) {
  access::AccessSettings settings;
  settings.own_address = config.http_server.advertise;
  if (!config.access.required) return settings;
  settings.required = true;
  auto tokens = load_tokens(config, admin);
  if (!tokens) return tokens.error();
  settings.tokens = std::move(*tokens);
  auto key = load_peer_key(config);
  if (!key) return key.error();
  settings.peer_key = std::move(*key);
  return settings;
}

std::vector<std::string> readable_by_others(const Config& config) {
  std::vector<std::string> files;
  for (const std::string* path :
       {&config.access.token_file, &config.access.peer_key_file, &config.admin.token_file, &config.tls.key}) {
    struct stat file {};
    if (!path->empty() && stat(path->c_str(), &file) == 0 && (file.st_mode & S_IROTH) != 0) files.push_back(*path);
  }
  return files;
}

}  // namespace discovery::node
