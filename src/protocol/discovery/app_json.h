// Instances and applications as JSON text (spec: discovery-api.md 4 and 7.1).
//
// Thread: pure functions; the views they read are valid while they run. Cost: linear in the text written.
#pragma once

#include <string>

#include "registry/application.h"

namespace discovery::protocol {

void append_instance(std::string& out, const registry::InstanceView& view);

/// `{"instances":{zone:[instance...]},"scheduler":{...},"latest_timestamp":T}`. A zone whose instances are all filtered
/// out stands there with []; `scheduler` only where the application has one.
void append_app(std::string& out, const registry::Listing& app, const registry::ViewForm& form);

}  // namespace discovery::protocol
