// The configuration file and the scheduler files: text that an operator, or whoever can write to that folder, gives.
#include <string>
#include <string_view>

#include "fuzz/fuzz_target.h"
#include "node/config.h"
#include "node/scheduler_files.h"

namespace discovery::fuzz {
namespace {

node::ConfigInput input_of(std::string_view text) {
  node::ConfigInput input;
  input.file_name = "discovery.toml";
  input.file_text = text;
  input.host = {"fuzz", 2, uint64_t{8} << 30, 20000};
  return input;
}

/// What is accepted prints as a file that means the same.
void fuzz_config(std::string_view text) {
  const auto config = node::read_config(input_of(text));
  if (!config) {
    FUZZ_CHECK(!config.error().message.empty());
    return;
  }
  const auto again = node::read_config(input_of(node::print_config(*config)));
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(node::changed_keys(*config, *again).empty());
}

const RegisteredTarget kConfig(
    {"config",
     fuzz_config,
     {"nodes = [\"127.0.0.1:7171\"]\nenableprotect = false\n[env]\nzone = \"z\"\nDeployEnv = \"dev\"\n"
      "[zones]\n\"zone-b\" = [\"127.0.0.1:7172\"]\n[httpServer]\naddr = \"127.0.0.1:7171\"\n"
      "timeout = \"40s\"\n[cluster]\nopen_membership = true\n",
      "[limits]\nbody_bytes = \"10MiB\"\nhead_timeout = \"5s\"\n[lease]\nshare = 0.85\n",
      "[log]\nlevel = 'debug'\nformat = 'json' # text\n"},
     {"[",    "]",   "=",  "\"", "'", "\"\"\"",  ".",  "\n",         "#",     "s",       "MiB",
      "true", "1e9", "-1", "{",  "}", "[[env]]", "0x", "1979-05-27", "nodes", "limits.", "\\u0000"}});

/// What is accepted is canonical: as a file again it gives the same.
void fuzz_scheduler(std::string_view text) {
  const auto file = node::parse_scheduler(text);
  if (!file) return;
  FUZZ_CHECK(file->clients_json.starts_with("{\"clients\":") && file->clients_json.back() == '}');
  const std::string again = "{\"app_id\":\"a\",\"env\":\"e\"," + file->clients_json.substr(1);
  const auto parsed = node::parse_scheduler(again);
  FUZZ_CHECK(parsed.has_value());
  FUZZ_CHECK(parsed->clients_json == file->clients_json);
}

const RegisteredTarget kScheduler(
    {"scheduler",
     fuzz_scheduler,
     {R"({"app_id":"shop.cart","env":"dev","clients":{"zone-a":{"zones":{"zone-a":{"weight":3},"zone-b":{"weight":1}}}},"remark":"t"})"},
     {"\"app_id\"", "\"env\"", "\"clients\"", "\"zones\"", "\"weight\"", "{", "}", ":", ",", "[", "]", "null", "-1",
      "9223372036854775808"}});

}  // namespace
}  // namespace discovery::fuzz
