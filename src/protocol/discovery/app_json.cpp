#include "protocol/discovery/app_json.h"

#include "codec/json_writer.h"

namespace discovery::protocol {

using codec::append_json_int;
using codec::append_json_string;

void append_instance(std::string& out, const registry::InstanceView& view) {
  const registry::Instance& i = *view.instance;
  out += R"({"region":)";
  append_json_string(out, i.region());
  out += R"(,"zone":)";
  append_json_string(out, i.zone());
  out += R"(,"env":)";
  append_json_string(out, view.app.env);
  out += R"(,"appid":)";
  append_json_string(out, view.app.appid);
  out += R"(,"hostname":)";
  append_json_string(out, i.hostname());
  out += R"(,"addrs":)";
  out += i.addrs_json();
  out += R"(,"version":)";
  append_json_string(out, i.version());
  out += R"(,"metadata":)";
  out += i.metadata_json();
  out += R"(,"status":)";
  append_json_int(out, i.numbers.status);
  out += R"(,"reg_timestamp":)";
  append_json_int(out, i.numbers.reg_ns);
  out += R"(,"up_timestamp":)";
  append_json_int(out, i.numbers.up_ns);
  out += R"(,"renew_timestamp":)";
  append_json_int(out, view.renew_ns);
  out += R"(,"dirty_timestamp":)";
  append_json_int(out, i.numbers.dirty_ns);
  out += R"(,"latest_timestamp":)";
  append_json_int(out, i.numbers.latest_ns);
  out += '}';
}

void append_app(std::string& out, const registry::Listing& app, const registry::ViewForm& form) {
  out += R"({"instances":{)";
  std::string_view zone;
  bool in_zone = false;
  bool first_instance = true;
  for (const registry::InstanceView& view : app.instances()) {
    const std::string_view own = view.instance->zone();
    if (!form.in_zone(own)) continue;
    if (!in_zone || own != zone) {
      if (in_zone) out += "],";
      append_json_string(out, own);
      out += ":[";
      zone = own;
      in_zone = first_instance = true;
    }
    if (!form.in_mask(view.instance->numbers.status)) continue;
    if (!first_instance) out += ',';
    first_instance = false;
    append_instance(out, view);
  }
  if (in_zone) out += ']';
  out += '}';
  if (app.scheduler()) {
    out += R"(,"scheduler":)";
    out += app.scheduler()->text();
  }
  out += R"(,"latest_timestamp":)";
  append_json_int(out, app.latest_timestamp_ns());
  out += '}';
}

}  // namespace discovery::protocol
