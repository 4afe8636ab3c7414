// A program of somebody who has only what was installed: every public header, a client, and a call.
#include <discovery/call.h>
#include <discovery/client.h>
#include <discovery/error.h>
#include <discovery/instance.h>
#include <discovery/options.h>
#include <discovery/registration.h>
#include <discovery/watch.h>

#include <cstdio>

int main() {
  discovery::client::Options options;
  options.nodes = {"127.0.0.1:1"};  // nobody listens there
  options.zone = "zone01";
  discovery::client::Client client(options);
  const auto watch = client.watch("shop.cart");
  const discovery::client::Caller caller({.nodes = options.nodes});
  const auto answer = caller.call({.target = "/discovery/nodes"});
  std::printf("%s\n", answer.error.message.c_str());
  return watch && answer.error.code == discovery::client::Errc::kUnreachable ? 0 : 1;
}
