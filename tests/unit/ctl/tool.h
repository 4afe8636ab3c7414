// The whole tool within a test: nodes that a function answers for, a screen that is a string.
//
// Thread: the test's. Errors: a request that nobody answers for is one to a node that is not there.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ctl/program.h"

namespace discovery::ctl::test {

inline const TimePoint kNow = from_wire_ns(1'764'322'200'000'000'000);  // 2025-11-28T09:30:00Z

class FakeScreen final : public Screen {
 public:
  void out(std::string_view text) override { output += text; }
  void err(std::string_view text) override { errors += text; }
  bool flush() override { return !gone; }
  std::optional<size_t> width() const override { return columns; }
  std::optional<std::string> ask(std::string_view question) override {
    questions += question;
    return answer;
  }

  std::string output, errors, questions;
  std::optional<size_t> columns;
  std::optional<std::string> answer;
  bool gone = false;
};

struct Asked {
  std::string node;
  client::CallRequest request;
};

class FakeAsker final : public Asker {
 public:
  using Answers = std::function<client::CallAnswer(const Asked&)>;
  FakeAsker(std::vector<std::string> nodes, const Answers& answers, std::vector<Asked>& asked)
      : nodes_(std::move(nodes)), answers_(answers), asked_(asked) {}

  client::CallAnswer ask(client::CallRequest request) override {
    client::CallAnswer last;
    for (const std::string& node : nodes_) {
      client::CallAnswer answer = ask_at(node, request);
      if (!answer.error) {
        answer.failures = std::move(last.failures);
        return answer;
      }
      last.failures.push_back({node, answer.error});
      last.error = answer.error;
    }
    return last;
  }
  client::CallAnswer ask_at(const std::string& node, client::CallRequest request) override {
    asked_.push_back({node, request});
    client::CallAnswer answer = answers_(asked_.back());
    if (!answer.error) answer.node = node;
    return answer;
  }
  const std::vector<std::string>& nodes() const override { return nodes_; }

 private:
  std::vector<std::string> nodes_;
  const Answers& answers_;
  std::vector<Asked>& asked_;
};

/// Runs `discoveryctl WORDS`.
class Tool {
 public:
  /// Answers at every node by path; what is not here is answered by nobody.
  std::map<std::string, client::CallAnswer> answers;
  FakeAsker::Answers answer_for = [this](const Asked& one) {
    const auto it = answers.find(one.request.target.substr(0, one.request.target.find('?')));
    return it == answers.end() ? nobody() : it->second;
  };
  FakeScreen screen;
  std::vector<Asked> asked;
  std::string addresses;
  int pauses = 0;  ///< of --watch, after which it ends
  std::vector<Duration> paused;
  client::CallOptions options;  ///< that the last run asked with

  Exit run(const std::vector<std::string>& words) {
    screen.output.clear();
    screen.errors.clear();
    screen.questions.clear();
    asked.clear();
    const Surroundings surroundings{.screen = &screen,
                                    .addresses = addresses,
                                    .version = "1.2.3",
                                    .make_asker =
                                        [this](client::CallOptions o) {
                                          options = o;
                                          return std::make_unique<FakeAsker>(o.nodes, answer_for, asked);
                                        },
                                    .now = [] { return kNow; },
                                    .pause =
                                        [this](Duration d) {
                                          paused.push_back(d);
                                          return pauses-- > 0;
                                        }};
    return ctl::run(words, surroundings);
  }
  void say(const std::string& path, const std::string& body, int status = 200) {
    answers[path].status = status;
    answers[path].body = body;
  }

  static client::CallAnswer nobody() {
    client::CallAnswer answer;
    answer.error = {client::Errc::kUnreachable, "connection refused"};
    return answer;
  }
};

}  // namespace discovery::ctl::test
