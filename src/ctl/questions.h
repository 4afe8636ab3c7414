// A question to a node and its answer as JSON, or what is wrong in words.
//
// Thread: one. Errors: kNoAnswer when no node answered, kRefused when one did and would not, or answered what is no
// JSON. Messages name the node. Source: docs/http-api.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/context.h"

namespace discovery::ctl {

using client::Parameters;

struct Answered {
  Json json;         ///< an object
  std::string node;  ///< who answered
};

/// At any node, in the order of the addresses. Parameters with an empty value are left out.
[[nodiscard]] Outcome<Answered> ask(const Context& context, std::string_view path, const Parameters& parameters = {});
/// At this one.
[[nodiscard]] Outcome<Answered> ask_at(const Context& context, const std::string& node, std::string_view path,
                                       const Parameters& parameters = {});
/// POST, the parameters in the query: the actions of an operator. At any node; once sent, at no other.
[[nodiscard]] Outcome<Answered> act(const Context& context, std::string_view path, const Parameters& parameters = {});
[[nodiscard]] Outcome<Answered> act_at(const Context& context, const std::string& node, std::string_view path,
                                       const Parameters& parameters = {});
/// POST of a form to the routes of clients, whose refusals stand in the envelope.
[[nodiscard]] Outcome<Answered> write(const Context& context, std::string_view path, const Parameters& parameters);

/// The answer as a result of its own, for those who asked several nodes.
[[nodiscard]] Outcome<Answered> read_answer(const client::CallAnswer& answer, std::string_view path);

/// The nodes' own entries, which they put back themselves.
inline constexpr std::string_view kOwnApplication = "infra.discovery";

struct AppName {
  std::string env;
  std::string appid;
};
/// All pages of /api/services, with those that only have hidden or cancelled records. `env` "": of all environments;
/// `node` "": of any that answers, as below. Limits: kApplicationsMax.
inline constexpr size_t kApplicationsMax = 1'000'000;
[[nodiscard]] Outcome<std::vector<AppName>> applications(const Context& context, const std::string& env,
                                                         const std::string& node = "");

/// All pages of /api/service: the object of the first with the instances of all. Limits: kInstancesMax instances.
inline constexpr size_t kInstancesMax = 1'000'000;
[[nodiscard]] Outcome<Answered> whole_service(const Context& context, const std::string& env, const std::string& appid,
                                              const std::string& node = "");

}  // namespace discovery::ctl
