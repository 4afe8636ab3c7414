// Memory that only the start has used, given back once the node serves.
//
// What reads command line, configuration and TOML is about half of the program's text; the kernel maps it in pieces of
// 64 KiB and leaves it there. Unmapped it costs nothing: whoever needs a page again finds it in the page cache, without
// a disk. Lifecycle: call once, when the node serves. Thread: any. Cost: under a millisecond, and some hundred minor
// faults afterwards.
#pragma once

namespace discovery::node {

/// Does nothing where /proc is missing.
void give_back_start_memory();

}  // namespace discovery::node
