#include "ctl/asker.h"

#include <algorithm>
#include <future>

namespace discovery::ctl {

using client::CallAnswer;
using client::CallRequest;

namespace {

constexpr size_t kAskedTogether = 16;

class HttpAsker final : public Asker {
 public:
  explicit HttpAsker(client::CallOptions options) : caller_(std::move(options)) {}

  CallAnswer ask(CallRequest request) override { return caller_.call(std::move(request)); }
  CallAnswer ask_at(const std::string& node, CallRequest request) override {
    return caller_.call_at(node, std::move(request));
  }
  std::vector<CallAnswer> ask_each(const std::vector<std::string>& nodes, const CallRequest& request) override {
    std::vector<CallAnswer> answers;
    for (size_t begin = 0; begin < nodes.size(); begin += kAskedTogether) {
      const size_t end = std::min(nodes.size(), begin + kAskedTogether);
      std::vector<std::future<CallAnswer>> asked;
      asked.reserve(end - begin);
      for (size_t i = begin; i < end; ++i) {
        asked.push_back(std::async(std::launch::async, [&, i] { return caller_.call_at(nodes[i], request); }));
      }
      for (auto& one : asked) answers.push_back(one.get());
    }
    return answers;
  }
  const std::vector<std::string>& nodes() const override { return caller_.options().nodes; }

 private:
  client::Caller caller_;
};

}  // namespace

std::vector<CallAnswer> Asker::ask_each(const std::vector<std::string>& nodes, const CallRequest& request) {
  std::vector<CallAnswer> answers;
  answers.reserve(nodes.size());
  for (const std::string& node : nodes) answers.push_back(ask_at(node, request));
  return answers;
}

std::unique_ptr<Asker> http_asker(client::CallOptions options) {
  return std::make_unique<HttpAsker>(std::move(options));
}

}  // namespace discovery::ctl
