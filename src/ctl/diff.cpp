// diff: what two nodes hold differently, asking both, so they need not reach each other.
#include <ctime>

#include "ctl/questions.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"
#include "queries/compare.h"

namespace discovery::ctl {

namespace {

constexpr timespec kPause{1, 0};

struct Options {
  std::string here;
  std::string there;
};

std::string half_text(const Json& half) {
  if (!half.is_object()) return "-";
  const std::string state = text_at(half, "state");
  const std::string text = state == "visible" ? status_text(number_at(half, "status")) : shown(state);
  return text + ", of " + utc(number_at(member(half, "version_number"), "t"));
}

std::string kind_text(std::string_view kind, const Options& options) {
  if (kind == "missing_here") return "only " + shown(options.there);
  if (kind == "missing_there") return "only " + shown(options.here);
  return "different";
}

/// How a node answers compare(); what went wrong first stays in `failure`.
class Side {
 public:
  Side(const Context& context, std::string node) : context_(context), node_(std::move(node)) {}

  Result<std::string> operator()(const std::string& target) {
    client::CallRequest request;
    request.target = target;
    const client::CallAnswer answer = context_.asker().ask_at(node_, request);
    if (answer.status == 0) {
      failure_ = unanswered(shown(node_) + " does not answer: " + shown(answer.error.message));
    } else if (auto read = read_answer(answer, target.substr(0, target.find('?'))); !read) {
      failure_ = read.error();
    } else {
      return answer.body;
    }
    return Error{ErrorCode::kUnavailable, failure_->message};
  }
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

 private:
  const Context& context_;
  std::string node_;
  std::optional<Failure> failure_;
};

void show_differences(const Context& context, const Options& options, const queries::Comparison& compared) {
  Table table(
      {{"Env"}, {"Application"}, {"Zone"}, {"Host"}, {"Difference"}, {shown(options.here)}, {shown(options.there)}});
  for (const queries::Difference& d : compared.differences) {
    table.add({shown(d.env), shown(d.appid), shown(d.zone), shown(d.hostname), kind_text(d.kind(), options),
               half_text(d.here), half_text(d.there)});
  }
  context.show(table);
  context.line(counted_of(static_cast<int64_t>(compared.differences.size()), "difference") +
               (compared.more ? ", and there may be more" : ""));
}

Outcome<Exit> run(const Options& options, Context& context) {
  Side here(context, options.here);
  Side there(context, options.there);
  const auto compared = queries::compare(here, there, [] { nanosleep(&kPause, nullptr); });
  if (here.failure()) return *here.failure();
  if (there.failure()) return *there.failure();
  if (!compared) return refused(shown(options.here) + ", " + shown(options.there) + ": " + compared.error().message);
  const bool equal = compared->differences.empty() && !compared->more;
  const Exit exit = equal ? Exit::kDone : Exit::kRefused;
  if (shown_as_json(context, queries::comparison_json(*compared))) return exit;
  if (equal) {
    context.line("equal: " + counted_of(static_cast<int64_t>(compared->records_here), "record"));
  } else {
    show_differences(context, options, *compared);
  }
  return exit;
}

}  // namespace

void add_diff(Verbs& verbs) {
  verbs.add<Options>(
      {"diff", "What two nodes hold differently; both are asked, they need not reach each other",
       "  discoveryctl diff 10.0.0.1:7171 10.0.0.2:7171      exit code 0: equal, 1: they differ, 3: one does not "
       "answer\n"
       "A change on its way is no difference: what differs is looked at again after a second.\n",
       true},
      [](CLI::App& verb, Options& o) {
        verb.add_option("NODE", o.here, "host:port of one")->type_name("")->required();
        verb.add_option("OTHER", o.there, "host:port of the other")->type_name("")->required();
      },
      run);
}

}  // namespace discovery::ctl
