// What the configuration needs the sandbox to leave open.
//
// A key that names a file or a folder says so in config_keys.cpp (KeySpec::path), and is thereby in the plan.
// Thread: any; sandbox_plan() looks at the file system. Errors: of uncovered_file() only.
// Source: docs/decisions/0037-sandbox.md.
#pragma once

#include <string>

#include "node/config.h"
#include "node/config_host.h"
#include "sandbox/plan.h"

namespace discovery::node {

/// `file`: the configuration file, `folder`: that of the scheduler files; "" without. The folder of each file is in the
/// plan, not the file: what replaces it by a rename must be readable too, and so must what a symbolic link leads to.
/// Folders to write in that are not there yet are not in it: see make_folders().
[[nodiscard]] sandbox::Plan sandbox_plan(const Config& config, const std::string& file, const std::string& folder,
                                         const Environment& environment);

/// Makes the folders that the node would make itself while it opens them, so that the plan can hold them. What fails is
/// told by who needs the folder.
void make_folders(const Config& config);

/// kInvalidArgument when `fresh` names a file that no rule of `plan` lets this process read, with what to do.
[[nodiscard]] Result<void> all_files_covered(const Config& fresh, const sandbox::Plan& plan);

}  // namespace discovery::node
