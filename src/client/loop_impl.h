// The inside of a Loop, for the files that speak Asio: loop.cpp and link.cpp.
// Thread: see loop.h.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "client/loop.h"

namespace discovery::client {

struct Loop::Impl {
  using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;

  Impl(std::shared_ptr<boost::asio::io_context> owned, boost::asio::io_context& runs)
      : own(std::move(owned)), context(runs), strand(boost::asio::make_strand(runs)) {}

  /// Shared with the thread, which drops it last: an io_context cannot be destroyed by its own work.
  const std::shared_ptr<boost::asio::io_context> own;
  boost::asio::io_context& context;
  const Strand strand;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> guard;
  std::thread thread;
  std::future<void> ended;
};

}  // namespace discovery::client
